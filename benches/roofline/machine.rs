//! What the machine allows: bandwidth by the triad and by a sum, arithmetic by fused multiply-adds, files by plain writing.
//!
//! Each thread goes over a part of its own, several times where the part is small, so that threads meet rarely.

use std::hint::black_box;
use std::path::PathBuf;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::kernel::{Count, Kernel};

/// Bytes that a thread goes over before threads meet again.
const BETWEEN_MEETINGS: usize = 8 << 20;

/// Independent running products of the arithmetic: more than the latency of a multiply-add times those begun in a cycle.
const CHAINS: usize = 12;

/// Multiply-adds of each chain in a part of a repetition, and its parts.
const ROUNDS: usize = 10_000;
const PARTS: usize = 32;

/// `a = b + 3 c` over three arrays of `bytes` together; 24 bytes and 2 operations a number.
pub fn triad(bytes: usize) -> Kernel {
    let count = (bytes / 24).max(64);
    let (mut a, b, c) = (vec![0.0; count], vec![1.0; count], vec![2.0; count]);
    let rounds = rounds(24 * count);
    let work = move || {
        let size = part(count);
        a.par_chunks_mut(size).zip(b.par_chunks(size)).zip(c.par_chunks(size)).for_each(|((a, b), c)| {
            for _ in 0..rounds {
                Arch::new().dispatch(Triad { a, b: black_box(b), c });
            }
        });
    };
    Kernel::streaming(rounds * count, Count { bytes: 24.0, flops: 2.0 }, Box::new(work)).over(24 * count)
}

/// The sum of `bytes` of numbers; 8 bytes and an operation a number.
pub fn sum(bytes: usize) -> Kernel {
    let count = (bytes / 8).max(64);
    let numbers = vec![1.0; count];
    let rounds = rounds(8 * count);
    let work = move || {
        numbers.par_chunks(part(count)).for_each(|numbers| {
            for _ in 0..rounds {
                black_box(Arch::new().dispatch(Sum(black_box(numbers))));
            }
        });
    };
    Kernel::streaming(rounds * count, Count { bytes: 8.0, flops: 1.0 }, Box::new(work)).over(8 * count)
}

/// Fused multiply-adds of registers, two operations each, with the widest vectors on offer.
pub fn multiply_adds() -> Kernel {
    let work = || {
        (0..PARTS).into_par_iter().for_each(|_| {
            black_box(Arch::new().dispatch(MultiplyAdds));
        });
    };
    Kernel::streaming(PARTS * ROUNDS * CHAINS * lanes(), Count { bytes: 0.0, flops: 2.0 }, Box::new(work))
}

/// Numbers of a vector.
pub fn lanes() -> usize {
    Arch::new().dispatch(Lanes)
}

/// A file of `bytes` written at once and left to the system, as the run file is.
pub fn file(path: PathBuf, bytes: usize) -> Kernel {
    let content = vec![1_u8; bytes];
    let work = move || std::fs::write(&path, &content).expect("the folder can be written to");
    Kernel::streaming(bytes, Count { bytes: 1.0, flops: 0.0 }, Box::new(work))
}

impl Kernel {
    /// The same kernel, which goes over `bytes` again and again.
    fn over(self, bytes: usize) -> Self {
        Self { resident: bytes as f64, ..self }
    }
}

fn rounds(bytes: usize) -> usize {
    (BETWEEN_MEETINGS / bytes).max(1)
}

/// Numbers of each thread's part.
fn part(count: usize) -> usize {
    count.div_ceil(rayon::current_num_threads())
}

struct Triad<'a> {
    a: &'a mut [f64],
    b: &'a [f64],
    c: &'a [f64],
}

impl WithSimd for Triad<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for ((a, b), c) in self.a.iter_mut().zip(self.b).zip(self.c) {
            *a = 3.0_f64.mul_add(*c, *b);
        }
    }
}

struct Sum<'a>(&'a [f64]);

impl WithSimd for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        const WIDE: usize = 64;
        let mut sum = [0.0; WIDE];
        for numbers in self.0.as_chunks::<WIDE>().0 {
            for (sum, x) in sum.iter_mut().zip(numbers) {
                *sum += x;
            }
        }
        sum.iter().sum()
    }
}

struct MultiplyAdds;

impl WithSimd for MultiplyAdds {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let [factor, term] = [0.999, 1e-3].map(|x| simd.splat_f64s(black_box(x)));
        let mut product = [simd.splat_f64s(1.0); CHAINS];
        for _ in 0..ROUNDS {
            for x in &mut product {
                *x = simd.mul_add_f64s(*x, factor, term);
            }
        }
        product.into_iter().map(|x| simd.reduce_sum_f64s(x)).sum()
    }
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F64_LANES
    }
}
