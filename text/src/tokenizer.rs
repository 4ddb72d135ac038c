//! Tokenizers: text to token ids and back, and a fingerprint.

mod gguf;
mod hostile;
mod offsets;
mod stream_decoder;
mod stream_encoder;
mod vocabulary;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tokenizers::pipeline::{EncodeOptions, Override, PipelineToken, PipelineTokenizer};

use self::{
    offsets::align,
    vocabulary::{Vocabulary, byte_alphabet, byte_level_bytes, spoken_bytes},
};
pub use self::{stream_decoder::StreamDecoder, stream_encoder::StreamEncoder};
use crate::{TextError, TokenId, fmt::hex};

static DEMO: &[u8] = include_bytes!("tokenizer/demo.json");

/// Returns the tokenizer of the demo model: byte-level BPE, named `demo`.
///
/// # Errors
/// [`TextError::Tokenizer`] if the embedded file is damaged.
pub fn demo_tokenizer() -> Result<Tokenizer, TextError> {
    Tokenizer::from_json(DEMO, "demo")
}

/// Text that every tokenizer encodes for its [fingerprint](Tokenizer::fingerprint): digits, runs of
/// spaces, both kinds of newline, tab, contractions, code, accents composed and decomposed, seven
/// scripts, joined emoji.
pub const FINGERPRINT_PROBE: &str = "Hello, world! It's 2026-11-22 and I'd pay 3.14159 or 1,000,000.  Two  spaces,   \
    three.\n\n\tdef f(x): return x**2 // 0xFF\r\nna\u{ef}ve caf\u{e9} Stra\u{df}e e\u{301} \u{41f}\u{440}\u{438}\
    \u{432}\u{435}\u{442} \u{645}\u{631}\u{62d}\u{628}\u{627} \u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940} \u{4f60}\
    \u{597d}\u{4e16}\u{754c} \u{3053}\u{3093} \u{d55c}\u{ad6d} \u{bd} \u{b2} \u{663}\u{664} \u{1f44d}\u{1f3fd}\u{1f469}\
    \u{200d}\u{1f467}  end\n";

/// Spellings of the special tokens that end a text, for files that do not say which one does.
const END_SPELLINGS: [&str; 9] = [
    "<|endoftext|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "</s>",
    "<eos>",
    "<end_of_turn>",
];

/// A tokenizer, from whatever container: the same vocabulary and rules give the same ids and the
/// same [fingerprint](Self::fingerprint).
///
/// ```no_run
/// use greenmark_text::Tokenizer;
///
/// let tokenizer = Tokenizer::from_file("tokenizer.json")?;
/// let ids = tokenizer.encode("The quick brown fox")?;
/// assert_eq!(tokenizer.decode(&ids), "The quick brown fox");
/// # Ok::<(), greenmark_text::TextError>(())
/// ```
pub struct Tokenizer {
    name: String,
    pub(crate) inner: PipelineTokenizer,
    names: Vocabulary,
    /// Bytes of text that each token stands for: exact for a byte-level vocabulary; for another one
    /// good enough for places.
    pub(crate) pieces: Vocabulary,
    pub(crate) byte_level: bool,
    pub(crate) special: BTreeSet<TokenId>,
    end: Vec<TokenId>,
    prefix: Vec<TokenId>,
    fingerprint: String,
    encoded: AtomicUsize,
}

/// The ids of a text, and the place of each in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The ids.
    pub ids: Vec<TokenId>,
    /// Bytes of the text that each id stands for: `[n]`, as `ids`.
    pub places: Vec<Range<usize>>,
}

