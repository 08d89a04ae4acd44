//! Two-layer networks on finite data: `Psi(eta)` is the vector of a unit's outputs on the n data points.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;

use super::features::{FeatureMap, Motion, Placed, project_on_tangent};
use crate::blocks::{VectorSum, block_size};

/// Activation functions; `act'(0) = 0` where the derivative jumps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(t, 0)`.
    Relu,
    /// `t` for positive t, `slope t` for negative.
    LeakyRelu {
        /// Slope on the negative side.
        slope: f64,
    },
    /// `|t|`.
    Abs,
    /// `t`.
    Identity,
    /// `max(t, 0)^2`.
    SquaredRelu,
    /// `t^2`.
    Quadratic,
}

impl Activation {
    /// `act(t)`.
    #[inline(always)]
    pub fn value(self, t: f64) -> f64 {
        match self {
            Self::Relu => t.max(0.0),
            Self::LeakyRelu { slope } => t.max(0.0) + slope * t.min(0.0),
            Self::Abs => t.abs(),
            Self::Identity => t,
            Self::SquaredRelu => t.max(0.0) * t.max(0.0),
            Self::Quadratic => t * t,
        }
    }

    /// `act'(t)`.
    #[inline(always)]
    pub fn slope(self, t: f64) -> f64 {
        let positive = if t > 0.0 { 1.0 } else { 0.0 };
        let negative = if t < 0.0 { 1.0 } else { 0.0 };
        match self {
            Self::Relu => positive,
            Self::LeakyRelu { slope } => positive + slope * negative,
            Self::Abs => positive - negative,
            Self::Identity => 1.0,
            Self::SquaredRelu => 2.0 * t.max(0.0),
            Self::Quadratic => 2.0 * t,
        }
    }
}

/// Which weights of a unit are the coordinates of eta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    /// eta = (a, u), Psi(eta)(x) = a act(u . x).
    Two,
    /// eta = u, Psi(eta)(x) = act(u . x): a ridge function.
    Ridge,
}

/// Data points per inner loop: what a unit needs of them stays in the first-level cache.
const CHUNK: usize = 64;

/// The features of a network on n data points.
#[derive(Clone)]
pub struct DataNetwork {
    layers: Layers,
    activation: Activation,
    /// Input coordinates, one vector of length n for each, padded with zeros to a multiple of [`CHUNK`].
    inputs: Arc<Vec<Vec<f64>>>,
    count: usize,
}

impl DataNetwork {
    /// The features on `inputs`: one row of p numbers for each data point (the constant 1 of a bias included).
    ///
    /// # Panics
    /// If there are no data, or rows of different lengths.
    pub fn new(layers: Layers, activation: Activation, inputs: &[Vec<f64>]) -> Self {
        let count = inputs.len();
        assert!(count > 0, "a network needs data");
        let width = inputs[0].len();
        assert!(inputs.iter().all(|row| row.len() == width), "inputs have one length");
        let padded = count.next_multiple_of(CHUNK);
        let column =
            |d: usize| inputs.iter().map(|x| x[d]).chain(std::iter::repeat_n(0.0, padded - count)).collect();
        Self { layers, activation, inputs: Arc::new((0..width).map(column).collect()), count }
    }

    /// Number of input coordinates p.
    pub fn input_dim(&self) -> usize {
        self.inputs.len()
    }

    /// Splits eta into the output weight and the input weights.
    #[inline(always)]
    fn unit<'a>(&self, eta: &'a [f64]) -> (f64, &'a [f64]) {
        match self.layers {
            Layers::Two => (eta[0], &eta[1..]),
            Layers::Ridge => (1.0, eta),
        }
    }

    /// `t_i = u . x_i` for one chunk of data points.
    #[inline(always)]
    fn preactivation(&self, input_weights: &[f64], start: usize) -> [f64; CHUNK] {
        let mut t = [0.0; CHUNK];
        for (u, column) in input_weights.iter().zip(&*self.inputs) {
            for (t, x) in t.iter_mut().zip(&column[start..start + CHUNK]) {
                *t += u * x;
            }
        }
        t
    }

    #[inline(always)]
    fn analyze_unit(&self, act: Activation, eta: &[f64], mass: f64, prediction: &mut [f64]) {
        let (output, input_weights) = self.unit(eta);
        let mass = mass * output;
        for (c, h) in prediction.chunks_exact_mut(CHUNK).enumerate() {
            let t = self.preactivation(input_weights, c * CHUNK);
            for (h, t) in h.iter_mut().zip(t) {
                *h += mass * act.value(t);
            }
        }
    }

    #[inline(always)]
    fn synthesize_unit(&self, act: Activation, eta: &[f64], dual: &[f64]) -> f64 {
        let (output, input_weights) = self.unit(eta);
        let mut lanes = [0.0; 8];
        for (c, g) in dual.chunks_exact(CHUNK).enumerate() {
            let t = self.preactivation(input_weights, c * CHUNK);
            for (t, g) in t.chunks_exact(8).zip(g.chunks_exact(8)) {
                for k in 0..8 {
                    lanes[k] += g[k] * act.value(t[k]);
                }
            }
        }
        output * lanes.iter().sum::<f64>()
    }

    /// Value and Cartesian gradient at one unit.
    #[inline(always)]
    fn gradient_of_unit(&self, act: Activation, eta: &[f64], dual: &[f64], gradient: &mut [f64]) -> f64 {
        let (output, input_weights) = self.unit(eta);
        let first = eta.len() - input_weights.len();
        gradient.fill(0.0);
        let mut value = 0.0;
        for (c, g) in dual.chunks_exact(CHUNK).enumerate() {
            let t = self.preactivation(input_weights, c * CHUNK);
            let mut lanes = [0.0; 8];
            let mut sloped = [0.0; CHUNK];
            for (i, (t, g)) in t.chunks_exact(8).zip(g.chunks_exact(8)).enumerate() {
                for k in 0..8 {
                    lanes[k] += g[k] * act.value(t[k]);
                    sloped[8 * i + k] = g[k] * act.slope(t[k]);
                }
            }
            value += lanes.iter().sum::<f64>();
            for (slot, column) in gradient[first..].iter_mut().zip(&*self.inputs) {
                let mut lanes = [0.0; 8];
                let column = &column[c * CHUNK..(c + 1) * CHUNK];
                for (s, x) in sloped.chunks_exact(8).zip(column.chunks_exact(8)) {
                    for k in 0..8 {
                        lanes[k] += s[k] * x[k];
                    }
                }
                *slot += output * lanes.iter().sum::<f64>();
            }
        }
        if first == 1 {
            gradient[0] = value;
        }
        output * value
    }
}

