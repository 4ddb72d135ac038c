//! The null of SPEC §7.1: for a fixed text and random keys, P(p ≤ α) must not exceed α.

use greenmark::{
    Detection, Detector, Embedder, Field, Key, MixingShare, Scheme, TokenId, colour,
    stats::{ln_binomial_sf, ln_gamma_sf},
};
use greenmark_tests::uniformity::{ks_uniform, randomised_p};
use sha2::{Digest, Sha256};

/// Text–key pairs of each case.
const KEYS: u32 = 20_000;
/// Bounds are this many standard errors wide: a sound detector fails one check in three million.
const STANDARD_ERRORS: f64 = 5.0;

fn key(i: u32) -> Key {
    Key::from_bytes(Sha256::digest([b"greenmark/tests/null/".as_slice(), &i.to_le_bytes()].concat()).into())
}

fn detections(scheme: &str, text: &[TokenId]) -> Vec<Detection> {
    let scheme: Scheme = scheme.parse().expect("canonical");
    (0..KEYS).map(|i| Detector::new(&key(i), scheme).detect(text)).collect()
}

/// Texts that break tests which count twice: varied, periodic, one phrase over and over, one token.
fn texts() -> Vec<(&'static str, Vec<TokenId>)> {
    let varied = |i: u32| i.wrapping_mul(2_654_435_761) >> 17;
    vec![
        ("varied", (0..120).map(varied).collect()),
        ("few tokens", (0..200).map(|i| varied(i) % 7).collect()),
        ("a phrase repeated", (0..200).map(|i| [5, 9, 2, 9, 14, 3][i % 6]).collect()),
        ("one token", vec![42; 200]),
    ]
}

#[test]
fn p_values_are_valid_for_every_kind_of_text() {
    for scheme in [
        "gm1:green,h=0,gamma=128/256",
        "gm1:green,h=1,gamma=64/256",
        "gm1:green,h=4,gamma=32/256",
        "gm1:gumbel,h=1",
        "gm1:gumbel,h=4",
        "gm1:gumbel,h=2,dual",
    ] {
        for (name, text) in texts() {
            let detections = detections(scheme, &text);
            for alpha in [0.5, 0.1, 0.01, 0.001] {
                let hits = detections.iter().filter(|d| d.is_significant(alpha)).count() as f64;
                let n = f64::from(KEYS);
                let bound = alpha * n + STANDARD_ERRORS * (n * alpha * (1.0 - alpha)).sqrt();
                assert!(hits <= bound, "{scheme}, {name}, alpha {alpha}: {hits} of {n}, at most {bound:.0}");
            }
        }
    }
}

#[test]
fn greens_are_binomial() {
    let text = &texts()[0].1;
    let detections = detections("gm1:green,h=1,gamma=64/256", text);
    let (green, scored) = detections.iter().fold((0.0, 0), |(g, s), d| (g + d.tally.score, s + d.tally.scored));
    let z = (green - 0.25 * scored as f64) / (scored as f64 * 0.25 * 0.75).sqrt();
    assert!(z.abs() <= STANDARD_ERRORS, "green fraction {} is {z} standard errors off", green / scored as f64);

    let uniform = |i: usize| f64::from(u32::try_from(i).expect("small").wrapping_mul(2_654_435_761)) / 4_294_967_296.0;
    let p: Vec<f64> = detections
        .iter()
        .enumerate()
        .map(|(i, d)| randomised_p(d.green().expect("a green scheme"), d.tally.scored, 0.25, uniform(i)))
        .collect();
    let (distance, p) = ks_uniform(&p);
    assert!(p > 1e-6, "p-values of {KEYS} keys are not uniform: D = {distance}, p = {p}");
}

/// SPEC §7.4: on a grid of 2^32 values, 20,000 p-values cannot be told from uniform ones.
#[test]
fn gumbel_p_values_are_uniform() {
    for (name, text) in &texts()[..3] {
        for scheme in ["gm1:gumbel,h=1", "gm1:gumbel,h=1,dual", "gm1:gumbel,h=4"] {
            let p: Vec<f64> = detections(scheme, text).iter().map(Detection::p_value).collect();
            let (distance, p) = ks_uniform(&p);
            assert!(p > 1e-6, "{scheme}, {name}: D = {distance}, p = {p}");
        }
    }
}

