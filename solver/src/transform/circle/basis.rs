//! Fields that are combinations of a few functions in each block of consecutive points.

use pulp::Arch;
use rayon::prelude::*;

use crate::vectorized::vectorized;

/// Points that are worked on together; block lengths are multiples of it.
pub(super) const LANES: usize = 32;

/// Terms that are worked on together; their number is a multiple of it.
pub(super) const TOGETHER: usize = 4;

/// Numbers of the widest vectors.
const WIDE: usize = 8;

/// Points handed to a thread at a time.
const LEAST_POINTS: usize = 8192;

/// The longest block, in points.
pub const LONGEST_BLOCK: usize = 256;

/// N points in blocks of M, the last of which may be shorter, and P functions on a block, the same for all.
///
/// A *row* is P numbers of a block. As *terms* they make a field, `value[i] = sum_p terms[p] f_p(i)`; the *moments* of
/// masses are the transpose of that, `moments[p] = sum_i f_p(i) mass[i]`. Rows follow each other, shape `[blocks, P]`.
///
/// So a field that is smooth over a block is given by far fewer numbers than it has values, and a loop over the points can make
/// the values of a block, use them and take moments of what results while all of it is in the nearest cache.
#[derive(Debug)]
pub struct BlockBasis {
    points: usize,
    length: usize,
    terms: usize,
    /// The functions, shape [M / LANES, P, LANES].
    functions: Vec<f64>,
}

impl BlockBasis {
    /// The functions `function(p, i)`, for p below `terms` and i below `length`, on blocks of `points` points.
    pub(super) fn new(
        points: usize,
        length: usize,
        terms: usize,
        function: impl Fn(usize, usize) -> f64,
    ) -> Self {
        assert!(length.is_multiple_of(LANES) && terms.is_multiple_of(TOGETHER), "blocks of whole vectors");
        let at = |n: usize| function(n / LANES % terms, n / (LANES * terms) * LANES + n % LANES);
        Self { points, length, terms, functions: (0..length * terms).map(at).collect() }
    }

    /// N.
    pub fn points(&self) -> usize {
        self.points
    }

    /// M, at most [`LONGEST_BLOCK`].
    pub fn length(&self) -> usize {
        self.length
    }

    /// P.
    pub fn terms(&self) -> usize {
        self.terms
    }

    /// Numbers of all rows.
    pub fn numbers(&self) -> usize {
        self.points.div_ceil(self.length) * self.terms
    }

    /// The rows of the blocks that `points`, which begin with a block, lie in.
    pub fn rows(&self, points: std::ops::Range<usize>) -> std::ops::Range<usize> {
        points.start / self.length * self.terms..points.end.div_ceil(self.length) * self.terms
    }

    /// Values of blocks that follow each other, from their terms; the last block may be cut short.
    #[inline(always)]
    pub fn values(&self, terms: &[f64], values: &mut [f64]) {
        for (terms, values) in terms.chunks_exact(self.terms).zip(values.chunks_mut(self.length)) {
            let (whole, rest) = values.as_chunks_mut::<LANES>();
            let mut groups = self.functions.chunks_exact(self.terms * LANES);
            for (values, functions) in whole.iter_mut().zip(&mut groups) {
                *values = combined(terms, functions);
            }
            if let (false, Some(functions)) = (rest.is_empty(), groups.next()) {
                rest.copy_from_slice(&combined(terms, functions)[..rest.len()]);
            }
        }
    }

    /// Moments of masses in blocks that follow each other; the last block may be cut short.
    #[inline(always)]
    pub fn moments(&self, mass: &[f64], moments: &mut [f64]) {
        moments.fill(0.0);
        for (moments, mass) in moments.chunks_exact_mut(self.terms).zip(mass.chunks(self.length)) {
            let (whole, rest) = mass.as_chunks::<LANES>();
            self.add_moments(0, whole, moments);
            if !rest.is_empty() {
                let mut last = [[0.0; LANES]];
                last[0][..rest.len()].copy_from_slice(rest);
                self.add_moments(whole.len(), &last, moments);
            }
        }
    }

