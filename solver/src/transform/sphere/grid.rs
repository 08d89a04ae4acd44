//! From coefficients of spherical harmonics to a fine grid of colatitudes and longitudes, and the transpose.
//!
//! A sum of degree L on the rings of colatitude `2 pi j / n` is a Fourier sum in longitude; each order, continued to
//! colatitudes in `[0, 2 pi)` by `f(2 pi - theta, phi) = f(theta, phi + pi)`, is a Fourier sum in colatitude too, of wave
//! numbers to L (the double Fourier sphere). So the rings of `n > 2 L` give, through two FFTs, any finer set of rings.
//! Here the finer set has `M` rings around and `M` longitudes, the coefficients are divided by those of the spreading
//! kernel in both directions, and a frame repeats what a kernel over the edge of the grid needs.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;
use rustfft::{Fft, FftPlanner};

use super::legendre::{OrderSums, Rings};
use crate::transform::harmonics::SphericalHarmonics;
use crate::transform::spreading::SpreadingKernel;

/// Orders that are kept side by side: a cache line or two of complex numbers.
const ORDERS: usize = 8;

/// The most tasks that orders, or rows, are dealt out to; each has buffers of its own.
const MOST_TASKS: usize = 16;

/// The shape of the fine grid with its frame: row-major, colatitudes `2 pi (row - above) / around` by longitudes
/// `2 pi (column - above) / around`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Nodes around the sphere in either direction, M: an even number.
    pub around: usize,
    /// Rows above the first pole, and columns left of longitude zero.
    pub above: usize,
    /// Rows below the second pole, and columns right of the last.
    pub below: usize,
}

impl Frame {
    fn new(around: usize, width: usize) -> Self {
        Self { around, above: width / 2 - 1, below: width / 2 }
    }

    /// Rows, with the frame.
    pub(super) fn rows(self) -> usize {
        self.own_rows() + self.above + self.below
    }

    /// Rows of colatitudes in `[0, pi]`.
    fn own_rows(self) -> usize {
        self.around / 2 + 1
    }

    /// Columns, with the frame.
    pub(super) fn columns(self) -> usize {
        self.around + self.above + self.below
    }

    pub(super) fn len(self) -> usize {
        self.rows() * self.columns()
    }

    /// The nodes of the columns proper, of a row with its frame.
    fn own(self) -> std::ops::Range<usize> {
        self.above..self.above + self.around
    }

    /// The rows over the poles, each with the row that it repeats half a turn away.
    fn repeated(self) -> impl Iterator<Item = (usize, usize)> {
        let last = self.above + self.own_rows() - 1;
        let upper = (1..=self.above).map(move |i| (self.above - i, self.above + i));
        upper.chain((1..=self.below).map(move |i| (last + i, last - i)))
    }

    /// Fills the columns of the frame of a row.
    fn wrap(self, row: &mut [f64]) {
        row.copy_within(self.around..self.around + self.above, 0);
        row.copy_within(self.above..self.above + self.below, self.above + self.around);
    }

    /// Adds the columns of the frame to those that they repeat: the transpose of [`Frame::wrap`].
    pub(super) fn unwrap(self, row: &mut [f64]) {
        for i in 0..self.above {
            row[self.around + i] += row[i];
        }
        for i in 0..self.below {
            row[self.above + i] += row[self.above + self.around + i];
        }
    }
}

/// The two FFTs between coarse and fine rings.
struct RingTransforms {
    coarse: [Arc<dyn Fft<f64>>; 2],
    fine: [Arc<dyn Fft<f64>>; 2],
}

/// Plan and buffers of the transform between coefficients and the fine grid.
pub(super) struct SphereGrid {
    plan: Plan,
    orders: Vec<OrderTask>,
    rows: Vec<RowTask>,
    /// The Fourier sums in longitude: in the synthesis by blocks of [`ORDERS`] orders, then rows; in the analysis by rows.
    spectra: Vec<Complex64>,
}

struct Plan {
    harmonics: Arc<SphericalHarmonics>,
    rings: Rings,
    /// Coarse rings around the sphere, n.
    coarse: usize,
    frame: Frame,
    /// Inverse Fourier coefficients of the kernel.
    correction: Vec<f64>,
    ring: RingTransforms,
    forward: Arc<dyn RealToComplex<f64>>,
    backward: Arc<dyn ComplexToReal<f64>>,
    arch: Arch,
}

