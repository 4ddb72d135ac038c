//! The ids of a text as it comes in, piece by piece.

use std::ops::Deref;

use super::{Encoded, Tokenizer};
use crate::{TextError, TokenId};

/// Longest text, in bytes, that waits for a space: longer runs without one (a web address, Chinese)
/// are cut.
const LONGEST_WAIT: usize = 1024;
/// Bytes that are held back at such a cut.
const HELD_AT_CUT: usize = 256;
/// Bytes of text that are kept as context, at most, once their ids have been given.
const LONGEST_CONTEXT: usize = 4096;
/// Bytes of context that are left when it is cut.
const SHORTEST_CONTEXT: usize = 512;

/// Turns text into ids as it comes, giving only those that later text cannot change.
///
/// The ids of its pushes and of its `finish` are those of the whole text, for tokenizers that look
/// at words one by one (byte-level BPE does), if no stretch of 1 kB is without white space.
/// Elsewhere a few ids near a cut can differ, which costs evidence and not validity: the ids still
/// follow from the text alone.
///
/// `T` is a reference to the tokenizer, or a shared owner of it.
#[derive(Debug)]
pub struct StreamEncoder<T> {
    tokenizer: T,
    /// Context, then what waits.
    text: String,
    /// Bytes of `text` whose ids have been given.
    given: usize,
}

impl<T: Deref<Target = Tokenizer>> StreamEncoder<T> {
    /// Begins a text.
    pub fn new(tokenizer: T) -> Self {
        Self { tokenizer, text: String::new(), given: 0 }
    }

    /// Adds text and returns the ids that are settled with it.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn push(&mut self, text: &str) -> Result<Vec<TokenId>, TextError> {
        self.text.push_str(text);
        // A word is settled once white space follows it; the white space belongs to what follows
        // that.
        let end = self.text.trim_end().len();
        let mut settled = if end < self.text.len() {
            end
        } else {
            self.text.rfind(char::is_whitespace).map_or(0, |at| self.text[..at].trim_end().len())
        };
        if self.text.len() - self.given.max(settled) > LONGEST_WAIT {
            settled = self.text.floor_char_boundary(self.text.len() - HELD_AT_CUT);
        }
        self.give_up_to(settled)
    }

    /// Ends the text and returns the ids that were held back. The encoder is then ready for another
    /// text.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn finish(&mut self) -> Result<Vec<TokenId>, TextError> {
        let ids = self.give_up_to(self.text.len());
        self.text.clear();
        self.given = 0;
        ids
    }

    /// Returns the ids of what waits, as far as they end by `settled`.
    fn give_up_to(&mut self, settled: usize) -> Result<Vec<TokenId>, TextError> {
        if settled <= self.given {
            return Ok(Vec::new());
        }
        let Encoded { ids, places } = self.tokenizer.encode_with_places(&self.text)?;
        let mut given = self.given;
        let mut fresh = Vec::new();
        for (id, range) in ids.into_iter().zip(places) {
            if range.start >= self.given && range.end <= settled {
                fresh.push(id);
                given = given.max(range.end);
            }
        }
        self.given = given;
        if self.given > LONGEST_CONTEXT {
            // Before white space, so that the context begins as a word does within a text.
            let about = self.text.floor_char_boundary(self.given - SHORTEST_CONTEXT);
            let cut =
                self.text[..about].rfind(char::is_whitespace).map_or(about, |at| self.text[..at].trim_end().len());
            self.text.drain(..cut);
            self.given -= cut;
        }
        Ok(fresh)
    }
}
