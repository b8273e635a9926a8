# Server certificates that clients reject, each by several stacks, since they tell it in different ways.

# rejecting CERTIFICATE VERSION CODE CLIENT...: one capture, one server, these clients one after the other.
# The clients: curl python node java gnutls go nss openssl erlang wget. s_client's TLS version follows VERSION.
rejecting() {
    local cert=$1 version=$2 code=$3 client
    shift 3
    for client in "$@"; do
        case $version:$client in
        *:curl-late | 1.2:nss | 1.2:wget | 1.2:node) expect outcome=failed verdict="$code" sni="${reject_sni:-$name}" side="${reject_side:-server}" ended_by=client version=TLSv$version client=$client ;;
        1.2:*) expect outcome=failed verdict="$code" sni="${reject_sni:-$name}" side="${reject_side:-server}" ended_by=client version=TLSv$version client=$client "${reject_near[@]}" ;;
        1.3:curl | 1.3:python | 1.3:openssl) expect outcome=failed verdict="${hidden:-certificate-rejected}" sni="${reject_sni:-$name}" ended_by=client version=TLSv$version client=$client ;;
        1.3:node) expect outcome=failed verdict=client-gave-up sni="${reject_sni:-$name}" ended_by=client version=TLSv$version client=$client ;;
        *) expect outcome=failed verdict=encrypted-alert sni="${reject_sni:-$name}" ended_by=client version=TLSv$version client=$client ;;
        esac
    done
    capture
    ${web_command:-web} 443 "$cert" "-tls${version/./_}"
    for client in "$@"; do
        case $client in
        curl) get https://${reject_sni:-$name}/ ;;
        openssl) client_input="sleep 0.5" client openssl s_client -connect ${reject_sni:-$name}:443 -servername ${reject_sni:-$name} -CAfile "$pki/root.pem" -verify_return_error -verify_hostname ${reject_sni:-$name} ;;
        python) python_get ;;
        node) node_get ;;
        java) java_get ;;
        gnutls) gnutls_get ;;
        go) go_get ;;
        nss) nss_client -V tls1.2:tls1.3 ;;
        erlang) erl_get "tlsv$version" ;;
        wget) client wget -q --tries=1 --timeout=5 --ca-certificate="$pki/root.pem" -O /dev/null https://$name/ ;;
        esac
    done
}

# The server that has no intermediate to send.
web_leaf() {
    local port=$1 cert=$2
    shift 2
    sleepy_server "$port" openssl s_server -quiet -www -accept "$port" -cert "$pki/$cert.pem" -key "$pki/$cert.key" "$@"
}

all="curl python node java gnutls go nss erlang wget"

make_expired_tls12() {
    say "The server's certificate expired three days ago (TLS 1.2): curl, Python, Node, Java, GnuTLS, Go, NSS, Erlang and wget, one after the other, each in its own way."
    sees 'tls.alert_message' 4
    sees 'tls.handshake.type == 1' 9
    rejecting expired 1.2 certificate-expired $all
}

make_expired_curl() {
    say "The server's certificate expired three days ago: curl (TLS 1.2) says certificate_expired (45)."
    sees 'tls.alert_message.desc == 45'
    rejecting expired 1.2 certificate-expired curl
}

make_expired_java() {
    say "The server's certificate expired three days ago: Java (TLS 1.2)."
    sees 'tls.alert_message && ip.src == 10.9.0.2'
    rejecting expired 1.2 certificate-expired java
}

make_expired_tls13() {
    say "The server's certificate expired three days ago, TLS 1.3: the certificate is encrypted. curl and Python tell the alert in the clear (45), GnuTLS, Go and Java encrypt it, Node sends none."
    hidden=certificate-expired
    sees 'tls.alert_message.desc == 45' 2
    rejecting expired 1.3 certificate-expired curl python node java gnutls go nss
}

make_not_yet_valid_tls12() {
    say "The server's certificate becomes valid in five days (or the client's clock is slow): TLS 1.2, six stacks."
    sees 'tls.alert_message' 3
    rejecting future 1.2 certificate-not-yet-valid curl python node java gnutls go
}

make_unknown_ca_tls12() {
    say "The chain ends in a root that no client knows (it is sent along): TLS 1.2, nine stacks."
    sees 'tls.alert_message' 4
    rejecting unknown 1.2 issuer-untrusted $all
}

make_unknown_ca_java() {
    say "The chain ends in a root that the client does not know: Java says certificate_unknown (46)."
    sees 'tls.alert_message.desc == 46'
    local reject_near=("near=chain-incomplete: the end of the chain is not trusted, but nothing is missing" "near=self-signed: a certificate of the chain is, not the server's own")
    rejecting unknown 1.2 issuer-untrusted java
}

make_unknown_ca_tls13() {
    say "The chain ends in an unknown root, TLS 1.3: unknown_ca (48) in the clear from curl and Python, encrypted alerts from others, a bare FIN from Node."
    sees 'tls.alert_message.desc == 48' 2
    rejecting unknown 1.3 issuer-untrusted curl python node java gnutls go nss erlang
}

