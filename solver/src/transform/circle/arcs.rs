//! Between polynomials on equal arcs and wave numbers, by one FFT.
//!
//! The circle is cut into equal arcs, and on each the sum of waves is a polynomial of the place in the arc, to the tolerance. On a fine
//! grid the sum is what one FFT gives, and between the nodes it is read by the spreading kernel of the non-uniform FFT. So the
//! polynomials are got from the nodes by one small matrix, the same for all arcs: values are read at Chebyshev points, and
//! interpolated there. The analysis is the transpose: moments of the arcs go to the nodes, and these to wave numbers.

use std::f64::consts::PI;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::band::{BandTransform, PARTS};
use super::fft_cost;
use super::moments::moments_needed;
use crate::quad::{Quad, plus_product};
use crate::transform::spreading::{AtWidth, SpreadingKernel, interpolate};
use crate::vectorized::in_fours;

/// The numbers of moments that the loops are compiled for.
const MOMENTS: [usize; 4] = [4, 8, 12, 16];

/// Widest phase either side of a centre, where the powers still lose no digits.
const WIDEST: f64 = 1.6;

/// The least number of arcs: the kernel must fit in the grid.
const LEAST_ARCS: usize = 32;

/// The least nodes of the grid for each of its 2 K + 1 modes.
const OVERSAMPLING: f64 = 1.9;

/// The part of the tolerance for the kernel, whose errors the interpolation may double, and for the interpolation.
const KERNEL_PART: f64 = 0.25;
const INTERPOLATION_PART: f64 = 0.4;

/// No part is asked to be better than this.
const ROUND_OFF: f64 = 1e-15;

/// Arcs that a thread takes at least.
const LEAST_SHARE: usize = 256;

/// Chunks of arcs are as many at most.
const MOST_SHARES: usize = 16;

/// Nodes that are summed together, for their weights are read once.
const TOGETHER: usize = 4;

/// How the circle is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arcs {
    /// A power of two.
    pub(super) count: usize,
    /// Moments an arc, P.
    pub(super) moments: usize,
    /// Estimated time of analysis and synthesis between arcs and wave numbers, in nanoseconds.
    pub(super) cost: f64,
}

impl Arcs {
    /// The arcs on offer for the wave numbers `0..=modes` and a tolerance relative to the sum of the absolute masses.
    pub(super) fn on_offer(modes: usize, tolerance: f64) -> impl Iterator<Item = Self> {
        let least = ((modes as f64 * PI / WIDEST) as usize + 2).next_power_of_two().max(LEAST_ARCS);
        (0..6).map(move |i| least << i).filter_map(move |count| {
            let phase = modes as f64 * PI / count as f64;
            let needed = moments_needed(phase, (INTERPOLATION_PART * tolerance).max(1e-16))?;
            let moments = MOMENTS.into_iter().find(|m| *m >= needed)?;
            let nodes = count * nodes_of_arc(modes, count);
            let rows = (nodes * moments) as f64;
            let cost = fft_cost(nodes) + 8.0 * modes as f64 + 0.35 * rows;
            Some(Self { count, moments, cost })
        })
    }
}

/// The nodes of the grid in each of so many arcs.
fn nodes_of_arc(modes: usize, arcs: usize) -> usize {
    let least = OVERSAMPLING * (2 * modes + 1) as f64;
    let nodes = (least / arcs as f64).ceil() as usize;
    nodes.next_power_of_two()
}

/// Sums over arcs of equal width, given the moments of each: arc `a` of A holds the angles `2 pi (a + (x + 1) / 2) / A`, x in [-1, 1].
pub(super) struct ArcGrid {
    arcs: Arcs,
    /// Nodes of the grid in an arc.
    per_arc: usize,
    /// Nodes before the first of an arc that its values are read from.
    before: usize,
    /// The powers' coefficients from the nodes that an arc's values are read from, shape [nodes, P].
    from_nodes: Vec<Quad>,
    /// Each node of an arc from the moments of the arcs around, shape [`per_arc`, arcs around, P].
    from_moments: Aligned,
    /// Arcs behind an arc from whose moments its nodes take.
    arcs_behind: usize,
    /// Arcs around.
    around: usize,
    band: BandTransform,
    /// The grid, with repeated nodes before and behind.
    nodes: Vec<f64>,
    arch: Arch,
}

