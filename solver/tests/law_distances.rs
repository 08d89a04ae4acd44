//! Distances against brute force, known values and the axioms of a metric.

mod common;

use std::f64::consts::{PI, TAU};

use common::{atoms, between, generator, on_circle, random_points};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::distance::{self, DistanceError, Order, wasserstein_circle};
use sphereflow_solver::objective::{Method, Objective, ZonalKernel};

const ORDERS: [Order; 2] = [Order::One, Order::Two];

fn power(order: Order) -> i32 {
    if order == Order::One { 1 } else { 2 }
}

fn geodesic(a: f64, b: f64) -> f64 {
    let gap = (a - b).rem_euclid(TAU);
    gap.min(TAU - gap)
}

/// The least cost of assigning `a[k..]` to what is left of `b`.
fn cheapest(a: &[f64], b: &mut Vec<f64>, p: i32) -> f64 {
    let Some((first, rest)) = a.split_first() else { return 0.0 };
    let mut least = f64::INFINITY;
    for k in 0..b.len() {
        let y = b.swap_remove(k);
        least = least.min(geodesic(*first, y).powi(p) + cheapest(rest, b, p));
        b.push(y);
        let last = b.len() - 1;
        b.swap(k, last);
    }
    least
}

/// Optimal assignment of points of equal masses, by all permutations.
fn by_permutations(a: &[f64], b: &[f64], order: Order) -> f64 {
    let p = power(order);
    (cheapest(a, &mut b.to_vec(), p) / a.len() as f64).powf(1.0 / f64::from(p))
}

/// The same by all cyclic shifts of the sorted points: a monotone assignment is optimal for one of them.
fn by_cuts(a: &[f64], b: &[f64], order: Order) -> f64 {
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let cost = |shift: usize| {
        a.iter()
            .enumerate()
            .map(|(i, x)| geodesic(*x, b[(i + shift) % b.len()]).powi(power(order)))
            .sum::<f64>()
    };
    let least = (0..b.len()).map(cost).fold(f64::INFINITY, f64::min);
    (least / a.len() as f64).powf(1.0 / f64::from(power(order)))
}

fn equal(angles: &[f64]) -> Atoms {
    on_circle(angles, &vec![0.3; angles.len()])
}

/// Angles that crowd, repeat, and sit on the seam, beside random ones.
fn angles(count: usize, kind: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let grid = [0.0, PI, -PI, 0.5 * PI, 1e-9, -1e-9, PI - 1e-12];
    (0..count)
        .map(|k| match kind {
            0 => between(rng, 0.0, TAU),
            1 => between(rng, -0.3, 0.3),
            2 => grid[k % grid.len()],
            _ => between(rng, 3.0, 3.1) + if rng.random::<bool>() { PI } else { 0.0 },
        })
        .collect()
}

#[test]
fn law_transport_equals_the_best_of_all_assignments() {
    let mut rng = generator(1);
    for count in 1..=6 {
        for (kind, other) in [(0, 0), (0, 1), (1, 0), (2, 0), (2, 2), (3, 3), (1, 1), (0, 3)] {
            for order in ORDERS {
                let (a, b) = (angles(count, kind, &mut rng), angles(count, other, &mut rng));
                let exact = by_permutations(&a, &b, order);
                let found = wasserstein_circle(&equal(&a), &equal(&b), order).unwrap();
                let gap = (found.powi(power(order)) - exact.powi(power(order))).abs();
                assert!(gap < 1e-13, "{count} {kind} {other} {order:?}: {found} and not {exact}");
            }
        }
    }
}

#[test]
fn law_transport_of_unequal_masses_equals_the_assignment_of_their_units() {
    let mut rng = generator(2);
    for _ in 0..40 {
        let (units, split) = (7, 1 + rng.random_range(0..6));
        let (heavy, light) = (angles(2, 0, &mut rng), angles(units, 0, &mut rng));
        let expanded: Vec<f64> = (0..units).map(|k| heavy[usize::from(k >= split)]).collect();
        let merged = on_circle(&heavy, &[2.0 * split as f64, 2.0 * (units - split) as f64]);
        for order in ORDERS {
            let exact = by_permutations(&expanded, &light, order);
            let found = wasserstein_circle(&merged, &equal(&light), order).unwrap();
            assert!((found - exact).abs() < 1e-10, "{order:?}: {found} and not {exact}");
        }
    }
}

#[test]
fn law_transport_equals_the_best_of_all_cuts_for_hundreds_of_points() {
    let mut rng = generator(3);
    for count in [2, 13, 101, 400] {
        for (kind, other) in [(0, 0), (0, 1), (1, 3), (2, 0)] {
            for order in ORDERS {
                let (a, b) = (angles(count, kind, &mut rng), angles(count, other, &mut rng));
                let exact = by_cuts(&a, &b, order);
                let found = wasserstein_circle(&equal(&a), &equal(&b), order).unwrap();
                assert!(
                    (found - exact).abs() < 1e-10,
                    "{count} {kind} {other} {order:?}: {found} and not {exact}"
                );
            }
        }
    }
}

