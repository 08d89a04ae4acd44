//! Laws that the finite volumes obey on any mesh and with every scheme.

mod common;

use common::problems::{Problem, by_cfl, problems, rough, schemes};
use common::{between, dot, generator};
use ndarray::ArrayView2;
use sphereflow_mesh::Mesh;
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::evolution::Evolution;
use sphereflow_solver::flow::{
    ByFaces, FiniteVolume, Limiter, MeanField, Order, Scheme, Splitting, StepLimits, Transport, Velocities,
    Velocity, react,
};
use sphereflow_solver::objective::{Field, Motion};

const VELOCITIES: [Velocity; 2] = [Velocity::TwoPoint, Velocity::Exact];

/// Steps without regard to any time to land on.
fn steps(flow: &mut FiniteVolume, count: usize) {
    for _ in 0..count {
        flow.step(1e9).expect("a step");
    }
}

#[test]
fn law_transport_makes_no_mass_and_no_negative_density() {
    let mut rng = generator(1);
    for problem in problems(31, 5) {
        let mesh = &problem.mesh;
        let (density, mut rate) = (rough(mesh.cells(), 2), vec![0.0; mesh.cells()]);
        let velocity: Vec<f64> = (0..mesh.faces()).map(|_| between(&mut rng, -2.0, 2.0)).collect();
        for scheme in schemes(Velocity::TwoPoint) {
            let mut transport = ByFaces::new(mesh.clone(), &scheme);
            for sign in [1.0, -1.0] {
                transport.rate(&density, &velocity, sign, &mut rate);
                let moved: f64 = rate.iter().zip(mesh.measures()).map(|(r, a)| (r * a).abs()).sum();
                assert!(dot(&rate, mesh.measures()).abs() < 1e-15 * moved, "{scheme:?}");
                // The limit itself, but for order 2 on the sphere, where face values reach twice the cell's.
                let fraction = if scheme.order == Order::Second && mesh.dim() == 3 { 0.5 } else { 1.0 };
                let duration = fraction / transport.positivity_rate(&velocity, sign);
                for (n, r) in density.iter().zip(&rate) {
                    assert!(n + duration * r >= -2e-15 * n, "{scheme:?}: {n} becomes {}", n + duration * r);
                }
            }
        }
    }
}

#[test]
fn law_order_1_empties_a_cell_at_the_positivity_limit_and_not_before() {
    for mesh in [Mesh::circle(9).unwrap(), Mesh::sphere(3).unwrap()].map(std::sync::Arc::new) {
        let scheme = schemes(Velocity::TwoPoint)[0];
        let mut transport = ByFaces::new(mesh.clone(), &scheme);
        // Everything flows out of cell 4, and nothing elsewhere.
        let mut velocity = vec![0.0; mesh.faces()];
        for f in &*mesh.cell_faces(4) {
            velocity[*f as usize] = 1.7 * mesh.sign(*f as usize, 4);
        }
        let (density, mut rate) = (vec![1.0; mesh.cells()], vec![0.0; mesh.cells()]);
        transport.rate(&density, &velocity, 1.0, &mut rate);
        let left = 1.0 + rate[4] / transport.positivity_rate(&velocity, 1.0);
        assert!(left.abs() < 1e-14, "{left} is left");
    }
}

#[test]
fn law_densities_stay_nonnegative_and_the_objective_never_rises() {
    for problem in problems(41, 4) {
        let count = problem.density.len();
        for (seed, cfl) in [(3, 1.0), (4, 0.5)] {
            for scheme in VELOCITIES.into_iter().flat_map(schemes) {
                let mut flow = problem.start_from(scheme, by_cfl(cfl), rough(count, seed));
                let mut before = flow.record();
                let least = problem.density.len();
                assert_eq!(flow.density().len(), least);
                for _ in 0..15 {
                    flow.step(1e9).unwrap();
                    let record = flow.record();
                    assert!(flow.density().iter().all(|n| *n >= 0.0), "{}, {scheme:?}", problem.name);
                    assert!(record.dissipation >= 0.0 && record.time > before.time);
                    assert!((record.mass / problem.mass(flow.density()) - 1.0).abs() < 1e-13);
                    if scheme.velocity == Velocity::TwoPoint {
                        let rise = record.objective - before.objective;
                        assert!(
                            rise <= 1e-12 * before.objective.abs(),
                            "{}, {scheme:?}: {rise:e}",
                            problem.name
                        );
                    }
                    before = record;
                }
            }
        }
    }
}

