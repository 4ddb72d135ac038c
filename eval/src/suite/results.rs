//! Results of a suite: the file `results.json`, which reports are made of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use crate::detectors::{ALPHAS, PerDetector};
use crate::summary::Mean;
pub use crate::summary::Rate;
pub use greenmark_attacks::Kind;

/// Names this layout of `results.json`; another one is refused.
pub const FORMAT: &str = "greenmark-eval/2";

/// A whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// [`FORMAT`].
    pub format: String,
    /// The run.
    pub run: Run,
    /// The attacks of the suite, each once, whatever its strengths.
    pub attacks: Vec<AttackRow>,
    /// Cost of each mark to unattacked texts; the unmarked texts first.
    pub marks: Vec<MarkRow>,
    /// Detection and damage, one row for each mark, attack and length.
    pub cells: Vec<CellRow>,
    /// Parts of the suite that this run could not do.
    pub skipped: Vec<Skipped>,
}

/// A run: the suite, the machine and the date. Anybody can make the same figures from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// `quick`, `standard` or `full`.
    pub suite: String,
    /// Description of the suite, in a sentence or two for people.
    pub about: String,
    /// Day of the run, as 2026-11-24, UTC.
    pub date: String,
    /// Version of Greenmark.
    pub version: String,
    /// Commit that it was built from, where that is known.
    pub commit: Option<String>,
    /// Processor and number of cores.
    pub machine: String,
    /// The language model's name, as its file has it.
    pub model: String,
    /// SHA-256 of its file, in hexadecimal digits; `None` for the built-in model.
    pub model_sha256: Option<String>,
    /// Tokens of a text that most was measured at.
    pub chief_length: usize,
    /// The marks that all attacks were made on, as in [`MarkRow`]; the default first.
    pub chief_marks: Vec<String>,
    /// Divides the logits; nothing else filters.
    pub temperature: f64,
    /// Seed of keys, draws and attacks.
    pub seed: u64,
    /// Texts that the unmarked words and sentences of attacks come from, in words for people.
    pub others: String,
    /// The command that runs it again.
    pub command: String,
    /// Seconds that it took to make what the folder has, over all its sittings.
    pub seconds: f64,
}

/// An attack, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttackRow {
    /// As in [`CellRow`].
    pub attack: String,
    /// Kind of things that it works on.
    pub kind: Kind,
    /// Noun for a place: "word", "sentence".
    pub place: String,
    /// Whom it models, in a sentence.
    pub models: String,
    /// Its origin: papers and data.
    pub source: String,
    /// Its limits.
    pub limits: String,
}

/// Effect of a mark on unattacked texts. Each pair of a marked and an unmarked text has one prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarkRow {
    /// For people: "gm1:green,h=1,gamma=64/256, delta 2"; "none" for the unmarked texts.
    pub mark: String,
    /// Texts.
    pub n: usize,
    /// Tokens of a text.
    pub tokens: usize,
    /// Perplexity under the unmarked model, as a factor of the unmarked texts' (1 for those): e to
    /// the mean of the differences, with its 95 % interval.
    pub perplexity_factor: Estimate,
    /// Mean −ln p of a token under the unmarked model, in nats.
    pub surprise: Estimate,
    /// Share of 4-grams of tokens that stood in the text before.
    pub repeated_4grams: Estimate,
    /// Different n-grams of tokens over all of them, in a text, for n = 1, 2, 3.
    pub distinct: [Estimate; 3],
}

/// A mean with its 95 % interval over texts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Texts.
    pub n: usize,
}

/// One mark under one attack at one length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRow {
    /// As in [`MarkRow`].
    pub mark: String,
    /// Attacks of one kind have one name, whatever their strength: "replace", "resample, span 5",
    /// "none".
    pub attack: String,
    /// Share of its places that it changed, in [0, 1]; of a chain, the first one's.
    pub strength: f64,
    /// Other options that determine the attack: a model, its temperature.
    pub options: Map<String, Value>,
    /// Tokens of the text before the attack.
    pub tokens: usize,
    /// Texts.
    pub n: usize,
    /// Texts that the attack could not be made on and that are not among `n`.
    pub refused: usize,
    /// Share of its places that the attack changed, on average.
    pub achieved: Option<Estimate>,
    /// Share with p ≤ α, by [`ALPHAS`], as each detector says.
    pub detection: PerDetector<[Rate; 3]>,
    /// The same of unmarked texts attacked alike, each asked about the key of the marked text of
    /// its prompt; `None` where they were not attacked.
    pub false_positives: Option<PerDetector<[Rate; 3]>>,
    /// Median ln p.
    pub median_ln_p: PerDetector<f64>,
    /// Chance that a marked text has a smaller p than an unmarked one that was attacked alike, ties
    /// counted half.
    pub auc: Option<PerDetector<f64>>,
    /// Damage of the attack to the marked texts.
    pub damage: Damage,
}

