//! Progress of a run over many texts, and of a long step.

use std::{
    sync::mpsc::{Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::texts::Source;

/// Returns a bar on stderr, if that is a terminal; of known length, if the texts are in a file.
///
/// - `message`: a template for what is said beside the number of texts; may be empty.
pub(crate) fn of_texts(source: &Source, message: &str) -> ProgressBar {
    let bar = match source.count_lines() {
        Some(lines) => ProgressBar::new(lines),
        None => ProgressBar::no_length(),
    };
    let style = ProgressStyle::with_template(&format!(
        "{{wide_bar}} {{pos}}/{{len}} texts, {message}{{elapsed}} (left: {{eta}})"
    ));
    bar.with_style(style.expect("the template is sound"))
}

/// Time after which a step is long.
const LONG: Duration = Duration::from_secs(1);

/// A step that may take long. Once it does, a line on stderr says so, if that is a terminal, until this
/// is dropped.
pub(crate) struct Step {
    /// Closing it ends the line.
    end: Option<Sender<()>>,
    line: Option<JoinHandle<()>>,
}

impl Step {
    /// - `message`: what is done, as "checking story.txt".
    pub(crate) fn new(message: String) -> Self {
        let (end, ended) = channel::<()>();
        let line = thread::spawn(move || {
            if ended.recv_timeout(LONG) != Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                return;
            }
            let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}").expect("the template is sound");
            let bar = ProgressBar::new_spinner().with_style(style).with_message(message).with_elapsed(LONG);
            bar.enable_steady_tick(Duration::from_millis(200));
            let _ = ended.recv();
            bar.finish_and_clear();
        });
        Self { end: Some(end), line: Some(line) }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.end = None;
        if let Some(line) = self.line.take() {
            let _ = line.join();
        }
    }
}
