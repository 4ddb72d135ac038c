#!/usr/bin/env python3
"""Exact binomial tails for tests/vectors/binomial-tail.json (SPEC §7.2).

    pip install mpmath
    python3 tests/reference/tails.py            # rewrites the vector file
    python3 tests/reference/tails.py --check    # compares with the file instead

Two methods that share no formula with the code under test, nor with each other:

- up to 200 trials, sums of whole fractions (integers only);
- every case, sums of mass-function terms at 60 digits, from the count away from the mean. The first term comes
  from log-gamma; above 200 trials a few such sums are compared with the regularised incomplete beta function.

Left of the mean ln p is log1p(-complement), which keeps every digit however near p is to 1.
"""

import json
import math
import pathlib
import sys
from fractions import Fraction

import mpmath
from mpmath import mp, mpf

VECTORS = pathlib.Path(__file__).parent.parent / "vectors" / "binomial-tail.json"
DIGITS = 60
FRACTION_LIMIT = 200


def ln_sf_fraction(successes, trials, g):
    """ln P(X >= successes) from the exact rational number."""
    weight = sum(math.comb(trials, j) * g**j * (256 - g) ** (trials - j) for j in range(successes, trials + 1))
    below = 256**trials - weight
    if below == 0:
        return mpf(0)
    if weight <= below:
        return mpmath.log(mpf(weight)) - trials * mpmath.log(256)
    return mpmath.log1p(-mpf(below) / mpf(256) ** trials)


def ln_mass(successes, trials, g):
    """ln P(X = successes), from log-gamma."""
    gamma = mpf(g) / 256
    return (
        mpmath.loggamma(trials + 1)
        - mpmath.loggamma(successes + 1)
        - mpmath.loggamma(trials - successes + 1)
        + successes * mpmath.log(gamma)
        + (trials - successes) * mpmath.log1p(-gamma)
    )


def ln_sum_away_from_mean(successes, trials, g):
    """ln P(X >= successes) for a count at or right of the mean: terms fall from the first on."""
    total = term = mpf(1)
    odds = mpf(g) / (256 - g)
    j = successes
    while j < trials:
        term = term * (trials - j) / (j + 1) * odds
        total += term
        j += 1
        if term < total * mpf(10) ** -(DIGITS + 5):
            break
    return ln_mass(successes, trials, g) + mpmath.log(total)


def ln_sf_sum(successes, trials, g):
    """ln P(X >= successes), any count."""
    if successes == 0:
        return mpf(0)
    if successes * 256 >= trials * g:
        return ln_sum_away_from_mean(successes, trials, g)
    # P(X < successes) is the upper tail of the misses.
    return mpmath.log1p(-mpmath.exp(ln_sum_away_from_mean(trials - successes + 1, trials, 256 - g)))


def ln_sf_beta(successes, trials, g):
    """ln P(X >= successes) as I_gamma(successes, trials - successes + 1)."""
    gamma = mpf(g) / 256
    if successes * 256 >= trials * g:
        return mpmath.log(mpmath.betainc(successes, trials - successes + 1, 0, gamma, regularized=True))
    below = mpmath.betainc(trials - successes + 1, successes, 0, 1 - gamma, regularized=True)
    return mpmath.log1p(-below)


def relative(a, b):
    return abs(a - b) / abs(b) if b else abs(a)


def exact(successes, trials, g):
    """ln P(X >= successes) to 20 digits and more, checked by a second method where one is affordable."""
    # log-gamma of 10^7 is 1.5e8: the spare digits are for what cancels there. mpmath's log1p needs none.
    with mpmath.workdps(DIGITS + 20):
        value = ln_sf_sum(successes, trials, g)
    if trials <= FRACTION_LIMIT:
        with mpmath.workdps(4 * DIGITS):
            other = ln_sf_fraction(successes, trials, g)
        assert relative(value, other) < mpf(10) ** -25, (successes, trials, g, value, other)
    return value


