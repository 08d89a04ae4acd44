//! A stage of the transport: a density is read and the next is written, with all that is to be known of it, in one sweep.

use pulp::Arch;
use sphereflow_mesh::Mesh;

use super::lanes::{Largest, Least, Sum};
use super::masses::Masses;
use super::poles::Poles;
use super::rows::{Advance, changes, larger, rate_on_line, rate_on_plane};
use super::sweep::{Band, GRAIN, Gather, Patches};
use super::transport::Euler;
use super::window::{Drive, NARROW, Tile, WIDE, Window};
use super::{Order, Transport};
use crate::vectorized::vectorized;

/// What a stage does besides.
#[derive(Clone, Copy, Default)]
pub(super) struct Stage<'a> {
    /// Of the forward Euler step.
    pub duration: f64,
    /// Whether the result is the mean of the step's and of what is there already (Heun's second stage).
    pub average: bool,
    /// Whether to put `sign density measure` of the result into `mass`, or to add it.
    pub masses: Option<Masses>,
    /// The potential that the one at hand is compared with, weighted by what is in the result before.
    pub compared: Option<[&'a [f64]; 2]>,
}

/// What is found of a stage.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub mass: f64,
    pub least: f64,
    pub rate: f64,
    pub change: f64,
}

impl Sums {
    pub(super) const NONE: Self =
        Self { mass: 0.0, least: f64::INFINITY, rate: f64::NEG_INFINITY, change: 0.0 };

    pub(super) fn join(self, other: Self) -> Self {
        Self {
            mass: self.mass + other.mass,
            least: self.least.min(other.least),
            rate: self.rate.max(other.rate),
            change: self.change + other.change,
        }
    }
}

/// All that a stage reads.
pub(super) struct Task<'a> {
    pub mesh: &'a Mesh,
    pub patches: &'a Patches,
    pub poles: &'a Poles,
    pub arch: Arch,
    pub density: &'a [f64],
    pub drive: Drive<'a>,
    pub stage: Stage<'a>,
}

/// What a stage writes of some bands.
struct Output<'a> {
    result: &'a mut [f64],
    /// Empty if not asked for.
    mass: &'a mut [f64],
    partial: &'a mut [Sums],
}

impl Output<'_> {
    /// The first `bands` bands of so many cells, and the others.
    fn split(self, bands: usize, cells: usize) -> [Self; 2] {
        let cells_of_mass = cells.min(self.mass.len());
        let (result, other_result) = self.result.split_at_mut(cells);
        let (mass, other_mass) = self.mass.split_at_mut(cells_of_mass);
        let (partial, other_partial) = self.partial.split_at_mut(bands);
        [
            Self { result, mass, partial },
            Self { result: other_result, mass: other_mass, partial: other_partial },
        ]
    }

    fn reborrow(&mut self) -> Output<'_> {
        Output { result: self.result, mass: self.mass, partial: self.partial }
    }
}

impl Task<'_> {
    /// Runs the stage; `partial` has one place a band and one for the poles.
    pub(super) fn run(&self, result: &mut [f64], mass: &mut [f64], partial: &mut [Sums]) -> (Euler, f64) {
        let cells = self.mesh.cells();
        assert!(self.density.len() == cells && result.len() == cells, "one density a cell");
        assert_eq!(
            mass.len(),
            if self.stage.masses.is_some() { cells } else { 0 },
            "one mass a cell if asked for"
        );
        let bands = &self.patches.bands;
        let [inside, poles] =
            Output { result, mass, partial: &mut *partial }.split(bands.len(), self.poles.first());
        self.run_bands(bands, inside);
        self.run_poles(poles);
        let sums = partial.iter().copied().fold(Sums::NONE, Sums::join);
        let share = self.stage.duration * sums.rate;
        (Euler { share, least: sums.least, mass: sums.mass }, sums.change)
    }

    /// Bands in parallel; each of them is swept by one thread, so that sums do not depend on their number.
    fn run_bands(&self, bands: &[Band], output: Output<'_>) {
        let cells: usize = bands.iter().map(|band| band.cells).sum();
        if bands.len() <= 1 || cells <= GRAIN {
            if self.patches.are_narrow() {
                self.sweep_bands::<NARROW>(bands, output);
            } else {
                self.sweep_bands::<WIDE>(bands, output);
            }
            return;
        }
        let (front, back) = bands.split_at(bands.len() / 2);
        let cells = front.iter().map(|band| band.cells).sum();
        let [one, other] = output.split(front.len(), cells);
        rayon::join(|| self.run_bands(front, one), || self.run_bands(back, other));
    }

    fn sweep_bands<const W: usize>(&self, bands: &[Band], mut output: Output<'_>) {
        vectorized(
            self.arch,
            #[inline(always)]
            || {
                let mut window = Window::<W>::new();
                let mut rest = output.reborrow();
                for band in bands {
                    let [own, others] = rest.split(1, band.cells);
                    let mut rows = Rows::<W>::new(self, own.result, own.mass);
                    self.patches.sweep(band, self.density, self.drive, &mut window, &mut rows);
                    own.partial[0] = rows.sums();
                    rest = others;
                }
            },
        );
    }

    fn run_poles(&self, output: Output<'_>) {
        let Output { result, mass, partial } = output;
        let (order, limiter) = (self.patches.order, self.patches.limiter);
        let outflow = self.poles.outflow(order, limiter, self.density, self.drive);
        let mut sums = Sums::NONE;
        for (k, result) in result.iter_mut().enumerate() {
            let cell = self.poles.first() + k;
            let measure = self.mesh.measures()[cell];
            if let Some([raw, kept]) = self.stage.compared {
                sums.change += *result * measure * (raw[cell] - kept[cell]).abs();
            }
            let step = self.density[cell] - self.stage.duration * (outflow[k].net * (1.0 / measure));
            *result = if self.stage.average { 0.5 * (*result + step) } else { step };
            sums.mass += *result * measure;
            sums.least = sums.least.min(*result);
            let rate = Transport::rate_of(order, 6.0, outflow[k].sum, outflow[k].largest) / measure;
            sums.rate = sums.rate.max(rate);
            if let Some(Masses { sign, first }) = self.stage.masses {
                mass[k] = sign * (*result * measure) + if first { 0.0 } else { mass[k] };
            }
        }
        partial[0] = sums;
    }
}

