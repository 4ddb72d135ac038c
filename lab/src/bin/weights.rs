//! Compares weighted tests with plain counts. The weights are from a text's ids, fitted on some
//! prompts and tried on others.
//!
//! `weights OUT_DIR` writes what OUT_DIR lacks of the texts, then prints the tables. Broken off, it
//! goes on where it was. `lab/scripts/weights.sh` runs it.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;
use greenmark::{Delta, Detector, Field, Gamma, Position, Scheme, TokenId, colour};
use greenmark_attacks::{substitute, substitute_some};
use greenmark_eval::{
    corpus::{self, Mark, Recipe, Text},
    setup::{Setup, SetupArgs, file_name},
    summary::{Mean, Rate, median},
};
use greenmark_lab::{
    table::{print_header, print_row},
    weights::{
        rules::{Rule, Scored, Test, effects},
        traits::{TRAITS, Table, Trait, classes, classes_of_absent},
    },
};
use greenmark_lm::text_rng;
use rand_chacha::rand_core::Rng;
use serde::Deserialize;

const ALPHA: f64 = 1e-6;
const SUBSTITUTED: [f64; 3] = [0.0, 0.2, 0.35];
/// Of all tokens; only those with ids from [`CONTENT`] on go, and others of the kind come.
const CONTENT_SHARE: f64 = 0.2;
/// Tokens from here on are words and parts of words, most of them of contents.
const CONTENT: TokenId = 1024;
/// Tokens between the lengths that texts are read to.
const STRIDE: usize = 10;
/// Frequent tokens whose absence some rules look at.
const EXPECTED: usize = 256;
/// Numbers of keys from here on mark no text.
const FRESH_KEYS: u64 = 1_000_000;
/// Keys that each unmarked text is asked about.
const NULL_KEYS: u64 = 5;
/// As they stand in the tables: a scheme, a green one's delta, a temperature.
const CELLS: [&str; 8] = [
    "gm1:green,h=1,gamma=64/256@2@0.7",
    "gm1:green,h=1,gamma=64/256@2@1",
    "gm1:green,h=0,gamma=64/256@2@0.7",
    "gm1:green,h=0,gamma=64/256@2@1",
    "gm1:green,h=2,gamma=64/256@2@0.7",
    "gm1:green,h=4,gamma=64/256@2@0.7",
    "gm1:gumbel,h=1@0@0.7",
    "gm1:gumbel,h=2@0@0.7",
];

/// Tries weights of evidence on texts of a language model
#[derive(Debug, Parser)]
#[command(after_help = "\
Example:
  weights texts --public news.jsonl --public novels.jsonl

lab/scripts/weights.sh runs it with date and machine above the tables.")]
struct Args {
    #[command(flatten)]
    setup: SetupArgs,
    /// JSON Lines with a field \"text\", for frequencies; may be given several times. Without it,
    /// unmarked texts of the fitting prompts serve
    #[arg(long)]
    public: Vec<PathBuf>,
    /// Prompts of a cell
    #[arg(long, default_value_t = 200)]
    texts: usize,
    /// Tokens of a text
    #[arg(long, default_value_t = 200)]
    tokens: usize,
    /// Schemes, their strengths and temperatures
    #[arg(long, num_args = 1.., default_values = CELLS, value_name = "SCHEME@DELTA@T")]
    cells: Vec<String>,
}

/// A text, read to one length after another; the last is the whole.
struct Sample {
    /// Prompts of even and of odd number: rules are fitted on the one and tried on the other.
    fold: usize,
    lengths: Vec<Vec<Scored>>,
}

impl Sample {
    fn whole(&self) -> &[Scored] {
        self.lengths.last().map_or(&[], Vec::as_slice)
    }
}

