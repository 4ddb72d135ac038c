//! The tokenizer inside a GGUF file, written out as a `tokenizer.json`.
//!
//! A GGUF holds vocabulary and merges but only the *name* of its pre-tokenizer. The rules behind
//! that name are in nobody's file, so those here were each compared with the model's own
//! `tokenizer.json`. A name that is not in [`RULES`] is refused: a near miss would give other ids,
//! and a detector would look at other tokens than the embedder wrote.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{Extras, Tokenizer};
use crate::{
    TextError, TokenId,
    gguf::{self, Metadata, Value as Entry},
};

impl Tokenizer {
    /// Reads a `tokenizer.json` or, by its first bytes, the tokenizer of a GGUF model.
    ///
    /// # Errors
    /// [`TextError::Io`] if the file cannot be read, [`TextError::Gguf`] if a GGUF's header is
    /// damaged, else as [`from_json`](Self::from_json) and
    /// [`from_gguf_metadata`](Self::from_gguf_metadata).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, TextError> {
        let path = path.as_ref();
        if gguf::is_gguf(path)? {
            return Self::from_gguf_metadata(&gguf::read_metadata(path)?);
        }
        let json = std::fs::read(path).map_err(|reason| TextError::Io { path: path.to_owned(), reason })?;
        Self::from_json(&json, &path.file_name().unwrap_or_default().to_string_lossy())
    }

    /// Builds the tokenizer a GGUF file's metadata describes.
    ///
    /// # Errors
    /// [`TextError::TokenizerUnknown`] if its rules are not among those known here exactly,
    /// [`TextError::Metadata`] if a key is missing or malformed.
    pub fn from_gguf_metadata(metadata: &Metadata) -> Result<Self, TextError> {
        let (value, extras) = tokenizer_json(metadata)?;
        Self::build(value, extras)
    }
}

/// Rules that a pre-tokenizer's name stands for.
struct Rules {
    /// `tokenizer.ggml.pre`.
    name: &'static str,
    split: Split,
    /// A word that is a token is that token, whatever the merges say.
    ignore_merges: bool,
    /// Unicode composition (NFC) before anything else.
    compose: bool,
    /// True if sequences begin with the BOS token when the file does not say.
    begins_with_bos: bool,
}

