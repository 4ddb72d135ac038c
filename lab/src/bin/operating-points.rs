//! Computes the number of tokens that a detector needs, for every scheme and strength, from
//! recorded next-token distributions, and checks it against marked texts.
//!
//! `operating-points OUT_DIR` records what OUT_DIR lacks, then prints the tables. Broken off, it
//! goes on where it was. `lab/scripts/operating-points.sh` runs it.

use std::{collections::HashMap, fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use greenmark::{Family, Position, Scheme, Scorer, TokenId};
use greenmark_eval::{
    corpus::{Mark, Recipe, Text, jobs, key},
    setup::{SetupArgs, bar, describe, file_name, parse_mark},
    summary::Mean,
};
use greenmark_lab::{
    operating::{
        power::{Critical, Curve, Needed, needed_with_interval},
        recording::{Recording, read, record, unit},
        simulation::{Green, Outcome, Trials, Wandered, green, gumbel, wandered},
    },
    table::{print_header, print_row},
};
use greenmark_lm::text_rng;
use rayon::prelude::*;

const ALPHAS: [f64; 3] = [1e-2, 1e-4, 1e-6];
const SHARES: [f64; 3] = [0.5, 0.95, 0.999];
const GREEN_WIDTHS: [usize; 4] = [0, 1, 2, 4];
const GUMBEL_WIDTHS: [usize; 3] = [1, 2, 4];
/// g of γ = g/256.
const GAMMAS: [u8; 3] = [32, 64, 128];
const DELTAS: [f64; 3] = [1.0, 2.0, 4.0];
/// Reference that other γ are compared with at equal cost: g and δ of h = 1.
const DEFAULT: (u8, f64) = (64, 2.0);
/// Marks that are checked against texts, each at a temperature.
const CHECKS: [&str; 5] = [
    "0.7:gm1:green,h=1,gamma=64/256@2",
    "1:gm1:green,h=1,gamma=64/256@2",
    "1:gm1:green,h=0,gamma=64/256@2",
    "1:gm1:green,h=4,gamma=32/256@2",
    "0.7:gm1:gumbel,h=2",
];
/// Tokens of the guide's texts.
const GUIDE_TOKENS: usize = 200;
/// Tokens by which steps are weighed in the tables, and others that it is compared with.
const MEMORY: usize = 32;
const MEMORIES: [usize; 6] = [0, 4, 8, 16, 32, 64];
/// Numbers of sightings of a context in an attacker's collection that count as enough.
const SIGHTINGS: [usize; 2] = [10, 50];

/// Computes how many tokens a detector needs, for every scheme and strength
#[derive(Debug, Parser)]
#[command(after_help = "\
Example:
  operating-points recordings --model demo --texts 20 --tokens 200 --check-texts 20 --check-tokens 100 --collected 2000

lab/scripts/operating-points.sh runs it with date and machine above the tables.")]
struct Args {
    #[command(flatten)]
    setup: SetupArgs,
    /// Prompts
    #[arg(long, default_value_t = 200)]
    texts: usize,
    /// Tokens of a text
    #[arg(long, default_value_t = 600)]
    tokens: usize,
    /// Temperatures
    #[arg(long, num_args = 1.., default_values_t = [0.7, 1.0], value_name = "T")]
    temperatures: Vec<f64>,
    /// Random keys tried on a text
    #[arg(long, default_value_t = 50)]
    trials: u32,
    /// Samples of the bootstrap
    #[arg(long, default_value_t = 500)]
    resamples: usize,
    /// Marks checked against texts: a temperature, a scheme, and a green one's delta after @
    #[arg(long, num_args = 0.., default_values = CHECKS, value_name = "T:SCHEME[@DELTA]", value_parser = parse_check)]
    checks: Vec<(f64, Mark)>,
    /// Prompts of a check
    #[arg(long, default_value_t = 200)]
    check_texts: usize,
    /// Tokens of a text of a check
    #[arg(long, default_value_t = 200)]
    check_tokens: usize,
    /// The tables of lab/scripts/guide.sh, to be compared with
    #[arg(long, value_name = "FILE")]
    guide: Option<PathBuf>,
    /// Tokens that an attacker has collected
    #[arg(long, default_value_t = 100_000)]
    collected: usize,
    /// Records and prints no table
    #[arg(long)]
    record_only: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let bench = Bench::new(args)?;
    if bench.args.record_only {
        return Ok(());
    }
    println!(
        "Tokens needed: the least length from which on so many of the texts have p ≤ α. {}, {} prompts, texts of {} tokens that the model may \
         not end, {} random keys on each ({} trials a cell), seed {}. In brackets 95 % intervals by a bootstrap over texts ({} samples). The 99.9 % rest on {} distinct texts: \
         one text that is hard for every key moves them, and no interval is given.\n\nPerplexity under the unmarked model at temperature 1, as a factor over unmarked texts. *Steps*: of \
         what the mark draws, over what is drawn at the same steps without it. *Text*: the steps weighed by how much likelier a marked text is to come there, judged by its last {MEMORY} tokens; \
         that is what a reader gets. It takes contexts as new each time and says nothing of h = 0, where the one list stays and the model takes up its own words.",
        bench.args.setup.model,
        bench.args.texts,
        bench.args.tokens,
        bench.args.trials,
        bench.args.texts * bench.args.trials as usize,
        bench.args.setup.seed,
        bench.args.resamples,
        bench.args.texts,
    );
    let levels = Levels::new(bench.args.tokens)?;
    let mut rows = Vec::new();
    for temperature in bench.args.temperatures.clone() {
        rows.push(bench.points(temperature, &levels)?);
    }
    bench.in_short(&rows);
    bench.equal_cost(&rows, &levels)?;
    bench.beside_the_guide(&levels)?;
    bench.check(&levels)?;
    bench.learnable()
}

/// Critical scores of all families at [`ALPHAS`].
struct Levels {
    green: HashMap<u8, Vec<Critical>>,
    gumbel: Vec<Critical>,
}

impl Levels {
    fn new(length: usize) -> Result<Self> {
        let of = |scheme: &str| -> Result<Vec<Critical>> {
            let family = scheme.parse::<Scheme>()?.family();
            ALPHAS.iter().map(|&alpha| Critical::new(family, alpha, length)).collect()
        };
        let green = GAMMAS.iter().map(|&g| Ok((g, of(&format!("gm1:green,h=1,gamma={g}/256"))?)));
        Ok(Self { green: green.collect::<Result<_>>()?, gumbel: of("gm1:gumbel,h=1")? })
    }

    fn of(&self, scheme: Scheme) -> Result<&[Critical]> {
        match scheme.family() {
            Family::Green { gamma } => {
                let levels = self.green.get(&gamma.numerator());
                Ok(levels.with_context(|| format!("{scheme}: not one of the fractions of this program"))?)
            }
            Family::Gumbel { .. } => Ok(&self.gumbel),
        }
    }
}

/// A mark as the tables name it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Green { width: usize, gamma: u8, delta: f64 },
    Gumbel { width: usize },
}

