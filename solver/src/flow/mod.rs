//! The flow (4.3) of a density by finite volumes and operator splitting.
//!
//! `d_t nu = -alpha nu J + beta div(nu grad J)`: the *reaction* multiplies each cell by an exponential, the *transport*
//! moves mass through the faces with the velocity `-beta grad J`; a *splitting* composes the two.

mod finite_volume;
mod mean_field;
mod reaction;
mod reconstruction;
mod scheme;
mod splitting;
mod transport;

pub use finite_volume::{FiniteVolume, Rejection, StepError};
pub use mean_field::MeanField;
pub use reaction::react;
pub(crate) use reconstruction::tangent_basis;
pub use reconstruction::{Reconstruction, limited_slope};
pub use scheme::{Limiter, Order, Scheme, StepLimits, Velocity};
pub use splitting::{Splitting, SubFlow};
pub use transport::Transport;
