//! Transforms between scattered points and harmonic coefficients: Fourier on the circle, spherical harmonics on S^2.

pub mod circle;
mod harmonics;
mod sphere;
mod spreading;

pub(crate) use circle::angles_of;
pub use circle::{AngularPlan, AngularSums, BlockBasis, BlockedAngles, LONGEST_BLOCK};
pub use harmonics::{MOST_DEGREE, SphericalHarmonics};
pub(crate) use sphere::harmonics_cost;
pub use sphere::{GriddedPoints, ScatteredPoints, grid_pays};
