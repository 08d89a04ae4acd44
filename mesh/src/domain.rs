//! What a mesh covers, and why it cannot.

use crate::generators::Generators;
use crate::{circle, sphere};

/// What a mesh covers, and how finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// The unit circle S^1.
    Circle {
        /// Number of equal arcs.
        cells: usize,
    },
    /// The unit sphere S^2.
    Sphere {
        /// Subdivision n of the icosahedron's edges: 10 n^2 + 2 cells.
        subdivision: usize,
        /// Where the generators are.
        mesh: SphereMesh,
    },
}

impl Domain {
    /// The center of each cell, a unit vector (third coordinate 0 on the circle), as [`crate::Mesh::centers`] has it, but
    /// computed when it is asked for: for one look at a mesh that is too large to be built for it. Kept are the generators up
    /// to symmetry, 2 bytes a cell of the sphere.
    ///
    /// # Errors
    /// As for building the mesh; but generators whose cells do not have the neighbours of the lattice go unnoticed.
    pub fn centers(self) -> Result<Box<dyn Fn(usize) -> [f64; 3] + Sync>, MeshError> {
        Ok(match self {
            Self::Circle { cells } => {
                circle::check(cells)?;
                Box::new(move |cell| {
                    let [x, y] = circle::center(cells, cell);
                    [x, y, 0.0]
                })
            }
            Self::Sphere { subdivision, mesh } => {
                Box::new(sphere::centers(Generators::new(mesh, subdivision)?))
            }
        })
    }
}

/// How the generators of a mesh of the sphere are found. All have the neighbours of [`crate::lattice`], and the symmetries
/// of the icosahedron to round-off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SphereMesh {
    /// Each face of the icosahedron is cut into n^2 equal triangles in its plane, whose corners are projected to the sphere
    /// once. Any n. The largest cell is about twice the smallest.
    #[default]
    Flat,
    /// Edges are bisected on the sphere again and again: n a power of two.
    Recursive,
    /// Each generator is the centroid of its cell: a centroidal Voronoi tessellation. Any n. Finding it takes some 5 times
    /// as long as building the rest of the mesh.
    Centroidal,
}

impl SphereMesh {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Flat, Self::Recursive, Self::Centroidal];

    /// Its name, one lower-case word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Recursive => "recursive",
            Self::Centroidal => "centroidal",
        }
    }
}

/// Why a mesh cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MeshError {
    /// Two cells would share more than one face.
    #[error("a circle of {cells} cells has too few: at least {minimum} are needed")]
    TooFewCells {
        /// As asked for.
        cells: usize,
        /// Smallest number of arcs.
        minimum: usize,
    },
    /// Cell indices would not fit 32 bits.
    #[error("a circle of {cells} cells has too many: at most {maximum} have 32-bit indices")]
    TooManyCells {
        /// As asked for.
        cells: usize,
        /// Largest number of arcs.
        maximum: usize,
    },
    /// Subdivision 0.
    #[error("a sphere of subdivision 0 has no cells: at least 1 is needed")]
    NoSubdivision,
    /// Face indices would not fit 32 bits.
    #[error("a sphere of subdivision {subdivision} is too fine: at most {maximum} has 32-bit face indices")]
    TooFine {
        /// As asked for.
        subdivision: usize,
        /// Largest subdivision.
        maximum: usize,
    },
    /// Edges that are bisected have a power of two of parts.
    #[error("a recursive mesh has a power of two as its subdivision, not {subdivision}")]
    NotPowerOfTwo {
        /// As asked for.
        subdivision: usize,
    },
    /// The generators did not come to the centroids.
    #[error(
        "the centroidal mesh of subdivision {subdivision} did not converge: a centroid is off by {offset:e} of the spacing"
    )]
    NotCentroidal {
        /// As asked for.
        subdivision: usize,
        /// Largest offset that is left, relative to the mean distance of neighbours.
        offset: f64,
    },
    /// Weights that are no points of the fundamental triangle.
    #[error("the weights are not those of the generators of a sphere of subdivision {subdivision}")]
    ForeignWeights {
        /// Of the mesh.
        subdivision: usize,
    },
    /// The Voronoi cells of the generators do not have the neighbours of the lattice.
    #[error("the generators of the {} mesh of subdivision {subdivision} do not have the neighbours of the lattice", .mesh.name())]
    NotDelaunay {
        /// How they were found.
        mesh: SphereMesh,
        /// Of the mesh.
        subdivision: usize,
    },
}