impl Kind {
    fn name(self) -> String {
        match self {
            Self::Green { width, gamma, delta } => {
                let divisor = 256 / u32::from(gamma);
                format!("green, h = {width}, γ = 1/{divisor}, δ = {delta}")
            }
            Self::Gumbel { width } => format!("gumbel, h = {width}"),
        }
    }

    fn of(mark: Mark) -> Self {
        let width = mark.scheme.context_width().get();
        match mark.scheme.gamma() {
            Some(gamma) => Self::Green { width, gamma: gamma.numerator(), delta: f64::from(mark.delta.nats()) },
            None => Self::Gumbel { width },
        }
    }

    fn all() -> Vec<Self> {
        let greens = GREEN_WIDTHS.into_iter().flat_map(|width| {
            GAMMAS.into_iter().flat_map(move |gamma| DELTAS.map(|delta| Self::Green { width, gamma, delta }))
        });
        greens.chain(GUMBEL_WIDTHS.map(|width| Self::Gumbel { width })).collect()
    }
}

/// One mark at one temperature.
struct Point {
    kind: Kind,
    /// By α, then by share.
    needed: Vec<Vec<Needed>>,
    /// Nats a token that the marked steps cost, along the recorded texts.
    surprise: Mean,
    /// The same where marked texts wander to; nothing of gumbel.
    wandered: Vec<Wandered>,
    /// Green share, or mean score, of scored positions.
    score: f64,
    /// Positions scored of a whole text, on average.
    scored: f64,
}

/// The recordings of a folder, and everything computed from them.
struct Bench {
    args: Args,
    /// Texts of the checks, by [`file_name`].
    written: HashMap<String, Vec<Text>>,
}

