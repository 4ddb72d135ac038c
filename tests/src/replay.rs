//! Every case that the reference generated, through the library. SPEC §11.
//!
//! Natively they are run by `tests/vectors.rs`, as WebAssembly by `wasm/tests/vectors.test.mjs`.

use greenmark::{
    Colour, ContextWidth, Detection, Detector, Embedder, Examiner, Family, Field, Gamma, Key, KeyError, Look,
    MixingShare, Position, Scheme, SchemeError, SchemeParams, Scorer, Scores, Span, Stream, Subkey, TokenId, colour,
    normalise,
    stats::{WeightedBinomial, ln_binomial_sf, ln_gamma_sf},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{bytes, cases, close, hex, ids, integer, name, relative_error, string};

/// One vector file, and what its cases ask of the library.
#[derive(Debug, Clone, Copy)]
pub struct Replay {
    /// The name of the file without its ending.
    pub name: &'static str,
    /// The file as it was when this was compiled.
    pub file: &'static str,
    case: fn(&Value),
}

impl Replay {
    /// Runs every case of `file`, which need not be the one compiled in, and counts them.
    ///
    /// # Panics
    /// At the first case that is not met, naming it.
    pub fn run(&self, file: &str) -> usize {
        let cases = cases(file);
        cases.iter().for_each(self.case);
        cases.len()
    }
}

macro_rules! replay {
    ($name:literal, $case:expr) => {
        Replay { name: $name, file: include_str!(concat!("../vectors/", $name, ".json")), case: $case }
    };
}

/// All vector files that need nothing but the core library.
pub const REPLAYS: [Replay; 21] = [
    replay!("keys", keys),
    replay!("key-files", key_files),
    replay!("subkeys", subkeys),
    replay!("schemes", schemes),
    replay!("field", field),
    replay!("words", words),
    replay!("scores", scores),
    replay!("gumbel-scores", gumbel_scores),
    replay!("accumulated", accumulated),
    replay!("samples", samples),
    replay!("samples-edges", samples),
    replay!("tails", tails),
    replay!("binomial-tail", binomial_tail),
    replay!("gamma-tail", gamma_tail),
    replay!("weighted", weighted),
    replay!("search", search),
    replay!("search-edges", search),
    replay!("looks", looks),
    replay!("stream", stream),
    replay!("normalise", normalised_texts),
    replay!("normalise-edges", normalised_texts),
];

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

fn keys(case: &Value) {
    let found = string(case, "text").parse::<Key>();
    if is_valid(case) {
        let expected = key(case);
        assert_eq!(*expected.to_text(), string(case, "text"), "{}", name(case));
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(case)));
        assert_eq!(found.id().to_string(), string(case, "key_id"), "{}", name(case));
        assert_eq!(found.id(), expected.id(), "{}", name(case));
    } else {
        assert_eq!(key_failure(found.err()), string(case, "failure"), "{}", name(case));
    }
}

/// Returns the name of SPEC §2.2 and §2.3 for what a key was refused for.
fn key_failure(error: Option<KeyError>) -> &'static str {
    match error {
        Some(KeyError::NotText { .. }) => "not-text",
        Some(KeyError::Prefix) => "prefix",
        Some(KeyError::Length { .. }) => "length",
        Some(KeyError::Character { .. }) => "character",
        Some(KeyError::Checksum) => "checksum",
        _ => "none",
    }
}

fn key_files(case: &Value) {
    let found = Key::parse_file(&bytes(case, "content"));
    if is_valid(case) {
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(case)));
        assert!(found == key(case), "{}", name(case));
        assert_eq!(found.id().to_string(), string(case, "key_id"), "{}", name(case));
    } else {
        assert_eq!(key_failure(found.err()), string(case, "failure"), "{}", name(case));
    }
}

