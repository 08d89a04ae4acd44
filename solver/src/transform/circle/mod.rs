//! Trigonometric sums at N angles `theta_j` and the wave numbers `k = 0..=K`.
//!
//! *Analysis* takes masses `q_j` to `c_k = sum_j q_j exp(i k theta_j)`; *synthesis*, its transpose, takes coefficients `d_k` to
//! `sum_k Re(conj(d_k) exp(i k theta_j))`. Five ways lead there, and [`AngularPlan`] takes the cheapest:
//!
//! | way | angles | cost | error, of the sum of the terms' sizes |
//! |---|---|---|---|
//! | [`DirectAngles`] | any | N K | round-off |
//! | [`ScatteredAngles`], the non-uniform FFT | any | N W + K log K, W = 4 to 16 | the tolerance |
//! | [`BinnedAngles`], moments of arcs | any, many | N P + P K + K log K, P = 4 to 16 | the tolerance |
//! | [`EquispacedAngles`], the FFT | equispaced | N log N + K | round-off |
//! | [`BlockedAngles`], moments of blocks | equispaced | N P, P = 4 to 32, and less for the blocks | the tolerance |

mod angle;
mod arcs;
mod band;
mod basis;
mod binned;
mod blocked;
mod direct;
mod equispaced;
mod moments;
mod scattered;
#[cfg(test)]
mod tests;
mod waves;

pub(crate) use angle::angles_of;
pub use basis::{BlockBasis, LONGEST_BLOCK};
pub use binned::BinnedAngles;
pub use blocked::BlockedAngles;
pub use direct::DirectAngles;
pub use equispaced::{EquispacedAngles, are_equispaced};
pub use scattered::{Bandwidth, ScatteredAngles};

use rustfft::num_complex::Complex64;

use crate::evaluation::{Evaluation, Motion};
use binned::Bins;
use blocked::Blocks;
use scattered::{kept_cost, scattered_cost};

/// Trigonometric sums at a set of angles; nothing is allocated after construction.
pub trait AngularSums: Send + Sync {
    /// The name of the fast algorithm, or none: the sums go term by term.
    fn structure(&self) -> Option<&'static str> {
        None
    }

    /// Moves the angles (radians, any real numbers) if the sums can follow them, and says whether: equispaced angles stay
    /// where they are. Their number stays.
    fn move_to(&mut self, angles: &[f64]) -> bool;

    /// Analysis: `coefficients[k] = sum_j mass[j] exp(i k theta_j)` for `k = 0..=K`.
    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]);

    /// Synthesis: `value[j] = sum_k Re(conj(coefficients[k]) exp(i k theta_j))`, the transpose of the analysis.
    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]);

    /// The synthesis and its derivative with respect to the angle.
    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    );

    /// The same sums block by block, where that is how they are taken.
    fn in_blocks(&mut self) -> Option<&mut BlockedAngles> {
        None
    }
}

/// How sums of the wave numbers `0..=K` are to be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AngularPlan {
    /// The largest wave number K.
    pub modes: usize,
    /// The error allowed, relative to the sum of the absolute values of a sum's terms; down to 1e-14.
    pub tolerance: f64,
    /// Term by term, fast, or what is cheaper.
    pub evaluation: Evaluation,
}

impl AngularPlan {
    /// Places `angles` for the cheapest way, by their number and K, and whether they are equispaced.
    pub fn place(&self, angles: &[f64], motion: Motion) -> Box<dyn AngularSums> {
        let (count, modes, tolerance) = (angles.len(), self.modes, self.tolerance);
        let equispaced = motion == Motion::Fixed && are_equispaced(angles);
        match self.way(count, motion, equispaced) {
            Way::Direct => Box::new(DirectAngles::new(modes, angles)),
            Way::Scattered => {
                let sums = ScatteredAngles::new(Bandwidth::new(modes, count, tolerance).into(), angles);
                Box::new(if motion == Motion::Fixed { sums.keeping_weights() } else { sums })
            }
            Way::Binned(bins) => Box::new(BinnedAngles::new(modes, bins, tolerance, angles, motion)),
            Way::Equispaced => Box::new(EquispacedAngles::new(modes, angles[0], count)),
            Way::Blocked(blocks) => Box::new(BlockedAngles::new(modes, angles[0], count, &blocks, tolerance)),
        }
    }

    /// The cheapest way for so many angles.
    fn way(&self, count: usize, motion: Motion, equispaced: bool) -> Way {
        let (modes, tolerance) = (self.modes, self.tolerance);
        let mut ways = Vec::new();
        if self.evaluation != Evaluation::Fast {
            ways.push((direct_cost(count, modes), Way::Direct));
        }
        if self.evaluation != Evaluation::Direct {
            let scattered = if motion == Motion::Fixed { kept_cost } else { scattered_cost };
            ways.push((scattered(count, modes, tolerance), Way::Scattered));
            ways.extend(Bins::choose(count, modes, tolerance, motion).map(|b| (b.cost, Way::Binned(b))));
            if equispaced {
                ways.push((equispaced_cost(count, modes), Way::Equispaced));
                ways.extend(Blocks::choose(count, modes, tolerance).map(|b| (b.cost, Way::Blocked(b))));
            }
        }
        ways.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(Way::Direct, |(_, way)| way)
    }
}

/// What takes the sums.
#[derive(Debug, Clone, PartialEq)]
enum Way {
    Direct,
    Scattered,
    Binned(Bins),
    Equispaced,
    Blocked(Blocks),
}

/// Estimated nanoseconds of an analysis and a synthesis term by term.
fn direct_cost(count: usize, modes: usize) -> f64 {
    count as f64 * (20.0 + 1.4 * modes as f64)
}

/// Estimated nanoseconds of a real FFT of length `n` there and back.
fn fft_cost(n: usize) -> f64 {
    let mut rest = n;
    for prime in [2, 3, 5, 7, 11] {
        while rest > 1 && rest.is_multiple_of(prime) {
            rest /= prime;
        }
    }
    // Lengths with a large prime factor go by a convolution of several times the length.
    let each = match rest {
        1 if n.is_power_of_two() => 0.22,
        1 => 0.31,
        _ => 6.5,
    };
    // What leaves the caches takes longer.
    let far = if n > 200_000 { 3.0 } else { 1.0 };
    200.0 + each * n as f64 * (n.max(2) as f64).log2() * far
}

/// Estimated nanoseconds of an analysis and a synthesis at equispaced angles by the FFT.
fn equispaced_cost(count: usize, modes: usize) -> f64 {
    fft_cost(count) + 3.0 * modes as f64
}

fn assert_lengths(angles: usize, modes: usize, values: usize, coefficients: usize) {
    assert_eq!(values, angles, "one number for each angle");
    assert_eq!(coefficients, modes + 1, "one coefficient for each wave number");
}
