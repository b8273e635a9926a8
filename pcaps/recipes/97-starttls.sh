# Before TLS: STARTTLS in real mail, directory and database servers, and proxies.

# starttls PROTOCOL PORT [OPTION...]: s_client asks for TLS in that protocol, waits a moment and closes.
starttls() {
    local protocol=$1 port=$2
    shift 2
    client_input="${starttls_input:-sleep 0.6}" client openssl s_client -quiet -starttls "$protocol" -connect $name:$port -servername $name \
        -CAfile "$pki/root.pem" "$@"
}

# dovecot_start SSL: IMAP, POP3, LMTP and ManageSieve of Dovecot; SSL is yes or no.
dovecot_start() {
    cat >"$work/dovecot.conf" <<EOF
base_dir = $work/dovecot
state_dir = $work/dovecot
log_path = $work/dovecot.log
protocols = imap pop3 lmtp sieve
listen = $server4
ssl = $1
disable_plaintext_auth = $1
ssl_cert = <$pki/rsa.chain
ssl_key = <$pki/rsa.key
mail_location = maildir:$work/mail
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$work/mail
}
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
EOF
    commands+=("dovecot.conf: protocols = imap pop3 lmtp sieve, ssl = $1")
    add_software "Dovecot $(dovecot --version | cut -d' ' -f1)"
    server 143 dovecot -F -c "$work/dovecot.conf"
}

make_mail_starttls() {
    say "STARTTLS to Dovecot in IMAP, POP3 (STLS), LMTP and ManageSieve, by s_client and curl. All complete."
    expect outcome=completed verdict=ok starttls=imap "near=starttls-refused: STARTTLS is asked for and granted"
    expect outcome=completed verdict=ok starttls=pop3 absent=starttls-refused
    expect outcome=completed verdict=ok starttls=lmtp absent=starttls-refused
    expect outcome=completed verdict=ok starttls=sieve absent=starttls-refused
    expect outcome=completed verdict=ok starttls=imap client=curl
    sees 'tls.handshake.type == 2' 5
    capture
    dovecot_start yes
    starttls imap 143
    starttls pop3 110
    starttls lmtp 24
    starttls sieve 4190
    client curl -sS --ssl-reqd --cacert "$pki/root.pem" -u user:secret imap://$name/
}

make_mail_starttls_refused() {
    say "Dovecot without TLS (ssl = no) does not offer STARTTLS in IMAP, POP3, LMTP and ManageSieve. s_client gives up, or asks all the same; curl leaves."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=imap
    expect outcome=not-tls verdict=starttls-refused side=server starttls=pop3
    expect outcome=not-tls verdict=starttls-refused side=server starttls=lmtp
    expect outcome=not-tls verdict=starttls-refused side=server starttls=imap
    sees 'tcp.dstport == 143 && tcp.len > 0' 2
    capture
    dovecot_start no
    starttls imap 143
    starttls pop3 110
    starttls lmtp 24
    client curl -sS --ssl-reqd --cacert "$pki/root.pem" -u user:secret imap://$name/
}

make_imap_in_clear() {
    say "curl takes TLS where it is to be had (--ssl); Dovecot without TLS does not offer it, and curl logs in in the clear. Another client asks for TLS and is refused, so only that one is a failure."
    expect outcome=not-tls verdict=starttls-refused starttls=imap client=openssl
    sees 'tcp.dstport == 143 && (frame contains "LOGIN" || frame contains "AUTHENTICATE")'
    capture
    dovecot_start no
    client curl -sS --ssl -u user:secret imap://$name/
    starttls imap 143
}

# vsftpd_start TLS: YES or NO.
vsftpd_start() {
    printf '%s\n' listen=YES background=NO anonymous_enable=YES anon_root=/srv seccomp_sandbox=NO ssl_enable=$1 allow_anon_ssl=YES \
        rsa_cert_file="$pki/rsa.chain" rsa_private_key_file="$pki/rsa.key" require_ssl_reuse=NO secure_chroot_dir="$work/empty" \
        xferlog_enable=NO >"$work/vsftpd.conf"
    mkdir -p "$work/empty"
    commands+=("vsftpd.conf: ssl_enable=$1 allow_anon_ssl=YES")
    add_software "vsftpd $(dpkg-query -Wf '${Version}' vsftpd | sed 's/-.*//')"
    server 21 vsftpd "$work/vsftpd.conf"
}

