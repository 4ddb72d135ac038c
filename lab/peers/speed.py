"""Times other watermarks' code on this machine, beside our own record. Called by scripts/peers.sh; see there.

One thread, processor time, as in our benches: medians over --repeat runs (fewer of what takes seconds), after one that is thrown away.
"""

import argparse
import csv
import datetime
import importlib.metadata
import pathlib
import random
import statistics
import sys
import time

import torch
from schemes import DEPTH, NGRAM, load_vllm, synthid
from transformers import PreTrainedConfig
from transformers.generation import WatermarkDetector, WatermarkLogitsProcessor

V = 128_256  # Llama 3's
OUR_V = 131_072  # over which our texts are drawn; scoring does not know it
H = NGRAM - 1  # context width of selfhash, SynthID and vLLM; lefthash reads one token


def zipf_ids(count, rng):
    """The law of our benches: P(id) ∝ 1/(id + 2.7), independent."""
    q = 2.7
    return [min(int(q * ((V + q) / q) ** rng.random() - q), V - 1) for _ in range(count)]


def median_seconds(repeat, draw, run):
    """Processor time of `run` on inputs that `draw` makes while no clock runs: with one thread, on an idle machine, wall time."""
    times = []
    for _ in range(1 + repeat):
        drawn = draw()
        start = time.process_time()
        run(drawn)
        times.append(time.process_time() - start)
    return statistics.median(times[1:])


def hf_steps(scheme, width, repeat, rng):
    processor = WatermarkLogitsProcessor(V, "cpu", seeding_scheme=scheme, context_width=width)
    scores = torch.randn(1, V, generator=torch.Generator().manual_seed(1))
    return median_seconds(repeat, lambda: torch.tensor([zipf_ids(16, rng)]), lambda text: processor(text, scores))


def hf_detection(scheme, width, repeat, rng, tokens):
    config = {"greenlist_ratio": 0.25, "bias": 2.0, "seeding_scheme": scheme, "context_width": width}
    model = PreTrainedConfig(vocab_size=V, bos_token_id=V - 1)

    def draw():  # a detector of its own each time: it remembers n-grams
        detector = WatermarkDetector(model, "cpu", {**config, "hashing_key": 15485863}, ignore_repeated_ngrams=True)
        return detector, torch.tensor([zipf_ids(tokens, rng)])

    def run(drawn):
        detector, text = drawn
        found = detector(text, return_dict=True)
        assert tokens / 2 < found.num_tokens_scored[0] <= tokens

    return median_seconds(repeat, draw, run) / tokens


def synthid_detection(repeat, rng, tokens, with_mask):
    processor = synthid(rng).construct_processor(V, "cpu")

    def run(text):
        g_values = processor.compute_g_values(text)
        assert g_values.shape == (1, tokens - H, DEPTH)
        if with_mask:
            processor.compute_context_repetition_mask(text)

    return median_seconds(repeat, lambda: torch.tensor([zipf_ids(tokens, rng)]), run) / tokens


def synthid_steps(repeat, rng):
    processor = synthid(rng).construct_processor(V, "cpu")
    scores = torch.randn(1, V, generator=torch.Generator().manual_seed(1))
    return median_seconds(repeat, lambda: torch.tensor([zipf_ids(16, rng)]), lambda text: processor(text, scores))


