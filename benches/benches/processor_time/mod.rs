//! Criterion's clock, replaced.

use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::{
    Criterion,
    measurement::{Measurement, ValueFormatter, WallTime},
};

/// Time that the thread was running. All cases compute on one thread, so on an idle machine this is
/// the time on the wall; on one that does other work, it leaves out the waiting.
pub(crate) struct ProcessorTime;

impl Measurement for ProcessorTime {
    type Intermediate = ThreadTime;
    type Value = Duration;

    fn start(&self) -> ThreadTime {
        ThreadTime::now()
    }

    fn end(&self, started: ThreadTime) -> Duration {
        started.elapsed()
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Medians are all that is kept: no plots, and few resamples.
pub(crate) fn criterion() -> Criterion<ProcessorTime> {
    Criterion::default().with_measurement(ProcessorTime).without_plots().nresamples(10_000)
}
