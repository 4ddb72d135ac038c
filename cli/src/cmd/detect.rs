//! `greenmark detect`: texts in, evidence out.

use std::{
    cell::Cell,
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use greenmark::{Detection, Detector, Position};
use greenmark_lm::Tokenizer;

use crate::{
    Outcome,
    args::DetectArgs,
    evidence::{Evidence, NO_MARK_NOTE, describe, describe_question},
    html::Page,
    interrupt, keys, models,
    output::{complain, is_closed_pipe, print_line, print_styled, stdout_has_colour, write_file},
    show::{Look, Piece, coloured, legend, pieces},
    texts::{Content, Source, Text},
};

pub(crate) fn run(args: &DetectArgs) -> Result<Outcome> {
    let key_file = args.key.key_file.as_deref().context("no key: give --key-file FILE, or set GREENMARK_KEY_FILE")?;
    if let Some(page) = &args.html {
        let tokenizer = Path::new(&args.tokenizer);
        refuse_to_replace(page, args.files.iter().map(PathBuf::as_path).chain([key_file, tokenizer]))?;
    }
    if args.tokens && !args.jsonl && !args.files.iter().any(|file| Source::new(file, false).is_lines()) {
        bail!("--tokens is about JSON Lines, and no input is named .jsonl: add --jsonl if they are");
    }
    let key = keys::read(key_file)?;
    interrupt::catch()?;
    let mut run = Run {
        args,
        detector: Detector::new(&key, args.key.scheme),
        tokenizer: None,
        asked: None,
        unmarked: false,
        unheard: Cell::new(false),
        outcome: Outcome::Done,
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
                page.end()
            })
            // What stopped the run says more than that the page is missing.
            .or_else(|error| failed.and(Err(error)))
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
    detector: Detector,
    /// Loaded for the first text that needs it: ids need none.
    tokenizer: Option<Tokenizer>,
    /// The last detection, whose key and scheme all share, and whether it had characters.
    asked: Option<(Detection, bool)>,
    unmarked: bool,
    /// The reader of standard output has left, but there is a page to finish.
    unheard: Cell<bool>,
    outcome: Outcome,
}

impl Run<'_> {
    fn all(&mut self, mut page: Option<&mut Page<'_>>) -> Result<()> {
        let stdin = [PathBuf::from("-")];
        let files = if self.args.files.is_empty() { &stdin[..] } else { &self.args.files };
        for file in files {
            let result = self.file(file, page.as_deref_mut());
            self.go_on_after(result)?;
            if interrupt::requested() {
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
            let result = text.map_err(Failure::Text).and_then(|text| self.text(&text, page.as_deref_mut()));
            self.go_on_after(result).map_err(Failure::Run)?;
            if interrupt::requested() {
                break;
            }
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
        let wants_pieces = self.args.show || page.is_some();
        let (detection, positions, ranges) = match &text.content {
            Content::Ids(ids) => {
                let (detection, positions) = self.detect(ids, wants_pieces);
                (detection, positions, None)
            }
            Content::Characters(characters) => {
                let tokenizer = match &mut self.tokenizer {
                    Some(tokenizer) => tokenizer,
                    none => none.insert(models::tokenizer(&self.args.tokenizer).map_err(Failure::Run)?),
                };
                let (ids, ranges) = if wants_pieces {
                    tokenizer.encode_with_offsets(characters)?
                } else {
                    (tokenizer.encode(characters)?, Vec::new())
                };
                let (detection, positions) = self.detect(&ids, wants_pieces);
                (detection, positions, Some(ranges))
            }
        };
        let alpha = self.args.alpha;
        let tokenizer = self.tokenizer.as_ref().filter(|_| ranges.is_some());
        let spelt;
        let looks: Vec<_> = positions.iter().map(|&position| Look::of(position, detection.scheme.family())).collect();
        let pieces = match (&text.content, &ranges) {
            _ if !wants_pieces => Vec::new(),
            (Content::Characters(characters), Some(ranges)) => pieces(characters, ranges, &looks),
            (Content::Ids(ids), _) => {
                spelt = ids.iter().map(|id| format!("{id} ")).collect::<Vec<_>>();
                spelt.iter().zip(&looks).map(|(text, &look)| Piece { text, look }).collect()
            }
            (Content::Characters(_), None) => Vec::new(),
        };
        if self.args.json {
            let evidence = Evidence::new(&text.id, tokenizer, &detection, alpha);
            self.print(&serde_json::to_string(&evidence)?).map_err(Failure::Run)?;
        } else {
            let mut described = describe(&text.id, &detection, alpha);
            if self.args.show {
                described += &format!("\n{}\n\n", coloured(&pieces, stdout_has_colour()));
            }
            self.print(&described).map_err(Failure::Run)?;
        }
        if let Some(page) = page {
            page.section(&text.id, &detection, alpha, tokenizer, &pieces)
                .map_err(|error| Failure::Run(error.into()))?;
        }
        self.unmarked |= !detection.is_significant(alpha);
        self.asked = Some((detection, ranges.is_some()));
        Ok(())
    }

    fn detect(&mut self, ids: &[u32], wants_positions: bool) -> (Detection, Vec<Position>) {
        if wants_positions { self.detector.detect_positions(ids) } else { (self.detector.detect(ids), Vec::new()) }
    }

    /// For people: what was asked, once, after all answers.
    fn close(&self) -> Result<()> {
        let Some((detection, had_characters)) = &self.asked else { return Ok(()) };
        if self.args.json {
            return Ok(());
        }
        let tokenizer = self.tokenizer.as_ref().filter(|_| *had_characters);
        let mut said = describe_question(detection, tokenizer);
        if self.args.show {
            said += &legend(detection.scheme.family(), stdout_has_colour());
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
