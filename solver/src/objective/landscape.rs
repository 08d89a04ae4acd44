//! `F(nu) = integral of V d nu`: the flow in a fixed landscape.

use rayon::prelude::*;

use super::features::{FeatureMap, Motion, Placed, project_on_tangent};
use crate::blocks::{self, block_size};
use crate::expression::Expression;
use crate::particles::quadrature_nodes;

/// Psi(eta) = V(eta), a single number; with [`super::Risk::Linear`] the potential J is V itself.
#[derive(Debug, Clone)]
pub struct Landscape {
    potential: Expression,
    dim: usize,
}

impl Landscape {
    /// The landscape of a potential in `dim` coordinates.
    pub fn new(potential: Expression, dim: usize) -> Self {
        Self { potential, dim }
    }

    /// A point, of a fine set, where the potential is not finite, and its value there.
    pub fn first_not_finite(&self) -> Option<(Vec<f64>, f64)> {
        let (points, _) = quadrature_nodes(self.dim, 0, 4096);
        let not_finite = |eta: &[f64]| {
            let value = self.potential.evaluate(eta);
            (!value.is_finite()).then(|| (eta.to_vec(), value))
        };
        points.chunks_exact(self.dim).find_map(not_finite)
    }
}

impl FeatureMap for Landscape {
    fn dim(&self) -> usize {
        self.dim
    }

    fn prediction_len(&self, _: usize) -> usize {
        1
    }

    fn place(&self, points: &[f64], _: Motion) -> Box<dyn Placed> {
        let mut placed = PlacedLandscape {
            landscape: self.clone(),
            points: points.to_vec(),
            value: vec![0.0; points.len() / self.dim],
        };
        placed.move_to(points);
        Box::new(placed)
    }
}

struct PlacedLandscape {
    landscape: Landscape,
    points: Vec<f64>,
    value: Vec<f64>,
}

impl Placed for PlacedLandscape {
    fn move_to(&mut self, points: &[f64]) {
        self.points.copy_from_slice(points);
        let (potential, dim) = (&self.landscape.potential, self.landscape.dim);
        let size = block_size(self.value.len());
        self.value.par_chunks_mut(size).zip(points.par_chunks(size * dim)).for_each(|(value, points)| {
            for (v, eta) in value.iter_mut().zip(points.chunks_exact(dim)) {
                *v = potential.evaluate(eta);
            }
        });
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        prediction[0] = blocks::sum(mass.len(), |j| mass[j] * self.value[j]);
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        for (out, v) in value.iter_mut().zip(&self.value) {
            *out = dual[0] * v;
        }
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        let (potential, dim) = (&self.landscape.potential, self.landscape.dim);
        let size = block_size(value.len()) * dim;
        gradient.par_chunks_mut(size).zip(self.points.par_chunks(size)).for_each(|(gradient, points)| {
            for (eta, g) in points.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)) {
                potential.gradient(eta, g);
                // Where it does not exist the gradient is zero.
                let exists = g.iter().all(|g| g.is_finite());
                g.iter_mut().for_each(|g| *g = if exists { *g * dual[0] } else { 0.0 });
            }
            project_on_tangent(points, gradient, dim);
        });
        self.synthesize(dual, value);
    }
}
