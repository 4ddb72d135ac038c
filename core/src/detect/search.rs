//! Marked spans inside a longer text, and a p-value that pays for the search. SPEC §7.5.

use core::{f64::consts::LN_2, ops::Range};

use super::{
    bet::{BETS, Bet, Factors},
    detection::ln_tail,
};
use crate::stats::{Null, sum};

/// Expected number of spans in a text: a start is due every T/4 scored positions.
/// SPEC §7.5.
const SPANS: f64 = 4.0;
/// Expected length of a span: an end is due every 512 scored positions. SPEC §7.5.
const SPAN_LENGTH: f64 = 512.0;
/// Chance that any span is reported in a text without a mark. SPEC §7.5.
const STRAY: f64 = 0.05;

/// Scores between two stretches that make them two spans: fewer can't speak against a mark.
/// SPEC §7.5.
const GAP: usize = 4;

/// Positions in a row that are not scored, and that a span still reaches across. SPEC §7.5.
const SILENCE: usize = 128;

/// A stretch of a text that looks marked.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// Position of its first token in the text, from 0. The first and the last token are scored.
    pub start: usize,
    /// Position after its last token.
    pub end: usize,
    /// Positions counted from start to end.
    pub scored: u64,
    /// Sum of their scores.
    pub score: f64,
    /// The exact tail of this span alone, in nats, ≤ 0, as if it had been chosen before looking.
    /// **It doesn't pay for the search**: it says how strong a span is beside others, and
    /// [`Search::ln_p`] is what to decide by.
    pub ln_p: f64,
}

/// Result of searching one text for marked spans: any number of them, anywhere, of any length.
///
/// One p-value pays for everywhere that was searched. It's at most twice the p-value of the whole
/// text, so a text that is marked throughout loses no more than that, and one that is marked in a
/// few places is found by them.
///
/// ```
/// use greenmark::{Detector, Embedder, Key};
///
/// let key = Key::from_bytes([7; 32]);
/// let scheme = "gm1:gumbel,h=2".parse()?;
/// // 3,000 tokens, of which 40 are marked.
/// let mut ids: Vec<u32> = (0..3000u32).map(|i| i.wrapping_mul(2_654_435_761) >> 18).collect();
/// let embedder = Embedder::new(&key, scheme);
/// for at in 1000..1040 {
///     ids[at] = embedder.resume(&ids[at - 2..at]).choose(&[0.02; 50], 0.5)?;
/// }
///
/// let scores = Detector::new(&key, scheme).scores(&ids);
/// assert!(!scores.detection().is_significant(1e-6)); // too little of the whole
/// let search = scores.search();
/// assert!(search.is_significant(1e-6));
/// let spans = search.spans(1e-6);
/// assert_eq!(spans.len(), 1);
/// assert!(spans[0].start.abs_diff(1000) < 10 && spans[0].end.abs_diff(1040) < 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// SPEC §7.5.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Search {
    /// ln p of the whole search, in nats, ≤ 0. 0 when nothing was scored.
    pub ln_p: f64,
    spans: Vec<Span>,
}

impl Search {
    /// Searches a text.
    ///
    /// - `places`, `scores`: `[T]` each, of the positions that are scored.
    /// - `ln_whole`: ln p of a test of the whole text.
    pub(crate) fn of(null: Null, places: &[usize], scores: &[f64], ln_whole: f64) -> Self {
        let span = |start: usize, end: usize| {
            let (scored, score) = ((end - start) as u64, sum(&scores[start..end]));
            let ln_p = ln_tail(null, score, scored);
            Span { start: places[start], end: places[end - 1] + 1, scored, score, ln_p }
        };
        Self {
            ln_p: ln_p(null, scores, ln_whole),
            spans: spans(null, places, scores).into_iter().map(|(start, end)| span(start, end)).collect(),
        }
    }

    /// Returns exp([`ln_p`](Self::ln_p)); 0 where that underflows.
    pub fn p_value(&self) -> f64 {
        self.ln_p.exp()
    }

    /// Returns true if p ≤ α, the search paid for.
    pub fn is_significant(&self, alpha: f64) -> bool {
        self.ln_p <= alpha.ln()
    }

    /// Returns the spans, in the order of the text and apart from each other; none if the search is
    /// not significant at α.
    ///
    /// Edges are within a few tokens where the mark is strong, and a gap shows where it is long
    /// enough to speak against the mark: some 60 tokens of a green rate of 0.6, γ = ¼. Short or
    /// faint spans beside others may be left out.
    pub fn spans(&self, alpha: f64) -> &[Span] {
        if self.is_significant(alpha) { &self.spans } else { &[] }
    }
}

