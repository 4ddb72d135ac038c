//! The part of the results that a report shows: cells of the chief length, the chief marks, and the
//! strengths of one attack as a series.

use serde_json::{Map, Value};

use greenmark_text::fmt::printable;

use super::{
    fmt,
    results::{ALPHAS, AttackRow, CellRow, Damage, Estimate, Kind, Rate, Results},
};

pub(crate) use crate::summary::distinct;

/// The share that `detect` finds at the lowest level, 1e-6.
pub(crate) fn found(cell: &CellRow) -> Rate {
    cell.detection.detect[ALPHAS.len() - 1]
}

/// The part of the results that a report shows.
#[derive(Debug)]
pub(crate) struct Choice<'r> {
    /// Cells at the chief length.
    pub(crate) at_length: Vec<&'r CellRow>,
    /// The chief length.
    pub(crate) tokens: usize,
    /// Marks that have cells there, in the run's order.
    pub(crate) marks: Vec<&'r str>,
    /// The chief ones of them.
    pub(crate) chief: Vec<&'r str>,
    /// Measure of how much is left of a text.
    pub(crate) left: Left,
    attacks: &'r [AttackRow],
}

impl<'r> Choice<'r> {
    pub(crate) fn of(results: &'r Results) -> Self {
        let tokens = results.run.chief_length;
        let at_length: Vec<&CellRow> = results.cells.iter().filter(|cell| cell.tokens == tokens).collect();
        let marks = distinct(at_length.iter().map(|cell| &*cell.mark));
        let chief = results.run.chief_marks.iter().map(|mark| &**mark).filter(|mark| marks.contains(mark));
        let chief: Vec<&str> = chief.collect();
        let attacked = at_length.iter().filter(|cell| chief.contains(&&*cell.mark) && !fmt::is_none(cell));
        let mut attacked = attacked.peekable();
        let is_complete = attacked.peek().is_some() && attacked.all(|cell| cell.damage.similarity.is_some());
        let left = if is_complete { Left::Similarity } else { Left::Chrf };
        Self { tokens, marks, chief, left, at_length, attacks: &results.attacks }
    }

    /// Returns the cells of a mark at the chief length.
    pub(crate) fn cells<'a>(&'a self, mark: &'a str) -> impl Iterator<Item = &'r CellRow> + 'a {
        self.at_length.iter().copied().filter(move |cell| cell.mark == mark)
    }

    /// Returns the same, by attack.
    pub(crate) fn series(&self, mark: &str) -> Vec<Series<'r>> {
        self.grouped(self.cells(mark))
    }

    /// Returns every attack on the chief marks at the chief length, with the cells of all of them.
    pub(crate) fn of_chief(&self) -> Vec<Series<'r>> {
        self.grouped(self.chief.iter().flat_map(|mark| self.cells(mark)))
    }

    /// Cells by attack, in their order.
    pub(crate) fn grouped(&self, cells: impl Iterator<Item = &'r CellRow>) -> Vec<Series<'r>> {
        let mut all: Vec<Series<'r>> = Vec::new();
        for cell in cells {
            let (attack, options) = (&*cell.attack, &cell.options);
            match all.iter_mut().find(|series| (series.attack, series.options) == (attack, options)) {
                Some(series) => series.cells.push(cell),
                None => all.push(Series {
                    label: printable(attack),
                    attack,
                    about: self.attacks.iter().find(|row| row.attack == attack),
                    options,
                    cells: vec![cell],
                }),
            }
        }
        let names: Vec<&str> = all.iter().map(|series| series.attack).collect();
        for series in &mut all {
            series.cells.sort_by(|a, b| a.strength.total_cmp(&b.strength));
            if names.iter().filter(|&&name| name == series.attack).count() > 1 && !series.options.is_empty() {
                series.label += &format!(" ({})", options(series.options));
            }
        }
        all
    }
}

/// Measure of how much is left of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// What is left of its sense.
    Similarity,
    /// What is left of its letters.
    Chrf,
}

