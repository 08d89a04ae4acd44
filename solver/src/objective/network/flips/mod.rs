//! Kinked activations at fixed units, by the changes of the active set along a curve through the units.
//!
//! A datum x is active at a unit with input weights u where u . x > 0. With k the degree of the activation,
//!
//! `act(u . x) = kinked max(u . x, 0)^k + smooth (u . x)^k`, and `(u . x)^k = phi(u) . psi(x)`
//!
//! where phi and psi are the vectors themselves for k = 1, and their products of two coordinates for k = 2. So
//!
//! - synthesis: `J_j = a_j phi(u_j) . G_j`, `G_j = smooth sum_i g_i psi(x_i) + kinked sum_(i active at j) g_i psi(x_i)`;
//! - analysis: `h_i = psi(x_i) . (smooth sum_j q_j a_j phi(u_j) + kinked sum_(j that i is active at) q_j a_j phi(u_j))`.
//!
//! From a unit to the next on the curve only those data change that the great circle between them separates, about n sqrt(N) in
//! all on a sphere with N units: these *flips* are the plan. G is carried forward along the curve, the sum over the units
//! that follow is carried backward: O(N + n + flips), and the one is the transpose of the other. Units are cut into blocks
//! that start afresh, so that blocks run in parallel and round-off does not grow with N.
//!
//! The cells of the flat mesh of the sphere lie on great circles in equal steps of the projection, which a plan finds out: it then keeps
//! one number a cell in place of the three of its direction (see `units`), for large meshes are bound by memory.
//!
//! Accuracy: round-off of sums over a block, relative to the sums of absolute values.

mod panel;
mod plan;
mod units;
mod walk;

use std::f64::consts::PI;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::super::features::{FeatureMap, Placed, project_on_tangent};
use super::DataNetwork;
use super::activation::Pieces;
use crate::curve;
use crate::quad::Quad;
use panel::{Component, Panel};
use plan::{Block, FLIP_BYTES, Planner, Subset};

/// The most and the least units of a block: enough that its fresh start costs little, and blocks enough for all threads.
const MOST_UNITS: usize = 4096;
const LEAST_UNITS: usize = 512;

/// The number of blocks of units below which a block has fewer than [`MOST_UNITS`].
const ENOUGH_BLOCKS: usize = 32;

/// The most memory of a plan.
const MOST_BYTES: f64 = 2e9;

/// The most and the least partial sums of the analysis, and how many times fewer numbers than units they have between: to clear them
/// and to add them up must cost little beside the walks.
const MOST_PARTIALS: usize = 32;
const LEAST_PARTIALS: usize = 4;
const UNITS_PER_NUMBER: usize = 4;

/// Data whose partial sums are added together.
const DATA_CHUNK: usize = 1024;

/// How much longer than along the curve the way along the units as given may be: more flips against a permutation.
const GIVEN_ORDER_PAYS: f64 = 1.25;

/// Pairs of a unit and a datum that cost, term by term, about what a flip costs in each panel of sums.
const PAIRS_PER_FLIP: f64 = 8.0;

/// Flips of a datum at a step, times N^(1/(p - 1)): a great circle separates neighbours, 2 (2 pi / (sqrt(3) N))^(1/2) apart on a
/// hexagonal mesh of the sphere, with the probability of their distance over pi.
const FLIPS_PER_SPACING: f64 = 1.2;

/// A network at fixed units, with the flips along a curve through them.
pub(super) struct Flips {
    network: DataNetwork,
    pieces: Split,
    /// [N, dim] flat, in the order of the curve.
    points: Vec<f64>,
    order: Option<Permutation>,
    /// Units of each block but the last.
    size: usize,
    blocks: Vec<Block>,
    panels: Vec<Panel>,
    /// Blocks of each partial sum of the analysis.
    blocks_per_partial: usize,
    /// Partial sums: for each panel 2 n rows and their common part.
    partials: Vec<Quad>,
    arch: Arch,
}

/// `act(t) = kinked max(t, 0)^degree + smooth t^degree`.
#[derive(Debug, Clone, Copy)]
struct Split {
    degree: u32,
    kinked: f64,
    smooth: f64,
}

impl From<Pieces> for Split {
    fn from(Pieces { degree, positive, negative }: Pieces) -> Self {
        // (-t)_+^k = (-1)^k (t^k - t_+^k).
        let smooth = if degree == 1 { -negative } else { negative };
        Self { degree, kinked: positive - smooth, smooth }
    }
}

