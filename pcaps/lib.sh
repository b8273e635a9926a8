# Helpers of the recipes: the lab network, capturing, servers and clients, notes. Sourced by make.sh.

lab=${TLSWHY_LAB:-/var/tmp/tlswhy-lab}
pki=$lab/pki
tools=$here/tools
server_ns=tlswhy-s$$
client_ns=tlswhy-c$$
middle_ns=tlswhy-m$$
server4=10.9.0.1 client4=10.9.0.2
server6=fd09::1 client6=fd09::2
name=www.example.test

die() {
    echo "make.sh: $*" >&2
    exit 1
}

in_server() { ip netns exec "$server_ns" "$@"; }
in_client() { ip netns exec "$client_ns" "$@"; }

# Two namespaces joined by a veth pair; nothing in them reaches any other network.
network_up() {
    ip netns add "$server_ns"
    ip netns add "$client_ns"
    ip link add vs netns "$server_ns" address 02:00:0a:09:00:01 type veth peer name vc netns "$client_ns" address 02:00:0a:09:00:02
    in_server sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.vs.accept_dad=0 net.ipv6.conf.vs.addr_gen_mode=1 \
        net.ipv4.tcp_fastopen=3 net.ipv4.ip_unprivileged_port_start=0
    in_client sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.vc.accept_dad=0 net.ipv6.conf.vc.addr_gen_mode=1 net.ipv4.tcp_fastopen=3
    in_server ip address add $server4/24 dev vs
    in_server ip address add $server6/64 dev vs nodad
    in_client ip address add $client4/24 dev vc
    in_client ip address add $client6/64 dev vc nodad
    in_server ip link set lo up
    in_client ip link set lo up
    in_server ip link set vs up
    in_client ip link set vc up
    in_server ip neighbour replace $client4 lladdr 02:00:0a:09:00:02 dev vs
    in_server ip neighbour replace $client6 lladdr 02:00:0a:09:00:02 dev vs
    in_client ip neighbour replace $server4 lladdr 02:00:0a:09:00:01 dev vc
    in_client ip neighbour replace $server6 lladdr 02:00:0a:09:00:01 dev vc
    # As a span port would show them: no segments above the MTU, whole checksums.
    in_server ethtool -K vs tso off gso off gro off tx off >/dev/null 2>&1
    in_client ethtool -K vc tso off gso off gro off tx off >/dev/null 2>&1
    mkdir -p "/etc/netns/$client_ns" "/etc/netns/$server_ns"
    printf '127.0.0.1 localhost %s\n' "$(hostname)" | tee "/etc/netns/$client_ns/hosts" >"/etc/netns/$server_ns/hosts"
    printf '%s %s\n%s %s\n' $server4 "$hosts" $server6 "six.example.test" >>"/etc/netns/$client_ns/hosts"
    printf 'nameserver %s\noptions timeout:1 attempts:2\n' $server4 >"/etc/netns/$client_ns/resolv.conf"
    printf 'hosts: files dns\n' >"/etc/netns/$client_ns/nsswitch.conf"
}
hosts="www.example.test example.test wrong.example.test www.example.com mail.example.test old.example.test other.example.test"

network_down() {
    ip netns del "$server_ns" 2>/dev/null
    ip netns del "$client_ns" 2>/dev/null
    ip netns del "$middle_ns" 2>/dev/null
    rm -rf "/etc/netns/$client_ns" "/etc/netns/$server_ns"
}

# ---- one capture -------------------------------------------------------------------------------

running=()

# begin NAME EXTENSION: called by make.sh before the recipe.
begin() {
    recipe=$1
    work=$lab/run/$1
    rm -rf "$work"
    mkdir -p "$work"
    raw=$work/raw.pcap
    also= also_pid= also_blocks=() says=() commands=() printed=() software=() blocks=() checks=()
    network_up
}

