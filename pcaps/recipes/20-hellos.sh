# Resumption, early data, HelloRetryRequest, client certificates, renegotiation and other turns of the handshake.

make_resumed_session_id() {
    say "Two TLS 1.2 connections of one s_client (-reconnect would make more): the second resumes by session ID, as the server gives no tickets."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=session-id
    sees 'tls.handshake.type == 2' 2
    sees 'tls.handshake.type == 11' 1
    capture
    web 443 rsa -tls1_2 -no_ticket
    talk -servername $name -tls1_2 -no_ticket -sess_out "$work/session"
    talk -servername $name -tls1_2 -no_ticket -sess_in "$work/session"
}

make_resumed_ticket() {
    say "Two TLS 1.2 connections: the second resumes by session ticket (nginx and s_client)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=ticket
    sees 'tls.handshake.type == 2' 2
    sees 'tls.handshake.type == 4' 1
    sees 'tls.handshake.type == 11' 1
    capture
    nginx_start "ssl_protocols TLSv1.2; ssl_session_cache none;"
    talk -servername $name -sess_out "$work/session"
    talk -servername $name -sess_in "$work/session"
}

make_resumed_psk() {
    say "Two TLS 1.3 connections: the second resumes with the ticket of the first as a PSK (nginx and s_client)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 resumed=psk
    sees 'tls.handshake.type == 1 && tls.handshake.extension.type == 41'
    sees 'tls.handshake.type == 2 && tls.handshake.extension.type == 41'
    capture
    nginx_start "ssl_protocols TLSv1.3;"
    talk -servername $name -sess_out "$work/session"
    talk -servername $name -sess_in "$work/session"
}

make_resumed_java() {
    say "Two TLS 1.2 connections of one Java program to OpenSSL: the second resumes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=ticket
    sees 'tls.handshake.type == 2' 2
    sees 'tls.handshake.type == 11' 1
    capture
    web 443 rsa -tls1_2
    client "$JAVA" -cp "$lab/java" -Dcount=2 -Dtrust="$pki/trust.p12" -Dprotocols=TLSv1.2 TlsClient $name 443
}

make_ticket_ignored() {
    say "The client offers the ticket of an earlier TLS 1.2 connection, but the server was started again and has other keys: a full handshake follows. Not a failure."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 resumed=no also=resumption-rejected
    sees 'tls.handshake.type == 11' 2
    sees 'tls.handshake.session_ticket_length > 0 || (tls.handshake.type == 1 && tls.handshake.extension.type == 35 && tls.handshake.extension.len > 100)'
    capture
    web 443 rsa -tls1_2
    talk -servername $name -sess_out "$work/session"
    kill -- "-${running[-1]}"
    await 5 not_listening 443
    web 443 rsa -tls1_2
    talk -servername $name -sess_in "$work/session"
}

not_listening() { ! listening "$1"; }

make_psk_ignored_tls13() {
    say "The client offers a TLS 1.3 ticket that the server, started again, cannot read: a full handshake follows. Not a failure."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 resumed=no also=resumption-rejected "near=psk-unknown: a PSK that the server does not know, and no failure"
    sees 'tls.handshake.type == 1 && tls.handshake.extension.type == 41'
    never 'tls.handshake.type == 2 && tls.handshake.extension.type == 41'
    capture
    web 443 rsa
    talk -servername $name -sess_out "$work/session"
    kill -- "-${running[-1]}"
    await 5 not_listening 443
    web 443 rsa
    talk -servername $name -sess_in "$work/session"
}

make_early_data_accepted() {
    say "TLS 1.3 resumption with 0-RTT data that the server accepts (OpenSSL on both sides)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 resumed=psk early_data=offered "near=early-data-rejected: early data, taken"
    sees 'tls.handshake.type == 1 && tls.handshake.extension.type == 42'
    capture
    sleepy_server 443 openssl s_server -quiet -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -early_data -max_early_data 4096
    talk -servername $name -sess_out "$work/session"
    printf 'hello early\n' >"$work/early"
    talk_input="sleep 1" talk -servername $name -sess_in "$work/session" -early_data "$work/early"
}

