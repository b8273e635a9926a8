# Captures with their keys, other link types, near misses.

# with_keys: the capture gets the TLS keys that the client wrote, as a pcapng decryption secrets block.
with_keys() {
    extension=pcapng
    export SSLKEYLOGFILE=$work/keys
    commands+=("keys: key log of the ${1:-client}, put into the capture by editcap --inject-secrets tls,keys")
    transform() {
        [ -s "$work/keys" ] || die "$recipe: no keys"
        editcap -F pcapng --inject-secrets "tls,$work/keys" "$1" "$2"
    }
}

make_keys_tls13() {
    say "TLS 1.3 with its keys in the capture (decryption secrets block): curl to nginx. Completes; the certificate can be read."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 11'
    with_keys
    capture
    nginx_start "ssl_protocols TLSv1.3;"
    get https://$name/
}

make_keys_tls12() {
    say "TLS 1.2 with its keys in the capture: curl to nginx. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 20'
    with_keys
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

make_keys_expired_tls13() {
    say "An expired certificate in TLS 1.3 with the keys in the capture: curl leaves with an alert in the clear, and the certificate can be read."
    expect outcome=failed verdict=certificate-expired sni=$name version=TLSv1.3 ended_by=client
    sees 'tls.handshake.type == 11'
    with_keys
    capture
    web 443 expired -tls1_3
    get https://$name/
}

make_keys_client_auth_missing_tls13() {
    say "A client certificate is demanded in TLS 1.3 and none is sent; with the keys in the capture the alert (certificate_required) can be read."
    expect outcome=failed verdict=client-auth-required sni=$name version=TLSv1.3 side=client ended_by=server certainty=proven
    sees 'tls.alert_message.desc == 116'
    with_keys
    capture
    demanding 1.3
    get https://$name/
}

make_keys_wrong_name_tls13() {
    say "The certificate is for another name; curl finishes the handshake, then leaves with close_notify. TLS 1.3 with the keys in the capture."
    expect outcome=failed verdict=name-mismatch sni=$name version=TLSv1.3 ended_by=client
    sees 'tls.handshake.type == 11'
    with_keys
    capture
    web 443 wrongname -tls1_3
    get https://$name/
}

make_wildcard_name() {
    say "A name that the certificate's wildcard covers (shop.apps.example.test). TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=shop.apps.example.test absent=name-mismatch "near=name-mismatch: the name is covered by a wildcard"
    sees 'tls.handshake.type == 11'
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --resolve shop.apps.example.test:443:$server4 https://shop.apps.example.test/
}

make_wildcard_too_deep() {
    say "A name one level deeper than the certificate's wildcard (a.b.apps.example.test): GnuTLS' wget and Python refuse it."
    expect outcome=failed verdict=name-mismatch sni=a.b.apps.example.test side=server ended_by=client
    sees 'tls.alert_message'
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    client $PYTHON "$tools/client.py" $server4 443 ca="$pki/root.pem" name=a.b.apps.example.test
}

make_address_without_name() {
    say "curl -k to an IP address: no server name in the hello, a certificate without addresses. Completes; there is no name to compare."
    expect outcome=completed verdict=ok version=TLSv1.2 absent=name-mismatch,sni-missing "near=sni-missing: no name was sent, and nobody minds"
    sees 'tls.handshake.type == 11'
    never 'tls.handshake.extensions_server_name'
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get -k https://$server4/
}

make_syn_lost_once() {
    say "The first SYN is lost (a firewall rule that goes away after half a second), its repetition gets through: no failure."
    expect outcome=completed verdict=ok sni=$name absent=tcp-no-answer "near=tcp-no-answer: a SYN was not answered, its repetition was"
    sees 'tcp.flags.syn == 1 && tcp.flags.ack == 0' 2
    capture_ns=$client_ns capture_dev=vc capture
    nginx_start "ssl_protocols TLSv1.2;"
    firewall server iptables -A INPUT -p tcp --dport 443 -j DROP
    (sleep 0.6; in_server iptables -F INPUT) &
    get https://$name/
}

make_happy_eyeballs() {
    say "The server's IPv6 address does not answer (dropped), its IPv4 address does: curl tries both, 200 ms apart. One attempt fails, the request succeeds."
    expect outcome=failed verdict=tcp-no-answer side=path
    expect outcome=completed verdict=ok sni=$name
    sees 'ipv6 && tcp.flags.syn == 1'
    sees 'ip && tls.handshake.type == 2'
    firewall server ip6tables -A INPUT -p tcp --dport 443 -j DROP
    capture_ns=$client_ns capture_dev=vc capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --resolve "$name:443:[$server6],$server4" https://$name/
}

make_tls12_ccm8() {
    say "TLS 1.2 with AES-CCM-8 (OpenSSL on both sides). Completes."
    expect outcome=completed verdict=ok sni=$name cipher=TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0xc0ae'
    capture
    web 443 ec -tls1_2 -cipher "ALL:@SECLEVEL=0"
    talk -servername $name -cipher "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"
}

make_client_auth_missing_ccm8() {
    say "A client certificate is demanded and missing in TLS 1.3 with AES-CCM-8, whose encrypted alerts are 8 bytes shorter (OpenSSL on both sides)."
    expect outcome=failed verdict=encrypted-alert sni=$name version=TLSv1.3 ended_by=server
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x1305'
    capture
    demanding 1.3 -ciphersuites TLS_AES_128_CCM_8_SHA256
    talk -servername $name -tls1_3 -ciphersuites TLS_AES_128_CCM_8_SHA256
}

make_client_auth_missing_chacha() {
    say "A client certificate is demanded and missing in TLS 1.3 with ChaCha20-Poly1305 (OpenSSL and Go)."
    expect outcome=failed verdict=encrypted-alert sni=$name version=TLSv1.3 ended_by=server
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x1303'
    capture
    demanding 1.3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256
    python_get
}

make_fragmented_records() {
    say "max_fragment_length 512 (s_client -maxfraglen): the Certificate message is spread over many records. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 11'
    sees 'tls.record.length == 512' 2
    capture
    web 443 rsa -tls1_2
    talk -servername $name -maxfraglen 512
}

make_nss_extensions() {
    say "NSS with delegated credentials, SCT, status request and GREASE ECH in its hello, to a Go server. TLS 1.3, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 1 && tls.handshake.extension.type == 34'
    capture
    go_web
    nss_client -V tls1.0:tls1.3 -B -U -T -u -G -i 50
}

make_raw_ip() {
    say "Captured on a TUN device: link type RAW, IPv4 without Ethernet. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'raw && tls.handshake.type == 2'
    tunnel_up gre
    capture_dev=ts capture
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

make_nflog() {
    say "Captured through netfilter's log (tcpdump -i nflog:7): link type NFLOG. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'nflog && tls.handshake.type == 2'
    firewall server iptables -A INPUT -p tcp -j NFLOG --nflog-group 7
    firewall server iptables -A OUTPUT -p tcp -j NFLOG --nflog-group 7
    capture_dev=nflog:7 capture everything
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
    # The kernel hands its log over in batches.
    sleep 2
}

make_compare_inside() {
    say "An inspecting proxy (socat ends the client's TLS with a certificate of its own authority and opens another to the server), seen from the client's side; compare-outside shows the same moment on the other side of the proxy. The client trusts the proxy's authority."
    expect outcome=completed verdict=ok sni=www.example.com
    expect record=pair matched_by=name code=interception-suspected certainty=proven side=path differs=chain,client_random,client_hello
    sees 'tls.handshake.type == 11'
    cat "$pki/intercepted.chain" "$pki/intercepted.key" >"$work/proxy.pem"
    background ip netns exec "$server_ns" tcpdump -i lo -n -U -Z root --immediate-mode -B 32768 -w "$work/outside.pcap" tcp port 8443 2>"$work/outside.err"
    await 5 grep -q 'listening on' "$work/outside.err" || die "$recipe: second tcpdump"
    capture
    web 8443 direct -tls1_2
    server 443 socat "openssl-listen:443,reuseaddr,fork,cert=$work/proxy.pem,verify=0,openssl-max-proto-version=TLS1.2" "openssl-connect:127.0.0.1:8443,snihost=www.example.com,cafile=$pki/public.pem,verify=0"
    client curl -sS -o /dev/null --cacert "$pki/corp.pem" https://www.example.com/
    sleep 0.5
    tshark -r "$work/outside.pcap" -Y 'tls.handshake.type == 11' 2>/dev/null | grep -q . || die "$recipe: nothing outside"
    install -m 644 "$work/outside.pcap" "$here/compare-outside.pcap"
    { echo "The other side of the inspecting proxy of compare-inside (which is also where the commands stand): what the server itself sent."
      printf '\nsoftware: OpenSSL %s, socat\nmade: %s\n\nexpect:\n  outcome: completed\n  verdict: ok\n  sni: www.example.com\n' "$(openssl version | cut -d' ' -f2)" "$(date -u +%F)"; } >"$here/compare-outside.txt"
}

make_unsupported_extension() {
    say "A ServerHello with an extension that was not asked for (hand-made, tools/hello.py): s_client answers unsupported_extension (110); Go, which did ask for it, finds it malformed and says unexpected_message (10)."
    expect outcome=failed verdict=protocol-violation sni=$name side=server ended_by=client
    expect outcome=failed verdict=protocol-violation sni=$name side=server ended_by=client
    sees 'tls.alert_message.desc == 110'
    capture
    $PYTHON "$tools/hello.py" unasked=001200021234 renegotiation=yes "$pki/rsa.pem" "$pki/inter.pem" >"$work/flight"
    raw_server 443 read "file:$work/flight" read wait:0.3 close
    talk -servername $name -tls1_2
    go_get -max 1.2
}

make_version_not_offered() {
    say "A server that answers a TLS 1.2 hello (no supported_versions) with a ServerHello of version 3.4 (hand-made, tools/hello.py): a version that was not offered. s_client leaves."
    expect outcome=failed verdict=version-unsupported sni=$name side=server ended_by=client
    sees 'tls.alert_message'
    capture
    $PYTHON "$tools/hello.py" version=0304 renegotiation=yes "$pki/rsa.pem" "$pki/inter.pem" >"$work/flight"
    raw_server 443 read "file:$work/flight" read wait:0.3 close
    talk -servername $name -tls1_2
}
