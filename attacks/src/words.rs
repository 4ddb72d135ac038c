//! Attacks on words: they come, go, change or change places, each by itself.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;

use crate::{
    attack::{AttackError, Attacked},
    english::ENGLISH,
    links::linked,
    places::one_of,
    plain::Means,
    split::{Words, in_case_of},
};

pub(super) fn replace(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let pool = means.words(words.len())?;
    Ok(means.rewrite(text, &words.places(), |word, rng, out| *out += &in_case_of(one_of::<String>(pool, rng), word)))
}

pub(super) fn delete(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let struck = means.struck(words.len());
    let is_blank = |piece: &str| !piece.is_empty() && piece.bytes().all(|byte| byte == b' ');
    let mut pieces = words.pieces.clone();
    for (_, &at) in struck.iter().zip(&words.at).filter(|(struck, _)| **struck) {
        pieces[at] = "";
        // The blank before goes along; at the start of a line, the one after.
        if at > 0 && is_blank(words.pieces[at - 1]) {
            pieces[at - 1] = "";
        } else if let Some(next) = words.pieces.get(at + 1).filter(|next| is_blank(next)) {
            pieces[at + 1] = &next[1..];
        }
    }
    Ok(Attacked::of(pieces.concat(), &struck))
}

pub(super) fn insert(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let pool = means.words(words.len())?;
    Ok(means.rewrite(text, &words.places(), |word, rng, out| {
        out.extend([word, " ", one_of::<String>(pool, rng)]);
    }))
}

pub(super) fn swap(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let mut words = Words::of(text);
    let struck = means.struck(words.len().saturating_sub(1));
    for i in (0..struck.len()).filter(|&i| struck[i]) {
        words.pieces.swap(words.at[i], words.at[i + 1]);
    }
    Ok(Attacked::of(words.pieces.concat(), &struck))
}

pub(super) fn misspell(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let known = &ENGLISH.misspellings;
    on_words(text, means, |word| known.contains_key(word), |word, _| known[word].to_owned())
}

/// Changes a share of the words that `may_go` and belong to no link.
pub(super) fn on_words(
    text: &str,
    means: &mut Means<'_>,
    may_go: impl Fn(&str) -> bool,
    change: impl Fn(&str, &mut ChaCha8Rng) -> String,
) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let free = words.places().into_iter().zip(linked(&words)).filter(|(_, linked)| !linked);
    let places: Vec<_> = free.map(|(place, _)| place).filter(|place| may_go(&text[place.clone()])).collect();
    Ok(means.rewrite(text, &places, |word, rng, out| *out += &change(word, rng)))
}

pub(super) fn contract(text: &str, means: &mut Means<'_>) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let linked = linked(&words);
    let mut places: Vec<Range<usize>> = Vec::new();
    for i in (0..words.len()).filter(|&i| !linked[i]) {
        let word = words.place(i);
        if places.last().is_some_and(|pair| pair.end > word.start) {
            continue;
        }
        let next = linked.get(i + 1).filter(|linked| !**linked).map(|_| words.place(i + 1));
        let pair = next.filter(|next| &text[word.end..next.start] == " ").map(|next| word.start..next.end);
        places
            .extend([Some(word), pair].into_iter().flatten().find(|place| other_form(&text[place.clone()]).is_some()));
    }
    Ok(means.rewrite(text, &places, |words, _, out| {
        let new = other_form(words).unwrap_or(words);
        // “I” is a capital anywhere.
        match new.strip_prefix('i').filter(|rest| rest.starts_with(['\'', ' '])) {
            Some(rest) => out.extend(["I", rest]),
            None => *out += &in_case_of(new, words.get(..1).unwrap_or_default()),
        }
    }))
}

/// Returns the contraction of two words, or the words of a contraction, in small letters.
fn other_form(words: &str) -> Option<&'static str> {
    let small = words.to_lowercase().replace('’', "'");
    let of = |&(long, short)| if short == small { Some(long) } else { (long == small).then_some(short) };
    ENGLISH.contractions.iter().find_map(of)
}
