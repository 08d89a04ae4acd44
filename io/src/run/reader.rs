//! The reader.

use hdf5::File;
use ndarray::{Array2, ArrayD, Ix1, Ix2};
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::contents::{DiagnosticsRow, RunDomain, SnapshotSeries};
use super::error::{RunError, reason};
use super::layout::{self, root};
use super::stored::{self, Stored};
use super::validate::{RunInfo, validate};

/// The first bytes of every HDF5 file without a user block.
const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";
/// A writer may exchange and lock the file in the instant between finding and opening it: then the name already
/// belongs to the other file, and a second look succeeds.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(10);

/// A run file, open for reading, its layout checked.
///
/// A run in progress may be read: an open `Run` goes on showing the state that it opened.
///
/// Every method that reads numbers fails with [`RunError::Damaged`] if they cannot be read, and with
/// [`RunError::Absent`] if the run has no such thing.
#[derive(Debug)]
pub struct Run {
    path: PathBuf,
    file: File,
    bytes: u64,
    info: RunInfo,
    times: Vec<f64>,
}

/// The faces of a run's mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceTable {
    /// The two cells, the face oriented from the first to the second, \[faces\].
    pub cells: Vec<[u32; 2]>,
    /// Measure, \[faces\].
    pub measure: Vec<f64>,
    /// Geodesic distance between the two generators, \[faces\].
    pub distance: Vec<f64>,
    /// The two Voronoi vertices, \[faces\]; empty on the circle.
    pub vertices: Vec<[u32; 2]>,
}

impl Run {
    /// Opens a run file and checks that the types and lengths of all its datasets agree.
    ///
    /// # Errors
    /// If the file is missing, unreadable, not HDF5, not a run, of an unknown format version, or damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RunError> {
        let path = path.as_ref();
        let damaged = |what: String| RunError::Damaged { path: path.to_path_buf(), what };
        let (file, bytes) = open_file(path)?;
        // A file without the mark belongs to somebody else; with it, everything wrong is damage.
        if !stored::text(&file, root::FORMAT).is_ok_and(|format| format == layout::FORMAT) {
            return Err(RunError::NotARun { path: path.to_path_buf() });
        }
        let found = stored::scalar::<u32>(&file, root::FORMAT_VERSION).map_err(damaged)?;
        if found != layout::FORMAT_VERSION {
            return Err(RunError::UnknownVersion {
                path: path.to_path_buf(),
                found,
                known: layout::FORMAT_VERSION,
            });
        }
        let stored = Stored::new(&file, bytes);
        let info = validate(&file, stored).map_err(damaged)?;
        let times = stored.read(layout::TIME.path, &[Some(info.snapshots)]).map_err(damaged)?;
        Ok(Self { path: path.to_path_buf(), file, bytes, info, times })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run holds besides its numbers.
    pub fn header(&self) -> &RunInfo {
        &self.info
    }

    /// Whether the run came to its end.
    pub fn complete(&self) -> bool {
        self.info.complete
    }

    /// The resolved configuration, in TOML.
    pub fn config(&self) -> &str {
        &self.info.config_toml
    }

    /// The domain of the mesh, where the run has one.
    pub fn domain(&self) -> Option<RunDomain> {
        self.info.mesh.map(|mesh| mesh.domain)
    }

    /// Times of the snapshots, \[S\].
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Density of snapshot `k`, mass per surface measure, \[sheets, cells\].
    ///
    /// # Errors
    /// Without a mesh or a snapshot `k`, and if the numbers cannot be read.
    pub fn density(&self, k: usize) -> Result<Array2<f64>, RunError> {
        let mesh = self.info.mesh.ok_or_else(|| self.absent("density"))?;
        let axes = [Some(self.info.snapshots), Some(self.info.sheets), Some(mesh.cells)];
        self.matrix(self.snapshot_row(layout::DENSITY_PATH, &axes, k)?)
    }

    /// Positions `eta_j` of snapshot `k`, \[m, dim\].
    ///
    /// # Errors
    /// Without particles or a snapshot `k`, and if the numbers cannot be read.
    pub fn positions(&self, k: usize) -> Result<Array2<f64>, RunError> {
        let size = self.info.particles.ok_or_else(|| self.absent("particles"))?;
        let axes = [Some(self.info.snapshots), Some(size.count), Some(size.dim)];
        self.matrix(self.snapshot_row(layout::POSITION.path, &axes, k)?)
    }

