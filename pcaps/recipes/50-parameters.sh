# Failures of version, suites, groups, names and other parameters of the hellos.

make_version_too_old_client() {
    say "The server speaks TLS 1.3 only (nginx), the clients at most TLS 1.2: OpenSSL's server answers with alert protocol_version (70). curl, Python, GnuTLS, Java. A client with TLS 1.3 completes."
    for _ in 1 2 3 4; do expect outcome=failed verdict=version-unsupported sni=$name side=client ended_by=server certainty=proven; done
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.alert_message.desc == 70' 4
    capture
    nginx_start "ssl_protocols TLSv1.3;"
    get --tls-max 1.2 https://$name/
    python_get maximum=TLSv1_2
    gnutls_get --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    java_get -Dprotocols=TLSv1.2
    get https://$name/
}

make_version_too_new_client() {
    say "The client wants TLS 1.3 only, the server has at most 1.2: alert protocol_version (70) from OpenSSL's server. curl, Node, Go. A client without that demand completes with TLS 1.2."
    for _ in 1 2 3; do expect outcome=failed verdict=version-unsupported sni=$name side=server ended_by=server certainty=proven; done
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=resumption-rejected: the session ID of a hello that offers TLS 1.3 is random"
    sees 'tls.alert_message.desc == 70' 3
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --tlsv1.3 https://$name/
    node_get '"minVersion":"TLSv1.3"'
    go_get -min 1.3
    get https://$name/
}

make_version_gnutls_server() {
    say "The same at a GnuTLS server with TLS 1.2 only: it refuses a TLS 1.3-only hello (s_client) with handshake_failure (40) where others send protocol_version. Python, which also offers TLS 1.2, completes and shows the reason."
    expect outcome=failed verdict=version-unsupported sni=$name side=server ended_by=server certainty=likely
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.alert_message.desc == 40'
    sees 'tls.handshake.type == 2'
    capture
    gnutls_web 443 rsa --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    talk -servername $name -tls1_3
    python_get
}

make_version_gnutls_tls13_server() {
    say "A GnuTLS server with TLS 1.3 only meets a client with TLS 1.2 at most (s_client): handshake_failure (40). Python completes with TLS 1.3 and shows the reason."
    expect outcome=failed verdict=version-unsupported sni=$name side=client ended_by=server certainty=likely
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.alert_message.desc == 40'
    sees 'tls.handshake.type == 2'
    capture
    gnutls_web 443 rsa --priority NORMAL:-VERS-ALL:+VERS-TLS1.3
    talk -servername $name -tls1_2
    python_get
}

make_version_java_server() {
    say "A Java server with TLS 1.3 only refuses a client with TLS 1.2 (curl): alert protocol_version."
    expect outcome=failed verdict=version-unsupported sni=$name side=client ended_by=server
    sees 'tls.alert_message.desc == 70'
    capture
    java_web -Dprotocols=TLSv1.3
    get --tls-max 1.2 https://$name/
}

make_version_go_server() {
    say "A Go server with TLS 1.3 only refuses a client with TLS 1.2 (Node)."
    expect outcome=failed verdict=version-unsupported sni=$name side=client ended_by=server
    sees 'tls.alert_message.desc == 70'
    capture
    go_web -min 1.3
    node_get '"maxVersion":"TLSv1.2"'
}

make_version_nss_server() {
    say "An NSS server with TLS 1.3 only refuses a client with TLS 1.2 (s_client)."
    expect outcome=failed verdict=version-unsupported sni=$name side=client ended_by=server
    sees 'tls.alert_message.desc == 70'
    capture
    nss_server rsa -V tls1.3:tls1.3
    talk -servername $name -tls1_2
}

make_version_java_client_tls10() {
    say "The server knows TLS 1.0 at most (s_server, security level 0) and answers Java's hello (TLS 1.2, no supported_versions) with a ServerHello of TLS 1.0: the client refuses it with protocol_version."
    expect outcome=failed verdict=version-unsupported sni=$name side=server ended_by=client certainty=proven
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0301'
    sees 'tls.alert_message.desc == 70 && ip.src == 10.9.0.2'
    capture
    web 443 rsa -tls1 -cipher "DEFAULT:@SECLEVEL=0"
    java_get -Djdk.tls.client.disableExtensions=supported_versions -Dprotocols=TLSv1.2
}

