//! `compare`: distances between two runs.

use anyhow::anyhow;
use serde_json::json;
use sphereflow::io::problem::Problem;
use sphereflow::io::run::Run;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::distance::{self, DistanceError};

use crate::cli::Compare;
use crate::failure::Failure;
use crate::load;
use crate::report::{self, Table};

/// Times that differ by less than this, relatively, are the same.
const SAME_TIME: f64 = 1e-9;

/// Prints the distances at the common times.
pub fn run(options: &Compare) -> Result<(), Failure> {
    let (first, second) = (load::run(&options.first)?, load::run(&options.second)?);
    let (config, other) = (load::config_of(&first)?, load::config_of(&second)?);
    let signed =
        |config: &sphereflow::io::config::Config| (config.domain.coordinates(), config.domain.signed());
    if signed(&config) != signed(&other) {
        return Err(Failure::usage(anyhow!(
            "`{}` and `{}` live on different domains",
            options.first.display(),
            options.second.display()
        )));
    }
    if config.objective != other.objective {
        eprintln!("note: the runs have different objectives; predictions are those of the first");
    }
    let common = common_times(&first, &second);
    if common.is_empty() {
        return Err(Failure::usage(anyhow!(
            "`{}` and `{}` have no snapshot time in common",
            options.first.display(),
            options.second.display()
        )));
    }
    let problem = load::resolve(&config, &options.first)?;
    let table = distances(&problem, &first, &second, &common)?;
    if options.json {
        let object = json!({
            "first": options.first.display().to_string(),
            "second": options.second.display().to_string(),
            "columns": table.to_json(),
        });
        return report::print(&format!("{object}\n"));
    }
    report::print(&table.to_string())
}

/// The distances at pairs of snapshots.
fn distances(
    problem: &Problem,
    first: &Run,
    second: &Run,
    common: &[(usize, usize)],
) -> Result<Table, Failure> {
    let on_circle = problem.dim == 2;
    let mut head = vec!["time", "F first", "F second", "mass first", "mass second", "prediction", "mean"];
    if on_circle {
        head.extend(["W1", "W2"]);
    }
    let mut table = Table::new(head);
    let (one, other) =
        (first.snapshot_series().map_err(Failure::usage)?, second.snapshot_series().map_err(Failure::usage)?);
    for (i, j) in common.iter().copied() {
        let (a, b) = (load::atoms(first, i)?, load::atoms(second, j)?);
        let mut row =
            vec![first.times()[i], one.objective[i], other.objective[j], one.mass[i], other.mass[j]];
        row.push(distance::prediction(&problem.objective, &a, &b).map_err(Failure::work)?);
        row.push(distance::mean(&a, &b).map_err(Failure::work)?);
        if on_circle {
            for order in [distance::Order::One, distance::Order::Two] {
                row.push(transport_distance(&a, &b, order)?);
            }
        }
        table.push(row);
    }
    Ok(table)
}

/// The Wasserstein distance, or not a number where one of the two has nothing on a sheet.
fn transport_distance(a: &Atoms, b: &Atoms, order: distance::Order) -> Result<f64, Failure> {
    match distance::wasserstein_circle(a, b, order) {
        Err(DistanceError::EmptySheet { .. }) => Ok(f64::NAN),
        distance => distance.map_err(Failure::work),
    }
}

/// Pairs of snapshots of equal times.
fn common_times(first: &Run, second: &Run) -> Vec<(usize, usize)> {
    let same = |a: f64, b: f64| (a - b).abs() <= SAME_TIME * (1.0 + a.abs().max(b.abs()));
    let partner = |t: f64| second.times().iter().position(|u| same(t, *u));
    first.times().iter().enumerate().filter_map(|(i, t)| Some((i, partner(*t)?))).collect()
}