/// Returns ln p of the search, from the scores of the scored positions and ln p of the whole text.
pub(crate) fn ln_p(null: Null, scores: &[f64], ln_whole: f64) -> f64 {
    (LN_2 + ln_whole.min(-ln_greatest_stake(null, scores))).min(0.0)
}

/// Returns ln of the greatest value that a stake of 1 has when spans are expected: it lies idle, is
/// laid on one of the bets at a constant rate, and is taken back at another. SPEC §7.5.
fn ln_greatest_stake(null: Null, scores: &[f64]) -> f64 {
    let factors = Factors::new(null);
    let start = SPANS / (scores.len() as f64 + SPANS);
    let end = 1.0 / SPAN_LENGTH;

    let mut idle = 1.0;
    let mut laid = [0.0; BETS];
    // The true stake is e^ln_unit times that. It was greatest at e^ln_greatest, or at `greatest`
    // times the present unit.
    let (mut ln_unit, mut ln_greatest, mut greatest) = (0.0, 0.0f64, 1.0f64);
    for &score in scores {
        let (begun, ended) = (idle * start, laid.iter().sum::<f64>() * end);
        idle += ended - begun;
        let mut stake = idle;
        for (laid, factor) in laid.iter_mut().zip(factors.of(score)) {
            *laid = (*laid * (1.0 - end) + begun / BETS as f64) * factor;
            stake += *laid;
        }
        greatest = greatest.max(stake);
        // A score moves the stake by e^20 at most, and every part is fed by the others, so none can
        // leave the range of an f64.
        if !(1e-100..1e100).contains(&stake) {
            ln_greatest = ln_greatest.max(ln_unit + greatest.ln());
            ln_unit += stake.ln();
            idle /= stake;
            laid = laid.map(|laid| laid / stake);
            greatest = 1.0;
        }
    }
    ln_greatest.max(ln_unit + greatest.ln())
}

/// Returns the spans, as ranges of scores. SPEC §7.5.
fn spans(null: Null, places: &[usize], scores: &[f64]) -> Vec<(usize, usize)> {
    let bets = Bet::all(null);
    let blocks = blocks(places);
    let best = blocks.iter().map(|block| best_gain(&bets, &scores[block.clone()])).fold(0.0, f64::max);
    if best <= 0.0 {
        return Vec::new();
    }
    let tries = scores.len() as f64 * BETS as f64;
    // A hair below the best gain, so that rounding cannot lose the only span.
    let fee = (tries / STRAY).ln().min(best * (1.0 - 1e-9));
    let of = |block: Range<usize>| {
        let spans = joined(best_spans(&bets, &scores[block.clone()], fee));
        spans.into_iter().map(move |(start, end)| (block.start + start, block.start + end))
    };
    blocks.into_iter().flat_map(of).collect()
}

/// Cuts the scores where more than [`SILENCE`] positions in a row are not scored.
fn blocks(places: &[usize]) -> Vec<Range<usize>> {
    let cuts = (1..places.len()).filter(|&at| places[at] - places[at - 1] - 1 > SILENCE);
    let mut blocks = Vec::new();
    let mut start = 0;
    for end in cuts.chain([places.len()]) {
        blocks.push(start..end);
        start = end;
    }
    blocks
}

/// Returns the spans, as ranges of scores, that together gain most by a bet each, where each pays
/// the same fee. SPEC §7.5.
fn best_spans(bets: &[Bet; BETS], scores: &[f64], fee: f64) -> Vec<(usize, usize)> {
    // The most that can be had up to here, with every span closed; and with one open on each bet,
    // and where that one starts.
    let mut closed = 0.0;
    let mut open = [(f64::NEG_INFINITY, 0); BETS];
    // For each end that is worth closing at, the start; for the others, the end itself.
    let mut starts = Vec::with_capacity(scores.len());
    for (here, &score) in scores.iter().enumerate() {
        let (before, mut start_here) = (closed, here + 1);
        for ((gain, start), bet) in open.iter_mut().zip(bets) {
            if before - fee >= *gain {
                (*gain, *start) = (before - fee, here);
            }
            *gain += bet.ln_gain(score, 1);
            if *gain > closed {
                closed = *gain;
                start_here = *start;
            }
        }
        starts.push(start_here);
    }

    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut end = scores.len();
    while end > 0 {
        let start = starts[end - 1];
        if start == end {
            end -= 1;
            continue;
        }
        spans.push((start, end));
        end = start;
    }
    spans.reverse();
    spans
}

