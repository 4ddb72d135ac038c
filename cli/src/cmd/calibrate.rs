//! `greenmark calibrate`: how often unmarked texts are called marked.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use greenmark::{Key, TokenId};
use greenmark_eval::calibration::{About, Batch, CorpusFile, Ngrams, Plan, Report, Tables, Text, svg};
use greenmark_text::{
    Tokenizer,
    files::{sha256, write_file},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::{
    Outcome,
    args::CalibrateArgs,
    interrupt, keys, models,
    output::{complain, count, print_line, printable},
    texts::{Content, Document, Source},
};

/// Bytes of text that are read, tokenised and held at a time, and documents.
const BATCH_BYTES: usize = 1 << 19;
const BATCH_DOCUMENTS: usize = 1 << 13;
/// Positions that are scored between two looks at the clock: some seconds of work.
const BLOCK: usize = 1 << 24;
/// How long what was counted may stay unsaved, beside the block at hand.
const UNSAVED: Duration = Duration::from_secs(2);

/// Characters that are kept of the name of a part.
const PART_NAME: usize = 60;

const RESULTS: [&str; 3] = ["calibration.json", "calibration.md", "calibration.svg"];

/// What the counts depend on. A run that was broken off goes on only with the same.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Options {
    version: String,
    schemes: Vec<String>,
    keys: u64,
    together: u64,
    passage: Option<u64>,
    seed: u64,
    tokenizer: String,
    deployed_key: String,
    corpus: Vec<CorpusFile>,
    /// Whether each file is read as JSON Lines.
    is_lines: Vec<bool>,
}

impl Options {
    /// The first difference, for a message.
    fn difference(&self, other: &Self) -> Option<String> {
        let differs = |name: &str, here: String, there: String| {
            (here != there).then(|| format!("{name}: {there} there, {here} here"))
        };
        let passage = |passage: Option<u64>| passage.map_or_else(|| "none".into(), |tokens| tokens.to_string());
        differs("version", self.version.clone(), other.version.clone())
            .or_else(|| differs("--scheme", self.schemes.join(" "), other.schemes.join(" ")))
            .or_else(|| differs("--keys", self.keys.to_string(), other.keys.to_string()))
            .or_else(|| differs("--together", self.together.to_string(), other.together.to_string()))
            .or_else(|| differs("--passage", passage(self.passage), passage(other.passage)))
            .or_else(|| differs("--seed", self.seed.to_string(), other.seed.to_string()))
            .or_else(|| differs("tokenizer", self.tokenizer.clone(), other.tokenizer.clone()))
            .or_else(|| differs("key", self.deployed_key.clone(), other.deployed_key.clone()))
            .or_else(|| (self.corpus != other.corpus).then(|| "the corpus has changed".to_owned()))
            .or_else(|| (self != other).then(|| "--jsonl: given there or here, not in both".to_owned()))
    }
}

/// What was counted, and how far.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    options: Options,
    /// Batches of which all is counted.
    batches: u64,
    /// Keys of the next batch that are counted.
    keys: u64,
    /// Whether nothing is left.
    is_whole: bool,
    /// Documents, and lines that could not be read, of the batches begun.
    documents: u64,
    failed: u64,
    left_out: u64,
    normalised: u64,
    /// Texts of the batches that are whole.
    texts: u64,
    tables: Tables,
}

impl State {
    fn open(path: &Path, options: Options, plan: &Plan) -> Result<Self> {
        let name = path.display();
        let fresh = |options| Self {
            options,
            batches: 0,
            keys: 0,
            is_whole: false,
            documents: 0,
            failed: 0,
            left_out: 0,
            normalised: 0,
            texts: 0,
            tables: Tables::new(plan),
        };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(fresh(options)),
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        let state: Self = serde_json::from_slice(&bytes)
            .with_context(|| format!("{name} holds no progress of this command; remove it to begin anew"))?;
        if let Some(difference) = options.difference(&state.options) {
            bail!("{name} is of another run ({difference}): choose another --out, or remove it to begin anew");
        }
        Ok(state)
    }

    fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string(self).context("the progress")?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(write_file(path, |out| writeln!(out, "{text}"))?)
    }
}

