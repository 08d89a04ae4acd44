//! Every objective of the crate beside a slow oracle: closed-form kernels and plain double loops.

use std::f64::consts::PI;
use std::sync::Arc;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::objective::{
    Activation, DataNetwork, Landscape, Layers, Objective, Risk, SecondMoment, Teacher, ZonalKernel,
};

use super::{atoms, between, dot, generator, norm, random_point, random_points, unit};

pub type OfAtoms = Box<dyn Fn(&Atoms) -> f64>;
pub type OfPoint = Box<dyn Fn(&[f64]) -> f64>;
pub type AtPoint = Box<dyn Fn(&Atoms, &[f64]) -> f64>;

/// An objective and what the definition says that it is.
pub struct Case {
    pub name: String,
    pub objective: Objective,
    pub signed: bool,
    /// R, by the definition.
    pub risk: OfAtoms,
    /// `<Psi(eta), grad R(h)>`, by the definition.
    pub raw: AtPoint,
    /// How far from a kink of the potential a point is; infinite where there is none.
    pub to_kink: OfPoint,
    /// Of the fast evaluation, relative to the size of its terms.
    pub accuracy: f64,
    /// Of its gradient, likewise.
    pub gradient_accuracy: f64,
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let activations = [
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.1 },
        Activation::Abs,
        Activation::Identity,
        Activation::SquaredRelu,
        Activation::Quadratic,
    ];
    for (k, activation) in activations.into_iter().enumerate() {
        for p in 1..=5 {
            for (logistic, count) in [(false, 21), (true, 70)] {
                for layers in [Layers::Two, Layers::Ridge] {
                    if p > 1 || layers == Layers::Two {
                        cases.push(data(layers, activation, p, count, logistic, (10 * p + k) as u64));
                    }
                }
            }
        }
    }
    cases.push(gaussian(Layers::Two, 1));
    cases.push(gaussian(Layers::Two, 2));
    cases.push(gaussian(Layers::Ridge, 2));
    for dim in [2, 3] {
        cases.extend([0.05, 1.0, 12.0, 150.0].map(|concentration| kernel(dim, concentration)));
        cases.push(second_moment(dim));
    }
    cases.push(landscape_on_circle());
    cases.push(landscape_on_sphere());
    cases
}

/// Points that are random, clustered, duplicated, antipodal, or on the axes.
pub fn configuration(kind: usize, count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let anchor = random_point(dim, rng);
    (0..count)
        .flat_map(|j| match kind {
            0 => random_point(dim, rng),
            1 => {
                let shift = random_point(dim, rng);
                unit(&anchor.iter().zip(shift).map(|(a, s)| a + 1e-7 * s).collect::<Vec<f64>>())
            }
            2 => anchor.clone(),
            3 => anchor.iter().map(|a| if j % 2 == 0 { *a } else { -a }).collect(),
            _ => {
                let mut axis = vec![if rng.random::<bool>() { 0.0 } else { -0.0 }; dim];
                axis[j % dim] = if (j / dim).is_multiple_of(2) { 1.0 } else { -1.0 };
                axis
            }
        })
        .collect()
}

/// Atoms at points with random masses, some of them zero, and on a signed domain random signs.
pub fn random_atoms(case: &Case, points: Vec<f64>, rng: &mut ChaCha8Rng) -> Atoms {
    let dim = case.objective.dim();
    let count = points.len() / dim;
    let mass =
        (0..count).map(|j| if j % 5 == 3 { 0.0 } else { between(rng, 0.0, 2.0) / count as f64 }).collect();
    let sign = (0..count).map(|_| if case.signed && rng.random::<bool>() { -1.0 } else { 1.0 }).collect();
    atoms(dim, points, mass, sign)
}

fn smooth(_: &[f64]) -> f64 {
    f64::INFINITY
}

fn each(atoms: &Atoms) -> impl Iterator<Item = (Vec<f64>, f64)> {
    atoms.points().outer_iter().map(|p| p.to_vec()).zip(atoms.signed_masses()).collect::<Vec<_>>().into_iter()
}

/// Activations by cases, apart from the crate's own formulas.
fn act(activation: Activation, t: f64) -> f64 {
    match activation {
        Activation::Relu if t > 0.0 => t,
        Activation::Relu => 0.0,
        Activation::LeakyRelu { slope } if t < 0.0 => slope * t,
        Activation::LeakyRelu { .. } | Activation::Identity => t,
        Activation::Abs => (t * t).sqrt(),
        Activation::SquaredRelu if t < 0.0 => 0.0,
        Activation::SquaredRelu | Activation::Quadratic => t * t,
    }
}

