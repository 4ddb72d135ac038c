#!/usr/bin/env bash
# What attackers get who learn a key's favours from marked text, and who have a token inserted between words and delete it: tables in Markdown.
#
#   lab/scripts/stealing.sh OUT_DIR [KEYS [TEXTS]] > lab/results/tables/stealing.md
#
# The demo model alone, unless SMOLLM2=1 (then scripts/fetch-model.sh first; hours on two cores). 8 victims' keys and 8 texts of each, unless told
# otherwise. OUT_DIR keeps what each key yielded: broken off and started again, it goes on with the next key.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?usage: lab/scripts/stealing.sh OUT_DIR [KEYS [TEXTS]]}
keys=${2:-8}
texts=${3:-8}
cargo build --release --quiet -p greenmark-lab --bin stealing
stealing=target/release/stealing
# learn MARK UNMARKED RUNGS...: what one scheme loses, by marked tokens seen, to an attacker with UNMARKED unmarked ones.
learn() {
    local mark=$1 unmarked=$2
    shift 2
    "$stealing" learn "$out" --mark "$mark" --keys "$keys" --texts "$texts" --unmarked "$unmarked" --rungs 0 "$@"
}

echo "# What stealing yields"
echo
echo "Measured on $(date -u +%F), $(nproc) cores of $(lscpu | sed -n 's/^Model name: *//p' | head -1), at $(git rev-parse --short=12 HEAD), seed 1. Rerun: \`${SMOLLM2:+SMOLLM2=$SMOLLM2 }lab/scripts/stealing.sh OUT_DIR $keys $texts\`."
cat <<'TEXT'

An attacker who collects marked text learns to strip a mark with fewer exchanged words, and to forge it: from 2,000 to
10,000 tokens forge half of the texts at h = 0, 1 and 2, and 200,000 do not at h = 4 (demo model). Whoever may exchange
every fifth token strips most texts without learning anything.

The attacker knows the scheme, the tokenizer, the model and δ, but not the key. They see the given number of tokens from
texts that one key marked, written to 180 prompts, and have unmarked text by the same model. They count how often each
token follows each context of h tokens, and apply Bayes' rule (`lab/src/stealing/learner.rs`). Shorter contexts would
teach nothing, since colours of different contexts are independent.

- *Stripped*: of the marked texts of 200 tokens (to 20 other prompts) that `detect` finds at p ≤ 1e-6, those that it no
  longer finds after the attacker exchanged at most this share of the tokens. Whole words give way to other words to
  which the model gives at least 0.001 in their place, judged from what precedes them. At 0 tokens seen the attacker has
  learnt nothing, but knows that the text is marked and takes the words that the model expected least.
- *Forged*: of the texts of 200 tokens that the unmarked model writes with the attacker's bias, those that `detect` calls
  marked at p ≤ 1e-6 under the victim's key. A strength of 2 nats is the mark's own δ.
- *Rates* have 95 % Clopper–Pearson intervals over all texts of all keys; texts of one key are not quite independent.
- *Tokens for 50 and 95 %*: the least number tried at which the rate is reached, and in brackets the least at which the
  upper and the lower end of the interval reach it (at 64 of 64 the lower end is 0.944, which never reaches 95 %). Then
  the keys one by one. A key that was not tried further, because everything had succeeded twice, counts as it last did.
- *Price*: at the greatest number of tokens; chrF of the stripped text against the marked one, and for forged text −ln of
  the unmarked model's probability.

For gumbel, which has no colours, a token counts as favoured when it wins as often as a green one would at γ = 1/4 and δ
= 2. Gumbel at h = 0 is no mark: it draws by the key at one position only.

Each heading names the model. The demo model has 5,897 tokens and draws 2.15 nats a token; SmolLM2 has 49,152 and draws
3.6. So the demo model's contexts recur sooner, and its lists are learnt from fewer tokens. Its marked texts pass p ≤ 1e-6
by less, so fewer exchanges strip them. A key protects larger models longer; how much longer has not been measured. What
holds across models is the order of the widths.
TEXT
learn gm1:green,h=0,gamma=64/256@2 500000 200 400 1000 2000 5000 10000 20000 50000 100000
learn gm1:green,h=1,gamma=64/256@2 100000 400 1000 2000 5000 10000 20000 50000
learn gm1:green,h=2,gamma=64/256@2 500000 200 400 1000 2000 5000 10000 20000 50000 100000 200000
learn gm1:green,h=4,gamma=64/256@2 500000 200 400 1000 2000 5000 10000 20000 50000 100000 200000
learn gm1:gumbel,h=1 100000 400 1000 2000 5000 10000 20000 50000
if [ -n "${SMOLLM2:-}" ]; then
    for h in 0 1; do
        "$stealing" learn "$out" --model smollm2 --mark "gm1:green,h=$h,gamma=64/256@2" --keys 3 --texts 8 --unmarked 20000 --rungs 0 2000 5000 10000
    done
fi
cat <<'TEXT'

## A token inserted between words, then deleted

The model is told to put a sign after every word, or every second one, and the attacker deletes the signs (Goodside's
emoji attack; Kirchenbauer et al. 2023, arXiv:2301.10226, §7). *Obedience is assumed*: the sign is put into the contexts
that the mark sees, and the model continues as if it were not there. A prompt does this while the text is written; nobody
can do it to a finished text. A word begins where a token begins with white space; what continues a word keeps its
context. Each text of 200 tokens has a key of its own and is detected after the deletion.
TEXT
"$stealing" insert --marks gm1:green,h={0,1,2,4},gamma=64/256@2 gm1:gumbel,h={1,2,4} --texts 100
