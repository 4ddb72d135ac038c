//! Every case that the reference generated, through the library. SPEC §11.

use greenmark::{
    Colour, ContextWidth, Detector, Field, Gamma, Key, KeyError, Position, Scheme, SchemeError, Scorer, colour,
    stats::ln_binomial_sf,
};
use greenmark_tests::{bytes, cases, close, hex, ids, integer, name, string};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

const TOLERANCE: f64 = 1e-10;

fn key(case: &Value) -> Key {
    Key::from_bytes(bytes(case, "key").try_into().expect("32 bytes"))
}

fn is_valid(case: &Value) -> bool {
    match string(case, "result") {
        "valid" => true,
        "invalid" => false,
        other => panic!("{}: result {other}", name(case)),
    }
}

#[test]
fn keys() {
    for case in cases(include_str!("../vectors/keys.json")) {
        let found = Key::parse(string(&case, "text"));
        if is_valid(&case) {
            let expected = key(&case);
            assert_eq!(*expected.to_text(), string(&case, "text"), "{}", name(&case));
            let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(&case)));
            assert_eq!(found.id().to_string(), string(&case, "key_id"), "{}", name(&case));
            assert_eq!(found.id(), expected.id(), "{}", name(&case));
        } else {
            let failure = match found.err() {
                Some(KeyError::Prefix) => "prefix",
                Some(KeyError::Length { .. }) => "length",
                Some(KeyError::Character { .. }) => "character",
                Some(KeyError::Checksum) => "checksum",
                _ => "none",
            };
            assert_eq!(failure, string(&case, "failure"), "{}", name(&case));
        }
    }
}

#[test]
fn schemes() {
    for case in cases(include_str!("../vectors/schemes.json")) {
        let found = string(&case, "text").parse::<Scheme>();
        if is_valid(&case) {
            let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(&case)));
            assert_eq!(found.context_width().get() as u64, integer(&case, "h"), "{}", name(&case));
            assert_eq!(u64::from(found.gamma().numerator()), integer(&case, "g"), "{}", name(&case));
            assert_eq!(found.to_string(), string(&case, "text"), "{}", name(&case));
        } else {
            let failure = match found.err() {
                Some(SchemeError::Version) => "version",
                Some(SchemeError::Family { .. }) => "family",
                Some(SchemeError::Syntax { .. }) => "syntax",
                Some(SchemeError::ContextWidth { .. }) => "context-width",
                Some(SchemeError::Gamma { .. }) => "gamma",
                _ => "none",
            };
            assert_eq!(failure, string(&case, "failure"), "{}", name(&case));
        }
    }
}

#[test]
fn field() {
    for case in cases(include_str!("../vectors/field.json")) {
        // The intermediates hang together.
        let mut mac = Hmac::<Sha256>::new_from_slice(&bytes(&case, "field_key")).expect("any length");
        mac.update(&bytes(&case, "context_bytes"));
        assert_eq!(hex(&mac.finalize().into_bytes()), string(&case, "seed"), "{}", name(&case));

        let width = ContextWidth::new(integer(&case, "h").try_into().expect("small")).expect("in range");
        let seed = Field::new(&key(&case), width).seed(&ids(&case, "context"));
        assert_eq!(hex(&seed.to_bytes()), string(&case, "seed"), "{}", name(&case));
        let tokens = ids(&case, "ids");
        let expected = ids(&case, "bytes");
        assert_eq!(tokens.len(), expected.len());
        for (&token, &byte) in tokens.iter().zip(&expected) {
            assert_eq!(u32::from(seed.byte(token)), byte, "{}, token {token}", name(&case));
        }
        for (g, colours) in case["colours"].as_object().expect("an object") {
            let gamma = Gamma::new(g.parse().expect("an integer")).expect("in range");
            let found: String = tokens.iter().map(|&token| letter(colour(&seed, token, gamma))).collect();
            assert_eq!(Some(found.as_str()), colours.as_str(), "{}, g = {g}", name(&case));
        }
    }
}