make_version_tls10_only_server() {
    say "A server with TLS 1.0 only: curl (1.2 and later by default) gets a ServerHello of TLS 1.0 or an alert and leaves, as do Python and Go; s_client with security level 0 completes."
    for _ in 1 2 3; do expect outcome=failed verdict=version-unsupported sni=$name side=server; done
    expect outcome=completed verdict=ok sni=$name version=TLSv1.0 also=obsolete-version
    sees 'tls.alert_message' 2
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0301'
    capture
    web 443 rsa -tls1 -cipher "DEFAULT:@SECLEVEL=0"
    get https://$name/
    python_get
    go_get
    talk -servername $name -tls1 -cipher "DEFAULT:@SECLEVEL=0"
}

make_version_tls10_internal_error() {
    say "OpenSSL 3 with TLS 1.0 allowed but its usual security level: the server chooses TLS 1.0, the client breaks off with internal_error (80) because MD5 with SHA-1 is not allowed for the signature. The version is the reason."
    expect outcome=failed verdict=version-unsupported sni=$name ended_by=client absent=peer-internal-error "near=peer-internal-error: the alert says so, the version is the reason"
    sees 'tls.handshake.type == 2 && tls.handshake.version == 0x0301'
    sees 'tls.alert_message.desc == 80 && ip.src == 10.9.0.2'
    capture
    web 443 rsa -tls1 -cipher "DEFAULT:@SECLEVEL=0"
    talk -servername $name -min_protocol TLSv1
}

make_ssl3_only_server() {
    say "A server with SSL 3.0 only (Java with everything enabled) and a modern curl."
    expect outcome=failed verdict=version-unsupported sni=$name side=server
    sees 'tls.alert_message'
    capture
    java_web -Ddisabled= -Dprotocols=SSLv3
    get https://$name/
}

make_sslv2_hello_refused() {
    say "A hello in the old SSLv2 format (Java with SSLv2Hello and TLSv1) meets nginx with TLS 1.2 only: protocol_version."
    expect outcome=failed verdict=version-unsupported side=client ended_by=server
    sees 'tls.alert_message.desc == 70'
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    client "$JAVA" -cp "$lab/java" -Ddisabled= -Dprotocols=SSLv2Hello,TLSv1 -Dtrust=all TlsClient $name 443
}

make_sslv2_only_hello() {
    say "A real SSLv2 client hello (version 2, the seven SSLv2 ciphers; bytes made by hand, no program of today has SSLv2) to a Java server, which answers handshake_failure (40). A curl request completes and shows what the server has."
    expect outcome=failed verdict=version-unsupported side=client ended_by=server
    expect outcome=completed verdict=ok sni=$name
    sees 'tcp.len > 0 && ip.src == 10.9.0.2'
    sees 'tcp.flags.fin == 1 || tls.alert_message'
    capture
    java_web
    raw_client 443 send:802e0100020015000000100700c00300800100800500800600400400800200800102030405060708090a0b0c0d0e0f10 read wait:0.3 close
    get https://$name/
}

make_fallback_scsv() {
    say "The client says that it fell back (s_client -fallback_scsv -tls1_2), the server has TLS 1.3: inappropriate_fallback (86). Then the same without the signal completes."
    expect outcome=failed verdict=fallback-detected sni=$name side=client ended_by=server certainty=proven
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=downgrade-suspected: the mark is in the random, but the client offered no more"
    sees 'tls.alert_message.desc == 86'
    sees 'tls.handshake.ciphersuite == 0x5600'
    capture
    web 443 rsa
    talk -servername $name -fallback_scsv -tls1_2
    talk -servername $name -tls1_2
}

make_downgrade_sentinel() {
    say "A man in the middle rewrites the hello so that TLS 1.3 is not offered (tools/downgrade.py changes supported_versions): the server answers TLS 1.2 with the downgrade sentinel in its random, and the client (s_client, captured on its side) breaks off with illegal_parameter."
    expect outcome=failed verdict=downgrade-suspected sni=$name side=path ended_by=client
    sees 'tls.handshake.random contains 44:4f:57:4e:47:52:44:01'
    sees 'tls.alert_message.desc == 47'
    capture port 444
    web 443 rsa
    server 444 $PYTHON "$tools/downgrade.py" 444 443
    client_input="sleep 1" client openssl s_client -connect $name:444 -servername $name -CAfile "$pki/root.pem" -verify_return_error
}