/// Evaluates `$body` with `$bound` a constant, so that its loops are compiled for each activation.
macro_rules! with_activation {
    ($activation:expr, |$bound:ident| $body:expr) => {
        match $activation {
            Activation::Relu => {
                let $bound = Activation::Relu;
                $body
            }
            Activation::LeakyRelu { slope } => {
                let $bound = Activation::LeakyRelu { slope };
                $body
            }
            Activation::Abs => {
                let $bound = Activation::Abs;
                $body
            }
            Activation::Identity => {
                let $bound = Activation::Identity;
                $body
            }
            Activation::SquaredRelu => {
                let $bound = Activation::SquaredRelu;
                $body
            }
            Activation::Quadratic => {
                let $bound = Activation::Quadratic;
                $body
            }
        }
    };
}

impl FeatureMap for DataNetwork {
    fn dim(&self) -> usize {
        self.input_dim() + usize::from(self.layers == Layers::Two)
    }

    fn prediction_len(&self, _: usize) -> usize {
        self.count
    }

    fn polar_axis(&self) -> usize {
        match self.layers {
            Layers::Two => 0,
            Layers::Ridge => self.dim() - 1,
        }
    }

    fn place(&self, points: &[f64], _: Motion) -> Box<dyn Placed> {
        let padded = self.inputs.first().map_or(0, Vec::len);
        Box::new(PlacedNetwork {
            network: self.clone(),
            dim: self.dim(),
            points: points.to_vec(),
            sum: VectorSum::new(points.len() / self.dim(), padded),
            padded: vec![0.0; padded],
            arch: Arch::new(),
        })
    }
}

struct PlacedNetwork {
    network: DataNetwork,
    dim: usize,
    points: Vec<f64>,
    sum: VectorSum,
    /// A prediction or dual, padded like the data.
    padded: Vec<f64>,
    arch: Arch,
}

impl PlacedNetwork {
    fn load(&mut self, dual: &[f64]) {
        self.padded[..dual.len()].copy_from_slice(dual);
        self.padded[dual.len()..].fill(0.0);
    }
}

impl Placed for PlacedNetwork {
    fn move_to(&mut self, points: &[f64]) {
        self.points.copy_from_slice(points);
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let (network, dim, points, arch) = (&self.network, self.dim, &self.points, self.arch);
        self.sum.run(&mut self.padded, |range, partial| {
            with_activation!(network.activation, |act| arch.dispatch(|| {
                for j in range.clone() {
                    network.analyze_unit(act, &points[j * dim..(j + 1) * dim], mass[j], partial);
                }
            }));
        });
        prediction.copy_from_slice(&self.padded[..prediction.len()]);
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.load(dual);
        let (network, dim, arch, dual) = (&self.network, self.dim, self.arch, &self.padded);
        let size = block_size(value.len());
        value.par_chunks_mut(size).zip(self.points.par_chunks(size * dim)).for_each(|(value, points)| {
            with_activation!(network.activation, |act| arch.dispatch(|| {
                for (v, eta) in value.iter_mut().zip(points.chunks_exact(dim)) {
                    *v = network.synthesize_unit(act, eta, dual);
                }
            }));
        });
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.load(dual);
        let (network, dim, arch, dual) = (&self.network, self.dim, self.arch, &self.padded);
        let size = block_size(value.len());
        let rows = gradient.par_chunks_mut(size * dim).zip(self.points.par_chunks(size * dim));
        value.par_chunks_mut(size).zip(rows).for_each(|(value, (gradient, points))| {
            with_activation!(network.activation, |act| arch.dispatch(|| {
                let rows = gradient.chunks_exact_mut(dim).zip(points.chunks_exact(dim));
                for (v, (g, eta)) in value.iter_mut().zip(rows) {
                    *v = network.gradient_of_unit(act, eta, dual, g);
                }
            }));
            project_on_tangent(points, gradient, dim);
        });
    }
}
