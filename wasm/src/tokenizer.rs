//! Tokenizers.

use std::sync::Arc;

use greenmark_text::{Encoded, demo_tokenizer, gguf::parse_metadata};
use js_sys::{JsString, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::{
    arguments::{bytes, string, token_ids},
    characters::{text, utf16_ranges},
    convert::{Fallible, object},
};

#[wasm_bindgen]
extern "C" {
    /// Ids and their places in a text.
    #[wasm_bindgen(typescript_type = "Encoding")]
    pub type Encoding;
}

/// A tokenizer, which turns text into ids. Detection needs the one that the text was written with.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Tokenizer(pub(crate) Arc<greenmark_text::Tokenizer>);

#[wasm_bindgen]
impl Tokenizer {
    /// Returns the tokenizer of the demo model, which is part of the package.
    ///
    /// # Errors
    /// If the package is damaged.
    pub fn demo() -> Fallible<Tokenizer> {
        Ok(Self(Arc::new(demo_tokenizer()?)))
    }

    /// Parses the bytes of a `tokenizer.json`.
    ///
    /// - `name`: name for display, and in evidence.
    ///
    /// # Errors
    /// Names the feature of the file that this package does not support, or the damage.
    #[wasm_bindgen(js_name = fromJson)]
    pub fn from_json(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] file: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue,
    ) -> Fallible<Tokenizer> {
        let (file, name) = (bytes(file, "file")?, string(name, "name")?);
        if file.starts_with(b"GGUF") {
            return Err(JsError::new(&format!("tokenizer of {name}: a GGUF file, which `fromGguf` reads")));
        }
        Ok(Self(Arc::new(greenmark_text::Tokenizer::from_json(&file, &name)?)))
    }

    /// Reads the tokenizer of a GGUF model from the first bytes of its file. Returns undefined if the
    /// tokenizer goes on after them: call again with more. A megabyte or ten of a file of gigabytes is
    /// enough.
    ///
    /// - `name`: name of the file, for errors. The tokenizer has the model's own name.
    ///
    /// # Errors
    /// Names the rules that this package does not support, or the damage.
    #[wasm_bindgen(js_name = fromGguf)]
    pub fn from_gguf(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] start: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] name: &JsValue,
    ) -> Fallible<Option<Tokenizer>> {
        let (start, name) = (bytes(start, "start")?, string(name, "name")?);
        let Some(metadata) = parse_metadata(&start, &name)? else { return Ok(None) };
        let tokenizer = greenmark_text::Tokenizer::from_gguf_metadata(&metadata)
            .map_err(|error| JsError::new(&format!("tokenizer of {name}: {error}")))?;
        Ok(Some(Self(Arc::new(tokenizer))))
    }

    /// Name for display.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.name().into()
    }

    /// Fingerprint of the tokenizer, 16 hexadecimal digits, which does not depend on the kind of
    /// file. SPEC §9.4.
    #[wasm_bindgen(getter)]
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint().into()
    }

    /// Vocabulary size: one above the largest id.
    #[wasm_bindgen(getter, js_name = vocabSize)]
    pub fn vocab_size(&self) -> u32 {
        self.0.vocab_size() as u32
    }

    /// Returns the ids of a text, without adding special tokens.
    ///
    /// # Errors
    /// If the string is too long or not Unicode text.
    pub fn encode(&self, string: &JsString) -> Fallible<Vec<u32>> {
        Ok(self.0.encode(&text(string)?)?)
    }

    /// Returns the ids of a text, and the range of UTF-16 code units of each.
    ///
    /// # Errors
    /// As for `encode`.
    #[wasm_bindgen(js_name = encodeWithOffsets)]
    pub fn encode_with_offsets(&self, string: &JsString) -> Fallible<Encoding> {
        let text = text(string)?;
        Ok(JsValue::from(object(self.encoding(&text)?)).unchecked_into())
    }

    /// Returns the text of some ids. Special tokens and unassigned ids are left out.
    ///
    /// # Errors
    /// If an id is not a valid token id.
    pub fn decode(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
    ) -> Fallible<String> {
        Ok(self.0.decode(&token_ids(ids)?))
    }

    /// Returns a copy of the tokenizer, to be freed separately.
    #[allow(clippy::should_implement_trait, reason = "JavaScript sees methods, not traits")]
    pub fn clone(&self) -> Tokenizer {
        Self(self.0.clone())
    }
}

impl Tokenizer {
    /// Returns the members of an `Encoding`.
    pub(crate) fn encoding(&self, text: &str) -> Fallible<[(&'static str, JsValue); 3]> {
        let Encoded { ids, places } = self.0.encode_with_places(text)?;
        let (starts, ends) = utf16_ranges(text, &places);
        Ok([("ids", ids), ("starts", starts), ("ends", ends)]
            .map(|(name, values)| (name, Uint32Array::from(&values[..]).into())))
    }
}
