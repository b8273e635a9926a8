#!/usr/bin/env bash
# Static analysis: clang-tidy with .clang-tidy over every source that the build in the folder given knows.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?a build folder with compile_commands.json}
[ -f "$build/compile_commands.json" ] || { echo "$build: no compile_commands.json there; configure it first"; exit 1; }
# One process for each source, as many at once as there are processors; any finding fails.
python3 -c '
import json, sys
for entry in json.load(open(sys.argv[1])):
    print(entry["file"])' "$build/compile_commands.json" | sort -u |
    xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p "$build" 2>&1 |
    sed '/^[0-9]* warnings\{0,1\} generated\.$/d'
