//! What a feature map offers.

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
}

/// Takes from each row of `gradient`, shape [N, dim], its part along the point: `(I - eta eta^T) g`.
pub(super) fn project_on_tangent(points: &[f64], gradient: &mut [f64], dim: usize) {
    for (eta, g) in points.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)) {
        let along: f64 = eta.iter().zip(&*g).map(|(e, g)| e * g).sum();
        for (g, e) in g.iter_mut().zip(eta) {
            *g -= along * e;
        }
    }
}
