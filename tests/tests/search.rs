//! The search and the stream under the null of SPEC §7.1: P(p ≤ α) ≤ α for fixed texts and random
//! keys, wherever one stops.

use greenmark::{Detector, Embedder, Examiner, Key, Look, Position, Scheme, Scores, Stream, TokenId};
use sha2::{Digest, Sha256};

/// Text–key pairs of each case.
const KEYS: u32 = 20_000;
/// Bounds are this many standard errors wide: a sound detector fails one check in three million.
const STANDARD_ERRORS: f64 = 5.0;

const SCHEMES: [&str; 5] = [
    "gm1:green,h=1,gamma=64/256",
    "gm1:green,h=0,gamma=128/256",
    "gm1:green,h=2,gamma=8/256",
    "gm1:gumbel,h=1",
    "gm1:gumbel,h=2,dual",
];

fn key(i: u32) -> Key {
    Key::from_bytes(Sha256::digest([b"greenmark/tests/search/".as_slice(), &i.to_le_bytes()].concat()).into())
}

fn varied(i: u32) -> TokenId {
    i.wrapping_mul(2_654_435_761) >> 14
}

/// Texts that repeat little, much, and in stretches.
fn texts() -> [(&'static str, Vec<TokenId>); 3] {
    [
        ("varied", (0..150).map(varied).collect()),
        ("few tokens", (0..200).map(|i| varied(i) % 11).collect()),
        ("a phrase between", (0..200).map(|i| if i % 40 < 20 { varied(i) } else { i % 5 }).collect()),
    ]
}

/// Fails where more of the `ln_p` than chance allows are at or below α.
fn assert_valid(case: &str, ln_p: &[f64]) {
    let n = ln_p.len() as f64;
    for alpha in [0.5f64, 0.1, 0.01, 0.001] {
        let hits = ln_p.iter().filter(|&&ln_p| ln_p <= alpha.ln()).count() as f64;
        let bound = alpha * n + STANDARD_ERRORS * (n * alpha * (1.0 - alpha)).sqrt();
        assert!(hits <= bound, "{case}, alpha {alpha}: {hits} of {n}, at most {bound:.0}");
    }
}

#[test]
fn searches_are_valid() {
    for scheme in SCHEMES {
        for (name, text) in texts() {
            let ln_p: Vec<f64> = (0..KEYS)
                .map(|i| Detector::new(&key(i), scheme.parse().expect("canonical")).scores(&text).ln_p_of_search())
                .collect();
            assert_valid(&format!("{scheme}, {name}"), &ln_p);
        }
    }
}

/// The worst that a reader can do is to stop at the least p of all; and no rule of stopping makes
/// the stake more than 1 on average.
#[test]
fn streams_are_valid_wherever_one_stops() {
    for scheme in SCHEMES {
        for (name, text) in texts() {
            let mut least = Vec::new();
            // The stake when one stops at 4, or at the end; and when one stops at the first gain after 20
            // tokens.
            let (mut at_four, mut after_twenty) = (Vec::new(), Vec::new());
            for i in 0..KEYS {
                let mut stream = Stream::new(&key(i), scheme.parse().expect("canonical"));
                let (mut lowest, mut four, mut twenty) = (0.0f64, None, None);
                for (place, &token) in text.iter().enumerate() {
                    let evidence = stream.push(token);
                    lowest = lowest.min(evidence.ln_p);
                    let stake = evidence.ln_e.exp();
                    four = four.or((stake >= 4.0).then_some(stake));
                    twenty = twenty.or((place >= 20 && stake > 1.0).then_some(stake));
                }
                let end = stream.finish().ln_e.exp();
                least.push(lowest);
                at_four.push(four.unwrap_or(end));
                after_twenty.push(twenty.unwrap_or(end));
            }
            assert_valid(&format!("{scheme}, {name}"), &least);
            for stakes in [at_four, after_twenty] {
                let n = f64::from(KEYS);
                let mean = stakes.iter().sum::<f64>() / n;
                let variance = stakes.iter().map(|stake| (stake - mean).powi(2)).sum::<f64>() / n;
                let bound = 1.0 + STANDARD_ERRORS * (variance / n).sqrt();
                assert!(mean <= bound, "{scheme}, {name}: a stake of 1 became {mean}, at most {bound}");
            }
        }
    }
}

/// SPEC §7.7: three keys, two schemes and two versions of a text are twelve looks, or with repeats
/// among them fewer, and paid for.
#[test]
fn examinations_are_valid() {
    let schemes = ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"].map(|scheme| scheme.parse().expect("canonical"));
    for (name, text) in texts() {
        // What a normaliser might make of it: the same but for every tenth token.
        let other: Vec<TokenId> = text.iter().enumerate().map(|(i, &id)| if i % 10 == 9 { 7 } else { id }).collect();
        for (what, versions, searches) in [
            ("one version", vec![&text[..]], true),
            ("two versions", vec![&text[..], &other], true),
            ("two versions, whole", vec![&text[..], &other, &text], false),
        ] {
            let ln_p: Vec<f64> = (0..KEYS / 2)
                .map(|i| {
                    let keys = [0, 1, 2, 0].map(|j| key(3 * i + j));
                    let found =
                        Examiner::new(Look::all(&keys, &schemes, 2)).searches(searches).examine(&versions, 0.05);
                    assert_eq!(found.looks, 6 * versions.len().min(2) as u64);
                    assert_eq!(!found.hits.is_empty(), found.is_significant(0.05));
                    found.ln_p
                })
                .collect();
            assert_valid(&format!("{name}, {what}"), &ln_p);
        }
    }
}

/// SPEC §7.7: where one key has marked the text, the others are no likelier to be named for it.
#[test]
fn a_marked_text_accuses_no_other_key() {
    let scheme: Scheme = "gm1:gumbel,h=2".parse().expect("canonical");
    let owner = key(u32::MAX);
    let embedder = Embedder::new(&owner, scheme);
    let (mut state, mut ids) = (embedder.start(), Vec::new());
    for i in 0..150u32 {
        let mut chances = [0.0; 2000];
        chances[i as usize * 61 % 1900..][..60].fill(1.0 / 60.0);
        let token = state.choose(&chances, f64::from(varied(i) & 0xff) / 256.0).expect("a distribution");
        state.push(token);
        ids.push(token);
    }
    let (alpha, n) = (0.05, KEYS / 4);
    let mut accused = 0.0;
    for i in 0..n {
        let keys = [owner.clone(), key(3 * i), key(3 * i + 1), key(3 * i + 2)];
        let found = Examiner::new(Look::all(&keys, &[scheme], 1)).examine(&[&ids], alpha);
        assert_eq!(found.hits[0].key_id, owner.id());
        accused += f64::from(u8::from(found.hits.len() > 1));
    }
    let n = f64::from(n);
    let bound = alpha * n + STANDARD_ERRORS * (n * alpha * (1.0 - alpha)).sqrt();
    assert!(accused <= bound, "{accused} of {n}, at most {bound:.0}");
}

/// SPEC §7.7: a stream about several keys and schemes, at its least p.
#[test]
fn streams_about_several_keys_are_valid() {
    let schemes: [Scheme; 2] = ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"].map(|s| s.parse().expect("canonical"));
    for (name, text) in texts() {
        let ln_p: Vec<f64> = (0..KEYS / 2)
            .map(|i| {
                let (one, two) = (key(2 * i), key(2 * i + 1));
                let mut stream = Stream::new(&one, schemes[0]).and(&two, schemes[0]).and(&one, schemes[1]);
                text.iter().for_each(|&id| _ = stream.push(id));
                stream.finish().ln_p
            })
            .collect();
        assert_valid(name, &ln_p);
    }
}

/// Why the spans' own p-values are not to be decided by, and why the stream is not a detector asked
/// again and again.
#[test]
fn looking_without_paying_would_flag_innocent_text() {
    let (_, text) = &texts()[0];
    let alpha: f64 = 0.01;
    let (mut best_window, mut best_prefix) = (0, 0);
    for i in 0..1000 {
        let mut detector = Detector::new(&key(i), "gm1:green,h=1,gamma=64/256".parse().expect("canonical"));
        let windows = text.windows(40).step_by(5);
        best_window += u32::from(windows.into_iter().any(|window| detector.detect(window).is_significant(alpha)));
        best_prefix += u32::from((1..text.len()).any(|end| detector.detect(&text[..end]).is_significant(alpha)));
    }
    assert!(best_window > 50 && best_prefix > 30, "{best_window} and {best_prefix} of 1000 at p ≤ {alpha}");
}

/// SPEC §7.5: in texts without a mark, a span is reported one time in twenty at most; if the search
/// is taken for significant whatever it is.
#[test]
fn stray_spans_are_rare() {
    let text: Vec<TokenId> = (0..400).map(varied).collect();
    for scheme in SCHEMES {
        // A marked stretch elsewhere makes the search significant, and the fee the full one.
        let scheme: Scheme = scheme.parse().expect("canonical");
        let high = if scheme.gamma().is_some() { 1.0 } else { 8.0 };
        let (mut strays, keys) = (0.0, 2000u32);
        for i in 0..keys {
            let mut positions = Detector::new(&key(i), scheme).scores(&text).positions();
            positions.extend(vec![Position::Scored(0.0); 400]);
            positions.extend(vec![Position::Scored(high); 200]);
            let search = Scores::new(scheme.family().null(), &positions).expect("scores of the family").search();
            strays += f64::from(u8::from(search.spans(1e-6).iter().any(|span| span.end <= text.len())));
        }
        let n = f64::from(keys);
        let bound = 0.05 * n + STANDARD_ERRORS * (n * 0.05 * 0.95).sqrt();
        assert!(strays <= bound, "{scheme}: {strays} of {keys}, at most {bound:.0}");
    }
}

/// A text of 5,000 tokens of its own with one paragraph of 200 by a marked model: 60 likely tokens
/// at each step.
#[test]
fn a_marked_paragraph_is_named() {
    for scheme in ["gm1:green,h=1,gamma=64/256", "gm1:green,h=4,gamma=64/256", "gm1:gumbel,h=1", "gm1:gumbel,h=4"] {
        let mut worst = 0;
        for i in 0..20u32 {
            let key = key(i);
            let embedder = Embedder::new(&key, scheme.parse().expect("canonical"));
            let mut ids: Vec<TokenId> = (0..5000).map(|at| varied(at ^ (i << 16))).collect();
            let from = 500 + 200 * i as usize;
            for at in from..from + 200 {
                let text = embedder.resume(&ids[at - 4..at]);
                // Elsewhere in the vocabulary at each step, so that the text does not loop.
                let likely = at * 61 % 1900..;
                let mut logits = [f32::NEG_INFINITY; 2000];
                logits[likely].iter_mut().take(60).for_each(|logit| *logit = 0.0);
                text.bias(&mut logits);
                let sum: f32 = logits.iter().map(|logit| logit.exp()).sum();
                let chances = logits.map(|logit| logit.exp() / sum);
                let uniform = f64::from(varied((i << 12) + at as u32) & 0xffff) / 65_536.0;
                ids[at] = text.choose(&chances, uniform).expect("a distribution");
            }
            let search = Detector::new(&key, scheme.parse().expect("canonical")).scores(&ids).search();
            let [span] = search.spans(1e-6) else { panic!("{scheme}, {i}: {search:?}") };
            worst = worst.max(span.start.abs_diff(from)).max(span.end.abs_diff(from + 200));
        }
        assert!(worst <= 40, "{scheme}: an edge is {worst} tokens off");
    }
}
