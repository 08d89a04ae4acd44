//! Objectives that are double sums of a kernel over pairs: discrepancies of zonal kernels, and the Gaussian population.

use std::f64::consts::PI;
use std::rc::Rc;

use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::objective::{Evaluation, Layers, Method, Objective, Teacher, ZonalKernel};

use super::super::{atoms, generator, norm, random_points, unit};
use super::{Case, OfPoint, each, smooth};

/// Half the squared chords of two unit vectors and of one and the opposite of the other.
fn chords(x: &[f64], y: &[f64]) -> [f64; 2] {
    let half = |sign: f64| 0.5 * x.iter().zip(y).map(|(x, y)| (x - sign * y).powi(2)).sum::<f64>();
    [half(1.0), half(-1.0)]
}

/// The kernels' definitions, apart from the crate's own formulas: the angle by its half's tangent, series term by term in it.
pub fn definition(kernel: ZonalKernel, x: &[f64], y: &[f64]) -> f64 {
    let [minus, plus] = chords(x, y);
    let t = 2.0 * minus.sqrt().atan2(plus.sqrt());
    let (s, c) = t.sin_cos();
    match kernel {
        ZonalKernel::VonMisesFisher { concentration } => (-concentration * minus).exp(),
        ZonalKernel::Poisson { rho } => {
            (1.0 - rho * rho) / ((1.0 - rho).powi(2) + 2.0 * rho * minus).powf(0.5 * x.len() as f64)
        }
        ZonalKernel::Heat { time } => {
            let most = (40.0 / time).sqrt().ceil() as usize + 2;
            let squared = x.len() - 2;
            series(x.len(), t, most, |l| (-((l * l + squared * l) as f64) * time).exp())
        }
        ZonalKernel::LowPass { degree } => series(x.len(), t, degree, |_| 1.0),
        ZonalKernel::ArcCosine { order: 0 } => (PI - t) / (2.0 * PI),
        ZonalKernel::ArcCosine { order: 1 } => (s + (PI - t) * c) / (2.0 * PI),
        ZonalKernel::ArcCosine { .. } => (3.0 * s * c + (PI - t) * (1.0 + 2.0 * c * c)) / (2.0 * PI),
    }
}

/// `sum over l <= most` of the orthonormal functions of degree l at two points at the angle t, with weights.
fn series(dim: usize, t: f64, most: usize, weight: impl Fn(usize) -> f64) -> f64 {
    let (mut before, mut now, mut total) = (0.0, 1.0, 0.0);
    for l in 0..=most {
        let degree = l as f64;
        total += weight(l)
            * match (dim, l) {
                (2, 0) => 0.5 / PI,
                (2, _) => (degree * t).cos() / PI,
                _ => (2.0 * degree + 1.0) / (4.0 * PI) * now,
            };
        (before, now) = (now, ((2.0 * degree + 1.0) * t.cos() * now - degree * before) / (degree + 1.0));
    }
    total
}

/// A kernel, the tolerance at which it is expanded, and how much larger its derivatives are than it: about the highest wave
/// number that counts.
type Chosen = (ZonalKernel, f64, f64);

/// Every kernel at ordinary and extreme parameters.
fn chosen(dim: usize) -> Vec<Chosen> {
    let mut chosen = Vec::new();
    for concentration in [0.05, 1.0, 12.0, 150.0, 2000.0] {
        chosen.push((ZonalKernel::VonMisesFisher { concentration }, 1e-10, 1.0 + concentration.sqrt()));
    }
    chosen.extend([0.1, 0.7, 0.99].map(|rho| (ZonalKernel::Poisson { rho }, 1e-10, 1.0 / (1.0 - rho))));
    for (order, tolerance) in [(0, 1e-3), (1, 1e-6), (2, 1e-10)] {
        chosen.push((ZonalKernel::ArcCosine { order }, tolerance, 1.0));
    }
    // Too exact for an expansion: on the circle angles are sorted.
    if dim == 2 {
        for (order, tolerance) in [(0, 1e-10), (1, 1e-19), (2, 1e-32)] {
            chosen.push((ZonalKernel::ArcCosine { order }, tolerance, 1.0));
        }
    }
    if dim <= 3 {
        let times = [1e-3, 0.1, 0.6, 5.0];
        chosen.extend(times.map(|time| (ZonalKernel::Heat { time }, 1e-10, 1.0 + time.powf(-0.5))));
        let degrees = [0, 1, 2, 31];
        chosen.extend(degrees.map(|degree| (ZonalKernel::LowPass { degree }, 1e-10, 1.0 + degree as f64)));
    }
    chosen
}

