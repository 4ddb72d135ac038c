//! Pages that load nothing else: the evidence and the coloured tokens of each text.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use greenmark::{Verdict, stats::format_p_value};
use greenmark_text::{Answer, Shade, files::write_file, fmt::escape};

use crate::{
    evidence::{COLOURS_OF_RAW, NO_MARK_NOTE, TOO_SHORT_NOTE, describe_passage, of_ask, score, verdict},
    output::{count, printable},
    show::Piece,
    texts::DocumentFacts,
};

const HEAD: &str = include_str!("html/head.html");
const LEGEND: &str = include_str!("html/legend.html");
const FOOT: &str = include_str!("html/foot.html");

/// Returns true if a file is a page of this command.
pub(crate) fn is_page(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(HEAD.len() as u64).read_to_end(&mut start)?;
    // As long as it is ours, whatever release wrote it.
    let title = b"<title>Greenmark evidence</title>";
    Ok(start.starts_with(b"<!doctype html>") && start.windows(title.len()).any(|part| part == title))
}

/// Returns true if `--html` names a folder: one that is there, or a path without the ending of a page.
pub(crate) fn is_folder(path: &Path) -> bool {
    let is_file = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("html") || ending.eq_ignore_ascii_case("htm"));
    path.is_dir() || !path.exists() && !is_file
}

/// Returns true if a folder holds nothing but an earlier report.
pub(crate) fn is_report(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_file() || !is_page(&path)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Something that the evidence of one text after another is written to.
pub(crate) trait Pages {
    /// Writes the evidence of a text.
    ///
    /// - `text`: the raw text, if there are characters.
    fn text(
        &mut self,
        id: &str,
        answer: &Answer,
        text: Option<&str>,
        pieces: &[Piece<'_>],
        document: Option<&DocumentFacts>,
    ) -> io::Result<()>;

    /// Takes note of a document that could not be read.
    fn unread(&mut self, _id: &str, _reason: &str) {}
}

/// One page, written a section at a time, so that many texts need the memory of one.
pub(crate) struct Page<'w> {
    out: &'w mut dyn Write,
}

impl<'w> Page<'w> {
    pub(crate) fn begin(out: &'w mut dyn Write) -> io::Result<Self> {
        write!(out, "{HEAD}<h1>Greenmark evidence</h1>\n{LEGEND}")?;
        Ok(Self { out })
    }

    /// - `is_whole`: whether every text that was asked about is there.
    pub(crate) fn end(self, is_whole: bool) -> io::Result<()> {
        if !is_whole {
            writeln!(self.out, "{NOT_WHOLE}")?;
        }
        self.out.write_all(FOOT.as_bytes())
    }
}

const NOT_WHOLE: &str =
    "<p><strong>Not all texts are on this page:</strong> the run was interrupted, or some could not be read.</p>";

/// A folder with an overview and a page for each text.
pub(crate) struct Report {
    folder: PathBuf,
    /// Rows of the overview, as HTML.
    rows: Vec<String>,
    pages: usize,
}

impl Report {
    /// Makes the folder, and removes an earlier report from it.
    pub(crate) fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_file() && is_page(&path)? {
                fs::remove_file(&path).with_context(|| format!("cannot replace {}", path.display()))?;
            }
        }
        Ok(Self { folder: folder.to_owned(), rows: Vec::new(), pages: 0 })
    }

    /// Writes the overview.
    ///
    /// - `is_whole`: whether every text that was asked about is there.
    pub(crate) fn end(self, is_whole: bool) -> Result<()> {
        write_file(&self.folder.join("index.html"), |out| {
            writeln!(out, "{HEAD}<h1>Greenmark evidence: {}</h1>", count(self.pages as u64, "text"))?;
            if !is_whole {
                writeln!(out, "{NOT_WHOLE}")?;
            }
            writeln!(out, "<table>\n<tr><th>Document<th>Verdict<th>p-value")?;
            self.rows.iter().try_for_each(|row| writeln!(out, "{row}"))?;
            write!(out, "</table>\n<p class=\"legend\">{NO_MARK_NOTE}</p>\n{FOOT}")
        })?;
        Ok(())
    }
}

