//! Features of a network term by term: every unit meets every data point, and their matrix is never stored.
//!
//! The preactivations `t = u . x` of a few units at two vectors of data points are made in registers, so that each
//! load serves several of them, and consumed there. Analysis keeps a tile of the prediction in registers while the units pass;
//! synthesis keeps the sums of a few units while the data pass.

use std::array;

use pulp::{Arch, Simd, WithSimd, as_arrays, as_arrays_mut};
use rayon::prelude::*;

use super::DataNetwork;
use super::activation::{Abs, Activation, Lanes, Quadratic, Relu, SquaredRelu, TwoSided};
use crate::blocks::{VectorSum, block_size};
use crate::objective::features::{FeatureMap, Placed, project_on_tangent};

/// Units that are treated at once: a loaded data point serves all of them.
const UNITS: usize = 4;

/// Units that are treated at once for the gradient in few inputs, which keeps all its sums in registers.
const GRADIENT_UNITS: usize = 2;

/// Vector registers of data points that are treated at once.
const VECTORS: usize = 2;

/// The data are padded to a multiple of this: [`VECTORS`] of the widest registers, 8 numbers each.
pub(super) const TILE: usize = 8 * VECTORS;

/// Units whose weights stay in the first-level cache while the analysis passes over the data.
const UNITS_IN_CACHE: usize = 256;

/// Tiles of slopes that are kept before the gradient of units of many inputs takes them up: 16 KiB at most.
const SLOPES: usize = 32;

/// Coordinates that take up the slopes at once: as many sums are under way as an addition takes cycles, and more.
const COORDINATES: usize = 2;

/// Below this many units the analysis is shared out by data points: so few make too few blocks.
const FEW_UNITS: usize = 1024;

/// The least number of units that a thread takes at a time: each costs as much as there are data.
const LEAST_UNITS: usize = 32;

/// A network at any units, by sums over all pairs of a unit and a data point: O(N n p).
pub(super) struct MatrixFree {
    network: DataNetwork,
    dim: usize,
    points: Vec<f64>,
    /// Mass times output weight of each unit.
    weight: Vec<f64>,
    sum: Option<VectorSum>,
    /// A prediction or dual, padded like the data.
    padded: Vec<f64>,
    arch: Arch,
}

impl MatrixFree {
    /// The network at `points`, shape [N, dim] flat.
    pub fn new(network: &DataNetwork, points: &[f64]) -> Self {
        let dim = network.dim();
        let units = points.len() / dim;
        let padded = network.count.next_multiple_of(TILE);
        Self {
            network: network.clone(),
            dim,
            points: points.to_vec(),
            weight: vec![0.0; units],
            sum: (units >= FEW_UNITS).then(|| VectorSum::new(units, padded)),
            padded: vec![0.0; padded],
            arch: Arch::new(),
        }
    }

    fn load(&mut self, dual: &[f64]) {
        self.padded[..dual.len()].copy_from_slice(dual);
        self.padded[dual.len()..].fill(0.0);
    }

    /// Units that one thread takes at a time in the synthesis of `units` of them.
    fn share(units: usize) -> usize {
        block_size(units).min(units.div_ceil(UNITS * LEAST_UNITS) * UNITS).max(LEAST_UNITS)
    }
}