fn subkeys(case: &Value) {
    let label = match case.get("label_bytes") {
        // A label is a `&str`, so what is not UTF-8 cannot be asked for.
        Some(_) => return assert!(String::from_utf8(bytes(case, "label_bytes")).is_err(), "{}", name(case)),
        None => string(case, "label"),
    };
    let found = key(case).subkey(label);
    assert_eq!(found.is_ok(), is_valid(case), "{}", name(case));
    if let Ok(found) = found {
        let expected = Key::from_bytes(bytes(case, "subkey").try_into().expect("32 bytes"));
        assert!(found == expected, "{}", name(case));
        assert_eq!(found.id().to_string(), string(case, "key_id"), "{}", name(case));
    }
}

fn schemes(case: &Value) {
    let found = string(case, "text").parse::<Scheme>();
    if is_valid(case) {
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", name(case)));
        assert_eq!(found.context_width().get() as u64, integer(case, "h"), "{}", name(case));
        match found.family() {
            Family::Green { gamma } => {
                assert_eq!(u64::from(gamma.numerator()), integer(case, "g"), "{}", name(case));
            }
            Family::Gumbel { dual } => assert_eq!(Some(dual), case["dual"].as_bool(), "{}", name(case)),
        }
        assert_eq!(found.to_string(), string(case, "text"), "{}", name(case));
    } else {
        let failure = match found.err() {
            Some(SchemeError::Version { .. }) => "version",
            Some(SchemeError::Family { .. }) => "family",
            Some(SchemeError::Syntax { .. }) => "syntax",
            Some(SchemeError::ContextWidth { .. } | SchemeError::NoContext) => "context-width",
            Some(SchemeError::Gamma { .. }) => "gamma",
            _ => "none",
        };
        assert_eq!(failure, string(case, "failure"), "{}", name(case));
    }
}

fn field(case: &Value) {
    // The intermediates hang together.
    let mut mac = Hmac::<Sha256>::new_from_slice(&bytes(case, "field_key")).expect("any length");
    mac.update(&bytes(case, "context_bytes"));
    assert_eq!(hex(&mac.finalize().into_bytes()), string(case, "seed"), "{}", name(case));

    let width = ContextWidth::new(integer(case, "h").try_into().expect("small")).expect("in range");
    let seed = Field::new(&key(case), width).seed(&ids(case, "context"));
    assert_eq!(hex(&seed.to_bytes()), string(case, "seed"), "{}", name(case));
    let tokens = ids(case, "ids");
    let expected = ids(case, "bytes");
    assert_eq!(tokens.len(), expected.len());
    for (&token, &byte) in tokens.iter().zip(&expected) {
        assert_eq!(u32::from(seed.byte(token)), byte, "{}, token {token}", name(case));
    }
    for (g, colours) in case["colours"].as_object().expect("an object") {
        let gamma = Gamma::new(g.parse().expect("an integer")).expect("in range");
        let found: String = tokens.iter().map(|&token| letter(colour(&seed, token, gamma))).collect();
        assert_eq!(Some(found.as_str()), colours.as_str(), "{}, g = {g}", name(case));
    }
}

fn scores(case: &Value) {
    let scheme = string(case, "scheme").parse().expect("canonical");
    let text = ids(case, "ids");
    let scores = Detector::new(&key(case), scheme).scores(&text);
    let (detection, positions) = (scores.detection(), scores.positions());
    assert_eq!(detection.green(), Some(integer(case, "green")), "{}", name(case));
    assert_eq!(line(&positions, 'G', 'R'), string(case, "colours"), "{}", name(case));
    meets(case, "green_fraction", detection.green_fraction());
    meets_the_rest(case, scheme, &detection, &text, &positions);
}

fn gumbel_scores(case: &Value) {
    let scheme = string(case, "scheme").parse().expect("canonical");
    let text = ids(case, "ids");
    let scores = Detector::new(&key(case), scheme).scores(&text);
    let (detection, positions) = (scores.detection(), scores.positions());
    assert_eq!(detection.green(), None, "{}", name(case));
    assert_eq!(line(&positions, 'S', 'S'), string(case, "marks"), "{}", name(case));
    // SPEC §6.4.
    meets_within(1e-14, case, "score", Some(detection.tally.score));
    meets_the_rest(case, scheme, &detection, &text, &positions);
}

