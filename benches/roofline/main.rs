//! The roofline: what this machine allows, and how far every kernel is from it.
//!
//!     cargo bench --bench roofline [-- FILTER ...]               one thread, CPU time
//!     cargo bench --bench roofline -- --scaling [FILTER ...]     wall time of one and of all threads, in turn
//!
//! Filters are parts of names, such as `transport`, `sphere/7` or `potential/data`; the machine is always measured. Prints Markdown on
//! standard output; `scripts/roofline` and `scripts/scaling` add the machine and the date. Under `cargo test` every kernel
//! runs once, at a small size.

#[path = "../common/mod.rs"]
mod common;
mod evaluations;
mod flow;
mod kernel;
mod kernels;
mod machine;
mod scaling;
mod table;

use common::measuring;
use kernel::Meshes;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let filters: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with("--")).collect();
    let folder = tempfile::tempdir().expect("a folder for files");
    let mut cases = kernels::all(folder.path());
    cases.retain(|case| filters.is_empty() || filters.iter().any(|filter| case.name.contains(filter)));
    if !measuring() {
        let mut meshes = Meshes::default();
        cases.iter().for_each(|case| ((case.make)(&mut meshes).work)());
    } else if arguments.iter().any(|argument| argument == "--scaling") {
        scaling::print(&cases);
    } else {
        table::print(&cases, folder.path());
    }
}
