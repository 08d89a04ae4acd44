//! `solve`: the PDE by finite volumes.

use std::sync::Arc;
use std::time::Instant;

use anyhow::anyhow;
use sphereflow::io::MeshArrays;
use sphereflow::io::config::{Config, Time};
use sphereflow::io::problem::Problem;
use sphereflow::io::run::{RunHeader, RunWriter, WriteError};
use sphereflow::mesh::Mesh;
use sphereflow::solver::evolution::{Evolution, RunFailure, Schedule, Termination, integrate};
use sphereflow::solver::flow::FiniteVolume;

use super::{cannot_create, check_input_kept};
use crate::cli::{Output, Solve, Times};
use crate::failure::Failure;
use crate::load;
use crate::memory;
use crate::progress::Progress;
use crate::recorder::{Outcome, Recorded, Recorder};
use crate::report::Summary;
use crate::timings::{Part, Stopwatch};

/// Solves, writes the run, prints a summary.
pub fn run(options: &Solve) -> Result<(), Failure> {
    let (start, watch) = (Instant::now(), Stopwatch::start(options.output.timings));
    check_input_kept(&options.configuration.config, &options.output.run)?;
    let (config, problem) = load::problem(&options.configuration, memory::of_density)?;
    let wrong = load::wrong_in(&options.configuration.config);
    watch.enter(Part::Start);
    let mesh = Arc::new(load::mesh(&problem, &options.configuration.config)?);
    let (solver, writer) = if options.resume {
        watch.enter(Part::Plan);
        resume(options, &config, &problem, mesh)?
    } else {
        // The file first: the arrays of the mesh that it takes are gone before the solver's come.
        watch.enter(Part::File);
        let writer = create(&options.output, &config, &problem, &mesh)?;
        watch.enter(Part::Plan);
        let mut solver = problem.finite_volume(mesh).map_err(&wrong)?;
        require_finite(&mut solver)?;
        (solver, writer)
    };
    watch.enter(Part::Rest);
    let cells = solver.density().len();
    let work =
        Work { method: "finite-volume", label: "solve", solver, writer, resumed: options.resume, watch };
    work.run(&problem, &options.output, start, |summary| {
        summary.add("unknowns", "cells, all sheets", cells);
    })
}

/// Creates the run file of a density.
pub fn create(
    output: &Output,
    config: &Config,
    problem: &Problem,
    mesh: &Mesh,
) -> Result<RunWriter, Failure> {
    let arrays = MeshArrays::new(mesh);
    let header = RunHeader {
        method: "finite-volume",
        config_toml: &config.to_toml(),
        version: env!("CARGO_PKG_VERSION"),
        mesh: Some(arrays.table()),
        sheets: problem.signs.len(),
        particles: None,
        test_functions: &[],
    };
    RunWriter::create(&output.run, &header, output.force).map_err(cannot_create)
}

/// An objective that is not a number at the start will not become one.
pub fn require_finite(solver: &mut FiniteVolume) -> Result<(), Failure> {
    let record = solver.record();
    if record.objective.is_finite() && record.dissipation.is_finite() {
        return Ok(());
    }
    Err(Failure::usage(anyhow!(
        "the objective at time 0 is {:e} with dissipation {:e}: the initial measure, the data or the potential is too large, or infinite at the centre of a cell",
        record.objective,
        record.dissipation
    )))
}

/// Opens a run to continue it, after its last snapshot.
fn resume(
    options: &Solve,
    config: &Config,
    problem: &Problem,
    mesh: Arc<Mesh>,
) -> Result<(FiniteVolume, RunWriter), Failure> {
    let path = &options.output.run;
    let wrong = load::wrong_in(&options.configuration.config);
    let run = load::run(path)?;
    let stored = load::config_of(&run)?;
    if let Some(section) = differing_section(config, &stored) {
        return Err(Failure::usage(anyhow!(
            "`{}` was made with another `[{section}]` and cannot be continued with this one",
            path.display()
        )));
    }
    let last = run.times().len().checked_sub(1).ok_or_else(|| {
        Failure::usage(anyhow!(
            "`{}` holds no snapshot to continue from\n  hint: start it anew with `--force`",
            path.display()
        ))
    })?;
    let recorded =
        run.diagnostics().map_err(Failure::usage)?.last().map_or(f64::NEG_INFINITY, |row| row.time);
    if recorded > run.times()[last] {
        return Err(Failure::usage(anyhow!(
            "`{}` went on to t = {recorded} after its last snapshot and cannot be continued from there\n  hint: start it anew with `--force` and a snapshot at its end",
            path.display()
        )));
    }
    let density: Vec<f64> = run.density(last).map_err(Failure::usage)?.into_iter().collect();
    if !density.iter().all(|n| n.is_finite() && *n >= 0.0) {
        return Err(Failure::usage(anyhow!(
            "`{}` is damaged: a density is negative or not finite",
            path.display()
        )));
    }
    let step = run.snapshot_series().map_err(Failure::usage)?.step[last];
    let time = run.times()[last];
    drop(run);
    let mut solver = problem.finite_volume_from(mesh, density).map_err(&wrong)?;
    solver.resume_at(time, step);
    let mut writer = RunWriter::resume(path).map_err(cannot_create)?;
    writer.reconfigure(&config.to_toml()).map_err(cannot_create)?;
    Ok((solver, writer))
}

