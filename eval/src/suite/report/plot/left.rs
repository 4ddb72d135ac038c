//! Detection against what is left of the text: the figure that matters.

use anyhow::Result;
use plotters::{
    element::{DashedPathElement, PathElement, Rectangle},
    style::{Color, WHITE},
};

use super::{
    draw::{
        Area, Axis, GREY, LINE, Marker, Panel, Pixel, Plot, WIDTH, found_axis, panels, panels_height, shrunk,
        stretched, stretched_ticks, svg, text,
    },
    labels::Labels,
};
use crate::suite::{
    choice::{Choice, Left, Series, distinct, found},
    fmt::{self, cut, is_none, mark},
    results::{Estimate, Kind, Rate},
};

const HEIGHT: u32 = 410;
/// Room above 1 and below 0 for numbers.
const FOUND: (f64, f64) = (-0.08, 1.16);

/// An attack by the number that the panels give it.
struct Numbered {
    label: String,
    kind: Kind,
}

/// A strength of an attack.
struct Point {
    left: Estimate,
    found: Rate,
}

/// The range of what is left.
struct Extent {
    least: f64,
    most: f64,
}

/// Returns a panel for each chief mark; nothing where what is left was not measured.
pub(super) fn plot(choice: &Choice<'_>, left: Left) -> Result<Option<Plot>> {
    let marks = choice.chief.iter().map(|mark| (*mark, choice.series(mark)));
    let marks: Vec<(&str, Vec<Series<'_>>)> =
        marks.filter(|(_, all)| all.iter().any(|series| !points(series, left).is_empty())).collect();
    let all: Vec<Point> =
        marks.iter().flat_map(|(_, all)| all.iter().flat_map(|series| points(series, left))).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let least = all.iter().map(|point| point.left.value).fold(1.0, f64::min);
    let most = all.iter().map(|point| point.left.value).fold(1.0, f64::max);
    let extent = Extent { least: (least - 0.04).min(0.9), most: most + 0.004 };
    let numbered = numbered(&marks, left);
    let kinds = distinct(numbered.iter().map(|attack| attack.kind));
    let column = (WIDTH as i32 - 30) / kinds.len() as i32;
    let longest = kinds.iter().map(|kind| numbered.iter().filter(|attack| attack.kind == *kind).count()).max();
    let upper = panels_height(marks.len(), HEIGHT);
    let lower = (longest.unwrap_or(0) as i32 + 1) * LINE + 16;

    let title = format!("Detection against {} of the attacked text to what it was", left.name());
    let svg = svg(upper + lower as u32, &title, |whole| {
        let (above, below) = whole.split_vertically(upper as i32);
        for (area, (name, series)) in panels(&above, marks.len()).iter().zip(&marks) {
            draw(whole, area, &mark(name), series, &numbered, left, &extent)?;
        }
        key(&below, &numbered, &kinds, column)
    })?;

    let n = || all.iter().map(|point| point.left.n);
    let n = match (n().min(), n().max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most} texts"),
        (least, _) => format!("{} texts", least.unwrap_or(0)),
    };
    let in_full = numbered.iter().enumerate().filter(|(_, attack)| short(&attack.label, column) != attack.label);
    let in_full: String = in_full.map(|(at, attack)| format!(" {} in full: {}.", at + 1, attack.label)).collect();
    let caption = format!(
        "Texts of {} tokens, by detect. Strengths of one attack are joined, and the strongest has the number; the tables below have their values. The axis is stretched towards 1, where most attacks are. At the upper right, mark and text are both left; an \
         attack that strips the mark and spares the text lies at the lower right. Dashed: unattacked. Bars: 95 % intervals; what is left is the mean of {n}.{in_full}",
        choice.tokens
    );
    let file = match left {
        Left::Similarity => "detection-against-similarity.svg",
        Left::Chrf => "detection-against-chrf.svg",
    };
    Ok(Some(Plot { file, title, caption, svg }))
}

