#!/usr/bin/env python3
"""Greenmark version 1, transcribed from SPEC.md: the specification in code, and the only maker of the test vectors.

Read it beside SPEC.md, in the same order. It is slow on purpose, and imports nothing outside Python's standard
library. It draws no keys and embeds nothing; it says what the right answer is.
"""

import argparse
import collections
import functools
import hashlib
import hmac
import itertools
import json
import math
import posixpath
import re
import struct
import sys
import unicodedata
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple


class Refused(ValueError):
    """A key text or scheme string that a reader must refuse; `failure` is the class that SPEC.md names."""

    def __init__(self, failure, detail=""):
        super().__init__(failure + (f": {detail}" if detail else ""))
        self.failure = failure


# --- SPEC §1, conventions --------------------------------------------------------------------------------------------

TOKEN_MAX = 2**32 - 1


def le8(n):
    return struct.pack("<B", n)


def le32(n):
    return struct.pack("<I", n)  # raises for anything that is no token id


def sha256(message):
    return hashlib.sha256(message).digest()


def hmac_sha256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


# --- SPEC §2, keys ---------------------------------------------------------------------------------------------------


def key_checksum(key):
    """SPEC §2.2: 8 characters, against slips of the hand; it adds no secrecy."""
    return sha256(b"greenmark/v1/key-checksum" + key)[:4].hex()


def format_key(key):
    assert len(key) == 32
    return "gmk1" + key.hex() + key_checksum(key)


def parse_key(text):
    """SPEC §2.2: the 32 bytes of a text form, given as bytes; the checks stand in the order that it demands."""
    if not text.startswith(b"gmk1"):
        raise Refused("prefix", "at byte 0")
    if len(text) != 76:
        raise Refused("length", f"{len(text)} bytes, not 76")
    for position in range(4, 76):
        if text[position] not in b"0123456789abcdef":
            raise Refused("character", f"at byte {position}")
    key = bytes.fromhex(text[4:68].decode("ascii"))
    if text[68:].decode("ascii") != key_checksum(key):
        raise Refused("checksum", "at byte 68")
    return key


def parse_key_file(content):
    """SPEC §2.3: one line ending comes off at most; what is left over fails as key text."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("not-text", f"at byte {error.start}") from None
    if content.endswith(b"\r\n"):
        content = content[:-2]
    elif content.endswith(b"\n"):
        content = content[:-1]
    return parse_key(content)


def key_id(key):
    """SPEC §2.4."""
    return hmac_sha256(key, b"greenmark/v1/key-id")[:8].hex()


def sub_key(key, label):
    """SPEC §2.5; `label` in bytes."""
    try:
        label.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("label", "not UTF-8") from None
    if not 1 <= len(label) <= 255:
        raise Refused("label", f"{len(label)} bytes, not 1 to 255")
    return hmac_sha256(key, b"greenmark/v1/subkey" + b"\x00" + label)


# --- SPEC §3, scheme strings -----------------------------------------------------------------------------------------


class Green(NamedTuple):
    h: int
    g: int

    def __str__(self):
        assert 0 <= self.h <= 16 and 1 <= self.g <= 255
        return f"gm1:green,h={self.h},gamma={self.g}/256"


class Gumbel(NamedTuple):
    h: int
    dual: bool

    def __str__(self):
        assert 1 <= self.h <= 16
        return f"gm1:gumbel,h={self.h}" + (",dual" if self.dual else "")


# [0-9], for \d takes the digits of every script; fullmatch, for $ takes a line feed.
FAMILIES = {
    "green": re.compile(r",h=([0-9]+),gamma=([0-9]+)/256"),
    "gumbel": re.compile(r",h=([0-9]+)(,dual)?"),
}


def parse_scheme(text):
    """SPEC §3: a Green or Gumbel; the checks stand in the order that it demands."""
    if not text.startswith("gm1:"):
        raise Refused("version")
    family, comma, rest = text[4:].partition(",")
    if family not in FAMILIES:
        raise Refused("family")
    match = FAMILIES[family].fullmatch(comma + rest)
    if match is None:
        raise Refused("syntax")
    width, other = match.groups()
    numbers = [width, other] if family == "green" else [width]
    if any(len(d) > 1 and d[0] == "0" for d in numbers):
        raise Refused("syntax")
    # Lengths first: a D may have more digits than int() accepts, and none of them is a leading zero.
    if len(width) > 2 or int(width) > 16 or (family == "gumbel" and width == "0"):
        raise Refused("context-width")
    if family == "gumbel":
        return Gumbel(int(width), other is not None)
    if len(other) > 3 or not 1 <= int(other) <= 255:
        raise Refused("gamma")
    return Green(int(width), int(other))


# --- SPEC §4, contexts -----------------------------------------------------------------------------------------------


def context_at(ids, i, h):
    """The h ids before position i, in the order of the text; None where there are fewer."""
    return None if i < h else tuple(ids[i - h : i])


def context_bytes(context):
    return b"".join(le32(token) for token in context)


# --- SPEC §5, field --------------------------------------------------------------------------------------------------


def field_key(key, h):
    """SPEC §5.1."""
    return hmac_sha256(key, b"greenmark/v1/field" + b"\x00" + le8(h))


def seed_of(key, context):
    """SPEC §5.2. The width is the length of the context."""
    return hmac_sha256(field_key(key, len(context)), context_bytes(context))


def rotate(x, n):
    return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF


def quarter_round(w, a, b, c, d):
    """SPEC §5.3."""
    w[a] = (w[a] + w[b]) & 0xFFFFFFFF
    w[d] = rotate(w[d] ^ w[a], 16)
    w[c] = (w[c] + w[d]) & 0xFFFFFFFF
    w[b] = rotate(w[b] ^ w[c], 12)
    w[a] = (w[a] + w[b]) & 0xFFFFFFFF
    w[d] = rotate(w[d] ^ w[a], 8)
    w[c] = (w[c] + w[d]) & 0xFFFFFFFF
    w[b] = rotate(w[b] ^ w[c], 7)


def block(seed, stream, counter):
    """SPEC §5.3: 64 bytes of ChaCha8, with a 64-bit block counter and a 64-bit stream number."""
    initial = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    initial += struct.unpack("<8I", seed)
    initial += [counter & 0xFFFFFFFF, counter >> 32, stream & 0xFFFFFFFF, stream >> 32]
    w = list(initial)
    for _ in range(4):
        quarter_round(w, 0, 4, 8, 12)
        quarter_round(w, 1, 5, 9, 13)
        quarter_round(w, 2, 6, 10, 14)
        quarter_round(w, 3, 7, 11, 15)
        quarter_round(w, 0, 5, 10, 15)
        quarter_round(w, 1, 6, 11, 12)
        quarter_round(w, 2, 7, 8, 13)
        quarter_round(w, 3, 4, 9, 14)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(w, initial)))


def byte_of(seed, token):
    """SPEC §5.3: B(context, v), for the context that gave the seed."""
    return block(seed, 0, token // 64)[token % 64]


def word_of(seed, k, token):
    """SPEC §5.4: W_k(context, v), for the context that gave the seed."""
    return struct.unpack_from("<I", block(seed, k, token // 16), 4 * (token % 16))[0]


# --- SPEC §6, scoring ------------------------------------------------------------------------------------------------


def is_green(byte, g):
    """SPEC §6.1."""
    return byte < g


class Counts(NamedTuple):
    """SPEC §6.2; `colours` in its characters: - unscored, r repeated, G green, R red."""

    tokens: int
    scored: int
    repeated: int
    green: int
    colours: str


def score(key, h, g, ids):
    tokens = scored = repeated = green = 0
    colours = ""
    seen = set()
    for i, token in enumerate(ids):
        tokens += 1  # SPEC §6.2 step 1
        context = context_at(ids, i, h)
        if context is None:  # step 2
            colours += "-"
            continue
        if (context, token) in seen:  # step 3; tuples compare whole, so membership is exact
            repeated += 1
            colours += "r"
            continue
        seen.add((context, token))  # step 4
        scored += 1
        if is_green(byte_of(seed_of(key, context), token), g):
            green += 1
            colours += "G"
        else:
            colours += "R"
    assert tokens == min(len(ids), h) + repeated + scored
    return Counts(tokens, scored, repeated, green, colours)


class Sum(NamedTuple):
    """SPEC §6.4; `marks` in its characters: - unscored, r repeated, S scored. `words`: those of the scored positions."""

    tokens: int
    scored: int
    repeated: int
    score: Decimal
    marks: str
    words: list


def telling_word(seed, token, dual):
    """SPEC §6.3: w_1, or the greater of w_1 and w_2."""
    word = word_of(seed, 1, token)
    return max(word, word_of(seed, 2, token)) if dual else word


def token_score(word, dual):
    """SPEC §6.3, as −ln of a fraction of whole numbers."""
    whole = 2**64 if dual else 2**32
    rest = Decimal(whole - (word * word if dual else word))
    return EXACT.minus(EXACT.ln(EXACT.divide(rest, Decimal(whole))))


def add_scores(key, h, dual, ids):
    """SPEC §6.4."""
    tokens = scored = repeated = 0
    total, marks, words, seen = Decimal(0), "", [], set()
    for i, token in enumerate(ids):
        tokens += 1
        context = context_at(ids, i, h)
        if context is None:
            marks += "-"
        elif context in seen:
            repeated += 1
            marks += "r"
        else:
            seen.add(context)
            scored += 1
            words.append(telling_word(seed_of(key, context), token, dual))
            total = EXACT.add(total, token_score(words[-1], dual))
            marks += "S"
    assert tokens == min(len(ids), h) + repeated + scored
    return Sum(tokens, scored, repeated, total, marks, words)


# --- SPEC §7, exact tests --------------------------------------------------------------------------------------------

# 60 digits and no underflow to speak of: the terms at T = 10^7 go below 10^-1000000, and every step of the 10^7 loses
# less than 10^-59 of its value, so 20 digits of the result are safe.
EXACT = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)


def ln_p(green, scored, g):
    """SPEC §7.2: ln P(X ≥ green), X ~ Binomial(scored, g/256), as a Decimal.

    The terms P(X = k) themselves, each from the one before it, starting at P(X = 0) = (1 − γ)^T. Left of the mean p
    is near 1, and what is summed is what it lacks.
    """
    assert 0 <= green <= scored
    if green == 0:  # T = 0 too
        return Decimal(0)
    term = EXACT.power(EXACT.divide(Decimal(256 - g), Decimal(256)), scored)
    left = 256 * green <= g * scored
    total = Decimal(0)
    for k in range(scored + 1):
        if left and k == green:
            break
        if left or k >= green:
            total = EXACT.add(total, term)
            # Right of the mean the terms fall ever faster: once one is below 10^-70 of the sum, all the rest are below
            # 10^-60 of it (they are fewer than T, itself at most 10^7, each smaller than this one).
            if not left and term < total.scaleb(-70, EXACT):
                break
        term = EXACT.divide(EXACT.multiply(term, Decimal((scored - k) * g)), Decimal((k + 1) * (256 - g)))
    return ln_one_minus(total) if left else EXACT.ln(total)


def ln_one_minus(x):
    """ln(1 − x), to full relative precision: 1 − x would forget an x below 10^-60."""
    if x > Decimal("1e-10"):
        return EXACT.ln(EXACT.subtract(Decimal(1), x))
    power, total = x, Decimal(0)
    for j in range(1, 8):
        total = EXACT.subtract(total, EXACT.divide(power, Decimal(j)))
        power = EXACT.multiply(power, x)
    return total


def z_score(green, scored, g):
    """SPEC §7.3 with 256 multiplied in: (256 G − g T) / √(T g (256 − g)); None for T = 0."""
    if scored == 0:
        return None
    numerator = Decimal(256 * green - g * scored)
    return float(EXACT.divide(numerator, EXACT.sqrt(Decimal(scored * g * (256 - g)))))


def ln_p_gamma(score, scored):
    """SPEC §7.4: ln P(X ≥ score), X ~ Gamma(scored, 1), as a Decimal; `score` is a double.

    X ≥ s exactly if fewer than T events of a Poisson law of mean s happen: e^−s · (1 + s + s²/2 + … + s^(T−1)/(T−1)!).
    Left of the mean p is near 1, and what is summed is what it lacks.
    """
    if scored == 0 or score == 0:
        return Decimal(0)
    mean = Decimal(score)
    term = EXACT.exp(EXACT.minus(mean))
    below, k = Decimal(0), 0
    while k < scored:
        below = EXACT.add(below, term)
        k += 1
        term = EXACT.divide(EXACT.multiply(term, mean), Decimal(k))
    if score >= scored:
        return EXACT.ln(below)
    # term is now the chance of exactly T events; those after it fall ever faster.
    rest = Decimal(0)
    while term > rest.scaleb(-70, EXACT):
        rest = EXACT.add(rest, term)
        k += 1
        term = EXACT.divide(EXACT.multiply(term, mean), Decimal(k))
    return ln_one_minus(rest)


def z_score_gamma(score, scored):
    """SPEC §7.4; None for T = 0."""
    if scored == 0:
        return None
    return float(EXACT.divide(EXACT.subtract(Decimal(score), Decimal(scored)), EXACT.sqrt(Decimal(scored))))


# SPEC §7.5: θ of the bets. The search and the stream are plain arithmetic in the 60 digits above, which nothing overflows.
GREEN_BETS = [Decimal(theta) for theta in ("0.25", "0.5", "1", "1.5", "2.25", "4")]
GUMBEL_BETS = [Decimal(theta) for theta in ("0.125", "0.25", "0.375", "0.5", "0.6875", "0.875")]


def bets_of(scheme):
    """SPEC §7.5: each bet as (θ, ψ(θ))."""
    with localcontext(EXACT):
        if isinstance(scheme, Green):
            gamma = Decimal(scheme.g) / 256
            return [(theta, (1 - gamma + gamma * theta.exp()).ln()) for theta in GREEN_BETS]
        return [(theta, -(1 - theta).ln()) for theta in GUMBEL_BETS]


def gains_of(scheme, scores):
    """θs − ψ(θ) of each score, on every bet: [T][K]."""
    with localcontext(EXACT):
        bets = bets_of(scheme)
        of = {s: [theta * Decimal(s) - psi for theta, psi in bets] for s in set(scores)}
    return [of[s] for s in scores]


def greatest_stake(scheme, scores):
    """SPEC §7.5, *Stake*: the maximum of M_0 … M_T."""
    with localcontext(EXACT):
        bets = bets_of(scheme)
        factors = {s: [(theta * Decimal(s) - psi).exp() for theta, psi in bets] for s in set(scores)}
        K, lam, mu = len(bets), Decimal(4) / (len(scores) + 4), Decimal(1) / 512
        A, R, greatest = Decimal(1), [Decimal(0)] * K, Decimal(1)
        for s in scores:
            A, R = (  # all right-hand sides being old values
                (1 - lam) * A + mu * sum(R),
                [((1 - mu) * R[k] + lam * A / K) * factors[s][k] for k in range(K)],
            )
            greatest = max(greatest, A + sum(R))
        return greatest


def layouts(gains, fee, cuts):
    """The greatest Σ (G − c) from the first i scores with one stretch at least, for i = 0 … T: [T + 1]; and for every score
    and bet the greatest with a stretch on that bet whose last score this is: [T][K]. No stretch crosses one of `cuts`, the
    numbers of the scores before which a long silence lies."""
    some, last = [Decimal("-Infinity")], []
    for i, gain in enumerate(gains):
        fresh = max(some[i], Decimal(0)) - fee
        last.append([max(fresh, last[i - 1][k] if i and i not in cuts else fresh) + gain[k] for k in range(len(gain))])
        some.append(max(some[i], *last[i]))
    return some, last


def marked(scheme, scores, cuts=()):
    """SPEC §7.5, *Spans*: for every score whether it is in a span; the fee; and the margin, by how many nats every other
    such answer with a span at all falls short. A score is in if the best layout that covers it beats the best that does not.
    `cuts`: the numbers of the scores before which more than 128 positions in a row are not scored.
    """
    with localcontext(EXACT):
        gains = gains_of(scheme, scores)
        K, T = len(bets_of(scheme)), len(scores)
        best, run = Decimal(0), [Decimal(0)] * K
        for i, gain in enumerate(gains):
            run = [(Decimal(0) if i in cuts else max(r, Decimal(0))) + g for r, g in zip(run, gain)]
            best = max(best, *run)
        if best == 0:
            return [False] * T, None, None
        fee = min(Decimal(20 * K * T).ln(), (1 - Decimal("1e-9")) * best)
        before, ending = layouts(gains, fee, cuts)
        after, starting = (part[::-1] for part in layouts(gains[::-1], fee, {T - cut for cut in cuts}))
        inside, margin = [], Decimal("Infinity")
        for i, gain in enumerate(gains):
            covered = max(ending[i][k] + starting[i][k] - gain[k] + fee for k in range(K))
            spared = max(before[i] + max(after[i + 1], Decimal(0)), max(before[i], Decimal(0)) + after[i + 1])
            inside.append(covered > spared)
            margin = min(margin, abs(covered - spared))
        return inside, fee, float(margin) if margin.is_finite() else None


def joined(inside):
    """SPEC §7.5: of stretches with fewer than four scores between them, one span."""
    runs = [(is_in, len(list(group))) for is_in, group in itertools.groupby(inside)]
    for at in range(1, len(runs) - 1):
        if not runs[at][0] and runs[at][1] < 4:
            runs[at] = (True, runs[at][1])
    return [is_in for is_in, count in runs for _ in range(count)]


def ln_tail(scheme, total, scored):
    """SPEC §7.2, §7.4: the exact tail of a sum of scores; in gumbel, of the nearest double."""
    return ln_p(int(total), scored, scheme.g) if isinstance(scheme, Green) else ln_p_gamma(float(total), scored)


class Span(NamedTuple):
    """SPEC §7.5: positions in the text, the end excluded; and the counts between them."""

    start: int
    end: int
    scored: int
    score: Decimal
    ln_p: Decimal


class Search(NamedTuple):
    """`ln_whole` and `ln_stake` are ln W and ln max M; `fee` and `margin` are None where there are no spans."""

    scored: int
    score: Decimal
    ln_whole: Decimal
    ln_stake: Decimal
    ln_p: Decimal
    spans: list
    fee: Decimal
    margin: float


def search(scheme, positions, alpha, ln_whole=None):
    """SPEC §7.5. `positions`: of every position of the text its score, or None if it is not scored. `ln_whole` is that of
    §7.8, where ids are given.
    """
    places = [place for place, s in enumerate(positions) if s is not None]
    scores = [positions[place] for place in places]
    with localcontext(EXACT):
        total = sum(map(Decimal, scores), Decimal(0))
        ln_whole = ln_tail(scheme, total, len(scores)) if ln_whole is None else ln_whole
        ln_stake = greatest_stake(scheme, scores).ln()
        ln = min(Decimal(0), Decimal(2).ln() + min(ln_whole, -ln_stake))
        spans, fee, margin = [], None, None
        if ln <= math.log(alpha):
            cuts = [i for i in range(1, len(places)) if places[i] - places[i - 1] - 1 > 128]
            inside, fee, margin = marked(scheme, scores, set(cuts))
            for start, end in itertools.pairwise([0, *cuts, len(scores)]):
                block = joined(inside[start:end])
                for is_in, group in itertools.groupby(range(start, end), lambda j: block[j - start]):
                    if is_in:
                        span = list(group)
                        part = sum((Decimal(scores[j]) for j in span), Decimal(0))
                        tail = ln_tail(scheme, part, len(span))
                        spans.append(Span(places[span[0]], places[span[-1]] + 1, len(span), part, tail))
    return Search(len(scores), total, ln_whole, ln_stake, ln, spans, fee, margin)


def stream(scheme, positions):
    """SPEC §7.6: (T, S, ln e, ln p) before the first position, and after each."""
    with localcontext(EXACT):
        bets = bets_of(scheme)
        T, S, greatest, ln_e = 0, Decimal(0), Decimal(1), Decimal(0)
        states = [(T, S, ln_e, Decimal(0))]
        for s in positions:
            if s is not None:
                T, S = T + 1, S + Decimal(s)
                e = sum((theta * S - T * psi).exp() for theta, psi in bets) / len(bets)
                ln_e, greatest = e.ln(), max(greatest, e)
            states.append((T, S, ln_e, Decimal(0) - greatest.ln()))
        return states


def scored_positions(key, scheme, ids):
    """SPEC §6: of every position its score, or None if it is not scored."""
    if isinstance(scheme, Green):
        return [{"G": 1, "R": 0}.get(mark) for mark in score(key, *scheme, ids).colours]
    found = add_scores(key, *scheme, ids)
    words = iter(found.words)
    return [token_score(next(words), scheme.dual) if mark == "S" else None for mark in found.marks]


def pair_weight(m, token):
    """SPEC §7.8: the weight of a pair that stands at m positions."""
    a = 5 if m == 1 else 8 if m == 2 else 9 if m <= 4 else 10 if m <= 8 else 11
    b = 2 if token < 256 else 1 if token < 512 else 0
    return a - b


def pair_weights(h, ids):
    """SPEC §7.8: of each scored pair its weight, in the order of the text."""
    pairs = [(context_at(ids, i, h), ids[i]) for i in range(h, len(ids))]
    stands = collections.Counter(pairs)
    return [pair_weight(m, token) for (_, token), m in stands.items()]  # in the order of first occurrence


@functools.lru_cache(maxsize=1)
def ways_of(classes, g):
    """Of each sum Σ c X_c from 0 on, how many of the 256^T outcomes of T bytes come to it; `classes`: pairs (c, n_c)."""
    ways = [1]
    for c, n in classes:
        for _ in range(n):  # one byte more, red or green
            ways = [(256 - g) * red + g * green for red, green in zip(ways + [0] * c, [0] * c + ways)]
    assert sum(ways) == 256 ** sum(n for _, n in classes)
    return ways


def ln_p_weighted(classes, total, g):
    """SPEC §7.8: ln P(Σ c X_c ≥ total), X_c ~ Binomial(n_c, g/256), as a Decimal. Whole numbers until the last step."""
    assert 0 <= total <= sum(c * n for c, n in classes)
    ways = ways_of(tuple(classes), g)
    at_least, all_ways = sum(ways[total:]), sum(ways)
    if 2 * at_least > all_ways:
        return ln_one_minus(EXACT.divide(Decimal(all_ways - at_least), Decimal(all_ways)))
    return EXACT.ln(EXACT.divide(Decimal(at_least), Decimal(all_ways)))


class Weighted(NamedTuple):
    """SPEC §7.8: the classes (c, n_c), the lightest first, G_w, and ln W."""

    classes: list
    total: int
    ln_whole: Decimal


def weighted_count(key, scheme, ids):
    """SPEC §7.8."""
    weights = pair_weights(scheme.h, ids)
    colours = [s for s in scored_positions(key, scheme, ids) if s is not None]
    classes = sorted(collections.Counter(weights).items())
    total = sum(w for w, s in zip(weights, colours, strict=True) if s)
    if len(weights) > 1024:
        return Weighted(classes, total, ln_p(sum(colours), len(colours), scheme.g))
    return Weighted(classes, total, ln_p_weighted(classes, total, scheme.g))


# --- SPEC §8.2, sampling ---------------------------------------------------------------------------------------------


def ratio(word, probability):
    """SPEC §8.2 step 3: −ln u / p."""
    clock = EXACT.minus(EXACT.ln(EXACT.divide(Decimal(2 * word + 1), Decimal(2**33))))
    return EXACT.divide(clock, Decimal(probability))


def sample(seed, k, tokens, probabilities):
    """SPEC §8.2 step 3: the token, and the runner-up's ratio over its own, less 1 (None where there is no other)."""
    ratios = sorted((ratio(word_of(seed, k, v), p), v) for v, p in zip(tokens, probabilities) if p > 0)
    margin = None if len(ratios) == 1 else float(EXACT.subtract(EXACT.divide(ratios[1][0], ratios[0][0]), Decimal(1)))
    return ratios[0][1], margin


