//! `greenmark`: write watermarked text, detect it, and see it work.
//!
//! A thin frontend: arguments in, one call into the library, evidence out. Exit status 0 if it ran,
//! whatever the verdict (1 with `detect --exit-code`, if a text is marked); 2 if it, or part of it,
//! failed.

mod args;
mod cmd;
mod evidence;
mod html;
mod interrupt;
mod keys;
mod memory;
mod models;
mod output;
mod profiles;
mod progress;
mod show;
mod stdin;
mod texts;
mod writing;

use std::process::{ExitCode, exit};

use anyhow::Result;
use clap::Parser;

use crate::args::{Cli, Command};

/// End of a command that was not refused outright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything asked for was done.
    Done,
    /// A text is marked, and the exit status is to say so.
    Marked,
    /// Some of it failed and was reported; the rest was done.
    Partly,
}

fn main() -> ExitCode {
    #[cfg(unix)]
    forbid_core_files();
    // Before anything can quote an argument in a message.
    if std::env::args_os().any(|argument| keys::holds_key_text(&argument)) {
        output::complain(
            "a key is among the arguments, where others can read it: put it into a file and give --key-file FILE",
        );
        return ExitCode::from(2);
    }
    let cli = Cli::try_parse().unwrap_or_else(|error| match args::left_out(&error) {
        Some((command, feature)) => {
            output::complain(&format!("`{command}` is not in this build: it needs the feature `{feature}`"));
            exit(2)
        }
        None => error.exit(),
    });
    let color = match cli.color {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    };
    color.write_global();
    let result = interrupt::catch().and_then(|()| run(cli.command));
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Marked) => ExitCode::from(1),
        Ok(Outcome::Partly) => ExitCode::from(2),
        // A reader that has seen enough (`| head`) is no failure.
        Err(error) if output::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Keeps keys out of core files: none is written, whatever the shell allows. Where the system refuses,
/// there is nothing else to try.
#[cfg(unix)]
fn forbid_core_files() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A program that takes core files from the kernel is given them beyond the limit.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

fn run(command: Command) -> Result<Outcome> {
    match command {
        Command::Keygen(args) => cmd::keygen::run(&args),
        Command::Key(command) => cmd::key::run(&command),
        Command::Tokenizer(command) => cmd::tokenizer::run(&command),
        Command::Embed(args) => cmd::embed::run(&args),
        Command::Detect(args) => cmd::detect::run(&args),
        Command::Attack(args) => cmd::attack::run(&args),
        #[cfg(feature = "eval")]
        Command::Calibrate(args) => cmd::calibrate::run(&args),
        #[cfg(feature = "eval")]
        Command::Eval(args) => cmd::eval::run_suite(&args),
        Command::Demo(args) => cmd::demo::run(&args),
        Command::Completions(args) => cmd::completions::run(&args),
    }
}
