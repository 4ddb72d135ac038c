//! Marks tried on a recording, without the model: what would be drawn at each step under a random
//! key, the text before it being the recorded one.
//!
//! Gumbel draws each token with the chance that the model gave it, so a recorded unmarked text *is*
//! a marked one for some key, and only the scores have to be drawn: the simulation is exact. Green
//! changes what is drawn; here every step is drawn anew from the biased distribution, but after the
//! recorded text, not after what the earlier steps drew. That a marked text wanders off to other
//! contexts, more surprising or more repetitive ones, is not seen.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use greenmark_lm::text_rng;

use crate::{
    mix,
    operating::{
        power::{Critical, Curve},
        recording::{Distribution, Recording, unit},
    },
};

/// A green mark of one width.
#[derive(Debug, Clone)]
pub struct Green<'c> {
    /// g of γ = g/256.
    pub gamma: u8,
    /// δ, nats, on raw logits.
    pub delta: f64,
    /// The levels to be found at, for this γ.
    pub critical: &'c [Critical],
}

/// Course of a mark along one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// A curve for each level.
    pub curves: Vec<Curve>,
    /// Nats a token by which the drawn tokens surprise the unmarked model more than unmarked ones
    /// at the same steps: expectations, averaged over steps and trials.
    pub surprise: f64,
    /// Share of the scored positions that are green, or the mean score in gumbel, averaged over
    /// trials.
    pub mean_score: f64,
    /// Positions scored, averaged over trials.
    pub scored: f64,
    /// `[n]` in green, empty in gumbel.
    pub steps: Vec<Step>,
}

/// One step under a green mark, averaged over trials.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Step {
    /// −ln of the probability at temperature 1 of what is drawn without the mark, on average, nats.
    pub plain: f64,
    /// The same of what is drawn with it.
    pub marked: f64,
    /// The chance of the recorded token with the mark over that without.
    pub ratio: f64,
}

impl Outcome {
    fn new(levels: usize, length: usize) -> Self {
        Self {
            curves: vec![Curve::new(length); levels],
            surprise: 0.0,
            mean_score: 0.0,
            scored: 0.0,
            steps: Vec::new(),
        }
    }

    fn end_trial(&mut self, score: f64, scored: usize) {
        self.curves.iter_mut().for_each(|curve| curve.trials += 1);
        self.scored += scored as f64;
        self.mean_score += score / scored.max(1) as f64;
    }

    /// Sums into means.
    fn averaged(mut self, length: usize, trials: u32) -> Self {
        let trials = f64::from(trials.max(1));
        self.scored /= trials;
        self.mean_score /= trials;
        for step in &mut self.steps {
            step.marked /= trials;
            step.ratio /= trials;
        }
        self.surprise = self.steps.iter().map(|step| step.marked - step.plain).sum::<f64>() / length.max(1) as f64;
        self
    }
}

/// Part of a recording that is looked at, and the number of trials.
#[derive(Debug, Clone, Copy)]
pub struct Trials {
    /// The first tokens alone; at most as many as there are.
    pub length: usize,
    /// The temperature it was recorded at.
    pub temperature: f64,
    /// Random keys.
    pub trials: u32,
    /// Seeds them, together with the text's index.
    pub seed: u64,
}

