#!/bin/bash
# Checks the CUDA and Vulkan backends on a machine that has a GPU but no compiler and no Qt.
#
#   gpu_device_check.sh pack BUILD ARCHIVE   where it was built: puts programs and libraries into ARCHIVE
#   gpu_device_check.sh run ARCHIVE [LOGS]   on the GPU machine, as root, with a checkout for the test data:
#                                             conformance and golden tests, then benchmarks
#
# `run` fails when a test fails, when one is skipped for want of a GPU, or when a benchmark does not finish.
set -euo pipefail

checkout=$(cd "$(dirname "$0")/../.." && pwd)
tests=(tst_conformance tst_backends tst_rwkv4 tst_rwkv5 tst_rwkv6 tst_rwkv7 tst_goldfinch tst_qwen_hybrids
       tst_adapter)

pack() {
    local build=$1 archive=$2 stage icu
    stage=$(mktemp -d)
    mkdir -p "$stage"/{bin,so,lib/volary/backends}
    cp "${tests[@]/#/$build/tests/}" "$build/bin/volary-cli" "$stage/bin"
    cp "$build/lib/volary/backends/libvolary_cuda.so" "$stage/lib/volary/backends"
    strip "$stage"/bin/* "$stage"/lib/volary/backends/*
    # Everything but glibc, which must be the other machine's own.
    ldd "$stage"/bin/* | awk '/=> \// {print $3}' | sort -u |
        grep -vE '/lib(c|m|dl|pthread|rt)\.so' | xargs cp -Lt "$stage/so"
    # ICU's data are as large as all the rest, and these programs never ask for them.
    for icu in "$stage"/so/libicudata.so.*; do
        echo "const char icudt${icu##*.}_dat[64] = {0};" |
            cc -shared -x c -o "$icu" "-Wl,-soname,${icu##*/}" -
    done
    cp -L "$(ldconfig -p | awk '/libvulkan\.so\.1 / {print $NF; exit}')" "$stage/so" # opened at run time
    strip "$stage"/so/*
    echo "$checkout" > "$stage/source-path" # the test programs look for their data there
    tar -C "$stage" -cJf "$archive" .
    ls -l "$archive"
    rm -rf "$stage"
}

run() {
    local archive=$1 logs=${2:-.} here source failed=0
    here=$(mktemp -d)
    tar -C "$here" -xJf "$archive"
    source=$(cat "$here/source-path")
    if [ ! -e "$source" ]; then
        mkdir -p "$(dirname "$source")"
        ln -s "$checkout" "$source"
    fi
    export LD_LIBRARY_PATH="$here/so${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8
    export VOLARY_BACKENDS="$here/lib/volary/backends" VOLARY_RESOURCES="$checkout/resources"
    # Containers keep NVIDIA's driver where no Vulkan loader looks for it.
    local driver=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
    [ ! -e $driver ] || export VK_DRIVER_FILES=$driver
    "$here/bin/volary-cli" devices
    for backend in cuda vulkan; do
        "$here/bin/volary-cli" devices | grep "^$backend" | grep -vq -- '--' || { echo "$backend cannot be used here"; exit 1; }
    done
    for test in "${tests[@]}"; do
        timeout 120 "$here/bin/$test" > "$logs/$test.log" 2>&1 || failed=1
        echo "$test: $(grep Totals "$logs/$test.log" || echo crashed)"
        grep -A1 '^FAIL' "$logs/$test.log" | head -40 || true
    done
    for shape in rwkv7-0.1b rwkv7-0.4b rwkv7-1.5b; do
        timeout 150 "$here/bin/volary-cli" bench --shape $shape --backend cuda --prefill 512,4096 --decode 64 \
            --batch 1,8,64 --repeat 5 2> "$logs/bench-$shape.err" || { failed=1; cat "$logs/bench-$shape.err"; }
        timeout 150 "$here/bin/volary-cli" bench --shape $shape --backend vulkan --prefill 512,4096 --decode 64 \
            --repeat 3 2> "$logs/bench-$shape.err" || { failed=1; cat "$logs/bench-$shape.err"; }
    done
    rm -rf "$here"
    exit $failed
}

case ${1:-} in
pack) pack "$2" "$3" ;;
run) run "$2" "${3:-.}" ;;
*) sed -n '2,9p' "$0"; exit 2 ;;
esac
