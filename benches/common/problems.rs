//! Objectives, points and masses of the measurements.

use std::sync::Arc;

use sphereflow::mesh::Mesh;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::objective::{
    Activation, DataNetwork, Evaluation, Field, Layers, Method, Motion, Objective, Risk, Teacher,
    ZonalKernel, gaussian_sample,
};

/// Of expansions and transforms: the default of the configuration.
pub const TOLERANCE: f64 = 1e-10;

/// Data points of the networks on finite data.
pub const DATA: usize = 500;

/// The von Mises-Fisher kernel of all measurements.
pub const VON_MISES_FISHER: ZonalKernel = ZonalKernel::VonMisesFisher { concentration: 10.0 };

/// The target of the kernels: one atom of mass 1.
pub fn target(dim: usize) -> Vec<f64> {
    if dim == 2 { vec![0.6, 0.8] } else { vec![0.6, 0.0, 0.8] }
}

/// The squared distance of `kernel` from one atom.
pub fn discrepancy(kernel: ZonalKernel, dim: usize, evaluation: Evaluation) -> Objective {
    let target = Atoms::signed(dim, target(dim), &[1.0]);
    Objective::discrepancy(kernel, &target, method(evaluation), 0.0).expect("a kernel of this dimension")
}

/// Two ReLU neurons, Gaussian inputs in the plane, the population loss.
pub fn gaussian(layers: Layers, evaluation: Evaluation) -> Objective {
    Objective::gaussian(layers, 2, &teachers(2), method(evaluation), 0.0).expect("inputs of two coordinates")
}

/// A network on Gaussian data of `p` coordinates whose outputs are those of two ReLU neurons.
pub fn network(layers: Layers, activation: Activation, p: usize, evaluation: Evaluation) -> Objective {
    let (inputs, target) = data(p);
    let features = DataNetwork::new(layers, activation, &inputs).evaluated(evaluation);
    Objective::new(Arc::new(features), Risk::Square { target, weight: 1.0 / DATA as f64 }, 0.0)
}

/// [`DATA`] inputs of `p` coordinates and their outputs.
pub fn data(p: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    gaussian_sample(p, false, &teachers(p), Activation::Relu, DATA, 0)
}

fn method(evaluation: Evaluation) -> Method {
    Method { evaluation, tolerance: TOLERANCE }
}

fn teachers(p: usize) -> [Teacher; 2] {
    [(0.5, 0.3_f64), (-0.5, 1.9)].map(|(output, t)| {
        let mut input = vec![0.0; p];
        [input[0], input[1]] = [t.cos(), t.sin()];
        Teacher { output, input }
    })
}

/// Where the points lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Points {
    /// The cells of the circle.
    Circle,
    /// The cells of the sphere, as near to the number asked for as 10 n^2 + 2 comes.
    Sphere,
    /// Random directions in so many coordinates, with the uniform law.
    Random(usize),
}

impl Points {
    /// The subdivision of the sphere with about `count` cells.
    pub fn subdivision(count: usize) -> usize {
        ((count as f64 / 10.0).sqrt().round() as usize).max(1)
    }

    /// The coordinates of about `count` points, shape [N, dim] flat, and masses of the density `0.1 (1 + x / 2)`.
    pub fn place(self, count: usize) -> (Vec<f64>, Vec<f64>) {
        match self {
            Self::Circle => of_mesh(&Mesh::circle(count).expect("enough cells")),
            Self::Sphere => of_mesh(&Mesh::sphere(Self::subdivision(count)).expect("a subdivision")),
            Self::Random(dim) => random(dim, count),
        }
    }
}

fn of_mesh(mesh: &Mesh) -> (Vec<f64>, Vec<f64>) {
    let mass = |i: usize| density(mesh.center(i)) * mesh.measures()[i];
    (mesh.centers().iter().copied().collect(), (0..mesh.cells()).map(mass).collect())
}

fn random(dim: usize, count: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut rows, _) = gaussian_sample(dim, false, &[], Activation::Relu, count, 1);
    for row in &mut rows {
        let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
    }
    let mass = rows.iter().map(|point| density(point) / count as f64).collect();
    (rows.concat(), mass)
}

/// The density of all measurements at a point.
pub fn density(point: &[f64]) -> f64 {
    0.1 * (1.0 + 0.5 * point[0])
}

/// An objective at points, ready for one evaluation after another.
pub struct Placed {
    field: Field,
    motion: Motion,
    points: Vec<f64>,
    mass: Vec<f64>,
    value: Vec<f64>,
    gradient: Vec<f64>,
    objective: f64,
}

impl Placed {
    /// Places `objective` at `points` with the masses `mass`.
    pub fn new(objective: &Objective, points: Vec<f64>, mass: Vec<f64>, motion: Motion) -> Self {
        let field = Field::new(objective, &points, motion);
        let gradient = if motion == Motion::Moving { vec![0.0; points.len()] } else { Vec::new() };
        Self { field, motion, value: vec![0.0; mass.len()], gradient, points, mass, objective: f64::NAN }
    }

    /// What one stage pays: cells, analysis and synthesis; particles, the move, analysis and synthesis with the gradient.
    pub fn evaluate(&mut self) {
        if self.motion == Motion::Moving {
            self.field.move_to(&self.points);
        }
        self.objective = self.field.analyze(&self.mass);
        match self.motion {
            Motion::Fixed => self.field.synthesize(&mut self.value),
            Motion::Moving => self.field.synthesize_gradient(&mut self.value, &mut self.gradient),
        }
    }

    /// Bytes of the vectors that the evaluation fills: the caller's, not the objective's.
    pub fn output_bytes(&self) -> usize {
        8 * (self.value.len() + self.gradient.len())
    }

    /// F of the last evaluation.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// J of the last evaluation.
    pub fn value(&self) -> &[f64] {
        &self.value
    }
}
