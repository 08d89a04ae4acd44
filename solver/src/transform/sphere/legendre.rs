//! Sums of associated Legendre functions on rings of equal colatitude, an order at a time.
//!
//! The rings come in pairs, mirrored at the equator, where functions of even `l - m` agree and those of odd `l - m` are
//! opposite: sums run over the northern rings, and the two parities apart.

use pulp::{Arch, Simd, WithSimd};

use crate::transform::harmonics::{SCALE, SphericalHarmonics, UNSCALE};

/// Rings are filled up to a multiple of this: two vectors of the widest kind.
pub(super) const GROUP: usize = 16;

/// Scaled values of `sin^m theta` below this are taken as zero: they stand for less than 1e-500.
const NEGLIGIBLE: f64 = 1e-280;

/// Degrees that the analysis sums together.
const DEGREES: usize = 8;

/// Northern rings, the pole first.
pub(super) struct Rings {
    z: Vec<f64>,
    sin: Vec<f64>,
}

/// What one order needs on all rings: its sums of even and odd `l - m`, each cosine and sine, and the recurrence.
pub(super) struct OrderSums {
    pub even: [Vec<f64>; 2],
    pub odd: [Vec<f64>; 2],
    /// The scaled `sin^m theta`, and the order m that it stands for.
    power: Vec<f64>,
    order: usize,
    now: Vec<f64>,
    before: Vec<f64>,
}

impl OrderSums {
    pub(super) fn new(rings: &Rings) -> Self {
        let zeros = || vec![0.0; rings.z.len()];
        Self {
            even: [zeros(), zeros()],
            odd: [zeros(), zeros()],
            power: zeros(),
            order: usize::MAX,
            now: zeros(),
            before: zeros(),
        }
    }

    /// Sets the powers to those of order m: by a product from the order before, else anew.
    fn raise(&mut self, rings: &Rings, m: usize) {
        if self.order.wrapping_add(1) == m && m > 0 {
            self.power.iter_mut().zip(&rings.sin).for_each(|(p, s)| *p *= s);
        } else {
            // In two halves, since sin^m itself may be below the least number.
            let root = SCALE.sqrt();
            let half = (m / 2) as i32;
            for (p, s) in self.power.iter_mut().zip(&rings.sin) {
                *p = (root * s.powi(half)) * (root * s.powi(m as i32 - half));
            }
        }
        self.order = m;
        for p in &mut self.power {
            if *p < NEGLIGIBLE {
                *p = 0.0;
            }
        }
    }
}

impl Rings {
    /// The northern ones of rings at the colatitudes `2 pi j / around`, the equator included if it is one.
    pub(super) fn new(around: usize) -> Self {
        let count = around / 4 + 1;
        let angle = |j: usize| std::f64::consts::TAU * j as f64 / around as f64;
        let padded = count.next_multiple_of(GROUP);
        let (mut z, mut sin) = (vec![0.0; padded], vec![0.0; padded]);
        for j in 0..count {
            z[j] = if 4 * j == around { 0.0 } else { angle(j).cos() };
            sin[j] = angle(j).sin();
        }
        Self { z, sin }
    }

    /// The first ring of the first group that order m reaches.
    fn reached(&self, harmonics: &SphericalHarmonics, m: usize) -> usize {
        let groups = self.sin.chunks(GROUP);
        groups
            .take_while(|group| {
                !harmonics.orders_reaching(group.iter().copied().fold(0.0, f64::max)).contains(&m)
            })
            .count()
            * GROUP
    }

    /// Sets the even and odd sums of order m of `coefficients`, already multiplied by the scales of the recurrence.
    pub(super) fn synthesize(
        &self,
        harmonics: &SphericalHarmonics,
        m: usize,
        coefficients: &[f64],
        sums: &mut OrderSums,
        arch: Arch,
    ) {
        let from = self.reached(harmonics, m);
        sums.raise(self, m);
        let order = harmonics.order(m);
        let [even_c, even_s] = &mut sums.even;
        let [odd_c, odd_s] = &mut sums.odd;
        let mut sums_of = [even_c, even_s, odd_c, odd_s];
        sums_of.iter_mut().for_each(|sum| sum[..from].fill(0.0));
        arch.dispatch(Synthesis {
            start: harmonics.sectoral(m),
            step: &harmonics.step()[order.clone()],
            coefficients: &coefficients[2 * order.start..2 * order.end],
            z: &self.z[from..],
            power: &sums.power[from..],
            sums: sums_of.map(|sum| &mut sum[from..]),
        });
    }

    /// Sets `coefficients` of order m to the sums of the harmonics, without the scales of the recurrence, times the even and odd
    /// values of the rings: the transpose of the synthesis.
    pub(super) fn analyze(
        &self,
        harmonics: &SphericalHarmonics,
        m: usize,
        sums: &mut OrderSums,
        coefficients: &mut [f64],
        arch: Arch,
    ) {
        let from = self.reached(harmonics, m);
        sums.raise(self, m);
        for ((now, before), p) in sums.now.iter_mut().zip(&mut sums.before).zip(&sums.power).skip(from) {
            (*now, *before) = (p * harmonics.sectoral(m), 0.0);
        }
        coefficients.fill(0.0);
        arch.dispatch(Analysis {
            step: &harmonics.step()[harmonics.order(m)],
            coefficients,
            z: &self.z[from..],
            values: [
                &sums.even[0][from..],
                &sums.even[1][from..],
                &sums.odd[0][from..],
                &sums.odd[1][from..],
            ],
            now: &mut sums.now[from..],
            before: &mut sums.before[from..],
        });
    }
}

