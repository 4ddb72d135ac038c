//! Rates with their intervals, what exceeds its level, and tables of both.

use greenmark::stats::{clopper_pearson, ln_binomial_sf};
use greenmark_text::fmt::{count, printable};
use minijinja::value::Serde;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::template::environment;

use super::{ALPHAS, Counts, Panel, Plan, Tables, Test};

/// Head of a report: what was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The tokenizer's name.
    pub tokenizer: String,
    /// Its fingerprint. SPEC §9.4.
    pub fingerprint: String,
    /// Tokens of a passage; `None` took whole documents.
    pub passage: Option<u64>,
    /// The files that the texts came from.
    pub corpus: Vec<CorpusFile>,
    /// The texts.
    #[serde(flatten)]
    pub seen: Seen,
    /// Names the key that asked every text.
    pub deployed_key: String,
    /// True if the user gave it, or it follows from the seed.
    pub deployed_key_is_given: bool,
}

/// Numbers of documents and texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Documents read.
    pub documents: u64,
    /// Documents without one whole passage, or without a token, which were left out.
    pub left_out: u64,
    /// Lines and files that could not be read.
    pub failed: u64,
    /// Texts asked about: documents or passages.
    pub texts: u64,
    /// Number of texts that normalising changes.
    pub normalised: u64,
}

/// A file of a corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusFile {
    /// Its name, without its folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

/// One rate of false alarms. Written with four significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Row {
    /// The level asked for.
    pub alpha: f64,
    /// Number of p ≤ α.
    pub hits: u64,
    /// hits / n.
    #[serde(serialize_with = "short")]
    pub rate: f64,
    /// Lower end of the exact 95 % interval.
    #[serde(serialize_with = "short")]
    pub low: f64,
    /// Its upper end.
    #[serde(serialize_with = "short")]
    pub high: f64,
    /// True if n is large enough to speak of the rate: at least 3/α.
    pub claimed: bool,
    /// ln of the chance of as many hits, where the rate is α: in nats, ≤ 0.
    #[serde(serialize_with = "short")]
    pub ln_p: f64,
}

fn short<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(four_digits(*value))
}

/// Rounds to four significant digits, more than any count here determines.
pub(super) fn four_digits(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

impl Row {
    fn of(alpha: f64, hits: u64, n: u64) -> Self {
        let (low, high) = clopper_pearson(hits, n, 0.95).expect("no more hits than p-values");
        let ln_p = if alpha < 1.0 { ln_binomial_sf(hits, n, alpha).expect("0 < alpha < 1") } else { 0.0 };
        let rate = if n == 0 { 0.0 } else { hits as f64 / n as f64 };
        Self { alpha, hits, rate, low, high, claimed: n as f64 * alpha >= 3.0, ln_p }
    }

    /// Returns true if the whole interval lies above α, as one in forty does where the rate is α.
    pub fn is_above(&self) -> bool {
        self.low > self.alpha
    }

    fn is_telling(&self) -> bool {
        self.claimed || self.hits > 0
    }
}

impl Counts {
    /// Returns a rate for each of [`ALPHAS`].
    pub fn rows(&self) -> Vec<Row> {
        ALPHAS.iter().zip(self.hits).map(|(&alpha, hits)| Row::of(alpha, hits, self.n)).collect()
    }
}

fn telling<S: Serializer>(rows: &[Row], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().filter(|row| row.is_telling()))
}

/// The rates of one test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// The scheme, or "all schemes at once".
    pub scheme: String,
    /// Part of the corpus; `None` is all of it.
    pub part: Option<String>,
    /// The test.
    pub test: String,
    /// P-values.
    pub n: u64,
    /// The rates by α, descending. JSON has those alone that say something: hits, or n large
    /// enough.
    #[serde(serialize_with = "telling")]
    pub rows: Vec<Row>,
}

impl Table {
    fn new(scheme: &str, part: Option<&str>, test: &str, counts: &Counts) -> Self {
        Self {
            scheme: scheme.to_owned(),
            part: part.map(str::to_owned),
            test: test.to_owned(),
            n: counts.n,
            rows: counts.rows(),
        }
    }

