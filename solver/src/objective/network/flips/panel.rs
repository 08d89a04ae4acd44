//! A few components of the sums that are carried along the curve, and the passes over blocks.

use pulp::{Arch, Simd, WithSimd};

use super::super::super::features::FeatureMap;
use super::super::{DataNetwork, Layers};
use super::Split;
use super::plan::Block;
use super::walk::{walk, walk_back};

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

/// Some components of the sums, that are carried along the curve together.
pub(super) struct Panel {
    components: Vec<Component>,
    /// Numbers of a vector of data in memory: the components and zeros.
    pub(super) width: usize,
    /// a phi(u), shape [N, components] flat, in the order of the curve.
    units: Vec<f64>,
    /// psi(x), shape [n, width] flat.
    pub(super) data: Vec<f64>,
    /// kinked g psi(x), likewise.
    weights: Vec<f64>,
    /// smooth sum of g psi(x).
    start: Vec<f64>,
}

impl Panel {
    pub(super) fn new(mut components: Vec<Component>, network: &DataNetwork, points: &[f64]) -> Self {
        let width = if components.len() <= 4 { 4 } else { 8 };
        let count = if width == 4 { components.len().max(2) } else { 8 };
        components.resize(count, Component::Nothing);
        let mut units = Vec::with_capacity(points.len() / network.dim() * count);
        for eta in points.chunks_exact(network.dim()) {
            let (output, u) = network.unit(eta);
            units.extend(components.iter().map(|c| output * c.of_unit(u)));
        }
        let mut data = vec![0.0; network.count * width];
        for (i, row) in data.chunks_exact_mut(width).enumerate() {
            row.iter_mut().zip(&components).for_each(|(x, c)| *x = c.of_datum(&network.inputs, i));
        }
        Self { components, width, units, weights: vec![0.0; data.len()], data, start: vec![0.0; width] }
    }

    /// Takes the weights of a dual.
    pub(super) fn load(&mut self, dual: &[f64], split: Split) {
        self.start.fill(0.0);
        let rows = self.weights.chunks_exact_mut(self.width).zip(self.data.chunks_exact(self.width));
        for (g, (weights, data)) in dual.iter().zip(rows) {
            for ((w, x), s) in weights.iter_mut().zip(data).zip(&mut self.start) {
                *w = split.kinked * g * x;
                *s += split.smooth * g * x;
            }
        }
    }
}

/// Calls `$arch.dispatch` of an operation, whose constants are the shape of a panel: its components, and its numbers in memory.
macro_rules! dispatch {
    ($arch:expr, $panel:expr, $operation:ident { $($field:ident: $value:expr),* $(,)? }) => {
        match $panel.components.len() {
            2 => $arch.dispatch($operation::<2, 4> { panel: $panel, $($field: $value),* }),
            3 => $arch.dispatch($operation::<3, 4> { panel: $panel, $($field: $value),* }),
            4 => $arch.dispatch($operation::<4, 4> { panel: $panel, $($field: $value),* }),
            _ => $arch.dispatch($operation::<8, 8> { panel: $panel, $($field: $value),* }),
        }
    };
}

impl Panel {
    /// Adds the moments of one block, whose units start at `first`: n rows for the data, and in the last the sum over all units.
    /// `unit` says which mass is that of a place on the curve.
    pub(super) fn analyze(
        &self,
        arch: Arch,
        block: &Block,
        first: usize,
        mass: &[f64],
        unit: Option<&[u32]>,
        moments: &mut [f64],
    ) {
        dispatch!(
            arch,
            self,
            Analysis { block: block, first: first, mass: mass, unit: unit, moments: moments }
        );
    }

    /// Adds the values of one block, whose units start at `first`.
    pub(super) fn synthesize(&self, arch: Arch, block: &Block, first: usize, value: &mut [f64]) {
        dispatch!(arch, self, Synthesis { block: block, first: first, value: value });
    }

    /// The same and the Cartesian gradients; `points` are those of the block.
    pub(super) fn synthesize_gradient(
        &self,
        arch: Arch,
        network: &DataNetwork,
        block: &Block,
        (first, points): (usize, &[f64]),
        value: &mut [f64],
        gradient: &mut [f64],
    ) {
        dispatch!(
            arch,
            self,
            SynthesisGradient {
                network: network,
                block: block,
                first: first,
                points: points,
                value: value,
                gradient: gradient
            }
        );
    }

