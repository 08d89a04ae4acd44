//! Deconvolution: a measure seen through its low harmonics, with noise.
//!
//! `y = Phi nu* + noise`, `R(h) = 1/2 |h - y|^2`, where Phi nu are the coefficients of nu in the real Fourier modes (circle) or
//! spherical harmonics (S^2) of degree at most L, orthonormal in L2(sigma): the features of the low-pass kernel. The noise
//! is i.i.d. `N(0, noise^2)` on each real coefficient: 2 L + 1 on the circle, (L + 1)^2 on the sphere.

use std::f64::consts::TAU;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::features::{Evaluation, FeatureMap, Motion};
use super::{CircularFeatures, Lift, Objective, Risk, SphericalFeatures};
use crate::atoms::Atoms;
use crate::evaluation::DEFAULT_TOLERANCE;

impl Objective {
    /// Deconvolution of `target` from its harmonics of degree 0 to `degree`, on the circle (`dim` = 2) or S^2 (`dim` = 3).
    ///
    /// The noise has standard deviation `noise` and comes from ChaCha with 8 rounds, seeded by `seed`. Draws follow the
    /// order of the prediction, cosine before sine: wave number by wave number on the circle; on the sphere order m = 0..=L
    /// by order, degrees l = m..=L within it. The sines of order 0 are not coefficients and get none.
    ///
    /// # Panics
    /// For any other dimension, or if the target has another one.
    pub fn deconvolution(
        dim: usize,
        degree: usize,
        target: &Atoms,
        noise: f64,
        seed: u64,
        evaluation: Evaluation,
        regularization: f64,
    ) -> Self {
        assert_eq!(target.points().ncols(), dim, "the target lives where the measure does");
        let features: Arc<dyn FeatureMap> = match dim {
            2 => Arc::new(
                CircularFeatures::new(Lift::Circle, &vec![1.0 / TAU; degree + 1])
                    .evaluated(evaluation, DEFAULT_TOLERANCE),
            ),
            3 => Arc::new(
                SphericalFeatures::new(&vec![1.0; degree + 1]).evaluated(evaluation, DEFAULT_TOLERANCE),
            ),
            _ => panic!("deconvolution lives on the circle and on S^2, not in {dim} coordinates"),
        };
        let mut data = vec![0.0; features.prediction_len(target.len())];
        let points = target.points();
        let points = points.as_standard_layout();
        features
            .place(points.as_slice().expect("standard layout"), Motion::Moving)
            .analyze(&target.signed_masses(), &mut data);
        add_noise(&mut data, dim, degree, noise, seed);
        Self::new(features, Risk::Square { target: data, weight: 1.0 }, regularization)
    }
}

