//! What a detector found, in words.

use std::{borrow::Cow, fmt::Write};

use anstyle::{AnsiColor, Style};
use greenmark::{
    Detection, Family, KeyId, Scheme, Span,
    stats::{Null, format_p_value},
};
use greenmark_text::Tokenizer;
use greenmark_text::{Answer, Passage};

use crate::output::{count, printable};

/// Said once after texts in which no mark was found.
pub(crate) const NO_MARK_NOTE: &str = "No mark found is no evidence of a human author: other keys, schemes and tokenizers, unmarked models, short and edited texts look the same.";

/// Said where the evidence is of the normalised text, and the text is shown as it is.
pub(crate) const COLOURS_OF_RAW: &str =
    "The mark was found once the text was normalised; the colours are those of the text as it is.";

/// "marked" or "no mark found", with its style.
pub(crate) fn verdict(is_marked: bool) -> (&'static str, Style) {
    if is_marked { ("marked", AnsiColor::Green.on_default().bold()) } else { ("no mark found", Style::new().bold()) }
}

/// Passages that are listed; the others are counted.
const LISTED: usize = 10;

/// The verdict with its p-value, the passages, and the counts of the whole text.
///
/// - `text`: the raw text, if there are characters.
/// - `names_key`: whether to say which key and scheme it is, because several were asked about.
pub(crate) fn describe(id: &str, answer: &Answer, text: Option<&str>, names_key: bool) -> String {
    let (word, style) = verdict(answer.is_marked());
    let p = p_beside(answer.examination.ln_p, answer.alpha);
    let relation = if answer.is_marked() { "≤" } else { ">" };
    let mut said = format!("{style}{word}{style:#}  p = {p} {relation} {:e}  {}\n", answer.alpha, printable(id));
    for passage in answer.passages.iter().take(LISTED) {
        let _ = write!(said, "  {}", describe_passage(passage, text));
        if names_key {
            let _ = write!(said, "; key {}, {}", passage.key_id, passage.scheme);
        }
        said.push('\n');
    }
    if let more @ 1.. = answer.passages.len().saturating_sub(LISTED) {
        let _ = writeln!(said, "  and {}; --json lists all", count(more as u64, "more passage"));
    }
    let best = answer.best();
    let detection = &best.raw;
    let tally = detection.tally;
    let tokens = count(tally.tokens, "token");
    if let (Some(score), Some(z)) = (score(detection), detection.z_score) {
        let p = format_p_value(detection.ln_p, 2);
        let _ = write!(said, "  whole text: {score}, z = {z:.2}, p = {p}; {tokens}, {} repeated", tally.repeated);
        if names_key {
            let _ = write!(said, "; key {}, {}", best.key_id, best.scheme);
        }
        said.push('\n');
    } else {
        let width = best.scheme.context_width().get();
        let _ = writeln!(said, "  {tokens}, nothing to score: a position needs {width} before it");
    }
    said
}

/// A p-value in as few digits as show on which side of α it is.
fn p_beside(ln_p: f64, alpha: f64) -> String {
    let is_below = |p: &str| p.parse::<f64>().is_ok_and(|p| p <= alpha);
    let written = [2, 4, 8].map(|digits| format_p_value(ln_p, digits));
    let told = written.iter().find(|p| is_below(p) == (ln_p <= alpha.ln()));
    told.unwrap_or(&written[2]).clone()
}

/// Where a passage stands, how strong it is, and how it begins and ends.
pub(crate) fn describe_passage(passage: &Passage, text: Option<&str>) -> String {
    let score = passage_score(passage);
    let normalised = if passage.normalised { ", once normalised" } else { "" };
    match (&passage.place, text) {
        (Some(place), Some(text)) => format!(
            "characters {} to {}: {score}{normalised}: “{}”",
            place.characters.start + 1,
            place.characters.end,
            excerpt(&text[place.bytes.clone()]),
        ),
        _ => format!("tokens {} to {}: {score}", passage.span.start + 1, passage.span.end),
    }
}

