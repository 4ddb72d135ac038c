//! Measures how often marked text is found at α = 1e-6: the search beside its rivals, and the
//! stream beside a test of fixed length.
//!
//! `search-power search N` and `search-power stream N` print a table each, from N texts a cell, the
//! same every time.
//!
//! A marked token scores as one does that the model gave the chance 1/k: the greatest of k numbers.
//! In green it is green at the rate q.

use std::{env, ops::Range, process::ExitCode};

use greenmark::{
    Field, Key, Position, Scheme, Scores, Stream, Subkey, TokenId, colour,
    stats::{ln_binomial_sf, ln_gamma_sf},
};
use greenmark_lab::mix;
use sha2::{Digest, Sha256};

const ALPHA: f64 = 1e-6;
const GREEN: &str = "gm1:green,h=1,gamma=64/256";
const GUMBEL: &str = "gm1:gumbel,h=1";

/// Writer of the marked part.
#[derive(Debug, Clone, Copy)]
enum Mark {
    /// A green rate.
    Green(f64),
    /// The share of tokens that had a choice, and the number of equal tokens to choose from; the
    /// others score as by chance.
    Gumbel(f64, u32),
}

impl Mark {
    const ALL: [Self; 5] =
        [Self::Green(0.6), Self::Green(0.4), Self::Gumbel(1.0, 27), Self::Gumbel(0.5, 11), Self::Gumbel(0.2, 11)];

    fn scheme(self) -> Scheme {
        let scheme = if matches!(self, Self::Green(_)) { GREEN } else { GUMBEL };
        scheme.parse().expect("canonical")
    }

    fn name(self) -> String {
        match self {
            Self::Green(rate) => format!("green, q = {rate}"),
            Self::Gumbel(share, choices) => {
                let mean: f64 = (1..=choices).map(|k| 1.0 / f64::from(k)).sum();
                format!("gumbel, mean {:.1}", 1.0 + share * (mean - 1.0))
            }
        }
    }

    fn score(self, marked: bool, random: &mut Random) -> f64 {
        match self {
            Self::Green(rate) => f64::from(u8::from(random.next() < if marked { rate } else { 0.25 })),
            Self::Gumbel(share, choices) => {
                let choices = if marked && random.next() < share { choices } else { 1 };
                -(-random.next().powf(1.0 / f64::from(choices))).ln_1p()
            }
        }
    }

    /// The exact test.
    fn ln_p(self, scores: &[f64]) -> f64 {
        tail(self.scheme(), scores.iter().sum(), scores.len())
    }
}

fn tail(scheme: Scheme, score: f64, scored: usize) -> f64 {
    let scored = scored as u64;
    match scheme.gamma() {
        Some(gamma) => ln_binomial_sf(score as u64, scored, gamma.fraction()),
        None => ln_gamma_sf(score, scored),
    }
    .expect("a sum of scores")
}

/// SplitMix64 (Steele, Lea and Flood 2014): uniform on (0, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        let word = mix(self.0);
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (word >> 11) as f64 * (-53f64).exp2() + (-54f64).exp2()
    }
}

/// Draws the marked places of a text of `length`: `marked` positions in `pieces` equal parts.
fn places(length: usize, marked: usize, pieces: usize, random: &mut Random) -> Vec<Range<usize>> {
    let part = marked / pieces;
    let mut gaps: Vec<usize> =
        (0..pieces).map(|_| (random.next() * (length - part * pieces + 1) as f64) as usize).collect();
    gaps.sort_unstable();
    gaps.into_iter().enumerate().map(|(i, gap)| gap + i * part..gap + (i + 1) * part).collect()
}