/// Facts that a container adds to the `tokenizer.json` that it holds or amounts to.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    pub(crate) name: String,
    /// Tokens that end a text, besides those known by their spelling.
    pub(crate) end: Vec<TokenId>,
    /// Tokens that a sequence begins with; `None` leaves them to the post-processor.
    pub(crate) prefix: Option<Vec<TokenId>>,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("name", &self.name)
            .field("fingerprint", &self.fingerprint)
            .field("vocab_size", &self.vocab_size())
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Builds a tokenizer from the bytes of a `tokenizer.json`, any version.
    ///
    /// - `name`: for display and error messages.
    ///
    /// # Errors
    /// [`TextError::Tokenizer`] if the bytes are not such a file, if it needs a rule that this
    /// build does not have, or if its ids would depend on chance (BPE dropout).
    pub fn from_json(json: &[u8], name: &str) -> Result<Self, TextError> {
        let value = serde_json::from_slice(json).map_err(|error| {
            let reason = match json.trim_ascii_start() {
                [0xef, 0xbb, 0xbf, ..] => {
                    "begins with a byte-order mark (BOM): save it as UTF-8 without one".to_owned()
                }
                [] => "the file is empty".to_owned(),
                [b'{', ..] => format!("not JSON: {error}"),
                _ => "neither a tokenizer.json nor a GGUF file".to_owned(),
            };
            TextError::Tokenizer { origin: name.to_owned(), reason }
        })?;
        Self::build(value, Extras { name: name.to_owned(), ..Extras::default() })
    }

    pub(crate) fn build(mut json: Value, extras: Extras) -> Result<Self, TextError> {
        let origin = extras.name.clone();
        let fail = |reason: String| TextError::Tokenizer { origin: origin.clone(), reason };

        let (names, added) = read_vocabulary(&json).map_err(fail)?;
        hostile::refuse(&json).map_err(fail)?;
        tokenizers::canonicalize_value(&mut json).map_err(|e| fail(e.to_string()))?;
        refuse_unfaithful(&json).map_err(fail)?;
        stand_in_for_missing_bytes(&mut json, &names);
        let inner = tokenizers::from_json(&json.to_string()).map_err(|e| fail(e.to_string()))?;
        let byte_level = json["model"]["byte_level"].as_bool() == Some(true);
        let role_end = inner.get_token_for_role("eos_token").map(str::to_owned);

        let mut pieces = Vocabulary::default();
        let mut special = BTreeSet::new();
        let mut end: BTreeSet<TokenId> = extras.end.into_iter().collect();
        for (id, name) in names.iter() {
            let token = added.get(&id);
            let bytes = match token {
                Some(_) => name.as_bytes().to_vec(),
                None if byte_level => byte_level_bytes(name),
                None => spoken_bytes(name),
            };
            pieces.insert(id, &bytes).map_err(fail)?;
            let Some(token) = token else { continue };
            // The reader numbers added tokens itself, so what it made of them is checked.
            let placed = inner.get_added_vocabulary().token_to_id(name);
            if !token.normalized && placed != Some(id) {
                return Err(fail(format!("added token {name:?} is {id} in the file but {placed:?} once read")));
            }
            if token.special {
                special.insert(id);
                if END_SPELLINGS.contains(&name) || role_end.as_deref() == Some(name) {
                    end.insert(id);
                }
            }
        }

        let mut tokenizer = Self {
            name: extras.name,
            inner,
            names,
            pieces,
            byte_level,
            special,
            end: end.into_iter().collect(),
            prefix: Vec::new(),
            fingerprint: String::new(),
            encoded: AtomicUsize::new(0),
        };
        tokenizer.prefix = match extras.prefix {
            Some(prefix) => prefix,
            None => tokenizer.prefix_of_post_processor()?,
        };
        tokenizer.fingerprint = tokenizer.compute_fingerprint()?;
        tokenizer.encoded = AtomicUsize::new(0);
        Ok(tokenizer)
    }

    /// Returns the name, for people: the model's or the file's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns one above the largest token id. The model's logits may be wider.
    pub fn vocab_size(&self) -> usize {
        self.names.len()
    }

    /// Returns the id of a token by its spelling in the vocabulary. Walks the vocabulary.
    pub fn token_id(&self, token: &str) -> Option<TokenId> {
        self.names.iter().find(|(_, name)| *name == token).map(|(id, _)| id)
    }

    /// Returns the spelling of a token in the vocabulary: `Ġthe`, not ` the`.
    pub fn token_name(&self, id: TokenId) -> Option<&str> {
        self.names.get(id)
    }

    /// Returns true if a token is special: never written by [`decode`](Self::decode).
    pub fn is_special(&self, id: TokenId) -> bool {
        self.special.contains(&id)
    }

    /// Returns the tokens that end a text, ascending: those the container names, and special tokens
    /// with a well-known spelling (`<|endoftext|>`, `<|im_end|>`, `<|eot_id|>`, `</s>` and
    /// their like).
    pub fn eos_ids(&self) -> &[TokenId] {
        &self.end
    }

    /// Returns the tokens that the model expects before any text: usually a BOS, or none.
    /// [`encode`](Self::encode) never adds them.
    pub fn prefix_ids(&self) -> &[TokenId] {
        &self.prefix
    }

    /// Returns the fingerprint, 16 lower-case hexadecimal digits: the same vocabulary and behaviour
    /// give the same digits, whatever container they came from.
    ///
    /// The first 8 bytes of SHA-256 over `"greenmark/v1/tokenizer"`; then for every id from 0
    /// upward that has a token: the id, the byte length of the token, and the token as spelt in
    /// the vocabulary; then 0xFFFFFFFF; then the number of ids of [`FINGERPRINT_PROBE`] and
    /// those ids. Integers are u32, little-endian.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns the token ids of a text. Adds no special token; special tokens spelt out in the text
    /// become their ids, as in Hugging Face's `encode(text, add_special_tokens=False)`. A byte
    /// the vocabulary cannot spell is left out (21 of 256 in SmolLM2's: six control characters
    /// and bytes of unassigned planes).
    ///
    /// # Errors
    /// [`TextError::Tokenizer`] if the text is longer than 4 GiB.
    pub fn encode(&self, text: &str) -> Result<Vec<TokenId>, TextError> {
        self.encode_with(text, false)
    }

    fn encode_with(&self, text: &str, add_special_tokens: bool) -> Result<Vec<TokenId>, TextError> {
        let options = EncodeOptions {
            add_special_tokens,
            encode_special_tokens: false,
            // A file may ask for either; both would change the text that is scored.
            padding: Override::Off,
            truncation: Override::Off,
        };
        self.encoded.fetch_add(1, Ordering::Relaxed);
        let mut tokens = Vec::with_capacity(text.len() / 3);
        self.inner
            .encode_into(text, &options, &mut tokens)
            .map_err(|e| TextError::Tokenizer { origin: self.name.clone(), reason: e.to_string() })?;
        let mut ids = PipelineToken::cast_slice(&tokens).to_vec();
        drop(tokens);
        // Stand-ins for bytes the vocabulary lacks.
        ids.retain(|&id| (id as usize) < self.names.len());
        Ok(ids)
    }

    /// [`encode`](Self::encode), with the place of each token.
    ///
    /// Places are in order and on character boundaries. A token that is part of a character gets
    /// the whole character, so neighbours may share one. Where the tokenizer rewrites the text
    /// (composing accents, adding a space), places are as fine as the rewritten stretch.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_with_places(&self, text: &str) -> Result<Encoded, TextError> {
        let ids = self.encode(text)?;
        let places = self.places(text, &ids);
        Ok(Encoded { ids, places })
    }

    /// Returns the place of each id of a text, as [`encode_with_places`](Self::encode_with_places)
    /// does.
    ///
    /// - `ids`: what [`encode`](Self::encode) gives for `text`.
    pub(crate) fn places(&self, text: &str, ids: &[TokenId]) -> Vec<Range<usize>> {
        align(text, ids.iter().map(|&id| self.pieces.bytes(id)))
    }

    /// Returns the number of texts encoded so far, for a test.
    #[doc(hidden)]
    pub fn times_encoded(&self) -> usize {
        self.encoded.load(Ordering::Relaxed)
    }

    /// Returns the text of some tokens. Special tokens are left out, and so are ids without a
    /// token; bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[TokenId]) -> String {
        if !self.byte_level {
            // No decoder is known to fail; one that did would leave us the bare tokens.
            return self.inner.decode(ids, true).unwrap_or_else(|_| self.inner.decode_tokens(ids, true).concat());
        }
        let mut bytes = Vec::with_capacity(4 * ids.len());
        for &id in ids.iter().filter(|&&id| !self.is_special(id)) {
            bytes.extend_from_slice(self.pieces.bytes(id));
        }
        String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// Returns the text of generated tokens, without a character that the last of them leave
    /// unfinished. SPEC §9.3.
    pub fn decode_text(&self, ids: &[TokenId]) -> String {
        let mut text = String::new();
        let mut decoder = self.stream_decoder();
        for &id in ids {
            text.extend(decoder.push(id));
        }
        text
    }

    /// Starts encoding a text that comes in piece by piece. The ids of its pushes and of its
    /// `finish` are those of [`encode`](Self::encode) for the whole text; [`StreamEncoder`] says
    /// with which exceptions.
    pub fn stream_encoder(&self) -> StreamEncoder<&Self> {
        StreamEncoder::new(self)
    }

    /// Starts decoding a text that is being generated. The texts of its pushes and of its `finish`
    /// add up to [`decode`](Self::decode) of all the ids.
    pub fn stream_decoder(&self) -> StreamDecoder<'_> {
        StreamDecoder::new(self)
    }

    /// Returns the ids that the post-processor puts before a text.
    fn prefix_of_post_processor(&self) -> Result<Vec<TokenId>, TextError> {
        let (bare, framed) = (self.encode_with(FINGERPRINT_PROBE, false)?, self.encode_with(FINGERPRINT_PROBE, true)?);
        let at = framed.windows(bare.len().max(1)).position(|w| w == bare).unwrap_or(0);
        Ok(framed[..at].to_vec())
    }

    fn compute_fingerprint(&self) -> Result<String, TextError> {
        let mut hash = Sha256::new();
        hash.update(b"greenmark/v1/tokenizer");
        for (id, name) in self.names.iter() {
            hash.update(id.to_le_bytes());
            hash.update((name.len() as u32).to_le_bytes());
            hash.update(name);
        }
        hash.update(u32::MAX.to_le_bytes());
        let probe = self.encode(FINGERPRINT_PROBE)?;
        hash.update((probe.len() as u32).to_le_bytes());
        for id in probe {
            hash.update(id.to_le_bytes());
        }
        Ok(hex(&hash.finalize()[..8]))
    }
}

