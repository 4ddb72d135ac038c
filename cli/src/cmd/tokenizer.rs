//! `greenmark tokenizer`: which tokenizer is this, and a `tokenizer.json` of a model file.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
};

use anyhow::{Result, anyhow, bail};
use greenmark_lm::locate;
use greenmark_text::Tokenizer;

use crate::{
    Outcome,
    args::{TokenizerCommand, TokenizerExportArgs},
    models,
    output::{count, print_line, printable},
    texts::without_number,
};

pub(crate) fn run(command: &TokenizerCommand) -> Result<Outcome> {
    match command {
        TokenizerCommand::Show(args) => {
            for name in &args.tokenizers {
                let tokenizer = models::tokenizer(name)?;
                let size = count(tokenizer.vocab_size() as u64, "token");
                print_line(&format!("{}  {}  {size}", tokenizer.fingerprint(), printable(tokenizer.name())))?;
            }
        }
        TokenizerCommand::Export(args) => export(args)?,
    }
    Ok(Outcome::Done)
}

fn export(args: &TokenizerExportArgs) -> Result<()> {
    let (path, name) = (locate(&args.model)?, args.output.display());
    let json = Tokenizer::json_of_gguf(&path)?;
    let expected = Tokenizer::from_file(&path)?;
    let found = Tokenizer::from_json(json.as_bytes(), expected.name())?;
    if found.fingerprint() != expected.fingerprint() {
        bail!("{}: its tokenizer cannot be written as a tokenizer.json with the same ids", path.display());
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&args.output).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow!("{name} exists and is not overwritten"),
            _ => anyhow!("cannot create {name}: {}", without_number(&error)),
        })?;
    file.write_all(json.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        let _ = fs::remove_file(&args.output);
        anyhow!("cannot write {name}: {}", without_number(&error))
    })?;
    print_line(&format!("tokenizer {} ({}) written to {name}", printable(expected.name()), found.fingerprint()))
}
