//! Reading configurations and runs, with failures in prose.

use std::path::Path;

use anyhow::Context;
use sphereflow::io::config::{Config, Data, ObjectiveKind};
use sphereflow::io::problem::{Problem, ProblemError};
use sphereflow::io::run::{Run, RunDomain};
use sphereflow::io::{KeptMesh, MeshCache};
use sphereflow::mesh::Mesh;
use sphereflow::solver::atoms::Atoms;

use crate::cli::Configuration;
use crate::failure::Failure;
use crate::memory;

/// Reads a configuration with its overrides and resolves it. The data file's path is made absolute, so that the
/// configuration can be kept in the run.
///
/// `bytes` tells what the configuration will need of memory.
pub fn problem(typed: &Configuration, bytes: impl Fn(&Config) -> u64) -> Result<(Config, Problem), Failure> {
    let path = &typed.config;
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("`{}` cannot be read", path.display()))
        .map_err(Failure::usage)?;
    let mut config = Config::parse(&text, &path.display().to_string(), &typed.set).map_err(Failure::usage)?;
    memory::require(bytes(&config))?;
    if let Some(file) = config.data_file(path)
        && let ObjectiveKind::Network(network) = &mut config.objective.kind
        && let Data::File { file: kept, .. } = &mut network.data
    {
        let absolute = std::path::absolute(&file).map_err(Failure::usage)?;
        *kept = absolute.to_string_lossy().into_owned();
    }
    let problem = resolve(&config, path)?;
    Ok((config, problem))
}

/// Resolves a configuration; the mistakes that only show now name its file.
pub fn resolve(config: &Config, location: &Path) -> Result<Problem, Failure> {
    Problem::resolve(config, location).map_err(wrong_in(location))
}

/// Names the configuration in which a mistake only shows when the problem is set up.
pub fn wrong_in(location: &Path) -> impl Fn(ProblemError) -> Failure + '_ {
    move |error| Failure::usage(anyhow::Error::new(error).context(format!("`{}`", location.display())))
}

/// The mesh of a problem, from the cache of the user where it is dear; what is wrong with the cache is told.
pub fn mesh(problem: &Problem, location: &Path) -> Result<Mesh, Failure> {
    let kept = problem.mesh_kept(&MeshCache::of_user()).map_err(wrong_in(location))?;
    Ok(tell(kept).mesh)
}

/// The mesh of a run, likewise; none where it has no density.
pub fn mesh_of(run: &Run) -> Result<Option<Mesh>, Failure> {
    let kept = match run.domain() {
        None => return Ok(None),
        Some(RunDomain::Circle { cells }) => Mesh::circle(cells).map(KeptMesh::from),
        Some(RunDomain::Sphere { subdivision, mesh }) => MeshCache::of_user().sphere(mesh, subdivision),
    };
    Ok(Some(tell(kept.map_err(Failure::usage)?).mesh))
}

/// Notes what is wrong with the cache of meshes.
pub fn tell(kept: KeptMesh) -> KeptMesh {
    if let Some(trouble) = &kept.trouble {
        eprintln!("note: {trouble}");
    }
    kept
}

/// Opens a run.
pub fn run(path: &Path) -> Result<Run, Failure> {
    Run::open(path).map_err(Failure::usage)
}

/// The configuration that a run was made with.
pub fn config_of(run: &Run) -> Result<Config, Failure> {
    let name = format!("the configuration in {}", run.path().display());
    Config::parse(run.config(), &name, &[]).map_err(Failure::usage)
}

/// The measure of a run at a snapshot: its particles, or its density as atoms at the centres of the cells.
pub fn atoms(run: &Run, snapshot: usize) -> Result<Atoms, Failure> {
    let measure = || {
        if run.header().particles.is_some() {
            let sign = run.signs()?.into_iter().map(f64::from).collect();
            return Ok(Atoms::new(run.positions(snapshot)?, run.masses(snapshot)?, sign));
        }
        let (centers, measures) = (run.centers()?, run.measures()?);
        Ok(Atoms::of_density(centers.view(), &measures, run.density(snapshot)?.view()))
    };
    measure().map_err(|error: sphereflow::io::run::RunError| Failure::usage(error))
}
