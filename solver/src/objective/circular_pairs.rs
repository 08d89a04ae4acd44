//! Sums over all pairs of angles of the arc-cosine kernels, exactly and in nearly linear time.
//!
//! With t in [0, pi] the angle between two directions of the plane (Cho & Saul, NeurIPS 2009, J_n(t) / (2 pi)):
//!
//! ```text
//! K_0(t) = (pi - t) / (2 pi)
//! K_1(t) = (sin t + (pi - t) cos t) / (2 pi)
//! K_2(t) = (3 sin t cos t + (pi - t) (1 + 2 cos^2 t)) / (2 pi)
//! ```
//!
//! Their Fourier series fall too slowly to be cut, but they are piecewise elementary: with d = theta - theta_j the part
//! `E(d)` of `2 pi K` is even in d and the same on both sides of the source, the part `O(d)` is odd,
//!
//! ```text
//! n = 0:  E = pi                  O = -d
//! n = 1:  E = pi cos d            O = sin d - d cos d
//! n = 2:  E = pi (2 + cos 2d)     O = (3/2) sin 2d - d (2 + cos 2d)
//! ```
//!
//! and `2 pi K = E + sign(d) O` for |d| <= pi; beyond the antipode both change sign. Each part is a sum of products of a
//! function of theta and one of theta_j. So prefix sums of the latter over the sorted sources give every target its sum
//! by two look-ups: O(N) for the sums and O(1) a target on average, O(log N) at most.

use super::pair_forms::SAME;
use std::f64::consts::{PI, TAU};

use rayon::prelude::*;

use crate::blocks::{Running, block_count, block_size};

/// Most products that a kernel is expanded in.
const MOST_TERMS: usize = 6;

/// The numbers of a source or of a range of sources, as many as the order has, then zeros.
type Terms = [f64; MOST_TERMS];

/// A source in the order of angles.
#[derive(Clone, Copy, Default)]
struct Source {
    /// In [-pi, pi).
    angle: f64,
    direction: [f64; 2],
    index: u32,
}

/// `sum_j m_j K_n(angle between theta_i and theta_j)` over sources j for targets i, n = 0, 1 or 2.
///
/// Accurate to some 1e-14 of `sum_j |m_j|`. About 125 bytes a source; nothing is allocated after construction.
pub(crate) struct ArcCosineSums {
    order: usize,
    terms: usize,
    targets: usize,
    /// The sources' angles as they came: while they stay, so does their order.
    given: Vec<f64>,
    source: Vec<Source>,
    /// The circle in as many equal arcs as there are sources: the first source of each arc, and their number.
    start: Vec<u32>,
    /// Sums of the terms over the first 0, 1, ..., N sources, shape [N + 1, terms].
    prefix: Vec<f64>,
}

impl ArcCosineSums {
    /// Sums for so many sources and targets.
    ///
    /// # Panics
    /// If the order is above 2, or the sources are too many for 32-bit indices.
    pub(crate) fn new(order: usize, sources: usize, targets: usize) -> Self {
        assert!(order <= 2, "arc-cosine kernels of order 0, 1 and 2, not {order}");
        assert!(u32::try_from(sources).is_ok(), "at most 2^32 - 1 sources");
        let terms = 2 * (order + 1);
        Self {
            order,
            terms,
            targets,
            given: vec![f64::NAN; sources],
            source: vec![Source::default(); sources],
            start: vec![0; sources.max(1) + 1],
            prefix: vec![0.0; (sources + 1) * terms],
        }
    }

    /// `value[i] = sum_j mass[j] K_n(angle between target i and source j)`; angles in radians, any real numbers, masses of
    /// any sign.
    pub(crate) fn evaluate(&mut self, source: &[f64], mass: &[f64], target: &[f64], value: &mut [f64]) {
        self.load(source, mass);
        assert!(target.len() == self.targets && value.len() == self.targets, "the targets keep their number");
        let (sums, size) = (&*self, block_size(target.len()));
        value.par_chunks_mut(size).zip(target.par_chunks(size)).for_each(|(value, target)| {
            for (v, theta) in value.iter_mut().zip(target) {
                *v = sums.at(*theta).value(sums.order);
            }
        });
    }

