#!/usr/bin/env python3
"""Exact tails for tests/vectors/binomial-tail.json (SPEC §7.2) and gamma-tail.json (SPEC §7.4).

    pip install mpmath
    python3 tests/reference/tails.py            # rewrites the vector files
    python3 tests/reference/tails.py --check    # compares with the files instead

Methods that share no formula with the code under test, nor with each other. Of the binomial tail:

- up to 200 trials, sums of whole fractions (integers only);
- every case, sums of mass-function terms at 60 digits, from the count away from the mean. The first term comes
  from log-gamma; above 200 trials a few such sums are compared with the regularised incomplete beta function.

Of the gamma tail, which for a whole shape is the chance of fewer than `shape` Poisson events:

- up to shape 200, e^-score times the sum of score^k/k! over whole fractions, with as many digits as cancel;
- above it, quadrature of the density over the tail;
- every case, sums of Poisson terms at 60 digits, away from the mean, the first from log-gamma.

Left of the mean ln p is log1p(-complement), which keeps every digit however near p is to 1.
"""

import json
import math
import pathlib
import sys
from fractions import Fraction

import mpmath
from mpmath import mp, mpf

VECTORS = pathlib.Path(__file__).parent.parent / "vectors"
DIGITS = 60
FRACTION_LIMIT = 200


def relative(a, b):
    return abs(a - b) / abs(b) if b else abs(a)


def decimal(value):
    """20 significant digits; the one exact zero is short."""
    return mpmath.nstr(value, 20, strip_zeros=False, min_fixed=-3, max_fixed=10) if value else "0.0"


# ---- Binomial: X ~ Binomial(trials, g/256) ----


def binomial_ln_sf_fraction(successes, trials, g):
    """ln P(X >= successes) from the exact rational number."""
    weight = sum(math.comb(trials, j) * g**j * (256 - g) ** (trials - j) for j in range(successes, trials + 1))
    below = 256**trials - weight
    if below == 0:
        return mpf(0)
    if weight <= below:
        return mpmath.log(mpf(weight)) - trials * mpmath.log(256)
    return mpmath.log1p(-mpf(below) / mpf(256) ** trials)


def binomial_ln_mass(successes, trials, g):
    """ln P(X = successes), from log-gamma."""
    gamma = mpf(g) / 256
    return (
        mpmath.loggamma(trials + 1)
        - mpmath.loggamma(successes + 1)
        - mpmath.loggamma(trials - successes + 1)
        + successes * mpmath.log(gamma)
        + (trials - successes) * mpmath.log1p(-gamma)
    )


def binomial_ln_sum_away_from_mean(successes, trials, g):
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
    return binomial_ln_mass(successes, trials, g) + mpmath.log(total)


def binomial_ln_sf_sum(successes, trials, g):
    """ln P(X >= successes), any count."""
    if successes == 0:
        return mpf(0)
    if successes * 256 >= trials * g:
        return binomial_ln_sum_away_from_mean(successes, trials, g)
    # P(X < successes) is the upper tail of the misses.
    return mpmath.log1p(-mpmath.exp(binomial_ln_sum_away_from_mean(trials - successes + 1, trials, 256 - g)))


def binomial_ln_sf_beta(successes, trials, g):
    """ln P(X >= successes) as I_gamma(successes, trials - successes + 1)."""
    gamma = mpf(g) / 256
    if successes * 256 >= trials * g:
        return mpmath.log(mpmath.betainc(successes, trials - successes + 1, 0, gamma, regularized=True))
    below = mpmath.betainc(trials - successes + 1, successes, 0, 1 - gamma, regularized=True)
    return mpmath.log1p(-below)


def binomial_exact(successes, trials, g):
    """ln P(X >= successes) to 20 digits and more, checked by a second method where one is affordable."""
    # log-gamma of 10^7 is 1.5e8: the spare digits are for what cancels there. mpmath's log1p needs none.
    with mpmath.workdps(DIGITS + 20):
        value = binomial_ln_sf_sum(successes, trials, g)
    if trials <= FRACTION_LIMIT:
        with mpmath.workdps(4 * DIGITS):
            other = binomial_ln_sf_fraction(successes, trials, g)
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


