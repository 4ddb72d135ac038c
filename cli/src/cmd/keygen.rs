//! `greenmark keygen`: a new key file.

use anyhow::Result;

use crate::{Outcome, args::KeygenArgs, keys, output::print_line};

pub(crate) fn run(args: &KeygenArgs) -> Result<Outcome> {
    let key = keys::fresh()?;
    keys::write_new(&args.output, &key)?;
    print_line(&format!("key {} written to {}", key.id(), args.output.display()))?;
    Ok(Outcome::Done)
}
