//! Laws of the meshes of the circle.

mod common;

use std::f64::consts::{PI, TAU};

use common::{angle, center, distance, dot};
use sphereflow_mesh::{Domain, Mesh, MeshError};

const SIZES: [usize; 6] = [3, 4, 5, 7, 64, 257];

fn circle(cells: usize) -> Mesh {
    Mesh::circle(cells).expect("a valid number of cells")
}

fn at(turn: f64) -> [f64; 3] {
    [(TAU * turn).cos(), (TAU * turn).sin(), 0.0]
}

#[test]
fn law_the_circle_has_as_many_faces_as_cells() {
    for n in SIZES {
        let mesh = circle(n);
        assert_eq!(mesh.domain(), Domain::Circle { cells: n });
        assert_eq!((mesh.dim(), mesh.cells(), mesh.faces(), mesh.vertices()), (2, n, n, n));
        assert_eq!(mesh.centers().dim(), (n, 2));
        assert_eq!((mesh.lattice(), mesh.bytes()), (None, 24 * n));
    }
}

#[test]
fn law_arcs_add_up_to_the_circle() {
    for n in SIZES {
        let mesh = circle(n);
        assert!((mesh.measures().iter().sum::<f64>() / TAU - 1.0).abs() < 1e-13);
        assert_eq!(mesh.total_measure(), TAU);
        assert!(mesh.measures().iter().all(|&measure| measure == TAU / n as f64));
        assert!(mesh.face_measures().iter().all(|&measure| measure == 1.0));
    }
}

#[test]
fn law_centers_and_faces_alternate_at_equal_angles() {
    for n in SIZES {
        let mesh = circle(n);
        for k in 0..n {
            assert!(distance(center(&mesh, k), at((k as f64 + 0.5) / n as f64)) < 2e-15);
            assert!(distance(mesh.face_midpoint(k), at((k + 1) as f64 / n as f64)) < 2e-15);
            assert!(distance(mesh.face_normal(k), at((k + 1) as f64 / n as f64 + 0.25)) < 1e-15 * n as f64);
            assert_eq!(mesh.face_cells(k), [k, (k + 1) % n]);
            let [first, second] = mesh.face_cells(k).map(|cell| center(&mesh, cell));
            assert!((mesh.face_distance(k) - angle(first, second)).abs() < 2e-15);
            assert!(dot(first, mesh.face_normal(k)) < 0.0 && dot(second, mesh.face_normal(k)) > 0.0);
        }
    }
}

#[test]
fn law_a_cell_lies_between_its_lower_and_its_higher_face() {
    for n in SIZES {
        let mesh = circle(n);
        for cell in 0..n {
            let faces = [(cell + n - 1) % n, cell];
            assert_eq!(*mesh.cell_faces(cell), faces.map(|face| face as u32));
            assert!(mesh.cell_polygon(cell).eq(faces));
            assert_eq!(faces.map(|face| mesh.sign(face, cell)), [-1.0, 1.0]);
            assert_eq!(faces.map(|face| mesh.neighbor(face, cell)), [faces[0], (cell + 1) % n]);
            assert_eq!(mesh.face_vertices(cell), [cell, cell]);
            assert_eq!(mesh.vertex(cell), mesh.face_midpoint(cell));
        }
    }
}

/// Quarter turns and reflections in the axes and diagonals.
#[test]
fn law_the_centers_are_symmetric_to_the_last_bit() {
    for n in [4, 12, 64, 1000] {
        let mesh = circle(n);
        for cell in 0..n {
            let [x, y, _] = center(&mesh, cell);
            assert_eq!(mesh.center((cell + n / 4) % n), [-y, x]);
            assert_eq!(mesh.center(n - 1 - cell), [x, -y]);
            assert_eq!(mesh.center((n / 4 + n - 1 - cell) % n), [y, x]);
        }
    }
}

#[test]
fn law_the_circle_is_uniform() {
    let quality = circle(100).quality();
    assert_eq!((quality.area_ratio, quality.distance_ratio), (1.0, 1.0));
    assert_eq!((quality.max_offset, quality.mean_offset, quality.max_centroid_offset), (0.0, 0.0, 0.0));
    assert!(
        (quality.min_face_ratio - 50.0 / PI).abs() < 1e-13
            && quality.max_face_ratio == quality.min_face_ratio
    );
}

#[test]
fn law_numbers_of_cells_out_of_range_are_refused() {
    for cells in 0..3 {
        assert_eq!(Mesh::circle(cells), Err(MeshError::TooFewCells { cells, minimum: 3 }));
    }
    let refused = Mesh::circle(usize::MAX);
    assert_eq!(refused, Err(MeshError::TooManyCells { cells: usize::MAX, maximum: u32::MAX as usize }));
}
