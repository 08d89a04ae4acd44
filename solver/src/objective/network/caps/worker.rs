//! The way down the tree: what a node decides is settled there, the rest is left to the nodes within it.

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use super::grouping::Grouping;
use super::leaf::{Analysis, Synthesis};
use super::lists::{CHUNK, Level, List, Sides, Wanted};
use super::tree::{Tree, to_directions};
use super::{FANOUT, LEAF, SHARE};
use crate::objective::features::FeatureMap;
use crate::objective::network::DataNetwork;
use crate::objective::network::activation::Pieces;
use crate::objective::network::matrix_free::run;
use crate::objective::network::moments::form;
use crate::vectorized::vectorized;

/// What all workers see.
pub(super) struct Ground {
    pub(super) network: DataNetwork,
    pieces: Pieces,
    pub(super) grouping: Grouping,
    /// For each leaf the input weights by coordinates, then the output weights; the last is filled up by its last unit.
    units: Vec<f64>,
    pub(super) tree: Tree,
    /// All data but those that are zero, which have no effect.
    pub(super) data: List,
    arch: Arch,
}

impl Ground {
    /// For so many units, with so many levels above the leaves.
    pub(super) fn new(network: &DataNetwork, data: List, count: usize, above: usize) -> Self {
        let (leaves, p) = (count.div_ceil(LEAF), network.input_dim());
        Self {
            network: network.clone(),
            pieces: network.activation.pieces(),
            grouping: Grouping::new(count),
            units: vec![0.0; leaves * (p + 1) * LEAF],
            tree: Tree::new(leaves, above, p),
            data,
            arch: Arch::new(),
        }
    }

    /// Groups the units anew; `rows` has place for their directions.
    pub(super) fn group(&mut self, points: &[f64], rows: &mut [f64]) {
        let (p, arch) = (self.network.input_dim(), self.arch);
        self.grouping.reset();
        self.fetch(points);
        let rows = &mut rows[..self.units.len() / (p + 1) * p];
        let leaves = rows.par_chunks_mut(SHARE * LEAF * p).zip(self.units.par_chunks(SHARE * LEAF * (p + 1)));
        leaves.for_each(|(rows, units)| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    let leaves = rows.chunks_exact_mut(LEAF * p).zip(units.chunks_exact(LEAF * (p + 1)));
                    for (rows, units) in leaves {
                        to_rows(&units[..LEAF * p], rows, p);
                    }
                },
            );
        });
        self.grouping.renew(rows, p);
        self.move_to(points);
    }

    /// Moves the units within their groups.
    pub(super) fn move_to(&mut self, points: &[f64]) {
        self.fetch(points);
        self.tree.surround(&self.units, self.network.input_dim(), self.arch);
    }

    /// Takes the units into the leaves.
    fn fetch(&mut self, points: &[f64]) {
        match self.network.dim() {
            3 => self.fetch_rows::<3>(points),
            4 => self.fetch_rows::<4>(points),
            _ => self.fetch_rows::<0>(points),
        }
    }

    /// The same for rows of D numbers, or of any number of them where D = 0.
    fn fetch_rows<const D: usize>(&mut self, points: &[f64]) {
        let (dim, p) = (if D > 0 { D } else { self.network.dim() }, self.network.input_dim());
        let (network, units) = (&self.network, self.grouping.unit.par_chunks(SHARE * LEAF));
        self.units.par_chunks_mut(SHARE * (p + 1) * LEAF).zip(units).for_each(|(leaves, units)| {
            for (leaf, units) in leaves.chunks_exact_mut((p + 1) * LEAF).zip(units.chunks(LEAF)) {
                for l in 0..LEAF {
                    let j = units[l.min(units.len() - 1)] as usize;
                    let (a, u) = network.unit(&points[j * dim..(j + 1) * dim]);
                    for (d, u) in u.iter().enumerate() {
                        leaf[d * LEAF + l] = *u;
                    }
                    leaf[p * LEAF + l] = a;
                }
            }
        });
    }

    /// Input weights by coordinates, and output weights, of a leaf.
    fn leaf(&self, leaf: usize) -> (&[f64], &[f64; LEAF]) {
        let p = self.network.input_dim();
        let units = &self.units[leaf * (p + 1) * LEAF..(leaf + 1) * (p + 1) * LEAF];
        let (inputs, output) = units.split_at(p * LEAF);
        (inputs, output.first_chunk().expect("output weights of a leaf"))
    }

    /// The nodes within a node of the level `above`.
    fn within(&self, above: usize, node: usize) -> Range<usize> {
        node * FANOUT..((node + 1) * FANOUT).min(self.tree.levels[above - 1].count())
    }
}