make_early_data_rejected() {
    say "TLS 1.3 resumption with 0-RTT data offered to a server that has stopped taking it: the PSK is used, the early data is dropped (OpenSSL on both sides)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 resumed=no
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 early_data=rejected also=early-data-rejected
    sees 'tls.handshake.type == 1 && tls.handshake.extension.type == 42'
    sees 'tls.handshake.type == 2 && tls.handshake.random' 3
    capture
    sleepy_server 443 openssl s_server -quiet -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -early_data -max_early_data 4096
    talk -servername $name -sess_out "$work/session"
    kill -- "-${running[-1]}"
    await 5 not_listening 443
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -groups P-384
    printf 'hello early\n' >"$work/early"
    talk_input="sleep 1" talk -servername $name -sess_in "$work/session" -early_data "$work/early"
}

make_hello_retry() {
    say "HelloRetryRequest: s_client sends a key share for X25519 only, the server wants P-384, the second hello brings it. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 group=secp384r1 absent=hello-retry-failed "near=no-shared-group: no key share fits, a group does" "near=hello-retry-failed: the second hello is answered"
    sees 'tls.handshake.type == 1' 2
    sees 'tls.handshake.type == 2' 2
    capture
    web 443 rsa -groups P-384
    talk -servername $name -groups X25519:P-384
}

make_hello_retry_gnutls_node() {
    say "HelloRetryRequest by Node (P-521 only) to GnuTLS, which first sends shares for P-256 and X25519. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 group=secp521r1 absent=hello-retry-failed
    sees 'tls.handshake.type == 1' 2
    sees 'tls.handshake.type == 2' 2
    capture
    server 443 node "$tools/server.js" "{\"cert\":\"$pki/rsa.chain\",\"key\":\"$pki/rsa.key\",\"ecdhCurve\":\"P-521\"}"
    gnutls_get
}

make_client_cert_tls12() {
    say "Client certificate in TLS 1.2: s_server demands one of the lab's client CA, curl brings it. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 client_auth=yes "near=certificate-misused: the client's certificate is for clients only"
    sees 'tls.handshake.type == 13'
    sees 'tls.handshake.type == 15'
    capture
    web 443 rsa -tls1_2 -Verify 2 -CAfile "$pki/clientca.pem" -verify_return_error
    get --cert "$pki/client.pem" --key "$pki/client.key" https://$name/
}

make_client_cert_tls13() {
    say "Client certificate in TLS 1.3: nginx demands one, curl brings it. Completes; both certificates are encrypted."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.app_data' 4
    capture
    nginx_start "ssl_protocols TLSv1.3; ssl_client_certificate $pki/clientca.pem; ssl_verify_client on;"
    get --cert "$pki/client.pem" --key "$pki/client.key" https://$name/
}

make_renegotiation_client() {
    say "TLS 1.2 renegotiation asked for by the client (s_client, key R) and carried out by s_server with -client_renegotiation. Completes twice."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 absent=renegotiation-refused "near=renegotiation-refused: asked for and granted"
    sees 'tls.record.content_type == 22' 6
    capture
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -tls1_2 -client_renegotiation
    talk_input="sleep 0.5; echo R; sleep 0.7; echo hello; sleep 0.5; echo Q" talk -servername $name
}

make_renegotiation_refused() {
    say "TLS 1.2 renegotiation asked for by the client (s_client, key R); s_server of OpenSSL 3 answers with a no_renegotiation alert, encrypted, and the client gives up."
    expect outcome=failed verdict=renegotiation-refused sni=$name version=TLSv1.2 side=server "near=renegotiation-unsafe: the server refuses renegotiation, but knows RFC 5746"
    sees 'tls.record.content_type == 22' 4
    sees 'tls.record.content_type == 21'
    capture
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -tls1_2
    talk_input="sleep 0.5; echo R; sleep 1" talk -servername $name
}

make_key_update() {
    say "TLS 1.3 key update: s_client (key K) changes its keys and asks the server for the same. Completes; on the wire only application data is seen."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.app_data' 6
    capture
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers"
    talk_input="sleep 0.5; echo K; sleep 0.3; echo hello; sleep 0.5; echo Q" talk -servername $name
}