    /// Masses `q_j` of snapshot `k`, \[m\].
    ///
    /// # Errors
    /// Without particles or a snapshot `k`, and if the numbers cannot be read.
    pub fn masses(&self, k: usize) -> Result<Vec<f64>, RunError> {
        let size = self.info.particles.ok_or_else(|| self.absent("particles"))?;
        let row = self.snapshot_row(layout::MASS.path, &[Some(self.info.snapshots), Some(size.count)], k)?;
        let row = row.into_dimensionality::<Ix1>().map_err(|e| self.damaged(e.to_string()))?;
        Ok(row.to_vec())
    }

    /// Signs of the particles' output weights, +1 or -1, \[m\].
    ///
    /// # Errors
    /// Without particles, if a sign is neither, and if the numbers cannot be read.
    pub fn signs(&self) -> Result<Vec<i8>, RunError> {
        let size = self.info.particles.ok_or_else(|| self.absent("particles"))?;
        let signs: Vec<i8> = self.read(layout::SIGN.path, &[Some(size.count)])?;
        match signs.iter().find(|sign| sign.abs() != 1) {
            Some(sign) => Err(self.damaged(format!("a particle has sign {sign}"))),
            None => Ok(signs),
        }
    }

    /// Diagnostics at every recorded step, \[K\].
    ///
    /// # Errors
    /// If the numbers cannot be read.
    pub fn diagnostics(&self) -> Result<Vec<DiagnosticsRow>, RunError> {
        let steps = self.info.recorded_steps;
        let functions = self.info.test_functions.len();
        let mut columns = Vec::with_capacity(layout::DIAGNOSTICS.len());
        for entry in layout::DIAGNOSTICS {
            columns.push(self.read::<f64>(entry.path, &[Some(steps)])?);
        }
        let residual: Vec<f64> = if functions == 0 {
            Vec::new()
        } else {
            self.read(layout::WEAK_RESIDUAL.path, &[Some(steps), Some(functions)])?
        };
        let row = |k: usize| DiagnosticsRow {
            time: columns[0][k],
            objective: columns[1][k],
            mass: columns[2][k],
            potential_min: columns[3][k],
            dissipation: columns[4][k],
            weak_residual: residual[k * functions..(k + 1) * functions].to_vec(),
        };
        Ok((0..steps).map(row).collect())
    }

    /// Integral quantities at the snapshots, each \[S\].
    ///
    /// # Errors
    /// If the numbers cannot be read.
    pub fn snapshot_series(&self) -> Result<SnapshotSeries, RunError> {
        let axes = [Some(self.info.snapshots)];
        Ok(SnapshotSeries {
            objective: self.read(layout::SNAPSHOT_OBJECTIVE.path, &axes)?,
            mass: self.read(layout::SNAPSHOT_MASS.path, &axes)?,
            potential_min: self.read(layout::SNAPSHOT_POTENTIAL.path, &axes)?,
            step: self.read(layout::SNAPSHOT_STEP.path, &axes)?,
        })
    }

    /// Generators of the cells, \[cells, dim\], unit vectors.
    ///
    /// # Errors
    /// Without a mesh, and if the numbers cannot be read.
    pub fn centers(&self) -> Result<Array2<f64>, RunError> {
        let mesh = self.info.mesh.ok_or_else(|| self.absent("mesh"))?;
        let shape = (mesh.cells, mesh.domain.dim());
        let values = self.read(layout::CENTER.path, &[Some(shape.0), Some(shape.1)])?;
        Array2::from_shape_vec(shape, values).map_err(|e| self.damaged(e.to_string()))
    }

    /// Arc length or area of the cells, \[cells\].
    ///
    /// # Errors
    /// Without a mesh, and if the numbers cannot be read.
    pub fn measures(&self) -> Result<Vec<f64>, RunError> {
        let mesh = self.info.mesh.ok_or_else(|| self.absent("mesh"))?;
        self.read(layout::MEASURE_PATH, &[Some(mesh.cells)])
    }

