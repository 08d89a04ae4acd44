//! Zonal kernels: positive definite functions `K(eta . eta')` of the angle between two points.

/// A positive definite kernel of the angle t between two points of S^d, c = cos t, in `dim` = d + 1 coordinates.
///
/// `P_l` are the Legendre polynomials. Not one of them is normalised to total one unless its formula says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ZonalKernel {
    /// `exp(kappa (c - 1))`, in any dimension.
    VonMisesFisher {
        /// kappa > 0.
        concentration: f64,
    },
    /// `(1 - rho^2) / (1 - 2 rho c + rho^2)^((d + 1) / 2)`, in any dimension.
    Poisson {
        /// rho in (0, 1).
        rho: f64,
    },
    /// The heat kernel, on the circle `(1 / (2 pi)) (1 + 2 sum_l exp(-l^2 t) cos(l theta))`, on S^2
    /// `sum_l (2l + 1) / (4 pi) exp(-l (l + 1) t) P_l(c)`.
    Heat {
        /// t > 0.
        time: f64,
    },
    /// The sums of the heat kernel cut at the degree L with weights one: orthonormal features of degree at most L.
    LowPass {
        /// L.
        degree: usize,
    },
    /// `E[1(u.x > 0) 1(v.x > 0) (u.x)^k (v.x)^k]`, x ~ N(0, I), for unit vectors u and v, in any dimension: `J_k(t) / (2 pi)` of Cho
    /// and Saul, *Kernel methods for deep learning* (2009): `J_0 = pi - t`, `J_1 = sin t + (pi - t) cos t`,
    /// `J_2 = 3 sin t cos t + (pi - t) (1 + 2 cos^2 t)`.
    ArcCosine {
        /// k = 0, 1 or 2.
        order: u8,
    },
}

/// Why a kernel, or its evaluation as asked for, is not to be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KernelError {
    /// A number outside the range in which the formula is a positive definite kernel.
    #[error("the {kernel} kernel needs a {name} {valid}, not {value}")]
    Parameter {
        /// The kernel's name.
        kernel: &'static str,
        /// The parameter's name.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it should be, such as `"in (0, 1)"`.
        valid: &'static str,
    },
    /// A tolerance outside (0, 1).
    #[error("a tolerance is between 0 and 1, not {0}")]
    Tolerance(f64),
    /// A kernel that is defined on the circle and on S^2 alone.
    #[error("the {kernel} kernel is defined on the circle and on S^2, not in {dim} coordinates")]
    Dimension {
        /// The kernel's name.
        kernel: &'static str,
        /// Coordinates of a point.
        dim: usize,
    },
    /// No fast evaluation but on the circle and on S^2: sums over pairs serve any dimension.
    #[error(
        "kernels are expanded on the circle and on S^2, not in {dim} coordinates; sums over pairs serve there"
    )]
    NoExpansion {
        /// Coordinates of a point.
        dim: usize,
    },
    /// An expansion that ends too late: a larger tolerance, or sums over pairs, are the remedy.
    #[error("at tolerance {tolerance:e} the expansion needs degree {needed}, more than {most}")]
    Degree {
        /// The degree, or wave number, at which the dropped terms fall below the tolerance.
        needed: usize,
        /// The highest that is offered.
        most: usize,
        /// Relative to the kernel at zero angle.
        tolerance: f64,
    },
}

impl ZonalKernel {
    /// Its name in lower case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::VonMisesFisher { .. } => "von Mises-Fisher",
            Self::Poisson { .. } => "Poisson",
            Self::Heat { .. } => "heat",
            Self::LowPass { .. } => "low-pass",
            Self::ArcCosine { .. } => "arc-cosine",
        }
    }

    /// Whether it is a positive definite kernel in `dim` coordinates.
    ///
    /// # Errors
    /// [`KernelError::Parameter`] and [`KernelError::Dimension`].
    pub fn check(&self, dim: usize) -> Result<(), KernelError> {
        let kernel = self.name();
        let parameter = |name, value, valid| Err(KernelError::Parameter { kernel, name, value, valid });
        let positive = |x: f64| x > 0.0 && x.is_finite();
        match *self {
            Self::VonMisesFisher { concentration } if !positive(concentration) => {
                parameter("concentration", concentration, "above 0")
            }
            Self::Poisson { rho } if !(rho > 0.0 && rho < 1.0) => parameter("rho", rho, "in (0, 1)"),
            Self::Heat { time } if !positive(time) => parameter("time", time, "above 0"),
            Self::ArcCosine { order } if order > 2 => parameter("order", order.into(), "of 0, 1 or 2"),
            Self::Heat { .. } | Self::LowPass { .. } if !(2..=3).contains(&dim) => {
                Err(KernelError::Dimension { kernel, dim })
            }
            _ => Ok(()),
        }
    }
}
