//! `info`: what a run holds.

use serde_json::Value;
use sphereflow::io::run::RunDomain;

use crate::cli::Info;
use crate::failure::Failure;
use crate::load;
use crate::report::{self, Summary, number};

/// Prints what a run holds.
pub fn run(options: &Info) -> Result<(), Failure> {
    let run = load::run(&options.run)?;
    let header = run.header();
    let series = run.snapshot_series().map_err(Failure::usage)?;
    let mut summary = Summary::default();
    summary
        .add("run", "run", options.run.display().to_string())
        .add("version", "made by version", header.version.clone())
        .add("method", "method", header.method.clone())
        .add("complete", "complete", header.complete)
        .add("snapshots", "snapshots", header.snapshots)
        .add("recorded_steps", "recorded steps", header.recorded_steps);
    if let Some(mesh) = &header.mesh {
        if let RunDomain::Sphere { mesh: kind, .. } = mesh.domain {
            summary.add("mesh", "mesh", kind.name());
        }
        summary
            .add("sheets", "sheets", header.sheets)
            .add("cells", "cells a sheet", mesh.cells)
            .add("faces", "faces", mesh.faces);
    }
    if let Some(particles) = &header.particles {
        summary.add("particles", "particles", particles.count);
    }
    let last = |values: &[f64]| values.last().copied().unwrap_or(f64::NAN);
    if header.snapshots > 0 {
        summary
            .number("time", "last time", last(run.times()))
            .number("objective", "F there", last(&series.objective))
            .number("mass", "mass there", last(&series.mass))
            .number("potential_min", "least J there", last(&series.potential_min));
    }
    if options.json {
        let list = |values: &[f64]| Value::Array(values.iter().map(|x| number(*x)).collect());
        summary
            .add("times", "times", list(run.times()))
            .add("objectives", "objectives", list(&series.objective))
            .add("masses", "masses", list(&series.mass))
            .add("config", "config", run.config());
        return summary.print(true);
    }
    summary.print(false)?;
    report::print(&format!("\nIts configuration:\n\n{}", run.config()))
}