make_version_intolerant() {
    say "A server behind a box that drops hellos which offer TLS 1.3 (tools/downgrade.py in mode drop closes the connection): the first curl fails, a curl with --tls-max 1.2 completes."
    expect outcome=failed verdict=version-intolerant sni=$name side=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 1' 2
    capture port 444
    web 443 rsa -tls1_2
    server 444 $PYTHON "$tools/downgrade.py" 444 443 drop
    get --connect-to $name:443:$name:444 https://$name/
    get --tls-max 1.2 --connect-to $name:443:$name:444 https://$name/
}

make_no_shared_cipher_tls12() {
    say "No common suite in TLS 1.2: nginx has ECDHE-RSA-AES256-GCM-SHA384 only. curl and GnuTLS offer others and get handshake_failure (40); a third client with that suite completes and shows what the server takes."
    expect outcome=failed verdict=no-shared-cipher sni=$name ended_by=server
    expect outcome=failed verdict=no-shared-cipher sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
    sees 'tls.alert_message.desc == 40' 2
    capture
    nginx_start "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;"
    get --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA https://$name/
    gnutls_get --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM
    get https://$name/
}

make_no_shared_cipher_alone() {
    say "No common suite in TLS 1.2, and nothing in the capture tells what the server would take: the packets prove only that the parameters were rejected."
    expect outcome=failed verdict=parameters-rejected sni=$name ended_by=server "near=version-unsupported: the alert 40 alone names no version" "near=no-shared-cipher: nothing tells what the server would take"
    sees 'tls.alert_message.desc == 40'
    capture
    nginx_start "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;"
    get --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA https://$name/
}

make_no_shared_cipher_tls13() {
    say "No common suite in TLS 1.3: s_server has ChaCha20 only, Python and Node offer AES-GCM only (Node) or everything (Python: completes)."
    expect outcome=failed verdict=no-shared-cipher sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 cipher=TLS_CHACHA20_POLY1305_SHA256
    sees 'tls.alert_message.desc == 40'
    capture
    web 443 rsa -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256
    node_get '"ciphers":"TLS_AES_128_GCM_SHA256","minVersion":"TLSv1.3"'
    python_get
}

make_no_shared_cipher_java() {
    say "Java as the server with one CBC suite, Go as the client (no such suite), then curl with it: handshake_failure, then a completed handshake."
    expect outcome=failed verdict=no-shared-cipher sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 cipher=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384
    sees 'tls.alert_message.desc == 40'
    capture
    java_web -Dprotocols=TLSv1.2 -Dsuites=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384
    go_get
    get --tls-max 1.2 --ciphers ECDHE-RSA-AES256-SHA384 https://$name/
}

make_no_shared_group_tls13() {
    say "No common group in TLS 1.3: the server has P-521 only, the client X25519 only; another client completes by HelloRetryRequest. OpenSSL on both sides."
    expect outcome=failed verdict=no-shared-group sni=$name ended_by=server "near=no-shared-signature-algorithm: the same alert, and the algorithms are shared"
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 group=secp521r1
    sees 'tls.alert_message.desc == 40'
    capture
    web 443 rsa -tls1_3 -groups P-521
    talk -servername $name -tls1_3 -groups X25519
    talk -servername $name -tls1_3 -groups X25519:P-521
}

make_no_shared_group_tls12() {
    say "No common group in TLS 1.2 with ECDHE only: nginx with P-521, GnuTLS with P-256; s_client with everything completes."
    expect outcome=failed verdict=no-shared-group sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.alert_message.desc == 40'
    sees 'tls.handshake.server_curve_type'
    capture
    nginx_start "ssl_protocols TLSv1.2; ssl_ecdh_curve secp521r1; ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256;"
    gnutls_get --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-GROUP-ALL:+GROUP-SECP256R1
    talk -servername $name
}

make_no_shared_signature_algorithm() {
    say "No common signature algorithm: the server's RSA key may sign with RSA-PSS and SHA-512 only (s_server -sigalgs), the client accepts RSA-PSS with SHA-256; another client completes."
    expect outcome=failed verdict=no-shared-signature-algorithm sni=$name ended_by=server "near=no-shared-certificate-type: RSA on both sides, only the algorithm differs"
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.alert_message.desc == 40'
    capture
    web 443 rsa -tls1_2 -sigalgs rsa_pss_rsae_sha512
    talk -servername $name -tls1_2 -sigalgs rsa_pss_rsae_sha256
    talk -servername $name -tls1_2
}

