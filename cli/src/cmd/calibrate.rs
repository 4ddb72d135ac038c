//! `greenmark calibrate`: how often unmarked texts are called marked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use greenmark::Key;
use greenmark_eval::calibration::{About, Ask, CorpusFile, Options, Plan, Report, Run, Seen, State, svg};
use greenmark_text::files::{sha256, write_file};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    Outcome,
    args::CalibrateArgs,
    interrupt, keys, models,
    output::{complain, count, print_line, printable},
    profiles::Deployment,
    texts::Source,
};

const RESULTS: [&str; 3] = ["calibration.json", "calibration.md", "calibration.svg"];

pub(crate) fn run(args: &CalibrateArgs) -> Result<Outcome> {
    let deployment = args.profile.as_deref().map(Deployment::read).transpose()?;
    let schemes = deployment.as_ref().map_or_else(|| args.scheme.clone(), |deployment| vec![deployment.scheme()]);
    let plan = Plan::new(&schemes, args.keys, args.together, args.seed)?;
    let key = match (&deployment, &args.key_file) {
        (Some(_), Some(_)) => bail!("--profile names its key: give no --key-file, and unset GREENMARK_KEY_FILE"),
        (Some(deployment), None) => deployment.key().clone(),
        (None, Some(file)) => deployed_key(file)?,
        (None, None) => plan.deployed_key(),
    };
    let tokenizer = match &deployment {
        Some(deployment) => deployment.tokenizer(args.tokenizer.as_deref())?,
        None => models::tokenizer(args.tokenizer.as_deref().unwrap_or("demo"))?,
    };
    refuse_to_replace(args)?;
    let (corpus, sources, unreadable) = open_corpus(args)?;
    if sources.is_empty() {
        bail!("no file of the corpus could be read");
    }

    let options = Options {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schemes: plan.schemes().iter().map(ToString::to_string).collect(),
        keys: plan.keys(),
        together: plan.together(),
        passage: args.passage,
        seed: plan.seed(),
        tokenizer: tokenizer.fingerprint().to_owned(),
        deployed_key: key.id().to_string(),
        corpus,
        is_lines: sources.iter().map(Source::is_lines).collect(),
    };
    let path = args.out.join("state.json");
    let mut state = State::open(&path, options, &plan)?;
    let failed_before = state.seen.failed;
    let bar = bar(&plan, &sources);
    let ask = Ask { bar: &bar, complain: &complain, is_interrupted: &interrupt::requested };
    interrupt::advise(format!("what was saved is kept; to go on: {}", this_command()));
    let mut run = Run::new(&plan, &key, &tokenizer, args.passage, &path, ask);
    let documents = sources.iter().flat_map(|source| match source.documents() {
        Ok(documents) => documents,
        Err(error) => Box::new(std::iter::once(Err(error))),
    });
    if !state.is_whole && !run.all(documents, &mut state)? {
        bar.finish_and_clear();
        let pairs = count(state.tables.all.first().map_or(0, |panel| panel[0].n), "pair");
        complain(&format!("interrupted: {pairs} counted; to go on: {}", this_command()));
        return Ok(Outcome::Partly);
    }
    bar.finish_and_clear();
    if failed_before > 0 {
        // An earlier run told them one by one.
        complain(&format!("{} of the corpus could not be read and are left out", count(state.seen.failed, "document")));
    }
    if state.seen.texts == 0 {
        bail!(
            "{}",
            match args.passage {
                Some(tokens) if state.seen.documents > 0 =>
                    format!("no document of the corpus has {tokens} tokens: give a smaller --passage, or none"),
                None if state.seen.documents > 0 => "no text of the corpus has a token".to_owned(),
                _ => "the corpus holds no text".to_owned(),
            }
        );
    }
    let about = About {
        tokenizer: tokenizer.name().to_owned(),
        fingerprint: tokenizer.fingerprint().to_owned(),
        passage: args.passage,
        corpus: state.options.corpus.clone(),
        seen: Seen { failed: state.seen.failed + unreadable, ..state.seen.clone() },
        deployed_key: key.id().to_string(),
        deployed_key_is_given: deployment.is_some() || args.key_file.is_some(),
    };
    let failed = about.seen.failed;
    publish(args, &Report::new(&plan, about, &state.tables))?;
    Ok(if failed > 0 { Outcome::Partly } else { Outcome::Done })
}