/// The cells of a band, row by row.
struct Rows<'a, const W: usize> {
    task: &'a Task<'a>,
    result: &'a mut [f64],
    mass: &'a mut [f64],
    /// The first cell of the band, once known.
    first: Option<usize>,
    /// A number for each cell of the row at hand.
    terms: [f64; W],
    masses: Sum,
    change: Sum,
    least: Least,
    largest: Largest,
}

impl<'a, const W: usize> Rows<'a, W> {
    fn new(task: &'a Task<'a>, result: &'a mut [f64], mass: &'a mut [f64]) -> Self {
        Self {
            task,
            result,
            mass,
            first: None,
            terms: [0.0; W],
            masses: Sum::ZERO,
            change: Sum::ZERO,
            least: Least::NONE,
            largest: Largest::NONE,
        }
    }

    fn sums(&self) -> Sums {
        Sums {
            mass: self.masses.total(),
            least: self.least.value(),
            rate: self.largest.value(),
            change: self.change.total(),
        }
    }
}

impl<const W: usize> Gather<W> for Rows<'_, W> {
    #[inline(always)]
    fn row(&mut self, window: &Window<W>, tile: &Tile<'_>, row: isize) {
        let (start, width, stage) = (tile.cells(row), tile.width, &self.task.stage);
        let first = *self.first.get_or_insert(start);
        let cells = start - first..start - first + width;
        let [measures, inverses] =
            self.task.patches.stencil.measures(row, tile.column).map(|all| &all[..width]);
        let (result, terms) = (&mut self.result[cells.clone()], &mut self.terms[..width]);
        if let Some([raw, kept]) = stage.compared {
            changes(result, measures, [&raw[start..start + width], &kept[start..start + width]], terms);
            self.change.add(terms);
        }
        let advance = Advance {
            duration: stage.duration,
            average: stage.average,
            density: &window.density(row, 0)[..width],
            measure: measures,
            inverse: inverses,
        };
        let fluxes = |axis, row, shift| window.flux(axis, row, shift);
        let masses = terms;
        if tile.patch.axes() == 1 {
            advance.on_line(ends(fluxes, row), result, masses);
        } else {
            advance.on_plane(around(fluxes, row), result, masses);
        }
        self.least.take(result);
        self.masses.add(masses);
        if let Some(sheet) = stage.masses {
            sheet.put_down(masses, &mut self.mass[cells]);
        }
        let rate = &mut self.terms[..width];
        rates(self.task.patches.order, window, tile, row, inverses, rate);
        self.largest.take(rate);
    }
}

/// The rate at which the positivity limit is reached in each cell of a row ([`Transport`]), given one over their measures.
#[inline(always)]
pub(super) fn rates<const W: usize>(
    order: Order,
    window: &Window<W>,
    tile: &Tile<'_>,
    row: isize,
    inverse: &[f64],
    rate: &mut [f64],
) {
    let flows = |axis, row, shift| window.flow(axis, row, shift);
    match (tile.patch.axes() == 1, order) {
        (true, Order::First) => rate_on_line(|sum, _| sum, ends(flows, row), inverse, rate),
        (true, Order::Second) => {
            rate_on_line(|sum, most| larger(2.0 * sum, 2.0 * most), ends(flows, row), inverse, rate);
        }
        (false, Order::First) => rate_on_plane(|sum, _| sum, around(flows, row), inverse, rate),
        (false, Order::Second) => {
            rate_on_plane(|sum, most| larger(2.0 * sum, 6.0 * most), around(flows, row), inverse, rate);
        }
    }
}

/// The faces of the cells of a row towards the next and from the last column.
#[inline(always)]
fn ends<'w>(faces: impl Fn(usize, isize, isize) -> &'w [f64], row: isize) -> [&'w [f64]; 2] {
    [faces(0, row, 0), faces(0, row, -1)]
}

/// The same, towards the row above along two axes, and from the row below.
#[inline(always)]
fn around<'w>(faces: impl Fn(usize, isize, isize) -> &'w [f64], row: isize) -> [&'w [f64]; 6] {
    [
        faces(0, row, 0),
        faces(0, row, -1),
        faces(1, row, 0),
        faces(1, row + 1, 0),
        faces(2, row, 0),
        faces(2, row + 1, -1),
    ]
}
