#!/usr/bin/env python3
"""Writes the token ids of tests/data/tokenizer-strings.json, for the tests of our own tokenizer.

    scripts/tokenizer-ids.py MODEL.gguf            > tests/data/tokenizer-ids-smollm2.json
    scripts/tokenizer-ids.py tokenizer.json        > ids.json  (tests/data/tokenizer-ids-minilm.json for MiniLM's)
    scripts/tokenizer-ids.py MODEL.gguf --compare  # where transformers' own conversion differs

Two witnesses, neither of them ours:

- Hugging Face `tokenizers` (the library the models were made with), given the vocabulary and merges as the file has
  them and the pre-tokenizer of the model's own tokenizer.json. For SmolLM2 that is Digits(individual_digits=True),
  then ByteLevel(add_prefix_space=False).
- `transformers`' conversion of the same GGUF. It does not know the name "smollm" and leaves the Digits step out, so
  it differs where blanks stand before a digit ("a  1"). The model was trained with the step; --compare lists the
  differences, and they are no error of ours.

It makes and uses a virtual environment in the system's temporary directory, with the versions below.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PACKAGES = ["tokenizers==0.23.3", "gguf==0.19.0", "transformers==5.23.0"]
STRINGS = pathlib.Path(__file__).parent.parent / "tests/data/tokenizer-strings.json"


def enter_environment():
    """Runs this script again inside the virtual environment, making it first if need be."""
    root = pathlib.Path(tempfile.gettempdir()) / "greenmark-tokenizer-ids"
    python = root / "bin/python"
    if pathlib.Path(sys.prefix) == root:
        return
    if not (root / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", root], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, stdout=sys.stderr)
        (root / "done").touch()
    os.execv(python, [python, *sys.argv])


def gguf_fields(path):
    from gguf import GGUFReader

    return {key: field.contents() for key, field in GGUFReader(path).fields.items()}


def from_gguf(path):
    """SmolLM2's tokenizer out of the GGUF, with the rules of the model's own tokenizer.json."""
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    fields = gguf_fields(path)
    name = fields.get("tokenizer.ggml.pre")
    if (fields["tokenizer.ggml.model"], name) != ("gpt2", "smollm"):
        sys.exit(f"{path}: pre-tokenizer {name!r}; this script knows the rules of 'smollm' only")
    tokens = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    kinds = fields["tokenizer.ggml.token_type"]
    control = [token for token, kind in zip(tokens, kinds) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in control])
    return tokenizer


def from_transformers(path):
    """What transformers makes of the GGUF. Its reader imports torch for the tensors; the tokenizer needs none."""
    try:
        import torch  # noqa: F401
    except ImportError:
        pass
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_TOKENIZER_MAPPING, convert_gguf_tokenizer

    fields = gguf_fields(path)
    names = GGUF_TOKENIZER_MAPPING["tokenizer"]
    parts = {name: fields[f"tokenizer.{key}"] for key, name in names.items() if f"tokenizer.{key}" in fields}
    return convert_gguf_tokenizer(fields["general.architecture"], parts)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a GGUF file or a tokenizer.json")
    parser.add_argument("--compare", action="store_true", help="list where transformers' conversion differs")
    arguments = parser.parse_args()
    enter_environment()

    from tokenizers import Tokenizer

    is_gguf = arguments.model.endswith(".gguf")
    tokenizer = from_gguf(arguments.model) if is_gguf else Tokenizer.from_file(arguments.model)
    # A file may ask for either.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    strings = json.loads(STRINGS.read_text())
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in strings]
    if arguments.compare:
        other = from_transformers(arguments.model)
        theirs = [other.encode(text, add_special_tokens=False).ids for text in strings]
        differing = [(text, a, b) for text, a, b in zip(strings, ids, theirs) if a != b]
        for text, a, b in differing:
            print(f"{text[:40]!r}\n  tokenizers   {a[:20]}\n  transformers {b[:20]}")
        print(f"{len(differing)} of {len(strings)} strings differ")
        return
    print("[\n" + ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in ids) + "\n]")


if __name__ == "__main__":
    main()
