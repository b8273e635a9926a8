# DTLS over UDP: OpenSSL and GnuTLS on both sides.

udp_listening() { [ -n "$(in_server ss -Hlun "sport = :$1")" ]; }

# dtls_server CERTIFICATE [OPTION...]: OpenSSL's s_server on UDP port 4433.
dtls_server() {
    local cert=$1
    shift
    [ -s "$pki/$cert.issuers" ] && set -- -cert_chain "$pki/$cert.issuers" "$@"
    set -- openssl s_server -quiet -accept 4433 -cert "$pki/$cert.pem" -key "$pki/$cert.key" "$@"
    commands+=("server: $(shown "$@")")
    note_software openssl
    background ip netns exec "$server_ns" timeout 60 bash -c 'exec < <(while sleep 0.5; do echo pong; done); exec "$@"' - "$@" >"$work/server.log" 2>&1
    await 10 udp_listening 4433 || die "$recipe: s_server does not listen: $(tail -5 "$work/server.log")"
}

gnutls_dtls_server() {
    local cert=$1
    shift
    set -- gnutls-serv --udp --echo -p 4433 --x509certfile "$pki/$cert.chain" --x509keyfile "$pki/$cert.key" "$@"
    commands+=("server: $(shown "$@")")
    note_software gnutls-serv
    background ip netns exec "$server_ns" timeout 60 "$@" >"$work/server.log" 2>&1 </dev/null
    await 10 udp_listening 4433 || die "$recipe: gnutls-serv does not listen: $(tail -5 "$work/server.log")"
}

# dtls_talk [OPTION...]: s_client says something, waits for the answer and closes.
dtls_talk() {
    client_input="${dtls_input:-sleep 0.4; echo ping; sleep 0.8}" client openssl s_client -connect $name:4433 -servername $name \
        -CAfile "$pki/root.pem" -verify_return_error "$@"
}

gnutls_dtls_talk() {
    client_input="${dtls_input:-sleep 0.4; echo ping; sleep 0.8}" client gnutls-cli --udp -p 4433 --x509cafile "$pki/root.pem" "$@" $name
}

make_dtls12() {
    say "DTLS 1.2, OpenSSL on both sides, then GnuTLS as the client: data goes both ways."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 client=openssl "near=dtls-fragments-lost: a message in several fragments, all of which arrive"
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 client=gnutls
    sees 'dtls.handshake.type == 2' 2
    sees 'dtls.record.content_type == 23' 3
    capture
    dtls_server rsa -dtls1_2
    dtls_talk -dtls1_2
    gnutls_dtls_talk
}

make_dtls12_gnutls_server() {
    say "DTLS 1.2 with GnuTLS's server, which asks for a cookie first (HelloVerifyRequest): OpenSSL, then GnuTLS."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 client=openssl "near=dtls-cookie-loop: one cookie is asked for, and taken"
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2 client=gnutls absent=dtls-cookie-loop
    sees 'dtls.handshake.type == 3' 2
    capture
    gnutls_dtls_server rsa
    dtls_talk -dtls1_2
    gnutls_dtls_talk
}

make_dtls10() {
    say "DTLS 1.0 with OpenSSL at security level 0: an obsolete version."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.0 present=obsolete-version
    sees 'dtls.handshake.type == 2'
    capture
    dtls_server rsa -dtls1 -cipher DEFAULT@SECLEVEL=0
    dtls_talk -dtls1 -cipher DEFAULT@SECLEVEL=0
}

make_dtls_resumed() {
    say "DTLS 1.2, the second connection resumes the first one's session."
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2
    sees 'dtls.handshake.type == 2' 2
    capture
    dtls_server rsa -dtls1_2
    dtls_talk -dtls1_2 -sess_out "$work/session"
    dtls_talk -dtls1_2 -sess_in "$work/session"
}

make_dtls_unknown_ca() {
    say "The client does not know the server's authority: OpenSSL answers with unknown_ca, GnuTLS in its own way."
    expect outcome=failed verdict=issuer-untrusted sni=$name ended_by=client client=openssl
    expect outcome=failed verdict=issuer-untrusted sni=$name ended_by=client client=gnutls
    sees 'dtls.alert_message.desc == 48'
    capture
    dtls_server unknown -dtls1_2
    dtls_talk -dtls1_2
    gnutls_dtls_talk
}