/// "104 of 180 green", or the mean score.
fn passage_score(passage: &Passage) -> String {
    let Span { scored, score, .. } = passage.span;
    match passage.scheme.family() {
        Family::Green { .. } => format!("{score} of {scored} green"),
        Family::Gumbel { .. } => format!("{scored} scored, mean {:.2}", score / scored as f64),
    }
}

/// The first and the last words of a stretch, for one line.
fn excerpt(text: &str) -> String {
    const SHOWN: usize = 36;
    // Of a long stretch only the ends are looked at.
    const ENDS: usize = 1 << 10;
    let text: Cow<'_, str> = if text.len() > 2 * ENDS {
        let (head, tail) = (text.floor_char_boundary(ENDS), text.ceil_char_boundary(text.len() - ENDS));
        format!("{} {}", &text[..head], &text[tail..]).into()
    } else {
        text.into()
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = words.join(" ");
    let length = line.chars().count();
    if length > 2 * SHOWN + 3 {
        let cut = |at: usize| line.char_indices().nth(at).map_or(line.len(), |(at, _)| at);
        let (head, tail) = (&line[..cut(SHOWN)], &line[cut(length - SHOWN)..]);
        // Whole words, where they are not longer than what is shown.
        let head = head.rsplit_once(' ').map_or(head, |(head, _)| head);
        let tail = tail.split_once(' ').map_or(tail, |(_, tail)| tail);
        line = format!("{head} … {tail}");
    }
    printable(&line)
}

/// What the scored tokens score, and would by chance; `None` where none was scored.
pub(crate) fn score(detection: &Detection) -> Option<String> {
    let mean = detection.mean_score()?;
    let scored = count(detection.tally.scored, "scored token");
    let chance = detection.null.mean();
    Some(match detection.green() {
        Some(green) => {
            format!("{green} of {scored} green: {:.1} % (by chance {:.1} %)", 100.0 * mean, 100.0 * chance)
        }
        None => format!("{scored}, mean score {mean:.2} (by chance {chance:.2})"),
    })
}

/// [`score`] in a few characters.
pub(crate) fn brief(detection: &Detection) -> String {
    brief_score(detection.null, detection.tally.score, detection.tally.scored)
}

/// "54 % green", "score 2.31".
pub(crate) fn brief_score(null: Null, score: f64, scored: u64) -> String {
    let mean = if scored == 0 { 0.0 } else { score / scored as f64 };
    match null {
        Null::Bernoulli(_) => format!("{:.0} % green", 100.0 * mean),
        _ => format!("score {mean:.2}"),
    }
}

/// One line: what was asked.
pub(crate) fn describe_question(schemes: &[Scheme], keys: &[KeyId], tokenizer: Option<&Tokenizer>) -> String {
    let tokenizer = tokenizer
        .map_or_else(|| "ids as given".into(), |t| format!("tokenizer {} ({})", printable(t.name()), t.fingerprint()));
    let mut distinct: Vec<String> = Vec::new();
    for scheme in schemes.iter().map(Scheme::to_string) {
        if !distinct.contains(&scheme) {
            distinct.push(scheme);
        }
    }
    let schemes = distinct;
    let keys = match keys {
        [key] => format!("key {key}"),
        keys => count(keys.len() as u64, "key"),
    };
    format!("  {}, {keys}, {tokenizer}\n", schemes.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_line_of_whole_words() {
        assert_eq!(excerpt(" a\nb  c "), "a b c");
        let long = "word ".repeat(100);
        let shown = excerpt(&long);
        assert!(shown.starts_with("word word") && shown.contains(" … word") && shown.chars().count() < 80, "{shown}");
        assert!(excerpt(&"日".repeat(500)).chars().count() < 80);
    }

    #[test]
    fn a_p_value_stands_on_its_side_of_alpha() {
        assert_eq!(p_beside(3.0f64.ln() - 30.0, 1e-6), "2.8e-13");
        assert_eq!(p_beside(3.0060e-14f64.ln(), 3.005e-14), "3.006e-14");
        assert_eq!(p_beside(3.0041e-14f64.ln(), 3.005e-14), "3.0e-14");
    }
}
