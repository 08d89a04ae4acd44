//! Sums of real spherical harmonics at scattered points of S^2, by recurrences in Cartesian coordinates.
//!
//! The orthonormal harmonics of degree l and order m are `Q_lm(z) Re (x + i y)^m` and `Q_lm(z) Im (x + i y)^m` with
//! `Q_lm` the m-th derivative of the Legendre polynomial `P_l` times a factor. So nothing is singular at the poles,
//! and the gradient of a sum is three sums of one degree less. A sum of degree L costs O(L^2) a point.

use std::sync::Arc;

use pulp::Arch;
use rayon::prelude::*;

use crate::blocks::{VectorSum, block_size};

/// Points that are worked on together: the width of the vectorised loops.
const LANES: usize = 16;

type Lanes = [f64; LANES];

/// Recurrence of the orthonormal real spherical harmonics up to a degree L.
///
/// Coefficients are stored order by order: for m = 0..=L, for l = m..=L, the pair (cosine, sine). The sine of m = 0
/// is always zero.
pub struct SphericalHarmonics {
    degree: usize,
    /// `Q_mm`, by m.
    sectoral: Vec<f64>,
    /// `(a, b)` of `Q_lm = a z Q_(l-1)m - b Q_(l-2)m`, order by order, for l = m + 1..=L.
    recurrence: Vec<[f64; 2]>,
}

impl SphericalHarmonics {
    /// The harmonics of degree 0 to `degree`.
    pub fn new(degree: usize) -> Self {
        let mut sectoral = vec![(1.0 / (4.0 * std::f64::consts::PI)).sqrt()];
        for m in 1..=degree {
            let from_zero = if m == 1 { 2.0 } else { 1.0 };
            sectoral.push(sectoral[m - 1] * (from_zero * (2 * m + 1) as f64 / (2 * m) as f64).sqrt());
        }
        let mut recurrence = Vec::with_capacity(degree * (degree + 1) / 2);
        for m in 0..=degree {
            for l in m + 1..=degree {
                let [l, m] = [l as f64, m as f64];
                let a = ((4.0 * l * l - 1.0) / (l * l - m * m)).sqrt();
                let b = ((2.0 * l + 1.0) * ((l - 1.0).powi(2) - m * m) / ((2.0 * l - 3.0) * (l * l - m * m)))
                    .max(0.0)
                    .sqrt();
                recurrence.push([a, if l - m < 1.5 { 0.0 } else { b }]);
            }
        }
        Self { degree, sectoral, recurrence }
    }

    /// The largest degree L.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Length of a vector of coefficients: `(L + 1) (L + 2)`, a pair for each `0 <= m <= l <= L`.
    pub fn len(&self) -> usize {
        (self.degree + 1) * (self.degree + 2)
    }

    /// Whether there are no harmonics: never.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The degree of each pair of coefficients, in the order of storage.
    pub fn degrees(&self) -> impl Iterator<Item = usize> + '_ {
        (0..=self.degree).flat_map(|m| m..=self.degree)
    }

    /// Index of the pair of degree l and order m.
    fn pair(&self, l: usize, m: usize) -> usize {
        m * (self.degree + 1) - m * m.saturating_sub(1) / 2 + (l - m)
    }

    /// Coefficients of the three Cartesian derivatives of the solid harmonics `sum r^l (..)`, as harmonics of the
    /// same layout whose highest degree is empty.
    ///
    /// With `[l, m] = r^(l-m) P_l^(m)(z/r) (x + i y)^m`: `d_z [l, m] = (l + m) [l-1, m]`,
    /// `(d_x + i d_y) [l, m] = -[l-1, m+1]`, `(d_x - i d_y) [l, m] = (l + m)(l + m - 1) [l-1, m-1]`.
    fn differentiate(&self, coefficients: &[f64], gradient: &mut [Vec<f64>; 3]) {
        let [dx, dy, dz] = gradient;
        for d in [&mut *dx, &mut *dy, &mut *dz] {
            d.clear();
            d.resize(self.len(), 0.0);
        }
        for m in 0..=self.degree {
            for l in m.max(1)..=self.degree {
                let p = 2 * self.pair(l, m);
                let [c, s] = [coefficients[p], coefficients[p + 1]];
                let [lf, mf] = [l as f64, m as f64];
                let ratio = (2.0 * lf + 1.0) / (2.0 * lf - 1.0);
                if l > m {
                    let factor = (ratio * (lf - mf) * (lf + mf)).sqrt();
                    let q = 2 * self.pair(l - 1, m);
                    dz[q] += factor * c;
                    dz[q + 1] += factor * s;
                }
                if l >= m + 2 {
                    let half = if m == 0 { 1.0 / 2f64.sqrt() } else { 0.5 };
                    let factor = half * (ratio * (lf - mf) * (lf - mf - 1.0)).sqrt();
                    let q = 2 * self.pair(l - 1, m + 1);
                    dx[q] -= factor * c;
                    dx[q + 1] -= factor * s;
                    dy[q] += factor * s;
                    dy[q + 1] -= factor * c;
                }
                if m >= 1 {
                    let half = if m == 1 { 1.0 / 2f64.sqrt() } else { 0.5 };
                    let factor = half * (ratio * (lf + mf) * (lf + mf - 1.0)).sqrt();
                    let q = 2 * self.pair(l - 1, m - 1);
                    dx[q] += factor * c;
                    dy[q] += factor * s;
                    if m > 1 {
                        dx[q + 1] += factor * s;
                        dy[q + 1] -= factor * c;
                    }
                }
            }
        }
    }
}

