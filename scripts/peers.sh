#!/usr/bin/env bash
# Times other watermarks on this machine, and prints a markdown table beside our own record of benches/record.
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
OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 "$python" eval/peers/speed.py \
    --cpu "$cpu" --record benches/record "${with_vllm[@]}" "$@"
