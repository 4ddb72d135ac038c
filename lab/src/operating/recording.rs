//! Texts with the next-token distributions that they were drawn from, kept in files: a mark can
//! then be tried on them without the model.
//!
//! A distribution is kept as a list of entries that add up to 1. The [`HEAD`] most probable tokens
//! stand for themselves, or fewer where the rest has less than [`REST`]. Of the rest a systematic
//! sample is kept, each entry standing for at most [`SHARE`] of the mass. Nothing is lost on
//! average; a green mass has an error of standard deviation below √(rest · [`SHARE`] · γ(1 − γ)),
//! 0.01 where the rest has 0.15, beside the 0.1 or so by which one random list differs from
//! another.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, Result, bail, ensure};
use greenmark::TokenId;
use greenmark_lm::{Event, LanguageModel, LogitsHook, Request, generate, text_rng};
use indicatif::ProgressBar;
use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use greenmark_eval::corpus::{Job, Recipe};
use greenmark_text::files::write_file;

use crate::options;

/// Tokens of a distribution that are kept one by one, at most.
pub const HEAD: usize = 256;
/// Mass of the rest below which no more are kept one by one.
pub const REST: f64 = 1e-3;
/// Mass that one entry of the sampled rest stands for, at most.
pub const SHARE: f64 = 4e-3;

const MAGIC: &[u8; 8] = b"gmrec/1\n";
/// Keeps the draws of the rest apart from the text's own.
const REST_STREAM: u64 = 0x7265_7374;

/// An unmarked text and the distributions at each of its steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    /// Its place: the same in every folder, so that texts of two folders make pairs.
    pub index: u64,
    /// `[n]`, the ids as written (not as encoded again).
    pub ids: Vec<TokenId>,
    /// `[n]`, ln of the probability of the written token at temperature 1, in nats.
    pub ln_p: Vec<f32>,
    /// `[n]`, the probability of the written token as sampled: at the temperature, stop tokens
    /// barred.
    pub q: Vec<f32>,
    /// `[n + 1]`, where the entries of a step begin.
    starts: Vec<u32>,
    entries: Entries,
}

/// Entries of the distributions, in columns.
#[derive(Debug, Clone, PartialEq, Default)]
struct Entries {
    ids: Vec<TokenId>,
    ln_p: Vec<f32>,
    q: Vec<f32>,
}

/// The distribution of one step: `[m]` each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution<'r> {
    /// Tokens, the most probable first; those of the sampled rest may come twice.
    pub ids: &'r [TokenId],
    /// ln of the token's probability at temperature 1, nats.
    pub ln_p: &'r [f32],
    /// The mass an entry stands for, as sampled; adds up to 1.
    pub q: &'r [f32],
}

impl Recording {
    /// Makes an empty one.
    pub fn new(index: u64) -> Self {
        Self { index, starts: vec![0], ..Self::default() }
    }

