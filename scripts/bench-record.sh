#!/usr/bin/env bash
# Runs the benches and writes lab/results/benches/DATE-MACHINE.csv from what criterion estimated.
#
#   scripts/bench-record.sh             all of them, a few minutes
#   scripts/bench-record.sh 'score/h=1' those whose name matches, added to the day's record
#
# Medians of processor time. On a machine that does other work, run it under `nice -n -15`: caches are still shared.
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse --short=12 HEAD)
[ -z "$(git status --porcelain -- core benches Cargo.lock)" ] || commit+=-dirty
started=$(mktemp)
trap 'rm -f "$started"' EXIT
cargo bench -p greenmark-benches --benches -- "$@"

target=${CARGO_TARGET_DIR:-target}
machine=$(lscpu | sed -n 's/^Model name: *//p' | head -1)
COMMIT=$commit MACHINE=$machine RUSTC=$(rustc --version | cut -d' ' -f2) \
    python3 - "$target/criterion" "$started" lab/results/benches <<'PYTHON'
import csv, datetime, json, os, pathlib, re, sys

criterion, started, folder = map(pathlib.Path, sys.argv[1:])
date, machine = datetime.date.today().isoformat(), os.environ["MACHINE"]
record = folder / f"{date}-{re.sub('[^a-z0-9]+', '-', machine.lower()).strip('-')}.csv"
columns = ["date", "machine", "rustc", "commit", "bench", "median_ns", "elements", "elements_per_s"]

folder.mkdir(parents=True, exist_ok=True)
rows = {}
if record.exists():
    with record.open(newline="") as file:
        rows = {row["bench"]: row for row in csv.DictReader(file)}
for path in criterion.glob("**/new/estimates.json"):
    if path.stat().st_mtime < started.stat().st_mtime:
        continue  # of an earlier run
    bench = json.loads((path.parent / "benchmark.json").read_text())
    median = json.loads(path.read_text())["median"]["point_estimate"]
    elements = (bench.get("throughput") or {}).get("Elements", "")
    rate = f"{elements / median * 1e9:.4g}" if elements else ""
    values = [date, machine, os.environ["RUSTC"], os.environ["COMMIT"], bench["full_id"], f"{median:.4g}", elements, rate]
    rows[bench["full_id"]] = dict(zip(columns, values))

natural = lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
with record.open("w", newline="") as file:
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[name] for name in sorted(rows, key=natural))
print(f"{record}: {len(rows)} benches")
PYTHON
