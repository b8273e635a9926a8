# Before TLS, continued: news, chat, mail and databases that grant and refuse it; offers that are lost on the way.

# nnrpd_start [TLS]: INN's server for readers, without its news feed.
nnrpd_start() {
    mkdir -p "$work/news/overview"
    : >"$work/news/newsgroups"
    echo 'misc.test 0000000000 0000000001 y' >"$work/news/active"
    : >"$work/news/active.times"
    printf 'method trash {\n newsgroups: *\n class: 0\n}\n' >"$work/news/storage.conf"
    # nnrpd gives up root and reads its files as news.
    if [ -n "${1:-}" ]; then
        install -m 600 -o news "$pki/rsa.key" "$work/news/key.pem"
        install -m 644 -o news "$pki/rsa.chain" "$work/news/cert.pem"
    fi
    printf 'auth "all" {\n hosts: "*"\n default: "<reader>"\n}\naccess "all" {\n users: "<reader>"\n newsgroups: "*"\n}\n' >"$work/news/readers.conf"
    {
        printf '%s: %s\n' mta /bin/true organization Lab ovmethod tradindexed hismethod hisv6 pathhost $name pathnews /usr/lib/news domain example.test \
            mailcmd /bin/true enableoverview true nnrpdloadlimit 0 pathdb "$work/news" pathetc "$work/news" pathrun "$work/news" pathlog "$work/news" \
            pathspool "$work/news" pathtmp "$work/news" readerswhenstopped true runasuser news runasgroup news
        [ -z "${1:-}" ] || printf '%s: %s\n' tlscafile "$work/news/cert.pem" tlscapath "$work/news" tlscertfile "$work/news/cert.pem" tlskeyfile "$work/news/key.pem"
    } >"$work/news/inn.conf"
    chmod 755 "$lab" "$lab/run" "$work"
    chown -R news:news "$work/news"
    INNCONF="$work/news/inn.conf" setpriv --reuid news --regid news --clear-groups /usr/lib/news/bin/overchan </dev/null || die "$recipe: overchan"
    commands+=("inn.conf: ${1:+tlscertfile: pki/rsa.chain, tlskeyfile: pki/rsa.key}")
    add_software "INN $(dpkg-query -Wf '${Version}' inn2 | sed 's/-.*//')"
    INNCONF="$work/news/inn.conf" server 119 /usr/lib/news/bin/nnrpd${1:+-ssl} -D -f -p 119 -c "$work/news/readers.conf"
}

nntplib='import nntplib, ssl; s = nntplib.NNTP("www.example.test", timeout=4); s.starttls(ssl.create_default_context(cafile="root.pem")); s.quit()'

make_nntp_starttls() {
    say "STARTTLS to INN (nnrpd): s_client, and Python's nntplib. Both complete."
    expect outcome=completed verdict=ok starttls=nntp "near=starttls-refused: STARTTLS is answered by 382"
    expect outcome=completed verdict=ok starttls=nntp
    sees 'tls.handshake.type == 2' 2
    sees 'tcp.srcport == 119 && frame contains "382 "' 2
    capture
    nnrpd_start tls
    starttls nntp 119
    cp "$pki/root.pem" "$work/root.pem"
    (cd "$work" && client $PYTHON -W ignore -c "$nntplib")
    note_software python3
    commands+=("client: python3 -c '$nntplib'")
}

make_nntp_starttls_refused() {
    say "INN (nnrpd) without a certificate lists STARTTLS among its capabilities all the same, and answers it by 580. s_client and nntplib leave."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=nntp
    expect outcome=not-tls verdict=starttls-refused side=server starttls=nntp
    sees 'tcp.srcport == 119 && frame contains "580 "' 2
    capture
    nnrpd_start
    starttls nntp 119
    cp "$pki/root.pem" "$work/root.pem"
    (cd "$work" && client $PYTHON -W ignore -c "$nntplib")
    note_software python3
    commands+=("client: python3 -c '$nntplib'")
}