impl ArcGrid {
    /// A grid for the wave numbers `0..=modes`.
    pub(super) fn new(modes: usize, arcs: Arcs, tolerance: f64) -> Self {
        let per_arc = nodes_of_arc(modes, arcs.count);
        let grid = arcs.count * per_arc;
        let accuracy = (KERNEL_PART * tolerance).max(ROUND_OFF);
        let kernel = SpreadingKernel::new(accuracy, grid as f64 / (2 * modes + 1) as f64);
        let (width, moments) = (kernel.width(), arcs.moments);
        let (before, seen) = (width / 2 - 1, width + per_arc - 1);
        let from_nodes = from_nodes(&kernel, per_arc, moments);
        // Node u of arc a is seen by arc a + d as number u + before - d per_arc of what it sees.
        let (ahead, behind) = (before.div_ceil(per_arc), (seen - 1 - before) / per_arc);
        // One more where needed, without weight: an even number of arcs makes whole vectors.
        let around = (ahead + behind + 1).next_multiple_of(2);
        let mut from_moments = Aligned::zeros(per_arc * around * moments);
        for (row, at) in from_moments.numbers_mut().chunks_exact_mut(moments).zip(0..) {
            let (u, d) = (at / around, (at % around) as isize - behind as isize);
            let number = (u + before) as isize - d * per_arc as isize;
            if let Some(powers) = usize::try_from(number).ok().filter(|number| *number < seen) {
                row.copy_from_slice(&from_nodes[powers * moments..(powers + 1) * moments]);
            }
        }
        Self {
            per_arc,
            before,
            from_nodes: from_nodes.chunks_exact(4).map(Quad::from_slice).collect(),
            from_moments,
            arcs_behind: behind,
            around,
            band: BandTransform::new(grid, (0..=modes).map(|k| 1.0 / kernel.fourier(k, grid)).collect()),
            nodes: vec![0.0; grid + seen - per_arc],
            arcs,
            arch: Arch::new(),
        }
    }

    /// Room for the moments of all arcs, and of those at either end once more.
    pub(super) fn table(&self) -> Aligned {
        Aligned::zeros((self.arcs.count + self.around - 1) * self.arcs.moments)
    }

    /// The moments of the arcs proper, of a table: shape [A, P].
    pub(super) fn own<'a>(&self, table: &'a mut Aligned) -> &'a mut [f64] {
        &mut table.numbers_mut()[self.arcs_behind * self.arcs.moments..]
            [..self.arcs.count * self.arcs.moments]
    }

    /// The analysis, given the moments `sum q x^p` of the arcs proper of a table.
    pub(super) fn analyze(&mut self, table: &mut Aligned, coefficients: &mut [Complex64]) {
        let (count, moments) = (self.arcs.count, self.arcs.moments);
        repeat(table.numbers_mut(), self.arcs_behind, count, moments);
        let (per_arc, len, from_moments, arch) =
            (self.per_arc, self.around * moments, &self.from_moments, self.arch);
        let table = table.numbers();
        let fill = |part: usize, nodes: &mut [f64]| {
            arch.dispatch(TakeMoments {
                part,
                per_arc,
                moments,
                len,
                weights: from_moments.numbers(),
                table,
                nodes,
            });
        };
        self.band.analyze(fill, coefficients);
    }

    /// Sets the coefficients of the powers `x^p` on the arcs, shape [A, P], of the synthesis or of its derivative in the angle.
    pub(super) fn synthesize(&mut self, coefficients: &[Complex64], slope: bool, own: &mut [Quad]) {
        let grid = self.band.nodes();
        let parts = self.band.synthesize(coefficients, slope);
        let quads = self.nodes[self.before..self.before + grid].as_chunks_mut::<PARTS>().0;
        for (m, nodes) in quads.iter_mut().enumerate() {
            *nodes = parts.map(|part| part[m]);
        }
        repeat(&mut self.nodes, self.before, grid, 1);
        let (per_arc, arch, nodes, matrix) = (self.per_arc, self.arch, &self.nodes, &self.from_nodes);
        let quads = self.arcs.moments / 4;
        let share = self.arcs.count.div_ceil(MOST_SHARES).max(LEAST_SHARE);
        own.par_chunks_mut(share * quads).enumerate().for_each(|(chunk, rows)| {
            let nodes = &nodes[chunk * share * per_arc..];
            match quads {
                1 => in_fours(arch, ReadPowers::<1> { nodes, per_arc, matrix, rows }),
                2 => in_fours(arch, ReadPowers::<2> { nodes, per_arc, matrix, rows }),
                3 => in_fours(arch, ReadPowers::<3> { nodes, per_arc, matrix, rows }),
                _ => in_fours(arch, ReadPowers::<4> { nodes, per_arc, matrix, rows }),
            }
        });
    }
}

/// Numbers that start where a cache line does: vectors that lie across two lines are read at half the speed.
pub(super) struct Aligned {
    skipped: usize,
    numbers: Vec<f64>,
}

impl Aligned {
    fn zeros(len: usize) -> Self {
        const LINE: usize = 64;
        let numbers = vec![0.0; len + LINE / 8];
        // Should the address not tell, nothing but speed is lost.
        let skipped = numbers.as_ptr().align_offset(LINE).min(LINE / 8);
        let mut aligned = Self { skipped, numbers };
        aligned.numbers.truncate(skipped + len);
        aligned
    }

