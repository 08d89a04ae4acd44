//! Every misuse ends with status 2, one clear message, and nothing written.

mod common;

use common::command::Place;

const CIRCLE: &str = r#"
[domain]
kind = "circle"
cells = 32

[objective]
kind = "kernel"
kernel = { kind = "von-mises-fisher", concentration = 5.0 }
target = [ { mass = 0.5, angle = 0.7 } ]

[time]
end = 0.1
"#;

const DATA: &str = r#"
[domain]
kind = "circle"
cells = 32
signed = true

[objective]
kind = "network"
feature = "ridge"
loss = "logistic"

[objective.data]
source = "file"
file = "data.csv"

[time]
end = 0.1
"#;

/// Asserts status 2, the message, and that no file has come.
fn refused(place: &Place, words: &str, message: &str) {
    let before = place.files();
    let ran = place.run(words);
    let folder = place.path().display().to_string();
    assert_eq!(ran.stderr.replace(&folder, "FOLDER"), format!("{message}\n"), "`{words}`");
    assert_eq!(ran.status, 2, "`{words}`");
    assert_eq!(ran.stdout, "", "`{words}`");
    assert_eq!(place.files(), before, "`{words}` leaves files");
}

#[test]
fn configurations_are_refused_with_place_and_remedy() {
    let place = Place::with(CIRCLE);
    for (set, message) in [
        (
            "time.clf=1",
            "error: `time.clf` is not a key (`--set time.clf=1`)\n  hint: did you mean `time.cfl`?",
        ),
        (
            "time.end=soon",
            "error: `time.end` must be a number, not the string \"soon\" (`--set time.end=soon`)",
        ),
        (
            "time.end=nan",
            "error: `time.end = nan` is not a finite number (`--set time.end=nan`)\n  hint: `time.end` is a number above 0",
        ),
        (
            "initial.mass=-1",
            "error: `initial.mass = -1` is out of range (`--set initial.mass=-1`)\n  hint: `initial.mass` is a number above 0",
        ),
        (
            "objective.target.0.angle=inf",
            "error: `objective.target[0].angle = inf` is not a finite number (`--set objective.target.0.angle=inf`)",
        ),
        (
            "initial={kind='expression',density='x+'}",
            "error: `initial.density = \"x+\"`: expected a number, a coordinate, a function or `(` at column 3, found the end (`--set initial={kind='expression',density='x+'}`)",
        ),
    ] {
        refused(&place, &format!("solve run.toml -o run.h5 --set {set}"), message);
    }
    refused(
        &place,
        "solve run.toml -o run.h5 --set initial={kind='expression',density='x'}",
        "error: `run.toml`: `initial`: the initial density is -0.098017 at (-0.0980, 0.9952); it must be finite and nonnegative",
    );
}

#[test]
fn level_40_and_zero_or_wrong_targets_are_refused() {
    let sphere = CIRCLE.replace("kind = \"circle\"\ncells = 32", "kind = \"sphere\"\nlevel = 2");
    let place = Place::with(&sphere.replace("angle = 0.7", "point = [0, 0, 1]"));
    for (set, expected) in [
        ("domain.level=40", "`domain.level = 40` is out of range"),
        ("objective.target.0.point=[0,0,0]", "`objective.target[0].point`"),
        ("objective.target.0.point=[0,nan,1]", "`objective.target[0].point[1] = nan` is not a finite number"),
        ("objective.target.0.point=[0,1]", "`objective.target[0].point`"),
        ("objective.target.0={mass=1,angle=1}", "`objective.target[0].angle`"),
    ] {
        let ran = place.run(&format!("check run.toml --set {set}"));
        assert_eq!(ran.status, 2, "{set}");
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(expected), "{set}: {}", ran.stderr);
        assert_eq!(ran.stderr.matches("error:").count(), 1, "{set}: {}", ran.stderr);
    }
}

