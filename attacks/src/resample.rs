//! A language model writes parts of a text anew.
//!
//! Spans of tokens are drawn, and for each the model samples as many tokens, given all that
//! precedes, its own earlier ones included. So that what it writes leads on to what follows, it
//! makes several drafts of a span and the one is kept after which the next few tokens of
//! the text are likeliest. With one draft it sees only what precedes.
//!
//! Kuditipudi et al. 2023 (arXiv:2307.15593) corrupt by tokens drawn uniformly; drawing them from a
//! model keeps the text readable, and is one step of the random walk by which Zhang et al. 2023
//! (arXiv:2311.04378) prove that every mark can be removed. Their walk accepts a step if a judge
//! finds the text as good as before. Here the likelihood of what follows is the judge, and each
//! place is visited once.

use std::{collections::BTreeSet, ops::Range};

use anyhow::{Context, Result};
use greenmark_lm::{LanguageModel, LmError, Sampling, SamplingParams, SequenceId, TokenId};
use greenmark_text::{Encoded, Tokenizer};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::{
    attack::{About, Attack, AttackError, Attacked, Strength, rng_of},
    branches::{self, Branch, Logits},
    descriptions::described,
    places::spans,
};
use greenmark_lm::opening;

pub(super) const NAME: &str = "resample";

/// Rules for writing spans.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ResampleOptions {
    /// Tokens of a span, at least 1. Usual are 1, 5 and 20.
    pub(crate) span: usize,
    /// Drafts of a span, at least 1. One draft is kept as it is.
    pub(crate) candidates: usize,
    /// Tokens after a span by which drafts are judged. With 0 they are not.
    pub(crate) look_ahead: usize,
    /// Temperature of the sampling; nothing is filtered.
    pub(crate) temperature: f64,
}

impl Default for ResampleOptions {
    fn default() -> Self {
        Self { span: 1, candidates: 4, look_ahead: 10, temperature: 1.0 }
    }
}

/// The attack with its model.
pub(crate) struct Resample {
    model: Box<dyn LanguageModel>,
    tokenizer: Tokenizer,
    name: String,
    options: ResampleOptions,
    sampling: Sampling,
    /// Tokens that are never drawn: special ones, and parts of a character, which might not find
    /// the rest of it.
    barred: Vec<TokenId>,
    /// Ids that the model is fed before a text.
    opening: Vec<TokenId>,
}

impl Resample {
    /// - `name`: what reports call the model.
    ///
    /// # Errors
    /// An option that is out of range, or a tokenizer without a token to begin with.
    pub(crate) fn new(
        model: Box<dyn LanguageModel>,
        tokenizer: Tokenizer,
        name: &str,
        options: ResampleOptions,
    ) -> Result<Self> {
        anyhow::ensure!(options.span > 0, "a span has one token at least");
        anyhow::ensure!(options.candidates > 0, "a span needs one candidate at least");
        let sampling = Sampling::new(SamplingParams { temperature: options.temperature, ..SamplingParams::default() })?;
        let width = TokenId::try_from(model.vocab_size()).context("too wide a vocabulary")?;
        let barred = (0..width).filter(|&id| {
            let is_word = tokenizer.token_name(id).is_some() && !tokenizer.is_special(id);
            !is_word || tokenizer.decode(&[id]).contains(char::REPLACEMENT_CHARACTER)
        });
        let barred = barred.collect();
        let opening = opening(&tokenizer)?;
        Ok(Self { model, tokenizer, name: name.into(), options, sampling, barred, opening })
    }