impl Bench {
    /// Records what is missing.
    fn new(args: Args) -> Result<Self> {
        if args.checks.iter().any(|(temperature, _)| !args.temperatures.contains(temperature)) {
            bail!("a check at a temperature that is not among the --temperatures");
        }
        if args.check_tokens > args.tokens {
            bail!("a check is of at most {} tokens", args.tokens);
        }
        let needed = args.texts.max(if args.checks.is_empty() { 0 } else { args.check_texts });
        let (mut setup, prompts) = args.setup.load(needed)?;
        let jobs = jobs(&prompts[..needed]);
        for &temperature in &args.temperatures {
            let recipe = Recipe { mark: None, temperature, tokens: args.tokens, seed: args.setup.seed };
            let name = file_name(None, temperature);
            let bar = bar((args.texts * args.tokens) as u64, &name);
            let jobs = &jobs[..args.texts];
            record(&args.setup.out.join(name), &recipe, jobs, setup.model.as_mut(), setup.tokenizer.eos_ids(), &bar)?;
            bar.finish_and_clear();
        }
        let mut written = HashMap::new();
        for &(temperature, mark) in &args.checks {
            for mark in [None, Some(mark)] {
                let recipe = Recipe { mark, temperature, tokens: args.check_tokens, seed: args.setup.seed };
                let name = file_name(mark, temperature);
                let texts = setup.texts(&args.setup.out, &name, &recipe, &jobs[..args.check_texts])?;
                written.insert(name, texts);
            }
        }
        Ok(Self { args, written })
    }

    /// Applies `value` to each recording of a temperature, on all cores; results are in the order
    /// of the texts.
    fn each<T: Send>(
        &self,
        temperature: f64,
        texts: usize,
        value: impl Fn(Recording) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let bar = bar(texts as u64, &format!("computing, temperature {temperature}"));
        let folder = self.args.setup.out.join(file_name(None, temperature));
        let values = (0..texts as u64).into_par_iter().map(|index| {
            let result = value(read(&folder, index)?);
            bar.inc(1);
            result
        });
        let values = values.collect();
        bar.finish_and_clear();
        values
    }

    fn plan(&self, temperature: f64, length: usize) -> Trials {
        Trials { length, temperature, trials: self.args.trials, seed: self.args.setup.seed }
    }

    /// The table of one temperature.
    fn points(&self, temperature: f64, levels: &Levels) -> Result<Vec<Point>> {
        let plan = self.plan(temperature, self.args.tokens);
        let outcomes: Vec<(Vec<Outcome>, f64)> = self.each(temperature, self.args.texts, |recording| {
            let mut outcomes = Vec::new();
            for width in GREEN_WIDTHS {
                let marks: Vec<Green> = GAMMAS
                    .iter()
                    .flat_map(|&gamma| DELTAS.map(|delta| Green { gamma, delta, critical: &levels.green[&gamma] }))
                    .collect();
                outcomes.extend(green(&recording, width, &marks, plan));
            }
            outcomes.extend(GUMBEL_WIDTHS.map(|width| gumbel(&recording, width, &levels.gumbel, plan)));
            Ok((outcomes, recording.surprise(self.args.tokens)))
        })?;
        let unmarked: Vec<f64> = outcomes.iter().map(|(_, surprise)| *surprise).collect();
        let points: Vec<Point> = Kind::all()
            .into_par_iter()
            .enumerate()
            .map(|(i, kind)| {
                let outcomes: Vec<&Outcome> = outcomes.iter().map(|(outcomes, _)| &outcomes[i]).collect();
                self.point(kind, &outcomes)
            })
            .collect::<Result<_>>()?;
        println!("\n## Temperature {temperature}\n");
        let unmarked = Mean::of(&unmarked).context("too few texts")?;
        println!(
            "Unmarked texts: perplexity {:.2}. Score: share of greens, or mean score, of the scored positions of a whole text; scored: their number. Gumbel draws as \
             the model does: its perplexity is 1 by construction and not computed.\n",
            unmarked.value.exp()
        );
        let columns = ALPHAS.iter().flat_map(|alpha| SHARES.map(|share| format!("{} % at {alpha:e}", 100.0 * share)));
        print_header("mark | perplexity ×, steps | perplexity ×, text | score | scored", columns);
        for point in &points {
            let Point { kind, score, scored, needed, .. } = point;
            let cells = needed.iter().flat_map(|needed| {
                needed.iter().zip(SHARES).map(|(needed, share)| {
                    // Of the 99.9 % the bootstrap knows nothing: its samples have no harder text.
                    if share < 0.999 { self.with_interval(needed) } else { plain(needed.value, self.args.tokens) }
                })
            });
            let (cost, text_cost) = (point.cost(), self.text_cost(point));
            print_row(&format!("{} | {cost} | {text_cost} | {score:.2} | {scored:.0}", kind.name()), cells);
        }
        Ok(points)
    }

