//! Which data are active at which unit, as changes from unit to unit.

use std::ops::Range;

/// The most units of a tile: a slot is one byte.
pub(super) const TILE: usize = 256;

/// The most data: a flip has 32 bits for which datum, and which way.
pub(super) const MOST_DATA: usize = 1 << 31;

/// Bytes of a flip.
pub(super) const FLIP_BYTES: usize = size_of::<u32>() + size_of::<u8>();

/// Units of a tile that are tested for flips together: those data are tested that can change sign in their cap.
const PIECE: usize = 32;

/// Products that are looked at together.
const CHUNK: usize = 16;

/// How far from a change of sign a datum must be to be left out, as an angle beyond the cap; far above round-off.
const MARGIN: f64 = 1e-9;

/// From where a tile's first unit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// From the last unit of the tile before.
    Continue,
    /// From there as well, by a long step: the unit is the new anchor.
    Jump,
    /// From the anchor, and the unit is the new one: the first of a row of a lattice, next to the first of the row before.
    Return,
}

/// A run of at most [`TILE`] consecutive units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile {
    pub(super) entry: Entry,
    /// One past its last unit, counted in the block.
    pub(super) units: usize,
    /// One past its last flip, likewise.
    pub(super) flips: usize,
}

/// The active data along consecutive units, from a fresh start.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The data active at the first unit.
    pub(super) base: Vec<u32>,
    pub(super) tiles: Vec<Tile>,
    /// For each unit the number of units of its tile, itself included and the first left out, at which something flips.
    pub(super) slots: Vec<u8>,
    /// Data that change between active and not: i for one of n data that becomes active, n + i for one that ceases to be.
    pub(super) flips: Vec<u32>,
    /// The slot of each flip; those of slot 0 lead to the first unit of the tile.
    pub(super) flip_slots: Vec<u8>,
    /// Unit and datum with u . x = 0 exactly, neither of them zero.
    pub(super) orthogonal: Vec<(u32, u32)>,
    /// Units with u = 0: all values vanish there, so they take any active set.
    pub(super) null: Vec<u32>,
}

impl Block {
    /// The units of a tile, and its flips.
    #[inline(always)]
    pub(super) fn parts(&self, tile: usize) -> (Range<usize>, Range<usize>) {
        let end = self.tiles[tile];
        match tile.checked_sub(1) {
            Some(before) => (self.tiles[before].units..end.units, self.tiles[before].flips..end.flips),
            None => (0..end.units, 0..end.flips),
        }
    }
}

/// The direction of a vector, zero for zero; and its length. The largest coordinate is taken out lest squares underflow.
pub(super) fn direction(v: &[f64], direction: &mut [f64]) -> f64 {
    let largest = v.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if largest == 0.0 {
        direction.fill(0.0);
        return 0.0;
    }
    let length = v.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt();
    for (d, x) in direction.iter_mut().zip(v) {
        *d = x / largest / length;
    }
    length * largest
}

