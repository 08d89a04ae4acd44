//! The limits of a step: positivity at the full limit on the worst data, and steps that stay stable near a minimiser.

mod common;

use std::sync::Arc;

use common::{between, generator};
use sphereflow_mesh::Mesh;
use sphereflow_solver::evolution::{Evolution, MassBound, Record, Schedule, Stop, Termination, integrate};
use sphereflow_solver::flow::{ByFaces, FiniteVolume, Limiter, Order, Scheme, StepLimits};
use sphereflow_solver::objective::{Objective, Rates, Risk, SecondMoment};

/// Asserts that a forward Euler step of the full limit empties no cell by more than round-off.
fn keeps_positive(mesh: &Arc<Mesh>, scheme: Scheme, density: &[f64], velocity: &[f64]) {
    let mut transport = ByFaces::new(mesh.clone(), &scheme);
    let mut rate = vec![0.0; mesh.cells()];
    for sign in [1.0, -1.0] {
        let step = 1.0 / transport.positivity_rate(velocity, sign);
        transport.rate(density, velocity, sign, &mut rate);
        for (n, r) in density.iter().zip(&rate) {
            assert!(n + step * r >= -1e-12 * n, "{scheme:?}: {n} becomes {}", n + step * r);
        }
    }
}

#[test]
fn law_the_full_positivity_limit_suffices_on_the_worst_data() {
    let mut random = generator(3);
    for mesh in [Mesh::circle(17).unwrap(), Mesh::sphere(4).unwrap()].map(Arc::new) {
        for limiter in [Limiter::Minmod, Limiter::VanLeer, Limiter::None] {
            for order in [Order::First, Order::Second] {
                let scheme = Scheme { order, limiter, ..Scheme::default() };
                for _ in 0..40 {
                    // Cells of size one among huge ones, with outflow everywhere that can reach the limit at once.
                    let density: Vec<f64> = (0..mesh.cells())
                        .map(|_| {
                            if between(&mut random, 0.0, 1.0) < 0.5 {
                                1.0
                            } else {
                                between(&mut random, 0.0, 1e6)
                            }
                        })
                        .collect();
                    let source = density.iter().position(|n| *n == 1.0).unwrap();
                    let velocity: Vec<f64> = (0..mesh.faces())
                        .map(|f| {
                            let own = mesh.cell_faces(source).contains(&(f as u32));
                            if own { mesh.sign(f, source) / mesh.face_measure(f) } else { 0.0 }
                        })
                        .collect();
                    keeps_positive(&mesh, scheme, &density, &velocity);
                }
            }
        }
    }
}

#[test]
fn law_a_hexagon_whose_face_values_exceed_its_own_stays_positive() {
    let mesh = Arc::new(Mesh::sphere(6).unwrap());
    let cell = (0..mesh.cells()).find(|i| mesh.cell_faces(*i).len() == 6).unwrap();
    // Neighbours in their order: one low, three high with the middle one twice as high, two low.
    let mut density = vec![1.0; mesh.cells()];
    for (face, excess) in mesh.cell_faces(cell).iter().zip([0.0, 1e3, 2e3 + 3.0, 1e3, 0.0, 0.0]) {
        density[mesh.neighbor(*face as usize, cell)] += excess;
    }
    let mut velocity = vec![0.0; mesh.faces()];
    for face in &*mesh.cell_faces(cell) {
        let f = *face as usize;
        velocity[f] = mesh.sign(f, cell) / mesh.face_measure(f);
    }
    keeps_positive(&mesh, Scheme { limiter: Limiter::VanLeer, ..Scheme::default() }, &density, &velocity);
}

fn second_moment(cells: usize) -> FiniteVolume {
    let features = SecondMoment::new(2);
    let target = features.vector(&[vec![1.2, 0.0], vec![0.0, 0.4]]);
    let objective = Objective::new(Arc::new(features), Risk::Square { target, weight: 1.0 }, 0.0);
    let mesh = Arc::new(Mesh::circle(cells).unwrap());
    let limits = StepLimits::for_mesh(&mesh);
    let rates = Rates { reaction: 4.0, transport: 1.0 };
    FiniteVolume::new(mesh, vec![1.0], &objective, rates, Scheme::default(), limits, vec![0.3; cells])
}

/// Keeps the largest rise of F.
struct Rise {
    last: f64,
    largest: f64,
}

impl<E: Evolution> sphereflow_solver::evolution::Observer<E> for Rise {
    type Error = std::convert::Infallible;

    fn step(&mut self, _: &mut E, record: &Record) -> Result<(), Self::Error> {
        self.largest = self.largest.max(record.objective - self.last);
        self.last = record.objective;
        Ok(())
    }

    fn snapshot(&mut self, _: &mut E, _: &Record) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn law_near_a_minimiser_steps_stay_stable_and_the_objective_falls_to_round_off() {
    let mut flow = second_moment(64);
    let mut rise = Rise { last: f64::INFINITY, largest: 0.0 };
    let schedule = Schedule { snapshots: &[], end: 300.0, stop: None };
    integrate(&mut flow, &schedule, &mut rise).unwrap();
    let (steps, rejections) = flow.counters();
    assert!(rise.last < 1e-28 && rise.largest < 1e-28, "F = {:e}, risen by {:e}", rise.last, rise.largest);
    assert!(rejections * 50 < steps, "{rejections} rejections in {steps} steps");
}

#[test]
fn law_a_certified_gap_bounds_the_distance_to_the_minimum() {
    let mut flow = second_moment(64);
    let mut rise = Rise { last: f64::INFINITY, largest: 0.0 };
    // The minimum is 0, met by any measure with the moment B; 1.6 is its mass.
    let stop = Some(Stop::Gap { gap: 1e-3, mass_bound: MassBound::Known(1.6) });
    let end = integrate(&mut flow, &Schedule { snapshots: &[], end: 100.0, stop }, &mut rise).unwrap();
    assert!(matches!(end, Termination::Stopped(time) if time > 0.1 && time < 100.0), "{end:?}");
    let record = flow.record();
    assert!(record.objective <= record.optimality_gap(1.6) && record.optimality_gap(1.6) <= 1e-3);
}
