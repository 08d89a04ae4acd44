//! Objectives `F(nu) = R(integral of Psi d nu) + lambda nu(S^d)` and their mean potential J (Bach & Chizat, eq. 3.6).
//!
//! Every objective has one structure: *analysis* `h = integral of Psi d nu`, the dual `g = grad R(h)`, *synthesis*
//! `J(eta) = <Psi(eta), g> + lambda`. An objective supplies its [`FeatureMap`] and its [`Risk`]; a fast algorithm for
//! a feature map is a feature map. On a signed domain sheet s has the feature `s Psi`, so the analysis takes signed
//! masses and one synthesis serves both sheets: `J_s = s <Psi, g> + lambda`.

mod circle_sums;
mod circular;
mod circular_pairs;
mod clusters;
mod coefficients;
mod deconvolution;
mod discrepancy;
mod expansion;
mod features;
mod gaussian;
mod kernel;
mod landscape;
mod network;
mod pair_forms;
mod pair_sums;
mod pairs;
mod rates;
mod risk;
mod second_moment;
mod settled;
mod spherical;
mod two_layer;

pub use circular::{CircularFeatures, Lift};
pub use clusters::{ClusterLaw, Clusters};
pub use features::{Evaluation, FeatureMap, InBlocks, Motion, Placed};
pub use gaussian::{GaussianError, Teacher, gaussian_sample};
pub use kernel::{KernelError, ZonalKernel};
pub use landscape::Landscape;
pub use network::{Activation, DataNetwork, Layers};
pub use pair_forms::PairKernel;
pub use pairs::PairFeatures;
pub use risk::Risk;
pub use second_moment::SecondMoment;
pub use spherical::SphericalFeatures;

use std::sync::Arc;

use crate::atoms::Atoms;
pub use crate::evaluation::DEFAULT_TOLERANCE;
pub use crate::transform::BlockBasis;
use circle_sums::CircleSums;

/// Reaction rate alpha and transport rate beta of the flow (4.3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// alpha, at least 0; 4 for 2-homogeneous features (the paper's), 2 for 1-homogeneous ones on the sphere.
    pub reaction: f64,
    /// beta, at least 0; 1 in the paper.
    pub transport: f64,
}

/// How the sums of an objective over pairs of points are evaluated, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// By pairs of points ([`Evaluation::Direct`]), or by an expansion and its transforms ([`Evaluation::Fast`]).
    pub evaluation: Evaluation,
    /// Of expansions and transforms, relative to the kernel at zero angle times the masses.
    pub tolerance: f64,
}

impl Default for Method {
    fn default() -> Self {
        Self { evaluation: Evaluation::Auto, tolerance: DEFAULT_TOLERANCE }
    }
}

/// A convex objective over nonnegative measures on the sphere.
#[derive(Clone)]
pub struct Objective {
    features: Arc<dyn FeatureMap>,
    risk: Risk,
    regularization: f64,
}

impl Objective {
    /// `F(nu) = R(integral of Psi d nu) + lambda nu(S^d)`.
    ///
    /// # Panics
    /// If the risk's target does not have the length of the feature map's predictions.
    pub fn new(features: Arc<dyn FeatureMap>, risk: Risk, regularization: f64) -> Self {
        assert!(
            risk.prediction_len().is_none_or(|len| len == features.prediction_len(0)),
            "risk and features agree on the prediction's length"
        );
        Self { features, risk, regularization }
    }

    /// The square-loss objective `1/2 |h - h*|^2 + lambda nu(S^d)` whose target h* is the prediction of `atoms`.
    pub fn matching(features: Arc<dyn FeatureMap>, atoms: &Atoms, regularization: f64) -> Self {
        let mut target = vec![0.0; features.prediction_len(atoms.len())];
        features
            .place(atoms.points().as_standard_layout().as_slice().expect("standard layout"), Motion::Moving)
            .analyze(&atoms.signed_masses(), &mut target);
        Self::new(features, Risk::Square { target, weight: 1.0 }, regularization)
    }

    /// Psi.
    pub fn features(&self) -> &Arc<dyn FeatureMap> {
        &self.features
    }

