//! `check`: the resolved problem, and what it will cost.

use std::sync::Arc;
use std::time::Instant;

use sphereflow::solver::evolution::Evolution;
use sphereflow::solver::flow::FiniteVolume;

use crate::cli::Check;
use crate::failure::Failure;
use crate::load;
use crate::memory;
use crate::report::{self, Summary};

/// Reads a configuration and prints what it means.
pub fn run(options: &Check) -> Result<(), Failure> {
    let (config, problem) = load::problem(&options.configuration, |config| {
        memory::of_density(config).max(memory::of_particles(config))
    })?;
    let wrong = load::wrong_in(&options.configuration.config);
    let mesh = Arc::new(problem.mesh().map_err(&wrong)?);
    let mesh_bytes = mesh.bytes();
    let mut solver = problem.finite_volume(mesh.clone()).map_err(&wrong)?;
    let atoms = problem.atoms().map_err(&wrong)?;
    super::solve::require_finite(&mut solver)?;
    let (step, seconds) = first_step(&mut solver, config.time.end)?;

    let mut summary = Summary::default();
    summary
        .add("title", "title", config.title.clone())
        .add("domain", "domain", config.domain.kind())
        .add("sheets", "sheets", problem.signs.len())
        .add("cells", "cells a sheet", mesh.cells())
        .add("objective", "objective", config.objective.kind.name())
        .add("prediction_length", "numbers in a prediction", problem.objective.features().prediction_len(0))
        .number("regularization", "regularization (lambda)", problem.objective.regularization())
        .number("reaction", "reaction (alpha)", problem.rates.reaction)
        .number("transport", "transport (beta)", problem.rates.transport)
        .number("end", "end", config.time.end)
        .add("snapshots", "snapshots", problem.times.len())
        .add("particles", "particles", atoms.len())
        .number("mesh_megabytes", "memory of the mesh (MB)", mesh_bytes as f64 / 1e6)
        .number(
            "run_megabytes",
            "run file before compression (MB)",
            run_bytes(&solver, problem.times.len()) / 1e6,
        )
        .number("step", "first step", step)
        .add("steps", "steps of that size", (config.time.end / step).ceil() as u64)
        .number("seconds", "time for them (s)", seconds * (config.time.end / step).ceil());
    if options.json {
        summary.add("config", "config", config.to_toml());
        return summary.print(true);
    }
    summary.print(false)?;
    report::print(&format!("\nThe resolved configuration:\n\n{}", config.to_toml()))
}

/// Size of the first step and the time that it takes.
fn first_step(solver: &mut FiniteVolume, end: f64) -> Result<(f64, f64), Failure> {
    let start = Instant::now();
    solver.step(end).map_err(Failure::work)?;
    Ok((solver.time(), start.elapsed().as_secs_f64()))
}

fn run_bytes(solver: &FiniteVolume, snapshots: usize) -> f64 {
    let mesh = solver.mesh();
    let numbers = solver.density().len() * snapshots + mesh.cells() * (mesh.dim() + 1) + 3 * mesh.faces();
    8.0 * numbers as f64
}
