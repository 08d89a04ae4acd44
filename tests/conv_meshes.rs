//! The whole PDE on each mesh of the sphere, against its closed-form solution for the second-moment objective, by unlimited
//! linear reconstruction.

mod common;

use common::{PAPER, errors, orders, run, second_moment, unsigned};
use sphereflow::mesh::{Mesh, SphereMesh};
use sphereflow::solver::flow::{Limiter, Scheme, StepLimits, Velocity};

const TIME: f64 = 0.7;

/// Orders of the errors in L1 and in the maximum norm from subdivision 16 to 32.
fn observed_orders(kind: SphereMesh, velocity: Velocity) -> [f64; 2] {
    let scheme = Scheme { limiter: Limiter::None, velocity, ..Scheme::default() };
    let rows = [16, 32].map(|n| {
        let problem = second_moment::sphere(0.0);
        let mesh = Mesh::sphere_by(kind, n).unwrap();
        let limits = StepLimits::for_mesh(&mesh);
        let mut solver =
            unsigned(mesh, &problem.objective(), PAPER, scheme, limits, |eta| problem.initial(eta));
        run(&mut solver, &[TIME]);
        let exact = problem.solve(TIME);
        errors(&solver, |eta| exact.density(eta))
    });
    let found = [0, 1].map(|norm| orders(&rows.map(|row| row[norm]), 2.0)[0]);
    println!("{kind:?}, {velocity:?}: errors {rows:?}, orders {found:?}");
    found
}

#[test]
fn meshes_have_order_2_in_l1_and_with_the_exact_velocity_the_flat_and_the_centroidal_one_in_the_maximum_norm()
{
    for velocity in [Velocity::TwoPoint, Velocity::Exact] {
        for kind in SphereMesh::ALL {
            let [l1, linf] = observed_orders(kind, velocity);
            // The two-point velocity is that half-way between the centers, which on the recursive and the centroidal mesh is not
            // where the flux is wanted; on the recursive one lines bend at once wherever a coarser one had an edge.
            let least = match (kind, velocity) {
                (SphereMesh::Recursive, Velocity::TwoPoint) => [1.85, 0.85],
                (SphereMesh::Recursive, Velocity::Exact) => [1.9, 1.4],
                (SphereMesh::Centroidal, Velocity::TwoPoint) => [1.95, 0.9],
                (SphereMesh::Flat, _) | (SphereMesh::Centroidal, Velocity::Exact) => [1.95, 1.95],
            };
            assert!(l1 > least[0], "{kind:?}, {velocity:?}: order {l1} in L1");
            assert!(linf > least[1], "{kind:?}, {velocity:?}: order {linf} in the maximum norm");
        }
    }
}
