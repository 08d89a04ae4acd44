//! `particles`: the finite system beside the PDE.

use std::time::Instant;

use sphereflow::io::run::{ParticleHeader, RunHeader, RunWriter};

use super::solve::Work;
use super::{cannot_create, check_input_kept};
use crate::cli::Particles;
use crate::failure::Failure;
use crate::load;
use crate::memory;
use crate::timings::{Part, Stopwatch};

/// Integrates (4.1), writes the run, prints a summary.
pub fn run(options: &Particles) -> Result<(), Failure> {
    let (start, watch) = (Instant::now(), Stopwatch::start(options.output.timings));
    check_input_kept(&options.configuration.config, &options.output.run)?;
    let (config, problem) = load::problem(&options.configuration, memory::of_particles)?;
    let wrong = load::wrong_in(&options.configuration.config);
    watch.enter(Part::Start);
    let atoms = problem.atoms(problem.particle_count()).map_err(&wrong)?;
    watch.enter(Part::Plan);
    let solver = problem.particles(&atoms).map_err(&wrong)?;
    let sign: Vec<i8> = atoms.signs().iter().map(|s| *s as i8).collect();
    let header = RunHeader {
        method: "particles",
        config_toml: &config.to_toml(),
        version: env!("CARGO_PKG_VERSION"),
        mesh: None,
        sheets: problem.signs.len(),
        particles: Some(ParticleHeader { count: atoms.len(), dim: problem.dim, sign: &sign }),
        test_functions: &[],
    };
    let output = &options.output;
    watch.enter(Part::File);
    let writer = RunWriter::create(&output.run, &header, output.force).map_err(cannot_create)?;
    watch.enter(Part::Rest);
    let count = atoms.len();
    let work = Work { method: "particles", label: "particles", solver, writer, resumed: false, watch };
    work.run(&problem, output, start, |summary| {
        summary.add("particles", "particles", count);
    })
}
