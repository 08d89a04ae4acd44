//! The rows of the units of a block: stored, or by the lines on which they lie.
//!
//! The cells of a lattice that is cut in flat faces and projected lie on great circles, spaced as the projection of equal steps: `u_j =
//! r_j (start + j step)`. Such rows take one number a unit instead of three, and large sums are bound by memory.

use super::plan::Block;
use crate::quad::Quad;

/// How far a unit may be from its line, a few units in the last place of a direction.
const ROUND_OFF: f64 = 1e-15;

/// How far from the line of the three before it a unit shows that the line ends: above the round-off of an extrapolation, below
/// the angles at which lines meet.
const BEND: f64 = 1e-9;

/// The fewest units of a line, on average, at which lines pay.
const LEAST_UNITS: usize = 8;

/// The most units by which the end of a line is found too late.
const MOST_BEYOND: usize = 4;

/// Consecutive units `r_j (start + (j - first) step)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// One past its last unit, counted in the block.
    pub(super) end: usize,
    pub(super) start: Quad,
    pub(super) step: Quad,
}

/// The rows of a block.
#[derive(Debug)]
pub(super) enum Units {
    /// Shape [units, components] flat, and zeros, so that a row may be read with those that follow in its place.
    Rows(Vec<f64>),
    /// Lines that end where tiles end, and r of each unit.
    Lines(Vec<Line>, Vec<f64>),
}

impl Units {
    /// The units of `block` from their rows, shape [units, `width`] flat, of `width` components; `padding` zeros follow.
    pub(super) fn new(block: &Block, rows: Vec<f64>, width: usize, padding: usize) -> Self {
        if width == 3
            && let Some((lines, scale)) = lines(block, rows.as_chunks::<3>().0)
        {
            return Self::Lines(lines, scale);
        }
        let mut rows = rows;
        rows.reserve_exact(padding);
        rows.extend(std::iter::repeat_n(0.0, padding));
        Self::Rows(rows)
    }
}

type Vector = [f64; 3];

/// The lines of a block, or none if its units lie on none.
fn lines(block: &Block, units: &[Vector]) -> Option<(Vec<Line>, Vec<f64>)> {
    let most = units.len().div_ceil(LEAST_UNITS).max(block.tiles.len());
    let (mut lines, mut scale, mut first) = (Vec::new(), Vec::with_capacity(units.len()), 0);
    for tile in &block.tiles {
        while first < tile.units {
            let (len, (start, step)) = line(&units[first..tile.units], &mut scale)?;
            first += len;
            lines.push(Line { end: first, start: Quad::from_slice(&start), step: Quad::from_slice(&step) });
            if lines.len() > most {
                return None;
            }
        }
    }
    lines.shrink_to_fit();
    Some((lines, scale))
}

/// The line on which the first units lie, with their number; appends their r.
fn line(units: &[Vector], scale: &mut Vec<f64>) -> Option<(usize, (Vector, Vector))> {
    if let Some(line) = fitted(units, scale) {
        return Some((units.len(), line));
    }
    if units.len() < 3 {
        return None;
    }
    let local = through(units, 1, 2);
    let bend = (3..units.len()).find(|&j| on_line(&units[j], local, j).1 > BEND).unwrap_or(units.len());
    let lens = (2..=bend).rev().take(MOST_BEYOND);
    lens.map(|len| (len, fitted(&units[..len], scale))).find_map(|(len, line)| Some((len, line?)))
}

/// The line through all units, if there is one; appends their r.
fn fitted(units: &[Vector], scale: &mut Vec<f64>) -> Option<(Vector, Vector)> {
    let line = match units {
        [unit] => (*unit, [0.0; 3]),
        [first, second] => (*first, std::array::from_fn(|d| second[d] - first[d])),
        _ => through(units, units.len() / 2, units.len() - 1),
    };
    let before = scale.len();
    for (j, unit) in units.iter().enumerate() {
        let (r, miss) = on_line(unit, line, j);
        // Also where a unit is zero, which has no direction.
        if miss.is_nan() || miss > ROUND_OFF {
            scale.truncate(before);
            return None;
        }
        scale.push(r);
    }
    Some(line)
}

/// Start and step of the line through the units 0, `middle` and `last`.
///
/// `start + last step = s u_last`, and s is such that `start + middle step` lies along `u_middle`.
fn through(units: &[Vector], middle: usize, last: usize) -> (Vector, Vector) {
    let ratio = middle as f64 / last as f64;
    let s = (1.0 - ratio) / ratio * cross(&units[0], &units[middle]) / cross(&units[middle], &units[last]);
    let step = |d: usize| (s * units[last][d] - units[0][d]) / last as f64;
    (units[0], std::array::from_fn(step))
}

/// |a x b|.
fn cross(a: &Vector, b: &Vector) -> f64 {
    let product = |d: usize, e: usize| a[d] * b[e] - a[e] * b[d];
    product(0, 1).hypot(product(1, 2)).hypot(product(2, 0))
}

/// r of unit j, and how far it is from its place on the line.
fn on_line(unit: &Vector, (start, step): (Vector, Vector), j: usize) -> (f64, f64) {
    let place: Vector = std::array::from_fn(|d| start[d] + j as f64 * step[d]);
    let dot = |a: &Vector, b: &Vector| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let r = dot(unit, &place) / dot(&place, &place);
    // NaN stays NaN.
    let miss = unit
        .iter()
        .zip(&place)
        .map(|(u, p)| (u - r * p).abs())
        .fold(0.0, |most: f64, x| if x <= most { most } else { x });
    (r, miss)
}
