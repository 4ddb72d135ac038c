//! `greenmark detect`: texts in, evidence out.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::{KeyId, Scheme, TokenId, Verdict};
use greenmark_text::{
    Answer, Ask, Evidence, Examiner,
    files::{without_place, write_file},
    fmt::hex,
    tokenizer_named_by,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::stream;
use crate::{
    Outcome,
    args::DetectArgs,
    evidence::{COLOURS_OF_RAW, NO_MARK_NOTE, TOO_SHORT_NOTE, describe, describe_question, in_a_line, verdict},
    html::{self, Page, Pages, Report},
    interrupt, keys,
    output::{complain, count, is_closed_pipe, note, print_line, print_styled, printable, stdout_has_colour, warn},
    profiles::Asked,
    progress::Step,
    show::{Piece, coloured, legend, note_passages, pieces},
    texts::{Content, DocumentFacts, Origin, Source, Text, files_in},
};

/// Bytes of a text from which on it may take so long that a sign is wanted.
const LARGE: usize = 1 << 20;

pub(crate) fn run(args: &DetectArgs) -> Result<Outcome> {
    let paths = keys::paths(&args.key_file, !args.profile.is_empty(), args.reads_stdin())?;
    if paths.is_empty() && args.profile.is_empty() {
        bail!("no key: give --profile FILE, or --key-file FILE, or set GREENMARK_KEY_FILE");
    }
    if args.tokens && !args.jsonl && !args.files.iter().any(|file| Source::new(file, false).is_lines()) {
        bail!("--tokens is about JSON Lines, and no input is named .jsonl: add --jsonl if they are");
    }
    let asked = Asked::read(&args.profile, &paths)?;
    if asked.keys.is_empty() && !args.scheme.is_empty() {
        bail!("--scheme is for keys without a profile, and there is none: a profile says its own");
    }
    if let (Some((file, profile)), false) = (asked.of_profiles.first(), args.scheme.is_empty()) {
        bail!(
            "--scheme is for keys without a profile, and key {} is that of profile {profile}: leave one of them out",
            file.display()
        );
    }
    if args.files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
        bail!("- is standard input, which can be read once");
    }
    if let Some(page) = &args.html {
        let sources = args.files.iter().chain(&asked.files).map(PathBuf::as_path);
        refuse_to_replace(page, sources.chain(args.tokenizer.as_deref().map(Path::new)), args.force)?;
    }
    let schemes = args.schemes();
    if args.stream {
        return stream::run(args, &asked, &schemes);
    }
    let mut run = Run::new(args, &asked, schemes);
    let ended = match &args.html {
        None => run.all(None),
        Some(folder) if html::is_folder(folder) => Report::begin(folder).and_then(|mut report| {
            run.all(Some(&mut report))?;
            report.end(run.outcome != Outcome::Partly)
        }),
        Some(path) => {
            let mut failed = Ok(());
            write_file(path, |out| {
                let mut page = Page::begin(out)?;
                failed = run.all(Some(&mut page));
                if failed.is_err() {
                    return Err(io::Error::other("the detection stopped before the page was whole"));
                }
                if run.last.is_none() && run.outcome == Outcome::Partly {
                    return Err(io::Error::other("no text could be scored"));
                }
                page.end(run.outcome != Outcome::Partly)
            })
            // What stopped the run says more than that the page is missing.
            .or_else(|error| failed.and(Err(error.into())))
        }
    };
    match ended.and_then(|()| run.close()) {
        // A reader that has seen enough is no failure; a text that was refused before it left is one.
        Err(error) if !is_closed_pipe(&error) => return Err(error),
        _ => {}
    }
    let says = args.exit_code && run.outcome == Outcome::Done && run.counts[Verdict::Marked as usize] > 0;
    Ok(if says { Outcome::Marked } else { run.outcome })
}

