//! Trigonometric sums at scattered angles: the one-dimensional non-uniform FFT.
//!
//! Each angle is spread on a uniform grid by a narrow kernel, the grid is transformed by a real FFT, and the kernel is
//! divided out. The more angles there are for each wave number, the finer the grid and the narrower the kernel.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;

use super::angle::place_on_arcs;
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
    let cost = |grid: &usize| grid_cost(*grid, count, modes, tolerance);
    grids.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(least)
}

/// Estimated nanoseconds of an analysis and a synthesis on a grid.
fn grid_cost(grid: usize, count: usize, modes: usize, tolerance: f64) -> f64 {
    let oversampling = grid as f64 / (2 * modes + 1) as f64;
    let rate = std::f64::consts::PI * (1.0 - 1.0 / oversampling).sqrt();
    let width = ((20.0 / tolerance).ln() / rate / 2.0).ceil() * 2.0;
    if width > WIDEST {
        return f64::INFINITY;
    }
    count as f64 * 2.1 * width + fft_cost(grid) + 5.0 * modes as f64
}

/// Estimated nanoseconds of an analysis and a synthesis of so many angles.
pub(super) fn scattered_cost(count: usize, modes: usize, tolerance: f64) -> f64 {
    500.0 + grid_cost(choose_grid(count, modes, tolerance), count, modes, tolerance)
}

/// The bandwidth's part of a transform: grid, FFT plans and kernel, shared by every set of angles.
pub struct Bandwidth {
    modes: usize,
    grid: usize,
    kernel: SpreadingKernel,
    correction: Vec<f64>,
    forward: Arc<dyn RealToComplex<f64>>,
    backward: Arc<dyn ComplexToReal<f64>>,
}

impl Bandwidth {
    /// Transforms between some `angles` angles and the wave numbers `0..=modes`, with errors of at most `tolerance`
    /// relative to the sum of the absolute values of a sum's terms. The number of angles matters for speed alone.
    pub fn new(modes: usize, angles: usize, tolerance: f64) -> Self {
        let grid = choose_grid(angles, modes, tolerance);
        let kernel = SpreadingKernel::new(tolerance.max(ROUND_OFF), grid as f64 / (2 * modes + 1) as f64);
        let mut planner = RealFftPlanner::new();
        Self {
            modes,
            grid,
            correction: (0..=modes).map(|k| 1.0 / kernel.fourier(k, grid)).collect(),
            kernel,
            forward: planner.plan_fft_forward(grid),
            backward: planner.plan_fft_inverse(grid),
        }
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
    sum: VectorSum,
    /// The grid with margins, for values and for derivatives.
    padded: [Vec<f64>; 2],
    grid: Vec<f64>,
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
    arch: Arch,
}

impl ScatteredAngles {
    /// Places `angles` (radians, any real numbers) on the grid.
    pub fn new(bandwidth: Arc<Bandwidth>, angles: &[f64]) -> Self {
        let (grid, padded) = (bandwidth.grid, bandwidth.padded());
        let scratch = bandwidth.forward.get_scratch_len().max(bandwidth.backward.get_scratch_len());
        let mut placed = Self {
            place: vec![0.0; angles.len()],
            sum: VectorSum::new(angles.len(), padded),
            padded: [vec![0.0; padded], vec![0.0; padded]],
            grid: vec![0.0; grid],
            spectrum: vec![Complex64::ZERO; grid / 2 + 1],
            scratch: vec![Complex64::ZERO; scratch],
            arch: Arch::new(),
            bandwidth,
        };
        placed.move_to(angles);
        placed
    }

    /// The grid whose interpolation is the synthesis of `factor(k)` times the coefficients.
    fn load(&mut self, which: usize, coefficients: &[Complex64], factor: impl Fn(usize) -> Complex64) {
        self.spectrum.fill(Complex64::ZERO);
        for (k, (d, correction)) in coefficients.iter().zip(&self.bandwidth.correction).enumerate() {
            // The inverse real FFT adds the conjugate of every wave number but zero: hence the half.
            let half = if k == 0 { 1.0 } else { 0.5 };
            self.spectrum[k] = (factor(k) * d).conj() * (half * correction);
        }
        self.spectrum[0].im = 0.0;
        self.bandwidth
            .backward
            .process_with_scratch(&mut self.spectrum, &mut self.grid, &mut self.scratch)
            .expect("buffers have the plan's lengths");
        let (margin, grid) = (margin(self.bandwidth.kernel.width()), self.grid.len());
        let padded = &mut self.padded[which];
        padded[..margin].copy_from_slice(&self.grid[grid - margin..]);
        padded[margin..margin + grid].copy_from_slice(&self.grid);
        let behind = padded.len() - margin - grid;
        padded[margin + grid..].copy_from_slice(&self.grid[..behind]);
    }
}

impl AngularSums for ScatteredAngles {
    fn structure(&self) -> Option<&'static str> {
        Some("non-uniform Fourier transforms")
    }

