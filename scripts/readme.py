#!/usr/bin/env python3
"""The tables of README's "Under attack", out of what the standard suite found.

    scripts/readme.py lab/results/standard/results.json                 prints them
    scripts/readme.py lab/results/standard/results.json README.md       checks that README has every line of them
"""

import json
import sys
from pathlib import Path

CHIEF = ["gm1:green,h=1,gamma=64/256, delta 2", "gm1:gumbel,h=2"]
ATTACKS = [
    ("nothing", "none", 0.0),
    ("20 % of words replaced", "replace", 0.2),
    ("35 %", "replace", 0.35),
    ("50 %", "replace", 0.5),
    ("35 % of words deleted", "delete", 0.35),
    ("half the words swapped with a neighbour", "swap", 0.5),
    ("a typo in half the longer words", "typos", 0.5),
    ("capitals changed in half the words", "case", 0.5),
    ("every punctuation mark dropped or changed", "punctuation", 1.0),
    ("every letter that has one exchanged for its look-alike", "homoglyphs", 1.0),
    ("invisible characters behind a fifth of the letters", "zero-width", 0.2),
    ("sentences in random order", "shuffle-sentences", 1.0),
    ("lines wrapped anew, lists, Markdown gone", "format", 1.0),
    ("the first quarter alone", "truncate", 0.75),
    ("three stretches in a text nine times as long", "paste", 0.9),
    ("half the sentences another text's", "mix", 0.5),
    ("every word that has one exchanged for a synonym", "synonyms", 1.0),
    ("phrases out of a table, chosen by SmolLM2", "phrases", 1.0),
    ("into Spanish and back, by Apertium", "back-translate", 1.0),
    ("half of it written anew by SmolLM2, five tokens at a time", "resample, span 5", 0.5),
    ("each sentence paraphrased by SmolLM2", "paraphrase, by sentence", 1.0),
]
COMPARED = [("none", 0.0), ("replace", 0.2), ("replace", 0.35), ("replace", 0.5), ("delete", 0.35), ("swap", 0.5), ("paste", 0.9)]


def share(value: float, digits: int) -> str:
    """Without the zero before the point; 1 where it is all."""
    return "1" if value == 1 else f"{value:.{digits}f}".removeprefix("0")


def under_attack(cells: dict, tokens: int) -> list[str]:
    lines = ["| attack | words edited | similarity | green, h = 1, δ = 2 | gumbel, h = 2 |", "|---|--:|--:|---|---|"]
    for label, attack, strength in ATTACKS:
        row = [cells[mark, attack, strength, tokens] for mark in CHIEF]
        damage = [f"{row[0]['damage'][name]['value']:.2f}" for name in ("word_edit_rate", "similarity")]
        rates = []
        for cell in row:
            rate = cell["detection"]["detect"][2]
            n = "" if rate["n"] >= 200 else f", n = {rate['n']}"
            rates.append(f"{share(rate['hits'] / rate['n'], 3)} ({share(rate['low'], 2)}–{share(rate['high'], 2)}{n})")
        lines.append(f"| {' | '.join([label, *damage, *rates])} |")
    return lines


def by_mark(marks: list[dict], cells: dict) -> list[str]:
    lines = [
        "| mark | perplexity × | repeated 4-grams | as written | 20 % replaced | 35 % | 50 % | 35 % deleted | half swapped | 10 % of a text |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    fractions = {"64/256": "1/4", "128/256": "1/2"}
    for row in marks:
        if row["mark"] == "none":
            continue
        scheme, _, delta = row["mark"].removeprefix("gm1:").partition(", delta ")
        parts = [part.split("=") for part in scheme.split(",")[1:]]
        name = ", ".join([scheme.split(",")[0], *(f"{'γ' if k == 'gamma' else k} = {fractions.get(v, v)}" for k, v in parts)])
        name += f", δ = {delta}" if delta else ""
        name = f"**{name}**" if row["mark"] in CHIEF else name
        name += " (default)" if row["mark"] == CHIEF[0] else ""
        cost = row["perplexity_factor"]
        rates = [cells[row["mark"], attack, strength, row["tokens"]]["detection"]["detect"][2] for attack, strength in COMPARED]
        lines.append(
            f"| {name} | {cost['value']:.2f} ({cost['low']:.2f}–{cost['high']:.2f}) | {100 * row['repeated_4grams']['value']:.1f} % | "
            + " | ".join(share(rate["hits"] / rate["n"], 3) for rate in rates)
            + " |"
        )
    return lines


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    results = json.loads(Path(sys.argv[1]).read_text())
    cells = {(cell["mark"], cell["attack"], cell["strength"], cell["tokens"]): cell for cell in results["cells"]}
    tables = [under_attack(cells, results["run"]["chief_length"]), by_mark(results["marks"], cells)]
    if len(sys.argv) == 2:
        print("\n\n".join("\n".join(table) for table in tables))
        return
    known = set(Path(sys.argv[2]).read_text().splitlines())
    missing = [line for table in tables for line in table if line not in known]
    if missing:
        sys.exit(f"{sys.argv[2]} lacks what {sys.argv[1]} found:\n" + "\n".join(missing))


if __name__ == "__main__":
    main()
