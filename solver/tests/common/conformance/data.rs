//! Networks on finite data, by plain double loops.

use std::sync::Arc;

use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::objective::{Activation, DataNetwork, Layers, Objective, Risk};

use super::super::{between, dot, generator, norm};
use super::{AtPoint, Case, OfAtoms, each};

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

pub fn data(
    layers: Layers,
    activation: Activation,
    p: usize,
    count: usize,
    logistic: bool,
    seed: u64,
) -> Case {
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
        scale: 1.0,
        quadratic: false,
        accuracy: 1e-14,
        gradient_accuracy: 1e-9,
    }
}
