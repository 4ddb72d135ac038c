#!/usr/bin/env bash
# The article of docs/detecting.md: an answer of 200 tokens between two unmarked essays of 900, all by SmolLM2, and what `detect` says of it.
#
#   scripts/fetch-model.sh && lab/scripts/article.sh
#
# The key is made from a label, so that the transcript is the same every time: it is for this example alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --quiet -p greenmark-cli
greenmark=$PWD/target/release/greenmark
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
umask 077
python3 - >my.key <<'END'
import hashlib
key = hashlib.sha256(b"greenmark/readme").digest()
print("gmk1" + key.hex() + hashlib.sha256(b"greenmark/v1/key-checksum" + key).hexdigest()[:8])
END
for part in 1 2; do
    "$greenmark" embed --no-watermark --model smollm2 --prompt "Write a long essay about the history of bread. Part $part." \
        --seed "$part" -n 900 --ignore-eos >"essay-$part.txt"
done
"$greenmark" embed -k my.key --model smollm2 --prompt 'Why does bread rise?' --seed 1 -n 200 --ignore-eos >answer.txt
printf '%s\n\n%s\n\n%s' "$(cat essay-1.txt)" "$(cat answer.txt)" "$(cat essay-2.txt)" >article.txt
"$greenmark" detect -k my.key --tokenizer smollm2 article.txt
