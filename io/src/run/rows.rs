//! New rows of the datasets of an existing run file.

use hdf5::{Dataset, File, SliceOrIndex};
use ndarray::{ArrayView, ArrayView1, ArrayView2, ArrayViewD, Axis, Dimension};
use std::path::Path;

use super::contents::{Delta, DiagnosticsRow, Snapshot};
use super::layout::{self, root};

/// Appends `delta` to the run file at `path`, which holds `snapshots` snapshots so far, and closes it.
///
/// An error leaves a file that may be inconsistent: the caller throws it away.
pub(super) fn append(path: &Path, snapshots: usize, delta: Delta<'_, '_>) -> hdf5::Result<()> {
    let file = hdf5::FileBuilder::new().with_fapl(|access| access.libver_v110()).open_rw(path)?;
    let found = file.dataset(layout::TIME.path)?.shape();
    if found != [snapshots] {
        return Err(format!("expected {snapshots} snapshots in the file to extend, found {found:?}").into());
    }
    if let Some(snapshot) = delta.snapshot {
        append_snapshot(&file, snapshot)?;
    }
    append_diagnostics(&file, delta.diagnostics)?;
    file.attr(root::COMPLETE)?.write_scalar(&u32::from(delta.complete))?;
    file.flush()?;
    file.close()
}

fn append_snapshot(file: &File, snapshot: &Snapshot<'_>) -> hdf5::Result<()> {
    let series = [
        (layout::TIME, snapshot.time),
        (layout::SNAPSHOT_OBJECTIVE, snapshot.objective),
        (layout::SNAPSHOT_MASS, snapshot.mass_total),
        (layout::SNAPSHOT_POTENTIAL, snapshot.potential_min),
        (layout::SNAPSHOT_STEP, snapshot.step),
    ];
    for (entry, value) in series {
        extend(&file.dataset(entry.path)?, ArrayView1::from(&[value]))?;
    }
    for (path, table) in
        [(layout::DENSITY_PATH, snapshot.density), (layout::POSITION.path, snapshot.position)]
    {
        if let Some(table) = table {
            // HDF5 takes rows in C order only; a transposed view is laid out anew.
            let table = table.as_standard_layout();
            extend(&file.dataset(path)?, table.view().insert_axis(Axis(0)))?;
        }
    }
    if let Some(mass) = snapshot.mass {
        extend(&file.dataset(layout::MASS.path)?, ArrayView1::from(mass).insert_axis(Axis(0)))?;
    }
    Ok(())
}

fn append_diagnostics(file: &File, rows: &[DiagnosticsRow]) -> hdf5::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns: [fn(&DiagnosticsRow) -> f64; 5] =
        [|row| row.time, |row| row.objective, |row| row.mass, |row| row.potential_min, |row| row.dissipation];
    for (entry, value) in layout::DIAGNOSTICS.iter().zip(columns) {
        let column: Vec<f64> = rows.iter().map(value).collect();
        extend(&file.dataset(entry.path)?, ArrayView1::from(&column))?;
    }
    let functions = rows[0].weak_residual.len();
    if functions > 0 {
        let residual: Vec<f64> = rows.iter().flat_map(|row| row.weak_residual.iter().copied()).collect();
        let residual = ArrayView2::from_shape((rows.len(), functions), &residual)?;
        extend(&file.dataset(layout::WEAK_RESIDUAL.path)?, residual)?;
    }
    Ok(())
}

/// Appends `rows` along the first axis; the other axes must agree.
fn extend<D: Dimension>(data: &Dataset, rows: ArrayView<'_, f64, D>) -> hdf5::Result<()> {
    let rows: ArrayViewD<'_, f64> = rows.into_dyn();
    let mut shape = data.shape();
    if shape.len() != rows.ndim() || shape[1..] != rows.shape()[1..] {
        return Err(
            format!("rows of shape {:?} do not fit a dataset of shape {shape:?}", rows.shape()).into()
        );
    }
    let first = shape[0];
    shape[0] += rows.shape()[0];
    data.resize(&shape[..])?;
    let mut place = vec![SliceOrIndex::from(first..shape[0])];
    place.extend(shape[1..].iter().map(|&length| SliceOrIndex::from(0..length)));
    data.write_slice(rows, hdf5::Hyperslab::from(place))?;
    // The chunks wait in a cache, and closing a dataset keeps silent when the disk has no room for them.
    data.flush()
}
