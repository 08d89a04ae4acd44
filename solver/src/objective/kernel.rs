//! Zonal kernels K(eta . eta') and their coefficients.

use std::sync::Arc;

use super::features::FeatureMap;
use super::{CircularFeatures, Lift, SphericalFeatures};

/// Coefficients below this fraction of the kernel's value at zero angle, in sum, are dropped.
const TRUNCATION: f64 = 1e-15;

/// A positive definite kernel of the angle between two points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ZonalKernel {
    /// `exp(kappa (c - 1))`, c the cosine of the angle.
    VonMisesFisher {
        /// kappa > 0.
        concentration: f64,
    },
}

impl ZonalKernel {
    /// The kernel at the cosine `c` of the angle.
    pub fn evaluate(&self, c: f64) -> f64 {
        match self {
            Self::VonMisesFisher { concentration } => (concentration * (c - 1.0)).exp(),
        }
    }

    /// Its feature map on the circle (`dim` = 2) or on S^2 (`dim` = 3), truncated at round-off.
    ///
    /// # Panics
    /// For any other dimension.
    pub fn features(&self, dim: usize) -> Arc<dyn FeatureMap> {
        match dim {
            2 => Arc::new(CircularFeatures::new(Lift::Circle, &self.circle_coefficients())),
            3 => Arc::new(SphericalFeatures::new(&self.sphere_eigenvalues())),
            _ => panic!("zonal kernels live on the circle and on S^2, not in {dim} coordinates"),
        }
    }

    /// A bound of [`Self::degree`] that needs no expansion.
    pub fn degree_bound(&self) -> usize {
        match self {
            Self::VonMisesFisher { concentration } => bessel_start(*concentration),
        }
    }

    /// The highest wave number (`dim` = 2) or degree (`dim` = 3) of its truncated expansion.
    pub fn degree(&self, dim: usize) -> usize {
        let coefficients = if dim == 2 { self.circle_coefficients() } else { self.sphere_eigenvalues() };
        coefficients.len() - 1
    }

    /// `k_j` of `K(cos t) = k_0 + 2 sum_j k_j cos(j t)`.
    pub fn circle_coefficients(&self) -> Vec<f64> {
        match self {
            // exp(kappa cos t) = I_0 + 2 sum I_j cos(j t)
            Self::VonMisesFisher { concentration } => {
                scaled_bessel(*concentration, |j, kappa| 2.0 * j / kappa, |j| if j == 0 { 1.0 } else { 2.0 })
            }
        }
    }

    /// Eigenvalues `k_l` of `K(c) = sum_l k_l (2l + 1) / (4 pi) P_l(c)`.
    pub fn sphere_eigenvalues(&self) -> Vec<f64> {
        match self {
            // exp(kappa c) = sum (2l + 1) i_l(kappa) P_l(c), i_l the modified spherical Bessel functions
            Self::VonMisesFisher { concentration } => {
                scaled_bessel(*concentration, |l, kappa| (2.0 * l + 1.0) / kappa, |l| (2 * l + 1) as f64)
                    .into_iter()
                    .map(|i| 4.0 * std::f64::consts::PI * i)
                    .collect()
            }
        }
    }
}

/// Where the recurrence starts: the functions fall like `exp(-j^2 / (2 kappa))` and, beyond kappa, faster than geometrically.
fn bessel_start(kappa: f64) -> usize {
    (40.0 + 12.0 * kappa.sqrt()).min(1e9) as usize
}

/// Modified Bessel functions `b_0, b_1, ..` times `exp(-kappa)`, by the downward recurrence
/// `b_(j-1) = b_(j+1) + ratio(j, kappa) b_j`, normalised by `sum weight(j) b_j = exp(kappa)` (the kernel at zero angle).
fn scaled_bessel(kappa: f64, ratio: impl Fn(f64, f64) -> f64, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let start = bessel_start(kappa);
    let mut b = vec![0.0; start + 2];
    b[start] = 1e-280;
    for j in (1..=start).rev() {
        b[j - 1] = b[j + 1] + ratio(j as f64, kappa) * b[j];
        if b[j - 1] > 1e250 {
            b[j - 1..].iter_mut().for_each(|x| *x *= 1e-250);
        }
    }
    let total: f64 = b.iter().enumerate().rev().map(|(j, x)| weight(j) * x).sum();
    b.iter_mut().for_each(|x| *x /= total);
    let mut tail = 0.0;
    while b.len() > 1 {
        tail += weight(b.len() - 1) * b[b.len() - 1];
        if tail > TRUNCATION {
            break;
        }
        b.pop();
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_coefficients_sum_to_the_kernel() {
        for concentration in [1e-3, 0.5, 6.0, 10.0, 200.0, 2000.0] {
            let kernel = ZonalKernel::VonMisesFisher { concentration };
            let (circle, sphere) = (kernel.circle_coefficients(), kernel.sphere_eigenvalues());
            for t in [0.0f64, 0.03, 0.4, 1.5, 3.1] {
                let exact = kernel.evaluate(t.cos());
                let fourier: f64 = circle
                    .iter()
                    .enumerate()
                    .map(|(j, k)| k * (j as f64 * t).cos() * if j == 0 { 1.0 } else { 2.0 })
                    .sum();
                assert!(
                    (fourier - exact).abs() < 1e-14 + 1e-16 * concentration,
                    "circle, {concentration}, {t}: {fourier} {exact}"
                );
                let (mut before, mut now, mut legendre) = (0.0, 1.0, 0.0);
                for (l, k) in sphere.iter().enumerate() {
                    let l = l as f64;
                    legendre += k * (2.0 * l + 1.0) / (4.0 * std::f64::consts::PI) * now;
                    (before, now) = (now, ((2.0 * l + 1.0) * t.cos() * now - l * before) / (l + 1.0));
                }
                assert!(
                    (legendre - exact).abs() < 2e-14 + 1e-16 * concentration,
                    "sphere, {concentration}, {t}: {legendre} {exact}"
                );
            }
        }
    }
}
