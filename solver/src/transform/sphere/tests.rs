use std::sync::Arc;

use super::*;

fn fractional(x: f64) -> f64 {
    x - x.floor()
}

fn random(n: usize) -> Vec<f64> {
    (0..n)
        .flat_map(|j| {
            let z = 1.0 - 2.0 * fractional(0.31 + j as f64 * 0.618_033_988_7);
            let (s, c) = (j as f64 * 2.117_3).sin_cos();
            let r = (1.0 - z * z).sqrt();
            [r * c, r * s, z]
        })
        .collect()
}

/// Points that are random, clustered, duplicated, antipodal, or at poles and on axes with zeros of both signs.
fn configuration(kind: usize, n: usize) -> Vec<f64> {
    let points = random(n);
    let [x, y, z, ..] = random(2)[..] else { unreachable!("two points") };
    let anchor = [x, y, z];
    points
        .chunks(3)
        .enumerate()
        .flat_map(|(j, p)| match kind {
            0 => [p[0], p[1], p[2]],
            1 => {
                let q: [f64; 3] = std::array::from_fn(|i| anchor[i] + 1e-7 * p[i]);
                let norm = q.iter().map(|x| x * x).sum::<f64>().sqrt();
                q.map(|x| x / norm)
            }
            2 => anchor,
            3 => anchor.map(|x| if j % 2 == 0 { x } else { -x }),
            _ => {
                let zero = if j % 4 < 2 { 0.0 } else { -0.0 };
                let mut p = [zero, if j % 3 == 0 { 0.0 } else { -zero }, zero];
                p[[2, 2, 0, 1][j % 4]] = if (j / 4) % 2 == 0 { 1.0 } else { -1.0 };
                p
            }
        })
        .collect()
}

fn masses(n: usize) -> Vec<f64> {
    (0..n).map(|j| (3.0 + 1.7 * j as f64).sin()).collect()
}

/// Coefficients of size about one, the sines of order zero being zero.
fn coefficients(harmonics: &SphericalHarmonics) -> Vec<f64> {
    let mut c: Vec<f64> = (0..harmonics.len()).map(|i| (1.0 + 12.9 * i as f64).sin()).collect();
    (0..=harmonics.degree()).for_each(|l| c[2 * l + 1] = 0.0);
    c
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m, x| f64::max(m, x.abs()))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |m, (a, b)| f64::max(m, (a - b).abs()))
}

fn legendre(l: usize, c: f64) -> f64 {
    let (mut before, mut now) = (0.0, 1.0);
    for k in 0..l {
        let k = k as f64;
        (before, now) = (now, ((2.0 * k + 1.0) * c * now - k * before) / (k + 1.0));
    }
    now
}

/// The largest errors of analysis and synthesis against the direct sums, relative to the scales of the statement.
fn errors(degree: usize, kind: usize, n: usize, accuracy: f64) -> [f64; 2] {
    let harmonics = Arc::new(SphericalHarmonics::new(degree));
    let points = configuration(kind, n);
    let mut direct = ScatteredPoints::new(harmonics.clone(), &points);
    let mut fast = GriddedPoints::new(harmonics.clone(), &points, accuracy);
    let (mass, c) = (masses(n), coefficients(&harmonics));
    let mut analyzed = [vec![0.0; harmonics.len()], vec![1.0; harmonics.len()]];
    let mut value = [vec![0.0; n], vec![1.0; n]];
    direct.analyze(&mass, &mut analyzed[0]);
    fast.analyze(&mass, &mut analyzed[1]);
    direct.synthesize(&c, &mut value[0]);
    fast.synthesize(&c, &mut value[1]);
    let mut again = vec![2.0; harmonics.len()];
    fast.analyze(&mass, &mut again);
    assert_eq!(again, analyzed[1], "a synthesis leaves nothing behind");
    let total = mass.iter().map(|q| q.abs()).sum::<f64>().max(1e-300);
    // No sum is larger than |c| times the norm of all harmonics at a point, and most are a good part of |c|.
    let size = dot(&c, &c).sqrt().max(largest(&value[0]));
    let harmonic = ((2 * degree + 1) as f64 / (4.0 * std::f64::consts::PI)).sqrt();
    [difference(&analyzed[0], &analyzed[1]) / (total * harmonic), difference(&value[0], &value[1]) / size]
}

