//! What the embedder writes, the detector finds: the two meet in one function.

use greenmark::{Delta, Detector, Embedder, Key, Scheme, SchemeParams, TokenId};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const VOCABULARY: usize = 500;

/// Uniform numbers in [0, 1), the same every time.
fn uniform(seed: u64, i: u64) -> f64 {
    let digest = Sha256::digest([seed.to_le_bytes(), i.to_le_bytes()].concat());
    let word = u64::from_le_bytes(digest[..8].try_into().expect("eight of 32 bytes"));
    (word >> 11) as f64 * (-53f64).exp2()
}

/// Returns a text by a model whose logits are all equal, marked in the one loop that serves both
/// families.
fn write(key: &Key, scheme: Scheme, delta: f32, tokens: usize, seed: u64) -> Vec<TokenId> {
    let embedder = Embedder::new(key, scheme).delta(Delta::new(delta).expect("finite"));
    let mut text = embedder.start();
    let mut ids = Vec::new();
    for step in 0..tokens {
        let mut logits = vec![0.0f32; VOCABULARY];
        text.bias(&mut logits);
        let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
        let probabilities: Vec<f32> = logits.iter().map(|logit| logit.exp() / sum).collect();
        let token = text.choose(&probabilities, uniform(seed, step as u64)).expect("a distribution");
        text.push(token);
        ids.push(token);
    }
    ids
}

/// With equal logits the green rate is known: γe^δ / (γe^δ + 1 − γ), up to the size of each list.
#[test]
fn green_fraction_is_what_theory_says() {
    let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse().expect("canonical");
    let key = Key::from_bytes([5; 32]);
    for delta in [0.5f32, 1.0, 2.0, 4.0] {
        let weight = 0.25 * f64::from(delta).exp();
        let expected = weight / (weight + 0.75);
        let (mut green, mut scored) = (0.0, 0);
        for seed in 0..20 {
            let tally = Detector::new(&key, scheme).detect(&write(&key, scheme, delta, 200, seed)).tally;
            green += tally.score;
            scored += tally.scored;
        }
        let fraction = green / scored as f64;
        // Sampling error, and that of lists of 500 tokens, whose share of green varies from context to
        // context.
        let list_error = 0.25 * 0.75 / VOCABULARY as f64;
        let error = (expected * (1.0 - expected) / scored as f64 + list_error / scored as f64).sqrt();
        assert!((fraction - expected).abs() <= 5.0 * error, "delta {delta}: {fraction} for {expected} ± {error}");
    }
}

/// With n equal chances the chosen token has the greatest of n words, so its score is the greatest
/// of n Exp(1): 1 + ½ + … + 1/n on average, with variance 1 + ¼ + … + 1/n². The dual form's score
/// is lower, by ln 2 at most.
#[test]
fn gumbel_scores_are_what_theory_says() {
    let key = Key::from_bytes([5; 32]);
    let score = |scheme: &str| {
        let scheme: Scheme = scheme.parse().expect("canonical");
        let texts = (0..20).map(|seed| Detector::new(&key, scheme).detect(&write(&key, scheme, 0.0, 200, seed)).tally);
        texts.fold((0.0, 0.0), |(score, scored), tally| (score + tally.score, scored + tally.scored as f64))
    };
    let n = VOCABULARY as u32;
    let expected: f64 = (1..=n).map(|k| 1.0 / f64::from(k)).sum();
    let variance: f64 = (1..=n).map(|k| 1.0 / f64::from(k).powi(2)).sum();
    let (sum, scored) = score("gm1:gumbel,h=2");
    let error = (variance / scored).sqrt();
    assert!((sum / scored - expected).abs() <= 5.0 * error, "{} for {expected} ± {error}", sum / scored);
    let (sum, scored) = score("gm1:gumbel,h=2,dual");
    let mean = sum / scored;
    assert!(mean <= expected + 5.0 * error && mean >= expected - 2.0_f64.ln() - 5.0 * error, "{mean}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Round trip, for any key and scheme: a strong mark is found with its key and with no other.
    #[test]
    fn marked_text_is_found_by_its_key_alone(key: [u8; 32], other: [u8; 32], h in 0u8..=8, g in 32u16..=128, seed: u64) {
        prop_assume!(key != other);
        let scheme: Scheme = format!("gm1:green,h={h},gamma={g}/256").parse().expect("canonical");
        let (key, other) = (Key::from_bytes(key), Key::from_bytes(other));
        let ids = write(&key, scheme, 4.0, 300, seed);
        prop_assert!(Detector::new(&key, scheme).detect(&ids).is_significant(1e-9));
        prop_assert!(!Detector::new(&other, scheme).detect(&ids).is_significant(1e-9));
        // And under another scheme of the same key: gamma is nested, width is not.
        let wider: Scheme = format!("gm1:green,h={},gamma={g}/256", h + 1).parse().expect("canonical");
        prop_assert!(!Detector::new(&key, wider).detect(&ids).is_significant(1e-9));
    }

    /// The same for gumbel.
    #[test]
    fn chosen_text_is_found_by_its_key_alone(key: [u8; 32], other: [u8; 32], h in 1u8..=8, dual: bool, seed: u64) {
        prop_assume!(key != other);
        let scheme = Scheme::new(SchemeParams::Gumbel { context_width: h, dual }).expect("in range");
        let (key, other) = (Key::from_bytes(key), Key::from_bytes(other));
        let ids = write(&key, scheme, 0.0, 300, seed);
        prop_assert!(Detector::new(&key, scheme).detect(&ids).is_significant(1e-9));
        prop_assert!(!Detector::new(&other, scheme).detect(&ids).is_significant(1e-9));
        let green: Scheme = format!("gm1:green,h={h},gamma=64/256").parse().expect("canonical");
        prop_assert!(!Detector::new(&key, green).detect(&ids).is_significant(1e-9), "families do not meet");
        let wider = Scheme::new(SchemeParams::Gumbel { context_width: h + 1, dual }).expect("in range");
        prop_assert!(!Detector::new(&key, wider).detect(&ids).is_significant(1e-9));
    }

    /// Nothing the caller hands in makes the detector panic or break its own sums.
    #[test]
    fn any_ids_are_scored(ids in prop::collection::vec(any::<u32>(), 0..200), h in 0u8..=16, g in 0u16..=255) {
        let params = if g == 0 && h > 0 {
            SchemeParams::Gumbel { context_width: h, dual: h % 2 == 0 }
        } else {
            SchemeParams::Green { context_width: h, gamma_numerator: g.max(1) }
        };
        let scheme = Scheme::new(params).expect("in range");
        let detection = Detector::new(&Key::from_bytes([1; 32]), scheme).detect(&ids);
        let tally = detection.tally;
        prop_assert_eq!(tally.tokens, ids.len() as u64);
        prop_assert_eq!(tally.tokens, tally.tokens.min(h.into()) + tally.scored + tally.repeated);
        prop_assert!(detection.green().unwrap_or_default() <= tally.scored && tally.score >= 0.0);
        prop_assert!(detection.ln_p <= 0.0 && detection.ln_p.is_finite());
    }
}