    fn point(&self, kind: Kind, outcomes: &[&Outcome]) -> Result<Point> {
        let mean = |value: fn(&Outcome) -> f64| outcomes.iter().map(|o| value(o)).sum::<f64>() / outcomes.len() as f64;
        let surprise: Vec<f64> = outcomes.iter().map(|outcome| outcome.surprise).collect();
        Ok(Point {
            kind,
            needed: self.needed(outcomes),
            surprise: Mean::of(&surprise).context("too few texts")?,
            wandered: outcomes.iter().map(|outcome| wandered(outcome, MEMORY)).collect(),
            score: mean(|outcome| outcome.mean_score),
            scored: mean(|outcome| outcome.scored),
        })
    }

    /// By α, then by share.
    fn needed(&self, outcomes: &[&Outcome]) -> Vec<Vec<Needed>> {
        let level = |level: usize| {
            let curves: Vec<Curve> = outcomes.iter().map(|outcome| outcome.curves[level].clone()).collect();
            needed_with_interval(&curves, &SHARES, self.args.resamples, &mut text_rng(self.args.setup.seed, 0))
        };
        (0..ALPHAS.len()).map(level).collect()
    }

    /// The factor on perplexity, with the interval of a bootstrap over texts.
    fn cost(&self, texts: &[Wandered]) -> String {
        let cost = |texts: &mut dyn Iterator<Item = &Wandered>| {
            texts.fold(Wandered::default(), Wandered::and).surprise().exp()
        };
        let mut rng = text_rng(self.args.setup.seed, 1);
        let mut drawn: Vec<f64> = (0..self.args.resamples)
            .map(|_| cost(&mut (0..texts.len()).map(|_| &texts[(unit(&mut rng) * texts.len() as f64) as usize])))
            .collect();
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| drawn.get((share * drawn.len() as f64) as usize).copied().unwrap_or(f64::NAN);
        format!("{:.3} ({:.3}–{:.3})", cost(&mut texts.iter()), at(0.025), at(0.975))
    }

    fn text_cost(&self, point: &Point) -> String {
        match point.kind {
            Kind::Green { width: 0, .. } => "–".to_owned(),
            Kind::Green { .. } => self.cost(&point.wandered),
            Kind::Gumbel { .. } => "1".to_owned(),
        }
    }

    fn with_interval(&self, needed: &Needed) -> String {
        within(needed, self.args.tokens)
    }

    /// The rates that matter most, all temperatures in a cell.
    fn in_short(&self, rows: &[Vec<Point>]) {
        let temperatures: Vec<_> = self.args.temperatures.iter().map(ToString::to_string).collect();
        println!(
            "\n## In short\n\nTokens needed for 50 / 95 / 99.9 %; the factor on perplexity by steps / of the text.\n"
        );
        let costs = temperatures.iter().map(|t| format!("perplexity × at {t}"));
        let lengths = ALPHAS.iter().flat_map(|alpha| temperatures.iter().map(move |t| format!("{alpha:e}, at {t}")));
        print_header("mark", costs.chain(lengths));
        for (i, kind) in Kind::all().into_iter().enumerate() {
            let needed = |point: &Point, level: usize| {
                let cells: Vec<_> = point.needed[level].iter().map(|n| plain(n.value, self.args.tokens)).collect();
                cells.join(" / ")
            };
            let needed = (0..ALPHAS.len()).flat_map(|level| rows.iter().map(move |row| needed(&row[i], level)));
            print_row(&kind.name(), rows.iter().map(|row| row[i].factors()).chain(needed));
        }
    }

