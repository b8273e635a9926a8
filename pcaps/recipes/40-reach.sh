# Failures before TLS: the server is not reached, or something else than TLS answers.

make_refused() {
    say "Nothing listens on port 443: the SYN is answered by RST. curl, then Python."
    expect outcome=failed verdict=tcp-refused side=server ended_by=server certainty=proven
    expect outcome=failed verdict=tcp-refused side=server ended_by=server certainty=proven
    sees 'tcp.flags.syn == 1 && tcp.flags.ack == 0' 2
    sees 'tcp.flags.reset == 1' 2
    capture
    get https://$name/
    python_get
}

make_refused_ipv6() {
    say "The same over IPv6, Node as the client."
    expect outcome=failed verdict=tcp-refused side=server ended_by=server
    sees 'ipv6 && tcp.flags.reset == 1'
    capture
    node_get "\"host\":\"$server6\",\"servername\":\"$name\""
}

make_syn_unanswered() {
    say "A firewall drops what comes to port 443: the SYN is sent again and again, never answered. curl gives up after 5 seconds."
    expect outcome=failed verdict=tcp-no-answer side=path "near=capture-one-sided: only the client's packets, and nothing that answers"
    sees 'tcp.flags.syn == 1' 3
    never 'ip.src == 10.9.0.1'
    firewall server iptables -A INPUT -p tcp --dport 443 -j DROP
    capture_ns=$client_ns capture_dev=vc capture
    get --connect-timeout 5 https://$name/
}

reject() {
    sees "icmp.type == 3 && icmp.code == $2"
    firewall server iptables -A INPUT -p tcp --dport 443 -j REJECT --reject-with "$1"
    capture
    get --connect-timeout 4 https://$name/
}

make_reject_port() {
    say "A firewall rejects with ICMP port unreachable, the default of iptables' REJECT. curl prints 'Connection refused', yet no RST was sent."
    expect outcome=failed verdict=tcp-unreachable side=path "near=tcp-refused: curl prints \"Connection refused\", yet no RST came"
    reject icmp-port-unreachable 3
}

make_reject_host() {
    say "A firewall (or router) answers the SYN with ICMP host unreachable."
    expect outcome=failed verdict=tcp-unreachable side=path
    reject icmp-host-unreachable 1
}

make_reject_net_prohibited() {
    say "A firewall rejects with ICMP network administratively prohibited."
    expect outcome=failed verdict=tcp-unreachable side=path
    reject icmp-net-prohibited 9
}

make_reject_admin_prohibited() {
    say "A firewall rejects with ICMP communication administratively prohibited."
    expect outcome=failed verdict=tcp-unreachable side=path
    reject icmp-admin-prohibited 13
}

make_reject_ipv6() {
    say "A firewall rejects with ICMPv6 administratively prohibited."
    expect outcome=failed verdict=tcp-unreachable side=path
    sees 'icmpv6.type == 1 && icmpv6.code == 1'
    firewall server ip6tables -A INPUT -p tcp --dport 443 -j REJECT --reject-with icmp6-adm-prohibited
    capture
    get --connect-timeout 4 --resolve "$name:443:[$server6]" https://$name/
}

make_reject_reset() {
    say "A firewall rejects with a TCP RST: from the packets alone the same as a closed port."
    expect outcome=failed verdict=tcp-refused side=server
    sees 'tcp.flags.reset == 1'
    firewall server iptables -A INPUT -p tcp --dport 443 -j REJECT --reject-with tcp-reset
    capture
    get --connect-timeout 4 https://$name/
}

make_syn_ack_unanswered() {
    say "The way from client to server loses everything but SYNs (tools/path.py): the server sends its SYN-ACK again and again, the client's ACK and hello never arrive. Captured at the server."
    expect outcome=failed verdict=syn-ack-unanswered side=path
    sees 'tcp.flags.syn == 1 && tcp.flags.ack == 1' 3
    never 'tcp.flags.syn == 0 && ip.src == 10.9.0.2 && tcp.flags.reset == 0'
    path_up bare:c2s
    capture
    nginx_start ""
    get --max-time 8 https://$name/
}

