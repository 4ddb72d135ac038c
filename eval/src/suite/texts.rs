//! The texts of a suite: written once at the greatest length, and cut to the shorter ones.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use greenmark::TokenId;
use greenmark_text::Tokenizer;

use super::{
    folder::Folder,
    plan::{Extent, Own, Plan},
};
use crate::{
    corpus::{self, Mark, Recipe, Text},
    setup::{Setup, describe, file_name, prompts_in},
};

/// The prompts that every suite's texts answer.
const PROMPTS: [&str; 2] =
    [include_str!("../../prompts/prompts.jsonl"), include_str!("../../prompts/more-prompts.jsonl")];

/// All texts of a suite.
#[derive(Debug)]
pub(super) struct Texts {
    /// The texts by mark, the unmarked ones first, and by the number of tokens that they were
    /// written at.
    written: Vec<(Option<Mark>, usize, Vec<Text>)>,
    /// The first tokens of each, by mark and length.
    beginnings: Vec<(Option<Mark>, usize, Vec<String>)>,
    /// Prompts, by the text's index.
    pub(super) prompts: Vec<Vec<TokenId>>,
}

impl Texts {
    /// Writes what the folder lacks of them: of every mark at the chief length, so that costs are
    /// compared at one, and at a mark's greatest where that is beyond.
    ///
    /// - `extent`: whether what is missing is written, or refused.
    /// - `say`: told of each file before it is written.
    ///
    /// # Errors
    /// An error of the model or of a file.
    pub(super) fn write(
        plan: &Plan,
        extent: Extent,
        seed: u64,
        setup: &mut Setup,
        folder: &mut Folder,
        say: &dyn Fn(&str),
    ) -> Result<Self> {
        let known = match &plan.prompts {
            Some(own) => setup.prompt_ids(&own.texts).with_context(|| own.name.clone())?,
            None => setup.prompt_ids(&prompts_in(&PROMPTS.concat())?)?,
        };
        // More texts than prompts: each prompt again, under another key.
        let prompts: Vec<Vec<TokenId>> = known.into_iter().cycle().take(plan.texts).collect();
        let jobs = corpus::jobs(&prompts);
        let path = folder.path().join("texts");
        let (mut written, mut beginnings) = (Vec::new(), Vec::new());
        for mark in std::iter::once(None).chain(plan.marks().copied().map(Some)) {
            let lengths = mark.map_or(&*plan.lengths, |mark| plan.lengths_of(&mark));
            let longest = lengths.iter().copied().filter(|&tokens| tokens > plan.chief_length).max();
            let mut of_mark: Vec<(usize, Vec<Text>)> = Vec::new();
            for tokens in std::iter::once(plan.chief_length).chain(longest) {
                let title = format!("{} texts of {tokens} tokens, mark: {}", plan.texts, describe(mark));
                let recipe = Recipe { mark, temperature: plan.temperature, tokens, seed };
                let name = format!("{}-{tokens}", file_name(mark, plan.temperature));
                let (_, mut known) = corpus::known(&path.join(format!("{name}.jsonl")), &setup.tokenizer)?;
                let missing = jobs.iter().filter(|job| !known.contains_key(&job.index)).count();
                if missing == 0 {
                    let texts: Option<Vec<Text>> = jobs.iter().map(|job| known.remove(&job.index)).collect();
                    of_mark.push((tokens, texts.context("no text is missing")?));
                    continue;
                }
                ensure!(
                    extent == Extent::Whole,
                    "{missing} of {title} are not written yet, so there is nothing to report: the same command without --report goes on"
                );
                say(&title);
                let start = Instant::now();
                folder.within("texts")?;
                of_mark.push((tokens, setup.texts(&path, &name, &recipe, &jobs)?));
                folder.made_something(start.elapsed())?;
            }
            let human = plan.human.as_ref().filter(|_| mark.is_none());
            let human = human.map(|own| cut(own, plan, &setup.tokenizer)).transpose()?;
            for &tokens in lengths {
                let of = human.as_ref().unwrap_or(&of_mark);
                beginnings.push((mark, tokens, begun(of, tokens, &setup.tokenizer)));
            }
            written.extend(of_mark.into_iter().map(|(tokens, texts)| (mark, tokens, texts)));
        }
        Ok(Self { written, beginnings, prompts })
    }

    /// Returns the texts of each mark, of none first, at the chief length.
    pub(super) fn at_chief_length<'t>(&'t self, plan: &Plan) -> impl Iterator<Item = (Option<Mark>, &'t [Text])> {
        let chief = plan.chief_length;
        self.written.iter().filter(move |(_, tokens, _)| *tokens == chief).map(|(mark, _, texts)| (*mark, &**texts))
    }

    /// Returns the first tokens of each text of a mark, of unmarked ones for `None`.
    ///
    /// # Panics
    /// If the suite has no such mark or length.
    pub(super) fn beginnings(&self, mark: Option<&Mark>, tokens: usize) -> &[String] {
        let found = self.beginnings.iter().find(|(of, length, _)| of.as_ref() == mark && *length == tokens);
        &found.expect("a suite's marks and lengths are all cut").2
    }
}

/// Returns as many texts by people as the plan has, each with the tokens of the greatest length.
fn cut(own: &Own, plan: &Plan, tokenizer: &Tokenizer) -> Result<Vec<(usize, Vec<Text>)>> {
    let longest = plan.lengths.iter().copied().max().context("a suite has a length")?;
    let mut texts = Vec::new();
    for text in &own.texts {
        let mut ids = tokenizer.encode(text)?;
        if ids.len() >= longest && texts.len() < plan.texts {
            ids.truncate(longest);
            let text = tokenizer.decode_text(&ids);
            texts.push(Text { index: texts.len() as u64, ids, text, surprise: f64::NAN });
        }
    }
    ensure!(
        texts.len() == plan.texts,
        "{}: {} of its texts have {longest} tokens, and {} are wanted: give more or longer ones, or fewer --texts",
        own.name,
        texts.len(),
        plan.texts
    );
    Ok(vec![(longest, texts)])
}

/// Returns the first tokens of the shortest texts that are long enough.
fn begun(of_mark: &[(usize, Vec<Text>)], tokens: usize, tokenizer: &Tokenizer) -> Vec<String> {
    let long_enough = of_mark.iter().filter(|(length, _)| *length >= tokens);
    let (length, texts) = long_enough.min_by_key(|(length, _)| *length).expect("the greatest length is written");
    let begin = |text: &Text| match text.ids.get(..tokens) {
        Some(ids) if tokens < *length => tokenizer.decode_text(ids),
        _ => text.text.clone(),
    };
    texts.iter().map(begin).collect()
}