    /// The distribution that the token at `position` was drawn from.
    ///
    /// # Panics
    /// If the text is not so long.
    pub fn distribution(&self, position: usize) -> Distribution<'_> {
        let range = self.starts[position] as usize..self.starts[position + 1] as usize;
        let Entries { ids, ln_p, q } = &self.entries;
        Distribution { ids: &ids[range.clone()], ln_p: &ln_p[range.clone()], q: &q[range] }
    }

    /// −ln of the written tokens' probabilities at temperature 1 over the first `length` tokens, in
    /// nats, on average.
    pub fn surprise(&self, length: usize) -> f64 {
        let ln_p = &self.ln_p[..length.min(self.ln_p.len())];
        -ln_p.iter().map(|&ln_p| f64::from(ln_p)).sum::<f64>() / ln_p.len().max(1) as f64
    }

    /// Adds a step.
    fn push(&mut self, token: TokenId, row: &Row) {
        self.ids.push(token);
        self.ln_p.push(row.ln_p(token));
        self.q.push(row.q(token));
        self.entries.ids.extend_from_slice(&row.entries.ids);
        self.entries.ln_p.extend_from_slice(&row.entries.ln_p);
        self.entries.q.extend_from_slice(&row.entries.q);
        self.starts.push(self.entries.ids.len() as u32);
    }

    /// A text whose every step has these logits.
    #[cfg(test)]
    pub(crate) fn of_logits(index: u64, ids: &[TokenId], logits: &[f32], temperature: f64) -> Self {
        let mut recording = Self::new(index);
        ids.iter().for_each(|&id| recording.push_logits(id, logits, temperature));
        recording
    }

    /// A step that has these logits.
    #[cfg(test)]
    pub(crate) fn push_logits(&mut self, token: TokenId, logits: &[f32], temperature: f64) {
        let mut row = Row::default();
        row.reduce(logits, &[], temperature, 0.5);
        self.push(token, &row);
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.index.to_le_bytes());
        out.extend((self.ids.len() as u64).to_le_bytes());
        out.extend((self.entries.ids.len() as u64).to_le_bytes());
        let integers = [&self.ids, &self.starts, &self.entries.ids];
        let reals = [&self.ln_p, &self.q, &self.entries.ln_p, &self.entries.q];
        integers.into_iter().flatten().for_each(|n| out.extend(n.to_le_bytes()));
        reals.into_iter().flatten().for_each(|x| out.extend(x.to_le_bytes()));
        out
    }

    /// `None` unless the bytes are those of a whole recording.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (header, rest) = rest.split_at_checked(24)?;
        let number = |i: usize| u64::from_le_bytes(header[8 * i..8 * i + 8].try_into().expect("eight bytes"));
        let (index, n, m) = (number(0), usize::try_from(number(1)).ok()?, usize::try_from(number(2)).ok()?);
        let (words, []) = rest.as_chunks::<4>() else { return None };
        let mut words = words.iter();
        if words.len() != 4 * n + 1 + 3 * m {
            return None;
        }
        let mut integers = |count| words.by_ref().take(count).map(|&w| u32::from_le_bytes(w)).collect::<Vec<u32>>();
        let (ids, starts, entry_ids) = (integers(n), integers(n + 1), integers(m));
        let mut reals = |count| words.by_ref().take(count).map(|&w| f32::from_le_bytes(w)).collect::<Vec<f32>>();
        let (ln_p, q) = (reals(n), reals(n));
        let entries = Entries { ids: entry_ids, ln_p: reals(m), q: reals(m) };
        let ends_right = starts.is_sorted() && starts.last() == Some(&(m as u32));
        ends_right.then_some(Self { index, ids, ln_p, q, starts, entries })
    }
}

/// One row of logits, reduced.
#[derive(Debug, Default)]
struct Row {
    logits: Vec<f32>,
    /// Term to subtract from a logit for ln p at temperature 1.
    ln_total: f64,
    /// The largest logit that is not barred, 1 / temperature, and what exp((logit − largest) /
    /// temperature) adds up to.
    largest: f32,
    inverse_temperature: f32,
    total: f64,
    entries: Entries,
    // Kept from step to step, so that a step allocates nothing.
    order: Vec<(f32, TokenId)>,
}

impl Row {
    fn ln_p(&self, token: TokenId) -> f32 {
        (f64::from(self.logits[token as usize]) - self.ln_total) as f32
    }

    fn weight(&self, logit: f32) -> f32 {
        let exponent = (logit - self.largest) * self.inverse_temperature;
        // e^−30 of the largest, 50,000 times over, is 5e-9.
        if exponent < -30.0 { 0.0 } else { exponent.exp() }
    }

    fn q(&self, token: TokenId) -> f32 {
        (f64::from(((self.logits[token as usize] - self.largest) * self.inverse_temperature).exp()) / self.total) as f32
    }

    /// Reduces a row of raw logits to entries.
    ///
    /// - `stop`: tokens that are never sampled. They keep their share at temperature 1, which
    ///   perplexity is of.
    /// - `offset`: a random number in [0, 1) that the sample of the rest depends on.
    fn reduce(&mut self, logits: &[f32], stop: &[TokenId], temperature: f64, offset: f64) {
        self.logits.clear();
        self.logits.extend_from_slice(logits);
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|logit| f64::from((logit - greatest).exp())).sum();
        self.ln_total = f64::from(greatest) + sum.ln();
        let allowed =
            || (0..).zip(logits).filter(|(token, _)| !stop.contains(token)).map(|(token, &logit)| (logit, token));
        self.largest = allowed().map(|(logit, _)| logit).fold(f32::NEG_INFINITY, f32::max);
        self.inverse_temperature = (1.0 / temperature) as f32;
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(allowed().map(|(logit, token)| (self.weight(logit), token)).filter(|&(weight, _)| weight > 0.0));
        self.total = order.iter().map(|&(weight, _)| f64::from(weight)).sum();

