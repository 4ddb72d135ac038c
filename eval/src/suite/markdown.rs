//! The chief marks under attack, in one table of the size of a README's.

use greenmark_text::fmt::printable;

use super::{
    choice::{Choice, distinct, found},
    fmt,
    results::{ALPHAS, Results},
};

/// Returns a Markdown table of the chief marks at the chief length: a row an attack and strength,
/// with what is left of the text and the share that `detect` finds at p ≤ 1e-6; a line above it
/// says so. Empty where there are no cells.
pub fn markdown(results: &Results) -> String {
    let choice = Choice::of(results);
    let Some(&first) = choice.chief.first() else { return String::new() };
    let marks: Vec<String> = choice.chief.iter().map(|mark| pipes(&fmt::mark(mark))).collect();
    let mut out = format!(
        "Texts of {} tokens: the share that `detect` finds at p ≤ {}, with its 95 % interval. Words edited and chrF are of {}.\n\n\
         | attack | n | words edited | chrF | {} |\n|---|--:|--:|--:|{}\n",
        choice.tokens,
        fmt::level(ALPHAS[ALPHAS.len() - 1]),
        marks[0],
        marks.join(" | "),
        "---|".repeat(choice.chief.len())
    );
    for series in choice.of_chief() {
        for alike in series.strengths() {
            let of = |mark: &str| alike.iter().copied().find(|cell| cell.mark == mark);
            let n = distinct(alike.iter().map(|cell| cell.n.to_string())).join("/");
            let damage = of(first).map(|cell| [cell.damage.word_edit_rate, cell.damage.chrf]).unwrap_or_default();
            let damage = damage.map(|mean| fmt::mean(mean).unwrap_or_else(fmt::none));
            let rates = choice.chief.iter().map(|mark| of(mark).map_or_else(fmt::none, |cell| fmt::rate(found(cell))));
            let rates = rates.collect::<Vec<_>>().join(" | ");
            out += &format!("| {} | {n} | {} | {rates} |\n", pipes(&series.title(alike[0])), damage.join(" | "));
        }
    }
    out
}

/// No name may end a cell.
fn pipes(name: &str) -> String {
    printable(name).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::specimen;

    #[test]
    fn chief_marks_at_the_chief_length_have_a_column_each() {
        let results = specimen::results(1);
        let table = markdown(&results);
        assert!(table.starts_with("Texts of 200 tokens: the share that `detect` finds at p ≤ 1e-6"), "{table}");
        let columns = table.lines().nth(2).expect("a head").matches('|').count();
        assert_eq!(columns, 4 + 2 + 1);
        assert!(table.lines().skip(2).all(|line| line.matches('|').count() == columns), "{table}");
        let cell = results.cells.iter().find(|cell| cell.tokens == 200 && cell.attack == "replace").expect("replace");
        assert!(table.contains(&format!("| replace, {} |", cell.strength)), "{table}");
        assert!(table.contains(&fmt::rate(found(cell))), "{table}");
    }

    #[test]
    fn a_cell_that_is_missing_is_a_dash() {
        let mut results = specimen::results(1);
        for mark in results.run.chief_marks.clone() {
            let at = results
                .cells
                .iter()
                .position(|cell| cell.mark == mark && cell.attack == "misspell" && cell.tokens == 200);
            let missing = results.cells.remove(at.expect("every attack"));
            let table = markdown(&results);
            let row = table.lines().find(|line| line.starts_with("| misspell, 1 |")).expect("the other mark has it");
            assert_eq!(row.matches("| – ").count(), 1 + 2 * usize::from(mark == results.run.chief_marks[0]), "{row}");
            results.cells.insert(at.expect("as before"), missing);
        }
    }

    #[test]
    fn names_end_no_cell_and_nothing_gives_nothing() {
        let mut results = specimen::results(1);
        results.cells.retain(|cell| cell.attack == "none");
        results.cells.iter_mut().for_each(|cell| cell.attack = "a|b\nc".to_owned());
        let table = markdown(&results);
        assert!(table.contains("a\\|b\u{fffd}c") && table.lines().count() == 5, "{table}");
        results.cells.clear();
        assert_eq!(markdown(&results), "");
    }
}
