//! Transforms between scattered points and harmonic coefficients: Fourier on the circle, spherical harmonics on S^2.

mod harmonics;
mod nufft;

pub use harmonics::{ScatteredPoints, SphericalHarmonics};
pub use nufft::{Bandwidth, ScatteredAngles};