    /// h = 1: other green fractions at the δ that costs what the default costs.
    fn equal_cost(&self, rows: &[Vec<Point>], levels: &Levels) -> Result<()> {
        let grid: Vec<f64> = (2..=24).map(|i| 0.25 * f64::from(i)).collect();
        let (gamma, delta) = DEFAULT;
        println!(
            "\n## Other fractions at equal cost\n\nh = 1, each γ with the δ at which it costs, step by step, the perplexity that γ = {gamma}/256 costs at δ = {delta}; the same texts and random numbers, 95 % intervals of a bootstrap over texts.\n"
        );
        let columns = ALPHAS.iter().map(|alpha| format!("95 % at {alpha:e}")).chain(["scored".to_owned()]);
        print_header("temperature | γ | δ | perplexity ×, steps | perplexity ×, text", columns);
        for (&temperature, row) in self.args.temperatures.iter().zip(rows) {
            let default = Kind::Green { width: 1, gamma, delta };
            let target = row.iter().find(|point| point.kind == default).context("the default is in the table")?;
            let coarse = Trials { trials: 4, ..self.plan(temperature, self.args.tokens) };
            let costs: Vec<Vec<f64>> = self.each(temperature, self.args.texts, |recording| {
                let marks: Vec<Green> = GAMMAS
                    .iter()
                    .flat_map(|&gamma| grid.iter().map(move |&delta| Green { gamma, delta, critical: &[] }))
                    .collect();
                Ok(green(&recording, 1, &marks, coarse).iter().map(|outcome| outcome.surprise).collect())
            })?;
            let cost = |i: usize| costs.iter().map(|costs| costs[i]).sum::<f64>() / costs.len() as f64;
            let matched = |g: usize| -> Option<f64> {
                let costs: Vec<f64> = (0..grid.len()).map(|i| cost(g * grid.len() + i)).collect();
                let wanted = target.surprise.value;
                let i = (1..grid.len()).find(|&i| costs[i] >= wanted)?;
                let share = (wanted - costs[i - 1]) / (costs[i] - costs[i - 1]);
                // Two decimals are as much as anyone would set.
                Some((100.0 * (grid[i - 1] + share * (grid[i] - grid[i - 1]))).round() / 100.0)
            };
            let marks: Vec<(u8, f64)> =
                GAMMAS
                    .iter()
                    .enumerate()
                    .filter_map(|(g, &other)| {
                        if other == gamma { Some((gamma, delta)) } else { matched(g).map(|delta| (other, delta)) }
                    })
                    .collect();
            let plan = self.plan(temperature, self.args.tokens);
            let outcomes: Vec<Vec<Outcome>> = self.each(temperature, self.args.texts, |recording| {
                let marks: Vec<Green> = marks
                    .iter()
                    .map(|&(gamma, delta)| Green { gamma, delta, critical: &levels.green[&gamma] })
                    .collect();
                Ok(green(&recording, 1, &marks, plan))
            })?;
            for (i, &(gamma, delta)) in marks.iter().enumerate() {
                let outcomes: Vec<&Outcome> = outcomes.iter().map(|outcomes| &outcomes[i]).collect();
                let point = self.point(Kind::Green { width: 1, gamma, delta }, &outcomes)?;
                let cells = point.needed.iter().map(|needed| self.with_interval(&needed[1]));
                let (cost, text_cost) = (point.cost(), self.text_cost(&point));
                print_row(
                    &format!("{temperature} | 1/{} | {delta} | {cost} | {text_cost}", 256 / u32::from(gamma)),
                    cells.chain([format!("{:.0}", point.scored)]),
                );
            }
        }
        Ok(())
    }

