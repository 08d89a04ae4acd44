//! Which particles are drawn, and how large.

use super::axis::{grouped, short};
use super::output::PictureError;

/// Particles drawn of one set; more would merge into one stain and make files of many megabytes.
pub(super) const MOST: usize = 20_000;
const LARGEST_RADIUS: f64 = 9.0;
/// The largest dot is at least so large, however many there are.
const SMALLEST_LARGE_RADIUS: f64 = 1.2;
/// Smaller dots would be invisible; below it areas are no longer proportional to masses.
const SMALLEST_RADIUS: f64 = 0.7;

/// The particles to draw: (index, radius), the largest first, so that small ones lie on top.
#[derive(Debug)]
pub(super) struct Dots {
    pub chosen: Vec<(usize, f64)>,
    /// What was left out, if anything.
    pub note: Option<String>,
}

/// Room that a set of dots may fill, in user units.
#[derive(Clone, Copy, Debug)]
pub(super) enum Room {
    /// Along a line of this length.
    Length(f64),
    /// Over this area.
    Surface(f64),
}

/// Chooses at most [`MOST`] particles, the largest, and radii with area proportional to mass. Massless ones are not
/// drawn. All masses are finite and nonnegative.
pub(super) fn choose(label: &str, masses: &[f64], room: Room) -> Dots {
    let mut indices: Vec<usize> = (0..masses.len()).filter(|&j| masses[j] > 0.0).collect();
    let total = indices.len();
    // Among equal masses chance decides: any regular choice may resonate with the order of the particles.
    let order =
        |a: &usize, b: &usize| masses[*b].total_cmp(&masses[*a]).then_with(|| mixed(*a).cmp(&mixed(*b)));
    let mut note = None;
    if total > MOST {
        indices.select_nth_unstable_by(MOST, order);
        indices.truncate(MOST);
        let share = indices.iter().map(|&j| masses[j]).sum::<f64>() / masses.iter().sum::<f64>();
        let name = if label.is_empty() { "particles" } else { label };
        let tied = indices.iter().all(|&j| masses[j] == masses[indices[0]]);
        let which = if tied { "chosen at random" } else { "the largest" };
        note = Some(format!(
            "{name}: {} of {} are drawn, {which}; they hold {} % of the mass",
            grouped(MOST),
            grouped(total),
            short(100.0 * share)
        ));
    }
    indices.sort_unstable_by(order);
    let largest = indices.first().map_or(1.0, |&j| masses[j]);
    let relative: Vec<f64> = indices.iter().map(|&j| (masses[j] / largest).sqrt()).collect();
    let unit = unit_radius(&relative, room);
    let chosen =
        indices.into_iter().zip(relative).map(|(j, r)| (j, (unit * r).max(SMALLEST_RADIUS))).collect();
    Dots { chosen, note }
}

/// The index with its bits mixed (the finaliser of `SplitMix64`): a fixed shuffle.
fn mixed(index: usize) -> u64 {
    let mut bits = (index as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// A shift of a dot across its line, in [-1, 1]: many dots on one line would merge. It means nothing.
pub(super) fn scatter(index: usize, count: usize) -> f64 {
    if count > 100 { mixed(index) as f64 / (u64::MAX as f64) * 2.0 - 1.0 } else { 0.0 }
}

/// Whether some particles are left out, and a note says so.
pub(super) fn left_out(masses: &[f64]) -> bool {
    masses.iter().filter(|mass| **mass > 0.0).count() > MOST
}

/// Radius of the largest dot, such that all together fill a modest part of the room.
fn unit_radius(relative: &[f64], room: Room) -> f64 {
    let fitting = match room {
        Room::Length(length) => 0.5 * length / (2.0 * relative.iter().sum::<f64>()),
        Room::Surface(area) => {
            let squares: f64 = relative.iter().map(|r| r * r).sum();
            (0.12 * area / (std::f64::consts::PI * squares)).sqrt()
        }
    };
    fitting.clamp(SMALLEST_LARGE_RADIUS, LARGEST_RADIUS)
}

/// # Errors
/// [`PictureError::Value`] for the first value that is not finite, or of a size no axis can show.
pub(super) fn check_finite(what: &str, values: &[f64]) -> Result<(), PictureError> {
    check(what, values, "a finite number below 10^100", |value| value.abs() < 1e100)
}

/// # Errors
/// [`PictureError::Value`] for the first mass that is negative or not finite.
pub(super) fn check_masses(what: &str, masses: &[f64]) -> Result<(), PictureError> {
    check(what, masses, "a finite nonnegative mass", |mass| (0.0..1e100).contains(&mass))
}

fn check(
    what: &str,
    values: &[f64],
    need: &'static str,
    good: impl Fn(f64) -> bool,
) -> Result<(), PictureError> {
    match values.iter().position(|&value| !good(value)) {
        None => Ok(()),
        Some(index) => Err(PictureError::Value { what: what.to_owned(), index, value: values[index], need }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_dot_areas_are_proportional_to_masses() {
        let dots = choose("", &[1.0, 4.0, 0.0, 2.0], Room::Surface(1e5));
        let indices: Vec<usize> = dots.chosen.iter().map(|d| d.0).collect();
        assert_eq!(indices, [1, 3, 0]);
        let area = |k: usize| dots.chosen[k].1.powi(2);
        assert!((area(0) / area(2) - 4.0).abs() < 1e-12 && (area(1) / area(2) - 2.0).abs() < 1e-12);
        assert!(dots.note.is_none());
    }

    #[test]
    fn law_of_many_particles_the_largest_are_drawn_and_the_note_says_so() {
        let masses: Vec<f64> = (0..100_000).map(|j| 1.0 + f64::from((j * 7919) % 100_000)).collect();
        let dots = choose("particles", &masses, Room::Surface(1e5));
        assert_eq!(dots.chosen.len(), MOST);
        assert!(dots.chosen.iter().all(|(j, _)| masses[*j] > 80_000.0));
        let note = dots.note.unwrap();
        assert!(
            note.contains("20\u{a0}000 of 100\u{a0}000 are drawn, the largest") && note.contains("36 %"),
            "{note}"
        );
    }

    #[test]
    fn law_of_equal_masses_the_choice_is_even_over_the_indices_and_their_residues() {
        let dots = choose("particles", &vec![1e-6; 1_000_000], Room::Surface(1e5));
        for tenth in 0..10 {
            let range = tenth * 100_000..(tenth + 1) * 100_000;
            let count = dots.chosen.iter().filter(|(j, _)| range.contains(j)).count();
            assert!(count.abs_diff(2000) < 200, "tenth {tenth}: {count}");
            let count = dots.chosen.iter().filter(|(j, _)| j % 10 == tenth).count();
            assert!(count.abs_diff(2000) < 200, "residue {tenth}: {count}");
        }
    }
}
