//! Gradient flows of measures on the sphere: the mathematics of sphereflow, free of files, clocks and colours.
//!
//! A two-layer network with m units, trained by gradient descent, follows for m -> infinity a flow of measures; with
//! 2-homogeneous units it lives on the sphere S^d (Bach and Chizat, *Gradient descent on infinitely wide neural networks*,
//! ICM 2022, eq. 4.3):
//!
//! `d_t nu = -alpha nu J(.|nu) + beta div(nu grad J(.|nu))`, `J(eta|nu) = <Psi(eta), grad R(integral of Psi d nu)> + lambda`.
//!
//! - [`objective`]: F, its feature maps Psi, risks R and mean potential J;
//! - [`flow`]: densities on a mesh by finite volumes and splitting;
//! - [`particles`]: the finite systems (4.1);
//! - [`initial`]: measures to start from; [`atoms`]: what cells and particles have in common;
//! - [`evolution`]: the loop over time, its observers and stopping rules; [`phases`]: where its time goes.
//!
//! # Notation
//!
//! | symbol | word | meaning |
//! |---|---|---|
//! | S^d | domain | circle (d = 1) or sphere (d = 2), unit radius; `dim` = d + 1 coordinates |
//! | sigma | measure | arc length or area of a cell: 2 pi or 4 pi in all |
//! | nu | density | per sigma; *mass* is nu of a cell, density times measure |
//! | s | sign, sheet | +1 or -1, the sheet of a signed domain; densities are stored sheet after sheet, + first |
//! | Psi(eta) | feature | of a unit at the point eta; `s Psi(eta)` on sheet s |
//! | h | prediction | integral of Psi d nu: the *analysis* |
//! | R, g | risk, dual | R(h) and g = grad R(h) |
//! | F | objective | R(h) + lambda nu(S^d), lambda the *regularization* |
//! | J | potential | <Psi, g> + lambda: the *synthesis*; `raw` is <Psi, g> |
//! | alpha, beta | reaction, transport | rates of the flow |
//! | -dF/dt | dissipation | integral of (alpha J^2 + beta abs(grad J)^2) d nu |
//!
//! Points are rows of `dim` numbers, unit vectors; gradients are Cartesian vectors tangent to the sphere. Everything is
//! dimensionless.

pub mod atoms;
pub mod blocks;
mod curve;
pub mod distance;
mod evaluation;
pub mod evolution;
mod exponential;
mod expression;
pub mod flow;
pub mod initial;
pub mod objective;
pub mod particles;
pub mod phases;
mod quad;
pub mod transform;
mod vectorized;
pub use expression::{Expression, ExpressionError};
