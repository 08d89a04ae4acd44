//! Units grouped by direction: halved again and again across the coordinate in which they spread most.

use std::cmp::Ordering;

use super::LEAF;

/// Units below which a half is not handed to another thread.
const LEAST_SHARE: usize = 4096;

/// An order of the units in which every aligned run of `LEAF` times a power of two is a group of near directions.
pub(super) struct Grouping {
    /// The unit at each place.
    pub(super) unit: Vec<u32>,
    /// The place of each unit.
    pub(super) place: Vec<u32>,
    keys: Vec<(f64, u32)>,
}

impl Grouping {
    /// The order as given, of `count` units.
    pub(super) fn new(count: usize) -> Self {
        let unit: Vec<u32> = (0..count as u32).collect();
        Self { place: unit.clone(), keys: vec![(0.0, 0); count], unit }
    }

    /// Takes the order as given.
    pub(super) fn reset(&mut self) {
        self.unit.iter_mut().enumerate().for_each(|(j, unit)| *unit = j as u32);
    }

    /// Groups the units of the order as given by their `directions`, shape [N, p] flat, N of them at least.
    pub(super) fn renew(&mut self, directions: &[f64], p: usize) {
        halve(&mut self.unit, &mut self.keys, directions, p);
        for (place, &unit) in self.unit.iter().enumerate() {
            self.place[unit as usize] = place as u32;
        }
    }
}

/// Orders a group; within a leaf the units keep the order of their numbers.
fn halve(units: &mut [u32], keys: &mut [(f64, u32)], directions: &[f64], p: usize) {
    let widest = if units.len() > LEAF { widest(units, directions, p) } else { None };
    let Some(d) = widest else { return units.sort_unstable() };
    for (key, &unit) in keys.iter_mut().zip(&*units) {
        *key = (directions[unit as usize * p + d], unit);
    }
    let first = LEAF * (units.len().div_ceil(LEAF).next_power_of_two() / 2);
    keys.select_nth_unstable_by(first, by_key);
    units.iter_mut().zip(&*keys).for_each(|(unit, key)| *unit = key.1);
    let (left, right) = units.split_at_mut(first);
    let (left_keys, right_keys) = keys.split_at_mut(first);
    let mut one = || halve(left, left_keys, directions, p);
    let mut other = || halve(right, right_keys, directions, p);
    if first < LEAST_SHARE {
        one();
        other();
    } else {
        rayon::join(one, other);
    }
}

fn by_key(a: &(f64, u32), b: &(f64, u32)) -> Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// The coordinate in which the directions of some units spread most, or none where they are one.
fn widest(units: &[u32], directions: &[f64], p: usize) -> Option<usize> {
    let mut most = (0.0, None);
    for d in 0..p {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &unit in units {
            let x = directions[unit as usize * p + d];
            (low, high) = (low.min(x), high.max(x));
        }
        if high - low > most.0 {
            most = (high - low, Some(d));
        }
    }
    most.1
}
