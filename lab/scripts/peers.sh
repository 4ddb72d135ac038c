#!/usr/bin/env bash
# Other watermarks beside ours, on the same prompts, the same model and the same attacked texts: tables, JSON and a plot.
#
#   scripts/fetch-model.sh && lab/scripts/peers.sh OUT_DIR [TEXTS]
#   SELFHASH_DELTA=4    another strength of selfhash, in an OUT_DIR of its own; by default 2, as Hugging Face has it
#
# Writes lab/results/peers/{peers.md,peers.json,peers.svg}. Keeps texts and scores in OUT_DIR, and goes on where it was broken off. 100
# texts, unless TEXTS says otherwise (at most 200): an hour and a half on two idle cores. The peers come by pip (scripts/peers-venv.sh: 6 GB in
# the cache folder); what of them cannot be had is named as SKIPPED, on stderr and in the report. How it is done: lab/peers/*.py, write, score, report.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?usage: lab/scripts/peers.sh OUT_DIR [TEXTS]}
texts=${2:-100}
seed=1
selfhash_delta=${SELFHASH_DELTA:-2}
tokens=200
prompts=(eval/prompts/prompts.jsonl eval/prompts/more-prompts.jsonl)
umask 077
mkdir -p "$out/ours"
out=$(cd "$out" && pwd)
. scripts/peers-venv.sh
export OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 TQDM_DISABLE=1
"$python" lab/peers/tests.py

cargo build --release --quiet -p greenmark-cli
cargo build --release --quiet -p greenmark-lab --bin texts
# All 200, whatever TEXTS: the unmarked ones are what others are pasted into.
if [ ! -e "$out/ours/complete" ]; then
    target/release/texts "$out/ours" --seed "$seed" --tokens "$tokens" \
        --marks gm1:green,h=1,gamma=64/256@2 gm1:gumbel,h=2 gm1:gumbel,h=4 >/dev/null
    touch "$out/ours/complete"
fi

peers=(lefthash-1 selfhash-4 synthid)
vllm_files=()
if [ -n "$wheel" ]; then
    peers+=(vllm-gumbel-4)
    vllm_files=(--vllm "$wheel")
fi
write=("$python" lab/peers/write.py "$out" --prompts "${prompts[@]}" --texts "$texts" --tokens "$tokens" --seed "$seed" --selfhash-delta "$selfhash_delta" "${vllm_files[@]}" --schemes)
score=("$python" lab/peers/score.py "$out" --greenmark target/release/greenmark --texts "$texts" --seed "$seed" "${vllm_files[@]}" --schemes)

# Two at a time: one core each.
"${write[@]}" plain
"${write[@]}" lefthash-1 selfhash-4 &
"${write[@]}" synthid "${peers[@]:3}"
wait $!
"${score[@]}" lefthash-1 selfhash-4 &
"${score[@]}" green gumbel-2 gumbel-4 synthid "${peers[@]:3}"
wait $!

"$python" lab/peers/report.py "$out" lab/results/peers --texts "$texts" --selfhash-delta "$selfhash_delta" --head "Measured on $(date -u +%F), $(getconf _NPROCESSORS_ONLN) cores of $(lscpu |
    sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD), seed $seed. Rerun: \`lab/scripts/peers.sh OUT_DIR $texts\`."
