//! Attacks on letters, marks and spaces, those that nobody sees among them.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::{
    attack::{About, AttackError, Attacked, Kind, Plain, Strength},
    links::links,
    places::{below, one_of, struck},
    split::in_case_of,
    words::on_words,
};

pub(super) const HOMOGLYPHS: Plain = Plain {
    about: About {
        name: "homoglyphs",
        kind: Kind::Characters,
        place: "letter that has a look-alike",
        models: "letters exchanged for others of the same look, Cyrillic or Greek",
        source: "Boucher et al. 2022 (arXiv:2106.09898); the normaliser of SPEC §9.5 is made against it",
        limits: "22 Latin letters; a search within the text no longer finds its words, and links lead nowhere",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        on_characters(
            text,
            strength,
            rng,
            |c| look_alike(c).is_some(),
            |c, _, out| out.push(look_alike(c).unwrap_or(c)),
        )
    },
};

pub(super) const ZERO_WIDTH: Plain = Plain {
    about: About {
        name: "zero-width",
        kind: Kind::Characters,
        place: "letter or digit",
        models: "invisible characters put between letters",
        source: "as `homoglyphs`",
        limits: "an editor that shows them, or that removes them on pasting, gives it away or undoes it; links lead nowhere",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        const INVISIBLE: [char; 4] = ['\u{200b}', '\u{200c}', '\u{2060}', '\u{feff}'];
        on_characters(text, strength, rng, char::is_alphanumeric, |c, rng, out| {
            out.extend([c, *one_of(&INVISIBLE, rng)]);
        })
    },
};

pub(super) const SPACES: Plain = Plain {
    about: About {
        name: "spaces",
        kind: Kind::Characters,
        place: "space",
        models: "spaces of another kind or width, and doubled ones",
        source: "as `homoglyphs`; a by-product of copying from web pages and PDF files, too",
        limits: "doubled spaces are seen by who looks, and the normaliser leaves them",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        const SPACES: [&str; 5] = ["\u{a0}", "\u{2009}", "\u{202f}", "\u{2002}", "  "];
        on_characters(text, strength, rng, |c| c == ' ', |_, rng, out| *out += *one_of::<&str>(&SPACES, rng))
    },
};

pub(super) const DISGUISE: Plain = Plain {
    about: About {
        name: "disguise",
        kind: Kind::Characters,
        place: "letter or space of the three",
        models: "homoglyphs, zero-width and spaces one after the other, each at the full strength",
        source: "the three",
        limits: "those of the three",
        ..About::PLAIN
    },
    apply: |text, strength, other, rng| {
        let mut all = Attacked { text: text.into(), changed: 0, places: 0, unusable: 0 };
        for attack in [HOMOGLYPHS, SPACES, ZERO_WIDTH] {
            let next = (attack.apply)(&all.text, strength, other, rng)?;
            all = Attacked {
                text: next.text,
                changed: all.changed + next.changed,
                places: all.places + next.places,
                unusable: 0,
            };
        }
        Ok(all)
    },
};

pub(super) const TYPOS: Plain = Plain {
    about: About {
        name: "typos",
        kind: Kind::Characters,
        place: "word of four letters or more",
        models: "hasty typing: two letters exchanged, one left out, one doubled, or its neighbour on a keyboard",
        source: "the character noise of Belinkov & Bisk 2018 (arXiv:1711.02173)",
        limits: "the keyboard is a US one; words with letters beyond a to z are left alone, and so are links, which are copied, not typed",
        is_english: true,
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        let long = |word: &str| word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        on_words(text, strength, rng, long, mistyped)
    },
};

pub(super) const CASE: Plain = Plain {
    about: About {
        name: "case",
        kind: Kind::Characters,
        place: "word",
        models: "careless or playful capitals",
        source: "a baseline of our own; the normaliser of SPEC §9.5 does not undo it",
        limits: "links and scripts without capitals stay as they are",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        on_words(
            text,
            strength,
            rng,
            |word| !other_cases(word).is_empty(),
            |word, rng| one_of(&other_cases(word), rng).clone(),
        )
    },
};

