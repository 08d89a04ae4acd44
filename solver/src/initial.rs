//! Initial measures nu_0: their density on cells, at quadrature nodes, and samples from them.

use std::f64::consts::{PI, TAU};

use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use sphereflow_mesh::Mesh;

use crate::atoms::Atoms;
use crate::blocks::{max, reduce};
use crate::expression::Expression;
use crate::particles::quadrature_nodes;

/// Candidates for each sample of an expression before it is called too concentrated for rejection.
const MOST_CANDIDATES: usize = 100_000;

/// Concentrations below this are the uniform distribution to round-off.
const NEARLY_UNIFORM: f64 = 1e-12;

/// Angles of concentrations above this are normal: the next term of the density is below the spacing of samples.
const NEARLY_NORMAL: f64 = 1e8;

/// A von Mises-Fisher distribution of some mass.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Mass, at least 0.
    pub mass: f64,
    /// Mean direction, a unit vector.
    pub direction: Vec<f64>,
    /// kappa >= 0 of the density proportional to `exp(kappa eta . direction)`.
    pub concentration: f64,
    /// The sign of its sheet; `None` splits the mass evenly between the sheets.
    pub sheet: Option<f64>,
}

/// A nonnegative measure to start from.
#[derive(Debug, Clone, PartialEq)]
pub enum InitialMeasure {
    /// A constant density of this total mass, split evenly between the sheets.
    Uniform {
        /// nu_0(S^d) over all sheets.
        mass: f64,
    },
    /// A sum of von Mises-Fisher distributions.
    VonMisesFisher(Vec<Component>),
    /// A density per surface measure, split evenly between the sheets.
    Density(Expression),
}

/// Why an initial measure cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InitialError {
    /// A density that is negative or not finite.
    #[error("the initial density is {value:.6} at ({point}); it must be finite and nonnegative", point = join(point))]
    BadDensity {
        /// Where.
        point: Vec<f64>,
        /// Its value there.
        value: f64,
    },
    /// No mass at all.
    #[error("the initial measure has no mass{reason}")]
    NoMass {
        /// A further explanation, or nothing.
        reason: &'static str,
    },
    /// More mass than numbers hold.
    #[error("the initial measure has more mass than a number holds")]
    TooMuchMass,
    /// A density with too narrow a peak to draw samples from.
    #[error(
        "the initial density is too concentrated to be sampled; use `von-mises-fisher` components or quadrature nodes"
    )]
    TooConcentrated,
}

impl InitialError {
    /// Of a component between all points.
    const NO_CELL_MET: Self =
        Self::NoMass { reason: ": a component is so narrow that no cell or node meets it" };
}

fn join(point: &[f64]) -> String {
    point.iter().map(|x| format!("{x:.4}")).collect::<Vec<_>>().join(", ")
}

impl Component {
    /// `exp(kappa (cosine - 1))` at `points`, scaled so that its sum with `weights` is one.
    fn shape(&self, dim: usize, points: &[f64], weights: &[f64]) -> Result<Vec<f64>, InitialError> {
        let value = |eta: &[f64]| {
            let cosine: f64 = eta.iter().zip(&self.direction).map(|(a, b)| a * b).sum();
            (self.concentration * (cosine - 1.0)).exp()
        };
        let shape: Vec<f64> = points.chunks_exact(dim).map(value).collect();
        let total: f64 = shape.iter().zip(weights).map(|(n, w)| n * w).sum();
        if total > 0.0 {
            Ok(shape.into_iter().map(|n| n / total).collect())
        } else {
            Err(InitialError::NO_CELL_MET)
        }
    }

    /// Whether its density is more than zero at one of `count` points.
    fn meets(&self, count: usize, point: &(dyn Fn(usize) -> [f64; 3] + Sync)) -> bool {
        let value = |cosine: f64| (self.concentration * (cosine - 1.0)).exp();
        let cosine = |i| self.direction.iter().zip(point(i)).map(|(a, b)| a * b).sum();
        // A wide one is positive at its antipode.
        value(-1.0) > 0.0 || value(max(count, cosine)) > 0.0
    }

    /// The share of its mass on a sheet.
    fn share(&self, sign: f64, sheets: usize) -> f64 {
        match self.sheet {
            None => 1.0 / sheets as f64,
            Some(own) => f64::from(u8::from(own == sign)),
        }
    }
}

