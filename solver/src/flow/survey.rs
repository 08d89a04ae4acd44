//! All that is to be known of a state between steps, in one sweep: the limits of the next step and what is recorded.

use sphereflow_mesh::patch::AXES;

use super::Transport;
use super::lanes::{Largest, Least, Sum};
use super::rows::{powers, products};
use super::stage::rates;
use super::sweep::{Band, GRAIN, Gather, Patches};
use super::transport::Velocities;
use super::window::{Drive, NARROW, Tile, WIDE, Window};
use crate::vectorized::vectorized;

/// Sums over the cells of a sheet, or of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Survey {
    /// The rate at which the positivity limit is reached ([`Transport`]).
    pub rate: f64,
    /// nu(S^d).
    pub mass: f64,
    /// Integrals of J, |J| and J^2 d nu.
    pub mean: f64,
    pub absolute: f64,
    pub squared: f64,
    /// The least J and the largest |J|.
    pub least: f64,
    pub largest: f64,
    /// Sum over the faces of the flux times the fall of J across it: with the two-point velocity
    /// `beta sum (upwind nu) (J_j - J_i)^2 (face measure) / distance`.
    pub power: f64,
}

impl Survey {
    /// Of nothing.
    pub(super) const NONE: Self = Self {
        rate: 0.0,
        mass: 0.0,
        mean: 0.0,
        absolute: 0.0,
        squared: 0.0,
        least: f64::INFINITY,
        largest: 0.0,
        power: 0.0,
    };

    /// Of both.
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            rate: self.rate.max(other.rate),
            mass: self.mass + other.mass,
            mean: self.mean + other.mean,
            absolute: self.absolute + other.absolute,
            squared: self.squared + other.squared,
            least: self.least.min(other.least),
            largest: self.largest.max(other.largest),
            power: self.power + other.power,
        }
    }
}

/// A sheet to be surveyed.
#[derive(Clone, Copy)]
pub(super) struct Sheet<'a> {
    pub density: &'a [f64],
    pub velocities: Velocities<'a>,
    /// `J = sign raw + regularization`.
    pub raw: &'a [f64],
    pub sign: f64,
    pub regularization: f64,
}

impl Transport {
    /// Surveys a sheet.
    pub(super) fn survey(&mut self, sheet: Sheet<'_>) -> Survey {
        let mut partial = std::mem::take(&mut self.surveys);
        let drive = self.drive(sheet.velocities);
        let (bands, poles) = (&self.patches.bands, self.patches.bands.len());
        self.survey_bands(bands, &sheet, drive, &mut partial[..poles]);
        partial[poles] = self.survey_poles(&sheet, drive);
        let survey = partial.iter().copied().fold(Survey::NONE, Survey::join);
        self.surveys = partial;
        survey
    }

    fn survey_bands(&self, bands: &[Band], sheet: &Sheet<'_>, drive: Drive<'_>, partial: &mut [Survey]) {
        let cells: usize = bands.iter().map(|band| band.cells).sum();
        if bands.len() > 1 && cells > GRAIN {
            let (front, back) = bands.split_at(bands.len() / 2);
            let (one, other) = partial.split_at_mut(front.len());
            rayon::join(
                || self.survey_bands(front, sheet, drive, one),
                || self.survey_bands(back, sheet, drive, other),
            );
        } else if self.patches.are_narrow() {
            self.sweep_bands::<NARROW>(bands, sheet, drive, partial);
        } else {
            self.sweep_bands::<WIDE>(bands, sheet, drive, partial);
        }
    }

    fn sweep_bands<const W: usize>(
        &self,
        bands: &[Band],
        sheet: &Sheet<'_>,
        drive: Drive<'_>,
        partial: &mut [Survey],
    ) {
        vectorized(
            self.arch,
            #[inline(always)]
            || {
                let mut window = Window::<W>::new();
                for (band, survey) in bands.iter().zip(partial.iter_mut()) {
                    let mut rows = Rows::<W>::new(&self.patches, sheet);
                    self.patches.sweep(band, sheet.density, drive, &mut window, &mut rows);
                    *survey = rows.survey();
                }
            },
        );
    }

