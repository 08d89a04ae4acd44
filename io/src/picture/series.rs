//! Lines against a common axis: time series and convergence plots.

use super::axis::{Axis, Scale, grouped};
use super::canvas::{Area, Canvas, Pen};
use super::colour::line_colour;
use super::dots::check_finite;
use super::frame::{Frame, polyline, say_empty};
use super::legend::{Entry, Mark, dot, heading, heading_height, notes, notes_height};
use super::output::PictureError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Solid,
    Dashed,
    Points,
}

#[derive(Clone, Debug)]
struct Line<'a> {
    label: String,
    x: &'a [f64],
    y: &'a [f64],
    style: Style,
}

/// Lines or points over one pair of axes. Values with no place on a logarithmic axis are left out, and a note counts
/// them.
#[derive(Clone, Debug)]
pub struct SeriesPanel<'a> {
    title: String,
    x_label: String,
    y_label: String,
    x_scale: Scale,
    y_scale: Scale,
    lines: Vec<Line<'a>>,
}

impl<'a> SeriesPanel<'a> {
    /// An empty panel; labels say the quantity and its unit.
    pub fn new(title: impl Into<String>, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            lines: Vec::new(),
        }
    }

    /// Sets the scale of the x axis.
    #[must_use]
    pub fn x_scale(mut self, scale: Scale) -> Self {
        self.x_scale = scale;
        self
    }

    /// Sets the scale of the y axis.
    #[must_use]
    pub fn y_scale(mut self, scale: Scale) -> Self {
        self.y_scale = scale;
        self
    }

    /// Adds a solid line; an empty label keeps it out of the legend.
    ///
    /// # Panics
    /// If `x` and `y` differ in length.
    #[must_use]
    pub fn line(self, label: impl Into<String>, x: &'a [f64], y: &'a [f64]) -> Self {
        self.with(label.into(), x, y, Style::Solid)
    }

    /// Adds a dashed line, such as a slope to compare with.
    ///
    /// # Panics
    /// If `x` and `y` differ in length.
    #[must_use]
    pub fn dashed(self, label: impl Into<String>, x: &'a [f64], y: &'a [f64]) -> Self {
        self.with(label.into(), x, y, Style::Dashed)
    }

    /// Adds points without a line, such as single repetitions.
    ///
    /// # Panics
    /// If `x` and `y` differ in length.
    #[must_use]
    pub fn points(self, label: impl Into<String>, x: &'a [f64], y: &'a [f64]) -> Self {
        self.with(label.into(), x, y, Style::Points)
    }

    fn with(mut self, label: String, x: &'a [f64], y: &'a [f64], style: Style) -> Self {
        assert_eq!(x.len(), y.len(), "`{label}`: one y for each x");
        self.lines.push(Line { label, x, y, style });
        self
    }

    pub(super) fn height(&self, width: f64) -> f64 {
        let remarks = notes_height(self.remarks().len());
        heading_height(width, &self.title, &self.legend()) + (0.36 * width).clamp(270.0, 400.0) + remarks
    }

    pub(super) fn check(&self) -> Result<(), PictureError> {
        for line in &self.lines {
            check_finite(&format!("{} ({})", line.label, self.x_label), line.x)?;
            check_finite(&format!("{} ({})", line.label, self.y_label), line.y)?;
        }
        Ok(())
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, area: Area) {
        let rest = heading(canvas, area, &self.title, &self.legend());
        let remarks = self.remarks();
        let inner = Area { height: rest.height - notes_height(remarks.len()), ..rest };
        let frame = self.frame(inner);
        frame.draw(canvas, inner.x, &self.x_label, &self.y_label);
        canvas.clipped(&frame.plot.outline(), |canvas| {
            for (k, line) in self.lines.iter().enumerate() {
                draw_line(canvas, &frame, line, k);
            }
        });
        if self.drawable_points().next().is_none() {
            say_empty(canvas, frame.plot);
        }
        notes(canvas, area, &remarks);
    }

    fn frame(&self, inner: Area) -> Frame {
        let x = self.range(|point| point.0);
        let y = self.range(|point| point.1);
        let count = (inner.width / 110.0) as usize;
        let x_axis = Axis::tight(self.x_scale, x.0, x.1, count);
        let y_axis = Axis::covering(self.y_scale, y.0, y.1, (inner.height / 55.0) as usize);
        Frame::fit(inner, x_axis, y_axis)
    }

    /// Least and greatest value of one coordinate over the points that can be drawn; (0.1, 1) if there are none.
    fn range(&self, coordinate: impl Fn((f64, f64)) -> f64) -> (f64, f64) {
        let start = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = self
            .drawable_points()
            .map(coordinate)
            .fold(start, |(low, high), value| (low.min(value), high.max(value)));
        if low <= high { (low, high) } else { (0.1, 1.0) }
    }

    fn drawable_points(&self) -> impl Iterator<Item = (f64, f64)> {
        let points = self.lines.iter().flat_map(|line| line.x.iter().copied().zip(line.y.iter().copied()));
        points.filter(|point| self.drawable(*point))
    }

    fn drawable(&self, (x, y): (f64, f64)) -> bool {
        (self.x_scale == Scale::Linear || x > 0.0) && (self.y_scale == Scale::Linear || y > 0.0)
    }

    fn legend(&self) -> Vec<Entry> {
        let mark = |k: usize, style| match style {
            Style::Solid => Mark::Line(Pen::solid(line_colour(k), 2.2)),
            Style::Dashed => Mark::Line(Pen::dashed(line_colour(k), 2.0)),
            Style::Points => Mark::Dot(line_colour(k)),
        };
        self.lines.iter().enumerate().map(|(k, line)| Entry::new(mark(k, line.style), &line.label)).collect()
    }

    fn remarks(&self) -> Vec<String> {
        let missing = |line: &Line<'_>| {
            line.x.iter().copied().zip(line.y.iter().copied()).filter(|p| !self.drawable(*p)).count()
        };
        self.lines
            .iter()
            .map(|line| (line, missing(line)))
            .filter(|(_, count)| *count > 0)
            .map(|(line, count)| {
                let name = if line.label.is_empty() { &self.y_label } else { &line.label };
                let noun = if count == 1 { "value" } else { "values" };
                format!("{name}: {} {noun} ≤ 0 of {} not drawn", grouped(count), grouped(line.y.len()))
            })
            .collect()
    }
}

fn draw_line(canvas: &mut Canvas, frame: &Frame, line: &Line<'_>, k: usize) {
    let points: Vec<(f64, f64)> = line.x.iter().zip(line.y).map(|(&x, &y)| frame.place(x, y)).collect();
    let colour = line_colour(k);
    match line.style {
        Style::Solid => polyline(canvas, &points, &Pen::solid(colour, 2.2)),
        Style::Dashed => polyline(canvas, &points, &Pen::dashed(colour, 2.0)),
        Style::Points => {
            for point in points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
                dot(canvas, point, 3.2, colour);
            }
        }
    }
}
