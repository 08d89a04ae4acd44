//! Finite-volume operators on the meshes of the sphere, of the field f = x y z + 0.3 x, against errors computed by an
//! independent program.
//!
//! The Laplace-Beltrami operator, from two-point differences, and the divergence of grad f, from its normal component at the
//! midpoints of the edges, are both to give -12 x y z - 0.6 x; errors are relative, in L2 and in the maximum norm.

mod common;

use common::{Vector, combine, dot};
use sphereflow_mesh::{Mesh, SphereMesh};

fn field([x, y, z]: Vector) -> f64 {
    x * y * z + 0.3 * x
}

/// The gradient along the sphere.
fn gradient(point: Vector) -> Vector {
    let [x, y, z] = point;
    let ambient = [y * z + 0.3, x * z, x * y];
    combine(1.0, ambient, -dot(ambient, point), point)
}

fn laplacian([x, y, z]: Vector) -> f64 {
    -12.0 * x * y * z - 0.6 * x
}

/// Relative errors in L2 and in the maximum norm of the divergence of a flux through each face, per length.
fn errors(mesh: &Mesh, flux: impl Fn(usize) -> f64) -> [f64; 2] {
    let fluxes: Vec<f64> = (0..mesh.faces()).map(|face| mesh.face_measure(face) * flux(face)).collect();
    let (mut gaps, mut exact) = ([0.0f64; 2], [0.0f64; 2]);
    for cell in 0..mesh.cells() {
        let area = mesh.measures()[cell];
        let out = |&face: &u32| mesh.sign(face as usize, cell) * fluxes[face as usize];
        let found: f64 = mesh.cell_faces(cell).iter().map(out).sum::<f64>() / area;
        let expected = laplacian(common::center(mesh, cell));
        for (sums, value) in [(&mut gaps, found - expected), (&mut exact, expected)] {
            sums[0] += area * value * value;
            sums[1] = sums[1].max(value.abs());
        }
    }
    [(gaps[0] / exact[0]).sqrt(), gaps[1] / exact[1]]
}

fn of_laplacian(mesh: &Mesh) -> [f64; 2] {
    errors(mesh, |face| {
        let [first, second] = mesh.face_cells(face).map(|cell| field(common::center(mesh, cell)));
        (second - first) / mesh.face_distance(face)
    })
}

fn of_divergence(mesh: &Mesh) -> [f64; 2] {
    errors(mesh, |face| dot(gradient(mesh.face_midpoint(face)), mesh.face_normal(face)))
}

/// The kind, n, and errors as printed, of two significant digits.
type Row = (SphereMesh, usize, [f64; 2], [f64; 2]);

#[test]
fn ref_errors_of_laplacian_and_divergence() {
    let rows: [Row; 6] = [
        (SphereMesh::Recursive, 16, [7.4e-3, 3.9e-2], [4.0e-3, 6.2e-3]),
        (SphereMesh::Recursive, 32, [3.0e-3, 3.9e-2], [1.3e-3, 3.1e-3]),
        (SphereMesh::Recursive, 64, [1.3e-3, 3.9e-2], [4.6e-4, 1.5e-3]),
        (SphereMesh::Flat, 64, [4.0e-4, 1.5e-3], [2.1e-4, 3.6e-4]),
        (SphereMesh::Centroidal, 32, [1.5e-3, 1.45e-2], [5.2e-4, 4.9e-4]),
        (SphereMesh::Centroidal, 64, [5.8e-4, 1.44e-2], [1.3e-4, 1.4e-4]),
    ];
    for (kind, n, two_point, exact) in rows {
        let mesh = Mesh::sphere_by(kind, n).expect("a mesh");
        let found = [of_laplacian(&mesh), of_divergence(&mesh)];
        println!("{kind:?} {n}: {found:?}");
        for (value, printed) in found.into_iter().flatten().zip([two_point, exact].into_iter().flatten()) {
            assert!(
                (value / printed - 1.0).abs() < 0.06,
                "{kind:?}, n = {n}: {value:e}, reference {printed:e}"
            );
        }
    }
}

/// The two-point Laplacian is consistent everywhere on the flat mesh alone. The divergence is that at the centroid to
/// second order: it is of first order at generators whose offset stays in proportion to the spacing, of more on the
/// centroidal mesh.
#[test]
fn conv_orders_in_the_maximum_norm_are_those_of_the_mesh() {
    for (kind, two_point, exact) in [
        (SphereMesh::Flat, 0.95..1.05, 0.85..1.1),
        (SphereMesh::Recursive, -0.01..0.01, 0.95..1.05),
        (SphereMesh::Centroidal, -0.01..0.01, 1.5..2.1),
    ] {
        let [coarse, fine] = [64, 128].map(|n| Mesh::sphere_by(kind, n).expect("a mesh"));
        let order = |of: fn(&Mesh) -> [f64; 2]| (of(&coarse)[1] / of(&fine)[1]).log2();
        let found = [order(of_laplacian), order(of_divergence)];
        println!("{kind:?}: {found:?}");
        assert!(two_point.contains(&found[0]) && exact.contains(&found[1]), "{kind:?}: orders {found:?}");
    }
}
