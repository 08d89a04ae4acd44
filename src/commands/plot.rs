//! `plot`: pictures of runs.

use sphereflow::io::picture::Format;

use super::check_output;
use crate::cli::Plot;
use crate::failure::Failure;
use crate::load;
use crate::scene::{Scene, When};

/// Draws a run.
pub fn run(options: &Plot) -> Result<(), Failure> {
    Format::of(&options.output).map_err(Failure::usage)?;
    check_output(&options.output, options.force)?;
    let run = load::run(&options.run)?;
    let over = options.particles.as_ref().map(|path| load::run(path)).transpose()?;
    let when = match (options.time, options.snapshot) {
        (Some(time), _) => When::Time(time),
        (_, Some(number)) => When::Number(number),
        _ => When::Last,
    };
    let picture = Scene::gather(&run, when, over.as_ref())?.draw(options.view, options.log)?;
    picture.write(&options.output).map_err(Failure::usage)
}