# --- SPEC §9.5, normalised text --------------------------------------------------------------------------------------

IGNORABLE = """
    AD 34F 61C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3
    1D173-1D17A E0000-E0FFF
"""  # step 1
IGNORABLE = [(int(r.split("-")[0], 16), int(r.split("-")[-1], 16)) for r in IGNORABLE.split()]

LOOK_ALIKES = """
    A 0391 0410 13AA, a 0251 03B1 0430, B 0392 0412 13F4 2C82, b 042C 13CF, C 0421 13DF 2CA4,
    c 0441 1C83 1D04 2CA5 ABAF, D 13A0, d 0501 13E7, E 0395 0415 13AC, e 0435 04BD, F 03DC, f 0284 0584,
    G 050C 13C0 13F3, g 0261 0581 1D83, H 0397 041D 13BB 2C8E, h 04BA 04BB 0570 10B9 13C2, I 0399 0406 04C0 2C92,
    i 0269 026A 03B9 0456 0582 13A5 2C93 A647 AB75, J 037F 0408 13AB, j 03F3 0458 0575, K 039A 041A 13E6 2C94,
    L 13DE 2CD0, l 04CF, M 039C 03FA 041C 13B7 2C98, N 039D 2C9A, n 0578 057C, O 039F 041E 0555 1CBF 2C9E,
    o 03BF 03C3 03ED 043E 0585 10FF 1C82 1D0F 1D11 2C9F, P 03A1 0420 13E2 2CA2 2CCE, p 03C1 03F8 0440 2CA3 2CCF,
    Q 051A, q 051B 0563 0566, R 13A1 13D2, r 0433 1D26 2C85 AB81, S 0405 054F 10BD 10FD 13D5 13DA 1CBD,
    s 0455 ABAA, T 03A4 0422 13A2 2CA6, U 054D, u 028B 03C5 057D 1D1C, V 0474 13D9, v 03BD 0475 1D20 ABA9,
    W 051C 13B3 13D4, w 026F 0448 0461 051D 0561 1D21 2CBD AB83 ABA4, X 03A7 0425 2CAC, x 0445,
    Y 03A5 0423 04AE 13A9 13BD 2CA8, y 0263 028F 03B3 0443 04AF 10E7 1D8C 2CA9, Z 0396 10CD 13C3 2C8C,
    z 1D22 2C8D 2D2D AB93
"""
LOOK_ALIKES = {chr(int(code, 16)): e.split()[0] for e in LOOK_ALIKES.split(",") for code in e.split()[1:]}

PLAIN = {0x1680: " ", 0x2028: "\n", 0x2029: "\n"}  # step 5
PLAIN |= dict.fromkeys(range(0x2010, 0x2014), "-")
PLAIN |= dict.fromkeys(range(0x2018, 0x201C), "'") | dict.fromkeys(range(0x201C, 0x2020), '"')


def is_ignorable(c):
    return any(first <= ord(c) <= last for first, last in IGNORABLE)


@functools.cache
def seconds():
    """The characters that are the second of a primary composite: those whose NFC_Quick_Check is Maybe."""
    found = {chr(code) for code in (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))}  # Hangul, composed by rule
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and parts[0][0] != "<" and unicodedata.normalize("NFC", chr(code)) == chr(code):
            found.add(chr(int(parts[1], 16)))
    return found


def groups(text):
    """Step 2, as pairs (start, end)."""
    starts, begun = [0], False
    for i, c in enumerate(text):
        if is_ignorable(c):
            continue
        first = unicodedata.normalize("NFKD", c)[0]
        if begun and unicodedata.combining(first) == 0 and first not in seconds():
            starts.append(i)
        begun = True
    return list(zip(starts, starts[1:] + [len(text)]))


def is_ascii_letter(c):
    return c.isascii() and c.isalpha()


def folded(text):
    """Step 4, of a text in the form NFKD."""
    words = [[]]  # by turns what is between words, and a word
    for c in text:
        if (unicodedata.category(c)[0] in "LM") == (len(words) % 2 == 1):
            words.append([])
        words[-1].append(c)

    def fold(word):
        return [LOOK_ALIKES.get(c, c) for c in word]

    def letters(word):
        return [c for c in word if unicodedata.category(c)[0] == "L"]

    words = [fold(w) if any(map(is_ascii_letter, w)) else w for w in words]
    of_text = [c for w in words for c in letters(w)]
    if 2 * sum(map(is_ascii_letter, of_text)) > len(of_text):
        words = [fold(w) if all(c in LOOK_ALIKES for c in letters(w)) else w for w in words]
    return "".join(c for w in words for c in w)


def normalise(text):
    """SPEC §9.5: the normalised text, and for each of its code points the range of code points that it came from."""
    parts = ["".join(c for c in text[start:end] if not is_ignorable(c)) for start, end in groups(text)]
    parts = [unicodedata.normalize("NFKD", part) for part in parts]
    # A character for a character, so the parts keep their lengths.
    whole = folded("".join(parts)).translate(PLAIN)
    normal, came_from, at = "", [], 0
    for (start, end), part in zip(groups(text), parts):
        done = unicodedata.normalize("NFC", whole[at : at + len(part)])
        at += len(part)
        normal += done
        is_same = done == text[start:end]
        came_from += [(start + i, start + i + 1) if is_same else (start, end) for i in range(len(done))]
    assert normal == unicodedata.normalize("NFC", whole)
    return normal, came_from


# --- SPEC §7.7 and §10.3, looks and the verdict ----------------------------------------------------------------------


class Look(NamedTuple):
    """SPEC §7.7: a key, a scheme and a version, which is a place in a list of lists of ids."""

    key: bytes
    scheme: NamedTuple
    version: int


class Hit(NamedTuple):
    """A significant look, as a place in the list; ln p paid for; its spans."""

    look: int
    ln_p: Decimal
    spans: list


class Examination(NamedTuple):
    """`best` is a place in the list of looks before any was struck."""

    count: int
    ln_p: Decimal
    detected: bool
    best: int
    verdict: str
    hits: list


def greatest_score(scheme):
    """SPEC §10.3."""
    return Decimal(1) if isinstance(scheme, Green) else token_score(TOKEN_MAX, scheme.dual)


def ln_p_at_best(scheme, scored, searches):
    """SPEC §10.3: ln p_j where every position has the greatest score."""
    with localcontext(EXACT):
        if scored == 0:
            return Decimal(0)
        if isinstance(scheme, Green):
            whole = scored * (Decimal(scheme.g) / 256).ln()
        else:
            whole = ln_p_gamma(scored * greatest_score(scheme), scored)
        return min(Decimal(0), Decimal(2).ln() + whole) if searches else whole


def examine(looks, versions, alpha, searches):
    """SPEC §7.7, steps 2 to 4, and §10.3."""
    kept, have = [], set()
    for place, look in enumerate(looks):
        what = (look.key, look.scheme, tuple(versions[look.version]))
        if what not in have:  # step 2
            have.add(what)
            kept.append(place)
    with localcontext(EXACT):
        price, level = Decimal(len(kept)).ln(), Decimal(math.log(alpha))  # step 3
        found, at_best = {}, []
        for place in kept:
            key, scheme, version = looks[place]
            ids = versions[version]
            positions = scored_positions(key, scheme, ids)
            scores = [s for s in positions if s is not None]
            if searches:
                ln_whole = weighted_count(key, scheme, ids).ln_whole if isinstance(scheme, Green) else None
                searched = search(scheme, positions, alpha, ln_whole)
                found[place] = (searched.ln_p, searched.spans)
            else:
                found[place] = (ln_tail(scheme, sum(map(Decimal, scores), Decimal(0)), len(scores)), [])
            at_best.append(ln_p_at_best(scheme, len(scores), searches))
        best = min(kept, key=lambda place: found[place][0])  # step 4: of equal ones the first
        paid = {place: min(Decimal(0), price + ln) for place, (ln, _) in found.items()}
        hits = {}
        for place in kept:
            pair = looks[place][:2]
            if paid[place] <= level and (pair not in hits or found[place][0] < found[hits[pair]][0]):
                hits[pair] = place
        ranked = sorted(hits.values(), key=lambda place: (found[place][0], place))
        detected = paid[best] <= level
        verdict = "marked" if detected else "too_short" if price + min(at_best) > level else "no_mark_found"
        hits = [Hit(place, paid[place], found[place][1]) for place in ranked]
        return Examination(len(kept), paid[best], detected, best, verdict, hits)


# --- SPEC §9.4, fingerprint -------------------------------------------------------------------------------------------

PROBE = (
    "Hello, world! It's 2026-11-22 and I'd pay 3.14159 or 1,000,000.  Two  spaces,   three.\n\n"
    "\tdef f(x): return x**2 // 0xFF\r\nna\u00efve caf\u00e9 Stra\u00dfe e\u0301 "
    "\u041f\u0440\u0438\u0432\u0435\u0442 \u0645\u0631\u062d\u0628\u0627 "
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u4f60\u597d\u4e16\u754c \u3053\u3093 \ud55c\uad6d "
    "\u00bd \u00b2 \u0663\u0664 \U0001f44d\U0001f3fd\U0001f469\u200d\U0001f467  end\n"
)
assert len(PROBE) == 190 and len(PROBE.encode()) == 251


def vocabulary_bytes(tokens):
    """SPEC §9.4: `tokens` are pairs (id, string); the same pair may come twice, another string for one id is refused."""
    strings = {}
    for token, string in tokens:
        if strings.setdefault(token, string) != string:
            raise Refused("two-strings", f"id {token}")
    spelt = ((token, strings[token].encode()) for token in sorted(strings))
    return b"".join(le32(token) + le32(len(string)) + string for token, string in spelt)


def fingerprint(vocabulary, probe):
    """SPEC §9.4."""
    probe = le32(len(probe)) + b"".join(map(le32, probe))
    return sha256(b"greenmark/v1/tokenizer" + vocabulary + le32(0xFFFFFFFF) + probe)[:8].hex()


# What a byte-level vocabulary writes for each byte: GPT-2's map.
PRINTED = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
BYTE_LEVEL = {byte: chr(byte) for byte in PRINTED}
BYTE_LEVEL |= {byte: chr(0x100 + i) for i, byte in enumerate(byte for byte in range(256) if byte not in PRINTED)}


def toy_encode(vocabulary, merges, text):
    """Byte-pair encoding of a whole text: no splitting first, so merges must not reach across what others split at.

    `vocabulary`: string to id; a byte without a token gives no id, and nothing merges across it (SPEC §9.2).
    """
    ranks = {tuple(pair): rank for rank, pair in enumerate(merges)}
    ids, runs = [], [[]]
    for byte in text.encode():
        if BYTE_LEVEL[byte] in vocabulary:
            runs[-1].append(BYTE_LEVEL[byte])
        else:
            runs.append([])
    for parts in runs:
        while True:
            pairs = [(ranks[pair], i) for i, pair in enumerate(itertools.pairwise(parts)) if pair in ranks]
            if not pairs:
                break
            _, i = min(pairs)
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        ids += [vocabulary[part] for part in parts]
    return ids


def toy_tokenizer_json(text):
    """Vocabulary (bytes) and probe ids of a toy `tokenizer.json`: byte-level, with merges of letters, NFC or nothing first."""
    file = json.loads(text)
    vocabulary = file["model"]["vocab"]
    tokens = [(token, string) for string, token in vocabulary.items()]
    tokens += [(added["id"], added["content"]) for added in file["added_tokens"]]
    probe = unicodedata.normalize("NFC", PROBE) if file["normalizer"] == {"type": "NFC"} else PROBE
    return vocabulary_bytes(tokens), toy_encode(vocabulary, file["model"]["merges"], probe)


def toy_gguf(file):
    """The same of a toy GGUF file, given as its members: rows of type UNUSED are no tokens."""
    rows = zip(file["tokenizer.ggml.tokens"], file["tokenizer.ggml.token_type"], strict=True)
    tokens = [(token, string) for token, (string, kind) in enumerate(rows) if kind != 5]
    merges = [merge.split(" ") for merge in file["tokenizer.ggml.merges"]]
    return vocabulary_bytes(tokens), toy_encode({string: token for token, string in tokens}, merges, PROBE)


# --- SPEC §10, evidence ----------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """SPEC §12.4: one entry; `profile` is a name or None."""

    profile: str
    key: bytes
    scheme: NamedTuple


def evidence(name, asked, ids, normalised_ids, alpha, searches):
    """SPEC §10.1, of a text that is given as ids; `normalised_ids`: those of the normalised version, or None."""
    versions = [ids] if normalised_ids is None else [ids, normalised_ids]
    of_look = [entry for entry in asked for _ in versions]
    looks = [Look(entry.key, entry.scheme, version) for entry in asked for version in range(len(versions))]
    found = examine(looks, versions, alpha, searches)

    def is_normalised(look):
        return looks[look].version > 0

    best = of_look[found.best]
    scheme = best.scheme
    if isinstance(scheme, Green):
        counts = score(best.key, *scheme, ids)
        total, z = counts.green, z_score(counts.green, counts.scored, scheme.g)
        green, gamma = counts.green, scheme.g / 256
    else:
        counts = add_scores(best.key, *scheme, ids)
        total, z = float(counts.score), z_score_gamma(float(counts.score), counts.scored)
        green = gamma = None
    mean = total / counts.scored if counts.scored else None

    spans = []
    for rank, hit in enumerate(found.hits):
        entry = of_look[hit.look]
        for span in hit.spans:
            is_green = isinstance(entry.scheme, Green)
            spans.append(
                {
                    "start": span.start,
                    "end": span.end,
                    "text_start": None,
                    "text_end": None,
                    "scored": span.scored,
                    "score": int(span.score) if is_green else float(span.score),
                    "green": int(span.score) if is_green else None,
                    "ln_p": float(span.ln_p),
                    "normalised": is_normalised(hit.look),
                    "profile": entry.profile,
                    "key_id": key_id(entry.key),
                    "scheme": str(entry.scheme),
                }
            )
    spans.sort(key=lambda span: span["start"])  # §10.2; stable, and hits come by p_j, then by place
    ln = float(found.ln_p)
    return {
        "test": "gm1",
        "id": name,
        "verdict": found.verdict,
        "detected": found.detected,
        "alpha": alpha,
        "ln_p": ln,
        "p_value": math.exp(ln),
        "looks": found.count,
        "profile": best.profile,
        "key_id": key_id(best.key),
        "scheme": str(scheme),
        "normalised": is_normalised(found.best),
        "tokenizer": None,
        "tokens": counts.tokens,
        "scored": counts.scored,
        "repeated": counts.repeated,
        "score": total,
        "mean_score": mean,
        "green": green,
        "gamma": gamma,
        "green_fraction": mean if green is not None else None,
        "z_score": z,
        "unpaid_ln_p": float(ln_tail(scheme, total, counts.scored)),
        "spans": spans,
    }


# --- SPEC §12, registry ------------------------------------------------------------------------------------------------

PROFILE = {"greenmark": True, "name": True, "scheme": True, "tokenizer": True, "key_id": True, "key_file": False, "subkey": False}
TOKENIZER = {"name": True, "fingerprint": True, "file": False}


class Pairs(list):
    """A JSON object as the list of its members."""


def refuse_constant(name):
    raise ValueError(name)  # NaN and Infinity are no JSON


def has_twice(pairs, known):
    return any(sum(name == member for name, _ in pairs) > 1 for member in known)


def lacks(pairs, known, is_right):
    members = dict(pairs)
    required = any(name not in members for name, is_required in known.items() if is_required)
    return required or not all(is_right(name, members[name]) for name in known if name in members)


def parse_profile(text):
    """SPEC §12.1, of the bytes of a file: its members, absent ones None; the checks stand in the order that it demands."""
    try:
        if text.startswith(b"\xef\xbb\xbf"):
            raise ValueError("a byte-order mark")
        pairs = json.loads(text.decode("utf-8"), object_pairs_hook=Pairs, parse_constant=refuse_constant)
        json.dumps(pairs, ensure_ascii=False).encode("utf-8")  # refuses lone surrogates
    except ValueError as error:
        raise Refused("json", str(error)) from None
    if not isinstance(pairs, Pairs):
        raise Refused("json", "no object")
    inner = dict(pairs).get("tokenizer")
    if has_twice(pairs, PROFILE) or any(isinstance(v, Pairs) and n == "tokenizer" and has_twice(v, TOKENIZER) for n, v in pairs):
        raise Refused("duplicate")
    if dict(pairs).get("greenmark") != "profile/1":
        raise Refused("version")
    if lacks(pairs, PROFILE, lambda name, value: isinstance(value, Pairs if name == "tokenizer" else str)):
        raise Refused("member")
    if lacks(inner, TOKENIZER, lambda _, value: isinstance(value, str)):
        raise Refused("member")
    found = {name: dict(pairs).get(name) for name in PROFILE}
    found["tokenizer"] = {name: dict(inner).get(name) for name in TOKENIZER}
    if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", found["name"]) is None:
        raise Refused("name")
    try:
        parse_scheme(found["scheme"])
    except Refused:
        raise Refused("scheme") from None
    if re.fullmatch(r"[0-9a-f]{16}", found["tokenizer"]["fingerprint"]) is None:
        raise Refused("fingerprint")
    if re.fullmatch(r"[0-9a-f]{16}", found["key_id"]) is None:
        raise Refused("key-id")
    if found["subkey"] is not None and not 1 <= len(found["subkey"].encode()) <= 255:
        raise Refused("subkey")
    for path in (found["key_file"], found["tokenizer"]["file"]):
        if path is not None and (path == "" or path[0] == "/" or "\\" in path or "\0" in path):
            raise Refused("path")
    return found


def read_registry(files, schemes):
    """SPEC §12.2 to §12.4, of the files of a folder, (name, bytes): entries (profile, key, scheme, fingerprint)."""
    schemes = schemes or [Green(1, 64)]
    folder = sorted((name.encode(), content) for name, content in files if not name.startswith("."))
    profiles = [parse_profile(content) for name, content in folder if name.endswith(b".profile.json")]
    if len({profile["name"] for profile in profiles}) < len(profiles):
        raise Refused("duplicate-name")
    keys = [parse_key_file(content) for name, content in folder if name.endswith(b".key")]
    entries, named = [], set()
    for profile in profiles:

        def used(stored, label=profile["subkey"]):
            return stored if label is None else sub_key(stored, label.encode())

        if profile["key_file"] is not None:
            try:
                stored = parse_key_file(dict(files)[posixpath.normpath(profile["key_file"])])
            except (KeyError, Refused):
                raise Refused("key") from None
            if key_id(used(stored)) != profile["key_id"]:
                raise Refused("key-mismatch")
        else:
            stored = next((key for key in keys if key_id(used(key)) == profile["key_id"]), None)
            if stored is None:
                raise Refused("key")
        named |= {stored, used(stored)}
        entries.append((profile["name"], used(stored), parse_scheme(profile["scheme"]), profile["tokenizer"]["fingerprint"]))
    return entries + [(None, key, scheme, None) for key in keys if key not in named for scheme in schemes]


# --- SPEC §11, test vectors ------------------------------------------------------------------------------------------

KEYS = [
    ("all bytes 0x00", bytes(32)),
    ("bytes 0x00 to 0x1f", bytes(range(32))),
    ("all bytes 0xff", b"\xff" * 32),
    ('SHA256("greenmark/v1/vectors/a key")', sha256(b"greenmark/v1/vectors/a key")),
]


class Cases:
    """The cases of one file, numbered as they come. Add new ones at the end: others cite a tcId."""

    def __init__(self):
        self.list = []

    def add(self, comment, spec, values, failure=None):
        case = {"tcId": len(self.list) + 1, "comment": comment, "spec": spec}
        case["result"] = "valid" if failure is None else "invalid"
        if failure is not None:
            case["failure"] = failure
        self.list.append(case | values)


def file_of(name, sections, notes, cases):
    return {"schema": f"greenmark/v1/vectors/{name}", "spec": sections, "notes": notes, "cases": cases.list}


def ln_p_members(green, scored, g):
    """`ln_p` as the nearest double, and `ln_p_decimal` with 20 significant digits."""
    return decimal_members(ln_p(green, scored, g))


def decimal_members(exact):
    return {"ln_p": float(exact), "ln_p_decimal": f"{exact:.19e}" if exact else "0"}


