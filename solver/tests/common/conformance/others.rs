//! Second moments and fixed landscapes, by their definitions.

use std::sync::Arc;

use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::objective::{Landscape, Objective, Risk, SecondMoment};

use super::super::dot;
use super::{Case, each, smooth};

pub fn second_moment(dim: usize) -> Case {
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
        scale: 1.0,
        quadratic: false,
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
        scale: 1.0,
        quadratic: false,
        accuracy: 1e-14,
        gradient_accuracy: 1e-9,
    }
}

pub fn landscape_on_circle() -> Case {
    landscape("-0.7 * y + exp(x) * y^2", 2, |eta| -0.7 * eta[1] + eta[0].exp() * eta[1].powi(2))
}

pub fn landscape_on_sphere() -> Case {
    landscape("x * y * z - cos(2 * z)", 3, |eta| eta[0] * eta[1] * eta[2] - (2.0 * eta[2]).cos())
}
