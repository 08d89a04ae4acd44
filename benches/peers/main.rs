//! This side of the comparison with other tools that `scripts/compare-peers` makes.
//!
//!     peers export PROBLEM FOLDER    the problem for the others: arrays as files of numbers, the rest as `problem.json`
//!     peers run PROBLEM FILE         takes the steps that are compared, writes the state into FILE and F as JSON to the output;
//!                                    then times the same steps, and prints CPU seconds a step, for each line that it reads
//!
//! Without arguments, or under `cargo test`, every kind of problem is solved once at a small size.

#[path = "../common/mod.rs"]
mod common;
mod problem;
mod program;

use std::io::BufRead;
use std::path::Path;

use anyhow::{Context, bail};
use common::clock;
use problem::Problem;
use program::Program;
use serde_json::json;

/// Steps (of a problem of J alone: evaluations) that are compared and timed.
const STEPS: usize = 20;

fn main() -> anyhow::Result<()> {
    clock::stay_on_one_thread();
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["export", problem, folder] => Problem::parse(problem)?.export(Path::new(folder), STEPS),
        ["run", problem, file] => run(Problem::parse(problem)?, Path::new(file)),
        [] => smoke(),
        _ => bail!("`export PROBLEM FOLDER`, or `run PROBLEM FILE`"),
    }
}

fn run(problem: Problem, file: &Path) -> anyhow::Result<()> {
    let mut program = problem.program()?;
    program.advance(STEPS);
    write(file, program.state())?;
    println!("{}", json!({ "objective": program.objective() }));
    for line in std::io::stdin().lock().lines() {
        line?;
        println!("{}", seconds(&mut *program));
    }
    Ok(())
}

/// CPU seconds of a step: the median of three runs of [`STEPS`] or more, and 0.3 s.
fn seconds(program: &mut dyn Program) -> f64 {
    let mut samples = Vec::new();
    while samples.len() < 3 || samples.iter().sum::<f64>() < 0.3 {
        program.reset();
        samples.push(clock::once(|| program.advance(STEPS)));
    }
    clock::median(samples) / STEPS as f64
}

fn smoke() -> anyhow::Result<()> {
    for name in [
        "P1-1e2",
        "P2-2",
        "P2z-2",
        "P3-1e2",
        "T1-2",
        "T2-2",
        "J-von-mises-fisher-2",
        "J-relu-2",
        "J-direct-2",
    ] {
        let mut program = Problem::parse(name)?.program()?;
        program.advance(2);
        println!("{name}: F = {}", program.objective());
    }
    Ok(())
}

fn write(file: &Path, numbers: &[f64]) -> anyhow::Result<()> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(file, bytes).with_context(|| format!("`{}` cannot be written", file.display()))
}
