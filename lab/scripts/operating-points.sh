#!/usr/bin/env bash
# Operating points: how many tokens a detector needs, for every scheme and strength on SmolLM2, as tables in Markdown.
#
#   scripts/fetch-model.sh && lab/scripts/operating-points.sh OUT_DIR [OPTIONS OF operating-points] > lab/results/tables/operating-points.md
#
# Writes some 440,000 tokens into OUT_DIR (600 MB), half an hour on two idle cores. Broken off and started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?usage: lab/scripts/operating-points.sh OUT_DIR [OPTIONS]}
shift
cargo build --release --quiet -p greenmark-lab --bin operating-points
echo "# Operating points"
echo
echo "Measured on $(date -u +%F), $(nproc) cores of $(lscpu | sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD). Rerun: \`lab/scripts/operating-points.sh OUT_DIR${*:+ $*}\`."
echo
target/release/operating-points "$out" --guide lab/results/tables/guide.md "$@"
