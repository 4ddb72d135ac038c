//! Tokens scored a second, from ids. A warm detector goes from text to text; a cold one is made for
//! each.

mod processor_time;

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenmark::{Detector, Key, Scheme, Scorer};
use greenmark_benches::{VOCAB_SIZES, zipf_ids};
use processor_time::ProcessorTime;

/// Ids that the texts of one case hold together: many times what a detector remembers between
/// texts.
const CORPUS: usize = 1_000_000;
/// Ids on which each case is first held to the plain path.
const CHECKED: usize = 100_000;

fn score(criterion: &mut Criterion<ProcessorTime>) {
    let key = Key::from_bytes([7; 32]);
    let mut group = criterion.benchmark_group("score");
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_millis(1500));
    let green = [0, 1, 2, 4].map(|h| (format!("h={h}"), format!("gm1:green,h={h},gamma=64/256")));
    let gumbel = [1, 2, 4].map(|h| (format!("gumbel/h={h}"), format!("gm1:gumbel,h={h}")));
    let dual = [("gumbel/h=4/dual".to_owned(), "gm1:gumbel,h=4,dual".to_owned())];
    for (name, scheme) in green.into_iter().chain(gumbel).chain(dual) {
        let scheme: Scheme = scheme.parse().expect("canonical");
        for vocab_size in VOCAB_SIZES {
            let corpus = zipf_ids(vocab_size, CORPUS, 1);
            for len in [200, 1_000, 100_000] {
                let texts: Vec<&[u32]> = corpus.chunks_exact(len).collect();
                counts_are_those_of_the_plain_path(&key, scheme, &texts[..CHECKED / len]);
                group.throughput(Throughput::Elements(len as u64));

                let id = |state| BenchmarkId::new(format!("{name}/V={vocab_size}/T={len}"), state);
                let mut texts_forever = texts.iter().cycle();
                let mut next = || *texts_forever.next().expect("a cycle has no end");
                group.bench_function(id("warm"), |bencher| {
                    let mut detector = Detector::new(&key, scheme);
                    texts.iter().for_each(|text| {
                        detector.detect(text);
                    });
                    bencher.iter(|| detector.detect(black_box(next())));
                });
                // Past a few thousand tokens, a detector's first text costs what the others do.
                if len <= 1_000 {
                    group.bench_function(id("cold"), |bencher| {
                        let text = |text| Detector::new(&key, scheme).detect(black_box(text));
                        bencher.iter_batched(&mut next, text, BatchSize::SmallInput);
                    });
                }
            }
        }
    }
    group.finish();
}

fn counts_are_those_of_the_plain_path(key: &Key, scheme: Scheme, texts: &[&[u32]]) {
    let mut detector = Detector::new(key, scheme);
    let mut plain = Scorer::new(key, scheme);
    for text in texts {
        text.iter().for_each(|&id| {
            plain.push(id);
        });
        assert_eq!(detector.detect(text).tally, plain.finish(), "{scheme}, {} tokens", text.len());
    }
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = score
}
criterion_main!(benches);
