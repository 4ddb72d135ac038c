//! Evidence for programs. SPEC §10.

use crate::tokenizer::Tokenizer;
use greenmark::{Gamma, StreamEvidence};
use serde::Serialize;

use crate::{answer::Answer, spans::Passage};

/// The JSON object of one text. SPEC §10.
#[derive(Debug, Serialize)]
pub struct Evidence<'a> {
    id: &'a str,
    scheme: String,
    key_id: String,
    tokenizer: Option<TokenizerName<'a>>,
    tokens: u64,
    scored: u64,
    repeated: u64,
    score: f64,
    mean_score: Option<f64>,
    green: Option<u64>,
    gamma: Option<f64>,
    green_fraction: Option<f64>,
    z_score: Option<f64>,
    ln_p: f64,
    p_value: f64,
    search_ln_p: f64,
    looks: u64,
    normalised: bool,
    alpha: f64,
    detected: bool,
    spans: Vec<SpanEvidence>,
}

/// A marked passage. SPEC §10.
#[derive(Debug, Serialize)]
pub struct SpanEvidence {
    start: usize,
    end: usize,
    text_start: Option<usize>,
    text_end: Option<usize>,
    scored: u64,
    score: f64,
    green: Option<u64>,
    ln_p: f64,
    normalised: bool,
    key_id: String,
    scheme: String,
}

impl From<&Passage> for SpanEvidence {
    fn from(passage: &Passage) -> Self {
        let (span, place) = (passage.span, &passage.place);
        Self {
            start: span.start,
            end: span.end,
            text_start: place.as_ref().map(|place| place.characters.start),
            text_end: place.as_ref().map(|place| place.characters.end),
            scored: span.scored,
            score: span.score,
            green: passage.scheme.gamma().map(|_| span.score as u64),
            ln_p: span.ln_p,
            normalised: passage.normalised,
            key_id: passage.key_id.to_string(),
            scheme: passage.scheme.to_string(),
        }
    }
}

/// The tokenizer that made ids of a text. SPEC §9.4.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TokenizerName<'a> {
    name: &'a str,
    fingerprint: &'a str,
}

impl<'a> From<&'a Tokenizer> for TokenizerName<'a> {
    fn from(tokenizer: &'a Tokenizer) -> Self {
        Self { name: tokenizer.name(), fingerprint: tokenizer.fingerprint() }
    }
}

impl<'a> Evidence<'a> {
    /// - `id`: names the text.
    /// - `tokenizer`: what made its ids; `None` where they were given.
    pub fn new(id: &'a str, tokenizer: Option<&'a Tokenizer>, answer: &Answer) -> Self {
        let (best, alpha) = (answer.best(), answer.alpha);
        let detection = &best.raw;
        Self {
            id,
            scheme: best.scheme.to_string(),
            key_id: best.key_id.to_string(),
            tokenizer: tokenizer.map(TokenizerName::from),
            tokens: detection.tally.tokens,
            scored: detection.tally.scored,
            repeated: detection.tally.repeated,
            score: detection.tally.score,
            mean_score: detection.mean_score(),
            green: detection.green(),
            gamma: best.scheme.gamma().map(Gamma::fraction),
            green_fraction: detection.green_fraction(),
            z_score: detection.z_score,
            ln_p: detection.ln_p,
            p_value: detection.p_value(),
            search_ln_p: answer.examination.ln_p,
            looks: answer.examination.looks,
            normalised: best.version > 0,
            alpha,
            detected: answer.is_marked(),
            spans: answer.passages.iter().map(SpanEvidence::from).collect(),
        }
    }
}

/// What a line of a stream's evidence is about. SPEC §10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// The evidence has just become enough.
    Detected,
    /// The text has ended.
    End,
}

/// The JSON object of a text that is read as it comes. SPEC §10.
#[derive(Debug, Serialize)]
pub struct StreamReport<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Event>,
    id: &'a str,
    scheme: String,
    key_id: String,
    tokenizer: Option<TokenizerName<'a>>,
    tokens: u64,
    scored: u64,
    repeated: u64,
    score: f64,
    ln_e: f64,
    ln_p: f64,
    alpha: f64,
    detected: bool,
}

impl<'a> StreamReport<'a> {
    /// - `event`: `None` for what is known in between.
    /// - `id`: names the text.
    /// - `tokenizer`: what makes its ids; `None` where they are given.
    pub fn new(
        event: Option<Event>,
        id: &'a str,
        tokenizer: Option<&'a Tokenizer>,
        evidence: &StreamEvidence,
        alpha: f64,
    ) -> Self {
        let tally = evidence.tally;
        Self {
            event,
            id,
            scheme: evidence.scheme.to_string(),
            key_id: evidence.key_id.to_string(),
            tokenizer: tokenizer.map(TokenizerName::from),
            tokens: tally.tokens,
            scored: tally.scored,
            repeated: tally.repeated,
            score: tally.score,
            ln_e: evidence.ln_e,
            ln_p: evidence.ln_p,
            alpha,
            detected: evidence.is_significant(alpha),
        }
    }
}
