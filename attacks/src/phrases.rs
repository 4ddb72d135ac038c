//! Phrases give way to others of a scored table, chosen by a language model.
//!
//! The table is METEOR's (Denkowski & Lavie 2014, doi:10.3115/v1/W14-3348): English phrases that
//! were translated alike, found in parallel texts by pivoting (Bannard & Callison-Burch 2005,
//! doi:10.3115/1219840.1219914), with the probability that one is said for the other. It is fetched
//! when it is wanted (`scripts/fetch-paraphrase-table.sh`). Of the entries for a phrase the one is
//! taken after which the text is likeliest: its probability in the table, times that of itself and
//! of the next words under the language model.

mod table;

use std::{collections::BTreeSet, ops::Range};

use anyhow::Result;
use greenmark_lm::{LanguageModel, LmError, SequenceId, TokenId};
use greenmark_text::Tokenizer;
use serde_json::{Map, Value, json};

pub(crate) use self::table::Table;
use crate::{
    attack::{About, Attack, AttackError, Attacked, Strength, refuse_other_scripts, rng_of},
    branches::{self, Branch, Logits},
    descriptions::described,
    english::{agreeing, is_function_word, is_name, openings},
    links::linked,
    places::shuffle,
    split::{Words, in_case_of},
};
use greenmark_lm::opening;

pub(super) const NAME: &str = "phrases";

/// Rules for choosing phrases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PhrasesOptions {
    /// Entries of a phrase that the model chooses among, the most probable ones; at least 1.
    pub(crate) candidates: usize,
    /// Words after a phrase by which entries are judged.
    pub(crate) look_ahead: usize,
    /// Largest loss of ln p of the text by an entry, in nats. If all lose more, the phrase stays as
    /// it is and counts as unusable.
    pub(crate) tolerance: f64,
}

impl Default for PhrasesOptions {
    fn default() -> Self {
        Self { candidates: 8, look_ahead: 3, tolerance: 5.0 }
    }
}

/// The attack with its table and its model.
pub(crate) struct Phrases {
    table: Table,
    model: Box<dyn LanguageModel>,
    tokenizer: Tokenizer,
    name: String,
    options: PhrasesOptions,
    /// Ids that the model is fed before a text.
    opening: Vec<TokenId>,
}

/// Letters by which two words are taken for forms of one.
const BEGINNING: usize = 5;

/// Returns true if an entry of the table is of use: in plain small letters, and not the same
/// content words in another form or order.
fn is_usable(phrase: &str, other: &str) -> bool {
    let is_plain = |phrase: &str| {
        phrase.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ')
            && phrase.split(' ').all(|word| word.len() > 1 || matches!(word, "a" | "i"))
    };
    let is_inflected =
        !phrase.contains(' ') && !other.contains(' ') && (phrase.starts_with(other) || other.starts_with(phrase));
    if !is_plain(phrase) || !is_plain(other) || is_inflected {
        return false;
    }
    let (content, others) = (content(phrase), content(other));
    !content.is_empty() && !others.is_empty() && content != others
}

/// Words of a phrase that say something, by their beginnings.
fn content(phrase: &str) -> BTreeSet<&str> {
    let words = phrase.split(' ').filter(|word| !is_function_word(word));
    words.map(|word| &word[..word.len().min(BEGINNING)]).collect()
}

impl Phrases {
    /// - `name`: what reports call the model.
    ///
    /// # Errors
    /// An option that is out of range, or a tokenizer without a token to begin with.
    pub(crate) fn new(
        table: Table,
        model: Box<dyn LanguageModel>,
        tokenizer: Tokenizer,
        name: &str,
        options: PhrasesOptions,
    ) -> Result<Self> {
        anyhow::ensure!(options.candidates > 0, "a phrase needs one candidate at least");
        let opening = opening(&tokenizer)?;
        Ok(Self { table, model, tokenizer, name: name.into(), options, opening })
    }

