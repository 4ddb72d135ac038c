//! P(p ≤ α) against α, drawn.

use anyhow::Result;
use plotters::{coord::Shift, element::DashedPathElement, prelude::*};

use super::report::{Report, Row, Table, four_digits, number};

const SIZE: (u32, u32) = (620, 520);
/// Told apart by most eyes (Okabe and Ito 2008), on light and dark ground.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
];
const GREY: RGBColor = RGBColor(128, 128, 128);
/// Ground and ink change places where the reader prefers dark pages.
const DARK: &str = "<style>@media (prefers-color-scheme: dark) { [fill=\"#FFFFFF\"] { fill: #0d1117 } [fill=\"#000000\"] { fill: #e6edf3 } \
     [stroke=\"#000000\"] { stroke: #e6edf3 } }</style>\n";

/// Returns a plot a scheme over many keys, and beside it one of the deployed key, as an SVG.
///
/// # Errors
/// If the drawing fails, which an image in memory gives no cause to.
pub fn svg(report: &Report) -> Result<String> {
    let mut image = String::new();
    let rows = report.deployed.len().max(1);
    {
        let size = (2 * SIZE.0, rows as u32 * SIZE.1);
        let whole = SVGBackend::with_string(&mut image, size).into_drawing_area();
        whole.fill(&WHITE)?;
        let areas = whole.split_evenly((rows, 2));
        for (deployed, areas) in report.deployed.iter().zip(areas.chunks(2)) {
            let many: Vec<(&Table, String)> =
                report.of_scheme(&deployed.scheme).map(|table| (table, table.test.clone())).collect();
            draw(&areas[0], &format!("{}, a key each", deployed.scheme), &many)?;
            let one = deployed.by_itself.iter().chain(&deployed.once);
            let one: Vec<(&Table, String)> =
                one.map(|table| (table, table.test.trim_start_matches("one key, ").to_owned())).collect();
            draw(&areas[1], &format!("{}, one key", deployed.scheme), &one)?;
        }
        whole.present()?;
    }
    // After the opening tag.
    let begun = image.find("<svg").and_then(|at| image[at..].find('>').map(|end| at + end + 1));
    image.insert_str(begun.unwrap_or(0), &format!("\n{DARK}"));
    Ok(image)
}

/// Returns a power of ten, which the axis has to fifteen digits.
fn tick(value: f64) -> String {
    number(four_digits(value))
}

/// Returns one line a table; where α·n < 3 it is not drawn, and the interval is faint.
fn draw(area: &DrawingArea<SVGBackend<'_>, Shift>, title: &str, tables: &[(&Table, String)]) -> Result<()> {
    let shown = |row: &Row, n: u64| row.alpha * n as f64 >= 0.3;
    let all = tables.iter().flat_map(|(table, _)| table.rows.iter().filter(move |row| shown(row, table.n)));
    let least = all.map(|row| row.alpha).fold(1.0, f64::min) / 1.5;
    let (bottom, top) = (least / 5.0, 1.5);
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(title, ("sans-serif", 22))
        .x_label_area_size(48)
        .y_label_area_size(70)
        .build_cartesian_2d((least..top).log_scale(), (bottom..top).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GREY.mix(0.3))
        .x_desc("alpha")
        .y_desc("rate of p <= alpha, exact 95 % interval")
        .axis_desc_style(("sans-serif", 17))
        .label_style(("sans-serif", 16))
        .x_label_formatter(&|&x| tick(x))
        .y_label_formatter(&|&y| tick(y))
        .draw()?;
    chart.draw_series([DashedPathElement::new(vec![(least, least), (1.0, 1.0)], 6, 4, GREY)])?;
    for (at, (table, name)) in tables.iter().enumerate() {
        let colour = COLOURS[at % COLOURS.len()];
        // Beside each other, not on top of each other; and along the diagonal, so that what is above it
        // stays so.
        let aside = 10f64.powf(0.02 * (at as f64 - (tables.len() - 1) as f64 / 2.0));
        let place = |row: &Row, rate: f64| (row.alpha * aside, (rate * aside).max(bottom));
        let rows = || table.rows.iter().filter(|row| row.alpha < 1.0 && shown(row, table.n));
        chart.draw_series(rows().map(|row| {
            let style = colour.mix(if row.claimed { 1.0 } else { 0.35 });
            PathElement::new(vec![place(row, row.low), place(row, row.high)], style.stroke_width(1))
        }))?;
        chart.draw_series(
            rows()
                .filter(|row| row.claimed && row.hits > 0)
                .map(|row| Circle::new(place(row, row.rate), 2, colour.filled())),
        )?;
        let line = rows().filter(|row| row.claimed && row.hits > 0).map(|row| place(row, row.rate));
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(1)))?
            .label(name.clone())
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(TRANSPARENT)
        .label_font(("sans-serif", 17))
        .draw()?;
    Ok(())
}