make_dtls_no_shared_cipher() {
    say "DTLS 1.2: the client offers CBC suites only, the server takes ChaCha20 only. A client that offers it gets through afterwards."
    expect outcome=failed verdict=no-shared-cipher sni=$name ended_by=server certainty=likely
    expect outcome=completed verdict=ok sni=$name version=DTLSv1.2
    sees 'dtls.alert_message.desc == 40'
    capture
    dtls_server rsa -dtls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305
    dtls_talk -dtls1_2 -cipher ECDHE-RSA-AES128-SHA
    dtls_talk -dtls1_2
}

make_dtls_version_unsupported() {
    say "A client that knows DTLS 1.0 only meets a server that takes DTLS 1.2 only: protocol_version."
    expect outcome=failed verdict=version-unsupported sni=$name ended_by=server
    sees 'dtls.alert_message.desc == 70'
    capture
    dtls_server rsa -dtls1_2
    dtls_talk -dtls1 -cipher DEFAULT@SECLEVEL=0
}

make_dtls_client_auth_required() {
    say "The server demands a client certificate, the client has none."
    expect outcome=failed verdict=client-auth-required sni=$name side=client ended_by=server
    sees 'dtls.alert_message'
    capture
    dtls_server rsa -dtls1_2 -Verify 1 -CAfile "$pki/root.pem" -verify_return_error
    dtls_talk -dtls1_2
}

make_dtls_refused() {
    say "Nothing listens on the UDP port: ICMP port unreachable answers the ClientHello."
    expect outcome=failed verdict=tcp-unreachable sni=$name
    sees 'icmp.type == 3 && icmp.code == 3'
    capture
    dtls_talk -dtls1_2
}

make_dtls_unanswered() {
    say "A firewall drops what comes to the UDP port: the ClientHello is sent again and again. Captured at the client."
    expect outcome=failed verdict=hello-unanswered sni=$name
    sees 'dtls.handshake.type == 1' 3
    firewall server iptables -A INPUT -p udp --dport 4433 -j DROP
    capture_ns=$client_ns capture_dev=vc capture
    client_patience=8 dtls_input='sleep 9' dtls_talk -dtls1_2
}

make_dtls_cookie_loop() {
    say "Something in front of the server changes the client's port with every datagram (tools/udp_relay.py): each cookie comes from another address, so GnuTLS asks for the next one. Captured at the client's end."
    expect outcome=failed verdict=dtls-cookie-loop sni=$name client=openssl
    expect outcome=failed verdict=dtls-cookie-loop sni=$name client=gnutls
    sees 'dtls.handshake.type == 3' 3
    capture port 4433
    commands+=("server: gnutls-serv --udp -p 4434 ... behind udp_relay.py 4433 10.9.0.1 4434")
    note_software gnutls-serv
    background ip netns exec "$server_ns" timeout 60 gnutls-serv --udp --echo -p 4434 --x509certfile "$pki/rsa.chain" --x509keyfile "$pki/rsa.key" >"$work/server.log" 2>&1 </dev/null
    await 10 udp_listening 4434 || die "$recipe: gnutls-serv does not listen"
    background ip netns exec "$server_ns" timeout 60 $PYTHON "$tools/udp_relay.py" 4433 $server4 4434 >"$work/relay.log" 2>&1
    await 10 udp_listening 4433 || die "$recipe: the relay does not listen"
    client_patience=12 dtls_input='sleep 12' dtls_talk -dtls1_2
    client_patience=12 dtls_input='sleep 12' gnutls_dtls_talk
}

make_dtls_fragments_lost() {
    say "The path from server to client loses IP packets of more than 1100 bytes, silently (tools/path.py), and the server believes in an MTU of 1200: parts of its Certificate never arrive, the last part comes again and again. Captured at the client's end, where the large ones are missing."
    expect outcome=failed verdict=dtls-fragments-lost sni=$name side=path
    sees 'dtls.handshake.type == 14' 2
    path_up large:s2c:1100
    capture_ns=$client_ns capture_dev=pc capture
    dtls_server rsa -dtls1_2 -mtu 1200
    client_patience=10 dtls_input='sleep 10' dtls_talk -dtls1_2
}

make_dtls_flight_lost() {
    say "The same loss, captured at the server: its flight is sent again and again and the client never goes on."
    expect outcome=failed verdict=server-flight-blackholed sni=$name side=path
    sees 'dtls.handshake.type == 14' 2
    path_up large:s2c:1100
    capture
    dtls_server rsa -dtls1_2 -mtu 1200
    client_patience=10 dtls_input='sleep 10' dtls_talk -dtls1_2
}
