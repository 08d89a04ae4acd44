//! The finite-volume solution of (4.3): state, one step, its acceptance.

use std::sync::Arc;

use sphereflow_mesh::Mesh;

use super::survey::{Sheet, Survey};
use super::{MeanField, Scheme, StepLimits, SubFlow, Transport, Velocity};
use crate::evolution::{Evolution, Record, equal_part};
use crate::objective::{Objective, Rates};
use crate::phases::{Phase, Phases};

/// Fraction of the first attempt at which a step that is rejected again and again is given up.
const SMALLEST_STEP: f64 = 1e-12;

/// Relative round-off of the sums that F and J consist of, with a margin.
const ROUND_OFF: f64 = 1e-13;

/// Largest growth from a step to the next.
const MOST_GROWTH: f64 = 1.5;

/// Why a step was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// A density, or the objective, is not a finite number.
    #[error("a density is not finite")]
    NotFinite,
    /// A density is negative.
    #[error("a density is negative")]
    Negative,
    /// The velocity grew within the step beyond the positivity limit.
    #[error("the velocity grew to {0} times the positivity limit")]
    Positivity(f64),
    /// The step is too small to change the time.
    #[error("the step does not change the time")]
    Stalled,
    /// F rose beyond round-off.
    #[error("the objective rose by {0:e}")]
    ObjectiveRose(f64),
    /// The estimate of the local error is above the tolerance.
    #[error("the local error {0:e} is above the tolerance")]
    Inaccurate(f64),
}

/// No step, however small, was accepted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("no step from t = {time} is accepted, down to {step:e}: {reason}")]
pub struct StepError {
    /// Time before the step.
    pub time: f64,
    /// The last size that was tried.
    pub step: f64,
    /// Why that was not accepted.
    pub reason: Rejection,
}

/// A density on the cells of a mesh that follows (4.3).
///
/// A step is composed by the [`super::Splitting`]: reaction sub-steps `nu exp(-alpha tau J)` with J at their midpoint,
/// transport sub-steps by Heun's two-stage SSP method with J anew in each stage, also for the donor cell: the errors of a
/// forward Euler step are of the same order as the donor cell's and of the opposite sign, and would hide in them. A step that
/// makes a density negative, breaks the positivity limit, raises F beyond round-off (with the two-point velocity, whose
/// semi-discrete flow dissipates F) or whose local error is above the tolerance leaves the state as it was and is
/// repeated with a smaller size.
///
/// The indicator of the local error is `(alpha + beta) dt^2 / 2` times the mean over nu of `|dJ/dt|`, taken from the change
/// of J within the sub-steps: the size of the error that a step with J frozen would make. The same change bounds the next
/// step by the time in which J decays: near a minimiser nothing else would, and explicit steps longer than that are unstable.
pub struct FiniteVolume {
    mesh: Arc<Mesh>,
    rates: Rates,
    scheme: Scheme,
    limits: StepLimits,
    field: MeanField,
    transport: Transport,
    time: f64,
    density: Vec<f64>,
    /// The density that the step starts from.
    before: Vec<f64>,
    /// That between the stages of a sub-step.
    stage: Vec<f64>,
    survey: Survey,
    /// The next step by the error control.
    step: f64,
    steps: u64,
    rejections: u64,
    /// |F| and the largest |J| of the zero measure.
    scale: [f64; 2],
}

/// Where a reaction takes its density from, and where it puts the result.
#[derive(Clone, Copy, PartialEq)]
enum Path {
    /// From the density before the step, or the current one, to the stage.
    ToStage { from_before: bool },
    /// To the current density.
    ToDensity { from_before: bool },
}

