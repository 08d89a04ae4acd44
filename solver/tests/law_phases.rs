//! The phases that a run tells of, and that telling changes nothing.

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use common::problems::{by_cfl, problems, schemes};
use common::{atoms, bits, generator, random_points};
use sphereflow_solver::evolution::Evolution;
use sphereflow_solver::flow::Velocity;
use sphereflow_solver::objective::Rates;
use sphereflow_solver::particles::Particles;
use sphereflow_solver::phases::{Phase, PhaseObserver, Phases};

#[derive(Default)]
struct Told(Mutex<Vec<Phase>>);

impl PhaseObserver for Told {
    fn enter(&self, phase: Phase) {
        self.0.lock().unwrap().push(phase);
    }
}

impl Told {
    fn each(&self) -> BTreeSet<Phase> {
        self.0.lock().unwrap().iter().copied().collect()
    }
}

#[test]
fn law_a_watched_density_is_the_same_and_tells_of_each_phase_of_its_step() {
    for problem in problems(30, 3) {
        for scheme in schemes(Velocity::TwoPoint) {
            let told = Arc::new(Told::default());
            let [mut plain, mut watched] = [(); 2].map(|()| problem.start(scheme, by_cfl(0.4)));
            watched.watch_phases(Phases::new(told.clone()));
            for _ in 0..3 {
                for solver in [&mut plain, &mut watched] {
                    solver.step(1e3).unwrap();
                    solver.record();
                }
            }
            assert_eq!(bits(plain.density()), bits(watched.density()), "{}", problem.name);
            let mut expected = BTreeSet::from([Phase::Analysis, Phase::Synthesis, Phase::Survey]);
            expected.extend((problem.rates.reaction > 0.0).then_some(Phase::Reaction));
            expected.extend((problem.rates.transport > 0.0).then_some(Phase::Transport));
            assert_eq!(told.each(), expected, "{}", problem.name);
            // What comes after a step is not counted to its last phase.
            assert_eq!(told.0.lock().unwrap().last(), Some(&Phase::Survey));
        }
    }
}

#[test]
fn law_watched_particles_are_the_same_and_tell_of_each_phase_of_their_step() {
    let points = random_points(20, 3, &mut generator(1));
    let start = atoms(3, points, vec![0.05; 20], vec![1.0; 20]);
    let objective = common::problems::ridge(3, 1.0);
    let rates = Rates { reaction: 2.0, transport: 1.0 };
    let told = Arc::new(Told::default());
    let [mut plain, mut watched] = [(); 2].map(|()| Particles::new(&objective, &start, rates, 1e-3));
    watched.watch_phases(Phases::new(told.clone()));
    for solver in [&mut plain, &mut watched] {
        solver.step(1.0).unwrap();
        solver.record();
    }
    assert_eq!(bits(plain.points()), bits(watched.points()));
    let expected = [Phase::Placement, Phase::Analysis, Phase::Synthesis, Phase::Integrator, Phase::Survey];
    assert_eq!(told.each(), BTreeSet::from(expected));
}
