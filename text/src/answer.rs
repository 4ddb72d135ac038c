//! One text, all that is asked about it, and what comes of it.

use std::convert::Infallible;

use crate::error::TextError;
use crate::tokenizer::Tokenizer;
use greenmark::{Examination, Examiner, Finding, Normalised, TokenId, normalise};

use crate::{
    shade::Shade,
    spans::{Characters, Passage, passages, placed_passages},
};

/// What is said of one text.
#[derive(Debug, Clone)]
pub struct Answer {
    /// All looks together.
    pub examination: Examination,
    /// The passages of all that is significant, in the order of the text.
    pub passages: Vec<Passage>,
    /// The level decided at.
    pub alpha: f64,
    best: Finding,
}

impl Answer {
    /// Examines a text as it is and, if `normalises`, normalised where that is another text.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    ///
    /// # Panics
    /// If the examiner has no key or no scheme.
    pub fn of_text(
        examiner: &mut Examiner,
        raw: &str,
        normalises: bool,
        tokenizer: &Tokenizer,
        alpha: f64,
    ) -> Result<Self, TextError> {
        let normalised = normalises.then(|| normalise(raw)).filter(Normalised::is_changed);
        let mut versions = vec![tokenizer.encode(raw)?];
        if let Some(normalised) = &normalised {
            versions.push(tokenizer.encode(normalised.text())?);
        }
        let versions: Vec<&[TokenId]> = versions.iter().map(Vec::as_slice).collect();
        let examination = examiner.examine(&versions, alpha);
        let text = Characters { raw, normalised: normalised.as_ref(), tokenizer };
        let passages = placed_passages(&examination, &text)?;
        Ok(Self::new(examination, passages, alpha))
    }

    /// Examines a text that is given as ids.
    ///
    /// # Panics
    /// If the examiner has no key or no scheme.
    pub fn of_ids(examiner: &mut Examiner, ids: &[TokenId], alpha: f64) -> Self {
        let examination = examiner.examine(&[ids], alpha);
        let Ok(passages) = passages(&examination, |_, _| Ok::<_, Infallible>(None));
        Self::new(examination, passages, alpha)
    }

    fn new(examination: Examination, passages: Vec<Passage>, alpha: f64) -> Self {
        let best = examination.best.clone().expect("there is a key and a scheme");
        Self { examination, passages, alpha, best }
    }

    /// The look with the least p, significant or not.
    pub fn best(&self) -> &Finding {
        &self.best
    }

    /// Whether p ≤ α, everything paid for.
    pub fn is_marked(&self) -> bool {
        self.examination.is_significant(self.alpha)
    }

    /// How each token of the raw text is shown: `[n]`.
    pub fn shades(&self) -> Vec<Shade> {
        let family = self.best.scheme.family();
        self.best.raw_positions.iter().map(|&position| Shade::of(position, family)).collect()
    }
}
