"""Attacked texts, by `greenmark attack`: everybody's texts alike, by the same seed."""

import json
import subprocess

ATTACKS = [
    ("none", 0.0),
    ("replace", 0.1),
    ("replace", 0.2),
    ("replace", 0.35),
    ("replace", 0.5),
    ("delete", 0.35),
    ("swap", 0.5),
    ("typos", 0.5),
    ("case", 0.5),
    ("homoglyphs", 0.2),
    ("truncate", 0.5),
    ("paste", 0.5),
    ("paste", 0.75),
    ("mix", 0.5),
]
HOSTED = ["paste", "mix"]  # these need another text
OTHERS = 20  # unmarked texts that one is pasted into or mixed with, those of the prompts that follow


def label(attack):
    name, strength = attack
    return name if name == "none" else f"{name} {strength:g}"


def run(greenmark, arguments, lines):
    done = subprocess.run(
        [greenmark, "attack", *arguments, "--jsonl", "-"],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise SystemExit(f"peers: greenmark attack {' '.join(arguments)}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def attacked(folder, name, texts, plain, attack, greenmark, seed):
    """The texts of one scheme after one attack, by their index; made once. `plain` are unmarked texts, in order."""
    file = folder / f"{name}-{label(attack).replace(' ', '-')}.jsonl"
    lines = [{"id": str(text["index"]), "text": text["text"]} for text in texts]
    kept = {}
    if file.exists():
        kept = {line["id"]: line["text"] for line in map(json.loads, file.read_text().splitlines())}
    missing = [line for line in lines if line["id"] not in kept]
    if missing:
        arguments = [attack[0], "--strength", str(attack[1]), "--seed", str(seed)]
        if attack[0] == "none":
            made = missing
        elif attack[0] in HOSTED:
            made = []
            for line in missing:
                others = [plain[(int(line["id"]) + step) % len(plain)] for step in range(1, OTHERS + 1)]
                host = folder / f"{name}.host.txt"
                host.write_text("\n\n".join(others), encoding="utf-8")
                made += run(greenmark, [*arguments, "--with", str(host)], [line])
            host.unlink()
        else:
            words = folder / f"{name}.words.txt"
            words.write_text("\n\n".join(plain), encoding="utf-8")
            made = run(greenmark, [*arguments, "--words", str(words)], missing)
            words.unlink()
        kept |= {line["id"]: line["text"] for line in made}
        with file.open("w", encoding="utf-8") as out:
            for id, text in kept.items():
                out.write(json.dumps({"id": id, "text": text}, ensure_ascii=False) + "\n")
    return {int(line["id"]): kept[line["id"]] for line in lines}
