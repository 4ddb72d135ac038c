//! One exact p-value.

mod processor_time;

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use greenmark::stats::{ln_binomial_sf, ln_gamma_sf, z_score};
use processor_time::ProcessorTime;

const GAMMA: f64 = 0.25;

fn tail(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("tail");
    group.sample_size(50).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for scored in [200u64, 10_000, 10_000_000] {
        let mean = GAMMA * scored as f64;
        let sd = (mean * (1.0 - GAMMA)).sqrt();
        // Typical: an unmarked text, one standard deviation up. Deep: the green rate of a marked one.
        let typical = (mean + sd) as u64;
        let deep = (0.59 * scored as f64) as u64;
        for (name, green, ln_p) in [("typical", typical, -2.1..-1.4), ("deep", deep, f64::NEG_INFINITY..-50.0)] {
            let found = ln_binomial_sf(green, scored, GAMMA).expect("green ≤ scored");
            let z = z_score(green, scored, GAMMA);
            assert!(ln_p.contains(&found), "{green} of {scored}: ln p {found}, z {z:?}");
            group.bench_function(BenchmarkId::new(format!("T={scored}"), name), |bencher| {
                bencher.iter(|| ln_binomial_sf(black_box(green), black_box(scored), GAMMA));
            });
        }
        // The same of gumbel: one standard deviation up, and the mean score of a marked text.
        let shape = scored as f64;
        for (name, score, ln_p) in
            [("typical", shape + shape.sqrt(), -2.1..-1.4), ("deep", 3.0 * shape, f64::NEG_INFINITY..-50.0)]
        {
            let found = ln_gamma_sf(score, scored).expect("finite");
            assert!(ln_p.contains(&found), "{score} of {scored}: ln p {found}");
            group.bench_function(BenchmarkId::new(format!("gumbel/T={scored}"), name), |bencher| {
                bencher.iter(|| ln_gamma_sf(black_box(score), black_box(scored)));
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = tail
}
criterion_main!(benches);
