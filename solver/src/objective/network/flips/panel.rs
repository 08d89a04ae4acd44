//! A few components of the sums that are carried along the curve, and the passes over blocks.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::super::super::features::FeatureMap;
use super::super::{DataNetwork, Layers};
use super::Split;
use super::plan::{Block, TILE};
use super::units::{Line, Units};
use super::walk::{walk, walk_back};
use crate::quad::{Quad, dot, plus, plus_product, scaled};
use crate::vectorized::in_fours;

/// One coordinate of phi: a coordinate of u, or the product of two.
#[derive(Debug, Clone, Copy)]
pub(super) enum Component {
    Single(usize),
    Product(usize, usize),
    /// Fills a panel up: zero.
    Nothing,
}

impl Component {
    /// Those of phi and psi in p coordinates.
    pub(super) fn all(degree: u32, p: usize) -> Vec<Self> {
        match degree {
            1 => (0..p).map(Self::Single).collect(),
            _ => (0..p).flat_map(|a| (a..p).map(move |b| Self::Product(a, b))).collect(),
        }
    }

    /// Of phi(u).
    fn of_unit(self, u: &[f64]) -> f64 {
        match self {
            Self::Single(a) => u[a],
            Self::Product(a, b) => u[a] * u[b],
            Self::Nothing => 0.0,
        }
    }

    /// Of psi(x): a product of two different coordinates stands for both its orders.
    fn of_datum(self, columns: &[Vec<f64>], i: usize) -> f64 {
        match self {
            Self::Single(a) => columns[a][i],
            Self::Product(a, b) => columns[a][i] * columns[b][i] * if a == b { 1.0 } else { 2.0 },
            Self::Nothing => 0.0,
        }
    }

    /// Adds `g` times the gradient of `of_unit` to `gradient`.
    #[inline(always)]
    fn pull_back(self, u: &[f64], g: f64, gradient: &mut [f64]) {
        match self {
            Self::Single(a) => gradient[a] += g,
            Self::Product(a, b) => {
                gradient[a] += u[b] * g;
                gradient[b] += u[a] * g;
            }
            Self::Nothing => {}
        }
    }
}

/// Data whose weights are made together.
const CHUNK: usize = 1024;

/// Some components of the sums, that are carried along the curve together.
pub(super) struct Panel {
    components: Vec<Component>,
    /// Vectors of four of a row in memory: the components and zeros.
    pub(super) quads: usize,
    /// a phi(u) for each block.
    pub(super) units: Vec<Units>,
    /// psi(x), shape [n, quads].
    pub(super) data: Vec<Quad>,
    /// kinked g psi(x), shape [2 n, quads]: of data that become active, then with the other sign of data that cease to be.
    weights: Vec<Quad>,
    /// smooth sum of g psi(x), shape [quads].
    start: Vec<Quad>,
}

impl Panel {
    /// `points` in the order of the curve, cut into `blocks` of `size`.
    pub(super) fn new(
        mut components: Vec<Component>,
        network: &DataNetwork,
        points: &[f64],
        blocks: &[Block],
        size: usize,
    ) -> Self {
        let quads = components.len().div_ceil(4).min(2);
        let count = if quads == 1 { components.len().max(2) } else { 8 };
        components.resize(count, Component::Nothing);
        let dim = network.dim();
        let rows = |points: &[f64]| {
            let mut rows = Vec::with_capacity(points.len() / dim * count);
            for eta in points.chunks_exact(dim) {
                let (output, u) = network.unit(eta);
                rows.extend(components.iter().map(|c| output * c.of_unit(u)));
            }
            rows
        };
        let units = blocks.par_iter().zip(points.par_chunks(size * dim));
        let units = units.map(|(block, points)| Units::new(block, rows(points), count, 4 * quads - count));
        let units = units.collect();
        let row = |i: usize| components.iter().map(move |c| c.of_datum(&network.inputs, i));
        let data: Vec<Quad> = (0..network.count)
            .flat_map(|i| row(i).collect::<Vec<f64>>().chunks(4).map(Quad::from_slice).collect::<Vec<Quad>>())
            .collect();
        let (weights, start) = (vec![Quad::ZERO; 2 * data.len()], vec![Quad::ZERO; quads]);
        Self { components, quads, units, data, weights, start }
    }

