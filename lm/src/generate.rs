//! Continuous batching: many prompts, one model.

use std::ops::ControlFlow;

use rand_chacha::ChaCha8Rng;

use crate::sampling::{Candidates, Sampling, Scratch, text_rng};
use crate::{LanguageModel, LmError, SequenceId, TokenId};

/// One text to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Number of the text in events. It seeds the text's random numbers, together with
    /// [`GenerateOptions::seed`].
    pub index: u64,
    /// Ids that the model continues: at least one, at most its context length in number.
    pub prompt: Vec<TokenId>,
}

/// Rules for writing texts and for ending them.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerateOptions {
    /// Longest text, in tokens.
    pub max_tokens: usize,
    /// Length in tokens below which stop tokens are barred. 0 bars none.
    pub min_tokens: usize,
    /// Rules for choosing a token.
    pub sampling: Sampling,
    /// The run's seed.
    pub seed: u64,
    /// Tokens that end a text. They are never part of it.
    pub stop: Vec<TokenId>,
    /// True to bar the stop tokens throughout, so that every text reaches `max_tokens` or the end
    /// of the context.
    pub ignore_stop: bool,
    /// Number of texts written at once; [`LanguageModel::preferred_batch`] if `None`. It changes
    /// speed, not texts, if the model's arithmetic does not depend on the batch.
    pub batch: Option<usize>,
}

/// Hook between the model and the sampler of one text: a watermark, or nothing ([`NoHook`]).
///
/// It is told the generated text alone, without the prompt, which a detector never sees.
pub trait LogitsHook {
    /// Changes the logits of the next token.
    ///
    /// - `logits`: `[V]`, raw, in place. Stop tokens are barred after this, so a hook may move
    ///   them.
    fn adjust(&mut self, logits: &mut [f32]) {
        let _ = logits;
    }

    /// Returns the next token to take in place of a random draw, or `None` to draw.
    ///
    /// - `candidates`: the distribution after temperature and filters.
    /// - `rng`: the text's own random numbers, which the draw would use.
    fn choose(&mut self, candidates: Candidates<'_>, rng: &mut ChaCha8Rng) -> Option<TokenId> {
        let _ = (candidates, rng);
        None
    }

    /// Receives a token that joined the text. A stop token does not join it.
    fn push(&mut self, token: TokenId);
}

/// A hook that changes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHook;

impl LogitsHook for NoHook {
    fn push(&mut self, _: TokenId) {}
}

/// A hook, or none: `None` changes nothing.
impl<H: LogitsHook> LogitsHook for Option<H> {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.iter_mut().for_each(|hook| hook.adjust(logits));
    }
    fn choose(&mut self, candidates: Candidates<'_>, rng: &mut ChaCha8Rng) -> Option<TokenId> {
        self.as_mut()?.choose(candidates, rng)
    }
    fn push(&mut self, token: TokenId) {
        self.iter_mut().for_each(|hook| hook.push(token));
    }
}

/// Reason for the end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model wrote a stop token.
    Eos,
    /// The text reached [`GenerateOptions::max_tokens`].
    MaxTokens,
    /// Prompt and text fill the model's context.
    ContextFull,
}

/// A step in the writing of one text.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A token joined the text.
    Token {
        /// The text.
        index: u64,
        /// The token.
        id: TokenId,
    },
    /// The text is complete.
    Finished {
        /// The text.
        index: u64,
        /// Its tokens, without prompt and stop token.
        ids: Vec<TokenId>,
        /// Reason for its end.
        reason: Finish,
    },
    /// The text was not begun; the others continue.
    Refused {
        /// The text.
        index: u64,
        /// The fault in its prompt.
        error: LmError,
    },
}

/// A text being written.
struct Row<H> {
    index: u64,
    sequence: SequenceId,
    /// Number of tokens in the sequence once `pending` is fed.
    length: usize,
    /// Ids that the model is fed next: the prompt, then the last token.
    pending: Vec<TokenId>,
    ids: Vec<TokenId>,
    rng: ChaCha8Rng,
    hook: H,
}

