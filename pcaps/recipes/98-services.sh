# Databases, remote desktops and brokers: MS-TDS, RDP, AMQP, MQTT, Redis.

# tds_serve PORT ENCRYPTION [OPTIONS]
tds_serve() { server "$1" $PYTHON "$tools/tds.py" "$1" "$2" "$pki/${tds_cert:-rsa}.chain" "$pki/${tds_cert:-rsa}.key" "${3:-{\}}"; }

# tsql_login PORT ENCRYPTION [CA]: FreeTDS.
tsql_login() {
    printf '[global]\ntds version = 7.4\nencryption = %s\nca file = %s\n' "$2" "${3:-$pki/root.pem}" >"$work/freetds.conf"
    commands+=("freetds.conf: tds version = 7.4, encryption = $2, ca file = $(shown "${3:-$pki/root.pem}")")
    add_software "FreeTDS $(tsql -C | sed -nE 's/.*freetds v([0-9.]+).*/\1/p') (GnuTLS $(gnutls_version))"
    FREETDSCONF=$work/freetds.conf client tsql -H $name -p "$1" -U lab -P secret
}

# pytds_login PORT CA [login-only]
pytds_login() {
    add_software "python-tds $(dpkg-query -Wf '${Version}' python3-tds | sed 's/-.*//')"
    client $PYTHON "$tools/tds_client.py" $name "$@"
}

# gomssql_login PORT CA: go-mssqldb, of Debian's package.
gomssql_login() {
    [ -x "$lab/bin/tds-client" ] || GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$lab/go go build -o "$lab/bin/tds-client" "$tools/tds-client.go" || die "go"
    add_software "go-mssqldb $(dpkg-query -Wf '${Version}' golang-github-denisenkom-go-mssqldb-dev | sed -E 's/.*git([0-9]+).*/\1/') (Go $(go version | sed -nE 's/.*go([0-9.]+) .*/\1/p'))"
    client "$lab/bin/tds-client" $name "$@"
}

hand_made="The server is one of this project, made after the specification (tools/tds.py); the clients are real."

make_tds_starttls() {
    say "MS-TDS: the handshake travels in TDS packets, the server's in packets of 512 bytes, and what follows does not. $hand_made All complete; the login is refused."
    expect outcome=completed verdict=ok starttls=tds "near=starttls-refused: encryption is agreed on" version=TLSv1.2
    expect outcome=completed verdict=ok starttls=tds sni=$name version=TLSv1.2
    expect outcome=completed verdict=ok starttls=tds sni=$name version=TLSv1.2
    sees 'tcp.port == 1433 && tcp.len > 0' 8
    capture
    tds_serve 1433 on '{"size":512}'
    tsql_login 1433 require
    pytds_login 1433 "$pki/root.pem"
    gomssql_login 1433 "$pki/root.pem"
}

make_tds_login_only() {
    say "MS-TDS where neither side wants more than the login encrypted: behind it packets in plain text follow, and nobody says close_notify. $hand_made Completes."
    expect outcome=completed verdict=ok starttls=tds sni=$name "near=closed-without-notify: TLS stops behind the login, as agreed"
    sees 'tcp.port == 1433 && tcp.len > 0' 8
    capture
    tds_serve 1433 off '{"size":512,"accept":true}'
    pytds_login 1433 "$pki/root.pem" login-only
}

make_tds_starttls_refused() {
    say "MS-TDS without encryption: the server has none (ENCRYPT_NOT_SUP) and the client demands it; then the server demands it and the client has none. $hand_made"
    expect outcome=not-tls verdict=starttls-refused side=server starttls=tds
    expect outcome=not-tls verdict=starttls-refused side=server starttls=tds
    expect outcome=not-tls verdict=starttls-refused side=client starttls=tds
    sees 'tcp.port == 1433 && tcp.len > 0' 4
    capture
    tds_serve 1433 not-sup
    tds_serve 1434 req
    tsql_login 1433 require
    pytds_login 1433 "$pki/root.pem"
    tsql_login 1434 off
}

make_tds_unknown_ca() {
    say "MS-TDS with a certificate of an authority that the clients do not trust: go-mssqldb, python-tds and FreeTDS all leave without a word. $hand_made"
    expect outcome=failed verdict=client-gave-up side=client starttls=tds sni=$name also=issuer-untrusted
    expect outcome=failed verdict=client-gave-up side=client starttls=tds sni=$name
    expect outcome=failed verdict=client-gave-up side=client starttls=tds
    sees 'tcp.port == 1433 && tcp.len > 0' 8
    capture
    tds_cert=unknown tds_serve 1433 on
    gomssql_login 1433 "$pki/root.pem"
    pytds_login 1433 "$pki/root.pem"
    tsql_login 1433 require
}

make_tds_version_unsupported() {
    say "MS-TDS to a server that speaks TLS 1.3 alone: python-tds offers TLS 1.2 at most, and the server refuses it by an alert in a TDS packet. $hand_made"
    expect outcome=failed verdict=version-unsupported starttls=tds sni=$name ended_by=server
    sees 'tcp.port == 1433 && tcp.len > 0' 4
    capture
    tds_serve 1433 on '{"tls13":true}'
    pytds_login 1433 "$pki/root.pem"
}