/// The texts of one scheme at one temperature.
struct Cell {
    mark: Mark,
    temperature: f64,
    /// By share of tokens replaced.
    samples: [Vec<Sample>; SUBSTITUTED.len()],
    /// After a share [`CONTENT_SHARE`] of the tokens was replaced, but only tokens of contents: no
    /// rule is fitted on these.
    content: Vec<Sample>,
    /// Whole unmarked texts under keys that marked none, with their folds.
    null: Vec<Sample>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let mut bench = Bench::new(args)?;
    let mut cells: Vec<Cell> = Vec::new();
    for name in bench.args.cells.clone() {
        cells.push(bench.cell(&name)?);
    }
    let mut schemes: Vec<Scheme> = Vec::new();
    for cell in &cells {
        if !schemes.contains(&cell.mark.scheme) {
            schemes.push(cell.mark.scheme);
        }
    }
    let mut short = Vec::new();
    println!(
        "{}, frequencies from {} tokens of {}. Texts of {} tokens, seed {}, a key for each prompt. Rules are fitted on prompts of even number (all temperatures \
         of the scheme, as written and after 20 % and 35 % of the tokens were replaced at random) and tried on those of odd number, and the other way round; n \
         counts both.",
        bench.args.setup.model,
        bench.table.tokens(),
        if bench.args.public.is_empty() { "unmarked texts" } else { "public text" },
        bench.args.tokens,
        bench.args.setup.seed
    );
    for scheme in schemes {
        let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.mark.scheme == scheme).collect();
        println!("\n## {scheme}\n");
        print_classes(&cells);
        let rules = rules(scheme)?;
        print_effects(&cells, &rules);
        let tests: Vec<(String, [Test; 2])> =
            rules.into_iter().map(|(name, rule)| (name, [0, 1].map(|fold| fitted(&rule, &cells, fold)))).collect();
        for cell in &cells {
            let random = SUBSTITUTED.iter().map(|share| format!("{:.0} %", 100.0 * share)).zip(&cell.samples);
            let content = (format!("{:.0} % (content words)", 100.0 * CONTENT_SHARE), &cell.content);
            for (share, samples) in random.chain([content]) {
                println!("\nTemperature {}, {share} replaced:\n", cell.temperature);
                let results = print_tests(&tests, samples, bench.args.setup.seed);
                short.push((format!("{scheme}, {}, {share}", cell.temperature), results));
            }
        }
        print_null(&tests, &cells);
    }
    print_in_short(&short);
    Ok(())
}

/// Returns the rules that are tried on a scheme, with their names.
fn rules(scheme: Scheme) -> Result<Vec<(String, Rule)>> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
        only: Option<Only>,
        rule: Rule,
    }
    /// The schemes of a rule that is not for all of them.
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Only {
        Green,
        Gumbel,
        /// h = 0.
        Unigram,
        /// h > 0.
        Wide,
    }
    let mut rules: Vec<Named> = serde_json::from_str(include_str!("../weights/rules.json"))?;
    rules.retain(|rule| match rule.only {
        None => true,
        Some(Only::Green) => scheme.gamma().is_some(),
        Some(Only::Gumbel) => scheme.gamma().is_none(),
        Some(Only::Unigram) => scheme.context_width().get() == 0,
        Some(Only::Wide) => scheme.context_width().get() > 0,
    });
    Ok(rules.into_iter().map(|rule| (rule.name, rule.rule)).collect())
}

/// Prints the effects of fitted rules of green schemes, in nats, over all texts of the scheme.
fn print_effects(cells: &[&Cell], rules: &[(String, Rule)]) {
    let Some(gamma) = cells[0].mark.scheme.gamma() else { return };
    let fitting = scored(cells, |_| true);
    println!(
        "\nFitted log-likelihood ratios of green (all prompts): base, and what a class adds, in the order of the classes.\n"
    );
    for (name, rule) in rules {
        let Rule::Fitted(traits) = rule else { continue };
        if traits.len() > 3 {
            continue;
        }
        let (base, effects) = effects(traits, gamma.fraction(), &fitting);
        let list = |effects: &[f64]| effects.iter().map(|x| format!("{x:+.2}")).collect::<Vec<_>>().join(" ");
        let effects: Vec<String> =
            traits.iter().zip(&effects).map(|(of, effects)| format!("{of:?} {}", list(effects))).collect();
        println!("- {name}: {base:.2}; {}", effects.join("; "));
    }
}

/// Returns the positions of all whole texts of some folds, attacked ones too.
fn scored(cells: &[&Cell], is_of: impl Fn(usize) -> bool) -> Vec<Scored> {
    let samples = cells.iter().flat_map(|cell| cell.samples.iter().flatten()).filter(|sample| is_of(sample.fold));
    samples.flat_map(|sample| sample.whole().iter().copied()).collect()
}

/// Fits a rule on the texts of one fold.
fn fitted(rule: &Rule, cells: &[&Cell], fold: usize) -> Test {
    rule.test(cells[0].mark.scheme.gamma().map(Gamma::fraction), &scored(cells, |of| of == fold))
}

