//! What a configuration that reads well can still ask in vain.

use std::path::PathBuf;

use sphereflow_mesh::MeshError;
use sphereflow_solver::initial::InitialError;
use sphereflow_solver::objective::{GaussianError, KernelError};

use crate::data::DataError;

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
    Gaussian(GaussianError),
    /// A kernel that the way of evaluation cannot do.
    #[error("`objective`: {}", kernel_prose(.0))]
    Kernel(KernelError),
    /// A kernel that has no formula but a series, which is too long even between pairs of points.
    #[error(
        "`objective.kernel`: between two points its series needs degree {needed}, and {most} is the most\n  \
         hint: a larger `time`"
    )]
    Narrow {
        /// The degree at which the series ends.
        needed: usize,
        /// The highest that there is.
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

// Said whole in the message, and so no source of it.
impl From<KernelError> for ProblemError {
    fn from(error: KernelError) -> Self {
        Self::Kernel(error)
    }
}

impl From<GaussianError> for ProblemError {
    fn from(error: GaussianError) -> Self {
        match error {
            GaussianError::Kernel(error) => Self::Kernel(error),
            other => Self::Gaussian(other),
        }
    }
}

/// What a kernel's error means for the configuration.
fn kernel_prose(error: &KernelError) -> String {
    match error {
        KernelError::Degree { needed, most, tolerance } => format!(
            "at `objective.tolerance = {tolerance:e}` the expansion needs degree {needed}, and {most} is the most\n  \
             hint: use `evaluation = \"direct\"` or `\"auto\"`, or, unless it is the kernel's own `degree`, a larger `tolerance`"
        ),
        other => other.to_string(),
    }
}
