"""Two of Hugging Face's processors with their slowest steps made quicker, which give what they gave: `check` compares them, and runs before any use.

SynthID hashes modulo 2^64 and then looks at the last 16 bits, which 16 bits are enough for. Selfhash sorts all logits to look at 40, and asks about
the same n-gram again and again.
"""

import types

import torch


def synthid(processor):
    """With g-values out of 16-bit hashes; the tournament is the processor's own."""
    (size,) = processor.sampling_table.shape
    assert size == 1 << 16
    table = processor.sampling_table.to(torch.float32)
    multiplier = 6364136223846793005 % size
    keys = (processor.keys % size).to(torch.int32)[:, None]

    def compute_keys(self, context, tokens):
        context_hash = self.accumulate_hash(torch.ones(len(context), dtype=torch.long), context)
        assert len(context) == 1
        low = ((context_hash % size).to(torch.int32) + tokens[0].to(torch.int32)) % size
        low = (low * multiplier + 1) & (size - 1)  # below 2^32; what overflows is above the 16 bits
        low = ((low + keys) * multiplier + 1) & (size - 1)
        return low, context_hash

    def sample_g_values(self, low):
        return table[low].T[None]  # [1, vocabulary, depth], each depth in one piece

    processor._compute_keys = types.MethodType(compute_keys, processor)
    processor.sample_g_values = types.MethodType(sample_g_values, processor)
    return processor


def selfhash(processor):
    """With the likeliest tokens found by top-k, and n-grams remembered."""
    known = {}

    def score_rejection_sampling(self, text, logits):
        before = text[len(text) - self.context_width + 1 :]
        green = []
        for token in logits.topk(40).indices:
            ngram = (*before.tolist(), token.item())
            if ngram not in known:
                known[ngram] = bool((self._get_greenlist_ids(torch.cat([text, token[None]])) == token).any())
            if known[ngram]:
                green.append(token.item())
        return torch.tensor(green, dtype=torch.long)

    processor._score_rejection_sampling = types.MethodType(score_rejection_sampling, processor)
    return processor


def check(scheme, model_config):
    """Same logits from the processor as it is and the quicker one, over a few steps."""
    generator = torch.Generator().manual_seed(1)
    plain = scheme.config(1, 0).construct_processor(model_config.vocab_size, "cpu")
    quick = scheme.marker(model_config, 1, 0)
    text = torch.randint(model_config.vocab_size, (1, 6), generator=generator)
    for _ in range(6):
        logits = 3 * torch.randn(1, model_config.vocab_size, generator=generator)
        expected, found = plain(text, logits), quick(text, logits)
        assert torch.allclose(expected, found, rtol=1e-4, atol=1e-4), scheme.name
        text = torch.cat([text, torch.randint(model_config.vocab_size, (1, 1), generator=generator)], 1)
