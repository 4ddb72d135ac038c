//! An n-gram model read in place from its file.
//!
//! Explicit and back-off parts, as in interpolated Kneser-Ney smoothing: for a history h of tokens,
//!
//! P(w | h) = (1 − b(h)) · s(h, w) + b(h) · P(w | h without its first token)
//!
//! where s(h, ·) are the shares of the tokens kept for h, which sum to 1. A history without any is
//! skipped, and the empty history has a probability for every token. So every row sums to 1, and no
//! probability is 0.
//!
//! The file, for V tokens and n-grams of up to N tokens; integers and floats are little-endian:
//!
//! ```text
//! "GMNGRAM1"   N u32   V u32
//! 256 f32      values of the 256 codes
//! V f32        probabilities after an empty history
//! N−1 u32      number of n-grams of 2, …, N tokens
//! for each length k from 1 to N, its n-grams in ascending order:
//!     k < N:   u32s, ascending, one more than n-grams: start of each one's continuations of length k+1
//!              u8 each: code of the back-off weight of this n-gram as a history
//!     k > 1:   u16 each: last token
//!              u8 each: code of its share, up to a factor common to the history
//! ```

use crate::TokenId;

const MAGIC: &[u8] = b"GMNGRAM1";

/// Length of the longest n-gram in a file, and the least values. They keep a product of five
/// weights and a probability a normal f32, which has a logarithm.
const MAX_ORDER: usize = 6;
const MIN_VALUE: f32 = 1e-5;
const MIN_UNIGRAM: f32 = 1e-9;

/// The model.
#[derive(Debug)]
pub(super) struct NGrams<'a> {
    values: Vec<f32>,
    unigrams: Vec<f32>,
    ln_unigrams: Vec<f32>,
    /// `levels[k]` holds the n-grams of k + 1 tokens.
    levels: Vec<Level<'a>>,
}

/// The n-grams of one length, in ascending order.
#[derive(Debug, Default)]
struct Level<'a> {
    starts: &'a [[u8; 4]],
    back_off: &'a [u8],
    tokens: &'a [[u8; 2]],
    shares: &'a [u8],
}

/// Buffers for one row.
#[derive(Debug, Default)]
pub(super) struct RowScratch {
    /// `[V]`, all 0 between rows.
    explicit: Vec<f32>,
    touched: Vec<u16>,
}

impl<'a> NGrams<'a> {
    /// Parses a file and checks all of it, so that no lookup can fail.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let mut reader = Reader { rest: bytes };
        if reader.bytes(MAGIC.len())? != MAGIC {
            return Err("not an n-gram model".to_owned());
        }
        let order = reader.u32()? as usize;
        let vocab_size = reader.u32()? as usize;
        if !(2..=MAX_ORDER).contains(&order) {
            return Err(format!("n-grams of {order} tokens, expected 2 to {MAX_ORDER}"));
        }
        if !(1..=1 << 16).contains(&vocab_size) {
            return Err(format!("vocabulary of {vocab_size}, expected 1 to 65536"));
        }
        let values = reader.f32s(256)?;
        let unigrams = reader.f32s(vocab_size)?;
        for (numbers, least) in [(&values, MIN_VALUE), (&unigrams, MIN_UNIGRAM)] {
            if let Some(bad) = numbers.iter().find(|p| !(least..=1.0).contains(*p)) {
                return Err(format!("probability {bad}, expected {least} to 1"));
            }
        }
        let total: f64 = unigrams.iter().copied().map(f64::from).sum();
        if (total - 1.0).abs() > 1e-3 {
            return Err(format!("probabilities sum to {total}"));
        }
        let mut counts = vec![vocab_size];
        for _ in 1..order {
            counts.push(reader.u32()? as usize);
        }

