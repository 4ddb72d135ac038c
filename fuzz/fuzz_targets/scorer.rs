//! Scoring in every way there is, against a set of pairs; and the embedder against the colours. SPEC §6.2, §7, §8.
//!
//! Input: a head of 8 bytes, then ids, little-endian, in as many bytes as the head says.
//!
//! | byte | says |
//! |---|---|
//! | 0 | the key: 32 times this byte |
//! | 1 | h = byte mod 17 |
//! | 2 | g = 1 + byte mod 255 |
//! | 3 | id width: 1, 2 or 4 bytes, or 1 counted down from the largest id |
//! | 4 | 254, 255: the text is repeated, each time with other ids, up to 5,000 or 20,000 of them |
//! | 5 | seed of the cuts at which slices are pushed |
//! | 6 | δ in sixteenths; skip repeats if odd |
//! | 7 | seed of the logits |

#![no_main]

use std::collections::HashSet;

use greenmark::{
    Colour, Delta, Detector, Embedder, Field, Key, Position, Scheme, SchemeParams, Scorer, Tally, TokenId, colour,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&[key, h, g, id_width, copies, cuts, delta, logits], rest)) = input.split_first_chunk::<8>() else {
        return;
    };
    let key = Key::from_bytes([key; 32]);
    let params = SchemeParams { context_width: h % 17, gamma_numerator: 1 + u16::from(g % 255) };
    let scheme = Scheme::new(params).expect("in range");
    let ids = repeated(ids(rest, id_width), copies);

    score(&key, scheme, &ids, cuts);
    embed(&key, scheme, &ids, delta, logits);
});

fn score(key: &Key, scheme: Scheme, ids: &[TokenId], cuts: u8) {
    let (positions, tally) = naive(key, scheme, ids);
    assert_eq!(tally.tokens, ids.len() as u64);
    assert_eq!(tally.tokens, tally.tokens.min(width(scheme) as u64) + tally.scored + tally.repeated);
    assert!(tally.green <= tally.scored);

    let mut scorer = Scorer::new(key, scheme);
    let single: Vec<_> = ids.iter().map(|&id| scorer.push(id)).collect();
    assert_eq!(single, positions, "one by one");
    assert_eq!(scorer.finish(), tally, "one by one");

    // The same scorer, as a second text: slices and single tokens in turn.
    let mut random = Random(cuts.into());
    let mut rest = ids;
    while !rest.is_empty() {
        let (slice, after) = rest.split_at(random.below(rest.len() + 1));
        scorer.push_slice(slice);
        rest = after;
        if let Some((&id, after)) = rest.split_first() {
            assert_eq!(scorer.push(id), positions[ids.len() - rest.len()], "after a slice");
            rest = after;
        }
    }
    assert!(scorer.positions().eq(positions.iter().copied()), "in slices");
    assert_eq!(scorer.tally(), tally, "in slices");

    // Twice, since a detector keeps its tables from text to text.
    let mut detector = Detector::new(key, scheme);
    let detection = detector.detect(ids);
    assert_eq!(detector.detect_positions(ids), (detection, positions));
    assert_eq!((detection.tally, detection.scheme, detection.key_id), (tally, scheme, key.id()));
    assert!(
        detection.ln_p.is_finite()
            && detection.ln_p <= 0.0
            && detection.ln_p.is_sign_positive() == (detection.ln_p == 0.0)
    );
    assert!(tally.green > 0 || detection.ln_p == 0.0);
    assert_eq!(detection.z_score.is_some(), tally.scored > 0);
    assert!(detection.z_score.is_none_or(f64::is_finite));
    assert!(detection.green_fraction().is_none_or(|fraction| (0.0..=1.0).contains(&fraction)));
}

/// SPEC §6.2 as it is written, from seed and colour alone.
fn naive(key: &Key, scheme: Scheme, ids: &[TokenId]) -> (Vec<Position>, Tally) {
    let h = width(scheme);
    let field = Field::new(key, scheme.context_width());
    let (mut seen, mut tally) = (HashSet::new(), Tally::default());
    let position = |i: usize| {
        tally.tokens += 1;
        if i < h {
            return Position::Unscored;
        }
        let colour = colour(&field.seed(&ids[i - h..i]), ids[i], scheme.gamma());
        if !seen.insert(&ids[i - h..=i]) {
            tally.repeated += 1;
            return Position::Repeated(colour);
        }
        tally.scored += 1;
        tally.green += u64::from(colour == Colour::Green);
        Position::Scored(colour)
    };
    ((0..ids.len()).map(position).collect(), tally)
}

/// δ on green, nothing on red, at the text's end and at places before it.
fn embed(key: &Key, scheme: Scheme, ids: &[TokenId], delta: u8, logits: u8) {
    let nats = f32::from(delta) / 16.0;
    let skips = delta % 2 == 1;
    let mut random = Random(logits.into());
    let mut embedder = Embedder::new(key, scheme, Delta::new(nats).expect("finite")).skip_repeats(skips);
    let field = Field::new(key, scheme.context_width());
    let h = width(scheme);
    // Few widths of logits, so that rows of green lists are found again, and recycled for another width.
    for vocab_size in [random.below(300), 64, random.below(300), 64] {
        let text = &ids[..random.below(ids.len() + 1)];
        let before: Vec<f32> = (0..vocab_size).map(|_| random.logit()).collect();
        let mut after = before.clone();
        embedder.bias(&embedder.resume(text), &mut after);

        let context = text.len().checked_sub(h).map(|from| &text[from..]);
        let is_used = |context: &&[TokenId]| (h..text.len()).any(|i| text[i - h..i] == **context);
        let Some(context) = context.filter(|context| !(skips && is_used(context))) else {
            let bits = |logits: &[f32]| logits.iter().map(|logit| logit.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&after), bits(&before), "left alone");
            continue;
        };
        let seed = field.seed(context);
        for (v, (before, after)) in (0..).zip(before.into_iter().zip(after)) {
            let bias = if colour(&seed, v, scheme.gamma()).is_green() { nats } else { 0.0 };
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

/// Long texts from short inputs: the ids again and again, each time a little further apart.
///
/// `push_slice` takes 4,096 ids at a time, and a table for more than 14,336 pairs is given back. Long texts are slow, so
/// few heads ask for one.
fn repeated(ids: Vec<TokenId>, copies: u8) -> Vec<TokenId> {
    let most = match copies {
        254 => 5_000,
        255 => 20_000,
        _ => return ids,
    };
    ids.iter()
        .enumerate()
        .cycle()
        .scan(0u32, |turn, (i, &id)| {
            *turn += u32::from(i == 0);
            Some(id.wrapping_mul(*turn))
        })
        .take(most)
        .collect()
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