enum Split {
    /// GPT-2's pattern, as in the `ByteLevel` pre-tokenizer.
    Gpt2,
    /// Every digit on its own first, then GPT-2's pattern.
    DigitsThenGpt2,
    Pattern(&'static str),
}

const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Each compared with a model's own file: SmolLM2, GPT-2, Llama 3.2, Qwen 2.5, Mistral Nemo.
const RULES: [Rules; 5] = [
    Rules {
        name: "smollm",
        split: Split::DigitsThenGpt2,
        ignore_merges: false,
        compose: false,
        begins_with_bos: false,
    },
    Rules { name: "gpt-2", split: Split::Gpt2, ignore_merges: false, compose: false, begins_with_bos: false },
    Rules {
        name: "llama-bpe",
        split: Split::Pattern(LLAMA3),
        ignore_merges: true,
        compose: false,
        begins_with_bos: true,
    },
    Rules { name: "qwen2", split: Split::Pattern(QWEN2), ignore_merges: false, compose: true, begins_with_bos: false },
    Rules { name: "tekken", split: Split::Pattern(TEKKEN), ignore_merges: true, compose: false, begins_with_bos: true },
];

/// Token types of the GGUF format that matter here. The others: 1 normal, 2 unknown, 6 byte.
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;
/// Padding rows (`[PAD151665]`) that fill the model's matrix: not in the model's own vocabulary.
const UNUSED: i64 = 5;

/// Returns the `tokenizer.json` a GGUF's metadata amounts to, and what it says beside.
///
/// # Errors
/// [`TextError::TokenizerUnknown`] for an algorithm or pre-tokenizer not known here exactly,
/// [`TextError::Metadata`] for a key that is missing or of the wrong type.
pub(crate) fn tokenizer_json(metadata: &Metadata) -> Result<(Value, Extras), TextError> {
    let model = text(metadata, MODEL)?;
    if model != "gpt2" {
        // SentencePiece ("llama") needs merges rebuilt from scores, and how depends on the model family.
        return Err(TextError::TokenizerUnknown { key: MODEL, value: model.to_owned() });
    }
    let pre = match metadata.get(PRE) {
        Some(_) => text(metadata, PRE)?,
        // Files without a name are older than the names; what they mean is a guess.
        None => "",
    };
    let unknown = || TextError::TokenizerUnknown { key: PRE, value: pre.to_owned() };
    let rules = RULES.iter().find(|r| r.name == pre).ok_or_else(unknown)?;

    let tokens = texts(metadata, "tokenizer.ggml.tokens")?;
    let types = integers(metadata, "tokenizer.ggml.token_type", tokens.len())?;
    let mut vocab = Map::with_capacity(tokens.len());
    let mut added = Vec::new();
    for (id, (&token, kind)) in tokens.iter().zip(types).enumerate() {
        if kind == UNUSED {
            continue;
        }
        if vocab.insert(token.to_owned(), id.into()).is_some() {
            let expected = "every token once";
            return Err(TextError::Metadata { key: format!("tokenizer.ggml.tokens[{id}] ({token:?})"), expected });
        }
        if kind == CONTROL || kind == USER_DEFINED {
            added.push(json!({
                "id": id, "content": token, "special": kind == CONTROL,
                "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            }));
        }
    }
    let mut merges = Vec::new();
    for (i, merge) in texts(metadata, "tokenizer.ggml.merges")?.into_iter().enumerate() {
        // A byte-level token holds no space, so the one there is parts the two.
        let pair =
            merge.split_once(' ').filter(|(_, right)| !right.contains(' ')).ok_or_else(|| TextError::Metadata {
                key: format!("tokenizer.ggml.merges[{i}]"),
                expected: "two tokens and a space between",
            })?;
        merges.push(json!([pair.0, pair.1]));
    }

    let json = json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": rules.compose.then(|| json!({"type": "NFC"})),
        "pre_tokenizer": pre_tokenizer(&rules.split),
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": rules.ignore_merges, "vocab": vocab, "merges": merges,
        },
    });
    Ok((json, extras(metadata, rules, tokens.len())?))
}

const MODEL: &str = "tokenizer.ggml.model";
const PRE: &str = "tokenizer.ggml.pre";

fn pre_tokenizer(split: &Split) -> Value {
    let byte_level = |use_regex| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex});
    match split {
        Split::Gpt2 => byte_level(true),
        Split::DigitsThenGpt2 => json!({
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": true}, byte_level(true)],
        }),
        Split::Pattern(pattern) => json!({
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
                byte_level(false),
            ],
        }),
    }
}

fn extras(metadata: &Metadata, rules: &Rules, vocab_size: usize) -> Result<Extras, TextError> {
    let id = |key: &str| -> Result<Option<TokenId>, TextError> {
        let Some(value) = metadata.get(key) else { return Ok(None) };
        value
            .integer()
            .and_then(|id| TokenId::try_from(id).ok())
            .filter(|&id| (id as usize) < vocab_size)
            .map(Some)
            .ok_or_else(|| TextError::Metadata { key: key.to_owned(), expected: "a token id" })
    };
    let mut end = Vec::new();
    for key in ["eos", "eot", "eom"] {
        end.extend(id(&format!("tokenizer.ggml.{key}_token_id"))?);
    }
    let add_bos = match metadata.get("tokenizer.ggml.add_bos_token") {
        Some(Entry::Bool(add)) => *add,
        _ => rules.begins_with_bos,
    };
    let bos = id("tokenizer.ggml.bos_token_id")?;
    let name = match metadata.get("general.name") {
        Some(Entry::String(name)) => name.clone(),
        _ => "unnamed GGUF".to_owned(),
    };
    Ok(Extras { name, end, prefix: Some(bos.filter(|_| add_bos).into_iter().collect()) })
}

fn get<'m>(metadata: &'m Metadata, key: &str, expected: &'static str) -> Result<&'m Entry, TextError> {
    metadata.get(key).ok_or_else(|| TextError::Metadata { key: key.to_owned(), expected })
}

fn text<'m>(metadata: &'m Metadata, key: &str) -> Result<&'m str, TextError> {
    match get(metadata, key, "a string")? {
        Entry::String(text) => Ok(text),
        _ => Err(TextError::Metadata { key: key.to_owned(), expected: "a string" }),
    }
}

fn texts<'m>(metadata: &'m Metadata, key: &str) -> Result<Vec<&'m str>, TextError> {
    let expected = "an array of strings";
    let Entry::Array(array) = get(metadata, key, expected)? else {
        return Err(TextError::Metadata { key: key.to_owned(), expected });
    };
    Ok(array.strings().ok_or_else(|| TextError::Metadata { key: key.to_owned(), expected })?.collect())
}

