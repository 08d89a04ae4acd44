//! `check`: the resolved problem, and what it will cost.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use ndarray::s;
use sphereflow::io::config::Config;
use sphereflow::io::problem::Problem;
use sphereflow::mesh::Mesh;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::evolution::Evolution;
use sphereflow::solver::flow::FiniteVolume;
use sphereflow::solver::objective::Motion;

use crate::cli::Check;
use crate::failure::Failure;
use crate::load;
use crate::memory;
use crate::report::{self, Summary};

/// So many terms are summed one by one in about a second; beyond some seconds an estimate takes the place of a step.
const MOST_TERMS: f64 = 1e9;

/// Terms of an evaluation on the coarse mesh of an estimate.
const FEW_TERMS: f64 = 3e7;

/// A run that takes longer is warned of, in seconds: a day.
const LONG: f64 = 86_400.0;

/// Steps of the particles that are tried, and seconds in which no further one is: the first steps are short.
const TRIAL: (u64, f64) = (12, 1.0);

/// Reads a configuration and prints what it means.
pub fn run(options: &Check) -> Result<(), Failure> {
    let needed = |config: &Config| memory::of_density(config).max(memory::of_particles(config));
    let (config, problem) = load::problem(&options.configuration, needed)?;
    let wrong = load::wrong_in(&options.configuration.config);
    let mesh = Arc::new(load::mesh(&problem, &options.configuration.config)?);
    let atoms = problem.atoms().map_err(&wrong)?;
    let location = &options.configuration.config;
    let Cost { structure, step, seconds, estimated } = cost(&problem, &mesh, location)?;
    let steps = (config.time.end / step).ceil();
    let particles = of_particles(&problem, &atoms);

    let features = problem.objective.features();
    let mut summary = Summary::default();
    summary
        .add("title", "title", config.title.clone())
        .add("domain", "domain", config.domain.kind())
        .add("sheets", "sheets", problem.signs.len())
        .add("cells", "cells a sheet", mesh.cells())
        .add("objective", "objective", config.objective.kind.name())
        .add("evaluation", "J on the cells by", structure.unwrap_or("sums term by term"));
    if let Some(degree) = features.degree() {
        summary.add("degree", "degree of the expansion", degree);
    }
    summary
        .add("prediction_length", "numbers in a prediction", features.prediction_len(mesh.cells()))
        .number("regularization", "regularization (lambda)", problem.objective.regularization())
        .number("reaction", "reaction (alpha)", problem.rates.reaction)
        .number("transport", "transport (beta)", problem.rates.transport)
        .number("end", "end", config.time.end)
        .add("snapshots", "snapshots", problem.times.len())
        .add("particles", "particles", atoms.len())
        .number("memory_megabytes", "memory needed, about (MB)", needed(&config) as f64 / 1e6)
        .number("density_megabytes", "of that by the PDE (MB)", memory::of_density(&config) as f64 / 1e6)
        .number("particles_megabytes", "by the particles (MB)", memory::of_particles(&config) as f64 / 1e6)
        .number("mesh_megabytes", "memory of the mesh (MB)", mesh.bytes() as f64 / 1e6)
        .number("run_megabytes", "run file before compression (MB)", run_bytes(&problem, &mesh) / 1e6)
        .add(
            "estimated",
            "step and time",
            if estimated { "from a coarser mesh" } else { "of the first step" },
        )
        .number("step", "first step", step)
        .add("steps", "steps of the PDE", steps as u64)
        .number("seconds", "time of the PDE (s)", seconds * steps);
    if let Some((step, steps, seconds)) = particles {
        summary
            .number("particles_step", "step of the particles", step)
            .add("particles_steps", "steps of the particles", steps as u64)
            .number("particles_seconds", "time of the particles (s)", seconds);
    }
    warn("the PDE", seconds * steps);
    warn("the particles", particles.map_or(0.0, |(_, _, seconds)| seconds));
    if options.json {
        summary.add("config", "config", config.to_toml());
        return summary.print(true);
    }
    summary.print(false)?;
    report::print(&format!("\nThe resolved configuration:\n\n{}", config.to_toml()))
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

/// Size of the particles' steps, their number, and the time for them; none where there is no such run. From a few steps, and
/// where the sums would take long, with every so many-th particle.
fn of_particles(problem: &Problem, atoms: &Atoms) -> Option<(f64, f64, f64)> {
    let features = problem.objective.features();
    let terms = |count: usize| features.terms(count);
    let points = atoms.points();
    let is_slow = terms(atoms.len()) > FEW_TERMS
        && features.place(points.as_slice()?, Motion::Moving).structure().is_none();
    let mut stride = 1;
    while is_slow && terms(atoms.len().div_ceil(stride)) > FEW_TERMS {
        stride *= 2;
    }
    let every = |list: &[f64], factor: f64| list.iter().step_by(stride).map(|x| x * factor).collect();
    let few = Atoms::new(
        points.slice(s![..;stride, ..]).to_owned(),
        every(atoms.masses(), stride as f64),
        every(atoms.signs(), 1.0),
    );
    let mut solver = problem.particles(&few).ok()?;
    let start = Instant::now();
    while solver.counters().0 < TRIAL.0
        && start.elapsed().as_secs_f64() < TRIAL.1
        && solver.time() < problem.end
    {
        solver.step(problem.end).ok()?;
    }
    let taken = solver.counters().0.max(1) as f64;
    let seconds = start.elapsed().as_secs_f64() / taken * terms(atoms.len()) / terms(few.len());
    let remaining = problem.end - solver.time();
    let step = if remaining > 0.0 { solver.next_step().min(remaining) } else { problem.end / taken };
    let steps = taken + (remaining / step).ceil();
    Some((step, steps, seconds * steps))
}

/// What a step costs.
struct Cost {
    /// The fast algorithm that evaluates J, or none.
    structure: Option<&'static str>,
    /// Size of the first step.
    step: f64,
    /// Time that it takes.
    seconds: f64,
    /// Whether it was taken on a coarser mesh.
    estimated: bool,
}

/// Takes the first step; where its sums would take long, on a coarser mesh, and scales: steps go with the distance of the
/// cells, the time with the number of terms.
fn cost(problem: &Problem, mesh: &Arc<Mesh>, location: &Path) -> Result<Cost, Failure> {
    let wrong = load::wrong_in(location);
    let features = problem.objective.features();
    let terms = |cells: usize| features.terms(cells);
    let slow = terms(mesh.cells()) > MOST_TERMS && {
        let centers = mesh.centers();
        let centers = centers.as_slice().expect("centres are stored row by row");
        features.place(centers, Motion::Fixed).structure().is_none()
    };
    if !slow {
        let mut solver = problem.finite_volume(mesh.clone()).map_err(&wrong)?;
        super::solve::require_finite(&mut solver)?;
        let (step, seconds) = first_step(&mut solver, problem.end)?;
        return Ok(Cost { structure: solver.field().structure(), step, seconds, estimated: false });
    }
    let mut cells = mesh.cells();
    while terms(cells) > FEW_TERMS {
        cells /= 2;
    }
    let coarse = problem.coarsened(cells, location).map_err(&wrong)?;
    let coarse_mesh = Arc::new(coarse.mesh().map_err(&wrong)?);
    let coarser = terms(mesh.cells()) / terms(coarse_mesh.cells());
    let spacing = (coarse_mesh.cells() as f64 / mesh.cells() as f64).powf(1.0 / (problem.dim - 1) as f64);
    let mut solver = coarse.finite_volume(coarse_mesh).map_err(&wrong)?;
    super::solve::require_finite(&mut solver)?;
    let (step, seconds) = first_step(&mut solver, problem.end)?;
    Ok(Cost { structure: None, step: step * spacing, seconds: seconds * coarser, estimated: true })
}

/// Size of the first step and the time that it takes.
fn first_step(solver: &mut FiniteVolume, end: f64) -> Result<(f64, f64), Failure> {
    let start = Instant::now();
    solver.step(end).map_err(Failure::work)?;
    Ok((solver.time(), start.elapsed().as_secs_f64()))
}

fn run_bytes(problem: &Problem, mesh: &Mesh) -> f64 {
    let density = mesh.cells() * problem.signs.len() * problem.times.len();
    8.0 * (density + mesh.cells() * (mesh.dim() + 1) + 3 * mesh.faces()) as f64
}
