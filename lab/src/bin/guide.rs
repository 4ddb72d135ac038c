//! Which scheme to take: detection, quality and variety of every kind of mark, measured on one
//! model.
//!
//! `guide OUT_DIR` writes what OUT_DIR lacks of the texts, then prints the tables. Broken off, it
//! goes on where it was. `lab/scripts/guide.sh` runs it.

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use greenmark::{Detection, Detector, Scheme, TokenId};
use greenmark_attacks::substitute;
use greenmark_eval::{
    corpus::{self, Job, Mark, Recipe, Text},
    quality::{repeated_ngrams, self_bleu},
    setup::{Setup, SetupArgs, describe, file_name, file_name_part, parse_mark},
    summary::{Mean, Rate, median},
};
use greenmark_lab::table::print_header;
use greenmark_lm::text_rng;

const ALPHA: f64 = 1e-6;
const SUBSTITUTED: [f64; 4] = [0.0, 0.2, 0.35, 0.5];
/// As they stand in the table.
const MARKS: [&str; 7] = [
    "gm1:green,h=1,gamma=64/256@1",
    "gm1:green,h=1,gamma=64/256@2",
    "gm1:green,h=1,gamma=64/256@4",
    "gm1:gumbel,h=1",
    "gm1:gumbel,h=2",
    "gm1:gumbel,h=4",
    "gm1:gumbel,h=4,dual",
];
/// Numbers of keys from here on mark no text.
const FRESH_KEYS: u64 = 1_000_000;
/// Measures detection, quality and variety of every kind of mark
#[derive(Debug, Parser)]
#[command(after_help = "\
Example:
  guide texts-of-the-guide --texts 20 --quality-texts 20

lab/scripts/guide.sh runs it with date and machine above the tables.")]
struct Args {
    #[command(flatten)]
    setup: SetupArgs,
    /// Prompts of a cell
    #[arg(long, default_value_t = 100)]
    texts: usize,
    /// Prompts of the cells that quality is compared in: unmarked and gumbel at temperature 1
    #[arg(long, default_value_t = 200)]
    quality_texts: usize,
    /// Tokens of a text
    #[arg(long, default_value_t = 200)]
    tokens: usize,
    /// Temperatures of the first table
    #[arg(long, num_args = 1.., default_values_t = [0.3, 0.7, 1.0], value_name = "T")]
    temperatures: Vec<f64>,
    /// Marks of the first table: a scheme, and a green one's delta after @
    #[arg(long, num_args = 1.., default_values = MARKS, value_name = "SCHEME[@DELTA]", value_parser = parse_mark)]
    marks: Vec<Mark>,
    /// Prompts and answers to each, for variety; 0 0 leaves it out
    #[arg(long, default_values_t = [10, 20], num_args = 2, value_names = ["PROMPTS", "ANSWERS"])]
    variety: Vec<usize>,
    /// Tokens of an answer, for variety
    #[arg(long, default_value_t = 100)]
    answer_tokens: usize,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut bench = Bench::new(args)?;
    bench.detection()?;
    bench.variety()
}

/// The model, its prompts, and the folder of its texts.
struct Bench {
    args: Args,
    setup: Setup,
    prompts: Vec<Vec<TokenId>>,
}

/// The texts of one scheme at one temperature.
struct Cell {
    mark: Option<Mark>,
    temperature: f64,
    texts: Vec<Text>,
}

impl Bench {
    fn new(args: Args) -> Result<Self> {
        let (setup, prompts) = args.setup.load(args.texts.max(args.quality_texts).max(args.variety[0]))?;
        Ok(Self { args, setup, prompts })
    }

    fn cell(&mut self, mark: Option<Mark>, temperature: f64) -> Result<Cell> {
        let is_quality = temperature == 1.0 && mark.is_none_or(|mark| mark.scheme.gamma().is_none());
        let count = if is_quality { self.args.quality_texts.max(self.args.texts) } else { self.args.texts };
        let jobs = corpus::jobs(&self.prompts[..count]);
        let recipe = Recipe { mark, temperature, tokens: self.args.tokens, seed: self.args.setup.seed };
        let texts = self.setup.texts(&self.args.setup.out, &file_name(mark, temperature), &recipe, &jobs)?;
        Ok(Cell { mark, temperature, texts })
    }

