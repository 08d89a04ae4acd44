//! Activation functions, all positively homogeneous.

use pulp::Simd;

/// Activation functions; `act'(0) = 0` where the derivative jumps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(t, 0)`.
    Relu,
    /// `t` for positive t, `slope t` for negative.
    LeakyRelu {
        /// Slope on the negative side.
        slope: f64,
    },
    /// `|t|`.
    Abs,
    /// `t`.
    Identity,
    /// `max(t, 0)^2`.
    SquaredRelu,
    /// `t^2`.
    Quadratic,
}

impl Activation {
    /// `act(t)`.
    #[inline(always)]
    pub fn value(self, t: f64) -> f64 {
        match self {
            Self::Relu => t.max(0.0),
            Self::LeakyRelu { slope } => t.max(0.0) + slope * t.min(0.0),
            Self::Abs => t.abs(),
            Self::Identity => t,
            Self::SquaredRelu => t.max(0.0) * t.max(0.0),
            Self::Quadratic => t * t,
        }
    }

    /// `act'(t)`.
    #[inline(always)]
    pub fn slope(self, t: f64) -> f64 {
        let positive = if t > 0.0 { 1.0 } else { 0.0 };
        let negative = if t < 0.0 { 1.0 } else { 0.0 };
        match self {
            Self::Relu => positive,
            Self::LeakyRelu { slope } => positive + slope * negative,
            Self::Abs => positive - negative,
            Self::Identity => 1.0,
            Self::SquaredRelu => 2.0 * t.max(0.0),
            Self::Quadratic => 2.0 * t,
        }
    }

    /// The activation as powers of both signs of its argument.
    pub(super) fn pieces(self) -> Pieces {
        let (degree, positive, negative) = match self {
            Self::Relu => (1, 1.0, 0.0),
            Self::LeakyRelu { slope } => (1, 1.0, -slope),
            Self::Abs => (1, 1.0, 1.0),
            Self::Identity => (1, 1.0, -1.0),
            Self::SquaredRelu => (2, 1.0, 0.0),
            Self::Quadratic => (2, 1.0, 1.0),
        };
        Pieces { degree, positive, negative }
    }
}

/// `act(t) = positive max(t, 0)^degree + negative max(-t, 0)^degree`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pieces {
    /// 1 or 2: act(r t) = r^degree act(t) for r >= 0.
    pub degree: u32,
    /// act(1).
    pub positive: f64,
    /// act(-1).
    pub negative: f64,
}

impl Pieces {
    /// Whether `act(t) = t^degree`.
    pub fn is_pure_power(self) -> bool {
        self.positive == 1.0 && self.negative == if self.degree == 1 { -1.0 } else { 1.0 }
    }
}

/// An activation on vector registers: a type for each formula, so that the loops are compiled for it.
pub(super) trait Lanes: Copy + Send + Sync {
    /// Degree of homogeneity.
    const DEGREE: u32;

    /// `act(t)`.
    fn value<S: Simd>(self, simd: S, t: S::f64s) -> S::f64s;

    /// `g act'(t) / DEGREE`, and 0 where act' jumps: t times it is `g act(t)`.
    fn slope<S: Simd>(self, simd: S, t: S::f64s, g: S::f64s) -> S::f64s;
}

/// `max(t, 0)`.
#[derive(Clone, Copy)]
pub(super) struct Relu;

impl Lanes for Relu {
    const DEGREE: u32 = 1;

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, t: S::f64s) -> S::f64s {
        simd.max_f64s(t, simd.splat_f64s(0.0))
    }

    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, t: S::f64s, g: S::f64s) -> S::f64s {
        let zero = simd.splat_f64s(0.0);
        simd.select_f64s(simd.greater_than_f64s(t, zero), g, zero)
    }
}

/// `t` for positive t, `negative (-t)` for negative: leaky-relu and identity.
#[derive(Clone, Copy)]
pub(super) struct TwoSided {
    pub negative: f64,
}

impl Lanes for TwoSided {
    const DEGREE: u32 = 1;

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, t: S::f64s) -> S::f64s {
        let below = simd.mul_f64s(simd.splat_f64s(-self.negative), t);
        simd.select_f64s(simd.greater_than_f64s(t, simd.splat_f64s(0.0)), t, below)
    }

    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, t: S::f64s, g: S::f64s) -> S::f64s {
        let zero = simd.splat_f64s(0.0);
        let below = simd.mul_f64s(simd.splat_f64s(-self.negative), g);
        // The identity has no kink: its slope at 0 is that beside it.
        let at_zero = if self.negative == -1.0 { g } else { zero };
        let not_above = simd.select_f64s(simd.greater_than_f64s(zero, t), below, at_zero);
        simd.select_f64s(simd.greater_than_f64s(t, zero), g, not_above)
    }
}

/// `|t|`.
#[derive(Clone, Copy)]
pub(super) struct Abs;

impl Lanes for Abs {
    const DEGREE: u32 = 1;

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, t: S::f64s) -> S::f64s {
        simd.abs_f64s(t)
    }

    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, t: S::f64s, g: S::f64s) -> S::f64s {
        TwoSided { negative: 1.0 }.slope(simd, t, g)
    }
}

/// `max(t, 0)^2`.
#[derive(Clone, Copy)]
pub(super) struct SquaredRelu;

impl Lanes for SquaredRelu {
    const DEGREE: u32 = 2;

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, t: S::f64s) -> S::f64s {
        let t = simd.max_f64s(t, simd.splat_f64s(0.0));
        simd.mul_f64s(t, t)
    }

    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, t: S::f64s, g: S::f64s) -> S::f64s {
        simd.mul_f64s(simd.max_f64s(t, simd.splat_f64s(0.0)), g)
    }
}

/// `t^2`.
#[derive(Clone, Copy)]
pub(super) struct Quadratic;

impl Lanes for Quadratic {
    const DEGREE: u32 = 2;

    #[inline(always)]
    fn value<S: Simd>(self, simd: S, t: S::f64s) -> S::f64s {
        simd.mul_f64s(t, t)
    }

    #[inline(always)]
    fn slope<S: Simd>(self, simd: S, t: S::f64s, g: S::f64s) -> S::f64s {
        simd.mul_f64s(t, g)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ACTIVATIONS;
    use super::*;

    #[test]
    fn law_an_activation_is_its_pieces() {
        for activation in ACTIVATIONS {
            let Pieces { degree, positive, negative } = activation.pieces();
            for t in [-2.0_f64, -0.5, -0.0, 0.0, 0.25, 4.0] {
                let power = |t: f64| t.max(0.0).powi(degree as i32);
                assert_eq!(
                    activation.value(t),
                    positive * power(t) + negative * power(-t),
                    "{activation:?} at {t}"
                );
            }
        }
    }
}
