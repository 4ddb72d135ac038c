//! The evidence, against its vectors.

use greenmark::{Key, Scheme, TokenId};
use serde_json::Value;

use super::*;
use crate::{Ask, Examiner};

/// Every case of `tests/vectors/evidence.json`. SPEC §11.
#[test]
fn the_evidence_is_that_of_the_vectors() {
    let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/evidence.json")).expect("JSON");
    let ids = |value: &Value| serde_json::from_value::<Vec<TokenId>>(value.clone()).expect("ids");
    for case in file["cases"].as_array().expect("cases") {
        let asked: Vec<(Option<&str>, Key, Scheme)> = (case["asked"].as_array().expect("a list").iter())
            .map(|ask| {
                let (key, scheme) = (ask["key"].as_str().expect("hex"), ask["scheme"].as_str().expect("a string"));
                (ask["profile"].as_str(), key_of(key), scheme.parse().expect("canonical"))
            })
            .collect();
        let asks = asked.iter().map(|(profile, key, scheme)| {
            let ask = Ask::new(key, *scheme);
            profile.map_or(ask.clone(), |profile| ask.profile(profile))
        });
        let mut examiner = Examiner::new(asks)
            .alpha(case["alpha"].as_f64().expect("a number"))
            .searches(case["searches"].as_bool().expect("a boolean"));
        let normalised = Some(&case["normalised_ids"]).filter(|ids| !ids.is_null()).map(ids);
        let versions: Vec<Vec<TokenId>> = std::iter::once(ids(&case["ids"])).chain(normalised).collect();
        let answer = examiner.examine_versions(&versions.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let found = serde_json::to_value(Evidence::new(case["id"].as_str().expect("a string"), &answer));
        agree(&found.expect("JSON"), &case["evidence"], &format!("case {}", case["tcId"]));
    }
}

fn key_of(hex: &str) -> Key {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..][..2], 16).expect("hex");
    Key::from_bytes(std::array::from_fn(byte))
}

/// Numbers to 1e-9, all else exactly; no member more or less.
fn agree(found: &Value, expected: &Value, place: &str) {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{place}: {a}, expected {b}");
        }
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()), "{place}: {:?}, expected {:?}", a.keys(), b.keys());
            a.iter().for_each(|(name, value)| agree(value, &b[name], &format!("{place}, {name}")));
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{place}");
            a.iter().zip(b).enumerate().for_each(|(i, (a, b))| agree(a, b, &format!("{place}, {i}")));
        }
        (a, b) => assert_eq!(a, b, "{place}"),
    }
}
