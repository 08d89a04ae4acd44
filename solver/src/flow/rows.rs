//! The arithmetic of the transport on rows of cells: flows, fluxes, and what they make of the cells.
//!
//! A *flow* is the velocity of a face times its measure, from its first cell a to its second b; a *flux* is the flow times
//! the density of the upwind cell at the face. Every function is a plain loop over slices of one length, to be compiled
//! for the widest vectors ([`crate::vectorized`]). Seen from the other side, a face has the same flow and flux to the last
//! bit, with the opposite sign: so mass is kept although a face between two patches is computed by both.

/// `flow = rate w (J_a - J_b)`, w the measure of the face over its distance and `rate` the sign of the sheet times beta.
#[inline(always)]
pub(super) fn flow_of_potential(rate: f64, weight: &[f64], [a, b]: [&[f64]; 2], flow: &mut [f64]) {
    let n = flow.len();
    let (weight, a, b) = (&weight[..n], &a[..n], &b[..n]);
    for k in 0..n {
        flow[k] = rate * weight[k] * (a[k] - b[k]);
    }
}

/// `flow = rate given`.
#[inline(always)]
pub(super) fn flow_of_faces(rate: f64, given: &[f64], flow: &mut [f64]) {
    let n = flow.len();
    let given = &given[..n];
    for k in 0..n {
        flow[k] = rate * given[k];
    }
}

/// [`flow_of_potential`] and [`flux_of_donor`] in one pass.
#[inline(always)]
pub(super) fn donor_of_potential(
    rate: f64,
    weight: &[f64],
    [raw_a, raw_b]: [&[f64]; 2],
    [a, b]: [&[f64]; 2],
    flow: &mut [f64],
    flux: &mut [f64],
) {
    let n = flux.len();
    let (weight, raw_a, raw_b) = (&weight[..n], &raw_a[..n], &raw_b[..n]);
    let (a, b, flow) = (&a[..n], &b[..n], &mut flow[..n]);
    for k in 0..n {
        let along = rate * weight[k] * (raw_a[k] - raw_b[k]);
        flow[k] = along;
        flux[k] = along * upwind(along, a[k], b[k]);
    }
}

/// What belongs to the cell that a flow comes from. A choice among values: of a plain `if` the compiler makes one among
/// addresses, and gathers from them.
#[inline(always)]
fn upwind(flow: f64, of_a: f64, of_b: f64) -> f64 {
    std::hint::select_unpredictable(flow > 0.0, of_a, of_b)
}

/// The donor cell: the flux of a density that is constant in each cell.
#[inline(always)]
pub(super) fn flux_of_donor(flow: &[f64], [a, b]: [&[f64]; 2], flux: &mut [f64]) {
    let n = flux.len();
    let (flow, a, b) = (&flow[..n], &a[..n], &b[..n]);
    for k in 0..n {
        flux[k] = flow[k] * upwind(flow[k], a[k], b[k]);
    }
}

/// The flux of a limited linear density: `line` are the cells behind a, a, b, behind b along the line of the lattice, `bend`
/// the corrections of the differences behind a and b for the bends of that line.
#[inline(always)]
pub(super) fn flux_of_slope(
    face_value: impl Fn(f64, f64, f64) -> f64,
    flow: &[f64],
    line: [&[f64]; 4],
    bend: [&[f64]; 2],
    flux: &mut [f64],
) {
    let n = flux.len();
    let [behind_a, a, b, behind_b] = line;
    let (flow, behind_a, a, b, behind_b) = (&flow[..n], &behind_a[..n], &a[..n], &b[..n], &behind_b[..n]);
    let (bend_a, bend_b) = (&bend[0][..n], &bend[1][..n]);
    for k in 0..n {
        let up = upwind(flow[k], a[k], b[k]);
        let down = upwind(flow[k], b[k], a[k]);
        let last = upwind(flow[k], behind_a[k], behind_b[k]);
        let bend = upwind(flow[k], bend_a[k], bend_b[k]);
        flux[k] = flow[k] * face_value(up, up - last + bend, down - up);
    }
}

/// The density at a face from the upwind cell's, the differences behind and ahead of it, and a slope of them:
/// between 0 and twice the cell's.
///
/// The difference behind is at most `up`, as if the value behind were not negative; the one ahead is at least `-up`, for the
/// downwind cell's is not. A limited slope has the sign of both and at most twice the size of either, so that half of
/// it is at most `up` above and below.
#[inline(always)]
pub(super) fn face_value(slope: impl Fn(f64, f64) -> f64, up: f64, behind: f64, ahead: f64) -> f64 {
    let behind = if behind < up { behind } else { up };
    up + 0.5 * slope(behind, ahead)
}

