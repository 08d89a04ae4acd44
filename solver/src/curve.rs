//! An order of points in which those next to each other are near: along a space-filling curve through their directions.
//!
//! On S^1 by angle. On S^2 along Hilbert's curve in the square that an octahedron unfolds to: the upper half of the sphere
//! is the inner diamond `|x| + |y| <= 1`, the lower half the four corners turned outward, so the curve is continuous on the
//! sphere wherever it is in the square. In more coordinates along Hilbert's curve in the cube.

use rayon::prelude::*;

/// The most coordinates that a key tells apart; those beyond do not count.
const MOST_COORDINATES: usize = 16;

/// The indices of `directions`, shape [N, dim] flat with rows of length at most 1, in their order along the curve.
pub(crate) fn order(directions: &[f64], dim: usize) -> Vec<u32> {
    let mut keys: Vec<(u64, u32)> =
        directions.par_chunks_exact(dim).enumerate().map(|(j, d)| (key(d), j as u32)).collect();
    keys.par_sort_unstable();
    keys.into_iter().map(|(_, j)| j).collect()
}

/// Halvings of the circle, or of the sides of the square: cells of 1e-7, below which the order hardly matters.
const BITS: u32 = 24;

fn key(direction: &[f64]) -> u64 {
    match *direction {
        [x, y] => cells(y.atan2(x) / std::f64::consts::PI, BITS),
        [x, y, z] => {
            let (x, y) = unfolded(x, y, z);
            hilbert(&mut [cells(x, BITS) as u32, cells(y, BITS) as u32], BITS)
        }
        _ => {
            let count = direction.len().min(MOST_COORDINATES);
            let bits = (64 / count.max(1)).min(31) as u32;
            let mut cell = [0; MOST_COORDINATES];
            for (c, x) in cell.iter_mut().zip(direction) {
                *c = cells(*x, bits) as u32;
            }
            hilbert(&mut cell[..count], bits)
        }
    }
}

/// Which of the 2^bits equal cells of [-1, 1] a number is in.
fn cells(x: f64, bits: u32) -> u64 {
    let count = 1_u64 << bits;
    ((0.5 * (x + 1.0) * count as f64).max(0.0) as u64).min(count - 1)
}

/// Where a direction comes to lie in the square [-1, 1]^2.
fn unfolded(x: f64, y: f64, z: f64) -> (f64, f64) {
    let size = x.abs() + y.abs() + z.abs();
    if size == 0.0 {
        return (0.0, 0.0);
    }
    let (x, y) = (x / size, y / size);
    if z < 0.0 { ((1.0 - y.abs()).copysign(x), (1.0 - x.abs()).copysign(y)) } else { (x, y) }
}

/// The index of a cell along Hilbert's curve in a cube of 2^bits cells a side; `cell` is overwritten.
///
/// From the largest cubes to the smallest, the coordinates are reflected or exchanged so that the curve enters each at its
/// first corner; then they are a Gray code of the index (J. Skilling, *Programming the Hilbert curve*, 2004).
fn hilbert(cell: &mut [u32], bits: u32) -> u64 {
    let last = cell.len() - 1;
    for bit in (1..bits).rev().map(|b| 1 << b) {
        let below = bit - 1;
        for i in 0..=last {
            // All ones where the bit is set: no branch, for its way would be anyone's guess.
            let set = u32::from(cell[i] & bit != 0).wrapping_neg();
            let exchanged = (cell[0] ^ cell[i]) & below & !set;
            cell[i] ^= exchanged;
            cell[0] ^= exchanged | (below & set);
        }
    }
    for i in 1..=last {
        cell[i] ^= cell[i - 1];
    }
    let odd = (1..bits)
        .map(|b| 1 << b)
        .fold(0, |odd, bit: u32| odd ^ ((bit - 1) & u32::from(cell[last] & bit != 0).wrapping_neg()));
    let mut index = 0;
    for b in (0..bits).rev() {
        for c in &*cell {
            index = index << 1 | u64::from((c ^ odd) >> b & 1);
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_the_curve_visits_each_cell_once_by_steps_to_a_neighbour() {
        for (dim, bits) in [(2, 5), (3, 3), (4, 2), (7, 1)] {
            let side = 1_u32 << bits;
            let mut visited = vec![None; (side as usize).pow(dim)];
            for c in 0..side.pow(dim) {
                let cell: Vec<u32> = (0..dim).map(|d| c / side.pow(d) % side).collect();
                let index = hilbert(&mut cell.clone(), bits) as usize;
                assert!(visited[index].replace(cell).is_none(), "index {index} twice");
            }
            for pair in visited.windows(2) {
                let [Some(a), Some(b)] = pair else { panic!("an index is left out") };
                let step: u32 = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).sum();
                assert_eq!(step, 1, "from {a:?} to {b:?}");
            }
        }
    }

    #[test]
    fn law_an_order_is_a_permutation_that_shortens_the_way() {
        for dim in 1..=20 {
            // Points of a rotation by irrational angles, far from each other in their given order.
            let count = 1000;
            let points: Vec<f64> = (0..count)
                .flat_map(|j| {
                    let row: Vec<f64> =
                        (0..dim).map(|d| ((j * (d + 1)) as f64 * (2.0 + d as f64).sqrt()).sin()).collect();
                    let length = row.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-3);
                    row.into_iter().map(move |x| x / length)
                })
                .collect();
            let order = order(&points, dim);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..count as u32), "dim {dim}");
            let at = |j: u32| &points[j as usize * dim..][..dim];
            let gap = |a, b| {
                at(a).iter().zip(at(b)).map(|(a, b): (&f64, &f64)| (a - b).powi(2)).sum::<f64>().sqrt()
            };
            let way: f64 = order.windows(2).map(|w| gap(w[0], w[1])).sum();
            let given: f64 = (1..count as u32).map(|j| gap(j - 1, j)).sum();
            assert!(way < given, "dim {dim}: {way} and {given}");
        }
    }
}
