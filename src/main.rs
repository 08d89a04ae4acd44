//! The command `sphereflow`.

mod cli;
mod commands;
mod cost;
mod failure;
mod load;
mod memory;
mod progress;
mod recorder;
mod report;
mod scene;
mod timings;

use std::process::ExitCode;

use clap::Parser;

/// Makes a file that outgrows the limit of the process (`ulimit -f`) an error of writing, which is told, and not the end of the
/// process.
#[cfg(unix)]
fn survive_limit_of_files() {
    // Without the handler the program would only end without a word.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

#[cfg(not(unix))]
fn survive_limit_of_files() {}

fn main() -> ExitCode {
    survive_limit_of_files();
    let arguments = cli::Arguments::parse();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.status())
        }
    }
}
