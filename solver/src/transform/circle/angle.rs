//! Angles of directions of the plane, a vector of them at a time.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, FRAC_PI_8, PI, TAU};

use pulp::Arch;
use rayon::prelude::*;

use crate::blocks::block_size;
use crate::vectorized::vectorized;

/// `angle[j] = atan2(y, x)` in [-pi, pi] of the coordinates `(x, y)` with the given numbers of each point; 0, pi or their
/// negatives for the zero vector, as `f64::atan2` has it. Accurate to 4e-16, for vectors longer than 1e-300.
pub(crate) fn angles_of<const D: usize>(
    arch: Arch,
    points: &[[f64; D]],
    [x, y]: [usize; 2],
    angle: &mut [f64],
) {
    vectorized(
        arch,
        #[inline(always)]
        || {
            for (angle, point) in angle.iter_mut().zip(points) {
                *angle = arc_tangent(point[y], point[x]);
            }
        },
    );
}

/// The arc tangent of the smaller coordinate over the larger, about the nearest of the angles 0, pi/8, pi/4, where at most
/// pi/16 is left for its series; then turned into its octant.
#[inline(always)]
fn arc_tangent(y: f64, x: f64) -> f64 {
    // Tangents of pi/8, pi/16 and 3 pi/16.
    const EIGHTH: f64 = 0.414_213_562_373_095_03;
    const LOW: f64 = 0.198_912_367_379_658;
    const HIGH: f64 = 0.668_178_637_919_299;
    let (small, large) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
    let near = if small > LOW * large { EIGHTH } else { 0.0 };
    let base = if small > LOW * large { FRAC_PI_8 } else { 0.0 };
    let near = if small > HIGH * large { 1.0 } else { near };
    let base = if small > HIGH * large { FRAC_PI_4 } else { base };
    let numerator = (-near).mul_add(large, small);
    let denominator = near.mul_add(small, large);
    let t = if large > 0.0 { numerator / denominator } else { 0.0 };
    let angle = base + series(t);
    let angle = if y.abs() > x.abs() { FRAC_PI_2 - angle } else { angle };
    let angle = if x.is_sign_negative() { PI - angle } else { angle };
    angle.copysign(y)
}

/// The arc tangent of |t| <= tan(pi/16), by Taylor's series.
#[inline(always)]
fn series(t: f64) -> f64 {
    const TERMS: usize = 12;
    let square = t * t;
    let mut sum = 0.0f64;
    for k in (1..TERMS).rev() {
        let coefficient = if k % 2 == 0 { 1.0 } else { -1.0 } / (2 * k + 1) as f64;
        sum = sum.mul_add(square, coefficient);
    }
    (t * square).mul_add(sum, t)
}

/// Sets `place` to the angles as fractions of whole turns, in [0, 1), times `arcs`.
pub(super) fn place_on_arcs(arch: Arch, angles: &[f64], arcs: usize, place: &mut [f64]) {
    assert_eq!(angles.len(), place.len(), "angles keep their number");
    let (arcs, size) = (arcs as f64, block_size(angles.len()));
    place.par_chunks_mut(size).zip(angles.par_chunks(size)).for_each(|(place, angles)| {
        vectorized(
            arch,
            #[inline(always)]
            || {
                for (x, angle) in place.iter_mut().zip(angles) {
                    let turns = angle * (1.0 / TAU);
                    *x = (turns - turns.floor()) * arcs;
                }
            },
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_angles_are_arc_tangents() {
        let mut points: Vec<[f64; 3]> = (0..40_000)
            .map(|j| {
                let (sine, cosine) = (PI * j as f64 / 20_000.0 - PI).sin_cos();
                let radius = [1.0, 1e-160, 3e100][j % 3];
                [9.0, radius * cosine, radius * sine]
            })
            .collect();
        let special = [0.0, -0.0, 1.0, -1.0, 1e-300, -2e-200, 0.198_912_367_379_658];
        points.extend(special.iter().flat_map(|x| special.map(|y| [7.0, *x, y])));
        let mut angle = vec![f64::NAN; points.len()];
        angles_of(Arch::new(), &points, [1, 2], &mut angle);
        for (angle, [_, x, y]) in angle.iter().zip(&points) {
            let exact = y.atan2(*x);
            assert!((angle - exact).abs() <= 4.5e-16, "({x}, {y}): {angle} and not {exact}");
            assert!((angle / exact - 1.0).abs() <= 1e-15 || angle == &exact, "({x}, {y}): {angle}, {exact}");
            assert_eq!(angle.is_sign_negative(), exact.is_sign_negative(), "({x}, {y})");
        }
    }
}
