//! `greenmark attack`: texts in, attacked texts out.

mod ready;

use std::{
    fmt::{self, Write},
    path::Path,
    slice,
};

use anstyle::Style;
use anyhow::{Context, Result, anyhow, bail};
use greenmark_attacks::{Attacked, Attacker, METHODS, Method, Other, Strength, damage::word_edit_rate};
use greenmark_lm::{DemoModel, Event, GenerateOptions, NoHook, Request, Sampling, SamplingParams, generate};
use greenmark_text::demo_tokenizer;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Outcome,
    args::AttackArgs,
    output::{complain, count, note, print_line, print_styled, write_stdout},
    progress,
    texts::{Content, Source, Text},
};

pub(crate) fn run(args: &AttackArgs) -> Result<Outcome> {
    if args.list {
        print_styled(&list())?;
        return Ok(Outcome::Done);
    }
    let first = args.name.zip(args.strength).context("no attack is named")?;
    let steps: Vec<(Method, Strength)> = std::iter::once(first).chain(args.then.iter().copied()).collect();
    let methods: Vec<Method> = steps.iter().map(|(method, _)| *method).collect();
    let needs_other = |method: &&Method| matches!(method, Method::Plain(attack) if attack.needs_other);
    if let (None, Some(method)) = (&args.with, methods.iter().find(needs_other)) {
        bail!("{} needs another text: give --with FILE", method.about().name);
    }
    ready::check(&args.model, &methods)?;
    let other = args.with.as_deref().map(read).transpose()?;
    let brings_words = methods.iter().any(|method| ["replace", "insert"].contains(&method.about().name));
    let words = match &args.words {
        Some(file) => words_of(&read(file)?),
        None if brings_words => words_of(&demo_text()?),
        None => Vec::new(),
    };
    let other = Other { words: &words, text: other.as_deref() };
    // An attack that is made twice is made ready once: it may hold a model.
    let mut attackers: Vec<Box<dyn Attacker + '_>> = Vec::new();
    let mut made_by = Vec::new();
    for &method in &methods {
        let known = attackers.iter().position(|attacker| attacker.about().name == method.about().name);
        made_by.push(match known {
            Some(at) => at,
            None => {
                attackers.push(ready::attacker(method, &args.model, other)?);
                attackers.len() - 1
            }
        });
    }
    let steps = made_by.into_iter().zip(steps).map(|(by, (_, strength))| (by, strength)).collect();
    let mut run = Run { seed: args.seed, attackers, steps };

    let source = Source::new(args.file.as_deref().unwrap_or(Path::new("-")), args.jsonl);
    if source.is_lines() {
        return run.lines(&source);
    }
    let text = source.text()?;
    let attacked = run.texts(slice::from_ref(&text)).remove(0)?;
    if args.json {
        print_line(&attacked.to_json(&text)?)?;
    } else {
        write_stdout(attacked.text.as_bytes())?;
        attacked.made.iter().for_each(|step| note(&step.to_string()));
    }
    Ok(Outcome::Done)
}

struct Run<'a> {
    seed: u64,
    attackers: Vec<Box<dyn Attacker + 'a>>,
    /// Who makes each attack, and how strong it is.
    steps: Vec<(usize, Strength)>,
}

/// A text after all attacks.
struct Done {
    raw: String,
    text: String,
    made: Vec<Step>,
}

/// One line of `attack --json`, which what else came with the text follows.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    text: &'a str,
    attacks: &'a [Step],
    word_edit_rate: Option<f64>,
}

impl Report<'_> {
    /// Of these an earlier run may have left others.
    const MADE: [&'static str; 2] = ["attacks", "word_edit_rate"];
}

/// One attack that was made.
#[derive(Serialize)]
struct Step {
    name: &'static str,
    strength: f64,
    seed: u64,
    #[serde(flatten)]
    options: Map<String, Value>,
    changed: usize,
    places: usize,
    rate: f64,
    /// Of an attack that takes what a model, a table or a program has to offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    unusable: Option<usize>,
    #[serde(skip)]
    place: &'static str,
}