    /// Vectors of four in the moments of n data: 2 n rows, and one.
    pub(super) fn rows(&self, count: usize) -> usize {
        (2 * count + 1) * self.quads
    }

    /// Takes the weights of a dual.
    pub(super) fn load(&mut self, dual: &[f64], split: Split) {
        let (quads, data) = (self.quads, &self.data);
        let (on, off) = self.weights.split_at_mut(data.len());
        let weights = on.par_chunks_mut(CHUNK * quads).zip(off.par_chunks_mut(CHUNK * quads));
        let rows = dual.par_chunks(CHUNK).zip(data.par_chunks(CHUNK * quads));
        weights.zip(rows).for_each(|((on, off), (dual, data))| {
            let weights = on.chunks_exact_mut(quads).zip(off.chunks_exact_mut(quads));
            for ((on, off), (g, data)) in weights.zip(dual.iter().zip(data.chunks_exact(quads))) {
                for ((on, off), x) in on.iter_mut().zip(off).zip(data) {
                    on.0 = x.0.map(|x| split.kinked * g * x);
                    off.0 = on.0.map(|w| -w);
                }
            }
        });
        self.start.fill(Quad::ZERO);
        if split.smooth != 0.0 {
            for (g, data) in dual.iter().zip(data.chunks_exact(quads)) {
                for (s, x) in self.start.iter_mut().zip(data) {
                    s.0.iter_mut().zip(x.0).for_each(|(s, x)| *s += split.smooth * g * x);
                }
            }
        }
    }
}

/// Runs an operation, whose constants are the shape of a panel: its components, and its vectors of four in memory.
macro_rules! dispatch {
    ($arch:expr, $panel:expr, $operation:ident { $($field:ident: $value:expr),* $(,)? }) => {
        match $panel.components.len() {
            2 => in_fours($arch, $operation::<2, 1> { $($field: $value),* }),
            3 => in_fours($arch, $operation::<3, 1> { $($field: $value),* }),
            4 => in_fours($arch, $operation::<4, 1> { $($field: $value),* }),
            _ => in_fours($arch, $operation::<8, 2> { $($field: $value),* }),
        }
    };
}

impl Panel {
    /// Adds the moments of block `b`, with the masses of its units: 2 n rows for the data, see [`walk_back`], and in the last the
    /// sum over all units.
    pub(super) fn analyze(&self, arch: Arch, block: &Block, b: usize, mass: &[f64], moments: &mut [Quad]) {
        dispatch!(arch, self, Analysis { block: block, units: &self.units[b], mass: mass, moments: moments });
    }

    /// Adds the values of block `b`, to zeros if they are the `first`.
    pub(super) fn synthesize(&self, arch: Arch, block: &Block, (b, first): (usize, bool), value: &mut [f64]) {
        dispatch!(
            arch,
            self,
            Synthesis { panel: self, block: block, units: &self.units[b], first: first, value: value }
        );
    }

    /// The same and the Cartesian gradients; `points` are those of the block.
    pub(super) fn synthesize_gradient(
        &self,
        arch: Arch,
        network: &DataNetwork,
        block: &Block,
        (b, points): (usize, &[f64]),
        value: &mut [f64],
        gradient: &mut [f64],
    ) {
        dispatch!(
            arch,
            self,
            SynthesisGradient {
                panel: self,
                network: network,
                block: block,
                units: &self.units[b],
                points: points,
                value: value,
                gradient: gradient
            }
        );
    }

    fn start<const V: usize>(&self) -> [Quad; V] {
        std::array::from_fn(|k| self.start[k])
    }

