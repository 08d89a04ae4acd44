//! The objective as types.

use serde::Serialize;
use sphereflow_solver::objective::{self, Layers, Rates};

use super::choice::choices;
use super::schema::{Domain, Place};

/// Slope of `leaky-relu` where none is given.
pub(super) const SLOPE: f64 = 0.01;

/// What the flow descends: F(nu) = R(h) + regularization nu(S^d).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objective {
    /// lambda, the weight of the total mass.
    pub regularization: f64,
    /// The risk R and its feature.
    #[serde(flatten)]
    pub kind: ObjectiveKind,
}

impl Objective {
    /// The rates of the flow that belong to the feature (4.3).
    pub fn rates(&self) -> Rates {
        match &self.kind {
            ObjectiveKind::Network(network) => Rates::of_degree(network.degree()),
            // The paper's rates; of a second moment, and of a kernel of 2-homogeneous features.
            _ => Rates::of_degree(2),
        }
    }
}

/// The kinds of objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ObjectiveKind {
    /// A network of infinite width, fitted to data.
    Network(Network),
    /// Half a squared kernel distance to a target measure.
    Kernel(KernelDistance),
    /// Spikes from noisy low-degree coefficients.
    Deconvolution(Deconvolution),
    /// (1/4) || second moment - matrix ||².
    SecondMoment {
        /// Symmetric, 2 x 2 on the circle, 3 x 3 on the sphere, by rows.
        matrix: Vec<Vec<f64>>,
    },
    /// A fixed landscape.
    Linear {
        /// The potential V, a formula in x, y and, on the sphere, z.
        potential: String,
    },
}

impl ObjectiveKind {
    /// The name in a configuration.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Network(_) => "network",
            Self::Kernel(_) => "kernel",
            Self::Deconvolution(_) => "deconvolution",
            Self::SecondMoment { .. } => "second-moment",
            Self::Linear { .. } => "linear",
        }
    }
}

/// A network of infinite width and the data that it is fitted to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Network {
    /// What a point of the domain stands for.
    pub feature: Feature,
    /// The activation function.
    pub activation: Activation,
    /// Slope of `leaky-relu` on the negative side; with the other activations absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope: Option<f64>,
    /// The loss of one sample.
    pub loss: Loss,
    /// How the potential is evaluated.
    pub evaluation: Evaluation,
    /// Accuracy of the expansion of the exact expectation; absent for finite data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// Where the samples come from.
    pub data: Data,
    /// The network that makes the outputs; empty unless the source is `gaussian`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teacher: Vec<Teacher>,
}

impl Network {
    /// Which weights are the coordinates of a point.
    pub const fn layers(&self) -> Layers {
        match self.feature {
            Feature::TwoLayer => Layers::Two,
            Feature::Ridge => Layers::Ridge,
        }
    }

    /// The activation in the solver's type.
    pub fn act(&self) -> objective::Activation {
        match self.activation {
            Activation::Relu => objective::Activation::Relu,
            Activation::LeakyRelu => objective::Activation::LeakyRelu { slope: self.slope.unwrap_or(SLOPE) },
            Activation::Abs => objective::Activation::Abs,
            Activation::Identity => objective::Activation::Identity,
            Activation::SquaredRelu => objective::Activation::SquaredRelu,
            Activation::Quadratic => objective::Activation::Quadratic,
        }
    }

    /// The degree of homogeneity of a unit.
    pub fn degree(&self) -> u32 {
        self.layers().degree(self.act())
    }

    /// Whether the data are the exact expectation over a Gaussian.
    pub const fn is_population(&self) -> bool {
        matches!(self.data, Data::Gaussian { samples: None, .. })
    }

    /// Whether the activation is not one polynomial.
    pub const fn is_kinked(&self) -> bool {
        !matches!(self.activation, Activation::Identity | Activation::Quadratic)
    }

    /// Whether the exact expectation is a series: with inputs of one coordinate it is a sum of two terms.
    pub fn is_expanded(&self, domain: Option<&Domain>) -> bool {
        let on_the_line = matches!(domain, Some(Domain::Circle { .. })) && self.feature == Feature::TwoLayer;
        self.is_population() && !on_the_line
    }
}

