# Handshakes that complete: every version, key exchange and stack.

# Suites and versions that OpenSSL 3 keeps behind security level 0.
old="DEFAULT:@SECLEVEL=0"

make_tls10_rsa() {
    say "TLS 1.0 with RSA key exchange and AES-128-CBC, OpenSSL on both sides at security level 0. Completes; the version is obsolete and the key exchange has no forward secrecy."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.0 cipher=TLS_RSA_WITH_AES_128_CBC_SHA also=obsolete-version,no-forward-secrecy
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0301'
    sees 'tls.app_data'
    capture
    web 443 rsa -cipher "$old"
    talk -servername $name -tls1 -cipher "AES128-SHA:@SECLEVEL=0"
}

make_tls11_ecdhe_rsa() {
    say "TLS 1.1 with ECDHE-RSA, OpenSSL on both sides at security level 0. Completes; the version is obsolete."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.1 cipher=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA also=obsolete-version
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0302'
    sees 'tls.handshake.type == 12'
    capture
    web 443 rsa -cipher "$old"
    talk -servername $name -tls1_1 -cipher "ECDHE-RSA-AES256-SHA:@SECLEVEL=0"
}

make_tls12_rsa_kx() {
    say "TLS 1.2 with RSA key exchange and AES-256-GCM: curl to OpenSSL's s_server. Completes without forward secrecy."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 cipher=TLS_RSA_WITH_AES_256_GCM_SHA384 also=no-forward-secrecy "near=cipher-weak: static RSA, but AES-GCM"
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x009d'
    never 'tls.handshake.type == 12'
    capture
    web 443 rsa -tls1_2
    get --tls-max 1.2 --ciphers AES256-GCM-SHA384 https://$name/
}

