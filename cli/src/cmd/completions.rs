//! `greenmark completions`: a script for the shell.

use anyhow::Result;
use clap::{Arg, Command, CommandFactory, ValueHint, builder::PossibleValuesParser};
use clap_complete::Shell;
use greenmark_attacks::catalogue;

use crate::{
    Outcome,
    args::{Cli, CompletionsArgs},
    output::write_stdout,
};

pub(crate) fn run(args: &CompletionsArgs) -> Result<Outcome> {
    write_stdout(script(args.shell).as_bytes())?;
    Ok(Outcome::Done)
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_names(Cli::command()), "greenmark", &mut script);
    let script = String::from_utf8(script).expect("the names are text");
    // Where there are names, these two shells would offer no files.
    match shell {
        Shell::Zsh => NAMES.iter().fold(script, |script, names| {
            let both = format!(r#": _alternative "names\:name\:({names})" "files\:file\:_files""#);
            script.replace(&format!(":({names})"), &both)
        }),
        Shell::Fish => NAMES.iter().fold(script, |script, names| {
            let first = names.split(' ').next().unwrap_or_default();
            script.replace(&format!(r#"-r -f -a "{first}\t"#), &format!(r#"-r -F -a "{first}\t"#))
        }),
        _ => script,
    }
}

/// Names that stand where a file may stand too.
const NAMES: [&str; 2] = ["demo smollm2", "smollm2"];

/// Gives the arguments that take a name the names to offer: a placeholder such as `demo|smollm2|FILE`
/// lists them. When the arguments are read, other values pass.
fn with_names(command: Command) -> Command {
    command.mut_args(with_name).mut_subcommands(with_names)
}

fn with_name(arg: Arg) -> Arg {
    let placeholder = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string).unwrap_or_default();
    let names: Vec<&'static str> = match &*placeholder {
        "NAME|@FILE" => catalogue().iter().map(|about| about.name).collect(),
        _ if placeholder.starts_with("demo|smollm2|") => NAMES[0].split(' ').collect(),
        _ if placeholder.starts_with("smollm2|") => vec![NAMES[1]],
        _ if ["FILE", "DIR", "FILE|DIR", "FILE.jsonl", "FILE.html|DIR"].contains(&&*placeholder) => {
            return arg.value_hint(ValueHint::AnyPath);
        }
        _ => return arg,
    };
    arg.value_parser(PossibleValuesParser::new(names))
}
