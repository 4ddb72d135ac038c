//! Texts by a language model, kept in files: a run that was broken off goes on where it was.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::ControlFlow,
    path::Path,
    rc::Rc,
};

use anyhow::{Context, Result, anyhow, ensure};
use greenmark::{Delta, Embedder, Key, Scheme};
use greenmark_lm::{
    Candidates, Event, GenerateOptions, LanguageModel, LogitsHook, MarkHook, Request, Sampling, SamplingParams,
    TokenId, generate,
};
use greenmark_text::Tokenizer;
use indicatif::ProgressBar;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::journal::Journal;
use greenmark_lm::nats;

/// Rules for writing the texts of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The mark; `None` writes plain text.
    pub mark: Option<Mark>,
    /// Divides the logits; no other filter.
    pub temperature: f64,
    /// Tokens of a text: the model may not end it before.
    pub tokens: usize,
    /// Seeds the draws, and the keys.
    pub seed: u64,
}

/// A scheme, and how strongly it marks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// The scheme.
    pub scheme: Scheme,
    /// δ, of green schemes.
    pub delta: Delta,
}

/// One text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// Its place: the same in every file, so that texts of two files make pairs.
    pub index: u64,
    /// Ids that the detector sees: those of the text, encoded again.
    pub ids: Vec<TokenId>,
    /// The text.
    pub text: String,
    /// −ln of the probability that the unmarked model gives the written tokens at temperature 1, in
    /// nats, on average.
    pub surprise: f64,
}

/// A prompt's place, its ids, and which key marks its text.
#[derive(Debug, Clone)]
pub struct Job {
    /// The text's place in the file.
    pub index: u64,
    /// Ids that the model continues.
    pub prompt: Vec<TokenId>,
    /// Names the key.
    pub key: u64,
}

/// Returns a text of each prompt, under its own key.
pub fn jobs(prompts: &[Vec<TokenId>]) -> Vec<Job> {
    (0..).zip(prompts).map(|(index, prompt)| Job { index, prompt: prompt.clone(), key: index }).collect()
}

/// A key that anyone can make again: for experiments alone.
pub fn key(seed: u64, number: u64) -> Key {
    Key::from_bytes(Sha256::digest(format!("greenmark/robustness/key/{seed}/{number}")).into())
}

/// Returns the texts of `file`, after those that it lacks have been written.
///
/// Each line is one [`Text`]; a last line that was cut off is dropped and its text written again.
///
/// # Errors
/// A fault in a file or a line of it, or an error of the model.
pub fn texts(
    file: &Path,
    recipe: &Recipe,
    jobs: &[Job],
    model: &mut dyn LanguageModel,
    tokenizer: &Tokenizer,
    progress: &ProgressBar,
) -> Result<Vec<Text>> {
    let (mut journal, mut texts) = known(file, tokenizer)?;
    let missing: Vec<&Job> = jobs.iter().filter(|job| !texts.contains_key(&job.index)).collect();
    progress.inc((jobs.len() - missing.len()) as u64);
    if !missing.is_empty() {
        write(recipe, &missing, model, tokenizer, |text| {
            journal.add(&text)?;
            progress.inc(1);
            texts.insert(text.index, text);
            Ok(())
        })
        .with_context(|| format!("writing {}", file.display()))?;
    }
    let wanted = jobs.iter().map(|job| texts.remove(&job.index).context("a text was not written"));
    wanted.collect()
}

/// The texts that a file has, by their index, and the file to which more are added.
///
/// # Errors
/// The file, and the line of it that is no text as they are written here.
pub fn known(file: &Path, tokenizer: &Tokenizer) -> Result<(Journal<Text>, BTreeMap<u64, Text>)> {
    let (journal, lines) = Journal::open(file)?;
    let mut texts = BTreeMap::new();
    for (line, text) in (1..).zip(lines) {
        check(&text, tokenizer)
            .and_then(|()| {
                let index = text.index;
                texts.insert(index, text).map_or(Ok(()), |_| Err(anyhow!("there is a text {index} before")))
            })
            .with_context(|| format!("{}, line {line}", file.display()))?;
    }
    Ok((journal, texts))
}

/// A file that was touched may still be JSON: figures of it would be of nothing.
fn check(text: &Text, tokenizer: &Tokenizer) -> Result<()> {
    ensure!(!text.ids.is_empty(), "the text has no ids");
    ensure!(text.surprise.is_finite() && text.surprise >= 0.0, "{} nats are no surprise", text.surprise);
    ensure!(tokenizer.encode(&text.text)? == text.ids, "the ids are not those of the text");
    Ok(())
}