/// A page must not take the place of what it is made from, nor of anything but a plain file.
///
/// - `force`: whether it may take the place of a file that is no page.
fn refuse_to_replace<'a>(page: &Path, sources: impl Iterator<Item = &'a Path>, force: bool) -> Result<()> {
    if page == Path::new("-") {
        bail!("--html -: a page goes into a file, since standard output has the verdicts");
    }
    let Ok(target) = page.canonicalize() else { return Ok(()) };
    let is_folder = html::is_folder(page);
    for source in sources {
        if source.canonicalize().is_ok_and(|source| source == target || is_folder && source.starts_with(&target)) {
            bail!("--html {} would overwrite a file that it is made from", page.display());
        }
    }
    if is_folder {
        if !force && !html::is_report(page).with_context(|| format!("cannot read {}", page.display()))? {
            bail!("--html {} is a folder with other files: choose a new one, or add --force", page.display());
        }
        return Ok(());
    }
    if page.is_symlink() || !page.is_file() {
        bail!("--html {}: there is something that is no plain file", page.display());
    }
    // As with `--html *.txt`, which makes a page of the first text.
    if !force && !html::is_page(page).with_context(|| format!("cannot read {}", page.display()))? {
        bail!(
            "--html {} would overwrite a file that is no page of this command: add --force if it may go",
            page.display()
        );
    }
    Ok(())
}

