//! Random measures, geometry and the like for the tests of the solver.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod conformance;
pub mod problems;

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sphereflow_solver::atoms::Atoms;

pub fn generator(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A number in [low, high).
pub fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

pub fn unit(a: &[f64]) -> Vec<f64> {
    let length = norm(a);
    a.iter().map(|x| x / length).collect()
}

/// A uniform point of the sphere in `dim` coordinates, by rejection from the cube.
pub fn random_point(dim: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    loop {
        let x: Vec<f64> = (0..dim).map(|_| between(rng, -1.0, 1.0)).collect();
        if norm(&x) <= 1.0 && norm(&x) > 0.1 {
            return unit(&x);
        }
    }
}

pub fn random_points(count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).flat_map(|_| random_point(dim, rng)).collect()
}

/// A unit vector tangent to the sphere at `eta`.
pub fn random_tangent(eta: &[f64], rng: &mut ChaCha8Rng) -> Vec<f64> {
    let v = random_point(eta.len(), rng);
    let along = dot(&v, eta);
    unit(&v.iter().zip(eta).map(|(v, e)| v - along * e).collect::<Vec<f64>>())
}

/// The point at the angle `t` from `eta` along the geodesic in the direction of the unit tangent `v`.
pub fn along_geodesic(eta: &[f64], v: &[f64], t: f64) -> Vec<f64> {
    eta.iter().zip(v).map(|(e, v)| t.cos() * e + t.sin() * v).collect()
}

pub fn atoms(dim: usize, points: Vec<f64>, mass: Vec<f64>, sign: Vec<f64>) -> Atoms {
    Atoms::new(Array2::from_shape_vec((mass.len(), dim), points).expect("dim numbers a point"), mass, sign)
}

/// Unsigned atoms of the circle at angles.
pub fn on_circle(angles: &[f64], mass: &[f64]) -> Atoms {
    let points = angles.iter().flat_map(|t| [t.cos(), t.sin()]).collect();
    atoms(2, points, mass.to_vec(), vec![1.0; mass.len()])
}

pub fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|x| x.to_bits()).collect()
}

/// The result of `work` on a pool of so many threads.
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

/// Observed orders between successive errors whose resolutions double.
pub fn orders(errors: &[f64]) -> Vec<f64> {
    errors.windows(2).map(|pair| (pair[0] / pair[1]).log2()).collect()
}

/// Asserts that the last observed order is at least `least` (and less than `most`).
pub fn assert_order(what: &str, errors: &[f64], least: f64, most: f64) {
    let found = orders(errors);
    let last = *found.last().expect("two errors");
    let shown: Vec<String> = errors.iter().map(|e| format!("{e:.3e}")).collect();
    assert!(
        last >= least && last < most,
        "{what}: errors {}, orders {found:.3?}, the last not in [{least}, {most})",
        shown.join(", ")
    );
}