/// Writes a text for every request, several at a time; a text that ends makes room for the next
/// request.
///
/// Texts finish out of order; the events of one text are in order. A text depends on its own index,
/// prompt and hook alone. Requests are taken from the iterator only when there is room, so a prompt
/// file of any size streams.
///
/// - `hook`: makes the hook of a text from its index, when the text begins.
/// - `on_event`: may return `Break` to stop at once; unfinished texts are dropped, and the call
///   returns `Ok`.
///
/// # Errors
/// The model's error, or the sampler's if a logit is NaN or +∞, or if all are −∞. A bad prompt is
/// not an error but an [`Event::Refused`].
pub fn generate<H: LogitsHook>(
    model: &mut dyn LanguageModel,
    requests: impl IntoIterator<Item = Request>,
    options: &GenerateOptions,
    mut hook: impl FnMut(u64) -> H,
    mut on_event: impl FnMut(Event) -> ControlFlow<()>,
) -> Result<(), LmError> {
    let mut rows = Vec::new();
    let result = run(model, requests, options, &mut hook, &mut on_event, &mut rows);
    for row in rows {
        model.close(row.sequence);
    }
    result
}

/// Does the work of [`generate`], and leaves the open sequences in `rows` if it ends early.
fn run<H: LogitsHook>(
    model: &mut dyn LanguageModel,
    requests: impl IntoIterator<Item = Request>,
    options: &GenerateOptions,
    hook: &mut impl FnMut(u64) -> H,
    on_event: &mut impl FnMut(Event) -> ControlFlow<()>,
    rows: &mut Vec<Row<H>>,
) -> Result<(), LmError> {
    let (width, context_length) = (model.vocab_size(), model.context_length());
    let batch = options.batch.unwrap_or_else(|| model.preferred_batch()).max(1);
    let mut requests = requests.into_iter().fuse();
    let mut logits = vec![0.0; batch * width];
    let mut scratch = Scratch::default();
    loop {
        while rows.len() < batch {
            let Some(Request { index, prompt }) = requests.next() else { break };
            if let Some(event) = settled_at_once(index, &prompt, options, context_length) {
                if on_event(event).is_break() {
                    return Ok(());
                }
                continue;
            }
            rows.push(Row {
                index,
                sequence: model.open(),
                length: prompt.len(),
                pending: prompt,
                ids: Vec::new(),
                rng: text_rng(options.seed, index),
                hook: hook(index),
            });
        }
        if rows.is_empty() {
            return Ok(());
        }

        let inputs: Vec<_> = rows.iter().map(|row| (row.sequence, &row.pending[..])).collect();
        let logits = &mut logits[..inputs.len() * width];
        model.forward(&inputs, logits)?;

        let mut finished = vec![None; rows.len()];
        for (i, (row, logits)) in rows.iter_mut().zip(logits.chunks_exact_mut(width)).enumerate() {
            let token = row.next_token(logits, options, &mut scratch)?;
            if options.stop.contains(&token) {
                finished[i] = Some(Finish::Eos);
                continue;
            }
            row.hook.push(token);
            row.ids.push(token);
            row.pending.clear();
            row.pending.push(token);
            row.length += 1;
            if on_event(Event::Token { index: row.index, id: token }).is_break() {
                return Ok(());
            }
            let is_longest = (row.ids.len() == options.max_tokens).then_some(Finish::MaxTokens);
            finished[i] = is_longest.or_else(|| (row.length > context_length).then_some(Finish::ContextFull));
        }
        // From the back, so that `remove` does not move a row that is still to be visited.
        for (i, reason) in finished.into_iter().enumerate().rev() {
            let Some(reason) = reason else { continue };
            let row = rows.remove(i);
            model.close(row.sequence);
            if on_event(Event::Finished { index: row.index, ids: row.ids, reason }).is_break() {
                return Ok(());
            }
        }
    }
}

