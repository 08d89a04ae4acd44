//! Finite-m particle systems (4.1), the comparison of the density.

mod nodes;
mod runge_kutta;
mod system;

pub use nodes::{gauss_legendre, quadrature_nodes};
pub use runge_kutta::{DormandPrince, IntegratorError};
pub use system::Particles;