impl Run<'_> {
    /// All texts of JSON Lines, as many at a time as the attacks like best.
    fn lines(&mut self, source: &Source) -> Result<Outcome> {
        let batch = self.attackers.iter().map(|attacker| attacker.batch()).max().unwrap_or(1);
        let progress = progress::of_texts(source, "");
        let mut outcome = Outcome::Done;
        let mut lines = source.text_lines(false)?;
        loop {
            let (mut texts, mut is_over) = (Vec::new(), true);
            for line in lines.by_ref().take(batch) {
                is_over = false;
                match line {
                    Ok(text) => texts.push(text),
                    Err(error) => {
                        progress.suspend(|| complain(&format!("{error:#}")));
                        progress.inc(1);
                        outcome = Outcome::Partly;
                    }
                }
            }
            if is_over {
                break;
            }
            for (text, attacked) in texts.iter().zip(self.texts(&texts)) {
                match attacked.with_context(|| format!("text {}", text.id)) {
                    Ok(attacked) => progress.suspend(|| print_line(&attacked.to_json(text)?))?,
                    Err(error) => {
                        progress.suspend(|| complain(&format!("{error:#}")));
                        outcome = Outcome::Partly;
                    }
                }
                progress.inc(1);
            }
        }
        progress.finish_and_clear();
        Ok(outcome)
    }

    /// Each text after all attacks.
    fn texts(&mut self, texts: &[Text]) -> Vec<Result<Done>> {
        let mut all: Vec<Result<Done>> = texts
            .iter()
            .map(|text| match &text.content {
                Content::Characters(raw) => Ok(Done { raw: raw.clone(), text: raw.clone(), made: Vec::new() }),
                Content::Ids(_) => Err(anyhow!("an attack needs `text`, and there are `tokens` alone")),
            })
            .collect();
        for (i, &(by, strength)) in self.steps.iter().enumerate() {
            // An attack made twice does not choose the same places.
            let seed = self.seed.wrapping_add(i as u64);
            let attacker = &mut self.attackers[by];
            let still: Vec<usize> = (0..all.len()).filter(|&at| all[at].is_ok()).collect();
            let attacked = {
                let texts: Vec<&str> = all.iter().flatten().map(|done| &*done.text).collect();
                attacker.attack(&texts, strength, seed)
            };
            for (at, attacked) in still.into_iter().zip(attacked) {
                match (attacked, &mut all[at]) {
                    (Ok(attacked), Ok(done)) => {
                        done.made.push(Step::of(attacker.as_ref(), strength, seed, &attacked));
                        done.text = attacked.text;
                    }
                    (Err(error), done) => *done = Err(error.into()),
                    (Ok(_), Err(_)) => {}
                }
            }
        }
        all
    }
}

impl Done {
    fn to_json(&self, of: &Text) -> Result<String> {
        let word_edit_rate = word_edit_rate(&self.raw, &self.text);
        let report = Report { id: &of.id, text: &self.text, attacks: &self.made, word_edit_rate };
        let mut line = serde_json::to_string(&report)?;
        let closing = line.pop();
        for member in of.rest().filter(|member| !Report::MADE.contains(&&*member.name)) {
            line.push(',');
            line += &member.written;
        }
        line.extend(closing);
        Ok(line)
    }
}

impl Step {
    fn of(attacker: &dyn Attacker, strength: Strength, seed: u64, attacked: &Attacked) -> Self {
        let about = attacker.about();
        let &Attacked { changed, places, unusable, .. } = attacked;
        let answering = [Method::Phrases, Method::BackTranslation, Method::Paraphrase];
        let takes_answers = answering.iter().any(|method| method.about().name == about.name);
        Self {
            name: about.name,
            strength: strength.share(),
            seed,
            options: attacker.options(),
            changed,
            places,
            rate: attacked.rate(),
            unusable: takes_answers.then_some(unusable),
            place: about.place,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, changed, place, .. } = self;
        let (places, rate) = (count(self.places as u64, "place"), 100.0 * self.rate);
        write!(f, "{name}: {changed} of {places} taken ({rate:.1} %); a place is a {place}")?;
        match self.unusable {
            None | Some(0) => Ok(()),
            Some(unusable) => {
                write!(f, "; {} stayed, as nothing of use was offered", count(unusable as u64, "place"))
            }
        }
    }
}

/// The attacks there are, for people.
fn list() -> String {
    let (bold, faint) = (Style::new().bold(), Style::new().dimmed());
    let mut list = String::new();
    for method in METHODS {
        let needs = match method {
            Method::Plain(attack) if attack.needs_other => "  needs --with",
            Method::Plain(attack) if attack.is_english => "  English alone",
            Method::Plain(_) => "",
            Method::Synonyms => "  English alone, needs WordNet",
            Method::Phrases => "  English alone, needs a paraphrase table and a language model",
            Method::BackTranslation => "  English alone, needs Apertium",
            Method::Resample => "  needs a language model",
            Method::Paraphrase => "  needs a chat model",
        };
        let attack = method.about();
        let _ = writeln!(list, "{bold}{}{bold:#}  a share of: {}{needs}", attack.name, attack.place);
        let _ = writeln!(list, "  models {}", attack.models);
        let _ = writeln!(list, "  {faint}source: {}{faint:#}", attack.source);
        let _ = writeln!(list, "  {faint}limits: {}{faint:#}", attack.limits);
    }
    list
}

fn read(file: &Path) -> Result<String> {
    Source::new(file, false).read_whole()
}

/// Words as often as a text has them.
fn words_of(text: &str) -> Vec<String> {
    let bare = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    bare.map(str::to_lowercase).collect()
}

/// What the demo model writes when nobody marks it: ordinary words, the same in every run.
fn demo_text() -> Result<String> {
    let tokenizer = demo_tokenizer().context("the built-in tokenizer")?;
    let mut model = DemoModel::new().context("the built-in model")?;
    let options = GenerateOptions {
        max_tokens: 4000,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams::default())?,
        seed: 1,
        stop: tokenizer.eos_ids().to_vec(),
        ignore_stop: true,
        batch: None,
    };
    let mut ids = tokenizer.prefix_ids().to_vec();
    ids.extend(tokenizer.encode("Once upon a time")?);
    let mut written = Err(anyhow!("the model wrote nothing"));
    generate(
        &mut model,
        [Request { index: 0, prompt: ids }],
        &options,
        |_| NoHook,
        |event| {
            if let Event::Finished { ids, .. } = event {
                written = Ok(ids);
            }
            std::ops::ControlFlow::Continue(())
        },
    )?;
    Ok(tokenizer.decode_text(&written?))
}
