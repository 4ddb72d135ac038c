//! From a model's answer to the paraphrase in it.

use crate::english::ENGLISH;

/// Greatest length of an answer, as a multiple of the unit's.
const LONGEST: usize = 3;

/// A line that leads up to the answer is shorter than this, in bytes.
const LONGEST_LEAD: usize = 120;

/// Quotation marks that a model puts around its answer.
const QUOTES: [(char, char); 6] = [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“'), ('\'', '\''), ('‘', '’')];

/// Returns the paraphrase of `unit`; `None` if the answer is empty or absurdly long.
pub(super) fn usable(answer: &str, unit: &str) -> Option<String> {
    let mut rest = answer.trim();
    // What a reasoning model says to itself.
    if let Some((_, said)) = rest.strip_prefix("<think>").and_then(|rest| rest.split_once("</think>")) {
        rest = said.trim_start();
    }
    rest = without_quotes(without_lead(rest, unit), unit);
    // Explanations come as paragraphs of their own.
    if !has_blank_line(unit) {
        rest = first_paragraph(rest);
    }
    rest = without_quotes(rest, unit);
    let is_sound = rest.contains(char::is_alphanumeric) && rest.chars().count() <= LONGEST * unit.chars().count();
    is_sound.then(|| rest.to_owned())
}

/// "Sure! Here is a paraphrase: It rained." → "It rained."
fn without_lead<'a>(answer: &'a str, unit: &str) -> &'a str {
    let opens = |text: &str, lead: &str| text.get(..lead.len()).is_some_and(|start| start.eq_ignore_ascii_case(lead));
    if !ENGLISH.leads.iter().any(|lead| opens(answer, lead) && !opens(unit, lead)) {
        return answer;
    }
    let line = answer.lines().next().unwrap_or_default();
    match line.find(':') {
        Some(colon) if colon < LONGEST_LEAD => answer[colon + 1..].trim_start_matches('*').trim_start(),
        _ => answer,
    }
}

/// Takes off quotation marks that stand around the whole, and do not around what was asked for.
fn without_quotes<'a>(answer: &'a str, unit: &str) -> &'a str {
    for (open, close) in QUOTES {
        if let Some(inner) = answer.strip_prefix(open).and_then(|rest| rest.strip_suffix(close))
            && !unit.starts_with(open)
            && !inner.contains([open, close])
        {
            return inner.trim();
        }
    }
    answer
}

fn has_blank_line(text: &str) -> bool {
    first_paragraph(text).len() < text.trim_end().len()
}

fn first_paragraph(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() && end > 0 {
            break;
        }
        end += line.len();
    }
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_paraphrase_goes() {
        let unit = "The rain fell for most of the day.";
        for answer in [
            "It rained nearly all day.",
            "\n  \"It rained nearly all day.\"\n",
            "“It rained nearly all day.”",
            "Here is a paraphrase: It rained nearly all day.",
            "Here's the rewritten sentence:\n\n\"It rained nearly all day.\"",
            "Sure! Here is one: 'It rained nearly all day.'",
            "Rewritten sentence: It rained nearly all day.",
            "**Rewritten sentence:** It rained nearly all day.".trim_start_matches("**"),
            "It rained nearly all day.\n\nThis version keeps the meaning of the first: rain, and long.",
            "\"It rained nearly all day.\"\n\nI hope that this helps.",
            "<think>Rain: how to say it?</think>\n\nIt rained nearly all day.",
        ] {
            assert_eq!(usable(answer, unit).as_deref(), Some("It rained nearly all day."), "{answer}");
        }
    }

    #[test]
    fn what_belongs_to_it_stays() {
        let kept = |answer: &str, unit: &str| assert_eq!(usable(answer, unit).as_deref(), Some(answer), "{unit}");
        kept("\"Go,\" he said. \"Now.\"", "\"Leave,\" he told her. \"At once.\"");
        kept("\"Go,\" she said, \"now.\"", "She said: go now, at once.");
        kept("\"Be gone!\"", "\"Go away!\"");
        kept("Here is what matters: rest.", "Here is the main thing: sleep.");
        kept("Surely it rained.", "It certainly did rain.");
        kept("One.\n\nTwo.", "First.\n\nSecond.");
        kept("Roses are red,\nviolets blue.", "Red are the roses,\nthe violets are blue.");
    }

    #[test]
    fn nonsense_is_none() {
        for answer in ["", " \n", "\"\"", "…", "Here is a paraphrase:", "<think>no</think>"] {
            assert_eq!(usable(answer, "It rained."), None, "{answer}");
        }
        assert_eq!(usable(&"x".repeat(30), "It rained.").map(|answer| answer.len()), Some(30));
        assert_eq!(usable(&"x".repeat(31), "It rained."), None);
    }
}
