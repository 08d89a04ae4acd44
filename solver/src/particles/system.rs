//! The particle system (4.1) and its evolution.

use pulp::Arch;
use rayon::prelude::*;

use super::runge_kutta::{DormandPrince, IntegratorError};
use crate::atoms::Atoms;
use crate::blocks::{self, MOST_BLOCKS, block_size};
use crate::evolution::{Evolution, Record};
use crate::exponential::exp;
use crate::objective::{Field, Motion, Objective, Placed, Rates};
use crate::phases::{Phase, Phases};
use crate::vectorized::vectorized;

/// Numbers that are summed side by side.
const LANES: usize = 16;

/// Particles that follow (4.1): `d/dt log q_j = -alpha J(eta_j)`, `d/dt eta_j = -beta grad_S J(eta_j)`.
///
/// The state holds `log(q_j(t) / q_j(0))` and eta_j, so that masses stay nonnegative (and zero where they start at zero);
/// after every step the points are divided by their norms.
pub struct Particles {
    system: System,
    state: Vec<f64>,
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
    /// Over all particles.
    total_mass: f64,
    raw: Vec<f64>,
    gradient: Vec<f64>,
    phases: Phases,
}

impl System {
    fn len(&self) -> usize {
        self.sign.len()
    }

    /// Evaluates F, J and its gradient at a state: log mass ratios, then points.
    fn evaluate(&mut self, state: &[f64]) -> f64 {
        let (log_ratio, points) = state.split_at(self.len());
        self.total_mass = self.take_masses(log_ratio);
        self.phases.enter(Phase::Placement);
        self.field.move_to(points);
        self.phases.enter(Phase::Analysis);
        let risk = self.field.analyze(&self.signed_mass);
        self.phases.enter(Phase::Synthesis);
        self.field.synthesize_gradient(&mut self.raw, &mut self.gradient);
        self.phases.enter(Phase::Integrator);
        risk + self.regularization * self.total_mass
    }

    /// Sets the signed masses, and returns the sum of their absolute values.
    fn take_masses(&mut self, log_ratio: &[f64]) -> f64 {
        let (size, arch) = (block_size(self.len()), Arch::new());
        let mut partial = [0.0; MOST_BLOCKS];
        let known = self.initial_mass.par_chunks(size).zip(self.sign.par_chunks(size));
        let blocks = self.signed_mass.par_chunks_mut(size).zip(log_ratio.par_chunks(size)).zip(known);
        blocks.zip(partial.par_iter_mut()).for_each(|(((signed, log_ratio), (initial, sign)), total)| {
            *total = vectorized(
                arch,
                #[inline(always)]
                || {
                    let mut sums = [0.0; LANES];
                    let chunks = signed.chunks_mut(LANES).zip(log_ratio.chunks(LANES));
                    let known = initial.chunks(LANES).zip(sign.chunks(LANES));
                    for ((signed, log_ratio), (initial, sign)) in chunks.zip(known) {
                        for (k, q) in signed.iter_mut().enumerate() {
                            let mass = initial[k] * exp(log_ratio[k]);
                            *q = sign[k] * mass;
                            sums[k] += mass.abs();
                        }
                    }
                    sums.iter().sum()
                },
            );
        });
        partial.iter().sum()
    }

    /// Sets `weights` to the share of each particle in the mass, at least in the number: what its error counts.
    fn weigh(&self, weights: &mut [f64]) {
        let (total, least, size) = (self.total_mass, 1.0 / self.len() as f64, block_size(self.len()));
        weights.par_chunks_mut(size).zip(self.signed_mass.par_chunks(size)).for_each(|(weights, masses)| {
            for (w, q) in weights.iter_mut().zip(masses) {
                *w = if total > 0.0 { (q.abs() / total).max(least) } else { least };
            }
        });
    }

    fn potential(&self, j: usize) -> f64 {
        self.sign[j] * self.raw[j] + self.regularization
    }

    /// Sets `slope` to the right-hand side of (4.1) and returns F.
    fn derivative(&mut self, state: &[f64], slope: &mut [f64]) -> f64 {
        let objective = self.evaluate(state);
        let (log_ratio, points) = slope.split_at_mut(self.len());
        let (size, dim, regularization) = (block_size(self.len()), self.dim, self.regularization);
        let Rates { reaction, transport } = self.rates;
        let slopes = log_ratio.par_chunks_mut(size).zip(points.par_chunks_mut(size * dim));
        let field = self.raw.par_chunks(size).zip(self.gradient.par_chunks(size * dim));
        let arch = Arch::new();
        slopes.zip(field).zip(self.sign.par_chunks(size)).for_each(
            |(((rate, velocity), (raw, gradient)), sign)| {
                vectorized(
                    arch,
                    #[inline(always)]
                    || {
                        for ((rate, raw), sign) in rate.iter_mut().zip(raw).zip(sign) {
                            *rate = -reaction * (sign * raw + regularization);
                        }
                        match dim {
                            2 => descend::<2>(-transport, sign, gradient, velocity),
                            3 => descend::<3>(-transport, sign, gradient, velocity),
                            4 => descend::<4>(-transport, sign, gradient, velocity),
                            _ => {
                                let rows = velocity.chunks_exact_mut(dim).zip(gradient.chunks_exact(dim));
                                for ((velocity, gradient), sign) in rows.zip(sign) {
                                    for (v, g) in velocity.iter_mut().zip(gradient) {
                                        *v = -transport * sign * g;
                                    }
                                }
                            }
                        }
                    },
                );
            },
        );
        objective
    }

