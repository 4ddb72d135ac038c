//! `greenmark detect --stream`: evidence while a text comes in.

use std::{io::BufRead, path::Path};

use anyhow::{Context, Result, bail};
use greenmark::{Scheme, Stream, StreamEvidence, Verdict, stats::format_p_value};
use greenmark_text::{Ask, Event, StreamReport, Tokenizer};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    Outcome,
    args::DetectArgs,
    evidence::{NO_MARK_NOTE, brief_score, describe_question, of_ask, verdict},
    interrupt,
    output::{complain, count, print_line, print_styled, printable},
    profiles::Asked,
    texts::Source,
};

pub(crate) fn run(args: &DetectArgs, asked: &Asked, schemes: &[Scheme]) -> Result<Outcome> {
    let file = match &args.files[..] {
        [] => Path::new("-"),
        [file] => file,
        _ => bail!("--stream reads one text; give one file, or none for standard input"),
    };
    let source = Source::new(file, false);
    if source.is_lines() {
        bail!("--stream reads one plain text, and {} is named as JSON Lines", file.display());
    }
    let asks = asked.of_texts(schemes, args.tokenizer.as_deref())?;
    let (first, others) = asks.split_first().context("no key")?;
    let tokenizer = first.tokenizer.as_deref().context("no tokenizer")?;
    let is_other = |ask: &Ask<'_>| ask.tokenizer.as_ref().is_some_and(|t| t.fingerprint() != tokenizer.fingerprint());
    if others.iter().any(is_other) {
        bail!("--stream reads a text with one tokenizer, and these profiles have several: give one of them");
    }
    let stream =
        others.iter().fold(Stream::new(first.key, first.scheme), |stream, ask| stream.and(ask.key, ask.scheme));
    let most = MOST / asks.len() as u64;
    let mut listener = Listener { args, id: source.id(), tokenizer, asks: &asks, stream, found: false, most };

    let progress = ProgressBar::no_length()
        .with_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}").expect("the template is sound"))
        .with_message("waiting for text");
    let outcome = listener.listen(WholeCharacters::new(source.open()?, source.name()), &progress);
    progress.finish_and_clear();
    if !args.json {
        let mut said = describe_question(&asks, true);
        if !listener.found && outcome.is_ok() {
            said += &format!("  {NO_MARK_NOTE}\n");
        }
        print_styled(&said)?;
    }
    outcome
}

/// Most tokens of a stream, times the number of keys: what a text has held before stays in memory, some
/// 25 bytes a token and key. A stream may be left at any token, so what was found holds.
const MOST: u64 = 1 << 25;

struct Listener<'a> {
    args: &'a DetectArgs,
    id: String,
    tokenizer: &'a Tokenizer,
    asks: &'a [Ask<'a>],
    stream: Stream,
    found: bool,
    /// Tokens after which the stream is left.
    most: u64,
}

impl Listener<'_> {
    /// Reads to the end; says at once when the evidence suffices.
    fn listen(&mut self, mut characters: WholeCharacters<impl BufRead>, progress: &ProgressBar) -> Result<Outcome> {
        let mut encoder = self.tokenizer.stream_encoder();
        // What goes wrong is said after what was found in the text before it.
        let ended = loop {
            match characters.next() {
                Ok(Some(piece)) => self.push(&encoder.push(&piece)?, progress)?,
                Ok(None) => break Ok(Outcome::Done),
                Err(error) if !interrupt::requested() => break Err(error),
                Err(_) => {}
            }
            if self.stream.evidence().tally.tokens >= self.most {
                let read = count(self.most, "token");
                progress.suspend(|| {
                    complain(&format!(
                        "stopped after {read}, as memory is bounded: what is said is of the text so far"
                    ));
                });
                break Ok(Outcome::Partly);
            }
            if interrupt::requested() {
                progress.suspend(|| complain("interrupted: what is said is of the text so far"));
                break Ok(Outcome::Partly);
            }
        };
        let ids = encoder.finish()?;
        self.push(&ids, progress)?;
        let evidence = self.stream.evidence();
        // Of a text that was not read to its end, nothing is said against a mark.
        if ended.is_ok() || self.found {
            progress.suspend(|| self.say(Event::End, &evidence))?;
        }
        ended
    }

    fn push(&mut self, ids: &[u32], progress: &ProgressBar) -> Result<()> {
        let left = self.most - self.stream.evidence().tally.tokens;
        let ids = &ids[..ids.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
        for &id in ids {
            let evidence = self.stream.push(id);
            if !self.found && evidence.is_significant(self.args.alpha) {
                self.found = true;
                progress.suspend(|| self.say(Event::Detected, &evidence))?;
            }
        }
        if !ids.is_empty() {
            let evidence = self.stream.evidence();
            let p = format_p_value(evidence.ln_p, 2);
            progress.set_message(format!("{}, {}, p = {p}", verdict(is_marked(self.found)).0, counts(&evidence)));
            progress.tick();
        }
        Ok(())
    }

    /// Returns the profile that the leading key and scheme belong to.
    fn profile(&self, evidence: &StreamEvidence) -> Option<&str> {
        let leads = |ask: &&Ask<'_>| ask.scheme == evidence.scheme && ask.key.id() == evidence.key_id;
        self.asks.iter().find(leads)?.profile.as_deref()
    }

    fn say(&self, event: Event, evidence: &StreamEvidence) -> Result<()> {
        let alpha = self.args.alpha;
        if self.args.json {
            let profile = self.profile(evidence);
            let report = StreamReport::new(Some(event), &self.id, Some(self.tokenizer), profile, evidence, alpha);
            return print_line(&serde_json::to_string(&report)?);
        }
        let (word, style) = verdict(is_marked(evidence.is_significant(alpha)));
        let p = format_p_value(evidence.ln_p, 2);
        let said = match event {
            // The least p on the way stands, whatever came later.
            Event::End => format!("at the end {}; least p = {p}", counts(evidence)),
            Event::Detected => format!("as soon as {}, p = {p}", counts(evidence)),
        };
        let id = printable(&self.id);
        let profile = self.profile(evidence);
        let is_one = self.asks.len() == 1 && profile.is_none();
        let key = if is_one { String::new() } else { of_ask(profile, evidence.key_id, evidence.scheme) };
        print_styled(&format!("{style}{word}{style:#}  {said}{key}  {id}\n"))
    }
}

