//! The rows of a patch that the sweep has in hand: copies of a few rows of cells with their halo, and of faces.

use sphereflow_mesh::Patch;
use sphereflow_mesh::patch::{AXES, HALO};

use super::rows::{
    bend_along, donor_of_potential, face_value, flow_of_faces, flow_of_potential, flux_of_donor,
    flux_of_slope, unlimited_value,
};
use super::stencil::Stencil;
use super::{Limiter, Order, limiter};

/// Numbers of the widest vectors: faces are treated in whole ones, and what is beyond the last face of a row is nobody's.
pub(super) const LANES: usize = 8;

/// Numbers in a row in hand beside the columns of a tile: its halo, and room for whole vectors.
pub(super) const MARGIN: usize = 2 * LANES;

/// Numbers in a row in hand. Narrow tiles keep all rows in the nearest cache; in wide ones the streams from memory have room to
/// run ahead.
pub(super) const NARROW: usize = 128 + MARGIN;
/// See [`NARROW`].
pub(super) const WIDE: usize = 512 + MARGIN;

/// Rows of densities in hand: four that the slopes of a row of faces ask for, and the next, which is fetched one row ahead: what
/// has just been put down is slow to be read again at another offset.
const DENSITIES: usize = 5;

/// What moves the mass of a sheet.
#[derive(Clone, Copy)]
pub(super) enum Drive<'a> {
    /// The two-point velocity of a potential, one value a cell, times a rate.
    Potential { raw: &'a [f64], rate: f64 },
    /// Flows through the faces as the stencil lays them out, patch by patch, times a rate.
    Faces { flow: &'a [f64], rate: f64 },
}

/// Some columns of a patch.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub patch: &'a Patch,
    /// Which patch it is.
    pub number: usize,
    pub column: usize,
    pub width: usize,
}

impl Tile<'_> {
    /// The faces along an axis that the cells of a row own, from the column before the first, in whole vectors.
    #[inline(always)]
    fn faces(&self) -> usize {
        (self.width + 1).next_multiple_of(LANES)
    }

    /// Where the cells of a row are.
    #[inline(always)]
    pub(super) fn cells(&self, row: isize) -> usize {
        self.patch.first() + row as usize * self.patch.columns() + self.column
    }
}

/// Rows in hand, each kind in turns: a row of the patch replaces the one so many rows before it.
///
/// A row of cells is from the column two before the tile to the one two after it, a row of faces or bends from the one before.
#[repr(align(64))]
pub(super) struct Window<const W: usize> {
    density: [[f64; W]; DENSITIES],
    potential: [[f64; W]; 4],
    bend: [[[f64; W]; 3]; 2],
    flow: [[[f64; W]; 3]; 2],
    flux: [[[f64; W]; 3]; 2],
}

/// The place of a row among those in hand.
#[inline(always)]
fn turn(row: isize, count: usize) -> usize {
    (row + 2 * HALO as isize) as usize % count
}

impl<const W: usize> Window<W> {
    pub(super) fn new() -> Self {
        let row = [0.0; W];
        let faces = [[row; 3]; 2];
        Self { density: [row; DENSITIES], potential: [row; 4], bend: faces, flow: faces, flux: faces }
    }

    #[inline(always)]
    pub(super) fn load_density(&mut self, tile: &Tile<'_>, row: isize, density: &[f64]) {
        let into = &mut self.density[turn(row, DENSITIES)][..tile.width + 2 * HALO];
        tile.patch.copy_row(row, tile.column, density, into);
    }

    #[inline(always)]
    pub(super) fn load_potential(&mut self, tile: &Tile<'_>, row: isize, raw: &[f64]) {
        let into = &mut self.potential[turn(row, 4)][..tile.width + 2 * HALO];
        tile.patch.copy_row(row, tile.column, raw, into);
    }

    /// Densities of a row from the column `shift` before or after the tile's first.
    #[inline(always)]
    pub(super) fn density(&self, row: isize, shift: isize) -> &[f64] {
        &self.density[turn(row, DENSITIES)][(shift + HALO as isize) as usize..]
    }

    /// Potentials of a row, likewise.
    #[inline(always)]
    pub(super) fn potential(&self, row: isize, shift: isize) -> &[f64] {
        &self.potential[turn(row, 4)][(shift + HALO as isize) as usize..]
    }

    /// Flows through the faces along an axis that the cells of a row own, from the column `shift` before the tile's first.
    #[inline(always)]
    pub(super) fn flow(&self, axis: usize, row: isize, shift: isize) -> &[f64] {
        &self.flow[turn(row, 2)][axis][(shift + 1) as usize..]
    }

