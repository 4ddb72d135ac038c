//! Detection against what is left of the text: the figure that matters.

use anyhow::Result;
use plotters::{
    element::{DashedPathElement, PathElement},
    style::Color,
};

use super::{
    Axis, GREY, LINE, Look, Panel, Pixel, Plot, WIDTH, found_axis, labels::Labels, panels, panels_height, steps, svg,
    text,
};
use crate::suite::report::{
    Choice, Series,
    choice::{Left, distinct},
    found,
    tables::{Kind, kind},
    words::{cut, is_none, mark},
};
use crate::suite::results::{Estimate, Rate};

/// An attack as it is numbered in the panels and listed below them.
struct Numbered<'r> {
    attack: &'r str,
    label: String,
    kind: Kind,
}

/// A point of a strength: what is left, what is found.
struct Point {
    left: Estimate,
    found: Rate,
}

/// A panel for each chief mark; nothing where what is left was not measured.
pub(super) fn plot(choice: &Choice<'_>, left: Left) -> Result<Option<Plot>> {
    let marks: Vec<(&str, Vec<Series<'_>>)> = choice
        .chief
        .iter()
        .map(|mark| (*mark, choice.series(mark)))
        .filter(|(_, all)| all.iter().any(|s| !points(s, left).is_empty()))
        .collect();
    let lists = marks.iter().flat_map(|(_, all)| all.iter()).filter(|series| !points(series, left).is_empty());
    let mut numbered: Vec<Numbered<'_>> = Vec::new();
    for series in lists {
        if !numbered.iter().any(|known| known.label == series.label) {
            let (attack, label) = (series.attack, series.label.clone());
            numbered.push(Numbered { attack, label, kind: kind(attack) });
        }
    }
    if numbered.is_empty() {
        return Ok(None);
    }
    // By what they work on, so that numbers that follow each other stand together in the key.
    numbered.sort_by_key(|attack| Kind::ALL.iter().position(|&kind| kind == attack.kind));
    let kinds = distinct(numbered.iter().map(|attack| attack.kind));
    let longest = kinds.iter().map(|kind| numbered.iter().filter(|n| n.kind == *kind).count()).max().unwrap_or(0);
    let (upper, lower) =
        (panels_height(marks.len(), if marks.len() == 1 { 460 } else { 410 }), (longest as i32 + 1) * LINE + 16);
    let all = || marks.iter().flat_map(|(_, all)| all.iter().flat_map(|series| points(series, left)));
    let least = all().map(|point| point.left.value).fold(1.0, f64::min);
    let most = all().map(|point| point.left.value).fold(1.0, f64::max);
    let least = (least - 0.04).min(0.9);

    let title = format!("Detection against {} of the attacked text to what it was", left.name());
    let svg = svg(upper + lower as u32, &title, |whole| {
        let (above, below) = whole.split_vertically(upper as i32);
        for (area, (name, series)) in panels(&above, marks.len()).iter().zip(&marks) {
            let axis_name = match left {
                Left::Similarity => "sentence similarity to the text before (cosine)",
                Left::Chrf => "chrF to the text before",
            };
            let x = Axis {
                name: axis_name,
                range: least..most + 0.03,
                ticks: steps(least, most),
                label: &|x| format!("{x:.1}"),
            };
            let panel = Panel::new(area, &mark(name), x, found_axis(-0.08..1.16))?;
            if let Some(unattacked) =
                series.iter().flat_map(|series| &series.cells).find(|cell| is_none(cell) && found(cell).n > 0)
            {
                let y = found(unattacked).value();
                let dashed =
                    DashedPathElement::new([panel.at(least, y), panel.at(most + 0.03, y)], 3, 4, GREY.stroke_width(1));
                whole.draw(&dashed)?;
            }
            let placed: Vec<(usize, Look, Vec<Point>)> = series
                .iter()
                .filter_map(|series| {
                    let number = numbered.iter().position(|known| known.label == series.label)?;
                    let look = Look::nth(Kind::ALL.iter().position(|&kind| kind == numbered[number].kind)?);
                    Some((number + 1, look, points(series, left)))
                })
                .collect();
            let pixel = |point: &Point| panel.at(point.left.value, point.found.value());
            for (_, look, points) in &placed {
                for point in points {
                    let (x, y) = (point.left.value, point.found.value());
                    look.bar(whole, panel.at(x, point.found.low), panel.at(x, point.found.high))?;
                    look.bar(
                        whole,
                        panel.at(point.left.low.max(least), y),
                        panel.at(point.left.high.min(most + 0.03), y),
                    )?;
                }
                if points.len() > 1 {
                    look.line(whole, points.iter().map(pixel).collect())?;
                }
            }
            for (_, look, points) in &placed {
                points.iter().try_for_each(|point| look.point(whole, pixel(point)))?;
            }
            let all: Vec<Pixel> = placed.iter().flat_map(|(_, _, points)| points.iter().map(pixel)).collect();
            let mut labels = Labels::new((panel.at(least, 1.16), panel.at(most + 0.03, -0.08)), &all);
            for (number, _, points) in &placed {
                // The strongest: there the attacks are furthest apart.
                let Some(point) = points.last().map(pixel) else { continue };
                let number = number.to_string();
                let width = 7 * number.len() as i32;
                if let Some(((x, y), is_far)) = labels.place(point, width) {
                    if is_far {
                        let line = PathElement::new(vec![point, (x, y)], GREY.mix(0.5).stroke_width(1));
                        whole.draw(&line)?;
                    }
                    text(whole, &number, (x - width / 2, y), 14.0)?;
                }
            }
        }
        let column = (WIDTH as i32 - 30) / kinds.len() as i32;
        for (at, &kind) in kinds.iter().enumerate() {
            let (x, y) = (24 + at as i32 * column, 8);
            Look::nth(Kind::ALL.iter().position(|&known| known == kind).unwrap_or(0)).point(&below, (x, y))?;
            text(&below, kind.name(), (x + 12, y), 15.0)?;
            let of_kind = numbered.iter().enumerate().filter(|(_, attack)| attack.kind == kind);
            for (row, (number, attack)) in of_kind.enumerate() {
                let y = y + (row as i32 + 1) * LINE;
                text(&below, &(number + 1).to_string(), (x - 4, y), 14.0)?;
                let label =
                    if kind == Kind::Other { cut(&attack.label, column as usize / 8) } else { attack.label.clone() };
                text(&below, &cut(&label, column as usize / 7), (x + 16, y), 14.0)?;
            }
        }
        Ok(())
    })?;
    let strengths = numbered.iter().enumerate().map(|(at, attack)| {
        let all = marks.iter().flat_map(|(_, all)| all.iter().filter(|series| series.attack == attack.attack));
        let mut strengths = distinct(all.flat_map(|series| series.cells.iter().map(|cell| cell.strength)));
        strengths.sort_by(f64::total_cmp);
        let strengths: Vec<String> = strengths.iter().map(f64::to_string).collect();
        format!("{} {} ({})", at + 1, attack.label, strengths.join(", "))
    });
    let strengths = strengths.collect::<Vec<_>>().join("; ");
    let n: Vec<usize> = all().map(|point| point.left.n).collect();
    let n = match (n.iter().min(), n.iter().max()) {
        (Some(least), Some(most)) if least == most => format!("{least} texts"),
        (least, most) => format!("{} to {} texts", least.unwrap_or(&0), most.unwrap_or(&0)),
    };
    let caption = format!(
        "Texts of {} tokens, by detect. Strengths of one attack are joined, and the strongest has the number. Up and right is where the mark and the text are both left; an attack that strips the mark \
         and spares the text would lie at the lower right. Dashed: unattacked. Bars: 95 % intervals; what is left is the mean of {n}. Attacks with their strengths: {strengths}.",
        choice.tokens
    );
    let file = match left {
        Left::Similarity => "detection-against-similarity.svg",
        Left::Chrf => "detection-against-chrf.svg",
    };
    Ok(Some(Plot { file, title, caption, svg }))
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
