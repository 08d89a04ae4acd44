//! Laws of the meshes of the sphere: counts, measures, faces, vertices.

mod common;

use std::collections::HashMap;
use std::f64::consts::PI;

use common::{
    SUBDIVISIONS, angle, cell_integrals, center, combine, cross, determinant, distance, dot, gauss_legendre,
    norm, polygon, spheres, subdivision,
};
use sphereflow_mesh::{Mesh, MeshError, SphereMesh};

#[test]
fn law_counts_are_those_of_the_subdivided_icosahedron() {
    for mesh in spheres(SUBDIVISIONS) {
        let n = subdivision(&mesh);
        assert_eq!(mesh.cells(), 10 * n * n + 2);
        assert_eq!(mesh.faces(), 30 * n * n);
        assert_eq!(mesh.vertices(), 20 * n * n);
        assert_eq!((mesh.face_measures().len(), mesh.face_distances().len()), (mesh.faces(), mesh.faces()));
        assert_eq!((mesh.measures().len(), mesh.centers().dim()), (mesh.cells(), (mesh.cells(), 3)));
        let sides = |count| (0..mesh.cells()).filter(|&cell| mesh.cell_faces(cell).len() == count).count();
        assert_eq!((sides(5), sides(6)), (12, 10 * n * n - 10));
    }
}

#[test]
fn law_euler_number_of_the_polygons_is_two() {
    for mesh in spheres(SUBDIVISIONS) {
        let mut corners = HashMap::new();
        let mut edges = HashMap::new();
        for cell in 0..mesh.cells() {
            let polygon: Vec<usize> = mesh.cell_polygon(cell).collect();
            for (k, &vertex) in polygon.iter().enumerate() {
                let next = polygon[(k + 1) % polygon.len()];
                *corners.entry(vertex).or_insert(0) += 1;
                *edges.entry((vertex.min(next), vertex.max(next))).or_insert(0) += 1;
            }
        }
        assert!(corners.values().all(|&count| count == 3) && edges.values().all(|&count| count == 2));
        assert_eq!(corners.len() + mesh.cells() - edges.len(), 2);
        assert_eq!((corners.len(), edges.len()), (mesh.vertices(), mesh.faces()));
    }
}

#[test]
fn law_areas_add_up_to_the_sphere() {
    for mesh in spheres([1, 2, 3, 5, 7, 16, 64]) {
        let domain = mesh.domain();
        let total: f64 = mesh.measures().iter().sum();
        assert!((total / (4.0 * PI) - 1.0).abs() < 1e-13, "{domain:?}: {total:.17}");
        assert_eq!(mesh.total_measure(), 4.0 * PI);
    }
}

/// Meshes with rules of quadrature that integrate over their cells exactly.
fn with_rules() -> Vec<(Mesh, Vec<(f64, f64)>)> {
    let pair = |(n, nodes)| spheres([n]).into_iter().map(move |mesh| (mesh, gauss_legendre(nodes)));
    [(2, 16), (5, 10), (16, 6)].into_iter().flat_map(pair).collect()
}

#[test]
fn law_areas_are_the_integrals_over_the_cells() {
    for (mesh, rule) in with_rules() {
        let domain = mesh.domain();
        for cell in 0..mesh.cells() {
            let (area, _) = cell_integrals(&mesh, cell, &rule);
            assert!((area / mesh.measures()[cell] - 1.0).abs() < 2e-13, "{domain:?}, cell {cell}");
        }
    }
}

/// Divergence theorem for the tangential part of a constant vector, whose divergence is -2 a . x: the outward normals
/// times lengths of a cell add up to minus twice the integral of x over it.
#[test]
fn law_cells_close_up_to_their_curvature() {
    for (mesh, rule) in with_rules() {
        let domain = mesh.domain();
        for cell in 0..mesh.cells() {
            let outward = mesh.cell_faces(cell).iter().fold([0.0; 3], |sum, &face| {
                let face = face as usize;
                combine(1.0, sum, mesh.sign(face, cell) * mesh.face_measure(face), mesh.face_normal(face))
            });
            let (_, moment) = cell_integrals(&mesh, cell, &rule);
            let gap = norm(combine(1.0, outward, 2.0, moment));
            assert!(gap < 4e-15, "{domain:?}, cell {cell}: {gap:e}");
        }
    }
}

#[test]
fn law_every_face_is_in_each_of_its_two_cells_once() {
    for mesh in spheres(SUBDIVISIONS) {
        let domain = mesh.domain();
        let mut seen = vec![Vec::new(); mesh.faces()];
        for cell in 0..mesh.cells() {
            for &face in &*mesh.cell_faces(cell) {
                seen[face as usize].push(cell);
            }
        }
        for (face, cells) in seen.iter().enumerate() {
            let [first, second] = mesh.face_cells(face);
            assert_eq!(*cells, [first.min(second), first.max(second)], "{domain:?}, face {face}");
            assert_eq!((mesh.neighbor(face, first), mesh.neighbor(face, second)), (second, first));
            assert_eq!((mesh.sign(face, first), mesh.sign(face, second)), (1.0, -1.0));
        }
    }
}

