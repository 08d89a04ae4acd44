//! The fundamental triangle of the icosahedron's 120 symmetries: one lattice point for each orbit.
//!
//! A face with corners A, B, C (counterclockwise seen from outside) holds the lattice points (p, q, r), p + q + r = n,
//! near (p A + q B + r C) / n. The mirrors of the icosahedron permute p, q, r and continue the face across its edges;
//! every point of the lattice is an image of one with p >= q >= r >= 0, of which there are about n^2 / 12. Fields on
//! these (positions, displacements) stand for symmetric fields on the whole lattice.

use rayon::prelude::*;

use crate::geometry::{Vector, add, cross, dot, scale, sub, unit};
use crate::polygon::Polygon;

/// Points per task.
const BLOCK: usize = 512;

/// Steps (p, q, r) to the six neighbours, counterclockwise seen from outside.
const STEPS: [[isize; 3]; 6] = [[-1, 1, 0], [-1, 0, 1], [0, -1, 1], [1, -1, 0], [1, 0, -1], [0, 1, -1]];

/// The fundamental triangle of subdivision n.
#[derive(Clone, Debug)]
pub(crate) struct Sector {
    subdivision: usize,
    corners: [Vector; 3],
    /// Unit normals of the mirrors that swap p and q, swap q and r, and continue the face across AB.
    mirrors: [Vector; 3],
    /// (q, r) of each point, r slowest.
    sites: Vec<[u32; 2]>,
    /// Index of the first point of each r.
    rows: Vec<usize>,
}

impl Sector {
    /// The triangle of subdivision n in the face with these corners.
    pub fn new(subdivision: usize, corners: [Vector; 3]) -> Self {
        let [a, b, c] = corners;
        let (mut sites, mut rows) = (Vec::with_capacity(orbits(subdivision)), Vec::new());
        for r in 0..=subdivision / 3 {
            rows.push(sites.len());
            sites.extend((r..=(subdivision - r) / 2).map(|q| [q as u32, r as u32]));
        }
        let mirrors = [unit(sub(a, b)), unit(sub(b, c)), unit(cross(a, b))];
        Self { subdivision, corners, mirrors, sites, rows }
    }

    /// Subdivision n.
    pub fn subdivision(&self) -> usize {
        self.subdivision
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.sites.len()
    }

    /// The same triangle of another subdivision.
    pub fn with(&self, subdivision: usize) -> Self {
        Self::new(subdivision, self.corners)
    }

    /// Index of a point p >= q >= r >= 0.
    pub fn index(&self, [_, q, r]: [isize; 3]) -> usize {
        self.rows[r as usize] + (q - r) as usize
    }

    /// (p, q, r) of a point.
    fn site(&self, index: usize) -> [isize; 3] {
        let [q, r] = self.sites[index].map(|x| x as isize);
        [self.subdivision as isize - q - r, q, r]
    }

    /// A field from its value at each point, given (p, q, r).
    pub fn field<T: Send>(&self, value: impl Fn([isize; 3]) -> T + Sync) -> Vec<T> {
        (0..self.len()).into_par_iter().with_min_len(BLOCK).map(|i| value(self.site(i))).collect()
    }

    /// The positions of the flat subdivision.
    pub fn flat(&self) -> Vec<Vector> {
        self.field(|weights| unit(self.combine(weights.map(|w| w as f64))))
    }

    /// A point of given weights of the corners, not of unit length.
    fn combine(&self, weights: [f64; 3]) -> Vector {
        combine(weights, self.corners)
    }

    /// The points of given weights of the corners.
    pub fn points(&self, weights: &[[f64; 3]]) -> Vec<Vector> {
        self.field(|site| unit(self.combine(weights[self.index(site)])))
    }

    /// The weights of the corners that make up each point, [`Self::points`] the other way round; those that symmetry makes
    /// equal are equal.
    pub fn weights(&self, points: &[Vector]) -> Vec<[f64; 3]> {
        let [a, b, c] = self.corners;
        let faces = [cross(b, c), cross(c, a), cross(a, b)];
        let volume = dot(a, faces[0]);
        self.field(|site @ [p, q, r]| {
            let [mut u, mut v, mut w] = faces.map(|normal| dot(points[self.index(site)], normal) / volume);
            match (p == q, q == r) {
                (true, true) => (u, v, w) = (1.0, 1.0, 1.0),
                (true, false) => (u, v) = (0.5 * (u + v), 0.5 * (u + v)),
                (false, true) => (v, w) = (0.5 * (v + w), 0.5 * (v + w)),
                _ => {}
            }
            [u, if q == 0 { 0.0 } else { v }, if r == 0 { 0.0 } else { w }]
        })
    }

