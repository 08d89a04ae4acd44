//! Vectors, quadrature and points for the mesh tests, written apart from the crate's own formulas.
#![allow(dead_code, reason = "each test file uses its own part")]

use sphereflow_mesh::{Mesh, SphereMesh};

pub type Vector = [f64; 3];

/// Subdivisions at which the laws are tried: the smallest, primes, a power of two.
pub const SUBDIVISIONS: [usize; 6] = [1, 2, 3, 5, 7, 16];

pub fn dot(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

pub fn cross(a: Vector, b: Vector) -> Vector {
    std::array::from_fn(|k| a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3])
}

pub fn combine(p: f64, a: Vector, q: f64, b: Vector) -> Vector {
    std::array::from_fn(|k| p * a[k] + q * b[k])
}

pub fn norm(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

pub fn distance(a: Vector, b: Vector) -> f64 {
    norm(combine(1.0, a, -1.0, b))
}

pub fn unit(a: Vector) -> Vector {
    a.map(|x| x / norm(a))
}

pub fn determinant(a: Vector, b: Vector, c: Vector) -> f64 {
    dot(a, cross(b, c))
}

/// Angle between two vectors, by its tangent.
pub fn angle(a: Vector, b: Vector) -> f64 {
    norm(cross(a, b)).atan2(dot(a, b))
}

pub fn sphere(subdivision: usize) -> Mesh {
    Mesh::sphere(subdivision).expect("a valid subdivision")
}

/// Whether there is a mesh of this kind and subdivision.
pub fn exists(kind: SphereMesh, subdivision: usize) -> bool {
    kind != SphereMesh::Recursive || subdivision.is_power_of_two()
}

/// The meshes of all kinds of some subdivisions.
pub fn spheres(subdivisions: impl IntoIterator<Item = usize>) -> Vec<Mesh> {
    let of = |n: usize| {
        SphereMesh::ALL.into_iter().filter(move |&kind| exists(kind, n)).map(move |kind| (kind, n))
    };
    let build = |(kind, n)| Mesh::sphere_by(kind, n).expect("a valid subdivision");
    subdivisions.into_iter().flat_map(of).map(build).collect()
}

/// Subdivision of a mesh of the sphere.
pub fn subdivision(mesh: &Mesh) -> usize {
    mesh.lattice().expect("a mesh of the sphere").subdivision()
}

pub fn center(mesh: &Mesh, cell: usize) -> Vector {
    let c = mesh.center(cell);
    [c[0], c[1], c.get(2).copied().unwrap_or(0.0)]
}

pub fn polygon(mesh: &Mesh, cell: usize) -> Vec<Vector> {
    mesh.cell_polygon(cell).map(|v| mesh.vertex(v)).collect()
}

/// Points spread over the sphere by a golden-angle spiral.
pub fn spiral(count: usize) -> impl Iterator<Item = Vector> {
    (0..count).map(move |k| {
        let z = 1.0 - (2 * k + 1) as f64 / count as f64;
        let longitude = 2.399_963_229_728_653 * k as f64;
        let r = (1.0 - z * z).sqrt();
        [r * longitude.cos(), r * longitude.sin(), z]
    })
}

/// Nodes and weights of Gauss-Legendre quadrature on (0, 1).
pub fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let legendre = |x: f64| {
        let (mut before, mut here) = (1.0, x);
        for k in 2..=count {
            let k = k as f64;
            (before, here) = (here, ((2.0 * k - 1.0) * x * here - (k - 1.0) * before) / k);
        }
        (here, count as f64 * (before - x * here) / (1.0 - x * x))
    };
    (0..count)
        .map(|k| {
            let mut x = (std::f64::consts::PI * (k as f64 + 0.75) / (count as f64 + 0.5)).cos();
            for _ in 0..20 {
                let (value, slope) = legendre(x);
                x -= value / slope;
            }
            let slope = legendre(x).1;
            (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// The area of a cell and the integral of x over it, by quadrature of the triangles from its center.
pub fn cell_integrals(mesh: &Mesh, cell: usize, rule: &[(f64, f64)]) -> (f64, Vector) {
    let (a, corners) = (center(mesh, cell), polygon(mesh, cell));
    let (mut area, mut moment) = (0.0, [0.0; 3]);
    for (k, &b) in corners.iter().enumerate() {
        let c = corners[(k + 1) % corners.len()];
        let volume = determinant(a, b, c);
        for &(s, ws) in rule {
            for &(t, wt) in rule {
                // Flat triangle, collapsed square: p = (1 - s) a + s ((1 - t) b + t c); its cone has d(area) = volume / |p|^3.
                let p = combine(1.0 - s, a, s, combine(1.0 - t, b, t, c));
                let weight = ws * wt * s * volume / norm(p).powi(3);
                area += weight;
                moment = combine(1.0, moment, weight, unit(p));
            }
        }
    }
    (area, moment)
}
