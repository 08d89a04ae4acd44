//! Closed forms of the zonal kernels, as sums over pairs need them: of many pairs at once, vectorised, with dK/dc beside K.
//!
//! A pair of unit vectors x, y is given by `minus = |x - y|^2 / 2 = 1 - c` and `plus = |x + y|^2 / 2 = 1 + c`, each exact to round-off
//! of itself: near c = 1 or c = -1 the cosine alone has lost half of the digits of the angle.

use std::f64::consts::{FRAC_1_PI, FRAC_PI_3, PI};

use super::features::Evaluation;
use super::kernel::{KernelError, ZonalKernel};
use crate::exponential::exp;

/// Pairs that are worked on together.
pub(super) const PAIRS: usize = 128;

/// One number for each pair.
pub(super) type Pairs = [f64; PAIRS];

/// The most terms of a kernel that is summed term by term for each pair.
const MOST_TERMS: usize = 1 << 16;

/// What is dropped of a series that is meant to be exact.
const ROUND_OFF: f64 = 1e-16;

/// Below this time the heat kernel on the circle is the sum of two Gaussians of the line to round-off.
const SHORT_TIME: f64 = 0.25;

/// Pairs, by the arc of the circle, for which sorting costs less than going over them all.
const LEAST_SORTED: usize = 1 << 14;

/// A zonal kernel, ready for sums over pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct PairKernel {
    form: Form,
    dim: usize,
    evaluation: Evaluation,
}

#[derive(Debug, Clone, PartialEq)]
enum Form {
    VonMisesFisher(VonMisesFisher),
    Poisson(Poisson),
    ShortHeat(ShortHeat),
    Series(Series),
    Step(Step),
    Ramp(Ramp),
    Square(Square),
}

/// Work to be compiled for each kernel.
pub(super) trait ForKernel {
    type Output;
    fn run<K: PairForm>(self, kernel: &K) -> Self::Output;
}

/// A kernel by its closed form.
pub(super) trait PairForm: Sync {
    /// `[K, dK/dc]` of one pair; the derivative is zero where there is none.
    fn at(&self, minus: f64, plus: f64) -> [f64; 2];

    /// K of the pairs in `value`, and dK/dc in `slope` if `SLOPE`.
    #[inline(always)]
    fn of_pairs<const SLOPE: bool>(&self, minus: &Pairs, plus: &Pairs, value: &mut Pairs, slope: &mut Pairs) {
        for i in 0..PAIRS {
            let [k, d] = self.at(minus[i], plus[i]);
            value[i] = k;
            if SLOPE {
                slope[i] = d;
            }
        }
    }
}

impl PairKernel {
    /// The closed form of a kernel between points of `dim` coordinates.
    ///
    /// # Errors
    /// A kernel without meaning there, or a series of too many terms.
    pub fn new(kernel: ZonalKernel, dim: usize) -> Result<Self, KernelError> {
        kernel.check(dim)?;
        let form = match kernel {
            ZonalKernel::VonMisesFisher { concentration } => {
                Form::VonMisesFisher(VonMisesFisher { concentration })
            }
            ZonalKernel::Poisson { rho } => Form::Poisson(Poisson { rho, dim }),
            ZonalKernel::Heat { time } if dim == 2 && time < SHORT_TIME => {
                Form::ShortHeat(ShortHeat { time })
            }
            ZonalKernel::Heat { .. } | ZonalKernel::LowPass { .. } => Form::Series(Series::new(kernel, dim)?),
            ZonalKernel::ArcCosine { order: 0 } => Form::Step(Step),
            ZonalKernel::ArcCosine { order: 1 } => Form::Ramp(Ramp),
            ZonalKernel::ArcCosine { .. } => Form::Square(Square),
        };
        Ok(Self { form, dim, evaluation: Evaluation::Direct })
    }

    /// The same kernel, whose sums may be taken in nearly linear time where there is a way: arc-cosine kernels on the circle.
    #[must_use]
    pub fn evaluated(self, evaluation: Evaluation) -> Self {
        Self { evaluation, ..self }
    }

