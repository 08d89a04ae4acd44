//! A run that is killed at any instant leaves a file that opens and holds every snapshot that it had announced.
#![cfg(unix)]

use ndarray::Array2;
use sphereflow_io::run::{
    BackgroundWriter, Column, DiagnosticsRow, MeshTable, ParticleHeader, Run, RunDomain, RunError, RunHeader,
    RunWriter, Snapshot,
};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const CELLS: usize = 3000;
const PARTICLES: usize = 700;
const PATH: &str = "SPHEREFLOW_TEST_RUN";
const MODE: &str = "SPHEREFLOW_TEST_MODE";
/// What the child says when it begins.
const STARTED: &str = "the child has started";

/// The value with number `n` of snapshot `k`: without any pattern, so that it does not compress away.
fn value(k: usize, n: usize) -> f64 {
    ((k * 7919 + n) as f64 * 0.618_033_988_749_895).fract()
}

fn density(k: usize) -> Array2<f64> {
    Array2::from_shape_fn((2, CELLS), |(sheet, cell)| value(k, sheet * CELLS + cell))
}

fn position(k: usize) -> Array2<f64> {
    Array2::from_shape_fn((PARTICLES, 2), |(n, axis)| value(k + 1, 2 * n + axis))
}

fn mass(k: usize) -> Vec<f64> {
    (0..PARTICLES).map(|n| value(k + 2, n)).collect()
}

fn step(k: usize) -> DiagnosticsRow {
    DiagnosticsRow { time: k as f64, objective: value(k, 0), mass: value(k, 1), ..DiagnosticsRow::default() }
}

fn create(path: &Path) -> RunWriter {
    let center = Array2::from_shape_fn((CELLS, 2), |(cell, axis)| value(cell, axis));
    let faces: Vec<[u32; 2]> = (0..CELLS as u32).map(|k| [k, (k + 1) % CELLS as u32]).collect();
    let (arcs, ones) = (vec![0.1; CELLS], vec![1.0; CELLS]);
    let mesh = MeshTable {
        domain: RunDomain::Circle { cells: CELLS },
        center: center.view(),
        measure: &arcs,
        face_cells: Column::Rows(&faces),
        face_measure: Column::Rows(&ones),
        face_distance: Column::Rows(&arcs),
        polygons: None,
    };
    let header = RunHeader {
        method: "finite-volume",
        config_toml: "",
        version: "0",
        mesh: Some(mesh),
        sheets: 2,
        particles: Some(ParticleHeader { count: PARTICLES, dim: 2, sign: &[1; PARTICLES] }),
        test_functions: &[],
    };
    RunWriter::create(path, &header, true).unwrap()
}

fn append(writer: &mut RunWriter) {
    let k = writer.snapshots();
    with_snapshot(k, |snapshot| writer.append(snapshot, &[step(k)])).unwrap();
}

/// Hands snapshot `k` to `write`.
fn with_snapshot<T>(k: usize, write: impl FnOnce(&Snapshot<'_>) -> T) -> T {
    let (density, position, mass) = (density(k), position(k), mass(k));
    write(&Snapshot {
        time: k as f64,
        density: Some(density.view()),
        position: Some(position.view()),
        mass: Some(&mass),
        objective: value(k, 3),
        mass_total: value(k, 4),
        potential_min: value(k, 5),
        step: value(k, 6),
    })
}

/// Announces how many snapshots are safe.
fn announce(snapshots: usize) {
    // A line by itself: the harness has left the cursor after the test's name.
    let mut out = std::io::stdout().lock();
    write!(out, "\nfinished {snapshots}\n").unwrap();
    out.flush().unwrap();
}

/// The same by a thread: all but the last two snapshots are safe whenever `append` has returned.
fn append_in_background(writer: RunWriter) -> ! {
    let mut next = writer.snapshots();
    let mut writer = BackgroundWriter::new(writer).unwrap();
    loop {
        with_snapshot(next, |snapshot| writer.append(snapshot, &[step(next)])).unwrap();
        next += 1;
        announce(next.saturating_sub(2));
    }
}

/// Not a test by itself: the process that the test below starts and kills.
#[test]
#[ignore = "started by the test of kills"]
fn child_that_appends_until_it_is_killed() {
    let (Some(path), Some(mode)) = (std::env::var_os(PATH), std::env::var_os(MODE)) else { return };
    let path = Path::new(&path);
    let mode = mode.to_str().unwrap();
    println!("\n{STARTED}");
    let mut writer = if mode.contains("resume") { RunWriter::resume(path).unwrap() } else { create(path) };
    if mode.contains("background") {
        append_in_background(writer);
    }
    loop {
        append(&mut writer);
        announce(writer.snapshots());
    }
}

/// Starts the child, kills it when it has worked for `life`, and returns how many snapshots it had announced.
fn run_and_kill(path: &Path, mode: &str, life: Duration) -> usize {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "child_that_appends_until_it_is_killed"])
        .env(PATH, path)
        .env(MODE, mode)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line.trim_end() != STARTED {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "the child has ended before it began");
    }
    std::thread::sleep(life);
    assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
    child.kill().unwrap();
    let mut printed = String::new();
    out.read_to_string(&mut printed).unwrap();
    child.wait().unwrap();
    announced(&printed)
}

