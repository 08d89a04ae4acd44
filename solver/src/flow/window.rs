//! The rows of a patch that the sweep has in hand: copies of a few rows of cells with their halo, and of faces.

use sphereflow_mesh::Patch;
use sphereflow_mesh::patch::{AXES, HALO};

use super::rows::{
    Skews, add_bend, cut, donor_of_potential, face_value, flow_of_faces, flow_of_potential, flux_of_donor,
    flux_of_slope, take_bend, unlimited_value,
};
use super::stencil::{BESIDE, SIDES, Stencil};
use super::{Limiter, Order, limiter};

/// Numbers of the widest vectors: faces are treated in whole ones, and what is beyond the last face of a row is nobody's.
pub(super) const LANES: usize = 8;

/// Where the first column of a tile is in a row of cells: on the border of a cache line, before it room for the halo.
const FIRST: usize = LANES;

/// Numbers in a row in hand beside the columns of a tile: its halo, and room for whole vectors.
pub(super) const MARGIN: usize = FIRST + 2 * LANES;

/// Numbers in a row in hand. Narrow tiles keep all rows in the nearest cache; in wide ones the streams from memory have room to
/// run ahead.
pub(super) const NARROW: usize = 128 + MARGIN;
/// See [`NARROW`].
pub(super) const WIDE: usize = 512 + MARGIN;

/// Room for rows of cells in hand.
const ROOM: usize = 8;

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
/// A row of cells is from the column two before the tile to the one two after it ([`FIRST`]), a row of faces or bends from the one
/// before.
#[repr(align(64))]
pub(super) struct Window<const W: usize> {
    density: [[f64; W]; ROOM],
    potential: [[f64; W]; ROOM],
    bend: [[[f64; W]; 3]; 2],
    flow: [[[f64; W]; 3]; 2],
    flux: [[[f64; W]; 3]; 2],
}

/// The place of a row among those in hand.
#[inline(always)]
fn turn(row: isize, count: usize) -> usize {
    (row + 2 * HALO as isize) as usize % count
}

/// The place in a row of cells of the column `shift` before or after the tile's first.
#[inline(always)]
fn at(shift: isize) -> usize {
    (FIRST as isize + shift) as usize
}

/// Densities of the cells a step (rows, columns) away from those of a row, from the column before the tile's first.
#[inline(always)]
fn step_away<const W: usize>(
    density: &[[f64; W]; ROOM],
    row: isize,
    (down, right): (isize, isize),
) -> &[f64] {
    &density[turn(row + down, Window::<W>::ROWS)][at(right - 1)..]
}

impl<const W: usize> Window<W> {
    /// Rows of cells that are fetched together, one after the other: a stream from memory takes some time to set out. Narrow
    /// rows come one by one and stay in the nearest cache.
    pub(super) const TOGETHER: isize = if W > NARROW { 4 } else { 1 };

    /// Rows of cells in hand: four that the slopes of a row of faces ask for, and the next, which are fetched one row
    /// ahead: what has just been put down is slow to be read again at another offset.
    const ROWS: usize = 4 + Self::TOGETHER as usize;

    pub(super) fn new() -> Self {
        let row = [0.0; W];
        let faces = [[row; 3]; 2];
        Self { density: [row; ROOM], potential: [row; ROOM], bend: faces, flow: faces, flux: faces }
    }

    #[inline(always)]
    pub(super) fn load_density(&mut self, tile: &Tile<'_>, row: isize, density: &[f64]) {
        let into = &mut self.density[turn(row, Self::ROWS)][FIRST - HALO..][..tile.width + 2 * HALO];
        tile.patch.copy_row(row, tile.column, density, into);
    }

    #[inline(always)]
    pub(super) fn load_potential(&mut self, tile: &Tile<'_>, row: isize, raw: &[f64]) {
        let into = &mut self.potential[turn(row, Self::ROWS)][FIRST - HALO..][..tile.width + 2 * HALO];
        tile.patch.copy_row(row, tile.column, raw, into);
    }

    /// Densities of a row from the column `shift` before or after the tile's first.
    #[inline(always)]
    pub(super) fn density(&self, row: isize, shift: isize) -> &[f64] {
        &self.density[turn(row, Self::ROWS)][at(shift)..]
    }

