//! Networks on data in the plane: exact sums over half circles, O(N + n) an evaluation.
//!
//! A unit of input weights u sees the data point x on its positive side iff the direction of u lies on the open half circle about that
//! of x. The 2n ends of these half circles, sorted once and without repetition, cut the circle of directions into *bins*: the
//! ends themselves (points) and the open arcs between them. All units of a bin see the same data on each side. So the
//! analysis needs the units' moments of each bin alone, summed over half circles by differences of running sums; the synthesis needs
//! for each bin the moments of the data on its two sides, running sums again. Act is a power of degree k on each side, so the
//! moments are of degree k: `sum w u` or `sum w u u^T`. A data point exactly across a unit counts on neither side.

use pulp::Arch;
use rayon::prelude::*;

use super::{DataNetwork, Layers};
use crate::blocks::{self, Running, VectorSum, block_size};
use crate::objective::features::{FeatureMap, Placed, project_on_tangent};
use crate::vectorized::vectorized;

/// Buckets of the table for each end of a half circle.
const BUCKETS_PER_END: usize = 4;

/// Data that a thread takes at least.
const LEAST_DATA: usize = 1024;

/// The data, sorted: the half circle of each point as a range of bins, and the bins.
struct Circle {
    /// Where the bins' points are, by [`pseudo_angle`]: bin 2m is the point `ends[m]`, bin 2m + 1 the arc behind it; after the last, infinity.
    ends: Vec<f64>,
    /// Buckets of equal pseudo-angle: how many ends lie before each; one more at the end.
    before: Vec<u32>,
    /// The data points, with a zero second coordinate where there is one only.
    data: Vec<[f64; 2]>,
    /// The bins of the two ends of each data point's positive half circle, counterclockwise; none where x = 0.
    halves: Vec<Option<[u32; 2]>>,
}

/// A monotone function of the angle of a direction, in [-2, 2], by comparison and one division: directions that are equal,
/// or differ by a power of two, have equal ones. The origin has none (NaN).
#[inline(always)]
fn pseudo_angle([x, y]: [f64; 2]) -> f64 {
    let part = y / (x.abs() + y.abs());
    // The sum makes +0 of -0: either is the end of the second quadrant.
    let behind = 2.0_f64.copysign(y + 0.0) - part;
    if x >= 0.0 { part } else { behind }
}

impl Circle {
    fn new(network: &DataNetwork) -> Self {
        let coordinate = |d: usize, i: usize| network.inputs.get(d).map_or(0.0, |column| column[i]);
        let data: Vec<[f64; 2]> = (0..network.count).map(|i| [0, 1].map(|d| coordinate(d, i))).collect();
        let across = |[x, y]: &[f64; 2]| [[*y, -x], [-y, *x]].map(pseudo_angle);
        let mut ends: Vec<f64> = data.iter().flat_map(across).filter(|key| !key.is_nan()).collect();
        ends.sort_unstable_by(f64::total_cmp);
        ends.dedup();
        let mut circle = Self { ends, before: Vec::new(), data, halves: Vec::new() };
        circle.ends.push(f64::INFINITY);
        let buckets = (BUCKETS_PER_END * circle.count()).max(1);
        circle.before = (0..=buckets)
            .map(|b| circle.ends.partition_point(|key| bucket(*key, buckets) < b) as u32)
            .collect();
        let half = |x: &[f64; 2]| {
            let keys = across(x);
            keys.iter().all(|key| !key.is_nan()).then(|| keys.map(|key| circle.bin_of_key(key)))
        };
        circle.halves = circle.data.iter().map(half).collect();
        circle
    }

    /// The number of bins; the bin of that number is the origin's, where nothing is seen.
    fn bins(&self) -> usize {
        2 * self.count()
    }

    /// The number of ends.
    #[inline(always)]
    fn count(&self) -> usize {
        self.ends.len() - 1
    }

    #[inline(always)]
    fn bin(&self, input_weights: [f64; 2]) -> u32 {
        let key = pseudo_angle(input_weights);
        if key.is_nan() { self.bins() as u32 } else { self.bin_of_key(key) }
    }

    #[inline(always)]
    fn bin_of_key(&self, key: f64) -> u32 {
        if self.count() == 0 {
            return 0;
        }
        let bucket = bucket(key, self.before.len() - 1);
        let (first, last) = (self.before[bucket] as usize, self.before[bucket + 1] as usize);
        // Most buckets hold an end or none, and the end behind an empty bucket is not before the key.
        let mut m = first + usize::from(self.ends[first] < key);
        if last - first > 1 {
            m = first + self.ends[first..last].partition_point(|end| *end < key);
        }
        if self.ends[m] == key {
            return 2 * m as u32;
        }
        2 * (if m == 0 { self.count() } else { m }) as u32 - 1
    }
}

