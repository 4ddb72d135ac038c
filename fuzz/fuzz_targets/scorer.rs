//! Scoring in every way there is, against a set of pairs or contexts; and the bias against the field. SPEC §6, §7, §8.1.
//!
//! Input: a head of 9 bytes, then ids, little-endian, in as many bytes as the head says.
//!
//! | byte | says |
//! |---|---|
//! | 0 | the key: 32 times this byte |
//! | 1 | the family, byte mod 3: green, gumbel, gumbel in the dual form |
//! | 2 | h = byte mod 17; in gumbel 1 + byte mod 16 |
//! | 3 | g = 1 + byte mod 255 |
//! | 4 | id width: 1, 2 or 4 bytes, or 1 counted down from the largest id |
//! | 5 | 254, 255: the text is repeated with other and other ids, see `repeated` |
//! | 6 | unused |
//! | 7 | δ in sixteenths; skip repeats if odd |
//! | 8 | seed of the logits |

#![no_main]

use std::collections::HashSet;

use greenmark::{
    Delta, Detector, Embedder, Family, Field, Key, Position, Scheme, SchemeParams, Scorer, Seed, Subkey, Tally, TokenId,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&[key, family, h, g, id_width, copies, _, delta, logits], rest)) = input.split_first_chunk::<9>()
    else {
        return;
    };
    let key = Key::from_bytes([key; 32]);
    let params = match family % 3 {
        0 => SchemeParams::Green { context_width: h % 17, gamma_numerator: 1 + u16::from(g % 255) },
        family => SchemeParams::Gumbel { context_width: 1 + h % 16, dual: family == 2 },
    };
    let scheme = Scheme::new(params).expect("in range");
    let ids = ids(rest, id_width);
    // A long text costs as much as 100 others. Few mutants of one that asks for it add up to this, so few get it.
    let is_long = input.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte)).is_multiple_of(32);
    let ids = if is_long { repeated(ids, copies) } else { ids };

    score(&key, scheme, &ids);
    embed(&key, scheme, &ids, delta, logits);
});

fn score(key: &Key, scheme: Scheme, ids: &[TokenId]) {
    let mut scorer = Scorer::new(key, scheme);
    let positions: Vec<_> = ids.iter().map(|&id| scorer.push(id)).collect();
    let tally = scorer.finish();
    check(key, scheme, ids, &positions, &tally);

    // The same scorer, as a second text.
    assert!(ids.iter().map(|&id| bits(scorer.push(id))).eq(positions.iter().copied().map(bits)));
    assert_eq!(tally_bits(scorer.tally()), tally_bits(tally));

    // Twice, since a detector keeps its seeds from text to text.
    let mut detector = Detector::new(key, scheme);
    let detection = detector.detect(ids);
    let scores = detector.scores(ids);
    assert_eq!((scores.detection(), scores.positions()), (detection, positions));
    assert_eq!((detector.scheme(), detector.key_id()), (scheme, key.id()));
    assert_eq!(tally_bits(detection.tally), tally_bits(tally));
    assert!(
        detection.ln_p.is_finite()
            && detection.ln_p <= 0.0
            && detection.ln_p.is_sign_positive() == (detection.ln_p == 0.0)
    );
    assert!(tally.score > 0.0 || detection.ln_p == 0.0);
    assert_eq!(detection.z_score.is_some(), tally.scored > 0);
    assert!(detection.z_score.is_none_or(f64::is_finite));
    let mean = (tally.scored > 0).then(|| tally.score / tally.scored as f64);
    assert_eq!(detection.mean_score(), mean);
    let is_green = scheme.gamma().is_some();
    assert_eq!(detection.green(), is_green.then_some(tally.score as u64));
    assert_eq!(detection.green_fraction(), mean.filter(|_| is_green));
}

/// SPEC §6.2 and §6.4 as they are written, from the field alone.
fn check(key: &Key, scheme: Scheme, ids: &[TokenId], positions: &[Position], found: &Tally) {
    let h = width(scheme);
    let field = Field::new(key, scheme.context_width());
    let (mut seen, mut tally, mut scores) = (HashSet::new(), Tally::default(), Vec::new());
    for (i, &position) in positions.iter().enumerate() {
        tally.tokens += 1;
        if i < h {
            assert_eq!(position, Position::Unscored, "position {i}");
            continue;
        }
        let is_new = match scheme.family() {
            Family::Green { .. } => seen.insert(&ids[i - h..=i]),
            Family::Gumbel { .. } => seen.insert(&ids[i - h..i]),
        };
        if !is_new {
            tally.repeated += 1;
            assert_eq!(position, Position::Repeated, "position {i}");
            continue;
        }
        tally.scored += 1;
        let score = expected_score(scheme.family(), &field.seed(&ids[i - h..i]), ids[i]);
        tally.score += score;
        let Position::Scored(found) = position else { panic!("position {i}: {position:?}, not {score}") };
        scores.push(found);
        assert!(is_close(scheme.family(), found, score), "position {i}: {found}, not {score}");
        assert!(found.is_sign_positive());
    }
    assert_eq!((found.tokens, found.scored, found.repeated), (tally.tokens, tally.scored, tally.repeated));
    assert_eq!(tally.tokens, tally.tokens.min(h as u64) + tally.scored + tally.repeated);
    assert!(is_close(scheme.family(), found.score, tally.score), "{}, not {}", found.score, tally.score);
    let sum = sum_in_pairs(&scores);
    assert!((found.score - sum).abs() <= 1e-14 * sum, "{}, not {sum}", found.score);
}