        let by_weight = |a: &(f32, TokenId), b: &(f32, TokenId)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if order.len() > HEAD {
            order.select_nth_unstable_by(HEAD, by_weight);
        }
        let head = order.len().min(HEAD);
        order[..head].sort_unstable_by(by_weight);
        let (mut kept, mut rest) = (0, 1.0);
        while kept < head && rest >= REST {
            rest -= f64::from(order[kept].0) / self.total;
            kept += 1;
        }
        self.entries.ids.clear();
        self.entries.q.clear();
        self.entries.ids.extend(order[..kept].iter().map(|&(_, token)| token));
        self.entries.q.extend(order[..kept].iter().map(|&(weight, _)| (f64::from(weight) / self.total) as f32));
        let tail = &order[kept..];
        let mass: f64 = tail.iter().map(|&(weight, _)| f64::from(weight) / self.total).sum();
        if mass > 0.0 {
            let count = (mass / SHARE).ceil();
            let (spacing, mut reached) = (mass / count, 0.0);
            let mut next = offset * spacing;
            for &(weight, token) in tail {
                reached += f64::from(weight) / self.total;
                while next < reached {
                    self.entries.ids.push(token);
                    self.entries.q.push(spacing as f32);
                    next += spacing;
                }
            }
        }
        let ln_p = self.entries.ids.iter().map(|&token| self.ln_p(token)).collect();
        self.entries.ln_p = ln_p;
        self.order = order;
    }
}

/// Records a text while it is written.
struct Recorder<'e> {
    stop: &'e [TokenId],
    temperature: f64,
    rng: ChaCha8Rng,
    row: Row,
    recording: Rc<RefCell<Recording>>,
}

impl LogitsHook for Recorder<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        let offset = unit(&mut self.rng);
        self.row.reduce(logits, self.stop, self.temperature, offset);
    }

    fn push(&mut self, token: TokenId) {
        self.recording.borrow_mut().push(token, &self.row);
    }
}

/// Returns a random number in [0, 1), of 53 bits.
pub fn unit(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * (-53f64).exp2()
}

