//! The Gaussian population: x ~ N(0, I_p), y = sum_k b_k relu(v_k . x), the square loss in closed form.
//!
//! `R(h) = 1/2 E (h - y)^2` needs only `E[(u.x)_+ (v.x)_+] = |u| |v| (sin t + (pi - t) cos t) / (2 pi)`, t the angle of u
//! and v: the arc-cosine kernel of order one between directions. For p = 1 the population is the two inputs +1 and -1 with equal
//! weights; for p = 2 the kernel is a cosine series, for p = 3 and ridge functions a series of Legendre polynomials; sums over pairs
//! of units serve any p. F and J are those of the truncated kernel, which is positive definite too, so the flow remains a
//! gradient flow exactly.

use std::f64::consts::PI;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::expansion::first;
use super::features::{Evaluation, FeatureMap};
use super::{
    Activation, CircularFeatures, DataNetwork, KernelError, Layers, Lift, Method, Objective, Risk,
    ZonalKernel,
};
use crate::atoms::Atoms;

const KERNEL: ZonalKernel = ZonalKernel::ArcCosine { order: 1 };

/// The most wave numbers that are kept for the sake of the kernel's slope alone, which jumps in its derivative at opposite
/// directions: its tail beyond is 3e-9 of the kernel at zero angle.
const MOST_FOR_SLOPE: usize = 8192;

/// A unit `output * relu(input . x)` of the function to be learnt.
#[derive(Debug, Clone, PartialEq)]
pub struct Teacher {
    /// b, any sign.
    pub output: f64,
    /// v, of any length in norm.
    pub input: Vec<f64>,
}

/// Why a Gaussian population has no closed form here.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GaussianError {
    /// Inputs without coordinates, or ridge functions of one coordinate, whose sphere is two points.
    #[error("the exact Gaussian population needs inputs of more coordinates than {0}")]
    Dimension(usize),
    /// The kernel's expansion is too long, or its tolerance makes no sense.
    #[error(transparent)]
    Kernel(#[from] KernelError),
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
    /// The network objective on the Gaussian population in `p` coordinates, at least 1 for two layers and 2 for ridge functions.
    ///
    /// Fast, by the expansion cut at the tolerance: p = 2, and p = 3 with ridge functions. p = 1 is exact and fast whatever is asked.
    ///
    /// # Errors
    /// When there is no closed form, a teacher has another dimension, or [`Evaluation::Fast`] is asked where there is no
    /// expansion or it is too long.
    pub fn gaussian(
        layers: Layers,
        p: usize,
        teachers: &[Teacher],
        method: Method,
        regularization: f64,
    ) -> Result<Self, GaussianError> {
        if let Some(index) = teachers.iter().position(|t| t.input.len() != p) {
            return Err(GaussianError::Teacher { index, found: teachers[index].input.len(), expected: p });
        }
        if p == 0 || (p == 1 && layers == Layers::Ridge) {
            return Err(GaussianError::Dimension(p));
        }
        if p == 1 {
            return Ok(Self::on_the_line(teachers, regularization));
        }
        let target = atoms_of(layers, p, teachers);
        if p > 2 && layers == Layers::Two && method.evaluation == Evaluation::Fast {
            return Err(KernelError::NoExpansion { dim: p + 1 }.into());
        }
        if (p > 2 && layers == Layers::Two) || method.takes_pairs(KERNEL, p)? {
            return Ok(Self::by_pairs(KERNEL, layers, &target, method.evaluation, regularization)?);
        }
        let features = match (p, layers) {
            (2, Layers::Two) => in_the_plane(Lift::TwoLayer, method)?,
            (2, Layers::Ridge) => in_the_plane(Lift::Circle, method)?,
            _ => KERNEL.features(p, method.evaluation, method.tolerance)?,
        };
        Ok(Self::matching(features, &target, regularization))
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
}

/// The features of p = 2, with wave numbers enough for the kernel's slope too, within [`MOST_FOR_SLOPE`].
fn in_the_plane(lift: Lift, method: Method) -> Result<Arc<dyn FeatureMap>, KernelError> {
    // 2 j k_j beyond K, relative to the kernel at zero angle
    let slope = |k: usize| 2.0 / (PI * (k as f64)).powi(2) <= method.tolerance;
    let degree = KERNEL.degree(2, method.tolerance)?.max(first(slope).min(MOST_FOR_SLOPE));
    let features = CircularFeatures::new(lift, &KERNEL.on_circle(degree));
    Ok(Arc::new(features.evaluated(method.evaluation, method.tolerance)))
}

/// Teachers as atoms: `b relu(v . x) = b |v| relu(e . x)`, on the two-layer sphere with `a = |u| = 1 / sqrt 2`.
fn atoms_of(layers: Layers, p: usize, teachers: &[Teacher]) -> Atoms {
    let (mut points, mut mass) = (Vec::new(), Vec::new());
    for Teacher { output, input } in teachers {
        let norm = input.iter().map(|v| v * v).sum::<f64>().sqrt();
        let direction = |k: usize| if norm > 0.0 { input[k] / norm } else { f64::from(u8::from(k == 0)) };
        let half = 0.5f64.sqrt();
        match layers {
            Layers::Ridge => {
                points.extend((0..p).map(direction));
                mass.push(output * norm);
            }
            Layers::Two => {
                points.push(half);
                points.extend((0..p).map(|k| half * direction(k)));
                mass.push(2.0 * output * norm);
            }
        }
    }
    Atoms::signed(p + usize::from(layers == Layers::Two), points, &mass)
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