make_keys_tds() {
    say "MS-TDS with its keys in the capture, the login alone encrypted: what travels in TDS packets is put together first, then decrypted. $hand_made Completes."
    expect outcome=completed verdict=ok starttls=tds sni=$name version=TLSv1.2
    sees 'tcp.port == 1433 && tcp.len > 0' 4
    with_keys server
    capture
    tds_serve 1433 off '{"size":512,"accept":true}'
    pytds_login 1433 "$pki/root.pem" login-only
}

make_keys_tds_stalled() {
    say "MS-TDS with TLS 1.3 and its keys in the capture: the server's certificate can be read. FreeTDS 1.3.17 sends its login without a Finished before it, so the server waits for one; the client gives up. $hand_made"
    expect outcome=failed verdict=handshake-stalled starttls=tds version=TLSv1.3
    sees 'tcp.port == 1433 && tcp.len > 0' 4
    with_keys server
    capture
    tds_serve 1433 on '{"tls13":true,"size":512}'
    tsql_login 1433 require
}

# xrdp_start LAYER: tls, rdp or negotiate.
xrdp_start() {
    cat >"$work/xrdp.ini" <<CONF
[Globals]
ini_version=1
fork=true
port=3389
use_vsock=false
tcp_nodelay=true
security_layer=$1
crypt_level=high
certificate=$work/cert.pem
key_file=$work/key.pem
ssl_protocols=TLSv1.2, TLSv1.3
autorun=
allow_channels=true
max_bpp=32
[Logging]
LogFile=$work/xrdp.log
LogLevel=INFO
EnableSyslog=false
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
code=20
CONF
    cp "$pki/rsa.chain" "$work/cert.pem"
    cp "$pki/rsa.key" "$work/key.pem"
    chmod -R a+rX "$work"
    commands+=("xrdp.ini: security_layer=$1")
    add_software "xrdp $(dpkg-query -Wf '${Version}' xrdp | sed -E 's/[-+].*//')"
    server 3389 xrdp --nodaemon --config "$work/xrdp.ini"
}

# rdp_login [OPTION...]: FreeRDP, which only logs in.
rdp_login() {
    add_software "FreeRDP $(dpkg-query -Wf '${Version}' freerdp2-x11 | sed -E 's/[-+].*//')"
    HOME=$work client_patience=8 client xvfb-run -a xfreerdp /v:$name /u:lab /p:secret +auth-only /cert:ignore "$@"
}

make_rdp_starttls() {
    say "RDP to xrdp: the client asks for CredSSP or TLS, and xrdp takes TLS. Completes."
    expect outcome=completed verdict=ok starttls=rdp "near=starttls-refused: the server takes TLS"
    sees 'rdp.neg_type == 2'
    capture
    xrdp_start tls
    rdp_login
}

make_rdp_credssp() {
    say "RDP to FreeRDP's shadow server, which demands CredSSP (Network Level Authentication): a client that offers it completes the handshake, and its login fails behind it; one that offers TLS alone is refused (HYBRID_REQUIRED_BY_SERVER)."
    expect outcome=completed verdict=ok starttls=rdp
    expect outcome=not-tls verdict=starttls-refused side=client starttls=rdp
    sees 'rdp.neg_type == 3'
    capture
    add_software "FreeRDP $(dpkg-query -Wf '${Version}' freerdp2-x11 | sed -E 's/[-+].*//')"
    HOME=$work server 3389 xvfb-run -a freerdp-shadow-cli /port:3389 /bind-address:$server4 /sec:nla
    rdp_login /sec:nla
    rdp_login /sec:tls
}

make_rdp_starttls_refused() {
    say "RDP refused: xrdp without TLS to a client that asks for it. It answers with RDP's own security, and the client leaves."
    expect outcome=not-tls verdict=starttls-refused side=server starttls=rdp
    sees 'rdp.neg_type == 2'
    capture
    xrdp_start rdp
    rdp_login /sec:tls
}

make_redis() {
    say "Redis by TLS, with an unknown authority (twice: redis-cli tries again), with a client that speaks plain text to the TLS port, and with one that speaks TLS to the plain port."
    expect outcome=completed verdict=ok sni=$name
    expect outcome=failed verdict=certificate-rejected sni=$name ended_by=client
    expect outcome=failed verdict=certificate-rejected sni=$name ended_by=client
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=failed verdict=hello-unanswered side=server sni=$name
    sees 'tcp.dstport == 6380 && frame contains "PING"'
    capture
    add_software "Redis $(redis-server --version | sed -E 's/.*v=([0-9.]+).*/\1/')"
    server 6380 redis-server --bind $server4 --port 6379 --tls-port 6380 --tls-cert-file "$pki/rsa.chain" --tls-key-file "$pki/rsa.key" \
        --tls-ca-cert-file "$pki/root.pem" --tls-auth-clients no --tls-protocols TLSv1.2 --protected-mode no --save '' --dir "$work"
    client redis-cli -h $name -p 6380 --tls --sni $name --cacert "$pki/root.pem" PING
    client redis-cli -h $name -p 6380 --tls --sni $name --cacert "$pki/other.pem" PING
    client redis-cli -h $name -p 6380 PING
    client_patience=8 client redis-cli -h $name -p 6379 --tls --sni $name --cacert "$pki/root.pem" PING
}