    /// The same marks as in lab/results/tables/guide.md, whose texts were written with them, on the
    /// same prompts.
    fn beside_the_guide(&self, levels: &Levels) -> Result<()> {
        let Some(guide) = &self.args.guide else { return Ok(()) };
        let text = fs::read_to_string(guide).with_context(|| format!("{}", guide.display()))?;
        let lines: Vec<GuideLine> = text.lines().filter_map(GuideLine::parse).collect();
        println!(
            "\n## Beside the guide\n\nFound at p ≤ 1e-6 at {GUIDE_TOKENS} tokens: {}, whose texts were written with the mark (its n, its intervals), and computed along unmarked texts on the \
             first {} of the same prompts. Positions scored: median of the guide's, mean of the computed.\n",
            guide.display(),
            self.args.texts.min(100)
        );
        print_header(
            "temperature | mark | found, written | found, computed | scored, written | scored, computed | perplexity ×, written",
            MEMORIES.map(|memory| format!("computed, by {memory} tokens")),
        );
        for line in lines.iter().filter(|line| self.args.temperatures.contains(&line.temperature)) {
            // The dual form is not computed.
            if line.mark.scheme.family() == (Family::Gumbel { dual: true }) {
                continue;
            }
            let critical = levels.of(line.mark.scheme)?;
            let plan = self.plan(line.temperature, GUIDE_TOKENS);
            let outcomes = self.each(line.temperature, self.args.texts.min(100), |recording| {
                Ok(simulate(&recording, line.mark, critical, plan))
            })?;
            let mean = |value: &dyn Fn(&Outcome) -> f64| {
                Mean::of(&outcomes.iter().map(value).collect::<Vec<_>>()).context("too few texts")
            };
            let found = mean(&|outcome| {
                let curve = &outcome.curves[ALPHAS.len() - 1];
                f64::from(*curve.found.last().unwrap_or(&0)) / f64::from(curve.trials)
            })?;
            let costs = MEMORIES.map(|memory| match line.mark.scheme.gamma() {
                Some(_) => self.cost(&outcomes.iter().map(|outcome| wandered(outcome, memory)).collect::<Vec<_>>()),
                None => "1".to_owned(),
            });
            let row = format!(
                "{} | {} | {} | {:.2} ± {:.2} | {} | {:.0} | {}",
                line.temperature,
                describe(Some(line.mark)),
                line.found,
                found.value,
                found.error,
                line.scored,
                mean(&|outcome| outcome.scored)?.value,
                line.cost.trim_start_matches("× "),
            );
            print_row(&row, costs);
        }
        Ok(())
    }

    /// Marked texts against what the recordings of unmarked ones say of them.
    fn check(&self, levels: &Levels) -> Result<()> {
        if self.args.checks.is_empty() {
            return Ok(());
        }
        let (texts, length) = (self.args.check_texts, self.args.check_tokens);
        println!(
            "\n## Spot check\n\nWritten: {texts} texts of {length} tokens with the mark, a key for each, detected from their ids as encoded again. Computed: along the unmarked texts, {} of the same \
             prompts, {} keys on each. Tokens needed with 95 % intervals of a bootstrap over texts. Perplexity as a factor over unmarked texts: of written texts with the 95 % interval of paired \
             differences; computed of the text ({MEMORY} tokens). Score and scored: means, of {length} tokens.\n",
            self.args.texts, self.args.trials
        );
        let columns = ALPHAS.map(|alpha| format!("50 % at {alpha:e} | 95 % at {alpha:e}"));
        print_header("temperature | mark | | perplexity × | score | scored", columns);
        for &(temperature, mark) in &self.args.checks {
            let critical = levels.of(mark.scheme)?;
            let plan = self.plan(temperature, length);
            let texts = |mark| self.written.get(&file_name(mark, temperature)).context("the texts of a check");
            let (marked, unmarked) = (texts(Some(mark))?, texts(None)?);
            let cost: Vec<f64> = marked.iter().zip(unmarked).map(|(a, b)| a.surprise - b.surprise).collect();
            let cost = Mean::of(&cost).context("too few texts")?;
            let (low, high) = cost.interval();
            let cost = format!("{:.2} ({:.2}–{:.2})", cost.value.exp(), low.exp(), high.exp());
            let detect =
                |text: &Text| measure(&key(self.args.setup.seed, text.index), mark.scheme, &text.ids, critical, length);
            let written: Vec<Outcome> = marked.iter().map(detect).collect();
            let computed =
                self.each(temperature, self.args.texts, |recording| Ok(simulate(&recording, mark, critical, plan)))?;
            let point = |outcomes: &[Outcome]| self.point(Kind::of(mark), &outcomes.iter().collect::<Vec<_>>());
            let (written, computed) = (point(&written)?, point(&computed)?);
            let computed_cost = self.text_cost(&computed);
            for (what, cost, point) in [("written", cost, written), ("computed", computed_cost, computed)] {
                let needed = point.needed.iter().flat_map(|needed| &needed[..2]).map(|needed| within(needed, length));
                let Point { score, scored, .. } = point;
                let mark = describe(Some(mark));
                print_row(&format!("{temperature} | {mark} | {what} | {cost} | {score:.2} | {scored:.0}"), needed);
            }
        }
        Ok(())
    }

