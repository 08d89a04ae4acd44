//! What a feature map offers.

/// A feature map Psi from points eta to vectors of a finite-dimensional Hilbert space with the usual inner product.
pub trait FeatureMap: Send + Sync {
    /// Number of coordinates of a point: d + 1 on S^d.
    fn dim(&self) -> usize;

    /// Length of the prediction of `atoms` atoms: that of Psi(eta), whatever their number, unless the map keeps the measure
    /// itself as its prediction.
    fn prediction_len(&self, atoms: usize) -> usize;

    /// The coordinate whose axis a quadrature on the sphere should turn about: the output weight of a two-layer unit, whose
    /// feature then has its kinks at the poles and along meridians, where the rule keeps its order; else the last one.
    fn polar_axis(&self) -> usize {
        self.dim() - 1
    }

    /// Psi at `points`, shape [N, dim] flat.
    fn place(&self, points: &[f64], motion: Motion) -> Box<dyn Placed>;
}

/// What will be asked of a set of points: how much of a plan for them pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Many evaluations at the same points, such as the cells of a mesh.
    Fixed,
    /// Few evaluations before the points move, such as those of particles.
    Moving,
}

/// How sums over pairs of points, or of points and data, are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evaluation {
    /// The cheaper way, by a rule of the numbers of points and features alone.
    #[default]
    Auto,
    /// Term by term: the oracle of the fast algorithms.
    Direct,
    /// By the fast algorithm of the structure, at any size.
    Fast,
}

/// A feature map at a set of N points: analysis and its transpose, the synthesis, with the plans that they need.
///
/// Law: `<analyze(q), g> = sum_j q_j synthesize(g)_j` for all masses q and duals g.
pub trait Placed: Send + Sync {
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