/// The flags of an added token that matter here.
struct Added {
    special: bool,
    normalized: bool,
}

/// Returns the spelling of every token, the model's and the added ones together, and the flags of
/// the added ones.
fn read_vocabulary(json: &Value) -> Result<(Vocabulary, HashMap<TokenId, Added>), String> {
    let mut entries: Vec<(TokenId, &str)> = Vec::new();
    let id_of = |value: &Value| value.as_u64().and_then(|id| TokenId::try_from(id).ok());
    match &json["model"]["vocab"] {
        Value::Object(vocab) => {
            for (name, id) in vocab {
                entries.push((id_of(id).ok_or_else(|| format!("token {name:?} has id {id}"))?, name));
            }
        }
        Value::Array(vocab) => {
            for (id, entry) in (0..).zip(vocab) {
                entries.push((id, entry[0].as_str().ok_or_else(|| format!("token {id} has no spelling"))?));
            }
        }
        _ => return Err("no `model.vocab`".to_owned()),
    }
    let mut added = HashMap::new();
    for token in json["added_tokens"].as_array().into_iter().flatten() {
        let (Some(id), Some(name)) = (id_of(&token["id"]), token["content"].as_str()) else {
            return Err(format!("added token {token} has no id or no content"));
        };
        let flag = |key: &str| token[key].as_bool() == Some(true);
        added.insert(id, Added { special: flag("special"), normalized: flag("normalized") });
        entries.push((id, name));
    }
    entries.sort_unstable();
    entries.dedup();
    let mut names = Vocabulary::default();
    for (id, name) in entries {
        names.insert(id, name.as_bytes())?;
    }
    Ok((names, added))
}

