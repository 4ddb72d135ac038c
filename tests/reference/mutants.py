#!/usr/bin/env python3
"""Shows that the vectors tell right from nearly right: each mutant of the reference is killed by a vector file.

A mutant is the reference with one passage exchanged. It regenerates a file, its assertions taken out; it is killed if what
comes out is not the committed file. For the mutants that the first vector files let pass, that is shown too.
"""

import json
import sys
import types
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = (HERE / "greenmark_reference.py").read_text()
VECTORS = HERE.parent / "vectors"

# (what is wrong, SPEC's section, the passage, what stands for it, the file that kills it, the file that does not)
MUTANTS = [
    ("the greatest gain may reach across a long hole", "7.5", "run = [(Decimal(0) if i in cuts else max(r, Decimal(0)))", "run = [max(r, Decimal(0))", "search-edges", "search"),
    ("the full fee counts the scores of one block", "7.5", "fee = min(Decimal(20 * K * T).ln()", "fee = min(Decimal(20 * K * max(1, T - max(cuts, default=0))).ln()", "search-edges", "search"),
    ("the lower fee is 1e-6 below the greatest gain", "7.5", '(1 - Decimal("1e-9")) * best', '(1 - Decimal("1e-6")) * best', "search-edges", "search"),
    ("the lower fee is 1e-8 below it", "7.5", '(1 - Decimal("1e-9")) * best', '(1 - Decimal("1e-8")) * best', "search-edges", "search"),
    ("the lower fee is 1e-10 below it", "7.5", '(1 - Decimal("1e-9")) * best', '(1 - Decimal("1e-10")) * best', "search-edges", "search"),
    (
        "joining looks at the first hole between only",
        "7.5",
        "for start, end in itertools.pairwise([0, *cuts, len(scores)]):",
        "for start, end in itertools.pairwise([0, *(c for c in cuts if inside[c - 1]), len(scores)]):",
        "search-edges",
        "search",
    ),
    (
        "joining looks at the last hole between only",
        "7.5",
        "for start, end in itertools.pairwise([0, *cuts, len(scores)]):",
        "for start, end in itertools.pairwise([0, *(c for c in cuts if inside[c]), len(scores)]):",
        "search-edges",
        "search",
    ),
    (
        "joining counts positions",
        "7.5",
        "                    block = joined(inside[start:end])".replace("                    ", "                "),
        "                block = joined_by_place(inside[start:end], places[start:end])",
        "search-edges",
        "search",
    ),
    ("joining takes two stretches at most", "7.5", "runs[at] = (True, runs[at][1])", "runs[at] = (True, runs[at][1]) if at % 4 == 2 or at == 1 else runs[at]", "search-edges", "search"),
    ("u without ½", "8.2", "Decimal(2 * word + 1), Decimal(2**33)", "Decimal(max(word, Decimal('1e-300'))), Decimal(2**32)", "samples-edges", "samples"),
    ("u of w + 1", "8.2", "Decimal(2 * word + 1), Decimal(2**33)", "Decimal(word + 1), Decimal(2**32)", "samples-edges", None),
    ("groups do not look at the combining class", "9.5", "if begun and unicodedata.combining(first) == 0 and first", "if begun and first", "normalise-edges", "normalise"),
    ("marks count as letters of a word", "9.5", "return [c for c in word if unicodedata.category(c)[0] == \"L\"]", "return list(word)", "normalise-edges", "normalise"),
    (
        "letters without case are none",
        "9.5",
        "return [c for c in word if unicodedata.category(c)[0] == \"L\"]",
        "return [c for c in word if unicodedata.category(c) in (\"Lu\", \"Ll\", \"Lt\")]",
        "normalise-edges",
        "normalise",
    ),
    ("a word is folded if its first letter is a look-alike", "9.5", "if all(c in LOOK_ALIKES for c in letters(w))", "if all(c in LOOK_ALIKES for c in letters(w)[:1])", "normalise-edges", None),
    ("a word is folded if its last letter is a look-alike", "9.5", "if all(c in LOOK_ALIKES for c in letters(w))", "if all(c in LOOK_ALIKES for c in letters(w)[-1:])", "normalise-edges", None),
    ("letters are counted before words are folded", "9.5", "of_text = [c for w in words for c in letters(w)]", "of_text = [c for c in text if unicodedata.category(c)[0] == \"L\"]", "normalise-edges", None),
    ("two line endings come off a key file", "2.3", 'elif content.endswith(b"\\n"):\n        content = content[:-1]', 'elif content.endswith(b"\\n"):\n        content = content.rstrip(b"\\n")', "key-files", None),
    ("a lone CR comes off", "2.3", 'elif content.endswith(b"\\n"):', 'elif content.endswith((b"\\n", b"\\r")):', "key-files", None),
    ("no 0x00 before the label", "2.5", 'b"greenmark/v1/subkey" + b"\\x00" + label', 'b"greenmark/v1/subkey" + label', "subkeys", None),
    ("labels are composed", "2.5", 'b"\\x00" + label)', 'b"\\x00" + unicodedata.normalize("NFC", label.decode()).encode())', "subkeys", None),
    ("of equal looks the last counts", "7.7", "best = min(kept, key=lambda place: found[place][0])", "best = min(kept[::-1], key=lambda place: found[place][0])", "looks", None),
    ("looks are compared once they are paid for", "7.7", "best = min(kept, key=lambda place: found[place][0])", "best = min(kept, key=lambda place: min(Decimal(0), price + found[place][0]))", "looks", None),
    ("looks of equal ids are two", "7.7", "what = (look.key, look.scheme, tuple(versions[look.version]))", "what = look", "looks", None),
    ("m counts before striking", "7.7", "price, level = Decimal(len(kept)).ln()", "price, level = Decimal(len(looks)).ln()", "looks", None),
    ("without a search the weighted count decides", "7.7", "found[place] = (ln_tail(scheme, sum(map(Decimal, scores), Decimal(0)), len(scores)), [])", "found[place] = (weighted_count(key, scheme, ids).ln_whole if isinstance(scheme, Green) else ln_tail(scheme, sum(map(Decimal, scores), Decimal(0)), len(scores)), [])", "looks", None),
    ("a hit for each version", "7.7", "pair = looks[place][:2]", "pair = looks[place]", "looks", None),
    ("a hit for each key", "7.7", "pair = looks[place][:2]", "pair = looks[place][0]", "looks", None),
    ("too_short forgets the price", "10.3", '"too_short" if price + min(at_best) > level', '"too_short" if min(at_best) > level', "looks", None),
    ("too_short forgets the 2", "10.3", "return min(Decimal(0), Decimal(2).ln() + whole) if searches else whole", "return whole", "looks", None),
    ("too_short if any look is", "10.3", "price + min(at_best) > level", "price + max(at_best) > level", "looks", None),
    ("the dual form's greatest score is 32 ln 2", "10.3", "token_score(TOKEN_MAX, scheme.dual)", "token_score(TOKEN_MAX, False)", "looks", None),
    ("UNUSED rows are tokens", "9.4", "if kind != 5]", "]", "fingerprint", None),
    ("a missing byte does not part the merges", "9.2", "            runs.append([])\n    for parts", "            pass\n    for parts", "fingerprint", None),
    ("added tokens are left out", "9.4", 'tokens += [(added["id"], added["content"])', 'tokens += [(added["id"], added["content"]) for added in []', "fingerprint", None),
    ("the counts are those of the best version", "10.1", "counts = score(best.key, *scheme, ids)", "counts = score(best.key, *scheme, versions[looks[found.best].version])", "evidence", None),
    ("spans come by p", "10.2", '    spans.sort(key=lambda span: span["start"])', '    spans.sort(key=lambda span: span["ln_p"])', "evidence", None),
    ("spans of one start come in the order of their looks", "10.2", "for rank, hit in enumerate(found.hits):", "for rank, hit in enumerate(sorted(found.hits)):", "evidence", None),
    ("unpaid_ln_p is the search's", "10.1", '"unpaid_ln_p": float(ln_tail(scheme, total, counts.scored))', '"unpaid_ln_p": ln', "evidence", None),
    ("null is an absent member", "12.1", "else str)):\n        raise Refused(\"member\")", "else (str, type(None)))):\n        raise Refused(\"member\")", "registry", None),
    ("the last of two members counts", "12.1", "return any(sum(name == member for name, _ in pairs) > 1 for member in known)", "return False", "registry", None),
    ("keys that a profile names are bare too", "12.4", "if key not in named for", "for", "registry", None),
    ("schemes outer, keys inner", "12.4", "for key in keys if key not in named for scheme in schemes]", "for scheme in schemes for key in keys if key not in named]", "registry", None),
    ("a key that does not fit is passed over", "12.2", '                raise Refused("key-mismatch")', "                continue", "registry", None),
    ("lone surrogates are taken", "12.1", 'json.dumps(pairs, ensure_ascii=False).encode("utf-8")', "pass", "registry", None),
    ("a path is a name", "12.1", 'posixpath.normpath(profile["key_file"])', 'profile["key_file"]', "registry", None),
    ("files come in the order of UTF-16", "12.3", 'sorted((name.encode(), content)', 'sorted((name.encode("utf-16-be").replace(b"\\0", b""), content)', "registry", None),
]

