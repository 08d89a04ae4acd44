//! The configuration as types: everything resolved, nothing left to a default.

use serde::Serialize;

use super::choice::choices;
use super::objective::Objective;

/// A whole configuration: one flow, and how to compute it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// A title for people.
    pub title: String,
    /// Where the measure lives.
    pub domain: Domain,
    /// What the flow descends.
    pub objective: Objective,
    /// The measure at time 0.
    pub initial: Initial,
    /// The rates of the flow.
    pub flow: Flow,
    /// How long, and what is kept.
    pub time: Time,
    /// How the partial differential equation is discretised.
    pub scheme: Scheme,
    /// How the particle system is run.
    pub particles: Particles,
    /// The study of particles against the partial differential equation.
    pub converge: Converge,
}

/// The circle or the sphere, with the resolution of its mesh.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Domain {
    /// The circle in equal arcs.
    Circle {
        /// Number of arcs.
        cells: usize,
        /// Whether there are two sheets, one per sign of the output weight.
        signed: bool,
    },
    /// The sphere in 10 n² + 2 cells.
    Sphere {
        /// n, the number of parts of an edge of the icosahedron.
        subdivision: usize,
        /// How the faces of the icosahedron are cut.
        mesh: SphereMesh,
        /// Whether there are two sheets, one per sign of the output weight.
        signed: bool,
    },
}

impl Domain {
    /// Coordinates of a point: 2 on the circle, 3 on the sphere.
    pub const fn coordinates(&self) -> usize {
        match self {
            Self::Circle { .. } => 2,
            Self::Sphere { .. } => 3,
        }
    }

    /// Whether there are two sheets.
    pub const fn signed(&self) -> bool {
        match self {
            Self::Circle { signed, .. } | Self::Sphere { signed, .. } => *signed,
        }
    }

    /// Cells of one sheet.
    pub const fn cells(&self) -> usize {
        match self {
            Self::Circle { cells, .. } => *cells,
            Self::Sphere { subdivision, .. } => 10 * *subdivision * *subdivision + 2,
        }
    }

    /// The name of the kind in a configuration.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Circle { .. } => "circle",
            Self::Sphere { .. } => "sphere",
        }
    }
}

choices! {
    /// How the faces of the icosahedron are cut.
    pub enum SphereMesh {
        /// Each face in n² equal triangles of its plane, projected once.
        Flat = "flat",
        /// Repeated bisection of the edges on the sphere: n a power of two.
        Recursive = "recursive",
        /// Generators at the centroids of their cells.
        Centroidal = "centroidal",
    }
}

impl From<SphereMesh> for sphereflow_mesh::SphereMesh {
    fn from(mesh: SphereMesh) -> Self {
        match mesh {
            SphereMesh::Flat => Self::Flat,
            SphereMesh::Recursive => Self::Recursive,
            SphereMesh::Centroidal => Self::Centroidal,
        }
    }
}

/// A point of the domain, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On the circle: the angle from the x-axis, in radians.
    Angle(f64),
    /// On the sphere: any vector but zero, of any length.
    Point([f64; 3]),
}

impl Place {
    /// The unit vector: two coordinates on the circle, three on the sphere.
    pub fn unit(&self) -> Vec<f64> {
        match self {
            Self::Angle(angle) => vec![angle.cos(), angle.sin()],
            Self::Point(point) => {
                // Divided by the largest coordinate first: the squares of a tiny or huge vector leave the
                // range.
                let largest = point.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
                let norm = point.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt();
                point.iter().map(|x| x / largest / norm).collect()
            }
        }
    }
}

/// The measure at time 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Initial {
    /// Constant density.
    Uniform {
        /// Total over all sheets, split evenly between them.
        mass: f64,
    },
    /// A sum of von Mises-Fisher bumps.
    VonMisesFisher {
        /// The bumps, at least one.
        components: Vec<Component>,
    },
    /// A density given by a formula.
    Expression {
        /// A formula in x, y and, on the sphere, z.
        density: String,
    },
    /// A density read from a file.
    File {
        /// Path as typed; relative to the configuration.
        file: String,
    },
}

/// One von Mises-Fisher bump: density proportional to exp(concentration cos(angle to the place)).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Component {
    /// Total mass.
    pub mass: f64,
    /// Where it is centred.
    #[serde(flatten)]
    pub place: Place,
    /// Concentration, 0 for the uniform density.
    pub concentration: f64,
    /// The sheet, +1 or -1; absent: split evenly between the sheets of the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<i8>,
}

/// Rates of the flow (4.3).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flow {
    /// alpha, the rate of reaction.
    pub reaction: f64,
    /// beta, the rate of transport.
    pub transport: f64,
}

