//! The 120 symmetries of the icosahedron map each mesh of the sphere to itself.

mod common;

use std::collections::HashMap;

use common::{Vector, angle, center, cross, determinant, distance, dot, norm, sphere, spheres};
use sphereflow_mesh::Mesh;

/// Rows of an orthogonal matrix.
type Matrix = [Vector; 3];

fn apply(matrix: &Matrix, x: Vector) -> Vector {
    matrix.map(|row| dot(row, x))
}

/// The linear map that takes the basis `from` to `to`.
fn map_of(from: [Vector; 3], to: [Vector; 3]) -> Matrix {
    let volume = determinant(from[0], from[1], from[2]);
    let dual: [Vector; 3] =
        std::array::from_fn(|k| cross(from[(k + 1) % 3], from[(k + 2) % 3]).map(|x| x / volume));
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..3).map(|k| to[k][row] * dual[k][column]).sum())
    })
}

/// All maps that take one triangle of the icosahedron to another, its corners in any order.
fn symmetries() -> Vec<Matrix> {
    let vertices: Vec<Vector> = (0..12).map(|cell| center(&sphere(1), cell)).collect();
    let adjacent = |a: Vector, b: Vector| (angle(a, b) - 2f64.atan()).abs() < 1e-12;
    let mut triangles = Vec::new();
    for &a in &vertices {
        for &b in vertices.iter().filter(|&&b| adjacent(a, b)) {
            triangles
                .extend(vertices.iter().filter(|&&c| adjacent(a, c) && adjacent(b, c)).map(|&c| [a, b, c]));
        }
    }
    triangles.iter().map(|&to| map_of(triangles[0], to)).collect()
}

/// Which cell each cell goes to.
fn permutation(mesh: &Mesh, symmetry: &Matrix) -> Vec<usize> {
    (0..mesh.cells())
        .map(|cell| {
            let image = apply(symmetry, center(mesh, cell));
            let found = mesh.nearest(&image, 0);
            let gap = distance(image, center(mesh, found));
            assert!(gap < 2e-15, "cell {cell} misses cell {found} by {gap:e}");
            found
        })
        .collect()
}

#[test]
fn law_the_coarsest_centers_are_the_upright_icosahedron() {
    let mesh = sphere(1);
    assert_eq!(mesh.center(10), [0.0, 0.0, 1.0]);
    assert_eq!(mesh.center(11), [0.0, 0.0, -1.0]);
    for k in 0..5 {
        let longitude = (72.0 * k as f64).to_radians();
        let (r, z) = (0.5f64.atan().cos(), 0.5f64.atan().sin());
        let upper = [r * longitude.cos(), r * longitude.sin(), z];
        assert!(distance(center(&mesh, k), upper) < 1e-15);
        let longitude = (72.0 * k as f64 + 36.0).to_radians();
        let lower = [r * longitude.cos(), r * longitude.sin(), -z];
        assert!(distance(center(&mesh, 5 + k), lower) < 1e-15);
    }
}

#[test]
fn law_there_are_120_symmetries_and_they_are_orthogonal() {
    let group = symmetries();
    assert_eq!(group.len(), 120);
    for (k, symmetry) in group.iter().enumerate() {
        for x in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.6, 0.0, -0.8]] {
            assert!((norm(apply(symmetry, x)) - 1.0).abs() < 1e-14);
        }
        let twins = group.iter().filter(|other| (0..3).all(|row| distance(symmetry[row], other[row]) < 1e-9));
        assert_eq!(twins.count(), 1, "symmetry {k} occurs twice");
    }
}

#[test]
fn law_symmetries_permute_cells_and_faces() {
    for mesh in spheres([1, 2, 3, 5, 8]) {
        let domain = mesh.domain();
        let both_ways = |face| {
            let [a, b] = mesh.face_cells(face);
            [([a, b], face), ([b, a], face)]
        };
        let faces: HashMap<[usize; 2], usize> = (0..mesh.faces()).flat_map(both_ways).collect();
        for symmetry in symmetries() {
            let image = permutation(&mesh, &symmetry);
            let mut hit = image.clone();
            hit.sort_unstable();
            assert!(hit.iter().copied().eq(0..mesh.cells()));
            for (cell, &to) in image.iter().enumerate() {
                assert!((mesh.measures()[cell] / mesh.measures()[to] - 1.0).abs() < 1e-13);
            }
            for face in 0..mesh.faces() {
                let to = faces[&mesh.face_cells(face).map(|cell| image[cell])];
                assert!((mesh.face_measure(face) - mesh.face_measure(to)).abs() < 2e-15);
                assert!((mesh.face_distance(face) - mesh.face_distance(to)).abs() < 2e-15);
                let gap = distance(apply(&symmetry, mesh.face_midpoint(face)), mesh.face_midpoint(to));
                assert!(gap < 2e-15, "{domain:?}, face {face}: {gap:e}");
            }
        }
    }
}