make_hello_reset_sni_filter() {
    say "A firewall answers the ClientHello with a RST because of the name in it (iptables string match, REJECT with tcp-reset, to the client only). Another name gets through to the same server."
    expect outcome=failed verdict=hello-reset sni=www.example.com side=path ended_by=server "near=version-intolerant: another hello was answered, but it asks for another name"
    expect outcome=completed verdict=ok sni=$name
    sees 'tcp.flags.reset == 1 && ip.src == 10.9.0.1'
    firewall server iptables -A INPUT -p tcp --dport 443 -m string --algo bm --string www.example.com -j REJECT --reject-with tcp-reset
    capture
    nginx_start "ssl_protocols TLSv1.2 TLSv1.3;"
    get --max-time 4 https://www.example.com/
    get https://$name/
}

make_hello_reset() {
    say "The server resets the connection as soon as the ClientHello is there (tools/raw.py with SO_LINGER 0): curl, Node, GnuTLS, Java."
    for _ in 1 2 3 4; do expect outcome=failed verdict=hello-reset sni=$name ended_by=server; done
    sees 'tcp.flags.reset == 1 && ip.src == 10.9.0.1' 4
    sees 'tls.handshake.type == 1' 4
    capture
    raw_server 443 read rst
    get https://$name/
    node_get
    gnutls_get
    java_get
}

make_hello_closed() {
    say "The server closes with FIN as soon as the ClientHello is there (tools/raw.py): curl, Python, Node, Java, Go. The handshake_failure that Java sends afterwards is an echo."
    for _ in 1 2 3 4 5; do expect outcome=failed verdict=hello-closed sni=$name ended_by=server absent=protocol-violation,parameters-rejected "near=protocol-violation: what clients say after a close is its echo"; done
    sees 'tcp.flags.fin == 1 && ip.src == 10.9.0.1' 5
    sees 'tls.handshake.type == 1' 5
    capture
    raw_server 443 read fin wait:0.3 close
    get https://$name/
    python_get
    node_get
    java_get
    go_get
}

make_hello_unanswered() {
    say "The server takes the ClientHello and stays silent (tools/raw.py); Python gives up after 5 seconds, Java after 4."
    expect outcome=failed verdict=hello-unanswered sni=$name side=server "near=capture-ended: the silence counts"
    expect outcome=failed verdict=hello-unanswered sni=$name side=server "near=user-canceled: Java says so after a silence"
    sees 'tls.handshake.type == 1' 2
    never 'tcp.len > 0 && ip.src == 10.9.0.1'
    capture
    raw_server 443 read wait:6 close
    python_get timeout=5
    sleep 2
    java_get -Dtimeout=4000
}

make_hello_blackholed() {
    say "A path that loses large packets without a word (tools/path.py, over 1300 bytes): curl's small hello gets through, s_client's hello with many ALPN names is sent again and again, its second segment acknowledged by SACK only. Captured at the client."
    expect outcome=completed verdict=ok sni=$name
    expect outcome=failed verdict=hello-blackholed sni=$name side=path
    sees 'tcp.analysis.retransmission' 3
    sees 'tls.handshake.type == 1'
    path_up large:c2s:1300
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.3;"
    get https://$name/
    client_patience=8 talk -servername $name -alpn "$(seq -s, -f 'protocol-number-%05g' 1 90)"
}

make_hello_blackholed_all() {
    say "A path that loses every packet with the ClientHello in it (tools/path.py): handshake of TCP, then the hello again and again, never acknowledged. Captured at the client."
    expect outcome=failed verdict=hello-blackholed sni=$name side=path "near=hello-unanswered: the hello is not even acknowledged"
    sees 'tcp.analysis.retransmission' 3
    never 'tcp.ack > 1 && ip.src == 10.9.0.1'
    path_up forget:c2s:1
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start ""
    get --max-time 6 https://$name/
}