pub fn kernels() -> Vec<Case> {
    let mut cases = Vec::new();
    for dim in [2, 3, 4, 5] {
        for chosen in chosen(dim) {
            for evaluation in [Evaluation::Auto, Evaluation::Direct, Evaluation::Fast] {
                cases.extend(kernel(dim, chosen, evaluation));
            }
        }
    }
    cases
}

/// Each kernel that has a fast evaluation, and the Gaussian population in the plane and in space, fast and direct.
pub fn of_two_evaluations() -> Vec<[Case; 2]> {
    let mut pairs = Vec::new();
    for dim in [2, 3] {
        for chosen in chosen(dim) {
            let both =
                [Evaluation::Fast, Evaluation::Direct].map(|evaluation| kernel(dim, chosen, evaluation));
            if let [Some(fast), Some(direct)] = both {
                pairs.push([fast, direct]);
            }
        }
    }
    for (layers, p) in [(Layers::Two, 2), (Layers::Ridge, 2), (Layers::Ridge, 3)] {
        pairs.push(
            [Evaluation::Fast, Evaluation::Direct].map(|evaluation| gaussian(layers, p, evaluation, true)),
        );
    }
    pairs
}

/// The power of the tolerance that the slope's error falls with: that of order n of the arc-cosine kernels is one power of the
/// wave number behind the kernel's own error, which falls with the power 2 n + 1 of it.
fn slope_power(kernel: ZonalKernel) -> f64 {
    match kernel {
        ZonalKernel::ArcCosine { order } => 2.0 * f64::from(order) / (2.0 * f64::from(order) + 1.0),
        _ => 1.0,
    }
}

/// `None` where there is no fast evaluation.
fn kernel(dim: usize, (kernel, tolerance, sharpness): Chosen, evaluation: Evaluation) -> Option<Case> {
    let mut rng = generator(31);
    let target = atoms(dim, random_points(3, dim, &mut rng), vec![0.5, 0.2, 0.9], vec![1.0; 3]);
    let fast = kernel.degree(dim, tolerance).is_ok();
    let objective = Objective::discrepancy(kernel, &target, Method { evaluation, tolerance }, 0.02);
    let sorted = dim == 2 && matches!(kernel, ZonalKernel::ArcCosine { .. });
    assert_eq!(
        objective.is_ok(),
        fast || sorted || evaluation != Evaluation::Fast,
        "{kernel:?}, {dim}, {evaluation:?}"
    );
    let unit = unit(&vec![1.0; dim]);
    let (objective, scale) = (objective.ok()?, definition(kernel, &unit, &unit));
    let residual =
        move |nu: &Atoms| each(nu).chain(each(&target).map(|(eta, q)| (eta, -q))).collect::<Vec<_>>();
    let of = residual.clone();
    let error = if fast && evaluation != Evaluation::Direct { tolerance } else { 0.0 };
    Some(Case {
        name: format!("{kernel:?}, dim {dim}, {evaluation:?} at {tolerance:e}"),
        objective,
        signed: false,
        risk: Box::new(move |atoms| {
            let all = of(atoms);
            let row = |(x, q): &(Vec<f64>, f64)| {
                all.iter().map(|(y, r)| q * r * definition(kernel, x, y)).sum::<f64>()
            };
            0.5 * all.iter().map(row).sum::<f64>()
        }),
        raw: Box::new(move |atoms, eta| {
            residual(atoms).iter().map(|(y, r)| r * definition(kernel, eta, y)).sum()
        }),
        to_kink: Box::new(smooth),
        scale,
        quadratic: true,
        accuracy: (error + 2e-14 * sharpness) * scale,
        // Of the oracle's differences, and of the slopes of the terms that are dropped.
        gradient_accuracy: scale
            * (sharpness * (1e-10 + 1e-11 * sharpness.powi(4))
                + 10.0 * error.powf(slope_power(kernel)) * sharpness),
    })
}

