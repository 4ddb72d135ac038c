//! Short labels beside points, none over another and none over a point.

use super::draw::Pixel;

/// A rectangle: its left upper and right lower corner.
type Rect = (Pixel, Pixel);

/// Areas that are covered already.
pub(super) struct Labels {
    within: Rect,
    taken: Vec<Rect>,
}

/// Half the height of a label.
const HALF: i32 = 6;
/// From the point to the middle of its label: near places first.
const RADII: [i32; 6] = [11, 15, 20, 26, 33, 41];

impl Labels {
    /// - `within`: where labels may be.
    /// - `points`: what they must not cover.
    pub(super) fn new(within: Rect, points: &[Pixel]) -> Self {
        Self { within, taken: points.iter().map(|&point| around(point, 5, 5)).collect() }
    }

    /// Returns the middle of a place for a label so wide, and whether it is far enough from its
    /// point to need a line to it; `None` where all is full.
    pub(super) fn place(&mut self, (x, y): Pixel, width: i32) -> Option<(Pixel, bool)> {
        for radius in RADII {
            // Right above first, then round both ways.
            for turn in [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6] {
                let angle = f64::from(turn) * std::f64::consts::PI / 6.0;
                let (dx, dy) = (angle.sin() * f64::from(radius), -angle.cos() * f64::from(radius));
                let middle = (x + dx.round() as i32, y + dy.round() as i32);
                let rect = around(middle, width / 2 + 1, HALF);
                if is_inside(rect, self.within) && !self.taken.iter().any(|&taken| overlap(rect, taken)) {
                    self.taken.push(rect);
                    return Some((middle, radius > RADII[1]));
                }
            }
        }
        None
    }
}

fn around((x, y): Pixel, half_width: i32, half_height: i32) -> Rect {
    ((x - half_width, y - half_height), (x + half_width, y + half_height))
}

fn is_inside(inner: Rect, outer: Rect) -> bool {
    inner.0.0 >= outer.0.0 && inner.0.1 >= outer.0.1 && inner.1.0 <= outer.1.0 && inner.1.1 <= outer.1.1
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.0.0 < b.1.0 && b.0.0 < a.1.0 && a.0.1 < b.1.1 && b.0.1 < a.1.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cover_nothing() {
        let points = [(50, 50), (54, 52), (60, 50), (50, 60)];
        let mut labels = Labels::new(((0, 0), (100, 100)), &points);
        let placed: Vec<Pixel> = points.iter().filter_map(|&point| labels.place(point, 14)).map(|(at, _)| at).collect();
        assert_eq!(placed.len(), points.len());
        for (i, &a) in placed.iter().enumerate() {
            assert!(placed[..i].iter().all(|&b| !overlap(around(a, 7, HALF), around(b, 7, HALF))));
            assert!(points.iter().all(|&point| !overlap(around(a, 7, HALF), around(point, 5, 5))));
        }
        let mut nowhere = Labels::new(((0, 0), (10, 10)), &points);
        assert_eq!(nowhere.place((5, 5), 14), None);
    }
}
