# DTLS with the keys in the capture. with_keys is in 90-more.sh, dtls_server and the like in 95-dtls.sh.

# s_server writes the key log of both sides' secrets: clients need not.
dtls_server_with_keys() {
    local cert=$1
    shift
    dtls_server "$cert" "$@" -keylogfile "$work/keys"
}

# nss_dtls_server NICKNAME [OPTION...]: answers one client.
nss_dtls_server() {
    local nick=$1
    shift
    set -- "$lab/bin/nss-dtls" server "sql:$pki/nss-$nick" 4433 "$nick" "$@"
    commands+=("server: tools/nss_dtls.c $(shown "${@:2}")")
    note_software "$@"
    background ip netns exec "$server_ns" timeout 60 "$@" >"$work/server.log" 2>&1 </dev/null
    await 10 udp_listening 4433 || die "$recipe: nss-dtls does not listen: $(tail -5 "$work/server.log")"
}

nss_dtls_talk() {
    client "$lab/bin/nss-dtls" client "sql:$pki/nss-trusting" $server4 4433 $name -k "$work/keys" "$@"
}

make_keys_dtls12_suites() {
    say "DTLS 1.2 with the keys, a connection for each kind of record protection: AES-256-GCM, ChaCha20-Poly1305, AES-128-CCM, AES-128-CCM-8, AES-128-CBC with encrypt-then-MAC (OpenSSL). All complete; Finished and close_notify can be read."
    local suite suites="ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305 AES128-CCM AES128-CCM8 ECDHE-RSA-AES128-SHA256"
    for suite in $suites; do expect outcome=completed verdict=ok sni=$name version=DTLSv1.2; done
    sees 'dtls.handshake.type == 20' 8
    sees 'dtls.alert_message.desc == 0' 4
    with_keys server
    capture
    dtls_server_with_keys rsa -dtls1_2 -cipher ALL:@SECLEVEL=0
    for suite in $suites; do dtls_input="sleep 0.2; echo ping; sleep 0.3" dtls_talk -dtls1_2 -cipher "$suite:@SECLEVEL=0"; done
}

make_keys_dtls10() {
    say "DTLS 1.0 with the keys: CBC with encrypt-then-MAC (OpenSSL on both sides), then without (GnuTLS as the client, told not to offer it)."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.0 present=obsolete-version
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.0 present=obsolete-version
    sees 'dtls.handshake.type == 20' 4
    with_keys server
    capture
    dtls_server_with_keys rsa -dtls1 -cipher DEFAULT@SECLEVEL=0
    dtls_talk -dtls1 -cipher DEFAULT@SECLEVEL=0
    gnutls_dtls_talk --priority 'NORMAL:-VERS-ALL:+VERS-DTLS1.0:-CIPHER-ALL:+AES-128-CBC:%NO_ETM'
}

make_keys_dtls12_renegotiation() {
    say "DTLS 1.2 with the keys: the client (s_client, key R) asks for a second handshake inside the first one's protection (epoch 1), whose keys hold from epoch 2 on. Completes; the close_notify under the second keys can be read."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 "near=renegotiation-refused: it is accepted"
    sees 'dtls.handshake.type == 1' 2
    sees 'dtls.handshake.type == 20' 2
    with_keys server
    capture
    dtls_server_with_keys rsa -dtls1_2 -client_renegotiation
    dtls_input="sleep 0.4; echo ping; sleep 0.3; echo R; sleep 0.6; echo pong; sleep 0.3" dtls_talk -dtls1_2
}

make_keys_dtls12_renegotiation_refused() {
    say "The same where the server (s_server as it is by default) refuses the second handshake: its no_renegotiation stands under the keys of the first one, and with them it can be read."
    expect outcome=failed verdict=renegotiation-refused sni=$name version=DTLSv1.2
    sees 'dtls.record.content_type == 21'
    with_keys server
    capture
    dtls_server_with_keys rsa -dtls1_2
    dtls_input="sleep 0.4; echo ping; sleep 0.3; echo R; sleep 0.6; echo pong; sleep 0.3" dtls_talk -dtls1_2
}

make_keys_dtls13() {
    say "DTLS 1.3 with the keys: NSS on both sides (tools/nss_dtls.c), which speaks its last draft, 43. Completes; the certificate and both alerts can be read."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.3-draft43
    sees 'udp contains 7f:2b' 2
    with_keys
    capture
    nss_dtls_server rsa
    nss_dtls_talk
}

make_keys_dtls13_cookie() {
    say "DTLS 1.3 with the keys: the server asks for a cookie (HelloRetryRequest), and gets it. Completes."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.3-draft43 "near=dtls-cookie-loop: one cookie is asked for, and taken"
    sees 'dtls.handshake.type == 1' 2
    with_keys
    capture
    nss_dtls_server rsa -c
    nss_dtls_talk
}

make_keys_dtls13_hello_retry() {
    say "DTLS 1.3 with the keys: the server takes secp384r1 only, for which the client sends a key share after the HelloRetryRequest. Completes."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.3-draft43 group=secp384r1
    sees 'dtls.handshake.type == 1' 2
    with_keys
    capture
    nss_dtls_server rsa -g 24
    nss_dtls_talk -g 29,24
}

make_keys_dtls13_client_auth_required() {
    say "DTLS 1.3 with the keys: the server demands a client certificate, the client has none: certificate_required (116), encrypted."
    expect outcome=failed verdict=client-auth-required sni=$name version=DTLSv1.3-draft43 side=client ended_by=server
    sees 'udp contains 7f:2b' 2
    with_keys
    capture
    nss_dtls_server rsa -r
    nss_dtls_talk
}

make_dtls13_client_auth_missing() {
    say "The same without the keys: the server answers the client's Finished with a record of an alert's size, and the capture ends before anybody's silence could tell that this was the last word. It did not complete."
    expect outcome=incomplete verdict=capture-ended sni=$name version=DTLSv1.3-draft43
    sees 'udp contains 7f:2b' 2
    capture
    nss_dtls_server rsa -r
    nss_dtls_talk
}

make_keys_dtls13_wrong_name() {
    say "DTLS 1.3 with the keys: the server's certificate is for another name (the client asks for elsewhere.test): bad_certificate, encrypted."
    expect outcome=failed verdict=name-mismatch version=DTLSv1.3-draft43 ended_by=client
    sees 'udp contains 7f:2b' 2
    with_keys
    capture
    nss_dtls_server rsa
    client "$lab/bin/nss-dtls" client "sql:$pki/nss-trusting" $server4 4433 elsewhere.test -k "$work/keys"
}