/// Prints the evidence by class, in texts as written: shares of greens, or mean scores.
fn print_classes(cells: &[&Cell]) {
    let evidence = if cells[0].mark.scheme.gamma().is_some() { "share of greens (n)" } else { "mean score (n)" };
    print_header(&format!("as written, temperature | class | {evidence}"), []);
    for cell in cells {
        for which in TRAITS {
            let classes = which.classes().iter().enumerate().filter_map(|(class, name)| {
                let scores = || {
                    let scored = cell.samples[0].iter().flat_map(Sample::whole);
                    let is_of = |scored: &&Scored| !scored.absent || which == Trait::Multiplicity;
                    scored.filter(is_of).filter(|scored| which.of(&scored.classes) == class).map(|scored| scored.score)
                };
                let n = scores().count();
                (n >= 20).then(|| format!("{name}: {:.3} ({n})", scores().sum::<f64>() / n as f64))
            });
            println!("| {} | {which:?} | {} |", cell.temperature, classes.collect::<Vec<_>>().join(" · "));
        }
    }
}

/// ln p of every text at every length, under the test that its own fold had no part in.
fn ln_p(tests: &[Test; 2], samples: &[Sample]) -> Vec<Vec<f64>> {
    let of = |sample: &Sample| sample.lengths.iter().map(|text| tests[1 - sample.fold](text)).collect();
    samples.iter().map(of).collect()
}

/// Tokens at which half of the texts are found, between lengths by a straight line; `None` if half
/// never are.
fn tokens_for_half(ln_p: &[&Vec<f64>]) -> Option<f64> {
    let share = |at: usize| {
        ln_p.iter().filter(|text| text[at.min(text.len() - 1)] <= ALPHA.ln()).count() as f64 / ln_p.len() as f64
    };
    let lengths = ln_p.iter().map(|text| text.len()).max()?;
    let at = (0..lengths).find(|&at| share(at) >= 0.5)?;
    let (before, here) = (if at == 0 { 0.0 } else { share(at - 1) }, share(at));
    Some((at as f64 + (0.5 - before) / (here - before)) * STRIDE as f64)
}

/// Result of a rule: the share of whole texts found at α, and the tokens it saves.
struct Outcome {
    rule: String,
    found: f64,
    fewer: String,
}

/// Prints a row for each rule.
fn print_tests(tests: &[(String, [Test; 2])], samples: &[Sample], seed: u64) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    print_header(
        "rule | found, 1e-6 | gained − lost | found, 1e-4 | found at half length, 1e-6 | ln p (median) | ln p − plain's (mean) | tokens for half | fewer tokens",
        [],
    );
    let mut plain: Option<Vec<Vec<f64>>> = None;
    for (name, test) in tests {
        let ln_p = ln_p(test, samples);
        let plain = plain.get_or_insert_with(|| ln_p.clone());
        let last = |texts: &[Vec<f64>]| -> Vec<f64> { texts.iter().filter_map(|text| text.last().copied()).collect() };
        let (whole, plain_whole) = (last(&ln_p), last(plain));
        let half: Vec<f64> = ln_p.iter().map(|text| text[text.len() / 2 - 1]).collect();
        let pairs = || whole.iter().zip(&plain_whole);
        let gained = pairs().filter(|&(&new, &old)| new <= ALPHA.ln() && old > ALPHA.ln()).count();
        let lost = pairs().filter(|&(&new, &old)| new > ALPHA.ln() && old <= ALPHA.ln()).count();
        let difference = Mean::of(&pairs().map(|(new, old)| new - old).collect::<Vec<_>>());
        let difference = difference.map_or_else(String::new, |mean| format!("{:+.2} ± {:.2}", mean.value, mean.error));
        let tokens = tokens_for_half(&ln_p.iter().collect::<Vec<_>>());
        let fewer = fewer(&ln_p, plain, seed);
        println!(
            "| {name} | {} | {gained} − {lost} | {} | {} | {:.1} | {difference} | {} | {fewer} |",
            rate(&whole, ALPHA, 3, 2),
            rate(&whole, 1e-4, 3, 2),
            rate(&half, ALPHA, 3, 2),
            median(whole.clone()).unwrap_or(0.0),
            tokens.map_or("–".to_owned(), |tokens| format!("{tokens:.0}")),
        );
        let found = whole.iter().filter(|&&ln_p| ln_p <= ALPHA.ln()).count() as f64 / whole.len() as f64;
        outcomes.push(Outcome { rule: name.clone(), found, fewer });
    }
    outcomes
}