impl Left {
    pub(crate) fn of(self, damage: &Damage) -> Option<Estimate> {
        match self {
            Self::Similarity => damage.similarity,
            Self::Chrf => damage.chrf,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Similarity => "sentence similarity",
            Self::Chrf => "chrF",
        }
    }
}

/// The strengths of one attack.
#[derive(Debug)]
pub(crate) struct Series<'r> {
    /// The attack, with its options where others of that name have other ones; printable.
    pub(crate) label: String,
    /// Its name.
    pub(crate) attack: &'r str,
    /// Its description; `None` without an attack.
    pub(crate) about: Option<&'r AttackRow>,
    /// Other options that determine it.
    pub(crate) options: &'r Map<String, Value>,
    /// Weakest first.
    pub(crate) cells: Vec<&'r CellRow>,
}

impl Series<'_> {
    /// Returns the kind of things that it works on.
    pub(crate) fn kind(&self) -> Kind {
        self.about.map_or(Kind::Several, |about| about.kind)
    }

    /// "replace, 0.35"; the name of several attacks has the strength of each.
    pub(crate) fn title(&self, cell: &CellRow) -> String {
        match self.kind() {
            _ if fmt::is_none(cell) => "nothing".to_owned(),
            Kind::Several => self.label.clone(),
            _ => format!("{}, {}", self.label, cell.strength),
        }
    }

    /// Returns each strength once, weakest first, with its cells.
    pub(crate) fn strengths(&self) -> impl Iterator<Item = &[&CellRow]> {
        self.cells.chunk_by(|a, b| a.strength == b.strength)
    }
}

/// "model smollm2, temperature 1".
pub(crate) fn options(options: &Map<String, Value>) -> String {
    let all = options.iter().map(|(name, of)| format!("{} {}", name.replace('_', " "), plain(of)));
    printable(&all.collect::<Vec<_>>().join(", "))
}

/// Returns a value without JSON's signs: "eng-spa, spa-eng".
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(members) => options(members),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::specimen;

    #[test]
    fn the_run_says_which_length_and_marks_are_chief() {
        let mut results = specimen::results(1);
        // As in the middle of a run: the second mark is a few cells behind, and of the first one short
        // texts alone are done with the last attack.
        let mut left_to_do = 5;
        results.cells.retain(|cell| {
            let is_missing = left_to_do > 0 && cell.mark == "gm1:gumbel,h=2" && cell.tokens == 200;
            left_to_do -= usize::from(is_missing);
            !is_missing
        });
        let choice = Choice::of(&results);
        assert_eq!(choice.tokens, 200);
        assert_eq!(choice.chief, ["gm1:green,h=1,gamma=64/256, delta 2", "gm1:gumbel,h=2"]);
        assert!(choice.marks.len() > choice.chief.len());
        assert_eq!(choice.left, Left::Similarity);
        let series = choice.series(choice.chief[0]);
        let replace = series.iter().find(|series| series.attack == "replace").expect("replace");
        assert!(replace.cells.len() > 1 && replace.cells.is_sorted_by_key(|cell| cell.strength));
        assert_eq!(
            series.iter().map(|series| series.cells.len()).sum::<usize>(),
            choice.cells(choice.chief[0]).count()
        );
    }

    #[test]
    fn attacks_of_one_name_are_told_apart_by_their_options() {
        let mut results = specimen::results(1);
        let mark = results.cells[0].mark.clone();
        results.cells.retain(|cell| cell.mark == mark && cell.attack == "replace" && cell.tokens == 200);
        results.cells.truncate(2);
        results.cells[0].options.insert("model".to_owned(), "a".into());
        results.cells[1].options.insert("model".to_owned(), "b".into());
        let labels: Vec<String> = Choice::of(&results).series(&mark).into_iter().map(|series| series.label).collect();
        assert_eq!(labels, ["replace (model a)", "replace (model b)"]);
        let way = serde_json::json!({ "way": ["eng-spa", "spa-eng"], "max_tokens": 7 });
        assert_eq!(options(way.as_object().expect("an object")), "max tokens 7, way eng-spa, spa-eng");
    }
}
