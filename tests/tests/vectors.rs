//! Every case that the reference generated, through the library. SPEC §11.

use greenmark::{
    Colour, ContextWidth, Detection, Detector, Embedder, Family, Field, Gamma, Key, KeyError, MixingShare, Position,
    Scheme, SchemeError, SchemeParams, Scorer, Subkey, TokenId, colour, normalise, stats::ln_binomial_sf,
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
            match found.family() {
                Family::Green { gamma } => {
                    assert_eq!(u64::from(gamma.numerator()), integer(&case, "g"), "{}", name(&case));
                }
                Family::Gumbel { dual } => assert_eq!(Some(dual), case["dual"].as_bool(), "{}", name(&case)),
            }
            assert_eq!(found.to_string(), string(&case, "text"), "{}", name(&case));
        } else {
            let failure = match found.err() {
                Some(SchemeError::Version) => "version",
                Some(SchemeError::Family { .. }) => "family",
                Some(SchemeError::Syntax { .. }) => "syntax",
                Some(SchemeError::ContextWidth { .. } | SchemeError::NoContext) => "context-width",
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
        assert_eq!(detection.green(), Some(integer(&case, "green")), "{}", name(&case));
        assert_eq!(line(&positions, 'G', 'R'), string(&case, "colours"), "{}", name(&case));
        meets(&case, "green_fraction", detection.green_fraction());
        meets_the_rest(&case, &detection, &text, &positions);
    }
}

#[test]
fn gumbel_scores() {
    for case in cases(include_str!("../vectors/gumbel-scores.json")) {
        let scheme = string(&case, "scheme").parse().expect("canonical");
        let text = ids(&case, "ids");
        let (detection, positions) = Detector::new(&key(&case), scheme).detect_positions(&text);
        assert_eq!(detection.green(), None, "{}", name(&case));
        assert_eq!(line(&positions, 'S', 'S'), string(&case, "marks"), "{}", name(&case));
        meets(&case, "score", Some(detection.tally.score));
        meets_the_rest(&case, &detection, &text, &positions);
    }
}

/// What evidence of both families has.
fn meets_the_rest(case: &Value, detection: &Detection, text: &[TokenId], positions: &[Position]) {
    let tally = detection.tally;
    for (member, found) in [("tokens", tally.tokens), ("scored", tally.scored), ("repeated", tally.repeated)] {
        assert_eq!(found, integer(case, member), "{}, {member}", name(case));
    }
    meets(case, "z_score", detection.z_score);
    meets(case, "ln_p", Some(detection.ln_p));
    // One token at a time, the plain path.
    let mut scorer = Scorer::new(&key(case), detection.scheme);
    let single: Vec<_> = text.iter().map(|&token| scorer.push(token)).collect();
    assert_eq!(single, positions, "{}", name(case));
    assert_eq!(scorer.finish(), tally, "{}", name(case));
}

/// A real number, or none where the vector has null.
fn meets(case: &Value, member: &str, found: Option<f64>) {
    assert_eq!(found.is_none(), case[member].is_null(), "{}, {member}", name(case));
    if let (Some(found), Some(expected)) = (found, case[member].as_f64()) {
        assert!(close(found, expected, TOLERANCE), "{}, {member}: {found} for {expected}", name(case));
    }
}

#[test]
fn words() {
    for case in cases(include_str!("../vectors/words.json")) {
        let width = ContextWidth::new(integer(&case, "h").try_into().expect("small")).expect("in range");
        let context = ids(&case, "context");
        let seed = Field::new(&key(&case), width).seed(&context);
        assert_eq!(hex(&seed.to_bytes()), string(&case, "seed"), "{}", name(&case));
        let tokens = ids(&case, "ids");
        for (subkey, member) in [(Subkey::First, "words_1"), (Subkey::Second, "words_2")] {
            let found: Vec<_> = tokens.iter().map(|&token| seed.word(subkey, token)).collect();
            assert_eq!(found, ids(&case, member), "{}, {member}", name(&case));
        }
        // A token scores what a text does that holds its context, and then itself.
        for (dual, member) in [(false, "scores"), (true, "scores_dual")] {
            let scheme =
                Scheme::new(SchemeParams::Gumbel { context_width: width.get() as u8, dual }).expect("in range");
            for (&token, expected) in tokens.iter().zip(case[member].as_array().expect("a list")) {
                let text = [&context[..], &[token]].concat();
                let found = Detector::new(&key(&case), scheme).detect(&text).tally.score;
                let expected = expected.as_f64().expect("a number");
                assert!(close(found, expected, TOLERANCE), "{}, {member}: {found} for {expected}", name(&case));
            }
        }
    }
}

