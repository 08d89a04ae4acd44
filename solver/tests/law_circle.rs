//! Features of angles, evaluated each way: beside the sums term by term, moved, and on any number of threads.

mod common;

use common::{between, bits, dot, generator, norm, on_threads, random_points};
use rand_chacha::ChaCha8Rng;
use sphereflow_mesh::Mesh;
use sphereflow_solver::objective::{CircularFeatures, Evaluation, FeatureMap, Lift, Motion, Placed};

const LIFTS: [(Lift, usize); 2] = [(Lift::Circle, 2), (Lift::TwoLayer, 3)];

/// A kernel whose coefficients fall slowly.
fn features(lift: Lift, modes: usize, evaluation: Evaluation, tolerance: f64) -> CircularFeatures {
    let coefficients: Vec<f64> = (0..=modes).map(|k| 1.0 / (1.0 + k as f64).powf(1.5)).collect();
    CircularFeatures::new(lift, &coefficients).evaluated(evaluation, tolerance)
}

/// Random points, the centres of a mesh, points at one place, or points on the axes with zeros of both signs.
fn points(kind: usize, dim: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    match kind {
        1 if dim == 2 => Mesh::circle(count.max(3)).expect("a circle").centers().iter().copied().collect(),
        0 | 1 => random_points(count, dim, rng),
        2 => random_points(1, dim, rng).repeat(count),
        _ => (0..count)
            .flat_map(|j| {
                let mut axis = vec![if j % 3 == 0 { 0.0 } else { -0.0 }; dim];
                axis[j % dim] = if j % 4 < 2 { 1.0 } else { -1.0 };
                axis
            })
            .collect(),
    }
}

fn numbers(count: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| between(rng, -1.0, 1.0)).collect()
}

/// Prediction, values alone, values and gradients.
fn evaluate(placed: &mut dyn Placed, dim: usize, mass: &[f64], dual: &[f64]) -> [Vec<f64>; 4] {
    let (mut prediction, mut gradient) = (vec![9.0; dual.len()], vec![9.0; dim * mass.len()]);
    let (mut alone, mut value) = (vec![9.0; mass.len()], vec![9.0; mass.len()]);
    placed.analyze(mass, &mut prediction);
    placed.synthesize(dual, &mut alone);
    placed.synthesize_gradient(dual, &mut value, &mut gradient);
    [prediction, alone, value, gradient]
}

#[test]
fn law_every_way_equals_the_direct_sums_and_is_adjoint() {
    let mut rng = generator(1);
    for (lift, dim) in LIFTS {
        for (count, modes) in [(1, 0), (2, 3), (3, 20), (97, 30), (1009, 7), (4096, 40), (700, 300)] {
            for (kind, tolerance) in [(0, 1e-10), (1, 1e-10), (2, 1e-13), (3, 1e-6)] {
                let points = points(kind, dim, count, &mut rng);
                let count = points.len() / dim;
                let (mass, dual) = (numbers(count, &mut rng), numbers(2 * (modes + 1), &mut rng));
                let direct = features(lift, modes, Evaluation::Direct, tolerance);
                let oracle = evaluate(&mut *direct.place(&points, Motion::Moving), dim, &mass, &dual);
                let total: f64 = mass.iter().map(|q| q.abs()).sum();
                let size: f64 = dual.iter().map(|g| g.abs()).sum();
                for (evaluation, motion) in [
                    (Evaluation::Direct, Motion::Fixed),
                    (Evaluation::Auto, Motion::Fixed),
                    (Evaluation::Auto, Motion::Moving),
                    (Evaluation::Fast, Motion::Fixed),
                    (Evaluation::Fast, Motion::Moving),
                ] {
                    let name =
                        format!("{lift:?}, {count} points {kind}, {modes} modes, {evaluation:?}, {motion:?}");
                    let mut placed = features(lift, modes, evaluation, tolerance).place(&points, motion);
                    let found = evaluate(&mut *placed, dim, &mass, &dual);
                    let round_off = 2e-15 * (4.0 + modes as f64);
                    let scales = [total, size, size, size * (1.0 + modes as f64)];
                    for ((found, exact), scale) in found.iter().zip(&oracle).zip(scales) {
                        for (a, b) in found.iter().zip(exact) {
                            let gap = (a - b).abs();
                            assert!(gap <= 1.5 * (tolerance + round_off) * scale, "{name}: {a} and not {b}");
                        }
                    }
                    assert_eq!(found[0][1], 0.0, "{name}: the sine of wave number 0");
                    let gap = dot(&found[0], &dual) - dot(&mass, &found[1]) - found[0][1] * dual[1];
                    let scale = norm(&found[0]) * norm(&dual) + norm(&mass) * norm(&found[1]);
                    assert!(gap.abs() <= 1e-13 * scale, "{name}: {gap:e} of {scale}");
                }
            }
        }
    }
}

