//! Columns of numbers, at hand or yet to be computed.

use std::ops::Range;

use hdf5::H5Type;
use rayon::prelude::*;

/// Rows per task of a computation.
const BLOCK: usize = 1024;

/// A row of a column: a number, or a few of one type.
pub(super) trait Row: Copy + Send + Sync {
    /// Type of the numbers.
    type Number: H5Type;
    /// Shape of a row.
    const SHAPE: &'static [usize];

    /// The numbers of rows, one after the other.
    fn numbers(rows: &[Self]) -> &[Self::Number];
}

impl Row for f64 {
    type Number = f64;
    const SHAPE: &'static [usize] = &[];

    fn numbers(rows: &[Self]) -> &[f64] {
        rows
    }
}

impl Row for [f64; 3] {
    type Number = f64;
    const SHAPE: &'static [usize] = &[3];

    fn numbers(rows: &[Self]) -> &[f64] {
        rows.as_flattened()
    }
}

impl Row for [u32; 2] {
    type Number = u32;
    const SHAPE: &'static [usize] = &[2];

    fn numbers(rows: &[Self]) -> &[u32] {
        rows.as_flattened()
    }
}

/// A column of a table: its rows, or how to compute each of them, so that a column larger than memory can be written.
#[derive(Clone, Copy)]
pub enum Column<'a, T> {
    /// Rows at hand.
    Rows(&'a [T]),
    /// Rows that are computed when they are written, in any order, by several threads.
    Computed {
        /// Number of rows.
        len: usize,
        /// The row of an index below `len`.
        row: &'a (dyn Fn(usize) -> T + Sync),
    },
}

impl<T: Copy + Send + Sync> Column<'_, T> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Computed { len, .. } => *len,
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of the rows.
    pub(super) fn rows(&self, range: Range<usize>) -> Vec<T> {
        match self {
            Self::Rows(rows) => rows[range].to_vec(),
            Self::Computed { row, .. } => range.into_par_iter().with_min_len(BLOCK).map(row).collect(),
        }
    }
}

impl<T> std::fmt::Debug for Column<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{} rows", rows.len()),
            Self::Computed { len, .. } => write!(f, "{len} rows to be computed"),
        }
    }
}