impl Placed for MatrixFree {
    fn move_to(&mut self, points: &[f64]) {
        self.points.copy_from_slice(points);
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let (network, dim, points) = (&self.network, self.dim, &self.points);
        for (w, (q, eta)) in self.weight.iter_mut().zip(mass.iter().zip(points.chunks_exact(dim))) {
            *w = q * network.output_weight(eta);
        }
        let weight = &self.weight;
        let over = |units: std::ops::Range<usize>, start: usize, prediction: &mut [f64]| {
            let points = &points[units.start * dim..units.end * dim];
            let pass = Analysis { network, start, points, weight: &weight[units], prediction };
            run(self.arch, network, pass);
        };
        if let Some(sum) = &mut self.sum {
            sum.run(&mut self.padded, |units, partial| over(units, 0, partial));
        } else {
            let size = block_size(self.padded.len()).next_multiple_of(TILE);
            self.padded.fill(0.0);
            self.padded
                .par_chunks_mut(size)
                .enumerate()
                .for_each(|(b, part)| over(0..weight.len(), b * size, part));
        }
        prediction.copy_from_slice(&self.padded[..prediction.len()]);
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.load(dual);
        let (network, dim, arch, dual) = (&self.network, self.dim, self.arch, &self.padded);
        let size = Self::share(value.len());
        value.par_chunks_mut(size).zip(self.points.par_chunks(size * dim)).for_each(|(value, points)| {
            run(arch, network, Synthesis { network, points, dual, value });
        });
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.load(dual);
        let (network, dim, arch, dual) = (&self.network, self.dim, self.arch, &self.padded);
        let size = Self::share(value.len());
        let rows = gradient.par_chunks_mut(size * dim).zip(self.points.par_chunks(size * dim));
        value.par_chunks_mut(size).zip(rows).for_each(|(value, (gradient, points))| {
            run(arch, network, Gradient { network, points, dual, value, slope: gradient });
            project_on_tangent(points, gradient, dim);
        });
    }
}

/// One pass over units and data, for `P` inputs, or any number of them where P = 0.
pub(super) trait Pass {
    fn pass<S: Simd, A: Lanes, const P: usize>(self, simd: S, act: A);
}

/// A pass with its activation and number of inputs known.
struct Compiled<T, A, const P: usize>(T, A);

impl<T: Pass, A: Lanes, const P: usize> WithSimd for Compiled<T, A, P> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.pass::<S, A, P>(simd, self.1);
    }
}

/// Runs a pass compiled for the machine, the activation and the number of inputs of the network.
pub(super) fn run<T: Pass>(arch: Arch, network: &DataNetwork, pass: T) {
    fn sized<T: Pass, A: Lanes>(arch: Arch, inputs: usize, act: A, pass: T) {
        match inputs {
            3 => arch.dispatch(Compiled::<T, A, 3>(pass, act)),
            4 => arch.dispatch(Compiled::<T, A, 4>(pass, act)),
            _ => arch.dispatch(Compiled::<T, A, 0>(pass, act)),
        }
    }
    let inputs = network.input_dim();
    match network.activation {
        Activation::Relu => sized(arch, inputs, Relu, pass),
        Activation::Abs => sized(arch, inputs, Abs, pass),
        Activation::SquaredRelu => sized(arch, inputs, SquaredRelu, pass),
        Activation::Quadratic => sized(arch, inputs, Quadratic, pass),
        Activation::LeakyRelu { .. } | Activation::Identity => {
            sized(arch, inputs, TwoSided { negative: network.activation.pieces().negative }, pass);
        }
    }
}

/// A vector of data, in registers, [`VECTORS`] at a time.
#[inline(always)]
fn tiles<S: Simd>(data: &[f64]) -> &[[S::f64s; VECTORS]] {
    as_arrays(S::as_simd_f64s(data).0).0
}

/// The columns of the inputs from data point `start` on.
struct Columns<'a, S: Simd, const P: usize> {
    network: &'a DataNetwork,
    start: usize,
    /// Where P > 0.
    known: [&'a [[S::f64s; VECTORS]]; P],
}

impl<'a, S: Simd, const P: usize> Columns<'a, S, P> {
    #[inline(always)]
    fn new(network: &'a DataNetwork, start: usize) -> Self {
        Self { network, start, known: array::from_fn(|d| tiles::<S>(&network.inputs[d][start..])) }
    }

    /// Coordinate d of the data points of tile i.
    #[inline(always)]
    fn at(&self, d: usize, i: usize) -> [S::f64s; VECTORS] {
        if P > 0 { self.known[d][i] } else { tiles::<S>(&self.network.inputs[d][self.start..])[i] }
    }

