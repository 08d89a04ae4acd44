//! Convex risks R(h) and their gradients.

use std::sync::Arc;

use rayon::prelude::*;

use super::circle_sums::CircleSums;
use super::pair_forms::PairKernel;
use super::pair_sums::energy;

/// Numbers that are summed apart: predictions may have millions of them, whose squares would lose digits in one running sum.
const CHUNK: usize = 512;

/// Parts that threads take of a square, and the least numbers that are worth a thread.
const MOST_PARTS: usize = 16;
const LEAST_PART: usize = 8192;

/// A convex, smooth function of the prediction h.
#[derive(Debug, Clone, PartialEq)]
pub enum Risk {
    /// `weight / 2 |h - target|^2`: the square loss, with weight 1/n on n data points and 1 in a Hilbert space whose
    /// inner product is already a mean.
    Square {
        /// y or h*.
        target: Vec<f64>,
        /// Factor of the sum.
        weight: f64,
    },
    /// `(1/n) sum log(1 + exp(-y_i h_i))`, labels y_i in {-1, +1}.
    Logistic {
        /// y.
        labels: Vec<f64>,
    },
    /// `R(h) = h`, a single number: a fixed landscape.
    Linear,
    /// `1/2 sum of m m' K(y . y')` over the sources of h and those of the target with masses of the opposite sign: half the squared
    /// distance in the kernel's Hilbert space. The prediction is a measure, written as in [`super::PairFeatures`]; the dual is
    /// the list of all these sources, longer than the prediction.
    Discrepancy {
        /// K.
        kernel: Arc<PairKernel>,
        /// Coordinates of a direction.
        width: usize,
        /// The sources of nu*, `width + 1` numbers each.
        target: Vec<f64>,
    },
}

impl Risk {
    /// Length of the prediction, where it has one whatever the number of atoms.
    pub fn prediction_len(&self) -> Option<usize> {
        match self {
            Self::Square { target, .. } => Some(target.len()),
            Self::Logistic { labels } => Some(labels.len()),
            Self::Linear => Some(1),
            Self::Discrepancy { .. } => None,
        }
    }

    /// Length of the dual of a prediction of length `prediction`.
    pub fn dual_len(&self, prediction: usize) -> usize {
        match self {
            Self::Discrepancy { target, .. } => prediction + target.len(),
            _ => prediction,
        }
    }

    /// Sets `dual` to `grad R(prediction)` and returns `R(prediction)`.
    pub fn evaluate(&self, prediction: &[f64], dual: &mut [f64]) -> f64 {
        self.evaluate_with(None, prediction, dual)
    }

    /// Fast sums over all pairs of a dual, where there are any and they pay.
    pub(super) fn circle_sums(&self, dual_len: usize) -> Option<CircleSums> {
        match self {
            Self::Discrepancy { kernel, width, .. } => {
                let sources = dual_len / (width + 1);
                Some(CircleSums::new(kernel.sorted_order(sources, sources)?, sources, sources))
            }
            _ => None,
        }
    }

