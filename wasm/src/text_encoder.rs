//! Encoding of a text that arrives in pieces.

use std::sync::Arc;

use greenmark::TokenId;
use greenmark_text::{StreamEncoder, Tokenizer};
use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::{characters::text, convert::Fallible};

/// An encoder from strings to ids.
pub(crate) struct TextEncoder {
    encoder: StreamEncoder<Arc<Tokenizer>>,
    tokenizer: Arc<Tokenizer>,
    /// First half of a surrogate pair whose second half is in the next piece.
    half: Option<u16>,
}

impl TextEncoder {
    pub(crate) fn new(tokenizer: Arc<Tokenizer>) -> Self {
        Self { encoder: StreamEncoder::new(tokenizer.clone()), tokenizer, half: None }
    }

    pub(crate) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub(crate) fn push(&mut self, piece: &JsString) -> Fallible<Vec<TokenId>> {
        let piece = self.whole_characters(piece)?;
        Ok(self.encoder.push(&piece)?)
    }

    /// Ends the text and returns its last ids.
    ///
    /// # Errors
    /// If the text ends within a surrogate pair. A second call ends the text before that pair.
    pub(crate) fn finish(&mut self) -> Fallible<Vec<TokenId>> {
        if self.half.take().is_some() {
            return Err(JsError::new("not Unicode text: it ends with half a surrogate pair"));
        }
        Ok(self.encoder.finish()?)
    }

    /// Returns the piece in whole characters; half a surrogate pair at its end waits for the next.
    fn whole_characters(&mut self, piece: &JsString) -> Fallible<String> {
        if !piece.is_string() {
            return Err(JsError::new("text: a string is needed"));
        }
        let piece = match self.half.take() {
            Some(half) => JsString::from_char_code1(half.into()).concat(piece),
            None => piece.clone(),
        };
        let length = piece.length();
        let last = if length == 0 { f64::NAN } else { piece.char_code_at(length - 1) };
        if (0xd800..0xdc00).contains(&(last as u32)) {
            self.half = Some(last as u16);
            return text(&piece.slice(0, length - 1));
        }
        text(&piece)
    }
}
