#!/usr/bin/env bash
# Our model beside llama.cpp on the same file: tokens a second of one text, in turns.
#
#   scripts/llama-cpp.sh [MODEL.gguf [THREADS]]     SmolLM2 from the cache, 2 threads
#
# Needs cmake, a C++ compiler and libclang for llama.cpp, and an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
model=${1:-${GREENMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/greenmark}/SmolLM2-135M-Instruct.Q4_1.gguf}
threads=${2:-2}
cargo build --release --quiet -p greenmark-lab --bin model-speed
cargo build --release --quiet --manifest-path benches/llama-cpp/Cargo.toml
echo "llama.cpp (llama-cpp-2 0.1.160) and Greenmark, $threads threads, tokens/s at the median step:"
for _ in 1 2 3 4 5; do
    theirs=$(benches/llama-cpp/target/release/llama-cpp-speed "$model" "$threads")
    ours=$(RAYON_NUM_THREADS=$threads target/release/model-speed "$model" 1 | sed -n 's|^batch  1: *\([0-9.]*\) tokens/s.*|\1|p')
    echo "$theirs  $ours"
done
