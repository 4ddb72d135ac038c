#!/usr/bin/env python3
"""Write the prompts of the demo model's training text, as JSON Lines: {"id": ..., "prompt": ...}.

Four prompts of five ask for a short story of everyday life, one for a plain explanation of an everyday thing: a
small model reads well only where its subject is narrow. Order and content follow from this file alone, so any first
part of the output is a fair sample of the whole.
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

QUESTIONS = """
why the sky is blue; why leaves change their colour; how bread rises; how a bicycle stays upright; why the sea is salty;
how birds find their way; why we dream; how a clock works; why it rains; how a tree grows; why the moon changes its shape;
how a boat floats; why ice floats on water; how bees make honey; why we yawn; how a candle burns; why the wind blows;
how a kettle boils water; why salt melts ice; how a bridge carries its load; why we need sleep; how soap cleans;
how seeds travel; why cats purr; how a mirror works; how cheese is made; why days are longer in summer;
how a river is formed; how paper is made; why onions make us cry; how glass is made; how a lock and a key work;
why we have seasons; how fish breathe; why stars twinkle; how snow forms; how wool becomes a sweater;
how a garden changes through the year; how a letter reaches its address; why old houses creak
"""

MANNERS = """
in plain words; to a child; in two short paragraphs; with an example from the kitchen; with an example from nature;
as a good teacher would; as if to a friend on a walk; in simple sentences
"""

ASKS = """
Explain {what} {how}.; Tell me {how} {what}.; Write a short explanation of {what}, {how}.
"""


def entries(text):
    return [" ".join(entry.split()) for entry in text.split(";")]


def stories():
    for who, does, where, when in itertools.product(*map(entries, (PEOPLE, DOINGS, PLACES, SEASONS))):
        if who.startswith("two ") or who == "a family":
            does = plural(does)
        yield f"Write a short story about {who} who {does} {where} {when}."


def explanations():
    for ask, what, how in itertools.product(*map(entries, (ASKS, QUESTIONS, MANNERS))):
        yield ask.format(what=what, how=how)


def plural(verb_phrase):
    """`finds a key` to `find a key`."""
    verb, rest = verb_phrase.split(" ", 1)
    stem = verb[:-2] if verb.endswith(("sses", "shes", "ches", "oes")) else verb[:-1]
    return f"{stem} {rest}"


def shuffled(prompts):
    """By hash: an order that no library's generator can change."""
    return sorted(prompts, key=lambda prompt: hashlib.sha256(prompt.encode()).digest())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0, help="number of the first prompt (default %(default)s)")
    parser.add_argument("--count", type=int, default=12000, help="how many prompts (default %(default)s)")
    args = parser.parse_args()
    told, explained = shuffled(stories()), itertools.cycle(shuffled(explanations()))
    ordered = []
    for number, story in enumerate(told[: args.first + args.count]):
        if number % 5 == 4:
            ordered.append(next(explained))
        ordered.append(story)
    for number, prompt in enumerate(ordered[args.first : args.first + args.count], args.first):
        json.dump({"id": f"demo-{number:05}", "prompt": prompt}, sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
