//! Kinked activations at moving units, by caps of near directions.
//!
//! The units are grouped by direction into leaves, and leaves into larger nodes. A cap with axis c and angular radius r about the
//! directions of a node *decides* a datum x where `|c . x| > |x| sin r`: then u . x has one sign at all its units, where act is
//! a power, `act(u . x) = s (u . x)^k = s phi(u) . psi(x)`, with phi and psi the vectors themselves for k = 1, and their products
//! of two coordinates for k = 2. So decided data and the units of the node meet through moments alone:
//!
//! - synthesis: `J_j = a_j (phi(u_j) . G + sum_(i undecided) g_i act(u_j . x_i))`, `G = sum_(i decided) s_i g_i psi(x_i)`;
//! - analysis: a decided datum takes `s_i psi(x_i) . sum_j q_j a_j phi(u_j)`, an undecided one the sum over the units of a leaf.
//!
//! Nodes hand what they do not decide to those within them, from lists that become shorter. A leaf of N units in p inputs spans an
//! angle of about `(32 / N)^(1 / (p - 1))`, and that fraction of the data it does not decide: O(N n r + N n / 2048) an evaluation,
//! which is less the nearer to each other the units are. Nothing is kept of one evaluation for the next but the grouping: when the
//! units move, caps are laid anew about the same groups, and the groups are made anew when their caps have grown too much.
//!
//! Accuracy: round-off of sums over data and units, relative to the sums of absolute values. The grouping, and so the
//! round-off, depends on where the units were before; it is the same for the same moves on any number of threads.

mod grouping;
mod leaf;
mod lists;
#[cfg(test)]
mod tests;
mod tree;
mod worker;

use std::f64::consts::PI;

use rayon::prelude::*;

use super::DataNetwork;
use super::moments::moment_len;
use crate::objective::features::{FeatureMap, Placed};
use lists::List;
use worker::{Ground, Worker};

/// Units of a leaf.
const LEAF: usize = 32;

/// Nodes that a node of the level above holds.
const FANOUT: usize = 8;

/// The most levels above the leaves.
const MOST_LEVELS: usize = 2;

/// The number of nodes below which there is no level above them: enough to share among threads.
const FEW_NODES: usize = 128;

/// The most and the least workers that share the nodes of the highest level; each has lists of its own.
const MOST_WORKERS: usize = 64;
const LEAST_WORKERS: usize = 4;

/// Numbers of the lists of all workers for each unit, unless that makes too few workers.
const LIST_NUMBERS: usize = 8;

/// The growth of the undecided data at which the units are grouped anew.
const MOST_GROWTH: f64 = 1.5;

/// Undecided data of a leaf that cost little beside what a leaf costs anyway.
const FEW_UNDECIDED: f64 = 4.0;

/// Pairs of a unit and a datum that cost, term by term, about what a leaf costs for each unit, and for each datum of the list above
/// its own.
const PAIRS_PER_UNIT: f64 = 15.0;
const PAIRS_PER_DATUM: f64 = 16.0;

/// Leaves that a thread takes at a time where units are fetched and brought back.
const SHARE: usize = 16;

/// A network at moving units, with caps about groups of them.
pub(super) struct CapTree {
    ground: Ground,
    /// The least work of the grouping so far.
    least_work: f64,
    workers: Vec<Worker>,
    /// Nodes of the highest level that a worker has.
    share: usize,
    /// Values and gradients in the order of the leaves, the last filled up.
    value: Vec<f64>,
    gradient: Vec<f64>,
}

impl CapTree {
    /// The network at `points`, shape [N, dim] flat.
    pub(super) fn new(network: &DataNetwork, points: &[f64]) -> Self {
        let (dim, p) = (network.dim(), network.input_dim());
        let count = points.len() / dim;
        let leaves = count.div_ceil(LEAF);
        let above =
            (0..MOST_LEVELS).take_while(|k| leaves.div_ceil(FANOUT.pow(*k as u32)) >= FEW_NODES).count();
        let data = nonzero(network);
        let moment = moment_len(network.activation.pieces().degree, p);
        let nodes = leaves.div_ceil(FANOUT.pow(above as u32));
        let numbers = (above + 1) * (p + 6) * data.len.max(1);
        let workers = (LIST_NUMBERS * count / numbers).clamp(LEAST_WORKERS, MOST_WORKERS);
        let share = nodes.div_ceil(workers).max(1);
        let mut placed = Self {
            least_work: f64::INFINITY,
            workers: (0..nodes.div_ceil(share))
                .map(|_| Worker::new(above + 1, data.len, p, moment))
                .collect(),
            share,
            ground: Ground::new(network, data, count, above),
            value: vec![0.0; leaves * LEAF],
            gradient: vec![0.0; leaves * LEAF * dim],
        };
        placed.group(points);
        placed
    }

    /// Whether an evaluation at `units` units costs less than all pairs of units and data, if the units are all over the sphere
    /// of directions; where they come closer to each other it costs less than that.
    pub(super) fn pays(network: &DataNetwork, units: usize) -> bool {
        let data = network.count as f64;
        let undecided =
            |size: usize| data * undecided(network.input_dim(), size as f64 / units.max(1) as f64);
        let nodes = (1..=levels_above(units.div_ceil(LEAF)) as u32).map(|k| LEAF * FANOUT.pow(k));
        let mut tested = 0.0;
        let mut within = LEAF;
        for size in nodes {
            tested += undecided(size) / within as f64;
            within = size;
        }
        tested += data / within as f64;
        undecided(LEAF) + PAIRS_PER_UNIT + PAIRS_PER_DATUM * tested < data
    }

