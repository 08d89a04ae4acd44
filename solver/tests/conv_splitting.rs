//! The splitting in time alone: on a fixed mesh, against tiny steps.

mod common;

use common::assert_order;
use common::problems::{Problem, by_cfl, problems};
use sphereflow_solver::evolution::Evolution;
use sphereflow_solver::flow::{Limiter, Order, Scheme, Splitting, StepLimits, Velocity};

const END: f64 = 0.2;

/// Of the longest steps, so many to the end.
const FIRST: usize = 20;

/// The density after equal steps of this size, and how many were taken.
fn solve(problem: &Problem, scheme: Scheme, step: f64) -> (Vec<f64>, u64) {
    // A hair more, so that round-off of the time does not make one step more.
    let mut flow = problem.start(scheme, StepLimits { max_step: step * (1.0 + 1e-9), ..by_cfl(1.0) });
    while flow.time() < END {
        flow.step(END).expect("a step");
    }
    assert_eq!(flow.counters().1, 0, "{}: a step was rejected", problem.name);
    (flow.density().to_vec(), flow.counters().0)
}

/// Errors in L1 at steps that are halved twice, against two finer solutions extrapolated by the order p of the method;
/// every step stays below the positivity limit.
fn errors(problem: &Problem, scheme: Scheme, p: i32) -> Vec<f64> {
    let by_steps = |count: usize| {
        let (density, taken) = solve(problem, scheme, END / count as f64);
        assert_eq!(taken, count as u64, "{}: the limit of the transport is in the way", problem.name);
        density
    };
    let weight = 1.0 / (2f64.powi(p) - 1.0);
    let (coarse, fine) = (by_steps(FIRST * 8), by_steps(FIRST * 16));
    let limit: Vec<f64> = fine.iter().zip(&coarse).map(|(f, c)| f + weight * (f - c)).collect();
    [FIRST, 2 * FIRST, 4 * FIRST]
        .map(|count| {
            let gap: Vec<f64> = by_steps(count).iter().zip(&limit).map(|(a, b)| (a - b).abs()).collect();
            problem.mass(&gap)
        })
        .to_vec()
}

/// Coarse meshes, so that the step may be large: what is tested is time.
fn coarse() -> Vec<Problem> {
    problems(16, 2).into_iter().filter(|problem| !problem.name.starts_with("gaussian two-layer")).collect()
}

/// Velocity of either kind and unlimited slopes: limiters switch, and with them the order of one step.
fn scheme(order: Order, splitting: Splitting, velocity: Velocity) -> Scheme {
    Scheme { order, limiter: Limiter::None, velocity, splitting }
}

#[test]
fn conv_lie_has_order_1_in_time() {
    for problem in coarse() {
        for order in [Order::First, Order::Second] {
            let errors = errors(&problem, scheme(order, Splitting::Lie, Velocity::TwoPoint), 1);
            assert_order(&format!("{}, {order:?}", problem.name), &errors, 0.9, 1.2);
        }
    }
}

#[test]
fn conv_strang_has_order_2_in_time() {
    for problem in coarse() {
        for velocity in [Velocity::TwoPoint, Velocity::Exact] {
            let errors = errors(&problem, scheme(Order::Second, Splitting::Strang, velocity), 2);
            assert_order(&format!("{}, {velocity:?}", problem.name), &errors, 1.85, 2.3);
        }
    }
}

#[test]
fn conv_the_reaction_alone_has_order_2_in_time() {
    for problem in coarse() {
        let problem = problem.with_rates(4.0, 0.0);
        let errors = errors(&problem, scheme(Order::First, Splitting::Lie, Velocity::TwoPoint), 2);
        assert_order(problem.name, &errors, 1.92, 2.1);
    }
}

#[test]
fn conv_the_transport_alone_has_order_2_in_time_with_either_reconstruction() {
    for problem in coarse() {
        let problem = problem.with_rates(0.0, 1.0);
        for order in [Order::First, Order::Second] {
            let errors = errors(&problem, scheme(order, Splitting::Strang, Velocity::TwoPoint), 2);
            assert_order(&format!("{}, {order:?}", problem.name), &errors, 1.85, 2.3);
        }
    }
}

#[test]
fn conv_strang_gains_over_lie_at_equal_steps() {
    for problem in coarse().into_iter().filter(|problem| !problem.name.starts_with("gaussian")) {
        let of = |splitting, p| errors(&problem, scheme(Order::Second, splitting, Velocity::TwoPoint), p)[1];
        let (lie, strang) = (of(Splitting::Lie, 1), of(Splitting::Strang, 2));
        assert!(strang < 0.3 * lie, "{}: Lie {lie:e}, Strang {strang:e}", problem.name);
    }
}
