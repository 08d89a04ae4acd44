//! Data sets from files: CSV, NPY, HDF5.

mod arrays;
mod error;
mod table;

pub use error::DataError;

use ndarray::Array2;
use std::io;
use std::path::Path;

/// Samples (`x_i`, `y_i`), i = 1..n, all of them finite; n and p are at least 1.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// Inputs `x_i`, \[n, p\]. The constant input of a bias is not among them.
    pub inputs: Array2<f64>,
    /// Outputs `y_i`, \[n\]: values for the square loss, -1 or +1 for the logistic one.
    pub outputs: Vec<f64>,
}

/// Reads a data set in the format that the extension (in any case) names.
///
/// | extension | contents |
/// |---|---|
/// | `csv` | a header `x1,...,xp,y`, then one sample per line |
/// | `npy` | one array \[n, p + 1\] of float64 or float32, `y` in the last column |
/// | `h5`, `hdf5` | datasets `/x` \[n, p\] and `/y` \[n\] of numbers |
///
/// # Errors
/// If the file cannot be read, its extension is another, its layout is not as above, a field is not a finite
/// number, or there are no samples.
pub fn read_data(path: impl AsRef<Path>) -> Result<DataSet, DataError> {
    let path = path.as_ref();
    let unreadable = |source: io::Error| DataError::Unreadable { path: path.to_path_buf(), source };
    let extension = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("csv") => table::read(path, &std::fs::read(path).map_err(unreadable)?),
        Some("npy") => arrays::read_npy(path, &std::fs::read(path).map_err(unreadable)?),
        Some("h5" | "hdf5") => {
            let bytes = std::fs::File::open(path).and_then(|file| file.metadata()).map_err(unreadable)?.len();
            arrays::read_hdf5(path, bytes)
        }
        _ => Err(DataError::UnknownFormat { path: path.to_path_buf() }),
    }
}