/// What evidence of both families has.
fn meets_the_rest(case: &Value, scheme: Scheme, detection: &Detection, text: &[TokenId], positions: &[Position]) {
    let tally = detection.tally;
    for (member, found) in [("tokens", tally.tokens), ("scored", tally.scored), ("repeated", tally.repeated)] {
        assert_eq!(found, integer(case, member), "{}, {member}", name(case));
    }
    meets(case, "z_score", detection.z_score);
    meets(case, "ln_p", Some(detection.ln_p));
    // One token at a time, the plain path.
    let mut scorer = Scorer::new(&key(case), scheme);
    let single: Vec<_> = text.iter().map(|&token| scorer.push(token)).collect();
    assert_eq!(single, positions, "{}", name(case));
    assert_eq!(scorer.finish(), tally, "{}", name(case));
}

/// A real number, or none where the vector has null.
fn meets(case: &Value, member: &str, found: Option<f64>) {
    meets_within(TOLERANCE, case, member, found);
}

fn meets_within(tolerance: f64, case: &Value, member: &str, found: Option<f64>) {
    assert_eq!(found.is_none(), case[member].is_null(), "{}, {member}", name(case));
    if let (Some(found), Some(expected)) = (found, case[member].as_f64()) {
        assert!(close(found, expected, tolerance), "{}, {member}: {found} for {expected}", name(case));
    }
}

fn words(case: &Value) {
    let width = ContextWidth::new(integer(case, "h").try_into().expect("small")).expect("in range");
    let context = ids(case, "context");
    let seed = Field::new(&key(case), width).seed(&context);
    assert_eq!(hex(&seed.to_bytes()), string(case, "seed"), "{}", name(case));
    let tokens = ids(case, "ids");
    for (subkey, member) in [(Subkey::First, "words_1"), (Subkey::Second, "words_2")] {
        let found: Vec<_> = tokens.iter().map(|&token| seed.word(subkey, token)).collect();
        assert_eq!(found, ids(case, member), "{}, {member}", name(case));
    }
    // A token scores what a text does that holds its context, and then itself.
    for (dual, member) in [(false, "scores"), (true, "scores_dual")] {
        let scheme = Scheme::new(SchemeParams::Gumbel { context_width: width.get() as u8, dual }).expect("in range");
        for (&token, expected) in tokens.iter().zip(case[member].as_array().expect("a list")) {
            let text = [&context[..], &[token]].concat();
            let found = Detector::new(&key(case), scheme).detect(&text).tally.score;
            let expected = expected.as_f64().expect("a number");
            assert!(close(found, expected, TOLERANCE), "{}, {member}: {found} for {expected}", name(case));
        }
    }
}

fn samples(case: &Value) {
    let params = SchemeParams::Gumbel { context_width: integer(case, "h") as u8, dual: true };
    let share = MixingShare::new((integer(case, "subkey") - 1) as f64).expect("0 or 1");
    let embedder = Embedder::new(&key(case), Scheme::new(params).expect("in range")).mixing_share(share);
    let tokens = ids(case, "tokens");
    let probabilities: Vec<f32> = case["probabilities"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| p.as_f64().expect("a number") as f32)
        .collect();
    let text = embedder.resume(&ids(case, "context"));
    let found = text.choose_among(&tokens, &probabilities, 0.5).expect("a distribution");
    assert_eq!(u64::from(found), integer(case, "token"), "{}", name(case));
    let last = *tokens.iter().max().expect("a token");
    if last < 1 << 20 {
        let mut row = vec![0.0; last as usize + 1];
        tokens.iter().zip(&probabilities).for_each(|(&token, &p)| row[token as usize] = p);
        assert_eq!(text.choose(&row, 0.5), Ok(found), "{}", name(case));
    }
}

fn tails(case: &Value) {
    let gamma = integer(case, "g") as f64 / 256.0;
    let found = ln_binomial_sf(integer(case, "green"), integer(case, "scored"), gamma).expect("in range");
    let expected = case["ln_p"].as_f64().expect("a number");
    assert!(close(found, expected, TOLERANCE), "{}: {found} for {expected}", name(case));
}