/// Returns the share of texts with p ≤ α and its interval, each to its number of decimals.
fn rate(ln_p: &[f64], alpha: f64, decimals: usize, of_interval: usize) -> String {
    Rate::of(ln_p.iter().map(|&ln_p| ln_p <= alpha.ln())).map_or_else(String::new, |rate| {
        let (low, high) = (rate.low, rate.high);
        format!("{:.decimals$} ({low:.of_interval$}–{high:.of_interval$})", rate.value())
    })
}

/// The rules that need no table, side by side: share found at 1e-6, and how many fewer tokens half
/// of the texts take.
fn print_in_short(short: &[(String, Vec<Outcome>)]) {
    const RULES: [&str; 9] = [
        "plain",
        "ties broken",
        "2, 3, 3, 3, 3",
        "5, 8, 9, 10, 11",
        "5, 8, 9, 10, 11 by ids −2, −1, 0",
        "5, 8, 9, 10, 11 by ids −3, −2, 0, 1",
        "ids: 5, 6, 8, 9",
        "multiplicity",
        "all",
    ];
    println!("\n## In short\n\nFound at 1e-6 (fewer tokens for half of the texts).\n");
    print_header("scheme, temperature, replaced", RULES.map(str::to_owned));
    for (name, outcomes) in short {
        let cells = RULES.map(|rule| {
            let outcome = outcomes.iter().find(|outcome| outcome.rule == rule);
            outcome.map_or("–".to_owned(), |Outcome { found, fewer, .. }| {
                format!("{found:.3} ({})", fewer.split(" (").next().unwrap_or(""))
            })
        });
        print_row(name, cells);
    }
}

/// By how many per cent a rule needs fewer tokens than the plain one, with a 95 % interval: texts
/// drawn again, 400 times.
fn fewer(ln_p: &[Vec<f64>], plain: &[Vec<f64>], seed: u64) -> String {
    let saved = |texts: &[usize]| {
        let of = |ln_p: &[Vec<f64>]| tokens_for_half(&texts.iter().map(|&text| &ln_p[text]).collect::<Vec<_>>());
        Some(100.0 * (1.0 - of(ln_p)? / of(plain)?))
    };
    let all: Vec<usize> = (0..ln_p.len()).collect();
    let Some(value) = saved(&all) else { return "–".to_owned() };
    let mut rng = text_rng(seed, u64::MAX);
    let mut drawn: Vec<f64> = (0..400)
        .filter_map(|_| saved(&all.iter().map(|_| (rng.next_u64() % all.len() as u64) as usize).collect::<Vec<_>>()))
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn[((drawn.len() - 1) as f64 * share).round() as usize];
    format!("{value:+.1} % ({:+.1} to {:+.1})", at(0.025), at(0.975))
}

/// The other half of honesty: the fitted rules on unmarked texts under keys that marked none.
fn print_null(tests: &[(String, [Test; 2])], cells: &[&Cell]) {
    println!("\nUnmarked texts under keys that marked none:\n");
    print_header("rule | n | p ≤ 0.1 | p ≤ 0.01 | p ≤ 0.001", []);
    for (name, test) in tests {
        let ln_p: Vec<f64> =
            cells.iter().flat_map(|cell| &cell.null).map(|sample| test[1 - sample.fold](sample.whole())).collect();
        let rates = [0.1, 0.01, 0.001_f64].map(|alpha| rate(&ln_p, alpha, 4, 4));
        print_row(&format!("{name} | {}", ln_p.len()), rates);
    }
}

/// The model, its prompts, and the folder of its texts.
struct Bench {
    args: Args,
    setup: Setup,
    prompts: Vec<Vec<TokenId>>,
    table: Table,
}

impl Bench {
    fn new(args: Args) -> Result<Self> {
        #[derive(Deserialize)]
        struct Public {
            text: String,
        }
        let (setup, prompts) = args.setup.load(args.texts)?;
        let mut public = Vec::new();
        for file in &args.public {
            let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
            for (i, line) in text.lines().enumerate() {
                let Public { text } =
                    serde_json::from_str(line).with_context(|| format!("{}, line {}", file.display(), i + 1))?;
                public.push(setup.tokenizer.encode(&text)?);
            }
        }
        let table = Table::new(public.iter().map(Vec::as_slice), &setup.tokenizer);
        let mut bench = Self { args, setup, prompts, table };
        if bench.args.public.is_empty() {
            // Half of the prompts: with all of them, those that rules are tried on would have a say
            // in the table. The other fold's rules are then tried on prompts of the table, which
            // favours weights.
            let mut texts = bench.texts(None, 0.7)?;
            texts.extend(bench.texts(None, 1.0)?);
            let even = texts.iter().filter(|text| text.index % 2 == 0).map(|text| text.ids.as_slice());
            bench.table = Table::new(even, &bench.setup.tokenizer);
        }
        Ok(bench)
    }