/// The bucket of a pseudo-angle: monotone, so that the ends of a bucket are a range.
#[inline(always)]
fn bucket(key: f64, buckets: usize) -> usize {
    (((key + 2.0) * (0.25 * buckets as f64)) as usize).min(buckets - 1)
}

/// Moments of degree k of a point of the plane: M = 2 or 3 numbers.
#[inline(always)]
fn moments<const M: usize>(weight: f64, [x, y]: [f64; 2]) -> [f64; M] {
    let mut moments = [0.0; M];
    if M == 2 {
        moments[..2].copy_from_slice(&[weight * x, weight * y]);
    } else {
        let (wx, wy) = (weight * x, weight * y);
        moments.copy_from_slice(&[wx * x, wx * y, wy * y]);
    }
    moments
}

/// The moments' effect on a point: `G` with `(point . G)` the sum of `weight (x . point)^k`.
#[inline(always)]
fn gradient<const M: usize>(moments: &[f64; M], [x, y]: [f64; 2]) -> [f64; 2] {
    if M == 2 {
        [moments[0], moments[1]]
    } else {
        [moments[0].mul_add(x, moments[1] * y), moments[1].mul_add(x, moments[2] * y)]
    }
}

#[inline(always)]
fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0].mul_add(b[0], a[1] * b[1])
}

/// A network at units of one or two input weights, with moments of `M` numbers.
struct Plane<const M: usize> {
    layers: Layers,
    inputs: usize,
    dim: usize,
    positive: f64,
    /// Of `(u . x)^k`, not of `(-u . x)^k`.
    negative: f64,
    circle: Circle,
    points: Vec<f64>,
    /// The bin of each unit.
    bins: Vec<u32>,
    sum: VectorSum,
    /// Moments of each bin; after the last the origin's.
    table: Vec<f64>,
    arch: Arch,
}

/// The network at `points`, shape [N, dim] flat, for one or two inputs.
pub(super) fn place(network: &DataNetwork, points: &[f64]) -> Box<dyn Placed> {
    match network.activation.pieces().degree {
        1 => Box::new(Plane::<2>::new(network, points)),
        _ => Box::new(Plane::<3>::new(network, points)),
    }
}

impl<const M: usize> Plane<M> {
    fn new(network: &DataNetwork, points: &[f64]) -> Self {
        let pieces = network.activation.pieces();
        let circle = Circle::new(network);
        let units = points.len() / network.dim();
        let len = (circle.bins() + 1) * M;
        let mut plane = Self {
            layers: network.layers,
            inputs: network.input_dim(),
            dim: network.dim(),
            positive: pieces.positive,
            negative: if pieces.degree == 1 { -pieces.negative } else { pieces.negative },
            circle,
            points: points.to_vec(),
            bins: vec![0; units],
            sum: VectorSum::new(units, len),
            table: vec![0.0; len],
            arch: Arch::new(),
        };
        plane.locate();
        plane
    }

    /// Finds the bin of each unit.
    fn locate(&mut self) {
        let (dim, circle, arch) = (self.dim, &self.circle, self.arch);
        let unit = self.unit();
        let size = block_size(self.bins.len());
        self.bins.par_chunks_mut(size).zip(self.points.par_chunks(size * dim)).for_each(|(bins, points)| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    for (bin, eta) in bins.iter_mut().zip(points.chunks_exact(dim)) {
                        *bin = circle.bin(unit(eta).1);
                    }
                },
            );
        });
    }

    /// Splits eta into its output and input weights.
    fn unit(&self) -> impl Fn(&[f64]) -> (f64, [f64; 2]) + Copy + Send + Sync + use<M> {
        let first = usize::from(self.layers == Layers::Two);
        let planar = self.inputs == 2;
        #[inline(always)]
        move |eta| {
            let output = if first == 1 { eta[0] } else { 1.0 };
            (output, [eta[first], if planar { eta[first + 1] } else { 0.0 }])
        }
    }

    /// Sets the table to the moments of the data that a unit of each bin sees, weighted by the dual and by act's coefficient on
    /// their side. A datum enters a side where its half circle begins and leaves it where that ends.
    fn sum_data(&mut self, dual: &[f64]) {
        let bins = self.circle.bins();
        let (table, _) = pulp::as_arrays_mut::<M, f64>(&mut self.table);
        table.fill([0.0; M]);
        let mut running = Running::ZERO;
        let mut side = |coefficient: f64, dual: f64, x: [f64; 2], [from, to]: [u32; 2]| {
            let change: [f64; M] = moments(coefficient * dual, x);
            for (m, change) in change.iter().enumerate() {
                table[from as usize + 1][m] += change;
                table[to as usize][m] -= change;
            }
            if from > to {
                running.add(&change);
            }
        };
        for ((half, x), g) in self.circle.halves.iter().zip(&self.circle.data).zip(dual) {
            let Some([from, to]) = *half else { continue };
            side(self.positive, *g, *x, [from, to]);
            if self.negative != 0.0 {
                side(self.negative, *g, *x, [to, from]);
            }
        }
        for entry in &mut table[..bins] {
            running.add(entry);
            *entry = running.value();
        }
    }

    /// Sets the table to the sums over the bins before each one, of the units' moments.
    fn sum_units(&mut self, mass: &[f64]) {
        let (unit, dim, arch) = (self.unit(), self.dim, self.arch);
        let (points, bins) = (&self.points, &self.bins);
        self.sum.run(&mut self.table, |units, partial| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    let (partial, _) = pulp::as_arrays_mut::<M, f64>(partial);
                    let points = points[units.start * dim..units.end * dim].chunks_exact(dim);
                    for ((eta, q), bin) in points.zip(&mass[units.clone()]).zip(&bins[units.clone()]) {
                        let (output, input_weights) = unit(eta);
                        let moments: [f64; M] = moments(q * output, input_weights);
                        let slot = &mut partial[*bin as usize];
                        for m in 0..M {
                            slot[m] += moments[m];
                        }
                    }
                },
            );
        });
        let (table, _) = pulp::as_arrays_mut::<M, f64>(&mut self.table);
        let mut running = Running::ZERO;
        for entry in table {
            let moments = *entry;
            *entry = running.value();
            running.add(&moments);
        }
    }
}

