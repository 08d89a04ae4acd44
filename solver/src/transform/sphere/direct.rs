//! Sums of spherical harmonics at scattered points, term by term: O(L^2) a point, and the oracle of the fast sums.

use std::sync::Arc;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::legendre::{self, GROUP};
use crate::blocks::VectorSum;
use crate::transform::harmonics::{SCALE, SphericalHarmonics};

/// Points that are worked on together: enough that sums over them are paid once for many.
const BATCH: usize = 128;

type Lanes = [f64; BATCH];

/// [`BATCH`] points, those that are missing at the end filled up with the north pole.
#[derive(Clone)]
struct Batch {
    z: Lanes,
    /// `|x + i y|`, the sine of the colatitude.
    sin: Lanes,
    /// `exp(i longitude)`, 1 at the poles.
    direction: [Lanes; 2],
    largest_sin: f64,
    /// Points that are not missing, rounded up to whole groups.
    len: usize,
}

/// Points of S^2 at which sums of spherical harmonics are taken, term by term.
pub struct ScatteredPoints {
    harmonics: Arc<SphericalHarmonics>,
    batches: Vec<Batch>,
    points: usize,
    sum: VectorSum,
    /// Scaled coefficients of the synthesis, and of its three Cartesian derivatives.
    fields: [Vec<f64>; 4],
    arch: Arch,
}

impl ScatteredPoints {
    /// Places `points`, shape [N, 3] flat, unit vectors.
    pub fn new(harmonics: Arc<SphericalHarmonics>, points: &[f64]) -> Self {
        let count = points.len() / 3;
        let zeros = [0.0; BATCH];
        let empty = Batch { z: zeros, sin: zeros, direction: [zeros; 2], largest_sin: 0.0, len: 0 };
        let batches = vec![empty; count.div_ceil(BATCH)];
        let mut placed = Self {
            sum: VectorSum::new(batches.len() * BATCH, harmonics.len()),
            fields: std::array::from_fn(|_| vec![0.0; harmonics.len()]),
            harmonics,
            batches,
            points: count,
            arch: Arch::new(),
        };
        placed.move_to(points);
        placed
    }

    /// Moves the points; their number stays.
    pub fn move_to(&mut self, points: &[f64]) {
        assert_eq!(points.len(), 3 * self.points, "points keep their number");
        self.batches.par_iter_mut().zip(points.par_chunks(3 * BATCH)).with_min_len(8).for_each(
            |(batch, points)| {
                batch.fill(points);
            },
        );
    }

    /// Analysis: `coefficients = sum_j mass[j] Y(eta_j)`, in the layout of [`SphericalHarmonics`].
    pub fn analyze(&mut self, mass: &[f64], coefficients: &mut [f64]) {
        assert_eq!(mass.len(), self.points, "one mass for each point");
        let (batches, harmonics, arch) = (&self.batches, &*self.harmonics, self.arch);
        self.sum.run(coefficients, |range, partial| {
            for b in range.start.div_ceil(BATCH)..range.end.div_ceil(BATCH) {
                let mut lanes = [0.0; BATCH];
                let of_batch = &mass[b * BATCH..mass.len().min((b + 1) * BATCH)];
                lanes[..of_batch.len()].copy_from_slice(of_batch);
                arch.dispatch(Analysis { harmonics, batch: &batches[b], mass: &lanes, partial });
            }
        });
        scale(harmonics, coefficients);
    }

    /// Synthesis: `value[j] = <coefficients, Y(eta_j)>`, the transpose of the analysis.
    pub fn synthesize(&mut self, coefficients: &[f64], value: &mut [f64]) {
        self.fields[0].copy_from_slice(coefficients);
        scale(&self.harmonics, &mut self.fields[0]);
        let (field, harmonics, arch) = (&self.fields[0][..], &*self.harmonics, self.arch);
        value.par_chunks_mut(BATCH).zip(&self.batches).for_each(|(value, batch)| {
            let lanes = arch.dispatch(Synthesis { harmonics, batch, field });
            value.copy_from_slice(&lanes[..value.len()]);
        });
    }

    /// The synthesis, and the Cartesian gradient, shape [N, 3] flat, of a smooth extension of it: its tangential part is
    /// the gradient on the sphere.
    pub fn synthesize_gradient(&mut self, coefficients: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        let [own, dx, dy, dz] = &mut self.fields;
        own.copy_from_slice(coefficients);
        self.harmonics.differentiate(own, [dx, dy, dz]);
        for field in &mut self.fields {
            scale(&self.harmonics, field);
        }
        let ([own, derivatives @ ..], harmonics, arch) = (&self.fields, &*self.harmonics, self.arch);
        let out = value.par_chunks_mut(BATCH).zip(gradient.par_chunks_mut(3 * BATCH));
        out.zip(&self.batches).for_each(|((value, gradient), batch)| {
            let lanes = arch.dispatch(Synthesis { harmonics, batch, field: own });
            value.copy_from_slice(&lanes[..value.len()]);
            for (i, field) in derivatives.iter().enumerate() {
                let lanes = arch.dispatch(Synthesis { harmonics, batch, field });
                gradient.iter_mut().skip(i).step_by(3).zip(&lanes).for_each(|(g, x)| *g = *x);
            }
        });
    }
}

