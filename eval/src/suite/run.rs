//! A suite from its plan to its results, going on where it was broken off.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use anyhow::{Context, Result, anyhow, ensure};
use greenmark_text::fmt::count;
use indicatif::ProgressBar;

use super::{
    attacked::{Donors, Kept, Outcome, ready},
    cell::{Asked, auc, mean, medians, rates, wear},
    folder::Folder,
    judges::Judges,
    plan::{AttackPlan, Extent, Plan},
    results::{CellRow, Damage, Estimate, FORMAT, MarkRow, Results, Run, Skipped},
    texts::Texts,
};
use crate::{
    corpus::{Mark, Text},
    journal::Journal,
    quality::{distinct_ngrams, repeated_ngrams},
    setup::{Setup, bar, describe},
};
use greenmark_attacks::{Attack, AttackError};

/// Facts that a run cannot know by itself.
#[derive(Debug, Clone)]
pub struct About {
    /// Processor and number of cores.
    pub machine: String,
    /// Day, as 2026-11-24, UTC.
    pub date: String,
    /// The command that runs it again.
    pub command: String,
    /// SHA-256 of the model's file.
    pub model_sha256: Option<String>,
}

/// Runs a suite in its folder, where what was done before is not done again.
///
/// - `setup`: of the plan's model.
/// - `say`: told what is done, a line now and then.
///
/// # Errors
/// An error of the model or of a file. Finished work is kept.
pub fn run(
    plan: &Plan,
    extent: Extent,
    seed: u64,
    mut setup: Setup,
    about: About,
    folder: &mut Folder,
    say: &dyn Fn(&str),
) -> Result<Results> {
    let texts = Texts::write(plan, extent, seed, &mut setup, folder, say)?;
    let cells = folder.path().join("cells.jsonl");
    let (journal, rows) = Journal::open(&cells)?;
    check(plan, &rows).with_context(|| format!("{}", cells.display()))?;
    let (judges, skipped) = Judges::load(plan.likened, plan.reread);
    if let Some(Skipped { what, why }) = &skipped {
        say(&format!("SKIPPED {what}: {why}"));
    }
    // A row that was made before the encoder was here is made again, now that it is.
    let lacks = |row: &CellRow| {
        let is_it = |mark: &&Mark| describe(Some(**mark)) == row.mark;
        plan.marks().find(is_it).is_some_and(|mark| plan.is_likened(mark, row.tokens))
            && judges.has_encoder()
            && row.damage.similarity.is_none()
    };
    let known = rows.into_iter().filter(|row| !lacks(row)).map(|row: CellRow| (Place::of(&row), row)).collect();
    let skipped = skipped.into_iter().collect();
    let mut bench = Bench { plan, seed, setup, texts, judges, journal, rows: known, skipped };
    let (attacks, marks) = (plan.attacks.len(), plan.marks().count());
    let (todo, cells) = (bench.todo() as u64, places(plan).count() as u64);
    say(&format!("{attacks} attacks on {marks} marks: left are {todo} of {}", count(cells, "cell")));
    let progress = bar(cells, "attacks");
    progress.set_position(cells - todo);
    for planned in &plan.attacks {
        if extent == Extent::AsItIs {
            bench.leave(planned);
            continue;
        }
        progress.set_message(title(planned));
        let start = Instant::now();
        if bench.attack(planned, folder, &progress, say)? {
            folder.made_something(start.elapsed())?;
        }
    }
    progress.finish_and_clear();
    let run = Run {
        suite: plan.suite.to_string(),
        about: plan.about.clone(),
        date: about.date,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: folder.commits(),
        machine: about.machine,
        model: bench.setup.name.clone(),
        model_sha256: about.model_sha256,
        chief_length: plan.chief_length,
        chief_marks: plan.chief.iter().map(|mark| describe(Some(*mark))).collect(),
        temperature: plan.temperature,
        seed,
        others: match &plan.human {
            Some(own) => format!("texts of {}", own.describe()),
            None => "unmarked texts by the same model".to_owned(),
        },
        command: about.command,
        seconds: folder.seconds(),
    };
    let (format, attacks, marks) = (FORMAT.to_owned(), plan.rows(), quality(plan, &bench.texts));
    Ok(Results { format, run, attacks, marks, cells: bench.in_order(), skipped: bench.skipped })
}

/// A file of rows that was touched may still be JSON: its figures would be of nothing.
fn check(plan: &Plan, rows: &[CellRow]) -> Result<()> {
    let mut left: BTreeSet<Place> = places(plan).collect();
    for (row, line) in rows.iter().zip(1..) {
        let is_asked_for = left.remove(&Place::of(row));
        ensure!(is_asked_for, "line {line}: no cell of this suite, or one that is there before; remove it");
        row.check().map_err(|wrong| anyhow!("line {line}: {wrong}; remove it, and the cell is made again"))?;
    }
    Ok(())
}

