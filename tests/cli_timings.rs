//! `--timings`, and what the writer's own thread leaves as it was.

mod common;

use common::command::{CIRCLE, Place, Ran, bits, limited};

/// What the system says of a file beyond the limit.
#[cfg(unix)]
const TOO_LARGE: &str = "File too large (os error 27)";

/// Puts `#` for every number, and one blank for many.
fn masked(text: &str) -> String {
    let mut words = Vec::new();
    for line in text.lines() {
        let line: Vec<&str> = line
            .split_whitespace()
            .map(|word| if word.trim_start_matches('(').parse::<f64>().is_ok() { "#" } else { word })
            .collect();
        words.push(line.join(" "));
    }
    words.join("\n")
}

/// The table under the results.
fn table(ran: &Ran) -> String {
    let (_, table) = ran.stdout.split_once("\n\n").expect("a table under the results");
    masked(table)
}

#[test]
fn timings_of_the_pde_are_a_table_of_phases() {
    let place = Place::with(CIRCLE);
    let expected = "phase seconds % ms/step ns/unknown\n\
                    mesh, initial measure # #\n\
                    run file created # #\n\
                    plan of J # #\n\
                    analysis, risk # # # #\n\
                    synthesis of J # # # #\n\
                    transport # # # #\n\
                    reaction # # # #\n\
                    survey, diagnostics # # # #\n\
                    copies of snapshots # #\n\
                    waiting for the writer # #\n\
                    rest # #\n\
                    total # #\n\
                    writing, in its thread # #\n";
    let found = table(&place.succeed("solve run.toml -o run.h5 --timings"));
    assert!(found.starts_with(expected), "{found}");
    assert!(found.ends_with(" MB)"), "{found}");
    let without = place.succeed("solve run.toml -o run.h5 --force");
    assert!(!without.stdout.contains("\n\n") && !without.stdout.contains("seconds"), "{}", without.stdout);
}

#[test]
fn timings_of_particles_are_those_of_their_integrator() {
    let place = Place::with(CIRCLE);
    let found = table(&place.succeed("particles run.toml -o run.h5 --timings"));
    for phase in
        ["placing of the particles", "analysis, risk", "synthesis of J", "integrator", "survey, diagnostics"]
    {
        assert!(found.contains(&format!("\n{phase} # # # #\n")), "{phase}: {found}");
    }
    assert!(!found.contains("transport") && !found.contains("reaction"), "{found}");
}

#[test]
fn law_the_phases_in_json_add_up_to_the_total() {
    let place = Place::with(CIRCLE);
    for command in ["solve", "particles"] {
        let printed = place.json(&format!("{command} run.toml -o {command}.h5 --timings --json"));
        let timings = printed["timings"].as_object().unwrap();
        let seconds = |key: &str| timings[key]["seconds"].as_f64().unwrap();
        let parts = timings.keys().filter(|key| !["total", "writing"].contains(&key.as_str()));
        let (sum, share) = parts.fold((0.0, 0.0), |(sum, share), key| {
            (sum + seconds(key), share + timings[key]["share"].as_f64().unwrap())
        });
        assert!((sum - seconds("total")).abs() < 1e-6 * sum && (share - 1.0).abs() < 1e-6, "{timings:?}");
        // Per step and unknown, from the seconds.
        let unknowns = if command == "solve" { 64.0 } else { 50.0 };
        let steps = printed["steps"].as_f64().unwrap();
        let synthesis = &timings["synthesis"];
        let per_step = synthesis["milliseconds_per_step"].as_f64().unwrap();
        assert!((per_step * steps - 1e3 * seconds("synthesis")).abs() < 1e-9 * per_step * steps);
        let per_unknown = synthesis["nanoseconds_per_unknown"].as_f64().unwrap();
        assert!((per_unknown * unknowns - 1e6 * per_step).abs() < 1e-9 * 1e6 * per_step);
        let bytes = std::fs::metadata(place.file(&format!("{command}.h5"))).unwrap().len();
        assert_eq!(timings["writing"]["bytes"].as_u64(), Some(bytes));
        // What there was before.
        for key in ["setup", "steps", "writing"] {
            assert!(printed["seconds"][key].as_f64().is_some(), "{key}");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_run_on_a_full_disk_ends_with_the_reason_and_is_resumed_to_the_same_numbers() {
    let place =
        Place::with(&CIRCLE.replace("cells = 64", "cells = 4000").replace("snapshots = 5", "snapshots = 40"));
    place.succeed("solve run.toml -o whole.h5 --set time.max_step=0.02");
    let size = std::fs::metadata(place.file("whole.h5")).unwrap().len();
    let ran = limited(place.path(), size / 1024, "solve run.toml -o run.h5 --set time.max_step=0.02");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert_eq!(ran.stderr, format!("error: `run.h5` cannot be written: {TOO_LARGE}\n"));
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    assert_eq!(place.files(), ["run.h5", "run.toml", "whole.h5"]);
    let info = place.json("info run.h5 --json");
    let snapshots = info["snapshots"].as_u64().unwrap();
    assert!(info["complete"] == false && (5..40).contains(&snapshots), "{snapshots} snapshots");
    place.succeed("solve run.toml -o run.h5 --resume --set time.max_step=0.02");
    assert!(bits(&place.file("run.h5")) == bits(&place.file("whole.h5")), "the resumed run differs");
}

#[test]
#[cfg(unix)]
fn a_disk_too_full_to_begin_is_told_in_words_and_nothing_is_left() {
    let place = Place::with(CIRCLE);
    for words in ["solve run.toml -o run.h5 --set domain.cells=20000", "mesh sphere --level 5 -o run.h5"] {
        let ran = limited(place.path(), 64, words);
        assert_eq!((ran.status, &ran.stdout[..]), (2, ""), "{words}");
        assert_eq!(ran.stderr, format!("error: `run.h5` cannot be written: {TOO_LARGE}\n"), "{words}");
        assert_eq!(place.files(), ["run.toml"]);
    }
}
