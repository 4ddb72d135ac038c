"""Writes the peers' texts and finds the δ of selfhash: eval/peers.sh, first half. Schemes may be written by several processes at once."""

import argparse
import functools
import json
import pathlib

import calibrate
import generate
import quicker
import smollm2
import torch
from schemes import Gumbel, GreenList, SynthID

CALIBRATION_TEXTS = 24


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--schemes", nargs="+", required=True, help="plain, lefthash-1, selfhash-1, selfhash-4, synthid, vllm-gumbel-4")
    parser.add_argument("--prompts", nargs="+", required=True)
    parser.add_argument("--vllm", type=pathlib.Path)
    parser.add_argument("--texts", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--block", type=int, default=25)
    args = parser.parse_args()
    torch.set_num_threads(1)  # two on busy cores wait for each other
    folder = args.out / "texts"
    folder.mkdir(parents=True, exist_ok=True)
    text = smollm2.Text()
    model = functools.cache(smollm2.load_model)
    prompts = [text.prompt(question) for question in smollm2.questions(args.prompts)]
    if len(prompts) < args.texts:
        raise SystemExit(f"peers: {args.texts} texts of {len(prompts)} prompts")

    def written(name, scheme):
        file = folder / f"{name}.jsonl"
        return generate.texts(file, model, text, prompts, scheme, args.texts, args.seed, args.tokens, args.block)

    def selfhash_delta():
        file = args.out / "calibration.json"
        if not file.exists():
            texts = written("plain", None)[:CALIBRATION_TEXTS]
            found = calibrate.equal_delta(calibrate.steps(model(), prompts, texts, args.seed))
            file.write_text(json.dumps(found) + "\n")
            print(f"peers: selfhash costs as much at delta {found['delta']}", flush=True)
        return json.loads(file.read_text())["delta"]

    made = {
        "plain": lambda: None,
        "lefthash-1": lambda: GreenList("lefthash", 1, 2.0),
        "selfhash-1": lambda: GreenList("selfhash", 1, selfhash_delta()),
        "selfhash-4": lambda: GreenList("selfhash", 4, selfhash_delta()),
        "synthid": SynthID,
        "vllm-gumbel-4": lambda: Gumbel(args.vllm),
    }
    for name in args.schemes:
        scheme = made[name]()
        if name in ["selfhash-1", "selfhash-4", "synthid"]:
            quicker.check(scheme, model().config)
        written(scheme.name if scheme else name, scheme)


if __name__ == "__main__":
    main()