/// The same for a slope without a limiter, whose face value is cut to that range.
#[inline(always)]
pub(super) fn unlimited_value(up: f64, behind: f64, ahead: f64) -> f64 {
    let value = face_value(super::limiter::mean, up, behind, ahead);
    let value = if value > 0.0 { value } else { 0.0 };
    if value < 2.0 * up { value } else { 2.0 * up }
}

/// `bend = along (forth - back) / 2`: the correction of the difference behind a cell for the change of the spacing along its
/// line.
#[inline(always)]
pub(super) fn bend_along(along: &[f32], [back, forth]: [&[f64]; 2], bend: &mut [f64]) {
    let n = bend.len();
    let (along, back, forth) = (&along[..n], &back[..n], &forth[..n]);
    for k in 0..n {
        bend[k] = 0.5 * f64::from(along[k]) * (forth[k] - back[k]);
    }
}

/// What the cells of a row have and become in a forward Euler step: `density - duration net / measure`, or the mean of that
/// and of the result so far; and its mass.
pub(super) struct Advance<'a> {
    pub duration: f64,
    pub average: bool,
    pub density: &'a [f64],
    pub measure: &'a [f64],
    pub inverse: &'a [f64],
}

impl Advance<'_> {
    /// With the fluxes of a line, to the next cell and from the last.
    #[inline(always)]
    pub(super) fn on_line(&self, [east, west]: [&[f64]; 2], result: &mut [f64], mass: &mut [f64]) {
        let n = result.len();
        let (east, west) = (&east[..n], &west[..n]);
        self.run(
            #[inline(always)]
            |k| east[k] - west[k],
            result,
            mass,
        );
    }

    /// With those of the sphere: along each of the three axes the flux out of the cell and the one into it.
    #[inline(always)]
    pub(super) fn on_plane(
        &self,
        [out_0, in_0, out_1, in_1, out_2, in_2]: [&[f64]; 6],
        result: &mut [f64],
        mass: &mut [f64],
    ) {
        let n = result.len();
        let (out_0, out_1, out_2) = (&out_0[..n], &out_1[..n], &out_2[..n]);
        let (in_0, in_1, in_2) = (&in_0[..n], &in_1[..n], &in_2[..n]);
        self.run(
            #[inline(always)]
            |k| (out_0[k] - in_0[k]) + ((out_1[k] - in_1[k]) + (out_2[k] - in_2[k])),
            result,
            mass,
        );
    }

    #[inline(always)]
    fn run(&self, net: impl Fn(usize) -> f64, result: &mut [f64], mass: &mut [f64]) {
        let n = result.len();
        let (density, measure, inverse) = (&self.density[..n], &self.measure[..n], &self.inverse[..n]);
        let mass = &mut mass[..n];
        if self.average {
            for k in 0..n {
                let step = density[k] - self.duration * (net(k) * inverse[k]);
                result[k] = 0.5 * (result[k] + step);
                mass[k] = result[k] * measure[k];
            }
        } else {
            for k in 0..n {
                result[k] = density[k] - self.duration * (net(k) * inverse[k]);
                mass[k] = result[k] * measure[k];
            }
        }
    }
}

/// The larger of two numbers.
#[inline(always)]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// The positivity rate of each cell of a line, a function of the sum of the flows out of it and the largest, times `inverse`.
#[inline(always)]
pub(super) fn rate_on_line(
    rate_of: impl Fn(f64, f64) -> f64,
    [east, west]: [&[f64]; 2],
    inverse: &[f64],
    rate: &mut [f64],
) {
    let n = rate.len();
    let (east, west, inverse) = (&east[..n], &west[..n], &inverse[..n]);
    for k in 0..n {
        let (a, b) = (larger(east[k], 0.0), larger(-west[k], 0.0));
        rate[k] = rate_of(a + b, larger(a, b)) * inverse[k];
    }
}

/// The same on the sphere.
#[inline(always)]
pub(super) fn rate_on_plane(
    rate_of: impl Fn(f64, f64) -> f64,
    [out_0, in_0, out_1, in_1, out_2, in_2]: [&[f64]; 6],
    inverse: &[f64],
    rate: &mut [f64],
) {
    let n = rate.len();
    let (out_0, out_1, out_2) = (&out_0[..n], &out_1[..n], &out_2[..n]);
    let (in_0, in_1, in_2) = (&in_0[..n], &in_1[..n], &in_2[..n]);
    let inverse = &inverse[..n];
    for k in 0..n {
        let (a, b) = (larger(out_0[k], 0.0), larger(-in_0[k], 0.0));
        let (c, d) = (larger(out_1[k], 0.0), larger(-in_1[k], 0.0));
        let (e, f) = (larger(out_2[k], 0.0), larger(-in_2[k], 0.0));
        let sum = (a + b) + ((c + d) + (e + f));
        let most = larger(larger(a, b), larger(larger(c, d), larger(e, f)));
        rate[k] = rate_of(sum, most) * inverse[k];
    }
}

