//! Attacks on the text as a whole: what of it is there, among what, and how it is set.

use rand_chacha::ChaCha8Rng;

use crate::{
    attack::{About, AttackError, Attacked, Kind, Need, Other, Plain, Strength, WITH},
    places::{below, struck},
    sentences::sentences,
    split::Words,
};

pub(super) const TRUNCATE: Plain = Plain {
    about: About {
        name: "truncate",
        kind: Kind::Structure,
        place: "word",
        models: "a quotation: the text breaks off, and the strength is the share that is missing",
        source: "the lengths in every evaluation since Kirchenbauer et al. 2023 (arXiv:2306.04634)",
        limits: "its end goes, never its beginning",
        ..About::PLAIN
    },
    apply: |text, strength, _, _| {
        let words = Words::of(text);
        let gone = strength.of(words.len());
        let kept = words.len() - gone;
        let text = match kept.checked_sub(1) {
            _ if gone == 0 => text.to_owned(),
            None => String::new(),
            Some(last) => words.pieces[..=words.at[last]].concat(),
        };
        Ok(Attacked { text, changed: gone, places: words.len(), unusable: 0 })
    },
};

pub(super) const SENTENCES: Plain = Plain {
    about: About {
        name: "shuffle-sentences",
        kind: Kind::Structure,
        place: "sentence",
        models: "an editor who puts sentences in another order",
        source: "a baseline of our own; sentences as UAX #29 has them",
        limits: "the sense suffers between sentences, not within them; white space stays where it stands",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        let mut pieces: Vec<(&str, &str)> = sentences(text)
            .into_iter()
            .map(|(_, sentence)| sentence.split_at(sentence.trim_end().len()))
            .filter(|(sentence, space)| !sentence.is_empty() || !space.is_empty())
            .collect();
        let mut places: Vec<usize> = (0..pieces.len()).filter(|&i| !pieces[i].0.is_empty()).collect();
        // One alone has no other place.
        if places.len() < 2 {
            places.clear();
        }
        let struck = struck(places.len(), strength, rng);
        let moved: Vec<usize> = (0..struck.len()).filter(|&i| struck[i]).map(|i| places[i]).collect();
        for i in 0..moved.len() {
            let other = i + below(moved.len() - i, rng);
            let (here, there) = (pieces[moved[i]].0, pieces[moved[other]].0);
            pieces[moved[i]].0 = there;
            pieces[moved[other]].0 = here;
        }
        Ok(Attacked::of(pieces.into_iter().flat_map(|(sentence, space)| [sentence, space]).collect(), &struck))
    },
};

pub(super) const FORMAT: Plain = Plain {
    about: About {
        name: "format",
        kind: Kind::Structure,
        place: "paragraph",
        models: "a text carried over into another form: Markdown taken off, lines wrapped anew, sentences made items of a list",
        source: "what copying between a chat, a mail and a web page does",
        limits: "words stay as they are and in their order; a paragraph that the form drawn for it fits already stays",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        // Paragraphs and the blank lines between them, in turn.
        let mut parts: Vec<String> = Vec::new();
        for line in text.split_inclusive('\n') {
            let is_blank = line.trim().is_empty();
            match parts.last_mut().filter(|part| part.trim().is_empty() == is_blank) {
                Some(part) => part.push_str(line),
                None => parts.push(line.to_owned()),
            }
        }
        let paragraphs: Vec<usize> = (0..parts.len()).filter(|&i| !parts[i].trim().is_empty()).collect();
        let struck = struck(paragraphs.len(), strength, rng);
        for (_, &at) in struck.iter().zip(&paragraphs).filter(|(struck, _)| **struck) {
            let form = [plain, wrapped, listed][below(3, rng)];
            let is_dos = parts[at].contains("\r\n");
            let unix = parts[at].replace("\r\n", "\n");
            let ending = if unix.ends_with('\n') { "\n" } else { "" };
            let formed = form(unix.trim_end_matches('\n')) + ending;
            parts[at] = if is_dos { formed.replace('\n', "\r\n") } else { formed };
        }
        Ok(Attacked::of(parts.concat(), &struck))
    },
};

pub(super) const PASTE: Plain = Plain {
    about: About {
        name: "paste",
        kind: Kind::Structure,
        place: "word of the result",
        models: "stretches of the text pasted into another, and the strength is the other's share: .75 leaves 25 % of the words to the attacked text",
        source: "the copy-paste attack of Kirchenbauer et al. 2023 (arXiv:2306.04634)",
        limits: "up to three stretches, cut between words and put between words",
        needs: &[Need::Text],
        settings: &[WITH],
        ..About::PLAIN
    },
    apply: paste,
};

