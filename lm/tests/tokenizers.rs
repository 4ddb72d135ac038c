//! Ids against Hugging Face's, on the strings of tests/data/tokenizer-strings.json.
//!
//! The model is not in the repository. Without it these tests say so and pass.

use std::path::{Path, PathBuf};

use greenmark_lm::{TokenId, Tokenizer};

fn strings() -> Vec<String> {
    serde_json::from_str(include_str!("../../tests/data/tokenizer-strings.json")).expect("a list of strings")
}

fn smollm2() -> Option<PathBuf> {
    match greenmark_lm::model_path("smollm2") {
        Ok(path) => Some(path),
        Err(error) => {
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}

fn differences(tokenizer: &Tokenizer, expected: &[Vec<TokenId>]) -> Vec<String> {
    let strings = strings();
    assert_eq!(strings.len(), expected.len(), "strings and ids are of different lists: run scripts/tokenizer-ids.py");
    let compare = |(text, want): (&String, &Vec<TokenId>)| {
        let got = tokenizer.encode(text).expect("any text can be encoded");
        (got != *want).then(|| format!("{text:?}: {got:?}, expected {want:?}"))
    };
    strings.iter().zip(expected).filter_map(compare).collect()
}

/// Offsets are in order, in bounds and cover what was encoded; a stream adds up to the whole; known text survives.
fn check_ways_back(tokenizer: &Tokenizer, may_rewrite: bool) {
    for text in strings() {
        let (ids, ranges) = tokenizer.encode_with_offsets(&text).expect("any text can be encoded");
        assert_eq!(ids.len(), ranges.len());
        assert!(ranges.iter().all(|r| text.get(r.clone()).is_some()), "{text:?} {ranges:?}");
        assert!(ranges.windows(2).all(|w| w[0].start <= w[1].start && w[0].end <= w[1].end), "{text:?} {ranges:?}");

        let mut stream = tokenizer.stream_decoder();
        let mut streamed: String = ids.iter().filter_map(|&id| stream.push(id).map(str::to_owned)).collect();
        streamed.push_str(&stream.finish());
        let whole = tokenizer.decode(&ids);
        assert_eq!(streamed, whole, "{text:?}");
        if !may_rewrite && !ids.iter().any(|&id| tokenizer.is_special(id)) {
            assert_eq!(whole, text);
        }
    }
}

#[test]
fn smollm2_gives_the_ids_of_hugging_face() {
    let Some(path) = smollm2() else { return };
    let tokenizer = Tokenizer::from_file(path).expect("the model's tokenizer is known");
    let expected: Vec<Vec<TokenId>> =
        serde_json::from_str(include_str!("../../tests/data/tokenizer-ids-smollm2.json")).expect("a list of ids");
    let differences = differences(&tokenizer, &expected);
    assert!(differences.is_empty(), "{} strings differ:\n{}", differences.len(), differences.join("\n"));
    // The vocabulary lacks 21 bytes, so not every string comes back.
    check_ways_back(&tokenizer, true);
    let text = "Zażółć gęślą jaźń: 你好,  2026\n\t👍🏽 naïve \u{645}\u{631}";
    assert_eq!(tokenizer.decode(&tokenizer.encode(text).expect("any text")), text);

    assert_eq!(tokenizer.vocab_size(), 49_152);
    assert_eq!(tokenizer.eos_ids(), [0, 2]);
    assert_eq!(tokenizer.prefix_ids(), [] as [TokenId; 0]);
    assert_eq!(tokenizer.token_id("<|im_end|>"), Some(2));
    // A change here is a change of what every detection made so far was about.
    assert_eq!(tokenizer.fingerprint(), "d21208e9d0e11339");
}

/// Compares each `NAME.json` (a tokenizer.json) in a folder with `NAME.ids.json` beside it, made by
/// `scripts/tokenizer-ids.py NAME.json > NAME.ids.json`.
#[test]
fn other_tokenizers_give_the_ids_of_hugging_face() {
    let Some(folder) = std::env::var_os("GREENMARK_TOKENIZERS") else {
        eprintln!("SKIPPED: GREENMARK_TOKENIZERS names no folder of tokenizer.json files");
        return;
    };
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "json") && !is_ids(path));
    files.sort();
    assert!(!files.is_empty(), "no tokenizer in {}", Path::new(&folder).display());
    for path in files {
        let tokenizer = Tokenizer::from_file(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let ids = std::fs::read(path.with_extension("ids.json")).expect("ids beside the tokenizer");
        let expected: Vec<Vec<TokenId>> = serde_json::from_slice(&ids).expect("a list of ids");
        let differences = differences(&tokenizer, &expected);
        assert!(differences.is_empty(), "{tokenizer:?}: {} differ:\n{}", differences.len(), differences.join("\n"));
        check_ways_back(&tokenizer, true);
        println!("{tokenizer:?} agrees, eos {:?}, prefix {:?}", tokenizer.eos_ids(), tokenizer.prefix_ids());
    }
}

fn is_ids(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".ids.json")
}
