//! Sums over pairs on the circle in nearly linear time, where the kernel has the structure: the arc-cosine kernels.

use rayon::prelude::*;

use super::circular_pairs::ArcCosineSums;

/// The fewest directions whose angles a thread takes together.
const TOGETHER: usize = 1024;

/// Directions of the plane with coordinates, on either side of [`ArcCosineSums`]: sources of three numbers (direction and mass).
pub(super) struct CircleSums {
    sums: ArcCosineSums,
    source_angle: Vec<f64>,
    source_mass: Vec<f64>,
    target_angle: Vec<f64>,
    /// With respect to the targets' angles.
    derivative: Vec<f64>,
}

impl CircleSums {
    /// Sums of the arc-cosine kernel of an order.
    pub(super) fn new(order: u8, sources: usize, targets: usize) -> Self {
        Self {
            sums: ArcCosineSums::new(order.into(), sources, targets),
            source_angle: vec![0.0; sources],
            source_mass: vec![0.0; sources],
            target_angle: vec![0.0; targets],
            derivative: vec![0.0; targets],
        }
    }

    /// The number of sources.
    pub(super) fn sources(&self) -> usize {
        self.source_angle.len()
    }

    fn load(&mut self, sources: &[f64]) {
        let slots = self.source_angle.par_iter_mut().zip(&mut self.source_mass);
        slots.zip(sources.par_chunks_exact(3)).with_min_len(TOGETHER).for_each(|((angle, mass), source)| {
            (*angle, *mass) = (source[1].atan2(source[0]), source[2]);
        });
    }

    /// Moves the targets to directions, shape [targets, 2] flat.
    pub(super) fn move_to(&mut self, directions: &[f64]) {
        let angles = self.target_angle.par_iter_mut().zip(directions.par_chunks_exact(2));
        angles.with_min_len(TOGETHER).for_each(|(angle, x)| *angle = x[1].atan2(x[0]));
    }

    /// The sums over the sources at each target.
    pub(super) fn value(&mut self, sources: &[f64], value: &mut [f64]) {
        self.load(sources);
        self.sums.evaluate(&self.source_angle, &self.source_mass, &self.target_angle, value);
    }

    /// The same; the derivatives with respect to the targets' angles are returned.
    pub(super) fn value_and_derivative(&mut self, sources: &[f64], value: &mut [f64]) -> &[f64] {
        self.load(sources);
        let Self { sums, source_angle, source_mass, target_angle, derivative, .. } = self;
        sums.evaluate_with_derivative(source_angle, source_mass, target_angle, value, derivative);
        derivative
    }

    /// `sum over s, s' of m_s m_s' K(y_s . y_s')`, the sources being the targets too.
    pub(super) fn energy(&mut self, sources: &[f64]) -> f64 {
        self.load(sources);
        let Self { sums, source_angle, source_mass, derivative, .. } = self;
        sums.evaluate(source_angle, source_mass, source_angle, derivative);
        let (value, mass) = (&*derivative, &*source_mass);
        crate::blocks::sum(mass.len(), |s| mass[s] * value[s])
    }
}
