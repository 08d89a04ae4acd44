//! x
#![allow(missing_docs)]
pub mod atoms;
pub mod blocks;
pub mod evolution;
mod expression;
pub mod flow;
pub mod initial;
pub mod objective;
pub mod particles;
pub mod transform;
pub use expression::{Expression, ExpressionError};
