//! The nearest center, against the search of all of them.

mod common;

use common::{
    SUBDIVISIONS, Vector, center, combine, distance, polygon, sphere, spheres, spiral, subdivision, unit,
};
use sphereflow_mesh::Mesh;

/// `nearest` may choose freely among cells whose distances round-off cannot tell apart.
fn assert_nearest(mesh: &Mesh, point: Vector, hint: usize) {
    let found = distance(center(mesh, mesh.nearest(&point[..mesh.dim()], hint)), point);
    let best =
        (0..mesh.cells()).map(|cell| distance(center(mesh, cell), point)).fold(f64::INFINITY, f64::min);
    assert!(found <= best * (1.0 + 1e-13), "{point:?} from {hint}: {found} instead of {best}");
}

#[test]
fn law_nearest_on_the_sphere_is_nearest_of_all_from_any_hint() {
    for mesh in spheres(SUBDIVISIONS) {
        for (k, point) in spiral(500).enumerate() {
            assert_nearest(&mesh, point, k * 7919 % mesh.cells());
        }
    }
}

#[test]
fn law_nearest_holds_at_poles_vertices_and_faces() {
    for mesh in spheres([1, 3, 7, 8]) {
        let n = subdivision(&mesh);
        assert_eq!(mesh.nearest(&[0.0, 0.0, 1.0], mesh.cells() - 1), 10 * n * n);
        assert_eq!(mesh.nearest(&[0.0, 0.0, -1.0], 0), 10 * n * n + 1);
        for cell in 0..mesh.cells() {
            let opposite = center(&mesh, cell).map(|x| -x);
            assert_nearest(&mesh, opposite, cell);
            assert_eq!(mesh.nearest(mesh.center(cell), mesh.nearest(&opposite, cell)), cell);
            for corner in polygon(&mesh, cell) {
                assert_nearest(&mesh, corner, mesh.cells() - 1 - cell);
            }
        }
        for face in 0..mesh.faces() {
            assert_nearest(&mesh, mesh.face_midpoint(face), 0);
        }
    }
}

/// A step of ten units of round-off decides between the cells of a face; scalar products with the centers would need a
/// step larger by the inverse of the size of the cells.
#[test]
fn law_nearest_resolves_points_close_to_a_face() {
    let (mesh, step) = (sphere(64), 2e-15);
    for face in 0..mesh.faces() {
        let [first, second] = mesh.face_cells(face);
        let (middle, normal) = (mesh.face_midpoint(face), mesh.face_normal(face));
        assert_eq!(mesh.nearest(&unit(combine(1.0, middle, -step, normal)), second), first);
        assert_eq!(mesh.nearest(&unit(combine(1.0, middle, step, normal)), first), second);
    }
}

#[test]
fn law_nearest_on_the_circle_is_nearest_of_all() {
    for n in [3, 4, 5, 64, 257] {
        let mesh = Mesh::circle(n).expect("a valid number of cells");
        for k in 0..1000 {
            let (sine, cosine) = (0.7 * f64::from(k)).sin_cos();
            assert_nearest(&mesh, [cosine, sine, 0.0], k as usize % n);
        }
        for cell in 0..n {
            assert_eq!(mesh.nearest(mesh.center(cell), 0), cell);
            assert_nearest(&mesh, mesh.face_midpoint(cell), 0);
        }
        for point in [[1.0, 0.0], [1.0, -0.0], [-1.0, 0.0], [-1.0, -0.0], [1.0, -1e-300]] {
            assert_nearest(&mesh, [point[0], point[1], 0.0], 0);
        }
    }
}
