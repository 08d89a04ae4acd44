//! Convex risks R(h) and their gradients.

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
}

impl Risk {
    /// Length of the prediction.
    pub fn len(&self) -> usize {
        match self {
            Self::Square { target, .. } => target.len(),
            Self::Logistic { labels } => labels.len(),
            Self::Linear => 1,
        }
    }

    /// Whether the prediction has no coordinates.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets `dual` to `grad R(prediction)` and returns `R(prediction)`.
    pub fn evaluate(&self, prediction: &[f64], dual: &mut [f64]) -> f64 {
        match self {
            Self::Square { target, weight } => {
                let mut sum = 0.0;
                for ((g, h), y) in dual.iter_mut().zip(prediction).zip(target) {
                    sum += (h - y).powi(2);
                    *g = weight * (h - y);
                }
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
        }
    }

    /// The risk's own distance of two predictions: `sqrt(weight) |h - h'|` for the square loss, the root mean square
    /// of `h - h'` for the logistic loss, `|h - h'|` for a linear one.
    pub fn distance(&self, one: &[f64], other: &[f64]) -> f64 {
        let square: f64 = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
        match self {
            Self::Square { weight, .. } => (weight * square).sqrt(),
            Self::Logistic { labels } => (square / labels.len() as f64).sqrt(),
            Self::Linear => square.sqrt(),
        }
    }
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
