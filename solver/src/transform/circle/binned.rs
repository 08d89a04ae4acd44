//! Trigonometric sums of few wave numbers at many scattered angles, by moments of arcs.
//!
//! The circle is cut into equal arcs, and about each centre the waves are polynomials of the place in the arc, to the
//! tolerance. So an angle adds its powers to the moments of its arc, and reads its value by Horner's rule: three products give
//! all eight powers, where the non-uniform FFT evaluates ten weights by polynomials of degree ten. What that saves at each
//! angle pays for as many FFTs as there are moments, unless the wave numbers are as many as the angles.

use std::f64::consts::PI;

use pulp::Arch;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::angle::place_on_arcs;
use super::moments::{ArcSums, Basis, moments_needed};
use super::{AngularSums, EquispacedAngles, assert_lengths, equispaced_cost};
use crate::blocks::{VectorSum, block_size};
use crate::vectorized::vectorized;

/// The numbers of moments that the loops are compiled for.
const MOMENTS: [usize; 4] = [4, 8, 12, 16];

/// Widest phase either side of a centre, where the powers still lose no digits.
const WIDEST: f64 = 1.6;

/// How the circle is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bins {
    arcs: usize,
    /// Moments an arc, P.
    moments: usize,
    /// Estimated time of analysis and synthesis, in nanoseconds.
    pub(super) cost: f64,
}

impl Bins {
    /// The cheapest arcs, a power of two, for `count` angles and the wave numbers `0..=modes`, to a tolerance relative to
    /// the sum of the absolute masses.
    pub(super) fn choose(count: usize, modes: usize, tolerance: f64) -> Self {
        let least = ((modes as f64 * PI / WIDEST) as usize + 2).next_power_of_two();
        let mut best = Self { arcs: least, moments: MOMENTS[3], cost: f64::INFINITY };
        for arcs in (0..6).map(|i| least << i) {
            let needed = moments_needed(modes as f64 * PI / arcs as f64, tolerance.max(1e-16));
            let Some(moments) = needed.and_then(|p| MOMENTS.into_iter().find(|m| *m >= p)) else { continue };
            let of_arcs = equispaced_cost(arcs, modes) + arcs as f64 + 3.0 * modes as f64;
            let cost = count as f64 * (2.5 + 0.45 * moments as f64) + moments as f64 * of_arcs;
            if cost < best.cost {
                best = Self { arcs, moments, cost };
            }
        }
        best
    }
}

/// Calls a method at the number of moments as a constant.
macro_rules! at_moments {
    ($moments:expr, $object:ident.$method:ident($($argument:expr),*)) => {
        match $moments {
            4 => $object.$method::<4>($($argument),*),
            8 => $object.$method::<8>($($argument),*),
            12 => $object.$method::<12>($($argument),*),
            _ => $object.$method::<16>($($argument),*),
        }
    };
}

/// A set of angles, each in its arc.
pub struct BinnedAngles {
    modes: usize,
    bins: Bins,
    /// Angles in arcs, from 0 to the number of arcs.
    place: Vec<f64>,
    sum: VectorSum,
    sums: ArcSums,
    /// Moments of the arcs, shape [arcs, P], for values and derivatives.
    moment: [Vec<f64>; 2],
    arch: Arch,
}

impl BinnedAngles {
    /// Places `angles` (radians, any real numbers) for the wave numbers `0..=modes`.
    pub(super) fn new(modes: usize, bins: Bins, angles: &[f64]) -> Self {
        let Bins { arcs, moments, .. } = bins;
        let half_width = PI / arcs as f64;
        let centres = Box::new(EquispacedAngles::new(modes, half_width, arcs));
        let mut placed = Self {
            modes,
            bins,
            place: vec![0.0; angles.len()],
            sum: VectorSum::new(angles.len(), arcs * moments),
            sums: ArcSums::new(modes, moments, half_width, Basis::Powers, arcs, centres),
            moment: [vec![0.0; arcs * moments], vec![0.0; arcs * moments]],
            arch: Arch::new(),
        };
        placed.move_to(angles);
        placed
    }

    fn take_moments<const P: usize>(&mut self, mass: &[f64]) {
        let (place, arch) = (&self.place, self.arch);
        self.sum.run(&mut self.moment[0], |range, partial| {
            let (place, mass) = (&place[range.clone()], &mass[range]);
            let rows = partial.as_chunks_mut::<P>().0;
            vectorized(
                arch,
                #[inline(always)]
                || add_powers(place, mass, rows),
            );
        });
    }

    fn evaluate<const P: usize>(&self, which: usize, value: &mut [f64]) {
        let (arch, size, rows) = (self.arch, block_size(value.len()), self.moment[which].as_chunks::<P>().0);
        value.par_chunks_mut(size).zip(self.place.par_chunks(size)).for_each(|(value, place)| {
            vectorized(
                arch,
                #[inline(always)]
                || evaluate(place, rows, value),
            );
        });
    }
}

impl AngularSums for BinnedAngles {
    fn structure(&self) -> Option<&'static str> {
        Some("moments of arcs")
    }

    fn move_to(&mut self, angles: &[f64]) -> bool {
        place_on_arcs(self.arch, angles, self.bins.arcs, &mut self.place);
        true
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.place.len(), self.modes, mass.len(), coefficients.len());
        at_moments!(self.bins.moments, self.take_moments(mass));
        self.sums.analyze(&self.moment[0], coefficients);
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        assert_lengths(self.place.len(), self.modes, value.len(), coefficients.len());
        self.sums.expand(coefficients, &mut self.moment[0]);
        at_moments!(self.bins.moments, self.evaluate(0, value));
    }

    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        assert_lengths(self.place.len(), self.modes, value.len(), coefficients.len());
        assert_lengths(self.place.len(), self.modes, derivative.len(), coefficients.len());
        self.sums.expand_with_derivative(coefficients, &mut self.moment);
        at_moments!(self.bins.moments, self.evaluate(0, value));
        at_moments!(self.bins.moments, self.evaluate(1, derivative));
    }
}

/// The arc of a place and the place in it, in [-1, 1].
#[inline(always)]
fn locate(place: f64, arcs: usize) -> (usize, f64) {
    let arc = (place as usize).min(arcs - 1);
    (arc, 2.0 * (place - arc as f64) - 1.0)
}

/// Adds `mass x^p` to the moments of each angle's arc.
#[inline(always)]
fn add_powers<const P: usize>(place: &[f64], mass: &[f64], rows: &mut [[f64; P]]) {
    let arcs = rows.len();
    for (place, q) in place.iter().zip(mass) {
        let (arc, x) = locate(*place, arcs);
        let x2 = x * x;
        let x4 = x2 * x2;
        let mut low = [*q, q * x, q * x2, q * x2 * x];
        let row = &mut rows[arc];
        for four in row.as_chunks_mut::<4>().0 {
            for i in 0..4 {
                four[i] += low[i];
                low[i] *= x4;
            }
        }
    }
}

/// Horner's rule at each angle.
#[inline(always)]
fn evaluate<const P: usize>(place: &[f64], rows: &[[f64; P]], value: &mut [f64]) {
    let arcs = rows.len();
    for (place, value) in place.iter().zip(value) {
        let (arc, x) = locate(*place, arcs);
        let mut sum = 0.0f64;
        for c in rows[arc].iter().rev() {
            sum = sum.mul_add(x, *c);
        }
        *value = sum;
    }
}