    /// Groups the units anew.
    fn group(&mut self, points: &[f64]) {
        // Gradients are written at every evaluation: until then their place serves the directions.
        self.ground.group(points, &mut self.gradient);
        self.least_work = self.ground.tree.work();
    }

    /// Whether the groups have grown apart, so far that it matters.
    fn is_outgrown(&self) -> bool {
        let (work, leaves) = (self.ground.tree.work(), self.ground.tree.levels[0].count());
        let undecided = work * self.ground.data.len as f64;
        work > MOST_GROWTH * self.least_work && undecided > FEW_UNDECIDED * leaves as f64
    }

    fn load(&mut self, dual: &[f64]) {
        let List { dual: slots, index, len, .. } = &mut self.ground.data;
        slots.iter_mut().zip(&index[..*len]).for_each(|(slot, &i)| *slot = dual[i as usize]);
    }

    /// Sets values and gradients in the order of the leaves.
    fn run_synthesis(&mut self, dual: &[f64], with_gradient: bool) {
        self.load(dual);
        let (ground, share) = (&self.ground, self.share);
        let units = share * LEAF * FANOUT.pow(ground.tree.levels.len() as u32 - 1);
        let outputs =
            self.value.par_chunks_mut(units).zip(self.gradient.par_chunks_mut(units * ground.network.dim()));
        self.workers.par_iter_mut().zip(outputs).enumerate().for_each(|(w, (worker, (value, gradient)))| {
            let gradient = if with_gradient { gradient } else { &mut [] };
            worker.synthesize(ground, w * share..(w + 1) * share, value, gradient);
        });
    }
}

/// How many levels are above so many leaves.
fn levels_above(leaves: usize) -> usize {
    (0..MOST_LEVELS).take_while(|k| leaves.div_ceil(FANOUT.pow(*k as u32)) >= FEW_NODES).count()
}

/// The fraction of the data, in all directions alike, that a node with this share of the units does not decide in p >= 2 inputs:
/// twice the sine of its radius times the density of a coordinate at 0. The node is taken for a cube of the same measure in the sphere.
fn undecided(p: usize, share: f64) -> f64 {
    // The measures of the spheres in q coordinates: 2 pi / (q - 2) times that in two fewer.
    let (mut below, mut measure) = (2.0, 2.0 * PI);
    for q in 3..=p {
        (below, measure) = (measure, below * 2.0 * PI / (q - 2) as f64);
    }
    let dimension = (p - 1) as f64;
    let radius = 0.5 * dimension.sqrt() * (measure * share).powf(1.0 / dimension);
    (2.0 * below / measure * radius.min(1.0)).min(1.0)
}

/// The data of a network that are not zero.
fn nonzero(network: &DataNetwork) -> List {
    let p = network.input_dim();
    let mut data = List::new(network.count, p);
    for i in 0..network.count {
        let row = network.inputs.iter().map(|column| column[i]);
        let largest = row.clone().fold(0.0, |m: f64, x| m.max(x.abs()));
        if largest > 0.0 {
            // The largest coordinate is taken out lest squares underflow.
            let length = largest * row.clone().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt();
            data.push(i, length, row);
        }
    }
    data
}

/// Brings values, and rows of D numbers, from the order of the leaves to that of the units.
fn restore<const D: usize>(
    place: &[u32],
    (values, rows): (&[f64], &[f64]),
    value: &mut [f64],
    row: &mut [f64],
) {
    let (from, size) = (rows.as_chunks::<D>().0, SHARE * LEAF);
    let to = value.par_chunks_mut(size).zip(row.as_chunks_mut::<D>().0.par_chunks_mut(size));
    to.zip(place.par_chunks(size)).for_each(|((value, rows), place)| {
        for ((value, row), &c) in value.iter_mut().zip(rows).zip(place) {
            (*value, *row) = (values[c as usize], from[c as usize]);
        }
    });
}

/// The same for rows of any length.
fn restore_rows(place: &[u32], dim: usize, from: &[f64], rows: &mut [f64]) {
    let size = SHARE * LEAF;
    rows.par_chunks_mut(size * dim).zip(place.par_chunks(size)).for_each(|(rows, place)| {
        for (row, &c) in rows.chunks_exact_mut(dim).zip(place) {
            row.copy_from_slice(&from[c as usize * dim..(c as usize + 1) * dim]);
        }
    });
}

impl Placed for CapTree {
    fn structure(&self) -> Option<&'static str> {
        Some("caps of near directions")
    }

    fn move_to(&mut self, points: &[f64]) {
        self.ground.move_to(points);
        if self.is_outgrown() {
            self.group(points);
        }
        self.least_work = self.least_work.min(self.ground.tree.work());
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let (ground, share) = (&self.ground, self.share);
        self.workers.par_iter_mut().enumerate().for_each(|(w, worker)| {
            worker.analyze(ground, w * share..(w + 1) * share, mass);
        });
        prediction.fill(0.0);
        for (k, &i) in ground.data.index[..ground.data.len].iter().enumerate() {
            prediction[i as usize] = self.workers.iter().map(|worker| worker.sum[k]).sum();
        }
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.run_synthesis(dual, false);
        restore_rows(&self.ground.grouping.place, 1, &self.value, value);
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.run_synthesis(dual, true);
        let (place, from) = (&self.ground.grouping.place, (&self.value[..], &self.gradient[..]));
        match self.ground.network.dim() {
            3 => restore::<3>(place, from, value, gradient),
            4 => restore::<4>(place, from, value, gradient),
            dim => {
                restore_rows(place, 1, from.0, value);
                restore_rows(place, dim, from.1, gradient);
            }
        }
    }
}
