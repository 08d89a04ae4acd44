//! From a configuration, what was typed, to a problem, what will be done.

mod data;
mod error;
mod objective;
mod stop;

pub use error::ProblemError;
pub use objective::{spikes, zonal};

use std::path::Path;
use std::sync::Arc;

use sphereflow_mesh::Mesh;
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::blocks::min;
use sphereflow_solver::evolution::Stop;
use sphereflow_solver::flow::{self, FiniteVolume, StepLimits};
use sphereflow_solver::initial::{self, InitialMeasure};
use sphereflow_solver::objective::{Objective, Rates};
use sphereflow_solver::particles::{Particles, quadrature_nodes};

use crate::config::{
    Config, Domain, Initial, Limiter, ObjectiveKind, ParticleMethod, ParticleStart, Scheme, SphereMesh,
    Splitting, Velocity,
};
use crate::mesh_cache::{KeptMesh, MeshCache};

/// Points over which particles look for the least potential.
const WATCHED_POINTS: usize = 4096;

/// A problem ready to be solved, in the solver's types.
pub struct Problem {
    /// Number of coordinates: 2 on the circle, 3 on the sphere.
    pub dim: usize,
    /// Sign of each sheet.
    pub signs: Vec<f64>,
    /// F.
    pub objective: Objective,
    /// alpha and beta.
    pub rates: Rates,
    /// nu_0.
    pub initial: InitialMeasure,
    /// Times of the snapshots.
    pub times: Vec<f64>,
    /// The last time.
    pub end: f64,
    /// When to stop before the last of them.
    pub stop: Option<Stop>,
    config: Config,
}

impl Problem {
    /// Resolves a configuration; a relative data file is looked for from the directory of `location`, the configuration's
    /// own path.
    ///
    /// # Errors
    /// When a file cannot be used or a formula or measure makes no sense.
    pub fn resolve(config: &Config, location: &Path) -> Result<Self, ProblemError> {
        let dim = config.domain.coordinates();
        Ok(Self {
            dim,
            signs: if config.domain.signed() { vec![1.0, -1.0] } else { vec![1.0] },
            objective: objective::objective(config, location, config.domain.cells())?,
            rates: Rates { reaction: config.flow.reaction, transport: config.flow.transport },
            initial: initial_measure(&config.initial, dim)?,
            times: config.time.snapshot_times(),
            end: config.time.end,
            stop: config.time.stop.map(|stop| stop::stopping_rule(config, stop)).transpose()?,
            config: config.clone(),
        })
    }

    /// Builds the mesh of the domain.
    ///
    /// # Errors
    /// When it is too large to be numbered.
    pub fn mesh(&self) -> Result<Mesh, ProblemError> {
        Ok(self.mesh_kept(&MeshCache::off())?.mesh)
    }

    /// The mesh of the domain, taken from a cache where that is quicker.
    ///
    /// # Errors
    /// As [`Self::mesh`].
    pub fn mesh_kept(&self, cache: &MeshCache) -> Result<KeptMesh, ProblemError> {
        Ok(match self.config.domain {
            Domain::Circle { cells, .. } => Mesh::circle(cells)?.into(),
            Domain::Sphere { subdivision, mesh, .. } => cache.sphere(mesh.into(), subdivision)?,
        })
    }

    /// Number of cells a sheet.
    pub fn cells(&self) -> usize {
        self.config.domain.cells()
    }

    /// A mesh of the same domain and kind with at most about so many cells, for estimates. Where there are such, its centers are
    /// some of those of the problem's own mesh.
    ///
    /// # Errors
    /// As [`Self::mesh`].
    pub fn coarse_mesh(&self, cells: usize) -> Result<Mesh, ProblemError> {
        Ok(match self.config.domain {
            Domain::Circle { cells: own, .. } => Mesh::circle(cells.clamp(3, own))?,
            Domain::Sphere { subdivision, mesh, .. } => {
                let most = (((cells.saturating_sub(2)) as f64 / 10.0).sqrt() as usize).clamp(1, subdivision);
                let divisor = (most - most / 4..=most).rev().find(|n| subdivision.is_multiple_of(*n));
                Mesh::sphere_by(mesh.into(), divisor.unwrap_or(most))?
            }
        })
    }

    /// Whether the initial measure, and the potential of a landscape, are sound at the center of every cell, found out without a mesh:
    /// with its memory in mind as well as its time.
    ///
    /// # Errors
    /// What [`Self::finite_volume`] would find; a potential that is not finite.
    pub fn check_cells(&self) -> Result<(), ProblemError> {
        let domain = match self.config.domain {
            Domain::Circle { cells, .. } => sphereflow_mesh::Domain::Circle { cells },
            // The centers of the centroidal mesh are dear to find, and near those of the flat one.
            Domain::Sphere { subdivision, mesh: SphereMesh::Flat | SphereMesh::Centroidal, .. } => {
                sphereflow_mesh::Domain::Sphere { subdivision, mesh: sphereflow_mesh::SphereMesh::Flat }
            }
            Domain::Sphere { subdivision, mesh, .. } => {
                sphereflow_mesh::Domain::Sphere { subdivision, mesh: mesh.into() }
            }
        };
        let (center, cells) = (domain.centers()?, self.cells());
        if let ObjectiveKind::Linear { potential } = &self.config.objective.kind {
            let potential = objective::formula("objective.potential", potential, self.dim)?;
            let value = |cell: usize| potential.evaluate(&center(cell)[..self.dim]);
            let wrong = |cell: usize| if value(cell).is_finite() { f64::INFINITY } else { cell as f64 };
            let first = min(cells, wrong);
            if first.is_finite() {
                let point = center(first as usize)[..self.dim].to_vec();
                return Err(ProblemError::Potential { value: potential.evaluate(&point), point });
            }
        }
        Ok(self.initial.check_cells(self.dim, cells, &center)?)
    }