    fn detection(&mut self) -> Result<()> {
        println!("## Detection and quality\n");
        println!(
            "{}, texts of {} tokens, seed {}, a key for each prompt. Rates: p ≤ {ALPHA:e} after so many tokens were replaced at random \
             (by tokens of unmarked texts of that temperature), with 95 % Clopper–Pearson intervals. Perplexity under the unmarked model at \
             temperature 1, as a factor over unmarked texts on the same prompts; repetition: share of 4-grams that stood in the text \
             before, less that of unmarked texts; both with 95 % intervals of paired differences.\n",
            self.args.setup.model, self.args.tokens, self.args.setup.seed
        );
        let shares = SUBSTITUTED.map(|share| format!("{:.0} % replaced", 100.0 * share)).join(" | ");
        print_header(
            &format!("temperature | mark | n | scored (median) | ln p (median) | {shares} | perplexity | repetition"),
            [],
        );
        let (mut rows, mut false_alarms) = (Vec::new(), Vec::new());
        for temperature in self.args.temperatures.clone() {
            let plain = self.cell(None, temperature)?;
            let pool: Vec<TokenId> = plain.texts.iter().flat_map(|text| text.ids.iter().copied()).collect();
            let surprise = Mean::of(&plain.texts.iter().map(|text| text.surprise).collect::<Vec<_>>());
            let repetition =
                Mean::of(&plain.texts.iter().map(|text| repeated_ngrams(&text.ids, 4)).collect::<Vec<_>>());
            println!(
                "| {temperature} | none | {} | | | {} {} | {} |",
                plain.texts.len(),
                "| ".repeat(SUBSTITUTED.len()),
                surprise.map_or_else(String::new, |mean| format!("{:.2}", mean.value.exp())),
                repetition.map_or_else(String::new, |mean| format!("{:.1} %", 100.0 * mean.value)),
            );
            for mark in self.args.marks.clone() {
                let cell = self.cell(Some(mark), temperature)?;
                let row = self.row(&cell, &plain, &pool)?;
                row.print();
                rows.push(row);
                // The other half of honesty: unmarked text, each time under a key that nothing else
                // was asked with.
                for text in &plain.texts {
                    let key = FRESH_KEYS + false_alarms.len() as u64;
                    false_alarms.push(self.detector(mark.scheme, key).detect(&text.ids).ln_p);
                }
            }
        }
        let rate = |alpha: f64| Rate::of(false_alarms.iter().map(|&ln_p| ln_p <= alpha.ln())).context("no text");
        println!("\nUnmarked texts under keys that marked none, all schemes and temperatures together:");
        for alpha in [1e-1, 1e-2, 1e-3] {
            let rate = rate(alpha)?;
            println!(
                "p ≤ {alpha:e} in {} of {} ({:.4}–{:.4}){}",
                rate.hits,
                rate.n,
                rate.low,
                rate.high,
                if alpha > 1e-3 { ";" } else { "." }
            );
        }
        in_short(&self.args.marks, &self.args.temperatures, &rows);
        Ok(())
    }

    fn detector(&self, scheme: Scheme, key: u64) -> Detector {
        Detector::new(&corpus::key(self.args.setup.seed, key), scheme)
    }

    fn row(&self, cell: &Cell, plain: &Cell, pool: &[TokenId]) -> Result<Row> {
        let mark = cell.mark.context("a marked cell")?;
        let detections = |share: f64| -> Vec<Detection> {
            let attacked = |text: &Text| {
                // One stream of random numbers a text and strength, whatever the scheme.
                let mut rng = text_rng(self.args.setup.seed ^ share.to_bits(), text.index);
                let ids = substitute(&text.ids, share, pool, &mut rng);
                self.detector(mark.scheme, text.index).detect(&ids)
            };
            cell.texts.iter().map(attacked).collect()
        };
        let untouched = detections(0.0);
        let middle = |value: fn(&Detection) -> f64| median(untouched.iter().map(value).collect()).context("no text");
        let rate = |share| Rate::of(detections(share).iter().map(|d| d.is_significant(ALPHA))).context("no text");
        let pairs = || cell.texts.iter().zip(&plain.texts);
        let surprise: Vec<f64> = pairs().map(|(marked, plain)| marked.surprise - plain.surprise).collect();
        let repetition: Vec<f64> =
            pairs().map(|(a, b)| 100.0 * (repeated_ngrams(&a.ids, 4) - repeated_ngrams(&b.ids, 4))).collect();
        Ok(Row {
            mark,
            temperature: cell.temperature,
            scored: middle(|d| d.tally.scored as f64)?,
            ln_p: middle(|d| d.ln_p)?,
            found: SUBSTITUTED.map(rate).into_iter().collect::<Result<_>>()?,
            surprise: Mean::of(&surprise).context("too few texts")?,
            repetition: Mean::of(&repetition).context("too few texts")?,
        })
    }