    /// The texts of a recipe, in a file named as the guide's.
    fn texts(&mut self, mark: Option<Mark>, temperature: f64) -> Result<Vec<Text>> {
        let name = file_name(mark, temperature);
        let jobs = corpus::jobs(&self.prompts[..self.args.texts]);
        let recipe = Recipe { mark, temperature, tokens: self.args.tokens, seed: self.args.setup.seed };
        self.setup.texts(&self.args.setup.out, &name, &recipe, &jobs)
    }

    fn cell(&mut self, name: &str) -> Result<Cell> {
        let parts: Vec<&str> = name.split('@').collect();
        let [scheme, delta, temperature] = parts[..] else { bail!("{name:?} is not SCHEME@DELTA@T") };
        let temperature: f64 = temperature.parse().with_context(|| name.to_owned())?;
        let mark =
            Mark { scheme: scheme.parse()?, delta: Delta::new(delta.parse().with_context(|| name.to_owned())?)? };
        let plain = self.texts(None, temperature)?;
        let texts = self.texts(Some(mark), temperature)?;
        let pool: Vec<TokenId> = plain.iter().flat_map(|text| text.ids.iter().copied()).collect();
        let samples = SUBSTITUTED.map(|share| {
            let of = |text: &Text| {
                let mut rng = text_rng(self.args.setup.seed ^ share.to_bits(), text.index);
                let ids = substitute(&text.ids, share, &pool, &mut rng);
                self.sample(mark.scheme, text.index, text.index, &ids, STRIDE)
            };
            texts.iter().map(of).collect()
        });
        let contents: Vec<TokenId> = pool.iter().copied().filter(|&token| token >= CONTENT).collect();
        let of = |text: &Text| {
            let mut rng = text_rng(self.args.setup.seed ^ CONTENT_SHARE.to_bits(), text.index);
            let ids = substitute_some(&text.ids, CONTENT_SHARE, &contents, |token| token >= CONTENT, &mut rng);
            self.sample(mark.scheme, text.index, text.index, &ids, STRIDE)
        };
        let content = texts.iter().map(of).collect();
        let null = plain.iter().flat_map(|text| {
            (0..NULL_KEYS).map(|number| {
                let key = FRESH_KEYS + text.index * NULL_KEYS + number;
                self.sample(mark.scheme, text.index, key, &text.ids, usize::MAX)
            })
        });
        Ok(Cell { mark, temperature, null: null.collect(), content, samples })
    }

    /// A text under a key, read to every `stride` tokens and to its end.
    fn sample(&self, scheme: Scheme, index: u64, key: u64, ids: &[TokenId], stride: usize) -> Sample {
        let key = corpus::key(self.args.setup.seed, key);
        let positions = Detector::new(&key, scheme).scores(ids).positions();
        let width = scheme.context_width();
        let seed = (width.get() == 0).then(|| Field::new(&key, width).seed(&[]));
        let read = |length: usize| {
            let text = &ids[..length];
            let mut scored: Vec<Scored> = classes(text, width.get(), scheme.gamma().is_some(), &self.table)
                .into_iter()
                .filter_map(|(at, classes)| match positions[at] {
                    Position::Scored(score) => Some(Scored { classes, score, absent: false }),
                    _ => None,
                })
                .collect();
            if let (Some(seed), Some(gamma)) = (&seed, scheme.gamma()) {
                for &token in self.table.frequent(EXPECTED).iter().filter(|&token| !text.contains(token)) {
                    let score = f64::from(u8::from(colour(seed, token, gamma).is_green()));
                    scored.push(Scored { classes: classes_of_absent(token, &self.table), score, absent: true });
                }
            }
            scored
        };
        // A text encoded again may be a little shorter or longer than was asked for: as many
        // lengths for every text.
        let count = self.args.tokens.div_ceil(stride);
        let lengths = (1..=count).map(|i| if i == count { ids.len() } else { ids.len().min(i * stride) });
        Sample { fold: (index % 2) as usize, lengths: lengths.map(read).collect() }
    }
}
