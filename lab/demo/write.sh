#!/usr/bin/env bash
# Lets SmolLM2 write the texts that the next demo model is to learn from, and packs them.
#
#   lab/demo/write.sh DIR [COUNT]
#
# COUNT prompts (by default 12,000, some three million tokens, two hours on two idle cores), 320 a file. The same
# command goes on where it was broken off. Wants the model (scripts/fetch-model.sh), cargo, python3 and xz.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in -h | --help | '') sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
out=$1 count=${2:-12000}
mkdir -p "$out/corpus"
cargo build --release -p greenmark-cli
greenmark=${CARGO_TARGET_DIR:-target}/release/greenmark
for ((first = 0; first < count; first += 320)); do
    name=$(printf '%05d' "$first")
    python3 lab/demo/prompts.py --first "$first" --count 320 >"$out/prompts-$name.jsonl"
    "$greenmark" embed --model smollm2 --no-watermark --prompts "$out/prompts-$name.jsonl" -o "$out/corpus/$name.jsonl" \
        --temperature 0.8 --top-p 0.95 --seed $((first + 1)) --max-tokens 260 --quiet
done
python3 - "$out" <<'PYTHON'
import json, pathlib, sys

out = pathlib.Path(sys.argv[1])
with open(out / "texts.jsonl", "w", encoding="utf-8") as texts:
    for file in sorted((out / "corpus").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts.write(json.dumps({name: row[name] for name in ("id", "text", "finish")}, ensure_ascii=False) + "\n")
PYTHON
xz -9e -T1 -kf "$out/texts.jsonl"
