//! The running sums along a block of units, and their transpose.
//!
//! The flips of a tile are run through first, without a branch, and the sum is held after each; then the units of the tile
//! take theirs. So no loop has a length that cannot be foretold.

use std::ops::Range;

use pulp::Simd;

use super::plan::{Block, Entry, TILE};
use crate::quad::{Quad, plus};

/// Visits the tiles of a block in order: their units, the slots of these, and in each slot the sum of `weights` over what is active
/// there, and `start`.
///
/// `weights` has a row for each of n data that becomes active, then one for each that ceases to be.
#[inline(always)]
pub(super) fn walk<S: Simd, const V: usize>(
    simd: S,
    block: &Block,
    weights: &[[Quad; V]],
    start: [Quad; V],
    mut visit: impl FnMut(Range<usize>, &[u8], &[[Quad; V]; TILE]),
) {
    let mut sum = start;
    for &i in &block.base {
        sum = plus(simd, sum, &weights[i as usize]);
    }
    let (mut anchor, mut held) = (sum, [[Quad::ZERO; V]; TILE]);
    for (t, tile) in block.tiles.iter().enumerate() {
        let (units, flips) = block.parts(t);
        if tile.entry == Entry::Return {
            sum = anchor;
        }
        held[0] = sum;
        let (pairs, last) = block.flips[flips.clone()].as_chunks::<2>();
        let (slots, last_slot) = block.flip_slots[flips].as_chunks::<2>();
        // Two at a time, so that only every second addition waits for the one before.
        for ([f, g], [s, t]) in pairs.iter().zip(slots) {
            let first = weights[*f as usize];
            let both = plus(simd, first, &weights[*g as usize]);
            held[usize::from(*s)] = plus(simd, sum, &first);
            sum = plus(simd, sum, &both);
            held[usize::from(*t)] = sum;
        }
        for (f, s) in last.iter().zip(last_slot) {
            sum = plus(simd, sum, &weights[*f as usize]);
            held[usize::from(*s)] = sum;
        }
        if tile.entry != Entry::Continue {
            anchor = held[0];
        }
        visit(units.clone(), &block.slots[units], &held);
    }
}

/// Adds to `moments[i]` the sum of the terms of the units of a block that follow where i becomes active, to `moments[n + i]` that
/// of those that follow where it ceases to be; returns the sum over all its units.
///
/// `gather(units, slots, sum, held)` adds the terms of a tile's units to `sum`, from the last to the first, and leaves the sum after
/// each in its slot. The transpose of [`walk`], step by step in the opposite order.
#[inline(always)]
pub(super) fn walk_back<S: Simd, const V: usize>(
    simd: S,
    block: &Block,
    moments: &mut [[Quad; V]],
    mut gather: impl FnMut(Range<usize>, &[u8], [Quad; V], &mut [[Quad; V]; TILE]) -> [Quad; V],
) -> [Quad; V] {
    // Sums over what follows the end of a tile, and over what returns to its anchor.
    let zero = [Quad::ZERO; V];
    let (mut sum, mut returned, mut held) = (zero, zero, [zero; TILE]);
    for (t, tile) in block.tiles.iter().enumerate().rev() {
        let (units, flips) = block.parts(t);
        sum = gather(units.clone(), &block.slots[units], sum, &mut held);
        if tile.entry != Entry::Continue {
            sum = plus(simd, sum, &returned);
            returned = zero;
            held[0] = sum;
        }
        // Backward as well: memory is read in one direction.
        let slots = &block.flip_slots[flips.clone()];
        for (f, s) in block.flips[flips].iter().zip(slots).rev() {
            let moment = &mut moments[*f as usize];
            *moment = plus(simd, *moment, &held[usize::from(*s)]);
        }
        if tile.entry == Entry::Return {
            returned = sum;
            sum = zero;
        }
    }
    sum = plus(simd, sum, &returned);
    for &i in &block.base {
        moments[i as usize] = plus(simd, moments[i as usize], &sum);
    }
    sum
}
