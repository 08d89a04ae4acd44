//! Features that are Fourier modes of an angle: zonal kernels on the circle, and the Gaussian population in the plane.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::features::{Evaluation, FeatureMap, Motion, Placed};
use crate::blocks::block_size;
use crate::evaluation::DEFAULT_TOLERANCE;
use crate::transform::{AngularPlan, AngularSums, angles_of};

/// How a point has an angle theta and an amplitude c.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// The circle: eta = (cos theta, sin theta), c = 1.
    Circle,
    /// The two-layer sphere S^2: eta = (a, u), theta the angle of u, c = a |u|.
    TwoLayer,
}

impl Lift {
    fn dim(self) -> usize {
        match self {
            Lift::Circle => 2,
            Lift::TwoLayer => 3,
        }
    }
}

/// Psi(eta) = c(eta) (sqrt(k_0), sqrt(2 k_j) cos(j theta), sqrt(2 k_j) sin(j theta), j = 1..=K), so that
/// `<Psi(eta), Psi(eta')> = c c' (k_0 + 2 sum_j k_j cos(j (theta - theta')))`.
///
/// A prediction is a pair (cosine, sine) for each wave number; the sine of wave number 0 is always zero.
pub struct CircularFeatures {
    lift: Lift,
    plan: AngularPlan,
    root: Arc<Vec<f64>>,
}

impl CircularFeatures {
    /// Features of the kernel with cosine coefficients `k_0, ..., k_K >= 0`, evaluated the cheapest way to an error of
    /// [`DEFAULT_TOLERANCE`].
    ///
    /// # Panics
    /// If there is no coefficient.
    pub fn new(lift: Lift, coefficients: &[f64]) -> Self {
        assert!(!coefficients.is_empty(), "a kernel has at least one coefficient");
        let root =
            coefficients.iter().enumerate().map(|(j, k)| if j == 0 { *k } else { 2.0 * k }.sqrt()).collect();
        let plan = AngularPlan {
            modes: coefficients.len() - 1,
            tolerance: DEFAULT_TOLERANCE,
            evaluation: Evaluation::Auto,
        };
        Self { lift, plan, root: Arc::new(root) }
    }

    /// The same features, evaluated otherwise. The `tolerance`, down to 1e-14, is that of a trigonometric sum relative to
    /// the sum of the absolute values of its terms.
    #[must_use]
    pub fn evaluated(mut self, evaluation: Evaluation, tolerance: f64) -> Self {
        self.plan = AngularPlan { tolerance, evaluation, ..self.plan };
        self
    }
}

impl FeatureMap for CircularFeatures {
    fn dim(&self) -> usize {
        self.lift.dim()
    }

    fn prediction_len(&self, _: usize) -> usize {
        2 * self.root.len()
    }

    fn degree(&self) -> Option<usize> {
        Some(self.root.len() - 1)
    }

    fn polar_axis(&self) -> usize {
        match self.lift {
            Lift::Circle => 1,
            Lift::TwoLayer => 0,
        }
    }

    fn place(&self, points: &[f64], motion: Motion) -> Box<dyn Placed> {
        let count = points.len() / self.dim();
        let mut angle = vec![0.0; count];
        let mut amplitude = vec![1.0; if self.lift == Lift::Circle { 0 } else { count }];
        locate(self.lift, points, &mut angle, &mut amplitude);
        Box::new(PlacedCircular {
            lift: self.lift,
            plan: self.plan,
            motion,
            sums: self.plan.place(&angle, motion),
            root: self.root.clone(),
            points: points.to_vec(),
            angle,
            amplitude,
            scaled: vec![0.0; count],
            coefficients: vec![Complex64::ZERO; self.root.len()],
        })
    }
}

/// The angle of each point and, on the two-layer sphere, its amplitude.
fn locate(lift: Lift, points: &[f64], angle: &mut [f64], amplitude: &mut [f64]) {
    let (size, arch) = (block_size(angle.len()), Arch::new());
    let blocks = angle.par_chunks_mut(size).zip(points.par_chunks(size * lift.dim()));
    match lift {
        Lift::Circle => {
            blocks.for_each(|(angle, points)| angles_of(arch, points.as_chunks::<2>().0, [0, 1], angle));
        }
        Lift::TwoLayer => {
            blocks.zip(amplitude.par_chunks_mut(size)).for_each(|((angle, points), amplitude)| {
                let points = points.as_chunks::<3>().0;
                angles_of(arch, points, [1, 2], angle);
                for (c, [a, u, v]) in amplitude.iter_mut().zip(points) {
                    *c = a * length(*u, *v);
                }
            });
        }
    }
}

