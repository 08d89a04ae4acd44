//! One operator at a time in the frozen landscape J = -kappa x_last, against its closed form.
//!
//! Along a characteristic `z = tanh(beta kappa t + artanh z0)`, z the last coordinate; a cap shrinks by
//! `d sigma / d sigma_0 = ((1 - z^2) / (1 - z0^2))^(d/2)`, and the mass grows by `exp(alpha kappa integral of z dt)`, which
//! is `((1 - z0^2) / (1 - z^2))^(alpha / (2 beta))`. So with g the ratio `(1 - z0^2) / (1 - z^2)`
//! `nu(t, y) = nu_0(y_0) g^(d/2 + alpha / (2 beta))`; the reaction alone is `nu_0 exp(alpha kappa z t)`.

mod common;

use std::sync::Arc;

use common::problems::{Problem, by_cfl, landscape};
use common::{assert_order, norm, unit};
use sphereflow_mesh::Mesh;
use sphereflow_solver::evolution::Evolution;
use sphereflow_solver::flow::{Limiter, Order, Scheme, Splitting, StepLimits, Velocity};
use sphereflow_solver::objective::Rates;

const KAPPA: f64 = 0.9;
const END: f64 = 0.6;

/// nu_0, positive and without the symmetry of the landscape.
fn initial(x: &[f64]) -> f64 {
    0.3 * (1.0 + 0.5 * x[0] + 0.4 * x[0] * x[1] - 0.2 * x[x.len() - 1])
}

/// The density at `y` at a time of the flow with these rates.
fn exact(y: &[f64], rates: Rates, time: f64) -> f64 {
    let (last, d) = (y.len() - 1, (y.len() - 1) as f64);
    let Rates { reaction, transport } = rates;
    if transport == 0.0 {
        return initial(y) * (reaction * KAPPA * y[last] * time).exp();
    }
    // With c = cosh and s = sinh of the rapidity: (y', z) comes from (y', c z - s) up to the norm c - s z, and g is its
    // inverse square; no square root of 1 - z^2, so the poles are as good as any point.
    let (s, c) = ((transport * KAPPA * time).sinh(), (transport * KAPPA * time).cosh());
    let mut origin = y.to_vec();
    origin[last] = c * y[last] - s;
    let length = norm(&origin);
    initial(&unit(&origin)) * length.powf(-(d + reaction / transport))
}

fn problem(mesh: Mesh, reaction: f64, transport: f64) -> Problem {
    let text = if mesh.dim() == 2 { "-0.9 * y" } else { "-0.9 * z" };
    Problem {
        name: text,
        signs: vec![1.0],
        objective: landscape(text, mesh.dim()),
        rates: Rates { reaction, transport },
        density: mesh.centers().rows().into_iter().map(|x| initial(&x.to_vec())).collect(),
        mesh: Arc::new(mesh),
    }
}

/// Errors in L1 and in the maximum norm at the end.
fn errors_of(problem: &Problem, scheme: Scheme, limits: StepLimits) -> [f64; 2] {
    let mut flow = problem.start(scheme, limits);
    while flow.time() < END {
        flow.step(END).expect("a step");
    }
    let gap: Vec<f64> = problem
        .mesh
        .centers()
        .rows()
        .into_iter()
        .zip(flow.density())
        .map(|(x, n)| (n - exact(&x.to_vec(), problem.rates, END)).abs())
        .collect();
    [problem.mass(&gap), gap.iter().copied().fold(0.0, f64::max)]
}

/// Circles of 64 to 512 cells, spheres of subdivision 6 to 24.
fn meshes(dim: usize) -> Vec<Mesh> {
    match dim {
        2 => [64, 128, 256, 512].map(|n| Mesh::circle(n).expect("a circle")).to_vec(),
        _ => [6, 12, 24].map(|n| Mesh::sphere(n).expect("a sphere")).to_vec(),
    }
}

/// A row of errors for each norm.
fn table(dim: usize, rates: [f64; 2], scheme: Scheme) -> [Vec<f64>; 2] {
    let rows: Vec<[f64; 2]> = meshes(dim)
        .into_iter()
        .map(|mesh| errors_of(&problem(mesh, rates[0], rates[1]), scheme, by_cfl(0.5)))
        .collect();
    [0, 1].map(|k| rows.iter().map(|row| row[k]).collect())
}

