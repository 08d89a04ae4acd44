//! The run file: one HDF5 file per run, written so that a crash at any moment leaves it readable.
//!
//! | path | shape | what |
//! |---|---|---|
//! | `/` attributes | | `format`, `format_version`, `sphereflow_version`, `config`, `method`, `complete` |
//! | `/time` | \[S\] | times of the snapshots |
//! | `/density` | \[S, sheets, cells\] | `nu_i`, mass per surface measure; sheets in the order +1, -1 |
//! | `/mesh` attributes | | `domain`; `cells` on the circle, `subdivision` and `mesh` (its kind) on the sphere |
//! | `/mesh/center` | \[cells, dim\] | generators of the cells, unit vectors |
//! | `/mesh/measure` | \[cells\] | arc length or area |
//! | `/mesh/face_cells` | \[faces, 2\] | the two cells of a face, oriented from the first to the second |
//! | `/mesh/face_measure`, `face_distance` | \[faces\] | measure; geodesic distance of the two generators |
//! | `/mesh/vertex`, `face_vertices` | \[vertices, 3\], \[faces, 2\] | sphere only: Voronoi vertices and edges |
//! | `/particles/position` | \[S, m, dim\] | unit vectors `eta_j` |
//! | `/particles/mass`, `sign` | \[S, m\], \[m\] | `q_j`; +1 or -1 |
//! | `/diagnostics/time`, `objective`, `mass`, `potential_min`, `dissipation` | \[K\] | at every recorded step |
//! | `/diagnostics/weak_residual` | \[K, test functions\] | residual of (4.2), where the run has test functions |
//! | `/snapshot/objective`, `mass`, `potential_min`, `step` | \[S\] | at the snapshots; the step to try next |
//!
//! Every dataset carries `units` and `description`; floating point is 64-bit. Equation numbers are those of
//! Bach and Chizat (ICM 2022). [`RunWriter`] writes, [`BackgroundWriter`] does so
//! in a thread of its own, [`Run`] reads.

mod background;
mod contents;
mod create;
mod error;
mod layout;
mod mesh_file;
mod reader;
mod rows;
mod stored;
mod table;
mod turns;
mod validate;
mod writer;

pub use background::{BackgroundWriter, WritingCost};
pub use contents::{
    DiagnosticsRow, MeshTable, ParticleHeader, PolygonTable, RunDomain, RunHeader, Snapshot, SnapshotSeries,
};
pub use error::{RunError, WriteError};
pub use mesh_file::write_mesh;
pub use reader::{FaceTable, Run};
pub use table::Column;
pub use validate::{MeshSize, ParticleSize, RunInfo};
pub use writer::RunWriter;

pub(crate) use create::{number_attribute, text_attribute};
pub(crate) use error::reason;
pub(crate) use stored::Stored;
pub(crate) use stored::{scalar, text};