def keys_file():
    cases = Cases()
    for comment, key in KEYS + [(f"one bit, at byte {i}", bytes(i) + b"\x80" + bytes(31 - i)) for i in (0, 15, 31)]:
        text = format_key(key)
        assert parse_key(text.encode()) == key
        values = {"text": text, "key": key.hex(), "checksum": key_checksum(key), "key_id": key_id(key)}
        cases.add(comment, "§2", values)

    key = KEYS[3][1]
    good = format_key(key)
    body = good[4:]

    def swapped(i, with_text):
        """The good text with its characters from i on replaced; Python counts characters, the readers bytes."""
        return good[:i] + with_text + good[i + len(with_text.encode()) :]

    def flipped(i):
        return swapped(i, "0" if good[i] != "0" else "1")

    def refuse(failure, comment, text):
        try:
            parse_key(text.encode())
        except Refused as refused:
            assert refused.failure == failure, (comment, refused)
        else:
            raise AssertionError(comment)
        cases.add(comment, "§2.2", {"text": text}, failure)

    refuse("prefix", "empty", "")
    refuse("prefix", "the prefix cut short", "gmk")
    refuse("prefix", "prefix of another version", "gmk2" + body)
    refuse("prefix", "prefix in upper case", "GMK1" + body)
    refuse("prefix", "no prefix", body)
    refuse("prefix", "leading space", " " + good)
    refuse("prefix", "leading line feed", "\n" + good)
    refuse("prefix", "leading byte order mark", "\ufeff" + good)
    refuse("prefix", "a scheme string", "gm1:green,h=1,gamma=64/256")
    refuse("prefix", "a two-byte character across the end of the prefix, 76 bytes", "gmk\u00e9" + body[1:])
    refuse("prefix", "two faults: prefix and length", "gmk2" + body[:-1])
    refuse("prefix", "two faults: prefix and character", "gmk2" + "g" + body[1:])
    refuse("prefix", "two faults: prefix and checksum", "gmk2" + flipped(40)[4:])

    refuse("length", "the prefix alone", "gmk1")
    refuse("length", "one character short", good[:-1])
    refuse("length", "one character long", good + "0")
    refuse("length", "no checksum", good[:68])
    refuse("length", "trailing line feed: a key file may have one, key text not", good + "\n")
    refuse("length", "trailing CR LF", good + "\r\n")
    refuse("length", "trailing space", good + " ")
    refuse("length", "trailing NUL", good + "\0")
    refuse("length", "twice", good + good)
    refuse("length", "76 characters but 77 bytes", good[:20] + "\u00e9" + good[21:])
    refuse("length", "two faults: length and character", "gmk1" + "g" + body[1:-1])
    refuse("length", "two faults: length and checksum", flipped(40) + "0")

    letter = next(i for i in range(4, 68) if good[i] in "abcdef")
    refuse("character", "one letter of the key in upper case", swapped(letter, good[letter].upper()))
    letter = next(i for i in range(68, 76) if good[i] in "abcdef")
    refuse("character", "one letter of the checksum in upper case", swapped(letter, good[letter].upper()))
    refuse("character", "all digits in upper case", "gmk1" + body.upper())
    refuse("character", "g, the letter after f", swapped(10, "g"))
    refuse("character", "` (0x60), before a", swapped(10, "`"))
    refuse("character", "/ (0x2f), before 0", swapped(10, "/"))
    refuse("character", ": (0x3a), after 9", swapped(10, ":"))
    refuse("character", "first character after the prefix", swapped(4, "x"))
    refuse("character", "last character of the key", swapped(67, "x"))
    refuse("character", "first character of the checksum", swapped(68, "x"))
    refuse("character", "last character", swapped(75, "x"))
    refuse("character", "space", swapped(30, " "))
    refuse("character", "line feed as the 76th byte", swapped(75, "\n"))
    refuse("character", "+, which some number readers pass", swapped(4, "+"))
    refuse("character", "0x, which some number readers pass", swapped(4, "0x"))
    refuse("character", "NUL", swapped(30, "\0"))
    refuse("character", "a two-byte character, 76 bytes in all", swapped(20, "\u00e9"))
    refuse("character", "a full-width digit (three bytes), 76 bytes in all", swapped(20, "\uff11"))
    refuse("character", "a four-byte character, 76 bytes in all", swapped(20, "\U0001f511"))
    refuse("character", "a two-byte character across a pair of digits", swapped(21, "\u00e9"))
    refuse("character", "a two-byte character across key and checksum", swapped(67, "\u00e9"))
    refuse("character", "a two-byte character at the end", swapped(74, "\u00e9"))
    refuse("character", "two faults: character and checksum", flipped(40)[:10] + "g" + flipped(40)[11:])

    refuse("checksum", "one digit of the key changed: the first", flipped(4))
    refuse("checksum", "one digit of the key changed: the last", flipped(67))
    refuse("checksum", "one digit of the checksum changed: the first", flipped(68))
    refuse("checksum", "one digit of the checksum changed: the last", flipped(75))
    pair = next(i for i in range(4, 67) if good[i] != good[i + 1])
    refuse("checksum", "two neighbouring digits exchanged", swapped(pair, good[pair + 1] + good[pair]))
    refuse("checksum", "checksum of zeros", good[:68] + "00000000")
    refuse("checksum", "checksum of another key", good[:68] + key_checksum(KEYS[0][1]))
    refuse("checksum", "checksum made without the label", good[:68] + sha256(key)[:4].hex())
    digest = sha256(b"greenmark/v1/key-checksum" + key)
    refuse("checksum", "the last four bytes of the digest for the first", good[:68] + digest[-4:].hex())
    refuse("checksum", "checksum with its bytes reversed", good[:68] + digest[3::-1].hex())
    notes = [
        "Keys for tests alone: never mark text with one of them.",
        "text is to be read as its UTF-8 bytes.",
        "valid: key is its hexadecimal, checksum the last 8 characters of text."
        " invalid: failure is the first check that fails.",
    ]
    return file_of("keys", "SPEC §2", notes, cases)


def schemes_file():
    cases = Cases()

    def accept(comment, h, g):
        text = str(Green(h, g))
        assert parse_scheme(text) == Green(h, g)
        cases.add(comment, "§3", {"text": text, "h": h, "g": g})

    accept("the example of SPEC.md", 1, 64)
    for h in range(17):
        accept(f"width {h}", h, 128)
    for g in (1, 2, 9, 10, 25, 63, 64, 65, 99, 100, 127, 128, 199, 200, 249, 250, 254, 255):
        accept(f"numerator {g}", 4, g)
    for h, g in ((0, 1), (0, 255), (16, 1), (16, 255)):
        accept(f"a corner: width {h}, numerator {g}", h, g)

    def refuse(failure, comment, text):
        try:
            parse_scheme(text)
        except Refused as refused:
            assert refused.failure == failure, (comment, refused)
        else:
            raise AssertionError(comment)
        cases.add(comment, "§3", {"text": text}, failure)

    refuse("version", "empty", "")
    refuse("version", "the version without its colon", "gm1")
    refuse("version", "another version", "gm2:green,h=1,gamma=64/256")
    refuse("version", "version of two digits", "gm10:green,h=1,gamma=64/256")
    refuse("version", "version with a leading zero", "gm01:green,h=1,gamma=64/256")
    refuse("version", "version in upper case", "GM1:green,h=1,gamma=64/256")
    refuse("version", "leading space", " gm1:green,h=1,gamma=64/256")
    refuse("version", "leading line feed", "\ngm1:green,h=1,gamma=64/256")
    refuse("version", "leading byte order mark", "\ufeffgm1:green,h=1,gamma=64/256")
    refuse("version", "space before the colon", "gm1 :green,h=1,gamma=64/256")
    refuse("version", "full-width colon", "gm1\uff1agreen,h=1,gamma=64/256")
    refuse("version", "no version", "green,h=1,gamma=64/256")
    refuse("version", "the prefix of a key", "gmk1")
    refuse("version", "two faults: version and family", "gm2:grumble,h=4")
    refuse("version", "two faults: version and width", "gm2:green,h=17,gamma=64/256")

    refuse("family", "no family", "gm1:")
    refuse("family", "empty family", "gm1:,h=1,gamma=64/256")
    refuse("family", "a family that is none of this version's", "gm1:payload,h=4")
    refuse("family", "one letter long", "gm1:greens,h=1,gamma=64/256")
    refuse("family", "one letter short", "gm1:gree,h=1,gamma=64/256")
    refuse("family", "in upper case", "gm1:GREEN,h=1,gamma=64/256")
    refuse("family", "leading space", "gm1: green,h=1,gamma=64/256")
    refuse("family", "trailing space", "gm1:green ,h=1,gamma=64/256")
    refuse("family", "NUL after it", "gm1:green\0,h=1,gamma=64/256")
    refuse("family", "semicolon: no comma ends the family before gamma", "gm1:green;h=1,gamma=64/256")
    refuse("family", "full-width comma: no comma ends the family before gamma", "gm1:green\uff0ch=1,gamma=64/256")
    refuse("family", "a letter of another script that looks the same", "gm1:gre\u0435n,h=1,gamma=64/256")
    refuse("family", "the version twice", "gm1:gm1:green,h=1,gamma=64/256")
    refuse("family", "two faults: family and width", "gm1:gumbels,h=17")
    refuse("family", "two faults: family and syntax", "gm1:greens,h=01,gamma=64/256")

    def syntax(comment, rest):
        refuse("syntax", comment, "gm1:green" + rest)

    syntax("the family alone", "")
    syntax("ends after the comma", ",")
    syntax("no gamma", ",h=1")
    syntax("no gamma, trailing comma", ",h=1,")
    syntax("no h", ",gamma=64/256")
    syntax("fields exchanged", ",gamma=64/256,h=1")
    syntax("h twice", ",h=1,h=1,gamma=64/256")
    syntax("gamma twice", ",h=1,gamma=64/256,gamma=64/256")
    syntax("trailing comma", ",h=1,gamma=64/256,")
    syntax("a field too many", ",h=1,gamma=64/256,delta=2")
    syntax("comma twice", ",,h=1,gamma=64/256")
    syntax("comma twice, between the fields", ",h=1,,gamma=64/256")
    syntax("no digit in h", ",h=,gamma=64/256")
    syntax("no digit in gamma", ",h=1,gamma=/256")
    syntax("no value of gamma", ",h=1,gamma=")
    syntax("h with a leading zero", ",h=01,gamma=64/256")
    syntax("h of two zeros", ",h=00,gamma=64/256")
    syntax("h above 16 with a leading zero", ",h=017,gamma=64/256")
    syntax("h negative", ",h=-1,gamma=64/256")
    syntax("h minus zero", ",h=-0,gamma=64/256")
    syntax("h with a plus", ",h=+1,gamma=64/256")
    syntax("h with a decimal point", ",h=1.0,gamma=64/256")
    syntax("h with an exponent", ",h=1e0,gamma=64/256")
    syntax("h in hexadecimal", ",h=0x1,gamma=64/256")
    syntax("h with an underscore, which some number readers pass", ",h=1_0,gamma=64/256")
    syntax("h a word", ",h=one,gamma=64/256")
    syntax("h with a full-width digit", ",h=\uff11,gamma=64/256")
    syntax("h with an Arabic-Indic digit", ",h=\u0661,gamma=64/256")
    syntax("h with a superscript digit", ",h=\u00b9,gamma=64/256")
    syntax("name of h in upper case", ",H=1,gamma=64/256")
    syntax("name of gamma in upper case", ",h=1,GAMMA=64/256")
    syntax("gamma by its Greek letter", ",h=1,\u03b3=64/256")
    syntax("gamma with a leading zero", ",h=1,gamma=064/256")
    syntax("gamma of two zeros", ",h=1,gamma=00/256")
    syntax("gamma negative", ",h=1,gamma=-64/256")
    syntax("gamma with a plus", ",h=1,gamma=+64/256")
    syntax("gamma with full-width digits", ",h=1,gamma=\uff16\uff14/256")
    syntax("gamma as a decimal fraction", ",h=1,gamma=0.25")
    syntax("gamma reduced", ",h=1,gamma=1/4")
    syntax("gamma over 255", ",h=1,gamma=64/255")
    syntax("gamma over 2560", ",h=1,gamma=64/2560")
    syntax("gamma over 0256", ",h=1,gamma=64/0256")
    syntax("gamma without its denominator", ",h=1,gamma=64")
    syntax("gamma with an empty denominator", ",h=1,gamma=64/")
    syntax("gamma over twice", ",h=1,gamma=64/256/256")
    syntax("trailing space", ",h=1,gamma=64/256 ")
    syntax("trailing line feed", ",h=1,gamma=64/256\n")
    syntax("trailing CR LF", ",h=1,gamma=64/256\r\n")
    syntax("trailing NUL", ",h=1,gamma=64/256\0")
    syntax("trailing letter", ",h=1,gamma=64/256x")
    syntax("space after a comma", ", h=1,gamma=64/256")
    syntax("space before the second comma", ",h=1 ,gamma=64/256")
    syntax("space before an equals sign", ",h =1,gamma=64/256")
    syntax("tab after an equals sign", ",h=\t1,gamma=64/256")
    syntax("NUL in a number", ",h=1\0,gamma=64/256")
    syntax("a four-byte character at the end", ",h=1,gamma=64/256\U0001f511")
    syntax("two faults: width, and syntax after it", ",h=17,gamma=64/255")
    syntax("two faults: gamma, and syntax before it", ",h=01,gamma=0/256")
    syntax("two faults: gamma out of range and over 255", ",h=1,gamma=256/255")

    def width(comment, digits, numerator="64"):
        refuse("context-width", comment, f"gm1:green,h={digits},gamma={numerator}/256")

    width("one too wide", "17")
    width("two digits", "99")
    width("three digits", "100")
    width("2^8 + 1", "257")
    width("2^32 + 1", "4294967297")
    width("2^64 + 1", "18446744073709551617")
    width("23 digits", "9" * 23)
    width("5,000 digits", "1" + "0" * 4999)
    width("two faults: width and gamma", "17", "0")
    width("two faults: width and gamma, both too large for a machine word", "9" * 23, "9" * 23)

    def gamma(comment, digits):
        refuse("gamma", comment, f"gm1:green,h=1,gamma={digits}/256")

    gamma("nothing green", "0")
    gamma("all green", "256")
    gamma("more than all", "257")
    gamma("2^8 + 64", "320")
    gamma("three digits", "999")
    gamma("four digits", "1000")
    gamma("2^32 + 64", "4294967360")
    gamma("2^64 + 64", "18446744073709551680")
    gamma("5,000 digits", "1" + "0" * 4999)

    for h in range(1, 17):
        for scheme in (Gumbel(h, False), Gumbel(h, True)):
            assert parse_scheme(str(scheme)) == scheme
            values = {"text": str(scheme), "h": h, "dual": scheme.dual}
            cases.add(f"gumbel, width {h}{', dual' if scheme.dual else ''}", "§3", values)

    refuse("family", "gumbel one letter long", "gm1:gumbels,h=4")
    refuse("family", "gumbel in upper case", "gm1:Gumbel,h=4")

    def gumbel_syntax(comment, rest):
        refuse("syntax", f"gumbel: {comment}", "gm1:gumbel" + rest)

    gumbel_syntax("the family alone", "")
    gumbel_syntax("ends after the comma", ",")
    gumbel_syntax("no digit in h", ",h=")
    gumbel_syntax("no h", ",dual")
    gumbel_syntax("a gamma, which is of the other family", ",h=4,gamma=64/256")
    gumbel_syntax("h with a leading zero", ",h=04")
    gumbel_syntax("h of two zeros", ",h=00")
    gumbel_syntax("h with a plus", ",h=+4")
    gumbel_syntax("h with a full-width digit", ",h=\uff14")
    gumbel_syntax("trailing comma", ",h=4,")
    gumbel_syntax("trailing space", ",h=4 ")
    gumbel_syntax("trailing line feed", ",h=4\n")
    gumbel_syntax("dual twice", ",h=4,dual,dual")
    gumbel_syntax("dual before h", ",dual,h=4")
    gumbel_syntax("dual in upper case", ",h=4,DUAL")
    gumbel_syntax("dual with a value", ",h=4,dual=1")
    gumbel_syntax("dual cut short", ",h=4,dua")
    gumbel_syntax("dual without its comma", ",h=4dual")
    gumbel_syntax("trailing comma after dual", ",h=4,dual,")
    gumbel_syntax("two faults: syntax, and width before it", ",h=17,dua")
    refuse("syntax", "green: dual, which is of the other family", "gm1:green,h=1,dual")
    refuse("syntax", "green: dual after gamma", "gm1:green,h=1,gamma=64/256,dual")
    for digits in ("0", "17", "100", "4294967300", "9" * 23, "1" + "0" * 4999):
        refuse("context-width", f"gumbel: width of {len(digits)} digits", f"gm1:gumbel,h={digits}")
    refuse("context-width", "gumbel, dual: one context for all would be used once", "gm1:gumbel,h=0,dual")
    notes = ["text is what a reader is given. invalid: failure is the first check that fails."]
    return file_of("schemes", "SPEC §3", notes, cases)


FIELD_CONTEXTS = {
    0: [()],
    1: [(0,), (1,), (50256,), (2**31,), (TOKEN_MAX,)],
    2: [(0, 0), (1, 2), (2, 1), (0, TOKEN_MAX), (TOKEN_MAX, 0)],
    4: [(0, 0, 0, 0), (1, 2, 3, 4), (4, 3, 2, 1), (TOKEN_MAX,) * 4],
    16: [tuple(range(16)), tuple(reversed(range(16))), (TOKEN_MAX,) * 16],
}
FIELD_TOKENS = [0, 63, 64, 65, 49151, 131071, TOKEN_MAX]
FIELD_GS = [1, 64, 128, 255]


def first_token_with(seed, byte):
    """The lowest token that has this byte in the context that gave the seed."""
    counter = 0
    while byte not in block(seed, 0, counter):
        counter += 1
    return 64 * counter + block(seed, 0, counter).index(byte)


def field_file():
    cases = Cases()
    for name, key in KEYS:
        for h, contexts in FIELD_CONTEXTS.items():
            for context in contexts:
                seed = seed_of(key, context)
                ids = FIELD_TOKENS + [first_token_with(seed, edge) for g in FIELD_GS for edge in (g - 1, g)]
                read = [byte_of(seed, token) for token in ids]
                values = {
                    "key": key.hex(),
                    "h": h,
                    "context": list(context),
                    "context_bytes": context_bytes(context).hex(),
                    "field_key": field_key(key, h).hex(),
                    "seed": seed.hex(),
                    "ids": ids,
                    "bytes": read,
                    "colours": {str(g): "".join("G" if is_green(b, g) else "R" for b in read) for g in FIELD_GS},
                }
                cases.add(f"h = {h}, key: {name}", "§4, §5, §6.1", values)
    notes = [
        "bytes[j] is the byte of token ids[j] in the context; character j of colours[g] is its colour under g/256.",
        "From the eighth id on, the lowest tokens with the bytes g - 1 (the last green one) and g (the first red one),"
        " for g = 1, 64, 128, 255 in turn.",
    ]
    return file_of("field", "SPEC §4, §5, §6.1", notes, cases)


def draws(label):
    """Endless 32-bit integers that a label determines."""
    i = 0
    while True:
        yield from struct.unpack("<8I", sha256(b"greenmark/v1/vectors/draws/" + label.encode() + b"/" + le32(i)))
        i += 1


def natural_ids(label, n):
    """Ids that look like text: frequent ones are small (log-uniform below 2^16), and phrases come back."""
    source, ids = draws(label), []
    while len(ids) < n:
        if len(ids) > 20 and next(source) % 16 == 0:
            start = next(source) % (len(ids) - 8)
            ids += ids[start : start + 3 + next(source) % 6]
        else:
            ids.append(next(source) % 2 ** (1 + next(source) % 16))
    return ids[:n]


def coloured_ids(label, key, h, g, n, colour, every=1):
    """n ids such that position i ≥ h has the colour asked for wherever `every` divides i; others as they fall."""
    source, ids = draws(label), []
    for i in range(n):
        seed = seed_of(key, context_at(ids, i, h)) if i >= h else None
        while True:
            token = next(source) % 50257
            if seed is None or i % every or is_green(byte_of(seed, token), g) == (colour == "G"):
                break
        ids.append(token)
    return ids


def scores_file():
    cases = Cases()

    def add(comment, h, g, ids, key=KEYS[3][1], spec="§6.2, §7"):
        counts = score(key, h, g, ids)
        values = {"key": key.hex(), "scheme": str(Green(h, g)), "ids": list(ids)}
        values |= counts._asdict()
        values["green_fraction"] = counts.green / counts.scored if counts.scored else None
        values["z_score"] = z_score(counts.green, counts.scored, g)
        cases.add(comment, spec, values | ln_p_members(counts.green, counts.scored, g))
        return counts

    some = list(natural_ids("some", 32))
    for h in (0, 1, 2, 4, 16):
        for n in sorted({0, 1, max(h - 1, 0), h, h + 1, h + 2}):
            add(f"n = {n}, h = {h}", h, 64, some[:n])
    for h in (0, 1, 2, 4, 16):
        add(f"one token 1,000 times, h = {h}: scored once", h, 64, [7] * 1000)
    for h in (0, 1, 2, 4, 16):
        add(f"two tokens in turn, h = {h}: scored twice", h, 128, [7, 8] * 50)
    for h in (0, 1, 2, 4, 16):
        add(f"20 ids twice over, h = {h}", h, 128, list(range(100, 120)) * 2)

    add("an n-gram twice, h = 1", 1, 128, [1, 2, 3, 9, 1, 2, 3])
    add("an n-gram twice, h = 2", 2, 128, [1, 2, 3, 9, 1, 2, 3])
    add("an n-gram twice, h = 4: too short to repeat", 4, 128, [1, 2, 3, 9, 1, 2, 3])
    add("a repeat at once", 1, 128, [5, 5, 5])
    add("a context again with another token: no repeat", 1, 128, [1, 2, 9, 1, 3])
    add("a token again in another context: no repeat", 1, 128, [1, 2, 9, 3, 2])
    add("a context of two in the other order: no repeat", 2, 128, [1, 2, 5, 9, 2, 1, 5])
    add("a pair turned round: no repeat", 1, 128, [1, 2, 1])
    add("a repeat that overlaps the first h positions is none: they are unscored", 2, 128, [1, 1, 1, 1])
    add("ids that differ in the top bit alone", 1, 128, [1, 2, 2**31 + 1, 2, 1, 2**31 + 2])
    add("ids that agree modulo 2^16", 1, 128, [1, 2, 2**16 + 1, 2, 1, 2**16 + 2])
    add("triples that agree in their last 64 bits", 2, 128, [1, 0, 0, 2, 0, 0])
    add("triples that agree in their first 64 bits", 2, 128, [0, 0, 1, 0, 0, 2])
    add("triples with the same sum and the same exclusive or", 2, 128, [1, 2, 3, 3, 2, 1, 2, 1, 3])
    add("triples whose decimal digits run together alike", 2, 128, [1, 23, 4, 12, 3, 4, 1, 2, 34])

    for h in (0, 1, 2, 4, 16):
        add(f"ids at both ends of the range, h = {h}", h, 128, [0, TOKEN_MAX, TOKEN_MAX, 0, 0, 0, TOKEN_MAX] * 4)
        add(f"all distinct, h = {h}", h, 64, range(1000, 1200))
    for name, key in KEYS:
        add(f"natural, key: {name}", 1, 64, natural_ids("keys", 200), key)
    for h in (0, 1, 2, 4, 16):
        for g in (1, 64, 128, 255):
            add(f"natural, h = {h}, g = {g}", h, g, natural_ids("natural", 300))
    for g in (2, 32, 63, 65, 127, 129, 192, 254):
        add(f"natural, g = {g}", 1, g, natural_ids("natural", 150))
    add("natural, all ids in one block", 1, 64, [token % 64 for token in natural_ids("block", 200)])
    add("large ids", 1, 64, [token * 65521 % 2**32 for token in natural_ids("large", 200)])

    key = KEYS[3][1]
    for h in (0, 1, 2, 4, 16):
        ids = coloured_ids("marked", key, h, 64, 200 + h, "G")
        counts = add(f"marked, every position green, h = {h}", h, 64, ids)
        assert counts.green == counts.scored
    for every in (2, 3, 5, 10):
        add(f"marked at one position in {every}", 1, 64, coloured_ids("marked", key, 1, 64, 400, "G", every))
    ids = coloured_ids("deep", key, 1, 64, 801, "G")
    add("marked, 801 ids, every position green: exp(ln_p) underflows a double", 1, 64, ids)
    add("the same text under another key", 1, 64, ids, KEYS[1][1])
    add("the same text under another width", 2, 64, ids)
    add("the same text under a larger gamma: green stays green", 1, 128, ids)
    add("the same text under a smaller gamma", 1, 63, ids)
    add("marked, g = 128", 4, 128, coloured_ids("half", key, 4, 128, 300, "G"))
    add("marked, g = 255", 1, 255, coloured_ids("most", key, 1, 255, 300, "G"))
    add("marked, g = 1", 1, 1, coloured_ids("few", key, 1, 1, 80, "G"))
    add("every position red: p = 1", 1, 64, coloured_ids("red", key, 1, 64, 300, "R"))
    add("every position red, g = 255: p = 1 and z at its lowest", 1, 255, coloured_ids("red", key, 1, 255, 40, "R"))
    add("a marked text twice: nothing gained but the seam", 1, 64, ids[:200] * 2)
    ids = natural_ids("before", 150) + ids[:100] + natural_ids("after", 150)
    add("a marked text in the midst of another", 1, 64, ids)
    notes = [
        "Scheme strings and keys are valid; key is hexadecimal.",
        "colours: - unscored, r repeated, G green, R red.",
        "ln_p is the double nearest to the exact value, ln_p_decimal the exact value to 20 significant digits.",
    ]
    return file_of("scores", "SPEC §6.2, §7", notes, cases)


