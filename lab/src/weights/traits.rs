//! Classes of scored positions, from a text's ids alone, that evidence may be weighted by.
//!
//! H0 speaks of random keys, so a weight may depend on anything here without touching validity.

use std::collections::{HashMap, HashSet};

use greenmark::TokenId;
use greenmark_text::Tokenizer;
use serde::Deserialize;

/// A way to sort positions into classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum Trait {
    /// Occurrences in the text of what is counted once: the pair (green) or the context (gumbel).
    /// Class 0 is for none.
    Multiplicity,
    /// Different tokens that follow the context in the text.
    Branching,
    /// Occurrences of the token in the text.
    TokenCount,
    /// Count of the n-gram over the count expected from its parts: count · tokens / (count
    /// of context · count of token).
    Lift,
    /// Place of the position in the text.
    Place,
    /// The token's id: vocabularies are numbered as they were learnt, frequent tokens first, so
    /// this needs no table.
    Id,
    /// The id of the token before.
    ContextId,
    /// Rank of the token in public text.
    TokenRank,
    /// Rank of the token before.
    ContextRank,
    /// Line break, punctuation, start of a word, and so on.
    Kind,
    /// The same of the token before.
    ContextKind,
    /// Entropy of what follows the token before in public text.
    Entropy,
    /// Chance of the token after the token before in public text.
    Chance,
}

/// All of them, in the order of [`Classes`].
pub const TRAITS: [Trait; 13] = [
    Trait::Multiplicity,
    Trait::Branching,
    Trait::TokenCount,
    Trait::Lift,
    Trait::Place,
    Trait::Id,
    Trait::ContextId,
    Trait::TokenRank,
    Trait::ContextRank,
    Trait::Kind,
    Trait::ContextKind,
    Trait::Entropy,
    Trait::Chance,
];

/// The class of a position under every trait.
pub type Classes = [u8; TRAITS.len()];

const COUNTS: [&str; 6] = ["0", "1", "2", "3–4", "5–8", "9+"];
const RANKS: [&str; 6] = ["below 16", "below 64", "below 256", "below 1024", "below 4096", "others"];
const IDS: [&str; 6] = ["below 2^8", "below 2^9", "below 2^10", "below 2^12", "below 2^14", "others"];
const KINDS: [&str; 5] = ["white space", "punctuation", "start of a word", "inside a word", "other"];

impl Trait {
    /// Names of the classes.
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            Self::Multiplicity | Self::Branching | Self::TokenCount => &COUNTS,
            Self::Lift => &["up to 2", "4", "8", "16", "32", "more"],
            Self::Id | Self::ContextId => &IDS,
            Self::Place => &["below 25", "below 50", "below 100", "others"],
            Self::TokenRank | Self::ContextRank => &RANKS,
            Self::Kind | Self::ContextKind => &KINDS,
            Self::Entropy => &["below 2 nats", "below 3", "below 4", "below 5", "others", "rare"],
            Self::Chance => &["above 0.3", "above 0.1", "above 0.03", "above 0.01", "above 0.001", "others"],
        }
    }

    /// Returns the class of a position.
    pub fn of(self, classes: &Classes) -> usize {
        classes[self as usize].into()
    }
}

/// Frequencies of tokens and pairs in public text.
#[derive(Debug)]
pub struct Table {
    /// Most frequent first.
    ranked: Vec<TokenId>,
    ranks: HashMap<TokenId, u32>,
    kinds: Vec<u8>,
    /// Nats, of what follows a token seen often enough.
    entropies: HashMap<TokenId, f64>,
    pairs: HashMap<(TokenId, TokenId), u32>,
    firsts: HashMap<TokenId, u32>,
}

/// Fewer successors than this say nothing of an entropy.
const FEW: u32 = 30;

