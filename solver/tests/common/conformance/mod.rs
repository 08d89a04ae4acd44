//! Every objective of the crate beside a slow oracle: closed-form kernels and plain double loops.

mod data;
mod others;
mod pairwise;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::objective::{Activation, Layers, Objective, Risk};

use super::{atoms, between, random_point, unit};

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
    /// How large the terms are of which the potential is summed.
    pub scale: f64,
    /// Whether the oracle of R goes over all pairs of atoms.
    pub quadratic: bool,
    /// Of the evaluation, for masses of the order of one.
    pub accuracy: f64,
    /// Of its gradient, likewise.
    pub gradient_accuracy: f64,
}

use data::data;
use others::{landscape_on_circle, landscape_on_sphere, second_moment};

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
    cases.extend(pairwise::gaussians());
    cases.extend(pairwise::kernels());
    for dim in [2, 3] {
        cases.push(second_moment(dim));
    }
    cases.push(landscape_on_circle());
    cases.push(landscape_on_sphere());
    cases
}

/// Objectives by their expansions beside the same by sums over pairs of points.
pub fn pairs_of_evaluations() -> Vec<[Case; 2]> {
    pairwise::of_two_evaluations()
}

impl Case {
    /// Whether the prediction is the measure itself, written as sources of so many coordinates.
    pub fn sources(&self) -> Option<usize> {
        match self.objective.risk() {
            Risk::Discrepancy { width, .. } => Some(*width),
            _ => None,
        }
    }

    /// Two duals for `atoms` atoms and `2 f - 0.3 g`; of sources the directions are the same, and the masses are combined.
    pub fn duals(&self, atoms: usize, rng: &mut ChaCha8Rng) -> [Vec<f64>; 3] {
        let len = self.objective.features().prediction_len(atoms);
        let [mut f, mut g] = [0, 1].map(|_| (0..len).map(|_| between(rng, -1.0, 1.0)).collect::<Vec<f64>>());
        let mut both: Vec<f64> = f.iter().zip(&g).map(|(f, g)| 2.0 * f - 0.3 * g).collect();
        if let Some(width) = self.sources() {
            for start in (0..len).step_by(width + 1) {
                let direction = random_point(width, rng);
                for dual in [&mut f, &mut g, &mut both] {
                    dual[start..start + width].copy_from_slice(&direction);
                }
            }
        }
        [f, g, both]
    }
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
