//! Attacks on words: they come, go, change or change places, each by itself.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use crate::{
    attack::{About, AttackError, Attacked, Kind, Other, Plain, Strength, WORDS},
    links::linked,
    places::{one_of, struck},
    split::{Words, in_case_of},
};

pub(super) const REPLACE: Plain = Plain {
    about: About {
        name: "replace",
        kind: Kind::Words,
        place: "word",
        models: "an editor who changes words without knowing which of them matter",
        source: "the substitution of Kirchenbauer et al. 2023 (arXiv:2306.04634), on words rather than tokens",
        limits: "what comes in is ordinary and does not fit; the sense goes with it, and links with their words",
        settings: &[WORDS],
        ..About::PLAIN
    },
    apply: replace,
};

pub(super) const DELETE: Plain = Plain {
    about: About {
        name: "delete",
        kind: Kind::Words,
        place: "word",
        models: "shortening without regard to sense",
        source: "Fernandez et al. 2023 (arXiv:2308.00113), Krishna et al. 2023 (arXiv:2303.13408) and others, as a baseline",
        limits: "ungrammatical; a real summary keeps sentences whole, and links, whose words go as others do",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        let words = Words::of(text);
        let struck = struck(words.len(), strength, rng);
        let mut pieces = owned(&words);
        for (_, &at) in struck.iter().zip(&words.at).filter(|(struck, _)| **struck) {
            pieces[at].clear();
            // The blank before goes along; at the start of a line, the one after.
            if at > 0 && is_blank(words.pieces[at - 1]) {
                pieces[at - 1].clear();
            } else if let Some(next) = words.pieces.get(at + 1).filter(|next| is_blank(next)) {
                pieces[at + 1].truncate(next.len() - 1);
            }
        }
        Ok(Attacked::of(pieces.concat(), &struck))
    },
};

pub(super) const INSERT: Plain = Plain {
    about: About {
        name: "insert",
        kind: Kind::Words,
        place: "word",
        models: "padding with words that say nothing",
        source: "as `delete`",
        limits: "what comes in does not fit; it may come into a link",
        settings: &[WORDS],
        ..About::PLAIN
    },
    apply: |text, strength, other, rng| {
        let words = Words::of(text);
        let struck = struck(words.len(), strength, rng);
        let mut pieces = owned(&words);
        for (_, &at) in struck.iter().zip(&words.at).filter(|(struck, _)| **struck) {
            pieces[at].push(' ');
            pieces[at] += pool(other, INSERT.about.name, rng)?;
        }
        Ok(Attacked::of(pieces.concat(), &struck))
    },
};

pub(super) const SWAP: Plain = Plain {
    about: About {
        name: "swap",
        kind: Kind::Words,
        place: "word",
        models: "words put in another order",
        source: "as `delete`",
        limits: "a word changes places with its neighbour, whether that is grammatical or not, and in links too; the last word has none",
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        let mut words = Words::of(text);
        let struck = struck(words.len().saturating_sub(1), strength, rng);
        for i in (0..struck.len()).filter(|&i| struck[i]) {
            words.pieces.swap(words.at[i], words.at[i + 1]);
        }
        Ok(Attacked::of(words.pieces.concat(), &struck))
    },
};

pub(super) const MISSPELLINGS: Plain = Plain {
    about: About {
        name: "misspell",
        kind: Kind::Words,
        place: "word that is often misspelt",
        models: "a writer who spells by ear",
        source: "a list of our own of words that are often misspelt",
        limits: "a short list: few texts have many of its words; links stay as they are",
        is_english: true,
        ..About::PLAIN
    },
    apply: |text, strength, _, rng| {
        let known = |word: &str| misspelling(word).is_some();
        on_words(text, strength, rng, known, |word, _| misspelling(word).unwrap_or(word).to_owned())
    },
};

pub(super) const CONTRACTIONS: Plain = Plain {
    about: About {
        name: "contractions",
        kind: Kind::Words,
        place: "contraction, or pair of words that has one",
        models: "a change of register: “do not” becomes “don't”, and the other way round",
        source: "a list of our own",
        limits: "English negations and “I am” and its like alone; “'s” and “'d” have two readings and stay, and links do",
        is_english: true,
        ..About::PLAIN
    },
    apply: contract,
};

fn replace(text: &str, strength: Strength, other: &Other<'_>, rng: &mut ChaCha8Rng) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let struck = struck(words.len(), strength, rng);
    let mut pieces = owned(&words);
    for (_, &at) in struck.iter().zip(&words.at).filter(|(struck, _)| **struck) {
        pieces[at] = in_case_of(pool(other, REPLACE.about.name, rng)?, words.pieces[at]);
    }
    Ok(Attacked::of(pieces.concat(), &struck))
}

/// Changes a share of the words that `may_go` and belong to no link.
pub(super) fn on_words(
    text: &str,
    strength: Strength,
    rng: &mut ChaCha8Rng,
    may_go: impl Fn(&str) -> bool,
    change: impl Fn(&str, &mut ChaCha8Rng) -> String,
) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let free = words.at.iter().zip(linked(&words)).filter(|(_, linked)| !linked).map(|(&at, _)| at);
    let places: Vec<usize> = free.filter(|&at| may_go(words.pieces[at])).collect();
    let struck = struck(places.len(), strength, rng);
    let mut pieces = owned(&words);
    for (_, &at) in struck.iter().zip(&places).filter(|(struck, _)| **struck) {
        pieces[at] = change(words.pieces[at], rng);
    }
    Ok(Attacked::of(pieces.concat(), &struck))
}

