//! The mesh: arrays of cells and faces, and what follows from them.

use std::f64::consts::{PI, TAU};
use std::ops::Deref;

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::domain::{Domain, MeshError, SphereMesh};
use crate::generators::Generators;
use crate::geometry::{Vector, arc, circumcenter, midpoint, sub, unit};
use crate::lattice::{Lattice, NO_FACE};
use crate::quality::Quality;
use crate::{circle, sphere};

/// A finite-volume mesh of the unit circle or the unit sphere.
///
/// Centers and measures of the cells are stored (24 bytes a cell on the circle, 32 on the sphere). Which cells and faces
/// touch is known in closed form, and all of a face and of a vertex is computed when asked. Arrays do not depend on the
/// number of threads that built them. See the crate for the terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    pub(crate) domain: Domain,
    /// `[cells, dim]`, row by row.
    pub(crate) centers: Vec<f64>,
    pub(crate) measures: Vec<f64>,
}

/// Faces per task of a loop over all of them: enough to hide the scheduling.
const BLOCK: usize = 1024;

/// The faces of a cell; dereferences to a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellFaces {
    faces: [u32; 6],
    count: usize,
}

impl Deref for CellFaces {
    type Target = [u32];

    #[inline]
    fn deref(&self) -> &[u32] {
        &self.faces[..self.count]
    }
}

impl Mesh {
    /// The circle in `cells` >= 3 equal arcs.
    ///
    /// Cell i has its center at angle (i + 1/2) 2 pi / N; face k lies between the cells k and k + 1 modulo N, at angle
    /// (k + 1) 2 pi / N.
    ///
    /// # Errors
    ///
    /// [`MeshError::TooFewCells`], [`MeshError::TooManyCells`].
    pub fn circle(cells: usize) -> Result<Self, MeshError> {
        circle::build(cells)
    }

    /// The sphere in 10 n^2 + 2 Voronoi cells, twelve pentagons and else hexagons, n = `subdivision` >= 1:
    /// [`Self::sphere_by`] with [`SphereMesh::Flat`].
    ///
    /// # Errors
    ///
    /// [`MeshError::NoSubdivision`], [`MeshError::TooFine`].
    pub fn sphere(subdivision: usize) -> Result<Self, MeshError> {
        Self::sphere_by(SphereMesh::Flat, subdivision)
    }

    /// The sphere in 10 n^2 + 2 Voronoi cells, twelve pentagons and else hexagons, n = `subdivision` >= 1.
    ///
    /// One vertex of the icosahedron is the north pole (0, 0, 1), the first of the ring below is at longitude 0. The order
    /// of cells, faces and vertices is that of [`crate::lattice`].
    ///
    /// # Errors
    ///
    /// As [`Generators::new`].
    pub fn sphere_by(mesh: SphereMesh, subdivision: usize) -> Result<Self, MeshError> {
        Self::sphere_of(&Generators::new(mesh, subdivision)?)
    }

    /// The sphere in the Voronoi cells of known generators.
    ///
    /// # Errors
    ///
    /// [`MeshError::NotDelaunay`].
    pub fn sphere_of(generators: &Generators) -> Result<Self, MeshError> {
        sphere::build(generators)
    }

    /// What the mesh covers.
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The neighbour rule in closed form; none on the circle.
    pub fn lattice(&self) -> Option<Lattice> {
        match self.domain {
            Domain::Circle { .. } => None,
            Domain::Sphere { subdivision, .. } => Some(Lattice::new(subdivision)),
        }
    }

    /// Number of coordinates d + 1: 2 on the circle, 3 on the sphere.
    pub fn dim(&self) -> usize {
        match self.domain {
            Domain::Circle { .. } => 2,
            Domain::Sphere { .. } => 3,
        }
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.centers.len() / self.dim()
    }

    /// Number of faces.
    pub fn faces(&self) -> usize {
        match self.domain {
            Domain::Circle { cells } => cells,
            Domain::Sphere { subdivision, .. } => 3 * Lattice::new(subdivision).owners(),
        }
    }

    /// Number of vertices; on the circle these are the faces.
    pub fn vertices(&self) -> usize {
        match self.domain {
            Domain::Circle { cells } => cells,
            Domain::Sphere { .. } => self.faces() / 3 * 2,
        }
    }

