//! Distances between two measures, densities and particles alike.
//!
//! [`mass`] and [`mean`] compare moments sheet by sheet; [`prediction`] is the distance that the risk sees;
//! [`wasserstein_circle`] is optimal transport on the circle of circumference 2 pi, exact up to round-off in
//! O((N + M) log(N + M)) (Delon, Salomon and Sobolevskii, *Fast transport optimization for Monge costs on the circle*,
//! SIAM J. Appl. Math. 2010).

use std::f64::consts::TAU;

use crate::atoms::Atoms;
use crate::objective::{Motion, Objective};

/// Halvings after which an interval of length 2 is as short as round-off of the shifts.
const HALVINGS: usize = 56;

/// The power of the geodesic distance that a transport costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// W1: the distance.
    One,
    /// W2: its square.
    Two,
}

/// Why two measures have no distance.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum DistanceError {
    /// Points, or points and objective, of different dimensions.
    #[error("the measures live in {first} and in {second} coordinates")]
    Dimensions {
        /// Coordinates of the first, or of the objective.
        first: usize,
        /// Coordinates of the one that differs.
        second: usize,
    },
    /// Transport is computed on the circle alone.
    #[error("transport distances are known on the circle, not in {0} coordinates")]
    NotOnCircle(usize),
    /// A measure without mass cannot be normalised.
    #[error("a measure without mass has no transport distance")]
    NoMass,
    /// Nothing can be moved to or from an empty sheet.
    #[error("only one of the measures has mass on the sheet of sign {sign}")]
    EmptySheet {
        /// +1 or -1.
        sign: f64,
    },
}

/// Sum over the sheets of the difference of their masses: `|nu(S^d) - nu'(S^d)|` on an unsigned domain.
pub fn mass(a: &Atoms, b: &Atoms) -> f64 {
    let on = |atoms: &Atoms, sign: f64| {
        atoms.masses().iter().zip(atoms.signs()).filter(|(_, s)| **s == sign).map(|(q, _)| q).sum::<f64>()
    };
    [1.0, -1.0].iter().map(|s| (on(a, *s) - on(b, *s)).abs()).sum()
}

/// Euclidean norm of the difference of the first moments `integral of eta d nu`, not normalised; on a signed domain
/// the moments of the two sheets are different coordinates.
///
/// # Errors
/// [`DistanceError::Dimensions`].
pub fn mean(a: &Atoms, b: &Atoms) -> Result<f64, DistanceError> {
    let dim = common_dimension(a, b)?;
    let moments = |atoms: &Atoms| {
        let mut moments = vec![0.0; 2 * dim];
        for ((eta, q), sign) in atoms.points().rows().into_iter().zip(atoms.masses()).zip(atoms.signs()) {
            let sheet = if *sign < 0.0 { dim } else { 0 };
            for (moment, x) in moments[sheet..].iter_mut().zip(eta) {
                *moment += q * x;
            }
        }
        moments
    };
    let square: f64 = moments(a).iter().zip(moments(b)).map(|(x, y)| (x - y).powi(2)).sum();
    Ok(square.sqrt())
}

/// The risk's own distance of the two predictions, [`crate::objective::Risk::distance`]: the root mean square of
/// `h - h'` over the data or the population, the kernel's distance (MMD) for a zonal kernel.
///
/// # Errors
/// [`DistanceError::Dimensions`].
pub fn prediction(objective: &Objective, a: &Atoms, b: &Atoms) -> Result<f64, DistanceError> {
    let first = objective.dim();
    if let Some(other) = [a, b].iter().find(|atoms| atoms.points().ncols() != first) {
        return Err(DistanceError::Dimensions { first, second: other.points().ncols() });
    }
    let predict = |atoms: &Atoms| {
        let points: Vec<f64> = atoms.points().iter().copied().collect();
        let features = objective.features();
        let mut prediction = vec![0.0; features.prediction_len(atoms.len())];
        features.place(&points, Motion::Moving).analyze(&atoms.signed_masses(), &mut prediction);
        prediction
    };
    Ok(objective.risk().distance(&predict(a), &predict(b)))
}

/// The Wasserstein distance of order p on the circle with the geodesic distance (an angle), each measure scaled to mass
/// one.
///
/// On a signed domain nothing is moved from one sheet to the other: each sheet is scaled to mass one, and
/// `W_p^p = sum_s w_s W_p(sheet s)^p`, w_s the mean of the two shares that sheet s has of its measure. That is transport
/// on the disjoint union of the two circles whenever these shares are equal; [`mass`] sees their difference.
///
/// # Errors
/// When there is nothing to compare: [`DistanceError`].
pub fn wasserstein_circle(a: &Atoms, b: &Atoms, order: Order) -> Result<f64, DistanceError> {
    let dim = common_dimension(a, b)?;
    if dim != 2 {
        return Err(DistanceError::NotOnCircle(dim));
    }
    let (total_a, total_b) = (a.total_mass(), b.total_mass());
    if !(total_a > 0.0 && total_b > 0.0) {
        return Err(DistanceError::NoMass);
    }
    let mut power = 0.0;
    for sign in [1.0, -1.0] {
        let cost = match (Sheet::of(a, sign), Sheet::of(b, sign)) {
            (None, None) => continue,
            (Some(a), Some(b)) => {
                let weight = 0.5 * (a.mass / total_a + b.mass / total_b);
                weight
                    * if order == Order::One { cost_of_order_one(&a, &b) } else { cost_of_order_two(&a, &b) }
            }
            _ => return Err(DistanceError::EmptySheet { sign }),
        };
        power += cost;
    }
    Ok(if order == Order::One { power } else { power.max(0.0).sqrt() })
}

