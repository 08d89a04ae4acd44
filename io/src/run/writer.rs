//! The writer: snapshot after snapshot, each of them safe once `append` returns.

use std::path::Path;

use super::contents::{Delta, DiagnosticsRow, RunHeader, Snapshot};
use super::create::{create, set_config};
use super::error::WriteError;
use super::reader::Run;
use super::rows;
use super::turns::{Exchanged, Turns};

/// Writes a run file such that the end of the process at any instant, even by SIGKILL, leaves a closed and
/// consistent HDF5 file with every snapshot whose [`append`](Self::append) had returned.
///
/// A new file appears under its name with its first snapshot (or with [`finish`](Self::finish)); a file that it
/// overwrites stays untouched until then. A writer that is dropped without `finish` leaves the file consistent,
/// with `complete = 0`, and can be continued by [`resume`](Self::resume). Readers may open the file at any
/// time; one that keeps it open goes on seeing the state that it opened.
///
/// While it runs, a run takes twice its size on the disk.
///
/// Not covered: loss of power (nothing is forced to the disk), and two writers on one path.
#[derive(Debug)]
pub struct RunWriter {
    turns: Turns,
    rows: RowShapes,
    overwrite: bool,
    published: bool,
    snapshots: usize,
    sibling: Sibling,
    /// Whether the sibling has another configuration than the run.
    reconfigured: bool,
}

/// What the sibling is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sibling {
    /// It was made by this writer, which has recorded nothing yet.
    Fresh,
    /// It holds all that the run file holds.
    Current,
    /// It does not exist, or is not to be trusted.
    Absent,
}

/// Shapes of one row of each dataset.
#[derive(Clone, Copy, Debug)]
struct RowShapes {
    density: Option<[usize; 2]>,
    position: Option<[usize; 2]>,
    test_functions: usize,
}

impl RunWriter {
    /// Begins the run file `path`; `overwrite` allows replacing an existing file.
    ///
    /// # Errors
    /// At once, before any work: the file exists, its folder does not or is not writable, the path names
    /// something else than a regular file, or HDF5 fails to write the header.
    ///
    /// # Panics
    /// If the header contradicts itself: tables of different lengths, no or more than two sheets, a mesh of the
    /// sphere without polygons, no particles at all.
    pub fn create(
        path: impl AsRef<Path>,
        header: &RunHeader<'_>,
        overwrite: bool,
    ) -> Result<Self, WriteError> {
        let rows = RowShapes::of_header(header);
        let turns = Turns::new(path.as_ref())?;
        turns.prepare(overwrite)?;
        let writer = Self {
            turns,
            rows,
            overwrite,
            published: false,
            snapshots: 0,
            sibling: Sibling::Fresh,
            reconfigured: false,
        };
        create(writer.turns.next(), header).map_err(|e| writer.failed(&e))?;
        Ok(writer)
    }

    /// Reopens a run, finished or not, to append after its last snapshot.
    ///
    /// Until the first [`append`](Self::append) the file stays as it is; after it `complete` is 0 again.
    ///
    /// # Errors
    /// If the file is not a sound run file, or cannot be copied within its folder.
    pub fn resume(path: impl AsRef<Path>) -> Result<Self, WriteError> {
        let run = Run::open(path.as_ref())?;
        let turns = Turns::new(path.as_ref())?;
        let rows = RowShapes::of_run(&run);
        let snapshots = run.times().len();
        // The reader's lock goes before the file is copied and, in its turn, written.
        drop(run);
        turns.copy()?;
        Ok(Self {
            turns,
            rows,
            overwrite: true,
            published: true,
            snapshots,
            sibling: Sibling::Fresh,
            reconfigured: false,
        })
    }

    /// Gives a resumed run the configuration with which it goes on, from its next snapshot on.
    ///
    /// # Errors
    /// If HDF5 fails to write it.
    ///
    /// # Panics
    /// After the first [`append`](Self::append).
    pub fn reconfigure(&mut self, config_toml: &str) -> Result<(), WriteError> {
        assert!(self.sibling == Sibling::Fresh && self.published, "a run is reconfigured when it is resumed");
        set_config(self.turns.next(), config_toml).map_err(|e| self.failed(&e))?;
        self.reconfigured = true;
        Ok(())
    }

    /// Appends a snapshot, and the diagnostics of the steps since the one before it, its own included.
    ///
    /// When it returns, the snapshot survives the end of the process.
    ///
    /// # Errors
    /// If the disk is full, or the folder has become unwritable. The run file is then as before this call.
    ///
    /// # Panics
    /// If the shapes differ from those of the header.
    pub fn append(
        &mut self,
        snapshot: &Snapshot<'_>,
        diagnostics: &[DiagnosticsRow],
    ) -> Result<(), WriteError> {
        self.rows.check(snapshot, diagnostics);
        self.record(Delta { snapshot: Some(snapshot), diagnostics, complete: false })
    }

