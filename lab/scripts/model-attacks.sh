#!/usr/bin/env bash
# What is left of SmolLM2's mark after SmolLM2 itself rewrites the text, and how well it rewrites: a table in Markdown.
#
#   scripts/fetch-model.sh && lab/scripts/model-attacks.sh OUT_DIR [TEXTS] > lab/results/tables/model-attacks.md
#
# Keeps marked and attacked texts in OUT_DIR, and goes on where it was broken off. 32 texts, unless TEXTS says otherwise (at most 100).
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?usage: lab/scripts/model-attacks.sh OUT_DIR [TEXTS]}
texts=${2:-32}
scheme=gm1:green,h=1,gamma=64/256
umask 077
mkdir -p "$out"
cargo build --release --quiet -p greenmark-cli
greenmark=target/release/greenmark
[ -s "$out/test.key" ] || "$greenmark" keygen -o "$out/test.key" >/dev/null 2>&1

# keep NAME COMMAND...: its output, made once.
keep() {
    local name=$1
    shift
    [ -s "$out/$name.jsonl" ] && return
    "$@" >"$out/$name.part"
    mv "$out/$name.part" "$out/$name.jsonl"
}

head -n "$texts" eval/prompts/prompts.jsonl >"$out/prompts.jsonl"
keep marked "$greenmark" embed --model smollm2 --prompts "$out/prompts.jsonl" --seed 1 --max-tokens 200 --ignore-eos \
    --key-file "$out/test.key" --scheme "$scheme" --delta 2
keep sentences python3 lab/scripts/model-attacks.py sentences "$out/marked.jsonl"

attacks=()
attack() {
    local name=$1
    shift
    keep "$name" "$greenmark" attack "$@" --seed 1 "$out/marked.jsonl"
    keep "$name-found" "$greenmark" detect --key-file "$out/test.key" --scheme "$scheme" --tokenizer smollm2 --json "$out/$name.jsonl"
    attacks+=("$name")
}
attack none swap -s 0
for unit in sentence paragraph text; do
    attack "paraphrase-$unit-1" paraphrase -s 1 --unit "$unit"
done
for span in 20 5 1; do
    for strength in 0.2 0.5; do
        attack "resample-$span-$strength" resample -s "$strength" --span "$span"
    done
done
keep alone "$greenmark" attack paraphrase -s 1 --unit text --seed 1 "$out/sentences.jsonl"

echo "# SmolLM2 against its own mark"
echo
echo "Measured on $(date -u +%F), $(nproc) cores of $(lscpu | sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD). Rerun: \`lab/scripts/model-attacks.sh OUT_DIR $texts\`."
echo "$texts prompts, SmolLM2-135M-Instruct at temperature 1, 200 new tokens each, \`$scheme\`, δ = 2, one key; the same model attacks, as"
echo "\`greenmark attack\` has it by default (4 drafts of a span, temperature 1; paraphrases at 0.7)."
echo
python3 lab/scripts/model-attacks.py table "$out" "${attacks[@]}"
