//! A rectangle with two labelled axes, and lines within it.

use super::axis::Axis;
use super::canvas::{Anchor, Area, Canvas, Fill, Pen, Type, trace};
use super::colour::{INK, RULE, SOFT_INK};
use super::text;

const TICK: f64 = 13.0;
const LABEL: f64 = 15.0;

/// Two axes fitted into an area.
#[derive(Debug)]
pub(super) struct Frame {
    /// The rectangle between the axes.
    pub plot: Area,
    pub x: Axis,
    pub y: Axis,
}

impl Frame {
    /// Leaves room in `area` for ticks and labels.
    pub fn fit(area: Area, x: Axis, y: Axis) -> Self {
        let widest = y.ticks.iter().map(|tick| text::width(&tick.label, TICK)).fold(0.0, f64::max);
        let left = (widest + LABEL + 26.0).max(84.0);
        let last = x.ticks.last().map_or(0.0, |tick| 0.5 * text::width(&tick.label, TICK)).max(18.0);
        let plot = Area {
            x: area.x + left,
            y: area.y + 8.0,
            width: (area.width - left - last - 4.0).max(10.0),
            height: (area.height - 8.0 - 2.0 * LABEL - 24.0).max(10.0),
        };
        Self { plot, x, y }
    }

    /// Place of a point; not finite where a logarithm does not exist.
    pub fn place(&self, x: f64, y: f64) -> (f64, f64) {
        (
            self.plot.x + self.x.fraction(x) * self.plot.width,
            self.plot.bottom() - self.y.fraction(y) * self.plot.height,
        )
    }

    /// Draws rules, ticks and labels; `left` is the outer left edge.
    pub fn draw(&self, canvas: &mut Canvas, left: f64, x_label: &str, y_label: &str) {
        let Area { x, y, width, .. } = self.plot;
        let (right, bottom) = (self.plot.right(), self.plot.bottom());
        let rule = Pen::solid(RULE, 1.0);
        let small = |anchor| Type::new(TICK, INK, anchor);
        for tick in &self.y.ticks {
            let at = bottom - self.y.fraction(tick.value) * self.plot.height;
            canvas.line((x, at), (right, at), &rule);
            canvas.text((x - 8.0, at + 0.36 * TICK), small(Anchor::End), &tick.label);
        }
        for tick in &self.x.ticks {
            let at = x + self.x.fraction(tick.value) * width;
            canvas.line((at, y), (at, bottom), &rule);
            canvas.line((at, bottom), (at, bottom + 5.0), &Pen::solid(SOFT_INK, 1.0));
            canvas.text((at, bottom + 8.0 + TICK), small(Anchor::Middle), &tick.label);
        }
        canvas.path(&self.plot.outline(), None, Some(&Pen::solid(SOFT_INK, 1.0)));
        let (cx, cy) = self.plot.centre();
        canvas.text((cx, bottom + 16.0 + TICK + LABEL), fitted(x_label, width, Anchor::Middle), x_label);
        let style = fitted(y_label, self.plot.height + 40.0, Anchor::Middle).turned(-90.0);
        // A label longer than the axis goes on below it, not into the heading.
        let middle = cy.max(y + 0.5 * text::width(y_label, style.size));
        canvas.text((left + LABEL, middle), style, y_label);
    }
}

/// The type of an axis label, made smaller where it would not fit.
pub(super) fn fitted(label: &str, room: f64, anchor: Anchor) -> Type {
    let size = if label.is_empty() { LABEL } else { (room / text::width(label, 1.0)).clamp(8.0, LABEL) };
    Type::new(size, INK, anchor)
}

/// Words in the middle of an empty plot.
pub(super) fn say_empty(canvas: &mut Canvas, plot: Area) {
    canvas.text(plot.centre(), Type::new(LABEL, SOFT_INK, Anchor::Middle), "nothing to draw");
}

/// Draws a line through `points`, broken where a point is not finite; a point alone becomes a speck.
pub(super) fn polyline(canvas: &mut Canvas, points: &[(f64, f64)], pen: &Pen) {
    for piece in points.split(|(x, y)| !(x.is_finite() && y.is_finite())) {
        match piece {
            [] => {}
            [only] => {
                canvas.circle(*only, pen.width, Some(Fill(pen.colour, pen.opacity)), None);
            }
            _ => canvas.path(&trace(thinned(piece)), None, Some(pen)),
        }
    }
}

/// Of the points within half a unit across, the first, lowest, highest and last: the same picture in fewer points.
pub(super) fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let column = |p: &(f64, f64)| (2.0 * p.0).floor();
    let mut out = Vec::new();
    for piece in points.chunk_by(|a, b| column(a) == column(b)) {
        let place = |pick: Option<(usize, &(f64, f64))>| pick.map_or(0, |(k, _)| k);
        let by_height = |a: &(usize, &(f64, f64)), b: &(usize, &(f64, f64))| a.1.1.total_cmp(&b.1.1);
        let low = place(piece.iter().enumerate().min_by(by_height));
        let high = place(piece.iter().enumerate().max_by(by_height));
        let mut kept = vec![0, low, high, piece.len() - 1];
        kept.sort_unstable();
        kept.dedup();
        out.extend(kept.into_iter().map(|k| piece[k]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_thinning_keeps_ends_and_extremes() {
        let points: Vec<(f64, f64)> =
            (0..100_000).map(|k| f64::from(k) * 1e-3).map(|x| (x, (50.0 * x).sin() + x)).collect();
        let few = thinned(&points);
        assert!(few.len() <= 4 * 201, "{}", few.len());
        assert_eq!((few.first(), few.last()), (points.first(), points.last()));
        let top = |p: &[(f64, f64)]| p.iter().map(|p| p.1).fold(f64::MIN, f64::max);
        assert_eq!(top(&few), top(&points));
        let sparse = [(0.0, 1.0), (7.0, 3.0), (2.0, 2.0)];
        assert_eq!(thinned(&sparse), sparse);
    }
}