/// Points of S^2 at which sums of spherical harmonics are taken.
pub struct ScatteredPoints {
    harmonics: Arc<SphericalHarmonics>,
    /// Coordinates in groups of [`LANES`] points, the last group filled up with the north pole.
    groups: Vec<[Lanes; 3]>,
    points: usize,
    sum: VectorSum,
    gradient: [Vec<f64>; 3],
    arch: Arch,
}

impl ScatteredPoints {
    /// Places `points`, shape [N, 3] flat, unit vectors.
    pub fn new(harmonics: Arc<SphericalHarmonics>, points: &[f64]) -> Self {
        let count = points.len() / 3;
        let groups = count.div_ceil(LANES);
        let mut placed = Self {
            sum: VectorSum::new(groups * LANES, harmonics.len()),
            harmonics,
            groups: vec![[[0.0; LANES]; 3]; groups],
            points: count,
            gradient: Default::default(),
            arch: Arch::new(),
        };
        placed.move_to(points);
        placed
    }

    /// Moves the points; their number stays.
    pub fn move_to(&mut self, points: &[f64]) {
        assert_eq!(points.len(), 3 * self.points, "points keep their number");
        for (group, chunk) in self.groups.iter_mut().zip(points.chunks(3 * LANES)) {
            *group = [[0.0; LANES], [0.0; LANES], [1.0; LANES]];
            for (lane, point) in chunk.chunks(3).enumerate() {
                for (coordinate, x) in group.iter_mut().zip(point) {
                    coordinate[lane] = *x;
                }
            }
        }
    }

    /// Analysis: `coefficients = sum_j mass[j] Y(eta_j)`, in the layout of [`SphericalHarmonics`].
    pub fn analyze(&mut self, mass: &[f64], coefficients: &mut [f64]) {
        assert_eq!(mass.len(), self.points, "one mass for each point");
        let (groups, harmonics, arch) = (&self.groups, &self.harmonics, self.arch);
        self.sum.run(coefficients, |range, partial| {
            for g in range.start.div_ceil(LANES)..range.end.div_ceil(LANES) {
                let mut lanes = [0.0; LANES];
                let of_group = &mass[g * LANES..mass.len().min((g + 1) * LANES)];
                lanes[..of_group.len()].copy_from_slice(of_group);
                arch.dispatch(|| analyze_group(harmonics, &groups[g], &lanes, partial));
            }
        });
    }

    /// Synthesis: `value[j] = <coefficients, Y(eta_j)>`, the transpose of the analysis.
    pub fn synthesize(&self, coefficients: &[f64], value: &mut [f64]) {
        let (groups, harmonics, arch) = (&self.groups, &self.harmonics, self.arch);
        let size = block_size(groups.len() * LANES).next_multiple_of(LANES);
        value.par_chunks_mut(size).enumerate().for_each(|(b, chunk)| {
            for (i, out) in chunk.chunks_mut(LANES).enumerate() {
                let group = &groups[b * size / LANES + i];
                let [lanes] = arch.dispatch(|| synthesize_group(harmonics, group, [coefficients]));
                out.copy_from_slice(&lanes[..out.len()]);
            }
        });
    }