def count_at_depth(depth, trials, g):
    """The smallest count right of the mean whose trials·KL(count/trials || g/256) reaches `depth` nats, or None."""
    gamma = g / 256

    def cost(count):
        x = count / trials
        upper = x * math.log(x / gamma)
        return trials * (upper + ((1 - x) * math.log((1 - x) / (1 - gamma)) if x < 1 else 0.0))

    low, high = math.ceil(trials * gamma), trials
    if cost(high) < depth:
        return None
    while low < high:
        middle = (low + high) // 2
        if cost(middle) >= depth:
            high = middle
        else:
            low = middle + 1
    return low


def counts(trials, g):
    """(count, why) pairs for one law, each count once."""
    mean = trials * g / 256
    spread = math.sqrt(mean * (1 - g / 256))
    wanted = [(0, "no successes: exactly 0"), (1, "one success or more")]
    for deviations in (-38, -30, -20, -10, -5, -3, -1, 0, 1, 3, 5, 10, 20, 40):
        side = "at the mean" if deviations == 0 else f"{deviations:+d} standard deviations"
        wanted.append((round(mean + deviations * spread), side))
    for depth in (700, 745, 1000, 10_000, 100_000, 1_000_000):
        count = count_at_depth(depth, trials, g)
        if count is not None:
            wanted.append((count, f"about {depth} nats deep"))
    wanted += [(trials - 1, "all but one"), (trials, "every trial: trials * ln(g/256)")]
    seen = {}
    for count, why in wanted:
        if 0 <= count <= trials:
            seen.setdefault(count, why)
    return sorted(seen.items())


def laws():
    """(trials, g, counts) of every group of cases."""
    for g in (1, 64, 255):
        for trials in range(1, 21):
            yield trials, g, [(count, "every count of a short text") for count in range(trials + 1)]
    for trials in (50, 200, 1000, 10_000, 100_000, 1_000_000, 10_000_000):
        for g in (1, 64, 128, 255):
            yield trials, g, counts(trials, g)


def decimal(value):
    """20 significant digits; the one exact zero is short."""
    return mpmath.nstr(value, 20, strip_zeros=False, min_fixed=-3, max_fixed=10) if value else "0.0"


def build():
    cases = []
    for trials, g, wanted in laws():
        for count, why in wanted:
            cases.append(
                {
                    "tcId": len(cases) + 1,
                    "comment": why,
                    "spec": "§7.2",
                    "successes": count,
                    "trials": trials,
                    "g": g,
                    "ln_p": decimal(exact(count, trials, g)),
                }
            )
    return cases


def cross_check_by_beta():
    """The sum against the incomplete beta function, whose hypergeometric series takes minutes from 10^5 trials on."""
    mp.dps = DIGITS
    for trials in (500, 1000, 3000):
        for g in (1, 64, 255):
            mean = trials * g / 256
            spread = math.sqrt(mean * (1 - g / 256))
            for deviations in (-1, 1, 5, 20):
                count = round(mean + deviations * spread)
                if not 1 <= count <= trials:
                    continue
                a, b = ln_sf_sum(count, trials, g), ln_sf_beta(count, trials, g)
                assert relative(a, b) < mpf(10) ** -25, (count, trials, g, a, b)


def text(cases):
    """One case a line, so that a changed value is one changed line."""
    notes = [
        "ln_p is ln P(X >= successes), X ~ Binomial(trials, g/256): nats, decimal string, 20 significant digits.",
        "Accept a relative error of 1e-10. Where ln_p is below the smallest normal f64, accept its spacing of 5e-324.",
        "Made by tests/reference/tails.py with mpmath at 60 digits; up to 200 trials checked against whole fractions.",
    ]
    head = json.dumps({"schema": "greenmark/v1/vectors/binomial-tail", "spec": "SPEC §7.2", "notes": notes}, indent=2)
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    return head[:-2] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n"


def main():
    cross_check_by_beta()
    made = text(build())
    if "--check" in sys.argv[1:]:
        if VECTORS.read_text(encoding="utf-8") != made:
            sys.exit(f"{VECTORS.name} differs from what this script makes")
        return
    VECTORS.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