make_path_mtu_icmp() {
    say "The server's large packets do not fit the path; a router says so (ICMP fragmentation needed, 1300), but a firewall at the server drops ICMP: the server's flight is sent again and again. Captured at the server."
    expect outcome=failed verdict=server-flight-blackholed sni=$name side=path "near=tcp-unreachable: the ICMP error quotes a segment and only says that it is too large"
    sees 'icmp.type == 3 && icmp.code == 4'
    sees 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission' 2
    path_up toobig:s2c:1300
    firewall server iptables -A INPUT -p icmp -j DROP
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 8 https://$name/
}

make_server_flight_blackholed() {
    say "The way back loses packets over 1300 bytes without a word (tools/path.py): the server's first segment is sent again and again, the small one behind it arrives (SACK). The commonest MTU failure. Captured at the server."
    expect outcome=failed verdict=server-flight-blackholed sni=$name side=path
    sees 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission' 3
    sees 'tcp.options.sack_le'
    path_up large:s2c:1300
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 8 https://$name/
}

make_server_flight_blackholed_client_side() {
    say "The same seen from the client: only the tail of the server's flight arrives, the client acknowledges it by SACK, and waits."
    expect outcome=failed verdict=server-flight-blackholed sni=$name side=path
    sees 'tcp.options.sack_le'
    sees 'tcp.analysis.lost_segment'
    path_up large:s2c:1300
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 6 https://$name/
}

make_stalled() {
    say "Both sides fall silent in the middle: the client's second flight never gets through and is sent again (tools/path.py stops the direction from its second packet with data on). Captured at the server, which sees only silence after its own flight. Six seconds later another connection completes."
    expect outcome=failed verdict=handshake-stalled sni=$name version=TLSv1.2 side=unknown
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 14' 2
    path_up stop:c2s:2
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 6 https://$name/
    get https://$name/
}

make_stalled_client_side() {
    say "A proxy that swallows the client's second flight (tools/proxy.py in front of nginx): its TCP acknowledges, then both sides are silent until curl gives up after 6 seconds."
    expect outcome=failed verdict=handshake-stalled sni=$name version=TLSv1.2 side=unknown ended_by=client "near=client-gave-up: the client closes, but only after a silence"
    sees 'tls.handshake.type == 16'
    never 'tls.app_data'
    capture
    nginx_start "ssl_protocols TLSv1.2; listen 127.0.0.1:8443 ssl;"
    server 444 $PYTHON "$tools/proxy.py" 444 hold:c2s:2 tcp:127.0.0.1:8443
    get --max-time 6 --connect-to $name:443:$name:444 https://$name/
}

make_reset_injected() {
    say "A censor's box sends RSTs in both names after the ClientHello, each twice with different sequence numbers and another TTL than the peers' (tools/path.py); the hello itself goes on to the server, whose ACK still comes. Captured at the client."
    expect outcome=failed verdict=reset-injected sni=$name side=path ended_by=path certainty=proven "near=hello-reset: the RST after the hello was not the server's"
    sees 'tcp.flags.reset == 1 && ip.ttl == 37' 2
    path_up resettwice:c2s:1:37
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 4 https://$name/
}

make_reset_injected_ttl() {
    say "One forged RST in each direction after the ClientHello, told from a real one by its TTL alone (tools/path.py). Captured at the client."
    expect outcome=failed verdict=reset-injected sni=$name side=path ended_by=path
    sees 'tcp.flags.reset == 1 && ip.ttl == 49'
    path_up reset:c2s:1:49
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 4 https://$name/
}

make_reset_ignored() {
    say "Forged RSTs arrive, but firewalls on both ends drop packets of that TTL, so that the connection completes: no failure."
    expect outcome=completed verdict=ok sni=$name
    sees 'tcp.flags.reset == 1 && ip.ttl == 49'
    sees 'tls.app_data' 2
    path_up resettwice:c2s:1:49
    firewall server iptables -A INPUT -m ttl --ttl-eq 49 -j DROP
    firewall client iptables -A INPUT -m ttl --ttl-eq 49 -j DROP
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 4 https://$name/
}

