//! Symmetries of the finite volumes, and states to the last bit: threads, restarts, rejected steps.

mod common;

use std::sync::Arc;

use common::problems::{Problem, by_cfl, gentle, kernel, problems, ridge, rough, schemes};
use common::{bits, dot, generator, on_threads, random_points};
use sphereflow_mesh::Mesh;
use sphereflow_solver::evolution::Evolution;
use sphereflow_solver::flow::{FiniteVolume, Scheme, StepLimits, Velocity};
use sphereflow_solver::objective::Rates;

const VELOCITIES: [Velocity; 2] = [Velocity::TwoPoint, Velocity::Exact];

fn steps(flow: &mut FiniteVolume, count: usize) {
    for _ in 0..count {
        flow.step(1e9).expect("a step");
    }
}

/// Rows of orthogonal matrices that generate the 120 symmetries of the icosahedron, and a product of them.
fn icosahedral() -> Vec<Vec<f64>> {
    let mesh = Mesh::sphere(1).unwrap();
    let (s, c) = 72f64.to_radians().sin_cos();
    let fifth = vec![c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0];
    let inversion: Vec<f64> = (0..9).map(|k| if k % 4 == 0 { -1.0 } else { 0.0 }).collect();
    let mirror = vec![1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0];
    // Half a turn about the middle of the edge from the north pole to the first vertex below.
    let middle: Vec<f64> = mesh.center(10).iter().zip(mesh.center(0)).map(|(a, b)| a + b).collect();
    let square = dot(&middle, &middle);
    let half_turn: Vec<f64> = (0..9)
        .map(|k| 2.0 * middle[k / 3] * middle[k % 3] / square - if k % 4 == 0 { 1.0 } else { 0.0 })
        .collect();
    let product =
        (0..9).map(|k| (0..3).map(|j| half_turn[k / 3 * 3 + j] * fifth[3 * j + k % 3]).sum()).collect();
    vec![fifth, inversion, mirror, half_turn, product]
}

/// Turns by whole cells, with and without a reflection, of a circle of `cells`.
fn dihedral(cells: usize) -> Vec<Vec<f64>> {
    let turn = |k: usize| (k as f64 * std::f64::consts::TAU / cells as f64).sin_cos();
    [1, 7, cells / 2]
        .into_iter()
        .flat_map(|k| {
            let (s, c) = turn(k);
            [vec![c, -s, s, c], vec![c, s, s, -c]]
        })
        .collect()
}

fn apply(matrix: &[f64], points: &[f64], dim: usize) -> Vec<f64> {
    points.chunks(dim).flat_map(|x| matrix.chunks(dim).map(move |row| dot(row, x))).collect()
}

/// A kernel problem with its targets and its initial density moved by a symmetry; where each cell goes.
fn moved(mesh: &Arc<Mesh>, symmetry: &[f64], density: &[f64]) -> (Problem, Vec<usize>) {
    let dim = mesh.dim();
    let targets = apply(symmetry, &random_points(3, dim, &mut generator(1)), dim);
    let image: Vec<usize> =
        (0..mesh.cells()).map(|i| mesh.nearest(&apply(symmetry, mesh.center(i), dim), 0)).collect();
    let mut there = vec![0.0; mesh.cells()];
    image.iter().zip(density).for_each(|(to, n)| there[*to] = *n);
    let problem = Problem {
        name: "kernel",
        mesh: mesh.clone(),
        signs: vec![1.0],
        objective: kernel(dim, &targets),
        rates: Rates { reaction: 4.0, transport: 1.0 },
        density: there,
    };
    (problem, image)
}