fn random_measure(count: usize, rng: &mut ChaCha8Rng) -> Atoms {
    let mass: Vec<f64> = (0..count).map(|_| between(rng, 0.0, 1.0).powi(4)).collect();
    let kind = rng.random_range(0..4);
    on_circle(&angles(count, kind, rng), &mass)
}

#[test]
fn law_transport_is_a_metric() {
    let mut rng = generator(4);
    for _ in 0..60 {
        let sizes: [usize; 3] = std::array::from_fn(|_| rng.random_range(1..40));
        let [a, b, c] = sizes.map(|count| random_measure(count, &mut rng));
        for order in ORDERS {
            let w = |x: &Atoms, y: &Atoms| wasserstein_circle(x, y, order).unwrap();
            assert_eq!(w(&a, &a), 0.0);
            // The cost is exact to round-off, so its root is near zero.
            let (there, back) = (w(&a, &b).powi(power(order)), w(&b, &a).powi(power(order)));
            assert!((there - back).abs() < 1e-13, "{order:?}: {there} there, {back} back");
            assert!(w(&a, &c) <= w(&a, &b) + w(&b, &c) + 1e-7);
            assert!(w(&a, &b) <= PI + 1e-12);
        }
        let (w1, w2) = ORDERS.map(|p| wasserstein_circle(&a, &b, p).unwrap()).into();
        assert!(w1 <= w2 + 1e-12, "{w1} above {w2}");
    }
}

#[test]
fn law_transport_ignores_order_scale_and_a_common_rotation() {
    let mut rng = generator(5);
    let (t, q) =
        (angles(50, 0, &mut rng), (0..50).map(|_| between(&mut rng, 0.0, 2.0)).collect::<Vec<f64>>());
    let other = random_measure(31, &mut rng);
    let reversed = on_circle(
        &t.iter().rev().copied().collect::<Vec<f64>>(),
        &q.iter().rev().copied().collect::<Vec<f64>>(),
    );
    let scaled = on_circle(&t, &q.iter().map(|q| 1e-8 * q).collect::<Vec<f64>>());
    for order in ORDERS {
        let w = wasserstein_circle(&on_circle(&t, &q), &other, order).unwrap();
        assert_eq!(w, wasserstein_circle(&reversed, &other, order).unwrap());
        assert_eq!(wasserstein_circle(&reversed, &on_circle(&t, &q), order), Ok(0.0));
        assert!((w - wasserstein_circle(&scaled, &other, order).unwrap()).abs() < 1e-13);
        for turn in [0.1, 2.0, PI, 6.0] {
            let moved: Vec<f64> = t.iter().map(|t| t + turn).collect();
            let base = on_circle(&t, &q);
            let found = wasserstein_circle(&on_circle(&moved, &q), &base, order).unwrap();
            assert!(found <= geodesic(turn, 0.0) + 1e-13);
        }
        let moved = |turn: f64| {
            let spread: Vec<f64> = (0..3).map(|k| 0.01 * f64::from(k) + turn).collect();
            equal(&spread)
        };
        let found = wasserstein_circle(&moved(0.0), &moved(3.1), order).unwrap();
        assert!((found - 3.1).abs() < 1e-13, "a narrow cloud moves rigidly: {found}");
    }
}

#[test]
fn ref_equispaced_points_against_a_fine_density() {
    for (points, cells) in [(1, 1000), (4, 4096), (10, 10_000), (64, 16_384)] {
        let m = points as f64;
        let few: Vec<f64> = (0..points).map(|k| (k as f64 + 0.5) * TAU / m).collect();
        let fine: Vec<f64> = (0..cells).map(|i| (i as f64 + 0.5) * TAU / cells as f64).collect();
        let few = on_circle(&few, &vec![2.0 / m; points]);
        let fine = on_circle(&fine, &vec![TAU / cells as f64; cells]);
        let per_point = (cells / points) as f64;
        let w1 = wasserstein_circle(&few, &fine, Order::One).unwrap();
        let w2 = wasserstein_circle(&few, &fine, Order::Two).unwrap();
        assert!((w1 / (PI / (2.0 * m)) - 1.0).abs() < 1e-11, "{points}: {w1}");
        // Each point meets as many equispaced cells, an even number: the variance of these instead of an integral.
        let exact = PI / (3f64.sqrt() * m) * (1.0 - per_point.powi(-2)).sqrt();
        assert!((w2 / exact - 1.0).abs() < 1e-9, "{points}: {w2} and not {exact}");
    }
}

