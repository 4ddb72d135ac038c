#!/usr/bin/env bash
# Builds the package for npm (wasm/pkg) and the static page (wasm/dist) from the crate in wasm/.
set -euo pipefail

usage() {
    cat <<END
usage: scripts/build-wasm.sh [--vectors]

Writes

    wasm/pkg/    the npm package \`greenmark\`, ready for \`npm pack\`: the full build, the small one in core/, and the reader
                 of documents in documents/
    wasm/dist/   the page: wasm/www, the full build and the reader of documents; \`node wasm/serve.mjs\` serves it

and prints the sizes, which have budgets (wasm/sizes.mjs). With --vectors it builds
target/wasm-vectors/ instead: every test vector, to be replayed as WebAssembly by
\`node --test wasm/tests/vectors.test.mjs\` and, in a browser, by wasm/tests/vectors.mjs.

Needs cargo and node. What else it needs it takes from where it finds it:

    wasm32's standard library   the installed one, else \`rustup target add\`, else built from Debian's sources
    wasm-bindgen                the one on PATH if it has the version in Cargo.lock, else built into target/tools

    GREENMARK_WASM_TOOLCHAIN    rustup or debian: that way or none
END
}

vectors=false
case "${1:-}" in
    '') ;;
    --vectors) vectors=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
esac
[ $# -le 1 ] || { usage >&2; exit 2; }

cd "$(dirname "$0")/.."
say() { printf 'build-wasm: %s\n' "$*" >&2; }
refuse() { say "$*"; exit 2; }
for tool in cargo node; do
    command -v "$tool" >/dev/null || refuse "$tool is needed, and is not on PATH"
done

target=wasm32-unknown-unknown
build=${CARGO_TARGET_DIR:-$PWD/target}
tools=$build/tools
mkdir -p "$tools"

# --- The standard library of wasm32 ---

# True if the compiler on PATH has it.
has_target() { [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]; }

add_with_rustup() {
    command -v rustup >/dev/null || { say "rustup is not on PATH"; return 1; }
    # Where no standard library can be had, rustup may wait for ever.
    timeout 180 rustup target add "$target" >&2 || { say "\`rustup target add $target\` failed"; return 1; }
    has_target
}

# Debian has a current compiler with its library's sources, and no library for wasm32: cargo builds that along.
take_debian() {
    local packages="rustc-web cargo-web rust-web-src"
    local install="apt-get install --no-install-recommends $packages"
    if [ ! -x /usr/bin/rustc ] || [ ! -x /usr/bin/cargo ]; then
        refuse "no rustc and cargo in /usr/bin: $install"
    fi
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(/usr/bin/rustc --version | cut -d' ' -f2)
    if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -1)" != "$wanted" ]; then
        refuse "Debian's rustc is $found, and Greenmark needs $wanted: use \`rustup target add $target\`," \
            "or a Debian whose rustc-web is newer"
    fi
    local sysroot
    sysroot=$(/usr/bin/rustc --print sysroot)
    if [ ! -f "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ]; then
        refuse "the standard library's sources are missing in $sysroot: $install"
    fi
    if ! PATH=/usr/bin:$PATH command -v rust-lld >/dev/null; then
        local linker
        linker=$(find {"$sysroot","$(rustc --print sysroot)"}/lib/rustlib -name rust-lld -type f 2>/dev/null | head -1 || true)
        [ -n "$linker" ] || linker=$(command -v wasm-ld || command -v lld || true)
        [ -n "$linker" ] || refuse "no rust-lld, wasm-ld or lld here: apt-get install lld"
        mkdir -p "$tools/linker"
        ln -sf "$linker" "$tools/linker/rust-lld"
    fi
    export PATH=/usr/bin:$tools/linker:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    cargo=(/usr/bin/cargo)
    build_std=(-Z "build-std=std,panic_abort")
    say "COMPILER: Debian's rustc $found, which builds the standard library too"
}

cargo=(cargo)
build_std=()
take_installed() { say "COMPILER: $(rustc --version), with its own library for $target"; }
case "${GREENMARK_WASM_TOOLCHAIN:-any}" in
    any)
        if has_target || add_with_rustup; then
            take_installed
        else
            say "no library for $target from rustup; trying Debian's compiler"
            take_debian
        fi
        ;;
    rustup)
        has_target || add_with_rustup || refuse "no library for $target from rustup"
        take_installed
        ;;
    debian) take_debian ;;
    *) refuse "GREENMARK_WASM_TOOLCHAIN is ${GREENMARK_WASM_TOOLCHAIN}: rustup and debian are known" ;;
esac

# --- wasm-bindgen, whose versions must be equal on both sides ---

bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"/\1/p}' Cargo.lock)
[ -n "$bindgen_version" ] || refuse "no wasm-bindgen in Cargo.lock"
is_bindgen() { [ "$("$1" --version 2>/dev/null)" = "wasm-bindgen $bindgen_version" ]; }
bindgen=wasm-bindgen
if ! is_bindgen "$bindgen"; then
    root=$tools/wasm-bindgen-$bindgen_version
    bindgen=$root/bin/wasm-bindgen
    if ! is_bindgen "$bindgen"; then
        say "building wasm-bindgen-cli $bindgen_version into target/tools, some minutes"
        install=(cargo install --quiet wasm-bindgen-cli --version "$bindgen_version" --root "$root")
        # Its own lock file may name versions that a mirror of the registry does not have yet.
        "${install[@]}" --locked || {
            say "not with its own lock file; once more without"
            "${install[@]}"
        }
    fi
fi

# --- Building ---

# Four lanes of 32 bits: faster and smaller (wasm/README.md), and in every browser since Safari 16.4 of March 2023.
flags="-C target-feature=+simd128"
# No path of this machine in a panic's message.
flags+=" --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo --remap-path-prefix=$PWD=/greenmark"
flags+=" --remap-path-prefix=$(rustc --print sysroot)=/rust ${RUSTFLAGS:-}"

# compile CRATE OUT_FOLDER OUT_NAME [cargo's options …]
compile() {
    local crate=$1 out=$2 name=$3
    shift 3
    RUSTFLAGS=$flags "${cargo[@]}" build --quiet --locked --profile wasm --target "$target" \
        "${build_std[@]}" --package "$crate" "$@"
    rm -rf "$out"
    "$bindgen" --target web --remove-name-section --remove-producers-section --out-dir "$out" --out-name "$name" \
        "$build/$target/wasm/${crate//-/_}.wasm"
}

if $vectors; then
    compile greenmark-vectors "target/wasm-vectors" vectors
    # A page from which a browser can import them.
    cp wasm/tests/vectors.mjs "target/wasm-vectors/"
    echo '<!doctype html><title>Greenmark vectors</title>' >"target/wasm-vectors/index.html"
    say "wrote target/wasm-vectors"
    exit
fi

stage=$build/wasm-stage
rm -rf "$stage"
compile greenmark-wasm "$stage" greenmark
compile greenmark-wasm "$stage/core" greenmark --no-default-features
compile greenmark-documents-wasm "$stage/documents" documents
# The types' `[Symbol.dispose]` needs a library that few projects name.
for types in "$stage"/{,core/}greenmark.d.ts "$stage"/documents/documents.d.ts; do
    sed -i '1i /// <reference lib="esnext.disposable" />' "$types"
done
for folder in "$stage" "$stage/core"; do
    cp wasm/npm/node.js "$folder/"
done
sed 's/greenmark/documents/g' wasm/npm/node.js >"$stage/documents/node.js"
version=$(cargo pkgid --locked --package greenmark-wasm)
VERSION=${version##*[@#]} node --input-type=module - wasm/npm/package.json "$stage/package.json" <<'NODE'
import { readFileSync, writeFileSync } from "node:fs";
const [from, to] = process.argv.slice(2);
const { name, ...rest } = JSON.parse(readFileSync(from, "utf8"));
writeFileSync(to, JSON.stringify({ name, version: process.env.VERSION, ...rest }, null, 2) + "\n");
NODE
cp wasm/npm/README.md LICENSE-APACHE LICENSE-MIT "$stage/"
# What `writeDemo` reads; detection does not need it.
cp lm/src/demo/model.bin "$stage/demo-model.bin"

rm -rf wasm/pkg wasm/dist
mv "$stage" wasm/pkg
mkdir -p wasm/dist/greenmark
cp -R wasm/www/. wasm/dist/
node wasm/glossary.mjs docs/glossary.md wasm/dist/help.html
cp wasm/pkg/{greenmark.js,greenmark_bg.wasm,demo-model.bin} wasm/pkg/documents/documents{.js,_bg.wasm} wasm/dist/greenmark/
if [ -d wasm/bench ]; then
    mkdir wasm/dist/bench
    cp wasm/bench/{index.html,bench.css,page.mjs,cases.mjs} wasm/dist/bench/
fi
say "wrote wasm/pkg and wasm/dist"
node wasm/sizes.mjs