# Ends what the recipe left running, whatever happened.
cleanup() {
    local pid
    for pid in "${running[@]}"; do kill -- "-$pid" 2>/dev/null; done
    sleep 0.1
    for pid in "${running[@]}"; do kill -9 -- "-$pid" 2>/dev/null; done
    network_down
}

# say TEXT: a paragraph of the note.
say() { says+=("$*"); }

# expect KEY=VALUE...: what a diagnosis of the next connection has to say.
expect() {
    local block="expect:" pair
    for pair in "$@"; do block+=$'\n'"  ${pair%%=*}: ${pair#*=}"; done
    blocks+=("$block")
}

# sees FILTER [N]: the capture must hold at least N (1) packets for this display filter. never FILTER: none.
sees() { checks+=("sees|${2:-1}|$1"); }
never() { checks+=("never|0|$1"); }

background() {
    setsid "$@" &
    running+=($!)
}

# capture [FILTER...]: starts tcpdump at the server's end, or where capture_ns and capture_dev say.
# tcpdump_options (words) are added. FILTER "everything" filters nothing.
no_noise='not arp and not igmp and not (ip6 and dst net ff02::/16) and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137)'
capture() {
    local ns=${capture_ns:-$server_ns} dev=${capture_dev:-vs}
    local filter=${*:-$no_noise}
    # Some devices cannot filter.
    [ "$filter" = everything ] && filter=
    background ip netns exec "$ns" tcpdump -i "$dev" -n -U -Z root --immediate-mode ${tcpdump_options:-} \
        -w "$raw" "$filter" 2>"$work/tcpdump.err"
    tcpdump_pid=$!
    await 5 grep -q 'listening on' "$work/tcpdump.err" || die "$recipe: tcpdump does not start: $(cat "$work/tcpdump.err")"
    commands+=("capture: tcpdump -i $dev ${tcpdump_options:+$tcpdump_options }($([ "$ns" = "$server_ns" ] && echo "server's end" || echo "client's end"))${*:+ $*}")
}

# capture_also NAME: the same packets at the server's end (device capture_also_dev); becomes NAME.pcap with a note. What the
# recipe expects of it follows with expect_also.
capture_also() {
    also=$1
    background ip netns exec "$server_ns" tcpdump -i "${capture_also_dev:-vs}" -n -U -Z root --immediate-mode \
        -w "$work/also.pcap" "$no_noise" 2>"$work/also.err"
    also_pid=$!
    await 5 grep -q 'listening on' "$work/also.err" || die "$recipe: second tcpdump: $(cat "$work/also.err")"
    commands+=("capture: tcpdump -i ${capture_also_dev:-vs} (server's end) becomes $1")
}

expect_also() {
    local kept=("${blocks[@]}")
    blocks=()
    expect "$@"
    also_blocks+=("${blocks[@]}")
    blocks=("${kept[@]}")
}

also_end() {
    [ -n "${also_pid:-}" ] || return 0
    kill -INT -- "-$also_pid" 2>/dev/null
    await 5 not_alive "$also_pid" || die "$recipe: second tcpdump does not end"
    grep -q '^0 packets dropped by kernel' "$work/also.err" || die "$recipe: second tcpdump lost packets"
    install -m 644 "$work/also.pcap" "$here/$also.pcap"
    {
        fmt -w 110 <<<"The other end of $recipe, where the commands stand."
        printf '\nsoftware: %s\nmade: %s\n' "$(printf '%s, ' "${software[@]}" | sed 's/, $//')" "$(date -u +%F)"
        [ "${#also_blocks[@]}" -eq 0 ] || printf '\n%s\n' "${also_blocks[@]}"
    } >"$here/$also.txt"
    also_pid=
}

capture_end() {
    [ -n "${tcpdump_pid:-}" ] || return 0
    sleep "${capture_linger:-0.3}"
    kill -INT -- "-$tcpdump_pid" 2>/dev/null
    await 5 not_alive "$tcpdump_pid" || die "$recipe: tcpdump does not end"
    grep -q '^0 packets dropped by kernel' "$work/tcpdump.err" || die "$recipe: tcpdump lost packets"
    tcpdump_pid=
}

