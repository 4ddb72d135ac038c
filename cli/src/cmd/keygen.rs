//! `greenmark keygen`: a new key file.

use std::path::Path;

use anyhow::{Result, bail};

use crate::{
    Outcome,
    args::KeygenArgs,
    keys,
    output::{print_line, printable},
};

pub(crate) fn run(args: &KeygenArgs) -> Result<Outcome> {
    if args.output == Path::new("-") {
        bail!("a key goes into a file, never to standard output: name one with -o");
    }
    let key = keys::fresh()?;
    keys::write_new(&args.output, &key)?;
    print_line(&format!("key {} written to {}", key.id(), printable(&args.output.display().to_string())))?;
    Ok(Outcome::Done)
}
