#!/usr/bin/env bash
# Builds one fuzz target with libFuzzer and runs it: tests/fuzz/run.sh TARGET SECONDS [libFuzzer options]
# TARGET is the name without "fuzz_" (packet, capture, ...). What it learns stays in build/fuzz/corpus/TARGET; an input that
# crashes, leaks, hangs or eats memory is made small and kept as tests/fuzz/corpus/TARGET/KIND-HASH, which CTest replays for ever.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: $0 TARGET SECONDS [libFuzzer options]" >&2
    echo "targets: $(cd "$(dirname "$0")" && ls fuzz_*.c 2>/dev/null | sed 's/^fuzz_//; s/\.c$//' | tr '\n' ' ')" >&2
    exit 2
fi
target=${1#fuzz_}
seconds=$2
shift 2
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
cd "$source_dir"
[ -f "tests/fuzz/fuzz_$target.c" ] || { echo "no such target: tests/fuzz/fuzz_$target.c" >&2; exit 2; }

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "fuzz_$target" -j "$(nproc)"
program=$(find build/fuzz/tests -name "fuzz_$target" -type f -perm -u+x | head -n 1)

kept=tests/fuzz/corpus/$target
learnt=build/fuzz/corpus/$target
found=build/fuzz/found/$target
mkdir -p "$learnt" "$found"
seeds=()
[ -d "$kept" ] && seeds+=("$kept")
# Captures are the natural seeds of whatever reads whole files.
[ "$target" = capture ] && [ -d pcaps ] && seeds+=(pcaps)

export UBSAN_OPTIONS=print_stacktrace=1
status=0
"$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found/" "$@" "$learnt" "${seeds[@]}" || status=$?

shopt -s nullglob
for input in "$found"/{crash,leak,timeout,oom}-*; do
    kind=$(basename "$input")
    kind=${kind%%-*}
    small=$found/small.$$
    cp "$input" "$small"
    if [ "$kind" = crash ]; then
        "$program" -minimize_crash=1 -runs=20000 -max_total_time=60 -exact_artifact_path="$small" "$input" \
            >"$found/minimize.log" 2>&1 || true
    fi
    mkdir -p "$kept"
    name=$kind-$(sha256sum "$small" | cut -c1-12)
    mv "$small" "$kept/$name"
    rm -f "$input"
    echo "kept as $kept/$name ($(stat -c %s "$kept/$name") bytes): say in tests/fuzz/README.md what it was" >&2
    status=1
done
exit "$status"
