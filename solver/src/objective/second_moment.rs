//! `F(nu) = 1/4 |integral of eta eta^T d nu - B|_F^2`: linear networks, symmetric matrix factorisation.

use rayon::prelude::*;

use super::features::{FeatureMap, Motion, Placed, project_on_tangent};
use crate::blocks::{self, VectorSum, block_size};

/// Psi(eta) = eta eta^T / sqrt(2), as the vector of its entries on and above the diagonal, so that
/// `1/2 |h - b|^2 = 1/4 |S - B|_F^2` and `J(eta) = 1/2 eta^T (S - B) eta`.
#[derive(Debug, Clone)]
pub struct SecondMoment {
    dim: usize,
}

impl SecondMoment {
    /// The second moment of measures in `dim` coordinates.
    pub fn new(dim: usize) -> Self {
        Self { dim }
    }

    /// A symmetric matrix, rows of length `dim`, as a vector of the feature space.
    pub fn vector(&self, matrix: &[Vec<f64>]) -> Vec<f64> {
        entries(self.dim)
            .map(
                |(i, j)| {
                    if i == j { matrix[i][i] / 2f64.sqrt() } else { 0.5 * (matrix[i][j] + matrix[j][i]) }
                },
            )
            .collect()
    }
}

fn entries(dim: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..dim).flat_map(move |i| (i..dim).map(move |j| (i, j)))
}

fn factor((i, j): (usize, usize)) -> f64 {
    if i == j { 1.0 / 2f64.sqrt() } else { 1.0 }
}

impl FeatureMap for SecondMoment {
    fn dim(&self) -> usize {
        self.dim
    }

    fn prediction_len(&self, _: usize) -> usize {
        self.dim * (self.dim + 1) / 2
    }

    fn place(&self, points: &[f64], _: Motion) -> Box<dyn Placed> {
        let count = points.len() / self.dim;
        Box::new(PlacedSecondMoment {
            dim: self.dim,
            points: points.to_vec(),
            sum: VectorSum::new(count, self.prediction_len(count)),
            matrix: vec![0.0; self.dim * self.dim],
        })
    }
}

struct PlacedSecondMoment {
    dim: usize,
    points: Vec<f64>,
    sum: VectorSum,
    matrix: Vec<f64>,
}

impl PlacedSecondMoment {
    /// Sets the symmetric matrix A of `<Psi(eta), dual> = 1/2 eta^T A eta`.
    fn load(&mut self, dual: &[f64]) {
        for ((i, j), g) in entries(self.dim).zip(dual) {
            let a = if i == j { 2f64.sqrt() * g } else { *g };
            self.matrix[i * self.dim + j] = a;
            self.matrix[j * self.dim + i] = a;
        }
    }
}

impl Placed for PlacedSecondMoment {
    fn move_to(&mut self, points: &[f64]) {
        blocks::copy(points, &mut self.points);
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let (dim, points) = (self.dim, &self.points);
        self.sum.run(prediction, |range, partial| {
            for j in range {
                let eta = &points[j * dim..(j + 1) * dim];
                for (p, (a, b)) in partial.iter_mut().zip(entries(dim)) {
                    *p += mass[j] * factor((a, b)) * eta[a] * eta[b];
                }
            }
        });
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        let dim = self.dim;
        let size = block_size(value.len());
        let points = self.points.par_chunks(size * dim);
        value.par_chunks_mut(size).zip(points).for_each(|(value, points)| {
            for (v, eta) in value.iter_mut().zip(points.chunks_exact(dim)) {
                *v = entries(dim).zip(dual).map(|((a, b), g)| g * factor((a, b)) * eta[a] * eta[b]).sum();
            }
        });
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.load(dual);
        let (dim, matrix) = (self.dim, &self.matrix);
        let size = block_size(value.len());
        let rows = gradient.par_chunks_mut(size * dim).zip(self.points.par_chunks(size * dim));
        value.par_chunks_mut(size).zip(rows).for_each(|(value, (gradient, points))| {
            let rows = gradient.chunks_exact_mut(dim).zip(points.chunks_exact(dim));
            for (v, (g, eta)) in value.iter_mut().zip(rows) {
                for (a, row) in g.iter_mut().zip(matrix.chunks_exact(dim)) {
                    *a = row.iter().zip(eta).map(|(m, e)| m * e).sum();
                }
                *v = 0.5 * g.iter().zip(eta).map(|(a, e)| a * e).sum::<f64>();
            }
            project_on_tangent(points, gradient, dim);
        });
    }
}
