//! Laws of the particle system (4.1).

mod common;

use common::conformance::{Case, cases, configuration, random_atoms};
use common::problems::{kernel, landscape};
use common::{atoms, bits, generator, norm, on_threads, random_point, random_points};
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::evolution::{Evolution, Record};
use sphereflow_solver::initial::InitialMeasure;
use sphereflow_solver::objective::{Field, Motion, Objective, Rates};
use sphereflow_solver::particles::{Particles, quadrature_nodes};

const FULL: Rates = Rates { reaction: 4.0, transport: 1.0 };

fn flat(atoms: &Atoms) -> Vec<f64> {
    atoms.points().iter().copied().collect()
}

fn run(objective: &Objective, start: &Atoms, rates: Rates, tolerance: f64, end: f64) -> Particles {
    let mut particles = Particles::new(objective, start, rates, tolerance);
    while particles.time() < end {
        particles.step(end).expect("a step");
    }
    particles
}

/// Objectives whose potential is smooth, so that the integrator has its order, and exact to round-off, so that it reaches
/// the tolerances asked for here.
fn smooth_cases() -> Vec<Case> {
    cases()
        .into_iter()
        .filter(|case| (case.to_kink)(&vec![0.0; case.objective.dim()]) == f64::INFINITY)
        .filter(|case| case.accuracy < 1e-12 * case.scale)
        // Kernels so narrow or so steep, or with such kinks, that no step of these tests is small.
        .filter(|case| case.gradient_accuracy < 5e-6 * case.scale && case.scale < 10.0)
        .collect()
}

fn start_of(case: &Case, count: usize, seed: u64) -> Atoms {
    let mut rng = generator(seed);
    let points = configuration(0, count, case.objective.dim(), &mut rng);
    random_atoms(case, points, &mut rng)
}

#[test]
fn law_particles_in_another_order_are_the_same_particles() {
    for case in smooth_cases() {
        let (dim, count) = (case.objective.dim(), 24);
        let start = start_of(&case, count, 1);
        let order: Vec<usize> = (0..count).map(|j| (7 * j + 3) % count).collect();
        let shuffled = atoms(
            dim,
            order.iter().flat_map(|j| start.points().row(*j).to_vec()).collect(),
            order.iter().map(|j| start.masses()[*j]).collect(),
            order.iter().map(|j| start.signs()[*j]).collect(),
        );
        let one = run(&case.objective, &start, FULL, 1e-10, 0.3);
        let other = run(&case.objective, &shuffled, FULL, 1e-10, 0.3);
        let (mass, shuffled_mass) = (one.masses(), other.masses());
        for (k, j) in order.iter().enumerate() {
            assert!((shuffled_mass[k] - mass[*j]).abs() < 1e-9 * (1.0 + mass[*j]), "{}", case.name);
            for d in 0..dim {
                let gap = other.points()[k * dim + d] - one.points()[j * dim + d];
                assert!(gap.abs() < 1e-8, "{}: {gap:e}", case.name);
            }
        }
        assert!((one.masses()[0] / start.masses()[0] - 1.0).abs() > 1e-3, "{}: nothing happened", case.name);
    }
}

#[test]
fn law_masses_and_points_move_at_the_rates_of_the_potential() {
    let step = 1e-4;
    for case in smooth_cases() {
        let (dim, start) = (case.objective.dim(), start_of(&case, 13, 2));
        let at = |end: f64| run(&case.objective, &start, FULL, 1e-13, end);
        let (points, mut raw) = (flat(&start), vec![0.0; start.len()]);
        let mut gradient = vec![0.0; points.len()];
        let mut field = Field::new(&case.objective, &points, Motion::Moving);
        field.analyze(&start.signed_masses());
        field.synthesize_gradient(&mut raw, &mut gradient);
        let (once, twice) = (at(step), at(2.0 * step));
        // One-sided, of second order.
        let slope = |zero: f64, one: f64, two: f64| (4.0 * one - two - 3.0 * zero) / (2.0 * step);
        let scale = 1.0 + gradient.iter().chain(&raw).fold(0.0f64, |m, x| m.max(x.abs())).powi(3);
        for j in 0..start.len() {
            let sign = start.signs()[j];
            let potential = sign * raw[j] + case.objective.regularization();
            if start.masses()[j] > 0.0 {
                let logs = [start.masses()[j], once.masses()[j], twice.masses()[j]].map(f64::ln);
                let rate = slope(logs[0], logs[1], logs[2]);
                assert!((rate + 4.0 * potential).abs() < 1e-5 * scale, "{}: {rate} {potential}", case.name);
            } else {
                assert_eq!(twice.masses()[j], 0.0);
            }
            for k in j * dim..(j + 1) * dim {
                let velocity = slope(points[k], once.points()[k], twice.points()[k]);
                assert!((velocity + sign * gradient[k]).abs() < 1e-5 * scale, "{}: {velocity}", case.name);
            }
        }
    }
}