pub(super) const MIX: Plain = Plain {
    about: About {
        name: "mix",
        kind: Kind::Structure,
        place: "sentence",
        models: "a text of several sources: sentences give way to those of another text, which may be marked with another key",
        source: "a baseline of our own",
        limits: "the two say different things",
        needs: &[Need::Text],
        settings: &[WITH],
        ..About::PLAIN
    },
    apply: |text, strength, other, rng| {
        let mut own = sentences(text);
        let others = sentences(other.text.unwrap_or_default());
        let struck = struck(own.len(), strength, rng);
        let needed = struck.iter().filter(|&&struck| struck).count();
        if others.is_empty() && needed > 0 {
            return Err(AttackError::OtherTooShort { attack: MIX.about.name, found: 0, needed: 1 });
        }
        // Sentences of the other text as they follow each other in it, from the start again where it ends.
        let mut next = others.iter().cycle();
        for (sentence, _) in own.iter_mut().zip(&struck).filter(|(_, struck)| **struck) {
            *sentence = *next.next().expect("a cycle goes on");
        }
        Ok(Attacked::of(own.into_iter().map(|(_, sentence)| sentence).collect(), &struck))
    },
};

/// Stretches that a text is pasted in.
const STRETCHES: usize = 3;

fn paste(text: &str, strength: Strength, other: &Other<'_>, rng: &mut ChaCha8Rng) -> Result<Attacked, AttackError> {
    let (own, host) = (Words::of(text), Words::of(other.text.unwrap_or_default()));
    if strength.share() == 0.0 || own.len() == 0 {
        return Ok(Attacked { text: text.into(), changed: 0, places: own.len(), unusable: 0 });
    }
    if strength.share() == 1.0 {
        if host.len() == 0 {
            return Err(AttackError::OtherTooShort { attack: PASTE.about.name, found: 0, needed: 1 });
        }
        return Ok(Attacked { text: host.pieces.concat(), changed: host.len(), places: host.len(), unusable: 0 });
    }
    let needed = (own.len() as f64 * strength.share() / (1.0 - strength.share())).round() as usize;
    if host.len() < needed {
        return Err(AttackError::OtherTooShort { attack: PASTE.about.name, found: host.len(), needed });
    }
    // Both are cut before words: the text at even distances, the other at random ones.
    let stretches = STRETCHES.min(own.len());
    let cut = |words: &Words<'_>, word: usize| words.at.get(word).copied().unwrap_or(words.pieces.len());
    let mut at: Vec<usize> = (0..stretches).map(|_| below(needed + 1, rng)).collect();
    at.sort_unstable();
    let mut out = String::new();
    let mut from = 0;
    let join = |out: &mut String, part: String| {
        if !out.is_empty()
            && !part.is_empty()
            && !out.ends_with(char::is_whitespace)
            && !part.starts_with(char::is_whitespace)
        {
            out.push(' ');
        }
        *out += &part;
    };
    for (i, &at) in at.iter().enumerate() {
        join(&mut out, host.pieces[cut_from(&host, from)..cut(&host, at)].concat());
        from = at;
        let (begin, end) = (own.len() * i / stretches, own.len() * (i + 1) / stretches);
        join(&mut out, own.pieces[cut_from(&own, begin)..cut(&own, end)].concat());
    }
    // The other text ends with a word, and what stands behind it stays out.
    let end = if needed == 0 { 0 } else { host.at[needed - 1] + 1 };
    join(&mut out, host.pieces[cut_from(&host, from).min(end)..end].concat());
    Ok(Attacked { text: out, changed: needed, places: needed + own.len(), unusable: 0 })
}

/// Returns the start of a stretch, which includes the signs before its first word.
fn cut_from(words: &Words<'_>, word: usize) -> usize {
    if word == 0 { 0 } else { words.at.get(word).copied().unwrap_or(words.pieces.len()) }
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
        for seed in 0..20 {
            let found = FORMAT.apply(text, Strength(1.0), seed, &Other::default()).expect("it needs nothing").text;
            assert_eq!(found.matches('\n').count(), found.matches("\r\n").count(), "{found:?}");
        }
    }
}
