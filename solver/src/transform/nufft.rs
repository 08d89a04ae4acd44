//! Trigonometric sums at scattered angles: the one-dimensional non-uniform FFT.
//!
//! *Analysis* takes masses `q_j` at angles `theta_j` to `c_k = sum_j q_j exp(i k theta_j)`, `k = 0..=K`; *synthesis*
//! takes coefficients `d_k` to `sum_k Re(conj(d_k) exp(i k theta_j))`, its transpose. Each angle is spread on a
//! uniform grid of at least twice the bandwidth by the kernel `exp(b (sqrt(1 - x^2) - 1))` of Barnett, Magland and
//! af Klinteberg (SIAM J. Sci. Comput. 2019), the grid is transformed by a real FFT, and the kernel is divided out:
//! O(N w + K log K) for N angles, with `w` = 14 grid points a kernel and an error near 1e-13 of the largest result.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;

use crate::blocks::{VectorSum, block_size};

/// Width of the spreading kernel in grid points.
const WIDTH: usize = 14;

/// Shape of the spreading kernel, the value recommended for a grid of twice the bandwidth.
const SHAPE: f64 = 2.30 * WIDTH as f64;

fn spreading_kernel(x: f64) -> f64 {
    if x.abs() < 1.0 { (SHAPE * ((1.0 - x * x).sqrt() - 1.0)).exp() } else { 0.0 }
}

/// Fourier coefficient of the periodised kernel at wave number `k` on a grid of `grid` points, by the midpoint rule
/// after `x = sin t`, which converges spectrally.
fn kernel_coefficient(k: usize, grid: usize) -> f64 {
    const NODES: usize = 100;
    let half = PI * WIDTH as f64 / grid as f64;
    (0..NODES)
        .map(|i| {
            let t = ((i as f64 + 0.5) / NODES as f64 - 0.5) * PI;
            spreading_kernel(t.sin()) * (k as f64 * half * t.sin()).cos() * t.cos()
        })
        .sum::<f64>()
        * (PI / NODES as f64)
        * (WIDTH as f64 / 2.0)
}

/// The bandwidth's part of a transform: FFT plans and kernel coefficients, shared by every set of angles.
pub struct Bandwidth {
    modes: usize,
    grid: usize,
    correction: Vec<f64>,
    forward: Arc<dyn RealToComplex<f64>>,
    backward: Arc<dyn ComplexToReal<f64>>,
}

impl Bandwidth {
    /// Transforms between angles and the wave numbers `0..=modes`.
    pub fn new(modes: usize) -> Self {
        let grid = (4 * (modes + 1)).max(4 * WIDTH).next_power_of_two();
        let mut planner = RealFftPlanner::new();
        let correction = (0..=modes).map(|k| 1.0 / kernel_coefficient(k, grid)).collect();
        Self {
            modes,
            grid,
            correction,
            forward: planner.plan_fft_forward(grid),
            backward: planner.plan_fft_inverse(grid),
        }
    }

    /// The largest wave number K.
    pub fn modes(&self) -> usize {
        self.modes
    }
}

/// A set of angles, spread on the grid of a [`Bandwidth`].
pub struct ScatteredAngles {
    bandwidth: Arc<Bandwidth>,
    first: Vec<u32>,
    weight: Vec<[f64; WIDTH]>,
    sum: VectorSum,
    grid: Vec<f64>,
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

impl ScatteredAngles {
    /// Places `angles` (radians, any real numbers) on the grid.
    pub fn new(bandwidth: Arc<Bandwidth>, angles: &[f64]) -> Self {
        let grid = bandwidth.grid;
        let scratch = bandwidth.forward.get_scratch_len().max(bandwidth.backward.get_scratch_len());
        let mut placed = Self {
            first: vec![0; angles.len()],
            weight: vec![[0.0; WIDTH]; angles.len()],
            sum: VectorSum::new(angles.len(), grid),
            grid: vec![0.0; grid],
            spectrum: vec![Complex64::ZERO; grid / 2 + 1],
            scratch: vec![Complex64::ZERO; scratch],
            bandwidth,
        };
        placed.move_to(angles);
        placed
    }

    /// Moves the angles; their number stays.
    pub fn move_to(&mut self, angles: &[f64]) {
        assert_eq!(angles.len(), self.first.len(), "angles keep their number");
        let grid = self.bandwidth.grid;
        let place = |(angle, (first, weight)): (&f64, (&mut u32, &mut [f64; WIDTH]))| {
            let x = angle.rem_euclid(TAU) / TAU * grid as f64;
            let left = (x - WIDTH as f64 / 2.0).ceil();
            *first = (left + grid as f64) as u32 % grid as u32;
            for (i, w) in weight.iter_mut().enumerate() {
                *w = spreading_kernel((left + i as f64 - x) / (WIDTH as f64 / 2.0));
            }
        };
        angles
            .par_iter()
            .zip(self.first.par_iter_mut().zip(self.weight.par_iter_mut()))
            .with_min_len(1024)
            .for_each(place);
    }