#[test]
fn law_the_objective_falls_and_at_the_rate_of_the_dissipation() {
    for case in smooth_cases() {
        let start = start_of(&case, 13, 3);
        let mut particles = Particles::new(&case.objective, &start, FULL, 1e-11);
        let mut before = particles.record();
        for _ in 0..10 {
            particles.step(1e3).unwrap();
            let now = particles.record();
            assert!(now.objective <= before.objective + 1e-14, "{}", case.name);
            before = now;
        }
        let rate = Particles::new(&case.objective, &start, FULL, 1e-13).record().dissipation;
        let gap = |step: f64| {
            let value = |k: f64| run(&case.objective, &start, FULL, 1e-14, k * step).record().objective;
            let slope =
                (-11.0 * value(0.0) + 18.0 * value(1.0) - 9.0 * value(2.0) + 2.0 * value(3.0)) / (6.0 * step);
            (slope + rate).abs() / rate
        };
        assert!(gap(5e-5) < 3e-7, "{}: {:e}", case.name, gap(5e-5));
    }
}

#[test]
fn law_the_frozen_linear_landscape_has_its_closed_form() {
    let (kappa, time) = (0.9, 1.3);
    for (dim, text) in [(2, "-0.9 * y"), (3, "-0.9 * z")] {
        let objective = landscape(text, dim);
        let mut rng = generator(4);
        let count = 40;
        let start = atoms(dim, random_points(count, dim, &mut rng), vec![0.5; count], vec![1.0; count]);
        for (reaction, transport) in [(4.0, 1.0), (0.0, 1.0), (4.0, 0.0), (2.0, 0.5)] {
            let end = run(&objective, &start, Rates { reaction, transport }, 1e-12, time);
            for j in 0..count {
                let eta = start.points().row(j).to_vec();
                let z0 = eta[dim - 1];
                let rapidity = transport * kappa * time;
                let z = (rapidity + z0.atanh()).tanh();
                // d/dt log q = alpha kappa z, and d/dt log cosh(atanh z) = beta kappa z.
                let log_mass = if transport > 0.0 {
                    reaction / transport * 0.5 * ((1.0 - z0 * z0) / (1.0 - z * z)).ln()
                } else {
                    reaction * kappa * z0 * time
                };
                let found = &end.points()[j * dim..(j + 1) * dim];
                assert!((found[dim - 1] - z).abs() < 1e-10, "{} and not {z}", found[dim - 1]);
                let mass = 0.5 * log_mass.exp();
                assert!((end.masses()[j] / mass - 1.0).abs() < 1e-10, "{} and not {mass}", end.masses()[j]);
                // The other coordinates keep their direction.
                let shrink = ((1.0 - z * z) / (1.0 - z0 * z0)).sqrt();
                assert!((0..dim - 1).all(|d| (found[d] - shrink * eta[d]).abs() < 1e-9));
                assert!((norm(found) - 1.0).abs() < 1e-15);
            }
        }
    }
}

#[test]
fn law_two_halves_of_a_particle_are_the_particle() {
    for case in smooth_cases() {
        let dim = case.objective.dim();
        let start = start_of(&case, 9, 5);
        let halves: Vec<f64> = start.masses().iter().map(|q| 0.5 * q).collect();
        let doubled = atoms(dim, flat(&start).repeat(2), halves.repeat(2), start.signs().repeat(2));
        let (one, two) = (
            run(&case.objective, &start, FULL, 1e-11, 0.4),
            run(&case.objective, &doubled, FULL, 1e-11, 0.4),
        );
        let mass = two.masses();
        for (j, q) in one.masses().iter().enumerate() {
            assert_eq!(mass[j].to_bits(), mass[j + 9].to_bits(), "{}: twins part", case.name);
            assert!((mass[j] + mass[j + 9] - q).abs() < 1e-9 * (1.0 + q), "{}", case.name);
        }
        for (a, b) in one.points().iter().zip(two.points()) {
            assert!((a - b).abs() < 1e-8, "{}: {a} {b}", case.name);
        }
    }
}

#[test]
fn law_a_massless_particle_rides_along_without_effect() {
    for case in smooth_cases() {
        let dim = case.objective.dim();
        let start = start_of(&case, 8, 6);
        let mut rng = generator(7);
        let probe = random_point(dim, &mut rng);
        let with = atoms(
            dim,
            [flat(&start), probe.clone()].concat(),
            [start.masses(), &[0.0]].concat(),
            [start.signs(), &[1.0]].concat(),
        );
        let alone = run(&case.objective, &start, FULL, 1e-11, 0.3);
        let both = run(&case.objective, &with, FULL, 1e-11, 0.3);
        assert!(
            (alone.points().iter().zip(both.points())).all(|(a, b)| (a - b).abs() < 1e-8),
            "{}",
            case.name
        );
        assert_eq!(both.masses()[8], 0.0);
        assert!((norm(&both.points()[8 * dim..]) - 1.0).abs() < 1e-14);
    }
}

