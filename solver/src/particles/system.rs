//! The particle system (4.1) and its evolution.

use super::runge_kutta::{DormandPrince, IntegratorError};
use crate::atoms::Atoms;
use crate::evolution::{Evolution, Record};
use crate::objective::{Field, Motion, Objective, Placed, Rates};

/// Particles that follow (4.1): `d/dt log q_j = -alpha J(eta_j)`, `d/dt eta_j = -beta grad_S J(eta_j)`.
///
/// The state holds `log(q_j(t) / q_j(0))` and eta_j, so that masses stay nonnegative (and zero where they start at zero);
/// after every step the points are divided by their norms.
pub struct Particles {
    system: System,
    state: Vec<f64>,
    /// The state before a step.
    before: Vec<f64>,
    /// What the error of each particle counts in a step.
    weights: Vec<f64>,
    integrator: DormandPrince,
    time: f64,
    objective: f64,
    watched: Option<Watched>,
}

/// Points beside the particles, and the signs of the sheets, over which the least potential is taken.
struct Watched {
    placed: Box<dyn Placed>,
    signs: Vec<f64>,
    value: Vec<f64>,
}

/// The right-hand side of (4.1) and what it needs.
struct System {
    dim: usize,
    rates: Rates,
    regularization: f64,
    initial_mass: Vec<f64>,
    sign: Vec<f64>,
    field: Field,
    signed_mass: Vec<f64>,
    raw: Vec<f64>,
    gradient: Vec<f64>,
}

impl System {
    fn len(&self) -> usize {
        self.sign.len()
    }

    /// Evaluates F, J and its gradient at a state: log mass ratios, then points.
    fn evaluate(&mut self, state: &[f64]) -> f64 {
        let (log_ratio, points) = state.split_at(self.len());
        let mut total = 0.0;
        for (j, signed) in self.signed_mass.iter_mut().enumerate() {
            let mass = self.initial_mass[j] * log_ratio[j].exp();
            total += mass;
            *signed = self.sign[j] * mass;
        }
        self.field.move_to(points);
        let risk = self.field.analyze(&self.signed_mass);
        self.field.synthesize_gradient(&mut self.raw, &mut self.gradient);
        risk + self.regularization * total
    }

    /// Sets `weights` to the share of each particle in the mass, at least in the number: what its error counts.
    fn weigh(&self, weights: &mut [f64]) {
        let total: f64 = self.signed_mass.iter().map(|q| q.abs()).sum();
        let least = 1.0 / self.len() as f64;
        for (w, q) in weights.iter_mut().zip(&self.signed_mass) {
            *w = if total > 0.0 { (q.abs() / total).max(least) } else { least };
        }
    }

    fn potential(&self, j: usize) -> f64 {
        self.sign[j] * self.raw[j] + self.regularization
    }

    /// Sets `slope` to the right-hand side of (4.1) and returns F.
    fn derivative(&mut self, state: &[f64], slope: &mut [f64]) -> f64 {
        let objective = self.evaluate(state);
        let (log_ratio, points) = slope.split_at_mut(self.len());
        for (j, l) in log_ratio.iter_mut().enumerate() {
            *l = -self.rates.reaction * self.potential(j);
        }
        let rows = points.chunks_exact_mut(self.dim).zip(self.gradient.chunks_exact(self.dim));
        for ((velocity, gradient), sign) in rows.zip(&self.sign) {
            for (v, g) in velocity.iter_mut().zip(gradient) {
                *v = -self.rates.transport * sign * g;
            }
        }
        objective
    }
}

impl Particles {
    /// Starts from `atoms`, with the integrator's tolerance relative in the masses and absolute in the unit vectors.
    ///
    /// # Panics
    /// If objective and atoms have different dimensions.
    pub fn new(objective: &Objective, atoms: &Atoms, rates: Rates, tolerance: f64) -> Self {
        let (count, dim) = (atoms.len(), objective.dim());
        assert_eq!(atoms.points().ncols(), dim, "objective and particles live on one sphere");
        let points: Vec<f64> = atoms.points().iter().copied().collect();
        let system = System {
            dim,
            rates,
            regularization: objective.regularization(),
            initial_mass: atoms.masses().to_vec(),
            sign: atoms.signs().to_vec(),
            field: Field::new(objective, &points, Motion::Moving),
            signed_mass: vec![0.0; count],
            raw: vec![0.0; count],
            gradient: vec![0.0; count * dim],
        };
        let state: Vec<f64> = std::iter::repeat_n(0.0, count).chain(points).collect();
        let integrator = DormandPrince::new(count, state.len(), tolerance);
        let mut particles = Self {
            before: state.clone(),
            weights: vec![0.0; count],
            integrator,
            system,
            state,
            time: 0.0,
            objective: f64::NAN,
            watched: None,
        };
        particles.refresh();
        particles
    }

