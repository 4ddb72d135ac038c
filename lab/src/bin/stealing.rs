//! Measures attackers that learn from marked text, or have a token inserted between words.
//!
//! `stealing learn OUT_DIR` and `stealing insert OUT_DIR` keep what they found in OUT_DIR and go on
//! where they were broken off; both print Markdown. `lab/scripts/stealing.sh` runs them.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fs,
    ops::{ControlFlow, Range},
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use greenmark::{Detector, Embedder, Key};
use greenmark_attacks::damage::chrf;
use greenmark_eval::{
    corpus::{self, Job, Mark, Recipe},
    detectors::PerDetector,
    journal::Journal,
    setup::{Setup, describe, file_name, file_name_part, parse_mark},
    summary::{Mean, Rate, median},
};
use greenmark_lab::{
    options,
    stealing::{Counts, Forger, Inserting, Learner, Scored, Words, strip},
};
use greenmark_lm::{Event, LogitsHook, MarkHook, Request, TokenId, generate, text_rng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

const ALPHA: f64 = 1e-6;
/// Tokens of a text, marked, unmarked or forged.
const LENGTH: usize = 200;
/// Shares of the tokens that may be exchanged.
const BUDGETS: [f64; 3] = [0.05, 0.1, 0.2];
/// Of forgers, in nats.
const STRENGTHS: [f64; 2] = [2.0, 4.0];
/// Texts have numbers, which seed their draws: the attacker's from 0, then unmarked ones, and those
/// attacked.
const UNMARKED: u64 = 10_000_000;
const ATTACKED: u64 = 20_000_000;

/// Measures what attackers get who learn from marked text, or have tokens inserted in it
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// demo, smollm2, or a GGUF file with a chat template
    #[arg(long, global = true, default_value = "demo")]
    model: String,
    /// JSON Lines with prompts; may be given several times
    #[arg(long, global = true, default_values = ["eval/prompts/prompts.jsonl", "eval/prompts/more-prompts.jsonl"])]
    prompts: Vec<PathBuf>,
    /// Seed of keys and draws
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Counts marked text, then strips and forges by what it learnt
    Learn {
        /// Folder of texts and outcomes
        out: PathBuf,
        /// A scheme, and a green one's delta after @
        #[arg(long, value_name = "SCHEME[@DELTA]", value_parser = parse_mark)]
        mark: Mark,
        /// Victims' keys
        #[arg(long, default_value_t = 10)]
        keys: u64,
        /// Texts to strip and to forge, of each key
        #[arg(long, default_value_t = 10)]
        texts: u64,
        /// Marked tokens of each key after which both are tried, ascending, 0 first
        #[arg(long, num_args = 1.., default_values_t = [0, 200, 400, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000])]
        rungs: Vec<usize>,
        /// Unmarked tokens that the attacker has
        #[arg(long, default_value_t = 500_000)]
        unmarked: usize,
    },
    /// Has a token inserted in the contexts of the mark, then deletes it
    Insert {
        /// Schemes, and green ones' delta after @
        #[arg(long, num_args = 1.., value_name = "SCHEME[@DELTA]", value_parser = parse_mark)]
        marks: Vec<Mark>,
        /// Texts of a cell, each under its own key
        #[arg(long, default_value_t = 200)]
        texts: u64,
    },
}

fn main() -> Result<()> {
    let Cli { command, common } = Cli::parse();
    match command {
        Command::Learn { out, mark, keys, texts, rungs, unmarked } => {
            fs::create_dir_all(&out)?;
            ensure!(rungs.first() == Some(&0) && rungs.is_sorted(), "--rungs ascend from 0");
            Theft { common: &common, out: &out, mark, texts, rungs, unmarked }.run(keys)
        }
        Command::Insert { marks, texts } => insert(&common, &marks, texts),
    }
}

/// A model, and the texts that it writes in memory or, where it is slow, in files.
struct Source<'a> {
    setup: Setup,
    prompts: Vec<Vec<TokenId>>,
    out: Option<&'a Path>,
    seed: u64,
}

impl<'a> Source<'a> {
    fn new(common: &Common, out: Option<&'a Path>) -> Result<Self> {
        let setup = Setup::load(&common.model)?;
        let prompts = setup.prompts(&common.prompts)?;
        ensure!(prompts.len() >= 10, "ten prompts are needed, and there are {}", prompts.len());
        let out = out.filter(|_| common.model != "demo");
        Ok(Self { setup, prompts, out, seed: common.seed })
    }

