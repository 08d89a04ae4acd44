//! The sweep over the patches of a mesh: flows, fluxes and what they make of each row, in bands of rows.

use sphereflow_mesh::patch::AXES;
use sphereflow_mesh::{Mesh, Patch};

use super::by_faces::{difference_behind_pentagon, limited_value};
use super::stencil::{Stencil, has_face};
use super::window::{Drive, MARGIN, NARROW, Tile, Window};
use super::{Limiter, Order, Scheme};

/// Cells of a band, if that makes no fewer rows than [`ROWS`]: at each border of it some rows are fetched and some faces computed
/// twice, but what the stencil has for the bands of a level has to stay in a near cache.
const BAND: usize = 4096;

/// The fewest rows of a band.
const ROWS: usize = 16;

/// Cells that one task sweeps, in whole levels: enough to hide its start.
pub(super) const GRAIN: usize = 8192;

/// The most stacks of bands: the ten patches of the sphere. The patches of the circle are one stack.
pub(super) const STACKS: usize = 10;

/// Rows of a patch. The cells of a band are contiguous, and the bands of a stack follow each other.
///
/// Bands at the same height of all stacks are a *level*. Bands are swept level by level: the geometry, which is one for all
/// patches, is then read from memory once.
#[derive(Clone, Copy)]
pub(super) struct Band {
    pub patch: usize,
    pub stack: usize,
    pub start: isize,
    pub end: isize,
    pub cells: usize,
}

/// A face out of a pentagon, where the line of the lattice ends.
struct Spoke {
    axis: usize,
    row: isize,
    column: isize,
    /// Whether the pentagon is the face's first cell.
    first: bool,
    pentagon: usize,
    other: usize,
    opposite: [usize; 2],
}

/// The patches of a mesh and what a sweep over them has to know, for a scheme.
pub(super) struct Patches {
    pub list: Vec<Patch>,
    pub stencil: Stencil,
    /// Level by level.
    pub bands: Vec<Band>,
    /// How many bands are a level.
    pub stacks: usize,
    pub order: Order,
    pub limiter: Limiter,
    /// By patch.
    spokes: Vec<Vec<Spoke>>,
}

/// What becomes of the cells of a row once the fluxes through all of their faces are in hand.
pub(super) trait Gather<const W: usize> {
    /// Whether flows and fluxes are to be put down for it, in a patch of several rows.
    fn takes_faces(&self) -> bool {
        true
    }

    /// Takes a row of a tile.
    fn row(&mut self, window: &Window<W>, tile: &Tile<'_>, row: isize);
}

impl Patches {
    pub(super) fn new(mesh: &Mesh, scheme: Scheme) -> Self {
        let list = mesh.patches();
        let stencil = Stencil::new(mesh, &list[0], scheme.order);
        let stacks = if mesh.dim() == 3 { list.len() } else { 1 };
        let mut bands: Vec<Band> = list
            .iter()
            .enumerate()
            .flat_map(|(number, patch)| bands_of(number, number % stacks, patch))
            .collect();
        bands.sort_by_key(|band| (band.start, band.patch));
        let of_patch = |patch| {
            if scheme.order == Order::Second && mesh.dim() == 3 { spokes(mesh, patch) } else { Vec::new() }
        };
        let spokes = list.iter().map(of_patch).collect();
        Self { stencil, bands, stacks, order: scheme.order, limiter: scheme.limiter, spokes, list }
    }

    /// Whether rows of the narrow width are to be had in hand.
    pub(super) fn are_narrow(&self) -> bool {
        let patch = &self.list[0];
        patch.axes() == 1 || patch.columns() + MARGIN <= NARROW
    }

    /// Levels in two parts, if there are enough for two tasks.
    pub(super) fn halves<'b>(&self, bands: &'b [Band]) -> Option<[&'b [Band]; 2]> {
        let (levels, cells) = (bands.len() / self.stacks, bands.iter().map(|band| band.cells).sum::<usize>());
        let (front, back) = bands.split_at(levels / 2 * self.stacks);
        (levels > 1 && cells > GRAIN).then_some([front, back])
    }

    /// Sweeps a band, tile by tile, row by row.
    #[inline(always)]
    pub(super) fn sweep<const W: usize>(
        &self,
        band: &Band,
        density: &[f64],
        drive: Drive<'_>,
        window: &mut Window<W>,
        gather: &mut impl Gather<W>,
    ) {
        let patch = &self.list[band.patch];
        for column in (0..patch.columns()).step_by(W - MARGIN) {
            let width = (W - MARGIN).min(patch.columns() - column);
            let tile = Tile { patch, number: band.patch, column, width };
            if patch.axes() == 1 {
                self.sweep_line(&tile, density, drive, window, gather);
            } else {
                self.sweep_tile(band, &tile, density, drive, window, gather);
            }
        }
    }