make_no_shared_signature_algorithm_tls13() {
    say "The same in TLS 1.3 (alert 40 from OpenSSL's server)."
    expect outcome=failed verdict=no-shared-signature-algorithm sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.alert_message.desc == 40'
    capture
    web 443 rsa -tls1_3 -sigalgs rsa_pss_rsae_sha512
    talk -servername $name -tls1_3 -sigalgs rsa_pss_rsae_sha256
    talk -servername $name -tls1_3
}

make_no_shared_certificate_type() {
    say "The server has an ECDSA certificate only, the client offers RSA suites only (curl, TLS 1.2); another client completes and shows the certificate."
    expect outcome=failed verdict=no-shared-certificate-type sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.alert_message.desc == 40'
    sees 'tls.handshake.type == 11'
    capture
    nginx_start "ssl_protocols TLSv1.2;" ec
    get --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384 https://$name/
    get https://$name/
}

make_no_shared_certificate_type_ed25519() {
    say "The server has an Ed25519 certificate only; the client's signature algorithms lack EdDSA (s_client -sigalgs with RSA and ECDSA only): alert 40. Go completes."
    expect outcome=failed verdict=no-shared-certificate-type sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.alert_message.desc == 40'
    capture
    web 443 ed25519 -tls1_2
    talk -servername $name -tls1_2 -sigalgs "RSA+SHA256:ECDSA+SHA256"
    go_get
}

make_alpn_mismatch() {
    say "ALPN without a common protocol: GnuTLS server (http/1.1, --alpn-fatal) and clients that offer h2 only (s_client, Node): no_application_protocol (120). Python with http/1.1 completes (gnutls-serv asks for a client certificate, gets none and does not mind)."
    expect outcome=failed verdict=alpn-mismatch sni=$name side=client ended_by=server certainty=proven
    expect outcome=failed verdict=alpn-mismatch sni=$name side=client ended_by=server certainty=proven
    expect outcome=completed verdict=ok sni=$name absent=client-auth-required
    sees 'tls.alert_message.desc == 120' 2
    capture
    gnutls_web 443 rsa --priority NORMAL:-VERS-ALL:+VERS-TLS1.2 --alpn=http/1.1 --alpn-fatal
    talk -servername $name -alpn h2
    node_get '"ALPNProtocols":["h2"]'
    python_get alpn=http/1.1
}

make_alpn_mismatch_node_java() {
    say "ALPN refused by a Node server (before its ServerHello, so the alert 120 is in the clear though the client offers TLS 1.3) and by a Java server (TLS 1.2)."
    expect outcome=failed verdict=alpn-mismatch sni=$name side=client ended_by=server
    expect outcome=failed verdict=alpn-mismatch sni=$name side=client ended_by=server
    sees 'tls.alert_message.desc == 120' 2
    capture
    node_web rsa '"ALPNProtocols":["http/1.1"]'
    server 8443 "$JAVA" -cp "$lab/java" -Dkeys="$pki/rsa.p12" -Dalpn=http/1.1 -Dprotocols=TLSv1.2 TlsServer 8443
    python_get alpn=h2
    client_input="sleep 1" client openssl s_client -connect $name:8443 -servername $name -alpn h2 -CAfile "$pki/root.pem"
}

make_alpn_mismatch_go_tls13() {
    say "A Go server refuses ALPN in TLS 1.3: ServerHello first, then the alert encrypted (19 bytes in the place of EncryptedExtensions)."
    expect outcome=failed verdict=encrypted-alert sni=$name ended_by=server version=TLSv1.3
    sees 'tls.handshake.type == 2'
    sees 'tls.record.length == 19 || tls.record.length == 24'
    capture
    go_web -alpn http/1.1
    python_get alpn=h2
}

make_alpn_ignored() {
    say "A server that ignores ALPN (nginx without http2 for a client that offers h2 only, then goes on): no mismatch, completes."
    expect outcome=completed verdict=ok sni=$name absent=alpn-mismatch "near=alpn-mismatch: no protocol was chosen, and the client went on"
    sees 'tls.app_data' 2
    capture
    web 443 rsa -tls1_2
    python_get alpn=h2
}

