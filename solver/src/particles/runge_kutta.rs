//! The adaptive Runge-Kutta pair of Dormand and Prince, orders 5 and 4.

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

/// The step became too small to change the time.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the error of a step from t = {time} stays above the tolerance {tolerance:e}, down to a step of {step:e}"
)]
pub struct IntegratorError {
    /// Time before the step.
    pub time: f64,
    /// The last size that was tried.
    pub step: f64,
    /// The tolerance.
    pub tolerance: f64,
}

/// Integrator of `y' = f(y)`, all of whose components are measured on the scale one.
pub struct DormandPrince {
    tolerance: f64,
    step: f64,
    /// Derivatives of the stages; the first is that of the current state.
    slope: [Vec<f64>; 7],
    stage: Vec<f64>,
    fresh: bool,
    steps: u64,
    rejections: u64,
}

impl DormandPrince {
    /// For states of `len` numbers, with the root mean square of a step's error held below `tolerance`.
    pub fn new(len: usize, tolerance: f64) -> Self {
        Self {
            tolerance,
            step: f64::INFINITY,
            slope: std::array::from_fn(|_| vec![0.0; len]),
            stage: vec![0.0; len],
            fresh: false,
            steps: 0,
            rejections: 0,
        }
    }

    /// Sets the step that is tried next.
    pub fn resume_at(&mut self, step: f64) {
        self.step = step;
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
        time: f64,
        remaining: f64,
        state: &mut [f64],
        mut derivative: impl FnMut(&[f64], &mut [f64]),
    ) -> Result<f64, IntegratorError> {
        if !self.fresh {
            derivative(state, &mut self.slope[0]);
        }
        if !self.step.is_finite() {
            self.step = self.first_step();
        }
        let landing = remaining / (remaining / self.step).ceil().max(1.0);
        let mut duration = landing;
        loop {
            let error = self.attempt(duration, state, &mut derivative);
            if error <= 1.0 {
                state.copy_from_slice(&self.stage);
                self.slope.swap(0, 6);
                self.fresh = true;
                self.steps += 1;
                // A step cut short by the landing says nothing against the one before.
                let grown = duration * (0.9 * error.max(1e-10).powf(-0.2)).min(5.0);
                self.step = if duration < landing { grown } else { grown.max(self.step) };
                return Ok(duration);
            }
            self.rejections += 1;
            let shrink = if error.is_finite() { (0.9 * error.powf(-0.2)).clamp(0.2, 0.9) } else { 0.2 };
            duration *= shrink;
            self.step = duration;
            if time + duration <= time {
                return Err(IntegratorError { time, step: duration, tolerance: self.tolerance });
            }
        }
    }

    /// Sets the derivative of a state that was changed from outside, as after a projection.
    pub fn set_derivative(&mut self, derivative: impl FnOnce(&mut [f64])) {
        derivative(&mut self.slope[0]);
        self.fresh = true;
    }

    /// A step over which the state changes by the size that the fifth-order error allows, by its first derivative.
    fn first_step(&self) -> f64 {
        let speed = root_mean_square(self.slope[0].iter().copied());
        if speed > 0.0 { 0.1 * self.tolerance.powf(0.2) / speed } else { 1.0 }
    }

    /// Sets `self.stage` to the solution of order 5 and returns the error over the tolerance.
    fn attempt(
        &mut self,
        duration: f64,
        state: &[f64],
        derivative: &mut impl FnMut(&[f64], &mut [f64]),
    ) -> f64 {
        for (row, weights) in STAGES.iter().enumerate() {
            for (i, y) in self.stage.iter_mut().enumerate() {
                let change: f64 = weights.iter().zip(&self.slope).map(|(w, k)| w * k[i]).sum();
                *y = state[i] + duration * change;
            }
            derivative(&self.stage, &mut self.slope[row + 1]);
        }
        let slope = &self.slope;
        let errors = (0..state.len()).map(|i| ERROR.iter().zip(slope).map(|(w, k)| w * k[i]).sum::<f64>());
        duration * root_mean_square(errors) / self.tolerance
    }
}

fn root_mean_square(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    (values.map(|x| x * x).sum::<f64>() / count).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solve(tolerance: f64) -> (f64, u64) {
        // y'' = -y with the time as a third component of the check: one period.
        let mut state = vec![1.0, 0.0];
        let mut integrator = DormandPrince::new(2, tolerance);
        let (mut time, end) = (0.0, std::f64::consts::TAU);
        while time < end - 1e-14 {
            time += integrator
                .step(time, end - time, &mut state, |y, k| {
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
        let result = DormandPrince::new(1, 1e-9).step(1.0, 1.0, &mut state, |_, k| k[0] = f64::NAN);
        assert!(result.is_err());
        assert_eq!(state, [1.0]);
    }
}
