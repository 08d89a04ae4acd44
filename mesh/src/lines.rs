//! The lines of the lattice: what is opposite to a face of a cell, and how a line bends at the cell.

use crate::domain::{Domain, SphereMesh};
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
/// With t_k the vector to the cell across the face k, tangent to the sphere at the center, and
/// s_k = (t_k - t_(k+3)) / 2 half the way along the line through both, the line through the faces k and k + 3 has
/// `t_k + t_(k+3) = along s_k + across s_beside`. On a smooth grid both are of the order of the spacing; `across` is not
/// where the line crosses an edge of the icosahedron, and vanishes elsewhere on the flat mesh, where lines are great circles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// In the direction of the line.
    pub along: f64,
    /// In the direction of the line beside it.
    pub across: f64,
    /// The first face of that line: of the edge of the icosahedron where the cell is on one, else the next counterclockwise.
    pub beside: usize,
}

/// How far the midpoint of a face is from the midpoint between the centers of its cells.
///
/// With a and b the centers of the first and the second cell, and r and l those of the cells across the ends of the face, to
/// the right and to the left of the way from a to b, the way from the one midpoint to the other is
/// `beside (l - r) + along (b - a)`, but for its part along the radius, which is of the order of the square of the spacing.
/// Both are of the order of the spacing, but along edges of the icosahedron, where the lattice has a kink.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Skew {
    /// In the direction from the cell on the right to the one on the left.
    pub beside: f64,
    /// In the direction from the first cell to the second.
    pub along: f64,
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
            return Bend { along: 0.0, across: 0.0, beside: line };
        }
        let center = self.point(cell);
        let toward = |place: usize| {
            let step = sub(self.point(self.neighbor(faces[place % 6] as usize, cell)), center);
            sub(step, scale(dot(step, center), center))
        };
        let half_way = |place: usize| scale(0.5, sub(toward(place), toward(place + 3)));
        let (sum, way) = (add(toward(line), toward(line + 3)), half_way(line));
        let edge = self.edge(cell);
        let beside = edge.map_or(line + 1, |edge| edge.next);
        // Both sides of an edge are mirror images; so it bends along itself.
        let is_straight = edge.map_or(self.is_flat(), |_| beside == line);
        let [along, across] = if is_straight {
            [dot(sum, way) / dot(way, way), 0.0]
        } else {
            in_the_basis(sum, [way, half_way(beside)])
        };
        Bend { along, across, beside }
    }

    /// The cells across the ends of a face, to the right and to the left of the way from its first cell to its second; none
    /// on the circle.
    pub fn face_sides(&self, face: usize) -> Option<[usize; 2]> {
        let [first, _] = self.face_cells(face);
        let faces = self.cell_faces(first);
        let place = faces.iter().position(|f| *f as usize == face)?;
        let at = |turn: usize| self.neighbor(faces[(place + turn) % faces.len()] as usize, first);
        (faces.len() > 2).then(|| [at(faces.len() - 1), at(1)])
    }

    /// How far the midpoint of a face is from the midpoint between the centers of its cells; on the circle they are the same.
    pub fn skew(&self, face: usize) -> Skew {
        let Some([right, left]) = self.face_sides(face).filter(|_| !self.is_along_an_edge(face)) else {
            return Skew::default();
        };
        let [a, b] = self.face_centers(face);
        let offset = sub(self.face_midpoint(face), scale(0.5, add(a, b)));
        let [beside, along] = in_the_basis(offset, [sub(self.point(left), self.point(right)), sub(b, a)]);
        Skew { beside, along }
    }

    /// Whether the way across a face goes along an edge of the icosahedron, so that both sides of it are mirror images.
    fn is_along_an_edge(&self, face: usize) -> bool {
        self.face_cells(face).into_iter().any(|cell| {
            let faces = self.cell_faces(cell);
            let place = faces.iter().position(|f| *f as usize == face);
            faces.len() == 5 || self.edge(cell).is_some_and(|edge| place.map(|p| p % 3) == Some(edge.next))
        })
    }

    /// Whether the lines of the lattice are great circles between edges of the icosahedron.
    pub fn is_flat(&self) -> bool {
        matches!(self.domain(), Domain::Sphere { mesh: SphereMesh::Flat, .. })
    }
}

/// The coefficients of a vector in the plane of two others.
fn in_the_basis(vector: Vector, [a, b]: [Vector; 2]) -> [f64; 2] {
    let (aa, ab, bb) = (dot(a, a), dot(a, b), dot(b, b));
    let (va, vb) = (dot(vector, a), dot(vector, b));
    let determinant = aa * bb - ab * ab;
    [(va * bb - vb * ab) / determinant, (vb * aa - va * ab) / determinant]
}