make_sni_rejected_nginx() {
    say "nginx with ssl_reject_handshake for unknown names: www.example.com gets unrecognized_name (112), $name completes."
    expect outcome=failed verdict=sni-unrecognized sni=www.example.com ended_by=server certainty=proven
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.alert_message.desc == 112'
    capture
    nginx_named
    get https://www.example.com/
    get https://$name/
}

# nginx that serves $name and rejects every other and no name.
nginx_named() {
    nginx_http="server { listen 443 default_server ssl; ssl_reject_handshake on; ${1:-ssl_protocols TLSv1.2;} }" nginx_start "server_name $name; ${1:-ssl_protocols TLSv1.2;}"
}

make_sni_missing_nginx() {
    say "The same nginx without any server name in the hello (s_client -noservername): unrecognized_name (112); with the name it completes."
    expect outcome=failed verdict=sni-missing side=client ended_by=server "near=sni-unrecognized: the same alert, but no name was sent"
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.alert_message.desc == 112'
    capture
    nginx_named
    talk -noservername
    get https://$name/
}

make_sni_rejected_java() {
    say "A Java server with an SNIMatcher for $name only; curl asks for www.example.com: unrecognized_name (112)."
    expect outcome=failed verdict=sni-unrecognized sni=www.example.com ended_by=server
    sees 'tls.alert_message.desc == 112'
    capture
    java_web -Dsni=www.example.test
    get https://www.example.com/
}

make_sni_rejected_gnutls() {
    say "gnutls-serv with --sni-hostname-fatal; Node asks for www.example.com: unrecognized_name (112). The right name completes."
    expect outcome=failed verdict=sni-unrecognized sni=www.example.com ended_by=server
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.alert_message.desc == 112'
    capture
    gnutls_web 443 rsa --sni-hostname=$name --sni-hostname-fatal
    node_get '"servername":"www.example.com"'
    python_get
}

make_sni_rejected_openssl() {
    say "s_server -servername with -servername_fatal; curl asks for www.example.com: unrecognized_name (112)."
    expect outcome=failed verdict=sni-unrecognized sni=www.example.com ended_by=server
    sees 'tls.alert_message.desc == 112'
    capture
    web 443 rsa -servername $name -servername_fatal -cert2 "$pki/rsa.pem" -key2 "$pki/rsa.key"
    get https://www.example.com/
}

make_sni_rejected_go_internal_error() {
    say "A Go server that has a certificate for $name only (GetCertificate returns an error, as autocert does): internal_error (80) for another name, a completed handshake for the right one."
    expect outcome=failed verdict=peer-internal-error sni=www.example.com ended_by=server
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.alert_message.desc == 80'
    capture
    go_web -only $name
    get https://www.example.com/
    get https://$name/
}

make_sni_missing_default_certificate() {
    say "Without a server name nginx shows its default certificate (other.example.test), with the name the right one. The first client (GnuTLS, --disable-sni) rejects the name of the certificate."
    expect outcome=failed verdict=sni-missing side=client ended_by=client
    expect outcome=completed verdict=ok sni=$name
    sees 'tls.handshake.type == 11' 2
    capture
    nginx_http="server { listen 443 default_server ssl; ssl_protocols TLSv1.2; ssl_certificate $pki/othername.chain; ssl_certificate_key $pki/othername.key; }" nginx_start "server_name $name; ssl_protocols TLSv1.2;"
    gnutls_get --disable-sni
    get https://$name/
}

make_dh_weak() {
    say "DHE with a prime of 1024 bits (nginx at security level 0 with ssl_dhparam): s_client at level 2 refuses it with handshake_failure ('dh key too small'), GnuTLS with insufficient_security (71), a third one at level 0 goes on."
    expect outcome=failed verdict=dh-weak sni=$name side=server ended_by=client certainty=proven
    expect outcome=failed verdict=dh-weak sni=$name side=server ended_by=client certainty=proven
    expect outcome=completed verdict=ok sni=$name also=dh-weak
    sees 'tls.handshake.p_len == 128' 3
    sees 'tls.alert_message'
    capture
    nginx_start "ssl_protocols TLSv1.2; ssl_dhparam $pki/dh1024.pem; ssl_ciphers DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0;"
    talk -servername $name -cipher "DHE:@SECLEVEL=2"
    gnutls_get --priority NORMAL:%PROFILE_MEDIUM:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA
    talk -servername $name -cipher "DHE:@SECLEVEL=0"
}

