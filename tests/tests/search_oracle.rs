//! The search against its reading in SPEC §7.5, on texts so short that everything can be tried.

use core::f64::consts::LN_2;

use greenmark::{Family, Position, Scheme, Scores, Search, stats};

const SCHEMES: [&str; 5] = [
    "gm1:green,h=1,gamma=8/256",
    "gm1:green,h=1,gamma=64/256",
    "gm1:green,h=1,gamma=200/256",
    "gm1:gumbel,h=1",
    "gm1:gumbel,h=2,dual",
];

/// Bets of SPEC §7.5, as (θ, ψ), by its formulas.
fn bets(family: Family) -> [(f64, f64); 6] {
    match family {
        Family::Green { gamma } => {
            let gamma = gamma.fraction();
            [0.25, 0.5, 1.0, 1.5, 2.25, 4.0].map(|theta: f64| (theta, (1.0 - gamma + gamma * theta.exp()).ln()))
        }
        Family::Gumbel { .. } => {
            [1.0 / 8.0, 0.25, 3.0 / 8.0, 0.5, 11.0 / 16.0, 7.0 / 8.0].map(|theta: f64| (theta, -(1.0 - theta).ln()))
        }
    }
}

/// Returns what a bet gains on some scores.
fn gain((theta, psi): (f64, f64), scores: &[f64]) -> f64 {
    theta * scores.iter().sum::<f64>() - psi * scores.len() as f64
}

/// ln of the chance of a sum of scores as high as theirs. SPEC §7.2, §7.4.
fn ln_tail(family: Family, scores: &[f64]) -> f64 {
    let (score, scored) = (scores.iter().sum::<f64>(), scores.len() as u64);
    match family {
        Family::Green { gamma } => stats::ln_binomial_sf(score as u64, scored, gamma.fraction()),
        Family::Gumbel { .. } => stats::ln_gamma_sf(score, scored),
    }
    .expect("counts in range")
}

/// Texts of n scores: in green every one there is; in gumbel `drawn` of them, with a high stretch,
/// or with one at either end and little between.
fn texts(family: Family, n: usize, drawn: u32) -> Vec<Vec<f64>> {
    let mut state = n as u32;
    let mut draw = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    };
    match family {
        Family::Green { .. } => (0..1u32 << n).map(|text| (0..n).map(|i| f64::from(text >> i & 1)).collect()).collect(),
        Family::Gumbel { .. } => (0..drawn)
            .map(|text| {
                let from = (draw() * n as f64) as usize;
                let quiet = text / 8 % 2 == 1;
                let peaks = if quiet { [0, n.saturating_sub(1)] } else { [from, from] };
                let (high, low) = (f64::from(1 + text % 8 * 2), if quiet { 0.1 } else { 1.0 });
                let mean = |i: usize| if peaks.iter().any(|peak| i.abs_diff(*peak) < 2) { high } else { low };
                (0..n).map(|i| (-(1.0 - draw()).ln() * mean(i)).min(22.0)).collect()
            })
            .collect(),
    }
}

fn search(scheme: Scheme, scores: &[f64]) -> Search {
    let positions: Vec<_> = scores.iter().map(|&score| Position::Scored(score)).collect();
    Scores::new(scheme.family().null(), &positions).expect("scores of the family").search()
}

/// A stake that is laid out over spans, the rates at which one begins and ends, and what the mean
/// bet makes of 1 on each stretch.
struct Mixture {
    begins: f64,
    ends: f64,
    won: Vec<Vec<f64>>,
}

impl Mixture {
    fn new(family: Family, scores: &[f64]) -> Self {
        let n = scores.len();
        let won =
            |start: usize, end: usize| bets(family).iter().map(|&bet| gain(bet, &scores[start..end]).exp() / 6.0).sum();
        let won = (0..n).map(|start| (0..=n).map(|end| if start < end { won(start, end) } else { 0.0 }).collect());
        Self { begins: 4.0 / (n as f64 + 4.0), ends: 1.0 / 512.0, won: won.collect() }
    }

