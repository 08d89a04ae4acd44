//! Trigonometric sums of few wave numbers at many equispaced angles, by moments of blocks.
//!
//! A block of M consecutive angles is a narrow arc, and all blocks look alike: their moments against Chebyshev polynomials
//! come from one small matrix. With P = 8 or 12 of them that is 2 P products an angle in all, a vectorised pass over the
//! masses and one over the values.

use std::f64::consts::{PI, TAU};

use pulp::Arch;
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::moments::{ArcSums, Basis, moments_needed};
use super::scattered::scattered_cost;
use super::{AngularSums, Bandwidth, EquispacedAngles, ScatteredAngles, assert_lengths, equispaced_cost};
use crate::vectorized::vectorized;

/// Angles that are worked on together; block lengths are multiples of it.
const LANES: usize = 32;

/// Moments that are taken together; their number is a multiple of it.
const TOGETHER: usize = 4;

/// Angles handed to a thread at a time.
const LEAST_ANGLES: usize = 8192;

/// How equispaced angles are cut into blocks, the same for all numbers of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Blocks {
    /// Angles a block, M.
    length: usize,
    /// Moments a block, P.
    moments: usize,
    /// Estimated time of analysis and synthesis, in nanoseconds.
    pub(super) cost: f64,
}

impl Blocks {
    /// The cheapest blocks of `count` angles for the wave numbers `0..=modes`, to a tolerance relative to the sum of the
    /// absolute masses; none if no block is narrow enough.
    pub(super) fn choose(count: usize, modes: usize, tolerance: f64) -> Option<Self> {
        let lengths = (1..=128).map(|j| j * LANES).filter(|length| 2 * length <= count);
        let priced = lengths.filter_map(|length| {
            let half_width = PI * (length - 1) as f64 / count as f64;
            let moments = moments_needed(modes as f64 * half_width, tolerance)?.next_multiple_of(TOGETHER);
            let blocks = count.div_ceil(length);
            let centres = if blocks * length == count {
                equispaced_cost(blocks, modes)
            } else {
                scattered_cost(blocks, modes, tolerance)
            };
            let cost = moments as f64 * (count as f64 * 0.12 + centres + blocks as f64 + 3.0 * modes as f64);
            Some(Self { length, moments, cost })
        });
        priced.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }
}

/// N equispaced angles in blocks.
pub struct BlockedAngles {
    first: f64,
    count: usize,
    modes: usize,
    blocks: Blocks,
    /// `T_p` at the places in a block, shape [P, M].
    chebyshev: Vec<f64>,
    sums: ArcSums,
    /// Moments of the blocks, shape [blocks, P], for values and derivatives.
    moment: [Vec<f64>; 2],
    arch: Arch,
}

impl BlockedAngles {
    /// Places `count` angles from `first` on for the wave numbers `0..=modes`.
    pub(super) fn new(modes: usize, first: f64, count: usize, blocks: Blocks, tolerance: f64) -> Self {
        let (length, moments) = (blocks.length, blocks.moments);
        let number = count.div_ceil(length);
        let half = 0.5 * (length - 1) as f64;
        let step = TAU / count as f64;
        let centre = |b: usize| first + step * ((b * length) as f64 + half);
        let centres: Box<dyn AngularSums> = if number * length == count {
            Box::new(EquispacedAngles::new(modes, centre(0), number))
        } else {
            let angles: Vec<f64> = (0..number).map(centre).collect();
            // A moment is at most the sum of the absolute masses, and the series' coefficients add up to e at most for the
            // widest of blocks in use: a tenth of the tolerance covers both.
            Box::new(ScatteredAngles::new(Bandwidth::new(modes, number, 0.1 * tolerance).into(), &angles))
        };
        Self {
            first,
            count,
            modes,
            blocks,
            chebyshev: chebyshev(moments, length),
            sums: ArcSums::new(modes, moments, half * step, Basis::Chebyshev, number, centres),
            moment: [vec![0.0; number * moments], vec![0.0; number * moments]],
            arch: Arch::new(),
        }
    }

    /// Blocks handed to a thread at a time.
    fn together(&self) -> usize {
        LEAST_ANGLES.div_ceil(self.blocks.length)
    }
}