# inspircd_start [TLS]: with or without its modules for TLS.
inspircd_start() {
    mkdir -p "$work/irc"
    {
        printf '<path configdir="%s/irc" datadir="%s/irc" logdir="%s/irc" runtimedir="%s/irc">\n' "$work" "$work" "$work" "$work"
        printf '<server name="irc.example.test" description="Lab" network="Lab" id="1AB">\n<admin name="Lab" nick="lab" email="lab@example.test">\n'
        printf '<bind address="%s" port="6667" type="clients">\n<connect allow="*" timeout="5" pingfreq="120" resolvehostnames="no">\n<pid file="%s/irc/pid">\n' $server4 "$work"
        printf '<log method="file" type="*" level="default" target="%s/irc/log">\n<module name="cap">\n' "$work"
        [ -z "${1:-}" ] || printf '<module name="ssl_gnutls">\n<module name="starttls">\n<sslprofile name="lab" provider="gnutls" certfile="%s/rsa.chain" keyfile="%s/rsa.key" hash="sha256">\n<starttls provider="lab">\n<gnutls onrehash="no">\n' "$pki" "$pki"
    } >"$work/irc/inspircd.conf"
    commands+=("inspircd.conf: ${1:+<module name=\"ssl_gnutls\"> <module name=\"starttls\"> <sslprofile certfile=\"pki/rsa.chain\" keyfile=\"pki/rsa.key\">}")
    add_software "InspIRCd $(dpkg-query -Wf '${Version}' inspircd | sed 's/-.*//')"
    server 6667 inspircd --nofork --runasroot --config="$work/irc/inspircd.conf"
}

make_irc_starttls() {
    say "STARTTLS to InspIRCd (670), by s_client. Completes. (tshark takes all of it for IRC.)"
    expect outcome=completed verdict=ok starttls=irc "near=starttls-refused: STARTTLS is answered by 670"
    sees 'tcp.srcport == 6667 && frame contains 16:03:03'
    sees 'frame contains " 670 "'
    capture
    inspircd_start tls
    starttls_input="sleep 3" starttls irc 6667
}

make_irc_starttls_refused() {
    say "InspIRCd without its module for STARTTLS does not know the command: it says nothing, and closes for want of a registration. s_client waits in vain."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=irc
    sees 'tcp.dstport == 6667 && frame contains "STARTTLS"'
    capture
    inspircd_start
    starttls_input="sleep 3" starttls irc 6667
}

# prosody_start [TLS]: for clients on 5222, for servers on 5269.
prosody_start() {
    mkdir -p "$work/xmpp"
    {
        printf 'run_as_root = true\nuse_libevent = false\ndaemonize = false\npidfile = "%s/xmpp/pid"\ndata_path = "%s/xmpp"\nauthentication = "anonymous"\n' "$work" "$work"
        printf 'interfaces = { "%s" }\nmodules_enabled = { "saslauth", "dialback", "disco"%s }\nmodules_disabled = { "s2s_auth_certs"%s }\nallow_unencrypted_plain_auth = true\nc2s_require_encryption = false\ns2s_require_encryption = false\nlog = { { levels = { min = "info" }, to = "file", filename = "%s/xmpp/log" } }\ncertificates = "%s/xmpp"\n' \
            $server4 "${1:+, \"tls\"}" "$([ -n "${1:-}" ] || printf ', "tls"')" "$work" "$work"
        printf 'VirtualHost "%s"\n' $name
        [ -z "${1:-}" ] || printf 'ssl = { certificate = "%s/rsa.chain", key = "%s/rsa.key" }\n' "$pki" "$pki"
    } >"$work/prosody.cfg.lua"
    commands+=("prosody.cfg.lua: modules_enabled = { \"saslauth\", \"dialback\", \"disco\"${1:+, \"tls\"} }")
    add_software "Prosody $(dpkg-query -Wf '${Version}' prosody | sed 's/-.*//')"
    server 5222 prosody --config "$work/prosody.cfg.lua" -F
}

make_xmpp_starttls() {
    say "STARTTLS to Prosody: s_client as a client, and as a server to server. Both complete."
    expect outcome=completed verdict=ok starttls=xmpp "near=starttls-refused: the server offers starttls and says proceed"
    expect outcome=completed verdict=ok starttls=xmpp
    sees 'frame contains "<starttls xmlns"' 2
    sees 'frame contains "<proceed"' 2
    sees 'tls.handshake.type == 2' 2
    capture
    prosody_start tls
    starttls xmpp 5222 -xmpphost $name
    starttls xmpp-server 5269 -xmpphost $name
}