/// Chosen over, first: every interval of a geometric cover by its exact tail, steps of an eighth of
/// a length in start and length. Each length has the same share of α, and its intervals share
/// alike.
fn cover(mark: Mark, scores: &[f64]) -> f64 {
    let mut sums = vec![0.0];
    for score in scores {
        sums.push(sums[sums.len() - 1] + score);
    }
    let n = scores.len();
    let lengths: Vec<usize> =
        std::iter::successors(Some(6), |&length| Some(length + (length / 8).max(1))).take_while(|&l| l < n).collect();
    let mut least = 0.0;
    for &length in &lengths {
        let starts = (0..n - length + 1).step_by((length / 8).max(1));
        let price = (starts.len() as f64 * lengths.len() as f64).ln();
        for start in starts {
            let score = sums[start + length] - sums[start];
            // Chernoff's bound first: the tail is at most e^−bound, and at least a thousandth of
            // that at these lengths.
            let (mean, by_chance) = (score / length as f64, if let Mark::Green(_) = mark { 0.25 } else { 1.0 });
            let bound = length as f64
                * match mark {
                    _ if mean <= by_chance => 0.0,
                    Mark::Green(_) if mean < 1.0 => {
                        mean * (4.0 * mean).ln() + (1.0 - mean) * ((1.0 - mean) / 0.75).ln()
                    }
                    Mark::Green(_) => 4.0f64.ln(),
                    Mark::Gumbel(..) => mean - 1.0 - mean.ln(),
                };
            if price - bound - 7.0 < least {
                least = f64::min(least, tail(mark.scheme(), score, length) + price);
            }
        }
    }
    least
}

/// Chosen over, second: one span that starts anywhere and is watched to the end, a Shiryaev–Roberts
/// mixture over starts and nine bets.
fn one_start(mark: Mark, scores: &[f64]) -> f64 {
    let bets = match mark {
        Mark::Green(_) => {
            [0.25f64, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0].map(|theta| (theta, (0.75 + 0.25 * theta.exp()).ln()))
        }
        Mark::Gumbel(..) => [0.1f64, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8].map(|theta| (theta, -(1.0 - theta).ln())),
    };
    let weight = 1.0 / (scores.len() * bets.len()) as f64;
    let (mut laid, mut greatest) = ([0.0; 9], 0.0f64);
    for (i, score) in scores.iter().enumerate() {
        for (laid, (theta, psi)) in laid.iter_mut().zip(bets) {
            *laid = (*laid + weight) * (theta * score - psi).exp();
        }
        let unspent = 1.0 - (i + 1) as f64 / scores.len() as f64;
        greatest = greatest.max((unspent + laid.iter().sum::<f64>()).ln());
        if greatest > 500.0 {
            break; // found, whatever follows
        }
    }
    -greatest
}

fn search_table(texts: usize) {
    println!(
        "Share of {texts} texts found at α = {ALPHA:e}; edge: median distance of a span's edge, in scored tokens.\n"
    );
    println!("| mark | scored | share | pieces | whole | hindsight | cover | one start | search | edge |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for mark in Mark::ALL {
        for length in [500, 2000, 10_000] {
            for (share, pieces) in [(0.05, 1), (0.1, 1), (0.1, 4), (0.25, 1), (0.25, 5), (0.5, 1), (0.5, 5), (1.0, 1)] {
                let mut random = Random(length as u64);
                let mut found = [0usize; 5];
                let mut edges = Vec::new();
                for _ in 0..texts {
                    let places = places(length, (share * length as f64) as usize, pieces, &mut random);
                    let marked = |i| places.iter().any(|place| place.contains(&i));
                    let scores: Vec<f64> = (0..length).map(|i| mark.score(marked(i), &mut random)).collect();
                    let of_marked: Vec<f64> = places.iter().flat_map(|place| &scores[place.clone()]).copied().collect();
                    let positions: Vec<Position> = scores.iter().map(|&score| Position::Scored(score)).collect();
                    let search = Scores::new(mark.scheme().family().null(), &positions).expect("admitted").search();
                    let ln_p = [
                        mark.ln_p(&scores),
                        mark.ln_p(&of_marked),
                        cover(mark, &scores),
                        one_start(mark, &scores),
                        search.ln_p,
                    ];
                    for (found, ln_p) in found.iter_mut().zip(ln_p) {
                        *found += usize::from(ln_p <= ALPHA.ln());
                    }
                    if let ([span], [place]) = (search.spans(ALPHA), &places[..]) {
                        edges.extend([span.start.abs_diff(place.start), span.end.abs_diff(place.end)]);
                    }
                }
                edges.sort_unstable();
                let edge = edges.get(edges.len() / 2).map_or("–".to_owned(), usize::to_string);
                let found = found.map(|found| format!("{:.2}", found as f64 / texts as f64)).join(" | ");
                println!("| {} | {length} | {share} | {pieces} | {found} | {edge} |", mark.name());
            }
        }
    }
}