fn binomial_tail(case: &Value) {
    let (successes, trials, g) = (integer(case, "successes"), integer(case, "trials"), integer(case, "g"));
    let found = ln_binomial_sf(successes, trials, g as f64 / 256.0).expect("vectors are valid");
    // What the documentation of `ln_binomial_sf` claims.
    meets_in_words(case, "ln_p", found, 1e-12);
}

fn gamma_tail(case: &Value) {
    let shape = integer(case, "shape");
    let score: f64 = string(case, "score").parse().expect("a decimal number");
    let found = ln_gamma_sf(score, shape).expect("vectors are valid");
    // What the documentation of `ln_gamma_sf` claims.
    meets_in_words(case, "ln_p", found, if score >= shape as f64 { 1e-13 } else { 1e-11 });
}

/// A real number that the vector has as a decimal string.
fn meets_in_words(case: &Value, member: &str, found: f64, tolerance: f64) {
    let expected: f64 = string(case, member).parse().expect("a decimal number");
    let error = relative_error(found, expected);
    assert!(error < tolerance, "{}, {member}: {found:e}, not {expected:e} (error {error:e})", name(case));
}

fn accumulated(case: &Value) {
    let line: fn(u32) -> String = match string(case, "family") {
        "green" => green_line,
        "gumbel" => gumbel_line,
        other => panic!("{}: family {other}", name(case)),
    };
    let count = u32::try_from(integer(case, "count")).expect("small");
    let lines: Vec<String> = (0..count).map(line).collect();
    if let Some(expected) = case["lines"].as_array() {
        for (found, expected) in lines.iter().zip(expected) {
            assert_eq!(Some(found.trim_end()), expected.as_str(), "{}", name(case));
        }
    }
    let found = digest(&[lines.concat().as_bytes()]);
    assert_eq!(hex(&found), string(case, "sha256"), "{}", name(case));
}

/// Key, text and further random bytes of one accumulated case. SPEC §11.
fn drawn(i: u32) -> (Key, Vec<TokenId>, [u8; 32]) {
    let r = digest(&[b"greenmark/v1/vectors/case/", &i.to_le_bytes()]);
    let key = Key::from_bytes(digest(&[b"greenmark/v1/vectors/key/", &i.to_le_bytes()]));
    let (n, bits) = (1 + u32::from(r[2] % 64), 1 + u32::from(r[3] % 32));
    let token = |j: u32| {
        let d = digest(&[b"greenmark/v1/vectors/token/", &i.to_le_bytes(), &j.to_le_bytes()]);
        u32::from_le_bytes([d[0], d[1], d[2], d[3]]) & (u32::MAX >> (32 - bits))
    };
    (key, (0..n).map(token).collect(), r)
}

fn green_line(i: u32) -> String {
    let (key, text, r) = drawn(i);
    let (h, g) = (r[0] % 17, 1 + u16::from(r[1] % 255));
    let scheme: Scheme = format!("gm1:green,h={h},gamma={g}/256").parse().expect("canonical");
    let scores = Detector::new(&key, scheme).scores(&text);
    let (detection, positions) = (scores.detection(), scores.positions());
    let greens = detection.green().expect("a green scheme");
    format!("{i} {} {greens} {}\n", counts(&key, scheme, &detection), line(&positions, 'G', 'R'))
}

fn gumbel_line(i: u32) -> String {
    let (key, text, r) = drawn(i);
    let (h, dual) = (1 + r[0] % 16, r[4] % 2 == 1);
    let scheme = Scheme::new(SchemeParams::Gumbel { context_width: h, dual }).expect("in range");
    let scores = Detector::new(&key, scheme).scores(&text);
    let (detection, positions) = (scores.detection(), scores.positions());
    let field = Field::new(&key, scheme.context_width());
    let words: u64 = (0..text.len())
        .filter(|&i| matches!(positions[i], Position::Scored(_)))
        .map(|i| {
            let seed = field.seed(&text[i - usize::from(h)..i]);
            let second = if dual { seed.word(Subkey::Second, text[i]) } else { 0 };
            u64::from(seed.word(Subkey::First, text[i]).max(second))
        })
        .sum();
    format!("{i} {} {words} {}\n", counts(&key, scheme, &detection), line(&positions, 'S', 'S'))
}

