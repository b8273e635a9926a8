# Servers that demand a client certificate.

# demanding VERSION [OPTION...]: s_server that demands a certificate of the lab's client CA.
demanding() {
    local version=$1
    shift
    web 443 rsa "-tls${version/./_}" -Verify 2 -CAfile "$pki/clientca.pem" -verify_return_error "$@"
}

none_sent() {
    local client
    for client in curl python node java gnutls go; do expect outcome=failed verdict="$1" sni=$name version="$2" side=client ended_by=server client=$client; done
    expect outcome=completed verdict=ok sni=$name version="$2" client=nss
    get https://$name/
    python_get
    node_get
    java_get
    gnutls_get
    go_get
    nss_client -V tls1.2:tls1.3
}

make_client_auth_missing_tls12() {
    say "s_server demands a client certificate (TLS 1.2), the clients have none: empty Certificate (length 7), then handshake_failure (40). Six stacks fail; NSS finds a client certificate in its database by itself and completes."
    sees 'tls.alert_message.desc == 40 && ip.src == 10.9.0.1' 6
    sees 'tls.handshake.type == 13' 6
    capture
    demanding 1.2
    none_sent client-auth-required TLSv1.2
}

make_client_auth_missing_tls13() {
    say "The same in TLS 1.3: the server's alert (certificate_required) is encrypted and comes after the client's Finished. Six stacks fail; NSS finds a client certificate in its database by itself and completes."
    sees 'tls.handshake.type == 1' 7
    capture
    demanding 1.3
    none_sent encrypted-alert TLSv1.3
}

make_client_auth_missing_gnutls_server() {
    say "gnutls-serv demands a client certificate (TLS 1.2), curl and Java have none."
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server
    sees 'tls.alert_message && ip.src == 10.9.0.1' 2
    capture
    gnutls_web 443 rsa --require-client-cert --x509cafile "$pki/clientca.pem" --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    get https://$name/
    java_get
}

make_client_auth_missing_java_server() {
    say "A Java server demands a client certificate (TLS 1.2), curl and GnuTLS have none."
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server "near=parameters-rejected: a refusal after the hello, whose reason is known"
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server
    sees 'tls.alert_message && ip.src == 10.9.0.1' 2
    capture
    java_web -Dauth=need -Dtrust="$pki/clientca.p12" -Dprotocols=TLSv1.2
    get https://$name/
    gnutls_get
}

make_client_auth_missing_go_server() {
    say "A Go server demands a client certificate, curl has none: TLS 1.2 (bad_certificate), then TLS 1.3 (encrypted)."
    expect outcome=failed verdict=client-auth-required sni=$name version=TLSv1.2 side=client ended_by=server
    expect outcome=failed verdict=encrypted-alert sni=$name version=TLSv1.3 ended_by=server
    sees 'tls.alert_message && ip.src == 10.9.0.1'
    capture
    go_web -clientca "$pki/clientca.pem"
    get --tls-max 1.2 https://$name/
    get https://$name/
}

make_client_auth_missing_nss_server() {
    say "NSS's selfserv demands a client certificate (-rr, TLS 1.2), curl has none."
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server
    sees 'tls.alert_message && ip.src == 10.9.0.1'
    capture
    nss_server rsa -V tls1.2:tls1.2 -r -r
    get https://$name/
}

make_client_auth_nginx_400() {
    say "nginx with ssl_verify_client on, a client without certificate (curl): the handshake completes, the answer inside is HTTP 400. No TLS failure."
    expect outcome=completed verdict=ok sni=$name absent=client-auth-required "near=client-auth-required: asked for and not sent, the handshake completes all the same"
    sees 'tls.handshake.type == 13'
    sees 'tls.app_data' 2
    capture
    nginx_start "ssl_protocols TLSv1.2; ssl_client_certificate $pki/clientca.pem; ssl_verify_client on;"
    get https://$name/
}