    /// Cartesian gradient, shape [N, 3] flat, of a smooth extension of the synthesis: its tangential part is the
    /// gradient on the sphere.
    pub fn synthesize_gradient(&mut self, coefficients: &[f64], gradient: &mut [f64]) {
        self.harmonics.differentiate(coefficients, &mut self.gradient);
        let (groups, harmonics, arch) = (&self.groups, &self.harmonics, self.arch);
        let [dx, dy, dz] = &self.gradient;
        let size = block_size(groups.len() * LANES).next_multiple_of(LANES);
        gradient.par_chunks_mut(3 * size).enumerate().for_each(|(b, chunk)| {
            for (i, out) in chunk.chunks_mut(3 * LANES).enumerate() {
                let group = &groups[b * size / LANES + i];
                let lanes = arch.dispatch(|| synthesize_group(harmonics, group, [dx, dy, dz]));
                for (lane, point) in out.chunks_mut(3).enumerate() {
                    for (x, coordinate) in point.iter_mut().zip(&lanes) {
                        *x = coordinate[lane];
                    }
                }
            }
        });
    }
}

/// Calls `visit(p, q)` for every pair index `p` of order m with `q = Q_lm(z)`, in the order of storage.
#[inline(always)]
fn for_each_degree(
    harmonics: &SphericalHarmonics,
    m: usize,
    z: &Lanes,
    mut visit: impl FnMut(usize, &Lanes),
) {
    let first = harmonics.pair(m, m);
    let rows = first - m;
    let mut before = [0.0; LANES];
    let mut now = [harmonics.sectoral[m]; LANES];
    visit(first, &now);
    for (i, [a, b]) in harmonics.recurrence[rows..rows + harmonics.degree - m].iter().enumerate() {
        let mut next = [0.0; LANES];
        for k in 0..LANES {
            next[k] = a * z[k] * now[k] - b * before[k];
        }
        (before, now) = (now, next);
        visit(first + 1 + i, &now);
    }
}

/// Steps `(re, im)` from `(x + i y)^m` to `(x + i y)^(m + 1)`.
#[inline(always)]
fn raise(re: &mut Lanes, im: &mut Lanes, [x, y, _]: &[Lanes; 3]) {
    for k in 0..LANES {
        (re[k], im[k]) = (re[k] * x[k] - im[k] * y[k], re[k] * y[k] + im[k] * x[k]);
    }
}

#[inline(always)]
fn analyze_group(harmonics: &SphericalHarmonics, point: &[Lanes; 3], mass: &Lanes, partial: &mut [f64]) {
    let (mut re, mut im) = (*mass, [0.0; LANES]);
    for m in 0..=harmonics.degree {
        for_each_degree(harmonics, m, &point[2], |p, q| {
            let (mut cosine, mut sine) = ([0.0; 4], [0.0; 4]);
            for k in 0..LANES {
                cosine[k % 4] += q[k] * re[k];
                sine[k % 4] += q[k] * im[k];
            }
            partial[2 * p] += (cosine[0] + cosine[1]) + (cosine[2] + cosine[3]);
            partial[2 * p + 1] += (sine[0] + sine[1]) + (sine[2] + sine[3]);
        });
        raise(&mut re, &mut im, point);
    }
}