fn counts(key: &Key, scheme: Scheme, detection: &Detection) -> String {
    let tally = detection.tally;
    format!("{} {} {} {} {}", key.id(), scheme, tally.tokens, tally.scored, tally.repeated)
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize().into()
}

fn search(case: &Value) {
    let scheme: Scheme = string(case, "scheme").parse().expect("canonical");
    let (positions, search) = if case.get("ids").is_some() {
        let mut detector = Detector::new(&key(case), scheme);
        let text = ids(case, "ids");
        let scores = detector.scores(&text);
        let (detection, search) = (scores.detection(), scores.search());
        assert_eq!(detection.tally.tokens, integer(case, "tokens"), "{}", name(case));
        assert_eq!(detection.tally.repeated, integer(case, "repeated"), "{}", name(case));
        meets_to_nine_digits(case, "ln_whole", &case["ln_whole"], scores.ln_whole());
        assert_eq!(scores.ln_p_of_search(), search.ln_p, "{}", name(case));
        (scores.positions(), search)
    } else {
        let positions = given_positions(case, scheme);
        let search = Scores::new(scheme.family().null(), &positions).expect("scores of the family").search();
        (positions, search)
    };
    let scores = scores_between(&positions, 0, positions.len());
    assert_eq!(scores.len() as u64, integer(case, "scored"), "{}", name(case));
    meets_to_nine_digits(case, "score", &case["score"], scores.iter().sum());
    meets_to_nine_digits(case, "ln_p", &case["ln_p"], search.ln_p);
    assert!(search.ln_p.is_sign_negative() || search.ln_p == 0.0, "{}", name(case));
    // SPEC §7.5: p ≤ 2W always.
    let ln_whole = case["ln_whole"].as_f64().expect("a number");
    assert!(search.ln_p <= ln_whole + core::f64::consts::LN_2 + 1e-9, "{}", name(case));

    let alpha = case["alpha"].as_f64().expect("a number");
    assert_eq!(Some(search.is_significant(alpha)), case["detected"].as_bool(), "{}", name(case));
    let expected = case["spans"].as_array().expect("a list");
    let spans = search.spans(alpha);
    meets_spans(case, spans, expected);
    for span in spans {
        assert_eq!(scores_between(&positions, span.start, span.end).len() as u64, span.scored, "{}", name(case));
    }
}

/// Edges and counts match exactly, scores and ln p to nine digits. SPEC §11.
fn meets_spans(case: &Value, spans: &[Span], expected: &[Value]) {
    assert_eq!(spans.len(), expected.len(), "{}: {spans:?}", name(case));
    for (span, expected) in spans.iter().zip(expected) {
        let found = [span.start as u64, span.end as u64, span.scored];
        let members = ["start", "end", "scored"].map(|member| expected[member].as_u64().expect("an integer"));
        assert_eq!(found, members, "{}", name(case));
        meets_to_nine_digits(case, "score of a span", &expected["score"], span.score);
        meets_to_nine_digits(case, "ln_p of a span", &expected["ln_p"], span.ln_p);
    }
}