/// A stream has two verdicts: more text may always come.
fn is_marked(found: bool) -> Verdict {
    if found { Verdict::Marked } else { Verdict::NoMarkFound }
}

/// "57 tokens, 61 % green".
fn counts(evidence: &StreamEvidence) -> String {
    let tally = evidence.tally;
    format!(
        "{}, {}",
        count(tally.tokens, "token"),
        brief_score(evidence.scheme.family().null(), tally.score, tally.scored)
    )
}

/// A text as it comes, in whole characters.
struct WholeCharacters<R> {
    reader: R,
    name: String,
    /// A character whose last bytes are yet to come.
    begun: Vec<u8>,
    /// Bytes of the text so far.
    taken: usize,
    /// Offset of the first byte that is not UTF-8.
    invalid: Option<usize>,
}

impl<R: BufRead> WholeCharacters<R> {
    fn new(reader: R, name: String) -> Self {
        Self { reader, name, begun: Vec::new(), taken: 0, invalid: None }
    }

    /// Returns the next piece of text; `None` at the end.
    ///
    /// # Errors
    /// The system's error, or the place of a byte that is not UTF-8, once all text before it has been
    /// returned.
    fn next(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(at) = self.invalid {
                bail!("{}: not valid UTF-8 from byte {at} on", self.name);
            }
            let read = self.reader.fill_buf().with_context(|| format!("cannot read {}", self.name))?;
            let length = read.len();
            self.begun.extend_from_slice(read);
            self.reader.consume(length);
            let whole = match std::str::from_utf8(&self.begun) {
                Ok(_) => self.begun.len(),
                Err(error) => {
                    let whole = error.valid_up_to();
                    // An error without a length is an end that came too early: more bytes may make it whole.
                    if error.error_len().is_some() || length == 0 {
                        self.invalid = Some(self.taken + whole);
                    }
                    whole
                }
            };
            let rest = self.begun.split_off(whole);
            let piece = String::from_utf8(std::mem::replace(&mut self.begun, rest)).expect("it was found to be UTF-8");
            self.taken += whole;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
            if length == 0 && self.invalid.is_none() {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// Reads so many bytes at a time.
    fn pieces(bytes: &[u8], step: usize) -> (String, Option<String>) {
        let reader = BufReader::with_capacity(step, bytes);
        let mut characters = WholeCharacters::new(reader, "text".into());
        let mut text = String::new();
        loop {
            match characters.next() {
                Ok(Some(piece)) => text += &piece,
                Ok(None) => return (text, None),
                Err(error) => return (text, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn characters_come_whole_and_bad_bytes_are_placed_however_they_come() {
        for step in [1, 2, 3, 100] {
            assert_eq!(pieces("añb 日本".as_bytes(), step), ("añb 日本".into(), None));
            assert_eq!(pieces(b"", step), (String::new(), None));
            let (text, error) = pieces(b"a\xc3\xb1 xy\xffz", step);
            assert_eq!((&*text, error.as_deref()), ("añ xy", Some("text: not valid UTF-8 from byte 6 on")));
            let (text, error) = pieces(b"ab\xe6\x97", step);
            assert_eq!((&*text, error.as_deref()), ("ab", Some("text: not valid UTF-8 from byte 2 on")));
        }
    }
}
