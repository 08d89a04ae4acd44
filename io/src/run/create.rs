//! A new run file: attributes, mesh, and datasets without a row yet.

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, Extent, File, H5Type, Location, SimpleExtents, SliceOrIndex};
use ndarray::{ArrayView, ArrayViewD, Dimension};
use std::path::Path;

use super::contents::{MeshTable, ParticleHeader, RunDomain, RunHeader};
use super::layout::{self, Entry, root};
use super::table::{Column, Row};

/// Chunks stay within 1 MiB, HDF5's default cache of one dataset: a chunk is compressed once.
const CHUNK_BYTES: usize = 1 << 20;
/// Chunks of rows that are computed at once.
const BLOCK_CHUNKS: usize = 4;
/// Rows per chunk of the series at the snapshots: there are few.
const SERIES_ROWS: usize = 128;
/// Rows per chunk of the diagnostics: there may be very many.
const DIAGNOSTICS_ROWS: usize = 1024;
/// Speed before size: on smooth densities higher levels gain a few per cent and cost several times more.
const DEFLATE_LEVEL: u8 = 2;

/// How the chunks of a dataset are treated.
#[derive(Clone, Copy)]
enum Filters {
    /// Compressed and checked: for chunks that are written once.
    Packed,
    /// Checked only: a chunk that grows by rewriting keeps its size and so its place in the file.
    Checked,
}

/// Creates the run file at `path`, which must not exist or be empty, closes it, and leaves it consistent.
pub(super) fn create(path: &Path, header: &RunHeader<'_>) -> hdf5::Result<()> {
    let file = hdf5::FileBuilder::new()
        // Since 1.10 metadata carry checksums: damage is found rather than followed.
        .with_fapl(|access| access.libver_v110())
        .create(path)?;
    root_attributes(&file, header)?;
    series(&file, header)?;
    if let Some(mesh) = &header.mesh {
        let row = [header.sheets, mesh.measure.len()];
        extendable(&file, layout::density(mesh.domain), &row, 1, Filters::Packed)?;
        write_mesh(&file, mesh)?;
    }
    if let Some(particles) = &header.particles {
        write_particles(&file, particles)?;
    }
    file.flush()?;
    file.close()
}

/// Creates a file at `path` that holds a mesh alone, laid out as in a run.
pub(super) fn create_mesh(path: &Path, mesh: &MeshTable<'_>, version: &str) -> hdf5::Result<()> {
    let file = hdf5::FileBuilder::new().with_fapl(|access| access.libver_v110()).create(path)?;
    text_attribute(&file, root::FORMAT, layout::MESH_FORMAT)?;
    number_attribute(&file, root::FORMAT_VERSION, &layout::FORMAT_VERSION)?;
    text_attribute(&file, root::VERSION, version)?;
    write_mesh(&file, mesh)?;
    file.flush()?;
    file.close()
}

/// Replaces the configuration that the file at `path` holds.
pub(super) fn set_config(path: &Path, config_toml: &str) -> hdf5::Result<()> {
    let file = File::open_rw(path)?;
    file.attr(root::CONFIG)?.write_scalar(&text(config_toml)?)?;
    file.flush()?;
    file.close()
}

fn root_attributes(file: &File, header: &RunHeader<'_>) -> hdf5::Result<()> {
    text_attribute(file, root::FORMAT, layout::FORMAT)?;
    number_attribute(file, root::FORMAT_VERSION, &layout::FORMAT_VERSION)?;
    text_attribute(file, root::VERSION, header.version)?;
    text_attribute(file, root::CONFIG, header.config_toml)?;
    text_attribute(file, root::METHOD, header.method)?;
    number_attribute(file, root::COMPLETE, &0_u32)
}