make_ftp_starttls() {
    say "AUTH TLS to vsftpd: s_client and curl (which asks for AUTH SSL first). Both complete."
    expect outcome=completed verdict=ok starttls=ftp "near=starttls-refused: AUTH SSL is granted"
    expect outcome=completed verdict=ok starttls=ftp client=curl
    sees 'tls.handshake.type == 2' 2
    capture port 21
    vsftpd_start YES
    starttls ftp 21
    client curl -sS --ssl-reqd --cacert "$pki/root.pem" --max-time 5 -Q QUIT ftp://$name/
}

make_ftp_starttls_refused() {
    say "vsftpd without TLS: AUTH TLS is answered by 530 (it wants a login first). s_client goes on with a ClientHello for all that, curl leaves."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=ftp
    expect outcome=not-tls verdict=starttls-refused side=server starttls=ftp
    sees 'frame contains "AUTH"' 2
    capture port 21
    vsftpd_start NO
    starttls ftp 21
    client curl -sS --ssl-reqd --cacert "$pki/root.pem" --max-time 5 ftp://$name/
}

# slapd_start [TLS]: with TLS it has a certificate.
slapd_start() {
    mkdir -p "$work/ldap"
    {
        printf 'include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile %s/slapd.pid\n' "$work"
        [ -z "${1:-}" ] || printf 'TLSCertificateFile %s/rsa.chain\nTLSCertificateKeyFile %s/rsa.key\n' "$pki" "$pki"
        printf 'database mdb\nsuffix "dc=example,dc=test"\ndirectory %s/ldap\n' "$work"
    } >"$work/slapd.conf"
    commands+=("slapd.conf: ${1:+TLSCertificateFile pki/rsa.chain, }database mdb")
    add_software "OpenLDAP $(dpkg-query -Wf '${Version}' slapd | sed 's/+.*//')"
    server 389 slapd -d 0 -h "ldap://$server4:389" -f "$work/slapd.conf"
}

make_ldap_starttls() {
    say "LDAP's extended operation StartTLS to slapd: s_client, and ldapsearch -ZZ. Both complete."
    expect outcome=completed verdict=ok starttls=ldap "near=starttls-refused: StartTLS is granted"
    expect outcome=completed verdict=ok starttls=ldap client=openldap
    sees 'tls.handshake.type == 2' 2
    capture
    slapd_start tls
    starttls ldap 389
    LDAPTLS_CACERT="$pki/root.pem" client ldapsearch -ZZ -x -H ldap://$name -s base -b '' namingContexts
}

make_ldap_starttls_refused() {
    say "slapd without a certificate refuses StartTLS (protocolError, unsupported extended operation): s_client, ldapsearch -ZZ, which leaves, and ldapsearch -Z, which goes on in the clear."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=ldap
    expect outcome=not-tls verdict=starttls-refused side=server starttls=ldap
    expect outcome=not-tls verdict=starttls-refused side=server starttls=ldap
    sees 'ldap.resultCode == 2' 3
    capture
    slapd_start
    starttls ldap 389
    client ldapsearch -ZZ -x -H ldap://$name -s base -b '' namingContexts
    client ldapsearch -Z -x -H ldap://$name -s base -b '' namingContexts
}

# postgres_start SSL: on or off.
postgres_start() {
    local bin
    bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
    mkdir -p "$work/pg" && chmod 755 "$lab" "$lab/run" "$work" && chown postgres "$work/pg"
    setpriv --reuid postgres --regid postgres --clear-groups "$bin/initdb" -D "$work/pg/data" -A trust -U postgres >/dev/null || die "$recipe: initdb"
    install -m 600 -o postgres "$pki/rsa.key" "$work/pg/data/server.key"
    install -m 600 -o postgres "$pki/rsa.chain" "$work/pg/data/server.crt"
    echo 'host all all 10.9.0.0/24 trust' >>"$work/pg/data/pg_hba.conf"
    commands+=("server: postgres -c ssl=$1")
    add_software "PostgreSQL $("$bin/postgres" --version | sed 's/[^0-9]*\([0-9.]*\).*/\1/')"
    background ip netns exec "$server_ns" timeout 60 setpriv --reuid postgres --regid postgres --clear-groups "$bin/postgres" -D "$work/pg/data" \
        -c listen_addresses=$server4 -c unix_socket_directories= -c ssl=$1 >"$work/server.log" 2>&1
    await 15 listening 5432 || die "$recipe: postgres does not listen: $(tail -5 "$work/server.log")"
}

