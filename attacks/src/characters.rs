//! Attacks that nobody sees: other characters of the same look, and characters without any.

use rand_chacha::ChaCha8Rng;

use super::{
    Attack, AttackError, Attacked, Kind, Strength,
    lexical::attacked,
    places::{one_of, struck},
};

pub(super) const HOMOGLYPHS: Attack = Attack {
    name: "homoglyphs",
    kind: Kind::Characters,
    place: "letter that has a look-alike",
    models: "letters exchanged for others of the same look, Cyrillic or Greek",
    source: "Boucher et al. 2022 (arXiv:2106.09898); the normaliser of SPEC §9.5 is made against it",
    limits: "22 Latin letters; a search within the text no longer finds its words, and links lead nowhere",
    is_english: false,
    needs_other: false,
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

pub(super) const ZERO_WIDTH: Attack = Attack {
    name: "zero-width",
    kind: Kind::Characters,
    place: "letter or digit",
    models: "invisible characters put between letters",
    source: "as `homoglyphs`",
    limits: "an editor that shows them, or that removes them on pasting, gives it away or undoes it; links lead nowhere",
    is_english: false,
    needs_other: false,
    apply: |text, strength, _, rng| {
        const INVISIBLE: [char; 4] = ['\u{200b}', '\u{200c}', '\u{2060}', '\u{feff}'];
        on_characters(text, strength, rng, char::is_alphanumeric, |c, rng, out| {
            out.extend([c, *one_of(&INVISIBLE, rng)]);
        })
    },
};

pub(super) const SPACES: Attack = Attack {
    name: "spaces",
    kind: Kind::Characters,
    place: "space",
    models: "spaces of another kind or width, and doubled ones",
    source: "as `homoglyphs`; a by-product of copying from web pages and PDF files, too",
    limits: "doubled spaces are seen by who looks, and the normaliser leaves them",
    is_english: false,
    needs_other: false,
    apply: |text, strength, _, rng| {
        const SPACES: [&str; 5] = ["\u{a0}", "\u{2009}", "\u{202f}", "\u{2002}", "  "];
        on_characters(text, strength, rng, |c| c == ' ', |_, rng, out| *out += *one_of::<&str>(&SPACES, rng))
    },
};

pub(super) const DISGUISE: Attack = Attack {
    name: "disguise",
    kind: Kind::Characters,
    place: "letter or space of the three",
    models: "homoglyphs, zero-width and spaces one after the other, each at the full strength",
    source: "the three",
    limits: "those of the three",
    is_english: false,
    needs_other: false,
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
    Ok(attacked(out, &struck))
}

/// A letter of the same look in another script.
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
    use crate::Other;

    #[test]
    fn the_normaliser_undoes_what_it_is_made_against() {
        let text = "The cat sat on the mat, and Once More: Bob saw it. ";
        for attack in [HOMOGLYPHS, ZERO_WIDTH] {
            for strength in [0.3, 1.0] {
                let attacked = attack.apply(text, Strength(strength), 1, &Other::default()).expect("it needs nothing");
                assert_ne!(attacked.text, text);
                assert_eq!(greenmark::normalise(&attacked.text).text(), text, "{}", attack.name);
            }
        }
    }
}