# For the mutant that needs a function of its own.
EXTRA = '''
def joined_by_place(inside, places):
    runs = [list(group) for _, group in itertools.groupby(range(len(inside)), inside.__getitem__)]
    inside = list(inside)
    for at in range(1, len(runs) - 1):
        first, last = runs[at][0], runs[at][-1]
        if not inside[first] and places[last + 1] - places[first - 1] - 1 < 4:
            for i in runs[at]:
                inside[i] = True
    return inside
'''


def matched(text):
    """The cases of a file without what says how clear they are and is not to be matched (SPEC §11)."""
    cases = json.loads(text)["cases"]
    return [{name: value for name, value in case.items() if name not in ("margin", "fee", "comment")} for case in cases]


def generated(source, file):
    """The cases of a file as this source makes it, with no assertion in it, or None if it cannot."""
    module = types.ModuleType("mutant")
    module.__file__ = str(HERE / "greenmark_reference.py")
    exec(compile(source + EXTRA, "mutant", "exec", optimize=1), module.__dict__)
    try:
        return matched(module.render(module.FILES[f"{file}.json"]()))
    except Exception:  # whatever a mutant stumbles over
        return None


def main():
    alive = 0
    wanted = sys.argv[1:]
    for what, section, passage, other, file, before in MUTANTS:
        if wanted and file not in wanted:
            continue
        if SOURCE.count(passage) < 1:
            print(f"SPEC §{section}, {what}: the passage is not in the reference")
            alive += 1
            continue
        mutant = SOURCE.replace(passage, other)
        killed = generated(mutant, file) != matched((VECTORS / f"{file}.json").read_text())
        alive += not killed
        line = f"SPEC §{section}, {what}: {'killed' if killed else 'ALIVE'} by {file}.json"
        if before is not None:
            passes = generated(mutant, before) == matched((VECTORS / f"{before}.json").read_text())
            line += f"; {before}.json {'lets it pass' if passes else 'kills it too'}"
        print(line, flush=True)
    print(f"{len(MUTANTS)} mutants, {alive} alive")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