    /// The last tenth of the prompts is kept for the texts that are attacked.
    fn prompt(&self, index: u64) -> &[TokenId] {
        let learnt = self.prompts.len() * 9 / 10;
        if index < ATTACKED {
            &self.prompts[index as usize % learnt]
        } else {
            &self.prompts[learnt + (index - ATTACKED) as usize % (self.prompts.len() - learnt)]
        }
    }

    /// The ids of texts as a detector reads them.
    fn texts(&mut self, mark: Option<Mark>, key: u64, indices: Range<u64>) -> Result<Vec<Vec<TokenId>>> {
        if let Some(out) = self.out {
            let jobs: Vec<Job> = indices.map(|index| Job { index, prompt: self.prompt(index).to_vec(), key }).collect();
            let recipe = self.recipe(mark);
            let name = format!("{}-key-{key}", file_name(mark, 1.0));
            return Ok(self.setup.texts(out, &name, &recipe, &jobs)?.into_iter().map(|text| text.ids).collect());
        }
        let marker = marker(mark, &corpus::key(self.seed, key));
        self.write(indices, |_| marker.as_ref().map(MarkHook::new))
    }

    fn recipe(&self, mark: Option<Mark>) -> Recipe {
        Recipe { mark, temperature: 1.0, tokens: LENGTH, seed: self.seed }
    }

    /// A text for each index, by hooks of the caller's.
    fn write<H: LogitsHook>(&mut self, indices: Range<u64>, hook: impl FnMut(u64) -> H) -> Result<Vec<Vec<TokenId>>> {
        let requests: Vec<Request> =
            indices.clone().map(|index| Request { index, prompt: self.prompt(index).to_vec() }).collect();
        let options = options(&self.recipe(None), self.setup.tokenizer.eos_ids())?;
        let (mut texts, mut failed) = (BTreeMap::new(), Ok(()));
        generate(self.setup.model.as_mut(), requests, &options, hook, |event| {
            match event {
                Event::Finished { index, ids, .. } => drop(texts.insert(index, ids)),
                Event::Refused { index, error } => failed = Err(error).with_context(|| format!("text {index}")),
                _ => {}
            }
            if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        failed?;
        let tokenizer = &self.setup.tokenizer;
        texts.into_values().map(|ids| Ok(tokenizer.encode(&tokenizer.decode_text(&ids))?)).collect()
    }
}

fn marker(mark: Option<Mark>, key: &Key) -> Option<Embedder> {
    mark.map(|Mark { scheme, delta }| Embedder::new(key, scheme).delta(delta))
}

/// Result of an attacker under one key after a number of marked tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Reached {
    key: u64,
    /// Marked tokens seen.
    tokens: usize,
    /// Texts that the victim's detector finds before they are stripped.
    stripped: Vec<Stripped>,
    /// By [`STRENGTHS`], then by text.
    forged: Vec<Vec<Forged>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stripped {
    /// −ln p of the tokens before, under the unmarked model, nats a token.
    surprise: f64,
    /// ln p that `detect` says, and chrF, by [`BUDGETS`].
    after: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Forged {
    /// ln p that `detect` says.
    ln_p: f64,
    /// −ln p of the tokens under the unmarked model, nats a token.
    surprise: f64,
}

impl Reached {
    /// True if more samples can hardly change anything.
    fn is_everything(&self) -> bool {
        let stripped = self.stripped.iter().all(|text| text.after.iter().all(|&(ln_p, _)| ln_p > ALPHA.ln()));
        stripped && self.forged.iter().flatten().all(|text| text.ln_p <= ALPHA.ln())
    }
}

/// One scheme stolen from.
struct Theft<'a> {
    common: &'a Common,
    out: &'a Path,
    mark: Mark,
    texts: u64,
    rungs: Vec<usize>,
    unmarked: usize,
}

impl Theft<'_> {
    fn run(&self, keys: u64) -> Result<()> {
        let file = self.out.join(format!("{}-{}-reached.jsonl", self.model_name(), file_name_part(Some(self.mark))));
        let (journal, lines) = Journal::<Vec<Reached>>::open(&file)?;
        let of_key = |reached: Vec<Reached>| Some((reached.first()?.key, reached));
        let mut known: BTreeMap<u64, Vec<Reached>> = lines.into_iter().filter_map(of_key).collect();
        let missing: Vec<u64> = (0..keys).filter(|key| !known.contains_key(key)).collect();
        if !missing.is_empty() {
            let mut source = Source::new(self.common, Some(self.out))?;
            let texts = (self.unmarked / LENGTH) as u64;
            let mut unmarked = Counts::new(self.mark.scheme.context_width().get());
            source.texts(None, 0, UNMARKED..UNMARKED + texts)?.iter().for_each(|ids| unmarked.read(ids, Scored::All));
            let words = Words::new(&source.setup.tokenizer);
            let journal = Mutex::new(journal);
            let steal = |source: &mut Source<'_>, key| -> Result<Vec<Reached>> {
                let reached = self.steal(source, &unmarked, &words, key)?;
                journal.lock().expect("no thread panics while it writes").add(&reached)?;
                Ok(reached)
            };
            let new: Vec<Vec<Reached>> = if source.out.is_some() {
                missing.iter().map(|&key| steal(&mut source, key)).collect::<Result<_>>()?
            } else {
                // Models of their own, for the demo model is cheap.
                missing
                    .par_iter()
                    .map(|&key| steal(&mut Source::new(self.common, None)?, key))
                    .collect::<Result<_>>()?
            };
            known.extend(missing.into_iter().zip(new));
        }
        let known: Vec<Vec<Reached>> = (0..keys).filter_map(|key| known.remove(&key)).collect();
        self.report(&known);
        Ok(())
    }