make_alpn_h2() {
    say "ALPN: curl offers h2 and http/1.1, nginx takes h2 (TLS 1.2, so the choice is readable). Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 alpn=h2
    sees 'tls.handshake.type == 2 && tls.handshake.extensions_alpn_str == "h2"'
    capture
    nginx_listen=http2 nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

make_alpn_http11() {
    say "ALPN: Python offers spdy/3 and http/1.1, OpenSSL's server takes http/1.1 (TLS 1.2). Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 alpn=http/1.1
    sees 'tls.handshake.type == 2 && tls.handshake.extensions_alpn_str == "http/1.1"'
    capture
    web 443 rsa -tls1_2 -alpn http/1.1
    client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem" alpn=spdy/3,http/1.1
}

make_ocsp_stapled() {
    say "OCSP stapling in TLS 1.2: the server sends a CertificateStatus that says good. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 ocsp=good absent=certificate-revoked "near=certificate-revoked: stapled, and good" "near=staple-missing: stapled"
    sees 'tls.handshake.type == 22'
    capture
    web 443 rsa -tls1_2 -status_file "$pki/rsa.ocsp"
    talk -servername $name -status
}

make_large_chain() {
    say "A certificate of 4096 bits with 150 names, so that the Certificate message fills several segments and records (TLS 1.2, Python to OpenSSL). Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 11 && tls.handshake.length > 9000'
    capture
    web 443 large -tls1_2
    client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem" send=no
}

make_hello_two_segments() {
    say "A ClientHello larger than one segment: s_client resumes with a TLS 1.3 ticket that holds a client certificate, and offers many ALPN names. (No program of Debian 12's OpenSSL family offers post-quantum groups; see hello-post-quantum for Chromium's.) Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 1 && tls.handshake.length > 1500'
    capture
    web 443 rsa
    talk -servername $name -alpn "$(seq -s, -f 'protocol-number-%05g' 1 90)"
}

make_half_close() {
    say "Half-close: the client sends its request and a FIN without close_notify, and still reads the whole answer (Python to nginx, TLS 1.2). Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tcp.flags.fin == 1 && ip.src == 10.9.0.2'
    sees 'tls.app_data && ip.src == 10.9.0.1'
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem" half=yes
}

make_fast_open() {
    say "TCP Fast Open: the second connection's SYN carries the ClientHello (curl --tcp-fastopen, nginx with fastopen=16). Both complete."
    expect outcome=completed verdict=ok sni=$name
    expect outcome=completed verdict=ok sni=$name
    sees 'tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.len > 100'
    capture
    nginx_listen="fastopen=16" nginx_start "ssl_protocols TLSv1.2;"
    get --tcp-fastopen https://$name/
    get --tcp-fastopen https://$name/
}

make_clear_text_session_stunnel() {
    say "TLS 1.2 through stunnel on both sides, a line of text in the middle. Completes."
    expect outcome=completed verdict=ok version=TLSv1.2
    sees 'tls.handshake.type == 2'
    sees 'tls.app_data' 2
    printf 'foreground=yes\npid=\n[s]\naccept=443\nconnect=127.0.0.1:8080\ncert=%s\nkey=%s\nsslVersionMax=TLSv1.2\n' "$pki/rsa.chain" "$pki/rsa.key" >"$work/server.conf"
    printf 'foreground=yes\npid=\n[c]\nclient=yes\naccept=127.0.0.1:8080\nconnect=%s:443\nCAfile=%s\nverifyChain=yes\ncheckHost=%s\n' $server4 "$pki/root.pem" $name >"$work/client.conf"
    capture
    server 8080 $PYTHON "$tools/raw.py" listen 8080 read text:answer'\n' close
    server 443 stunnel4 "$work/server.conf"
    background ip netns exec "$client_ns" timeout 30 stunnel4 "$work/client.conf" >"$work/stunnel.log" 2>&1
    commands+=("client: stunnel4 client.conf ($(shown "$(tail -n +3 "$work/client.conf")" | tr '\n' ' '))")
    sleep 1
    client $PYTHON "$tools/raw.py" connect 127.0.0.1 8080 text:'question\n' read close
}
