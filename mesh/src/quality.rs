//! How far a mesh is from uniform.

use rayon::prelude::*;

use crate::domain::Domain;
use crate::geometry::{Vector, add, arc, midpoint, scale, unit};
use crate::mesh::Mesh;

/// Numbers that say how far a mesh is from uniform. On the circle the ratios are 1 and the offsets 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Largest over smallest cell measure.
    pub area_ratio: f64,
    /// Largest over smallest geodesic distance of neighbouring centers.
    pub distance_ratio: f64,
    /// Mean geodesic distance of neighbouring centers.
    pub mean_distance: f64,
    /// Smallest face measure over the distance of its two centers.
    pub min_face_ratio: f64,
    /// Largest face measure over the distance of its two centers.
    pub max_face_ratio: f64,
    /// Largest distance between the midpoint of an edge and the midpoint of its two centers, relative to the edge.
    pub max_offset: f64,
    /// Mean of the same over the faces.
    pub mean_offset: f64,
    /// Largest distance between the center of a cell and its centroid, relative to `mean_distance`. On the flat
    /// subdivision it tends to about 0.012, not to zero: the lattice has a kink along the edges of the icosahedron.
    pub max_centroid_offset: f64,
}

impl Quality {
    /// The quality of `mesh`.
    pub(crate) fn of(mesh: &Mesh) -> Self {
        let (min_distance, max_distance) = range(mesh.face_distances());
        let (min_measure, max_measure) = range(mesh.measures());
        let ratios: Vec<f64> =
            mesh.face_measures().iter().zip(mesh.face_distances()).map(|(length, d)| length / d).collect();
        let (min_face_ratio, max_face_ratio) = range(&ratios);
        let offsets = edge_offsets(mesh);
        let mean_distance = mean(mesh.face_distances());
        Self {
            area_ratio: max_measure / min_measure,
            distance_ratio: max_distance / min_distance,
            mean_distance,
            min_face_ratio,
            max_face_ratio,
            max_offset: range(&offsets).1,
            mean_offset: mean(&offsets),
            max_centroid_offset: range(&centroid_offsets(mesh)).1 / mean_distance,
        }
    }
}

/// Smallest and largest of positive numbers.
fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, 0.0), |(low, high), &x| (low.min(x), high.max(x)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// For each face, midpoint of the edge to midpoint of the centers, relative to the edge.
fn edge_offsets(mesh: &Mesh) -> Vec<f64> {
    if let Domain::Circle { cells } = mesh.domain() {
        return vec![0.0; cells];
    }
    let offset = |face: usize| {
        let [first, second] = mesh.face_centers(face);
        arc(mesh.face_midpoint(face), midpoint(first, second)) / mesh.face_measures()[face]
    };
    (0..mesh.faces()).into_par_iter().map(offset).collect()
}

/// For each cell, center to centroid.
fn centroid_offsets(mesh: &Mesh) -> Vec<f64> {
    if let Domain::Circle { cells } = mesh.domain() {
        return vec![0.0; cells];
    }
    (0..mesh.cells()).into_par_iter().map(|cell| arc(mesh.point(cell), centroid(mesh, cell))).collect()
}

/// Centroid of a cell of the sphere, projected: the direction of the integral of x over the cell.
///
/// By the divergence theorem (the tangential part of a constant vector a has divergence -2 a . x) that integral is
/// minus one half of the sum of outward normal times length of the edges.
fn centroid(mesh: &Mesh, cell: usize) -> Vector {
    let outward = mesh.cell_faces(cell).iter().fold([0.0; 3], |sum, &face| {
        let face = face as usize;
        add(sum, scale(mesh.sign(face, cell) * mesh.face_measures()[face], mesh.face_normal(face)))
    });
    unit(scale(-1.0, outward))
}
