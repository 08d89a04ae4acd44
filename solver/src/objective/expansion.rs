//! Expansions of zonal kernels in Fourier series and in Legendre polynomials (Funk-Hecke), cut at a tolerance.
//!
//! Everything is a closed form or a stable recurrence, the sums of the dropped terms included.

use std::f64::consts::PI;
use std::sync::Arc;

use super::coefficients::{
    arc_cosine_moment, arc_cosine_on_circle, arc_cosine_tail_on_circle, arc_cosine_tail_on_sphere,
    bessel_bound, even_squares, scaled_bessel,
};
use super::features::{Evaluation, FeatureMap};
use super::kernel::{KernelError, ZonalKernel};
use super::{CircularFeatures, Lift, SphericalFeatures};
use crate::transform::MOST_DEGREE;

/// The highest wave number of a kernel on the circle.
const MOST_WAVE_NUMBERS: usize = 1 << 20;

/// Where the search for a degree gives up: any number from here on is reported as this one.
const ENDLESS: usize = 1 << 62;

impl ZonalKernel {
    /// The highest degree of an expansion in `dim` = 2 (wave number) or 3 coordinates.
    pub fn most_degree(dim: usize) -> usize {
        if dim == 2 { MOST_WAVE_NUMBERS } else { MOST_DEGREE }
    }

    /// The wave number (`dim` = 2) or degree (`dim` = 3) beyond which all terms together are at most `tolerance` times the kernel,
    /// both at zero angle. A low-pass kernel is never cut.
    ///
    /// # Errors
    /// Of [`Self::check`]; [`KernelError::Degree`] where it is above [`Self::most_degree`], [`KernelError::NoExpansion`].
    pub fn degree(&self, dim: usize, tolerance: f64) -> Result<usize, KernelError> {
        self.degree_within(dim, tolerance, Self::most_degree(dim))
    }

    fn degree_within(&self, dim: usize, tolerance: f64, most: usize) -> Result<usize, KernelError> {
        self.check(dim)?;
        if !(tolerance > 0.0 && tolerance < 1.0) {
            return Err(KernelError::Tolerance(tolerance));
        }
        if !(2..=3).contains(&dim) {
            return Err(KernelError::NoExpansion { dim });
        }
        let needed = match *self {
            Self::LowPass { degree } => degree,
            _ => first(|degree| self.dropped(dim, degree) <= tolerance),
        };
        if needed > most { Err(KernelError::Degree { needed, most, tolerance }) } else { Ok(needed) }
    }

    /// Its feature map on the circle (`dim` = 2) or on S^2 (`dim` = 3), cut at the tolerance.
    ///
    /// # Errors
    /// Of [`Self::degree`].
    pub fn features(
        &self,
        dim: usize,
        evaluation: Evaluation,
        tolerance: f64,
    ) -> Result<Arc<dyn FeatureMap>, KernelError> {
        let coefficients = self.coefficients(dim, tolerance)?;
        Ok(match dim {
            2 => {
                Arc::new(CircularFeatures::new(Lift::Circle, &coefficients).evaluated(evaluation, tolerance))
            }
            _ => Arc::new(SphericalFeatures::new(&coefficients).evaluated(evaluation, tolerance)),
        })
    }

    /// On the circle `k_j` of `K(cos t) = k_0 + 2 sum_j k_j cos(j t)`; on S^2 the eigenvalues `k_l` of
    /// `K(c) = sum_l k_l (2l + 1) / (4 pi) P_l(c)`; cut at the tolerance.
    ///
    /// # Errors
    /// Of [`Self::degree`].
    pub fn coefficients(&self, dim: usize, tolerance: f64) -> Result<Vec<f64>, KernelError> {
        self.coefficients_within(dim, tolerance, Self::most_degree(dim))
    }

    /// The same, up to another highest degree.
    pub(super) fn coefficients_within(
        &self,
        dim: usize,
        tolerance: f64,
        most: usize,
    ) -> Result<Vec<f64>, KernelError> {
        let degree = self.degree_within(dim, tolerance, most)?;
        Ok(if dim == 2 { self.on_circle(degree) } else { self.on_sphere(degree) })
    }

