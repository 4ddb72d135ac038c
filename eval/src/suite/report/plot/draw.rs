//! Parts of all plots: axes, panels, points, legends.

use std::ops::Range;

use anyhow::Result;
use plotters::{
    coord::{
        Shift,
        ranged1d::{DefaultFormatting, KeyPointHint},
        types::RangedCoordf64,
    },
    prelude::*,
};

use greenmark_text::fmt::{escape, printable};
use serde::Serialize;

use crate::suite::{fmt::cut, results::Rate};

/// A plot, ready for a page or a file.
#[derive(Serialize)]
pub(crate) struct Plot {
    /// Its file's name.
    pub(crate) file: &'static str,
    /// Its title, without a full stop.
    pub(crate) title: String,
    /// Explanation for readers.
    pub(crate) caption: String,
    /// Well-formed XML.
    pub(crate) svg: String,
}

/// Width of every plot, in pixels: a README shows as much.
pub(super) const WIDTH: u32 = 860;
/// Height of a line of a key.
pub(super) const LINE: i32 = 18;
/// Told apart by most eyes (Okabe and Ito 2008), on light and dark ground.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(128, 128, 128),
];
/// Plotters' sizes are of the box of a letter, SVG's of the em.
const BOX: f64 = 1.24;
pub(super) const GREY: RGBColor = RGBColor(128, 128, 128);
/// Ground and ink change places where the reader prefers dark pages.
const DARK: &str = "<style>@media screen and (prefers-color-scheme: dark) { [fill=\"#FFFFFF\"] { fill: #151815 } [fill=\"#000000\"] { fill: #e6e9e6 } \
     [stroke=\"#000000\"] { stroke: #e6e9e6 } }</style>\n";

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// A place in the image, in pixels.
pub(super) type Pixel = (i32, i32);

/// Returns an image with a title for who cannot see it.
pub(super) fn svg(height: u32, title: &str, draw: impl FnOnce(&Area<'_>) -> Result<()>) -> Result<String> {
    let mut image = String::new();
    {
        let whole = SVGBackend::with_string(&mut image, (WIDTH, height)).into_drawing_area();
        whole.fill(&WHITE)?;
        draw(&whole)?;
        whole.present()?;
    }
    let title = escape(&printable(title));
    // What goes without saying, or is said once for all.
    let short = [" opacity=\"1\"", " stroke-width=\"1\"", " font-family=\"sans-serif\""];
    let image = short.iter().fold(image, |image, attribute| image.replace(attribute, ""));
    let opened = image.replacen("<svg ", "<svg role=\"img\" font-family=\"system-ui, sans-serif\" ", 1);
    Ok(match opened.split_once('>') {
        Some((tag, rest)) => format!("{tag}>\n<title>{title}</title>\n{DARK}{}", rest.trim_start()),
        None => opened,
    })
}

/// An axis: what it measures, from where to where, and its ticks.
pub(super) struct Axis<'t> {
    pub(super) name: &'t str,
    pub(super) range: Range<f64>,
    pub(super) ticks: Vec<f64>,
    pub(super) label: &'t dyn Fn(f64) -> String,
}

/// Returns the axis of every plot: a share that is found.
pub(super) fn found_axis(range: Range<f64>) -> Axis<'static> {
    let ticks = vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    Axis { name: "share found at p ≤ 1e-6", range, ticks, label: &|share| format!("{share:.1}") }
}

/// A linear axis with ticks at given places; what is on it may be stretched before.
struct Ticked {
    linear: RangedCoordf64,
    ticks: Vec<f64>,
}

impl Ranged for Ticked {
    type ValueType = f64;
    type FormatOption = DefaultFormatting;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.linear.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.linear.range()
    }
}

impl Axis<'_> {
    fn ticked(&self) -> Ticked {
        Ticked { linear: self.range.clone().into(), ticks: self.ticks.clone() }
    }
}

type Coordinates = Cartesian2d<Ticked, Ticked>;

