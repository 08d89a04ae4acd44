//! Densities, particles and directions on the circle.

use std::f64::consts::TAU;

use super::axis::{Axis, Scale};
use super::canvas::{Area, Canvas, Pen};
use super::colour::{INK, REFERENCE, SOFT_INK, line_colour};
use super::dots::{Dots, Room, check_finite, check_masses, choose, left_out, scatter};
use super::frame::{Frame, polyline, say_empty};
use super::legend::{Entry, Mark, bead, heading, heading_height, notes, notes_height};
use super::output::PictureError;
use super::polar;

/// How the circle is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CircleView {
    /// The angle across, the density upwards from zero, particles in a band below zero, scattered across it if many.
    #[default]
    Unrolled,
    /// A circle of density zero, the density outwards from it, particles along its inner side.
    Polar,
}

/// A function of the angle, or particles by angle.
#[derive(Clone, Debug)]
pub(super) struct ByAngle<'a> {
    pub label: String,
    pub angles: &'a [f64],
    pub values: &'a [f64],
}

/// Densities, particles and directions on the circle. Angles are in radians, of any size and in any order.
///
/// The k-th density and the k-th set of particles share a colour: on a signed domain give the sheets in the order
/// +1, -1. Without any density the unrolled view shows particles as stems of height mass.
#[derive(Clone, Debug)]
pub struct CirclePanel<'a> {
    pub(super) title: String,
    pub(super) view: CircleView,
    pub(super) quantity: String,
    pub(super) densities: Vec<ByAngle<'a>>,
    pub(super) references: Vec<ByAngle<'a>>,
    pub(super) particles: Vec<ByAngle<'a>>,
    pub(super) targets: Vec<(String, &'a [f64])>,
}

impl<'a> CirclePanel<'a> {
    /// An empty panel.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            view: CircleView::Unrolled,
            quantity: "density (mass per surface measure)".to_owned(),
            densities: Vec::new(),
            references: Vec::new(),
            particles: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Sets the view.
    #[must_use]
    pub fn view(mut self, view: CircleView) -> Self {
        self.view = view;
        self
    }

    /// Names what the curves show, with its unit; at first "density (mass per surface measure)".
    #[must_use]
    pub fn quantity(mut self, quantity: impl Into<String>) -> Self {
        self.quantity = quantity.into();
        self
    }

    /// Adds a density, given at cell centres; it is drawn closed.
    ///
    /// # Panics
    /// If `angles` and `density` differ in length.
    #[must_use]
    pub fn density(mut self, label: impl Into<String>, angles: &'a [f64], density: &'a [f64]) -> Self {
        self.densities.push(paired(label.into(), angles, density));
        self
    }

    /// Adds a density to compare with, such as the initial or the exact one; it is drawn dashed and grey.
    ///
    /// # Panics
    /// If `angles` and `density` differ in length.
    #[must_use]
    pub fn reference(mut self, label: impl Into<String>, angles: &'a [f64], density: &'a [f64]) -> Self {
        self.references.push(paired(label.into(), angles, density));
        self
    }

    /// Adds particles: dots of area proportional to mass. Of more than 20 000 only the largest are drawn, and a note
    /// says so.
    ///
    /// # Panics
    /// If `angles` and `masses` differ in length.
    #[must_use]
    pub fn particles(mut self, label: impl Into<String>, angles: &'a [f64], masses: &'a [f64]) -> Self {
        self.particles.push(paired(label.into(), angles, masses));
        self
    }

    /// Adds directions, such as a teacher's or the true support: dashed lines.
    #[must_use]
    pub fn targets(mut self, label: impl Into<String>, angles: &'a [f64]) -> Self {
        self.targets.push((label.into(), angles));
        self
    }

