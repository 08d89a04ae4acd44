//! What a run holds, as plain slices and small structs.

use ndarray::{Array2, ArrayView2};
use sphereflow_mesh::SphereMesh;

use super::table::Column;

/// The domain of a run's mesh, with what fixes the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunDomain {
    /// The circle S^1 in equal arcs.
    Circle {
        /// Number of arcs.
        cells: usize,
    },
    /// The sphere S^2 in the Voronoi cells of a subdivided icosahedron, 10 n^2 + 2 of them.
    Sphere {
        /// Subdivision n.
        subdivision: usize,
        /// How the generators were found.
        mesh: SphereMesh,
    },
}

impl RunDomain {
    /// Number of coordinates of a point: 2 on the circle, 3 on the sphere.
    pub fn dim(self) -> usize {
        match self {
            Self::Circle { .. } => 2,
            Self::Sphere { .. } => 3,
        }
    }

    /// Number of cells of the mesh; `None` when it does not fit the machine's integers.
    pub fn cells(self) -> Option<usize> {
        match self {
            Self::Circle { cells } => Some(cells),
            Self::Sphere { subdivision, .. } => {
                subdivision.checked_mul(subdivision)?.checked_mul(10)?.checked_add(2)
            }
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Circle { .. } => "circle",
            Self::Sphere { .. } => "sphere",
        }
    }
}

/// The mesh of a run, to be stored once. What is not at hand is computed while it is written.
#[derive(Clone, Copy, Debug)]
pub struct MeshTable<'a> {
    /// The domain.
    pub domain: RunDomain,
    /// Generators of the cells, \[cells, dim\], unit vectors.
    pub center: ArrayView2<'a, f64>,
    /// Arc length or area of the cells, \[cells\].
    pub measure: &'a [f64],
    /// The two cells of every face, oriented from the first to the second, \[faces\].
    pub face_cells: Column<'a, [u32; 2]>,
    /// Measure of the faces: 1 on the circle, arc length of the Voronoi edge on the sphere, \[faces\].
    pub face_measure: Column<'a, f64>,
    /// Geodesic distance between the two generators of every face, \[faces\].
    pub face_distance: Column<'a, f64>,
    /// Polygons of the cells: on the sphere, and only there.
    pub polygons: Option<PolygonTable<'a>>,
}

/// The Voronoi polygons of a mesh of the sphere.
#[derive(Clone, Copy, Debug)]
pub struct PolygonTable<'a> {
    /// Voronoi vertices, \[vertices, 3\], unit vectors.
    pub vertex: Column<'a, [f64; 3]>,
    /// The two vertices of every face, \[faces\].
    pub face_vertices: Column<'a, [u32; 2]>,
}

/// The particles of a run: what does not change in time.
#[derive(Clone, Copy, Debug)]
pub struct ParticleHeader<'a> {
    /// Number of particles m, at least 1.
    pub count: usize,
    /// Number of coordinates of a particle.
    pub dim: usize,
    /// Sign of every particle's output weight, +1 or -1, \[m\].
    pub sign: &'a [i8],
}

/// What is known of a run before its first snapshot.
#[derive(Clone, Copy, Debug)]
pub struct RunHeader<'a> {
    /// Name of the method that makes the run, such as `finite-volume` or `flow`.
    pub method: &'a str,
    /// The resolved configuration.
    pub config_toml: &'a str,
    /// Version of the program.
    pub version: &'a str,
    /// The mesh, where the run has a density.
    pub mesh: Option<MeshTable<'a>>,
    /// Sheets of the density: 1, or 2 on a signed domain. Without a mesh it has no effect.
    pub sheets: usize,
    /// The particles (or the nodes of the characteristics), where the run has any.
    pub particles: Option<ParticleHeader<'a>>,
    /// Names of the test functions whose weak residual (4.2) is recorded; often none.
    pub test_functions: &'a [&'a str],
}