impl<const M: usize> Placed for Plane<M> {
    fn structure(&self) -> Option<&'static str> {
        Some("half circles")
    }

    fn move_to(&mut self, points: &[f64]) {
        blocks::copy(points, &mut self.points);
        self.locate();
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        self.sum_units(mass);
        let (before, _) = pulp::as_arrays::<M, f64>(&self.table);
        let all = before[self.circle.bins()];
        // The units of the bins strictly between two points.
        let between = |from: u32, to: u32| -> [f64; M] {
            let (after, until) = (before[from as usize + 1], before[to as usize]);
            std::array::from_fn(
                |m| if from < to { until[m] - after[m] } else { all[m] - after[m] + until[m] },
            )
        };
        let (circle, positive, negative) = (&self.circle, self.positive, self.negative);
        let seen = |half: &Option<[u32; 2]>, x: [f64; 2]| {
            let Some([from, to]) = *half else { return 0.0 };
            let mut seen = between(from, to).map(|moment| positive * moment);
            if negative != 0.0 {
                seen.iter_mut().zip(between(to, from)).for_each(|(seen, moment)| *seen += negative * moment);
            }
            dot(x, gradient(&seen, x))
        };
        let size = block_size(prediction.len()).max(LEAST_DATA);
        let data = circle.halves.par_chunks(size).zip(circle.data.par_chunks(size));
        prediction.par_chunks_mut(size).zip(data).for_each(|(prediction, (halves, data))| {
            for (h, (half, x)) in prediction.iter_mut().zip(halves.iter().zip(data)) {
                *h = seen(half, *x);
            }
        });
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.sum_data(dual);
        let (unit, dim, arch) = (self.unit(), self.dim, self.arch);
        let (table, _) = pulp::as_arrays::<M, f64>(&self.table);
        let size = block_size(value.len());
        let units = self.points.par_chunks(size * dim).zip(self.bins.par_chunks(size));
        value.par_chunks_mut(size).zip(units).for_each(|(value, (points, bins))| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    for (v, (eta, bin)) in value.iter_mut().zip(points.chunks_exact(dim).zip(bins)) {
                        let (output, u) = unit(eta);
                        *v = output * dot(u, gradient(&table[*bin as usize], u));
                    }
                },
            );
        });
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradients: &mut [f64]) {
        self.sum_data(dual);
        let (unit, dim, arch) = (self.unit(), self.dim, self.arch);
        let (first, degree) = (dim - self.inputs, (M - 1) as f64);
        let (table, _) = pulp::as_arrays::<M, f64>(&self.table);
        let size = block_size(value.len());
        let units = self.points.par_chunks(size * dim).zip(self.bins.par_chunks(size));
        let rows = gradients.par_chunks_mut(size * dim);
        value.par_chunks_mut(size).zip(rows).zip(units).for_each(|((value, rows), (points, bins))| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    let units = points.chunks_exact(dim).zip(bins).zip(rows.chunks_exact_mut(dim));
                    for (v, ((eta, bin), row)) in value.iter_mut().zip(units) {
                        let (output, u) = unit(eta);
                        let seen = gradient(&table[*bin as usize], u);
                        let along = dot(u, seen);
                        *v = output * along;
                        row[0] = along;
                        for (slot, seen) in row[first..].iter_mut().zip(seen) {
                            *slot = degree * output * seen;
                        }
                    }
                    project_on_tangent(points, rows, dim);
                },
            );
        });
    }
}
