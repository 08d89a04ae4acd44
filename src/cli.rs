//! The command line: what was typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Gradient flows of measures on the sphere: the mean-field limit of two-layer networks.
///
/// Solves d_t nu = -alpha nu J + beta div(nu grad J) (Bach and Chizat, ICM 2022, eq. 4.3) for densities on the circle and
/// the sphere, and runs the finite particle systems (4.1) beside it.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub command: Command,

    /// Number of threads (default: one for each core); results do not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the main job on a built-in example: PDE, particles, comparison, pictures
    #[command(after_help = "Example:\n  sphereflow demo -o first-run")]
    Demo(Demo),
    /// Write a commented configuration; without a name list the examples
    #[command(after_help = "Example:\n  sphereflow init spikes-circle -o spikes.toml")]
    Init(Init),
    /// Read a configuration, report every mistake, print the resolved problem
    #[command(after_help = "Example:\n  sphereflow check spikes.toml")]
    Check(Check),
    /// Solve the PDE (4.3) by finite volumes
    #[command(after_help = "Example:\n  sphereflow solve spikes.toml -o pde.h5 --set domain.cells=1024")]
    Solve(Solve),
    /// Integrate the particle system (4.1)
    #[command(
        after_help = "Example:\n  sphereflow particles spikes.toml -o cloud.h5 --set particles.count=300"
    )]
    Particles(Particles),
    /// Distances between two runs at their common times
    #[command(after_help = "Example:\n  sphereflow compare pde.h5 cloud.h5")]
    Compare(Compare),
    /// Show what a run holds
    #[command(after_help = "Example:\n  sphereflow info pde.h5")]
    Info(Info),
    /// Draw a run: PNG or SVG by the extension
    #[command(after_help = "Example:\n  sphereflow plot pde.h5 --particles cloud.h5 -o final.png")]
    Plot(Plot),
    /// Build a mesh and print its quality
    #[command(after_help = "Example:\n  sphereflow mesh sphere --level 5")]
    Mesh(Mesh),
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Folder for the runs and pictures; made if missing
    #[arg(short, long, value_name = "DIR", default_value = "sphereflow-demo")]
    pub output: PathBuf,
    /// Overwrite what an earlier demo left there
    #[arg(long)]
    pub force: bool,
    /// Print the time that each phase of the runs took
    #[arg(long)]
    pub timings: bool,
}

/// Options of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Name of an example
    pub example: Option<String>,
    /// Where to write it (default: standard output)
    #[arg(short, long, value_name = "FILE", requires = "example")]
    pub output: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long)]
    pub force: bool,
    /// Print the list as one JSON object
    #[arg(long, conflicts_with = "example")]
    pub json: bool,
}

/// A configuration with overrides.
#[derive(Debug, Args)]
pub struct Configuration {
    /// The configuration, a TOML file
    #[arg(value_name = "CONFIG")]
    pub config: PathBuf,
    /// Override a key, for example `--set scheme.order=1`; `--set key=~` removes it; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Options of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration
    #[command(flatten)]
    pub configuration: Configuration,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Where a run is written.
#[derive(Debug, Args)]
pub struct Output {
    /// The run file, HDF5
    #[arg(short = 'o', long = "output", value_name = "RUN.h5")]
    pub run: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object in place of a table
    #[arg(long)]
    pub json: bool,
    /// Print the time that each phase took: seconds, share, per step and per unknown
    #[arg(long)]
    pub timings: bool,
    /// What the summary tells of times without being asked
    #[arg(skip)]
    pub times: Times,
}

/// What a summary tells of times without being asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Times {
    /// Nothing.
    #[default]
    Untold,
    /// The seconds of set-up, steps and writing.
    Seconds,
}

/// Options of `solve`.
#[derive(Debug, Args)]
pub struct Solve {
    /// The configuration
    #[command(flatten)]
    pub configuration: Configuration,
    /// The run
    #[command(flatten)]
    pub output: Output,
    /// Continue a run that was interrupted, or whose end has been moved
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
}

/// Options of `particles`.
#[derive(Debug, Args)]
pub struct Particles {
    /// The configuration
    #[command(flatten)]
    pub configuration: Configuration,
    /// The run
    #[command(flatten)]
    pub output: Output,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// A run
    #[arg(value_name = "A.h5")]
    pub first: PathBuf,
    /// Another run
    #[arg(value_name = "B.h5")]
    pub second: PathBuf,
    /// Print one JSON object in place of a table
    #[arg(long)]
    pub json: bool,
}

/// Options of `info`.
#[derive(Debug, Args)]
pub struct Info {
    /// A run
    #[arg(value_name = "RUN.h5")]
    pub run: PathBuf,
    /// Print one JSON object in place of a table
    #[arg(long)]
    pub json: bool,
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// The density with the particles, and the time series under it
    Summary,
    /// Circle: the density over the angle
    Angle,
    /// Circle: the density as a polar diagram
    Polar,
    /// Sphere: a Mollweide map
    Mollweide,
    /// Sphere: two hemispheres
    Hemispheres,
    /// F and mass against time
    Series,
}

/// Options of `plot`.
#[derive(Debug, Args)]
pub struct Plot {
    /// A run
    #[arg(value_name = "RUN.h5")]
    pub run: PathBuf,
    /// The picture: .png or .svg
    #[arg(short, long, value_name = "PICTURE")]
    pub output: PathBuf,
    /// A second run, drawn over the first: its particles, or its density
    #[arg(long, value_name = "RUN.h5")]
    pub particles: Option<PathBuf>,
    /// The time to draw: the snapshot nearest to it (default: the last)
    #[arg(long, value_name = "T", conflicts_with = "snapshot", allow_negative_numbers = true)]
    pub time: Option<f64>,
    /// The snapshot to draw, counted from 0; negative from the end
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub snapshot: Option<i64>,
    /// What to draw
    #[arg(long, value_enum, default_value = "summary")]
    pub view: View,
    /// Logarithmic colours
    #[arg(long)]
    pub log: bool,
    /// Overwrite an existing picture
    #[arg(long)]
    pub force: bool,
}

/// Options of `mesh`.
#[derive(Debug, Args)]
pub struct Mesh {
    /// Which domain
    #[arg(value_enum)]
    pub kind: MeshKind,
    /// Sphere: n = 2^level
    #[arg(long, value_name = "L", conflicts_with_all = ["subdivision", "cells"])]
    pub level: Option<u32>,
    /// Sphere: parts of an edge of the icosahedron; 10 n^2 + 2 cells
    #[arg(long, value_name = "N", conflicts_with = "cells")]
    pub subdivision: Option<usize>,
    /// Circle: number of arcs
    #[arg(long, value_name = "N")]
    pub cells: Option<usize>,
    /// Sphere: where the generators are, as `domain.mesh` has it (default: flat)
    #[arg(long = "mesh", value_enum, value_name = "MESH", conflicts_with = "cells")]
    pub placement: Option<SphereMesh>,
    /// Build the mesh even if it is in the cache, and keep nothing there
    #[arg(long)]
    pub no_cache: bool,
    /// Write the mesh, laid out as in a run file
    #[arg(short, long, value_name = "MESH.h5")]
    pub output: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object in place of a table
    #[arg(long)]
    pub json: bool,
}

/// Meshes of the sphere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SphereMesh {
    /// Faces of the icosahedron cut in their planes, projected once
    Flat,
    /// Edges bisected again and again
    Recursive,
    /// Generators at the centroids of their cells
    Centroidal,
}

/// Domains of `mesh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MeshKind {
    /// Equal arcs
    Circle,
    /// Voronoi cells of the subdivided icosahedron
    Sphere,
}
