# What comes close to a failure and is none, or another one.

make_syn_ack_resent() {
    say "The client's ACK and hello get lost for a second and a half (tools/path.py): the server sends its SYN-ACK again, then they get through. TLS 1.2, completes. Captured at the server."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=syn-ack-unanswered: the SYN-ACK was sent again, and then acknowledged"
    sees 'tcp.flags.syn == 1 && tcp.flags.ack == 1' 2
    sees 'tls.app_data' 2
    path_up bare:c2s:1500
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --max-time 12 https://$name/
}

# A client that takes its time before the hello.
slow_hello='import socket, ssl, sys, time
plain = socket.create_connection((sys.argv[1], 443))
time.sleep(4)
with ssl.create_default_context(cafile=sys.argv[2]).wrap_socket(plain, server_hostname=sys.argv[1]) as tls:
    tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
    while tls.recv(4096):
        pass'

make_hello_late() {
    say "A client that waits four seconds between TCP's handshake and its hello (a connection pool that connects ahead). TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=no-hello: silence on a port of TLS, and then a hello"
    sees 'tls.handshake.type == 1 && frame.time_relative > 3.5'
    sees 'tls.app_data' 2
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    client $PYTHON -c "$slow_hello" $name "$pki/root.pem"
}

# A server that takes its time before it reads the hello.
slow_server='import socket, ssl, sys, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
context.maximum_version = ssl.TLSVersion.TLSv1_2
listener = socket.create_server(("", 443))
while True:
    plain, _ = listener.accept()
    time.sleep(4)
    tls = context.wrap_socket(plain, server_side=True)
    tls.recv(4096)
    tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
    tls.unwrap().close()'

make_server_late() {
    say "A server under load that needs four seconds until it reads the hello (Python). TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=hello-unanswered: four seconds of silence after the hello, and then an answer" "near=handshake-stalled: the handshake takes more than four seconds, and completes"
    sees 'tls.handshake.type == 2 && frame.time_relative > 3.5'
    sees 'tls.app_data' 2
    capture
    server 443 $PYTHON -c "$slow_server" "$pki/rsa.chain" "$pki/rsa.key"
    get https://$name/
}

make_fallback_scsv_accepted() {
    say "The client says that it fell back (s_client -fallback_scsv -tls1_2), and the server has nothing newer. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=fallback-detected: the signal is there, and no reason to refuse"
    sees 'tls.handshake.ciphersuite == 0x5600'
    sees 'tls.app_data' 2
    capture
    web 443 rsa -tls1_2
    talk -servername $name -fallback_scsv -tls1_2
}

make_heartbeat_sound() {
    say "A well-formed heartbeat request right after a hello with the heartbeat extension (hand-made) to gnutls-serv, which does not expect one there."
    expect outcome=failed verdict=protocol-violation side=client ended_by=server "near=heartbleed-attempt: a heartbeat request that brings what it claims"
    sees 'tls.record.content_type == 24'
    capture
    gnutls_web 443 rsa --heartbeat --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
    raw_client 443 "send:$($PYTHON "$tools/hello.py" client heartbeat)" read wait:0.2 send:1803030017010004deadbeef000102030405060708090a0b0c0d0e0f read wait:0.5 close
}

make_compression_offered() {
    say "A hello that offers DEFLATE (hand-made); the server chooses no compression, and the client leaves."
    expect outcome=failed verdict=client-gave-up ended_by=client "near=compression-enabled: offered, not chosen"
    sees 'tls.handshake.type == 1 && tls.handshake.comp_method == 1'
    sees 'tls.handshake.type == 2 && tls.handshake.comp_method == 0'
    capture
    web 443 rsa -tls1_2
    raw_client 443 "send:$($PYTHON "$tools/hello.py" client deflate)" read wait:0.2 close
}

make_must_staple_stapled() {
    say "The certificate demands a stapled OCSP response (must-staple), and the server sends one: GnuTLS completes (TLS 1.2)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 ocsp=good "near=staple-missing: demanded, and there"
    sees 'tls.handshake.type == 22'
    sees 'tls.app_data' 2
    capture
    web 443 muststaple -tls1_2 -status_file "$pki/muststaple.ocsp"
    gnutls_get
}

make_without_syn() {
    say "Captured with a filter that leaves SYNs out: the handshake of TLS is whole. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=capture-mid-stream: the SYN is missing, nothing of the handshake is"
    never 'tcp.flags.syn == 1'
    sees 'tls.app_data' 2
    capture 'tcp[13] & 2 == 0'
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

# An ECHConfigList (RFC 9849) with a key that no server has.
ech_configs='import base64, os, struct, sys
name = sys.argv[1].encode()
body = b"\x07\x00\x20" + struct.pack("!H", 32) + os.urandom(32) + bytes.fromhex("000400010001") + b"\x40" + bytes([len(name)]) + name + b"\0\0"
config = b"\xfe\x0d" + struct.pack("!H", len(body)) + body
print(base64.b64encode(struct.pack("!H", len(config)) + config).decode())'

make_keys_ech_rejected() {
    say "The client's encrypted hello (NSS, tstclnt -N) was made with a key that the server does not have: s_server answers for the public name, and the client says ech_required, encrypted. With the keys in the capture the alert can be read."
    expect outcome=failed verdict=ech-rejected version=TLSv1.3 ended_by=client certainty=proven
    sees 'tls.handshake.type == 1 && tls.handshake.extension.type == 65037'
    sees 'tls.alert_message.desc == 121'
    with_keys
    unset SSLKEYLOGFILE
    commands=("keys: of the server (-keylogfile), put into the capture by editcap --inject-secrets tls,keys")
    capture
    web 443 rsa -tls1_3 -keylogfile "$work/keys"
    nss_client -V tls1.3:tls1.3 -N "$($PYTHON -c "$ech_configs" $name)"
}