/// Kernels with no odd wave number but the first are summed at twice the angles; a third of no account makes them sum as others do.
#[test]
fn law_a_kernel_with_one_odd_wave_number_alone_is_like_any_other() {
    let mut rng = generator(4);
    for (count, modes) in [(1, 1), (2, 2), (3, 5), (1009, 40), (4099, 301), (12_000, 600)] {
        for kind in [0, 2, 3] {
            let points = points(kind, 3, count, &mut rng);
            let (mass, mut dual) = (numbers(count, &mut rng), numbers(2 * (modes + 1), &mut rng));
            dual[1] = 0.0;
            let kernel = |third: f64| -> Vec<f64> {
                let odd = |k: usize| if k == 1 { 0.7 } else { third };
                (0..=modes).map(|k| if k % 2 == 1 { odd(k) } else { 1.0 / (1.0 + k as f64) }).collect()
            };
            let like_any =
                CircularFeatures::new(Lift::TwoLayer, &kernel(1e-100)).evaluated(Evaluation::Direct, 1e-10);
            let oracle = evaluate(&mut *like_any.place(&points, Motion::Moving), 3, &mass, &dual);
            let [total, size] = [&mass, &dual].map(|x| x.iter().map(|x| x.abs()).sum::<f64>());
            for evaluation in [Evaluation::Auto, Evaluation::Direct, Evaluation::Fast] {
                for motion in [Motion::Fixed, Motion::Moving] {
                    let features =
                        CircularFeatures::new(Lift::TwoLayer, &kernel(0.0)).evaluated(evaluation, 1e-12);
                    let found = evaluate(&mut *features.place(&points, motion), 3, &mass, &dual);
                    let scales = [total, size, size, size * (1.0 + modes as f64)];
                    let round_off = 2e-15 * (4.0 + modes as f64);
                    for ((found, exact), scale) in found.iter().zip(&oracle).zip(scales) {
                        for (a, b) in found.iter().zip(exact) {
                            assert!(
                                (a - b).abs() <= (2e-12 + round_off) * scale,
                                "{count} points {kind}, {modes} modes, {evaluation:?}, {motion:?}: {a} and not {b}"
                            );
                        }
                    }
                    let gap = dot(&found[0], &dual) - dot(&mass, &found[1]);
                    let scale = norm(&found[0]) * norm(&dual) + norm(&mass) * norm(&found[1]);
                    assert!(gap.abs() <= 1e-13 * scale, "{gap:e} of {scale}");
                }
            }
        }
    }
}

#[test]
fn law_moved_points_are_as_good_as_placed_ones() {
    let mut rng = generator(2);
    for (lift, dim) in LIFTS {
        for (count, modes) in [(5, 3), (3000, 20)] {
            for evaluation in [Evaluation::Auto, Evaluation::Direct, Evaluation::Fast] {
                for motion in [Motion::Fixed, Motion::Moving] {
                    let features = features(lift, modes, evaluation, 1e-10);
                    let (mass, dual) = (numbers(count, &mut rng), numbers(2 * (modes + 1), &mut rng));
                    let mut moved = features.place(&points(1, dim, count, &mut rng), motion);
                    for kind in [0, 1, 3, 2] {
                        let points = points(kind, dim, count, &mut rng);
                        moved.move_to(&points);
                        let fresh = evaluate(&mut *features.place(&points, motion), dim, &mass, &dual);
                        let found = evaluate(&mut *moved, dim, &mass, &dual);
                        assert_eq!(
                            bits(&found.concat()),
                            bits(&fresh.concat()),
                            "{lift:?} {evaluation:?} {kind}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn law_the_number_of_threads_does_not_matter() {
    let mut rng = generator(3);
    let modes = 25;
    for (lift, dim) in LIFTS {
        for kind in [0, 1] {
            let points = points(kind, dim, 20_011, &mut rng);
            let (mass, dual) = (numbers(20_011, &mut rng), numbers(2 * (modes + 1), &mut rng));
            for motion in [Motion::Fixed, Motion::Moving] {
                let run = || {
                    let mut placed = features(lift, modes, Evaluation::Auto, 1e-10).place(&points, motion);
                    bits(&evaluate(&mut *placed, dim, &mass, &dual).concat())
                };
                assert!(on_threads(1, run) == on_threads(3, run), "{lift:?}, {motion:?}");
            }
        }
    }
}
