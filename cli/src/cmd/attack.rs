//! `greenmark attack`: texts in, attacked texts out.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    fs, io,
    path::{Path, PathBuf},
    slice,
};

use anstyle::Style;
use anyhow::{Context, Result, anyhow, bail};
use greenmark_attacks::{
    About, Attack, Attacked, Need, Options, Strength, Unit, build, catalogue, damage::word_edit_rate,
};
use greenmark_lm::{DemoModel, Event, GenerateOptions, NoHook, Request, Sampling, SamplingParams, generate};
use greenmark_text::{demo_tokenizer, files::write_file};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    Outcome,
    args::{AttackArgs, AttackModelArgs, First, parse_step},
    output::{complain, count, note, print_line, print_styled, printable, write_stdout},
    progress,
    texts::{Content, Source, Text},
};

pub(crate) fn run(args: &AttackArgs) -> Result<Outcome> {
    if args.list {
        print_styled(&list())?;
        return Ok(Outcome::Done);
    }
    let steps = steps(args)?;
    let sources = sources(args)?;
    let needs_text = |(about, _): &&(&About, Strength)| about.needs.contains(&Need::Text);
    if let (None, Some((about, _))) = (&args.with, steps.iter().find(needs_text)) {
        bail!("{} needs another text: give --with FILE", about.name);
    }
    refuse_idle(args, &steps)?;
    let with = args.with.as_deref().map(read).transpose()?;
    let words = match &args.words {
        Some(file) => words_of(&read(file)?),
        None if steps.iter().any(|(about, _)| about.reads("words")) => words_of(&demo_text()?),
        None => Vec::new(),
    };
    #[cfg(feature = "endpoint")]
    let endpoint =
        args.model.at.options(args.model.temperature.unwrap_or(greenmark_attacks::PARAPHRASE_TEMPERATURE))?;
    let options = Options {
        words: &words,
        with: with.as_deref(),
        wordnet: args.model.wordnet.as_deref(),
        table: args.model.table.as_deref(),
        model: args.model.model.as_deref(),
        temperature: args.model.temperature,
        span: args.model.span.map(usize::from),
        candidates: args.model.candidates.map(usize::from),
        unit: args.model.unit.map(Unit::from),
        #[cfg(feature = "endpoint")]
        endpoint: endpoint.as_ref(),
    };
    // An attack that is made twice is made ready once: it may hold a model.
    let mut attackers: Vec<Box<dyn Attack + '_>> = Vec::new();
    let mut made_by = Vec::new();
    for (about, _) in &steps {
        let known = attackers.iter().position(|attack| attack.about().name == about.name);
        made_by.push(match known {
            Some(at) => at,
            None => {
                attackers.push(build(about.name, &options)?);
                attackers.len() - 1
            }
        });
    }
    let steps = made_by.into_iter().zip(steps).map(|(by, (_, strength))| (by, strength)).collect();
    let mut run = Run { seed: args.seed, attacks: attackers, steps };

    let Some(folder) = &args.output else {
        let [source] = &sources[..] else { bail!("several files: give --output DIR for what comes out") };
        return run.print(source, args.json);
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut outcome = Outcome::Done;
    for source in &sources {
        let path = target(folder, source, args.json);
        match run.save(source, &path, args.json) {
            Ok(Outcome::Done) => {}
            Ok(partly) => outcome = partly,
            Err(error) => {
                complain(&format!("{error:#}"));
                outcome = Outcome::Partly;
            }
        }
    }
    Ok(outcome)
}

/// The attacks to make, in their order, with their strengths.
fn steps(args: &AttackArgs) -> Result<Vec<(&'static About, Strength)>> {
    let mut steps = match (&args.name, args.strength) {
        (Some(First::One(about)), Some(strength)) => vec![(*about, strength)],
        (Some(First::One(about)), None) => {
            bail!("how much of {} is to be done? Give --strength, from 0 to 1", about.name)
        }
        (Some(First::Steps(_)), Some(_)) => bail!("--strength is for one attack: the lines of a file say their own"),
        (Some(First::Steps(path)), None) => steps_in(path)?,
        (None, _) => bail!("no attack is named"),
    };
    steps.extend(&args.then);
    Ok(steps)
}

/// The attacks of a file: `NAME:S` a line, with comments from `#` on.
fn steps_in(path: &Path) -> Result<Vec<(&'static About, Strength)>> {
    let (name, text) = (path.display(), read(path)?);
    let mut steps = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let step = line.split('#').next().unwrap_or_default().trim();
        if !step.is_empty() {
            steps.push(parse_step(step).map_err(|reason| anyhow!("{name}, line {number}: {reason}"))?);
        }
    }
    if steps.is_empty() {
        bail!("{name}: no attack is named in it");
    }
    Ok(steps)
}