    pub(super) fn height(&self, width: f64) -> f64 {
        match self.view {
            CircleView::Unrolled => {
                let notes = self.particles.iter().filter(|set| left_out(set.values)).count();
                let heading = heading_height(width, &self.title, &self.legend());
                heading + (0.36 * width).clamp(270.0, 400.0) + notes_height(notes)
            }
            CircleView::Polar => width.min(620.0),
        }
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, area: Area) {
        match self.view {
            CircleView::Unrolled => self.draw_unrolled(canvas, area),
            CircleView::Polar => polar::draw(self, canvas, area),
        }
    }

    pub(super) fn check(&self) -> Result<(), PictureError> {
        for curve in self.densities.iter().chain(&self.references) {
            check_finite(&format!("{} (angle)", curve.label), curve.angles)?;
            check_finite(&curve.label, curve.values)?;
        }
        for set in &self.particles {
            check_finite(&format!("{} (angle)", set.label), set.angles)?;
            check_masses(&set.label, set.values)?;
        }
        self.targets.iter().try_for_each(|(label, angles)| check_finite(label, angles))
    }

    /// Least and greatest value of all curves, zero included.
    pub(super) fn range(&self) -> (f64, f64) {
        let curves = self.densities.iter().chain(&self.references);
        let (low, high) = curves
            .flat_map(|curve| curve.values)
            .fold((0.0_f64, 0.0_f64), |(low, high), &v| (low.min(v), high.max(v)));
        if low == high { (0.0, 1.0) } else { (low, high) }
    }

    pub(super) fn legend(&self) -> Vec<Entry> {
        let lines = self.densities.iter().enumerate();
        let line = |k: usize| Mark::Line(Pen::solid(line_colour(k), 2.4));
        let mut entries: Vec<Entry> = lines.map(|(k, curve)| Entry::new(line(k), &curve.label)).collect();
        let reference = Mark::Line(reference_pen());
        entries.extend(self.references.iter().map(|curve| Entry::new(reference, &curve.label)));
        let dots = self.particles.iter().enumerate();
        entries.extend(dots.map(|(k, set)| Entry::new(Mark::Bead(line_colour(k)), &set.label)));
        entries.extend(self.targets.iter().map(|(label, _)| Entry::new(Mark::Line(target_pen()), label)));
        entries
    }

    fn draw_unrolled(&self, canvas: &mut Canvas, area: Area) {
        let rest = heading(canvas, area, &self.title, &self.legend());
        let room = Room::Length(area.width - 90.0);
        let dots: Vec<Dots> = self.particles.iter().map(|set| choose(&set.label, set.values, room)).collect();
        let remarks: Vec<String> = dots.iter().filter_map(|set| set.note.clone()).collect();
        notes(canvas, area, &remarks);
        let inner = Area { height: rest.height - notes_height(remarks.len()), ..rest };
        if self.densities.is_empty() && self.references.is_empty() && !self.particles.is_empty() {
            self.draw_stems(canvas, inner, &dots);
        } else {
            self.draw_curves(canvas, inner, &dots);
        }
    }

    fn draw_curves(&self, canvas: &mut Canvas, inner: Area, dots: &[Dots]) {
        let (low, high) = self.range();
        let mut frame = Frame::fit(inner, angle_axis(inner.width), density_axis(low, high, inner.height));
        let band = 30.0_f64.min(0.3 * frame.plot.height / dots.len().max(1) as f64);
        let below = band * dots.len() as f64;
        let floor = frame.y.low;
        frame.y.low -= (frame.y.high - floor) * below / (frame.plot.height - below);
        frame.draw(canvas, inner.x, "angle (degrees)", &self.quantity);
        let zero = frame.place(0.0, floor).1;
        canvas.line((frame.plot.x, zero), (frame.plot.right(), zero), &Pen::solid(SOFT_INK, 1.0));
        self.draw_targets(canvas, &frame);
        canvas.clipped(&frame.plot.outline(), |canvas| {
            for curve in &self.references {
                polyline(canvas, &unrolled(curve, &frame), &reference_pen());
            }
            for (k, curve) in self.densities.iter().enumerate() {
                polyline(canvas, &unrolled(curve, &frame), &Pen::solid(line_colour(k), 2.4));
            }
        });
        if self.densities.is_empty() && self.references.is_empty() && self.targets.is_empty() {
            say_empty(canvas, frame.plot);
        }
        for (k, (set, dots)) in self.particles.iter().zip(dots).enumerate() {
            let y = zero + (k as f64 + 0.5) * band;
            for &(j, radius) in &dots.chosen {
                let shift = (0.5 * band - 5.0).max(0.0) * scatter(j, dots.chosen.len());
                let x = frame.place(degrees(set.angles[j]), 0.0).0;
                bead(canvas, (x, y + shift), radius, line_colour(k));
            }
        }
    }

