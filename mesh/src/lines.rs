//! The lines of the lattice: what is opposite to a face of a cell, and how a line bends at the cell.

use crate::geometry::{Vector, add, dot, scale, sub};
use crate::lattice::Site;
use crate::mesh::Mesh;

/// An edge of the icosahedron through a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// How many cells from the end of the edge, 0 < position < n.
    pub position: usize,
    /// The face of the cell, in the order of [`Mesh::cell_faces`], towards the next position.
    pub next: usize,
}

/// How the line through two opposite faces of a hexagon bends there.
///
/// With t_+ and t_- the vectors to the cells across the faces k and k + 3, tangent to the sphere at the center,
/// `t_+ + t_- = along (t_+ - t_-) / 2 + across (e_+ - e_-) / 2`, up to a fraction of their square: `along` is of the order
/// of the spacing; `across` is not, but vanishes away from the edges of the icosahedron, of which e_+ and e_- are the
/// vectors to the next and the last cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// In the direction of the line.
    pub along: f64,
    /// In the direction of the edge.
    pub across: f64,
}

impl Mesh {
    /// The cells opposite to a face of a cell: the one across the opposite face of a hexagon (or arc), twice, and those
    /// across the two opposite faces of a pentagon.
    pub fn opposite(&self, face: usize, cell: usize) -> [usize; 2] {
        let faces = self.cell_faces(cell);
        let place = faces.iter().position(|f| *f as usize == face).expect("a face of the cell");
        let count = faces.len();
        [count / 2, count.div_ceil(2)].map(|turn| self.neighbor(faces[(place + turn) % count] as usize, cell))
    }

    /// The face between two cells, if they are neighbours.
    pub fn face_between(&self, one: usize, other: usize) -> Option<usize> {
        self.cell_faces(one).iter().map(|f| *f as usize).find(|f| self.neighbor(*f, one) == other)
    }

    /// The edge of the icosahedron that a hexagon lies on.
    pub fn edge(&self, cell: usize) -> Option<Edge> {
        let lattice = self.lattice()?;
        let n = lattice.subdivision();
        let Site::Rhombus { row, column, .. } = lattice.site(cell) else { return None };
        if row == n && column == 0 {
            None
        } else if column == 0 {
            Some(Edge { position: row, next: 0 })
        } else if row == n {
            Some(Edge { position: column, next: 1 })
        } else if row + column == n {
            Some(Edge { position: column, next: 2 })
        } else {
            None
        }
    }

    /// How the line through the faces `line` and `line` + 3 of a cell bends, `line` = 0, 1, 2; not at all at a pentagon and
    /// on the circle.
    pub fn bend(&self, cell: usize, line: usize) -> Bend {
        let faces = self.cell_faces(cell);
        if faces.len() != 6 {
            return Bend { along: 0.0, across: 0.0 };
        }
        let center = self.point(cell);
        let toward = |place: usize| {
            let step = sub(self.point(self.neighbor(faces[place % 6] as usize, cell)), center);
            sub(step, scale(dot(step, center), center))
        };
        let (ahead, behind) = (toward(line), toward(line + 3));
        let mut rest = add(ahead, behind);
        let mut across = 0.0;
        if let Some(edge) = self.edge(cell).filter(|edge| edge.next != line) {
            across = self.kink(edge.position);
            let step: Vector = scale(0.5, sub(toward(edge.next), toward(edge.next + 3)));
            rest = sub(rest, scale(across, step));
        }
        let chord = sub(ahead, behind);
        Bend { along: 2.0 * dot(rest, chord) / dot(chord, chord), across }
    }

    /// By how much a line that crosses an edge of the icosahedron at a position bends in the direction of that edge.
    ///
    /// In the two faces the steps of the line are a half along the edge and the height of a triangle away from it, either
    /// way; so the sum of both is the sum of the heights, which points inward along the middle of the edge. Seen from the
    /// point at a distance x of that middle it has the part x along the edge, and the golden ratio makes it `1 / phi^2` at the end.
    fn kink(&self, position: usize) -> f64 {
        let n = self.lattice().map_or(1, crate::Lattice::subdivision);
        let inverse_square_of_phi = 1.5 - 0.5 * 5f64.sqrt();
        inverse_square_of_phi * ((2 * position) as f64 - n as f64) / n as f64
    }
}