/// The next token of a text that holds every token once, marked as `mark` says.
fn next_token(mark: Mark, field: &Field, last: TokenId, fresh: &mut TokenId, random: &mut Random) -> TokenId {
    let seed = field.seed(&[last]);
    let mut fresh = || {
        *fresh += 1;
        *fresh
    };
    match mark {
        Mark::Green(rate) => {
            let wanted = random.next() < rate;
            let gamma = mark.scheme().gamma().expect("green");
            std::iter::repeat_with(fresh)
                .find(|&token| colour(&seed, token, gamma).is_green() == wanted)
                .expect("endless")
        }
        Mark::Gumbel(share, choices) => {
            let choices = if random.next() < share { choices } else { 1 };
            (0..choices).map(|_| fresh()).max_by_key(|&token| seed.word(Subkey::First, token)).expect("one or more")
        }
    }
}

fn stream_table(texts: usize) {
    println!("Tokens needed at α = {ALPHA:e}, {texts} texts.\n");
    println!("| mark | fixed, 50 % | stream, 50 % | fixed, 95 % | stream, 95 % | more | stream, mean |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for mark in Mark::ALL {
        let longest = if let Mark::Green(0.4) | Mark::Gumbel(0.2, _) = mark { 1500 } else { 300 };
        let (mut stops, mut found) = (Vec::new(), vec![0usize; longest + 1]);
        for text in 0..texts {
            let key = Key::from_bytes(Sha256::digest(format!("greenmark/power/{text}")).into());
            let field = Field::new(&key, mark.scheme().context_width());
            let (mut random, mut last, mut fresh) = (Random(text as u64), 0, 0);
            let mut stream = Stream::new(&key, mark.scheme());
            stream.push(last);
            let mut stop = None;
            for (scored, found) in found.iter_mut().enumerate().skip(1) {
                last = next_token(mark, &field, last, &mut fresh, &mut random);
                let evidence = stream.push(last);
                if evidence.is_significant(ALPHA) {
                    stop = stop.or(Some(scored));
                }
                *found += usize::from(tail(mark.scheme(), evidence.tally.score, scored) <= ALPHA.ln());
            }
            stops.push(stop.unwrap_or(longest));
        }
        stops.sort_unstable();
        // The first length from which on the fixed test is as sure as that.
        let fixed =
            |share: f64| found.iter().rposition(|&found| (found as f64) < share * texts as f64).map_or(0, |n| n + 1);
        let stream = |share: f64| stops[((share * texts as f64).ceil() as usize).max(1) - 1];
        let more = 100.0 * (stream(0.95) as f64 / fixed(0.95) as f64 - 1.0);
        let mean = stops.iter().sum::<usize>() as f64 / texts as f64;
        let [half, sure] = [0.5, 0.95].map(|share| format!("{} | {}", fixed(share), stream(share)));
        println!("| {} | {half} | {sure} | {more:.0} % | {mean:.0} |", mark.name());
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let texts = args.get(1).and_then(|texts| texts.parse().ok()).filter(|&texts| texts > 0);
    match (args.first(), texts) {
        (Some(&"search"), Some(texts)) => search_table(texts),
        (Some(&"stream"), Some(texts)) => stream_table(texts),
        _ => {
            eprintln!("usage: search-power search N | search-power stream N");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
