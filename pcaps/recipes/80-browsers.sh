# Chromium: GREASE, shuffled extensions, post-quantum key shares, ECH GREASE. How many connections it opens differs from
# run to run: count the expectations again after making these.

# browse URL [OPTION...]: Chromium without a screen, everything that phones home switched off.
browse() {
    local url=$1
    shift
    mkdir -p "$work/home"
    client env HOME="$work/home" chromium --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update \
        --disable-sync --no-first-run --disable-default-apps --disable-domain-reliability --disable-features=OptimizationHints,MediaRouter,Translate \
        --user-data-dir="$work/profile" --timeout=6000 --dump-dom "$@" "$url"
}

make_hello_post_quantum() {
    say "Chromium to nginx: the ClientHello carries a post-quantum key share (X25519MLKEM768), is larger than one segment, and has GREASE, shuffled extensions and a GREASE ECH. nginx chooses X25519. Chromium does not verify (--ignore-certificate-errors) and opens two connections at once. TLS 1.3, both complete."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 1 && tls.handshake.length > 1500'
    sees 'tls.handshake.extensions_key_share_group == 4588'
    capture tcp port 443
    nginx_start "ssl_protocols TLSv1.2 TLSv1.3;"
    browse https://$name/ --ignore-certificate-errors
}

make_unknown_ca_chromium() {
    say "Chromium does not know the lab's root (TLS 1.2): ERR_CERT_AUTHORITY_INVALID."
    expect outcome=failed verdict=issuer-untrusted sni=$name ended_by=client
    sees 'tls.handshake.type == 11'
    capture tcp port 443
    nginx_start "ssl_protocols TLSv1.2;" unknown
    browse https://$name/
}

make_unknown_ca_chromium_tls13() {
    say "Chromium does not know the lab's root (TLS 1.3): the certificate is hidden, the alert encrypted."
    expect outcome=failed verdict=encrypted-alert sni=$name ended_by=client
    expect outcome=failed verdict=encrypted-alert sni=$name ended_by=client
    sees 'tls.handshake.type == 2'
    capture tcp port 443
    nginx_start "ssl_protocols TLSv1.3;" unknown
    browse https://$name/
}

make_version_chromium() {
    say "A server with TLS 1.0 and 1.1 only (nginx at security level 0): Chromium leaves, ERR_SSL_VERSION_OR_CIPHER_MISMATCH."
    expect outcome=failed verdict=version-unsupported sni=$name side=server
    expect outcome=failed verdict=version-unsupported sni=$name side=server
    expect outcome=failed verdict=version-unsupported sni=$name side=server
    expect outcome=failed verdict=version-unsupported sni=$name side=server
    sees 'tls.alert_message'
    capture tcp port 443
    nginx_start "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT:@SECLEVEL=0;"
    browse https://$name/
}

make_hello_blackholed_post_quantum() {
    say "The path loses packets over 1300 bytes (tools/path.py): Chromium's post-quantum hello needs two segments and never arrives, curl's small hello gets through. Captured at the client."
    expect outcome=failed verdict=hello-blackholed sni=$name side=path
    expect outcome=failed verdict=hello-blackholed sni=$name side=path
    expect outcome=completed verdict=ok sni=$name
    sees 'tcp.analysis.retransmission' 2
    path_up large:c2s:1300
    capture_ns=$client_ns capture_dev=pc capture tcp port 443
    nginx_start "ssl_protocols TLSv1.3;"
    client_patience=7 browse https://$name/ --ignore-certificate-errors
    get https://$name/
}
