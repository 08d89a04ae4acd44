//! How fields over the cells are at hand: cell by cell, or by a few numbers for each block of cells.

use std::ops::Range;

use sphereflow_mesh::Mesh;

use super::masses::Masses;
use super::rows::add_scaled;
use crate::objective::BlockBasis;
use crate::transform::LONGEST_BLOCK;

/// Cells that are treated at a time, in the nearest cache: a whole number of blocks.
pub(super) const CHUNK: usize = LONGEST_BLOCK;

/// Values of some cells, or terms of theirs.
#[repr(align(64))]
pub(super) struct Buffer(pub [f64; CHUNK]);

impl Buffer {
    pub(super) const ZERO: Self = Self([0.0; CHUNK]);
}

/// Measures of the cells.
#[derive(Clone, Copy)]
pub(super) struct Measures<'a> {
    all: &'a [f64],
    /// Whether they are the same for all cells: then the first ones serve everywhere, and stay in the nearest cache.
    same: bool,
}

impl<'a> Measures<'a> {
    pub(super) fn of(mesh: &'a Mesh) -> Self {
        Self { all: mesh.measures(), same: mesh.dim() == 2 }
    }

    /// Those of some cells.
    #[inline(always)]
    pub(super) fn at(self, cells: Range<usize>) -> &'a [f64] {
        if self.same { &self.all[..cells.len()] } else { &self.all[cells] }
    }
}

/// A field has one number a cell, its value; or, in a basis, one row of terms a block of cells. Masses have one number a cell, or
/// their moments in the basis.
#[derive(Clone, Copy)]
pub(super) struct Layout<'a>(pub Option<&'a BlockBasis>);

impl Layout<'_> {
    /// The number of cells, a multiple of a block's and at least `least`, that work can be cut into.
    pub(super) fn whole(self, least: usize) -> usize {
        self.0.map_or(least, |basis| least.next_multiple_of(basis.length()))
    }

    /// Cells that are treated at a time.
    #[inline(always)]
    pub(super) fn chunk(self) -> usize {
        self.0.map_or(CHUNK, |basis| CHUNK / basis.length() * basis.length())
    }

    /// Where the numbers of some cells are, that begin and end with blocks.
    #[inline(always)]
    pub(super) fn numbers(self, cells: Range<usize>) -> Range<usize> {
        match self.0 {
            Some(basis) => basis.rows(cells),
            None => cells,
        }
    }

    /// The values of a field at a chunk of cells: where they are, or made in a buffer.
    #[inline(always)]
    pub(super) fn values<'b>(
        self,
        field: &'b [f64],
        cells: Range<usize>,
        buffer: &'b mut Buffer,
    ) -> &'b [f64] {
        match self.0 {
            Some(basis) => {
                let values = &mut buffer.0[..cells.len()];
                basis.values(&field[basis.rows(cells)], values);
                values
            }
            None => &field[cells],
        }
    }

    /// The value of a field at a cell.
    #[inline(always)]
    pub(super) fn value(self, field: &[f64], cell: usize) -> f64 {
        match self.0 {
            Some(basis) => basis.value(field, cell),
            None => field[cell],
        }
    }

    /// Puts the masses of a chunk of cells into their numbers, or adds them to what is there.
    #[inline(always)]
    pub(super) fn put_down(self, sheet: Masses, masses: &[f64], numbers: &mut [f64]) {
        let Some(basis) = self.0 else { return sheet.put_down(masses, numbers) };
        if sheet.first {
            basis.moments(masses, numbers);
            if sheet.sign != 1.0 {
                numbers.iter_mut().for_each(|moment| *moment *= sheet.sign);
            }
        } else {
            let mut moments = Buffer::ZERO;
            let moments = &mut moments.0[..numbers.len()];
            basis.moments(masses, moments);
            add_scaled(sheet.sign, moments, numbers);
        }
    }
}
