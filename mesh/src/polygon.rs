//! A Voronoi cell of the sphere, seen from its center.
//!
//! Corners are kept as differences from the center. What follows from absolute positions loses a digit for each digit of
//! smallness of the cell in a length, and two in the offset of the centroid, which is a difference of quantities far
//! larger; from differences both are accurate to round-off relative to the cell.

use crate::geometry::{Vector, add, cross, dot, scale, sub, unit};

/// The corners of a cell of five or six sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Polygon {
    center: Vector,
    /// Corner minus center.
    corners: [Vector; 6],
    sides: usize,
}

impl Polygon {
    /// The cell of `center` among its neighbours, counterclockwise seen from outside: unit vectors.
    ///
    /// # Panics
    ///
    /// If there are more than six.
    pub fn new(center: Vector, neighbors: &[Vector]) -> Self {
        let sides = neighbors.len();
        let mut corners = [[0.0; 3]; 6];
        for (k, corner) in corners[..sides].iter_mut().enumerate() {
            let next = if k + 1 == sides { 0 } else { k + 1 };
            *corner = corner_between(center, sub(neighbors[k], center), sub(neighbors[next], center));
        }
        Self { center, corners, sides }
    }

    /// The ends of the edge towards the k-th neighbour, counterclockwise, as differences from the center.
    pub fn edge(&self, k: usize) -> [Vector; 2] {
        [self.corners[if k == 0 { self.sides - 1 } else { k - 1 }], self.corners[k]]
    }

    /// Area: the triangles from the center to each edge. None if one of them is not counterclockwise: then the neighbours
    /// are not those of the Voronoi cell.
    ///
    /// With a the center and b, c the ends of an edge, tan(area / 2) = a . (b x c) / (1 + a . b + b . c + c . a) (Eriksson
    /// 1990; Van Oosterom and Strackee 1983), and scalar products of unit vectors follow from chords.
    pub fn area(&self) -> Option<f64> {
        (0..self.sides).try_fold(0.0, |area, k| {
            let [start, end] = self.edge(k);
            let volume = dot(self.center, cross(start, end));
            let side = sub(end, start);
            let chords = dot(start, start) + dot(side, side) + dot(end, end);
            (volume > 0.0).then(|| area + 2.0 * volume.atan2(4.0 - 0.5 * chords))
        })
    }

    /// Centroid minus center; the centroid is the direction of the integral of x over the cell.
    ///
    /// By the divergence theorem (the tangential part of a constant vector a has divergence -2 a . x) that integral is one
    /// half of the sum over the edges of (angle / sine of the angle) (b x c), b and c their ends. With b = a + v and
    /// c = a + w, b x c = a x (w - v) + v x w, and the first terms add up to zero: only what angle / sine exceeds one by
    /// multiplies them.
    pub fn centroid_offset(&self) -> Vector {
        let moment = (0..self.sides).fold([0.0; 3], |sum, k| {
            let [start, end] = self.edge(k);
            let (side, turn) = (sub(end, start), cross(start, end));
            let excess = angle_over_sine_excess(0.25 * dot(side, side));
            add(sum, add(turn, scale(excess, add(cross(self.center, side), turn))))
        });
        sub(unit(moment), self.center)
    }
}

/// Circumcenter of `center` and the points at the differences `u` and `w` from it, projected, minus `center`.
fn corner_between(center: Vector, u: Vector, w: Vector) -> Vector {
    let normal = cross(u, w);
    let toward = add(scale(dot(w, w), cross(normal, u)), scale(dot(u, u), cross(w, normal)));
    let flat = scale(0.5 / dot(normal, normal), toward);
    // |center + flat|^2 = 1 + rest
    let rest = dot(flat, flat) + 2.0 * dot(center, flat);
    let length = (1.0 + rest).sqrt();
    add(scale(1.0 / length, flat), scale(-rest / (length * (1.0 + length)), center))
}

