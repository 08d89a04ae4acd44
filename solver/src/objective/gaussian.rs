//! The Gaussian population: x ~ N(0, I_p), y = sum_k b_k relu(v_k . x), the square loss in closed form.
//!
//! `R(h) = 1/2 E (h - y)^2` needs only `E[(u.x)_+ (v.x)_+] = |u| |v| (sin t + (pi - t) cos t) / (2 pi)`, t the angle of u
//! and v: the arc-cosine kernel of order one. For p = 2 it has the cosine series `2/pi^2 + (1/4) cos t + sum over even k
//! of (4/pi^2) / (k^2 - 1)^2 cos(k t)`; for p = 1 the population is the two inputs +1 and -1 with equal weights.

use std::f64::consts::PI;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::features::FeatureMap;
use super::{Activation, CircularFeatures, DataNetwork, Layers, Lift, Objective, Risk};
use crate::atoms::Atoms;

/// Wave numbers kept of the series: the kernel's tail beyond is 4 / (6 pi^2 K^3) = 8e-12, that of its slope, which jumps in
/// its derivative at opposite directions, at most 1 / (pi^2 K^2) = 2.4e-8. F and J are those of the truncated kernel, which
/// is positive definite too, so the flow remains a gradient flow exactly.
const MODES: usize = 2048;

/// A unit `output * relu(input . x)` of the function to be learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Teacher {
    /// b, any sign.
    pub output: f64,
    /// v, of any length in norm.
    pub input: Vec<f64>,
}

/// Why a Gaussian population has no closed form here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GaussianError {
    /// Inputs of a dimension whose kernel is not expanded.
    #[error("the exact Gaussian population is available for inputs of 1 or 2 coordinates, not {0}")]
    Dimension(usize),
    /// A teacher whose input weights do not have the dimension of the inputs.
    #[error("teacher {index} has {found} input weights, the inputs have {expected} coordinates")]
    Teacher {
        /// 0-based.
        index: usize,
        /// Length of its `input`.
        found: usize,
        /// p.
        expected: usize,
    },
}

impl Objective {
    /// The network objective on the Gaussian population in `p` = 1 (two layers only) or 2 coordinates.
    ///
    /// # Errors
    /// When there is no closed form, or a teacher has another dimension.
    pub fn gaussian(
        layers: Layers,
        p: usize,
        teachers: &[Teacher],
        regularization: f64,
    ) -> Result<Self, GaussianError> {
        if let Some(index) = teachers.iter().position(|t| t.input.len() != p) {
            return Err(GaussianError::Teacher { index, found: teachers[index].input.len(), expected: p });
        }
        match (p, layers) {
            (1, Layers::Two) => Ok(Self::on_the_line(teachers, regularization)),
            (2, Layers::Two) => Ok(Self::in_the_plane(Lift::TwoLayer, teachers, regularization)),
            (2, Layers::Ridge) => Ok(Self::in_the_plane(Lift::Circle, teachers, regularization)),
            _ => Err(GaussianError::Dimension(p)),
        }
    }

    fn on_the_line(teachers: &[Teacher], regularization: f64) -> Self {
        let inputs = [vec![1.0], vec![-1.0]];
        let target = inputs
            .iter()
            .map(|x| teachers.iter().map(|t| t.output * (t.input[0] * x[0]).max(0.0)).sum())
            .collect();
        let features = DataNetwork::new(Layers::Two, Activation::Relu, &inputs);
        Self::new(Arc::new(features), Risk::Square { target, weight: 0.5 }, regularization)
    }

    fn in_the_plane(lift: Lift, teachers: &[Teacher], regularization: f64) -> Self {
        let features = Arc::new(CircularFeatures::new(lift, &arc_cosine_coefficients(MODES)));
        // A teacher is an atom: b relu(v . x) = b |v| relu(e . x), with a = |u| = 1/sqrt(2) on the two-layer sphere.
        let mut points = Vec::new();
        let mut mass = Vec::new();
        for Teacher { output, input } in teachers {
            let norm = input[0].hypot(input[1]);
            let [c, s] = if norm > 0.0 { [input[0] / norm, input[1] / norm] } else { [1.0, 0.0] };
            match lift {
                Lift::Circle => {
                    points.extend([c, s]);
                    mass.push(output * norm);
                }
                Lift::TwoLayer => {
                    let half = 0.5f64.sqrt();
                    points.extend([half, half * c, half * s]);
                    mass.push(2.0 * output * norm);
                }
            }
        }
        Self::matching(features.clone(), &Atoms::signed(features.dim(), points, &mass), regularization)
    }
}

/// A finite sample of the population: `count` inputs x ~ N(0, I) of `p` coordinates, the last one 1 for a bias, and the
/// teacher's outputs `y = sum_k b_k act(v_k . x)`. The generator is ChaCha with 8 rounds, seeded by `seed`.
pub fn gaussian_sample(
    p: usize,
    bias: bool,
    teachers: &[Teacher],
    activation: Activation,
    count: usize,
    seed: u64,
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let drawn = p - usize::from(bias);
    let inputs: Vec<Vec<f64>> = (0..count)
        .map(|_| {
            let normal = (0..drawn).map(|_| StandardNormal.sample(&mut rng));
            normal.chain(std::iter::repeat_n(1.0, p - drawn)).collect()
        })
        .collect();
    let outputs = inputs
        .iter()
        .map(|x| {
            let unit =
                |t: &Teacher| t.output * activation.value(t.input.iter().zip(x).map(|(v, x)| v * x).sum());
            teachers.iter().map(unit).sum()
        })
        .collect();
    (inputs, outputs)
}

/// `k_j` of the arc-cosine kernel `k_0 + 2 sum_j k_j cos(j t)`, j = 0..=modes.
fn arc_cosine_coefficients(modes: usize) -> Vec<f64> {
    (0..=modes)
        .map(|j| match j {
            0 => 2.0 / (PI * PI),
            1 => 0.125,
            j if j % 2 == 0 => 2.0 / (PI * ((j * j) as f64 - 1.0)).powi(2),
            _ => 0.0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ref_series_sums_to_the_closed_form() {
        let k = arc_cosine_coefficients(MODES);
        for t in [0.0f64, 0.2, 1.0, 2.5, PI] {
            let series: f64 = k
                .iter()
                .enumerate()
                .map(|(j, k)| if j == 0 { *k } else { 2.0 * k * (j as f64 * t).cos() })
                .sum();
            let exact = (t.sin() + (PI - t) * t.cos()) / (2.0 * PI);
            assert!((series - exact).abs() < 1e-11, "{t}: {series} against {exact}");
        }
    }
}
