//! Ways in which a text might go on, and how likely a language model finds them.

use greenmark_lm::{LanguageModel, LmError, Sampling, Scratch, SequenceId, TokenId};
use rand_chacha::ChaCha8Rng;

use greenmark_lm::nats;

/// A possible continuation of a trunk, which is a sequence that the model has been fed.
pub(super) struct Branch {
    /// Which trunk it grows from.
    pub(super) of: usize,
    /// Its own tokens, one at least.
    pub(super) tokens: Vec<TokenId>,
    /// A fork of the trunk, and what the branch was fed.
    pub(super) sequence: Option<SequenceId>,
    /// ln p of what lies ahead.
    pub(super) likelihood: f64,
}

impl Branch {
    pub(super) fn new(of: usize, tokens: Vec<TokenId>) -> Self {
        Self { of, tokens, sequence: None, likelihood: 0.0 }
    }

    pub(super) fn last(&self) -> TokenId {
        self.tokens.last().copied().unwrap_or_default()
    }
}

/// Sets the likelihood of what lies ahead of each branch; all but the branch's last token have been
/// fed.
///
/// - `ahead`: of each branch the tokens that follow it. With none, the likelihood stays.
pub(super) fn judge(
    model: &mut dyn LanguageModel,
    branches: &mut [Branch],
    ahead: &[&[TokenId]],
    trunks: &[SequenceId],
) -> Result<(), LmError> {
    let longest = ahead.iter().map(|ahead| ahead.len()).max().unwrap_or(0);
    for at in 0..longest {
        let judged = branches.iter_mut().zip(ahead).filter(|(_, ahead)| at < ahead.len());
        let (mut fed, expected): (Vec<_>, Vec<TokenId>) = judged
            .map(|(branch, ahead)| {
                let next = at.checked_sub(1).map_or_else(|| branch.last(), |before| ahead[before]);
                ((branch, next), ahead[at])
            })
            .unzip();
        let logits = feed(model, &mut fed, trunks)?;
        for (row, ((branch, _), expected)) in fed.into_iter().zip(expected).enumerate() {
            branch.likelihood += logits.ln_p(row, expected);
        }
    }
    Ok(())
}

/// Appends a token to each branch's sequence, which forks off its trunk if it is not there yet.
pub(super) fn feed(
    model: &mut dyn LanguageModel,
    branches: &mut [(&mut Branch, TokenId)],
    trunks: &[SequenceId],
) -> Result<Logits, LmError> {
    let mut inputs = Vec::with_capacity(branches.len());
    for (branch, next) in branches {
        let sequence = match branch.sequence {
            Some(sequence) => sequence,
            None => model.fork(trunks[branch.of])?,
        };
        branch.sequence = Some(sequence);
        inputs.push((sequence, [*next]));
    }
    let inputs: Vec<_> = inputs.iter().map(|(sequence, token)| (*sequence, &token[..])).collect();
    Logits::of(model, &inputs)
}

/// Closes what branches hold.
pub(super) fn close(model: &mut dyn LanguageModel, branches: &mut [Branch]) {
    branches.iter_mut().filter_map(|branch| branch.sequence.take()).for_each(|sequence| model.close(sequence));
}

/// Logits of several sequences.
pub(super) struct Logits {
    rows: Vec<f32>,
    width: usize,
    scratch: Scratch,
}

impl Logits {
    pub(super) fn of(model: &mut dyn LanguageModel, inputs: &[(SequenceId, &[TokenId])]) -> Result<Self, LmError> {
        let width = model.vocab_size();
        let mut rows = vec![0.0; inputs.len() * width];
        model.forward(inputs, &mut rows)?;
        Ok(Self { rows, width, scratch: Scratch::default() })
    }

    pub(super) fn bar(&mut self, row: usize, tokens: &[TokenId]) {
        let row = &mut self.rows[row * self.width..][..self.width];
        tokens.iter().for_each(|&token| row[token as usize] = f32::NEG_INFINITY);
    }

    pub(super) fn draw(&mut self, row: usize, sampling: Sampling, rng: &mut ChaCha8Rng) -> Result<TokenId, LmError> {
        let row = &self.rows[row * self.width..][..self.width];
        Ok(Sampling::draw(sampling.distribution(row, &mut self.scratch)?, rng))
    }

    /// ln p of a token, at temperature 1.
    pub(super) fn ln_p(&self, row: usize, token: TokenId) -> f64 {
        -nats(&self.rows[row * self.width..][..self.width], token)
    }
}
