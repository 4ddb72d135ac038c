//! Every detector, asked about one text.

use anyhow::Result;
use greenmark::{Detector, Examiner, Key, Look, Normalised, Scheme, Stream, TokenId, normalise};
use greenmark_text::Tokenizer;
use serde::{Deserialize, Serialize};

/// Levels that detection is counted at.
pub const ALPHAS: [f64; 3] = [1e-2, 1e-4, 1e-6];

/// A value for each detector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PerDetector<T> {
    /// One test of the whole text as it is.
    pub whole: T,
    /// Search for passages in the text as it is, paid for.
    pub search: T,
    /// The same of the normalised text (SPEC 9.5).
    pub normalised: T,
    /// Stream, at its best token.
    pub stream: T,
    /// The test of `greenmark detect`: both searches, paid for.
    pub detect: T,
}

impl<T> PerDetector<T> {
    /// Applies a function to each detector's value.
    pub fn map<U>(self, f: impl Fn(T) -> U) -> PerDetector<U> {
        let Self { whole, search, normalised, stream, detect } = self;
        PerDetector {
            whole: f(whole),
            search: f(search),
            normalised: f(normalised),
            stream: f(stream),
            detect: f(detect),
        }
    }

    /// Returns each detector's value with its name.
    pub fn named(&self) -> [(&'static str, &T); 5] {
        [
            ("whole", &self.whole),
            ("search", &self.search),
            ("normalised", &self.normalised),
            ("stream", &self.stream),
            ("detect", &self.detect),
        ]
    }
}

impl PerDetector<f64> {
    /// ln p of a text, as each detector says, for one key.
    ///
    /// # Errors
    /// If the text cannot be encoded.
    pub fn of(text: &str, key: &Key, scheme: Scheme, tokenizer: &Tokenizer) -> Result<Self> {
        let raw = tokenizer.encode(text)?;
        let normalised = Some(normalise(text)).filter(Normalised::is_changed);
        let normalised = normalised.map(|text| tokenizer.encode(text.text())).transpose()?;
        let examine =
            |versions: &[&[TokenId]]| Examiner::new(Look::all([key], &[scheme], 2)).examine(versions, ALPHAS[0]).ln_p;
        let mut stream = Stream::new(key, scheme);
        raw.iter().for_each(|&id| {
            stream.push(id);
        });
        let search = examine(&[&raw]);
        let (normalised, detect) = match &normalised {
            Some(ids) => (examine(&[ids]), examine(&[&raw, ids])),
            None => (search, search),
        };
        Ok(Self {
            whole: Detector::new(key, scheme).detect(&raw).ln_p,
            search,
            normalised,
            stream: stream.evidence().ln_p,
            detect,
        })
    }
}
