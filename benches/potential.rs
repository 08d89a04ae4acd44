//! F and J at the centres of the cells: `potential/objective/method/size`, cells on the circle, level on the sphere.
//!
//! `evaluate` is the solver's analysis and synthesis at new masses; `direct` beside it is the double sum over pairs of cells
//! (of cells and data points for finite data), written as plainly as the formula and on one thread, at the small sizes
//! where it ends. Items are cells.

use std::f64::consts::PI;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use sphereflow::mesh::Mesh;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::objective::{
    Activation, DataNetwork, Field, Layers, Motion, Objective, Risk, Teacher, ZonalKernel, gaussian_sample,
};

const KERNEL: ZonalKernel = ZonalKernel::VonMisesFisher { concentration: 10.0 };

/// Data points of the networks on finite data.
const DATA: usize = 500;

fn main() {
    divan::main();
}

mod kernel_circle {
    use super::{Bencher, KERNEL, circle, dot, kernel, pairs, potential};

    #[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 10)]
    fn evaluate(bencher: Bencher, cells: usize) {
        potential(bencher, &circle(cells), &kernel(2));
    }

    #[divan::bench(args = [1_000], sample_count = 10)]
    fn direct(bencher: Bencher, cells: usize) {
        pairs(bencher, &circle(cells), |a, b| KERNEL.evaluate(dot(a, b)));
    }
}

mod kernel_sphere {
    use super::{Bencher, KERNEL, dot, kernel, pairs, potential, sphere};

    #[divan::bench(args = [4, 5, 6], sample_count = 10)]
    fn evaluate(bencher: Bencher, level: u32) {
        potential(bencher, &sphere(level), &kernel(3));
    }

    #[divan::bench(args = [4], sample_count = 10)]
    fn direct(bencher: Bencher, level: u32) {
        pairs(bencher, &sphere(level), |a, b| KERNEL.evaluate(dot(a, b)));
    }
}

mod gaussian_sphere {
    use super::{Bencher, Layers, Objective, arc_cosine, pairs, potential, sphere, teachers};

    #[divan::bench(args = [4, 5, 6], sample_count = 10)]
    fn evaluate(bencher: Bencher, level: u32) {
        let objective = Objective::gaussian(Layers::Two, 2, &teachers(), 0.0).expect("two coordinates");
        potential(bencher, &sphere(level), &objective);
    }

    #[divan::bench(args = [4], sample_count = 10)]
    fn direct(bencher: Bencher, level: u32) {
        pairs(bencher, &sphere(level), |a, b| a[0] * b[0] * arc_cosine(&a[1..], &b[1..]));
    }
}

mod gaussian_circle {
    use super::{Bencher, Layers, Objective, arc_cosine, circle, pairs, potential, teachers};

    #[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 10)]
    fn evaluate(bencher: Bencher, cells: usize) {
        let objective = Objective::gaussian(Layers::Ridge, 2, &teachers(), 0.0).expect("two coordinates");
        potential(bencher, &circle(cells), &objective);
    }

    #[divan::bench(args = [1_000], sample_count = 10)]
    fn direct(bencher: Bencher, cells: usize) {
        pairs(bencher, &circle(cells), arc_cosine);
    }
}

/// ReLU on 500 data points: ridges on the circle, two layers on the sphere.
mod data_circle {
    use super::{Bencher, Layers, circle, data_network, data_sums, dot, potential};

    #[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10)]
    fn evaluate(bencher: Bencher, cells: usize) {
        potential(bencher, &circle(cells), &data_network(Layers::Ridge));
    }

    #[divan::bench(args = [1_000], sample_count = 10)]
    fn direct(bencher: Bencher, cells: usize) {
        data_sums(bencher, &circle(cells), |eta, x| dot(eta, x).max(0.0));
    }
}

mod data_sphere {
    use super::{Bencher, Layers, data_network, data_sums, dot, potential, sphere};

    #[divan::bench(args = [4, 5, 6], sample_count = 10)]
    fn evaluate(bencher: Bencher, level: u32) {
        potential(bencher, &sphere(level), &data_network(Layers::Two));
    }

    #[divan::bench(args = [4], sample_count = 10)]
    fn direct(bencher: Bencher, level: u32) {
        data_sums(bencher, &sphere(level), |eta, x| eta[0] * dot(&eta[1..], x).max(0.0));
    }
}