    /// Scheme, part and test.
    fn place(&self) -> String {
        let part = self.part.as_deref().map_or_else(String::new, |part| format!(", {part}"));
        format!("{}{part}, {}", self.scheme, self.test)
    }
}

/// Returns the rates of some tables that could exceed their level.
fn rates<'t>(tables: &'t [&Table]) -> impl Iterator<Item = (&'t Table, &'t Row)> {
    let tables = tables.iter().filter(|table| table.n > 0);
    tables.flat_map(|&table| table.rows.iter().filter(|row| row.alpha < 1.0).map(move |row| (table, row)))
}

/// One key's rates over the corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeployedTables {
    /// The scheme.
    pub scheme: String,
    /// Positions counted, each text by itself.
    pub scored: u64,
    /// Positions counted, without what earlier texts held.
    pub scored_once: u64,
    /// Texts in which nothing is scored: no key can call them marked.
    pub unscored: u64,
    /// The whole text and segments, each text by itself. The texts are not independent under one
    /// key.
    pub by_itself: [Table; 2],
    /// The same, without what earlier texts held. The p-values are independent.
    pub once: [Table; 2],
}

/// A rate that exceeds its level by more than chance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Excess {
    /// Its place: scheme, part, test.
    pub place: String,
    /// The rate.
    pub row: Row,
}

/// Everything measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The head.
    #[serde(flatten)]
    pub about: About,
    /// Keys a text.
    pub keys: u64,
    /// Keys examined at once.
    pub together: u64,
    /// Seed of the keys.
    pub seed: u64,
    /// Pairs of a text and a key, each with a key of its own.
    pub pairs: u64,
    /// The rates, by scheme and test, then by part of the corpus.
    pub tables: Vec<Table>,
    /// One key for all texts, by scheme.
    pub deployed: Vec<DeployedTables>,
    /// Number of rates that the verdict looked at and pays for.
    pub looked_at: u64,
    /// Rates that exceed their level by more than chance, at 5 % for all together (Bonferroni). Of
    /// the deployed key only rates of independent p-values are judged.
    pub exceeds: Vec<Excess>,
    /// The same of the deployed key, each text by itself: what phrases that texts share have done
    /// under this key.
    pub exceeds_by_sharing: Vec<Excess>,
}

/// Level at which all rates together are judged.
const LEVEL: f64 = 0.05;

impl Report {
    /// Rates and verdict from counts.
    pub fn new(plan: &Plan, about: About, tables: &Tables) -> Self {
        let schemes: Vec<String> = plan.schemes().iter().map(ToString::to_string).collect();
        let of_panels = |part: Option<&str>, panels: &[Panel]| -> Vec<Table> {
            let panels = schemes.iter().zip(panels);
            panels
                .flat_map(|(scheme, panel)| {
                    let tests = Test::ALL.iter().zip(panel);
                    tests.map(|(test, counts)| Table::new(scheme, part, test.name(), counts)).collect::<Vec<_>>()
                })
                .collect()
        };
        let mut all = of_panels(None, &tables.all);
        if tables.joint.n > 0 {
            all.push(Table::new("all schemes at once", None, Test::Everything.name(), &tables.joint));
        }
        all.extend(tables.parts.iter().flat_map(|(part, panels)| of_panels(Some(part), panels)));

        let of_key = |(scheme, counts): (&String, &super::Deployed)| {
            let table = |test: Test, once: &str, counts| {
                Table::new(scheme, None, &format!("one key, {}{once}", test.name()), counts)
            };
            DeployedTables {
                scheme: scheme.clone(),
                scored: counts.scored,
                scored_once: counts.scored_once,
                unscored: counts.unscored,
                by_itself: [table(Test::Whole, "", &counts.whole), table(Test::Search, "", &counts.segments)],
                once: [
                    table(Test::Whole, ", shared phrases once", &counts.whole_once),
                    table(Test::Search, ", shared phrases once", &counts.segments_once),
                ],
            }
        };
        let deployed: Vec<DeployedTables> = schemes.iter().zip(&tables.deployed).map(of_key).collect();

        let judged: Vec<&Table> = all.iter().chain(deployed.iter().flat_map(|deployed| &deployed.once)).collect();
        let by_itself: Vec<&Table> = deployed.iter().flat_map(|deployed| &deployed.by_itself).collect();
        let looked_at = rates(&judged).count();
        let level = (LEVEL / looked_at.max(1) as f64).ln();
        let excesses = |tables: &[&Table]| -> Vec<Excess> {
            let above = rates(tables).filter(|(_, row)| row.ln_p <= level);
            above.map(|(table, row)| Excess { place: table.place(), row: *row }).collect()
        };
        let (exceeds, exceeds_by_sharing) = (excesses(&judged), excesses(&by_itself));
        Self {
            keys: plan.keys(),
            together: plan.together(),
            seed: plan.seed(),
            pairs: tables.all.first().map_or(0, |panel| panel[Test::Whole as usize].n),
            looked_at: looked_at as u64,
            exceeds,
            exceeds_by_sharing,
            about,
            deployed,
            tables: all,
        }
    }

