//! The sphere in the Voronoi cells of the icosahedron, cut in its flat faces and projected once.

use rayon::prelude::*;

use crate::domain::{Domain, MeshError};
use crate::geometry::{Vector, arc, triangle_area, unit};
use crate::lattice::{Lattice, Site};
use crate::mesh::Mesh;

/// Cells per task: large enough to hide the scheduling, small enough to balance it.
const BLOCK: usize = 1024;

/// Builds [`Mesh::sphere`].
pub(crate) fn build(subdivision: usize) -> Result<Mesh, MeshError> {
    if subdivision == 0 {
        return Err(MeshError::NoSubdivision);
    }
    if subdivision > Lattice::MAX_SUBDIVISION {
        return Err(MeshError::TooFine { subdivision, maximum: Lattice::MAX_SUBDIVISION });
    }
    let lattice = Lattice::new(subdivision);
    Ok(voronoi(lattice, flat_centers(lattice)))
}

/// The Voronoi mesh of `centers`, `[cells, 3]`, whose Delaunay triangulation is the lattice.
fn voronoi(lattice: Lattice, centers: Vec<f64>) -> Mesh {
    let mut face_cells = vec![[0; 2]; 3 * lattice.owners()];
    face_cells.par_chunks_exact_mut(3).with_min_len(BLOCK).enumerate().for_each(|(owner, faces)| {
        for (face, neighbor) in faces.iter_mut().zip(lattice.owned_neighbors(owner)) {
            *face = [owner as u32, neighbor as u32];
        }
    });
    let mut cell_faces = vec![0; 6 * lattice.cells()];
    cell_faces
        .par_chunks_exact_mut(6)
        .with_min_len(BLOCK)
        .enumerate()
        .for_each(|(cell, slots)| slots.copy_from_slice(&lattice.faces(cell)));
    let mut mesh = Mesh {
        domain: Domain::Sphere { subdivision: lattice.subdivision() },
        centers,
        measures: Vec::new(),
        face_cells,
        face_measures: Vec::new(),
        face_distances: Vec::new(),
        cell_faces,
    };
    measure(&mut mesh);
    mesh
}

/// Fills in the measures of cells and faces and the distances between centers.
fn measure(mesh: &mut Mesh) {
    let vertices: Vec<Vector> =
        (0..mesh.vertices()).into_par_iter().with_min_len(BLOCK).map(|v| mesh.vertex(v)).collect();
    let faces = (0..mesh.faces()).into_par_iter().with_min_len(BLOCK);
    let face_distances = faces
        .clone()
        .map(|f| {
            let [first, second] = mesh.face_cells[f];
            arc(mesh.point(first as usize), mesh.point(second as usize))
        })
        .collect();
    let face_measures = faces
        .map(|f| {
            let [start, end] = mesh.face_vertices(f);
            arc(vertices[start], vertices[end])
        })
        .collect();
    let cells = (0..mesh.cells()).into_par_iter().with_min_len(BLOCK);
    let measures = cells.map(|cell| polygon_area(mesh, &vertices, cell)).collect();
    mesh.face_distances = face_distances;
    mesh.face_measures = face_measures;
    mesh.measures = measures;
}

/// Area of a cell: the triangles from its center to each of its edges.
fn polygon_area(mesh: &Mesh, vertices: &[Vector], cell: usize) -> f64 {
    let center = mesh.point(cell);
    mesh.cell_edges(cell).map(|(_, start, end)| triangle_area(center, vertices[start], vertices[end])).sum()
}

/// Unit vectors of the flat subdivision, `[cells, 3]`.
fn flat_centers(lattice: Lattice) -> Vec<f64> {
    let corners: [[Vector; 4]; 10] = std::array::from_fn(rhombus_corners);
    let mut centers = vec![0.0; 3 * lattice.cells()];
    centers.par_chunks_exact_mut(3).with_min_len(BLOCK).enumerate().for_each(|(cell, center)| {
        center.copy_from_slice(&match lattice.site(cell) {
            Site::North => NORTH,
            Site::South => SOUTH,
            Site::Rhombus { rhombus, row, column } => {
                flat_point(corners[rhombus], lattice.subdivision(), row, column)
            }
        });
    });
    centers
}

/// The projected point (i, j) of a rhombus: integer weights of three corners, so that the symmetries of the icosahedron
/// hold to round-off.
fn flat_point([a, b, c, d]: [Vector; 4], n: usize, i: usize, j: usize) -> Vector {
    let weighted = |p: usize, a: Vector, q: usize, b: Vector, r: usize, c: Vector| {
        let [p, q, r] = [p, q, r].map(|weight| weight as f64);
        unit(std::array::from_fn(|x| p * a[x] + q * b[x] + r * c[x]))
    };
    if i + j <= n { weighted(n - i - j, a, i, b, j, d) } else { weighted(i + j - n, c, n - j, b, n - i, d) }
}

const NORTH: Vector = [0.0, 0.0, 1.0];
const SOUTH: Vector = [0.0, 0.0, -1.0];

/// Corners (0,0), (n,0), (n,n), (0,n) of a rhombus; see [`crate::lattice`].
fn rhombus_corners(rhombus: usize) -> [Vector; 4] {
    let r = rhombus % 5;
    if rhombus < 5 {
        [NORTH, upper(r), lower(r), upper(r + 1)]
    } else {
        [upper(r + 1), lower(r), SOUTH, lower(r + 1)]
    }
}

/// U(k): latitude atan(1/2), longitude 72 k degrees. In surds, so that the mirror images are exact.
fn upper(k: usize) -> Vector {
    let root = 5f64.sqrt();
    let near = [0.25 * (root - 1.0), 0.25 * (10.0 + 2.0 * root).sqrt()];
    let far = [-0.25 * (root + 1.0), 0.25 * (10.0 - 2.0 * root).sqrt()];
    let [x, y] = match k % 5 {
        0 => [1.0, 0.0],
        1 => near,
        2 => far,
        3 => [far[0], -far[1]],
        _ => [near[0], -near[1]],
    };
    [2.0 * x / root, 2.0 * y / root, 1.0 / root]
}

/// L(k): latitude -atan(1/2), longitude 72 k + 36 degrees, opposite to U(k - 2).
fn lower(k: usize) -> Vector {
    upper(k + 3).map(|x| -x)
}
