# The same handshakes in other wrappings: link types, tunnels, file formats, captures with faults of their own.

make_ipv6() {
    say "TLS 1.3 over IPv6: curl to nginx. Completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'ipv6 && tls.handshake.type == 2'
    capture
    nginx_start "ssl_protocols TLSv1.3;"
    get --resolve "$name:443:[$server6]" https://$name/
}

make_any_sll2() {
    say "tcpdump on the any device, link type LINUX_SLL2, on a server whose interface is a port of a bridge: every packet is there twice, on the port and on the bridge. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'sll && tls.handshake.type == 2'
    sees 'sll && tcp.flags.syn == 1' 4
    commands+=("network: ip link add br0 type bridge; ip link set vs master br0 (server)")
    in_server ip address flush dev vs
    in_server ip link add br0 type bridge
    in_server sysctl -qw net.ipv6.conf.br0.accept_dad=0
    in_server ip link set br0 address 02:00:0a:09:00:01
    in_server ip link set vs master br0
    in_server ip link set br0 up
    in_server ip address add $server4/24 dev br0
    in_server ip neighbour replace $client4 lladdr 02:00:0a:09:00:02 dev br0
    capture_dev=any tcpdump_options="-y LINUX_SLL2 -B 32768" capture tcp
    shape_session
}

