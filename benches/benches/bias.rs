//! One step's bias of a whole vocabulary.

mod processor_time;

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenmark::{Colour, ContextWidth, Delta, Embedder, Field, Gamma, Key, Scheme, colour};
use greenmark_benches::VOCAB_SIZES;
use processor_time::ProcessorTime;

fn bias(criterion: &mut Criterion<ProcessorTime>) {
    let key = Key::from_bytes([7; 32]);
    let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse().expect("canonical");
    let delta = Delta::new(2.0).expect("finite");
    let mut group = criterion.benchmark_group("bias");
    group.sample_size(50).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    // Llama 3's own width too, at which scripts/peers.sh times others.
    for vocab_size in VOCAB_SIZES.into_iter().chain([128_256]) {
        let mut logits = vec![0.0f32; vocab_size as usize];
        greens_are_those_of_the_plain_path(&key, scheme, &mut logits);
        group.throughput(Throughput::Elements(vocab_size.into()));

        let embedder = Embedder::new(&key, scheme).delta(delta);
        let mut text = embedder.start();
        let mut step = 0;
        group.bench_function(BenchmarkId::new(format!("V={vocab_size}"), "cold"), |bencher| {
            bencher.iter(|| {
                step += 1;
                text.push(step); // a context that no step had
                text.bias(black_box(&mut logits));
            });
        });
        group.bench_function(BenchmarkId::new(format!("V={vocab_size}"), "cached"), |bencher| {
            bencher.iter(|| text.bias(black_box(&mut logits)));
        });
    }
    group.finish();
}

fn greens_are_those_of_the_plain_path(key: &Key, scheme: Scheme, logits: &mut [f32]) {
    let gamma: Gamma = scheme.gamma().expect("green");
    let width: ContextWidth = scheme.context_width();
    let embedder = Embedder::new(key, scheme).delta(Delta::new(2.0).expect("finite"));
    let text = embedder.resume(&[5]);
    for _ in ["cold", "cached"] {
        logits.fill(0.0);
        text.bias(logits);
        let seed = Field::new(key, width).seed(&[5]);
        for (token, &logit) in (0..).zip(logits.iter()) {
            assert_eq!(logit == 2.0, colour(&seed, token, gamma) == Colour::Green, "token {token}");
        }
    }
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = bias
}
criterion_main!(benches);
