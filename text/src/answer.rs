//! The answer about one text.

use std::sync::Arc;

use greenmark::{Examination, Finding, TokenId, Verdict};

use crate::{
    shade::Shade,
    spans::Passage,
    tokenizer::{Encoded, Tokenizer},
};

/// Answer of an [`Examiner`](crate::Examiner) about one text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// Result of all looks together.
    pub examination: Examination,
    /// Passages of every significant look, in the order of the text.
    pub passages: Vec<Passage>,
    /// Level α that was decided at.
    pub alpha: f64,
    pub(crate) profile: Option<Arc<str>>,
    pub(crate) is_normalised: bool,
    /// The best look's tokenizer, and the ids of the raw text as it reads it; `None` if ids were
    /// given.
    pub(crate) read: Option<(Arc<Tokenizer>, Vec<TokenId>)>,
}

impl Answer {
    /// Returns the look with the least p, significant or not.
    ///
    /// # Panics
    /// Never: an examiner is asked something.
    pub fn best(&self) -> &Finding {
        self.examination.best.as_ref().expect("an examiner is asked something")
    }

    /// Returns the name of the profile that the best look belongs to.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Returns the tokenizer of the best look; `None` if ids were given.
    pub fn tokenizer(&self) -> Option<&Tokenizer> {
        self.read.as_ref().map(|(tokenizer, _)| &**tokenizer)
    }

    /// Returns the raw text as the best look's tokenizer reads it; `None` if ids were given.
    ///
    /// The places are found here, as most answers are never shown.
    ///
    /// - `raw`: the text that was examined.
    pub fn encoded(&self, raw: &str) -> Option<Encoded> {
        let (tokenizer, ids) = self.read.as_ref()?;
        Some(Encoded { places: tokenizer.places(raw, ids), ids: ids.clone() })
    }

    /// Returns true if the best look is at the normalised text.
    pub fn is_normalised(&self) -> bool {
        self.is_normalised
    }

    /// Returns true if p ≤ α, everything paid for.
    pub fn is_marked(&self) -> bool {
        self.examination.is_significant(self.alpha)
    }

    /// Returns the verdict at α.
    pub fn verdict(&self) -> Verdict {
        self.examination.verdict
    }

    /// Returns the shade of each token of the raw text: `[n]`.
    pub fn shades(&self) -> Vec<Shade> {
        let family = self.best().scheme.family();
        self.best().raw_scores.positions().into_iter().map(|position| Shade::of(position, family)).collect()
    }
}