/// Refuses rules that the reader accepts but does not carry out as written.
fn refuse_unfaithful(json: &Value) -> Result<(), String> {
    let dropout = &json["model"]["dropout"];
    if dropout.as_f64().is_some_and(|p| p > 0.0) {
        return Err(format!("BPE dropout {dropout} makes ids random"));
    }
    let mut regexes = Vec::new();
    collect_regexes(&json["pre_tokenizer"], &mut regexes);
    for regex in regexes {
        // `tokenizers` 1.0.0-rc.3 takes these for the cl100k pattern and groups digits by three
        // whatever they say.
        if regex.contains(r"'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,2}|") || regex.contains(r"?\p{L}+|\p{N}+| ?[^\s") {
            return Err(format!("pre-tokenizer pattern not supported: {regex}"));
        }
    }
    Ok(())
}

/// Gives every byte that a byte-level vocabulary lacks a token past its end, for
/// [`Tokenizer::encode`] to drop.
///
/// `tokenizers` 1.0.0-rc.3 refuses such a vocabulary. llama.cpp drops the byte and so do earlier
/// releases, which then also merge across the gap where it stood within a word (`!`, U+0004, `!`
/// becomes `!!`). Here it is as in llama.cpp.
fn stand_in_for_missing_bytes(json: &mut Value, names: &Vocabulary) {
    if json["model"]["byte_level"].as_bool() != Some(true) {
        return;
    }
    let added: Vec<(String, Value)> = json["added_tokens"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|token| Some((token["content"].as_str()?.to_owned(), token["id"].clone())))
        .collect();
    let Some(vocab) = json["model"]["vocab"].as_object_mut() else { return };
    let missing: Vec<char> = byte_alphabet().filter(|&c| !vocab.contains_key(c.encode_utf8(&mut [0; 4]))).collect();
    if missing.is_empty() {
        return;
    }
    // The reader numbers added tokens from the vocabulary's size on, unless the vocabulary has
    // them.
    vocab.extend(added);
    vocab.extend(missing.into_iter().zip(names.len()..).map(|(c, id)| (c.to_string(), id.into())));
}