make_tls12_ecdhe_rsa() {
    say "TLS 1.2 with ECDHE-RSA and AES-GCM: curl to nginx. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=closed-without-notify: close_notify is there, encrypted"
    sees 'tls.handshake.type == 11'
    sees 'tls.handshake.type == 12'
    sees 'tls.app_data' 2
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

make_tls12_ecdhe_ecdsa() {
    say "TLS 1.2 with ECDHE-ECDSA: GnuTLS on both sides. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=certificate-weak: a key of 256 bits, on an elliptic curve"
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0xc02b || tls.handshake.ciphersuite == 0xc02c'
    capture
    gnutls_web 443 ec --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    gnutls_get
}

make_tls12_chacha() {
    say "TLS 1.2 with ECDHE-ECDSA and ChaCha20-Poly1305: Python to Node. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 cipher=TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0xcca9'
    capture
    server 443 node "$tools/server.js" "{\"cert\":\"$pki/ec.chain\",\"key\":\"$pki/ec.key\",\"maxVersion\":\"TLSv1.2\"}"
    client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem" ciphers=ECDHE-ECDSA-CHACHA20-POLY1305
}

make_tls12_dhe() {
    say "TLS 1.2 with DHE-RSA and a prime of 2048 bits: OpenSSL on both sides. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 cipher=TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 absent=dh-weak "near=dh-weak: the prime has 2048 bits"
    sees 'tls.handshake.type == 12 && tls.handshake.p_len == 256'
    capture
    web 443 rsa -tls1_2
    talk -servername $name -cipher DHE-RSA-AES128-GCM-SHA256
}

make_tls12_cbc_java() {
    say "TLS 1.2 with ECDHE-RSA, AES-CBC and SHA-256: Java to OpenSSL. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 cipher=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0xc027'
    capture
    web 443 rsa
    client "$JAVA" -Dtrust="$pki/trust.p12" -Dprotocols=TLSv1.2 -Dsuites=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 "$tools/TlsClient.java" $name 443
}

make_tls12_psk() {
    say "TLS 1.2 with a pre-shared key and no certificate: GnuTLS client and server (ECDHE-PSK or PSK). Completes."
    expect outcome=completed verdict=ok version=TLSv1.2
    sees 'tls.handshake.type == 16'
    never 'tls.handshake.type == 11'
    capture
    server 443 gnutls-serv -q --http -p 443 --pskpasswd "$pki/psk.gnutls" --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:+PSK
    client_input="printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1" client gnutls-cli -p 443 $name --pskusername client --pskkey 0123456789abcdef0123456789abcdef \
        --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:+PSK
}

make_tls12_anonymous() {
    say "TLS 1.2 without any certificate (anonymous ECDH): OpenSSL on both sides at security level 0. Completes; anybody could sit in the middle."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 cipher=TLS_ECDH_anon_WITH_AES_256_CBC_SHA also=cipher-weak "near=no-forward-secrecy: no certificate, but ephemeral keys"
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0xc019'
    never 'tls.handshake.type == 11'
    capture
    sleepy_server 443 openssl s_server -quiet -www -accept 443 -nocert -tls1_2 -cipher "AECDH:@SECLEVEL=0"
    talk -servername $name -cipher "AECDH-AES256-SHA:@SECLEVEL=0"
}

make_tls13_x25519() {
    say "TLS 1.3 with X25519: curl to nginx. Completes; the certificate is encrypted."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 group=x25519 "near=obsolete-version: the record layer says TLS 1.0 and 1.2"
    sees 'tls.handshake.type == 2 && tls.handshake.extensions_key_share_group == 29'
    sees 'tls.app_data' 4
    capture
    nginx_start "ssl_protocols TLSv1.2 TLSv1.3;"
    get https://$name/
}

make_tls13_p256_java() {
    say "TLS 1.3 with P-256: Java client (it offers X25519 and P-256 among others), OpenSSL server that takes P-256 only. Completes at once: Java sends key shares for both."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 group=secp256r1
    sees 'tls.handshake.type == 2 && tls.handshake.extensions_key_share_group == 23'
    capture
    web 443 rsa -groups P-256
    client "$JAVA" -Dtrust="$pki/trust.p12" "$tools/TlsClient.java" $name 443
}

make_tls13_gnutls() {
    say "TLS 1.3 with GnuTLS on both sides. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304'
    capture
    gnutls_web 443 rsa
    gnutls_get
}

make_tls13_nss() {
    say "TLS 1.3 with NSS on both sides (selfserv and tstclnt). Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304'
    sees 'tls.app_data' 3
    capture
    nss_server rsa -V tls1.0:tls1.3
    nss_client -V tls1.2:tls1.3
}

make_tls12_nss() {
    say "TLS 1.2 with NSS on both sides (selfserv and tstclnt). Completes. NSS servers send the root along."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 also=root-included
    sees 'tls.handshake.type == 11'
    sees 'tls.app_data' 2
    capture
    nss_server rsa -V tls1.0:tls1.2
    nss_client -V tls1.0:tls1.3
}

make_tls13_node() {
    say "TLS 1.3 with Node on both sides and an ECDSA certificate. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 2 && tls.handshake.extensions.supported_version == 0x0304'
    capture
    server 443 node "$tools/server.js" "{\"cert\":\"$pki/ec.chain\",\"key\":\"$pki/ec.key\"}"
    client node "$tools/client.js" "{\"ca\":\"$pki/root.pem\"}"
}

make_tls13_chacha_python() {
    say "TLS 1.3 with ChaCha20-Poly1305 and an Ed25519 certificate: Python to OpenSSL. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 cipher=TLS_CHACHA20_POLY1305_SHA256
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x1303'
    capture
    web 443 ed25519 -ciphersuites TLS_CHACHA20_POLY1305_SHA256
    client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem"
}

make_ssl3_java() {
    say "SSL 3.0 between two Java programs whose jdk.tls.disabledAlgorithms was emptied. Completes; hopelessly obsolete."
    expect outcome=completed verdict=ok version=SSLv3 also=obsolete-version
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0300'
    sees 'tls.app_data'
    capture
    server 443 "$JAVA" -cp "$lab/java" -Ddisabled= -Dprotocols=SSLv3 -Dkeys="$pki/rsa.p12" TlsServer 443
    client "$JAVA" -Ddisabled= -Dprotocols=SSLv3 -Dtrust=all "$tools/TlsClient.java" $name 443
}

make_sslv2_hello_java() {
    say "A version-2 compatible hello: Java with SSLv2Hello and TLSv1 enabled, OpenSSL server at security level 0. The hello has the old format, the handshake goes on as TLS 1.0 and completes."
    expect outcome=completed verdict=ok version=TLSv1.0 also=obsolete-version
    sees 'tls.record.version == 0x0002 || ssl.handshake.type == 1'
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0301'
    capture
    web 443 rsa -cipher "$old"
    client "$JAVA" -Ddisabled= -Dprotocols=SSLv2Hello,TLSv1 -Dtrust=all "$tools/TlsClient.java" $name 443
}
