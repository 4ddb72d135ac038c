"""Tables, JSON and a plot of what score.py found: lab/scripts/peers.sh, last step."""

import argparse
import importlib.metadata
import itertools
import json
import math
import pathlib
import statistics

import attack
import plot
import tails
from schemes import DEPTH, GAMMA
from score import NULL_KEYS, OURS, lines

ALPHAS = [1e-2, 1e-4, 1e-6]
FEWEST = 20  # texts that a scheme is reported with
WEIGHTS = [290 - 9 * i for i in range(DEPTH)]  # SynthID's weighted mean: from 10 at the first depth to 1 at the last, times 29


def ln(p):
    return math.log(p) if p > 0 else -math.inf


def exact(found):
    return tails.binomial(found["scored"], GAMMA, found["green"])


def claimed(found):
    return ln(found["claimed_p"]) if found["scored"] else 0.0


def mean(found):
    return tails.binomial(DEPTH * found["scored"], 0.5, sum(found["ones"]))


def weighted(found):
    return tails.weighted_coins(found["scored"], WEIGHTS, found["ones"])


HF_GREEN = {"exact": exact, "claimed": claimed}
OUR_TESTS = {"one test": lambda found: found["ln_p"], "search": lambda found: found["search_ln_p"]}
TESTS = {
    "green": OUR_TESTS,
    "lefthash-1": HF_GREEN,
    "selfhash-4": HF_GREEN,
    "gumbel-2": OUR_TESTS,
    "gumbel-4": OUR_TESTS,
    "synthid": {"weighted mean": weighted, "mean": mean},
    "vllm-gumbel-4": {"gamma": lambda found: ln(found["p"])},
}
NAMES = {
    "green": "**green**, h = 1",
    "lefthash-1": "HF lefthash, h = 1",
    "selfhash-4": "HF selfhash, width 4",
    "gumbel-2": "**gumbel**, h = 2",
    "gumbel-4": "**gumbel**, h = 4",
    "synthid": "SynthID, h = 4",
    "vllm-gumbel-4": "vLLM Gumbel, h = 4",
}
# Which stand beside each other: those that cost the same.
COSTLY, FREE = ["green", "lefthash-1", "selfhash-4"], ["gumbel-2", "gumbel-4", "synthid", "vllm-gumbel-4"]


def level(alpha):
    return f"1e{round(math.log10(alpha))}"


def rate(ln_ps):
    """Hits, n and the interval, at every level."""
    n = len(ln_ps)
    hits = [sum(p <= math.log(alpha) for p in ln_ps) for alpha in ALPHAS]
    return {level(alpha): [k, n, *(round(x, 4) for x in tails.clopper_pearson(k, n))] for alpha, k in zip(ALPHAS, hits)}


def factor(marked, plain):
    """exp of the mean difference of surprises over the same prompts, and its 95 % interval."""
    by_index = {text["index"]: text["surprise"] for text in plain}
    differences = [text["surprise"] - by_index[text["index"]] for text in marked]
    middle = statistics.mean(differences)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    return [round(math.exp(middle + k * error), 4) for k in (0, -1.96, 1.96)]


def new_ngrams(text, n=4):
    """Share of a text's n-grams that it had not before: a text that runs in circles has a low perplexity and few of them."""
    ids = text.get("tokens") or text["ids"]
    ngrams = [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]
    return len(set(ngrams)) / len(ngrams)


def costs_the_same(a, b, factors, variety):
    """Whether the two may stand beside each other: intervals of the perplexity that meet, and texts as varied."""
    (_, low_a, high_a), (_, low_b, high_b) = factors[a], factors[b]
    return low_a <= high_b and low_b <= high_a and abs(variety[a] - variety[b]) <= 0.05


def table(schemes, found, factors, variety, alpha):
    columns = [(name, test) for name in schemes for test in TESTS[name] if test != "claimed"]
    head = [f"{NAMES[name]}: {test}" if len(TESTS[name]) > 1 and test != "exact" else NAMES[name] for name, test in columns]
    yield f"| p ≤ {level(alpha)} | " + " | ".join(head) + " |"
    yield "|---|" + "--:|" * len(columns)
    counts = [str(len(found[name]["none"][test])) for name, test in columns]
    yield "| *texts* | " + " | ".join(counts) + " |"
    costs = [f"{factors[name][0]:.2f} ({factors[name][1]:.2f}–{factors[name][2]:.2f})" for name, _ in columns]
    yield "| *perplexity, as a multiple of the unmarked* | " + " | ".join(costs) + " |"
    yield "| *4-grams that are new in their text* | " + " | ".join(f"{variety[name]:.2f}" for name, _ in columns) + " |"
    for which in map(attack.label, attack.ATTACKS):
        cells = [f"{share(found[name][which][test], alpha):.3f}" for name, test in columns]
        yield f"| {which} | " + " | ".join(cells) + " |"


