"""Writes the peers' texts: lab/scripts/peers.sh, first half. Schemes may be written by several processes at once."""

import argparse
import functools
import pathlib

import generate
import quicker
import smollm2
import torch
from schemes import Gumbel, GreenList, SynthID


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--schemes", nargs="+", required=True, help="plain, lefthash-1, selfhash-4, synthid, vllm-gumbel-4")
    parser.add_argument("--prompts", nargs="+", required=True)
    parser.add_argument("--vllm", type=pathlib.Path)
    parser.add_argument("--texts", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--selfhash-delta", type=float, required=True)
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

    made = {
        "plain": lambda: None,
        "lefthash-1": lambda: GreenList("lefthash", 1, 2.0),
        "selfhash-4": lambda: GreenList("selfhash", 4, args.selfhash_delta),
        "synthid": SynthID,
        "vllm-gumbel-4": lambda: Gumbel(args.vllm),
    }
    for name in args.schemes:
        scheme = made[name]()
        if name in ["selfhash-4", "synthid"]:
            quicker.check(scheme, model().config)
        written(scheme.name if scheme else name, scheme)


if __name__ == "__main__":
    main()
