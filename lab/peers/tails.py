"""Tail probabilities of what detectors count, as logarithms, and the interval of a rate."""

import math


def log_sum(logs: list[float]) -> float:
    top = max(logs, default=-math.inf)
    return top if math.isinf(top) else top + math.log(math.fsum(math.exp(log - top) for log in logs))


def binomial(n: int, p: float, k: int) -> float:
    """ln P(X ≥ k) for X of Binomial(n, p), term by term."""
    if k <= 0:
        return 0.0
    if k > n:
        return -math.inf
    whole = math.lgamma(n + 1)
    terms = (
        whole - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p)
        for i in range(k, n + 1)
    )
    return min(0.0, log_sum(list(terms)))


def normal(z: float) -> float:
    """ln P(Z ≥ z)."""
    tail = math.erfc(z / math.sqrt(2)) / 2
    return math.log(tail) if tail > 0 else -z * z / 2 - math.log(z * math.sqrt(2 * math.pi))


def weighted_coins(n: int, weights: list[float], ones: list[int]) -> float:
    """ln P(Σ w·X ≥ Σ w·ones), every X of Binomial(n, ½): Lugannani and Rice's saddlepoint approximation.

    Thousands of coins make it good to a few parts in a thousand (tests.py compares it with the exact law).
    """
    mean = n * sum(weights) / 2
    excess = sum(w * k for w, k in zip(weights, ones)) - mean
    top = n * sum(weights) / 2
    if excess <= 0 or n == 0:
        return min(0.0, normal(excess / (math.sqrt(n * sum(w * w for w in weights)) / 2))) if n else 0.0
    if excess >= top:
        return -n * len(weights) * math.log(2)

    def slope(t):  # of the cumulant function of Σ w·(X − n/2)
        return n / 2 * sum(w * math.tanh(w * t / 2) for w in weights)

    low, high = 0.0, 1.0
    while slope(high) < excess:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < excess else (low, middle)
    t = (low + high) / 2
    cumulant = n * sum(math.log(math.cosh(w * t / 2)) for w in weights)
    curvature = n / 4 * sum((w / math.cosh(w * t / 2)) ** 2 for w in weights)
    r = math.sqrt(max(0.0, 2 * (t * excess - cumulant)))
    u = t * math.sqrt(curvature)
    if r < 1e-3:
        return normal(r)
    # Φ̄(r) + φ(r)(1/u − 1/r), in logarithms: the ratio Φ̄/φ is well behaved.
    log_density = -r * r / 2 - math.log(2 * math.pi) / 2
    mills = math.exp(normal(r) - log_density)
    return min(0.0, log_density + math.log(mills + 1 / u - 1 / r))


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a rate."""
    half = math.log((1 - level) / 2)

    def solve(is_below):
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if is_below(middle) else (low, middle)
        return low

    lower = solve(lambda p: binomial(n, p, hits) < half) if hits else 0.0
    upper = solve(lambda p: binomial(n, 1 - p, n - hits) >= half) if hits < n else 1.0
    return lower, upper


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p of as uneven a split of the pairs that differ."""
    n = wins + losses
    return min(1.0, 2 * math.exp(binomial(n, 0.5, max(wins, losses)))) if n else 1.0