fn write(
    recipe: &Recipe,
    jobs: &[&Job],
    model: &mut dyn LanguageModel,
    tokenizer: &Tokenizer,
    mut keep: impl FnMut(Text) -> Result<()>,
) -> Result<()> {
    let options = GenerateOptions {
        max_tokens: recipe.tokens,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams { temperature: recipe.temperature, ..Default::default() })?,
        seed: recipe.seed,
        stop: tokenizer.eos_ids().to_vec(),
        ignore_stop: true,
        batch: None,
    };
    // An embedder for every key, in the order of the jobs.
    let by_index: BTreeMap<u64, &Job> = jobs.iter().map(|&job| (job.index, job)).collect();
    let embedders: BTreeMap<u64, Embedder> = by_index
        .iter()
        .filter_map(|(&index, job)| {
            let Mark { scheme, delta } = recipe.mark?;
            Some((index, Embedder::new(&key(recipe.seed, job.key), scheme).delta(delta)))
        })
        .collect();
    let surprises: RefCell<BTreeMap<u64, Rc<Cell<f64>>>> = RefCell::default();
    let requests = jobs.iter().map(|job| Request { index: job.index, prompt: job.prompt.clone() });
    let mut failed = Ok(());
    let hook = |index| {
        let surprise = Rc::new(Cell::new(0.0));
        surprises.borrow_mut().insert(index, Rc::clone(&surprise));
        Observer { mark: embedders.get(&index).map(MarkHook::new), logits: Vec::new(), surprise }
    };
    generate(model, requests, &options, hook, |event| {
        match event {
            Event::Finished { index, ids, .. } => {
                let total = surprises.borrow_mut().remove(&index).map_or(0.0, |surprise| surprise.get());
                let text = tokenizer.decode_text(&ids);
                // Whole millionths: what is read is then what was written, in every digit.
                let surprise = (1e6 * total / ids.len().max(1) as f64).round() / 1e6;
                failed = match tokenizer.encode(&text) {
                    _ if text.is_empty() && !ids.is_empty() => Err(anyhow!("the model wrote no character")),
                    Ok(ids) => keep(Text { index, ids, text, surprise }),
                    Err(error) => Err(error.into()),
                };
            }
            Event::Refused { index, error } => failed = Err(error).with_context(|| format!("text {index}")),
            _ => {}
        }
        if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failed
}

/// Marks, and adds up what the unmarked model would have paid for the text.
struct Observer {
    mark: Option<MarkHook>,
    /// The model's own, before the mark.
    logits: Vec<f32>,
    surprise: Rc<Cell<f64>>,
}

impl LogitsHook for Observer {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.logits.clear();
        self.logits.extend_from_slice(logits);
        self.mark.adjust(logits);
    }

    fn choose(&mut self, candidates: Candidates<'_>, rng: &mut ChaCha8Rng) -> Option<TokenId> {
        self.mark.choose(candidates, rng)
    }

    fn push(&mut self, token: TokenId) {
        let surprise = nats(&self.logits, token);
        self.surprise.set(self.surprise.get() + surprise);
        self.mark.push(token);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use greenmark::Detector;
    use greenmark_lm::DemoModel;
    use greenmark_text::demo_tokenizer;

    fn jobs(tokenizer: &Tokenizer, n: u64) -> Vec<Job> {
        let prompt = tokenizer.encode("One morning").expect("ASCII");
        (0..n).map(|index| Job { index, prompt: prompt.clone(), key: index }).collect()
    }

    #[test]
    fn a_run_that_was_broken_off_goes_on_and_gives_the_same() {
        let folder = std::env::temp_dir().join(format!("greenmark-corpus-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a writable folder");
        let mut model = DemoModel::new().expect("built in");
        let tokenizer = demo_tokenizer().expect("built in");
        let scheme: Scheme = "gm1:gumbel,h=2".parse().expect("canonical");
        let mark = Some(Mark { scheme, delta: Delta::new(2.0).expect("finite") });
        let recipe = Recipe { mark, temperature: 1.0, tokens: 60, seed: 1 };
        let hidden = ProgressBar::hidden();
        let (whole, broken) = (folder.join("whole.jsonl"), folder.join("broken.jsonl"));
        let jobs = jobs(&tokenizer, 6);
        let mut write =
            |file: &Path, jobs: &[Job]| texts(file, &recipe, jobs, &mut model, &tokenizer, &hidden).expect("it writes");
        let expected = write(&whole, &jobs);
        write(&broken, &jobs[..3]);
        let cut = fs::read(&broken).expect("it was written");
        fs::write(&broken, &cut[..cut.len() - 7]).expect("a writable file");
        assert_eq!(write(&broken, &jobs), expected);
        assert_eq!(write(&broken, &jobs), expected, "nothing is missing");
        // A line that is JSON and no such text is named.
        let lines = fs::read_to_string(&whole).expect("it was written");
        let second = lines.lines().nth(1).expect("six texts").to_owned();
        for (damaged, message) in [
            (second.replacen("\"ids\":[", "\"ids\":[1,", 1), "the ids are not those of the text"),
            (second.replacen("\"index\":1", "\"index\":0", 1), "there is a text 0 before"),
            (second.replacen("\"surprise\":", "\"surprise\":-", 1), "are no surprise"),
        ] {
            assert_ne!(damaged, second);
            fs::write(&broken, lines.replace(&second, &damaged)).expect("a writable file");
            let error = format!("{:#}", known(&broken, &tokenizer).expect_err("damaged"));
            assert!(error.contains("broken.jsonl, line 2: ") && error.contains(message), "{error}");
        }
        for text in &expected {
            assert!(text.surprise > 0.5 && text.surprise < 6.0, "{}", text.surprise);
            assert!(Detector::new(&key(1, text.index), scheme).detect(&text.ids).ln_p < -5.0);
        }
        fs::remove_dir_all(folder).expect("it is ours");
    }
}
