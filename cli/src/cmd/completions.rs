//! `greenmark completions`: a script for the shell.

use anyhow::Result;
use clap::CommandFactory;

use crate::{
    Outcome,
    args::{Cli, CompletionsArgs},
    output::write_stdout,
};

pub(crate) fn run(args: &CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "greenmark", &mut script);
    write_stdout(&script)?;
    Ok(Outcome::Done)
}