impl FiniteVolume {
    /// Starts from `density`, sheet after sheet, on sheets of the given signs.
    ///
    /// # Panics
    /// If the density does not have one value for each cell of each sheet, or has a negative or non-finite one.
    pub fn new(
        mesh: Arc<Mesh>,
        signs: Vec<f64>,
        objective: &Objective,
        rates: Rates,
        scheme: Scheme,
        limits: StepLimits,
        density: Vec<f64>,
    ) -> Self {
        assert_eq!(density.len(), signs.len() * mesh.cells(), "a density for each cell of each sheet");
        assert!(density.iter().all(|n| n.is_finite() && *n >= 0.0), "densities are finite and nonnegative");
        let mut field = MeanField::new(mesh.clone(), signs, objective, scheme.velocity);
        // F and J of the zero measure are the scale of the sums whose round-off they have.
        field.evaluate(&vec![0.0; density.len()]);
        let scale = [field.objective().abs(), field.potential_max_abs()];
        field.evaluate(&density);
        let mut solver = Self {
            transport: Transport::new(mesh.clone(), &scheme),
            scale,
            rates,
            scheme,
            limits,
            field,
            time: 0.0,
            before: density.clone(),
            stage: density.clone(),
            density,
            survey: Survey::NONE,
            step: f64::INFINITY,
            steps: 0,
            rejections: 0,
            mesh,
        };
        solver.take_survey();
        solver
    }

    /// Sets the time and the step size of the error control, as a run that is taken up again had them.
    pub fn resume_at(&mut self, time: f64, step: f64) {
        self.time = time;
        self.step = step;
    }

    /// Tells `phases` from now on where a phase of the work begins.
    pub fn watch_phases(&mut self, phases: Phases) {
        self.field.phases = phases;
    }

    /// The mesh.
    pub fn mesh(&self) -> &Arc<Mesh> {
        &self.mesh
    }

    /// nu_i, sheet after sheet.
    pub fn density(&self) -> &[f64] {
        &self.density
    }

    /// The mean potential at the current density.
    pub fn field(&self) -> &MeanField {
        &self.field
    }

    /// Largest step that the limits allow now, error control included.
    pub fn step_bound(&self) -> f64 {
        let mut bound = self.limits.max_step.min(self.step);
        if self.rates.transport > 0.0 {
            bound = bound.min(self.limits.cfl / self.survey.rate);
        }
        bound.min(self.limits.cfl / (self.rates.reaction * self.survey.largest))
    }

    /// Surveys the current density, at which J has been evaluated.
    fn take_survey(&mut self) {
        self.field.phases.enter(Phase::Survey);
        let beta = self.rates.transport;
        self.field.drive(beta, &mut self.transport);
        self.field.store();
        let cells = self.mesh.cells();
        let regularization = self.field.regularization();
        self.survey = Survey::NONE;
        for s in 0..self.field.signs().len() {
            let (sign, raw) = (self.field.signs()[s], self.field.raw());
            let sheet = Sheet {
                density: &self.density[s * cells..(s + 1) * cells],
                velocities: self.field.stored_velocities(beta, sign),
                raw,
                sign,
                regularization,
            };
            self.survey = self.survey.join(self.transport.survey(sheet));
        }
        self.field.settle(self.survey.mass);
    }

    /// A reaction of every sheet, with J compared with the one kept where it ends the sub-step: the mass that results, and the
    /// change of J integrated with the density before.
    fn react(&mut self, duration: f64, path: Path) -> [f64; 2] {
        let rate = self.rates.reaction * duration;
        let Self { field, density, before, stage, .. } = self;
        match path {
            Path::ToStage { from_before: true } => field.decay(Some(before), stage, rate, false),
            Path::ToStage { from_before: false } => field.decay(Some(density), stage, rate, false),
            Path::ToDensity { from_before: true } => field.decay(Some(before), density, rate, true),
            Path::ToDensity { from_before: false } => field.decay(None, density, rate, true),
        }
    }