    /// Prints the share of a text's contexts that an attacker has seen.
    fn learnable(&self) -> Result<()> {
        let collected = self.args.collected;
        println!(
            "\n## How learnable the lists are\n\nShare of the positions of a text whose context had come up so many times in {collected} tokens of *other* texts (other prompts, unmarked), which is \
             what an attacker can count the colours or the winners of that context in. Each text against a random choice of the others, cut at {collected} tokens; means over texts ± standard error.\n"
        );
        let columns = self
            .args
            .temperatures
            .iter()
            .flat_map(|temperature| SIGHTINGS.map(|times| format!("{times} times or more, at {temperature}")));
        print_header("h", columns);
        let mut cells: Vec<Vec<String>> = vec![Vec::new(); GREEN_WIDTHS.len()];
        let mut enough = true;
        for &temperature in &self.args.temperatures {
            let ids = self.each(temperature, self.args.texts, |recording| Ok(recording.ids))?;
            for (width, cells) in GREEN_WIDTHS.into_iter().zip(&mut cells) {
                let shares = self.seen_before(&ids, width);
                enough &= shares.is_some();
                for (i, _) in SIGHTINGS.iter().enumerate() {
                    let shares: Vec<f64> = shares.iter().flatten().map(|shares| shares[i]).collect();
                    let mean = Mean::of(&shares);
                    cells.push(mean.map_or_else(
                        || "–".to_owned(),
                        |mean| format!("{:.1} ± {:.1} %", 100.0 * mean.value, 100.0 * mean.error),
                    ));
                }
            }
        }
        GREEN_WIDTHS.iter().zip(cells).for_each(|(width, cells)| print_row(&width.to_string(), cells));
        if !enough {
            println!("\nThere are too few texts for that many tokens.");
        }
        Ok(())
    }

    /// For each text, the share of its positions whose context comes up so many times
    /// ([`SIGHTINGS`]) in the others. `None` if they have too few tokens.
    fn seen_before(&self, texts: &[Vec<TokenId>], width: usize) -> Option<Vec<[f64; SIGHTINGS.len()]>> {
        let contexts = |text: &[TokenId]| -> Vec<Vec<TokenId>> {
            (width..text.len()).map(|i| text[i - width..i].to_vec()).collect()
        };
        // Folds: the texts of one are judged by what the others, up to the limit, have shown.
        let tokens: usize = texts.iter().map(Vec::len).sum();
        let spare = tokens.checked_sub(self.args.collected)?;
        let fold = (texts.len() * spare / tokens).max(1);
        let mut shares = Vec::new();
        for start in (0..texts.len()).step_by(fold) {
            let judged = start..(start + fold).min(texts.len());
            let mut counts: HashMap<Vec<TokenId>, usize> = HashMap::new();
            let others =
                texts.iter().enumerate().filter(|(i, _)| !judged.contains(i)).flat_map(|(_, text)| contexts(text));
            let mut shown = 0;
            for context in others.take(self.args.collected) {
                *counts.entry(context).or_default() += 1;
                shown += 1;
            }
            // The first h tokens of each text have no context; 1 % short is as good.
            if shown < self.args.collected * 99 / 100 {
                return None;
            }
            for text in &texts[judged] {
                let contexts = contexts(text);
                let share = |times: usize| {
                    let known = contexts.iter().filter(|&context| counts.get(context).is_some_and(|&n| n >= times));
                    known.count() as f64 / contexts.len().max(1) as f64
                };
                shares.push(SIGHTINGS.map(share));
            }
        }
        Some(shares)
    }
}

impl Point {
    /// On perplexity, of steps and of text.
    fn factors(&self) -> String {
        let steps = self.surprise.value.exp();
        let text = || self.wandered.iter().fold(Wandered::default(), Wandered::and).surprise().exp();
        match self.kind {
            Kind::Gumbel { .. } => "1".to_owned(),
            Kind::Green { width: 0, .. } => format!("{steps:.2} / –"),
            Kind::Green { .. } => format!("{steps:.2} / {:.2}", text()),
        }
    }

    fn cost(&self) -> String {
        match self.kind {
            Kind::Gumbel { .. } => "1".to_owned(),
            Kind::Green { .. } => {
                let (low, high) = self.surprise.interval();
                format!("{:.3} ({:.3}–{:.3})", self.surprise.value.exp(), low.exp(), high.exp())
            }
        }
    }
}

