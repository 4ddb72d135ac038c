"""SmolLM2 out of the GGUF that Greenmark uses, in transformers: its weights, its tokenizer, its prompts."""

import importlib.util
import json
import os
import pathlib

import jinja2
import tokenizers
import torch
import transformers

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"


def gguf_path() -> pathlib.Path:
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("GREENMARK_CACHE") or pathlib.Path(cache) / "greenmark") / GGUF


def load_model():
    """The weights as 32-bit floats: what the 4-bit file means, without the 8-bit activations that our own arithmetic has."""
    path = gguf_path()
    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    model.generation_config.eos_token_id = None  # generate.py keeps texts from ending
    return model.eval()


class Text:
    """Between characters and ids. transformers' own reading of the file leaves a step of the tokenizer out (scripts/tokenizer-ids.py)."""

    def __init__(self):
        spec = importlib.util.spec_from_file_location("tokenizer_ids", SCRIPTS / "tokenizer-ids.py")
        tokenizer_ids = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tokenizer_ids)
        fields = tokenizer_ids.gguf_fields(gguf_path())
        self.template = fields["tokenizer.chat_template"]
        tokens = fields["tokenizer.ggml.tokens"]
        self.bos = tokens[fields["tokenizer.ggml.bos_token_id"]]
        self.eos = tokens[fields["tokenizer.ggml.eos_token_id"]]
        self.tokenizer = tokenizer_ids.from_gguf(gguf_path())
        self.tokenizer.decoder = tokenizers.decoders.ByteLevel()

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def decode(self, ids: list[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=True)

    def prompt(self, question: str) -> list[int]:
        """In the model's chat format, as lm/src/chat.rs lays it out."""
        environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
        chat = environment.from_string(self.template).render(
            messages=[{"role": "user", "content": question}],
            add_generation_prompt=True,
            bos_token=self.bos,
            eos_token=self.eos,
        )
        return self.encode(chat)


def questions(files) -> list[str]:
    found = []
    for file in files:
        for number, line in enumerate(pathlib.Path(file).read_text(encoding="utf-8").splitlines(), 1):
            try:
                found.append(json.loads(line)["prompt"])
            except (ValueError, KeyError) as error:
                raise SystemExit(f"{file}, line {number}: no prompt ({error})") from None
    return found
