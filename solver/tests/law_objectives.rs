//! One conformance suite, run over every objective that the crate offers.

mod common;

use common::conformance::{Case, cases, configuration, pairs_of_evaluations, random_atoms};
use common::{
    along_geodesic, atoms, between, bits, dot, generator, norm, on_threads, random_point, random_tangent,
};
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::distance;
use sphereflow_solver::objective::{Field, Motion, Objective};

/// Kinds of configurations and their sizes: one, primes, beyond one block.
const CONFIGURATIONS: [(usize, usize); 8] =
    [(0, 1), (0, 37), (0, 300), (1, 23), (2, 5), (3, 14), (4, 13), (4, 2)];

fn flat(atoms: &Atoms) -> Vec<f64> {
    atoms.points().iter().copied().collect()
}

/// The potential's values and gradients at `probes`, of the measure `nu`: probes are atoms without mass.
fn at_probes(objective: &Objective, nu: &Atoms, probes: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (dim, count) = (objective.dim(), nu.len());
    let points = [flat(nu), probes.to_vec()].concat();
    let mut mass = nu.signed_masses();
    mass.resize(points.len() / dim, 0.0);
    let mut field = Field::new(objective, &points, Motion::Moving);
    field.analyze(&mass);
    let (mut value, mut gradient) = (vec![0.0; mass.len()], vec![0.0; points.len()]);
    field.synthesize_gradient(&mut value, &mut gradient);
    (value.split_off(count), gradient.split_off(count * dim))
}

fn of_each_case(seed: u64, mut law: impl FnMut(&Case, Atoms, Motion, &mut rand_chacha::ChaCha8Rng)) {
    for case in cases() {
        let mut rng = generator(seed);
        for (kind, count) in CONFIGURATIONS {
            for motion in [Motion::Fixed, Motion::Moving] {
                let points = configuration(kind, count, case.objective.dim(), &mut rng);
                let nu = random_atoms(&case, points, &mut rng);
                law(&case, nu, motion, &mut rng);
            }
        }
    }
}

#[test]
fn law_analysis_and_synthesis_are_adjoint() {
    of_each_case(1, |case, nu, motion, rng| {
        let features = case.objective.features();
        let mut mass = || (0..nu.len()).map(|_| between(rng, -1.0, 1.0)).collect::<Vec<f64>>();
        let (mass, other) = (mass(), mass());
        let mut placed = features.place(&flat(&nu), motion);
        let mut analyze = |mass: &[f64]| {
            let mut prediction = vec![0.0; features.prediction_len(nu.len())];
            placed.analyze(mass, &mut prediction);
            prediction
        };
        let (prediction, of_other) = (analyze(&mass), analyze(&other));
        let dual = if case.sources().is_some() { of_other } else { case.duals(nu.len(), rng)[0].clone() };
        let mut synthesize = |dual: &[f64]| {
            let mut value = vec![0.0; nu.len()];
            placed.synthesize(dual, &mut value);
            value
        };
        let value = synthesize(&dual);
        // Of sums over pairs the other side is symmetric.
        let (left, size) = match case.sources() {
            Some(_) => (
                dot(&other, &synthesize(&prediction)),
                norm(&other) * norm(&mass) * nu.len() as f64 * case.scale,
            ),
            None => (dot(&prediction, &dual), norm(&prediction) * norm(&dual)),
        };
        let scale = size + norm(&mass) * norm(&value);
        let gap = left - dot(&mass, &value);
        assert!(gap.abs() <= 1e-13 * scale, "{}, {} atoms: {gap:e} of {scale}", case.name, nu.len());
    });
}

#[test]
fn law_fast_equals_slow() {
    of_each_case(2, |case, nu, motion, _| {
        let points = flat(&nu);
        let mut field = Field::new(&case.objective, &points, motion);
        let risk = field.analyze(&nu.signed_masses());
        let mut value = vec![0.0; nu.len()];
        field.synthesize(&mut value);
        let scale = 1.0 + nu.total_mass().powi(2);
        if !case.quadratic || nu.len() < 100 {
            let exact = (case.risk)(&nu);
            let gap = (risk - exact).abs();
            assert!(gap < 2.0 * case.accuracy * scale, "{}: R = {risk} and not {exact}", case.name);
        }
        let total = risk + case.objective.regularization() * nu.total_mass();
        // Fixed points may go another way than those of atoms.
        let gap = (case.objective.of_atoms(&nu) - total).abs();
        let same = if motion == Motion::Fixed { 2.0 * case.accuracy * scale } else { 0.0 };
        assert!(gap <= same, "{}: F is off by {gap:e}", case.name);
        // Duplicates and clusters need not be asked one by one.
        for (eta, v) in points.chunks(case.objective.dim()).zip(&value).step_by(nu.len().div_ceil(20)) {
            let exact = (case.raw)(&nu, eta);
            let gap = (v - exact).abs();
            assert!(gap < 5.0 * case.accuracy * scale, "{}: J = {v} and not {exact} at {eta:?}", case.name);
        }
    });
}

