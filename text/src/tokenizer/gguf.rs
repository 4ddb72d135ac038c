//! The tokenizer inside a GGUF file, written out as a `tokenizer.json`.
//!
//! A GGUF holds vocabulary and merges but only the *name* of its pre-tokenizer. The rules behind
//! that name are not in the file, so those in `pre_tokenizers.json` were each compared with a
//! model's own `tokenizer.json`. A name that is not there is refused: a near miss would give other
//! ids, and a detector would look at other tokens than the embedder wrote.

use std::{collections::HashMap, path::Path};

use serde::Deserialize;
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

    /// Returns the text of the `tokenizer.json` that the tokenizer of a GGUF model amounts to. It gives
    /// the same ids to texts, and has the same fingerprint. Tokens that a prompt begins with, and those
    /// that end a text, stay behind: a detector needs neither.
    ///
    /// # Errors
    /// As [`from_file`](Self::from_file), of a GGUF file alone.
    pub fn json_of_gguf(path: impl AsRef<Path>) -> Result<String, TextError> {
        Ok(tokenizer_json(&gguf::read_metadata(path.as_ref())?)?.0.to_string())
    }

    /// Builds the tokenizer that a GGUF file's metadata describes.
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
#[derive(Deserialize)]
struct Rules {
    /// True if a word that is a token is that token, whatever the merges say.
    ignore_merges: bool,
    /// True if sequences begin with the BOS token when the file does not say.
    begins_with_bos: bool,
    /// Members of the `tokenizer.json`.
    normalizer: Value,
    pre_tokenizer: Value,
}

/// Returns the rules by name, `tokenizer.ggml.pre`. Each was compared with a model's own file:
/// SmolLM2, GPT-2, Llama 3.2, Qwen 2.5, Mistral Nemo.
fn rules() -> HashMap<String, Rules> {
    serde_json::from_str(include_str!("pre_tokenizers.json")).expect("the table is built in")
}

/// Token types of the GGUF format that matter here. The others: 1 normal, 2 unknown, 6 byte.
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;
/// Padding rows (`[PAD151665]`) that fill the model's matrix: not in the model's own vocabulary.
const UNUSED: i64 = 5;

const MODEL: &str = "tokenizer.ggml.model";
const PRE: &str = "tokenizer.ggml.pre";

/// Returns the `tokenizer.json` that a GGUF's metadata amounts to, and what else it says.
///
/// # Errors
/// [`TextError::TokenizerUnknown`] for an algorithm or pre-tokenizer not known here exactly,
/// [`TextError::Metadata`] for a key that is missing or of the wrong type.
fn tokenizer_json(metadata: &Metadata) -> Result<(Value, Extras), TextError> {
    let model = entry(metadata, MODEL, "a string", Entry::string)?;
    if model != "gpt2" {
        // SentencePiece ("llama") needs merges rebuilt from scores, and how depends on the model
        // family.
        return Err(TextError::TokenizerUnknown { key: MODEL, value: model.to_owned() });
    }
    // Files without a name are older than the names; what they mean is a guess.
    let pre = if metadata.contains_key(PRE) { entry(metadata, PRE, "a string", Entry::string)? } else { "" };
    let unknown = || TextError::TokenizerUnknown { key: PRE, value: pre.to_owned() };
    let rules = rules().remove(pre).ok_or_else(unknown)?;

    let tokens = strings(metadata, "tokenizer.ggml.tokens")?;
    let expected = "an array with an integer for each token";
    let types = entry(metadata, "tokenizer.ggml.token_type", expected, |value| {
        value.array()?.integers().filter(|types| types.len() == tokens.len())
    })?;
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
    for (i, merge) in strings(metadata, "tokenizer.ggml.merges")?.into_iter().enumerate() {
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
        "normalizer": rules.normalizer,
        "pre_tokenizer": rules.pre_tokenizer,
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": rules.ignore_merges, "vocab": vocab, "merges": merges,
        },
    });
    Ok((json, extras(metadata, rules.begins_with_bos, tokens.len())?))
}

fn extras(metadata: &Metadata, begins_with_bos: bool, vocab_size: usize) -> Result<Extras, TextError> {
    let id = |key: &str| -> Result<Option<TokenId>, TextError> {
        let id = |value: &Entry| TokenId::try_from(value.integer()?).ok().filter(|&id| (id as usize) < vocab_size);
        metadata.contains_key(key).then(|| entry(metadata, key, "a token id", id)).transpose()
    };
    let mut end = Vec::new();
    for key in ["eos", "eot", "eom"] {
        end.extend(id(&format!("tokenizer.ggml.{key}_token_id"))?);
    }
    let add_bos = match metadata.get("tokenizer.ggml.add_bos_token") {
        Some(Entry::Bool(add)) => *add,
        _ => begins_with_bos,
    };
    let bos = id("tokenizer.ggml.bos_token_id")?;
    let name = metadata.get("general.name").and_then(Entry::string).unwrap_or("unnamed GGUF").to_owned();
    Ok(Extras { name, end, prefix: Some(bos.filter(|_| add_bos).into_iter().collect()) })
}

/// Returns what `read` makes of the value of a key.
fn entry<'m, T>(
    metadata: &'m Metadata,
    key: &str,
    expected: &'static str,
    read: impl FnOnce(&'m Entry) -> Option<T>,
) -> Result<T, TextError> {
    metadata.get(key).and_then(read).ok_or_else(|| TextError::Metadata { key: key.to_owned(), expected })
}

fn strings<'m>(metadata: &'m Metadata, key: &str) -> Result<Vec<&'m str>, TextError> {
    entry(metadata, key, "an array of strings", |value| Some(value.array()?.strings()?.collect()))
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
            ("tokenizer.ggml.bos_token_id".to_owned(), Entry::Integer(257)),
            ("tokenizer.ggml.eos_token_id".to_owned(), Entry::Integer(0)),
            ("general.name".to_owned(), string("Tiny")),
        ])
    }

    #[test]
    fn token_types_become_added_tokens() {
        for (name, rules) in rules() {
            let tokenizer = Tokenizer::from_gguf_metadata(&metadata(&name)).unwrap();
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
            (MODEL, Entry::Integer(1), "`tokenizer.ggml.model`: expected a string"),
            ("tokenizer.ggml.tokens", Entry::Array([1].into_iter().collect()), "an array of strings"),
            (
                "tokenizer.ggml.token_type",
                Entry::Array(<[i32; 0]>::default().into_iter().collect()),
                "an integer for each token",
            ),
            ("tokenizer.ggml.merges", Entry::Array(["ab"].into_iter().collect()), "tokenizer.ggml.merges[0]"),
            ("tokenizer.ggml.eos_token_id", Entry::Integer(9999), "expected a token id"),
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