impl AngularSums for BlockedAngles {
    fn structure(&self) -> Option<&'static str> {
        Some("moments of blocks")
    }

    fn move_to(&mut self, angles: &[f64]) -> bool {
        angles.len() == self.count && angles[0] == self.first && super::are_equispaced(angles)
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.count, self.modes, mass.len(), coefficients.len());
        let Blocks { length, moments, .. } = self.blocks;
        let (together, chebyshev, arch) = (self.together(), &self.chebyshev, self.arch);
        let chunks = self.moment[0].par_chunks_mut(together * moments);
        chunks.zip(mass.par_chunks(together * length)).for_each(|(rows, mass)| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    for (row, mass) in rows.chunks_exact_mut(moments).zip(mass.chunks(length)) {
                        take_moments(chebyshev, length, mass, row);
                    }
                },
            );
        });
        self.sums.analyze(&self.moment[0], coefficients);
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        assert_lengths(self.count, self.modes, value.len(), coefficients.len());
        self.sums.expand(coefficients, &mut self.moment[0]);
        let Blocks { length, moments, .. } = self.blocks;
        let (together, chebyshev, arch) = (self.together(), &self.chebyshev, self.arch);
        let chunks = self.moment[0].par_chunks(together * moments);
        chunks.zip(value.par_chunks_mut(together * length)).for_each(|(rows, value)| {
            vectorized(
                arch,
                #[inline(always)]
                || evaluate_blocks(chebyshev, length, moments, rows, value),
            );
        });
    }

    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        assert_lengths(self.count, self.modes, value.len(), coefficients.len());
        assert_lengths(self.count, self.modes, derivative.len(), coefficients.len());
        self.sums.expand_with_derivative(coefficients, &mut self.moment);
        let Blocks { length, moments, .. } = self.blocks;
        let (together, chebyshev, arch) = (self.together(), &self.chebyshev, self.arch);
        for (moment, out) in self.moment.iter().zip([value, derivative]) {
            let chunks = moment.par_chunks(together * moments);
            chunks.zip(out.par_chunks_mut(together * length)).for_each(|(rows, out)| {
                vectorized(
                    arch,
                    #[inline(always)]
                    || evaluate_blocks(chebyshev, length, moments, rows, out),
                );
            });
        }
    }
}

/// `T_p(x_i)` at `x_i = (2 i + 1 - M) / (M - 1)`, shape [P, M].
fn chebyshev(moments: usize, length: usize) -> Vec<f64> {
    let x = |i: usize| (2.0 * i as f64 + 1.0 - length as f64) / (length as f64 - 1.0);
    let place = |p: usize, i: usize| (p as f64 * x(i).clamp(-1.0, 1.0).acos()).cos();
    (0..moments).flat_map(|p| (0..length).map(move |i| place(p, i)).collect::<Vec<_>>()).collect()
}

/// `row[p] = sum_i T_p(x_i) mass[i]` over a block, or the beginning of one.
#[inline(always)]
fn take_moments(chebyshev: &[f64], length: usize, mass: &[f64], row: &mut [f64]) {
    const WIDE: usize = 8;
    let whole = mass.len() / WIDE * WIDE;
    for (four, out) in chebyshev.chunks_exact(TOGETHER * length).zip(row.chunks_exact_mut(TOGETHER)) {
        let mut sum = [[0.0; WIDE]; TOGETHER];
        let mut rows = [&four[..whole]; TOGETHER];
        for p in 0..TOGETHER {
            rows[p] = &four[p * length..p * length + whole];
        }
        for i in (0..whole).step_by(WIDE) {
            let q = &mass[i..i + WIDE];
            for p in 0..TOGETHER {
                let t = &rows[p][i..i + WIDE];
                for k in 0..WIDE {
                    sum[p][k] = t[k].mul_add(q[k], sum[p][k]);
                }
            }
        }
        for p in 0..TOGETHER {
            let s = &sum[p];
            let rest: f64 = (whole..mass.len()).map(|i| four[p * length + i] * mass[i]).sum();
            out[p] = ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7])) + rest;
        }
    }
}

/// `value[i] = sum_p v[p] T_p(x_i)` in each block; the last may be cut short.
#[inline(always)]
fn evaluate_blocks(chebyshev: &[f64], length: usize, moments: usize, rows: &[f64], value: &mut [f64]) {
    for (v, block) in rows.chunks_exact(moments).zip(value.chunks_mut(length)) {
        for (i, out) in block.chunks_mut(LANES).enumerate() {
            let mut sum = [0.0; LANES];
            for (v, t) in v.iter().zip(chebyshev.chunks_exact(length)) {
                let t = &t[i * LANES..(i + 1) * LANES];
                for k in 0..LANES {
                    sum[k] = v.mul_add(t[k], sum[k]);
                }
            }
            out.copy_from_slice(&sum[..out.len()]);
        }
    }
}