#[test]
fn law_moved_points_are_as_good_as_placed_ones() {
    of_each_case(3, |case, nu, motion, rng| {
        let (points, dim) = (flat(&nu), case.objective.dim());
        let elsewhere = configuration(0, nu.len(), dim, rng);
        let evaluate = |field: &mut Field| {
            let (mut value, mut gradient) = (vec![0.0; nu.len()], vec![0.0; points.len()]);
            let risk = field.analyze(&nu.signed_masses());
            field.synthesize_gradient(&mut value, &mut gradient);
            [vec![risk], value, gradient].concat()
        };
        let mut moved = Field::new(&case.objective, &elsewhere, motion);
        evaluate(&mut moved);
        moved.move_to(&points);
        let placed = evaluate(&mut Field::new(&case.objective, &points, motion));
        assert_eq!(bits(&evaluate(&mut moved)), bits(&placed), "{}", case.name);
    });
}

#[test]
fn law_gradients_are_tangent_and_come_with_the_same_values() {
    of_each_case(4, |case, nu, motion, _| {
        let (points, dim) = (flat(&nu), case.objective.dim());
        let mut field = Field::new(&case.objective, &points, motion);
        field.analyze(&nu.signed_masses());
        let (mut alone, mut value) = (vec![0.0; nu.len()], vec![0.0; nu.len()]);
        let mut gradient = vec![0.0; points.len()];
        field.synthesize(&mut alone);
        field.synthesize_gradient(&mut value, &mut gradient);
        let scale = case.scale * (1.0 + nu.total_mass());
        for (j, (eta, g)) in points.chunks(dim).zip(gradient.chunks(dim)).enumerate() {
            assert!(g.iter().all(|g| g.is_finite()), "{}: {g:?} at {eta:?}", case.name);
            assert!(dot(eta, g).abs() <= 1e-14 * (norm(g) + scale), "{}: {g:?} at {eta:?}", case.name);
            assert!(
                (alone[j] - value[j]).abs() < 3e-15 * scale * (1.0 + nu.total_mass()),
                "{}: {} {}",
                case.name,
                alone[j],
                value[j]
            );
        }
    });
}

#[test]
fn law_gradients_are_those_of_the_slow_potential() {
    let step = 2e-4;
    for case in cases() {
        let dim = case.objective.dim();
        let mut rng = generator(5);
        let points = configuration(0, 11, dim, &mut rng);
        let nu = random_atoms(&case, points, &mut rng);
        let (mut probes, mut tangents) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            let eta = random_point(dim, &mut rng);
            if (case.to_kink)(&eta) > 4.0 * step && probes.len() < 12 * dim {
                tangents.push(random_tangent(&eta, &mut rng));
                probes.extend(eta);
            }
        }
        assert_eq!(tangents.len(), 12, "{}: probes off the kinks", case.name);
        let (value, gradient) = at_probes(&case.objective, &nu, &probes);
        for (j, v) in tangents.iter().enumerate() {
            let eta = &probes[j * dim..(j + 1) * dim];
            let at = |t: f64| (case.raw)(&nu, &along_geodesic(eta, v, t));
            let difference =
                (8.0 * (at(step) - at(-step)) - (at(2.0 * step) - at(-2.0 * step))) / (12.0 * step);
            let slope = dot(&gradient[j * dim..(j + 1) * dim], v);
            let gap = (slope - difference).abs();
            assert!(
                gap < case.gradient_accuracy,
                "{}: {slope} along the geodesic and not {difference}, at {eta:?}",
                case.name
            );
            assert!((value[j] - at(0.0)).abs() < 10.0 * case.accuracy, "{}", case.name);
        }
    }
}