/// Returns every attack once, those that work on the same things beside each other.
fn numbered(marks: &[(&str, Vec<Series<'_>>)], left: Left) -> Vec<Numbered> {
    let shown = marks.iter().flat_map(|(_, all)| all).filter(|series| !points(series, left).is_empty());
    let attacks = distinct(shown.map(|series| (series.label.clone(), series.kind())));
    let mut numbered: Vec<Numbered> = attacks.into_iter().map(|(label, kind)| Numbered { label, kind }).collect();
    numbered.sort_by_key(|attack| attack.kind);
    numbered
}

fn draw<'a>(
    whole: &Area<'a>,
    area: &Area<'a>,
    title: &str,
    series: &[Series<'_>],
    numbered: &[Numbered],
    left: Left,
    &Extent { least, most }: &Extent,
) -> Result<()> {
    let name = match left {
        Left::Similarity => "sentence similarity to the text before (cosine)",
        Left::Chrf => "chrF to the text before",
    };
    let label = |x: f64| format!("{:.2}", shrunk(x)).trim_end_matches('0').trim_end_matches('.').to_owned();
    let x = Axis { name, range: stretched(least)..stretched(most), ticks: stretched_ticks(least), label: &label };
    let panel = Panel::new(area, title, x, found_axis(FOUND.0..FOUND.1))?;
    let at = |left: f64, found: f64| panel.at(stretched(left), found);
    let cells = || series.iter().flat_map(|series| &series.cells);
    if let Some(unattacked) = cells().find(|cell| is_none(cell) && found(cell).n > 0) {
        let share = found(unattacked).value();
        let ends = [at(least, share), at(most, share)];
        whole.draw(&DashedPathElement::new(ends, 3, 4, GREY.stroke_width(1)))?;
    }
    let number = |series: &Series<'_>| numbered.iter().position(|known| known.label == series.label);
    let shown = series.iter().filter_map(|series| Some((number(series)?, points(series, left))));
    let shown: Vec<(usize, Vec<Point>)> = shown.collect();
    let look = |number: usize| Marker::nth(numbered[number].kind as usize);
    let pixel = |point: &Point| at(point.left.value, point.found.value());
    for (number, points) in &shown {
        for Point { left, found } in points {
            look(*number).bar(whole, at(left.value, found.low), at(left.value, found.high))?;
            let (low, high) = (left.low.max(least), left.high.min(most));
            look(*number).bar(whole, at(low, found.value()), at(high, found.value()))?;
        }
        let path: Vec<Pixel> = points.iter().map(pixel).collect();
        if path.len() > 1 {
            whole.draw(&PathElement::new(path, look(*number).colour.mix(0.8).stroke_width(1)))?;
        }
    }
    for (number, points) in &shown {
        points.iter().try_for_each(|point| look(*number).point(whole, pixel(point)))?;
    }
    let all: Vec<Pixel> = shown.iter().flat_map(|(_, points)| points.iter().map(pixel)).collect();
    let mut labels = Labels::new((at(least, FOUND.1), at(most, FOUND.0)), &all);
    for (number, points) in &shown {
        // The strongest: there the attacks are furthest apart.
        let Some(point) = points.last().map(pixel) else { continue };
        let number = (number + 1).to_string();
        let width = 7 * number.len() as i32;
        let Some(((x, y), is_far)) = labels.place(point, width) else { continue };
        if is_far {
            whole.draw(&PathElement::new(vec![point, (x, y)], GREY.mix(0.6).stroke_width(1)))?;
        }
        // What lies below a number would make it hard to read.
        let ground = [(x - width / 2 - 1, y - 5), (x + width / 2 + 1, y + 6)];
        whole.draw(&Rectangle::new(ground, WHITE.mix(0.75).filled()))?;
        text(whole, &number, (x - width / 2, y), 11.0)?;
    }
    Ok(())
}

/// Returns a column for what attacks work on.
fn key(area: &Area<'_>, numbered: &[Numbered], kinds: &[Kind], column: i32) -> Result<()> {
    for (at, &kind) in kinds.iter().enumerate() {
        let (x, y) = (24 + at as i32 * column, 8);
        Marker::nth(kind as usize).point(area, (x, y))?;
        text(area, fmt::kind(kind), (x + 12, y), 12.0)?;
        let of_kind = numbered.iter().enumerate().filter(|(_, attack)| attack.kind == kind);
        for (row, (number, attack)) in of_kind.enumerate() {
            let y = y + (row as i32 + 1) * LINE;
            text(area, &(number + 1).to_string(), (x - 5, y), 11.0)?;
            text(area, &short(&attack.label, column), (x + 15, y), 11.0)?;
        }
    }
    Ok(())
}

/// Returns as much of a name as a column has room for.
fn short(label: &str, column: i32) -> String {
    cut(label, column as usize / 7)
}

/// The strengths that something is known of; nothing of no attack, which leaves everything.
fn points(series: &Series<'_>, left: Left) -> Vec<Point> {
    let cells = series.cells.iter().filter(|cell| !is_none(cell) && found(cell).n > 0);
    let points = cells.filter_map(|&cell| {
        let left = left.of(&cell.damage).filter(|mean| mean.value.is_finite())?;
        Some(Point { left, found: found(cell) })
    });
    points.collect()
}
