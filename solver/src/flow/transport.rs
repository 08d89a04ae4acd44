//! The transport `d_t nu + div(nu v) = 0` by upwind fluxes, swept over the patches of a mesh.

use std::sync::Arc;

use pulp::Arch;
use sphereflow_mesh::Mesh;

use super::given;
use super::layout::Layout;
use super::line::Line;
use super::poles::{Outflow, Poles};
use super::stage::{Stage, Sums, Task};
use super::survey::Survey;
use super::sweep::Patches;
use super::window::{Drive, LANES};
use super::{Order, Scheme};
use crate::blocks::MOST_BLOCKS;
use crate::objective::BlockBasis;

/// Upwind fluxes on a mesh.
///
/// Order 1 is the donor cell. At order 2 the density goes on from the upwind cell to the face with a limited slope along the
/// line of the lattice through both cells (see [`super::ByFaces`], which does the same face by face).
///
/// The *positivity rate* of a velocity v is the rate at which the positivity limit of the order in use is reached: with
/// `dt rate <= 1` a forward Euler step keeps densities nonnegative. At order 1 a cell loses `dt (sum of v l) nu`, the sum over
/// its outflow faces of measure l, and the rate is the largest of that sum over the measure A of the cell. At order 2 a face value is at
/// most `2 nu`, so the cell loses at most twice as much; the rate is the larger of twice that sum and
/// `faces max(v l)`, each over A, with the number of faces of a hexagon also for the pentagons.
///
/// Nothing is stored for each face but for a velocity given on the faces: neighbours are at fixed offsets in the patches of
/// the mesh, whose geometry is one for all. A stage reads a density and writes the next in one pass.
pub struct Transport {
    pub(super) mesh: Arc<Mesh>,
    pub(super) patches: Patches,
    pub(super) poles: Poles,
    pub(super) arch: Arch,
    /// Velocity times measure of the faces, if given: as the stencil lays them out, patch by patch.
    flow: Vec<f64>,
    /// Measures of the faces, for a velocity that is given.
    lengths: Vec<f64>,
    partial: Vec<Sums>,
    pub(super) surveys: Vec<Survey>,
}

/// The velocity of a sheet: what moves its mass.
#[derive(Debug, Clone, Copy)]
pub enum Velocities<'a> {
    /// Two-point, `-rate (raw_j - raw_i) / distance`, of a potential with one value a cell; the rate is sign times beta.
    Potential {
        /// The potential, one value a cell.
        raw: &'a [f64],
        /// Its factor.
        rate: f64,
    },
    /// The same on the circle, of a potential that is given by the terms of its blocks.
    Blocks {
        /// The functions on a block.
        basis: &'a BlockBasis,
        /// The terms, one row a block.
        terms: &'a [f64],
        /// As above.
        rate: f64,
    },
    /// That last given by [`Transport::set_velocity`], times a sign.
    Given {
        /// Its factor.
        sign: f64,
    },
}

/// What a forward Euler step finds on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Euler {
    /// The step times the positivity rate of the velocity.
    pub share: f64,
    /// The least density that results.
    pub least: f64,
    /// The mass that results.
    pub mass: f64,
}

impl Euler {
    /// Of both of two sheets.
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            share: self.share.max(other.share),
            least: self.least.min(other.least),
            mass: self.mass + other.mass,
        }
    }
}

impl Transport {
    /// The transport of a scheme on a mesh.
    pub fn new(mesh: Arc<Mesh>, scheme: &Scheme) -> Self {
        let patches = Patches::new(&mesh, *scheme);
        let poles = Poles::new(&mesh, &patches.list, &patches.stencil);
        let count = patches.bands.len() + 1;
        let partial = vec![Sums::NONE; count.max(MOST_BLOCKS)];
        let surveys = vec![Survey::NONE; count];
        let (flow, lengths) = (Vec::new(), Vec::new());
        Self { arch: Arch::new(), flow, lengths, partial, surveys, poles, patches, mesh }
    }

