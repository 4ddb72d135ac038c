//! Evidence for programs. SPEC §10.

use greenmark::{Gamma, StreamEvidence};
use serde::Serialize;

use crate::{answer::Answer, spans::Passage, tokenizer::Tokenizer};

/// The version of the test: its weights, its search, its stake and its fee. SPEC §16.
const TEST: &str = "gm1";

/// The JSON object of one text. SPEC §10.1.
#[derive(Debug, Serialize)]
pub struct Evidence<'a> {
    test: &'static str,
    id: &'a str,
    verdict: &'static str,
    detected: bool,
    alpha: f64,
    ln_p: f64,
    p_value: f64,
    looks: u64,
    profile: Option<&'a str>,
    key_id: String,
    scheme: String,
    normalised: bool,
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
    unpaid_ln_p: f64,
    spans: Vec<SpanEvidence<'a>>,
}

/// A marked passage. SPEC §10.2.
#[derive(Debug, Serialize)]
pub struct SpanEvidence<'a> {
    start: usize,
    end: usize,
    text_start: Option<usize>,
    text_end: Option<usize>,
    scored: u64,
    score: f64,
    green: Option<u64>,
    ln_p: f64,
    normalised: bool,
    profile: Option<&'a str>,
    key_id: String,
    scheme: String,
}

impl<'a> From<&'a Passage> for SpanEvidence<'a> {
    fn from(passage: &'a Passage) -> Self {
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
            profile: passage.profile.as_deref(),
            key_id: passage.key_id.to_string(),
            scheme: passage.scheme.to_string(),
        }
    }
}

/// Name and fingerprint of a text's tokenizer. SPEC §9.4.
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
    /// Makes the evidence of an answer.
    ///
    /// - `id`: name of the text.
    pub fn new(id: &'a str, answer: &'a Answer) -> Self {
        let (best, examination) = (answer.best(), &answer.examination);
        let (raw, scheme) = (&best.raw, best.scheme);
        Self {
            test: TEST,
            id,
            verdict: answer.verdict().as_str(),
            detected: answer.is_marked(),
            alpha: answer.alpha,
            ln_p: examination.ln_p,
            p_value: examination.p_value(),
            looks: examination.looks,
            profile: answer.profile(),
            key_id: best.key_id.to_string(),
            scheme: scheme.to_string(),
            normalised: answer.is_normalised(),
            tokenizer: answer.tokenizer().map(TokenizerName::from),
            tokens: raw.tally.tokens,
            scored: raw.tally.scored,
            repeated: raw.tally.repeated,
            score: raw.tally.score,
            mean_score: raw.mean_score(),
            green: raw.green(),
            gamma: scheme.gamma().map(Gamma::fraction),
            green_fraction: raw.green_fraction(),
            z_score: raw.z_score,
            unpaid_ln_p: raw.ln_p,
            spans: answer.passages.iter().map(SpanEvidence::from).collect(),
        }
    }
}

/// Occasion of a line of a stream's evidence. SPEC §10.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// The evidence has just become enough.
    Detected,
    /// The text has ended.
    End,
}

/// The JSON object of a text that is read token by token. SPEC §10.5.
#[derive(Debug, Serialize)]
pub struct StreamReport<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Event>,
    test: &'static str,
    id: &'a str,
    profile: Option<&'a str>,
    key_id: String,
    scheme: String,
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
    /// Makes a report of the evidence so far.
    ///
    /// - `event`: `None` for a report between events.
    /// - `id`: name of the text.
    /// - `tokenizer`: the tokenizer of the text; `None` if ids are given.
    /// - `profile`: name of the profile that `evidence` belongs to.
    /// - `alpha`: level α to decide at.
    pub fn new(
        event: Option<Event>,
        id: &'a str,
        tokenizer: Option<&'a Tokenizer>,
        profile: Option<&'a str>,
        evidence: &StreamEvidence,
        alpha: f64,
    ) -> Self {
        let tally = evidence.tally;
        Self {
            event,
            test: TEST,
            id,
            profile,
            key_id: evidence.key_id.to_string(),
            scheme: evidence.scheme.to_string(),
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

#[cfg(test)]
mod tests;
