#!/usr/bin/env bash
# Whether weighing the evidence beats counting it: tables in Markdown, as they stand in lab/results/tables/weights-tables.md.
#
#   scripts/fetch-model.sh && lab/scripts/weights.sh OUT_DIR [OPTIONS OF weights] > tables.md
#
# Writes some 400,000 tokens into OUT_DIR (a quarter of an hour on two idle cores, none if lab/scripts/guide.sh left them there). Broken off
# and started again, it goes on where it was. --public FILE gives public text for the frequencies: JSON Lines with a field "text".
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?usage: lab/scripts/weights.sh OUT_DIR [OPTIONS]}
shift
cargo build --release --quiet -p greenmark-lab --bin weights
echo "Measured on $(date -u +%F), $(nproc) cores of $(lscpu | sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD)."
echo
target/release/weights "$out" "$@"
