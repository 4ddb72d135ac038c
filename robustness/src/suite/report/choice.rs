//! What a report dwells on: the chief length, the chief marks, and the strengths of one attack as a series.

use serde_json::{Map, Value};

use super::words;
use crate::suite::results::{ALPHAS, CellRow, Damage, Estimate, Rate, Results};

/// At most so many marks have a panel of their own.
const CHIEF: usize = 4;
/// Greenmark's standard operating point: of lengths that are measured alike, the nearest to it is the chief one.
const STANDARD_TOKENS: usize = 200;

/// The share that `detect` finds at the lowest level, 1e-6.
pub(crate) fn found(cell: &CellRow) -> Rate {
    cell.detection.detect[ALPHAS.len() - 1]
}

/// What a report dwells on.
#[derive(Debug)]
pub(crate) struct Choice<'r> {
    /// Cells at the chief length: that of the most cells.
    pub(crate) at_length: Vec<&'r CellRow>,
    /// The chief length; 0 where there are no cells.
    pub(crate) tokens: usize,
    /// Marks in the run's order.
    pub(crate) marks: Vec<&'r str>,
    /// Those with the most cells at the chief length, in the run's order.
    pub(crate) chief: Vec<&'r str>,
    /// What says how much is left of a text.
    pub(crate) left: Left,
}

impl<'r> Choice<'r> {
    pub(crate) fn of(results: &'r Results) -> Self {
        let lengths = distinct(results.cells.iter().map(|cell| cell.tokens));
        let count = |tokens: usize| results.cells.iter().filter(|cell| cell.tokens == tokens).count();
        let nearness = |tokens: usize| std::cmp::Reverse(tokens.abs_diff(STANDARD_TOKENS));
        let tokens = lengths.into_iter().max_by_key(|&tokens| (count(tokens), nearness(tokens))).unwrap_or(0);
        let at_length: Vec<&CellRow> = results.cells.iter().filter(|cell| cell.tokens == tokens).collect();
        let marks = distinct(at_length.iter().map(|cell| &*cell.mark));
        let cells = |mark: &str| at_length.iter().filter(|cell| cell.mark == mark).count();
        let most = marks.iter().map(|mark| cells(mark)).max().unwrap_or(0);
        let chief: Vec<&str> = marks.iter().copied().filter(|mark| cells(mark) == most).take(CHIEF).collect();
        let attacked = at_length.iter().filter(|cell| chief.contains(&&*cell.mark) && !words::is_none(cell));
        let mut attacked = attacked.peekable();
        let is_complete = attacked.peek().is_some() && attacked.all(|cell| cell.damage.similarity.is_some());
        let left = if is_complete { Left::Similarity } else { Left::Chrf };
        Self { tokens, marks, chief, left, at_length }
    }

    /// The cells of a mark at the chief length.
    pub(crate) fn cells<'a>(&'a self, mark: &'a str) -> impl Iterator<Item = &'r CellRow> + 'a {
        self.at_length.iter().copied().filter(move |cell| cell.mark == mark)
    }

    /// The same, by attack.
    pub(crate) fn series(&self, mark: &str) -> Vec<Series<'r>> {
        Series::of(self.cells(mark))
    }
}

/// What says how much is left of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Of its sense.
    Similarity,
    /// Of its letters.
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
    /// What else determines it.
    pub(crate) options: &'r Map<String, Value>,
    /// Weakest first.
    pub(crate) cells: Vec<&'r CellRow>,
}

impl<'r> Series<'r> {
    /// Groups cells by attack, in their order.
    pub(crate) fn of(cells: impl Iterator<Item = &'r CellRow>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for cell in cells {
            let (attack, options) = (&*cell.attack, &cell.options);
            match all.iter_mut().find(|series| (series.attack, series.options) == (attack, options)) {
                Some(series) => series.cells.push(cell),
                None => all.push(Self { label: words::printable(attack), attack, options, cells: vec![cell] }),
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

/// "model smollm2, temperature 1".
pub(crate) fn options(options: &Map<String, Value>) -> String {
    let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let all = options.iter().map(|(name, of)| format!("{} {}", name, value(of)));
    words::printable(&all.collect::<Vec<_>>().join(", "))
}

/// Each once, in the order of their first coming.
pub(crate) fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all = Vec::new();
    for item in items {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{super::specimen, *};

    #[test]
    fn the_length_and_marks_of_most_cells_are_chief() {
        let results = specimen::results(1);
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
    }
}