/// Returns the places of a suite's rows, by mark, length and attack.
fn places(plan: &Plan) -> impl Iterator<Item = Place> {
    let lengths = plan.marks().flat_map(|mark| plan.lengths_of(mark).iter().map(move |&tokens| (mark, tokens)));
    lengths.flat_map(move |(mark, tokens)| {
        let made = plan.attacks.iter().filter(move |planned| plan.has(planned, mark, tokens));
        made.map(move |planned| Place::new(mark, planned, tokens))
    })
}

/// Place of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    mark: String,
    attack: String,
    /// The strength's bits: it comes from one table and is never computed.
    strength: u64,
    tokens: usize,
}

impl Place {
    fn of(row: &CellRow) -> Self {
        let strength = row.strength.to_bits();
        Self { mark: row.mark.clone(), attack: row.attack.clone(), strength, tokens: row.tokens }
    }

    fn new(mark: &Mark, planned: &AttackPlan, tokens: usize) -> Self {
        let strength = planned.strength.share().to_bits();
        Self { mark: describe(Some(*mark)), attack: planned.name.clone(), strength, tokens }
    }
}

struct Bench<'a> {
    plan: &'a Plan,
    seed: u64,
    setup: Setup,
    texts: Texts,
    judges: Judges,
    journal: Journal<CellRow>,
    rows: BTreeMap<Place, CellRow>,
    skipped: Vec<Skipped>,
}

