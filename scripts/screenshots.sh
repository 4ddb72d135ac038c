#!/usr/bin/env bash
# Makes the two pictures of the page in docs/page from what scripts/build-wasm.sh wrote.
#
#   scripts/screenshots.sh
#
# The same text, seed and settings each time; letters look as this machine's fonts do. Needs node 20, npm, and Chromium
# (/usr/bin/chromium, or its file in CHROMIUM).
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
[ -f wasm/dist/index.html ] || { echo "screenshots: no page in wasm/dist: run scripts/build-wasm.sh" >&2; exit 2; }
[ -d wasm/node_modules/playwright-core ] || npm install --prefix wasm --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
node wasm/screenshots.mjs
