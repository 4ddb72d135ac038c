//! Marking while a model writes: by a bias on green tokens, or by choosing the token.
//! SPEC §8.

mod draw;
mod lists;
mod race;
mod strength;

use core::fmt;
use std::{collections::HashSet, sync::Arc};

use self::{
    draw::check_uniform,
    lists::{Lists, WORD},
};
pub use self::{
    draw::{ChoiceError, draw, uniform_from},
    strength::{Delta, DeltaError, MixingShare, MixingShareError},
};
use crate::{
    field::{ContextWindow, Field, Subkey},
    key::Key,
    scheme::{Family, Scheme},
    token::TokenId,
};

/// Marks any number of texts with one key.
///
/// Clones share what they remember, and so do the texts.
///
/// ```
/// use greenmark::{Delta, Embedder, Key, Scheme};
/// let key = Key::from_bytes([7; 32]);
/// let embedder = Embedder::new(&key, Scheme::DEFAULT).delta(Delta::new(2.0)?);
/// let mut text = embedder.start();
/// let mut logits = vec![0.0; 1000]; // [V], raw, from the model
/// text.bias(&mut logits); // the first h positions are left alone
/// assert!(logits.iter().all(|&logit| logit == 0.0));
/// text.push(42);
/// text.bias(&mut logits);
/// let green = logits.iter().filter(|&&logit| logit == 2.0).count();
/// assert!((200..300).contains(&green)); // about γ·V
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Embedder {
    field: Field,
    means: Means,
}

/// Means by which the key acts on the next token.
#[derive(Debug, Clone)]
enum Means {
    Bias { lists: Arc<Lists>, delta: Delta, skip_repeats: bool },
    Choice { dual: bool, share: MixingShare },
}

impl Embedder {
    /// Makes an embedder of default strength; costs a few hashes.
    pub fn new(key: &Key, scheme: Scheme) -> Self {
        let means = match scheme.family() {
            Family::Green { gamma } => {
                Means::Bias { lists: Arc::new(Lists::new(gamma)), delta: Delta::DEFAULT, skip_repeats: false }
            }
            Family::Gumbel { dual } => Means::Choice { dual, share: MixingShare::DEFAULT },
        };
        Self { field: Field::new(key, scheme.context_width()), means }
    }

    /// Sets the bias of green. Gumbel has none, and stays as it is. Detection doesn't depend on it.
    #[must_use]
    pub fn delta(mut self, delta: Delta) -> Self {
        if let Means::Bias { delta: old, .. } = &mut self.means {
            *old = delta;
        }
        self
    }

    /// Sets the probability of drawing with the second number. Only the dual form of gumbel has
    /// one; others stay as they are. Detection doesn't depend on it.
    #[must_use]
    pub fn mixing_share(mut self, share: MixingShare) -> Self {
        if let Means::Choice { share: old, .. } = &mut self.means {
            *old = share;
        }
        self
    }

    /// Sets whether a position is left alone when its context was already used in the text, so that
    /// a text that loops isn't pushed round the loop.
    ///
    /// Off by default in green, and detection doesn't depend on it. Gumbel always does it.
    #[must_use]
    pub fn skip_repeats(mut self, skip: bool) -> Self {
        if let Means::Bias { skip_repeats, .. } = &mut self.means {
            *skip_repeats = skip;
        }
        self
    }

    /// Returns true if this family acts in [`MarkedText::choose`], so that another sampler would
    /// leave no mark.
    pub fn chooses(&self) -> bool {
        matches!(self.means, Means::Choice { .. })
    }

    /// Starts a text, before the first token that the model writes: the prompt isn't part of it,
    /// since the detector won't see it.
    pub fn start(&self) -> MarkedText {
        let remembers = !matches!(self.means, Means::Bias { skip_repeats: false, .. });
        let window = ContextWindow::new(self.field.context_width());
        MarkedText { embedder: self.clone(), window, used: remembers.then(HashSet::new) }
    }

