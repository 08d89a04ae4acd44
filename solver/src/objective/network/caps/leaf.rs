//! The units of a leaf and the data that it does not decide, term by term.

use pulp::{Simd, as_arrays, as_arrays_mut};

use super::LEAF;
use super::lists::List;
use crate::objective::network::activation::Lanes;
use crate::objective::network::matrix_free::Pass;

/// Vector registers of data that the analysis treats at once.
const DATA: usize = 2;

/// Vector registers of units that the synthesis treats at once.
const UNITS: usize = 2;

/// Data that are treated at once in many inputs, where the sums are in memory.
const TOGETHER: usize = 4;

/// `sum[i] = sum_j weight[j] act(u_j . x_i)` over the list.
pub(super) struct Analysis<'a> {
    pub(super) list: &'a List,
    /// Input weights of the leaf, by coordinates.
    pub(super) units: &'a [f64],
    pub(super) weight: &'a [f64; LEAF],
    pub(super) sum: &'a mut [f64],
}

impl Pass for Analysis<'_> {
    #[inline(always)]
    fn pass<S: Simd, A: Lanes, const P: usize>(self, simd: S, act: A) {
        let Self { list, units, weight, sum } = self;
        let (units, _) = units.as_chunks::<LEAF>();
        let p = if P > 0 { P } else { units.len() };
        let groups = list.len.div_ceil(DATA * S::F64_LANES);
        let sums = as_arrays_mut::<DATA, _>(S::as_mut_simd_f64s(sum).0).0;
        let known: [_; P] = std::array::from_fn(|d| groups_of::<S, DATA>(&list.columns[d]));
        for (i, sum) in sums[..groups].iter_mut().enumerate() {
            let x: [[S::f64s; DATA]; P] = std::array::from_fn(|d| known[d][i]);
            let mut total = [simd.splat_f64s(0.0); DATA];
            for (j, weight) in weight.iter().enumerate() {
                let mut t = [simd.splat_f64s(0.0); DATA];
                for d in 0..p {
                    let x = if P > 0 { x[d] } else { groups_of::<S, DATA>(&list.columns[d])[i] };
                    let u = simd.splat_f64s(units[d][j]);
                    for v in 0..DATA {
                        t[v] = simd.mul_add_e_f64s(u, x[v], t[v]);
                    }
                }
                let weight = simd.splat_f64s(*weight);
                for v in 0..DATA {
                    total[v] = simd.mul_add_e_f64s(weight, act.value(simd, t[v]), total[v]);
                }
            }
            *sum = total;
        }
    }
}

/// `slope += sum_i g_i act'(u . x_i) x_i / k` over the list, k the degree of act, for the units of a leaf, by coordinates.
///
/// The list is given by its index in the one above it: to fetch each datum where it lies costs no more than a copy.
pub(super) struct Synthesis<'a> {
    pub(super) above: &'a List,
    pub(super) index: &'a [u32],
    pub(super) units: &'a [f64],
    pub(super) slope: &'a mut [f64],
}

impl Pass for Synthesis<'_> {
    #[inline(always)]
    fn pass<S: Simd, A: Lanes, const P: usize>(self, simd: S, act: A) {
        for group in 0..LEAF / (UNITS * S::F64_LANES) {
            if P > 0 {
                known::<S, A, P>(simd, act, (self.above, self.index), self.units, self.slope, group);
            } else {
                any::<S, A>(simd, act, (self.above, self.index), self.units, self.slope, group);
            }
        }
    }
}

/// For few inputs: units and sums stay in registers while the data pass.
#[inline(always)]
fn known<S: Simd, A: Lanes, const P: usize>(
    simd: S,
    act: A,
    (list, index): (&List, &[u32]),
    units: &[f64],
    slope: &mut [f64],
    group: usize,
) {
    let u: [[S::f64s; UNITS]; P] =
        std::array::from_fn(|d| groups_of::<S, UNITS>(&units[d * LEAF..(d + 1) * LEAF])[group]);
    let mut sum: [[S::f64s; UNITS]; P] =
        std::array::from_fn(|d| groups_of::<S, UNITS>(&slope[d * LEAF..(d + 1) * LEAF])[group]);
    let columns: [&[f64]; P] = std::array::from_fn(|d| &list.columns[d][..list.len]);
    let dual = &list.dual[..list.len];
    for &i in index {
        let x: [S::f64s; P] = std::array::from_fn(|d| simd.splat_f64s(columns[d][i as usize]));
        let g = simd.splat_f64s(dual[i as usize]);
        for v in 0..UNITS {
            let mut t = simd.mul_f64s(u[0][v], x[0]);
            for d in 1..P {
                t = simd.mul_add_e_f64s(u[d][v], x[d], t);
            }
            let s = act.slope(simd, t, g);
            for d in 0..P {
                sum[d][v] = simd.mul_add_e_f64s(s, x[d], sum[d][v]);
            }
        }
    }
    for (slope, sum) in slope.chunks_exact_mut(LEAF).zip(sum) {
        as_arrays_mut::<UNITS, _>(S::as_mut_simd_f64s(slope).0).0[group] = sum;
    }
}

/// For any number of inputs: the sums are in memory, and take up several data at once.
#[inline(always)]
fn any<S: Simd, A: Lanes>(
    simd: S,
    act: A,
    (list, index): (&List, &[u32]),
    units: &[f64],
    slope: &mut [f64],
    group: usize,
) {
    let (whole, rest) = index.as_chunks::<TOGETHER>();
    for index in whole {
        take_up::<S, A, TOGETHER>(simd, act, (list, index), units, slope, group);
    }
    for i in rest {
        take_up::<S, A, 1>(simd, act, (list, std::array::from_ref(i)), units, slope, group);
    }
}

/// Takes up `D` data.
#[inline(always)]
fn take_up<S: Simd, A: Lanes, const D: usize>(
    simd: S,
    act: A,
    (list, index): (&List, &[u32; D]),
    units: &[f64],
    slope: &mut [f64],
    group: usize,
) {
    let mut t = [[simd.splat_f64s(0.0); UNITS]; D];
    for (column, u) in list.columns.iter().zip(units.chunks_exact(LEAF)) {
        let u = groups_of::<S, UNITS>(u)[group];
        for (t, &i) in t.iter_mut().zip(index) {
            let x = simd.splat_f64s(column[i as usize]);
            for v in 0..UNITS {
                t[v] = simd.mul_add_e_f64s(u[v], x, t[v]);
            }
        }
    }
    for (t, &i) in t.iter_mut().zip(index) {
        let g = simd.splat_f64s(list.dual[i as usize]);
        for t in t {
            *t = act.slope(simd, *t, g);
        }
    }
    for (column, slope) in list.columns.iter().zip(slope.chunks_exact_mut(LEAF)) {
        let sum = &mut as_arrays_mut::<UNITS, _>(S::as_mut_simd_f64s(slope).0).0[group];
        for (s, &i) in t.iter().zip(index) {
            let x = simd.splat_f64s(column[i as usize]);
            for v in 0..UNITS {
                sum[v] = simd.mul_add_e_f64s(s[v], x, sum[v]);
            }
        }
    }
}

/// Vectors of a column, `V` at a time.
#[inline(always)]
fn groups_of<S: Simd, const V: usize>(column: &[f64]) -> &[[S::f64s; V]] {
    as_arrays(S::as_simd_f64s(column).0).0
}