    /// Analysis: `coefficients[k] = sum_j mass[j] exp(i k theta_j)` for `k = 0..=K`.
    pub fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_eq!(coefficients.len(), self.bandwidth.modes + 1, "one coefficient for each wave number");
        let (first, weight, size) = (&self.first, &self.weight, self.bandwidth.grid);
        self.sum.run(&mut self.grid, |range, grid| {
            for j in range {
                let start = first[j] as usize;
                let (head, tail) = weight[j].split_at(WIDTH.min(size - start));
                spread(&mut grid[start..], head, mass[j]);
                spread(grid, tail, mass[j]);
            }
        });
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

    /// Synthesis: `value[j] = sum_k Re(conj(coefficients[k]) exp(i k theta_j))`, the transpose of the analysis.
    pub fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        self.synthesize_with(coefficients, |_| Complex64::ONE, value);
    }

    /// The derivative of the synthesis with respect to the angle.
    pub fn synthesize_derivative(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        // d/dtheta Re(conj(d) e^{ik theta}) = Re(ik conj(d) e^{ik theta}) = Re(conj(-ik d) e^{ik theta})
        self.synthesize_with(coefficients, |k| Complex64::new(0.0, -(k as f64)), value);
    }

    fn synthesize_with(
        &mut self,
        coefficients: &[Complex64],
        factor: impl Fn(usize) -> Complex64,
        value: &mut [f64],
    ) {
        assert_eq!(coefficients.len(), self.bandwidth.modes + 1, "one coefficient for each wave number");
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
        let (grid, first, weight) = (&self.grid, &self.first, &self.weight);
        let size = block_size(value.len());
        value.par_chunks_mut(size).enumerate().for_each(|(b, chunk)| {
            for (i, v) in chunk.iter_mut().enumerate() {
                let j = b * size + i;
                let start = first[j] as usize;
                let (head, tail) = weight[j].split_at(WIDTH.min(grid.len() - start));
                *v = dot(&grid[start..], head) + dot(grid, tail);
            }
        });
    }
}

fn spread(grid: &mut [f64], weight: &[f64], mass: f64) {
    for (g, w) in grid.iter_mut().zip(weight) {
        *g += mass * w;
    }
}

fn dot(grid: &[f64], weight: &[f64]) -> f64 {
    grid.iter().zip(weight).map(|(g, w)| g * w).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn angles(n: usize) -> Vec<f64> {
        // Scattered, with duplicates, antipodes, the ends of the period and angles outside it.
        let mut angles: Vec<f64> = (0..n).map(|j| 40.0 * (j as f64 * 0.754_877_666).fract() - 20.0).collect();
        for (a, special) in angles.iter_mut().zip([0.0, PI, TAU, -1e-17, 1e-17, PI, -PI]) {
            *a = special;
        }
        angles
    }

    #[test]
    fn law_fast_sums_equal_direct_sums() {
        for (n, modes) in [(1, 1), (7, 3), (100, 40), (1000, 600)] {
            let angles = angles(n);
            let mass: Vec<f64> = (0..n).map(|j| (3.0 + j as f64).sin()).collect();
            let mut placed = ScatteredAngles::new(Arc::new(Bandwidth::new(modes)), &angles);
            let mut coefficients = vec![Complex64::ZERO; modes + 1];
            placed.analyze(&mass, &mut coefficients);
            let scale: f64 = mass.iter().map(|q| q.abs()).sum();
            for (k, c) in coefficients.iter().enumerate() {
                let direct: Complex64 =
                    angles.iter().zip(&mass).map(|(t, q)| Complex64::from_polar(*q, k as f64 * t)).sum();
                assert!((c - direct).norm() < 2e-13 * scale, "k = {k}: {c} against {direct}");
            }
        }
    }

    #[test]
    fn law_synthesis_is_the_transpose_of_analysis_and_has_its_derivative() {
        let (n, modes) = (321, 50);
        let angles = angles(n);
        let mut placed = ScatteredAngles::new(Arc::new(Bandwidth::new(modes)), &angles);
        let d: Vec<Complex64> =
            (0..=modes).map(|k| Complex64::new((k as f64).cos(), (k as f64 * 1.7).sin())).collect();
        let mass: Vec<f64> = (0..n).map(|j| (2.0 + j as f64).cos()).collect();
        let (mut c, mut value, mut slope) = (vec![Complex64::ZERO; modes + 1], vec![0.0; n], vec![0.0; n]);
        placed.analyze(&mass, &mut c);
        placed.synthesize(&d, &mut value);
        placed.synthesize_derivative(&d, &mut slope);
        let left: f64 = c.iter().zip(&d).map(|(c, d)| (c * d.conj()).re).sum();
        let right: f64 = mass.iter().zip(&value).map(|(q, v)| q * v).sum();
        assert!((left - right).abs() < 1e-13 * mass.iter().map(|q| q.abs()).sum::<f64>() * modes as f64);
        for (t, s) in angles.iter().zip(&slope) {
            let direct: f64 = d
                .iter()
                .enumerate()
                .map(|(k, d)| {
                    (Complex64::new(0.0, k as f64) * d.conj() * Complex64::from_polar(1.0, k as f64 * t)).re
                })
                .sum();
            assert!((s - direct).abs() < 1e-10, "{s} against {direct}");
        }
    }
}
