//! `demo`: the main job on a built-in example, end to end.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sphereflow::io::config::example;

use super::{compare, particles, plot, solve};
use crate::cli::{Compare, Configuration, Demo, Output, Particles, Plot, Solve, View};
use crate::failure::Failure;
use crate::report;

/// One example of the demonstration.
struct Part {
    example: &'static str,
    about: &'static str,
    /// Logarithmic colours, where the density spans orders of magnitude.
    log: bool,
}

const PARTS: [Part; 2] = [
    Part {
        example: "signed-circle",
        about: "ReLU ridges learn two neurons: a measure on two sheets of the circle",
        log: false,
    },
    Part {
        example: "four-neurons",
        about: "both layers of a ReLU network learn four neurons: a measure on the sphere",
        log: true,
    },
];

/// Solves, runs particles, compares, draws; says what to open.
pub fn run(options: &Demo) -> Result<(), Failure> {
    let folder = &options.output;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("the folder `{}` cannot be made", folder.display()))
        .map_err(Failure::usage)?;
    let mut pictures = Vec::new();
    for part in &PARTS {
        pictures.push(run_part(part, folder, options.force)?);
    }
    let list: Vec<String> = pictures.iter().map(|path| format!("  {}\n", path.display())).collect();
    report::print(&format!("\nOpen the pictures:\n{}", list.concat()))
}

fn run_part(part: &Part, folder: &Path, force: bool) -> Result<PathBuf, Failure> {
    let Some(example) = example(part.example) else { unreachable!("the examples are built in") };
    let file = |suffix: &str| folder.join(format!("{}{suffix}", example.name));
    let (config, pde, cloud, picture) = (file(".toml"), file("-pde.h5"), file("-particles.h5"), file(".png"));
    report::print(&format!("== {}: {}\n\n", example.name, part.about))?;
    for path in [&config, &pde, &cloud, &picture] {
        super::check_output(path, force)?;
    }
    std::fs::write(&config, example.text)
        .with_context(|| format!("`{}` cannot be written", config.display()))
        .map_err(Failure::usage)?;
    let configuration = || Configuration { config: config.clone(), set: Vec::new() };
    let output = |path: &Path| Output { run: path.to_owned(), force, json: false, timings: true };
    solve::run(&Solve { configuration: configuration(), output: output(&pde), resume: false })?;
    report::print("\n")?;
    particles::run(&Particles { configuration: configuration(), output: output(&cloud) })?;
    report::print("\nPDE (first) and particles (second):\n\n")?;
    compare::run(&Compare { first: pde.clone(), second: cloud.clone(), json: false })?;
    plot::run(&Plot {
        run: pde,
        output: picture.clone(),
        particles: Some(cloud),
        time: None,
        snapshot: None,
        view: View::Summary,
        log: part.log,
        force,
    })?;
    report::print("\n")?;
    Ok(picture)
}
