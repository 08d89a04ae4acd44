//! The arrays of a mesh as a run file stores them.

use sphereflow_mesh::{Domain, Mesh};

use crate::run::{Column, MeshTable, PolygonTable, RunDomain};

/// How to compute one row of a column.
type RowOf<'m, T> = Box<dyn Fn(usize) -> T + Sync + 'm>;

/// A mesh as columns that are computed row by row when they are written: nothing of the size of the mesh is stored.
pub struct MeshArrays<'m> {
    mesh: &'m Mesh,
    face_cells: RowOf<'m, [u32; 2]>,
    face_measure: RowOf<'m, f64>,
    face_distance: RowOf<'m, f64>,
    vertex: RowOf<'m, [f64; 3]>,
    face_vertices: RowOf<'m, [u32; 2]>,
}

impl<'m> MeshArrays<'m> {
    /// The columns of a mesh.
    pub fn new(mesh: &'m Mesh) -> Self {
        Self {
            mesh,
            face_cells: Box::new(|f| mesh.face_cells(f).map(|cell| cell as u32)),
            face_measure: Box::new(|f| mesh.face_measure(f)),
            face_distance: Box::new(|f| mesh.face_distance(f)),
            vertex: Box::new(|v| mesh.vertex(v)),
            face_vertices: Box::new(|f| mesh.face_vertices(f).map(|v| v as u32)),
        }
    }

    /// The tables to write; a mesh of the circle has no polygons.
    pub fn table(&self) -> MeshTable<'_> {
        let mesh = self.mesh;
        let (cells, faces, vertices) = (mesh.cells(), mesh.faces(), mesh.vertices());
        let (domain, polygons) = match mesh.domain() {
            Domain::Circle { .. } => (RunDomain::Circle { cells }, None),
            Domain::Sphere { subdivision, mesh } => {
                let polygons = PolygonTable {
                    vertex: Column::Computed { len: vertices, row: &self.vertex },
                    face_vertices: Column::Computed { len: faces, row: &self.face_vertices },
                };
                (RunDomain::Sphere { subdivision, mesh }, Some(polygons))
            }
        };
        MeshTable {
            domain,
            center: mesh.centers(),
            measure: mesh.measures(),
            face_cells: Column::Computed { len: faces, row: &self.face_cells },
            face_measure: Column::Computed { len: faces, row: &self.face_measure },
            face_distance: Column::Computed { len: faces, row: &self.face_distance },
            polygons,
        }
    }
}