/// Adds noise to pairs (cosine, sine) of coefficients, except to the sines of order 0.
fn add_noise(data: &mut [f64], dim: usize, degree: usize, noise: f64, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Pairs without a sine come first: the constant on the circle, the zonal harmonics on the sphere.
    let zonal = if dim == 2 { 1 } else { degree + 1 };
    for (i, y) in data.iter_mut().enumerate() {
        if i % 2 == 0 || i / 2 >= zonal {
            let normal: f64 = StandardNormal.sample(&mut rng);
            *y += noise * normal;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::Field;
    use std::f64::consts::PI;

    fn truth(dim: usize) -> Atoms {
        let points = match dim {
            2 => [0.3f64, -2.0, 3.0].iter().flat_map(|t| [t.cos(), t.sin()]).collect(),
            _ => [[0.6, 0.0, 0.8], [0.0, -1.0, 0.0], [-0.48, 0.64, 0.6]].concat(),
        };
        Atoms::signed(dim, points, &[0.5, 1.2, 0.1])
    }

    fn target_of(objective: &Objective) -> Vec<f64> {
        match objective.risk() {
            Risk::Square { target, .. } => target.clone(),
            _ => panic!("the square loss"),
        }
    }

    /// The low-pass kernel at the cosine of the angle, in closed form or by the Legendre recurrence.
    fn low_pass(dim: usize, degree: usize, c: f64) -> f64 {
        if dim == 2 {
            let half = 0.5 * c.clamp(-1.0, 1.0).acos();
            let order = (2 * degree + 1) as f64;
            return if half < 1e-9 { order } else { (order * half).sin() / half.sin() } / TAU;
        }
        let (mut before, mut now, mut sum) = (0.0, 1.0, 0.0);
        for l in 0..=degree {
            let l = l as f64;
            sum += (2.0 * l + 1.0) / (4.0 * PI) * now;
            (before, now) = (now, ((2.0 * l + 1.0) * c * now - l * before) / (l + 1.0));
        }
        sum
    }

    #[test]
    fn law_without_noise_the_risk_is_half_the_squared_low_pass_distance() {
        for (dim, degree) in [(2, 0), (2, 1), (2, 23), (3, 0), (3, 7)] {
            let truth = truth(dim);
            for evaluation in [Evaluation::Auto, Evaluation::Direct, Evaluation::Fast] {
                let objective = Objective::deconvolution(dim, degree, &truth, 0.0, 3, evaluation, 0.0);
                let points =
                    if dim == 2 { vec![0.0, 1.0, -0.6, 0.8] } else { vec![0.0, 0.6, -0.8, 1.0, 0.0, 0.0] };
                let nu = Atoms::signed(dim, points, &[0.7, 0.2]);
                let all: Vec<(Vec<f64>, f64)> = [(&nu, 1.0), (&truth, -1.0)]
                    .iter()
                    .flat_map(|(atoms, sign)| {
                        let points = atoms.points().outer_iter().map(|x| x.to_vec()).collect::<Vec<_>>();
                        points.into_iter().zip(atoms.signed_masses()).map(move |(x, q)| (x, sign * q))
                    })
                    .collect();
                let kernel =
                    |x: &[f64], y: &[f64]| low_pass(dim, degree, x.iter().zip(y).map(|(x, y)| x * y).sum());
                let pairs = all.iter().flat_map(|(x, q)| all.iter().map(move |(y, r)| q * r * kernel(x, y)));
                let (exact, found) = (0.5 * pairs.sum::<f64>(), objective.of_atoms(&nu));
                assert!(
                    (found - exact).abs() < 1e-9 * exact,
                    "dim {dim}, degree {degree}: {found}, not {exact}"
                );
            }
        }
    }

    #[test]
    fn law_the_truth_without_noise_has_no_potential() {
        for dim in [2, 3] {
            let truth = truth(dim);
            let objective = Objective::deconvolution(dim, 9, &truth, 0.0, 3, Evaluation::Auto, 0.0);
            let points: Vec<f64> = truth.points().iter().copied().collect();
            let mut field = Field::new(&objective, &points, Motion::Moving);
            assert!(field.analyze(&truth.signed_masses()) < 1e-25);
            let mut value = vec![1.0; truth.len()];
            field.synthesize(&mut value);
            assert!(value.iter().all(|v| v.abs() < 1e-12), "dim {dim}: {value:?}");
        }
    }

    #[test]
    fn law_noise_is_white_and_reproducible_and_spares_the_sines_of_order_zero() {
        for (dim, degree, count) in [(2, 5000, 10_001), (3, 90, 91 * 91)] {
            let nothing = Atoms::signed(dim, vec![], &[]);
            let draw = |noise, seed| {
                let objective =
                    Objective::deconvolution(dim, degree, &nothing, noise, seed, Evaluation::Auto, 0.0);
                target_of(&objective)
            };
            let (noise, again, other) = (draw(0.3, 1), draw(0.3, 1), draw(0.3, 2));
            assert_eq!(noise, again);
            let drawn: Vec<usize> = (0..noise.len()).filter(|i| noise[*i] != 0.0).collect();
            assert_eq!(drawn.len(), count);
            let zonal = if dim == 2 { 1 } else { degree + 1 };
            assert!((0..zonal).all(|k| noise[2 * k + 1] == 0.0));
            let mean = |f: &dyn Fn(usize) -> f64| drawn.iter().map(|i| f(*i)).sum::<f64>() / count as f64;
            // Five standard deviations of each statistic.
            let spread = 5.0 / (count as f64).sqrt();
            assert!(mean(&|i| noise[i]).abs() < 0.3 * spread);
            assert!((mean(&|i| noise[i].powi(2)) / 0.09 - 1.0).abs() < 2f64.sqrt() * spread);
            assert!(mean(&|i| noise[i] * other[i]).abs() < 0.09 * spread);
            let neighbours: f64 = drawn.windows(2).map(|pair| noise[pair[0]] * noise[pair[1]]).sum();
            assert!((neighbours / count as f64).abs() < 0.09 * spread);
        }
    }
}