/// Surface of S^(dim - 1).
fn surface(dim: usize) -> f64 {
    if dim == 2 { TAU } else { 2.0 * TAU }
}

impl InitialMeasure {
    /// Densities at `points`, shape [N, dim] flat, sheet after sheet. Von Mises-Fisher components are scaled so that each has
    /// its mass in the sum with `weights`, however narrow it is.
    fn densities(
        &self,
        dim: usize,
        signs: &[f64],
        points: &[f64],
        weights: &[f64],
    ) -> Result<Vec<f64>, InitialError> {
        let count = weights.len();
        let mut densities = vec![0.0; signs.len() * count];
        match self {
            Self::Uniform { mass } => densities.fill(mass / (signs.len() as f64 * surface(dim))),
            Self::VonMisesFisher(components) => {
                for component in components.iter().filter(|c| c.mass > 0.0) {
                    let shape = component.shape(dim, points, weights)?;
                    for (sheet, sign) in densities.chunks_exact_mut(count).zip(signs) {
                        let mass = component.mass * component.share(*sign, signs.len());
                        sheet.iter_mut().zip(&shape).for_each(|(n, s)| *n += mass * s);
                    }
                }
            }
            Self::Density(expression) => {
                for sheet in densities.chunks_exact_mut(count) {
                    for (n, eta) in sheet.iter_mut().zip(points.chunks_exact(dim)) {
                        *n = checked_density(expression, eta)? / signs.len() as f64;
                    }
                }
            }
        }
        let total: f64 = densities.iter().zip(weights.iter().cycle()).map(|(n, w)| n * w).sum();
        checked_total(total).map(|()| densities)
    }

    /// The density at the centres of the cells, sheet after sheet. Von Mises-Fisher components are scaled so that each
    /// has its mass on the mesh exactly.
    ///
    /// # Errors
    /// When a density is negative or not finite, or the measure has no mass or more than numbers hold.
    pub fn on_cells(&self, mesh: &Mesh, signs: &[f64]) -> Result<Vec<f64>, InitialError> {
        let centers = mesh.centers();
        let centers = centers.as_slice().expect("centres are stored row by row");
        self.densities(mesh.dim(), signs, centers, mesh.measures())
    }

    /// Whether [`Self::on_cells`] succeeds on a mesh of `count` cells with these centers (the third coordinate is not used on
    /// the circle), without the mesh: cells are taken to be of equal measure.
    ///
    /// # Errors
    /// As [`Self::on_cells`].
    pub fn check_cells(
        &self,
        dim: usize,
        count: usize,
        center: &(dyn Fn(usize) -> [f64; 3] + Sync),
    ) -> Result<(), InitialError> {
        let total = match self {
            Self::Uniform { mass } => *mass,
            Self::VonMisesFisher(components) => {
                for component in components.iter().filter(|c| c.mass > 0.0) {
                    if !component.meets(count, center) {
                        return Err(InitialError::NO_CELL_MET);
                    }
                }
                components.iter().map(|c| c.mass).sum()
            }
            Self::Density(expression) => {
                // The integral, and the first cell that is wrong.
                let value = |cell: usize| expression.evaluate(&center(cell)[..dim]);
                let term = |cell| match value(cell) {
                    n if n.is_finite() && n >= 0.0 => (n, usize::MAX),
                    _ => (0.0, cell),
                };
                let (sum, wrong) = reduce(count, (0.0, usize::MAX), term, |a, b| (a.0 + b.0, a.1.min(b.1)));
                if wrong < count {
                    checked_density(expression, &center(wrong)[..dim])?;
                }
                sum * surface(dim) / count as f64
            }
        };
        checked_total(total)
    }

    /// Quadrature nodes on every sheet, their masses density times weight; `polar` is the axis of the rule on the sphere
    /// (see [`crate::objective::FeatureMap::polar_axis`]).
    ///
    /// # Errors
    /// As [`Self::on_cells`].
    pub fn nodes(
        &self,
        dim: usize,
        polar: usize,
        signs: &[f64],
        count: usize,
    ) -> Result<Atoms, InitialError> {
        let (points, weights) = quadrature_nodes(dim, polar, count);
        let densities = self.densities(dim, signs, &points, &weights)?;
        let mass: Vec<f64> = densities.iter().zip(weights.iter().cycle()).map(|(n, w)| n * w).collect();
        let sign = signs.iter().flat_map(|s| vec![*s; weights.len()]).collect();
        let points = Array2::from_shape_vec((mass.len(), dim), points.repeat(signs.len()))
            .expect("dim numbers a node");
        Ok(Atoms::new(points, mass, sign))
    }

