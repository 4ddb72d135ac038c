#!/usr/bin/env python3
"""Train a small transformer of the Llama family on texts that SmolLM2 wrote.

    python3 -m pip install jax==0.10.2 optax==0.2.8 tokenizers==0.23.3 numpy
    lab/demo/train.py --corpus lab/demo/texts.jsonl.xz --out DIR

The tokenizer is the demo's, so that ids and fingerprints stay. Writes into DIR

    demo.gguf        the model (Q8_0) with its tokenizer: `greenmark embed --model DIR/demo.gguf --raw`
    loss.csv         step, tokens seen, loss in training and held out, in nats a token
    checkpoint.npz   from which an interrupted run goes on

The same corpus, options and machine give the same file.
"""

import argparse
import json
import lzma
import math
import pathlib
import struct
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
END = "<|endoftext|>"
TYPOGRAPHY = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "})


def texts_of(path):
    """The texts that are plain prose, with an end where the writer ended them."""
    for line in lzma.open(path, "rt", encoding="utf-8"):
        record = json.loads(line)
        text = record["text"].translate(TYPOGRAPHY).replace("\u2014", " - ").replace("\u2013", "-").strip()
        if text.isascii() and not any(sign in text for sign in "*#[]{}|<>_") and len(text) > 200:
            yield text + (END if record["finish"] == "eos" else "")


def initial(shape, key, scale):
    return jax.random.normal(key, shape, jnp.float32) * scale


def parameters(key, vocabulary, width, layers, feed):
    keys = iter(jax.random.split(key, 1 + 7 * layers))
    deep = 0.02 / math.sqrt(2 * layers)
    layer = lambda: {
        "attn_norm": jnp.ones(width), "ffn_norm": jnp.ones(width),
        "attn_q": initial((width, width), next(keys), 0.02), "attn_k": initial((width, width), next(keys), 0.02),
        "attn_v": initial((width, width), next(keys), 0.02), "attn_output": initial((width, width), next(keys), deep),
        "ffn_gate": initial((feed, width), next(keys), 0.02), "ffn_up": initial((feed, width), next(keys), 0.02),
        "ffn_down": initial((width, feed), next(keys), deep),
    }
    return {"token_embd": initial((vocabulary, width), next(keys), 0.02), "output_norm": jnp.ones(width),
            "layers": [layer() for _ in range(layers)]}


def norm(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5) * weight


def turned(x, cos, sin):
    """Rotates neighbouring pairs by their position's angle, as files of the architecture `llama` have it."""
    a, b = x[..., 0::2], x[..., 1::2]
    return jnp.stack([a * cos - b * sin, a * sin + b * cos], -1).reshape(x.shape)


def forward(params, tokens, heads, key=None, rate=0.0):
    batch, length = tokens.shape
    x = params["token_embd"][tokens]
    width = x.shape[-1]
    size = width // heads
    angles = jnp.arange(length)[:, None] * 10000.0 ** (-jnp.arange(0, size, 2) / size)
    cos, sin = jnp.cos(angles)[None, :, None], jnp.sin(angles)[None, :, None]
    mask = jnp.where(jnp.tril(jnp.ones((length, length), bool)), 0.0, -1e9)

    def dropped(x, at):
        if key is None or rate == 0.0:
            return x
        kept = jax.random.bernoulli(jax.random.fold_in(key, at), 1 - rate, x.shape)
        return jnp.where(kept, x / (1 - rate), 0.0)

    x = dropped(x, 0)
    for number, layer in enumerate(params["layers"]):
        h = norm(x, layer["attn_norm"])
        q, k, v = ((h @ layer[name].T).reshape(batch, length, heads, size) for name in ("attn_q", "attn_k", "attn_v"))
        q, k = turned(q, cos, sin), turned(k, cos, sin)
        scores = jnp.einsum("blhd,bmhd->bhlm", q, k) / math.sqrt(size) + mask
        h = jnp.einsum("bhlm,bmhd->blhd", jax.nn.softmax(scores, -1), v).reshape(batch, length, width)
        x = x + dropped(h @ layer["attn_output"].T, 2 * number + 1)
        h = norm(x, layer["ffn_norm"])
        h = (jax.nn.silu(h @ layer["ffn_gate"].T) * (h @ layer["ffn_up"].T)) @ layer["ffn_down"].T
        x = x + dropped(h, 2 * number + 2)
    return norm(x, params["output_norm"]) @ params["token_embd"].T


def loss_of(params, tokens, heads, key=None, rate=0.0):
    logits = forward(params, tokens[:, :-1], heads, key, rate)
    return optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:]).mean()


# ---------------------------------------------------------------------------------------------------- the file