#[test]
fn law_faces_go_round_their_cell_counterclockwise() {
    for mesh in spheres(SUBDIVISIONS) {
        let domain = mesh.domain();
        for cell in 0..mesh.cells() {
            let here = center(&mesh, cell);
            let around: Vec<usize> =
                mesh.cell_faces(cell).iter().map(|&face| mesh.neighbor(face as usize, cell)).collect();
            let corners = polygon(&mesh, cell);
            let turn: f64 = (0..around.len())
                .map(|k| {
                    let next = (k + 1) % around.len();
                    let [a, b] = [around[k], around[next]].map(|neighbor| center(&mesh, neighbor));
                    assert!(determinant(here, corners[k], corners[next]) > 0.0, "{domain:?}, cell {cell}");
                    for neighbor in [a, b] {
                        let gap = distance(corners[k], neighbor) - distance(corners[k], here);
                        assert!(gap.abs() < 2e-15, "{domain:?}, cell {cell}, vertex {k}: {gap:e}");
                    }
                    let [a, b] = [cross(here, a), cross(here, b)];
                    dot(here, cross(a, b)).atan2(dot(a, b))
                })
                .sum();
            assert!((turn - 2.0 * PI).abs() < 1e-12, "{domain:?}, cell {cell}: {turn}");
        }
    }
}

#[test]
fn law_normals_are_unit_tangent_and_outward() {
    for mesh in spheres(SUBDIVISIONS) {
        let domain = mesh.domain();
        for face in 0..mesh.faces() {
            let [first, second] = mesh.face_cells(face).map(|cell| center(&mesh, cell));
            let [start, end] = mesh.face_vertices(face).map(|vertex| mesh.vertex(vertex));
            let (middle, normal) = (mesh.face_midpoint(face), mesh.face_normal(face));
            assert!((norm(normal) - 1.0).abs() < 4e-16 && (norm(middle) - 1.0).abs() < 4e-16);
            assert!((distance(middle, start) - distance(middle, end)).abs() < 1e-15);
            // A tilt of the normal by one unit of round-off over the size of the cell is what the centers allow.
            let tolerance = 1e-15 * subdivision(&mesh) as f64;
            for along in [middle, start, end] {
                assert!(
                    dot(normal, along).abs() < tolerance,
                    "{domain:?}, face {face}: {:e}",
                    dot(normal, along)
                );
            }
            assert!(dot(normal, first) < 0.0 && dot(normal, second) > 0.0);
            assert!(
                determinant(first, start, end) > 0.0,
                "the ends go counterclockwise about the first cell"
            );
        }
    }
}

#[test]
fn law_measures_of_faces_are_arcs_and_edges_bisect() {
    for mesh in spheres(SUBDIVISIONS) {
        for face in 0..mesh.faces() {
            let [first, second] = mesh.face_cells(face).map(|cell| center(&mesh, cell));
            let [start, end] = mesh.face_vertices(face).map(|vertex| mesh.vertex(vertex));
            assert!((mesh.face_distance(face) - angle(first, second)).abs() < 2e-15);
            assert!((mesh.face_measure(face) - angle(start, end)).abs() < 2e-15);
            for along in [start, mesh.face_midpoint(face), end] {
                assert!((angle(first, along) - angle(second, along)).abs() < 2e-15);
            }
        }
    }
}

/// The cells of the lattice are those of Voronoi.
#[test]
fn law_no_center_is_nearer_to_a_vertex_than_its_own_three() {
    for mesh in spheres(SUBDIVISIONS) {
        let domain = mesh.domain();
        for cell in 0..mesh.cells() {
            for corner in polygon(&mesh, cell) {
                let own = distance(corner, center(&mesh, cell));
                let nearer =
                    (0..mesh.cells()).filter(|&other| distance(corner, center(&mesh, other)) < own - 4e-15);
                assert_eq!(nearer.count(), 0, "{domain:?}, cell {cell}");
            }
        }
    }
}

#[test]
fn law_a_cell_is_stored_in_32_bytes() {
    for mesh in spheres([16, 64]) {
        assert_eq!(mesh.bytes(), 32 * mesh.cells());
    }
}

#[test]
fn law_the_mesh_does_not_depend_on_the_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(|| spheres([37, 64]).into_iter().map(|mesh| (mesh.quality(), mesh)).collect::<Vec<_>>())
    };
    assert_eq!(with(1), with(7));
}

#[test]
fn law_subdivisions_out_of_range_are_refused() {
    assert_eq!(Mesh::sphere(0), Err(MeshError::NoSubdivision));
    let refused = Mesh::sphere(usize::MAX);
    assert_eq!(refused, Err(MeshError::TooFine { subdivision: usize::MAX, maximum: 11_965 }));
    assert!(Mesh::sphere(11_966).is_err());
    for n in [3, 6, 100] {
        let refused = Mesh::sphere_by(SphereMesh::Recursive, n);
        assert_eq!(refused, Err(MeshError::NotPowerOfTwo { subdivision: n }));
    }
}
