//! What a run will need of memory, told before it is allocated.

use anyhow::anyhow;
use sphereflow::io::config::{Config, Data, ObjectiveKind};
use sphereflow::io::problem::zonal;

use crate::failure::Failure;

/// Bytes of a cell with its faces: mesh, density and its copies, fields, gradients, the plan of the potential.
const CELL: u64 = 700;

/// Bytes of a particle with the stages of the integrator and the plan of the potential.
const PARTICLE: u64 = 600;

/// Bytes of a number of the prediction with its partial sums.
const PREDICTION: u64 = 600;

/// About the bytes that the PDE needs.
pub fn of_density(config: &Config) -> u64 {
    let sheets = if config.domain.signed() { 2 } else { 1 };
    config.domain.cells() as u64 * (CELL + 32 * sheets) + of_data(config)
}

/// About the bytes that the particles need.
pub fn of_particles(config: &Config) -> u64 {
    config.particles.count as u64 * PARTICLE + of_data(config)
}

/// What the prediction takes; it goes with the number of data, or of terms of the expansion.
fn of_data(config: &Config) -> u64 {
    let dim = config.domain.coordinates();
    let numbers = match &config.objective.kind {
        ObjectiveKind::Network(network) => match network.data {
            Data::Gaussian { samples: Some(samples), .. } | Data::Clusters { samples, .. } => samples as u64,
            _ => 0,
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
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
