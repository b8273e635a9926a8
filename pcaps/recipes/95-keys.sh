# What keys make readable: every kind of record protection, and alerts that stand under it. with_keys is in 90-more.sh.

# s_client writes no key log by SSLKEYLOGFILE alone.
talk_with_keys() { talk -servername $name -keylogfile "$work/keys" "$@"; }

openssl_echo() {
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" "$@"
}

make_keys_tls13_suites() {
    say "Every suite of TLS 1.3 that OpenSSL has, one connection each, with the keys: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305, AES-128-CCM, AES-128-CCM-8. All complete."
    local suite suites="TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256"
    for suite in $suites; do expect outcome=completed verdict=ok sni=$name version=TLSv1.3; done
    sees 'tls.handshake.type == 11' 5
    with_keys
    capture
    openssl_echo -ciphersuites "${suites// /:}"
    for suite in $suites; do talk_input="sleep 0.3; echo hello; sleep 0.3; echo Q" talk_with_keys -ciphersuites "$suite"; done
}

make_keys_hello_retry() {
    say "HelloRetryRequest with the keys: one client random, two hellos. Completes; the certificate can be read."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 group=secp384r1
    sees 'tls.handshake.type == 11'
    with_keys
    capture
    web 443 rsa -groups P-384
    talk_with_keys -groups X25519:P-384
}

make_keys_key_update() {
    say "TLS 1.3 key updates with the keys: s_client (key K) changes its keys twice and asks the server for the same. Completes, and what follows can be read: the server's close_notify."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 absent=closed-without-notify
    sees 'tls.handshake.type == 24' 4
    with_keys
    capture
    openssl_echo
    talk_input="sleep 0.3; echo K; sleep 0.3; echo hello; sleep 0.3; echo K; sleep 0.3; echo again; sleep 0.3; echo Q" talk_with_keys
}

make_keys_post_handshake_auth() {
    say "Post-handshake authentication in TLS 1.3 with the keys: the server (s_server, key c) asks for the client's certificate after the handshake and gets it. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 13'
    sees 'tls.handshake.type == 11' 2
    with_keys
    capture
    commands+=("server: key c after two seconds")
    background ip netns exec "$server_ns" bash -c 'exec < <(sleep 2; echo c; sleep 60); exec "$@"' - openssl s_server -accept 443 \
        -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -tls1_3 -CAfile "$pki/clientca.pem" -verify 2 >"$work/server.log" 2>&1
    await 5 listening 443 || die "$recipe: no server"
    talk_input="sleep 3; echo Q" talk_with_keys -enable_pha -cert "$pki/client.pem" -key "$pki/client.key"
}

make_keys_early_data() {
    say "0-RTT with the keys: accepted in the second connection, refused in the third, whose server was started again (OpenSSL on both sides)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 absent=early-data-rejected
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 also=early-data-rejected
    sees 'tls.handshake.type == 5'
    with_keys
    capture
    sleepy_server 443 openssl s_server -quiet -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -early_data -max_early_data 4096
    talk_with_keys -sess_out "$work/session"
    printf 'hello early\n' >"$work/early"
    talk_input="sleep 1" talk_with_keys -sess_in "$work/session" -sess_out "$work/session2" -early_data "$work/early"
    kill -- "-${running[-1]}"
    await 5 not_listening 443
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers"
    talk_input="sleep 1" talk_with_keys -sess_in "$work/session" -early_data "$work/early"
}

make_keys_tls12_suites() {
    say "Record protections of TLS 1.2 with the keys, one connection each: AES-GCM, ChaCha20-Poly1305, CCM, CCM-8, CBC with encrypt-then-MAC, CBC without it, CBC with SHA-384, Camellia. All complete."
    local suite suites="ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305 DHE-RSA-AES256-CCM DHE-RSA-AES128-CCM8 ECDHE-RSA-AES128-SHA ECDHE-RSA-AES256-SHA384 ECDHE-RSA-CAMELLIA128-SHA256"
    for suite in $suites more; do expect outcome=completed verdict=ok sni=$name version=TLSv1.2; done
    sees 'tls.handshake.type == 20' 16
    with_keys
    capture
    openssl_echo -tls1_2 -cipher "${suites// /:}:@SECLEVEL=0"
    for suite in $suites; do talk_input="sleep 0.3; echo hello; sleep 0.3; echo Q" talk_with_keys -cipher "$suite:@SECLEVEL=0"; done
    talk_input="sleep 0.3; echo hello; sleep 0.3; echo Q" talk_with_keys -cipher "ECDHE-RSA-AES128-SHA:@SECLEVEL=0" -no_etm
}