    /// `u . x` at tile i for the input weights of some units.
    #[inline(always)]
    fn preactivate<const U: usize>(&self, simd: S, units: [&[f64]; U], i: usize) -> [[S::f64s; VECTORS]; U] {
        let mut t = [[simd.splat_f64s(0.0); VECTORS]; U];
        let inputs = if P > 0 { P } else { self.network.input_dim() };
        for d in 0..inputs {
            let x = self.at(d, i);
            for (t, u) in t.iter_mut().zip(&units) {
                let u = simd.splat_f64s(u[d]);
                for (t, x) in t.iter_mut().zip(x) {
                    *t = if d == 0 { simd.mul_f64s(u, x) } else { simd.mul_add_e_f64s(u, x, *t) };
                }
            }
        }
        t
    }
}

/// The input weights of `U` units whose rows follow one another.
#[inline(always)]
fn input_weights<'a, const U: usize, const P: usize>(
    network: &DataNetwork,
    rows: &'a [f64],
) -> [&'a [f64]; U] {
    let inputs = if P > 0 { P } else { network.input_dim() };
    let dim = rows.len() / U;
    array::from_fn(|k| &rows[(k + 1) * dim - inputs..(k + 1) * dim])
}

/// `prediction[i] += sum_j weight[j] act(u_j . x_(start + i))`.
struct Analysis<'a> {
    network: &'a DataNetwork,
    start: usize,
    points: &'a [f64],
    weight: &'a [f64],
    prediction: &'a mut [f64],
}

impl Analysis<'_> {
    #[inline(always)]
    fn add<S: Simd, A: Lanes, const P: usize, const U: usize>(
        simd: S,
        act: A,
        columns: &Columns<'_, S, P>,
        (rows, weight): (&[f64], &[f64]),
        (i, sum): (usize, &mut [S::f64s; VECTORS]),
    ) {
        let t = columns.preactivate::<U>(simd, input_weights::<U, P>(columns.network, rows), i);
        for (t, weight) in t.iter().zip(weight) {
            let weight = simd.splat_f64s(*weight);
            for (sum, t) in sum.iter_mut().zip(t) {
                *sum = simd.mul_add_e_f64s(weight, act.value(simd, *t), *sum);
            }
        }
    }
}

impl Pass for Analysis<'_> {
    #[inline(always)]
    fn pass<S: Simd, A: Lanes, const P: usize>(self, simd: S, act: A) {
        let Self { network, start, points, weight, prediction } = self;
        let columns = Columns::<S, P>::new(network, start);
        let dim = network.dim();
        let tiles = as_arrays_mut::<VECTORS, _>(S::as_mut_simd_f64s(prediction).0).0;
        for (points, weight) in points.chunks(UNITS_IN_CACHE * dim).zip(weight.chunks(UNITS_IN_CACHE)) {
            let groups = weight.len() / UNITS * UNITS;
            for (i, h) in tiles.iter_mut().enumerate() {
                let mut sum = *h;
                let grouped = points[..groups * dim].chunks_exact(UNITS * dim);
                for (rows, weight) in grouped.zip(weight[..groups].chunks_exact(UNITS)) {
                    Self::add::<S, A, P, UNITS>(simd, act, &columns, (rows, weight), (i, &mut sum));
                }
                for (row, weight) in points[groups * dim..].chunks_exact(dim).zip(weight[groups..].chunks(1))
                {
                    Self::add::<S, A, P, 1>(simd, act, &columns, (row, weight), (i, &mut sum));
                }
                *h = sum;
            }
        }
    }
}

/// `value[j] = <Psi(eta_j), dual>`.
struct Synthesis<'a> {
    network: &'a DataNetwork,
    points: &'a [f64],
    dual: &'a [f64],
    value: &'a mut [f64],
}

