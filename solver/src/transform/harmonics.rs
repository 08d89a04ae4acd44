//! The real spherical harmonics of S^2: their layout, recurrence and derivatives.
//!
//! The orthonormal harmonics of degree l and order m are `Q_lm(z) Re (x + i y)^m` and `Q_lm(z) Im (x + i y)^m` with
//! `Q_lm` the m-th derivative of the Legendre polynomial `P_l` times a factor. So nothing is singular at the poles,
//! and the gradient of a sum is three sums of one degree less.
//!
//! `Q_lm` grows without bound towards the poles, and `sin^m theta = |x + i y|^m` falls below the least number. Sums are
//! therefore taken of `2^900 sin^m theta Q_lm`, and scaled back when they are complete: with the terms left out that
//! [`SphericalHarmonics::orders_reaching`] calls negligible, nothing overflows or is lost for degrees to [`MOST_DEGREE`].

/// The highest degree: at 3500 the first harmonics would be lost.
pub const MOST_DEGREE: usize = 2048;

/// What associated Legendre functions are multiplied by while they are summed: 2^900.
pub(super) const SCALE: f64 = f64::from_bits((1023 + 900) << 52);

/// Its inverse.
pub(super) const UNSCALE: f64 = f64::from_bits((1023 - 900) << 52);

/// Recurrence of the orthonormal real spherical harmonics up to a degree L.
///
/// Coefficients are stored order by order: for m = 0..=L, for l = m..=L, the pair (cosine, sine). The sine of m = 0
/// is always zero.
pub struct SphericalHarmonics {
    degree: usize,
    /// `Q_mm`, by m.
    sectoral: Vec<f64>,
    /// For each pair, the factor `a` of `q_(l+1)m = a z q_lm - q_(l-1)m`; `Q_lm = scale q_lm`. Zero for l = L.
    step: Vec<f64>,
    /// The scale of each pair, which takes the second factor out of the recurrence of `Q_lm`.
    scale: Vec<f64>,
}

impl SphericalHarmonics {
    /// The harmonics of degree 0 to `degree`.
    ///
    /// # Panics
    /// If the degree is above [`MOST_DEGREE`].
    pub fn new(degree: usize) -> Self {
        assert!(degree <= MOST_DEGREE, "harmonics of degree {degree} would be lost in the range of numbers");
        let mut sectoral = vec![(1.0 / (4.0 * std::f64::consts::PI)).sqrt()];
        for m in 1..=degree {
            let from_zero = if m == 1 { 2.0 } else { 1.0 };
            sectoral.push(sectoral[m - 1] * (from_zero * (2 * m + 1) as f64 / (2 * m) as f64).sqrt());
        }
        let pairs = (degree + 1) * (degree + 2) / 2;
        let (mut step, mut scale) = (Vec::with_capacity(pairs), Vec::with_capacity(pairs));
        for m in 0..=degree {
            // Q_lm = a z Q_(l-1)m - b Q_(l-2)m, and the scales absorb b.
            let [mut before, mut now] = [1.0, 1.0];
            for l in m..=degree {
                scale.push(now);
                let [l, m] = [(l + 1) as f64, m as f64];
                let a = ((4.0 * l * l - 1.0) / (l * l - m * m)).sqrt();
                let b = ((2.0 * l + 1.0) * ((l - 1.0).powi(2) - m * m) / ((2.0 * l - 3.0) * (l * l - m * m)))
                    .sqrt();
                let next = if l - m < 1.5 { 1.0 } else { b * before };
                step.push(a * now / next);
                (before, now) = (now, next);
            }
            if let Some(last) = step.last_mut() {
                *last = 0.0;
            }
        }
        Self { degree, sectoral, step, scale }
    }

    /// The largest degree L.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Length of a vector of coefficients: `(L + 1) (L + 2)`, a pair for each `0 <= m <= l <= L`.
    pub fn len(&self) -> usize {
        (self.degree + 1) * (self.degree + 2)
    }

