//! What the search, the stream and many keys cost beyond scoring.

mod processor_time;

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use greenmark::{Detector, Examiner, Key, Look, Scheme, Scores, Stream};
use greenmark_benches::zipf_ids;
use processor_time::ProcessorTime;

const VOCAB_SIZE: u32 = 131_072;
const SCHEMES: [(&str, &str); 2] = [("green", "gm1:green,h=1,gamma=64/256"), ("gumbel", "gm1:gumbel,h=2")];

fn key(number: u32) -> Key {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    Key::from_bytes(bytes)
}

fn search(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("search");
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_millis(1500));
    for (name, scheme) in SCHEMES {
        let scheme: Scheme = scheme.parse().expect("canonical");
        for len in [200, 10_000, 1_000_000] {
            let ids = zipf_ids(VOCAB_SIZE, len, 1);
            let scores = Detector::new(&key(7), scheme).scores(&ids);
            let (null, positions) = (scheme.family().null(), scores.positions());
            let search = |positions| Scores::new(null, positions).expect("admitted").search();
            assert!(scores.detection().tally.scored > 0 && search(&positions).ln_p <= 0.0);
            group.throughput(Throughput::Elements(len as u64));
            group.bench_function(BenchmarkId::new(name, format!("T={len}/from colours")), |bencher| {
                bencher.iter(|| search(black_box(&positions)));
            });
            group.bench_function(BenchmarkId::new(name, format!("T={len}/from ids")), |bencher| {
                let mut examiner = Examiner::new([Look::new(&key(7), scheme)]);
                assert_eq!(examiner.examine(&[&ids], 1e-6).ln_p, scores.ln_p_of_search());
                bencher.iter(|| examiner.examine(&[black_box(&ids)], 1e-6));
            });
        }
        let ids = zipf_ids(VOCAB_SIZE, 10_000, 1);
        group.throughput(Throughput::Elements(ids.len() as u64));
        group.bench_function(BenchmarkId::new(name, "stream"), |bencher| {
            let mut stream = Stream::new(&key(7), scheme);
            bencher.iter(|| {
                ids.iter().for_each(|&id| _ = black_box(stream.push(id)));
                stream.finish()
            });
        });
    }
    group.finish();
}

fn keys(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("keys");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_millis(1500));
    let ids = zipf_ids(VOCAB_SIZE, 1000, 1);
    for (name, scheme) in SCHEMES {
        let scheme: Scheme = scheme.parse().expect("canonical");
        for number in [1, 30, 1000] {
            let keys: Vec<Key> = (0..number).map(key).collect();
            let mut examiner = Examiner::new(Look::all(&keys, &[scheme], 1));
            assert_eq!(examiner.examine(&[&ids], 1e-6).looks, u64::from(number));
            group.throughput(Throughput::Elements(u64::from(number)));
            group.bench_function(BenchmarkId::new(name, format!("T=1000/keys={number}")), |bencher| {
                bencher.iter(|| examiner.examine(&[black_box(&ids)], 1e-6));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = search, keys
}
criterion_main!(benches);
