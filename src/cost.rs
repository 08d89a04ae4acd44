//! What a run will cost, found out in little time and memory whatever its size: steps are taken on a mesh, or with particles,
//! of at most some hundred thousand points, and scaled from there.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use ndarray::s;
use sphereflow::io::problem::{Problem, ProblemError};
use sphereflow::mesh::Mesh;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::evolution::Evolution;
use sphereflow::solver::flow::FiniteVolume;
use sphereflow::solver::initial::InitialError;
use sphereflow::solver::objective::Motion;

use crate::commands::require_finite;
use crate::failure::Failure;
use crate::load;

/// Cells a sheet of the largest mesh on which a step is taken: those of level 7.
const MOST_CELLS: usize = 163_842;

/// The most particles that are tried.
const MOST_PARTICLES: usize = 100_000;

/// Pairs of a point and a datum up to which a plan is made.
const MOST_PAIRS: f64 = 1e9;

/// Terms of an evaluation that are summed one by one, in some hundredths of a second.
const FEW_TERMS: f64 = 3e7;

/// Steps that are tried, and seconds in which no further one is.
const TRIAL: (u64, f64) = (3, 0.3);

/// The same for particles, whose first steps are short.
const PARTICLE_TRIAL: (u64, f64) = (12, 1.0);

/// What a run of the PDE costs.
pub struct DensityCost {
    /// The fast algorithm that evaluates J, or none.
    pub structure: Option<&'static str>,
    /// Size of the first step.
    pub step: f64,
    /// Time that a step takes, in seconds.
    pub seconds: f64,
    /// Cells of the coarser mesh that it is scaled from, if it is.
    pub scaled_from: Option<usize>,
}

/// What a run of the particles costs.
#[derive(Clone, Copy)]
pub struct ParticleCost {
    /// Number of particles.
    pub count: usize,
    /// Size of a step.
    pub step: f64,
    /// Number of steps.
    pub steps: f64,
    /// Time for all of them.
    pub seconds: f64,
    /// The number of particles that it is scaled from, if it is.
    pub scaled_from: Option<usize>,
}

/// Takes the first steps of the PDE. On a mesh of too many cells, or where the sums would take long, they are taken on two coarser
/// ones, and scaled.
pub fn of_density(problem: &Problem, location: &Path) -> Result<DensityCost, Failure> {
    let cells = problem.cells();
    let features = problem.objective.features();
    let expands = features.degree().is_some();
    let few = |most: f64, mut count: usize| {
        while features.terms(count) > most && count > 12 {
            count /= 2;
        }
        count
    };
    let mut tried = cells.min(MOST_CELLS);
    if !expands {
        tried = few(MOST_PAIRS, tried);
    }
    let mut mesh = coarse_mesh(problem, tried, location)?;
    if features.terms(mesh.cells()) > FEW_TERMS {
        let centers = mesh.centers();
        let centers = centers.as_slice().expect("centres are stored row by row");
        if features.place(centers, Motion::Fixed).structure().is_none() {
            mesh = coarse_mesh(problem, few(FEW_TERMS, tried), location)?;
        }
    }
    let fine = Sample::of(problem, mesh, location)?;
    if fine.cells == cells {
        let Sample { structure, step, seconds, .. } = fine;
        return Ok(DensityCost { structure, step, seconds, scaled_from: None });
    }
    let coarse = Sample::of(problem, coarse_mesh(problem, fine.cells / 4, location)?, location)?;
    let (step, seconds) = scaled(problem, &fine, &coarse);
    Ok(DensityCost { structure: fine.structure, step, seconds, scaled_from: Some(fine.cells) })
}

/// The step and its time on the problem's own mesh, by those on two coarser ones.
fn scaled(problem: &Problem, fine: &Sample, coarse: &Sample) -> (f64, f64) {
    let (cells, features) = (problem.cells() as f64, problem.objective.features());
    let [near, far] = [fine, coarse].map(|sample| cells / sample.cells as f64);
    // The power with which a quantity goes with the number of cells.
    let power = |ratio: f64| ratio.ln() / (far / near).ln();
    let step =
        fine.step * near.powf(-power(coarse.step / fine.step).clamp(0.0, 1.0 / (problem.dim - 1) as f64));
    let seconds = if fine.structure.is_none() {
        fine.seconds * features.terms(problem.cells()) / features.terms(fine.cells)
    } else if features.degree().is_some() {
        // Beside the points there are transforms, which take the same time for any number of them.
        let slope = (fine.seconds - coarse.seconds) / (fine.cells - coarse.cells) as f64;
        fine.seconds + slope.clamp(0.0, fine.seconds / fine.cells as f64) * (cells - fine.cells as f64)
    } else {
        // Data beside many points, or points beside many data: between the root of the number of points and that number.
        fine.seconds * near.powf(power(fine.seconds / coarse.seconds).clamp(0.0, 1.0))
    };
    (step, seconds)
}