impl<H: LogitsHook> Row<H> {
    fn next_token(
        &mut self,
        logits: &mut [f32],
        options: &GenerateOptions,
        scratch: &mut Scratch,
    ) -> Result<TokenId, LmError> {
        self.hook.adjust(logits);
        if options.ignore_stop || self.ids.len() < options.min_tokens {
            for &token in &options.stop {
                if let Some(logit) = logits.get_mut(token as usize) {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        let candidates = options.sampling.distribution(logits, scratch)?;
        let chosen = self.hook.choose(candidates, &mut self.rng);
        Ok(chosen.unwrap_or_else(|| Sampling::draw(candidates, &mut self.rng)))
    }
}

/// Returns the only event of a request that needs no model.
fn settled_at_once(index: u64, prompt: &[TokenId], options: &GenerateOptions, context_length: usize) -> Option<Event> {
    let error = match prompt.len() {
        0 => LmError::EmptyPrompt,
        tokens if tokens > context_length => LmError::PromptTooLong { tokens, context_length },
        _ if options.max_tokens > 0 => return None,
        _ => return Some(Event::Finished { index, ids: Vec::new(), reason: Finish::MaxTokens }),
    };
    Some(Event::Refused { index, error })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::*;
    use crate::sampling::SamplingParams;

    const V: usize = 50;

    /// Logits are a hash of the whole sequence, so any mix-up of rows, lengths or caches shows.
    #[derive(Default)]
    struct Fake {
        open: HashMap<usize, Vec<TokenId>>,
        opened: usize,
        widest: usize,
    }

    impl LanguageModel for Fake {
        fn vocab_size(&self) -> usize {
            V
        }
        fn context_length(&self) -> usize {
            40
        }
        fn preferred_batch(&self) -> usize {
            4
        }
        fn open(&mut self) -> SequenceId {
            self.opened += 1;
            self.open.insert(self.opened, Vec::new());
            SequenceId(self.opened)
        }
        fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError> {
            let held = self.open[&sequence.0].clone();
            self.opened += 1;
            self.open.insert(self.opened, held);
            Ok(SequenceId(self.opened))
        }
        fn close(&mut self, sequence: SequenceId) {
            self.open.remove(&sequence.0);
        }
        fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError> {
            self.widest = self.widest.max(inputs.len());
            for ((id, tokens), row) in inputs.iter().zip(logits.chunks_exact_mut(V)) {
                let ids = self.open.get_mut(&id.0).expect("an open sequence");
                assert!(!tokens.is_empty());
                ids.extend_from_slice(tokens);
                assert!(ids.len() <= 40, "outgrew the context");
                let state =
                    ids.iter().fold(1469598103934665603u64, |h, &t| (h ^ u64::from(t)).wrapping_mul(1099511628211));
                for (v, logit) in row.iter_mut().enumerate() {
                    let mixed = (state ^ v as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    *logit = (mixed >> 40) as f32 / 4e6;
                }
            }
            Ok(())
        }
    }

    fn options() -> GenerateOptions {
        GenerateOptions {
            max_tokens: 20,
            min_tokens: 0,
            sampling: Sampling::new(SamplingParams::default()).unwrap(),
            seed: 3,
            stop: vec![0],
            ignore_stop: false,
            batch: None,
        }
    }

    fn requests(n: u64) -> Vec<Request> {
        (0..n).map(|index| Request { index, prompt: (0..=index as u32 % 7).map(|t| t + 1).collect() }).collect()
    }

    type Texts = BTreeMap<u64, (Vec<TokenId>, Finish)>;

    fn texts(requests: Vec<Request>, options: &GenerateOptions) -> Texts {
        let mut model = Fake::default();
        let mut out = Texts::new();
        let mut streamed: HashMap<u64, Vec<TokenId>> = HashMap::new();
        generate(
            &mut model,
            requests,
            options,
            |_| NoHook,
            |event| {
                match event {
                    Event::Token { index, id } => streamed.entry(index).or_default().push(id),
                    Event::Finished { index, ids, reason } => {
                        assert_eq!(streamed.remove(&index).unwrap_or_default(), ids);
                        assert!(out.insert(index, (ids, reason)).is_none());
                    }
                    Event::Refused { index, error } => panic!("{index}: {error}"),
                }
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        assert!(model.open.is_empty(), "a sequence was left open");
        out
    }

    #[test]
    fn a_batch_equals_one_at_a_time() {
        let many = texts(requests(30), &options());
        assert_eq!(many.len(), 30);
        for request in requests(30) {
            let index = request.index;
            let alone = texts(vec![request], &GenerateOptions { batch: Some(1), ..options() });
            assert_eq!(alone[&index], many[&index]);
        }
        assert_eq!(many, texts(requests(30), &GenerateOptions { batch: Some(11), ..options() }));
        let mut reversed = requests(30);
        reversed.reverse();
        assert_eq!(many, texts(reversed, &options()));
    }

    #[test]
    fn the_batch_is_kept_full_and_no_wider() {
        let mut model = Fake::default();
        generate(&mut model, requests(9), &options(), |_| NoHook, |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(model.widest, 4);
    }

    #[test]
    fn texts_end_for_the_reason_given() {
        let all = texts(requests(60), &options());
        assert!(all.values().any(|t| t.1 == Finish::Eos), "V = 50, 20 tokens: some text draws the stop token");
        for (ids, reason) in all.values() {
            assert!(!ids.contains(&0));
            assert_eq!(*reason == Finish::MaxTokens, ids.len() == 20);
        }
        let all = texts(requests(10), &GenerateOptions { ignore_stop: true, max_tokens: 500, ..options() });
        for (index, (ids, reason)) in all {
            assert_eq!(reason, Finish::ContextFull);
            // The last token needs no room: it is never fed.
            assert_eq!(ids.len() + (index as usize % 7 + 1), 41);
        }
        let all = texts(requests(60), &GenerateOptions { min_tokens: 8, ..options() });
        assert!(all.values().all(|t| t.0.len() >= 8));
        let all = texts(requests(2), &GenerateOptions { max_tokens: 0, ..options() });
        assert!(all.values().all(|t| *t == (vec![], Finish::MaxTokens)));
    }

    #[test]
    fn bad_prompts_are_refused_and_the_rest_written() {
        let mut requests = requests(3);
        requests[0].prompt.clear();
        requests[1].prompt = vec![1; 41];
        let (mut refused, mut finished) = (Vec::new(), Vec::new());
        generate(
            &mut Fake::default(),
            requests,
            &options(),
            |_| NoHook,
            |event| {
                match event {
                    Event::Refused { index, error } => refused.push((index, error.to_string())),
                    Event::Finished { index, .. } => finished.push(index),
                    Event::Token { .. } => {}
                }
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        assert_eq!(refused[0].1, "the prompt is empty");
        assert_eq!(refused[1].1, "the prompt has 41 tokens, the model's context holds 40");
        assert_eq!(finished, [2]);
    }

    #[test]
    fn a_break_stops_at_once_and_closes_everything() {
        let mut model = Fake::default();
        let mut seen = 0;
        generate(
            &mut model,
            requests(9),
            &options(),
            |_| NoHook,
            |_| {
                seen += 1;
                if seen == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        )
        .unwrap();
        assert_eq!(seen, 7);
        assert!(model.open.is_empty());
    }

    /// Forces a token by its bias, then by choice, and keeps what it hears.
    struct Forcing<'a> {
        heard: &'a std::cell::RefCell<BTreeMap<u64, Vec<TokenId>>>,
        index: u64,
    }

    impl LogitsHook for Forcing<'_> {
        fn adjust(&mut self, logits: &mut [f32]) {
            assert_eq!(logits.len(), V);
            logits[7] += 1e6;
        }
        fn choose(&mut self, candidates: Candidates<'_>, _: &mut ChaCha8Rng) -> Option<TokenId> {
            assert_eq!(candidates.tokens.len(), 1);
            (self.index == 1).then_some(9)
        }
        fn push(&mut self, token: TokenId) {
            self.heard.borrow_mut().entry(self.index).or_default().push(token);
        }
    }

    #[test]
    fn a_hook_bends_its_own_text_and_hears_nothing_of_the_prompt() {
        let heard = std::cell::RefCell::default();
        let options = GenerateOptions { max_tokens: 3, ..options() };
        let hook = |index| Forcing { heard: &heard, index };
        generate(&mut Fake::default(), requests(2), &options, hook, |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(heard.into_inner(), BTreeMap::from([(0, vec![7, 7, 7]), (1, vec![9, 9, 9])]));
    }
}
