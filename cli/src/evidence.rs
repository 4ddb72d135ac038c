//! What a detector found, for programs (SPEC §10) and for people.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use greenmark::{Detection, Family, Gamma, stats::format_p_value};
use greenmark_lm::Tokenizer;
use serde::Serialize;

use crate::output::{count, printable};

/// The JSON object of one text. SPEC §10.
#[derive(Debug, Serialize)]
pub(crate) struct Evidence<'a> {
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
    alpha: f64,
    detected: bool,
}

/// The tokenizer that made ids of a text. SPEC §9.4.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct TokenizerName<'a> {
    name: &'a str,
    fingerprint: &'a str,
}

impl<'a> From<&'a Tokenizer> for TokenizerName<'a> {
    fn from(tokenizer: &'a Tokenizer) -> Self {
        Self { name: tokenizer.name(), fingerprint: tokenizer.fingerprint() }
    }
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(id: &'a str, tokenizer: Option<&'a Tokenizer>, detection: &Detection, alpha: f64) -> Self {
        Self {
            id,
            scheme: detection.scheme.to_string(),
            key_id: detection.key_id.to_string(),
            tokenizer: tokenizer.map(TokenizerName::from),
            tokens: detection.tally.tokens,
            scored: detection.tally.scored,
            repeated: detection.tally.repeated,
            score: detection.tally.score,
            mean_score: detection.mean_score(),
            green: detection.green(),
            gamma: detection.scheme.gamma().map(Gamma::fraction),
            green_fraction: detection.green_fraction(),
            z_score: detection.z_score,
            ln_p: detection.ln_p,
            p_value: detection.p_value(),
            alpha,
            detected: detection.is_significant(alpha),
        }
    }
}

/// Said once after texts in which no mark was found.
pub(crate) const NO_MARK_NOTE: &str = "No mark found is no evidence of a human author: other keys, schemes and tokenizers, unmarked models, short and edited texts look the same.";

/// "marked" or "no mark found", with its style.
pub(crate) fn verdict(detection: &Detection, alpha: f64) -> (&'static str, Style) {
    if detection.is_significant(alpha) {
        ("marked", AnsiColor::Green.on_default().bold())
    } else {
        ("no mark found", Style::new().bold())
    }
}

/// Two lines: the verdict with its p-value, and the counts behind it.
pub(crate) fn describe(id: &str, detection: &Detection, alpha: f64) -> String {
    let (word, style) = verdict(detection, alpha);
    let p = format_p_value(detection.ln_p, 2);
    let relation = if detection.is_significant(alpha) { "≤" } else { ">" };
    let id = printable(id);
    let mut text = format!("{style}{word}{style:#}  p = {p} {relation} {alpha:e}  {id}\n");
    let tally = detection.tally;
    match (score(detection), detection.z_score) {
        (Some(score), Some(z)) => {
            let _ =
                writeln!(text, "  {score}, z = {z:.2}; {}, {} repeated", count(tally.tokens, "token"), tally.repeated,);
        }
        _ => {
            let _ = writeln!(
                text,
                "  {}, nothing to score: a position needs {} before it",
                count(tally.tokens, "token"),
                detection.scheme.context_width().get(),
            );
        }
    }
    text
}

/// What the scored tokens score, and would by chance; `None` where none was scored.
pub(crate) fn score(detection: &Detection) -> Option<String> {
    let mean = detection.mean_score()?;
    let scored = count(detection.tally.scored, "scored token");
    let chance = detection.scheme.family().chance_score();
    Some(match detection.scheme.family() {
        Family::Green { .. } => {
            let green = detection.tally.score;
            format!("{green} of {scored} green: {:.1} % (by chance {:.1} %)", 100.0 * mean, 100.0 * chance)
        }
        Family::Gumbel { .. } => format!("{scored}, mean score {mean:.2} (by chance {chance:.2})"),
    })
}

/// [`score`] in a few characters.
pub(crate) fn brief(detection: &Detection) -> String {
    let mean = detection.mean_score().unwrap_or_default();
    match detection.scheme.family() {
        Family::Green { .. } => format!("{:.0} % green", 100.0 * mean),
        Family::Gumbel { .. } => format!("score {mean:.2}"),
    }
}

/// One line: what was asked.
pub(crate) fn describe_question(detection: &Detection, tokenizer: Option<&Tokenizer>) -> String {
    let tokenizer = tokenizer
        .map_or_else(|| "ids as given".into(), |t| format!("tokenizer {} ({})", printable(t.name()), t.fingerprint()));
    format!("  {}, key {}, {tokenizer}\n", detection.scheme, detection.key_id)
}