/// The first section that must agree and does not. The end, the snapshots and the stopping rule may differ, and what
/// concerns other commands.
fn differing_section(config: &Config, stored: &Config) -> Option<&'static str> {
    let steps = |time: &Time| (time.cfl, time.max_step, time.tolerance);
    [
        ("domain", config.domain == stored.domain),
        ("objective", config.objective == stored.objective),
        ("initial", config.initial == stored.initial),
        ("flow", config.flow == stored.flow),
        ("scheme", config.scheme == stored.scheme),
        ("time", steps(&config.time) == steps(&stored.time)),
    ]
    .into_iter()
    .find_map(|(section, equal)| (!equal).then_some(section))
}

/// A run about to be made.
pub struct Work<E> {
    /// As the run file calls the method.
    pub method: &'static str,
    /// As the progress display calls it.
    pub label: &'static str,
    /// The state.
    pub solver: E,
    /// Where it is written.
    pub writer: RunWriter,
    /// Whether the file holds the current state already.
    pub resumed: bool,
    /// What takes the times.
    pub watch: Arc<Stopwatch>,
}

impl<E: Recorded> Work<E>
where
    E::Error: std::error::Error + Send + Sync + 'static,
{
    /// Integrates, finishes the file, prints the summary with what `describe` adds to it.
    pub fn run(
        mut self,
        problem: &Problem,
        output: &Output,
        start: Instant,
        describe: impl FnOnce(&mut Summary),
    ) -> Result<(), Failure> {
        let (from, setup) = (self.solver.time(), start.elapsed());
        if from > problem.end {
            return Err(Failure::usage(anyhow!(
                "`{}` has gone to t = {from} already, beyond `time.end = {}`",
                output.run.display(),
                problem.end
            )));
        }
        let times: Vec<f64> = problem.times.iter().copied().filter(|t| !self.resumed || *t > from).collect();
        let schedule = Schedule { snapshots: &times, end: problem.end, stop: problem.stop };
        let progress = Progress::new(self.label, from, problem.end);
        let mut recorder =
            Recorder::new(self.writer, progress, self.watch.clone(), self.resumed).map_err(Failure::work)?;
        self.solver.watch(self.watch.phases());
        let integration = Instant::now();
        let termination = match integrate(&mut self.solver, &schedule, &mut recorder) {
            Ok(termination) => termination,
            Err(failure) => return Err(failed(failure, recorder.rescue(&mut self.solver))),
        };
        let integration = integration.elapsed();
        let outcome = recorder.finish().map_err(Failure::work)?;
        let mut summary = Summary::default();
        summary.add("run", "run", output.run.display().to_string()).add("method", "method", self.method);
        describe(&mut summary);
        conclude(&mut summary, &self.solver, &outcome, termination);
        if output.timings || output.times == Times::Seconds {
            let (writing, ending) = (outcome.writing, outcome.ending);
            let steps = integration.saturating_sub(writing);
            summary.timings(&[("setup", setup), ("steps", steps), ("writing", writing + ending)]);
        }
        let (steps, unknowns) = (self.solver.counters().0, self.solver.unknowns());
        if let Some(timings) = self.watch.timings(steps, unknowns, outcome.cost) {
            summary.append("timings", timings.to_json(), timings.to_string());
        }
        summary.print(output.json)
    }
}

fn conclude<E: Evolution>(summary: &mut Summary, solver: &E, outcome: &Outcome, termination: Termination) {
    let (steps, rejections) = solver.counters();
    summary.number("time", "time reached", solver.time());
    if let Termination::Stopped(_) = termination {
        summary.add("stopped", "stopped", "by the criterion of `time.stop`");
    }
    summary.add("steps", "steps", steps).add("rejected", "rejected steps", rejections);
    if let (Some(first), Some(last)) = (outcome.first, outcome.last) {
        summary
            .number("objective_start", "F at the start", first.objective)
            .number("objective", "F at the end", last.objective)
            .number("mass_start", "mass at the start", first.mass)
            .number("mass", "mass at the end", last.mass)
            .number("potential_min", "least J at the end", last.potential_min)
            .number("dissipation", "-dF/dt at the end", last.dissipation);
    }
}

/// A failed run; `rescued` says whether its last state could be written.
fn failed<S: std::error::Error + Send + Sync + 'static>(
    failure: RunFailure<S, WriteError>,
    rescued: Result<(), WriteError>,
) -> Failure {
    match failure {
        RunFailure::Step(error) => match rescued {
            Ok(()) => Failure::work(anyhow!("{error}\n  hint: the run file has the state before that step")),
            Err(unwritten) => Failure::work(anyhow!("{error}; and its last state is lost: {unwritten}")),
        },
        RunFailure::Observer(error) => Failure::work(error),
    }
}