    fn move_to(&mut self, angles: &[f64]) -> bool {
        place_on_arcs(self.arch, angles, self.grid.len(), &mut self.place);
        true
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.place.len(), self.bandwidth.modes, mass.len(), coefficients.len());
        let (place, arch, kernel) = (&self.place, self.arch, &self.bandwidth.kernel);
        let padded = &mut self.padded[0];
        self.sum.run(padded, |range, partial| {
            let (place, mass) = (&place[range.clone()], &mass[range]);
            kernel.at_width(Spread { arch, kernel, place, mass, grid: partial });
        });
        let (margin, grid) = (margin(self.bandwidth.kernel.width()), self.grid.len());
        self.grid.copy_from_slice(&padded[margin..margin + grid]);
        for (g, p) in self.grid[grid - margin..].iter_mut().zip(&padded[..margin]) {
            *g += p;
        }
        for (g, p) in self.grid.iter_mut().zip(&padded[margin + grid..]) {
            *g += p;
        }
        self.bandwidth
            .forward
            .process_with_scratch(&mut self.grid, &mut self.spectrum, &mut self.scratch)
            .expect("buffers have the plan's lengths");
        for ((c, s), correction) in
            coefficients.iter_mut().zip(&self.spectrum).zip(&self.bandwidth.correction)
        {
            *c = s.conj() * correction;
        }
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        assert_lengths(self.place.len(), self.bandwidth.modes, value.len(), coefficients.len());
        self.load(0, coefficients, |_| Complex64::ONE);
        let (arch, kernel, grid) = (self.arch, &self.bandwidth.kernel, &self.padded[0]);
        let size = block_size(value.len());
        value.par_chunks_mut(size).zip(self.place.par_chunks(size)).for_each(|(value, place)| {
            kernel.at_width(Read { arch, kernel, place, grid: [grid], value: [value] });
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
        self.load(0, coefficients, |_| Complex64::ONE);
        // d/dtheta Re(conj(d) e^{ik theta}) = Re(ik conj(d) e^{ik theta}) = Re(conj(-ik d) e^{ik theta})
        self.load(1, coefficients, |k| Complex64::new(0.0, -(k as f64)));
        let (arch, kernel, [grid, slopes]) = (self.arch, &self.bandwidth.kernel, &self.padded);
        let size = block_size(value.len());
        let results = value.par_chunks_mut(size).zip(derivative.par_chunks_mut(size));
        results.zip(self.place.par_chunks(size)).for_each(|((value, derivative), place)| {
            kernel.at_width(Read { arch, kernel, place, grid: [grid, slopes], value: [value, derivative] });
        });
    }
}

/// Adds masses to the nodes around their places.
struct Spread<'a> {
    arch: Arch,
    kernel: &'a SpreadingKernel,
    place: &'a [f64],
    mass: &'a [f64],
    grid: &'a mut [f64],
}

impl AtWidth for Spread<'_> {
    type Output = ();

    fn run<const W: usize>(self) {
        let Self { arch, kernel, place, mass, grid } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                for (x, q) in place.iter().zip(mass) {
                    let (first, offset) = locate::<W>(*x);
                    let weights = kernel.weights::<W>(offset);
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
    kernel: &'a SpreadingKernel,
    place: &'a [f64],
    grid: [&'a [f64]; G],
    value: [&'a mut [f64]; G],
}

impl<const G: usize> AtWidth for Read<'_, G> {
    type Output = ();

    fn run<const W: usize>(self) {
        let Self { arch, kernel, place, grid, mut value } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                for (j, x) in place.iter().enumerate() {
                    let (first, offset) = locate::<W>(*x);
                    let weights = kernel.weights::<W>(offset);
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