fn looks(case: &Value) {
    let list = |member: &str| case[member].as_array().unwrap_or_else(|| panic!("{}: no {member}", name(case)));
    let place = |value: &Value| value.as_u64().and_then(|place| usize::try_from(place).ok()).expect("a place");
    let versions: Vec<Vec<TokenId>> = list("versions").iter().map(|version| ids(version, "ids")).collect();
    let versions: Vec<&[TokenId]> = versions.iter().map(Vec::as_slice).collect();
    let keys: Vec<Key> = list("looks").iter().map(key).collect();
    let asked = keys.iter().zip(list("looks")).map(|(key, look)| {
        let scheme = string(look, "scheme").parse().expect("canonical");
        Look { version: place(&look["version"]), ..Look::new(key, scheme) }
    });
    let searches = case["searches"].as_bool().expect("a truth value");
    let alpha = case["alpha"].as_f64().expect("a number");
    let found = Examiner::new(asked).searches(searches).examine(&versions, alpha);

    assert_eq!(found.looks, integer(case, "count"), "{}", name(case));
    meets_to_nine_digits(case, "ln_p", &case["ln_p"], found.ln_p);
    assert_eq!(Some(found.is_significant(alpha)), case["detected"].as_bool(), "{}", name(case));
    assert_eq!(found.best.map(|best| best.look), Some(place(&case["best"])), "{}", name(case));
    assert_eq!(found.verdict.as_str(), string(case, "verdict"), "{}", name(case));
    assert_eq!(found.hits.len(), list("hits").len(), "{}", name(case));
    for (hit, expected) in found.hits.iter().zip(list("hits")) {
        assert_eq!(hit.look, place(&expected["look"]), "{}", name(case));
        meets_to_nine_digits(case, "ln_p of a hit", &expected["ln_p"], hit.ln_p);
        meets_spans(case, &hit.spans, expected["spans"].as_array().expect("a list"));
    }
}

fn stream(case: &Value) {
    let mut stream = Stream::new(&key(case), string(case, "scheme").parse().expect("canonical"));
    let text = given_ids(case);
    let mut read = 0;
    for (row, after) in ids(case, "after").into_iter().enumerate() {
        let mut evidence = stream.evidence();
        for &token in &text[read..after as usize] {
            evidence = stream.push(token);
        }
        read = after as usize;
        assert_eq!(evidence, stream.evidence(), "{}, after {after}", name(case));
        assert_eq!(evidence.tally.tokens, u64::from(after), "{}", name(case));
        assert_eq!(Some(evidence.tally.scored), case["scored"][row].as_u64(), "{}, after {after}", name(case));
        let found = [("score", evidence.tally.score), ("ln_e", evidence.ln_e), ("ln_p", evidence.ln_p)];
        for (member, found) in found {
            meets_to_nine_digits(case, member, &case[member][row], found);
        }
        // SPEC §7.6: p = 1 / max e, and 1 is among what the maximum is taken of.
        assert!(evidence.ln_p <= -evidence.ln_e && evidence.ln_p <= 0.0, "{}, after {after}", name(case));
    }
    assert_eq!(read, text.len(), "{}: the last row is of the whole text", name(case));
}

fn weighted(case: &Value) {
    let classes = |member: &str| -> Vec<(u32, u64)> {
        let pair = |pair: &Value| Some((pair[0].as_u64()?.try_into().ok()?, pair[1].as_u64()?));
        case[member].as_array().expect("a list").iter().map(|it| pair(it).expect("two integers")).collect()
    };
    let total = integer(case, "total");
    if case.get("counts").is_some() {
        let gamma = integer(case, "g") as f64 / 256.0;
        let found = WeightedBinomial::new(&classes("counts"), gamma).expect("in range").ln_sf(total);
        meets_to_nine_digits(case, "ln_p", &case["ln_p"], found);
        assert!(found.is_sign_negative() || found == 0.0, "{}", name(case));
        return;
    }
    let scheme: Scheme = string(case, "scheme").parse().expect("canonical");
    let text = given_ids(case);
    let scores = Detector::new(&key(case), scheme).scores(&text);
    let detection = scores.detection();
    assert_eq!(detection.tally.scored, integer(case, "scored"), "{}", name(case));
    assert_eq!(detection.tally.repeated, integer(case, "repeated"), "{}", name(case));
    assert_eq!(detection.green(), Some(integer(case, "green")), "{}", name(case));
    meets_to_nine_digits(case, "ln_whole", &case["ln_whole"], scores.ln_whole());
    // The evidence keeps the plain count.
    meets(case, "ln_p", Some(detection.ln_p));
    if detection.tally.scored <= 1024 {
        let gamma = scheme.gamma().expect("a green scheme").fraction();
        let law = WeightedBinomial::new(&classes("weights"), gamma).expect("in range");
        meets_to_nine_digits(case, "ln_whole", &case["ln_whole"], law.ln_sf(total));
    }
    // SPEC §7.5: p ≤ 2W.
    assert!(scores.ln_p_of_search() <= scores.ln_whole() + core::f64::consts::LN_2 + 1e-9, "{}", name(case));
}

