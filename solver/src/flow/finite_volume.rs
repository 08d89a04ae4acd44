//! The finite-volume solution of (4.3): state, one step, its acceptance.

use std::sync::Arc;

use rayon::prelude::*;
use sphereflow_mesh::Mesh;

use super::{MeanField, Scheme, StepLimits, SubFlow, Transport, Velocity, react};
use crate::blocks;
use crate::evolution::{Evolution, Record, equal_part};
use crate::objective::{Objective, Rates};

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
    /// The next step by the error control.
    step: f64,
    steps: u64,
    rejections: u64,
    /// |F| and the largest |J| of the zero measure.
    scale: [f64; 2],
    work: Work,
}

/// Buffers of a step.
struct Work {
    before: Vec<f64>,
    stage: Vec<f64>,
    rate: Vec<f64>,
    velocity: Vec<f64>,
    raw: Vec<f64>,
    fresh: bool,
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
        let work = Work {
            before: density.clone(),
            stage: density.clone(),
            rate: vec![0.0; mesh.cells()],
            velocity: vec![0.0; mesh.faces()],
            raw: vec![0.0; mesh.cells()],
            fresh: true,
        };
        let mut field = MeanField::new(mesh.clone(), signs, objective, scheme.velocity);
        // F and J of the zero measure are the scale of the sums whose round-off they have.
        field.evaluate(&vec![0.0; density.len()]);
        let scale = [field.objective().abs(), field.potential_max_abs()];
        field.evaluate(&density);
        Self {
            transport: Transport::new(mesh.clone(), &scheme),
            scale,
            mesh,
            rates,
            scheme,
            limits,
            field,
            time: 0.0,
            density,
            step: f64::INFINITY,
            steps: 0,
            rejections: 0,
            work,
        }
    }

    /// Sets the time and the step size of the error control, as a run that is taken up again had them.
    pub fn resume_at(&mut self, time: f64, step: f64) {
        self.time = time;
        self.step = step;
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
    pub fn step_bound(&mut self) -> f64 {
        let mut bound = self.limits.max_step.min(self.step);
        if self.rates.transport > 0.0 {
            self.field.velocity(self.rates.transport, &mut self.work.velocity);
            bound = bound.min(self.limits.cfl / self.positivity_rate());
        }
        bound.min(self.limits.cfl / (self.rates.reaction * self.field.potential_max_abs()))
    }

    fn positivity_rate(&self) -> f64 {
        let rate = |sign: &f64| self.transport.positivity_rate(&self.work.velocity, *sign);
        self.field.signs().iter().map(rate).fold(0.0, f64::max)
    }

    fn refresh(&mut self) {
        if !self.work.fresh {
            self.field.evaluate(&self.density);
            self.work.fresh = true;
        }
    }

    /// Mean over nu of the change of J since `raw` was kept.
    fn potential_change(&self) -> f64 {
        let (raw, before, cells) = (self.field.raw(), &self.work.raw, self.mesh.cells());
        let (density, measures) = (&self.density, self.mesh.measures());
        let change = blocks::sum(density.len(), |k| {
            let i = k % cells;
            density[k] * measures[i] * (raw[i] - before[i]).abs()
        });
        if self.field.mass() > 0.0 { change / self.field.mass() } else { 0.0 }
    }

    fn keep_potential(&mut self) {
        self.work.raw.copy_from_slice(self.field.raw());
    }

    fn react_from(&mut self, duration: f64, to_stage: bool) {
        let cells = self.mesh.cells();
        let rate = self.rates.reaction * duration;
        for (s, sign) in self.field.signs().iter().enumerate() {
            let sheet = s * cells..(s + 1) * cells;
            let stage = &mut self.work.stage[sheet.clone()];
            react(
                &self.density[sheet.clone()],
                self.field.raw(),
                *sign,
                self.field.regularization(),
                rate,
                stage,
            );
            if !to_stage {
                self.density[sheet].copy_from_slice(stage);
            }
        }
    }

    /// One reaction sub-step; returns the mean rate of change of J.
    fn reaction_substep(&mut self, duration: f64) -> f64 {
        self.refresh();
        self.keep_potential();
        self.react_from(0.5 * duration, true);
        self.field.evaluate(&self.work.stage);
        let change = self.potential_change() / (0.5 * duration);
        self.react_from(duration, false);
        self.work.fresh = false;
        change
    }

    /// The first stage of Heun's method on every sheet, `stage = density + duration rate`, or the second,
    /// `density = (density + stage + duration rate) / 2`.
    fn euler_stage(&mut self, duration: f64, second: bool) -> Result<(), Rejection> {
        self.field.velocity(self.rates.transport, &mut self.work.velocity);
        let share = duration * self.positivity_rate();
        if share > 1.0 {
            return Err(Rejection::Positivity(share));
        }
        let cells = self.mesh.cells();
        for (s, sign) in self.field.signs().iter().enumerate() {
            let sheet = s * cells..(s + 1) * cells;
            let Work { stage, rate, velocity, .. } = &mut self.work;
            let (density, stage) = (&mut self.density[sheet.clone()], &mut stage[sheet]);
            self.transport.rate(if second { stage } else { density }, velocity, *sign, rate);
            let values =
                density.par_iter_mut().zip(stage.par_iter_mut()).zip(rate.par_iter()).with_min_len(4096);
            if second {
                values.for_each(|((n, stage), r)| *n = 0.5 * (*n + *stage + duration * r));
            } else {
                values.for_each(|((n, stage), r)| *stage = *n + duration * r);
            }
        }
        let result = if second { &self.density } else { &self.work.stage };
        if blocks::min(result.len(), |k| result[k]) < 0.0 {
            return Err(Rejection::Negative);
        }
        Ok(())
    }

    /// One transport sub-step; returns the mean rate of change of J.
    fn transport_substep(&mut self, duration: f64) -> Result<f64, Rejection> {
        self.refresh();
        self.keep_potential();
        self.euler_stage(duration, false)?;
        self.work.fresh = false;
        self.field.evaluate(&self.work.stage);
        let change = self.potential_change() / duration;
        self.euler_stage(duration, true)?;
        Ok(change)
    }

    /// Advances the state by `duration` without asking whether it may; returns the mean rate of change of J.
    fn advance(&mut self, duration: f64) -> Result<f64, Rejection> {
        let mut change: f64 = 0.0;
        for (flow, fraction) in self.scheme.splitting.substeps() {
            match flow {
                SubFlow::Reaction if self.rates.reaction > 0.0 => {
                    change = change.max(self.reaction_substep(fraction * duration));
                }
                SubFlow::Transport if self.rates.transport > 0.0 => {
                    change = change.max(self.transport_substep(fraction * duration)?);
                }
                _ => {}
            }
        }
        self.refresh();
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
        let terms = self.field.integrate(&self.density, f64::abs);
        ROUND_OFF * (self.field.risk().round_off(objective, scale) + terms + ROUND_OFF * scale)
    }

    /// Tries a step; returns the indicator of its local error and the mean rate of change of J.
    fn try_step(&mut self, duration: f64) -> Result<[f64; 2], Rejection> {
        if self.time + duration <= self.time {
            return Err(Rejection::Stalled);
        }
        let before = self.field.objective();
        let change = self.advance(duration)?;
        let error = 0.5 * (self.rates.reaction + self.rates.transport) * duration * duration * change;
        self.judge(before, error)?;
        Ok([error, change])
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

    /// The share `cfl` of the time in which J decays; the last step where its change is lost in round-off.
    fn decay_bound(&self, duration: f64, change: f64) -> f64 {
        let [_, scale] = self.scale;
        if duration * change <= 10.0 * ROUND_OFF * scale {
            return if change == 0.0 { f64::INFINITY } else { duration };
        }
        let mean = self.field.integrate(&self.density, f64::abs) / self.field.mass();
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

    /// Restores the state before a rejected step.
    fn restore(&mut self) {
        self.density.copy_from_slice(&self.work.before);
        self.work.fresh = false;
        self.refresh();
    }
}

impl Evolution for FiniteVolume {
    type Error = StepError;

    fn time(&self) -> f64 {
        self.time
    }

    fn step(&mut self, until: f64) -> Result<(), StepError> {
        let remaining = until - self.time;
        let bound = self.step_bound();
        // Equal steps up to the landing, so that no tiny one is left over.
        let first = equal_part(remaining, bound);
        let mut duration = first;
        self.work.before.copy_from_slice(&self.density);
        loop {
            match self.try_step(duration) {
                Ok(measured) => {
                    self.adapt(duration, measured, (duration == first).then_some(bound));
                    self.time = if duration >= remaining { until } else { self.time + duration };
                    self.steps += 1;
                    return Ok(());
                }
                Err(reason) => {
                    self.restore();
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
        let squared = self.field.integrate(&self.density, |j| j * j);
        let transport = if self.rates.transport > 0.0 { self.transport_dissipation() } else { 0.0 };
        Record {
            time: self.time,
            objective: self.field.objective(),
            mass: self.field.mass(),
            potential_min: self.field.potential_min(),
            potential_mean: self.field.integrate(&self.density, |j| j),
            dissipation: self.rates.reaction * squared + transport,
        }
    }

    fn next_step(&self) -> f64 {
        self.step
    }

    fn counters(&self) -> (u64, u64) {
        (self.steps, self.rejections)
    }
}

impl FiniteVolume {
    /// `beta sum over faces of (upwind nu) (J_j - J_i)^2 (face measure) / distance` with the two-point velocity, else
    /// `beta integral of |grad J|^2 d nu`.
    fn transport_dissipation(&mut self) -> f64 {
        if let Some(square) = self.field.integrate_squared_gradient(&self.density) {
            return self.rates.transport * square;
        }
        self.field.velocity(self.rates.transport, &mut self.work.velocity);
        let cells = self.mesh.cells();
        let mut power = 0.0;
        for (s, sign) in self.field.signs().iter().enumerate() {
            let sheet = &self.density[s * cells..(s + 1) * cells];
            power -= self.transport.power(sheet, &self.work.velocity, *sign, self.field.raw());
        }
        power
    }
}