make_xmpp_wrong_name() {
    say "STARTTLS to Prosody with TLS 1.2; the client wants another name than the certificate has."
    expect outcome=failed verdict=name-mismatch starttls=xmpp sni=chat.example.org
    sees 'xmpp.proceed'
    sees 'tls.alert_message'
    capture
    prosody_start tls
    client_input="sleep 0.6" client openssl s_client -quiet -starttls xmpp -connect $name:5222 -xmpphost $name -servername chat.example.org \
        -verify_hostname chat.example.org -verify_return_error -tls1_2 -CAfile "$pki/root.pem"
}

make_xmpp_starttls_refused() {
    say "Prosody without its TLS module lists no starttls, to clients as to servers: s_client waits for it and leaves."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=xmpp
    expect outcome=not-tls verdict=starttls-refused side=server starttls=xmpp
    sees 'xmpp.features || frame contains "stream:features"' 2
    never 'xmpp.proceed'
    capture
    prosody_start
    client_patience=3 starttls xmpp 5222 -xmpphost $name
    client_patience=6 starttls xmpp-server 5269 -xmpphost $name
}

make_sieve_starttls_refused() {
    say "ManageSieve of a Dovecot without TLS (ssl = no): it does not list STARTTLS, s_client asks all the same and is told NO."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=sieve
    sees 'tcp.srcport == 4190 && tcp.len > 0' 2
    capture
    dovecot_start no
    starttls sieve 4190
}

# postfix_start [TLS]: smtpd alone, on port 25, with its queue and configuration in the lab.
postfix_start() {
    local conf=$work/postfix queue=$work/queue level=none
    [ -z "${1:-}" ] || level=may
    mkdir -p "$conf" "$queue" "$work/postlib"
    chmod 755 "$lab" "$lab/run" "$work"
    chown postfix "$work/postlib"
    printf '%s\n' "compatibility_level = 3.6" "queue_directory = $queue" "data_directory = $work/postlib" "inet_interfaces = $server4" "inet_protocols = ipv4" \
        "myhostname = $name" "mydestination = $name" "alias_maps =" "alias_database =" "maillog_file = /dev/stdout" "smtpd_tls_security_level = $level" \
        "smtpd_tls_cert_file = $pki/rsa.chain" "smtpd_tls_key_file = $pki/rsa.key" "mail_owner = postfix" "setgid_group = postdrop" \
        "local_recipient_maps =" "smtpd_client_restrictions =" "maillog_file_prefixes = /dev, $work" "maillog_file = $work/mail.log" >"$conf/main.cf"
    printf '%s\n' "25 inet n - n - - smtpd" "pickup unix n - n 60 1 pickup" "cleanup unix n - n - 0 cleanup" "qmgr unix n - n 300 1 qmgr" \
        "tlsmgr unix - - n 1000? 1 tlsmgr" "rewrite unix - - n - - trivial-rewrite" "bounce unix - - n - 0 bounce" "defer unix - - n - 0 bounce" \
        "anvil unix - - n - 1 anvil" "proxymap unix - - n - - proxymap" "postlog unix-dgram n - n - 1 postlogd" "discard unix - - n - - discard" >"$conf/master.cf"
    commands+=("main.cf: smtpd_tls_security_level = $level")
    add_software "Postfix $(postconf -h mail_version)"
    server 25 postfix -c "$conf" start-fg
}

make_postfix_starttls() {
    say "STARTTLS to Postfix: swaks, and s_client. Both complete."
    expect outcome=completed verdict=ok starttls=smtp "near=starttls-refused: STARTTLS is answered by 220"
    expect outcome=completed verdict=ok starttls=smtp
    sees 'tls.handshake.type == 2' 2
    capture
    postfix_start tls
    add_software "swaks $(swaks --version | sed -n '1s/.*version //p')"
    client swaks --server $name --to user@$name --from lab@example.test --helo client.example.test --tls --tls-ca-path "$pki/root.pem" --quit-after TLS
    starttls smtp 25
}

