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