fn common_dimension(a: &Atoms, b: &Atoms) -> Result<usize, DistanceError> {
    let (first, second) = (a.points().ncols(), b.points().ncols());
    if first == second { Ok(first) } else { Err(DistanceError::Dimensions { first, second }) }
}

/// A probability measure on the circle by its distribution function, which jumps at increasing angles.
struct Sheet {
    /// In [0, 2 pi), in increasing order.
    angle: Vec<f64>,
    /// The distribution function right of each angle; the last is 1.
    upto: Vec<f64>,
    /// Before the measure was scaled.
    mass: f64,
}

impl Sheet {
    /// The atoms of a sign that have mass; `None` if there are none.
    fn of(atoms: &Atoms, sign: f64) -> Option<Self> {
        let mut jumps: Vec<[f64; 2]> = atoms
            .points()
            .rows()
            .into_iter()
            .zip(atoms.masses().iter().zip(atoms.signs()))
            .filter(|(_, (q, s))| **q > 0.0 && **s == sign)
            .map(|(eta, (q, _))| [eta[1].atan2(eta[0]).rem_euclid(TAU), *q])
            .collect();
        // Equal angles in the order of their masses: the result does not depend on the order of the atoms.
        jumps.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let mut mass = 0.0;
        let mut upto: Vec<f64> = jumps
            .iter()
            .map(|[_, q]| {
                mass += q;
                mass
            })
            .collect();
        upto.iter_mut().for_each(|u| *u /= mass);
        *upto.last_mut()? = 1.0;
        Some(Self { angle: jumps.iter().map(|[angle, _]| *angle).collect(), upto, mass })
    }

    /// The quantile function `[from, to)` on the line, where the measure repeats with period 2 pi: the angle of the
    /// k-th jump, and the distribution function right of it.
    fn unrolled(&self, k: isize) -> (f64, f64) {
        let count = self.angle.len() as isize;
        let (turn, k) = (k.div_euclid(count) as f64, k.rem_euclid(count) as usize);
        (self.angle[k] + turn * TAU, self.upto[k] + turn)
    }
}

/// `min over c of integral |F_a - F_b - c|`: c is the median of the difference, weighted by arc length.
fn cost_of_order_one(a: &Sheet, b: &Sheet) -> f64 {
    let events = a.angle.iter().zip(&a.upto).map(|(t, u)| (*t, true, *u));
    let mut events: Vec<(f64, bool, f64)> =
        events.chain(b.angle.iter().zip(&b.upto).map(|(t, u)| (*t, false, *u))).collect();
    // Stable: jumps of one measure at one angle stay in their order.
    events.sort_by(|x, y| x.0.total_cmp(&y.0));
    let first = events[0].0;
    let (mut of_a, mut of_b) = (0.0, 0.0);
    let mut arcs = Vec::with_capacity(events.len());
    for (k, (angle, is_a, upto)) in events.iter().enumerate() {
        *(if *is_a { &mut of_a } else { &mut of_b }) = *upto;
        let next = events.get(k + 1).map_or(first + TAU, |event| event.0);
        arcs.push([of_a - of_b, next - angle]);
    }
    arcs.sort_by(|x, y| x[0].total_cmp(&y[0]));
    let half = 0.5 * arcs.iter().map(|[_, length]| length).sum::<f64>();
    let mut below = 0.0;
    let median = arcs.iter().find(|[_, length]| {
        below += length;
        below >= half
    });
    let cut = median.map_or(0.0, |[difference, _]| *difference);
    arcs.iter().map(|[difference, length]| (difference - cut).abs() * length).sum()
}

/// `min over s of integral_0^1 (F_a^-1(u) - F_b^-1(u + s))^2 du`: convex and piecewise linear in s, with its minimum
/// in [-1, 1] as all displacements have one sign at both ends.
fn cost_of_order_two(a: &Sheet, b: &Sheet) -> f64 {
    let (mut low, mut high) = (-1.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if shifted_cost(a, b, middle).1 < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    // No shift at all is the exact answer for measures that agree, which round-off of a shift would spoil by its root.
    [low, high, 0.0].iter().map(|s| shifted_cost(a, b, *s).0).fold(f64::INFINITY, f64::min)
}

/// The cost at a shift and its right derivative there.
fn shifted_cost(a: &Sheet, b: &Sheet, shift: f64) -> (f64, f64) {
    let turn = shift.floor();
    let within = b.upto.partition_point(|v| v + turn <= shift);
    let mut k = turn as isize * b.angle.len() as isize + within as isize;
    let (mut i, mut done, mut cost, mut slope) = (0, 0.0, 0.0, 0.0);
    while i < a.angle.len() {
        let (x, (y, upto)) = (a.angle[i], b.unrolled(k));
        let jump = upto - shift;
        let next = jump.min(a.upto[i]);
        cost += (next - done).max(0.0) * (x - y).powi(2);
        done = done.max(next);
        if jump <= a.upto[i] {
            // A larger shift moves this jump of b to the left: mass of x goes to the next angle of b.
            k += 1;
            let ahead = b.unrolled(k).0;
            slope += (x - ahead).powi(2) - (x - y).powi(2);
        } else {
            i += 1;
        }
    }
    (cost, slope)
}