def share(ln_ps, alpha):
    return sum(p <= math.log(alpha) for p in ln_ps) / len(ln_ps)


def duels(found, comparable):
    """Every cell where ours or a peer's rate lies between 0.05 and 0.95, with the sign test over prompts."""
    for ours, peers in [(["green"], COSTLY[1:]), (["gumbel-2", "gumbel-4"], FREE[2:])]:
        for our in ours:
            for our_test in OUR_TESTS:
                for peer in peers:
                    for test in TESTS[peer]:
                        if not comparable(our, peer) or test == "claimed":
                            continue
                        for which in map(attack.label, attack.ATTACKS):
                            for alpha in ALPHAS:
                                a, b = zip(*zip(found[our][which][our_test], found[peer][which][test]))  # the prompts of both
                                rates = share(a, alpha), share(b, alpha)
                                if not any(0.05 <= x <= 0.95 for x in rates):
                                    continue
                                bound = math.log(alpha)
                                wins = sum(x <= bound < y for x, y in zip(a, b))
                                losses = sum(y <= bound < x for x, y in zip(a, b))
                                yield {
                                    "ours": [our, our_test],
                                    "peer": [peer, test],
                                    "attack": which,
                                    "alpha": alpha,
                                    "texts": len(a),
                                    "rates": rates,
                                    "sign_test_p": round(tails.sign_test(wins, losses), 4),
                                }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--head", required=True, help="when, where, at which commit, by which command")
    parser.add_argument("--texts", type=int, required=True)
    parser.add_argument("--selfhash-delta", type=float, required=True)
    args = parser.parse_args()
    everything = [attack.label(which) for which in attack.ATTACKS]

    def texts_of(file):
        return [text for text in sorted(lines(file), key=lambda text: text["index"]) if text["index"] < args.texts]

    plain = {"ours": texts_of(args.out / "ours" / "t1-plain.jsonl"), "peers": texts_of(args.out / "texts" / "plain.jsonl")}
    found, null, factors, variety, skipped = {}, {}, {}, {}, []
    for name, tests in TESTS.items():
        kept = {(line["index"], line["of"]): line["found"] for line in lines(args.out / "scores" / f"{name}.jsonl")}
        scored = itertools.takewhile(lambda index: all((index, which) in kept for which in everything), range(args.texts))
        count = len(list(scored))
        if count < FEWEST:
            skipped.append(f"{NAMES[name]} ({count} texts written and scored)")
            print(f"peers: SKIPPED {name}: {count} texts written and scored", flush=True)
            continue
        found[name] = {
            which: {test: [ln_p(kept[index, which]) for index in range(count)] for test, ln_p in tests.items()}
            for which in everything
        }
        is_ours = name in OURS
        file = args.out / "ours" / f"{OURS[name][1]}.jsonl" if is_ours else args.out / "texts" / f"{name}.jsonl"
        texts = texts_of(file)[:count]
        factors[name] = factor(texts, plain["ours" if is_ours else "peers"])
        variety[name] = round(statistics.mean(map(new_ngrams, texts)), 4)
        if not is_ours:
            unmarked = [line["found"] for line in lines(args.out / "scores" / f"{name}.null.jsonl")]
            null[name] = {test: rate([ln_p(one) for one in unmarked]) for test, ln_p in tests.items()}
    cells = list(duels(found, lambda a, b: a in found and b in found and costs_the_same(a, b, factors, variety)))
    unequal = [name for name in COSTLY[1:] if name in found and not costs_the_same("green", name, factors, variety)]
    unequal += [name for name in FREE[2:] if name in found and not costs_the_same("gumbel-4", name, factors, variety)]
    surprises = {whose: round(statistics.mean(text["surprise"] for text in texts), 4) for whose, texts in plain.items()}
    args.results.mkdir(parents=True, exist_ok=True)
    record = {
        "head": args.head,
        "versions": {name: importlib.metadata.version(name) for name in ["torch", "transformers"]},
        "texts": args.texts,
        "skipped": skipped,
        "selfhash_delta": args.selfhash_delta,
        "surprise_of_unmarked": surprises,
        "perplexity_factor": factors,
        "new_4_grams": variety,
        "not_at_equal_cost": unequal,
        "rates": {
            name: {which: {test: rate(ln_ps) for test, ln_ps in by_test.items()} for which, by_test in by_attack.items()}
            for name, by_attack in found.items()
        },
        "unmarked": null,
        "cells_between": cells,
    }
    (args.results / "peers.json").write_text(json.dumps(record, indent=1) + "\n")
    (args.results / "peers.svg").write_text(plot.svg(record, everything, NAMES, [COSTLY, FREE]))
    (args.results / "peers.md").write_text("\n".join(page(args, record, found)) + "\n")


