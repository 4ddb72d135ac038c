//! Attacks made ready: their models loaded, their options checked.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use greenmark_attacks::{
    Attacker, BackTranslation, Chat, LocalChat, Method, Other, PARAPHRASE_TEMPERATURE, Paraphrase, Phrases,
    PhrasesOptions, Plain, Resample, ResampleOptions, Synonyms, Table, Unit,
};

use crate::{args::AttackModelArgs, models::Writer};

const DEFAULT_MODEL: &str = "smollm2";
/// Of one way of a batch of texts.
const TRANSLATION_LIMIT: Duration = Duration::from_secs(300);

/// Refuses options that would do nothing.
pub(super) fn check(args: &AttackModelArgs, methods: &[Method]) -> Result<()> {
    let resamples = methods.iter().any(|method| matches!(method, Method::Resample));
    let paraphrases = methods.iter().any(|method| matches!(method, Method::Paraphrase));
    let phrases = methods.iter().any(|method| matches!(method, Method::Phrases));
    let synonyms = methods.iter().any(|method| matches!(method, Method::Synonyms));
    let any = resamples || paraphrases || phrases;
    for (option, is_given, acts, with) in [
        ("--span", args.span.is_some(), resamples, "resample"),
        ("--candidates", args.candidates.is_some(), resamples || phrases, "resample and phrases"),
        ("--table", args.table.is_some(), phrases, "phrases"),
        ("--wordnet", args.wordnet.is_some(), synonyms, "synonyms"),
        ("--unit", args.unit.is_some(), paraphrases, "paraphrase"),
        ("--endpoint", args.at.is_named(), paraphrases, "paraphrase"),
        ("--model", args.model.is_some(), any, "resample, phrases and paraphrase"),
        ("--temperature", args.temperature.is_some(), resamples || paraphrases, "resample and paraphrase"),
    ] {
        if is_given && !acts {
            bail!("{option} goes with {with}, which is not asked for");
        }
    }
    if args.model.is_some() && args.at.is_named() && !resamples && !phrases {
        bail!("--model does not go with --endpoint, whose model --endpoint-model names");
    }
    Ok(())
}

/// An attack with what it needs.
pub(super) fn attacker<'a>(method: Method, args: &AttackModelArgs, other: Other<'a>) -> Result<Box<dyn Attacker + 'a>> {
    Ok(match method {
        Method::Plain(attack) => Box::new(Plain { attack, other }),
        Method::Synonyms => Box::new(Synonyms::new(args.wordnet.as_deref())?),
        Method::Phrases => Box::new(phrases(args)?),
        Method::BackTranslation => Box::new(BackTranslation::new(TRANSLATION_LIMIT)?),
        Method::Resample => Box::new(resample(args)?),
        Method::Paraphrase => {
            let chat: Box<dyn Chat> = match args.at.chat(args.temperature.unwrap_or(PARAPHRASE_TEMPERATURE))? {
                Some(endpoint) => endpoint,
                None => Box::new(local(args).context("paraphrase")?),
            };
            Box::new(Paraphrase::new(chat, args.unit.map_or(Unit::Sentence, Unit::from)))
        }
    })
}

fn phrases(args: &AttackModelArgs) -> Result<Phrases> {
    let name = args.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let defaults = PhrasesOptions::default();
    let options = PhrasesOptions { candidates: args.candidates.map_or(defaults.candidates, usize::from), ..defaults };
    let table = Table::load(args.table.as_deref(), Table::LEAST)?;
    let Writer { model, reader } = Writer::named(name, None)?;
    Phrases::new(table, model, reader.tokenizer, name, options)
}

fn resample(args: &AttackModelArgs) -> Result<Resample> {
    let name = args.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let defaults = ResampleOptions::default();
    let options = ResampleOptions {
        span: args.span.map_or(defaults.span, usize::from),
        candidates: args.candidates.map_or(defaults.candidates, usize::from),
        temperature: args.temperature.unwrap_or(defaults.temperature),
        ..defaults
    };
    let Writer { model, reader } = Writer::named(name, None)?;
    Resample::new(model, reader.tokenizer, name, options)
}

fn local(args: &AttackModelArgs) -> Result<LocalChat> {
    let name = args.model.as_deref().unwrap_or(DEFAULT_MODEL);
    let Writer { model, reader } = Writer::named(name, None)?;
    let (tokenizer, template) = reader.into_chat()?;
    LocalChat::new(model, tokenizer, template, name, args.temperature.unwrap_or(PARAPHRASE_TEMPERATURE))
}
