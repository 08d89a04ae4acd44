//! Phases of the work: who wants to know where the time goes is told when one ends and the next begins.
//!
//! The solver itself knows no clocks. It marks where a phase begins, [`Phases::enter`], and whoever made the [`Phases`] may
//! take the time there; without anybody a mark is one comparison.

use std::fmt;
use std::sync::Arc;

/// A part of the work of a run. Each lasts until the next is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Placing the points at which J is evaluated, with their plan; once for cells, at every evaluation for particles.
    Placement,
    /// The measure's masses, the analysis `h = sum of q Psi(eta)`, the risk and its gradient g.
    Analysis,
    /// The synthesis `J = <Psi(eta), g>`, with its gradient where that is asked for.
    Synthesis,
    /// Velocities, fluxes and the stages of the transport.
    Transport,
    /// The reaction `nu exp(-alpha dt J)`.
    Reaction,
    /// The integrator of the particles: its stages and the estimate of its error.
    Integrator,
    /// All that looks at a state without changing it: bounds of the step, indicators of the error, records.
    Survey,
}

impl Phase {
    /// All phases, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Placement,
        Self::Analysis,
        Self::Synthesis,
        Self::Transport,
        Self::Reaction,
        Self::Integrator,
        Self::Survey,
    ];
}

/// Is told of the phases of the work, from one thread at a time.
pub trait PhaseObserver: Send + Sync {
    /// The work enters `phase`, and so leaves the one before.
    fn enter(&self, phase: Phase);
}

/// Who is told of the phases; by default nobody.
#[derive(Clone, Default)]
pub struct Phases(Option<Arc<dyn PhaseObserver>>);

impl Phases {
    /// Tells `observer`.
    pub fn new(observer: Arc<dyn PhaseObserver>) -> Self {
        Self(Some(observer))
    }

    /// Says that `phase` begins.
    #[inline]
    pub fn enter(&self, phase: Phase) {
        if let Some(observer) = &self.0 {
            observer.enter(phase);
        }
    }
}

impl fmt::Debug for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Phases").field(&self.0.is_some()).finish()
    }
}
