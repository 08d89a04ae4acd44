//! Wave numbers on a fine uniform grid: a real FFT of which few wave numbers are wanted, in parts that threads share.
//!
//! Every fourth node of a grid of n makes a part with an FFT of its own, of length n/4. A wave of the grid is one of
//! each part, a twiddle apart from one to the next, so the sum over the parts is one step of a mixed-radix FFT, taken for the
//! wave numbers of the band alone. The parts are the same however many threads there are.

use std::f64::consts::TAU;
use std::sync::Arc;

use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex64;

/// Parts of a grid.
pub(super) const PARTS: usize = 4;

/// Nodes of a grid below which its parts go to one thread: handing them over would cost more.
const LEAST_SHARED: usize = 4096;

/// Wave numbers that are put together by one thread.
const LEAST_WAVES: usize = 1024;

/// Plan and buffers of the transforms between the nodes `theta_j = 2 pi j / n` and the wave numbers `0..=K`, each multiplied by a
/// factor of its own.
pub(super) struct BandTransform {
    nodes: usize,
    /// The factor of each wave number.
    factor: Vec<f64>,
    /// `exp(i k theta_1)`.
    twiddle: Vec<Complex64>,
    forward: Arc<dyn RealToComplex<f64>>,
    backward: Arc<dyn ComplexToReal<f64>>,
    parts: [Part; PARTS],
}

/// Every fourth node, its spectrum and what the FFT needs.
struct Part {
    signal: Vec<f64>,
    spectrum: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

impl BandTransform {
    /// The transforms on a grid of `nodes`, a multiple of eight; `factor` has one number for each wave number from 0 on, any number of
    /// them.
    ///
    /// # Panics
    /// If the nodes do not make equal parts of even length.
    pub(super) fn new(nodes: usize, factor: Vec<f64>) -> Self {
        assert!(nodes > 0 && nodes.is_multiple_of(2 * PARTS), "parts of a grid are equal and even");
        let mut planner = RealFftPlanner::new();
        let len = nodes / PARTS;
        let (forward, backward) = (planner.plan_fft_forward(len), planner.plan_fft_inverse(len));
        let scratch = forward.get_scratch_len().max(backward.get_scratch_len());
        let part = || Part {
            signal: vec![0.0; len],
            spectrum: vec![Complex64::ZERO; len / 2 + 1],
            scratch: vec![Complex64::ZERO; scratch],
        };
        Self {
            nodes,
            twiddle: (0..factor.len())
                .map(|k| Complex64::cis(TAU * (k % nodes) as f64 / nodes as f64))
                .collect(),
            factor,
            forward,
            backward,
            parts: std::array::from_fn(|_| part()),
        }
    }

    /// The number of nodes n.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// Parts that a thread takes at least.
    fn share(&self) -> usize {
        if self.nodes < LEAST_SHARED { PARTS } else { 1 }
    }

    /// Sets `coefficients[k] = factor[k] sum_j node_j exp(i k theta_j)`; `fill(r, part)` is to set `part[m]` to the node `4 m + r`.
    pub(super) fn analyze(
        &mut self,
        fill: impl Fn(usize, &mut [f64]) + Sync,
        coefficients: &mut [Complex64],
    ) {
        let (share, forward) = (self.share(), &self.forward);
        self.parts.par_iter_mut().with_min_len(share).enumerate().for_each(|(r, part)| {
            fill(r, &mut part.signal);
            forward
                .process_with_scratch(&mut part.signal, &mut part.spectrum, &mut part.scratch)
                .expect("buffers have the plan's lengths");
        });
        let (spectra, half) = (self.parts.each_ref().map(|part| &part.spectrum[..]), self.nodes / PARTS / 2);
        // Half a period of the parts' spectra at a time: forward, then backward.
        let waves = coefficients.par_chunks_mut(LEAST_WAVES).zip(self.twiddle.par_chunks(LEAST_WAVES));
        waves.zip(self.factor.par_chunks(LEAST_WAVES)).enumerate().for_each(
            |(chunk, ((out, twiddle), factor))| {
                for (at, places) in Run::of(chunk * LEAST_WAVES, out.len(), half) {
                    let waves = out[at.clone()].iter_mut().zip(&twiddle[at.clone()]).zip(&factor[at]);
                    match places {
                        Run::Forward(first) => {
                            for (i, ((c, w), factor)) in waves.enumerate() {
                                // The FFT sums exp(-i k theta_j): conjugate.
                                let [a, b, c2, d] = spectra.map(|spectrum| spectrum[first + i].conj());
                                *c = (((d * w + c2) * w + b) * w + a) * *factor;
                            }
                        }
                        Run::Backward(first) => {
                            for (i, ((c, w), factor)) in waves.enumerate() {
                                let [a, b, c2, d] = spectra.map(|spectrum| spectrum[first - i]);
                                *c = (((d * w + c2) * w + b) * w + a) * *factor;
                            }
                        }
                    }
                }
            },
        );
    }