/// Axes with a title above them, and the pixel of each place between them.
pub(super) struct Panel<'a> {
    chart: ChartContext<'a, SVGBackend<'a>, Coordinates>,
}

impl<'a> Panel<'a> {
    pub(super) fn new(area: &Area<'a>, title: &str, x: Axis<'_>, y: Axis<'_>) -> Result<Self> {
        let mut builder = ChartBuilder::on(area);
        builder.margin(8).margin_right(14).x_label_area_size(46).y_label_area_size(56);
        if !title.is_empty() {
            builder.caption(printable(title), ("sans-serif", 14.0 * BOX, FontStyle::Bold));
        }
        let mut chart = builder.build_cartesian_2d(x.ticked(), y.ticked())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GREY.mix(0.22))
            .axis_style(GREY)
            .x_desc(x.name)
            .y_desc(y.name)
            .x_label_formatter(&|&value| (x.label)(value))
            .y_label_formatter(&|&value| (y.label)(value))
            .axis_desc_style(("sans-serif", 13.0 * BOX))
            .label_style(("sans-serif", 12.0 * BOX))
            .draw()?;
        Ok(Self { chart })
    }

    pub(super) fn at(&self, x: f64, y: f64) -> Pixel {
        self.chart.backend_coord(&(x, y))
    }

    /// Draws a line of rates with their intervals: the one at `nth` place of `count`, set a little
    /// aside, so that bars do not hide each other.
    pub(super) fn rates(&self, whole: &Area<'_>, nth: usize, count: usize, rates: &[(f64, Rate)]) -> Result<()> {
        let look = Marker::nth(nth);
        let aside = 3 * nth as i32 - 3 * (count as i32 - 1) / 2;
        let place = |x: f64, share: f64| {
            let (x, y) = self.at(x, share);
            (x + aside, y)
        };
        for &(x, rate) in rates {
            look.bar(whole, place(x, rate.low), place(x, rate.high))?;
        }
        let points: Vec<Pixel> = rates.iter().map(|&(x, rate)| place(x, rate.value())).collect();
        look.line(whole, points.clone())?;
        points.into_iter().try_for_each(|point| look.point(whole, point))
    }
}

/// Marks the points of one thing: its own colour and its own shape, so that either tells.
#[derive(Clone, Copy)]
pub(super) struct Marker {
    pub(super) colour: RGBColor,
    pub(super) shape: usize,
    pub(super) is_filled: bool,
}

impl Marker {
    /// Shapes come round later than colours, and are hollow the second time.
    pub(super) fn nth(at: usize) -> Self {
        Self { colour: COLOURS[at % COLOURS.len()], shape: at % 5, is_filled: (at / 5).is_multiple_of(2) }
    }

    pub(super) fn point(self, area: &Area<'_>, (x, y): Pixel) -> Result<()> {
        const CORNERS: [&[Pixel]; 4] = [
            &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
            &[(0, -5), (5, 4), (-5, 4)],
            &[(0, -6), (6, 0), (0, 6), (-6, 0)],
            &[(0, 5), (5, -4), (-5, -4)],
        ];
        let Some(corners) = self.shape.checked_sub(1) else {
            let fill = if self.is_filled { self.colour } else { WHITE };
            area.draw(&Circle::new((x, y), 4, fill.filled()))?;
            if !self.is_filled {
                area.draw(&Circle::new((x, y), 4, self.colour.stroke_width(2)))?;
            }
            return Ok(());
        };
        let mut outline: Vec<Pixel> = CORNERS[corners].iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
        area.draw(&Polygon::new(outline.clone(), if self.is_filled { self.colour } else { WHITE }))?;
        if !self.is_filled {
            outline.push(outline[0]);
            area.draw(&PathElement::new(outline, self.colour.stroke_width(2)))?;
        }
        Ok(())
    }

    pub(super) fn line(self, area: &Area<'_>, points: Vec<Pixel>) -> Result<()> {
        Ok(area.draw(&PathElement::new(points, self.colour.stroke_width(2)))?)
    }

