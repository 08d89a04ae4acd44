//! Slopes of a density towards a face from the differences on both sides of the upwind cell.

use super::Limiter;

/// The slope over a face's distance from the difference `ahead` (downwind minus upwind cell) and the difference `behind`
/// (upwind cell minus the value mirrored behind it).
pub fn limited_slope(limiter: Limiter, behind: f64, ahead: f64) -> f64 {
    match limiter {
        Limiter::Minmod => minmod(behind, ahead),
        Limiter::VanLeer => van_leer(behind, ahead),
        Limiter::None => mean(behind, ahead),
    }
}

/// The smaller of two slopes of one sign, else none.
#[inline(always)]
pub(super) fn minmod(behind: f64, ahead: f64) -> f64 {
    let smaller = if behind.abs() < ahead.abs() { behind } else { ahead };
    if behind * ahead > 0.0 { smaller } else { 0.0 }
}

/// The harmonic mean of two slopes of one sign, else none.
#[inline(always)]
pub(super) fn van_leer(behind: f64, ahead: f64) -> f64 {
    let product = behind * ahead;
    let slope = 2.0 * product / (behind + ahead);
    if product > 0.0 { slope } else { 0.0 }
}

/// The mean of two slopes.
#[inline(always)]
pub(super) fn mean(behind: f64, ahead: f64) -> f64 {
    0.5 * (behind + ahead)
}
