//! Writing with a learnt bias.

use std::{cell::Cell, collections::HashMap};

use greenmark_lm::{LogitsHook, TokenId};

use super::{Learner, worth_of_one_more};

/// Below this share of the likeliest token's probability no token is pushed: ln.
const LEAST: f32 = -9.0;

/// Lets an unmarked model write what the victim's key will call marked.
///
/// To the logit of a token the attacker adds the strength times the belief in its colour beyond γ,
/// and less where the pair already stands in the text. In an unknown context nothing is added.
#[derive(Debug)]
pub struct Forger<'l> {
    learner: &'l Learner<'l>,
    strength: f64,
    ids: Vec<TokenId>,
    times: HashMap<Vec<TokenId>, u32>,
    surprise: &'l Cell<f64>,
    ln_p: Vec<f32>,
}

impl<'l> Forger<'l> {
    /// Returns the forger of one text.
    ///
    /// - `strength`: nats.
    /// - `surprise`: gathers −ln of the unmarked model's probability of what is written, in nats.
    pub fn new(learner: &'l Learner<'l>, strength: f64, surprise: &'l Cell<f64>) -> Self {
        Self { learner, strength, ids: Vec::new(), times: HashMap::new(), surprise, ln_p: Vec::new() }
    }
}

impl LogitsHook for Forger<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let ln_sum = greatest + logits.iter().map(|logit| (logit - greatest).exp()).sum::<f32>().ln();
        self.ln_p.clear();
        self.ln_p.extend(logits.iter().map(|logit| logit - ln_sum));
        let Some(from) = self.ids.len().checked_sub(self.learner.width()) else { return };
        let context = &self.ids[from..];
        if self.strength == 0.0 || !self.learner.knows(context) {
            return;
        }
        let mut pair = [context, &[0]].concat();
        for (token, (logit, &ln_p)) in (0..).zip(logits.iter_mut().zip(&self.ln_p)) {
            if *logit >= greatest + LEAST {
                *pair.last_mut().expect("a token") = token;
                let worth = worth_of_one_more(self.times.get(&pair).copied().unwrap_or(0));
                let belief = self.learner.belief(context, token, f64::from(ln_p.exp()), 0);
                *logit += (self.strength * worth * (belief - self.learner.gamma())) as f32;
            }
        }
    }

    fn push(&mut self, token: TokenId) {
        let ln_p = self.ln_p.get(token as usize).copied().unwrap_or(0.0);
        self.surprise.set(self.surprise.get() - f64::from(ln_p));
        self.ids.push(token);
        if let Some(from) = self.ids.len().checked_sub(self.learner.width() + 1) {
            *self.times.entry(self.ids[from..].to_vec()).or_default() += 1;
        }
    }
}