make_postfix_starttls_refused() {
    say "Postfix without TLS (smtpd_tls_security_level = none): s_client asks though it is not listed, and is told 502; swaks --tls leaves; swaks with --tls-optional goes on in the clear and logs nothing in, which is no failure."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=smtp
    expect outcome=not-tls verdict=starttls-refused side=server starttls=smtp
    sees 'smtp.response.code == 502'
    capture
    postfix_start
    starttls smtp 25
    client swaks --server $name --to user@$name --from lab@example.test --helo client.example.test --tls --quit-after TLS
    client swaks --server $name --to user@$name --from lab@example.test --helo client.example.test --tls-optional --quit-after RCPT
}

# second_client: another address of the client's machine.
second_client() { in_client ip address add 10.9.0.3/24 dev "$1"; in_server ip neighbour replace 10.9.0.3 lladdr "$2" dev "$3"; }

make_starttls_stripped() {
    say "One Postfix, two clients: 10.9.0.3 is shown STARTTLS and completes. On the way to 10.9.0.2 something made by hand (tools/path.py, rule mask) writes XXXXXXXA over STARTTLS, as the SMTP inspection of some firewalls does. s_client then asks all the same, and its STARTTLS becomes XXXXXXXX on the way, so the server does not know the command; swaks finds no offer and leaves."
    expect outcome=completed verdict=ok starttls=smtp "near=starttls-refused: this client is shown the offer"
    expect outcome=not-tls verdict=starttls-refused side=path starttls=smtp
    expect outcome=not-tls verdict=starttls-refused side=path starttls=smtp
    sees 'frame contains "XXXXXXXA"' 2
    sees 'frame contains "250-STARTTLS"'
    path_up mask:s2c:STARTTLS:XXXXXXXA:10.9.0.2 mask:c2s:STARTTLS:XXXXXXXX:10.9.0.2
    second_client pc 02:00:0a:09:01:02 ps
    capture_ns=$client_ns capture_dev=pc capture
    postfix_start tls
    client_input="sleep 0.6" client openssl s_client -quiet -starttls smtp -bind 10.9.0.3:0 -connect $name:25 -servername $name -CAfile "$pki/root.pem"
    starttls smtp 25
    client swaks --server $name --to user@$name --from lab@example.test --helo client.example.test --tls --quit-after TLS
}

make_starttls_hidden() {
    say "One Dovecot, two clients: 10.9.0.3 is shown STARTTLS among the capabilities of IMAP and completes; on the way to 10.9.0.2 something made by hand (tools/path.py, rule mask) takes the word away (spaces stand in its place), and curl leaves. The server is the same, so the path is told."
    expect outcome=completed verdict=ok starttls=imap "near=starttls-refused: this client is shown the offer"
    expect outcome=not-tls verdict=starttls-refused side=path starttls=imap
    sees 'tcp.srcport == 143 && frame contains "STARTTLS"'
    path_up "mask:s2c:STARTTLS:        :10.9.0.2"
    second_client pc 02:00:0a:09:01:02 ps
    capture_ns=$client_ns capture_dev=pc capture
    dovecot_start yes
    client curl -sS --interface 10.9.0.3 --ssl-reqd --cacert "$pki/root.pem" -u user:secret imap://$name/
    client curl -sS --interface 10.9.0.2 --ssl-reqd --cacert "$pki/root.pem" -u user:secret imap://$name/
}

make_ftp_auth_ssl_refused() {
    say "vsftpd without TLS: curl asks by AUTH SSL, then by AUTH TLS, and goes on without (--ssl): user and password go out in the clear."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=ftp client=curl
    sees 'ftp.request.command == "AUTH"' 2
    sees 'ftp.request.command == "PASS"'
    capture port 21
    vsftpd_start NO
    client curl -sS --ssl --cacert "$pki/root.pem" --max-time 5 -Q QUIT ftp://$name/
}

make_postgres_direct() {
    say "TLS at once, without SSLRequest, to PostgreSQL 15, which has no direct TLS yet (17 has): it drops the connection."
    expect outcome=not-tls verdict=starttls-expected
    sees 'tcp.dstport == 5432 && frame contains 16:03:01'
    never 'tcp.srcport == 5432 && tcp.len > 0'
    capture
    postgres_start on
    client_input="sleep 1" client openssl s_client -connect $name:5432 -servername $name -alpn postgresql -CAfile "$pki/root.pem"
}