not_alive() { ! kill -0 "$1" 2>/dev/null; }

# await SECONDS COMMAND...: until it succeeds.
await() {
    local end=$((SECONDS + $1))
    shift
    until "$@" 2>/dev/null; do
        [ "$SECONDS" -ge "$end" ] && return 1
        sleep 0.05
    done
}

listening() { [ -n "$(in_server ss -Hltn "sport = :$1")" ]; }

shown() {
    local text="$*"
    text=${text//$pki\//pki/}
    text=${text//$work\//}
    text=${text//$tools\//tools/}
    text=${text//$lab\/bin\//}
    text=${text//$lab\/java/tools}
    text=${text/#\/usr\/bin\//}
    text=${text/#${JAVA%java}/}
    echo "$text"
}

# server PORT COMMAND...: runs it in the server's namespace until the recipe ends, waits for the port.
server() {
    local port=$1
    shift
    commands+=("server: $(shown "$@")")
    note_software "$@"
    running_log=$work/server.$port.log
    background ip netns exec "$server_ns" timeout 90 "$@" >>"$running_log" 2>&1 <<<"${server_input:-}" 
    [ "$port" = 0 ] && return 0
    await "${server_patience:-15}" listening "$port" || die "$recipe: nothing listens on port $port: $(tail -5 "$running_log")"
}

# s_server reads its standard input; this one gets none and stays.
sleepy_server() {
    local port=$1
    shift
    commands+=("server: $(shown "$@")")
    note_software "$@"
    running_log=$work/server.$port.log
    background ip netns exec "$server_ns" timeout 90 bash -c 'exec < <(sleep 90); exec "$@"' - "$@" >>"$running_log" 2>&1
    await 15 listening "$port" || die "$recipe: nothing listens on port $port: $(tail -5 "$running_log")"
}

# client COMMAND...: runs it in the client's namespace, at most client_patience (20) seconds. What it complains
# about goes into the note. The recipe continues whatever the exit code is.
client_number=0
client() {
    local log
    client_number=$((client_number + 1))
    log=$work/client.$client_number.log
    commands+=("client: $(shown "$@")")
    note_software "$@"
    if [ -n "${client_input+x}" ]; then
        in_client timeout "${client_patience:-20}" bash -c "$client_input" 2>/dev/null |
            in_client timeout "${client_patience:-20}" "$@" >"$log" 2>&1
    else
        in_client timeout "${client_patience:-20}" "$@" >"$log" 2>&1 </dev/null
    fi
    client_exit=$?
    complaints "$log"
    return 0
}

# The lines that a person would paste into a ticket.
complaints() {
    local line
    while IFS= read -r line; do
        printed+=("printed: $(shown "$line")")
    done < <(grep -aE "$complaint" "$1" | grep -avE "$no_complaint" | sed -E 's/[[:cntrl:]]//g; s/^[0-9A-F]{12,}:error/error/' | cut -c1-240 | head -"${complaint_lines:-3}")
}
complaint='error:|rror: |curl: \(|\*\*\* |verify error|SSL_ERROR|SEC_ERROR|PR_[A-Z_]+ERROR|Exception|ERR_|refused|timed out|unreachable|Alert|alert|failed:|failed\.|ERROR|WARNING: cannot|unable to|Name or service|remote error|no server'
no_complaint='Verification error: self-signed|^ *at |CONNECTED|Warning: |--no-check|handshake failure in dbus|dbus|zygote|gpu|GPU|gcm|vaapi'

note_software() {
    local word program=
    for word in "$@"; do
        case ${word##*/} in
        timeout | env | ip | bash | *=* | [0-9]*) continue ;;
        *) program=${word##*/} && break ;;
        esac
    done
    case $program in
    openssl) add_software "$(openssl version | cut -d' ' -f1,2)" ;;
    curl) add_software "$(curl --version | sed -nE '1s/^(curl [0-9.]+) .* (OpenSSL\/[0-9.a-z]+).*/\1 (\2)/p')" ;;
    wget) add_software "$(wget --version | sed -nE '1s/^GNU (Wget [0-9.]+).*/\1/p') (GnuTLS $(gnutls_version))" ;;
    gnutls-cli | gnutls-serv) add_software "GnuTLS $(gnutls_version)" ;;
    tstclnt | selfserv | nss-dtls) add_software "NSS $(dpkg-query -Wf '${Version}' libnss3-tools | sed -E 's/^[0-9]+://; s/-.*//')" ;;
    java) add_software "$("$JAVA" -version 2>&1 | sed -nE '1s/.*"(.*)".*/Java \1/p')" ;;
    node) add_software "Node $(node --version | tr -d v) (OpenSSL $(node -p process.versions.openssl))" ;;
    python3) add_software "$("$PYTHON" --version) ($("$PYTHON" -c 'import ssl; print(" ".join(ssl.OPENSSL_VERSION.split()[:2]))'))" ;;
    nginx) add_software "$(nginx -v 2>&1 | sed -nE 's/.*nginx\/([0-9.]+).*/nginx \1/p') (OpenSSL $(openssl version | cut -d' ' -f2))" ;;
    haproxy) add_software "$(haproxy -v | sed -nE '1s/HAProxy version ([0-9.]+).*/HAProxy \1/p') (OpenSSL $(openssl version | cut -d' ' -f2))" ;;
    stunnel4) add_software "$(stunnel4 -version 2>&1 | sed -nE '/stunnel [0-9]/s/.*(stunnel [0-9.]+) .*/\1/p' | head -1) (OpenSSL $(openssl version | cut -d' ' -f2))" ;;
    socat) add_software "$(socat -V | sed -nE 's/^(socat) version ([0-9.]+).*/\1 \2/p') (OpenSSL $(openssl version | cut -d' ' -f2))" ;;
    chromium) add_software "$(chromium --version --no-sandbox 2>/dev/null | cut -d' ' -f1,2)" ;;
    firefox-esr) add_software "$(firefox-esr --version 2>/dev/null | tail -1)" ;;
    erl | escript) add_software "Erlang/OTP $(erl -noshell -eval 'io:put_chars(erlang:system_info(otp_release)), halt().') ssl" ;;
    dnsmasq) add_software "dnsmasq $(dnsmasq --version | sed -nE '1s/Dnsmasq version ([0-9.]+).*/\1/p')" ;;
    go-client | go-server) add_software "Go $(go version | sed -nE 's/.*go([0-9.]+) .*/\1/p')" ;;
    postfix | master) add_software "Postfix $(postconf -h mail_version)" ;;
    gtlsclient | gtlsserver) add_software "ngtcp2 $(dpkg-query -Wf '${Version}' ngtcp2-client | sed -E 's/[+-].*//') (GnuTLS $(gnutls_version))" ;;
    caddy) add_software "Caddy $(dpkg-query -Wf '${Version}' caddy | sed -E 's/-.*//') (quic-go)" ;;
    iptables | ip6tables) add_software "$(iptables --version | cut -d' ' -f1,2)" ;;
    esac
}

