//! Trigonometric sums of few wave numbers at many scattered angles, by moments of arcs.
//!
//! The circle is cut into equal arcs on which the waves are polynomials of the place in the arc, to the tolerance. So an angle
//! adds its powers to the moments of its arc, and reads its value by Horner's rule: a few products give all eight or sixteen powers,
//! where the non-uniform FFT evaluates ten weights by polynomials of degree ten. What that saves at each angle pays for
//! the way from the moments to the nodes of a grid, unless the wave numbers are as many as the angles.
//!
//! Angles that stay are sorted by arcs once, so that a thread sums the moments of arcs of its own, one after the other; of those that
//! move each block makes a table of its own.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use rustfft::num_complex::Complex64;

use super::angle::place_on_arcs;
use super::arcs::{Aligned, ArcGrid, Arcs};
use super::{AngularSums, assert_lengths};
use crate::blocks::{MOST_BLOCKS, VectorSum, block_size};
use crate::evaluation::Motion;
use crate::quad::Quad;
use crate::vectorized::in_fours;

/// Runs an operation, whose constant is the number of fours of moments.
macro_rules! at_moments {
    ($arch:expr, $moments:expr, $operation:ident { $($field:ident: $value:expr),* $(,)? }) => {
        match $moments {
            4 => in_fours($arch, $operation::<1> { $($field: $value),* }),
            8 => in_fours($arch, $operation::<2> { $($field: $value),* }),
            12 => in_fours($arch, $operation::<3> { $($field: $value),* }),
            _ => in_fours($arch, $operation::<4> { $($field: $value),* }),
        }
    };
}

/// Angles whose values are brought to their ends together.
const CHUNK: usize = 64;

/// Arcs, and what the sums over so many angles cost with them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bins {
    arcs: Arcs,
    /// Estimated time of analysis and synthesis, in nanoseconds.
    pub(super) cost: f64,
}

impl Bins {
    /// The cheapest arcs for `count` angles and the wave numbers `0..=modes`, to a tolerance relative to the sum of the absolute masses;
    /// none if no arcs are narrow enough.
    pub(super) fn choose(count: usize, modes: usize, tolerance: f64, motion: Motion) -> Option<Self> {
        // Of a number of the table: where blocks have tables of their own, these are at least four, cleared, filled and added up.
        let of_table = if motion == Motion::Fixed { 0.2 } else { 4.0 };
        let priced = Arcs::on_offer(modes, tolerance).map(|arcs| {
            let table = of_table * (arcs.count * arcs.moments) as f64;
            let cost = count as f64 * (1.5 + 0.2 * arcs.moments as f64) + arcs.cost + table;
            Self { arcs, cost }
        });
        priced.min_by(|a, b| a.cost.total_cmp(&b.cost))
    }
}

/// A set of angles, each in its arc.
pub struct BinnedAngles {
    modes: usize,
    arcs: Arcs,
    /// Angles in arcs, from 0 to the number of arcs.
    place: Vec<f64>,
    masses: Masses,
    grid: ArcGrid,
    /// Moments of the arcs, with those at the ends repeated.
    table: Aligned,
    /// Coefficients of the arcs, shape [arcs, P].
    powers: Vec<Quad>,
    arch: Arch,
}

/// How the moments of the arcs are summed.
enum Masses {
    /// Over blocks of angles as given.
    AsGiven(VectorSum),
    /// Over angles sorted by arcs.
    Sorted(Sorted),
}

/// The angles in the order of their arcs, those of an arc in the caller's order.
struct Sorted {
    /// Which of the caller's angles it is.
    index: Vec<u32>,
    /// The places in the arcs, in [-1, 1].
    place: Vec<f64>,
    /// Angles before each arc, and their number.
    before: Vec<u32>,
}

