"""Parts of lab/scripts/model-attacks.sh: sentences of texts, and the table."""

import json
import math
import re
import statistics
import sys


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def sentences(path):
    """Sentences of four words and more, one a line."""
    for text in lines(path):
        found = re.split(r"(?<=[.!?])\s+", text["text"])
        for number, sentence in enumerate(found):
            if len(sentence.split()) >= 4 and sentence[-1] in ".!?":
                print(json.dumps({"id": f"{text['id']}-{number}", "text": sentence}))


def table(folder, attacks):
    print("| attack | strength | n | median ln p | TPR at 1e-6 | median word edit rate | places changed | answers of no use |")
    print("|---|---|---|---|---|---|---|---|")
    for name in attacks:
        attacked, found = lines(f"{folder}/{name}.jsonl"), lines(f"{folder}/{name}-found.jsonl")
        ln_p = [text["unpaid_ln_p"] for text in found]
        steps = [text["attacks"][0] for text in attacked]
        places = sum(step["places"] for step in steps)
        changed = sum(step["changed"] for step in steps)
        unusable = sum(step.get("unusable", 0) for step in steps)
        of_no_use = f"{unusable} of {changed + unusable}" if "unusable" in steps[0] else "–"
        rate = statistics.median(text["word_edit_rate"] for text in attacked)
        share = sum(p <= math.log(1e-6) for p in ln_p) / len(ln_p)
        label = name.rsplit("-", 1)[0].replace("-", ", ", 1)
        print(
            f"| {label} | {steps[0]['strength']:g} | {len(ln_p)} | {statistics.median(ln_p):.1f} | {share:.2f} | {rate:.2f} "
            f"| {changed / places:.2f} | {of_no_use} |"
        )
    alone = lines(f"{folder}/alone.jsonl")
    usable = [text for text in alone if text["attacks"][0]["changed"]]
    same = sum(text["word_edit_rate"] == 0 for text in usable)
    rates = [text["word_edit_rate"] for text in usable]
    print()
    print(
        f"Of {len(alone)} sentences of four words and more, each alone, {len(alone) - len(usable)} answers were of no use, {same} gave "
        f"the sentence back as it was, and the median word edit rate of the usable ones is {statistics.median(rates):.2f}."
    )


if sys.argv[1] == "sentences":
    sentences(sys.argv[2])
else:
    table(sys.argv[2], sys.argv[3:])
