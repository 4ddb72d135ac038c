//! Against sentence-transformers 3.4.1 on torch 2.4.1, in f32 on a processor.
//!
//! The model is not in the repository. Tests that need it are ignored where it is missing.

use super::*;

fn encoder() -> SentenceEncoder {
    SentenceEncoder::from_cache().expect("MiniLM")
}

#[test]
#[ignore = "needs MiniLM"]
fn ids_are_those_of_hugging_face() {
    let encoder = encoder();
    let strings: Vec<String> =
        serde_json::from_str(include_str!("../../../tests/data/tokenizer-strings.json")).expect("strings");
    let expected: Vec<Vec<TokenId>> =
        serde_json::from_str(include_str!("../../../tests/data/tokenizer-ids-minilm.json")).expect("lists of ids");
    assert_eq!(strings.len(), expected.len());
    for (text, expected) in strings.iter().zip(expected) {
        assert_eq!(encoder.tokenizer.encode(text).expect("any text"), expected, "{text:?}");
    }
    assert_eq!(encoder.frame, [101, 102]);
}

#[test]
#[ignore = "needs MiniLM"]
fn similarities_are_those_of_sentence_transformers() {
    let encoder = encoder();
    // model = SentenceTransformer(FOLDER, device="cpu"); a, b = model.encode([before, after],
    // batch_size=1); a @ b
    let cases = [
        ("A fox met a bear by the river.", "A bear was met by a fox at the riverside.", 0.834_132),
        ("A fox met a bear by the river.", "The central bank raised interest rates again.", 0.039_664),
        ("The results were published on Monday.", "The results were not published on Monday.", 0.768_592),
        (
            "Naïve Zürich café owners, 1,234.50 € richer, don't care!",
            "naive zurich cafe owners 1234.50 euros richer do not care",
            0.931_195,
        ),
        (
            "The committee approved the budget after a long and heated debate about schools.",
            "Th3 cornmittee aproved teh bugdet aftre a lnog and haeted deabte abuot schoools.",
            0.075_234,
        ),
        (
            "Once upon a time there was a fox who lived by the river. Every morning it went down to the water to drink, and \
             every evening it came back to watch the boats. One day it met an old bear, who asked it the way to the sea.",
            "Long ago a fox had its home beside a river. It drank there each morning and looked at the boats each evening, \
             until one day an old bear wanted to know from it how to reach the sea.",
            0.884_184,
        ),
        ("日本語の文章です。", "This is a sentence in Japanese.", 0.282_035),
        ("", "A fox met a bear by the river.", 0.019_271),
    ];
    let pairs = cases.map(|(before, after, _)| (before, after));
    for (found, (before, after, expected)) in encoder.similarity(&pairs).expect("texts").into_iter().zip(cases) {
        assert!((found - expected).abs() < 1e-5, "{before:?} {after:?}: {found}, expected {expected}");
    }
    assert_eq!(encoder.similarity(&[("A fox.", "A fox.")]).expect("texts"), [1.0]);
}

#[test]
#[ignore = "needs MiniLM"]
fn a_long_text_is_the_mean_of_its_parts() {
    let encoder = encoder();
    let before: String = (0..60)
        .map(|i| {
            let (age, town) = (i * 7 % 13, i * i % 101);
            format!("In the year {i} a fox of age {age} went to town number {town}, and told nobody why. ")
        })
        .collect();
    let after: String = (0..60)
        .map(|i| {
            let (age, town) = (i * 5 % 11, i * i % 97);
            format!("In the year {i} a bear of age {age} came from town number {town}, for it was told to. ")
        })
        .collect();
    let lengths = |text: &str| encoder.parts(text).expect("a text").iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(&before), [240; 5]);
    assert_eq!(lengths(&after), [252; 5]);
    // The last layer of transformers' BertModel for each part, added up over all tokens of all parts,
    // [CLS] and [SEP] too.
    let found = encoder.similarity(&[(&before, &after)]).expect("texts")[0];
    assert!((found - 0.771_656).abs() < 1e-5, "{found}");

    // Nothing is lost of a sentence that no part holds.
    let endless = "fox bear ".repeat(400);
    assert_eq!(lengths(&endless), [254, 254, 254, 38]);
}

#[test]
#[ignore = "needs MiniLM"]
fn what_is_no_model_is_named() {
    let folder = tempfile::tempdir().expect("a writable folder");
    let message = || format!("{:#}", SentenceEncoder::load(folder.path()).expect_err("no model"));
    assert!(message().contains("tokenizer.json"), "{}", message());
    let model = cache_folder().join(FOLDER);
    std::fs::copy(model.join("tokenizer.json"), folder.path().join("tokenizer.json")).expect("copied");
    assert!(message().contains("config.json"), "{}", message());
    let config = std::fs::read_to_string(model.join("config.json")).expect("a file");
    let write = |config: &str| std::fs::write(folder.path().join("config.json"), config).expect("written");
    write(&config.replace("\"gelu\"", "\"relu\""));
    assert!(
        message().ends_with("config.json: a model of type bert with relu, expected bert with gelu"),
        "{}",
        message()
    );
    write(&config.replace("12", "7"));
    assert!(message().contains("is not cut into 7 heads"), "{}", message());
    write(&config);
    std::fs::write(folder.path().join("model.safetensors"), "no weights").expect("written");
    assert!(message().contains("model.safetensors: "), "{}", message());
}

#[test]
fn the_activation_is_that_of_the_error_function() {
    for step in -800..=800 {
        let x = f64::from(step) / 100.0;
        let expected = x * (1.0 + statrs::function::erf::erf(x / 2f64.sqrt())) / 2.0;
        let found = f64::from(encoder::gelu(x as f32));
        assert!((found - expected).abs() < 1e-6, "{x}: {found}, expected {expected}");
    }
}

#[test]
fn cosines_are_angles() {
    assert_eq!(cosine(&[3.0, 4.0], &[6.0, 8.0]), 1.0);
    assert_eq!(cosine(&[3.0, 4.0], &[-4.0, 3.0]), 0.0);
    assert_eq!(cosine(&[0.5, 0.0], &[-2.0, 0.0]), -1.0);
}