    /// Reads a text and draws its spans.
    fn plan<'t>(&self, text: &'t str, strength: Strength, seed: u64) -> Result<Run<'t>, AttackError> {
        let Encoded { ids, places: bytes } = self.tokenizer.encode_with_places(text).map_err(failed)?;
        let vocab_size = self.model.vocab_size();
        if let Some(&token) = ids.iter().find(|&&token| token as usize >= vocab_size) {
            return Err(failed(LmError::TokenOutOfRange { token, vocab_size }));
        }
        let (tokens, context_length) = (self.opening.len() + ids.len(), self.model.context_length());
        if tokens > context_length && strength.share() > 0.0 {
            return Err(AttackError::TooLong { attack: NAME, tokens, context_length });
        }
        let mut rng = rng_of(NAME, seed);
        let ends = whole_characters(&bytes);
        let begin_of = |unit: usize| unit.checked_sub(1).map_or(0, |before| ends[before]);
        let spans = spans(ends.len(), self.options.span, strength, &mut rng);
        let spans = spans.into_iter().map(|span| begin_of(span.start)..begin_of(span.end)).collect();
        Ok(Run { text, ids, bytes, spans, written: Vec::new(), rng, trunk: None })
    }

    /// Rewrites all spans of all runs, the next span of each at a time.
    fn rewrite(&mut self, runs: &mut [&mut Run<'_>]) -> Result<(), LmError> {
        for run in runs.iter_mut() {
            run.trunk = Some(self.model.open());
        }
        loop {
            let mut open: Vec<&mut Run<'_>> =
                runs.iter_mut().map(|run| &mut **run).filter(|run| run.is_open()).collect();
            if open.is_empty() {
                return Ok(());
            }
            let mut drafts = Vec::new();
            let result = self.advance(&mut open, &mut drafts);
            branches::close(self.model.as_mut(), &mut drafts);
            result?;
        }
    }

    /// Writes the next span of every run; the drafts' sequences are left to be closed.
    fn advance(&mut self, runs: &mut [&mut Run<'_>], drafts: &mut Vec<Branch>) -> Result<(), LmError> {
        // The trunk holds the text as it is by now, and is fed once from left to right. Drafts branch off
        // it.
        let trunks: Vec<SequenceId> = runs.iter().filter_map(|run| run.trunk).collect();
        let fed: Vec<Vec<TokenId>> = runs.iter().map(|run| run.up_to_span(&self.opening)).collect();
        let inputs: Vec<_> = trunks.iter().copied().zip(fed.iter().map(Vec::as_slice)).collect();
        let mut logits = Logits::of(self.model.as_mut(), &inputs)?;
        for (of, run) in runs.iter_mut().enumerate() {
            logits.bar(of, &self.barred);
            for _ in 0..self.options.candidates {
                let token = logits.draw(of, self.sampling, &mut run.rng)?;
                drafts.push(Branch::new(of, vec![token]));
            }
        }

        let lengths: Vec<usize> = runs.iter().map(|run| run.span().len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        for length in 1..longest {
            let growing = drafts.iter_mut().filter(|draft| length < lengths[draft.of]);
            let mut growing: Vec<(&mut Branch, TokenId)> = growing
                .map(|draft| {
                    let last = draft.last();
                    (draft, last)
                })
                .collect();
            let mut logits = branches::feed(self.model.as_mut(), &mut growing, &trunks)?;
            for (row, (draft, _)) in growing.into_iter().enumerate() {
                logits.bar(row, &self.barred);
                draft.tokens.push(logits.draw(row, self.sampling, &mut runs[draft.of].rng)?);
            }
        }

        // Drafts that say the same are judged once, and one that is alone is not.
        let mut seen = BTreeSet::new();
        let (mut distinct, same): (Vec<Branch>, Vec<Branch>) =
            drafts.drain(..).partition(|draft| seen.insert((draft.of, draft.tokens.clone())));
        let has_rivals = |of| distinct.iter().filter(|draft| draft.of == of).count() > 1;
        let following: Vec<&[TokenId]> = (0..runs.len())
            .map(|of| if has_rivals(of) { runs[of].following(self.options.look_ahead) } else { &[] })
            .collect();
        let ahead: Vec<&[TokenId]> = distinct.iter().map(|draft| following[draft.of]).collect();
        let judged = branches::judge(self.model.as_mut(), &mut distinct, &ahead, &trunks);
        let best: Vec<Vec<TokenId>> = (0..runs.len())
            .map(|of| {
                // Of equals the first.
                let own = distinct.iter().filter(|draft| draft.of == of).rev();
                own.max_by(|a, b| a.likelihood.total_cmp(&b.likelihood))
                    .map(|draft| draft.tokens.clone())
                    .unwrap_or_default()
            })
            .collect();
        drafts.extend(distinct.into_iter().chain(same));
        judged?;
        for (run, tokens) in runs.iter_mut().zip(best) {
            run.written.push(tokens);
        }
        Ok(())
    }
}

impl Attack for Resample {
    fn about(&self) -> About {
        described(NAME)
    }

    fn options(&self) -> Map<String, Value> {
        let ResampleOptions { span, candidates, look_ahead, temperature } = self.options;
        let options = json!({
            "model": self.name, "span": span, "candidates": candidates, "look_ahead": look_ahead, "temperature": temperature,
        });
        options.as_object().cloned().unwrap_or_default()
    }

    fn batch(&self) -> usize {
        (self.model.preferred_batch() / self.options.candidates).max(1)
    }

    fn attack(&mut self, texts: &[&str], strength: Strength, seed: u64) -> Vec<Result<Attacked, AttackError>> {
        let mut done = Vec::with_capacity(texts.len());
        for texts in texts.chunks(self.batch()) {
            let mut runs: Vec<_> = texts.iter().map(|text| self.plan(text, strength, seed)).collect();
            let mut open: Vec<&mut Run<'_>> = runs.iter_mut().flatten().collect();
            let result = self.rewrite(&mut open);
            for trunk in open.iter().filter_map(|run| run.trunk) {
                self.model.close(trunk);
            }
            let result = result.map_err(failed);
            done.extend(runs.into_iter().map(|run| {
                let run = run?;
                result.clone()?;
                Ok(run.finish(&self.tokenizer))
            }));
        }
        done
    }
}

fn failed(error: impl Into<LmError>) -> AttackError {
    AttackError::Model { attack: NAME, reason: error.into().to_string() }
}

/// For each whole character or more, the end of its tokens: a character may take several.
fn whole_characters(bytes: &[Range<usize>]) -> Vec<usize> {
    (1..=bytes.len()).filter(|&end| bytes.get(end).is_none_or(|next| bytes[end - 1].end <= next.start)).collect()
}

/// A text being attacked.
struct Run<'t> {
    text: &'t str,
    ids: Vec<TokenId>,
    /// Place of each token.
    bytes: Vec<Range<usize>>,
    /// In tokens, ascending.
    spans: Vec<Range<usize>>,
    /// New ids of the first of them.
    written: Vec<Vec<TokenId>>,
    rng: ChaCha8Rng,
    trunk: Option<SequenceId>,
}

impl Run<'_> {
    fn is_open(&self) -> bool {
        self.written.len() < self.spans.len()
    }

    fn span(&self) -> Range<usize> {
        self.spans[self.written.len()].clone()
    }

    /// Returns the ids to add to the trunk before the next span: the last span as it was written,
    /// or the opening, and the kept ids after it.
    fn up_to_span(&self, opening: &[TokenId]) -> Vec<TokenId> {
        let (written, from) = match self.written.last() {
            None => (opening, 0),
            Some(tokens) => (&tokens[..], self.spans[self.written.len() - 1].end),
        };
        [written, &self.ids[from..self.span().start]].concat()
    }

    /// Returns the tokens of the text after the next span, `count` at most, whether they are to be
    /// kept or not.
    fn following(&self, count: usize) -> &[TokenId] {
        let end = self.span().end;
        &self.ids[end..self.ids.len().min(end + count)]
    }

    /// Returns the text with its spans as they were written. What was kept is the same to the byte,
    /// whatever the tokenizer makes of it.
    fn finish(self, tokenizer: &Tokenizer) -> Attacked {
        let mut text = String::with_capacity(self.text.len());
        let (mut kept_from, mut before) = (0, None);
        for (i, (span, tokens)) in self.spans.iter().zip(&self.written).enumerate() {
            let is_adjacent = i > 0 && self.spans[i - 1].end == span.start;
            if !is_adjacent {
                before = span.start.checked_sub(1).map(|at| self.ids[at]);
            }
            text += &self.text[kept_from..self.bytes[span.start].start.max(kept_from)];
            text += &decode_after(tokenizer, before, tokens);
            kept_from = self.bytes[span.end - 1].end;
            before = tokens.last().copied();
        }
        text += &self.text[kept_from..];
        let changed = self.spans.iter().map(Range::len).sum();
        Attacked { text, changed, places: self.ids.len(), unusable: 0 }
    }
}

/// Returns the text of tokens that follow another: some tokenizers begin a text otherwise than they
/// go on.
fn decode_after(tokenizer: &Tokenizer, before: Option<TokenId>, tokens: &[TokenId]) -> String {
    let Some(before) = before else { return tokenizer.decode(tokens) };
    let both = tokenizer.decode(&[&[before], tokens].concat());
    both.strip_prefix(&tokenizer.decode(&[before])).map_or_else(|| tokenizer.decode(tokens), str::to_owned)
}

#[cfg(test)]
mod tests;
