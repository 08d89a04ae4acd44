//! A stage of the transport: a density is read and the next is written, with all that is to be known of it, in one sweep.

use pulp::Arch;
use sphereflow_mesh::Mesh;

use super::advance::{Advance, Findings};
use super::lanes::Sum;
use super::masses::Masses;
use super::outflow::{Donor, InHand, OnPlane, Outflow, on_line, vectors};
use super::poles::Poles;
use super::rows::changes;
use super::sweep::{Band, Gather, Patches, STACKS};
use super::transport::Euler;
use super::window::{Drive, LANES, NARROW, Tile, WIDE, Window};
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

    /// What is told of a stage of this duration.
    pub(super) fn of_stage(self, duration: f64) -> (Euler, f64) {
        (Euler { share: duration * self.rate, least: self.least, mass: self.mass }, self.change)
    }

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

/// What is left of some values.
struct Rest<'a, T>(&'a mut [T]);

impl<'a, T> Rest<'a, T> {
    /// Takes the first `count` values away, or all that are left.
    fn take(&mut self, count: usize) -> &'a mut [T] {
        let count = count.min(self.0.len());
        self.0.split_off_mut(..count).unwrap_or_default()
    }

    /// Stacks of so many values each.
    fn into_stacks(mut self, each: usize) -> [Self; STACKS] {
        std::array::from_fn(|_| Rest(self.take(each)))
    }
}

/// What a stage writes of some bands: the cells stack by stack.
struct Output<'a> {
    result: [Rest<'a, f64>; STACKS],
    /// Empty if not asked for.
    mass: [Rest<'a, f64>; STACKS],
    partial: Rest<'a, Sums>,
}

impl Output<'_> {
    /// Takes away the first `bands` bands, with so many cells of each stack.
    fn take(&mut self, bands: usize, cells: usize) -> Self {
        Self {
            result: self.result.each_mut().map(|stack| Rest(stack.take(cells))),
            mass: self.mass.each_mut().map(|stack| Rest(stack.take(cells))),
            partial: Rest(self.partial.take(bands)),
        }
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
        let (bands, poles) = (&self.patches.bands, self.poles.first());
        let (result, result_of_poles) = result.split_at_mut(poles);
        let (mass, mass_of_poles) = mass.split_at_mut(poles.min(mass.len()));
        let (inside, partial_of_poles) = partial.split_at_mut(bands.len());
        let each = poles / self.patches.stacks;
        let output = Output {
            result: Rest(result).into_stacks(each),
            mass: Rest(mass).into_stacks(each),
            partial: Rest(inside),
        };
        self.run_bands(bands, output);
        partial_of_poles[0] = self.run_poles(result_of_poles, mass_of_poles);
        partial.iter().copied().fold(Sums::NONE, Sums::join).of_stage(self.stage.duration)
    }

    /// Levels in parallel; each band is swept by one thread, so that sums do not depend on their number.
    fn run_bands(&self, bands: &[Band], mut output: Output<'_>) {
        if let Some([front, back]) = self.patches.halves(bands) {
            let cells = front.iter().filter(|band| band.stack == 0).map(|band| band.cells).sum();
            let output_of_front = output.take(front.len(), cells);
            rayon::join(|| self.run_bands(front, output_of_front), || self.run_bands(back, output));
        } else if self.patches.are_narrow() {
            self.sweep_bands::<NARROW>(bands, output);
        } else {
            self.sweep_bands::<WIDE>(bands, output);
        }
    }

    fn sweep_bands<const W: usize>(&self, bands: &[Band], mut output: Output<'_>) {
        vectorized(
            self.arch,
            #[inline(always)]
            || {
                let mut window = Window::<W>::new();
                for (band, partial) in bands.iter().zip(output.partial.0.iter_mut()) {
                    let result = output.result[band.stack].take(band.cells);
                    let mass = output.mass[band.stack].take(band.cells);
                    let mut rows = Rows::<W>::new(self, result, mass);
                    self.patches.sweep(band, self.density, self.drive, &mut window, &mut rows);
                    *partial = rows.sums();
                }
            },
        );
    }

    fn run_poles(&self, result: &mut [f64], mass: &mut [f64]) -> Sums {
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
        sums
    }
}