    /// The sum, over all ways to set out spans on the scores `from..to`, of what each way is laid
    /// with times what it gains. No span begins at once where one has just ended (`!idle`):
    /// spans are apart.
    fn stake(&self, from: usize, to: usize, idle: bool) -> f64 {
        let rest = to - from;
        // None from here on.
        let stays = 1.0 - self.begins;
        let none = if idle {
            stays.powi(rest as i32)
        } else if rest == 0 {
            1.0
        } else {
            self.ends * stays.powi(rest as i32 - 1)
        };
        let earliest = if idle { from } else { from + 1 };
        let mut sum = none;
        for start in earliest..to {
            let waits = (start - earliest) as i32;
            let before = stays.powi(waits) * if idle { 1.0 } else { self.ends };
            for end in start + 1..=to {
                let goes_on = (1.0 - self.ends).powi((end - start) as i32 - 1);
                sum += before * self.begins * goes_on * self.won[start][end] * self.stake(end, to, false);
            }
        }
        sum
    }
}

/// M is the sum over all ways to set out spans of one bet each, apart from each other; and p is of
/// its maximum, or of the whole text.
#[test]
fn p_is_of_the_mixture_over_all_ways_to_set_out_spans() {
    for scheme in SCHEMES {
        let scheme: Scheme = scheme.parse().expect("canonical");
        let family = scheme.family();
        let (mut by_spans, mut by_the_whole) = (0, 0);
        for n in 0..=8 {
            for scores in texts(family, n, 60) {
                let mixture = Mixture::new(family, &scores);
                let greatest = (0..=n).map(|read| mixture.stake(0, read, true)).fold(1.0, f64::max);
                let whole = ln_tail(family, &scores);
                let expected = (LN_2 + whole.min(-greatest.ln())).min(0.0);
                let found = search(scheme, &scores).ln_p;
                assert!((found - expected).abs() < 1e-12, "{scheme}, {scores:?}: {found} for {expected}");
                by_spans += u32::from(expected < LN_2 + whole - 1e-9);
                by_the_whole += u32::from(expected < LN_2 - greatest.ln() - 1e-9);
            }
        }
        assert!(by_spans >= 5 && by_the_whole >= 5, "{scheme}: too few texts say anything, {by_spans}, {by_the_whole}");
    }
}

/// Of all sets of positions, those reported have the greatest Σ (G − c), cut into stretches as well
/// as can be. Near ties are left out.
#[test]
fn no_other_spans_are_worth_more() {
    for scheme in SCHEMES {
        let scheme: Scheme = scheme.parse().expect("canonical");
        let family = scheme.family();
        // No short text of these reaches the full fee.
        let large = scheme.gamma().is_some_and(|gamma| gamma.fraction() > 0.5);
        // How many texts had no, one, and more spans, and how many were at the full fee, and no near tie.
        let (mut spans_of, mut full, mut clear) = ([0u32; 3], 0, 0);
        for n in [1, 2, 5, 9] {
            for scores in texts(family, n, 300) {
                let most = |start: usize, end: usize| {
                    bets(family).map(|bet| gain(bet, &scores[start..end])).into_iter().fold(f64::MIN, f64::max)
                };
                let gains: Vec<Vec<f64>> =
                    (0..n).map(|start| (start + 1..=n).map(|end| most(start, end)).collect()).collect();
                let greatest = gains.iter().flatten().copied().fold(f64::MIN, f64::max);
                let whole_fee = (20.0 * 6.0 * n as f64).ln();
                let fee = whole_fee.min(greatest * (1.0 - 1e-9));
                // What a run of positions comes to.
                let mut worth = vec![vec![0.0f64; n + 1]; n];
                for (start, worth) in worth.iter_mut().enumerate() {
                    for end in start + 1..=n {
                        let cut = (start..end).map(|from| worth[from] + gains[from][end - from - 1] - fee);
                        worth[end] = cut.fold(f64::MIN, f64::max);
                    }
                }
                let mut ranked: Vec<_> = (0..1u32 << n)
                    .map(|set| (runs(n, set).map(|(start, end)| worth[start][end]).sum::<f64>(), set))
                    .collect();
                ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
                let found: Vec<_> =
                    search(scheme, &scores).spans(1.0).iter().map(|span| (span.start, span.end)).collect();
                if greatest <= 0.0 {
                    assert!(found.is_empty(), "{scheme}, {scores:?}: {found:?}");
                } else if ranked[0].0 - ranked[1].0 > 1e-11 {
                    let best = joined(runs(n, ranked[0].1));
                    assert_eq!(found, best, "{scheme}, {scores:?}");
                    clear += 1;
                    full += u32::from(fee == whole_fee);
                }
                spans_of[found.len().min(2)] += 1;
            }
        }
        assert!(clear > 500 && spans_of[1] > 100 && (full > 20 || large), "{scheme}: {clear}, {spans_of:?}, {full}");
        assert!(spans_of[2] > 5, "{scheme}: {spans_of:?}");
    }
}