impl Pages for Report {
    fn text(
        &mut self,
        id: &str,
        answer: &Answer,
        text: Option<&str>,
        pieces: &[Piece<'_>],
        document: Option<&DocumentFacts>,
    ) -> io::Result<()> {
        self.pages += 1;
        let file = format!("{:04}.html", self.pages);
        let written = write_file(&self.folder.join(&file), |out| {
            let mut page = Page::begin(out)?;
            page.text(id, answer, text, pieces, document)?;
            writeln!(page.out, "<p><a href=\"index.html\">All texts</a></p>")?;
            page.end(true)
        });
        written.map_err(io::Error::other)?;
        let (class, word) = badge(answer);
        let same = document.and_then(|document| document.same_as.as_ref());
        let same = same.map_or_else(String::new, |same| format!("<br>the same text as {}", escape(&printable(same))));
        self.rows.push(format!(
            "<tr><td><a href=\"{file}\">{}</a>{same}<td><span class=\"{class}\">{word}</span><td>{}",
            escape(&printable(id)),
            format_p_value(answer.examination.ln_p, 2)
        ));
        Ok(())
    }

    fn unread(&mut self, id: &str, reason: &str) {
        let reason = reason.strip_prefix(id).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(reason);
        let row = format!("<tr><td>{}<td>not read<td>{}", escape(&printable(id)), escape(&printable(reason)));
        self.rows.push(row);
    }
}

/// Returns the class and the word of a verdict.
fn badge(answer: &Answer) -> (&'static str, &'static str) {
    (if answer.is_marked() { "marked" } else { "unmarked" }, verdict(answer.verdict()).0)
}

impl Pages for Page<'_> {
    fn text(
        &mut self,
        id: &str,
        answer: &Answer,
        text: Option<&str>,
        pieces: &[Piece<'_>],
        document: Option<&DocumentFacts>,
    ) -> io::Result<()> {
        let out = &mut self.out;
        let (best, alpha) = (answer.best(), answer.alpha);
        let (class, word) = badge(answer);
        writeln!(out, "<section>\n<h2>{} <span class=\"{class}\">{word}</span></h2>", escape(&printable(id)))?;
        let tally = best.raw.tally;
        let ln_p = answer.examination.ln_p;
        let mut rows = vec![
            (
                "p-value",
                format!(
                    "{} (alpha {alpha:e}; ln p = {ln_p:.2}; places and {} paid for)",
                    format_p_value(ln_p, 3),
                    count(answer.examination.looks, "look"),
                ),
            ),
            (
                "whole text",
                format!(
                    "p = {} (ln p = {:.2}; for this key alone, pays for nothing else)",
                    format_p_value(best.raw.ln_p, 3),
                    best.raw.ln_p
                ),
            ),
            ("tokens", format!("{}, of which {} scored and {} repeated", tally.tokens, tally.scored, tally.repeated)),
        ];
        if let (Some(score), Some(z)) = (score(&best.raw), best.raw.z_score) {
            rows.push(("score", score));
            rows.push(("z-score", format!("{z:.2}")));
        }
        if let Some(profile) = answer.profile() {
            rows.push(("profile", profile.to_owned()));
        }
        rows.push(("scheme", best.scheme.to_string()));
        rows.push(("key", best.key_id.to_string()));
        for passage in &answer.passages {
            let mut said = describe_passage(passage, text);
            if passage.key_id != best.key_id || passage.scheme != best.scheme {
                said += &of_ask(passage.profile.as_deref(), passage.key_id, passage.scheme);
            }
            rows.push(("passage", said));
        }
        if let Some(document) = document {
            let origin = document.origin.to_string();
            rows.push(("read as", if origin.is_empty() { "plain text".to_owned() } else { origin }));
            rows.push(("SHA-256", document.sha256.clone()));
            rows.extend(document.same_as.iter().map(|same| ("same text as", printable(same))));
        }
        if let Some(tokenizer) = answer.tokenizer() {
            rows.push(("tokenizer", format!("{} ({})", tokenizer.name(), tokenizer.fingerprint())));
        }
        writeln!(out, "<dl>")?;
        for (term, value) in rows {
            writeln!(out, "<dt>{term}<dd>{}", escape(&value))?;
        }
        writeln!(out, "</dl>")?;
        if answer.is_normalised() {
            writeln!(out, "<p class=\"legend\">{COLOURS_OF_RAW}</p>")?;
        }
        write!(out, "<div class=\"text\">")?;
        for piece in pieces {
            let within = if piece.within { " in" } else { "" };
            write!(out, "<span class=\"{}{within}\">{}</span>", class_of(piece.look), escape(piece.text))?;
        }
        writeln!(out, "</div>")?;
        match answer.verdict() {
            Verdict::Marked => {}
            Verdict::NoMarkFound => writeln!(out, "<p class=\"legend\">{NO_MARK_NOTE}</p>")?,
            Verdict::TooShort => writeln!(out, "<p class=\"legend\">{TOO_SHORT_NOTE}</p>")?,
        }
        writeln!(out, "</section>")
    }
}

fn class_of(look: Shade) -> &'static str {
    match look {
        Shade::Favoured => "g",
        Shade::Plain => "r",
        Shade::Repeated => "again",
        Shade::Unscored => "none",
    }
}