make_mqtt() {
    say "MQTT by TLS to Mosquitto, with an unknown authority, with a client that speaks plain text to the TLS port (and tries again), and with one that speaks TLS to the plain port."
    expect outcome=completed verdict=ok
    expect outcome=failed verdict=certificate-rejected ended_by=client
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=failed verdict=hello-reset ended_by=server
    sees 'tcp.dstport == 8883 && frame contains "MQTT"'
    capture
    printf 'per_listener_settings true\nlistener 8883 %s\ntls_version tlsv1.2\nallow_anonymous true\ncertfile %s/rsa.chain\nkeyfile %s/rsa.key\nlistener 1883 %s\nallow_anonymous true\n' \
        $server4 "$work" "$work" $server4 >"$work/mosquitto.conf"
    cp "$pki/rsa.chain" "$pki/rsa.key" "$work" && chmod -R a+rX "$lab/run" "$work"
    commands+=("mosquitto.conf: listener 8883, tls_version tlsv1.2, certfile rsa.chain, keyfile rsa.key; listener 1883")
    add_software "Mosquitto $(dpkg-query -Wf '${Version}' mosquitto | sed 's/-.*//')"
    server 8883 mosquitto -c "$work/mosquitto.conf"
    client mosquitto_pub -h $name -p 8883 --cafile "$pki/root.pem" -t lab -m hello
    client mosquitto_pub -h $name -p 8883 --cafile "$pki/other.pem" -t lab -m hello
    add_software "Paho $(dpkg-query -Wf '${Version}' python3-paho-mqtt | sed 's/-.*//')"
    client_patience=3 client $PYTHON -c "import paho.mqtt.publish as p; p.single('lab', 'hello', hostname='$name', port=8883)"
    client_patience=3 client mosquitto_pub -h $name -p 1883 --cafile "$pki/root.pem" -t lab -m hello
}

make_amqp() {
    say "AMQP by TLS to RabbitMQ, with an unknown authority, with a client that speaks plain text to the TLS port, and with one that speaks TLS to the plain port, where the server answers by its own header."
    expect outcome=completed verdict=ok sni=$name
    expect outcome=failed verdict=certificate-rejected sni=$name ended_by=client
    expect outcome=not-tls verdict=request-not-tls side=client
    expect outcome=not-tls verdict=reply-not-tls sni=$name
    sees 'tcp.dstport == 5671 && frame contains "AMQP"'
    sees 'tcp.srcport == 5672 && frame contains "AMQP"'
    capture
    mkdir -p "$work/rabbit"
    cp "$pki/rsa.chain" "$pki/rsa.key" "$pki/root.pem" "$work/rabbit"
    printf 'ssl_options.versions.1 = tlsv1.2\nlisteners.tcp.1 = %s:5672\nlisteners.ssl.1 = %s:5671\nssl_options.certfile = %s/rsa.chain\nssl_options.keyfile = %s/rsa.key\nssl_options.cacertfile = %s/root.pem\nssl_options.verify = verify_none\nloopback_users = none\n' \
        $server4 $server4 "$work/rabbit" "$work/rabbit" "$work/rabbit" >"$work/rabbit/rabbitmq.conf"
    commands+=("rabbitmq.conf: listeners.tcp 5672, listeners.ssl 5671, ssl_options.certfile = rsa.chain, ssl_options.keyfile = rsa.key, ssl_options.versions = tlsv1.2")
    add_software "RabbitMQ $(dpkg-query -Wf '${Version}' rabbitmq-server | sed 's/-.*//')"
    server_patience=60 server 5671 env HOME="$work/rabbit" RABBITMQ_CONFIG_FILE="$work/rabbit/rabbitmq" RABBITMQ_MNESIA_BASE="$work/rabbit" RABBITMQ_LOG_BASE="$work/rabbit" \
        RABBITMQ_NODENAME=lab@localhost RABBITMQ_PID_FILE="$work/rabbit/pid" RABBITMQ_ENABLED_PLUGINS_FILE="$work/rabbit/plugins" /usr/lib/rabbitmq/bin/rabbitmq-server
    add_software "pika $(dpkg-query -Wf '${Version}' python3-pika | sed 's/-.*//')"
    amqp_connect 5671 "$pki/root.pem"
    amqp_connect 5671 "$pki/other.pem"
    amqp_connect 5671
    amqp_connect 5672 "$pki/root.pem"
    # Erlang's port mapper detaches itself: found by its network namespace, as long as that is there.
    local pid
    for pid in $(ip netns pids "$server_ns"); do [ "$(cat "/proc/$pid/comm")" = epmd ] && kill "$pid"; done
    return 0
}

# amqp_connect PORT [CA]
amqp_connect() { client $PYTHON "$tools/amqp_client.py" $name "$@"; }
