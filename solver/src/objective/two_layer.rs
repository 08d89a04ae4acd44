//! The Gaussian population in the plane at two-layer units: Fourier modes of the angle of the input weights.
//!
//! The arc-cosine kernels have the odd wave numbers that their closed forms have and no others: order one has the first alone. Then
//! all but that one repeat after half a turn, and the sums are taken at twice the angles with half the wave numbers; the first
//! needs no angle, since `|u| (cos theta, sin theta) = u`.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::features::{Motion, Placed};
use crate::blocks::{self, MOST_BLOCKS, block_size};
use crate::transform::{AngularPlan, AngularSums, angles_of};
use crate::vectorized::vectorized;

/// Wave numbers that a thread takes at a time.
const WAVES: usize = 2048;

/// Numbers that are summed side by side.
const LANES: usize = 16;

/// Units eta = (a, u) of the two-layer sphere, theta the angle of u, c = a |u| their amplitudes.
pub(super) struct PlacedUnits {
    plan: AngularPlan,
    motion: Motion,
    /// Wave numbers from one to the next of the sums: 2 where the first is apart.
    step: usize,
    sums: Box<dyn AngularSums>,
    root: Arc<Vec<f64>>,
    points: Vec<f64>,
    /// `step` theta.
    angle: Vec<f64>,
    amplitude: Vec<f64>,
    /// Masses times amplitudes, or the angular derivative.
    scaled: Vec<f64>,
    coefficients: Vec<Complex64>,
    arch: Arch,
}

impl PlacedUnits {
    /// Features with the roots of the kernel's coefficients, see [`super::CircularFeatures`], at `points`, shape [N, 3] flat.
    pub(super) fn new(plan: AngularPlan, root: Arc<Vec<f64>>, points: &[f64], motion: Motion) -> Self {
        let step = if root.iter().skip(3).step_by(2).all(|root| *root == 0.0) { 2 } else { 1 };
        let plan = AngularPlan { modes: plan.modes / step, ..plan };
        let (count, arch) = (points.len() / 3, Arch::new());
        let (mut angle, mut amplitude) = (vec![0.0; count], vec![0.0; count]);
        locate(arch, step, points, &mut angle, &mut amplitude);
        Self {
            plan,
            motion,
            step,
            sums: plan.place(&angle, motion),
            root,
            points: points.to_vec(),
            angle,
            amplitude,
            scaled: vec![0.0; count],
            coefficients: vec![Complex64::ZERO; plan.modes + 1],
            arch,
        }
    }

    /// The dual of the first wave number where it is apart, else zero.
    fn load(&mut self, dual: &[f64]) -> [f64; 2] {
        let step = self.step;
        let waves = dual.par_chunks(2 * step * WAVES).zip(self.root.par_chunks(step * WAVES));
        self.coefficients.par_chunks_mut(WAVES).zip(waves).for_each(|(coefficients, (dual, root))| {
            let waves = dual.as_chunks::<2>().0.iter().zip(root).step_by(step);
            for (c, ([re, im], root)) in coefficients.iter_mut().zip(waves) {
                *c = Complex64::new(re * root, im * root);
            }
        });
        match (self.step, self.root.get(1)) {
            (2, Some(root)) => [root * dual[2], root * dual[3]],
            _ => [0.0; 2],
        }
    }

    /// Scales the masses by the amplitudes, and takes the first wave `sum_j mass[j] c_j exp(i theta_j)`.
    fn scale(&mut self, mass: &[f64]) -> [f64; 2] {
        let (size, arch) = (block_size(mass.len()), self.arch);
        let mut partial = [[0.0; 2]; MOST_BLOCKS];
        let units = self.amplitude.par_chunks(size).zip(self.points.par_chunks(3 * size));
        let blocks = self.scaled.par_chunks_mut(size).zip(partial.par_iter_mut()).zip(mass.par_chunks(size));
        blocks.zip(units).for_each(|(((scaled, partial), mass), (amplitude, points))| {
            *partial = vectorized(
                arch,
                #[inline(always)]
                || scale_block(mass, amplitude, points.as_chunks::<3>().0, scaled),
            );
        });
        partial.iter().fold([0.0; 2], |[x, y], [u, v]| [x + u, y + v])
    }
}

/// Sets `scaled` to masses times amplitudes, and returns `sum mass a u`.
#[inline(always)]
fn scale_block(mass: &[f64], amplitude: &[f64], points: &[[f64; 3]], scaled: &mut [f64]) -> [f64; 2] {
    let mut lanes = [[0.0f64; LANES]; 2];
    let chunks = mass.chunks(LANES).zip(amplitude.chunks(LANES)).zip(points.chunks(LANES));
    for (((mass, amplitude), points), scaled) in chunks.zip(scaled.chunks_mut(LANES)) {
        for (scaled, (q, c)) in scaled.iter_mut().zip(mass.iter().zip(amplitude)) {
            *scaled = q * c;
        }
        if let (Ok(mass), Ok(points)) =
            (<&[f64; LANES]>::try_from(mass), <&[[f64; 3]; LANES]>::try_from(points))
        {
            let [x, y] = &mut lanes;
            for k in 0..LANES {
                let weight = mass[k] * points[k][0];
                x[k] = weight.mul_add(points[k][1], x[k]);
                y[k] = weight.mul_add(points[k][2], y[k]);
            }
        } else {
            for (q, [a, u, v]) in mass.iter().zip(points) {
                lanes[0][0] += q * a * u;
                lanes[1][0] += q * a * v;
            }
        }
    }
    lanes.map(|lanes| lanes.iter().sum())
}

