//! Waves about the centres of narrow arcs: what the sums by moments share.
//!
//! An arc of half-width h spans little of a wave of number k <= K. About its centre phi, with x in [-1, 1] the place in the
//! arc, the Jacobi-Anger series
//!
//! ```text
//! exp(i k (phi + h x)) = exp(i k phi) sum_p (2 - [p = 0]) i^p J_p(k h) T_p(x)
//! ```
//!
//! (J_p Bessel functions, T_p Chebyshev polynomials) falls faster than geometrically beyond p = k h / 2. So P moments of
//! each arc's masses and P sums over the arcs' centres make the analysis; the synthesis is the transpose.

use std::f64::consts::PI;

use rustfft::num_complex::Complex64;

use super::AngularSums;

/// The number of moments at which the series of a wave over the phase `z` either side is cut.
pub(super) fn moments_needed(z: f64, tolerance: f64) -> Option<usize> {
    const MOST: usize = 32;
    // J_p(z) <= (z / 2)^p / p!, and the terms beyond the first that is left out add little if z is not large.
    let mut term = 2.5;
    (z <= 4.0).then_some(())?;
    (1..=MOST).find(|p| {
        term *= 0.5 * z / *p as f64;
        term <= tolerance && *p >= 2
    })
}

/// Sums over arcs of equal width, given the moments of each.
pub(super) struct ArcSums {
    modes: usize,
    moments: usize,
    /// Coefficients of the waves in Chebyshev polynomials, shape [P, K + 1]; those of odd p are to be multiplied by i.
    series: Vec<f64>,
    centres: Box<dyn AngularSums>,
    of_arcs: Vec<f64>,
    slope_of_arcs: Vec<f64>,
    of_modes: Vec<Complex64>,
}

impl ArcSums {
    /// So many moments of arcs of the given half-width, whose centres are placed in `centres`.
    pub(super) fn new(
        modes: usize,
        moments: usize,
        half_width: f64,
        arcs: usize,
        centres: Box<dyn AngularSums>,
    ) -> Self {
        Self {
            modes,
            moments,
            series: jacobi_anger(moments, modes, half_width),
            centres,
            of_arcs: vec![0.0; arcs],
            slope_of_arcs: vec![0.0; arcs],
            of_modes: vec![Complex64::ZERO; modes + 1],
        }
    }

    /// The analysis, given the moments of the arcs, shape [arcs, P].
    pub(super) fn analyze(&mut self, moment: &[f64], coefficients: &mut [Complex64]) {
        coefficients.fill(Complex64::ZERO);
        for (p, series) in self.series.chunks_exact(self.modes + 1).enumerate() {
            for (out, row) in self.of_arcs.iter_mut().zip(moment.chunks_exact(self.moments)) {
                *out = row[p];
            }
            self.centres.analyze(&self.of_arcs, &mut self.of_modes);
            for ((c, s), a) in coefficients.iter_mut().zip(&self.of_modes).zip(series) {
                *c += if p.is_multiple_of(2) { s * a } else { Complex64::new(-a * s.im, a * s.re) };
            }
        }
    }

    /// The moments' duals: the coefficients of the synthesis, shape [arcs, P].
    pub(super) fn expand(&mut self, coefficients: &[Complex64], moment: &mut [f64]) {
        for p in 0..self.moments {
            self.load(p, coefficients);
            self.centres.synthesize(&self.of_modes, &mut self.of_arcs);
            for (row, v) in moment.chunks_exact_mut(self.moments).zip(&self.of_arcs) {
                row[p] = *v;
            }
        }
    }

    /// The same with the coefficients of the derivative.
    pub(super) fn expand_with_derivative(&mut self, coefficients: &[Complex64], moment: &mut [Vec<f64>; 2]) {
        for p in 0..self.moments {
            self.load(p, coefficients);
            self.centres.synthesize_with_derivative(
                &self.of_modes,
                &mut self.of_arcs,
                &mut self.slope_of_arcs,
            );
            for (moment, of_arcs) in moment.iter_mut().zip([&self.of_arcs, &self.slope_of_arcs]) {
                for (row, v) in moment.chunks_exact_mut(self.moments).zip(of_arcs) {
                    row[p] = *v;
                }
            }
        }
    }

    /// The coefficients times the conjugate of those of moment p.
    fn load(&mut self, p: usize, coefficients: &[Complex64]) {
        let series = &self.series[p * (self.modes + 1)..(p + 1) * (self.modes + 1)];
        for ((out, d), a) in self.of_modes.iter_mut().zip(coefficients).zip(series) {
            *out = if p.is_multiple_of(2) { d * a } else { Complex64::new(a * d.im, -a * d.re) };
        }
    }
}

/// The series' coefficients by the midpoint rule over the Chebyshev nodes, exact up to moments that vanish to round-off.
pub(super) fn jacobi_anger(moments: usize, modes: usize, half_width: f64) -> Vec<f64> {
    let nodes = moments + 24;
    let t = |n: usize| PI * (n as f64 + 0.5) / nodes as f64;
    let coefficient = |p: usize, k: usize| {
        let z = k as f64 * half_width;
        let term = |n: usize| {
            let phase = z * t(n).cos();
            (p as f64 * t(n)).cos() * if p.is_multiple_of(2) { phase.cos() } else { phase.sin() }
        };
        let sum: f64 = (0..nodes).map(term).sum();
        sum * if p == 0 { 1.0 } else { 2.0 } / nodes as f64
    };
    (0..moments).flat_map(|p| (0..=modes).map(move |k| coefficient(p, k)).collect::<Vec<_>>()).collect()
}