    /// The same as [`Self::evaluate`], by the sums if there are any.
    pub(super) fn evaluate_with(
        &self,
        sums: Option<&mut CircleSums>,
        prediction: &[f64],
        dual: &mut [f64],
    ) -> f64 {
        match self {
            Self::Square { target, weight } => {
                let mut partial = [0.0; MOST_PARTS];
                let size = dual.len().div_ceil(MOST_PARTS).max(1).next_multiple_of(CHUNK);
                let parts =
                    dual.par_chunks_mut(size).zip(prediction.par_chunks(size)).zip(target.par_chunks(size));
                parts.zip(partial.par_iter_mut()).with_min_len(LEAST_PART.div_ceil(size)).for_each(
                    |(((dual, prediction), target), sum)| *sum = square(*weight, prediction, target, dual),
                );
                let sum: f64 = partial.iter().sum();
                0.5 * weight * sum
            }
            Self::Logistic { labels } => {
                let n = labels.len() as f64;
                let mut sum = 0.0;
                for ((g, h), y) in dual.iter_mut().zip(prediction).zip(labels) {
                    // log(1 + exp(-t)) and its derivative, without overflow for either sign of t
                    let t = y * h;
                    let e = (-t.abs()).exp();
                    sum += e.ln_1p() + (-t).max(0.0);
                    *g = -y / n * if t > 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) };
                }
                sum / n
            }
            Self::Linear => {
                dual[0] = 1.0;
                prediction[0]
            }
            Self::Discrepancy { kernel, width, target } => {
                let (own, opposite) = dual.split_at_mut(prediction.len());
                own.copy_from_slice(prediction);
                opposite.copy_from_slice(target);
                opposite.chunks_exact_mut(width + 1).for_each(|source| source[*width] *= -1.0);
                match sums {
                    Some(sums) => 0.5 * sums.energy(dual),
                    None => 0.5 * energy(kernel, *width, dual),
                }
            }
        }
    }

    /// The risk's own distance of two predictions: `sqrt(weight) |h - h'|` for the square loss, the root mean square
    /// of `h - h'` for the logistic loss, `|h - h'|` for a linear one, the kernel's distance of two measures.
    pub fn distance(&self, one: &[f64], other: &[f64]) -> f64 {
        let square = || one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        match self {
            Self::Square { weight, .. } => (weight * square()).sqrt(),
            Self::Logistic { labels } => (square() / labels.len() as f64).sqrt(),
            Self::Linear => square().sqrt(),
            Self::Discrepancy { kernel, width, .. } => {
                let sources = difference(*width, one, other);
                let square = match self.circle_sums(sources.len()) {
                    Some(mut sums) => sums.energy(&sources),
                    None => energy(kernel, *width, &sources),
                };
                square.max(0.0).sqrt()
            }
        }
    }

    /// How far from exact, in units of the machine's, rounding may leave a value of R where `scale` is that of the zero measure: a
    /// square `|h - y|^2 / 2` has the error of h times `|h - y|`, a difference of sums over pairs that of its terms.
    pub fn round_off(&self, value: f64, scale: f64) -> f64 {
        match self {
            Self::Discrepancy { .. } => value + scale,
            _ => value + (value * scale).sqrt(),
        }
    }
}

/// Sets `dual` to `weight (h - y)` and returns `|h - y|^2`, chunk by chunk.
fn square(weight: f64, prediction: &[f64], target: &[f64], dual: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for ((dual, prediction), target) in
        dual.chunks_mut(CHUNK).zip(prediction.chunks(CHUNK)).zip(target.chunks(CHUNK))
    {
        let mut part = 0.0;
        for ((g, h), y) in dual.iter_mut().zip(prediction).zip(target) {
            part += (h - y).powi(2);
            *g = weight * (h - y);
        }
        sum += part;
    }
    sum
}

/// The sources of a measure less another; masses at common directions are subtracted first, so that nothing of what the two share
/// is left to cancel.
fn difference(width: usize, one: &[f64], other: &[f64]) -> Vec<f64> {
    let rows = || one.chunks_exact(width + 1).zip(other.chunks_exact(width + 1));
    if one.len() == other.len() && rows().all(|(a, b)| a[..width] == b[..width]) {
        let mut sources = one.to_vec();
        for (source, other) in sources.chunks_exact_mut(width + 1).zip(other.chunks_exact(width + 1)) {
            source[width] -= other[width];
        }
        return sources;
    }
    let mut sources = [one, other].concat();
    sources[one.len()..].chunks_exact_mut(width + 1).for_each(|source| source[width] *= -1.0);
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_dual_is_the_gradient_of_the_risk() {
        let labels = vec![1.0, -1.0, 1.0];
        for risk in
            [Risk::Square { target: vec![0.3, -2.0, 0.1], weight: 1.0 / 3.0 }, Risk::Logistic { labels }]
        {
            let h = [0.4, 1.3, -0.7];
            let (mut dual, mut unused) = ([0.0; 3], [0.0; 3]);
            risk.evaluate(&h, &mut dual);
            for i in 0..3 {
                let mut moved = |d: f64| {
                    let mut h = h;
                    h[i] += d;
                    risk.evaluate(&h, &mut unused)
                };
                let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((dual[i] - difference).abs() < 1e-10, "{risk:?}");
            }
        }
    }

    #[test]
    fn logistic_loss_neither_overflows_nor_cancels_at_large_margins() {
        let risk = Risk::Logistic { labels: vec![1.0] };
        let mut dual = [0.0];
        assert_eq!(risk.evaluate(&[-1e4], &mut dual), 1e4);
        assert_eq!(dual, [-1.0]);
        let small = risk.evaluate(&[40.0], &mut dual);
        assert!((small / (-40f64).exp() - 1.0).abs() < 1e-12);
    }
}