/// Tries several green marks of one width along one recording, with the same random numbers for
/// all.
///
/// A (context, token) pair, the recorded context and the token drawn after it, counts once. Colours
/// are consistent: a pair keeps its colour through a trial, and the greens of a smaller γ are among
/// those of a larger one.
pub fn green(recording: &Recording, width: usize, marks: &[Green], plan: Trials) -> Vec<Outcome> {
    let Trials { length, temperature, trials, seed } = plan;
    let length = length.min(recording.ids.len());
    let mut outcomes: Vec<Outcome> = marks.iter().map(|mark| Outcome::new(mark.critical.len(), length)).collect();
    let mut gammas: Vec<u8> = marks.iter().map(|mark| mark.gamma).collect();
    gammas.sort_unstable();
    gammas.dedup();
    let boost: Vec<f64> = marks.iter().map(|mark| (mark.delta / temperature).exp()).collect();
    let contexts = contexts(recording, width, length);
    for outcome in &mut outcomes {
        outcome.steps = (0..length)
            .map(|position| Step { plain: surprise(&recording.distribution(position)), ..Step::default() })
            .collect();
    }
    // The recorded token's place among the entries, if it has one.
    let own =
        |position: usize| recording.distribution(position).ids.iter().position(|&id| id == recording.ids[position]);
    let own: Vec<Option<usize>> = (0..length).map(own).collect();
    let mut bytes: Vec<u8> = Vec::new();
    let mut seen: Vec<HashSet<u64, BuildHasherDefault<Mixed>>> = vec![HashSet::default(); marks.len()];
    for trial in 0..trials {
        let mut rng = text_rng(mix(seed ^ u64::from(trial)), recording.index);
        let key = mix(seed ^ mix(recording.index ^ mix(u64::from(trial))));
        let mut tallies = vec![(0usize, 0usize); marks.len()];
        seen.iter_mut().for_each(HashSet::clear);
        for (position, &context) in (0..).zip(&contexts) {
            if position >= width {
                let step = recording.distribution(position);
                let context = mix(context ^ key);
                bytes.clear();
                bytes.extend(step.ids.iter().map(|&id| byte(context, id)));
                let uniform = unit(&mut rng);
                let all: f64 = step.q.iter().map(|&q| f64::from(q)).sum();
                let plain = outcomes[0].steps[position].plain;
                for &gamma in &gammas {
                    // Masses and surprises of the greens; in f32 and whole columns, which the
                    // compiler turns into vectors.
                    let (mut mass, mut green_surprise) = (0.0f32, 0.0f32);
                    for ((&byte, &q), &ln_p) in bytes.iter().zip(step.q).zip(step.ln_p) {
                        let q = if byte < gamma { q } else { 0.0 };
                        mass += q;
                        green_surprise -= q * ln_p;
                    }
                    let (mass, green_surprise) = (f64::from(mass).min(all), f64::from(green_surprise));
                    let own_mass = own[position].map_or(0.0, |j| f64::from(step.q[j]));
                    let own_is_green = own[position].is_some_and(|j| bytes[j] < gamma);
                    let others = mass - if own_is_green { own_mass } else { 0.0 };
                    for (i, _) in marks.iter().enumerate().filter(|(_, mark)| mark.gamma == gamma) {
                        let red = all - mass;
                        let total = mass * boost[i] + red;
                        let averaged = &mut outcomes[i].steps[position];
                        averaged.marked += (green_surprise * boost[i] + plain * all - green_surprise) / total;
                        // Over both colours of the recorded token, whatever it is in this trial:
                        // less noise.
                        let total_if = |own: f64| all + (others + own) * (boost[i] - 1.0);
                        let share = f64::from(gamma) / 256.0;
                        averaged.ratio += all * (share * boost[i] / total_if(own_mass) + (1.0 - share) / total_if(0.0));
                        let at = uniform * total;
                        let is_green = at < mass * boost[i];
                        let at = if is_green { at / boost[i] } else { at - mass * boost[i] };
                        let token = pick(step.ids, step.q, &bytes, |byte| (byte < gamma) == is_green, at);
                        if seen[i].insert(mix(context ^ u64::from(token).wrapping_mul(0xD6E8_FEB8_6659_FD93))) {
                            tallies[i].0 += usize::from(is_green);
                            tallies[i].1 += 1;
                        }
                    }
                }
            }
            if position < width {
                for step in outcomes.iter_mut().map(|outcome| &mut outcome.steps[position]) {
                    step.marked += step.plain;
                    step.ratio += 1.0;
                }
            }
            for ((mark, outcome), &(greens, scored)) in marks.iter().zip(&mut outcomes).zip(&tallies) {
                for (critical, curve) in mark.critical.iter().zip(&mut outcome.curves) {
                    curve.found[position] += u32::from(critical.is_reached(greens as f64, scored));
                }
            }
        }
        for (outcome, (greens, scored)) in outcomes.iter_mut().zip(tallies) {
            outcome.end_trial(greens as f64, scored);
        }
    }
    outcomes.into_iter().map(|outcome| outcome.averaged(length, trials)).collect()
}

/// −ln p of what a distribution draws, on average.
fn surprise(step: &Distribution) -> f64 {
    let all: f64 = step.q.iter().map(|&q| f64::from(q)).sum();
    step.q.iter().zip(step.ln_p).map(|(&q, &ln_p)| f64::from(-q * ln_p)).sum::<f64>() / all
}

