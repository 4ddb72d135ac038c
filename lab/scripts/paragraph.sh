#!/usr/bin/env bash
# How often a marked paragraph of 200 tokens in a human article of 5,000 words is named, SmolLM2, both families.
#
#   scripts/fetch-model.sh && lab/scripts/paragraph.sh OUT_DIR FILE.jsonl... > lab/results/tables/paragraph.md
#
# The files: text that people wrote, for instance by scripts/fetch-human-text.sh. Keeps the marked texts in OUT_DIR.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?usage: lab/scripts/paragraph.sh OUT_DIR FILE.jsonl...}
shift
mkdir -p "$out/keys"
cargo build --release --quiet -p greenmark-cli -p greenmark-lab --bin greenmark --bin first-look
umask 077
[ -s "$out/keys/000.key" ] || target/release/first-look keys "$out/keys" 1 1
echo "# A marked paragraph in a human article"
echo
echo "Measured on $(date -u +%F), $(nproc) cores of $(lscpu | sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD). Rerun: \`lab/scripts/paragraph.sh OUT_DIR FILES\`."
echo "100 prompts, SmolLM2-135M-Instruct at temperature 1, 200 new tokens each, one key, seed 1; each text stands as a paragraph at a random place among those of an article of 5,000 words or"
echo "a few more, put together from human texts ($(basename -a "$@" | paste -sd ' ')). α = 1e-6, exact 95 % intervals, \`greenmark detect\` as it comes (search and normalised look on)."
for scheme in gm1:green,h=1,gamma=64/256 gm1:gumbel,h=2; do
    name=$(tr -c 'a-z0-9\n' '-' <<<"$scheme")
    if [ ! -s "$out/$name.jsonl" ]; then
        target/release/greenmark embed --model smollm2 --prompts eval/prompts/prompts.jsonl --seed 1 --max-tokens 200 --ignore-eos \
            --key-file "$out/keys/000.key" --scheme "$scheme" >"$out/$name.part"
        mv "$out/$name.part" "$out/$name.jsonl"
    fi
    echo
    echo "## $scheme"
    echo
    SCHEME=$scheme python3 lab/scripts/paragraph.py "$out/$name.jsonl" "$out/keys/000.key" "$@"
done
