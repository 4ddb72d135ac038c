//! Ctrl-C and SIGTERM: finish the line being written, then stop.
//!
//! A loop asks [`requested`] between two steps, and ends by itself. A step that takes long asks nobody,
//! so after a moment the process ends in its midst. Nothing is lost: files come into being whole, runs
//! go on from their journals, and a line goes to standard output at once.

use std::{
    io, mem,
    process::exit,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use greenmark_text::files::remove_unfinished;

use crate::output::complain;

/// Time that a loop has to hear of a stop.
const GRACE: Duration = Duration::from_millis(120);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// A loop has heard of the stop.
static HEARD: AtomicBool = AtomicBool::new(false);
/// What to do about a run that was broken off.
static ADVICE: OnceLock<String> = OnceLock::new();

/// From here on the first signal asks for a stop; a second one ends the process at once.
pub(crate) fn catch() -> Result<()> {
    let signalled = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            end();
        }
        thread::spawn(|| {
            thread::sleep(GRACE);
            if !HEARD.load(Ordering::Relaxed) {
                let advice = ADVICE.get().map(|advice| format!(": {advice}")).unwrap_or_default();
                complain(&format!("interrupted{advice}"));
                end();
            }
        });
    };
    ctrlc::set_handler(signalled).context("cannot watch for Ctrl-C")
}

/// Returns true if a stop was asked for. The caller then ends by itself.
pub(crate) fn requested() -> bool {
    let requested = INTERRUPTED.load(Ordering::Relaxed);
    if requested {
        HEARD.store(true, Ordering::Relaxed);
    }
    requested
}

/// Says what to do about this run if it is broken off.
#[cfg(feature = "eval")]
pub(crate) fn advise(advice: String) {
    let _ = ADVICE.set(advice);
}

fn end() -> ! {
    remove_unfinished();
    // A line that is being written is finished, unless nobody reads it.
    let (sender, written) = channel();
    thread::spawn(move || {
        mem::forget(io::stdout().lock());
        let _ = sender.send(());
    });
    let _ = written.recv_timeout(GRACE / 2);
    exit(2)
}
