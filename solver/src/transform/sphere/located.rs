//! Points located on a grid of colatitudes and longitudes: spreading on it, and interpolation from it.
//!
//! Points are sorted by tiles of the grid, so that neighbours in memory are neighbours on the sphere, and dealt out in
//! equal chunks. A chunk is spread on rows of its own, and the rows of the chunks are added in their order: the same
//! bits on any number of threads, however the points cluster.

use pulp::Arch;
use rayon::prelude::*;

use super::angles::{Angles, Location};
use super::grid::Frame;
use super::tiles::TileOrder;
use crate::blocks::block_size;
use crate::transform::spreading::{AtWidth, SpreadingKernel};
use crate::vectorized::vectorized;

/// The most chunks that points are dealt out in.
const MOST_CHUNKS: usize = 16;

/// Points that are worth a chunk of their own.
const LEAST_CHUNK: usize = 2048;

/// Rows and columns of a tile, in nodes.
const TILE: [usize; 2] = [8, 32];

/// Points on the grid, in the order of its tiles.
pub(super) struct LocatedPoints {
    frame: Frame,
    kernel: SpreadingKernel,
    angles: Angles,
    /// The first of the nodes around each point, row by row with the frame, sorted.
    start: Vec<u32>,
    /// The offsets of each point in its cell, by row and column, sorted.
    offset: Vec<[f64; 2]>,
    /// Which of the caller's points it is.
    index: Vec<u32>,
    /// The inverse of `index`; while points are sorted, the tile of each.
    slot: Vec<u32>,
    order: TileOrder,
    /// Points of a chunk.
    chunk: usize,
    /// The rows, frame included, that each chunk spreads on.
    rows: [std::ops::Range<usize>; MOST_CHUNKS],
    /// The rows of the chunks one after the other.
    own: Vec<f64>,
    /// Up to four sums a point, sorted; while points are located, their rows and columns.
    sums: Vec<f64>,
    arch: Arch,
}

impl LocatedPoints {
    /// Room for `count` points on a grid.
    pub(super) fn new(frame: Frame, kernel: SpreadingKernel, count: usize) -> Self {
        let chunks = (count / LEAST_CHUNK).clamp(1, MOST_CHUNKS);
        let [tall, wide] = TILE;
        let tiles = (frame.around / 2 / tall + 1) * frame.around.div_ceil(wide);
        let rows = frame.rows() + chunks * (tall + kernel.width());
        Self {
            frame,
            kernel,
            angles: Angles::new(),
            start: vec![0; count],
            offset: vec![[0.0; 2]; count],
            index: vec![0; count],
            slot: vec![0; count],
            order: TileOrder::new(count, tiles),
            chunk: count.div_ceil(chunks).max(1),
            rows: Default::default(),
            own: vec![0.0; rows * frame.columns()],
            sums: vec![0.0; 4 * count],
            arch: Arch::new(),
        }
    }

    /// Number of points N.
    pub(super) fn len(&self) -> usize {
        self.start.len()
    }

    /// Locates `points`, shape [N, 3] flat, and sorts them.
    pub(super) fn move_to(&mut self, points: &[f64]) {
        assert_eq!(points.len(), 3 * self.start.len(), "points keep their number");
        self.locate(points);
        self.sort();
        let [tall, _] = TILE;
        let (count, chunk, width) = (self.start.len(), self.chunk, self.kernel.width());
        self.rows = std::array::from_fn(|c| {
            let range = (c * chunk).min(count)..((c + 1) * chunk).min(count);
            if range.is_empty() {
                return 0..0;
            }
            // Points are sorted by bands of `tall` rows. Of cell r, the nodes are rows r to r + W - 1 with the frame.
            let band = |i: usize| self.start[i] as usize / self.frame.columns() / tall * tall;
            let last = (band(range.end - 1) + tall - 1).min(self.frame.around / 2);
            band(range.start)..last + width
        });
    }