make_postgres_starttls() {
    say "PostgreSQL's SSLRequest granted: psql and s_client. Both complete."
    expect outcome=completed verdict=ok starttls=postgres client=psql "near=starttls-refused: SSLRequest is answered by S"
    expect outcome=completed verdict=ok starttls=postgres
    sees 'tls.handshake.type == 2' 2
    capture
    postgres_start on
    client psql "host=$name user=postgres sslmode=verify-full sslrootcert=$pki/root.pem gssencmode=disable" -c 'select 1'
    starttls postgres 5432
}

make_postgres_ssl_off() {
    say "PostgreSQL with ssl = off: psql with sslmode=require leaves, with sslmode=prefer it goes on in the clear, after asking for GSS encryption and TLS; both requests were answered by N."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=postgres client=psql
    expect outcome=not-tls verdict=starttls-refused side=server starttls=postgres client=psql
    sees 'tcp.payload == 00:00:00:08:04:d2:16:2f' 2
    capture
    postgres_start off
    client psql "host=$name user=postgres sslmode=require" -c 'select 1'
    client psql "host=$name user=postgres sslmode=prefer" -c 'select 1'
}

# mariadb_start [TLS]
mariadb_start() {
    mkdir -p "$work/my" && chmod 755 "$lab" "$lab/run" "$work" && chown mysql "$work/my"
    mariadb-install-db --no-defaults --user=mysql --datadir="$work/my/data" --auth-root-authentication-method=normal --skip-test-db >"$work/install.log" 2>&1 ||
        die "$recipe: mariadb-install-db: $(tail -3 "$work/install.log")"
    install -m 600 -o mysql "$pki/rsa.key" "$work/my/key.pem"
    install -m 644 -o mysql "$pki/rsa.chain" "$work/my/cert.pem"
    echo "CREATE USER 'lab'@'%' IDENTIFIED BY 'secret';" >"$work/my/init.sql"
    local options=(--skip-ssl)
    [ -z "${1:-}" ] || options=(--ssl-cert="$work/my/cert.pem" --ssl-key="$work/my/key.pem")
    commands+=("server: mariadbd ${1:+--ssl-cert=pki/rsa.chain --ssl-key=pki/rsa.key}")
    add_software "MariaDB $(mariadbd --version | sed -E 's/.*Ver ([0-9.]+).*/\1/')"
    background ip netns exec "$server_ns" timeout 60 mariadbd --no-defaults --user=mysql --datadir="$work/my/data" --bind-address=$server4 \
        --socket="$work/my/s" --pid-file="$work/my/pid" --skip-name-resolve --init-file="$work/my/init.sql" "${options[@]}" >"$work/server.log" 2>&1
    await 20 listening 3306 || die "$recipe: mariadbd does not listen: $(tail -5 "$work/server.log")"
}

make_mysql_starttls() {
    say "MariaDB with TLS: its own client, and s_client. Both complete."
    expect outcome=completed verdict=ok starttls=mysql client=mariadb "near=starttls-refused: the server's greeting offers TLS"
    expect outcome=completed verdict=ok starttls=mysql
    sees 'tls.handshake.type == 2' 2
    capture
    mariadb_start tls
    client mariadb --no-defaults -h $name -u lab -psecret --ssl-ca="$pki/root.pem" --ssl-verify-server-cert -e 'select 1'
    starttls mysql 3306
}

make_mysql_starttls_refused() {
    say "MariaDB without TLS: its client, told to use it, reads the greeting and leaves; s_client does so, too."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=mysql client=mariadb
    expect outcome=not-tls verdict=starttls-refused side=server starttls=mysql
    sees 'mysql.caps.server' 1
    capture
    mariadb_start
    client mariadb --no-defaults -h $name -u lab -psecret --ssl-ca="$pki/root.pem" --ssl-verify-server-cert -e 'select 1'
    starttls mysql 3306
}