/// Directions of the units of a leaf, one row each.
#[inline(always)]
fn to_rows(units: &[f64], rows: &mut [f64], p: usize) {
    let [first, second] = to_directions(units);
    for (d, u) in units.chunks_exact(LEAF).enumerate() {
        for l in 0..LEAF {
            rows[l * p + d] = u[l] * first[l] * second[l];
        }
    }
}

/// Lists of one thread at a time, from those of the highest level to those of the leaves.
pub(super) struct Worker {
    levels: Vec<Level>,
    /// Of the analysis, by datum.
    pub(super) sum: Vec<f64>,
    /// Of the units of a leaf, by coordinates: `sum_i g_i act'(u . x_i) x_i / k`.
    slope: Vec<f64>,
    /// The moment of no data.
    nothing: Vec<f64>,
}

impl Worker {
    pub(super) fn new(levels: usize, data: usize, p: usize, moment: usize) -> Self {
        Self {
            levels: (0..levels).map(|_| Level::new(data, p, moment)).collect(),
            sum: vec![0.0; data + CHUNK],
            slope: vec![0.0; p * LEAF],
            nothing: vec![0.0; moment],
        }
    }

    /// Sets `sum` to that over the units of some nodes of the highest level.
    pub(super) fn analyze(&mut self, ground: &Ground, nodes: Range<usize>, mass: &[f64]) {
        self.sum.fill(0.0);
        for node in nodes.start..nodes.end.min(ground.tree.levels[self.levels.len() - 1].count()) {
            gather(ground, &mut self.levels, (&ground.data, &mut self.sum), node, mass);
        }
    }

    /// Sets values and gradients at the units of some nodes of the highest level; no gradients where there is no place.
    pub(super) fn synthesize(
        &mut self,
        ground: &Ground,
        nodes: Range<usize>,
        value: &mut [f64],
        gradient: &mut [f64],
    ) {
        let top = self.levels.len() - 1;
        let first = nodes.start * FANOUT.pow(top as u32);
        let mut output = Output { first, slope: &mut self.slope, value, gradient };
        for node in nodes.start..nodes.end.min(ground.tree.levels[top].count()) {
            spread(ground, &mut self.levels, (&ground.data, &self.nothing), node, &mut output);
        }
    }
}

/// The level of a node and those below it.
fn split(levels: &mut [Level]) -> (&mut Level, &mut [Level]) {
    levels.split_first_mut().expect("a level for each node")
}

/// Adds to the sums by datum of the list `above` those over the units of a node, and leaves its moment.
fn gather(
    ground: &Ground,
    levels: &mut [Level],
    (above, sum): (&List, &mut [f64]),
    node: usize,
    mass: &[f64],
) {
    let (level, below) = split(levels);
    let (k, degree, arch) = (below.len(), ground.pieces.degree, ground.arch);
    level.narrow(
        arch,
        ground.tree.levels[k].cap(node),
        above,
        Sides::new(ground.pieces),
        Wanted { length: k > 0, columns: true, dual: false },
    );
    if k == 0 {
        gather_leaf(ground, level, node, mass);
    } else {
        level.sum[..level.list.len].fill(0.0);
        level.moment.fill(0.0);
        for child in ground.within(k, node) {
            gather(ground, below, (&level.list, &mut level.sum), child, mass);
            level.moment.iter_mut().zip(&below[0].moment).for_each(|(m, part)| *m += part);
        }
    }
    vectorized(
        arch,
        #[inline(always)]
        || level.hand_up(degree, above, sum),
    );
}

