//! Features that are Fourier modes of an angle: zonal kernels on the circle, and the Gaussian population in the plane.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::features::{Evaluation, FeatureMap, InBlocks, Motion, Placed};
use super::two_layer::PlacedUnits;
use crate::blocks::{self, block_size};
use crate::evaluation::DEFAULT_TOLERANCE;
use crate::transform::{AngularPlan, AngularSums, BlockBasis, angles_of};

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
        match self.lift {
            Lift::Circle => Box::new(PlacedCircular::new(self.plan, self.root.clone(), points, motion)),
            Lift::TwoLayer => Box::new(PlacedUnits::new(self.plan, self.root.clone(), points, motion)),
        }
    }
}

/// The angle of each point.
fn locate(points: &[f64], angle: &mut [f64]) {
    let (size, arch) = (block_size(angle.len()), Arch::new());
    let blocks = angle.par_chunks_mut(size).zip(points.par_chunks(size * 2));
    blocks.for_each(|(angle, points)| angles_of(arch, points.as_chunks::<2>().0, [0, 1], angle));
}

/// Points of the circle.
struct PlacedCircular {
    plan: AngularPlan,
    motion: Motion,
    sums: Box<dyn AngularSums>,
    root: Arc<Vec<f64>>,
    points: Vec<f64>,
    angle: Vec<f64>,
    /// The angular derivative.
    slope: Vec<f64>,
    coefficients: Vec<Complex64>,
}

impl PlacedCircular {
    fn new(plan: AngularPlan, root: Arc<Vec<f64>>, points: &[f64], motion: Motion) -> Self {
        let mut angle = vec![0.0; points.len() / 2];
        locate(points, &mut angle);
        Self {
            plan,
            motion,
            sums: plan.place(&angle, motion),
            points: points.to_vec(),
            slope: vec![0.0; angle.len()],
            angle,
            coefficients: vec![Complex64::ZERO; root.len()],
            root,
        }
    }

    fn load(&mut self, dual: &[f64]) {
        for ((c, g), root) in self.coefficients.iter_mut().zip(dual.chunks_exact(2)).zip(&*self.root) {
            *c = Complex64::new(g[0], g[1]) * root;
        }
    }

    /// The prediction of the coefficients.
    fn weigh(&self, prediction: &mut [f64]) {
        for ((h, c), root) in prediction.chunks_exact_mut(2).zip(&self.coefficients).zip(&*self.root) {
            h[0] = root * c.re;
            h[1] = root * c.im;
        }
    }
}

/// On the circle, where a point's amplitude is 1.
impl InBlocks for PlacedCircular {
    fn basis(&mut self) -> &Arc<BlockBasis> {
        self.sums.in_blocks().expect("sums in blocks").basis()
    }

    fn analyze_moments(&mut self, moments: &[f64], prediction: &mut [f64]) {
        let Self { sums, coefficients, .. } = self;
        sums.in_blocks().expect("sums in blocks").analyze_moments(moments, coefficients);
        self.weigh(prediction);
    }

    fn synthesize_terms(&mut self, dual: &[f64], terms: &mut [f64]) {
        self.load(dual);
        let Self { sums, coefficients, .. } = self;
        sums.in_blocks().expect("sums in blocks").synthesize_terms(coefficients, terms);
    }
}

impl Placed for PlacedCircular {
    fn structure(&self) -> Option<&'static str> {
        self.sums.structure()
    }

    /// Points placed as fixed ones get a new plan, those placed as moving ones keep theirs.
    fn move_to(&mut self, points: &[f64]) {
        blocks::copy(points, &mut self.points);
        locate(points, &mut self.angle);
        if self.motion == Motion::Fixed || !self.sums.move_to(&self.angle) {
            self.sums = self.plan.place(&self.angle, self.motion);
        }
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        self.sums.analyze(mass, &mut self.coefficients);
        self.weigh(prediction);
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.load(dual);
        self.sums.synthesize(&self.coefficients, value);
    }

    fn in_blocks(&mut self) -> Option<&mut dyn InBlocks> {
        let blocks = self.motion == Motion::Fixed && self.sums.in_blocks().is_some();
        if blocks { Some(self) } else { None }
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.load(dual);
        self.sums.synthesize_with_derivative(&self.coefficients, value, &mut self.slope);
        let size = block_size(value.len());
        let rows = gradient.par_chunks_mut(size * 2).zip(self.points.par_chunks(size * 2));
        rows.zip(self.slope.par_chunks(size)).for_each(|((gradient, points), slope)| {
            let rows = gradient.chunks_exact_mut(2).zip(points.chunks_exact(2));
            for ((g, eta), slope) in rows.zip(slope) {
                g.copy_from_slice(&[-eta[1] * slope, eta[0] * slope]);
            }
        });
    }
}
