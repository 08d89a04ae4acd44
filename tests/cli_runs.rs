//! Whole runs of the command: what it prints, what it writes, and what survives its death.

mod common;

use std::process::Stdio;
use std::time::{Duration, Instant};

use approx::assert_abs_diff_eq;
use common::command::{CIRCLE, Place, bits, sphereflow};

const SIGNED_SPHERE: &str = r#"
[domain]
kind = "sphere"
subdivision = 7
signed = true

[objective]
kind = "network"
feature = "ridge"
activation = "relu"

[objective.data]
source = "gaussian"
samples = 100

[[objective.teacher]]
output = 1.0
input = [1.0, 0.0, 0.0]

[[objective.teacher]]
output = -0.5
input = [0.0, 1.0, 1.0]

[time]
end = 1.0
snapshots = 4

[particles]
count = 80
tolerance = 1e-6
"#;

#[test]
fn law_one_thread_and_two_give_the_same_bits_in_every_dataset() {
    for (config, sizes) in [(CIRCLE, " --set domain.cells=1000"), (SIGNED_SPHERE, "")] {
        let place = Place::with(config);
        for command in ["solve", "particles"] {
            let sizes = if command == "solve" { sizes } else { " --set particles.count=700" };
            for threads in [1, 2] {
                place.succeed(&format!(
                    "{command} run.toml -o {command}{threads}.h5 --threads {threads}{sizes}"
                ));
            }
            let [one, two] = [1, 2].map(|n| bits(&place.file(&format!("{command}{n}.h5"))));
            assert!(one.len() > 8);
            for (one, two) in one.iter().zip(&two) {
                assert!(one == two, "{command}: `{}` differs", one.0);
            }
        }
    }
}

#[test]
fn a_run_holds_what_it_prints() {
    let place = Place::with(CIRCLE);
    let solved = place.json("solve run.toml -o pde.h5 --json --timings");
    let info = place.json("info pde.h5 --json");
    assert_eq!(info["complete"], true);
    assert_eq!(info["snapshots"], 5);
    assert_eq!(info["times"], serde_json::json!([0.0, 0.25, 0.5, 0.75, 1.0]));
    assert_eq!(solved["objective"], info["objective"]);
    assert_eq!(solved["mass"], info["mass"]);
    assert!(solved["objective"].as_f64() < solved["objective_start"].as_f64());
    assert!(solved["seconds"]["steps"].as_f64().is_some());
    assert_eq!(info["recorded_steps"].as_u64().unwrap(), solved["steps"].as_u64().unwrap() + 1);
    // The mass on the first snapshot is that of the configuration, and each mass is the integral of the density.
    let file = hdf5::File::open(place.file("pde.h5")).unwrap();
    let density = file.dataset("density").unwrap().read_dyn::<f64>().unwrap();
    assert_eq!(density.shape(), [5, 1, 64]);
    let measure = file.dataset("mesh/measure").unwrap().read_1d::<f64>().unwrap();
    let mass = file.dataset("snapshot/mass").unwrap().read_1d::<f64>().unwrap();
    for (k, mass) in mass.iter().enumerate() {
        let integral: f64 = measure.iter().enumerate().map(|(i, a)| a * density[[k, 0, i]]).sum();
        assert_abs_diff_eq!(*mass, integral, epsilon = 1e-14);
    }
    assert_abs_diff_eq!(mass[0], 1.0, epsilon = 1e-14);
    assert_eq!(place.files(), ["pde.h5", "run.toml"]);
}

