//! The neighbour rule of the subdivided icosahedron, in closed form.
//!
//! The twenty triangles pair up into ten rhombi of n by n lattice steps, five around each pole. With N and S the poles,
//! U(k) the upper and L(k) the lower ring of the icosahedron (k modulo 5), the corners (0,0), (n,0), (n,n), (0,n) are
//!
//! - northern rhombus r = 0..5: N, U(r), L(r), U(r + 1);
//! - southern rhombus 5 + r: U(r + 1), L(r), S, L(r + 1).
//!
//! A rhombus owns the points (i, j) with 1 <= i <= n and 0 <= j < n, in the order of `cell = r n^2 + (i - 1) n + j`; the
//! two poles follow. Counterclockwise seen from outside, the six neighbours of a point are at the [`DIRECTIONS`], so that
//! inside a rhombus they are at the index offsets n, 1, 1 - n, -n, -1, n - 1.
//!
//! An owned cell c owns the faces 3 c, 3 c + 1, 3 c + 2 towards (-1,0), (-1,1), (0,1), and the vertices 2 c between the
//! first two of these faces, 2 c + 1 between the last two. Each face and each vertex is owned exactly once.

use std::cmp::Ordering;

/// Steps (i, j) to the six neighbours, counterclockwise seen from outside. The pentagon at the corner (n, 0) of each
/// rhombus lacks the last one.
pub const DIRECTIONS: [(isize, isize); 6] = [(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)];

/// Steps (i, j) across the three faces that a cell owns.
const OWNED: [(isize, isize); 3] = [(-1, 0), (-1, 1), (0, 1)];

/// Marks the missing sixth face of a pentagon.
pub const NO_FACE: u32 = u32::MAX;

/// Where a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// At row 1 <= i <= n and column 0 <= j < n of a rhombus 0..10 (the first five are northern).
    Rhombus {
        /// Which rhombus.
        rhombus: usize,
        /// i, the first lattice coordinate.
        row: usize,
        /// j, the second lattice coordinate.
        column: usize,
    },
    /// The north pole (0, 0, 1).
    North,
    /// The south pole (0, 0, -1).
    South,
}

/// The icosahedron with each face cut into n^2 triangles: its points, without coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lattice {
    subdivision: usize,
}

impl Lattice {
    /// The largest subdivision n for which the 30 n^2 faces have 32-bit indices.
    pub const MAX_SUBDIVISION: usize = 11_965;

    /// The lattice of subdivision n, 1 <= n <= [`Self::MAX_SUBDIVISION`].
    pub(crate) fn new(subdivision: usize) -> Self {
        debug_assert!((1..=Self::MAX_SUBDIVISION).contains(&subdivision));
        Self { subdivision }
    }

    /// Subdivision n.
    pub fn subdivision(self) -> usize {
        self.subdivision
    }

    /// Number of cells that own faces, 10 n^2: all but the poles.
    pub fn owners(self) -> usize {
        10 * self.subdivision * self.subdivision
    }

    /// Number of cells, 10 n^2 + 2.
    pub fn cells(self) -> usize {
        self.owners() + 2
    }

    /// Where `cell` is. Counted past the last cell, it is the south pole.
    pub fn site(self, cell: usize) -> Site {
        let n = self.subdivision;
        match cell.cmp(&self.owners()) {
            Ordering::Less => {
                let (rhombus, inside) = (cell / (n * n), cell % (n * n));
                Site::Rhombus { rhombus, row: inside / n + 1, column: inside % n }
            }
            Ordering::Equal => Site::North,
            Ordering::Greater => Site::South,
        }
    }

    /// The cell that the face 3 `owner` + `slot` leads to, slot 0, 1 or 2.
    ///
    /// # Panics
    ///
    /// If `owner` is a pole.
    pub fn owned_neighbor(self, owner: usize, slot: usize) -> usize {
        let Site::Rhombus { rhombus, row, column } = self.site(owner) else {
            panic!("cell {owner} is a pole: it owns no faces");
        };
        let (di, dj) = OWNED[slot];
        self.cell_at(rhombus, row as isize + di, column as isize + dj)
    }

    /// The faces of `cell`, counterclockwise seen from outside; the sixth of a pentagon is [`NO_FACE`].
    ///
    /// Outside the poles they are in the order of [`DIRECTIONS`].
    pub fn faces(self, cell: usize) -> [u32; 6] {
        let n = self.subdivision;
        match self.site(cell) {
            Site::North => pentagon([0, 1, 2, 3, 4].map(|r| 3 * self.owned(r, 1, 0))),
            // From below, longitude decreases counterclockwise.
            Site::South => pentagon([9, 8, 7, 6, 5].map(|r| 3 * self.owned(r, n, n - 1) + 2)),
            Site::Rhombus { rhombus, row, column } => self.faces_inside(cell, rhombus, row, column),
        }
    }