    /// Their faces belong to the cells around, as far as the power is concerned.
    fn survey_poles(&self, sheet: &Sheet<'_>, drive: Drive<'_>) -> Survey {
        let outflow = self.poles.outflow(self.patches.order, self.patches.limiter, sheet.density, drive);
        let of_pole = |(k, cell): (usize, usize)| {
            let measure = self.mesh.measures()[cell];
            let potential = sheet.sign * sheet.raw[cell] + sheet.regularization;
            let mass = sheet.density[cell] * measure;
            Survey {
                rate: self.pole_rate(&outflow[k], measure),
                mass,
                mean: mass * potential,
                absolute: mass * potential.abs(),
                squared: mass * potential * potential,
                least: potential,
                largest: potential.abs(),
                power: 0.0,
            }
        };
        (self.poles.first()..self.mesh.cells()).enumerate().map(of_pole).fold(Survey::NONE, Survey::join)
    }
}

/// The cells of a band, row by row.
struct Rows<'a, const W: usize> {
    patches: &'a Patches,
    sheet: &'a Sheet<'a>,
    terms: [f64; W],
    potential: [f64; W],
    rate: Largest,
    mass: Sum,
    mean: Sum,
    absolute: Sum,
    squared: Sum,
    least: Least,
    largest: Largest,
    power: Sum,
}

impl<'a, const W: usize> Rows<'a, W> {
    fn new(patches: &'a Patches, sheet: &'a Sheet<'a>) -> Self {
        Self {
            patches,
            sheet,
            terms: [0.0; W],
            potential: [0.0; W],
            rate: Largest::NONE,
            mass: Sum::ZERO,
            mean: Sum::ZERO,
            absolute: Sum::ZERO,
            squared: Sum::ZERO,
            least: Least::NONE,
            largest: Largest::NONE,
            power: Sum::ZERO,
        }
    }

    fn survey(&self) -> Survey {
        Survey {
            rate: self.rate.value(),
            mass: self.mass.total(),
            mean: self.mean.total(),
            absolute: self.absolute.total(),
            squared: self.squared.total(),
            least: self.least.value(),
            largest: self.largest.value(),
            power: self.power.total(),
        }
    }
}

impl<const W: usize> Gather<W> for Rows<'_, W> {
    #[inline(always)]
    fn row(&mut self, window: &Window<W>, tile: &Tile<'_>, row: isize) {
        let (start, width) = (tile.cells(row), tile.width);
        let [measures, inverses] = self.patches.stencil.measures(row, tile.column).map(|all| &all[..width]);
        let (terms, potential) = (&mut self.terms[..width], &mut self.potential[..width]);
        if let Velocities::Potential { .. } = self.sheet.velocities {
            for axis in 0..tile.patch.axes() {
                let (down, right) = AXES[axis];
                let ends = [window.potential(row, 0), window.potential(row + down, right)];
                powers(self.sheet.sign, &window.flux(axis, row, 0)[..width], ends, terms);
                self.power.add(terms);
            }
        }
        rates(self.patches.order, window, tile, row, inverses, terms);
        self.rate.take(terms);
        let (raw, density) = (&self.sheet.raw[start..start + width], &window.density(row, 0)[..width]);
        potentials(self.sheet.sign, self.sheet.regularization, raw, potential);
        self.least.take(potential);
        products(density, measures, terms);
        self.mass.add(terms);
        multiply(terms, potential);
        self.mean.add(terms);
        absolutes(terms);
        absolutes(potential);
        self.largest.take(potential);
        self.absolute.add(terms);
        multiply(terms, potential);
        self.squared.add(terms);
    }
}

/// `potential = sign raw + regularization`.
#[inline(always)]
fn potentials(sign: f64, regularization: f64, raw: &[f64], potential: &mut [f64]) {
    let n = potential.len();
    let raw = &raw[..n];
    for k in 0..n {
        potential[k] = sign * raw[k] + regularization;
    }
}

/// `terms *= values`.
#[inline(always)]
fn multiply(terms: &mut [f64], values: &[f64]) {
    let n = terms.len();
    let values = &values[..n];
    for k in 0..n {
        terms[k] *= values[k];
    }
}

/// Values without their signs.
#[inline(always)]
fn absolutes(values: &mut [f64]) {
    values.iter_mut().for_each(|value| *value = value.abs());
}
