//! Evidence in words.

use std::{borrow::Cow, fmt::Write};

use anstyle::{AnsiColor, Style};
use greenmark::{
    Detection, Family, KeyId, Scheme, Span, Verdict,
    stats::{Null, format_p_value},
};
use greenmark_text::{Answer, Ask, Passage, Tokenizer};

use crate::output::{count, printable};

/// Said once after texts in which no mark was found.
pub(crate) const NO_MARK_NOTE: &str = "No mark found is no evidence of a human author: other keys, schemes and tokenizers, unmarked models, short and edited texts look the same.";

/// Said where the evidence is of the normalised text, and the text is shown as it is.
pub(crate) const COLOURS_OF_RAW: &str =
    "The mark was found once the text was normalised; the colours are those of the text as it is.";

/// Said once after texts that were too short.
pub(crate) const TOO_SHORT_NOTE: &str =
    "Too short to say: even if every token of such a text spoke for the mark, the evidence would not be enough.";

/// Returns the verdict in words, with its style.
pub(crate) fn verdict(verdict: Verdict) -> (&'static str, Style) {
    match verdict {
        Verdict::Marked => ("marked", AnsiColor::Green.on_default().bold()),
        Verdict::NoMarkFound => ("no mark found", Style::new().bold()),
        Verdict::TooShort => ("too short to say", Style::new().bold()),
    }
}

/// Passages that are listed; the others are counted.
const LISTED: usize = 10;

/// The verdict with its p-value, the passages, and the counts of the whole text.
///
/// - `text`: the raw text, if there are characters.
/// - `names_ask`: whether to say which profile, or which key and scheme it is, because several were
///   asked about.
pub(crate) fn describe(id: &str, answer: &Answer, text: Option<&str>, names_ask: bool) -> String {
    let (word, style) = verdict(answer.verdict());
    let p = p_beside(answer.examination.ln_p, answer.alpha);
    let relation = if answer.is_marked() { "≤" } else { ">" };
    let mut said = format!("{style}{word}{style:#}  p = {p} {relation} {:e}  {}\n", answer.alpha, printable(id));
    for passage in answer.passages.iter().take(LISTED) {
        let _ = write!(said, "  {}", describe_passage(passage, text));
        if names_ask {
            said += &of_ask(passage.profile.as_deref(), passage.key_id, passage.scheme);
        }
        said.push('\n');
    }
    if let more @ 1.. = answer.passages.len().saturating_sub(LISTED) {
        let _ = writeln!(said, "  and {}; --json lists all", count(more as u64, "more passage"));
    }
    let best = answer.best();
    let tally = best.raw.tally;
    let tokens = count(tally.tokens, "token");
    if let (Some(score), Some(z)) = (score(&best.raw), best.raw.z_score) {
        let p = unpaid(answer);
        let _ = write!(said, "  whole text: {score}, z = {z:.2}, {p}; {tokens}, {} repeated", tally.repeated);
        if names_ask {
            said += &of_ask(answer.profile(), best.key_id, best.scheme);
        }
        said.push('\n');
    } else {
        let width = best.scheme.context_width().get();
        let _ = writeln!(said, "  {tokens}, nothing to score: a position needs {width} before it");
    }
    said
}

/// The verdict with its p-value, in a line.
///
/// - `origin`: the kind of document; empty for plain text.
/// - `same`: an earlier text that is equal.
pub(crate) fn in_a_line(id: &str, answer: &Answer, origin: &str, same: Option<&str>, names_ask: bool) -> String {
    let (word, style) = verdict(answer.verdict());
    let p = p_beside(answer.examination.ln_p, answer.alpha);
    let mut said = format!("{style}{word:<16}{style:#}  p = {p:<9}  {}", printable(id));
    if !origin.is_empty() {
        let _ = write!(said, " ({origin})");
    }
    if names_ask && answer.is_marked() {
        said += &of_ask(answer.profile(), answer.best().key_id, answer.best().scheme);
    }
    if let Some(same) = same {
        let _ = write!(said, "; the same text as {}", printable(same));
    }
    said.push('\n');
    said
}

/// Returns the p of the whole text alone, and what it does not pay for.
pub(crate) fn unpaid(answer: &Answer) -> String {
    let p = format_p_value(answer.best().raw.ln_p, 2);
    match answer.examination.looks {
        1 => format!("p = {p}"),
        looks => format!("p = {p} for this key alone, unpaid for {}", count(looks, "look")),
    }
}

/// "; profile support-bot", or "; key 59185787cbc26373, gm1:gumbel,h=2".
pub(crate) fn of_ask(profile: Option<&str>, key: KeyId, scheme: Scheme) -> String {
    profile.map_or_else(|| format!("; key {key}, {scheme}"), |name| format!("; profile {name}"))
}

/// Returns a p-value in as few digits as show on which side of α it is.
fn p_beside(ln_p: f64, alpha: f64) -> String {
    let is_below = |p: &str| p.parse::<f64>().is_ok_and(|p| p <= alpha);
    let written = [2, 4, 8].map(|digits| format_p_value(ln_p, digits));
    let told = written.iter().find(|p| is_below(p) == (ln_p <= alpha.ln()));
    told.unwrap_or(&written[2]).clone()
}

/// Returns a passage's place, its strength, and its first and last words.
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

/// Returns the first and the last words of a stretch, for one line.
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

/// Returns the score of the scored tokens, and that expected by chance; `None` if none was scored.
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

/// Profiles that are listed; more are counted.
const PROFILES_LISTED: usize = 8;

/// Returns the questions: a line for each profile, and one for the keys without.
///
/// - `has_characters`: whether characters were read, and not ids.
pub(crate) fn describe_question(asks: &[Ask<'_>], has_characters: bool) -> String {
    let tokenizer = |ask: &Ask<'_>| match ask.tokenizer.as_deref().filter(|_| has_characters) {
        Some(tokenizer) => format!("tokenizer {} ({})", printable(Tokenizer::name(tokenizer)), tokenizer.fingerprint()),
        None => "ids as given".into(),
    };
    let (named, bare): (Vec<_>, Vec<_>) = asks.iter().partition(|ask| ask.profile.is_some());
    let mut said = String::new();
    if named.len() > PROFILES_LISTED {
        let _ = writeln!(said, "  {}", count(named.len() as u64, "profile"));
    } else {
        for ask in &named {
            let name = ask.profile.as_deref().unwrap_or_default();
            let _ = writeln!(said, "  profile {name}: {}, key {}, {}", ask.scheme, ask.key.id(), tokenizer(ask));
        }
    }
    if let Some(first) = bare.first() {
        let (mut schemes, mut keys): (Vec<String>, Vec<KeyId>) = (Vec::new(), Vec::new());
        for ask in &bare {
            let (scheme, key) = (ask.scheme.to_string(), ask.key.id());
            if !schemes.contains(&scheme) {
                schemes.push(scheme);
            }
            if keys.last() != Some(&key) {
                keys.push(key);
            }
        }
        let keys = match &keys[..] {
            [key] => format!("key {key}"),
            keys => count(keys.len() as u64, "key"),
        };
        let _ = writeln!(said, "  {}, {keys}, {}", schemes.join(" and "), tokenizer(first));
    }
    said
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
