//! Detection against the strength of replacing words.

use anyhow::Result;

use super::draw::{Axis, Entry, Marker, Panel, Plot, found_axis, key, key_height, steps, svg};
use crate::suite::{
    choice::{Choice, found},
    fmt,
};

/// The attack that every study has.
pub(super) const ATTACK: &str = "replace";
const HEIGHT: u32 = 400;

/// Returns a line for each mark; nothing where there are fewer than two strengths.
pub(super) fn plot(choice: &Choice<'_>) -> Result<Option<Plot>> {
    let of_mark = |mark: &str| {
        let cells = choice.cells(mark).filter(|cell| cell.attack == ATTACK || fmt::is_none(cell));
        let mut cells: Vec<_> = cells.filter(|cell| found(cell).n > 0).collect();
        cells.sort_by(|a, b| a.strength.total_cmp(&b.strength));
        cells
    };
    let marks: Vec<_> =
        choice.marks.iter().map(|mark| (*mark, of_mark(mark))).filter(|(_, cells)| cells.len() > 1).collect();
    if marks.is_empty() {
        return Ok(None);
    }
    let strongest = marks.iter().flat_map(|(_, cells)| cells).map(|cell| cell.strength).fold(0.0, f64::max);
    let title = "Detection against the share of words replaced".to_owned();
    let entries: Vec<Entry> =
        marks.iter().enumerate().map(|(at, (mark, _))| (Marker::nth(at), fmt::mark(mark))).collect();
    let svg = svg(HEIGHT + key_height(&entries), &title, |whole| {
        let (above, below) = whole.split_vertically(HEIGHT as i32);
        let x = Axis {
            name: "share of words replaced",
            range: -0.015..strongest + 0.015,
            ticks: steps(0.0, strongest),
            label: &|x| format!("{x:.2}"),
        };
        let panel = Panel::new(&above, "", x, found_axis(-0.04..1.05))?;
        for (at, (_, cells)) in marks.iter().enumerate() {
            let rates: Vec<_> = cells.iter().map(|cell| (cell.strength, found(cell))).collect();
            panel.rates(whole, at, marks.len(), &rates)?;
        }
        key(&below, &entries, true)
    })?;
    let caption = format!(
        "Texts of {} tokens, attack “{ATTACK}”, by detect; at 0 the texts are unattacked. Bars: 95 % intervals. Marks are set a little aside of each other.",
        choice.tokens
    );
    Ok(Some(Plot { file: "detection-against-strength.svg", title, caption, svg }))
}
