//! Trigonometric sums term by term: O(N K), the oracle of the fast ones, and the cheapest way for a few angles.

use pulp::Arch;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::{AngularSums, assert_lengths};
use crate::blocks::{VectorSum, block_size};
use crate::vectorized::vectorized;

/// Angles that are worked on together: the width of the vectorised loops.
const LANES: usize = 16;

/// Wave numbers between two evaluations of sine and cosine: a rotation's error grows with its steps.
const STEPS: usize = 64;

type Lanes = [f64; LANES];

/// Angles whose sums are taken term by term.
pub struct DirectAngles {
    /// In groups of [`LANES`], the last filled up with zeros.
    groups: Vec<Lanes>,
    angles: usize,
    modes: usize,
    sum: VectorSum,
    /// Cosine and sine sums.
    total: Vec<f64>,
    arch: Arch,
}

impl DirectAngles {
    /// Places `angles` (radians, any real numbers) for the wave numbers `0..=modes`.
    pub fn new(modes: usize, angles: &[f64]) -> Self {
        let groups = angles.len().div_ceil(LANES);
        let mut placed = Self {
            groups: vec![[0.0; LANES]; groups],
            angles: angles.len(),
            modes,
            sum: VectorSum::new(groups * LANES, 2 * (modes + 1)),
            total: vec![0.0; 2 * (modes + 1)],
            arch: Arch::new(),
        };
        placed.move_to(angles);
        placed
    }
}

impl AngularSums for DirectAngles {
    fn move_to(&mut self, angles: &[f64]) -> bool {
        assert_eq!(angles.len(), self.angles, "angles keep their number");
        for (group, chunk) in self.groups.iter_mut().zip(angles.chunks(LANES)) {
            group[..chunk.len()].copy_from_slice(chunk);
        }
        true
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.angles, self.modes, mass.len(), coefficients.len());
        let (groups, arch) = (&self.groups, self.arch);
        self.sum.run(&mut self.total, |range, partial| {
            for g in range.start.div_ceil(LANES)..range.end.div_ceil(LANES) {
                let mut lanes = [0.0; LANES];
                let of_group = &mass[g * LANES..mass.len().min((g + 1) * LANES)];
                lanes[..of_group.len()].copy_from_slice(of_group);
                vectorized(
                    arch,
                    #[inline(always)]
                    || analyze_group(&groups[g], &lanes, partial),
                );
            }
        });
        for (c, total) in coefficients.iter_mut().zip(self.total.chunks_exact(2)) {
            *c = Complex64::new(total[0], total[1]);
        }
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        assert_lengths(self.angles, self.modes, value.len(), coefficients.len());
        let (groups, arch) = (&self.groups, self.arch);
        let size = block_size(groups.len() * LANES).next_multiple_of(LANES);
        value.par_chunks_mut(size).zip(groups.par_chunks(size / LANES)).for_each(|(value, groups)| {
            for (out, angle) in value.chunks_mut(LANES).zip(groups) {
                let [value, _] = vectorized(
                    arch,
                    #[inline(always)]
                    || synthesize_group(angle, coefficients),
                );
                out.copy_from_slice(&value[..out.len()]);
            }
        });
    }

    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        assert_lengths(self.angles, self.modes, value.len(), coefficients.len());
        assert_lengths(self.angles, self.modes, derivative.len(), coefficients.len());
        let (groups, arch) = (&self.groups, self.arch);
        let size = block_size(groups.len() * LANES).next_multiple_of(LANES);
        let results = value.par_chunks_mut(size).zip(derivative.par_chunks_mut(size));
        results.zip(groups.par_chunks(size / LANES)).for_each(|((value, derivative), groups)| {
            let results = value.chunks_mut(LANES).zip(derivative.chunks_mut(LANES));
            for ((out, slope), angle) in results.zip(groups) {
                let [value, derivative] = vectorized(
                    arch,
                    #[inline(always)]
                    || synthesize_group(angle, coefficients),
                );
                out.copy_from_slice(&value[..out.len()]);
                slope.copy_from_slice(&derivative[..slope.len()]);
            }
        });
    }
}

/// `(cos, sin)` of `k angle`, the product's rounding made good.
fn turn(k: usize, angle: f64) -> [f64; 2] {
    let k = k as f64;
    let product = k * angle;
    let rest = k.mul_add(angle, -product);
    let (sine, cosine) = product.sin_cos();
    [(-rest).mul_add(sine, cosine), rest.mul_add(cosine, sine)]
}

/// `(cos k theta, sin k theta)` of each lane.
#[inline(always)]
fn turns(k: usize, angle: &Lanes) -> [Lanes; 2] {
    let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        [re[lane], im[lane]] = turn(k, angle[lane]);
    }
    [re, im]
}

/// Steps `w` by one wave number.
#[inline(always)]
fn rotate([re, im]: &mut [Lanes; 2], [x, y]: &[Lanes; 2]) {
    for k in 0..LANES {
        let (a, b) = (re[k], im[k]);
        re[k] = a.mul_add(x[k], -(b * y[k]));
        im[k] = a.mul_add(y[k], b * x[k]);
    }
}

#[inline(always)]
fn fold(lanes: &Lanes) -> f64 {
    let mut sum = [0.0; LANES / 4];
    for k in 0..LANES / 4 {
        sum[k] = (lanes[k] + lanes[k + LANES / 2]) + (lanes[k + LANES / 4] + lanes[k + 3 * LANES / 4]);
    }
    (sum[0] + sum[2]) + (sum[1] + sum[3])
}

#[inline(always)]
fn analyze_group(angle: &Lanes, mass: &Lanes, partial: &mut [f64]) {
    let step = turns(1, angle);
    for (b, sums) in partial.chunks_mut(2 * STEPS).enumerate() {
        let mut w = turns(b * STEPS, angle);
        for x in &mut w {
            for (x, q) in x.iter_mut().zip(mass) {
                *x *= q;
            }
        }
        for sum in sums.chunks_exact_mut(2) {
            sum[0] += fold(&w[0]);
            sum[1] += fold(&w[1]);
            rotate(&mut w, &step);
        }
    }
}

/// Values and derivatives.
#[inline(always)]
fn synthesize_group(angle: &Lanes, coefficients: &[Complex64]) -> [Lanes; 2] {
    let step = turns(1, angle);
    let (mut value, mut derivative) = ([0.0; LANES], [0.0; LANES]);
    for (b, coefficients) in coefficients.chunks(STEPS).enumerate() {
        let mut w = turns(b * STEPS, angle);
        for (i, d) in coefficients.iter().enumerate() {
            let wave = (b * STEPS + i) as f64;
            let [x, y] = [wave * d.re, wave * d.im];
            for k in 0..LANES {
                value[k] = d.re.mul_add(w[0][k], d.im.mul_add(w[1][k], value[k]));
                derivative[k] = y.mul_add(w[0][k], (-x).mul_add(w[1][k], derivative[k]));
            }
            rotate(&mut w, &step);
        }
    }
    [value, derivative]
}
