//! The adaptive Runge-Kutta pair of Dormand and Prince, orders 5 and 4.

use pulp::Arch;
use rayon::prelude::*;

use crate::blocks;
use crate::evolution::equal_part;
use crate::vectorized::vectorized;

/// Rows of the tableau; the last is also the solution of order 5 (first same as last).
const STAGES: [&[f64]; 6] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];

/// Weights of the difference of the two solutions.
const ERROR: [f64; 7] =
    [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0];

/// Largest factor from a step to the next.
const MOST_GROWTH: f64 = 10.0;

/// Numbers that are combined together: those of a slope stay in the first-level cache.
const TILE: usize = 256;

/// Bodies whose errors are added together.
const BODIES: usize = 64;

/// Why no step was made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IntegratorError {
    /// The step became too small to change the time.
    #[error(
        "the error of a step from t = {time} stays above the tolerance {tolerance:e}, down to a step of {step:e}"
    )]
    Inaccurate {
        /// Time before the step.
        time: f64,
        /// The last size that was tried.
        step: f64,
        /// The tolerance.
        tolerance: f64,
    },
    /// A mass or the objective is more than a number holds.
    #[error("a mass or the objective is not finite after a step from t = {time}")]
    NotFinite {
        /// Time before the step.
        time: f64,
    },
}

/// Integrator of `y' = f(y)` for a set of N bodies with d numbers each, all measured on the scale one.
///
/// The state holds the first numbers of all bodies, then the other d - 1 of each body in a row. A step's error is the sum
/// over the bodies of weight times Euclidean norm: of isolated kinks it counts no more than the share of the bodies that
/// meet them.
pub struct DormandPrince {
    bodies: usize,
    tolerance: f64,
    step: f64,
    /// Derivatives of the stages; the first is that of the current state.
    slope: [Vec<f64>; 7],
    /// The state that is tried; after an accepted step the state before it.
    stage: Vec<f64>,
    arch: Arch,
    fresh: bool,
    steps: u64,
    rejections: u64,
}

impl DormandPrince {
    /// For states of `len` numbers of so many bodies, with the error of a step held below `tolerance`.
    ///
    /// # Panics
    /// If the numbers do not belong to whole bodies.
    pub fn new(bodies: usize, len: usize, tolerance: f64) -> Self {
        assert!(bodies > 0 && len.is_multiple_of(bodies), "every body has the same number of numbers");
        Self {
            bodies,
            tolerance,
            step: f64::INFINITY,
            slope: std::array::from_fn(|_| vec![0.0; len]),
            stage: vec![0.0; len],
            arch: Arch::new(),
            fresh: false,
            steps: 0,
            rejections: 0,
        }
    }

    /// The step that is tried next.
    pub fn next_step(&self) -> f64 {
        self.step
    }

    /// Steps accepted and rejected so far.
    pub fn counters(&self) -> (u64, u64) {
        (self.steps, self.rejections)
    }

    /// One accepted step of at most `remaining`; returns its size. On failure `state` is as it was.
    ///
    /// # Errors
    /// When the error stays above the tolerance for the smallest step that changes `time`.
    pub fn step(
        &mut self,
        weights: &[f64],
        time: f64,
        remaining: f64,
        state: &mut Vec<f64>,
        mut derivative: impl FnMut(&[f64], &mut [f64]),
    ) -> Result<f64, IntegratorError> {
        if !self.fresh {
            derivative(state, &mut self.slope[0]);
        }
        if !self.step.is_finite() {
            self.step = self.first_step(weights);
        }
        let landing = equal_part(remaining, self.step);
        let mut duration = landing;
        let mut before: Option<[f64; 2]> = None;
        loop {
            let error = self.attempt(weights, duration, state, &mut derivative);
            if error <= 1.0 {
                std::mem::swap(state, &mut self.stage);
                self.slope.swap(0, 6);
                self.fresh = true;
                self.steps += 1;
                // A step cut short by the landing says nothing against the one before.
                let grown = duration * (0.9 * error.max(1e-10).powf(-0.2)).min(MOST_GROWTH);
                let cut_short = duration == landing && landing < self.step;
                self.step = if cut_short { grown.max(self.step) } else { grown };
                return Ok(duration);
            }
            self.rejections += 1;
            let next = duration * shrinkage(error, duration, before);
            before = Some([error, duration]);
            duration = next;
            self.step = duration;
            if time + duration <= time {
                return Err(IntegratorError::Inaccurate { time, step: duration, tolerance: self.tolerance });
            }
        }
    }

    /// Sets the derivative of a state that was changed from outside, as after a projection.
    pub fn set_derivative(&mut self, derivative: impl FnOnce(&mut [f64])) {
        derivative(&mut self.slope[0]);
        self.fresh = true;
    }

    /// Takes back the last step, after which nothing else was done but to change `state` and the derivative.
    pub fn undo(&mut self, state: &mut Vec<f64>) {
        std::mem::swap(state, &mut self.stage);
        self.fresh = false;
    }

    /// A step over which the state changes by the size that the fifth-order error allows, by its first derivative.
    fn first_step(&self, weights: &[f64]) -> f64 {
        let speed = self.weighted_norm(weights, &[1.0]);
        if speed > 0.0 { 0.1 * self.tolerance.powf(0.2) / speed } else { 1.0 }
    }

