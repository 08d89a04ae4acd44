//! The command `sphereflow`.

mod cli;
mod commands;
mod failure;
mod load;
mod memory;
mod progress;
mod recorder;
mod report;
mod scene;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.status())
        }
    }
}