/// Distances of attacked texts from the originals; means over texts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Damage {
    /// Words edited, as a share.
    pub word_edit_rate: Option<Estimate>,
    /// chrF2 against the text before, in [0, 1].
    pub chrf: Option<Estimate>,
    /// Cosine of sentence embeddings, in [−1, 1]; of fewer texts than the rest.
    pub similarity: Option<Estimate>,
    /// Perplexity under the unmarked model as a factor of the text's before the attack; of fewer
    /// texts than the rest.
    pub perplexity_factor: Option<Estimate>,
}

/// A part that was left out, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// An attack or a measure.
    pub what: String,
    /// Why, and what to do about it.
    pub why: String,
}

impl CellRow {
    /// Returns true if its figures can be what was measured.
    ///
    /// # Errors
    /// A figure that is impossible.
    pub fn check(&self) -> Result<(), String> {
        let all = std::iter::once(&self.detection).chain(&self.false_positives);
        for rate in all.flat_map(PerDetector::named).flat_map(|(_, rates)| rates) {
            let Rate { hits, n, low, high } = *rate;
            let is_within = hits <= n && n > 0 && (0.0..=high).contains(&low) && high <= 1.0;
            if !is_within || !(low - SLACK..=high + SLACK).contains(&rate.value()) {
                return Err(format!("{hits} of {n}, between {low} and {high}, is no rate"));
            }
        }
        if self.detection.named().iter().any(|(_, rates)| rates.iter().any(|rate| rate.n != self.n as u64)) {
            return Err(format!("rates are not of {} texts", self.n));
        }
        let Damage { word_edit_rate, chrf, similarity, perplexity_factor } = self.damage;
        let means = [self.achieved, word_edit_rate, chrf, similarity, perplexity_factor];
        let is_sound = |mean: &Estimate| (mean.low..=mean.high).contains(&mean.value) && mean.n > 1;
        match means.into_iter().flatten().find(|mean| !is_sound(mean)) {
            Some(Estimate { value, low, high, n }) => {
                Err(format!("{value} of {n} texts, between {low} and {high}, is no mean"))
            }
            None => Ok(()),
        }
    }
}

/// Ends of intervals are [`rounded`].
const SLACK: f64 = 1e-5;

impl Results {
    /// Returns the file's text: a row a line, so that two runs can be compared line by line.
    ///
    /// # Errors
    /// Never: all of it has a form in JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        fn rows<T: Serialize>(rows: &[T]) -> serde_json::Result<String> {
            let lines: Vec<String> = rows.iter().map(serde_json::to_string).collect::<serde_json::Result<_>>()?;
            Ok(if lines.is_empty() { "[]".into() } else { format!("[\n{}\n]", lines.join(",\n")) })
        }
        Ok(format!(
            "{{\"format\": {},\n\"run\": {},\n\"attacks\": {},\n\"marks\": {},\n\"cells\": {},\n\"skipped\": {}}}\n",
            serde_json::to_string(&self.format)?,
            serde_json::to_string_pretty(&self.run)?,
            rows(&self.attacks)?,
            rows(&self.marks)?,
            rows(&self.cells)?,
            rows(&self.skipped)?
        ))
    }

    /// Returns the row of a mark under an attack; `strength` as it was given.
    pub fn cell(&self, mark: &str, attack: &str, strength: f64, tokens: usize) -> Option<&CellRow> {
        let is_it = |row: &&CellRow| {
            row.mark == mark && row.attack == attack && row.strength == strength && row.tokens == tokens
        };
        self.cells.iter().find(is_it)
    }
}

/// Six significant digits: more than any of these figures is known to, and a file that people can
/// read.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(5 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

impl Rate {
    /// Returns the rate with the ends of its interval as `results.json` has them.
    pub(super) fn rounded(self) -> Self {
        Self { low: rounded(self.low), high: rounded(self.high), ..self }
    }
}

impl From<Mean> for Estimate {
    fn from(mean: Mean) -> Self {
        let (low, high) = mean.interval();
        Self { value: rounded(mean.value), low: rounded(low), high: rounded(high), n: mean.n }
    }
}

impl Estimate {
    /// Returns a mean of logarithms, as a factor.
    pub fn exp(self) -> Self {
        let exp = |value: f64| rounded(value.exp());
        Self { value: exp(self.value), low: exp(self.low), high: exp(self.high), n: self.n }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_six_digits() {
        for (value, expected) in [(0.0, 0.0), (1234567.0, 1234570.0), (-0.012345678, -0.0123457), (1.0, 1.0)] {
            assert!((rounded(value) - expected).abs() <= 1e-12 * value.abs(), "{value}");
        }
    }
}
