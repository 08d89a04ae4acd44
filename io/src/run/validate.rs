//! What a run file says of itself, and whether its datasets agree.

use hdf5::{File, Group};
use sphereflow_mesh::SphereMesh;

use super::contents::RunDomain;
use super::error::reason;
use super::layout::{self, root};
use super::stored::{self, Stored};

/// What a run holds besides its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// Name of the method that made the run.
    pub method: String,
    /// The resolved configuration.
    pub config_toml: String,
    /// Version of the program that made the run.
    pub version: String,
    /// Whether the run came to its end.
    pub complete: bool,
    /// Number of snapshots S.
    pub snapshots: usize,
    /// Number of recorded steps K.
    pub recorded_steps: usize,
    /// Sheets of the density: 1 or 2; 0 where the run has no density.
    pub sheets: usize,
    /// Domain and sizes of the mesh, where the run has one.
    pub mesh: Option<MeshSize>,
    /// Sizes of the particle arrays, where the run has particles.
    pub particles: Option<ParticleSize>,
    /// Names of the test functions of `/diagnostics/weak_residual`.
    pub test_functions: Vec<String>,
}

/// Domain and sizes of a run's mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeshSize {
    /// The domain.
    pub domain: RunDomain,
    /// Number of cells.
    pub cells: usize,
    /// Number of faces.
    pub faces: usize,
    /// Number of Voronoi vertices; 0 on the circle.
    pub vertices: usize,
}

/// Sizes of a run's particle arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParticleSize {
    /// Number of particles m.
    pub count: usize,
    /// Number of coordinates.
    pub dim: usize,
}

/// Reads everything but the numbers and checks that the lengths of all datasets agree.
pub(super) fn validate(file: &File, stored: Stored<'_>) -> Result<RunInfo, String> {
    let (_, time) = stored.typed::<f64>(layout::TIME.path, &[None])?;
    let snapshots = time[0];
    let series = [
        layout::SNAPSHOT_OBJECTIVE,
        layout::SNAPSHOT_MASS,
        layout::SNAPSHOT_POTENTIAL,
        layout::SNAPSHOT_STEP,
    ];
    for entry in series {
        stored.typed::<f64>(entry.path, &[Some(snapshots)])?;
    }
    let mesh = mesh(file, stored)?;
    let sheets = sheets(stored, snapshots, mesh)?;
    let (recorded_steps, test_functions) = diagnostics(file, stored)?;
    let complete = match stored::scalar::<u32>(file, root::COMPLETE)? {
        0 => false,
        1 => true,
        other => return Err(format!("attribute `complete` is {other}, expected 0 or 1")),
    };
    Ok(RunInfo {
        method: stored::text(file, root::METHOD)?,
        config_toml: stored::text(file, root::CONFIG)?,
        version: stored::text(file, root::VERSION)?,
        complete,
        snapshots,
        recorded_steps,
        sheets,
        mesh,
        particles: particles(stored, snapshots)?,
        test_functions,
    })
}

fn sheets(stored: Stored<'_>, snapshots: usize, mesh: Option<MeshSize>) -> Result<usize, String> {
    let Some(mesh) = mesh else {
        return if stored.has(layout::DENSITY_PATH) {
            Err("a density without a mesh".to_owned())
        } else {
            Ok(0)
        };
    };
    let (_, shape) = stored.typed::<f64>(layout::DENSITY_PATH, &[Some(snapshots), None, Some(mesh.cells)])?;
    match shape[1] {
        sheets @ (1 | 2) => Ok(sheets),
        sheets => Err(format!("the density has {sheets} sheets, expected 1 or 2")),
    }
}