    /// The same with the derivative with respect to the target's angle. A pair where it does not exist (order 0, at the
    /// angles 0 and pi) adds nothing to it.
    pub(crate) fn evaluate_with_derivative(
        &mut self,
        source: &[f64],
        mass: &[f64],
        target: &[f64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        self.load(source, mass);
        assert!(
            target.len() == self.targets && value.len() == self.targets && derivative.len() == self.targets,
            "the targets keep their number"
        );
        let (sums, size) = (&*self, block_size(target.len()));
        let results = value.par_chunks_mut(size).zip(derivative.par_chunks_mut(size));
        results.zip(target.par_chunks(size)).for_each(|((value, derivative), target)| {
            for ((v, d), theta) in value.iter_mut().zip(derivative).zip(target) {
                let at = sums.at(*theta);
                *v = at.value(sums.order);
                *d = if sums.order == 0 { sums.balance(at.theta) } else { at.derivative(sums.order) };
            }
        });
    }

    /// Sorts the sources and takes their prefix sums.
    fn load(&mut self, angle: &[f64], mass: &[f64]) {
        assert!(
            angle.len() == self.given.len() && mass.len() == angle.len(),
            "the sources keep their number"
        );
        if self.given != angle {
            self.given.copy_from_slice(angle);
            self.sort();
        }
        self.sum(mass);
    }

    /// Sorts by angle, ties by index: into arcs by counting, then within each arc.
    fn sort(&mut self) {
        let arcs = self.start.len() - 1;
        self.start.fill(0);
        for angle in &self.given {
            self.start[arc(reduce(*angle), arcs)] += 1;
        }
        let mut end = 0;
        for s in &mut self.start[..arcs] {
            end += *s;
            *s = end;
        }
        self.start[arcs] = end;
        for (index, angle) in self.given.iter().enumerate().rev() {
            let angle = reduce(*angle);
            let place = &mut self.start[arc(angle, arcs)];
            *place -= 1;
            self.source[*place as usize] = Source { angle, direction: [0.0; 2], index: index as u32 };
        }
        sort_arcs(&mut self.source, &self.start);
        self.source.par_iter_mut().with_min_len(1024).for_each(|s| {
            let (sine, cosine) = s.angle.sin_cos();
            s.direction = [cosine, sine];
        });
    }

    /// Prefix sums by blocks: those within a block, then what comes before it, so that an error is that of short sums.
    fn sum(&mut self, mass: &[f64]) {
        let (order, terms, count) = (self.order, self.terms, self.source.len());
        let size = block_size(count);
        let rows = &mut self.prefix[terms..];
        rows.par_chunks_mut(size * terms).zip(self.source.par_chunks(size)).for_each(|(rows, sources)| {
            let mut running = Running::<MOST_TERMS>::ZERO;
            for (row, s) in rows.chunks_exact_mut(terms).zip(sources) {
                running.add(&source_terms(order, s, mass[s.index as usize]));
                row.copy_from_slice(&running.value()[..terms]);
            }
        });
        let mut before = [0.0; MOST_TERMS];
        for block in 0..block_count(count) {
            let rows = &mut rows[block * size * terms..((block + 1) * size).min(count) * terms];
            if block > 0 {
                rows.par_chunks_exact_mut(terms).with_min_len(1024).for_each(|row| {
                    row.iter_mut().zip(&before).for_each(|(r, b)| *r += b);
                });
            }
            if let Some(last) = rows.chunks_exact(terms).last() {
                before[..terms].copy_from_slice(last);
            }
        }
    }

    /// The sums as a target at `theta` sees them.
    fn at(&self, theta: f64) -> Seen {
        let theta = reduce(theta);
        let (side, opposite) = antipode(theta);
        let here = self.prefix(self.before(theta));
        let there = self.prefix(self.before(opposite));
        let all = self.prefix(self.source.len());
        let (mut even, mut odd) = ([0.0; MOST_TERMS], [0.0; MOST_TERMS]);
        for i in 0..MOST_TERMS {
            even[i] = side * (all[i] - 2.0 * there[i]);
            odd[i] = 2.0 * (here[i] - there[i]) - side * all[i];
        }
        Seen { theta, even, odd }
    }

    /// `-1/(2 pi)` times the masses behind `theta` (by less than half a turn) less those ahead of it.
    fn balance(&self, theta: f64) -> f64 {
        let (side, opposite) = antipode(theta);
        let middle = |x: f64| {
            let first = self.prefix(self.before(x - SAME))[0];
            first + 0.5 * (self.prefix(self.before(x + SAME))[0] - first)
        };
        let all = self.prefix(self.source.len())[0];
        (side * all - 2.0 * (middle(theta) - middle(opposite))) / TAU
    }

    /// The number of sources before the angle `x`.
    fn before(&self, x: f64) -> usize {
        let arc = arc(x, self.start.len() - 1);
        let (first, last) = (self.start[arc] as usize, self.start[arc + 1] as usize);
        first + self.source[first..last].partition_point(|s| s.angle < x)
    }

    fn prefix(&self, count: usize) -> Terms {
        let mut terms = [0.0; MOST_TERMS];
        terms[..self.terms].copy_from_slice(&self.prefix[count * self.terms..(count + 1) * self.terms]);
        terms
    }
}

/// An angle in [-pi, pi), where what rounds to pi is -pi.
fn reduce(angle: f64) -> f64 {
    let mut x = angle;
    if !(-PI..PI).contains(&x) {
        x = (x + PI).rem_euclid(TAU) - PI;
    }
    if x >= PI - SAME { -PI } else { x }
}

/// The arc of a reduced angle; those beyond the ends are in the outermost arcs. Never decreases with the angle.
fn arc(x: f64, arcs: usize) -> usize {
    (((x + PI) * (arcs as f64 / TAU)) as usize).min(arcs - 1)
}

/// Half a turn from a reduced angle, and whether that lies before it (1) or behind (-1).
fn antipode(theta: f64) -> (f64, f64) {
    let opposite = reduce(if theta >= 0.0 { theta - PI } else { theta + PI });
    (if opposite <= theta { 1.0 } else { -1.0 }, opposite)
}

/// Sorts the sources within each arc; `start` holds the arcs' first sources and the end.
fn sort_arcs(source: &mut [Source], start: &[u32]) {
    const FEW: usize = 4096;
    let arcs = start.len() - 1;
    let base = start[0];
    if arcs <= FEW {
        for arc in start.windows(2) {
            source[(arc[0] - base) as usize..(arc[1] - base) as usize]
                .sort_unstable_by(|a, b| a.angle.total_cmp(&b.angle).then(a.index.cmp(&b.index)));
        }
        return;
    }
    let middle = arcs / 2;
    let (left, right) = source.split_at_mut((start[middle] - base) as usize);
    rayon::join(|| sort_arcs(left, &start[..=middle]), || sort_arcs(right, &start[middle..]));
}

/// What a source adds to the prefix sums.
fn source_terms(order: usize, source: &Source, mass: f64) -> Terms {
    let (s, [cosine, sine]) = (source.angle, source.direction);
    let m = mass;
    match order {
        0 => [m, m * s, 0.0, 0.0, 0.0, 0.0],
        1 => [m * cosine, m * sine, m * s * cosine, m * s * sine, 0.0, 0.0],
        _ => {
            let [cosine, sine] = [(cosine - sine) * (cosine + sine), 2.0 * sine * cosine];
            [m * cosine, m * sine, m * s * cosine, m * s * sine, m, m * s]
        }
    }
}

/// A target's angle and the sums of the sources' terms, each with the sign of the even and of the odd part.
struct Seen {
    theta: f64,
    even: Terms,
    odd: Terms,
}

impl Seen {
    fn value(&self, order: usize) -> f64 {
        let (theta, e, o) = (self.theta, &self.even, &self.odd);
        let parts = match order {
            0 => PI * e[0] - (theta * o[0] - o[1]),
            1 => {
                let turn = theta.sin_cos();
                let distance_cosine = theta * cosine(turn, o[0], o[1]) - cosine(turn, o[2], o[3]);
                PI * cosine(turn, e[0], e[1]) + sine(turn, o[0], o[1]) - distance_cosine
            }
            _ => {
                let turn = (2.0 * theta).sin_cos();
                let distance_cosine = theta * cosine(turn, o[0], o[1]) - cosine(turn, o[2], o[3]);
                let distance = theta * o[4] - o[5];
                PI * (2.0 * e[4] + cosine(turn, e[0], e[1])) + 1.5 * sine(turn, o[0], o[1])
                    - (2.0 * distance + distance_cosine)
            }
        };
        parts / TAU
    }

