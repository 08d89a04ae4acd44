//! How far a mesh is from uniform.

use rayon::prelude::*;

use crate::domain::Domain;
use crate::geometry::{Vector, add, arc, midpoint, norm};
use crate::mesh::Mesh;
use crate::polygon::Polygon;

/// Cells that are gone through by one thread.
const BLOCK: usize = 4096;

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
    /// The quality of `mesh`, without arrays of a face or a cell each.
    pub(crate) fn of(mesh: &Mesh) -> Self {
        let Domain::Sphere { .. } = mesh.domain() else { return Self::of_circle(mesh) };
        let blocks: Vec<Tally> = (0..mesh.cells().div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let cells = block * BLOCK..mesh.cells().min((block + 1) * BLOCK);
                cells.fold(Tally::default(), |tally, cell| tally.with(mesh, cell))
            })
            .collect();
        let all = blocks.iter().fold(Tally::default(), Tally::merge);
        let faces = mesh.faces() as f64;
        let mean_distance = all.distances / faces;
        Self {
            area_ratio: all.measure.ratio(),
            distance_ratio: all.distance.ratio(),
            mean_distance,
            min_face_ratio: all.face_ratio.low,
            max_face_ratio: all.face_ratio.high,
            max_offset: all.offset.high,
            mean_offset: all.offsets / faces,
            max_centroid_offset: all.centroid_offset.high / mean_distance,
        }
    }

    fn of_circle(mesh: &Mesh) -> Self {
        let distance = mesh.face_distance(0);
        Self {
            area_ratio: 1.0,
            distance_ratio: 1.0,
            mean_distance: distance,
            min_face_ratio: 1.0 / distance,
            max_face_ratio: 1.0 / distance,
            max_offset: 0.0,
            mean_offset: 0.0,
            max_centroid_offset: 0.0,
        }
    }
}

/// Smallest and largest of nonnegative numbers.
#[derive(Clone, Copy)]
struct Range {
    low: f64,
    high: f64,
}

impl Default for Range {
    fn default() -> Self {
        Self { low: f64::INFINITY, high: 0.0 }
    }
}

impl Range {
    fn include(&mut self, value: f64) {
        self.merge(Self { low: value, high: value });
    }

    fn merge(&mut self, other: Self) {
        (self.low, self.high) = (self.low.min(other.low), self.high.max(other.high));
    }

    fn ratio(self) -> f64 {
        self.high / self.low
    }
}

/// What is known of some cells and of the faces that they own.
#[derive(Clone, Copy, Default)]
struct Tally {
    measure: Range,
    distance: Range,
    distances: f64,
    face_ratio: Range,
    /// Midpoint of an edge to midpoint of the centers, relative to the edge.
    offset: Range,
    offsets: f64,
    centroid_offset: Range,
}

impl Tally {
    /// With a cell of the sphere.
    fn with(mut self, mesh: &Mesh, cell: usize) -> Self {
        let (center, faces) = (mesh.point(cell), mesh.cell_faces(cell));
        let mut neighbors = [[0.0; 3]; 6];
        for (neighbor, &face) in neighbors.iter_mut().zip(&*faces) {
            *neighbor = mesh.point(mesh.neighbor(face as usize, cell));
        }
        let neighbors = &neighbors[..faces.len()];
        let polygon = Polygon::new(center, neighbors);
        self.measure.include(mesh.measures()[cell]);
        self.centroid_offset.include(norm(polygon.centroid_offset()));
        for (k, &face) in faces.iter().enumerate() {
            if mesh.sign(face as usize, cell) > 0.0 {
                self.include_face(center, neighbors[k], polygon.edge(k));
            }
        }
        self
    }

    /// With the face between two centers, its ends given as differences from the first.
    fn include_face(&mut self, center: Vector, neighbor: Vector, edge: [Vector; 2]) {
        let [start, end] = edge.map(|corner| add(center, corner));
        let (length, distance) = (arc(start, end), arc(center, neighbor));
        let offset = arc(midpoint(start, end), midpoint(center, neighbor)) / length;
        self.distance.include(distance);
        self.distances += distance;
        self.face_ratio.include(length / distance);
        self.offset.include(offset);
        self.offsets += offset;
    }

    fn merge(mut self, other: &Self) -> Self {
        self.measure.merge(other.measure);
        self.distance.merge(other.distance);
        self.distances += other.distances;
        self.face_ratio.merge(other.face_ratio);
        self.offset.merge(other.offset);
        self.offsets += other.offsets;
        self.centroid_offset.merge(other.centroid_offset);
        self
    }
}
