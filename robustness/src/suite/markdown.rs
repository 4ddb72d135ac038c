//! The chief marks under attack, in one table of the size of a README's.

use super::{
    report::{Choice, Series, found, words},
    results::{CellRow, Results},
};

/// A Markdown table of the chief marks at the chief length: a row an attack and strength, with what is left of the text and the share that
/// `detect` finds at p ≤ 1e-6. Empty where there are no cells.
pub fn markdown(results: &Results) -> String {
    let choice = Choice::of(results);
    let Some(&first) = choice.chief.first() else { return String::new() };
    let marks = choice.chief.iter().map(|mark| pipes(&words::mark(mark))).collect::<Vec<_>>().join(" | ");
    let mut out =
        format!("| attack | words edited | chrF | {marks} |\n|---|--:|--:|{}\n", "---|".repeat(choice.chief.len()));
    for Series { label, cells, .. } in choice.series(first) {
        for row in cells {
            let of_mark =
                |mark: &&str| -> Option<&CellRow> { choice.cells(mark).find(|cell| is_same_attack(cell, row)) };
            let damage =
                [row.damage.word_edit_rate, row.damage.chrf].map(|mean| words::mean(mean).unwrap_or_else(words::none));
            let rates =
                choice.chief.iter().map(|mark| of_mark(mark).map_or_else(words::none, |cell| words::rate(found(cell))));
            let rates = rates.collect::<Vec<_>>().join(" | ");
            out += &format!("| {} | {} | {rates} |\n", pipes(&words::attack(&label, row)), damage.join(" | "));
        }
    }
    out
}

fn is_same_attack(a: &CellRow, b: &CellRow) -> bool {
    (&a.attack, a.strength, &a.options) == (&b.attack, b.strength, &b.options)
}

/// No name may end a cell.
fn pipes(name: &str) -> String {
    words::printable(name).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::{super::report::specimen, *};

    #[test]
    fn chief_marks_at_the_chief_length_have_a_column_each() {
        let results = specimen::results(1);
        let table = markdown(&results);
        let columns = table.lines().next().expect("a head").matches('|').count();
        assert_eq!(columns, 3 + 2 + 1);
        assert!(table.lines().all(|line| line.matches('|').count() == columns), "{table}");
        let cell = results.cells.iter().find(|cell| cell.tokens == 200 && cell.attack == "replace").expect("replace");
        assert!(table.contains(&format!("| replace, {} |", cell.strength)), "{table}");
        assert!(table.contains(&words::rate(found(cell))), "{table}");
    }

    #[test]
    fn names_end_no_cell_and_nothing_gives_nothing() {
        let mut results = specimen::results(1);
        results.cells.retain(|cell| cell.attack == "none");
        results.cells.iter_mut().for_each(|cell| cell.attack = "a|b\nc".to_owned());
        let table = markdown(&results);
        assert!(table.contains("a\\|b\u{fffd}c") && table.lines().count() == 3, "{table}");
        results.cells.clear();
        assert_eq!(markdown(&results), "");
    }
}