    /// Rows, columns and tiles of points, in the caller's order.
    fn locate(&mut self, points: &[f64]) {
        let Self { frame, angles, arch, .. } = self;
        let [tall, wide] = TILE;
        let tiles_across = frame.around.div_ceil(wide);
        let size = block_size(self.slot.len());
        let blocks = self.slot.par_chunks_mut(size).zip(self.sums.par_chunks_mut(4 * size));
        blocks.zip(points.par_chunks(3 * size)).for_each(|((tiles, places), points)| {
            arch.dispatch(Location { angles, points, around: frame.around, places });
            for (tile, place) in tiles.iter_mut().zip(places.chunks_exact(4)) {
                *tile = place[0] as u32 / tall as u32 * tiles_across as u32 + place[1] as u32 / wide as u32;
            }
        });
    }

    /// Sorts the located points by tiles, those of a tile in the caller's order.
    fn sort(&mut self) {
        let columns = self.frame.columns() as u32;
        self.order.sort(&mut self.slot);
        let (order, places, size) = (&self.order, self.sums.as_chunks::<4>().0, block_size(self.slot.len()));
        let sorted = self.start.par_chunks_mut(size).zip(self.offset.par_chunks_mut(size));
        sorted.zip(self.index.par_chunks_mut(size)).enumerate().for_each(|(b, ((start, offset), index))| {
            let mut out = start.iter_mut().zip(offset).zip(index);
            order.visit(b * size..((b + 1) * size).min(places.len()), |j| {
                if let Some(((start, offset), index)) = out.next() {
                    let [row, column] = [places[j][0], places[j][1]].map(|x| x as u32);
                    *start = row * columns + column;
                    *offset = [places[j][0] - f64::from(row), places[j][1] - f64::from(column)];
                    *index = j as u32;
                }
            });
        });
    }

    /// Sets `grid`, its columns unwrapped, to the sum over the points of their mass times the kernel around them.
    pub(super) fn spread(&mut self, mass: &[f64], grid: &mut [f64]) {
        let columns = self.frame.columns();
        let mut rest = &mut self.own[..];
        let mut own = self.rows.clone().map(|rows| {
            rest.split_off_mut(..rows.len() * columns).expect("room for the rows of every chunk")
        });
        let (kernel, arch, frame) = (&self.kernel, self.arch, self.frame);
        let points = self.start.par_chunks(self.chunk).zip(self.offset.par_chunks(self.chunk));
        let points = points.zip(self.index.par_chunks(self.chunk));
        own.par_iter_mut().zip(&self.rows).zip(points).for_each(
            |((grid, rows), ((start, offset), index))| {
                grid.fill(0.0);
                let first = rows.start * columns;
                kernel.at_width(Spreading { kernel, arch, start, offset, index, mass, grid, first, columns });
            },
        );
        let (own, rows) = (&own, &self.rows);
        grid.par_chunks_mut(columns).with_min_len(16).enumerate().for_each(|(r, row)| {
            row.fill(0.0);
            for (part, rows) in own.iter().zip(rows).filter(|(_, rows)| rows.contains(&r)) {
                let part = &part[(r - rows.start) * columns..][..columns];
                row.iter_mut().zip(part).for_each(|(total, x)| *total += x);
            }
            frame.unwrap(row);
        });
    }

    /// Sets the sorted sums to those of the kernel over the nodes of `K` grids around each point.
    fn interpolate<const K: usize>(&mut self, grids: [&[f64]; K]) {
        let count = self.start.len();
        let sums = self.sums[..K * count].par_chunks_mut(K * self.chunk);
        let (kernel, arch, columns) = (&self.kernel, self.arch, self.frame.columns());
        let points = self.start.par_chunks(self.chunk).zip(self.offset.par_chunks(self.chunk));
        sums.zip(points).for_each(|(sums, (start, offset))| {
            let sums = sums.as_chunks_mut::<K>().0;
            kernel.at_width(Interpolation { kernel, arch, start, offset, sums, grids, columns });
        });
    }

    /// Sets `value[j]` to the sum of the kernel around point j over the nodes of `grid`: the transpose of [`Self::spread`].
    pub(super) fn values(&mut self, grid: &[f64], value: &mut [f64]) {
        self.interpolate([grid]);
        let (sums, size) = (&self.sums, block_size(value.len()));
        value.par_chunks_mut(size).zip(self.slot.par_chunks(size)).for_each(|(value, slot)| {
            value.iter_mut().zip(slot).for_each(|(v, s)| *v = sums[*s as usize]);
        });
    }