const DONOR_CELL: Scheme = Scheme {
    order: Order::First,
    limiter: Limiter::None,
    velocity: Velocity::TwoPoint,
    splitting: Splitting::Lie,
};

const TRANSPORT: [f64; 2] = [0.0, 1.0];
const FULL: [f64; 2] = [4.0, 1.0];

#[test]
fn law_the_closed_form_is_that_of_the_characteristics() {
    for (alpha, beta) in [(0.0, 1.0), (4.0, 1.0), (2.0, 0.5)] {
        let rates = Rates { reaction: alpha, transport: beta };
        for (z0, longitude) in [(0.3f64, 0.4f64), (-0.9, 2.0), (0.99, 5.0)] {
            for dim in [2, 3] {
                let z = (beta * KAPPA * END + z0.atanh()).tanh();
                let on = |z: f64| {
                    let r = (1.0 - z * z).sqrt();
                    if dim == 2 { vec![r, z] } else { vec![r * longitude.cos(), r * longitude.sin(), z] }
                };
                let ratio = (1.0 - z0 * z0) / (1.0 - z * z);
                let by_characteristics =
                    initial(&on(z0)) * ratio.powf(0.5 * (dim as f64 - 1.0) + 0.5 * alpha / beta);
                assert!((exact(&on(z), rates, END) / by_characteristics - 1.0).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn law_the_reaction_alone_is_exact_in_a_frozen_landscape() {
    for mesh in [Mesh::circle(37).unwrap(), Mesh::sphere(5).unwrap()] {
        let problem = problem(mesh, 4.0, 0.0);
        for scheme in [DONOR_CELL, Scheme::default()] {
            let [_, largest] = errors_of(&problem, scheme, by_cfl(0.5));
            assert!(largest < 3e-14, "{scheme:?}: {largest:e}");
        }
    }
}

#[test]
fn conv_donor_cells_have_order_1() {
    for dim in [2, 3] {
        for velocity in [Velocity::TwoPoint, Velocity::Exact] {
            for rates in [TRANSPORT, FULL] {
                let [mean, largest] = table(dim, rates, Scheme { velocity, ..DONOR_CELL });
                let what = format!("{dim} coordinates, {velocity:?}, rates {rates:?}");
                assert_order(&format!("{what}, L1"), &mean, 0.92, 1.15);
                // 0.84 here, 0.92 and 0.97 on the next two meshes: the pole, where all flows together, is slow to settle.
                assert_order(&format!("{what}, maximum"), &largest, 0.8, 1.2);
            }
        }
    }
}

#[test]
fn conv_unlimited_slopes_have_order_2_in_l1_and_in_the_maximum_norm() {
    for dim in [2, 3] {
        for velocity in [Velocity::TwoPoint, Velocity::Exact] {
            for rates in [TRANSPORT, FULL] {
                let scheme = Scheme { limiter: Limiter::None, velocity, ..Scheme::default() };
                let [mean, largest] = table(dim, rates, scheme);
                let what = format!("{dim} coordinates, {velocity:?}, rates {rates:?}");
                assert_order(&format!("{what}, L1"), &mean, 1.9, 2.3);
                assert_order(&format!("{what}, maximum"), &largest, 1.85, 2.4);
            }
        }
    }
}

#[test]
fn conv_limited_slopes_have_order_2_in_l1() {
    for dim in [2, 3] {
        for limiter in [Limiter::VanLeer, Limiter::Minmod] {
            let [mean, _] = table(dim, FULL, Scheme { limiter, ..Scheme::default() });
            assert_order(&format!("{dim} coordinates, {limiter:?}"), &mean, 1.7, 2.4);
        }
    }
}

#[test]
fn law_limits_that_suit_a_mesh_cost_no_accuracy() {
    for mesh in [Mesh::circle(128).unwrap(), Mesh::sphere(12).unwrap()] {
        let problem = problem(mesh, 4.0, 1.0);
        let [suited, _] = errors_of(&problem, Scheme::default(), StepLimits::for_mesh(&problem.mesh));
        let tiny = StepLimits { max_step: 1e-3, ..by_cfl(0.5) };
        let [fine, _] = errors_of(&problem, Scheme::default(), tiny);
        assert!(suited < 1.5 * fine, "{suited:e} by the default limits, {fine:e} by tiny steps");
    }
}
