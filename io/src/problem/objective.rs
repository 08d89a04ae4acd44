//! The objective in the solver's types.

use std::path::Path;
use std::sync::Arc;

use sphereflow_solver::Expression;
use sphereflow_solver::atoms::Atoms;
use sphereflow_solver::objective::{
    self, DataNetwork, KernelError, Landscape, Method, Objective, Risk, SecondMoment, Teacher, ZonalKernel,
};

use super::ProblemError;
use super::data::{Samples, samples};
use crate::config::{
    Config, Deconvolution, Evaluation, Kernel, KernelDistance, Loss, Network, ObjectiveKind, Spike,
};

/// The objective of a configuration whose file lies at `location`, for about `points` points.
pub(super) fn objective(config: &Config, location: &Path, points: usize) -> Result<Objective, ProblemError> {
    let dim = config.domain.coordinates();
    let lambda = config.objective.regularization;
    match &config.objective.kind {
        ObjectiveKind::Network(network) => network_objective(config, network, location, points),
        ObjectiveKind::Kernel(distance) => kernel_distance(config, distance, points),
        ObjectiveKind::Deconvolution(problem) => Ok(deconvolution(dim, problem, lambda)),
        ObjectiveKind::SecondMoment { matrix } => {
            let features = SecondMoment::new(dim);
            let risk = Risk::Square { target: features.vector(matrix), weight: 1.0 };
            Ok(Objective::new(Arc::new(features), risk, lambda))
        }
        ObjectiveKind::Linear { potential } => {
            let features = Landscape::new(formula("objective.potential", potential, dim)?, dim);
            if let Some((point, value)) = features.first_not_finite() {
                return Err(ProblemError::Potential { value, point });
            }
            Ok(Objective::new(Arc::new(features), Risk::Linear, lambda))
        }
    }
}

/// A formula in the coordinates of the domain.
pub(super) fn formula(key: &'static str, text: &str, dim: usize) -> Result<Expression, ProblemError> {
    Expression::parse(text, dim).map_err(|source| ProblemError::Formula {
        key,
        formula: text.to_owned(),
        source,
    })
}

fn evaluation(evaluation: Evaluation) -> objective::Evaluation {
    match evaluation {
        Evaluation::Auto => objective::Evaluation::Auto,
        Evaluation::Direct => objective::Evaluation::Direct,
        Evaluation::Fast => objective::Evaluation::Fast,
    }
}

/// The kernel in the solver's type.
pub fn zonal(kernel: &Kernel) -> ZonalKernel {
    match *kernel {
        Kernel::VonMisesFisher { concentration } => ZonalKernel::VonMisesFisher { concentration },
        Kernel::Poisson { rho } => ZonalKernel::Poisson { rho },
        Kernel::Heat { time } => ZonalKernel::Heat { time },
        Kernel::LowPass { degree } => ZonalKernel::LowPass { degree },
        Kernel::ArcCosine { order } => ZonalKernel::ArcCosine { order },
    }
}

fn kernel_distance(
    config: &Config,
    distance: &KernelDistance,
    points: usize,
) -> Result<Objective, ProblemError> {
    let dim = config.domain.coordinates();
    let kernel = zonal(&distance.kernel);
    let method = Method { evaluation: evaluation(distance.evaluation), tolerance: distance.tolerance };
    let method = method.settled(kernel, dim, points);
    let target = spikes(&distance.target, dim);
    let objective = Objective::discrepancy(kernel, &target, method, config.objective.regularization);
    objective.map_err(|error| match error {
        // Too long an expansion is in the way of the fast evaluation only: this is the kernel of pairs.
        KernelError::Degree { needed, most, .. } if distance.evaluation != Evaluation::Fast => {
            ProblemError::Narrow { needed, most }
        }
        other => other.into(),
    })
}

fn deconvolution(dim: usize, problem: &Deconvolution, lambda: f64) -> Objective {
    let Deconvolution { degree, noise, seed, target, .. } = problem;
    let way = evaluation(problem.evaluation);
    Objective::deconvolution(dim, *degree, &spikes(target, dim), *noise, *seed, way, lambda)
}

/// The spikes of a target as atoms.
pub fn spikes(target: &[Spike], dim: usize) -> Atoms {
    let points = target.iter().flat_map(|spike| spike.place.unit()).collect();
    let mass: Vec<f64> = target.iter().map(|spike| spike.mass).collect();
    Atoms::signed(dim, points, &mass)
}

fn network_objective(
    config: &Config,
    network: &Network,
    location: &Path,
    points: usize,
) -> Result<Objective, ProblemError> {
    let (layers, lambda) = (network.layers(), config.objective.regularization);
    let p = config.domain.coordinates() - usize::from(layers == objective::Layers::Two);
    let teachers: Vec<Teacher> =
        network.teacher.iter().map(|t| Teacher { output: t.output, input: t.input.clone() }).collect();
    let Some(Samples { inputs, outputs }) = samples(network, p, &teachers, location)? else {
        let tolerance = network.tolerance.unwrap_or(Method::default().tolerance);
        let method = Method { evaluation: evaluation(network.evaluation), tolerance };
        let method = method.settled(ZonalKernel::ArcCosine { order: 1 }, p, points);
        return Ok(Objective::gaussian(layers, p, &teachers, method, lambda)?);
    };
    let features = DataNetwork::new(layers, network.act(), &inputs).evaluated(evaluation(network.evaluation));
    let risk = match network.loss {
        Loss::Square => Risk::Square { weight: 1.0 / outputs.len() as f64, target: outputs },
        Loss::Logistic => Risk::Logistic { labels: outputs },
    };
    Ok(Objective::new(Arc::new(features), risk, lambda))
}