    /// Returns the tables of the whole corpus under one scheme, in the order of [`Test::ALL`].
    pub fn of_scheme<'r>(&'r self, scheme: &'r str) -> impl Iterator<Item = &'r Table> {
        self.tables.iter().filter(move |table| table.part.is_none() && table.scheme == scheme)
    }

    /// Says in a sentence or two if any rate exceeds its level, and which.
    pub fn verdict(&self) -> String {
        let mut said = match worst(&self.exceeds) {
            None => format!(
                "No rate exceeds its alpha by more than chance ({} looked at, 5 % for all together).",
                self.looked_at
            ),
            Some(worst) => format!(
                "{} of {} RATES EXCEED THEIR ALPHA by more than chance. The worst: {worst}. Either a test is wrong, or the texts depend on the keys.",
                self.exceeds.len(),
                self.looked_at
            ),
        };
        if let Some(worst) = worst(&self.exceeds_by_sharing) {
            said += &format!(
                " Under the one key {}, texts by themselves exceed alpha ({} of the rates), because they share phrases and so their fate. The worst: {worst}.",
                self.about.deployed_key,
                self.exceeds_by_sharing.len()
            );
        }
        said
    }

    /// Returns a sentence on the texts that no key can call marked.
    fn unscored(&self, deployed: &DeployedTables) -> String {
        format!(
            "In {} of {} nothing is scored. They can never be called marked, and lower every rate.",
            deployed.unscored,
            count(self.about.seen.texts, "text")
        )
    }

    /// Returns a few lines for a terminal: rates at some levels, and the verdict.
    pub fn summary(&self) -> String {
        const SHOWN: [f64; 4] = [1e-2, 1e-3, 1e-4, 1e-6];
        let (texts, pairs) = (count(self.about.seen.texts, "text"), count(self.pairs, "pair"));
        let mut out = format!("{texts}, {pairs} of text and key\n");
        let mut lines = |title: &str, tables: &[&Table]| {
            out += &format!(
                "\n{title:<42} {}\n",
                SHOWN.map(|alpha| format!("{:>16}", format!("p <= {}", number(alpha)))).join("")
            );
            for table in tables {
                let cells = table.rows.iter().filter(|row| SHOWN.contains(&row.alpha)).map(|row| {
                    let rate =
                        if row.claimed { rate_in_figures(row.rate) } else { format!("{} of {}", row.hits, table.n) };
                    format!("{rate:>16}")
                });
                out += &format!("  {:<40} {}\n", table.test, cells.collect::<String>());
            }
        };
        for deployed in &self.deployed {
            lines(&deployed.scheme, &self.of_scheme(&deployed.scheme).collect::<Vec<_>>());
            let one = deployed.by_itself.iter().chain(&deployed.once).collect::<Vec<_>>();
            lines(&format!("  key {}", self.about.deployed_key), &one);
        }
        for deployed in self.deployed.iter().filter(|deployed| deployed.unscored > 0) {
            out += &format!("\n{}: {}", deployed.scheme, self.unscored(deployed));
        }
        if self.deployed.iter().any(|deployed| deployed.unscored > 0) {
            out.push('\n');
        }
        out += &format!("\n{}", self.verdict());
        out
    }

