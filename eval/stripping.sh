#!/usr/bin/env bash
# What strips a mark: detection of SmolLM2's texts after every attack that needs no model, and the damage done, as tables in Markdown.
#
#   scripts/fetch-model.sh && eval/stripping.sh OUT_DIR [OPTIONS OF stripping] > eval/stripping.md
#
#   eval/stripping.sh OUT_DIR --model demo --marks gm1:green,h=1,gamma=64/256@2 gm1:gumbel,h=2 > eval/stripping-demo.md
#
# The second, of the demo model, is what tests/tests/stripping.rs takes its floors from: half a minute. The first writes some 200,000 tokens into OUT_DIR, a quarter of an hour on two idle cores. Broken off and started again, it goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?usage: eval/stripping.sh OUT_DIR [OPTIONS]}
shift
cargo build --release --quiet -p greenmark-robustness --bin stripping
echo "# What strips a mark"
echo
echo "Measured on $(date -u +%F), $(nproc) cores of $(lscpu | sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD). Rerun: \`eval/stripping.sh OUT_DIR${*:+ $*}\`."
echo
target/release/stripping "$out" "$@"
