//! Meshes of the circle and of the sphere for finite volumes.
//!
//! A [`Mesh`] divides the unit circle S^1 into equal arcs, or the unit sphere S^2 into the Voronoi cells of a
//! subdivided icosahedron. It knows geometry only, and has one layout for both domains, so that a finite-volume loop
//! never asks which domain it is on:
//!
//! - *cells* have a center (a unit vector, the Voronoi generator) and a measure (arc length or area);
//! - *faces* lie between two cells, are oriented from the first to the second, and have a measure (1 on the circle,
//!   where a face is a point; an arc length on the sphere) and a geodesic distance between the two centers;
//! - *vertices* are the corners of the cells: on the circle the faces themselves, on the sphere the circumcenters of
//!   the triangles of centers.
//!
//! Everything is dimensionless; the surface measure sigma is not normalised: it totals 2 pi on the circle and 4 pi on
//! the sphere.
//!
//! ```
//! use sphereflow_mesh::Mesh;
//!
//! # fn main() -> Result<(), sphereflow_mesh::MeshError> {
//! let mesh = Mesh::sphere(4)?;
//! assert_eq!((mesh.cells(), mesh.faces(), mesh.vertices()), (162, 480, 320));
//! // The discrete divergence of a constant vector field's tangential part, integrated over one cell.
//! let outflow: f64 = mesh
//!     .cell_faces(7)
//!     .iter()
//!     .map(|&f| f as usize)
//!     .map(|f| mesh.sign(f, 7) * mesh.face_measure(f) * mesh.face_normal(f)[2])
//!     .sum();
//! assert!((outflow + 2.0 * mesh.measures()[7] * mesh.center(7)[2]).abs() < 1e-3);
//! # Ok(())
//! # }
//! ```

mod centroidal;
mod circle;
mod domain;
mod generators;
mod geometry;
pub mod lattice;
mod lines;
mod mesh;
mod nearest;
pub mod patch;
mod polygon;
mod quality;
mod recursive;
mod sector;
mod sphere;

pub use domain::{Domain, MeshError, SphereMesh};
pub use generators::Generators;
pub use lattice::Lattice;
pub use lines::{Bend, Edge, Skew};
pub use mesh::{CellFaces, Mesh};
pub use patch::Patch;
pub use quality::Quality;