fn mesh(file: &File, stored: Stored<'_>) -> Result<Option<MeshSize>, String> {
    if !stored.has("mesh") {
        return Ok(None);
    }
    let domain = domain(file)?;
    let (_, measure) = stored.typed::<f64>(layout::MEASURE_PATH, &[None])?;
    let cells = measure[0];
    if domain.cells() != Some(cells) {
        return Err(format!("a mesh of {cells} cells does not belong to {domain:?}"));
    }
    stored.typed::<f64>(layout::CENTER.path, &[Some(cells), Some(domain.dim())])?;
    let (_, face_cells) = stored.typed::<u32>(layout::FACE_CELLS.path, &[None, Some(2)])?;
    let faces = face_cells[0];
    stored.typed::<f64>(layout::FACE_MEASURE_PATH, &[Some(faces)])?;
    stored.typed::<f64>(layout::FACE_DISTANCE.path, &[Some(faces)])?;
    let mut vertices = 0;
    if domain.dim() == 3 {
        vertices = stored.typed::<f64>(layout::VERTEX.path, &[None, Some(3)])?.1[0];
        stored.typed::<u32>(layout::FACE_VERTICES.path, &[Some(faces), Some(2)])?;
    }
    Ok(Some(MeshSize { domain, cells, faces, vertices }))
}

fn domain(file: &File) -> Result<RunDomain, String> {
    let group = file.group("mesh").map_err(|e| format!("`/mesh` is not a group ({})", reason(&e)))?;
    let size = |name| -> Result<usize, String> {
        let size = stored::scalar::<u64>(&group, name)?;
        usize::try_from(size).map_err(|_| format!("attribute `{name}` is {size}, too large"))
    };
    match stored::text(&group, layout::DOMAIN)?.as_str() {
        "circle" => Ok(RunDomain::Circle { cells: size(layout::CELLS)? }),
        "sphere" => {
            Ok(RunDomain::Sphere { subdivision: size(layout::SUBDIVISION)?, mesh: sphere_mesh(&group)? })
        }
        other => Err(format!("the domain is `{other}`, expected `circle` or `sphere`")),
    }
}

/// Which mesh of the sphere: the flat one where nothing is said.
fn sphere_mesh(group: &Group) -> Result<SphereMesh, String> {
    if group.attr(layout::SPHERE_MESH).is_err() {
        return Ok(SphereMesh::Flat);
    }
    let name = stored::text(group, layout::SPHERE_MESH)?;
    let known = SphereMesh::ALL.into_iter().find(|mesh| mesh.name() == name);
    known.ok_or_else(|| format!("the mesh is `{name}`, expected one of `flat`, `recursive`, `centroidal`"))
}

fn particles(stored: Stored<'_>, snapshots: usize) -> Result<Option<ParticleSize>, String> {
    if !stored.has("particles") {
        return Ok(None);
    }
    let (_, shape) = stored.typed::<f64>(layout::POSITION.path, &[Some(snapshots), None, None])?;
    let (count, dim) = (shape[1], shape[2]);
    if count == 0 || dim == 0 {
        return Err(format!("particles of shape [{count}, {dim}]"));
    }
    stored.typed::<f64>(layout::MASS.path, &[Some(snapshots), Some(count)])?;
    stored.typed::<i8>(layout::SIGN.path, &[Some(count)])?;
    Ok(Some(ParticleSize { count, dim }))
}

fn diagnostics(file: &File, stored: Stored<'_>) -> Result<(usize, Vec<String>), String> {
    let (_, time) = stored.typed::<f64>(layout::DIAGNOSTICS[0].path, &[None])?;
    for entry in layout::DIAGNOSTICS {
        stored.typed::<f64>(entry.path, &[Some(time[0])])?;
    }
    let residual = layout::WEAK_RESIDUAL.path;
    if !stored.has(residual) {
        return Ok((time[0], Vec::new()));
    }
    let data =
        file.dataset(residual).map_err(|e| format!("`/{residual}` is not a dataset ({})", reason(&e)))?;
    let names = stored::texts(&data, layout::TEST_FUNCTIONS)?;
    if names.is_empty() {
        return Err(format!("`/{residual}` names no test functions"));
    }
    stored.typed::<f64>(residual, &[Some(time[0]), Some(names.len())])?;
    Ok((time[0], names))
}