    /// Returns a faint bar from one end of an interval to the other.
    pub(super) fn bar(self, area: &Area<'_>, from: Pixel, to: Pixel) -> Result<()> {
        Ok(area.draw(&PathElement::new(vec![from, to], self.colour.mix(0.4).stroke_width(1)))?)
    }
}

/// Returns a line of text, its left end halfway up at a pixel.
pub(super) fn text(area: &Area<'_>, text: &str, at: Pixel, size: f64) -> Result<()> {
    use plotters::style::text_anchor::{HPos, Pos, VPos};
    let style = ("sans-serif", size * BOX).into_font().color(&BLACK).pos(Pos::new(HPos::Left, VPos::Center));
    Ok(area.draw(&Text::new(printable(text), at, style))?)
}

pub(super) type Entry = (Marker, String);

/// Four of short names, three of longer ones.
fn key_columns(entries: &[Entry]) -> usize {
    if entries.iter().all(|(_, name)| name.chars().count() <= 22) { 4 } else { 3 }
}

pub(super) fn key_height(entries: &[Entry]) -> u32 {
    (entries.len().div_ceil(key_columns(entries)) as i32 * LINE + 14) as u32
}

/// Draws the legend, in columns below the panels, where it covers nothing.
pub(super) fn key(area: &Area<'_>, entries: &[Entry], has_lines: bool) -> Result<()> {
    let columns = key_columns(entries);
    let (width, left, indent) = ((WIDTH as i32 - 72) / columns as i32, 64, if has_lines { 28 } else { 12 });
    for (at, (look, name)) in entries.iter().enumerate() {
        let (column, row) = (at % columns, at / columns);
        let (x, y) = (left + column as i32 * width, 8 + row as i32 * LINE);
        if has_lines {
            look.line(area, vec![(x - 4, y), (x + 20, y)])?;
        }
        look.point(area, (x + if has_lines { 8 } else { 0 }, y))?;
        text(area, &cut(name, width as usize / 7), (x + indent, y), 12.0)?;
    }
    Ok(())
}

/// Panels, two a row, with their heights.
pub(super) fn panels<'a>(area: &Area<'a>, count: usize) -> Vec<Area<'a>> {
    let columns = count.min(2);
    if columns == 0 { Vec::new() } else { area.split_evenly((count.div_ceil(columns), columns)) }
}

pub(super) fn panels_height(count: usize, each: u32) -> u32 {
    count.div_ceil(2) as u32 * each
}

/// Stretches what is near 1, where most attacks leave a text: the root of the distance from it.
/// Order and sign are kept.
pub(super) fn stretched(share: f64) -> f64 {
    let distance = 1.0 - share;
    -distance.signum() * distance.abs().sqrt()
}

/// Undoes [`stretched`].
pub(super) fn shrunk(place: f64) -> f64 {
    1.0 + place.signum() * place * place
}

/// Shares for an axis that is [`stretched`], those from `least` on.
pub(super) fn stretched_ticks(least: f64) -> Vec<f64> {
    let shares = [1.0, 0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0.0, -0.5, -1.0];
    shares.into_iter().filter(|&share| share >= least).map(stretched).collect()
}

/// Steps of 1, 2 or 5 times a power of ten, at most eight of them from `low` to `high`.
pub(super) fn steps(low: f64, high: f64) -> Vec<f64> {
    let step =
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0].into_iter().find(|step| (high - low) / step <= 8.0).unwrap_or(2.0);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|at| at as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_stretched_and_come_back() {
        let shares = [-1.0, 0.0, 0.5, 0.99, 1.0, 1.04];
        for share in shares {
            assert!((shrunk(stretched(share)) - share).abs() < 1e-12, "{share}");
        }
        assert!(shares.map(stretched).is_sorted());
    }

    #[test]
    fn ticks_are_few_and_within() {
        let ticks: Vec<String> = steps(0.13, 1.0).iter().map(|tick| format!("{tick:.1}")).collect();
        assert_eq!(ticks, ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert!(steps(-1.0, 1.0).len() <= 9);
    }
}