def tails_file():
    cases = Cases()
    have = set()

    def add(comment, green, scored, g):
        if (green, scored, g) in have:
            return
        members = ln_p_members(green, scored, g)
        # SPEC §7.2 asks for ln p as a double; where the nearest one is 0 or subnormal there is nothing to compare.
        if green and members["ln_p"] > -1e-300:
            return
        have.add((green, scored, g))
        cases.add(comment, "§7.2", {"green": green, "scored": scored, "g": g} | members)

    for g in (1, 64, 255):
        add("nothing scored", 0, 0, g)
    for g in (1, 64, 128, 255):
        add("one token, red", 0, 1, g)
        add("one token, green", 1, 1, g)
    for green in range(6):
        add(f"{green} of five", green, 5, 64)
    add("the example of SPEC §7.2: the normal tail is wrong tenfold", 13, 20, 64)
    for scored in (10, 2000, 10**7):
        add("no green: p = 1", 0, scored, 64)
    for g in (1, 64, 128, 255):
        for scored in (2, 10, 100, 2000):
            add("all green: p = gamma^T", scored, scored, g)
            if scored > 2:
                add("all green but one", scored - 1, scored, g)
    for scored in (10, 100, 300):
        for g in (1, 64, 255):
            add("one green at least: p = 1 - (1 - gamma)^T", 1, scored, g)
    for scored in (100, 1024):
        for g in (64, 128):
            for step in (-1, 0, 1):
                add("at and beside the mean", g * scored // 256 + step, scored, g)

    def at(z, scored, g):
        """The count z standard deviations from the mean, or so; in integers, so that no machine rounds it otherwise."""
        return (g * scored + z * math.isqrt(scored * g * (256 - g))) // 256

    def spread(scored, gs, zs):
        for g in gs:
            for z in zs:
                if 0 < at(z, scored, g) <= scored:
                    add(f"T = {scored}, about {z} standard deviations from the mean", at(z, scored, g), scored, g)

    for scored in (50, 200, 2000):
        spread(scored, (1, 64, 128, 255), (-8, -3, 1, 4, 12))
    spread(10**4, (1, 64, 255), (-20, -2, 5, 60))
    spread(10**5, (1, 64, 128, 255), (-30, -1, 6, 200))
    spread(10**6, (1, 64), (-5, 0, 3, 30))
    spread(10**6, (64,), (400,))
    spread(10**7, (1, 64), (-30, 5))
    add("T = 10,000,000, ln p near -100,000, the depth that SPEC §7.2 demands", 3_127_000, 10**7, 64)
    notes = [
        "ln P(X >= green), X binomial (scored, g/256). ln_p is the double nearest to the exact value, ln_p_decimal the"
        " exact value to 20 significant digits.",
    ]
    return file_of("tails", "SPEC §7.2", notes, cases)


def words_file():
    cases = Cases()
    for name, key in KEYS:
        for h, contexts in FIELD_CONTEXTS.items():
            for context in contexts if h else ():
                seed = seed_of(key, context)
                ids = [0, 1, 15, 16, 17] + FIELD_TOKENS[1:]
                words = {k: [word_of(seed, k, token) for token in ids] for k in (1, 2)}
                values = {
                    "key": key.hex(),
                    "h": h,
                    "context": list(context),
                    "seed": seed.hex(),
                    "ids": ids,
                    "words_1": words[1],
                    "words_2": words[2],
                    "scores": [float(token_score(w, False)) for w in words[1]],
                    "scores_dual": [float(token_score(max(pair), True)) for pair in zip(*words.values())],
                }
                cases.add(f"h = {h}, key: {name}", "§5.4, §6.3", values)
    # Tokens found by a search through all of them, so that the scores at the ends of the range are seen.
    extremes = {
        0: {2733935891: 0, 712978947: 1000, 2254721773: 2**16, 1567145478: 2**31 - 1, 3484786650: 3037000500}
        | {3749654559: 2**32 - 32, 2147115237: 2**32 - 22},
        1: {2550911939: 2, 2272544483: 2**31, 1660037509: 3037000499, 2051908537: 2**32 - 1},
        2: {1001785190: 1, 1521194423: 2**32 - 2, 2193871933: 2**32 - 1},
    }
    key = KEYS[3][1]
    for token, words in extremes.items():
        seed = seed_of(key, (token,))
        assert [word_of(seed, 1, v) for v in words] == list(words.values())
        others = [word_of(seed, 2, v) for v in words]
        values = {
            "key": key.hex(),
            "h": 1,
            "context": [token],
            "seed": seed.hex(),
            "ids": list(words),
            "words_1": list(words.values()),
            "words_2": others,
            "scores": [float(token_score(w, False)) for w in words.values()],
            "scores_dual": [float(token_score(max(pair), True)) for pair in zip(words.values(), others)],
        }
        cases.add("words at the ends, at ½ and at √½", "§5.4, §6.3", values)
    notes = ["scores[j] is of token ids[j] under gumbel, scores_dual[j] under its dual form."]
    return file_of("words", "SPEC §5.4, §6.3", notes, cases)


def likely_ids(label, key, scheme, n, share=1.0):
    """n ids as a sampler leaves them: at a share of the positions the likeliest-scored of eight tokens drawn."""
    source, ids = draws(label), []
    for i in range(n):
        drawn = [next(source) % 50257 for _ in range(8)]
        if i >= scheme.h and next(source) < share * 2**32:
            seed = seed_of(key, context_at(ids, i, scheme.h))
            drawn.sort(key=lambda token: word_of(seed, 1 + next(source) % (2 if scheme.dual else 1), token))
        ids.append(drawn[-1])
    return ids


def gumbel_scores_file():
    cases = Cases()

    def add(comment, scheme, ids, key=KEYS[3][1]):
        found = add_scores(key, *scheme, ids)
        total = float(found.score)
        values = {"key": key.hex(), "scheme": str(scheme), "ids": list(ids)}
        values |= {"tokens": found.tokens, "scored": found.scored, "repeated": found.repeated, "marks": found.marks}
        values |= {"score": total, "z_score": z_score_gamma(total, found.scored)}
        cases.add(comment, "§6.4, §7.4", values | decimal_members(ln_p_gamma(total, found.scored)))

    some = list(natural_ids("some", 32))
    for dual in (False, True):
        form = ", dual" if dual else ""
        for h in (1, 2, 4, 16):
            scheme = Gumbel(h, dual)
            for n in sorted({0, 1, h - 1, h, h + 1, h + 2}):
                add(f"n = {n}, h = {h}{form}", scheme, some[:n])
            add(f"one token 1,000 times, h = {h}{form}: scored once", scheme, [7] * 1000)
            add(f"two tokens in turn, h = {h}{form}: scored twice", scheme, [7, 8] * 50)
            add(f"ids at both ends of the range, h = {h}{form}", scheme, [0, TOKEN_MAX, TOKEN_MAX, 0, 0, 0, TOKEN_MAX] * 4)
            add(f"natural, h = {h}{form}", scheme, natural_ids("natural", 300))
            add(f"marked, h = {h}{form}", scheme, likely_ids("gumbel", KEYS[3][1], scheme, 200))
        scheme = Gumbel(4, dual)
        add(f"a text marked for the single form{form}", scheme, likely_ids("gumbel", KEYS[3][1], Gumbel(4, False), 200))
        add(f"another key's text{form}", scheme, likely_ids("gumbel", KEYS[0][1], scheme, 200))
        for share in (0.1, 0.3, 0.7):
            add(f"marked at {share} of its positions{form}", scheme, likely_ids("part", KEYS[3][1], scheme, 300, share))
    single = Gumbel(1, False)
    add("a context again with another token: repeated all the same", single, [1, 2, 9, 1, 3])
    add("a token again in another context: no repeat", single, [1, 2, 9, 3, 2])
    add("a context of two in the other order: no repeat", Gumbel(2, False), [1, 2, 5, 9, 2, 1, 5])
    add("a repeat that overlaps the first h positions", Gumbel(2, False), [1, 1, 1, 1])
    add("ids that differ in the top bit alone", single, [1, 2, 2**31 + 1, 2, 1, 2**31 + 2])
    for name, key in KEYS:
        add(f"natural, key: {name}", single, natural_ids("keys", 200), key)
    add("2,000 ids, marked: exp(ln_p) underflows a double", Gumbel(4, False), likely_ids("deep", KEYS[3][1], Gumbel(4, False), 2000))
    notes = [
        "Scheme strings and keys are valid; key is hexadecimal.",
        "marks: - unscored, r repeated, S scored. score is the double nearest to the exact sum, and ln_p is of that double.",
    ]
    return file_of("gumbel-scores", "SPEC §6.4, §7.4", notes, cases)


def tied_tokens(seed, k):
    """Two tokens with the same word: there are such among some 100,000."""
    seen = {}
    for counter in range(2**16):
        for j, word in enumerate(struct.unpack("<16I", block(seed, k, counter))):
            if word in seen:
                return seen[word], 16 * counter + j
            seen[word] = 16 * counter + j
    raise AssertionError("no two words are equal")


def add_sample(cases, comment, context, k, tokens, weights):
    """Probabilities are weights over their sum, which is a power of two, so single precision holds them exactly."""
    key = KEYS[3][1]
    assert math.log2(sum(weights)).is_integer() and len(tokens) == len(weights)
    probabilities = [weight / sum(weights) for weight in weights]
    token, margin = sample(seed_of(key, context), k, tokens, probabilities)
    # Nobody's rounding decides these cases, but in the tie, where nothing is rounded.
    assert margin is None or margin == 0 or margin > 1e-9
    values = {"key": key.hex(), "h": len(context), "context": list(context), "subkey": k, "tokens": list(tokens)}
    cases.add(comment, "§8.2", values | {"probabilities": probabilities, "token": token, "margin": margin})
    return token


def samples_file():
    cases = Cases()
    key = KEYS[3][1]
    add = functools.partial(add_sample, cases)

    def weights_of(label, n, total):
        """n weights that fall off as 1/rank, shuffled, of the given sum."""
        source = draws(label)
        weights = [max(1, total // (2 * (rank + 1) * (1 + n.bit_length()))) for rank in range(n)]
        weights.sort(key=lambda _: next(source))
        weights[next(source) % n] += total - sum(weights)
        return weights

    for k in (1, 2):
        add(f"a vocabulary of one, subkey {k}", (5,), k, [0], [1])
        add(f"one token, the last of all, subkey {k}", (5,), k, [TOKEN_MAX], [1])
        add(f"two tokens alike, subkey {k}", (5,), k, [3, 8], [1, 1])
        add(f"a token of probability 0 beside two, subkey {k}", (5,), k, [3, 4, 8], [1, 0, 1])
        add(f"certain but for zeros, subkey {k}", (5,), k, list(range(64)), [0] * 40 + [1] + [0] * 23)
        for context in FIELD_CONTEXTS[1] + FIELD_CONTEXTS[2] + FIELD_CONTEXTS[4]:
            label = f"weights {context}"
            add(f"20 tokens, subkey {k}", context, k, [j * 977 for j in range(20)], weights_of(label, 20, 2**20))
        for i in range(6):
            add(f"300 tokens in a row, subkey {k}", (i, 9), k, list(range(300)), weights_of(f"row {i}", 300, 2**22))
        add(f"tokens at the edges of blocks, subkey {k}", (1, 2), k, FIELD_TOKENS + [15, 16, 17], [100] * 9 + [124])
        add(f"one likely, many hardly, subkey {k}", (7,), k, list(range(700)), [2**23 - 699] + [1] * 699)
        add(f"a whole vocabulary, all alike, subkey {k}", (8,), k, list(range(1024)), [1] * 1024)
        add(f"a whole vocabulary, subkey {k}", (9,), k, list(range(1200)), weights_of("whole", 1200, 2**23))
        one, other = tied_tokens(seed_of(key, (11,)), k)
        add(f"a tie: the lower id, subkey {k}", (11,), k, [one, other], [1, 1])
        add(f"a tie in the other order: the lower id, subkey {k}", (11,), k, [other, one], [1, 1])
    likely = next(v for v in range(10**6) if word_of(seed_of(key, (1,)), 1, v) > 4_290_000_000)
    add("the greatest word, hardly probable, loses: not so in single precision", (1,), 1, [likely, 2051908537], [2**24 - 1, 1])
    assert cases.list[-1]["token"] == likely
    notes = ["token is that of step 3, for the subkey given. margin 0 is a tie, null: no other token has a chance."]
    return file_of("samples", "SPEC §8.2", notes, cases)


def accumulated_case(i):
    """SPEC §11: r, key and ids of accumulated case i."""
    r = sha256(b"greenmark/v1/vectors/case/" + le32(i))
    key = sha256(b"greenmark/v1/vectors/key/" + le32(i))
    n, k = 1 + r[2] % 64, 1 + r[3] % 32
    ids = []
    for j in range(n):
        digest = sha256(b"greenmark/v1/vectors/token/" + le32(i) + le32(j))
        ids.append(int.from_bytes(digest[:4], "little") % 2**k)
    return r, key, ids


def green_line(i):
    r, key, ids = accumulated_case(i)
    scheme = Green(r[0] % 17, 1 + r[1] % 255)
    c = score(key, *scheme, ids)
    return f"{i} {key_id(key)} {scheme} {c.tokens} {c.scored} {c.repeated} {c.green} {c.colours}\n"


def gumbel_line(i):
    r, key, ids = accumulated_case(i)
    scheme = Gumbel(1 + r[0] % 16, r[4] % 2 == 1)
    c = add_scores(key, *scheme, ids)
    return f"{i} {key_id(key)} {scheme} {c.tokens} {c.scored} {c.repeated} {sum(c.words)} {c.marks}\n"


def accumulated_file():
    cases = Cases()
    for family, line_of in (("green", green_line), ("gumbel", gumbel_line)):
        running, first = hashlib.sha256(), []
        for i in range(10_000):
            line = line_of(i)
            running.update(line.encode("ascii"))
            if i < 5:
                first.append(line.removesuffix("\n"))
            count = i + 1
            values = {"family": family, "count": count, "sha256": running.hexdigest()}
            if count == 5:
                cases.add("the first lines in the clear", "§11", values | {"lines": first})
            elif count in (100, 1000, 10_000):
                cases.add(f"the first {count:,} lines", "§11", values)
    notes = ["sha256 is over the first count lines, each ended by LF; lines shows them without it."]
    return file_of("accumulated", "SPEC §2 to §6, by the recipe of §11", notes, cases)


def rule_scores(scheme, label, stretches):
    """SPEC §11: scores by rule, for texts too long to write down."""
    scores = []
    for count, factor in stretches:
        for _ in range(count):
            byte = sha256(b"greenmark/v1/vectors/" + label.encode() + b"/" + le32(len(scores)))[0]
            scores.append(int(byte < factor) if isinstance(scheme, Green) else factor * byte / 256)
    return scores


def rule_ids(label, count, size):
    """SPEC §11: ids by rule, for texts too long to write down."""
    digests = (sha256(b"greenmark/v1/vectors/" + label.encode() + b"/" + le32(j)) for j in range(count))
    return [int.from_bytes(digest[:4], "little") % size for digest in digests]


def drawn_scores(label, stretches):
    """Scores of gumbel to be written down, thousandths: Exp(1), times a factor in each stretch."""
    source, scores = draws(label), []
    for count, factor in stretches:
        scores += [float(round(factor * token_score(next(source), False), 3)) for _ in range(count)]
    return scores


def two_bets_are_better(scheme, scores, fee):
    """Whether no single stretch comes to what the best layout does."""
    with localcontext(EXACT):
        gains = gains_of(scheme, scores)
        ends = list(itertools.accumulate(gains, lambda run, gain: [max(r, Decimal(0)) + g for r, g in zip(run, gain)]))
        return layouts(gains, fee, ())[0][-1] > max(map(max, ends)) - fee


def likely_stretch(label, key, scheme, ids, places):
    """Those ids, but with the likeliest-scored of eight tokens drawn (or in green, a green one) at the places given."""
    source, ids = draws(label), list(ids)
    for i in places:
        drawn = [next(source) % 50257 for _ in range(8)]
        seed = seed_of(key, context_at(ids, i, scheme.h))
        if isinstance(scheme, Green):
            drawn.sort(key=lambda token: is_green(byte_of(seed, token), scheme.g))
        else:
            drawn.sort(key=lambda token: telling_word(seed, token, scheme.dual))
        ids[i] = drawn[-1]
    return ids


# (length, times): every multiplicity of SPEC §7.8, in green schemes of width 4 too.
PIECES = [(30, 1), (12, 2), (10, 3), (8, 4), (9, 5), (8, 8), (7, 9), (6, 14), (25, 1)]


def repetitive_ids(label, key, scheme, pieces, share):
    """Pieces of a length, each so many times over, on ids of 7 to 16 bits; a share of the positions green, at first sight."""
    source, ids = draws(label), []
    for length, times in pieces:
        piece = []
        for _ in range(length):
            tokens = [next(source) % 2 ** (7 + next(source) % 10) for _ in range(8)]
            context = context_at(ids + piece, len(ids) + len(piece), scheme.h)
            if context is not None and next(source) < share * 2**32:
                seed = seed_of(key, context)
                tokens.sort(key=lambda token: is_green(byte_of(seed, token), scheme.g))
            piece.append(tokens[-1])
        ids += piece * times
    return ids


class SearchCases(Cases):
    """Cases of the search: what another implementation may get otherwise is none."""

    def positions(self, comment, scheme, positions, source, alpha, near, ln_whole=None):
        found = search(scheme, positions, alpha, ln_whole)
        # No verdict on the brink, and no near tie of spans.
        assert abs(float(found.ln_p) - math.log(alpha)) > 1e-3, comment
        assert found.margin is None or found.margin > (1e-9 if near else 1e-3), (comment, found.margin)
        values = {"scheme": str(scheme)} | source | {"alpha": alpha, "scored": found.scored, "score": float(found.score)}
        values |= {"ln_whole": float(found.ln_whole), "ln_stake": float(found.ln_stake), "ln_p": float(found.ln_p)}
        values["detected"] = float(found.ln_p) <= math.log(alpha)
        values["spans"] = [span._asdict() | {"score": float(span.score), "ln_p": float(span.ln_p)} for span in found.spans]
        values["fee"] = None if found.fee is None else float(found.fee)
        self.add(comment, "§7.5", values | {"margin": found.margin})
        return found

    def listed(self, comment, scheme, scores, alpha=1e-6, near=False):
        return self.positions(comment, scheme, scores, {"scores": scores}, alpha, near)

    def ruled(self, comment, scheme, label, stretches, alpha=1e-6, near=False):
        source = {"label": label, "stretches": stretches}
        return self.positions(comment, scheme, rule_scores(scheme, label, stretches), source, alpha, near)

    def written(self, comment, scheme, ids, key=KEYS[3][1], alpha=1e-6):
        counts = score(key, *scheme, ids) if isinstance(scheme, Green) else add_scores(key, *scheme, ids)
        source = {"key": key.hex(), "ids": list(ids), "tokens": counts.tokens, "repeated": counts.repeated}
        ln_whole = weighted_count(key, scheme, ids).ln_whole if isinstance(scheme, Green) else None
        return self.positions(comment, scheme, scored_positions(key, scheme, ids), source, alpha, False, ln_whole)


def search_file():
    cases = SearchCases()
    listed, ruled, written = cases.listed, cases.ruled, cases.written

    green, gumbel, dual = Green(1, 64), Gumbel(1, False), Gumbel(4, True)
    for scheme, low, high in ((green, 0, 1), (gumbel, 0.0, 22.0)):
        for scores in ([], [None], [None] * 4):
            listed("nothing scored", scheme, scores, 0.5)
        listed("one low score", scheme, [low], 0.5)
        listed("one high score", scheme, [high], 0.6)
        listed("one high score between positions that are not scored", scheme, [None, None, high, None], 0.6)
        listed("low scores alone", scheme, [low] * 40, 0.5)
        listed("high scores alone", scheme, [high] * 40)
        listed("ten high scores at the start", scheme, [high] * 10 + [low] * 30, 0.01)
        listed("ten high scores at the end", scheme, [low] * 30 + [high] * 10, 0.01)
        scores = [low] * 20 + [high] * 12 + [None] * 3 + [high] * 12 + [low] * 20
        listed("high scores, and positions in their midst that are not scored: one span", scheme, scores)
        listed("high and low in turn", scheme, [high, low] * 30, 0.1)
    listed("no bet gains on any stretch, and p is below 1 all the same: no span", gumbel, [1.0625] * 10, 0.9)
    twins = [0] * 12 + [1] * 4 + [0] * 30 + [1] * 4 + [0] * 12
    found = listed("the lower fee, two places alike: both, for each gains more than it", green, twins, 0.99, near=True)
    assert len(found.spans) == 2 and found.fee < math.log(120 * 62)

    for g in (1, 8, 64, 128, 240, 255):
        scheme = Green(1, g)
        ruled(f"every position green, g = {g}", scheme, "search", [[500, 256]], 1e-3 if g > 200 else 1e-6)
        ruled(f"as by chance, g = {g}", scheme, "search", [[500, g]], 0.5)
        if g < 200:
            stretches = [[900, g], [120, 128 + g // 2], [900, g]]
            ruled(f"120 strong positions in the middle, g = {g}", scheme, "search", stretches)
            stretches = [[700, g], [100, 150 + g // 3], [600, g], [140, 150 + g // 3], [500, g]]
            ruled(f"two strong stretches, g = {g}", scheme, "search 2", stretches)
    ruled("faint and throughout: the whole text tells more than any bet", green, "faint", [[2000, 92]])
    ruled("faint, in the first half", green, "faint half", [[1500, 110], [1500, 64]])
    for silent, spans in ((128, 1), (129, 2)):
        scores = [0] * 20 + [1] * 30 + [None] * silent + [1] * 30 + [0] * 20
        found = listed(f"two stretches, {silent} positions between that are not scored: {spans} span(s)", green, scores)
        assert len(found.spans) == spans
        scores = [0.2] * 20 + [4.0] * 20 + [None] * silent + [3.5] * 25 + [0.2] * 20
        found = listed(f"the same: {spans} span(s)", gumbel, scores)
        assert len(found.spans) == spans
    scores = ([None] * 150 + [1]) * 4 + [0] * 5 + [1] * 40 + [0] * 5 + ([None] * 150 + [1]) * 4
    found = listed("greens far apart in repetitions on both sides of a mark: not in its span", green, scores)
    assert [span.scored for span in found.spans] == [40]
    for reds, spans in ((3, 1), (4, 2)):
        scores = [1] * 40 + [0] * reds + [1] * 40
        found = listed(f"two stretches, {reds} reds between: {spans} span(s)", Green(1, 128), scores)
        assert len(found.spans) == spans
        assert sum(not is_in for is_in in marked(Green(1, 128), scores)[0]) == reds
    ruled("a short pause in a mark: one span", green, "pause", [[300, 64], [150, 180], [10, 0], [150, 180], [300, 64]])
    ruled("a long pause in a mark: two spans", green, "pause", [[300, 64], [150, 180], [80, 64], [150, 180], [300, 64]])
    stretches = [[300, 64], [500, 140], [80, 256], [300, 64]]
    found = ruled("a faint stretch and a strong one, a red between: one span", green, "touch", stretches)
    assert len(found.spans) == 1
    inside = marked(green, rule_scores(green, "touch", stretches))[0]
    assert [len(list(group)) for is_in, group in itertools.groupby(inside) if not is_in][1] == 1
    pieces = [[400, 64]] + [[40, 180], [360, 64]] * 6
    ruled("six short pieces, of which one does not earn its fee", green, "pieces", pieces)
    ruled("the mark begins with the text", green, "edges", [[150, 160], [800, 64]])
    ruled("the mark ends with the text", green, "edges", [[800, 64], [150, 160]])
    stretches = [[200, 64], [7, 256], [200, 64]]
    found = ruled("every stretch below the full fee: one span, the likeliest", green, "lower 2", stretches, 0.5)
    assert len(found.spans) == 1 and found.fee < math.log(120 * 407)
    ruled("the same, asked at a level that it does not reach: none", green, "lower 2", stretches, 0.01)
    ruled("100,000 positions, 400 of them marked", green, "long", [[60_000, 64], [400, 154], [39_600, 64]])
    for reds, spans in ((141, 2), (271, 1)):  # nine greens gain 11.995 nats; the fee is 11.95, then 12.05
        stretches = [[600, 0], [9, 256], [500, 0], [40, 256], [reds, 0]]
        found = ruled("nine greens against the full fee: more with few positions, less with more", green, "fee", stretches)
        assert len(found.spans) == spans and abs(found.fee - Decimal("11.995")) < Decimal("0.06")
    stretches = [[25_000, 64], [50_000, 128], [25_000, 64]]
    ruled("100,000 positions, half of them marked: exp(ln_p) underflows a double", green, "deep", stretches)

    ruled("as by chance", gumbel, "gumbel", [[600, 2]], 0.5)
    ruled("100 strong positions in the middle", gumbel, "gumbel", [[700, 2], [100, 7], [700, 2]])
    ruled("two strong stretches", dual, "gumbel 2", [[400, 2], [60, 8], [500, 2], [90, 6], [400, 2]])
    stretches = [[300, 2], [300, 4], [60, 16], [300, 2]]
    found = ruled("faint, then strong, better by a bet each: the two touch, and are one span", gumbel, "touch", stretches)
    assert len(found.spans) == 1
    assert two_bets_are_better(gumbel, rule_scores(gumbel, "touch", stretches), found.fee)
    ruled("20,000 positions, 150 of them marked", gumbel, "gumbel long", [[12_000, 2], [150, 6], [7850, 2]])
    listed("drawn as by chance", gumbel, drawn_scores("chance", [(120, 1)]), 0.5)
    listed("drawn, marked in the middle", gumbel, drawn_scores("middle", [(120, 1), (40, 4), (120, 1)]))
    drawn = drawn_scores("holes", [(60, 1), (50, 3), (60, 1)])
    drawn = [s for i, at in enumerate(drawn) for s in ([at, None] if i % 3 == 2 else [at])]
    listed("drawn, with a hole after every third score", gumbel, drawn)
    listed("scores as great as there are", gumbel, [22.18070977791825] * 60 + [0.0] * 60)

    some = list(natural_ids("some", 32))
    for scheme in (Green(0, 64), green, Green(4, 64), gumbel, dual):
        h = scheme.h
        for n in sorted({0, 1, h, h + 1}):
            written(f"n = {n}, h = {h}", scheme, some[:n], alpha=0.6)
        written("one token 60 times", scheme, [7] * 60, alpha=0.6)
        written("natural", scheme, natural_ids("search", 150), alpha=0.5)
        if h > 0:
            ids = likely_stretch("stretch", KEYS[3][1], scheme, natural_ids("around", 260), range(90, 170))
            found = written("80 marked ids in the middle", scheme, ids)
            assert len(found.spans) == 1
            written("the same text under another key", scheme, ids, KEYS[1][1], 0.5)
        if h == 4:
            places = [*range(40, 110), *range(240, 310)]
            ids = likely_stretch("both", KEYS[3][1], scheme, natural_ids("around both", 360), places)
            found = written("two marked stretches", scheme, ids)
            assert len(found.spans) == 2

    for h, label, share, finds in ((0, "search 0", 0.3, True), (1, "search 4", 0.3, False), (4, "search 2", 0.4, False)):
        scheme = Green(h, 64)
        ids = repetitive_ids(label, KEYS[3][1], scheme, PIECES, share)
        which = "the weighted count finds it and the plain one would not" if finds else "the other way round"
        found = written(f"phrases again and again, h = {h}: {which}", scheme, ids)
        plain = math.log(2) + float(ln_tail(scheme, found.score, found.scored))
        assert (float(found.ln_p) <= math.log(1e-6)) == finds and (plain <= math.log(1e-6)) != finds
    notes = [
        "A text is given as scores (of each position its score, null where it is not scored), as key and ids (key in"
        " hexadecimal), or by rule (SPEC §11): label and stretches, a list of pairs (count, factor).",
        "ln_whole is ln W: in green the weighted count (SPEC §7.8) where ids are given, the count of SPEC §7.2 elsewhere."
        " ln_stake is ln max M. score and ln_p of a span are of its scored positions alone.",
        "detected, and start, end and scored of every span, match exactly, for nothing is a near tie: margin is by how many"
        " nats of the sum of G - c every other choice of positions with a span falls short (null where there is no span or"
        " no other choice). It is above 0.001 in all cases but that of two places alike, where it is the 1e-9 of the lower"
        " fee; and ln_p is more than 0.001 from the logarithm of alpha.",
    ]
    return file_of("search", "SPEC §7.5, §7.8", notes, cases)


def stream_file():
    cases = Cases()

    def add(comment, scheme, ids, after, key=KEYS[3][1], rule=None):
        states = stream(scheme, scored_positions(key, scheme, ids))
        values = {"key": key.hex(), "scheme": str(scheme)} | (rule or {"ids": list(ids)}) | {"after": after}
        for at, member in enumerate(("scored", "score", "ln_e", "ln_p")):
            values[member] = [states[n][at] if member == "scored" else float(states[n][at]) for n in after]
        cases.add(comment, "§7.6", values)

    some = list(natural_ids("some", 32))
    schemes = [Green(0, 64), Green(1, 1), Green(1, 64), Green(1, 255), Green(4, 128)]
    schemes += [Gumbel(1, False), Gumbel(4, True)]
    for scheme in schemes:
        h, key = scheme.h, KEYS[3][1]
        add("nothing read", scheme, [], [0])
        add(f"the first ids, h = {h}", scheme, some[: h + 3], list(range(h + 4)))
        add("one token 60 times", scheme, [7] * 60, [0, h, h + 1, h + 2, 60])
        add("natural", scheme, natural_ids("stream", 120), [1, 10, 25, 50, 100, 119, 120])
        if h > 0:
            unmarked = natural_ids("stream around", 120)
            ids = likely_stretch("stream", key, scheme, unmarked, range(h, 120))
            add("marked from the start", scheme, ids, [5, 10, 20, 40, 80, 120])
            add("marked for 40, then not", scheme, ids[:40] + unmarked[40:], [20, 40, 45, 60, 80, 120])
            ids = likely_stretch("late", key, scheme, unmarked, range(60, 120))
            add("marked from 60 on: what was lost is won back first", scheme, ids, [30, 60, 70, 90, 120])
    key = KEYS[3][1]
    add("every position red", Green(1, 64), coloured_ids("red", key, 1, 64, 120, "R"), [2, 10, 60, 120])
    add("every position green: 1/e underflows a double", Green(1, 64), coloured_ids("deep", key, 1, 64, 801, "G"), [2, 10, 100, 800, 801])
    for scheme in (Green(1, 64), Gumbel(2, False), Gumbel(2, True)):
        for label, n, size in (("stream", 3000, 2**16), ("stream", 3000, 2**5)):
            rule = {"label": label, "count": n, "size": size}
            add(f"by rule, {size} different ids", scheme, rule_ids(label, n, size), [1, 100, 1000, 2000, 3000], rule=rule)
    notes = [
        "The ids are listed, or made by rule (SPEC §11) from label, count and size. key is hexadecimal.",
        "after: numbers of ids read. scored, score, ln_e and ln_p are lists, a value for each number.",
    ]
    return file_of("stream", "SPEC §7.6", notes, cases)


def weighted_file():
    cases = Cases()

    def classes(comment, counts, total, g):
        found = ln_p_weighted(counts, total, g)
        cases.add(comment, "§7.8", {"counts": [list(pair) for pair in counts], "g": g, "total": total} | decimal_members(found))
        return found

    def most(counts):
        return sum(c * n for c, n in counts)

    for g in (1, 64, 255):
        classes("nothing scored", [], 0, g)
        for c in range(3, 12):
            classes(f"one pair of weight {c}, green", [(c, 1)], c, g)
    every = [(c, 1) for c in range(3, 12)]
    for total in (0, 1, 3, 4, 5, 6, 7, 30, 31, 32, 33, 56, 57, 59, 60, 61, 62, 63):
        classes("a pair of each weight", every, total, 64)
    for total in (1, 2, 3, 4, 5, 13, 14, 15, 16):
        classes("two pairs of weight 3 and two of 5: some sums cannot be", [(3, 2), (5, 2)], total, 128)
    for total in (1, 10, 11, 12, 22, 23, 330, 429, 430, 440):
        found = classes("one class: the tail of SPEC §7.2", [(11, 40)], total, 64)
        assert abs(found - ln_p(-(-total // 11), 40, 64)) <= Decimal("1e-40") * abs(found)
    many = {
        "as in a text of 60": [(3, 14), (4, 6), (5, 30), (6, 4), (7, 2), (8, 3), (9, 1)],
        "as in a text of 200": [(3, 40), (4, 15), (5, 90), (6, 16), (7, 9), (8, 18), (9, 8), (10, 3), (11, 1)],
        "heavy pairs beside many light ones": [(3, 250), (11, 6)],
        "light pairs beside many heavy ones": [(3, 6), (11, 200)],
        "weights without a common measure": [(7, 60), (9, 60), (11, 60)],
    }
    for what, counts in many.items():
        top = most(counts)
        for g in (1, 64, 128, 255):
            mean = g * top // 256
            sigma = math.isqrt(g * (256 - g) * sum(c * c * n for c, n in counts)) // 256 + 1
            totals = {1, 2, 3, 4, mean, mean + 1, top - 12, top - 3, top - 1, top, 0}
            totals |= {mean + z * sigma for z in (-8, -3, -1, 1, 2, 4, 6, 9, 15, 25)}
            for total in sorted(total for total in totals if 0 <= total <= top):
                classes(what, counts, total, g)
    # Where a double of p is 0, and where one of 1 - p is lost beside 1.
    deep = [(3, 100), (4, 60), (5, 250), (6, 40), (7, 30), (8, 70), (9, 30), (10, 15), (11, 5)]
    for total, g in ((most(deep), 64), (most(deep) - 40, 64), (most(deep) * 9 // 10, 32), (most(deep) // 2, 1), (most(deep), 1)):
        found = classes("600 pairs, deep: exp(ln_p) underflows a double", deep, total, g)
        assert found < -745
    for total, g in ((most(deep) // 8, 64), (most(deep) // 4, 128), (most(deep) * 9 // 10, 255), (1, 64), (50, 64)):
        found = classes("600 pairs, near 1", deep, total, g)
        assert 0 > found > Decimal("-1e-4")
    for total in (1270, 1440, 1650, 2100):
        classes("1,024 pairs", [(3, 200), (4, 100), (5, 500), (6, 60), (7, 40), (8, 70), (9, 30), (10, 14), (11, 10)], total, 64)

    key = KEYS[3][1]

    def written(comment, scheme, ids, key=key, rule=None):
        found = weighted_count(key, scheme, ids)
        counts = score(key, *scheme, ids)
        values = {"key": key.hex(), "scheme": str(scheme)} | (rule or {"ids": list(ids)})
        values |= {"scored": counts.scored, "repeated": counts.repeated, "green": counts.green}
        values |= {"weights": [list(pair) for pair in found.classes], "total": found.total}
        values |= {"ln_whole": float(found.ln_whole), "ln_p": float(ln_p(counts.green, counts.scored, scheme.g))}
        cases.add(comment, "§7.8", values)
        return found

    some = list(natural_ids("some", 32))
    for h in (0, 1, 4):
        for n in sorted({0, h, h + 1, h + 2}):
            written(f"n = {n}, h = {h}", Green(h, 64), some[:n])

    def differs(scheme, ids, token):
        """That ln W tells if the pair with this token were given another weight."""
        pairs = dict.fromkeys((context_at(ids, i, scheme.h), ids[i]) for i in range(scheme.h, len(ids)))
        at = [pair[1] for pair in pairs].index(token)
        weights = pair_weights(scheme.h, ids)
        colours = [s for s in scored_positions(key, scheme, ids) if s is not None]
        tails = []
        for step in (-1, 0, 1):
            changed = [w + step if i == at else w for i, w in enumerate(weights)]
            total = sum(w for w, s in zip(changed, colours) if s)
            tails.append(ln_p_weighted(sorted(collections.Counter(changed).items()), total, scheme.g))
        return min(abs(tails[1] - tails[0]), abs(tails[1] - tails[2])) > Decimal("1e-5")

    scheme = Green(0, 64)
    others = [*range(3000, 3040), 258, 300, 17, 90]
    for edge, tokens in {256: (254, 255, 256, 257), 512: (510, 511, 512, 513)}.items():
        for token in tokens:
            ids = others[:20] + [token] + others[20:]
            assert differs(scheme, ids, token), token
            written(f"token {token}, beside the edge at {edge}", scheme, ids)
    coloured = [(token, is_green(byte_of(seed_of(key, ()), token), 64)) for token in range(9000, 9100)]
    for colour in (True, False):
        token = next(token for token, its in coloured if its == colour)
        for m in (1, 2, 3, 4, 5, 6, 8, 9, 10, 30):
            ids = others[:10] + [token] * (m // 2) + others[10:] + [token] * (m - m // 2)
            assert differs(scheme, ids, token), (token, m)
            written(f"a {'green' if colour else 'red'} pair at {m} position(s)", scheme, ids)
    written("ids at both ends of the range", Green(1, 128), [0, TOKEN_MAX, TOKEN_MAX, 0, 0, 0, TOKEN_MAX] * 4)
    written("the first h positions stand for no pair", Green(4, 128), [9] * 12 + [700, 8] + [9] * 6)
    written("a token again in another context is another pair", Green(1, 128), [600, 601, 602, 601, 603, 601] * 2)

    for h in (0, 1, 4):
        for g in (1, 64, 128, 255):
            for share in (0.0, 0.3, 1.0) if g < 255 else (0.3,):
                scheme = Green(h, g)
                ids = repetitive_ids(f"pieces {h}", key, scheme, PIECES, share)
                found = written(f"phrases again and again, h = {h}, g = {g}, marked at {share} of the places", scheme, ids)
                assert [c for c, _ in found.classes] == list(range(3, 12))
    for name, other in KEYS:
        written(f"natural, key: {name}", Green(1, 64), natural_ids("weighted", 250), other)
    for h in (0, 2, 16):
        written(f"natural, h = {h}", Green(h, 64), natural_ids("weighted", 250))
    written("every position red: 1", Green(1, 64), coloured_ids("red", key, 1, 64, 100, "R"))
    written("every position green: gamma^T", Green(1, 64), coloured_ids("deep", key, 1, 64, 801, "G"))

    def by_rule(comment, scheme, label, count, size):
        rule = {"label": label, "count": count, "size": size}
        return written(comment, scheme, rule_ids(label, count, size), rule=rule)

    by_rule("two ids, all pairs at nine positions or more", Green(2, 128), "two", 400, 2)
    by_rule("700 different ids", Green(0, 64), "weighted", 2500, 700)
    for h, label, size in ((0, "edge 1", 1200), (1, "edge 2", 700)):
        ids = rule_ids(label, 6000, size)
        pairs = [(context_at(ids, i, h), ids[i]) for i in range(h, len(ids))]
        ends = [h + 1 + pairs.index(pair) for pair in dict.fromkeys(pairs)]
        for scored in (1024, 1025):
            comment = "T = 1,024: the last that is weighted" if scored == 1024 else "T = 1,025: the count of SPEC §7.2"
            found = by_rule(f"{comment}, h = {h}", Green(h, 64), label, ends[scored - 1], size)
            plain = cases.list[-1]["ln_p"]
            assert cases.list[-1]["scored"] == scored and (float(found.ln_whole) == plain) == (scored > 1024)
    notes = [
        "Some cases give classes: counts, a list of [weight, how many pairs], and total: ln_p is ln P(sum >= total) by chance,"
        " ln_p_decimal the same to 20 significant digits.",
        "The others give a text, key (in hexadecimal), scheme and ids, these listed or by rule (SPEC §11): weights is a list as"
        " counts, total is G_w, ln_whole is ln W, and ln_p that of SPEC §7.2.",
    ]
    return file_of("weighted", "SPEC §7.8", notes, cases)


def add_normalised(cases, comment, text, expected, *ranges):
    """`expected` is what a reader of SPEC §9.5 writes by hand; `ranges` are of its code points."""
    normal, came_from = normalise(text)
    assert normal == expected, (comment, normal)
    found = [[i, j, came_from[i][0], came_from[j - 1][1]] for i, j in ranges or [(0, len(normal))] if i < j]
    cases.add(comment, "§9.5", {"text": text, "normalised": normal, "changed": normal != text, "ranges": found})


def normalise_file():
    cases = Cases()
    add = functools.partial(add_normalised, cases)

    def stays(comment, text, *ranges):
        add(comment, text, text, *ranges)

    stays("empty", "")
    stays("ASCII, control characters too", "".join(map(chr, range(128))), (9, 11), (13, 14))
    stays("line endings and tabs", "a\r\n\tb\rc\n\n", (1, 3), (3, 4))
    stays("letters with marks, composed", "na\u00efve Stra\u00dfe \u0131 \u2014 \u4f60\u597d")
    stays("emoji", "ok \U0001f44d\U0001f3fd", (3, 4))

    add("a zero-width space belongs to the letter before it", "he\u200bllo", "hello", (0, 1), (1, 2), (2, 3), (0, 5))
    add("at the start, to the one after it", "\ufeff\u200bab", "ab", (0, 1), (1, 2))
    add("nothing else", "\u200b\u2060", "")
    for first, last in IGNORABLE:
        add(f"ignorable: U+{first:04X}, U+{last:04X}", f"a{chr(first)}b{chr(last)}c", "abc", (1, 2))
    beside = {0xAC: "\u00ac", 0xAE: "\u00ae", 0x200A: " ", 0x2010: "-", 0x2029: "\n", 0x202F: " ", 0x205F: " ", 0x2070: "0"}
    for code, to in (beside | {0xFE10: ",", 0xFFF9: "\ufff9", 0xE1000: "\U000e1000"}).items():
        add(f"beside a range of them: U+{code:04X}", f"x{chr(code)}", f"x{to}")
    add("an emoji sequence", "\U0001f469\u200d\u2764\ufe0f", "\U0001f469\u2764", (0, 1), (1, 2))
    add("marks meet where a joiner stood", "e\u034f\u0301.", "\u00e9.", (0, 1), (1, 2))

    add("full width, ligature, mathematical, sign", "\uff28\ufb01\U0001d5ba\u212a", "HfiaK", (0, 1), (1, 2), (2, 3), (3, 5))
    add("one character becomes three", "wait\u2026", "wait...", (4, 5), (5, 7), (3, 5))
    add("composed", "e\u0301 o\u0323\u0302", "\u00e9 \u1ed9", (0, 1), (1, 2), (2, 3))
    add("marks in another order", "a\u0301\u0323", "\u1ea1\u0301", (0, 1), (1, 2))
    stays("a group that is not changed: character by character", "q\u0323\u0301.", (0, 1), (1, 2), (2, 3))
    add("a mark at the start", "\u0301a\u0301", "\u0301\u00e1", (0, 1), (1, 2))
    add("Hangul from its parts", "\u1112\u1161\u11ab\u1100\u1161", "\ud55c\uac00", (0, 1), (1, 2))
    add("class 0, composes with what is before", "\u09c7\u09be \u1025\u102e", "\u09cb \u1026", (0, 1), (2, 3))
    add("half-width kana with its sound mark", "\uff76\uff9e", "\u30ac")
    add("a stroke that overlays a sign", "a <\u0338 b", "a \u226e b", (2, 3))

    for letter in sorted(set(LOOK_ALIKES.values()), key=lambda c: (c.lower(), c)):
        likes = "".join(c for c, to in LOOK_ALIKES.items() if to == letter)
        add(f"look-alikes of {letter}", f"x{likes}x", f"x{letter * len(likes)}x", (1, 2))
    stays("letters that are none: Latin ones, uncased ones, others", "x\u043a\u03ba\u0131\u00fe\u0192\u05e1\ua4ee")
    add("a word that holds an ASCII letter", "\u043a\u043en\u0435\u0446", "\u043aone\u0446")
    add("folded before it is composed", "t\u0451te", "t\u00ebte", (1, 2))
    add("a word of look-alikes alone, in a Latin text", "we \u0441\u043e\u0440\u0435 well", "we cope well", (3, 4), (3, 7))
    stays("a foreign word in a Latin text", "they say \u043c\u043e\u043b\u043e\u043a\u043e here")
    stays("half of the letters are ASCII", "ab \u0441\u043e")
    add("more than half are", "abc \u0441\u043e", "abc co")
    add("more than half are, once words are folded", "\u0430\u0430b \u0441\u043e", "aab co")
    stays("digits and signs part words", "a1\u0441\u043e\u0440\u0435\u0441")
    add("marks and ignorable characters do not", "n\u0301\u200b\u0441\u043e\u0440\u0435\u0441", "\u0144copec", (0, 1), (1, 2))
    stays("Russian", "\u041e\u043d\u0430 \u0438 \u043e\u043d, \u0451\u0436 IT.")
    stays("Greek", "\u039f \u03ac\u03bd\u03b8\u03c1\u03c9\u03c0\u03bf\u03c2")
    stays("Hangul beside Latin, in NFKD letters that are no look-alikes", "iPhone\uc744 \uc0ac")

    for code in (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000):
        add(f"space: U+{code:04X}", f"a{chr(code)}b", "a b", (1, 2))
    add("line and paragraph separators", "a\u2028b\u2029c", "a\nb\nc", (1, 2))
    add("quotation marks", "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f", "'" * 4 + '"' * 4, (0, 1), (4, 8))
    stays("other quotation marks", "\u00ab\u00bb\u2032\u2039\u300c")
    add("hyphens and dashes", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "----\u2014\u2015\u2212", (0, 1), (4, 5))
    text = "\u201c\u0406t\u2019s\u00a0\uff21\u00ad\ufb01ne\u2009d\u0430\u0443\u201d"
    add("all at once", text, "\"It's Afine day\"", (1, 5), (6, 7), (7, 9), (12, 15))
    notes = ["Positions count code points. No case depends on the Unicode version, from 14 on."]
    return file_of("normalise", "SPEC §9.5", notes, cases)


def search_edges_file():
    """What the cases of search.json leave open: mutants of the steps of SPEC §7.5 passed them all."""
    cases = SearchCases()
    green, half, gumbel = Green(1, 64), Green(1, 128), Gumbel(1, False)

    # Step 2: the greatest gain is one of a block, and so is the fee.
    for scheme, low, high in ((green, 0, 1), (gumbel, 0.0, 4.0)):
        scores = [low] * 40 + [high] * 4 + [None] * 129 + [high] * 3 + [low] * 40
        found = cases.listed("a hole of 129 in the best stretch: the fee is of the best of a block", scheme, scores, 0.99, near=True)
        assert [span.scored for span in found.spans] == [4] and found.fee < Decimal("7")
        scores = [low] * 40 + [high] * 4 + [None] * 128 + [high] * 3 + [low] * 40
        found = cases.listed("a hole of 128: the fee is of both together", scheme, scores, 0.99, near=True)
        assert [span.scored for span in found.spans] == [7]

    # Step 3: T of the full fee is that of the whole text, and the lower fee is 1e-9 below the greatest gain.
    for reds, spans in ((93, 1), (1, 2)):
        scores = [0] * 20 + [1] * 30 + [0] * reds + [None] * 129 + [0] * 10 + [1] * 7 + [0] * 10
        found = cases.listed(f"seven greens in a block of 27: all scores count in the full fee, {spans} span(s)", green, scores)
        assert len(found.spans) == spans and found.fee == Decimal(120 * found.scored).ln(EXACT)

    def twins(less):
        """Two places of four scores, of which the second gains less, relatively, than the first."""
        theta, psi = max(bets_of(gumbel), key=lambda bet: 16 * bet[0] - 4 * bet[1])
        with localcontext(EXACT):
            last = 4 - float(Decimal(less) * (16 * theta - 4 * psi) / theta)
        return [0.0] * 12 + [4.0] * 4 + [0.0] * 30 + [4.0] * 3 + [last] + [0.0] * 12

    for less, spans in (("1e-7", 1), ("1e-8", 1), ("2e-9", 1), ("5e-10", 2), ("1e-10", 2)):
        comment = f"two places, the second gains {less} less, relatively: {spans} span(s)"
        found = cases.listed(comment, gumbel, twins(less), 0.99, near=True)
        assert len(found.spans) == spans

    scores = twins("5e-10")[:-12] + [None] * 129 + [4.0] * 3 + [0.0] * 12
    found = cases.listed("the same, and behind the second a hole of 129 and more: the fee is of one place, both", gumbel, scores, 0.99, near=True)
    assert [span.scored for span in found.spans] == [4, 4]

    # Step 5: joining.
    for reds, spans in ((3, 1), (4, 2)):
        scores = [1] * 40 + [None, 0] * reds + [None] * 20 + [1] * 40
        found = cases.listed(f"{reds} reds between, and 20 and more positions: scores count, {spans} span(s)", half, scores)
        assert len(found.spans) == spans
    scores = [1] * 40 + [0] * 3 + [1] * 40 + [0] * 3 + [1] * 40
    found = cases.listed("three stretches, three reds between each: one span", half, scores)
    assert [span.scored for span in found.spans] == [126] and sum(not is_in for is_in in marked(half, scores)[0]) == 6
    hole = [None] * 129
    for before, after in ((0, 2), (1, 1), (2, 0), (0, 0), (1, 2), (2, 1)):
        comment = f"a hole of 129 after {before} and before {after} of the reds between: two spans"
        found = cases.listed(comment, half, [1] * 40 + [0] * before + hole + [0] * after + [1] * 40)
        assert len(found.spans) == 2
        comment = f"a hole of 128 after {before} and before {after} of the reds between: one span"
        found = cases.listed(comment, half, [1] * 40 + [0] * before + hole[1:] + [0] * after + [1] * 40)
        assert len(found.spans) == 1
    scores = [1] * 40 + [0] + [None] * 100 + [0] + [None] * 100 + [1] * 40
    found = cases.listed("two holes of 100: no long silence, one span", half, scores)
    assert len(found.spans) == 1
    scores = [1] * 40 + [0] + hole + [0] + [1] * 40 + [0] * 2 + [1] * 40
    found = cases.listed("a hole, and after it two stretches that are one", half, scores)
    assert [span.scored for span in found.spans] == [40, 82]
    notes = [
        "As search.json. margin is that of the choice of SPEC §7.5 step 4; in the cases about the lower fee it is about the"
        " 1e-9 of it, and above 1e-9.",
    ]
    return file_of("search-edges", "SPEC §7.5", notes, cases)


def samples_edges_file():
    """The ends of the words, at which a u without ½ shows: SPEC §8.2 step 3."""
    cases = Cases()
    key = KEYS[3][1]
    # Tokens found by a search through all of them (words.json has them too).
    least, greatest = 2733935891, 2051908537
    assert word_of(seed_of(key, (0,)), 1, least) == 0 and word_of(seed_of(key, (1,)), 1, greatest) == TOKEN_MAX

    def rival(context, low, high):
        """A token whose −ln u is within a range."""
        seed = seed_of(key, context)
        least, most = (2**32 * math.exp(-float(end)) for end in (high, low))
        words = (struct.unpack("<16I", block(seed, 1, counter)) for counter in itertools.count())
        return next(v for v, word in enumerate(itertools.chain.from_iterable(words)) if least < word < most)

    add = functools.partial(add_sample, cases)
    assert add("the word 0, alone", (0,), 1, [least], [1]) == least
    other = rival((0,), 0.7, 0.8)
    for weight in (1, 2**10, 2**17, 2**22):
        tokens, weights = [least, other], [2**23 - weight, weight]
        expected = other if weight > 2**17 else least
        assert add("the word 0 wins where the others are improbable enough: its −ln u is finite", (0,), 1, tokens, weights) == expected
    # 33 ln 2 = 22.874 against 32 ln 2 = 22.181, of a word 0 that were (w + 1) / 2^32.
    other = rival((0,), 0.6945, 0.7145)
    assert add("33 ln 2, not 32 ln 2, is too much", (0,), 1, [least, other], [2**20 - 2**15, 2**15]) == other
    # 2^-33 against 2^-32, of a word that were w / 2^32, and 0, of one that were (w + 1) / 2^32.
    for low, high, expected in ((1.05e-3, 1.9e-3, None), (2.1e-3, 3.6e-3, greatest)):
        other = rival((1,), low, high)
        comment = "the greatest word: 2^-33, not 2^-32" if expected else "the greatest word: 2^-33, not 0"
        assert add(comment, (1,), 1, [other, greatest], [2**24 - 1, 1]) == (expected or other)
    seed = seed_of(key, (1,))
    for weight in (2, 5):
        with localcontext(EXACT):
            top = Decimal(2) ** -33 / weight * (2**24 - weight)  # −ln u of the greatest word is 2^-33, to 2^-67
        for factor, expected in ((Decimal("0.9"), None), (Decimal("1.25"), greatest)):
            other = rival((1,), top * factor, top * factor * Decimal("1.1"))
            assert add("beside the greatest word", (1,), 1, [greatest, other], [weight, 2**24 - weight]) == (expected or other)
    notes = ["As samples.json. The words 0 and 2^32 - 1, against tokens that win or lose by less than a u without ½ would change."]
    return file_of("samples-edges", "SPEC §8.2", notes, cases)


def normalise_edges_file():
    """What the cases of normalise.json leave open of SPEC §9.5, steps 2 and 4."""
    cases = Cases()
    add = functools.partial(add_normalised, cases)

    def stays(comment, text, *ranges):
        add(comment, text, text, *ranges)

    # Step 2. Marks that compose with nothing (NFC_Quick_Check is Yes): their combining class alone keeps them in the group.
    add("marks that compose with nothing are put in order", "a\u0316\u0334.", "a\u0334\u0316.", (0, 1), (1, 3), (3, 4))
    add("the same behind a letter that composes", "e\u0316\u0334\u0301", "\u00e9\u0334\u0316", (0, 1), (0, 3))
    add("a group that a mark joins is changed as one", "\uff41\u0334b", "a\u0334b", (0, 1), (1, 2), (2, 3))
    add("Hebrew points in another order", "\u05d1\u05bc\u05b0 \u05d0", "\u05d1\u05b0\u05bc \u05d0", (0, 3), (4, 5))
    add("an ignorable character between two marks", "a\u0316\u200b\u0334", "a\u0334\u0316", (0, 3))
    add("a mark first, then a letter: two groups", "\u0334\u0316\uff41", "\u0334\u0316a", (0, 2), (2, 3))
    add("an ignorable character and a mark first", "\u200b\u0316\u0334\uff41", "\u0334\u0316a", (0, 1), (2, 3))
    add("a compatibility character that begins with a mark", "a\u0344\u0334", "\u00e4\u0334\u0301", (0, 1), (0, 3))

    # Step 4.2. All letters of the word, and letters only.
    add("a mark is no letter: the word is of look-alikes", "abcd \u0451\u043e", "abcd \u00ebo", (5, 6), (5, 7))
    stays("one letter that is none keeps all", "they know \u0441\u043e\u0440\u0436\u0435")
    stays("at the end of the word", "they know \u0441\u043e\u0440\u0435\u0436")
    stays("at its start", "they know \u0436\u0441\u043e\u0440\u0435")
    # Letters without case.
    stays("a Hebrew letter in the word is a letter", "they know \u0441\u043e\u05d0")
    stays("and one of Han", "they know \u4e2d\u0441\u043e")
    stays("a modifier letter too", "they know \u0441\u043e\u02bf")
    stays("letters without case count in the whole", "abc \u0441\u043e \u65e5\u672c")
    stays("and make half", "abcd \u05d0\u05d1\u05d2 \u0441")
    add("one less", "abcd \u05d0\u05d1 \u0441", "abcd \u05d0\u05d1 c")
    stays("Hangul counts in NFKD, three letters a syllable", "abcde \uac01 \u0441\u043e")
    add("two a syllable", "abcde \uac00 \u0441\u043e", "abcde \uac00 co")
    stays("modifier letters count", "abc \u02bf\u02be \u0441")
    add("digits, signs and marks do not", "abc 1234567 \u20ac\u20ac\u20ac e\u0334\u0316 \u0441\u043e", "abc 1234567 \u20ac\u20ac\u20ac e\u0334\u0316 co")
    stays("other letters with case count", "abc \u0436\u0436 \u0441")
    add("letters outside the first plane count", "abcd \U00010330\U00010331 \u0441", "abcd \U00010330\U00010331 c")
    stays("and make half", "abc \U00010330\U00010331 \u0441")
    # The count is taken after step 4.1, and once: what step 4.2 folds does not count for other words.
    stays("words that step 4.2 would fold do not help each other", "a \u0441\u043e \u0441\u043e")
    add("a word that step 4.1 folds does", "a\u0441\u0441 \u0441\u043e", "acc co")
    stays("no letters at all", "1234 \u2014 5")
    add("a word of marks alone is left", "abc \u0334 \u0441", "abc \u0334 c")
    notes = ["As normalise.json. No case depends on the Unicode version, from 14 on."]
    return file_of("normalise-edges", "SPEC §9.5", notes, cases)


def key_files_file():
    cases = Cases()
    key = KEYS[3][1]
    good = format_key(key).encode()

    def accept(comment, content, of=key):
        assert parse_key_file(content) == of
        cases.add(comment, "§2.3", {"content": content.hex(), "key": of.hex(), "key_id": key_id(of)})

    def refuse(failure, comment, content):
        try:
            parse_key_file(content)
        except Refused as refused:
            assert refused.failure == failure, (comment, refused)
        else:
            raise AssertionError(comment)
        cases.add(comment, "§2.3", {"content": content.hex()}, failure)

    for comment, of in KEYS:
        accept(f"no line ending, key: {comment}", format_key(of).encode(), of)
    accept("a line feed", good + b"\n")
    accept("CR LF", good + b"\r\n")
    refuse("prefix", "an empty file", b"")
    refuse("prefix", "a line feed alone", b"\n")
    refuse("prefix", "a byte-order mark", b"\xef\xbb\xbf" + good)
    refuse("prefix", "a line feed first", b"\n" + good)
    refuse("prefix", "a scheme", b"gm1:green,h=1,gamma=64/256\n")
    refuse("length", "two line feeds", good + b"\n\n")
    refuse("length", "two CR LF", good + b"\r\n\r\n")
    refuse("length", "a lone CR", good + b"\r")
    refuse("length", "LF CR", good + b"\n\r")
    refuse("length", "CR CR LF: one CR is left", good + b"\r\r\n")
    refuse("length", "a space before the line feed", good + b" \n")
    refuse("length", "U+0085, a line ending that is none here", good + "\x85".encode())
    refuse("length", "U+2028, another", good + "\u2028".encode())
    refuse("length", "NUL at the end", good + b"\0")
    refuse("length", "two keys", good + b"\n" + good + b"\n")
    refuse("length", "one character short", good[:-1] + b"\n")
    refuse("character", "a CR in the place of the last character", good[:-1] + b"\r")
    refuse("character", "upper case", b"gmk1" + good[4:].upper() + b"\n")
    refuse("checksum", "the last character changed", good[:-1] + (b"0" if good[-1:] != b"0" else b"1") + b"\r\n")
    refuse("not-text", "a byte that is not UTF-8, in the place of a digit", good[:40] + b"\xff" + good[41:])
    refuse("not-text", "a byte that is not UTF-8, after a wrong prefix", b"gmk2" + good[4:-1] + b"\x80")
    refuse("not-text", "UTF-16", "\ufeffgmk1".encode("utf-16-le") + good[4:])
    refuse("not-text", "half a character at the end", good + b"\xc3")
    refuse("not-text", "the bytes of the key", b"\xff" * 32)
    notes = ["Keys for tests alone: never mark text with one of them.", "content is the file's bytes, in hexadecimal."]
    return file_of("key-files", "SPEC §2.3", notes, cases)


def subkeys_file():
    cases = Cases()

    def accept(comment, label, key=KEYS[3][1]):
        found = sub_key(key, label.encode())
        cases.add(comment, "§2.5", {"key": key.hex(), "label": label, "subkey": found.hex(), "key_id": key_id(found)})
        return found

    def refuse(comment, label):
        try:
            sub_key(KEYS[3][1], label)
        except Refused as refused:
            assert refused.failure == "label", comment
        else:
            raise AssertionError(comment)
        try:
            values = {"label": label.decode()}
        except UnicodeDecodeError:
            values = {"label_bytes": label.hex()}
        cases.add(comment, "§2.5", {"key": KEYS[3][1].hex()} | values, "label")

    for comment, key in KEYS:
        accept(f"key: {comment}", "customer-17", key)
    labels = ["a", "A", " a", "a ", "a\n", "\0", "2026-11", "2026-12", "key-id", "/", "caf\u00e9", "cafe\u0301", "\u043a\u043b\u044e\u0447"]
    labels += ["\U0001f511", "\ufeffa", "x" * 255, "\u00e9" * 127 + "x"]
    found = [accept(f"label of {len(label.encode())} bytes", label) for label in labels]
    assert len(set(found)) == len(labels)
    child = accept("a sub-key", "2026")
    accept("a sub-key of a sub-key", "11", child)
    refuse("an empty label", b"")
    refuse("256 bytes", b"x" * 256)
    refuse("128 characters of two bytes", "\u00e9".encode() * 128)
    refuse("not UTF-8", b"a\xff")
    refuse("a surrogate in UTF-8", b"\xed\xa0\x80")
    notes = ["key and subkey are hexadecimal. key_id is that of the sub-key. A label is to be read as its UTF-8 bytes."]
    return file_of("subkeys", "SPEC §2.5", notes, cases)


def toy_json(strings, merges, added=(), normalizer=None):
    """A `tokenizer.json`, byte-level with GPT-2's splitting, which splits no word and no single space before one."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return json.dumps(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [{"id": token, "content": text, "special": special} | flags for token, text, special in added],
            "normalizer": normalizer,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            "post_processor": None,
            "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": False,
                "vocab": {string: token for token, string in strings},
                "merges": merges,
            },
        }
    )


def fingerprint_file():
    cases = Cases()
    letters = [BYTE_LEVEL[byte] for byte in range(256)]
    merges = [["l", "l"], ["ll", "o"], ["t", "h"], ["e", "e"], ["\u0120", "th"], ["\u0120th", "r"], ["a", "c"], ["s", "p"], ["sp", "ac"]]
    longer = letters + [left + right for left, right in merges]

    def found(values, of):
        vocabulary, probe = of
        values |= {"vocabulary": vocabulary.hex(), "probe": probe, "fingerprint": fingerprint(vocabulary, probe)}
        return values

    def add(comment, text):
        cases.add(comment, "§9.4", found({"tokenizer_json": text}, toy_tokenizer_json(text)))
        return cases.list[-1]["fingerprint"]

    def add_gguf(comment, strings, kinds, merges):
        file = {
            "tokenizer.ggml.model": "gpt2",
            "tokenizer.ggml.pre": "gpt-2",
            "tokenizer.ggml.tokens": strings,
            "tokenizer.ggml.token_type": kinds,
            "tokenizer.ggml.merges": [" ".join(pair) for pair in merges],
        }
        cases.add(comment, "§9.4", found({"gguf": file}, toy_gguf(file)))
        return cases.list[-1]["fingerprint"]

    def numbered(strings, start=0):
        return list(enumerate(strings, start))

    prints = {
        add("256 bytes, no merges", toy_json(numbered(letters), [])),
        add("the bytes in another order", toy_json(numbered(letters[::-1]), [])),
        add("ids from 5 on", toy_json(numbered(letters, 5), [])),
        add("merges of letters", toy_json(numbered(longer), merges)),
        add("the same vocabulary, fewer merges", toy_json(numbered(longer), merges[2:])),
        add("tokens of the vocabulary that no merge makes", toy_json(numbered(longer), [])),
    }
    assert len(prints) == 6
    end = len(longer)
    prints |= {
        add("an added token", toy_json(numbered(longer), merges, [(end, "<|end|>", True)])),
        add("added tokens that are of the vocabulary too", toy_json([*numbered(longer), (end, "<|end|>")], merges, [(end, "<|end|>", True), (end + 1, "<think>", False)])),
        add("NFC first", toy_json(numbered(longer), merges, normalizer={"type": "NFC"})),
    }
    assert len(prints) == 9
    gap = [pair for pair in numbered(longer) if pair[1] != BYTE_LEVEL[0xCC]]
    prints.add(add("a byte of the probe without a token: no id, and no merge across it", toy_json(gap, merges)))
    whole = add_gguf("a GGUF file", longer + ["<|end|>"], [1] * end + [3], merges)
    assert whole == cases.list[6]["fingerprint"]
    padding = [f"[PAD{end + 1 + i}]" for i in range(7)]
    assert whole == add_gguf("padded with rows of type UNUSED: the same", longer + ["<|end|>"] + padding, [1] * end + [3] + [5] * 7, merges)
    assert whole != add_gguf("rows of the same strings that are tokens: another", longer + ["<|end|>"] + padding, [1] * end + [3] + [1] * 7, merges)
    text = toy_json(numbered(letters), [], [(7, "<|end|>", True)])
    try:
        toy_tokenizer_json(text)
    except Refused as refused:
        cases.add("an id with two strings", "§9.4", {"tokenizer_json": text}, refused.failure)
    assert cases.list[-1]["failure"] == "two-strings"
    notes = [
        "Toy tokenizers, byte-level: tokenizer_json is the text of a file, gguf the members of one (token types: 1 normal, 3"
        " control, 5 unused). vocabulary is hashed as it stands (hexadecimal), probe are the ids of the probe text.",
        "They split as GPT-2 does, and no merge reaches across what it splits: byte-pair encoding of the whole text gives the"
        " same ids.",
    ]
    return file_of("fingerprint", "SPEC §9.4", notes, cases)


def spans_of(spans, scheme):
    is_green = isinstance(scheme, Green)
    return [span._asdict() | {"score": int(span.score) if is_green else float(span.score), "ln_p": float(span.ln_p)} for span in spans]


def is_clear(looks, versions, alpha, searches):
    """No case is a near tie: p_j are equal or apart, and no decision is on the brink."""
    found = examine(looks, versions, alpha, searches)
    assert found.ln_p == 0 or abs(float(found.ln_p) - math.log(alpha)) > 1e-3
    ln_ps = {}
    for place, look in enumerate(looks):
        alone = examine([look], versions, alpha, searches)
        ln_ps[place] = alone.ln_p
        with localcontext(EXACT):
            paid = Decimal(found.count).ln() + alone.ln_p
            scored = sum(s is not None for s in scored_positions(look.key, look.scheme, versions[look.version]))
            top = Decimal(found.count).ln() + ln_p_at_best(look.scheme, scored, searches)
            assert abs(paid - Decimal(math.log(alpha))) > Decimal("1e-3") and abs(top - Decimal(math.log(alpha))) > Decimal("1e-3")
    for one, other in itertools.combinations(ln_ps.values(), 2):
        assert one == other or abs(one - other) > Decimal("1e-3"), (one, other)
    return found


# Keys of looks.json and evidence.json; never for marking text.
MANY = [sha256(b"greenmark/v1/vectors/look/" + le32(i)) for i in range(40)]


def looks_cases():
    """What looks.json asks: (comment, looks, versions, alpha, searches), and what its author expects of the examination."""
    green, other, gumbel, dual = Green(1, 64), Green(2, 128), Gumbel(2, False), Gumbel(4, True)
    natural = natural_ids("looks", 120)
    n = 0

    def all_of(keys, schemes, versions):
        return [Look(key, scheme, version) for key in keys for scheme in schemes for version in range(len(versions))]

    def plain(comment, keys, schemes, versions, alpha=1e-6, searches=True, **expected):
        return comment, all_of(keys, schemes, versions), versions, alpha, searches, expected

    def mark(label, key, scheme, start, stop, ids):
        return likely_stretch(label, key, scheme, ids, range(start, stop))

    # Nothing to find.
    yield plain("one look, no ids", MANY[:1], [green], [[]], verdict="too_short")
    yield plain("one look, one id", MANY[:1], [gumbel], [[5]], verdict="too_short")
    schemes = [Green(1, 192), gumbel]
    yield plain("every p is 1: the first look", MANY[:3], schemes, [natural[:2], natural[1:3]], best=0, verdict="too_short")
    for searches in (True, False):
        yield plain("unmarked, two keys, two schemes, two versions", MANY[:2], [green, dual], [natural, natural[5:]], searches=searches)
    yield plain("unmarked, 40 keys: the best is that of the least p, though all are paid up to 1", MANY, [green], [natural], ln_p=0)
    yield plain("the same at a level of 0.9", MANY, [green], [natural], alpha=0.9, ln_p=0, detected=False)
    # Striking.
    yield plain("a key twice, a scheme twice", [MANY[0], MANY[1], MANY[0]], [green, gumbel, green], [natural], count=4)
    yield plain("versions of equal ids are one", MANY[:2], [green], [natural, list(natural)], count=2)
    yield plain("versions that differ in their last id are two", MANY[:2], [green], [natural, natural[:-1] + [3]], count=4)
    looks = [Look(MANY[0], green, 0), Look(MANY[0], green, 1), Look(MANY[0], green, 2), Look(MANY[1], green, 1)]
    yield "one key under two tokenizers: the ids count, whatever they are of", looks, [natural, natural, natural[3:]], 1e-6, True, {"count": 3}
    # Marked.
    ids = mark("looks green", MANY[2], green, 20, 110, natural)
    yield plain("marked under the third of four keys", MANY[:4], [green], [ids], detected=True, best=2)
    yield plain("asked without a search", MANY[:4], [green], [ids], searches=False, detected=True, best=2)
    yield plain("under another scheme too", MANY[:4], [other, green], [ids], detected=True, best=5)
    yield plain("the key not asked", MANY[3:6], [green], [ids], detected=False)
    raw = [id if i % 3 else 9000 + i for i, id in enumerate(ids)]
    yield plain("in the second version", MANY[1:4], [green], [raw, ids], detected=True, best=3)
    ids = mark("looks gumbel", MANY[7], gumbel, 10, 60, natural)
    yield plain("gumbel, in both versions: one hit, the lesser p", [MANY[7]], [gumbel], [ids, ids[8:]], hits=1)
    yield plain("the second version the stronger", [MANY[7]], [gumbel], [ids[:40], ids], hits=1, best=1)
    # Equal p in both versions: a repetition at the end adds no scored position.
    ids = ids + ids[10:16]
    again = ids + ids[16:20]
    yield plain("both versions of equal p: the first", [MANY[7]], [gumbel], [ids, again], searches=False, best=0, hits=1, count=2)
    yield plain("the same the other way round", [MANY[7]], [gumbel], [again, ids], searches=False, best=0, hits=1, count=2)
    ids = mark("looks one", MANY[4], gumbel, 10, 50, natural)
    ids = mark("looks two", MANY[9], dual, 70, 115, ids)
    yield plain("two keys, a scheme each, in one text", [MANY[4], MANY[5], MANY[9]], [gumbel, dual], [ids], hits=2)
    yield plain("the keys in another order", [MANY[9], MANY[5], MANY[4]], [gumbel, dual], [ids], hits=2)
    # Two looks of equal p below 1: keys with as many greens.
    few = natural_ids("equal", 60)
    alike = collections.defaultdict(list)
    for key in MANY:
        alike[score(key, 1, 64, few).green].append(key)
    pair = next(keys for green_count, keys in sorted(alike.items(), reverse=True) if len(keys) > 1)[:2]
    for keys in (pair, pair[::-1], [MANY[39], *pair] if MANY[39] not in pair else pair):
        yield plain("two keys with as many greens, without a search: the first", keys, [green], [few], searches=False, alpha=0.01)
    # Too short, by a look, by the price, by the test.
    some = list(range(700, 720))
    for scored in (10, 11):
        verdict = "too_short" if scored < 11 else "no_mark_found"
        yield plain(f"{scored} positions of green, one look", MANY[:1], [green], [some[: scored + 1]], verdict=verdict)
    yield plain("11 positions, three looks to pay for", MANY[:3], [green], [some[:12]], verdict="too_short")
    for scored, verdict in ((9, "too_short"), (10, "no_mark_found")):
        yield plain(f"{scored} positions, without a search", MANY[:1], [green], [some[: scored + 1]], searches=False, verdict=verdict)
    yield plain("one position of gumbel is enough", MANY[:1], [gumbel], [some[:3]], verdict="no_mark_found")
    yield plain("one of the dual form too", MANY[:1], [dual], [some[:5]], verdict="no_mark_found")
    yield plain("its greatest score is 21.49, not 22.18", MANY[:1], [dual], [some[:5]], alpha=7e-10, verdict="too_short")
    yield plain("where 22.18 is enough", MANY[:1], [gumbel], [some[:3]], alpha=7e-10, verdict="no_mark_found")
    yield plain("at a lower level one position is not enough", MANY[:1], [gumbel], [some[:3]], alpha=1e-10, verdict="too_short")
    yield plain("one scheme too short, the other not", MANY[:1], [green, gumbel], [some[:6]], verdict="no_mark_found")
    yield plain("one version too short, the other not", MANY[:1], [green], [some[:6], some], verdict="no_mark_found")
    yield plain("repeats do not help", MANY[:1], [green], [some[:8] * 20], verdict="too_short")
    yield plain("h = 4 and four ids", MANY[:1], [dual], [some[:4]], verdict="too_short")
    for g, verdict in ((255, "too_short"), (1, "no_mark_found")):
        yield plain(f"100 positions, g = {g}", MANY[:1], [Green(1, g)], [list(range(700, 801))], verdict=verdict)
    marked_few = likely_stretch("few", MANY[0], Gumbel(1, False), natural_ids("few", 15), range(1, 15))
    yield plain("few positions, and marked", MANY[:1], [Gumbel(1, False)], [marked_few], alpha=1e-3, verdict="marked")

    # One key, two schemes: a hit each.
    source, ids = draws("looks both"), list(natural[:20])
    while len(ids) < 130:
        token = next(source) % 50257
        if all(byte_of(seed_of(MANY[6], context_at(ids, len(ids), scheme.h)), token) < scheme.g for scheme in (Green(1, 128), other)):
            ids.append(token)
    yield plain("one key, marked under both schemes: two hits", [MANY[5], MANY[6]], [Green(1, 128), other], [ids], hits=2, count=4)
    long = natural_ids("looks long", 300)
    long = likely_stretch("looks long", MANY[6], green, long * 2 + natural_ids("looks longer", 1000), range(700, 740))
    yield plain("more than 1,024 scored positions: no weights", [MANY[6]], [green], [long], detected=True)


def looks_file():
    cases = Cases()
    for comment, looks, versions, alpha, searches, expected in looks_cases():
        found = is_clear(looks, versions, alpha, searches)
        for member, value in expected.items():
            seen = len(found.hits) if member == "hits" else getattr(found, member)
            assert seen == value, (comment, member, seen)
        values = {
            "looks": [{"key": look.key.hex(), "scheme": str(look.scheme), "version": look.version} for look in looks],
            "versions": [{"ids": list(ids)} for ids in versions],
            "alpha": alpha,
            "searches": searches,
            "count": found.count,
            "ln_p": float(found.ln_p),
            "detected": found.detected,
            "best": found.best,
            "verdict": found.verdict,
        }
        values["hits"] = [
            {"look": hit.look, "ln_p": float(hit.ln_p), "spans": spans_of(hit.spans, looks[hit.look].scheme)} for hit in found.hits
        ]
        cases.add(comment, "§7.7, §10.3", values)
    notes = [
        "looks are listed as in SPEC §7.7 before any is struck; version is a place in versions. best and look are places in"
        " looks. count is m. ln_p of a hit is paid for. Keys are hexadecimal, and for tests alone.",
    ]
    return file_of("looks", "SPEC §7.7, §10.3", notes, cases)


def registry_file():
    cases = Cases()
    key, master = KEYS[3][1], KEYS[1][1]
    base = {
        "greenmark": "profile/1",
        "name": "support-bot",
        "scheme": "gm1:green,h=1,gamma=64/256",
        "tokenizer": {"name": "smollm2", "fingerprint": "d21208e9d0e11339"},
        "key_id": key_id(key),
    }

    def accept(comment, text):
        found = parse_profile(text.encode())
        cases.add(comment, "§12.1", {"profile": text, "members": found})

    def refuse(failure, comment, text):
        try:
            parse_profile(text.encode())
        except Refused as refused:
            assert refused.failure == failure, (comment, refused)
        else:
            raise AssertionError(comment)
        cases.add(comment, "§12.1", {"profile": text}, failure)

    def text(**members):
        """The profile with members changed; ... takes one away."""
        return json.dumps({name: value for name, value in (base | members).items() if value is not ...})

    def tokenizer(**members):
        inner = {name: value for name, value in (base["tokenizer"] | members).items() if value is not ...}
        return text(tokenizer=inner)

    accept("what must be there", text())
    accept("everything", text(key_file="bot.key", subkey="2026-11", tokenizer=base["tokenizer"] | {"file": "smollm2/tokenizer.json"}))
    accept("indented, with line feeds", json.dumps(base, indent=2) + "\n")
    accept("members in another order", json.dumps(dict(reversed(base.items()))))
    accept("unknown members are ignored", text(note="of the second shift", since=2026, tags=["a", {"b": None}]))
    accept("unknown members of the tokenizer too", tokenizer(vocabulary=49152, file="t.json"))
    accept("an unknown member twice", text()[:-1] + ', "note": 1, "note": 2}')
    accept("a known name inside an unknown member", text(old={"name": 7, "greenmark": "profile/0"}))
    accept("escapes in a name of a member", text().replace('"scheme"', '"\\u0073cheme"'))
    accept("a tokenizer's name may be anything", tokenizer(name="\u00e9 /\n"))
    accept("and empty", tokenizer(name=""))
    accept("gumbel", text(scheme="gm1:gumbel,h=4,dual"))
    for name in ("a", "0", "a.b_c-d", "x" * 64, "2026-11", "a..b"):
        accept(f"a name of {len(name)}", text(name=name))
    accept("a label of 255 bytes", text(subkey="\u00e9" * 127 + "x"))
    accept("a path that goes up", text(key_file="../keys/bot.key"))

    for comment, wrong in {
        "empty": "",
        "a list": "[]",
        "a string": '"profile/1"',
        "null": "null",
        "cut short": text()[:-1],
        "something after it": text() + " x",
        "a comma too many": text()[:-1] + ",}",
        "a comment": "// a profile\n" + text(),
        "single quotes": text().replace('"', "'"),
        "NaN": text()[:-1] + ', "x": NaN}',
        "a byte-order mark": "\ufeff" + text(),
        "a line feed within a string": text().replace("support-bot", "support\nbot"),
        "a key text": format_key(KEYS[0][1]),
    }.items():
        refuse("json", comment, wrong)
    for name in ("greenmark", "name", "scheme", "key_id"):
        refuse("duplicate", f"{name} twice", text()[:-1] + f', "{name}": {json.dumps(base[name])}}}')
    refuse("duplicate", "tokenizer twice", text()[:-1] + ', "tokenizer": {}}')
    refuse("duplicate", "fingerprint twice", text().replace('"fingerprint"', '"fingerprint": "0000000000000000", "fingerprint"'))
    refuse("duplicate", "twice, once with an escape", text()[:-1] + ', "nam\\u0065": "x"}')
    refuse("duplicate", "two faults: duplicate and version", text(greenmark="profile/2")[:-1] + ', "name": "x"}')
    refuse("version", "no version", text(greenmark=...))
    for version in ("profile/2", "profile/1 ", "Profile/1", "profile", "", "1", "gm1"):
        refuse("version", f"version {version!r}", text(greenmark=version))
    refuse("version", "a number", text(greenmark=1))
    refuse("version", "two faults: version and member", text(greenmark="profile/2", name=...))
    for name in ("name", "scheme", "tokenizer", "key_id"):
        refuse("member", f"no {name}", text(**{name: ...}))
        refuse("member", f"{name} is null", text(**{name: None}))
        refuse("member", f"{name} is a number", text(**{name: 7}))
    for name in ("key_file", "subkey"):
        refuse("member", f"{name} is null", text(**{name: None}))
        refuse("member", f"{name} is a list", text(**{name: ["a"]}))
    for name in ("name", "fingerprint"):
        refuse("member", f"no {name} of the tokenizer", tokenizer(**{name: ...}))
        refuse("member", f"{name} of the tokenizer is a number", tokenizer(**{name: 7}))
    refuse("member", "file of the tokenizer is null", tokenizer(file=None))
    refuse("member", "the tokenizer is a string", text(tokenizer="smollm2"))
    refuse("member", "two faults: member and name", text(name="X", key_id=7))
    for name in ("", "A", "support bot", "-a", ".a", "_a", "x" * 65, "caf\u00e9", "a/b", "a\n", "a\0"):
        refuse("name", f"the name {name!r}", text(name=name))
    refuse("name", "two faults: name and scheme", text(name="X", scheme="gm1"))
    for scheme in ("", "gm2:green,h=1,gamma=64/256", "gm1:green,h=1,gamma=64/256 ", "gm1:gumbel,h=0"):
        refuse("scheme", f"the scheme {scheme!r}", text(scheme=scheme))
    refuse("scheme", "two faults: scheme and fingerprint", text(scheme="gm1", tokenizer={"name": "", "fingerprint": ""}))
    for digits in ("", "d21208e9d0e1133", "d21208e9d0e113390", "D21208E9D0E11339", "d21208e9d0e1133g", "d21208e9d0e1133\uff11"):
        refuse("fingerprint", f"the fingerprint {digits!r}", tokenizer(fingerprint=digits))
        refuse("key-id", f"the key id {digits!r}", text(key_id=digits))
    refuse("fingerprint", "two faults: fingerprint and key id", text(key_id="", tokenizer={"name": "", "fingerprint": ""}))
    refuse("subkey", "an empty label", text(subkey=""))
    refuse("subkey", "256 bytes", text(subkey="\u00e9" * 128))
    refuse("subkey", "two faults: label and path", text(subkey="", key_file=""))
    for path in ("", "/etc/bot.key", "keys\\bot.key", "a\0b"):
        refuse("path", f"the key file {path!r}", text(key_file=path))
        refuse("path", f"the tokenizer's file {path!r}", tokenizer(file=path))

    # Folders.
    one, two, three = (sha256(b"greenmark/v1/vectors/registry/" + le32(i)) for i in range(3))
    child = sub_key(master, b"2026-11")

    def file(key):
        return format_key(key) + "\n"

    def folder(comment, files, schemes=("gm1:green,h=1,gamma=64/256",), failure=None, expected=None):
        values = {"files": [[name, content] for name, content in files], "schemes": list(schemes)}
        try:
            found = read_registry([(name, content.encode()) for name, content in files], list(map(parse_scheme, schemes)))
        except Refused as refused:
            assert refused.failure == failure, (comment, refused)
            cases.add(comment, "§12.2 to §12.4", values, failure)
            return
        looks = [{"profile": name, "key_id": key_id(key), "scheme": str(scheme), "fingerprint": tokenizer} for name, key, scheme, tokenizer in found]
        assert failure is None and [(look["profile"], look["key_id"]) for look in looks] == [(name, key_id(key)) for name, key in expected], comment
        cases.add(comment, "§12.2 to §12.4", values | {"looks": looks})

    bot = ("bot.profile.json", text(key_file="bot.key"))
    folder("an empty folder", [], expected=[])
    folder("a profile and its key", [bot, ("bot.key", file(key))], expected=[("support-bot", key)])
    folder("the key without a line ending", [bot, ("bot.key", format_key(key))], expected=[("support-bot", key)])
    folder("no key_file: the key that fits", [("bot.profile.json", text()), ("a.key", file(one)), ("b.key", file(key))], expected=[("support-bot", key), (None, one)])
    folder("bare keys, in the order of their names", [("b.key", file(one)), ("B.key", file(two)), ("a.key", file(three))], expected=[(None, two), (None, three), (None, one)])
    both = ("gm1:gumbel,h=2", "gm1:green,h=1,gamma=64/256")
    folder("two schemes: keys outer, schemes inner", [("a.key", file(one)), ("b.key", file(two))], both, expected=[(None, one), (None, one), (None, two), (None, two)])
    folder("a profile's key is asked under its scheme alone", [bot, ("bot.key", file(key)), ("other.key", file(one))], both, expected=[("support-bot", key), (None, one), (None, one)])
    folder("the same key once more is named too", [bot, ("bot.key", file(key)), ("copy.key", file(key))], expected=[("support-bot", key)])
    folder("the same bare key twice: struck later, by the looks", [("a.key", file(one)), ("b.key", file(one))], expected=[(None, one), (None, one)])
    month = text(name="month", subkey="2026-11", key_id=key_id(child))
    folder("a sub-key: its master is named", [("m.profile.json", month), ("m.key", file(master))], expected=[("month", child)])
    folder("a sub-key that is stored too is named", [("m.profile.json", month), ("c.key", file(child)), ("m.key", file(master))], expected=[("month", child)])
    folder("a sub-key with key_file", [("m.profile.json", text(name="month", subkey="2026-11", key_id=key_id(child), key_file="m.key")), ("m.key", file(master))], expected=[("month", child)])
    again = text(name="again", scheme="gm1:gumbel,h=4", key_id=key_id(key))
    folder("two profiles of one key", [("b.profile.json", text()), ("a.profile.json", again), ("k.key", file(key))], expected=[("again", key), ("support-bot", key)])
    folder("two sub-keys of one master", [("m.profile.json", month), ("n.profile.json", text(name="next", subkey="2026-12", key_id=key_id(sub_key(master, b"2026-12")))), ("m.key", file(master))], expected=[("month", child), ("next", sub_key(master, b"2026-12"))])
    folder("other files are ignored", [bot, ("bot.key", file(key)), ("README", "x"), ("old.key.txt", "x"), ("x.json", "{"), (".hidden.key", "x"), (".a.profile.json", "x"), ("key", "x")], expected=[("support-bot", key)])
    folder("a key file with another ending", [("bot.profile.json", text(key_file="secret.txt")), ("secret.txt", file(key))], expected=[("support-bot", key)])
    folder("a bad profile", [bot, ("bot.key", file(key)), ("c.profile.json", "{}")], failure="version")
    folder("a bad key file that nobody names", [bot, ("bot.key", file(key)), ("c.key", file(one)[:-3])], failure="length")
    folder("two faults: a bad key file, and a profile after it", [("a.key", "x"), ("z.profile.json", text(name="X"))], failure="name")
    folder("two profiles of one name", [("a.profile.json", text()), ("b.profile.json", text()), ("k.key", file(key))], failure="duplicate-name")
    folder("two faults: two of one name, and a bad key file", [("a.profile.json", text()), ("b.profile.json", text()), ("k.key", "x")], failure="duplicate-name")
    folder("no key", [("bot.profile.json", text())], failure="key")
    folder("no key fits", [("bot.profile.json", text()), ("a.key", file(one))], failure="key")
    folder("the key file is not there", [bot, ("other.key", file(key))], failure="key")
    folder("the key file holds no key", [("bot.profile.json", text(key_file="bot.txt")), ("bot.txt", "x")], failure="key")
    folder("the key file holds another key", [bot, ("bot.key", file(one))], failure="key-mismatch")
    folder("the key file holds another key, and the right one is there", [bot, ("bot.key", file(one)), ("right.key", file(key))], failure="key-mismatch")
    folder("the id of the master in place of the sub-key's", [("m.profile.json", text(subkey="2026-11", key_id=key_id(master), key_file="m.key")), ("m.key", file(master))], failure="key-mismatch")
    folder("another label", [("m.profile.json", text(subkey="2026-12", key_id=key_id(child))), ("m.key", file(master))], failure="key")
    # Later additions.
    lone = '"\\ud800"'
    refuse("json", "a lone surrogate in the label", text(subkey="x").replace('"x"', lone))
    refuse("json", "a lone surrogate in a path", text(key_file="x").replace('"x"', lone))
    refuse("json", "a lone surrogate, the second half, in the tokenizer's name", tokenizer(name="\udc00"))
    refuse("json", "two halves in the wrong order", tokenizer(name="\udc00\ud800"))
    refuse("json", "a lone surrogate in an unknown member", text()[:-1] + f', "note": [{lone}]}}')
    refuse("json", "a lone surrogate in the name of an unknown member", text()[:-1] + f', {lone}: 1}}')
    refuse("json", "two faults: a lone surrogate, and version", text(greenmark="x").replace('"x"', lone))
    accept("a surrogate pair", tokenizer(name="\U0001f511"))
    accept("an escaped backslash before ud800", tokenizer(name="\\ud800"))
    broken = text(subkey="x").encode().replace(b'"x"', b'"\xff"')
    try:
        parse_profile(broken)
    except Refused as refused:
        cases.add("not UTF-8", "§12.1", {"profile_bytes": broken.hex()}, refused.failure)
    for path in ("./bot.key", ".//./bot.key"):
        folder(f"the key file {path}", [("bot.profile.json", text(key_file=path)), ("bot.key", file(key))], expected=[("support-bot", key)])
    folder("names beyond ASCII, in the order of their bytes", [("\U0001f511.key", file(one)), ("\uffee.key", file(two)), ("z.key", file(three))], expected=[(None, three), (None, two), (None, one)])
    folder("no scheme is asked about: the default", [("a.key", file(one))], (), expected=[(None, one)])
    notes = [
        "profile is the text of a file, or profile_bytes its bytes in hexadecimal. members: those of the tables of SPEC §12.1, null where they are absent.",
        "files are those of a folder, [name, text]; key_file is a name of one of them. looks are the entries of SPEC §12.4, before"
        " any look is struck; fingerprint is null where the caller names the tokenizer. The tokenizers are not asked for: those of"
        " a text given as ids. Keys are for tests alone.",
    ]
    return file_of("registry", "SPEC §12", notes, cases)


def evidence_file():
    cases = Cases()
    green, other, gumbel, dual = Green(1, 64), Green(2, 128), Gumbel(2, False), Gumbel(4, True)

    def add(comment, asked, ids, normalised_ids=None, alpha=1e-6, searches=True):
        versions = [ids] if normalised_ids is None else [ids, normalised_ids]
        looks = [Look(entry.key, entry.scheme, version) for entry in asked for version in range(len(versions))]
        is_clear(looks, versions, alpha, searches)
        found = evidence(comment, asked, ids, normalised_ids, alpha, searches)
        values = {
            "asked": [{"profile": entry.profile, "key": entry.key.hex(), "scheme": str(entry.scheme)} for entry in asked],
            "ids": list(ids),
            "normalised_ids": normalised_ids,
            "alpha": alpha,
            "searches": searches,
            "evidence": found,
        }
        cases.add(comment, "§10", {"id": comment} | values)
        return found

    natural = natural_ids("evidence", 150)
    single = [Asked(None, MANY[0], green)]
    for scheme in (green, gumbel):
        add("nothing to read", [Asked(None, MANY[0], scheme)], [])
        add("unmarked, one look", [Asked(None, MANY[0], scheme)], natural)
    add("unmarked, without a search", single, natural, searches=False)
    asked = [Asked(name, key, scheme) for name, key, scheme in zip(("one", "two", None, None), MANY, (green, dual, gumbel, other))]
    add("unmarked, profiles and bare keys, two versions", asked, natural, natural[4:])
    found = add("every p is 1: the first profile is named", [Asked("zero", MANY[3], Green(1, 192)), *asked[1:]], natural[:2], natural[1:3])
    assert found["profile"] == "zero" and found["verdict"] == "too_short" and not found["normalised"]
    add("two versions of equal ids are one", asked, natural, list(natural))
    ids = likely_stretch("evidence green", MANY[0], green, natural, range(30, 120))
    found = add("marked, green", single, ids)
    assert found["verdict"] == "marked" and len(found["spans"]) == 1
    found = add("marked, without a search: no spans", single, ids, searches=False)
    assert found["verdict"] == "marked" and not found["spans"]
    found = add("the first of four is marked", asked, ids)
    assert found["profile"] == "one"
    raw = [id if i % 3 else 9000 + i for i, id in enumerate(ids)]
    found = add("in the normalised version: the counts are the raw version's", asked, raw, ids)
    assert found["normalised"] and found["spans"][0]["normalised"] and found["unpaid_ln_p"] > -10
    ids = likely_stretch("evidence two", MANY[1], dual, natural, range(20, 60))
    ids = likely_stretch("evidence three", MANY[2], gumbel, ids, range(90, 140))
    found = add("two of four are marked: spans in the order of the text", asked, ids)
    assert [span["profile"] for span in found["spans"]] == ["two", None]
    found = add("the strongest is named, whoever comes first in the text", asked, ids, ids[10:])
    # Two profiles of one key and scheme are one look, of the first.
    twice = [Asked("first", MANY[0], green), Asked("second", MANY[0], green), Asked("third", MANY[3], green)]
    ids = likely_stretch("evidence twice", MANY[0], green, natural, range(10, 130))
    found = add("two profiles of one key and scheme are one look, of the first", twice, ids)
    assert found["looks"] == 2 and found["profile"] == "first" and {span["profile"] for span in found["spans"]} == {"first"}
    # A text that two keys mark at the same places: spans that overlap.
    both = [Asked("one", MANY[0], Green(1, 128)), Asked("two", MANY[1], Green(1, 128))]
    source, ids = draws("evidence both"), natural[:20]
    while len(ids) < 140:
        context = context_at(ids, len(ids), 1)
        good = (byte_of(seed_of(key, context), token) < 128 for key in MANY[:2]) if (token := next(source) % 50257) else ()
        if all(good):
            ids.append(token)
    found = add("marked twice over at the same places", both, ids)
    assert len(found["spans"]) == 2
    add("many keys: unpaid_ln_p is that of the best, and small by chance", [Asked(None, key, green) for key in MANY], natural)
    add("11 positions, one look", single, list(range(700, 712)))
    add("11 positions, four looks: too short", asked[:1] * 2 + [Asked(None, key, green) for key in MANY[1:4]], list(range(700, 712)))
    found = add("a p-value that underflows", single, coloured_ids("evidence deep", MANY[0], 1, 64, 601, "G"))
    assert found["p_value"] == 0
    # Two spans with one start: the one of the lesser p_j comes first, whichever key was asked first.
    source, ids = draws("evidence start"), natural[:1]
    while len(ids) < 100:
        seeds = [seed_of(key, context_at(ids, len(ids), 1)) for key in MANY[:2]]
        token = next(source) % 50257
        greens = [byte_of(seed, token) < 128 for seed in seeds]
        if greens[1] and (greens[0] or len(ids) > 70):
            ids.append(token)
    found = add("marked twice over from one start, by the second key for longer", both, ids)
    assert [(span["start"], span["profile"]) for span in found["spans"]] == [(1, "two"), (1, "one")]
    notes = [
        "asked are the entries of SPEC §12.4; each is asked about ids, and about normalised_ids where they are not null."
        " evidence is the object of SPEC §10.1. Keys are hexadecimal, and for tests alone.",
    ]
    return file_of("evidence", "SPEC §10", notes, cases)


# --- SPEC §17, worked example ----------------------------------------------------------------------------------------


def worked_example():
    """The lines of SPEC §17. `check` sees that they stand there."""
    key, context, token = KEYS[1][1], (1000,), 2000
    green, gumbel, dual = Green(1, 64), Gumbel(1, False), Gumbel(1, True)
    seed = seed_of(key, context)
    byte, words = byte_of(seed, token), [word_of(seed, q, token) for q in (1, 2)]
    ids = coloured_ids("example", key, 1, 64, 20, "G", 2)
    ids += ids[4:9]  # some pairs stand twice
    counts = score(key, *green, ids)
    whole = weighted_count(key, green, ids)
    found = search(green, scored_positions(key, green, ids), 1e-6, whole.ln_whole)
    sum_of = add_scores(key, *gumbel, ids)
    total = float(sum_of.score)

    def halves(text, size):
        return text[:size], text[size:]

    def number(value):
        return repr(float(value))

    text, hex_seed, hex_field = format_key(key), seed.hex(), field_key(key, 1).hex()
    in_block = block(seed, 0, token // 64)[8 * (token % 64 // 8) :][:8].hex(" ")
    return [
        "§2.1   key               " + key.hex(),
        "§2.2   text form         " + halves(text, 40)[0],
        "                         " + halves(text, 40)[1],
        "§2.4   key id            " + key_id(key),
        '§2.5   sub-key "2026-11" ' + sub_key(key, b"2026-11").hex(),
        f"§5.1   field key, h = 1  {hex_field}",
        f"§4     context           {context[0]}, as bytes {context_bytes(context).hex()}",
        f"§5.2   seed              {hex_seed}",
        f"§5.3   byte of {token}      block {token // 64} of stream 0, byte {token % 64}: {byte}",
        f"                         (bytes {token % 64 // 8 * 8} to {token % 64 // 8 * 8 + 7} of the block: {in_block})",
        f"§6.1   colour            {byte} {'<' if byte < 64 else '>='} 64: {'green' if byte < 64 else 'red'} under gamma=64/256",
        f"§5.4   words of {token}     block {token // 16}, word {token % 16}: {words[0]} in stream 1, {words[1]} in stream 2",
        f"§6.3   scores            gumbel {number(token_score(words[0], False))}, dual {number(token_score(max(words), True))}",
        "",
        "A text of 25 ids:        " + ", ".join(map(str, ids[:9])) + ",",
        "                         " + ", ".join(map(str, ids[9:17])) + ",",
        "                         " + ", ".join(map(str, ids[17:])),
        "",
        f"{green}",
        f"§6.2   marks             {counts.colours}",
        f"       counts            T = {counts.scored}, G = {counts.green}, repeated {counts.repeated}",
        f"§7.2   ln p              {number(ln_p(counts.green, counts.scored, 64))}",
        f"§7.3   z                 {number(z_score(counts.green, counts.scored, 64))}",
        f"§7.8   ln p_whole        {number(whole.ln_whole)}     (G_w = {whole.total})",
        f"§7.5   ln max M_i        {number(found.ln_stake)}",
        f"       ln p              {number(found.ln_p)}",
        f"§10.3  verdict           {examine([Look(key, green, 0)], [ids], 1e-6, True).verdict} at alpha = 1e-6",
        "",
        f"{gumbel}",
        f"§6.4   S                 {total!r}, T = {sum_of.scored}",
        f"§7.4   ln p              {number(ln_p_gamma(total, sum_of.scored))}",
    ]


FILES = {
    "keys.json": keys_file,
    "schemes.json": schemes_file,
    "field.json": field_file,
    "scores.json": scores_file,
    "tails.json": tails_file,
    "words.json": words_file,
    "gumbel-scores.json": gumbel_scores_file,
    "samples.json": samples_file,
    "accumulated.json": accumulated_file,
    "search.json": search_file,
    "stream.json": stream_file,
    "weighted.json": weighted_file,
    "normalise.json": normalise_file,
    "search-edges.json": search_edges_file,
    "samples-edges.json": samples_edges_file,
    "normalise-edges.json": normalise_edges_file,
    "key-files.json": key_files_file,
    "subkeys.json": subkeys_file,
    "fingerprint.json": fingerprint_file,
    "looks.json": looks_file,
    "registry.json": registry_file,
    "evidence.json": evidence_file,
}

# Written by tails.py beside this file, from arbitrary-precision arithmetic.
FROM_ELSEWHERE = {"binomial-tail.json", "gamma-tail.json"}


def render(value, margin=""):
    """JSON in ASCII, a member a line, lists of plain values on one line: stable, and a diff shows the case."""
    inner = margin + "  "
    if isinstance(value, dict):
        members = [f"{inner}{json.dumps(name)}: {render(member, inner)}" for name, member in value.items()]
        return "{\n" + ",\n".join(members) + "\n" + margin + "}"
    if isinstance(value, list) and any(isinstance(member, (dict, str)) for member in value):
        return "[\n" + ",\n".join(inner + render(member, inner) for member in value) + "\n" + margin + "]"
    return json.dumps(value)


def differences(name, expected, found):
    """What a reader wants to know of two unequal texts of one file: which cases, and which members."""
    try:
        found = json.loads(found)
        old = {case["tcId"]: case for case in found["cases"]}
    except (ValueError, KeyError, TypeError) as error:
        return [f"{name}: not a vector file ({type(error).__name__})"]
    expected = json.loads(expected)
    new = {case["tcId"]: case for case in expected["cases"]}
    lines = []
    for number in sorted(old.keys() | new.keys()):
        if number not in old:
            lines.append(f"{name} tcId {number}: missing on disk")
        elif number not in new:
            lines.append(f"{name} tcId {number}: on disk, not generated")
        elif old[number] != new[number]:
            members = [m for m in new[number] | old[number] if old[number].get(m) != new[number].get(m)]
            lines.append(f"{name} tcId {number} ({new[number]['comment']}): {', '.join(members)}")
    lines += [f"{name}: {m}" for m in expected if m != "cases" and found.get(m) != expected[m]]
    return lines or [f"{name}: same content, other formatting"]


# --- Self-test: published values, and what can be seen without a computer ---------------------------------------------


def selftest():
    # RFC 4231 §4.3, test case 2.
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex() == expected
    # ChaCha8, 256-bit key of zeros, IV of zeros, block 0 (draft-strombergson-chacha-test-vectors, TC1).
    expected = (
        "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"
        "984ce172b9216f419f445367456d5619314a42a3da86b001387bfdb80e0cfe42"
    )
    assert block(bytes(32), 0, 0).hex() == expected
    # The same draft's block 1: the counter is in word 12.
    expected = "d2aefa0deaa5c151bf0adb6c01f2a5adc0fd581259f9a2aadcf20f8fd566a26b"
    assert block(bytes(32), 0, 1)[:32].hex() == expected
    # Counter and stream stand in different words, low word first.
    assert len({block(bytes(32), *sc) for sc in ((0, 1), (1, 0), (0, 2**32), (2**32, 0))}) == 4

    for _, key in KEYS:
        assert parse_key(format_key(key).encode()) == key
        for ending in (b"", b"\n", b"\r\n"):
            assert parse_key_file(format_key(key).encode() + ending) == key
        for ending in (b"\n\n", b"\r", b"\n\r", b" \n"):
            try:
                parse_key_file(format_key(key).encode() + ending)
            except Refused:
                continue
            raise AssertionError("a key file with something after its line ending")
    for h in range(17):
        for g in range(1, 256):
            assert parse_scheme(str(Green(h, g))) == Green(h, g)

    key = KEYS[1][1]
    assert context_bytes((1, 2**32 - 1)).hex() == "01000000ffffffff"
    seed = seed_of(key, (1, 2))
    assert seed != seed_of(key, (2, 1)) and seed_of(key, (0,)) != seed_of(key, (0, 0))
    stream = b"".join(block(seed, 0, c) for c in range(16))
    assert bytes(byte_of(seed, v) for v in range(1024)) == stream
    assert score(key, 1, 64, []) == (0, 0, 0, 0, "")
    assert score(key, 2, 64, [5] * 6)[:3] == (6, 1, 3)
    assert [score(key, 1, g, range(99)).green for g in (64, 128)] == sorted(
        score(key, 1, g, range(99)).green for g in (64, 128)
    )

    for scored in range(41):
        for g in (1, 64, 128, 255):
            tail = 0
            for green in range(scored, -1, -1):
                tail += math.comb(scored, green) * g**green * (256 - g) ** (scored - green)
                p = Fraction(tail, 256**scored)
                exact = ln_p(green, scored, g)
                if p == 1:
                    assert exact == 0
                else:
                    wide = Context(prec=200)
                    whole = wide.ln(wide.divide(Decimal(p.numerator), Decimal(p.denominator)))
                    assert abs(exact / whole - 1) < Decimal("1e-25"), (green, scored, g)
    assert f"{math.exp(ln_p(13, 20, 64)):.1e}" == "1.8e-04"  # SPEC §7.2
    assert round(z_score(13, 20, 64), 2) == 4.13
    assert z_score(1, 4, 64) == 0 and z_score(0, 0, 64) is None

    stream = b"".join(block(seed, 2, c) for c in range(4))
    assert struct.unpack("<64I", stream) == tuple(word_of(seed, 2, v) for v in range(64))
    assert token_score(0, False) == token_score(0, True) == 0
    assert abs(token_score(2**31, False) - EXACT.ln(Decimal(2))) < Decimal("1e-50")
    assert round(token_score(2**32 - 1, False), 2) == Decimal("22.18")
    assert add_scores(key, 1, False, [])[:4] == (0, 0, 0, 0)
    assert add_scores(key, 2, True, [5] * 6)[:3] == (6, 1, 3)
    for scored in (1, 2, 3, 10, 40):
        for s in (0.25, 1.0, 9.75, 40.0, 90.5):
            # e^−s times a whole fraction, against the sum.
            exact = Fraction(0)
            for k in range(scored):
                exact += Fraction(s) ** k / math.factorial(k)
            wide = Context(prec=200, Emin=MIN_EMIN)
            whole = wide.divide(Decimal(exact.numerator), Decimal(exact.denominator))
            whole = wide.subtract(wide.ln(whole), Decimal(s))
            assert abs(ln_p_gamma(s, scored) - whole) < Decimal("1e-25") * abs(whole), (scored, s)
    # Of two tokens the one with the lower −ln u / p: u of ¼ and ½ at equal chances, and at 5 to 1.
    assert ratio(2**31, 0.5) < ratio(2**30, 0.5) and ratio(2**31, 1 / 6) > ratio(2**30, 5 / 6)
    selftest_search()
    selftest_weighted()
    selftest_looks()


def selftest_weighted():
    """SPEC §7.8 against enumeration, and against the count where all weights are one."""
    assert [pair_weight(m, 512) for m in (1, 2, 3, 4, 5, 8, 9, 1000)] == [5, 8, 9, 9, 10, 10, 11, 11]
    assert [pair_weight(1, token) for token in (0, 255, 256, 511, 512, TOKEN_MAX)] == [3, 3, 4, 4, 5, 5]
    assert {pair_weight(m, token) for m in range(1, 20) for token in (0, 300, 600)} == set(range(3, 12))
    # Positions 2 to 5: the pair ((7, 7), 7) three times, and its last token changed.
    assert pair_weights(2, [7, 7, 7, 7, 7, 600]) == [7, 5] and pair_weights(2, [7, 7]) == []
    assert pair_weights(0, [600, 9, 600, 600, 400]) == [9, 3, 4]
    for classes in ([], [(3, 2)], [(3, 1), (5, 2), (11, 1)], [(4, 1), (7, 1), (8, 1), (9, 1), (10, 1)]):
        weights = [c for c, n in classes for _ in range(n)]
        for g in (1, 64, 255):
            for total in range(sum(weights) + 1):
                p = Fraction(0)
                for greens in itertools.product((0, 1), repeat=len(weights)):
                    if sum(w for w, s in zip(weights, greens) if s) >= total:
                        p += Fraction(g**sum(greens) * (256 - g) ** (len(greens) - sum(greens)), 256 ** len(greens))
                wide = Context(prec=200)
                whole = wide.ln(wide.divide(Decimal(p.numerator), Decimal(p.denominator)))
                assert abs(ln_p_weighted(classes, total, g) - whole) <= Decimal("1e-50") * abs(whole)
    for c in (3, 11):
        for green in range(61):
            count = ln_p(green, 60, 64)
            for total in range(max(0, c * green - c + 1), c * green + 1):  # sums between are those of the next
                assert abs(ln_p_weighted([(c, 60)], total, 64) - count) <= Decimal("1e-50") * abs(count)


def selftest_looks():
    """SPEC §10.3: the closed form of `too_short` is the search of the greatest scores."""
    for scheme in (Green(1, 1), Green(1, 64), Green(1, 255), Gumbel(1, False), Gumbel(1, True)):
        for scored in (0, 1, 2, 3, 7, 20, 60):
            scores = [greatest_score(scheme)] * scored
            found = search(scheme, scores, 1e-300)
            assert found.ln_whole <= Decimal("1e-13") - found.ln_stake
            at_best = ln_p_at_best(scheme, scored, True)
            # In gumbel `search` takes the tail of the nearest double.
            assert abs(at_best - found.ln_p) <= Decimal("1e-13") * max(1, abs(found.ln_p)), (scheme, scored)


def selftest_search():
    """SPEC §7.5 and §7.6 against their definitions, by trying everything."""
    schemes = [Green(1, 8), Green(1, 64), Green(1, 240), Gumbel(1, False)]
    with localcontext(EXACT):
        for scheme in schemes:
            for theta, psi in bets_of(scheme):
                if isinstance(scheme, Green):
                    mean = scheme.g * (theta - psi).exp() + (256 - scheme.g) * (-psi).exp()
                    assert abs(mean / 256 - 1) < Decimal("1e-50")
                else:  # Exp(1) has E e^(θs) = 1 / (1 − θ)
                    assert abs((-psi).exp() / (1 - theta) - 1) < Decimal("1e-50")

        def stake(scheme, scores):
            """M after these scores, as §7.5 reads it: over all ways to set out spans, apart, of one bet each."""
            lam, mu, gains = Decimal(4) / (T + 4), Decimal(1) / 512, gains_of(scheme, scores)
            total = Decimal(0)
            for inside in itertools.product((False, True), repeat=len(scores)):
                weight = Decimal(1)
                for is_in, group in itertools.groupby(range(len(scores)), inside.__getitem__):
                    run = list(group)
                    if is_in:
                        bets = (sum(gains[i][k] for i in run).exp() for k in range(6))
                        weight *= lam / 6 * (1 - mu) ** (len(run) - 1) * sum(bets)
                    else:  # after a span, the first step is its end
                        weight *= (1 - lam) ** len(run) if run[0] == 0 else mu * (1 - lam) ** (len(run) - 1)
                total += weight
            return total

        source = draws("selftest")
        for scheme, T in itertools.product(schemes, (0, 1, 2, 5, 8)):
            for _ in range(4):
                texts = [next(source) % 2 for _ in range(T)]
                scores = texts if isinstance(scheme, Green) else [next(source) / 2**29 for _ in range(T)]
                expected = max(stake(scheme, scores[:n]) for n in range(T + 1))
                assert abs(greatest_stake(scheme, scores) / expected - 1) < Decimal("1e-50"), (scheme, scores)

                gains = gains_of(scheme, scores)
                G = {
                    (a, b): max(sum(gains[i][k] for i in range(a, b)) for k in range(6))
                    for a in range(T)
                    for b in range(a + 1, T + 1)
                }
                best = max(G.values(), default=0)
                inside, fee, margin = marked(scheme, scores)
                if best <= 0:
                    assert inside == [False] * T
                    continue
                assert fee <= Decimal(120 * T).ln() and 0 < best - fee

                def value(run):
                    """A run of positions cut into stretches as well as can be."""
                    most = [Decimal(0)]
                    for b in range(1, len(run) + 1):
                        most.append(max(most[a] + G[run[0] + a, run[0] + b] - fee for a in range(b)))
                    return most[-1]

                answers = {}
                for answer in itertools.product((False, True), repeat=T):
                    runs = itertools.groupby(range(T), answer.__getitem__)
                    if any(answer):
                        answers[answer] = sum(value(list(group)) for is_in, group in runs if is_in)
                ranked = sorted(answers, key=answers.get, reverse=True)
                assert tuple(inside) == ranked[0], (scheme, scores)
                if len(ranked) > 1:
                    assert abs(answers[ranked[0]] - answers[ranked[1]] - Decimal(margin)) < Decimal("1e-12")

        for scheme in schemes:
            assert stream(scheme, [None]) == [(0, 0, 0, 0)] * 2
            assert search(scheme, [None], 0.5)[:2] == (0, 0) and search(scheme, [], 0.5).ln_p == 0
            states = stream(scheme, [1, None, 0, 1])
            assert [state[0] for state in states] == [0, 1, 1, 2, 3] and states[1] == states[2]
            assert all(-ln_p >= max(ln_e, 0) for _, _, ln_e, ln_p in states)

    # SPEC §9.5: seconds by table and by rule, and what is none; and without steps 4 and 5 it is NFKC.
    assert {"\u0301", "\u1161"} < seconds() and not {"e", "\u0430", "\u1100"} & seconds()
    assert len(LOOK_ALIKES) == 178 and all(unicodedata.normalize("NFKD", c) == c for c in LOOK_ALIKES)
    every = [chr(code) for code in range(0x80, 0x30000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    touched = set(map(chr, PLAIN)) | set(map(chr, range(0x80)))
    every = [c for c in every if not is_ignorable(c) and not set(unicodedata.normalize("NFKD", c)) & touched]
    for text in ("".join(every[:4000]), "".join(every[3999::-1]), "".join(every[::7] + every[3::5])):
        assert normalise(text)[0] == unicodedata.normalize("NFKC", text)


# --- Command line ----------------------------------------------------------------------------------------------------

EXAMPLES = """examples:
  python3 greenmark_reference.py selftest
  python3 greenmark_reference.py generate --out new-vectors
  python3 greenmark_reference.py check
  echo '[464, 3290, 318, 257]' |
    python3 greenmark_reference.py score --key-file my.key --scheme gm1:green,h=1,gamma=64/256
"""


def read_ids(text):
    ids = json.loads(text)
    # type(): JSON's true is an int to Python.
    if not isinstance(ids, list) or not all(type(token) is int and 0 <= token <= TOKEN_MAX for token in ids):
        raise ValueError("standard input is no JSON array of token ids (SPEC §1)")
    return ids


def level(text):
    alpha = float(text)
    if not 0 < alpha < 1:
        raise ValueError("alpha outside (0, 1)")
    return alpha


def main():
    vectors = Path(__file__).resolve().parent.parent / "vectors"
    parser = argparse.ArgumentParser(
        description="Greenmark version 1, transcribed from SPEC.md: makes and checks the test vectors.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("generate", help="write all vector files (a minute or so)")
    command.add_argument("--out", type=Path, default=vectors, metavar="DIR", help="default: ../vectors beside this file")
    command = commands.add_parser("check", help="regenerate and compare with what is on disk; exit 1 if they differ")
    command.add_argument("--in", dest="out", type=Path, default=vectors, metavar="DIR", help="default: as for generate")
    command = commands.add_parser("score", help="evidence (SPEC §10) for a JSON array of ids on standard input")
    command.add_argument("--key-file", type=Path, required=True, metavar="F", help="SPEC §2.3")
    command.add_argument("--scheme", required=True, metavar="S", help="SPEC §3")
    command.add_argument("--alpha", type=level, default=1e-6, help="level of the decision (default: 1e-6)")
    command.add_argument("--id", default="stdin", help="name of the text (default: stdin)")
    commands.add_parser("example", help="print the worked example of SPEC §17")
    commands.add_parser("selftest", help="check this file against published values")
    arguments = parser.parse_args()

    if arguments.command == "selftest":
        selftest()
        print("selftest passed")
    elif arguments.command == "example":
        print("\n".join(worked_example()))
    elif arguments.command == "generate":
        arguments.out.mkdir(parents=True, exist_ok=True)
        for name, make in FILES.items():
            (arguments.out / name).write_bytes((render(make()) + "\n").encode("ascii"))
    elif arguments.command == "check":
        strangers = {path.name for path in arguments.out.glob("*.json")} - FILES.keys() - FROM_ELSEWHERE
        lines = [f"{name}: not generated" for name in sorted(strangers)]
        for name, make in FILES.items():
            expected = (render(make()) + "\n").encode("ascii")
            path = arguments.out / name
            if not path.exists():
                lines.append(f"{name}: missing on disk")
            elif path.read_bytes() != expected:
                lines += differences(name, expected, path.read_bytes())
        spec = (Path(__file__).resolve().parent.parent.parent / "SPEC.md").read_text("utf-8").splitlines()
        if any(line and f"    {line}" not in spec for line in worked_example()):
            lines.append("SPEC.md §17: not what `example` prints")
        print("\n".join(lines) or f"{len(FILES)} files match")
        return 1 if lines else 0
    else:
        try:
            asked = Asked(None, parse_key_file(arguments.key_file.read_bytes()), parse_scheme(arguments.scheme))
            ids = read_ids(sys.stdin.read())
        except Refused as refused:
            print(f"refused, {refused}", file=sys.stderr)
            return 2
        except (OSError, ValueError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        print(json.dumps(evidence(arguments.id, [asked], ids, None, arguments.alpha, True), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
