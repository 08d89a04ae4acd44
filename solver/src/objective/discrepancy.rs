//! The squared distance of two measures in a kernel's Hilbert space (maximum mean discrepancy).

use std::sync::Arc;

use super::features::{Evaluation, FeatureMap, Motion};
use super::kernel::{KernelError, ZonalKernel};
use super::network::Layers;
use super::{Method, Objective, PairFeatures, PairKernel, Risk};
use crate::atoms::Atoms;

impl Method {
    /// Whether sums over pairs of points of `dim` coordinates take the place of a kernel's expansion.
    pub(super) fn takes_pairs(&self, kernel: ZonalKernel, dim: usize) -> Result<bool, KernelError> {
        if self.evaluation == Evaluation::Direct {
            return Ok(true);
        }
        // Pairs are sorted there: fast too.
        let sorted = dim == 2 && matches!(kernel, ZonalKernel::ArcCosine { .. });
        match kernel.degree(dim, self.tolerance) {
            Err(KernelError::Degree { .. }) if sorted => Ok(true),
            Err(KernelError::Degree { .. } | KernelError::NoExpansion { .. })
                if self.evaluation == Evaluation::Auto =>
            {
                Ok(true)
            }
            degree => degree.map(|_| false),
        }
    }
}

impl Objective {
    /// `F(nu) = 1/2 integral of K d(nu - nu*) d(nu - nu*) + lambda nu(S^d)`, nu* the measure of `target`, whose points give the
    /// dimension.
    ///
    /// On the circle and on S^2 the kernel is expanded where the expansion ends, at the tolerance, at a degree that is offered
    /// ([`ZonalKernel::most_degree`]); else, or for [`Evaluation::Direct`], the sums go over pairs of points. Those of the arc-cosine
    /// kernels on the circle are taken in nearly linear time by sorting angles, unless direct ones are asked for.
    ///
    /// # Errors
    /// A kernel without meaning in that dimension, and [`Evaluation::Fast`] where the expansion is too long:
    /// [`KernelError`].
    pub fn discrepancy(
        kernel: ZonalKernel,
        target: &Atoms,
        method: Method,
        regularization: f64,
    ) -> Result<Self, KernelError> {
        let dim = target.points().ncols();
        kernel.check(dim)?;
        if method.takes_pairs(kernel, dim)? {
            return Self::by_pairs(kernel, Layers::Ridge, target, method.evaluation, regularization);
        }
        let features = kernel.features(dim, method.evaluation, method.tolerance)?;
        Ok(Self::matching(features, target, regularization))
    }

    /// The same by sums over pairs of points, whose directions and amplitudes are those of the layers: see [`PairFeatures`].
    pub(super) fn by_pairs(
        kernel: ZonalKernel,
        layers: Layers,
        target: &Atoms,
        evaluation: Evaluation,
        regularization: f64,
    ) -> Result<Self, KernelError> {
        let dim = target.points().ncols();
        let width = dim - usize::from(layers == Layers::Two);
        let kernel = PairKernel::new(kernel, width)?.evaluated(evaluation);
        let features = PairFeatures::new(kernel.clone(), layers, dim);
        let mut sources = vec![0.0; features.prediction_len(target.len())];
        let points = target.points();
        let points = points.as_standard_layout();
        features
            .place(points.as_slice().expect("standard layout"), Motion::Moving)
            .analyze(&target.signed_masses(), &mut sources);
        let risk = Risk::Discrepancy { kernel: Arc::new(kernel), width, target: sources };
        Ok(Self::new(Arc::new(features), risk, regularization))
    }
}