#[test]
fn law_the_transport_alone_keeps_the_mass_of_every_sheet() {
    for problem in problems(41, 4) {
        let problem = problem.with_rates(0.0, 1.0);
        let cells = problem.mesh.cells();
        for scheme in VELOCITIES.into_iter().flat_map(schemes) {
            let start = rough(problem.density.len(), 5);
            let mut flow = problem.start_from(scheme, by_cfl(0.9), start.clone());
            steps(&mut flow, 25);
            for (now, then) in flow.density().chunks(cells).zip(start.chunks(cells)) {
                let (now, then) = (dot(now, problem.mesh.measures()), dot(then, problem.mesh.measures()));
                assert!(
                    (now / then - 1.0).abs() < 1e-13,
                    "{}, {scheme:?}: {then} becomes {now}",
                    problem.name
                );
            }
            assert!(flow.density() != start, "{}: nothing moved", problem.name);
        }
    }
}

#[test]
fn law_vacuum_is_filled_by_transport_alone() {
    for problem in problems(41, 4) {
        let start = rough(problem.density.len(), 6);
        let mut flow = problem.with_rates(4.0, 0.0).start_from(
            schemes(Velocity::TwoPoint)[1],
            by_cfl(0.5),
            start.clone(),
        );
        steps(&mut flow, 10);
        assert!(
            flow.density().iter().zip(&start).all(|(n, s)| (*n == 0.0) == (*s == 0.0)),
            "{}",
            problem.name
        );
    }
}

/// F and the discrete rate `dF/dt = sum of J_i (measure_i) d nu_i/dt` at a density, with plain loops over faces for
/// order 1 and the reconstruction's fluxes for order 2; the velocity is two-point.
fn slow_rate_of_objective(problem: &Problem, scheme: Scheme, density: &[f64]) -> f64 {
    let (mesh, cells) = (&problem.mesh, problem.mesh.cells());
    let mut field =
        MeanField::new(mesh.clone(), problem.signs.clone(), &problem.objective, Velocity::TwoPoint);
    field.evaluate(density);
    let mut total = 0.0;
    for (sheet, sign) in density.chunks(cells).zip(&problem.signs) {
        let potential: Vec<f64> =
            field.raw().iter().map(|r| sign * r + problem.objective.regularization()).collect();
        let mut change: Vec<f64> =
            sheet.iter().zip(&potential).map(|(n, j)| -problem.rates.reaction * n * j).collect();
        let speed = |f: usize| {
            let [i, k] = mesh.face_cells(f);
            -problem.rates.transport * (potential[k] - potential[i]) / mesh.face_distance(f)
        };
        if scheme.order == Order::First {
            for f in 0..mesh.faces() {
                let [i, k] = mesh.face_cells(f);
                let upwind = if speed(f) > 0.0 { sheet[i] } else { sheet[k] };
                let flux = speed(f) * upwind * mesh.face_measure(f);
                change[i] -= flux / mesh.measures()[i];
                change[k] += flux / mesh.measures()[k];
            }
        } else {
            let velocity: Vec<f64> = (0..mesh.faces()).map(speed).collect();
            let mut rate = vec![0.0; cells];
            ByFaces::new(mesh.clone(), &scheme).rate(sheet, &velocity, 1.0, &mut rate);
            change.iter_mut().zip(&rate).for_each(|(c, r)| *c += r);
        }
        total += (0..cells).map(|i| potential[i] * change[i] * mesh.measures()[i]).sum::<f64>();
    }
    total
}

#[test]
fn law_the_dissipation_is_the_exact_rate_of_the_semi_discrete_objective() {
    for problem in problems(47, 5) {
        for scheme in schemes(Velocity::TwoPoint) {
            for density in [problem.density.clone(), rough(problem.density.len(), 7)] {
                let rate = slow_rate_of_objective(&problem, scheme, &density);
                let recorded = problem.start_from(scheme, by_cfl(0.5), density).record().dissipation;
                assert!(rate < 0.0 && recorded > 0.0);
                assert!(
                    (recorded / -rate - 1.0).abs() < 1e-12,
                    "{}, {scheme:?}: {recorded} {rate}",
                    problem.name
                );
            }
        }
    }
}