gnutls_version() { gnutls-cli --version | sed -nE '1s/gnutls-cli //p'; }

add_software() {
    local known
    for known in "${software[@]}"; do [ "$known" = "$1" ] && return; done
    software+=("$1")
}

# Packet filter rules; side is server, client or router.
firewall() {
    local side=$1 ns
    shift
    case $side in
    server) ns=$server_ns ;;
    router) ns=$middle_ns ;;
    *) ns=$client_ns side=client ;;
    esac
    commands+=("firewall ($side): $*")
    note_software "$1"
    ip netns exec "$ns" "$@" || die "$recipe: $*"
}

# ---- results -----------------------------------------------------------------------------------

# How the recipe's capture gets from $raw to its place; recipes with another format define transform().
finish() {
    local out check rest least filter seen mode matches
    capture_end
    [ -s "$raw" ] || die "$recipe: no packets"
    out=$work/$recipe.$extension
    if declare -F transform >/dev/null; then transform "$raw" "$out"; else cp "$raw" "$out"; fi
    [ -s "$out" ] || die "$recipe: empty result"
    for check in "${checks[@]}"; do
        rest=${check#*|}
        least=${rest%%|*}
        filter=${rest#*|}
        # Out of order reassembly waits for ever where the capture has holes, so both ways are tried.
        seen=0
        for mode in TRUE FALSE; do
            matches=$(tshark -r "$out" -o tcp.reassemble_out_of_order:$mode -Y "$filter" 2>/dev/null | wc -l)
            [ "$matches" -gt "$seen" ] && seen=$matches
        done
        case $check in
        sees*) [ "$seen" -ge "$least" ] || die "$recipe: '$filter' matches $seen packets, not $least or more" ;;
        never*) [ "$seen" -eq 0 ] || die "$recipe: '$filter' matches $seen packets" ;;
        esac
    done
    [ "${#checks[@]}" -gt 0 ] || die "$recipe: nothing is checked"
    also_end
    install -m 644 "$out" "$here/$recipe.$extension"
    note >"$here/$recipe.txt"
}

