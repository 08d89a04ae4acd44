//! Trigonometric sums at equispaced angles `theta_i = theta_0 + i 2 pi / N` by one real FFT of length N.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;

use super::{AngularSums, assert_lengths};

/// How far, in radians, from their places angles may be that are taken for equispaced ones: the roundings of arc
/// tangents.
const ROUND_OFF: f64 = 4.0 * f64::EPSILON * PI;

/// Whether `angles` are `angles[0] + i 2 pi / N` in this order, up to round-off and whole turns.
pub fn are_equispaced(angles: &[f64]) -> bool {
    let Some(first) = angles.first() else { return false };
    let count = angles.len() as f64;
    angles.iter().enumerate().all(|(i, angle)| {
        let gap = angle - first - TAU * (i as f64 / count);
        (gap - TAU * (gap / TAU).round()).abs() <= ROUND_OFF
    })
}

/// N equispaced angles, for any number of wave numbers: those beyond N / 2 fold, `exp(i (k + N) theta_i) =
/// exp(i N theta_0) exp(i k theta_i)`.
pub struct EquispacedAngles {
    /// As placed.
    first: f64,
    count: usize,
    /// `exp(i k theta_0)`.
    phase: Vec<Complex64>,
    forward: Arc<dyn RealToComplex<f64>>,
    backward: Arc<dyn ComplexToReal<f64>>,
    signal: Vec<f64>,
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

impl EquispacedAngles {
    /// Places `count` angles from `first` on for the wave numbers `0..=modes`.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(modes: usize, first: f64, count: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, backward) = (planner.plan_fft_forward(count), planner.plan_fft_inverse(count));
        let scratch = forward.get_scratch_len().max(backward.get_scratch_len());
        Self {
            first,
            count,
            phase: (0..=modes).map(|k| Complex64::cis(k as f64 * first)).collect(),
            forward,
            backward,
            signal: vec![0.0; count],
            spectrum: vec![Complex64::ZERO; count / 2 + 1],
            scratch: vec![Complex64::ZERO; scratch],
        }
    }

    /// Synthesis of `factor(k)` times the coefficients.
    fn synthesize_with(
        &mut self,
        coefficients: &[Complex64],
        factor: impl Fn(usize) -> Complex64,
        value: &mut [f64],
    ) {
        assert_lengths(self.count, self.phase.len() - 1, value.len(), coefficients.len());
        self.spectrum.fill(Complex64::ZERO);
        for (k, (d, phase)) in coefficients.iter().zip(&self.phase).enumerate() {
            let term = (factor(k) * d).conj() * phase;
            // The inverse real FFT adds the conjugate of every wave number but the ends: hence the half.
            match folded(k, self.count) {
                (m, _) if 2 * m == self.count || m == 0 => self.spectrum[m].re += term.re,
                (m, false) => self.spectrum[m] += 0.5 * term,
                (m, true) => self.spectrum[m] += 0.5 * term.conj(),
            }
        }
        self.backward
            .process_with_scratch(&mut self.spectrum, value, &mut self.scratch)
            .expect("buffers have the plan's lengths");
    }
}

/// The wave number in `0..=count / 2` that k is at `count` equispaced points, and whether as its conjugate.
fn folded(k: usize, count: usize) -> (usize, bool) {
    let m = k % count;
    if 2 * m <= count { (m, false) } else { (count - m, true) }
}

impl AngularSums for EquispacedAngles {
    fn structure(&self) -> Option<&'static str> {
        Some("a Fourier transform")
    }

    fn move_to(&mut self, angles: &[f64]) -> bool {
        angles.len() == self.count && angles[0] == self.first && are_equispaced(angles)
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.count, self.phase.len() - 1, mass.len(), coefficients.len());
        self.signal.copy_from_slice(mass);
        self.forward
            .process_with_scratch(&mut self.signal, &mut self.spectrum, &mut self.scratch)
            .expect("buffers have the plan's lengths");
        for (k, (c, phase)) in coefficients.iter_mut().zip(&self.phase).enumerate() {
            // The forward FFT sums exp(-2 pi i k j / N).
            *c = match folded(k, self.count) {
                (m, false) => phase * self.spectrum[m].conj(),
                (m, true) => phase * self.spectrum[m],
            };
        }
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        self.synthesize_with(coefficients, |_| Complex64::ONE, value);
    }

    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        self.synthesize_with(coefficients, |_| Complex64::ONE, value);
        // d/dtheta Re(conj(d) e^{ik theta}) = Re(ik conj(d) e^{ik theta}) = Re(conj(-ik d) e^{ik theta})
        self.synthesize_with(coefficients, |k| Complex64::new(0.0, -(k as f64)), derivative);
    }
}