impl BinnedAngles {
    /// Places `angles` (radians, any real numbers) for the wave numbers `0..=modes`.
    pub(super) fn new(modes: usize, bins: Bins, tolerance: f64, angles: &[f64], motion: Motion) -> Self {
        let (arcs, count) = (bins.arcs, angles.len());
        let grid = ArcGrid::new(modes, arcs, tolerance);
        let len = arcs.count * arcs.moments;
        let mut place = vec![0.0; count];
        place_on_arcs(Arch::new(), angles, arcs.count, &mut place);
        Self {
            modes,
            masses: match motion {
                Motion::Fixed => Masses::Sorted(Sorted::new(&place, arcs.count)),
                Motion::Moving => Masses::AsGiven(VectorSum::new(count, len)),
            },
            place,
            table: grid.table(),
            powers: vec![Quad::ZERO; len / 4],
            arcs,
            grid,
            arch: Arch::new(),
        }
    }

    fn take_moments(&mut self, mass: &[f64]) {
        let (arch, count) = (self.arch, self.arcs.moments);
        let moments = self.grid.own(&mut self.table);
        match &mut self.masses {
            Masses::Sorted(sorted) => sorted.take_moments(arch, count, mass, moments),
            Masses::AsGiven(sum) => {
                let place = &self.place;
                sum.run(moments, |range, partial| {
                    let (place, mass) = (&place[range.clone()], &mass[range]);
                    at_moments!(arch, count, Spread { place: place, mass: mass, moments: partial });
                });
            }
        }
    }

    fn evaluate(&self, value: &mut [f64]) {
        let (arch, size, powers) = (self.arch, block_size(value.len()), &self.powers[..]);
        value.par_chunks_mut(size).zip(self.place.par_chunks(size)).for_each(|(value, place)| {
            at_moments!(arch, self.arcs.moments, Evaluate { place: place, powers: powers, value: value });
        });
    }
}

impl Sorted {
    /// Sorts places on so many arcs.
    fn new(place: &[f64], arcs: usize) -> Self {
        let mut before = vec![0; arcs + 1];
        for x in place {
            before[locate(*x, arcs).0 + 1] += 1;
        }
        for arc in 1..=arcs {
            before[arc] += before[arc - 1];
        }
        let mut next = before.clone();
        let (mut index, mut sorted) = (vec![0; place.len()], vec![0.0; place.len()]);
        for (j, place) in place.iter().enumerate() {
            let (arc, x) = locate(*place, arcs);
            let slot = next[arc] as usize;
            (index[slot], sorted[slot]) = (j as u32, x);
            next[arc] += 1;
        }
        Self { index, place: sorted, before }
    }

    /// Sets the moments of the arcs, shape [arcs, P].
    fn take_moments(&self, arch: Arch, count: usize, mass: &[f64], moments: &mut [f64]) {
        let share = (self.before.len() - 1).div_ceil(MOST_BLOCKS);
        moments.par_chunks_mut(share * count).enumerate().for_each(|(chunk, moments)| {
            let ends = &self.before[chunk * share..=chunk * share + moments.len() / count];
            at_moments!(arch, count, Gather { sorted: self, ends: ends, mass: mass, moments: moments });
        });
    }
}

impl AngularSums for BinnedAngles {
    fn structure(&self) -> Option<&'static str> {
        Some("moments of arcs")
    }

    /// Angles that are sorted stay where they are.
    fn move_to(&mut self, angles: &[f64]) -> bool {
        let follow = matches!(self.masses, Masses::AsGiven(_));
        if follow {
            place_on_arcs(self.arch, angles, self.arcs.count, &mut self.place);
        }
        follow
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.place.len(), self.modes, mass.len(), coefficients.len());
        self.take_moments(mass);
        self.grid.analyze(&mut self.table, coefficients);
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        assert_lengths(self.place.len(), self.modes, value.len(), coefficients.len());
        self.grid.synthesize(coefficients, false, &mut self.powers);
        self.evaluate(value);
    }

    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        assert_lengths(self.place.len(), self.modes, value.len(), coefficients.len());
        assert_lengths(self.place.len(), self.modes, derivative.len(), coefficients.len());
        self.grid.synthesize(coefficients, false, &mut self.powers);
        self.evaluate(value);
        self.grid.synthesize(coefficients, true, &mut self.powers);
        self.evaluate(derivative);
    }
}

