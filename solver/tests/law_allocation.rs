//! Steps work in buffers that are there from the start: nothing is allocated in the loop over time.

mod common;

use std::alloc::System;

use common::conformance::{cases, configuration, random_atoms};
use common::problems::{by_cfl, problems, schemes};
use common::{generator, on_threads, random_point, random_points};
use sphereflow_solver::evolution::Evolution;
use sphereflow_solver::flow::Velocity;
use sphereflow_solver::objective::{
    Activation, DataNetwork, Evaluation, FeatureMap, Layers, Motion, Placed, Rates,
};
use sphereflow_solver::particles::Particles;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Asserts that `work` allocates nothing once it has run: the least of several runs, for the scheduler of threads
/// enlarges its own queues now and then.
fn allocates_nothing(name: &str, mut work: impl FnMut() + Send) {
    let least = on_threads(1, move || {
        work();
        let allocated = |_| {
            let region = Region::new(ALLOCATOR);
            work();
            region.change().bytes_allocated
        };
        (0..3).map(allocated).min()
    });
    assert_eq!(least, Some(0), "{name}: bytes");
}

/// Networks at thousands of units that move between evaluations, by caps: also where they move so far that they are grouped anew.
fn caps_allocate_nothing() {
    let count = 5003;
    for inputs in [3, 4] {
        let mut rng = generator(5);
        let data: Vec<Vec<f64>> = (0..200).map(|_| random_point(inputs, &mut rng)).collect();
        for layers in [Layers::Ridge, Layers::Two] {
            let network = DataNetwork::new(layers, Activation::Relu, &data).evaluated(Evaluation::Fast);
            let dim = network.dim();
            let mut points = [random_points(count, dim, &mut rng), random_points(count, dim, &mut rng)];
            let mut placed = network.place(&points[0], Motion::Moving);
            assert_eq!(placed.structure(), Some("caps of near directions"));
            let mass = vec![1.0 / count as f64; count];
            let mut prediction = vec![0.0; network.prediction_len(count)];
            let (mut value, mut gradient) = (vec![0.0; count], vec![0.0; dim * count]);
            let mut evaluate = |placed: &mut dyn Placed| {
                placed.analyze(&mass, &mut prediction);
                placed.synthesize(&prediction, &mut value);
                placed.synthesize_gradient(&prediction, &mut value, &mut gradient);
            };
            allocates_nothing(&format!("caps, {layers:?}, p = {inputs}, small moves"), || {
                for eta in points[0].chunks_exact_mut(dim) {
                    eta[0] += 1e-3;
                    let norm = eta.iter().map(|x| x * x).sum::<f64>().sqrt();
                    eta.iter_mut().for_each(|x| *x /= norm);
                }
                placed.move_to(&points[0]);
                evaluate(&mut *placed);
            });
            allocates_nothing(&format!("caps, {layers:?}, p = {inputs}, moves to anywhere"), || {
                points.swap(0, 1);
                placed.move_to(&points[0]);
                evaluate(&mut *placed);
            });
        }
    }
}

/// One test, for the counter is one for the whole process.
#[test]
fn law_steps_and_evaluations_allocate_nothing() {
    for problem in problems(300, 8) {
        for velocity in [Velocity::TwoPoint, Velocity::Exact] {
            for scheme in schemes(velocity) {
                let mut solver = problem.start(scheme, by_cfl(0.5));
                allocates_nothing(&format!("{}, {scheme:?}", problem.name), || {
                    let until = solver.time() + 1e-4;
                    solver.step(until).expect("a step");
                    solver.record();
                });
            }
        }
    }
    for case in cases() {
        let mut rng = generator(3);
        let points = configuration(0, 500, case.objective.dim(), &mut rng);
        let nu = random_atoms(&case, points.clone(), &mut rng);
        let mut particles =
            Particles::new(&case.objective, &nu, Rates { reaction: 4.0, transport: 1.0 }, 1e-6);
        allocates_nothing(&format!("particles, {}", case.name), || {
            particles.step(particles.time() + 1e-6).expect("a step");
            particles.record();
        });
        let features = case.objective.features();
        for motion in [Motion::Fixed, Motion::Moving] {
            let mut placed = features.place(&points, motion);
            let mut prediction = vec![0.0; features.prediction_len(500)];
            let (mut value, mut gradient) = (vec![0.0; 500], vec![0.0; points.len()]);
            allocates_nothing(&format!("{motion:?}, {}", case.name), || {
                placed.analyze(nu.masses(), &mut prediction);
                placed.synthesize(&prediction, &mut value);
                placed.synthesize_gradient(&prediction, &mut value, &mut gradient);
                if motion == Motion::Moving {
                    placed.move_to(&points);
                }
            });
        }
    }
    caps_allocate_nothing();
}