    /// One reaction sub-step by a midpoint J; returns the mean rate of change of J.
    fn reaction_substep(&mut self, duration: f64, from_before: bool) -> f64 {
        let [mass, _] = self.react(0.5 * duration, Path::ToStage { from_before });
        self.field.keep_potential();
        self.field.evaluate_masses(mass);
        let [result, change] = self.react(duration, Path::ToDensity { from_before });
        self.field.evaluate_masses(result);
        mean(change, mass) / (0.5 * duration)
    }

    /// The first stage of Heun's method on every sheet, `stage = density + duration rate`, or the second,
    /// `density = (density + stage + duration rate) / 2`; returns the mass that results and the change of J since it was
    /// kept, integrated with the density.
    fn euler_stage(&mut self, duration: f64, second: bool) -> Result<[f64; 2], Rejection> {
        let Self { field, transport, density, stage, .. } = self;
        let (source, result) = if second { (stage, density) } else { (density, stage) };
        let of_stage = [self.rates.transport, duration];
        let (euler, change) = field.stage(transport, Some(source), of_stage, result, second);
        if euler.share > 1.0 {
            Err(Rejection::Positivity(euler.share))
        } else if euler.least < 0.0 {
            Err(Rejection::Negative)
        } else {
            Ok([euler.mass, change])
        }
    }

    /// One transport sub-step; returns the mean rate of change of J.
    fn transport_substep(&mut self, duration: f64, from_before: bool) -> Result<f64, Rejection> {
        if from_before {
            self.density.copy_from_slice(&self.before);
        }
        let [mass, _] = self.euler_stage(duration, false)?;
        self.field.keep_potential();
        self.field.evaluate_masses(mass);
        let [result, change] = self.euler_stage(duration, true)?;
        self.field.evaluate_masses(result);
        Ok(mean(change, mass) / duration)
    }

    /// Advances the density from `before` by `duration` without asking whether it may; returns the mean rate of change of J.
    fn advance(&mut self, duration: f64) -> Result<f64, Rejection> {
        let (mut change, mut from_before) = (0.0f64, true);
        for (flow, fraction) in self.scheme.splitting.substeps() {
            let of_substep = match flow {
                SubFlow::Reaction if self.rates.reaction > 0.0 => {
                    self.reaction_substep(fraction * duration, from_before)
                }
                SubFlow::Transport if self.rates.transport > 0.0 => {
                    self.transport_substep(fraction * duration, from_before)?
                }
                _ => continue,
            };
            change = change.max(of_substep);
            from_before = false;
        }
        if from_before {
            self.density.copy_from_slice(&self.before);
        }
        self.take_survey();
        Ok(change)
    }

    fn judge(&self, objective_before: f64, error: f64) -> Result<(), Rejection> {
        if !(self.field.objective().is_finite() && self.field.mass().is_finite() && error.is_finite()) {
            return Err(Rejection::NotFinite);
        }
        let rise = self.field.objective() - objective_before;
        if self.scheme.velocity == Velocity::TwoPoint && rise > self.round_off(objective_before.abs()) {
            return Err(Rejection::ObjectiveRose(rise));
        }
        if error > 2.0 * self.limits.tolerance {
            return Err(Rejection::Inaccurate(error));
        }
        Ok(())
    }

    /// Round-off of an objective of this size: that of the risk, and an integral of J d nu has that of its terms.
    fn round_off(&self, objective: f64) -> f64 {
        let [scale, _] = self.scale;
        let terms = self.survey.absolute;
        ROUND_OFF * (self.field.risk().round_off(objective, scale) + terms + ROUND_OFF * scale)
    }

    /// Tries a step; returns the indicator of its local error and the mean rate of change of J. On failure the state is
    /// restored.
    fn try_step(&mut self, duration: f64) -> Result<[f64; 2], Rejection> {
        if self.time + duration <= self.time {
            return Err(Rejection::Stalled);
        }
        let (objective, survey) = (self.field.objective(), self.survey);
        std::mem::swap(&mut self.density, &mut self.before);
        let tried = self.advance(duration).and_then(|change| {
            let error = 0.5 * (self.rates.reaction + self.rates.transport) * duration * duration * change;
            self.judge(objective, error).map(|()| [error, change])
        });
        if tried.is_err() {
            std::mem::swap(&mut self.density, &mut self.before);
            self.field.evaluate(&self.density);
            self.field.settle(survey.mass);
            self.survey = survey;
        }
        tried
    }