    fn numbers(&self) -> &[f64] {
        &self.numbers[self.skipped..]
    }

    fn numbers_mut(&mut self) -> &mut [f64] {
        &mut self.numbers[self.skipped..]
    }
}

/// Fills what is before the `count` rows that start at row `before`, and what is behind them, with the rows of the periodic continuation.
fn repeat(rows: &mut [f64], before: usize, count: usize, len: usize) {
    let all = rows.len() / len;
    for row in (0..before).rev() {
        rows.copy_within((row + count) * len..(row + count + 1) * len, row * len);
    }
    for row in before + count..all {
        rows.copy_within((row - count) * len..(row - count + 1) * len, row * len);
    }
}

/// The matrix from the nodes that an arc's values are read from to the coefficients of powers, shape [V, P].
fn from_nodes(kernel: &SpreadingKernel, per_arc: usize, moments: usize) -> Vec<f64> {
    let seen = kernel.width() + per_arc - 1;
    let weight = |node: usize, x: f64| {
        let place = 0.5 * (x + 1.0) * per_arc as f64;
        let weights = kernel.at_width(Weights { kernel, offset: place - place.floor() });
        node.checked_sub(place as usize).and_then(|i| weights.get(i).copied()).unwrap_or(0.0)
    };
    (0..seen).flat_map(|node| interpolate(moments, |x| weight(node, x))).collect()
}

/// The weights of the nodes around a point.
struct Weights<'a> {
    kernel: &'a SpreadingKernel,
    offset: f64,
}

impl AtWidth for Weights<'_> {
    type Output = Vec<f64>;

    fn run<const W: usize>(self) -> Vec<f64> {
        self.kernel.weights::<W>(self.offset).to_vec()
    }
}

/// Every [`PARTS`]-th node from the moments of the arcs around it.
struct TakeMoments<'a> {
    /// The first node.
    part: usize,
    per_arc: usize,
    moments: usize,
    /// Numbers that a node is summed over: a multiple of eight.
    len: usize,
    weights: &'a [f64],
    table: &'a [f64],
    nodes: &'a mut [f64],
}

impl WithSimd for TakeMoments<'_> {
    type Output = ();

    /// Nodes of a part lie alike in their arcs, or in turn, so that those taken together share their weights.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { part, per_arc, moments, len, weights, table, nodes } = self;
        let weights = S::as_simd_f64s(&weights[(part & (per_arc - 1)) * len..][..len]).0;
        for (m, nodes) in nodes.chunks_mut(TOGETHER).enumerate() {
            let row = |t: usize| {
                let node = PARTS * (TOGETHER * m + t.min(nodes.len() - 1)) + part;
                let first = (node >> per_arc.trailing_zeros()) * moments;
                S::as_simd_f64s(&table[first..first + len]).0
            };
            let [a, b, c, d] = [row(0), row(1), row(2), row(3)];
            let mut sums = [simd.splat_f64s(0.0); TOGETHER];
            for ((((w, a), b), c), d) in weights.iter().zip(a).zip(b).zip(c).zip(d) {
                sums[0] = simd.mul_add_e_f64s(*w, *a, sums[0]);
                sums[1] = simd.mul_add_e_f64s(*w, *b, sums[1]);
                sums[2] = simd.mul_add_e_f64s(*w, *c, sums[2]);
                sums[3] = simd.mul_add_e_f64s(*w, *d, sums[3]);
            }
            for (node, sum) in nodes.iter_mut().zip(sums) {
                *node = simd.reduce_sum_f64s(sum);
            }
        }
    }
}

/// `rows[arc][p] = sum over the nodes seen of node times matrix[node][p]`.
struct ReadPowers<'a, const V: usize> {
    /// From the first that the first arc sees.
    nodes: &'a [f64],
    per_arc: usize,
    matrix: &'a [Quad],
    rows: &'a mut [Quad],
}

impl<const V: usize> WithSimd for ReadPowers<'_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { nodes, per_arc, matrix, rows } = self;
        let (matrix, rows) = (matrix.as_chunks::<V>().0, rows.as_chunks_mut::<V>().0);
        // Two arcs at a time, so that the matrix is read once for both; the last alone counts twice.
        for (pair, rows) in rows.chunks_mut(2).enumerate() {
            let first = &nodes[2 * pair * per_arc..][..matrix.len()];
            let second = &nodes[(2 * pair + rows.len() - 1) * per_arc..][..matrix.len()];
            let mut powers = [[Quad::ZERO; V]; 2];
            for ((a, b), column) in first.iter().zip(second).zip(matrix) {
                powers[0] = plus_product(simd, powers[0], &[Quad::of(*a); V], column);
                powers[1] = plus_product(simd, powers[1], &[Quad::of(*b); V], column);
            }
            rows.copy_from_slice(&powers[..rows.len()]);
        }
    }
}
