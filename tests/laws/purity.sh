#!/usr/bin/env bash
# Purity law: the dissect library needs nothing from outside but a few functions that have no effects, and it keeps no state.
# What it takes in is read from `nm`; what it could remember is a symbol in a writable section.
set -euo pipefail

library=${TLSWHY_BUILD:?}/libtlswhy_dissect.a
[ -f "$library" ] || { echo "$library is not built"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# No memory, no I/O, no clock, no locale. The compiler makes calls of the first row out of plain C.
allowed='memcpy|memset|memcmp|bcmp|memmove|memchr|memmem|strlen|strcmp|strncmp
|__(memcpy|memset|memmove)_chk
|__stack_chk_fail|__assert_fail|_GLOBAL_OFFSET_TABLE_
|__(asan|ubsan|sanitizer|sancov|odr_asan)_.*|__start___sancov_.*|__stop___sancov_.*'
allowed=$(tr -d '\n' <<<"$allowed")

# With link-time optimisation the members hold gcc's own code, which plain nm may not read.
nm=nm
command -v gcc-nm >/dev/null && nm=gcc-nm

# undefined LIBRARY, one name a line: what it takes from outside itself.
undefined() {
    "$nm" -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >"$work/defined"
    "$nm" -u "$1" 2>/dev/null | awk 'NF == 2 { print $2 }' | sort -u | comm -23 - "$work/defined"
}

foreign() {
    undefined "$1" | grep -vxE "$allowed" || true
}

# writable LIBRARY: objects in sections that can change. Constant tables of pointers lie in .data.rel.ro until they are
# relocated; the sanitizers' and the compiler's own objects are no state of ours.
writable() {
    objdump -t "$1" 2>/dev/null |
        awk 'NF >= 4 && $(NF - 2) ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && $(NF - 2) !~ /^\.data\.rel\.ro/ &&
             $(NF - 1) !~ /^0+$/ { print $NF " in " $(NF - 2) }' |
        grep -vE '^(__?_?(asan|ubsan|odr_asan|sancov|sanitizer|gnu_lto|unnamed)|\.L|\.\.?__)' || true
}

# The check must be able to fail.
cat >"$work/bad.c" <<'C'
#include <stdlib.h>
static int calls;
int shared[4];
void *bad(size_t n);
void *bad(size_t n) { calls++; return malloc(n + (size_t)calls + (size_t)shared[n & 3]); }
C
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$TLSWHY_BUILD/CMakeCache.txt")
"${cc:-cc}" -O0 -fno-lto -c "$work/bad.c" -o "$work/bad.o"
ar rc "$work/libbad.a" "$work/bad.o"
[ "$(foreign "$work/libbad.a")" = malloc ] || { echo "the check itself is wrong: malloc was not seen"; exit 1; }
[ "$(writable "$work/libbad.a" | wc -l)" = 2 ] || { echo "the check itself is wrong: globals were not seen"; exit 1; }

num=$("$nm" -g --defined-only "$library" 2>/dev/null | awk '$2 == "T"' | wc -l)
[ "$num" -gt 0 ] || { echo "no function was found in $library"; exit 1; }
bad=$(foreign "$library")
state=$(writable "$library")
[ -z "$bad" ] || printf 'dissect must not need: %s\n' $bad
[ -z "$state" ] || printf 'dissect must keep no state: %s\n' "$state"
[ -z "$bad$state" ] || exit 1
echo "$num functions, outside of the library only: $(undefined "$library" | tr '\n' ' ')"
