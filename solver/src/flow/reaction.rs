//! The reaction `d_t nu = -alpha nu J` with J frozen.

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use super::lanes::{Largest, Sum};
use super::layout::{Buffer, CHUNK, Layout, Measures};
use super::masses::Masses;
use super::rows::{changes, products};
use super::sweep::GRAIN;
use crate::blocks::block_size;
use crate::exponential::{SMALL, exp, small_exp};
use crate::vectorized::vectorized;

/// `result[i] = density[i] exp(-rate J_i)`, with `J_i = sign raw[i] + regularization` and `rate` alpha times the time:
/// exact for a frozen potential, positive for any step.
pub fn react(density: &[f64], raw: &[f64], sign: f64, regularization: f64, rate: f64, result: &mut [f64]) {
    let (arch, size) = (Arch::new(), block_size(density.len()));
    let decay = Decay { sign, regularization, rate };
    let blocks = result.par_chunks_mut(size).with_min_len(GRAIN.div_ceil(size));
    let blocks = blocks.zip(density.par_chunks(size)).zip(raw.par_chunks(size));
    blocks.for_each(|((result, density), raw)| {
        vectorized(
            arch,
            #[inline(always)]
            || {
                let mut exponents = Buffer::ZERO;
                let chunks = result.chunks_mut(CHUNK).zip(density.chunks(CHUNK)).zip(raw.chunks(CHUNK));
                for ((result, density), raw) in chunks {
                    decay.apply(Some(density), raw, &mut exponents.0, result);
                }
            },
        );
    });
}

/// The arithmetic of [`react`].
#[derive(Clone, Copy)]
pub(super) struct Decay {
    pub sign: f64,
    pub regularization: f64,
    pub rate: f64,
}

impl Decay {
    /// The decay of a chunk of cells, from a density or, if there is none, in place. Steps in time are short where cells are many, and
    /// exponents then small: their series is half the work.
    #[inline(always)]
    fn apply(self, density: Option<&[f64]>, raw: &[f64], exponents: &mut [f64; CHUNK], result: &mut [f64]) {
        let n = result.len();
        let (raw, exponents) = (&raw[..n], &mut exponents[..n]);
        for k in 0..n {
            exponents[k] = -self.rate * (self.sign * raw[k] + self.regularization);
        }
        if largest_size(exponents) <= SMALL {
            multiply_by(small_exp, exponents, density, result);
        } else {
            multiply_by(exp, exponents, density, result);
        }
    }
}

/// `result = density f(x)`, or `result *= f(x)`.
#[inline(always)]
fn multiply_by(f: impl Fn(f64) -> f64, x: &[f64], density: Option<&[f64]>, result: &mut [f64]) {
    let n = result.len();
    let x = &x[..n];
    if let Some(density) = density {
        let density = &density[..n];
        for k in 0..n {
            result[k] = density[k] * f(x[k]);
        }
    } else {
        for k in 0..n {
            result[k] *= f(x[k]);
        }
    }
}

/// The largest size of some values; one that is not a number is passed over, for any exponential leaves it so.
#[inline(always)]
fn largest_size(values: &[f64]) -> f64 {
    let mut largest = Largest::NONE;
    largest.take_sizes(values);
    largest.value()
}

/// A reaction of one sheet, with what is to be known of it besides, in one pass.
#[derive(Clone, Copy)]
pub(super) struct Reaction<'a> {
    pub measures: Measures<'a>,
    /// From where; if nowhere, the result is the density itself.
    pub density: Option<&'a [f64]>,
    pub decay: Decay,
    pub layout: Layout<'a>,
    /// The potential, as laid out.
    pub raw: &'a [f64],
    /// Signed masses to be put down, as laid out.
    pub masses: Masses,
    /// The potential that the one at hand is compared with, weighted by the masses before.
    pub compared: Option<&'a [f64]>,
}

/// Sums over a block of cells: masses after, and masses before times the change of the potential.
pub(super) type Sums = [f64; 2];

/// Numbers of a chunk in hand.
struct Buffers {
    terms: Buffer,
    raw: Buffer,
    kept: Buffer,
}

impl Reaction<'_> {
    /// Runs it: the mass that results, and the integral of `|raw - compared|` with the density before.
    pub(super) fn run(&self, arch: Arch, result: &mut [f64], mass: &mut [f64], partial: &mut [Sums]) -> Sums {
        let size = self.layout.whole(block_size(result.len()));
        let partial = &mut partial[..result.len().div_ceil(size)];
        let mass = mass.par_chunks_mut(self.layout.numbers(0..size).len());
        let blocks = result.par_chunks_mut(size).zip(mass).zip(partial.par_iter_mut());
        blocks.enumerate().with_min_len(GRAIN.div_ceil(size)).for_each(|(b, ((result, mass), sums))| {
            let start = b * size;
            *sums = vectorized(
                arch,
                #[inline(always)]
                || self.block(start, result, mass),
            );
        });
        partial.iter().fold([0.0; 2], |[mass, change], part| [mass + part[0], change + part[1]])
    }

    #[inline(always)]
    fn block(&self, start: usize, result: &mut [f64], mass: &mut [f64]) -> Sums {
        let (mut masses, mut change) = (Sum::ZERO, Sum::ZERO);
        let mut buffers = Buffers { terms: Buffer::ZERO, raw: Buffer::ZERO, kept: Buffer::ZERO };
        let chunk = self.layout.chunk();
        let chunks = result.chunks_mut(chunk).zip(mass.chunks_mut(self.layout.numbers(0..chunk).len()));
        for (c, (result, mass)) in chunks.enumerate() {
            let cells = start + c * chunk..start + c * chunk + result.len();
            self.chunk(cells, result, mass, &mut buffers, [&mut masses, &mut change]);
        }
        [masses.total(), change.total()]
    }

    #[inline(always)]
    fn chunk(
        &self,
        cells: Range<usize>,
        result: &mut [f64],
        mass: &mut [f64],
        buffers: &mut Buffers,
        [masses, change]: [&mut Sum; 2],
    ) {
        let measures = self.measures.at(cells.clone());
        let terms = &mut buffers.terms.0[..result.len()];
        let raw = self.layout.values(self.raw, cells.clone(), &mut buffers.raw);
        if let Some(kept) = self.compared {
            let density = self.density.map_or(&*result, |density| &density[cells.clone()]);
            let kept = self.layout.values(kept, cells.clone(), &mut buffers.kept);
            changes(density, measures, [raw, kept], terms);
            change.add(terms);
        }
        let density = self.density.map(|density| &density[cells]);
        self.decay.apply(density, raw, &mut buffers.terms.0, result);
        let terms = &mut buffers.terms.0[..result.len()];
        products(result, measures, terms);
        masses.add(terms);
        self.layout.put_down(self.masses, terms, mass);
    }
}
