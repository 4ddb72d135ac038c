//! Output: complaints on stderr, results on stdout.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
pub(crate) use greenmark_text::fmt::{count, printable};

/// One line on stderr: what was wrong, and where.
pub(crate) fn complain(message: &str) {
    let style = AnsiColor::Red.on_default().bold();
    line_on_stderr(style, "error", message);
}

/// One line on stderr: what the user should know but need not act on.
pub(crate) fn warn(message: &str) {
    let style = AnsiColor::Yellow.on_default().bold();
    line_on_stderr(style, "warning", message);
}

/// One line on stderr: what the user may want to know.
pub(crate) fn note(message: &str) {
    line_on_stderr(Style::new().bold(), "note", message);
}

fn line_on_stderr(style: Style, kind: &str, message: &str) {
    // Nothing is left to be told to if stderr itself is gone.
    let _ = writeln!(anstream::stderr().lock(), "{style}{kind}{style:#}: {}", printable(message));
}

/// Returns true if the cause of an error is a write to a pipe whose reader has left.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}

/// Writes a whole line to stdout at once, so that an interruption leaves whole lines.
pub(crate) fn print_line(line: &str) -> Result<()> {
    let mut bytes = Vec::with_capacity(line.len() + 1);
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    write_stdout(&bytes)
}

/// Writes to stdout as it is, and flushes.
pub(crate) fn write_stdout(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).context("cannot write to standard output")
}

/// Writes styled text to stdout; styles are dropped where they are not wanted.
pub(crate) fn print_styled(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("cannot write to standard output")
}

/// Returns true if stdout shows colour: a terminal without `NO_COLOR`, or `--color always`.
pub(crate) fn stdout_has_colour() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}