note() {
    local line
    for line in "${says[@]}"; do fmt -w 110 <<<"$line" && echo; done
    printf 'software: %s\n' "$(printf '%s, ' "${software[@]}" | sed 's/, $//')"
    printf 'made: %s\n' "$(date -u +%F)"
    printf '%s\n' "${commands[@]}"
    [ "${#printed[@]}" -eq 0 ] || printf '%s\n' "${printed[@]}"
    for line in "${blocks[@]}"; do printf '\n%s\n' "$line"; done
}

# ---- servers and clients that many recipes use --------------------------------------------------

# nginx_start DIRECTIVES [CERTIFICATE]: one TLS server on port 443; nginx_http may hold more server blocks.
nginx_start() {
    local cert=${2:-rsa}
    cat >"$work/nginx.conf" <<CONF
daemon off; master_process off; pid $work/nginx.pid; error_log stderr info;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $work/n1; proxy_temp_path $work/n2; fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4; scgi_temp_path $work/n5;
    ssl_certificate ${nginx_chain:-$pki/$cert.chain}; ssl_certificate_key $pki/$cert.key;
    server { listen 443 ssl ${nginx_listen:-}; listen [::]:443 ssl ${nginx_listen:-}; $1 location / { return 200 "ok\n"; } }
    ${nginx_http:-}
}
CONF
    commands+=("nginx: $(shown "ssl_certificate ${nginx_chain:-$pki/$cert.chain}; $1 ${nginx_listen:+listen ... $nginx_listen;} ${nginx_http:-}" | tr -s ' \n' ' ')")
    server 443 nginx -c "$work/nginx.conf"
}

# gnutls_web PORT CERTIFICATE [OPTION...]
gnutls_web() {
    local port=$1 cert=$2
    shift 2
    server "$port" gnutls-serv -q --http -p "$port" --x509certfile "$pki/$cert.chain" --x509keyfile "$pki/$cert.key" "$@"
}

gnutls_get() {
    client_input="printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1" client gnutls-cli -p 443 --x509cafile "$pki/root.pem" "$@" $name
    unset client_input
}

# A web page server on OpenSSL: web PORT CERTIFICATE [OPTION...]
web() {
    local port=$1 cert=$2
    shift 2
    [ -s "$pki/$cert.issuers" ] && set -- -cert_chain "$pki/$cert.issuers" "$@"
    sleepy_server "$port" openssl s_server -quiet -www -accept "$port" -cert "$pki/$cert.pem" -key "$pki/$cert.key" "$@"
}