    /// Takes the least potential of the records over `points` too, shape [N, dim] flat, on the sheets of these signs: the
    /// particles alone do not see where J is negative beside them.
    pub fn watch(&mut self, objective: &Objective, points: &[f64], signs: &[f64]) {
        self.watched = Some(Watched {
            placed: objective.features().place(points, Motion::Fixed),
            signs: signs.to_vec(),
            value: vec![0.0; points.len() / self.system.dim],
        });
    }

    /// The least potential over the watched points.
    fn watched_min(&mut self) -> f64 {
        let Some(watched) = &mut self.watched else { return f64::INFINITY };
        watched.placed.synthesize(self.system.field.dual(), &mut watched.value);
        let potentials = watched.value.iter().flat_map(|v| watched.signs.iter().map(move |s| s * v));
        potentials.fold(f64::INFINITY, f64::min) + self.system.regularization
    }

    /// Takes F, J and the derivative at the current state.
    fn refresh(&mut self) {
        let (system, state, objective) = (&mut self.system, &self.state, &mut self.objective);
        self.integrator.set_derivative(|slope| *objective = system.derivative(state, slope));
    }

    /// Points eta_j, shape [m, dim] flat.
    pub fn points(&self) -> &[f64] {
        &self.state[self.system.len()..]
    }

    /// Masses q_j.
    pub fn masses(&self) -> Vec<f64> {
        self.system.initial_mass.iter().zip(&self.state).map(|(q, l)| q * l.exp()).collect()
    }

    /// Signs, +1 or -1.
    pub fn signs(&self) -> &[f64] {
        &self.system.sign
    }
}

impl Evolution for Particles {
    type Error = IntegratorError;

    fn time(&self) -> f64 {
        self.time
    }

    fn step(&mut self, until: f64) -> Result<(), IntegratorError> {
        self.system.weigh(&mut self.weights);
        self.before.copy_from_slice(&self.state);
        let (system, remaining, start) = (&mut self.system, until - self.time, self.time);
        let derivative = |state: &[f64], slope: &mut [f64]| {
            system.derivative(state, slope);
        };
        let duration = self.integrator.step(&self.weights, start, remaining, &mut self.state, derivative)?;
        self.time = if duration >= remaining { until } else { self.time + duration };
        let count = self.system.len();
        for eta in self.state[count..].chunks_exact_mut(self.system.dim) {
            let norm = eta.iter().map(|x| x * x).sum::<f64>().sqrt();
            eta.iter_mut().for_each(|x| *x /= norm);
        }
        self.refresh();
        if self.objective.is_finite() && self.system.signed_mass.iter().all(|q| q.is_finite()) {
            return Ok(());
        }
        self.time = start;
        self.state.copy_from_slice(&self.before);
        self.refresh();
        Err(IntegratorError::NotFinite { time: self.time })
    }

    fn record(&mut self) -> Record {
        let watched = self.watched_min();
        let system = &self.system;
        let mut record = Record {
            time: self.time,
            objective: self.objective,
            mass: 0.0,
            potential_min: watched,
            potential_mean: 0.0,
            dissipation: 0.0,
        };
        for (j, gradient) in system.gradient.chunks_exact(system.dim).enumerate() {
            let (mass, potential) = (system.signed_mass[j].abs(), system.potential(j));
            let square: f64 = gradient.iter().map(|g| g * g).sum();
            record.mass += mass;
            record.potential_min = record.potential_min.min(potential);
            record.potential_mean += mass * potential;
            record.dissipation +=
                mass * (system.rates.reaction * potential * potential + system.rates.transport * square);
        }
        record
    }

    fn next_step(&self) -> f64 {
        self.integrator.next_step()
    }

    fn counters(&self) -> (u64, u64) {
        self.integrator.counters()
    }
}
