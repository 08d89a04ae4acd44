//! Zonal kernels by sums over pairs of points: exact in any dimension, the oracle of the expansions, and the only way where an
//! expansion does not end.
//!
//! The features of such a kernel are not finitely many, so the prediction is the measure itself. It is written out as *sources*: for
//! each atom the D coordinates of its direction, then its mass times its amplitude, D + 1 numbers. The dual of the risk
//! [`super::Risk::Discrepancy`] is a list of sources too, and the synthesis sums the kernel over them,
//! `value_j = c_j sum_s m_s K(x_j . y_s)`: linear in the masses of the sources, and symmetric in place of adjoint,
//! `sum_j p_j synthesize(analyze(q))_j = sum_j q_j synthesize(analyze(p))_j`.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;

use super::circle_sums::CircleSums;
use super::features::{FeatureMap, Motion, Placed, project_on_tangent};
use super::network::Layers;
use super::pair_forms::PairKernel;
use super::pair_sums::{LANES, LEAST_PAIRS, Synthesis, Targets};

/// Psi(eta) of a zonal kernel K, as a measure: `<Psi(eta), Psi(eta')> = c c' K(x . x')`, with direction x = eta and amplitude c = 1
/// ([`Layers::Ridge`]), or x = u / |u| and c = a |u| for eta = (a, u) ([`Layers::Two`]).
pub struct PairFeatures {
    kernel: Arc<PairKernel>,
    layers: Layers,
    dim: usize,
}

impl PairFeatures {
    /// The features of a kernel between directions, at points of `dim` coordinates.
    pub fn new(kernel: PairKernel, layers: Layers, dim: usize) -> Self {
        Self { kernel: Arc::new(kernel), layers, dim }
    }
}

/// The number of coordinates of a direction.
fn direction_len(layers: Layers, dim: usize) -> usize {
    dim - usize::from(layers == Layers::Two)
}

impl FeatureMap for PairFeatures {
    fn dim(&self) -> usize {
        self.dim
    }

    fn prediction_len(&self, atoms: usize) -> usize {
        atoms * (direction_len(self.layers, self.dim) + 1)
    }

    fn terms(&self, atoms: usize) -> f64 {
        (atoms as f64).powi(2) * (self.dim + self.kernel.terms()) as f64
    }

    fn polar_axis(&self) -> usize {
        if self.layers == Layers::Two { 0 } else { self.dim - 1 }
    }

    fn place(&self, points: &[f64], _: Motion) -> Box<dyn Placed> {
        let count = points.len() / self.dim;
        let mut placed = PlacedPairs {
            arch: Arch::new(),
            kernel: self.kernel.clone(),
            layers: self.layers,
            dim: self.dim,
            points: points.to_vec(),
            direction: vec![0.0; count * direction_len(self.layers, self.dim)],
            amplitude: vec![1.0; count],
            sums: None,
        };
        placed.move_to(points);
        Box::new(placed)
    }
}

struct PlacedPairs {
    arch: Arch,
    kernel: Arc<PairKernel>,
    layers: Layers,
    dim: usize,
    points: Vec<f64>,
    direction: Vec<f64>,
    amplitude: Vec<f64>,
    /// Made at the first synthesis, which knows the number of sources.
    sums: Option<CircleSums>,
}

impl PlacedPairs {
    fn set_directions(&mut self, points: &[f64]) {
        if self.layers == Layers::Ridge {
            self.direction.copy_from_slice(points);
            return;
        }
        let width = direction_len(self.layers, self.dim);
        let rows = points.chunks_exact(self.dim).zip(self.direction.chunks_exact_mut(width));
        for ((eta, direction), amplitude) in rows.zip(&mut self.amplitude) {
            let norm = length(&eta[1..]);
            *amplitude = eta[0] * norm;
            for (x, u) in direction.iter_mut().zip(&eta[1..]) {
                *x = if norm > 0.0 { u / norm } else { 0.0 };
            }
        }
    }

    /// The sums at one group of targets, and their gradients with respect to the directions.
    fn synthesize_group(&self, group: usize, dual: &[f64], value: &mut [f64], gradient: Option<&mut [f64]>) {
        let width = direction_len(self.layers, self.dim);
        let direction = &self.direction[group * LANES * width..];
        let targets = Targets { direction, stride: width, count: value.len(), width };
        self.kernel.with(Synthesis { arch: self.arch, targets, sources: dual, value, gradient });
    }