    /// Adds the moments of masses in the groups of a block from `first` on.
    #[inline(always)]
    fn add_moments(&self, first: usize, mass: &[[f64; LANES]], moments: &mut [f64]) {
        let groups = &self.functions[first * self.terms * LANES..];
        for (four, moments) in moments.as_chunks_mut::<TOGETHER>().0.iter_mut().enumerate() {
            // By name: sums that a loop picks among would be kept in memory, and added to one number at a time.
            let [mut a, mut b, mut c, mut d] = [[0.0; LANES]; TOGETHER];
            for (mass, functions) in mass.iter().zip(groups.chunks_exact(self.terms * LANES)) {
                let functions = &functions.as_chunks::<LANES>().0[four * TOGETHER..][..TOGETHER];
                add_products(&functions[0], mass, &mut a);
                add_products(&functions[1], mass, &mut b);
                add_products(&functions[2], mass, &mut c);
                add_products(&functions[3], mass, &mut d);
            }
            add_totals(&[quarter(&a), quarter(&b), quarter(&c), quarter(&d)], moments);
        }
    }

    /// The value at a point, from the terms of all blocks; the same bits as among those of its block.
    #[inline(always)]
    pub fn value(&self, terms: &[f64], point: usize) -> f64 {
        let (block, place) = (point / self.length, point % self.length);
        let terms = &terms[block * self.terms..(block + 1) * self.terms];
        let functions = &self.functions[place / LANES * self.terms * LANES + place % LANES..];
        let functions = functions.iter().step_by(LANES);
        terms.iter().zip(functions).fold(0.0, |sum, (term, function)| term.mul_add(*function, sum))
    }

    /// Values at all points, shared among the threads.
    pub(crate) fn all_values(&self, arch: Arch, terms: &[f64], values: &mut [f64]) {
        assert!(values.len() == self.points && terms.len() == self.numbers(), "a row for each block");
        let blocks = LEAST_POINTS.div_ceil(self.length);
        let chunks = terms.par_chunks(blocks * self.terms).zip(values.par_chunks_mut(blocks * self.length));
        chunks.for_each(|(terms, values)| {
            vectorized(
                arch,
                #[inline(always)]
                || self.values(terms, values),
            );
        });
    }

    /// Moments of the masses of all points, likewise.
    pub(super) fn all_moments(&self, arch: Arch, mass: &[f64], moments: &mut [f64]) {
        assert!(mass.len() == self.points && moments.len() == self.numbers(), "a row for each block");
        let blocks = LEAST_POINTS.div_ceil(self.length);
        let chunks = moments.par_chunks_mut(blocks * self.terms).zip(mass.par_chunks(blocks * self.length));
        chunks.for_each(|(moments, mass)| {
            vectorized(
                arch,
                #[inline(always)]
                || self.moments(mass, moments),
            );
        });
    }
}

/// The values in a group of points.
#[inline(always)]
fn combined(terms: &[f64], functions: &[f64]) -> [f64; LANES] {
    let mut sum = [0.0; LANES];
    for (term, function) in terms.iter().zip(functions.as_chunks::<LANES>().0) {
        for k in 0..LANES {
            sum[k] = term.mul_add(function[k], sum[k]);
        }
    }
    sum
}

/// `sum += a b`.
#[inline(always)]
fn add_products(a: &[f64; LANES], b: &[f64; LANES], sum: &mut [f64; LANES]) {
    for k in 0..LANES {
        sum[k] = a[k].mul_add(b[k], sum[k]);
    }
}

/// Sums of four.
#[inline(always)]
fn quarter(values: &[f64; LANES]) -> [f64; WIDE] {
    let mut sum = [0.0; WIDE];
    for k in 0..WIDE {
        sum[k] = (values[k] + values[k + WIDE]) + (values[k + 2 * WIDE] + values[k + 3 * WIDE]);
    }
    sum
}

/// Adds what is left. Apart, for where the compiler sees it, it lays all of the sums before across each other.
#[inline(never)]
fn add_totals(sums: &[[f64; WIDE]; TOGETHER], moments: &mut [f64; TOGETHER]) {
    for (moment, s) in moments.iter_mut().zip(sums) {
        *moment += ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
    }
}
