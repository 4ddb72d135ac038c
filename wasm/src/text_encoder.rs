//! A text that comes in pieces of characters.

use std::sync::Arc;

use greenmark::TokenId;
use greenmark_text::{StreamEncoder, Tokenizer};
use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::{characters::text, convert::Fallible};

/// Strings in, ids out.
pub(crate) struct TextEncoder {
    encoder: StreamEncoder<Arc<Tokenizer>>,
    tokenizer: Arc<Tokenizer>,
    /// The first half of a surrogate pair whose second is yet to come.
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

    /// # Errors
    /// If the text ends within a surrogate pair; ended again, it ends before.
    pub(crate) fn finish(&mut self) -> Fallible<Vec<TokenId>> {
        if self.half.take().is_some() {
            return Err(JsError::new("not Unicode text: it ends with half a surrogate pair"));
        }
        Ok(self.encoder.finish()?)
    }

    /// The piece in whole characters: half a surrogate pair at its end waits for the next.
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