impl Synthesis<'_> {
    #[inline(always)]
    fn of_units<S: Simd, A: Lanes, const P: usize, const U: usize>(
        simd: S,
        act: A,
        columns: &Columns<'_, S, P>,
        rows: &[f64],
        dual: &[f64],
    ) -> [f64; U] {
        let units = input_weights::<U, P>(columns.network, rows);
        let mut sum = [simd.splat_f64s(0.0); U];
        for (i, g) in tiles::<S>(dual).iter().enumerate() {
            let t = columns.preactivate(simd, units, i);
            for (sum, t) in sum.iter_mut().zip(t) {
                for (t, g) in t.into_iter().zip(g) {
                    *sum = simd.mul_add_e_f64s(*g, act.value(simd, t), *sum);
                }
            }
        }
        let dim = rows.len() / U;
        array::from_fn(|k| columns.network.output_weight(&rows[k * dim..]) * simd.reduce_sum_f64s(sum[k]))
    }
}

impl Pass for Synthesis<'_> {
    #[inline(always)]
    fn pass<S: Simd, A: Lanes, const P: usize>(self, simd: S, act: A) {
        let Self { network, points, dual, value } = self;
        let columns = Columns::<S, P>::new(network, 0);
        let dim = network.dim();
        for (rows, value) in points.chunks(UNITS * dim).zip(value.chunks_mut(UNITS)) {
            if value.len() == UNITS {
                let of = Self::of_units::<S, A, P, UNITS>(simd, act, &columns, rows, dual);
                value.copy_from_slice(&of);
            } else {
                for (row, value) in rows.chunks_exact(dim).zip(value) {
                    [*value] = Self::of_units::<S, A, P, 1>(simd, act, &columns, row, dual);
                }
            }
        }
    }
}

/// The value and the Cartesian gradient, from `G = sum_i g_i act'(u . x_i) x_i / k` alone: act has degree k, so that the
/// value is `a u . G` and the gradient `(u . G, k a G)`.
struct Gradient<'a> {
    network: &'a DataNetwork,
    points: &'a [f64],
    dual: &'a [f64],
    value: &'a mut [f64],
    slope: &'a mut [f64],
}

impl Gradient<'_> {
    /// Sets the input part of each unit's row of `gradient` to G, for few inputs: all sums stay in registers.
    #[inline(always)]
    fn sums_known<S: Simd, A: Lanes, const P: usize, const U: usize>(
        simd: S,
        act: A,
        columns: &Columns<'_, S, P>,
        (rows, dual): (&[f64], &[f64]),
        gradient: &mut [f64],
    ) {
        let units = input_weights::<U, P>(columns.network, rows);
        let mut sum = [[simd.splat_f64s(0.0); P]; U];
        for (i, g) in tiles::<S>(dual).iter().enumerate() {
            let t = columns.preactivate(simd, units, i);
            for (sum, t) in sum.iter_mut().zip(t) {
                for v in 0..VECTORS {
                    let slope = act.slope(simd, t[v], g[v]);
                    for (d, sum) in sum.iter_mut().enumerate() {
                        *sum = simd.mul_add_e_f64s(slope, columns.at(d, i)[v], *sum);
                    }
                }
            }
        }
        let dim = rows.len() / U;
        for (sum, row) in sum.iter().zip(gradient.chunks_exact_mut(dim)) {
            for (slot, sum) in row[dim - P..].iter_mut().zip(sum) {
                *slot = simd.reduce_sum_f64s(*sum);
            }
        }
    }

    /// The same for any number of inputs: the slopes at a stretch of data are kept, then meet each coordinate.
    #[inline(always)]
    fn sums_any<S: Simd, A: Lanes, const U: usize>(
        simd: S,
        act: A,
        columns: &Columns<'_, S, 0>,
        (rows, dual): (&[f64], &[f64]),
        slopes: &mut [[[S::f64s; VECTORS]; SLOPES]; U],
        gradient: &mut [f64],
    ) {
        let (dim, inputs) = (rows.len() / U, columns.network.input_dim());
        let units = input_weights::<U, 0>(columns.network, rows);
        gradient.fill(0.0);
        for (b, dual) in tiles::<S>(dual).chunks(SLOPES).enumerate() {
            let start = b * SLOPES;
            for (i, g) in dual.iter().enumerate() {
                let t = columns.preactivate(simd, units, start + i);
                for (slopes, t) in slopes.iter_mut().zip(t) {
                    for v in 0..VECTORS {
                        slopes[i][v] = act.slope(simd, t[v], g[v]);
                    }
                }
            }
            for (d, columns) in columns.network.inputs.chunks(COORDINATES).enumerate() {
                let rows = (&mut *gradient, dim, dim - inputs + d * COORDINATES);
                if columns.len() == COORDINATES {
                    take_up::<S, U, COORDINATES>(simd, (slopes, dual.len()), start, columns, rows);
                } else {
                    columns.iter().enumerate().for_each(|(k, column)| {
                        let rows = (&mut *rows.0, rows.1, rows.2 + k);
                        take_up::<S, U, 1>(simd, (slopes, dual.len()), start, array::from_ref(column), rows);
                    });
                }
            }
        }
    }
}

