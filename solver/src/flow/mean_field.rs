//! The mean potential J of a density on the cells of a mesh, and the velocity that it drives.

use std::sync::Arc;

use pulp::Arch;
use sphereflow_mesh::Mesh;

use super::layout::{Layout, Measures};
use super::masses::Masses;
use super::{Transport, Velocities, Velocity, reaction};
use crate::blocks::{self, MOST_BLOCKS};
use crate::objective::{BlockBasis, Field, Motion, Objective, Placed, Risk};
use crate::phases::{Phase, Phases};

/// J of a density, evaluated at the cells' centres: `J_s = s raw + lambda` on the sheet of sign s.
///
/// Where the objective allows it ([`crate::objective::InBlocks`]), potential and masses are kept as a few numbers for each block of
/// cells: a sub-flow then makes J of some cells, uses it and takes the moments of what results while all of it is in the
/// nearest cache, and arrays over the cells are gone over once.
pub struct MeanField {
    pub(super) mesh: Arc<Mesh>,
    signs: Vec<f64>,
    regularization: f64,
    field: Field,
    /// The blocks, if there are any.
    basis: Option<Arc<BlockBasis>>,
    /// Signed masses of all sheets together, as laid out.
    signed_mass: Vec<f64>,
    /// The potential, as laid out.
    potential: Vec<f64>,
    /// A potential that is kept to be compared with later ones.
    kept: Vec<f64>,
    /// The potential at the cells, where it is in blocks.
    values: Vec<f64>,
    /// Whether these are those of the potential.
    stored: bool,
    partial: [reaction::Sums; MOST_BLOCKS],
    risk: f64,
    mass: f64,
    pub(super) exact: Option<ExactVelocity>,
    pub(super) phases: Phases,
}

/// Psi at the midpoints of the faces, for the exact velocity.
pub(super) struct ExactVelocity {
    placed: Box<dyn Placed>,
    value: Vec<f64>,
    gradient: Vec<f64>,
    cell_gradient: Vec<f64>,
}

/// What a sub-flow reads and writes of the field; all numbers are as laid out.
pub(super) struct Parts<'a> {
    pub layout: Layout<'a>,
    /// Signed masses of all sheets together, to be put down.
    pub masses: &'a mut [f64],
    /// The potential at hand.
    pub raw: &'a [f64],
    /// The one that was kept.
    pub kept: &'a [f64],
    /// Whether velocities are exact.
    exact: bool,
    pub partial: &'a mut [reaction::Sums],
}

impl<'a> Parts<'a> {
    /// The velocities of a sheet of a sign: those of [`MeanField::drive`] if they are exact.
    pub(super) fn velocities(&self, beta: f64, sign: f64) -> Velocities<'a> {
        let (raw, rate) = (self.raw, sign * beta);
        match self.layout.0 {
            _ if self.exact => Velocities::Given { sign },
            Some(basis) => Velocities::Blocks { basis, terms: raw, rate },
            None => Velocities::Potential { raw, rate },
        }
    }
}

impl MeanField {
    /// The field of an objective on `signs.len()` sheets of a mesh.
    ///
    /// # Panics
    /// If objective and mesh have different dimensions.
    pub fn new(mesh: Arc<Mesh>, signs: Vec<f64>, objective: &Objective, velocity: Velocity) -> Self {
        assert_eq!(mesh.dim(), objective.dim(), "objective and mesh live on one sphere");
        let centers = mesh.centers();
        let mut field =
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
        // Exact velocities are given on the faces of patches, which are not made of blocks.
        let basis = if exact.is_none() { field.basis() } else { None };
        let numbers = basis.as_ref().map_or(mesh.cells(), |basis| basis.numbers());
        Self {
            signs,
            regularization: objective.regularization(),
            field,
            signed_mass: vec![0.0; numbers],
            potential: vec![0.0; numbers],
            kept: vec![0.0; numbers],
            values: vec![0.0; if basis.is_some() { mesh.cells() } else { 0 }],
            basis,
            stored: false,
            partial: [[0.0; 2]; MOST_BLOCKS],
            risk: f64::NAN,
            mass: f64::NAN,
            exact,
            phases: Phases::default(),
            mesh,
        }
    }

