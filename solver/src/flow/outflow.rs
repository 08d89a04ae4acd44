//! What flows out of the cells of a row, in whole vectors.

use sphereflow_mesh::patch::AXES;

use super::Order;
use super::rows::{larger, upwind};
use super::stencil::Stencil;
use super::window::{LANES, Tile, Window};

/// Numbers that are treated at once: a loop over them is an instruction for the widest vectors.
pub(super) type Vector = [f64; LANES];

/// The first `count` whole vectors of a row.
#[inline(always)]
pub(super) fn vectors(row: &[f64], count: usize) -> &[Vector] {
    &row.as_chunks().0[..count]
}

/// What flows out of the cells of a row: of the k-th number in the i-th vector.
pub(super) trait Outflow {
    /// The sum of the fluxes out of the cell, and its positivity rate ([`super::Transport`]) times its measure.
    fn of(&self, i: usize, k: usize) -> [f64; 2];
}

/// That of the donor cell on the sphere with the two-point velocity of a potential.
///
/// Faces are not put down: each is computed for both of its cells, which takes less time than to store and to fetch it.
pub(super) struct Donor<'a> {
    rate: f64,
    weight: [&'a [Vector]; 6],
    raw: &'a [Vector],
    raw_around: [&'a [Vector]; 6],
    density: &'a [Vector],
    density_around: [&'a [Vector]; 6],
}

impl<'a> Donor<'a> {
    #[inline(always)]
    pub(super) fn new<const W: usize>(
        rate: f64,
        stencil: &'a Stencil,
        window: &'a Window<W>,
        tile: &Tile<'_>,
        row: isize,
    ) -> Self {
        let count = tile.width.div_ceil(LANES);
        let weight =
            |axis, row, shift: isize| &stencil.weights(axis, row, tile.column)[(1 + shift) as usize..];
        Self {
            rate,
            weight: faces_around(weight, row, count),
            raw: vectors(window.potential(row, 0), count),
            raw_around: cells_around(|row, shift| window.potential(row, shift), row, count),
            density: vectors(window.density(row, 0), count),
            density_around: cells_around(|row, shift| window.density(row, shift), row, count),
        }
    }

    /// The flux and the flow out of a cell through one of its faces.
    #[inline(always)]
    fn through(&self, face: usize, i: usize, k: usize) -> [f64; 2] {
        let flow = self.rate * self.weight[face][i][k] * (self.raw[i][k] - self.raw_around[face][i][k]);
        let flux = flow * upwind(flow, self.density[i][k], self.density_around[face][i][k]);
        [flux, larger(flow, 0.0)]
    }
}

impl Outflow for Donor<'_> {
    #[inline(always)]
    fn of(&self, i: usize, k: usize) -> [f64; 2] {
        let [a, b] = [self.through(0, i, k), self.through(1, i, k)];
        let [c, d] = [self.through(2, i, k), self.through(3, i, k)];
        let [e, f] = [self.through(4, i, k), self.through(5, i, k)];
        let net = (a[0] + b[0]) + ((c[0] + d[0]) + (e[0] + f[0]));
        let sum = (a[1] + b[1]) + ((c[1] + d[1]) + (e[1] + f[1]));
        [net, sum]
    }
}

/// That of flows and fluxes in hand, on the sphere: along each of the three axes through the face out of the cell, then the
/// face into it.
pub(super) struct OnPlane<'a> {
    flow: [&'a [Vector]; 6],
    flux: [&'a [Vector]; 6],
    of_sum: f64,
    of_largest: f64,
}

impl<'a> OnPlane<'a> {
    #[inline(always)]
    pub(super) fn new<const W: usize>(
        order: Order,
        window: &'a Window<W>,
        tile: &Tile<'_>,
        row: isize,
    ) -> Self {
        let count = tile.width.div_ceil(LANES);
        let flow = faces_around(|axis, row, shift| window.flow(axis, row, shift), row, count);
        let flux = faces_around(|axis, row, shift| window.flux(axis, row, shift), row, count);
        let (of_sum, of_largest) = factors(order, 6.0);
        Self { flow, flux, of_sum, of_largest }
    }

    /// The flows out of a cell along an axis.
    #[inline(always)]
    fn flows(&self, axis: usize, i: usize, k: usize) -> [f64; 2] {
        [larger(self.flow[2 * axis][i][k], 0.0), larger(-self.flow[2 * axis + 1][i][k], 0.0)]
    }

    /// The sum of the fluxes out of it.
    #[inline(always)]
    fn net(&self, axis: usize, i: usize, k: usize) -> f64 {
        self.flux[2 * axis][i][k] - self.flux[2 * axis + 1][i][k]
    }
}

impl Outflow for OnPlane<'_> {
    #[inline(always)]
    fn of(&self, i: usize, k: usize) -> [f64; 2] {
        let net = self.net(0, i, k) + (self.net(1, i, k) + self.net(2, i, k));
        let [[a, b], [c, d], [e, f]] = [self.flows(0, i, k), self.flows(1, i, k), self.flows(2, i, k)];
        let sum = (a + b) + ((c + d) + (e + f));
        let largest = larger(larger(a, b), larger(larger(c, d), larger(e, f)));
        [net, larger(self.of_sum * sum, self.of_largest * largest)]
    }
}

/// Sums of fluxes and rates in hand.
pub(super) struct InHand<'a> {
    pub net: &'a [Vector],
    pub rate: &'a [Vector],
}