/// A sum whose rounding grows with the logarithm of the length.
fn sum_in_pairs(scores: &[f64]) -> f64 {
    match scores {
        [] => 0.0,
        &[score] => score,
        _ => {
            let (left, right) = scores.split_at(scores.len() / 2);
            sum_in_pairs(left) + sum_in_pairs(right)
        }
    }
}

/// SPEC §6.1 and §6.3, the logarithms taken in another way.
fn expected_score(family: Family, seed: &Seed, token: TokenId) -> f64 {
    const WORDS: f64 = 4_294_967_296.0;
    let word = |subkey| f64::from(seed.word(subkey, token));
    match family {
        Family::Green { gamma } => f64::from(u8::from(seed.byte(token) < gamma.numerator())),
        // 2^32 − w is exact, and so is its quotient.
        Family::Gumbel { dual: false } => -((WORDS - word(Subkey::First)) / WORDS).ln(),
        Family::Gumbel { dual: true } => {
            let x = word(Subkey::First).max(word(Subkey::Second)) / WORDS;
            if x < 0.01 {
                // The next term is 1e-20 of the first.
                (1..=5).rev().fold(0.0, |sum, i| x * x * (sum + 1.0 / f64::from(i)))
            } else {
                -(1.0 - x).ln() - (1.0 + x).ln()
            }
        }
    }
}

fn is_close(family: Family, found: f64, expected: f64) -> bool {
    let tolerance = if matches!(family, Family::Green { .. }) { 0.0 } else { 1e-12 };
    (found - expected).abs() <= tolerance * expected
}

/// A position, so that two are equal only if they are to the last bit.
fn bits(position: Position) -> (u8, u64) {
    match position {
        Position::Unscored => (0, 0),
        Position::Repeated => (1, 0),
        Position::Scored(score) => (2, score.to_bits()),
    }
}

fn tally_bits(tally: Tally) -> [u64; 4] {
    [tally.tokens, tally.scored, tally.repeated, tally.score.to_bits()]
}

/// δ on green, nothing on red and nothing in gumbel, at the text's end and at places before it.
fn embed(key: &Key, scheme: Scheme, ids: &[TokenId], delta: u8, logits: u8) {
    let nats = f32::from(delta) / 16.0;
    let skips = delta % 2 == 1;
    let mut random = Random(logits.into());
    let embedder = Embedder::new(key, scheme).delta(Delta::new(nats).expect("finite")).skip_repeats(skips);
    let field = Field::new(key, scheme.context_width());
    let h = width(scheme);
    // Few widths of logits, so that green lists are found again, and beside those of another width.
    for vocab_size in [random.below(300), 64, random.below(300), 64] {
        let text = &ids[..random.below(ids.len() + 1)];
        let before: Vec<f32> = (0..vocab_size).map(|_| random.logit()).collect();
        let mut after = before.clone();
        embedder.resume(text).bias(&mut after);

        let context = text.len().checked_sub(h).map(|from| &text[from..]);
        let is_used = |context: &&[TokenId]| (h..text.len()).any(|i| text[i - h..i] == **context);
        let marked = context.filter(|context| !(skips && is_used(context))).zip(scheme.gamma());
        let Some((context, gamma)) = marked else {
            let bits = |logits: &[f32]| logits.iter().map(|logit| logit.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&after), bits(&before), "left alone");
            continue;
        };
        let seed = field.seed(context);
        for (v, (before, after)) in (0..).zip(before.into_iter().zip(after)) {
            let bias = if seed.byte(v) < gamma.numerator() { nats } else { 0.0 };
            let expected = before + bias;
            assert!(after == expected || (after.is_nan() && before.is_nan()), "token {v}: {before} became {after}");
        }
    }
}

fn width(scheme: Scheme) -> usize {
    scheme.context_width().get()
}

fn ids(bytes: &[u8], id_width: u8) -> Vec<TokenId> {
    match id_width % 4 {
        0 => bytes.iter().map(|&byte| byte.into()).collect(),
        1 => bytes.as_chunks().0.iter().map(|&bytes| u16::from_le_bytes(bytes).into()).collect(),
        2 => bytes.as_chunks().0.iter().map(|&bytes| TokenId::from_le_bytes(bytes)).collect(),
        _ => bytes.iter().map(|&byte| TokenId::MAX - TokenId::from(byte)).collect(),
    }
}

/// Long texts from short inputs: the ids again and again, a little further apart each time or each eighth time.
///
/// Seeds are kept after 4,096 contexts, and a table for more than 14,336 pairs is given back: the first wants 5,000 ids that
/// are new, and the last 20,000 that need not be.
fn repeated(ids: Vec<TokenId>, copies: u8) -> Vec<TokenId> {
    let (most, alike) = match copies {
        254 => (5_000, 1),
        255 => (20_000, 8),
        _ => return ids,
    };
    let turns = (0..).flat_map(|turn| ids.iter().map(move |id| id.wrapping_mul(1 + turn / alike)));
    turns.take(if ids.is_empty() { 0 } else { most }).collect()
}

/// A linear congruential generator: the input decides everything.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }

    /// What logits are like, half the time; else a special value, or any bits at all.
    fn logit(&mut self) -> f32 {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE];
        match self.next() % 4 {
            0 => special[self.below(special.len())],
            1 => f32::from_bits(self.next() as u32 ^ (self.next() as u32) << 16),
            _ => self.below(4000) as f32 / 100.0 - 20.0,
        }
    }
}
