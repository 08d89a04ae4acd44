//! A stage of the transport along the circle, where neighbours follow each other in memory: no window is needed.

use std::ops::Range;

use pulp::Arch;

use super::advance::{Advance, Findings};
use super::lanes::Sum;
use super::layout::{Buffer, CHUNK, Layout};
use super::limiter;
use super::outflow::{InHand, on_line, vectors};
use super::rows::{
    changes, donor_of_potential, face_value, flow_of_potential, flux_of_slope, unlimited_value,
};
use super::stage::{Stage, Sums};
use super::stencil::Stencil;
use super::sweep::GRAIN;
use super::window::LANES;
use super::{Limiter, Order};
use crate::blocks::{MOST_BLOCKS, block_size};
use crate::vectorized::vectorized;

/// Numbers before the first cell of a row in hand: a whole vector, of which the halo is the end.
const BEFORE: usize = 8;

/// Cells beyond either end of a chunk that are read.
const HALO: usize = 2;

/// Densities of the two cells before some and of the two after them.
type Halo = [f64; 2 * HALO];

/// A row of cells or faces in hand with its halo. Number k of a row of faces is between the cells k - 1 and k.
#[repr(align(64))]
struct Row([f64; CHUNK + 2 * BEFORE]);

impl Row {
    const ZERO: Self = Self([0.0; CHUNK + 2 * BEFORE]);

    /// `n` numbers from `shift` on, 0 being the first cell of the chunk or the face before it.
    #[inline(always)]
    fn span(&self, shift: isize, n: usize) -> &[f64] {
        &self.0[(BEFORE as isize + shift) as usize..][..n]
    }

    /// Of a row of faces, those after `n` cells and those before them.
    #[inline(always)]
    fn ends(&self, n: usize) -> [&[f64]; 2] {
        [1, 0].map(|shift| self.span(shift, n))
    }

    #[inline(always)]
    fn span_mut(&mut self, shift: isize, n: usize) -> &mut [f64] {
        &mut self.0[(BEFORE as isize + shift) as usize..][..n]
    }
}

/// All that a stage along the circle reads.
pub(super) struct Line<'a> {
    pub arch: Arch,
    pub order: Order,
    pub limiter: Limiter,
    pub cells: usize,
    /// The geometry, alike everywhere.
    pub stencil: &'a Stencil,
    /// From where; if nowhere, the result is the density itself.
    pub density: Option<&'a [f64]>,
    /// Of the potential, and of the masses.
    pub layout: Layout<'a>,
    /// The potential whose two-point velocity, times `rate`, moves the density.
    pub potential: &'a [f64],
    pub rate: f64,
    /// What to do besides; the potentials to be compared are as laid out.
    pub stage: Stage<'a>,
}

/// Rows of a chunk in hand.
struct Rows {
    density: Row,
    potential: Row,
    kept: Buffer,
    flow: Row,
    flux: Row,
    net: Buffer,
    rate: Buffer,
    terms: Buffer,
}