    /// Returns the report as Markdown.
    ///
    /// # Panics
    /// Never: a test renders the template.
    pub fn markdown(&self) -> String {
        let of_key = |deployed: &DeployedTables| {
            json!({
                "scheme": deployed.scheme,
                "unscored": (deployed.unscored > 0).then(|| self.unscored(deployed)),
                "tests": grid(self.of_scheme(&deployed.scheme)),
                "scored": deployed.scored,
                "scored_once": deployed.scored_once,
                "one": grid(deployed.by_itself.iter().chain(&deployed.once)),
            })
        };
        let values = json!({
            "about": self.about,
            "keys": self.keys,
            "together": self.together,
            "seed": self.seed,
            "pairs": self.pairs,
            "verdict": self.verdict(),
            "deployed": self.deployed.iter().map(of_key).collect::<Vec<_>>(),
            "joint": grid(self.of_scheme("all schemes at once")),
            "levels": PART_LEVELS.map(number),
            "parts": self.tables.iter().filter_map(of_part).collect::<Vec<_>>(),
        });
        let mut environment = environment();
        environment.add_filter("cell", |name: String| printable(&name).replace('|', "\\|"));
        environment.add_filter("count", |n: u64, thing: String| count(n, &thing));
        environment.render_str(include_str!("report.md"), Serde(values)).expect("the template is sound")
    }
}

/// Levels that parts of the corpus are shown at.
const PART_LEVELS: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// Returns a row for a part of the corpus; `None` for a table of the whole.
fn of_part(table: &Table) -> Option<Value> {
    let part = table.part.as_ref()?;
    let rows = table.rows.iter().filter(|row| PART_LEVELS.contains(&row.alpha)).map(|row| {
        let ratio = if row.claimed { format!(" ({:.2})", row.rate / row.alpha) } else { String::new() };
        format!("{}{}{ratio}", if row.is_above() { "↑ " } else { "" }, row.hits)
    });
    Some(json!({
        "part": part, "scheme": table.scheme, "test": table.test, "n": table.n, "cells": rows.collect::<Vec<_>>(),
    }))
}

/// Returns the excess that chance explains least.
fn worst(exceeds: &[Excess]) -> Option<String> {
    let worst = exceeds.iter().min_by(|a, b| a.row.ln_p.total_cmp(&b.row.ln_p))?;
    let Row { alpha, hits, rate, low, high, .. } = worst.row;
    let [rate, low, high] = [rate, low, high].map(rate_in_figures);
    Some(format!("{}, alpha = {}: {hits} hits, rate {rate} ({low} to {high})", worst.place, number(alpha)))
}

/// Returns tables side by side: a row a level, and before them the heads.
fn grid<'t>(tables: impl Iterator<Item = &'t Table>) -> Vec<Vec<String>> {
    let tables: Vec<&Table> = tables.collect();
    let heads = tables.iter().map(|table| format!("{} (n = {})", table.test, table.n));
    let levels = (1..ALPHAS.len()).filter(|&at| tables.iter().any(|table| table.rows[at].is_telling()));
    let rows = levels.map(|at| {
        let cells = tables.iter().map(|table| {
            let Row { hits, rate, low, high, claimed, .. } = table.rows[at];
            let mark = if table.rows[at].is_above() { "↑ " } else { "" };
            if claimed {
                let [rate, low, high] = [rate, low, high].map(rate_in_figures);
                format!("{mark}{hits}: {rate} ({low} to {high})")
            } else {
                format!("{mark}~ {hits} (to {high:.1e})")
            }
        });
        std::iter::once(number(ALPHAS[at])).chain(cells).collect()
    });
    let heads = std::iter::once("α".to_owned()).chain(heads).collect();
    if tables.is_empty() { Vec::new() } else { std::iter::once(heads).chain(rows).collect() }
}

/// Returns a rate in three figures, `1.23e-4`; nothing is 0.
fn rate_in_figures(rate: f64) -> String {
    if rate == 0.0 { "0".to_owned() } else { format!("{rate:.2e}") }
}

/// 0.05, 1e-6.
pub(super) fn number(alpha: f64) -> String {
    if alpha >= 0.01 { alpha.to_string() } else { format!("{alpha:e}") }
}
