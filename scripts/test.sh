#!/usr/bin/env bash
# Runs everything that can be checked here, and says loudly what cannot. Needs cargo and python3; for the browser also node, npm and Chromium.
#
#   scripts/test.sh            all of it
#   scripts/test.sh --fast     without formatting, lints and documentation
set -euo pipefail
cd "$(dirname "$0")/.."
fast=${1:-}
skipped=()
say() { printf '\n== %s\n' "$*"; }

if [ "$fast" != --fast ]; then
    say "formatting"
    cargo fmt --all --check
    say "lints"
    cargo clippy --release --workspace --all-targets -- -D warnings
fi

say "tests of every crate"
cargo test --release --workspace

say "tests that need a model, data or a program, where that is here"
cache=${GREENMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/greenmark}
# Runs the ignored tests of these names; as above of the whole workspace, or dependencies would be built again.
ignored() { cargo test --release --workspace --lib -- --ignored "$@"; }
ignored_in() { cargo test --release --workspace --test "$1" -- --ignored "${@:2}"; }
has_model=
if [ -f "$cache/SmolLM2-135M-Instruct.Q4_1.gguf" ]; then
    has_model=yes
    ignored paraphrase::local:: resample::
    ignored_in surprise
    ignored_in tokenizers smollm2
else
    skipped+=("tests against SmolLM2: no model at $cache/SmolLM2-135M-Instruct.Q4_1.gguf (scripts/fetch-model.sh)")
fi
if [ -d "$cache/all-MiniLM-L6-v2" ]; then
    ignored similarity::
else
    skipped+=("tests against MiniLM: no model at $cache/all-MiniLM-L6-v2 (scripts/fetch-minilm.sh)")
fi
if [ -f "$cache/paraphrase-en.gz" ] && [ -n "$has_model" ]; then
    ignored phrases::
else
    skipped+=("the attack phrases with METEOR's table: needs $cache/paraphrase-en.gz (scripts/fetch-paraphrase-table.sh) and SmolLM2")
fi
if [ -f /usr/share/wordnet/data.noun ] || [ -n "${WNHOME:-}${WNSEARCHDIR:-}" ]; then
    ignored synonyms::
else
    skipped+=("the attack synonyms with WordNet: not installed (Debian: wordnet-base)")
fi
# Not grep -q, which would leave before all is said and make it look like a failure.
if apertium -l 2>/dev/null | grep eng-spa >/dev/null; then
    ignored back_translation::
else
    skipped+=("the attack back-translate: Apertium is not installed (Debian: apertium apertium-eng-spa)")
fi
if [ -n "${GREENMARK_TOKENIZERS:-}" ]; then
    ignored_in tokenizers other_tokenizers
else
    skipped+=("other tokenizers: GREENMARK_TOKENIZERS names no folder of tokenizer.json files")
fi

say "core with overflow checks and debug assertions"
cargo test -p greenmark --features normalise --lib

say "core without default features"
cargo check --release -p greenmark --no-default-features

say "command line without default features: it builds, and nothing heavy is in it"
cargo check --release -p greenmark-cli --no-default-features
heavy='^(candle-core|hayro-interpret|html5ever|mail-parser|minijinja|ndarray|plotters|pulp|ring|rustls|safetensors|ureq|zip) '
if cargo tree -p greenmark-cli --no-default-features -e normal --prefix none | grep -E "$heavy"; then
    echo "the command line needs these without any feature" >&2
    exit 1
fi

say "WebAssembly: the package and the page"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
scripts/test-wasm.sh | tee "$log"
while IFS= read -r what; do skipped+=("${what#SKIPPED: }"); done < <(grep '^SKIPPED: ' "$log")

if [ "$fast" != --fast ]; then
    say "documentation"
    RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --quiet
fi

say "reference: self-test, and the committed vectors"
if command -v python3 >/dev/null; then
    python3 tests/reference/greenmark_reference.py selftest
    python3 tests/reference/greenmark_reference.py check
    say "the tables in docs/ and README are those of the results"
    python3 scripts/docs-tables.py --check
else
    skipped+=("the reference implementation and the tables in docs/: python3 is not installed")
fi

if [ "${#skipped[@]}" -gt 0 ]; then
    printf '\n'
    for what in "${skipped[@]}"; do printf 'SKIPPED: %s\n' "$what"; done
fi
say "passed"
