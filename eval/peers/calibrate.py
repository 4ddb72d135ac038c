"""The δ at which a step of selfhash costs what a step of the green list of δ = 2 does, on unmarked texts with random green sets.

It knows nothing of where a text goes from there. For a list that stays the same through the text (selfhash of width 1) that is the larger part: at the
δ found so its texts run in circles, and the report then refuses the comparison. Another δ can be written into OUT_DIR/calibration.json by hand.
"""

import math

import torch

GAMMA = 0.25
CANDIDATES = 40  # Hugging Face's selfhash looks at no more, the likeliest ones


@torch.no_grad()
def steps(model, prompts, texts, seed):
    """Per step of the texts: entropy, and of a random green set the mass and Σ −p ln p, whole and among the candidates."""
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for text in texts:
        prompt = prompts[text["index"]]
        ids = torch.tensor([prompt + text["tokens"][:-1]])
        log_p = model(ids).logits[0, len(prompt) - 1 :].double().log_softmax(-1)
        p = log_p.exp()
        surprise = -p * log_p
        green = torch.rand(p.shape, generator=generator) < GAMMA
        top = p.topk(CANDIDATES, dim=-1).indices
        at_top = green.gather(1, top)
        whole = (p * green).sum(1), (surprise * green).sum(1)
        among = (p.gather(1, top) * at_top).sum(1), (surprise.gather(1, top) * at_top).sum(1)
        rows.append(torch.stack([surprise.sum(1), *whole, *among], 1))
    return torch.cat(rows)


def cost(entropy, mass, surprise, delta):
    """Mean of E_q[−ln p] − H(p), for q ∝ p·e^δ on green and p elsewhere."""
    more = math.expm1(delta)
    return float(((entropy + more * surprise) / (1 + more * mass) - entropy).mean())


def equal_delta(rows, delta=2.0):
    """δ of selfhash, in hundredths, and the two costs in nats a token."""
    entropy, mass, surprise, top_mass, top_surprise = rows.T
    wanted = cost(entropy, mass, surprise, delta)
    low, high = 0.0, 12.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if cost(entropy, top_mass, top_surprise, middle) < wanted else (low, middle)
    found = round(low, 2)
    return {"delta": found, "cost": cost(entropy, top_mass, top_surprise, found), "wanted": wanted, "steps": len(rows)}
