#!/bin/bash
# Makes the capture collection: all of it, or the captures named on the command line.
#   pcaps/make.sh --install     installs the Debian packages the recipes need
#   pcaps/make.sh --list        names of all captures
#   pcaps/make.sh --index       writes README.md again, from the notes
#   pcaps/make.sh [NAME...]     makes captures; needs root (network namespaces), leaves the machine's network alone
# Keys and logs stay in $TLSWHY_LAB (/var/tmp/tlswhy-lab). Each capture is checked with tshark before it gets its place.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
. "$here/pki.sh"

packages="openssl gnutls-bin libnss3-tools openjdk-17-jdk-headless nodejs python3 python3-aiosmtpd curl wget nginx-light
    stunnel4 haproxy socat dnsmasq-base iptables iproute2 ethtool tcpdump tshark wireshark-common chromium golang-go
    erlang-ssl zstd lz4 ngtcp2-client ngtcp2-server caddy dovecot-imapd dovecot-pop3d dovecot-lmtpd dovecot-managesieved
    vsftpd slapd ldap-utils postgresql mariadb-server tinyproxy microsocks gcc pkg-config libnss3-dev inn2 inspircd prosody
    postfix swaks squid dante-server openssh-server openssh-client
    freetds-bin python3-tds golang-github-denisenkom-go-mssqldb-dev xrdp freerdp2-x11 freerdp2-shadow-x11 xvfb xauth rabbitmq-server
    python3-pika mosquitto mosquitto-clients python3-paho-mqtt redis-server redis-tools"

JAVA=$(ls /usr/lib/jvm/java-17-openjdk-*/bin/java 2>/dev/null | head -1)
PYTHON=/usr/bin/python3
export LC_ALL=C.UTF-8 TZ=UTC

captures() { sed -nE 's/^make_([a-z0-9_]+)\(\).*/\1/p' "$here"/recipes/*.sh | tr _ -; }

index() {
    local note file base
    cat "$here/README.head.md"
    echo '| capture | what it shows | verdict | software |'
    echo '| --- | --- | --- | --- |'
    for note in "$here"/*.txt; do
        base=${note##*/}
        base=${base%.txt}
        file=$(cd "$here" && ls "$base".pcap* | head -1)
        printf '| [%s](%s) | %s | %s | %s |\n' "$file" "$base.txt" \
            "$(awk 'NF == 0 { exit } { printf "%s%s", sep, $0; sep = " " }' "$note" | sed -E 's/^(.*[.!?]) [A-Z].*/\1/; s/\|/\\|/g')" \
            "$(sed -nE 's/^  verdict: //p' "$note" | uniq -c | awk '{ printf "%s`%s`%s", sep, $2, ($1 > 1 ? " × " $1 : ""); sep = ", " }')" \
            "$(sed -nE 's/^software: //p' "$note")"
    done
}

make_one() (
    begin "$1"
    trap cleanup EXIT
    trap 'exit 1' INT TERM
    extension=pcap
    "make_${1//-/_}"
    finish
)

case ${1:-} in
--install) DEBIAN_FRONTEND=noninteractive exec apt-get install -y --no-install-recommends $packages ;;
--list) captures && exit ;;
--index) index >"$here/README.md" && exit ;;
-*) die "unknown option $1 (see the top of $0)" ;;
esac

[ "$(id -u)" = 0 ] || die "network namespaces need root"
for tool in openssl gnutls-cli tstclnt java node curl nginx tcpdump tshark editcap ethtool iptables; do
    command -v $tool >/dev/null || die "$tool is missing: run $0 --install"
done
for file in "$here"/recipes/*.sh; do . "$file"; done
[ $# -gt 0 ] || { rm -rf "$lab"/{pki,run,java,bin} && : >"$here/pki/roots.pem" && : >"$here/pki/others.pem" && : >"$here/pki/intermediates.pem"; }
mkdir -p "$lab"
pki_make
mkdir -p "$lab/java" && cd "$lab" && "${JAVA%java}javac" -d "$lab/java" "$tools"/*.java || die "javac"
for program in client server; do
    [ -x "$lab/bin/go-$program" ] || (cd "$tools" && GOCACHE=$lab/go GOFLAGS=-mod=mod go build -o "$lab/bin/go-$program" $program.go) || die "go"
done
[ -x "$lab/bin/nss-dtls" ] || cc -O1 $(pkg-config --cflags nss) "$tools/nss_dtls.c" -o "$lab/bin/nss-dtls" $(pkg-config --libs nss) || die "cc"
failed=()
for capture in $([ $# -gt 0 ] && echo "$@" || captures); do
    declare -F "make_${capture//-/_}" >/dev/null || die "no recipe for $capture"
    if make_one "$capture"; then
        echo "$capture: $(stat -c %s "$here/$capture".pcap* | head -1) bytes"
    else
        echo "$capture: FAILED" >&2
        failed+=("$capture")
    fi
done
index >"$here/README.md"
[ "${#failed[@]}" -eq 0 ] || die "${#failed[@]} failed: ${failed[*]}"