#[test]
fn an_empty_teacher_is_refused() {
    let place = Place::with(
        &DATA
            .replace("logistic", "square")
            .replace("source = \"file\"\nfile = \"data.csv\"", "source = \"gaussian\""),
    );
    for set in ["title=no", "objective.teacher=[]"] {
        let ran = place.run(&format!("solve run.toml -o run.h5 --set {set}"));
        assert_eq!(ran.status, 2);
        assert!(ran.stderr.contains("`objective.teacher`"), "{}", ran.stderr);
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let place = Place::with(&CIRCLE.replace("end = 0.1", "ende = 0.1\ncfl = 2"));
    let ran = place.run("check run.toml");
    assert_eq!(ran.status, 2);
    for expected in [
        "`time.ende` is not a key (line 12 of run.toml)",
        "`time.cfl = 2` is out of range (line 13 of run.toml)",
        "`time.end` is missing",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
}

#[test]
fn data_files_are_refused_with_line_and_column() {
    let place = Place::with(DATA);
    let command = "solve run.toml -o run.h5";
    refused(
        &place,
        command,
        "error: `run.toml`: `FOLDER/data.csv` cannot be read: No such file or directory (os error 2)",
    );
    for (text, message) in [
        ("x1,x2,y\n1,2,1\n1,2\n", "line 3: found 2 columns, expected 3"),
        ("x1,x2,y\n1,a,1\n", "line 2, column 2: `a` is not a number"),
        ("x1,x2,y\n1,inf,1\n", "line 2, column 2: `inf` is not finite"),
        ("x1;x2;y\n1;2;1\n", "line 1: columns must be separated by commas, as in `x1,x2,y`"),
        ("a,b,y\n1,2,1\n", "line 1, column 1: found `a`, expected `x1`"),
    ] {
        place.write("data.csv", text);
        refused(&place, command, &format!("error: `run.toml`: `FOLDER/data.csv`, {message}"));
    }
    place.write("data.csv", "x1,x2,y\n1,2,1\n3,4,0.5\n");
    refused(
        &place,
        command,
        "error: `run.toml`: FOLDER/data.csv, data point 2: y = 0.5; `objective.loss = \"logistic\"` takes the labels -1 and 1",
    );
    place.write("data.csv", "x1,y\n1,1\n");
    let ran = place.run(command);
    assert!(ran.status == 2 && ran.stderr.contains("has the inputs x1 to x1"), "{}", ran.stderr);
}

#[test]
fn outputs_that_exist_or_cannot_be_are_refused_before_the_work() {
    let place = Place::with(CIRCLE);
    place.write("old.h5", "precious");
    let force = "\n  hint: choose another name, or overwrite it with `--force`";
    for command in ["solve", "particles"] {
        refused(
            &place,
            &format!("{command} run.toml -o old.h5"),
            &format!("error: `old.h5` exists already{force}"),
        );
        refused(
            &place,
            &format!("{command} run.toml -o none/run.h5"),
            "error: `none/run.h5` cannot be created: there is no folder `none`\n  hint: make the folder first",
        );
    }
    assert_eq!(std::fs::read_to_string(place.file("old.h5")).unwrap(), "precious");
    place.succeed("solve run.toml -o old.h5 --force");
    place.succeed("info old.h5");
    place.write("old.png", "precious");
    refused(&place, "plot old.h5 -o old.png", &format!("error: `old.png` exists already{force}"));
    refused(&place, "plot old.h5 -o new.pdf", "error: `new.pdf` does not end in `.png` or `.svg`");
    refused(&place, "init spikes-circle -o run.toml", &format!("error: `run.toml` exists already{force}"));
}

#[test]
fn files_that_are_no_runs_are_refused() {
    let place = Place::with(CIRCLE);
    for command in ["info run.toml", "compare run.toml run.toml", "plot run.toml -o a.png"] {
        refused(&place, command, "error: `run.toml` is not an HDF5 file");
    }
    refused(&place, "info gone.h5", "error: `gone.h5` does not exist");
}

#[test]
fn views_and_snapshots_that_a_run_has_not_are_refused() {
    let place = Place::with(CIRCLE);
    place.succeed("solve run.toml -o run.h5 --set time.snapshots=3");
    refused(
        &place,
        "plot run.h5 -o a.png --snapshot 3",
        "error: `--snapshot 3` is out of range: `run.h5` holds the snapshots 0 to 2",
    );
    refused(
        &place,
        "plot run.h5 -o a.png --view mollweide",
        "error: this view is not for the circle; its views: angle, polar, summary, series",
    );
}

#[test]
fn a_run_does_not_replace_its_own_configuration_and_the_demo_asks_first() {
    let place = Place::with(CIRCLE);
    refused(
        &place,
        "solve run.toml -o run.toml --force",
        "error: `run.toml` is the configuration itself; name another run file",
    );
    std::fs::create_dir(place.file("there")).unwrap();
    place.write("there/four-neurons.png", "precious");
    let hint = "\n  hint: choose another name, or overwrite it with `--force`";
    refused(&place, "demo -o there", &format!("error: `there/four-neurons.png` exists already{hint}"));
    assert_eq!(std::fs::read_dir(place.file("there")).unwrap().count(), 1);
}

#[test]
fn gaps_that_cannot_be_certified_are_refused() {
    let place = Place::with(CIRCLE);
    place.succeed("check run.toml --set time.stop={gap=1e-3}");
    let landscape = "--set objective={kind='linear',potential='x'} --set time.stop={gap=1e-3}";
    let ran = place.run(&format!("check run.toml {landscape}"));
    assert!(ran.status == 2 && ran.stderr.contains("`time.stop.gap` needs a bound"), "{}", ran.stderr);
}

#[test]
fn numbers_beyond_all_bounds_end_in_a_message() {
    let place = Place::with(CIRCLE);
    let particles = "particles run.toml -o run.h5 --set particles.count=9";
    let blown = format!("{particles} --set objective={{kind='linear',potential='-1000'}} --set time.end=10");
    let ran = place.run(&blown);
    assert!(ran.status == 1 && ran.stderr.contains("not finite"), "{}", ran.stderr);
    for set in [
        "initial.mass=1e308",
        "initial.mass=1e150",
        "domain.cells=99999999999",
        "objective.kernel.concentration=1e11",
    ] {
        let ran = place.run(&format!("check run.toml --set {set}"));
        assert!([0, 1, 2].contains(&ran.status), "{set} ends with {}: {}", ran.status, ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{set}: {}", ran.stderr);
    }
}