fn circle(cells: usize) -> Mesh {
    Mesh::circle(cells).expect("enough cells")
}

fn sphere(level: u32) -> Mesh {
    Mesh::sphere(1 << level).expect("a subdivision")
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `E[(u.x)_+ (v.x)_+] = |u| |v| (sin t + (pi - t) cos t) / (2 pi)`, t the angle of u and v.
fn arc_cosine(u: &[f64], v: &[f64]) -> f64 {
    let norms = (dot(u, u) * dot(v, v)).sqrt();
    let cosine = if norms > 0.0 { (dot(u, v) / norms).clamp(-1.0, 1.0) } else { 0.0 };
    let angle = cosine.acos();
    norms * (angle.sin() + (PI - angle) * cosine) / (2.0 * PI)
}

fn kernel(dim: usize) -> Objective {
    let point = if dim == 2 { vec![0.6, 0.8] } else { vec![0.6, 0.0, 0.8] };
    Objective::matching(KERNEL.features(dim), &Atoms::signed(dim, point, &[1.0]), 0.0)
}

fn teachers() -> [Teacher; 2] {
    [(0.5, 0.3_f64), (-0.5, 1.9)].map(|(output, t)| Teacher { output, input: vec![t.cos(), t.sin()] })
}

fn data() -> (Vec<Vec<f64>>, Vec<f64>) {
    gaussian_sample(2, false, &teachers(), Activation::Relu, DATA, 0)
}

fn data_network(layers: Layers) -> Objective {
    let (inputs, target) = data();
    let features = DataNetwork::new(layers, Activation::Relu, &inputs);
    Objective::new(std::sync::Arc::new(features), Risk::Square { target, weight: 1.0 / DATA as f64 }, 0.0)
}

fn points(mesh: &Mesh) -> Vec<f64> {
    mesh.centers().iter().copied().collect()
}

/// Masses of the density `0.1 (1 + x / 2)`.
fn masses(mesh: &Mesh) -> Vec<f64> {
    let mass = |i: usize| 0.1 * (1.0 + 0.5 * mesh.center(i)[0]) * mesh.measures()[i];
    (0..mesh.cells()).map(mass).collect()
}

fn potential(bencher: Bencher, mesh: &Mesh, objective: &Objective) {
    let mut field = Field::new(objective, &points(mesh), Motion::Fixed);
    let (mass, mut value) = (masses(mesh), vec![0.0; mesh.cells()]);
    bencher.counter(ItemsCount::new(mesh.cells())).bench_local(|| {
        black_box(field.analyze(black_box(&mass)));
        field.synthesize(&mut value);
        black_box(value[0])
    });
}

/// `J_i = sum_j K(eta_i, eta_j) q_j`, the target's part apart.
fn pairs(bencher: Bencher, mesh: &Mesh, kernel: impl Fn(&[f64], &[f64]) -> f64) {
    let (mass, mut value) = (masses(mesh), vec![0.0; mesh.cells()]);
    bencher.counter(ItemsCount::new(mesh.cells())).bench_local(|| {
        let mass = black_box(&mass);
        for (i, value) in value.iter_mut().enumerate() {
            *value = mass.iter().enumerate().map(|(j, q)| q * kernel(mesh.center(i), mesh.center(j))).sum();
        }
        black_box(value[0])
    });
}

/// `h_k = sum_j q_j Psi(eta_j)(x_k)`, `g = (h - y) / n`, `J_i = sum_k g_k Psi(eta_i)(x_k)`.
fn data_sums(bencher: Bencher, mesh: &Mesh, unit: impl Fn(&[f64], &[f64]) -> f64) {
    let (inputs, target) = data();
    let (mass, mut value, mut dual) = (masses(mesh), vec![0.0; mesh.cells()], vec![0.0; DATA]);
    bencher.counter(ItemsCount::new(mesh.cells())).bench_local(|| {
        let mass = black_box(&mass);
        for ((g, x), y) in dual.iter_mut().zip(&inputs).zip(&target) {
            let prediction: f64 = mass.iter().enumerate().map(|(j, q)| q * unit(mesh.center(j), x)).sum();
            *g = (prediction - y) / DATA as f64;
        }
        for (i, value) in value.iter_mut().enumerate() {
            *value = dual.iter().zip(&inputs).map(|(g, x)| g * unit(mesh.center(i), x)).sum();
        }
        black_box(value[0])
    });
}
