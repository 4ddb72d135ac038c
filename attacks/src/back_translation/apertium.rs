//! Apertium, an external program.

use std::{
    io::{self, Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// Names a direction, as "eng-spa".
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair(pub(super) &'static str);

const REMEDY: &str = "install it with English and Spanish (Debian: apt install apertium apertium-eng-spa)";

#[derive(Debug)]
pub(super) struct Apertium {
    command: String,
    version: String,
    time_limit: Duration,
}

impl Apertium {
    /// Asks the program whether it is there, and knows these directions.
    pub(super) fn new(command: &str, time_limit: Duration, pairs: &[Pair]) -> Result<Self, String> {
        let mut apertium = Self { command: command.to_owned(), version: String::new(), time_limit };
        let listed = apertium.run(&["-l"], Vec::new()).map_err(|reason| format!("{reason}: {REMEDY}"))?;
        let known: Vec<&str> = listed.split_whitespace().collect();
        if let Some(Pair(missing)) = pairs.iter().find(|pair| !known.contains(&pair.0)) {
            return Err(format!("`{command}` does not translate {missing}: {REMEDY}"));
        }
        apertium.version = apertium.run(&["-V"], Vec::new())?.trim().to_owned();
        Ok(apertium)
    }

    /// Returns the program's name and version: "Apertium 3.8.3".
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Translates sentences, each as if it were alone.
    pub(super) fn translate(&self, Pair(pair): Pair, sentences: &[String]) -> Result<Vec<String>, String> {
        // Null flush: after a zero byte every part of the program writes what it has and forgets it.
        let mut input = Vec::new();
        for sentence in sentences {
            input.extend(escaped(sentence).bytes());
            input.push(0);
        }
        let output = self.run(&["-u", "-z", "-f", "none", pair], input)?;
        let said = output.split('\0').zip(sentences).map(|(said, sentence)| unescaped(said, end_of(sentence)));
        let said: Vec<String> = said.collect();
        if said.len() < sentences.len() {
            return Err(format!("`{}` answered {} of {} sentences", self.command, said.len(), sentences.len()));
        }
        Ok(said)
    }

    fn run(&self, arguments: &[&str], input: Vec<u8>) -> Result<String, String> {
        let Self { command, time_limit, .. } = self;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => format!("there is no `{command}`"),
            _ => format!("`{command}`: {error}"),
        };
        let mut child = Command::new(command);
        child.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Of its own group, so that all parts of the program end together.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut child, 0);
        let mut child = child.spawn().map_err(failed)?;
        let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("`{command}` has no input or output"));
        };
        // Both ends at once, or a full pipe would hold the other.
        thread::spawn(move || stdin.write_all(&input));
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut output = Vec::new();
            let read = stdout.read_to_end(&mut output).map(|_| output);
            let _ = sender.send(read);
        });
        let output = receiver.recv_timeout(*time_limit);
        if output.is_err() {
            end(&mut child);
        }
        let status = child.wait().map_err(failed)?;
        match output {
            Ok(output) if status.success() => {
                String::from_utf8(output.map_err(failed)?).map_err(|_| format!("`{command}` answered no UTF-8"))
            }
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("`{command}` took longer than {} s", time_limit.as_secs_f64()))
            }
            _ => Err(format!("`{command} {}` failed ({status})", arguments.join(" "))),
        }
    }
}

/// Ends a program with all its parts.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself in the meantime.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        return;
    }
    let _ = child.kill();
}

/// Signs that mean something in Apertium's stream.
const SIGNS: &str = "\\^$@[]{}/<>";

/// A sentence without zero bytes as Apertium's stream has it, with an end that it cannot overlook:
/// one that is none gets a mark that stays outside.
fn escaped(sentence: &str) -> String {
    let mut out = String::with_capacity(sentence.len() + 8);
    for c in sentence.chars() {
        if SIGNS.contains(c) {
            out.push('\\');
        }
        out.push(if c.is_whitespace() { ' ' } else { c });
    }
    out + end_of(sentence)
}

fn end_of(sentence: &str) -> &'static str {
    if sentence.ends_with(['.', '!', '?']) { "[]" } else { ".[]" }
}

fn unescaped(said: &str, end: &str) -> String {
    let said = said.trim_end();
    let said = said.strip_suffix(end).unwrap_or(said);
    let mut out = String::with_capacity(said.len());
    let mut chars = said.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_the_stream_come_back() {
        for sentence in ["a ^b$ \\ [c] {d} @ </e>.", "Plain!", ""] {
            assert_eq!(unescaped(&escaped(sentence), end_of(sentence)), sentence);
        }
        assert_eq!(escaped("a\tb"), "a b.[]");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_or_fails_is_ended_and_named() {
        let run = |command: &str, arguments: &[&str], limit| {
            let program =
                Apertium { command: command.into(), version: String::new(), time_limit: Duration::from_millis(limit) };
            program.run(arguments, vec![b'x'; 1 << 20])
        };
        assert_eq!(run("sh", &["-c", "sleep 100; true"], 200), Err("`sh` took longer than 0.2 s".into()));
        assert_eq!(run("sh", &["-c", "exit 3"], 60_000), Err("`sh -c exit 3` failed (exit status: 3)".into()));
        assert_eq!(run("cat", &[], 60_000).map(|out| out.len()), Ok(1 << 20), "more than a pipe holds");
        assert_eq!(
            run("greenmark-no-such-command", &[], 60_000),
            Err("there is no `greenmark-no-such-command`".into())
        );
    }
}