struct PlacedCircular {
    lift: Lift,
    plan: AngularPlan,
    motion: Motion,
    sums: Box<dyn AngularSums>,
    root: Arc<Vec<f64>>,
    points: Vec<f64>,
    angle: Vec<f64>,
    /// Empty on the circle, where it is 1.
    amplitude: Vec<f64>,
    /// Masses times amplitudes, or the angular derivative.
    scaled: Vec<f64>,
    coefficients: Vec<Complex64>,
}

impl PlacedCircular {
    fn load(&mut self, dual: &[f64]) {
        for ((c, g), root) in self.coefficients.iter_mut().zip(dual.chunks_exact(2)).zip(&*self.root) {
            *c = Complex64::new(g[0], g[1]) * root;
        }
    }
}

impl Placed for PlacedCircular {
    fn structure(&self) -> Option<&'static str> {
        self.sums.structure()
    }

    /// Points placed as fixed ones get a new plan, those placed as moving ones keep theirs.
    fn move_to(&mut self, points: &[f64]) {
        self.points.copy_from_slice(points);
        locate(self.lift, points, &mut self.angle, &mut self.amplitude);
        if self.motion == Motion::Fixed || !self.sums.move_to(&self.angle) {
            self.sums = self.plan.place(&self.angle, self.motion);
        }
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        match self.lift {
            Lift::Circle => self.sums.analyze(mass, &mut self.coefficients),
            Lift::TwoLayer => {
                let size = block_size(mass.len());
                let factors = mass.par_chunks(size).zip(self.amplitude.par_chunks(size));
                self.scaled.par_chunks_mut(size).zip(factors).for_each(|(scaled, (mass, amplitude))| {
                    scaled.iter_mut().zip(mass.iter().zip(amplitude)).for_each(|(s, (q, c))| *s = q * c);
                });
                self.sums.analyze(&self.scaled, &mut self.coefficients);
            }
        }
        for ((h, c), root) in prediction.chunks_exact_mut(2).zip(&self.coefficients).zip(&*self.root) {
            h[0] = root * c.re;
            h[1] = root * c.im;
        }
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.load(dual);
        self.sums.synthesize(&self.coefficients, value);
        if self.lift == Lift::TwoLayer {
            scale(value, &self.amplitude);
        }
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.load(dual);
        self.sums.synthesize_with_derivative(&self.coefficients, value, &mut self.scaled);
        let (size, dim) = (block_size(value.len()), self.lift.dim());
        let blocks = gradient
            .par_chunks_mut(size * dim)
            .zip(self.points.par_chunks(size * dim))
            .zip(self.scaled.par_chunks(size));
        match self.lift {
            Lift::Circle => blocks.for_each(|((gradient, points), slope)| {
                let rows = gradient.chunks_exact_mut(2).zip(points.chunks_exact(2));
                for ((g, eta), slope) in rows.zip(slope) {
                    g.copy_from_slice(&[-eta[1] * slope, eta[0] * slope]);
                }
            }),
            Lift::TwoLayer => {
                let values = value.par_chunks_mut(size).zip(self.amplitude.par_chunks(size));
                blocks.zip(values).for_each(|(((gradient, points), slope), (value, amplitude))| {
                    let rows = gradient.chunks_exact_mut(3).zip(points.chunks_exact(3));
                    let values = value.iter_mut().zip(amplitude);
                    for (((g, eta), slope), (v, c)) in rows.zip(slope).zip(values) {
                        g.copy_from_slice(&two_layer_gradient(eta, *v, *slope));
                        *v *= c;
                    }
                });
            }
        }
    }
}

/// `value[j] *= factor[j]`.
fn scale(value: &mut [f64], factor: &[f64]) {
    let size = block_size(value.len());
    value.par_chunks_mut(size).zip(factor.par_chunks(size)).for_each(|(value, factor)| {
        value.iter_mut().zip(factor).for_each(|(v, c)| *v *= c);
    });
}

/// `|(x, y)|`, for numbers of any size; for all but tiny ones at the cost of a root.
#[inline(always)]
fn length(x: f64, y: f64) -> f64 {
    let square = x * x + y * y;
    if square > 1e-280 { square.sqrt() } else { x.hypot(y) }
}

/// Gradient on the sphere of `a |u| f(theta)`, given f and its derivative: on S^2, with `a = cos p`, `|u| = sin p`, it is
/// `cos(2 p) f` along p and `a f'` along theta.
fn two_layer_gradient(eta: &[f64], f: f64, slope: f64) -> [f64; 3] {
    let (a, norm) = (eta[0], length(eta[1], eta[2]));
    if norm == 0.0 {
        return [0.0; 3];
    }
    let [c, s] = [eta[1] / norm, eta[2] / norm];
    let along = (a * a - norm * norm) * f;
    [-norm * along, a * (along * c - slope * s), a * (along * s + slope * c)]
}
