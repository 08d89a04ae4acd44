//! The sweep over patches against the transport face by face.

mod common;

use std::sync::Arc;

use common::problems::{rough, schemes};
use common::{between, bits, dot, generator, on_threads};
use sphereflow_mesh::{Mesh, SphereMesh};
use sphereflow_solver::flow::{ByFaces, Euler, Transport, Velocities, Velocity};

fn meshes() -> Vec<Arc<Mesh>> {
    let circles = [3, 4, 5, 511, 512, 513, 1025, 2053].map(|cells| Mesh::circle(cells).unwrap());
    let spheres = [1, 2, 3, 4, 5, 8, 17, 130].map(|n| Mesh::sphere(n).unwrap());
    let others = [(SphereMesh::Recursive, 8), (SphereMesh::Centroidal, 5), (SphereMesh::Centroidal, 17)];
    let others = others.map(|(kind, n)| Mesh::sphere_by(kind, n).unwrap());
    circles.into_iter().chain(spheres).chain(others).map(Arc::new).collect()
}

/// A potential, its two-point velocity and a velocity without a potential.
fn velocities(mesh: &Mesh) -> (Vec<f64>, [Vec<f64>; 2]) {
    let mut rng = generator(12);
    let raw: Vec<f64> = (0..mesh.cells()).map(|_| between(&mut rng, -1.0, 1.0)).collect();
    let two_point = (0..mesh.faces()).map(|f| {
        let [first, second] = mesh.face_cells(f);
        (raw[first] - raw[second]) / mesh.face_distance(f)
    });
    let two_point = two_point.collect();
    let free = (0..mesh.faces()).map(|_| between(&mut rng, -2.0, 2.0)).collect();
    (raw, [two_point, free])
}

/// Asserts that a swept step of a density is the step face by face with the velocity.
fn compare(
    mesh: &Mesh,
    by_faces: &mut ByFaces,
    [density, velocity, result]: [&[f64]; 3],
    [sign, step]: [f64; 2],
    swept: Euler,
) {
    let mut rate = vec![0.0; mesh.cells()];
    by_faces.rate(density, velocity, sign, &mut rate);
    let largest = rate.iter().fold(0.0f64, |m, r| m.max(r.abs()));
    for ((cell, n), r) in density.iter().enumerate().zip(&rate) {
        let (expected, found) = (n + step * r, result[cell]);
        assert!(
            (expected - found).abs() <= 1e-12 * step * largest + 1e-15 * n,
            "{:?}, cell {cell}: {found:e} where {expected:e} is expected",
            mesh.domain()
        );
    }
    let share = step * by_faces.positivity_rate(velocity, sign);
    assert!(
        (swept.share / share - 1.0).abs() < 1e-12,
        "{:?}: share {} and {share}",
        mesh.domain(),
        swept.share
    );
    assert!((swept.mass / dot(result, mesh.measures()) - 1.0).abs() < 1e-13);
    assert_eq!(swept.least, result.iter().copied().fold(f64::INFINITY, f64::min));
}

#[test]
fn law_the_sweep_is_the_transport_face_by_face() {
    for mesh in meshes() {
        let (raw, [two_point, free]) = velocities(&mesh);
        let density = rough(mesh.cells(), 2);
        let mut result = vec![0.0; mesh.cells()];
        for scheme in schemes(Velocity::TwoPoint) {
            let mut by_faces = ByFaces::new(mesh.clone(), &scheme);
            let mut transport = Transport::new(mesh.clone(), &scheme);
            transport.set_velocity(|f| free[f]);
            for sign in [1.0, -1.0] {
                let step = 0.1 / mesh.cells() as f64;
                let potential = Velocities::Potential { raw: &raw, rate: sign };
                let found = transport.euler(&density, potential, step, &mut result);
                compare(&mesh, &mut by_faces, [&density, &two_point, &result], [sign, step], found);
                let found = transport.euler(&density, Velocities::Given { sign }, step, &mut result);
                compare(&mesh, &mut by_faces, [&density, &free, &result], [sign, step], found);
            }
        }
    }
}

#[test]
fn law_the_sweep_makes_no_mass() {
    for mesh in meshes() {
        let (raw, [_, free]) = velocities(&mesh);
        let density = rough(mesh.cells(), 3);
        let mut result = vec![0.0; mesh.cells()];
        for scheme in schemes(Velocity::TwoPoint) {
            let mut transport = Transport::new(mesh.clone(), &scheme);
            transport.set_velocity(|f| free[f]);
            for velocities in
                [Velocities::Potential { raw: &raw, rate: 1.0 }, Velocities::Given { sign: -1.0 }]
            {
                // A long step, so that what is left of the mass is round-off of what has moved.
                let moved = transport.euler(&density, velocities, 1e3, &mut result);
                let gained: f64 =
                    result.iter().zip(&density).zip(mesh.measures()).map(|((r, n), a)| (r - n) * a).sum();
                let total: f64 = result
                    .iter()
                    .zip(&density)
                    .zip(mesh.measures())
                    .map(|((r, n), a)| ((r - n) * a).abs())
                    .sum();
                assert!(
                    gained.abs() < 2e-15 * total && moved.share > 1.0,
                    "{:?}, {scheme:?}: {gained:e} of {total:e}",
                    mesh.domain()
                );
            }
        }
    }
}

#[test]
fn law_the_sweep_has_the_same_bits_on_any_number_of_threads() {
    for mesh in [Mesh::circle(70_001).unwrap(), Mesh::sphere(100).unwrap()].map(Arc::new) {
        let (raw, _) = velocities(&mesh);
        let density = rough(mesh.cells(), 4);
        for scheme in schemes(Velocity::TwoPoint) {
            let work = || {
                let mut result = vec![0.0; mesh.cells()];
                let mut transport = Transport::new(mesh.clone(), &scheme);
                let found = transport.euler(
                    &density,
                    Velocities::Potential { raw: &raw, rate: 1.0 },
                    1e-4,
                    &mut result,
                );
                (bits(&result), bits(&[found.mass, found.least, found.share]))
            };
            assert!(on_threads(1, work) == on_threads(3, work) && on_threads(2, work) == on_threads(1, work));
        }
    }
}