    /// Adds the part of the Cartesian gradient of a unit that these components make.
    #[inline(always)]
    fn pull_back<const K: usize, const W: usize>(
        &self,
        network: &DataNetwork,
        eta: &[f64],
        sum: &[f64; W],
        gradient: &mut [f64],
    ) {
        let (output, u) = network.unit(eta);
        let first = eta.len() - u.len();
        let mut along = 0.0;
        for k in 0..K {
            let component = self.components[k];
            component.pull_back(u, output * sum[k], &mut gradient[first..]);
            along += component.of_unit(u) * sum[k];
        }
        if network.layers == Layers::Two {
            gradient[0] += along;
        }
    }
}

// Structs in place of closures: the compiler does not always inline a closure into what pulp compiles for the processor at hand.

struct Analysis<'a, const K: usize, const W: usize> {
    panel: &'a Panel,
    block: &'a Block,
    first: usize,
    mass: &'a [f64],
    unit: Option<&'a [u32]>,
    moments: &'a mut [f64],
}

impl<const K: usize, const W: usize> WithSimd for Analysis<'_, K, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let units = self.first..self.first + self.block.slots.len();
        let rows = &self.panel.units.as_chunks::<K>().0[units.clone()];
        let Some((all, moments)) = self.moments.as_chunks_mut::<W>().0.split_last_mut() else { return };
        let sum = match self.unit {
            None => {
                let mass = &self.mass[units];
                walk_back(
                    self.block,
                    moments,
                    #[inline(always)]
                    |j| scaled(mass[j], &rows[j]),
                )
            }
            Some(unit) => {
                let unit = &unit[units];
                walk_back(
                    self.block,
                    moments,
                    #[inline(always)]
                    |j| scaled(self.mass[unit[j] as usize], &rows[j]),
                )
            }
        };
        all.iter_mut().zip(sum).for_each(|(a, s)| *a += s);
    }
}

#[inline(always)]
fn scaled<const K: usize, const W: usize>(q: f64, row: &[f64; K]) -> [f64; W] {
    let mut term = [0.0; W];
    for k in 0..K {
        term[k] = q * row[k];
    }
    term
}

#[inline(always)]
fn product<const K: usize, const W: usize, S: Simd>(simd: S, row: &[f64; K], sum: &[f64; W]) -> f64 {
    let (row, row_rest) = S::as_simd_f64s(row);
    let (sum, sum_rest) = S::as_simd_f64s(&sum[..K]);
    let mut lanes = simd.splat_f64s(0.0);
    for (x, s) in row.iter().zip(sum) {
        lanes = simd.mul_add_f64s(*x, *s, lanes);
    }
    let mut value = if row.is_empty() { 0.0 } else { simd.reduce_sum_f64s(lanes) };
    for (x, s) in row_rest.iter().zip(sum_rest) {
        value = x.mul_add(*s, value);
    }
    value
}

struct Synthesis<'a, const K: usize, const W: usize> {
    panel: &'a Panel,
    block: &'a Block,
    first: usize,
    value: &'a mut [f64],
}

impl<const K: usize, const W: usize> WithSimd for Synthesis<'_, K, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, block, first, value } = self;
        let rows = &panel.units.as_chunks::<K>().0[first..first + block.slots.len()];
        let mut start = [0.0; W];
        start.copy_from_slice(&panel.start);
        walk(
            block,
            panel.weights.as_chunks::<W>().0,
            start,
            #[inline(always)]
            |j, sum| {
                value[j] += product(simd, &rows[j], sum);
            },
        );
    }
}

struct SynthesisGradient<'a, const K: usize, const W: usize> {
    panel: &'a Panel,
    network: &'a DataNetwork,
    block: &'a Block,
    first: usize,
    points: &'a [f64],
    value: &'a mut [f64],
    gradient: &'a mut [f64],
}

impl<const K: usize, const W: usize> WithSimd for SynthesisGradient<'_, K, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, network, block, first, points, value, gradient } = self;
        let dim = network.dim();
        let rows = &panel.units.as_chunks::<K>().0[first..first + block.slots.len()];
        let mut start = [0.0; W];
        start.copy_from_slice(&panel.start);
        walk(
            block,
            panel.weights.as_chunks::<W>().0,
            start,
            #[inline(always)]
            |j, sum| {
                value[j] += product(simd, &rows[j], sum);
                let row = j * dim..(j + 1) * dim;
                panel.pull_back::<K, W>(network, &points[row.clone()], sum, &mut gradient[row]);
            },
        );
    }
}
