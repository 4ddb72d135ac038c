//! `greenmark embed`: a language model writes, marked or not.

mod answers;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, IsTerminal},
    ops::ControlFlow,
    path::Path,
};

use anyhow::{Context, Result, bail};
use greenmark::{Embedder, Key, Scheme, TokenId};
use greenmark_lm::{Event, Finish, GenerateOptions, MarkHook, Request, generate, text_rng};
use greenmark_text::{Profile, ProfileParams, Tokenizer, fmt::hex};
use rand_chacha::rand_core::Rng;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    Outcome,
    args::{EmbedArgs, SamplingArgs},
    cmd::embed::answers::{Answers, Sink, refuse_twins},
    interrupt, keys,
    models::{self, Writer},
    output::{complain, count, is_closed_pipe, note, print_line, printable, write_stdout},
    profiles::{self, Asked, Deployment},
    progress::{self, Step},
    texts::{Prompt, Source},
    writing,
};

pub(crate) fn run(args: &EmbedArgs) -> Result<Outcome> {
    let earlier = args.output.as_deref().map(Answers::read).transpose()?;
    let seed = args.sampling.seed.or_else(|| earlier.as_ref()?.seed()).map_or_else(writing::fresh_seed, Ok)?;
    let marks = marks(args, seed)?;
    // What can be refused is refused before a model is loaded.
    writing::options(&args.sampling, seed, &[], None)?;
    if args.system.is_some() && args.model.model == models::DEMO {
        bail!("--system does not go with --model demo, which has no chat template");
    }
    let task = match (&args.prompt, &args.prompt_file, &args.prompts) {
        (Some(prompt), ..) => Task::One(prompt.clone()),
        (_, Some(file), _) => Task::One(Source::new(file, false).read_whole()?),
        (.., Some(file)) => Task::Many(Source::new(file, true)),
        _ => bail!("no prompt: give --prompt TEXT, --prompt-file FILE or --prompts FILE.jsonl"),
    };
    if let Task::Many(source) = &task {
        match source.is_file() {
            true => refuse_twins(source)?,
            false if args.output.as_ref().is_some_and(|path| path.exists()) => {
                bail!("--output exists: to go on with it, give the prompts as a file")
            }
            false => {}
        }
    }
    let step = Step::new(format!("loading model {}", printable(&args.model.model)));
    let writer = Writer::load(&args.model)?;
    drop(step);
    let tokenizer = &writer.reader.tokenizer;
    if let Some(profile) = marks.as_ref().and_then(|marks| marks.profile.as_ref()) {
        check_tokenizer(args, profile, tokenizer)?;
    }
    if let (Some(path), Some(marks)) = (&args.save_profile, &marks) {
        save_profile(path, marks, tokenizer)?;
    }
    let options = writing::options(&args.sampling, seed, writer.reader.tokenizer.eos_ids(), args.batch)?;
    let settings = settings(args, marks.as_ref(), &writer.reader.tokenizer, seed);
    let mut run = Run { args, marks, writer, options, settings };
    match task {
        Task::One(prompt) => run.one(&prompt),
        Task::Many(source) => {
            let sink = earlier.map(|earlier| earlier.open(&run.settings, &source)).transpose()?.unwrap_or_default();
            run.many(&source, &sink)
        }
    }
}

enum Task {
    One(String),
    Many(Source),
}

/// Returns a fingerprint of all that a text depends on besides its prompt and its place, 16 digits.
fn settings(args: &EmbedArgs, marks: Option<&Marks<'_>>, tokenizer: &Tokenizer, seed: u64) -> String {
    let EmbedArgs { model, sampling, raw, system, skip_repeats, .. } = args;
    let SamplingArgs { max_tokens, ignore_eos, temperature, top_k, top_p, min_p, .. } = sampling;
    let mark = marks.map(|marks| {
        let keys: Vec<String> = marks.keys.iter().map(|key| key.id().to_string()).collect();
        let (delta, share) = (args.strength.delta_of(marks.scheme), args.strength.mixing_share_of(marks.scheme));
        json!([keys, marks.scheme.to_string(), delta, share, skip_repeats])
    });
    let all = json!([
        model.model,
        tokenizer.fingerprint(),
        mark,
        max_tokens,
        ignore_eos,
        temperature,
        top_k,
        top_p,
        min_p,
        raw,
        system,
        seed
    ]);
    hex(&Sha256::digest(all.to_string())[..8])
}

