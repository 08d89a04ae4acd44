//! Trigonometric sums at scattered angles: the one-dimensional non-uniform FFT.
//!
//! Each angle is spread on a uniform grid by a narrow kernel, the grid is transformed by a real FFT, and the kernel is
//! divided out. The more angles there are for each wave number, the finer the grid and the narrower the kernel.

use std::ops::Range;
use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::angle::place_on_arcs;
use super::band::{BandTransform, PARTS};
use super::{AngularSums, assert_lengths, fft_cost};
use crate::blocks::{VectorSum, block_size};
use crate::transform::spreading::{AtWidth, SpreadingKernel};
use crate::vectorized::vectorized;

/// The least grid: the kernel must fit in it.
const LEAST_GRID: usize = 32;

/// Width of the widest kernel on offer.
const WIDEST: f64 = 16.0;

/// No sum is asked to be better than this.
const ROUND_OFF: f64 = 1e-15;

/// The grid, a power of two, that takes the least time.
fn choose_grid(count: usize, modes: usize, tolerance: f64) -> usize {
    let least = (3 * (modes + 1)).max(LEAST_GRID).next_power_of_two();
    let tolerance = tolerance.max(ROUND_OFF);
    let grids = (0..6).map(|i| least << i);
    let cost = |grid: &usize| grid_cost(*grid, count, modes, tolerance, WEIGHED);
    grids.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(least)
}

/// Estimated nanoseconds of a node of an angle, there and back, with its weight evaluated or read.
const WEIGHED: f64 = 2.7;
const KEPT: f64 = 0.8;

/// Estimated nanoseconds of an analysis and a synthesis on a grid, given those of a node.
fn grid_cost(grid: usize, count: usize, modes: usize, tolerance: f64, of_node: f64) -> f64 {
    let oversampling = grid as f64 / (2 * modes + 1) as f64;
    let rate = std::f64::consts::PI * (1.0 - 1.0 / oversampling).sqrt();
    let width = ((20.0 / tolerance).ln() / rate / 2.0).ceil() * 2.0;
    if width > WIDEST {
        return f64::INFINITY;
    }
    count as f64 * of_node * width + fft_cost(grid) + 1.5 * grid as f64 + 8.0 * modes as f64
}

/// Estimated nanoseconds of an analysis and a synthesis of so many angles.
pub(super) fn scattered_cost(count: usize, modes: usize, tolerance: f64) -> f64 {
    cost(count, modes, tolerance, WEIGHED)
}

/// The same for angles whose weights are kept.
pub(super) fn kept_cost(count: usize, modes: usize, tolerance: f64) -> f64 {
    cost(count, modes, tolerance, KEPT)
}

fn cost(count: usize, modes: usize, tolerance: f64, of_node: f64) -> f64 {
    500.0 + grid_cost(choose_grid(count, modes, tolerance), count, modes, tolerance, of_node)
}

/// The bandwidth's part of a transform: grid and kernel, shared by every set of angles.
pub struct Bandwidth {
    modes: usize,
    grid: usize,
    kernel: SpreadingKernel,
    /// Inverse Fourier coefficients of the kernel.
    correction: Vec<f64>,
}

impl Bandwidth {
    /// Transforms between some `angles` angles and the wave numbers `0..=modes`, with errors of at most `tolerance`
    /// relative to the sum of the absolute values of a sum's terms. The number of angles matters for speed alone.
    pub fn new(modes: usize, angles: usize, tolerance: f64) -> Self {
        let grid = choose_grid(angles, modes, tolerance);
        let kernel = SpreadingKernel::new(tolerance.max(ROUND_OFF), grid as f64 / (2 * modes + 1) as f64);
        let correction = (0..=modes).map(|k| 1.0 / kernel.fourier(k, grid)).collect();
        Self { modes, grid, kernel, correction }
    }

    /// Length of the grid with a margin on each side, so that no angle's nodes are cut in two by the ends.
    fn padded(&self) -> usize {
        self.grid + self.kernel.width()
    }
}

/// A set of angles, to be spread on the grid of a [`Bandwidth`].
pub struct ScatteredAngles {
    bandwidth: Arc<Bandwidth>,
    /// Angles in grid steps, from 0 to the length of the grid.
    place: Vec<f64>,
    /// The weights of the nodes of each angle, where they are kept.
    weights: Vec<f64>,
    sum: VectorSum,
    /// The grid with margins, for values and for derivatives.
    padded: [Vec<f64>; 2],
    band: BandTransform,
    arch: Arch,
}

