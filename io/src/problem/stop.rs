//! When to stop: the gap with the bound of a minimiser's mass that its certificate needs.

use sphereflow_solver::evolution::{MassBound, Stop};

use super::ProblemError;
use crate::config::{self, Config, Feature, ObjectiveKind, Spike, Teacher};

/// The rule with the bound of a minimiser's mass that its certificate needs.
pub(super) fn stopping_rule(config: &Config, stop: config::Stop) -> Result<Stop, ProblemError> {
    let gap = match stop {
        config::Stop::Dissipation(bound) => return Ok(Stop::Dissipation(bound)),
        config::Stop::Gap(gap) => gap,
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
        ObjectiveKind::Kernel(kernel) => mass_of(&kernel.target),
        // The noise leaves no target that is known to be met.
        ObjectiveKind::Deconvolution(deconvolution) if deconvolution.noise == 0.0 => {
            mass_of(&deconvolution.target)
        }
        ObjectiveKind::SecondMoment { matrix } => {
            let norm = matrix.iter().flatten().map(|b| b * b).sum::<f64>().sqrt();
            Some(2.0 * (matrix.len() as f64).sqrt() * norm)
        }
        ObjectiveKind::Network(network) if network.is_population() => {
            let two_layer = network.feature == Feature::TwoLayer;
            let met = two_layer || config.domain.signed() || network.teacher.iter().all(|t| t.output >= 0.0);
            let norm = |t: &Teacher| t.input.iter().map(|v| v * v).sum::<f64>().sqrt();
            // A two-layer unit of mass one is worth |a| |u| = 1/2 at most.
            let worth = if two_layer { 2.0 } else { 1.0 };
            met.then(|| network.teacher.iter().map(|t| worth * t.output.abs() * norm(t)).sum())
        }
        _ => None,
    }
}

/// The mass of a target that a nonnegative measure can meet.
fn mass_of(target: &[Spike]) -> Option<f64> {
    target.iter().all(|spike| spike.mass >= 0.0).then(|| target.iter().map(|spike| spike.mass).sum())
}