    /// Fluxes through them.
    #[inline(always)]
    pub(super) fn flux(&self, axis: usize, row: isize, shift: isize) -> &[f64] {
        &self.flux[turn(row, 2)][axis][(shift + 1) as usize..]
    }

    pub(super) fn flux_mut(&mut self, axis: usize, row: isize) -> &mut [f64] {
        &mut self.flux[turn(row, 2)][axis]
    }

    /// Takes the bends of the lines through the cells of a row, whose neighbours are in hand.
    #[inline(always)]
    pub(super) fn take_bends(&mut self, stencil: &Stencil, tile: &Tile<'_>, row: isize) {
        let length = tile.width + 2;
        let bends = &mut self.bend[turn(row, 2)];
        for axis in 0..3 {
            let (down, right) = AXES[axis];
            let along = stencil.bends(axis, row, tile.column, tile.width);
            let forth = &self.density[turn(row + down, DENSITIES)][(1 + right) as usize..];
            let back = &self.density[turn(row - down, DENSITIES)][(1 - right) as usize..];
            bend_along(along, [back, forth], &mut bends[axis][..length]);
        }
        for kink in stencil.kinks(row) {
            let place = kink.column + 1 - tile.column as isize;
            if (0..length as isize).contains(&place) {
                let (down, right) = AXES[kink.edge];
                let next = self.density[turn(row + down, DENSITIES)][(place + 1 + right) as usize];
                let last = self.density[turn(row - down, DENSITIES)][(place + 1 - right) as usize];
                bends[kink.axis][place as usize] += 0.5 * kink.across * (next - last);
            }
        }
    }

    /// Takes the flows and the fluxes through the faces along an axis that the cells of a row own.
    #[inline(always)]
    pub(super) fn take_faces(
        &mut self,
        stencil: &Stencil,
        scheme: (Order, Limiter),
        drive: Drive<'_>,
        tile: &Tile<'_>,
        axis: usize,
        row: isize,
    ) {
        let ((down, right), length) = (AXES[axis], tile.faces());
        let flow = &mut self.flow[turn(row, 2)][axis][..length];
        match drive {
            Drive::Potential { rate, .. } => {
                let weights = &stencil.weights(axis, row, tile.column)[..length];
                let a = &self.potential[turn(row, 4)][1..][..length];
                let b = &self.potential[turn(row + down, 4)][(1 + right) as usize..][..length];
                if scheme.0 == Order::First {
                    let from = &self.density[turn(row, DENSITIES)][1..][..length];
                    let to = &self.density[turn(row + down, DENSITIES)][(1 + right) as usize..][..length];
                    let flux = &mut self.flux[turn(row, 2)][axis][..length];
                    donor_of_potential(rate, weights, [a, b], [from, to], flow, flux);
                    return;
                }
                flow_of_potential(rate, weights, [a, b], flow);
            }
            Drive::Faces { flow: given, rate } => {
                let start = tile.number * stencil.faces() + stencil.faces_at(axis, row, tile.column);
                flow_of_faces(rate, &given[start..start + length], flow);
            }
        }
        self.take_fluxes(scheme, length, axis, row);
    }

    /// Takes the fluxes from the flows.
    #[inline(always)]
    fn take_fluxes(&mut self, (order, limiter): (Order, Limiter), length: usize, axis: usize, row: isize) {
        let (down, right) = AXES[axis];
        let cells = |steps: isize| {
            &self.density[turn(row + steps * down, DENSITIES)][(1 + steps * right) as usize..][..length]
        };
        let flow = &self.flow[turn(row, 2)][axis][..length];
        let flux = &mut self.flux[turn(row, 2)][axis][..length];
        if order == Order::First {
            flux_of_donor(flow, [cells(0), cells(1)], flux);
            return;
        }
        let line = [cells(-1), cells(0), cells(1), cells(2)];
        let bend = [
            &self.bend[turn(row, 2)][axis][..length],
            &self.bend[turn(row + down, 2)][axis][right as usize..][..length],
        ];
        match limiter {
            Limiter::Minmod => {
                flux_of_slope(|u, b, a| face_value(limiter::minmod, u, b, a), flow, line, bend, flux);
            }
            Limiter::VanLeer => {
                flux_of_slope(|u, b, a| face_value(limiter::van_leer, u, b, a), flow, line, bend, flux);
            }
            Limiter::None => flux_of_slope(unlimited_value, flow, line, bend, flux),
        }
    }
}
