//! `greenmark detect`: texts in, evidence out.

use std::{
    cell::Cell,
    io,
    path::{Path, PathBuf},
};

use anyhow::{Result, anyhow, bail};
use greenmark::{Examiner, KeyId, Look, TokenId};
use greenmark_text::{
    Answer, Evidence, Tokenizer,
    files::{without_place, write_file},
};

use super::stream;
use crate::{
    Outcome,
    args::DetectArgs,
    evidence::{COLOURS_OF_RAW, NO_MARK_NOTE, describe, describe_question},
    html::Page,
    interrupt,
    keys::KeyRing,
    models,
    output::{complain, is_closed_pipe, print_line, print_styled, stdout_has_colour},
    show::{Piece, coloured, legend, note_passages, pieces},
    texts::{Content, Source, Text},
};

pub(crate) fn run(args: &DetectArgs) -> Result<Outcome> {
    if args.key_file.is_empty() {
        bail!("no key: give --key-file FILE, or set GREENMARK_KEY_FILE");
    }
    if args.tokens && !args.jsonl && !args.files.iter().any(|file| Source::new(file, false).is_lines()) {
        bail!("--tokens is about JSON Lines, and no input is named .jsonl: add --jsonl if they are");
    }
    let ring = KeyRing::read(&args.key_file)?;
    if let Some(page) = &args.html {
        let tokenizer = Path::new(&args.tokenizer);
        let sources = args.files.iter().chain(&ring.files).map(PathBuf::as_path);
        refuse_to_replace(page, sources.chain([tokenizer]))?;
    }
    interrupt::catch()?;
    if args.stream {
        return stream::run(args, &ring);
    }
    let mut run = Run {
        args,
        examiner: Examiner::new(Look::all(&ring.keys, &args.scheme, 2)).searches(!args.no_search),
        key_ids: ring.ids(),
        tokenizer: None,
        asked: None,
        unmarked: false,
        is_cut: false,
        unheard: Cell::new(false),
        outcome: ring.outcome,
    };
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
                if run.asked.is_none() && run.outcome == Outcome::Partly {
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
    Ok(())
}

/// One call of the command: what it was asked, and what it has found so far.
struct Run<'a> {
    args: &'a DetectArgs,
    examiner: Examiner,
    key_ids: Vec<KeyId>,
    /// Loaded for the first text that needs it: ids need none.
    tokenizer: Option<Tokenizer>,
    /// Whether the last text that was answered had characters; `None` before the first.
    asked: Option<bool>,
    unmarked: bool,
    /// An interruption left lines of a file unread.
    is_cut: bool,
    /// The reader of standard output has left, but there is a page to finish.
    unheard: Cell<bool>,
    outcome: Outcome,
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
        let alpha = self.args.alpha;
        let raw = match &text.content {
            Content::Ids(ids) => {
                let answer = Answer::of_ids(&mut self.examiner, ids, alpha);
                return self.say(&text.id, &answer, Asked::Ids(ids), page);
            }
            Content::Characters(raw) => raw,
        };
        let tokenizer = match self.tokenizer.take() {
            Some(tokenizer) => tokenizer,
            None => models::tokenizer(&self.args.tokenizer).map_err(Failure::Run)?,
        };
        let answered = Answer::of_text(&mut self.examiner, raw, !self.args.no_normalise, &tokenizer, alpha);
        let said = match answered {
            Ok(answer) => self.say(&text.id, &answer, Asked::Characters(raw, &tokenizer), page),
            Err(error) => Err(error.into()),
        };
        self.tokenizer = Some(tokenizer);
        said
    }

    /// Says what came of a text.
    fn say(&mut self, id: &str, answer: &Answer, asked: Asked<'_>, page: Option<&mut Page<'_>>) -> Result<(), Failure> {
        let best = answer.best();
        let spelt;
        let mut shown = Vec::new();
        if self.args.show || page.is_some() {
            let shades = answer.shades();
            shown = match asked {
                Asked::Characters(raw, tokenizer) => pieces(raw, &tokenizer.encode_with_offsets(raw)?.1, &shades),
                Asked::Ids(ids) => {
                    spelt = ids.iter().map(|id| format!("{id} ")).collect::<Vec<_>>();
                    let piece = |(text, &look)| Piece { text, look, within: false };
                    spelt.iter().map(String::as_str).zip(&shades).map(piece).collect()
                }
            };
            note_passages(&mut shown, &answer.passages, matches!(asked, Asked::Ids(_)));
        }

        let (raw, tokenizer) = match asked {
            Asked::Characters(raw, tokenizer) => (Some(raw), Some(tokenizer)),
            Asked::Ids(_) => (None, None),
        };
        if self.args.json {
            self.print(&serde_json::to_string(&Evidence::new(id, tokenizer, answer))?).map_err(Failure::Run)?;
        } else {
            let names_key = self.key_ids.len() > 1 || self.args.scheme.len() > 1;
            let mut described = describe(id, answer, raw, names_key);
            if self.args.show {
                if best.version > 0 {
                    described += &format!("  {COLOURS_OF_RAW}\n");
                }
                described += &format!("\n{}\n\n", coloured(&shown, stdout_has_colour()));
            }
            self.print(&described).map_err(Failure::Run)?;
        }
        if let Some(page) = page {
            page.section(id, answer, raw, tokenizer, &shown).map_err(|error| {
                let name = self.args.html.as_ref().map(|page| page.display().to_string()).unwrap_or_default();
                Failure::Run(anyhow!("cannot write {name}: {}", without_place(error)))
            })?;
        }
        self.unmarked |= !answer.is_marked();
        self.asked = Some(raw.is_some());
        Ok(())
    }

    /// For people: what was asked, once, after all answers.
    fn close(&self) -> Result<()> {
        let Some(had_characters) = self.asked else { return Ok(()) };
        if self.args.json {
            return Ok(());
        }
        let tokenizer = self.tokenizer.as_ref().filter(|_| had_characters);
        let mut said = describe_question(&self.args.scheme, &self.key_ids, tokenizer);
        if self.args.show {
            let families: Vec<_> = self.args.scheme.iter().map(|scheme| scheme.family()).collect();
            said += &legend(&families, true, stdout_has_colour());
        }
        if self.unmarked {
            said += &format!("  {NO_MARK_NOTE}\n");
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

/// What was asked about.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Characters(&'a str, &'a Tokenizer),
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