    /// Finds the phrases of a text and draws those that go.
    fn plan<'t>(&self, text: &'t str, strength: Strength, seed: u64) -> Result<Run<'t>, AttackError> {
        refuse_other_scripts(NAME, text)?;
        let words = Words::of(text);
        let linked = linked(&words);
        let found = self.cover(&words, &linked);
        let places: usize = found.iter().map(Range::len).sum();
        let chosen = chosen(&found, strength.of(places), &mut rng_of(NAME, seed));
        let mut spans: Vec<Span> = Vec::new();
        let mut free_from = 0;
        for phrase in chosen {
            let end = phrase.end;
            spans.push(self.span(&words, &linked, phrase, free_from));
            free_from = end;
        }
        let (written, fed) = (String::with_capacity(text.len()), Vec::new());
        Ok(Run { text, spans, written, read: 0, changed: 0, unusable: 0, places, trunk: None, fed, failed: None })
    }

    /// Phrases of the table, in order and apart, that cover as many words of a text as they can; as
    /// few and long ones as that allows.
    fn cover(&self, words: &Words<'_>, linked: &[bool]) -> Vec<Range<usize>> {
        let small: Vec<String> = words.at.iter().map(|&at| words.pieces[at].to_lowercase()).collect();
        let openings = openings(words);
        let is_name = |i: usize| is_name(words.pieces[words.at[i]], openings[i]);
        let is_free: Vec<bool> = (0..words.len()).map(|i| !linked[i] && !is_name(i)).collect();
        let follows = |i: usize| words.at[i] == words.at[i - 1] + 2 && words.pieces[words.at[i] - 1] == " ";
        // Of the words up to each: how many are covered, by how many phrases, and where the last of them
        // begins.
        let mut best: Vec<(usize, std::cmp::Reverse<usize>, Option<usize>)> = vec![(0, std::cmp::Reverse(0), None)];
        for end in 1..=words.len() {
            let mut here = (best[end - 1].0, best[end - 1].1, None);
            let mut begin = end - 1;
            while end - begin <= self.table.longest() && is_free[begin] {
                if self.table.has(&small[begin..end].join(" ")) {
                    let (covered, std::cmp::Reverse(count), _) = best[begin];
                    let with = (covered + end - begin, std::cmp::Reverse(count + 1));
                    if with > (here.0, here.1) {
                        here = (with.0, with.1, Some(begin));
                    }
                }
                if begin == 0 || !follows(begin) || openings[begin] {
                    break;
                }
                begin -= 1;
            }
            best.push(here);
        }
        let mut found = Vec::new();
        let mut end = words.len();
        while end > 0 {
            match best[end].2 {
                None => end -= 1,
                Some(begin) => {
                    found.push(begin..end);
                    end = begin;
                }
            }
        }
        found.reverse();
        found
    }

    /// Returns the place of a phrase and its candidates. An article before it belongs to it, since
    /// the article changes with the candidate.
    ///
    /// - `linked`: of each word, whether it belongs to a link.
    /// - `free_from`: the first word that is in no phrase before.
    fn span(&self, words: &Words<'_>, linked: &[bool], phrase: Range<usize>, free_from: usize) -> Span {
        let length = phrase.len();
        let first = words.at[phrase.start];
        let before = phrase.start.checked_sub(1).filter(|&before| before >= free_from && !linked[before]);
        let article = before.map(|before| words.at[before]).filter(|&at| at + 2 == first);
        let article = article.filter(|&at| matches!(words.pieces[at], "a" | "an" | "A" | "An"));
        let begin = article.map_or(phrase.start, |_| phrase.start - 1);
        let bytes = words.start(begin)..words.place(phrase.end - 1).end;
        let small: Vec<String> = phrase.map(|i| words.pieces[words.at[i]].to_lowercase()).collect();
        let candidates = self.table.others(&small.join(" ")).into_iter().take(self.options.candidates);
        let candidates = candidates.map(|(other, probability)| {
            let other: Vec<&str> = other.split(' ').map(|word| if word == "i" { "I" } else { word }).collect();
            let mut text = other.join(" ");
            match article {
                None => text = in_case_of(&text, &words.pieces[first].chars().take(1).collect::<String>()),
                Some(at) => {
                    let before = agreeing(words.pieces[at], &text).unwrap_or_else(|| words.pieces[at].to_owned());
                    text = format!("{before} {text}");
                }
            }
            (text, f64::from(probability).ln())
        });
        Span { bytes, length, candidates: candidates.collect() }
    }

    /// Writes all spans of all runs, the next span of each at a time.
    fn rewrite(&mut self, runs: &mut [&mut Run<'_>]) -> Result<(), LmError> {
        for at in 0.. {
            let mut open: Vec<&mut Run<'_>> = runs
                .iter_mut()
                .map(|run| &mut **run)
                .filter(|run| at < run.spans.len() && run.failed.is_none())
                .collect();
            if open.is_empty() {
                break;
            }
            let mut ahead = Vec::new();
            for run in &mut open {
                ahead.push(self.ahead(run, at)?);
            }
            let mut drafts = Vec::new();
            let best = self.choose(&mut open, &ahead, at, &mut drafts);
            branches::close(self.model.as_mut(), &mut drafts);
            for (run, best) in open.into_iter().zip(best?) {
                run.write(at, best);
            }
        }
        Ok(())
    }

    /// Returns the ids that the model reads for each candidate of a span, and last for the present
    /// words: the text as it is by now, the candidate, and the next words.
    fn ahead(&self, run: &mut Run<'_>, at: usize) -> Result<Vec<Vec<TokenId>>, LmError> {
        let Span { bytes, candidates, .. } = &run.spans[at];
        let rest = &run.text[bytes.end..];
        let following = Words::of(rest);
        let end = following.start(self.options.look_ahead);
        let mut all = Vec::with_capacity(candidates.len() + 1);
        let present = &run.text[bytes.clone()];
        for candidate in candidates.iter().map(|(candidate, _)| &**candidate).chain([present]) {
            let text = [&run.written, &run.text[run.read..bytes.start], candidate, rest[..end].trim_end()].concat();
            let mut ids = self.opening.clone();
            ids.extend(self.tokenizer.encode(&text)?);
            all.push(ids);
        }
        let (longest, context_length) = (all.iter().map(Vec::len).max().unwrap_or(0), self.model.context_length());
        if longest > context_length {
            run.failed = Some(AttackError::TooLong { attack: NAME, tokens: longest, context_length });
            return Ok(Vec::new());
        }
        Ok(all)
    }

    /// Which candidate of the span is likeliest, for each run; none if all are much less likely
    /// than what stands there.
    fn choose(
        &mut self,
        runs: &mut [&mut Run<'_>],
        ahead: &[Vec<Vec<TokenId>>],
        at: usize,
        drafts: &mut Vec<Branch>,
    ) -> Result<Vec<Option<usize>>, LmError> {
        // A trunk holds what all candidates share but for its last token, from which they branch off.
        let shared: Vec<usize> = ahead.iter().map(|all| shared(all)).collect();
        let mut feeding = Vec::new();
        for ((run, all), &shared) in runs.iter_mut().zip(ahead).zip(&shared).filter(|(_, shared)| **shared > 0) {
            let trunk = &all[0][..shared - 1];
            if let (Some(sequence), false) = (run.trunk, trunk.starts_with(&run.fed)) {
                // What was written changed the tokens before it.
                self.model.close(sequence);
                (run.trunk, run.fed) = (None, Vec::new());
            }
            let sequence = run.trunk.unwrap_or_else(|| self.model.open());
            run.trunk = Some(sequence);
            if trunk.len() > run.fed.len() {
                feeding.push((sequence, trunk[run.fed.len()..].to_vec()));
                run.fed = trunk.to_vec();
            }
        }
        let inputs: Vec<_> = feeding.iter().map(|(sequence, ids)| (*sequence, &ids[..])).collect();
        if !inputs.is_empty() {
            Logits::of(self.model.as_mut(), &inputs)?;
        }
        let mut following: Vec<&[TokenId]> = Vec::new();
        let mut trunks = Vec::new();
        for ((run, all), &shared) in runs.iter().zip(ahead).zip(&shared).filter(|(_, shared)| **shared > 0) {
            for ids in all {
                drafts.push(Branch::new(trunks.len(), vec![ids[shared - 1]]));
                following.push(&ids[shared..]);
            }
            trunks.extend(run.trunk);
        }
        branches::judge(self.model.as_mut(), drafts, &following, &trunks)?;
        let mut judged = drafts.iter().map(|draft| draft.likelihood);
        let best = runs.iter().zip(ahead).map(|(run, all)| {
            let likelihoods: Vec<f64> = judged.by_ref().take(all.len()).collect();
            let (present, others) = likelihoods.split_last()?;
            let candidates = others.iter().zip(&run.spans[at].candidates).enumerate();
            let fitting = candidates.filter(|(_, (likelihood, _))| present - **likelihood <= self.options.tolerance);
            // Of equals the first.
            let scored = fitting.map(|(candidate, (likelihood, (_, ln_p)))| (candidate, likelihood + ln_p));
            scored.reduce(|best, other| if other.1 > best.1 { other } else { best }).map(|(candidate, _)| candidate)
        });
        Ok(best.collect())
    }
}

/// Phrases drawn until they have `count` words, or as near to it as phrases allow; in order.
fn chosen(found: &[Range<usize>], count: usize, rng: &mut impl rand_chacha::rand_core::Rng) -> Vec<Range<usize>> {
    let mut order: Vec<&Range<usize>> = found.iter().collect();
    shuffle(&mut order, found.len(), rng);
    let (mut chosen, mut words) = (BTreeSet::new(), 0);
    for phrase in order {
        if words + phrase.len() <= count {
            words += phrase.len();
            chosen.insert((phrase.start, phrase.end));
        }
    }
    chosen.into_iter().map(|(start, end)| start..end).collect()
}

/// Returns the length of the common beginning, which is shorter than each; 0 if there are none.
fn shared(all: &[Vec<TokenId>]) -> usize {
    let Some(first) = all.first() else { return 0 };
    let alike = |ids: &Vec<TokenId>| first.iter().zip(ids).take_while(|(a, b)| a == b).count().min(ids.len() - 1);
    all.iter().map(alike).min().unwrap_or(0)
}

/// A phrase of a text that goes.
struct Span {
    bytes: Range<usize>,
    /// In words.
    length: usize,
    /// The candidates, with ln of their probabilities in the table.
    candidates: Vec<(String, f64)>,
}

/// A text being attacked.
struct Run<'t> {
    text: &'t str,
    spans: Vec<Span>,
    /// The text as it is by now, up to where it was read.
    written: String,
    read: usize,
    changed: usize,
    unusable: usize,
    places: usize,
    trunk: Option<SequenceId>,
    /// Ids of the trunk.
    fed: Vec<TokenId>,
    failed: Option<AttackError>,
}