impl ScatteredAngles {
    /// Places `angles` (radians, any real numbers) on the grid.
    pub fn new(bandwidth: Arc<Bandwidth>, angles: &[f64]) -> Self {
        let padded = bandwidth.padded();
        let mut placed = Self {
            place: vec![0.0; angles.len()],
            weights: Vec::new(),
            sum: VectorSum::new(angles.len(), padded),
            padded: [vec![0.0; padded], vec![0.0; padded]],
            band: BandTransform::new(bandwidth.grid, bandwidth.correction.clone()),
            arch: Arch::new(),
            bandwidth,
        };
        placed.move_to(angles);
        placed
    }

    /// Keeps the weights of all angles, which stay where they are: fewer operations, and `8 W` bytes an angle.
    pub(super) fn keeping_weights(mut self) -> Self {
        let (arch, kernel) = (self.arch, &self.bandwidth.kernel);
        self.weights = vec![0.0; self.place.len() * kernel.width()];
        kernel.at_width(Weigh { arch, kernel, place: &self.place, weights: &mut self.weights });
        self
    }

    /// The angles of a range.
    fn nodes(&self, range: Range<usize>) -> Nodes<'_> {
        nodes(&self.bandwidth.kernel, &self.place, &self.weights, range)
    }

    /// The grid whose interpolation is the synthesis of the coefficients, or its derivative in the angle.
    fn load(&mut self, coefficients: &[Complex64], slope: bool) {
        let (margin, nodes) = (margin(self.bandwidth.kernel.width()), self.bandwidth.grid);
        let parts = self.band.synthesize(coefficients, slope);
        let padded = &mut self.padded[usize::from(slope)];
        for (m, nodes) in padded[margin..margin + nodes].as_chunks_mut::<PARTS>().0.iter_mut().enumerate() {
            *nodes = parts.map(|part| part[m]);
        }
        padded.copy_within(nodes..nodes + margin, 0);
        let behind = padded.len() - margin - nodes;
        padded.copy_within(margin..margin + behind, margin + nodes);
    }
}

impl AngularSums for ScatteredAngles {
    fn structure(&self) -> Option<&'static str> {
        Some("non-uniform Fourier transforms")
    }

    fn move_to(&mut self, angles: &[f64]) -> bool {
        let follow = self.weights.is_empty();
        if follow {
            place_on_arcs(self.arch, angles, self.bandwidth.grid, &mut self.place);
        }
        follow
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.place.len(), self.bandwidth.modes, mass.len(), coefficients.len());
        let (place, weights, arch, kernel) = (&self.place, &self.weights, self.arch, &self.bandwidth.kernel);
        let padded = &mut self.padded[0];
        self.sum.run(padded, |range, partial| {
            let (nodes, mass) = (nodes(kernel, place, weights, range.clone()), &mass[range]);
            kernel.at_width(Spread { arch, nodes, mass, grid: partial });
        });
        let (margin, nodes) = (margin(self.bandwidth.kernel.width()), self.bandwidth.grid);
        let (before, padded) = padded.split_at_mut(margin);
        let (padded, behind) = padded.split_at_mut(nodes);
        padded[nodes - margin..].iter_mut().zip(before).for_each(|(node, before)| *node += *before);
        padded.iter_mut().zip(behind).for_each(|(node, behind)| *node += *behind);
        let quads = padded.as_chunks::<PARTS>().0;
        let fill = |r: usize, part: &mut [f64]| {
            part.iter_mut().zip(quads).for_each(|(node, four)| *node = four[r]);
        };
        self.band.analyze(fill, coefficients);
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        assert_lengths(self.place.len(), self.bandwidth.modes, value.len(), coefficients.len());
        self.load(coefficients, false);
        let (arch, kernel, grid) = (self.arch, &self.bandwidth.kernel, &self.padded[0]);
        let size = block_size(value.len());
        value.par_chunks_mut(size).enumerate().for_each(|(b, value)| {
            let nodes = self.nodes(b * size..b * size + value.len());
            kernel.at_width(Read { arch, nodes, grid: [grid], value: [value] });
        });
    }

    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        assert_lengths(self.place.len(), self.bandwidth.modes, value.len(), coefficients.len());
        assert_lengths(self.place.len(), self.bandwidth.modes, derivative.len(), coefficients.len());
        self.load(coefficients, false);
        self.load(coefficients, true);
        let (arch, kernel, [grid, slopes]) = (self.arch, &self.bandwidth.kernel, &self.padded);
        let size = block_size(value.len());
        let results = value.par_chunks_mut(size).zip(derivative.par_chunks_mut(size));
        results.enumerate().for_each(|(b, (value, derivative))| {
            let nodes = self.nodes(b * size..b * size + value.len());
            kernel.at_width(Read { arch, nodes, grid: [grid, slopes], value: [value, derivative] });
        });
    }
}

