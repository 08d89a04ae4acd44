//! The choices of a finite-volume scheme, as data.

use sphereflow_mesh::Mesh;

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
    /// The gradient at the midpoint of the face.
    Exact,
}

/// A part of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubFlow {
    /// `d_t nu = -alpha nu J`.
    Reaction,
    /// `d_t nu = beta div(nu grad J)`.
    Transport,
}

/// How a step is composed of sub-flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splitting {
    /// Reaction, then transport: first order.
    Lie,
    /// Half reaction, transport, half reaction: second order.
    Strang,
}

impl Splitting {
    /// The sub-flows of a step in their order, each with its fraction of the step; the fractions of a sub-flow add up
    /// to one.
    pub fn substeps(self) -> &'static [(SubFlow, f64)] {
        match self {
            Self::Lie => &[(SubFlow::Reaction, 1.0), (SubFlow::Transport, 1.0)],
            Self::Strang => &[(SubFlow::Reaction, 0.5), (SubFlow::Transport, 1.0), (SubFlow::Reaction, 0.5)],
        }
    }
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
    /// outflow face (see [`super::Transport::positivity_rate`] for the proof).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_fractions_of_each_sub_flow_add_up_to_one() {
        for splitting in [Splitting::Lie, Splitting::Strang] {
            for flow in [SubFlow::Reaction, SubFlow::Transport] {
                let total: f64 =
                    splitting.substeps().iter().filter(|(f, _)| *f == flow).map(|(_, t)| t).sum();
                assert_eq!(total, 1.0, "{splitting:?}, {flow:?}");
            }
        }
    }
}
