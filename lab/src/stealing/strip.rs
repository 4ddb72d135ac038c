//! Exchanging words that are believed green.

use std::collections::HashMap;

use greenmark_lm::{Candidates, LanguageModel, LmError, Sampling, SamplingParams, Scratch, TokenId};

use super::{Learner, Words, worth_of_one_more};

/// Alternatives of a place, and the probability that the model must give them at least.
const ALTERNATIVES: usize = 10;
const LEAST: f32 = 1e-3;

/// Prediction of an unmarked model for a place in a text, from the text before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The model's probability of the token at this place.
    pub own: f32,
    /// Other words for this place, with their probabilities; empty if the token is not a word.
    pub others: Vec<(TokenId, f32)>,
}

/// Returns the places of many texts.
///
/// - `before`: what the model is fed before each text.
///
/// # Errors
/// The model's.
pub fn places(
    model: &mut dyn LanguageModel,
    words: &Words,
    before: TokenId,
    texts: &[&[TokenId]],
) -> Result<Vec<Vec<Place>>, LmError> {
    let (width, batch) = (model.vocab_size(), model.preferred_batch().max(1));
    let sampling = Sampling::new(SamplingParams::default())?;
    let mut scratch = Scratch::default();
    let mut all = Vec::new();
    for texts in texts.chunks(batch) {
        let sequences: Vec<_> = texts.iter().map(|_| model.open()).collect();
        let mut places = vec![Vec::new(); texts.len()];
        for position in 0..texts.iter().map(|text| text.len()).max().unwrap_or(0) {
            let alive: Vec<usize> = (0..texts.len()).filter(|&i| position < texts[i].len()).collect();
            let last = |i: usize| position.checked_sub(1).map_or(before, |at| texts[i][at]);
            let fed: Vec<[TokenId; 1]> = alive.iter().map(|&i| [last(i)]).collect();
            let inputs: Vec<_> = alive.iter().zip(&fed).map(|(&i, fed)| (sequences[i], &fed[..])).collect();
            let mut logits = vec![0.0; alive.len() * width];
            model.forward(&inputs, &mut logits)?;
            for (&i, row) in alive.iter().zip(logits.chunks_exact(width)) {
                let own = texts[i][position];
                let Candidates { tokens, probabilities } = sampling.distribution(row, &mut scratch)?;
                let likely = tokens.iter().zip(probabilities).map(|(&token, &p)| (token, p));
                let mut others = Vec::new();
                if words.is_whole(own) && texts[i].get(position + 1).is_none_or(|&next| !words.goes_on(next)) {
                    let good = |token, p| p >= LEAST && token != own && words.is_whole(token);
                    others.extend(likely.filter(|&(token, p)| good(token, p)));
                    others.sort_by(|a, b| b.1.total_cmp(&a.1));
                    others.truncate(ALTERNATIVES);
                }
                places[i].push(Place { own: tokens.binary_search(&own).map_or(0.0, |i| probabilities[i]), others });
            }
        }
        sequences.into_iter().for_each(|sequence| model.close(sequence));
        all.extend(places);
    }
    Ok(all)
}

/// Returns the ids of a text after as many exchanges as each budget allows.
///
/// Greedily: each time the exchange that is believed to take most from the detector, until none
/// takes anything. An exchange changes the pair of its place and, through their contexts, the h
/// pairs after it. Each pair of the text counts as seen once, since the attacker knows that the
/// text is marked; so an attacker who has
/// learnt nothing begins with the words that surprise most.
///
/// - `places`: `[n]`, of `ids`.
/// - `budgets`: ascending.
pub fn strip(learner: &Learner<'_>, ids: &[TokenId], places: &[Place], budgets: &[usize]) -> Vec<Vec<TokenId>> {
    let mut text = Text::new(learner, ids, places);
    let mut best: Vec<Option<(f64, TokenId)>> = (0..ids.len()).map(|at| text.best(at)).collect();
    let mut stripped = Vec::new();
    let mut done = 0;
    for &budget in budgets {
        while done < budget {
            let greatest = (0..ids.len()).filter_map(|at| best[at].map(|(gain, token)| (gain, at, token)));
            let Some((_, at, token)) = greatest.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|best| best.0 > 0.0) else {
                break;
            };
            text.exchange(at, token);
            done += 1;
            // Other places' gains change with their contexts, and where contexts are short, with
            // how often pairs stand in the text.
            let near = if learner.width() == 0 {
                0..ids.len()
            } else {
                at.saturating_sub(learner.width())..ids.len().min(at + learner.width() + 1)
            };
            near.for_each(|at| best[at] = text.best(at));
        }
        stripped.push(text.ids.clone());
    }
    stripped
}

/// A text under attack.
struct Text<'a> {
    learner: &'a Learner<'a>,
    places: &'a [Place],
    ids: Vec<TokenId>,
    exchanged: Vec<bool>,
    times: HashMap<Vec<TokenId>, u32>,
}

impl<'a> Text<'a> {
    fn new(learner: &'a Learner<'a>, ids: &[TokenId], places: &'a [Place]) -> Self {
        let mut times = HashMap::new();
        for pair in ids.windows(learner.width() + 1) {
            *times.entry(pair.to_vec()).or_default() += 1;
        }
        Self { learner, places, ids: ids.to_vec(), exchanged: vec![false; ids.len()], times }
    }

    /// The positions whose pairs hold the token at a place, and have a context.
    fn touched(&self, at: usize) -> std::ops::Range<usize> {
        let width = self.learner.width();
        at.max(width)..self.ids.len().min(at + width + 1).max(at.max(width))
    }

    /// Returns the exchange of a word that takes most, and how much.
    fn best(&mut self, at: usize) -> Option<(f64, TokenId)> {
        if self.exchanged[at] {
            return None;
        }
        let before = self.evidence(at, 1);
        let (places, own) = (self.places, self.ids[at]);
        self.exchanged[at] = true;
        let gains = places[at].others.iter().map(|&(token, _)| {
            self.ids[at] = token;
            (before - self.evidence(at, 0), token)
        });
        let best = gains.max_by(|a, b| a.0.total_cmp(&b.0));
        self.ids[at] = own;
        self.exchanged[at] = false;
        best
    }

    /// Returns the estimated worth to the detector, beyond chance, of the pairs that hold the token
    /// at a place.
    ///
    /// - `counted`: 1 if they are counted in the text, 0 if they are only being thought of.
    fn evidence(&self, at: usize, counted: u32) -> f64 {
        let width = self.learner.width();
        let pairs = self.touched(at).map(|end| {
            let pair = &self.ids[end - width..=end];
            let (&token, context) = pair.split_last().expect("a token");
            let is_own = !self.exchanged[end - width..=end].contains(&true);
            let place = &self.places[end];
            let in_place = if self.exchanged[end] {
                place.others.iter().find(|other| other.0 == token).map_or(0.0, |other| other.1)
            } else {
                place.own
            };
            let belief = self.learner.belief(context, token, f64::from(in_place), u32::from(is_own));
            let others = self.times.get(pair).copied().unwrap_or(0) - counted;
            (belief - self.learner.gamma()) * worth_of_one_more(others)
        });
        pairs.sum()
    }

    fn exchange(&mut self, at: usize, token: TokenId) {
        let width = self.learner.width();
        for end in self.touched(at) {
            if let Some(times) = self.times.get_mut(&self.ids[end - width..=end]) {
                *times -= 1;
            }
        }
        self.ids[at] = token;
        self.exchanged[at] = true;
        for end in self.touched(at) {
            *self.times.entry(self.ids[end - width..=end].to_vec()).or_default() += 1;
        }
    }
}
