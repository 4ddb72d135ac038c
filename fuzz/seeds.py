#!/usr/bin/env python3
"""Write seed corpora for the fuzz targets into fuzz/corpus/TARGET, made from tests/vectors and a few lines by hand.

Files are named by a hash of their content, as libFuzzer names its own, so running this again changes nothing.
"""

import hashlib
import json
import pathlib

FUZZ = pathlib.Path(__file__).resolve().parent
VECTORS = FUZZ.parent / "tests" / "vectors"

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
        "scorer": [seed for case in vectors["scores"] for seed in scorer_seeds(case)],
        "jsonl": JSON_LINES,
    }
    for target, contents in seeds.items():
        folder = FUZZ / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for content in contents:
            (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)
        print(f"{target}: {len(set(contents))} seeds")


def scorer_seeds(case):
    """The head that fuzz_targets/scorer.rs describes, and the ids: as they are, and long by repetition."""
    width, numerator = (int(part.split("=")[1].split("/")[0]) for part in case["scheme"].split(",")[1:])
    ids = case["ids"]
    id_bytes = 1 if all(i < 1 << 8 for i in ids) else 2 if all(i < 1 << 16 for i in ids) else 4
    body = b"".join(i.to_bytes(id_bytes, "little") for i in ids)
    if len(body) > 4000:
        return
    # Long texts are slow, and a few will do.
    for copies in (0, 254) if case["tcId"] % 16 == 0 else (0,):
        yield bytes([case["tcId"] % 256, width, numerator - 1, id_bytes // 2, copies, 1, 32 + case["tcId"] % 2, 1]) + body


if __name__ == "__main__":
    main()