pub(crate) fn run(args: &CalibrateArgs) -> Result<Outcome> {
    let plan = Plan::new(&args.scheme, args.keys, args.together, args.seed)?;
    let key = args.key_file.as_deref().map_or_else(|| Ok(plan.deployed_key()), deployed_key)?;
    let tokenizer = models::tokenizer(&args.tokenizer)?;
    refuse_to_replace(args)?;
    let (corpus, sources, unreadable) = open_corpus(args)?;
    if sources.is_empty() {
        bail!("no file of the corpus could be read");
    }

    interrupt::catch()?;
    let options = Options {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schemes: plan.schemes().iter().map(ToString::to_string).collect(),
        keys: plan.keys(),
        together: plan.together(),
        passage: args.passage,
        seed: plan.seed(),
        tokenizer: tokenizer.fingerprint().to_owned(),
        deployed_key: key.id().to_string(),
        corpus,
        is_lines: sources.iter().map(Source::is_lines).collect(),
    };
    let path = args.out.join("state.json");
    let mut state = State::open(&path, options, &plan)?;
    let failed_before = state.failed;
    let cutter = Cutter { tokenizer: &tokenizer, passage: args.passage };
    let mut run = Run { plan: &plan, key: &key, cutter, path: &path, saved: None, bar: bar(&plan, &sources) };
    if !state.is_whole && !run.all(&sources, &mut state)? {
        run.bar.finish_and_clear();
        let pairs = count(state.tables.all.first().map_or(0, |panel| panel[0].n), "pair");
        complain(&format!("interrupted: {pairs} counted; to go on: {}", this_command()));
        return Ok(Outcome::Partly);
    }
    run.bar.finish_and_clear();
    if failed_before > 0 {
        // An earlier run told them one by one.
        complain(&format!("{} of the corpus could not be read and are left out", count(state.failed, "document")));
    }
    if state.texts == 0 {
        bail!(
            "{}",
            match args.passage {
                Some(tokens) if state.documents > 0 =>
                    format!("no document of the corpus has {tokens} tokens: give a smaller --passage, or none"),
                None if state.documents > 0 => "no text of the corpus has a token".to_owned(),
                _ => "the corpus holds no text".to_owned(),
            }
        );
    }
    let about = About {
        tokenizer: tokenizer.name().to_owned(),
        fingerprint: tokenizer.fingerprint().to_owned(),
        passage: args.passage,
        corpus: state.options.corpus.clone(),
        documents: state.documents,
        left_out: state.left_out,
        failed: state.failed + unreadable,
        texts: state.texts,
        normalised: state.normalised,
        deployed_key: key.id().to_string(),
        deployed_key_is_given: args.key_file.is_some(),
    };
    let failed = about.failed;
    publish(args, &Report::new(&plan, about, &state.tables))?;
    Ok(if failed > 0 { Outcome::Partly } else { Outcome::Done })
}

/// The one key that asks every text.
fn deployed_key(path: &Path) -> Result<Key> {
    if path.is_dir() {
        bail!("{} is a folder: calibrate measures one deployed key, so name its file with -k", path.display());
    }
    keys::read(path)
}

/// Writes the results, and says what they are.
fn publish(args: &CalibrateArgs, report: &Report) -> Result<()> {
    let json = serde_json::to_string(report).context("the results")?;
    let [json_path, markdown, image] = RESULTS.map(|name| args.out.join(name));
    write_file(&json_path, |out| writeln!(out, "{json}"))?;
    write_file(&markdown, |out| out.write_all(report.markdown().as_bytes()))?;
    let plot = svg(report)?;
    write_file(&image, |out| out.write_all(plot.as_bytes()))?;
    if args.json {
        return print_line(&json);
    }
    let written = RESULTS.map(|name| printable(&args.out.join(name).display().to_string())).join(", ");
    print_line(&format!("{}\nwritten: {written}", report.summary()))
}

/// The results must not take the place of what they are made from.
fn refuse_to_replace(args: &CalibrateArgs) -> Result<()> {
    let results = RESULTS.iter().chain(&["state.json"]).filter_map(|name| args.out.join(name).canonicalize().ok());
    let results: Vec<PathBuf> = results.collect();
    for source in args.corpus.iter().chain(&args.key_file) {
        if source.canonicalize().is_ok_and(|source| results.contains(&source)) {
            bail!("the results would overwrite {}: choose another --out", source.display());
        }
    }
    Ok(())
}