    fn model_name(&self) -> String {
        let name = Path::new(&self.common.model).file_stem().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Everything under one key.
    fn steal(&self, source: &mut Source<'_>, unmarked: &Counts, words: &Words, number: u64) -> Result<Vec<Reached>> {
        let (key, scheme) = (corpus::key(self.common.seed, number), self.mark.scheme);
        let (gamma, scored) = match scheme.gamma() {
            Some(gamma) => (gamma.fraction(), Scored::All),
            None => (0.25, Scored::NewContexts),
        };
        let delta = if scheme.gamma().is_some() { f64::from(self.mark.delta.nats()) } else { 2.0 };
        let attacked = ATTACKED + 1000 * number..ATTACKED + 1000 * number + self.texts;
        let mut victims = source.texts(Some(self.mark), number, attacked.clone())?;
        let before: Vec<String> = victims.iter().map(|ids| source.setup.tokenizer.decode_text(ids)).collect();
        let mut found = Vec::new();
        for text in &before {
            found.push(PerDetector::of(text, &key, scheme, &source.setup.tokenizer)?.detect <= ALPHA.ln());
        }
        let mut kept = found.iter();
        victims.retain(|_| *kept.next().expect("as many"));
        let starts = source.setup.tokenizer.eos_ids().first().copied().unwrap_or(0);
        let ids: Vec<&[TokenId]> = victims.iter().map(Vec::as_slice).collect();
        let places = strip::places(source.setup.model.as_mut(), words, starts, &ids)?;

        let mut learner = Learner::new(unmarked, scored, gamma, delta);
        let (mut reached, mut read): (Vec<Reached>, u64) = (Vec::new(), 0);
        for &tokens in &self.rungs {
            let texts = (tokens / LENGTH) as u64;
            for ids in source.texts(Some(self.mark), number, read..texts)? {
                learner.read(&ids);
            }
            read = texts;
            let tokenizer = &source.setup.tokenizer;
            let strip_one = |(ids, places): (&Vec<TokenId>, &Vec<strip::Place>)| -> Result<Stripped> {
                let budgets = BUDGETS.map(|share| (share * ids.len() as f64) as usize);
                let before = tokenizer.decode_text(ids);
                let after = strip::strip(&learner, ids, places, &budgets).into_iter().map(|ids| {
                    let after = tokenizer.decode_text(&ids);
                    Ok((PerDetector::of(&after, &key, scheme, tokenizer)?.detect, chrf(&before, &after)))
                });
                let surprise =
                    -places.iter().map(|place| f64::from(place.own.max(f32::MIN_POSITIVE).ln())).sum::<f64>();
                Ok(Stripped { surprise: surprise / ids.len() as f64, after: after.collect::<Result<_>>()? })
            };
            let stripped = victims.iter().zip(&places).map(strip_one).collect::<Result<_>>()?;
            let mut forged = Vec::new();
            for strength in STRENGTHS {
                forged.push(self.forge(source, &learner, &key, strength, attacked.clone())?);
            }
            reached.push(Reached { key: number, tokens, stripped, forged });
            if reached.iter().rev().take(2).filter(|reached| reached.is_everything()).count() == 2 {
                break;
            }
        }
        Ok(reached)
    }

    fn forge(
        &self,
        source: &mut Source<'_>,
        learner: &Learner<'_>,
        key: &Key,
        strength: f64,
        indices: Range<u64>,
    ) -> Result<Vec<Forged>> {
        let costs: Vec<Cell<f64>> = indices.clone().map(|_| Cell::default()).collect();
        let hook = |index| Forger::new(learner, strength, &costs[(index - indices.start) as usize]);
        let texts = source.write(indices.clone(), hook)?;
        let tokenizer = &source.setup.tokenizer;
        let forged = texts.iter().zip(&costs).map(|(ids, cost)| {
            let text = tokenizer.decode_text(ids);
            let ln_p = PerDetector::of(&text, key, self.mark.scheme, tokenizer)?.detect;
            Ok(Forged { ln_p, surprise: cost.get() / LENGTH as f64 })
        });
        forged.collect()
    }

    fn report(&self, keys: &[Vec<Reached>]) {
        println!("\n### {}, {}\n", self.model_name(), describe(Some(self.mark)));
        // A key that stopped early had reached everything.
        let at = |tokens: usize| -> Vec<&Reached> {
            keys.iter().filter_map(|key| key.iter().rev().find(|reached| reached.tokens <= tokens)).collect()
        };
        let rungs = &self.rungs;
        let stripped = BUDGETS.iter().map(|share| format!("stripped, {:.0} % exchanged", 100.0 * share));
        let forged = STRENGTHS.iter().map(|strength| format!("forged, strength {strength}"));
        let aims: Vec<String> = stripped.chain(forged).collect();
        let hits = |aim: usize, reached: &Reached| -> Vec<bool> {
            match aim.checked_sub(BUDGETS.len()) {
                None => reached.stripped.iter().map(|text| text.after[aim].0 > ALPHA.ln()).collect(),
                Some(i) => reached.forged[i].iter().map(|text| text.ln_p <= ALPHA.ln()).collect(),
            }
        };
        let rate = |tokens, aim| Rate::of(at(tokens).into_iter().flat_map(|reached| hits(aim, reached)));

        println!("| marked tokens seen | {} |", aims.join(" | "));
        println!("|--:|{}", "---|".repeat(aims.len()));
        for &tokens in rungs {
            let cells = (0..aims.len()).map(|aim| rate(tokens, aim).map_or("–".to_owned(), show));
            println!("| {tokens} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }

        println!("\n| aim | tokens for 50 % | for 95 % | single keys, 50 %: least, median, greatest | price |");
        println!("|---|---|---|---|---|");
        for (aim, name) in aims.iter().enumerate() {
            let rates: Vec<(usize, Rate)> =
                rungs.iter().filter_map(|&tokens| Some((tokens, rate(tokens, aim)?))).collect();
            let single = keys.iter().map(|key| {
                let rates = key
                    .iter()
                    .filter_map(|reached| Some((reached.tokens, Rate::of(hits(aim, reached).into_iter())?.value())));
                first_to_reach(&rates.collect::<Vec<_>>(), 0.5)
            });
            let mut single: Vec<Option<usize>> = single.collect();
            single.sort_by_key(|tokens| tokens.unwrap_or(usize::MAX));
            let spread = [0, single.len() / 2, single.len() - 1].map(|at| self.name(single[at])).join(", ");
            let last = at(self.most());
            let price = match aim.checked_sub(BUDGETS.len()) {
                None => {
                    format!("chrF {}", mean(last.iter().flat_map(|r| r.stripped.iter().map(|text| text.after[aim].1))))
                }
                Some(i) => {
                    format!(
                        "{} nats a token",
                        mean(last.iter().flat_map(|r| r.forged[i].iter().map(|text| text.surprise)))
                    )
                }
            };
            println!("| {name} | {} | {} | {spread} | {price} |", self.needed(&rates, 0.5), self.needed(&rates, 0.95));
        }
        let nothing = at(0);
        let marked: Vec<f64> = nothing.iter().flat_map(|r| r.stripped.iter().map(|text| text.surprise)).collect();
        let plain: Vec<f64> = nothing.iter().flat_map(|r| r.forged[0].iter().map(|text| text.surprise)).collect();
        println!(
            "\n{} keys; {} of {} marked texts of {LENGTH} tokens are found before they are stripped, {} nats a token under the unmarked model; what it writes itself has {}. The attacker has {} unmarked tokens.",
            keys.len(),
            marked.len(),
            plain.len(),
            mean(marked.iter().copied()),
            mean(plain.iter().copied()),
            self.unmarked,
        );
    }

    fn most(&self) -> usize {
        self.rungs.last().copied().unwrap_or(0)
    }

    fn name(&self, tokens: Option<usize>) -> String {
        tokens.map_or(format!("> {}", self.most()), |tokens| tokens.to_string())
    }

    /// The first of the rungs at which the share is reached, and the first at which the upper, and
    /// the lower, end of the rate's interval reaches it.
    fn needed(&self, rates: &[(usize, Rate)], share: f64) -> String {
        let first = |value: fn(&Rate) -> f64| {
            let values: Vec<(usize, f64)> = rates.iter().map(|(tokens, rate)| (*tokens, value(rate))).collect();
            self.name(first_to_reach(&values, share))
        };
        format!("{} ({} to {})", first(|r| r.value()), first(|r| r.high), first(|r| r.low))
    }
}

/// The first number of tokens at which a share is reached. More need not be better, and nobody has
/// to use more.
fn first_to_reach(rates: &[(usize, f64)], share: f64) -> Option<usize> {
    rates.iter().find(|(_, rate)| *rate >= share).map(|(tokens, _)| *tokens)
}

fn show(rate: Rate) -> String {
    format!("{}/{} ({:.2}–{:.2})", rate.hits, rate.n, rate.low, rate.high)
}

fn mean(values: impl Iterator<Item = f64>) -> String {
    Mean::of(&values.collect::<Vec<_>>()).map_or("–".to_owned(), |mean| format!("{:.2}", mean.value))
}

/// Table of the insertions.
fn insert(common: &Common, marks: &[Mark], texts: u64) -> Result<()> {
    let mut source = Source::new(common, None)?;
    let words = Words::new(&source.setup.tokenizer);
    let inserted = source.setup.tokenizer.encode(" #")?;
    let inserted = *inserted.last().context("a token for the sign")?;
    println!("\n### {}, a token inserted, then deleted\n", common.model);
    println!("| mark | inserted after | p ≤ 1e-2 | p ≤ 1e-6 | median ln p | mean score |");
    println!("|---|---|---|---|--:|--:|");
    for &mark in marks {
        for (every, name) in [(0, "no word"), (2, "every second word"), (1, "every word")] {
            let seed = common.seed;
            let texts = source.write(0..texts, |index| {
                let embedder = marker(Some(mark), &corpus::key(seed, index)).expect("a mark");
                Inserting::new(MarkHook::new(&embedder), &words, inserted, every, text_rng(seed, ATTACKED + index))
            })?;
            let detections = texts.iter().zip(0..).map(|(ids, index)| {
                let key = corpus::key(seed, index);
                let text = source.setup.tokenizer.decode_text(ids);
                let ln_p = PerDetector::of(&text, &key, mark.scheme, &source.setup.tokenizer)?.detect;
                Ok((ln_p, Detector::new(&key, mark.scheme).detect(ids).mean_score().unwrap_or(0.0)))
            });
            let (ln_p, scores): (Vec<f64>, Vec<f64>) = detections.collect::<Result<Vec<_>>>()?.into_iter().unzip();
            let rate = |alpha: f64| Rate::of(ln_p.iter().map(|ln_p| *ln_p <= alpha.ln())).map_or("–".to_owned(), show);
            println!(
                "| {} | {name} | {} | {} | {:.1} | {} |",
                describe(Some(mark)),
                rate(1e-2),
                rate(ALPHA),
                median(ln_p.clone()).unwrap_or(0.0),
                mean(scores.into_iter()),
            );
        }
    }
    Ok(())
}