impl Run<'_> {
    fn write(&mut self, at: usize, candidate: Option<usize>) {
        let Span { bytes, length, candidates } = &self.spans[at];
        let Some(candidate) = candidate else {
            self.unusable += length;
            return;
        };
        self.written += &self.text[self.read..bytes.start];
        self.written += &candidates[candidate].0;
        self.read = bytes.end;
        self.changed += length;
    }

    fn finish(self) -> Result<Attacked, AttackError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let text = self.written + &self.text[self.read..];
        Ok(Attacked { text, changed: self.changed, places: self.places, unusable: self.unusable })
    }
}

impl Attack for Phrases {
    fn about(&self) -> About {
        described(NAME)
    }

    fn options(&self) -> Map<String, Value> {
        let PhrasesOptions { candidates, look_ahead, tolerance } = self.options;
        let options = json!({
            "model": self.name, "candidates": candidates, "look_ahead": look_ahead, "tolerance": tolerance,
            "entries": self.table.len(), "least_probability": self.table.least(),
        });
        options.as_object().cloned().unwrap_or_default()
    }

    fn batch(&self) -> usize {
        (self.model.preferred_batch() / (self.options.candidates + 1)).max(1)
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
            let result = result.map_err(|error| AttackError::Model { attack: NAME, reason: error.to_string() });
            done.extend(runs.into_iter().map(|run| {
                let run = run?;
                result.clone()?;
                run.finish()
            }));
        }
        done
    }
}

#[cfg(test)]
mod tests;
