//! The loops of sums over pairs: groups of targets against tiles of sources, vectorised over the targets.
//!
//! Each target is summed by one lane in the order of the sources, so results depend neither on the number of threads nor on the
//! width of the processor's lanes.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::pair_forms::{ForKernel, PAIRS, PairForm, PairKernel, Pairs};

/// Targets that are worked on together: the width of the vectorised loops.
pub(super) const LANES: usize = 8;

/// Sources that are worked on together.
const SOURCES: usize = PAIRS / LANES;

/// Pairs below which another thread does not pay.
pub(super) const LEAST_PAIRS: usize = 1 << 14;

/// The parts that a sum over all pairs is cut into.
const PARTS: usize = 64;

/// `sum over s, s' of m_s m_s' K(y_s . y_s')` of sources with directions of `width` coordinates, each pair once; the partial sums
/// are compensated, so that a distance near zero is as exact as its terms.
pub(super) fn energy(kernel: &PairKernel, width: usize, sources: &[f64]) -> f64 {
    let (arch, count) = (Arch::new(), sources.len() / (width + 1));
    let groups = count.div_ceil(LANES);
    let mut partial = [[0.0; 2]; PARTS];
    // Groups are dealt out in turn, as the early ones have more pairs.
    let part = |(part, sum): (usize, &mut [f64; 2])| {
        for group in (part..groups).step_by(PARTS) {
            let first = group * LANES;
            let targets = Targets {
                direction: &sources[first * (width + 1)..],
                stride: width + 1,
                count: LANES.min(count - first),
                width,
            };
            kernel.with(Energy { arch, targets, sum });
        }
    };
    if count * count < 2 * LEAST_PAIRS {
        partial.iter_mut().enumerate().for_each(part);
    } else {
        partial.par_iter_mut().enumerate().for_each(part);
    }
    let mut total = [0.0; 2];
    for [sum, rest] in partial {
        add(&mut total, sum);
        total[1] += rest;
    }
    total[0] + total[1]
}

/// Adds to a sum, whose rounding errors are gathered beside it (Knuth's two-sum).
#[inline(always)]
fn add(sum: &mut [f64; 2], x: f64) {
    let new = sum[0] + x;
    let part = new - sum[0];
    sum[1] += (sum[0] - (new - part)) + (x - part);
    sum[0] = new;
}

/// At most [`LANES`] targets: rows of `width` coordinates, `stride` numbers apart.
#[derive(Clone, Copy)]
pub(super) struct Targets<'a> {
    pub(super) direction: &'a [f64],
    pub(super) stride: usize,
    pub(super) count: usize,
    pub(super) width: usize,
}

impl Targets<'_> {
    /// One coordinate of each; the last target stands in where there are fewer.
    #[inline(always)]
    fn coordinate(&self, k: usize) -> [f64; LANES] {
        std::array::from_fn(|lane| self.direction[lane.min(self.count - 1) * self.stride + k])
    }

    /// Half the squared chords of the targets to a tile of sources, and to their opposites.
    #[inline(always)]
    fn chords(&self, sources: &[f64], minus: &mut Pairs, plus: &mut Pairs) {
        match self.width {
            2 => self.chords_of::<2>(sources, minus, plus),
            3 => self.chords_of::<3>(sources, minus, plus),
            width => {
                (*minus, *plus) = ([0.0; PAIRS], [0.0; PAIRS]);
                for k in 0..width {
                    let x = self.coordinate(k);
                    for (s, y) in sources.chunks_exact(width + 1).enumerate() {
                        for lane in 0..LANES {
                            let (i, [difference, sum]) = (s * LANES + lane, [x[lane] - y[k], x[lane] + y[k]]);
                            minus[i] += 0.5 * difference * difference;
                            plus[i] += 0.5 * sum * sum;
                        }
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn chords_of<const WIDTH: usize>(&self, sources: &[f64], minus: &mut Pairs, plus: &mut Pairs) {
        let x: [[f64; LANES]; WIDTH] = std::array::from_fn(|k| self.coordinate(k));
        for (s, y) in sources.chunks_exact(WIDTH + 1).enumerate() {
            let (mut below, mut above) = ([0.0f64; LANES], [0.0f64; LANES]);
            for k in 0..WIDTH {
                for lane in 0..LANES {
                    let [difference, sum] = [x[k][lane] - y[k], x[k][lane] + y[k]];
                    below[lane] = difference.mul_add(difference, below[lane]);
                    above[lane] = sum.mul_add(sum, above[lane]);
                }
            }
            for lane in 0..LANES {
                minus[s * LANES + lane] = 0.5 * below[lane];
                plus[s * LANES + lane] = 0.5 * above[lane];
            }
        }
    }
}

/// Sets `value`, and with it the gradient with respect to the directions, up to parts along them, in the last coordinates of
/// each row of `gradient`.
pub(super) struct Synthesis<'a> {
    pub(super) arch: Arch,
    pub(super) targets: Targets<'a>,
    pub(super) sources: &'a [f64],
    pub(super) value: &'a mut [f64],
    pub(super) gradient: Option<&'a mut [f64]>,
}

impl ForKernel for Synthesis<'_> {
    type Output = ();

    fn run<K: PairForm>(self, kernel: &K) {
        let Self { arch, targets, sources, value, gradient } = self;
        match gradient {
            None => {
                arch.dispatch(SynthesisOf::<K, false> { kernel, targets, sources, value, gradient: &mut [] });
            }
            Some(gradient) => {
                arch.dispatch(SynthesisOf::<K, true> { kernel, targets, sources, value, gradient });
            }
        }
    }
}

/// The work for one kernel. It is no closure, as the compiler need not take those into the function that is compiled for the
/// processor's lanes.
struct SynthesisOf<'a, K, const SLOPE: bool> {
    kernel: &'a K,
    targets: Targets<'a>,
    sources: &'a [f64],
    value: &'a mut [f64],
    gradient: &'a mut [f64],
}

impl<K: PairForm, const SLOPE: bool> WithSimd for SynthesisOf<'_, K, SLOPE> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        synthesize::<K, SLOPE>(self.kernel, self.targets, self.sources, self.value, self.gradient);
    }
}