    /// The finite-volume solver at time 0.
    ///
    /// # Errors
    /// When the initial density makes no sense on the mesh.
    pub fn finite_volume(&self, mesh: Arc<Mesh>) -> Result<FiniteVolume, ProblemError> {
        let density = self.initial.on_cells(&mesh, &self.signs)?;
        self.finite_volume_from(mesh, density)
    }

    /// The finite-volume solver with a given density, sheet after sheet.
    ///
    /// # Errors
    /// When the scheme is not available.
    pub fn finite_volume_from(
        &self,
        mesh: Arc<Mesh>,
        density: Vec<f64>,
    ) -> Result<FiniteVolume, ProblemError> {
        let (scheme, limits) = (self.scheme()?, self.limits(&mesh));
        let signs = self.signs.clone();
        Ok(FiniteVolume::new(mesh, signs, &self.objective, self.rates, scheme, limits, density))
    }

    /// The bounds of a step on a mesh.
    pub fn limits(&self, mesh: &Mesh) -> StepLimits {
        let suited = StepLimits::for_mesh(mesh);
        let time = &self.config.time;
        StepLimits {
            cfl: time.cfl,
            max_step: time.max_step.unwrap_or(f64::INFINITY),
            tolerance: time.tolerance.unwrap_or(suited.tolerance),
        }
    }

    fn scheme(&self) -> Result<flow::Scheme, ProblemError> {
        let Scheme::FiniteVolume { order, limiter, velocity, splitting } = &self.config.scheme else {
            return Err(ProblemError::NotAvailable("`scheme.method`"));
        };
        Ok(flow::Scheme {
            order: match order {
                1 => flow::Order::First,
                2 => flow::Order::Second,
                _ => return Err(ProblemError::NotAvailable("`scheme.order`")),
            },
            limiter: match limiter {
                Limiter::Minmod => flow::Limiter::Minmod,
                Limiter::VanLeer => flow::Limiter::VanLeer,
                Limiter::None => flow::Limiter::None,
                Limiter::Positivity => return Err(ProblemError::NotAvailable("`scheme.limiter`")),
            },
            velocity: match velocity {
                Velocity::TwoPoint => flow::Velocity::TwoPoint,
                Velocity::Exact => flow::Velocity::Exact,
            },
            splitting: match splitting {
                Splitting::Lie => flow::Splitting::Lie,
                Splitting::Strang => flow::Splitting::Strang,
            },
        })
    }

    /// How many particles the configuration asks for; of a quadrature, about so many on every sheet.
    pub fn particle_count(&self) -> usize {
        self.config.particles.count
    }

    /// The particles at time 0, `count` in place of [`Self::particle_count`] of them.
    ///
    /// # Errors
    /// When the initial measure makes no sense, or cannot be sampled.
    pub fn atoms(&self, count: usize) -> Result<Atoms, ProblemError> {
        let particles = &self.config.particles;
        Ok(match particles.initial {
            ParticleStart::Sample => self.initial.sample(self.dim, &self.signs, count, particles.seed)?,
            ParticleStart::Quadrature => {
                let polar = self.objective.features().polar_axis();
                self.initial.nodes(self.dim, polar, &self.signs, count)?
            }
        })
    }

    /// The particle system that starts at `atoms`.
    ///
    /// # Errors
    /// When the method is not available.
    pub fn particles(&self, atoms: &Atoms) -> Result<Particles, ProblemError> {
        let ParticleMethod::Flow { tolerance } = self.config.particles.method else {
            return Err(ProblemError::NotAvailable("`particles.method`"));
        };
        let objective = self.objective_at(atoms.len())?;
        let mut particles = Particles::new(&objective, atoms, self.rates, tolerance);
        if let Some(Stop::Gap { .. }) = self.stop {
            let polar = self.objective.features().polar_axis();
            let (points, _) = quadrature_nodes(self.dim, polar, WATCHED_POINTS);
            particles.watch(&objective, &points, &self.signs);
        }
        Ok(particles)
    }

    /// The objective for about so many points: where there is a choice between an expansion and sums over pairs, it may be
    /// another one than for the cells.
    fn objective_at(&self, points: usize) -> Result<Objective, ProblemError> {
        match &self.config.objective.kind {
            ObjectiveKind::Kernel(_) => objective::objective(&self.config, Path::new(""), points),
            ObjectiveKind::Network(network) if network.is_population() => {
                objective::objective(&self.config, Path::new(""), points)
            }
            _ => Ok(self.objective.clone()),
        }
    }
}

fn initial_measure(initial: &Initial, dim: usize) -> Result<InitialMeasure, ProblemError> {
    Ok(match initial {
        Initial::Uniform { mass } => InitialMeasure::Uniform { mass: *mass },
        Initial::VonMisesFisher { components } => InitialMeasure::VonMisesFisher(
            components
                .iter()
                .map(|component| initial::Component {
                    mass: component.mass,
                    direction: component.place.unit(),
                    concentration: component.concentration,
                    sheet: component.sheet.map(f64::from),
                })
                .collect(),
        ),
        Initial::Expression { density } => {
            InitialMeasure::Density(objective::formula("initial.density", density, dim)?)
        }
        Initial::File { .. } => return Err(ProblemError::NotAvailable("`initial.kind = \"file\"`")),
    })
}
