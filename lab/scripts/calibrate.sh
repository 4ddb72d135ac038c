#!/usr/bin/env bash
# How often unmarked human text is called marked: 10^7 pairs of text and key under the default scheme, 10^6 under each of the others, as
# dated tables and plots in lab/results/calibration/.
#
#   scripts/fetch-model.sh && lab/scripts/calibrate.sh OUT_DIR FILE.jsonl...
#
# The files: text that people wrote, for instance by scripts/fetch-human-text.sh; those of the records are named in lab/results/tables/calibration.md. --keys
# below are for some 23,000 passages (4.5 million tokens); more text needs fewer. Progress is kept in OUT_DIR: broken off and started again,
# it goes on where it was. How to read the results: lab/results/tables/calibration.md.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?usage: lab/scripts/calibrate.sh OUT_DIR FILE.jsonl...}
shift
seed=20261124
# One for all files, past midnight too.
day=$(date -u +%F)
if [ -z "${GREENMARK:-}" ]; then
    cargo build --release --quiet --manifest-path "$here/Cargo.toml" -p greenmark-cli
    GREENMARK=$here/target/release/greenmark
fi
mkdir -p "$out" "$here/lab/results/calibration"
corpus=("$@")

measure() { # NAME OPTIONS...
    local name=$1
    shift
    echo "== $name"
    "$GREENMARK" calibrate --corpus "${corpus[@]}" --tokenizer smollm2 --seed "$seed" --out "$out/$name" "$@"
    for kind in md svg json; do
        cp "$out/$name/calibration.$kind" "$here/lab/results/calibration/$day-calibration-$name.$kind"
    done
}

# The operating point: passages of 200 tokens.
measure passages --passage 200 --keys 448
measure schemes --passage 200 --keys 48 \
    --scheme gm1:gumbel,h=2 --scheme gm1:green,h=4,gamma=64/256 --scheme gm1:green,h=0,gamma=64/256
# Whole documents.
measure documents --keys 260 --scheme gm1:green,h=1,gamma=64/256 --scheme gm1:gumbel,h=2

# What a deployed key may meet with: twenty of them over the same passages.
for number in $(seq 1 20); do
    "$GREENMARK" calibrate --corpus "${corpus[@]}" --tokenizer smollm2 --seed "$number" --out "$out/keys/$number" --passage 200 \
        --keys 1 --together 1 --scheme gm1:green,h=0,gamma=64/256 --scheme gm1:green,h=1,gamma=64/256 --scheme gm1:gumbel,h=2 >"$out/keys-$number.log"
done
python3 - "$day-calibration-passages" "$here/lab/results/calibration" "$out"/keys/*/calibration.json >"$here/lab/results/calibration/$day-calibration-keys.md" <<'END'
import json, statistics, sys

passages, folder = sys.argv[1:3]
reports = [json.load(open(path)) for path in sys.argv[3:]]
if any(report["corpus"] != json.load(open(f"{folder}/{passages}.json"))["corpus"] for report in reports):
    sys.exit("not all keys are of the corpus of the passages: remove OUT_DIR/keys to begin anew")
seeds = sorted(report["seed"] for report in reports)
n = reports[0]["texts"]
print(f"# One key for all texts: {len(reports)} keys, {n} texts each\n")
print(f"By `lab/scripts/calibrate.sh`, seeds {seeds[0]} to {seeds[-1]}, a key a seed. Corpus, passages and tokenizer are those of [{passages}.md]({passages}.md).\n")
print("The share of texts with p ≤ α under one key: least, median and greatest of the keys, and their mean. By itself: each text as it stands. Once: what earlier texts held is not counted.\n")
print("| scheme | test | α | least | median | greatest | mean |\n|---|---|--:|--:|--:|--:|--:|")
for at, deployed in enumerate(reports[0]["deployed"]):
    for kind, name in (("by_itself", "by itself"), ("once", "once")):
        for test in (0, 1):
            for alpha in (1e-2, 1e-3, 1e-4):
                rows = [report["deployed"][at][kind][test]["rows"] for report in reports]
                rates = [next((row["rate"] for row in table if row["alpha"] == alpha), 0.0) for table in rows]
                cells = (min(rates), statistics.median(rates), max(rates), statistics.mean(rates))
                print(f"| {deployed['scheme']} | {('whole text', 'segments')[test]}, {name} | {alpha:g} | " + " | ".join(f"{cell:.1e}" for cell in cells) + " |")
END
