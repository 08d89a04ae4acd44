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
pub(super) fn upwind(flow: f64, of_a: f64, of_b: f64) -> f64 {
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
/// the corrections of the differences behind a and b for the bends of that line. `value` makes the density at the k-th face
/// of the upwind cell's and the differences behind and ahead of it.
#[inline(always)]
pub(super) fn flux_of_slope(
    value: impl Fn(usize, f64, [f64; 2]) -> f64,
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
        flux[k] = flow[k] * value(k, up, [up - last + bend, down - up]);
    }
}

/// The density at a face from the upwind cell's and the differences behind and ahead of it, and a slope of them.
///
/// The difference behind is at most `up`, as if the value behind were not negative; the one ahead is at least `-up`, for the
/// downwind cell's is not. A limited slope has the sign of both and at most twice the size of either, so that half of
/// it is at most `up` above and below: the value is between 0 and twice the cell's.
#[inline(always)]
pub(super) fn face_value(slope: impl Fn(f64, f64) -> f64, up: f64, [behind, ahead]: [f64; 2]) -> f64 {
    let behind = if behind < up { behind } else { up };
    up + 0.5 * slope(behind, ahead)
}

/// A face value cut to that range.
#[inline(always)]
pub(super) fn cut(value: f64, up: f64) -> f64 {
    let value = if value > 0.0 { value } else { 0.0 };
    if value < 2.0 * up { value } else { 2.0 * up }
}

/// The same for a slope without a limiter.
#[inline(always)]
pub(super) fn unlimited_value(up: f64, differences: [f64; 2]) -> f64 {
    cut(face_value(super::limiter::mean, up, differences), up)
}

/// What the midpoints of faces add to the densities half-way between their centers ([`sphereflow_mesh::Skew`]).
#[derive(Clone, Copy)]
pub(super) struct Skews<'a> {
    /// The cells beside the faces, on the right and on the left of the way from a to b.
    pub sides: [&'a [f64]; 2],
    /// The cells a and b.
    pub ends: [&'a [f64]; 2],
    /// Parts of the differences between the sides and between the ends.
    pub beside: &'a [f32],
    pub along: &'a [f32],
}

impl Skews<'_> {
    /// Of the k-th face.
    #[inline(always)]
    pub(super) fn at(&self, k: usize) -> f64 {
        let ([right, left], [a, b]) = (self.sides, self.ends);
        f64::from(self.beside[k]) * (left[k] - right[k]) + f64::from(self.along[k]) * (b[k] - a[k])
    }
}

/// `bend = part (forth - back) / 2`: the correction of the difference behind a cell for the bend of its line, in the direction
/// of the line ([`sphereflow_mesh::Bend`]).
#[inline(always)]
pub(super) fn take_bend(part: &[f32], [back, forth]: [&[f64]; 2], bend: &mut [f64]) {
    let n = bend.len();
    let (part, back, forth) = (&part[..n], &back[..n], &forth[..n]);
    for k in 0..n {
        bend[k] = 0.5 * f64::from(part[k]) * (forth[k] - back[k]);
    }
}

/// The same in a second direction, added.
#[inline(always)]
pub(super) fn add_bend(part: &[f32], [back, forth]: [&[f64]; 2], bend: &mut [f64]) {
    let n = bend.len();
    let (part, back, forth) = (&part[..n], &back[..n], &forth[..n]);
    for k in 0..n {
        bend[k] += 0.5 * f64::from(part[k]) * (forth[k] - back[k]);
    }
}

/// The larger of two numbers.
#[inline(always)]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
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
            let differences = [behind, ahead];
            let values = [
                face_value(minmod, up, differences),
                face_value(van_leer, up, differences),
                unlimited_value(up, differences),
            ];
            for value in values {
                let most = 2.0 * up * (1.0 + f64::EPSILON);
                assert!((0.0..=most).contains(&value), "{value} of {up}, {behind} behind, {ahead} ahead");
            }
            for skew in [1e-3, -0.6, 1e9, -1e9] {
                let value = cut(values[1] + skew, up);
                assert!((0.0..=2.0 * up).contains(&value), "{value} of {up}, skew {skew}");
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
        let parts: [Vec<f32>; 2] = [9.0, 10.0].map(|shift| (0..37).map(|k| value(k, shift) as f32).collect());
        let backward = parts.clone().map(|parts| parts.into_iter().map(|part| -part).collect::<Vec<f32>>());
        let [right, left] = [11.0, 12.0].map(row);
        let skews = Skews { sides: [&right, &left], ends: [&a, &b], beside: &parts[0], along: &parts[1] };
        let skews_back =
            Skews { sides: [&left, &right], ends: [&b, &a], beside: &backward[0], along: &backward[1] };
        let forward = |k, up, differences| cut(face_value(van_leer, up, differences) + skews.at(k), up);
        flux_of_slope(forward, &flow, [&behind_a, &a, &b, &behind_b], [&bend_a, &bend_b], &mut flux);
        let backward = |k, up, differences| cut(face_value(van_leer, up, differences) + skews_back.at(k), up);
        flux_of_slope(backward, &back, [&behind_b, &b, &a, &behind_a], [&bend_b, &bend_a], &mut flux_back);
        assert!(opposite(&flux, &flux_back));
    }
}
