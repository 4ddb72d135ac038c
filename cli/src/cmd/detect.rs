//! `greenmark detect`: texts in, evidence out.

use std::{
    cell::Cell,
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::{Scheme, TokenId, Verdict};
use greenmark_text::{
    Answer, Ask, Evidence, Examiner,
    files::{without_place, write_file},
};

use super::stream;
use crate::{
    Outcome,
    args::DetectArgs,
    evidence::{COLOURS_OF_RAW, NO_MARK_NOTE, TOO_SHORT_NOTE, describe, describe_question},
    html::{self, Page},
    interrupt, keys,
    output::{complain, is_closed_pipe, print_line, print_styled, stdout_has_colour},
    profiles::Asked,
    show::{Piece, coloured, legend, note_passages, pieces},
    texts::{Content, Source, Text},
};

pub(crate) fn run(args: &DetectArgs) -> Result<Outcome> {
    let paths = keys::paths(&args.key_file, !args.profile.is_empty());
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
    if let Some(page) = &args.html {
        let sources = args.files.iter().chain(&asked.files).map(PathBuf::as_path);
        refuse_to_replace(page, sources.chain(args.tokenizer.as_deref().map(Path::new)))?;
    }
    interrupt::catch()?;
    let schemes = args.schemes();
    if args.stream {
        return stream::run(args, &asked, &schemes);
    }
    let mut run = Run::new(args, &asked, schemes);
    let ended = match &args.html {
        None => run.all(None),
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
                page.end(run.outcome == Outcome::Done)
            })
            // What stopped the run says more than that the page is missing.
            .or_else(|error| failed.and(Err(error.into())))
        }
    };
    match ended.and_then(|()| run.close()) {
        // A reader that has seen enough is no failure; a text that was refused before it left is one.
        Err(error) if is_closed_pipe(&error) => Ok(run.outcome),
        ended => ended.map(|()| run.outcome),
    }
}

/// A page must not take the place of what it is made from, nor of anything but a plain file.
fn refuse_to_replace<'a>(page: &Path, sources: impl Iterator<Item = &'a Path>) -> Result<()> {
    if page == Path::new("-") {
        bail!("--html -: a page goes into a file, since standard output has the verdicts");
    }
    let Ok(target) = page.canonicalize() else { return Ok(()) };
    for source in sources {
        if source.canonicalize().is_ok_and(|source| source == target) {
            bail!("--html {} would overwrite a file that it is made from", page.display());
        }
    }
    if page.is_symlink() || !page.is_file() {
        bail!("--html {}: there is something that is no plain file", page.display());
    }
    // As with `--html *.txt`, which makes a page of the first text.
    if !html::is_page(page).with_context(|| format!("cannot read {}", page.display()))? {
        bail!("--html {} would overwrite a file that is no page of this command", page.display());
    }
    Ok(())
}

/// One call of the command: what it was asked, and what it has found so far.
struct Run<'a> {
    args: &'a DetectArgs,
    asked: &'a Asked,
    schemes: Vec<Scheme>,
    /// Questions about ids, which need no tokenizer; made for the first text of ids.
    of_ids: Option<(Vec<Ask<'a>>, Examiner)>,
    /// Questions about characters; tokenizers are loaded for the first text that needs them.
    of_texts: Option<(Vec<Ask<'a>>, Examiner)>,
    /// True if the last text that was answered had characters; `None` before the first.
    last: Option<bool>,
    /// Those that there were.
    verdicts: Vec<Verdict>,
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
            of_ids: None,
            of_texts: None,
            last: None,
            verdicts: Vec::new(),
            is_cut: false,
            unheard: Cell::new(false),
            outcome: Outcome::Done,
        }
    }
}