    /// Takes the velocity of each face from its first cell to its second, for [`Velocities::Given`].
    pub fn set_velocity(&mut self, velocity: impl Fn(usize) -> f64 + Sync) {
        if self.lengths.is_empty() {
            self.lengths = given::lengths(&self.mesh, &self.patches);
            self.flow = vec![0.0; self.patches.list.len() * self.patches.stencil.faces() + LANES];
        }
        given::fill(&self.mesh, &self.patches, &self.lengths, &mut self.flow, velocity);
    }

    /// What the sweep is to take for velocities.
    pub(super) fn drive<'a>(&'a self, velocities: Velocities<'a>) -> Drive<'a> {
        match velocities {
            Velocities::Potential { raw, rate } => Drive::Potential { raw, rate },
            Velocities::Given { sign } => Drive::Faces { flow: &self.flow, rate: sign },
            Velocities::Blocks { .. } => panic!("terms of blocks move a density along the circle"),
        }
    }

    /// A forward Euler step of one sheet: `result = density - duration div(density v)`.
    ///
    /// It keeps densities nonnegative if the `share` that it returns is at most one.
    ///
    /// # Panics
    /// If a slice does not have one value a cell, no velocity has been given that is asked for, or a potential is given by
    /// terms of blocks on the sphere.
    pub fn euler(
        &mut self,
        density: &[f64],
        velocities: Velocities<'_>,
        duration: f64,
        result: &mut [f64],
    ) -> Euler {
        self.stage(Some(density), velocities, Stage { duration, ..Stage::default() }, result, &mut []).0
    }

    /// Whether a stage may be in place: neighbours follow each other.
    pub(super) fn is_along_line(&self) -> bool {
        self.mesh.dim() == 2
    }

    /// A stage, from a density or, along a line, in place; and the change of the potential that it has been asked for.
    pub(super) fn stage(
        &mut self,
        density: Option<&[f64]>,
        velocities: Velocities<'_>,
        stage: Stage<'_>,
        result: &mut [f64],
        mass: &mut [f64],
    ) -> (Euler, f64) {
        let mut partial = std::mem::take(&mut self.partial);
        if let Some(line) = self.line(density, velocities, stage) {
            let sums = line.run(result, mass, &mut partial);
            self.partial = partial;
            return sums.of_stage(stage.duration);
        }
        let density = density.expect("in place along a line alone");
        let partial_of_bands = self.patches.bands.len() + 1;
        let task = Task {
            mesh: &self.mesh,
            patches: &self.patches,
            poles: &self.poles,
            arch: self.arch,
            density,
            drive: self.drive(velocities),
            stage,
        };
        let sums = task.run(result, mass, &mut partial[..partial_of_bands]);
        self.partial = partial;
        sums
    }

    /// The stage along the circle, where a potential moves the density there.
    fn line<'a>(
        &'a self,
        density: Option<&'a [f64]>,
        velocities: Velocities<'a>,
        stage: Stage<'a>,
    ) -> Option<Line<'a>> {
        let (layout, potential, rate) = match velocities {
            _ if !self.is_along_line() => return None,
            Velocities::Potential { raw, rate } => (Layout(None), raw, rate),
            Velocities::Blocks { basis, terms, rate } => (Layout(Some(basis)), terms, rate),
            Velocities::Given { .. } => return None,
        };
        let Patches { order, limiter, ref stencil, .. } = self.patches;
        let cells = self.mesh.cells();
        Some(Line {
            arch: self.arch,
            cells,
            order,
            limiter,
            stencil,
            density,
            layout,
            potential,
            rate,
            stage,
        })
    }

    /// The positivity rate of a cell times its measure, from the sum of the flows out of it and the largest.
    pub(super) fn rate_of(order: Order, faces: f64, sum: f64, largest: f64) -> f64 {
        match order {
            Order::First => sum,
            Order::Second => (2.0 * sum).max(faces * largest),
        }
    }

    /// The positivity rate of a pole.
    pub(super) fn pole_rate(&self, outflow: &Outflow, measure: f64) -> f64 {
        Self::rate_of(self.patches.order, 6.0, outflow.sum, outflow.largest) / measure
    }
}