/// `terms = density measure |raw - kept|`.
#[inline(always)]
pub(super) fn changes(density: &[f64], measures: &[f64], [raw, kept]: [&[f64]; 2], terms: &mut [f64]) {
    let n = terms.len();
    let (density, measures, raw, kept) = (&density[..n], &measures[..n], &raw[..n], &kept[..n]);
    for k in 0..n {
        terms[k] = density[k] * measures[k] * (raw[k] - kept[k]).abs();
    }
}

/// `product = a b`.
#[inline(always)]
pub(super) fn products(a: &[f64], b: &[f64], product: &mut [f64]) {
    let n = product.len();
    let (a, b) = (&a[..n], &b[..n]);
    for k in 0..n {
        product[k] = a[k] * b[k];
    }
}

/// `result = factor values`.
#[inline(always)]
pub(super) fn scale(factor: f64, values: &[f64], result: &mut [f64]) {
    let n = result.len();
    let values = &values[..n];
    for k in 0..n {
        result[k] = factor * values[k];
    }
}

/// `result += factor values`.
#[inline(always)]
pub(super) fn add_scaled(factor: f64, values: &[f64], result: &mut [f64]) {
    let n = result.len();
    let values = &values[..n];
    for k in 0..n {
        result[k] += factor * values[k];
    }
}

/// `power = flux sign (raw_a - raw_b)`.
#[inline(always)]
pub(super) fn powers(sign: f64, flux: &[f64], [a, b]: [&[f64]; 2], power: &mut [f64]) {
    let n = power.len();
    let (flux, a, b) = (&flux[..n], &a[..n], &b[..n]);
    for k in 0..n {
        power[k] = flux[k] * sign * (a[k] - b[k]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::limiter::{mean, minmod, van_leer};
    use super::*;

    /// Differences of all sizes and signs, and the densities that they may have.
    fn differences() -> impl Iterator<Item = [f64; 3]> {
        let sizes = [0.0, 1e-300, 1e-3, 0.4, 1.0, 1.7, 30.0, 1e9];
        let signed = sizes.into_iter().flat_map(|x| [x, -x]);
        [0.0, 1e-300, 0.3, 1.0, 1e6].into_iter().flat_map(move |up| {
            let signed = signed.clone();
            signed.clone().flat_map(move |behind| {
                // The downwind density is not negative.
                signed.clone().filter(move |ahead| up + ahead >= 0.0).map(move |ahead| [up, behind, ahead])
            })
        })
    }

    #[test]
    fn law_face_values_lie_between_zero_and_twice_the_cell() {
        for [up, behind, ahead] in differences() {
            let values = [
                face_value(minmod, up, behind, ahead),
                face_value(van_leer, up, behind, ahead),
                unlimited_value(up, behind, ahead),
            ];
            for value in values {
                let most = 2.0 * up * (1.0 + f64::EPSILON);
                assert!((0.0..=most).contains(&value), "{value} of {up}, {behind} behind, {ahead} ahead");
            }
        }
    }

    #[test]
    fn law_slopes_are_those_of_a_linear_density_where_it_is_linear() {
        for slope in [minmod, van_leer, mean] {
            for x in [-2.5, -1e-9, 0.0, 0.7, 4.0] {
                assert_eq!(slope(x, x), x);
            }
        }
    }

    #[test]
    fn law_seen_from_the_other_side_a_face_has_the_opposite_flux_to_the_last_bit() {
        let value = |k: usize, shift: f64| (k as f64 * 0.7 + shift).sin();
        let row = |shift: f64| (0..37).map(|k| value(k, shift)).collect::<Vec<f64>>();
        let [weight, j_a, j_b, behind_a, a, b, behind_b, bend_a, bend_b] =
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0].map(row);
        let [mut flow, mut back, mut flux, mut flux_back] = [0.0; 4].map(row);
        flow_of_potential(0.9, &weight, [&j_a, &j_b], &mut flow);
        flow_of_potential(0.9, &weight, [&j_b, &j_a], &mut back);
        let opposite = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(x, y)| *x == -y);
        assert!(opposite(&flow, &back));
        flux_of_donor(&flow, [&a, &b], &mut flux);
        flux_of_donor(&back, [&b, &a], &mut flux_back);
        assert!(opposite(&flux, &flux_back));
        let limited = |up, behind, ahead| face_value(van_leer, up, behind, ahead);
        flux_of_slope(limited, &flow, [&behind_a, &a, &b, &behind_b], [&bend_a, &bend_b], &mut flux);
        flux_of_slope(limited, &back, [&behind_b, &b, &a, &behind_a], [&bend_b, &bend_a], &mut flux_back);
        assert!(opposite(&flux, &flux_back));
    }
}
