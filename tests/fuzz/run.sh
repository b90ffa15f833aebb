#!/bin/sh
# Runs every fuzz target for SECONDS on a copy of its seeds: tests/fuzz/run.sh SECONDS [BUILD_FOLDER]
# One line each; ends with 1 and the path of the finding as soon as a target has one.
set -eu

seconds=${1:?usage: run.sh SECONDS [BUILD_FOLDER]}
here=$(cd "$(dirname "$0")" && pwd)
build=${2:-$here/../../build/fuzz}
findings=$build/fuzz/findings
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$findings"

ran=0
for target in "$build"/fuzz/fuzz_*; do
    [ -x "$target" ] || continue
    ran=1
    name=$(basename "$target")
    corpus=$scratch/$name
    mkdir "$corpus"
    [ ! -d "$here/corpus/$name" ] || cp -r "$here/corpus/$name/." "$corpus"
    if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
            -print_final_stats=1 -artifact_prefix="$findings/$name-" "$corpus" >"$scratch/log" 2>&1; then
        finding=$(sed -n 's/.*Test unit written to //p' "$scratch/log" | tail -n 1)
        cp "$scratch/log" "$findings/$name.log"
        echo "$name: FINDING ${finding:-(none written)}, log in $findings/$name.log"
        exit 1
    fi
    runs=$(sed -n 's/stat::number_of_executed_units: *//p' "$scratch/log")
    echo "$name: no finding in $runs runs, $(find "$corpus" -type f | wc -l) inputs kept"
done
[ "$ran" = 1 ] || { echo "no fuzz targets in $build/fuzz; build the preset 'fuzz' first" >&2; exit 2; }