/// The units along the curve, and values on their way back.
struct Permutation {
    /// Which unit is at a place of the curve.
    unit: Vec<u32>,
    /// The place of each unit.
    place: Vec<u32>,
    value: Vec<f64>,
    gradient: Vec<f64>,
}

impl Flips {
    /// Whether a network has few enough data for the records of a plan.
    pub(super) fn serves(network: &DataNetwork) -> bool {
        network.count <= plan::MOST_DATA
    }

    /// The plan of `network` at `points`, shape [N, dim] flat.
    ///
    /// # Panics
    /// If there are more than 2^31 data, see [`Flips::serves`].
    pub(super) fn plan(network: &DataNetwork, points: &[f64]) -> Self {
        assert!(Self::serves(network), "a flip holds its datum and its direction in 32 bits");
        Self::along(network, points, Course::new(network, points))
    }

    /// Whether so few flips are to be expected that they cost less than the pairs of units and data: for `units` units all over
    /// the sphere of directions, whose neighbours are about N^(-1/(p - 1)) apart.
    ///
    /// Not where the plan, some `n sqrt(N)` records on the sphere, would take more than [`MOST_BYTES`].
    pub(super) fn are_few(network: &DataNetwork, units: usize) -> bool {
        let p = network.input_dim();
        let panels = Component::all(network.activation.pieces().degree, p).len().div_ceil(8);
        let flips_per_datum = FLIPS_PER_SPACING * (units.max(1) as f64).powf(-1.0 / (p.max(2) - 1) as f64);
        // Flips, and the active data at the start of every block of units.
        let records =
            (flips_per_datum + 1.0 / block_size(units) as f64) * units as f64 * network.count as f64;
        let bytes = FLIP_BYTES as f64 * records;
        Self::serves(network)
            && PAIRS_PER_FLIP * flips_per_datum * (panels as f64) < 1.0
            && bytes < MOST_BYTES
    }

    fn along(network: &DataNetwork, points: &[f64], Course { directions, order }: Course) -> Self {
        let (dim, p) = (network.dim(), network.input_dim());
        let split = Split::from(network.activation.pieces());
        let (points, directions) = match &order {
            Some(unit) => (gathered(points, dim, unit), gathered(&directions, p, unit)),
            None => (points.to_vec(), directions),
        };
        let count = points.len() / dim;
        let size = block_size(count);
        let blocks = blocks(network, &points, &directions, size, split.degree == 1 && split.smooth != 0.0);
        let panels: Vec<Panel> = Component::all(split.degree, p)
            .chunks(8)
            .map(|components| Panel::new(components.to_vec(), network, &points, &blocks, size))
            .collect();
        let len: usize = panels.iter().map(|panel| panel.rows(network.count)).sum();
        let partials = count / (UNITS_PER_NUMBER * 4 * len);
        let partials = partials.clamp(LEAST_PARTIALS, MOST_PARTIALS).min(blocks.len().max(1));
        let blocks_per_partial = blocks.len().div_ceil(partials).max(1);
        Self {
            network: network.clone(),
            pieces: split,
            order: order.map(|unit| Permutation::new(unit, dim)),
            size,
            blocks_per_partial,
            partials: vec![Quad::ZERO; blocks.len().div_ceil(blocks_per_partial) * len],
            points,
            blocks,
            panels,
            arch: Arch::new(),
        }
    }

    /// Flips at a unit, on average.
    #[cfg(test)]
    pub(super) fn per_unit(&self) -> f64 {
        let flips: usize = self.blocks.iter().map(|block| block.flips.len()).sum();
        flips as f64 / (self.points.len() / self.network.dim()).max(1) as f64
    }

    fn load(&mut self, dual: &[f64]) {
        self.panels.iter_mut().for_each(|panel| panel.load(dual, self.pieces));
    }

    /// The moments of the blocks of each partial sum; `mass` is in the order of the curve.
    fn add_moments(partials: &mut [Quad], plan: &Plan, mass: &[f64]) {
        let &Plan { panels, blocks, size, count, blocks_per_partial, arch } = plan;
        let len: usize = panels.iter().map(|panel| panel.rows(count)).sum();
        partials.par_chunks_mut(len).enumerate().for_each(|(p, partial)| {
            partial.fill(Quad::ZERO);
            let first = p * blocks_per_partial;
            for b in first..(first + blocks_per_partial).min(blocks.len()) {
                let mass = &mass[b * size..((b + 1) * size).min(mass.len())];
                let mut rest = &mut *partial;
                for panel in panels {
                    let (moments, next) = rest.split_at_mut(panel.rows(count));
                    panel.analyze(arch, &blocks[b], b, mass, moments);
                    rest = next;
                }
            }
        });
    }

