//! Networks without kinks: the identity and the quadratic activation see the units and the data through moments alone.
//!
//! `sum_j w_j (u_j . x)^k` is linear in the moment `sum_j w_j u_j` (k = 1) or quadratic in x with the matrix
//! `sum_j w_j u_j u_j^T` (k = 2): O((N + n) p^k) an evaluation in place of O(N n p). Analysis takes moments of the units and
//! evaluates their form at the data; synthesis the other way round.

use pulp::Arch;
use rayon::prelude::*;
use std::ops::Range;

use super::DataNetwork;
use crate::blocks::{VectorSum, block_size};
use crate::objective::features::{FeatureMap, Placed};
use crate::vectorized::vectorized;

/// Points per inner loop where there are many: what a loop needs of them stays in the first-level cache.
pub(super) const CHUNK: usize = 64;

/// Numbers of the moment of degree k of vectors of `inputs` coordinates: for k = 2 the lower triangle of a symmetric matrix by
/// rows.
pub(super) fn moment_len(degree: u32, inputs: usize) -> usize {
    if degree == 1 { inputs } else { inputs * (inputs + 1) / 2 }
}

/// Vectors by columns: of each coordinate the numbers of all of them, with a chunk of zeros behind.
type Columns = Vec<Vec<f64>>;

/// Adds `sum_i weight_i x_i` or `sum_i weight_i x_i x_i^T` over the points of `range`.
#[inline(always)]
pub(super) fn add_moment<const C: usize>(
    degree: u32,
    columns: &[Vec<f64>],
    weight: &[f64],
    range: Range<usize>,
    moment: &mut [f64],
) {
    for start in range.clone().step_by(C) {
        let mut w = [0.0; C];
        let end = (start + C).min(range.end);
        w[..end - start].copy_from_slice(&weight[start..end]);
        if degree == 1 {
            for (moment, x) in moment.iter_mut().zip(columns) {
                *moment += inner(&w, chunk(x, start));
            }
            continue;
        }
        let mut moment = moment.iter_mut();
        for (d, x) in columns.iter().enumerate() {
            let mut wx = w;
            let x = chunk::<C>(x, start);
            for i in 0..C {
                wx[i] *= x[i];
            }
            // In this order: a zip takes from its first iterator before it sees the end of its second.
            for (y, moment) in columns[..=d].iter().zip(moment.by_ref()) {
                *moment += inner(&wx, chunk(y, start));
            }
        }
    }
}

/// The form of a moment at a chunk of points: for each coordinate d `sum_e M_de x_e` (k = 2) or `M_d` (k = 1) goes to
/// `each`; returns the form's values.
#[inline(always)]
pub(super) fn form<const C: usize>(
    degree: u32,
    columns: &[Vec<f64>],
    moment: &[f64],
    start: usize,
    mut each: impl FnMut(usize, &[f64; C]),
) -> [f64; C] {
    let mut value = [0.0; C];
    for (d, x) in columns.iter().enumerate() {
        let mut row = [0.0; C];
        if degree == 1 {
            row.fill(moment[d]);
        } else {
            for (e, y) in columns.iter().enumerate() {
                let (long, short) = (d.max(e), d.min(e));
                let entry = moment[long * (long + 1) / 2 + short];
                let y = chunk::<C>(y, start);
                for i in 0..C {
                    row[i] = entry.mul_add(y[i], row[i]);
                }
            }
        }
        let x = chunk::<C>(x, start);
        for i in 0..C {
            value[i] = row[i].mul_add(x[i], value[i]);
        }
        each(d, &row);
    }
    value
}

#[inline(always)]
fn chunk<const C: usize>(column: &[f64], start: usize) -> &[f64; C] {
    column[start..].first_chunk().expect("columns are padded to whole chunks")
}

#[inline(always)]
fn inner<const C: usize>(a: &[f64; C], b: &[f64; C]) -> f64 {
    let mut lanes = [0.0_f64; 16];
    for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
        for k in 0..16 {
            lanes[k] = a[k].mul_add(b[k], lanes[k]);
        }
    }
    lanes.iter().sum()
}

/// A network of a pure power `(u . x)^k` at any units.
pub(super) struct Moments {
    degree: u32,
    /// Output weights take this many coordinates of a unit: 1 or 0.
    first: usize,
    data: Columns,
    units: Columns,
    /// Mass times output weight of each unit.
    weight: Vec<f64>,
    over_units: VectorSum,
    over_data: VectorSum,
    moment: Vec<f64>,
    arch: Arch,
}

impl Moments {
    /// The network at `points`, shape [N, dim] flat.
    pub fn new(network: &DataNetwork, points: &[f64]) -> Self {
        let degree = network.activation.pieces().degree;
        let (dim, len) = (network.dim(), moment_len(degree, network.input_dim()));
        let count = points.len() / dim;
        let padded = |column: &Vec<f64>| {
            let mut column = column[..network.count].to_vec();
            column.resize(network.count + CHUNK, 0.0);
            column
        };
        let mut placed = Self {
            degree,
            first: dim - network.input_dim(),
            data: network.inputs.iter().map(padded).collect(),
            units: vec![vec![0.0; count + CHUNK]; dim],
            weight: vec![0.0; count],
            over_units: VectorSum::new(count, len),
            over_data: VectorSum::new(network.count, len),
            moment: vec![0.0; len],
            arch: Arch::new(),
        };
        placed.move_to(points);
        placed
    }