fn series(file: &File, header: &RunHeader<'_>) -> hdf5::Result<()> {
    for name in ["snapshot", "diagnostics"] {
        file.create_group(name)?;
    }
    let snapshot = [
        layout::TIME,
        layout::SNAPSHOT_OBJECTIVE,
        layout::SNAPSHOT_MASS,
        layout::SNAPSHOT_POTENTIAL,
        layout::SNAPSHOT_STEP,
    ];
    for entry in snapshot {
        extendable(file, entry, &[], SERIES_ROWS, Filters::Checked)?;
    }
    for entry in layout::DIAGNOSTICS {
        extendable(file, entry, &[], DIAGNOSTICS_ROWS, Filters::Checked)?;
    }
    if !header.test_functions.is_empty() {
        let row = [header.test_functions.len()];
        let data = extendable(file, layout::WEAK_RESIDUAL, &row, DIAGNOSTICS_ROWS, Filters::Checked)?;
        let names: Vec<_> = header.test_functions.iter().map(|name| text(name)).collect::<Result<_, _>>()?;
        data.new_attr_builder().with_data(&names[..]).create(layout::TEST_FUNCTIONS)?;
    }
    Ok(())
}

fn write_mesh(file: &File, mesh: &MeshTable<'_>) -> hdf5::Result<()> {
    let group = file.create_group("mesh")?;
    text_attribute(&group, layout::DOMAIN, mesh.domain.name())?;
    match mesh.domain {
        RunDomain::Circle { cells } => number_attribute(&group, layout::CELLS, &(cells as u64))?,
        RunDomain::Sphere { subdivision, mesh } => {
            number_attribute(&group, layout::SUBDIVISION, &(subdivision as u64))?;
            text_attribute(&group, layout::SPHERE_MESH, mesh.name())?;
        }
    }
    fixed(file, layout::CENTER, mesh.center)?;
    fixed(file, layout::measure(mesh.domain), mesh.measure)?;
    column(file, layout::FACE_CELLS, mesh.face_cells)?;
    column(file, layout::face_measure(mesh.domain), mesh.face_measure)?;
    column(file, layout::FACE_DISTANCE, mesh.face_distance)?;
    if let Some(polygons) = &mesh.polygons {
        column(file, layout::VERTEX, polygons.vertex)?;
        column(file, layout::FACE_VERTICES, polygons.face_vertices)?;
    }
    Ok(())
}

fn write_particles(file: &File, particles: &ParticleHeader<'_>) -> hdf5::Result<()> {
    file.create_group("particles")?;
    extendable(file, layout::POSITION, &[particles.count, particles.dim], 1, Filters::Packed)?;
    extendable(file, layout::MASS, &[particles.count], 1, Filters::Packed)?;
    fixed(file, layout::SIGN, particles.sign)
}

/// A dataset of float64 without rows, extendable along its first axis.
fn extendable(
    file: &File,
    entry: Entry,
    row: &[usize],
    rows: usize,
    filters: Filters,
) -> hdf5::Result<Dataset> {
    let mut extents = vec![Extent::resizable(0)];
    extents.extend(row.iter().copied().map(Extent::fixed));
    let mut chunk = chunk_of_row(row, size_of::<f64>());
    let rows = rows.min((CHUNK_BYTES / size_of::<f64>() / chunk.iter().product::<usize>()).max(1));
    chunk.insert(0, rows);
    let builder = match filters {
        Filters::Packed => packed(file.new_dataset_builder()),
        Filters::Checked => file.new_dataset_builder().fletcher32(),
    };
    let data =
        builder.chunk(chunk).empty::<f64>().shape(SimpleExtents::from_vec(extents)).create(entry.path)?;
    describe(&data, entry)?;
    Ok(data)
}

/// A dataset of known contents.
fn fixed<'a, T, D>(file: &File, entry: Entry, data: impl Into<ArrayView<'a, T, D>>) -> hdf5::Result<()>
where
    T: H5Type + Clone + 'a,
    D: Dimension,
{
    let data = data.into();
    let data = data.as_standard_layout();
    let chunk = chunk_of_rows(data.shape(), size_of::<T>());
    let dataset =
        packed(file.new_dataset_builder()).chunk(chunk).with_data(data.view()).create(entry.path)?;
    // Closing a dataset keeps silent when the disk has no room for what waits in its cache.
    dataset.flush()?;
    describe(&dataset, entry)
}