#[test]
fn law_solutions_turn_with_their_data() {
    let circle = Arc::new(Mesh::circle(46).unwrap());
    let sphere = Arc::new(Mesh::sphere(6).unwrap());
    for (mesh, symmetries) in [(circle, dihedral(46)), (sphere, icosahedral())] {
        let dim = mesh.dim();
        let identity: Vec<f64> = (0..dim * dim).map(|k| if k % (dim + 1) == 0 { 1.0 } else { 0.0 }).collect();
        for density in [gentle(&mesh, 1), rough(mesh.cells(), 2)] {
            for scheme in VELOCITIES.into_iter().flat_map(schemes) {
                let solve = |symmetry: &[f64]| {
                    let (problem, image) = moved(&mesh, symmetry, &density);
                    let mut flow = problem.start(scheme, StepLimits { max_step: 0.01, ..by_cfl(0.5) });
                    while flow.time() < 0.08 {
                        flow.step(0.08).unwrap();
                    }
                    (flow.density().to_vec(), image)
                };
                let (base, _) = solve(&identity);
                let largest = base.iter().copied().fold(0.0, f64::max);
                for symmetry in &symmetries {
                    let (there, image) = solve(symmetry);
                    let gap = (0..base.len()).map(|i| (there[image[i]] - base[i]).abs()).fold(0.0, f64::max);
                    assert!(gap < 1e-11 * largest, "{scheme:?}, {symmetry:?}: {gap:e}");
                }
            }
        }
    }
}

#[test]
fn law_opposite_labels_exchange_the_sheets() {
    let circle = Arc::new(Mesh::circle(40).unwrap());
    let sphere = Arc::new(Mesh::sphere(5).unwrap());
    for mesh in [circle, sphere] {
        let (dim, cells) = (mesh.dim(), mesh.cells());
        let density = rough(2 * cells, 3);
        let solve = |sign: f64, density: Vec<f64>, scheme: Scheme| {
            let problem = Problem {
                name: "ridge",
                mesh: mesh.clone(),
                signs: vec![1.0, -1.0],
                objective: ridge(dim, sign),
                rates: Rates { reaction: 2.0, transport: 1.0 },
                density,
            };
            let mut flow = problem.start(scheme, by_cfl(0.5));
            steps(&mut flow, 12);
            flow.density().to_vec()
        };
        let exchanged = [&density[cells..], &density[..cells]].concat();
        for scheme in VELOCITIES.into_iter().flat_map(schemes) {
            let (one, other) = (solve(1.0, density.clone(), scheme), solve(-1.0, exchanged.clone(), scheme));
            assert_eq!(bits(&one), bits(&[&other[cells..], &other[..cells]].concat()), "{scheme:?}");
        }
    }
}

#[test]
fn law_one_thread_and_three_give_the_same_bits() {
    for problem in problems(1500, 12) {
        for velocity in VELOCITIES {
            let work = || {
                let mut flow = problem.start(schemes(velocity)[2], by_cfl(0.5));
                steps(&mut flow, 4);
                let record = flow.record();
                let recorded = [record.objective, record.mass, record.dissipation, record.potential_mean];
                (bits(flow.density()), bits(&recorded), flow.time().to_bits())
            };
            assert!(on_threads(1, work) == on_threads(3, work), "{}, {velocity:?}", problem.name);
        }
    }
}

/// Steps, with a record after each, as a run has them.
fn recorded_steps(flow: &mut FiniteVolume, count: usize) {
    for _ in 0..count {
        steps(flow, 1);
        flow.record();
    }
}

#[test]
fn law_recording_does_not_change_the_run() {
    for problem in problems(60, 6) {
        for scheme in VELOCITIES.into_iter().flat_map(schemes) {
            let limits = StepLimits::for_mesh(&problem.mesh);
            let (mut watched, mut alone) = (problem.start(scheme, limits), problem.start(scheme, limits));
            watched.record();
            recorded_steps(&mut watched, 8);
            steps(&mut alone, 8);
            assert_eq!(bits(watched.density()), bits(alone.density()), "{}, {scheme:?}", problem.name);
        }
    }
}