#[test]
fn law_sums_through_the_grid_equal_direct_sums() {
    for (degree, sizes) in [
        (0, &[0, 1, 2, 17, 300][..]),
        (1, &[1, 17]),
        (2, &[1, 2, 17, 300]),
        (5, &[1, 17, 300, 3000, 10_000]),
        (40, &[1, 17, 300, 10_000]),
        (130, &[2, 300]),
        (300, &[101]),
        (512, &[37]),
    ] {
        for n in sizes {
            for kind in 0..if *n > 0 { 5 } else { 1 } {
                for accuracy in [1e-4f64, 1e-10, 1e-14] {
                    let bound = accuracy.max(3e-15 * (10 + degree) as f64);
                    let [analysis, synthesis] = errors(degree, kind, *n, accuracy);
                    assert!(
                        analysis < bound && synthesis < bound,
                        "degree {degree}, {n} points of kind {kind}: {analysis:e} and {synthesis:e} against {bound:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn law_addition_theorem_holds_at_every_degree() {
    for (degree, degrees) in
        [(40, &[0, 1, 2, 7, 40][..]), (512, &[3, 511, 512]), (1000, &[1000]), (2048, &[2048])]
    {
        let harmonics = Arc::new(SphericalHarmonics::new(degree));
        let mut points = random(19);
        points[..6].copy_from_slice(&[0.0, -0.0, 1.0, -0.0, 0.0, -1.0]);
        let reference = points[3 * 7..3 * 8].to_vec();
        let mut analyzed = [vec![0.0; harmonics.len()], vec![0.0; harmonics.len()]];
        ScatteredPoints::new(harmonics.clone(), &reference).analyze(&[1.0], &mut analyzed[0]);
        GriddedPoints::new(harmonics.clone(), &reference, 1e-14).analyze(&[1.0], &mut analyzed[1]);
        let mut direct = ScatteredPoints::new(harmonics.clone(), &points);
        let mut fast = GriddedPoints::new(harmonics.clone(), &points, 1e-14);
        for l in degrees {
            let of_degree = analyzed.each_ref().map(|c| {
                let pairs = harmonics.degrees().zip(c.chunks(2));
                pairs.flat_map(|(d, c)| if d == *l { [c[0], c[1]] } else { [0.0; 2] }).collect::<Vec<_>>()
            });
            let mut value = [vec![0.0; 19], vec![0.0; 19]];
            direct.synthesize(&of_degree[0], &mut value[0]);
            fast.synthesize(&of_degree[1], &mut value[1]);
            for value in value {
                for (v, p) in value.iter().zip(points.chunks(3)) {
                    let size = (2 * l + 1) as f64 / (4.0 * std::f64::consts::PI);
                    let exact = size * legendre(*l, dot(p, &reference));
                    // Near the point itself P_l has the slope l (l + 1) / 2.
                    let bound = (1e-15 * (10 + l) as f64 + 2e-16 * (l * l) as f64) * size;
                    assert!((v - exact).abs() < bound, "degree {l} of {degree}: {v} against {exact}");
                }
            }
        }
    }
}

#[test]
fn law_synthesis_is_the_transpose_of_analysis() {
    for (degree, n) in [(0, 1), (1, 2), (5, 17), (40, 3000), (131, 257)] {
        let harmonics = Arc::new(SphericalHarmonics::new(degree));
        for kind in 0..5 {
            let points = configuration(kind, n);
            let (mass, c) = (masses(n), coefficients(&harmonics));
            let (mut analyzed, mut value) = (vec![0.0; harmonics.len()], vec![0.0; n]);
            let check = |analyzed: &[f64], value: &[f64]| {
                let scale = dot(analyzed, analyzed).sqrt() * dot(&c, &c).sqrt();
                let scale = scale.max(mass.iter().map(|q| q.abs()).sum::<f64>());
                let gap = (dot(analyzed, &c) - dot(&mass, value)).abs();
                assert!(
                    gap < 1e-13 * scale,
                    "degree {degree}, {n} points of kind {kind}: {gap:e} of {scale:e}"
                );
            };
            let mut direct = ScatteredPoints::new(harmonics.clone(), &points);
            direct.analyze(&mass, &mut analyzed);
            direct.synthesize(&c, &mut value);
            check(&analyzed, &value);
            for accuracy in [1e-3, 1e-10] {
                let mut fast = GriddedPoints::new(harmonics.clone(), &points, accuracy);
                fast.analyze(&mass, &mut analyzed);
                fast.synthesize(&c, &mut value);
                check(&analyzed, &value);
            }
        }
    }
}

#[test]
fn law_gradient_is_the_derivative_along_the_sphere_poles_included() {
    let (degree, n) = (9, 35);
    let harmonics = Arc::new(SphericalHarmonics::new(degree));
    let c = coefficients(&harmonics);
    let mut points = random(n);
    points[..6].copy_from_slice(&[0.0, -0.0, 1.0, -0.0, 0.0, -1.0]);
    let mut gradients = [vec![0.0; 3 * n], vec![0.0; 3 * n]];
    let mut values = [vec![0.0; n], vec![0.0; n]];
    ScatteredPoints::new(harmonics.clone(), &points).synthesize_gradient(
        &c,
        &mut values[0],
        &mut gradients[0],
    );
    let mut fast = GriddedPoints::new(harmonics.clone(), &points, 1e-12);
    fast.synthesize_gradient(&c, &mut values[1], &mut gradients[1]);
    assert!(difference(&gradients[0], &gradients[1]) < 1e-11 * largest(&gradients[0]));
    assert!(difference(&values[0], &values[1]) < 1e-11 * largest(&values[0]));
    let at = |p: [f64; 3]| {
        let mut value = [0.0];
        ScatteredPoints::new(harmonics.clone(), &p).synthesize(&c, &mut value);
        value[0]
    };
    for (p, g) in points.chunks(3).zip(gradients[1].chunks(3)) {
        for axis in 0..3 {
            let mut tangent = [-p[0] * p[axis], -p[1] * p[axis], -p[2] * p[axis]];
            tangent[axis] += 1.0;
            let size = dot(&tangent, &tangent).sqrt();
            if size < 1e-6 {
                continue;
            }
            let moved = |h: f64| {
                let (s, c) = (h * size).sin_cos();
                at(std::array::from_fn(|i| c * p[i] + s * tangent[i] / size))
            };
            let h = 1e-3;
            let difference = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
            let slope = dot(g, &tangent);
            assert!((slope - difference).abs() < 2e-7, "{slope} against {difference} at {p:?}");
        }
    }
}

#[test]
fn law_gradients_through_the_grid_equal_direct_gradients() {
    for (degree, n) in [(0, 3), (1, 17), (40, 1000), (200, 60)] {
        let harmonics = Arc::new(SphericalHarmonics::new(degree));
        let c = coefficients(&harmonics);
        for kind in 0..5 {
            let points = configuration(kind, n);
            let mut gradients = [vec![0.0; 3 * n], vec![1.0; 3 * n]];
            let mut values = [vec![0.0; n], vec![1.0; n]];
            let mut direct = ScatteredPoints::new(harmonics.clone(), &points);
            direct.synthesize_gradient(&c, &mut values[0], &mut gradients[0]);
            let mut fast = GriddedPoints::new(harmonics.clone(), &points, 1e-10);
            fast.synthesize_gradient(&c, &mut values[1], &mut gradients[1]);
            let size = (degree + 1) as f64 * dot(&c, &c).sqrt();
            assert!(difference(&gradients[0], &gradients[1]) < 1e-10 * size, "degree {degree}, kind {kind}");
        }
    }
}

#[test]
fn law_the_bits_depend_neither_on_threads_nor_on_where_points_were_before() {
    let harmonics = Arc::new(SphericalHarmonics::new(50));
    let n = 40_000;
    let (points, mass, c) = (random(n), masses(n), coefficients(&harmonics));
    let run = |elsewhere: usize| {
        let mut fast = GriddedPoints::new(harmonics.clone(), &configuration(elsewhere, n), 1e-10);
        let (mut h, mut value, mut gradient) = (vec![0.0; harmonics.len()], vec![0.0; n], vec![0.0; 3 * n]);
        if elsewhere > 0 {
            fast.analyze(&mass, &mut h);
            fast.synthesize_gradient(&c, &mut value, &mut gradient);
            fast.move_to(&points);
        }
        fast.analyze(&mass, &mut h);
        fast.synthesize_gradient(&c, &mut value, &mut gradient);
        let both = value.clone();
        fast.synthesize(&c, &mut value);
        assert!(both == value, "the value is that of the synthesis alone");
        [h, value, gradient].concat().into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    let on = |threads: usize, elsewhere: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| run(elsewhere))
    };
    let expected = on(1, 0);
    for (threads, elsewhere) in [(3, 0), (1, 1), (3, 4)] {
        assert!(on(threads, elsewhere) == expected, "{threads} threads, from kind {elsewhere}");
    }
}
