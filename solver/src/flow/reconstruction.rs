//! Values of a density at faces: least-squares gradients and slope limiters.

use rayon::prelude::*;
use sphereflow_mesh::Mesh;

use super::Limiter;
use crate::blocks::block_size;

/// The slope over a face's distance from the difference `ahead` (downwind minus upwind cell) and the difference `behind`
/// (upwind cell minus the value mirrored behind it).
pub fn limited_slope(limiter: Limiter, behind: f64, ahead: f64) -> f64 {
    match limiter {
        Limiter::None => 0.5 * (behind + ahead),
        _ if behind * ahead <= 0.0 => 0.0,
        Limiter::Minmod => {
            if behind.abs() < ahead.abs() {
                behind
            } else {
                ahead
            }
        }
        Limiter::VanLeer => 2.0 * behind * ahead / (behind + ahead),
    }
}

/// Least-squares gradients on a mesh, and the face values that they give.
///
/// The gradient of cell i minimises `sum_k (g . (eta_k - eta_i) - (nu_k - nu_i))^2` over the tangent vectors g, the sum
/// over its neighbours: exact for linear functions on any mesh, the central difference on the circle. For a face from
/// the upwind cell i to j the difference behind i is `2 g_i . (eta_j - eta_i) - (nu_j - nu_i)`, cut so that the mirrored
/// value is not negative; so the face value lies between 0 and `2 nu_i`, which is what the positivity limit rests on.
pub struct Reconstruction {
    limiter: Limiter,
    dim: usize,
    /// For each cell the pseudo-inverse of `sum_k t_k t_k^T`, t_k the tangential parts of `eta_k - eta_i`: the entries
    /// on and above the diagonal.
    inverse: Vec<f64>,
    /// Shape [cells, dim] flat.
    gradient: Vec<f64>,
}

impl Reconstruction {
    /// Prepares the gradients of a mesh.
    pub fn new(mesh: &Mesh, limiter: Limiter) -> Self {
        let dim = mesh.dim();
        let entries = dim * (dim + 1) / 2;
        let mut inverse = vec![0.0; mesh.cells() * entries];
        inverse.par_chunks_mut(entries).enumerate().with_min_len(1024).for_each(|(i, inverse)| {
            if dim == 2 {
                inverse.copy_from_slice(&inverse_on_circle(mesh, i));
            } else {
                inverse.copy_from_slice(&inverse_on_sphere(mesh, i));
            }
        });
        Self { limiter, dim, inverse, gradient: vec![0.0; mesh.cells() * dim] }
    }

    /// Takes the gradients of a density, one value a cell.
    pub fn prepare(&mut self, mesh: &Mesh, density: &[f64]) {
        match self.dim {
            2 => self.gradients::<2>(mesh, density),
            _ => self.gradients::<3>(mesh, density),
        }
    }

    fn gradients<const D: usize>(&mut self, mesh: &Mesh, density: &[f64]) {
        let centers = mesh.centers();
        let centers = centers.as_slice().expect("centres are stored row by row");
        let entries = D * (D + 1) / 2;
        let inverse = &self.inverse;
        let size = block_size(mesh.cells());
        self.gradient.par_chunks_mut(size * D).enumerate().for_each(|(b, gradient)| {
            for (n, g) in gradient.chunks_exact_mut(D).enumerate() {
                let i = b * size + n;
                let mut moment = [0.0; D];
                for face in mesh.cell_faces(i) {
                    let k = mesh.neighbor(*face as usize, i);
                    let difference = density[k] - density[i];
                    for d in 0..D {
                        moment[d] += difference * (centers[k * D + d] - centers[i * D + d]);
                    }
                }
                symmetric_product(&inverse[i * entries..(i + 1) * entries], &moment, g);
            }
        });
    }

    /// The density at a face from the upwind cell `up` to the cell `down`.
    #[inline]
    pub fn face_value(&self, mesh: &Mesh, density: &[f64], up: usize, down: usize) -> f64 {
        let (from, to) = (mesh.center(up), mesh.center(down));
        let gradient = &self.gradient[up * self.dim..(up + 1) * self.dim];
        let along: f64 = gradient.iter().zip(from.iter().zip(to)).map(|(g, (a, b))| g * (b - a)).sum();
        let ahead = density[down] - density[up];
        let behind = (2.0 * along - ahead).min(density[up]);
        let value = density[up] + 0.5 * limited_slope(self.limiter, behind, ahead);
        value.min(2.0 * density[up]).max(0.0)
    }
}

/// `result = A v` for a symmetric A given by its entries on and above the diagonal.
fn symmetric_product<const D: usize>(entries: &[f64], v: &[f64; D], result: &mut [f64]) {
    result.fill(0.0);
    let mut entry = entries.iter();
    for i in 0..D {
        for j in i..D {
            let a = entry.next().expect("D (D + 1) / 2 entries");
            result[i] += a * v[j];
            if i != j {
                result[j] += a * v[i];
            }
        }
    }
}

