#!/usr/bin/env bash
# Which scheme to take: detection, quality and variety of every kind of mark on SmolLM2, as tables in Markdown.
#
#   scripts/fetch-model.sh && lab/scripts/guide.sh OUT_DIR [OPTIONS OF guide] > lab/results/tables/guide.md
#
# Writes some 600,000 tokens into OUT_DIR, half an hour on two idle cores. Broken off and started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?usage: lab/scripts/guide.sh OUT_DIR [OPTIONS]}
shift
cargo build --release --quiet -p greenmark-lab --bin guide
echo "# Which scheme to take"
echo
echo "Measured on $(date -u +%F), $(nproc) cores of $(lscpu | sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD). Rerun: \`lab/scripts/guide.sh OUT_DIR\`."
echo
target/release/guide "$out" "$@"