#[test]
fn law_the_potential_is_the_first_variation_of_the_objective() {
    let step = 1e-3;
    of_each_case(6, |case, nu, motion, _| {
        // Objectives of atoms are always those of moving points.
        if motion == Motion::Fixed {
            return;
        }
        let (points, dim, lambda) = (flat(&nu), case.objective.dim(), case.objective.regularization());
        let mut field = Field::new(&case.objective, &points, motion);
        field.analyze(&nu.signed_masses());
        let mut raw = vec![0.0; nu.len()];
        field.synthesize(&mut raw);
        let asked = if nu.len() > 100 { 1 } else { 3 };
        for j in (0..nu.len()).step_by(nu.len().div_ceil(asked)) {
            let with = |change: f64| {
                let mut mass = nu.masses().to_vec();
                mass[j] += change;
                case.objective.of_atoms(&atoms(dim, points.clone(), mass, nu.signs().to_vec()))
            };
            let difference =
                (8.0 * (with(step) - with(-step)) - (with(2.0 * step) - with(-2.0 * step))) / (12.0 * step);
            let potential = nu.signs()[j] * raw[j] + lambda;
            let gap = (potential - difference).abs();
            assert!(
                gap < 3e-12 * case.scale * (1.0 + nu.total_mass()),
                "{}: J = {potential}, dF/dq = {difference}",
                case.name
            );
        }
    });
}

#[test]
fn law_objectives_are_convex_along_segments() {
    for case in cases() {
        let dim = case.objective.dim();
        let mut rng = generator(7);
        for (first, second) in [(0, 0), (0, 4), (1, 3), (2, 2)] {
            let ends = [first, second].map(|kind| {
                let points = configuration(kind, 9, dim, &mut rng);
                random_atoms(&case, points, &mut rng)
            });
            let [a, b] = &ends;
            let between_them = |t: f64| {
                let mass = a.masses().iter().map(|q| (1.0 - t) * q).chain(b.masses().iter().map(|q| t * q));
                let joined =
                    atoms(dim, [flat(a), flat(b)].concat(), mass.collect(), [a.signs(), b.signs()].concat());
                case.objective.of_atoms(&joined)
            };
            let (start, end) = (between_them(0.0), between_them(1.0));
            let round_off = 1e-13 * (case.scale + start.abs() + end.abs());
            for (joined, alone) in [(start, a), (end, b)] {
                let gap = (joined - case.objective.of_atoms(alone)).abs();
                let scale = 1.0 + alone.total_mass().powi(2);
                assert!(gap < round_off + 2.0 * case.accuracy * scale, "{}: {gap:e}", case.name);
            }
            for t in [0.1, 0.5, 0.8] {
                let chord = (1.0 - t) * start + t * end;
                let inside = between_them(t);
                assert!(inside <= chord + round_off, "{}: F = {inside} above the chord {chord}", case.name);
                if case.name.starts_with("landscape") {
                    assert!((inside - chord).abs() < round_off, "a linear objective is linear");
                }
            }
        }
    }
}

#[test]
fn law_the_gradient_is_zero_where_it_does_not_exist() {
    for case in cases() {
        let dim = case.objective.dim();
        let two_layer = case.name.contains("Two");
        if !two_layer || case.name.contains("Identity") {
            continue;
        }
        let mut rng = generator(8);
        let points = configuration(0, 20, dim, &mut rng);
        let nu = random_atoms(&case, points, &mut rng);
        for a in [1.0, -1.0] {
            for zero in [0.0, -0.0] {
                let mut pole = vec![zero; dim];
                pole[0] = a;
                let (value, gradient) = at_probes(&case.objective, &nu, &pole);
                assert_eq!(value, [0.0], "{}: u = 0", case.name);
                assert!(gradient.iter().all(|g| *g == 0.0), "{}: {gradient:?} at u = 0", case.name);
            }
        }
    }
}

#[test]
fn law_masses_at_one_point_add_up() {
    for case in cases() {
        let dim = case.objective.dim();
        let mut rng = generator(9);
        let eta = random_point(dim, &mut rng);
        let one = atoms(dim, eta.clone(), vec![0.9], vec![1.0]);
        let many = atoms(dim, eta.repeat(300), vec![0.003; 300], vec![1.0; 300]);
        let (once, often) = (case.objective.of_atoms(&one), case.objective.of_atoms(&many));
        let accuracy = case.accuracy.max(1e-13);
        assert!(
            (once - often).abs() < accuracy * (case.scale + once.abs()),
            "{}: {once} and {often}",
            case.name
        );
        if case.signed {
            let pair = atoms(dim, eta.repeat(2), vec![0.4, 0.4], vec![1.0, -1.0]);
            let none = atoms(dim, eta, vec![0.0], vec![1.0]);
            let lambda = case.objective.regularization();
            let gap = case.objective.of_atoms(&pair) - case.objective.of_atoms(&none) - 0.8 * lambda;
            assert!(gap.abs() < 1e-14, "{}: opposite signs cancel but for their mass", case.name);
        }
    }
}