    /// Chooses the next step after an accepted one of `duration`. The indicator of the local error grows with the square of
    /// the step. A first attempt that was only cut short to land on a time keeps the size `allowed` that it might have had;
    /// after a rejection nothing grows.
    fn adapt(&mut self, duration: f64, [error, change]: [f64; 2], allowed: Option<f64>) {
        let factor = 0.9 * (self.limits.tolerance / error).sqrt();
        let most = if allowed.is_some() { MOST_GROWTH } else { 1.0 };
        let mut next = duration * if factor.is_nan() { most } else { factor.min(most) };
        if let Some(allowed) = allowed.filter(|_| factor >= 1.0) {
            next = next.max(allowed);
        }
        self.step = next.min(self.decay_bound(duration, change));
    }

    /// The share `cfl` of the time in which J decays; the last step where its change is lost in round-off, and no bound where J
    /// does not change but is there.
    fn decay_bound(&self, duration: f64, change: f64) -> f64 {
        let [_, scale] = self.scale;
        let (mean, lost) = (self.survey.absolute / self.survey.mass, 10.0 * ROUND_OFF * scale);
        if duration * change <= lost {
            return if change == 0.0 && (mean > lost || mean.is_nan()) { f64::INFINITY } else { duration };
        }
        self.limits.cfl * mean / change
    }

    /// Factor of the step after a rejection.
    fn shrinkage(&self, reason: Rejection) -> f64 {
        match reason {
            Rejection::Inaccurate(error) => (0.8 * (self.limits.tolerance / error).sqrt()).clamp(0.1, 0.7),
            Rejection::Positivity(share) => (0.9 / share).max(0.1),
            _ => 0.5,
        }
    }
}

impl Evolution for FiniteVolume {
    type Error = StepError;

    fn time(&self) -> f64 {
        self.time
    }

    fn step(&mut self, until: f64) -> Result<(), StepError> {
        self.field.phases.enter(Phase::Survey);
        let remaining = until - self.time;
        let bound = self.step_bound();
        // Equal steps up to the landing, so that no tiny one is left over.
        let first = equal_part(remaining, bound);
        let mut duration = first;
        loop {
            match self.try_step(duration) {
                Ok(measured) => {
                    self.adapt(duration, measured, (duration == first).then_some(bound));
                    self.time = if duration >= remaining { until } else { self.time + duration };
                    self.steps += 1;
                    return Ok(());
                }
                Err(reason) => {
                    self.rejections += 1;
                    if duration < SMALLEST_STEP * first || reason == Rejection::Stalled {
                        return Err(StepError { time: self.time, step: duration, reason });
                    }
                    duration *= self.shrinkage(reason);
                }
            }
        }
    }

    fn record(&mut self) -> Record {
        self.field.phases.enter(Phase::Survey);
        let beta = self.rates.transport;
        let exact = if beta > 0.0 { self.field.integrate_squared_gradient(&self.density) } else { None };
        let transport = exact.map_or(self.survey.power, |square| beta * square);
        Record {
            time: self.time,
            objective: self.field.objective(),
            mass: self.survey.mass,
            potential_min: self.survey.least,
            potential_mean: self.survey.mean,
            dissipation: self.rates.reaction * self.survey.squared + transport,
        }
    }

    fn next_step(&self) -> f64 {
        self.step
    }

    fn counters(&self) -> (u64, u64) {
        (self.steps, self.rejections)
    }
}

/// The mean of a quantity over a measure, from its integral.
fn mean(integral: f64, mass: f64) -> f64 {
    if mass > 0.0 { integral / mass } else { 0.0 }
}