#[test]
fn law_particles_do_not_depend_on_the_number_of_threads() {
    for (name, count) in [("Ridge Relu p = 3, square", 700), ("kernel", 700)] {
        let objective = cases()
            .into_iter()
            .find(|case| case.name == name)
            .map_or_else(|| kernel(3, &random_points(3, 3, &mut generator(1))), |case| case.objective);
        let start = InitialMeasure::Uniform { mass: 1.0 }.sample(3, &[1.0, -1.0], count, 5).unwrap();
        let work = || {
            let particles = run(&objective, &start, FULL, 1e-6, 0.05);
            (bits(particles.points()), bits(&particles.masses()))
        };
        assert!(on_threads(1, work) == on_threads(3, work), "{name}");
    }
}

#[test]
fn law_a_run_taken_up_again_agrees_to_the_tolerance_and_lands_on_its_times() {
    let objective = kernel(3, &random_points(3, 3, &mut generator(1)));
    let start = InitialMeasure::Uniform { mass: 1.0 }.sample(3, &[1.0], 60, 6).unwrap();
    let whole = run(&objective, &start, FULL, 1e-11, 0.6);
    let mut first = run(&objective, &start, FULL, 1e-11, 0.25);
    assert_eq!(first.time().to_bits(), 0.25f64.to_bits());
    let middle = atoms(3, first.points().to_vec(), first.masses(), first.signs().to_vec());
    let mut second = Particles::new(&objective, &middle, FULL, 1e-11);
    assert_eq!(Record { time: 0.25, ..second.record() }, first.record());
    while second.time() < 0.35 {
        second.step(0.35).unwrap();
    }
    assert!(whole.points().iter().zip(second.points()).all(|(a, b)| (a - b).abs() < 1e-9));
    assert!(whole.masses().iter().zip(second.masses()).all(|(a, b)| (a / b - 1.0).abs() < 1e-9));
}

#[test]
fn conv_the_objective_of_samples_approaches_the_mean_field_like_one_over_m() {
    // E F(nu_m) - F(nu) = (integral of K(x, x) d nu - |h|^2) / (2 m), exactly, so its root, the distance, is m^-1/2.
    for dim in [2, 3] {
        let target = random_points(3, dim, &mut generator(8));
        let objective = kernel(dim, &target);
        let measure = InitialMeasure::Uniform { mass: 1.0 };
        let (points, weights) = quadrature_nodes(dim, dim - 1, 4000);
        let total: f64 = weights.iter().sum();
        let count = weights.len();
        let fine = atoms(dim, points, weights.iter().map(|w| w / total).collect(), vec![1.0; count]);
        let spread = |m: usize| {
            let repetitions = 24;
            let square: f64 = (0..repetitions)
                .map(|seed| {
                    let sample = measure.sample(dim, &[1.0], m, seed).unwrap();
                    sphereflow_solver::distance::prediction(&objective, &sample, &fine).unwrap().powi(2)
                })
                .sum();
            (square / repetitions as f64).sqrt()
        };
        let (few, many) = (spread(25), spread(1600));
        let order = (few / many).log(64.0);
        assert!((0.42..0.58).contains(&order), "dim {dim}: from {few} to {many}, order {order}");
        // K(x, x) = 1, and |h|^2 is the kernel's mean over the sphere: I_0(6) e^-6 or (1 - e^-12) / 12.
        let mean =
            if dim == 2 { 67.234_406_976_477_98 * (-6f64).exp() } else { (1.0 - (-12f64).exp()) / 12.0 };
        let exact = ((1.0 - mean) / 1600.0).sqrt();
        assert!((many / exact - 1.0).abs() < 0.25, "dim {dim}: {many} and not {exact}");
    }
}

#[test]
fn conv_particles_end_near_one_another_like_the_root_of_their_number() {
    let objective = kernel(2, &random_points(3, 2, &mut generator(9)));
    let measure = InitialMeasure::Uniform { mass: 1.0 };
    let value = |start: &Atoms| run(&objective, start, FULL, 1e-8, 0.5).record().objective;
    let limit = value(&measure.nodes(2, 0, &[1.0], 512).unwrap());
    let spread = |m: usize| {
        let square: f64 = (0..16)
            .map(|seed| (value(&measure.sample(2, &[1.0], m, 100 + seed).unwrap()) - limit).powi(2))
            .sum();
        (square / 16.0).sqrt()
    };
    let order = (spread(32) / spread(2048)).log(64.0);
    assert!((0.35..0.85).contains(&order), "order {order}");
    let coarse = value(&measure.nodes(2, 0, &[1.0], 128).unwrap());
    assert!((coarse - limit).abs() < 1e-9, "{coarse} {limit}");
}
