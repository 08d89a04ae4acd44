//! Features that are Fourier modes of an angle: zonal kernels on the circle, and the Gaussian population in the plane.

use std::sync::Arc;

use rustfft::num_complex::Complex64;

use super::features::{FeatureMap, Motion, Placed};
use crate::transform::{Bandwidth, ScatteredAngles};

/// How a point has an angle theta and an amplitude c.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// The circle: eta = (cos theta, sin theta), c = 1.
    Circle,
    /// The two-layer sphere S^2: eta = (a, u), theta the angle of u, c = a |u|.
    TwoLayer,
}

/// Psi(eta) = c(eta) (sqrt(k_0), sqrt(2 k_j) cos(j theta), sqrt(2 k_j) sin(j theta), j = 1..=K), so that
/// `<Psi(eta), Psi(eta')> = c c' (k_0 + 2 sum_j k_j cos(j (theta - theta')))`.
pub struct CircularFeatures {
    lift: Lift,
    bandwidth: Arc<Bandwidth>,
    root: Arc<Vec<f64>>,
}

impl CircularFeatures {
    /// Features of the kernel with cosine coefficients `k_0, ..., k_K >= 0`.
    ///
    /// # Panics
    /// If there is no coefficient.
    pub fn new(lift: Lift, coefficients: &[f64]) -> Self {
        let root =
            coefficients.iter().enumerate().map(|(j, k)| if j == 0 { *k } else { 2.0 * k }.sqrt()).collect();
        Self { lift, bandwidth: Arc::new(Bandwidth::new(coefficients.len() - 1)), root: Arc::new(root) }
    }
}

impl FeatureMap for CircularFeatures {
    fn dim(&self) -> usize {
        match self.lift {
            Lift::Circle => 2,
            Lift::TwoLayer => 3,
        }
    }

    fn prediction_len(&self, _: usize) -> usize {
        2 * self.root.len()
    }

    fn polar_axis(&self) -> usize {
        match self.lift {
            Lift::Circle => 1,
            Lift::TwoLayer => 0,
        }
    }

    fn place(&self, points: &[f64], _: Motion) -> Box<dyn Placed> {
        let count = points.len() / self.dim();
        let mut placed = PlacedCircular {
            lift: self.lift,
            transform: ScatteredAngles::new(self.bandwidth.clone(), &vec![0.0; count]),
            root: self.root.clone(),
            points: points.to_vec(),
            angle: vec![0.0; count],
            amplitude: vec![1.0; count],
            scaled: vec![0.0; count],
            coefficients: vec![Complex64::ZERO; self.root.len()],
        };
        placed.move_to(points);
        Box::new(placed)
    }
}

struct PlacedCircular {
    lift: Lift,
    transform: ScatteredAngles,
    root: Arc<Vec<f64>>,
    points: Vec<f64>,
    angle: Vec<f64>,
    amplitude: Vec<f64>,
    /// Masses times amplitudes, or the angular derivative.
    scaled: Vec<f64>,
    coefficients: Vec<Complex64>,
}

impl PlacedCircular {
    fn load(&mut self, dual: &[f64]) {
        for ((c, g), root) in self.coefficients.iter_mut().zip(dual.chunks_exact(2)).zip(&*self.root) {
            *c = Complex64::new(g[0], g[1]) * root;
        }
    }
}

impl Placed for PlacedCircular {
    fn move_to(&mut self, points: &[f64]) {
        self.points.copy_from_slice(points);
        let dim = points.len() / self.angle.len().max(1);
        for (j, eta) in points.chunks_exact(dim.max(1)).enumerate() {
            match self.lift {
                Lift::Circle => self.angle[j] = eta[1].atan2(eta[0]),
                Lift::TwoLayer => {
                    self.angle[j] = eta[2].atan2(eta[1]);
                    self.amplitude[j] = eta[0] * eta[1].hypot(eta[2]);
                }
            }
        }
        self.transform.move_to(&self.angle);
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        for ((s, q), c) in self.scaled.iter_mut().zip(mass).zip(&self.amplitude) {
            *s = q * c;
        }
        self.transform.analyze(&self.scaled, &mut self.coefficients);
        for ((h, c), root) in prediction.chunks_exact_mut(2).zip(&self.coefficients).zip(&*self.root) {
            h[0] = root * c.re;
            h[1] = root * c.im;
        }
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.load(dual);
        self.transform.synthesize(&self.coefficients, value);
        for (v, c) in value.iter_mut().zip(&self.amplitude) {
            *v *= c;
        }
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.load(dual);
        self.transform.synthesize(&self.coefficients, value);
        self.transform.synthesize_derivative(&self.coefficients, &mut self.scaled);
        match self.lift {
            Lift::Circle => {
                for ((g, eta), slope) in
                    gradient.chunks_exact_mut(2).zip(self.points.chunks_exact(2)).zip(&self.scaled)
                {
                    g.copy_from_slice(&[-eta[1] * slope, eta[0] * slope]);
                }
            }
            Lift::TwoLayer => {
                let points = self.points.chunks_exact(3);
                for (((g, eta), v), slope) in
                    gradient.chunks_exact_mut(3).zip(points).zip(&mut *value).zip(&self.scaled)
                {
                    g.copy_from_slice(&two_layer_gradient(eta, *v, *slope));
                    *v *= eta[0] * eta[1].hypot(eta[2]);
                }
            }
        }
    }
}

/// Gradient on the sphere of `a |u| f(theta)`, given f and its derivative: on S^2, with `a = cos p`, `|u| = sin p`, it is
/// `cos(2 p) f` along p and `a f'` along theta.
fn two_layer_gradient(eta: &[f64], f: f64, slope: f64) -> [f64; 3] {
    let (a, norm) = (eta[0], eta[1].hypot(eta[2]));
    if norm == 0.0 {
        return [0.0; 3];
    }
    let [c, s] = [eta[1] / norm, eta[2] / norm];
    let along = (a * a - norm * norm) * f;
    [-norm * along, a * (along * c - slope * s), a * (along * s + slope * c)]
}