/// SPEC §8.2: over random keys, what `choose` takes follows the model's distribution. By χ² over
/// 20,000 keys and 8 tokens, with 7 degrees of freedom: a sound sampler exceeds 54 less than once
/// in a hundred million. Power: one token of probability ¼ taken 3 % too often or too rarely adds 6
/// to it, 10 % adds 67.
#[test]
fn choices_follow_the_distribution() {
    let row = [0.25f32, 0.0, 0.25, 0.125, 0.125, 0.125, 0.0625, 0.03125, 0.03125];
    for (scheme, share) in [("gm1:gumbel,h=1", 0.0), ("gm1:gumbel,h=4", 0.0), ("gm1:gumbel,h=2,dual", 0.5)] {
        let mut taken = [0u32; 9];
        for i in 0..KEYS {
            let embedder = Embedder::new(&key(i), scheme.parse().expect("canonical"))
                .mixing_share(MixingShare::new(share).expect("in range"));
            let text = embedder.resume(&[3, 1, 4, 1]);
            let uniform = f64::from(i.wrapping_mul(2_654_435_761)) / 4_294_967_296.0;
            taken[text.choose(&row, uniform).expect("a distribution") as usize] += 1;
        }
        assert_eq!(taken[1], 0, "a token of probability 0 was taken");
        let chi_squared: f64 = (row.iter().zip(&taken))
            .filter(|&(&p, _)| p > 0.0)
            .map(|(&p, &taken)| {
                let expected = f64::from(p) * f64::from(KEYS);
                (f64::from(taken) - expected).powi(2) / expected
            })
            .sum();
        assert!(chi_squared < 54.0, "{scheme}: χ² = {chi_squared}, {taken:?}");
    }
}

/// The level of the two tests below, and the share of keys at which a test of that level may hit.
const LEVEL: f64 = 0.001;

fn assert_kept(hits: u32, naive: u32) {
    let [rate, naive] = [hits, naive].map(|hits| f64::from(hits) / f64::from(KEYS));
    let standard_error = (LEVEL * (1.0 - LEVEL) / f64::from(KEYS)).sqrt();
    assert!(rate <= LEVEL + STANDARD_ERRORS * standard_error, "p ≤ {LEVEL} came {rate} of the time");
    // The text repeats enough for the difference to show.
    assert!(naive > 50.0 * LEVEL, "with every repeat counted, p ≤ {LEVEL} came {naive} of the time");
}

/// Pairs are counted once: with every position counted, as if it were a new coin, this text is
/// flagged.
#[test]
fn repeated_pairs_flag_no_innocent_text() {
    let (_, text) = &texts()[2];
    let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse().expect("canonical");
    let gamma = scheme.gamma().expect("green");
    let (mut hits, mut naive) = (0, 0);
    for i in 0..KEYS {
        hits += u32::from(Detector::new(&key(i), scheme).detect(text).is_significant(LEVEL));
        let field = Field::new(&key(i), scheme.context_width());
        let green = text.windows(2).filter(|pair| colour(&field.seed(&pair[..1]), pair[1], gamma).is_green()).count();
        let ln_p = ln_binomial_sf(green as u64, text.len() as u64 - 1, gamma.fraction()).expect("a count");
        naive += u32::from(ln_p <= LEVEL.ln());
    }
    assert_kept(hits, naive);
}

/// The same of gumbel's contexts: six of them occur 33 times each.
#[test]
fn repeated_contexts_flag_no_innocent_text() {
    let (_, text) = &texts()[2];
    let scheme: Scheme = "gm1:gumbel,h=1".parse().expect("canonical");
    let (mut hits, mut naive) = (0, 0);
    for i in 0..KEYS {
        let mut detector = Detector::new(&key(i), scheme);
        hits += u32::from(detector.detect(text).is_significant(LEVEL));
        let sum: f64 = text.windows(2).map(|pair| detector.detect(pair).tally.score).sum();
        let ln_p = ln_gamma_sf(sum, text.len() as u64 - 1).expect("a sum of scores");
        naive += u32::from(ln_p <= LEVEL.ln());
    }
    assert_kept(hits, naive);
}