/// Returns the one key that asks every text.
fn deployed_key(path: &Path) -> Result<Key> {
    if path.is_dir() {
        bail!("{} is a folder: calibrate measures one deployed key, so name its file with -k", path.display());
    }
    keys::read(path)
}

/// Writes the results, and says what they are.
fn publish(args: &CalibrateArgs, report: &Report) -> Result<()> {
    let json = serde_json::to_string(report).context("the results")?;
    let [json_path, markdown, image] = RESULTS.map(|name| args.out.join(name));
    write_file(&json_path, |out| writeln!(out, "{json}"))?;
    write_file(&markdown, |out| out.write_all(report.markdown().as_bytes()))?;
    let plot = svg(report)?;
    write_file(&image, |out| out.write_all(plot.as_bytes()))?;
    if args.json {
        return print_line(&json);
    }
    let written = RESULTS.map(|name| printable(&args.out.join(name).display().to_string())).join(", ");
    print_line(&format!("{}\nwritten: {written}", report.summary()))
}

/// The results must not take the place of what they are made from.
fn refuse_to_replace(args: &CalibrateArgs) -> Result<()> {
    let results = RESULTS.iter().chain(&["state.json"]).filter_map(|name| args.out.join(name).canonicalize().ok());
    let results: Vec<PathBuf> = results.collect();
    for source in args.corpus.iter().chain(&args.key_file) {
        if source.canonicalize().is_ok_and(|source| results.contains(&source)) {
            bail!("the results would overwrite {}: choose another --out", source.display());
        }
    }
    Ok(())
}

/// Returns the files of the corpus with what tells them apart, and how many cannot be read.
fn open_corpus(args: &CalibrateArgs) -> Result<(Vec<CorpusFile>, Vec<Source>, u64)> {
    let (mut files, mut sources, mut unreadable) = (Vec::new(), Vec::new(), 0);
    for path in &args.corpus {
        if path == Path::new("-") {
            bail!("--corpus -: the corpus is read more than once, so it must be in files");
        }
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            bail!("{} is no plain file, and the corpus is read more than once: save it as a file", path.display());
        }
        match corpus_file(path) {
            Ok(file) => {
                files.push(file);
                sources.push(Source::new(path, args.jsonl));
            }
            Err(error) => {
                complain(&format!("cannot read {}: {error}", path.display()));
                unreadable += 1;
            }
        }
    }
    Ok((files, sources, unreadable))
}

fn corpus_file(path: &Path) -> io::Result<CorpusFile> {
    let (sha256, bytes) = sha256(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(CorpusFile { name, bytes, sha256 })
}

/// Returns the command that was given, to be given again.
fn this_command() -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    let quote = |argument: String| {
        if !argument.is_empty() && argument.chars().all(is_plain) {
            argument
        } else {
            format!("'{}'", argument.replace('\'', "'\\''"))
        }
    };
    std::env::args_os().map(|argument| quote(argument.to_string_lossy().into_owned())).collect::<Vec<_>>().join(" ")
}

/// Returns a bar on stderr, if that is a terminal.
fn bar(plan: &Plan, sources: &[Source]) -> ProgressBar {
    let documents: u64 =
        sources.iter().map(|source| if source.is_lines() { source.count_lines().unwrap_or(0) } else { 1 }).sum();
    let style = ProgressStyle::with_template("{wide_bar} {percent} %, {msg}, {elapsed} (left: {eta})");
    ProgressBar::new(documents * plan.keys())
        .with_style(style.expect("the template is sound"))
        .with_message("nothing tested yet")
}