/// One mark along one recording.
fn simulate(recording: &Recording, mark: Mark, critical: &[Critical], plan: Trials) -> Outcome {
    match Kind::of(mark) {
        Kind::Green { width, gamma, delta } => {
            green(recording, width, &[Green { gamma, delta, critical }], plan).remove(0)
        }
        Kind::Gumbel { width } => gumbel(recording, width, critical, plan),
    }
}

/// A line of the guide's first table, its cells as they stand there.
#[derive(Debug, PartialEq)]
struct GuideLine {
    temperature: f64,
    mark: Mark,
    scored: String,
    found: String,
    cost: String,
}

impl GuideLine {
    /// `None` of any other line.
    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
        let [temperature, mark, _, scored, _, found, _, _, _, cost, _] = cells[..] else { return None };
        let mark = parse_mark(&mark.replace(", delta ", "@")).ok()?;
        let [scored, found, cost] = [scored, found, cost].map(str::to_owned);
        Some(Self { temperature: temperature.parse().ok()?, mark, scored, found, cost })
    }
}

/// Tests the beginnings of one text.
fn measure(key: &greenmark::Key, scheme: Scheme, ids: &[TokenId], critical: &[Critical], length: usize) -> Outcome {
    let mut scorer = Scorer::new(key, scheme);
    let (mut score, mut scored) = (0.0, 0);
    let mut curves = vec![Curve { trials: 1, ..Curve::new(length) }; critical.len()];
    for position in 0..length {
        // A text that has fewer tokens when it is encoded again keeps what it had.
        if let Some(&id) = ids.get(position)
            && let Position::Scored(of_token) = scorer.push(id)
        {
            score += of_token;
            scored += 1;
        }
        for (critical, curve) in critical.iter().zip(&mut curves) {
            curve.found[position] = u32::from(critical.is_reached(score, scored));
        }
    }
    Outcome {
        curves,
        surprise: 0.0,
        mean_score: score / scored.max(1) as f64,
        scored: scored as f64,
        steps: Vec::new(),
    }
}

fn plain(needed: Option<usize>, longest: usize) -> String {
    needed.map_or_else(|| format!("> {longest}"), |n| n.to_string())
}

fn within(needed: &Needed, longest: usize) -> String {
    match needed.interval {
        (None, _) => plain(needed.value, longest),
        (low, high) => format!(
            "{} ({}–{})",
            plain(needed.value, longest),
            plain(low, longest),
            plain(high, longest).replace("> ", ">")
        ),
    }
}

fn parse_check(text: &str) -> Result<(f64, Mark), String> {
    let (temperature, mark) = text.split_once(':').ok_or("a temperature and a colon come first")?;
    let temperature = temperature.parse().map_err(|_| format!("{temperature:?} is no temperature"))?;
    Ok((temperature, parse_mark(mark)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_guide_is_read() {
        let line = "| 0.7 | gm1:green,h=1,gamma=64/256, delta 2 | 100 | 160 | -32.7 | 0.98 (0.93–1.00) | 0.60 (0.50–0.70) | 0.11 (0.06–0.19) | 0.00 (0.00–0.04) | × 1.35 (1.27–1.43) | +5.1 (+2.3 to +8.0) |";
        let line = GuideLine::parse(line).expect("a line of the table");
        assert_eq!((line.temperature, &line.scored[..], &line.found[..]), (0.7, "160", "0.98 (0.93–1.00)"));
        assert_eq!(line.cost, "× 1.35 (1.27–1.43)");
        assert_eq!(describe(Some(line.mark)), "gm1:green,h=1,gamma=64/256, delta 2");
        assert_eq!(GuideLine::parse("| mark | ln p |"), None);
        assert_eq!(GuideLine::parse("| 0.7 | none | 100 | | | | | | |  3.49 | 5.6 % |"), None);
    }

    #[test]
    fn cells_say_what_is_beyond_the_texts() {
        let needed = |value, low, high| within(&Needed { value, interval: (low, high) }, 600);
        assert_eq!(needed(Some(123), Some(110), Some(140)), "123 (110–140)");
        assert_eq!(needed(Some(590), Some(560), None), "590 (560–>600)");
        assert_eq!(needed(None, Some(580), None), "> 600 (580–>600)");
        assert_eq!(needed(None, None, None), "> 600");
    }
}
