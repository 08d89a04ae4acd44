//! The arrays of a mesh as a run file stores them.

use ndarray::ArrayView2;
use sphereflow_mesh::{Domain, Mesh};

use crate::run::{MeshTable, PolygonTable, RunDomain};

/// A mesh with the arrays that it derives only when they are asked for.
pub struct MeshArrays<'m> {
    mesh: &'m Mesh,
    vertex: Vec<f64>,
    face_vertices: Vec<[u32; 2]>,
}

impl<'m> MeshArrays<'m> {
    /// Derives the vertices and the faces' ends of a mesh of the sphere; a mesh of the circle has none to store.
    pub fn new(mesh: &'m Mesh) -> Self {
        let (vertices, faces) = match mesh.domain() {
            Domain::Circle { .. } => (0, 0),
            Domain::Sphere { .. } => (mesh.vertices(), mesh.faces()),
        };
        Self {
            mesh,
            vertex: (0..vertices).flat_map(|v| mesh.vertex(v)).collect(),
            face_vertices: (0..faces).map(|f| mesh.face_vertices(f).map(|v| v as u32)).collect(),
        }
    }

    /// The tables to write.
    pub fn table(&self) -> MeshTable<'_> {
        let mesh = self.mesh;
        let vertex = ArrayView2::from_shape((self.vertex.len() / 3, 3), &self.vertex);
        MeshTable {
            domain: match mesh.domain() {
                Domain::Circle { cells } => RunDomain::Circle { cells },
                Domain::Sphere { subdivision } => RunDomain::Sphere { subdivision },
            },
            center: mesh.centers(),
            measure: mesh.measures(),
            face_cells: mesh.face_cells(),
            face_measure: mesh.face_measures(),
            face_distance: mesh.face_distances(),
            polygons: (!self.vertex.is_empty()).then(|| PolygonTable {
                vertex: vertex.expect("three numbers for each vertex"),
                face_vertices: &self.face_vertices,
            }),
        }
    }
}