make_no_hello() {
    say "The client connects to port 443 and waits for a banner (as a mail client without TLS does; tools/raw.py). Both wait until the client gives up after 6 seconds. A curl request shows that the server speaks TLS."
    expect outcome=completed verdict=ok sni=$name
    expect outcome=failed verdict=no-hello side=client
    sees 'tcp.flags.syn == 1 && tcp.flags.ack == 0' 2
    capture
    nginx_start ""
    get https://$name/
    client $PYTHON "$tools/raw.py" connect $server4 443 wait:6 close
}

make_health_checks() {
    say "A load balancer's checks: HAProxy connects to port 443 and closes without a byte, several times. One real request between them completes. Nothing has failed."
    expect outcome=completed verdict=ok sni=$name
    sees 'tcp.flags.syn == 1 && tcp.flags.ack == 0' 3
    capture
    nginx_start ""
    printf 'defaults\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n mode tcp\nlisten l\n bind 127.0.0.1:8443\n server web %s:443 check inter 500\n' $server4 >"$work/haproxy.cfg"
    commands+=("client: haproxy -f haproxy.cfg (server web $server4:443 check inter 500)")
    note_software haproxy
    background ip netns exec "$client_ns" timeout 4 haproxy -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1
    sleep 1.2
    get https://$name/
    sleep 1
}

make_http_on_443() {
    say "A plain HTTP server on port 443 (nginx without ssl): it answers the ClientHello with 'HTTP/1.1 400'. curl, s_client, Python, Node, GnuTLS, Java, Go, NSS."
    for _ in 1 2 3 4 5 6 7 8; do expect outcome=not-tls verdict=reply-not-tls side=server; done
    sees 'frame contains "HTTP/1.1 400"' 6
    capture
    printf 'daemon off; master_process off; pid %s/nginx.pid; error_log stderr;\nevents {}\nhttp { access_log off; client_body_temp_path %s/1; proxy_temp_path %s/2; fastcgi_temp_path %s/3; uwsgi_temp_path %s/4; scgi_temp_path %s/5; server { listen 443; location / { return 200 ok; } } }\n' \
        "$work" "$work" "$work" "$work" "$work" "$work" >"$work/plain.conf"
    server 443 nginx -c "$work/plain.conf"
    get https://$name/
    talk -servername $name
    python_get
    node_get
    gnutls_get
    java_get
    go_get
    nss_client -V tls1.2:tls1.3
}

make_http_to_https() {
    say "A plain HTTP request to a TLS port: nginx answers 400 'The plain HTTP request was sent to HTTPS port', s_server sends an alert or closes. A TLS request to the same nginx completes."
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=completed verdict=ok sni=$name
    sees 'frame contains "plain HTTP request"'
    capture
    nginx_start ""
    client curl -sS -o /dev/null http://$name:443/
    get https://$name/
}

make_http_to_s_server() {
    say "A plain HTTP request to OpenSSL's s_server, which closes without HTTP in answer ('http request' in its log); a TLS request completes."
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=completed verdict=ok sni=$name
    sees 'frame contains "GET /"'
    capture
    web 443 rsa
    client curl -sS -o /dev/null --max-time 4 http://$name:443/
    get https://$name/
}

make_ssh_banner() {
    say "An SSH banner in answer to the hello (the text is hand-made: tools/raw.py sends what sshd sends at once)."
    expect outcome=not-tls verdict=reply-not-tls side=server "near=starttls-expected: a greeting before TLS, of a protocol without STARTTLS"
    sees 'frame contains "SSH-2.0"'
    capture
    raw_server 443 text:'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n' read wait:0.2 close
    get https://$name/
}

make_smtp_implicit() {
    say "TLS from the first byte to an SMTP server that wants STARTTLS first (port 587, aiosmtpd): the banner comes instead of a ServerHello."
    expect outcome=not-tls verdict=starttls-expected side=client "near=reply-not-tls: the text in answer is the greeting of a protocol with STARTTLS"
    sees 'frame contains "220 "'
    sees 'tls.handshake.type == 1 || frame contains 16:03:01'
    capture
    smtp_start 587
    client_input="sleep 2" client openssl s_client -connect mail.example.test:587 -servername mail.example.test -CAfile "$pki/root.pem"
}