fn data(layers: Layers, activation: Activation, p: usize, count: usize, logistic: bool, seed: u64) -> Case {
    let mut rng = generator(seed);
    let inputs: Vec<Vec<f64>> =
        (0..count).map(|_| (0..p).map(|_| between(&mut rng, -1.5, 1.5)).collect()).collect();
    let outputs: Vec<f64> = (0..count)
        .map(|_| {
            let y = between(&mut rng, -1.0, 1.0);
            if logistic { y.signum() } else { y }
        })
        .collect();
    let unit_of = {
        let inputs = inputs.clone();
        move |eta: &[f64], i: usize| match layers {
            Layers::Two => eta[0] * act(activation, dot(&eta[1..], &inputs[i])),
            Layers::Ridge => act(activation, dot(eta, &inputs[i])),
        }
    };
    let risk = if logistic {
        Risk::Logistic { labels: outputs.clone() }
    } else {
        Risk::Square { target: outputs.clone(), weight: 1.0 / count as f64 }
    };
    let predict = {
        let unit_of = unit_of.clone();
        move |atoms: &Atoms, i: usize| each(atoms).map(|(eta, q)| q * unit_of(&eta, i)).sum::<f64>()
    };
    let loss_and_slope = move |y: f64, h: f64| {
        if logistic {
            ((1.0 + (-y * h).exp()).ln(), -y / (1.0 + (y * h).exp()))
        } else {
            (0.5 * (h - y).powi(2), h - y)
        }
    };
    let (y, of, n) = (outputs.clone(), predict.clone(), count as f64);
    let of_atoms: OfAtoms =
        Box::new(move |atoms| (0..y.len()).map(|i| loss_and_slope(y[i], of(atoms, i)).0 / n).sum());
    let raw: AtPoint = Box::new(move |atoms, eta| {
        (0..outputs.len())
            .map(|i| loss_and_slope(outputs[i], predict(atoms, i)).1 * unit_of(eta, i) / n)
            .sum()
    });
    let kinked = !matches!(activation, Activation::Identity | Activation::Quadratic);
    let rows = inputs.clone();
    let to_kink = Box::new(move |eta: &[f64]| {
        let u = if layers == Layers::Two { &eta[1..] } else { eta };
        let nearest = rows.iter().map(|x| (dot(u, x) / norm(x)).abs()).fold(f64::INFINITY, f64::min);
        if kinked { nearest } else { f64::INFINITY }
    });
    Case {
        name: format!("{layers:?} {activation:?} p = {p}, {}", if logistic { "logistic" } else { "square" }),
        objective: Objective::new(Arc::new(DataNetwork::new(layers, activation, &inputs)), risk, 0.03),
        signed: layers == Layers::Ridge,
        risk: of_atoms,
        raw,
        to_kink,
        accuracy: 1e-14,
        gradient_accuracy: 1e-9,
    }
}

/// E[(u . x)_+ (v . x)_+] for x ~ N(0, I), the angle by its half's tangent.
fn arc_cosine(u: &[f64], v: &[f64]) -> f64 {
    let (r, s) = (norm(u), norm(v));
    if r == 0.0 || s == 0.0 {
        return 0.0;
    }
    let part = |sign: f64| norm(&u.iter().zip(v).map(|(u, v)| u / r + sign * v / s).collect::<Vec<f64>>());
    let t = 2.0 * part(-1.0).atan2(part(1.0));
    r * s * (t.sin() + (PI - t) * t.cos()) / (2.0 * PI)
}

/// A unit as the pair of output and input weights.
fn weights(layers: Layers, eta: &[f64]) -> (f64, Vec<f64>) {
    match layers {
        Layers::Two => (eta[0], eta[1..].to_vec()),
        Layers::Ridge => (1.0, eta.to_vec()),
    }
}

fn gaussian(layers: Layers, p: usize) -> Case {
    let teachers: Vec<Teacher> = [(0.8, [1.0, 0.3]), (-0.5, [-0.2, 0.7]), (0.3, [0.0, -1.1])]
        .map(|(output, input)| Teacher { output, input: input[..p].to_vec() })
        .to_vec();
    let objective = Objective::gaussian(layers, p, &teachers, 0.1).expect("a closed form");
    // The student's units, then the teacher's with the opposite sign: R is half the double sum of their kernel.
    let units = move |atoms: &Atoms| {
        let students = each(atoms).map(|(eta, q)| {
            let (a, u) = weights(layers, &eta);
            (q * a, u)
        });
        students.chain(teachers.iter().map(|t| (-t.output, t.input.clone()))).collect::<Vec<_>>()
    };
    let of = units.clone();
    let to_kink: OfPoint = match (p, layers) {
        (1, _) => Box::new(|eta| eta[1].abs()),
        (_, Layers::Two) => Box::new(|eta| eta[1].hypot(eta[2])),
        _ => Box::new(smooth),
    };
    Case {
        name: format!("gaussian {layers:?} p = {p}"),
        objective,
        signed: layers == Layers::Ridge,
        risk: Box::new(move |atoms| {
            let units = of(atoms);
            let row =
                |(a, u): &(f64, Vec<f64>)| units.iter().map(|(b, v)| a * b * arc_cosine(u, v)).sum::<f64>();
            0.5 * units.iter().map(row).sum::<f64>()
        }),
        raw: Box::new(move |atoms, eta| {
            let (a, u) = weights(layers, eta);
            units(atoms).iter().map(|(b, v)| a * b * arc_cosine(&u, v)).sum()
        }),
        to_kink,
        // The series is cut where its tail is 8e-12.
        accuracy: if p == 1 { 1e-14 } else { 1e-11 },
        gradient_accuracy: if p == 1 { 1e-9 } else { 1e-7 },
    }
}