    /// The name of the fast algorithm that evaluates J, or none: its sums go term by term.
    pub fn structure(&self) -> Option<&'static str> {
        self.field.structure()
    }

    /// Evaluates F and J at a density, sheet after sheet.
    pub fn evaluate(&mut self, density: &[f64]) {
        self.phases.enter(Phase::Analysis);
        let (cells, mut mass) = (self.mesh.cells(), 0.0);
        for (s, sign) in self.signs.iter().enumerate() {
            let sheet = Masses { sign: *sign, first: s == 0 };
            let density = &density[s * cells..(s + 1) * cells];
            let layout = Layout(self.basis.as_deref());
            let measures = Measures::of(&self.mesh);
            mass += sheet.put_down_all(layout, density, measures, &mut self.signed_mass);
        }
        self.evaluate_masses(mass);
        self.store();
    }

    /// Evaluates F and J at the signed masses that have been put into [`Self::parts`]; `mass` is their total, unsigned.
    pub(super) fn evaluate_masses(&mut self, mass: f64) {
        self.phases.enter(Phase::Analysis);
        self.mass = mass;
        self.stored = self.basis.is_none();
        self.risk = if self.stored {
            self.field.analyze(&self.signed_mass)
        } else {
            self.field.analyze_moments(&self.signed_mass)
        };
        self.phases.enter(Phase::Synthesis);
        if self.stored {
            self.field.synthesize(&mut self.potential);
        } else {
            self.field.synthesize_terms(&mut self.potential);
        }
        self.phases.enter(Phase::Survey);
    }

    /// Makes [`Self::raw`] that of the last evaluation, where a sub-flow has left it in blocks.
    pub fn store(&mut self) {
        if let Some(basis) = self.basis.as_ref().filter(|_| !self.stored) {
            self.phases.enter(Phase::Synthesis);
            basis.all_values(Arch::new(), &self.potential, &mut self.values);
            self.stored = true;
            self.phases.enter(Phase::Survey);
        }
    }

    /// What a sub-flow reads and writes of the field.
    pub(super) fn parts(&mut self) -> Parts<'_> {
        Parts {
            layout: Layout(self.basis.as_deref()),
            masses: &mut self.signed_mass,
            raw: &self.potential,
            kept: &self.kept,
            exact: self.exact.is_some(),
            partial: &mut self.partial,
        }
    }

    /// Keeps the potential; there is none at hand until the next evaluation.
    pub(super) fn keep_potential(&mut self) {
        std::mem::swap(&mut self.potential, &mut self.kept);
        self.stored = false;
    }

    /// Takes the total mass as summed elsewhere: the same to round-off.
    pub(super) fn settle(&mut self, mass: f64) {
        self.mass = mass;
    }

    /// R.
    pub fn risk(&self) -> &Risk {
        self.field.risk()
    }

    /// F at the last density.
    pub fn objective(&self) -> f64 {
        self.risk + self.regularization * self.mass
    }

    /// nu(S^d) of the last density, over all sheets.
    pub fn mass(&self) -> f64 {
        self.mass
    }

    /// `<Psi(eta_i), g>`: J on a sheet of sign s is `s raw + lambda`.
    ///
    /// # Panics
    /// If a sub-flow has left it in blocks since the last [`Self::evaluate`] or [`Self::store`].
    pub fn raw(&self) -> &[f64] {
        assert!(self.stored, "the potential has been stored at the cells");
        if self.basis.is_some() { &self.values } else { &self.potential }
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
        let raw = self.raw();
        let least = |s: f64| blocks::min(raw.len(), |i| s * raw[i] + self.regularization);
        self.signs.iter().map(|s| least(*s)).fold(f64::INFINITY, f64::min)
    }

    /// The largest of |J| over all cells and sheets.
    pub fn potential_max_abs(&self) -> f64 {
        let raw = self.raw();
        let largest = |s: f64| blocks::max(raw.len(), |i| (s * raw[i] + self.regularization).abs());
        self.signs.iter().map(|s| largest(*s)).fold(0.0, f64::max)
    }

    /// Sum over the sheets of `integral of f(J) d nu`.
    pub fn integrate(&self, density: &[f64], f: impl Fn(f64) -> f64 + Sync) -> f64 {
        let (cells, measures, raw) = (self.mesh.cells(), self.mesh.measures(), self.raw());
        let of_sheet = |s: usize| {
            blocks::sum(cells, |i| {
                density[s * cells + i] * measures[i] * f(self.signs[s] * raw[i] + self.regularization)
            })
        };
        (0..self.signs.len()).map(of_sheet).sum()
    }

    /// Gives the transport the velocity of each face on a positive sheet, `-beta grad raw . n`, if it is to be exact; the
    /// velocities of a sheet of a sign follow from the two.
    pub(super) fn drive(&mut self, beta: f64, transport: &mut Transport) {
        let Some(exact) = &mut self.exact else { return };
        exact.placed.synthesize_gradient(self.field.dual(), &mut exact.value, &mut exact.gradient);
        let (mesh, dim, gradient) = (&self.mesh, self.mesh.dim(), &exact.gradient);
        transport.set_velocity(|f| {
            let normal = mesh.face_normal(f);
            -beta * gradient[f * dim..(f + 1) * dim].iter().zip(normal).map(|(g, n)| g * n).sum::<f64>()
        });
    }

    /// The velocities of a sheet of a sign, of the potential that has been stored.
    pub(super) fn stored_velocities(&self, beta: f64, sign: f64) -> Velocities<'_> {
        if self.exact.is_some() {
            Velocities::Given { sign }
        } else {
            Velocities::Potential { raw: self.raw(), rate: sign * beta }
        }
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
