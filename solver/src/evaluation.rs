//! How sums over points are to be evaluated, and what will be asked of the points.

/// What will be asked of a set of points: how much of a plan for them pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Many evaluations at the same points, such as the cells of a mesh.
    Fixed,
    /// Few evaluations before the points move, such as those of particles.
    Moving,
}

/// How sums over pairs of points, or of points and data, are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evaluation {
    /// The cheaper way, by a rule of the numbers of points and features alone.
    #[default]
    Auto,
    /// Term by term: the oracle of the fast algorithms.
    Direct,
    /// By the fast algorithm of the structure, at any size.
    Fast,
}

/// The accuracy of expansions and transforms unless another is asked for, relative to the largest value.
pub const DEFAULT_TOLERANCE: f64 = 1e-10;
