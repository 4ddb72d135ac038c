//! `greenmark detect --stream`: evidence while a text comes in.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

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
        .with_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}").expect("the template is sound"));
    let outcome = listener.listen(&pieces(file)?, &progress);
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
    fn listen(&mut self, pieces: &Receiver<Result<String>>, progress: &ProgressBar) -> Result<Outcome> {
        let mut encoder = self.tokenizer.stream_encoder();
        let mut outcome = Outcome::Done;
        loop {
            let ids = match pieces.recv_timeout(Duration::from_millis(100)) {
                Ok(piece) => encoder.push(&piece?)?,
                Err(RecvTimeoutError::Timeout) if !interrupt::requested() => continue,
                Err(RecvTimeoutError::Timeout) => {
                    complain("interrupted: what is said is of the text so far");
                    outcome = Outcome::Partly;
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            self.push(&ids, progress)?;
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

/// The text as it comes, in whole characters. A thread waits for it, so that whoever listens can hear of an interruption too.
fn pieces(file: &Path) -> Result<Receiver<Result<String>>> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let mut reader: Box<dyn Read + Send> = if file == Path::new("-") {
        Box::new(io::stdin())
    } else if file.is_dir() {
        bail!("{name} is a directory");
    } else {
        Box::new(File::open(file).with_context(|| format!("cannot open {name}"))?)
    };
    let (sender, receiver) = sync_channel(16);
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        // A character whose last bytes are yet to come.
        let mut begun: Vec<u8> = Vec::new();
        let mut taken = 0;
        loop {
            let piece = match reader.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(anyhow!("cannot read {name}: {error}")),
                Ok(0) if begun.is_empty() => return,
                Ok(0) => Err(anyhow!("{name}: not valid UTF-8 from byte {taken} on")),
                Ok(read) => {
                    begun.extend_from_slice(&buffer[..read]);
                    whole_characters(&mut begun, &mut taken)
                        .map_err(|at| anyhow!("{name}: not valid UTF-8 from byte {at} on"))
                }
            };
            let failed = piece.is_err();
            // Nobody listens any more: there is nothing left to do.
            if sender.send(piece).is_err() || failed {
                return;
            }
        }
    });
    Ok(receiver)
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
