//! Laws of the generators: what defines each kind, and what follows from the weights alone.

mod common;

use common::{center, combine, distance, exists, spheres, subdivision, unit};
use sphereflow_mesh::lattice::Site;
use sphereflow_mesh::{Domain, Generators, Lattice, Mesh, MeshError, SphereMesh};

/// Offsets from the cell's own formula, relative to the spacing; the formula itself is held to quadrature in
/// `law_generators_are_centroids_by_quadrature`.
#[test]
fn law_centroidal_generators_are_the_centroids_for_every_subdivision() {
    for n in (1..=48).chain([61, 64, 97, 100, 127, 128, 129, 200]) {
        let mesh = Mesh::sphere_by(SphereMesh::Centroidal, n).expect("a mesh");
        let offset = mesh.quality().max_centroid_offset;
        assert!(offset <= 1.2e-12 + 3e-15 * n as f64, "n = {n}: {offset:e}");
    }
}

#[test]
fn law_generators_are_centroids_by_quadrature() {
    for n in [2, 5, 16] {
        let mesh = Mesh::sphere_by(SphereMesh::Centroidal, n).expect("a mesh");
        let rule = common::gauss_legendre(16);
        for cell in 0..mesh.cells() {
            let (_, moment) = common::cell_integrals(&mesh, cell, &rule);
            let gap = distance(unit(moment), center(&mesh, cell));
            assert!(gap < 1e-13, "n = {n}, cell {cell}: {gap:e}");
        }
    }
}

/// The quality's offset of centroids is that of quadrature, on meshes where it is not zero.
#[test]
fn law_offsets_of_centroids_are_those_of_quadrature() {
    for mesh in spheres([2, 5, 8]) {
        let (rule, quality) = (common::gauss_legendre(16), mesh.quality());
        let offsets = (0..mesh.cells()).map(|cell| {
            let (_, moment) = common::cell_integrals(&mesh, cell, &rule);
            distance(unit(moment), center(&mesh, cell))
        });
        let largest = offsets.fold(0.0, f64::max) / quality.mean_distance;
        assert!((largest - quality.max_centroid_offset).abs() < 1e-12, "{:?}: {largest}", mesh.domain());
    }
}

#[test]
fn law_bisection_keeps_the_coarse_generators_and_halves_their_edges() {
    for n in [2, 4, 8, 16] {
        let recursive = |n| Mesh::sphere_by(SphereMesh::Recursive, n).expect("a mesh");
        let (coarse, fine) = (recursive(n / 2), recursive(n));
        let image = fine_cells(coarse.lattice().expect("a lattice"));
        for (cell, &to) in image.iter().enumerate() {
            assert!(distance(center(&coarse, cell), center(&fine, to)) < 1e-15, "n = {n}, cell {cell}");
        }
        for face in 0..coarse.faces() {
            let ends = coarse.face_cells(face).map(|cell| center(&coarse, cell));
            let middle = unit(combine(1.0, ends[0], 1.0, ends[1]));
            let found = fine.nearest(&middle, 0);
            assert!(distance(center(&fine, found), middle) < 1e-15, "n = {n}, face {face}");
        }
    }
}

/// Where the cells of a lattice are in that of twice the subdivision.
fn fine_cells(lattice: Lattice) -> Vec<usize> {
    let n = lattice.subdivision();
    (0..lattice.cells())
        .map(|cell| match lattice.site(cell) {
            Site::Rhombus { rhombus, row, column } => {
                rhombus * 4 * n * n + (2 * row - 1) * 2 * n + 2 * column
            }
            Site::North => 40 * n * n,
            Site::South => 40 * n * n + 1,
        })
        .collect()
}

#[test]
fn law_the_smallest_meshes_of_all_kinds_are_one() {
    let flat = Mesh::sphere(1).expect("a mesh");
    for mesh in spheres([1]) {
        for cell in 0..12 {
            assert!(distance(center(&mesh, cell), center(&flat, cell)) < 1e-15, "{:?}", mesh.domain());
        }
    }
}

#[test]
fn law_a_mesh_follows_from_its_weights() {
    for kind in SphereMesh::ALL {
        for n in [1, 2, 3, 8, 31, 64].into_iter().filter(|&n| exists(kind, n)) {
            let found = Generators::new(kind, n).expect("generators");
            assert_eq!(found.weights().len(), Generators::orbits(n));
            let kept = Generators::from_weights(kind, n, found.weights().to_vec()).expect("its own weights");
            let mesh = Mesh::sphere_of(&kept).expect("a mesh");
            assert_eq!(mesh, Mesh::sphere_by(kind, n).expect("a mesh"));
            assert_eq!(subdivision(&mesh), n);
        }
    }
}

#[test]
fn law_orbits_are_the_triples_in_order() {
    for n in 1..60 {
        let triples = (0..=n).flat_map(|q| (0..=n - q).map(move |r| (n - q - r, q, r)));
        assert_eq!(Generators::orbits(n), triples.filter(|(p, q, r)| p >= q && q >= r).count(), "n = {n}");
    }
    let flat = Generators::new(SphereMesh::Flat, 4).expect("generators");
    assert_eq!(flat.weights(), [[4.0, 0.0, 0.0], [3.0, 1.0, 0.0], [2.0, 2.0, 0.0], [2.0, 1.0, 1.0]]);
}

#[test]
fn law_weights_that_are_no_generators_are_refused() {
    let kind = SphereMesh::Centroidal;
    let good = Generators::new(kind, 8).expect("generators").weights().to_vec();
    let refused = Err(MeshError::ForeignWeights { subdivision: 8 });
    assert_eq!(Generators::from_weights(kind, 8, good[1..].to_vec()), refused);
    for bad in [[f64::NAN; 3], [1.0, 2.0, 0.0], [1.0, 0.5, -0.1], [0.0; 3], [f64::INFINITY, 1.0, 0.0]] {
        let mut weights = good.clone();
        weights[3] = bad;
        assert_eq!(Generators::from_weights(kind, 8, weights), refused, "{bad:?}");
    }
    // In order, but not where the lattice has neighbours.
    let mut weights = good;
    weights[2] = weights[4];
    let generators = Generators::from_weights(kind, 8, weights).expect("weights in order");
    assert_eq!(Mesh::sphere_of(&generators), Err(MeshError::NotDelaunay { mesh: kind, subdivision: 8 }));
}

#[test]
fn law_centers_without_the_mesh_are_those_of_the_mesh() {
    let circles = [3, 5, 97].map(|cells| Mesh::circle(cells).expect("a mesh"));
    for mesh in spheres([1, 2, 3, 7, 16]).into_iter().chain(circles) {
        let centers = mesh.domain().centers().expect("centers");
        for cell in 0..mesh.cells() {
            let kept = mesh.center(cell);
            assert_eq!(&centers(cell)[..kept.len()], kept, "{:?}, cell {cell}", mesh.domain());
        }
    }
    assert!(Domain::Circle { cells: 2 }.centers().is_err());
    assert!(Domain::Sphere { subdivision: 12, mesh: SphereMesh::Recursive }.centers().is_err());
}