make_dh_weak_java_accepts() {
    say "DHE with 1024 bits (nginx as before): Java 17 (jdk.tls.disabledAlgorithms has DH keySize < 1024) goes on. Completes, with a warning's worth of weakness."
    expect outcome=completed verdict=ok sni=$name also=dh-weak
    sees 'tls.handshake.p_len == 128'
    sees 'tls.app_data' 2
    capture
    nginx_start "ssl_protocols TLSv1.2; ssl_dhparam $pki/dh1024.pem; ssl_ciphers DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0;"
    java_get -Dprotocols=TLSv1.2
}

make_null_cipher() {
    say "TLS 1.2 without encryption (NULL-SHA256, OpenSSL at security level 0 on both sides): completes, the request can be read."
    expect outcome=completed verdict=ok sni=$name also=cipher-weak,no-forward-secrecy
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x003b'
    capture
    web 443 rsa -tls1_2 -cipher "NULL-SHA256:@SECLEVEL=0"
    talk -servername $name -cipher "NULL-SHA256:@SECLEVEL=0"
}

make_3des_java() {
    say "TLS 1.2 with 3DES (Java on both sides with its disabled algorithms emptied): completes, weak."
    expect outcome=completed verdict=ok sni=$name also=cipher-weak
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0xc012'
    capture
    java_web -Ddisabled= -Dprotocols=TLSv1.2 -Dsuites=TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
    java_get -Ddisabled= -Dprotocols=TLSv1.2 -Dsuites=TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
}

make_rc4_java() {
    say "TLS 1.2 with RC4 (Java on both sides with its disabled algorithms emptied): completes, weak."
    expect outcome=completed verdict=ok sni=$name also=cipher-weak
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0xc011'
    capture
    java_web -Ddisabled= -Dprotocols=TLSv1.2 -Dsuites=TLS_ECDHE_RSA_WITH_RC4_128_SHA
    java_get -Ddisabled= -Dprotocols=TLSv1.2 -Dsuites=TLS_ECDHE_RSA_WITH_RC4_128_SHA
}

make_unsafe_renegotiation() {
    say "A server without RFC 5746 (Java with the system property that refuses it would still answer; here tools/raw.py sends a ServerHello of TLS 1.2 without renegotiation_info, a certificate and ServerHelloDone made by hand from the lab's): s_client of OpenSSL 3 breaks off with handshake_failure, 'unsafe legacy renegotiation disabled'."
    expect outcome=failed verdict=renegotiation-unsafe sni=$name side=server ended_by=client certainty=proven
    sees 'tls.handshake.type == 2'
    sees 'tls.alert_message.desc == 40 && ip.src == 10.9.0.2'
    capture
    $PYTHON "$tools/hello.py" "$pki/rsa.pem" "$pki/inter.pem" >"$work/flight"
    raw_server 443 read "file:$work/flight" read wait:0.3 close
    talk -servername $name -tls1_2
}

make_cipher_not_offered() {
    say "A server that chooses a suite which was not offered (hand-made ServerHello with TLS_RSA_WITH_3DES_EDE_CBC_SHA, tools/hello.py): curl breaks off with illegal_parameter, 'wrong cipher returned'."
    expect outcome=failed verdict=no-shared-cipher sni=$name side=server ended_by=client certainty=proven
    sees 'tls.handshake.type == 2 && tls.handshake.ciphersuite == 0x000a'
    sees 'tls.alert_message.desc == 47 && ip.src == 10.9.0.2'
    capture
    $PYTHON "$tools/hello.py" cipher=000a renegotiation=yes "$pki/rsa.pem" "$pki/inter.pem" >"$work/flight"
    raw_server 443 read "file:$work/flight" read wait:0.3 close
    get https://$name/
}

make_compression() {
    say "A server that chooses DEFLATE compression though only null was offered (hand-made ServerHello, tools/hello.py): s_client breaks off with illegal_parameter. No software of Debian 12 still compresses."
    expect outcome=failed verdict=protocol-violation sni=$name side=server ended_by=client also=compression-enabled
    sees 'tls.handshake.type == 2 && tls.handshake.comp_method == 1'
    sees 'tls.alert_message'
    capture
    $PYTHON "$tools/hello.py" compression=01 renegotiation=yes "$pki/rsa.pem" "$pki/inter.pem" >"$work/flight"
    raw_server 443 read "file:$work/flight" read wait:0.3 close
    talk -servername $name -tls1_2
}