/// One call of the command: what it was asked, and what it has found so far.
struct Run<'a> {
    args: &'a DetectArgs,
    asked: &'a Asked,
    schemes: Vec<Scheme>,
    /// Name of the tokenizer of keys without a profile: `--tokenizer`, or that of the first line.
    tokenizer: Option<String>,
    /// Contradictions that were said.
    warned: Vec<String>,
    /// The keys that are asked, once they are needed.
    key_ids: Option<HashSet<KeyId>>,
    /// Questions about ids, which need no tokenizer; made for the first text of ids.
    of_ids: Option<(Vec<Ask<'a>>, Examiner)>,
    /// Questions about characters; tokenizers are loaded for the first text that needs them.
    of_texts: Option<(Vec<Ask<'a>>, Examiner)>,
    /// True if the last text that was answered had characters; `None` before the first.
    last: Option<bool>,
    /// Texts by verdict.
    counts: [u64; 3],
    /// Texts that could not be read.
    unread: u64,
    /// Texts of documents by their SHA-256, to tell those that come again.
    seen: HashMap<[u8; 32], String>,
    /// Texts that had come before.
    again: u64,
    is_brief: bool,
    /// An interruption left lines of a file unread.
    is_cut: bool,
    /// The reader of standard output has left, but there is a page to finish.
    unheard: Cell<bool>,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    fn new(args: &'a DetectArgs, asked: &'a Asked, schemes: Vec<Scheme>) -> Self {
        Self {
            args,
            asked,
            schemes,
            tokenizer: args.tokenizer.clone(),
            warned: Vec::new(),
            key_ids: None,
            of_ids: None,
            of_texts: None,
            last: None,
            counts: [0; 3],
            unread: 0,
            seen: HashMap::new(),
            again: 0,
            is_brief: args.brief || !args.json && !args.show && args.files.iter().any(|file| file.is_dir()),
            is_cut: false,
            unheard: Cell::new(false),
            outcome: Outcome::Done,
        }
    }
}

impl Run<'_> {
    fn all(&mut self, mut page: Option<&mut dyn Pages>) -> Result<()> {
        let stdin = [PathBuf::from("-")];
        let paths = if self.args.files.is_empty() { &stdin[..] } else { &self.args.files };
        let mut files = Vec::new();
        for path in paths {
            match path.is_dir() {
                true => files.extend(files_in(path)),
                false => files.push(Ok(path.clone())),
            }
        }
        let all = files.len();
        for (i, file) in files.into_iter().enumerate() {
            let result = match file {
                Ok(file) => self.file(&file, reborrow(&mut page)).map_err(|failure| (file, failure)),
                Err((file, error)) => Err((file, Failure::Text(error))),
            };
            // The overview names what could not be opened, as it does what could not be read.
            if let (Err((file, Failure::Text(error))), Some(page)) = (&result, &mut page) {
                page.unread(&file.display().to_string(), &error.to_string());
            }
            self.go_on_after(result.map_err(|(_, failure)| failure))?;
            if interrupt::requested() && (self.is_cut || i + 1 < all) {
                self.outcome = Outcome::Partly;
                complain("interrupted: the texts that follow were not looked at");
                break;
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Path, mut page: Option<&mut dyn Pages>) -> Result<(), Failure> {
        let source = Source::new(file, self.args.jsonl);
        if !source.is_lines() {
            for found in source.read_documents()? {
                if interrupt::requested() {
                    self.is_cut = true;
                    break;
                }
                let (id, origin) = (found.id, found.origin);
                let text = found.text.map(|text| Text::new(id.clone(), Content::Characters(text)));
                let result = match text {
                    Ok(text) => self.text(&text, Some(origin), reborrow(&mut page)),
                    Err(error) => {
                        if let Some(page) = &mut page {
                            page.unread(&id, &error.to_string());
                        }
                        Err(Failure::Text(error))
                    }
                };
                self.go_on_after(result).map_err(Failure::Run)?;
            }
            return Ok(());
        }
        for text in source.text_lines(self.args.tokens)? {
            // There is a further text, which is what an interruption cuts off.
            if interrupt::requested() {
                self.is_cut = true;
                break;
            }
            let result = text.map_err(Failure::Text).and_then(|text| self.text(&text, None, reborrow(&mut page)));
            self.go_on_after(result).map_err(Failure::Run)?;
        }
        Ok(())
    }

    /// Reports what was wrong with one text, unless nothing can be written any more.
    fn go_on_after(&mut self, result: Result<(), Failure>) -> Result<()> {
        match result {
            Ok(()) => Ok(()),
            Err(Failure::Run(error)) => Err(error),
            Err(Failure::Text(error)) => {
                complain(&format!("{error:#}"));
                self.outcome = Outcome::Partly;
                self.unread += 1;
                Ok(())
            }
        }
    }

    fn text(&mut self, text: &Text, origin: Option<Origin>, page: Option<&mut dyn Pages>) -> Result<(), Failure> {
        let bytes = match &text.content {
            Content::Characters(raw) => raw.len(),
            Content::Ids(ids) => size_of_val(&**ids),
        };
        let step = (bytes >= LARGE).then(|| Step::new(format!("checking {}", printable(&text.id))));
        let provenance = Provenance::of(text);
        if self.of_ids.is_none() && self.of_texts.is_none() {
            self.adopt(&provenance);
        }
        match &text.content {
            Content::Ids(ids) => {
                if self.of_ids.is_none() {
                    let asks = self.asked.of_ids(&self.schemes);
                    self.of_ids = Some((asks.clone(), self.examiner(asks)));
                }
                self.contradict(&text.id, &provenance, false);
                let (_, examiner) = self.of_ids.as_mut().expect("it was made");
                let answer = examiner.examine_ids(ids);
                drop(step);
                self.say(&text.id, &answer, Given::Ids(ids), None, page)
            }
            Content::Characters(raw) => {
                if self.of_texts.is_none() {
                    let asks = self.asked.of_texts(&self.schemes, self.tokenizer.as_deref());
                    let asks = asks.map_err(Failure::Run)?;
                    self.of_texts = Some((asks.clone(), self.examiner(asks)));
                }
                self.contradict(&text.id, &provenance, true);
                let (_, examiner) = self.of_texts.as_mut().expect("it was made");
                let answer = examiner.examine(raw)?;
                drop(step);
                let document = origin.map(|origin| {
                    let sha256: [u8; 32] = Sha256::digest(raw).into();
                    let same_as = self.seen.get(&sha256).cloned();
                    self.again += u64::from(same_as.is_some());
                    self.seen.entry(sha256).or_insert_with(|| text.id.clone());
                    DocumentFacts { origin, sha256: hex(&sha256), same_as }
                });
                self.say(&text.id, &answer, Given::Characters(raw), document, page)
            }
        }
    }

    /// Takes scheme and tokenizer of keys without a profile from the first line, where nobody named
    /// others: `embed` writes them.
    fn adopt(&mut self, provenance: &Provenance) {
        if self.args.scheme.is_empty()
            && let Some(scheme) = provenance.scheme
        {
            self.schemes = vec![scheme];
        }
        let known = provenance.tokenizer.as_deref().and_then(tokenizer_named_by);
        self.tokenizer = self.tokenizer.take().or(known.map(str::to_owned));
    }

    /// Warns, once for each, where a line names a key, scheme or tokenizer that is not asked about.
    fn contradict(&mut self, id: &str, provenance: &Provenance, of_texts: bool) {
        let (asks, _) = if of_texts { &self.of_texts } else { &self.of_ids }.as_ref().expect("they were made");
        let keys = self.key_ids.get_or_insert_with(|| asks.iter().map(|ask| ask.key.id()).collect());
        let schemes = |it: &Scheme| asks.iter().any(|ask| ask.scheme == *it);
        let tokenizers =
            |it: &String| asks.iter().flat_map(|ask| &ask.tokenizer).any(|asked| asked.fingerprint() == it);
        let differs = [
            ("scheme", provenance.scheme.filter(|it| !schemes(it)).map(|it| it.to_string())),
            ("key", provenance.key_id.filter(|it| !keys.contains(it)).map(|it| it.to_string())),
            ("tokenizer", provenance.tokenizer.clone().filter(|it| of_texts && !tokenizers(it))),
        ];
        for (what, named) in differs {
            let Some(named) = named else { continue };
            let warning =
                format!("its line names the {what} {named}, which is not asked about: the answer speaks of others");
            if !self.warned.contains(&warning) {
                warn(&format!("{id}: {warning}"));
                self.warned.push(warning);
            }
        }
    }

    fn examiner(&self, asks: Vec<Ask<'_>>) -> Examiner {
        let DetectArgs { alpha, no_search, no_normalise, .. } = *self.args;
        Examiner::new(asks).alpha(alpha).searches(!no_search).normalises(!no_normalise)
    }

    /// Says what came of a text.
    fn say(
        &mut self,
        id: &str,
        answer: &Answer,
        given: Given<'_>,
        document: Option<DocumentFacts>,
        page: Option<&mut dyn Pages>,
    ) -> Result<(), Failure> {
        let spelt;
        let mut shown = Vec::new();
        if self.args.show || page.is_some() {
            let shades = answer.shades();
            let encoded = match given {
                Given::Characters(raw) => answer.encoded(raw),
                Given::Ids(_) => None,
            };
            shown = match (given, &encoded) {
                (Given::Characters(raw), Some(encoded)) => pieces(raw, &encoded.places, &shades),
                (Given::Ids(ids), _) => {
                    spelt = ids.iter().map(|id| format!("{id} ")).collect::<Vec<_>>();
                    let piece = |(text, &look)| Piece { text, look, within: false };
                    spelt.iter().map(String::as_str).zip(&shades).map(piece).collect()
                }
                (Given::Characters(_), None) => unreachable!("characters were encoded"),
            };
            note_passages(&mut shown, &answer.passages, matches!(given, Given::Ids(_)));
        }

        let raw = match given {
            Given::Characters(raw) => Some(raw),
            Given::Ids(_) => None,
        };
        let names_ask = self.asked.count(&self.schemes) > 1 || !self.asked.deployments.is_empty();
        let origin = document.as_ref().map(|document| document.origin.to_string()).unwrap_or_default();
        let same = document.as_ref().and_then(|document| document.same_as.as_deref());
        if self.args.json {
            let line = Line { evidence: Evidence::new(id, answer), document: document.as_ref() };
            self.print(&serde_json::to_string(&line)?).map_err(Failure::Run)?;
        } else if self.is_brief {
            self.print(&in_a_line(id, answer, &origin, same, names_ask)).map_err(Failure::Run)?;
        } else {
            let mut described = describe(id, answer, raw, names_ask);
            if !origin.is_empty() {
                described += &format!("  read as {origin}\n");
            }
            if let Some(same) = same {
                described += &format!("  the same text as {same}\n");
            }
            if self.args.show {
                if answer.is_normalised() {
                    described += &format!("  {COLOURS_OF_RAW}\n");
                }
                described += &format!("\n{}\n\n", coloured(&shown, stdout_has_colour()));
            }
            self.print(&described).map_err(Failure::Run)?;
        }
        if let Some(page) = page {
            page.text(id, answer, raw, &shown, document.as_ref()).map_err(|error| {
                let name = self.args.html.as_ref().map(|page| page.display().to_string()).unwrap_or_default();
                Failure::Run(anyhow!("cannot write {name}: {}", without_place(error)))
            })?;
        }
        self.counts[answer.verdict() as usize] += 1;
        self.last = Some(raw.is_some());
        Ok(())
    }

    /// For people: what was asked, once, after all answers.
    fn close(&self) -> Result<()> {
        let Some(had_characters) = self.last else {
            if self.unread == 0 {
                note("there was no text to ask about");
            }
            return Ok(());
        };
        if self.args.json {
            return Ok(());
        }
        let (asks, _) = if had_characters { &self.of_texts } else { &self.of_ids }.as_ref().expect("it answered");
        let mut said = if self.is_brief { format!("\n{}", self.totals()) } else { String::new() };
        said += &describe_question(asks, had_characters);
        if self.args.show {
            let families: Vec<_> = asks.iter().map(|ask| ask.scheme.family()).collect();
            said += &legend(&families, true, stdout_has_colour());
        }
        for (verdict, note) in [(Verdict::TooShort, TOO_SHORT_NOTE), (Verdict::NoMarkFound, NO_MARK_NOTE)] {
            if self.counts[verdict as usize] > 0 {
                said += &format!("  {note}\n");
            }
        }
        self.print(&said)
    }

    /// Returns the numbers of verdicts, in a line or two.
    fn totals(&self) -> String {
        let read: u64 = self.counts.iter().sum();
        let by_verdict = [Verdict::Marked, Verdict::NoMarkFound, Verdict::TooShort]
            .map(|of| format!("{} {}", self.counts[of as usize], verdict(of).0));
        let mut said = format!("{}: {}", count(read, "text"), by_verdict.join(", "));
        if self.unread > 0 {
            said += &format!("; {} not read", self.unread);
        }
        if self.again > 0 {
            said += &format!("; {} the same as an earlier one", self.again);
        }
        let (alpha, expected) = (self.args.alpha, self.args.alpha * read as f64);
        said + &format!(
            "\nAt alpha = {alpha:e}, {} without a mark give {expected:.1e} false alarms on average.\n",
            count(read, "text")
        )
    }

    /// Prints an answer: a line of JSON, or styled text.
    fn print(&self, answer: &str) -> Result<()> {
        if self.unheard.get() {
            return Ok(());
        }
        let printed = if self.args.json { print_line(answer) } else { print_styled(answer) };
        match printed {
            Err(error) if self.args.html.is_some() && is_closed_pipe(&error) => self.unheard.set(true),
            printed => printed?,
        }
        Ok(())
    }
}

/// The mark that a line of JSON Lines names, as `embed` writes it.
#[derive(Default)]
struct Provenance {
    scheme: Option<Scheme>,
    key_id: Option<KeyId>,
    /// A fingerprint.
    tokenizer: Option<String>,
}

impl Provenance {
    fn of(text: &Text) -> Self {
        let mut found = Self::default();
        for member in text.rest() {
            let Ok(value) = serde_json::from_str::<String>(member.value) else { continue };
            match &*member.name {
                "scheme" => found.scheme = value.parse().ok(),
                "key_id" => found.key_id = value.parse().ok(),
                "tokenizer" => found.tokenizer = Some(value),
                _ => {}
            }
        }
        found
    }
}

/// A line of JSON: the evidence, and the document it is of.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    evidence: Evidence<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a DocumentFacts>,
}

/// Lends a page on.
fn reborrow<'p>(page: &'p mut Option<&mut dyn Pages>) -> Option<&'p mut (dyn Pages + 'p)> {
    match page {
        Some(page) => Some(&mut **page),
        None => None,
    }
}

