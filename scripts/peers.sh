#!/usr/bin/env bash
# Times other watermarks on this machine, and prints a markdown table beside our own record of lab/results/benches.
#
#   scripts/peers.sh
#   PEERS_CACHE=DIR scripts/peers.sh [--repeat N] [--tokens T]
#
# Needs python3 (3.11 or later), pip and unzip. scripts/peers-venv.sh pins the versions and says where they go.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/peers-venv.sh

with_vllm=()
[ -z "$wheel" ] || with_vllm=(--vllm "$wheel" --vllm-version "$vllm")

cpu=$(lscpu | sed -n 's/^Model name: *//p' | head -1)
OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 "$python" lab/peers/speed.py \
    --cpu "$cpu" --record lab/results/benches "${with_vllm[@]}" "$@"