make_hello_retry_refused() {
    say "A HelloRetryRequest for a group that the client did not offer (hand-made, tools/hello.py hrr=...): the clients refuse it, s_client and Go with illegal_parameter."
    expect outcome=failed verdict=hello-retry-failed sni=$name side=server ended_by=client
    expect outcome=failed verdict=hello-retry-failed sni=$name side=server ended_by=client
    sees 'tls.handshake.type == 2' 2
    sees 'tls.alert_message.desc == 47' 2
    capture
    server 443 $PYTHON "$tools/retry.py" 443 001e
    talk -servername $name -groups X25519
    go_get
}

make_hello_retry_then_closed() {
    say "The server sends a HelloRetryRequest and closes when the second hello is there (tools/retry.py)."
    expect outcome=failed verdict=hello-retry-failed sni=$name side=server ended_by=server "near=hello-closed: the server closed without an alert, but had answered the first hello"
    sees 'tls.handshake.type == 1' 2
    sees 'tcp.flags.fin == 1 && ip.src == 10.9.0.1'
    capture
    server 443 $PYTHON "$tools/retry.py" 443 0018
    talk -servername $name -groups X25519:P-384
}

make_psk_unknown() {
    say "A client with a PSK identity that the server does not know (s_client to stunnel, TLS 1.2): unknown_psk_identity (115)."
    expect outcome=failed verdict=psk-unknown side=client ended_by=server
    sees 'tls.alert_message.desc == 115'
    capture
    printf 'client:0123456789abcdef0123456789abcdef\n' >"$work/psk.txt"
    chmod 600 "$work/psk.txt"
    printf 'foreground=yes\npid=\n[s]\naccept=443\nconnect=127.0.0.1:8080\nciphers=PSK\nPSKsecrets=%s\nsslVersionMax=TLSv1.2\n' "$work/psk.txt" >"$work/server.conf"
    server 443 stunnel4 "$work/server.conf"
    client_input="sleep 1" client openssl s_client -connect $name:443 -psk 0123456789abcdef0123456789abcdef -psk_identity stranger -tls1_2 -cipher PSK
}

make_user_canceled() {
    say "Java's socket closed in the middle of the handshake: user_canceled and close_notify after the server's flight did not come within 2 seconds (tools/raw.py is silent)."
    expect outcome=failed verdict=user-canceled sni=$name ended_by=client
    sees 'tls.alert_message.desc == 90'
    capture
    raw_server 443 read wait:4 close
    java_get -Dtimeout=2000
}

make_client_killed() {
    say "The client gives up in the middle of the handshake (curl --max-time 0.6 to a server behind a slow link of 400 ms): FIN from the client before the server's flight reached it, no alert."
    expect outcome=failed verdict=client-gave-up sni=$name ended_by=client "near=reset-injected: RSTs of a closed socket after its FIN"
    sees 'tls.handshake.type == 2'
    sees 'tcp.flags.fin == 1 && ip.src == 10.9.0.2 || tcp.flags.reset == 1 && ip.src == 10.9.0.2'
    never 'tls.alert_message'
    path_up late:s2c:400
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 0.6 https://$name/
}

make_server_gave_up() {
    say "The server closes after its first flight (a proxy in front of nginx that ends the connection when the client's second flight comes, tools/proxy.py)."
    expect outcome=failed verdict=server-gave-up sni=$name ended_by=server
    sees 'tls.handshake.type == 14'
    sees 'tls.handshake.type == 16'
    capture port 444
    nginx_start "ssl_protocols TLSv1.2; listen 127.0.0.1:8443 ssl;"
    server 444 $PYTHON "$tools/proxy.py" 444 close:c2s:2 tcp:127.0.0.1:8443
    get --max-time 6 --connect-to $name:443:$name:444 https://$name/
}