fn kernel(dim: usize, concentration: f64) -> Case {
    let mut rng = generator(31);
    let target = atoms(dim, random_points(3, dim, &mut rng), vec![0.5, 0.2, 0.9], vec![1.0; 3]);
    let kernel = ZonalKernel::VonMisesFisher { concentration };
    let objective = Objective::matching(kernel.features(dim), &target, 0.02);
    let evaluate = move |x: &[f64], y: &[f64]| {
        let chord: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
        (-0.5 * concentration * chord).exp()
    };
    let residual =
        move |nu: &Atoms| each(nu).chain(each(&target).map(|(eta, q)| (eta, -q))).collect::<Vec<_>>();
    let of = residual.clone();
    Case {
        name: format!("von Mises-Fisher {concentration}, dim {dim}"),
        objective,
        signed: false,
        risk: Box::new(move |atoms| {
            let all = of(atoms);
            let row = |(x, q): &(Vec<f64>, f64)| all.iter().map(|(y, r)| q * r * evaluate(x, y)).sum::<f64>();
            0.5 * all.iter().map(row).sum::<f64>()
        }),
        raw: Box::new(move |atoms, eta| residual(atoms).iter().map(|(y, r)| r * evaluate(eta, y)).sum()),
        to_kink: Box::new(smooth),
        accuracy: 1e-13,
        gradient_accuracy: 1e-9 * (1.0 + concentration),
    }
}

fn second_moment(dim: usize) -> Case {
    let b: Vec<Vec<f64>> = [[1.2, 0.3, -0.1], [0.3, 0.4, 0.2], [-0.1, 0.2, 0.1]][..dim]
        .iter()
        .map(|row| row[..dim].to_vec())
        .collect();
    let features = SecondMoment::new(dim);
    let risk = Risk::Square { target: features.vector(&b), weight: 1.0 };
    // S - B.
    let difference = move |atoms: &Atoms| {
        let mut s: Vec<Vec<f64>> = b.iter().map(|row| row.iter().map(|x| -x).collect()).collect();
        for (eta, q) in each(atoms) {
            for (i, row) in s.iter_mut().enumerate() {
                row.iter_mut().enumerate().for_each(|(j, x)| *x += q * eta[i] * eta[j]);
            }
        }
        s
    };
    let of = difference.clone();
    Case {
        name: format!("second moment, dim {dim}"),
        objective: Objective::new(Arc::new(features), risk, 0.05),
        signed: false,
        risk: Box::new(move |atoms| 0.25 * of(atoms).iter().flatten().map(|x| x * x).sum::<f64>()),
        raw: Box::new(move |atoms, eta| {
            0.5 * difference(atoms).iter().zip(eta).map(|(row, e)| e * dot(row, eta)).sum::<f64>()
        }),
        to_kink: Box::new(smooth),
        accuracy: 1e-14,
        gradient_accuracy: 1e-9,
    }
}

fn landscape(text: &str, dim: usize, v: impl Fn(&[f64]) -> f64 + Copy + 'static) -> Case {
    let potential = text.parse().expect("an expression");
    Case {
        name: format!("landscape {text}"),
        objective: Objective::new(Arc::new(Landscape::new(potential, dim)), Risk::Linear, 0.4),
        signed: false,
        risk: Box::new(move |atoms| each(atoms).map(|(eta, q)| q * v(&eta)).sum()),
        raw: Box::new(move |_, eta| v(eta)),
        to_kink: Box::new(smooth),
        accuracy: 1e-14,
        gradient_accuracy: 1e-9,
    }
}

fn landscape_on_circle() -> Case {
    landscape("-0.7 * y + exp(x) * y^2", 2, |eta| -0.7 * eta[1] + eta[0].exp() * eta[1].powi(2))
}

fn landscape_on_sphere() -> Case {
    landscape("x * y * z - cos(2 * z)", 3, |eta| eta[0] * eta[1] * eta[2] - (2.0 * eta[2]).cos())
}
