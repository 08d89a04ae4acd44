//! J by each path, with the least that a point costs: by the arrays of the caller and the algorithm's own sums over points.
//!
//! Bytes: two passes, as the dual comes between them. The analysis reads masses and points, the synthesis reads points again and
//! writes values, and gradients where points move. The cells of the circle need no reading. Transforms of grids and
//! arcs, whose size does not grow with the points, are left out.

use std::f64::consts::PI;

use sphereflow::solver::objective::Evaluation;

use super::common::measuring;
use super::common::paths::{self, Path};
use super::common::problems::{DATA, Points};
use super::kernel::{Case, Count, Kernel};

/// Moments of an arc or block at the tolerance in use.
const MOMENTS: f64 = 8.0;

/// Nodes of a point in each direction at the tolerance in use, and coefficients of their weights.
const WIDTH: f64 = 10.0;
const TERMS: f64 = 10.0;

/// Operations of an angle in the plane by polynomial, of the two of a point on the sphere, and of a projection on the tangent plane.
const ANGLE: f64 = 37.0;
const ANGLES: f64 = 80.0;
const PROJECTION: f64 = 11.0;

/// The path at about `size` points; what is evaluated term by term says so in its name.
fn case(path: Path, size: usize, evaluation: Evaluation) -> Case {
    let kind = if evaluation == Evaluation::Direct { "direct" } else { "potential" };
    Case::new(format!("{kind}/{}/{size}", path.name), move |_| {
        let (points, mass) = path.points.place(size);
        let items = mass.len();
        let mut count = count(&path, points.len() / items, items);
        if evaluation == Evaluation::Direct {
            count.flops = pairs((points.len() / items) as f64);
        }
        let mut placed = path.place(size, evaluation);
        Kernel::streaming(items, count, Box::new(move || placed.evaluate()))
    })
}

/// Every path at sizes inside and beyond the second cache.
pub fn cases() -> Vec<Case> {
    let sizes = |points: Points| match points {
        _ if !measuring() => vec![100],
        Points::Circle => vec![10_000, 1_000_000],
        Points::Sphere => vec![10_242, 163_842],
        Points::Random(_) => vec![10_000, 100_000],
    };
    let of_path = |place: usize, evaluation| {
        let sizes = sizes(paths::all()[place].points);
        sizes.into_iter().map(move |size| case(paths::all().swap_remove(place), size, evaluation))
    };
    let places = 0..paths::all().len();
    let direct = places.clone().filter(|place| paths::all()[*place].name.starts_with("data_matrix_free"));
    let fast = places.flat_map(|place| of_path(place, Evaluation::Auto));
    fast.chain(direct.flat_map(|place| of_path(place, Evaluation::Direct))).collect()
}

/// A sum over the data in p inputs: `q (x . u)_+` there, value and gradient back.
fn pairs(p: f64) -> f64 {
    DATA as f64 * (6.0 * p + 6.0)
}

/// The count of a path at so many points of so many coordinates.
pub fn count(path: &Path, dim: usize, points: usize) -> Count {
    Count { bytes: bytes(path, dim as f64), flops: flops(path, points) }
}

fn bytes(path: &Path, dim: f64) -> f64 {
    let ends = 16.0;
    match path.points {
        // Equispaced; data in the plane are not, and cells find their arcs by their points.
        Points::Circle if path.name.starts_with("data_") => ends + 2.0 * 8.0 * dim,
        Points::Circle => ends,
        // Of a point of the two-layer sphere angle and amplitude are enough.
        Points::Sphere if path.name.starts_with("gaussian_") => ends + 2.0 * 16.0,
        Points::Sphere => ends + 2.0 * 8.0 * dim,
        Points::Random(_) => ends + 3.0 * 8.0 * dim,
    }
}

/// Operations a point of a path at so many points.
fn flops(path: &Path, points: usize) -> f64 {
    // Powers of the place times the mass, added to the moments; Horner's rule for a value.
    let (powers, horner) = (3.0 * MOMENTS - 1.0, 2.0 * (MOMENTS - 1.0));
    // Weights in two directions, and a sum over the nodes.
    let (weights, nodes) = (4.0 * WIDTH * TERMS, 2.0 * WIDTH * WIDTH + WIDTH);
    let data = DATA as f64;
    // Data whose edge passes between neighbours: the mean spacing of N hexagons over the half circle, times the data.
    let flips = data * (8.0 * PI / (3.0_f64.sqrt() * points as f64)).sqrt() / PI;
    // Data whose edge passes through the cap of 32 neighbours, of its radius a part.
    let undecided = (2.0 * (32.0 / points as f64).sqrt()).min(1.0);
    match path.name {
        "circle_kernel_cells" | "gaussian_circle_cells" => 4.0 * MOMENTS,
        "circle_kernel_particles" => ANGLE + powers + 2.0 * horner + 2.0,
        "gaussian_sphere_cells" => powers + horner + 2.0,
        "gaussian_sphere_particles" => ANGLE + powers + 2.0 * horner + 8.0 + PROJECTION,
        "sphere_kernel_cells" | "sphere_low_pass_cells" => 2.0 * (weights + nodes),
        "sphere_kernel_particles" | "sphere_low_pass_particles" => {
            ANGLES + 2.0 * weights + 5.0 * nodes + PROJECTION
        }
        "data_plane_circle_cells" => 7.0,
        "data_plane_sphere_cells" => 9.0,
        "data_plane_sphere_particles" => 24.0 + PROJECTION,
        // Three moments are added at a flip, both ways; six of the square.
        "data_flips_cells" => 11.0 + 2.0 * 3.0 * flips,
        "data_flips_squared_cells" => 30.0 + 2.0 * 6.0 * flips,
        "data_caps_particles" => undecided * pairs(3.0) + 20.0 + PROJECTION,
        "data_matrix_free_particles_10" => pairs(10.0) + 40.0,
        "data_moments_cells" => 30.0,
        "data_moments_particles" => 40.0 + PROJECTION,
        // What has no count yet shows as nothing but its bytes.
        _ => 0.0,
    }
}
