//! The running sums along a block of units, and their transpose.
//!
//! The flips of a tile are run through first, without a branch, and the sum is held after each; then the units of the tile
//! take theirs. So no loop has a length that cannot be foretold.

use super::plan::{Block, Entry, Flip, TILE};

/// Visits the units of a block in order with the sum of `weights` over what is active there, and `start`.
#[inline(always)]
pub(super) fn walk<const W: usize>(
    block: &Block,
    weights: &[[f64; W]],
    start: [f64; W],
    mut visit: impl FnMut(usize, &[f64; W]),
) {
    let mut sum = start;
    for &i in &block.base {
        add(&mut sum, &weights[i as usize]);
    }
    let (mut anchor, mut held) = (sum, [[0.0; W]; TILE]);
    let (mut unit, mut flip) = (0, 0);
    for tile in &block.tiles {
        if tile.entry == Entry::Return {
            sum = anchor;
        }
        held[0] = sum;
        for &f in &block.flips[flip..tile.flips] {
            add_signed(&mut sum, f, &weights[f.datum()]);
            held[f.slot()] = sum;
        }
        if tile.entry != Entry::Continue {
            anchor = held[0];
        }
        for (j, &slot) in (unit..tile.units).zip(&block.slots[unit..tile.units]) {
            visit(j, &held[usize::from(slot)]);
        }
        (unit, flip) = (tile.units, tile.flips);
    }
}

/// Adds to `moments[i]` the sum of `term(j)` over the units j of a block at which i is active; returns the sum over all its units.
///
/// The transpose of [`walk`], step by step in the opposite order.
#[inline(always)]
pub(super) fn walk_back<const W: usize>(
    block: &Block,
    moments: &mut [[f64; W]],
    mut term: impl FnMut(usize) -> [f64; W],
) -> [f64; W] {
    // Sums over what follows the end of a tile, and over what returns to its anchor.
    let (mut sum, mut returned, mut held) = ([0.0; W], [0.0; W], [[0.0; W]; TILE]);
    for (t, tile) in block.tiles.iter().enumerate().rev() {
        let (unit, flip) = match t.checked_sub(1) {
            Some(before) => (block.tiles[before].units, block.tiles[before].flips),
            None => (0, 0),
        };
        for (j, &slot) in (unit..tile.units).zip(&block.slots[unit..tile.units]).rev() {
            add(&mut sum, &term(j));
            held[usize::from(slot)] = sum;
        }
        if tile.entry != Entry::Continue {
            add(&mut sum, &returned);
            returned = [0.0; W];
            held[0] = sum;
        }
        for &f in &block.flips[flip..tile.flips] {
            add_signed(&mut moments[f.datum()], f, &held[f.slot()]);
        }
        if tile.entry == Entry::Return {
            returned = sum;
            sum = [0.0; W];
        }
    }
    add(&mut sum, &returned);
    for &i in &block.base {
        add(&mut moments[i as usize], &sum);
    }
    sum
}

#[inline(always)]
fn add<const W: usize>(sum: &mut [f64; W], term: &[f64; W]) {
    for (s, t) in sum.iter_mut().zip(term) {
        *s += t;
    }
}

/// Adds what a flip switches on, or takes away what it switches off.
#[inline(always)]
fn add_signed<const W: usize>(sum: &mut [f64; W], flip: Flip, term: &[f64; W]) {
    let sign = flip.sign();
    for (s, t) in sum.iter_mut().zip(term) {
        *s += sign * t;
    }
}
