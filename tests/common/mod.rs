//! Problems with known solutions, and the runs and measures of error that the tests share.
#![allow(dead_code)]

pub mod command;
pub mod reference;
pub mod second_moment;

use std::sync::Arc;

use sphereflow::mesh::Mesh;
use sphereflow::solver::evolution::{Evolution, Observer, Record, Schedule, integrate};
use sphereflow::solver::flow::{FiniteVolume, Scheme, StepLimits};
use sphereflow::solver::objective::{Objective, Rates};

/// The paper's rates for 2-homogeneous features.
pub const PAPER: Rates = Rates { reaction: 4.0, transport: 1.0 };

/// Keeps every record and the records at the snapshots.
#[derive(Default)]
pub struct Records {
    pub steps: Vec<Record>,
    pub snapshots: Vec<Record>,
}

impl<E: Evolution> Observer<E> for Records {
    type Error = std::convert::Infallible;

    fn step(&mut self, _: &mut E, record: &Record) -> Result<(), Self::Error> {
        self.steps.push(*record);
        Ok(())
    }

    fn snapshot(&mut self, _: &mut E, record: &Record) -> Result<(), Self::Error> {
        self.snapshots.push(*record);
        Ok(())
    }
}

/// Runs to the last of `times` and returns the records.
pub fn run<E: Evolution>(evolution: &mut E, times: &[f64]) -> Records
where
    E::Error: std::fmt::Debug,
{
    let mut records = Records::default();
    let schedule = Schedule { snapshots: times, end: times.last().copied().unwrap_or(0.0), stop: None };
    integrate(evolution, &schedule, &mut records).expect("every step is accepted");
    records
}

/// A finite-volume solver on one unsigned sheet, from a density given at points.
pub fn unsigned(
    mesh: Mesh,
    objective: &Objective,
    rates: Rates,
    scheme: Scheme,
    limits: StepLimits,
    density: impl Fn(&[f64]) -> f64,
) -> FiniteVolume {
    let values = (0..mesh.cells()).map(|i| density(mesh.center(i))).collect();
    FiniteVolume::new(Arc::new(mesh), vec![1.0], objective, rates, scheme, limits, values)
}

/// L1 and maximum error of a density against an exact one, both relative to the maximum of the exact one (the L1 error
/// per surface).
pub fn errors(solver: &FiniteVolume, exact: impl Fn(&[f64]) -> f64) -> [f64; 2] {
    let mesh = solver.mesh();
    let (mut l1, mut linf, mut largest, mut surface) = (0.0, 0.0f64, 0.0f64, 0.0);
    for (i, (n, a)) in solver.density().iter().zip(mesh.measures()).enumerate() {
        let exact = exact(mesh.center(i));
        l1 += (n - exact).abs() * a;
        surface += a;
        linf = linf.max((n - exact).abs());
        largest = largest.max(exact);
    }
    [l1 / surface / largest, linf / largest]
}

/// Observed orders between resolutions that grow by the factor `refinement`.
pub fn orders(errors: &[f64], refinement: f64) -> Vec<f64> {
    errors.windows(2).map(|pair| (pair[0] / pair[1]).ln() / refinement.ln()).collect()
}