    /// Sets `self.stage` to the solution of order 5 and returns the error over the tolerance.
    fn attempt(
        &mut self,
        weights: &[f64],
        duration: f64,
        state: &[f64],
        derivative: &mut impl FnMut(&[f64], &mut [f64]),
    ) -> f64 {
        for (row, weights) in STAGES.iter().enumerate() {
            self.move_along(weights, duration, state);
            derivative(&self.stage, &mut self.slope[row + 1]);
        }
        duration * self.weighted_norm(weights, &ERROR) / self.tolerance
    }

    /// Sets `self.stage` to the state moved along a combination of the slopes.
    fn move_along(&mut self, weights: &[f64], duration: f64, state: &[f64]) {
        let (slope, arch) = (&self.slope, self.arch);
        let size = blocks::block_size(state.len()).next_multiple_of(TILE);
        let parts = self.stage.par_chunks_mut(size).zip(state.par_chunks(size)).enumerate();
        parts.for_each(|(b, (stage, state))| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    for (t, (stage, state)) in stage.chunks_mut(TILE).zip(state.chunks(TILE)).enumerate() {
                        let mut change = [0.0; TILE];
                        let change = &mut change[..stage.len()];
                        combine(weights, slope, b * size + t * TILE, change);
                        for ((y, state), change) in stage.iter_mut().zip(state).zip(change) {
                            *y = f64::mul_add(duration, *change, *state);
                        }
                    }
                },
            );
        });
    }

    /// Sum over the bodies of weight times norm of a combination of the slopes.
    fn weighted_norm(&self, weights: &[f64], of_slopes: &[f64]) -> f64 {
        let (bodies, rest) = (self.bodies, self.stage.len() / self.bodies - 1);
        let (slope, arch) = (&self.slope, self.arch);
        let of_tile = |tile: usize| {
            let weights = &weights[tile * BODIES..((tile + 1) * BODIES).min(bodies)];
            let mut squares = [0.0; BODIES];
            vectorized(
                arch,
                #[inline(always)]
                || {
                    let squares = &mut squares[..weights.len()];
                    combine(of_slopes, slope, tile * BODIES, squares);
                    squares.iter_mut().for_each(|square| *square *= *square);
                    let others = bodies + tile * BODIES * rest;
                    let (mut body, mut left) = (0, rest);
                    for start in (0..weights.len() * rest).step_by(BODIES) {
                        let mut errors = [0.0; BODIES];
                        let errors = &mut errors[..BODIES.min(weights.len() * rest - start)];
                        combine(of_slopes, slope, others + start, errors);
                        for error in errors {
                            squares[body] += *error * *error;
                            left -= 1;
                            if left == 0 {
                                (body, left) = (body + 1, rest);
                            }
                        }
                    }
                    squares.iter().zip(weights).map(|(square, w)| w * square.sqrt()).sum::<f64>()
                },
            )
        };
        blocks::sum(bodies.div_ceil(BODIES), of_tile)
    }
}

/// `sum[i] = sum_k weights[k] slope[k][start + i]`.
#[inline(always)]
fn combine(weights: &[f64], slope: &[Vec<f64>; 7], start: usize, sum: &mut [f64]) {
    sum.fill(0.0);
    for (w, k) in weights.iter().zip(slope).filter(|(w, _)| **w != 0.0) {
        for (sum, k) in sum.iter_mut().zip(&k[start..]) {
            *sum = f64::mul_add(*w, *k, *sum);
        }
    }
}

/// Factor of the step after an error above the tolerance. Two rejections in a row show with which power of the step the
/// error falls: the fifth where the derivative is smooth, the first where it jumps.
fn shrinkage(error: f64, duration: f64, before: Option<[f64; 2]>) -> f64 {
    if !error.is_finite() {
        return 0.2;
    }
    let power = before.map_or(5.0, |[larger_error, longer]| {
        let observed = (larger_error / error).ln() / (longer / duration).ln();
        if observed.is_finite() { observed.clamp(1.0, 5.0) } else { 5.0 }
    });
    (0.9 * error.powf(-1.0 / power)).clamp(0.01, 0.9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solve(tolerance: f64) -> (f64, u64) {
        // y'' = -y with the time as a third component of the check: one period.
        let mut state = vec![1.0, 0.0];
        let mut integrator = DormandPrince::new(1, 2, tolerance);
        let (mut time, end) = (0.0, std::f64::consts::TAU);
        while time < end - 1e-14 {
            time += integrator
                .step(&[1.0], time, end - time, &mut state, |y, k| {
                    k[0] = y[1];
                    k[1] = -y[0];
                })
                .unwrap();
        }
        ((state[0] - 1.0).hypot(state[1]), integrator.counters().0)
    }

    #[test]
    fn conv_error_follows_the_tolerance_and_the_work_its_fifth_root() {
        let (coarse, few) = solve(1e-6);
        let (fine, many) = solve(1e-11);
        assert!(coarse < 1e-4 && fine < 1e-9, "{coarse} {fine}");
        assert!((6..=14).contains(&(many / few)), "{few} steps, then {many}");
    }

    #[test]
    fn a_singular_derivative_is_an_error_and_leaves_the_state() {
        let mut state = vec![1.0];
        let result =
            DormandPrince::new(1, 1, 1e-9).step(&[1.0], 1.0, 1.0, &mut state, |_, k| k[0] = f64::NAN);
        assert!(result.is_err());
        assert_eq!(state, [1.0]);
    }
}
