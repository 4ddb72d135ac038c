#!/usr/bin/env python3
"""Prints the tables of docs/robustness.md and README.md that come from the standard suite, or checks them.

    scripts/docs-tables.py           print the tables
    scripts/docs-tables.py --check   fail unless both pages have every line of theirs
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "lab/results/standard/results.json"
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
    ("every letter that has a look-alike replaced by it", "homoglyphs", 1.0),
    ("invisible characters after a fifth of the letters", "zero-width", 0.2),
    ("sentences in random order", "shuffle-sentences", 1.0),
    ("lines rewrapped, lists made, Markdown removed", "format", 1.0),
    ("only the first quarter kept", "truncate", 0.75),
    ("three stretches in a text nine times as long", "paste", 0.9),
    ("half the sentences from another text", "mix", 0.5),
    ("a synonym for every word that has one", "synonyms", 1.0),
    ("phrases from a table, chosen by SmolLM2", "phrases", 1.0),
    ("translated to Spanish and back by Apertium", "back-translate", 1.0),
    ("half resampled by SmolLM2, five tokens at a time", "resample, span 5", 0.5),
    ("every sentence paraphrased by SmolLM2", "paraphrase, by sentence", 1.0),
]
README = ["replace", "back-translate", "paraphrase, by sentence"]
COMPARED = [("none", 0.0), ("replace", 0.2), ("replace", 0.35), ("swap", 0.5), ("paste", 0.9)]
REPLACED = [("none", 0.0), ("replace", 0.2), ("replace", 0.35), ("replace", 0.5)]


def share(value: float, digits: int) -> str:
    """Without the zero before the point; 1 if it is everything."""
    return "1" if value == 1 else f"{value:.{digits}f}".removeprefix("0")


def rate(cell: dict) -> str:
    """What `detect` finds at p <= 1e-6, with its interval, and n where it is below 200."""
    rate = cell["detection"]["detect"][2]
    n = "" if rate["n"] >= 200 else f", n = {rate['n']}"
    return f"{share(rate['hits'] / rate['n'], 3)} ({share(rate['low'], 2)}–{share(rate['high'], 2)}{n})"


def under_attack(cells: dict, tokens: int) -> list[str]:
    lines = ["| attack | words edited | similarity | green, h = 1, δ = 2 | gumbel, h = 2 |", "|---|--:|--:|---|---|"]
    for label, attack, strength in ATTACKS:
        row = [cells[mark, attack, strength, tokens] for mark in CHIEF]
        damage = [f"{row[0]['damage'][name]['value']:.2f}" for name in ("word_edit_rate", "similarity")]
        lines.append(f"| {' | '.join([label, *damage, *map(rate, row)])} |")
    return lines


def by_length(cells: dict, lengths: list[int]) -> list[str]:
    lines = [f"| words replaced, mark | {' | '.join(f'{length} tokens' for length in lengths)} |", "|---|" + "---|" * len(lengths)]
    for mark, name in zip(CHIEF, ["green", "gumbel"]):
        for attack, strength in REPLACED:
            row = [rate(cells[mark, attack, strength, length]) for length in lengths]
            lines.append(f"| {100 * strength:.0f} %, {name} | {' | '.join(row)} |")
    return lines


def by_mark(marks: list[dict], cells: dict) -> list[str]:
    lines = [
        "| mark | perplexity × | repeated 4-grams | as written | 20 % replaced | 35 % | half swapped | 10 % of a text |",
        "|---|---|--:|---|---|---|---|---|",
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
        rates = [rate(cells[row["mark"], attack, strength, row["tokens"]]) for attack, strength in COMPARED]
        lines.append(
            f"| {name} | {cost['value']:.2f} ({cost['low']:.2f}–{cost['high']:.2f}) | {100 * row['repeated_4grams']['value']:.1f} % | "
            + " | ".join(rates)
            + " |"
        )
    return lines


def survives(cells: dict, tokens: int) -> list[str]:
    rows = {attack: label for label, attack, _ in reversed(ATTACKS) if attack in README}
    strengths = {attack: strength for _, attack, strength in reversed(ATTACKS)}
    return [
        f"| {rows[attack]} | {' | '.join(rate(cells[mark, attack, strengths[attack], tokens]) for mark in CHIEF)} |" for attack in README
    ]


def main() -> None:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    results = json.loads(RESULTS.read_text())
    cells = {(cell["mark"], cell["attack"], cell["strength"], cell["tokens"]): cell for cell in results["cells"]}
    tokens = results["run"]["chief_length"]
    lengths = sorted({cell["tokens"] for cell in results["cells"]})
    pages = {
        "docs/robustness.md": [under_attack(cells, tokens), by_length(cells, lengths), by_mark(results["marks"], cells)],
        "README.md": [survives(cells, tokens)],
    }
    for page, tables in pages.items():
        if not sys.argv[1:]:
            print("\n\n".join([page, *("\n".join(table) for table in tables)]), end="\n\n")
            continue
        known = set((ROOT / page).read_text().splitlines())
        missing = [line for table in tables for line in table if line not in known]
        if missing:
            sys.exit(f"{page} lacks what {RESULTS.relative_to(ROOT)} found:\n" + "\n".join(missing))


if __name__ == "__main__":
    main()
