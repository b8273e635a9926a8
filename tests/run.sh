#!/usr/bin/env bash
# Runs all tests: gcc release, clang debug, AddressSanitizer + UndefinedBehaviorSanitizer, format, static analysis.
#   tests/run.sh            with what is installed, says what is missing and what was left out for it
#   tests/run.sh --install  installs what is missing first (Debian 12; as root, or with sudo); nothing may then be left out
# Ends with "N passed, N failed"; exit status 0 when nothing failed. Set TLSWHY_CORPUS to a folder of more captures to try.
set -uo pipefail
cd "$(dirname "$0")/.."

packages=(
    build-essential ca-certificates cmake ninja-build pkg-config
    libpcap-dev libssl-dev zlib1g-dev libzstd-dev liblz4-dev libbrotli-dev libcmocka-dev
    clang libclang-rt-14-dev llvm clang-format clang-tidy
    git openssl python3 python3-jsonschema cmark-gfm tshark wireshark-common zstd lz4
    chromium chromium-driver python3-selenium poppler-utils
)

# The rules of WCAG, for tests/laws/browser.py; Debian has no package of it.
axe_version=4.14.1
axe_sha256=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c
axe=build/axe-core/axe.min.js

install=no
case ${1-} in
    "") ;;
    --install) install=yes ;;
    *) sed -n '2,5s/^# *//p' "$0"; exit 2 ;;
esac

if [ "$install" = yes ]; then
    missing=()
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        echo "== installing ${missing[*]}"
        become=()
        [ "$(id -u)" = 0 ] || become=(sudo)
        # tshark's package asks who may capture; the answer does not matter here, and there may be nobody to ask.
        { "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
            "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends \
                "${missing[@]}"; } </dev/null || exit 1
    fi
fi

install_axe() {
    command -v npm >/dev/null && mkdir -p "${axe%/*}" &&
        (cd "${axe%/*}" && npm pack --silent "axe-core@$axe_version" && tar -xzf "axe-core-$axe_version.tgz" package/axe.min.js) \
            >/dev/null 2>&1 </dev/null &&
        echo "$axe_sha256  ${axe%/*}/package/axe.min.js" | sha256sum --check --quiet && mv "${axe%/*}/package/axe.min.js" "$axe"
}
has_axe() { echo "$axe_sha256  $axe" | sha256sum --check --status 2>/dev/null; }
if [ "$install" = yes ] && ! has_axe; then
    echo "== installing axe-core $axe_version"
    install_axe || echo "axe-core could not be had (npm fetches it): pages are not checked against WCAG"
fi

logs=build/test-logs
mkdir -p "$logs"
passed=0 failed=0
left_out=() failures=()
jobs=$(nproc)

fail() {
    failed=$((failed + 1))
    failures+=("$1")
}

# has TOOL STEP: with --install a missing tool is a failure, else STEP is left out and named.
has() {
    command -v "$1" >/dev/null && return 0
    if [ "$install" = yes ]; then fail "$2: $1 is missing"; else left_out+=("$2 ($1 is missing)"); fi
    return 1
}

# step NAME COMMAND...: one check of its own, counted as one test.
step() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
        echo "== $name: passed ($((SECONDS - start)) s)"
        passed=$((passed + 1))
    else
        tail -n 60 "$logs/$name.log"
        echo "== $name: FAILED ($((SECONDS - start)) s), all of it in $logs/$name.log"
        fail "$name"
    fi
}

attribute() {
    sed -n "s/.*[[:space:]]$1=\"\\([0-9]*\\)\".*/\\1/p" "$2" | head -n 1
}

build() {
    cmake --preset "$1" && cmake --build "build/$1" -j "$jobs"
}

# suite PRESET [ctest arguments]: builds with warnings as errors, runs CTest, adds its counts.
suite() {
    local preset=$1 start=$SECONDS
    local report=$PWD/$logs/$preset.xml
    shift
    local before=$failed
    step "build-$preset" build "$preset"
    [ "$failed" = "$before" ] || return
    start=$SECONDS
    rm -f "$report"
    ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --output-junit "$report" "$@" \
        >"$logs/$preset.log" 2>&1 </dev/null
    local status=$?
    if [ ! -s "$report" ]; then
        tail -n 40 "$logs/$preset.log"
        fail "$preset: ctest wrote no report"
        return
    fi
    # A JUnit summary stands in the attributes of <testsuite>.
    tr '\n' ' ' <"$report" | grep -o '<testsuite [^>]*>' >"$logs/$preset.summary"
    local tests failures_here skipped disabled
    tests=$(attribute tests "$logs/$preset.summary")
    failures_here=$(attribute failures "$logs/$preset.summary")
    skipped=$(attribute skipped "$logs/$preset.summary")
    disabled=$(attribute disabled "$logs/$preset.summary")
    passed=$((passed + tests - failures_here - skipped - disabled))
    failed=$((failed + failures_here))
    # A test that could not even be started is no failure in the report.
    [ "$status" = 0 ] || [ "$failures_here" != 0 ] || fail "$preset: ctest ended with $status"
    local test
    while read -r test; do
        left_out+=("$preset/$test")
    done < <(grep -oE '[0-9]+ - [^ ]+ \((Skipped|Disabled)\)' "$logs/$preset.log" | awk '{ print $3 }' | sort -u)
    if [ "$failures_here" != 0 ]; then
        grep -vE ' (Passed|Start) |^ *Start' "$logs/$preset.log" | tail -n 120
        while read -r test; do
            failures+=("$preset/$test")
        done < <(sed -n '/The following tests FAILED/,$p' "$logs/$preset.log" | sed -nE 's/^[[:space:]]*[0-9]+ - ([^ ]+).*/\1/p')
    fi
    echo "== $preset: $tests tests, $failures_here failed, $skipped skipped ($((SECONDS - start)) s)"
}

sources() {
    find dissect src tests -name '*.[ch]' | sort
}

check_format() {
    local files
    mapfile -t files < <(sources)
    clang-format --dry-run -Werror "${files[@]}"
}

has gcc "gcc release" && suite ci-gcc
has clang "clang debug" && suite ci-clang -LE "once|twice"
has clang "sanitizers" && suite asan -LE once
has clang-format "format" && step format check_format
has clang-tidy "static analysis" && step analysis tests/analyse.sh build/ci-clang

echo
[ ${#left_out[@]} = 0 ] || printf 'left out: %s\n' "${left_out[@]}"
[ ${#failures[@]} = 0 ] || printf 'FAILED: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
