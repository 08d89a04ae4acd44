//! The pieces of a finite-volume step, each behind one function: mesh in, work out.

use std::sync::Arc;

use sphereflow::mesh::Mesh;
use sphereflow::solver::evolution::Evolution;
use sphereflow::solver::flow::{
    FiniteVolume, Limiter, MeanField, Order, Scheme, Splitting, StepLimits, Transport, Velocities, Velocity,
    react,
};
use sphereflow::solver::objective::{Evaluation, Layers, Objective, Rates, Risk, SecondMoment};

use super::common::problems::gaussian;
use super::kernel::Work;

/// A forward Euler stage of the transport with J given.
pub fn transport(mesh: &Arc<Mesh>, order: Order) -> Work {
    let density = density(mesh);
    let mut field = MeanField::new(mesh.clone(), vec![1.0], &second_moment(mesh.dim()), Velocity::TwoPoint);
    field.evaluate(&density);
    let mut transport = Transport::new(mesh.clone(), &Scheme { order, ..Scheme::default() });
    let mut result = density.clone();
    let rate = transport.euler(&density, of(&field), 1.0, &mut result).share;
    Box::new(move || {
        std::hint::black_box(transport.euler(&density, of(&field), 0.5 / rate, &mut result));
    })
}

/// The velocity that J drives with beta = 1.
fn of(field: &MeanField) -> Velocities<'_> {
    Velocities::Potential { raw: field.raw(), rate: 1.0 }
}

/// A reaction with J given.
pub fn reaction(mesh: &Arc<Mesh>) -> Work {
    let density = density(mesh);
    let raw: Vec<f64> = density.iter().map(|n| n - 0.1).collect();
    let mut result = density.clone();
    Box::new(move || react(&density, &raw, 1.0, 0.0, 0.01, &mut result))
}

/// The survey of a state, its sums and extremes, by a step of a flow that stands still: the density copied, then surveyed.
pub fn survey(mesh: &Arc<Mesh>) -> Work {
    let still = Rates { reaction: 0.0, transport: 0.0 };
    stepping(solver(mesh, &second_moment(mesh.dim()), still, Order::Second))
}

/// An accepted step with the Gaussian population: order 1 by Lie's splitting, order 2 by Strang's.
pub fn step(mesh: &Arc<Mesh>, order: Order) -> Work {
    let layers = if mesh.dim() == 2 { Layers::Ridge } else { Layers::Two };
    let rates = Rates { reaction: 4.0, transport: 1.0 };
    stepping(solver(mesh, &gaussian(layers, Evaluation::Auto), rates, order))
}

fn stepping(mut solver: FiniteVolume) -> Work {
    Box::new(move || {
        let until = solver.time() + 1.0;
        solver.step(until).expect("the step is accepted");
        // As a run does after each step.
        std::hint::black_box(solver.record());
    })
}

fn solver(mesh: &Arc<Mesh>, objective: &Objective, rates: Rates, order: Order) -> FiniteVolume {
    // The positivity limit alone: the sizes of the steps do not matter here, their rejections would.
    let limits = StepLimits { tolerance: f64::INFINITY, ..StepLimits::for_mesh(mesh) };
    let scheme = match order {
        Order::First => {
            Scheme { order, limiter: Limiter::None, splitting: Splitting::Lie, ..Scheme::default() }
        }
        Order::Second => Scheme::default(),
    };
    FiniteVolume::new(mesh.clone(), vec![1.0], objective, rates, scheme, limits, density(mesh))
}

/// A smooth density.
pub fn density(mesh: &Mesh) -> Vec<f64> {
    (0..mesh.cells()).map(|i| 0.1 * (1.0 + 0.5 * mesh.center(i)[0])).collect()
}

/// `F = 1/4 |S - B|^2`, whose J costs next to nothing.
fn second_moment(dim: usize) -> Objective {
    let features = SecondMoment::new(dim);
    let matrix = [[1.2, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0, 0.0, 0.1]];
    let rows: Vec<Vec<f64>> = matrix[..dim].iter().map(|row| row[..dim].to_vec()).collect();
    let risk = Risk::Square { target: features.vector(&rows), weight: 1.0 };
    Objective::new(Arc::new(features), risk, 0.0)
}
