//! One accepted step of the finite volumes: `step/domain/scheme/size`, cells on the circle, level on the sphere.
//!
//! The second moment costs next to nothing, so `order_1` (donor cell, Euler, Lie) and `order_2` (van Leer, Heun, Strang) are
//! the scheme itself; `order_2_kernel` and `order_2_network` are what a run pays. The density goes on from step to step, as
//! in a run; items are cells.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use sphereflow::mesh::Mesh;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::evolution::Evolution;
use sphereflow::solver::flow::{FiniteVolume, Limiter, Order, Scheme, Splitting, StepLimits, Velocity};
use sphereflow::solver::objective::{
    Layers, Method, Objective, Rates, Risk, SecondMoment, Teacher, ZonalKernel,
};

const ORDER_1: Scheme = Scheme {
    order: Order::First,
    limiter: Limiter::None,
    velocity: Velocity::TwoPoint,
    splitting: Splitting::Lie,
};

fn main() {
    divan::main();
}

mod circle {
    use super::{Bencher, ORDER_1, Scheme, circle_mesh, kernel, second_moment, step};

    #[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 10)]
    fn order_1(bencher: Bencher, cells: usize) {
        step(bencher, circle_mesh(cells), &second_moment(2), ORDER_1);
    }

    #[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 10)]
    fn order_2(bencher: Bencher, cells: usize) {
        step(bencher, circle_mesh(cells), &second_moment(2), Scheme::default());
    }

    #[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 10)]
    fn order_2_kernel(bencher: Bencher, cells: usize) {
        step(bencher, circle_mesh(cells), &kernel(), Scheme::default());
    }
}

mod sphere {
    use super::{Bencher, ORDER_1, Scheme, network, second_moment, sphere_mesh, step};

    #[divan::bench(args = [5, 6, 7], sample_count = 10)]
    fn order_1(bencher: Bencher, level: u32) {
        step(bencher, sphere_mesh(level), &second_moment(3), ORDER_1);
    }

    #[divan::bench(args = [5, 6, 7], sample_count = 10)]
    fn order_2(bencher: Bencher, level: u32) {
        step(bencher, sphere_mesh(level), &second_moment(3), Scheme::default());
    }

    #[divan::bench(args = [5, 6, 7], sample_count = 10)]
    fn order_2_network(bencher: Bencher, level: u32) {
        step(bencher, sphere_mesh(level), &network(), Scheme::default());
    }
}

fn circle_mesh(cells: usize) -> Mesh {
    Mesh::circle(cells).expect("enough cells")
}

fn sphere_mesh(level: u32) -> Mesh {
    Mesh::sphere(1 << level).expect("a subdivision")
}

/// `F = 1/4 |S - B|^2` with B = diag(1.2, 0.4, 0.1), cut to the dimension.
fn second_moment(dim: usize) -> Objective {
    let features = SecondMoment::new(dim);
    let matrix = [[1.2, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0, 0.0, 0.1]];
    let rows: Vec<Vec<f64>> = matrix[..dim].iter().map(|row| row[..dim].to_vec()).collect();
    let risk = Risk::Square { target: features.vector(&rows), weight: 1.0 };
    Objective::new(Arc::new(features), risk, 0.0)
}

/// Three spikes on the circle, seen through a von Mises-Fisher kernel of concentration 10.
fn kernel() -> Objective {
    let angles = [0.7_f64, 2.5, 4.4];
    let points = angles.iter().flat_map(|t| [t.cos(), t.sin()]).collect();
    let target = Atoms::signed(2, points, &[0.5, 0.3, 0.2]);
    let kernel = ZonalKernel::VonMisesFisher { concentration: 10.0 };
    Objective::discrepancy(kernel, &target, Method::default(), 0.0).expect("an expansion")
}

/// Two ReLU neurons, Gaussian inputs, the population loss.
fn network() -> Objective {
    let teachers =
        [(0.5, 0.3_f64), (-0.5, 1.9)].map(|(output, t)| Teacher { output, input: vec![t.cos(), t.sin()] });
    Objective::gaussian(Layers::Two, 2, &teachers, Method::default(), 0.0).expect("inputs of two coordinates")
}

fn step(bencher: Bencher, mesh: Mesh, objective: &Objective, scheme: Scheme) {
    let cells = mesh.cells();
    let density = (0..cells).map(|i| 0.1 * (1.0 + 0.5 * mesh.center(i)[0])).collect();
    // The positivity limit alone: the sizes of the steps do not matter here, their rejections would.
    let limits = StepLimits { tolerance: f64::INFINITY, ..StepLimits::for_mesh(&mesh) };
    let rates = Rates { reaction: 4.0, transport: 1.0 };
    let mut solver = FiniteVolume::new(Arc::new(mesh), vec![1.0], objective, rates, scheme, limits, density);
    bencher.counter(ItemsCount::new(cells)).bench_local(|| {
        let until = solver.time() + 1.0;
        solver.step(until).expect("the step is accepted");
    });
}
