#!/usr/bin/env python3
"""Train the demo model: an interpolated modified Kneser-Ney n-gram model over a byte-level BPE vocabulary.

    pip install tokenizers==0.23.3
    scripts/demo-prompts.py --count 623 > prompts.jsonl
    greenmark embed --model smollm2 --no-watermark --prompts prompts.jsonl \\
        --temperature 0.7 --top-p 0.95 --seed 1 --max-tokens 250 > corpus.jsonl
    scripts/train-demo-model.py corpus.jsonl

Reads JSON Lines with the fields "id" and "text"; the result depends on these texts and the options alone. Writes
model.bin, tokenizer.json and check.json (probabilities and held-out text for the tests) into lm/src/demo, and prints
what README states of the model. The layout of model.bin is described in lm/src/demo/ngrams.rs, which reads it.
"""

import argparse
import hashlib
import json
import math
import pathlib
import re
import struct
from collections import Counter, defaultdict
from string import ascii_letters

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|endoftext|>"
MAGIC = b"GMNGRAM1"
# Factor on what would break a word or make one up.
WHOLE_WORDS = 0.03

# ---------------------------------------------------------------------------------------------------- the texts

PLAIN = re.compile(r"[A-Z][A-Za-z ,;:'!?.-]*[.!?]")
SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\bMr\.)(?<!\bMrs\.)(?<!\bMs\.)(?<!\bDr\.)(?<!\bSt\.)\s+")
# The writer talking about its task instead of doing it.
ABOUT_ITSELF = re.compile(
    r"\b(paragraphs?|sentences?|titles?|titled|prompts?|assistant|SmolLM|AI|[Hh]ere's|[Hh]ere is|narrator|protagonist)\b"
)
TYPOGRAPHY = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "})


def clean(text):
    """Keeps the sentences that are plain prose; None if fewer than three are left.

    An n-gram model cannot close a quotation it opened four words ago, so sentences with quotes and brackets go, and
    so do digits, titles and lists. What follows a dropped sentence need not follow what came before it: the model
    would not remember that either.
    """
    paragraphs, seen = [], set()
    for line in text.translate(TYPOGRAPHY).splitlines():
        line = re.sub(r"\s*[\u2013\u2014]\s*", ", ", line).strip()
        kept = []
        for sentence in SENTENCE_END.split(line):
            words = sentence.split()
            triples = list(zip(words, words[1:], words[2:]))
            repeats = len(triples) - len(set(triples))
            if (
                PLAIN.fullmatch(sentence)
                and 3 <= len(words) <= 40
                and not repeats
                and not any(a == b for a, b in zip(words, words[1:]))
                and not ABOUT_ITSELF.search(sentence)
                and sentence not in seen
            ):
                kept.append(sentence)
                seen.add(sentence)
        if kept:
            paragraphs.append(" ".join(kept))
    return "\n\n".join(paragraphs) if len(seen) >= 3 else None