# smtp_start PORT [tls]: aiosmtpd; with tls it offers STARTTLS.
smtp_start() { server "$1" $PYTHON "$tools/smtp.py" "$1" ${2:+"$pki/rsa.chain" "$pki/rsa.key"}; }

make_smtp_starttls() {
    say "SMTP with STARTTLS that works: s_client -starttls smtp to aiosmtpd, port 587. Completes."
    expect outcome=completed verdict=ok starttls=smtp "near=starttls-refused: STARTTLS is asked for and granted"
    sees 'frame contains "STARTTLS"'
    sees 'tls.handshake.type == 2'
    capture
    smtp_start 587 tls
    client_input="sleep 0.5; printf 'QUIT\r\n'; sleep 0.5" client openssl s_client -quiet -starttls smtp -connect $name:587 -servername $name -CAfile "$pki/root.pem"
}

make_smtp_starttls_refused() {
    say "The mail server offers no STARTTLS (aiosmtpd without a certificate): s_client asks for it all the same and is told so; Python's smtplib finds it not offered and leaves."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=smtp
    expect outcome=not-tls verdict=starttls-refused side=server starttls=smtp
    sees 'frame contains "STARTTLS"'
    capture
    smtp_start 587
    client_input="sleep 1" client openssl s_client -quiet -starttls smtp -connect $name:587 -servername $name -CAfile "$pki/root.pem"
    client $PYTHON -c 'import smtplib; s = smtplib.SMTP("www.example.test", 587, "client.example.test", timeout=4); s.starttls()'
}

make_postgres_starttls_refused() {
    say "PostgreSQL's SSLRequest answered by N: the server has SSL off (the server's byte is sent by tools/raw.py; the client is s_client -starttls postgres)."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=postgres
    sees 'tcp.payload == 00:00:00:08:04:d2:16:2f'
    capture
    raw_server 5432 read text:N read wait:0.2 close
    client_input="sleep 1" client openssl s_client -quiet -starttls postgres -connect $name:5432 -CAfile "$pki/root.pem"
}

make_proxy_connect_denied() {
    say "curl asks a proxy (port 3128, tools/raw.py plays it) to CONNECT and is told 403, then 407 by another."
    expect outcome=not-tls verdict=proxy-refused side=path
    expect outcome=not-tls verdict=proxy-refused side=client
    sees 'frame contains "CONNECT www.example.test:443"' 2
    capture
    raw_server 3128 read text:'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' wait:0.1 close
    raw_server 8080 read text:'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="lab"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' wait:0.1 close
    get -x http://$name:3128 https://$name/
    get -x http://$name:8080 https://$name/
}

make_proxy_connect() {
    say "curl through a proxy (CONNECT on port 3128, HAProxy's HTTP mode cannot do it, so a small Python proxy) to nginx: TLS inside completes."
    expect outcome=completed verdict=ok sni=$name "near=request-not-tls: the plain text asks a proxy, then comes TLS" "near=proxy-refused: CONNECT is answered by 200"
    sees 'frame contains "CONNECT www.example.test:443"'
    sees 'tls.handshake.type == 2'
    capture
    nginx_start ""
    server 3128 $PYTHON "$tools/proxy.py" 3128
    get -x http://$name:3128 https://$name/
}

make_proxy_protocol() {
    say "nginx expects TLS, but HAProxy in front of it sends a PROXY protocol line first (send-proxy without proxy_protocol at nginx): nginx takes it for a broken request."
    expect outcome=not-tls verdict=request-not-tls side=client
    sees 'frame contains "PROXY TCP4"'
    capture
    nginx_start ""
    printf 'defaults\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n mode tcp\nlisten l\n bind 127.0.0.1:8443\n server web %s:443 send-proxy\n' $server4 >"$work/haproxy.cfg"
    commands+=("client: haproxy -f haproxy.cfg (server web $server4:443 send-proxy)")
    note_software haproxy
    background ip netns exec "$client_ns" timeout 6 haproxy -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1
    sleep 1
    get --resolve $name:8443:127.0.0.1 --max-time 4 https://$name:8443/
}
