#!/usr/bin/env bash
# Builds the package and the page of wasm/ and runs their tests: in Node, with the npm packages that they are made to go with, in Chromium and in Firefox.
#
#   scripts/test-wasm.sh
#
# What cannot be had here is named on lines that begin with SKIPPED. Wants node 20, npm, Chromium and Firefox (/usr/bin/chromium and
# /usr/bin/firefox-esr, or their files in CHROMIUM and FIREFOX).
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
skip() { printf 'SKIPPED: %s\n' "$*"; }
tests() { node --test --test-reporter=spec "$@"; }

command -v node >/dev/null || { skip "everything in WebAssembly: node is not installed"; exit; }
built=0
scripts/build-wasm.sh || built=$?
case $built in
    0) scripts/build-wasm.sh --vectors ;;
    2) skip "everything in WebAssembly: no compiler for it, as said above"; exit ;;
    *) exit "$built" ;;
esac
# The command line that the package is compared with.
cargo build --release -p greenmark-cli
export GREENMARK_BIN="${GREENMARK_BIN:-${CARGO_TARGET_DIR:-$PWD/target}/release/greenmark}"
tests wasm/tests/*.test.mjs

fetched=false
if command -v npm >/dev/null; then
    npm install --prefix wasm --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error && fetched=true
fi
if ! $fetched; then
    skip "types, examples and browsers: npm could not fetch the packages that wasm/package.json names"
    exit
fi
tests wasm/tests/npm/*.test.mjs
if [ -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
    tests wasm/tests/chromium/*.test.mjs
else
    skip "the page in Chromium: none at ${CHROMIUM:-/usr/bin/chromium}"
fi
if [ -x "${FIREFOX:-/usr/bin/firefox-esr}" ]; then
    tests wasm/tests/firefox/*.test.mjs
else
    skip "the page in Firefox: none at ${FIREFOX:-/usr/bin/firefox-esr}"
fi