/// Cost of the mark along a simulated text: sums of one text, divided once all texts are added up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wandered {
    /// Sum of the weights.
    pub weights: f64,
    /// Weighted sum of [`Step::marked`].
    pub marked: f64,
    /// Sum of [`Step::plain`], each step once.
    pub plain: f64,
    /// Steps.
    pub steps: f64,
}

impl Wandered {
    /// Returns the sums of two sets of texts together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            weights: self.weights + other.weights,
            marked: self.marked + other.marked,
            plain: self.plain + other.plain,
            steps: self.steps + other.steps,
        }
    }

    /// Nats a token by which the marked texts surprise the unmarked model more than unmarked texts
    /// do.
    pub fn surprise(&self) -> f64 {
        self.marked / self.weights - self.plain / self.steps
    }
}

/// The steps of a text weighed by how much likelier a marked text is to have come there by its last
/// `memory` tokens.
///
/// Were no context to come twice in a text, its lists would be independent, and a marked text, over
/// all keys, would have its chance as an unmarked one times the product of all [`Step::ratio`]s:
/// importance sampling. The whole product would leave a few steps with all the weight, so only the
/// last few tokens count: 0 takes the recorded text as it is. That texts repeat themselves because
/// a context's list stays the same is not seen.
pub fn wandered(outcome: &Outcome, memory: usize) -> Wandered {
    let mut sums = Wandered::default();
    for (position, step) in outcome.steps.iter().enumerate() {
        let before = &outcome.steps[position.saturating_sub(memory)..position];
        let weight: f64 = before.iter().map(|step| step.ratio).product();
        sums = sums.and(&Wandered { weights: weight, marked: weight * step.marked, plain: step.plain, steps: 1.0 });
    }
    sums
}

