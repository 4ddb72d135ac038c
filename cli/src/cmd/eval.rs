//! `greenmark eval`: what is left of marks after attacks, measured and reported.

use std::{path::Path, thread};

use anyhow::{Context, Result, anyhow, bail, ensure};
use greenmark_attacks::{Endpoint, PARAPHRASE_TEMPERATURE};
use greenmark_eval::{
    corpus::Mark,
    setup::{Setup, describe},
    suite::{
        About, Extent, Folder, Identity, Own, Plan,
        csv::csv,
        markdown::markdown,
        report::{html, plots},
        run,
    },
};
use greenmark_lm::locate;
use greenmark_text::files::sha256;
use time::OffsetDateTime;

use crate::{
    Outcome,
    args::EvalArgs,
    interrupt,
    models::DEMO,
    output::{note, print_line, write_stdout},
    texts::{Content, Source},
};

pub(crate) fn run_suite(args: &EvalArgs) -> Result<Outcome> {
    let mut plan = Plan::of(args.suite);
    if let Some(texts) = args.texts {
        plan = plan.with_texts(texts as usize);
    }
    if let Some(model) = &args.model {
        plan.model.clone_from(model);
        plan.attacker.clone_from(model);
    }
    if let Some(attacker) = &args.attacker {
        plan.attacker.clone_from(attacker);
    }
    if !args.marks.is_empty() {
        plan = plan.with_marks(distinct(&args.marks)?);
    }
    if let Some(temperature) = args.temperature {
        plan.temperature = temperature;
    }
    if let Some(path) = &args.prompts {
        let prompts = Source::new(path, true).prompts()?.map(|prompt| Ok(prompt?.prompt));
        plan = plan.with_prompts(own(path, prompts.collect::<Result<_>>()?)?);
    }
    if let Some(path) = &args.human {
        let texts = Source::new(path, true).documents()?.map(|document| match document?.content {
            Content::Characters(text) => Ok(text),
            Content::Ids(_) => bail!("{}: a line has `tokens` alone, and attacks need `text`", path.display()),
        });
        plan.human = Some(own(path, texts.collect::<Result<_>>()?)?);
    }
    plan.endpoint = args.at.options(PARAPHRASE_TEMPERATURE)?;
    if let Some(options) = &plan.endpoint {
        ensure!(plan.paraphrases(), "--endpoint goes with paraphrases, and the suite {} makes none", plan.suite);
        Endpoint::new(options.clone()).map_err(|reason| anyhow!(reason))?;
    }
    // All that a run needs is looked at before its folder is made.
    let model_sha256 = sha256_of(&plan.model)?;
    let setup = Setup::load(&plan.model)?;
    let is_other = plan.attacker != plan.model;
    let attacker_sha256 = if is_other { sha256_of(&plan.attacker)? } else { model_sha256.clone() };
    if is_other {
        Setup::load(&plan.attacker).context("--attacker")?;
    }
    let extent = if args.report { Extent::AsItIs } else { Extent::Whole };
    let identity = Identity::of(&plan, model_sha256.clone(), attacker_sha256, args.seed);
    let mut folder = Folder::open(&args.out, extent, identity, option_env!("GREENMARK_COMMIT"))?;
    let about = About {
        machine: machine(),
        date: OffsetDateTime::now_utc().date().to_string(),
        command: command(args),
        model_sha256,
    };
    interrupt::advise("what is done is kept, and the same command goes on from there".to_owned());
    let results = run(&plan, extent, args.seed, setup, about, &mut folder, &|line| note(line))?;
    let json = results.to_json()?;
    folder.write("results.json", &json)?;
    folder.write("results.csv", &csv(&results))?;
    for (name, svg) in plots(&results)? {
        folder.write(&name, &svg)?;
    }
    folder.write("report.html", &html(&results)?)?;
    if args.json {
        write_stdout(json.as_bytes())?;
    } else {
        print_line(markdown(&results).trim_end())?;
        note(&format!("the whole report is {}", args.out.join("report.html").display()));
    }
    Ok(Outcome::Done)
}

/// Refuses a mark that is named twice.
fn distinct(marks: &[Mark]) -> Result<Vec<Mark>> {
    for (at, mark) in marks.iter().enumerate() {
        ensure!(!marks[..at].contains(mark), "--mark {}: named twice", describe(Some(*mark)));
    }
    Ok(marks.to_vec())
}

/// Prompts or texts from a file of the user's.
fn own(path: &Path, texts: Vec<String>) -> Result<Own> {
    ensure!(!texts.is_empty(), "{}: there is nothing in it", path.display());
    let (sha256, _) = sha256(path).with_context(|| format!("cannot read {}", path.display()))?;
    // No path of this machine in a report.
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Own { name, sha256, texts })
}

/// Returns the command that does the same, wherever its results go.
fn command(args: &EvalArgs) -> String {
    let mut command = format!("greenmark eval --suite {}", args.suite);
    if let Some(texts) = args.texts {
        command += &format!(" --texts {texts}");
    }
    if let Some(model) = &args.model {
        command += &format!(" --model {model}");
    }
    if let Some(attacker) = &args.attacker {
        command += &format!(" --attacker {attacker}");
    }
    // What admits to an endpoint is not said: where a key was given in place of its variable's name, it
    // would be in every report.
    if let (Some(url), Some(name)) = (&args.at.endpoint, &args.at.endpoint_model) {
        command += &format!(" --endpoint {url} --endpoint-model {name}");
    }
    for mark in &args.marks {
        let delta = mark.scheme.gamma().map(|_| format!("@{}", mark.delta.nats())).unwrap_or_default();
        command += &format!(" --mark {}{delta}", mark.scheme);
    }
    if let Some(temperature) = args.temperature {
        command += &format!(" --temperature {temperature}");
    }
    for (option, path) in [("prompts", &args.prompts), ("human", &args.human)] {
        if let Some(name) = path.as_ref().and_then(|path| path.file_name()) {
            command += &format!(" --{option} {}", name.to_string_lossy());
        }
    }
    if args.seed != 1 {
        command += &format!(" --seed {}", args.seed);
    }
    command + " --out DIR"
}

/// Names the file of a model; the built-in one has none.
fn sha256_of(model: &str) -> Result<Option<String>> {
    if model == DEMO {
        return Ok(None);
    }
    let path = locate(model)?;
    let (hash, _) = sha256(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(hash))
}

/// "AMD EPYC, 2 cores".
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let processor = processor.unwrap_or_else(|| format!("{} {}", std::env::consts::ARCH, std::env::consts::OS));
    format!("{processor}, {cores} {}", if cores == 1 { "core" } else { "cores" })
}
