//! The reaction `d_t nu = -alpha nu J` with J frozen.

use std::ops::Range;

use pulp::Arch;
use rayon::prelude::*;

use super::lanes::Sum;
use super::masses::Masses;
use super::rows::{changes, products};
use super::sweep::GRAIN;
use crate::blocks::{block_count, block_size};
use crate::exponential::exp;
use crate::vectorized::vectorized;

/// Cells that are treated at a time, in the nearest cache.
const CHUNK: usize = 512;

/// `result[i] = density[i] exp(-rate J_i)`, with `J_i = sign raw[i] + regularization` and `rate` alpha times the time:
/// exact for a frozen potential, positive for any step.
pub fn react(density: &[f64], raw: &[f64], sign: f64, regularization: f64, rate: f64, result: &mut [f64]) {
    let (arch, size) = (Arch::new(), block_size(density.len()));
    let blocks = result.par_chunks_mut(size).with_min_len(GRAIN.div_ceil(size));
    blocks.enumerate().for_each(|(b, result)| {
        let cells = b * size..b * size + result.len();
        vectorized(
            arch,
            #[inline(always)]
            || decay(&density[cells.clone()], &raw[cells.clone()], [sign, regularization, rate], result),
        );
    });
}

/// The arithmetic of [`react`] on some cells.
#[inline(always)]
fn decay(density: &[f64], raw: &[f64], [sign, regularization, rate]: [f64; 3], result: &mut [f64]) {
    let n = result.len();
    let (density, raw) = (&density[..n], &raw[..n]);
    for k in 0..n {
        result[k] = density[k] * exp(-rate * (sign * raw[k] + regularization));
    }
}

/// The same where the result takes the place of the density.
#[inline(always)]
fn decay_in_place(raw: &[f64], [sign, regularization, rate]: [f64; 3], density: &mut [f64]) {
    let n = density.len();
    let raw = &raw[..n];
    for k in 0..n {
        density[k] *= exp(-rate * (sign * raw[k] + regularization));
    }
}

/// A reaction of one sheet, with what is to be known of it besides, in one pass.
#[derive(Clone, Copy)]
pub(super) struct Reaction<'a> {
    pub measures: &'a [f64],
    /// From where; if nowhere, the result is the density itself.
    pub density: Option<&'a [f64]>,
    pub raw: &'a [f64],
    /// As in [`react`].
    pub sign: f64,
    pub regularization: f64,
    pub rate: f64,
    /// Signed masses to be put down.
    pub masses: Masses,
    /// The potential that the one at hand is compared with, weighted by the masses before.
    pub compared: Option<&'a [f64]>,
}

/// Sums over a block of cells: masses after, and masses before times the change of the potential.
pub(super) type Sums = [f64; 2];

impl Reaction<'_> {
    /// Runs it: the mass that results, and the integral of `|raw - compared|` with the density before.
    pub(super) fn run(&self, arch: Arch, result: &mut [f64], mass: &mut [f64], partial: &mut [Sums]) -> Sums {
        let size = block_size(result.len());
        let partial = &mut partial[..block_count(self.raw.len())];
        let blocks = result.par_chunks_mut(size).zip(mass.par_chunks_mut(size)).zip(partial.par_iter_mut());
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
        let (mut masses, mut change, mut terms) = (Sum::ZERO, Sum::ZERO, [0.0; CHUNK]);
        for (c, (result, mass)) in result.chunks_mut(CHUNK).zip(mass.chunks_mut(CHUNK)).enumerate() {
            let cells = start + c * CHUNK..start + c * CHUNK + result.len();
            self.chunk(cells, result, mass, &mut terms, [&mut masses, &mut change]);
        }
        [masses.total(), change.total()]
    }

    #[inline(always)]
    fn chunk(
        &self,
        cells: Range<usize>,
        result: &mut [f64],
        mass: &mut [f64],
        terms: &mut [f64; CHUNK],
        [masses, change]: [&mut Sum; 2],
    ) {
        let (terms, measures) = (&mut terms[..result.len()], &self.measures[cells.clone()]);
        let raw = &self.raw[cells.clone()];
        let factors = [self.sign, self.regularization, self.rate];
        if let Some(kept) = self.compared {
            let density = self.density.map_or(&*result, |density| &density[cells.clone()]);
            changes(density, measures, [raw, &kept[cells.clone()]], terms);
            change.add(terms);
        }
        match self.density {
            Some(density) => decay(&density[cells], raw, factors, result),
            None => decay_in_place(raw, factors, result),
        }
        products(result, measures, terms);
        masses.add(terms);
        self.masses.put_down(terms, mass);
    }
}
