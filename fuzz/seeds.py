#!/usr/bin/env python3
"""Write seed corpora for the fuzz targets into fuzz/corpus/TARGET, made from tests/vectors and a few lines by hand.

Files are named by a hash of their content, as libFuzzer names its own, so running this again changes nothing.
"""

import hashlib
import json
import math
import pathlib
import struct
import sys

FUZZ = pathlib.Path(__file__).resolve().parent
VECTORS = FUZZ.parent / "tests" / "vectors"

sys.path.insert(0, str(FUZZ.parent / "tests" / "reference"))
import greenmark_reference  # noqa: E402, its folder is none of Python's own

JSON_LINES = [
    b'{"id": "a", "text": "Once upon a time"}\n{"text": "caf\\u00e9 \\ud83d\\ude00"}\n',
    b'{"id": 7, "tokens": [1, 2, 4294967295]}\r\n\r\n{"id": -1.5e3, "text": "t", "tokens": []}',
    b'{"id": null, "text": "line", "more": {"deep": [[], {"a": null}]}}\n{"tokens": [4294967296]}\n',
    b'{"id": 1}\n{"text": "twice", "text": "twice"}\n["a", "b", null]\n"text"\n\xef\xbb\xbf{"text": "mark"}\n',
    b'{"text": "cut off\n\xff\xfe\n{"id": "p", "prompt": "Tell me"}\n{"prompt": 3}\n{"prompt": "\\ud800"}\n',
    b'{"tokens": [" at line "]}\n{"id": true, "text": ""}\n{"id": 123456789012345678901234567890, "text": "x"}\n',
]


def main():
    vectors = {path.stem: json.loads(path.read_text("utf-8"))["cases"] for path in VECTORS.glob("*.json")}
    seeds = {
        "scheme": [case["text"].encode() for case in vectors["schemes"]],
        "key": [case["text"].encode() for case in vectors["keys"]]
        + [bytes(range(32)) + bytes(edit) for edit in [[], [0, 0, 32], [1, 75, 0], [2, 4, 65], [2, 75, 48]]],
        "scorer": [seed for name in ("scores", "gumbel-scores") for case in vectors[name] for seed in scorer_seeds(case)],
        "choice": [seed for case in vectors["samples"] for seed in sample_seeds(case)] + shape_seeds() + [*edge_seeds()],
        "jsonl": JSON_LINES,
        "normalise": [case["text"].encode() for case in vectors["normalise"]],
    }
    for target, contents in seeds.items():
        folder = FUZZ / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for content in contents:
            (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)
        print(f"{target}: {len(set(contents))} seeds")


def scorer_seeds(case):
    """The head that fuzz_targets/scorer.rs describes, and the ids: as they are, and long by repetition."""
    family, *parameters = case["scheme"].removeprefix("gm1:").split(",")
    if family == "green":
        width, numerator = (int(part.split("=")[1].split("/")[0]) for part in parameters)
        scheme = [0, width, numerator - 1]
    else:
        scheme = [len(parameters), int(parameters[0].removeprefix("h=")) - 1, 0]
    ids = case["ids"]
    id_bytes = 1 if all(i < 1 << 8 for i in ids) else 2 if all(i < 1 << 16 for i in ids) else 4
    body = b"".join(i.to_bytes(id_bytes, "little") for i in ids)
    if len(body) > 4000:
        return
    # Long texts are slow, and a few will do. One is long only if its bytes add up to a multiple of 32.
    for copies in (0, 254, 255) if case["tcId"] % 16 == 0 else (0,):
        body = body[:500] if copies else body
        seed = bytes([case["tcId"] % 256, *scheme, id_bytes // 2, copies, 1, 32 + case["tcId"] % 2]) + body
        yield seed[:8] + bytes([-sum(seed) % 32 if copies else 1]) + seed[8:]


def choice_seed(body, *, key=1, family=0, h=1, text=b"\x07", n=0, shape=0, order=4, fault=0, off=0, uniform=1 << 63):
    """The head that fuzz_targets/choice.rs describes, the text and what the probabilities are made from."""
    head = [key, family, h - 1, 128, len(text), n % 256, 244 + n // 256, shape, order, fault, off, 1]
    return bytes(head) + uniform.to_bytes(8, "little") + text + body


def sample_seeds(case):
    """The probabilities of a case, bit for bit, under a key of a byte."""
    if len(case["tokens"]) <= 300:
        body = b"".join(struct.pack("<f", p) for p in case["probabilities"])
        yield choice_seed(body, key=case["tcId"], family=case["subkey"] - 1)


def shape_seeds():
    """Every shape, order and fault once, and rows about as long as what is made at once."""
    logits = bytes(range(0, 200, 7))
    seeds = [choice_seed(logits, n=n, shape=shape) for shape in range(2, 7) for n in (0, 1, 31, 33, 200, 1023, 1025, 3000)]
    seeds += [choice_seed(bytes([logit]), n=3000, shape=4, order=order) for logit in range(0, 100, 4) for order in (4, 28)]
    seeds += [choice_seed(logits, n=40, shape=2, order=order) for order in range(0, 256, 3)]
    seeds += [choice_seed(logits, n=40, shape=2, fault=fault) for fault in range(192, 256)]
    seeds += [choice_seed(logits, n=1000, shape=5, off=off) for off in (98, 99, 100, 101, 155, 156, 157, 158)]
    seeds += [choice_seed(logits, n=40, shape=2, text=text, family=f) for text in (b"", b"aba") for f in (0, 1, 2)]
    numbers = (0, 1 << 63, (1 << 64) - 2, *(int.from_bytes(struct.pack("<d", x), "little") | 1 for x in (0.3, 1.0, -0.5)))
    seeds += [choice_seed(logits, n=40, shape=2, family=family, uniform=u) for u in numbers for family in (0, 1, 2)]
    # Two tokens, 813 and 1026, whose second words are equal.
    row = bytes([813 % 256, 813 // 256, 0, 1026 % 256, 1026 // 256, 0])
    tie = {"key": 6, "text": bytes([108]), "family": 1, "n": 1027, "shape": 3, "uniform": 0}
    return seeds + [choice_seed(row, order=order, **tie) for order in (4, 5, 6, 7)]


def edge_seeds():
    """Token 0 has nearly all the probability; 166, whose word is the greatest there is, as much as it takes to win, or less."""
    key, text, token = 2, bytes([32, 123, 10]), 166
    seed = greenmark_reference.seed_of(bytes([key] * 32), list(text))
    assert greenmark_reference.word_of(seed, 1, token) == 2**32 - 1
    clock, least = (-math.log((greenmark_reference.word_of(seed, 1, v) + 0.5) / 2**32) for v in (0, token))
    (bits,) = struct.unpack("<I", struct.pack("<f", least / clock))
    for steps in (-1000, -2, -1, 0, 1, 2, 1000):
        row = [struct.pack("<f", 1.0)] + [bytes(4)] * (token - 1) + [struct.pack("<I", bits + steps)]
        # So that the token is not of the last few, which are looked at one by one.
        row += [bytes(4)] * (192 - len(row))
        for order, row in ((4, row), (5, row[::-1])):
            yield choice_seed(b"".join(row), key=key, h=3, text=text, order=order)


if __name__ == "__main__":
    main()