    /// Potentials of a row, likewise.
    #[inline(always)]
    pub(super) fn potential(&self, row: isize, shift: isize) -> &[f64] {
        &self.potential[turn(row, Self::ROWS)][at(shift)..]
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
        let (bends, density) = (&mut self.bend[turn(row, 2)], &self.density);
        for axis in 0..3 {
            let ends = |(down, right): (isize, isize)| {
                [(-down, -right), (down, right)].map(|step| step_away(density, row, step))
            };
            let along = stencil.bends(axis, row, tile.column, tile.width);
            take_bend(along, ends(AXES[axis]), &mut bends[axis][..length]);
            if let Some(across) = stencil.across(axis, row, tile.column, tile.width) {
                add_bend(across, ends(BESIDE[axis]), &mut bends[axis][..length]);
            }
        }
        for kink in stencil.kinks(row) {
            let place = kink.column + 1 - tile.column as isize;
            if (0..length as isize).contains(&place) {
                let (down, right) = AXES[kink.edge];
                let next = step_away(density, row, (down, right))[place as usize];
                let last = step_away(density, row, (-down, -right))[place as usize];
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
                let a = &self.potential[turn(row, Self::ROWS)][at(-1)..][..length];
                let b = &self.potential[turn(row + down, Self::ROWS)][at(right - 1)..][..length];
                if scheme.0 == Order::First {
                    let from = &self.density[turn(row, Self::ROWS)][at(-1)..][..length];
                    let to = &self.density[turn(row + down, Self::ROWS)][at(right - 1)..][..length];
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
        self.take_fluxes(stencil, scheme, tile, axis, row);
    }

    /// Takes the fluxes from the flows.
    #[inline(always)]
    fn take_fluxes(
        &mut self,
        stencil: &Stencil,
        (order, limiter): (Order, Limiter),
        tile: &Tile<'_>,
        axis: usize,
        row: isize,
    ) {
        let length = tile.faces();
        if order == Order::First {
            let flow = &self.flow[turn(row, 2)][axis][..length];
            let flux = &mut self.flux[turn(row, 2)][axis][..length];
            let ends = [(0, 0), AXES[axis]].map(|step| &step_away(&self.density, row, step)[..length]);
            return flux_of_donor(flow, ends, flux);
        }
        match limiter {
            Limiter::Minmod => {
                self.take_linear(|u, d| face_value(limiter::minmod, u, d), stencil, tile, axis, row);
            }
            Limiter::VanLeer => {
                self.take_linear(|u, d| face_value(limiter::van_leer, u, d), stencil, tile, axis, row);
            }
            Limiter::None => self.take_linear(unlimited_value, stencil, tile, axis, row),
        }
    }

    /// Takes the fluxes of a linear density, which has a value half-way between the centers from the upwind cell's and the
    /// differences behind and ahead of it.
    #[inline(always)]
    fn take_linear(
        &mut self,
        half_way: impl Fn(f64, [f64; 2]) -> f64,
        stencil: &Stencil,
        tile: &Tile<'_>,
        axis: usize,
        row: isize,
    ) {
        let ((down, right), length) = (AXES[axis], tile.faces());
        let density = &self.density;
        let cells = |step| &step_away(density, row, step)[..length];
        let line = [-1, 0, 1, 2].map(|steps| cells((steps * down, steps * right)));
        let bend = [
            &self.bend[turn(row, 2)][axis][..length],
            &self.bend[turn(row + down, 2)][axis][right as usize..][..length],
        ];
        let flow = &self.flow[turn(row, 2)][axis][..length];
        let flux = &mut self.flux[turn(row, 2)][axis][..length];
        let Some([beside, along]) = stencil.skews(axis, row, tile.column, length) else {
            let value = |_, up, differences| half_way(up, differences);
            return flux_of_slope(value, flow, line, bend, flux);
        };
        let skews = Skews { sides: SIDES[axis].map(cells), ends: [line[1], line[2]], beside, along };
        let value = |k, up, differences| cut(half_way(up, differences) + skews.at(k), up);
        flux_of_slope(value, flow, line, bend, flux);
    }
}
