//! What a run will need of memory, told before it is allocated.
//!
//! The estimates are the most that is resident at a time, within 15 %: `benches/README.md` has measurements. A run of the PDE
//! holds the mesh, the buffers of the flow, the plan of J and two copies of a snapshot; particles hold the stages of their
//! integrator, the plan of J and two copies likewise. Both hold the data, and for a while the buffers of the run file: the mesh
//! is computed while it is written, a few chunks at a time.

use anyhow::anyhow;
use sphereflow::io::config::{
    Config, Data, Domain, Evaluation, Feature, Network, ObjectiveKind, ParticleStart, Scheme, Velocity,
};
use sphereflow::io::problem::zonal;
use sphereflow::solver::objective::Motion;

use crate::failure::Failure;

/// Bytes of the program itself, with HDF5 and the stacks of its threads.
const PROGRAM: u64 = 17_500_000;

/// Bytes of a number.
const NUMBER: u64 = 8;

/// Copies of a snapshot on their way to the file.
const COPIES: u64 = 2;

/// Bytes a cell in the buffers of the flow, whatever the number of sheets: masses, the potential and the one before it; the
/// geometry of a patch, which ten of them share.
const FLOW: u64 = 3 * NUMBER + 5;

/// Numbers a cell and sheet: densities of the state, of a stage and before the step.
const FLOW_ON_SHEET: u64 = 3;

/// States of the integrator of the particles with its stages, of a mass and a point each.
const STATES: u64 = 10;

/// Bytes a row of the run file in its buffers, and the most of them: two blocks of chunks, the caches of HDF5, what it
/// compresses into. On the sphere there are columns of three numbers three times as many as cells.
const FILE_ROW: u64 = 160;
const FILE_ON_SPHERE: u64 = 16_000_000;
const FILE_ON_CIRCLE: u64 = 8_000_000;
const FILE_OF_PARTICLES: u64 = 10_000_000;

/// Bytes of a number of the prediction with its partial sums, its dual, its datum, and what the transforms keep for it.
const PREDICTION: u64 = 300;

/// Bytes of the flips of a datum, for each root of the number of points: that many times a curve through them crosses a great
/// circle, up to a factor.
const FLIPS: f64 = 8.5;

/// About the bytes that the PDE needs.
pub fn of_density(config: &Config) -> u64 {
    let sheets = if config.domain.signed() { 2 } else { 1 };
    let (cells, dim) = (config.domain.cells() as u64, config.domain.coordinates() as u64);
    let (faces, file) = match config.domain {
        Domain::Circle { .. } => (1, FILE_ON_CIRCLE),
        Domain::Sphere { .. } => (3, FILE_ON_SPHERE),
    };
    let mesh = (dim + 1) * NUMBER;
    let plan = plan(config, Motion::Fixed);
    let flow = FLOW + sheets * (FLOW_ON_SHEET + COPIES) * NUMBER;
    let is_exact = matches!(config.scheme, Scheme::FiniteVolume { velocity: Velocity::Exact, .. });
    // The velocity at the faces; values and gradients of J there with their plan; gradients at the centers.
    let (exact, midpoints) =
        if is_exact { (faces * ((2 + dim) * NUMBER + plan) + dim * NUMBER, faces * cells) } else { (0, 0) };
    PROGRAM
        + (cells * FILE_ROW).min(file)
        + cells * (mesh + flow + plan + exact)
        + of_data(config)
        + of_flips(config, cells)
        + of_flips(config, midpoints)
}

/// About the bytes that the particles need.
pub fn of_particles(config: &Config) -> u64 {
    let dim = config.domain.coordinates() as u64;
    // A rule has so many nodes on each sheet.
    let sheets =
        if config.particles.initial == ParticleStart::Quadrature && config.domain.signed() { 2 } else { 1 };
    let count = sheets * config.particles.count as u64;
    // Beside the states: masses, signs, potentials and tolerances; points and gradients; the snapshots.
    let numbers = STATES * (1 + dim) + 4 + 2 * dim + COPIES * (1 + dim);
    PROGRAM
        + (count * FILE_ROW).min(FILE_OF_PARTICLES)
        + count * (numbers * NUMBER + plan(config, Motion::Moving))
        + of_data(config)
}