fn inverse_on_circle(mesh: &Mesh, i: usize) -> [f64; 3] {
    let eta = mesh.center(i);
    let tangent = [-eta[1], eta[0]];
    let total: f64 = mesh
        .cell_faces(i)
        .iter()
        .map(|face| {
            let other = mesh.center(mesh.neighbor(*face as usize, i));
            (tangent[0] * (other[0] - eta[0]) + tangent[1] * (other[1] - eta[1])).powi(2)
        })
        .sum();
    [tangent[0] * tangent[0] / total, tangent[0] * tangent[1] / total, tangent[1] * tangent[1] / total]
}

fn inverse_on_sphere(mesh: &Mesh, i: usize) -> [f64; 6] {
    let eta = mesh.center(i);
    let basis = tangent_basis([eta[0], eta[1], eta[2]]);
    let mut normal = [0.0; 3];
    for face in mesh.cell_faces(i) {
        let other = mesh.center(mesh.neighbor(*face as usize, i));
        let t = basis.map(|e| (0..3).map(|d| e[d] * (other[d] - eta[d])).sum::<f64>());
        normal[0] += t[0] * t[0];
        normal[1] += t[0] * t[1];
        normal[2] += t[1] * t[1];
    }
    let determinant = normal[0] * normal[2] - normal[1] * normal[1];
    let [a, b, c] = [normal[2] / determinant, -normal[1] / determinant, normal[0] / determinant];
    let [e, f] = basis;
    let entry = |i: usize, j: usize| a * e[i] * e[j] + b * (e[i] * f[j] + f[i] * e[j]) + c * f[i] * f[j];
    [entry(0, 0), entry(0, 1), entry(0, 2), entry(1, 1), entry(1, 2), entry(2, 2)]
}

/// Two orthonormal vectors tangent to the sphere at a unit vector.
pub(crate) fn tangent_basis(eta: [f64; 3]) -> [[f64; 3]; 2] {
    let axis = (0..3).min_by(|a, b| eta[*a].abs().total_cmp(&eta[*b].abs())).expect("three axes");
    let mut e = eta.map(|x| -x * eta[axis]);
    e[axis] += 1.0;
    let norm = e.iter().map(|x| x * x).sum::<f64>().sqrt();
    let e = e.map(|x| x / norm);
    let f = [eta[1] * e[2] - eta[2] * e[1], eta[2] * e[0] - eta[0] * e[2], eta[0] * e[1] - eta[1] * e[0]];
    [e, f]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_gradients_are_exact_for_linear_functions_tangent_to_the_cell() {
        let mesh = Mesh::sphere(5).unwrap();
        for i in [0, 7, 100, mesh.cells() - 1] {
            let eta = mesh.center(i).to_vec();
            let slope = tangent_basis([eta[0], eta[1], eta[2]])[0];
            let linear: Vec<f64> = mesh
                .centers()
                .rows()
                .into_iter()
                .map(|x| 2.0 + (0..3).map(|d| slope[d] * x[d]).sum::<f64>())
                .collect();
            let mut reconstruction = Reconstruction::new(&mesh, Limiter::None);
            reconstruction.prepare(&mesh, &linear);
            for d in 0..3 {
                assert!((reconstruction.gradient[3 * i + d] - slope[d]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn on_the_circle_the_face_value_is_that_of_the_one_dimensional_limiter() {
        let mesh = Mesh::circle(16).unwrap();
        let density: Vec<f64> = (0..16).map(|i| 2.0 + (i as f64 * 0.9).sin() + (i as f64).cos()).collect();
        for limiter in [Limiter::Minmod, Limiter::VanLeer, Limiter::None] {
            let mut reconstruction = Reconstruction::new(&mesh, limiter);
            reconstruction.prepare(&mesh, &density);
            for i in 1..15 {
                let (behind, ahead) = (density[i] - density[i - 1], density[i + 1] - density[i]);
                let expected = density[i] + 0.5 * limited_slope(limiter, behind, ahead);
                let value = reconstruction.face_value(&mesh, &density, i, i + 1);
                assert!((value - expected).abs() < 1e-13, "{limiter:?}: {value} against {expected}");
            }
        }
    }

    #[test]
    fn law_face_values_lie_between_zero_and_twice_the_cell() {
        let mesh = Mesh::sphere(4).unwrap();
        let density: Vec<f64> =
            (0..mesh.cells()).map(|i| ((i as f64 * 0.618).fract() * 2.0 - 1.0).max(0.0)).collect();
        for limiter in [Limiter::Minmod, Limiter::VanLeer, Limiter::None] {
            let mut reconstruction = Reconstruction::new(&mesh, limiter);
            reconstruction.prepare(&mesh, &density);
            for [i, j] in mesh.face_cells() {
                let (i, j) = (*i as usize, *j as usize);
                let value = reconstruction.face_value(&mesh, &density, i, j);
                assert!((0.0..=2.0 * density[i]).contains(&value), "{limiter:?}: {value} of {}", density[i]);
            }
        }
    }
}