#[test]
fn scores() {
    for case in cases(include_str!("../vectors/scores.json")) {
        let scheme = string(&case, "scheme").parse().expect("canonical");
        let text = ids(&case, "ids");
        let (detection, positions) = Detector::new(&key(&case), scheme).detect_positions(&text);
        let tally = detection.tally;
        for (member, found) in
            [("tokens", tally.tokens), ("scored", tally.scored), ("repeated", tally.repeated), ("green", tally.green)]
        {
            assert_eq!(found, integer(&case, member), "{}, {member}", name(&case));
        }
        assert_eq!(line(&positions), string(&case, "colours"), "{}", name(&case));
        assert_eq!(detection.z_score.is_none(), case["z_score"].is_null(), "{}", name(&case));
        for (member, found) in [
            ("z_score", detection.z_score),
            ("green_fraction", detection.green_fraction()),
            ("ln_p", Some(detection.ln_p)),
        ] {
            assert_eq!(found.is_none(), case[member].is_null(), "{}, {member}", name(&case));
            if let (Some(found), Some(expected)) = (found, case[member].as_f64()) {
                assert!(close(found, expected, TOLERANCE), "{}, {member}: {found} for {expected}", name(&case));
            }
        }
        // One token at a time, the plain path.
        let mut scorer = Scorer::new(&key(&case), scheme);
        let single: Vec<_> = text.iter().map(|&token| scorer.push(token)).collect();
        assert_eq!(single, positions, "{}", name(&case));
        assert_eq!(scorer.finish(), tally, "{}", name(&case));
    }
}

#[test]
fn tails() {
    for case in cases(include_str!("../vectors/tails.json")) {
        let gamma = integer(&case, "g") as f64 / 256.0;
        let found = ln_binomial_sf(integer(&case, "green"), integer(&case, "scored"), gamma).expect("in range");
        let expected = case["ln_p"].as_f64().expect("a number");
        assert!(close(found, expected, TOLERANCE), "{}: {found} for {expected}", name(&case));
    }
}

#[test]
fn accumulated() {
    let digest = |parts: &[&[u8]]| <[u8; 32]>::from(parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize());
    let mut lines = Vec::new();
    for i in 0..10_000u32 {
        let r = digest(&[b"greenmark/v1/vectors/case/", &i.to_le_bytes()]);
        let key = Key::from_bytes(digest(&[b"greenmark/v1/vectors/key/", &i.to_le_bytes()]));
        let (h, g) = (r[0] % 17, 1 + u16::from(r[1] % 255));
        let (n, bits) = (1 + u32::from(r[2] % 64), 1 + u32::from(r[3] % 32));
        let text: Vec<u32> = (0..n)
            .map(|j| {
                let d = digest(&[b"greenmark/v1/vectors/token/", &i.to_le_bytes(), &j.to_le_bytes()]);
                u32::from_le_bytes([d[0], d[1], d[2], d[3]]) & (u32::MAX >> (32 - bits))
            })
            .collect();
        let scheme: Scheme = format!("gm1:green,h={h},gamma={g}/256").parse().expect("canonical");
        let (detection, positions) = Detector::new(&key, scheme).detect_positions(&text);
        let tally = detection.tally;
        lines.push(format!(
            "{i} {} {scheme} {} {} {} {} {}\n",
            detection.key_id,
            tally.tokens,
            tally.scored,
            tally.repeated,
            tally.green,
            line(&positions)
        ));
    }
    for case in cases(include_str!("../vectors/accumulated.json")) {
        let count = usize::try_from(integer(&case, "count")).expect("small");
        if let Some(expected) = case["lines"].as_array() {
            for (found, expected) in lines.iter().zip(expected) {
                assert_eq!(Some(found.trim_end()), expected.as_str(), "{}", name(&case));
            }
        }
        let found = digest(&[lines[..count].concat().as_bytes()]);
        assert_eq!(hex(&found), string(&case, "sha256"), "{}", name(&case));
    }
}

fn letter(colour: Colour) -> char {
    if colour.is_green() { 'G' } else { 'R' }
}

fn line(positions: &[Position]) -> String {
    let letter = |position: &Position| match position {
        Position::Unscored => '-',
        Position::Repeated(_) => 'r',
        Position::Scored(colour) => letter(*colour),
    };
    positions.iter().map(letter).collect()
}
