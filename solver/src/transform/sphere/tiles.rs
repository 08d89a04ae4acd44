//! Points in the order of the tiles that they lie in: a counting sort in runs of points, which threads share.
//!
//! Each run of consecutive points counts its own, and orders them on its own; then a place in the whole order is found from the counts
//! alone. The order is that of one run: tile by tile, in a tile as given.

use std::ops::Range;

use rayon::prelude::*;

/// Runs of points, as many at most.
const RUNS: usize = 8;

/// Points that are worth a run of their own.
const LEAST_RUN: usize = 2048;

/// The order of points by tiles.
pub(super) struct TileOrder {
    tiles: usize,
    /// Points of a run.
    run: usize,
    /// Points before each tile, and their number.
    before: Vec<u32>,
    /// For each run and tile, where its points end in the whole order.
    end: Vec<u32>,
    /// The same in the order of the run.
    own_end: Vec<u32>,
    /// The points of each run, counted in it, in its order.
    own: Vec<u32>,
}

impl TileOrder {
    /// Room for `count` points on so many tiles.
    pub(super) fn new(count: usize, tiles: usize) -> Self {
        let run = count.div_ceil(RUNS).max(LEAST_RUN);
        let runs = count.div_ceil(run).max(1);
        Self {
            tiles,
            run,
            before: vec![0; tiles + 1],
            end: vec![0; runs * tiles],
            own_end: vec![0; runs * tiles],
            own: vec![0; count],
        }
    }

    /// Orders points by their tiles, and puts the place of each in the order in the place of its tile.
    pub(super) fn sort(&mut self, slot: &mut [u32]) {
        let Self { tiles, run, before, end, own_end, own } = self;
        own_end.par_chunks_mut(*tiles).zip(slot.par_chunks(*run)).for_each(|(counts, of_run)| {
            counts.fill(0);
            of_run.iter().for_each(|tile| counts[*tile as usize] += 1);
        });
        let mut placed = 0;
        for tile in 0..*tiles {
            before[tile] = placed;
            for (end, count) in
                end[tile..].iter_mut().step_by(*tiles).zip(own_end[tile..].iter().step_by(*tiles))
            {
                *end = placed;
                placed += count;
            }
        }
        before[*tiles] = placed;
        let runs = slot.par_chunks_mut(*run).zip(own.par_chunks_mut(*run));
        let tables = end.par_chunks_mut(*tiles).zip(own_end.par_chunks_mut(*tiles));
        runs.zip(tables).for_each(|((slot, own), (next, next_own))| {
            let mut first = 0;
            for count in next_own.iter_mut() {
                first += std::mem::replace(count, first);
            }
            for (j, slot) in slot.iter_mut().enumerate() {
                let tile = *slot as usize;
                (*slot, own[next_own[tile] as usize]) = (next[tile], j as u32);
                next[tile] += 1;
                next_own[tile] += 1;
            }
        });
    }

    /// Calls `each` with the points at the places of a range, in their order.
    pub(super) fn visit(&self, places: Range<usize>, mut each: impl FnMut(usize)) {
        let (mut at, mut tile) = (places.start, 0);
        if at < places.end {
            tile = self.before.partition_point(|before| *before as usize <= at) - 1;
        }
        while at < places.end {
            for (r, own) in self.own.chunks(self.run).enumerate() {
                let [end, own_end] =
                    [&self.end, &self.own_end].map(|ends| ends[r * self.tiles + tile] as usize);
                let last = end.min(places.end);
                if last > at {
                    let points = &own[own_end - (end - at)..own_end - (end - last)];
                    points.iter().for_each(|j| each(r * self.run + *j as usize));
                    at = last;
                }
            }
            tile += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_points_are_in_the_order_of_a_stable_sort() {
        for count in [0, 1, 2, 2047, 2049, 40_009] {
            for tiles in [1, 7, 300] {
                let tile = |j: usize| (j * j + 3 * j) % 1009 % tiles;
                let mut slot: Vec<u32> = (0..count).map(|j| tile(j) as u32).collect();
                let mut order = TileOrder::new(count, tiles);
                order.sort(&mut slot);
                let mut sorted: Vec<usize> = (0..count).collect();
                sorted.sort_by_key(|j| tile(*j));
                let mut visited = Vec::new();
                for start in (0..count).step_by(997) {
                    order.visit(start..(start + 997).min(count), |j| visited.push(j));
                }
                assert_eq!(visited, sorted, "{count}, {tiles}");
                assert!(sorted.iter().enumerate().all(|(place, j)| slot[*j] as usize == place));
            }
        }
    }
}
