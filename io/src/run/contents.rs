//! What a run holds, as plain slices and small structs.

use ndarray::{Array2, ArrayView2};

/// The domain of a run's mesh, with the one number that fixes the mesh.
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
            Self::Sphere { subdivision } => {
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

/// The mesh of a run, to be stored once.
#[derive(Clone, Copy, Debug)]
pub struct MeshTable<'a> {
    /// The domain.
    pub domain: RunDomain,
    /// Generators of the cells, \[cells, dim\], unit vectors.
    pub center: ArrayView2<'a, f64>,
    /// Arc length or area of the cells, \[cells\].
    pub measure: &'a [f64],
    /// The two cells of every face, oriented from the first to the second, \[faces\].
    pub face_cells: &'a [[u32; 2]],
    /// Measure of the faces: 1 on the circle, arc length of the Voronoi edge on the sphere, \[faces\].
    pub face_measure: &'a [f64],
    /// Geodesic distance between the two generators of every face, \[faces\].
    pub face_distance: &'a [f64],
    /// Polygons of the cells: on the sphere, and only there.
    pub polygons: Option<PolygonTable<'a>>,
}

/// The Voronoi polygons of a mesh of the sphere.
#[derive(Clone, Copy, Debug)]
pub struct PolygonTable<'a> {
    /// Voronoi vertices, \[vertices, 3\], unit vectors.
    pub vertex: ArrayView2<'a, f64>,
    /// The two vertices of every face, \[faces\].
    pub face_vertices: &'a [[u32; 2]],
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
pub(super) struct Delta {
    pub snapshot: Option<OwnedSnapshot>,
    pub diagnostics: Vec<DiagnosticsRow>,
    pub complete: bool,
}

/// A snapshot that outlives the solver's arrays until the other file has received it too.
pub(super) struct OwnedSnapshot {
    pub time: f64,
    pub density: Option<Array2<f64>>,
    pub position: Option<Array2<f64>>,
    pub mass: Option<Vec<f64>>,
    pub objective: f64,
    pub mass_total: f64,
    pub potential_min: f64,
    pub step: f64,
}

impl OwnedSnapshot {
    pub fn new(snapshot: &Snapshot<'_>) -> Self {
        // HDF5 takes rows in C order only; a transposed view is laid out anew.
        let owned = |view: ArrayView2<'_, f64>| view.as_standard_layout().into_owned();
        Self {
            time: snapshot.time,
            density: snapshot.density.map(owned),
            position: snapshot.position.map(owned),
            mass: snapshot.mass.map(<[f64]>::to_vec),
            objective: snapshot.objective,
            mass_total: snapshot.mass_total,
            potential_min: snapshot.potential_min,
            step: snapshot.step,
        }
    }
}