/// Those with fewer than four positions between them are one.
fn joined(runs: impl Iterator<Item = (usize, usize)>) -> Vec<(usize, usize)> {
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for (start, end) in runs {
        match joined.last_mut() {
            Some(last) if start < last.1 + 4 => last.1 = end,
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// Returns the runs of a set of n positions.
fn runs(n: usize, set: u32) -> impl Iterator<Item = (usize, usize)> {
    let has = move |at: usize| set >> at & 1 == 1;
    let starts = (0..n).filter(move |&at| has(at) && (at == 0 || !has(at - 1)));
    starts.map(move |start| (start, (start..n).find(|&at| !has(at)).unwrap_or(n)))
}

/// What SPEC §7.5 says that the search costs: at most ln 2 against the whole text, and against any
/// one stretch on any one bet, chosen after looking, −ln p ≥ G − ln(K/λ) − bλ′ − ℓμ′ − ln 2.
#[test]
fn the_search_costs_no_more_than_promised() {
    for scheme in SCHEMES {
        let scheme: Scheme = scheme.parse().expect("canonical");
        let family = scheme.family();
        let mut nearest = f64::INFINITY;
        for (length, marked) in [(40, 0..0), (200, 0..200), (300, 100..160), (300, 0..50), (300, 260..300)] {
            for shift in 0..5u32 {
                let scores: Vec<f64> = (0..length)
                    .map(|i: usize| {
                        let draw =
                            f64::from((i as u32 * 8 + shift).wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
                        match family {
                            Family::Green { gamma } => {
                                let gamma = gamma.fraction();
                                let rate = if marked.contains(&i) { 1.0 - (1.0 - gamma) / 4.0 } else { gamma };
                                f64::from(u8::from(draw < rate))
                            }
                            Family::Gumbel { .. } => -(1.0 - draw).ln() * if marked.contains(&i) { 3.0 } else { 1.0 },
                        }
                    })
                    .collect();
                let ln_p = search(scheme, &scores).ln_p;
                assert!(ln_p <= ln_tail(family, &scores) + LN_2 + 1e-9);
                let start_rate = 4.0 / (length as f64 + 4.0);
                for (start, end) in (0..length).flat_map(|start| (start + 1..=length).map(move |end| (start, end))) {
                    for bet in bets(family) {
                        let costs = (6.0 / start_rate).ln()
                            - start as f64 * (1.0 - start_rate).ln()
                            - (end - start) as f64 * (1.0 - 1.0 / 512.0f64).ln()
                            + LN_2;
                        let slack = -ln_p - (gain(bet, &scores[start..end]) - costs);
                        assert!(slack >= -1e-9, "{scheme}, {start}..{end} of {length}: {slack}");
                        nearest = nearest.min(slack);
                    }
                }
            }
        }
        assert!(nearest < 3.0, "{scheme}: the promise is looser than it says, by {nearest} nats");
    }
}
