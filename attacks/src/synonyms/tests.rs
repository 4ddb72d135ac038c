use std::fs;

use proptest::prelude::*;

use super::*;

/// Words and senses of our own, in WordNet's formats.
fn thesaurus() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    let licence = "  1 WordNet 3.0 Copyright, in the manner of\n";
    // Letter of the part of speech, its number in sense keys, and synsets with how often texts have
    // each word in it.
    type Synset = (&'static str, u32);
    let parts: [(&str, char, u8, &[&[Synset]]); 4] = [
        (
            "noun",
            'n',
            1,
            &[
                &[("house", 9), ("home", 4)],
                &[("child", 9), ("kid", 2), ("nipper", 0)],
                &[("error", 5), ("mistake", 5)],
                &[("start", 3), ("beginning", 3)],
                &[("John", 1), ("lavatory", 1)],
                &[("limit", 3), ("bounds", 3)],
                &[("ice_cream", 3)],
                &[("ice", 3), ("frost", 3)],
            ],
        ),
        (
            "verb",
            'v',
            2,
            &[&[("begin", 30), ("start", 20)], &[("stop", 7), ("halt", 3)], &[("pick", 5), ("choose", 9)]],
        ),
        ("adj", 'a', 3, &[&[("big", 9), ("large", 9), ("great(p)", 4)], &[("useful", 4), ("handy", 4)]]),
        ("adv", 'r', 4, &[&[("quickly", 6), ("rapidly", 4)]]),
    ];
    let mut counts = String::new();
    for (suffix, letter, number, synsets) in parts {
        let (mut data, mut index) = (licence.to_owned(), std::collections::BTreeMap::<String, Vec<usize>>::new());
        for (at, words) in synsets.iter().enumerate() {
            data += &format!("{at:08} 00 {letter} {:02x} ", words.len());
            for (word, count) in *words {
                data += &format!("{word} 0 ");
                let lemma = word.trim_end_matches("(p)").to_lowercase();
                let senses = index.entry(lemma.clone()).or_default();
                senses.push(at);
                if *count > 0 {
                    counts += &format!("{lemma}%{number}:00:00:: {} {count}\n", senses.len());
                }
            }
            data += "000 | what it means\n";
        }
        let mut lines = licence.to_owned();
        for (lemma, senses) in index {
            let offsets: Vec<String> = senses.iter().map(|at| format!("{at:08}")).collect();
            let n = senses.len();
            lines += &format!("{lemma} {letter} {n} 2 @ ~ {n} 1 {}  \n", offsets.join(" "));
        }
        write(&format!("data.{suffix}"), &data);
        write(&format!("index.{suffix}"), &lines);
    }
    write("cntlist.rev", &counts);
    write("noun.exc", "children child\n");
    write(
        "verb.exc",
        "began begin\nbeginning begin\nbegun begin\nchose choose\nchosen choose\nstopped stop\nstopping stop\n",
    );
    write("adj.exc", "bigger big\nbiggest big\n");
    write("adv.exc", "");
    folder
}

fn ours() -> Synonyms {
    Synonyms::new(Some(thesaurus().path())).expect("WordNet's format")
}

fn attacked(attack: &mut Synonyms, text: &str, share: f64, seed: u64) -> Attacked {
    attack.attack(&[text], Strength::new(share).expect("a share"), seed).remove(0).expect("English")
}

const TEXT: &str = "The children stopped at a big house. It was an error: John had chosen the bigger one, quickly.\n\n\
    Houses are more useful than ICE cream! Mistakes were made. They began to pick kids.\n";

#[test]
fn words_give_way_in_their_form() {
    let mut attack = ours();
    for (text, expected) in [
        ("The children halted.", "The kids stopped."),
        ("Children began", "Kids started"),
        ("An error", "A mistake"),
        ("a house, two houses; no HOME", "a home, two homes; no HOME"),
        ("stopping it", "halting it"),
        ("it has chosen, it chose, chooses", "it has picked, it picked, picks"),
        ("it was picked, it picked", "it was chosen, it chose"),
        ("a larger error", "a bigger mistake"),
        ("handier", "more useful"),
        // A synset's rare, bound and plural words, names, pairs, joined words and unclear ones.
        ("big kids", "large children"),
        ("John, a limit, ice cream, house-kid", "John, a limit, ice cream, house-kid"),
        // What stands before tells a noun from a verb.
        ("the start, to start, starts", "the beginning, to begin, begins"),
    ] {
        assert_eq!(attacked(&mut attack, text, 1.0, 1).text, expected);
    }
}

#[test]
fn links_stay() {
    let text = "See http://house.org/big+house, www.house.org/an error, kid@house.org and MAILTO:house@house.org?big=house; big.";
    let found = attacked(&mut ours(), text, 1.0, 1);
    let expected = text.replace(" error", " mistake").replace(" big.", " large.");
    assert_eq!((found.text, found.places), (expected, 2));
}

#[test]
fn strength_zero_is_the_identity_and_a_share_is_a_share() {
    let mut attack = ours();
    for text in [TEXT, "", "word", " \n", "naïve house\u{1}\0"] {
        let found = attacked(&mut attack, text, 0.0, 7);
        assert_eq!((&*found.text, found.changed), (text, 0));
    }
    for share in [0.25, 0.5, 1.0] {
        let found = attacked(&mut attack, TEXT, share, 3);
        assert_eq!(found.changed, (share * found.places as f64).round() as usize);
        assert!(found.places > 7 && found.text != TEXT);
        assert_eq!(found, attacked(&mut attack, TEXT, share, 3));
        assert!(share == 1.0 || (4..20).any(|seed| attacked(&mut attack, TEXT, share, seed).text != found.text));
    }
    assert_eq!(
        attack.attack(&["Съешь ещё этих мягких булок"], Strength(0.5), 1).remove(0),
        Err(AttackError::NotEnglish { attack: "synonyms" })
    );
}