#[inline(always)]
fn synthesize_group<const K: usize>(
    harmonics: &SphericalHarmonics,
    point: &[Lanes; 3],
    coefficients: [&[f64]; K],
) -> [Lanes; K] {
    let mut value = [[0.0; LANES]; K];
    let (mut re, mut im) = ([1.0; LANES], [0.0; LANES]);
    for m in 0..=harmonics.degree {
        let mut cosine = [[0.0; LANES]; K];
        let mut sine = [[0.0; LANES]; K];
        for_each_degree(harmonics, m, &point[2], |p, q| {
            for i in 0..K {
                let (c, s) = (coefficients[i][2 * p], coefficients[i][2 * p + 1]);
                for k in 0..LANES {
                    cosine[i][k] += c * q[k];
                    sine[i][k] += s * q[k];
                }
            }
        });
        for i in 0..K {
            for k in 0..LANES {
                value[i][k] += cosine[i][k] * re[k] + sine[i][k] * im[k];
            }
        }
        raise(&mut re, &mut im, point);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(n: usize) -> Vec<f64> {
        let mut points: Vec<f64> = (0..n)
            .flat_map(|j| {
                let z = 1.0 - 2.0 * (j as f64 * 0.618_033_988_7).fract();
                let (s, c) = (j as f64 * 2.399_963).sin_cos();
                let r = (1.0 - z * z).sqrt();
                [r * c, r * s, z]
            })
            .collect();
        points.iter_mut().zip([0.0, 0.0, 1.0, 0.0, 0.0, -1.0]).for_each(|(x, pole)| *x = pole);
        points
    }

    fn legendre(l: usize, c: f64) -> f64 {
        let (mut before, mut now) = (1.0, c);
        if l == 0 {
            return 1.0;
        }
        for k in 1..l {
            let k = k as f64;
            (before, now) = (now, ((2.0 * k + 1.0) * c * now - k * before) / (k + 1.0));
        }
        now
    }

    #[test]
    fn law_addition_theorem_holds_at_every_degree() {
        let harmonics = Arc::new(SphericalHarmonics::new(40));
        let points = points(19);
        let reference = &points[3 * 7..3 * 8];
        let mut coefficients = vec![0.0; harmonics.len()];
        ScatteredPoints::new(harmonics.clone(), reference).analyze(&[1.0], &mut coefficients);
        let mut placed = ScatteredPoints::new(harmonics.clone(), &points);
        for l in [0, 1, 2, 7, 40] {
            let of_degree: Vec<f64> = harmonics
                .degrees()
                .zip(coefficients.chunks(2))
                .flat_map(|(degree, pair)| [pair[0], pair[1]].map(|c| if degree == l { c } else { 0.0 }))
                .collect();
            let mut value = vec![0.0; 19];
            placed.synthesize(&of_degree, &mut value);
            for (v, p) in value.iter().zip(points.chunks(3)) {
                let cosine: f64 = p.iter().zip(reference).map(|(a, b)| a * b).sum();
                let exact = (2 * l + 1) as f64 / (4.0 * std::f64::consts::PI) * legendre(l, cosine);
                assert!((v - exact).abs() < 1e-12 * (2 * l + 1) as f64, "degree {l}: {v} against {exact}");
            }
        }
        // A law of the transpose at the same time: every pairing agrees.
        let mass: Vec<f64> = (0..19).map(|j| (j as f64).cos()).collect();
        let (mut c, mut value) = (vec![0.0; harmonics.len()], vec![0.0; 19]);
        placed.analyze(&mass, &mut c);
        placed.synthesize(&coefficients, &mut value);
        let left: f64 = c.iter().zip(&coefficients).map(|(a, b)| a * b).sum();
        let right: f64 = mass.iter().zip(&value).map(|(a, b)| a * b).sum();
        assert!((left - right).abs() < 1e-11, "{left} against {right}");
    }

    #[test]
    fn law_gradient_is_the_derivative_of_the_synthesis_along_the_sphere_poles_included() {
        let harmonics = Arc::new(SphericalHarmonics::new(9));
        let mut coefficients: Vec<f64> = (0..harmonics.len()).map(|i| (1.3 * i as f64).sin()).collect();
        for l in 0..=9 {
            coefficients[2 * harmonics.pair(l, 0) + 1] = 0.0;
        }
        let points = points(35);
        let mut gradient = vec![0.0; 3 * 35];
        ScatteredPoints::new(harmonics.clone(), &points).synthesize_gradient(&coefficients, &mut gradient);
        let at = |p: [f64; 3]| {
            let mut value = [0.0];
            ScatteredPoints::new(harmonics.clone(), &p).synthesize(&coefficients, &mut value);
            value[0]
        };
        for (p, g) in points.chunks(3).zip(gradient.chunks(3)) {
            for axis in 0..3 {
                let mut tangent = [-p[0] * p[axis], -p[1] * p[axis], -p[2] * p[axis]];
                tangent[axis] += 1.0;
                let slope: f64 = g.iter().zip(tangent).map(|(a, b)| a * b).sum();
                let size = tangent.iter().map(|t| t * t).sum::<f64>().sqrt();
                if size < 1e-6 {
                    continue;
                }
                let moved = |h: f64| {
                    let (s, c) = (h * size).sin_cos();
                    at(std::array::from_fn(|i| c * p[i] + s * tangent[i] / size))
                };
                let h = 1e-3;
                let difference =
                    (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
                assert!((slope - difference).abs() < 2e-7, "{slope} against {difference} at {p:?}");
            }
        }
    }
}
