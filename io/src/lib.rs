//! Configurations, data, run files and pictures of sphereflow: everything that touches a file. No formula lives here.
//!
//! - [`config`]: the configuration as typed, read and checked;
//! - [`data`]: data sets from CSV, NPY and HDF5;
//! - [`problem`]: from a configuration to the solver's types;
//! - [`run`]: the run file, HDF5;
//! - [`picture`]: PNG and SVG pictures of densities, particles and time series.

pub mod config;
pub mod data;
mod mesh_arrays;
mod mesh_cache;
pub mod picture;
pub mod problem;
pub mod run;
mod whole;

pub use mesh_arrays::MeshArrays;
pub use mesh_cache::{CacheTrouble, KeptMesh, MeshCache};
pub use whole::write_whole;