    /// Starts a text that already has some ids: [`start`](Self::start), and a push for each.
    pub fn resume(&self, ids: &[TokenId]) -> MarkedText {
        let mut text = self.start();
        ids.iter().for_each(|&token| text.push(token));
        text
    }
}

/// A text that is being written and marked, made by [`Embedder::start`].
///
/// A step is [`bias`](Self::bias) on the raw logits, then [`choose`](Self::choose) on the final
/// probabilities, then [`push`](Self::push): O(1) work a token besides. Green acts in the first and
/// draws as always in the second, which may be left out for another sampler. Gumbel leaves the
/// logits alone and acts in the second, which it needs.
///
/// ```
/// use greenmark::{Embedder, Key};
/// let embedder = Embedder::new(&Key::from_bytes([7; 32]), "gm1:gumbel,h=1".parse()?);
/// let text = embedder.resume(&[42]);
/// let probabilities = [0.5, 0.25, 0.25]; // [V], after temperature and filters
/// let token = text.choose(&probabilities, 0.1)?;
/// assert_eq!(token, text.choose(&probabilities, 0.9)?); // the key decides, not the random number
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MarkedText {
    embedder: Embedder,
    window: ContextWindow,
    /// Contexts of the positions so far, kept only where their repeats are left alone.
    used: Option<HashSet<Box<[TokenId]>>>,
}

impl MarkedText {
    /// Adds δ to the green tokens' logits for the next position. Gumbel changes nothing. SPEC §8.1.
    ///
    /// - `logits`: `[V]`, any V, raw (before temperature), changed in place. −∞ stays −∞, NaN stays
    ///   NaN.
    pub fn bias(&self, logits: &mut [f32]) {
        let Means::Bias { lists, delta, .. } = &self.embedder.means else { return };
        let Some(context) = self.marked_context() else { return };
        bias_green(logits, &lists.green(&self.embedder.field, context, logits.len()), delta.nats());
    }

    /// Returns the next token: in gumbel by the key, unless the context is short or was used
    /// before; else drawn as always. SPEC §8.2.
    ///
    /// - `probabilities`: `[V]`, any V: the final distribution, after temperature and filters, of
    ///   tokens 0, 1, …
    /// - `uniform`: a fresh random number in [0, 1) that has nothing to do with the key.
    /// - returns: a token of probability above 0.
    ///
    /// # Errors
    /// [`ChoiceError`] if the probabilities aren't a distribution (negative, not finite, or not
    /// adding up to 1), or `uniform` is outside [0, 1).
    pub fn choose(&self, probabilities: &[f32], uniform: f64) -> Result<TokenId, ChoiceError> {
        check_uniform(uniform)?;
        match self.marked(uniform) {
            Some((context, subkey)) => race::first_of_row(&self.embedder.field.seed(context), subkey, probabilities),
            None => draw(probabilities, uniform).map(|index| index as TokenId),
        }
    }

    /// Returns the next token, as [`choose`](Self::choose) does, out of those that filters have
    /// left.
    ///
    /// - `tokens`, `probabilities`: `[n]` each, in pairs; tokens in any order, each once.
    ///
    /// # Errors
    /// As for [`choose`](Self::choose), and if there are not as many tokens as probabilities.
    pub fn choose_among(
        &self,
        tokens: &[TokenId],
        probabilities: &[f32],
        uniform: f64,
    ) -> Result<TokenId, ChoiceError> {
        check_uniform(uniform)?;
        if tokens.len() != probabilities.len() {
            return Err(ChoiceError::Lengths { tokens: tokens.len(), probabilities: probabilities.len() });
        }
        match self.marked(uniform) {
            Some((context, subkey)) => {
                race::first_of_few(&self.embedder.field.seed(context), subkey, tokens, probabilities)
            }
            None => draw(probabilities, uniform).map(|index| tokens[index]),
        }
    }

    /// Appends the token that was chosen.
    pub fn push(&mut self, token: TokenId) {
        if let (Some(used), Some(context)) = (&mut self.used, self.window.context())
            && !used.contains(context)
        {
            used.insert(context.into());
        }
        self.window.push(token);
    }

