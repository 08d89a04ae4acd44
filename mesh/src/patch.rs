//! Patches: rectangles of cells whose neighbours are at fixed offsets, with a chart that goes on across their sides.
//!
//! The ten rhombi of the sphere are patches of n by n cells. The circle is cut in patches of one row. In a patch the cell
//! at row i and column j has its neighbours along three *axes* (one on the circle): `(i, j + 1)`, `(i - 1, j)` and
//! `(i - 1, j + 1)`, and against them. The face across which an axis leaves a cell is *owned* by the cell, so that every
//! face is owned once; a patch has besides the faces that enter it from outside, which their owners' patches have too.

use crate::domain::Domain;
use crate::lattice::Lattice;
use crate::mesh::Mesh;

/// How many cells a chart goes on beyond each side of its patch.
pub const HALO: usize = 2;

/// Steps (rows, columns) along the axes.
pub const AXES: [(isize, isize); 3] = [(0, 1), (-1, 0), (-1, 1)];

/// The most cells of a patch of the circle: enough to hide the halo, few enough to share among threads.
const LONGEST: usize = 1024;

/// A rectangle of cells `first + row columns + column`, and the cells around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    first: usize,
    rows: usize,
    columns: usize,
    axes: usize,
    /// Rows -2, -1, `rows`, `rows` + 1 from column -2 to `columns` + 1; none on the circle.
    beyond: Vec<u32>,
    /// Columns -2, -1, `columns`, `columns` + 1 of each row.
    beside: Vec<[u32; 2 * HALO]>,
}

impl Patch {
    /// Its first cell.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many of the [`AXES`] there are: one on the circle, where a patch is a single row, three on the sphere.
    pub fn axes(&self) -> usize {
        self.axes
    }

    /// The cell at a row and column, each at most two outside. Along every axis the chart goes straight on across cells
    /// of six faces; where a line meets a pentagon, whatever is beyond it is not told.
    pub fn cell(&self, row: isize, column: isize) -> usize {
        let halo = HALO as isize;
        let (rows, columns) = (self.rows as isize, self.columns as isize);
        if (0..rows).contains(&row) {
            match column {
                ..0 => self.beside[row as usize][(column + halo) as usize] as usize,
                _ if column < columns => self.first + row as usize * self.columns + column as usize,
                _ => self.beside[row as usize][(column - columns + halo) as usize] as usize,
            }
        } else {
            let line = if row < 0 { row + halo } else { row - rows + halo };
            self.beyond[(line * (columns + 2 * halo) + column + halo) as usize] as usize
        }
    }

    /// The face along an axis that a cell of the patch owns.
    pub fn owned_face(&self, axis: usize, row: usize, column: usize) -> usize {
        let cell = self.first + row * self.columns + column;
        // The faces of an owner on the sphere lead to (-1, 0), (-1, 1) and (0, 1).
        if self.axes == 1 { cell } else { 3 * cell + (axis + 2) % 3 }
    }

    /// Copies the values of the cells of `row`, from two columns before `column` on, to fill `into`.
    #[inline(always)]
    pub fn copy_row(&self, row: isize, column: usize, values: &[f64], into: &mut [f64]) {
        let width = self.columns + 2 * HALO;
        if (0..self.rows as isize).contains(&row) {
            let sides = &self.beside[row as usize];
            let cells = &values[self.first + row as usize * self.columns..][..self.columns];
            let before = HALO.saturating_sub(column);
            let after = (column + into.len()).saturating_sub(self.columns + HALO);
            for (value, cell) in into.iter_mut().zip(&sides[column.min(HALO)..HALO]) {
                *value = values[*cell as usize];
            }
            let inside = into.len() - before - after;
            let start = column + before - HALO;
            into[before..before + inside].copy_from_slice(&cells[start..start + inside]);
            for (value, cell) in into[before + inside..].iter_mut().zip(&sides[HALO..]) {
                *value = values[*cell as usize];
            }
        } else {
            let line =
                if row < 0 { row + HALO as isize } else { row - self.rows as isize + HALO as isize } as usize;
            for (value, cell) in into.iter_mut().zip(&self.beyond[line * width + column..]) {
                *value = values[*cell as usize];
            }
        }
    }
}