    /// The derivative of order 1 or 2.
    fn derivative(&self, order: usize) -> f64 {
        let (theta, e, o) = (self.theta, &self.even, &self.odd);
        let turn = (order as f64 * theta).sin_cos();
        let distance_sine = theta * sine(turn, o[0], o[1]) - sine(turn, o[2], o[3]);
        let parts = if order == 1 {
            distance_sine - PI * sine(turn, e[0], e[1])
        } else {
            2.0 * (cosine(turn, o[0], o[1]) - o[4] + distance_sine - PI * sine(turn, e[0], e[1]))
        };
        parts / TAU
    }
}

/// `sum_j m_j cos(n (theta - theta_j))`, given (sin, cos) of `n theta` and the sums of `m_j cos` and `m_j sin`.
fn cosine((sine, cosine): (f64, f64), c: f64, s: f64) -> f64 {
    cosine * c + sine * s
}

/// `sum_j m_j sin(n (theta - theta_j))` likewise.
fn sine((sine, cosine): (f64, f64), c: f64, s: f64) -> f64 {
    sine * c - cosine * s
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// K_n and its derivative with respect to the signed difference `d` in [-pi, pi].
    fn kernel(order: usize, d: f64) -> [f64; 2] {
        let t = d.abs();
        let sign = if t <= SAME || t >= PI - SAME { 0.0 } else { d.signum() };
        let (s, c) = t.sin_cos();
        let [value, slope] = match order {
            0 => [PI - t, -1.0],
            1 => [s + (PI - t) * c, -(PI - t) * s],
            _ => [3.0 * s * c + (PI - t) * (1.0 + 2.0 * c * c), -4.0 * s * s - 4.0 * (PI - t) * s * c],
        };
        [value / TAU, sign * slope / TAU]
    }

    fn difference(a: f64, b: f64) -> f64 {
        let d = (a - b + PI).rem_euclid(TAU) - PI;
        if (a - b).abs() < PI { a - b } else { d }
    }

    /// Angles as arc tangents give them: random, clustered, duplicated, antipodal, on the axes with zeros of both signs.
    fn angles(kind: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let anchor: f64 = PI * (2.0 * rng.random::<f64>() - 1.0);
        (0..count)
            .map(|j| match kind {
                0 => PI * (2.0 * rng.random::<f64>() - 1.0),
                1 => anchor + 1e-7 * rng.random::<f64>(),
                2 => anchor,
                3 => {
                    let x = [anchor.cos(), anchor.sin()].map(|x| if j % 2 == 0 { x } else { -x });
                    x[1].atan2(x[0])
                }
                4 => {
                    let zero = if rng.random::<bool>() { 0.0 } else { -0.0 };
                    let x = [[1.0, zero], [zero, 1.0], [-1.0, zero], [zero, -1.0]][j % 4];
                    f64::atan2(x[1], x[0])
                }
                _ => [PI, -PI, 0.0, -1e-300, 1e-17, PI - 1e-9, 7.0 * PI, -20.0][j % 8],
            })
            .collect()
    }

    #[test]
    fn law_arc_cosine_sums_equal_the_sums_over_pairs() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for order in 0..=2 {
            for (n, m) in [(0, 3), (1, 1), (2, 5), (37, 41), (1009, 300), (10_000, 211), (97, 0)] {
                for (from, to) in (0..6).flat_map(|a| (0..6).map(move |b| (a, b))) {
                    let source = angles(from, n, &mut rng);
                    let mut target = angles(to, m, &mut rng);
                    // Some targets at sources and opposite to them.
                    for (i, s) in source.iter().enumerate().take(m / 2) {
                        let x = [s.cos(), s.sin()].map(|x| if i % 2 == 0 { x } else { -x });
                        target[i] = if i % 2 == 0 { *s } else { x[1].atan2(x[0]) };
                    }
                    let mass: Vec<f64> = (0..n).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect();
                    let scale: f64 = mass.iter().map(|m| m.abs()).sum();
                    let mut sums = ArcCosineSums::new(order, n, m);
                    let (mut value, mut derivative, mut alone) = (vec![0.0; m], vec![0.0; m], vec![0.0; m]);
                    sums.evaluate(&angles(0, n, &mut rng), &mass, &target, &mut alone);
                    sums.evaluate(&source, &mass, &target, &mut alone);
                    sums.evaluate_with_derivative(&source, &mass, &target, &mut value, &mut derivative);
                    assert_eq!(alone, value);
                    for i in 0..m {
                        let (mut v, mut d) = (0.0, 0.0);
                        for (s, q) in source.iter().zip(&mass) {
                            let [k, slope] = kernel(order, difference(target[i], *s));
                            v += q * k;
                            d += q * slope;
                        }
                        let place = format!("order {order}, {n} sources {from}, target {to} {}", target[i]);
                        assert!((value[i] - v).abs() <= 2e-14 * scale, "{place}: {} and not {v}", value[i]);
                        // Angles many turns away are themselves rounded, and a jump is lost or won.
                        if order > 0 || (from < 5 && to < 5) {
                            let gap = (derivative[i] - d).abs();
                            assert!(gap <= 3e-14 * scale, "{place}: {} and not {d}", derivative[i]);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn law_arc_cosine_sums_do_not_depend_on_the_number_of_threads() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let (source, target) = (angles(0, 40_009, &mut rng), angles(0, 997, &mut rng));
        let mass: Vec<f64> = (0..source.len()).map(|_| rng.random::<f64>()).collect();
        let run = || {
            let mut sums = ArcCosineSums::new(1, source.len(), target.len());
            let (mut value, mut derivative) = (vec![0.0; target.len()], vec![0.0; target.len()]);
            sums.evaluate_with_derivative(&source, &mass, &target, &mut value, &mut derivative);
            value.extend(derivative);
            value.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run);
        assert_eq!(on(1), on(3));
    }
}
