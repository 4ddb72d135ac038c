"""What every detector counts in every attacked text, under the key of the text: lab/scripts/peers.sh, second half.

The peers' detectors are the peers' own code; ours is `greenmark detect --json`. Counts are kept, so that a run which was broken off goes on.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile

import attack
import smollm2
import torch
import transformers
from schemes import Gumbel, GreenList, SynthID

OURS = {
    "green": ("gm1:green,h=1,gamma=64/256", "t1-gm1-green-h-1-gamma-64-256--delta-2"),
    "gumbel-2": ("gm1:gumbel,h=2", "t1-gm1-gumbel-h-2"),
    "gumbel-4": ("gm1:gumbel,h=4", "t1-gm1-gumbel-h-4"),
}
NULL_KEYS = 10  # wrong keys that every unmarked text is asked about
FIRST_NULL_KEY = 1_000_000


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


class Kept:
    """Findings by their names, in a file that grows."""

    def __init__(self, file):
        self.file = file
        whole = file.read_text() if file.exists() else ""
        whole = whole[: whole.rfind("\n") + 1]  # a run may have been broken off within a line
        file.write_text(whole)
        self.found = {(line["index"], line["of"]): line["found"] for line in map(json.loads, whole.splitlines())}

    def missing(self, index, names):
        return [name for name in names if (index, name) not in self.found]

    def add(self, index, of, found):
        with self.file.open("a") as out:
            out.write(json.dumps({"index": index, "of": of, "found": found}) + "\n")


def key_text(seed, index):
    """The key of our text, as eval/src/corpus.rs makes it, in the text form of SPEC §2.2."""
    key = hashlib.sha256(f"greenmark/robustness/key/{seed}/{index}".encode()).digest()
    return "gmk1" + key.hex() + hashlib.sha256(b"greenmark/v1/key-checksum" + key).hexdigest()[:8]


def detect(greenmark, scheme, seed, index, texts):
    """Evidence of texts by their names, under one key."""
    with tempfile.TemporaryDirectory() as folder:
        key, text = pathlib.Path(folder, "text.key"), pathlib.Path(folder, "texts.jsonl")
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write(key_text(seed, index))
        text.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in texts.items()))
        done = subprocess.run(
            [greenmark, "detect", "-k", key, "--scheme", scheme, "--tokenizer", "smollm2", "--json", text],
            capture_output=True,
            encoding="utf-8",
        )
        if done.returncode != 0:
            raise SystemExit(f"peers: greenmark detect, text {index}: {done.stderr.strip()}")
    found = {line["id"]: line for line in map(json.loads, done.stdout.splitlines())}
    # Kept under the names that the evidence had when the first of them were kept.
    fields = {"scored": "scored", "ln_p": "unpaid_ln_p", "search_ln_p": "ln_p"}
    return {name: {kept: found[name][field] for kept, field in fields.items()} for name in texts}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--schemes", nargs="+", required=True, help="files in OUT/texts without .jsonl, or green, gumbel-2, gumbel-4")
    parser.add_argument("--greenmark", required=True)
    parser.add_argument("--vllm", type=pathlib.Path)
    parser.add_argument("--texts", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    text = smollm2.Text()
    for folder in ["attacked", "scores"]:
        (args.out / folder).mkdir(exist_ok=True)
    config = transformers.PreTrainedConfig(vocab_size=text.tokenizer.get_vocab_size(), bos_token_id=1)

    peers = {
        "lefthash-1": lambda: GreenList("lefthash", 1, 2.0),
        # δ is of writing alone: detection does not know it.
        "selfhash-4": lambda: GreenList("selfhash", 4, 0.0),
        "synthid": SynthID,
        "vllm-gumbel-4": lambda: Gumbel(args.vllm),
    }
    # Unmarked texts: those of our own generator, which every scheme's texts are pasted into and mixed with.
    by_index = sorted(lines(args.out / "ours" / "t1-plain.jsonl"), key=lambda line: line["index"])
    plain = [line["text"] for line in by_index]

    for name in args.schemes:
        is_ours = name in OURS
        file = args.out / "ours" / f"{OURS[name][1]}.jsonl" if is_ours else args.out / "texts" / f"{name}.jsonl"
        texts = [line for line in sorted(lines(file), key=lambda line: line["index"]) if line["index"] < args.texts]
        if len(texts) < args.texts:
            print(f"peers: {name} has {len(texts)} texts of {args.texts}", flush=True)
        by_attack = {
            attack.label(which): attack.attacked(
                args.out / "attacked", name, texts, plain, which, args.greenmark, args.seed
            )
            for which in attack.ATTACKS
        }
        kept = Kept(args.out / "scores" / f"{name}.jsonl")
        scheme = None if is_ours else peers[name]()
        for index in (line["index"] for line in texts):
            missing = kept.missing(index, by_attack)
            if missing and is_ours:
                found = detect(args.greenmark, OURS[name][0], args.seed, index, {of: by_attack[of][index] for of in missing})
                for of in missing:
                    kept.add(index, of, found[of])
            elif missing:
                count = scheme.counter(config, args.seed, index)
                for of in missing:
                    kept.add(index, of, count(text.encode(by_attack[of][index])))
        print(f"peers: {name}: {len(texts)} texts, {len(by_attack)} attacks scored", flush=True)
        if is_ours:
            continue
        # The null: unmarked texts under keys that no text has.
        kept = Kept(args.out / "scores" / f"{name}.null.jsonl")
        ids = {index: text.encode(plain[index]) for index in range(args.texts)}
        for number in range(FIRST_NULL_KEY, FIRST_NULL_KEY + NULL_KEYS * args.texts):
            index = number % args.texts
            if kept.missing(index, [number]):
                kept.add(index, number, scheme.counter(config, args.seed, number)(ids[index]))
        print(f"peers: {name}: {NULL_KEYS * args.texts} null keys scored", flush=True)


if __name__ == "__main__":
    main()