/// Sums of one order over its degrees, the parities of `l - m` apart, wherever `z` and the scaled powers of the sine are given.
pub(super) struct Synthesis<'a> {
    /// `Q_mm`.
    pub start: f64,
    pub step: &'a [f64],
    pub coefficients: &'a [f64],
    pub z: &'a [f64],
    pub power: &'a [f64],
    /// Even cosine, even sine, odd cosine, odd sine.
    pub sums: [&'a mut [f64]; 4],
}

impl WithSimd for Synthesis<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let z = S::as_simd_f64s(self.z).0.as_chunks::<2>().0;
        let power = S::as_simd_f64s(self.power).0.as_chunks::<2>().0;
        let [even_c, even_s, odd_c, odd_s] =
            self.sums.map(|sum| S::as_mut_simd_f64s(sum).0.as_chunks_mut::<2>().0);
        let coefficients = self.coefficients.as_chunks::<2>().0;
        let zero = [simd.splat_f64s(0.0); 2];
        let start = simd.splat_f64s(self.start);
        let unscale = simd.splat_f64s(UNSCALE);
        for g in 0..z.len() {
            let mut now = [simd.mul_f64s(power[g][0], start), simd.mul_f64s(power[g][1], start)];
            let mut before = zero;
            // Even and odd change places at every degree.
            let mut sums = [zero; 4];
            for (step, [c, s]) in self.step.iter().zip(coefficients) {
                let (step, c, s) = (simd.splat_f64s(*step), simd.splat_f64s(*c), simd.splat_f64s(*s));
                let mut next = zero;
                for u in 0..2 {
                    sums[0][u] = simd.mul_add_e_f64s(c, now[u], sums[0][u]);
                    sums[1][u] = simd.mul_add_e_f64s(s, now[u], sums[1][u]);
                    next[u] =
                        simd.mul_add_e_f64s(simd.mul_f64s(step, z[g][u]), now[u], simd.neg_f64s(before[u]));
                }
                (before, now) = (now, next);
                sums = [sums[2], sums[3], sums[0], sums[1]];
            }
            if self.step.len() % 2 == 1 {
                sums = [sums[2], sums[3], sums[0], sums[1]];
            }
            for (out, sum) in
                [&mut even_c[g], &mut even_s[g], &mut odd_c[g], &mut odd_s[g]].into_iter().zip(sums)
            {
                *out = [simd.mul_f64s(sum[0], unscale), simd.mul_f64s(sum[1], unscale)];
            }
        }
    }
}

/// The transpose of [`Synthesis`]: what it finds is added to the coefficients.
pub(super) struct Analysis<'a> {
    pub step: &'a [f64],
    pub coefficients: &'a mut [f64],
    pub z: &'a [f64],
    /// Even cosine, even sine, odd cosine, odd sine.
    pub values: [&'a [f64]; 4],
    /// The scaled function of degree m, to begin with.
    pub now: &'a mut [f64],
    /// Zero, to begin with.
    pub before: &'a mut [f64],
}

impl WithSimd for Analysis<'_> {
    type Output = ();

    /// Degrees are taken [`DEGREES`] at a time, so that a sum over lanes is paid once for all rings.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let z = S::as_simd_f64s(self.z).0;
        let [even_c, even_s, odd_c, odd_s] = self.values.map(|v| &S::as_simd_f64s(v).0[..z.len()]);
        let now = &mut S::as_mut_simd_f64s(self.now).0[..z.len()];
        let before = &mut S::as_mut_simd_f64s(self.before).0[..z.len()];
        let chunks = self.step.chunks(DEGREES).zip(self.coefficients.chunks_mut(2 * DEGREES));
        for (of_chunk, coefficients) in chunks {
            // Filled up with zeros: the degrees beyond L come out bounded and are not used.
            let mut step = [simd.splat_f64s(0.0); DEGREES];
            step.iter_mut().zip(of_chunk).for_each(|(s, x)| *s = simd.splat_f64s(*x));
            let mut cosine = [simd.splat_f64s(0.0); DEGREES];
            let mut sine = cosine;
            for g in 0..z.len() {
                let (mut q, mut r) = (now[g], before[g]);
                let values = [[even_c[g], even_s[g]], [odd_c[g], odd_s[g]]];
                for d in 0..DEGREES {
                    let [c, s] = values[d % 2];
                    cosine[d] = simd.mul_add_e_f64s(q, c, cosine[d]);
                    sine[d] = simd.mul_add_e_f64s(q, s, sine[d]);
                    let next = simd.mul_add_e_f64s(simd.mul_f64s(step[d], z[g]), q, simd.neg_f64s(r));
                    (r, q) = (q, next);
                }
                (now[g], before[g]) = (q, r);
            }
            for (d, pair) in coefficients.chunks_exact_mut(2).enumerate() {
                pair[0] += simd.reduce_sum_f64s(cosine[d]) * UNSCALE;
                pair[1] += simd.reduce_sum_f64s(sine[d]) * UNSCALE;
            }
        }
    }
}
