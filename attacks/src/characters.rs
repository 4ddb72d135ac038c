//! Attacks on letters, marks and spaces, those that nobody sees among them.

use std::ops::Range;

use rand_chacha::rand_core::Rng;

use crate::{
    attack::{AttackError, Attacked},
    links::meets_link,
    places::{below, one_of},
    plain::{Apply, Means},
    split::in_case_of,
    words::on_words,
};

pub(super) fn homoglyphs(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let places = characters(text, |_, c| look_alike(c).is_some());
    Ok(means.rewrite(text, &places, |letter, _, out| out.extend(letter.chars().filter_map(look_alike))))
}

pub(super) fn zero_width(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    const INVISIBLE: [&str; 4] = ["\u{200b}", "\u{200c}", "\u{2060}", "\u{feff}"];
    let places = characters(text, |_, c| c.is_alphanumeric());
    Ok(means.rewrite(text, &places, |c, rng, out| out.extend([c, one_of::<&str>(&INVISIBLE, rng)])))
}

pub(super) fn spaces(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    const SPACES: [&str; 5] = ["\u{a0}", "\u{2009}", "\u{202f}", "\u{2002}", "  "];
    let places = characters(text, |_, c| c == ' ');
    Ok(means.rewrite(text, &places, |_, rng, out| *out += one_of::<&str>(&SPACES, rng)))
}

pub(super) fn disguise(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    const ALL: [Apply; 3] = [homoglyphs, spaces, zero_width];
    let mut all = Attacked { text: text.into(), ..Attacked::default() };
    for attack in ALL {
        let Attacked { text, changed, places, unusable } = attack(&all.text, means)?;
        all = Attacked { text, changed: all.changed + changed, places: all.places + places, unusable };
    }
    Ok(all)
}

pub(super) fn typos(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let is_long = |word: &str| word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    on_words(text, means, is_long, mistyped)
}

pub(super) fn case(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let has_case = |word: &str| !other_cases(word).is_empty();
    on_words(text, means, has_case, |word, rng| one_of(&other_cases(word), rng).clone())
}

pub(super) fn punctuation(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    const MARKS: [char; 7] = [',', '.', ';', ':', '!', '?', '-'];
    let mut meets_link = meets_link(text);
    let places = characters(text, |at, c| MARKS.contains(&c) && !meets_link(at..at + 1));
    Ok(means.rewrite(text, &places, |mark, rng, out| {
        if rng.next_u64() & 1 == 0 {
            let others: Vec<char> = MARKS.into_iter().filter(|&other| !mark.contains(other)).collect();
            out.push(*one_of(&others, rng));
        }
    }))
}

/// Returns the places of the characters that `may_go`, by place and character.
fn characters(text: &str, mut may_go: impl FnMut(usize, char) -> bool) -> Vec<Range<usize>> {
    let characters = text.char_indices().filter(|&(at, c)| may_go(at, c));
    characters.map(|(at, c)| at..at + c.len_utf8()).collect()
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
    let near = &row[at.saturating_sub(1)..row.len().min(at + 2)];
    let sides: Vec<u8> = near.iter().copied().filter(|&key| key != small).collect();
    let found = *one_of(&sides, rng);
    if letter.is_ascii_uppercase() { found.to_ascii_uppercase() } else { found }
}

/// Letters that have a look-alike in another script, and their look-alikes.
const LETTERS: [&str; 2] = ["ABCEHIKMNOPTXaceiopsxy", "АВСЕНΙКМΝОРТХасеіорѕху"];

/// Returns a letter of the same look in another script.
fn look_alike(letter: char) -> Option<char> {
    let [letters, others] = LETTERS;
    letters.find(letter).and_then(|at| others.chars().nth(at))
}

#[cfg(test)]
mod tests {
    use crate::{Options, Strength, build};

    #[test]
    fn the_normaliser_undoes_what_it_is_made_against() {
        let text = "The cat sat on the mat, and Once More: Bob saw it. ";
        for attack in ["homoglyphs", "zero-width"] {
            for strength in [0.3, 1.0] {
                let mut ready = build(attack, &Options::default()).expect("it needs nothing");
                let attacked = ready.attack(&[text], Strength(strength), 1).remove(0).expect("any text");
                assert_ne!(attacked.text, text);
                assert_eq!(greenmark::normalise(&attacked.text).text(), text, "{attack}");
            }
        }
    }
}
