# What a server's private key makes readable: static RSA key exchange up to TLS 1.2. The key is made for one capture and
# stays beside it. And what Encrypted ClientHello hides.

with_server_key() {
    # The lab's intermediate signs it, so that clients trust it.
    openssl req -newkey rsa:2048 -nodes -keyout "$work/server.key" -subj "/O=Example Test/CN=$name" -config "$pki/ca.cnf" -out "$work/server.csr" 2>/dev/null &&
        printf 'basicConstraints = critical,CA:false\nkeyUsage = critical,digitalSignature,keyEncipherment\nextendedKeyUsage = serverAuth\nsubjectAltName = DNS:%s\n' $name >"$work/server.ext" &&
        openssl x509 -req -in "$work/server.csr" -CA "$pki/inter.pem" -CAkey "$pki/inter.key" -days 300 -extfile "$work/server.ext" -out "$work/server.pem" 2>/dev/null ||
        die "$recipe: no key"
    commands+=("key: $recipe.key is the server's, made for this capture")
    transform() {
        install -m 644 "$work/server.key" "$here/$recipe.key"
        cp "$1" "$2"
    }
}

rsa_server() {
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$work/server.pem" -key "$work/server.key" -cert_chain "$pki/inter.pem" -cipher "ALL:@SECLEVEL=0" "$@"
}

rsa_talk() { talk_input="sleep 0.3; echo hello; sleep 0.3; echo Q" talk -servername $name "$@"; }

rsa_dtls_server() {
    set -- openssl s_server -quiet -dtls -accept 4433 -cert "$work/server.pem" -key "$work/server.key" -cert_chain "$pki/inter.pem" -cipher "ALL:@SECLEVEL=0"
    commands+=("server: $(shown "$@")")
    note_software openssl
    background ip netns exec "$server_ns" timeout 60 bash -c 'exec < <(while sleep 0.5; do echo pong; done); exec "$@"' - "$@" >"$work/server.log" 2>&1
    await 10 udp_listening 4433 || die "$recipe: s_server does not listen: $(tail -5 "$work/server.log")"
}

rsa_dtls_talk() { dtls_input="sleep 0.2; echo ping; sleep 0.3" dtls_talk "$@"; }

make_server_key() {
    say "Static RSA key exchange with the server's private key beside the capture: AES-CBC with encrypt-then-MAC and without it, AES-GCM with SHA-384, all with extended master secret; GnuTLS without that; TLS 1.0 and 1.1. Alerts can be read. Then ECDHE, and TLS 1.3, where the key does not help: both have forward secrecy."
    local i version
    for i in 1 2 3; do expect outcome=completed verdict=ok sni=$name version=TLSv1.2 keys=server-key absent=closed-without-notify; done
    expect outcome=completed verdict=ok sni=$name keys=server-key
    for i in 1 2; do expect outcome=completed verdict=ok sni=$name keys=server-key absent=closed-without-notify; done
    for i in 1 2; do expect outcome=completed verdict=ok sni=$name keys=none keys_error=forward-secrecy; done
    sees 'tls.handshake.type == 16' 7
    with_server_key
    capture
    rsa_server
    rsa_talk -tls1_2 -cipher AES128-SHA
    rsa_talk -tls1_2 -cipher AES128-SHA256 -no_etm
    rsa_talk -tls1_2 -cipher AES256-GCM-SHA384
    client_input="sleep 0.3; echo hello; sleep 0.3" client gnutls-cli -p 443 --x509cafile "$pki/root.pem" --priority "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:%NO_SESSION_HASH" $name
    unset client_input
    for version in tls1 tls1_1; do rsa_talk -$version -cipher "AES128-SHA:@SECLEVEL=0"; done
    rsa_talk -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
    rsa_talk -tls1_3
}

make_server_key_resumed() {
    say "Sessions of static RSA key exchange that are resumed, with the server's private key: by ticket, by session ID, and one whose first handshake is not in the capture, which stays hidden."
    expect outcome=completed verdict=ok sni=$name resumed=ticket keys=none keys_error=session-unknown
    expect outcome=completed verdict=ok sni=$name keys=server-key keys_error=none
    expect outcome=completed verdict=ok sni=$name resumed=ticket keys=server-key keys_error=none
    expect outcome=completed verdict=ok sni=$name keys=server-key keys_error=none
    expect outcome=completed verdict=ok sni=$name resumed=session-id keys=server-key keys_error=none
    sees 'tls.handshake.type == 16' 2
    with_server_key
    rsa_server -tls1_2
    commands+=("capture: begins after the next client")
    rsa_talk -cipher AES128-SHA -sess_out "$work/unseen"
    capture
    rsa_talk -cipher AES128-SHA -sess_in "$work/unseen"
    rsa_talk -cipher AES128-SHA -sess_out "$work/ticket"
    rsa_talk -cipher AES128-SHA -sess_in "$work/ticket"
    rsa_talk -cipher AES256-SHA256 -no_ticket -sess_out "$work/session"
    rsa_talk -cipher AES256-SHA256 -no_ticket -sess_in "$work/session"
}

make_server_key_renegotiation() {
    say "TLS 1.2 renegotiation that the server refuses, with the server's private key: the alert (no_renegotiation) can be read.."
    expect outcome=failed verdict=renegotiation-refused sni=$name version=TLSv1.2 side=server certainty=proven keys=server-key
    sees 'tls.record.content_type == 21'
    with_server_key
    capture
    rsa_server -tls1_2
    talk_input="sleep 0.5; echo R; sleep 1" talk -servername $name -cipher AES128-SHA
}

