//! PDF: from the places of glyphs to lines, and from lines to paragraphs.

use hayro_cmap::BfString;
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask,
    font::{Glyph, GlyphRun},
    interpret_page,
};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use kurbo::{Affine, BezPath, Point, Rect};

use crate::{Document, DocumentError, Format};

/// Units of a glyph's own space in its font's size.
const EM: f64 = 1000.0;

/// Reads the text of a file.
pub(crate) fn read(bytes: &[u8]) -> Result<Document, DocumentError> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => DocumentError::Password,
        error => DocumentError::broken("pdf", format!("{error:?}")),
    })?;
    let settings = InterpreterSettings::default();
    let cache = InterpreterCache::new();
    let mut pages = Vec::new();
    for page in pdf.pages().iter() {
        let unit = Rect::new(0.0, 0.0, 1.0, 1.0);
        let mut context = Context::new(Affine::IDENTITY, unit, &cache, pdf.xref(), settings.clone());
        let mut glyphs = Glyphs::default();
        interpret_page(page, &mut context, &mut glyphs);
        pages.push(lines(glyphs.0));
    }
    Ok(Document { text: paragraphs(&pages), format: Format::Pdf, encoding: None })
}

/// A glyph in its place, in points from the lower left corner.
struct Placed {
    text: String,
    x: f64,
    y: f64,
    /// Advance.
    width: f64,
    /// Size of the font.
    size: f64,
}

/// Collects the glyphs of a page, in the order in which they are drawn.
#[derive(Default)]
struct Glyphs(Vec<Placed>);

impl Device<'_> for Glyphs {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let transform = props.transform * glyph.transform();
            let [a, b, ..] = transform.as_coeffs();
            let place = transform * Point::ZERO;
            let size = a.hypot(b) * EM;
            let advance = match &**glyph {
                Glyph::Outline(glyph) => glyph.advance_width(),
                Glyph::Type3(glyph) => glyph.advance_width(),
            };
            let text = match glyph.as_unicode() {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(text)) => text,
                None => '\u{fffd}'.to_string(),
            };
            let width = f64::from(advance.unwrap_or(500.0)) / EM * size;
            self.0.push(Placed { text, x: place.x, y: place.y, width, size });
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// A line of a page.
#[derive(Debug, Default)]
struct Line {
    text: String,
    x: f64,
    end: f64,
    y: f64,
    size: f64,
}

/// Joins glyphs to lines, in the order in which they are drawn: a gap is a space, another height is
/// another line.
fn lines(glyphs: Vec<Placed>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for glyph in glyphs {
        let Placed { text, x, y, width, size } = glyph;
        match lines.last_mut() {
            Some(line) if (line.y - y).abs() < 0.35 * line.size.max(size) && x > line.end - 3.0 * size => {
                let gap = x - line.end;
                if gap > 0.18 * size && !line.text.ends_with(' ') && !text.starts_with(' ') {
                    line.text.push(' ');
                }
                line.text.push_str(&text);
                line.end = x + width;
                line.size = line.size.max(size);
            }
            _ => lines.push(Line { text, x, end: x + width, y, size }),
        }
    }
    for line in &mut lines {
        line.text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    lines.retain(|line| !line.text.is_empty());
    lines
}

/// Joins lines to paragraphs. A paragraph ends where the space to the next line is larger than usual,
/// where the next line is indented, or where a line ends early.
fn paragraphs(pages: &[Vec<Line>]) -> String {
    let all = || pages.iter().flat_map(|page| page.windows(2)).filter(|pair| pair[0].y > pair[1].y);
    let mut gaps: Vec<f64> = all().map(|pair| (pair[0].y - pair[1].y) / pair[0].size.max(1.0)).collect();
    gaps.sort_by(f64::total_cmp);
    // Most lines are within paragraphs.
    let usual = gaps.get(gaps.len() / 3).copied().unwrap_or(1.2);
    let mut ends: Vec<f64> = pages.iter().flatten().map(|line| line.end).collect();
    ends.sort_by(f64::total_cmp);
    let right = ends.get(ends.len() * 3 / 4).copied().unwrap_or(0.0);

    let mut text = String::new();
    let mut before: Option<&Line> = None;
    for page in pages {
        for (at, line) in page.iter().enumerate() {
            if let Some(last) = before {
                let size = last.size.max(1.0);
                let is_next_page = at == 0;
                let gap = (last.y - line.y) / size;
                let is_apart = !is_next_page && (gap > 1.25 * usual || gap < 0.0);
                // The next line's first word would have fitted.
                let first = line.text.split(' ').next().unwrap_or("").chars().count() as f64;
                let is_short = last.end + (first + 1.0) * 0.55 * size < right;
                let is_indented = !is_next_page && line.x > last.x + 0.8 * size;
                let other_size = (line.size - last.size).abs() > 0.15 * size;
                if is_apart || is_indented || other_size || (is_short && ends_a_sentence(&last.text)) {
                    text.push_str("\n\n");
                } else if text.ends_with('\u{ad}') {
                    text.pop();
                } else {
                    text.push(' ');
                }
            }
            text.push_str(&line.text);
            before = Some(line);
        }
    }
    text.push('\n');
    text
}

fn ends_a_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '”', '’', '\'', ')', ']']).ends_with(['.', '!', '?', ':', '…'])
}
