//! Two-layer networks on finite data: `Psi(eta)` is the vector of a unit's outputs on the n data points.

mod activation;
mod caps;
mod flips;
mod matrix_free;
mod moments;
mod plane;
#[cfg(test)]
mod tests;

pub use activation::Activation;

use std::sync::Arc;

use super::features::{Evaluation, FeatureMap, Motion, Placed};
use caps::CapTree;
use flips::Flips;
use matrix_free::{MatrixFree, TILE};
use moments::{Moments, moment_len};

/// Which weights of a unit are the coordinates of eta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    /// eta = (a, u), Psi(eta)(x) = a act(u . x).
    Two,
    /// eta = u, Psi(eta)(x) = act(u . x): a ridge function.
    Ridge,
}

/// The features of a network on n data points.
///
/// How N units in p inputs are evaluated, by activation, p, n and [`Motion`]; k is the degree of the activation:
///
/// | activation | p | [`Evaluation::Auto`] | [`Evaluation::Fast`] | cost |
/// |---|---|---|---|---|
/// | identity, quadratic | any | moments, where they take fewer products than the pairs | moments | (N + n) p^k |
/// | any other | 1, 2 | half circles; matrix-free for moving units on at most 16 data | half circles | N + n |
/// | any other | 3, 4, ..., fixed | flips along a curve, where few are to be expected; else matrix-free | flips | N + n + flips |
/// | any other | 3, 4, ..., moving | caps, where they are to be expected small; else matrix-free | caps | N n times their radius |
///
/// [`Evaluation::Direct`] is matrix-free. All are exact to round-off: 2e-15 of the largest sum of the absolute values of
/// all products of weights, coordinates and masses that a prediction is made of, and likewise for a value and a gradient.
/// A datum across a unit, u . x = 0, counts in no derivative where act' jumps, whatever the algorithm; if it is across but
/// for round-off, it may count on either side.
#[derive(Clone)]
pub struct DataNetwork {
    layers: Layers,
    activation: Activation,
    /// Input coordinates, one vector of length n for each, padded with zeros to a multiple of [`TILE`].
    inputs: Arc<Vec<Vec<f64>>>,
    count: usize,
    evaluation: Evaluation,
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
        let padded = count.next_multiple_of(TILE);
        let column =
            |d: usize| inputs.iter().map(|x| x[d]).chain(std::iter::repeat_n(0.0, padded - count)).collect();
        Self {
            layers,
            activation,
            inputs: Arc::new((0..width).map(column).collect()),
            count,
            evaluation: Evaluation::default(),
        }
    }

    /// The same features, evaluated in a given way and not by [`Evaluation::Auto`].
    #[must_use]
    pub fn evaluated(mut self, evaluation: Evaluation) -> Self {
        self.evaluation = evaluation;
        self
    }

    /// Number of input coordinates p.
    pub fn input_dim(&self) -> usize {
        self.inputs.len()
    }

    /// a and u of a unit.
    #[inline(always)]
    fn unit<'a>(&self, eta: &'a [f64]) -> (f64, &'a [f64]) {
        match self.layers {
            Layers::Two => (eta[0], &eta[1..]),
            Layers::Ridge => (1.0, eta),
        }
    }

    /// a of a unit.
    #[inline(always)]
    fn output_weight(&self, eta: &[f64]) -> f64 {
        self.unit(eta).0
    }

    /// The value of a unit of degree k whose row holds `G = sum_i g_i act'(u . x_i) x_i / k` after the place of the output
    /// weight, if it has one; leaves the Cartesian gradient there.
    #[inline(always)]
    fn finish_gradient(&self, degree: u32, eta: &[f64], row: &mut [f64]) -> f64 {
        let first = usize::from(self.layers == Layers::Two);
        let output = self.output_weight(eta);
        let along: f64 = eta[first..].iter().zip(&row[first..]).map(|(u, g)| u * g).sum();
        for g in &mut row[first..] {
            *g *= f64::from(degree) * output;
        }
        if first == 1 {
            row[0] = along;
        }
        output * along
    }
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

    fn place(&self, points: &[f64], motion: Motion) -> Box<dyn Placed> {
        match self.algorithm(points.len() / self.dim(), motion) {
            Algorithm::MatrixFree => Box::new(MatrixFree::new(self, points)),
            Algorithm::Moments => Box::new(Moments::new(self, points)),
            Algorithm::Plane => plane::place(self, points),
            Algorithm::Flips => Box::new(Flips::plan(self, points)),
            Algorithm::Caps => Box::new(CapTree::new(self, points)),
        }
    }
}

/// The algorithms for networks on data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    /// Term by term: O(N n p).
    MatrixFree,
    /// By moments: O((N + n) p^k).
    Moments,
    /// By half circles: O(N + n), for p <= 2.
    Plane,
    /// By the flips of the active set along a curve: O(N + n + flips); in `Auto` where few are to be expected.
    Flips,
    /// By caps of near directions: O(N n r), r the radius of the caps; in `Auto` where they are small.
    Caps,
}

impl DataNetwork {
    /// The algorithm for N units: the table at [`DataNetwork`].
    fn algorithm(&self, units: usize, motion: Motion) -> Algorithm {
        let (fast, inputs) = (self.evaluation == Evaluation::Fast, self.input_dim());
        if self.evaluation == Evaluation::Direct || inputs == 0 {
            return Algorithm::MatrixFree;
        }
        let pieces = self.activation.pieces();
        if pieces.is_pure_power() {
            let products = moment_len(pieces.degree, inputs) * (units + self.count);
            let cheaper = products < (inputs + 2) * units * self.count.next_multiple_of(TILE);
            return if fast || cheaper { Algorithm::Moments } else { Algorithm::MatrixFree };
        }
        let planar = inputs <= 2 && (fast || motion == Motion::Fixed || self.count > TILE);
        let flips = if fast { Flips::serves(self) } else { Flips::are_few(self, units) };
        match motion {
            _ if planar => Algorithm::Plane,
            Motion::Fixed if inputs >= 3 && flips => Algorithm::Flips,
            Motion::Moving if inputs >= 3 && (fast || CapTree::pays(self, units)) => Algorithm::Caps,
            _ => Algorithm::MatrixFree,
        }
    }
}