/// dF/dt at t = 0 by three tiny steps, extrapolated: the error is O(step^3).
fn rate_by_tiny_steps(problem: &Problem, scheme: Scheme, step: f64) -> f64 {
    let slope = |step: f64| {
        let mut flow = problem.start(scheme, by_cfl(1.0));
        let before = flow.field().objective();
        flow.step(step).unwrap();
        assert_eq!(flow.counters(), (1, 0));
        (flow.field().objective() - before) / step
    };
    let [a, b, c] = [step, step / 2.0, step / 4.0].map(slope);
    (8.0 * c - 6.0 * b + a) / 3.0
}

#[test]
fn law_the_objective_falls_at_the_rate_of_its_dissipation() {
    for problem in problems(47, 5) {
        for scheme in schemes(Velocity::TwoPoint) {
            let rate = rate_by_tiny_steps(&problem, scheme, 2e-4);
            let recorded = problem.start(scheme, by_cfl(1.0)).record().dissipation;
            let gap = (recorded / -rate - 1.0).abs();
            // The slopes of these limiters jump where the sign of a difference does, and so does the second derivative of F.
            let smooth = scheme.order == Order::First || scheme.limiter == Limiter::None;
            assert!(
                gap < if smooth { 1e-9 } else { 2e-6 },
                "{}, {scheme:?}: {recorded} and {rate}, {gap:e}",
                problem.name
            );
        }
    }
}

#[test]
fn law_the_exact_velocity_dissipates_like_the_two_point_one_up_to_the_mesh() {
    for problem in problems(512, 24) {
        let of = |velocity| problem.start(schemes(velocity)[2], by_cfl(0.5)).record().dissipation;
        let (two_point, exact) = (of(Velocity::TwoPoint), of(Velocity::Exact));
        assert!((two_point / exact - 1.0).abs() < 0.01, "{}: {two_point} {exact}", problem.name);
    }
}

#[test]
fn law_steps_land_on_times_without_a_tiny_rest() {
    for problem in problems(41, 4) {
        let mut flow = problem.start(Scheme::default(), StepLimits { max_step: 0.03, ..by_cfl(0.9) });
        for time in [0.01, 0.1, 0.1001] {
            let mut count = 0;
            while flow.time() < time {
                let before = flow.time();
                flow.step(time).unwrap();
                count += 1;
                assert!(flow.time() - before <= 0.03 * (1.0 + 1e-12) && flow.time() > before);
            }
            assert!(flow.time() == time && count <= 60, "{}: {count} steps to {time}", problem.name);
        }
    }
}

#[test]
fn law_lie_and_strang_solve_one_equation() {
    for problem in problems(64, 6) {
        let at_end = |splitting| {
            let limits = StepLimits { max_step: 1e-3, ..by_cfl(0.5) };
            let mut flow = problem.start(Scheme { splitting, ..Scheme::default() }, limits);
            while flow.time() < 0.05 {
                flow.step(0.05).unwrap();
            }
            flow.density().to_vec()
        };
        let (lie, strang) = (at_end(Splitting::Lie), at_end(Splitting::Strang));
        let gap: Vec<f64> = lie.iter().zip(&strang).map(|(a, b)| (a - b).abs()).collect();
        assert!(
            problem.mass(&gap) < 2e-3 * problem.mass(&strang),
            "{}: {}",
            problem.name,
            problem.mass(&gap)
        );
    }
}