impl Table {
    /// Counts the tokens and pairs of some texts.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a [TokenId]>, tokenizer: &Tokenizer) -> Self {
        let mut counts: HashMap<TokenId, u64> = HashMap::new();
        let mut pairs: HashMap<(TokenId, TokenId), u32> = HashMap::new();
        let mut firsts: HashMap<TokenId, u32> = HashMap::new();
        for text in texts {
            text.iter().for_each(|&token| *counts.entry(token).or_default() += 1);
            for pair in text.windows(2) {
                *pairs.entry((pair[0], pair[1])).or_default() += 1;
                *firsts.entry(pair[0]).or_default() += 1;
            }
        }
        let mut ranked: Vec<TokenId> = counts.keys().copied().collect();
        ranked.sort_by_key(|token| (std::cmp::Reverse(counts[token]), *token));
        let ranks = ranked.iter().zip(0..).map(|(&token, rank)| (token, rank)).collect();
        let mut entropies: HashMap<TokenId, f64> = HashMap::new();
        for (&(first, _), &count) in &pairs {
            let of = firsts[&first];
            if of >= FEW {
                let share = f64::from(count) / f64::from(of);
                *entropies.entry(first).or_default() -= share * share.ln();
            }
        }
        let kinds =
            (0..tokenizer.vocab_size() as TokenId).map(|id| kind(tokenizer.token_name(id).unwrap_or(""))).collect();
        Self { ranked, ranks, kinds, entropies, pairs, firsts }
    }

    /// Tokens counted.
    pub fn tokens(&self) -> u64 {
        self.firsts.values().map(|&count| u64::from(count)).sum()
    }

    /// Returns the most frequent tokens.
    pub fn frequent(&self, count: usize) -> &[TokenId] {
        &self.ranked[..count.min(self.ranked.len())]
    }

    fn rank(&self, token: TokenId) -> u8 {
        class(&[16.0, 64.0, 256.0, 1024.0, 4096.0], self.ranks.get(&token).map_or(f64::INFINITY, |&rank| rank.into()))
    }

    fn kind(&self, token: TokenId) -> u8 {
        self.kinds.get(token as usize).copied().unwrap_or(4)
    }

    fn entropy(&self, token: TokenId) -> u8 {
        self.entropies.get(&token).map_or(5, |&entropy| class(&[2.0, 3.0, 4.0, 5.0], entropy))
    }

    fn chance(&self, first: TokenId, token: TokenId) -> u8 {
        let pairs = self.pairs.get(&(first, token)).copied().unwrap_or(0);
        let chance = f64::from(pairs) / f64::from(self.firsts.get(&first).copied().unwrap_or(0).max(FEW));
        5 - class(&[0.001, 0.01, 0.03, 0.1, 0.3], chance)
    }
}

/// Returns the number of limits that `value` reaches.
fn class(limits: &[f64], value: f64) -> u8 {
    limits.iter().filter(|&&limit| value >= limit).count() as u8
}

/// Of a token as byte-level vocabularies spell it: `Ġ` is a space and `Ċ` a line break.
fn kind(name: &str) -> u8 {
    let bare = name.trim_start_matches(['Ġ', 'Ċ', 'ĉ', 'č']);
    match bare.chars().next() {
        None => 0,
        Some(c) if c.is_ascii_punctuation() => 1,
        Some(c) if c.is_alphanumeric() && name.starts_with('Ġ') => 2,
        Some(c) if c.is_alphanumeric() => 3,
        Some(_) => 4,
    }
}

/// Returns the class of an id.
fn id_class(token: TokenId) -> u8 {
    class(&[256.0, 512.0, 1024.0, 4096.0, 16384.0], token.into())
}

/// Returns the class of a number of occurrences.
fn count_class(count: usize) -> u8 {
    class(&[1.0, 2.0, 3.0, 5.0, 9.0], count as f64)
}

