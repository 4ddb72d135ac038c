//! What is paid once a key: reading it, and making a detector or an embedder.

mod processor_time;

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use greenmark::{Detector, Embedder, Key, Scheme};
use processor_time::ProcessorTime;

fn key(criterion: &mut Criterion<ProcessorTime>) {
    let key = Key::from_bytes([7; 32]);
    let text = key.to_text();
    assert_eq!(text.parse::<Key>().expect("own text").id(), key.id());
    let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse().expect("canonical");

    let mut group = criterion.benchmark_group("key");
    group.sample_size(50).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.bench_function("parse", |bencher| bencher.iter(|| black_box(&text).parse::<Key>()));
    group.bench_function("detector", |bencher| bencher.iter(|| Detector::new(black_box(&key), scheme)));
    group.bench_function("embedder", |bencher| bencher.iter(|| Embedder::new(black_box(&key), scheme)));
    group.finish();
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = key
}
criterion_main!(benches);