    /// Whether there are no harmonics: never.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The degree of each pair of coefficients, in the order of storage.
    pub fn degrees(&self) -> impl Iterator<Item = usize> + '_ {
        (0..=self.degree).flat_map(|m| m..=self.degree)
    }

    /// Index of the pair of degree l and order m.
    pub(super) fn pair(&self, l: usize, m: usize) -> usize {
        m * (self.degree + 1) - m * m.saturating_sub(1) / 2 + (l - m)
    }

    /// The pairs of order m.
    pub(super) fn order(&self, m: usize) -> std::ops::Range<usize> {
        let first = self.pair(m, m);
        first..first + self.degree + 1 - m
    }

    /// `Q_mm`.
    pub(super) fn sectoral(&self, m: usize) -> f64 {
        self.sectoral[m]
    }

    /// The factors of the recurrence, a number a pair.
    pub(super) fn step(&self) -> &[f64] {
        &self.step
    }

    /// The scales that the recurrence leaves out, a number a pair.
    pub(super) fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// The orders of harmonics that are above round-off anywhere at `sin theta`: they decay faster than any power once m
    /// exceeds `L sin theta`, over a length of about `L^(1/3)`.
    #[inline(always)]
    pub(super) fn orders_reaching(&self, sin: f64) -> std::ops::RangeInclusive<usize> {
        let degree = self.degree as f64;
        0..=self.degree.min((degree * sin + 12.0 * degree.cbrt() + 5.0) as usize)
    }

    /// Coefficients of the three Cartesian derivatives of the solid harmonics `sum r^l (..)`, as harmonics of the
    /// same layout whose highest degree is empty.
    ///
    /// With `[l, m] = r^(l-m) P_l^(m)(z/r) (x + i y)^m`: `d_z [l, m] = (l + m) [l-1, m]`,
    /// `(d_x + i d_y) [l, m] = -[l-1, m+1]`, `(d_x - i d_y) [l, m] = (l + m)(l + m - 1) [l-1, m-1]`.
    pub(super) fn differentiate(&self, coefficients: &[f64], gradient: [&mut [f64]; 3]) {
        let [dx, dy, dz] = gradient;
        for d in [&mut *dx, &mut *dy, &mut *dz] {
            d.fill(0.0);
        }
        for m in 0..=self.degree {
            for l in m.max(1)..=self.degree {
                let p = 2 * self.pair(l, m);
                let [c, s] = [coefficients[p], coefficients[p + 1]];
                let [lf, mf] = [l as f64, m as f64];
                let ratio = (2.0 * lf + 1.0) / (2.0 * lf - 1.0);
                if l > m {
                    let factor = (ratio * (lf - mf) * (lf + mf)).sqrt();
                    let q = 2 * self.pair(l - 1, m);
                    dz[q] += factor * c;
                    dz[q + 1] += factor * s;
                }
                if l >= m + 2 {
                    let half = if m == 0 { 1.0 / 2f64.sqrt() } else { 0.5 };
                    let factor = half * (ratio * (lf - mf) * (lf - mf - 1.0)).sqrt();
                    let q = 2 * self.pair(l - 1, m + 1);
                    dx[q] -= factor * c;
                    dx[q + 1] -= factor * s;
                    dy[q] += factor * s;
                    dy[q + 1] -= factor * c;
                }
                if m >= 1 {
                    let half = if m == 1 { 1.0 / 2f64.sqrt() } else { 0.5 };
                    let factor = half * (ratio * (lf + mf) * (lf + mf - 1.0)).sqrt();
                    let q = 2 * self.pair(l - 1, m - 1);
                    dx[q] += factor * c;
                    dy[q] += factor * s;
                    if m > 1 {
                        dx[q + 1] += factor * s;
                        dy[q + 1] -= factor * c;
                    }
                }
            }
        }
    }
}