/// The arc of a place and the place in it, in [-1, 1].
#[inline(always)]
fn locate(place: f64, arcs: usize) -> (usize, f64) {
    let arc = (place as usize).min(arcs - 1);
    (arc, 2.0 * (place - arc as f64) - 1.0)
}

/// Hands `mass x^p` to `add`, four powers at a time.
#[inline(always)]
fn each_four<S: Simd, const V: usize>(simd: S, mass: f64, x: f64, mut add: impl FnMut(usize, &Quad)) {
    let (x2, qx) = (x * x, mass * x);
    let x4 = Quad::of(x2 * x2);
    let mut four = Quad([mass, qx, mass * x2, qx * x2]);
    for v in 0..V {
        add(v, &four);
        four = four.times(simd, &x4);
    }
}

/// Adds the powers of angles to the moments of their arcs, shape [arcs, V] in fours.
struct Spread<'a, const V: usize> {
    place: &'a [f64],
    mass: &'a [f64],
    moments: &'a mut [f64],
}

impl<const V: usize> WithSimd for Spread<'_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.moments.as_chunks_mut::<4>().0.as_chunks_mut::<V>().0;
        let arcs = rows.len();
        for (place, q) in self.place.iter().zip(self.mass) {
            let (arc, x) = locate(*place, arcs);
            let row = &mut rows[arc];
            each_four::<S, V>(
                simd,
                *q,
                x,
                #[inline(always)]
                |v, four| row[v] = Quad(row[v]).plus(simd, four).0,
            );
        }
    }
}

/// Sets the moments of arcs, shape [arcs, V] in fours, one after the other; `ends` are the angles before each and before the next.
struct Gather<'a, const V: usize> {
    sorted: &'a Sorted,
    ends: &'a [u32],
    mass: &'a [f64],
    moments: &'a mut [f64],
}

impl<const V: usize> WithSimd for Gather<'_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sorted: Sorted { index, place, .. }, ends, mass, moments } = self;
        let rows = moments.as_chunks_mut::<4>().0.as_chunks_mut::<V>().0;
        for (row, ends) in rows.iter_mut().zip(ends.windows(2)) {
            let angles = ends[0] as usize..ends[1] as usize;
            let mut sums = [Quad::ZERO; V];
            for (j, x) in index[angles.clone()].iter().zip(&place[angles]) {
                each_four::<S, V>(
                    simd,
                    mass[*j as usize],
                    *x,
                    #[inline(always)]
                    |v, four| sums[v] = sums[v].plus(simd, four),
                );
            }
            *row = sums.map(|sum| sum.0);
        }
    }
}

/// Horner's rule at each angle, for every fourth power, with the coefficients of the arcs, shape [arcs, V].
struct Evaluate<'a, const V: usize> {
    place: &'a [f64],
    powers: &'a [Quad],
    value: &'a mut [f64],
}

impl<const V: usize> WithSimd for Evaluate<'_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.powers.as_chunks::<V>().0;
        let arcs = rows.len();
        let (mut held, mut at) = ([Quad::ZERO; CHUNK], [0.0; CHUNK]);
        for (place, value) in self.place.chunks(CHUNK).zip(self.value.chunks_mut(CHUNK)) {
            for ((place, held), at) in place.iter().zip(&mut held).zip(&mut at) {
                let (arc, x) = locate(*place, arcs);
                let (x2, row) = (x * x, &rows[arc]);
                let x4 = Quad::of(x2 * x2);
                let mut sum = row[V - 1];
                for v in (0..V - 1).rev() {
                    sum = row[v].plus_product(simd, &sum, &x4);
                }
                (*held, *at) = (sum, x);
            }
            for ((value, Quad(sum)), x) in value.iter_mut().zip(&held).zip(&at) {
                *value = x.mul_add(x.mul_add(x.mul_add(sum[3], sum[2]), sum[1]), sum[0]);
            }
        }
    }
}
