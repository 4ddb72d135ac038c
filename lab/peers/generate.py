"""Writes a scheme's texts, in blocks that a run which was broken off need not write again.

The mark goes over the model's logits inside transformers' `generate`: temperature 1, no top-k, no top-p, tokens that end a text suppressed.
"""

import hashlib
import json
import time

import torch
from transformers import LogitsProcessor, LogitsProcessorList

ENDS = [0, 2]  # <|endoftext|>, <|im_end|>


class PerText(LogitsProcessor):
    """Every row with the marker of its own key, and what its tokens surprise the unmarked model: −ln p, in nats."""

    def __init__(self, markers):
        self.markers = markers
        self.surprise = torch.zeros(len(markers), dtype=torch.float64)
        self.last = None

    def count(self, tokens):
        self.surprise -= self.last.gather(1, tokens[:, None])[:, 0]

    def __call__(self, input_ids, scores):
        if self.last is not None:
            self.count(input_ids[:, -1])
        self.last = scores.log_softmax(-1)
        scores = scores.clone()
        scores[:, ENDS] = -torch.inf
        for row, marker in enumerate(self.markers):
            if marker is not None:
                scores[row] = marker(input_ids[row : row + 1], scores[row : row + 1])[0]
        return scores


@torch.no_grad()
def block(model, text, prompts, indices, scheme, seed, tokens):
    markers = [scheme and scheme.marker(model.config, seed, index) for index in indices]
    longest = max(len(prompts[index]) for index in indices)
    padded = torch.tensor([[0] * (longest - len(prompts[index])) + prompts[index] for index in indices])
    mask = torch.tensor([[0] * (longest - len(prompts[index])) + [1] * len(prompts[index]) for index in indices])
    name = scheme.name if scheme else "plain"
    torch.manual_seed(int.from_bytes(hashlib.sha256(f"{name}/{seed}/{indices}".encode()).digest()[:7]))
    observer = PerText(markers)
    out = model.generate(
        padded,
        attention_mask=mask,
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=tokens,
        pad_token_id=2,
        logits_processor=LogitsProcessorList([observer]),
    )
    observer.count(out[:, -1])
    for index, row, surprise in zip(indices, out[:, longest:].tolist(), observer.surprise.tolist()):
        assert len(row) == tokens
        yield {"index": index, "text": text.decode(row), "tokens": row, "surprise": round(surprise / tokens, 6)}


def texts(file, model, text, prompts, scheme, count, seed, tokens, size):
    """The first `count` texts; `model` is called for, only if some are missing."""
    kept = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    while len(kept) < count:
        indices = list(range(len(kept), min(len(kept) + size, count)))
        start = time.monotonic()
        kept += block(model(), text, prompts, indices, scheme, seed, tokens)
        part = file.with_suffix(".part")
        part.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in kept))
        part.replace(file)
        print(f"peers: {file.stem}: {len(kept)} texts, the last {len(indices)} in {time.monotonic() - start:.0f} s", flush=True)
    return kept[:count]
