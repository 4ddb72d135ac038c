"""What of the harness can be checked without a model: `python lab/peers/tests.py`, in any Python with numpy."""

import math
import random

import numpy
import tails


def exact_weighted(n, weights, ones):
    """By convolution; weights whole numbers."""
    law = numpy.ones(1)
    coins = numpy.array([math.comb(n, k) / 2**n for k in range(n + 1)])
    for w in weights:
        spread = numpy.zeros(n * w + 1)
        spread[::w] = coins
        law = numpy.convolve(law, spread)
    return math.log(law[sum(w * k for w, k in zip(weights, ones)) :].sum())


assert math.isclose(tails.binomial(10, 0.25, 3), math.log(1 - 0.75**10 - 10 * 0.25 * 0.75**9 - 45 * 0.0625 * 0.75**8))
assert tails.binomial(5, 0.25, 0) == 0 and tails.binomial(5, 0.25, 6) == -math.inf
assert math.isclose(tails.normal(1.959964), math.log(0.025), rel_tol=1e-6)
low, high = tails.clopper_pearson(3, 100)
assert math.isclose(low, 0.0062, abs_tol=1e-4) and math.isclose(high, 0.0852, abs_tol=1e-4)
assert tails.clopper_pearson(0, 100)[0] == 0 and tails.clopper_pearson(100, 100)[1] == 1
assert math.isclose(tails.sign_test(6, 0), 2 / 64) and tails.sign_test(0, 0) == 1
rng = random.Random(1)
weights = [290 - 9 * i for i in range(30)]
for share in [0.5, 0.52, 0.54, 0.57]:
    ones = [round(40 * share) + rng.randrange(-3, 4) for _ in weights]
    if sum(w * (k - 20) for w, k in zip(weights, ones)) > 0:
        exact, found = exact_weighted(40, weights, ones), tails.weighted_coins(40, weights, ones)
        assert abs(found - exact) < 0.01, (share, found, exact)
print("all is well")
