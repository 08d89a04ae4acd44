//! The choices of a finite-volume scheme, as data.

use sphereflow_mesh::Mesh;

use super::Splitting;

/// Order of the reconstruction of the transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Donor cell: constant in each cell.
    First,
    /// Limited linear reconstruction.
    Second,
}

/// Limiter of the linear reconstruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limiter {
    /// The smaller of the two one-sided slopes.
    Minmod,
    /// Their harmonic mean.
    VanLeer,
    /// Their mean; face values are still kept between 0 and twice the cell's.
    None,
}

/// The velocity `-beta grad J . n` of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Velocity {
    /// `-beta (J_j - J_i) / distance`: the semi-discrete flow is a gradient flow on any mesh.
    TwoPoint,
    /// The gradient at the midpoint of the face: more accurate on coarse meshes, but F may then rise by the error of the
    /// discretisation, so such steps are not rejected.
    Exact,
}

/// A finite-volume scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// Order in space.
    pub order: Order,
    /// Limiter, of order 2.
    pub limiter: Limiter,
    /// Face velocity.
    pub velocity: Velocity,
    /// Composition of a step.
    pub splitting: Splitting,
}

impl Default for Scheme {
    fn default() -> Self {
        Self {
            order: Order::Second,
            limiter: Limiter::VanLeer,
            velocity: Velocity::TwoPoint,
            splitting: Splitting::Strang,
        }
    }
}

/// What bounds the size of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepLimits {
    /// Fraction, in (0, 1], of the positivity limit of the transport, and the bound of `alpha dt max |J|`.
    ///
    /// The limit of order 1 is `dt (sum of outflow velocity times face measure) <= cell measure`; that of order 2 is the
    /// same with half of the measure, and `dt (velocity)(face measure) <= (cell measure) / (number of faces)` for every
    /// outflow face (see [`super::Transport`] for the proof).
    pub cfl: f64,
    /// Largest step; infinite for none.
    pub max_step: f64,
    /// Bound of the local error estimate of a step (see [`super::FiniteVolume`]); infinite for none.
    pub tolerance: f64,
}

impl StepLimits {
    /// The limits that suit a mesh: half of the positivity limit, and a local error of a tenth of the square of the mean
    /// spacing of the cells, so that steps, and with them the errors in time, shrink in proportion to the spacing.
    pub fn for_mesh(mesh: &Mesh) -> Self {
        let spacing = match mesh.dim() {
            2 => mesh.total_measure() / mesh.cells() as f64,
            _ => (mesh.total_measure() / mesh.cells() as f64).sqrt(),
        };
        Self { cfl: 0.5, max_step: f64::INFINITY, tolerance: 0.1 * spacing * spacing }
    }
}
