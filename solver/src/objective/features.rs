//! What a feature map offers.

use std::sync::Arc;

use crate::transform::BlockBasis;

pub use crate::evaluation::{Evaluation, Motion};

/// A feature map Psi from points eta to vectors of a finite-dimensional Hilbert space with the usual inner product.
pub trait FeatureMap: Send + Sync {
    /// Number of coordinates of a point: d + 1 on S^d.
    fn dim(&self) -> usize;

    /// Length of the prediction of `atoms` atoms: that of Psi(eta), whatever their number, unless the map keeps the measure
    /// itself as its prediction.
    fn prediction_len(&self, atoms: usize) -> usize;

    /// The highest wave number or degree, where Psi is an expansion in harmonics.
    fn degree(&self) -> Option<usize> {
        None
    }

    /// The coordinate whose axis a quadrature on the sphere should turn about: the output weight of a two-layer unit, whose
    /// feature then has its kinks at the poles and along meridians, where the rule keeps its order; else the last one.
    fn polar_axis(&self) -> usize {
        self.dim() - 1
    }

    /// Terms of a synthesis at `atoms` points from a prediction of as many, term by term.
    fn terms(&self, atoms: usize) -> f64 {
        atoms as f64 * self.prediction_len(atoms) as f64
    }

    /// Psi at `points`, shape [N, dim] flat.
    fn place(&self, points: &[f64], motion: Motion) -> Box<dyn Placed>;
}

/// A feature map at a set of N points: analysis and its transpose, the synthesis, with the plans that they need.
///
/// Law: `<analyze(q), g> = sum_j q_j synthesize(g)_j` for all masses q and duals g.
pub trait Placed: Send + Sync {
    /// The name of the fast algorithm in use, or none: the sums go term by term.
    fn structure(&self) -> Option<&'static str> {
        None
    }

    /// Moves the points; their number stays.
    fn move_to(&mut self, points: &[f64]);

    /// Analysis: `prediction = sum_j mass[j] Psi(eta_j)`; masses may have any sign.
    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]);

    /// Synthesis: `value[j] = <Psi(eta_j), dual>`.
    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]);

    /// The synthesis, and its gradient on the sphere, shape [N, dim] flat: tangent to the sphere at each point, zero
    /// where it does not exist.
    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]);

    /// The same sums in blocks of consecutive points, where they have that form and the points stay where they are.
    fn in_blocks(&mut self) -> Option<&mut dyn InBlocks> {
        None
    }
}

/// Analysis and synthesis that reach the points by a [`BlockBasis`] alone: the rest of them works on its rows, of a few numbers
/// for each block. Whoever has a block of points in hand can so make the values there, and take the moments of masses, without
/// an array of the values or masses of all points.
///
/// Law: `analyze` is `analyze_moments` of the moments of the masses, and `synthesize` the values of `synthesize_terms`.
pub trait InBlocks {
    /// The functions on a block.
    fn basis(&mut self) -> &Arc<BlockBasis>;

    /// Analysis of masses with these moments.
    fn analyze_moments(&mut self, moments: &[f64], prediction: &mut [f64]);

    /// Synthesis, as far as the terms of each block.
    fn synthesize_terms(&mut self, dual: &[f64], terms: &mut [f64]);
}

/// Takes from each row of `gradient`, shape [N, dim], its part along the point: `(I - eta eta^T) g`.
#[inline(always)]
pub(super) fn project_on_tangent(points: &[f64], gradient: &mut [f64], dim: usize) {
    match dim {
        2 => project_rows(points.as_chunks::<2>().0, gradient.as_chunks_mut::<2>().0),
        3 => project_rows(points.as_chunks::<3>().0, gradient.as_chunks_mut::<3>().0),
        4 => project_rows(points.as_chunks::<4>().0, gradient.as_chunks_mut::<4>().0),
        _ => {
            let rows = points.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim));
            rows.for_each(|(eta, g)| project_row(eta, g));
        }
    }
}

/// The same for rows whose length the compiler knows.
#[inline(always)]
fn project_rows<const D: usize>(points: &[[f64; D]], gradient: &mut [[f64; D]]) {
    points.iter().zip(gradient).for_each(
        #[inline(always)]
        |(eta, g)| project_row(eta, g),
    );
}

#[inline(always)]
fn project_row(eta: &[f64], g: &mut [f64]) {
    let mut along = 0.0;
    for (e, g) in eta.iter().zip(&*g) {
        along += e * g;
    }
    for (g, e) in g.iter_mut().zip(eta) {
        *g -= along * e;
    }
}
