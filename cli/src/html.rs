//! A self-contained page: the evidence and the coloured tokens of each text.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use greenmark::{Verdict, stats::format_p_value};
use greenmark_text::{Answer, Shade, fmt::escape};

use crate::{
    evidence::{COLOURS_OF_RAW, NO_MARK_NOTE, TOO_SHORT_NOTE, describe_passage, of_ask, score, verdict},
    output::{count, printable},
    show::Piece,
};

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Greenmark evidence</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f1c; --paper: #fcfcfa; --faint: #6a716c; --line: #d9ddd8;
  --green: #b9e8c0; --green-ink: #0c3b17; --red: #b3261e; --red-paper: #fbeceb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9e6; --paper: #151815; --faint: #9aa39c; --line: #333a34;
  --green: #1f5e2f; --green-ink: #d9f7df; --red: #f2a9a3; --red-paper: #3a1f1d; } }
body { font: 1rem/1.65 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 48rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: 1.4rem 0; }
.marked { color: var(--green-ink); background: var(--green); border-radius: .3rem; padding: .05rem .45rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .8rem 0; }
dt { color: var(--faint); } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid var(--line); padding-left: 1rem; }
.g { background: var(--green); color: var(--green-ink); border-radius: .2rem; } .r { color: var(--red); background: var(--red-paper); border-radius: .2rem; }
.in { border-bottom: 2px solid currentColor; } .again { opacity: .55; font-style: italic; } .none { color: var(--faint); } footer, .legend { color: var(--faint); font-size: .9rem; }
</style>
<h1>Greenmark evidence</h1>
<p class="legend">Tokens: <span class="g">green, or of a high score</span>, <span class="r">red, or of a low score</span>,
<span class="again">repeated, not counted again</span>, <span class="none">without context</span>; <span class="in">in a marked passage</span>.</p>
"#;

const FOOT: &str =
    "<footer><p>Marked means: this text depends on the key in a way that chance explains at most alpha of the
time. It is no signature and does not say who wrote the text.</p></footer>
</html>
";

/// Returns true if a file is a page of this command.
pub(crate) fn is_page(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(HEAD.len() as u64).read_to_end(&mut start)?;
    // As long as it is ours, whatever release wrote it.
    let title = b"<title>Greenmark evidence</title>";
    Ok(start.starts_with(b"<!doctype html>") && start.windows(title.len()).any(|part| part == title))
}

/// Writes the page, a section at a time, so that many texts need the memory of one.
pub(crate) struct Page<'w> {
    out: &'w mut dyn Write,
}

impl<'w> Page<'w> {
    pub(crate) fn begin(out: &'w mut dyn Write) -> io::Result<Self> {
        out.write_all(HEAD.as_bytes())?;
        Ok(Self { out })
    }

    pub(crate) fn section(
        &mut self,
        id: &str,
        answer: &Answer,
        text: Option<&str>,
        pieces: &[Piece<'_>],
    ) -> io::Result<()> {
        let out = &mut self.out;
        let (best, alpha) = (answer.best(), answer.alpha);
        let class = if answer.is_marked() { "marked" } else { "unmarked" };
        let word = verdict(answer.verdict()).0;
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

    /// - `is_whole`: whether every text that was asked about is there.
    pub(crate) fn end(self, is_whole: bool) -> io::Result<()> {
        if !is_whole {
            writeln!(
                self.out,
                "<p><strong>Not all texts are on this page:</strong> the run was interrupted, or some could not be read.</p>"
            )?;
        }
        self.out.write_all(FOOT.as_bytes())
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