def our_record(folder):
    """The newest row of each bench, and where it is from: a day's record need not have all."""
    rows = {}
    for record in sorted(folder.glob("*.csv")):
        with record.open(newline="") as file:
            rows |= {row["bench"]: row | {"source": f"Greenmark, {record.name}"} for row in csv.DictReader(file) if "bench" in row}
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vllm", type=pathlib.Path, help="folder of the unpacked vLLM wheel")
    parser.add_argument("--vllm-version")
    parser.add_argument("--record", type=pathlib.Path, required=True)
    parser.add_argument("--cpu", required=True)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--tokens", type=int, default=1_000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rng = random.Random(1)
    n, tokens = args.repeat, args.tokens
    few = max(3, n // 5)  # of what takes seconds

    steps, detections = [], []
    hf = f"transformers {importlib.metadata.version('transformers')}"

    def step(name, source, seconds, count):
        steps.append((name, source, f"{seconds * 1e6:,.0f} µs", count))

    def detection(name, source, seconds, count):
        detections.append((name, source, f"{1 / seconds:,.0f}", f"{seconds * 1e9:,.0f} ns", count))

    step("KGW lefthash, h = 1", hf, hf_steps("lefthash", 1, n, rng), n)
    step(f"KGW selfhash, h = {H}", hf, hf_steps("selfhash", H, few, rng), few)
    step(f"SynthID, depth {DEPTH}, h = {H}, whole vocabulary", hf, synthid_steps(few, rng), few)
    detection("KGW lefthash, h = 1", hf, hf_detection("lefthash", 1, few, rng, tokens), few)
    detection(f"KGW selfhash, h = {H}", hf, hf_detection("selfhash", H, few, rng, tokens), few)
    detection(f"SynthID g-values, depth {DEPTH}, h = {H}", hf, synthid_detection(n, rng, tokens, False), n)
    detection("SynthID g-values and repetition mask", hf, synthid_detection(few, rng, tokens, True), few)

    if args.vllm:
        gumbel, source = load_vllm(args.vllm), f"vLLM {args.vllm_version}"
        sampler = gumbel.GumbelWatermarker(7, H)
        logits = torch.randn(1, V, generator=torch.Generator().manual_seed(1))
        seconds = median_seconds(
            few, lambda: torch.tensor([zipf_ids(H, rng)]), lambda context: sampler.sample(logits, context)
        )
        step(f"Gumbel-max, h = {H}, sampling included (CPU path)", source, seconds, few)
        detector = gumbel.GumbelWatermarkDetector(7, H)
        seconds = median_seconds(n, lambda: zipf_ids(tokens, rng), detector.detect) / tokens
        detection(f"Gumbel-max, h = {H}", source, seconds, n)
    else:
        print("peers: SKIPPED vLLM, no wheel of it\n", file=sys.stderr)

    ours = our_record(args.record)
    if not ours:
        print("peers: SKIPPED our own numbers, run scripts/bench-record.sh first\n", file=sys.stderr)
    for name, bench in [("green list, new context", "cold"), ("green list, cached", "cached")]:
        if row := ours.get(f"bias/V={V}/{bench}"):
            step(f"**{name}**", row["source"], float(row["median_ns"]) / 1e9, "criterion")
    for bench, row in ours.items():
        if bench.startswith(f"choice/V={V}/"):
            what = bench.rsplit("/", 1)[1]
            what = "whole vocabulary" if what == "whole" else f"after top-p, {what}"
            step(f"**gumbel, h = 1, {what}**", row["source"], float(row["median_ns"]) / 1e9, "criterion")
    for h in [1, 2, 4]:
        for state in ["warm", "cold"]:
            if row := ours.get(f"score/h={h}/V={OUR_V}/T={tokens}/{state}"):
                seconds = float(row["median_ns"]) / 1e9 / tokens
                detection(f"**green list, h = {h}, {state} detector**", row["source"], seconds, "criterion")
    for h in ["1", "2", "4", "4/dual"]:
        if row := ours.get(f"score/gumbel/h={h}/V={OUR_V}/T={tokens}/warm"):
            seconds = float(row["median_ns"]) / 1e9 / tokens
            detection(f"**gumbel, h = {h.replace('/', ', ')}, warm detector**", row["source"], seconds, "criterion")

    date = datetime.date.today().isoformat()
    print(
        f"{date}, {args.cpu}, one thread, processor time, Python {sys.version.split()[0]}, torch {torch.__version__}; "
        f"V = {V:,}, texts of {tokens:,} tokens by the law of our benches (ours over V = {OUR_V:,}); medians of n.\n"
    )
    print("| one step of generation | from | median | n |\n|---|---|---|---|")
    for row in steps:
        print("| " + " | ".join(map(str, row)) + " |")
    print("\n| detection, from ids | from | tokens/s | per token | n |\n|---|---|---|---|---|")
    for row in detections:
        print("| " + " | ".join(map(str, row)) + " |")


if __name__ == "__main__":
    main()