    /// Returns true if the mark acts in [`choose`](Self::choose): [`Embedder::chooses`].
    pub fn chooses(&self) -> bool {
        self.embedder.chooses()
    }

    /// Returns the context to mark the next position in, if it is to be marked at all.
    fn marked_context(&self) -> Option<&[TokenId]> {
        let context = self.window.context()?;
        let repeated = self.used.as_ref().is_some_and(|used| used.contains(context));
        (!repeated).then_some(context)
    }

    /// Returns the context and subkey to choose the next token with, if the key is to choose it.
    fn marked(&self, uniform: f64) -> Option<(&[TokenId], Subkey)> {
        let Means::Choice { dual, share } = self.embedder.means else { return None };
        let context = self.marked_context()?;
        Some((context, if dual && uniform < share.get() { Subkey::Second } else { Subkey::First }))
    }
}

impl fmt::Debug for MarkedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MarkedText").field("embedder", &self.embedder).finish_non_exhaustive()
    }
}

/// Adds `delta` to each logit whose bit is set. `logits`: `[V]`, `green`: `[⌈V / 32⌉]`.
///
/// A select, not a branch: colours are random, so a branch is mispredicted γ of the time and costs
/// 4 times as much. In whole words, which the compiler turns into vectors.
fn bias_green(logits: &mut [f32], green: &[u32], delta: f32) {
    let bias = |word: u32, logits: &mut [f32]| {
        for (i, logit) in logits.iter_mut().enumerate() {
            *logit += if word & 1 << i == 0 { 0.0 } else { delta };
        }
    };
    let (chunks, rest) = logits.as_chunks_mut::<WORD>();
    for (logits, &word) in chunks.iter_mut().zip(green) {
        bias(word, logits);
    }
    if let Some(&word) = green.get(chunks.len()) {
        bias(word, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::colour;

    fn embedder(scheme: &str, delta: f32) -> Embedder {
        let scheme = scheme.parse().expect("canonical");
        Embedder::new(&Key::from_bytes([9; 32]), scheme).delta(Delta::new(delta).expect("finite"))
    }

    #[test]
    fn bias_is_delta_on_green_and_nothing_on_red() {
        for (h, scheme) in [(0, "gm1:green,h=0,gamma=64/256"), (2, "gm1:green,h=2,gamma=128/256")] {
            let embedder = embedder(scheme, 1.5);
            let gamma = scheme.parse::<Scheme>().expect("canonical").gamma().expect("green");
            let mut text = embedder.start();
            for step in 0..10u32 {
                let mut logits: Vec<f32> = (0..777).map(|v| v as f32).collect();
                text.bias(&mut logits);
                let context: Vec<_> = (step.saturating_sub(h)..step).map(|i| i * 7).collect();
                for (v, &logit) in (0..).zip(&logits) {
                    let green =
                        context.len() == h as usize && colour(&embedder.field.seed(&context), v, gamma).is_green();
                    assert_eq!(logit, v as f32 + if green { 1.5 } else { 0.0 }, "step {step}, token {v}");
                }
                text.push(step * 7);
            }
        }
    }

    #[test]
    fn skip_repeats_leaves_a_used_context_alone() {
        let embedder = embedder("gm1:green,h=1,gamma=128/256", 2.0).skip_repeats(true);
        let biased = |ids: &[TokenId]| {
            let mut logits = vec![0.0; 64];
            embedder.resume(ids).bias(&mut logits);
            logits.iter().any(|&logit| logit != 0.0)
        };
        assert!(biased(&[5]));
        assert!(biased(&[5, 6]));
        assert!(!biased(&[5, 6, 5]), "context 5 was used");
        assert!(biased(&[5, 6, 7]));
    }

    #[test]
    fn infinities_and_nan_stay_what_they_are() {
        let embedder = embedder("gm1:green,h=0,gamma=255/256", 2.0);
        let mut logits = [f32::NEG_INFINITY, f32::NAN, f32::INFINITY];
        embedder.start().bias(&mut logits);
        assert!(logits[0] == f32::NEG_INFINITY && logits[1].is_nan() && logits[2] == f32::INFINITY);
    }

    #[test]
    fn a_used_or_short_context_is_drawn_ordinarily() {
        let embedder = embedder("gm1:gumbel,h=2", 2.0);
        let row = [0.25; 4];
        let choices = |ids: &[TokenId]| {
            let text = embedder.resume(ids);
            [0.1, 0.3, 0.6, 0.9].map(|uniform| text.choose(&row, uniform).expect("a distribution"))
        };
        let drawn = [0, 1, 2, 3];
        assert_eq!(choices(&[1]), drawn, "too short");
        let keyed = choices(&[1, 2]);
        assert_eq!(keyed, [keyed[0]; 4]);
        assert_eq!(choices(&[1, 2, 3, 1, 2]), drawn, "context 1 2 was used");
        assert_eq!(choices(&[3, 3, 1, 2]), keyed, "and here it was not");
    }

    #[test]
    fn the_dual_form_mixes_two_choices() {
        let single = embedder("gm1:gumbel,h=1", 2.0);
        let dual = embedder("gm1:gumbel,h=1,dual", 2.0).mixing_share(MixingShare::new(0.25).expect("in range"));
        let row = [0.01; 100];
        let choose = |embedder: &Embedder, context, uniform| {
            embedder.resume(&[context]).choose(&row, uniform).expect("a distribution")
        };
        let mut others = 0;
        for context in 0..50 {
            assert_eq!(choose(&dual, context, 0.25), choose(&single, context, 0.5), "the first subkey");
            assert_eq!(choose(&dual, context, 0.0), choose(&dual, context, 0.249), "the second");
            others += u32::from(choose(&dual, context, 0.0) != choose(&dual, context, 0.25));
        }
        assert!(others > 40);
    }

    #[test]
    fn green_draws_as_always_and_gumbel_biases_nothing() {
        let green = embedder("gm1:green,h=1,gamma=64/256", 2.0);
        assert!(!green.chooses());
        assert_eq!(green.resume(&[7]).choose(&[0.5, 0.5], 0.7), Ok(1));
        let gumbel = embedder("gm1:gumbel,h=1", 2.0);
        assert!(gumbel.chooses());
        let mut logits = [1.0; 40];
        gumbel.resume(&[7]).bias(&mut logits);
        assert_eq!(logits, [1.0; 40]);
    }

    #[test]
    fn tokens_left_by_filters_are_chosen_among_as_in_a_row() {
        let embedder = embedder("gm1:gumbel,h=1", 2.0);
        let mut row = [0.0; 1000];
        let tokens = [999, 3, 500, 40];
        tokens.iter().for_each(|&token| row[token as usize] = 0.25);
        for context in 0..40 {
            let text = embedder.resume(&[context]);
            assert_eq!(text.choose_among(&tokens, &[0.25; 4], 0.5), text.choose(&row, 0.5));
        }
        let text = embedder.start();
        assert_eq!(text.choose_among(&tokens, &[0.25; 4], 0.5), Ok(500));
        let lengths = ChoiceError::Lengths { tokens: 4, probabilities: 1 };
        assert_eq!(text.choose_among(&tokens, &[1.0], 0.5), Err(lengths));
        for uniform in [1.0, -0.1, f64::NAN] {
            assert!(matches!(text.choose(&row, uniform), Err(ChoiceError::Uniform { .. })));
        }
    }

    #[test]
    fn texts_of_several_threads_share_an_embedder() {
        let embedder = embedder("gm1:green,h=1,gamma=128/256", 2.0);
        let biased = |embedder: &Embedder| -> Vec<Vec<f32>> {
            let of = |context| {
                let mut logits = vec![0.0; 500];
                embedder.resume(&[context]).bias(&mut logits);
                logits
            };
            (0..40).map(of).collect()
        };
        let expected = biased(&embedder);
        std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(|| biased(&embedder.clone())));
            for thread in threads {
                assert_eq!(thread.join().expect("no panic"), expected);
            }
        });
    }
}