/// A unit as the pair of output and input weights.
fn weights(layers: Layers, eta: &[f64]) -> (f64, Vec<f64>) {
    match layers {
        Layers::Two => (eta[0], eta[1..].to_vec()),
        Layers::Ridge => (1.0, eta.to_vec()),
    }
}

pub fn gaussians() -> Vec<Case> {
    let mut cases = Vec::new();
    for (layers, p, fast) in [
        (Layers::Two, 1, true),
        (Layers::Two, 2, true),
        (Layers::Ridge, 2, true),
        (Layers::Ridge, 3, true),
        (Layers::Two, 3, false),
        (Layers::Two, 4, false),
        (Layers::Ridge, 5, false),
    ] {
        for evaluation in [Evaluation::Auto, Evaluation::Direct, Evaluation::Fast] {
            if fast || evaluation != Evaluation::Fast {
                cases.push(gaussian(layers, p, evaluation, fast));
            }
        }
    }
    cases
}

fn gaussian(layers: Layers, p: usize, evaluation: Evaluation, fast: bool) -> Case {
    let teachers: Vec<Teacher> = [
        (0.8, [1.0, 0.3, -0.1, 0.7, 0.2]),
        (-0.5, [-0.2, 0.7, 0.4, 0.0, 0.9]),
        (0.3, [0.0, -1.1, 0.0, 0.0, 0.0]),
    ]
    .map(|(output, input)| Teacher { output, input: input[..p].to_vec() })
    .to_vec();
    let tolerance = if p == 3 { 1e-6 } else { 1e-10 };
    let method = Method { evaluation, tolerance };
    let objective = Objective::gaussian(layers, p, &teachers, method, 0.1).expect("a closed form");
    // The student's units, then the teacher's with the opposite sign: R is half the double sum of their kernel.
    let units = move |atoms: &Atoms| {
        let students = each(atoms).map(|(eta, q)| {
            let (a, u) = weights(layers, &eta);
            (q * a, u)
        });
        students.chain(teachers.iter().map(|t| (-t.output, t.input.clone()))).collect::<Vec<_>>()
    };
    let pair = |u: &[f64], v: &[f64]| match norm(u) * norm(v) {
        0.0 => 0.0,
        product => product * definition(ZonalKernel::ArcCosine { order: 1 }, &unit(u), &unit(v)),
    };
    let (of, units) = (Rc::new(units.clone()), units);
    let to_kink: OfPoint = match (p, layers) {
        (1, _) => Box::new(|eta| eta[1].abs()),
        (_, Layers::Two) => Box::new(|eta| norm(&eta[1..])),
        _ => Box::new(smooth),
    };
    let error = if p > 1 && fast && evaluation != Evaluation::Direct { tolerance } else { 0.0 };
    Case {
        name: format!("gaussian {layers:?} p = {p}, {evaluation:?}"),
        objective,
        signed: layers == Layers::Ridge,
        risk: Box::new(move |atoms| {
            let units = of(atoms);
            let row = |(a, u): &(f64, Vec<f64>)| units.iter().map(|(b, v)| a * b * pair(u, v)).sum::<f64>();
            0.5 * units.iter().map(row).sum::<f64>()
        }),
        raw: Box::new(move |atoms, eta| {
            let (a, u) = weights(layers, eta);
            units(atoms).iter().map(|(b, v)| a * b * pair(&u, v)).sum()
        }),
        to_kink,
        scale: 1.0,
        quadratic: true,
        accuracy: 1e-14 + error,
        // The slope's expansion is cut at 3e-9 in the plane, and falls like the square of the wave number.
        gradient_accuracy: 1e-9 + if p == 2 { 100.0 * error } else { error.powf(2.0 / 3.0) },
    }
}
