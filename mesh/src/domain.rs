//! What a mesh covers, and why it cannot.

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
    },
}

/// Why a mesh cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
}