#[test]
fn what_is_missing_or_broken_is_named() {
    let folder = thesaurus();
    let error = |folder: &Path| Synonyms::new(Some(folder)).map(|_| ()).expect_err("refused").to_string();
    fs::write(folder.path().join("index.verb"), "  1 WordNet\nbegin v 2 0 1 1 00000000\n").expect("written");
    let found = error(folder.path());
    assert!(found.ends_with("index.verb, line 2: not as WordNet 3.0 has it"), "{found}");
    fs::write(folder.path().join("index.verb"), b"\xff").expect("written");
    assert!(error(folder.path()).ends_with("index.verb: not valid UTF-8"));
    fs::remove_file(folder.path().join("index.verb")).expect("it is there");
    assert!(error(folder.path()).contains("index.verb: "));
    assert!(
        error(&folder.path().join("none"))
            .ends_with("none: install it (Debian: apt install wordnet-base), or name its folder")
    );
}

#[test]
#[ignore = "needs WordNet"]
fn forms_are_those_of_english() {
    let attack = installed();
    use Form::{Comparative, Gerund, Participle, Past, Plural, Superlative, Third};
    for (pos, lemma, form, expected) in [
        (Pos::Noun, "house", Plural, "houses"),
        (Pos::Noun, "child", Plural, "children"),
        (Pos::Noun, "brother", Plural, "brothers"),
        (Pos::Noun, "city", Plural, "cities"),
        (Pos::Noun, "day", Plural, "days"),
        (Pos::Noun, "wife", Plural, "wives"),
        (Pos::Noun, "hero", Plural, "heroes"),
        (Pos::Noun, "photo", Plural, "photos"),
        (Pos::Noun, "church", Plural, "churches"),
        (Pos::Verb, "take", Past, "took"),
        (Pos::Verb, "take", Participle, "taken"),
        (Pos::Verb, "begin", Past, "began"),
        (Pos::Verb, "begin", Participle, "begun"),
        (Pos::Verb, "drink", Past, "drank"),
        (Pos::Verb, "drink", Participle, "drunk"),
        (Pos::Verb, "win", Past, "won"),
        (Pos::Verb, "win", Participle, "won"),
        (Pos::Verb, "show", Past, "showed"),
        (Pos::Verb, "show", Participle, "shown"),
        (Pos::Verb, "beat", Past, "beat"),
        (Pos::Verb, "beat", Participle, "beaten"),
        (Pos::Verb, "put", Past, "put"),
        (Pos::Verb, "come", Past, "came"),
        (Pos::Verb, "become", Participle, "become"),
        (Pos::Verb, "run", Past, "ran"),
        (Pos::Verb, "run", Participle, "run"),
        (Pos::Verb, "learn", Past, "learned"),
        (Pos::Verb, "work", Past, "worked"),
        (Pos::Verb, "stop", Past, "stopped"),
        (Pos::Verb, "carry", Past, "carried"),
        (Pos::Verb, "play", Past, "played"),
        (Pos::Verb, "open", Past, "opened"),
        (Pos::Verb, "make", Gerund, "making"),
        (Pos::Verb, "die", Gerund, "dying"),
        (Pos::Verb, "see", Gerund, "seeing"),
        (Pos::Verb, "occur", Gerund, "occurring"),
        (Pos::Verb, "catch", Third, "catches"),
        (Pos::Verb, "go", Third, "goes"),
        (Pos::Verb, "try", Third, "tries"),
        (Pos::Adjective, "big", Comparative, "bigger"),
        (Pos::Adjective, "large", Comparative, "larger"),
        (Pos::Adjective, "happy", Superlative, "happiest"),
        (Pos::Adjective, "useful", Comparative, "more useful"),
        (Pos::Adjective, "good", Comparative, "better"),
        (Pos::Adjective, "simple", Superlative, "simplest"),
    ] {
        let made = inflected(&attack.wordnet, pos, lemma, form);
        assert_eq!(made, expected, "{lemma} {form:?}");
        if !made.contains(' ') {
            let found = readings(&attack.wordnet, &made);
            assert!(found.iter().any(|found| found.lemma == lemma && found.forms.contains(&form)), "{made}: {found:?}");
        }
    }
}

#[test]
#[ignore = "needs WordNet"]
fn wordnet_changes_a_text() {
    let mut attack = installed();
    assert_eq!(attack.options()["wordnet"], "3.0");
    let text = "The troubles began quickly, and the larger cities purchased food.";
    let found = attacked(&mut attack, text, 1.0, 1);
    assert!(
        found.text.contains("started") && found.text.contains("bought") && found.text.contains("bigger"),
        "{found:?}"
    );
}

fn installed() -> Synonyms {
    Synonyms::new(None).expect("WordNet")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_attacked_or_refused(text in "\\PC{0,60}|(?s).{0,40}|((a|an|An|house|HOMES|began|biggest|error|ice|John|-)[ .,;\n]{0,2}){0,14}", share in 0.0..=1.0f64, seed: u64) {
        match ours().attack(&[&text], Strength(share), seed).remove(0) {
            Ok(found) => prop_assert!(found.changed <= found.places),
            Err(error) => prop_assert_eq!(error, AttackError::NotEnglish { attack: "synonyms" }),
        }
    }
}
