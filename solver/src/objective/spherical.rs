//! Zonal kernels on S^2 by spherical harmonics (Funk-Hecke).

use std::sync::Arc;

use rayon::prelude::*;

use super::features::{Evaluation, FeatureMap, Motion, Placed, project_on_tangent};
use crate::blocks::{self, block_size};
use crate::evaluation::DEFAULT_TOLERANCE;
use crate::transform::{GriddedPoints, ScatteredPoints, SphericalHarmonics, grid_pays};

/// Psi(eta) = (sqrt(k_l) Y_lm(eta)), so that `<Psi(eta), Psi(eta')> = sum_l k_l (2l + 1) / (4 pi) P_l(eta . eta')`.
///
/// The sums of harmonics are taken term by term, or through a grid for many points and many harmonics.
pub struct SphericalFeatures {
    harmonics: Arc<SphericalHarmonics>,
    /// `sqrt(k_l)` for each coefficient.
    root: Arc<Vec<f64>>,
    evaluation: Evaluation,
    tolerance: f64,
}

impl SphericalFeatures {
    /// Features of the kernel with the eigenvalues `k_l >= 0`, l = 0..=L, with respect to the surface measure.
    ///
    /// # Panics
    /// If there is no eigenvalue.
    pub fn new(eigenvalues: &[f64]) -> Self {
        let harmonics = SphericalHarmonics::new(eigenvalues.len() - 1);
        let root = harmonics.degrees().flat_map(|l| [eigenvalues[l].sqrt(); 2]).collect();
        Self {
            harmonics: Arc::new(harmonics),
            root: Arc::new(root),
            evaluation: Evaluation::Auto,
            tolerance: DEFAULT_TOLERANCE,
        }
    }

    /// The same features, evaluated in the given way; `tolerance` is that of sums through a grid: of the analysis relative to
    /// the sum of the absolute masses times the largest harmonic, of the synthesis relative to the largest value.
    #[must_use]
    pub fn evaluated(self, evaluation: Evaluation, tolerance: f64) -> Self {
        Self { evaluation, tolerance, ..self }
    }
}

impl FeatureMap for SphericalFeatures {
    fn dim(&self) -> usize {
        3
    }

    fn prediction_len(&self, _: usize) -> usize {
        self.harmonics.len()
    }

    fn degree(&self) -> Option<usize> {
        Some(self.harmonics.degree())
    }

    fn place(&self, points: &[f64], _: Motion) -> Box<dyn Placed> {
        let harmonics = self.harmonics.clone();
        let through_grid = match self.evaluation {
            Evaluation::Direct => false,
            Evaluation::Fast => true,
            Evaluation::Auto => grid_pays(points.len() / 3, harmonics.degree()),
        };
        let sums = if through_grid {
            Sums::Gridded(Box::new(GriddedPoints::new(harmonics, points, self.tolerance)))
        } else {
            Sums::Direct(ScatteredPoints::new(harmonics, points))
        };
        Box::new(PlacedSpherical {
            sums,
            points: points.to_vec(),
            root: self.root.clone(),
            scaled: vec![0.0; self.root.len()],
        })
    }
}

/// Sums of harmonics, by either way.
enum Sums {
    Direct(ScatteredPoints),
    Gridded(Box<GriddedPoints>),
}

struct PlacedSpherical {
    sums: Sums,
    points: Vec<f64>,
    root: Arc<Vec<f64>>,
    scaled: Vec<f64>,
}

impl PlacedSpherical {
    fn scale(&mut self, dual: &[f64]) {
        for ((s, g), root) in self.scaled.iter_mut().zip(dual).zip(&*self.root) {
            *s = g * root;
        }
    }
}

impl Placed for PlacedSpherical {
    fn structure(&self) -> Option<&'static str> {
        match self.sums {
            Sums::Direct(_) => None,
            Sums::Gridded(_) => Some("spherical-harmonic transforms"),
        }
    }

    fn move_to(&mut self, points: &[f64]) {
        blocks::copy(points, &mut self.points);
        match &mut self.sums {
            Sums::Direct(sums) => sums.move_to(points),
            Sums::Gridded(sums) => sums.move_to(points),
        }
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        match &mut self.sums {
            Sums::Direct(sums) => sums.analyze(mass, prediction),
            Sums::Gridded(sums) => sums.analyze(mass, prediction),
        }
        for (h, root) in prediction.iter_mut().zip(&*self.root) {
            *h *= root;
        }
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.scale(dual);
        match &mut self.sums {
            Sums::Direct(sums) => sums.synthesize(&self.scaled, value),
            Sums::Gridded(sums) => sums.synthesize(&self.scaled, value),
        }
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.scale(dual);
        match &mut self.sums {
            Sums::Direct(sums) => sums.synthesize_gradient(&self.scaled, value, gradient),
            Sums::Gridded(sums) => sums.synthesize_gradient(&self.scaled, value, gradient),
        }
        // The part along the point is up to L times the tangential one: what round-off leaves of it goes the second time.
        let size = 3 * block_size(value.len());
        gradient.par_chunks_mut(size).zip(self.points.par_chunks(size)).for_each(|(gradient, points)| {
            project_on_tangent(points, gradient, 3);
            project_on_tangent(points, gradient, 3);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_both_evaluations_agree_and_the_rule_takes_one_of_them() {
        let n = 500;
        let points: Vec<f64> = (0..n)
            .flat_map(|j| {
                let z = 1.0 - (2 * j + 1) as f64 / n as f64;
                let (s, c) = (2.4 * j as f64).sin_cos();
                let r = (1.0 - z * z).sqrt();
                [r * c, r * s, z]
            })
            .collect();
        let eigenvalues: Vec<f64> = (0..=30).map(|l| (-0.02 * f64::from(l * l)).exp()).collect();
        let mass: Vec<f64> = (0..n).map(|j| (j as f64).sin()).collect();
        let run = |evaluation| {
            let features = SphericalFeatures::new(&eigenvalues).evaluated(evaluation, 1e-12);
            let mut placed = features.place(&points, Motion::Fixed);
            let mut h = vec![0.0; features.prediction_len(n)];
            let (mut value, mut gradient) = (vec![0.0; n], vec![0.0; 3 * n]);
            placed.analyze(&mass, &mut h);
            placed.synthesize_gradient(&h, &mut value, &mut gradient);
            [h, value, gradient].concat()
        };
        let [auto, direct, fast] = [Evaluation::Auto, Evaluation::Direct, Evaluation::Fast].map(run);
        let largest = direct.iter().fold(0.0, |m, x| f64::max(m, x.abs()));
        let apart = direct.iter().zip(&fast).fold(0.0, |m, (a, b)| f64::max(m, (a - b).abs()));
        assert!(apart > 0.0 && apart < 1e-11 * largest, "{apart} of {largest}");
        assert!(auto == direct || auto == fast);
    }
}
