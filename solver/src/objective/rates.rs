//! The rates of the flow that belong to a feature.

use super::{Activation, Layers, Rates};

impl Rates {
    /// The rates of a feature that is positively homogeneous of this degree: `alpha = 2 degree`, `beta = 1`.
    ///
    /// A unit `w = r eta` of a 2-homogeneous feature has the mass r^2, and its flow (3.4) is (4.1) with alpha = 4. A balanced
    /// unit `a act(u . x)`, |a| = |u|, of a 1-homogeneous activation has the mass |a| |u| on the sheet of the sign of a, and
    /// its flow is (4.1) with alpha = 2.
    pub fn of_degree(degree: u32) -> Self {
        Self { reaction: 2.0 * f64::from(degree), transport: 1.0 }
    }
}

impl Activation {
    /// The degree k of `act(r t) = r^k act(t)`, r >= 0.
    pub const fn degree(self) -> u32 {
        match self {
            Self::Relu | Self::LeakyRelu { .. } | Self::Abs | Self::Identity => 1,
            Self::SquaredRelu | Self::Quadratic => 2,
        }
    }
}

impl Layers {
    /// The degree of homogeneity of a unit in those weights that are coordinates of eta.
    pub const fn degree(self, activation: Activation) -> u32 {
        match self {
            Self::Two => 1 + activation.degree(),
            Self::Ridge => activation.degree(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_degree_is_the_one_of_the_values() {
        for act in [
            Activation::Relu,
            Activation::LeakyRelu { slope: 0.2 },
            Activation::Abs,
            Activation::Identity,
            Activation::SquaredRelu,
            Activation::Quadratic,
        ] {
            for t in [-1.5, 0.0, 0.7] {
                let scaled = 3f64.powi(act.degree() as i32) * act.value(t);
                assert!((act.value(3.0 * t) - scaled).abs() < 1e-13, "{act:?}");
            }
        }
        assert_eq!(Rates::of_degree(Layers::Two.degree(Activation::Relu)).reaction, 4.0);
        assert_eq!(Rates::of_degree(Layers::Ridge.degree(Activation::Abs)).reaction, 2.0);
    }
}
