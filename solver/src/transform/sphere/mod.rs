//! Sums of spherical harmonics at scattered points of S^2.
//!
//! *Analysis* takes masses `q_j` at points `eta_j` to the coefficients `sum_j q_j Y_lm(eta_j)`, `l <= L`; *synthesis* takes
//! coefficients to the values of their sum at the points, its transpose. [`ScatteredPoints`] takes the sums term by term,
//! O(L^2) a point; [`GriddedPoints`] through a grid, O(N + L^3) in all.

mod angles;
mod direct;
mod grid;
mod legendre;
mod located;
mod tiles;

use std::sync::Arc;

use super::harmonics::SphericalHarmonics;
use super::spreading::SpreadingKernel;
pub use direct::ScatteredPoints;
use direct::scale;
use grid::{SphereGrid, smooth};
use located::LocatedPoints;

/// Points of S^2 at which sums of spherical harmonics are taken through a fine grid of colatitudes and longitudes.
///
/// The relative error, of the analysis against `sum |q_j|` times the largest harmonic, and of the synthesis against the largest
/// value, is at most about the accuracy asked for, down to a small multiple of round-off times the degree.
pub struct GriddedPoints {
    harmonics: Arc<SphericalHarmonics>,
    points: LocatedPoints,
    grid: SphereGrid,
    /// Grids of the synthesis and of its three Cartesian derivatives.
    nodes: [Vec<f64>; 4],
    /// Their coefficients.
    fields: [Vec<f64>; 4],
}

impl GriddedPoints {
    /// Places `points`, shape [N, 3] flat, unit vectors.
    pub fn new(harmonics: Arc<SphericalHarmonics>, points: &[f64], accuracy: f64) -> Self {
        let count = points.len() / 3;
        let choice = Choice::of(count, harmonics.degree(), accuracy);
        let grid = SphereGrid::new(harmonics.clone(), choice.around, &choice.kernel);
        let frame = grid.frame();
        let mut placed = Self {
            points: LocatedPoints::new(frame, choice.kernel, count),
            nodes: std::array::from_fn(|_| vec![0.0; frame.len()]),
            fields: std::array::from_fn(|_| vec![0.0; harmonics.len()]),
            grid,
            harmonics,
        };
        placed.move_to(points);
        placed
    }

    /// Moves the points; their number stays.
    pub fn move_to(&mut self, points: &[f64]) {
        self.points.move_to(points);
    }

    /// Analysis: `coefficients = sum_j mass[j] Y(eta_j)`, in the layout of [`SphericalHarmonics`].
    pub fn analyze(&mut self, mass: &[f64], coefficients: &mut [f64]) {
        assert_eq!(mass.len(), self.points.len(), "one mass for each point");
        self.points.spread(mass, &mut self.nodes[0]);
        self.grid.analyze(&mut self.nodes[0], coefficients);
        scale(&self.harmonics, coefficients);
    }

    /// Synthesis: `value[j] = <coefficients, Y(eta_j)>`, the transpose of the analysis.
    pub fn synthesize(&mut self, coefficients: &[f64], value: &mut [f64]) {
        let [field, ..] = &mut self.fields;
        field.copy_from_slice(coefficients);
        scale(&self.harmonics, field);
        self.grid.synthesize(field, &mut self.nodes[0]);
        self.points.values(&self.nodes[0], value);
    }

    /// The synthesis, and the Cartesian gradient, shape [N, 3] flat, of a smooth extension of it: its tangential part is
    /// the gradient on the sphere.
    pub fn synthesize_gradient(&mut self, coefficients: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        let [own, dx, dy, dz] = &mut self.fields;
        own.copy_from_slice(coefficients);
        self.harmonics.differentiate(own, [dx, dy, dz]);
        for (field, nodes) in self.fields.iter_mut().zip(&mut self.nodes) {
            scale(&self.harmonics, field);
            self.grid.synthesize(field, nodes);
        }
        self.points.values_and_gradients(self.nodes.each_ref().map(Vec::as_slice), value, gradient);
    }
}

/// Nanoseconds of analysis and synthesis of harmonics to `degree` at `count` points, term by term and through a grid, as measured
/// on one core with 512-bit vectors; with narrower ones both grow alike.
fn costs(count: usize, degree: usize) -> [f64; 2] {
    let [count, modes] = [count.next_multiple_of(16) as f64, (degree + 1) as f64];
    [count * 0.17 * modes * modes, count * 75.0 + 2e4 + modes * modes * (100.0 + 0.13 * modes)]
}

/// Whether the sums of harmonics to `degree` at `count` points take less time through a grid than term by term.
pub fn grid_pays(count: usize, degree: usize) -> bool {
    let [direct, grid] = costs(count, degree);
    grid < direct
}

/// Nanoseconds of analysis and synthesis by the cheaper of the two.
pub(crate) fn harmonics_cost(count: usize, degree: usize) -> f64 {
    let [direct, grid] = costs(count, degree);
    direct.min(grid)
}

/// A grid and its kernel.
struct Choice {
    around: usize,
    kernel: SpreadingKernel,
    /// How far the kernel misses the accuracy wanted; zero if it does not.
    miss: f64,
    cost: f64,
}

impl Choice {
    /// The cheapest for `count` points, a degree and an accuracy: a finer grid has a narrower kernel.
    fn of(count: usize, degree: usize, accuracy: f64) -> Self {
        let modes = (2 * degree + 1) as f64;
        [1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0]
            .map(|oversampling| {
                let around = smooth((oversampling * modes) as usize).max(32);
                // Each of the two directions may spend half.
                let kernel = SpreadingKernel::new(0.5 * accuracy, around as f64 / modes);
                let [width, terms] = [kernel.width(), kernel.terms()].map(|n| n as f64);
                // Nanoseconds of both directions: of a point its nodes and its weights, of the grid its transforms.
                let point = 0.33 * width * width + 0.28 * width * terms;
                let cost = count as f64 * point + 4.0 * (around * around) as f64;
                let miss = if kernel.error() <= 0.5 * accuracy { 0.0 } else { kernel.error() };
                Self { around, kernel, miss, cost }
            })
            .into_iter()
            .min_by(|a, b| a.miss.total_cmp(&b.miss).then(a.cost.total_cmp(&b.cost)))
            .expect("there are choices")
    }
}

#[cfg(test)]
mod tests;