#[test]
fn law_a_record_holds_the_sums_that_it_names() {
    for problem in problems(47, 5) {
        for velocity in VELOCITIES {
            let density = rough(problem.density.len(), 8);
            let record = problem.start_from(schemes(velocity)[1], by_cfl(0.5), density.clone()).record();
            let atoms = Atoms::of_density(
                problem.mesh.centers(),
                problem.mesh.measures(),
                ArrayView2::from_shape((problem.signs.len(), problem.mesh.cells()), &density).unwrap(),
            );
            let points: Vec<f64> = atoms.points().iter().copied().collect();
            let mut field = Field::new(&problem.objective, &points, Motion::Moving);
            let mut potential = vec![0.0; atoms.len()];
            field.analyze(&atoms.signed_masses());
            field.synthesize(&mut potential);
            for (j, sign) in potential.iter_mut().zip(atoms.signs()) {
                *j = sign * *j + problem.objective.regularization();
            }
            let least = potential.iter().copied().fold(f64::INFINITY, f64::min);
            let mean = dot(&potential, atoms.masses());
            assert!((record.objective / problem.objective.of_atoms(&atoms) - 1.0).abs() < 1e-12);
            assert!((record.mass / atoms.total_mass() - 1.0).abs() < 1e-13);
            assert!((record.potential_min - least).abs() < 1e-11 * (1.0 + least.abs()), "{}", problem.name);
            assert!((record.potential_mean - mean).abs() < 1e-11 * (1.0 + mean.abs()), "{}", problem.name);
            assert!((record.optimality_gap(2.0) - mean - 2.0 * (-least).max(0.0)).abs() < 1e-10);
        }
    }
}

/// Asserts that two fields are the same to a fraction of the largest value.
fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, x| m.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * scale, "{what}, {i}: {f:e} where {e:e} is expected");
    }
}

/// At sizes where blocks are many, few, cut short, or none.
#[test]
fn law_sub_flows_in_blocks_are_those_cell_by_cell() {
    for cells in [3, 31, 300, 1009, 5000, 10_007] {
        for problem in problems(cells, 3) {
            let Problem { name, mesh, signs, objective, .. } = &problem;
            for scheme in schemes(Velocity::TwoPoint) {
                let mut field = MeanField::new(mesh.clone(), signs.clone(), objective, scheme.velocity);
                let mut transport = Transport::new(mesh.clone(), &scheme);
                let (mut density, count) = (rough(problem.density.len(), 5), mesh.cells());
                field.evaluate(&density);
                let (raw, mut expected) = (field.raw().to_vec(), density.clone());
                for (s, sign) in signs.iter().enumerate() {
                    let sheet = s * count..(s + 1) * count;
                    let lambda = objective.regularization();
                    react(&density[sheet.clone()], &raw, *sign, lambda, 0.3, &mut expected[sheet]);
                }
                field.react(&mut density, 0.3);
                field.store();
                assert_close(name, &density, &expected, 1e-13);
                let (left, objective_left) = (field.raw().to_vec(), field.objective());
                field.evaluate(&density);
                assert_close(name, &left, field.raw(), 1e-14);
                assert!((objective_left - field.objective()).abs() <= 1e-13 * (1.0 + objective_left.abs()));

                let (raw, mut spare) = (field.raw().to_vec(), density.clone());
                expected.copy_from_slice(&density);
                let mut share = 0.0f64;
                for (s, sign) in signs.iter().enumerate() {
                    let (sheet, velocities) =
                        (s * count..(s + 1) * count, Velocities::Potential { raw: &raw, rate: *sign });
                    let euler =
                        transport.euler(&density[sheet.clone()], velocities, 1e-5, &mut expected[sheet]);
                    share = share.max(euler.share);
                }
                let euler = field.transport(&mut transport, &mut density, &mut spare, [1.0, 1e-5]);
                field.store();
                assert_close(name, &density, &expected, 1e-13);
                assert!((euler.share / share - 1.0).abs() < 1e-9, "{name}: {} and {share}", euler.share);
                let left = field.raw().to_vec();
                field.evaluate(&density);
                assert_close(name, &left, field.raw(), 1e-14);
            }
        }
    }
}

#[test]
fn law_steps_in_blocks_do_not_depend_on_the_number_of_threads() {
    let run = || {
        let problem = problems(40_000, 1).into_iter().find(|p| p.name.contains("kernel")).expect("a kernel");
        let mut flow = problem.start(schemes(Velocity::TwoPoint)[1], by_cfl(0.5));
        steps(&mut flow, 3);
        common::bits(flow.density())
    };
    assert!(common::on_threads(1, run) == common::on_threads(3, run), "the same bits");
}