make_self_signed_tls12() {
    say "A self-signed server certificate, TLS 1.2, seven stacks."
    sees 'tls.alert_message' 3
    rejecting selfsigned 1.2 self-signed curl python node java gnutls go nss
}

make_self_signed_tls13() {
    say "A self-signed server certificate in TLS 1.3: curl's alert is readable, the certificate is not. Erlang encrypts its alert."
    sees 'tls.alert_message.desc == 48'
    rejecting selfsigned 1.3 self-signed curl erlang
}

make_missing_intermediate_tls12() {
    say "The server sends its own certificate without the intermediate (which names no address of its issuer): TLS 1.2, nine stacks."
    web_command=web_leaf
    sees 'tls.alert_message' 3
    rejecting rsa 1.2 chain-incomplete $all
}

make_missing_intermediate_aia() {
    say "The same, and the certificate names the address of its issuer (caIssuers): none of these clients fetches it."
    web_command=web_leaf
    sees 'tls.alert_message' 2
    rejecting aia 1.2 chain-incomplete curl python java
}

make_missing_intermediate_seen_elsewhere() {
    say "A server on port 443 without the intermediate; another on port 8443 sends it, which proves what is missing. curl to both."
    expect outcome=failed verdict=chain-incomplete sni=$name side=server ended_by=client certainty=proven "near=issuer-untrusted: with the missing link the root is trusted"
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.alert_message.desc == 48'
    capture
    web_leaf 443 rsa -tls1_2
    web 8443 rsa -tls1_2
    get https://$name/
    get https://$name:8443/
}

make_wrong_name_tls12() {
    say "The certificate is for www.example.org, asked for is $name: TLS 1.2, eight stacks. curl and wget finish the handshake first."
    sees 'tls.alert_message' 3
    rejecting wrongname 1.2 name-mismatch curl python node java gnutls go nss erlang wget openssl
}

make_wrong_name_tls13() {
    say "The certificate is for www.example.org, TLS 1.3: hidden from the eye. curl finishes and closes with close_notify, s_client and Python send bad_certificate in the clear."
    sees 'tls.alert_message.desc == 42' 1
    rejecting wrongname 1.3 name-mismatch python openssl go java
}

make_wrong_name_curl_tls13() {
    say "curl, TLS 1.3, wrong name: it finishes the handshake, sends no request and says close_notify, encrypted. Nothing in the packets tells why."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 "near=encrypted-alert: the client's last record has an alert's size, and is close_notify"
    sees 'tls.app_data' 3
    capture
    web 443 wrongname -tls1_3
    get https://$name/
}

make_sha1_certificate() {
    say "The server's certificate is signed with SHA-1: curl and Python at security level 2 refuse it, Go too; Java 17 goes on under a private authority."
    for client in curl python go; do expect outcome=failed verdict=certificate-weak sni=$name side=server ended_by=client client=$client; done
    expect outcome=completed verdict=ok sni=$name client=java also=certificate-weak
    sees 'tls.alert_message' 2
    capture
    nginx_weak sha1
    get https://$name/
    python_get
    go_get
    java_get -Dprotocols=TLSv1.2
}

# nginx takes certificates that OpenSSL's security level 2 forbids when its ciphers say level 0.
nginx_weak() { nginx_start "ssl_protocols TLSv1.2; ssl_ciphers DEFAULT:@SECLEVEL=0;" "$1"; }

make_rsa1024_certificate() {
    say "The server's key has 1024 bits (RSA): curl and Python refuse it (security level 2), Java 17 goes on."
    for client in curl python; do expect outcome=failed verdict=certificate-weak sni=$name side=server ended_by=client client=$client; done
    expect outcome=completed verdict=ok sni=$name client=java also=certificate-weak
    sees 'tls.alert_message' 2
    capture
    nginx_weak rsa1024
    get https://$name/
    python_get
    java_get -Dprotocols=TLSv1.2
}

make_misused_certificate() {
    say "The server's certificate is for clients only (extended key usage clientAuth): TLS 1.2, six stacks."
    sees 'tls.alert_message' 3
    rejecting misused 1.2 certificate-misused curl python node java gnutls go
}

make_path_length() {
    say "An authority that may have no subordinates (pathlen 0) issued one all the same: curl, Java, GnuTLS, Go."
    sees 'tls.alert_message' 2
    rejecting viapathlen 1.2 certificate-misused curl java gnutls go
}

make_name_constraints() {
    say "The issuing authority is constrained to names under example.net: curl, Java, GnuTLS, Go."
    sees 'tls.alert_message' 2
    rejecting viaconstrained 1.2 certificate-misused curl java gnutls go
}

make_expired_intermediate() {
    say "The intermediate expired five days ago, the server's own certificate is valid: curl, Python, Java, GnuTLS."
    sees 'tls.alert_message' 2
    rejecting viaexpired 1.2 certificate-expired curl python java gnutls
}

