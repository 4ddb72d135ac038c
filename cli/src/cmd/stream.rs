//! `greenmark detect --stream`: evidence while a text comes in.

use std::{io::BufRead, path::Path};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::{Stream, StreamEvidence, stats::format_p_value};
use greenmark_lm::Tokenizer;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{
    Outcome,
    args::DetectArgs,
    evidence::{NO_MARK_NOTE, TokenizerName, brief_score, describe_question, verdict},
    interrupt,
    keys::KeyRing,
    models,
    output::{complain, count, print_line, print_styled, printable},
    texts::Source,
};

pub(crate) fn run(args: &DetectArgs, ring: &KeyRing) -> Result<Outcome> {
    let file = match &args.files[..] {
        [] => Path::new("-"),
        [file] => file,
        _ => bail!("--stream reads one text; give one file, or none for standard input"),
    };
    let source = Source::new(file, false);
    if source.is_lines() {
        bail!("--stream reads one plain text, and {} is named as JSON Lines", file.display());
    }
    let tokenizer = models::tokenizer(&args.tokenizer)?;
    let mut hypotheses = ring.keys.iter().flat_map(|key| args.scheme.iter().map(move |&scheme| (key, scheme)));
    let (key, scheme) = hypotheses.next().context("no key")?;
    let stream = hypotheses.fold(Stream::new(key, scheme), |stream, (key, scheme)| stream.and(key, scheme));
    let mut listener = Listener { args, id: source.id(), tokenizer: &tokenizer, stream, found: false };

    let progress = ProgressBar::no_length()
        .with_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}").expect("the template is sound"))
        .with_message("waiting for text");
    let outcome = listener.listen(&source, &progress);
    progress.finish_and_clear();
    let outcome = outcome?;
    if !args.json {
        let key_ids: Vec<_> = ring.keys.iter().map(greenmark::Key::id).collect();
        let mut said = describe_question(&args.scheme, &key_ids, Some(&tokenizer));
        if !listener.found {
            said += &format!("  {NO_MARK_NOTE}\n");
        }
        print_styled(&said)?;
    }
    Ok(if ring.outcome == Outcome::Partly { Outcome::Partly } else { outcome })
}

/// One line of `--stream --json`. SPEC §10.
#[derive(Serialize)]
struct Reading<'a> {
    /// "detected", once, as soon as it is; "end".
    event: &'static str,
    id: &'a str,
    scheme: String,
    key_id: String,
    tokenizer: TokenizerName<'a>,
    tokens: u64,
    scored: u64,
    repeated: u64,
    score: f64,
    ln_e: f64,
    ln_p: f64,
    alpha: f64,
    detected: bool,
}

struct Listener<'a> {
    args: &'a DetectArgs,
    id: String,
    tokenizer: &'a Tokenizer,
    stream: Stream,
    found: bool,
}

