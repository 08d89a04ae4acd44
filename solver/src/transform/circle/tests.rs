//! Every way to the sums beside the plain ones.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use super::*;

/// Angles that are random, clustered, duplicated, antipodal, many turns away, or at the ends of the period.
fn angles(kind: usize, n: usize) -> Vec<f64> {
    let random = |j: usize| (0.5 + j as f64 * 0.754_877_666_246_692_7).fract();
    (0..n)
        .map(|j| match kind {
            0 => TAU * random(j) - PI,
            1 => 2.1 + 1e-7 * random(j),
            2 => -1.3,
            3 => 0.4 + PI * (j % 2) as f64,
            4 => 40.0 * random(j) - 20.0,
            _ => [0.0, PI, TAU, -1e-17, 1e-17, -0.0, -PI, -1e-300][j % 8],
        })
        .collect()
}

fn equispaced(first: f64, n: usize) -> Vec<f64> {
    (0..n).map(|i| first + TAU * (i as f64 / n as f64)).collect()
}

fn masses(n: usize) -> Vec<f64> {
    (0..n).map(|j| (3.0 + 1.7 * j as f64).sin()).collect()
}

fn duals(modes: usize) -> Vec<Complex64> {
    (0..=modes).map(|k| Complex64::new((k as f64).cos(), (1.0 + k as f64 * 1.7).sin())).collect()
}

/// `exp(i k theta)`, the product's rounding made good.
fn wave(k: usize, theta: f64) -> Complex64 {
    let product = k as f64 * theta;
    let rest = (k as f64).mul_add(theta, -product);
    Complex64::cis(product) * Complex64::new(1.0, rest)
}

/// Checks sums against plain ones, to `tolerance`, at some of the wave numbers and angles; and that they are adjoint.
fn check(name: &str, sums: &mut dyn AngularSums, angles: &[f64], modes: usize, tolerance: f64) {
    let (n, mass, dual) = (angles.len(), masses(angles.len()), duals(modes));
    let mut c = vec![Complex64::ZERO; modes + 1];
    let (mut alone, mut value, mut slope) = (vec![7.0; n], vec![7.0; n], vec![7.0; n]);
    sums.analyze(&mass, &mut c);
    sums.synthesize(&dual, &mut alone);
    sums.synthesize_with_derivative(&dual, &mut value, &mut slope);
    assert_eq!(alone, value, "{name}");
    let name = format!("{name}, {n} angles, {modes} modes, tolerance {tolerance:e}");
    let total: f64 = mass.iter().map(|q| q.abs()).sum();
    // Round-off: of the angles, K times; of the sums.
    let round_off = 4e-16 * (4.0 + modes as f64);
    for k in (0..=modes).step_by(1 + modes / 37).chain([modes]) {
        let exact: Complex64 = angles.iter().zip(&mass).map(|(t, q)| q * wave(k, *t)).sum();
        let gap = (c[k] - exact).norm();
        assert!(gap <= (tolerance + round_off) * total, "{name}: k = {k}, {} and not {exact}", c[k]);
    }
    let size: f64 = dual.iter().map(|d| d.norm()).sum();
    for j in (0..n).step_by(1 + n / 61) {
        let terms = || dual.iter().enumerate().map(|(k, d)| (k as f64, d.conj() * wave(k, angles[j])));
        let exact: f64 = terms().map(|(_, z)| z.re).sum();
        let rate: f64 = terms().map(|(k, z)| -k * z.im).sum();
        assert!(
            (value[j] - exact).abs() <= (tolerance + round_off) * size,
            "{name}: {} not {exact}",
            value[j]
        );
        let scale = size * modes as f64;
        assert!(
            (slope[j] - rate).abs() <= (tolerance + round_off) * scale,
            "{name}: slope {}, not {rate}",
            slope[j]
        );
    }
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let norm_of = |x: &[Complex64]| x.iter().map(Complex64::norm_sqr).sum::<f64>().sqrt();
    let left: f64 = c.iter().zip(&dual).map(|(c, d)| (c * d.conj()).re).sum();
    let right: f64 = mass.iter().zip(&alone).map(|(q, v)| q * v).sum();
    let scale = norm_of(&c) * norm_of(&dual) + norm(&mass) * norm(&alone);
    assert!((left - right).abs() <= 1e-13 * scale, "{name}: {left} and {right} of {scale}");
}

#[test]
fn law_direct_sums_equal_plain_ones() {
    for (n, modes) in [(0, 3), (1, 0), (2, 1), (17, 5), (1009, 63), (100, 64), (33, 2000)] {
        for kind in 0..6 {
            let angles = angles(kind, n);
            check("direct", &mut DirectAngles::new(modes, &angles), &angles, modes, 0.0);
        }
    }
}