/// Squared chord between two directions.
fn chord(directions: &[f64], dim: usize, i: usize, j: usize) -> f64 {
    let at = |k: usize| &directions[k * dim..(k + 1) * dim];
    at(i).iter().zip(at(j)).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Cuts units into tiles, where they are long enough or the way jumps; each with the chord that leads to its first unit and
/// those between its units, added up. `directions` has shape [N, dim] flat.
#[inline(always)]
pub(super) fn tiles(directions: &[f64], dim: usize, mut tile: impl FnMut(Entry, Range<usize>, f64)) {
    let count = directions.len() / dim;
    let (mut start, mut anchor, mut entry, mut way, mut before) = (0, 0, Entry::Jump, 0.0, f64::INFINITY);
    for j in 1..count {
        let (step, back) = (chord(directions, dim, j - 1, j), chord(directions, dim, anchor, j));
        // Four times nearer, or farther, in squares.
        let next = if 16.0 * back < step {
            Some(Entry::Return)
        } else if step > 16.0 * before {
            Some(Entry::Jump)
        } else {
            (j - start == TILE).then_some(Entry::Continue)
        };
        if let Some(next) = next {
            tile(entry, start..j, way);
            (start, entry, way) = (j, next, 0.0);
            anchor = if next == Entry::Continue { anchor } else { j };
        }
        way += if next == Some(Entry::Return) { back } else { step }.sqrt();
        before = step;
    }
    if count > 0 {
        tile(entry, start..count, way);
    }
}

/// Data whose signs are tested together: their indices, coordinates column by column, and lengths.
#[derive(Debug, Default, Clone)]
pub(super) struct Subset {
    index: Vec<u32>,
    columns: Vec<Vec<f64>>,
    length: Vec<f64>,
}

impl Subset {
    /// All data but those that are zero, which are never active.
    pub(super) fn all(columns: &[Vec<f64>], count: usize) -> Self {
        let mut all = Self { columns: vec![Vec::new(); columns.len()], ..Self::default() };
        let (mut row, mut unit) = (vec![0.0; columns.len()], vec![0.0; columns.len()]);
        for i in 0..count {
            row.iter_mut().zip(columns).for_each(|(x, column)| *x = column[i]);
            let length = direction(&row, &mut unit);
            if length > 0.0 {
                all.push(i as u32, length, row.iter().copied());
            }
        }
        all
    }

    fn push(&mut self, index: u32, length: f64, row: impl Iterator<Item = f64>) {
        self.index.push(index);
        self.length.push(length);
        self.columns.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
    }

    /// `t_i = u . x_i`, the one expression that decides what is active.
    #[inline(always)]
    fn products(&self, u: &[f64], t: &mut Vec<f64>) {
        t.clear();
        t.extend(self.columns[0].iter().map(|x| u[0] * x));
        for (u, column) in u.iter().zip(&self.columns).skip(1) {
            for (t, x) in t.iter_mut().zip(column) {
                *t += u * x;
            }
        }
    }

    /// Leaves in `near` the data that may change sign within the cap.
    #[inline(always)]
    fn keep_near(&self, cap: &Cap, t: &mut Vec<f64>, near: &mut Self) {
        near.index.clear();
        near.length.clear();
        near.columns.resize(self.columns.len(), Vec::new());
        near.columns.iter_mut().for_each(Vec::clear);
        self.products(&cap.center, t);
        for (k, t) in t.iter().enumerate() {
            if t.abs() <= self.length[k] * cap.reach {
                near.push(self.index[k], self.length[k], self.columns.iter().map(|column| column[k]));
            }
        }
    }
}

/// A cap of the sphere that holds some directions.
#[derive(Debug)]
struct Cap {
    center: Vec<f64>,
    /// Sine of its radius and the margin; 2, more than any, where it is half the sphere or more.
    reach: f64,
}

impl Cap {
    #[inline(always)]
    fn around<'a>(directions: impl Iterator<Item = &'a [f64]> + Clone, dim: usize) -> Self {
        let mut sum = vec![0.0; dim];
        for d in directions.clone() {
            sum.iter_mut().zip(d).for_each(|(s, d)| *s += d);
        }
        let mut center = vec![0.0; dim];
        direction(&sum, &mut center);
        let chord: f64 =
            directions.map(|d| d.iter().zip(&center).map(|(d, c)| (d - c).powi(2)).sum()).fold(0.0, f64::max);
        // sin r = 2 sin(r/2) cos(r/2), chord = 2 sin(r/2).
        let reach = if chord < 1.9 { (chord * (1.0 - 0.25 * chord)).sqrt() + MARGIN } else { 2.0 };
        Self { center, reach }
    }
}

/// A flip of datum i of n.
#[inline(always)]
fn code(count: usize, i: u32, active: bool) -> u32 {
    if active { i } else { i + count as u32 }
}

/// Plans one block after the other, with its buffers.
pub(super) struct Planner<'a> {
    data: &'a Subset,
    count: usize,
    dim: usize,
    /// Whether exact zeros are to be listed.
    orthogonal: bool,
    active: Vec<bool>,
    anchor: Vec<bool>,
    t: Vec<f64>,
    before: Vec<f64>,
    near: Subset,
    nearer: Subset,
}

impl<'a> Planner<'a> {
    pub(super) fn new(data: &'a Subset, count: usize, orthogonal: bool) -> Self {
        Self {
            data,
            count,
            dim: data.columns.len(),
            orthogonal,
            active: vec![false; count],
            anchor: vec![false; count],
            t: Vec::new(),
            before: Vec::new(),
            near: Subset::default(),
            nearer: Subset::default(),
        }
    }

    /// The plan of consecutive units: input weights and their directions, shape [count, p] flat.
    #[inline(always)]
    pub(super) fn block(&mut self, weights: &[f64], directions: &[f64]) -> Block {
        let mut block = Block { slots: vec![0; directions.len() / self.dim], ..Block::default() };
        self.active.fill(false);
        self.anchor.fill(false);
        tiles(
            directions,
            self.dim,
            #[inline(always)]
            |entry, units, _| {
                self.tile(&mut block, weights, directions, entry, units.clone());
                if units.start == 0 {
                    // The flips that lead to the first unit are the base.
                    block.base = (0..self.count as u32).filter(|&i| self.anchor[i as usize]).collect();
                }
                block.tiles.push(Tile { entry, units: units.end, flips: block.flips.len() });
            },
        );
        block.flips.shrink_to_fit();
        block.flip_slots.shrink_to_fit();
        block
    }

