use greenmark_lm::{DemoModel, LlamaModel};
use greenmark_text::{demo_tokenizer, model_path};
use proptest::prelude::*;

use super::*;

/// Of our own, in METEOR's format.
const TABLE: &str = "0.5\nbig river\nwide stream\n0.2\nbig river\nrivers that are big\n0.01\nbig river\nsea\n\
    0.4\nday\nmorning\n0.3\nday\nevening\n0.9\nday\ndays\n0.5\nday\n??\n0.2\nevery\neach\n0.3\nlook for\nseek\n0.3\nlook for\nsearch for\n\
    0.4\nold\nancient\n0.3\nriver\nstream\n0.6\nwas afraid\nfeared it\n";

const TEXT: &str = "Once upon a time there was an old fox who lived by the big river. Every day she went to look for food, and every \
    day she came home to Old River Town.\n\nRiver and fox: the fox was afraid.\n";

fn table() -> Table {
    Table::read(TABLE.as_bytes(), Table::LEAST).expect("a table")
}

fn demo(options: PhrasesOptions) -> Phrases {
    let model = Box::new(DemoModel::new().expect("embedded"));
    Phrases::new(table(), model, demo_tokenizer().expect("embedded"), "demo", options).expect("sound options")
}

fn lenient() -> Phrases {
    demo(PhrasesOptions { tolerance: f64::INFINITY, ..PhrasesOptions::default() })
}

fn attacked(attack: &mut Phrases, text: &str, share: f64, seed: u64) -> Attacked {
    attack.attack(&[text], Strength::new(share).expect("a share"), seed).remove(0).expect("attacked")
}

#[test]
fn a_table_keeps_what_is_of_use() {
    let table = table();
    let others = |phrase: &str| table.others(phrase).into_iter().map(|(other, _)| other).collect::<Vec<_>>();
    assert_eq!(others("big river"), ["wide stream"]);
    assert_eq!(others("day"), ["morning", "evening"]);
    assert!(others("every").is_empty() && others("sea").is_empty());
    assert_eq!((table.len(), table.longest()), (8, 2));
    let error = |text: &str| Table::read(text.as_bytes(), 0.0).map(|_| ()).expect_err("refused");
    assert_eq!(error("0.5\nold\nancient\n0.5\nnew\n"), "it breaks off in line 5");
    assert_eq!(error("0.5\nold\nancient\nnew\nyoung\n0.4\n"), "line 4: no probability");
    assert_eq!(error("0.5\nold\nancient\n0.5\nnew\nyoung\n"), "its phrases are not in ascending order");
    assert_eq!(Table::read(&b""[..], 0.0).map(|table| table.len()), Ok(0));
}

#[test]
fn a_table_is_read_gzipped_and_plain_and_a_missing_one_is_named() {
    use std::io::Write;
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, gzipped) = (folder.path().join("plain"), folder.path().join("table.gz"));
    std::fs::write(&plain, TABLE).expect("written");
    let mut file =
        flate2::write::GzEncoder::new(std::fs::File::create(&gzipped).expect("made"), flate2::Compression::fast());
    file.write_all(TABLE.as_bytes()).expect("written");
    file.finish().expect("written");
    for path in [plain, gzipped] {
        assert_eq!(Table::load(Some(&path), Table::LEAST).expect("a table").len(), 8);
    }
    let error = |path: &std::path::Path| match Table::load(Some(path), 0.0).map(|_| ()).expect_err("none") {
        AttackError::Unavailable { attack: "phrases", reason } => reason,
        error => panic!("{error}"),
    };
    let none = folder.path().join("none");
    let expected = format!("there is no paraphrase table at {}: `scripts/fetch-paraphrase-table.sh` ", none.display());
    assert!(error(&none).starts_with(&expected), "{}", error(&none));
    let expected = format!("the paraphrase table {}: ", folder.path().display());
    assert!(error(folder.path()).starts_with(&expected), "{}", error(folder.path()));
}

#[test]
fn phrases_take_the_place_and_the_dress_of_others() {
    let found = attacked(&mut lenient(), TEXT, 1.0, 1);
    assert_eq!((found.changed, found.places, found.unusable), (10, 10, 0), "{}", found.text);
    let text = found.text;
    assert!(text.contains("was an ancient fox") && text.contains("by the wide stream."), "{text}");
    assert!(text.contains("Old River Town.\n\nStream and fox: the fox feared it.\n"), "{text}");
    assert!(text.contains("seek food") || text.contains("search for food"), "{text}");
}

#[test]
fn links_stay() {
    let mut attack = lenient();
    for (text, expected) in [
        ("An old http://x.org/old big/big river day.", "An ancient http://x.org/old big/wide stream "),
        ("It is at www.x.org/a old day.", "It is at www.x.org/a ancient "),
        ("The river@day.org day", "The river@day.org "),
    ] {
        let found = attacked(&mut attack, text, 1.0, 1).text;
        assert!(found.starts_with(expected) && !found.contains(" day"), "{found}");
    }
}

#[test]
fn what_does_not_fit_stays() {
    let found =
        attacked(&mut demo(PhrasesOptions { tolerance: f64::NEG_INFINITY, ..PhrasesOptions::default() }), TEXT, 1.0, 1);
    assert_eq!((&*found.text, found.changed, found.unusable), (TEXT, 0, 10));
}

