//! The sphere in the Voronoi cells of a subdivided icosahedron.

use rayon::prelude::*;

use crate::domain::{Domain, MeshError};
use crate::generators::Generators;
use crate::geometry::{Vector, unit};
use crate::lattice::{Lattice, Site};
use crate::mesh::Mesh;
use crate::sector::{Sector, combine};

/// Cells per task: large enough to hide the scheduling, small enough to balance it.
const BLOCK: usize = 1024;

/// Builds [`Mesh::sphere_of`].
pub(crate) fn build(generators: &Generators) -> Result<Mesh, MeshError> {
    let (mesh, subdivision) = (generators.mesh(), generators.subdivision());
    let sector = Sector::new(subdivision, sector_corners());
    let areas = areas(&sector, generators.weights()).ok_or(MeshError::NotDelaunay { mesh, subdivision })?;
    let cells = Lattice::new(subdivision).cells();
    let placement = Placement::new(sector);

    let (mut centers, mut measures) = (vec![0.0; 3 * cells], vec![0.0; cells]);
    let each = centers.par_chunks_exact_mut(3).zip(&mut measures).with_min_len(BLOCK).enumerate();
    each.for_each(|(cell, (center, measure))| {
        let (index, point) = placement.center(cell, generators.weights());
        center.copy_from_slice(&point);
        *measure = areas[index];
    });
    Ok(Mesh { domain: Domain::Sphere { subdivision, mesh }, centers, measures })
}

/// The center of each cell of known generators.
pub(crate) fn centers(generators: Generators) -> impl Fn(usize) -> Vector + Sync {
    let placement = Placement::new(Sector::new(generators.subdivision(), sector_corners()));
    move |cell| placement.center(cell, generators.weights()).1
}

/// Where the cells are: in a sector, or one of its images.
struct Placement {
    sector: Sector,
    lattice: Lattice,
    faces: Faces,
}

impl Placement {
    fn new(sector: Sector) -> Self {
        let subdivision = sector.subdivision();
        let faces = Faces { subdivision, corners: std::array::from_fn(rhombus_corners) };
        Self { sector, lattice: Lattice::new(subdivision), faces }
    }

    /// Index of a cell's orbit, and its center.
    fn center(&self, cell: usize, weights_of: &[[f64; 3]]) -> (usize, Vector) {
        let Place { site, corners } = self.faces.place(self.lattice.site(cell));
        let (orbit, order) = sorted(site);
        let index = self.sector.index(orbit);
        let mut weights = [0.0; 3];
        for (rank, weight) in order.into_iter().zip(weights_of[index]) {
            weights[rank] = weight;
        }
        (index, unit(combine(weights, corners)))
    }
}

/// The faces of the icosahedron, two to a rhombus.
struct Faces {
    subdivision: usize,
    corners: [[Vector; 4]; 10],
}

/// A lattice point of a face: (p, q, r) and the corners that they count from.
struct Place {
    site: [isize; 3],
    corners: [Vector; 3],
}

impl Faces {
    fn place(&self, site: Site) -> Place {
        let n = self.subdivision as isize;
        let (rhombus, i, j) = match site {
            Site::Rhombus { rhombus, row, column } => (rhombus, row as isize, column as isize),
            Site::North => (0, 0, 0),
            Site::South => (5, n, n),
        };
        let [a, b, c, d] = self.corners[rhombus];
        if i + j <= n {
            Place { site: [n - i - j, i, j], corners: [a, b, d] }
        } else {
            Place { site: [i + j - n, n - j, n - i], corners: [c, b, d] }
        }
    }
}

/// (p, q, r) from the largest to the smallest, and which of them each is.
fn sorted(site: [isize; 3]) -> ([isize; 3], [usize; 3]) {
    let mut order = [0, 1, 2];
    let mut swap = |a: usize, b: usize| {
        if site[order[a]] < site[order[b]] {
            order.swap(a, b);
        }
    };
    swap(0, 1);
    swap(1, 2);
    swap(0, 1);
    (order.map(|k| site[k]), order)
}

/// Areas of the cells of a sector; none if their neighbours are not those of the lattice.
///
/// A triangulation of the sphere all of whose edges have Voronoi edges of positive length is that of Delaunay.
fn areas(sector: &Sector, weights: &[[f64; 3]]) -> Option<Vec<f64>> {
    let points = sector.points(weights);
    sector.field(|site| sector.polygon(&points, site).area()).into_iter().collect()
}
/// Corners of the face that the sector is in: N, U(0), U(1).
pub(crate) fn sector_corners() -> [Vector; 3] {
    [NORTH, upper(0), upper(1)]
}

const NORTH: Vector = [0.0, 0.0, 1.0];
const SOUTH: Vector = [0.0, 0.0, -1.0];

/// Corners (0,0), (n,0), (n,n), (0,n) of a rhombus; see [`crate::lattice`].
fn rhombus_corners(rhombus: usize) -> [Vector; 4] {
    let r = rhombus % 5;
    if rhombus < 5 {
        [NORTH, upper(r), lower(r), upper(r + 1)]
    } else {
        [upper(r + 1), lower(r), SOUTH, lower(r + 1)]
    }
}

/// U(k): latitude atan(1/2), longitude 72 k degrees. In surds, so that the mirror images are exact.
fn upper(k: usize) -> Vector {
    let root = 5f64.sqrt();
    let near = [0.25 * (root - 1.0), 0.25 * (10.0 + 2.0 * root).sqrt()];
    let far = [-0.25 * (root + 1.0), 0.25 * (10.0 - 2.0 * root).sqrt()];
    let [x, y] = match k % 5 {
        0 => [1.0, 0.0],
        1 => near,
        2 => far,
        3 => [far[0], -far[1]],
        _ => [near[0], -near[1]],
    };
    [2.0 * x / root, 2.0 * y / root, 1.0 / root]
}

/// L(k): latitude -atan(1/2), longitude 72 k + 36 degrees, opposite to U(k - 2).
fn lower(k: usize) -> Vector {
    upper(k + 3).map(|x| -x)
}