choices! {
    /// What a point of the domain stands for.
    pub enum Feature {
        /// (a, u), output weight first: Psi(x) = a act(u . x).
        TwoLayer = "two-layer",
        /// A direction: Psi(x) = sheet act(eta . x).
        Ridge = "ridge",
    }
}

choices! {
    /// An activation function.
    pub enum Activation {
        /// max(0, t).
        Relu = "relu",
        /// t above 0, slope t below.
        LeakyRelu = "leaky-relu",
        /// |t|.
        Abs = "abs",
        /// t.
        Identity = "identity",
        /// max(0, t)², ridge features only.
        SquaredRelu = "squared-relu",
        /// t², ridge features only.
        Quadratic = "quadratic",
    }
}

choices! {
    /// The loss of one sample.
    pub enum Loss {
        /// (1/2) (y - h)².
        Square = "square",
        /// log(1 + exp(-y h)), y = +1 or -1.
        Logistic = "logistic",
    }
}

choices! {
    /// How the potential is evaluated.
    pub enum Evaluation {
        /// The cheaper way.
        Auto = "auto",
        /// Term by term.
        Direct = "direct",
        /// By the fast algorithm of the structure.
        Fast = "fast",
    }
}

/// Where the samples (x, y) come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Data {
    /// Standard normal inputs; outputs of the teacher, of which the logistic loss takes the sign.
    Gaussian {
        /// Whether the constant 1 is appended to every input.
        bias: bool,
        /// Number of samples; absent: the exact expectation.
        #[serde(skip_serializing_if = "Option::is_none")]
        samples: Option<usize>,
        /// Seed of the samples; absent with the exact expectation.
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
    },
    /// Samples in a file.
    File {
        /// Whether the constant 1 is appended to every input.
        bias: bool,
        /// Path as typed; relative to the configuration.
        file: String,
    },
    /// Clusters in a grid, each of one label.
    Clusters {
        /// Whether the constant 1 is appended to every input.
        bias: bool,
        /// k, for k² clusters.
        clusters_per_axis: usize,
        /// Number of samples.
        samples: usize,
        /// Coordinates of an input, without the constant.
        dimension: usize,
        /// As in the published code or as in the paper.
        law: ClusterLaw,
        /// Seed of the samples.
        seed: u64,
    },
}

impl Data {
    /// Whether the constant 1 is appended to every input.
    pub const fn bias(&self) -> bool {
        match self {
            Self::Gaussian { bias, .. } | Self::File { bias, .. } | Self::Clusters { bias, .. } => *bias,
        }
    }
}

choices! {
    /// Law of the clusters.
    pub enum ClusterLaw {
        /// As in the published code.
        Published = "published",
        /// As written in the paper.
        Written = "written",
    }
}

/// One unit of the teacher: output * act(input . x).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Teacher {
    /// Output weight.
    pub output: f64,
    /// Input weights, that of the constant last.
    pub input: Vec<f64>,
}

/// Half a squared kernel distance to a target measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KernelDistance {
    /// How the potential is evaluated.
    pub evaluation: Evaluation,
    /// Accuracy of the kernel's expansion and of the transforms.
    pub tolerance: f64,
    /// The zonal kernel.
    pub kernel: Kernel,
    /// The target measure.
    pub target: Vec<Spike>,
}

/// A zonal kernel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kernel {
    /// exp(concentration (c - 1)).
    VonMisesFisher {
        /// Concentration, above 0.
        concentration: f64,
    },
    /// (1 - rho²) / (1 - 2 rho c + rho²)^((d+1)/2).
    Poisson {
        /// In (0, 1).
        rho: f64,
    },
    /// The heat kernel.
    Heat {
        /// Diffusion time, above 0.
        time: f64,
    },
    /// All harmonics up to a degree with weight one.
    LowPass {
        /// The degree L.
        degree: usize,
    },
    /// The arc-cosine kernel.
    ArcCosine {
        /// 0, 1 or 2.
        order: u8,
    },
}

/// A point mass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spike {
    /// Mass.
    pub mass: f64,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
}

/// Spikes from noisy coefficients of degree up to a bound.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deconvolution {
    /// How the potential is evaluated.
    pub evaluation: Evaluation,
    /// The highest degree.
    pub degree: usize,
    /// Standard deviation of the noise on each real coefficient.
    pub noise: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// The spikes.
    pub target: Vec<Spike>,
}