fn gather_leaf(ground: &Ground, level: &mut Level, leaf: usize, mass: &[f64]) {
    let (units, output) = ground.leaf(leaf);
    let mut weight = [0.0; LEAF];
    let order = &ground.grouping.unit[leaf * LEAF..];
    for ((w, a), &j) in weight.iter_mut().zip(output).zip(order) {
        *w = mass[j as usize] * a;
    }
    let degree = ground.pieces.degree;
    let moment = &mut level.moment;
    vectorized(
        ground.arch,
        #[inline(always)]
        || add_units(degree, units, &weight, moment),
    );
    let pass = Analysis { list: &level.list, units, weight: &weight, sum: &mut level.sum };
    run(ground.arch, &ground.network, pass);
}

/// Sets the moment to that of the units of a leaf.
#[inline(always)]
fn add_units(degree: u32, units: &[f64], weight: &[f64; LEAF], moment: &mut [f64]) {
    let (columns, _) = units.as_chunks::<LEAF>();
    if degree == 1 {
        for (u, m) in columns.iter().zip(moment) {
            *m = inner(weight, u);
        }
        return;
    }
    let mut rest = moment;
    for (d, u) in columns.iter().enumerate() {
        let mut weighted = *weight;
        for l in 0..LEAF {
            weighted[l] *= u[l];
        }
        let (row, below) = rest.split_at_mut(d + 1);
        for (v, m) in columns.iter().zip(row) {
            *m = inner(&weighted, v);
        }
        rest = below;
    }
}

#[inline(always)]
fn inner(a: &[f64; LEAF], b: &[f64; LEAF]) -> f64 {
    let mut lanes = [0.0; LEAF / 4];
    for (a, b) in a.chunks_exact(LEAF / 4).zip(b.chunks_exact(LEAF / 4)) {
        for l in 0..LEAF / 4 {
            lanes[l] = f64::mul_add(a[l], b[l], lanes[l]);
        }
    }
    lanes.iter().sum()
}

impl Level {
    /// Adds to the sums by datum of the list above what the node's units make of them.
    #[inline(always)]
    fn hand_up(&self, degree: u32, above: &List, sum: &mut [f64]) {
        for start in (0..above.len).step_by(CHUNK) {
            let forms = form::<CHUNK>(
                degree,
                &above.columns,
                &self.moment,
                start,
                #[inline(always)]
                |_, _| (),
            );
            let chunk = sum[start..start + CHUNK].iter_mut().zip(&self.side[start..start + CHUNK]);
            for ((sum, side), form) in chunk.zip(forms) {
                *sum = f64::mul_add(*side, form, *sum);
            }
        }
        for (part, &i) in self.sum.iter().zip(&self.list.index[..self.list.len]) {
            sum[i as usize] += part;
        }
    }
}

/// Where a synthesis writes: values and gradients from leaf `first` on.
struct Output<'a> {
    first: usize,
    slope: &'a mut [f64],
    value: &'a mut [f64],
    gradient: &'a mut [f64],
}