# get [OPTION...]: one request by curl that knows the lab's root.
get() { client curl -sS --cacert "$pki/root.pem" -o /dev/null "$@"; }

# talk [OPTION...]: s_client sends one request and reads the answer.
talk() {
    client_input="${talk_input:-printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1}" client openssl s_client -connect "${talk_to:-www.example.test}:443" \
        -CAfile "$pki/root.pem" -verify_return_error "$@"
}

java_get() { client "$JAVA" -cp "$lab/java" -Dtrust="$pki/trust.p12" "$@" TlsClient $name 443; }
node_get() { client node "$tools/client.js" "{\"ca\":\"$pki/root.pem\"${1:+,$1}}"; }
python_get() { client $PYTHON "$tools/client.py" $name 443 ca="$pki/root.pem" "$@"; }
go_get() { client "$lab/bin/go-client" -ca "$pki/root.pem" "$@" $name:443; }
erl_get() { client escript "$tools/client.erl" "$pki/root.pem" $name 443 "${1:-tlsv1.2}"; }
raw_server() { server "$1" $PYTHON "$tools/raw.py" listen "$@"; }
raw_client() { client $PYTHON "$tools/raw.py" connect $server4 "$@"; }

# A certificate of the lab served by Node: node_web CERTIFICATE [JSON MEMBERS]
node_web() { server 443 node "$tools/server.js" "{\"cert\":\"$pki/$1.chain\",\"key\":\"$pki/$1.key\"${2:+,$2}}"; }
java_web() { server 443 "$JAVA" -cp "$lab/java" -Dkeys="$pki/${java_key:-rsa}.p12" "$@" TlsServer 443; }
go_web() { server 443 "$lab/bin/go-server" -cert "$pki/${go_cert:-rsa}.chain" -key "$pki/${go_cert:-rsa}.key" "$@" 443; }

# nss_server NICKNAME [OPTION...]
nss_server() {
    local nick=$1
    shift
    server 443 selfserv -p 443 -d "sql:$pki/nss-$nick" -n "$nick" "$@"
}

nss_client() {
    printf 'GET / HTTP/1.0\r\n\r\n' >"$work/request"
    client tstclnt -h $name -p 443 -d "sql:${nss_db:-$pki/nss-trusting}" -A "$work/request" "$@"
}

# ---- other links between the two namespaces -----------------------------------------------------

# path_up RULE...: client and server talk over tools/path.py instead of the veth pair; devices pc and ps.
path_up() {
    commands+=("path: tools/path.py $*")
    in_server ip address flush dev vs
    in_client ip address flush dev vc
    in_server ip tuntap add dev ps mode tap
    in_client ip tuntap add dev pc mode tap
    background $PYTHON "$tools/path.py" "$client_ns:pc" "$server_ns:ps" "$@" >"$work/path.log" 2>&1
    await 5 grep -q ready "$work/path.log" || die "$recipe: path.py: $(cat "$work/path.log")"
    take_addresses ps pc 02:00:0a:09:01:01 02:00:0a:09:01:02
    capture_dev=ps
}