/// A dataset of rows that may still have to be computed, by all threads while the rows before are compressed: no more
/// than two blocks of them are in memory.
fn column<T: Row>(file: &File, entry: Entry, column: Column<'_, T>) -> hdf5::Result<()> {
    let mut shape = vec![column.len()];
    shape.extend(T::SHAPE);
    let chunk = chunk_of_rows(&shape, size_of::<T::Number>());
    let rows = BLOCK_CHUNKS * chunk[0];
    let builder = packed(file.new_dataset_builder()).chunk(chunk).empty::<T::Number>();
    let dataset = builder.shape(&shape[..]).create(entry.path)?;
    let block = |first: usize| column.rows(first..column.len().min(first + rows));
    let (mut first, mut current) = (0, block(0));
    while !current.is_empty() {
        let next = first + current.len();
        let (written, computed) =
            rayon::join(|| write_rows(&dataset, first, &current), || block(next.min(column.len())));
        written?;
        (first, current) = (next, computed);
    }
    dataset.flush()?;
    describe(&dataset, entry)
}

/// Writes rows from the row `first` on.
fn write_rows<T: Row>(dataset: &Dataset, first: usize, rows: &[T]) -> hdf5::Result<()> {
    let mut shape = vec![rows.len()];
    shape.extend(T::SHAPE);
    let mut place = vec![SliceOrIndex::from(first..first + rows.len())];
    place.extend(T::SHAPE.iter().map(|&length| SliceOrIndex::from(0..length)));
    let numbers = ArrayViewD::from_shape(shape, T::numbers(rows))?;
    dataset.write_slice(numbers, hdf5::Hyperslab::from(place))
}

/// The shape of a chunk of a dataset of known shape: whole rows, at most `CHUNK_BYTES` together.
fn chunk_of_rows(shape: &[usize], bytes: usize) -> Vec<usize> {
    let row = chunk_of_row(&shape[1..], bytes);
    let rows = (CHUNK_BYTES / bytes / row.iter().product::<usize>()).clamp(1, shape[0].max(1));
    [vec![rows], row].concat()
}

fn packed(builder: hdf5::DatasetBuilder) -> hdf5::DatasetBuilder {
    let builder = builder.shuffle();
    // A library built without zlib still writes sound files, only larger ones.
    let builder = if hdf5::filters::deflate_available() { builder.deflate(DEFLATE_LEVEL) } else { builder };
    builder.fletcher32()
}

/// The part of a row that one chunk holds: whole trailing axes first, at most `CHUNK_BYTES` together.
fn chunk_of_row(row: &[usize], bytes: usize) -> Vec<usize> {
    let mut room = CHUNK_BYTES / bytes;
    let mut chunk: Vec<usize> = row
        .iter()
        .rev()
        .map(|&length| {
            let part = length.min(room).max(1);
            room /= part;
            part
        })
        .collect();
    chunk.reverse();
    chunk
}

fn describe(data: &Dataset, entry: Entry) -> hdf5::Result<()> {
    text_attribute(data, "units", entry.units)?;
    text_attribute(data, "description", entry.description)
}

fn text(value: &str) -> hdf5::Result<VarLenUnicode> {
    value.parse().map_err(|error| hdf5::Error::from(format!("a text holds a NUL character: {error:?}")))
}

pub(crate) fn text_attribute(place: &Location, name: &str, value: &str) -> hdf5::Result<()> {
    place.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&text(value)?)
}

pub(crate) fn number_attribute<T: H5Type>(place: &Location, name: &str, value: &T) -> hdf5::Result<()> {
    place.new_attr::<T>().create(name)?.write_scalar(value)
}

#[cfg(test)]
mod tests {
    use super::{CHUNK_BYTES, chunk_of_row};

    #[test]
    fn a_chunk_holds_at_most_a_mebibyte_of_a_row_and_never_nothing() {
        assert_eq!(chunk_of_row(&[], 8), Vec::<usize>::new());
        assert_eq!(chunk_of_row(&[2, 642], 8), [2, 642]);
        assert_eq!(chunk_of_row(&[2, 2_621_442], 8), [1, CHUNK_BYTES / 8]);
        assert_eq!(chunk_of_row(&[100_000, 3], 8), [CHUNK_BYTES / 24, 3]);
    }
}