#[test]
fn samples() {
    for case in cases(include_str!("../vectors/samples.json")) {
        let params = SchemeParams::Gumbel { context_width: integer(&case, "h") as u8, dual: true };
        let share = MixingShare::new((integer(&case, "subkey") - 1) as f64).expect("0 or 1");
        let embedder = Embedder::new(&key(&case), Scheme::new(params).expect("in range")).mixing_share(share);
        let tokens = ids(&case, "tokens");
        let probabilities: Vec<f32> = case["probabilities"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| p.as_f64().expect("a number") as f32)
            .collect();
        let text = embedder.resume(&ids(&case, "context"));
        let found = embedder.choose_among(&text, &tokens, &probabilities, 0.5).expect("a distribution");
        assert_eq!(u64::from(found), integer(&case, "token"), "{}", name(&case));
        let vocab_size = 1 + *tokens.iter().max().expect("a token") as usize;
        if vocab_size < 1 << 20 {
            let mut row = vec![0.0; vocab_size];
            tokens.iter().zip(&probabilities).for_each(|(&token, &p)| row[token as usize] = p);
            assert_eq!(embedder.choose(&text, &row, 0.5), Ok(found), "{}", name(&case));
        }
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
    let mut green = Vec::new();
    let mut gumbel = Vec::new();
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
        let counts = |detection: &Detection| {
            let tally = detection.tally;
            format!("{} {} {} {} {}", detection.key_id, detection.scheme, tally.tokens, tally.scored, tally.repeated)
        };
        let (detection, positions) = Detector::new(&key, scheme).detect_positions(&text);
        let greens = detection.green().expect("a green scheme");
        green.push(format!("{i} {} {greens} {}\n", counts(&detection), line(&positions, 'G', 'R')));

        let (h, dual) = (1 + r[0] % 16, r[4] % 2 == 1);
        let scheme = Scheme::new(SchemeParams::Gumbel { context_width: h, dual }).expect("in range");
        let (detection, positions) = Detector::new(&key, scheme).detect_positions(&text);
        let field = Field::new(&key, scheme.context_width());
        let words: u64 = (0..text.len())
            .filter(|&i| matches!(positions[i], Position::Scored(_)))
            .map(|i| {
                let seed = field.seed(&text[i - usize::from(h)..i]);
                let second = if dual { seed.word(Subkey::Second, text[i]) } else { 0 };
                u64::from(seed.word(Subkey::First, text[i]).max(second))
            })
            .sum();
        gumbel.push(format!("{i} {} {words} {}\n", counts(&detection), line(&positions, 'S', 'S')));
    }
    for case in cases(include_str!("../vectors/accumulated.json")) {
        let lines = if string(&case, "family") == "green" { &green } else { &gumbel };
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

#[test]
fn normalised_texts() {
    for case in cases(include_str!("../vectors/normalise.json")) {
        let raw = string(&case, "text");
        let found = normalise(raw);
        assert_eq!(found.text(), string(&case, "normalised"), "{}", name(&case));
        assert_eq!(Some(found.is_changed()), case["changed"].as_bool(), "{}", name(&case));
        // The vectors count code points.
        let byte = |text: &str, place: u32| text.chars().take(place as usize).map(char::len_utf8).sum::<usize>();
        for range in case["ranges"].as_array().expect("a list") {
            let of = |at: usize| u32::try_from(range[at].as_u64().expect("an integer")).expect("small");
            let normal = byte(found.text(), of(0))..byte(found.text(), of(1));
            let expected = byte(raw, of(2))..byte(raw, of(3));
            assert_eq!(found.raw_range(normal), expected, "{}, {range}", name(&case));
        }
    }
}

fn letter(colour: Colour) -> char {
    if colour.is_green() { 'G' } else { 'R' }
}

/// The marks of a text; those of scored positions by whether the score is above 0.
fn line(positions: &[Position], some: char, none: char) -> String {
    let letter = |position: &Position| match position {
        Position::Unscored => '-',
        Position::Repeated => 'r',
        Position::Scored(score) if *score > 0.0 => some,
        Position::Scored(_) => none,
    };
    positions.iter().map(letter).collect()
}
