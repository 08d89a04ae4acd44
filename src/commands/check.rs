//! `check`: the resolved problem, and what it will cost.

use sphereflow::io::config::Config;
use sphereflow::io::problem::Problem;

use crate::cli::Check;
use crate::cost::{self, ParticleCost};
use crate::failure::Failure;
use crate::load;
use crate::memory;
use crate::report::{self, Summary};

/// A run that takes longer is warned of, in seconds: a day.
const LONG: f64 = 86_400.0;

/// Reads a configuration and prints what it means. What it finds out takes some seconds and little memory whatever the size of the
/// run: the mesh is not built, the cost is that of fewer cells and particles.
pub fn run(options: &Check) -> Result<(), Failure> {
    let needed = |config: &Config| memory::of_density(config).max(memory::of_particles(config));
    let (config, problem) = load::problem(&options.configuration, needed)?;
    let location = &options.configuration.config;
    problem.check_cells().map_err(load::wrong_in(location))?;
    let density = cost::of_density(&problem, location)?;
    let steps = (config.time.end / density.step).ceil();
    let particles = cost::of_particles(&problem, location)?;
    let cells = problem.cells();

    let features = problem.objective.features();
    let mut summary = Summary::default();
    summary
        .add("title", "title", config.title.clone())
        .add("domain", "domain", config.domain.kind())
        .add("sheets", "sheets", problem.signs.len())
        .add("cells", "cells a sheet", cells)
        .add("objective", "objective", config.objective.kind.name())
        .add("evaluation", "J on the cells by", density.structure.unwrap_or("sums term by term"));
    if let Some(degree) = features.degree() {
        summary.add("degree", "degree of the expansion", degree);
    }
    summary
        .add("prediction_length", "numbers in a prediction", features.prediction_len(cells))
        .number("regularization", "regularization (lambda)", problem.objective.regularization())
        .number("reaction", "reaction (alpha)", problem.rates.reaction)
        .number("transport", "transport (beta)", problem.rates.transport)
        .number("end", "end", config.time.end)
        .add("snapshots", "snapshots", problem.times.len())
        .add("particles", "particles", particles.map_or(config.particles.count, |cost| cost.count))
        .number("memory_megabytes", "memory needed, about (MB)", needed(&config) as f64 / 1e6)
        .number("density_megabytes", "of that by the PDE (MB)", memory::of_density(&config) as f64 / 1e6)
        .number("particles_megabytes", "by the particles (MB)", memory::of_particles(&config) as f64 / 1e6)
        .number("mesh_megabytes", "memory of the mesh (MB)", mesh_bytes(&problem) / 1e6)
        .number("run_megabytes", "run file before compression (MB)", run_bytes(&problem) / 1e6)
        .add("estimated", "step and time", told(density.scaled_from, "cells", "of the first steps"))
        .number("step", "first step", density.step)
        .add("steps", "steps of the PDE", steps as u64)
        .number("seconds", "time of the PDE (s)", density.seconds * steps);
    if let Some(cost) = &particles {
        add_particles(&mut summary, cost);
    }
    warn("the PDE", density.seconds * steps);
    warn("the particles", particles.map_or(0.0, |cost| cost.seconds));
    if options.json {
        summary.add("config", "config", config.to_toml());
        return summary.print(true);
    }
    summary.print(false)?;
    report::print(&format!("\nThe resolved configuration:\n\n{}", config.to_toml()))
}

fn add_particles(summary: &mut Summary, cost: &ParticleCost) {
    let estimated = told(cost.scaled_from, "particles", "of their first steps");
    summary
        .add("particles_estimated", "their step and time", estimated)
        .number("particles_step", "step of the particles", cost.step)
        .add("particles_steps", "steps of the particles", cost.steps as u64)
        .number("particles_seconds", "time of the particles (s)", cost.seconds);
}

/// Where an estimate comes from.
fn told(scaled_from: Option<usize>, what: &str, else_from: &str) -> String {
    scaled_from.map_or_else(|| else_from.to_owned(), |count| format!("scaled from {count} {what}"))
}

/// Says on standard error that a run will hardly end.
fn warn(what: &str, seconds: f64) {
    if seconds > LONG {
        let days = seconds / LONG;
        let days = if days < 1e6 { format!("{days:.1}") } else { format!("{days:.1e}") };
        eprintln!(
            "warning: {what} will take about {days} days\n  hint: fewer cells, particles or samples, or an earlier end"
        );
    }
}

/// Bytes of the centers and measures of the cells.
fn mesh_bytes(problem: &Problem) -> f64 {
    8.0 * (problem.cells() * (problem.dim + 1)) as f64
}

/// Bytes of the densities and of all that the file has of the mesh: of a face its cells, measure and distance; on the sphere also
/// its two vertices, and the vertices themselves. There are three faces and two vertices a cell, but for the poles.
fn run_bytes(problem: &Problem) -> f64 {
    let density = problem.cells() * problem.signs.len() * problem.times.len();
    let (faces, vertices) = if problem.dim == 2 { (3.0, 0.0) } else { (3.0 * 4.0, 2.0 * 3.0) };
    8.0 * (density as f64 + problem.cells() as f64 * (faces + vertices)) + mesh_bytes(problem)
}
