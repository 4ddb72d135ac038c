//! `greenmark tokenizer`: which tokenizer is this, and a `tokenizer.json` of a model file.

use anyhow::{Result, bail};
use greenmark_lm::locate;
use greenmark_text::Tokenizer;

use crate::{
    Outcome,
    args::{TokenizerCommand, TokenizerExportArgs},
    models,
    output::{count, print_line, printable, write_new_file},
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
    write_new_file(&args.output, "", json.as_bytes(), false)?;
    print_line(&format!("tokenizer {} ({}) written to {name}", printable(expected.name()), found.fingerprint()))
}
