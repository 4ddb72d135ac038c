#!/usr/bin/env python3
"""Write the prompts of the demo model's training text, as JSON Lines: {"id": ..., "prompt": ...}.

The demo model is an n-gram model, and an n-gram model reads well only where its subject is narrow. So the prompts
ask for one kind of text: everyday life in plain paragraphs, among a few people, places and doings. Order and
content follow from this file alone: any first part of the output is a fair sample of the whole.
"""

import argparse
import hashlib
import itertools
import json
import sys

PEOPLE = """
a young girl; an old man; a baker; a fisherman; a teacher; two brothers; a gardener; a farmer; a nurse; a painter;
a carpenter; a librarian; a small boy; a grandmother; two friends; a family; a shopkeeper; a musician; a shepherd;
a postman; a young woman; a cook; a bus driver; a sailor; a clockmaker
"""

DOINGS = """
finds an old letter; loses a key; bakes bread for the neighbours; plants an apple tree; waits for the rain to stop;
learns to swim; repairs a small boat; goes for a long walk; takes care of a stray dog; visits an old friend;
misses the last train; builds a wooden chair; paints the kitchen; gets lost on the way home; finds a box of photographs;
makes soup for a sick friend; learns to play the piano; looks for a lost cat; spends a day without speaking;
opens a small shop; writes a letter every week; watches the birds; prepares a birthday dinner; sees the sea for the first time;
moves to a new house; helps a stranger; grows vegetables; keeps a secret; picks berries with the children;
gets up before the sun
"""

PLACES = """
in a small village; by the sea; in the mountains; in a quiet town; near the river; at the edge of a forest;
in the old part of a city; on a small island; on a farm; at the market; in the garden; beside a lake
"""

SEASONS = """
in spring; in summer; in autumn; in winter; on a rainy day; on a cold morning; on a warm evening; after a storm
"""

SIGHTS = """
a walk through the market; a walk along the river; a morning in the garden; an evening by the fire; a quiet street;
a day at the beach; a kitchen where someone is cooking; a small bookshop; a walk in the forest; a village square;
a train journey through the countryside; a harbour with fishing boats; a farm; an old house; a field of flowers;
a cafe on the corner; a lake in the hills; a school at the end of the day; a bakery; a park where children play
"""

def words(text):
    return [" ".join(entry.split()) for entry in text.split(";")]


def prompts():
    for who, does, where, when in itertools.product(*map(words, (PEOPLE, DOINGS, PLACES, SEASONS))):
        if who.startswith("two ") or who == "a family":
            does = plural(does)
        yield f"Write a short story about {who} who {does} {where} {when}.", 1
    for what, when in itertools.product(words(SIGHTS), words(SEASONS)):
        for ask in ("Describe", "Write a few simple sentences about", "Tell a short story that begins with"):
            yield f"{ask} {what} {when}.", 0


def plural(verb_phrase):
    """`finds a key` to `find a key`."""
    verb, rest = verb_phrase.split(" ", 1)
    stem = verb[:-2] if verb.endswith(("sses", "shes", "ches", "oes")) else verb[:-1]
    return f"{stem} {rest}"


def shuffled(entries):
    """By hash: an order that no library's generator can change."""
    return sorted(entries, key=lambda entry: hashlib.sha256(entry.encode()).digest())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=6000, help="how many prompts (default %(default)s)")
    args = parser.parse_args()
    every = list(prompts())
    stories = shuffled([prompt for prompt, is_story in every if is_story])
    others = shuffled([prompt for prompt, is_story in every if not is_story])
    # Three stories about people to one about a sight, while there are any.
    ordered = []
    for i, story in enumerate(stories):
        if i % 3 == 2 and others:
            ordered.append(others.pop())
        ordered.append(story)
    for number, prompt in enumerate(ordered[: args.count]):
        json.dump({"id": f"demo-{number:05}", "prompt": prompt}, sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