make_server_key_ssl3() {
    say "SSL 3.0 between two Java programs whose jdk.tls.disabledAlgorithms was emptied, and the server's private key. The close can be read."
    expect outcome=completed verdict=ok version=SSLv3 also=obsolete-version keys=server-key
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0300'
    with_server_key
    openssl pkcs12 -export -inkey "$work/server.key" -in "$work/server.pem" -passout pass:changeit -name server -out "$work/server.p12"
    capture
    server 443 "$JAVA" -cp "$lab/java" -Ddisabled= -Dprotocols=SSLv3 -Dsuites=TLS_RSA_WITH_AES_128_CBC_SHA -Dkeys="$work/server.p12" TlsServer 443
    client "$JAVA" -Ddisabled= -Dprotocols=SSLv3 -Dsuites=TLS_RSA_WITH_AES_128_CBC_SHA -Dtrust=all "$tools/TlsClient.java" $name 443
}

make_server_key_dtls() {
    say "DTLS with static RSA key exchange and the server's private key beside the capture: AES-CBC with encrypt-then-MAC and AES-GCM, with extended master secret, the second one resumed by its ticket; one resumed by session ID; DTLS 1.0 without either (GnuTLS as the client). Finished and alerts can be read. Then ECDHE, where the key does not help."
    local i
    for i in 1 2; do expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 keys=server-key; done
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 resumed=ticket keys=server-key keys_error=none
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 keys=server-key
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 resumed=session-id keys=server-key keys_error=none
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.0 keys=server-key
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 keys=none keys_error=forward-secrecy
    sees 'dtls.handshake.type == 16' 5
    with_server_key
    capture
    rsa_dtls_server
    rsa_dtls_talk -dtls1_2 -cipher AES128-SHA
    rsa_dtls_talk -dtls1_2 -cipher AES256-GCM-SHA384 -sess_out "$work/ticket"
    rsa_dtls_talk -dtls1_2 -cipher AES256-GCM-SHA384 -sess_in "$work/ticket"
    rsa_dtls_talk -dtls1_2 -cipher AES256-SHA256 -no_ticket -sess_out "$work/session"
    rsa_dtls_talk -dtls1_2 -cipher AES256-SHA256 -no_ticket -sess_in "$work/session"
    dtls_input="sleep 0.2; echo ping; sleep 0.3" gnutls_dtls_talk --priority 'NORMAL:-VERS-ALL:+VERS-DTLS1.0:-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC:%NO_ETM:%NO_SESSION_HASH'
    rsa_dtls_talk -dtls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
}

make_server_key_dtls_cookie() {
    say "The same where the server (GnuTLS) asks for a cookie first: neither that nor the hello before it counts for the extended master secret. OpenSSL as the client, then GnuTLS."
    local i
    for i in 1 2; do expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 keys=server-key; done
    sees 'dtls.handshake.type == 3' 2
    sees 'dtls.handshake.type == 16' 2
    with_server_key
    cat "$work/server.pem" "$pki/inter.pem" >"$work/server.chain"
    commands+=("server: gnutls-serv --udp --echo -p 4433 --x509certfile server.chain --x509keyfile server.key --priority NORMAL:+RSA")
    capture
    note_software gnutls-serv
    background ip netns exec "$server_ns" timeout 60 gnutls-serv --udp --echo -p 4433 --x509certfile "$work/server.chain" \
        --x509keyfile "$work/server.key" --priority NORMAL:+RSA >"$work/server.log" 2>&1 </dev/null
    await 10 udp_listening 4433 || die "$recipe: gnutls-serv does not listen: $(tail -5 "$work/server.log")"
    rsa_dtls_talk -dtls1_2 -cipher AES128-SHA
    dtls_input="sleep 0.2; echo ping; sleep 0.3" gnutls_dtls_talk --priority 'NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+RSA'
}

make_keys_ech() {
    say "Encrypted ClientHello that the server accepts (NSS on both sides), with its secrets in the capture: the inner hello can be read, in the second connection across a HelloRetryRequest. NSS as Debian builds it writes no key log: the secrets were computed with the server's ECH key (tools/ech.py), and those of the records are not there."
    expect outcome=completed verdict=ok version=TLSv1.3 keys=none keys_error=missing absent=ech-rejected
    expect outcome=completed verdict=ok version=TLSv1.3 keys=none keys_error=missing absent=ech-rejected
    sees 'tls.handshake.type == 1' 3
    extension=pcapng
    mkdir -p "$work/ech"
    $PYTHON "$tools/ech.py" make "$work/ech" $name || die "$recipe: no ECH key"
    commands+=("keys: computed by tools/ech.py, put into the capture by editcap --inject-secrets tls,keys")
    transform() {
        $PYTHON "$tools/ech.py" log "$work/ech" "$1" >"$work/keys" && [ -s "$work/keys" ] || die "$recipe: no keys"
        editcap -F pcapng --inject-secrets "tls,$work/keys" "$1" "$2"
    }
    capture
    nss_server rsa -V tls1.3:tls1.3 -X "$(cat "$work/ech/params")"
    nss_client -h example.test -V tls1.3:tls1.3 -N "$(cat "$work/ech/configs")"
    nss_client -h example.test -V tls1.3:tls1.3 -I P384,x25519 -N "$(cat "$work/ech/configs")"
}
