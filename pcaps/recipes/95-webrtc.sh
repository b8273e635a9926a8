# WebRTC: DTLS 1.3 (BoringSSL) on the ports that it shares with STUN, as browsers speak it.

# webrtc [?wrong]: two peers in one page of Chromium.
webrtc() {
    local try
    cp "$tools/webrtc.html" "$work/webrtc.html"
    in_client ip route add default via $server4 # without one a browser names no address of its own
    mkdir -p "$work/home"
    for try in 1 2 3; do # a browser that starts for the first time may be too slow
        [ "$(stat -c %s "$raw")" -gt 1000 ] && break
        commands=("${commands[@]:0:1}")
        complaint_lines=0 client_patience=12 client env HOME="$work/home" chromium --headless --no-sandbox --disable-gpu --disable-background-networking \
            --disable-component-update --disable-sync --no-first-run --disable-features=WebRtcHideLocalIpsWithMdns,OptimizationHints,MediaRouter \
            --allow-loopback-in-peer-connection --user-data-dir="$work/profile" --remote-debugging-port=0 "file://$work/webrtc.html${1:-}"
    done
    note_software chromium
    commands+=("page: tools/webrtc.html${1:-}")
}

make_webrtc() {
    say "Two peers in one page of Chromium, joined by a data channel: DTLS 1.3 between STUN, on the ports of both. Each peer shows a self-signed certificate, as WebRTC does; its fingerprint came with the session's description."
    expect outcome=completed verdict=ok protocol=dtls
    sees 'stun' 2
    sees 'dtls.handshake.type == 1'
    capture_ns=$client_ns capture_dev=lo tcpdump_options='-B 4096' capture udp
    webrtc
}

make_webrtc_fingerprint() {
    say "The same, but the one peer was told another fingerprint than the other's certificate has."
    expect outcome=failed verdict=encrypted-alert protocol=dtls ended_by=client
    sees 'stun' 2
    sees 'dtls.handshake.type == 1'
    capture_ns=$client_ns capture_dev=lo tcpdump_options='-B 4096' capture udp
    webrtc '?wrong'
}