/// The buffers of a task over orders.
struct OrderTask {
    sums: OrderSums,
    coarse: Vec<Complex64>,
    fine: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

/// The buffers of a task over rows.
struct RowTask {
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

/// The least even number of the form `2^a 3^b 5^c` that is at least `n`.
pub(super) fn smooth(n: usize) -> usize {
    let is_smooth = |mut n: usize| {
        for p in [2, 3, 5] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        n == 1
    };
    (n.max(2).next_multiple_of(2)..).step_by(2).find(|n| is_smooth(*n)).expect("a power of two is smooth")
}

impl SphereGrid {
    /// A grid of `around` nodes around the sphere, more than twice the degree, for points spread by `kernel`.
    pub(super) fn new(harmonics: Arc<SphericalHarmonics>, around: usize, kernel: &SpreadingKernel) -> Self {
        let degree = harmonics.degree();
        let coarse = smooth(2 * degree + 2);
        let (mut planner, mut real) = (FftPlanner::new(), RealFftPlanner::new());
        let plan = Plan {
            rings: Rings::new(coarse),
            coarse,
            frame: Frame::new(around, kernel.width()),
            correction: (0..=degree).map(|k| 1.0 / kernel.fourier(k, around)).collect(),
            ring: RingTransforms {
                coarse: [planner.plan_fft_forward(coarse), planner.plan_fft_inverse(coarse)],
                fine: [planner.plan_fft_forward(around), planner.plan_fft_inverse(around)],
            },
            forward: real.plan_fft_forward(around),
            backward: real.plan_fft_inverse(around),
            arch: Arch::new(),
            harmonics,
        };
        let blocks = (degree + 1).div_ceil(ORDERS);
        let tasks = blocks.div_ceil(blocks.div_ceil(MOST_TASKS));
        let rows = plan.frame.own_rows();
        Self {
            orders: (0..tasks).map(|_| plan.order_task()).collect(),
            rows: (0..rows.min(MOST_TASKS)).map(|_| plan.row_task()).collect(),
            spectra: vec![Complex64::ZERO; blocks * ORDERS * rows],
            plan,
        }
    }

    pub(super) fn frame(&self) -> Frame {
        self.plan.frame
    }

    /// Sets `grid`, frame included, to the sum of `coefficients`, already multiplied by the scales of the recurrence,
    /// such that the kernel's sums over the nodes around a point are the values there.
    pub(super) fn synthesize(&mut self, coefficients: &[f64], grid: &mut [f64]) {
        let Self { plan, orders, rows, spectra } = self;
        let frame = plan.frame;
        let block = ORDERS * frame.own_rows();
        let size = (spectra.len() / block).div_ceil(orders.len());
        orders.par_iter_mut().zip(spectra.par_chunks_mut(size * block)).enumerate().for_each(
            |(t, (task, blocks))| {
                for (b, spectra) in blocks.chunks_mut(block).enumerate() {
                    plan.synthesize_orders(ORDERS * (t * size + b), coefficients, task, spectra);
                }
            },
        );
        let own = &mut grid[frame.above * frame.columns()..][..frame.own_rows() * frame.columns()];
        let size = frame.own_rows().div_ceil(rows.len());
        rows.par_iter_mut().zip(own.par_chunks_mut(size * frame.columns())).enumerate().for_each(
            |(t, (task, chunk))| {
                for (r, row) in chunk.chunks_mut(frame.columns()).enumerate() {
                    plan.synthesize_row(t * size + r, spectra, task, row);
                }
            },
        );
        for (row, source) in frame.repeated() {
            let [to, from] = [row, source].map(|r| r * frame.columns() + frame.above);
            let half = frame.around / 2;
            grid.copy_within(from + half..from + 2 * half, to);
            grid.copy_within(from..from + half, to + half);
            frame.wrap(&mut grid[row * frame.columns()..][..frame.columns()]);
        }
    }