    /// Faces of an owner. A face that it does not own is its neighbour's, in the slot that points back; where a seam
    /// turns the lattice by 60 degrees (at j = 0 in the north, at i = n in the south) that slot changes.
    fn faces_inside(self, cell: usize, rhombus: usize, row: usize, column: usize) -> [u32; 6] {
        let turned_north = rhombus < 5 && column == 0;
        let turned_south = rhombus >= 5 && row == self.subdivision;
        let back = |direction: usize, slot: usize| {
            let (di, dj) = DIRECTIONS[direction];
            let neighbor = self.cell_at(rhombus, row as isize + di, column as isize + dj);
            (3 * neighbor + slot) as u32
        };
        let own = |slot: usize| (3 * cell + slot) as u32;
        let below = back(0, usize::from(turned_south));
        let left = back(4, if turned_north { 1 } else { 2 });
        let pentagon = row == self.subdivision && column == 0;
        let corner = match (pentagon, turned_north, turned_south) {
            (true, ..) => NO_FACE,
            (_, true, _) => back(5, 0),
            (_, _, true) => back(5, 2),
            _ => back(5, 1),
        };
        [below, own(2), own(1), own(0), left, corner]
    }

    /// Index of the owned point (i, j) of a rhombus.
    fn owned(self, rhombus: usize, row: usize, column: usize) -> usize {
        let n = self.subdivision;
        (rhombus * n + row - 1) * n + column
    }

    /// The cell at (i, j) of a rhombus or one step outside it: 0 <= i <= n + 1, -1 <= j <= n.
    fn cell_at(self, rhombus: usize, i: isize, j: isize) -> usize {
        if rhombus < 5 { self.cell_at_north(rhombus, i, j) } else { self.cell_at_south(rhombus - 5, i, j) }
    }

    /// The seams of northern rhombus r: a turn about N to its two neighbours, a shift to the southern ones.
    fn cell_at_north(self, r: usize, i: isize, j: isize) -> usize {
        let n = self.subdivision as isize;
        let (east, west) = ((r + 1) % 5, (r + 4) % 5);
        let owned = |rhombus, i: isize, j: isize| self.owned(rhombus, i as usize, j as usize);
        if i == 0 && j == 0 {
            self.owners()
        } else if i == 0 {
            owned(east, j, 0)
        } else if j < 0 {
            owned(west, -j, i + j)
        } else if i > n {
            owned(5 + west, i - n, j)
        } else if j == n {
            owned(5 + r, i, 0)
        } else {
            owned(r, i, j)
        }
    }

    /// The seams of southern rhombus 5 + r: a turn about S to its two neighbours, a shift to the northern ones.
    fn cell_at_south(self, r: usize, i: isize, j: isize) -> usize {
        let n = self.subdivision as isize;
        let (east, west) = ((r + 1) % 5, (r + 4) % 5);
        let owned = |rhombus, i: isize, j: isize| self.owned(rhombus, i as usize, j as usize);
        if i == n && j == n {
            self.owners() + 1
        } else if i == 0 {
            self.cell_at_north(east, n, j)
        } else if j < 0 {
            owned(r, i, n + j)
        } else if i > n {
            owned(5 + west, i + j - n, 2 * n - i)
        } else if j == n {
            owned(5 + east, n, i)
        } else {
            owned(5 + r, i, j)
        }
    }
}

/// The five faces of a pole as six slots.
fn pentagon(faces: [usize; 5]) -> [u32; 6] {
    let [a, b, c, d, e] = faces.map(|face| face as u32);
    [a, b, c, d, e, NO_FACE]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbors_inside_a_rhombus_are_at_fixed_index_offsets() {
        let lattice = Lattice::new(6);
        for cell in 0..lattice.owners() {
            let Site::Rhombus { row: 2..6, column: 1..5, rhombus } = lattice.site(cell) else { continue };
            let neighbors = DIRECTIONS.map(|(i, j)| (cell as isize + 6 * i + j) as usize);
            let across = lattice.faces(cell).map(|face| {
                let (owner, slot) = (face as usize / 3, face as usize % 3);
                if owner == cell { lattice.owned_neighbor(cell, slot) } else { owner }
            });
            assert_eq!(across, neighbors, "cell {cell} of rhombus {rhombus}");
        }
    }

    #[test]
    fn sites_and_indices_are_inverse() {
        let lattice = Lattice::new(3);
        for cell in 0..lattice.owners() {
            let Site::Rhombus { rhombus, row, column } = lattice.site(cell) else {
                panic!("a pole at {cell}")
            };
            assert_eq!(lattice.owned(rhombus, row, column), cell);
            assert_eq!(lattice.cell_at(rhombus, row as isize, column as isize), cell);
        }
        assert_eq!([90, 91].map(|cell| lattice.site(cell)), [Site::North, Site::South]);
    }

    #[test]
    fn the_largest_subdivision_is_the_last_with_32_bit_faces() {
        let faces = |n: usize| 3 * Lattice { subdivision: n }.owners();
        assert!(faces(Lattice::MAX_SUBDIVISION) <= NO_FACE as usize);
        assert!(faces(Lattice::MAX_SUBDIVISION + 1) > NO_FACE as usize);
    }
}