impl Bench<'_> {
    fn todo(&self) -> usize {
        let missing = |planned| self.missing(planned).values().map(Vec::len).sum::<usize>();
        self.plan.attacks.iter().map(missing).sum()
    }

    /// Returns the cells that one attack lacks: its marks, by length.
    fn missing(&self, planned: &AttackPlan) -> BTreeMap<usize, Vec<Mark>> {
        let mut places: BTreeMap<usize, Vec<Mark>> = BTreeMap::new();
        for mark in self.plan.marks() {
            for &tokens in self.plan.lengths_of(mark) {
                let is_made = self.rows.contains_key(&Place::new(mark, planned, tokens));
                if self.plan.has(planned, mark, tokens) && !is_made {
                    places.entry(tokens).or_default().push(*mark);
                }
            }
        }
        places
    }

    /// Names what an attack lacks.
    fn leave(&mut self, planned: &AttackPlan) {
        let missing: usize = self.missing(planned).values().map(Vec::len).sum();
        if missing > 0 {
            let why =
                format!("the run has not come to {missing} of its cells; the same command without --report goes on");
            self.skipped.push(Skipped { what: title(planned), why });
        }
    }

    /// Makes the cells that one attack lacks.
    ///
    /// - returns: true if any was made.
    fn attack(
        &mut self,
        planned: &AttackPlan,
        folder: &Folder,
        progress: &ProgressBar,
        say: &dyn Fn(&str),
    ) -> Result<bool> {
        let places = self.missing(planned);
        if places.is_empty() {
            return Ok(false);
        }
        let before = self.rows.len();
        let mut attack = match ready(planned, self.plan) {
            Ok(attack) => attack,
            Err(error) => {
                self.skip(planned, &error, progress, &places, say);
                return Ok(false);
            }
        };
        if attack.is_some() {
            say(&title(planned));
        }
        for (&tokens, marks) in &places {
            match self.at_length(planned, tokens, marks, &mut attack, folder, progress) {
                Err(error) if error.is::<AttackError>() => {
                    self.skip(planned, &error, progress, &places, say);
                    break;
                }
                done => done?,
            }
        }
        Ok(self.rows.len() > before)
    }

    /// Leaves an attack out, loudly.
    fn skip(
        &mut self,
        planned: &AttackPlan,
        error: &anyhow::Error,
        progress: &ProgressBar,
        places: &BTreeMap<usize, Vec<Mark>>,
        say: &dyn Fn(&str),
    ) {
        let what = title(planned);
        let why = format!("{error:#}");
        say(&format!("SKIPPED {what}: {why}"));
        progress.inc(places.values().map(|marks| marks.len() as u64).sum());
        self.skipped.push(Skipped { what, why });
    }

    fn at_length(
        &mut self,
        planned: &AttackPlan,
        tokens: usize,
        marks: &[Mark],
        attack: &mut Option<Box<dyn Attack + '_>>,
        folder: &Folder,
        progress: &ProgressBar,
    ) -> Result<()> {
        let Self { plan, seed, setup, texts, judges, journal, rows, .. } = self;
        let (seed, tokenizer, model) = (*seed, &setup.tokenizer, setup.model.as_mut());
        let longest = plan.lengths.last().copied().unwrap_or(tokens);
        let donors = Donors { texts: texts.beginnings(None, longest), seed };
        let options = attack.as_ref().map(|attack| attack.options()).unwrap_or_default();
        let mut make = |texts: &[String]| -> Result<Vec<Outcome>> {
            let Some(attack) = attack.as_mut() else { return donors.attack(texts, &planned.steps) };
            let name = planned.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            let file = folder.within("attacked")?.join(format!("{name}-{}.jsonl", planned.strength.share()));
            let (title, of) = (title(planned), texts.len());
            let tick = |done| progress.set_message(format!("{title}: {done} of {of} texts"));
            Kept::open(&file)?.attack(texts, planned, seed, attack.as_mut(), &tick)
        };
        let first = |mark: Option<&Mark>, n: usize| {
            let all = texts.beginnings(mark, tokens);
            &all[..n.min(all.len())]
        };
        let unmarked = make(first(None, planned.unmarked))?;
        for mark in marks {
            let asked = Asked { scheme: mark.scheme, tokenizer, seed };
            let before = first(Some(mark), planned.texts);
            let after = make(before)?;
            let (found, negatives) = (asked.about(&after)?, asked.about(&unmarked)?);
            let (word_edit_rate, chrf) = wear(before, &after);
            let mut damage = Damage { word_edit_rate, chrf, similarity: None, perplexity_factor: None };
            if plan.is_likened(mark, tokens) {
                damage.similarity = judges.similarity(before, &after)?;
            }
            if plan.is_reread(mark, tokens) {
                let prompts = &texts.prompts;
                damage.perplexity_factor = judges.perplexity_factor(model, tokenizer, prompts, before, &after)?;
            }
            let achieved: Vec<f64> = after.iter().flatten().map(|done| done.rate).collect();
            let Some((detection, median_ln_p)) = rates(&found).zip(medians(&found)) else {
                let why = after.iter().find_map(|after| after.as_ref().err()).context("there are texts")?;
                return Err(why.clone().into());
            };
            let row = CellRow {
                mark: describe(Some(*mark)),
                attack: planned.name.clone(),
                strength: planned.strength.share(),
                options: options.clone(),
                tokens,
                n: found.len(),
                refused: after.len() - found.len(),
                achieved: mean(&achieved),
                detection,
                false_positives: rates(&negatives),
                median_ln_p,
                auc: auc(&found, &negatives),
                damage,
            };
            journal.add(&row)?;
            rows.insert(Place::of(&row), row);
            progress.inc(1);
        }
        Ok(())
    }

    /// Returns the rows by mark, length and attack, as the plan has them.
    fn in_order(&self) -> Vec<CellRow> {
        places(self.plan).filter_map(|place| self.rows.get(&place).cloned()).collect()
    }
}

/// "replace 0.2"
fn title(planned: &AttackPlan) -> String {
    format!("{} {}", planned.name, planned.strength.share())
}

/// Returns the effect of each mark on unattacked texts.
fn quality(plan: &Plan, texts: &Texts) -> Vec<MarkRow> {
    let row = |mark: Option<Mark>, tokens, texts: &[Text], plain: &[Text]| {
        let of = |measure: &dyn Fn(&Text) -> f64| mean(&texts.iter().map(measure).collect::<Vec<f64>>());
        let distinct = |n| of(&|text| distinct_ngrams(&text.ids, n));
        let difference: Vec<f64> =
            texts.iter().zip(plain).map(|(text, plain)| text.surprise - plain.surprise).collect();
        let factor = if mark.is_some() { mean(&difference)?.exp() } else { one(texts.len()) };
        Some(MarkRow {
            mark: describe(mark),
            n: texts.len(),
            tokens,
            perplexity_factor: factor,
            surprise: of(&|text| text.surprise)?,
            repeated_4grams: of(&|text| repeated_ngrams(&text.ids, 4))?,
            distinct: [distinct(1)?, distinct(2)?, distinct(3)?],
        })
    };
    let plain = texts.at_chief_length(plan).find(|(mark, _)| mark.is_none()).map_or(&[][..], |(_, texts)| texts);
    texts.at_chief_length(plan).filter_map(|(mark, texts)| row(mark, plan.chief_length, texts, plain)).collect()
}

fn one(n: usize) -> Estimate {
    Estimate { value: 1.0, low: 1.0, high: 1.0, n }
}