#[test]
fn law_a_run_taken_up_again_goes_on_as_if_it_had_not_stopped() {
    for problem in problems(60, 6) {
        for scheme in VELOCITIES.into_iter().flat_map(schemes) {
            let limits = StepLimits::for_mesh(&problem.mesh);
            let mut whole = problem.start(scheme, limits);
            recorded_steps(&mut whole, 5);
            let (time, step) = (whole.time(), whole.next_step());
            let mut second = problem.start_from(scheme, limits, whole.density().to_vec());
            second.resume_at(time, step);
            recorded_steps(&mut whole, 6);
            recorded_steps(&mut second, 6);
            assert_eq!(whole.time().to_bits(), second.time().to_bits(), "{}, {scheme:?}", problem.name);
            assert_eq!(bits(whole.density()), bits(second.density()), "{}, {scheme:?}", problem.name);
            assert_eq!(whole.record(), second.record());
            assert_eq!(whole.next_step().to_bits(), second.next_step().to_bits());
        }
    }
}

#[test]
fn law_a_step_that_fails_leaves_the_state_to_the_last_bit() {
    for problem in problems(60, 6) {
        for scheme in VELOCITIES.into_iter().flat_map(schemes) {
            // No local error is below zero: every step is rejected.
            let limits = StepLimits { tolerance: 0.0, ..by_cfl(1.0) };
            let mut flow = problem.start(scheme, limits);
            let before = flow.record();
            let raw = bits(flow.field().raw());
            let error = flow.step(1.0).unwrap_err();
            assert!(error.time == 0.0 && error.step < 1e-10, "{error}");
            assert_eq!(bits(flow.density()), bits(&problem.density), "{}, {scheme:?}", problem.name);
            assert_eq!(bits(flow.field().raw()), raw, "{}, {scheme:?}", problem.name);
            assert_eq!((flow.record(), flow.time(), flow.next_step()), (before, 0.0, f64::INFINITY));
            assert!(flow.counters().0 == 0 && flow.counters().1 > 5);
        }
    }
}

#[test]
fn law_a_step_accepted_at_last_is_the_step_that_was_never_rejected() {
    for problem in problems(60, 6) {
        for scheme in VELOCITIES.into_iter().flat_map(schemes) {
            let limits = StepLimits { tolerance: 1e-7, ..by_cfl(1.0) };
            let mut flow = problem.start(scheme, limits);
            flow.step(10.0).unwrap();
            assert!(flow.counters().1 > 0, "{}, {scheme:?}: nothing was rejected", problem.name);
            let mut direct = problem.start(scheme, limits);
            direct.step(flow.time()).unwrap();
            assert_eq!(direct.counters(), (1, 0));
            assert_eq!(bits(flow.density()), bits(direct.density()), "{}, {scheme:?}", problem.name);
        }
    }
}

#[test]
fn law_an_unstable_step_is_refused_for_the_rise_of_the_objective() {
    // A stiff objective: transport alone, within its positivity limit, overshoots in the other cells.
    let mut rises = 0;
    for problem in problems(60, 6).into_iter().filter(|p| p.name.starts_with("kernel")) {
        let mut density = vec![0.0; problem.density.len()];
        for n in density.iter_mut().step_by(5) {
            *n = 400.0;
        }
        let problem = Problem { density, ..problem };
        for scheme in schemes(Velocity::TwoPoint) {
            let mut flow = problem.with_rates(0.0, 1.0).start(scheme, by_cfl(1.0));
            let mut before = flow.field().objective();
            for _ in 0..30 {
                flow.step(1e9).unwrap();
                assert!(flow.field().objective() <= before * (1.0 + 1e-12), "{scheme:?}");
                before = flow.field().objective();
            }
            rises += flow.counters().1;
        }
    }
    assert!(rises > 0, "no step was refused");
}

#[test]
fn law_a_step_cut_short_by_a_time_to_land_on_keeps_its_size() {
    for problem in problems(60, 6) {
        let limits = StepLimits { tolerance: 1e-6, ..by_cfl(0.9) };
        let mut flow = problem.start(Scheme::default(), limits);
        steps(&mut flow, 3);
        let size = flow.step_bound();
        flow.step(flow.time() + 1e-3 * size).unwrap();
        assert!(flow.next_step() >= size, "{}: {} after {size}", problem.name, flow.next_step());
    }
}