#[test]
fn law_scattered_sums_equal_plain_ones_to_the_tolerance() {
    for tolerance in [1e-4, 1e-10, 1e-12, 1e-14] {
        for (n, modes) in [(0, 3), (1, 0), (2, 1), (7, 3), (1009, 40), (5000, 7), (1000, 600)] {
            for kind in 0..6 {
                let angles = angles(kind, n);
                let bandwidth = Arc::new(Bandwidth::new(modes, n, tolerance));
                let mut sums = ScatteredAngles::new(bandwidth, &angles);
                check(&format!("scattered {kind}"), &mut sums, &angles, modes, tolerance.max(1e-14));
                let mut kept = sums.keeping_weights();
                check(
                    &format!("scattered {kind}, weights kept"),
                    &mut kept,
                    &angles,
                    modes,
                    tolerance.max(1e-14),
                );
            }
        }
    }
}

#[test]
fn law_binned_sums_equal_plain_ones_to_the_tolerance() {
    for tolerance in [1e-4, 1e-10, 1e-12, 1e-14] {
        for (n, modes) in [(0, 3), (1, 0), (2, 1), (7, 3), (1009, 40), (5000, 7), (1000, 600)] {
            for kind in 0..6 {
                let angles = angles(kind, n);
                for motion in [Motion::Fixed, Motion::Moving] {
                    let bins = Bins::choose(n, modes, tolerance, motion).expect("narrow arcs");
                    let mut sums = BinnedAngles::new(modes, bins, tolerance, &angles, motion);
                    check(&format!("binned {kind}"), &mut sums, &angles, modes, tolerance.max(1e-14));
                }
            }
        }
    }
}

#[test]
fn law_equispaced_sums_equal_plain_ones() {
    for (n, modes) in [(1, 0), (1, 5), (2, 1), (2, 7), (3, 8), (16, 8), (17, 50), (1009, 40), (1000, 2500)] {
        for first in [0.0, PI / n as f64, -2.0] {
            let angles = equispaced(first, n);
            assert!(are_equispaced(&angles));
            check("equispaced", &mut EquispacedAngles::new(modes, first, n), &angles, modes, 0.0);
        }
    }
}

#[test]
fn law_blocked_sums_equal_plain_ones_to_the_tolerance() {
    for tolerance in [1e-4, 1e-10, 1e-14] {
        for (n, modes) in [(100, 0), (1000, 3), (6400, 40), (10_007, 40), (20_000, 150), (8191, 90)] {
            for first in [0.0, PI / n as f64, -2.0] {
                let blocks = Blocks::choose(n, modes, tolerance).expect("narrow blocks");
                let mut sums = BlockedAngles::new(modes, first, n, &blocks, tolerance);
                check("blocked", &mut sums, &equispaced(first, n), modes, tolerance.max(1e-14));
            }
        }
    }
}

#[test]
fn equispaced_angles_are_told_from_others() {
    let turned: Vec<f64> = equispaced(0.3, 50).iter().map(|t| (t + PI).rem_euclid(TAU) - PI).collect();
    assert!(are_equispaced(&turned));
    let mut moved = turned.clone();
    moved[31] += 1e-14;
    assert!(!are_equispaced(&moved));
    assert!(!are_equispaced(&turned.iter().rev().copied().collect::<Vec<_>>()));
    assert!(!are_equispaced(&[]) && are_equispaced(&[5.0]));
    let mut sums = EquispacedAngles::new(3, turned[0], 50);
    assert!(sums.move_to(&turned) && !sums.move_to(&moved));
}

#[test]
fn law_every_plan_keeps_its_promise() {
    for evaluation in [Evaluation::Auto, Evaluation::Direct, Evaluation::Fast] {
        for motion in [Motion::Fixed, Motion::Moving] {
            for (n, modes) in [(0, 4), (1, 4), (6, 0), (97, 30), (10_000, 20), (3000, 1700)] {
                let plan = AngularPlan { modes, tolerance: 1e-10, evaluation };
                for angles in [angles(0, n), equispaced(0.2, n)] {
                    check("plan", &mut *plan.place(&angles, motion), &angles, modes, 1e-10);
                }
            }
        }
    }
}

#[test]
fn law_sums_do_not_depend_on_the_number_of_threads() {
    // Few wave numbers, and so many that the grids are shared.
    let plans =
        [(60_000, 30, Evaluation::Direct), (60_000, 30, Evaluation::Fast), (9001, 4000, Evaluation::Fast)];
    let run = || {
        let mut bits = Vec::new();
        for ((n, modes, evaluation), motion) in
            plans.iter().flat_map(|p| [Motion::Fixed, Motion::Moving].map(|m| (*p, m)))
        {
            let plan = AngularPlan { modes, tolerance: 1e-10, evaluation };
            for angles in [angles(0, n), equispaced(0.1, n)] {
                let mut sums = plan.place(&angles, motion);
                let (mut c, mut value, mut slope) = (duals(modes), vec![0.0; n], vec![0.0; n]);
                sums.analyze(&masses(n), &mut c);
                sums.synthesize_with_derivative(&duals(modes), &mut value, &mut slope);
                bits.extend(c.iter().flat_map(|c| [c.re, c.im]).chain(value).chain(slope).map(f64::to_bits));
            }
        }
        bits
    };
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run);
    assert!(on(1) == on(3), "the same bits");
}