#[test]
fn runs_are_compared_and_drawn() {
    let place = Place::with(CIRCLE);
    place.succeed("solve run.toml -o pde.h5");
    place.succeed(
        "particles run.toml -o cloud.h5 --set particles.initial=quadrature --set particles.count=400",
    );
    let compared = place.json("compare pde.h5 cloud.h5 --json");
    let column = |name: &str| -> Vec<f64> {
        compared["columns"][name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    assert_eq!(column("time"), [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert!(column("prediction").iter().all(|d| *d < 1e-2), "{:?}", column("prediction"));
    assert!(column("W1").iter().all(|d| (1e-6..0.05).contains(d)), "{:?}", column("W1"));
    assert!(
        place.json("compare pde.h5 pde.h5 --json")["columns"]["W1"]
            .as_array()
            .unwrap()
            .iter()
            .all(|d| d == 0.0)
    );
    for view in ["summary", "angle", "polar", "series"] {
        place.succeed(&format!("plot pde.h5 --particles cloud.h5 --view {view} -o {view}.svg"));
    }
    place.succeed("plot cloud.h5 --time 0.5 -o cloud.png");
    let png = std::fs::read(place.file("cloud.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n") && png.len() > 10_000);
}

#[test]
fn a_signed_sphere_runs_from_end_to_end() {
    let place = Place::with(SIGNED_SPHERE);
    let solved = place.json("solve run.toml -o pde.h5 --json");
    assert!(solved["objective"].as_f64() < solved["objective_start"].as_f64());
    place.succeed("particles run.toml -o cloud.h5");
    place.succeed("compare pde.h5 cloud.h5");
    for view in ["summary", "hemispheres"] {
        place.succeed(&format!("plot pde.h5 --particles cloud.h5 --view {view} --log -o {view}.png"));
    }
}

#[test]
fn a_run_goes_on_to_its_end_after_the_last_snapshot() {
    let place = Place::with(&CIRCLE.replace("snapshots = 5", "snapshots = [0.25, 0.5]"));
    place.succeed("solve run.toml -o run.h5");
    let file = hdf5::File::open(place.file("run.h5")).unwrap();
    assert_eq!(file.dataset("time").unwrap().read_raw::<f64>().unwrap(), [0.25, 0.5]);
    let recorded = file.dataset("diagnostics/time").unwrap().read_raw::<f64>().unwrap();
    assert_eq!((recorded[0], *recorded.last().unwrap()), (0.0, 1.0));
    assert!(recorded.windows(2).all(|pair| pair[0] < pair[1]));
    drop(file);
    let ran = place.run("solve run.toml -o run.h5 --resume --set time.end=2");
    assert!(ran.status == 2 && ran.stderr.contains("after its last snapshot"), "{}", ran.stderr);
}

#[test]
fn a_run_stops_by_its_criterion_with_a_snapshot_there() {
    let place = Place::with(CIRCLE);
    let solved = place.json("solve run.toml -o run.h5 --json --set time.stop={dissipation=0.1}");
    assert!(solved["dissipation"].as_f64().unwrap() <= 0.1 && solved["time"].as_f64().unwrap() < 1.0);
    let info = place.json("info run.h5 --json");
    assert_eq!((&info["time"], &info["complete"]), (&solved["time"], &true.into()));
}

#[test]
fn a_mesh_is_written_and_its_quality_printed() {
    let place = Place::new();
    let printed = place.json("mesh sphere --subdivision 16 -o mesh.h5 --json");
    assert_eq!((printed["cells"].as_u64(), printed["faces"].as_u64()), (Some(2562), Some(7680)));
    assert!((printed["area_ratio"].as_f64().unwrap() - 1.93).abs() < 0.005);
    let file = hdf5::File::open(place.file("mesh.h5")).unwrap();
    let area: f64 = file.dataset("mesh/measure").unwrap().read_1d::<f64>().unwrap().sum();
    assert_abs_diff_eq!(area, 4.0 * std::f64::consts::PI, epsilon = 1e-12);
    assert_eq!(place.run("mesh sphere --subdivision 16 -o mesh.h5").status, 2);
    assert_eq!(place.run("mesh circle --level 3").status, 2);
    assert_eq!(place.run("mesh sphere --level 40").status, 2);
}

#[test]
fn a_mesh_comes_from_the_cache_the_second_time() {
    let place = Place::new();
    let run = |words: &str| {
        let mut command = sphereflow(place.path());
        command.env("SPHEREFLOW_CACHE", "kept").args(words.split_whitespace());
        let output = command.output().unwrap();
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (printed, String::from_utf8(output.stderr).unwrap())
    };
    let mesh = "mesh sphere --mesh centroidal --level 6 --json";
    for (words, source) in
        [(mesh, "built"), (mesh, "cache"), (&format!("{mesh} --no-cache"), "built"), (mesh, "cache")]
    {
        let (printed, told) = run(words);
        assert_eq!((printed["source"].as_str(), &told[..]), (Some(source), ""), "{words}");
        assert_eq!(printed["mesh"], "centroidal");
        assert!(printed["max_centroid_offset"].as_f64().unwrap() < 2e-12);
    }
    place.write("kept/centroidal-64-v1.h5", "something else, of some length, and with no digest");
    let (printed, told) = run(mesh);
    assert_eq!(printed["source"], "built");
    let file = std::path::Path::new("kept").join("centroidal-64-v1.h5");
    let expected =
        format!("note: `{}` is not what was kept there (its digest is another one); ", file.display());
    assert_eq!(told, format!("{expected}the mesh is built anew\n"));
    assert_eq!(run(mesh).0["source"], "cache");
    let (printed, told) = run("mesh sphere --subdivision 70 --json");
    assert_eq!((printed["mesh"].as_str(), printed["source"].as_str()), (Some("flat"), Some("built")));
    assert!(told.is_empty() && place.json(mesh)["source"] == "built");
}

#[test]
fn a_run_on_each_mesh_of_the_sphere_is_continued_compared_and_drawn() {
    let sphere = "[domain]\nkind = \"sphere\"\nsubdivision = 8\n[objective]\nkind = \"linear\"\npotential = \"-z\"\n\
                  [time]\nend = 0.2\nsnapshots = 3\n";
    let place = Place::with(sphere);
    place.succeed("solve run.toml -o flat.h5");
    for mesh in ["flat", "recursive", "centroidal"] {
        let set = format!("--set domain.mesh={mesh}");
        place.succeed(&format!("solve run.toml -o {mesh}-whole.h5 {set}"));
        place.succeed(&format!(
            "solve run.toml -o {mesh}-cut.h5 {set} --set time.end=0.1 --set time.snapshots=2"
        ));
        place.succeed(&format!("solve run.toml -o {mesh}-cut.h5 {set} --resume"));
        assert_eq!(
            bits(&place.file(&format!("{mesh}-cut.h5"))),
            bits(&place.file(&format!("{mesh}-whole.h5")))
        );
        assert_eq!(place.json(&format!("info {mesh}-whole.h5 --json"))["mesh"], mesh);
        let compared = place.json(&format!("compare flat.h5 {mesh}-whole.h5 --json"));
        let mean = compared["columns"]["mean"][2].as_f64().unwrap();
        assert!(mean < 2e-3 && (mean == 0.0) == (mesh == "flat"), "{mesh}: {mean}");
        place.succeed(&format!("plot {mesh}-whole.h5 -o {mesh}.png"));
    }
    let ran = place.run("solve run.toml -o flat.h5 --resume --set domain.mesh=recursive");
    assert!(ran.status == 2 && ran.stderr.contains("another `[domain]`"), "{}", ran.stderr);
    assert_eq!(place.run("mesh sphere --mesh recursive --subdivision 12").status, 2);
    assert_eq!(place.run("mesh circle --mesh flat").status, 2);
}

#[test]
fn every_example_is_checked_and_starts() {
    let place = Place::new();
    let list = place.json("init --json");
    assert!(list.as_object().unwrap().len() >= 8);
    for name in list.as_object().unwrap().keys() {
        place.succeed(&format!("init {name} -o {name}.toml"));
        let checked = place.json(&format!("check {name}.toml --json"));
        assert!(checked["steps"].as_f64().unwrap() >= 1.0, "{name}");
        place.write("resolved.toml", checked["config"].as_str().unwrap());
        assert_eq!(place.json("check resolved.toml --json")["config"], checked["config"], "{name}");
    }
}

#[test]
fn a_killed_run_keeps_every_finished_snapshot_and_resumes_to_the_same_bits() {
    let place =
        Place::with(&CIRCLE.replace("cells = 64", "cells = 512").replace("snapshots = 5", "snapshots = 60"));
    place.succeed("solve run.toml -o whole.h5 --threads 1");
    let whole = bits(&place.file("whole.h5"));
    let started = Instant::now();
    place.succeed("solve run.toml -o timed.h5 --threads 1");
    let duration = started.elapsed();
    let mut interrupted = 0;
    for attempt in 0..12 {
        let name = format!("killed{attempt}.h5");
        let mut child = sphereflow(place.path())
            .args(["solve", "run.toml", "-o", &name, "--threads", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(
            duration.mul_f64((f64::from(attempt) + 0.5) / 12.0) + Duration::from_micros(137 * attempt as u64),
        );
        child.kill().unwrap();
        child.wait().unwrap();
        if !place.file(&name).exists() {
            continue;
        }
        let info = place.json(&format!("info {name} --json"));
        let snapshots = info["snapshots"].as_u64().unwrap() as usize;
        for (found, whole) in bits(&place.file(&name)).iter().zip(&whole) {
            assert_eq!(found.0, whole.0);
            assert!(whole.1.starts_with(&found.1), "`{}` holds other numbers", found.0);
        }
        if info["complete"] == false && snapshots > 0 {
            interrupted += 1;
            place.succeed(&format!("solve run.toml -o {name} --resume --threads 1"));
            for (found, whole) in bits(&place.file(&name)).iter().zip(&whole) {
                assert!(found == whole, "`{}` differs after resuming", found.0);
            }
        }
    }
    assert!(interrupted >= 3, "only {interrupted} runs were interrupted");
    // Beside a finished run nothing is left over; what was killed before its first snapshot leaves a hidden file.
    let left_over = place.files().into_iter().filter(|name| name.starts_with('.'));
    for name in left_over {
        let run = name.trim_start_matches('.').trim_end_matches(".next").to_owned();
        assert!(!place.file(&run).exists(), "{name} lies beside {run}");
    }
}

#[test]
fn a_run_is_not_continued_with_another_problem() {
    let place = Place::with(CIRCLE);
    place.succeed("solve run.toml -o run.h5");
    let ran = place.run("solve run.toml -o run.h5 --resume --set domain.cells=32");
    assert_eq!(ran.status, 2);
    assert_eq!(
        ran.stderr,
        "error: `run.h5` was made with another `[domain]` and cannot be continued with this one\n"
    );
    place.succeed("solve run.toml -o run.h5 --resume --set time.end=1.5 --set time.snapshots=7");
    assert_eq!(place.json("info run.h5 --json")["time"], 1.5);
}

#[test]
fn ref_finite_data_give_the_objective_of_their_formula() {
    let network = "[domain]\nkind = \"circle\"\ncells = 256\n[objective]\nkind = \"network\"\nfeature = \"ridge\"\n\
                   [objective.data]\nsource = \"file\"\nfile = \"data.csv\"\n[time]\nend = 1e-6\n";
    let place = Place::with(network);
    let start = |sets: &str, data: &str| {
        place.write("data.csv", data);
        place.json(&format!("solve run.toml -o run.h5 --force --json {sets}"))["objective_start"]
            .as_f64()
            .unwrap()
    };
    // A uniform unit mass predicts |x| / pi with relu, and 0 with the identity.
    let half = |x: f64, y: f64| 0.5 * (x / std::f64::consts::PI - y).powi(2);
    let two = "x1,x2,y\n3,4,1\n0,2,-1\n";
    assert_abs_diff_eq!(start("", two), f64::midpoint(half(5.0, 1.0), half(2.0, -1.0)), epsilon = 1e-4);
    assert_abs_diff_eq!(start("--set objective.activation=identity", two), 0.5, epsilon = 1e-12);
    let logistic = "--set objective.activation=identity --set objective.loss=logistic";
    assert_abs_diff_eq!(start(logistic, two), 2f64.ln(), epsilon = 1e-12);
    let regularized = "--set objective.activation=identity --set objective.regularization=0.25";
    assert_abs_diff_eq!(start(regularized, two), 0.75, epsilon = 1e-12);
    let bias = start("--set objective.data.bias=true", "x1,y\n3,1\n");
    assert_abs_diff_eq!(bias, half(10f64.sqrt(), 1.0), epsilon = 1e-4);
}
