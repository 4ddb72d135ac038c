"""The peers: how each marks a step of generation, and what its own detector counts. A key of its own for every text.

A scheme makes, of a key number, a `marker` (logits processor of one text) and a `counter` (ids → what was counted, as JSON).
"""

import hashlib
import random
import sys
import types

import quicker
import torch
from transformers import SynthIDTextWatermarkingConfig, WatermarkDetector, WatermarkingConfig

GAMMA = 0.25
DEPTH = 30  # keys of SynthID, as in its paper
NGRAM = 5


def draws(scheme: str, seed: int, number: int) -> random.Random:
    """What a text's key is drawn from."""
    return random.Random(hashlib.sha256(f"greenmark/eval/peers/{scheme}/{seed}/{number}".encode()).digest())


class GreenList:
    """Hugging Face's WatermarkingConfig. Keys of 24 bits, as its default has."""

    def __init__(self, seeding: str, width: int, delta: float):
        self.seeding, self.width, self.delta = seeding, width, delta
        self.name = f"{seeding}-{width}"

    def config(self, seed, number):
        key = draws(self.name, seed, number).randrange(1 << 23, 1 << 24) | 1
        return WatermarkingConfig(GAMMA, self.delta, key, self.seeding, self.width)

    def marker(self, model_config, seed, number):
        processor = self.config(seed, number).construct_processor(model_config.vocab_size, "cpu")
        return quicker.selfhash(processor) if self.seeding == "selfhash" else processor

    def counter(self, model_config, seed, number):
        detector = WatermarkDetector(
            model_config, "cpu", self.config(seed, number), ignore_repeated_ngrams=True, max_cache_size=100_000
        )

        def count(ids):
            if len(ids) <= self.width:
                return {"green": 0, "scored": 0}
            found = detector(torch.tensor([ids]), return_dict=True)
            return {
                "green": int(found.num_green_tokens[0]),
                "scored": int(found.num_tokens_scored[0]),
                "claimed_p": float(found.p_value[0]),
            }

        return count


def synthid(rng: random.Random) -> SynthIDTextWatermarkingConfig:
    """SynthID with keys drawn at random."""
    return SynthIDTextWatermarkingConfig(ngram_len=NGRAM, keys=[rng.randrange(1 << 30) for _ in range(DEPTH)])


class SynthID:
    """Hugging Face's SynthIDTextWatermarkingConfig: 5-grams, 30 keys, two candidates."""

    name = "synthid"

    def config(self, seed, number):
        return synthid(draws(self.name, seed, number))

    def processor(self, model_config, seed, number):
        return self.config(seed, number).construct_processor(model_config.vocab_size, "cpu")

    def marker(self, model_config, seed, number):
        return quicker.synthid(self.processor(model_config, seed, number))

    def counter(self, model_config, seed, number):
        processor = self.processor(model_config, seed, number)

        def count(ids):
            if len(ids) < NGRAM:
                return {"scored": 0, "ones": [0] * DEPTH}
            text = torch.tensor([ids])
            kept = processor.compute_context_repetition_mask(text)[0].bool()
            g_values = processor.compute_g_values(text)[0][kept]
            return {"scored": len(g_values), "ones": g_values.sum(0).tolist()}

        return count


class Gumbel:
    """vLLM's Gumbel watermark, h = 4: its detector as it is; its sampler with what its GPU code does around it, repeated contexts left unmarked."""

    name = "vllm-gumbel-4"
    width = 4

    def __init__(self, folder):
        self.code = load_vllm(folder)

    def key(self, seed, number):
        return draws(self.name, seed, number).randrange(1 << 62)

    def marker(self, model_config, seed, number):
        sampler = self.code.GumbelWatermarker(self.key(seed, number), self.width)
        seen, prompt_length = set(), None

        def mark(input_ids, logits):
            nonlocal prompt_length
            prompt_length = input_ids.shape[1] if prompt_length is None else prompt_length
            written = input_ids[0, prompt_length:].tolist()
            context = tuple(([-1] * self.width + written)[-self.width :])
            if context in seen:
                return logits
            seen.add(context)
            token = sampler.sample(logits, torch.tensor([context])).token_ids
            return torch.full_like(logits, -torch.inf).scatter_(1, token[:, None], 0.0)

        return mark

    def counter(self, model_config, seed, number):
        detector = self.code.GumbelWatermarkDetector(self.key(seed, number), self.width)

        def count(ids):
            found = detector.detect(ids)
            return {"scored": found.num_scored_tokens, "score": found.score, "p": found.p_value}

        return count


def load_vllm(folder):
    """vLLM's own detector and sampler files, without the rest of vLLM: what they import of it is stood in for."""
    sys.path.insert(0, str(folder))
    stand_ins = {
        "vllm.config.watermarking": {"derive_watermark_key": None, "WatermarkConfig": None, "WatermarkPRFName": str},
        "vllm.v1.worker.gpu.sample.gumbel": {"gumbel_sample": None},
    }
    for name, contents in stand_ins.items():
        module = types.ModuleType(name)
        module.__dict__.update(contents)
        sys.modules[name] = module
    from vllm.v1.watermarking import gumbel

    return gumbel
