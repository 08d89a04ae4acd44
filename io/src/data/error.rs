//! What can go wrong with a file of samples.

use std::io;
use std::path::PathBuf;

/// Why a data set cannot be read. Lines and columns count from 1; a CSV file's header is line 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refuses to read the file, or there is none.
    #[error("`{}` cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The extension names no format that is read here.
    #[error("`{}`: the extension must be one of `csv`, `npy`, `h5`, `hdf5`", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// There are no samples.
    #[error("`{}` holds no samples", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The header of a CSV file is not `x1`, ..., `xp`, `y`.
    #[error("`{}`, line 1, column {column}: found `{found}`, expected `{expected}`", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// The first column that differs.
        column: usize,
        /// Its name.
        found: String,
        /// The name that belongs there.
        expected: String,
    },
    /// A header whose columns are not separated by commas.
    #[error("`{}`, line 1: columns must be separated by commas, as in `x1,x2,y`", path.display())]
    Separator {
        /// The file.
        path: PathBuf,
    },
    /// A file with outputs but no inputs.
    #[error("`{}` has no input columns: before `y` there must be `x1`, `x2`, ...", path.display())]
    NoInputs {
        /// The file.
        path: PathBuf,
    },
    /// A line of a CSV file has too few or too many columns.
    #[error("`{}`, line {line}: found {found} columns, expected {expected}", path.display())]
    Ragged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// Its number of columns.
        found: usize,
        /// The number of columns of the header.
        expected: usize,
    },
    /// A field of a CSV file is not a number.
    #[error("`{}`, line {line}, column {column}: `{found}` is not a number", path.display())]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// The column.
        column: usize,
        /// What is there.
        found: String,
    },
    /// A number of a CSV file is infinite or not a number, or too large for 64 bits.
    #[error("`{}`, line {line}, column {column}: `{found}` is not finite", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// The column.
        column: usize,
        /// What is there.
        found: String,
    },
    /// A line of a CSV file is not UTF-8.
    #[error("`{}`, line {line}: not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
    },
    /// A number of an array file is infinite or not a number.
    #[error("`{}`, `{array}`, row {row}, column {column}: {found} is not finite", path.display())]
    ArrayNotFinite {
        /// The file.
        path: PathBuf,
        /// The array.
        array: &'static str,
        /// The row, counted from 0 as arrays are.
        row: usize,
        /// The column, counted from 0 as arrays are.
        column: usize,
        /// What is there.
        found: f64,
    },
    /// An array file is damaged, or holds arrays of another type or shape.
    #[error("`{}`: {what}", path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}