    /// Sets the moment to that of the data, weighted by the dual.
    fn sum_data(&mut self, dual: &[f64]) {
        let (degree, arch, data) = (self.degree, self.arch, &self.data);
        self.over_data.run(&mut self.moment, |range, moment| {
            vectorized(
                arch,
                #[inline(always)]
                || add_moment::<CHUNK>(degree, data, dual, range.clone(), moment),
            );
        });
    }

    /// The points that a thread takes at a time, whole chunks.
    fn share(points: usize) -> usize {
        block_size(points).next_multiple_of(CHUNK)
    }
}

impl Placed for Moments {
    fn structure(&self) -> Option<&'static str> {
        Some("moments")
    }

    fn move_to(&mut self, points: &[f64]) {
        let (dim, size) = (self.units.len(), block_size(self.weight.len()));
        for (d, column) in self.units.iter_mut().enumerate() {
            let blocks = column.par_chunks_mut(size).zip(points.par_chunks(size * dim));
            blocks.for_each(|(column, points)| {
                column.iter_mut().zip(points.chunks_exact(dim)).for_each(|(slot, eta)| *slot = eta[d]);
            });
        }
    }

    fn analyze(&mut self, mass: &[f64], prediction: &mut [f64]) {
        let (outputs, units) = self.units.split_at(self.first);
        let weight = match outputs {
            [] => mass,
            [output, ..] => {
                let size = block_size(mass.len());
                let factors = mass.par_chunks(size).zip(output.par_chunks(size));
                self.weight.par_chunks_mut(size).zip(factors).for_each(|(weight, (mass, output))| {
                    weight.iter_mut().zip(mass.iter().zip(output)).for_each(|(w, (q, a))| *w = q * a);
                });
                &self.weight[..]
            }
        };
        let (degree, arch) = (self.degree, self.arch);
        self.over_units.run(&mut self.moment, |range, moment| {
            vectorized(
                arch,
                #[inline(always)]
                || add_moment::<CHUNK>(degree, units, weight, range.clone(), moment),
            );
        });
        let (data, moment) = (&self.data, &self.moment);
        let size = Self::share(prediction.len());
        prediction.par_chunks_mut(size).enumerate().for_each(|(b, prediction)| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    for (c, h) in prediction.chunks_mut(CHUNK).enumerate() {
                        h.copy_from_slice(
                            &form::<CHUNK>(
                                degree,
                                data,
                                moment,
                                b * size + c * CHUNK,
                                #[inline(always)]
                                |_, _| (),
                            )[..h.len()],
                        );
                    }
                },
            );
        });
    }

    fn synthesize(&mut self, dual: &[f64], value: &mut [f64]) {
        self.sum_data(dual);
        let (degree, arch, moment) = (self.degree, self.arch, &self.moment);
        let (outputs, units) = self.units.split_at(self.first);
        let size = Self::share(value.len());
        value.par_chunks_mut(size).enumerate().for_each(|(b, value)| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    for (c, value) in value.chunks_mut(CHUNK).enumerate() {
                        let start = b * size + c * CHUNK;
                        value.copy_from_slice(
                            &form::<CHUNK>(
                                degree,
                                units,
                                moment,
                                start,
                                #[inline(always)]
                                |_, _| (),
                            )[..value.len()],
                        );
                        for output in outputs {
                            value.iter_mut().zip(&output[start..]).for_each(|(v, a)| *v *= a);
                        }
                    }
                },
            );
        });
    }

    fn synthesize_gradient(&mut self, dual: &[f64], value: &mut [f64], gradient: &mut [f64]) {
        self.sum_data(dual);
        let (degree, arch, moment, first) = (self.degree, self.arch, &self.moment, self.first);
        let (all, dim) = (&self.units, self.units.len());
        let size = Self::share(value.len());
        let rows = gradient.par_chunks_mut(size * dim);
        value.par_chunks_mut(size).zip(rows).enumerate().for_each(|(b, (value, rows))| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    let chunks = value.chunks_mut(CHUNK).zip(rows.chunks_mut(CHUNK * dim));
                    for (c, (value, rows)) in chunks.enumerate() {
                        let start = b * size + c * CHUNK;
                        let mut output = [f64::from(degree); CHUNK];
                        for a in &all[..first] {
                            output.iter_mut().zip(chunk::<CHUNK>(a, start)).for_each(|(k, a)| *k *= a);
                        }
                        let seen = form::<CHUNK>(
                            degree,
                            &all[first..],
                            moment,
                            start,
                            #[inline(always)]
                            |d, row| {
                                for (slot, (g, a)) in
                                    rows[first + d..].iter_mut().step_by(dim).zip(row.iter().zip(&output))
                                {
                                    *slot = a * g;
                                }
                            },
                        );
                        for (j, value) in value.iter_mut().enumerate() {
                            *value = seen[j] * output[j] / f64::from(degree);
                            rows[j * dim..j * dim + first].fill(seen[j]);
                        }
                        project(all, start, rows);
                    }
                },
            );
        });
    }
}

/// Takes from each row its part along the point, as `project_on_tangent` does of rows.
#[inline(always)]
fn project(points: &[Vec<f64>], start: usize, rows: &mut [f64]) {
    for (j, row) in rows.chunks_exact_mut(points.len()).enumerate() {
        let along: f64 = row.iter().zip(points).map(|(g, column)| g * column[start + j]).sum();
        row.iter_mut().zip(points).for_each(|(g, column)| *g -= along * column[start + j]);
    }
}
