//! The fingerprint of toy tokenizers, in both kinds of files. SPEC §9.4.

use greenmark_tests::{cases, name, string};
use greenmark_text::{FINGERPRINT_PROBE, Tokenizer, gguf};
use serde_json::Value;

/// Returns the metadata of a GGUF file, from its members.
fn metadata(members: &Value) -> gguf::Metadata {
    let number = |value: &Value| -> i32 { value.as_i64().and_then(|n| n.try_into().ok()).expect("an i32") };
    let of = |member: &Value| match member {
        Value::String(text) => gguf::Value::String(text.clone()),
        Value::Number(_) => gguf::Value::Integer(number(member).into()),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            gguf::Value::Array(values.iter().filter_map(Value::as_str).collect())
        }
        Value::Array(values) => gguf::Value::Array(values.iter().map(number).collect()),
        other => panic!("no value of a toy file: {other}"),
    };
    members.as_object().expect("an object").iter().map(|(key, member)| (key.clone(), of(member))).collect()
}

#[test]
fn toy_tokenizers_have_the_fingerprints_of_the_vectors() {
    for case in cases(include_str!("../vectors/fingerprint.json")) {
        let found = match case.get("gguf") {
            Some(members) => Tokenizer::from_gguf_metadata(&metadata(members)),
            None => Tokenizer::from_json(string(&case, "tokenizer_json").as_bytes(), "toy"),
        };
        if string(&case, "result") == "invalid" {
            assert!(found.is_err(), "{}", name(&case));
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(&case)));
        let probe = found.encode(FINGERPRINT_PROBE).expect("short");
        assert_eq!(serde_json::json!(probe), case["probe"], "{}", name(&case));
        assert_eq!(found.fingerprint(), string(&case, "fingerprint"), "{}", name(&case));
    }
}