#[test]
fn law_sheets_are_compared_apart() {
    let (plus, minus) = ([0.0, 1.0], [2.0, 2.5]);
    let signed = |p: &[f64], m: &[f64], share: f64| {
        let points = p.iter().chain(m).flat_map(|t| [t.cos(), t.sin()]).collect();
        atoms(2, points, vec![share, share, 1.0 - share, 1.0 - share], vec![1.0, 1.0, -1.0, -1.0])
    };
    let a = signed(&plus, &minus, 0.75);
    let b = signed(&plus.map(|t| t + 0.2), &minus.map(|t| t - 0.4), 0.75);
    let w1 = wasserstein_circle(&a, &b, Order::One).unwrap();
    let w2 = wasserstein_circle(&a, &b, Order::Two).unwrap();
    assert!((w1 - (0.75 * 0.2 + 0.25 * 0.4)).abs() < 1e-14);
    assert!((w2 - (0.75f64 * 0.04 + 0.25 * 0.16).sqrt()).abs() < 1e-14);
    // Other shares of the same shapes are a difference of masses alone.
    let c = signed(&plus, &minus, 0.5);
    assert!(wasserstein_circle(&a, &c, Order::Two).unwrap() < 1e-14);
    assert!((distance::mass(&a, &c) - 1.0).abs() < 1e-15);
    assert!((distance::mass(&a, &a)).abs() == 0.0);
    // Exchanged sheets are not the same measure.
    let exchanged =
        atoms(2, a.points().iter().copied().collect(), a.masses().to_vec(), vec![-1.0, -1.0, 1.0, 1.0]);
    assert!(distance::mean(&a, &exchanged).unwrap() > 1.0);
    assert_eq!(distance::mean(&a, &a), Ok(0.0));
}

#[test]
fn the_mean_distance_is_that_of_the_first_moments() {
    let mut rng = generator(6);
    let a = atoms(3, random_points(5, 3, &mut rng), vec![0.2; 5], vec![1.0; 5]);
    let b = atoms(3, random_points(9, 3, &mut rng), vec![0.7; 9], vec![1.0; 9]);
    let exact = a.mean().iter().zip(b.mean()).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt();
    assert!((distance::mean(&a, &b).unwrap() - exact).abs() < 1e-14);
}

#[test]
fn law_the_prediction_distance_of_a_kernel_is_its_double_sum() {
    let mut rng = generator(7);
    let kernel = ZonalKernel::VonMisesFisher { concentration: 8.0 };
    for dim in [2, 3] {
        let a = atoms(dim, random_points(6, dim, &mut rng), vec![0.2; 6], vec![1.0; 6]);
        let b = atoms(dim, random_points(9, dim, &mut rng), vec![0.1; 9], vec![1.0; 9]);
        let method = Method { tolerance: 1e-14, ..Method::default() };
        let objective = Objective::discrepancy(kernel, &b, method, 0.5).unwrap();
        let inner = |x: &Atoms, y: &Atoms| {
            let mut sum = 0.0;
            for (p, q) in x.points().rows().into_iter().zip(x.masses()) {
                for (r, s) in y.points().rows().into_iter().zip(y.masses()) {
                    sum += q * s * (8.0 * (p.dot(&r) - 1.0)).exp();
                }
            }
            sum
        };
        let exact = (inner(&a, &a) - 2.0 * inner(&a, &b) + inner(&b, &b)).sqrt();
        assert!((distance::prediction(&objective, &a, &b).unwrap() - exact).abs() < 1e-12);
        assert_eq!(distance::prediction(&objective, &a, &a), Ok(0.0));
    }
}

#[test]
fn what_cannot_be_compared_is_named() {
    let (a, empty) = (equal(&[0.0, 1.0]), on_circle(&[0.0], &[0.0]));
    let sphere = atoms(3, vec![0.0, 0.0, 1.0], vec![1.0], vec![1.0]);
    let negative = atoms(2, vec![0.0, 1.0], vec![1.0], vec![-1.0]);
    for order in ORDERS {
        assert_eq!(wasserstein_circle(&a, &empty, order), Err(DistanceError::NoMass));
        assert_eq!(wasserstein_circle(&sphere, &sphere, order), Err(DistanceError::NotOnCircle(3)));
        let dimensions = DistanceError::Dimensions { first: 2, second: 3 };
        assert_eq!(wasserstein_circle(&a, &sphere, order), Err(dimensions));
        assert_eq!(distance::mean(&a, &sphere), Err(dimensions));
        assert_eq!(wasserstein_circle(&a, &negative, order), Err(DistanceError::EmptySheet { sign: 1.0 }));
    }
    let kernel = ZonalKernel::VonMisesFisher { concentration: 1.0 };
    let objective = Objective::discrepancy(kernel, &sphere, Method::default(), 0.0).unwrap();
    assert_eq!(
        distance::prediction(&objective, &sphere, &a),
        Err(DistanceError::Dimensions { first: 3, second: 2 })
    );
}
