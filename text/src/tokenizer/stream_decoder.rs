//! Text as it is generated, one token at a time.

use super::Tokenizer;
use crate::TokenId;

/// Turns ids into text as they come, yielding only what later ids cannot change.
///
/// A character may be spread over several tokens; it appears with the last of them.
#[derive(Debug)]
pub struct StreamDecoder<'t> {
    tokenizer: &'t Tokenizer,
    /// Ids not yet settled, for a vocabulary that is not byte-level.
    ids: Vec<TokenId>,
    /// Number of `ids` that have been written and stay as the decoder's context.
    context: usize,
    /// Bytes not yet settled, for a byte-level one.
    bytes: Vec<u8>,
    text: String,
}

impl<'t> StreamDecoder<'t> {
    pub(crate) fn new(tokenizer: &'t Tokenizer) -> Self {
        Self { tokenizer, ids: Vec::new(), context: 0, bytes: Vec::new(), text: String::new() }
    }

    /// Adds a token and returns the text it completes, if any.
    pub fn push(&mut self, id: TokenId) -> Option<&str> {
        self.text.clear();
        if self.tokenizer.is_special(id) {
            return None;
        }
        if self.tokenizer.byte_level {
            self.bytes.extend_from_slice(self.tokenizer.pieces.bytes(id));
            self.take_whole_characters();
        } else {
            self.ids.push(id);
            self.take_settled_ids(false);
        }
        (!self.text.is_empty()).then_some(&self.text)
    }

    /// Ends the text and returns what was held back: an unfinished character becomes U+FFFD.
    pub fn finish(mut self) -> String {
        if self.tokenizer.byte_level {
            return String::from_utf8_lossy(&self.bytes).into_owned();
        }
        self.text.clear();
        self.take_settled_ids(true);
        self.text
    }

    /// Moves to `text` all but an unfinished character at the end. Bad bytes become U+FFFD as they
    /// do in one go.
    fn take_whole_characters(&mut self) {
        let mut taken = 0;
        for chunk in self.bytes.utf8_chunks() {
            self.text.push_str(chunk.valid());
            taken += chunk.valid().len();
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            let at_the_end = taken + invalid.len() == self.bytes.len();
            // An error without a length is an end that came too early: more bytes may make it
            // whole.
            if at_the_end && std::str::from_utf8(invalid).is_err_and(|e| e.error_len().is_none()) {
                break;
            }
            self.text.push(char::REPLACEMENT_CHARACTER);
            taken += invalid.len();
        }
        self.bytes.drain(..taken);
    }

    /// Decodes the context with and without the new ids; the difference is new text.
    ///
    /// With context because decoders look at neighbours: the first token of a text loses a space,
    /// others do not.
    fn take_settled_ids(&mut self, last: bool) {
        let before = self.tokenizer.decode(&self.ids[..self.context]);
        let after = self.tokenizer.decode(&self.ids);
        // A character in pieces shows as U+FFFD until its last piece is there.
        if !last && after.ends_with(char::REPLACEMENT_CHARACTER) {
            return;
        }
        if let Some(new) = after.strip_prefix(&before) {
            self.text.push_str(new);
            // The text so far never begins anew: from here on its last tokens are context enough.
            if !new.is_empty() {
                let kept = self.context.min(self.ids.len());
                self.ids.drain(..kept);
                self.context = self.ids.len();
            }
        }
    }
}
