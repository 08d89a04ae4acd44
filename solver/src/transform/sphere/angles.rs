//! Colatitudes and longitudes of points, in steps of a grid.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI, TAU};

use pulp::{Simd, WithSimd};

use crate::transform::spreading::interpolate;

/// Coefficients of the arc tangent's polynomial.
const TERMS: usize = 13;

/// The tangent of pi / 8: arguments are brought below it.
const TAN_PI_8: f64 = std::f64::consts::SQRT_2 - 1.0;

/// The polynomial `atan(t) / t` of `t^2`, fitted once, by which angles of many points are found at a time.
#[derive(Debug, Clone)]
pub(super) struct Angles {
    /// Highest power first, in the variable that takes `t^2` from `[0, tan^2(pi / 8)]` to `[-1, 1]`.
    polynomial: [f64; TERMS],
}

impl Angles {
    pub(super) fn new() -> Self {
        let atan_over = |u: f64| {
            let t = (0.5 * (u + 1.0)).sqrt() * TAN_PI_8;
            if t == 0.0 { 1.0 } else { t.atan() / t }
        };
        let powers = interpolate(TERMS, atan_over);
        Self { polynomial: std::array::from_fn(|i| powers[TERMS - 1 - i]) }
    }

    /// The angle of `(x, y)` for `x, y >= 0`, in `[0, pi / 2]`; zero for `x = y = 0`.
    #[inline(always)]
    fn of_quadrant(&self, x: f64, y: f64) -> f64 {
        let (large, small) = (x.max(y), x.min(y));
        // atan(s / l) = pi / 4 + atan((s - l) / (s + l)) keeps the argument within tan(pi / 8).
        let turned = small > TAN_PI_8 * large;
        let (over, under) = if turned { (small - large, small + large) } else { (small, large) };
        let t = over / if under > 0.0 { under } else { 1.0 };
        let u = (t * t).mul_add(2.0 / (TAN_PI_8 * TAN_PI_8), -1.0);
        let mut p = 0.0f64;
        for c in &self.polynomial {
            p = p.mul_add(u, *c);
        }
        let angle = t.mul_add(p, if turned { FRAC_PI_4 } else { 0.0 });
        if y > x { FRAC_PI_2 - angle } else { angle }
    }
}

/// The colatitudes, in [0, around / 2], and longitudes, in [0, around), of `points`, shape [N, 3] flat, in steps of
/// `2 pi / around`: the first two of every four `places`.
pub(super) struct Location<'a> {
    pub angles: &'a Angles,
    pub points: &'a [f64],
    pub around: usize,
    pub places: &'a mut [f64],
}

impl WithSimd for Location<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        const LANES: usize = 8;
        let around = self.around as f64;
        let steps = around / TAU;
        for (points, places) in self.points.chunks(3 * LANES).zip(self.places.chunks_mut(4 * LANES)) {
            let mut coordinates = [[0.0f64; LANES]; 3];
            for (lane, point) in points.chunks_exact(3).enumerate() {
                for i in 0..3 {
                    coordinates[i][lane] = point[i];
                }
            }
            let [x, y, z] = coordinates;
            let (mut row, mut column) = ([0.0f64; LANES], [0.0f64; LANES]);
            for k in 0..LANES {
                let sin = x[k].mul_add(x[k], y[k] * y[k]).sqrt();
                let north = self.angles.of_quadrant(z[k].abs(), sin);
                let colatitude = if z[k] < 0.0 { PI - north } else { north };
                row[k] = (colatitude * steps).min(0.5 * around);
                let east = self.angles.of_quadrant(x[k].abs(), y[k].abs());
                let upper = if x[k] < 0.0 { PI - east } else { east };
                let longitude = (if y[k] < 0.0 { TAU - upper } else { upper }) * steps;
                column[k] = if longitude < around { longitude } else { 0.0 };
            }
            for (lane, place) in places.chunks_exact_mut(4).enumerate() {
                (place[0], place[1]) = (row[lane], column[lane]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Arch;

    #[test]
    fn law_places_are_those_of_the_arc_tangent() {
        let around = 100;
        let mut points: Vec<f64> = (0..3000).map(|j| (1.0 + 1.37 * j as f64).sin()).collect();
        for (j, special) in
            [[0.0, 0.0, 1.0], [-0.0, 0.0, -1.0], [1.0, -0.0, 0.0], [-1.0, -0.0, -0.0], [1e-200, 1e-200, 1.0]]
                .into_iter()
                .chain([[0.0, -1.0, 0.0], [1.0, -1e-30, 0.0], [1e-9, -2e-9, -1.0], [0.6, 0.6, 0.0]])
                .enumerate()
        {
            points[3 * j..3 * j + 3].copy_from_slice(&special);
        }
        let mut places = vec![0.0; 4000];
        Arch::new().dispatch(Location {
            angles: &Angles::new(),
            points: &points,
            around,
            places: &mut places,
        });
        for (p, place) in points.chunks(3).zip(places.chunks(4)) {
            let steps = around as f64 / TAU;
            let row = p[0].hypot(p[1]).atan2(p[2]) * steps;
            let column = (p[1].atan2(p[0]) * steps).rem_euclid(around as f64);
            assert!((place[0] - row).abs() < 2e-14, "{place:?} against {row} at {p:?}");
            let turns = (place[1] - column) / around as f64;
            let anywhere = p[0] == 0.0 && p[1] == 0.0;
            assert!(anywhere || (turns - turns.round()).abs() < 3e-16, "{place:?} against {column} at {p:?}");
            assert!((0.0..=50.0).contains(&place[0]) && (0.0..100.0).contains(&place[1]));
        }
    }
}