    /// The faces of the mesh, their cells and vertices checked to be in range.
    ///
    /// # Errors
    /// Without a mesh, and if the numbers cannot be read.
    pub fn faces(&self) -> Result<FaceTable, RunError> {
        let mesh = self.info.mesh.ok_or_else(|| self.absent("mesh"))?;
        Ok(FaceTable {
            cells: self.pairs(layout::FACE_CELLS.path, mesh.faces, mesh.cells)?,
            measure: self.read(layout::FACE_MEASURE_PATH, &[Some(mesh.faces)])?,
            distance: self.read(layout::FACE_DISTANCE.path, &[Some(mesh.faces)])?,
            vertices: if mesh.domain.dim() == 3 {
                self.pairs(layout::FACE_VERTICES.path, mesh.faces, mesh.vertices)?
            } else {
                Vec::new()
            },
        })
    }

    /// Voronoi vertices of a mesh of the sphere, \[vertices, 3\], unit vectors.
    ///
    /// # Errors
    /// Without a mesh of the sphere, and if the numbers cannot be read.
    pub fn vertices(&self) -> Result<Array2<f64>, RunError> {
        let mesh = self.info.mesh.filter(|mesh| mesh.domain.dim() == 3);
        let vertices = mesh.ok_or_else(|| self.absent("mesh of the sphere"))?.vertices;
        let values = self.read(layout::VERTEX.path, &[Some(vertices), Some(3)])?;
        Array2::from_shape_vec((vertices, 3), values).map_err(|e| self.damaged(e.to_string()))
    }

    fn stored(&self) -> Stored<'_> {
        Stored::new(&self.file, self.bytes)
    }

    fn read<T: hdf5::H5Type>(&self, name: &str, axes: &[Option<usize>]) -> Result<Vec<T>, RunError> {
        self.stored().read(name, axes).map_err(|what| self.damaged(what))
    }

    fn snapshot_row(&self, name: &str, axes: &[Option<usize>], k: usize) -> Result<ArrayD<f64>, RunError> {
        if k >= self.info.snapshots {
            return Err(self.absent(&format!("snapshot {k}, there are {}", self.info.snapshots)));
        }
        self.stored().row(name, axes, k).map_err(|what| self.damaged(what))
    }

    fn matrix(&self, row: ArrayD<f64>) -> Result<Array2<f64>, RunError> {
        row.into_dimensionality::<Ix2>().map_err(|e| self.damaged(e.to_string()))
    }

    fn pairs(&self, name: &str, rows: usize, below: usize) -> Result<Vec<[u32; 2]>, RunError> {
        let values: Vec<u32> = self.read(name, &[Some(rows), Some(2)])?;
        if let Some(index) = values.iter().find(|&&index| index as usize >= below) {
            return Err(self.damaged(format!("`/{name}` names {index}, there are {below}")));
        }
        Ok(values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
    }

    fn damaged(&self, what: String) -> RunError {
        RunError::Damaged { path: self.path.clone(), what }
    }

    fn absent(&self, what: &str) -> RunError {
        RunError::Absent { path: self.path.clone(), what: what.to_owned() }
    }
}

/// Opens the file, with its size on the disk.
fn open_file(path: &Path) -> Result<(File, u64), RunError> {
    let mut attempt = 1;
    loop {
        let bytes = signed_length(path)?;
        match File::open(path) {
            Ok(file) => return Ok((file, bytes)),
            Err(_) if attempt < ATTEMPTS => std::thread::sleep(PAUSE),
            Err(error) => {
                let what = format!("HDF5 cannot open it ({})", reason(&error));
                return Err(RunError::Damaged { path: path.to_path_buf(), what });
            }
        }
        attempt += 1;
    }
}

/// The length of a file that begins as HDF5 files do.
fn signed_length(path: &Path) -> Result<u64, RunError> {
    let unreadable = |source: io::Error| match source.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => RunError::NotFound { path: path.to_path_buf() },
        _ => RunError::Unreadable { path: path.to_path_buf(), source },
    };
    let mut file = fs::File::open(path).map_err(unreadable)?;
    let mut start = [0; SIGNATURE.len()];
    match file.read_exact(&mut start) {
        Ok(()) if start == SIGNATURE => file.metadata().map(|data| data.len()).map_err(unreadable),
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(unreadable(error)),
        _ => Err(RunError::NotHdf5 { path: path.to_path_buf() }),
    }
}