/// How long the flow runs and what is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Time {
    /// The last time.
    pub end: f64,
    /// When the measure is written.
    pub snapshots: Snapshots,
    /// Fraction of the positivity limit of the scheme in use.
    pub cfl: f64,
    /// The longest step, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_step: Option<f64>,
    /// Local error of a step; infinite: the steps follow the positivity limit alone; absent: what suits the mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// When to stop before the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
}

impl Time {
    /// The times of the snapshots, increasing.
    pub fn snapshot_times(&self) -> Vec<f64> {
        match &self.snapshots {
            Snapshots::Times(times) => times.clone(),
            Snapshots::Count(count) => {
                let last = (count - 1) as f64;
                (0..*count).map(|index| self.end * (index as f64 / last)).collect()
            }
        }
    }
}

/// When the measure is written.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Snapshots {
    /// This many, evenly spaced, both ends included; at least 2.
    Count(usize),
    /// At these times, strictly increasing, in [0, end].
    Times(Vec<f64>),
}

/// A criterion to stop before the end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The optimality gap has come below this.
    Gap(f64),
    /// The dissipation -dF/dt has come below this.
    Dissipation(f64),
}

/// How the partial differential equation is discretised.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Scheme {
    /// Finite volumes on the mesh of the domain.
    FiniteVolume {
        /// Order of the reconstruction: 1, 2, 3, on the circle also 5.
        order: u8,
        /// Limiter of the reconstruction.
        limiter: Limiter,
        /// Normal velocity of a face.
        velocity: Velocity,
        /// Splitting of transport and reaction.
        splitting: Splitting,
    },
    /// The solution along the characteristics.
    Characteristics {
        /// Quadrature nodes of one sheet.
        nodes: usize,
        /// Tolerance of the adaptive integrator.
        tolerance: f64,
    },
}

choices! {
    /// Limiter of the reconstruction.
    pub enum Limiter {
        /// The smaller slope (order 2).
        Minmod = "minmod",
        /// The harmonic mean of the slopes (order 2).
        VanLeer = "van-leer",
        /// Scaling towards the mean where the reconstruction is negative (orders 3 and 5).
        Positivity = "positivity",
        /// No limiter.
        None = "none",
    }
}

choices! {
    /// Normal velocity of a face.
    pub enum Velocity {
        /// Difference of the potentials of the two cells over the distance of their generators.
        TwoPoint = "two-point",
        /// Gradient of the potential at the midpoint of the face.
        Exact = "exact",
    }
}

choices! {
    /// Splitting of transport and reaction.
    pub enum Splitting {
        /// One after the other: first order.
        Lie = "lie",
        /// Half a reaction, the transport, half a reaction: second order.
        Strang = "strang",
    }
}

/// How the particle system is run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Particles {
    /// How many; for a quadrature per sheet, and about as many on the sphere.
    pub count: usize,
    /// How the particles are drawn from the initial measure.
    pub initial: ParticleStart,
    /// Seed of the random numbers.
    pub seed: u64,
    /// How they move.
    #[serde(flatten)]
    pub method: ParticleMethod,
}

choices! {
    /// How the particles are drawn from the initial measure.
    pub enum ParticleStart {
        /// Independent draws of equal masses.
        Sample = "sample",
        /// The nodes of a quadrature with its weights.
        Quadrature = "quadrature",
    }
}

/// How particles move.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum ParticleMethod {
    /// The flow (4.1) by an adaptive Runge-Kutta pair.
    Flow {
        /// Relative tolerance of the pair.
        tolerance: f64,
    },
    /// Gradient descent (3.3).
    Descent {
        /// Step of the output weights.
        step: f64,
        /// Step of the input weights over that of the output weights.
        metric_ratio: f64,
        /// Number of steps.
        iterations: usize,
    },
    /// Stochastic gradient descent on fresh samples.
    Sgd {
        /// Step of the output weights.
        step: f64,
        /// Step of the input weights over that of the output weights.
        metric_ratio: f64,
        /// Number of steps.
        iterations: usize,
        /// Samples of one step.
        batch: usize,
    },
}

/// The study of particles against the partial differential equation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Converge {
    /// Numbers of particles, strictly increasing.
    pub counts: Vec<usize>,
    /// Independent runs of each number.
    pub repetitions: usize,
    /// What is measured.
    pub distances: Vec<Distance>,
    /// Seed of the random numbers.
    pub seed: u64,
}

choices! {
    /// A distance between two measures.
    pub enum Distance {
        /// Norm of the difference of the predictions.
        Prediction = "prediction",
        /// Maximum mean discrepancy.
        Mmd = "mmd",
        /// Wasserstein distance of order 1.
        W1 = "w1",
        /// Wasserstein distance of order 2.
        W2 = "w2",
        /// Flat (bounded Lipschitz) distance.
        Flat = "flat",
        /// Hellinger-Kantorovich distance.
        Hk = "hk",
        /// Difference of the masses.
        Mass = "mass",
    }
}
