//! Coefficients of zonal kernels that are more than a power: arc-cosine kernels, and modified Bessel functions.
//!
//! On S^2, with `a_l = integral of K P_l` over [-1, 1] and `b_l` the same of dK/dc, `(2l + 1) a_l = b_(l-1) - b_(l+1)` (integration by
//! parts), which gives the coefficients of the arc-cosine kernels from one order to the next, and all tails by telescoping:
//! `sum over l > L of (2l + 1) a_l = b_L + b_(L+1)`.

use std::f64::consts::PI;

/// `sum_k 2 k_j` beyond a wave number, relative to the kernel at zero angle, `1/2, 1/2, 3/2` of the three orders: the terms are
/// convex in j, so a sum over every second one is less than half the integral that starts one before the first.
pub(super) fn arc_cosine_tail_on_circle(order: u8, degree: usize) -> f64 {
    let odd = order != 1;
    let next = if (degree % 2 == 1) == odd { degree + 2 } else { degree + 1 } as f64;
    match order {
        _ if degree < 3 => 1.0,
        0 => 2.0 / (PI * PI * (next - 1.0)),
        1 => 4.0 / (PI * PI * 3.0 * (next - 2.0).powi(3)),
        _ => 64.0 / (PI * PI * 15.0 * (next - 3.0).powi(5)),
    }
}

/// `sum_l (2l + 1) / (4 pi) k_l` beyond a degree, relative to the kernel at zero angle: `(b_L + b_(L+1)) / 2`, of which only
/// the one of the right parity is not zero.
pub(super) fn arc_cosine_tail_on_sphere(order: u8, degree: usize) -> f64 {
    let of_parity = |parity| (degree + usize::from(degree % 2 != parity)) as f64;
    match order {
        _ if degree < 3 => 1.0,
        0 => 0.5 * even_square_bound(of_parity(0)),
        1 => {
            let l = of_parity(1);
            0.5 * even_square_bound(l - 1.0) / (l + 1.0).powi(2)
        }
        _ => {
            let l = of_parity(0);
            2.0 * even_square_bound(l - 2.0) / (l * (l + 2.0)).powi(2)
        }
    }
}

/// `k_j` of an arc-cosine kernel on the circle, by integration of its closed form.
pub(super) fn arc_cosine_on_circle(order: u8, wave_number: usize) -> f64 {
    let (odd, j) = (wave_number % 2 == 1, wave_number as f64);
    match (order, wave_number) {
        (0, 0) => 0.25,
        (0, _) if odd => 1.0 / (PI * j).powi(2),
        (1, 0) => 2.0 / (PI * PI),
        (1, 1) | (2, 2) => 0.125,
        (1, _) if !odd => 2.0 / (PI * (j * j - 1.0)).powi(2),
        (2, 0) => 0.5,
        (2, _) if odd => 32.0 / (PI * j * (j * j - 4.0)).powi(2),
        _ => 0.0,
    }
}

/// `g_l^2` at even l = 0, 2, .., up to `degree`: `g_l = (l - 1)!! / l!!`, and `integral of (1 - c^2)^(-1/2) P_l = pi g_l^2`.
pub(super) fn even_squares(degree: usize) -> Vec<f64> {
    let mut squares = vec![1.0];
    for l in (2..=degree).step_by(2) {
        squares.push(squares[squares.len() - 1] * ((l - 1) as f64 / l as f64).powi(2));
    }
    squares
}

/// An upper bound of `g_l^2`, sharp to `1 / (16 l^2)` of it.
fn even_square_bound(l: f64) -> f64 {
    1.0 / (PI * (0.5 * l + 0.25))
}

/// `a_l = integral of K P_l over [-1, 1]` of an arc-cosine kernel on S^2; `squares` are those of [`even_squares`].
///
/// The derivatives in c are `1 / (2 pi sin t)`, then the kernel of order zero, then four times that of order one. Differences of
/// neighbouring moments are taken in closed form, so nothing cancels.
pub(super) fn arc_cosine_moment(order: u8, l: usize, squares: &[f64]) -> f64 {
    let (odd, n) = (l % 2 == 1, l as f64);
    match (order, l) {
        (0, 0) => 0.5,
        (0, _) if odd => 0.5 * squares[(l - 1) / 2] / (n + 1.0).powi(2),
        (1, 0) => 0.375,
        (1, 1) => 1.0 / 6.0,
        (1, _) if !odd => 1.5 * squares[l / 2 - 1] / (n * (n + 2.0)).powi(2),
        (2, 0) => 5.0 / 6.0,
        (2, 1) => 15.0 / 32.0,
        (2, 2) => 2.0 / 15.0,
        (2, _) if odd => 30.0 * squares[(l - 3) / 2] / ((n - 1.0) * (n + 1.0) * (n + 3.0)).powi(2),
        _ => 0.0,
    }
}