    /// The sums and the least potential of a record, over the particles.
    fn totals(&self) -> Totals {
        let Rates { reaction, transport } = self.rates;
        let of_particle = |j: usize| {
            let (mass, potential) = (self.signed_mass[j].abs(), self.potential(j));
            let square: f64 = self.gradient[j * self.dim..(j + 1) * self.dim].iter().map(|g| g * g).sum();
            Totals {
                mass,
                potential_min: potential,
                potential_mean: mass * potential,
                dissipation: mass * (reaction * potential * potential + transport * square),
            }
        };
        blocks::reduce(self.len(), Totals::NONE, of_particle, Totals::join)
    }
}

/// Velocities of particles of D coordinates: `rate sign gradient`.
#[inline(always)]
fn descend<const D: usize>(rate: f64, sign: &[f64], gradient: &[f64], velocity: &mut [f64]) {
    let rows = velocity.as_chunks_mut::<D>().0.iter_mut().zip(gradient.as_chunks::<D>().0);
    for ((velocity, gradient), sign) in rows.zip(sign) {
        for i in 0..D {
            velocity[i] = rate * sign * gradient[i];
        }
    }
}

/// What a record has of all particles.
#[derive(Clone, Copy)]
struct Totals {
    mass: f64,
    potential_min: f64,
    potential_mean: f64,
    dissipation: f64,
}

impl Totals {
    /// Of no particles.
    const NONE: Self =
        Self { mass: 0.0, potential_min: f64::INFINITY, potential_mean: 0.0, dissipation: 0.0 };

    fn join(self, other: Self) -> Self {
        Self {
            mass: self.mass + other.mass,
            potential_min: self.potential_min.min(other.potential_min),
            potential_mean: self.potential_mean + other.potential_mean,
            dissipation: self.dissipation + other.dissipation,
        }
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
            total_mass: 0.0,
            raw: vec![0.0; count],
            gradient: vec![0.0; count * dim],
            phases: Phases::default(),
        };
        let state: Vec<f64> = std::iter::repeat_n(0.0, count).chain(points).collect();
        let integrator = DormandPrince::new(count, state.len(), tolerance);
        let mut particles = Self {
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

    /// Tells `phases` from now on where a phase of the work begins.
    pub fn watch_phases(&mut self, phases: Phases) {
        self.system.phases = phases;
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

    /// Masses q_j, bit for bit those of the evaluations.
    pub fn masses(&self) -> Vec<f64> {
        let mut masses = self.system.initial_mass.clone();
        vectorized(
            Arch::new(),
            #[inline(always)]
            || masses.iter_mut().zip(&self.state).for_each(|(q, log_ratio)| *q *= exp(*log_ratio)),
        );
        masses
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
        self.system.phases.enter(Phase::Integrator);
        self.system.weigh(&mut self.weights);
        let (system, remaining, start) = (&mut self.system, until - self.time, self.time);
        let derivative = |state: &[f64], slope: &mut [f64]| {
            system.derivative(state, slope);
        };
        let duration = self.integrator.step(&self.weights, start, remaining, &mut self.state, derivative)?;
        self.time = if duration >= remaining { until } else { self.time + duration };
        let count = self.system.len();
        normalize(&mut self.state[count..], self.system.dim);
        self.refresh();
        if self.objective.is_finite() && self.system.total_mass.is_finite() {
            return Ok(());
        }
        self.time = start;
        self.integrator.undo(&mut self.state);
        self.refresh();
        Err(IntegratorError::NotFinite { time: self.time })
    }

    fn record(&mut self) -> Record {
        self.system.phases.enter(Phase::Survey);
        let watched = self.watched_min();
        let Totals { mass, potential_min, potential_mean, dissipation } = self.system.totals();
        Record {
            time: self.time,
            objective: self.objective,
            mass,
            potential_min: watched.min(potential_min),
            potential_mean,
            dissipation,
        }
    }

    fn next_step(&self) -> f64 {
        self.integrator.next_step()
    }

    fn counters(&self) -> (u64, u64) {
        self.integrator.counters()
    }
}

/// Divides points, shape [N, dim] flat, by their norms.
fn normalize(points: &mut [f64], dim: usize) {
    let arch = Arch::new();
    points.par_chunks_mut(block_size(points.len() / dim) * dim).for_each(|points| {
        vectorized(
            arch,
            #[inline(always)]
            || match dim {
                2 => points.as_chunks_mut::<2>().0.iter_mut().for_each(|eta| shorten(eta)),
                3 => points.as_chunks_mut::<3>().0.iter_mut().for_each(|eta| shorten(eta)),
                4 => points.as_chunks_mut::<4>().0.iter_mut().for_each(|eta| shorten(eta)),
                _ => points.chunks_exact_mut(dim).for_each(shorten),
            },
        );
    });
}

#[inline(always)]
fn shorten(eta: &mut [f64]) {
    let norm = eta.iter().map(|x| x * x).sum::<f64>().sqrt();
    eta.iter_mut().for_each(|x| *x /= norm);
}
