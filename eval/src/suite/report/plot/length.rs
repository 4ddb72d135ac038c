//! Detection against length.

use anyhow::Result;

use super::{
    draw::{Axis, Entry, Marker, Panel, Plot, found_axis, key, key_height, panels, panels_height, svg},
    strength,
};
use crate::suite::{
    choice::{Choice, Series, distinct, found},
    fmt,
    results::{CellRow, Results},
};

const HEIGHT: u32 = 360;
/// Beside the unattacked texts: the attack that every study has, an editor's, a quotation's; the
/// others follow if these are missing.
const SHOWN: [(&str, f64); 3] = [(strength::ATTACK, 0.35), ("case", 0.5), ("truncate", 0.5)];

/// The cells of one attack and strength, by length.
struct Line<'r> {
    label: String,
    cells: Vec<&'r CellRow>,
}

/// Returns a panel for each chief mark; nothing where one length was measured.
pub(super) fn plot(results: &Results, choice: &Choice<'_>) -> Result<Option<Plot>> {
    let lines: Vec<(&str, Vec<Line<'_>>)> =
        choice.chief.iter().map(|mark| (*mark, of_mark(results, choice, mark))).collect();
    let marks: Vec<_> = lines.into_iter().filter(|(_, lines)| !lines.is_empty()).collect();
    let labels = distinct(marks.iter().flat_map(|(_, lines)| lines.iter().map(|line| line.label.clone())));
    let mut tokens =
        distinct(marks.iter().flat_map(|(_, l)| l.iter().flat_map(|l| l.cells.iter().map(|cell| cell.tokens))));
    tokens.sort_unstable();
    let (Some(&shortest), Some(&longest)) = (tokens.first(), tokens.last()) else { return Ok(None) };
    let ln = |tokens: usize| (tokens.max(1) as f64).ln();
    let title = "Detection against length".to_owned();
    let upper = panels_height(marks.len(), HEIGHT);
    let entries: Vec<Entry> = labels.iter().enumerate().map(|(at, label)| (Marker::nth(at), label.clone())).collect();
    let svg = svg(upper + key_height(&entries), &title, |whole| {
        let (above, below) = whole.split_vertically(upper as i32);
        for (area, (mark, lines)) in panels(&above, marks.len()).iter().zip(&marks) {
            let x = Axis {
                name: "tokens before the attack",
                range: ln(shortest) - 0.12..ln(longest) + 0.12,
                ticks: tokens.iter().map(|&tokens| ln(tokens)).collect(),
                label: &|x| format!("{:.0}", x.exp()),
            };
            let panel = Panel::new(area, &fmt::mark(mark), x, found_axis(-0.04..1.05))?;
            for line in lines {
                let at = labels.iter().position(|label| *label == line.label).unwrap_or(0);
                let rates: Vec<_> = line.cells.iter().map(|cell| (ln(cell.tokens), found(cell))).collect();
                panel.rates(whole, at, labels.len(), &rates)?;
            }
        }
        key(&below, &entries, true)
    })?;
    let caption = "By detect; the axis of lengths is logarithmic. Shorter texts are the beginnings of longer ones. Bars: 95 % intervals. Attacks are set a little aside of each other.".to_owned();
    Ok(Some(Plot { file: "detection-against-length.svg", title, caption, svg }))
}

/// Unattacked, and under attacks that were made at several lengths.
fn of_mark<'r>(results: &'r Results, choice: &Choice<'r>, mark: &str) -> Vec<Line<'r>> {
    let cells = results.cells.iter().filter(|cell| cell.mark == mark && found(cell).n > 0);
    let series = choice.grouped(cells);
    let line = |series: &Series<'r>, strength: f64| {
        let mut cells: Vec<&CellRow> = series.cells.iter().copied().filter(|cell| cell.strength == strength).collect();
        cells.sort_by_key(|cell| cell.tokens);
        let first = cells.first().filter(|_| cells.len() > 1)?;
        let label = if fmt::is_none(first) { "unattacked".to_owned() } else { series.title(first) };
        Some(Line { label, cells })
    };
    let named = |name: &str, strength: f64| series.iter().find(|s| s.attack == name).and_then(|s| line(s, strength));
    let unattacked = named("none", 0.0);
    let shown: Vec<Line<'_>> = SHOWN.iter().filter_map(|&(name, strength)| named(name, strength)).collect();
    let others = || {
        let attacks = series.iter().filter(|series| series.attack != "none");
        let strongest = attacks.filter_map(|series| line(series, series.cells.last()?.strength));
        strongest.take(SHOWN.len()).collect()
    };
    unattacked.into_iter().chain(if shown.is_empty() { others() } else { shown }).collect()
}