#[inline(always)]
fn synthesize<K: PairForm, const SLOPE: bool>(
    kernel: &K,
    targets: Targets,
    sources: &[f64],
    value: &mut [f64],
    gradient: &mut [f64],
) {
    let width = targets.width;
    let (mut minus, mut plus, mut kernels, mut slopes) =
        ([0.0; PAIRS], [0.0; PAIRS], [0.0; PAIRS], [0.0; PAIRS]);
    let mut total = [0.0; LANES];
    gradient.fill(0.0);
    for tile in sources.chunks(SOURCES * (width + 1)) {
        targets.chords(tile, &mut minus, &mut plus);
        kernel.of_pairs::<SLOPE>(&minus, &plus, &mut kernels, &mut slopes);
        let mut sum = [0.0f64; LANES];
        for (s, y) in tile.chunks_exact(width + 1).enumerate() {
            for lane in 0..LANES {
                sum[lane] = y[width].mul_add(kernels[s * LANES + lane], sum[lane]);
                if SLOPE {
                    slopes[s * LANES + lane] *= y[width];
                }
            }
        }
        for lane in 0..LANES {
            total[lane] += sum[lane];
        }
        if SLOPE {
            add_slopes(targets, tile, &minus, &plus, &slopes, gradient);
        }
    }
    value.copy_from_slice(&total[..value.len()]);
}

/// Adds `sum_s w_s (y_s - x)`, w = m dK/dc, whose tangential part is the gradient; for c < 0 `y_s + x` in place of the difference: each has
/// the length of the nearer chord, which a steep kernel's derivative is up against.
#[inline(always)]
fn add_slopes(
    targets: Targets,
    tile: &[f64],
    minus: &Pairs,
    plus: &Pairs,
    slopes: &Pairs,
    gradient: &mut [f64],
) {
    let (width, dim) = (targets.width, gradient.len() / targets.count);
    for k in 0..width {
        let x = targets.coordinate(k);
        let mut sum = [0.0f64; LANES];
        for (s, y) in tile.chunks_exact(width + 1).enumerate() {
            for lane in 0..LANES {
                let i = s * LANES + lane;
                let nearer = if minus[i] <= plus[i] { x[lane] } else { -x[lane] };
                sum[lane] = slopes[i].mul_add(y[k] - nearer, sum[lane]);
            }
        }
        for (row, sum) in gradient.chunks_exact_mut(dim).zip(sum) {
            row[dim - width + k] += sum;
        }
    }
}

/// Adds the pairs of the targets with the sources from the first target on, those of later sources twice.
struct Energy<'a> {
    arch: Arch,
    targets: Targets<'a>,
    sum: &'a mut [f64; 2],
}

impl ForKernel for Energy<'_> {
    type Output = ();

    fn run<K: PairForm>(self, kernel: &K) {
        let Self { arch, targets, sum } = self;
        arch.dispatch(EnergyOf { kernel, targets, sum });
    }
}

/// The work for one kernel.
struct EnergyOf<'a, K> {
    kernel: &'a K,
    targets: Targets<'a>,
    sum: &'a mut [f64; 2],
}

impl<K: PairForm> WithSimd for EnergyOf<'_, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        add_energy(self.kernel, self.targets, self.sum);
    }
}

#[inline(always)]
fn add_energy<K: PairForm>(kernel: &K, targets: Targets, sum: &mut [f64; 2]) {
    let width = targets.width;
    let (mut minus, mut plus, mut kernels, mut unused) =
        ([0.0; PAIRS], [0.0; PAIRS], [0.0; PAIRS], [0.0; PAIRS]);
    let own: [f64; LANES] = std::array::from_fn(|lane| {
        if lane < targets.count { targets.direction[lane * targets.stride + width] } else { 0.0 }
    });
    for (t, tile) in targets.direction.chunks(SOURCES * (width + 1)).enumerate() {
        targets.chords(tile, &mut minus, &mut plus);
        kernel.of_pairs::<false>(&minus, &plus, &mut kernels, &mut unused);
        let mut lanes = [0.0f64; LANES];
        for (s, y) in tile.chunks_exact(width + 1).enumerate() {
            let mass = if t == 0 && s < LANES { y[width] } else { 2.0 * y[width] };
            for lane in 0..LANES {
                lanes[lane] = mass.mul_add(kernels[s * LANES + lane], lanes[lane]);
            }
        }
        for (own, lane) in own.iter().zip(lanes) {
            add(sum, own * lane);
        }
    }
}
