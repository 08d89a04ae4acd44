//! From a configuration, what was typed, to a problem, what will be done.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sphereflow_mesh::{Mesh, MeshError};
use sphereflow_solver::Expression;
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::evolution::{MassBound, Stop};
use sphereflow_solver::flow::{self, FiniteVolume, StepLimits};
use sphereflow_solver::initial::{self, InitialError, InitialMeasure};
use sphereflow_solver::objective::{
    self, DataNetwork, GaussianError, Landscape, Layers, Rates, Risk, SecondMoment, ZonalKernel,
    gaussian_sample,
};
use sphereflow_solver::particles::{Particles, quadrature_nodes};

use crate::config::{
    Activation, Config, Data, Domain, Feature, Initial, Kernel, Limiter, Loss, Network, ObjectiveKind,
    ParticleMethod, ParticleStart, Scheme, Spike, Splitting, Velocity,
};
use crate::data::{DataError, DataSet, read_data};

/// The largest degree of an expansion in spherical harmonics.
const MAX_DEGREE: usize = 512;

/// The largest wave number of an expansion on the circle.
const MAX_WAVE_NUMBER: usize = 65_536;

/// Points over which particles look for the least potential.
const WATCHED_POINTS: usize = 4096;

/// Why a configuration, though it reads well, is no problem to be solved.
#[derive(Debug, thiserror::Error)]
pub enum ProblemError {
    /// The data file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Data of another dimension than the domain's.
    #[error(
        "{path} has the inputs x1 to x{found}, but `objective.feature = \"{feature}\"` on this domain takes {expected}{bias}",
        path = path.display()
    )]
    Inputs {
        /// The data file.
        path: PathBuf,
        /// Inputs there.
        found: usize,
        /// Inputs that fit.
        expected: usize,
        /// The feature's name.
        feature: &'static str,
        /// A remark about the bias, or nothing.
        bias: &'static str,
    },
    /// A label that the logistic loss does not take.
    #[error(
        "{path}, data point {index}: y = {label}; `objective.loss = \"logistic\"` takes the labels -1 and 1",
        path = path.display()
    )]
    Label {
        /// The data file.
        path: PathBuf,
        /// 1-based.
        index: usize,
        /// What stands there.
        label: f64,
    },
    /// The Gaussian population has no closed form.
    #[error("`objective.data`: {0}")]
    Gaussian(#[from] GaussianError),
    /// A kernel too narrow for the expansion.
    #[error(
        "`objective.kernel.concentration = {concentration:e}` needs an expansion of degree {degree}; here it may have {most}"
    )]
    KernelTooNarrow {
        /// kappa.
        concentration: f64,
        /// Degree of its expansion to round-off, or a bound of it.
        degree: usize,
        /// The largest degree that there is.
        most: usize,
    },
    /// A gap cannot be certified.
    #[error(
        "`time.stop.gap` needs a bound of the mass of a minimiser, and for this objective there is none; use `time.stop.dissipation`, or a positive `objective.regularization` with a nonnegative risk"
    )]
    GapWithoutBound,
    /// A formula that is no expression.
    #[error("`{key} = \"{formula}\"`: {source}")]
    Formula {
        /// Its key.
        key: &'static str,
        /// As typed.
        formula: String,
        /// What is wrong with it.
        source: sphereflow_solver::ExpressionError,
    },
    /// The potential of a landscape is not finite somewhere.
    #[error("`objective.potential` is {value} at ({}); it must be finite", .point.iter().map(|x| format!("{x:.4}")).collect::<Vec<_>>().join(", "))]
    Potential {
        /// Its value.
        value: f64,
        /// Where.
        point: Vec<f64>,
    },
    /// The initial measure.
    #[error("`initial`: {0}")]
    Initial(#[from] InitialError),
    /// The mesh.
    #[error("`domain`: {0}")]
    Mesh(#[from] MeshError),
    /// Something that this version cannot do; configurations that parse do not ask for it.
    #[error("{0} is not available in this version")]
    NotAvailable(&'static str),
}

/// A problem ready to be solved, in the solver's types.
pub struct Problem {
    /// Number of coordinates: 2 on the circle, 3 on the sphere.
    pub dim: usize,
    /// Sign of each sheet.
    pub signs: Vec<f64>,
    /// F.
    pub objective: objective::Objective,
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
            objective: objective(config, location)?,
            rates: Rates { reaction: config.flow.reaction, transport: config.flow.transport },
            initial: initial_measure(&config.initial, dim)?,
            times: config.time.snapshot_times(),
            end: config.time.end,
            stop: config.time.stop.map(|stop| stopping_rule(config, stop)).transpose()?,
            config: config.clone(),
        })
    }

    /// Builds the mesh of the domain.
    ///
    /// # Errors
    /// When it is too large to be numbered.
    pub fn mesh(&self) -> Result<Mesh, ProblemError> {
        Ok(match self.config.domain {
            Domain::Circle { cells, .. } => Mesh::circle(cells)?,
            Domain::Sphere { subdivision, .. } => Mesh::sphere(subdivision)?,
        })
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

    /// The particles at time 0.
    ///
    /// # Errors
    /// When the initial measure makes no sense, or cannot be sampled.
    pub fn atoms(&self) -> Result<Atoms, ProblemError> {
        let particles = &self.config.particles;
        Ok(match particles.initial {
            ParticleStart::Sample => {
                self.initial.sample(self.dim, &self.signs, particles.count, particles.seed)?
            }
            ParticleStart::Quadrature => {
                let polar = self.objective.features().polar_axis();
                self.initial.nodes(self.dim, polar, &self.signs, particles.count)?
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
        let mut particles = Particles::new(&self.objective, atoms, self.rates, tolerance);
        if let Some(Stop::Gap { .. }) = self.stop {
            let polar = self.objective.features().polar_axis();
            let (points, _) = quadrature_nodes(self.dim, polar, WATCHED_POINTS);
            particles.watch(&self.objective, &points, &self.signs);
        }
        Ok(particles)
    }
}

/// The rule with the bound of a minimiser's mass that its certificate needs.
fn stopping_rule(config: &Config, stop: crate::config::Stop) -> Result<Stop, ProblemError> {
    let gap = match stop {
        crate::config::Stop::Dissipation(bound) => return Ok(Stop::Dissipation(bound)),
        crate::config::Stop::Gap(gap) => gap,
    };
    let (lambda, kind) = (config.objective.regularization, &config.objective.kind);
    let linear = matches!(kind, ObjectiveKind::Linear { .. });
    let mass_bound = if lambda > 0.0 && !linear {
        MassBound::Regularization(lambda)
    } else {
        MassBound::Known(minimiser_mass(config, kind).ok_or(ProblemError::GapWithoutBound)?)
    };
    Ok(Stop::Gap { gap, mass_bound })
}

/// A bound of the mass of a minimiser without regularization, where one is known: a target that can be met is one; of the
/// second moment `|S - B| <= |B|`, so the trace of S is at most `2 sqrt(dim) |B|`.
fn minimiser_mass(config: &Config, kind: &ObjectiveKind) -> Option<f64> {
    match kind {
        ObjectiveKind::Kernel(kernel) => {
            let masses = || kernel.target.iter().map(|spike| spike.mass);
            masses().all(|mass| mass >= 0.0).then(|| masses().sum())
        }
        ObjectiveKind::SecondMoment { matrix } => {
            let norm = matrix.iter().flatten().map(|b| b * b).sum::<f64>().sqrt();
            Some(2.0 * (matrix.len() as f64).sqrt() * norm)
        }
        ObjectiveKind::Network(network) if matches!(network.data, Data::Gaussian { samples: None, .. }) => {
            let two_layer = network.feature == Feature::TwoLayer;
            let met = two_layer || config.domain.signed() || network.teacher.iter().all(|t| t.output >= 0.0);
            let norm = |t: &crate::config::Teacher| t.input.iter().map(|v| v * v).sum::<f64>().sqrt();
            // A two-layer unit of mass one is worth |a| |u| = 1/2 at most.
            let worth = if two_layer { 2.0 } else { 1.0 };
            met.then(|| network.teacher.iter().map(|t| worth * t.output.abs() * norm(t)).sum())
        }
        _ => None,
    }
}

fn formula(key: &'static str, text: &str, dim: usize) -> Result<Expression, ProblemError> {
    Expression::parse(text, dim).map_err(|source| ProblemError::Formula {
        key,
        formula: text.to_owned(),
        source,
    })
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
        Initial::Expression { density } => InitialMeasure::Density(formula("initial.density", density, dim)?),
        Initial::File { .. } => return Err(ProblemError::NotAvailable("`initial.kind = \"file\"`")),
    })
}

fn objective(config: &Config, location: &Path) -> Result<objective::Objective, ProblemError> {
    let dim = config.domain.coordinates();
    let lambda = config.objective.regularization;
    match &config.objective.kind {
        ObjectiveKind::Network(network) => network_objective(config, network, location),
        ObjectiveKind::Kernel(kernel) => {
            let Kernel::VonMisesFisher { concentration } = kernel.kernel else {
                return Err(ProblemError::NotAvailable("`objective.kernel.kind`"));
            };
            let zonal = ZonalKernel::VonMisesFisher { concentration };
            let most = if dim == 2 { MAX_WAVE_NUMBER } else { MAX_DEGREE };
            // The expansion is computed only where it is short enough to be worth a look.
            let bound = zonal.degree_bound();
            let degree = if bound > 2 * MAX_WAVE_NUMBER { bound } else { zonal.degree(dim) };
            if degree > most {
                return Err(ProblemError::KernelTooNarrow { concentration, degree, most });
            }
            Ok(objective::Objective::matching(zonal.features(dim), &spikes(&kernel.target, dim), lambda))
        }
        ObjectiveKind::SecondMoment { matrix } => {
            let features = SecondMoment::new(dim);
            let risk = Risk::Square { target: features.vector(matrix), weight: 1.0 };
            Ok(objective::Objective::new(Arc::new(features), risk, lambda))
        }
        ObjectiveKind::Linear { potential } => {
            let features = Landscape::new(formula("objective.potential", potential, dim)?, dim);
            if let Some((point, value)) = features.first_not_finite() {
                return Err(ProblemError::Potential { value, point });
            }
            Ok(objective::Objective::new(Arc::new(features), Risk::Linear, lambda))
        }
        ObjectiveKind::Deconvolution(_) => {
            Err(ProblemError::NotAvailable("`objective.kind = \"deconvolution\"`"))
        }
    }
}

/// The spikes of a target as atoms.
pub fn spikes(target: &[Spike], dim: usize) -> Atoms {
    let points = target.iter().flat_map(|spike| spike.place.unit()).collect();
    let mass: Vec<f64> = target.iter().map(|spike| spike.mass).collect();
    Atoms::signed(dim, points, &mass)
}

fn activation(network: &Network) -> objective::Activation {
    match network.activation {
        Activation::Relu => objective::Activation::Relu,
        Activation::LeakyRelu => objective::Activation::LeakyRelu { slope: network.slope.unwrap_or(0.01) },
        Activation::Abs => objective::Activation::Abs,
        Activation::Identity => objective::Activation::Identity,
        Activation::SquaredRelu => objective::Activation::SquaredRelu,
        Activation::Quadratic => objective::Activation::Quadratic,
    }
}

fn network_objective(
    config: &Config,
    network: &Network,
    location: &Path,
) -> Result<objective::Objective, ProblemError> {
    let lambda = config.objective.regularization;
    let layers = match network.feature {
        Feature::TwoLayer => Layers::Two,
        Feature::Ridge => Layers::Ridge,
    };
    let p = config.domain.coordinates() - usize::from(layers == Layers::Two);
    let teachers: Vec<objective::Teacher> = network
        .teacher
        .iter()
        .map(|t| objective::Teacher { output: t.output, input: t.input.clone() })
        .collect();
    let (inputs, outputs) = match &network.data {
        Data::Gaussian { samples: None, .. } => {
            return Ok(objective::Objective::gaussian(layers, p, &teachers, lambda)?);
        }
        Data::Gaussian { bias, samples: Some(count), seed } => {
            let (inputs, outputs) =
                gaussian_sample(p, *bias, &teachers, activation(network), *count, seed.unwrap_or(0));
            let outputs = match network.loss {
                Loss::Square => outputs,
                Loss::Logistic => outputs.iter().map(|y| if *y < 0.0 { -1.0 } else { 1.0 }).collect(),
            };
            (inputs, outputs)
        }
        Data::File { bias, file } => from_file(network, &crate::config::beside(location, file), p, *bias)?,
        Data::Clusters { .. } => {
            return Err(ProblemError::NotAvailable("`objective.data.source = \"clusters\"`"));
        }
    };
    let features = DataNetwork::new(layers, activation(network), &inputs);
    let risk = match network.loss {
        Loss::Square => Risk::Square { weight: 1.0 / outputs.len() as f64, target: outputs },
        Loss::Logistic => Risk::Logistic { labels: outputs },
    };
    Ok(objective::Objective::new(Arc::new(features), risk, lambda))
}

fn from_file(
    network: &Network,
    path: &Path,
    p: usize,
    bias: bool,
) -> Result<(Vec<Vec<f64>>, Vec<f64>), ProblemError> {
    let DataSet { inputs, outputs } = read_data(path)?;
    let expected = p - usize::from(bias);
    if inputs.ncols() != expected {
        return Err(ProblemError::Inputs {
            path: path.to_owned(),
            found: inputs.ncols(),
            expected,
            feature: network.feature.name(),
            bias: if bias { " and the constant 1 of the bias" } else { "" },
        });
    }
    if network.loss == Loss::Logistic
        && let Some(index) = outputs.iter().position(|y| y.abs() != 1.0)
    {
        return Err(ProblemError::Label { path: path.to_owned(), index: index + 1, label: outputs[index] });
    }
    let constant = usize::from(bias);
    let rows = inputs.rows().into_iter();
    Ok((
        rows.map(|x| x.iter().copied().chain(std::iter::repeat_n(1.0, constant)).collect()).collect(),
        outputs,
    ))
}