/// The files of the corpus with what tells them apart, and how many cannot be read.
fn open_corpus(args: &CalibrateArgs) -> Result<(Vec<CorpusFile>, Vec<Source>, u64)> {
    let (mut files, mut sources, mut unreadable) = (Vec::new(), Vec::new(), 0);
    for path in &args.corpus {
        if path == Path::new("-") {
            bail!("--corpus -: the corpus is read more than once, so it must be in files");
        }
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            bail!("{} is no plain file, and the corpus is read more than once: save it as a file", path.display());
        }
        match corpus_file(path) {
            Ok(file) => {
                files.push(file);
                sources.push(Source::new(path, args.jsonl));
            }
            Err(error) => {
                complain(&format!("cannot read {}: {error}", path.display()));
                unreadable += 1;
            }
        }
    }
    Ok((files, sources, unreadable))
}

fn corpus_file(path: &Path) -> io::Result<CorpusFile> {
    let (sha256, bytes) = sha256(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(CorpusFile { name, bytes, sha256 })
}

/// The command that was given, to be given again.
fn this_command() -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    let quote = |argument: String| {
        if !argument.is_empty() && argument.chars().all(is_plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', "'\\''"))
        }
    };
    std::env::args_os().map(|argument| quote(argument.to_string_lossy().into_owned())).collect::<Vec<_>>().join(" ")
}

/// A bar on stderr, if that is a terminal.
fn bar(plan: &Plan, sources: &[Source]) -> ProgressBar {
    let documents: u64 =
        sources.iter().map(|source| if source.is_lines() { source.count_lines().unwrap_or(0) } else { 1 }).sum();
    let style = ProgressStyle::with_template("{wide_bar} {percent} %, {msg}, {elapsed} (left: {eta})");
    ProgressBar::new(documents * plan.keys()).with_style(style.expect("the template is sound"))
}

struct Run<'a> {
    plan: &'a Plan,
    key: &'a Key,
    cutter: Cutter<'a>,
    path: &'a Path,
    /// When what was counted was last saved; `None` before the first time.
    saved: Option<Instant>,
    bar: ProgressBar,
}

impl Run<'_> {
    /// Counts what is not counted yet; false if it was interrupted.
    fn all(&mut self, sources: &[Source], state: &mut State) -> Result<bool> {
        let documents = sources.iter().flat_map(|source| match source.documents() {
            Ok(documents) => documents,
            Err(error) => Box::new(std::iter::once(Err(error))),
        });
        let mut documents = documents.peekable();
        let mut ngrams = Ngrams::new(self.plan);
        let (done, mut number) = (state.batches, 0);
        let mut read_before = 0;
        while documents.peek().is_some() {
            let batch = read(&mut documents);
            let read_now = read_before + batch.len() as u64;
            let is_new = number == state.batches && state.keys == 0;
            let texts = self.cutter.cut_all(batch, is_new.then_some(&mut *state));
            let batch = Batch::new(self.plan, state.texts, &texts);
            if number < done {
                batch.remember(&mut ngrams);
            } else {
                if is_new {
                    batch.deploy(self.key, &mut ngrams, &mut state.tables);
                } else {
                    batch.remember(&mut ngrams);
                }
                let goes_on = texts.is_empty() || self.batch(&batch, [read_before, read_now], state)?;
                if goes_on {
                    state.texts += texts.len() as u64;
                    state.batches += 1;
                    state.keys = 0;
                }
                if !goes_on || interrupt::requested() {
                    state.save(self.path)?;
                    return Ok(false);
                }
            }
            number += 1;
            read_before = read_now;
        }
        // Without a text there is nothing to go on with.
        if state.texts > 0 {
            state.is_whole = true;
            state.save(self.path)?;
        }
        Ok(true)
    }

    /// All keys of a batch; false if it was interrupted.
    ///
    /// - `read`: documents read before it and with it.
    fn batch(&mut self, batch: &Batch<'_>, read: [u64; 2], state: &mut State) -> Result<bool> {
        let (keys, together) = (self.plan.keys(), self.plan.together());
        let groups = (BLOCK / batch.cost().max(1)) as u64 / together;
        let step = together * groups.max(1);
        while state.keys < keys {
            let next = keys.min(state.keys + step);
            batch.measure(state.keys..next, &mut state.tables);
            state.keys = next;
            self.bar.set_position(read[0] * keys + (read[1] - read[0]) * next);
            self.bar.set_message(count(state.tables.all[0][0].n, "pair"));
            if interrupt::requested() {
                return Ok(false);
            }
            if self.saved.is_none_or(|saved| saved.elapsed() > UNSAVED) {
                state.save(self.path)?;
                self.saved = Some(Instant::now());
            }
        }
        Ok(true)
    }
}

