//! Finite volumes and particles against the reference solutions.

mod common;

use std::sync::Arc;

use common::{reference, run};
use sphereflow::mesh::Mesh;
use sphereflow::solver::flow::{FiniteVolume, Scheme, StepLimits};
use sphereflow::solver::particles::Particles;

/// Asserts the errors of F (relative) and of the mass (absolute) of the finite volumes at every time.
fn finite_volumes(name: &str, mesh: Mesh, objective_bound: f64, mass_bound: f64) {
    let problem = reference::read(name);
    let density = problem.initial.on_cells(&mesh, &problem.signs).unwrap();
    let limits = StepLimits::for_mesh(&mesh);
    let mut solver = FiniteVolume::new(
        Arc::new(mesh),
        problem.signs,
        &problem.objective,
        problem.rates,
        Scheme::default(),
        limits,
        density,
    );
    let records = run(&mut solver, &problem.times);
    for (record, exact) in records.snapshots.iter().zip(&problem.solution) {
        let error = (record.objective / exact.objective - 1.0).abs();
        let mass_error = (record.mass - exact.mass).abs();
        println!("{name}: t = {}: F {error:.2e}, mass {mass_error:.2e}", record.time);
        assert!(
            error < objective_bound,
            "{name}, t = {}: F = {} and not {}",
            record.time,
            record.objective,
            exact.objective
        );
        assert!(
            mass_error < mass_bound,
            "{name}, t = {}: mass {} and not {}",
            record.time,
            record.mass,
            exact.mass
        );
    }
    assert!(records.steps.windows(2).all(|pair| pair[1].objective <= pair[0].objective + 1e-13));
}

/// Asserts that particles started at quadrature nodes reach the reference, with the node counts that it was made with.
fn quadrature(name: &str, count: usize, bound: f64) {
    let problem = reference::read(name);
    let polar = problem.objective.features().polar_axis();
    let atoms = problem.initial.nodes(problem.dim, polar, &problem.signs, count).unwrap();
    let mut particles = Particles::new(&problem.objective, &atoms, problem.rates, 1e-9);
    let records = run(&mut particles, &problem.times);
    for (record, exact) in records.snapshots.iter().zip(&problem.solution) {
        let error = (record.objective / exact.objective - 1.0).abs();
        let mass_error = (record.mass - exact.mass).abs() / exact.mass;
        println!(
            "{name}: t = {}: F {error:.2e} (uncertain {:.1e}), mass {mass_error:.2e} ({:.1e})",
            record.time, exact.uncertainty[0], exact.uncertainty[1]
        );
        assert!(error < bound, "{name}, t = {}: F off by {error:e}", record.time);
        assert!(mass_error < bound, "{name}, t = {}: mass off by {mass_error:e}", record.time);
    }
}

#[test]
fn circle_kernel() {
    finite_volumes("circle-kernel", Mesh::circle(1024).unwrap(), 2e-3, 1e-3);
}

#[test]
fn signed_circle_relu() {
    finite_volumes("signed-circle-relu", Mesh::circle(1024).unwrap(), 2e-3, 1e-3);
}

#[test]
fn signed_circle_logistic() {
    finite_volumes("signed-circle-logistic", Mesh::circle(1024).unwrap(), 2e-3, 1e-3);
}

#[test]
fn sphere_kernel() {
    finite_volumes("sphere-kernel", Mesh::sphere(32).unwrap(), 4e-2, 1e-2);
}

#[test]
fn sphere_relu() {
    finite_volumes("sphere-relu", Mesh::sphere(32).unwrap(), 4e-2, 1e-2);
}

#[test]
fn sphere_relu_on_the_finer_mesh_is_three_times_as_good() {
    finite_volumes("sphere-relu", Mesh::sphere(64).unwrap(), 4e-2 / 3.0, 1e-2 / 3.0);
}

#[test]
fn quadrature_nodes_on_the_circle() {
    quadrature("circle-kernel", 400, 1e-6);
    quadrature("signed-circle-relu", 800, 1e-6);
    quadrature("signed-circle-logistic", 1000, 1e-6);
}

#[test]
fn quadrature_nodes_on_the_sphere() {
    quadrature("sphere-kernel", 2 * 56 * 56, 1e-6);
    quadrature("sphere-relu", 2 * 112 * 112, 1e-6);
}