/// Keys that mark the texts: one, or of several keys one a text. `None` writes without a mark.
struct Marks<'a> {
    args: &'a EmbedArgs,
    scheme: Scheme,
    /// At least one.
    keys: Vec<Key>,
    /// The file of the first.
    file: Option<std::path::PathBuf>,
    profile: Option<Profile>,
    seed: u64,
    /// Of the only key: what it remembers serves all texts.
    only: Option<Embedder>,
}

/// The marks asked for.
fn marks(args: &EmbedArgs, seed: u64) -> Result<Option<Marks<'_>>> {
    if args.no_watermark {
        return Ok(None);
    }
    let under = |deployment: &Deployment| {
        let (profile, keys) = (deployment.profile().clone(), vec![deployment.key().clone()]);
        Marks { args, scheme: profile.scheme, keys, file: None, profile: Some(profile), seed, only: None }
    };
    let mut marks = if let Some(path) = &args.profile {
        under(&Deployment::read(path)?)
    } else {
        let paths = keys::paths(&args.key_file, false, args.reads_stdin())?;
        if paths.is_empty() {
            bail!(
                "no key: give --profile FILE or --key-file FILE (`greenmark keygen` makes both), set GREENMARK_KEY_FILE, \
                 or say --no-watermark"
            );
        }
        let asked = Asked::read(&[], &paths)?;
        match (&asked.deployments[..], &asked.keys[..]) {
            ([], _) => {
                let (file, scheme) = (Some(asked.source(0).to_owned()), args.scheme.unwrap_or_default());
                Marks { args, scheme, keys: asked.keys, file, profile: None, seed, only: None }
            }
            ([only], []) if args.scheme.is_some() => {
                bail!("--scheme is for keys without a profile: profile {} says its own", only.profile().name)
            }
            ([_], []) if args.save_profile.is_some() => bail!("--save-profile: the key has a profile"),
            ([only], []) => under(only),
            _ => bail!("several profiles or keys could mark the text: name one with --profile or --key-file"),
        }
    };
    let embedder = marks.embedder(&marks.keys[0])?;
    let greedy = args.sampling.temperature == 0.0 || args.sampling.top_k == 1;
    if greedy && embedder.chooses() {
        bail!(
            "greedy decoding leaves {} nothing to choose, and the text would carry no mark: raise --temperature (and \
             --top-k), or take a green scheme such as {}, which marks greedy text too",
            marks.scheme,
            Scheme::DEFAULT,
        );
    }
    if marks.keys.len() == 1 {
        marks.only = Some(embedder);
    }
    if args.save_profile.is_some() && marks.only.is_none() {
        bail!("--save-profile is about one key, and there are {}", marks.keys.len());
    }
    Ok(Some(marks))
}

/// A text by another model would not be found under the profile.
fn check_tokenizer(args: &EmbedArgs, profile: &Profile, tokenizer: &Tokenizer) -> Result<()> {
    if tokenizer.fingerprint() == profile.tokenizer.fingerprint {
        return Ok(());
    }
    bail!(
        "profile {} is for texts of the tokenizer {} ({}), and model {} has another ({}): give --model",
        profile.name,
        printable(&profile.tokenizer.name),
        profile.tokenizer.fingerprint,
        args.model.model,
        tokenizer.fingerprint(),
    )
}

/// Writes a profile of the key, the scheme and the model's tokenizer.
fn save_profile(path: &Path, marks: &Marks<'_>, tokenizer: &Tokenizer) -> Result<()> {
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = file_name.strip_suffix(".profile.json").map(str::to_owned);
    let name = name
        .with_context(|| format!("--save-profile {}: a profile's file is called NAME.profile.json", path.display()))?;
    let folder = profiles::folder_of(path);
    let model = &marks.args.model;
    let given = model.tokenizer.as_ref().map_or_else(|| model.model.clone(), |path| path.display().to_string());
    // The key of standard input has no path.
    let key_file = marks.file.as_deref().filter(|file| *file != Path::new("-"));
    let profile = Profile::new(ProfileParams {
        name,
        scheme: marks.scheme,
        tokenizer: profiles::tokenizer_in_profile(folder, &given, tokenizer)?,
        key_id: marks.keys[0].id(),
        key_file: key_file.map(|file| profiles::path_in_profile(folder, file)).transpose()?,
        subkey: None,
    });
    profiles::write_new(path, &profile.with_context(|| format!("--save-profile {}", path.display()))?)
}