/// The documents of the next batch. What ends it depends on them alone, so that a run that goes on finds the same batches.
fn read(documents: &mut impl Iterator<Item = Result<Document>>) -> Vec<Result<Document>> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for document in documents {
        bytes += document.as_ref().map_or(0, |document| match &document.content {
            Content::Characters(text) => text.len(),
            Content::Ids(ids) => size_of_val(&ids[..]),
        });
        batch.push(document);
        if bytes >= BATCH_BYTES || batch.len() >= BATCH_DOCUMENTS {
            break;
        }
    }
    batch
}

/// Makes texts of documents.
struct Cutter<'a> {
    tokenizer: &'a Tokenizer,
    passage: Option<u64>,
}

impl Cutter<'_> {
    /// - `state`: to take note of documents and complain of those that are none; not where that is done.
    fn cut_all(&self, documents: Vec<Result<Document>>, mut state: Option<&mut State>) -> Vec<Text> {
        let mut texts = Vec::new();
        for document in documents {
            let cut = document.and_then(|document| self.cut(&document));
            match (cut, &mut state) {
                (Ok(mut cut), state) => {
                    if let Some(state) = state {
                        state.documents += 1;
                        state.left_out += u64::from(cut.is_empty());
                        state.normalised += cut.iter().map(|text| u64::from(text.versions.len() > 1)).sum::<u64>();
                    }
                    texts.append(&mut cut);
                }
                (Err(error), Some(state)) => {
                    state.failed += 1;
                    complain(&format!("{error:#}"));
                }
                (Err(_), None) => {}
            }
        }
        texts
    }

    fn cut(&self, document: &Document) -> Result<Vec<Text>> {
        let part = |kind: &str, name: &Option<String>| {
            name.as_ref().map(|name| format!("{kind} {}", name.chars().take(PART_NAME).collect::<String>()))
        };
        let parts: Vec<String> =
            [part("lang", &document.lang), part("source", &document.source)].into_iter().flatten().collect();
        let mut versions: Vec<Vec<Vec<TokenId>>> = match (&document.content, self.passage) {
            (Content::Ids(ids), None) => vec![vec![ids.clone()]],
            (Content::Ids(ids), Some(tokens)) => {
                ids.chunks_exact(tokens as usize).map(|ids| vec![ids.to_vec()]).collect()
            }
            (Content::Characters(text), None) => vec![self.versions(text)?],
            (Content::Characters(text), Some(tokens)) => {
                // By characters, as a text would come: a passage is encoded anew.
                let ranges = self.tokenizer.encode_with_places(text)?.places;
                let passages = ranges.chunks_exact(tokens as usize);
                passages
                    .map(|ranges| self.versions(&text[ranges[0].start..ranges[ranges.len() - 1].end]))
                    .collect::<Result<_>>()?
            }
        };
        versions.retain(|versions| !versions[0].is_empty());
        Ok(versions.into_iter().map(|versions| Text { versions, parts: parts.clone() }).collect())
    }

    /// The ids of a text, as it is and normalised if they differ.
    fn versions(&self, text: &str) -> Result<Vec<Vec<TokenId>>> {
        let as_it_is = self.tokenizer.encode(text)?;
        let normalised = greenmark::normalise(text);
        if !normalised.is_changed() {
            return Ok(vec![as_it_is]);
        }
        let normalised = self.tokenizer.encode(normalised.text())?;
        Ok(if normalised == as_it_is { vec![as_it_is] } else { vec![as_it_is, normalised] })
    }
}
