# Before TLS, continued: proxies by Squid, Dante, OpenSSH and HAProxy, granted and refused.

# squid_start: one proxy that lets ports 443 and 8443 through, but not the name other.example.test, and one that wants a login.
squid_start() {
    local conf=$work/squid.conf
    chmod 755 "$lab" "$lab/run" "$work"
    printf '%s\n' "http_port $server4:3128" "http_port $server4:3129" "cache deny all" "cache_log /dev/null" "access_log none" "pid_filename none" \
        "cache_store_log none" "coredump_dir /tmp" "visible_hostname proxy.example.test" "hosts_file /etc/hosts" "dns_nameservers 127.0.0.1" "dns_timeout 1 second" \
        "netdb_filename none" "shutdown_lifetime 0 seconds" "pinger_enable off" "connect_timeout 2 seconds" "forward_timeout 3 seconds" \
        "auth_param basic program /bin/cat" "auth_param basic realm lab" "acl named dstdomain other.example.test" "acl asked localport 3129" \
        "acl users proxy_auth REQUIRED" "acl ports port 443 8443" "http_access deny named" "http_access deny !ports" "http_access deny asked !users" "http_access allow all" >"$conf"
    commands+=("squid.conf: acl ports port 443 8443; acl named dstdomain other.example.test; http_access deny named; http_access deny !ports; port 3129 demands proxy_auth")
    add_software "Squid $(dpkg-query -Wf '${Version}' squid | sed 's/-.*//')"
    server 3128 squid -N -n "lab$$" -f "$conf"
}

make_squid_tunnel() {
    say "curl through Squid (CONNECT) to nginx, and to one whose certificate is of another name."
    expect outcome=completed verdict=ok sni=$name "near=proxy-refused: CONNECT is granted"
    expect outcome=failed verdict=name-mismatch sni=wrong.example.test absent=proxy-refused
    sees 'http.request.method == "CONNECT"' 2
    sees 'tls.handshake.type == 2' 2
    printf '%s www.example.test wrong.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    nginx_start "ssl_protocols TLSv1.2;"
    squid_start
    get -x http://$name:3128 https://$name/
    get -x http://$name:3128 https://wrong.example.test/
}

make_squid_refused() {
    say "Squid refuses: a name that its rules forbid (403), a login that is missing (407), a name it cannot resolve (500, after six seconds), a port on which nobody listens (503)."
    expect outcome=not-tls verdict=proxy-refused side=path
    expect outcome=not-tls verdict=proxy-refused side=client
    expect outcome=not-tls verdict=proxy-refused side=path
    expect outcome=not-tls verdict=proxy-refused side=path
    sees 'http.response.code == 403'
    sees 'http.response.code == 407'
    sees 'http.response.code == 500'
    sees 'http.response.code == 503'
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    squid_start
    get -x http://$name:3128 https://other.example.test/
    get -x http://$name:3129 https://$name/
    get -x http://$name:3128 https://nowhere.example.test/
    get -x http://$name:3128 https://$name:8443/
}

make_proxy_login_refused() {
    say "A login that Squid does not take (407 again, and the user and password stand in the request): the report must not show them."
    expect outcome=not-tls verdict=proxy-refused side=client
    sees 'http.proxy_authorization || frame contains "Proxy-Authorization"'
    sees 'http.response.code == 407'
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    squid_start
    get -x http://lab:secret@$name:3129 https://$name/
}

# dante_start: SOCKS 4 and 5 without a login on 1080; not to port 8444.
dante_start() {
    chmod 755 "$lab" "$lab/run" "$work"
    cat >"$work/danted.conf" <<EOF
logoutput: $work/danted.log
internal: $server4 port = 1080
external: vs
external: lo
external.rotation: route
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: root
client pass {
  from: 0/0 to: 0/0
}
socks block {
  from: 0/0 to: 0/0 port = 8444
}
socks pass {
  from: 0/0 to: 0/0
}
EOF
    commands+=("danted.conf: socks block { from: 0/0 to: 0/0 port = 8444 } socks pass { from: 0/0 to: 0/0 }")
    add_software "Dante $(dpkg-query -Wf '${Version}' dante-server | sed 's/+.*//')"
    server 1080 danted -f "$work/danted.conf" -p "$work/danted.pid"
}

make_socks_versions() {
    say "curl through Dante: SOCKS 4 (an address) and 5 (a name). Both complete."
    expect outcome=completed verdict=ok sni=$name "near=proxy-refused: granted (90)"
    expect outcome=completed verdict=ok sni=$name absent=proxy-refused
    sees 'socks.version == 4'
    sees 'socks.version == 5'
    sees 'tls.handshake.type == 2' 2
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    nginx_start "ssl_protocols TLSv1.2;"
    dante_start
    get --socks4 $name:1080 https://$name/
    get --socks5-hostname $name:1080 https://$name/
}

make_socks_rules() {
    say "Dante refuses: by rule in SOCKS 5 (2) and in SOCKS 4 (91), a name in SOCKS 4a (91, which tells no reason), and a target to which it has no way in SOCKS 5 (3, network unreachable)."
    expect outcome=not-tls verdict=proxy-refused side=path
    expect outcome=not-tls verdict=proxy-refused
    expect outcome=not-tls verdict=proxy-refused
    expect outcome=not-tls verdict=proxy-refused
    sees 'tcp.payload[0:2] == 05:02'
    sees 'tcp.payload[0:2] == 00:5b' 2
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    dante_start
    get --socks5-hostname $name:1080 https://$name:8444/
    get --socks4 $name:1080 https://$name:8444/
    get --socks4a $name:1080 https://$name:8443/
    get --max-time 8 --socks5 $name:1080 https://192.0.2.7/
}