/// Multiples of the angles of units, and their amplitudes.
fn locate(arch: Arch, step: usize, points: &[f64], angle: &mut [f64], amplitude: &mut [f64]) {
    let (size, step) = (block_size(angle.len()), step as f64);
    let out = angle.par_chunks_mut(size).zip(amplitude.par_chunks_mut(size));
    out.zip(points.par_chunks(size * 3)).for_each(|((angle, amplitude), points)| {
        let points = points.as_chunks::<3>().0;
        angles_of(arch, points, [1, 2], angle);
        vectorized(
            arch,
            #[inline(always)]
            || {
                for ((angle, c), [a, u, v]) in angle.iter_mut().zip(amplitude.iter_mut()).zip(points) {
                    *angle *= step;
                    *c = a * length(*u, *v);
                }
            },
        );
    });
}

impl Placed for PlacedUnits {
    fn structure(&self) -> Option<&'static str> {
        self.sums.structure()
    }

    /// Points placed as fixed ones get a new plan, those placed as moving ones keep theirs.
    fn move_to(&mut self, points: &[f64]) {
        blocks::copy(points, &mut self.points);
        locate(self.arch, self.step, points, &mut self.angle, &mut self.amplitude);
        if self.motion == Motion::Fixed || !self.sums.move_to(&self.angle) {
            self.sums = self.plan.place(&self.angle, self.motion);
        }
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let first = self.scale(mass);
        self.sums.analyze(&self.scaled, &mut self.coefficients);
        let step = self.step;
        let waves = prediction.par_chunks_mut(2 * step * WAVES).zip(self.root.par_chunks(step * WAVES));
        waves.zip(self.coefficients.par_chunks(WAVES)).for_each(|((prediction, root), coefficients)| {
            if step > 1 {
                prediction.fill(0.0);
            }
            let waves = prediction.as_chunks_mut::<2>().0.iter_mut().zip(root).step_by(step);
            for ((h, root), c) in waves.zip(coefficients) {
                *h = [root * c.re, root * c.im];
            }
        });
        if let (2, Some(root)) = (self.step, self.root.get(1).copied()) {
            prediction[2..4].copy_from_slice(&first.map(|wave| root * wave));
        }
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        let first = self.load(dual);
        self.sums.synthesize(&self.coefficients, value);
        let (size, arch) = (block_size(value.len()), self.arch);
        let units = self.amplitude.par_chunks(size).zip(self.points.par_chunks(3 * size));
        value.par_chunks_mut(size).zip(units).for_each(|(value, (amplitude, points))| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    let units = amplitude.iter().zip(points.as_chunks::<3>().0);
                    for (value, (c, [a, u, v])) in value.iter_mut().zip(units) {
                        *value = c.mul_add(*value, a * first[0].mul_add(*u, first[1] * v));
                    }
                },
            );
        });
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        let first = self.load(dual);
        self.sums.synthesize_with_derivative(&self.coefficients, value, &mut self.scaled);
        let (size, step, arch) = (block_size(value.len()), self.step as f64, self.arch);
        let rows = gradient.par_chunks_mut(3 * size).zip(self.points.par_chunks(3 * size));
        let values = value.par_chunks_mut(size).zip(self.scaled.par_chunks(size));
        rows.zip(values.zip(self.amplitude.par_chunks(size))).for_each(
            |((gradient, points), ((value, slope), amplitude))| {
                vectorized(
                    arch,
                    #[inline(always)]
                    || {
                        let rows = gradient.as_chunks_mut::<3>().0.iter_mut().zip(points.as_chunks::<3>().0);
                        let values = value.iter_mut().zip(slope).zip(amplitude);
                        for ((g, [a, u, v]), ((value, slope), c)) in rows.zip(values) {
                            let unit = Unit::new(*a, *u, *v);
                            let (f, of_angle) = unit.add(first, *value, step * slope);
                            *g = unit.gradient(f, of_angle);
                            *value = c.mul_add(*value, a * first[0].mul_add(*u, first[1] * v));
                        }
                    },
                );
            },
        );
    }
}

/// A unit by its output weight, the length of its input weights and their direction, zero for zero.
struct Unit {
    output: f64,
    length: f64,
    direction: [f64; 2],
}

impl Unit {
    #[inline(always)]
    fn new(output: f64, u: f64, v: f64) -> Self {
        let length = length(u, v);
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        // A length below the least normal number has no inverse; its direction is as good as none.
        let scale = if scale.is_finite() { scale } else { 0.0 };
        Self { output, length, direction: [u * scale, v * scale] }
    }

    /// A function of the angle and its derivative, with the first wave added to both.
    #[inline(always)]
    fn add(&self, [re, im]: [f64; 2], f: f64, slope: f64) -> (f64, f64) {
        let [c, s] = self.direction;
        (f + re.mul_add(c, im * s), slope + im.mul_add(c, -(re * s)))
    }

    /// Gradient on the sphere of `a |u| f(theta)`, given f and its derivative: on S^2, with `a = cos p`, `|u| = sin p`, it is
    /// `cos(2 p) f` along p and `a f'` along theta.
    #[inline(always)]
    fn gradient(&self, f: f64, slope: f64) -> [f64; 3] {
        let (a, norm, [c, s]) = (self.output, self.length, self.direction);
        let along = a.mul_add(a, -(norm * norm)) * f;
        let there = if c * c + s * s > 0.0 { 1.0 } else { 0.0 };
        [-there * norm * along, a * along.mul_add(c, -(slope * s)), a * along.mul_add(s, slope * c)]
    }
}

/// `|(x, y)|`; numbers too small for their squares are scaled.
#[inline(always)]
fn length(x: f64, y: f64) -> f64 {
    let largest = x.abs().max(y.abs());
    let scale = if largest < 1e-140 { 1e200 } else { 1.0 };
    let (x, y) = (x * scale, y * scale);
    x.mul_add(x, y * y).sqrt() / scale
}
