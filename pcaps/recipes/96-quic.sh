# QUIC: ngtcp2 (GnuTLS) on both sides, Caddy (quic-go), Chromium.

# quic_server [OPTION...]: ngtcp2's HTTP/3 server on UDP port 443.
quic_server() {
    mkdir -p "$work/htdocs"
    echo ok >"$work/htdocs/index.html"
    set -- gtlsserver -q -d "$work/htdocs" "$@" $server4 443 "$pki/${quic_cert:-rsa}.key" "$pki/${quic_cert:-rsa}.chain"
    commands+=("server: $(shown "$@")")
    note_software gtlsserver
    background ip netns exec "$server_ns" timeout 60 "$@" >"$work/server.log" 2>&1 </dev/null
    await 10 udp_listening 443 || die "$recipe: gtlsserver does not listen: $(tail -5 "$work/server.log")"
}

# caddy_server CERTIFICATE [CADDYFILE DIRECTIVES]: TCP and UDP port 443.
caddy_server() {
    mkdir -p "$work/home"
    cat >"$work/Caddyfile" <<CONF
{
    admin off
    auto_https off
    storage file_system $work/caddy
    ${caddy_options:-}
}
https://${caddy_name:-$name} {
    tls $pki/$1.chain $pki/$1.key ${2:-}
    respond "ok"
}
CONF
    commands+=("server: caddy run, https://${caddy_name:-$name} with pki/$1.chain${2:+, $2}")
    note_software caddy
    background ip netns exec "$server_ns" env HOME="$work/home" timeout 60 caddy run --config "$work/Caddyfile" --adapter caddyfile >"$work/server.log" 2>&1 </dev/null
    await 10 udp_listening 443 || die "$recipe: caddy does not listen: $(tail -5 "$work/server.log")"
    await 10 listening 443 || die "$recipe: caddy does not listen on TCP: $(tail -5 "$work/server.log")"
}

# quic_get [OPTION...]: one request by ngtcp2's client.
quic_get() {
    client gtlsclient -q --exit-on-all-streams-close --no-quic-dump --no-http-dump "$@" $name 443 https://$name/
}

# quic_browse [OPTION...]: Chromium, told to use QUIC from the first connection on.
quic_browse() {
    browse https://$name/ --enable-quic --origin-to-force-quic-on=$name:443 "$@"
}

# Chromium takes a private root for QUIC only when it is named by its key.
spki() { openssl x509 -in "$pki/$1.pem" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64; }

make_quic_caddy() {
    say "HTTP/3 with Caddy (quic-go) as the server: ngtcp2's client. QUIC version 1, TLS 1.3."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.long.packet_type == 0' 2
    sees 'quic.header_form == 0' 2
    capture udp port 443
    caddy_server rsa
    quic_get
}

make_quic_ngtcp2() {
    say "HTTP/3 with ngtcp2 (GnuTLS) on both sides."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.long.packet_type == 0' 2
    capture udp port 443
    quic_server
    quic_get
}

make_quic_chromium() {
    say "Chromium forced to QUIC: its ClientHello has a post-quantum key share, lies in two Initials, each in a datagram of its own, and its CRYPTO frames are shuffled. Caddy answers."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.long.packet_type == 0' 3
    capture udp port 443
    caddy_server rsa
    quic_browse --ignore-certificate-errors-spki-list="$(spki rsa)"
}

make_quic_unknown_ca_chromium() {
    say "Chromium, forced to QUIC, does not know the lab's root: it closes within encrypted packets. What it does then (curl, over TCP) shows that time went on."
    expect outcome=failed verdict=encrypted-alert sni=$name ended_by=client certainty=likely protocol=quic
    expect outcome=completed verdict=ok sni=$name protocol=tls
    sees 'quic.long.packet_type == 0' 2
    capture port 443
    caddy_server rsa
    quic_browse
    sleep 3
    get https://$name/
}

make_quic_retry() {
    say "ngtcp2's server validates addresses: it answers the first Initial with a Retry, the client comes again with the token under another connection ID."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic "near=quic-blocked: the first Initial is answered by a Retry alone"
    sees 'quic.long.packet_type == 3'
    capture udp port 443
    quic_server -V
    quic_get
}

make_quic_version_negotiation() {
    say "ngtcp2's client begins with a version that does not exist (0x1a2a3a4a); Caddy answers with Version Negotiation, and the client begins again with version 1, from another port."
    expect outcome=failed verdict=client-gave-up protocol=quic "near=quic-version-mismatch: the client comes again with a version of the server's"
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.version == 0'
    capture udp port 443
    caddy_server rsa
    quic_get -v 0x1a2a3a4a --preferred-versions=v1
}

make_quic_version_mismatch() {
    say "ngtcp2's client speaks draft 30 only, Caddy answers with Version Negotiation and has other versions. The client gives up."
    expect outcome=failed verdict=quic-version-mismatch sni=$name protocol=quic
    sees 'quic.version == 0'
    capture udp port 443
    caddy_server rsa
    quic_get -v 0xff00001e --preferred-versions=0xff00001e
}

make_quic_no_shared_cipher() {
    say "ngtcp2's client offers ChaCha20 only, its server takes AES only: CONNECTION_CLOSE with the TLS alert handshake_failure in an Initial packet. A client that offers AES gets through afterwards."
    expect outcome=failed verdict=no-shared-cipher sni=$name ended_by=server protocol=quic
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.frame_type == 28'
    capture udp port 443
    quic_server --ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM
    quic_get --ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305
    quic_get
}