/// Bytes a point of what is kept to evaluate J there, its copy of the points included: these, then for sums by angle or through
/// grids the angles, places, weights and values in their order.
fn plan(config: &Config, motion: Motion) -> u64 {
    let dim = config.domain.coordinates() as u64;
    let is_fixed = motion == Motion::Fixed;
    match (&config.objective.kind, dim) {
        (ObjectiveKind::Network(network), _) => of_network(network, dim, is_fixed),
        (ObjectiveKind::Kernel(_) | ObjectiveKind::Deconvolution(_), 2) => {
            dim * NUMBER + if is_fixed { 14 } else { 34 }
        }
        (ObjectiveKind::Kernel(_) | ObjectiveKind::Deconvolution(_), _) => {
            dim * NUMBER + if is_fixed { 51 } else { 36 }
        }
        (ObjectiveKind::SecondMoment { .. } | ObjectiveKind::Linear { .. }, _) => (dim + 1) * NUMBER,
    }
}

/// The same for a network: series for the population; half circles, flips (counted with the data), caps, moments or plain sums
/// for finite data.
fn of_network(network: &Network, dim: u64, is_fixed: bool) -> u64 {
    let points = dim * NUMBER;
    if network.is_population() {
        return match (dim, is_fixed) {
            (2, true) => points + 20,
            (2, false) => points + 71,
            (_, true) => points + 61,
            (_, false) => points + 72,
        };
    }
    if !network.is_kinked() || network.evaluation == Evaluation::Direct {
        return points + NUMBER;
    }
    match (inputs(network, dim), is_fixed) {
        (0..=2, _) => points + 12,
        // Two indices of a point.
        (_, true) => points + 8,
        // Values and gradients in the order of the leaves, and the lists.
        (_, false) => points + 70,
    }
}

/// Number of input coordinates of a network, the constant of a bias included.
const fn inputs(network: &Network, dim: u64) -> u64 {
    match network.feature {
        Feature::TwoLayer => dim - 1,
        Feature::Ridge => dim,
    }
}

/// Bytes of the flips of finite data at so many points.
fn of_flips(config: &Config, points: u64) -> u64 {
    let ObjectiveKind::Network(network) = &config.objective.kind else { return 0 };
    let by_flips = inputs(network, config.domain.coordinates() as u64) > 2
        && network.is_kinked()
        && network.evaluation != Evaluation::Direct;
    if by_flips { (FLIPS * samples(network) as f64 * (points as f64).sqrt()) as u64 } else { 0 }
}

/// Number of data; that in a file is not known before it is read, that of the population none.
const fn samples(network: &Network) -> u64 {
    match network.data {
        Data::Gaussian { samples: Some(samples), .. } | Data::Clusters { samples, .. } => samples as u64,
        Data::Gaussian { .. } | Data::File { .. } => 0,
    }
}

/// What the prediction takes; it goes with the number of data, or of terms of the expansion.
fn of_data(config: &Config) -> u64 {
    let dim = config.domain.coordinates();
    let numbers = match &config.objective.kind {
        // The series of the population is as long as its points ask for: so many terms at the most.
        ObjectiveKind::Network(network) if network.is_population() => 5_000,
        ObjectiveKind::Network(network) => samples(network),
        // Where there is no expansion, the prediction is the measure itself, counted with the points.
        ObjectiveKind::Kernel(distance) => {
            zonal(&distance.kernel).degree(dim, distance.tolerance).map_or(0, |degree| terms(dim, degree))
        }
        ObjectiveKind::Deconvolution(problem) => terms(dim, problem.degree),
        ObjectiveKind::SecondMoment { .. } | ObjectiveKind::Linear { .. } => 0,
    };
    numbers * PREDICTION
}

/// The number of harmonics up to a degree.
const fn terms(dim: usize, degree: usize) -> u64 {
    let degree = degree as u64;
    if dim == 2 { 2 * degree + 1 } else { (degree + 1) * (degree + 1) }
}

/// Refuses work that needs more memory than the machine has free; where that is not known, nothing.
pub fn require(bytes: u64) -> Result<(), Failure> {
    match available() {
        Some(free) if bytes > free => Err(Failure::usage(anyhow!(
            "this needs about {:.1} GB of memory, and {:.1} GB are free\n  hint: fewer cells, particles or samples",
            bytes as f64 / 1e9,
            free as f64 / 1e9
        ))),
        _ => Ok(()),
    }
}

/// Free memory as Linux tells it.
pub fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