/// Records what `folder` lacks of the jobs: a file a text, whole or not there. The model may end no
/// text before its length.
///
/// # Errors
/// A recipe with a mark, or of temperature 0, which has no distribution; what a file or the model
/// has against it.
pub fn record(
    folder: &Path,
    recipe: &Recipe,
    jobs: &[Job],
    model: &mut dyn LanguageModel,
    stop: &[TokenId],
    progress: &ProgressBar,
) -> Result<()> {
    ensure!(recipe.mark.is_none(), "a recording is of unmarked text");
    ensure!(recipe.temperature > 0.0, "temperature 0 has no distribution to record");
    fs::create_dir_all(folder)?;
    let missing: Vec<&Job> = jobs.iter().filter(|job| !file(folder, job.index).exists()).collect();
    progress.inc(((jobs.len() - missing.len()) * recipe.tokens) as u64);
    let options = options(recipe, stop)?;
    let open: RefCell<BTreeMap<u64, Rc<RefCell<Recording>>>> = RefCell::default();
    let requests = missing.iter().map(|job| Request { index: job.index, prompt: job.prompt.clone() });
    let hook = |index| {
        let recording = Rc::new(RefCell::new(Recording::new(index)));
        open.borrow_mut().insert(index, Rc::clone(&recording));
        Recorder {
            stop,
            temperature: recipe.temperature,
            rng: text_rng(recipe.seed ^ REST_STREAM, index),
            row: Row::default(),
            recording,
        }
    };
    let mut failed = Ok(());
    generate(model, requests, &options, hook, |event| {
        match event {
            Event::Token { .. } => progress.inc(1),
            Event::Finished { index, .. } => {
                let recording = open.borrow_mut().remove(&index);
                failed = recording.context("a text that was not begun").and_then(|r| write(folder, &r.borrow()));
            }
            Event::Refused { index, error } => failed = Err(error).with_context(|| format!("text {index}")),
            _ => {}
        }
        if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failed
}

/// A recording that [`record`] has written.
///
/// # Errors
/// If there is none, or it is none.
pub fn read(folder: &Path, index: u64) -> Result<Recording> {
    let path = file(folder, index);
    let bytes = fs::read(&path).with_context(|| format!("{}", path.display()))?;
    match Recording::from_bytes(&bytes) {
        Some(recording) if recording.index == index => Ok(recording),
        _ => bail!("{}: not a recording of text {index}", path.display()),
    }
}

fn file(folder: &Path, index: u64) -> PathBuf {
    folder.join(format!("{index:06}.rec"))
}

fn write(folder: &Path, recording: &Recording) -> Result<()> {
    Ok(write_file(&file(folder, recording.index), |file| file.write_all(&recording.to_bytes()))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark_lm::DemoModel;
    use greenmark_text::demo_tokenizer;

    /// 5000 tokens whose probabilities fall as 1/rank, so that the rest has much of the mass.
    fn logits() -> Vec<f32> {
        (0..5000u32).map(|v| -((v * 1009 % 5000 + 1) as f32).ln()).collect()
    }

    #[test]
    fn entries_stand_for_the_whole_distribution() {
        for temperature in [0.7, 1.0] {
            let (logits, stop) = (logits(), [0]);
            let weight = |logit: f32| (f64::from(logit) / temperature).exp();
            let total: f64 = logits[1..].iter().map(|&logit| weight(logit)).sum();
            let plain: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
            let exact = |value: &dyn Fn(TokenId, f64) -> f64| -> f64 {
                (1..5000)
                    .map(|v| weight(logits[v as usize]) / total * value(v, f64::from(logits[v as usize]) - plain.ln()))
                    .sum()
            };
            let mut row = Row::default();
            let (mut means, draws) = ([0.0; 2], 200);
            for i in 0..draws {
                row.reduce(&logits, &stop, temperature, (f64::from(i) + 0.5) / f64::from(draws));
                let Entries { ids, ln_p, q } = &row.entries;
                assert!(ids.len() > HEAD && !ids.contains(&0));
                assert!((q.iter().sum::<f32>() - 1.0).abs() < 1e-5);
                assert!(q[HEAD..].iter().all(|&q| f64::from(q) <= SHARE + 1e-9));
                assert!((row.q(ids[7]) - q[7]).abs() < 1e-7);
                let sum =
                    |value: &dyn Fn(usize) -> f64| (0..ids.len()).map(|j| f64::from(q[j]) * value(j)).sum::<f64>();
                let surprise = sum(&|j| -f64::from(ln_p[j]));
                let thirds = sum(&|j| f64::from(u8::from(ids[j].is_multiple_of(3))));
                assert!((thirds - exact(&|v, _| f64::from(u8::from(v.is_multiple_of(3))))).abs() < 0.1);
                means[0] += surprise / f64::from(draws);
                means[1] += thirds / f64::from(draws);
            }
            assert!((means[0] - exact(&|_, ln_p| -ln_p)).abs() < 1e-3, "{means:?}");
            assert!((means[1] - exact(&|v, _| f64::from(u8::from(v.is_multiple_of(3))))).abs() < 1e-3, "{means:?}");
        }
    }

    #[test]
    fn a_sure_step_keeps_one_entry_and_a_stand_in() {
        let mut row = Row::default();
        let mut logits = vec![-9.0; 100];
        logits[42] = 9.0;
        row.reduce(&logits, &[], 1.0, 0.5);
        assert_eq!((row.entries.ids.len(), row.entries.ids[0]), (2, 42));
    }

    #[test]
    fn a_recording_broken_off_goes_on_and_a_damaged_one_is_refused() {
        let folder = std::env::temp_dir().join(format!("greenmark-recording-{}", std::process::id()));
        let mut model = DemoModel::new().expect("built in");
        let tokenizer = demo_tokenizer().expect("built in");
        let prompt = tokenizer.encode("One morning").expect("ASCII");
        let jobs: Vec<Job> = (0..3).map(|index| Job { index, prompt: prompt.clone(), key: index }).collect();
        let recipe = Recipe { mark: None, temperature: 0.7, tokens: 30, seed: 1 };
        let bar = ProgressBar::hidden();
        record(&folder, &recipe, &jobs, &mut model, tokenizer.eos_ids(), &bar).expect("it writes");
        let first: Vec<_> = (0..3).map(|index| read(&folder, index).expect("it was written")).collect();
        fs::remove_file(file(&folder, 1)).expect("it is ours");
        record(&folder, &recipe, &jobs, &mut model, tokenizer.eos_ids(), &bar).expect("it writes");
        for (index, recording) in (0..).zip(&first) {
            assert_eq!(&read(&folder, index).expect("it was written"), recording);
            assert_eq!(recording.ids.len(), 30);
            let step = recording.distribution(7);
            assert!((step.q.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(step.ids.iter().zip(step.q).any(|(&id, &q)| id == recording.ids[7] && q == recording.q[7]));
        }
        let bytes = fs::read(file(&folder, 2)).expect("it was written");
        fs::write(file(&folder, 2), &bytes[..bytes.len() - 5]).expect("a writable file");
        assert!(read(&folder, 2).is_err());
        fs::remove_dir_all(folder).expect("it is ours");
    }
}
