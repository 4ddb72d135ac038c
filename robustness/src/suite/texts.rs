//! The texts of a suite: written once at the greatest length, and cut to the shorter ones.

use std::collections::{BTreeMap, btree_map::Entry};

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
    /// By tokens, the unmarked ones: of every length that a mark's are written at.
    plain: BTreeMap<usize, Vec<Text>>,
    /// Of each mark, with the tokens that its texts were written at.
    marked: Vec<(Mark, usize, Vec<Text>)>,
    /// What the model continued, by the text's index.
    pub(super) prompts: Vec<Vec<TokenId>>,
}

/// Tokens that a mark's texts are written at.
fn written(plan: &Plan, mark: &Mark) -> usize {
    plan.lengths_of(mark).last().copied().unwrap_or(plan.chief_length)
}

impl Texts {
    /// Writes what the folder lacks of them.
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
        let mut write = |mark: Option<Mark>, tokens| {
            say(&format!("{} texts of {tokens} tokens, mark: {}", plan.texts, describe(mark)));
            let recipe = Recipe { mark, temperature: plan.temperature, tokens, seed };
            setup.texts(&path, &format!("{}-{tokens}", file_name(mark, plan.temperature)), &recipe, &jobs)
        };
        let mut plain = BTreeMap::new();
        let mut marked = Vec::new();
        for &mark in plan.marks() {
            let tokens = written(plan, &mark);
            if let Entry::Vacant(unwritten) = plain.entry(tokens) {
                unwritten.insert(write(None, tokens)?);
            }
            marked.push((mark, tokens, write(Some(mark), tokens)?));
        }
        Ok(Self { plain, marked, prompts })
    }

    /// Of each mark the tokens of its texts, those texts as they were written, and unmarked ones of the same length.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (Mark, usize, &[Text], &[Text])> {
        self.marked.iter().map(|(mark, tokens, texts)| (*mark, *tokens, &**texts, &*self.plain[tokens]))
    }

    /// The unmarked texts of each length that texts are written at, shortest first.
    pub(super) fn unmarked(&self) -> impl Iterator<Item = (usize, &[Text])> {
        self.plain.iter().map(|(&tokens, texts)| (tokens, &**texts))
    }

    /// The first tokens of each text of a mark, of unmarked ones for `None`.
    ///
    /// # Panics
    /// If the suite has no such mark, or its texts are shorter.
    pub(super) fn beginnings(&self, mark: Option<&Mark>, tokens: usize, tokenizer: &Tokenizer) -> Vec<String> {
        let texts = match mark {
            Some(mark) => self.marked.iter().find(|(known, ..)| known == mark).map(|(_, _, texts)| texts),
            None => self.plain.range(tokens..).next().map(|(_, texts)| texts),
        };
        let texts = texts.expect("the texts of a suite's marks and lengths are written");
        let begin = |text: &Text| match text.ids.get(..tokens) {
            Some(ids) if ids.len() < text.ids.len() => tokenizer.decode_text(ids),
            _ => text.text.clone(),
        };
        texts.iter().map(begin).collect()
    }
}