    /// A patch of one row.
    #[inline(always)]
    fn sweep_line<const W: usize>(
        &self,
        tile: &Tile<'_>,
        density: &[f64],
        drive: Drive<'_>,
        window: &mut Window<W>,
        gather: &mut impl Gather<W>,
    ) {
        window.load_density(tile, 0, density);
        if let Drive::Potential { raw, .. } = drive {
            window.load_potential(tile, 0, raw);
        }
        window.take_faces(&self.stencil, (self.order, self.limiter), drive, tile, 0, 0);
        gather.row(window, tile, 0);
    }

    /// Rows of a band and the faces below the last of them, which close it.
    #[inline(always)]
    fn sweep_tile<const W: usize>(
        &self,
        band: &Band,
        tile: &Tile<'_>,
        density: &[f64],
        drive: Drive<'_>,
        window: &mut Window<W>,
        gather: &mut impl Gather<W>,
    ) {
        let second = self.order == Order::Second;
        // Order 2 has the rows from two above the faces to one below them in hand; then the next one is fetched.
        let (above, below) = if second { (2, 1) } else { (1, 0) };
        for row in band.start - above..=band.start + below {
            window.load_density(tile, row, density);
        }
        if let Drive::Potential { raw, .. } = drive {
            window.load_potential(tile, band.start - 1, raw);
            window.load_potential(tile, band.start, raw);
        }
        if second {
            window.take_bends(&self.stencil, tile, band.start - 1);
        }
        for row in band.start..=band.end {
            let inside = row < band.end;
            if inside && (row - band.start) % Window::<W>::TOGETHER == 0 {
                let together = row..band.end.min(row + Window::<W>::TOGETHER);
                for row in together.clone() {
                    window.load_density(tile, row + below + 1, density);
                }
                if let Drive::Potential { raw, .. } = drive {
                    for row in together {
                        window.load_potential(tile, row + 1, raw);
                    }
                }
            }
            if second {
                window.take_bends(&self.stencil, tile, row);
            }
            if gather.takes_faces() {
                for axis in usize::from(!inside)..3 {
                    window.take_faces(&self.stencil, (self.order, self.limiter), drive, tile, axis, row);
                }
                self.mend_spokes(tile, row, density, window);
            }
            if row > band.start {
                gather.row(window, tile, row - 1);
            }
        }
    }

    /// Sets the fluxes out of pentagons.
    #[inline(always)]
    fn mend_spokes<const W: usize>(
        &self,
        tile: &Tile<'_>,
        row: isize,
        density: &[f64],
        window: &mut Window<W>,
    ) {
        for spoke in &self.spokes[tile.number] {
            let place = spoke.column - tile.column as isize;
            if spoke.row == row && (-1..tile.width as isize).contains(&place) {
                let flow = window.flow(spoke.axis, row, place)[0];
                if (flow > 0.0) == spoke.first {
                    let flux = flow * self.value_out_of(spoke, density);
                    window.flux_mut(spoke.axis, row)[(place + 1) as usize] = flux;
                }
            }
        }
    }

    #[inline(never)]
    fn value_out_of(&self, spoke: &Spoke, density: &[f64]) -> f64 {
        let up = density[spoke.pentagon];
        let behind = difference_behind_pentagon(up, spoke.opposite.map(|cell| density[cell]));
        limited_value(self.limiter, up, [behind, density[spoke.other] - up], None)
    }
}

/// The bands of a patch.
fn bands_of(patch: usize, stack: usize, rectangle: &Patch) -> impl Iterator<Item = Band> {
    let (rows, columns) = (rectangle.rows(), rectangle.columns());
    let height = (BAND / columns).min(rows.div_ceil(2)).max(ROWS);
    (0..rows).step_by(height).map(move |start| {
        let end = (start + height).min(rows);
        Band { patch, stack, start: start as isize, end: end as isize, cells: (end - start) * columns }
    })
}

/// The faces out of pentagons that a patch has.
fn spokes(mesh: &Mesh, patch: &Patch) -> Vec<Spoke> {
    let mut spokes = Vec::new();
    for (axis, (down, right)) in AXES.into_iter().enumerate() {
        for row in 0..=patch.rows() as isize {
            // Pentagons are at the corners.
            for column in [-1, 0, patch.columns() as isize - 1] {
                if !has_face(patch, axis, [row, column]) {
                    continue;
                }
                let cells = [patch.cell(row, column), patch.cell(row + down, column + right)];
                for first in [true, false] {
                    let [pentagon, other] = if first { cells } else { [cells[1], cells[0]] };
                    let face = mesh.face_between(pentagon, other);
                    if let Some(face) = face.filter(|_| mesh.cell_faces(pentagon).len() == 5) {
                        let opposite = mesh.opposite(face, pentagon);
                        spokes.push(Spoke { axis, row, column, first, pentagon, other, opposite });
                    }
                }
            }
        }
    }
    spokes
}