def read_corpus(path):
    """Cleaned texts: (to train on, held out), and the number of texts read."""
    with open(path, encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    train, held_out = [], []
    # Texts arrive in the order they were finished, which the batch decides.
    for entry in sorted(entries, key=lambda entry: entry["id"]):
        text = clean(entry["text"])
        if text is not None:
            # One in fifty, chosen by the text's name, whatever else the corpus holds.
            is_held_out = hashlib.sha256(entry["id"].encode()).digest()[0] % 50 == 0
            (held_out if is_held_out else train).append(text)
    return train, held_out, len(entries)


def train_tokenizer(texts, vocab_size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=[AddedToken(END, special=True)],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


# ---------------------------------------------------------------------------------------------------- the model


class KneserNey:
    """Interpolated modified Kneser-Ney (Chen and Goodman 1999, section 3), as explicit and back-off parts:

    P(w | h) = a(h, w) + (1 - sum over v of a(h, v)) P(w | h without its first token)

    `sharpness` below 1 multiplies what is left to the back-off, and raises `a` to match. Kneser-Ney's own share is
    the best prediction of unseen text, and too much for writing: each back-off is a leap to an unrelated phrase.

    `pieces`, if given, keeps words whole. It says of each token whether it begins and whether it ends inside a word as
    far as its spelling goes. A history that was only ever followed by the rest of its word hardly backs off, and the
    rest of a word hardly follows out of nowhere.
    """

    def __init__(self, sequences, order, vocab_size, sharpness, minimum, pieces=None):
        self.order, self.vocab_size = order, vocab_size
        counts = [None] + [Counter() for _ in range(order)]
        for ids in sequences:
            for end in range(1, len(ids)):
                for k in range(1, min(order, end + 1) + 1):
                    counts[k][tuple(ids[end - k + 1 : end + 1])] += 1
        # How many tokens precede an n-gram. At a text's beginning nothing can, and the plain count stays.
        adjusted = [None] * (order + 1)
        adjusted[order] = counts[order]
        for k in range(order - 1, 0, -1):
            adjusted[k] = Counter(gram[1:] for gram in counts[k + 1])
            for gram, count in counts[k].items():
                if k > 1 and gram[0] == 0:
                    adjusted[k][gram] = count
        self.raw_sizes = [len(counts[k]) for k in range(1, order + 1)]

        # explicit[k]: history of k - 1 tokens -> {token: a}
        self.explicit = [None] * (order + 1)
        for k in range(1, order + 1):
            discount = discounts(adjusted[k])
            by_history = defaultdict(dict)
            for gram, count in adjusted[k].items():
                by_history[gram[:-1]][gram[-1]] = count
            self.explicit[k] = {}
            for history, following in by_history.items():
                total = sum(following.values())
                a = {w: (c - discount[min(c, 3)]) / total for w, c in following.items()}
                left = 1 - sum(a.values())
                if k > 1:
                    target = left * sharpness[k - 2]
                    if pieces and pieces[history[-1]][1] and all(pieces[w][0] for w in following):
                        target *= WHOLE_WORDS
                    a = {w: p * (1 - target) / (1 - left) for w, p in a.items()}
                    a = {w: p for w, p in a.items() if counts[k][history + (w,)] >= minimum[k - 2]}
                if a:
                    self.explicit[k][history] = a
        unigrams = self.explicit[1][()]
        left = 1 - sum(unigrams.values())
        frequencies = [unigrams.get(w, 0) + left / vocab_size for w in range(vocab_size)]
        if pieces:
            frequencies = [p * (WHOLE_WORDS if pieces[w][0] else 1) for w, p in enumerate(frequencies)]
        self.unigrams = [f32(p / sum(frequencies)) for p in frequencies]

    def quantise(self):
        """Replaces each a(h, w), and what they leave to the back-off, by the nearest of 256 values.

        The values of one history then share what the back-off leaves, so each row still sums to 1.
        """
        # Steps of 1/48 from 1 down to e^-4, then of 1/11 to e^-9.8: fine where the probability is.
        self.table = [f32(math.exp(-q / 48 if q <= 192 else -4 - (q - 192) / 11)) for q in range(256)]
        self.codes, self.back_off, self.shares = [None], [None], [None]
        for k in range(2, self.order + 1):
            codes, back_off, shares = {}, {}, {}
            for history, following in self.explicit[k].items():
                back_off[history] = code(1 - sum(following.values()))
                for w, a in following.items():
                    codes[history + (w,)] = code(a)
                scale = (1 - self.table[back_off[history]]) / sum(self.table[codes[history + (w,)]] for w in following)
                shares[history] = {w: self.table[codes[history + (w,)]] * scale for w in following}
            self.codes.append(codes)
            self.back_off.append(back_off)
            self.shares.append(shares)

    def parts(self, history):
        """The explicit part for each suffix of the history that has one, longest first, and its back-off weight."""
        history = tuple(history)[-(self.order - 1) :]
        for k in range(len(history) + 1, 1, -1):
            suffix = history[len(history) - k + 1 :]
            shares = self.shares[k - 1].get(suffix)
            if shares:
                yield shares, self.table[self.back_off[k - 1][suffix]]

    def row(self, history):
        """P(. | history), as the Rust code computes it from the file, but in f64."""
        p, weight = [0.0] * self.vocab_size, 1.0
        for shares, back_off in self.parts(history):
            for w, share in shares.items():
                p[w] += weight * share
            weight *= back_off
        return [value + weight * u for value, u in zip(p, self.unigrams)]

    def probability(self, history, w):
        p, weight = 0.0, 1.0
        for shares, back_off in self.parts(history):
            p += weight * shares.get(w, 0.0)
            weight *= back_off
        return p + weight * self.unigrams[w]

    def to_bytes(self):
        """A trie by levels. Entries of level k are its n-grams in order; each names its children, a range of k + 1."""
        levels = [[(w,) for w in range(self.vocab_size)]]
        for k in range(2, self.order + 1):
            # A parent must be there to be walked through. It is, as it was seen at least as often.
            have, grams = set(levels[-1]), sorted(self.codes[k - 1])
            assert all(gram[:-1] in have for gram in grams)
            levels.append(grams)
        out = [MAGIC, struct.pack("<II", self.order, self.vocab_size)]
        out.append(struct.pack("<256f", *self.table))
        out.append(struct.pack(f"<{self.vocab_size}f", *self.unigrams))
        out.append(struct.pack(f"<{self.order - 1}I", *(len(level) for level in levels[1:])))
        for k in range(1, self.order + 1):
            grams = levels[k - 1]
            if k < self.order:
                children = Counter(gram[:-1] for gram in levels[k])
                starts, at = [], 0
                for gram in grams:
                    starts.append(at)
                    at += children[gram]
                out.append(struct.pack(f"<{len(starts) + 1}I", *starts, at))
                out.append(bytes(self.back_off[k].get(gram, 0) for gram in grams))
            if k > 1:
                out.append(struct.pack(f"<{len(grams)}H", *(gram[-1] for gram in grams)))
                out.append(bytes(self.codes[k - 1][gram] for gram in grams))
        self.sizes = [len(level) for level in levels]
        return b"".join(out)


def word_pieces(tokenizer):
    """Of each token: does it begin, does it end with a letter? A word after a space begins with the space."""
    names = [tokenizer.id_to_token(w) for w in range(tokenizer.get_vocab_size())]
    return [(name[0] in ascii_letters, name[-1] in ascii_letters) for name in names]


def discounts(counts):
    """D(0), D(1), D(2), D(3+) from the counts of counts."""
    n = Counter(min(count, 5) for count in counts.values())
    if not all(n[i] for i in (1, 2, 3, 4)):
        return [0, 0.5, 0.75, 1.0]
    y = n[1] / (n[1] + 2 * n[2])
    return [0] + [min(max(i - (i + 1) * y * n[i + 1] / n[i], 0.05), i - 0.05) for i in (1, 2, 3)]


def code(value):
    """Index of the nearest value of the table."""
    nats = -math.log(max(value, 1e-9))
    return min(round(nats * 48) if nats <= 4 else 192 + round((nats - 4) * 11), 255)


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def entropy(row):
    return -sum(p * math.log(p) for p in row if p > 0)


def perplexity(model, sequences):
    ln_p, tokens = 0.0, 0
    for ids in sequences:
        for end in range(1, len(ids)):
            ln_p += math.log(model.probability(ids[:end], ids[end]))
            tokens += 1
    return math.exp(-ln_p / tokens), tokens


# ---------------------------------------------------------------------------------------------------- all of it


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path, help="JSON Lines with id and text")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("lm/src/demo"), help="folder to write into")
    parser.add_argument("--vocab", type=int, default=6144, help="most tokens in the vocabulary (default %(default)s)")
    parser.add_argument("--order", type=int, default=4, help="tokens in the longest n-gram (default %(default)s)")
    parser.add_argument(
        "--sharpness", type=float, nargs="+", default=[0.05, 0.6, 1.0], metavar="S",
        help="factor on Kneser-Ney's back-off weight for n-grams of 2, 3, ... tokens (default %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--minimum", type=int, nargs="+", default=[1, 1, 1], metavar="C",
        help="n-grams of 2, 3, ... tokens seen less often are dropped (default %(default)s)",
    )  # fmt: skip
    args = parser.parse_args()
    args.sharpness += args.sharpness[-1:] * args.order
    args.minimum += args.minimum[-1:] * args.order

    texts, held_out, total = read_corpus(args.corpus)
    digest = hashlib.sha256("".join(sorted(f"{text}\0" for text in texts + held_out)).encode()).hexdigest()
    tokenizer = train_tokenizer(texts, args.vocab)
    vocab_size = tokenizer.get_vocab_size()
    end = tokenizer.token_to_id(END)
    assert end == 0

    def sequence(text):
        return [end] + tokenizer.encode(text).ids + [end]

    sequences = [sequence(text) for text in texts]
    unseen = [sequence(text) for text in held_out]
    print(f"corpus      {args.corpus.name}: {total} texts, {len(texts) + len(held_out)} kept, sha256 of their sorted texts {digest}")
    print(f"train       {len(texts)} texts, {sum(map(len, texts))} characters, {sum(map(len, sequences))} tokens")

    plain = KneserNey(sequences, args.order, vocab_size, [1.0] * args.order, [1] * args.order)
    plain.quantise()
    print(f"Kneser-Ney  perplexity {perplexity(plain, unseen)[0]:.1f} on held-out text, before sharpening")
    del plain
    model = KneserNey(sequences, args.order, vocab_size, args.sharpness, args.minimum, word_pieces(tokenizer))
    model.quantise()
    blob = model.to_bytes()
    held_out_perplexity, tokens = perplexity(model, unseen)
    rows = [model.row(ids[:end]) for ids in unseen for end in range(1, len(ids))][:5000]
    assert all(abs(sum(row) - 1) < 1e-4 for row in rows)
    print(f"written     perplexity {held_out_perplexity:.1f} on {len(unseen)} held-out texts, {tokens} tokens")
    print(f"entropy     {sum(map(entropy, rows)) / len(rows):.2f} nats a token on them (first {len(rows)} positions)")
    print(f"n-grams     {' + '.join(map(str, model.sizes))} of {' + '.join(map(str, model.raw_sizes))} seen")

    # What the tests read: rows for a few contexts, and some held-out text with its perplexity.
    sample, length = [], 0
    for text in held_out:
        if length < 3500:
            sample.append(text)
            length += len(text)
    contexts = [[], [end]] + [unseen[i % len(unseen)][: 2 + 3 * i] for i in range(1, 11)] + [[vocab_size - 1, 1]]
    check = {
        "vocab_size": vocab_size,
        "rows": [spot_check(model, context, end) for context in contexts],
        "sample": sample,
        "sample_perplexity": perplexity(model, [sequence(text) for text in sample])[0],
    }

    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "model.bin").write_bytes(blob)
    content = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (args.out / "tokenizer.json").write_text(content + "\n", encoding="utf-8")
    (args.out / "check.json").write_text(json.dumps(check, indent=1) + "\n", encoding="utf-8")
    for name in ("model.bin", "tokenizer.json", "check.json"):
        data = (args.out / name).read_bytes()
        print(f"{name:<15} {len(data):>8} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


def spot_check(model, context, end):
    """ln p of the three likeliest tokens and of a few others. An empty sequence is a text's beginning."""
    row = model.row(context or [end])
    best = sorted(range(len(row)), key=lambda w: (-row[w], w))[:3]
    chosen = best + [0, 300, len(row) // 2, len(row) - 1]
    return {"context": context, "ln_p": [[w, round(math.log(row[w]), 6)] for w in chosen]}


if __name__ == "__main__":
    main()
