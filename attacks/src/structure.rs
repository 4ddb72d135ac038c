//! Attacks on the text as a whole: what of it is there, among what, and how it is set.

use crate::{
    attack::{AttackError, Attacked},
    places::{below, shuffle},
    plain::Means,
    sentences::{paragraphs, sentences},
    split::Words,
};

pub(super) fn truncate(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let gone = means.strength.of(words.len());
    let end = match words.len() - gone {
        _ if gone == 0 => text.len(),
        0 => 0,
        kept => words.place(kept - 1).end,
    };
    Ok(Attacked { text: text[..end].to_owned(), changed: gone, places: words.len(), unusable: 0 })
}

pub(super) fn shuffle_sentences(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let mut pieces: Vec<(&str, &str)> =
        sentences(text).into_iter().map(|(_, sentence)| sentence.split_at(sentence.trim_end().len())).collect();
    let mut places: Vec<usize> = (0..pieces.len()).filter(|&i| !pieces[i].0.is_empty()).collect();
    // One alone has no other place.
    if places.len() < 2 {
        places.clear();
    }
    let struck = means.struck(places.len());
    let moved: Vec<usize> = places.into_iter().zip(&struck).filter_map(|(at, struck)| struck.then_some(at)).collect();
    let mut sentences: Vec<&str> = moved.iter().map(|&at| pieces[at].0).collect();
    shuffle(&mut sentences, moved.len(), &mut means.rng);
    moved.into_iter().zip(sentences).for_each(|(at, sentence)| pieces[at].0 = sentence);
    Ok(Attacked::of(pieces.into_iter().flat_map(|(sentence, space)| [sentence, space]).collect::<String>(), &struck))
}

pub(super) fn format(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    Ok(means.rewrite(text, &paragraphs(text), |paragraph, rng, out| {
        let form = [plain, wrapped, listed][below(3, rng)];
        let unix = paragraph.replace("\r\n", "\n");
        let ending = if unix.ends_with('\n') { "\n" } else { "" };
        let formed = form(unix.trim_end_matches('\n')) + ending;
        *out += &if paragraph.contains("\r\n") { formed.replace('\n', "\r\n") } else { formed };
    }))
}

pub(super) fn mix(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let places: Vec<_> = sentences(text).into_iter().map(|(at, sentence)| at..at + sentence.len()).collect();
    let others = sentences(means.other);
    if others.is_empty() && means.strength.of(places.len()) > 0 {
        return Err(AttackError::OtherTooShort { attack: means.attack, found: 0, needed: 1 });
    }
    // Sentences of the other text as they follow each other in it, from the start again where it ends.
    let mut next = others.iter().cycle();
    Ok(means.rewrite(text, &places, |_, _, out| out.extend(next.next().map(|(_, sentence)| *sentence))))
}

/// Stretches that a text is pasted in.
const STRETCHES: usize = 3;

pub(super) fn paste(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let (own, host, share) = (Words::of(text), Words::of(means.other), means.strength.share());
    if share == 0.0 || own.len() == 0 {
        return Ok(Attacked { text: text.into(), places: own.len(), ..Attacked::default() });
    }
    let needed = if share == 1.0 { 1 } else { (own.len() as f64 * share / (1.0 - share)).round() as usize };
    if host.len() < needed {
        return Err(AttackError::OtherTooShort { attack: means.attack, found: host.len(), needed });
    }
    if share == 1.0 {
        return Ok(Attacked { text: means.other.into(), changed: host.len(), places: host.len(), unusable: 0 });
    }
    // Both are cut before words: the text at even distances, the other at random ones.
    let stretches = STRETCHES.min(own.len());
    let mut at: Vec<usize> = (0..stretches).map(|_| below(needed + 1, &mut means.rng)).collect();
    at.sort_unstable();
    let mut out = String::new();
    let mut from = 0;
    let join = |out: &mut String, part: &str| {
        let is_apart = out.ends_with(char::is_whitespace) || part.starts_with(char::is_whitespace);
        if !out.is_empty() && !part.is_empty() && !is_apart {
            out.push(' ');
        }
        *out += part;
    };
    for (i, &at) in at.iter().enumerate() {
        join(&mut out, &host.text[cut_from(&host, from)..host.start(at)]);
        from = at;
        let (begin, end) = (own.len() * i / stretches, own.len() * (i + 1) / stretches);
        join(&mut out, &own.text[cut_from(&own, begin)..own.start(end)]);
    }
    // The other text ends with a word, and what follows it stays out.
    let end = needed.checked_sub(1).map_or(0, |last| host.place(last).end);
    join(&mut out, &host.text[cut_from(&host, from).min(end)..end]);
    Ok(Attacked { text: out, changed: needed, places: needed + own.len(), unusable: 0 })
}

/// Returns the start of a stretch, which includes the signs before its first word.
fn cut_from(words: &Words<'_>, word: usize) -> usize {
    if word == 0 { 0 } else { words.start(word) }
}

/// Without the signs of Markdown.
fn plain(paragraph: &str) -> String {
    let lines = paragraph.split('\n').map(|line| {
        let line = line.trim_start_matches('#').trim_start_matches("> ");
        let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
        without(&without(&without(line, "**"), "__"), "`").trim_start().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Takes a sign off where it stands at the edge of a word: `my__name` is one.
fn without(line: &str, sign: &str) -> String {
    let is_within = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(sign) {
        let (before, after) = (&rest[..at], &rest[at + sign.len()..]);
        out += before;
        if is_within(out.chars().next_back()) && is_within(after.chars().next()) {
            out += sign;
        }
        rest = after;
    }
    out + rest
}

/// In lines of at most 60 characters, where words allow.
fn wrapped(paragraph: &str) -> String {
    const WIDTH: usize = 60;
    let mut lines: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Makes each sentence an item.
fn listed(paragraph: &str) -> String {
    // A line break would end a sentence.
    let paragraph = paragraph.replace('\n', " ");
    let sentences =
        sentences(&paragraph).into_iter().map(|(_, sentence)| sentence.trim()).filter(|sentence| !sentence.is_empty());
    sentences.map(|sentence| format!("- {sentence}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Strength, build};

    #[test]
    fn forms_keep_the_words() {
        assert_eq!(
            plain("## A **bold** `word`, my__init__var\n- item\n> said"),
            "A bold word, my__init__var\nitem\nsaid"
        );
        assert_eq!(listed("One. Two\nthree."), "- One.\n- Two three.");
        let wrapped = wrapped(&"word ".repeat(40));
        assert!(wrapped.lines().all(|line| line.chars().count() <= 60) && wrapped.split_whitespace().count() == 40);
    }

    #[test]
    fn line_ends_stay_of_their_kind() {
        let text = "One sentence here. Another one.\r\n\r\nA third, **bold**.\r\n";
        let mut attack = build("format", &Options::default()).expect("it needs nothing");
        for seed in 0..20 {
            let found = attack.attack(&[text], Strength(1.0), seed).remove(0).expect("any text").text;
            assert_eq!(found.matches('\n').count(), found.matches("\r\n").count(), "{found:?}");
        }
    }
}