    /// `count` independent samples of equal masses, by the generator ChaCha with 8 rounds.
    ///
    /// # Errors
    /// As [`Self::on_cells`], and for a density that rejection cannot sample.
    pub fn sample(&self, dim: usize, signs: &[f64], count: usize, seed: u64) -> Result<Atoms, InitialError> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut points = Vec::with_capacity(count * dim);
        let mut sign = Vec::with_capacity(count);
        let total = match self {
            Self::Uniform { mass } => {
                for _ in 0..count {
                    points.extend(uniform_point(dim, &mut rng));
                    sign.push(signs[rng.random_range(0..signs.len())]);
                }
                *mass
            }
            Self::VonMisesFisher(components) => {
                let total: f64 = components.iter().map(|c| c.mass).sum();
                for _ in 0..count {
                    let component = pick(components, total, &mut rng);
                    points.extend(von_mises_fisher(&component.direction, component.concentration, &mut rng));
                    sign.push(component.sheet.unwrap_or(signs[rng.random_range(0..signs.len())]));
                }
                total
            }
            Self::Density(expression) => {
                points = sample_expression(expression, dim, count, &mut rng)?;
                sign.extend((0..count).map(|_| signs[rng.random_range(0..signs.len())]));
                expression_mass(expression, dim)?
            }
        };
        checked_total(total)?;
        let points = Array2::from_shape_vec((count, dim), points).expect("dim numbers a sample");
        Ok(Atoms::new(points, vec![total / count as f64; count], sign))
    }
}

/// The whole mass, if a measure may have it.
fn checked_total(mass: f64) -> Result<(), InitialError> {
    match mass {
        mass if mass > 0.0 && mass.is_finite() => Ok(()),
        mass if mass > 0.0 => Err(InitialError::TooMuchMass),
        _ => Err(InitialError::NoMass { reason: "" }),
    }
}

fn checked_density(expression: &Expression, point: &[f64]) -> Result<f64, InitialError> {
    let value = expression.evaluate(point);
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(InitialError::BadDensity { point: point.to_vec(), value })
    }
}

/// Nodes of the rule that bounds and integrates an expression.
fn fine_nodes(dim: usize) -> (Vec<f64>, Vec<f64>) {
    quadrature_nodes(dim, 0, if dim == 2 { 8192 } else { 80_000 })
}

fn expression_mass(expression: &Expression, dim: usize) -> Result<f64, InitialError> {
    let (points, weights) = fine_nodes(dim);
    points.chunks_exact(dim).zip(weights).map(|(eta, w)| Ok(w * checked_density(expression, eta)?)).sum()
}

/// Rejection from the uniform distribution: exact where the largest density on the fine nodes, with a margin, bounds the
/// density. A candidate above the bound shows that it does not: it is doubled, and the sampling starts again.
fn sample_expression(
    expression: &Expression,
    dim: usize,
    count: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<f64>, InitialError> {
    let mut bound = 0.0f64;
    for eta in fine_nodes(dim).0.chunks_exact(dim) {
        bound = bound.max(1.1 * checked_density(expression, eta)?);
    }
    if bound == 0.0 {
        return Err(InitialError::NoMass { reason: "" });
    }
    'bound: loop {
        let mut points = Vec::with_capacity(count * dim);
        for _ in 0..count {
            let mut candidates = 0;
            loop {
                let eta = uniform_point(dim, rng);
                let density = checked_density(expression, &eta)?;
                if density > bound {
                    bound *= 2.0;
                    continue 'bound;
                }
                if rng.random::<f64>() * bound < density {
                    points.extend(eta);
                    break;
                }
                candidates += 1;
                if candidates > MOST_CANDIDATES {
                    return Err(InitialError::TooConcentrated);
                }
            }
        }
        return Ok(points);
    }
}