    /// The transpose of the synthesis, without the scales of the recurrence. The columns of the frame are already added to those
    /// that they repeat; the grid is overwritten.
    pub(super) fn analyze(&mut self, grid: &mut [f64], coefficients: &mut [f64]) {
        let Self { plan, orders, rows, spectra } = self;
        let frame = plan.frame;
        for (row, source) in frame.repeated() {
            let [from, to] = [row, source].map(|r| r * frame.columns() + frame.above);
            let half = frame.around / 2;
            for i in 0..half {
                grid[to + half + i] += grid[from + i];
                grid[to + i] += grid[from + half + i];
            }
        }
        let own = &mut grid[frame.above * frame.columns()..][..frame.own_rows() * frame.columns()];
        let size = frame.own_rows().div_ceil(rows.len());
        let stride = spectra.len() / frame.own_rows();
        let chunks = own.par_chunks_mut(size * frame.columns()).zip(spectra.par_chunks_mut(size * stride));
        rows.par_iter_mut().zip(chunks).for_each(|(task, (chunk, spectra))| {
            for (row, spectrum) in chunk.chunks_mut(frame.columns()).zip(spectra.chunks_mut(stride)) {
                plan.analyze_row(row, task, spectrum);
            }
        });
        let blocks = stride / ORDERS;
        let size = blocks.div_ceil(orders.len()) * ORDERS;
        let (degree, count) = (plan.harmonics.degree(), orders.len());
        let mut rest = coefficients;
        let mut parts: [&mut [f64]; MOST_TASKS] = std::array::from_fn(|t| {
            let of_task = (t * size).min(degree + 1)..((t + 1) * size).min(degree + 1);
            let len = of_task.map(|m| 2 * plan.harmonics.order(m).len()).sum();
            rest.split_off_mut(..len).expect("every order has its coefficients")
        });
        orders.par_iter_mut().zip(&mut parts[..count]).enumerate().for_each(|(t, (task, part))| {
            plan.analyze_orders(t * size..((t + 1) * size).min(degree + 1), spectra, task, part);
        });
    }
}

impl Plan {
    fn order_task(&self) -> OrderTask {
        let [a, b] = &self.ring.coarse;
        let [c, d] = &self.ring.fine;
        let scratch = [a, b, c, d].map(|fft| fft.get_inplace_scratch_len()).into_iter().max();
        OrderTask {
            sums: OrderSums::new(&self.rings),
            coarse: vec![Complex64::ZERO; self.coarse],
            fine: vec![Complex64::ZERO; self.frame.around],
            scratch: vec![Complex64::ZERO; scratch.unwrap_or(0)],
        }
    }

    fn row_task(&self) -> RowTask {
        let scratch = self.forward.get_scratch_len().max(self.backward.get_scratch_len());
        RowTask { spectrum: self.forward.make_output_vec(), scratch: vec![Complex64::ZERO; scratch] }
    }

    /// Fourier sums in longitude of [`ORDERS`] orders on the fine rows. An even order and the next go through the FFTs in one: they
    /// are the even and the odd part of their sum about the pole.
    fn synthesize_orders(
        &self,
        first: usize,
        coefficients: &[f64],
        task: &mut OrderTask,
        spectra: &mut [Complex64],
    ) {
        let OrderTask { sums, coarse, fine, scratch } = task;
        let degree = self.harmonics.degree();
        for m in (first..(first + ORDERS).min(degree + 1)).step_by(2) {
            coarse.fill(Complex64::ZERO);
            for m in m..(m + 2).min(degree + 1) {
                self.rings.synthesize(&self.harmonics, m, coefficients, sums, self.arch);
                add_around(sums, m, coarse);
            }
            self.ring.coarse[0].process_with_scratch(coarse, scratch);
            self.move_band(coarse, fine);
            self.ring.fine[1].process_with_scratch(fine, scratch);
            let last = fine.len();
            for (r, row) in spectra.chunks_exact_mut(ORDERS).enumerate() {
                let (a, b) = (fine[r], fine[if r == 0 { 0 } else { last - r }]);
                row[m - first] = 0.5 * (a + b);
                row[m - first + 1] = 0.5 * (a - b);
            }
        }
    }

    /// The transpose of [`Plan::synthesize_orders`], for a range of orders.
    fn analyze_orders(
        &self,
        orders: std::ops::Range<usize>,
        spectra: &[Complex64],
        task: &mut OrderTask,
        mut coefficients: &mut [f64],
    ) {
        let OrderTask { sums, coarse, fine, scratch } = task;
        let rows = self.frame.own_rows();
        let stride = spectra.len() / rows;
        for first in orders.clone().step_by(2) {
            for r in 0..rows {
                let [a, b] = [spectra[r * stride + first], spectra[r * stride + first + 1]];
                if r == 0 || r == rows - 1 {
                    fine[r] = a;
                } else {
                    fine[r] = 0.5 * (a + b);
                    fine[2 * rows - 2 - r] = 0.5 * (a - b);
                }
            }
            self.ring.fine[0].process_with_scratch(fine, scratch);
            self.move_band(fine, coarse);
            self.ring.coarse[1].process_with_scratch(coarse, scratch);
            for m in first..(first + 2).min(orders.end) {
                take_around(coarse, m, sums);
                let len = 2 * self.harmonics.order(m).len();
                let of_order = coefficients.split_off_mut(..len).expect("coefficients of every order");
                self.rings.analyze(&self.harmonics, m, sums, of_order, self.arch);
                if m == 0 {
                    of_order.iter_mut().skip(1).step_by(2).for_each(|sine| *sine = 0.0);
                }
            }
        }
    }

