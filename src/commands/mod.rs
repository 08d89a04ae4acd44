//! The commands: what will be done.

mod check;
mod compare;
mod demo;
mod info;
mod init;
mod mesh;
mod particles;
mod plot;
mod solve;

use std::path::Path;

use anyhow::anyhow;
use sphereflow::io::run::WriteError;

pub use solve::require_finite;

use crate::cli::{Arguments, Command};
use crate::failure::Failure;

/// Runs a command.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    // Zero is one thread for each core. This thread is one of them: short work need not be handed over.
    let threads = usize::from(arguments.threads.unwrap_or(0));
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .build_global()
        .map_err(|error| Failure::usage(anyhow!("`--threads {threads}`: {error}")))?;
    match arguments.command {
        Command::Demo(options) => demo::run(&options),
        Command::Init(options) => init::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Solve(options) => solve::run(&options),
        Command::Particles(options) => particles::run(&options),
        Command::Compare(options) => compare::run(&options),
        Command::Info(options) => info::run(&options),
        Command::Plot(options) => plot::run(&options),
        Command::Mesh(options) => mesh::run(&options),
    }
}

/// A run file that cannot be created, with the remedy.
fn cannot_create(error: WriteError) -> Failure {
    let hint = match &error {
        WriteError::Exists { .. } => "\n  hint: choose another name, or overwrite it with `--force`",
        WriteError::NoFolder { .. } => "\n  hint: make the folder first",
        _ => "",
    };
    Failure::usage(anyhow!("{error}{hint}"))
}

/// Refuses a run file that would replace the configuration it is made from.
fn check_input_kept(config: &Path, run: &Path) -> Result<(), Failure> {
    match (config.canonicalize(), run.canonicalize()) {
        (Ok(config), Ok(same)) if config == same => Err(Failure::usage(anyhow!(
            "`{}` is the configuration itself; name another run file",
            run.display()
        ))),
        _ => Ok(()),
    }
}

/// Refuses an output file that exists, unless `force`, or whose folder does not.
fn check_output(path: &Path, force: bool) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::usage(anyhow!("`{}` is a folder; name a file", path.display())));
    }
    if path.exists() && !force {
        return Err(Failure::usage(anyhow!(
            "`{}` exists already\n  hint: choose another name, or overwrite it with `--force`",
            path.display()
        )));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Failure::usage(anyhow!(
            "`{}` cannot be created: there is no folder `{}`\n  hint: make the folder first",
            path.display(),
            folder.display()
        )));
    }
    Ok(())
}
