//! Attacks on words.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use super::{
    Attack, AttackError, Attacked, Kind, Other, Strength,
    links::{linked, links},
    places::{below, one_of, struck},
    sentences::sentences,
    words::{Words, in_case_of},
};

pub(super) const REPLACE: Attack = Attack {
    name: "replace",
    kind: Kind::Words,
    place: "word",
    models: "an editor who changes words without knowing which of them matter",
    source: "the substitution of Kirchenbauer et al. 2023 (arXiv:2306.04634), on words rather than tokens",
    limits: "what comes in is ordinary and does not fit; the sense goes with it, and links with their words",
    is_english: false,
    needs_other: false,
    apply: replace,
};

pub(super) const DELETE: Attack = Attack {
    name: "delete",
    kind: Kind::Words,
    place: "word",
    models: "shortening without regard to sense",
    source: "Fernandez et al. 2023 (arXiv:2308.00113), Krishna et al. 2023 (arXiv:2303.13408) and others, as a baseline",
    limits: "ungrammatical; a real summary keeps sentences whole, and links, whose words go as others do",
    is_english: false,
    needs_other: false,
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
        Ok(attacked(pieces.concat(), &struck))
    },
};

pub(super) const INSERT: Attack = Attack {
    name: "insert",
    kind: Kind::Words,
    place: "word",
    models: "padding with words that say nothing",
    source: "as `delete`",
    limits: "what comes in does not fit; it may come into a link",
    is_english: false,
    needs_other: false,
    apply: |text, strength, other, rng| {
        let words = Words::of(text);
        let struck = struck(words.len(), strength, rng);
        let mut pieces = owned(&words);
        for (_, &at) in struck.iter().zip(&words.at).filter(|(struck, _)| **struck) {
            pieces[at].push(' ');
            pieces[at] += pool(other, INSERT.name, rng)?;
        }
        Ok(attacked(pieces.concat(), &struck))
    },
};

pub(super) const SWAP: Attack = Attack {
    name: "swap",
    kind: Kind::Words,
    place: "word",
    models: "words put in another order",
    source: "as `delete`",
    limits: "a word changes places with its neighbour, whether that is grammatical or not, and in links too; the last word has none",
    is_english: false,
    needs_other: false,
    apply: |text, strength, _, rng| {
        let mut words = Words::of(text);
        let struck = struck(words.len().saturating_sub(1), strength, rng);
        for i in (0..struck.len()).filter(|&i| struck[i]) {
            words.pieces.swap(words.at[i], words.at[i + 1]);
        }
        Ok(attacked(words.pieces.concat(), &struck))
    },
};

pub(super) const SENTENCES: Attack = Attack {
    name: "shuffle-sentences",
    kind: Kind::Structure,
    place: "sentence",
    models: "an editor who puts sentences in another order",
    source: "a baseline of our own; sentences as UAX #29 has them",
    limits: "the sense suffers between sentences, not within them; white space stays where it stands",
    is_english: false,
    needs_other: false,
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
        Ok(attacked(pieces.into_iter().flat_map(|(sentence, space)| [sentence, space]).collect(), &struck))
    },
};

pub(super) const TYPOS: Attack = Attack {
    name: "typos",
    kind: Kind::Characters,
    place: "word of four letters or more",
    models: "hasty typing: two letters exchanged, one left out, one doubled, or its neighbour on a keyboard",
    source: "the character noise of Belinkov & Bisk 2018 (arXiv:1711.02173)",
    limits: "the keyboard is a US one; words with letters beyond a to z are left alone, and so are links, which are copied, not typed",
    is_english: true,
    needs_other: false,
    apply: |text, strength, _, rng| {
        let long = |word: &str| word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        on_words(text, strength, rng, long, mistyped)
    },
};

pub(super) const MISSPELLINGS: Attack = Attack {
    name: "misspell",
    kind: Kind::Words,
    place: "word that is often misspelt",
    models: "a writer who spells by ear",
    source: "a list of our own of words that are often misspelt",
    limits: "a short list: few texts have many of its words; links stay as they are",
    is_english: true,
    needs_other: false,
    apply: |text, strength, _, rng| {
        let known = |word: &str| misspelling(word).is_some();
        on_words(text, strength, rng, known, |word, _| misspelling(word).unwrap_or(word).to_owned())
    },
};

pub(super) const CONTRACTIONS: Attack = Attack {
    name: "contractions",
    kind: Kind::Words,
    place: "contraction, or pair of words that has one",
    models: "a change of register: “do not” becomes “don't”, and the other way round",
    source: "a list of our own",
    limits: "English negations and “I am” and its like alone; “'s” and “'d” have two readings and stay, and links do",
    is_english: true,
    needs_other: false,
    apply: contract,
};

pub(super) const CASE: Attack = Attack {
    name: "case",
    kind: Kind::Characters,
    place: "word",
    models: "careless or playful capitals",
    source: "a baseline of our own; the normaliser of SPEC §9.5 does not undo it",
    limits: "links and scripts without capitals stay as they are",
    is_english: false,
    needs_other: false,
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

pub(super) const PUNCTUATION: Attack = Attack {
    name: "punctuation",
    kind: Kind::Characters,
    place: "punctuation mark",
    models: "a writer who leaves marks out, or sets others",
    source: "a baseline of our own",
    limits: "ASCII marks alone; those of links stay",
    is_english: false,
    needs_other: false,
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
        Ok(attacked(out, &struck))
    },
};

fn replace(text: &str, strength: Strength, other: &Other<'_>, rng: &mut ChaCha8Rng) -> Result<Attacked, AttackError> {
    let words = Words::of(text);
    let struck = struck(words.len(), strength, rng);
    let mut pieces = owned(&words);
    for (_, &at) in struck.iter().zip(&words.at).filter(|(struck, _)| **struck) {
        pieces[at] = in_case_of(pool(other, REPLACE.name, rng)?, words.pieces[at]);
    }
    Ok(attacked(pieces.concat(), &struck))
}

/// Changes a share of the words that `may_go` and belong to no link.
fn on_words(
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
    Ok(attacked(pieces.concat(), &struck))
}

/// A word small, with a capital and in capitals, as far as that is another word.
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

/// How a word is often misspelt, if it is in the list in small letters.
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
    Ok(attacked(pieces.concat(), &struck))
}

fn owned(words: &Words<'_>) -> Vec<String> {
    words.pieces.iter().map(|&piece| piece.to_owned()).collect()
}

fn is_blank(piece: &str) -> bool {
    !piece.is_empty() && piece.bytes().all(|byte| byte == b' ')
}

/// A word from elsewhere.
fn pool<'a>(other: &Other<'a>, attack: &'static str, rng: &mut impl Rng) -> Result<&'a str, AttackError> {
    if other.words.is_empty() { Err(AttackError::NoWords { attack }) } else { Ok(one_of::<String>(other.words, rng)) }
}

pub(super) fn attacked(text: String, struck: &[bool]) -> Attacked {
    Attacked { text, changed: struck.iter().filter(|&&struck| struck).count(), places: struck.len(), unusable: 0 }
}
