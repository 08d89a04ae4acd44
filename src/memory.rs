//! What a run will need of memory, told before it is allocated.
//!
//! The estimates are the most that is resident at a time, within a factor of 1.5; `benches/README.md` has measurements. A run
//! of the PDE holds the mesh, the buffers of the flow, the plan of J and two copies of a snapshot; before these the arrays of
//! the mesh that only the run file holds. Particles hold the stages of their integrator and the plan of J.

use anyhow::anyhow;
use sphereflow::io::config::{
    Config, Data, Domain, Evaluation, Feature, Network, ObjectiveKind, Scheme, Velocity,
};
use sphereflow::io::problem::zonal;

use crate::failure::Failure;

/// Bytes of the program itself, with HDF5 and the stacks of its threads.
const PROGRAM: u64 = 20_000_000;

/// Bytes of a number.
const NUMBER: u64 = 8;

/// Copies of a snapshot on their way to the file.
const COPIES: u64 = 2;

/// Numbers a cell in the buffers of the flow, whatever the number of sheets: masses, the potential and the one before it, and
/// the geometry that ten patches share.
const FLOW: u64 = 4;

/// Numbers a cell and sheet: densities of the state, of a stage and before the step.
const FLOW_ON_SHEET: u64 = 3;

/// Bytes of a number of the prediction with its partial sums, its dual and what the transforms keep for it.
const PREDICTION: u64 = 600;

/// About the bytes that the PDE needs.
pub fn of_density(config: &Config) -> u64 {
    let sheets = if config.domain.signed() { 2 } else { 1 };
    // Center and measure; faces, three a cell on the sphere, and its vertices, two a cell, as the run file has them.
    let (mesh, file) = match config.domain {
        Domain::Circle { .. } => (3 * NUMBER, 3 * NUMBER),
        Domain::Sphere { .. } => (4 * NUMBER, 18 * NUMBER),
    };
    let plan = plan(config);
    let exact = match config.scheme {
        Scheme::FiniteVolume { velocity: Velocity::Exact, .. } => exact_velocity(config, plan),
        _ => 0,
    };
    let solver = NUMBER * (FLOW + sheets * (FLOW_ON_SHEET + COPIES)) + plan + exact;
    PROGRAM + config.domain.cells() as u64 * (mesh + solver.max(file)) + of_data(config)
}

/// About the bytes that the particles need.
pub fn of_particles(config: &Config) -> u64 {
    let dim = config.domain.coordinates() as u64;
    // Ten states of the integrator with its stages; masses, signs, potentials; points and gradients; the snapshots.
    let numbers = 10 * (1 + dim) + 9 + 3 * dim + COPIES * (1 + dim);
    PROGRAM + config.particles.count as u64 * (numbers * NUMBER + plan(config)) + of_data(config)
}

/// Bytes a cell of the exact velocity: itself, values and gradients of J at the faces with their plan, gradients at the centers.
fn exact_velocity(config: &Config, plan: u64) -> u64 {
    let dim = config.domain.coordinates() as u64;
    let faces = if dim == 2 { 1 } else { 3 };
    faces * ((2 + dim) * NUMBER + plan) + dim * NUMBER
}

/// Bytes a point of what is kept to evaluate J there, its copy of the points included, and what planning takes beside it.
fn plan(config: &Config) -> u64 {
    let on_circle = config.domain.coordinates() == 2;
    match &config.objective.kind {
        ObjectiveKind::Network(network) => of_network(network, config.domain.coordinates()),
        ObjectiveKind::Kernel(_) | ObjectiveKind::Deconvolution(_) => {
            if on_circle {
                48
            } else {
                100
            }
        }
        ObjectiveKind::SecondMoment { .. } | ObjectiveKind::Linear { .. } => 40,
    }
}

/// The same for a network: series for the population; half circles, flips, moments or plain sums for finite data.
fn of_network(network: &Network, dim: usize) -> u64 {
    if network.is_population() {
        return if dim == 2 { 48 } else { 130 };
    }
    let inputs = dim - usize::from(network.feature == Feature::TwoLayer);
    let plain = (dim as u64 + 1) * NUMBER;
    match inputs {
        _ if !network.is_kinked() || network.evaluation == Evaluation::Direct => plain,
        0..=2 => 45,
        _ => 90,
    }
}

/// What the prediction takes; it goes with the number of data, or of terms of the expansion. The number of data in a file is
/// not known before it is read.
fn of_data(config: &Config) -> u64 {
    let dim = config.domain.coordinates();
    let numbers = match &config.objective.kind {
        ObjectiveKind::Network(network) => match network.data {
            Data::Gaussian { samples: Some(samples), .. } | Data::Clusters { samples, .. } => samples as u64,
            // The series of the population is as long as its points ask for: so many terms at the most.
            Data::Gaussian { .. } => 5_000,
            Data::File { .. } => 0,
        },
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
