#!/usr/bin/env bash
# The standard operating point, measured: 100 prompts, SmolLM2-135M-Instruct at temperature 1, 200 new tokens, default
# scheme and delta, each text detected at alpha = 1e-6; the same prompts without the mark, under 20 other keys.
#
#   scripts/fetch-model.sh && lab/scripts/first-look.sh [OUT_DIR]
#
# Writes OUT_DIR (default: a temporary folder) and prints the table. Keys come from the seed: they are for this experiment.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-$(mktemp -d)}
seed=1
mkdir -p "$out/keys"
cargo build --release --quiet -p greenmark-cli -p greenmark-lab --bin greenmark --bin first-look
greenmark=target/release/greenmark
point=target/release/first-look
umask 077
"$point" keys "$out/keys" 21 "$seed"

write() { # NAME FLAGS...: writes a text for every prompt, unless an earlier run did
    local name=$1
    shift
    [ -s "$out/$name.jsonl" ] && return
    "$greenmark" embed --model smollm2 --prompts eval/prompts/prompts.jsonl --seed "$seed" --max-tokens 200 --ignore-eos "$@" \
        >"$out/$name.part"
    mv "$out/$name.part" "$out/$name.jsonl"
}
detect() { # KEY NAME
    "$greenmark" detect --key-file "$out/keys/$1.key" --tokenizer smollm2 --json "$out/$2.jsonl"
}

write marked --key-file "$out/keys/000.key"
write unmarked --no-watermark
detect 000 marked >"$out/marked-evidence.jsonl"
for i in $(seq 1 20); do detect "$(printf %03d "$i")" unmarked; done >"$out/unmarked-evidence.jsonl"
"$point" report "$out/marked-evidence.jsonl" "$out/unmarked-evidence.jsonl"