make_keys_tls10_tls11() {
    say "CBC in TLS 1.0 (chained vectors) and TLS 1.1 with the keys, with and without encrypt-then-MAC. Complete; close_notify can be read."
    local version
    for version in tls1 tls1_1 tls1 tls1_1; do expect outcome=completed verdict=ok sni=$name absent=closed-without-notify; done
    sees 'tls.handshake.type == 20' 8
    with_keys
    capture
    openssl_echo -cipher "ALL:@SECLEVEL=0"
    for version in tls1 tls1_1; do
        talk_input="sleep 0.3; echo hello; sleep 0.3; echo Q" talk_with_keys -$version -cipher "AES128-SHA:@SECLEVEL=0"
        talk_input="sleep 0.3; echo hello; sleep 0.3; echo Q" talk_with_keys -$version -cipher "ECDHE-RSA-AES256-SHA:@SECLEVEL=0" -no_etm
    done
}

make_keys_rc4() {
    say "RC4 in TLS 1.2 and 3DES in TLS 1.0 with the keys: GnuTLS on both sides. Complete, with warnings for the suites."
    expect outcome=completed verdict=ok sni=$name also=cipher-weak
    expect outcome=completed verdict=ok sni=$name also=cipher-weak
    sees 'tls.handshake.type == 20' 4
    with_keys
    capture
    gnutls_web 443 rsa --priority "NORMAL:+ARCFOUR-128:+3DES-CBC:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1"
    gnutls_get --priority "NORMAL:-CIPHER-ALL:+ARCFOUR-128:-VERS-ALL:+VERS-TLS1.2"
    gnutls_get --priority "NORMAL:-CIPHER-ALL:+3DES-CBC:-VERS-ALL:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1"
}

make_keys_renegotiation() {
    say "A second handshake on the same connection in TLS 1.2 (s_client, key R) with the keys: it can be read. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 absent=renegotiation-refused
    sees 'tls.handshake.type == 1' 2
    with_keys
    capture
    openssl_echo -tls1_2 -client_renegotiation
    talk_input="sleep 0.5; echo R; sleep 1; echo hello; sleep 0.3; echo Q" talk_with_keys
}

make_keys_renegotiation_refused() {
    say "TLS 1.2 renegotiation that the server refuses, with the keys: the alert (no_renegotiation) can be read."
    expect outcome=failed verdict=renegotiation-refused sni=$name version=TLSv1.2 side=server certainty=proven
    sees 'tls.alert_message.desc == 100'
    with_keys
    capture
    openssl_echo -tls1_2
    talk_input="sleep 0.5; echo R; sleep 1" talk_with_keys
}

make_keys_expired_gnutls() {
    say "An expired certificate in TLS 1.3: GnuTLS leaves with an encrypted alert; with the keys both the alert and the chain can be read."
    expect outcome=failed verdict=certificate-expired sni=$name version=TLSv1.3 ended_by=client certainty=proven absent=encrypted-alert
    sees 'tls.alert_message.level == 2'
    with_keys
    capture
    web 443 expired -tls1_3
    gnutls_get
}

make_keys_unknown_ca_go() {
    say "A chain whose root the client does not know, in TLS 1.3: Go leaves with an encrypted alert; the server's key log shows it."
    expect outcome=failed verdict=issuer-untrusted sni=$name version=TLSv1.3 ended_by=client certainty=likely absent=encrypted-alert
    sees 'tls.alert_message.level == 2'
    with_keys server
    capture
    sleepy_server 443 openssl s_server -quiet -www -accept 443 -cert "$pki/unknown.pem" -key "$pki/unknown.key" -cert_chain "$pki/unknown.issuers" -tls1_3 -keylogfile "$work/keys"
    go_get
}

make_keys_alpn_mismatch_go() {
    say "A Go server refuses ALPN in TLS 1.3 by an encrypted alert, which can be read with the keys."
    expect outcome=failed verdict=alpn-mismatch sni=$name version=TLSv1.3 ended_by=server absent=encrypted-alert
    sees 'tls.alert_message.desc == 120'
    with_keys
    capture
    go_web -alpn http/1.1
    talk_with_keys -alpn h2
}

make_keys_missing() {
    say "A key log that does not fit: the first connection's secrets are in it but for the handshake's, the second's were changed, the third's are not there. All complete; the report says what is wrong with the keys."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 2' 3
    with_keys
    commands+=("keys: of the first connection without HANDSHAKE, of the second with its last digit changed, of the third none")
    transform() {
        grep -v '^#' "$work/keys" | awk '!($2 in n) { n[$2] = ++num } n[$2] == 1 && !/HANDSHAKE/ { print }
            n[$2] == 2 { sub(/.$/, /0$/ ? "1" : "0"); print }' >"$work/some"
        editcap -F pcapng --inject-secrets "tls,$work/some" "$1" "$2"
    }
    capture
    openssl_echo
    for i in 1 2 3; do talk_input="sleep 0.3; echo hello; sleep 0.3; echo Q" talk_with_keys; done
}