impl Marks<'_> {
    fn embedder(&self, key: &Key) -> Result<Embedder> {
        let embedder = self.args.strength.apply(Embedder::new(key, self.scheme), self.scheme)?;
        Ok(embedder.skip_repeats(self.args.skip_repeats))
    }

    /// Returns the key of a text: of several, one that follows from the seed and the text's place.
    fn key(&self, index: u64) -> &Key {
        // Other numbers than the text is drawn with.
        const KEYS: u64 = u64::from_le_bytes(*b"which ke");
        match &self.keys[..] {
            [only] => only,
            keys => &keys[(text_rng(self.seed ^ KEYS, index).next_u64() % keys.len() as u64) as usize],
        }
    }

    fn hook(&self, index: u64) -> MarkHook {
        let embedder = self
            .only
            .clone()
            .unwrap_or_else(|| self.embedder(self.key(index)).expect("the first key's embedder could be made"));
        MarkHook::new(&embedder)
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
    profile: Option<&'a str>,
    key_id: Option<String>,
    scheme: Option<String>,
    delta: Option<f32>,
    mixing_share: Option<f64>,
    model: &'a str,
    tokenizer: &'a str,
    temperature: f64,
    seed: u64,
    run: &'a str,
}

/// Facts about the writing of texts, for their lines.
#[derive(Clone, Copy)]
struct How<'a> {
    args: &'a EmbedArgs,
    marks: Option<&'a Marks<'a>>,
    tokenizer: &'a Tokenizer,
    seed: u64,
    settings: &'a str,
}

impl How<'_> {
    fn line(&self, index: u64, id: &str, prompt: &str, ids: &[TokenId], reason: Finish) -> Result<String> {
        let (args, marks) = (self.args, self.marks);
        Ok(serde_json::to_string(&Written {
            id,
            prompt,
            text: self.tokenizer.decode_text(ids),
            tokens: ids,
            finish: finish(reason),
            profile: marks.and_then(|marks| marks.profile.as_ref()).map(|profile| profile.name.as_str()),
            key_id: marks.map(|marks| marks.key(index).id().to_string()),
            scheme: marks.map(|marks| marks.scheme.to_string()),
            delta: marks.and_then(|marks| args.strength.delta_of(marks.scheme)),
            mixing_share: marks.and_then(|marks| args.strength.mixing_share_of(marks.scheme)),
            model: &args.model.model,
            tokenizer: self.tokenizer.fingerprint(),
            temperature: args.sampling.temperature,
            seed: self.seed,
            run: self.settings,
        })?)
    }

    /// For people: how a text came about, or several.
    ///
    /// - `written`: how much was written, and why it ended.
    fn summary(&self, written: &str) -> String {
        let mark = match self.marks {
            None => "no mark".to_owned(),
            Some(marks) => {
                let key = match (&marks.profile, &marks.keys[..]) {
                    (Some(profile), _) => format!("profile {}", profile.name),
                    (None, [only]) => format!("key {}", only.id()),
                    (None, keys) => count(keys.len() as u64, "key"),
                };
                format!("{}{}, {key}", marks.scheme, self.args.strength.describe(marks.scheme))
            }
        };
        let (model, temperature) = (printable(&self.args.model.model), self.args.sampling.temperature);
        format!("{written}; {mark}; model {model}, temperature {temperature}, seed {}", self.seed)
    }
}