    /// The predictions from the partial sums.
    fn predict(&self, prediction: &mut [f64]) {
        let count = self.network.count;
        let len: usize = self.panels.iter().map(|panel| panel.rows(count)).sum();
        prediction.fill(0.0);
        let mut first = 0;
        for panel in &self.panels {
            let quads = panel.quads;
            let sum = |i: usize, k: usize| {
                let partials = self.partials.chunks_exact(len);
                partials.fold([0.0; 4], |sum, p| add(sum, p[first + i * quads + k].0))
            };
            let all: [[f64; 4]; 2] =
                std::array::from_fn(|k| if k < quads { sum(2 * count, k) } else { [0.0; 4] });
            prediction.par_chunks_mut(DATA_CHUNK).enumerate().for_each(|(chunk, prediction)| {
                for (h, i) in prediction.iter_mut().zip(chunk * DATA_CHUNK..) {
                    for k in 0..quads {
                        let (on, off) = (sum(i, k), sum(count + i, k));
                        let x = panel.data[i * quads + k].0;
                        for d in 0..4 {
                            *h += x[d]
                                * (self.pieces.kinked * (on[d] - off[d]) + self.pieces.smooth * all[k][d]);
                        }
                    }
                }
            });
            first += panel.rows(count);
        }
    }
}

/// What the analysis reads.
struct Plan<'a> {
    panels: &'a [Panel],
    blocks: &'a [Block],
    size: usize,
    count: usize,
    blocks_per_partial: usize,
    arch: Arch,
}

fn add(mut a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}

fn block_size(count: usize) -> usize {
    count.div_ceil(ENOUGH_BLOCKS).next_multiple_of(LEAST_UNITS).clamp(LEAST_UNITS, MOST_UNITS)
}

/// How to go through the units.
struct Course {
    /// Of the units' input weights, zero for zero, in the order as given; shape [N, p] flat.
    directions: Vec<f64>,
    /// The order along the curve, or none where the units as given lie as well.
    order: Option<Vec<u32>>,
}

impl Course {
    fn new(network: &DataNetwork, points: &[f64]) -> Self {
        let (dim, p) = (network.dim(), network.input_dim());
        let count = points.len() / dim;
        let mut directions = vec![0.0; count * p];
        directions.par_chunks_exact_mut(p).zip(points.par_chunks_exact(dim)).for_each(|(d, eta)| {
            plan::direction(network.unit(eta).1, d);
        });
        let given = way(&directions, p);
        // Points all over the sphere make no shorter way than about the root of area times number.
        if p == 3 && given < GIVEN_ORDER_PAYS * (4.0 * PI * count as f64).sqrt() {
            return Self { directions, order: None };
        }
        let order = curve::order(&directions, p);
        let along = way(&gathered(&directions, p, &order), p);
        let order = (given > GIVEN_ORDER_PAYS * along).then_some(order);
        Self { directions, order }
    }
}

fn way(directions: &[f64], p: usize) -> f64 {
    let mut total = 0.0;
    plan::tiles(directions, p, |_, _, way| total += way);
    total
}

fn gathered(rows: &[f64], dim: usize, order: &[u32]) -> Vec<f64> {
    order.iter().flat_map(|&j| &rows[j as usize * dim..(j as usize + 1) * dim]).copied().collect()
}

struct PlanBlock<'a, 'b> {
    planner: &'a mut Planner<'b>,
    weights: &'a [f64],
    directions: &'a [f64],
}

impl WithSimd for PlanBlock<'_, '_> {
    type Output = Block;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Block {
        self.planner.block(self.weights, self.directions)
    }
}

fn blocks(
    network: &DataNetwork,
    points: &[f64],
    directions: &[f64],
    size: usize,
    orthogonal: bool,
) -> Vec<Block> {
    let (dim, p, arch) = (network.dim(), network.input_dim(), Arch::new());
    let data = Subset::all(&network.inputs, network.count);
    let plan = |planner: &mut Planner, (points, directions): (&[f64], &[f64])| {
        let weights: Vec<f64> =
            points.chunks_exact(dim).flat_map(|eta| network.unit(eta).1).copied().collect();
        arch.dispatch(PlanBlock { planner, weights: &weights, directions })
    };
    points
        .par_chunks(size * dim)
        .zip(directions.par_chunks(size * p))
        .map_init(|| Planner::new(&data, network.count, orthogonal), plan)
        .collect()
}

