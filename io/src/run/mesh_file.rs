//! A file that holds a mesh alone.

use std::path::Path;

use super::contents::MeshTable;
use super::create::create_mesh;
use super::error::WriteError;
use super::turns::Turns;

/// Writes a mesh as the group `/mesh` of a file of its own, laid out as in a run; the root has `format` =
/// "sphereflow-mesh". The file appears whole or not at all.
///
/// # Errors
/// As [`super::RunWriter::create`].
pub fn write_mesh(
    path: impl AsRef<Path>,
    mesh: &MeshTable<'_>,
    version: &str,
    overwrite: bool,
) -> Result<(), WriteError> {
    let turns = Turns::new(path.as_ref())?;
    turns.prepare(overwrite)?;
    let written = create_mesh(turns.next(), mesh, version)
        .map_err(|error| WriteError::of_hdf5(turns.run(), &error))
        .and_then(|()| turns.publish(overwrite).map(|_| ()));
    if written.is_err() {
        // The error that is reported is the first one.
        let _ = turns.remove_siblings();
    }
    written
}
