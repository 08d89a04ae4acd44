//! All that is to be known of a state between steps, in one sweep: the limits of the next step and what is recorded.

use sphereflow_mesh::patch::AXES;

use super::Transport;
use super::lanes::Sum;
use super::outflow::{Vector, on_line, rates_on_plane, vectors};
use super::rows::{larger, powers};
use super::sweep::{Band, Gather, Patches};
use super::transport::Velocities;
use super::window::{Drive, LANES, NARROW, Tile, WIDE, Window};
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
        if let Some([front, back]) = self.patches.halves(bands) {
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
    power: Sum,
    tally: Tally,
}

/// Sums and extremes of the cells so far, in as many parts as a vector has numbers.
#[derive(Clone, Copy)]
struct Tally {
    rate: Vector,
    mass: Vector,
    mean: Vector,
    absolute: Vector,
    squared: Vector,
    least: Vector,
    largest: Vector,
}

impl Tally {
    const NONE: Self = Self {
        rate: [0.0; LANES],
        mass: [0.0; LANES],
        mean: [0.0; LANES],
        absolute: [0.0; LANES],
        squared: [0.0; LANES],
        least: [f64::INFINITY; LANES],
        largest: [0.0; LANES],
    };

    /// Takes the k-th cell of a vector, given its positivity rate, its mass and its potential.
    #[inline(always)]
    fn take(&mut self, k: usize, [rate, mass, potential]: [f64; 3]) {
        let size = potential.abs();
        self.rate[k] = larger(rate, self.rate[k]);
        self.mass[k] += mass;
        self.mean[k] += mass * potential;
        self.absolute[k] += mass * size;
        self.squared[k] += mass * (potential * potential);
        self.least[k] = if potential < self.least[k] { potential } else { self.least[k] };
        self.largest[k] = larger(size, self.largest[k]);
    }
}

impl<'a, const W: usize> Rows<'a, W> {
    fn new(patches: &'a Patches, sheet: &'a Sheet<'a>) -> Self {
        Self { patches, sheet, terms: [0.0; W], power: Sum::ZERO, tally: Tally::NONE }
    }

    fn survey(&self) -> Survey {
        let Tally { rate, mass, mean, absolute, squared, least, largest } = self.tally;
        let [mass, mean, absolute, squared] =
            [mass, mean, absolute, squared].map(|parts| parts.into_iter().sum());
        let [rate, largest] = [rate, largest].map(|parts| parts.into_iter().fold(0.0, f64::max));
        let least = least.into_iter().fold(f64::INFINITY, f64::min);
        Survey { rate, mass, mean, absolute, squared, least, largest, power: self.power.total() }
    }

    /// Takes the cells of a row.
    #[inline(always)]
    fn take(&mut self, window: &Window<W>, tile: &Tile<'_>, row: isize) {
        let Sheet { sign, regularization, .. } = *self.sheet;
        let (order, count, rate) = (self.patches.order, tile.width.div_ceil(LANES), &mut self.terms);
        if tile.patch.axes() == 1 {
            let [flow, flux] = [
                [window.flow(0, 0, 0), window.flow(0, 0, -1)],
                [window.flux(0, 0, 0), window.flux(0, 0, -1)],
            ];
            on_line(order, flow, flux, &mut [0.0; W][..tile.width], rate);
        } else {
            rates_on_plane(order, window, row, &mut rate[..tile.width]);
        }
        let rate = vectors(&*rate, count);
        let [measure, inverse] =
            self.patches.stencil.measures(row, tile.column).map(|row| vectors(row, count));
        let density = vectors(window.density(row, 0), count);
        let raw = &self.sheet.raw[tile.cells(row)..][..tile.width];
        let (whole, rest) = raw.as_chunks();
        let mut tally = self.tally;
        for (i, raw) in whole.iter().enumerate() {
            take_vector(
                &mut tally,
                [&density[i], &measure[i], raw, &inverse[i]],
                [sign, regularization],
                |k| rate[i][k],
            );
        }
        for (k, raw) in rest.iter().enumerate() {
            let i = whole.len();
            let rate = rate[i][k] * inverse[i][k];
            tally.take(k, [rate, density[i][k] * measure[i][k], sign * raw + regularization]);
        }
        self.tally = tally;
    }
}

/// Takes a vector of cells, given their density, measure, raw potential and one over the measure.
#[inline(always)]
fn take_vector(
    tally: &mut Tally,
    [density, measure, raw, inverse]: [&Vector; 4],
    [sign, regularization]: [f64; 2],
    rate: impl Fn(usize) -> f64,
) {
    for k in 0..LANES {
        let potential = sign * raw[k] + regularization;
        tally.take(k, [rate(k) * inverse[k], density[k] * measure[k], potential]);
    }
}

impl<const W: usize> Gather<W> for Rows<'_, W> {
    #[inline(always)]
    fn row(&mut self, window: &Window<W>, tile: &Tile<'_>, row: isize) {
        self.take(window, tile, row);
        if let Velocities::Potential { .. } = self.sheet.velocities {
            let terms = &mut self.terms[..tile.width];
            for axis in 0..tile.patch.axes() {
                let (down, right) = AXES[axis];
                let ends = [window.potential(row, 0), window.potential(row + down, right)];
                powers(self.sheet.sign, &window.flux(axis, row, 0)[..tile.width], ends, terms);
                self.power.add(terms);
            }
        }
    }
}