/// The state at one time, with the integral quantities of exactly that state.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// Time.
    pub time: f64,
    /// Density, mass per surface measure, \[sheets, cells\]; present exactly when the run has a mesh.
    pub density: Option<ArrayView2<'a, f64>>,
    /// Positions `eta_j`, \[m, dim\]; present exactly when the run has particles.
    pub position: Option<ArrayView2<'a, f64>>,
    /// Masses `q_j`, \[m\]; present exactly when the run has particles.
    pub mass: Option<&'a [f64]>,
    /// Objective F.
    pub objective: f64,
    /// Total mass over all sheets.
    pub mass_total: f64,
    /// Smallest mean potential J.
    pub potential_min: f64,
    /// Step size that the integrator would try next: with it a resumed run repeats the uninterrupted one.
    pub step: f64,
}

/// The diagnostics of one recorded step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiagnosticsRow {
    /// Time.
    pub time: f64,
    /// Objective F.
    pub objective: f64,
    /// Total mass over all sheets.
    pub mass: f64,
    /// Smallest mean potential J.
    pub potential_min: f64,
    /// Dissipation -dF/dt.
    pub dissipation: f64,
    /// Residual of the weak form (4.2) for every test function of the run; empty where the run has none.
    pub weak_residual: Vec<f64>,
}

/// The integral quantities at the snapshots, each \[S\].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotSeries {
    /// Objective F.
    pub objective: Vec<f64>,
    /// Total mass over all sheets.
    pub mass: Vec<f64>,
    /// Smallest mean potential J.
    pub potential_min: Vec<f64>,
    /// Step size that the integrator would have tried next.
    pub step: Vec<f64>,
}

/// One turn of writing: what the file that was published before lacks.
#[derive(Clone, Copy)]
pub(super) struct Delta<'a, 's> {
    pub snapshot: Option<&'a Snapshot<'s>>,
    pub diagnostics: &'a [DiagnosticsRow],
    pub complete: bool,
}

/// A snapshot with its diagnostics that outlives the solver's arrays; its buffers are used again and again.
#[derive(Default)]
pub(super) struct Parcel {
    time: f64,
    density: Option<Array2<f64>>,
    position: Option<Array2<f64>>,
    mass: Option<Vec<f64>>,
    objective: f64,
    mass_total: f64,
    potential_min: f64,
    step: f64,
    diagnostics: Vec<DiagnosticsRow>,
}

impl Parcel {
    /// Takes a copy. Nothing is allocated where the shapes are those of the copy before.
    pub fn pack(&mut self, snapshot: &Snapshot<'_>, diagnostics: &[DiagnosticsRow]) {
        repack(&mut self.density, snapshot.density);
        repack(&mut self.position, snapshot.position);
        match (&mut self.mass, snapshot.mass) {
            (Some(kept), Some(mass)) => mass.clone_into(kept),
            (kept, mass) => *kept = mass.map(<[f64]>::to_vec),
        }
        self.time = snapshot.time;
        self.objective = snapshot.objective;
        self.mass_total = snapshot.mass_total;
        self.potential_min = snapshot.potential_min;
        self.step = snapshot.step;
        diagnostics.clone_into(&mut self.diagnostics);
    }

    /// The snapshot.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot {
            time: self.time,
            density: self.density.as_ref().map(|table| table.view()),
            position: self.position.as_ref().map(|table| table.view()),
            mass: self.mass.as_deref(),
            objective: self.objective,
            mass_total: self.mass_total,
            potential_min: self.potential_min,
            step: self.step,
        }
    }

    /// The diagnostics since the snapshot before.
    pub fn diagnostics(&self) -> &[DiagnosticsRow] {
        &self.diagnostics
    }
}

/// Copies `view` into `kept`, in C order.
fn repack(kept: &mut Option<Array2<f64>>, view: Option<ArrayView2<'_, f64>>) {
    match (kept, view) {
        (Some(kept), Some(view)) if kept.dim() == view.dim() => kept.assign(&view),
        (kept, view) => *kept = view.map(|view| view.as_standard_layout().into_owned()),
    }
}