fn collect_regexes<'a>(pre_tokenizer: &'a Value, out: &mut Vec<&'a str>) {
    out.extend(pre_tokenizer["pattern"]["Regex"].as_str());
    for child in pre_tokenizer["pretokenizers"].as_array().into_iter().flatten() {
        collect_regexes(child, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte-level with merges for ` the`, a special token and one that is not.
    fn byte_level() -> serde_json::Value {
        let mut vocab: Vec<String> = ["Ġ", "t", "h", "e", "Ã", "©", "Ì", "ģ", "1", "2", "Ċ"].map(String::from).to_vec();
        vocab.extend(["th", "the", "Ġthe"].map(String::from));
        let vocab: serde_json::Map<_, _> = vocab.into_iter().enumerate().map(|(id, t)| (t, id.into())).collect();
        let end = vocab.len();
        serde_json::json!({
            "version": "1.0",
            "added_tokens": [
                {"id": end, "content": "<s>", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
                {"id": end + 1, "content": "<eos>", "special": true, "normalized": false, "single_word": false, "lstrip": true, "rstrip": false},
                {"id": end + 2, "content": "<think>", "special": false, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
            ],
            "normalizer": null,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {"<s>": {"id": "<s>", "ids": [end], "tokens": ["<s>"]}},
            },
            "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "vocab": vocab, "merges": [["t", "h"], ["th", "e"], ["Ġ", "the"]]},
        })
    }

    /// SentencePiece-like: a space in front, `▁` for spaces, bytes as a last resort.
    fn metaspace() -> serde_json::Value {
        let mut vocab: Vec<String> = vec!["<unk>".into(), "<s>".into(), "</s>".into()];
        vocab.extend((0..=255).map(|b| format!("<0x{b:02X}>")));
        vocab.extend(["▁", "t", "h", "e", "th", "the", "▁the"].map(String::from));
        let vocab: serde_json::Map<_, _> = vocab.into_iter().enumerate().map(|(id, t)| (t, id.into())).collect();
        serde_json::json!({
            "version": "1.0",
            "added_tokens": [
                {"id": 2, "content": "</s>", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
            ],
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ]},
            "pre_tokenizer": null,
            "post_processor": null,
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ]},
            "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": vocab,
                "merges": [["t", "h"], ["th", "e"], ["▁", "the"]]},
        })
    }

    fn load(json: &serde_json::Value) -> Result<Tokenizer, TextError> {
        Tokenizer::from_json(json.to_string().as_bytes(), "test")
    }

    #[test]
    fn encodes_decodes_and_names() {
        let tokenizer = load(&byte_level()).unwrap();
        let ids = tokenizer.encode("the the<think>\u{e9}").unwrap();
        let names: Vec<_> = ids.iter().map(|&id| tokenizer.token_name(id).unwrap()).collect();
        assert_eq!(names, ["the", "Ġthe", "<think>", "Ã", "©"]);
        assert_eq!(tokenizer.decode(&ids), "the the<think>\u{e9}");
        assert_eq!(tokenizer.token_id("Ġthe"), Some(13));
        assert_eq!(tokenizer.token_id("no"), None);
        assert_eq!(tokenizer.vocab_size(), 17);
        assert_eq!(tokenizer.eos_ids(), [15]);
        assert_eq!(tokenizer.prefix_ids(), [14]);
        assert_eq!(tokenizer.decode(&[14, 11, 15, 9999]), "th", "special and unknown ids are left out");
        assert!(tokenizer.encode("").unwrap().is_empty());
    }

    #[test]
    fn offsets_cover_the_text() {
        let tokenizer = load(&byte_level()).unwrap();
        let text = "the the\u{e9}<eos>";
        let Encoded { ids, places: ranges } = tokenizer.encode_with_places(text).unwrap();
        assert_eq!(ids, tokenizer.encode(text).unwrap());
        let slices: Vec<_> = ranges.into_iter().map(|r| &text[r]).collect();
        assert_eq!(slices, ["the", " the", "\u{e9}", "\u{e9}", "<eos>"]);

        let tokenizer = load(&metaspace()).unwrap();
        let text = "the the\u{e9}";
        let slices: Vec<_> = tokenizer.encode_with_places(text).unwrap().places.into_iter().map(|r| &text[r]).collect();
        assert_eq!(slices, ["the", " the", "\u{e9}", "\u{e9}"]);
    }

    #[test]
    fn a_stream_adds_up_to_the_whole() {
        for tokenizer in [load(&byte_level()).unwrap(), load(&metaspace()).unwrap()] {
            let mut ids = tokenizer.encode("the the\u{e9} the\u{e9}").unwrap();
            let n = tokenizer.vocab_size() as u32;
            for round in 0..300 {
                let mut stream = tokenizer.stream_decoder();
                let mut text = String::new();
                for &id in &ids {
                    if let Some(new) = stream.push(id) {
                        assert!(!new.is_empty());
                        text.push_str(new);
                    }
                }
                text.push_str(&stream.finish());
                assert_eq!(text, tokenizer.decode(&ids), "{ids:?}");
                // After the real text, any ids at all, broken characters included.
                ids = (0..12u32).map(|k| (round * 7919 + k * k * 104_729 + 13 * k) % n).collect();
                if !tokenizer.byte_level {
                    // Byte tokens that make no character are a decoder's own affair; keep to the
                    // others.
                    ids.retain(|&id| id >= 259);
                }
            }
        }
    }

    #[test]
    fn a_character_waits_for_its_last_byte() {
        let tokenizer = load(&byte_level()).unwrap();
        let mut stream = tokenizer.stream_decoder();
        assert_eq!(stream.push(4), None);
        assert_eq!(stream.push(5), Some("\u{e9}"));
        assert_eq!(stream.push(4), None);
        assert_eq!(stream.push(1), Some("\u{fffd}t"));
        assert_eq!(stream.push(14), None, "special");
        assert_eq!(stream.push(4), None);
        assert_eq!(stream.finish(), "\u{fffd}");
    }

    #[test]
    fn the_fingerprint_is_of_vocabulary_and_behaviour() {
        let base = load(&byte_level()).unwrap();
        assert_eq!(base.fingerprint().len(), 16);
        let mut json = byte_level();
        json["decoder"] = serde_json::Value::Null;
        assert_eq!(load(&json).unwrap().fingerprint(), base.fingerprint(), "decoding is no part of it");
        json["model"]["vocab"].as_object_mut().unwrap().remove("Ċ");
        json["model"]["vocab"]["x"] = 10.into();
        assert_ne!(load(&json).unwrap().fingerprint(), base.fingerprint());
        let mut json = byte_level();
        json["model"]["merges"].as_array_mut().unwrap().clear();
        assert_ne!(load(&json).unwrap().fingerprint(), base.fingerprint());
    }

    #[test]
    fn files_that_would_give_other_ids_are_refused() {
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut json = byte_level();
            change(&mut json);
            load(&json).unwrap_err().to_string()
        };
        let cl100k = |digits: &str| {
            serde_json::json!({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": format!(
                    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
                )}},
                {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
            ]})
        };
        assert!(refused(&|j| j["model"]["dropout"] = 0.1.into()).contains("dropout"));
        for digits in [r"\p{N}{1,2}", r"\p{N}+"] {
            assert!(refused(&|j| j["pre_tokenizer"] = cl100k(digits)).contains("not supported"), "{digits}");
        }
        let mut json = byte_level();
        json["pre_tokenizer"] = cl100k(r"\p{N}{1,3}");
        load(&json).unwrap();
        assert!(refused(&|j| j["added_tokens"][0]["id"] = 3.into()).contains("token id 3 is both"));
        assert!(refused(&|j| j["pre_tokenizer"]["add_prefix_space"] = true.into()).contains("add_prefix_space"));
        assert!(refused(&|j| j["model"] = serde_json::Value::Null).contains("no `model.vocab`"));
        let mut json = metaspace();
        json["added_tokens"][0]["content"] = "<new>".into();
        json["added_tokens"][0]["id"] = 999.into();
        let message = load(&json).unwrap_err().to_string();
        assert!(message.contains("added token \"<new>\" is 999"), "{message}");
        let message = Tokenizer::from_json(b"{", "broken.json").unwrap_err().to_string();
        assert!(message.starts_with("tokenizer of broken.json: not JSON"), "{message}");
        let message = Tokenizer::from_json(b"\xef\xbb\xbf{}", "bom.json").unwrap_err().to_string();
        assert!(message.contains("byte-order mark"), "{message}");
    }

    #[test]
    fn an_unknown_pattern_is_refused_at_load() {
        let mut json = byte_level();
        json["pre_tokenizer"] = serde_json::json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "behavior": "Isolated", "pattern": {"Regex": r"t|\s+|[^t\s]+"}},
            {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
        ]});
        // The reader has no engine for patterns at large, with or without its `regex` feature.
        let message = load(&json).unwrap_err().to_string();
        assert!(message.starts_with("tokenizer of test: this `Split` pattern"), "{message}");
    }
}