    /// Adds the part of the Cartesian gradient of a unit that these components make.
    #[inline(always)]
    fn pull_back<const K: usize, const V: usize>(
        &self,
        network: &DataNetwork,
        eta: &[f64],
        sum: &[Quad; V],
        gradient: &mut [f64],
    ) {
        let (output, u) = network.unit(eta);
        let first = eta.len() - u.len();
        let mut along = 0.0;
        for k in 0..K {
            let (component, sum) = (self.components[k], sum[k / 4].0[k % 4]);
            component.pull_back(u, output * sum, &mut gradient[first..]);
            along += component.of_unit(u) * sum;
        }
        if network.layers == Layers::Two {
            gradient[0] += along;
        }
    }
}

/// The row of K components at place j of [`Units::Rows`]; what is beyond them is multiplied by zeros or not looked at.
#[inline(always)]
fn row<const K: usize, const V: usize>(rows: &[f64], j: usize) -> [Quad; V] {
    let row = &rows[j * K..j * K + 4 * V];
    std::array::from_fn(
        #[inline(always)]
        |v| Quad(std::array::from_fn(|k| row[4 * v + k])),
    )
}

/// The lines of a tile, taken from the front or the back of those of a block.
struct Lines<'a>(&'a [Line]);

impl Lines<'_> {
    /// The next line of a tile of which the units from `first` on are left, and its units.
    #[inline(always)]
    fn next(&mut self, first: usize) -> (Line, Range<usize>) {
        let (line, rest) = self.0.split_first().expect("the lines of a block hold all its units");
        self.0 = rest;
        (*line, first..line.end)
    }

    /// The last line of a tile that starts at `first`, and its units.
    #[inline(always)]
    fn next_back(&mut self, first: usize) -> (Line, Range<usize>) {
        let (line, rest) = self.0.split_last().expect("the lines of a block hold all its units");
        self.0 = rest;
        (*line, rest.last().map_or(first, |before| before.end.max(first))..line.end)
    }
}

struct Analysis<'a, const K: usize, const V: usize> {
    block: &'a Block,
    units: &'a Units,
    mass: &'a [f64],
    moments: &'a mut [Quad],
}

impl<const K: usize, const V: usize> WithSimd for Analysis<'_, K, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { block, units, mass, moments } = self;
        let Some((all, moments)) = moments.as_chunks_mut::<V>().0.split_last_mut() else { return };
        let sum = match units {
            Units::Rows(rows) => walk_back(
                simd,
                block,
                moments,
                #[inline(always)]
                |tile, slots, mut sum, held| {
                    for ((q, &slot), j) in mass[tile.clone()].iter().zip(slots).zip(tile).rev() {
                        sum = plus(simd, sum, &scaled(simd, *q, row::<K, V>(rows, j)));
                        held[usize::from(slot)] = sum;
                    }
                    sum
                },
            ),
            Units::Lines(lines, scale) => {
                let mut lines = Lines(lines);
                walk_back(
                    simd,
                    block,
                    moments,
                    #[inline(always)]
                    |tile, slots, mut sum, held| {
                        let mut end = tile.end;
                        while end > tile.start {
                            let (line, units) = lines.next_back(tile.start);
                            let slots = &slots[units.start - tile.start..units.end - tile.start];
                            let masses = mass[units.clone()].iter().zip(&scale[units.clone()]);
                            sum = gather_line(simd, &line, masses, slots, sum, held);
                            end = units.start;
                        }
                        sum
                    },
                )
            }
        };
        *all = plus(simd, *all, &sum);
    }
}