# tinyproxy_start PORTS: what CONNECT may reach.
tinyproxy_start() {
    { printf 'Port 3128\nListen %s\nTimeout 5\nMaxClients 10\nLogFile "%s/tinyproxy.log"\n' $server4 "$work"; printf 'ConnectPort %s\n' "$@"; } >"$work/tinyproxy.conf"
    commands+=("tinyproxy.conf: ConnectPort $*")
    add_software "Tinyproxy $(tinyproxy -v | sed 's/[^0-9]*//')"
    server 3128 tinyproxy -d -c "$work/tinyproxy.conf"
}

make_connect_tunnel() {
    say "curl through Tinyproxy (CONNECT): TLS to nginx, then STARTTLS in IMAP to Dovecot, both inside the tunnel; s_client without SNI, so that only the proxy is told the name. All complete."
    expect outcome=completed verdict=ok sni=$name "near=proxy-refused: CONNECT is granted"
    expect outcome=completed verdict=ok starttls=imap
    expect outcome=completed verdict=ok starttls=http-connect
    sees 'frame contains "CONNECT www.example.test:443"' 2
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    nginx_start ""
    dovecot_start yes
    tinyproxy_start 443 143
    get -x http://$name:3128 https://$name/
    client curl -sS --ssl-reqd --cacert "$pki/root.pem" -u user:secret -p -x http://$name:3128 imap://$name/
    client_input="sleep 0.6" client openssl s_client -quiet -noservername -connect $name:443 -proxy $name:3128 -CAfile "$pki/root.pem"
}

make_connect_refused() {
    say "Tinyproxy does not let CONNECT through to this port (403), and cannot reach another (nothing listens there)."
    expect outcome=not-tls verdict=proxy-refused side=path
    expect outcome=not-tls verdict=proxy-refused side=path
    sees 'frame contains "HTTP/1.1 403"'
    sees 'frame contains "HTTP/1.1 500"'
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    tinyproxy_start 443
    get -x http://$name:3128 https://$name:8443/
    get -x http://$name:3128 https://$name/
}

make_socks() {
    say "curl through microsocks: SOCKS 5 with the name, with an address. Both complete."
    expect outcome=completed verdict=ok sni=$name "near=proxy-refused: the proxy lets it through"
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.handshake.type == 2' 2
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    nginx_start ""
    add_software "microsocks $(dpkg-query -Wf '${Version}' microsocks | sed 's/-.*//')"
    server 1080 microsocks -i $server4 -p 1080
    get --socks5-hostname $name:1080 https://$name/
    get --socks5 $name:1080 https://$name/
}

make_socks_refused() {
    say "SOCKS 5 that goes nowhere: the target refuses (connection refused, 5), and the proxy wants a login that the client does not have (no acceptable method)."
    expect outcome=not-tls verdict=proxy-refused side=server
    expect outcome=not-tls verdict=proxy-refused side=client
    sees 'tcp.payload[0:2] == 05:05'
    printf '%s www.example.test\n' $server4 >>"/etc/netns/$server_ns/hosts"
    capture host $client4
    add_software "microsocks $(dpkg-query -Wf '${Version}' microsocks | sed 's/-.*//')"
    server 1080 microsocks -i $server4 -p 1080
    server 1081 microsocks -i $server4 -p 1081 -u lab -P secret
    get --socks5-hostname $name:1080 https://$name:8443/
    get --socks5-hostname $name:1081 https://$name/
}

make_proxy_protocol_accepted() {
    say "HAProxy in front of nginx puts the PROXY protocol in front of the hello, version 1, then version 2, and nginx expects it. Both complete."
    expect outcome=completed verdict=ok sni=$name "near=request-not-tls: the server knows the PROXY protocol"
    expect outcome=completed verdict=ok sni=$name
    sees 'frame contains "PROXY TCP4"'
    sees 'tls.handshake.type == 2' 2
    capture
    nginx_start "listen 444 ssl proxy_protocol;"
    printf 'defaults\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n mode tcp\nlisten one\n bind 127.0.0.1:8443\n server web %s:444 send-proxy\nlisten two\n bind 127.0.0.1:8444\n server web %s:444 send-proxy-v2\n' $server4 $server4 >"$work/haproxy.cfg"
    commands+=("client: haproxy -f haproxy.cfg (server web $server4:444 send-proxy, send-proxy-v2)")
    note_software haproxy
    background ip netns exec "$client_ns" timeout 8 haproxy -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1
    sleep 1
    get --resolve $name:8443:127.0.0.1 https://$name:8443/
    get --resolve $name:8444:127.0.0.1 https://$name:8444/
}
