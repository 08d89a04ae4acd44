//! Rows of four or eight numbers, aligned to vectors of four.
//!
//! A row is `[Quad; V]`. Its operations name the vectors: left to itself, the compiler takes the rows apart into their numbers and puts
//! these together again across units, by gathers and shuffles that cost more than the sums.

use pulp::Simd;

/// Four numbers in a vector's place in memory.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(32))]
pub(crate) struct Quad(pub(crate) [f64; 4]);

impl Quad {
    pub(crate) const ZERO: Self = Self::of(0.0);

    /// Four times the same.
    pub(crate) const fn of(x: f64) -> Self {
        Self([x; 4])
    }

    /// The first numbers of a slice, and zeros.
    pub(crate) fn from_slice(numbers: &[f64]) -> Self {
        let mut quad = Self::ZERO;
        quad.0.iter_mut().zip(numbers).for_each(|(q, x)| *q = *x);
        quad
    }

    /// `self + a b`, number by number.
    #[inline(always)]
    pub(crate) fn plus_product<S: Simd>(mut self, simd: S, a: &Self, b: &Self) -> Self {
        let (sum, sum_rest) = S::as_mut_simd_f64s(&mut self.0);
        let ((a, a_rest), (b, b_rest)) = (S::as_simd_f64s(&a.0), S::as_simd_f64s(&b.0));
        for ((s, a), b) in sum.iter_mut().zip(a).zip(b) {
            *s = simd.mul_add_e_f64s(*a, *b, *s);
        }
        for ((s, a), b) in sum_rest.iter_mut().zip(a_rest).zip(b_rest) {
            *s += a * b;
        }
        self
    }

    /// `self + a`.
    #[inline(always)]
    pub(crate) fn plus<S: Simd>(mut self, simd: S, a: &Self) -> Self {
        let (sum, sum_rest) = S::as_mut_simd_f64s(&mut self.0);
        let (a, a_rest) = S::as_simd_f64s(&a.0);
        for (s, a) in sum.iter_mut().zip(a) {
            *s = simd.add_f64s(*s, *a);
        }
        for (s, a) in sum_rest.iter_mut().zip(a_rest) {
            *s += a;
        }
        self
    }

    /// `self a`, number by number.
    #[inline(always)]
    pub(crate) fn times<S: Simd>(mut self, simd: S, a: &Self) -> Self {
        let (product, product_rest) = S::as_mut_simd_f64s(&mut self.0);
        let (a, a_rest) = S::as_simd_f64s(&a.0);
        for (p, a) in product.iter_mut().zip(a) {
            *p = simd.mul_f64s(*p, *a);
        }
        for (p, a) in product_rest.iter_mut().zip(a_rest) {
            *p *= a;
        }
        self
    }

    /// The sum of the four numbers.
    #[inline(always)]
    fn total<S: Simd>(&self, simd: S) -> f64 {
        let (lanes, rest) = S::as_simd_f64s(&self.0);
        let sum = lanes.iter().copied().reduce(
            #[inline(always)]
            |a, b| simd.add_f64s(a, b),
        );
        let sum = sum.map_or(
            0.0,
            #[inline(always)]
            |sum| simd.reduce_sum_f64s(sum),
        );
        rest.iter().fold(
            sum,
            #[inline(always)]
            |sum, x| sum + x,
        )
    }
}

/// `a + b`.
#[inline(always)]
pub(crate) fn plus<S: Simd, const V: usize>(simd: S, mut a: [Quad; V], b: &[Quad; V]) -> [Quad; V] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = a.plus(simd, b);
    }
    a
}

/// `a + b c`, number by number.
#[inline(always)]
pub(crate) fn plus_product<S: Simd, const V: usize>(
    simd: S,
    mut a: [Quad; V],
    b: &[Quad; V],
    c: &[Quad; V],
) -> [Quad; V] {
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        *a = a.plus_product(simd, b, c);
    }
    a
}

/// `q a`.
#[inline(always)]
pub(crate) fn scaled<S: Simd, const V: usize>(simd: S, q: f64, mut a: [Quad; V]) -> [Quad; V] {
    for a in &mut a {
        *a = a.times(simd, &Quad::of(q));
    }
    a
}

/// `a . b`.
#[inline(always)]
pub(crate) fn dot<S: Simd, const V: usize>(simd: S, a: &[Quad; V], b: &[Quad; V]) -> f64 {
    let mut sum = a[0].times(simd, &b[0]);
    for (a, b) in a.iter().zip(b).skip(1) {
        sum = sum.plus_product(simd, a, b);
    }
    sum.total(simd)
}