    /// Copies the wave numbers of the band from one spectrum to another, corrected for the kernel, and zero elsewhere.
    fn move_band(&self, from: &[Complex64], to: &mut [Complex64]) {
        to.fill(Complex64::ZERO);
        let normalisation = 1.0 / self.coarse as f64;
        for (k, correction) in self.correction.iter().enumerate() {
            let factor = correction * normalisation;
            to[k] = from[k] * factor;
            if k > 0 {
                to[to.len() - k] = from[from.len() - k] * factor;
            }
        }
    }

    fn synthesize_row(&self, r: usize, spectra: &[Complex64], task: &mut RowTask, row: &mut [f64]) {
        let block = ORDERS * self.frame.own_rows();
        let (band, beyond) = task.spectrum.split_at_mut(self.correction.len());
        for (b, (band, correction)) in band.chunks_mut(ORDERS).zip(self.correction.chunks(ORDERS)).enumerate()
        {
            let source = &spectra[b * block + r * ORDERS..][..ORDERS];
            for ((to, from), correction) in band.iter_mut().zip(source).zip(correction) {
                // The inverse real FFT adds the conjugate of every wave number but zero: hence the half.
                *to = from.conj() * (0.5 * correction);
            }
        }
        band[0] = Complex64::new(2.0 * band[0].re, 0.0);
        beyond.fill(Complex64::ZERO);
        self.backward
            .process_with_scratch(&mut task.spectrum, &mut row[self.frame.own()], &mut task.scratch)
            .expect("buffers have the plan's lengths");
        self.frame.wrap(row);
    }

    fn analyze_row(&self, row: &mut [f64], task: &mut RowTask, spectrum: &mut [Complex64]) {
        self.forward
            .process_with_scratch(&mut row[self.frame.own()], &mut task.spectrum, &mut task.scratch)
            .expect("buffers have the plan's lengths");
        for ((to, from), correction) in spectrum.iter_mut().zip(&task.spectrum).zip(&self.correction) {
            *to = from.conj() * *correction;
        }
        spectrum[self.correction.len()..].fill(Complex64::ZERO);
    }
}

/// Adds an order to its values on the rings all around: `f(2 pi - theta) = (-1)^m f(theta)`.
fn add_around(sums: &OrderSums, m: usize, around: &mut [Complex64]) {
    let n = around.len();
    let sign = if m.is_multiple_of(2) { 1.0 } else { -1.0 };
    for j in 0..=n / 4 {
        let even = Complex64::new(sums.even[0][j], sums.even[1][j]);
        let odd = Complex64::new(sums.odd[0][j], sums.odd[1][j]);
        let mirrored = n / 2 - j;
        around[j] += even + odd;
        if mirrored > j {
            around[mirrored] += even - odd;
        }
        if j > 0 {
            around[n - j] += sign * (even + odd);
            if mirrored > j {
                around[n - mirrored] += sign * (even - odd);
            }
        }
    }
}

/// The transpose of [`add_around`].
fn take_around(around: &[Complex64], m: usize, sums: &mut OrderSums) {
    let n = around.len();
    let sign = if m.is_multiple_of(2) { 1.0 } else { -1.0 };
    for j in 0..=n / 4 {
        let mirrored = n / 2 - j;
        let [mut north, mut south] = [around[j], around[mirrored]];
        if j > 0 {
            north += sign * around[n - j];
            south += sign * around[n - mirrored];
        }
        if mirrored == j {
            south = Complex64::ZERO;
        }
        let [even, odd] = [north + south, north - south];
        (sums.even[0][j], sums.even[1][j]) = (even.re, even.im);
        (sums.odd[0][j], sums.odd[1][j]) = (odd.re, odd.im);
    }
    // The places that fill up the last group of rings: at order 0 their harmonics are not zero, and a synthesis left sums there.
    sums.even.iter_mut().chain(&mut sums.odd).for_each(|sums| sums[n / 4 + 1..].fill(0.0));
}