/// A bound of `exp(-kappa) I_nu(kappa)`, nu >= 1/2: the leading term of the uniform asymptotic expansion, and a tenth more.
pub(super) fn bessel_bound(nu: f64, kappa: f64) -> f64 {
    let root = nu.hypot(kappa);
    let exponent = nu * (nu / (root + kappa) - (nu / kappa).asinh());
    1.1 * exponent.exp() / (2.0 * PI * root).sqrt()
}

/// Bessel functions `b_0, .., b_degree` of kappa that obey `b_(j-1) = b_(j+1) + ratio(j) b_j`, normalised by
/// `sum weight(j) b_j = 1`: their quotients `b_j / b_(j-1)` by the downward continued fraction, which neither overflows nor
/// cancels.
pub(super) fn scaled_bessel(
    degree: usize,
    ratio: impl Fn(f64) -> f64,
    weight: impl Fn(f64) -> f64,
) -> Vec<f64> {
    // kappa is 2 / ratio(1) or 3 / ratio(1); the functions fall like exp(-j^2 / (2 kappa)) and faster beyond kappa
    let start = degree + 40 + (12.0 * (3.0 / ratio(1.0)).sqrt()) as usize;
    let mut quotient = vec![1.0; start + 1];
    let mut above = 0.0;
    for j in (1..=start).rev() {
        above = 1.0 / (ratio(j as f64) + above);
        quotient[j] = above;
    }
    let mut b = quotient;
    for j in 1..=start {
        b[j] *= b[j - 1];
    }
    let total: f64 = b.iter().enumerate().rev().map(|(j, x)| weight(j as f64) * x).sum();
    b.truncate(degree + 1);
    b.iter_mut().for_each(|x| *x /= total);
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(order: u8, t: f64) -> f64 {
        let (s, c) = t.sin_cos();
        let j = match order {
            0 => PI - t,
            1 => s + (PI - t) * c,
            _ => 3.0 * s * c + (PI - t) * (1.0 + 2.0 * c * c),
        };
        j / (2.0 * PI)
    }

    /// The integral over [0, pi] by Boole's rule.
    fn integral(f: impl Fn(f64) -> f64) -> f64 {
        let panels = 1 << 14;
        let h = PI / f64::from(panels);
        let weight = |i: i32| match (i % 4, i) {
            (0, 0) => 7.0,
            (0, _) if i == panels => 7.0,
            (0, _) => 14.0,
            (2, _) => 12.0,
            _ => 32.0,
        };
        (0..=panels).map(|i| weight(i) * f(f64::from(i) * h)).sum::<f64>() * 2.0 * h / 45.0
    }

    #[test]
    fn ref_arc_cosine_coefficients_are_the_integrals_that_define_them() {
        let squares = even_squares(40);
        for order in 0..3 {
            for n in (0..=12).chain([25, 40]) {
                let circle = integral(|t| kernel(order, t) * (n as f64 * t).cos()) / PI;
                let found = arc_cosine_on_circle(order, n);
                assert!((found - circle).abs() < 1e-14, "circle, {order}, {n}: {found} and not {circle}");
                let legendre = |c: f64| {
                    let (mut before, mut now) = (0.0, 1.0);
                    for l in 0..n {
                        let l = l as f64;
                        (before, now) = (now, ((2.0 * l + 1.0) * c * now - l * before) / (l + 1.0));
                    }
                    now
                };
                let sphere = integral(|t| kernel(order, t) * legendre(t.cos()) * t.sin());
                let found = arc_cosine_moment(order, n, &squares);
                assert!((found - sphere).abs() < 1e-14, "sphere, {order}, {n}: {found} and not {sphere}");
            }
        }
    }

    #[test]
    fn law_tails_bound_what_is_dropped_and_are_sharp() {
        let (far, squares) = (40_000, even_squares(40_000));
        for order in 0..3 {
            let at_zero = kernel(order, 0.0);
            for degree in [3, 4, 9, 40, 77] {
                // What is left beyond `far` is of no account but for the slowest.
                let left = |tail: fn(u8, usize) -> f64| tail(order, far);
                let sum: f64 = (degree + 1..=far).map(|j| 2.0 * arc_cosine_on_circle(order, j)).sum();
                let circle = sum / at_zero + left(arc_cosine_tail_on_circle);
                let bound = arc_cosine_tail_on_circle(order, degree);
                // The bound is that of a shifted power, which is looser at the lowest degrees.
                let late = (1.0 + 4.0 / degree as f64).powi(6);
                assert!(
                    bound >= circle * (1.0 - 1e-9) && bound < late * circle,
                    "{order}, {degree}: {bound} {circle}"
                );
                let sum: f64 = (degree + 1..=far)
                    .map(|l| (l as f64 + 0.5) * arc_cosine_moment(order, l, &squares))
                    .sum();
                let sphere = sum / at_zero + left(arc_cosine_tail_on_sphere);
                let bound = arc_cosine_tail_on_sphere(order, degree);
                assert!(
                    bound >= sphere * (1.0 - 1e-9) && bound < 1.02 * sphere,
                    "{order}, {degree}: {bound} {sphere}"
                );
            }
        }
    }
}
