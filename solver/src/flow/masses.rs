//! Masses of the cells, as the analysis takes them.

use pulp::Arch;
use rayon::prelude::*;

use super::lanes::Sum;
use super::rows::{add_scaled, products, scale};
use super::sweep::GRAIN;
use crate::blocks::{MOST_BLOCKS, block_count, block_size};
use crate::vectorized::vectorized;

/// Cells that are treated at a time, in the nearest cache.
const CHUNK: usize = 512;

/// Signed masses of a sheet, after those of the sheets before it.
#[derive(Clone, Copy)]
pub(super) struct Masses {
    pub sign: f64,
    pub first: bool,
}

impl Masses {
    /// Puts the masses of some cells down, or adds them to those there.
    #[inline(always)]
    pub(super) fn put_down(self, masses: &[f64], signed: &mut [f64]) {
        if self.first { scale(self.sign, masses, signed) } else { add_scaled(self.sign, masses, signed) }
    }

    /// The same for all cells of a density; returns the sum of its masses.
    pub(super) fn put_down_all(self, density: &[f64], measures: &[f64], signed: &mut [f64]) -> f64 {
        let (arch, size) = (Arch::new(), block_size(density.len()));
        let mut partial = [0.0; MOST_BLOCKS];
        let blocks = density.par_chunks(size).zip(measures.par_chunks(size)).zip(signed.par_chunks_mut(size));
        let blocks = blocks.zip(partial.par_iter_mut()).with_min_len(GRAIN.div_ceil(size));
        blocks.for_each(|(((density, measures), signed), sum)| {
            *sum = vectorized(
                arch,
                #[inline(always)]
                || self.put_down_block(density, measures, signed),
            );
        });
        partial[..block_count(density.len())].iter().sum()
    }

    #[inline(always)]
    fn put_down_block(self, density: &[f64], measures: &[f64], signed: &mut [f64]) -> f64 {
        let (mut sum, mut terms) = (Sum::ZERO, [0.0; CHUNK]);
        let chunks = density.chunks(CHUNK).zip(measures.chunks(CHUNK));
        for ((density, measures), signed) in chunks.zip(signed.chunks_mut(CHUNK)) {
            let masses = &mut terms[..density.len()];
            products(density, measures, masses);
            sum.add(masses);
            self.put_down(masses, signed);
        }
        sum.total()
    }
}
