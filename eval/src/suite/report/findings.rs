//! The chief findings in sentences, computed from the rows.

use greenmark_text::fmt::{count, escape};

use crate::suite::{
    choice::{Choice, Series, found},
    fmt,
    results::{CellRow, Rate, Results},
};

/// So many attacks are named of each mark.
const NAMED: usize = 3;

/// Returns the findings: rates and costs without an attack, the attacks that bring a rate below one
/// half, and the rates of false alarms.
pub(super) fn html(results: &Results, choice: &Choice<'_>) -> String {
    let said = [unattacked(results, choice), below_half(choice), false_positives(choice)];
    let said: String = said.into_iter().flatten().collect();
    if said.is_empty() { "<p>No cells were measured.</p>\n".to_owned() } else { said }
}

/// Returns a sentence, then one of each mark.
fn by_mark(sentence: &str, of_marks: &[String]) -> Option<String> {
    let items: String = of_marks.iter().map(|said| format!("<li>{said}</li>\n")).collect();
    (!items.is_empty()).then(|| format!("<p>{sentence}</p>\n<ul>\n{items}</ul>\n"))
}

fn unattacked(results: &Results, choice: &Choice<'_>) -> Option<String> {
    let of_mark = |mark: &&str| {
        let cell = choice.cells(mark).find(|cell| fmt::is_none(cell) && found(cell).n > 0)?;
        let cost = results.marks.iter().find(|row| row.mark == *mark).map(|row| row.perplexity_factor);
        let cost = cost.map_or_else(String::new, |factor| {
            format!(
                ", and their perplexity is {:.2} ({:.2}–{:.2}) times that of unmarked ones",
                factor.value, factor.low, factor.high
            )
        });
        Some(format!("<b>{}</b>: {} are found{cost}.", fmt::mark_html(mark), fmt::rate(found(cell))))
    };
    let said: Vec<String> = choice.chief.iter().filter_map(of_mark).collect();
    let sentence =
        format!("Of unattacked texts of {} tokens, <code>detect</code> finds this share at p ≤ 1e-6:", choice.tokens);
    by_mark(&sentence, &said)
}

/// Returns the attacks that bring detection below one half, and which of them leave most of the
/// text.
fn below_half(choice: &Choice<'_>) -> Option<String> {
    let of_mark = |mark: &&str| {
        let series = choice.series(mark);
        let attacked = series.iter().flat_map(|series| series.cells.iter().map(move |&cell| (series, cell)));
        let attacked: Vec<(&Series<'_>, &CellRow)> =
            attacked.filter(|(_, cell)| !fmt::is_none(cell) && found(cell).n > 0).collect();
        if attacked.is_empty() {
            return None;
        }
        let left = |cell: &CellRow| choice.left.of(&cell.damage).map_or(f64::NEG_INFINITY, |mean| mean.value);
        let mut below: Vec<_> = attacked.iter().filter(|(_, cell)| found(cell).value() < 0.5).collect();
        below.sort_by(|a, b| left(b.1).total_cmp(&left(a.1)));
        let (name, all) = (fmt::mark_html(mark), attacked.len());
        if below.is_empty() {
            return Some(format!("<b>{name}</b>: none of {all}."));
        }
        let named = below.iter().take(NAMED).map(|(series, cell)| {
            let left = choice.left.of(&cell.damage).map_or_else(fmt::none, |mean| format!("{:.2}", mean.value));
            let attack = escape(&series.title(cell));
            format!("<i>{attack}</i> ({} {left}, found {})", choice.left.name(), fmt::rate(found(cell)))
        });
        let named = fmt::list(&named.collect::<Vec<_>>());
        let which = if below.len() > NAMED { "; those that leave most of the text are " } else { ": " };
        Some(format!("<b>{name}</b>: {} of {all}{which}{named}.", below.len()))
    };
    let said: Vec<String> = choice.chief.iter().filter_map(of_mark).collect();
    by_mark("Attacks that bring this share below one half, each strength of an attack counted by itself:", &said)
}

fn false_positives(choice: &Choice<'_>) -> Option<String> {
    const COARSEST: usize = 0;
    let all = choice.grouped(choice.at_length.iter().copied());
    let cells = all.iter().flat_map(|series| series.cells.iter().map(move |&cell| (series, cell)));
    let rates = cells.filter_map(|at| at.1.false_positives.map(|rates| (at, rates.detect)));
    let rates: Vec<((&Series<'_>, &CellRow), [Rate; 3])> = rates.filter(|(_, rates)| rates[COARSEST].n > 0).collect();
    let ((series, worst), of_worst) =
        rates.iter().max_by(|a, b| a.1[COARSEST].value().total_cmp(&b.1[COARSEST].value()))?;
    let sum = |level: usize| {
        let (hits, n) = rates.iter().fold((0, 0), |(hits, n), (_, of)| (hits + of[level].hits, n + of[level].n));
        format!("{hits} of {n}")
    };
    let above = rates.iter().filter(|(_, of)| of[COARSEST].low > 1e-2).count();
    Some(format!(
        "<p>Of unmarked texts attacked alike, each asked about one key, <code>detect</code> calls {} marked at p ≤ 1e-2 and {} at p ≤ 1e-6; the highest rate of a cell is {} ({}, {}), and of {} \
         {above} {} an interval that lies above 1e-2, as at most about one in forty does by chance where the rate is 1e-2.</p>\n",
        sum(COARSEST),
        sum(2),
        fmt::rate(of_worst[COARSEST]),
        fmt::mark_html(&worst.mark),
        escape(&series.title(worst)),
        count(rates.len() as u64, "cell"),
        if above == 1 { "has" } else { "have" }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::specimen;

    #[test]
    fn findings_follow_the_rows() {
        let mut results = specimen::results(1);
        let mark = Choice::of(&results).chief[0].to_owned();
        for cell in results.cells.iter_mut().filter(|cell| cell.mark == mark && cell.tokens == 200) {
            let hits = if cell.attack == "case" && cell.strength == 0.5 { 20 } else { 150 };
            cell.detection.detect[2] = specimen::rate(hits, 200);
        }
        let choice = Choice::of(&results);
        let said = below_half(&choice).expect("attacks");
        assert!(said.contains(&format!("<b>{}</b>: 1 of ", fmt::mark(&mark))), "{said}");
        assert!(said.contains("<i>case, 0.5</i> (") && said.contains("found 0.100 (0.06–0.15)"), "{said}");
        let said = unattacked(&results, &choice).expect("unattacked");
        assert!(said.contains("0.750 (0.68–0.81) are found"), "{said}");
    }

    #[test]
    fn false_positives_are_summed_and_the_worst_named() {
        let mut results = specimen::results(1);
        results.cells.retain(|cell| cell.tokens == 200 && cell.attack == "replace");
        for cell in &mut results.cells {
            cell.false_positives =
                cell.false_positives.map(|all| all.map(|_| [0, 0, 0].map(|n| specimen::rate(n, 100))));
        }
        let worst = results.cells[1].false_positives.as_mut().expect("rates");
        worst.detect = [9, 1, 0].map(|n| specimen::rate(n, 100));
        let said = false_positives(&Choice::of(&results)).expect("rates");
        let n = 100 * results.cells.len();
        assert!(said.contains(&format!("calls 9 of {n} marked at p ≤ 1e-2 and 0 of {n} at")), "{said}");
        assert!(said.contains("0.090 (") && said.contains(" cells 1 has an interval"), "{said}");
    }
}