impl Mesh {
    /// The patches that the cells are divided into, in the order of the cells; the two poles are in none.
    ///
    /// They are congruent: the n-th cell of each has the same measure as that of any other, and the same faces, to round-off
    /// (on the circle the last may be shorter).
    pub fn patches(&self) -> Vec<Patch> {
        match self.domain {
            Domain::Circle { cells } => {
                let columns = cells.div_ceil(cells.div_ceil(LONGEST));
                (0..cells)
                    .step_by(columns)
                    .map(|first| arc(first, columns.min(cells - first), cells))
                    .collect()
            }
            Domain::Sphere { subdivision, .. } => {
                (0..10).map(|rhombus| rhombus_patch(Lattice::new(subdivision), rhombus)).collect()
            }
        }
    }
}

impl Mesh {
    /// The cell of the first patch that is congruent to `cell`; itself at a pole.
    pub fn congruent_cell(&self, cell: usize) -> usize {
        match self.domain {
            Domain::Circle { .. } => 0,
            Domain::Sphere { subdivision: n, .. } if cell < 10 * n * n => cell % (n * n),
            Domain::Sphere { .. } => cell,
        }
    }

    /// The face of a cell of the first patch that is congruent to `face`.
    pub fn congruent_face(&self, face: usize) -> usize {
        match self.domain {
            Domain::Circle { .. } => 0,
            Domain::Sphere { subdivision: n, .. } => face % (3 * n * n),
        }
    }
}

/// A patch of the circle.
fn arc(first: usize, columns: usize, cells: usize) -> Patch {
    // Two whole turns more, for circles shorter than the halo.
    let around = |column: isize| ((first + 2 * cells) as isize + column) as usize % cells;
    let last = columns as isize;
    let beside = [-2, -1, last, last + 1].map(|column| around(column) as u32);
    Patch { first, rows: 1, columns, axes: 1, beyond: Vec::new(), beside: vec![beside] }
}

/// A patch of the sphere: row i and column j are the point (i + 1, j) of a rhombus.
fn rhombus_patch(lattice: Lattice, rhombus: usize) -> Patch {
    let n = lattice.subdivision() as isize;
    let cell = |row: isize, column: isize| straight_on(lattice, rhombus, row + 1, column) as u32;
    Patch {
        first: rhombus * (n * n) as usize,
        rows: n as usize,
        columns: n as usize,
        axes: 3,
        beyond: [-2, -1, n, n + 1]
            .into_iter()
            .flat_map(|row| (-2..n + 2).map(move |column| cell(row, column)))
            .collect(),
        beside: (0..n).map(|row| [-2, -1, n, n + 1].map(|column| cell(row, column))).collect(),
    }
}

/// The cell at the point (i, j) of a rhombus, at most a few steps outside: across the seam that is the farthest behind, in
/// the lattice of the neighbouring rhombus, and so on.
fn straight_on(lattice: Lattice, rhombus: usize, i: isize, j: isize) -> usize {
    /// More seams than any line that keeps off the pentagons crosses.
    const MOST_SEAMS: usize = 8;
    let n = lattice.subdivision() as isize;
    let (mut rhombus, mut i, mut j) = (rhombus, i, j);
    for _ in 0..MOST_SEAMS {
        let (northern, r) = (rhombus < 5, rhombus % 5);
        if northern && (i, j) == (0, 0) {
            return lattice.owners();
        }
        if !northern && (i, j) == (n, n) {
            return lattice.owners() + 1;
        }
        let (east, west) = ((r + 1) % 5, (r + 4) % 5);
        let [left, top, right, bottom] = [-j, 1 - i, j + 1 - n, i - n];
        let farthest = left.max(top).max(right).max(bottom);
        (rhombus, i, j) = match (northern, farthest) {
            (_, ..=0) => return (rhombus * n as usize + i as usize - 1) * n as usize + j as usize,
            // Turns about the pole.
            (true, beyond) if beyond == left => (west, -j, i + j),
            (true, beyond) if beyond == top => (east, i + j, -i),
            (false, beyond) if beyond == bottom => (5 + west, i + j - n, 2 * n - i),
            (false, beyond) if beyond == right => (5 + east, 2 * n - j, i + j - n),
            // Shifts between north and south.
            (true, beyond) if beyond == right => (5 + r, i, j - n),
            (true, _) => (5 + west, i - n, j),
            (false, beyond) if beyond == left => (r, i, j + n),
            (false, _) => (east, i + n, j),
        };
    }
    lattice.owners()
}
