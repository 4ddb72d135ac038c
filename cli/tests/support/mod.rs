//! Running the command line, and what most tests begin with.
#![allow(dead_code, reason = "no test uses all of it")]

use std::process::{Command, Output, Stdio};

pub(crate) fn greenmark() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenmark"));
    command.env_remove("GREENMARK_KEY_FILE").env("GREENMARK_CACHE", "/nonexistent").stdin(Stdio::null());
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    greenmark().args(args).output().expect("the binary runs")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are UTF-8")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("results are UTF-8")
}

/// Returns a marked text by the demo model.
pub(crate) fn marked(key: &str, tokens: &str) -> String {
    let args = ["embed", "-k", key, "--prompt", "One morning", "--seed", "5", "-n", tokens, "--ignore-eos"];
    let written = run(&args);
    assert!(written.status.success(), "{}", stderr(&written));
    stdout(&written)
}
