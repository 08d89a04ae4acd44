//! `demo`: the main job on a built-in example, end to end.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sphereflow::io::config::example;
use sphereflow::io::write_whole;

use super::{check_output, compare, particles, plot, solve};
use crate::cli::{Compare, Configuration, Demo, Output, Particles, Plot, Solve, Times, View};
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
    let all = PARTS.map(|part| Files::of(&part, folder));
    for path in all.iter().flat_map(Files::each) {
        check_output(path, options.force)?;
    }
    for (part, files) in PARTS.iter().zip(&all) {
        run_part(part, files, options)?;
    }
    let pictures = all.iter().map(|files| &files.picture);
    let list: Vec<String> = pictures.map(|path| format!("  {}\n", path.display())).collect();
    report::print(&format!("\nOpen the pictures:\n{}", list.concat()))
}

/// The files of a part.
struct Files {
    config: PathBuf,
    pde: PathBuf,
    cloud: PathBuf,
    picture: PathBuf,
}

impl Files {
    fn of(part: &Part, folder: &Path) -> Self {
        let file = |suffix: &str| folder.join(format!("{}{suffix}", part.example));
        Self {
            config: file(".toml"),
            pde: file("-pde.h5"),
            cloud: file("-particles.h5"),
            picture: file(".png"),
        }
    }

    fn each(&self) -> [&Path; 4] {
        [&self.config, &self.pde, &self.cloud, &self.picture]
    }
}

fn run_part(part: &Part, files: &Files, options: &Demo) -> Result<(), Failure> {
    let Demo { force, timings, .. } = *options;
    let Some(example) = example(part.example) else { unreachable!("the examples are built in") };
    let Files { config, pde, cloud, picture } = files;
    report::print(&format!("== {}: {}\n\n", example.name, part.about))?;
    write_whole(config, example.text.as_bytes())
        .with_context(|| format!("`{}` cannot be written", config.display()))
        .map_err(Failure::usage)?;
    let configuration = || Configuration { config: config.clone(), set: Vec::new() };
    let output =
        |path: &Path| Output { run: path.to_owned(), force, json: false, timings, times: Times::Seconds };
    solve::run(&Solve { configuration: configuration(), output: output(pde), resume: false })?;
    report::print("\n")?;
    particles::run(&Particles { configuration: configuration(), output: output(cloud) })?;
    report::print("\nPDE (first) and particles (second):\n\n")?;
    compare::run(&Compare { first: pde.clone(), second: cloud.clone(), json: false })?;
    plot::run(&Plot {
        run: pde.clone(),
        output: picture.clone(),
        particles: Some(cloud.clone()),
        time: None,
        snapshot: None,
        view: View::Summary,
        log: part.log,
        force,
    })?;
    report::print("\n")
}
