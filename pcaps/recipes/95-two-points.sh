# The same connections captured at two points: NAME-inside near the client, NAME-outside near the server. Blocks with
# "record: pair" say what comparing the two has to tell.

make_compare_nat_inside() {
    say "Client's end of a way through a router that translates addresses, makes the MSS smaller (iptables TCPMSS), and drops connections to port 8443. The first connection completes at both points; the SYN of the second is sent again and never arrives at the server's end (compare-nat-outside); the third completes."
    expect outcome=completed verdict=ok sni=$name
    expect outcome=failed verdict=tcp-no-answer
    expect outcome=completed verdict=ok sni=$name
    expect record=pair matched_by=client_random differs=client_address,client_mss none=interception-suspected
    expect record=pair matched_by=alone code=tcp-no-answer certainty=proven side=path
    expect record=pair matched_by=client_random none=interception-suspected
    expect_also outcome=completed verdict=ok sni=$name
    expect_also outcome=completed verdict=ok sni=$name
    sees 'tcp.flags.syn == 1 && tcp.dstport == 8443' 2
    never 'tcp.srcport == 8443'
    router_up
    firewall router iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200
    firewall router iptables -A FORWARD -p tcp --dport 8443 -j DROP
    capture
    capture_also compare-nat-outside
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
    get --max-time 2 https://$name:8443/
    get https://$name/
}

make_compare_reset_inside() {
    say "Client's end of a way through a router that answers a ClientHello with a certain name in it by a RST in the server's name, to the client only (iptables string match, REJECT with tcp-reset). compare-reset-outside, the server's end, holds the same TCP connection without the hello and without that RST."
    expect outcome=failed verdict=reset-injected sni=www.example.com side=path
    expect outcome=completed verdict=ok sni=$name
    expect record=pair matched_by=tcp code=reset-injected certainty=proven side=path differs=reset,client_bytes
    expect record=pair matched_by=client_random none=reset-injected
    expect_also outcome=incomplete verdict=capture-ended
    expect_also outcome=completed verdict=ok sni=$name
    sees 'tcp.flags.reset == 1 && ip.src == 10.9.0.1'
    router_up
    firewall router iptables -A FORWARD -p tcp --dport 443 -m string --algo bm --string www.example.com -j REJECT --reject-with tcp-reset
    capture
    capture_also compare-reset-outside
    nginx_start "ssl_protocols TLSv1.3;"
    get https://www.example.com/
    get https://$name/
    sleep 0.5
}

make_compare_loss_inside() {
    say "Client's end of a way that loses large packets of the server without a word (tools/path.py): the server's flight does not arrive. compare-loss-outside holds it, sent again and again."
    expect outcome=failed verdict=server-flight-blackholed sni=$name side=path
    expect record=pair matched_by=client_random code=server-flight-blackholed certainty=proven side=path differs=server_bytes
    expect_also outcome=failed verdict=server-flight-blackholed sni=$name side=path
    sees 'tls.handshake.type == 1'
    never 'tls.handshake.type == 11'
    path_up large:s2c:1300
    capture_also_dev=ps capture_also compare-loss-outside
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 8 https://$name/
    sleep 1
}

make_compare_rewritten_inside() {
    say "Client's end of a way whose middlebox changes the last byte of the ClientHello and makes its checksum right again (tools/path.py). The random is the same at compare-rewritten-outside, the hello is not."
    expect outcome=failed verdict=protocol-violation sni=$name ended_by=client
    expect record=pair matched_by=client_random code=protocol-violation certainty=proven side=path
    sees 'tls.handshake.type == 1'
    expect_also outcome=failed verdict=protocol-violation sni=$name ended_by=client
    path_up flip:c2s:1
    capture_also_dev=ps capture_also compare-rewritten-outside
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.3;"
    client_patience=8 talk -servername $name
}

make_compare_hidden_inside() {
    say "An inspecting proxy (socat) as in compare-inside, but TLS 1.3 on both sides hides the chains: client's side of it. Of the first connection nothing tells that compare-hidden-outside was running before its hello; at the second, a ServerHello answers a hello that never came out, while other software asks for the same name there."
    expect outcome=completed verdict=ok sni=www.example.com version=TLSv1.3
    expect outcome=completed verdict=ok sni=www.example.com version=TLSv1.3
    expect record=pair matched_by=name none=interception-suspected differs=client_random,client_hello
    expect record=pair matched_by=name code=interception-suspected certainty=likely side=path differs=client_random,client_hello
    expect_also outcome=completed verdict=ok sni=www.example.com version=TLSv1.3
    expect_also outcome=completed verdict=ok sni=www.example.com version=TLSv1.3
    sees 'tls.handshake.type == 2' 2
    never 'tls.handshake.type == 11'
    cat "$pki/intercepted.chain" "$pki/intercepted.key" >"$work/proxy.pem"
    web 8443 direct -tls1_3
    server 443 socat "openssl-listen:443,reuseaddr,fork,cert=$work/proxy.pem,verify=0" "openssl-connect:127.0.0.1:8443,snihost=www.example.com,cafile=$pki/public.pem,verify=0"
    capture
    capture_also_dev=lo capture_also compare-hidden-outside
    client curl -sS -o /dev/null --cacert "$pki/corp.pem" https://www.example.com/
    sleep 0.3
    client curl -sS -o /dev/null --cacert "$pki/corp.pem" https://www.example.com/
    sleep 0.5
}

make_compare_forwarded_inside() {
    say "A proxy that forwards by name and leaves TLS alone (HAProxy in mode tcp): client's side of it. At compare-forwarded-outside, between proxy and server, TCP is another connection, but the ClientHello is the very same: no interception."
    expect outcome=completed verdict=ok sni=$name
    expect record=pair matched_by=client_random none=interception-suspected differs=client_address,server_address
    expect_also outcome=completed verdict=ok sni=$name
    sees 'tls.handshake.type == 2'
    web 8443 rsa
    printf 'defaults\n mode tcp\n timeout client 5s\n timeout server 5s\n timeout connect 5s\nfrontend in\n bind :443\n tcp-request inspect-delay 2s\n tcp-request content accept if { req_ssl_hello_type 1 }\n use_backend out if { req.ssl_sni -i %s }\nbackend out\n server s 127.0.0.1:8443\n' $name >"$work/haproxy.cfg"
    commands+=("haproxy: mode tcp, use_backend by req.ssl_sni, server 127.0.0.1:8443")
    server 443 haproxy -db -f "$work/haproxy.cfg"
    capture
    capture_also_dev=lo capture_also compare-forwarded-outside
    get https://$name/
    sleep 0.3
}