make_quic_unknown_name() {
    say "Caddy has a certificate for another name only: it refuses the hello with CONNECTION_CLOSE and the TLS alert internal_error."
    expect outcome=failed verdict=peer-internal-error sni=$name ended_by=server protocol=quic
    sees 'quic.frame_type == 28'
    capture udp port 443
    caddy_name=other.example.test caddy_server othername
    quic_get
}

make_quic_blocked() {
    say "A firewall drops UDP port 443: QUIC's Initials are never answered. The client goes on with TCP (curl), to the same name. Captured at the client."
    expect outcome=failed verdict=quic-blocked sni=$name side=path protocol=quic absent=hello-unanswered
    expect outcome=completed verdict=ok sni=$name protocol=tls
    sees 'quic.long.packet_type == 0' 2
    firewall server iptables -A INPUT -p udp --dport 443 -j DROP
    capture_ns=$client_ns capture_dev=vc capture port 443
    caddy_server rsa
    client_patience=4 quic_get
    get https://$name/
}

make_quic_refused() {
    say "Nothing listens on UDP port 443: ICMP port unreachable answers the Initial."
    expect outcome=failed verdict=tcp-unreachable sni=$name protocol=quic "near=quic-blocked: ICMP refuses it"
    sees 'icmp.type == 3 && icmp.code == 3'
    capture
    client_patience=4 quic_get
}

# ---- with keys: with_keys is in 90-more.sh ----

make_quic_keys() {
    say "HTTP/3 with its keys in the capture: ngtcp2's client, Caddy (quic-go) as the server. Completes; the certificate, the server's transport parameters and the close can be read."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'tls.handshake.type == 11'
    sees 'quic.frame_type == 30'
    with_keys
    capture udp port 443
    caddy_server rsa
    quic_get
}

make_quic_keys_suites() {
    say "Every suite that ngtcp2 has, one connection each, with the keys: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305, AES-128-CCM. All complete."
    local suite suites="AES-128-GCM AES-256-GCM CHACHA20-POLY1305 AES-128-CCM"
    for suite in $suites; do expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic; done
    sees 'quic.long.packet_type == 2' 4
    with_keys
    capture udp port 443
    quic_server --ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3
    for suite in $suites; do quic_get --ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+$suite; done
}

make_quic_keys_unknown_ca() {
    say "Chromium, forced to QUIC, does not know the authority, with the keys: the alert stands in CONNECTION_CLOSE and can be read, and the chain. (Without the keys: quic-unknown-ca-chromium.)"
    expect outcome=failed verdict=issuer-untrusted sni=$name ended_by=client protocol=quic absent=encrypted-alert
    sees 'tls.handshake.type == 11 || tls.handshake.type == 25'
    sees 'quic.frame_type == 28'
    with_keys
    capture udp port 443
    caddy_server unknown
    quic_browse --ssl-key-log-file="$work/keys"
}

make_quic_keys_expired() {
    say "An expired certificate over QUIC, with the keys: Chromium trusts the key of the authority but not the date, and its alert can be read."
    expect outcome=failed verdict=certificate-expired sni=$name ended_by=client protocol=quic absent=encrypted-alert
    sees 'quic.frame_type == 28'
    with_keys
    capture udp port 443
    caddy_server expired
    quic_browse --ssl-key-log-file="$work/keys"
}

make_quic_keys_client_auth_missing() {
    say "Caddy demands a client certificate over QUIC and the client (ngtcp2) has none, with the keys: its empty Certificate can be read, and the server's alert bad_certificate, which comes in a 1-RTT packet after both sides' Finished."
    expect outcome=failed verdict=client-auth-required sni=$name ended_by=server protocol=quic absent=client-certificate-rejected
    sees 'tls.handshake.type == 13'
    sees 'quic.frame_type == 28'
    with_keys
    capture udp port 443
    caddy_server rsa "{
        client_auth {
            mode require_and_verify
            trusted_ca_cert_file $pki/clientca.pem
        }
    }"
    quic_get
}

make_quic_keys_key_update() {
    say "QUIC's key update with the keys: ngtcp2's client changes its keys, the server follows. Completes, and the close behind it can be read."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.header_form == 0' 4
    with_keys
    capture udp port 443
    quic_server
    quic_get --key-update=200ms --delay-stream=500ms
}

make_quic_keys_missing() {
    say "Key logs of QUIC that do not fit: the first connection's secrets are in it but for the handshake's, the second's were changed, the third's are not there. All complete; the report says what is wrong with the keys."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.long.packet_type == 0' 6
    with_keys
    commands+=("keys: of the first connection without HANDSHAKE, of the second with its last digit changed, of the third none")
    transform() {
        grep -v '^#' "$work/keys" | awk '!($2 in n) { n[$2] = ++num } n[$2] == 1 && !/HANDSHAKE/ { print }
            n[$2] == 2 { sub(/.$/, /0$/ ? "1" : "0"); print }' >"$work/some"
        editcap -F pcapng --inject-secrets "tls,$work/some" "$1" "$2"
    }
    capture udp port 443
    caddy_server rsa
    for i in 1 2 3; do quic_get; done
}

# ---- moving ----

make_quic_migration() {
    say "The client (ngtcp2) changes its local address after the handshake, from one port to another: path validation, then the request over the new path. One connection, without keys: its connection IDs tell."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.header_form == 0' 4
    capture udp port 443
    quic_server
    quic_get --change-local-addr=300ms --nat-rebinding --delay-stream=600ms
}

make_quic_keys_migration() {
    say "The client (ngtcp2) migrates to another port, with another connection ID of the server's, from a NEW_CONNECTION_ID frame; with the keys the two are one connection."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 protocol=quic
    sees 'quic.frame_type == 24'
    with_keys
    capture udp port 443
    quic_server
    quic_get --change-local-addr=300ms --delay-stream=600ms
}