make_bad_record_mac() {
    say "A proxy inverts one byte of the client's request after the TLS 1.2 handshake (tools/proxy.py, captured between client and proxy): the server answers with bad_record_mac, encrypted; the handshake had completed."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.record.content_type == 21 && ip.src == 10.9.0.1'
    capture port 444
    web 443 rsa -tls1_2
    server 444 $PYTHON "$tools/proxy.py" 444 flip:c2s:3 tcp:127.0.0.1:443
    get --max-time 6 --connect-to $name:443:$name:444 https://$name/
}

make_corrupt_finished() {
    say "A proxy inverts the last byte of the client's second flight, which is in its Finished (TLS 1.2): the server answers with bad_record_mac (20) in the clear. Captured between client and proxy."
    expect outcome=failed verdict=protocol-violation sni=$name side=path ended_by=server
    sees 'tls.alert_message.desc == 20'
    capture port 444
    web 443 rsa -tls1_2
    server 444 $PYTHON "$tools/proxy.py" 444 flip:c2s:2 tcp:127.0.0.1:443
    get --max-time 6 --connect-to $name:443:$name:444 https://$name/
}

make_corrupt_server_flight() {
    say "A middlebox changes one byte of the server's flight and makes the TCP checksum right again (tools/path.py): the client notices a message length that cannot be (illegal_parameter). Captured at the client."
    expect outcome=failed verdict=protocol-violation sni=$name side=path ended_by=client
    sees 'tls.alert_message && ip.src == 10.9.0.2'
    path_up flip:s2c:2
    capture_ns=$client_ns capture_dev=pc capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 6 https://$name/
}

make_decode_error() {
    say "A broken ClientHello (hand-made: the length of the extensions is too large) to OpenSSL: decode_error (50)."
    expect outcome=failed verdict=protocol-violation side=client ended_by=server certainty=proven
    sees 'tls.alert_message.desc == 50'
    capture
    web 443 rsa
    raw_client 443 send:16030100310100002d0303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000004c02fc0300100ff00 read wait:0.2 close
}

make_record_overflow() {
    say "A record that claims 20000 bytes (hand-made) to OpenSSL after a good start: record_overflow (22) or another refusal."
    expect outcome=failed verdict=protocol-violation side=client ended_by=server
    sees 'tls.alert_message'
    capture
    web 443 rsa
    raw_client 443 send:1603014e20$(printf '00%.0s' $(seq 1 40)) read wait:0.2 close
}

make_unexpected_message() {
    say "A ClientKeyExchange as the first message (hand-made) to OpenSSL: unexpected_message (10)."
    expect outcome=failed verdict=protocol-violation side=client ended_by=server
    sees 'tls.alert_message.desc == 10'
    capture
    web 443 rsa
    raw_client 443 send:160303000610000002aaaa read wait:0.2 close
}

make_heartbleed_attempt() {
    say "A heartbeat request whose length says 16384 bytes but brings none (hand-made, sent right after a hand-made hello with the heartbeat extension) to gnutls-serv: the server does not answer it."
    expect outcome=failed verdict=heartbleed-attempt side=client
    sees 'tls.record.content_type == 24'
    capture
    gnutls_web 443 rsa --heartbeat --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    raw_client 443 "send:$($PYTHON "$tools/hello.py" client heartbeat)" read wait:0.2 send:1803030003014000 read wait:0.5 close
}

make_ech_grease_nss() {
    say "NSS sends a GREASE encrypted_client_hello extension (tstclnt -i 100), the server ignores it. TLS 1.3, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3 absent=ech-rejected "near=ech-rejected: GREASE"
    sees 'tls.handshake.type == 1 && tls.handshake.extension.type == 65037'
    capture
    nginx_start "ssl_protocols TLSv1.3;"
    nss_client -V tls1.2:tls1.3 -i 100
}

make_several_clients() {
    say "One server, several clients, where one explains the other: a GnuTLS client with one suite fails, Java with TLS 1.2 completes, curl limited to TLS 1.1 fails. nginx with TLS 1.2 and 1.3."
    expect outcome=failed verdict=no-shared-cipher sni=$name ended_by=server
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    expect outcome=failed verdict=version-unsupported sni=$name side=client ended_by=server
    sees 'tls.alert_message.desc == 40'
    sees 'tls.alert_message.desc == 70'
    capture
    nginx_start "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256;"
    gnutls_get --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CBC:+AES-128-CBC
    java_get -Dprotocols=TLSv1.2
    talk -servername $name -tls1_1 -cipher "DEFAULT:@SECLEVEL=0"
}
