//! The exponential function in a form that vectorises.

use std::f64::consts::LOG2_E;

/// `1 / k!`, k = 2..=13: the Taylor series of exp on half a factor of two either side, to 1e-17.
const SERIES: [f64; 12] = [
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// Adding it leaves a rounded integer in the low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;

/// ln 2 in two parts, the first with zeros at its end so that its multiples are exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// `exp(x)` to a unit or two in the last place, for every x: it underflows gradually to 0 and overflows to infinity, and of what
/// is not a number it is not a number.
///
/// With k the nearest integer to `x / ln 2`, the series of `exp(x - k ln 2)` times `2^k` in two factors, of which the
/// second alone may round.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let power = x.mul_add(LOG2_E, SHIFT) - SHIFT;
    let r = power.mul_add(-LN_2[1], power.mul_add(-LN_2[0], x));
    let mut sum = SERIES[11];
    for k in (0..11).rev() {
        sum = sum.mul_add(r, SERIES[k]);
    }
    let series = (sum * r).mul_add(r, r) + 1.0;
    let half = power.mul_add(0.5, SHIFT) - SHIFT;
    series * power_of_two(half) * power_of_two(power - half)
}

/// The largest |x| of [`small_exp`].
pub(crate) const SMALL: f64 = 1.0 / 128.0;

/// `exp(x)` for `|x| <= SMALL` to a unit in the last place: the series alone, whose terms beyond are below 4e-19.
#[inline(always)]
pub(crate) fn small_exp(x: f64) -> f64 {
    let mut sum = SERIES[4];
    for k in (0..4).rev() {
        sum = sum.mul_add(x, SERIES[k]);
    }
    sum.mul_add(x, 1.0).mul_add(x, 1.0)
}

/// `2^k` for an integer of less than 1023 in size.
#[inline(always)]
fn power_of_two(k: f64) -> f64 {
    f64::from_bits(((k + SHIFT).to_bits() << 52).wrapping_add(1023 << 52))
}

#[cfg(test)]
mod tests {
    use pulp::Arch;

    use super::{SMALL, exp, small_exp};
    use crate::vectorized::vectorized;

    #[test]
    fn ref_exponentials_are_those_of_the_library() {
        let mut arguments: Vec<f64> = (-760_000..=720_000).map(|k| f64::from(k) * 1e-3 + 1.7e-4).collect();
        arguments.extend((0..2000).map(|k| (f64::from(k) - 1000.0) * 1e-9));
        let mut values = arguments.clone();
        vectorized(
            Arch::new(),
            #[inline(always)]
            || values.iter_mut().for_each(|x| *x = exp(*x)),
        );
        for (x, value) in arguments.iter().zip(&values) {
            let exact = x.exp();
            let gap = if exact < f64::MIN_POSITIVE { 5e-324 } else { 5e-16 * exact };
            assert!(*value == exact || (value - exact).abs() <= gap, "exp({x}) = {value:e}, not {exact:e}");
        }
    }

    #[test]
    fn ref_small_exponentials_are_those_of_the_library() {
        for k in -1000..=1000 {
            let x = f64::from(k) * 1e-3 * SMALL;
            assert!((small_exp(x) - x.exp()).abs() <= f64::EPSILON, "exp({x}) = {}", small_exp(x));
        }
    }

    #[test]
    fn exponentials_at_the_ends_of_the_range() {
        assert_eq!([0.0, -0.0, 1e-320].map(exp), [1.0; 3]);
        assert_eq!([f64::NEG_INFINITY, -1e300, -746.0].map(exp), [0.0; 3]);
        assert_eq!([f64::INFINITY, 1e300, 709.8].map(exp), [f64::INFINITY; 3]);
        assert!(exp(f64::NAN).is_nan() && exp(709.78) < f64::MAX && exp(-745.1) > 0.0);
    }
}
