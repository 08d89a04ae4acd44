//! The paths: an objective, where its points lie, and whether they move.

use sphereflow::solver::objective::{Activation, Evaluation, Layers, Motion, Objective, ZonalKernel};

use super::problems::{Placed, Points, VON_MISES_FISHER, discrepancy, gaussian, network};

/// One way to J that is measured.
pub struct Path {
    /// Its name in the tables.
    pub name: &'static str,
    /// Where the points lie.
    pub points: Points,
    /// Cells or particles.
    pub motion: Motion,
    /// The objective, evaluated as told.
    pub objective: fn(Evaluation) -> Objective,
    /// What the direct sum goes over beside the points.
    pub direct: Direct,
}

/// The direct sum of a path: how its cost grows with the number of points N.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direct {
    /// Over pairs of points: N^2.
    Pairs,
    /// Over points and data: N.
    Data,
}

impl Path {
    /// Its objective at about `count` points.
    pub fn place(&self, count: usize, evaluation: Evaluation) -> Placed {
        let (points, mass) = self.points.place(count);
        Placed::new(&(self.objective)(evaluation), points, mass, self.motion)
    }
}

macro_rules! paths {
    ($($name:ident: $points:expr, $motion:ident, $direct:ident, $objective:expr;)*) => {
        $(
            /// The path of this name.
            pub fn $name() -> Path {
                Path {
                    name: stringify!($name),
                    points: $points,
                    motion: Motion::$motion,
                    objective: $objective,
                    direct: Direct::$direct,
                }
            }
        )*

        /// Every path, in the order of the tables.
        pub fn all() -> Vec<Path> {
            vec![$($name()),*]
        }
    };
}

/// The low-pass kernel of degree 128 on the sphere.
fn low_pass(by: Evaluation) -> Objective {
    discrepancy(ZonalKernel::LowPass { degree: 128 }, 3, by)
}

/// A ReLU network whose input weights are directions in the plane, the circle for ridges.
fn plane(layers: Layers, by: Evaluation) -> Objective {
    network(layers, Activation::Relu, 2, by)
}

/// Ridges on inputs of `p` coordinates.
fn ridge(activation: Activation, p: usize, by: Evaluation) -> Objective {
    network(Layers::Ridge, activation, p, by)
}

paths! {
    circle_kernel_cells: Points::Circle, Fixed, Pairs, |by| discrepancy(VON_MISES_FISHER, 2, by);
    circle_kernel_particles: Points::Random(2), Moving, Pairs, |by| discrepancy(VON_MISES_FISHER, 2, by);
    sphere_kernel_cells: Points::Sphere, Fixed, Pairs, |by| discrepancy(VON_MISES_FISHER, 3, by);
    sphere_kernel_particles: Points::Random(3), Moving, Pairs, |by| discrepancy(VON_MISES_FISHER, 3, by);
    sphere_low_pass_cells: Points::Sphere, Fixed, Pairs, low_pass;
    sphere_low_pass_particles: Points::Random(3), Moving, Pairs, low_pass;
    gaussian_circle_cells: Points::Circle, Fixed, Pairs, |by| gaussian(Layers::Ridge, by);
    gaussian_sphere_cells: Points::Sphere, Fixed, Pairs, |by| gaussian(Layers::Two, by);
    gaussian_sphere_particles: Points::Random(3), Moving, Pairs, |by| gaussian(Layers::Two, by);
    data_plane_circle_cells: Points::Circle, Fixed, Data, |by| plane(Layers::Ridge, by);
    data_plane_sphere_cells: Points::Sphere, Fixed, Data, |by| plane(Layers::Two, by);
    data_plane_sphere_particles: Points::Random(3), Moving, Data, |by| plane(Layers::Two, by);
    data_flips_cells: Points::Sphere, Fixed, Data, |by| ridge(Activation::Relu, 3, by);
    data_flips_squared_cells: Points::Sphere, Fixed, Data, |by| ridge(Activation::SquaredRelu, 3, by);
    data_caps_particles: Points::Random(3), Moving, Data, |by| ridge(Activation::Relu, 3, by);
    data_caps_squared_particles: Points::Random(3), Moving, Data, |by| ridge(Activation::SquaredRelu, 3, by);
    data_caps_two_layer_particles: Points::Random(4), Moving, Data, |by| network(Layers::Two, Activation::Relu, 3, by);
    data_caps_particles_4: Points::Random(4), Moving, Data, |by| ridge(Activation::Relu, 4, by);
    data_matrix_free_particles_10: Points::Random(10), Moving, Data, |by| ridge(Activation::Relu, 10, by);
    data_moments_cells: Points::Sphere, Fixed, Data, |by| ridge(Activation::Quadratic, 3, by);
    data_moments_particles: Points::Random(3), Moving, Data, |by| ridge(Activation::Quadratic, 3, by);
}