    /// Sets node `j` to `sum_k Re(conj(factor[k] coefficients[k]) exp(i k theta_j))`, or with `slope` to its derivative in the angle, and
    /// returns the parts: node `4 m + r` is number m of part r. The transpose of the analysis.
    pub(super) fn synthesize(&mut self, coefficients: &[Complex64], slope: bool) -> [&[f64]; PARTS] {
        let (share, half) = (self.share(), self.nodes / PARTS / 2);
        let (backward, twiddle, factor) = (&self.backward, &self.twiddle, &self.factor);
        self.parts.par_iter_mut().with_min_len(share).enumerate().for_each(|(r, part)| {
            let spectrum = &mut part.spectrum;
            spectrum.fill(Complex64::ZERO);
            let term = |k: usize| {
                let d = coefficients[k] * factor[k];
                // d/dtheta Re(conj(d) e^{ik theta}) = Re(conj(-ik d) e^{ik theta})
                let d = if slope { Complex64::new(k as f64 * d.im, -(k as f64) * d.re) } else { d };
                // The inverse real FFT adds the conjugate of every wave number but its ends: hence the half.
                (0..r).fold(0.5 * d.conj(), |term, _| term * twiddle[k])
            };
            for (at, places) in Run::of(0, coefficients.len(), half) {
                match places {
                    Run::Forward(first) => {
                        for (i, k) in at.enumerate() {
                            spectrum[first + i] += term(k);
                        }
                    }
                    Run::Backward(first) => {
                        for (i, k) in at.enumerate() {
                            spectrum[first - i] += term(k).conj();
                        }
                    }
                }
            }
            for end in [0, half] {
                spectrum[end] = Complex64::new(2.0 * spectrum[end].re, 0.0);
            }
            backward
                .process_with_scratch(spectrum, &mut part.signal, &mut part.scratch)
                .expect("buffers have the plan's lengths");
        });
        self.parts.each_ref().map(|part| &part.signal[..])
    }
}

/// Where consecutive wave numbers are in the spectrum of a part: from here on upward, or downward and conjugate.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Run {
    Forward(usize),
    Backward(usize),
}

impl Run {
    /// The runs of `count` wave numbers from `first` on, of a spectrum that turns at 0 and `half`: which of them, and where.
    fn of(first: usize, count: usize, half: usize) -> impl Iterator<Item = (std::ops::Range<usize>, Self)> {
        let mut done = 0;
        std::iter::from_fn(move || {
            if done == count {
                return None;
            }
            let (turn, place) = ((first + done) / half, (first + done) % half);
            let len = (half - place).min(count - done);
            let at = done..done + len;
            done += len;
            Some((at, if turn % 2 == 0 { Self::Forward(place) } else { Self::Backward(half - place) }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_bands_are_sums_over_the_grid_however_far_they_reach() {
        for (nodes, waves) in [(8, 1), (8, 30), (32, 5), (48, 48), (4096, 1500), (96, 400)] {
            let factor: Vec<f64> = (0..waves).map(|k| 1.0 + (k as f64).sin()).collect();
            let mut band = BandTransform::new(nodes, factor.clone());
            let theta = |j: usize, k: usize| TAU * (j * k % nodes) as f64 / nodes as f64;
            let node = |j: usize| (1.0 + 1.3 * j as f64).sin();
            let mut found = vec![Complex64::ZERO; waves];
            band.analyze(
                |r, part| part.iter_mut().enumerate().for_each(|(m, x)| *x = node(PARTS * m + r)),
                &mut found,
            );
            for k in (0..waves).step_by(1 + waves / 40).chain([waves - 1]) {
                let sum: Complex64 = (0..nodes).map(|j| node(j) * Complex64::cis(theta(j, k))).sum();
                assert!((found[k] - factor[k] * sum).norm() < 1e-14 * nodes as f64, "{nodes}, {k}");
            }
            let dual: Vec<Complex64> = (0..waves).map(|k| Complex64::cis(0.3 + 2.1 * k as f64)).collect();
            for slope in [false, true] {
                let rate = |k: usize| if slope { k as f64 } else { 1.0 };
                let size: f64 = (0..waves).map(|k| factor[k] * rate(k)).sum();
                let parts = band.synthesize(&dual, slope);
                for j in (0..nodes).step_by(1 + nodes / 40).chain([nodes - 1]) {
                    let wave = |k: usize| factor[k] * rate(k) * dual[k].conj() * Complex64::cis(theta(j, k));
                    let sum: Complex64 = (0..waves).map(wave).sum();
                    let (found, exact) = (parts[j % PARTS][j / PARTS], if slope { -sum.im } else { sum.re });
                    assert!(
                        (found - exact).abs() < 4e-15 * (1.0 + size),
                        "{nodes}, {waves}, {j}: {found} {exact}"
                    );
                }
            }
        }
    }
}