    /// R.
    pub fn risk(&self) -> &Risk {
        &self.risk
    }

    /// lambda, the weight of the total mass.
    pub fn regularization(&self) -> f64 {
        self.regularization
    }

    /// The number of coordinates of a point.
    pub fn dim(&self) -> usize {
        self.features.dim()
    }

    /// The objective F of a set of atoms.
    pub fn of_atoms(&self, atoms: &Atoms) -> f64 {
        let points = atoms.points();
        let points = points.as_standard_layout();
        let mut field = Field::new(self, points.as_slice().expect("standard layout"), Motion::Moving);
        field.analyze(&atoms.signed_masses()) + self.regularization * atoms.total_mass()
    }
}

/// The field `<Psi, g>` of an objective at a set of points: buffers and plans for repeated evaluation.
pub struct Field {
    risk: Risk,
    sums: Option<CircleSums>,
    placed: Box<dyn Placed>,
    prediction: Vec<f64>,
    dual: Vec<f64>,
}

impl Field {
    /// Places the objective's features at `points`, shape [N, dim] flat.
    pub fn new(objective: &Objective, points: &[f64], motion: Motion) -> Self {
        let len = objective.features.prediction_len(points.len() / objective.dim());
        let dual = objective.risk.dual_len(len);
        Self {
            risk: objective.risk.clone(),
            sums: objective.risk.circle_sums(dual),
            placed: objective.features.place(points, motion),
            prediction: vec![0.0; len],
            dual: vec![0.0; dual],
        }
    }

    /// The name of the fast algorithm in use, or none: the sums go term by term.
    pub fn structure(&self) -> Option<&'static str> {
        self.placed.structure()
    }

    /// Moves the points; their number stays.
    pub fn move_to(&mut self, points: &[f64]) {
        self.placed.move_to(points);
    }

    /// Analysis: takes the prediction of `signed_mass` (mass times sign, one a point) and its dual `g = grad R(h)`;
    /// returns the risk R(h).
    pub fn analyze(&mut self, signed_mass: &[f64]) -> f64 {
        self.placed.analyze(signed_mass, &mut self.prediction);
        self.risk.evaluate_with(self.sums.as_mut(), &self.prediction, &mut self.dual)
    }

    /// Synthesis: `value[j] = <Psi(eta_j), g>`: J on the positive sheet, lambda apart.
    pub fn synthesize(&mut self, value: &mut [f64]) {
        self.placed.synthesize(&self.dual, value);
    }

    /// The functions on blocks of consecutive points by which J and masses can be given, if there are any ([`InBlocks`]).
    pub fn basis(&mut self) -> Option<Arc<BlockBasis>> {
        self.placed.in_blocks().map(|blocks| blocks.basis().clone())
    }

    /// The same as [`Self::analyze`] of the signed masses that have these moments in [`Self::basis`].
    ///
    /// # Panics
    /// If there is no basis.
    pub fn analyze_moments(&mut self, moments: &[f64]) -> f64 {
        let blocks = self.placed.in_blocks().expect("moments in a basis");
        blocks.analyze_moments(moments, &mut self.prediction);
        self.risk.evaluate_with(self.sums.as_mut(), &self.prediction, &mut self.dual)
    }

    /// The terms of [`Self::synthesize`] in [`Self::basis`].
    ///
    /// # Panics
    /// If there is no basis.
    pub fn synthesize_terms(&mut self, terms: &mut [f64]) {
        self.placed.in_blocks().expect("terms in a basis").synthesize_terms(&self.dual, terms);
    }

    /// [`Self::synthesize`] with the gradient on the sphere, shape [N, dim] flat, tangent at each point.
    pub fn synthesize_gradient(&mut self, value: &mut [f64], gradient: &mut [f64]) {
        self.placed.synthesize_gradient(&self.dual, value, gradient);
    }

    /// R.
    pub fn risk(&self) -> &Risk {
        &self.risk
    }

    /// h of the last analysis.
    pub fn prediction(&self) -> &[f64] {
        &self.prediction
    }

    /// g = grad R(h) of the last analysis.
    pub fn dual(&self) -> &[f64] {
        &self.dual
    }
}
