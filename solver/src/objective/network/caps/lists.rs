//! The data that a cap does not decide, drawn from those that the cap around it does not.

use pulp::Arch;

use super::super::activation::Pieces;
use super::super::moments::add_moment;
use crate::vectorized::vectorized;

/// Data that are looked at together.
pub(super) const CHUNK: usize = 16;

/// Data by columns, each with [`CHUNK`] numbers behind that are of no account.
pub(super) struct List {
    pub(super) len: usize,
    /// Where each datum is in the list above; of the first list, its number.
    pub(super) index: Vec<u32>,
    /// Coordinates.
    pub(super) columns: Vec<Vec<f64>>,
    length: Vec<f64>,
    pub(super) dual: Vec<f64>,
}

impl List {
    /// An empty list with place for `most` data of p coordinates.
    pub(super) fn new(most: usize, p: usize) -> Self {
        let column = || vec![0.0; most + CHUNK];
        Self {
            len: 0,
            index: vec![0; most + 1],
            columns: (0..p).map(|_| column()).collect(),
            length: column(),
            dual: column(),
        }
    }

    /// Adds a datum.
    pub(super) fn push(&mut self, index: usize, length: f64, row: impl Iterator<Item = f64>) {
        self.index[self.len] = index as u32;
        self.length[self.len] = length;
        self.columns.iter_mut().zip(row).for_each(|(column, x)| column[self.len] = x);
        self.len += 1;
    }

    /// Takes what is wanted of those of `from` that `index` tells, which is that of this list.
    #[inline(always)]
    fn gather(&mut self, from: &Self, wanted: Wanted) {
        let Self { len, index, columns, length, dual } = self;
        let columns = columns.iter_mut().zip(&from.columns).filter(|_| wanted.columns);
        let length = wanted.length.then_some((length, &from.length));
        let dual = wanted.dual.then_some((dual, &from.dual));
        for (to, from) in columns.chain(length).chain(dual) {
            for (slot, &i) in to.iter_mut().zip(&index[..*len]) {
                *slot = from[i as usize];
            }
        }
    }
}

/// What is to be known of the data of a list beside their index.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) columns: bool,
    pub(super) length: bool,
    pub(super) dual: bool,
}

/// How a node sees the list above it.
pub(super) struct Level {
    /// The data that it does not decide.
    pub(super) list: List,
    /// Of each datum of the list above the factor of `(u . x)^k` where it is decided, else 0.
    pub(super) side: Vec<f64>,
    /// Analysis: sums over the node's units, by datum of `list`.
    pub(super) sum: Vec<f64>,
    /// Synthesis: the moment of the data decided here or above. Analysis: that of the node's units.
    pub(super) moment: Vec<f64>,
    /// By how much each datum of the list above is undecided.
    lack: Vec<f64>,
    weight: Vec<f64>,
}

impl Level {
    /// For lists of at most `most` data of p coordinates, and moments of `len` numbers.
    pub(super) fn new(most: usize, p: usize, len: usize) -> Self {
        let column = || vec![0.0; most + CHUNK];
        Self {
            list: List::new(most, p),
            side: column(),
            sum: column(),
            moment: vec![0.0; len],
            lack: column(),
            weight: column(),
        }
    }

    /// Sets `side` and `list` for a cap and the list above.
    pub(super) fn narrow(
        &mut self,
        arch: Arch,
        (axis, reach): (&[f64], f64),
        above: &List,
        sides: Sides,
        wanted: Wanted,
    ) {
        let Self { list, side, lack, .. } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                decide(above, (axis, reach), sides, side, lack);
                list.len = keep(&lack[..above.len], &mut list.index);
                list.gather(above, wanted);
            },
        );
    }

    /// Sets the moment to that of the list above and of the data decided here.
    pub(super) fn add_decided(&mut self, arch: Arch, degree: u32, above: &List, moment: &[f64]) {
        let Self { side, weight, moment: total, .. } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                let weight = &mut weight[..above.len];
                weight.iter_mut().zip(&*side).zip(&above.dual).for_each(|((w, side), g)| *w = side * g);
                total.copy_from_slice(moment);
                add_moment::<CHUNK>(degree, &above.columns, weight, 0..above.len, total);
            },
        );
    }
}

/// What a decided datum counts, on either side.
#[derive(Clone, Copy)]
pub(super) struct Sides {
    positive: f64,
    /// Of `(u . x)^k`, not of `(-u . x)^k`.
    negative: f64,
}

impl Sides {
    pub(super) fn new(pieces: Pieces) -> Self {
        let negative = if pieces.degree == 1 { -pieces.negative } else { pieces.negative };
        Self { positive: pieces.positive, negative }
    }
}

/// Sets the side of each datum of the list, and by how much it is undecided (at least 0).
#[inline(always)]
fn decide(list: &List, (axis, reach): (&[f64], f64), sides: Sides, side: &mut [f64], lack: &mut [f64]) {
    let tile = |column: &[f64], start: usize| -> [f64; CHUNK] {
        *column[start..].first_chunk().expect("columns are padded to whole chunks")
    };
    for start in (0..list.len).step_by(CHUNK) {
        let mut t = [0.0_f64; CHUNK];
        for (axis, column) in axis.iter().zip(&list.columns) {
            let x = tile(column, start);
            for i in 0..CHUNK {
                t[i] = axis.mul_add(x[i], t[i]);
            }
        }
        let length = tile(&list.length, start);
        let (mut sides_here, mut lacks) = ([0.0; CHUNK], [0.0; CHUNK]);
        for i in 0..CHUNK {
            lacks[i] = reach.mul_add(length[i], -t[i].abs());
            let factor = if t[i] > 0.0 { sides.positive } else { sides.negative };
            sides_here[i] = if lacks[i] < 0.0 { factor } else { 0.0 };
        }
        side[start..start + CHUNK].copy_from_slice(&sides_here);
        lack[start..start + CHUNK].copy_from_slice(&lacks);
    }
}

/// Lists what is not decided; returns how many they are.
#[inline(always)]
fn keep(lack: &[f64], index: &mut [u32]) -> usize {
    let mut len = 0;
    for (i, lack) in lack.iter().enumerate() {
        // Written always, counted where it is true: no branch, for its way would be anyone's guess.
        index[len] = i as u32;
        len += usize::from(*lack >= 0.0);
    }
    len
}
