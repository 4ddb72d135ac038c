//! Progress of a run over many texts.

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
