//! One step's choice by the key, from a new context each time.

mod processor_time;

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenmark::{Embedder, Field, Key, MarkedText, Scheme, Subkey, TokenId};
use greenmark_benches::VOCAB_SIZES;
use processor_time::ProcessorTime;

/// By rank r, p ∝ 1/(r + 1)^1.4, over ids in a scrambled order: 3.8 nats at V = 131,072, where
/// SmolLM2 has 3.6.
fn distribution(vocab_size: u32) -> Vec<f32> {
    let mut row = vec![0.0; vocab_size as usize];
    // A prime factor permutes the ids.
    for rank in 0..vocab_size {
        let token = (u64::from(rank) * 2_654_435_761 % u64::from(vocab_size)) as usize;
        row[token] = (f64::from(rank) + 1.0).powf(-1.4) as f32;
    }
    normalise(&mut row);
    row
}

fn normalise(row: &mut [f32]) {
    let sum: f64 = row.iter().map(|&p| f64::from(p)).sum();
    row.iter_mut().for_each(|p| *p = (f64::from(*p) / sum) as f32);
}

/// Returns what top-p leaves: tokens ascending, and their probabilities.
fn top_p(row: &[f32], top_p: f64) -> (Vec<TokenId>, Vec<f32>) {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
    let mut held = 0.0;
    let kept = order.iter().take_while(|&&v| {
        let short = held < top_p;
        held += f64::from(row[v]);
        short
    });
    let mut kept: Vec<usize> = kept.copied().collect();
    kept.sort_unstable();
    let mut probabilities: Vec<f32> = kept.iter().map(|&v| row[v]).collect();
    normalise(&mut probabilities);
    (kept.iter().map(|&v| v as TokenId).collect(), probabilities)
}

fn choice(criterion: &mut Criterion<ProcessorTime>) {
    let key = Key::from_bytes([7; 32]);
    let scheme: Scheme = "gm1:gumbel,h=1".parse().expect("canonical");
    let embedder = Embedder::new(&key, scheme);
    let mut group = criterion.benchmark_group("choice");
    group.sample_size(50).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for vocab_size in VOCAB_SIZES.into_iter().chain([128_256]) {
        let row = distribution(vocab_size);
        let (tokens, probabilities) = top_p(&row, 0.95);
        for context in 0..20 {
            let text = embedder.resume(&[context]);
            let all: Vec<TokenId> = (0..vocab_size).collect();
            let seed = Field::new(&key, scheme.context_width()).seed(&[context]);
            let expected = greatest(&seed, &all, &row);
            assert_eq!(text.choose(&row, 0.5), Ok(expected));
            let expected = greatest(&seed, &tokens, &probabilities);
            assert_eq!(text.choose_among(&tokens, &probabilities, 0.5), Ok(expected));
        }
        group.throughput(Throughput::Elements(vocab_size.into()));
        let mut context = 0;
        let mut next = || -> MarkedText {
            context += 1;
            embedder.resume(&[context])
        };
        group.bench_function(BenchmarkId::new(format!("V={vocab_size}"), "whole"), |bencher| {
            bencher.iter(|| next().choose(black_box(&row), 0.5));
        });
        group.bench_function(
            BenchmarkId::new(format!("V={vocab_size}"), format!("top-p/n={}", tokens.len())),
            |bencher| {
                bencher.iter(|| next().choose_among(black_box(&tokens), black_box(&probabilities), 0.5));
            },
        );
    }
    group.finish();
}

/// Returns the Gumbel-max rule as it is usually written.
fn greatest(seed: &greenmark::Seed, tokens: &[TokenId], probabilities: &[f32]) -> TokenId {
    let noisy = |(&token, &p): (&TokenId, &f32)| {
        let u = (f64::from(seed.word(Subkey::First, token)) + 0.5) / 4_294_967_296.0;
        (f64::from(p).ln() - (-u.ln()).ln(), token)
    };
    let tokens = tokens.iter().zip(probabilities).map(noisy);
    tokens.max_by(|a, b| a.0.total_cmp(&b.0)).expect("a token").1
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = choice
}
criterion_main!(benches);
