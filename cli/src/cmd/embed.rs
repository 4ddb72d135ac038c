//! `greenmark embed`: a language model writes, marked or not.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io::{self, IsTerminal},
    ops::ControlFlow,
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::{Embedder, Key, TokenId};
use greenmark_lm::{Event, Finish, GenerateOptions, LogitsHook, MarkHook, NoHook, Request, generate, text_rng};
use rand_chacha::rand_core::Rng;
use serde::Serialize;

use crate::{
    Outcome,
    args::{DEFAULT_SCHEME, EmbedArgs},
    interrupt,
    keys::KeyRing,
    models::{self, Writer},
    output::{complain, count, is_closed_pipe, note, print_line, write_stdout},
    progress,
    texts::{Prompt, Source},
    writing,
};

pub(crate) fn run(args: &EmbedArgs) -> Result<Outcome> {
    let seed = args.sampling.seed.map_or_else(writing::fresh_seed, Ok)?;
    let (marks, outcome) = marks(args, seed)?;
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
    let mut run = Run { args, marks, writer, options };
    let written = match task {
        Task::One(prompt) => run.one(&prompt),
        Task::Many(file) => run.many(file),
    }?;
    Ok(if outcome == Outcome::Partly { outcome } else { written })
}

enum Task<'a> {
    One(String),
    Many(&'a Path),
}

/// What marks the texts: one key, or of several keys one a text. `None` writes without a mark.
struct Marks<'a> {
    args: &'a EmbedArgs,
    /// At least one.
    keys: Vec<Key>,
    seed: u64,
    /// Of the only key: what it remembers serves all texts.
    only: Option<Embedder>,
}

/// The marks asked for, and whether all of the key files could be read.
fn marks(args: &EmbedArgs, seed: u64) -> Result<(Option<Marks<'_>>, Outcome)> {
    if args.no_watermark {
        return Ok((None, Outcome::Done));
    }
    if args.key_file.is_empty() {
        bail!(
            "no key: give --key-file FILE (make one with `greenmark keygen`), set GREENMARK_KEY_FILE, or say --no-watermark"
        );
    }
    let ring = KeyRing::read(&args.key_file)?;
    let mut marks = Marks { args, keys: ring.keys, seed, only: None };
    let embedder = marks.embedder(&marks.keys[0])?;
    let greedy = args.sampling.temperature == 0.0 || args.sampling.top_k == 1;
    if greedy && embedder.chooses() {
        bail!(
            "greedy decoding leaves {} nothing to choose, and the text would carry no mark: raise --temperature (and \
             --top-k), or take a green scheme such as {DEFAULT_SCHEME}, which marks greedy text too",
            args.scheme
        );
    }
    if marks.keys.len() == 1 {
        marks.only = Some(embedder);
    }
    Ok((Some(marks), ring.outcome))
}

impl Marks<'_> {
    fn embedder(&self, key: &Key) -> Result<Embedder> {
        let embedder = self.args.strength.apply(Embedder::new(key, self.args.scheme), self.args.scheme)?;
        Ok(embedder.skip_repeats(self.args.skip_repeats))
    }

    /// The key of a text: of several, one that follows from the seed and the text's place.
    fn key(&self, index: u64) -> &Key {
        // Other numbers than the text is drawn with.
        const KEYS: u64 = u64::from_le_bytes(*b"which ke");
        match &self.keys[..] {
            [only] => only,
            keys => &keys[(text_rng(self.seed ^ KEYS, index).next_u64() % keys.len() as u64) as usize],
        }
    }

    fn hook(&self, index: u64) -> Box<dyn LogitsHook> {
        let embedder = self
            .only
            .clone()
            .unwrap_or_else(|| self.embedder(self.key(index)).expect("the first key's embedder could be made"));
        Box::new(MarkHook::new(&embedder))
    }
}

/// One line of output: `embed --prompts`, and `embed --json`.
#[derive(Serialize)]
struct Written<'a> {
    id: &'a str,
    prompt: &'a str,
    text: String,
    tokens: &'a [TokenId],
    finish: &'static str,
    key_id: Option<String>,
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
    marks: Option<Marks<'a>>,
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
        let marks = self.marks.as_ref();
        let hook = |index| hook(marks, index);
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
        if let Some(marks) = marks.filter(|marks| marks.keys.len() > 1 && !self.args.json) {
            note(&format!("marked with key {}", marks.key(0).id()));
        }
        if self.args.json {
            let text = tokenizer.decode_text(&ids);
            let key_id = marks.map(|marks| marks.key(0).id().to_string());
            let written = Written { id: "1", prompt, text, tokens: &ids, finish: finish(reason), key_id };
            let marked = marks.is_some();
            print_line(&serde_json::to_string(&WrittenAlone {
                written,
                model: &self.args.model.model,
                tokenizer: tokenizer.fingerprint(),
                seed: self.options.seed,
                scheme: marked.then(|| self.args.scheme.to_string()),
                delta: if marked { self.args.strength.delta_of(self.args.scheme) } else { None },
                mixing_share: if marked { self.args.strength.mixing_share_of(self.args.scheme) } else { None },
            })?)?;
        }
        Ok(Outcome::Done)
    }

    /// Writes a text for every line of a prompt file, as a batch.
    fn many(&mut self, file: &Path) -> Result<Outcome> {
        let source = Source::new(file, true);
        let progress = progress::of_texts(&source, "{msg}, ");
        let outcome = Cell::new(Outcome::Done);
        let report = |message: &str| {
            outcome.set(Outcome::Partly);
            progress.suspend(|| complain(message));
        };
        // Prompts that are being answered, by index.
        let open: RefCell<HashMap<u64, Prompt>> = RefCell::default();
        let Self { args, marks, writer, options } = self;
        let marks = marks.as_ref();
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
            |index| hook(marks, index),
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
                            key_id: marks.map(|marks| marks.key(index).id().to_string()),
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

fn hook(marks: Option<&Marks<'_>>, index: u64) -> Box<dyn LogitsHook> {
    marks.map_or_else(|| Box::new(NoHook) as Box<dyn LogitsHook>, |marks| marks.hook(index))
}

fn finish(reason: Finish) -> &'static str {
    match reason {
        Finish::Eos => "eos",
        Finish::MaxTokens => "max_tokens",
        Finish::ContextFull => "context_full",
    }
}