impl Batch {
    fn fill(&mut self, points: &[f64]) {
        let count = points.len() / 3;
        self.len = count.next_multiple_of(GROUP);
        self.largest_sin = 0.0;
        for lane in 0..self.len {
            let [x, y, z] = if lane < count {
                [points[3 * lane], points[3 * lane + 1], points[3 * lane + 2]]
            } else {
                [0.0, 0.0, 1.0]
            };
            let sin = x.hypot(y);
            let direction = if sin > 0.0 { [x / sin, y / sin] } else { [1.0, 0.0] };
            (self.z[lane], self.sin[lane]) = (z, sin);
            [self.direction[0][lane], self.direction[1][lane]] = direction;
            self.largest_sin = self.largest_sin.max(sin);
        }
    }
}

/// Multiplies coefficients by the scales of the recurrence.
pub(super) fn scale(harmonics: &SphericalHarmonics, coefficients: &mut [f64]) {
    for (pair, scale) in coefficients.chunks_exact_mut(2).zip(harmonics.scale()) {
        pair.iter_mut().for_each(|c| *c *= scale);
    }
}

/// The harmonics of a batch of points times their masses, added to `partial`.
struct Analysis<'a> {
    harmonics: &'a SphericalHarmonics,
    batch: &'a Batch,
    mass: &'a Lanes,
    partial: &'a mut [f64],
}

impl WithSimd for Analysis<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { harmonics, batch, mass, partial } = self;
        let len = batch.len;
        let (mut re, mut im, mut power) = (*mass, [0.0; BATCH], [SCALE; BATCH]);
        let (mut now, mut before) = ([0.0; BATCH], [0.0; BATCH]);
        for m in harmonics.orders_reaching(batch.largest_sin) {
            let (order, sectoral) = (harmonics.order(m), harmonics.sectoral(m));
            for k in 0..len {
                (now[k], before[k]) = (sectoral * power[k], 0.0);
            }
            let (c, s) = (&re[..len], &im[..len]);
            let sums = legendre::Analysis {
                step: &harmonics.step()[order.clone()],
                coefficients: &mut partial[2 * order.start..2 * order.end],
                z: &batch.z[..len],
                values: [c, s, c, s],
                now: &mut now[..len],
                before: &mut before[..len],
            };
            sums.with_simd(simd);
            next_order(batch, &mut re, &mut im, &mut power);
        }
    }
}

/// The values of a sum of harmonics at a batch of points.
struct Synthesis<'a> {
    harmonics: &'a SphericalHarmonics,
    batch: &'a Batch,
    field: &'a [f64],
}

impl WithSimd for Synthesis<'_> {
    type Output = Lanes;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Lanes {
        let Self { harmonics, batch, field } = self;
        let len = batch.len;
        let zero = [0.0f64; BATCH];
        let (mut re, mut im, mut power) = ([1.0; BATCH], zero, [SCALE; BATCH]);
        let (mut value, mut even_c, mut even_s, mut odd_c, mut odd_s) = (zero, zero, zero, zero, zero);
        for m in harmonics.orders_reaching(batch.largest_sin) {
            let order = harmonics.order(m);
            let sums = legendre::Synthesis {
                start: harmonics.sectoral(m),
                step: &harmonics.step()[order.clone()],
                coefficients: &field[2 * order.start..2 * order.end],
                z: &batch.z[..len],
                power: &power[..len],
                sums: [&mut even_c[..len], &mut even_s[..len], &mut odd_c[..len], &mut odd_s[..len]],
            };
            sums.with_simd(simd);
            for k in 0..len {
                value[k] += (even_c[k] + odd_c[k]).mul_add(re[k], (even_s[k] + odd_s[k]) * im[k]);
            }
            next_order(batch, &mut re, &mut im, &mut power);
        }
        value
    }
}

/// Turns `(re, im)`, numbers times `exp(i m longitude)`, and raises the powers of the sine to the next order.
#[inline(always)]
fn next_order(batch: &Batch, re: &mut Lanes, im: &mut Lanes, power: &mut Lanes) {
    let [c, s] = &batch.direction;
    for k in 0..batch.len {
        (re[k], im[k]) = (re[k].mul_add(c[k], -(im[k] * s[k])), re[k].mul_add(s[k], im[k] * c[k]));
        power[k] *= batch.sin[k];
    }
}