impl Run<'_> {
    fn all(&mut self, mut page: Option<&mut Page<'_>>) -> Result<()> {
        let stdin = [PathBuf::from("-")];
        let files = if self.args.files.is_empty() { &stdin[..] } else { &self.args.files };
        for (i, file) in files.iter().enumerate() {
            let result = self.file(file, page.as_deref_mut());
            self.go_on_after(result)?;
            if interrupt::requested() && (self.is_cut || i + 1 < files.len()) {
                self.outcome = Outcome::Partly;
                complain("interrupted: the texts that follow were not looked at");
                break;
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Path, mut page: Option<&mut Page<'_>>) -> Result<(), Failure> {
        let source = Source::new(file, self.args.jsonl);
        if !source.is_lines() {
            return self.text(&source.text()?, page);
        }
        for text in source.text_lines(self.args.tokens)? {
            // There is a further text, which is what an interruption cuts off.
            if interrupt::requested() {
                self.is_cut = true;
                break;
            }
            let result = text.map_err(Failure::Text).and_then(|text| self.text(&text, page.as_deref_mut()));
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
                Ok(())
            }
        }
    }

    fn text(&mut self, text: &Text, page: Option<&mut Page<'_>>) -> Result<(), Failure> {
        match &text.content {
            Content::Ids(ids) => {
                if self.of_ids.is_none() {
                    let asks = self.asked.of_ids(&self.schemes);
                    self.of_ids = Some((asks.clone(), self.examiner(asks)));
                }
                let (_, examiner) = self.of_ids.as_mut().expect("it was made");
                let answer = examiner.examine_ids(ids);
                self.say(&text.id, &answer, Given::Ids(ids), page)
            }
            Content::Characters(raw) => {
                if self.of_texts.is_none() {
                    let asks = self.asked.of_texts(&self.schemes, self.args.tokenizer.as_deref());
                    let asks = asks.map_err(Failure::Run)?;
                    self.of_texts = Some((asks.clone(), self.examiner(asks)));
                }
                let (_, examiner) = self.of_texts.as_mut().expect("it was made");
                let answer = examiner.examine(raw)?;
                self.say(&text.id, &answer, Given::Characters(raw), page)
            }
        }
    }

    fn examiner(&self, asks: Vec<Ask<'_>>) -> Examiner {
        let DetectArgs { alpha, no_search, no_normalise, .. } = *self.args;
        Examiner::new(asks).alpha(alpha).searches(!no_search).normalises(!no_normalise)
    }

    /// Says what came of a text.
    fn say(&mut self, id: &str, answer: &Answer, given: Given<'_>, page: Option<&mut Page<'_>>) -> Result<(), Failure> {
        let spelt;
        let mut shown = Vec::new();
        if self.args.show || page.is_some() {
            let shades = answer.shades();
            shown = match (given, answer.encoded()) {
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
        if self.args.json {
            self.print(&serde_json::to_string(&Evidence::new(id, answer))?).map_err(Failure::Run)?;
        } else {
            let names_ask = self.asked.count(&self.schemes) > 1 || !self.asked.deployments.is_empty();
            let mut described = describe(id, answer, raw, names_ask);
            if self.args.show {
                if answer.is_normalised() {
                    described += &format!("  {COLOURS_OF_RAW}\n");
                }
                described += &format!("\n{}\n\n", coloured(&shown, stdout_has_colour()));
            }
            self.print(&described).map_err(Failure::Run)?;
        }
        if let Some(page) = page {
            page.section(id, answer, raw, &shown).map_err(|error| {
                let name = self.args.html.as_ref().map(|page| page.display().to_string()).unwrap_or_default();
                Failure::Run(anyhow!("cannot write {name}: {}", without_place(error)))
            })?;
        }
        if !self.verdicts.contains(&answer.verdict()) {
            self.verdicts.push(answer.verdict());
        }
        self.last = Some(raw.is_some());
        Ok(())
    }

    /// For people: what was asked, once, after all answers.
    fn close(&self) -> Result<()> {
        let Some(had_characters) = self.last else { return Ok(()) };
        if self.args.json {
            return Ok(());
        }
        let (asks, _) = if had_characters { &self.of_texts } else { &self.of_ids }.as_ref().expect("it answered");
        let mut said = describe_question(asks, had_characters);
        if self.args.show {
            let families: Vec<_> = asks.iter().map(|ask| ask.scheme.family()).collect();
            said += &legend(&families, true, stdout_has_colour());
        }
        for (verdict, note) in [(Verdict::TooShort, TOO_SHORT_NOTE), (Verdict::NoMarkFound, NO_MARK_NOTE)] {
            if self.verdicts.contains(&verdict) {
                said += &format!("  {note}\n");
            }
        }
        self.print(&said)
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
            run.text(&text, Some(&mut html)).unwrap_or_else(|_| panic!("it is answered"));
            times += versions;
            let asks = &run.of_texts.as_ref().expect("characters were read").0;
            assert_eq!(asks[0].tokenizer.as_ref().expect("it was named").times_encoded(), times);
        }
    }
}