fn normalised_texts(case: &Value) {
    let raw = string(case, "text");
    let found = normalise(raw);
    assert_eq!(found.text(), string(case, "normalised"), "{}", name(case));
    assert_eq!(Some(found.is_changed()), case["changed"].as_bool(), "{}", name(case));
    // The vectors count code points.
    let byte = |text: &str, place: u32| text.chars().take(place as usize).map(char::len_utf8).sum::<usize>();
    for range in case["ranges"].as_array().expect("a list") {
        let of = |at: usize| u32::try_from(range[at].as_u64().expect("an integer")).expect("small");
        let normal = byte(found.text(), of(0))..byte(found.text(), of(1));
        let expected = byte(raw, of(2))..byte(raw, of(3));
        assert_eq!(found.raw_range(normal), expected, "{}, {range}", name(case));
    }
}

/// SPEC §7.5: 1e-9 relative, or 1e-9 if that is more.
fn meets_to_nine_digits(case: &Value, member: &str, expected: &Value, found: f64) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{}: {member} is no number", name(case)));
    assert!(
        (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        "{}, {member}: {found} for {expected}",
        name(case)
    );
}

/// The digest that a text by rule is made of. SPEC §11.
fn by_rule(case: &Value, place: u64) -> [u8; 32] {
    let place = u32::try_from(place).expect("small").to_le_bytes();
    Sha256::digest([b"greenmark/v1/vectors/", string(case, "label").as_bytes(), b"/", &place].concat()).into()
}

/// Returns a text that is given by its ids, listed or by rule.
fn given_ids(case: &Value) -> Vec<TokenId> {
    if case.get("ids").is_some() {
        return ids(case, "ids");
    }
    let size = u32::try_from(integer(case, "size")).expect("small");
    let id = |j| u32::from_le_bytes(by_rule(case, j)[..4].try_into().expect("4 bytes")) % size;
    (0..integer(case, "count")).map(id).collect()
}

/// Returns a text of search.json that is given by its scores, listed or by rule.
fn given_positions(case: &Value, scheme: Scheme) -> Vec<Position> {
    if let Some(scores) = case.get("scores") {
        let scores = scores.as_array().expect("a list");
        return scores.iter().map(|score| score.as_f64().map_or(Position::Repeated, Position::Scored)).collect();
    }
    let mut positions = Vec::new();
    for stretch in case["stretches"].as_array().expect("a list") {
        let (count, factor) = (stretch[0].as_u64().expect("an integer"), stretch[1].as_f64().expect("a number"));
        for _ in 0..count {
            let byte = f64::from(by_rule(case, positions.len() as u64)[0]);
            let green = f64::from(u8::from(byte < factor));
            positions.push(Position::Scored(if scheme.gamma().is_some() { green } else { factor * byte / 256.0 }));
        }
    }
    positions
}

/// Returns the scores from one position of a text up to another.
fn scores_between(positions: &[Position], start: usize, end: usize) -> Vec<f64> {
    let score = |position: &Position| match position {
        Position::Scored(score) => Some(*score),
        Position::Unscored | Position::Repeated => None,
    };
    positions[start..end].iter().filter_map(score).collect()
}

fn letter(colour: Colour) -> char {
    if colour.is_green() { 'G' } else { 'R' }
}

/// Returns the marks of a text; those of scored positions by whether the score is above 0.
fn line(positions: &[Position], some: char, none: char) -> String {
    let letter = |position: &Position| match position {
        Position::Unscored => '-',
        Position::Repeated => 'r',
        Position::Scored(score) if *score > 0.0 => some,
        Position::Scored(_) => none,
    };
    positions.iter().map(letter).collect()
}