    /// The order of an arc-cosine kernel whose sums over so many sources and targets are better taken by sorting angles.
    pub(super) fn sorted_order(&self, sources: usize, targets: usize) -> Option<u8> {
        let order = match self.form {
            Form::Step(_) => 0,
            Form::Ramp(_) => 1,
            Form::Square(_) => 2,
            _ => return None,
        };
        let pays = match self.evaluation {
            Evaluation::Direct => false,
            Evaluation::Auto => sources.saturating_mul(targets) >= LEAST_SORTED,
            Evaluation::Fast => true,
        };
        (pays && self.dim == 2).then_some(order)
    }

    /// Terms that are summed for each pair: one of a closed form.
    pub(super) fn terms(&self) -> usize {
        match &self.form {
            Form::Series(series) => series.terms.len(),
            _ => 1,
        }
    }

    pub(super) fn with<W: ForKernel>(&self, work: W) -> W::Output {
        match &self.form {
            Form::VonMisesFisher(kernel) => work.run(kernel),
            Form::Poisson(kernel) => work.run(kernel),
            Form::ShortHeat(kernel) => work.run(kernel),
            Form::Series(kernel) => work.run(kernel),
            Form::Step(kernel) => work.run(kernel),
            Form::Ramp(kernel) => work.run(kernel),
            Form::Square(kernel) => work.run(kernel),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct VonMisesFisher {
    concentration: f64,
}

impl PairForm for VonMisesFisher {
    #[inline(always)]
    fn at(&self, minus: f64, _: f64) -> [f64; 2] {
        let value = exp(-self.concentration * minus);
        [value, self.concentration * value]
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Poisson {
    rho: f64,
    dim: usize,
}

impl PairForm for Poisson {
    #[inline(always)]
    fn at(&self, minus: f64, _: f64) -> [f64; 2] {
        let Self { rho, dim } = *self;
        let square = (2.0 * rho).mul_add(minus, (1.0 - rho) * (1.0 - rho));
        let inverse = 1.0 / square;
        let root = match dim {
            2 => 1.0,
            3 => inverse.sqrt(),
            _ => inverse.powf(0.5 * dim as f64 - 1.0),
        };
        let value = (1.0 - rho) * (1.0 + rho) * inverse * root;
        [value, dim as f64 * rho * value * inverse]
    }

    #[inline(always)]
    fn of_pairs<const SLOPE: bool>(&self, minus: &Pairs, plus: &Pairs, value: &mut Pairs, slope: &mut Pairs) {
        // One loop for each of the two dimensions of meshes, and a slower one for any other.
        let two = Self { dim: 2, ..*self };
        let three = Self { dim: 3, ..*self };
        match self.dim {
            2 => in_one_loop::<SLOPE>(|m, p| two.at(m, p), minus, plus, value, slope),
            3 => in_one_loop::<SLOPE>(|m, p| three.at(m, p), minus, plus, value, slope),
            _ => in_one_loop::<SLOPE>(|m, p| self.at(m, p), minus, plus, value, slope),
        }
    }
}

#[inline(always)]
fn in_one_loop<const SLOPE: bool>(
    at: impl Fn(f64, f64) -> [f64; 2],
    minus: &Pairs,
    plus: &Pairs,
    value: &mut Pairs,
    slope: &mut Pairs,
) {
    for i in 0..PAIRS {
        let [k, d] = at(minus[i], plus[i]);
        value[i] = k;
        if SLOPE {
            slope[i] = d;
        }
    }
}

/// The heat kernel of the circle as a sum of Gaussians of the line (Poisson summation), of which two count at short times.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ShortHeat {
    time: f64,
}

impl PairForm for ShortHeat {
    #[inline(always)]
    fn at(&self, minus: f64, plus: f64) -> [f64; 2] {
        let [near, to_opposite] = angles(minus, plus);
        let far = PI + to_opposite;
        let rate = 0.25 / self.time;
        let scale = (rate * FRAC_1_PI).sqrt();
        let (one, other) = (scale * exp(-rate * near * near), scale * exp(-rate * far * far));
        [one + other, or_zero(2.0 * rate * (near * one - far * other), (minus * plus).sqrt())]
    }
}

/// Sines of angles below this are round-off of coordinates: points that far apart are one, or opposite.
pub(super) const SAME: f64 = 4.0 * f64::EPSILON * PI;

/// The arc-cosine kernel of order 0, `(pi - t) / (2 pi)`; no derivative between points that are one or opposite.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step;

impl PairForm for Step {
    #[inline(always)]
    fn at(&self, minus: f64, plus: f64) -> [f64; 2] {
        let [_, to_opposite] = angles(minus, plus);
        let square = minus * plus;
        let slope = if square > SAME * SAME { 0.5 * FRAC_1_PI / square.sqrt() } else { 0.0 };
        [0.5 * FRAC_1_PI * to_opposite, slope]
    }
}

/// The arc-cosine kernel of order 1, `(sin t + (pi - t) cos t) / (2 pi)`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ramp;

impl PairForm for Ramp {
    #[inline(always)]
    fn at(&self, minus: f64, plus: f64) -> [f64; 2] {
        let [_, to_opposite] = angles(minus, plus);
        let value = to_opposite.mul_add(cosine(minus, plus), (minus * plus).sqrt());
        [0.5 * FRAC_1_PI * value, 0.5 * FRAC_1_PI * to_opposite]
    }
}

/// The arc-cosine kernel of order 2, `(3 sin t cos t + (pi - t) (1 + 2 cos^2 t)) / (2 pi)`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Square;

impl PairForm for Square {
    #[inline(always)]
    fn at(&self, minus: f64, plus: f64) -> [f64; 2] {
        let [_, to_opposite] = angles(minus, plus);
        let (c, s) = (cosine(minus, plus), (minus * plus).sqrt());
        let value = (3.0 * s).mul_add(c, to_opposite * (2.0 * c).mul_add(c, 1.0));
        [0.5 * FRAC_1_PI * value, 2.0 * FRAC_1_PI * to_opposite.mul_add(c, s)]
    }
}

/// A sum of Legendre or Chebyshev polynomials `p_l(c)`, by their recurrences.
///
/// With `d_l = p_l - p_(l-1)`, `d_(l+1) = a_l d_l + b_l (1 - c) p_l` keeps its digits near c = 1 (Reinsch); pairs with c < 0 are taken at
/// -c, where polynomials of odd degree change their signs. Derivatives are multiples of `q_(l+1) = q_(l-1) + e_l p_l`.
#[derive(Debug, Clone, PartialEq)]
struct Series {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Term {
    /// Factor of `p_l` in K and of `q_l` in dK/dc.
    weight: f64,
    slope_weight: f64,
    a: f64,
    b: f64,
    e: f64,
}

impl Series {
    fn new(kernel: ZonalKernel, dim: usize) -> Result<Self, KernelError> {
        let coefficients = kernel.coefficients_within(dim, ROUND_OFF, MOST_TERMS)?;
        let term = |(l, k): (usize, f64)| {
            let degree = l as f64;
            match (dim, l) {
                (2, 0) => Term { weight: k, slope_weight: 0.0, a: 0.0, b: -1.0, e: 1.0 },
                (2, _) => Term { weight: 2.0 * k, slope_weight: 2.0 * k * degree, a: 1.0, b: -2.0, e: 2.0 },
                _ => {
                    let (weight, e) = (k * (2.0 * degree + 1.0) / (4.0 * PI), 2.0 * degree + 1.0);
                    let (a, b) = (degree / (degree + 1.0), -e / (degree + 1.0));
                    Term { weight, slope_weight: weight, a, b, e }
                }
            }
        };
        let mut terms: Vec<Term> = coefficients.into_iter().enumerate().map(term).collect();
        if terms.len() % 2 == 1 {
            terms.push(Term { weight: 0.0, slope_weight: 0.0, a: 0.0, b: 0.0, e: 0.0 });
        }
        Ok(Self { terms })
    }

    /// The sums of even and of odd degree, and those of the derivatives.
    #[inline(always)]
    fn sums<const SLOPE: bool>(&self, near: &[f64; 32]) -> [[f64; 32]; 4] {
        let mut sums = [[0.0; 32]; 4];
        let (mut p, mut d, mut q) = ([1.0; 32], [0.0; 32], [[0.0; 32]; 2]);
        for pair in self.terms.chunks_exact(2) {
            for (parity, term) in pair.iter().enumerate() {
                for i in 0..32 {
                    sums[parity][i] = term.weight.mul_add(p[i], sums[parity][i]);
                    if SLOPE {
                        sums[2 + parity][i] = term.slope_weight.mul_add(q[parity][i], sums[2 + parity][i]);
                        q[1 - parity][i] = term.e.mul_add(p[i], q[1 - parity][i]);
                    }
                    d[i] = term.a.mul_add(d[i], term.b * near[i] * p[i]);
                    p[i] += d[i];
                }
            }
        }
        sums
    }
}

impl PairForm for Series {
    #[inline(always)]
    fn at(&self, minus: f64, plus: f64) -> [f64; 2] {
        let sums = self.sums::<true>(&[minus.min(plus); 32]).map(|sum| sum[0]);
        let sign = if minus <= plus { 1.0 } else { -1.0 };
        [sums[0] + sign * sums[1], sums[3] + sign * sums[2]]
    }

    #[inline(always)]
    fn of_pairs<const SLOPE: bool>(&self, minus: &Pairs, plus: &Pairs, value: &mut Pairs, slope: &mut Pairs) {
        for start in (0..PAIRS).step_by(32) {
            let near = std::array::from_fn(|i| minus[start + i].min(plus[start + i]));
            let sums = self.sums::<SLOPE>(&near);
            for i in 0..32 {
                let sign = if minus[start + i] <= plus[start + i] { 1.0 } else { -1.0 };
                value[start + i] = sums[1][i].mul_add(sign, sums[0][i]);
                if SLOPE {
                    slope[start + i] = sums[2][i].mul_add(sign, sums[3][i]);
                }
            }
        }
    }
}

/// `a / b`, zero if b is.
#[inline(always)]
fn or_zero(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

#[inline(always)]
fn cosine(minus: f64, plus: f64) -> f64 {
    if minus <= plus { 1.0 - minus } else { plus - 1.0 }
}

/// `asin(sqrt z) / sqrt z` on [0, 1/2] in powers of `4 z - 1`, interpolated at Chebyshev nodes; relative error 1.4e-16.
const ARC_SINE: [f64; 18] = [
    FRAC_PI_3,
    5.375_149_359_132_692e-2,
    7.798_902_238_958_053e-3,
    1.519_668_539_595_283_4e-3,
    3.408_637_238_363_054_6e-4,
    8.302_317_801_518_925e-5,
    2.134_554_827_999_632_8e-5,
    5.701_782_186_274_753e-6,
    1.566_984_910_249_406_4e-6,
    4.402_038_764_740_213_6e-7,
    1.257_815_733_346_819e-7,
    3.647_300_159_179_633e-8,
    1.080_967_613_066_917_9e-8,
    3.204_951_348_642_785_4e-9,
    8.518_351_758_970_71e-10,
    2.557_903_437_341_297e-10,
    1.341_285_869_549_988e-10,
    4.105_232_116_559_407_4e-11,
];

/// `[t, pi - t]`, the smaller of them exact to round-off of itself: `sin(t / 2) = sqrt(minus / 2)`, and likewise from the opposite
/// point.
#[inline(always)]
fn angles(minus: f64, plus: f64) -> [f64; 2] {
    let near = minus.min(plus);
    let y = 2.0f64.mul_add(near, -1.0);
    let mut sum = ARC_SINE[17];
    for k in (0..17).rev() {
        sum = sum.mul_add(y, ARC_SINE[k]);
    }
    let angle = (2.0 * near).sqrt() * sum;
    if minus <= plus { [angle, PI - angle] } else { [PI - angle, angle] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_of_order_0_has_no_slope_between_points_that_are_one_or_opposite_but_for_round_off() {
        for apart in [0.0, 1e-16, 1e-15] {
            let half_squared = 0.5 * apart * apart;
            assert_eq!(Step.at(half_squared, 2.0)[1], 0.0, "one, {apart:e}");
            assert_eq!(Step.at(2.0, half_squared)[1], 0.0, "opposite, {apart:e}");
        }
        let near = 1e-7f64;
        let slope = Step.at(0.5 * near * near, 2.0)[1];
        assert!((slope * near * 2.0 * PI - 1.0).abs() < 1e-12, "{slope}");
    }

    /// A kernel and its slope at a cosine, alone and among many.
    struct At(f64);

    impl ForKernel for At {
        type Output = [[f64; 2]; 2];
        fn run<K: PairForm>(self, kernel: &K) -> Self::Output {
            let (mut value, mut slope) = ([0.0; PAIRS], [0.0; PAIRS]);
            kernel.of_pairs::<true>(&[1.0 - self.0; PAIRS], &[1.0 + self.0; PAIRS], &mut value, &mut slope);
            [kernel.at(1.0 - self.0, 1.0 + self.0), [value[PAIRS - 1], slope[PAIRS - 1]]]
        }
    }

    #[test]
    fn ref_angles_are_those_of_the_library() {
        for i in 0..20_000 {
            let t = std::f64::consts::PI * f64::from(i) / 19_999.0;
            let (minus, plus) = (2.0 * (0.5 * t).sin().powi(2), 2.0 * (0.5 * t).cos().powi(2));
            assert!(
                (angles(minus, plus)[0] - t).abs() < 9e-16
                    && (angles(minus, plus)[1] - (PI - t)).abs() < 9e-16
            );
        }
        let tiny = angles(0.5e-20, 2.0)[0];
        assert!((tiny - 1e-10).abs() < 1e-25, "{tiny}");
        assert_eq!(angles(0.0, 2.0), [0.0, PI]);
        assert_eq!(angles(2.0, 0.0), [PI, 0.0]);
    }

    #[test]
    fn law_slopes_are_the_derivatives_in_the_cosine() {
        let kernels = [
            ZonalKernel::VonMisesFisher { concentration: 7.0 },
            ZonalKernel::Poisson { rho: 0.6 },
            ZonalKernel::Heat { time: 0.05 },
            ZonalKernel::Heat { time: 0.4 },
            ZonalKernel::LowPass { degree: 9 },
            ZonalKernel::LowPass { degree: 10 },
            ZonalKernel::ArcCosine { order: 0 },
            ZonalKernel::ArcCosine { order: 1 },
            ZonalKernel::ArcCosine { order: 2 },
        ];
        for kernel in kernels {
            for dim in 2..=7 {
                let Ok(pair) = PairKernel::new(kernel, dim) else { continue };
                for c in [-0.9, -0.3, 0.0, 0.4, 0.95] {
                    let [one, many] = pair.with(At(c));
                    let gap = (one[0] - many[0]).abs() + (one[1] - many[1]).abs();
                    assert!(gap < 1e-13 * (1.0 + one[1].abs()), "{kernel:?}, {dim}, {c}: {one:?} {many:?}");
                    let h = 1e-5;
                    let difference = (pair.with(At(c + h))[1][0] - pair.with(At(c - h))[1][0]) / (2.0 * h);
                    let gap = (many[1] - difference).abs();
                    assert!(
                        gap < 1e-6 * (1.0 + many[1].abs()),
                        "{kernel:?}, {dim}, {c}: {many:?} {difference}"
                    );
                }
            }
        }
        let value =
            |dim| PairKernel::new(ZonalKernel::Poisson { rho: 0.6 }, dim).unwrap().with(At(0.4))[1][0];
        for dim in 2..=7 {
            let exact = 0.64 / (1.0f64 - 1.2 * 0.4 + 0.36).powf(0.5 * dim as f64);
            assert!((value(dim) - exact).abs() < 1e-14, "Poisson, {dim}");
        }
    }
}
