//! What becomes of the cells of a row in a step, and what is to be known of the result, in one pass over whole vectors.

use super::outflow::{Outflow, Vector};
use super::rows::larger;
use super::stage::Sums;
use super::window::LANES;

/// Mass, least density and largest positivity rate of the cells so far, in as many parts as a vector has numbers.
#[derive(Clone, Copy)]
pub(super) struct Findings {
    pub mass: Vector,
    pub least: Vector,
    pub rate: Vector,
}

impl Findings {
    /// Of no cells.
    pub(super) const NONE: Self =
        Self { mass: [0.0; LANES], least: [f64::INFINITY; LANES], rate: [f64::NEG_INFINITY; LANES] };

    /// All parts together, and the change of the potential.
    pub(super) fn with_change(self, change: f64) -> Sums {
        Sums {
            mass: self.mass.into_iter().sum(),
            least: self.least.into_iter().fold(f64::INFINITY, f64::min),
            rate: self.rate.into_iter().fold(f64::NEG_INFINITY, f64::max),
            change,
        }
    }
}

/// A forward Euler step of the cells of a row: `density - duration net / measure`, or the mean of that and of the result
/// so far.
pub(super) struct Advance<'a, O> {
    pub outflow: O,
    pub duration: f64,
    pub density: &'a [Vector],
    pub measure: &'a [Vector],
    pub inverse: &'a [Vector],
}

impl<O: Outflow> Advance<'_, O> {
    /// Sets the results, or the means of them and of what is there (`average`), and the masses in whole vectors.
    #[inline(always)]
    pub(super) fn run(
        &self,
        average: bool,
        result: &mut [f64],
        mass: &mut [Vector],
        findings: &mut Findings,
    ) {
        if average {
            self.run_as::<true>(result, mass, findings);
        } else {
            self.run_as::<false>(result, mass, findings);
        }
    }

    #[inline(always)]
    fn run_as<const AVERAGE: bool>(&self, result: &mut [f64], mass: &mut [Vector], findings: &mut Findings) {
        let (whole, rest) = result.as_chunks_mut();
        let (mass, mass_of_rest) = mass.split_at_mut(whole.len());
        let mut found = *findings;
        for ((i, result), mass) in whole.iter_mut().enumerate().zip(mass) {
            self.vector::<AVERAGE>(i, LANES, result, mass, &mut found);
        }
        if let Some(mass) = mass_of_rest.first_mut().filter(|_| !rest.is_empty()) {
            let mut padded = [0.0; LANES];
            padded[..rest.len()].copy_from_slice(rest);
            self.vector::<AVERAGE>(whole.len(), rest.len(), &mut padded, mass, &mut found);
            rest.copy_from_slice(&padded[..rest.len()]);
        }
        *findings = found;
    }

    /// A vector of which so many numbers are cells.
    #[inline(always)]
    fn vector<const AVERAGE: bool>(
        &self,
        i: usize,
        cells: usize,
        result: &mut Vector,
        mass: &mut Vector,
        found: &mut Findings,
    ) {
        let (density, measure, inverse) = (&self.density[i], &self.measure[i], &self.inverse[i]);
        for k in 0..LANES {
            let [net, rate] = self.outflow.of(i, k);
            let step = density[k] - self.duration * (net * inverse[k]);
            result[k] = if AVERAGE { 0.5 * (result[k] + step) } else { step };
            mass[k] = result[k] * measure[k];
            let [of_mass, value, rate] =
                if k < cells { [mass[k], result[k], rate * inverse[k]] } else { [0.0, f64::INFINITY, 0.0] };
            found.mass[k] += of_mass;
            found.least[k] = if value < found.least[k] { value } else { found.least[k] };
            found.rate[k] = larger(rate, found.rate[k]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outflow::vectors;
    use super::*;

    /// Numbers that are there before.
    struct Known<'a>([&'a [Vector]; 2]);

    impl Outflow for Known<'_> {
        fn of(&self, i: usize, k: usize) -> [f64; 2] {
            self.0.map(|row| row[i][k])
        }
    }

    #[test]
    fn law_rows_of_any_width_are_advanced_cell_by_cell() {
        let row = |shift: f64| (0..48).map(|k| 1.5 + (k as f64 * 0.7 + shift).sin()).collect::<Vec<f64>>();
        let [net, rate, density, measure, inverse, before] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(row);
        for width in [1usize, 2, 7, 8, 9, 16, 37, 41] {
            let count = width.div_ceil(LANES);
            let advance = Advance {
                outflow: Known([vectors(&net, count), vectors(&rate, count)]),
                duration: 0.3,
                density: vectors(&density, count),
                measure: vectors(&measure, count),
                inverse: vectors(&inverse, count),
            };
            for average in [false, true] {
                let (mut result, mut masses) = (before[..width].to_vec(), vec![[0.0; LANES]; count]);
                let mut found = Findings::NONE;
                advance.run(average, &mut result, &mut masses, &mut found);
                let step = |k: usize| density[k] - 0.3 * (net[k] * inverse[k]);
                let expected = |k| if average { 0.5 * (before[k] + step(k)) } else { step(k) };
                let expected: Vec<f64> = (0..width).map(expected).collect();
                assert_eq!(result, expected);
                let of_cells: Vec<f64> = expected.iter().zip(&measure).map(|(r, m)| r * m).collect();
                assert_eq!(masses.as_flattened()[..width], of_cells);
                let total: f64 = of_cells.iter().sum();
                assert!((found.mass.iter().sum::<f64>() / total - 1.0).abs() < 1e-14, "{width}");
                let least = expected.iter().copied().fold(f64::INFINITY, f64::min);
                assert_eq!(found.least.into_iter().fold(f64::INFINITY, f64::min), least);
                let largest = (0..width).map(|k| rate[k] * inverse[k]).fold(f64::NEG_INFINITY, f64::max);
                assert_eq!(found.rate.into_iter().fold(f64::NEG_INFINITY, f64::max), largest);
            }
        }
    }
}
