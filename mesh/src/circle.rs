//! The circle in equal arcs.

use std::cmp::Ordering;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, TAU};

use crate::domain::{Domain, MeshError};
use crate::mesh::Mesh;

/// With fewer arcs two cells would share both faces.
const MINIMUM: usize = 3;

/// Whether there is a circle of so many cells.
pub(crate) fn check(cells: usize) -> Result<(), MeshError> {
    if cells < MINIMUM {
        return Err(MeshError::TooFewCells { cells, minimum: MINIMUM });
    }
    if u32::try_from(cells).is_err() {
        return Err(MeshError::TooManyCells { cells, maximum: u32::MAX as usize });
    }
    Ok(())
}

/// Center of a cell of so many.
pub(crate) fn center(cells: usize, cell: usize) -> [f64; 2] {
    point_at(2 * cell as u64 + 1, 2 * cells as u64)
}

/// Builds [`Mesh::circle`].
pub(crate) fn build(cells: usize) -> Result<Mesh, MeshError> {
    check(cells)?;
    Ok(Mesh {
        domain: Domain::Circle { cells },
        centers: (0..cells).flat_map(|cell| center(cells, cell)).collect(),
        measures: vec![TAU / cells as f64; cells],
    })
}

/// The point of the unit circle at the fraction `part / whole` of a turn.
///
/// Reduced in integers to an eighth of a turn, so that the points are as symmetric as their positions.
fn point_at(part: u64, whole: u64) -> [f64; 2] {
    let (quadrant, rest) = (4 * part / whole, 4 * part % whole);
    let angle = |part: u64| FRAC_PI_2 * (part as f64 / whole as f64);
    let (cosine, sine) = match (2 * rest).cmp(&whole) {
        Ordering::Less => (angle(rest).cos(), angle(rest).sin()),
        // The rounded sine and cosine of the rounded angle differ.
        Ordering::Equal => (FRAC_1_SQRT_2, FRAC_1_SQRT_2),
        Ordering::Greater => (angle(whole - rest).sin(), angle(whole - rest).cos()),
    };
    match quadrant % 4 {
        0 => [cosine, sine],
        1 => [-sine, cosine],
        2 => [-cosine, -sine],
        _ => [sine, -cosine],
    }
}
