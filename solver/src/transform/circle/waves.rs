//! Few arcs and few wave numbers: the sums of all moments at once, term by term.

use pulp::Arch;
use rustfft::num_complex::Complex64;

use crate::vectorized::vectorized;

/// Arcs side by side in partial sums.
const WIDE: usize = 8;

/// Sums over arcs, given the moments of each, as in [`super::moments`].
///
/// Rows over the arcs are filled up with zeros to whole vectors.
pub(super) struct ArcWaves {
    moments: usize,
    arcs: usize,
    /// Coefficients of the waves in the basis, shape [P, K + 1]; those of odd p are to be multiplied by i.
    series: Vec<f64>,
    /// Cosines, then sines, of each wave at the centres, shape [K + 1, 2, arcs].
    waves: Vec<f64>,
    /// Moments of the arcs, shape [P, arcs].
    columns: Vec<f64>,
    /// Sums of the even and of the odd terms of a wave, E and O: it is `exp(i k phi) (E + i O)` on an arc about phi.
    parity: [Vec<f64>; 2],
    arch: Arch,
}

impl ArcWaves {
    /// The series of the waves `0..=K`, shape [P, K + 1], and the centres of the arcs (radians).
    pub(super) fn new(moments: usize, series: Vec<f64>, centres: &[f64]) -> Self {
        let (modes, arcs) = (series.len() / moments, centres.len().next_multiple_of(WIDE));
        let mut waves = vec![0.0; modes * 2 * arcs];
        for (k, waves) in waves.chunks_exact_mut(2 * arcs).enumerate() {
            for (b, centre) in centres.iter().enumerate() {
                (waves[arcs + b], waves[b]) = (k as f64 * centre).sin_cos();
            }
        }
        let (columns, row) = (vec![0.0; moments * arcs], vec![0.0; arcs]);
        Self { moments, arcs, series, waves, columns, parity: [row.clone(), row], arch: Arch::new() }
    }

    /// Estimated nanoseconds of an analysis and a synthesis.
    pub(super) fn cost(arcs: usize, moments: usize, modes: usize) -> f64 {
        let (groups, terms) = (arcs.div_ceil(WIDE) as f64, (modes + 1) as f64 * (moments + 6) as f64);
        terms * (1.2 * groups + 4.0) + 2.0 * (arcs * moments) as f64
    }

    /// The analysis, given the moments of the arcs, shape [arcs, P].
    pub(super) fn analyze(&mut self, moment: &[f64], coefficients: &mut [Complex64]) {
        let Self { moments, arcs, series, waves, columns, parity: [even, odd], arch } = self;
        for (b, row) in moment.chunks_exact(*moments).enumerate() {
            row.iter().zip(columns.iter_mut().skip(b).step_by(*arcs)).for_each(|(m, column)| *column = *m);
        }
        let modes = coefficients.len();
        vectorized(
            *arch,
            #[inline(always)]
            || {
                for (k, (c, waves)) in coefficients.iter_mut().zip(waves.chunks_exact(2 * *arcs)).enumerate()
                {
                    even.fill(0.0);
                    odd.fill(0.0);
                    for (p, column) in columns.chunks_exact(*arcs).enumerate() {
                        let parity = if p % 2 == 0 { &mut *even } else { &mut *odd };
                        add_scaled(series[p * modes + k], column, parity);
                    }
                    let (cosine, sine) = waves.split_at(*arcs);
                    *c = turned(cosine, sine, even, odd);
                }
            },
        );
    }

    /// The moments' duals: the coefficients of the synthesis in the basis, shape [arcs, P]; of wave number k, `factor(k)` times
    /// the coefficient is taken.
    pub(super) fn expand(
        &mut self,
        coefficients: &[Complex64],
        factor: impl Fn(usize) -> Complex64,
        moment: &mut [f64],
    ) {
        let Self { moments, arcs, series, waves, columns, parity: [even, odd], arch } = self;
        let modes = coefficients.len();
        vectorized(
            *arch,
            #[inline(always)]
            || {
                columns.fill(0.0);
                for (k, (c, waves)) in coefficients.iter().zip(waves.chunks_exact(2 * *arcs)).enumerate() {
                    let (cosine, sine) = waves.split_at(*arcs);
                    turn_back(factor(k) * c, cosine, sine, even, odd);
                    for (p, column) in columns.chunks_exact_mut(*arcs).enumerate() {
                        add_scaled(series[p * modes + k], if p % 2 == 0 { even } else { odd }, column);
                    }
                }
            },
        );
        for (b, row) in moment.chunks_exact_mut(*moments).enumerate() {
            row.iter_mut().zip(columns.iter().skip(b).step_by(*arcs)).for_each(|(m, column)| *m = *column);
        }
    }
}

/// `result += factor values`.
#[inline(always)]
fn add_scaled(factor: f64, values: &[f64], result: &mut [f64]) {
    let n = result.len();
    let values = &values[..n];
    for b in 0..n {
        result[b] = factor.mul_add(values[b], result[b]);
    }
}

/// The sum of `exp(i k phi) (E + i O)` over the arcs.
#[inline(always)]
fn turned(cosine: &[f64], sine: &[f64], even: &[f64], odd: &[f64]) -> Complex64 {
    let (mut real, mut imaginary) = ([0.0; WIDE], [0.0; WIDE]);
    let (cosine, sine) = (cosine.as_chunks::<WIDE>().0, sine.as_chunks::<WIDE>().0);
    let (even, odd) = (even.as_chunks::<WIDE>().0, odd.as_chunks::<WIDE>().0);
    for (((c, s), e), o) in cosine.iter().zip(sine).zip(even).zip(odd) {
        for b in 0..WIDE {
            real[b] += c[b].mul_add(e[b], -(s[b] * o[b]));
            imaginary[b] += s[b].mul_add(e[b], c[b] * o[b]);
        }
    }
    Complex64::new(real.iter().sum(), imaginary.iter().sum())
}

/// The transpose: what the wave has on each arc, `Re(conj(d) exp(i k phi) (E' + i O'))` for any E', O'.
#[inline(always)]
fn turn_back(d: Complex64, cosine: &[f64], sine: &[f64], even: &mut [f64], odd: &mut [f64]) {
    let n = even.len();
    let (cosine, sine, odd) = (&cosine[..n], &sine[..n], &mut odd[..n]);
    for b in 0..n {
        even[b] = d.re.mul_add(cosine[b], d.im * sine[b]);
        odd[b] = d.im.mul_add(cosine[b], -(d.re * sine[b]));
    }
}
