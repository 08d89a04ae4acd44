//! What `check` tells of the cost of a run before it begins.

mod common;

use common::command::Place;
use sphereflow::mesh::{Domain, SphereMesh};

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

/// A landscape on the sphere of level 9, with an initial density.
fn large(density: &str) -> Place {
    Place::with(&format!(
        "[domain]\nkind = \"sphere\"\nlevel = 9\n[objective]\nkind = \"linear\"\npotential = \"z\"\n\
         [initial]\nkind = \"expression\"\ndensity = \"{density}\"\n[time]\nend = 0.004\nsnapshots = 2\n"
    ))
}

#[test]
fn the_cost_of_a_large_run_is_scaled_from_a_coarser_mesh_and_near_the_truth() {
    let place = large("1 + 0.5 * x");
    let checked = place.json("check run.toml --json --set domain.level=8");
    assert_eq!(checked["estimated"], "scaled from 163842 cells");
    assert_eq!(checked["cells"], 655_362);
    let solved = place.json("solve run.toml -o run.h5 --json --set domain.level=8");
    let [estimate, steps] = [&checked, &solved].map(|told| told["steps"].as_f64().unwrap());
    assert!(steps >= 2.0 && (estimate - steps).abs() <= 1.0, "{estimate} steps expected, {steps} taken");
    // The mesh in the file, beside two densities.
    let stored = hdf5::File::open(place.file("run.h5")).unwrap();
    let size = |name: &str| {
        let data = stored.dataset(name).unwrap();
        (data.size() * data.dtype().unwrap().size()) as f64
    };
    let mesh = stored.group("mesh").unwrap().datasets().unwrap();
    let bytes: f64 = size("density") + mesh.iter().map(|data| size(&data.name())).sum::<f64>();
    let told = checked["run_megabytes"].as_f64().unwrap();
    assert!((told - bytes / 1e6).abs() < 1e-5 * told, "{told} MB, and not {bytes} bytes");
}

#[test]
fn what_is_wrong_at_one_cell_of_millions_is_found() {
    let domain = Domain::Sphere { subdivision: 512, mesh: SphereMesh::Flat };
    let [x, y, z] = domain.centers().unwrap()(1_000_001);
    let hole = format!("1 - 3 * exp(1e8 * ({x} * x + {y} * y + {z} * z - 1))");
    let refused = large(&hole).run("check run.toml");
    let place = format!("the initial density is -2.000000 at ({x:.4}, {y:.4}, {z:.4})");
    assert!(refused.status == 2 && refused.stderr.contains(&place), "{}", refused.stderr);
    // On fewer cells nothing is wrong.
    large(&hole).succeed("check run.toml --set domain.level=6");
    let pole = large("1").run("check run.toml --set objective.potential=log(1-z)");
    assert!(pole.status == 2 && pole.stderr.contains("`objective.potential` is -inf"), "{}", pole.stderr);
}
