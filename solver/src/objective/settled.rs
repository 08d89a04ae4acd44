//! Which of two exact ways is the cheaper for a number of points: sums over pairs, or an expansion with its transforms.

use super::{Evaluation, Method, ZonalKernel};
use crate::transform::harmonics_cost;

/// Nanoseconds of a pair: analysis and synthesis together.
const PAIR: f64 = 3.0;

/// Of a point in the transforms of the circle, and of a wave number times its logarithm to base two.
const ON_CIRCLE: [f64; 2] = [30.0, 10.0];

impl Method {
    /// Settles [`Evaluation::Auto`] for about `points` points: by pairs where they cost less than the transforms of the
    /// expansion. Slowly decaying kernels on S^2 need degrees of more than a thousand, whose transforms only many points repay.
    ///
    /// The rule knows the numbers alone, so that a run is the same on every machine; what it does not settle is left to
    /// [`super::Objective::discrepancy`].
    #[must_use]
    pub fn settled(self, kernel: ZonalKernel, dim: usize, points: usize) -> Self {
        let (Evaluation::Auto, Ok(degree)) = (self.evaluation, kernel.degree(dim, self.tolerance)) else {
            return self;
        };
        let count = points as f64;
        let expansion = if dim == 2 {
            let degree = degree as f64;
            ON_CIRCLE[0] * count + ON_CIRCLE[1] * degree * (degree + 2.0).log2()
        } else {
            harmonics_cost(points, degree)
        };
        if PAIR * count * count < expansion { Self { evaluation: Evaluation::Direct, ..self } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_pairs_serve_few_points_and_expansions_many() {
        let auto = Method::default();
        let way = |kernel, dim, points| auto.settled(kernel, dim, points).evaluation;
        let slow = ZonalKernel::ArcCosine { order: 1 };
        let smooth = ZonalKernel::VonMisesFisher { concentration: 10.0 };
        assert_eq!(way(slow, 3, 2562), Evaluation::Direct);
        assert_eq!(way(slow, 3, 1_000_000), Evaluation::Auto);
        for dim in [2, 3] {
            assert_eq!(way(smooth, dim, 2562), Evaluation::Auto);
            assert_eq!(way(smooth, dim, 2), Evaluation::Direct);
        }
        // Where there is no expansion there is nothing to settle; what was asked for stays.
        assert_eq!(way(ZonalKernel::ArcCosine { order: 0 }, 3, 1_000_000), Evaluation::Auto);
        let fast = Method { evaluation: Evaluation::Fast, ..auto };
        assert_eq!(fast.settled(smooth, 3, 1), fast);
    }
}
