//! A calibration from documents to counts, going on where it was interrupted.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use greenmark::{Key, TokenId};
use greenmark_text::{
    Tokenizer,
    files::write_file,
    fmt::count,
    lines::{Content, Document},
};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use crate::journal::difference;

use super::{Batch, CorpusFile, Ngrams, Plan, Seen, Tables, Text};

/// Bytes of text that are read, tokenised and held at a time, and documents.
const BATCH_BYTES: usize = 1 << 19;
const BATCH_DOCUMENTS: usize = 1 << 13;
/// Positions that are scored between two looks at the clock: some tenths of a second of work.
const BLOCK: usize = 1 << 20;
/// Longest time that counts stay unsaved, besides the block at hand.
const UNSAVED: Duration = Duration::from_secs(2);

/// Characters that are kept of the name of a part.
const PART_NAME: usize = 60;

/// Options that the counts depend on. An interrupted run continues only with the same ones.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Version of Greenmark.
    pub version: String,
    /// The schemes.
    pub schemes: Vec<String>,
    /// Keys a text.
    pub keys: u64,
    /// Keys examined at once.
    pub together: u64,
    /// Tokens of a passage; `None` takes whole documents.
    pub passage: Option<u64>,
    /// Seed of the keys.
    pub seed: u64,
    /// The tokenizer's fingerprint.
    pub tokenizer: String,
    /// Id of the key that asks every text.
    pub deployed_key: String,
    /// The files.
    pub corpus: Vec<CorpusFile>,
    /// True if each file is read as JSON Lines.
    pub is_lines: Vec<bool>,
}

/// Members of [`Options`] by the names that a message gives them.
const NAMES: [(&str, &str); 9] = [
    ("version", "version"),
    ("schemes", "--scheme"),
    ("keys", "--keys"),
    ("together", "--together"),
    ("passage", "--passage"),
    ("seed", "--seed"),
    ("tokenizer", "tokenizer"),
    ("deployed_key", "key"),
    ("is_lines", "--jsonl"),
];

/// The counts so far, and the place reached.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    /// Options that the counts depend on.
    pub options: Options,
    /// Batches of which all is counted.
    pub batches: u64,
    /// Keys of the next batch that are counted.
    pub keys: u64,
    /// True if nothing is left.
    pub is_whole: bool,
    /// Documents of the batches begun, and texts of those that are whole.
    #[serde(flatten)]
    pub seen: Seen,
    /// The counts.
    pub tables: Tables,
}

impl State {
    /// Reads what was counted before, or begins.
    ///
    /// # Errors
    /// If the file is of another run, is none, or cannot be read.
    pub fn open(path: &Path, options: Options, plan: &Plan) -> Result<Self> {
        let name = path.display();
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (seen, tables) = (Seen::default(), Tables::new(plan));
                return Ok(Self { options, batches: 0, keys: 0, is_whole: false, seen, tables });
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        let state: Self = serde_json::from_slice(&bytes)
            .with_context(|| format!("{name} holds no progress of this command; remove it to begin anew"))?;
        let difference = match difference(&options, &state.options, &NAMES) {
            Some(_) if options.corpus != state.options.corpus => Some("the corpus has changed".to_owned()),
            difference => difference,
        };
        if let Some(difference) = difference {
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

/// A calibration at work.
pub struct Run<'a> {
    plan: &'a Plan,
    key: &'a Key,
    cutter: Cutter<'a>,
    path: &'a Path,
    /// When what was counted was last saved; `None` before the first time.
    saved: Option<Instant>,
    ask: Ask<'a>,
}

/// Callbacks of a run: its progress, and whether to stop.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Shows how far the run is.
    pub bar: &'a ProgressBar,
    /// Says what is wrong with a document, which is left out.
    pub complain: &'a dyn Fn(&str),
    /// True if the run is to stop.
    pub is_interrupted: &'a dyn Fn() -> bool,
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("plan", self.plan).field("path", &self.path).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask").finish_non_exhaustive()
    }
}

impl<'a> Run<'a> {
    /// - `key`: asks every text.
    /// - `passage`: tokens of a passage; `None` takes whole documents.
    /// - `path`: the file of the [`State`].
    pub fn new(
        plan: &'a Plan,
        key: &'a Key,
        tokenizer: &'a Tokenizer,
        passage: Option<u64>,
        path: &'a Path,
        ask: Ask<'a>,
    ) -> Self {
        let cutter = Cutter { tokenizer, passage, complain: ask.complain };
        Self { plan, key, cutter, path, saved: None, ask }
    }

    /// Counts what is not counted yet; false if it was interrupted.
    ///
    /// - `documents`: all of them, from the first, each time.
    ///
    /// # Errors
    /// If the file of the state cannot be written.
    pub fn all(&mut self, documents: impl Iterator<Item = Result<Document>>, state: &mut State) -> Result<bool> {
        let mut documents = documents.peekable();
        let mut ngrams = Ngrams::new(self.plan);
        let (done, mut number) = (state.batches, 0);
        let mut read_before = 0;
        while documents.peek().is_some() {
            let batch = read(&mut documents);
            let read_now = read_before + batch.len() as u64;
            let is_new = number == state.batches && state.keys == 0;
            let texts = self.cutter.cut_all(batch, is_new.then_some(&mut *state));
            let batch = Batch::new(self.plan, state.seen.texts, &texts);
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
                    state.seen.texts += texts.len() as u64;
                    state.batches += 1;
                    state.keys = 0;
                }
                if !goes_on || (self.ask.is_interrupted)() {
                    state.save(self.path)?;
                    return Ok(false);
                }
            }
            number += 1;
            read_before = read_now;
        }
        // Without a text there is nothing to go on with.
        if state.seen.texts > 0 {
            state.is_whole = true;
            state.save(self.path)?;
        }
        Ok(true)
    }

    /// Asks all keys of a batch; returns false if it was interrupted.
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
            self.ask.bar.set_position(read[0] * keys + (read[1] - read[0]) * next);
            self.ask.bar.set_message(count(state.tables.all[0][0].n, "pair"));
            if (self.ask.is_interrupted)() {
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

/// Returns the documents of the next batch. What ends it depends on them alone, so that a run that
/// goes on finds the same batches.
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
    complain: &'a dyn Fn(&str),
}

impl Cutter<'_> {
    /// - `state`: to take note of documents and complain of those that are none; not where that is
    ///   done.
    fn cut_all(&self, documents: Vec<Result<Document>>, mut state: Option<&mut State>) -> Vec<Text> {
        let mut texts = Vec::new();
        for document in documents {
            let cut = document.and_then(|document| self.cut(&document));
            match (cut, &mut state) {
                (Ok(mut cut), state) => {
                    if let Some(state) = state {
                        state.seen.documents += 1;
                        state.seen.left_out += u64::from(cut.is_empty());
                        state.seen.normalised += cut.iter().map(|text| u64::from(text.versions.len() > 1)).sum::<u64>();
                    }
                    texts.append(&mut cut);
                }
                (Err(error), Some(state)) => {
                    state.seen.failed += 1;
                    (self.complain)(&format!("{error:#}"));
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

    /// Returns the ids of a text, as it is and normalised if they differ.
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