impl Outflow for InHand<'_> {
    #[inline(always)]
    fn of(&self, i: usize, k: usize) -> [f64; 2] {
        [self.net[i][k], self.rate[i][k]]
    }
}

/// Sums of fluxes out of the cells of a line, and their positivity rates times their measures, from the flows and the
/// fluxes through the faces to the next cells and from the last.
///
/// In a pass of its own: where one loop reads a row at two offsets and sums, the compiler shuffles in place of loading.
#[inline(always)]
pub(super) fn on_line(order: Order, flow: [&[f64]; 2], flux: [&[f64]; 2], net: &mut [f64], rate: &mut [f64]) {
    let n = net.len();
    let [flow_out, flow_in] = flow.map(|row| &row[..n]);
    let [flux_out, flux_in] = flux.map(|row| &row[..n]);
    let (rate, (of_sum, of_largest)) = (&mut rate[..n], factors(order, 2.0));
    for k in 0..n {
        let (a, b) = (larger(flow_out[k], 0.0), larger(-flow_in[k], 0.0));
        net[k] = flux_out[k] - flux_in[k];
        rate[k] = larger(of_sum * (a + b), of_largest * larger(a, b));
    }
}

/// Positivity rates of the cells of a row on the sphere times their measures, from the flows in hand.
#[inline(always)]
pub(super) fn rates_on_plane<const W: usize>(order: Order, window: &Window<W>, row: isize, rate: &mut [f64]) {
    let (n, (of_sum, of_largest)) = (rate.len(), factors(order, 6.0));
    let flows = |axis: usize| {
        let (down, right) = AXES[axis];
        [&window.flow(axis, row, 0)[..n], &window.flow(axis, row - down, -right)[..n]]
    };
    let [[out_0, in_0], [out_1, in_1], [out_2, in_2]] = [flows(0), flows(1), flows(2)];
    for k in 0..n {
        let (a, b) = (larger(out_0[k], 0.0), larger(-in_0[k], 0.0));
        let (c, d) = (larger(out_1[k], 0.0), larger(-in_1[k], 0.0));
        let (e, f) = (larger(out_2[k], 0.0), larger(-in_2[k], 0.0));
        let sum = (a + b) + ((c + d) + (e + f));
        let largest = larger(larger(a, b), larger(larger(c, d), larger(e, f)));
        rate[k] = larger(of_sum * sum, of_largest * largest);
    }
}

/// The positivity rate of a cell with so many faces is the larger of the sum of the flows out of it and the largest of
/// them, times these ([`super::Transport`]).
fn factors(order: Order, faces: f64) -> (f64, f64) {
    match order {
        Order::First => (1.0, 0.0),
        Order::Second => (2.0, faces),
    }
}

/// Rows of the cells around those of a row: along each axis forth, then back.
#[inline(always)]
fn cells_around<'w>(
    cells: impl Fn(isize, isize) -> &'w [f64],
    row: isize,
    count: usize,
) -> [&'w [Vector]; 6] {
    let along = |axis: usize, steps: isize| {
        let (down, right) = AXES[axis];
        vectors(cells(row + steps * down, steps * right), count)
    };
    [along(0, 1), along(0, -1), along(1, 1), along(1, -1), along(2, 1), along(2, -1)]
}

/// Rows of their faces, from rows by axis, row and shift of the cells that own them: likewise.
#[inline(always)]
fn faces_around<'w>(
    faces: impl Fn(usize, isize, isize) -> &'w [f64],
    row: isize,
    count: usize,
) -> [&'w [Vector]; 6] {
    let along = |axis: usize, steps: isize| {
        let (down, right) = AXES[axis];
        vectors(faces(axis, row + steps * down, steps * right), count)
    };
    [along(0, 0), along(0, -1), along(1, 0), along(1, -1), along(2, 0), along(2, -1)]
}