    /// `k_j` up to a wave number.
    pub(super) fn on_circle(&self, degree: usize) -> Vec<f64> {
        let wave_numbers = 0..=degree;
        match *self {
            // exp(kappa cos t) = I_0 + 2 sum I_j cos(j t)
            Self::VonMisesFisher { concentration } => {
                scaled_bessel(degree, |j| 2.0 * j / concentration, |j| if j == 0.0 { 1.0 } else { 2.0 })
            }
            Self::Poisson { rho } => wave_numbers.map(|j| rho.powf(j as f64)).collect(),
            Self::Heat { time } => {
                wave_numbers.map(|j| (-((j * j) as f64) * time).exp() / (2.0 * PI)).collect()
            }
            Self::LowPass { .. } => vec![0.5 / PI; degree + 1],
            Self::ArcCosine { order } => wave_numbers.map(|j| arc_cosine_on_circle(order, j)).collect(),
        }
    }

    /// `k_l` up to a degree.
    fn on_sphere(&self, degree: usize) -> Vec<f64> {
        let degrees = 0..=degree;
        match *self {
            // exp(kappa c) = sum (2l + 1) i_l(kappa) P_l(c), i_l the modified spherical Bessel functions
            Self::VonMisesFisher { concentration } => {
                scaled_bessel(degree, |l| (2.0 * l + 1.0) / concentration, |l| 2.0 * l + 1.0)
                    .into_iter()
                    .map(|i| 4.0 * PI * i)
                    .collect()
            }
            Self::Poisson { rho } => degrees.map(|l| 4.0 * PI * rho.powf(l as f64)).collect(),
            Self::Heat { time } => degrees.map(|l| (-((l * (l + 1)) as f64) * time).exp()).collect(),
            Self::LowPass { .. } => vec![1.0; degree + 1],
            Self::ArcCosine { order } => {
                let squares = even_squares(degree);
                degrees.map(|l| 2.0 * PI * arc_cosine_moment(order, l, &squares)).collect()
            }
        }
    }

    /// A bound of the terms beyond `degree`, together and at zero angle, as a fraction of the kernel there; it falls with the
    /// degree, and is nowhere more than a few degrees late.
    fn dropped(&self, dim: usize, degree: usize) -> f64 {
        let (circle, l) = (dim == 2, degree as f64);
        match *self {
            Self::VonMisesFisher { concentration } if circle => {
                // The terms fall faster than geometrically, the first ratio bounded after Amos (1974).
                let half = l + 1.5;
                let ratio = concentration / (half + half.hypot(concentration));
                2.0 * bessel_bound(l + 1.0, concentration) / (1.0 - ratio)
            }
            // (2l + 1) i_l summed is kappa (i_L + i_(L+1)), and i_l = sqrt(pi / (2 kappa)) I_(l+1/2)
            Self::VonMisesFisher { concentration } => {
                (2.0 * PI * concentration).sqrt() * bessel_bound(l + 0.5, concentration)
            }
            Self::Poisson { rho } => {
                let power = ((l + 1.0) * rho.ln()).exp();
                let ends = if circle { 2.0 } else { (2.0 * l + 3.0) * (1.0 - rho) + 2.0 * rho };
                power * ends / (1.0 + rho)
            }
            // The next term, and a geometric series of the ratio of the next two; the kernel is at least its first term and the
            // Gaussian of the line.
            Self::Heat { time } if circle => {
                let next = 2.0 * (-(l + 1.0).powi(2) * time).exp();
                next / -(-(2.0 * l + 3.0) * time).exp_m1() / (PI / time).sqrt().max(1.0)
            }
            // 2l exp(-l (l + 1) t) is less than the integral of exp(-u t) from (l - 1) l to l (l + 1)
            Self::Heat { time } => {
                let sum = (1.0 + 0.5 / (l + 1.0)) * (-l * (l + 1.0) * time).exp() / time;
                sum / (1.0 / time).max(1.0)
            }
            Self::LowPass { degree: last } => f64::from(u8::from(degree < last)),
            Self::ArcCosine { order } if circle => arc_cosine_tail_on_circle(order, degree),
            Self::ArcCosine { order } => arc_cosine_tail_on_sphere(order, degree),
        }
    }
}

