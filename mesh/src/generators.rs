//! The generators of a mesh of the sphere, up to symmetry.

use crate::domain::{MeshError, SphereMesh};
use crate::lattice::Lattice;
use crate::sector::{Sector, orbits};
use crate::sphere::sector_corners;
use crate::{centroidal, recursive};

/// The generators of a mesh of the sphere: one for each orbit of the 120 symmetries of the icosahedron, about n^2 / 12 of
/// them. All of the mesh follows from these ([`crate::Mesh::sphere_of`]), so that they are what to keep of one that was
/// dear to find.
///
/// A face of the icosahedron with corners A, B, C holds the lattice points p, q, r, p + q + r = n, whose generator is the
/// direction of u A + v B + w C. The weights (u, v, w), of any common factor, are kept for p >= q >= r >= 0 in the order of
/// r, then q; a permutation of p, q, r permutes u, v, w with them, in every face. On the flat subdivision they are p, q, r.
#[derive(Clone, Debug, PartialEq)]
pub struct Generators {
    mesh: SphereMesh,
    subdivision: usize,
    weights: Vec<[f64; 3]>,
}

impl Generators {
    /// Finds the generators of subdivision n.
    ///
    /// Those of the centroidal mesh leave an offset between generator and centroid of at most 1e-12 + 1e-15 n of the mean
    /// distance of neighbours.
    ///
    /// # Errors
    ///
    /// [`MeshError::NoSubdivision`], [`MeshError::TooFine`]; [`MeshError::NotPowerOfTwo`] if recursive;
    /// [`MeshError::NotCentroidal`] if centroidal.
    pub fn new(mesh: SphereMesh, subdivision: usize) -> Result<Self, MeshError> {
        check(mesh, subdivision)?;
        let sector = Sector::new(subdivision, sector_corners());
        let weights = match mesh {
            SphereMesh::Flat => sector.field(|site| site.map(|x| x as f64)),
            SphereMesh::Recursive => sector.weights(&recursive::points(&sector)),
            SphereMesh::Centroidal => sector.weights(&centroidal::points(&sector)?),
        };
        Ok(Self { mesh, subdivision, weights })
    }

    /// Generators of given weights, `[orbits]`.
    ///
    /// # Errors
    ///
    /// As [`Self::new`] for what is asked for, and [`MeshError::ForeignWeights`] if they are not one triple for each orbit,
    /// finite, none negative, and not in the order u >= v >= w.
    pub fn from_weights(
        mesh: SphereMesh,
        subdivision: usize,
        weights: Vec<[f64; 3]>,
    ) -> Result<Self, MeshError> {
        check(mesh, subdivision)?;
        let ordered = |&[u, v, w]: &[f64; 3]| u.is_finite() && u >= v && v >= w && w >= 0.0 && u > 0.0;
        if weights.len() != orbits(subdivision) || !weights.iter().all(ordered) {
            return Err(MeshError::ForeignWeights { subdivision });
        }
        Ok(Self { mesh, subdivision, weights })
    }

    /// How they were found.
    pub fn mesh(&self) -> SphereMesh {
        self.mesh
    }

    /// Subdivision n.
    pub fn subdivision(&self) -> usize {
        self.subdivision
    }

    /// The weights, `[orbits]`.
    pub fn weights(&self) -> &[[f64; 3]] {
        &self.weights
    }

    /// Number of orbits of subdivision n: triples p >= q >= r >= 0 with p + q + r = n.
    pub fn orbits(subdivision: usize) -> usize {
        orbits(subdivision)
    }
}

/// Whether there is a mesh of this kind and subdivision.
fn check(mesh: SphereMesh, subdivision: usize) -> Result<(), MeshError> {
    if subdivision == 0 {
        return Err(MeshError::NoSubdivision);
    }
    if subdivision > Lattice::MAX_SUBDIVISION {
        return Err(MeshError::TooFine { subdivision, maximum: Lattice::MAX_SUBDIVISION });
    }
    if mesh == SphereMesh::Recursive && !subdivision.is_power_of_two() {
        return Err(MeshError::NotPowerOfTwo { subdivision });
    }
    Ok(())
}