# sshd_start: OpenSSH's server for the far end of ssh -D, on the server's loopback address.
sshd_start() {
    ssh-keygen -q -t ed25519 -N '' -f "$work/host" && ssh-keygen -q -t ed25519 -N '' -f "$work/user"
    cp "$work/user.pub" "$work/authorized"
    mkdir -p /run/sshd
    printf '%s\n' "ListenAddress $server4:2222" "HostKey $work/host" "AuthorizedKeysFile $work/authorized" "StrictModes no" "PidFile none" "UsePAM no" "PermitRootLogin yes" >"$work/sshd_config"
    server 2222 /usr/sbin/sshd -D -e -f "$work/sshd_config"
    in_client ssh-keyscan -p 2222 $server4 >"$work/known" 2>/dev/null
    add_software "OpenSSH $(ssh -V 2>&1 | sed -E 's/OpenSSH_([^ ]*) .*/\1/')"
}

make_socks_ssh() {
    say "curl through ssh -D (SOCKS 5, and 4a), seen on the client machine's loopback device: TLS to nginx behind the far end completes; where nobody listens, ssh closes instead of answering."
    expect outcome=completed verdict=ok sni=$name "near=proxy-refused: ssh lets it through"
    expect outcome=completed verdict=ok sni=$name absent=proxy-refused
    expect outcome=not-tls verdict=proxy-refused side=path
    sees 'socks.version == 5' 2
    sees 'socks.version == 4'
    sees 'tls.handshake.type == 2' 2
    nginx_start "ssl_protocols TLSv1.2;"
    sshd_start
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    commands+=("client: ssh -N -D 127.0.0.1:1080 -p 2222 root@$server4")
    background ip netns exec "$client_ns" timeout 60 ssh -F none -N -D 127.0.0.1:1080 -p 2222 -i "$work/user" -o IdentityAgent=none -o UserKnownHostsFile="$work/known" root@$server4 >"$work/ssh.log" 2>&1
    await 10 eval '[ -n "$(in_client ss -Hltn "sport = :1080")" ]' || die "$recipe: ssh: $(cat "$work/ssh.log")"
    capture_ns=$client_ns capture_dev=lo capture port 1080
    get --socks5-hostname 127.0.0.1:1080 https://$name/
    get --socks4a 127.0.0.1:1080 https://$name/
    get --max-time 5 --socks5-hostname 127.0.0.1:1080 https://$name:8443/
}

# haproxy_front PORT: HAProxy at the client's end puts the PROXY protocol in front of what it passes to that port of the server.
haproxy_front() {
    printf 'defaults\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n mode tcp\nlisten one\n bind 127.0.0.1:8443\n server web %s:%s send-proxy\nlisten two\n bind 127.0.0.1:8444\n server web %s:%s send-proxy-v2\nlisten three\n bind 127.0.0.1:8445\n server web %s:%s\n' \
        $server4 $1 $server4 $1 $server4 $1 >"$work/haproxy.cfg"
    commands+=("client: haproxy -f haproxy.cfg (server web $server4:$1 send-proxy, send-proxy-v2, neither)")
    note_software haproxy
    background ip netns exec "$client_ns" timeout 30 haproxy -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1
    await 5 eval '[ -n "$(in_client ss -Hltn "sport = :8445")" ]' || die "$recipe: haproxy: $(cat "$work/haproxy.log")"
}

make_proxy_protocol_unexpected() {
    say "HAProxy puts the PROXY protocol (version 1, then 2) in front of the hello, but the server does not expect it: nginx answers HTTP 400 in the clear, OpenSSL's s_server closes without a word. Without it the same server completes."
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=completed verdict=ok "near=request-not-tls: no header stands in front"
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=not-tls verdict=request-not-tls side=client
    sees 'frame contains "PROXY TCP4"' 2
    sees 'frame contains "HTTP/1.1 400"' 2
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    web 444 rsa
    haproxy_front 443
    get --resolve $name:8443:127.0.0.1 https://$name:8443/
    get --resolve $name:8444:127.0.0.1 https://$name:8444/
    get --resolve $name:8445:127.0.0.1 https://$name:8445/
    sed -i "s/:443/:444/; s/8443/9443/; s/8444/9444/; s/8445/9445/" "$work/haproxy.cfg"
    commands+=("client: haproxy -f haproxy.cfg, for port 444 (s_server)")
    background ip netns exec "$client_ns" timeout 30 haproxy -f "$work/haproxy.cfg" >"$work/haproxy2.log" 2>&1
    await 5 eval '[ -n "$(in_client ss -Hltn "sport = :9445")" ]' || die "$recipe: haproxy: $(cat "$work/haproxy2.log")"
    get --resolve $name:9443:127.0.0.1 https://$name:9443/
    get --resolve $name:9444:127.0.0.1 https://$name:9444/
}

make_proxy_protocol_missing() {
    say "nginx expects the PROXY protocol, and curl connects without it: nginx resets the connection without a word; through HAProxy, which puts it in front, the same server completes."
    expect outcome=failed verdict=hello-reset side=client
    expect outcome=completed verdict=ok "near=hello-reset: the PROXY protocol stands in front of this hello"
    sees 'tls.handshake.type == 1' 2
    sees 'frame contains "PROXY TCP4"'
    capture
    nginx_start "listen 444 ssl proxy_protocol; ssl_protocols TLSv1.2;"
    haproxy_front 444
    get https://$name:444/
    get --resolve $name:8443:127.0.0.1 https://$name:8443/
}
