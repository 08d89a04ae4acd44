//! This side of the comparison with other tools that `scripts/peers/run` makes: J at the cells of the sphere, one thread, CPU time.
//!
//!     peers export FOLDER                        points, masses, data as files of doubles, and the problems as JSON
//!     peers measure PROBLEM EVALUATION [FILE]    CPU seconds of evaluations as JSON; J into FILE
//!
//! Without arguments, or under `cargo test`, every problem is evaluated once on a coarse mesh.

mod common;

use std::path::Path;

use anyhow::{Context, bail};
use common::clock;
use common::problems::{
    DATA, Placed, Points, TOLERANCE, VON_MISES_FISHER, data, discrepancy, network, target,
};
use serde_json::json;
use sphereflow::solver::objective::{Activation, Evaluation, Layers, Motion, Objective, ZonalKernel};

/// Cells of the level-7 mesh.
const CELLS: usize = 163_842;

const PROBLEMS: [&str; 5] = ["von-mises-fisher", "low-pass-128", "low-pass-256", "low-pass-512", "relu"];

fn main() -> anyhow::Result<()> {
    clock::stay_on_one_thread();
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["export", folder] => export(Path::new(folder)),
        ["measure", problem, evaluation] => measure(problem, evaluation, None),
        ["measure", problem, evaluation, file] => measure(problem, evaluation, Some(Path::new(file))),
        [] => smoke(),
        _ => bail!("`export FOLDER`, or `measure PROBLEM EVALUATION [FILE]`"),
    }
}

fn objective(problem: &str, evaluation: Evaluation) -> anyhow::Result<Objective> {
    Ok(match problem {
        "von-mises-fisher" => discrepancy(VON_MISES_FISHER, 3, evaluation),
        "relu" => network(Layers::Ridge, Activation::Relu, 3, evaluation),
        _ => {
            let degree =
                problem.strip_prefix("low-pass-").context("a problem of this comparison")?.parse()?;
            discrepancy(ZonalKernel::LowPass { degree }, 3, evaluation)
        }
    })
}

fn evaluation(name: &str) -> anyhow::Result<Evaluation> {
    Ok(match name {
        "auto" => Evaluation::Auto,
        "direct" => Evaluation::Direct,
        "fast" => Evaluation::Fast,
        _ => bail!("`auto`, `direct` or `fast`, not `{name}`"),
    })
}

fn export(folder: &Path) -> anyhow::Result<()> {
    let (points, mass) = Points::Sphere.place(CELLS);
    let (inputs, outputs) = data(3);
    let arrays = [
        ("points", points),
        ("masses", mass),
        ("inputs", inputs.concat()),
        ("outputs", outputs),
        ("target", target(3)),
    ];
    for (name, numbers) in &arrays {
        write(&folder.join(name), numbers)?;
    }
    let mut problems = Vec::new();
    for name in PROBLEMS {
        let objective = objective(name, Evaluation::Auto)?;
        problems.push(json!({ "name": name, "degree": (name != "relu").then(|| degree(&objective)) }));
    }
    println!("{}", json!({ "cells": CELLS, "data": DATA, "tolerance": TOLERANCE, "problems": problems }));
    Ok(())
}

/// L of a prediction with a pair of numbers for each `0 <= m <= l <= L`.
fn degree(objective: &Objective) -> usize {
    let len = objective.features().prediction_len(0);
    (0..len).find(|l| (l + 1) * (l + 2) >= len).expect("a prediction has coefficients")
}

fn measure(problem: &str, by: &str, file: Option<&Path>) -> anyhow::Result<()> {
    let objective = objective(problem, evaluation(by)?)?;
    let (points, mass) = Points::Sphere.place(CELLS);
    let mut placed = None;
    let plan = clock::once(|| placed = Some(Placed::new(&objective, points, mass, Motion::Fixed)));
    let mut placed = placed.expect("placed above");
    let seconds = clock::samples(3, 0.5, || placed.evaluate());
    if let Some(file) = file {
        write(file, placed.value())?;
    }
    println!("{}", json!({ "seconds": clock::median(seconds), "plan": plan }));
    Ok(())
}

fn smoke() -> anyhow::Result<()> {
    for name in PROBLEMS {
        let (points, mass) = Points::Sphere.place(642);
        let mut placed = Placed::new(&objective(name, Evaluation::Auto)?, points, mass, Motion::Fixed);
        println!("{name}: {:.3} ms", 1e3 * clock::once(|| placed.evaluate()));
    }
    Ok(())
}

fn write(file: &Path, numbers: &[f64]) -> anyhow::Result<()> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(file, bytes).with_context(|| format!("`{}` cannot be written", file.display()))
}