/// Adds `sum_i slope_i x_i` over the data from tile `start` on to some coordinates of the rows, `(rows, dim, the first of
/// the coordinates)`.
#[inline(always)]
fn take_up<S: Simd, const U: usize, const D: usize>(
    simd: S,
    (slopes, count): (&[[[S::f64s; VECTORS]; SLOPES]; U], usize),
    start: usize,
    columns: &[Vec<f64>],
    (rows, dim, first): (&mut [f64], usize, usize),
) {
    let x: [_; D] = array::from_fn(|d| &tiles::<S>(&columns[d])[start..start + count]);
    let mut sum = [[simd.splat_f64s(0.0); U]; D];
    for i in 0..count {
        for v in 0..VECTORS {
            for (sum, x) in sum.iter_mut().zip(&x) {
                for (sum, slopes) in sum.iter_mut().zip(slopes) {
                    *sum = simd.mul_add_e_f64s(slopes[i][v], x[i][v], *sum);
                }
            }
        }
    }
    for (d, sum) in sum.iter().enumerate() {
        for (row, sum) in rows.chunks_exact_mut(dim).zip(sum) {
            row[first + d] += simd.reduce_sum_f64s(*sum);
        }
    }
}

impl Pass for Gradient<'_> {
    #[inline(always)]
    fn pass<S: Simd, A: Lanes, const P: usize>(self, simd: S, act: A) {
        let Self { network, points, dual, value, slope: gradient } = self;
        let dim = network.dim();
        let columns = Columns::<S, P>::new(network, 0);
        if P > 0 {
            let size = GRADIENT_UNITS * dim;
            for (rows, gradient) in points.chunks(size).zip(gradient.chunks_mut(size)) {
                if rows.len() == size {
                    Self::sums_known::<S, A, P, GRADIENT_UNITS>(simd, act, &columns, (rows, dual), gradient);
                } else {
                    Self::sums_known::<S, A, P, 1>(simd, act, &columns, (rows, dual), gradient);
                }
            }
        } else {
            let any = Columns::<S, 0>::new(network, 0);
            let size = UNITS * dim;
            // One for all groups: to fill it takes as long as a group needs for some hundred data.
            let mut slopes = [[[simd.splat_f64s(0.0); VECTORS]; SLOPES]; UNITS];
            for (rows, gradient) in points.chunks(size).zip(gradient.chunks_mut(size)) {
                if rows.len() == size {
                    Self::sums_any::<S, A, UNITS>(simd, act, &any, (rows, dual), &mut slopes, gradient);
                    continue;
                }
                for (row, gradient) in rows.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)) {
                    let slopes = array::from_mut(&mut slopes[0]);
                    Self::sums_any::<S, A, 1>(simd, act, &any, (row, dual), slopes, gradient);
                }
            }
        }
        for (value, (eta, row)) in
            value.iter_mut().zip(points.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim)))
        {
            *value = network.finish_gradient(A::DEGREE, eta, row);
        }
    }
}