/// The inputs. None of what is written may replace one of them, nor another file unasked.
fn sources(args: &AttackArgs) -> Result<Vec<Source>> {
    if args.files.is_empty() {
        return Ok(vec![Source::new(Path::new("-"), args.jsonl)]);
    }
    let sources: Vec<Source> = args.files.iter().map(|file| Source::new(file, args.jsonl)).collect();
    let Some(folder) = &args.output else { return Ok(sources) };
    let mut targets = HashMap::new();
    for source in &sources {
        let path = target(folder, source, args.json);
        if let Some(other) = targets.insert(path.clone(), source.name()) {
            bail!("{other} and {} would both become {}", source.name(), path.display());
        }
        let Ok(there) = path.canonicalize() else { continue };
        if args.files.iter().any(|file| file.canonicalize().is_ok_and(|file| file == there)) {
            bail!("--output {}: {} would overwrite an input", folder.display(), path.display());
        }
        if !args.force || !there.is_file() {
            bail!("{} exists and is not overwritten; add --force if it may go", path.display());
        }
    }
    Ok(sources)
}

/// The file that an attacked text is written to.
fn target(folder: &Path, source: &Source, is_json: bool) -> PathBuf {
    let mut name = source.file_name();
    if is_json && !source.is_lines() {
        name.push(".json");
    }
    folder.join(name)
}