/// The first number at which a condition holds that, once true, stays so; [`ENDLESS`] if that is too far.
pub(super) fn first(holds: impl Fn(usize) -> bool) -> usize {
    let mut high = 1;
    while !holds(high) {
        if high >= ENDLESS {
            return ENDLESS;
        }
        high *= 2;
    }
    let mut low = 0;
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the definitions, from the angle.
    fn kernel(kernel: ZonalKernel, dim: usize, t: f64) -> f64 {
        let chord = 2.0 * (0.5 * t).sin().powi(2);
        let sum = |term: &dyn Fn(f64) -> f64| {
            let mut total = 0.0;
            let (mut before, mut now) = (0.0, 1.0);
            for l in 0..4000 {
                let degree = f64::from(l);
                total += if dim == 3 {
                    (2.0 * degree + 1.0) / (4.0 * PI) * term(degree) * now
                } else if l == 0 {
                    0.5 / PI
                } else {
                    term(degree) * (degree * t).cos() / PI
                };
                (before, now) =
                    (now, ((2.0 * degree + 1.0) * t.cos() * now - degree * before) / (degree + 1.0));
            }
            total
        };
        let squared = if dim == 3 { 1.0 } else { 0.0 };
        match kernel {
            ZonalKernel::VonMisesFisher { concentration } => (-concentration * chord).exp(),
            ZonalKernel::Poisson { rho } => {
                (1.0 - rho * rho) / ((1.0 - rho).powi(2) + 2.0 * rho * chord).powf(0.5 * dim as f64)
            }
            ZonalKernel::Heat { time } => sum(&|l| (-(l * l + squared * l) * time).exp()),
            ZonalKernel::LowPass { degree } => sum(&|l| if l <= degree as f64 { 1.0 } else { 0.0 }),
            ZonalKernel::ArcCosine { order } => {
                let (s, c) = t.sin_cos();
                let j = [PI - t, s + (PI - t) * c, 3.0 * s * c + (PI - t) * (1.0 + 2.0 * c * c)];
                j[order as usize] / (2.0 * PI)
            }
        }
    }

    /// The expansion's sum at an angle.
    fn series(coefficients: &[f64], dim: usize, t: f64) -> f64 {
        let (mut before, mut now, mut total, mut rest) = (0.0, 1.0, 0.0, 0.0);
        for (l, k) in coefficients.iter().enumerate() {
            let degree = l as f64;
            let term = match (dim, l) {
                (3, _) => k * (2.0 * degree + 1.0) / (4.0 * PI) * now,
                (_, 0) => *k,
                _ => 2.0 * k * (degree * t).cos(),
            };
            let next: f64 = total + term;
            // Tens of thousands of small terms are added without the digits that they would lose.
            rest += term - (next - total);
            total = next;
            (before, now) = (now, ((2.0 * degree + 1.0) * t.cos() * now - degree * before) / (degree + 1.0));
        }
        total + rest
    }

    fn kernels() -> Vec<ZonalKernel> {
        let mut kernels = vec![ZonalKernel::ArcCosine { order: 1 }, ZonalKernel::ArcCosine { order: 2 }];
        kernels.extend(
            [1e-300, 1e-3, 0.5, 10.0, 200.0, 2000.0]
                .map(|concentration| ZonalKernel::VonMisesFisher { concentration }),
        );
        kernels.extend([1e-9, 0.3, 0.9, 0.99].map(|rho| ZonalKernel::Poisson { rho }));
        kernels.extend([1e-3, 0.02, 0.3, 2.0, 1e3].map(|time| ZonalKernel::Heat { time }));
        kernels.extend([0, 1, 12, 300].map(|degree| ZonalKernel::LowPass { degree }));
        kernels
    }

    #[test]
    fn law_coefficients_sum_to_the_kernel_within_the_tolerance() {
        for kind in kernels() {
            for (dim, tolerance) in [(2, 1e-4), (3, 1e-4), (2, 1e-9), (3, 1e-9), (2, 1e-14), (3, 1e-14)] {
                let Ok(k) = kind.coefficients(dim, tolerance) else {
                    let slow = [ZonalKernel::ArcCosine { order: 1 }, ZonalKernel::Poisson { rho: 0.99 }];
                    assert!(
                        slow.contains(&kind) && dim == 3 && tolerance < 1e-8,
                        "{kind:?}, {dim}, {tolerance:e}"
                    );
                    continue;
                };
                let scale = kernel(kind, dim, 0.0);
                for t in [0.0f64, 0.03, 0.4, 1.5, 3.1] {
                    let gap = (series(&k, dim, t) - kernel(kind, dim, t)).abs() / scale;
                    assert!(gap < tolerance + 3e-14, "{kind:?}, {dim}, {tolerance:e}, {t}: {gap:e}");
                }
                // One that is cut much too late wastes time: a fifth fewer degrees, and one less, miss the tolerance.
                let fewer = k.len() * 4 / 5;
                if fewer > 3 && tolerance > 1e-12 && !matches!(kind, ZonalKernel::LowPass { .. }) {
                    let gap = (series(&k[..fewer - 1], dim, 0.0) - scale).abs() / scale;
                    assert!(gap > tolerance, "{kind:?}, {dim}, {tolerance:e}: {} terms", k.len());
                }
            }
        }
    }

    #[test]
    fn degrees_of_narrow_kernels_are_bounded_before_anything_is_summed() {
        let narrow = [
            ZonalKernel::VonMisesFisher { concentration: 1e12 },
            ZonalKernel::VonMisesFisher { concentration: 1e300 },
            ZonalKernel::Poisson { rho: 1.0 - 1e-16 },
            ZonalKernel::Heat { time: 1e-300 },
            ZonalKernel::LowPass { degree: usize::MAX },
            ZonalKernel::ArcCosine { order: 0 },
        ];
        for kernel in narrow {
            for dim in [2, 3] {
                let most = ZonalKernel::most_degree(dim);
                match kernel.degree(dim, 1e-10) {
                    Err(KernelError::Degree { needed, most: m, .. }) => assert!(needed > most && m == most),
                    other => assert!(dim == 2 && other.is_ok(), "{kernel:?}, {dim}: {other:?}"),
                }
            }
        }
        assert!(ZonalKernel::VonMisesFisher { concentration: 1e300 }.degree(2, 1e-10).is_err());
    }

    #[test]
    fn what_is_no_kernel_is_named() {
        for (kernel, name) in [
            (ZonalKernel::VonMisesFisher { concentration: 0.0 }, "concentration"),
            (ZonalKernel::VonMisesFisher { concentration: f64::NAN }, "concentration"),
            (ZonalKernel::Poisson { rho: 1.0 }, "rho"),
            (ZonalKernel::Poisson { rho: 0.0 }, "rho"),
            (ZonalKernel::Heat { time: -1.0 }, "time"),
            (ZonalKernel::ArcCosine { order: 3 }, "order"),
        ] {
            let found = kernel.degree(3, 1e-10);
            assert!(matches!(found, Err(KernelError::Parameter { name: n, .. }) if n == name), "{found:?}");
        }
        let heat = ZonalKernel::Heat { time: 1.0 };
        assert_eq!(heat.check(4), Err(KernelError::Dimension { kernel: "heat", dim: 4 }));
        assert_eq!(heat.degree(2, 0.0), Err(KernelError::Tolerance(0.0)));
        let poisson = ZonalKernel::Poisson { rho: 0.5 };
        assert_eq!(poisson.degree(5, 1e-3), Err(KernelError::NoExpansion { dim: 5 }));
    }
}
