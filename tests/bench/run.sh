#!/usr/bin/env bash
# Measures tlswhy on big captures made from the handshakes in pcaps/, and prints a table in Markdown.
#   tests/bench/run.sh [dense|bulk|hellos ...]      all three when none is named
# Costs are user + system CPU seconds (median of REPEAT runs, page cache warm), memory the peak resident size. The captures lie
# in $TMPDIR one at a time, about 1.5 GB, and are deleted afterwards. tshark runs on a slice; its start-up time is taken off.
# Environment: REPEAT (3), DENSE_MB (300), SLICE_MB (30), BULK_MB (1000), HELLOS (1000000), BUILD (build/release),
# TEMPLATES (captures to take connections from: pcaps/*.pcap*).
set -euo pipefail
cd "$(dirname "$0")/../.."

repeat=${REPEAT:-3}
build=${BUILD:-build/release}
cmake --preset release >/dev/null
cmake --build "$build" -j "$(nproc)" --target tlswhy bench_generate bench_pcap_loop_count \
    bench_undiagnosed bench_measure >/dev/null
tools=$build/tests
work=$(mktemp -d "${TMPDIR:-/tmp}/tlswhy-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ -n "${TEMPLATES-}" ]; then read -ra templates <<<"$TEMPLATES"; else templates=(pcaps/*.pcap*); fi

generate() { # MODE AMOUNT: into $work/MODE.pcap, facts in $work/generated
    "$tools/bench_generate" "$1" "$2" "$work/$1.pcap" "${templates[@]}" >"$work/generated"
    cat "$work/generated" >&2
    cat "$work/$1.pcap" >/dev/null
}

# cost COMMAND...: "CPU-SECONDS PEAK-MB", medians.
cost() {
    local i
    : >"$work/costs"
    for ((i = 0; i < repeat; i++)); do
        "$tools/bench_measure" "$work/cost" "$@" >"$work/stdout" 2>"$work/stderr" || {
            echo "failed: $*" >&2
            tail -n 5 "$work/stderr" >&2
            return 1
        }
        awk '{ printf "%.3f %.1f\n", $1 + $2, $4 / 1024 }' "$work/cost" >>"$work/costs"
    done
    local middle=$(((repeat + 1) / 2))
    echo "$(cut -d' ' -f1 "$work/costs" | sort -n | sed -n "${middle}p")" \
        "$(cut -d' ' -f2 "$work/costs" | sort -n | sed -n "${middle}p")"
}

megabytes() { awk -v b="$(stat -c %s "$1")" 'BEGIN { printf "%.1f", b / 1e6 }'; }

# row CASE PROGRAM MB CPU PEAK-MB
row() {
    awk -v c="$1" -v p="$2" -v mb="$3" -v cpu="$4" -v peak="$5" \
        'BEGIN { printf "| %s | %s | %.0f | %.2f | %.0f | %.0f |\n", c, p, mb, cpu, mb / cpu, peak }'
}

# json CAPTURE [PROGRAM [OPTION...]]: the report goes to a new file each time, since cutting an old one off costs, too.
json() {
    local capture=$1 program=${2:-$build/tlswhy}
    shift $(($# > 1 ? 2 : 1))
    cost sh -c 'rm -f "$0" && exec "$@"' "$work/out.json" "$program" --format json -o "$work/out.json" "$@" "$capture"
}

# page FORMAT CAPTURE
page() {
    cost sh -c 'rm -f "$0" && exec "$@"' "$work/out.$1" "$build/tlswhy" --format "$1" -o "$work/out.$1" "$2"
}

# What a connection record tells, as far as tshark knows it.
facts=(frame.number frame.time_epoch tcp.stream ip.src ip.dst ipv6.src ipv6.dst tcp.srcport tcp.dstport
    tls.record.version tls.handshake.type tls.handshake.version tls.handshake.session_id_length
    tls.handshake.ciphersuite tls.handshake.comp_method tls.handshake.extension.type
    tls.handshake.extensions_server_name tls.handshake.extensions_supported_group tls.handshake.extensions_alpn_str
    tls.handshake.extensions.supported_version tls.handshake.extensions_key_share_group tls.handshake.sig_hash_alg
    tls.handshake.ja3 tls.handshake.ja3_full tls.handshake.ja3s tls.handshake.certificate
    x509af.serialNumber x509sat.printableString x509sat.uTF8String x509ce.dNSName x509af.utcTime
    tls.handshake.server_named_curve tls.handshake.session_ticket_lifetime_hint
    tls.alert_message.level tls.alert_message.desc)

tshark_cost() {
    local fields=() fact
    for fact in "${facts[@]}"; do fields+=(-e "$fact"); done
    cost tshark -n -r "$1" -o tcp.reassemble_out_of_order:TRUE -Y 'tls.handshake or tls.alert_message' -T fields "${fields[@]}"
}

bench_dense() {
    local mb cpu peak bare_cpu bare_peak slice_mb slice_cpu slice_peak empty_cpu rest
    generate dense "${DENSE_MB:-300}"
    mb=$(megabytes "$work/dense.pcap")
    read -r cpu peak < <(json "$work/dense.pcap")
    row "dense ($(connections) connections)" tlswhy "$mb" "$cpu" "$peak"
    # A tlswhy without any rule, told to verify nothing: what it saves is what both cost, with the writing of what they say.
    read -r bare_cpu bare_peak < <(json "$work/dense.pcap" "$tools/bench_undiagnosed" --no-verify)
    row "the same" "tlswhy without diagnosis and verification" "$mb" "$bare_cpu" "$bare_peak"
    ratios+=("$(awk -v cpu="$cpu" -v bare="$bare_cpu" \
        'BEGIN { printf "dense: diagnosis and verification cost %.0f %% of the run (asked: under 25)", 100 * (cpu - bare) / cpu }')")
    local form page_cpu page_peak
    for form in html markdown; do
        read -r page_cpu page_peak < <(page "$form" "$work/dense.pcap")
        row "the same" "tlswhy --format $form" "$mb" "$page_cpu" "$page_peak"
        ratios+=("$(awk -v cpu="$cpu" -v page="$page_cpu" -v f="$form" \
            'BEGIN { printf "dense: %s takes %.2f of the time of JSON (asked: under 2)", f, page / cpu }'), $(megabytes "$work/out.$form") MB")
        rm "$work/out.$form"
    done
    rm "$work/dense.pcap"
    command -v tshark >/dev/null || { echo "tshark is missing: nothing to compare with" >&2; return; }
    generate dense "${SLICE_MB:-30}"
    slice_mb=$(megabytes "$work/dense.pcap")
    read -r slice_cpu slice_peak < <(tshark_cost "$work/dense.pcap")
    head -c 24 "$work/dense.pcap" >"$work/empty.pcap"
    read -r empty_cpu rest < <(tshark_cost "$work/empty.pcap")
    slice_cpu=$(awk -v a="$slice_cpu" -v b="$empty_cpu" 'BEGIN { print a - b }')
    row "the same, a slice" "tshark -T fields" "$slice_mb" "$slice_cpu" "$slice_peak"
    ratios+=("$(awk -v mb="$mb" -v cpu="$cpu" -v smb="$slice_mb" -v scpu="$slice_cpu" \
        'BEGIN { printf "dense: %.1f times as fast as tshark (asked: 25, stretch 40)", mb / cpu / (smb / scpu) }'), \
peak $peak MB (asked: under 200)")
    rm "$work/dense.pcap"
}

bench_bulk() {
    local mb cpu peak loop_cpu loop_peak
    generate bulk "${BULK_MB:-1000}"
    mb=$(megabytes "$work/bulk.pcap")
    read -r cpu peak < <(json "$work/bulk.pcap")
    read -r loop_cpu loop_peak < <(cost "$tools/bench_pcap_loop_count" "$work/bulk.pcap")
    row "bulk ($(connections) connections)" tlswhy "$mb" "$cpu" "$peak"
    row "the same" "pcap_loop, counting" "$mb" "$loop_cpu" "$loop_peak"
    ratios+=("$(awk -v a="$cpu" -v b="$loop_cpu" \
        'BEGIN { printf "bulk: %.2f of the cost of counting with pcap_loop (asked: at most 1)", a / b }'), \
peak $peak MB (asked: under 200)")
    rm "$work/bulk.pcap"
}

bench_hellos() {
    local num=${HELLOS:-1000000} mb cpu peak empty_cpu empty_peak
    generate hellos "$num"
    mb=$(megabytes "$work/hellos.pcap")
    read -r cpu peak < <(json "$work/hellos.pcap")
    row "hellos ($num connections)" tlswhy "$mb" "$cpu" "$peak"
    head -c 24 "$work/hellos.pcap" >"$work/empty.pcap"
    read -r empty_cpu empty_peak < <(json "$work/empty.pcap")
    ratios+=("$(awk -v peak="$peak" -v empty="$empty_peak" -v n="$num" \
        'BEGIN { printf "hellos: %.0f bytes a connection (asked: 1024, stretch 512), of a peak of %.0f MB, %.0f of it without any",
                 (peak - empty) * 1048576 / n, peak, empty }')")
    rm "$work/hellos.pcap"
}

connections() { sed -n 's/^[a-z]*: \([0-9]*\) connections.*/\1/p' "$work/generated"; }

cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(dense bulk hellos)
ratios=()
model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
echo "$(nproc) processors ${model:-unknown}, $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GB," \
    "$(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r), $(gcc --version | head -n 1)," \
    "$(tshark --version 2>/dev/null | head -n 1)"
echo
echo "| capture | program | MB | CPU s | MB/s | peak MB |"
echo "| --- | --- | ---: | ---: | ---: | ---: |"
for name in "${cases[@]}"; do "bench_$name"; done
echo
printf -- '- %s\n' "${ratios[@]}"
