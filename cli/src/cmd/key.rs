//! `greenmark key show`: which key is this?

use anyhow::Result;

use crate::{
    Outcome,
    args::KeyCommand,
    keys,
    output::{complain, print_line, printable},
};

pub(crate) fn run(command: &KeyCommand) -> Result<Outcome> {
    let KeyCommand::Show(args) = command;
    let mut outcome = Outcome::Done;
    for path in &args.files {
        let files = if path.is_dir() { keys::key_files(path)? } else { vec![path.clone()] };
        for file in files {
            match keys::read(&file) {
                Ok(key) => print_line(&format!("{}  {}", key.id(), printable(&file.display().to_string())))?,
                Err(error) => {
                    complain(&format!("{error:#}"));
                    outcome = Outcome::Partly;
                }
            }
        }
    }
    Ok(outcome)
}
