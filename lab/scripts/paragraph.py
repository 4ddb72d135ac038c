#!/usr/bin/env python3
"""How often a marked paragraph in a human article is named: for each marked text, an article of some 5,000 human words with the text as
one paragraph of it, and what `greenmark detect` says of it. Called by lab/scripts/paragraph.sh. Python's standard library alone.

    paragraph.py marked.jsonl key-file HUMAN.jsonl... > table
"""

import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

WORDS = 5000
ALPHA = 1e-6


def articles(files, count, rng):
    """Human articles of WORDS words, as lists of paragraphs."""
    texts = [json.loads(line)["text"] for file in files for line in open(file, encoding="utf-8")]
    rng.shuffle(texts)
    paragraphs = iter([p for text in texts for p in text.split("\n\n") if p.strip()])
    for _ in range(count):
        article, words = [], 0
        while words < WORDS:
            article.append(next(paragraphs))
            words += len(article[-1].split())
        yield article


def rate(hits, n):
    """Hits of n, with the exact 95 % interval (Clopper and Pearson), by bisection."""
    above = lambda k, p: sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    def solve(k, tail):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if above(k, middle) > tail else (middle, high)
        return low
    lower = solve(hits, 0.025) if hits else 0.0
    upper = solve(hits + 1, 0.975) if hits < n else 1.0
    return f"{hits}/{n} ({lower:.2f}–{upper:.2f})"


def main():
    marked_file, key, *human = sys.argv[1:]
    greenmark = os.environ.get("GREENMARK", "target/release/greenmark")
    rng = random.Random(1)
    marked = [json.loads(line)["text"] for line in open(marked_file, encoding="utf-8")]
    places = []
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for text, article in zip(marked, articles(human, len(marked), rng)):
            at = rng.randrange(len(article) + 1)
            before = "".join(p + "\n\n" for p in article[:at])
            places.append((len(before), len(before) + len(text)))
            whole = before + text + "".join("\n\n" + p for p in article[at:])
            file.write(json.dumps({"text": whole}) + "\n")
        file.flush()
        scheme = os.environ["SCHEME"]
        command = [greenmark, "detect", "--json", "--scheme", scheme, "--tokenizer", "smollm2", "-k", key, "--alpha", str(ALPHA), file.name]
        found = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]

    whole = sum(evidence["unpaid_ln_p"] <= math.log(ALPHA) for evidence in found)
    detected = sum(evidence["detected"] for evidence in found)
    named, stray, edges = 0, 0, []
    for (start, end), evidence in zip(places, found):
        hits = [s for s in evidence["spans"] if s["text_start"] < end and s["text_end"] > start]
        stray += len(evidence["spans"]) > len(hits)
        covered = sum(min(s["text_end"], end) - max(s["text_start"], start) for s in hits)
        if covered > (end - start) / 2:
            named += 1
            edges += [abs(hits[0]["text_start"] - start), abs(hits[-1]["text_end"] - end)]
    n = len(found)
    tokens = statistics.median(evidence["tokens"] for evidence in found)
    print("| articles | tokens (median) | whole text, p ≤ 1e-6 | detected | paragraph named (more than half of it) | another passage too | edge, characters off (median; 90 %) |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    edges.sort()
    off = f"{edges[len(edges) // 2]}; {edges[len(edges) * 9 // 10]}" if edges else "–"
    print(f"| {n} | {tokens:.0f} | {rate(whole, n)} | {rate(detected, n)} | {rate(named, n)} | {rate(stray, n)} | {off} |")


main()