    /// The fast sums over so many sources, where there are any.
    fn prepare(&mut self, dual: &[f64]) {
        let (targets, sources) =
            (self.amplitude.len(), dual.len() / (direction_len(self.layers, self.dim) + 1));
        let Some(order) = self.kernel.sorted_order(sources, targets) else {
            self.sums = None;
            return;
        };
        if self.sums.as_ref().is_none_or(|sums| sums.sources() != sources) {
            let mut sums = CircleSums::new(order, sources, targets);
            sums.move_to(&self.direction);
            self.sums = Some(sums);
        }
    }

    fn targets_a_task(&self, dual: &[f64]) -> usize {
        let sources = dual.len() / (direction_len(self.layers, self.dim) + 1);
        (LEAST_PAIRS / (LANES * sources.max(1))).max(1)
    }

    /// From the sum f over the sources and its gradient on the sphere of directions to `c f` and its gradient.
    fn lift(&self, j: usize, value: &mut f64, gradient: &mut [f64]) {
        let eta = &self.points[j * self.dim..(j + 1) * self.dim];
        let width = direction_len(self.layers, self.dim);
        let first = self.dim - width;
        let direction = &self.direction[j * width..(j + 1) * width];
        project_on_tangent(direction, &mut gradient[first..], width);
        if self.layers == Layers::Ridge {
            return;
        }
        let (a, f) = (eta[0], *value);
        let norm = length(&eta[1..]);
        *value = self.amplitude[j] * f;
        if norm == 0.0 {
            gradient.fill(0.0);
            return;
        }
        // The tangential part of (|u| f, a (f x + grad f)), whose part along eta is 2 a |u| f
        let along = (a * a - norm * norm) * f;
        gradient[0] = -norm * along;
        for (g, x) in gradient[1..].iter_mut().zip(direction) {
            *g = a * (along * x + *g);
        }
    }
}

fn length(u: &[f64]) -> f64 {
    u.iter().map(|x| x * x).sum::<f64>().sqrt()
}

impl Placed for PlacedPairs {
    /// With as many sources as points: the target's are few.
    fn structure(&self) -> Option<&'static str> {
        let count = self.amplitude.len();
        self.kernel.sorted_order(count, count).map(|_| "sorted prefix sums")
    }

    fn move_to(&mut self, points: &[f64]) {
        self.points.copy_from_slice(points);
        self.set_directions(points);
        if let Some(sums) = &mut self.sums {
            sums.move_to(&self.direction);
        }
    }
    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let width = direction_len(self.layers, self.dim);
        let atoms = prediction.chunks_exact_mut(width + 1).zip(self.direction.chunks_exact(width));
        for ((source, direction), (q, c)) in atoms.zip(mass.iter().zip(&self.amplitude)) {
            source[..width].copy_from_slice(direction);
            source[width] = q * c;
        }
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.prepare(dual);
        if let Some(sums) = &mut self.sums {
            sums.value(dual, value);
            value.iter_mut().zip(&self.amplitude).for_each(|(v, c)| *v *= c);
            return;
        }
        let least = self.targets_a_task(dual);
        value.par_chunks_mut(LANES).with_min_len(least).enumerate().for_each(|(group, value)| {
            self.synthesize_group(group, dual, value, None);
            for (v, c) in value.iter_mut().zip(&self.amplitude[group * LANES..]) {
                *v *= c;
            }
        });
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        let dim = self.dim;
        self.prepare(dual);
        if let Some(mut sums) = self.sums.take() {
            let slope = sums.value_and_derivative(dual, value);
            let rows = value.iter_mut().zip(gradient.chunks_exact_mut(dim)).zip(slope);
            for (j, ((v, g), slope)) in rows.enumerate() {
                let (x, y) = (self.direction[2 * j], self.direction[2 * j + 1]);
                g[dim - 2..].copy_from_slice(&[-y * slope, x * slope]);
                self.lift(j, v, g);
            }
            self.sums = Some(sums);
            return;
        }
        let least = self.targets_a_task(dual);
        let groups = value.par_chunks_mut(LANES).zip(gradient.par_chunks_mut(LANES * dim));
        groups.with_min_len(least).enumerate().for_each(|(group, (value, gradient))| {
            self.synthesize_group(group, dual, value, Some(gradient));
            for (lane, (v, g)) in value.iter_mut().zip(gradient.chunks_exact_mut(dim)).enumerate() {
                self.lift(group * LANES + lane, v, g);
            }
        });
    }
}