impl Line<'_> {
    /// Runs the stage, in fixed blocks of cells, one thread each.
    pub(super) fn run(&self, result: &mut [f64], mass: &mut [f64], partial: &mut [Sums]) -> Sums {
        let cells = result.len();
        assert!(self.density.is_none_or(|density| density.len() == cells), "one density a cell");
        let numbers = if self.stage.masses.is_some() { self.layout.numbers(0..cells).len() } else { 0 };
        assert_eq!(mass.len(), numbers, "masses as laid out, if asked for");
        let size = self.layout.whole(block_size(cells));
        let partial = &mut partial[..cells.div_ceil(size)];
        let mut halos = [[0.0; 2 * HALO]; MOST_BLOCKS];
        let (blocks, density) = (partial.len(), self.density.unwrap_or(result));
        for (b, halo) in halos[..blocks].iter_mut().enumerate() {
            let (start, end) = (b * size, ((b + 1) * size).min(cells));
            *halo = [start + 2 * cells - 2, start + 2 * cells - 1, end, end + 1].map(|i| density[i % cells]);
        }
        self.blocks(0..blocks, (size, &halos), result, mass, partial);
        partial.iter().copied().fold(Sums::NONE, Sums::join)
    }

    /// Some of the blocks, of `size` cells each, given the densities of two cells beyond either end of every block.
    fn blocks(
        &self,
        blocks: Range<usize>,
        (size, halos): (usize, &[Halo; MOST_BLOCKS]),
        result: &mut [f64],
        mass: &mut [f64],
        partial: &mut [Sums],
    ) {
        if blocks.len() > 1 && result.len() > GRAIN {
            let half = blocks.len() / 2;
            let numbers = self.layout.numbers(0..half * size).len().min(mass.len());
            let (result, other_result) = result.split_at_mut(half * size);
            let (mass, other_mass) = mass.split_at_mut(numbers);
            let (partial, other_partial) = partial.split_at_mut(half);
            let middle = blocks.start + half;
            rayon::join(
                || self.blocks(blocks.start..middle, (size, halos), result, mass, partial),
                || self.blocks(middle..blocks.end, (size, halos), other_result, other_mass, other_partial),
            );
            return;
        }
        let mut rest = mass;
        for ((block, result), sums) in blocks.zip(result.chunks_mut(size)).zip(partial) {
            let numbers = self.layout.numbers(0..result.len()).len().min(rest.len());
            let (mass, others) = rest.split_at_mut(numbers);
            *sums = vectorized(
                self.arch,
                #[inline(always)]
                || self.block(block * size, halos[block], result, mass),
            );
            rest = others;
        }
    }

    #[inline(always)]
    fn block(&self, start: usize, halo: Halo, result: &mut [f64], mass: &mut [f64]) -> Sums {
        let mut rows = Rows {
            density: Row::ZERO,
            potential: Row::ZERO,
            kept: Buffer::ZERO,
            flow: Row::ZERO,
            flux: Row::ZERO,
            net: Buffer::ZERO,
            rate: Buffer::ZERO,
            terms: Buffer::ZERO,
        };
        let (mut findings, mut change) = (Findings::NONE, Sum::ZERO);
        let [mut last, mut before, beyond @ ..] = halo;
        let (chunk, cells, mut rest) = (self.layout.chunk(), result.len(), mass);
        for first in (0..cells).step_by(chunk) {
            let end = (first + chunk).min(cells);
            let numbers = self.layout.numbers(0..end - first).len().min(rest.len());
            let (mass, others) = rest.split_at_mut(numbers);
            let from = self.density.map_or(&*result, |density| &density[start..start + cells]);
            let after = [0, 1].map(|k| if end + k < cells { from[end + k] } else { beyond[end + k - cells] });
            rows.density.span_mut(0, end - first).copy_from_slice(&from[first..end]);
            rows.density.span_mut(-2, 2).copy_from_slice(&[last, before]);
            rows.density.span_mut((end - first) as isize, 2).copy_from_slice(&after);
            [last, before] = [1, 0].map(|k| rows.density.span((end - first) as isize - 1 - k, 1)[0]);
            self.take_faces(start + first, end - first, &mut rows);
            self.chunk(start + first, &mut result[first..end], mass, &mut rows, (&mut findings, &mut change));
            rest = others;
        }
        findings.with_change(change.total())
    }

    /// Takes the flows and the fluxes through the faces of `n` cells from `first` on, whose densities are in hand.
    #[inline(always)]
    fn take_faces(&self, first: usize, n: usize, rows: &mut Rows) {
        let Rows { density, potential, kept, flow, flux, .. } = rows;
        let values = self.layout.values(self.potential, first..first + n, kept);
        potential.span_mut(0, n).copy_from_slice(values);
        let (before, after) = ((first + self.cells - 1) % self.cells, (first + n) % self.cells);
        potential.span_mut(-1, 1)[0] = self.layout.value(self.potential, before);
        potential.span_mut(n as isize, 1)[0] = self.layout.value(self.potential, after);
        // The faces before the cells, which begin on cache lines; then the one after the last.
        self.take_fluxes(-1, n, density, potential, flow, flux);
        self.take_fluxes(n as isize - 1, 1, density, potential, flow, flux);
    }

    /// Takes flows and fluxes through the faces after the `n` cells from `shift` on.
    #[inline(always)]
    fn take_fluxes(
        &self,
        shift: isize,
        n: usize,
        density: &Row,
        potential: &Row,
        flow: &mut Row,
        flux: &mut Row,
    ) {
        let weights = &self.stencil.weights(0, 0, 0)[..n];
        let raw = [potential.span(shift, n), potential.span(shift + 1, n)];
        let line = [-1, 0, 1, 2].map(|k| density.span(shift + k, n));
        let (flow, flux) = (flow.span_mut(shift + 1, n), flux.span_mut(shift + 1, n));
        if self.order == Order::First {
            return donor_of_potential(self.rate, weights, raw, [line[1], line[2]], flow, flux);
        }
        flow_of_potential(self.rate, weights, raw, flow);
        // The circle does not bend.
        let bend = [&STRAIGHT[..n]; 2];
        match self.limiter {
            Limiter::Minmod => {
                flux_of_slope(|_, u, d| face_value(limiter::minmod, u, d), flow, line, bend, flux);
            }
            Limiter::VanLeer => {
                flux_of_slope(|_, u, d| face_value(limiter::van_leer, u, d), flow, line, bend, flux);
            }
            Limiter::None => flux_of_slope(|_, u, d| unlimited_value(u, d), flow, line, bend, flux),
        }
    }

    /// What the fluxes make of the cells from `first` on.
    #[inline(always)]
    fn chunk(
        &self,
        first: usize,
        result: &mut [f64],
        mass: &mut [f64],
        rows: &mut Rows,
        (findings, change): (&mut Findings, &mut Sum),
    ) {
        let (n, stage) = (result.len(), &self.stage);
        let [measures, inverses] = self.stencil.measures(0, 0);
        if let Some([_, kept]) = stage.compared {
            let terms = &mut rows.terms.0[..n];
            let kept = self.layout.values(kept, first..first + n, &mut rows.kept);
            changes(result, measures, [rows.potential.span(0, n), kept], terms);
            change.add(terms);
        }
        let [flow, flux] = [rows.flow.ends(n), rows.flux.ends(n)];
        on_line(self.order, flow, flux, &mut rows.net.0[..n], &mut rows.rate.0);
        let count = n.div_ceil(LANES);
        let advance = Advance {
            outflow: InHand { net: vectors(&rows.net.0, count), rate: vectors(&rows.rate.0, count) },
            duration: stage.duration,
            density: vectors(rows.density.span(0, count * LANES), count),
            measure: vectors(measures, count),
            inverse: vectors(inverses, count),
        };
        let masses = &mut rows.terms.0.as_chunks_mut().0[..count];
        advance.run(stage.average, result, masses, findings);
        if let Some(sheet) = stage.masses {
            self.layout.put_down(sheet, &masses.as_flattened()[..n], mass);
        }
    }
}

/// Bends of a straight line.
const STRAIGHT: [f64; CHUNK] = [0.0; CHUNK];