/// The token of one colour at which the masses of that colour have added up to `at`; its last, if
/// rounding leaves a crumb.
fn pick(ids: &[u32], q: &[f32], bytes: &[u8], has_colour: impl Fn(u8) -> bool, at: f64) -> u32 {
    let (mut left, mut last) = (at, ids[0]);
    for ((&id, &q), &byte) in ids.iter().zip(q).zip(bytes) {
        if has_colour(byte) {
            last = id;
            left -= f64::from(q);
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

/// Gumbel marks of one width along an *unmarked* recording.
///
/// The winner of the race is v with the model's chance q(v), whatever the time M at which it comes
/// in, which is Exp(1); its clock ran E = q(v)·M, and its score is −ln(1 − e^−E). A context counts
/// once.
pub fn gumbel(recording: &Recording, width: usize, critical: &[Critical], plan: Trials) -> Outcome {
    let Trials { length, trials, seed, .. } = plan;
    let length = length.min(recording.ids.len());
    let mut outcome = Outcome::new(critical.len(), length);
    let mut seen: HashSet<u64> = HashSet::new();
    let contexts = contexts(recording, width, length);
    let counts: Vec<bool> = (0..).zip(&contexts).map(|(i, &context)| i >= width && seen.insert(context)).collect();
    for trial in 0..trials {
        let mut rng = text_rng(mix(seed ^ u64::from(trial)), recording.index);
        let (mut score, mut scored) = (0.0, 0);
        for (position, _) in contexts.iter().enumerate() {
            if counts[position] {
                let time = -(-unit(&mut rng)).ln_1p();
                score += score_of_winner(f64::from(recording.q[position]), time);
                scored += 1;
            }
            for (critical, curve) in critical.iter().zip(&mut outcome.curves) {
                curve.found[position] += u32::from(critical.is_reached(score, scored));
            }
        }
        outcome.end_trial(score, scored);
    }
    outcome.averaged(length, trials)
}

/// Returns the score of a token of probability `q` that won at `time`: −ln(1 − e^(−q·time)).
fn score_of_winner(q: f64, time: f64) -> f64 {
    // SPEC §6.3: no word scores more.
    (-(-(-q * time).exp_m1()).ln()).clamp(0.0, 32.0 * std::f64::consts::LN_2)
}

/// Returns a number for the context of each position; positions without one get any.
fn contexts(recording: &Recording, width: usize, length: usize) -> Vec<u64> {
    let context = |position: usize| {
        let ids = &recording.ids[position.saturating_sub(width)..position];
        ids.iter().fold(mix(width as u64), |state, &id| mix(state ^ u64::from(id)))
    };
    (0..length).map(context).collect()
}

/// Returns a byte in place of the field's: as random, and a hundred times as fast.
fn byte(context: u64, token: u32) -> u8 {
    let mut x = (token ^ context as u32).wrapping_mul(0x9E37_79B1);
    x = (x ^ (x >> 15)).wrapping_add((context >> 32) as u32).wrapping_mul(0x85EB_CA6B);
    x = (x ^ (x >> 13)).wrapping_mul(0xC2B2_AE35);
    ((x ^ (x >> 16)) >> 8) as u8
}

/// The hash of a number that is one already.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are u64");
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenmark::{Delta, Detector, Embedder, Scheme, TokenId};
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    use greenmark_eval::corpus;

    const LEVELS: [f64; 2] = [1e-2, 1e-6];

    fn levels(scheme: Scheme, length: usize) -> Vec<Critical> {
        LEVELS.map(|alpha| Critical::new(scheme.family(), alpha, length).expect("in range")).into()
    }

    /// Returns a source without memory: 40 tokens, the same chances at every step.
    fn logits() -> Vec<f32> {
        (0..40u32).map(|v| -0.08 * (v * 7 % 40) as f32).collect()
    }

    fn draw(probabilities: impl Iterator<Item = f64>, rng: &mut ChaCha8Rng) -> TokenId {
        let mut left = unit(rng);
        let at = probabilities.take_while(|p| {
            left -= p;
            left >= 0.0
        });
        (at.count() as TokenId).min(39)
    }

    fn softmax(logits: &[f32], temperature: f64) -> Vec<f32> {
        let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) / temperature).exp()).sum();
        logits.iter().map(|&logit| ((f64::from(logit) / temperature).exp() / sum) as f32).collect()
    }

    fn recordings(n: u64, length: usize, temperature: f64) -> Vec<Recording> {
        let q = softmax(&logits(), temperature);
        let record = |index| {
            let mut rng = ChaCha8Rng::seed_from_u64(index);
            let ids: Vec<_> = (0..length).map(|_| draw(q.iter().map(|&q| f64::from(q)), &mut rng)).collect();
            Recording::of_logits(index, &ids, &logits(), temperature)
        };
        (0..n).map(record).collect()
    }

    /// A text marked by the library itself, and what its detector finds at the levels; the
    /// perplexity's logarithm beside it.
    fn embedded(scheme: Scheme, delta: f64, index: u64, length: usize, temperature: f64) -> (Vec<bool>, f64, f64) {
        let key = corpus::key(5, index);
        let embedder = Embedder::new(&key, scheme).delta(Delta::new(delta as f32).expect("in range"));
        let (mut rng, mut text, mut ids) = (ChaCha8Rng::seed_from_u64(900 + index), embedder.start(), Vec::new());
        let plain = softmax(&logits(), 1.0);
        let mut surprise = 0.0;
        for _ in 0..length {
            let mut biased = logits();
            text.bias(&mut biased);
            let token = text.choose(&softmax(&biased, temperature), unit(&mut rng)).expect("a distribution");
            surprise -= f64::from(plain[token as usize]).ln() / length as f64;
            text.push(token);
            ids.push(token);
        }
        let detection = Detector::new(&key, scheme).detect(&ids);
        let found = LEVELS.iter().map(|&alpha| detection.is_significant(alpha)).collect();
        (found, surprise, detection.mean_score().unwrap_or(0.0))
    }

    /// Where the source has no memory, nothing is lost by going along the recorded text: rates,
    /// costs and scores must be those of texts that the library marks.
    #[test]
    fn it_agrees_with_marked_texts_of_a_source_without_memory() {
        let (n, length, temperature) = (300, 60, 0.7);
        let recordings = recordings(n, length, temperature);
        let plan = Trials { length, temperature, trials: 20, seed: 3 };
        let plain: f64 = {
            let (p, q) = (softmax(&logits(), 1.0), softmax(&logits(), temperature));
            p.iter().zip(&q).map(|(&p, &q)| f64::from(-q * p.ln())).sum()
        };
        // h = 3, so that contexts seldom come again: where they do, what was drawn after them
        // before is not what was recorded.
        for (scheme, delta) in [
            ("gm1:green,h=3,gamma=64/256", 1.0),
            ("gm1:green,h=3,gamma=128/256", 1.5),
            ("gm1:green,h=0,gamma=64/256", 1.0),
            ("gm1:gumbel,h=3", 0.0),
        ] {
            let scheme: Scheme = scheme.parse().expect("canonical");
            let critical = levels(scheme, length);
            let width = scheme.context_width().get();
            let outcomes: Vec<Outcome> = recordings
                .iter()
                .map(|recording| match scheme.gamma() {
                    Some(gamma) => {
                        let mark = Green { gamma: gamma.numerator(), delta, critical: &critical };
                        green(recording, width, &[mark], plan).remove(0)
                    }
                    None => gumbel(recording, width, &critical, plan),
                })
                .collect();
            let direct: Vec<_> = (0..n).map(|index| embedded(scheme, delta, index, length, temperature)).collect();
            let mean = |values: &dyn Fn(usize) -> f64| {
                let values: Vec<f64> = (0..n as usize).map(values).collect();
                greenmark_eval::summary::Mean::of(&values).expect("many")
            };
            let agree = |simulated: &dyn Fn(usize) -> f64, direct: &dyn Fn(usize) -> f64, floor: f64, what: &str| {
                let (a, b) = (mean(simulated), mean(direct));
                // Five standard errors of the difference.
                let error = (a.error.powi(2) + b.error.powi(2)).sqrt().max(floor);
                assert!((a.value - b.value).abs() < 5.0 * error, "{scheme} {what}: {a:?} {b:?}");
            };
            for level in 0..2 {
                let simulated = |i: usize| f64::from(*outcomes[i].curves[level].found.last().expect("long")) / 20.0;
                agree(&simulated, &|i| f64::from(u8::from(direct[i].0[level])), 0.003, "rate");
            }
            agree(&|i| outcomes[i].surprise + plain, &|i| direct[i].1, 0.0, "surprise");
            agree(&|i| outcomes[i].mean_score, &|i| direct[i].2, 0.0, "score");
        }
    }

    /// After an even token one other even token is likely, a new one at each position; after an odd
    /// one any token may come.
    #[test]
    fn weights_follow_a_marked_text_to_where_it_wanders() {
        let after = |last: TokenId, position: usize| -> Vec<f32> {
            let likely = (last + 2 * position as u32) % 40;
            let logit = |v: u32| if v == likely { 4.5 } else { (v % 2) as f32 };
            (0..40).map(|v| if last.is_multiple_of(2) { logit(v) } else { 0.0 }).collect()
        };
        let (n, length) = (3000u64, 80);
        let scheme: Scheme = "gm1:green,h=3,gamma=64/256".parse().expect("canonical");
        let write = |index: u64, delta: f64| {
            let embedder =
                Embedder::new(&corpus::key(6, index), scheme).delta(Delta::new(delta as f32).expect("in range"));
            let (mut rng, mut text, mut last) = (ChaCha8Rng::seed_from_u64(index), embedder.start(), 0);
            let (mut recording, mut total) = (Recording::new(index), 0.0);
            for position in 0..length {
                let mut logits = after(last, position);
                let plain = softmax(&logits, 1.0);
                text.bias(&mut logits);
                last = draw(softmax(&logits, 1.0).iter().map(|&q| f64::from(q)), &mut rng);
                total -= f64::from(plain[last as usize]).ln() / length as f64;
                recording.push_logits(last, &plain.iter().map(|q| q.ln()).collect::<Vec<_>>(), 1.0);
                text.push(last);
            }
            (recording, total)
        };
        let mean = |values: Vec<f64>| greenmark_eval::summary::Mean::of(&values).expect("many");
        let plain: Vec<_> = (0..n).map(|index| write(index, 0.0)).collect();
        let marked = mean((0..n).map(|index| write(n + index, 2.0).1).collect());
        let unmarked = mean(plain.iter().map(|(_, surprise)| *surprise).collect());
        let direct = marked.value - unmarked.value;
        let error = (marked.error.powi(2) + unmarked.error.powi(2)).sqrt();
        let critical = [];
        let plan = Trials { length, temperature: 1.0, trials: 10, seed: 1 };
        let outcomes: Vec<Outcome> = plain
            .iter()
            .map(|(recording, _)| {
                green(recording, 3, &[Green { gamma: 64, delta: 2.0, critical: &critical }], plan).remove(0)
            })
            .collect();
        let cost = |memory| {
            outcomes.iter().fold(Wandered::default(), |sums, outcome| sums.and(&wandered(outcome, memory))).surprise()
        };
        // The plain texts' own error counts once more, in the weighted mean.
        assert!((cost(6) - direct).abs() < 5.0 * error, "{} {direct} ± {error}", cost(6));
        assert!((cost(0) - direct).abs() > 5.0 * error, "{} {direct} ± {error}: the test could not fail", cost(0));
    }

    #[test]
    fn green_shares_and_costs_are_those_of_all_colourings() {
        let logits = [0.0f32, -0.5, -1.0, -2.0];
        // No id comes again, so that contexts and lists are new each time.
        let ids: Vec<TokenId> = (0..4).collect();
        let recording = Recording::of_logits(0, &ids, &logits, 1.0);
        let critical = [];
        let mark = Green { gamma: 64, delta: 2.0, critical: &critical };
        let trials = 20_000;
        let outcome = green(&recording, 1, &[mark], Trials { length: 4, temperature: 1.0, trials, seed: 1 }).remove(0);
        let q = softmax(&logits, 1.0);
        let (mut share, mut cost) = (0.0, 0.0);
        for list in 0..16u32 {
            let is_green = |v: u32| list >> v & 1 == 1;
            let chance: f64 = (0..4).map(|v| if is_green(v) { 0.25 } else { 0.75 }).product();
            let weight = |v: u32| f64::from(q[v as usize]) * if is_green(v) { 2f64.exp() } else { 1.0 };
            let total: f64 = (0..4).map(weight).sum();
            share += chance * (0..4).filter(|&v| is_green(v)).map(|v| weight(v) / total).sum::<f64>();
            cost -= chance * (0..4).map(|v| weight(v) / total * f64::from(q[v as usize]).ln()).sum::<f64>();
        }
        cost += q.iter().map(|&q| f64::from(q * q.ln())).sum::<f64>();
        assert_eq!(outcome.scored, 3.0, "the first has no context");
        assert!(
            (outcome.mean_score - share).abs() < 5.0 * 0.5 / f64::from(3 * trials).sqrt(),
            "{} {share}",
            outcome.mean_score
        );
        // Three of four positions are marked; a cost lies within ±2 nats.
        assert!(
            (outcome.surprise - 0.75 * cost).abs() < 5.0 / f64::from(3 * trials).sqrt(),
            "{} {cost}",
            outcome.surprise
        );
    }

    #[test]
    fn what_comes_again_counts_once() {
        let critical = [];
        let sure = |ids: &[TokenId]| Recording::of_logits(0, ids, &[0.0, -40.0, -40.0], 1.0);
        let plan = Trials { length: 9, temperature: 1.0, trials: 50, seed: 1 };
        let scored = |recording: &Recording, width| {
            let mark = Green { gamma: 64, delta: 2.0, critical: &critical };
            (green(recording, width, &[mark], plan).remove(0).scored, gumbel(recording, width, &[], plan).scored)
        };
        assert_eq!(scored(&sure(&[0; 9]), 0), (1.0, 1.0));
        assert_eq!(scored(&sure(&[0; 9]), 1), (1.0, 1.0));
        assert_eq!(scored(&sure(&[0, 1, 2, 0, 1, 2, 0, 1, 2]), 2), (3.0, 3.0));
        assert_eq!(scored(&sure(&[0, 1, 2]), 4), (0.0, 0.0), "no position has a context");
    }

    #[test]
    fn bytes_are_even_and_contexts_do_not_resemble() {
        let mut counts = [0u32; 256];
        let mut both = 0;
        for context in 0..400u64 {
            let (a, b) = (mix(context), mix(context + 1));
            for token in 0..640 {
                counts[byte(a, token) as usize] += 1;
                both += u32::from(byte(a, token) < 64 && byte(b, token) < 64);
            }
        }
        // 1000 expected each: χ² with 255 degrees of freedom has mean 255 and standard deviation
        // 22.6.
        let chi: f64 = counts.iter().map(|&count| (f64::from(count) - 1000.0).powi(2) / 1000.0).sum();
        assert!((chi - 255.0).abs() < 5.0 * 22.6, "{chi}");
        // 1/16 of 256,000.
        assert!((f64::from(both) - 16_000.0).abs() < 5.0 * 122.5, "{both}");
    }
}
