//! The whole PDE against its closed-form solution for the second-moment objective.

mod common;

use common::{PAPER, errors, orders, run, second_moment, unsigned};
use sphereflow::mesh::Mesh;
use sphereflow::solver::flow::{Limiter, Order, Scheme, StepLimits};

const TIME: f64 = 0.7;

/// L1, maximum, F and mass errors at one resolution; those of F and mass relative.
fn solve(problem: second_moment::Problem, mesh: Mesh, scheme: Scheme) -> [f64; 4] {
    let objective = problem.objective();
    let limits = StepLimits::for_mesh(&mesh);
    let mut solver = unsigned(mesh, &objective, PAPER, scheme, limits, |eta| problem.initial(eta));
    let records = run(&mut solver, &[TIME]);
    let exact = problem.solve(TIME);
    let [l1, linf] = errors(&solver, |eta| exact.density(eta));
    let last = records.snapshots[0];
    let relative = |value: f64, exact: f64| (value - exact).abs() / exact;
    [l1, linf, relative(last.objective, exact.objective()), relative(last.mass, exact.mass())]
}

fn table(
    problem: impl Fn() -> second_moment::Problem,
    mesh: impl Fn(usize) -> Mesh,
    sizes: &[usize],
    scheme: Scheme,
) -> [Vec<f64>; 4] {
    let rows: Vec<[f64; 4]> = sizes.iter().map(|n| solve(problem(), mesh(*n), scheme)).collect();
    for (n, row) in sizes.iter().zip(&rows) {
        println!("{n:6}  l1 {:.3e}  linf {:.3e}  F {:.3e}  mass {:.3e}", row[0], row[1], row[2], row[3]);
    }
    std::array::from_fn(|k| rows.iter().map(|row| row[k]).collect())
}

fn assert_orders(least: f64, [l1, _, objective, _]: &[Vec<f64>; 4]) {
    for errors in [l1, objective] {
        let orders = orders(errors, 2.0);
        println!("orders {orders:?}");
        assert!(orders.last().unwrap() >= &least, "orders {orders:?} of the errors {errors:?}");
    }
}

#[test]
fn donor_cell_on_the_circle_has_order_1() {
    let scheme = Scheme { order: Order::First, ..Scheme::default() };
    let circle = |n: usize| Mesh::circle(n).unwrap();
    assert_orders(0.9, &table(|| second_moment::circle(0.0), circle, &[128, 256, 512], scheme));
}

#[test]
fn donor_cell_on_the_sphere_has_order_1() {
    let scheme = Scheme { order: Order::First, ..Scheme::default() };
    let sphere = |n: usize| Mesh::sphere(n).unwrap();
    assert_orders(0.9, &table(|| second_moment::sphere(0.0), sphere, &[8, 16, 32], scheme));
}

#[test]
fn limited_reconstruction_on_the_circle_has_order_2() {
    for limiter in [Limiter::VanLeer, Limiter::Minmod] {
        let scheme = Scheme { limiter, ..Scheme::default() };
        let circle = |n: usize| Mesh::circle(n).unwrap();
        let errors = table(|| second_moment::circle(0.0), circle, &[128, 256, 512], scheme);
        assert_orders(1.8, &errors);
        assert!(errors[0][2] < 1e-4 && errors[1][2] < 3e-4, "{errors:?}");
    }
}

#[test]
fn limited_reconstruction_on_the_sphere_has_order_2() {
    for limiter in [Limiter::VanLeer, Limiter::Minmod] {
        let scheme = Scheme { limiter, ..Scheme::default() };
        let sphere = |n: usize| Mesh::sphere(n).unwrap();
        let errors = table(|| second_moment::sphere(0.0), sphere, &[8, 16, 32], scheme);
        assert_orders(1.8, &errors);
        assert!(errors[0][2] < 6e-4 && errors[1][2] < 2.5e-3, "{errors:?}");
    }
}

#[test]
fn regularized_and_uniform_problems_agree_too() {
    for lambda in [0.0, 0.15] {
        for [l1, linf, ..] in [
            solve(second_moment::circle(lambda), Mesh::circle(512).unwrap(), Scheme::default()),
            solve(
                second_moment::uniform(second_moment::circle(lambda)),
                Mesh::circle(512).unwrap(),
                Scheme::default(),
            ),
        ] {
            println!("circle, lambda {lambda}: {l1:.3e} {linf:.3e}");
            assert!(l1 < 1e-4 && linf < 3e-4, "circle, lambda {lambda}: {l1:e} {linf:e}");
        }
        for [l1, linf, ..] in [
            solve(second_moment::sphere(lambda), Mesh::sphere(32).unwrap(), Scheme::default()),
            solve(
                second_moment::uniform(second_moment::sphere(lambda)),
                Mesh::sphere(32).unwrap(),
                Scheme::default(),
            ),
        ] {
            println!("sphere, lambda {lambda}: {l1:.3e} {linf:.3e}");
            assert!(l1 < 6e-4 && linf < 2.5e-3, "sphere, lambda {lambda}: {l1:e} {linf:e}");
        }
    }
}