make_client_auth_haproxy() {
    say "HAProxy with 'verify required' (TLS 1.2), curl without a certificate."
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server
    sees 'tls.alert_message && ip.src == 10.9.0.1'
    cat "$pki/rsa.chain" "$pki/rsa.key" >"$work/haproxy.pem"
    printf 'defaults\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n mode http\nfrontend f\n bind :443 ssl crt %s ca-file %s verify required ssl-max-ver TLSv1.2\n http-request return status 200\n' "$work/haproxy.pem" "$pki/clientca.pem" >"$work/haproxy.cfg"
    capture
    server 443 haproxy -f "$work/haproxy.cfg"
    get https://$name/
}

with_cert() { get --cert "$pki/$1.pem" --key "$pki/$1.key" "${@:2}" https://$name/; }

make_client_cert_wrong_ca_tls12() {
    say "curl brings a client certificate of another authority than the server asks for (the request names the lab's client CA): unknown_ca (48), TLS 1.2."
    expect outcome=failed verdict=client-ca-not-accepted sni=$name version=TLSv1.2 side=client ended_by=server "near=client-certificate-rejected: the request itself tells what is wrong"
    sees 'tls.alert_message.desc == 48 && ip.src == 10.9.0.1'
    sees 'tls.handshake.type == 15'
    capture
    demanding 1.2
    with_cert clientother
}

make_client_cert_wrong_ca_tls13() {
    say "The same in TLS 1.3: the alert is encrypted, and comes after the client's request."
    expect outcome=failed verdict=encrypted-alert sni=$name version=TLSv1.3 ended_by=server
    sees 'tls.handshake.type == 1'
    capture
    demanding 1.3
    with_cert clientother
}

make_client_cert_not_named_java() {
    say "Java has a client certificate, but of an authority that the server's request does not name: it sends none, and the server says handshake_failure (TLS 1.2)."
    expect outcome=failed verdict=client-auth-required sni=$name version=TLSv1.2 side=client ended_by=server
    sees 'tls.alert_message.desc == 40 && ip.src == 10.9.0.1'
    capture
    demanding 1.2
    java_get -Dkeys="$pki/clientother.p12" -Dprotocols=TLSv1.2
}

make_client_cert_expired_tls12() {
    say "curl brings a client certificate that expired three days ago: certificate_expired (45) from s_server (TLS 1.2)."
    expect outcome=failed verdict=client-certificate-rejected sni=$name version=TLSv1.2 side=client ended_by=server certainty=proven "near=client-ca-not-accepted: the authority is named in the request"
    sees 'tls.alert_message.desc == 45 && ip.src == 10.9.0.1'
    capture
    demanding 1.2
    with_cert clientexpired
}

make_client_cert_expired_gnutls_server() {
    say "The same at gnutls-serv with --verify-client-cert (TLS 1.2)."
    expect outcome=failed verdict=client-certificate-rejected sni=$name version=TLSv1.2 side=client ended_by=server
    sees 'tls.alert_message && ip.src == 10.9.0.1'
    capture
    gnutls_web 443 rsa --require-client-cert --verify-client-cert --x509cafile "$pki/clientca.pem" --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    with_cert clientexpired
}

make_client_cert_expired_tls13() {
    say "The same expired certificate in TLS 1.3 to s_server: encrypted alert after the client's request."
    expect outcome=failed verdict=encrypted-alert sni=$name version=TLSv1.3 ended_by=server
    sees 'tls.handshake.type == 1'
    capture
    demanding 1.3
    with_cert clientexpired
}

make_client_cert_accepted_and_refused() {
    say "One server, three clients (TLS 1.2): with a certificate, without, with one of another authority. The first completes and shows that the server is sound."
    expect outcome=completed verdict=ok sni=$name client_auth=yes
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server
    expect outcome=failed verdict=client-ca-not-accepted sni=$name side=client ended_by=server
    sees 'tls.alert_message && ip.src == 10.9.0.1' 2
    capture
    demanding 1.2
    with_cert client
    get https://$name/
    with_cert clientother
}
