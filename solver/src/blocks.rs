//! Fixed blocks: parallel sums whose result does not depend on the number of threads.
//!
//! Work over `n` items is cut into blocks whose size depends on `n` alone; each block is summed by one thread, and
//! the partial results are added in the order of the blocks. So the same bits come out on one thread and on many.

use rayon::prelude::*;

/// The most blocks that a reduction is cut into.
pub(crate) const MOST_BLOCKS: usize = 64;

/// The least block, in items: below it a block costs less than handing it to a thread.
const LEAST_BLOCK: usize = 256;

/// The block size, in items, for a loop over `n` items.
pub fn block_size(n: usize) -> usize {
    n.div_ceil(MOST_BLOCKS).max(LEAST_BLOCK)
}

/// The number of blocks that `n` items are cut into (at least one).
pub fn block_count(n: usize) -> usize {
    n.div_ceil(block_size(n)).max(1)
}

/// The sum of `term(i)` over `0..n`, block by block.
pub fn sum(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    reduce(n, 0.0, term, |a, b| a + b)
}

/// The largest of `term(i)` over `0..n`, or `-inf` for no items.
pub fn max(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    reduce(n, f64::NEG_INFINITY, term, f64::max)
}

/// The least of `term(i)` over `0..n`, or `+inf` for no items.
pub fn min(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    reduce(n, f64::INFINITY, term, f64::min)
}

/// The terms `term(i)` over `0..n`, joined block by block; `start` is neutral.
pub(crate) fn reduce<T: Copy + Send + Sync>(
    n: usize,
    start: T,
    term: impl Fn(usize) -> T + Sync,
    join: impl Fn(T, T) -> T + Sync,
) -> T {
    let size = block_size(n);
    let block = |b: usize| (b * size..((b + 1) * size).min(n)).map(&term).fold(start, &join);
    if n <= size {
        return block(0);
    }
    let mut partial = [start; MOST_BLOCKS];
    partial[..block_count(n)].par_iter_mut().enumerate().for_each(|(b, p)| *p = block(b));
    partial[..block_count(n)].iter().copied().fold(start, join)
}

/// Numbers that are worth a thread to copy.
const LEAST_COPIED: usize = 16_384;

/// Copies numbers, by all threads where there are many.
pub(crate) fn copy(from: &[f64], to: &mut [f64]) {
    assert_eq!(from.len(), to.len(), "as many numbers");
    to.par_chunks_mut(LEAST_COPIED)
        .zip(from.par_chunks(LEAST_COPIED))
        .for_each(|(to, from)| to.copy_from_slice(from));
}

/// Numbers of the partial vectors of a [`VectorSum`] for each item, unless that makes too few of them.
const PARTIAL_NUMBERS: usize = 4;

/// The number of partial vectors of a [`VectorSum`] below which memory is not the concern.
const FEW_PARTIALS: usize = 4;

/// Numbers of the total that are added up by one thread.
const REDUCED_TOGETHER: usize = 1024;

/// Sums of vectors over blocks of items: one partial vector a block, kept between calls.
///
/// The partial vectors take no more than four numbers for each item, or four vectors in all.
#[derive(Debug, Clone)]
pub struct VectorSum {
    items: usize,
    len: usize,
    size: usize,
    partial: Vec<f64>,
}

impl VectorSum {
    /// A reduction of `items` items into a vector of `len` numbers.
    pub fn new(items: usize, len: usize) -> Self {
        let most = (PARTIAL_NUMBERS * items / len.max(1)).clamp(FEW_PARTIALS, MOST_BLOCKS);
        Self::in_blocks_of(items, len, items.div_ceil(most).max(LEAST_BLOCK))
    }

    /// The same with blocks of `size` items, for items that are many terms each.
    pub fn in_blocks_of(items: usize, len: usize, size: usize) -> Self {
        let size = size.max(1);
        Self { items, len, size, partial: vec![0.0; items.div_ceil(size).max(1) * len] }
    }

    /// Sets `total` to the sum over the blocks of what `add(range, partial)` adds to a zeroed vector.
    pub fn run(&mut self, total: &mut [f64], add: impl Fn(std::ops::Range<usize>, &mut [f64]) + Sync) {
        assert_eq!(total.len(), self.len, "the total has the length of the reduction");
        let (items, size) = (self.items, self.size);
        self.partial.par_chunks_mut(self.len.max(1)).enumerate().for_each(|(b, partial)| {
            partial.fill(0.0);
            add(b * size..((b + 1) * size).min(items), partial);
        });
        let (partial, len) = (&self.partial, self.len.max(1));
        total.par_chunks_mut(REDUCED_TOGETHER).enumerate().for_each(|(chunk, total)| {
            total.fill(0.0);
            let first = chunk * REDUCED_TOGETHER;
            for partial in partial.chunks(len) {
                for (t, p) in total.iter_mut().zip(&partial[first..]) {
                    *t += p;
                }
            }
        });
    }
}

/// A running sum whose error is that of its last rounding: two-sum of Knuth (TAOCP 2, section 4.2.2).
#[derive(Clone, Copy)]
pub(crate) struct Running<const M: usize> {
    sum: [f64; M],
    error: [f64; M],
}

impl<const M: usize> Running<M> {
    /// Nothing added yet.
    pub(crate) const ZERO: Self = Self { sum: [0.0; M], error: [0.0; M] };

    /// Adds a vector.
    #[inline(always)]
    pub(crate) fn add(&mut self, terms: &[f64; M]) {
        for ((sum, error), term) in self.sum.iter_mut().zip(&mut self.error).zip(terms) {
            let new = *sum + term;
            let of_term = new - *sum;
            *error += (*sum - (new - of_term)) + (term - of_term);
            *sum = new;
        }
    }

    /// The sum so far.
    #[inline(always)]
    pub(crate) fn value(&self) -> [f64; M] {
        let mut value = self.sum;
        value.iter_mut().zip(&self.error).for_each(|(value, error)| *value += error);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_block_sums_do_not_depend_on_the_number_of_threads() {
        let total = || sum(100_003, |i| (i as f64).sin() / (1.0 + i as f64));
        let on =
            |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(total);
        assert_eq!(on(1).to_bits(), on(3).to_bits());
    }

    #[test]
    fn every_item_is_counted_once_at_awkward_sizes() {
        for n in [0, 1, 255, 256, 257, 16_384, 16_385, 99_991] {
            assert_eq!(sum(n, |_| 1.0), n as f64);
            let mut total = [0.0];
            VectorSum::new(n, 1).run(&mut total, |range, partial| partial[0] += range.len() as f64);
            assert_eq!(total[0], n as f64);
        }
        assert_eq!(max(0, |_| 1.0), f64::NEG_INFINITY);
        assert_eq!(min(3, |i| i as f64), 0.0);
    }
}