/// Returns the classes of a text's scored positions, with their places: those whose n-gram stands
/// there for the first time. SPEC §6.2, §6.4.
///
/// - `width`: h. `pairs`: whether the token belongs to what is counted once (green) or not
///   (gumbel).
pub fn classes(text: &[TokenId], width: usize, pairs: bool, table: &Table) -> Vec<(usize, Classes)> {
    let ngram = |at: usize| &text[at - width..at + usize::from(pairs)];
    let mut multiplicity: HashMap<&[TokenId], usize> = HashMap::new();
    let mut successors: HashMap<&[TokenId], HashSet<TokenId>> = HashMap::new();
    let mut contexts: HashMap<&[TokenId], usize> = HashMap::new();
    let mut counts: HashMap<TokenId, usize> = HashMap::new();
    text.iter().for_each(|&token| *counts.entry(token).or_default() += 1);
    for at in width..text.len() {
        *multiplicity.entry(ngram(at)).or_default() += 1;
        *contexts.entry(&text[at - width..at]).or_default() += 1;
        successors.entry(&text[at - width..at]).or_default().insert(text[at]);
    }
    let mut seen = HashSet::new();
    (width..text.len())
        .filter(|&at| seen.insert(ngram(at)))
        .map(|at| {
            let token = text[at];
            let before = at.checked_sub(1).map(|before| text[before]);
            let value = |of: Trait| match of {
                Trait::Multiplicity => count_class(multiplicity[ngram(at)]),
                Trait::Branching => count_class(successors[&text[at - width..at]].len()),
                Trait::TokenCount => count_class(counts[&token]),
                Trait::Lift => {
                    let parts = contexts[&text[at - width..at]] * counts[&token];
                    class(&[2.1, 4.1, 8.1, 16.1, 32.1], (multiplicity[ngram(at)] * text.len()) as f64 / parts as f64)
                }
                Trait::Id => id_class(token),
                Trait::ContextId => before.map_or(5, id_class),
                Trait::Place => class(&[25.0, 50.0, 100.0], at as f64),
                Trait::TokenRank => table.rank(token),
                Trait::ContextRank => before.map_or(5, |before| table.rank(before)),
                Trait::Kind => table.kind(token),
                Trait::ContextKind => before.map_or(4, |before| table.kind(before)),
                Trait::Entropy => before.map_or(5, |before| table.entropy(before)),
                Trait::Chance => before.map_or(5, |before| table.chance(before, token)),
            };
            (at, TRAITS.map(value))
        })
        .collect()
}

/// Returns the classes of a frequent token that the text lacks, for h = 0: its colour is a coin
/// like any other, and red is likelier.
pub fn classes_of_absent(token: TokenId, table: &Table) -> Classes {
    TRAITS.map(|of| match of {
        Trait::TokenRank => table.rank(token),
        Trait::Kind => table.kind(token),
        Trait::Id => id_class(token),
        Trait::ContextId => 5,
        Trait::Chance | Trait::ContextRank | Trait::Entropy => 5,
        Trait::ContextKind => 4,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark::{Detector, Key, Position};
    use greenmark_text::demo_tokenizer;

    #[test]
    fn the_positions_are_those_that_the_detector_scores() {
        let text: Vec<TokenId> = (0..300u32).map(|i| i * i % 37 % 11).collect();
        let table = Table::new([&text[..]], &demo_tokenizer().expect("built in"));
        for (scheme, width, pairs) in [
            ("gm1:green,h=0,gamma=64/256", 0, true),
            ("gm1:green,h=2,gamma=64/256", 2, true),
            ("gm1:gumbel,h=1", 1, false),
        ] {
            let mut detector = Detector::new(&Key::from_bytes([3; 32]), scheme.parse().expect("canonical"));
            let positions = detector.scores(&text).positions();
            let scored: Vec<usize> =
                (0..text.len()).filter(|&at| matches!(positions[at], Position::Scored(_))).collect();
            let found: Vec<usize> = classes(&text, width, pairs, &table).into_iter().map(|(at, _)| at).collect();
            assert_eq!(found, scored, "{scheme}");
        }
    }

    #[test]
    fn classes_of_a_small_text() {
        // "a b a b a c" with h = 1: (a, b) twice, (b, a) twice, (a, c) once.
        let text = [1, 2, 1, 2, 1, 3];
        let table = Table::new([&[1, 1, 1, 2, 2][..]], &demo_tokenizer().expect("built in"));
        assert_eq!(table.frequent(2), [1, 2]);
        assert_eq!(table.tokens(), 4);
        let found = classes(&text, 1, true, &table);
        let of = |which: Trait| found.iter().map(|(_, classes)| which.of(classes)).collect::<Vec<_>>();
        assert_eq!(found.iter().map(|&(at, _)| at).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(of(Trait::Multiplicity), [2, 2, 1]);
        assert_eq!(of(Trait::Branching), [2, 1, 2]);
        assert_eq!(of(Trait::TokenCount), [2, 3, 1]);
        assert_eq!(of(Trait::TokenRank), [0, 0, 5]);
        assert_eq!(of(Trait::Chance), [2, 5, 5], "1 of 30, and none");
        for which in TRAITS {
            assert!(of(which).iter().all(|&class| class < which.classes().len()));
        }
    }

    #[test]
    fn kinds_of_tokens() {
        let kinds: Vec<u8> = ["Ġthe", "ing", ",", "Ġ(", "ĊĊ", "Ġ", "", "é", "Ġâ"].map(kind).to_vec();
        assert_eq!(kinds, [2, 3, 1, 1, 0, 0, 0, 3, 2]);
    }
}