/// Some angles, and the weights of their nodes if they are kept.
#[derive(Clone, Copy)]
struct Nodes<'a> {
    kernel: &'a SpreadingKernel,
    place: &'a [f64],
    weights: &'a [f64],
}

/// The angles of a range.
fn nodes<'a>(
    kernel: &'a SpreadingKernel,
    place: &'a [f64],
    weights: &'a [f64],
    range: Range<usize>,
) -> Nodes<'a> {
    let width = if weights.is_empty() { 0 } else { kernel.width() };
    Nodes { kernel, weights: &weights[range.start * width..range.end * width], place: &place[range] }
}

impl Nodes<'_> {
    /// The first node of angle j on the grid with its margin, and the weights of its nodes.
    #[inline(always)]
    fn of<const W: usize>(&self, j: usize) -> (usize, [f64; W]) {
        let (first, offset) = locate::<W>(self.place[j]);
        match self.weights.as_chunks::<W>().0.get(j) {
            Some(weights) => (first, *weights),
            None => (first, self.kernel.weights(offset)),
        }
    }
}

/// Sets the weights of places.
struct Weigh<'a> {
    arch: Arch,
    kernel: &'a SpreadingKernel,
    place: &'a [f64],
    weights: &'a mut [f64],
}

impl AtWidth for Weigh<'_> {
    type Output = ();

    fn run<const W: usize>(self) {
        let Self { arch, kernel, place, weights } = self;
        let rows = weights.as_chunks_mut::<W>().0;
        vectorized(
            arch,
            #[inline(always)]
            || {
                for (row, x) in rows.iter_mut().zip(place) {
                    *row = kernel.weights(locate::<W>(*x).1);
                }
            },
        );
    }
}

/// Adds masses to the nodes around their places.
struct Spread<'a> {
    arch: Arch,
    nodes: Nodes<'a>,
    mass: &'a [f64],
    grid: &'a mut [f64],
}

impl AtWidth for Spread<'_> {
    type Output = ();

    fn run<const W: usize>(self) {
        let Self { arch, nodes, mass, grid } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                for (j, q) in mass.iter().enumerate() {
                    let (first, weights) = nodes.of::<W>(j);
                    let nodes = &mut grid[first..][..W];
                    for (g, w) in nodes.iter_mut().zip(&weights) {
                        *g = q.mul_add(*w, *g);
                    }
                }
            },
        );
    }
}

/// Reads one or two grids at places.
struct Read<'a, const G: usize> {
    arch: Arch,
    nodes: Nodes<'a>,
    grid: [&'a [f64]; G],
    value: [&'a mut [f64]; G],
}

impl<const G: usize> AtWidth for Read<'_, G> {
    type Output = ();

    fn run<const W: usize>(self) {
        let Self { arch, nodes, grid, mut value } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                for j in 0..nodes.place.len() {
                    let (first, weights) = nodes.of::<W>(j);
                    for (grid, value) in grid.iter().zip(&mut value) {
                        value[j] = dot(&weights, &grid[first..][..W]);
                    }
                }
            },
        );
    }
}

/// The first of a place's nodes on the grid with its margin, and the offset in its cell.
#[inline(always)]
fn locate<const W: usize>(x: f64) -> (usize, f64) {
    let (first, offset) = SpreadingKernel::locate::<W>(x);
    ((first + margin(W) as isize) as usize, offset)
}

/// Nodes of the margin before the grid for a kernel of a width; those behind are two more than that.
const fn margin(width: usize) -> usize {
    width / 2 - 1
}

#[inline(always)]
fn dot<const W: usize>(weights: &[f64; W], nodes: &[f64]) -> f64 {
    let mut sum = [0.0; 4];
    for i in 0..W {
        sum[i % 4] = weights[i].mul_add(nodes[i], sum[i % 4]);
    }
    (sum[0] + sum[2]) + (sum[1] + sum[3])
}
