//! Making green tokens likelier while a model writes. SPEC §8.

use std::collections::HashSet;

use crate::{
    TokenId,
    context::ContextWindow,
    error::DeltaError,
    field::Field,
    key::Key,
    lists::{Lists, WORD},
    scheme::Scheme,
};

/// The bias δ that green tokens get: nats, finite, ≥ 0. 0 marks nothing.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Delta(f32);

impl Delta {
    /// # Errors
    /// [`DeltaError`] if `nats` is negative, infinite or not a number.
    pub fn new(nats: f32) -> Result<Self, DeltaError> {
        if nats.is_finite() && nats >= 0.0 { Ok(Self(nats)) } else { Err(DeltaError { found: nats }) }
    }

    /// δ, in nats.
    pub fn nats(self) -> f32 {
        self.0
    }
}

/// The text being written, as far as the embedder needs it: O(1) work a token.
///
/// Starts empty where the model starts to write. The prompt is not part of it: the detector will not see it.
#[derive(Debug, Clone)]
pub struct TextState {
    window: ContextWindow,
    /// Contexts of the positions so far, kept only to skip their repeats.
    used: Option<HashSet<Box<[TokenId]>>>,
}

impl TextState {
    /// Appends the token that was chosen.
    pub fn push(&mut self, token: TokenId) {
        if let (Some(used), Some(context)) = (&mut self.used, self.window.context())
            && !used.contains(context)
        {
            used.insert(context.into());
        }
        self.window.push(token);
    }

    /// The context to mark the next position in, if it is to be marked at all.
    fn marked_context(&self) -> Option<&[TokenId]> {
        let context = self.window.context()?;
        let repeated = self.used.as_ref().is_some_and(|used| used.contains(context));
        (!repeated).then_some(context)
    }
}

/// Adds δ to the logits of green tokens, for any number of texts written with one key.
///
/// ```
/// use greenmark::{Delta, Embedder, Key};
/// let mut embedder = Embedder::new(&Key::from_bytes([7; 32]), "gm1:green,h=1,gamma=64/256".parse()?, Delta::new(2.0)?);
/// let mut text = embedder.start();
/// let mut logits = vec![0.0; 1000]; // [V], raw, from the model
/// embedder.bias(&text, &mut logits); // the first h positions are left alone
/// assert!(logits.iter().all(|&logit| logit == 0.0));
/// text.push(42);
/// embedder.bias(&text, &mut logits);
/// let green = logits.iter().filter(|&&logit| logit == 2.0).count();
/// assert!((200..300).contains(&green)); // about γ·V
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Embedder {
    field: Field,
    delta: Delta,
    skip_repeats: bool,
    lists: Lists,
}

impl Embedder {
    /// Prepares an embedder; costs a few hashes.
    pub fn new(key: &Key, scheme: Scheme, delta: Delta) -> Self {
        let field = Field::new(key, scheme.context_width());
        Self { field, delta, skip_repeats: false, lists: Lists::new(scheme.gamma()) }
    }

    /// Leaves a position alone when its context was already used in the text, so that a text that loops is not pushed
    /// round the loop. Off by default. Detection does not depend on it.
    #[must_use]
    pub fn skip_repeats(mut self, skip: bool) -> Self {
        self.skip_repeats = skip;
        self
    }

    /// The state of a new, empty text.
    pub fn start(&self) -> TextState {
        TextState { window: ContextWindow::new(self.field.context_width()), used: self.skip_repeats.then(HashSet::new) }
    }

    /// The state of a text that already has these ids: as [`start`](Self::start) and a push for each.
    pub fn resume(&self, text: &[TokenId]) -> TextState {
        let mut state = self.start();
        text.iter().for_each(|&token| state.push(token));
        state
    }

    /// Adds δ to the green tokens' logits for the next position of `text`.
    ///
    /// - `logits`: `[V]`, any V, raw (before temperature), changed in place. −∞ stays −∞ and NaN stays NaN.
    pub fn bias(&mut self, text: &TextState, logits: &mut [f32]) {
        let Some(context) = text.marked_context() else { return };
        let green = self.lists.green(&self.field, context, logits.len());
        bias_green(logits, green, self.delta.nats());
    }
}

/// Adds `delta` to each logit whose bit is set. `logits`: `[V]`, `green`: `[⌈V / 32⌉]`.
///
/// A select, not a branch: colours are random, so a branch is mispredicted γ of the time and costs 4 times as much. In
/// whole words, which the compiler turns into vectors.
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
    use crate::green::colour;

    fn embedder(scheme: &str, delta: f32) -> Embedder {
        let scheme = scheme.parse().expect("canonical");
        Embedder::new(&Key::from_bytes([9; 32]), scheme, Delta::new(delta).expect("finite"))
    }

    #[test]
    fn bias_is_delta_on_green_and_nothing_on_red() {
        for (h, scheme) in [(0, "gm1:green,h=0,gamma=64/256"), (2, "gm1:green,h=2,gamma=128/256")] {
            let mut embedder = embedder(scheme, 1.5);
            let gamma = scheme.parse::<Scheme>().expect("canonical").gamma();
            let mut text = embedder.start();
            for step in 0..10u32 {
                let mut logits: Vec<f32> = (0..777).map(|v| v as f32).collect();
                embedder.bias(&text, &mut logits);
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
        let mut embedder = embedder("gm1:green,h=1,gamma=128/256", 2.0).skip_repeats(true);
        let biased = |embedder: &mut Embedder, ids: &[TokenId]| {
            let mut logits = vec![0.0; 64];
            let text = embedder.resume(ids);
            embedder.bias(&text, &mut logits);
            logits.iter().any(|&logit| logit != 0.0)
        };
        assert!(biased(&mut embedder, &[5]));
        assert!(biased(&mut embedder, &[5, 6]));
        assert!(!biased(&mut embedder, &[5, 6, 5]), "context 5 was used");
        assert!(biased(&mut embedder, &[5, 6, 7]));
    }

    #[test]
    fn infinities_and_nan_stay_what_they_are() {
        let mut embedder = embedder("gm1:green,h=0,gamma=255/256", 2.0);
        let mut logits = [f32::NEG_INFINITY, f32::NAN, f32::INFINITY];
        embedder.bias(&embedder.start(), &mut logits);
        assert!(logits[0] == f32::NEG_INFINITY && logits[1].is_nan() && logits[2] == f32::INFINITY);
    }

    #[test]
    fn a_strength_that_is_none_is_refused() {
        for nats in [-0.1, f32::NAN, f32::INFINITY] {
            assert!(Delta::new(nats).is_err());
        }
    }
}
