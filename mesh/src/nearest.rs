//! The nearest center.

use std::f64::consts::TAU;

use crate::domain::Domain;
use crate::mesh::Mesh;

impl Mesh {
    /// Cell whose center is nearest to `point`, `[dim]`, any vector but zero.
    ///
    /// Walks from `hint` to ever nearer neighbours, which ends at the nearest of all because the cells are convex; a hint
    /// nearby makes it fast (on the circle the angle of the point replaces it). A point at equal distance belongs to
    /// either cell.
    ///
    /// # Panics
    ///
    /// If `point` has not `dim` coordinates or `hint` is not a cell.
    pub fn nearest(&self, point: &[f64], hint: usize) -> usize {
        assert_eq!(point.len(), self.dim(), "the point and the mesh differ in dimension");
        assert!(hint < self.cells(), "hint {hint} is not one of {} cells", self.cells());
        let (mut cell, mut distance) = match self.domain {
            Domain::Circle { cells } => self.with_distance(point, arc_at(point, cells)),
            Domain::Sphere { .. } => self.with_distance(point, hint),
        };
        loop {
            let start = cell;
            for &face in &*self.cell_faces(start) {
                let (neighbor, other) = self.with_distance(point, self.neighbor(face as usize, start));
                if other < distance {
                    (cell, distance) = (neighbor, other);
                }
            }
            if cell == start {
                return cell;
            }
        }
    }

    /// `cell` and the square of its chord to `point`, which resolves finer steps than scalar products close to one.
    fn with_distance(&self, point: &[f64], cell: usize) -> (usize, f64) {
        (cell, self.center(cell).iter().zip(point).map(|(a, b)| (a - b) * (a - b)).sum())
    }
}

/// The arc of a circle of `cells` arcs that a point lies in, up to round-off.
fn arc_at(point: &[f64], cells: usize) -> usize {
    let turns = (point[1].atan2(point[0]) / TAU).rem_euclid(1.0);
    ((turns * cells as f64) as usize).min(cells - 1)
}
