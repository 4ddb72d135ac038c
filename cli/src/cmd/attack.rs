//! `greenmark attack`: texts in, attacked texts out.

use std::{fmt::Write, path::Path};

use anstyle::Style;
use anyhow::{Context, Result, anyhow, bail};
use greenmark_lm::{
    DemoModel, Event, GenerateOptions, NoHook, Request, Sampling, SamplingParams, demo_tokenizer, generate,
};
use greenmark_robustness::{
    attack::{ALL, Attack, Attacked, Other, Strength},
    damage::word_edit_rate,
};
use serde::Serialize;

use crate::{
    Outcome,
    args::AttackArgs,
    output::{complain, count, note, print_line, print_styled, write_stdout},
    texts::{Content, Source, Text},
};

pub(crate) fn run(args: &AttackArgs) -> Result<Outcome> {
    if args.list {
        print_styled(&list())?;
        return Ok(Outcome::Done);
    }
    let first = args.name.zip(args.strength).context("no attack is named")?;
    let steps: Vec<(Attack, Strength)> = std::iter::once(first).chain(args.then.iter().copied()).collect();
    if let (None, Some((attack, _))) = (&args.with, steps.iter().find(|(attack, _)| attack.needs_other)) {
        bail!("{} needs another text: give --with FILE", attack.name);
    }
    let other = args.with.as_deref().map(read).transpose()?;
    let brings_words = steps.iter().any(|(attack, _)| ["replace", "insert"].contains(&attack.name));
    let words = match &args.words {
        Some(file) => words_of(&read(file)?),
        None if brings_words => words_of(&demo_text()?),
        None => Vec::new(),
    };
    let run = Run { args, steps, other: Other { words: &words, text: other.as_deref() } };

    let source = Source::new(args.file.as_deref().unwrap_or(Path::new("-")), args.jsonl);
    if !source.is_lines() {
        run.text(&source.text()?, args.json)?;
        return Ok(Outcome::Done);
    }
    let mut outcome = Outcome::Done;
    for text in source.text_lines(false)? {
        if let Err(error) = text.and_then(|text| run.text(&text, true).with_context(|| format!("text {}", text.id))) {
            if crate::output::is_closed_pipe(&error) {
                return Err(error);
            }
            complain(&format!("{error:#}"));
            outcome = Outcome::Partly;
        }
    }
    Ok(outcome)
}

struct Run<'a> {
    args: &'a AttackArgs,
    steps: Vec<(Attack, Strength)>,
    other: Other<'a>,
}

/// One line of `attack --json`.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    text: &'a str,
    attacks: &'a [Step],
    word_edit_rate: Option<f64>,
}

/// One attack that was made.
#[derive(Serialize)]
struct Step {
    name: &'static str,
    strength: f64,
    seed: u64,
    changed: usize,
    places: usize,
    rate: f64,
}

impl Run<'_> {
    fn text(&self, text: &Text, json: bool) -> Result<()> {
        let Content::Characters(raw) = &text.content else {
            bail!("an attack needs `text`, and there are `tokens` alone")
        };
        let mut attacked = raw.clone();
        let mut made = Vec::new();
        for (i, &(attack, strength)) in self.steps.iter().enumerate() {
            // An attack made twice does not choose the same places.
            let seed = self.args.seed.wrapping_add(i as u64);
            let done = attack.apply(&attacked, strength, seed, &self.other)?;
            let rate = done.rate();
            let Attacked { text, changed, places } = done;
            attacked = text;
            made.push(Step { name: attack.name, strength: strength.share(), seed, changed, places, rate });
        }
        if json {
            let word_edit_rate = word_edit_rate(raw, &attacked);
            return print_line(&serde_json::to_string(&Report {
                id: &text.id,
                text: &attacked,
                attacks: &made,
                word_edit_rate,
            })?);
        }
        write_stdout(attacked.as_bytes())?;
        for (step, (attack, _)) in made.iter().zip(&self.steps) {
            let places = count(step.places as u64, "place");
            note(&format!(
                "{}: {} of {places} taken ({:.1} %); a place is a {}",
                step.name,
                step.changed,
                100.0 * step.rate,
                attack.place
            ));
        }
        Ok(())
    }
}

/// The attacks there are, for people.
fn list() -> String {
    let (bold, faint) = (Style::new().bold(), Style::new().dimmed());
    let mut list = String::new();
    for attack in ALL {
        let needs = if attack.needs_other {
            "  needs --with"
        } else if attack.is_english {
            "  English alone"
        } else {
            ""
        };
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