make_any_sll() {
    say "tcpdump on the any device with link type LINUX_SLL. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'sll && tls.handshake.type == 2'
    capture_dev=any tcpdump_options="-y LINUX_SLL -B 32768" capture tcp
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

shape_session() {
    nginx_start "ssl_protocols TLSv1.2;"
    get https://$name/
}

tunnel_recipe() {
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    tunnel_up "$1"
    capture
    shape_session
}

make_vlan() {
    say "Ethernet with an 802.1Q tag (VLAN 100). TLS 1.2, completes."
    sees 'vlan.id == 100 && tls.handshake.type == 2'
    tunnel_recipe vlan
}

make_qinq() {
    say "Ethernet with two tags (802.1ad 200, 802.1Q 100). TLS 1.2, completes."
    sees 'vlan.id == 100 && ieee8021ad.id == 200 && tls.handshake.type == 2'
    tunnel_recipe qinq
}

make_mpls() {
    say "IPv4 under two MPLS labels. TLS 1.2, completes."
    sees 'mpls && tls.handshake.type == 2'
    tunnel_recipe mpls
}

make_mpls_pseudowire() {
    say "Ethernet in an MPLS pseudowire with control word. TLS 1.2, completes. (Wireshark has to guess what is under the label; the packets are checked by their bytes.)"
    sees 'mpls && frame contains "www.example.test"'
    tunnel_recipe pseudowire
}

make_pppoe() {
    say "IPv4 in a PPPoE session. TLS 1.2, completes."
    sees 'pppoes && tls.handshake.type == 2'
    tunnel_recipe pppoe
}

make_gre() {
    say "IPv4 in GRE with a key. TLS 1.2, completes."
    sees 'gre && tls.handshake.type == 2'
    tunnel_recipe gre
}

make_gretap() {
    say "Ethernet in GRE (transparent bridging). TLS 1.2, completes."
    sees 'gre && tls.handshake.type == 2'
    tunnel_recipe gretap
}

make_erspan() {
    say "Ethernet in ERSPAN type II headers, used here as a tunnel. TLS 1.2, completes."
    sees 'erspan && tls.handshake.type == 2'
    tunnel_recipe erspan2
}

make_geneve() {
    say "Ethernet in GENEVE. TLS 1.2, completes."
    sees 'geneve && tls.handshake.type == 2'
    tunnel_recipe geneve
}

make_gtpu() {
    say "IPv4 in GTP-U, as in a mobile network's core. TLS 1.2, completes."
    sees 'gtp && tls.handshake.type == 2'
    tunnel_recipe gtpu
}

make_ipip() {
    say "IPv4 in IPv4. TLS 1.2, completes."
    sees 'ip.proto == 4 && tls.handshake.type == 2'
    tunnel_recipe ipip
}

make_sit() {
    say "IPv6 in IPv4 (6in4). TLS 1.2, completes."
    sees 'ip.proto == 41 && tls.handshake.type == 2'
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    tunnel_up sit
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    get --resolve "$name:443:[$server6]" https://$name/
}

make_vxlan() {
    say "Ethernet in VXLAN, the kernel's own. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'vxlan && tls.handshake.type == 2'
    commands+=("tunnel: ip link add ... type vxlan id 42 dstport 4789, between 10.99.0.1 and 10.99.0.2")
    underlay
    in_server ip link add xs type vxlan id 42 remote 10.99.0.2 local 10.99.0.1 dstport 4789 dev vs
    in_client ip link add xc type vxlan id 42 remote 10.99.0.1 local 10.99.0.2 dstport 4789 dev vc
    take_addresses xs xc 02:00:0a:09:02:01 02:00:0a:09:02:02
    capture
    shape_session
}

make_ipv4_fragments() {
    say "A router splits the server's packets into IPv4 fragments of 600 bytes (the server sends without DF); captured at the client. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'ip.flags.mf == 1' 2
    sees 'tls.handshake.type == 11'
    in_server sysctl -qw net.ipv4.ip_no_pmtu_disc=1
    path_up fragment:s2c:600
    capture_ns=$client_ns capture_dev=pc capture
    shape_session
}

make_nanoseconds() {
    say "Classic pcap with nanosecond time stamps (tcpdump --nano). TLS 1.3, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.3
    sees 'tls.handshake.type == 2'
    tcpdump_options="--nano" capture
    nginx_start "ssl_protocols TLSv1.3;"
    get https://$name/
}

make_pcapng() {
    say "pcapng written by dumpcap, then given a capture comment, a packet comment and name resolution records (by a short Python program, as editcap -a and Wireshark would). The names say that 10.9.0.1 is web.lab. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'frame.comment contains "first packet"'
    sees 'tls.handshake.type == 2'
    extension=pcapng
    transform() {
        editcap -a "1:This is the first packet" --capture-comment "Lab capture" "$1" "$work/commented" || die "$recipe: editcap"
        $PYTHON "$tools/names.py" "$work/commented" "$2" $server4=web.lab $client4=client.lab
    }
    commands+=("capture: dumpcap -i vs (server's end), then editcap -a, --capture-comment and tools/names.py")
    background ip netns exec "$server_ns" dumpcap -q -i vs -f tcp -w "$raw" 2>"$work/dumpcap.err"
    local pid=$!
    await 5 grep -q File "$work/dumpcap.err" || die "$recipe: dumpcap: $(cat "$work/dumpcap.err")"
    sleep 0.5
    shape_session
    sleep 1.5
    kill -INT -- "-$pid"
    await 5 not_alive "$pid" || die "$recipe: dumpcap does not end"
}

make_pcapng_two_interfaces() {
    say "One pcapng section with two interfaces of different link types: any (LINUX_SLL) and the veth device (Ethernet); mergecap made it of two captures of the same moment, so that each packet is there twice. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'frame.interface_id == 1 && tls.handshake.type == 2'
    sees 'frame.interface_id == 0 && tcp.port == 443' 8
    extension=pcapng
    transform() { mergecap -F pcapng -w "$2" "$1" "$work/second.pcap"; }
    background ip netns exec "$server_ns" tcpdump -i any -y LINUX_SLL -n -U -Z root --immediate-mode -w "$work/second.pcap" tcp 2>"$work/second.err"
    await 5 grep -q 'listening on' "$work/second.err" || die "$recipe: second tcpdump"
    capture
    shape_session
    sleep 0.3
}

make_gzip() {
    say "A capture compressed by gzip. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 2'
    extension=pcap.gz
    transform() { gzip -9nc "$1" >"$2"; }
    capture
    shape_session
}

make_zstd() {
    say "A capture compressed by zstd. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 2'
    extension=pcap.zst
    transform() { zstd -q -19 -c "$1" >"$2"; }
    capture
    shape_session
}

make_lz4() {
    say "A capture compressed by lz4. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 2'
    extension=pcap.lz4
    transform() { lz4 -q -9 -c "$1" >"$2"; }
    capture
    shape_session
}

make_snaplen_96() {
    say "The same session captured with a snapshot length of 96 bytes: every message of the handshake is cut, application data went both ways."
    expect outcome=completed verdict=ok also=capture-truncated
    sees 'frame.cap_len < frame.len' 4
    tcpdump_options="-s 96" capture
    shape_session
}

make_snaplen_96_failed() {
    say "A refused handshake captured with a snapshot length of 96 bytes: the hello is cut, the alert (protocol_version) is whole."
    expect outcome=failed verdict=version-unsupported side=unknown ended_by=server also=capture-truncated
    sees 'frame.cap_len < frame.len'
    sees 'tls.alert_message.desc == 70'
    tcpdump_options="-s 96" capture
    web 443 rsa -tls1_3
    get --tls-max 1.2 https://$name/
}

make_snaplen_200_unknown_ca() {
    say "Snapshot length 200: the server's certificates are cut, the client's alert unknown_ca (48) is whole. Which certificate it was cannot be said."
    expect outcome=incomplete verdict=capture-truncated
    sees 'frame.cap_len < frame.len'
    sees 'tls.alert_message.desc == 48'
    tcpdump_options="-s 200" capture
    web 443 unknown -tls1_2
    get https://$name/
}

make_mid_stream() {
    say "The capture begins when the handshake is long over: only application data of a TLS 1.2 connection."
    expect outcome=incomplete verdict=capture-mid-stream
    sees 'tls.app_data' 2
    never 'tcp.flags.syn == 1'
    never 'tls.handshake'
    sleepy_server 443 openssl s_server -quiet -rev -accept 443 -cert "$pki/rsa.pem" -key "$pki/rsa.key" -cert_chain "$pki/rsa.issuers" -tls1_2
    background ip netns exec "$client_ns" bash -c '(sleep 2; echo one; sleep 0.3; echo two; sleep 0.5) | openssl s_client -quiet -connect '$server4':443 -servername '$name
    commands+=("client: openssl s_client -quiet -connect $server4:443 -servername $name")
    sleep 1
    capture
    sleep 3
}

make_mid_handshake() {
    say "The capture begins in the middle of the handshake: the SYN and the ClientHello are missing, ServerHello and certificates of TLS 1.2 are there (the first five packets were taken out by editcap)."
    expect outcome=completed verdict=ok version=TLSv1.2 also=capture-mid-stream
    sees 'tls.handshake.type == 2'
    never 'tls.handshake.type == 1'
    transform() { editcap -F pcap "$1" "$2" 1-5; }
    capture
    shape_session
}

make_one_sided_client() {
    say "Only the client's packets (tcpdump with src host 10.9.0.2, as a tap on one fibre shows it). TLS 1.2."
    expect outcome=incomplete verdict=capture-one-sided sni=$name
    sees 'tls.handshake.type == 1'
    never 'ip.src == 10.9.0.1'
    capture tcp and src host $client4
    shape_session
}

make_one_sided_server() {
    say "Only the server's packets. TLS 1.2."
    expect outcome=incomplete verdict=capture-one-sided version=TLSv1.2
    sees 'tls.handshake.type == 2'
    never 'ip.src == 10.9.0.2'
    capture tcp and src host $server4
    shape_session
}

make_lost_certificate_segment() {
    say "A completed TLS 1.2 handshake whose second server segment (in the certificates) is missing from the capture though the client acknowledged it (taken out by editcap, as a tap under load loses it)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 also=capture-gap
    sees 'tcp.analysis.lost_segment'
    transform() { editcap -F pcap "$1" "$2" "$(tshark -r "$1" -Y 'ip.src == 10.9.0.1 && tcp.len > 0' -T fields -e frame.number | sed -n 2p)"; }
    capture
    web 443 large -tls1_2
    client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem"
}

make_lost_hello_segment() {
    say "The client rejects the server's certificate (unknown_ca), but the segment with the certificate is missing from the capture (taken out by editcap) though the client acknowledged it."
    expect outcome=incomplete verdict=capture-gap sni=$name
    sees 'tcp.analysis.lost_segment'
    sees 'tls.alert_message.desc == 48'
    transform() { editcap -F pcap "$1" "$2" "$(tshark -r "$1" -Y 'ip.src == 10.9.0.1 && tcp.len > 0' -T fields -e frame.number | sed -n 1p)"; }
    capture
    web 443 unknown -tls1_2
    get https://$name/
}

make_reordered() {
    say "The server's first segment is overtaken by the second on the way (tools/path.py); captured at the client. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 absent=capture-gap "near=capture-gap: segments out of order, none missing"
    sees 'tcp.analysis.out_of_order || tcp.analysis.retransmission'
    sees 'tls.handshake.type == 2'
    path_up swap:s2c:1
    capture_ns=$client_ns capture_dev=pc capture
    shape_session
}

make_retransmitted() {
    say "Loss on the way: the ClientHello and one segment of the server's flight are lost once and sent again (tools/path.py); captured at the sender of the hello. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 absent=hello-blackholed,server-flight-blackholed "near=hello-blackholed: the hello was sent again, then acknowledged" "near=server-flight-blackholed: the flight was sent again, then acknowledged"
    sees 'tcp.analysis.retransmission || tcp.analysis.fast_retransmission || tcp.analysis.out_of_order' 2
    sees 'tls.handshake.type == 2'
    path_up drop:c2s:1 drop:s2c:1
    capture_ns=$client_ns capture_dev=pc capture
    shape_session
}

make_duplicated() {
    say "The network delivers the ClientHello and the ServerHello segment twice (tools/path.py). TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'tcp.analysis.retransmission || tcp.analysis.spurious_retransmission'
    path_up twice:c2s:1 twice:s2c:1
    capture
    shape_session
}

make_port_reuse() {
    say "Two connections between the same two ports: the client binds port 40000 twice, the first connection ends by RST. Both complete (TLS 1.2)."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 client_port=40000
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 client_port=40000
    sees 'tcp.srcport == 40000 && tls.handshake.type == 1' 2
    capture
    nginx_start "ssl_protocols TLSv1.2;"
    in_client sysctl -qw net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_max_tw_buckets=0
    in_server sysctl -qw net.ipv4.tcp_max_tw_buckets=0
    get --local-port 40000 https://$name/
    sleep 1
    get --local-port 40000 https://$name/
}

make_cut_last_packet() {
    say "tcpdump was killed: the file ends in the middle of its last packet (cut with head -c). TLS 1.2, the handshake and the answer are there."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2 "near=capture-truncated: the file ends in a packet, after the handshake"
    sees 'tls.handshake.type == 2'
    transform() { head -c -25 "$1" >"$2"; }
    capture
    shape_session
}

make_ends_in_handshake() {
    say "The capture ends in the middle of a TLS 1.2 handshake, right after the server's flight (cut by editcap)."
    expect outcome=incomplete verdict=capture-ended sni=$name version=TLSv1.2
    sees 'tls.handshake.type == 14'
    never 'tls.handshake.type == 16'
    transform() { editcap -F pcap -r "$1" "$2" "1-$(tshark -r "$1" -Y 'tls.handshake.type == 14' -T fields -e frame.number | head -1)"; }
    capture
    shape_session
}

make_offload() {
    say "Captured at a sender with segmentation and checksum offload: packets larger than the MTU, checksums not yet computed. TLS 1.2, completes."
    expect outcome=completed verdict=ok sni=$name version=TLSv1.2
    sees 'frame.len > 2000'
    in_server ethtool -K vs tso on gso on gro on tx on >/dev/null 2>&1
    in_client ethtool -K vc tso on gso on gro on tx on >/dev/null 2>&1
    capture
    web 443 large -tls1_2
    client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem" send=no
}

make_dns_and_tls() {
    say "The client resolves shop.lab.test through dnsmasq in the same capture (A and AAAA), then connects by address without SNI, so that only the DNS answer tells the server's name. TLS 1.2, completes."
    expect outcome=completed verdict=ok version=TLSv1.2 name_from=dns dns_name=shop.lab.test "near=name-not-resolved: the name resolves"
    sees 'dns.flags.response == 1 && dns.a == 10.9.0.1'
    sees 'tls.handshake.type == 2'
    capture
    dns_start --address=/shop.lab.test/$server4
    web 443 rsa -tls1_2
    client_input="printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1" client openssl s_client -connect shop.lab.test:443 -noservername -CAfile "$pki/root.pem"
}

make_name_not_resolved() {
    say "The client asks for a name that does not exist (NXDOMAIN) and makes no connection; a second client reaches another name on the same DNS server."
    expect record=name verdict=name-not-resolved name=nosuch.lab.test
    expect outcome=completed verdict=ok
    sees 'dns.flags.rcode == 3'
    capture
    dns_start --address=/shop.lab.test/$server4 --local=/lab.test/
    nginx_start "ssl_protocols TLSv1.3;"
    get https://nosuch.lab.test/
    get -k https://shop.lab.test/
}

make_name_dns_refused() {
    say "The DNS server answers REFUSED (it has no upstream), no connection follows; another connection completes, so that the capture has TLS in it."
    expect record=name verdict=name-not-resolved name=broken.example.net
    expect outcome=completed verdict=ok
    sees 'dns.flags.rcode == 5'
    capture
    dns_start
    nginx_start "ssl_protocols TLSv1.3;"
    get https://broken.example.net/
    get https://$name/
}

make_name_no_answer() {
    say "The client's DNS questions are never answered (dropped by a firewall), no connection follows; another client completes."
    expect record=name verdict=name-not-resolved name=www.example.net
    expect outcome=completed verdict=ok sni=$name
    sees 'dns.flags.response == 0' 2
    never 'dns.flags.response == 1'
    firewall server iptables -A INPUT -p udp --dport 53 -j DROP
    capture
    dns_start
    nginx_start "ssl_protocols TLSv1.3;"
    get https://www.example.net/
    get https://$name/
}

dns_start() { server 53 dnsmasq -k -C /dev/null --no-resolv --no-hosts -u root --listen-address=$server4 --bind-interfaces --log-facility=- "$@"; }