    /// The value of a symmetric field at a lattice point of the face or near it, reflected as often as it takes.
    pub fn at(&self, field: &[Vector], [p, q, r]: [isize; 3]) -> Vector {
        if r < 0 {
            reflect(self.mirrors[2], self.at(field, [p + r, q + r, -r]))
        } else if q < r {
            reflect(self.mirrors[1], self.at(field, [p, r, q]))
        } else if p < q {
            reflect(self.mirrors[0], self.at(field, [q, p, r]))
        } else {
            field[self.index([p, q, r])]
        }
    }

    /// The cell of a point.
    pub fn polygon(&self, points: &[Vector], site: [isize; 3]) -> Polygon {
        let center = self.at(points, site);
        if site[1] == 0 {
            return Polygon::new(center, &self.around_corner(points));
        }
        let ring = STEPS.map(|step| self.at(points, std::array::from_fn(|k| site[k] + step[k])));
        Polygon::new(center, &ring)
    }

    /// The five neighbours of A: one after the other by a turn, which is one mirror after another.
    fn around_corner(&self, points: &[Vector]) -> [Vector; 5] {
        let mut next = self.at(points, [self.subdivision as isize - 1, 1, 0]);
        std::array::from_fn(|_| {
            let here = next;
            next = reflect(self.mirrors[1], reflect(self.mirrors[2], here));
            here
        })
    }

    /// A unit vector near `x` with the symmetry of the point: on every mirror that the point is on.
    pub fn settle(&self, [p, q, r]: [isize; 3], x: Vector) -> Vector {
        if q == 0 {
            return self.corners[0];
        }
        let on = [p == q, q == r, r == 0];
        let flattened = (0..3).filter(|&m| on[m]).fold(x, |x, m| {
            let normal = self.mirrors[m];
            sub(x, scale(dot(x, normal), normal))
        });
        unit(flattened)
    }

    /// A field of another subdivision of the same face, interpolated linearly at this one's point (p, q, r), displaced
    /// by `step` points of `of`.
    pub fn interpolate(&self, of: &Self, field: &[Vector], point: [isize; 3], step: [isize; 3]) -> Vector {
        let (mine, other) = (self.subdivision as isize, of.subdivision as isize);
        let scaled = point.map(|x| x * other);
        let base: [isize; 3] = std::array::from_fn(|k| scaled[k].div_euclid(mine) + step[k]);
        let rest = scaled.map(|x| x.rem_euclid(mine));
        let share = |x: isize| x as f64 / mine as f64;
        let corner = |k: usize, change: isize, from: [isize; 3]| {
            let mut place = from;
            place[k] += change;
            of.at(field, place)
        };
        match rest.iter().sum::<isize>() / mine {
            0 => of.at(field, base),
            1 => (0..3).fold([0.0; 3], |sum, k| add(sum, scale(share(rest[k]), corner(k, 1, base)))),
            _ => {
                let above = base.map(|x| x + 1);
                (0..3).fold([0.0; 3], |sum, k| add(sum, scale(share(mine - rest[k]), corner(k, -1, above))))
            }
        }
    }

    /// A field of another subdivision, interpolated linearly at every point of this one.
    pub fn sample(&self, of: &Self, field: &[Vector]) -> Vec<Vector> {
        self.field(|point| self.interpolate(of, field, point, [0; 3]))
    }

    /// A field of a finer subdivision, averaged about every point of this one with the weights that are adjoint to linear
    /// interpolation at twice the subdivision: 1/4, and 1/8 for each neighbour.
    pub fn average(&self, of: &Self, field: &[Vector]) -> Vec<Vector> {
        self.field(|point| {
            let center = self.interpolate(of, field, point, [0; 3]);
            let around =
                STEPS.iter().fold([0.0; 3], |sum, &step| add(sum, self.interpolate(of, field, point, step)));
            add(scale(0.25, center), scale(0.125, around))
        })
    }
}

/// Number of points p >= q >= r >= 0 with p + q + r = n.
pub(crate) fn orbits(subdivision: usize) -> usize {
    (0..=subdivision / 3).map(|r| (subdivision - r) / 2 + 1 - r).sum()
}

/// A sum of corners with weights.
pub(crate) fn combine([p, q, r]: [f64; 3], [a, b, c]: [Vector; 3]) -> Vector {
    std::array::from_fn(|x| p * a[x] + q * b[x] + r * c[x])
}

fn reflect(normal: Vector, x: Vector) -> Vector {
    sub(x, scale(2.0 * dot(x, normal), normal))
}