/// The last count that a child announced in whole.
fn announced(printed: &str) -> usize {
    // A line that the kill cut short does not count.
    let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
    whole.lines().filter_map(|line| line.strip_prefix("finished ")?.parse().ok()).next_back().unwrap_or(0)
}

/// Checks every number of the file, and returns how many snapshots it holds.
fn check(path: &Path) -> usize {
    let run = match Run::open(path) {
        Ok(run) => run,
        Err(RunError::NotFound { .. }) => return 0,
        Err(error) => panic!("{error}"),
    };
    let snapshots = run.times().len();
    let series = run.snapshot_series().unwrap();
    for k in 0..snapshots {
        assert_eq!(run.times()[k], k as f64);
        assert!(run.density(k).unwrap() == density(k), "density of snapshot {k}");
        assert!(run.positions(k).unwrap() == position(k), "positions of snapshot {k}");
        assert!(run.masses(k).unwrap() == mass(k), "masses of snapshot {k}");
        assert_eq!(series.objective[k], value(k, 3));
        assert_eq!(series.mass[k], value(k, 4));
        assert_eq!(series.potential_min[k], value(k, 5));
        assert_eq!(series.step[k], value(k, 6));
    }
    assert_eq!(run.diagnostics().unwrap(), (0..snapshots).map(step).collect::<Vec<_>>());
    assert!(!run.complete());
    snapshots
}

#[test]
fn a_run_killed_at_any_instant_keeps_every_snapshot_that_it_finished() {
    // Between the exchange of the files and the announcement there may be one more.
    kill_again_and_again("", 1);
}

#[test]
fn a_run_written_in_the_background_and_killed_keeps_every_snapshot_that_it_finished() {
    // Up to two may have been written that were not announced, and one was on its way.
    kill_again_and_again(" in the background", 3);
}

/// Starts and kills, forty times over or more; up to `beyond` snapshots may be there that were not announced.
fn kill_again_and_again(how: &str, beyond: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("RUN.h5");
    let mut report = String::new();
    let (mut random, mut most) = (2024_u64, 0);
    // On a busy machine more rounds, and longer ones, until there is something to lose.
    for round in 0..200 {
        if round >= 40 && most > 10 {
            break;
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let life = Duration::from_micros(2_000 + (random >> 33) % (60_000 + 6_000 * round));
        // Every fourth round begins anew over the file of the one before; the others go on with it.
        let resume = round % 4 != 0 && path.exists();
        let before = check(&path);
        let mode = if resume { "resume" } else { "create" };
        let announced = run_and_kill(&path, &format!("{mode}{how}"), life);
        let found = check(&path);
        writeln!(report, "round {round}: {before} before, {announced} announced, {found} found").unwrap();
        let allowed = match announced {
            0 if resume => before..=before + beyond,
            // Over an old file the new one appears with its first snapshot.
            0 if (1..=beyond).contains(&found) => 1..=beyond,
            0 => before..=before,
            _ => announced..=announced + beyond,
        };
        assert!(allowed.contains(&found), "{report}");
        most = most.max(found);
    }
    assert!(most > 10, "too few snapshots to mean anything\n{report}");
    let mut writer = RunWriter::resume(&path).unwrap();
    append(&mut writer);
    writer.finish(&[]).unwrap();
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["RUN.h5"]);
}

#[test]
fn a_run_that_finds_no_more_room_fails_and_keeps_every_snapshot_that_it_finished() {
    assert_eq!(fill_up("create"), 0);
}

#[test]
fn a_run_written_in_the_background_that_finds_no_more_room_fails_and_keeps_what_it_finished() {
    assert!(fill_up("create in the background") <= 3);
}

/// Writes until there is no more room; returns how many snapshots more than announced the file then has.
fn fill_up(mode: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("RUN.h5");
    // A limit on the size of files stands for a full disk: writing beyond it is an error, as its signal is ignored.
    let script = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    let child = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "child_that_appends_until_it_is_killed"])
        .env(PATH, &path)
        .env(MODE, mode)
        .output()
        .unwrap();
    let complaint = String::from_utf8(child.stderr).unwrap();
    assert!(!child.status.success() && complaint.contains("RUN.h5"), "{complaint}");
    let announced = announced(&String::from_utf8(child.stdout).unwrap());
    assert!(announced > 5, "too few snapshots to mean anything: {announced}");
    let found = check(&path);
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["RUN.h5"]);
    found.checked_sub(announced).expect("every announced snapshot is there")
}
