//! The circle as a circle: density outwards from a ring of density zero.

use super::axis::{Axis, Scale};
use super::canvas::{Anchor, Area, Canvas, Fill, Pen, Type, ellipse, trace};
use super::circle::{ByAngle, CirclePanel, closed, degrees, reference_pen, target_pen};
use super::colour::{INK, RULE, SOFT_INK, line_colour};
use super::dots::{Dots, Room, choose, scatter};
use super::frame::fitted;
use super::legend::{bead, heading, notes, notes_height};

const TICK: f64 = 13.0;

/// Polar coordinates on paper: angle 0 to the right, counter-clockwise; the radius grows linearly with the value.
struct Rose {
    centre: (f64, f64),
    /// Radii of the axis' two ends.
    inner: f64,
    outer: f64,
    axis: Axis,
}

impl Rose {
    fn at_radius(&self, degrees: f64, radius: f64) -> (f64, f64) {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        (self.centre.0 + radius * cosine, self.centre.1 - radius * sine)
    }

    fn radius(&self, value: f64) -> f64 {
        self.inner + self.axis.fraction(value) * (self.outer - self.inner)
    }

    fn ring(&self, radius: f64) -> String {
        ellipse(self.centre, radius, radius)
    }
}

pub(super) fn draw(panel: &CirclePanel<'_>, canvas: &mut Canvas, area: Area) {
    let rest = heading(canvas, area, &panel.title, &panel.legend());
    // The caption of the radius is the first of the lines below.
    let caption = 25.0;
    let half = 0.5 * rest.width.min(rest.height - caption) - TICK - 12.0;
    let room = Room::Length(2.0 * half);
    let dots: Vec<Dots> = panel.particles.iter().map(|set| choose(&set.label, set.values, room)).collect();
    let remarks: Vec<String> = dots.iter().filter_map(|set| set.note.clone()).collect();
    notes(canvas, area, &remarks);
    let below = caption + notes_height(remarks.len());
    let field = Area { height: rest.height - below, ..rest };
    let outer = (0.5 * field.width.min(field.height) - TICK - 10.0).max(10.0);
    let (low, high) = panel.range();
    let axis = Axis::covering(Scale::Linear, low, high, 4);
    let rose = Rose { centre: field.centre(), inner: 0.42 * outer, outer, axis };
    draw_rules(canvas, &rose);
    draw_curves(panel, canvas, &rose);
    for &angle in panel.targets.iter().flat_map(|(_, angles)| *angles) {
        let from = rose.at_radius(degrees(angle), 0.8 * rose.inner);
        canvas.line(from, rose.at_radius(degrees(angle), rose.outer), &target_pen());
    }
    for (k, (set, dots)) in panel.particles.iter().zip(&dots).enumerate() {
        draw_particles(canvas, &rose, (set, dots), k);
    }
    draw_labels(canvas, &rose);
    let words = format!("outwards: {}", panel.quantity);
    let at = (field.centre().0, field.bottom() + 17.0);
    canvas.text(at, fitted(&words, field.width, Anchor::Middle), &words);
}

fn draw_rules(canvas: &mut Canvas, rose: &Rose) {
    let rule = Pen::solid(RULE, 1.0);
    for spoke in (0..360).step_by(45).map(f64::from) {
        canvas.line(rose.at_radius(spoke, rose.inner), rose.at_radius(spoke, rose.outer), &rule);
    }
    for tick in &rose.axis.ticks {
        canvas.path(&rose.ring(rose.radius(tick.value)), None, Some(&rule));
    }
    canvas.path(&rose.ring(rose.radius(0.0)), None, Some(&Pen::solid(SOFT_INK, 1.2)));
}

/// Labels lie over the curves: in their midst they would otherwise be lost.
fn draw_labels(canvas: &mut Canvas, rose: &Rose) {
    for spoke in (0..360).step_by(45) {
        let (x, y) = rose.at_radius(f64::from(spoke), rose.outer + 8.0);
        let anchor = match spoke {
            90 | 270 => Anchor::Middle,
            100..260 => Anchor::End,
            _ => Anchor::Start,
        };
        let drop = TICK * (0.36 - 0.45 * f64::from(spoke).to_radians().sin());
        canvas.text((x, y + drop), Type::new(TICK, INK, anchor), &format!("{spoke}°"));
    }
    for tick in &rose.axis.ticks {
        let (x, y) = rose.at_radius(67.5, rose.radius(tick.value));
        canvas.text((x, y + 0.36 * TICK), Type::new(TICK, SOFT_INK, Anchor::Middle).on_plate(), &tick.label);
    }
}

fn draw_curves(panel: &CirclePanel<'_>, canvas: &mut Canvas, rose: &Rose) {
    for curve in panel.references.iter().filter(|curve| !curve.values.is_empty()) {
        canvas.path(&(outline(curve, rose) + "Z"), None, Some(&reference_pen()));
    }
    for (k, curve) in panel.densities.iter().enumerate().filter(|(_, curve)| !curve.values.is_empty()) {
        let (colour, data) = (line_colour(k), outline(curve, rose) + "Z");
        // The ring of zero is cut out of the wash by drawing it the other way round.
        let hole = rose.radius(0.0);
        let (left, right, y) = (rose.centre.0 - hole, rose.centre.0 + hole, rose.centre.1);
        let arcs = format!(
            "M{left:.2} {y:.2}A{hole:.2} {hole:.2} 0 0 1 {right:.2} {y:.2}A{hole:.2} {hole:.2} 0 0 1 {left:.2} {y:.2}Z"
        );
        canvas.path(&(data.clone() + &arcs), Some(Fill(colour, 0.16)), None);
        canvas.path(&data, None, Some(&Pen::solid(colour, 2.2)));
    }
}

/// The curve as path data, at most a few points per unit of arc.
fn outline(curve: &ByAngle<'_>, rose: &Rose) -> String {
    let points = closed(curve);
    // The two points that close an unrolled curve are not needed here.
    let inside = points.get(1..points.len().saturating_sub(1)).unwrap_or_default();
    // Thinned in (arc, radius), where columns are angles.
    let arc: Vec<(f64, f64)> =
        inside.iter().map(|&(angle, value)| (angle.to_radians() * rose.outer, rose.radius(value))).collect();
    let few = super::frame::thinned(&arc);
    trace(few.into_iter().map(|(arc, radius)| rose.at_radius((arc / rose.outer).to_degrees(), radius)))
}

fn draw_particles(canvas: &mut Canvas, rose: &Rose, (set, dots): (&ByAngle<'_>, &Dots), k: usize) {
    let ring = rose.radius(0.0) - 16.0 * (k as f64 + 0.8);
    for &(j, radius) in &dots.chosen {
        let shift = 5.0 * scatter(j, dots.chosen.len());
        bead(canvas, rose.at_radius(degrees(set.angles[j]), ring + shift), radius, line_colour(k));
    }
}
