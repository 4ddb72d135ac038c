//! `greenmark embed`: a language model writes, marked or not.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io::{self, IsTerminal},
    ops::ControlFlow,
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::{Embedder, TokenId};
use greenmark_lm::{Event, Finish, GenerateOptions, LogitsHook, MarkHook, NoHook, Request, generate};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{
    Outcome,
    args::{DEFAULT_SCHEME, EmbedArgs},
    interrupt, keys,
    models::{self, Writer},
    output::{complain, count, is_closed_pipe, print_line, write_stdout},
    texts::{Prompt, Source},
    writing,
};

pub(crate) fn run(args: &EmbedArgs) -> Result<Outcome> {
    let embedder = embedder(args)?.map(RefCell::new);
    let seed = args.sampling.seed.map_or_else(writing::fresh_seed, Ok)?;
    // What can be refused is refused before a model is loaded.
    writing::options(&args.sampling, seed, &[], None)?;
    if args.system.is_some() && args.model.model == models::DEMO {
        bail!("--system does not go with --model demo, which has no chat template");
    }
    let task = match (&args.prompt, &args.prompt_file, &args.prompts) {
        (Some(prompt), ..) => Task::One(prompt.clone()),
        (_, Some(file), _) => Task::One(Source::new(file, false).read_whole()?),
        (.., Some(file)) => Task::Many(file),
        _ => bail!("no prompt: give --prompt TEXT, --prompt-file FILE or --prompts FILE.jsonl"),
    };
    interrupt::catch()?;
    let writer = Writer::load(&args.model)?;
    let options = writing::options(&args.sampling, seed, writer.reader.tokenizer.eos_ids(), args.batch)?;
    let mut run = Run { args, embedder: embedder.as_ref(), writer, options };
    match task {
        Task::One(prompt) => run.one(&prompt),
        Task::Many(file) => run.many(file),
    }
}

enum Task<'a> {
    One(String),
    Many(&'a Path),
}

/// The embedder asked for, or `None` for text without a mark.
fn embedder(args: &EmbedArgs) -> Result<Option<Embedder>> {
    if args.no_watermark {
        return Ok(None);
    }
    let file = args.key.key_file.as_deref().context(
        "no key: give --key-file FILE (make one with `greenmark keygen`), set GREENMARK_KEY_FILE, or say --no-watermark",
    )?;
    let key = keys::read(file)?;
    let embedder = args.strength.apply(Embedder::new(&key, args.key.scheme), args.key.scheme)?;
    let greedy = args.sampling.temperature == 0.0 || args.sampling.top_k == 1;
    if greedy && embedder.chooses() {
        bail!(
            "greedy decoding leaves {} nothing to choose, and the text would carry no mark: raise --temperature (and \
             --top-k), or take a green scheme such as {DEFAULT_SCHEME}, which marks greedy text too",
            args.key.scheme
        );
    }
    Ok(Some(embedder.skip_repeats(args.skip_repeats)))
}

/// One line of output: `embed --prompts`, and `embed --json`.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    prompt: &'a str,
    text: String,
    tokens: &'a [TokenId],
    finish: &'static str,
}

/// `embed --json` says how the one text came about, too.
#[derive(Serialize)]
struct WrittenAlone<'a> {
    #[serde(flatten)]
    written: Written<'a>,
    model: &'a str,
    tokenizer: &'a str,
    seed: u64,
    scheme: Option<String>,
    delta: Option<f32>,
    mixing_share: Option<f64>,
}

struct Run<'a> {
    args: &'a EmbedArgs,
    embedder: Option<&'a RefCell<Embedder>>,
    writer: Writer,
    options: GenerateOptions,
}