/// theta / sin theta - 1 from s = sin^2(theta / 2).
///
/// theta / sin theta = asin(x) / (x sqrt(1 - x^2)) with x^2 = s, that is 1 + (2/3) s + (2/3)(4/5) s^2 + ...
fn angle_over_sine_excess(s: f64) -> f64 {
    if s > 0.01 {
        return s.sqrt().asin() / (s * (1.0 - s)).sqrt() - 1.0;
    }
    (1..=7).rev().fold(0.0, |sum, k| f64::from(2 * k) / f64::from(2 * k + 1) * s * (1.0 + sum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::norm;

    #[test]
    fn angle_over_sine_is_smooth_where_its_formula_changes() {
        let direct = |s: f64| s.sqrt().asin() / (s * (1.0 - s)).sqrt() - 1.0;
        for s in [0.01f64.next_down(), 0.009, 0.003] {
            assert!((angle_over_sine_excess(s) - direct(s)).abs() < 4e-16, "{s}");
        }
        assert_eq!(angle_over_sine_excess(0.0), 0.0);
    }

    #[test]
    fn a_face_of_the_cube_has_a_sixth_of_the_sphere_and_no_offset() {
        let sides = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]];
        let cell = Polygon::new([0.0, 0.0, 1.0], &sides);
        assert!((cell.area().expect("a convex cell") - 2.0 * std::f64::consts::FRAC_PI_3).abs() < 4e-15);
        assert!(norm(cell.centroid_offset()) < 1e-15);
    }

    #[test]
    fn a_tiny_cell_is_that_of_the_plane() {
        let (center, size) = (unit([0.3, -0.5, 0.7]), 1e-5);
        let e = unit(cross(center, [0.0, 0.0, 1.0]));
        let f = cross(center, e);
        // A triangle of neighbours, whose cell has its centroid off the center.
        let plane = [[1.0, 0.2], [-0.7, 1.1], [-0.4, -0.9]];
        let neighbors = plane.map(|[x, y]| unit(add(center, scale(size, add(scale(x, e), scale(y, f))))));
        let cell = Polygon::new(center, &neighbors);
        let corners: [[f64; 2]; 3] = std::array::from_fn(|k| {
            // Where the bisectors of two neighbours meet: p . x = |p|^2 / 2, q . x = |q|^2 / 2.
            let (p, q) = (plane[k], plane[(k + 1) % 3]);
            let [s, t] = [p, q].map(|p| 0.5 * (p[0] * p[0] + p[1] * p[1]));
            let det = p[0] * q[1] - p[1] * q[0];
            [(s * q[1] - t * p[1]) / det, (t * p[0] - s * q[0]) / det]
        });
        let twice: f64 = (0..3)
            .map(|k| corners[k][0] * corners[(k + 1) % 3][1] - corners[k][1] * corners[(k + 1) % 3][0])
            .sum();
        let area = cell.area().expect("a convex cell");
        assert!((area / (0.5 * twice * size * size) - 1.0).abs() < 1e-9, "{area:e}");
        let mean: [f64; 2] = std::array::from_fn(|x| corners.iter().map(|c| c[x]).sum::<f64>() / 3.0);
        let offset = cell.centroid_offset();
        for (along, expected) in [(e, mean[0]), (f, mean[1])] {
            assert!((dot(offset, along) / size - expected).abs() < 1e-9, "{:e}", dot(offset, along) / size);
        }
    }

    #[test]
    fn a_neighbor_too_far_away_is_noticed() {
        let center = [0.0, 0.0, 1.0];
        let around = |far: f64| -> Vec<Vector> {
            (0..6)
                .map(|k| {
                    let (angle, r) = (f64::from(k), if k == 2 { far } else { 0.1 });
                    unit([r * angle.cos(), r * angle.sin(), 1.0])
                })
                .collect()
        };
        assert!(Polygon::new(center, &around(0.1)).area().is_some());
        assert!(Polygon::new(center, &around(0.5)).area().is_none());
    }
}