/// Merges spans separated by fewer than [`GAP`] scores: to the reader, a stronger stretch within a
/// span is not a span of its own.
fn joined(spans: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut joined: Vec<(usize, usize)> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if start - last.1 < GAP => last.1 = end,
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// Returns the most that any bet gains on any one span; 0 if none gains.
fn best_gain(bets: &[Bet; BETS], scores: &[f64]) -> f64 {
    let mut gains = [0.0f64; BETS];
    let mut best = 0.0;
    for &score in scores {
        for (gain, bet) in gains.iter_mut().zip(bets) {
            *gain = gain.max(0.0) + bet.ln_gain(score, 1);
            best = f64::max(best, *gain);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Position, Scores, stats::Chance};

    /// γ = ¼.
    fn green() -> Null {
        Null::Bernoulli(Chance::new(0.25).expect("in range"))
    }

    fn search(null: Null, positions: &[Position]) -> Search {
        Scores::new(null, positions).expect("admitted").search()
    }

    /// Returns a green text by its stretches: the length of each, and how many of twenty are green.
    fn greens(stretches: &[(usize, u32)]) -> Vec<Position> {
        let mut state = 1u32;
        let mut green = |of_twenty: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Position::Scored(f64::from(u8::from((state >> 16) % 20 < of_twenty)))
        };
        stretches.iter().flat_map(|&(length, of_twenty)| vec![of_twenty; length]).map(&mut green).collect()
    }

    #[test]
    fn no_text_and_no_scores_are_answers() {
        for null in [green(), Null::Exponential] {
            for positions in [vec![], vec![Position::Unscored], vec![Position::Unscored, Position::Repeated]] {
                let search = search(null, &positions);
                assert_eq!((search.ln_p, search.p_value()), (0.0, 1.0));
                assert!(search.spans(1.0).is_empty());
            }
        }
    }

    #[test]
    fn marked_paragraphs_are_named() {
        let search = search(green(), &greens(&[(1500, 5), (120, 13), (900, 5), (200, 12), (2000, 5)]));
        assert!(search.ln_p < -30.0, "{search:?}");
        let found: Vec<_> = search.spans(1e-6).iter().map(|span| (span.start, span.end)).collect();
        assert_eq!(found.len(), 2, "{search:?}");
        for ((start, end), (from, to)) in found.into_iter().zip([(1500, 1620), (2520, 2720)]) {
            assert!(start.abs_diff(from) <= 15 && end.abs_diff(to) <= 15, "{start}..{end} for {from}..{to}");
        }
        assert!(search.spans(search.p_value() / 2.0).is_empty());
    }

    #[test]
    fn a_text_marked_throughout_is_one_span_and_loses_ln_2() {
        for of_twenty in [8, 12, 20] {
            let positions = greens(&[(1000, of_twenty)]);
            let search = search(green(), &positions);
            let span = search.spans(1e-6).first().copied().expect("a marked text");
            assert!(search.spans(1e-6).len() == 1 && span.start < 50 && span.end > 950, "{search:?}");
            let score: f64 = positions.iter().map(|position| f64::from(*position == Position::Scored(1.0))).sum();
            let whole = ln_tail(green(), score, 1000);
            assert!(search.ln_p <= whole + LN_2);
        }
    }

    #[test]
    fn places_are_those_of_the_text_and_counts_those_of_the_scored() {
        // Every other token repeated: places double, counts do not.
        let positions: Vec<_> =
            greens(&[(400, 5), (100, 20), (400, 5)]).into_iter().flat_map(|p| [p, Position::Repeated]).collect();
        let search = search(green(), &positions);
        let [span] = search.spans(1e-6) else { panic!("{search:?}") };
        assert!(span.start.abs_diff(800) <= 12 && span.end.abs_diff(1000) <= 12);
        assert_eq!(span.end - span.start, 2 * span.scored as usize - 1);
        assert_eq!(span.ln_p, ln_tail(green(), span.score, span.scored));
    }

    #[test]
    fn the_stake_is_the_sum_over_all_ways_to_lay_it() {
        let scores = [1.0, 0.0, 1.0, 1.0, 0.0];
        let null = green();
        let (start, end) = (4.0 / 9.0, 1.0 / 512.0);
        // Every path of states: idle, or one of the bets.
        let mut greatest: f64 = 1.0;
        for length in 1..=scores.len() {
            let mut stake = 0.0;
            for path in 0..(BETS + 1).pow(length as u32) {
                let (mut state, mut weight, mut path) = (0, 1.0, path);
                for &score in &scores[..length] {
                    let next = path % (BETS + 1);
                    path /= BETS + 1;
                    weight *= match (state, next) {
                        (0, 0) => 1.0 - start,
                        (0, _) => start / BETS as f64,
                        (_, 0) => end,
                        (from, to) if from == to => 1.0 - end,
                        _ => 0.0,
                    };
                    if next > 0 {
                        weight *= Bet::all(null)[next - 1].ln_gain(score, 1).exp();
                    }
                    state = next;
                }
                stake += weight;
            }
            greatest = greatest.max(stake);
        }
        assert!((ln_greatest_stake(null, &scores) - greatest.ln()).abs() < 1e-12);
    }

    #[test]
    fn spans_are_the_best_by_brute_force() {
        let null = green();
        let bets = Bet::all(null);
        for seed in 1..60usize {
            let scores: Vec<f64> =
                (0..40).map(|i| f64::from(u8::from((i * i * seed + i / 9 * seed) % 13 < 5 + i / 9 % 2 * 6))).collect();
            let fee = ((scores.len() * BETS) as f64 / STRAY).ln().min(best_gain(&bets, &scores) * (1.0 - 1e-9));
            let gain = |start: usize, end: usize| {
                let score = scores[start..end].iter().sum();
                bets.iter().map(|bet| bet.ln_gain(score, (end - start) as u64)).fold(f64::NEG_INFINITY, f64::max)
            };
            // The most that can be had from the first n scores.
            let mut most = vec![0.0f64];
            for end in 1..=scores.len() {
                let closing = (0..end).map(|start| most[start] + gain(start, end) - fee);
                most.push(closing.fold(most[end - 1], f64::max));
            }
            let found: f64 = best_spans(&bets, &scores, fee).iter().map(|&(start, end)| gain(start, end) - fee).sum();
            assert!((found - most[scores.len()]).abs() < 1e-9, "seed {seed}: {found} {most:?}");
        }
    }

    #[test]
    fn no_span_reaches_across_a_long_silence() {
        for (silent, expected) in [(128, 1), (129, 2)] {
            let mut positions = greens(&[(200, 5), (60, 20)]);
            positions.extend(vec![Position::Repeated; silent]);
            positions.extend(greens(&[(60, 20), (200, 5)]));
            let search = search(green(), &positions);
            assert_eq!(search.spans(1e-6).len(), expected, "{search:?}");
        }
        // Nor is a mark drawn out by what little is scored in the repetition beside it.
        let few = |n: usize| (0..n).flat_map(|_| [vec![Position::Repeated; 200], vec![Position::Scored(1.0)]].concat());
        let positions: Vec<_> = few(5).chain(greens(&[(100, 18)])).chain(few(5)).collect();
        let [span] = search(green(), &positions).spans(1e-6).to_vec()[..] else { panic!("one span") };
        assert!(span.start.abs_diff(1005) < 10 && span.end.abs_diff(1105) < 10, "{span:?}");
    }

    #[test]
    fn touching_spans_are_one() {
        assert_eq!(joined(vec![(0, 3), (3, 7), (11, 12), (16, 20)]), [(0, 7), (11, 12), (16, 20)]);
        assert_eq!(joined(vec![(0, 3), (3, 7), (10, 12), (13, 14)]), [(0, 14)]);
    }

    #[test]
    fn a_million_scores_stay_finite() {
        for (null, high) in [(green(), 1.0), (Null::Exponential, 22.18)] {
            for marked in [0..0, 0..1_000_000, 300_000..600_000, 999_999..1_000_000] {
                let position = |i: usize| Position::Scored(if marked.contains(&i) { high } else { 0.0 });
                let positions: Vec<_> = (0..1_000_000).map(position).collect();
                let search = search(null, &positions);
                assert!(search.ln_p.is_finite() && search.ln_p <= 0.0);
                let spans = search.spans(1e-6);
                let long = marked.len() > 1;
                assert_eq!(spans.len(), usize::from(long));
                if long {
                    assert_eq!((spans[0].start, spans[0].end), (marked.start, marked.end));
                }
            }
        }
    }
}
