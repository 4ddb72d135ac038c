//! Each position of a text under a key, and the counts of all positions.

/// Finding at one position of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Position {
    /// Fewer than h tokens precede it, so it has no context.
    Unscored,
    /// Its (context, token) pair (green) or its context (gumbel) occurs earlier in the text, so it
    /// doesn't count again.
    Repeated,
    /// It counts, with what the token scores: in green 1 if it is green and 0 if it is red; in
    /// gumbel −ln(1 − u), in nats, ≥ 0.
    Scored(f64),
}

/// The counts of one text: `tokens = min(tokens, h) + repeated + scored`. SPEC §6.2, §6.4.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    /// Positions in the text.
    pub tokens: u64,
    /// T: positions that count.
    pub scored: u64,
    /// Positions that don't count because what they would count was counted before.
    pub repeated: u64,
    /// The sum of the scores: in green G, the number of greens, exactly; in gumbel S, in nats.
    pub score: f64,
}