struct Run<'a> {
    args: &'a EmbedArgs,
    marks: Option<Marks<'a>>,
    writer: Writer,
    options: GenerateOptions,
    /// Fingerprint of the settings.
    settings: String,
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
        let hook = |index| marks.map(|marks| marks.hook(index));
        let mut step = Some(Step::new(format!("reading a prompt of {}", count(ids.len() as u64, "token"))));
        let request = Request { index: 0, prompt: ids };
        generate(model.as_mut(), [request], &self.options, hook, |event| {
            // The model has read the prompt once there is anything to tell.
            step = None;
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
        let how = How { args: self.args, marks, tokenizer, seed: self.options.seed, settings: &self.settings };
        if self.args.json {
            print_line(&how.line(0, "1", prompt, &ids, reason)?)?;
        }
        if let Some(marks) = marks.filter(|marks| marks.keys.len() > 1 && !self.args.json) {
            note(&format!("marked with key {}", marks.key(0).id()));
        }
        if !self.args.quiet {
            note(&how.summary(&format!("{}, {}", count(ids.len() as u64, "token"), ended(reason))));
        }
        Ok(Outcome::Done)
    }

    /// Writes a text for every line of a prompt file, as a batch.
    fn many(&mut self, source: &Source, sink: &Sink) -> Result<Outcome> {
        let progress = progress::of_texts(source, "{msg}, ").with_message(count(0, "token"));
        let outcome = Cell::new(Outcome::Done);
        let report = |message: &str| {
            outcome.set(Outcome::Partly);
            progress.suspend(|| complain(message));
        };
        // Prompts that are being answered, by index.
        let open: RefCell<HashMap<u64, Prompt>> = RefCell::default();
        // Lines that wait for those before them, by index; `None` until there is a line. Empty with
        // --unordered.
        let waiting: RefCell<BTreeMap<u64, Option<String>>> = RefCell::default();
        let Self { args, marks, writer, options, settings } = self;
        let marks = marks.as_ref();
        let Writer { model, reader } = writer;
        let tokenizer = &reader.tokenizer;
        // Ids so far of prompts that cannot be read twice.
        let mut ids = HashSet::new();
        let requests = source.prompts()?.filter_map(|prompt| {
            if prompt.as_ref().is_ok_and(|prompt| sink.done.contains(&prompt.id)) {
                progress.inc(1);
                return None;
            }
            let request = prompt.and_then(|prompt| {
                if !source.is_file() && !ids.insert(prompt.id.clone()) {
                    bail!("{}, line {}: its id `{}` came before", source.name(), prompt.line, printable(&prompt.id));
                }
                let ids = reader
                    .ids(&prompt.prompt, args.system.as_deref(), args.raw)
                    .with_context(|| format!("{}, line {}", source.name(), prompt.line))?;
                Ok((prompt, ids))
            });
            match request {
                Ok((prompt, ids)) => {
                    let index = prompt.line - 1;
                    open.borrow_mut().insert(index, prompt);
                    if !args.unordered {
                        waiting.borrow_mut().insert(index, None);
                    }
                    Some(Request { index, prompt: ids })
                }
                Err(error) => {
                    report(&format!("{error:#}"));
                    progress.inc(1);
                    None
                }
            }
        });
        let how = How { args, marks, tokenizer, seed: options.seed, settings };
        let mut failed = Ok(());
        let (mut tokens, mut texts) = (0u64, 0u64);
        let print = |line: &str| progress.suspend(|| sink.write(line));
        generate(
            model.as_mut(),
            requests,
            options,
            |index| marks.map(|marks| marks.hook(index)),
            |event| {
                match event {
                    Event::Token { .. } => tokens += 1,
                    Event::Finished { index, ids, reason } => {
                        let prompt = open.borrow_mut().remove(&index).expect("a text that ends was begun");
                        texts += 1;
                        failed = how.line(index, &prompt.id, &prompt.prompt, &ids, reason).and_then(|line| {
                            if args.unordered {
                                return print(&line);
                            }
                            waiting.borrow_mut().insert(index, Some(line));
                            first_whole(&mut waiting.borrow_mut()).iter().try_for_each(|line| print(line))
                        });
                        progress.inc(1);
                        progress.set_message(count(tokens, "token"));
                    }
                    Event::Refused { index, error } => {
                        open.borrow_mut().remove(&index);
                        waiting.borrow_mut().remove(&index);
                        failed = first_whole(&mut waiting.borrow_mut()).iter().try_for_each(|line| print(line));
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
        // What an interruption left behind a text that was never finished. A file keeps the order, for
        // the run that goes on.
        let left = waiting.take().into_values().flatten().filter(|_| sink.path().is_none());
        let failed = failed.and_then(|()| left.into_iter().try_for_each(|line| print_line(&line)));
        match failed {
            // A reader that has seen enough is no failure; a prompt that was refused before it left is one.
            Err(error) if is_closed_pipe(&error) => return Ok(outcome.get()),
            failed => failed?,
        }
        if interrupt::requested() {
            let begun = count(open.borrow().len() as u64, "text");
            let on = sink.path().map(|_| "; the same command goes on with it").unwrap_or_default();
            complain(&format!("interrupted: {begun} begun and not in the output{on}"));
            outcome.set(Outcome::Partly);
        }
        if !args.quiet {
            note(&how.summary(&format!("{}, {}", count(texts, "text"), count(tokens, "token"))));
        }
        Ok(outcome.get())
    }
}

/// Takes out the lines that wait for none before them.
fn first_whole(waiting: &mut BTreeMap<u64, Option<String>>) -> Vec<String> {
    let mut whole = Vec::new();
    while let Some(first) = waiting.first_entry().filter(|first| first.get().is_some()) {
        whole.extend(first.remove());
    }
    whole
}

/// Why a text ended, for people.
fn ended(reason: Finish) -> &'static str {
    match reason {
        Finish::Eos => "ended by the model",
        Finish::MaxTokens => "stopped at --max-tokens",
        Finish::ContextFull => "stopped where the model's context was full",
    }
}

fn finish(reason: Finish) -> &'static str {
    match reason {
        Finish::Eos => "eos",
        Finish::MaxTokens => "max_tokens",
        Finish::ContextFull => "context_full",
    }
}