impl Listener<'_> {
    /// Reads to the end; says at once when the evidence suffices.
    fn listen(&mut self, source: &Source, progress: &ProgressBar) -> Result<Outcome> {
        let mut reader = source.open()?;
        let mut encoder = self.tokenizer.stream_encoder();
        let mut outcome = Outcome::Done;
        let (mut begun, mut taken) = (Vec::new(), 0);
        loop {
            match next_piece(reader.as_mut(), &source.name(), &mut begun, &mut taken) {
                Ok(Some(piece)) => self.push(&encoder.push(&piece)?, progress)?,
                Ok(None) => break,
                Err(_) if interrupt::requested() => {}
                Err(error) => return Err(error),
            }
            if interrupt::requested() {
                progress.suspend(|| complain("interrupted: what is said is of the text so far"));
                outcome = Outcome::Partly;
                break;
            }
        }
        let ids = encoder.finish()?;
        self.push(&ids, progress)?;
        let evidence = self.stream.evidence();
        progress.suspend(|| self.say("end", &evidence))?;
        Ok(outcome)
    }

    fn push(&mut self, ids: &[u32], progress: &ProgressBar) -> Result<()> {
        for &id in ids {
            let evidence = self.stream.push(id);
            if !self.found && evidence.is_significant(self.args.alpha) {
                self.found = true;
                progress.suspend(|| self.say("detected", &evidence))?;
            }
        }
        if !ids.is_empty() {
            let evidence = self.stream.evidence();
            progress.set_message(format!("{}, {}", verdict(self.found).0, counts(&evidence)));
            progress.tick();
        }
        Ok(())
    }

    fn say(&self, event: &'static str, evidence: &StreamEvidence) -> Result<()> {
        let (alpha, tally) = (self.args.alpha, evidence.tally);
        if self.args.json {
            return print_line(&serde_json::to_string(&Reading {
                event,
                id: &self.id,
                scheme: evidence.scheme.to_string(),
                key_id: evidence.key_id.to_string(),
                tokenizer: self.tokenizer.into(),
                tokens: tally.tokens,
                scored: tally.scored,
                repeated: tally.repeated,
                score: tally.score,
                ln_e: evidence.ln_e,
                ln_p: evidence.ln_p,
                alpha,
                detected: evidence.is_significant(alpha),
            })?);
        }
        let (word, style) = verdict(evidence.is_significant(alpha));
        let when = if event == "end" { "at the end" } else { "as soon as" };
        print_styled(&format!("{style}{word}{style:#}  {when} {}  {}\n", counts(evidence), printable(&self.id)))
    }
}

/// "57 tokens, 61 % green, p = 3.1e-7".
fn counts(evidence: &StreamEvidence) -> String {
    let tally = evidence.tally;
    let score = brief_score(evidence.scheme.family(), tally.score, tally.scored);
    format!("{}, {score}, p = {}", count(tally.tokens, "token"), format_p_value(evidence.ln_p, 2))
}

/// What a text says next, in whole characters; `None` at its end.
///
/// - `begun`: bytes of a character whose last ones are yet to come.
/// - `taken`: bytes of the text so far.
fn next_piece(reader: &mut dyn BufRead, name: &str, begun: &mut Vec<u8>, taken: &mut usize) -> Result<Option<String>> {
    let read = reader.fill_buf().with_context(|| format!("cannot read {name}"))?;
    let length = read.len();
    begun.extend_from_slice(read);
    reader.consume(length);
    let invalid = |at: usize| anyhow!("{name}: not valid UTF-8 from byte {at} on");
    match (length, begun.is_empty()) {
        (0, true) => Ok(None),
        (0, false) => Err(invalid(*taken)),
        _ => whole_characters(begun, taken).map(Some).map_err(invalid),
    }
}

/// Takes the whole characters from the front of `bytes`; `taken` counts bytes from the beginning of the text.
///
/// # Errors
/// The place of a byte that is no UTF-8.
fn whole_characters(bytes: &mut Vec<u8>, taken: &mut usize) -> Result<String, usize> {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(error) => return Err(*taken + error.valid_up_to()),
    };
    let rest = bytes.split_off(whole);
    let text = String::from_utf8(std::mem::replace(bytes, rest)).map_err(|_| *taken)?;
    *taken += whole;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_come_whole_and_bad_bytes_are_placed() {
        let (mut bytes, mut taken) = ("añ".as_bytes()[..2].to_vec(), 0);
        assert_eq!(whole_characters(&mut bytes, &mut taken), Ok("a".to_owned()));
        bytes.extend_from_slice(&"añ".as_bytes()[2..]);
        assert_eq!(whole_characters(&mut bytes, &mut taken), Ok("ñ".to_owned()));
        assert_eq!((bytes.len(), taken), (0, 3));
        bytes.extend_from_slice(b"xy\xff");
        assert_eq!(whole_characters(&mut bytes, &mut taken), Err(5));
    }
}