struct Run<'a> {
    seed: u64,
    attacks: Vec<Box<dyn Attack + 'a>>,
    /// Attack of each step, by its index, and its strength.
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
    fn print(&mut self, source: &Source, is_json: bool) -> Result<Outcome> {
        if source.is_lines() {
            return self.lines(source, print_line);
        }
        let (text, attacked) = self.one(source)?;
        if is_json {
            print_line(&attacked.to_json(&text)?)?;
        } else {
            write_stdout(attacked.text.as_bytes())?;
            attacked.made.iter().for_each(|step| note(&step.to_string()));
        }
        Ok(Outcome::Done)
    }

    fn save(&mut self, source: &Source, path: &Path, is_json: bool) -> Result<Outcome> {
        if source.is_lines() {
            let mut outcome = Ok(Outcome::Partly);
            write_file(path, |out| {
                outcome = self.lines(source, |line| Ok(writeln!(out, "{line}")?));
                outcome.as_ref().map(|_| ()).map_err(|error| io::Error::other(format!("{error:#}")))
            })?;
            return outcome;
        }
        let (text, attacked) = self.one(source)?;
        let written = if is_json { attacked.to_json(&text)? + "\n" } else { attacked.text };
        write_file(path, |out| out.write_all(written.as_bytes()))?;
        attacked.made.iter().for_each(|step| note(&format!("{}: {step}", path.display())));
        Ok(Outcome::Done)
    }

    /// Returns the text of a plain file, before and after.
    fn one(&mut self, source: &Source) -> Result<(Text, Done)> {
        let text = source.text()?;
        let step = progress::Step::new(format!("attacking {}", printable(&source.name())));
        let attacked = self.texts(slice::from_ref(&text)).remove(0).with_context(|| source.name())?;
        drop(step);
        Ok((text, attacked))
    }

    /// Attacks all texts of JSON Lines, as many at a time as the attacks like best.
    fn lines(&mut self, source: &Source, mut print: impl FnMut(&str) -> Result<()>) -> Result<Outcome> {
        let batch = self.attacks.iter().map(|attack| attack.batch()).max().unwrap_or(1);
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
                    Ok(attacked) => progress.suspend(|| print(&attacked.to_json(text)?))?,
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

    /// Returns each text after all attacks.
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
            let attack = &mut self.attacks[by];
            let still: Vec<usize> = (0..all.len()).filter(|&at| all[at].is_ok()).collect();
            let attacked = {
                let texts: Vec<&str> = all.iter().flatten().map(|done| &*done.text).collect();
                attack.attack(&texts, strength, seed)
            };
            for (at, attacked) in still.into_iter().zip(attacked) {
                match (attacked, &mut all[at]) {
                    (Ok(attacked), Ok(done)) => {
                        done.made.push(Step::of(attack.as_ref(), strength, seed, &attacked));
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
            line += member.written;
        }
        line.extend(closing);
        Ok(line)
    }
}

impl Step {
    fn of(attack: &dyn Attack, strength: Strength, seed: u64, attacked: &Attacked) -> Self {
        let about = attack.about();
        let &Attacked { changed, places, unusable, .. } = attacked;
        Self {
            name: about.name,
            strength: strength.share(),
            seed,
            options: attack.options(),
            changed,
            places,
            rate: attacked.rate(),
            unusable: about.may_find_nothing.then_some(unusable),
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

/// Refuses options that would do nothing.
fn refuse_idle(args: &AttackArgs, steps: &[(&About, Strength)]) -> Result<()> {
    let AttackModelArgs { model, temperature, span, candidates, table, wordnet, unit, at } = &args.model;
    for (option, is_given) in [
        ("with", args.with.is_some()),
        ("words", args.words.is_some()),
        ("span", span.is_some()),
        ("candidates", candidates.is_some()),
        ("table", table.is_some()),
        ("wordnet", wordnet.is_some()),
        ("unit", unit.is_some()),
        ("endpoint", at.is_named()),
        ("model", model.is_some()),
        ("temperature", temperature.is_some()),
    ] {
        if is_given && !steps.iter().any(|(about, _)| about.reads(option)) {
            let readers: Vec<&str> =
                catalogue().iter().filter(|about| about.reads(option)).map(|about| about.name).collect();
            bail!("--{option} goes with {}, which is not asked for", readers.join(" and "));
        }
    }
    let loads_model = |(about, _): &(&About, Strength)| about.needs.contains(&Need::Model);
    if model.is_some() && at.is_named() && !steps.iter().any(loads_model) {
        bail!("--model does not go with --endpoint, whose model --endpoint-model names");
    }
    Ok(())
}

/// The attacks there are, for people.
fn list() -> String {
    let (bold, faint) = (Style::new().bold(), Style::new().dimmed());
    let mut list = String::new();
    for attack in catalogue() {
        let needs: Vec<String> = attack
            .needs
            .iter()
            .map(|need| match need {
                Need::Text => "--with".to_owned(),
                need => need.to_string(),
            })
            .collect();
        let needs = (!needs.is_empty()).then(|| format!("needs {}", needs.join(" and ")));
        let facts: Vec<String> =
            attack.is_english.then(|| "English alone".to_owned()).into_iter().chain(needs).collect();
        let facts = if facts.is_empty() { String::new() } else { format!("  {}", facts.join(", ")) };
        let _ = writeln!(list, "{bold}{}{bold:#}  a share of: {}{facts}", attack.name, attack.place);
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

/// Returns an unmarked text of the demo model: ordinary words, the same in every run.
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
