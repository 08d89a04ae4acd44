//! Gradient flows of measures on the sphere: the mean-field limit of two-layer networks.
//!
//! The library behind the command `sphereflow`, one module a crate: [`mesh`] (geometry), [`solver`] (objectives, the flow
//! (4.3) of densities, particles, distances) and [`io`] (configurations, data, run files, pictures).

pub use sphereflow_io as io;
pub use sphereflow_mesh as mesh;
pub use sphereflow_solver as solver;
