//! Beliefs about colours, from counts.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasherDefault,
};

use greenmark_lm::TokenId;

use crate::{mix, operating::simulation::Mixed};

/// Counts of contexts in texts, and of the tokens after them.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    width: usize,
    contexts: HashMap<u64, u32, BuildHasherDefault<Mixed>>,
    pairs: HashMap<u64, u32, BuildHasherDefault<Mixed>>,
    tokens: usize,
}

/// The positions of a text that a mark acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scored {
    /// All that have a context: green.
    All,
    /// Those whose context is new to the text: gumbel.
    NewContexts,
}

impl Counts {
    /// Returns empty counts of contexts of `width` tokens.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Tokens of a context.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the number of tokens read.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Counts the pairs of one text.
    pub fn read(&mut self, ids: &[TokenId], scored: Scored) {
        self.tokens += ids.len();
        let mut seen = HashSet::new();
        for window in ids.windows(self.width + 1) {
            let [context @ .., token] = window else { unreachable!("a window is not empty") };
            let context = context_number(context);
            if scored == Scored::All || seen.insert(context) {
                *self.contexts.entry(context).or_default() += 1;
                *self.pairs.entry(pair_number(context, *token)).or_default() += 1;
            }
        }
    }

    fn of_context(&self, context: u64) -> u32 {
        self.contexts.get(&context).copied().unwrap_or(0)
    }

    fn of_pair(&self, context: u64, token: TokenId) -> u32 {
        self.pairs.get(&pair_number(context, token)).copied().unwrap_or(0)
    }
}

fn context_number(context: &[TokenId]) -> u64 {
    context.iter().fold(mix(context.len() as u64), |state, &id| mix(state ^ u64::from(id)))
}

pub(super) fn pair_number(context: u64, token: TokenId) -> u64 {
    mix(context ^ u64::from(token).wrapping_mul(0xD6E8_FEB8_6659_FD93))
}

/// An attacker's estimate of the colours of one key.
///
/// In a context that came up n times, a token of unmarked probability p came o times. By the mark
/// it comes with probability q = p·e^δ / (p·e^δ + (1 − p)·Z) if it is green and p / (p + (1 − p)·Z)
/// if it is red, Z = 1 + γ(e^δ − 1) being what others' weights grow by on average. The likelihood
/// ratio of the two binomials turns γ, the belief without a sample, into the belief.
///
/// p is the share of the token after that context in unmarked text, smoothed by what the model
/// gives it in place, as if that had been seen five times: where unmarked text has the context
/// often, it speaks for all places at which the context stood; elsewhere the place must do.
///
/// In gumbel, which favours tokens whose words happen to be great, a token counts as green that
/// wins as oftener as green ones do at γ = 1/4 and δ = 2.
#[derive(Debug, Clone)]
pub struct Learner<'b> {
    marked: Counts,
    unmarked: &'b Counts,
    scored: Scored,
    gamma: f64,
    delta: f64,
}

/// Weight of the model's probability in place, in unmarked samples of the context.
const SMOOTHING: f64 = 5.0;
/// No counts convince more, in nats: samples of one context are not independent.
const MOST: f64 = 12.0;

impl<'b> Learner<'b> {
    /// Makes an attacker that has seen no marked text.
    ///
    /// - `unmarked`: of contexts of the scheme's width.
    /// - `delta`: what the attacker takes the bias for.
    pub fn new(unmarked: &'b Counts, scored: Scored, gamma: f64, delta: f64) -> Self {
        Self { marked: Counts::new(unmarked.width), unmarked, scored, gamma, delta }
    }

    /// Learns from a marked text.
    pub fn read(&mut self, ids: &[TokenId]) {
        self.marked.read(ids, self.scored);
    }

    /// Returns the counts of the marked text read so far.
    pub fn marked(&self) -> &Counts {
        &self.marked
    }

    /// Tokens of a context.
    pub fn width(&self) -> usize {
        self.unmarked.width
    }

    /// γ, the belief where nothing is known.
    pub fn gamma(&self) -> f64 {
        self.gamma
    }

    /// Returns true if the context ever stood in a marked text.
    pub fn knows(&self, context: &[TokenId]) -> bool {
        self.marked.of_context(context_number(context)) > 0
    }

    /// The probability that a token is green in a context, by what was learnt.
    ///
    /// - `in_place`: the unmarked model's probability of the token at its place in the text.
    /// - `written`: further sightings of the pair, in the text under attack.
    pub fn belief(&self, context: &[TokenId], token: TokenId, in_place: f64, written: u32) -> f64 {
        let context = context_number(context);
        let all = f64::from(self.marked.of_context(context) + written);
        if all == 0.0 {
            return self.gamma;
        }
        let hits = f64::from(self.marked.of_pair(context, token) + written);
        let unmarked_hits = f64::from(self.unmarked.of_pair(context, token)) + SMOOTHING * in_place;
        let p = unmarked_hits / (f64::from(self.unmarked.of_context(context)) + SMOOTHING);
        let p = p.clamp(1e-9, 1.0 - 1e-9);
        let favour = self.delta.exp();
        let others = (1.0 - p) * (1.0 + self.gamma * (favour - 1.0));
        let (green, red) = (p * favour / (p * favour + others), p / (p + others));
        let ln_ratio = hits * (green / red).ln() + (all - hits) * ((1.0 - green) / (1.0 - red)).ln();
        let odds = ln_ratio.clamp(-MOST, MOST).exp() * self.gamma / (1.0 - self.gamma);
        odds / (1.0 + odds)
    }
}