    /// Appends the diagnostics of the steps since the last snapshot, marks the run as complete and removes the sibling
    /// file.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn finish(mut self, diagnostics: &[DiagnosticsRow]) -> Result<(), WriteError> {
        self.record(Delta { snapshot: None, diagnostics, complete: true })
    }

    /// Number of snapshots in the file.
    pub fn snapshots(&self) -> usize {
        self.snapshots
    }

    /// The run file; a symbolic link is resolved.
    pub fn path(&self) -> &Path {
        self.turns.run()
    }

    fn record(&mut self, delta: Delta<'_, '_>) -> Result<(), WriteError> {
        self.write_sibling(delta)?;
        let exchanged =
            if self.published { self.turns.exchange()? } else { self.turns.publish(self.overwrite)? };
        self.published = true;
        // The file that was the run still has the configuration before.
        let reconfigured = std::mem::take(&mut self.reconfigured);
        // A finished run needs no sibling.
        if exchanged == Exchanged::Behind && !reconfigured && !delta.complete {
            self.catch_up(delta);
        }
        self.snapshots += usize::from(delta.snapshot.is_some());
        Ok(())
    }

    /// Brings the sibling up to the new state. One that cannot be written, say because a reader still holds it
    /// locked, is left to that reader and replaced by a copy of the run file.
    fn write_sibling(&mut self, delta: Delta<'_, '_>) -> Result<(), WriteError> {
        // Whatever happens to it, a sibling that was touched is not to be extended a second time.
        let sibling = std::mem::replace(&mut self.sibling, Sibling::Absent);
        let attempt =
            (sibling != Sibling::Absent).then(|| rows::append(self.turns.next(), self.snapshots, delta));
        match attempt {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) if !self.published => return Err(self.failed(&error)),
            // Under the run's name there may still be the file that was to be overwritten: nothing to build on.
            None if !self.published => {
                return Err(self.failed(&"the first snapshot could not be written".into()));
            }
            _ => {}
        }
        self.turns.copy()?;
        rows::append(self.turns.next(), self.snapshots, delta).map_err(|e| self.failed(&e))
    }

    /// Gives what was just published to the file that was the run before, now the sibling. At once, so that nobody need
    /// keep the snapshot; it is published already, and a failure only costs a copy in the next turn.
    fn catch_up(&mut self, delta: Delta<'_, '_>) {
        if rows::append(self.turns.next(), self.snapshots, delta).is_ok() {
            self.sibling = Sibling::Current;
        }
    }

    fn failed(&self, error: &hdf5::Error) -> WriteError {
        WriteError::of_hdf5(self.turns.run(), error)
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        // A sibling that cannot be removed does no harm: the next writer tries again.
        let _ = self.turns.remove_siblings();
    }
}

impl RowShapes {
    fn of_header(header: &RunHeader<'_>) -> Self {
        if let Some(mesh) = &header.mesh {
            let (cells, faces) = (mesh.measure.len(), mesh.face_cells.len());
            assert!(matches!(header.sheets, 1 | 2), "a density has one or two sheets, not {}", header.sheets);
            assert_eq!(mesh.center.dim(), (cells, mesh.domain.dim()), "centers are [cells, dim]");
            assert_eq!(mesh.domain.cells(), Some(cells), "the domain fixes the number of cells");
            assert_eq!(mesh.face_measure.len(), faces, "every face has a measure");
            assert_eq!(mesh.face_distance.len(), faces, "every face has a distance");
            assert_eq!(mesh.polygons.is_some(), mesh.domain.dim() == 3, "polygons belong to the sphere");
            if let Some(polygons) = &mesh.polygons {
                assert_eq!(polygons.face_vertices.len(), faces, "every face has two vertices");
            }
        }
        if let Some(particles) = &header.particles {
            assert!(particles.count > 0 && particles.dim > 0, "a particle run has particles");
            assert_eq!(particles.sign.len(), particles.count, "every particle has a sign");
        }
        Self {
            density: header.mesh.map(|mesh| [header.sheets, mesh.measure.len()]),
            position: header.particles.map(|particles| [particles.count, particles.dim]),
            test_functions: header.test_functions.len(),
        }
    }

    fn of_run(run: &Run) -> Self {
        let info = run.header();
        Self {
            density: info.mesh.map(|mesh| [info.sheets, mesh.cells]),
            position: info.particles.map(|particles| [particles.count, particles.dim]),
            test_functions: info.test_functions.len(),
        }
    }

    fn check(&self, snapshot: &Snapshot<'_>, diagnostics: &[DiagnosticsRow]) {
        let shape = |rows: usize, columns: usize| [rows, columns];
        let density = snapshot.density.map(|view| shape(view.nrows(), view.ncols()));
        assert_eq!(density, self.density, "shape of the density, [sheets, cells]");
        let position = snapshot.position.map(|view| shape(view.nrows(), view.ncols()));
        assert_eq!(position, self.position, "shape of the positions, [m, dim]");
        let count = snapshot.mass.map(<[f64]>::len);
        assert_eq!(count, self.position.map(|[count, _]| count), "number of masses");
        for row in diagnostics {
            assert_eq!(row.weak_residual.len(), self.test_functions, "number of test functions");
        }
    }
}