    #[inline(always)]
    fn tile(
        &mut self,
        block: &mut Block,
        weights: &[f64],
        directions: &[f64],
        entry: Entry,
        units: Range<usize>,
    ) {
        let dim = self.dim;
        let at = |j: usize| &directions[j * dim..(j + 1) * dim];
        let exists = |j: &usize| at(*j).iter().any(|d| *d != 0.0);
        let Some(mut last) = units.clone().find(exists) else {
            return self.null_tile(block, entry, units);
        };
        self.enter(block, &weights[last * dim..(last + 1) * dim], entry, units.start == 0);
        let mut near = std::mem::take(&mut self.near);
        let mut nearer = std::mem::take(&mut self.nearer);
        let cap = Cap::around(units.clone().filter(exists).map(at), dim);
        self.data.keep_near(&cap, &mut self.t, &mut near);
        let mut slot = 0;
        for start in units.clone().step_by(PIECE) {
            let piece = start..(start + PIECE).min(units.end);
            // With the unit before it, from which the first may differ.
            let cap = Cap::around(std::iter::once(last).chain(piece.clone().filter(exists)).map(at), dim);
            near.keep_near(&cap, &mut self.t, &mut nearer);
            let sign = |&i: &u32| if self.active[i as usize] { 1.0 } else { -1.0 };
            self.before.clear();
            self.before.extend(nearer.index.iter().map(sign));
            for j in piece {
                if exists(&j) {
                    slot = self.step(block, &nearer, &weights[j * dim..(j + 1) * dim], j, slot);
                    last = j;
                } else {
                    block.null.push(j as u32);
                }
                block.slots[j] = slot;
            }
        }
        (self.near, self.nearer) = (near, nearer);
    }

    /// A tile all of whose units are zero: it stays where it is.
    fn null_tile(&mut self, block: &mut Block, entry: Entry, units: Range<usize>) {
        block.null.extend(units.map(|j| j as u32));
        match entry {
            Entry::Continue => {}
            Entry::Jump => self.anchor.copy_from_slice(&self.active),
            Entry::Return => self.active.copy_from_slice(&self.anchor),
        }
    }

    /// Flips what differs between the first unit of a tile, or the first that is not zero, and where the tile comes from.
    #[inline(always)]
    fn enter(&mut self, block: &mut Block, u: &[f64], entry: Entry, is_first: bool) {
        if entry == Entry::Return {
            self.active.copy_from_slice(&self.anchor);
        }
        self.data.products(u, &mut self.t);
        for (&i, &t) in self.data.index.iter().zip(&self.t) {
            let active = &mut self.active[i as usize];
            if (t > 0.0) != *active {
                *active = t > 0.0;
                if !is_first {
                    block.flips.push(code(self.count, i, *active));
                    block.flip_slots.push(0);
                }
            }
        }
        if entry != Entry::Continue {
            self.anchor.copy_from_slice(&self.active);
        }
    }

    /// Flips what differs at unit j from the unit before; returns the slot of the unit. `self.before` has the products there, or
    /// their signs.
    #[inline(always)]
    fn step(&mut self, block: &mut Block, nearer: &Subset, u: &[f64], j: usize, slot: u8) -> u8 {
        nearer.products(u, &mut self.t);
        let flips = block.flips.len();
        let chunks = self.t.chunks(CHUNK).zip(self.before.chunks(CHUNK)).zip(nearer.index.chunks(CHUNK));
        for ((t, before), index) in chunks {
            // Mostly nothing happens, which is told by a few comparisons of vectors.
            let mut eventful = false;
            for (t, before) in t.iter().zip(before) {
                eventful |= (*t > 0.0) != (*before > 0.0);
                eventful |= *t == 0.0;
            }
            if eventful {
                for ((&t, &before), &i) in t.iter().zip(before).zip(index) {
                    if (t > 0.0) != (before > 0.0) {
                        self.active[i as usize] = t > 0.0;
                        block.flips.push(code(self.count, i, t > 0.0));
                        block.flip_slots.push(slot.wrapping_add(1));
                    }
                    if t == 0.0 && self.orthogonal {
                        block.orthogonal.push((j as u32, i));
                    }
                }
            }
        }
        std::mem::swap(&mut self.t, &mut self.before);
        if block.flips.len() > flips { slot + 1 } else { slot }
    }
}
