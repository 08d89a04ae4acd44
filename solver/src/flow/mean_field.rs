//! The mean potential J of a density on the cells of a mesh, and the velocity that it drives.

use std::sync::Arc;

use rayon::prelude::*;
use sphereflow_mesh::Mesh;

use super::Velocity;
use crate::blocks::{self, block_size};
use crate::objective::{Field, Motion, Objective, Placed, Risk};

/// J of a density, evaluated at the cells' centres: `J_s = s raw + lambda` on the sheet of sign s.
pub struct MeanField {
    mesh: Arc<Mesh>,
    signs: Vec<f64>,
    regularization: f64,
    field: Field,
    signed_mass: Vec<f64>,
    raw: Vec<f64>,
    objective: f64,
    mass: f64,
    exact: Option<ExactVelocity>,
}

/// Psi at the midpoints of the faces, for the exact velocity.
struct ExactVelocity {
    placed: Box<dyn Placed>,
    value: Vec<f64>,
    gradient: Vec<f64>,
    cell_gradient: Vec<f64>,
}

impl MeanField {
    /// The field of an objective on `signs.len()` sheets of a mesh.
    ///
    /// # Panics
    /// If objective and mesh have different dimensions.
    pub fn new(mesh: Arc<Mesh>, signs: Vec<f64>, objective: &Objective, velocity: Velocity) -> Self {
        assert_eq!(mesh.dim(), objective.dim(), "objective and mesh live on one sphere");
        let centers = mesh.centers();
        let field =
            Field::new(objective, centers.as_slice().expect("centres are stored row by row"), Motion::Fixed);
        let exact = (velocity == Velocity::Exact).then(|| {
            let dim = mesh.dim();
            let midpoints: Vec<f64> =
                (0..mesh.faces()).flat_map(|f| mesh.face_midpoint(f).into_iter().take(dim)).collect();
            ExactVelocity {
                placed: objective.features().place(&midpoints, Motion::Fixed),
                value: vec![0.0; mesh.faces()],
                gradient: vec![0.0; mesh.faces() * dim],
                cell_gradient: vec![0.0; mesh.cells() * dim],
            }
        });
        Self {
            signs,
            regularization: objective.regularization(),
            field,
            signed_mass: vec![0.0; mesh.cells()],
            raw: vec![0.0; mesh.cells()],
            objective: f64::NAN,
            mass: f64::NAN,
            exact,
            mesh,
        }
    }

    /// The name of the fast algorithm that evaluates J, or none: its sums go term by term.
    pub fn structure(&self) -> Option<&'static str> {
        self.field.structure()
    }

    /// Evaluates F and J at a density, sheet after sheet.
    pub fn evaluate(&mut self, density: &[f64]) {
        let (cells, signs, measures) = (self.mesh.cells(), &self.signs, self.mesh.measures());
        let size = block_size(cells);
        self.signed_mass.par_chunks_mut(size).enumerate().for_each(|(b, masses)| {
            for (n, mass) in masses.iter_mut().enumerate() {
                let i = b * size + n;
                let net: f64 = signs.iter().enumerate().map(|(s, sign)| sign * density[s * cells + i]).sum();
                *mass = net * measures[i];
            }
        });
        self.mass = blocks::sum(density.len(), |k| density[k] * measures[k % cells]);
        self.objective = self.field.analyze(&self.signed_mass) + self.regularization * self.mass;
        self.field.synthesize(&mut self.raw);
    }

    /// R.
    pub fn risk(&self) -> &Risk {
        self.field.risk()
    }

    /// F at the last density.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// nu(S^d) of the last density, over all sheets.
    pub fn mass(&self) -> f64 {
        self.mass
    }

    /// `<Psi(eta_i), g>`: J on a sheet of sign s is `s raw + lambda`.
    pub fn raw(&self) -> &[f64] {
        &self.raw
    }

    /// Signs of the sheets.
    pub fn signs(&self) -> &[f64] {
        &self.signs
    }

    /// lambda.
    pub fn regularization(&self) -> f64 {
        self.regularization
    }

    /// The least of J over all cells and sheets.
    pub fn potential_min(&self) -> f64 {
        let least = |s: f64| blocks::min(self.raw.len(), |i| s * self.raw[i] + self.regularization);
        self.signs.iter().map(|s| least(*s)).fold(f64::INFINITY, f64::min)
    }

    /// The largest of |J| over all cells and sheets.
    pub fn potential_max_abs(&self) -> f64 {
        let largest = |s: f64| blocks::max(self.raw.len(), |i| (s * self.raw[i] + self.regularization).abs());
        self.signs.iter().map(|s| largest(*s)).fold(0.0, f64::max)
    }

    /// Sum over the sheets of `integral of f(J) d nu`.
    pub fn integrate(&self, density: &[f64], f: impl Fn(f64) -> f64 + Sync) -> f64 {
        let (cells, measures) = (self.mesh.cells(), self.mesh.measures());
        let of_sheet = |s: usize| {
            blocks::sum(cells, |i| {
                density[s * cells + i] * measures[i] * f(self.signs[s] * self.raw[i] + self.regularization)
            })
        };
        (0..self.signs.len()).map(of_sheet).sum()
    }

    /// Sets `velocity` to that of each face on a positive sheet, `-beta grad raw . n` from its first cell to its second; on
    /// a negative sheet it is the opposite.
    pub fn velocity(&mut self, transport: f64, velocity: &mut [f64]) {
        let mesh = &self.mesh;
        let size = block_size(mesh.faces());
        if let Some(exact) = &mut self.exact {
            exact.placed.synthesize_gradient(self.field.dual(), &mut exact.value, &mut exact.gradient);
            let (dim, gradient) = (mesh.dim(), &exact.gradient);
            velocity.par_chunks_mut(size).enumerate().for_each(|(b, velocities)| {
                for (n, v) in velocities.iter_mut().enumerate() {
                    let f = b * size + n;
                    let normal = mesh.face_normal(f);
                    let slope: f64 =
                        gradient[f * dim..(f + 1) * dim].iter().zip(normal).map(|(g, n)| g * n).sum();
                    *v = -transport * slope;
                }
            });
            return;
        }
        let raw = &self.raw;
        velocity.par_chunks_mut(size).enumerate().for_each(|(b, velocities)| {
            for (n, v) in velocities.iter_mut().enumerate() {
                let f = b * size + n;
                let [first, second] = mesh.face_cells()[f].map(|c| c as usize);
                *v = -transport * (raw[second] - raw[first]) / mesh.face_distances()[f];
            }
        });
    }

    /// `integral of |grad J|^2 d nu` by the exact gradients at the cells' centres; `None` for the two-point velocity, whose
    /// own discrete rate takes its place.
    pub fn integrate_squared_gradient(&mut self, density: &[f64]) -> Option<f64> {
        let (cells, dim, measures) = (self.mesh.cells(), self.mesh.dim(), self.mesh.measures());
        let exact = self.exact.as_mut()?;
        // Not into `raw`: these values differ in their last bits, and asking must not change the flow. There are at least
        // as many faces as cells.
        self.field.synthesize_gradient(&mut exact.value[..cells], &mut exact.cell_gradient);
        let gradient = &exact.cell_gradient;
        Some(blocks::sum(density.len(), |k| {
            let i = k % cells;
            let square: f64 = gradient[i * dim..(i + 1) * dim].iter().map(|g| g * g).sum();
            density[k] * measures[i] * square
        }))
    }
}