def page(args, record, found):
    factors, variety = record["perplexity_factor"], record["new_4_grams"]
    yield "# Beside other watermarks, on the same texts and the same model\n"
    yield args.head + "\n"
    yield (
        f"SmolLM2-135M-Instruct at temperature 1, no top-k, no top-p, up to {args.texts} prompts, 200 new tokens each, a key of its own for every text. "
        f"transformers {record['versions']['transformers']}, torch {record['versions']['torch']}. Attacks by `greenmark attack`, the same for everybody. "
        "A share of texts found at p ≤ α; the 95 % intervals are in `peers.json` and `peers.svg` (about ±0.07 at the widest for 200 texts, ±0.10 for 100, ±0.14 for 50). How it was done and what it says: "
        "[`README.md`](README.md).\n"
    )
    for name in record["skipped"]:
        yield f"SKIPPED: {name}.\n"
    yield (
        f"Green lists at γ = 1/4 and δ = 2, selfhash at δ = {record['selfhash_delta']:g}. Unmarked texts surprise the model by "
        f"{record['surprise_of_unmarked']['ours']:.3f} nats a token where our generator wrote them, by {record['surprise_of_unmarked']['peers']:.3f} where transformers did.\n"
    )
    for name in record["not_at_equal_cost"]:
        yield (
            f"NOT AT EQUAL COST: {NAMES[name]}. Its texts' perplexity is {factors[name][0]:.2f} of the unmarked, and {variety[name]:.0%} of their 4-grams are new. "
            "Its column is shown and not compared.\n"
        )
    for title, schemes in [("Marks that cost perplexity", COSTLY), ("Marks that cost none", FREE)]:
        schemes = [name for name in schemes if name in found]
        yield f"## {title}\n"
        for alpha in reversed(ALPHAS):
            yield from table(schemes, found, factors, variety, alpha)
            yield ""
    yield "## Are the peers' p-values what they say?\n"
    yield f"Unmarked texts, each under {NULL_KEYS} keys that marked none: share with p ≤ α, and its 95 % interval.\n"
    yield "| | test | n | " + " | ".join(f"α = {level(alpha)}" for alpha in ALPHAS) + " |"
    yield "|---|---|--:|" + "---|" * len(ALPHAS)
    for name, tests in record["unmarked"].items():
        for test, rates in tests.items():
            shown = [f"{k / n:.4f} ({low:.4f}–{high:.4f})" for k, n, low, high in rates.values()]
            yield f"| {NAMES[name]} | {test} | {rates['1e-2'][1]} | " + " | ".join(shown) + " |"
    yield "\n## Who is ahead\n"
    yield (
        "Over the cells (attack × α) where one of the two stands between 0.05 and 0.95. In brackets, how many of them are beyond chance: sign test over "
        "the prompts, two-sided p ≤ 0.05, with no correction for how many are asked.\n"
    )
    yield "| ours | peer | cells | ours ahead | level | peer ahead |\n|---|---|--:|--:|--:|--:|"
    pairs = {}
    for cell in record["cells_between"]:
        pairs.setdefault((*cell["ours"], *cell["peer"]), []).append(cell)
    for (our, our_test, peer, test), cells in pairs.items():
        ahead = [cell for cell in cells if cell["rates"][0] > cell["rates"][1]]
        behind = [cell for cell in cells if cell["rates"][0] < cell["rates"][1]]
        count = lambda some: f"{len(some)} ({sum(cell['sign_test_p'] <= 0.05 for cell in some)})"
        equal = len(cells) - len(ahead) - len(behind)
        yield f"| {NAMES[our]}, {our_test} | {NAMES[peer]}, {test} | {len(cells)} | {count(ahead)} | {equal} | {count(behind)} |"
    yield "\nCells where a peer is ahead beyond chance:\n"
    beyond = [cell for cell in record["cells_between"] if cell["rates"][0] < cell["rates"][1] and cell["sign_test_p"] <= 0.05]
    for cell in beyond:
        yield (
            f"- {cell['attack']}, α = {level(cell['alpha'])}: {NAMES[cell['peer'][0]]} ({cell['peer'][1]}) {cell['rates'][1]:.3f}, "
            f"{NAMES[cell['ours'][0]]} ({cell['ours'][1]}) {cell['rates'][0]:.3f}, p = {cell['sign_test_p']:g}"
        )
    if not beyond:
        yield "none."


if __name__ == "__main__":
    main()