/// Form in which a text was given.
#[derive(Clone, Copy)]
enum Given<'a> {
    Characters(&'a str),
    Ids(&'a [TokenId]),
}

/// Why a text got no answer.
enum Failure {
    /// This text cannot be scored; the next may be.
    Text(anyhow::Error),
    /// Nothing more can be scored or written.
    Run(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Text(error.into())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn each_version_of_a_text_is_tokenised_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (key, page) = (folder.path().join("a.key"), folder.path().join("page.html"));
        keys::write_new(&key, &greenmark::Key::from_bytes([7; 32])).expect("a writable folder");
        let [key, page] = [key, page].map(|path| path.to_str().expect("UTF-8").to_owned());
        let arguments = ["greenmark", "detect", "-k", &key, "-t", "demo", "--show", "--html", &page];
        let Command::Detect(args) = Cli::parse_from(arguments).command else { panic!("it is `detect`") };
        let asked = Asked::read(&args.profile, &args.key_file).expect("a key");
        let mut run = Run::new(&args, &asked, args.schemes());
        let mut out = Vec::new();
        let mut html = Page::begin(&mut out).expect("memory");
        let mut times = 0;
        for (text, versions) in [("One morning, a girl named Mia", 1), ("One mor\u{ad}ning, a girl", 2)] {
            let text = Text::new("text".into(), Content::Characters(text.into()));
            run.text(&text, None, Some(&mut html)).unwrap_or_else(|_| panic!("it is answered"));
            times += versions;
            let asks = &run.of_texts.as_ref().expect("characters were read").0;
            assert_eq!(asks[0].tokenizer.as_ref().expect("it was named").times_encoded(), times);
        }
    }
}