impl Permutation {
    fn new(unit: Vec<u32>, dim: usize) -> Self {
        let mut place = vec![0; unit.len()];
        unit.iter().enumerate().for_each(|(c, &j)| place[j as usize] = c as u32);
        Self { place, value: vec![0.0; unit.len()], gradient: vec![0.0; unit.len() * dim], unit }
    }
}

/// Brings rows of `dim` numbers to another order: row j is that at `place[j]`.
fn restore(place: &[u32], dim: usize, along: &[f64], rows: &mut [f64]) {
    rows.par_chunks_mut(MOST_UNITS * dim).zip(place.par_chunks(MOST_UNITS)).for_each(|(rows, place)| {
        for (row, &c) in rows.chunks_exact_mut(dim).zip(place) {
            row.copy_from_slice(&along[c as usize * dim..(c as usize + 1) * dim]);
        }
    });
}

impl Placed for Flips {
    fn structure(&self) -> Option<&'static str> {
        Some("flips along a curve")
    }

    /// Plans anew.
    fn move_to(&mut self, points: &[f64]) {
        *self = Self::plan(&self.network, points);
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let mass = match &mut self.order {
            None => mass,
            Some(order) => {
                restore(&order.unit, 1, mass, &mut order.value);
                &order.value
            }
        };
        let plan = Plan {
            panels: &self.panels,
            blocks: &self.blocks,
            size: self.size,
            count: self.network.count,
            blocks_per_partial: self.blocks_per_partial,
            arch: self.arch,
        };
        Self::add_moments(&mut self.partials, &plan, mass);
        self.predict(prediction);
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.load(dual);
        let (panels, arch, size) = (&self.panels, self.arch, self.size);
        let along = match &mut self.order {
            Some(order) => &mut order.value[..],
            None => &mut *value,
        };
        along.par_chunks_mut(size).zip(&self.blocks).enumerate().for_each(|(b, (value, block))| {
            for (k, panel) in panels.iter().enumerate() {
                panel.synthesize(arch, block, (b, k == 0), value);
            }
        });
        if let Some(order) = &self.order {
            restore(&order.place, 1, &order.value, value);
        }
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.load(dual);
        let dim = self.network.dim();
        let (network, panels, smooth) = (&self.network, &self.panels, self.pieces.smooth);
        let (arch, size) = (self.arch, self.size);
        let (along, slopes) = match &mut self.order {
            Some(order) => (&mut order.value[..], &mut order.gradient[..]),
            None => (&mut *value, &mut *gradient),
        };
        let rows = slopes.par_chunks_mut(size * dim).zip(self.points.par_chunks(size * dim));
        let blocks = self.blocks.par_iter().zip(along.par_chunks_mut(size)).zip(rows).enumerate();
        blocks.for_each(|(b, ((block, value), (gradient, points)))| {
            value.fill(0.0);
            gradient.fill(0.0);
            for panel in panels {
                panel.synthesize_gradient(arch, network, block, (b, points), value, gradient);
            }
            correct(network, block, smooth, dual, points, gradient);
            project_on_tangent(points, gradient, dim);
        });
        if let Some(order) = &self.order {
            restore(&order.place, 1, &order.value, value);
            restore(&order.place, dim, &order.gradient, gradient);
        }
    }
}

/// Takes away what the sums give to the gradient where it does not exist: act'(0) = 0.
fn correct(
    network: &DataNetwork,
    block: &Block,
    smooth: f64,
    dual: &[f64],
    points: &[f64],
    gradient: &mut [f64],
) {
    let dim = network.dim();
    let first = dim - network.input_dim();
    for &(j, i) in &block.orthogonal {
        let (j, i) = (j as usize, i as usize);
        let (output, _) = network.unit(&points[j * dim..(j + 1) * dim]);
        for (g, column) in gradient[j * dim + first..(j + 1) * dim].iter_mut().zip(&*network.inputs) {
            *g -= output * smooth * dual[i] * column[i];
        }
    }
    for &j in &block.null {
        gradient[j as usize * dim..(j as usize + 1) * dim].fill(0.0);
    }
}

#[cfg(test)]
mod tests;
