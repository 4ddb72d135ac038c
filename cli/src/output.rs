//! Output: complaints on stderr, results on stdout.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result, anyhow};
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

/// Writes a new file whole, or leaves none. An existing one is left as it is.
///
/// - `what`: the file's kind, for messages, with a space behind it; may be empty.
/// - `is_private`: whether its owner alone may read it.
pub(crate) fn write_new_file(path: &Path, what: &str, content: &[u8], is_private: bool) -> Result<()> {
    let name = path.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = is_private;
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => anyhow!("{name} exists and is not overwritten; choose another name"),
        _ => anyhow!("cannot create {what}{name}: {}", without_number(&error)),
    })?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a key is no key.
        let _ = fs::remove_file(path);
        anyhow!("cannot write {what}{name}: {}", without_number(&error))
    })
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

/// Returns the system's message, in fewer words where it is a usual one.
pub(crate) fn without_number(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let message = error.to_string();
            message.rsplit_once(" (os error ").map_or(&*message, |(message, _)| message).to_owned()
        }
    }
}