impl Run<'_> {
    /// Streams one text as it is written.
    fn one(&mut self, prompt: &str) -> Result<Outcome> {
        let Writer { model, reader } = &mut self.writer;
        let ids = reader.ids(prompt, self.args.system.as_deref(), self.args.raw)?;
        let tokenizer = &reader.tokenizer;
        let mut decoder = tokenizer.stream_decoder();
        let mut finished = None;
        let mut failed = Ok(());
        let hook = |_| hook(self.embedder);
        let request = Request { index: 0, prompt: ids };
        generate(model.as_mut(), [request], &self.options, hook, |event| {
            match event {
                Event::Token { id, .. } if !self.args.json => {
                    if let Some(piece) = decoder.push(id) {
                        failed = write_stdout(piece.as_bytes());
                    }
                }
                Event::Finished { ids, reason, .. } => finished = Some((ids, reason)),
                Event::Refused { error, .. } => failed = Err(error.into()),
                _ => {}
            }
            if failed.is_err() || interrupt::requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        failed?;
        // On a terminal the shell's prompt should begin a line; a file holds the text and nothing else.
        if !self.args.json && io::stdout().is_terminal() {
            write_stdout(b"\n")?;
        }
        let Some((ids, reason)) = finished else { bail!("interrupted: the text is not whole") };
        if self.args.json {
            let text = tokenizer.decode_text(&ids);
            let written = Written { id: "1", prompt, text, tokens: &ids, finish: finish(reason) };
            let marked = self.embedder.is_some();
            print_line(&serde_json::to_string(&WrittenAlone {
                written,
                model: &self.args.model.model,
                tokenizer: tokenizer.fingerprint(),
                seed: self.options.seed,
                scheme: marked.then(|| self.args.key.scheme.to_string()),
                delta: if marked { self.args.strength.delta_of(self.args.key.scheme) } else { None },
                mixing_share: if marked { self.args.strength.mixing_share_of(self.args.key.scheme) } else { None },
            })?)?;
        }
        Ok(Outcome::Done)
    }

    /// Writes a text for every line of a prompt file, as a batch.
    fn many(&mut self, file: &Path) -> Result<Outcome> {
        let source = Source::new(file, true);
        let progress = progress(&source);
        let outcome = Cell::new(Outcome::Done);
        let report = |message: &str| {
            outcome.set(Outcome::Partly);
            progress.suspend(|| complain(message));
        };
        // Prompts that are being answered, by index.
        let open: RefCell<HashMap<u64, Prompt>> = RefCell::default();
        let Self { args, embedder, writer, options } = self;
        let Writer { model, reader } = writer;
        let tokenizer = &reader.tokenizer;
        let requests = source.prompts()?.filter_map(|prompt| {
            let request = prompt.and_then(|prompt| {
                let ids = reader
                    .ids(&prompt.prompt, args.system.as_deref(), args.raw)
                    .with_context(|| format!("{}, line {}", source.name(), prompt.line))?;
                Ok((prompt, ids))
            });
            match request {
                Ok((prompt, ids)) => {
                    let index = prompt.line - 1;
                    open.borrow_mut().insert(index, prompt);
                    Some(Request { index, prompt: ids })
                }
                Err(error) => {
                    report(&format!("{error:#}"));
                    progress.inc(1);
                    None
                }
            }
        });
        let mut failed = Ok(());
        let mut tokens = 0u64;
        generate(
            model.as_mut(),
            requests,
            options,
            |_| hook(*embedder),
            |event| {
                match event {
                    Event::Token { .. } => tokens += 1,
                    Event::Finished { index, ids, reason } => {
                        let prompt = open.borrow_mut().remove(&index).expect("a text that ends was begun");
                        let text = tokenizer.decode_text(&ids);
                        let written = Written {
                            id: &prompt.id,
                            prompt: &prompt.prompt,
                            text,
                            tokens: &ids,
                            finish: finish(reason),
                        };
                        failed = serde_json::to_string(&written)
                            .map_err(|error| anyhow!(error))
                            .and_then(|line| progress.suspend(|| print_line(&line)));
                        progress.inc(1);
                        progress.set_message(count(tokens, "token"));
                    }
                    Event::Refused { index, error } => {
                        open.borrow_mut().remove(&index);
                        report(&format!("{}, line {}: {error}", source.name(), index + 1));
                        progress.inc(1);
                    }
                    _ => {}
                }
                if failed.is_err() || interrupt::requested() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )?;
        progress.finish_and_clear();
        match failed {
            // A reader that has seen enough is no failure; a prompt that was refused before it left is one.
            Err(error) if is_closed_pipe(&error) => return Ok(outcome.get()),
            failed => failed?,
        }
        if interrupt::requested() {
            let begun = count(open.borrow().len() as u64, "text");
            complain(&format!("interrupted: {begun} begun and not in the output"));
            outcome.set(Outcome::Partly);
        }
        Ok(outcome.get())
    }
}

fn hook<'e>(embedder: Option<&'e RefCell<Embedder>>) -> Box<dyn LogitsHook + 'e> {
    match embedder {
        Some(embedder) => Box::new(MarkHook::new(embedder)),
        None => Box::new(NoHook),
    }
}

fn finish(reason: Finish) -> &'static str {
    match reason {
        Finish::Eos => "eos",
        Finish::MaxTokens => "max_tokens",
        Finish::ContextFull => "context_full",
    }
}

/// A bar on stderr, if that is a terminal; of known length, if the prompts are in a file.
fn progress(source: &Source) -> ProgressBar {
    let bar = match source.count_lines() {
        Some(lines) => ProgressBar::new(lines),
        None => ProgressBar::no_length(),
    };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} texts, {msg}, {elapsed} (left: {eta})");
    bar.with_style(style.expect("the template is sound"))
}