fn integers(metadata: &Metadata, key: &str, length: usize) -> Result<Vec<i64>, TextError> {
    let expected = "an array with an integer for each token";
    let numbers = match get(metadata, key, expected)? {
        Entry::Array(array) => array.integers().filter(|numbers| numbers.len() == length),
        _ => None,
    };
    numbers.ok_or_else(|| TextError::Metadata { key: key.to_owned(), expected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenizer::vocabulary::byte_alphabet;

    fn string(text: &str) -> Entry {
        Entry::String(text.to_owned())
    }

    /// Returns all 256 bytes, `ab`, a control token, a user-defined one and a padding row.
    fn metadata(pre: &str) -> Metadata {
        let mut tokens: Vec<String> = byte_alphabet().map(String::from).collect();
        tokens.extend(["ab", "<|end|>", "<think>", "[PAD259]"].map(String::from));
        let mut types = vec![1; 257];
        types.extend([3, 4, 5]);
        Metadata::from([
            (MODEL.to_owned(), string("gpt2")),
            (PRE.to_owned(), string(pre)),
            ("tokenizer.ggml.tokens".to_owned(), Entry::Array(tokens.iter().map(|t| &**t).collect())),
            ("tokenizer.ggml.token_type".to_owned(), Entry::Array(types.into_iter().collect())),
            ("tokenizer.ggml.merges".to_owned(), Entry::Array(["a b"].into_iter().collect())),
            ("tokenizer.ggml.bos_token_id".to_owned(), Entry::U32(257)),
            ("tokenizer.ggml.eos_token_id".to_owned(), Entry::U32(0)),
            ("general.name".to_owned(), string("Tiny")),
        ])
    }

    #[test]
    fn token_types_become_added_tokens() {
        for rules in RULES {
            let tokenizer = Tokenizer::from_gguf_metadata(&metadata(rules.name)).unwrap();
            let name = rules.name;
            assert_eq!(tokenizer.name(), "Tiny");
            assert_eq!(tokenizer.vocab_size(), 259, "{name}: the padding row is no token");
            assert_eq!(tokenizer.encode("ab<think>ab<|end|>").unwrap(), [256, 258, 256, 257], "{name}");
            assert_eq!(tokenizer.decode(&[256, 258, 257]), "ab<think>", "{name}");
            assert_eq!(tokenizer.eos_ids(), [0, 257], "{name}: the file's and the well-known spelling");
            assert_eq!(tokenizer.prefix_ids(), if rules.begins_with_bos { &[257][..] } else { &[] }, "{name}");
        }
    }

    #[test]
    fn what_is_not_known_exactly_is_refused_by_name() {
        for (key, value) in [(MODEL, "llama"), (MODEL, "t5"), (PRE, "default"), (PRE, "deepseek-llm"), (PRE, "")] {
            let mut metadata = metadata("smollm");
            metadata.insert(key.to_owned(), string(value));
            let message = Tokenizer::from_gguf_metadata(&metadata).unwrap_err().to_string();
            assert!(message.contains(&format!("{key} = `{value}`")), "{message}");
            assert!(message.contains("--tokenizer tokenizer.json"), "{message}");
        }
    }

    #[test]
    fn damaged_metadata_is_refused_at_the_place() {
        let damage: [(&str, Entry, &str); 5] = [
            (MODEL, Entry::U32(1), "`tokenizer.ggml.model`: expected a string"),
            ("tokenizer.ggml.tokens", Entry::Array([1].into_iter().collect()), "an array of strings"),
            (
                "tokenizer.ggml.token_type",
                Entry::Array(<[i32; 0]>::default().into_iter().collect()),
                "an integer for each token",
            ),
            ("tokenizer.ggml.merges", Entry::Array(["ab"].into_iter().collect()), "tokenizer.ggml.merges[0]"),
            ("tokenizer.ggml.eos_token_id", Entry::U32(9999), "expected a token id"),
        ];
        for (key, value, expected) in damage {
            let mut metadata = metadata("smollm");
            metadata.insert(key.to_owned(), value);
            let message = Tokenizer::from_gguf_metadata(&metadata).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let mut metadata = metadata("smollm");
        metadata.remove("tokenizer.ggml.merges");
        assert!(Tokenizer::from_gguf_metadata(&metadata).is_err());
    }
}
