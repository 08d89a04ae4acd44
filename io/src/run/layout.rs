//! Names, units and descriptions of everything in a run file: written by one side, expected by the other.

use super::contents::RunDomain;

pub(super) const FORMAT: &str = "sphereflow";
/// `format` of a file that holds a mesh alone.
pub(super) const MESH_FORMAT: &str = "sphereflow-mesh";
pub(super) const FORMAT_VERSION: u32 = 1;

/// Attributes of the root.
pub(super) mod root {
    pub const FORMAT: &str = "format";
    pub const FORMAT_VERSION: &str = "format_version";
    pub const VERSION: &str = "sphereflow_version";
    pub const CONFIG: &str = "config";
    pub const METHOD: &str = "method";
    pub const COMPLETE: &str = "complete";
}

pub(super) const DOMAIN: &str = "domain";
pub(super) const SUBDIVISION: &str = "subdivision";
/// Kind of a mesh of the sphere; files from before there were several lack it.
pub(super) const SPHERE_MESH: &str = "mesh";
pub(super) const CELLS: &str = "cells";
pub(super) const TEST_FUNCTIONS: &str = "test_functions";

/// A dataset's place and meaning.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub path: &'static str,
    pub units: &'static str,
    pub description: &'static str,
}

const fn entry(path: &'static str, units: &'static str, description: &'static str) -> Entry {
    Entry { path, units, description }
}

pub(super) const TIME: Entry = entry("time", "1", "time of every snapshot");
pub(super) const SNAPSHOT_OBJECTIVE: Entry = entry("snapshot/objective", "1", "objective F at the snapshots");
pub(super) const SNAPSHOT_MASS: Entry =
    entry("snapshot/mass", "1", "total mass over all sheets at the snapshots");
pub(super) const SNAPSHOT_POTENTIAL: Entry =
    entry("snapshot/potential_min", "1", "smallest mean potential J at the snapshots");
pub(super) const SNAPSHOT_STEP: Entry =
    entry("snapshot/step", "1", "step size that the integrator would try next after the snapshot");

pub(super) const DIAGNOSTICS: [Entry; 5] = [
    entry("diagnostics/time", "1", "time of every recorded step"),
    entry("diagnostics/objective", "1", "objective F at the recorded steps"),
    entry("diagnostics/mass", "1", "total mass over all sheets at the recorded steps"),
    entry("diagnostics/potential_min", "1", "smallest mean potential J at the recorded steps"),
    entry("diagnostics/dissipation", "1", "dissipation -dF/dt at the recorded steps"),
];
pub(super) const WEAK_RESIDUAL: Entry =
    entry("diagnostics/weak_residual", "1", "residual of the weak form (4.2) for every test function");

pub(super) const POSITION: Entry = entry("particles/position", "1", "particles eta_j, unit vectors");
pub(super) const MASS: Entry = entry("particles/mass", "1", "masses q_j of the particles");
pub(super) const SIGN: Entry = entry("particles/sign", "1", "sign of the output weight of every particle");

pub(super) const CENTER: Entry = entry("mesh/center", "1", "generators of the cells, unit vectors");
pub(super) const FACE_CELLS: Entry =
    entry("mesh/face_cells", "1", "cells of every face, the face oriented from the first to the second");
pub(super) const FACE_DISTANCE: Entry =
    entry("mesh/face_distance", "radian", "geodesic distance between the two generators of every face");
pub(super) const VERTEX: Entry = entry("mesh/vertex", "1", "vertices of the Voronoi cells, unit vectors");
pub(super) const FACE_VERTICES: Entry = entry("mesh/face_vertices", "1", "vertices of every face");

/// `/mesh/measure`: the surface measure sigma of the cells, not normalised.
pub(super) fn measure(domain: RunDomain) -> Entry {
    match domain {
        RunDomain::Circle { .. } => entry("mesh/measure", "radian", "arc length of the cells"),
        RunDomain::Sphere { .. } => entry("mesh/measure", "steradian", "area of the cells"),
    }
}

/// `/mesh/face_measure`.
pub(super) fn face_measure(domain: RunDomain) -> Entry {
    match domain {
        RunDomain::Circle { .. } => {
            entry("mesh/face_measure", "1", "measure of the faces, which are points: 1")
        }
        RunDomain::Sphere { .. } => entry("mesh/face_measure", "radian", "arc length of the faces"),
    }
}

/// `/density`: `nu_i`.
pub(super) fn density(domain: RunDomain) -> Entry {
    let units = match domain {
        RunDomain::Circle { .. } => "radian-1",
        RunDomain::Sphere { .. } => "steradian-1",
    };
    entry("density", units, "density nu_i, mass per surface measure; sheets in the order +1, -1")
}

/// Where a density lies, whatever its units.
pub(super) const DENSITY_PATH: &str = "density";
/// Where the measures of the cells lie.
pub(super) const MEASURE_PATH: &str = "mesh/measure";
/// Where the measures of the faces lie.
pub(super) const FACE_MEASURE_PATH: &str = "mesh/face_measure";
