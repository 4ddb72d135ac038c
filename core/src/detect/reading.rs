//! A text as a scheme reads it, before any key: which of its positions count. SPEC §6.2, §6.4.

use core::f64::consts::LN_2;
use std::sync::Arc;

use super::{
    dedup::Dedup,
    detection::ln_tail,
    scores::{MOST_WEIGHED, Places, Scores, Weights},
    weight::weight,
};
use crate::{
    field::{LANES, Seeds},
    mark,
    scheme::Scheme,
    token::TokenId,
};

/// The positions of a text that count: the same for every key, so that many keys can share one.
///
/// [`Detector::read`](crate::Detector::read) makes it, and
/// [`Detector::score`](crate::Detector::score) of any detector of the same scheme scores it.
///
/// SPEC §6.2 steps 1 to 3, §6.4.
#[derive(Debug, Clone)]
pub struct Reading<'t> {
    scheme: Scheme,
    ids: &'t [TokenId],
    /// By position, the number of times that its n-gram occurs in the text; 0 for a repeat, and
    /// without a context.
    multiplicity: Vec<u32>,
    places: Arc<Places>,
}

impl<'t> Reading<'t> {
    /// Reads a text: `[n]` ids, any n.
    ///
    /// - `salt`: secret, so that a text can't be written to make the table slow.
    pub(crate) fn new(scheme: Scheme, ids: &'t [TokenId], salt: u64) -> Self {
        let mut dedup = Dedup::with_capacity(scheme, salt, ids.len());
        let mut scored = Vec::with_capacity(ids.len());
        let mut multiplicity = vec![0u32; ids.len()];
        for position in 0..ids.len() {
            let Some(first) = dedup.first(ids, position) else { continue };
            multiplicity[first] = multiplicity[first].saturating_add(1);
            if first == position {
                scored.push(position);
            }
        }
        let places = places(scheme, ids, &multiplicity, scored);
        Self { scheme, ids, multiplicity, places }
    }

    /// Keeps the positions for which `keep` holds, and counts the others as repeated.
    ///
    /// `keep` sees what counts once: the h ids of the context, in green with the token behind them.
    /// Any choice that follows from the ids alone leaves the test valid. Its use is to count what
    /// many texts share in one of them only.
    pub fn retain(&mut self, mut keep: impl FnMut(&[TokenId]) -> bool) {
        let (width, behind) = (self.scheme.context_width().get(), usize::from(self.scheme.gamma().is_some()));
        let kept = self.places.scored.iter().copied().filter(|&at| keep(&self.ids[at - width..at + behind]));
        self.places = places(self.scheme, self.ids, &self.multiplicity, kept.collect());
    }

    /// Returns T, the number of positions that count.
    pub fn scored(&self) -> usize {
        self.places.scored.len()
    }

    /// Returns the scheme that the text was read for.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the least ln p that any key could give this text, in nats, ≤ 0: that of the highest
    /// score at every position that counts.
    ///
    /// - `searches`: true for the ln p of the search, false for that of the whole text.
    ///
    /// SPEC §10.3.
    pub fn least_ln_p(&self, searches: bool) -> f64 {
        let scored = self.scored() as u64;
        let greatest = scored as f64 * self.scheme.family().greatest_score();
        let ln_whole = ln_tail(self.places.null, greatest, scored);
        // No stake is worth more than the whole is then.
        if searches { (LN_2 + ln_whole).min(0.0) } else { ln_whole }
    }

    /// Scores the text under one key's seeds.
    pub(crate) fn score(&self, seeds: &mut Seeds) -> Scores {
        let (width, family) = (self.scheme.context_width().get(), self.scheme.family());
        let mut scores = Vec::with_capacity(self.scored());
        for taken in self.places.scored.chunks(LANES) {
            // Lanes not taken do the last one's work again.
            let at: [usize; LANES] = core::array::from_fn(|lane| taken[lane.min(taken.len() - 1)]);
            let seeds = seeds.seeds(at.map(|at| &self.ids[at - width..at]));
            scores.extend_from_slice(&mark::scores(family, &seeds, &at.map(|at| self.ids[at]))[..taken.len()]);
        }
        Scores::of(self.places.clone(), scores)
    }
}

fn places(scheme: Scheme, ids: &[TokenId], multiplicity: &[u32], scored: Vec<usize>) -> Arc<Places> {
    let weighs = scheme.gamma().is_some() && scored.len() <= MOST_WEIGHED;
    let weights = weighs.then(|| scored.iter().map(|&at| weight(multiplicity[at], ids[at])).collect());
    Arc::new(Places {
        null: scheme.family().null(),
        tokens: ids.len(),
        unscored: (0..ids.len().min(scheme.context_width().get())).collect(),
        scored,
        weights: weights.map(Weights::new),
    })
}