def string(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def entry(key, kind, value):
    return string(key) + struct.pack("<I", kind) + value


def strings(values):
    return struct.pack("<IQ", 8, len(values)) + b"".join(map(string, values))


def q8_0(matrix):
    """Blocks of 32 weights: their scale as a half float, then a byte each."""
    blocks = np.asarray(matrix, np.float32).reshape(-1, 32)
    scales = (np.abs(blocks).max(1, keepdims=True) / 127).astype(np.float16)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.where(scales > 0, np.rint(blocks / scales.astype(np.float32)), 0)
    whole = np.clip(whole, -127, 127).astype(np.int8)
    return np.concatenate([scales.view(np.uint8).reshape(-1, 2), whole.view(np.uint8)], 1).tobytes()


def gguf(params, tokenizer, heads, context, name):
    vocabulary = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    merges = [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    width, feed = params["layers"][0]["ffn_down"].shape
    u32 = lambda value: struct.pack("<I", value)
    f32 = lambda value: struct.pack("<f", value)
    entries = [
        entry("general.architecture", 8, string("llama")),
        entry("general.name", 8, string(name)),
        entry("llama.context_length", 4, u32(context)),
        entry("llama.embedding_length", 4, u32(width)),
        entry("llama.block_count", 4, u32(len(params["layers"]))),
        entry("llama.feed_forward_length", 4, u32(feed)),
        entry("llama.attention.head_count", 4, u32(heads)),
        entry("llama.attention.head_count_kv", 4, u32(heads)),
        entry("llama.attention.layer_norm_rms_epsilon", 6, f32(1e-5)),
        entry("llama.rope.dimension_count", 4, u32(width // heads)),
        entry("llama.rope.freq_base", 6, f32(10000.0)),
        entry("tokenizer.ggml.model", 8, string("gpt2")),
        entry("tokenizer.ggml.pre", 8, string("gpt-2")),
        entry("tokenizer.ggml.tokens", 9, strings(vocabulary)),
        entry("tokenizer.ggml.token_type", 9, struct.pack("<IQ", 5, len(vocabulary))
              + b"".join(struct.pack("<i", 3 if token == END else 1) for token in vocabulary)),
        entry("tokenizer.ggml.merges", 9, strings(merges)),
        entry("tokenizer.ggml.eos_token_id", 4, u32(vocabulary.index(END))),
        entry("tokenizer.ggml.bos_token_id", 4, u32(vocabulary.index(END))),
        entry("tokenizer.ggml.add_bos_token", 7, b"\x01"),
    ]
    tensors = {"token_embd.weight": params["token_embd"], "output_norm.weight": params["output_norm"]}
    for number, layer in enumerate(params["layers"]):
        tensors |= {f"blk.{number}.{part}.weight": weight for part, weight in layer.items()}
    listed, data = b"", b""
    for tensor, weight in tensors.items():
        weight = np.asarray(weight, np.float32)
        raw = q8_0(weight) if weight.ndim == 2 else weight.tobytes()
        listed += string(tensor) + u32(weight.ndim) + b"".join(struct.pack("<Q", n) for n in reversed(weight.shape))
        listed += u32(8 if weight.ndim == 2 else 0) + struct.pack("<Q", len(data))
        data += raw + bytes(-len(raw) % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(entries)) + b"".join(entries) + listed
    return head + bytes(-len(head) % 32) + data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path, default=ROOT / "text/src/tokenizer/demo.json")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--feed", type=int, default=352)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    texts = list(texts_of(args.corpus))
    held_out, texts = texts[::50], [text for i, text in enumerate(texts) if i % 50]
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    end = tokenizer.token_to_id(END)
    row = lambda text: [end] + tokenizer.encode(text.removesuffix(END)).ids + ([end] if text.endswith(END) else [])
    stream = np.array([id for text in texts for id in row(text)], np.int32)
    held = np.array([id for text in held_out for id in row(text)], np.int32)
    held = held[: len(held) // (args.context + 1) * (args.context + 1)].reshape(-1, args.context + 1)
    params = parameters(jax.random.PRNGKey(args.seed), tokenizer.get_vocab_size(), args.width, args.layers, args.feed)
    size = sum(weight.size for weight in jax.tree.leaves(params))
    print(f"{len(texts)} texts, {len(stream):,} tokens; {size:,} parameters", flush=True)

    schedule = optax.warmup_cosine_decay_schedule(0.0, args.rate, 100, args.steps, args.rate / 20)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, b2=0.95, weight_decay=0.1))
    state = optimiser.init(params)
    first = 0
    checkpoint = args.out / "checkpoint.npz"
    if checkpoint.exists():
        kept = np.load(checkpoint)
        leaves = [jnp.asarray(kept[f"p{i}"]) for i in range(len(jax.tree.leaves((params, state))))]
        params, state = jax.tree.unflatten(jax.tree.structure((params, state)), leaves)
        first = int(kept["step"])

    @jax.jit
    def step(params, state, tokens, key):
        loss, gradient = jax.value_and_grad(loss_of)(params, tokens, args.heads, key, args.dropout)
        updates, state = optimiser.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, loss

    evaluate = jax.jit(lambda params, tokens: loss_of(params, tokens, args.heads))
    losses = []
    began = time.time()
    for number in range(first, args.steps):
        places = np.random.default_rng((args.seed, number)).integers(0, len(stream) - args.context - 1, args.batch)
        tokens = jnp.asarray(np.stack([stream[at : at + args.context + 1] for at in places]))
        params, state, loss = step(params, state, tokens, jax.random.fold_in(jax.random.PRNGKey(args.seed + 1), number))
        losses.append(float(loss))
        if (number + 1) % 50 == 0 or number + 1 == args.steps:
            held_loss = float(np.mean([evaluate(params, held[i : i + 32]) for i in range(0, len(held) // 32 * 32, 32)]))
            seen = (number + 1) * args.batch * args.context
            pace = (number + 1 - first) * args.batch * args.context / (time.time() - began)
            with open(args.out / "loss.csv", "a") as out:
                out.write(f"{number + 1},{seen},{np.mean(losses):.4f},{held_loss:.4f}\n")
            print(f"step {number + 1}: {np.mean(losses):.3f}, held out {held_loss:.3f}; {pace:.0f} tokens/s", flush=True)
            losses = []
            leaves = jax.tree.leaves((params, state))
            np.savez(args.out / "part.npz", step=number + 1, **{f"p{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)})
            (args.out / "part.npz").replace(checkpoint)
            (args.out / "demo.gguf").write_bytes(gguf(params, tokenizer, args.heads, 1024, "Greenmark demo"))


if __name__ == "__main__":
    main()