        let mut levels = Vec::with_capacity(order);
        for k in 0..order {
            let mut level = Level::default();
            if let Some(&children) = counts.get(k + 1) {
                level.starts = reader.arrays(counts[k] + 1)?;
                level.back_off = reader.bytes(counts[k])?;
                let first = level.start(0);
                let last = level.start(counts[k]);
                if first != 0 || last != children || !level.starts.is_sorted_by_key(|b| u32::from_le_bytes(*b)) {
                    return Err(format!("continuations of length {} are out of order", k + 2));
                }
            }
            if k > 0 {
                level.tokens = reader.arrays(counts[k])?;
                level.shares = reader.bytes(counts[k])?;
                let parent: &Level<'_> = &levels[k - 1];
                for node in 0..counts[k - 1] {
                    let tokens = &level.tokens[parent.children(node)];
                    let ascending = tokens.is_sorted_by(|a, b| u16::from_le_bytes(*a) < u16::from_le_bytes(*b));
                    let below = tokens.last().is_none_or(|&last| usize::from(u16::from_le_bytes(last)) < vocab_size);
                    if !ascending || !below {
                        return Err(format!("tokens of length {} are out of order or range", k + 1));
                    }
                }
            }
            levels.push(level);
        }
        if !reader.rest.is_empty() {
            return Err(format!("{} bytes too many", reader.rest.len()));
        }
        let ln_unigrams = unigrams.iter().map(|p| p.ln()).collect();
        Ok(Self { values, unigrams, ln_unigrams, levels })
    }

    pub(super) fn vocab_size(&self) -> usize {
        self.unigrams.len()
    }

    /// Returns the number of last tokens on which a row depends.
    pub(super) fn reach(&self) -> usize {
        self.levels.len() - 1
    }

    /// Writes ln P(w | history) for every token.
    ///
    /// - `history`: ids below V; at most the last [`reach`](Self::reach) matter.
    /// - `out`: `[V]`.
    pub(super) fn row(&self, history: &[TokenId], scratch: &mut RowScratch, out: &mut [f32]) {
        let RowScratch { explicit, touched } = scratch;
        explicit.resize(self.vocab_size(), 0.0);
        let mut weight = 1.0f32;
        for begin in history.len().saturating_sub(self.reach())..history.len() {
            let Some((level, node)) = self.find(&history[begin..]) else { continue };
            let continuations = self.levels[level].children(node);
            if continuations.is_empty() {
                continue;
            }
            let back_off = self.values[usize::from(self.levels[level].back_off[node])];
            if back_off == 1.0 {
                continue;
            }
            let next = &self.levels[level + 1];
            let shares = &next.shares[continuations.clone()];
            let total: f64 = shares.iter().map(|&code| f64::from(self.values[usize::from(code)])).sum();
            let scale = (f64::from(weight) * (1.0 - f64::from(back_off)) / total) as f32;
            for (token, &code) in next.tokens[continuations].iter().zip(shares) {
                let token = u16::from_le_bytes(*token);
                let p = &mut explicit[usize::from(token)];
                if *p == 0.0 {
                    touched.push(token);
                }
                *p += scale * self.values[usize::from(code)];
            }
            weight *= back_off;
        }

        let ln_weight = weight.ln();
        for (out, ln_p) in out.iter_mut().zip(&self.ln_unigrams) {
            *out = ln_weight + ln_p;
        }
        for token in touched.drain(..).map(usize::from) {
            out[token] = (explicit[token] + weight * self.unigrams[token]).ln();
            explicit[token] = 0.0;
        }
    }

    /// Returns the level of the n-gram of exactly these tokens, and its index there.
    fn find(&self, tokens: &[TokenId]) -> Option<(usize, usize)> {
        let (&first, rest) = tokens.split_first()?;
        let mut node = first as usize;
        for (k, &token) in rest.iter().enumerate() {
            let siblings = self.levels[k].children(node);
            let among = &self.levels[k + 1].tokens[siblings.clone()];
            let place = among.binary_search_by_key(&token, |&b| TokenId::from(u16::from_le_bytes(b))).ok()?;
            node = siblings.start + place;
        }
        Some((rest.len(), node))
    }
}

impl Level<'_> {
    fn start(&self, node: usize) -> usize {
        u32::from_le_bytes(self.starts[node]) as usize
    }

    fn children(&self, node: usize) -> std::ops::Range<usize> {
        self.start(node)..self.start(node + 1)
    }
}

/// Reads a file from the front.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("ends too soon")?;
        self.rest = rest;
        Ok(taken)
    }

    fn arrays<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]], String> {
        Ok(self.bytes(count.checked_mul(N).ok_or("a count is too large")?)?.as_chunks().0)
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.arrays(1)?[0]))
    }

    fn f32s(&mut self, count: usize) -> Result<Vec<f32>, String> {
        Ok(self.arrays(count)?.iter().map(|&b| f32::from_le_bytes(b)).collect())
    }
}