/// The cells of a band, row by row.
struct Rows<'a, const W: usize> {
    task: &'a Task<'a>,
    result: &'a mut [f64],
    mass: &'a mut [f64],
    /// The first cell of the band, once known.
    first: Option<usize>,
    /// A number for each cell of the row at hand, in whole vectors.
    terms: [f64; W],
    change: Sum,
    findings: Findings,
}

impl<'a, const W: usize> Rows<'a, W> {
    fn new(task: &'a Task<'a>, result: &'a mut [f64], mass: &'a mut [f64]) -> Self {
        Self { task, result, mass, first: None, terms: [0.0; W], change: Sum::ZERO, findings: Findings::NONE }
    }

    fn sums(&self) -> Sums {
        self.findings.with_change(self.change.total())
    }

    /// Steps the cells of a row; their masses are left in the terms.
    #[inline(always)]
    fn advance(&mut self, outflow: impl Outflow, window: &Window<W>, tile: &Tile<'_>, row: isize) {
        let (stage, count) = (&self.task.stage, tile.width.div_ceil(LANES));
        let [measure, inverse] = self.task.patches.stencil.measures(row, tile.column);
        let advance = Advance {
            outflow,
            duration: stage.duration,
            density: vectors(window.density(row, 0), count),
            measure: vectors(measure, count),
            inverse: vectors(inverse, count),
        };
        let start = tile.cells(row) - self.first.unwrap_or(0);
        let result = &mut self.result[start..start + tile.width];
        let masses = &mut self.terms.as_chunks_mut().0[..count];
        advance.run(stage.average, result, masses, &mut self.findings);
    }
}

impl<const W: usize> Rows<'_, W> {
    /// Steps the cells of a patch of one row.
    #[inline(always)]
    fn advance_line(&mut self, window: &Window<W>, tile: &Tile<'_>) {
        let (mut net, mut rate) = ([0.0; W], [0.0; W]);
        let count = tile.width.div_ceil(LANES);
        let [flow, flux] =
            [[window.flow(0, 0, 0), window.flow(0, 0, -1)], [window.flux(0, 0, 0), window.flux(0, 0, -1)]];
        on_line(self.task.patches.order, flow, flux, &mut net[..tile.width], &mut rate);
        let outflow = InHand { net: vectors(&net, count), rate: vectors(&rate, count) };
        self.advance(outflow, window, tile, 0);
    }
}

impl<const W: usize> Gather<W> for Rows<'_, W> {
    #[inline(always)]
    fn takes_faces(&self) -> bool {
        let donor = self.task.patches.order == Order::First;
        !(donor && matches!(self.task.drive, Drive::Potential { .. }))
    }

    #[inline(always)]
    fn row(&mut self, window: &Window<W>, tile: &Tile<'_>, row: isize) {
        let (start, width, task) = (tile.cells(row), tile.width, self.task);
        let first = *self.first.get_or_insert(start);
        let cells = start - first..start - first + width;
        if let Some([raw, kept]) = task.stage.compared {
            let measures = &task.patches.stencil.measures(row, tile.column)[0][..width];
            let (result, terms) = (&self.result[cells.clone()], &mut self.terms[..width]);
            changes(result, measures, [&raw[start..start + width], &kept[start..start + width]], terms);
            self.change.add(terms);
        }
        let (order, stencil) = (task.patches.order, &task.patches.stencil);
        match task.drive {
            _ if tile.patch.axes() == 1 => self.advance_line(window, tile),
            Drive::Potential { rate, .. } if order == Order::First => {
                self.advance(Donor::new(rate, stencil, window, tile, row), window, tile, row);
            }
            _ => self.advance(OnPlane::new(order, window, tile, row), window, tile, row),
        }
        if let Some(sheet) = task.stage.masses {
            sheet.put_down(&self.terms[..width], &mut self.mass[cells]);
        }
    }
}