#[test]
fn the_likelier_entry_is_taken() {
    // Scored outside of the attack, token by token.
    let fluency = |text: &str| {
        let mut model = DemoModel::new().expect("embedded");
        let tokenizer = demo_tokenizer().expect("embedded");
        let mut ids = opening(&tokenizer).expect("it has one");
        ids.extend(tokenizer.encode(text).expect("short"));
        let sequence = model.open();
        let ln_p =
            |pair: &[TokenId]| Logits::of(&mut model, &[(sequence, &pair[..1])]).expect("sound").ln_p(0, pair[1]);
        ids.windows(2).map(ln_p).sum::<f64>()
    };
    let text = |phrase: &str| format!("Every day she went to {phrase} food, and her");
    let best = [("seek", 0.3_f64), ("search for", 0.3)]
        .into_iter()
        .max_by(|a, b| (fluency(&text(a.0)) + a.1.ln()).total_cmp(&(fluency(&text(b.0)) + b.1.ln())))
        .expect("two")
        .0;
    let mut attack = lenient();
    attack.table = Table::read(&b"0.3\nlook for\nseek\n0.3\nlook for\nsearch for\n"[..], 0.0).expect("a table");
    assert_eq!(attacked(&mut attack, &text("look for"), 1.0, 1).text, text(best));
}

#[test]
fn strength_zero_is_the_identity_and_a_share_is_a_share() {
    let mut attack = lenient();
    for text in [TEXT, "", "word", " \n", "naïve big  river\u{1}\0 day-day"] {
        let found = attacked(&mut attack, text, 0.0, 7);
        assert_eq!((&*found.text, found.changed), (text, 0));
    }
    for share in [0.2, 0.5, 0.8] {
        let found = attacked(&mut attack, TEXT, share, 3);
        let asked = share * found.places as f64;
        assert!(found.changed as f64 <= asked + 0.5 && found.changed as f64 >= asked - 1.5, "{share}: {found:?}");
        assert_eq!(found, attacked(&mut attack, TEXT, share, 3));
        assert!((4..20).any(|seed| attacked(&mut attack, TEXT, share, seed).text != found.text));
    }
}

#[test]
fn a_text_does_not_depend_on_its_companions() {
    let mut attack = lenient();
    let all = Strength::new(1.0).expect("a share");
    let texts = [TEXT, "An old river.", "", &TEXT[..80]];
    let mut runs: Vec<Run<'_>> = texts.iter().map(|text| attack.plan(text, all, 4).expect("short")).collect();
    attack.rewrite(&mut runs.iter_mut().collect::<Vec<_>>()).expect("sound");
    for (run, text) in runs.into_iter().zip(texts) {
        assert_eq!(run.finish().expect("short"), attacked(&mut attack, text, 1.0, 4));
    }
}

#[test]
fn other_scripts_and_wrong_options_are_refused() {
    let found = lenient().attack(&["Съешь ещё этих мягких булок"], Strength(0.5), 1).remove(0);
    assert_eq!(found, Err(AttackError::NotEnglish { attack: "phrases" }));
    let model = Box::new(DemoModel::new().expect("embedded"));
    let options = PhrasesOptions { candidates: 0, ..PhrasesOptions::default() };
    let error = Phrases::new(table(), model, demo_tokenizer().expect("embedded"), "demo", options)
        .map(|_| ())
        .expect_err("refused");
    assert_eq!(error.to_string(), "a phrase needs one candidate at least");
}

#[test]
#[ignore = "needs METEOR's table and SmolLM2"]
fn the_real_table_and_smollm2_change_a_text() {
    let path = table::table_path().expect("METEOR's table");
    let model = model_path("smollm2").expect("SmolLM2");
    let table = Table::load(Some(&path), Table::LEAST).expect("METEOR's");
    assert!(table.others("in order to").len() + table.others("rapidly").len() > 1);
    let tokenizer = Tokenizer::from_file(&model).expect("a tokenizer");
    let model = Box::new(LlamaModel::load(&model).expect("a model"));
    let mut attack =
        Phrases::new(table, model, tokenizer, "smollm2", PhrasesOptions::default()).expect("sound options");
    let text = "The children quickly ran home because of the rain. They had a lot of important work to do.\n";
    let found = attacked(&mut attack, text, 1.0, 1);
    assert!(found.changed > 0 && found.text != text && found.text.ends_with(".\n"), "{found:?}");
    assert_eq!(attack.attack(&["", text], Strength(1.0), 1).remove(1).expect("attacked"), found);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_text_is_attacked_or_refused(text in "\\PC{0,60}|(?s).{0,40}|((a|an|old|Old|big|river|day|look|for|was|afraid)[ .,;\n]{1,2}){0,14}", share in 0.0..=1.0f64, seed: u64) {
        match lenient().attack(&[&text], Strength(share), seed).remove(0) {
            Ok(found) => prop_assert!(found.changed <= found.places),
            Err(error) => prop_assert_eq!(error, AttackError::NotEnglish { attack: "phrases" }),
        }
    }
}