    fn variety(&mut self) -> Result<()> {
        let [prompts, answers] = self.args.variety[..] else { bail!("--variety takes two numbers") };
        if prompts == 0 {
            return Ok(());
        }
        println!("\n## Variety\n");
        println!(
            "{answers} answers of {} tokens to each of {prompts} prompts at temperature 1, one key a prompt, seed {}. Self-BLEU-4 of the token \
             ids: 1 where all answers are equal. Means over prompts ± standard error.\n",
            self.args.answer_tokens, self.args.setup.seed
        );
        println!("| mark | different answers | self-BLEU |\n|---|---|---|");
        let schemes = ["", ",dual"].into_iter().flat_map(|dual| [1, 2, 4].map(|h| format!("gm1:gumbel,h={h}{dual}")));
        let varied = schemes.map(|scheme| parse_mark(&scheme).map(Some).map_err(|error| anyhow!(error)));
        for mark in std::iter::once(Ok(None)).chain(varied).collect::<Result<Vec<_>>>()? {
            let jobs: Vec<Job> = (0..prompts * answers)
                .map(|i| Job { index: i as u64, prompt: self.prompts[i / answers].clone(), key: (i / answers) as u64 })
                .collect();
            let recipe = Recipe { mark, temperature: 1.0, tokens: self.args.answer_tokens, seed: self.args.setup.seed };
            let texts =
                self.setup.texts(&self.args.setup.out, &format!("variety-{}", file_name_part(mark)), &recipe, &jobs)?;
            let groups: Vec<Vec<Vec<TokenId>>> =
                texts.chunks(answers).map(|group| group.iter().map(|text| text.ids.clone()).collect()).collect();
            let distinct: Vec<f64> = groups
                .iter()
                .map(|group| group.iter().collect::<std::collections::HashSet<_>>().len() as f64)
                .collect();
            let likeness: Vec<f64> = groups.iter().filter_map(|group| self_bleu(group)).collect();
            let (distinct, likeness) =
                (Mean::of(&distinct).context("too few prompts")?, Mean::of(&likeness).context("too few answers")?);
            println!(
                "| {} | {:.1} ± {:.1} of {answers} | {:.3} ± {:.3} |",
                describe(mark),
                distinct.value,
                distinct.error,
                likeness.value,
                likeness.error
            );
        }
        Ok(())
    }
}

/// Results for one mark at one temperature.
struct Row {
    mark: Mark,
    temperature: f64,
    /// T, the median.
    scored: f64,
    /// The median, of texts as written.
    ln_p: f64,
    /// p ≤ α, by share of tokens replaced.
    found: Vec<Rate>,
    /// Nats a token more than unmarked texts, under the unmarked model.
    surprise: Mean,
    /// Percentage points of repeated 4-grams more than unmarked texts.
    repetition: Mean,
}

impl Row {
    fn print(&self) {
        let Self { temperature, scored, ln_p, surprise, repetition, .. } = self;
        print!("| {temperature} | {} | {} | {scored:.0} | {ln_p:.1} |", describe(Some(self.mark)), surprise.n);
        for rate in &self.found {
            print!(" {:.2} ({:.2}–{:.2}) |", rate.value(), rate.low, rate.high);
        }
        let (low, high) = surprise.interval();
        print!(" × {:.2} ({:.2}–{:.2}) |", surprise.value.exp(), low.exp(), high.exp());
        let (low, high) = repetition.interval();
        println!(" {:+.1} ({low:+.1} to {high:+.1}) |", repetition.value);
    }
}

/// The same, a line a mark, with the temperatures side by side.
fn in_short(marks: &[Mark], temperatures: &[f64], rows: &[Row]) {
    let names: Vec<_> = temperatures.iter().map(ToString::to_string).collect();
    println!("\n## In short\n\nEach cell at temperature {}.\n", names.join(" / "));
    let shares = SUBSTITUTED.map(|share| format!("{:.0} % replaced", 100.0 * share)).join(" | ");
    print_header(&format!("mark | ln p | {shares} | perplexity × | repetition +"), []);
    for &mark in marks {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.mark == mark).collect();
        let cell = |value: &dyn Fn(&Row) -> String| rows.iter().map(|&row| value(row)).collect::<Vec<_>>().join(" / ");
        print!("| {} | {} |", describe(Some(mark)), cell(&|row| format!("{:.0}", row.ln_p)));
        for i in 0..SUBSTITUTED.len() {
            print!(" {} |", cell(&|row| format!("{:.2}", row.found[i].value())));
        }
        let perplexity = cell(&|row| format!("{:.2}", row.surprise.value.exp()));
        println!(" {perplexity} | {} |", cell(&|row| format!("{:.0}", row.repetition.value.round() + 0.0)));
    }
}
