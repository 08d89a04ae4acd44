//! The flow (4.3) of a density by finite volumes and operator splitting.
//!
//! `d_t nu = -alpha nu J + beta div(nu grad J)`: the *reaction* multiplies each cell by an exponential, the *transport*
//! moves mass through the faces with the velocity `-beta grad J`; a *splitting* composes the two.

mod advance;
mod by_faces;
mod finite_volume;
mod given;
mod lanes;
mod layout;
mod limiter;
mod line;
mod masses;
mod mean_field;
mod outflow;
mod poles;
mod reaction;
mod rows;
mod scheme;
mod splitting;
mod stage;
mod stencil;
mod substep;
mod survey;
mod sweep;
mod transport;
mod window;

pub use by_faces::ByFaces;
pub use finite_volume::{FiniteVolume, Rejection, StepError};
pub use limiter::limited_slope;
pub use mean_field::MeanField;
pub use reaction::react;
pub use scheme::{Limiter, Order, Scheme, StepLimits, Velocity};
pub use splitting::{Splitting, SubFlow};
pub use transport::{Euler, Transport, Velocities};
