//! Plot of a mark's cost against its rate of detection.

use anyhow::Result;

use super::{
    draw::{Axis, Entry, GREY, Marker, Panel, Plot, found_axis, key, key_height, svg},
    strength,
};
use crate::suite::{
    choice::{Choice, distinct, found},
    fmt,
    results::{Estimate, Rate, Results},
};

const HEIGHT: u32 = 400;
/// About where marks differ most.
const STRENGTH: f64 = 0.35;
/// Factors that an axis may name.
const FACTORS: [f64; 17] = [0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0];

/// Returns a point for each mark; nothing where no mark has both.
pub(super) fn plot(results: &Results, choice: &Choice<'_>) -> Result<Option<Plot>> {
    let replaced = || choice.at_length.iter().filter(|cell| cell.attack == strength::ATTACK && found(cell).n > 0);
    let strengths = distinct(replaced().map(|cell| cell.strength));
    let nearest = strengths.into_iter().min_by(|a, b| (a - STRENGTH).abs().total_cmp(&(b - STRENGTH).abs()));
    let Some(strength) = nearest else { return Ok(None) };
    let marks = choice.marks.iter().filter_map(|&mark| {
        let factor = results.marks.iter().find(|row| row.mark == mark)?.perplexity_factor;
        let cell = replaced().find(|cell| cell.mark == mark && cell.strength == strength)?;
        (factor.value > 0.0 && factor.value.is_finite()).then_some((mark, factor, found(cell)))
    });
    let marks: Vec<(&str, Estimate, Rate)> = marks.collect();
    if marks.is_empty() {
        return Ok(None);
    }
    // An interval may reach below any factor, and an axis of logarithms may not.
    let low = |factor: &Estimate| factor.low.max(factor.value / 4.0);
    let least = marks.iter().map(|(_, factor, _)| low(factor)).fold(1.0, f64::min).ln() - 0.06;
    let most = marks.iter().map(|(_, factor, _)| factor.high).fold(1.0, f64::max).ln() + 0.06;
    let title = format!("What a mark costs and what is left of it after {strength} of the words were replaced");
    let entries: Vec<Entry> =
        marks.iter().enumerate().map(|(at, (mark, ..))| (Marker::nth(at), fmt::mark(mark))).collect();
    let svg = svg(HEIGHT + key_height(&entries), &title, |whole| {
        let (above, below) = whole.split_vertically(HEIGHT as i32);
        let ticks = ticks(least, most);
        let x = Axis {
            name: "perplexity, as a factor of unmarked text’s",
            range: least..most,
            ticks,
            label: &|x| format!("{:.1}", x.exp()),
        };
        let panel = Panel::new(&above, "", x, found_axis(-0.04..1.05))?;
        let free = [panel.at(0.0, -0.04), panel.at(0.0, 1.05)];
        whole.draw(&plotters::element::DashedPathElement::new(
            free,
            3,
            4,
            plotters::prelude::ShapeStyle::from(GREY),
        ))?;
        for (at, (_, factor, rate)) in marks.iter().enumerate() {
            let (look, x, y) = (Marker::nth(at), factor.value.ln(), rate.value());
            look.bar(whole, panel.at(low(factor).ln(), y), panel.at(factor.high.ln(), y))?;
            look.bar(whole, panel.at(x, rate.low), panel.at(x, rate.high))?;
            look.point(whole, panel.at(x, y))?;
        }
        key(&below, &entries, false)
    })?;
    let caption = format!(
        "Texts of {} tokens. Found: after attack “{}” at {strength}, by detect. Perplexity: of unattacked texts under the model without a mark, on a logarithmic axis; dashed: no cost. Up and left is better. Bars: 95 % intervals.",
        choice.tokens,
        strength::ATTACK
    );
    Ok(Some(Plot { file: "detection-against-perplexity.svg", title, caption, svg }))
}

/// Logarithms of factors from `least` to `most`, 0 among them and none too near to another.
fn ticks(least: f64, most: f64) -> Vec<f64> {
    let apart = (most - least) / 18.0;
    let mut ticks: Vec<f64> = Vec::new();
    for factor in std::iter::once(1.0).chain(FACTORS).map(f64::ln).filter(|factor| (least..=most).contains(factor)) {
        if ticks.iter().all(|tick| (tick - factor).abs() >= apart) {
            ticks.push(factor);
        }
    }
    ticks
}