    /// Particles alone: the mass is the height, and dots have one size.
    fn draw_stems(&self, canvas: &mut Canvas, inner: Area, dots: &[Dots]) {
        let largest = self.particles.iter().flat_map(|set| set.values).fold(0.0_f64, |m, &v| m.max(v));
        let top = if largest > 0.0 { 1.05 * largest } else { 1.0 };
        let frame = Frame::fit(inner, angle_axis(inner.width), density_axis(0.0, top, inner.height));
        frame.draw(canvas, inner.x, "angle (degrees)", "mass of a particle");
        self.draw_targets(canvas, &frame);
        for (k, (set, dots)) in self.particles.iter().zip(dots).enumerate() {
            let radius = if dots.chosen.len() > 300 { 2.2 } else { 4.0 };
            let pen = Pen::solid(line_colour(k), 0.4 * radius).faded(0.5);
            for &(j, _) in &dots.chosen {
                let angle = degrees(set.angles[j]);
                let head = frame.place(angle, set.values[j]);
                canvas.line(frame.place(angle, 0.0), head, &pen);
                bead(canvas, head, radius, line_colour(k));
            }
        }
    }

    fn draw_targets(&self, canvas: &mut Canvas, frame: &Frame) {
        for &angle in self.targets.iter().flat_map(|(_, angles)| *angles) {
            let x = frame.place(degrees(angle), 0.0).0;
            canvas.line((x, frame.plot.y), (x, frame.plot.bottom()), &target_pen());
        }
    }
}

fn paired<'a>(label: String, angles: &'a [f64], values: &'a [f64]) -> ByAngle<'a> {
    assert_eq!(angles.len(), values.len(), "`{label}`: one value for each angle");
    ByAngle { label, angles, values }
}

pub(super) fn reference_pen() -> Pen {
    Pen::dashed(REFERENCE, 2.0)
}

pub(super) fn target_pen() -> Pen {
    Pen { dash: "3 4", ..Pen::solid(INK, 1.3) }
}

pub(super) fn degrees(angle: f64) -> f64 {
    angle.rem_euclid(TAU).to_degrees()
}

fn angle_axis(width: f64) -> Axis {
    let step = if width > 700.0 { 30 } else { 60 };
    let ticks = (0..=360).step_by(step);
    let ticks = ticks.map(|t| super::axis::Tick { value: f64::from(t), label: format!("{t}°") }).collect();
    Axis { scale: Scale::Linear, low: 0.0, high: 360.0, ticks }
}

fn density_axis(low: f64, high: f64, height: f64) -> Axis {
    Axis::covering(Scale::Linear, low, high, (height / 60.0) as usize)
}

/// (degrees, value) by increasing angle, one more at each end so that the curve closes.
pub(super) fn closed(curve: &ByAngle<'_>) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> =
        curve.angles.iter().zip(curve.values).map(|(&angle, &value)| (degrees(angle), value)).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(&first), Some(&last)) = (points.first(), points.last()) {
        points.insert(0, (last.0 - 360.0, last.1));
        points.push((first.0 + 360.0, first.1));
    }
    points
}

fn unrolled(curve: &ByAngle<'_>, frame: &Frame) -> Vec<(f64, f64)> {
    closed(curve).into_iter().map(|(angle, value)| frame.place(angle, value)).collect()
}