#[test]
fn law_synthesis_and_its_gradient_are_linear_in_the_dual() {
    of_each_case(10, |case, nu, motion, rng| {
        let features = case.objective.features();
        let mut placed = features.place(&flat(&nu), motion);
        let mut synthesize = |dual: &[f64]| {
            let (mut value, mut gradient) = (vec![0.0; nu.len()], vec![0.0; nu.len() * features.dim()]);
            placed.synthesize_gradient(dual, &mut value, &mut gradient);
            [value, gradient].concat()
        };
        let [f, g, both] = case.duals(nu.len(), rng);
        let (of_f, of_g, of_both) = (synthesize(&f), synthesize(&g), synthesize(&both));
        let scale = norm(&of_f) + norm(&of_g) + case.scale;
        for ((a, b), c) in of_f.iter().zip(&of_g).zip(&of_both) {
            assert!((2.0 * a - 0.3 * b - c).abs() <= 1e-13 * scale, "{}: {a} {b} {c}", case.name);
        }
    });
}

/// Values, gradients and the risk of `nu` in one vector each.
fn evaluate(objective: &Objective, nu: &Atoms, motion: Motion) -> (f64, Vec<f64>, Vec<f64>) {
    let points = flat(nu);
    let mut field = Field::new(objective, &points, motion);
    let risk = field.analyze(&nu.signed_masses());
    let (mut value, mut gradient) = (vec![0.0; nu.len()], vec![0.0; points.len()]);
    field.synthesize_gradient(&mut value, &mut gradient);
    (risk, value, gradient)
}

#[test]
fn law_results_do_not_depend_on_the_number_of_threads() {
    for case in cases() {
        let mut rng = generator(11);
        let points = configuration(0, 701, case.objective.dim(), &mut rng);
        let nu = random_atoms(&case, points, &mut rng);
        let of = |threads| {
            let objective = &case.objective;
            let (risk, value, gradient) = on_threads(threads, || evaluate(objective, &nu, Motion::Moving));
            bits(&[vec![risk], value, gradient].concat())
        };
        assert_eq!(of(1), of(3), "{}", case.name);
    }
}

#[test]
fn law_expansions_equal_sums_over_pairs_for_thousands_of_points() {
    for [one, other] in pairs_of_evaluations() {
        for (kind, count) in [(0, 10_000), (1, 1000), (3, 512), (4, 600)] {
            let mut rng = generator(12);
            let points = configuration(kind, count, one.objective.dim(), &mut rng);
            let nu = random_atoms(&one, points, &mut rng);
            let (risk, value, gradient) = evaluate(&one.objective, &nu, Motion::Moving);
            let (exact, values, gradients) = evaluate(&other.objective, &nu, Motion::Moving);
            let (accuracy, scale) = (one.accuracy + other.accuracy, (1.0 + nu.total_mass()).powi(2));
            assert!(
                (risk - exact).abs() < 2.0 * accuracy * scale,
                "{}: R = {risk} and not {exact}",
                one.name
            );
            let gap =
                |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
            let (of_value, of_gradient) = (gap(&value, &values), gap(&gradient, &gradients));
            assert!(of_value < 2.0 * accuracy * scale, "{}, {kind}: {of_value:e}", one.name);
            assert!(
                of_gradient < 3.0 * one.gradient_accuracy * scale,
                "{}, {kind}: {of_gradient:e}",
                one.name
            );
        }
    }
}

#[test]
fn law_discrepancies_are_distances_that_vanish_without_cancellation() {
    for case in cases().iter().filter(|case| case.sources().is_some()) {
        let dim = case.objective.dim();
        let mut rng = generator(13);
        let nu = random_atoms(case, configuration(0, 400, dim, &mut rng), &mut rng);
        assert_eq!(distance::prediction(&case.objective, &nu, &nu), Ok(0.0), "{}", case.name);
        // The distance of an atom from its neighbour falls like the root of the angle where the kernel has a kink.
        if case.name.contains("order: 0") {
            continue;
        }
        // Nearly the same measure: the squared distance is a thousand times smaller than the round-off of a running sum.
        let moved: Vec<f64> = flat(&nu)
            .chunks(dim)
            .flat_map(|eta| along_geodesic(eta, &random_tangent(eta, &mut rng), 1e-9))
            .collect();
        let moved = atoms(dim, moved, nu.masses().to_vec(), nu.signs().to_vec());
        let features = case.objective.features();
        let sources = |nu: &Atoms| {
            let mut sources = vec![0.0; features.prediction_len(nu.len())];
            features.place(&flat(nu), Motion::Moving).analyze(&nu.signed_masses(), &mut sources);
            sources
        };
        let far = case.objective.risk().distance(&sources(&nu), &sources(&moved));
        assert!(far < 3e-8 * case.scale.sqrt() * (1.0 + nu.total_mass()), "{}: {far:e}", case.name);
    }
}
