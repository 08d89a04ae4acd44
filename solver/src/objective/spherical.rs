//! Zonal kernels on S^2 by spherical harmonics (Funk-Hecke).

use std::sync::Arc;

use super::features::{FeatureMap, Motion, Placed, project_on_tangent};
use crate::transform::{ScatteredPoints, SphericalHarmonics};

/// Psi(eta) = (sqrt(k_l) Y_lm(eta)), so that `<Psi(eta), Psi(eta')> = sum_l k_l (2l + 1) / (4 pi) P_l(eta . eta')`.
pub struct SphericalFeatures {
    harmonics: Arc<SphericalHarmonics>,
    /// `sqrt(k_l)` for each coefficient.
    root: Arc<Vec<f64>>,
}

impl SphericalFeatures {
    /// Features of the kernel with the eigenvalues `k_l >= 0`, l = 0..=L, with respect to the surface measure.
    ///
    /// # Panics
    /// If there is no eigenvalue.
    pub fn new(eigenvalues: &[f64]) -> Self {
        let harmonics = SphericalHarmonics::new(eigenvalues.len() - 1);
        let root = harmonics.degrees().flat_map(|l| [eigenvalues[l].sqrt(); 2]).collect();
        Self { harmonics: Arc::new(harmonics), root: Arc::new(root) }
    }
}

impl FeatureMap for SphericalFeatures {
    fn dim(&self) -> usize {
        3
    }

    fn prediction_len(&self, _: usize) -> usize {
        self.harmonics.len()
    }

    fn place(&self, points: &[f64], _: Motion) -> Box<dyn Placed> {
        Box::new(PlacedSpherical {
            transform: ScatteredPoints::new(self.harmonics.clone(), points),
            points: points.to_vec(),
            root: self.root.clone(),
            scaled: vec![0.0; self.root.len()],
        })
    }
}

struct PlacedSpherical {
    transform: ScatteredPoints,
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
    fn move_to(&mut self, points: &[f64]) {
        self.points.copy_from_slice(points);
        self.transform.move_to(points);
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        self.transform.analyze(mass, prediction);
        for (h, root) in prediction.iter_mut().zip(&*self.root) {
            *h *= root;
        }
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.scale(dual);
        self.transform.synthesize(&self.scaled, value);
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.synthesize(dual, value);
        self.transform.synthesize_gradient(&self.scaled, gradient);
        project_on_tangent(&self.points, gradient, 3);
    }
}
