//! The transport `d_t nu + div(nu v) = 0` with a velocity given on the faces.

use std::sync::Arc;

use rayon::prelude::*;
use sphereflow_mesh::Mesh;

use super::{Order, Reconstruction, Scheme};
use crate::blocks::{self, block_size};

/// Upwind fluxes on a mesh.
pub struct Transport {
    mesh: Arc<Mesh>,
    order: Order,
    reconstruction: Option<Reconstruction>,
    flux: Vec<f64>,
}

impl Transport {
    /// The transport of a scheme on a mesh.
    pub fn new(mesh: Arc<Mesh>, scheme: &Scheme) -> Self {
        let reconstruction =
            (scheme.order == Order::Second).then(|| Reconstruction::new(&mesh, scheme.limiter));
        Self { flux: vec![0.0; mesh.faces()], order: scheme.order, reconstruction, mesh }
    }

    /// The rate at which the positivity limit of the order in use is reached: with `dt rate <= 1` a forward Euler step
    /// keeps densities nonnegative.
    ///
    /// `velocity` is that of the faces times `sign`, from their first cell to their second.
    ///
    /// Order 1: the cell loses `dt (sum of v l) nu`, the sum over its outflow faces, and the rate is that sum over the cell's
    /// measure A. Order 2: a face value is at most `2 nu`, so the cell loses at most twice as much; the rate is the larger of
    /// twice that sum and `faces max(v l)`, each over A.
    pub fn positivity_rate(&self, velocity: &[f64], sign: f64) -> f64 {
        let mesh = &self.mesh;
        blocks::max(mesh.cells(), |i| {
            let faces = mesh.cell_faces(i);
            let outflow = faces.iter().map(|f| {
                let f = *f as usize;
                (sign * mesh.sign(f, i) * velocity[f]).max(0.0) * mesh.face_measures()[f]
            });
            let (sum, largest) = outflow.fold((0.0, 0.0f64), |(sum, largest), o| (sum + o, largest.max(o)));
            let total = match self.order {
                Order::First => sum,
                Order::Second => (2.0 * sum).max(faces.len() as f64 * largest),
            };
            total / mesh.measures()[i]
        })
    }

    /// Takes the flux through each face: velocity times upwind value times face measure, from the first cell to the second.
    fn take_fluxes(&mut self, density: &[f64], velocity: &[f64], sign: f64) {
        let mesh = &self.mesh;
        if let Some(reconstruction) = &mut self.reconstruction {
            reconstruction.prepare(mesh, density);
        }
        let reconstruction = self.reconstruction.as_ref();
        let size = block_size(mesh.faces());
        self.flux.par_chunks_mut(size).enumerate().for_each(|(b, fluxes)| {
            for (n, flux) in fluxes.iter_mut().enumerate() {
                let f = b * size + n;
                let v = sign * velocity[f];
                let [first, second] = mesh.face_cells()[f].map(|c| c as usize);
                let (up, down) = if v >= 0.0 { (first, second) } else { (second, first) };
                let value = reconstruction.map_or(density[up], |r| r.face_value(mesh, density, up, down));
                *flux = v * value * mesh.face_measures()[f];
            }
        });
    }

    /// Sets `rate` to `-div(nu v)` in each cell: the sums over the cells of rate times measure vanish to round-off.
    pub fn rate(&mut self, density: &[f64], velocity: &[f64], sign: f64, rate: &mut [f64]) {
        self.take_fluxes(density, velocity, sign);
        let (mesh, flux) = (&self.mesh, &self.flux);
        let size = block_size(mesh.cells());
        rate.par_chunks_mut(size).enumerate().for_each(|(b, rates)| {
            for (n, rate) in rates.iter_mut().enumerate() {
                let i = b * size + n;
                let outflow: f64 =
                    mesh.cell_faces(i).iter().map(|f| mesh.sign(*f as usize, i) * flux[*f as usize]).sum();
                *rate = -outflow / mesh.measures()[i];
            }
        });
    }

    /// The rate at which the transport changes `sum of raw_i nu_i measure_i`: the sum over the faces of flux times the
    /// difference of `sign raw` across it. With the two-point velocity of the same potential it is
    /// `-beta sum (upwind nu) (J_j - J_i)^2 (face measure) / distance`.
    pub fn power(&mut self, density: &[f64], velocity: &[f64], sign: f64, raw: &[f64]) -> f64 {
        self.take_fluxes(density, velocity, sign);
        let (mesh, flux) = (&self.mesh, &self.flux);
        blocks::sum(mesh.faces(), |f| {
            let [first, second] = mesh.face_cells()[f].map(|c| c as usize);
            flux[f] * sign * (raw[second] - raw[first])
        })
    }
}