fn owned(words: &Words<'_>) -> Vec<String> {
    words.pieces.iter().map(|&piece| piece.to_owned()).collect()
}

const MISSPELT: [(&str, &str); 48] = [
    ("absence", "absense"),
    ("accommodate", "accomodate"),
    ("achieve", "acheive"),
    ("across", "accross"),
    ("address", "adress"),
    ("apparent", "apparant"),
    ("argument", "arguement"),
    ("because", "becuase"),
    ("beginning", "begining"),
    ("believe", "beleive"),
    ("business", "buisness"),
    ("calendar", "calender"),
    ("colleague", "collegue"),
    ("coming", "comming"),
    ("committee", "commitee"),
    ("completely", "completly"),
    ("conscious", "concious"),
    ("definitely", "definately"),
    ("different", "diffrent"),
    ("disappear", "dissapear"),
    ("environment", "enviroment"),
    ("existence", "existance"),
    ("experience", "experiance"),
    ("familiar", "familar"),
    ("finally", "finaly"),
    ("friend", "freind"),
    ("government", "goverment"),
    ("immediately", "immediatly"),
    ("independent", "independant"),
    ("interesting", "intresting"),
    ("knowledge", "knowlege"),
    ("necessary", "neccessary"),
    ("noticeable", "noticable"),
    ("occurred", "occured"),
    ("people", "poeple"),
    ("possible", "possable"),
    ("probably", "probaly"),
    ("really", "realy"),
    ("receive", "recieve"),
    ("remember", "rember"),
    ("separate", "seperate"),
    ("surprise", "suprise"),
    ("their", "thier"),
    ("through", "trough"),
    ("tomorrow", "tommorow"),
    ("until", "untill"),
    ("which", "wich"),
    ("whether", "wether"),
];

/// Returns a common misspelling of a word, if the list has the word in small letters.
fn misspelling(word: &str) -> Option<&'static str> {
    MISSPELT.binary_search_by_key(&word, |&(right, _)| right).ok().map(|at| MISSPELT[at].1)
}

/// Two words, and the one that stands for them.
const CONTRACTED: [(&str, &str); 32] = [
    ("are not", "aren't"),
    ("can not", "can't"),
    ("could not", "couldn't"),
    ("did not", "didn't"),
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("had not", "hadn't"),
    ("has not", "hasn't"),
    ("have not", "haven't"),
    ("i am", "i'm"),
    ("i have", "i've"),
    ("i will", "i'll"),
    ("is not", "isn't"),
    ("must not", "mustn't"),
    ("should not", "shouldn't"),
    ("they are", "they're"),
    ("they have", "they've"),
    ("they will", "they'll"),
    ("was not", "wasn't"),
    ("we are", "we're"),
    ("we have", "we've"),
    ("we will", "we'll"),
    ("were not", "weren't"),
    ("will not", "won't"),
    ("would not", "wouldn't"),
    ("you are", "you're"),
    ("you have", "you've"),
    ("you will", "you'll"),
    ("he will", "he'll"),
    ("she will", "she'll"),
    ("it will", "it'll"),
    ("that will", "that'll"),
];

fn contract(text: &str, strength: Strength, _: &Other<'_>, rng: &mut ChaCha8Rng) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let linked = linked(&words);
    // First and last piece of each place, and what is to stand there.
    let mut places: Vec<(usize, usize, &str)> = Vec::new();
    let mut i = 0;
    while i < words.len() {
        if linked[i] {
            i += 1;
            continue;
        }
        let at = words.at[i];
        let small = words.pieces[at].to_lowercase().replace('’', "'");
        if let Some((long, _)) = CONTRACTED.iter().find(|(_, short)| *short == small) {
            places.push((at, at, long));
        } else if let Some(&next) = words.at.get(i + 1).filter(|&&next| next == at + 2 && words.pieces[at + 1] == " ")
            && !linked[i + 1]
        {
            let pair = format!("{small} {}", words.pieces[next].to_lowercase());
            if let Some((_, short)) = CONTRACTED.iter().find(|(long, _)| *long == pair) {
                places.push((at, next, short));
                i += 1;
            }
        }
        i += 1;
    }
    let struck = struck(places.len(), strength, rng);
    let mut pieces = owned(&words);
    for (_, &(first, last, new)) in struck.iter().zip(&places).filter(|(struck, _)| **struck) {
        // “I” is a capital anywhere.
        let new = new.strip_prefix('i').filter(|rest| rest.starts_with(['\'', ' '])).map_or_else(
            || in_case_of(new, words.pieces[first].get(..1).unwrap_or_default()),
            |rest| format!("I{rest}"),
        );
        pieces[first..=last].iter_mut().for_each(String::clear);
        pieces[first] = new;
    }
    Ok(Attacked::of(pieces.concat(), &struck))
}

fn is_blank(piece: &str) -> bool {
    !piece.is_empty() && piece.bytes().all(|byte| byte == b' ')
}

/// Returns a word from elsewhere.
fn pool<'a>(other: &Other<'a>, attack: &'static str, rng: &mut impl Rng) -> Result<&'a str, AttackError> {
    if other.words.is_empty() { Err(AttackError::NoWords { attack }) } else { Ok(one_of::<String>(other.words, rng)) }
}