/// Writes values and gradients at the units of a node; `moment` is that of the data that are decided above it.
fn spread(
    ground: &Ground,
    levels: &mut [Level],
    (above, moment): (&List, &[f64]),
    node: usize,
    output: &mut Output<'_>,
) {
    let (level, below) = split(levels);
    let (k, arch) = (below.len(), ground.arch);
    level.narrow(
        arch,
        ground.tree.levels[k].cap(node),
        above,
        Sides::new(ground.pieces),
        Wanted { length: k > 0, columns: k > 0, dual: k > 0 },
    );
    level.add_decided(arch, ground.pieces.degree, above, moment);
    if k > 0 {
        for child in ground.within(k, node) {
            spread(ground, below, (&level.list, &level.moment), child, output);
        }
        return;
    }
    let (units, weights) = ground.leaf(node);
    let (degree, moment, slope) = (ground.pieces.degree, &level.moment, &mut *output.slope);
    vectorized(
        arch,
        #[inline(always)]
        || decided(degree, units, moment, slope),
    );
    run(
        arch,
        &ground.network,
        Synthesis { above, index: &level.list.index[..level.list.len], units, slope: &mut *output.slope },
    );
    let (dim, place) = (ground.network.dim(), (node - output.first) * LEAF);
    let value: &mut [f64; LEAF] = output.value[place..].first_chunk_mut().expect("values of whole leaves");
    let rows = if output.gradient.is_empty() {
        &mut []
    } else {
        &mut output.gradient[place * dim..(place + LEAF) * dim]
    };
    let slope = &*output.slope;
    vectorized(
        arch,
        #[inline(always)]
        || finish(degree, (units, weights), slope, value, &mut *rows),
    );
}

/// Sets `slope` to what the decided data make of the units of a leaf: nothing of a unit u = 0, where act' counts as 0.
#[inline(always)]
fn decided(degree: u32, units: &[f64], moment: &[f64], slope: &mut [f64]) {
    let (columns, _) = units.as_chunks::<LEAF>();
    let (slopes, _) = slope.as_chunks_mut::<LEAF>();
    if degree == 1 {
        let mut size = [0.0_f64; LEAF];
        for u in columns {
            for l in 0..LEAF {
                size[l] = size[l].max(u[l].abs());
            }
        }
        for (slope, moment) in slopes.iter_mut().zip(moment) {
            for l in 0..LEAF {
                slope[l] = if size[l] == 0.0 { 0.0 } else { *moment };
            }
        }
        return;
    }
    for (d, slope) in slopes.iter_mut().enumerate() {
        *slope = [0.0; LEAF];
        for (e, u) in columns.iter().enumerate() {
            let (long, short) = (d.max(e), d.min(e));
            let entry = moment[long * (long + 1) / 2 + short];
            for l in 0..LEAF {
                slope[l] = entry.mul_add(u[l], slope[l]);
            }
        }
    }
}

/// Values and gradients on the sphere, rows of one more number than there are inputs if units have output weights. With s
/// the slopes: the value is `a u . s`, the Cartesian gradient `(u . s, k a s)`, or `k s` alone.
#[inline(always)]
fn finish(
    degree: u32,
    (units, output): (&[f64], &[f64; LEAF]),
    slope: &[f64],
    value: &mut [f64; LEAF],
    rows: &mut [f64],
) {
    let (columns, _) = units.as_chunks::<LEAF>();
    let (slopes, _) = slope.as_chunks::<LEAF>();
    let mut along = [0.0; LEAF];
    for (u, s) in columns.iter().zip(slopes) {
        for l in 0..LEAF {
            along[l] = f64::mul_add(u[l], s[l], along[l]);
        }
    }
    for l in 0..LEAF {
        value[l] = output[l] * along[l];
    }
    if rows.is_empty() {
        return;
    }
    let (degree, dim) = (f64::from(degree), rows.len() / LEAF);
    let first = dim - columns.len();
    let mut radial = [0.0; LEAF];
    for l in 0..LEAF {
        radial[l] = (degree + first as f64) * value[l];
        if first == 1 {
            rows[l * dim] = along[l] - radial[l] * output[l];
        }
    }
    for (d, (u, s)) in columns.iter().zip(slopes).enumerate() {
        for l in 0..LEAF {
            rows[l * dim + first + d] = degree * output[l] * s[l] - radial[l] * u[l];
        }
    }
}
