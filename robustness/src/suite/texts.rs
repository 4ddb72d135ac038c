//! The texts of a suite: written once at the greatest length, and cut to the shorter ones.

use anyhow::Result;
use greenmark::TokenId;
use greenmark_lm::Tokenizer;

use super::{folder::Folder, plan::Plan};
use crate::{
    corpus::{Job, Mark, Recipe, Text},
    setup::{Setup, describe, file_name},
};

/// The prompts that every suite's texts answer.
const PROMPTS: [&str; 2] =
    [include_str!("../../../eval/prompts.jsonl"), include_str!("../../../eval/more-prompts.jsonl")];

/// All texts of a suite.
#[derive(Debug)]
pub(super) struct Texts {
    /// Of each mark, of none first, and each number of tokens that texts were written at.
    written: Vec<(Option<Mark>, usize, Vec<Text>)>,
    /// What the model continued, by the text's index.
    pub(super) prompts: Vec<Vec<TokenId>>,
}

impl Texts {
    /// Writes what the folder lacks of them: of every mark at the chief length, so that costs are compared at one, and at a mark's greatest
    /// where that is beyond.
    ///
    /// - `say`: told of each file before it is written.
    ///
    /// # Errors
    /// What the model or a file has against it.
    pub(super) fn write(
        plan: &Plan,
        seed: u64,
        setup: &mut Setup,
        folder: &Folder,
        say: &dyn Fn(&str),
    ) -> Result<Self> {
        let known = setup.prompt_ids(PROMPTS.into_iter().flat_map(str::lines))?;
        // More texts than prompts: each prompt again, under another key.
        let prompts: Vec<Vec<TokenId>> = known.into_iter().cycle().take(plan.texts).collect();
        let jobs: Vec<Job> =
            (0..).zip(&prompts).map(|(index, prompt)| Job { index, prompt: prompt.clone(), key: index }).collect();
        let path = folder.within("texts")?;
        let mut written = Vec::new();
        for mark in std::iter::once(None).chain(plan.marks().copied().map(Some)) {
            let lengths = mark.map_or(&*plan.lengths, |mark| plan.lengths_of(&mark));
            let longest = lengths.iter().copied().filter(|&tokens| tokens > plan.chief_length).max();
            for tokens in std::iter::once(plan.chief_length).chain(longest) {
                say(&format!("{} texts of {tokens} tokens, mark: {}", plan.texts, describe(mark)));
                let recipe = Recipe { mark, temperature: plan.temperature, tokens, seed };
                let name = format!("{}-{tokens}", file_name(mark, plan.temperature));
                written.push((mark, tokens, setup.texts(&path, &name, &recipe, &jobs)?));
            }
        }
        Ok(Self { written, prompts })
    }

    /// The texts of each mark, of none first, at the chief length.
    pub(super) fn at_chief_length<'t>(&'t self, plan: &Plan) -> impl Iterator<Item = (Option<Mark>, &'t [Text])> {
        let chief = plan.chief_length;
        self.written.iter().filter(move |(_, tokens, _)| *tokens == chief).map(|(mark, _, texts)| (*mark, &**texts))
    }

    /// The first tokens of each text of a mark, of unmarked ones for `None`.
    ///
    /// # Panics
    /// If the suite has no such mark, or its texts are shorter.
    pub(super) fn beginnings(&self, mark: Option<&Mark>, tokens: usize, tokenizer: &Tokenizer) -> Vec<String> {
        let of_mark = self.written.iter().filter(|(of, length, _)| of.as_ref() == mark && *length >= tokens);
        let (_, length, texts) =
            of_mark.min_by_key(|(_, length, _)| *length).expect("the texts of a suite's marks and lengths are written");
        let begin = |text: &Text| match text.ids.get(..tokens) {
            Some(ids) if tokens < *length => tokenizer.decode_text(ids),
            _ => text.text.clone(),
        };
        texts.iter().map(begin).collect()
    }
}