/// The units of a line for [`walk_back`], with their masses and r.
#[inline(always)]
fn gather_line<'a, S: Simd, const V: usize>(
    simd: S,
    line: &Line,
    masses: impl DoubleEndedIterator<Item = (&'a f64, &'a f64)> + ExactSizeIterator,
    slots: &[u8],
    mut sum: [Quad; V],
    held: &mut [[Quad; V]; TILE],
) -> [Quad; V] {
    let mut place = [Quad::of(slots.len() as f64 - 1.0); V];
    for ((q, r), &slot) in masses.zip(slots).rev() {
        let row = plus_product(simd, [line.start; V], &place, &[line.step; V]);
        sum = plus(simd, sum, &scaled(simd, q * r, row));
        place = plus(simd, place, &[Quad::of(-1.0); V]);
        held[usize::from(slot)] = sum;
    }
    sum
}

/// Adds the values of the units of a tile to `value`, whose first is that of the tile's first unit.
#[inline(always)]
fn add_values<S: Simd, const K: usize, const V: usize>(
    simd: S,
    units: &Units,
    lines: &mut Lines,
    (tile, slots): (Range<usize>, &[u8]),
    held: &[[Quad; V]; TILE],
    value: &mut [f64],
) {
    match units {
        Units::Rows(rows) => {
            for ((value, &slot), j) in value.iter_mut().zip(slots).zip(tile) {
                *value += dot(simd, &row::<K, V>(rows, j), &held[usize::from(slot)]);
            }
        }
        Units::Lines(_, scale) => {
            let mut first = tile.start;
            while first < tile.end {
                let (line, units) = lines.next(first);
                let inside = units.start - tile.start..units.end - tile.start;
                let mut place = [Quad::ZERO; V];
                let values = value[inside.clone()].iter_mut().zip(&slots[inside]);
                for ((value, &slot), r) in values.zip(&scale[units.clone()]) {
                    let row = plus_product(simd, [line.start; V], &place, &[line.step; V]);
                    *value += r * dot(simd, &row, &held[usize::from(slot)]);
                    place = plus(simd, place, &[Quad::of(1.0); V]);
                }
                first = units.end;
            }
        }
    }
}

/// The lines of units that have some.
fn lines_of(units: &Units) -> Lines<'_> {
    match units {
        Units::Rows(_) => Lines(&[]),
        Units::Lines(lines, _) => Lines(lines),
    }
}

struct Synthesis<'a, const K: usize, const V: usize> {
    panel: &'a Panel,
    block: &'a Block,
    units: &'a Units,
    first: bool,
    value: &'a mut [f64],
}

impl<const K: usize, const V: usize> WithSimd for Synthesis<'_, K, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, block, units, first, value } = self;
        let mut lines = lines_of(units);
        walk(
            simd,
            block,
            panel.weights.as_chunks::<V>().0,
            panel.start(),
            #[inline(always)]
            |tile, slots, held| {
                let value = &mut value[tile.clone()];
                // Here and not for all of the block, whose values would leave the nearest cache.
                if first {
                    value.fill(0.0);
                }
                add_values::<S, K, V>(simd, units, &mut lines, (tile, slots), held, value);
            },
        );
    }
}

struct SynthesisGradient<'a, const K: usize, const V: usize> {
    panel: &'a Panel,
    network: &'a DataNetwork,
    block: &'a Block,
    units: &'a Units,
    points: &'a [f64],
    value: &'a mut [f64],
    gradient: &'a mut [f64],
}

impl<const K: usize, const V: usize> WithSimd for SynthesisGradient<'_, K, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, network, block, units, points, value, gradient } = self;
        let (dim, mut lines) = (network.dim(), lines_of(units));
        walk(
            simd,
            block,
            panel.weights.as_chunks::<V>().0,
            panel.start(),
            #[inline(always)]
            |tile, slots, held| {
                let value = &mut value[tile.clone()];
                add_values::<S, K, V>(simd, units, &mut lines, (tile.clone(), slots), held, value);
                for (&slot, j) in slots.iter().zip(tile) {
                    let (sum, row) = (&held[usize::from(slot)], j * dim..(j + 1) * dim);
                    panel.pull_back::<K, V>(network, &points[row.clone()], sum, &mut gradient[row]);
                }
            },
        );
    }
}
