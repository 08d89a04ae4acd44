//! What `check` tells of the cost of a run before it begins.

mod common;

use common::command::Place;

const SPHERE: &str = r#"
[domain]
kind = "sphere"
level = 4

[objective]
kind = "network"
feature = "ridge"

[objective.data]
source = "gaussian"
samples = 300

[[objective.teacher]]
output = 1.0
input = [1.0, 0.0, 0.0]

[time]
end = 1.0

[particles]
count = 200
tolerance = 1e-4
"#;

#[test]
fn the_cost_of_both_runs_is_told() {
    let place = Place::with(SPHERE);
    let checked = place.json("check run.toml --json");
    let number = |key: &str| checked[key].as_f64().unwrap();
    let larger = number("density_megabytes").max(number("particles_megabytes"));
    assert_eq!(number("memory_megabytes"), larger);
    // Twice the particles: their share doubles, that of the program and of the data does not.
    let [one, two, three] = [10_000, 20_000, 30_000].map(|count| {
        place.json(&format!("check run.toml --json --set particles.count={count}"))["particles_megabytes"]
            .as_f64()
            .unwrap()
    });
    assert!(
        (three - two - (two - one)).abs() < 1e-9 && (3.0..10.0).contains(&(two - one)),
        "{one} {two} {three}"
    );
    let ran = place.json("particles run.toml -o cloud.h5 --json");
    let (estimate, steps) = (number("particles_steps"), ran["steps"].as_f64().unwrap());
    assert!((0.3..3.0).contains(&(estimate / steps)), "{estimate} steps expected, {steps} taken");
    assert!(number("particles_seconds") > 0.0 && number("particles_step") > 0.0);
}

#[test]
fn a_hopeless_run_is_warned_of() {
    let place = Place::with(SPHERE);
    let fine = place.succeed("check run.toml");
    assert!(fine.stderr.is_empty(), "{}", fine.stderr);
    let ran = place.succeed("check run.toml --set time.end=1e9 --set time.snapshots=2");
    for what in ["the PDE", "the particles"] {
        assert!(ran.stderr.contains(&format!("warning: {what} will take about ")), "{}", ran.stderr);
    }
    assert!(ran.stderr.contains("\n  hint: "), "{}", ran.stderr);
}

#[test]
fn particles_that_would_take_long_are_estimated_from_a_few_of_them() {
    let place = Place::with(SPHERE);
    let sets =
        "--set objective.data.samples=5000 --set particles.count=50000 --set objective.evaluation=direct";
    let started = std::time::Instant::now();
    let checked = place.json(&format!("check run.toml --json --set domain.level=2 {sets}"));
    assert!(started.elapsed().as_secs() < 100);
    assert!(checked["particles_seconds"].as_f64().unwrap() > 1.0, "{checked}");
}