pub(super) const PUNCTUATION: Plain = Plain {
    about: About {
        name: "punctuation",
        kind: Kind::Characters,
        place: "punctuation mark",
        models: "a writer who leaves marks out, or sets others",
        source: "a baseline of our own",
        limits: "ASCII marks alone; those of links stay",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        const MARKS: [char; 7] = [',', '.', ';', ':', '!', '?', '-'];
        let mut links = links(text).into_iter().peekable();
        let is_place = |(at, c): (usize, char)| {
            while links.next_if(|link| link.end <= at).is_some() {}
            MARKS.contains(&c) && links.peek().is_none_or(|link| at < link.start)
        };
        let is_place: Vec<bool> = text.char_indices().map(is_place).collect();
        let struck = struck(is_place.iter().filter(|&&is| is).count(), strength, rng);
        let mut next = struck.iter();
        let mut out = String::with_capacity(text.len());
        for (c, is_place) in text.chars().zip(is_place) {
            if !is_place || next.next() != Some(&true) {
                out.push(c);
            } else if rng.next_u64() & 1 == 0 {
                let others: Vec<char> = MARKS.into_iter().filter(|&mark| mark != c).collect();
                out.push(*one_of(&others, rng));
            }
        }
        Ok(Attacked::of(out, &struck))
    },
};

/// Changes a share of the characters that `may_go`.
fn on_characters(
    text: &str,
    strength: Strength,
    rng: &mut ChaCha8Rng,
    may_go: impl Fn(char) -> bool,
    change: impl Fn(char, &mut ChaCha8Rng, &mut String),
) -> Result<Attacked, AttackError> {
    let struck = struck(text.chars().filter(|&c| may_go(c)).count(), strength, rng);
    let mut next = struck.iter();
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if may_go(c) && next.next() == Some(&true) { change(c, rng, &mut out) } else { out.push(c) }
    }
    Ok(Attacked::of(out, &struck))
}

/// Returns a word small, with a capital and in capitals, as far as that is another word.
fn other_cases(word: &str) -> Vec<String> {
    let small = word.to_lowercase();
    let mut forms = vec![in_case_of(&small, "Xx"), small.to_uppercase(), small];
    forms.retain(|form| form != word);
    forms
}

/// Rows of a keyboard; neighbours on it stand side by side.
const KEYBOARD: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

fn mistyped(word: &str, rng: &mut impl Rng) -> String {
    let mut letters: Vec<u8> = word.bytes().collect();
    // Within the word: people get its ends right.
    let at = 1 + below(letters.len() - 2, rng);
    match below(4, rng) {
        0 if letters[at] != letters[at + 1] => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = neighbour(letters[at], rng),
    }
    String::from_utf8(letters).expect("ASCII")
}

fn neighbour(letter: u8, rng: &mut impl Rng) -> u8 {
    let small = letter.to_ascii_lowercase();
    let row = KEYBOARD.iter().map(|row| row.as_bytes()).find(|row| row.contains(&small)).expect("a letter has a key");
    let at = row.iter().position(|&key| key == small).expect("it is in the row");
    let sides: Vec<u8> = [at.checked_sub(1), at.checked_add(1).filter(|&at| at < row.len())]
        .into_iter()
        .flatten()
        .map(|at| row[at])
        .collect();
    let found = *one_of(&sides, rng);
    if letter.is_ascii_uppercase() { found.to_ascii_uppercase() } else { found }
}

/// Returns a letter of the same look in another script.
fn look_alike(letter: char) -> Option<char> {
    Some(match letter {
        'A' => 'А',
        'B' => 'В',
        'C' => 'С',
        'E' => 'Е',
        'H' => 'Н',
        'I' => 'Ι',
        'K' => 'К',
        'M' => 'М',
        'N' => 'Ν',
        'O' => 'О',
        'P' => 'Р',
        'T' => 'Т',
        'X' => 'Х',
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'i' => 'і',
        'o' => 'о',
        'p' => 'р',
        's' => 'ѕ',
        'x' => 'х',
        'y' => 'у',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Other;

    #[test]
    fn the_normaliser_undoes_what_it_is_made_against() {
        let text = "The cat sat on the mat, and Once More: Bob saw it. ";
        for attack in [HOMOGLYPHS, ZERO_WIDTH] {
            for strength in [0.3, 1.0] {
                let attacked = attack.apply(text, Strength(strength), 1, &Other::default()).expect("it needs nothing");
                assert_ne!(attacked.text, text);
                assert_eq!(greenmark::normalise(&attacked.text).text(), text, "{}", attack.about.name);
            }
        }
    }
}
