//! Atoms: points of a sphere with masses and signs. The cells of a density and the particles of a network are both atoms.

use ndarray::{Array2, ArrayView2};

/// A measure on one or two sheets of a sphere, carried by N points.
#[derive(Debug, Clone, PartialEq)]
pub struct Atoms {
    points: Array2<f64>,
    mass: Vec<f64>,
    sign: Vec<f64>,
}

impl Atoms {
    /// Atoms at `points` [N, dim] (unit vectors) with masses `q_j >= 0` and signs +1 or -1, the sheet of each.
    ///
    /// # Panics
    /// If the three have different lengths.
    pub fn new(points: Array2<f64>, mass: Vec<f64>, sign: Vec<f64>) -> Self {
        assert!(
            points.nrows() == mass.len() && mass.len() == sign.len(),
            "a point, a mass and a sign for each atom"
        );
        Self { points, mass, sign }
    }

    /// Atoms whose signs are those of `mass`; `points` has shape [N, dim] flat.
    ///
    /// # Panics
    /// If there is not one point for each mass.
    pub fn signed(dim: usize, points: Vec<f64>, mass: &[f64]) -> Self {
        let points = Array2::from_shape_vec((mass.len(), dim), points).expect("one point for each mass");
        let sign = mass.iter().map(|q| if *q < 0.0 { -1.0 } else { 1.0 }).collect();
        Self::new(points, mass.iter().map(|q| q.abs()).collect(), sign)
    }

    /// The atoms of a density `[sheets, cells]` at the cells' centres: the sheets have the signs +1, -1 in this order.
    pub fn of_density(centers: ArrayView2<f64>, measures: &[f64], density: ArrayView2<f64>) -> Self {
        let sheets = density.nrows();
        let points = ndarray::concatenate(ndarray::Axis(0), &vec![centers; sheets]).expect("equal shapes");
        let mass = density
            .rows()
            .into_iter()
            .flat_map(|row| row.into_iter().zip(measures).map(|(n, a)| n * a))
            .collect();
        let sign = (0..sheets).flat_map(|s| vec![if s == 0 { 1.0 } else { -1.0 }; measures.len()]).collect();
        Self::new(points, mass, sign)
    }

    /// Number of atoms N.
    pub fn len(&self) -> usize {
        self.mass.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.mass.is_empty()
    }

    /// Points, shape [N, dim].
    pub fn points(&self) -> ArrayView2<'_, f64> {
        self.points.view()
    }

    /// Masses q_j.
    pub fn masses(&self) -> &[f64] {
        &self.mass
    }

    /// Signs, +1 or -1.
    pub fn signs(&self) -> &[f64] {
        &self.sign
    }

    /// Masses times signs.
    pub fn signed_masses(&self) -> Vec<f64> {
        self.mass.iter().zip(&self.sign).map(|(q, s)| q * s).collect()
    }

    /// nu(S^d), over all sheets.
    pub fn total_mass(&self) -> f64 {
        self.mass.iter().sum()
    }

    /// First moment: integral of eta d nu over all sheets.
    pub fn mean(&self) -> Vec<f64> {
        self.points
            .columns()
            .into_iter()
            .map(|x| x.iter().zip(&self.mass).map(|(x, q)| x * q).sum())
            .collect()
    }
}