# router_up: a third namespace stands between client and server and translates the client's address (192.168.7.2, device
# vi) to its own (10.9.0.2).
router_up() {
    commands+=("router: a network namespace that forwards, with iptables -t nat -A POSTROUTING -o vc -j MASQUERADE")
    ip netns add "$middle_ns"
    in_client ip link set vc netns "$middle_ns"
    ip link add vi netns "$client_ns" address 02:00:0a:09:03:02 type veth peer name vm netns "$middle_ns" address 02:00:0a:09:03:01
    in_client ip address add 192.168.7.2/24 dev vi
    in_client ip link set vi up
    ip netns exec "$middle_ns" sh -ec '
        sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1
        ip address add 192.168.7.1/24 dev vm
        ip address add '$client4'/24 dev vc
        ip link set vm up
        ip link set vc up
        ip neighbour replace '$server4' lladdr 02:00:0a:09:00:01 dev vc
        ip neighbour replace 192.168.7.2 lladdr 02:00:0a:09:03:02 dev vm
        ethtool -K vm tso off gso off gro off tx off >/dev/null 2>&1
        ethtool -K vc tso off gso off gro off tx off >/dev/null 2>&1
        iptables -t nat -A POSTROUTING -o vc -j MASQUERADE' || die "$recipe: router"
    in_client sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    in_client ip route add default via 192.168.7.1
    in_client ip neighbour replace 192.168.7.1 lladdr 02:00:0a:09:03:01 dev vi
    in_client ethtool -K vi tso off gso off gro off tx off >/dev/null 2>&1
    note_software iptables
    capture_ns=$client_ns capture_dev=vi
}

# take_addresses SERVER_DEVICE CLIENT_DEVICE [SERVER_MAC CLIENT_MAC]: the lab's addresses move to these devices.
take_addresses() {
    local sysctl
    for sysctl in accept_dad=0 addr_gen_mode=1; do
        in_server sysctl -qw "net.ipv6.conf.$1.$sysctl"
        in_client sysctl -qw "net.ipv6.conf.$2.$sysctl"
    done
    if [ -n "${3:-}" ]; then
        in_server ip link set "$1" address "$3"
        in_client ip link set "$2" address "$4"
    fi
    in_server ip link set "$1" up
    in_client ip link set "$2" up
    in_server ip address add $server4/24 dev "$1"
    in_client ip address add $client4/24 dev "$2"
    in_server ip address add $server6/64 dev "$1" nodad
    in_client ip address add $client6/64 dev "$2" nodad
    if [ -n "${3:-}" ]; then
        in_server ip neighbour replace $client4 lladdr "$4" dev "$1"
        in_client ip neighbour replace $server4 lladdr "$3" dev "$2"
        in_server ip neighbour replace $client6 lladdr "$4" dev "$1"
        in_client ip neighbour replace $server6 lladdr "$3" dev "$2"
    fi
}

underlay() {
    in_server ip address flush dev vs
    in_client ip address flush dev vc
    in_server ip address add 10.99.0.1/24 dev vs
    in_client ip address add 10.99.0.2/24 dev vc
    in_server ip neighbour replace 10.99.0.2 lladdr 02:00:0a:09:00:02 dev vs
    in_client ip neighbour replace 10.99.0.1 lladdr 02:00:0a:09:00:01 dev vc
}

# tunnel_up MODE: the lab's addresses talk through a tunnel over the veth pair, which is captured.
tunnel_up() {
    local mac_s=02:00:0a:09:02:01 mac_c=02:00:0a:09:02:02
    commands+=("tunnel: tools/tunnel.py $1 between 10.99.0.1 (server) and 10.99.0.2 (client)")
    underlay
    background ip netns exec "$server_ns" $PYTHON "$tools/tunnel.py" "$1" ts vs 10.99.0.1 10.99.0.2 >"$work/tunnel.s.log" 2>&1
    background ip netns exec "$client_ns" $PYTHON "$tools/tunnel.py" "$1" tc vc 10.99.0.2 10.99.0.1 >"$work/tunnel.c.log" 2>&1
    await 5 grep -q ready "$work/tunnel.s.log" || die "$recipe: $(cat "$work/tunnel.s.log")"
    await 5 grep -q ready "$work/tunnel.c.log" || die "$recipe: $(cat "$work/tunnel.c.log")"
    in_server ip link set ts mtu 1400
    in_client ip link set tc mtu 1400
    case $1 in
    vlan | qinq | pseudowire | gretap | geneve | erspan2) take_addresses ts tc $mac_s $mac_c ;;
    *) take_addresses ts tc ;;
    esac
}