fn pick<'c>(components: &'c [Component], total: f64, rng: &mut ChaCha8Rng) -> &'c Component {
    let mut left = rng.random::<f64>() * total;
    for component in components {
        left -= component.mass;
        if left < 0.0 {
            return component;
        }
    }
    components.iter().rfind(|c| c.mass > 0.0).unwrap_or(&components[0])
}

/// A point of the unit circle or sphere by the uniform distribution.
fn uniform_point(dim: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let angle = TAU * rng.random::<f64>();
    if dim == 2 {
        return vec![angle.cos(), angle.sin()];
    }
    let z = 2.0 * rng.random::<f64>() - 1.0;
    let radius = ((1.0 - z) * (1.0 + z)).sqrt();
    vec![radius * angle.cos(), radius * angle.sin(), z]
}

/// A point with density proportional to `exp(kappa eta . direction)`.
fn von_mises_fisher(direction: &[f64], kappa: f64, rng: &mut ChaCha8Rng) -> Vec<f64> {
    if direction.len() == 2 {
        let angle = direction[1].atan2(direction[0]) + von_mises_angle(kappa, rng);
        return vec![angle.cos(), angle.sin()];
    }
    if kappa < NEARLY_UNIFORM {
        return uniform_point(3, rng);
    }
    if kappa < NEARLY_UNIFORM {
        return uniform_point(3, rng);
    }
    // t = 1 - cosine by the inverse of its distribution function, exp(-kappa t) = 1 + (1 - u)(exp(-2 kappa) - 1).
    let u: f64 = rng.random();
    let t = (-((1.0 - u) * (-2.0 * kappa).exp_m1()).ln_1p() / kappa).clamp(0.0, 2.0);
    let (w, radius) = (1.0 - t, (t * (2.0 - t)).sqrt());
    let angle = TAU * rng.random::<f64>();
    let [e, f] = tangent_basis([direction[0], direction[1], direction[2]]);
    let point: Vec<f64> =
        (0..3).map(|d| w * direction[d] + radius * (angle.cos() * e[d] + angle.sin() * f[d])).collect();
    let norm = point.iter().map(|x| x * x).sum::<f64>().sqrt();
    point.into_iter().map(|x| x / norm).collect()
}

/// Angle from the mode by the rejection of Best and Fisher (1979), from a wrapped Cauchy distribution.
fn von_mises_angle(kappa: f64, rng: &mut ChaCha8Rng) -> f64 {
    if kappa < 0.01 {
        // Nearly uniform: the wrapped Cauchy parameter would cancel.
        loop {
            let angle = PI * (2.0 * rng.random::<f64>() - 1.0);
            if rng.random::<f64>() < (kappa * (angle.cos() - 1.0)).exp() {
                return angle;
            }
        }
    }
    if kappa > NEARLY_NORMAL {
        let normal: f64 = StandardNormal.sample(rng);
        return normal / kappa.sqrt();
    }
    let tau = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
    let rho = (tau - (2.0 * tau).sqrt()) / (2.0 * kappa);
    let r = (1.0 + rho * rho) / (2.0 * rho);
    loop {
        let z = (PI * rng.random::<f64>()).cos();
        let f = ((1.0 + r * z) / (r + z)).clamp(-1.0, 1.0);
        let c = kappa * (r - f);
        let u: f64 = rng.random();
        if c * (2.0 - c) - u > 0.0 || (c / u).ln() + 1.0 - c >= 0.0 {
            return if rng.random::<f64>() < 0.5 { f.acos() } else { -f.acos() };
        }
    }
}

/// Two orthonormal vectors tangent to the sphere at a unit vector.
fn tangent_basis(eta: [f64; 3]) -> [[f64; 3]; 2] {
    let axis = (0..3).min_by(|a, b| eta[*a].abs().total_cmp(&eta[*b].abs())).expect("three axes");
    let mut e = eta.map(|x| -x * eta[axis]);
    e[axis] += 1.0;
    let norm = e.iter().map(|x| x * x).sum::<f64>().sqrt();
    let e = e.map(|x| x / norm);
    let f = [eta[1] * e[2] - eta[2] * e[1], eta[2] * e[0] - eta[0] * e[2], eta[0] * e[1] - eta[1] * e[0]];
    [e, f]
}

#[cfg(test)]
mod tests;