    /// The same of four grids, the last three into the rows of `gradient`, shape [N, 3] flat.
    pub(super) fn values_and_gradients(
        &mut self,
        grids: [&[f64]; 4],
        value: &mut [f64],
        gradient: &mut [f64],
    ) {
        self.interpolate(grids);
        let (sums, size) = (self.sums.as_chunks::<4>().0, block_size(value.len()));
        let out = value.par_chunks_mut(size).zip(gradient.par_chunks_mut(3 * size));
        out.zip(self.slot.par_chunks(size)).for_each(|((value, gradient), slot)| {
            let rows = gradient.as_chunks_mut::<3>().0;
            for ((v, g), s) in value.iter_mut().zip(rows).zip(slot) {
                let [own, dx, dy, dz] = sums[*s as usize];
                (*v, *g) = (own, [dx, dy, dz]);
            }
        });
    }
}

struct Spreading<'a> {
    kernel: &'a SpreadingKernel,
    arch: Arch,
    start: &'a [u32],
    offset: &'a [[f64; 2]],
    index: &'a [u32],
    mass: &'a [f64],
    grid: &'a mut [f64],
    /// The node that the grid begins with.
    first: usize,
    columns: usize,
}

impl AtWidth for Spreading<'_> {
    type Output = ();

    fn run<const W: usize>(self) {
        let Self { kernel, arch, start, offset, index, mass, grid, first, columns } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                for ((start, offset), index) in start.iter().zip(offset).zip(index) {
                    let (of_rows, of_columns) =
                        (kernel.weights::<W>(offset[0]), kernel.weights::<W>(offset[1]));
                    let mass = mass[*index as usize];
                    let mut nodes = &mut grid[*start as usize - first..];
                    for (i, of_row) in of_rows.iter().enumerate() {
                        let (row, rest) = nodes.split_at_mut(if i + 1 < W { columns } else { W });
                        let factor = mass * of_row;
                        for (node, of_column) in row[..W].iter_mut().zip(&of_columns) {
                            *node = factor.mul_add(*of_column, *node);
                        }
                        nodes = rest;
                    }
                }
            },
        );
    }
}

struct Interpolation<'a, const K: usize> {
    kernel: &'a SpreadingKernel,
    arch: Arch,
    start: &'a [u32],
    offset: &'a [[f64; 2]],
    sums: &'a mut [[f64; K]],
    grids: [&'a [f64]; K],
    columns: usize,
}

impl<const K: usize> AtWidth for Interpolation<'_, K> {
    type Output = ();

    fn run<const W: usize>(self) {
        let Self { kernel, arch, start, offset, sums, grids, columns } = self;
        vectorized(
            arch,
            #[inline(always)]
            || {
                for ((start, offset), sums) in start.iter().zip(offset).zip(sums.iter_mut()) {
                    let (of_rows, of_columns) =
                        (kernel.weights::<W>(offset[0]), kernel.weights::<W>(offset[1]));
                    let start = *start as usize;
                    for (grid, sum) in grids.iter().zip(sums) {
                        let nodes = &grid[start..start + (W - 1) * columns + W];
                        // Two chains of sums, since each waits for its last addition.
                        let mut of_column = [[0.0f64; W]; 2];
                        for i in 0..W {
                            let row = &nodes[i * columns..i * columns + W];
                            for k in 0..W {
                                of_column[i % 2][k] = row[k].mul_add(of_rows[i], of_column[i % 2][k]);
                            }
                        }
                        let [even, odd] = of_column;
                        let mut terms = [0.0f64; W];
                        for k in 0..W {
                            terms[k] = (even[k] + odd[k]) * of_columns[k];
                        }
                        let mut four = [0.0f64; 4];
                        for k in 0..W {
                            four[k % 4] += terms[k];
                        }
                        *sum = (four[0] + four[2]) + (four[1] + four[3]);
                    }
                }
            },
        );
    }
}