fn coarse_mesh(problem: &Problem, cells: usize, location: &Path) -> Result<Arc<Mesh>, Failure> {
    problem.coarse_mesh(cells).map(Arc::new).map_err(load::wrong_in(location))
}

/// The first steps on a mesh.
struct Sample {
    cells: usize,
    structure: Option<&'static str>,
    step: f64,
    /// The shortest of the steps.
    seconds: f64,
}

impl Sample {
    fn of(problem: &Problem, mesh: Arc<Mesh>, location: &Path) -> Result<Self, Failure> {
        let cells = mesh.cells();
        let is_coarser = cells < problem.cells();
        let mut solver = match problem.finite_volume(mesh.clone()) {
            // What is wrong on this mesh need not be so on the problem's own: any density will do for its cost.
            Err(ProblemError::Initial(_)) if is_coarser => {
                problem.finite_volume_from(mesh, vec![1.0; cells * problem.signs.len()])
            }
            other => other,
        }
        .map_err(load::wrong_in(location))?;
        require_finite(&mut solver)?;
        let structure = solver.field().structure();
        let (step, seconds) = first_steps(&mut solver, problem.end)?;
        Ok(Self { cells, structure, step, seconds })
    }
}

/// Size of the first step, and the time of the shortest of some.
fn first_steps(solver: &mut FiniteVolume, end: f64) -> Result<(f64, f64), Failure> {
    let start = Instant::now();
    let (mut step, mut seconds) = (0.0, f64::INFINITY);
    for k in 0..TRIAL.0 {
        let before = Instant::now();
        solver.step(end).map_err(Failure::work)?;
        seconds = seconds.min(before.elapsed().as_secs_f64());
        if k == 0 {
            step = solver.time();
        }
        if solver.time() >= end || start.elapsed().as_secs_f64() > TRIAL.1 {
            break;
        }
    }
    Ok((step, seconds))
}

/// Takes the first steps of the particles; of many, or where the sums would take long, with fewer of them, and scales. None where
/// there is no such run.
pub fn of_particles(problem: &Problem, location: &Path) -> Result<Option<ParticleCost>, Failure> {
    let asked = problem.particle_count();
    let tried = asked.min(MOST_PARTICLES);
    let atoms = match problem.atoms(tried) {
        // More of them may meet what fewer miss.
        Err(ProblemError::Initial(InitialError::NoMass { .. })) if tried < asked => return Ok(None),
        atoms => atoms.map_err(load::wrong_in(location))?,
    };
    // A rule has another number of nodes, on every sheet.
    let count =
        if tried < asked { (atoms.len() as f64 / tried as f64 * asked as f64) as usize } else { atoms.len() };
    Ok(first_particle_steps(problem, &atoms, count))
}

fn first_particle_steps(problem: &Problem, atoms: &Atoms, count: usize) -> Option<ParticleCost> {
    let features = problem.objective.features();
    let few = fewer(problem, atoms)?;
    let mut solver = problem.particles(&few).ok()?;
    let start = Instant::now();
    while solver.counters().0 < PARTICLE_TRIAL.0
        && start.elapsed().as_secs_f64() < PARTICLE_TRIAL.1
        && solver.time() < problem.end
    {
        solver.step(problem.end).ok()?;
    }
    let taken = solver.counters().0.max(1) as f64;
    let factor = features.terms(count) / features.terms(few.len());
    let seconds = start.elapsed().as_secs_f64() / taken * factor;
    let remaining = problem.end - solver.time();
    let step = if remaining > 0.0 { solver.next_step().min(remaining) } else { problem.end / taken };
    let steps = taken + (remaining / step).ceil();
    let scaled_from = (few.len() < count).then_some(few.len());
    Some(ParticleCost { count, step, steps, seconds: seconds * steps, scaled_from })
}

/// The particles, or every so many-th where their sums would take long term by term.
fn fewer(problem: &Problem, atoms: &Atoms) -> Option<Atoms> {
    let features = problem.objective.features();
    let points = atoms.points();
    let is_slow = features.terms(atoms.len()) > FEW_TERMS
        && features.place(points.as_slice()?, Motion::Moving).structure().is_none();
    let mut stride = 1;
    while is_slow && features.terms(atoms.len().div_ceil(stride)) > FEW_TERMS {
        stride *= 2;
    }
    let every = |list: &[f64], factor: f64| list.iter().step_by(stride).map(|x| x * factor).collect();
    Some(Atoms::new(
        points.slice(s![..;stride, ..]).to_owned(),
        every(atoms.masses(), stride as f64),
        every(atoms.signs(), 1.0),
    ))
}
