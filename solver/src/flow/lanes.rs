//! Sums, least and largest values of rows in a fixed order that vectors can keep.

/// Partial values side by side: the k-th takes every eighth item of a row from the k-th on.
const LANES: usize = 32;

/// A sum of terms, in partial sums.
#[derive(Clone, Copy)]
pub(super) struct Sum([f64; LANES]);

impl Sum {
    pub(super) const ZERO: Self = Self([0.0; LANES]);

    /// Adds the terms of a row.
    #[inline(always)]
    pub(super) fn add(&mut self, terms: &[f64]) {
        join(&mut self.0, terms, |sum, term| sum + term);
    }

    /// The sum of all.
    pub(super) fn total(self) -> f64 {
        self.0.into_iter().sum()
    }
}

/// The largest of some values, in parts; what is not a number is passed over.
#[derive(Clone, Copy)]
pub(super) struct Largest([f64; LANES]);

impl Largest {
    pub(super) const NONE: Self = Self([f64::NEG_INFINITY; LANES]);

    /// Takes the sizes of the values of a row.
    #[inline(always)]
    pub(super) fn take_sizes(&mut self, values: &[f64]) {
        join(&mut self.0, values, |largest, value| if value.abs() > largest { value.abs() } else { largest });
    }

    /// The largest of all.
    pub(super) fn value(self) -> f64 {
        self.0.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }
}

#[inline(always)]
fn join(lanes: &mut [f64; LANES], values: &[f64], join: impl Fn(f64, f64) -> f64) {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut partial = *lanes;
    for chunk in whole {
        for k in 0..LANES {
            partial[k] = join(partial[k], chunk[k]);
        }
    }
    for k in 0..rest.len() {
        partial[k] = join(partial[k], rest[k]);
    }
    *lanes = partial;
}