make_revoked_stapled() {
    say "The server staples an OCSP response that says revoked. curl with --cert-status looks at it and leaves (certificate_revoked or a close), s_client -status only shows it and goes on."
    expect outcome=failed verdict=certificate-revoked sni=$name side=server ended_by=client
    expect outcome=completed verdict=ok sni=$name also=certificate-revoked
    sees 'tls.handshake.type == 22' 2
    capture
    web 443 revoked -tls1_2 -status_file "$pki/revoked.ocsp"
    get --cert-status https://$name/
    talk -servername $name -status
}

make_must_staple_missing() {
    say "The certificate demands a stapled OCSP response (must-staple), the server sends none: GnuTLS leaves, curl does not look and goes on."
    expect outcome=failed verdict=staple-missing sni=$name side=server ended_by=client
    expect outcome=completed verdict=ok sni=$name also=staple-missing
    sees 'tls.alert_message'
    capture
    web 443 muststaple -tls1_2
    gnutls_get
    get https://$name/
}

make_expiring_certificate() {
    say "A certificate that expires in ten days. Completes."
    expect outcome=completed verdict=ok sni=$name also=certificate-expiring "near=certificate-expired: it expires in ten days"
    sees 'tls.handshake.type == 11'
    capture
    web 443 expiring -tls1_2
    get https://$name/
}

make_root_included() {
    say "The server sends its root along. Completes."
    expect outcome=completed verdict=ok sni=$name also=root-included "near=chain-disordered: more certificates than needed, in order"
    sees 'tls.handshake.type == 11'
    capture
    nginx_chain="$pki/rsa.withroot" nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

make_chain_disordered() {
    say "The server sends the root before the intermediate and a stranger between them. curl (OpenSSL) sorts it out and completes; GnuTLS and Java too or not: see printed lines."
    expect outcome=completed verdict=ok sni=$name also=chain-disordered,root-included
    sees 'tls.handshake.type == 11'
    capture
    nginx_chain="$pki/rsa.disordered" nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

make_interception() {
    say "The same public name with two issuers: directly (port 443, an authority that stands for a public one), and as an inspecting proxy of a company shows it (port 8443, an authority of its own, minted an hour ago). s_client takes both without verification."
    expect outcome=completed verdict=ok sni=www.example.com "near=interception-suspected: a public name with a trusted issuer"
    expect outcome=completed verdict=ok sni=www.example.com also=interception-suspected
    sees 'tls.handshake.type == 11' 2
    capture
    web 443 direct -tls1_2
    web 8443 intercepted -tls1_2
    client_input="printf 'GET / HTTP/1.0\r\n\r\n'; sleep 0.5" client openssl s_client -connect www.example.com:443 -servername www.example.com
    client_input="printf 'GET / HTTP/1.0\r\n\r\n'; sleep 0.5" client openssl s_client -connect www.example.com:8443 -servername www.example.com
}

make_interception_rejected() {
    say "An inspecting proxy's certificate for www.example.com, whose authority the client does not have: curl says unknown_ca."
    expect outcome=failed verdict=issuer-untrusted sni=www.example.com ended_by=client also=interception-suspected "near=certificate-not-yet-valid: minted an hour before"
    sees 'tls.alert_message.desc == 48'
    capture
    web 443 intercepted -tls1_2
    get https://www.example.com/
}

make_unverified() {
    say "Clients that do not verify (curl -k) against an expired and a self-signed certificate: both complete."
    expect outcome=completed verdict=ok sni=$name also=certificate-expired "near=certificate-rejected: a fault that the client does not look for" "near=certificate-expiring: expired already"
    expect outcome=completed verdict=ok sni=$name also=self-signed "near=root-included: the leaf is its own root"
    sees 'tls.handshake.type == 11' 2
    capture
    web 443 expired -tls1_2
    web 8443 selfsigned -tls1_2
    get -k https://$name/
    get -k https://$name:8443/
}

make_no_close_notify() {
    say "The server ends a completed TLS 1.2 connection by FIN without close_notify (Python's ssl does so when a socket is closed without unwrap): 'unexpected eof while reading' in OpenSSL 3."
    expect outcome=completed verdict=ok sni=$name also=closed-without-notify "near=server-gave-up: the server closes without an alert after the handshake"
    sees 'tls.app_data' 2
    never 'tls.record.content_type == 21 && ip.src == 10.9.0.1'
    capture
    server 443 $PYTHON "$tools/server.py" 443 "$pki/rsa.chain" "$pki/rsa.key" TLSv1_2
    get --http1.0 --max-time 6 https://$name/
}

make_chain_duplicate() {
    say "s_server was given a file with its own certificate in it as the chain (a common mistake): the certificate is sent twice. curl minds nothing; Java's path builder neither."
    expect outcome=completed verdict=ok sni=$name also=chain-disordered
    expect outcome=completed verdict=ok sni=$name also=chain-disordered
    sees 'tls.handshake.type == 11' 2
    capture
    sleepy_server 443 openssl s_server -quiet -www -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.chain" -tls1_2
    get https://$name/
    java_get
}