    /// sigma(S^d): 2 pi on the circle, 4 pi on the sphere.
    pub fn total_measure(&self) -> f64 {
        match self.domain {
            Domain::Circle { .. } => TAU,
            Domain::Sphere { .. } => 4.0 * PI,
        }
    }

    /// Centers of the cells, unit vectors, `[cells, dim]`, row-major and contiguous.
    pub fn centers(&self) -> ArrayView2<'_, f64> {
        centers_view(&self.centers, self.cells(), self.dim())
    }

    /// Center of a cell, `[dim]`.
    pub fn center(&self, cell: usize) -> &[f64] {
        let dim = self.dim();
        &self.centers[cell * dim..(cell + 1) * dim]
    }

    /// Arc lengths or areas of the cells, `[cells]`; they add up to [`Self::total_measure`].
    ///
    /// On the sphere, exact areas of the spherical polygons.
    pub fn measures(&self) -> &[f64] {
        &self.measures
    }

    /// The two cells of a face, which is oriented from the first to the second.
    #[inline]
    pub fn face_cells(&self, face: usize) -> [usize; 2] {
        match self.domain {
            Domain::Circle { cells } => [face, if face + 1 == cells { 0 } else { face + 1 }],
            Domain::Sphere { subdivision, .. } => {
                let owner = face / 3;
                [owner, Lattice::new(subdivision).owned_neighbor(owner, face % 3)]
            }
        }
    }

    /// Measure of a face: 1 on the circle, length of the Voronoi edge on the sphere.
    pub fn face_measure(&self, face: usize) -> f64 {
        match self.domain {
            Domain::Circle { .. } => 1.0,
            Domain::Sphere { .. } => {
                let [start, end] = self.face_vertices(face).map(|v| self.vertex(v));
                arc(start, end)
            }
        }
    }

    /// Geodesic distance of the two centers of a face.
    pub fn face_distance(&self, face: usize) -> f64 {
        match self.domain {
            Domain::Circle { cells } => TAU / cells as f64,
            Domain::Sphere { .. } => {
                let [first, second] = self.face_centers(face);
                arc(first, second)
            }
        }
    }

    /// [`Self::face_measure`] of all faces, `[faces]`.
    pub fn face_measures(&self) -> Vec<f64> {
        self.of_faces(|face| self.face_measure(face))
    }

    /// [`Self::face_distance`] of all faces, `[faces]`.
    pub fn face_distances(&self) -> Vec<f64> {
        self.of_faces(|face| self.face_distance(face))
    }

    fn of_faces(&self, quantity: impl Fn(usize) -> f64 + Sync + Send) -> Vec<f64> {
        (0..self.faces()).into_par_iter().with_min_len(BLOCK).map(quantity).collect()
    }

    /// The faces of a cell, counterclockwise: on the circle the one at the lower angle and the one at the higher, on the
    /// sphere five or six as seen from outside.
    #[inline]
    pub fn cell_faces(&self, cell: usize) -> CellFaces {
        match self.domain {
            Domain::Circle { cells } => {
                let before = if cell == 0 { cells - 1 } else { cell - 1 };
                CellFaces {
                    faces: [before as u32, cell as u32, NO_FACE, NO_FACE, NO_FACE, NO_FACE],
                    count: 2,
                }
            }
            Domain::Sphere { subdivision, .. } => {
                let faces = Lattice::new(subdivision).faces(cell);
                CellFaces { faces, count: if faces[5] == NO_FACE { 5 } else { 6 } }
            }
        }
    }

    /// The cell on the other side of a face of `cell`.
    pub fn neighbor(&self, face: usize, cell: usize) -> usize {
        let [first, second] = self.face_cells(face);
        debug_assert!(cell == first || cell == second, "face {face} is not of cell {cell}");
        if first == cell { second } else { first }
    }

    /// +1 if `cell` is the first of the face's two cells, so that the face's normal points outward; else -1.
    pub fn sign(&self, face: usize, cell: usize) -> f64 {
        let first = match self.domain {
            Domain::Circle { .. } => face,
            Domain::Sphere { .. } => face / 3,
        };
        if first == cell { 1.0 } else { -1.0 }
    }

    /// Midpoint of a face, a unit vector: of the Voronoi edge on the sphere, the face itself on the circle (third
    /// coordinate 0).
    pub fn face_midpoint(&self, face: usize) -> [f64; 3] {
        match self.domain {
            Domain::Circle { .. } => {
                let [first, second] = self.face_centers(face);
                midpoint(first, second)
            }
            Domain::Sphere { .. } => {
                let [start, end] = self.face_vertices(face).map(|v| self.vertex(v));
                midpoint(start, end)
            }
        }
    }

    /// Normal of a face: a unit vector from the first cell to the second, tangent to the domain at the midpoint (and all
    /// along the edge, which lies on a great circle), third coordinate 0 on the circle.
    pub fn face_normal(&self, face: usize) -> [f64; 3] {
        // The edge bisects the two centers, so their difference is normal to its plane.
        let [first, second] = self.face_centers(face);
        unit(sub(second, first))
    }

    /// The two ends of a face, counterclockwise about its first cell (on the circle, the face twice).
    pub fn face_vertices(&self, face: usize) -> [usize; 2] {
        if let Domain::Circle { .. } = self.domain {
            return [face, face];
        }
        let owner = face / 3;
        let faces = self.cell_faces(owner);
        // Of the three faces that a cell owns, the one in slot k is the (3 - k)-th of its faces.
        let place = 3 - face % 3;
        [vertex_between(owner, &faces, place - 1), vertex_between(owner, &faces, place)]
    }

    /// Position of a vertex, a unit vector: where the edges of three cells meet.
    pub fn vertex(&self, vertex: usize) -> [f64; 3] {
        match self.domain {
            Domain::Circle { .. } => self.face_midpoint(vertex),
            Domain::Sphere { .. } => {
                let [a, b, c] = self.vertex_cells(vertex).map(|cell| self.point(cell));
                circumcenter(a, b, c)
            }
        }
    }

    /// Vertices of a cell, counterclockwise: the k-th lies between the k-th and the next of [`Self::cell_faces`] (on the
    /// circle, they are the two faces).
    pub fn cell_polygon(&self, cell: usize) -> impl ExactSizeIterator<Item = usize> {
        let faces = self.cell_faces(cell);
        let circle = matches!(self.domain, Domain::Circle { .. });
        (0..faces.len())
            .map(move |k| if circle { faces[k] as usize } else { vertex_between(cell, &faces, k) })
    }

    /// How far the mesh is from uniform.
    pub fn quality(&self) -> Quality {
        Quality::of(self)
    }

    /// Memory of the stored arrays, in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.centers) + size_of_val(&*self.measures)
    }

    /// Center of a cell in R^3.
    pub(crate) fn point(&self, cell: usize) -> Vector {
        match *self.center(cell) {
            [x, y] => [x, y, 0.0],
            [x, y, z] => [x, y, z],
            _ => unreachable!("a mesh has two or three coordinates"),
        }
    }

    /// Centers of the two cells of a face in R^3.
    pub(crate) fn face_centers(&self, face: usize) -> [Vector; 2] {
        self.face_cells(face).map(|cell| self.point(cell))
    }

    /// The three cells around a vertex of the sphere, counterclockwise seen from outside.
    fn vertex_cells(&self, vertex: usize) -> [usize; 3] {
        let (owner, slot) = (vertex / 2, vertex % 2);
        let toward = |slot: usize| self.face_cells(3 * owner + slot)[1];
        [owner, toward(slot + 1), toward(slot)]
    }
}

/// The flat array of centers as a matrix.
fn centers_view(centers: &[f64], cells: usize, dim: usize) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((cells, dim), centers).expect("the centers fill cells times dim by construction")
}

/// The vertex of `cell` between the faces `place` and `place` + 1 of its `faces`.
///
/// The owner of a vertex owns two of the three faces that meet there, so that at least one of any two of them names it:
/// slots 0 and 1 the first vertex of the owner, slots 1 and 2 the second.
fn vertex_between(cell: usize, faces: &[u32], place: usize) -> usize {
    let next = if place + 1 == faces.len() { 0 } else { place + 1 };
    let (here, there) = (faces[place] as usize, faces[next] as usize);
    let (owner, slot) = (here / 3, here % 3);
    // Counterclockwise of a face: as seen from its owner, and from the other side.
    match (owner == cell, slot) {
        (true, 1) | (false, 0) => return 2 * owner,
        (true, 2) | (false, 1) => return 2 * owner + 1,
        _ => {}
    }
    let (owner, slot) = (there / 3, there % 3);
    match (owner == cell, slot) {
        (true, 0) | (false, 1) => 2 * owner,
        _ => 2 * owner + 1,
    }
}
