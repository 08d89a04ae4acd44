//! Masses of the cells, as the analysis takes them.

use pulp::Arch;
use rayon::prelude::*;

use super::lanes::Sum;
use super::layout::{Buffer, Layout, Measures};
use super::rows::{add_scaled, products, scale};
use super::sweep::GRAIN;
use crate::blocks::{MOST_BLOCKS, block_size};
use crate::vectorized::vectorized;

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

    /// Puts the masses of all cells of a density down as laid out; returns their sum.
    pub(super) fn put_down_all(
        self,
        layout: Layout<'_>,
        density: &[f64],
        measures: Measures<'_>,
        numbers: &mut [f64],
    ) -> f64 {
        let (arch, size) = (Arch::new(), layout.whole(block_size(density.len())));
        let mut partial = [0.0; MOST_BLOCKS];
        let blocks = density.par_chunks(size).zip(numbers.par_chunks_mut(layout.numbers(0..size).len()));
        let blocks = blocks.zip(partial.par_iter_mut()).enumerate().with_min_len(GRAIN.div_ceil(size));
        blocks.for_each(|(b, ((density, numbers), sum))| {
            *sum = vectorized(
                arch,
                #[inline(always)]
                || self.put_down_block(layout, density, (measures, b * size), numbers),
            );
        });
        partial.iter().sum()
    }

    /// The same for the cells from `start` on.
    #[inline(always)]
    fn put_down_block(
        self,
        layout: Layout<'_>,
        density: &[f64],
        (measures, start): (Measures<'_>, usize),
        numbers: &mut [f64],
    ) -> f64 {
        let (mut sum, mut terms, chunk) = (Sum::ZERO, Buffer::ZERO, layout.chunk());
        let chunks = density.chunks(chunk).zip(numbers.chunks_mut(layout.numbers(0..chunk).len()));
        for (c, (density, numbers)) in chunks.enumerate() {
            let (first, masses) = (start + c * chunk, &mut terms.0[..density.len()]);
            products(density, measures.at(first..first + density.len()), masses);
            sum.add(masses);
            layout.put_down(self, masses, numbers);
        }
        sum.total()
    }
}