def binomial_counts(trials, g):
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


def binomial_laws():
    """(trials, g, counts) of every group of cases."""
    for g in (1, 64, 255):
        for trials in range(1, 21):
            yield trials, g, [(count, "every count of a short text") for count in range(trials + 1)]
    for trials in (50, 200, 1000, 10_000, 100_000, 1_000_000, 10_000_000):
        for g in (1, 64, 128, 255):
            yield trials, g, binomial_counts(trials, g)


def binomial_cases():
    cases = []
    for trials, g, wanted in binomial_laws():
        for count, why in wanted:
            cases.append(
                {
                    "tcId": len(cases) + 1,
                    "comment": why,
                    "spec": "§7.2",
                    "successes": count,
                    "trials": trials,
                    "g": g,
                    "ln_p": decimal(binomial_exact(count, trials, g)),
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
                a, b = binomial_ln_sf_sum(count, trials, g), binomial_ln_sf_beta(count, trials, g)
                assert relative(a, b) < mpf(10) ** -25, (count, trials, g, a, b)


BINOMIAL_NOTES = [
    "ln_p is ln P(X >= successes), X ~ Binomial(trials, g/256): nats, decimal string, 20 significant digits.",
    "Accept a relative error of 1e-10. Where ln_p is below the smallest normal f64, accept its spacing of 5e-324.",
    "Made by tests/reference/tails.py with mpmath at 60 digits; up to 200 trials checked against whole fractions.",
]


# ---- Gamma: X ~ Gamma(shape, 1). P(X >= score) = P(Y < shape), Y ~ Poisson(score) ----


def gamma_ln_sf_sum(score, shape):
    """ln P(X >= score), any score > 0: Poisson terms, each from the one before, away from the mean."""
    first = shape - 1 if score >= shape else shape
    total = term = mpf(1)
    k = first
    while term > total * mpf(10) ** -(DIGITS + 5):
        if score >= shape:
            if k == 0:
                break
            term *= k / score
            k -= 1
        else:
            k += 1
            term *= score / k
        total += term
    ln_tail = first * mpmath.log(score) - score - mpmath.loggamma(first + 1) + mpmath.log(total)
    return ln_tail if score >= shape else mpmath.log1p(-mpmath.exp(ln_tail))


def gamma_ln_sf_fraction(score, shape):
    """ln P(X >= score) as ln(sum of score^k/k!) - score. For ln p near 0 the two cancel: the caller has the digits."""
    total = Fraction(1)
    for k in range(shape - 1, 0, -1):
        total = 1 + total * Fraction(score) / k
    return mpmath.log(mpf(total.numerator)) - mpmath.log(mpf(total.denominator)) - mpf(score)


def gamma_ln_sf_quadrature(score, shape):
    """ln P(X >= score) as the integral of the density over the tail away from the mean, in units of its decay."""

    def log_density(x):
        return (shape - 1) * mpmath.log(x) - x - mpmath.loggamma(shape)

    side = 1 if score >= shape else -1
    unit = min(mpmath.sqrt(shape), score / abs(score - shape)) if score != shape else mpmath.sqrt(shape)
    edges = [score + side * unit * step for step in range(0, 129, 4)]
    edges = [edge for edge in edges if edge > 0]
    peak = log_density(score)
    integral = abs(mpmath.quad(lambda x: mpmath.exp(log_density(x) - peak), edges, method="gauss-legendre"))
    ln_tail = peak + mpmath.log(integral)
    return ln_tail if side > 0 else mpmath.log1p(-mpmath.exp(ln_tail))


def gamma_exact(score, shape):
    """ln P(X >= score) to 20 digits and more, checked by a second method."""
    if score == 0:
        return mpf(0)
    # As for the binomial: the spare digits are for what cancels in the first term.
    with mpmath.workdps(DIGITS + 20):
        value = gamma_ln_sf_sum(mpf(score), shape)
    if shape <= FRACTION_LIMIT:
        with mpmath.workdps(DIGITS + max(0, int(-mpmath.log10(-value)))):
            other = gamma_ln_sf_fraction(score, shape)
    else:
        with mpmath.workdps(45):
            other = gamma_ln_sf_quadrature(mpf(score), shape)
    assert relative(value, other) < mpf(10) ** -25, (score, shape, value, other)
    return value


def score_at_depth(depth, shape, side):
    """The score right (+1) or left (-1) of the mean where shape·ln(shape/score) + score - shape is `depth` nats."""

    def cost(ln_ratio):
        return shape * (math.expm1(ln_ratio) - ln_ratio)

    near, far = 0.0, 1.0
    while cost(side * far) < depth:
        far *= 2
    for _ in range(200):
        middle = (near + far) / 2
        near, far = (middle, far) if cost(side * middle) < depth else (near, middle)
    return shape * math.exp(side * far)


def gamma_scores(shape):
    """(score, why) pairs for one shape, each score once."""
    mean = float(shape)
    wanted = [
        (0.0, "no score: exactly 0"),
        (mean, "at the mean"),
        (math.nextafter(mean, 0), "the last score below the mean"),
        (math.nextafter(mean, math.inf), "the first score above the mean"),
        (mean - 1, "one below the mean"),
        (mean / 10, "a tenth of the mean"),
        (mean / 2, "half the mean"),
        (mean * 0.81, "just under 9/11 of the mean"),
        (mean * 0.82, "just over 9/11 of the mean"),
        (mean * 1.22, "just under 11/9 of the mean"),
        (mean * 1.23, "just over 11/9 of the mean"),
        (mean * 2, "twice the mean"),
        (mean * 10, "ten times the mean"),
    ]
    for deviations in (-38, -30, -20, -10, -5, -3, -1, 1, 3, 5, 10, 20, 40):
        wanted.append((mean + deviations * math.sqrt(mean), f"{deviations:+d} standard deviations"))
    for depth in (10, 100, 690, 740):
        wanted.append((score_at_depth(depth, shape, -1), f"p short of 1 by about e^-{depth}"))
    for depth in (100, 700, 745, 1000, 10_000, 100_000, 1_000_000):
        wanted.append((score_at_depth(depth, shape, +1), f"about {depth} nats deep"))
    if shape == 1:
        wanted += [(1e-300, "ln p is -score, however small"), (5e-324, "the smallest score above 0")]
    seen = {}
    for score, why in wanted:
        if score >= 0:
            seen.setdefault(score, why)
    return sorted(seen.items())


def gamma_cases():
    cases = []
    for shape in [*range(1, 21), 50, 125, 200, 1000, 10_000, 32_000, 100_000, 1_000_000, 10_000_000]:
        for score, why in gamma_scores(shape):
            cases.append(
                {
                    "tcId": len(cases) + 1,
                    "comment": why,
                    "spec": "§7.4",
                    "score": repr(score),
                    "shape": shape,
                    "ln_p": decimal(gamma_exact(score, shape)),
                }
            )
    return cases


GAMMA_NOTES = [
    "ln_p is ln P(X >= score), X ~ Gamma(shape, 1): nats, decimal string, 20 significant digits.",
    "score is the shortest decimal that reads back as one f64, and ln_p belongs to that f64.",
    "Accept a relative error of 1e-10. Where ln_p is below the smallest normal f64, accept its spacing of 5e-324.",
    "Made by tests/reference/tails.py with mpmath at 60 digits; checked against whole fractions or quadrature.",
]


# ---- Files ----


def text(name, section, notes, cases):
    """One case a line, so that a changed value is one changed line."""
    head = json.dumps({"schema": f"greenmark/v1/vectors/{name}", "spec": f"SPEC {section}", "notes": notes}, indent=2)
    lines = ",\n".join("    " + json.dumps(case) for case in cases)
    return head[:-2] + ',\n  "cases": [\n' + lines + "\n  ]\n}\n"


def main():
    cross_check_by_beta()
    made = {
        "binomial-tail": text("binomial-tail", "§7.2", BINOMIAL_NOTES, binomial_cases()),
        "gamma-tail": text("gamma-tail", "§7.4", GAMMA_NOTES, gamma_cases()),
    }
    for name, content in made.items():
        path = VECTORS / f"{name}.json"
        if "--check" not in sys.argv[1:]:
            path.write_text(content, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != content:
            sys.exit(f"{path.name} differs from what this script makes")


if __name__ == "__main__":
    main()
