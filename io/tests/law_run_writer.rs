//! The writer of runs: when a file appears, what it replaces, who may read it meanwhile, and how it is continued.

mod common;

use common::{Example, append, assert_holds, folder_and_path, names_in, snapshot, state, steps, write};
use sphereflow_io::run::{BackgroundWriter, Run, RunError, RunWriter, WriteError};
use std::fs;
use std::path::Path;

#[test]
fn the_file_appears_with_its_first_snapshot_and_a_dropped_writer_leaves_it_alone() {
    let (folder, path) = folder_and_path();
    let example = Example::new();
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    assert!(!path.exists());
    append(&mut writer, 0..1);
    assert_holds(&path, 1, false);
    append(&mut writer, 1..4);
    assert_holds(&path, 4, false);
    drop(writer);
    assert_holds(&path, 4, false);
    assert_eq!(names_in(folder.path()), ["RUN.h5"]);
    drop(RunWriter::create(folder.path().join("other.h5"), &example.header(), false).unwrap());
    assert_eq!(names_in(folder.path()), ["RUN.h5"]);
}

#[test]
fn resuming_continues_an_interrupted_run_and_extends_a_finished_one() {
    let (folder, path) = folder_and_path();
    let whole = folder.path().join("whole.h5");
    write(&whole, 6);
    let example = Example::new();
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    append(&mut writer, 0..2);
    drop(writer);
    let mut writer = RunWriter::resume(&path).unwrap();
    assert_eq!(writer.snapshots(), 2);
    append(&mut writer, 2..4);
    writer.finish(&[]).unwrap();
    assert_holds(&path, 4, true);
    let mut writer = RunWriter::resume(&path).unwrap();
    assert_holds(&path, 4, true);
    append(&mut writer, 4..6);
    assert_holds(&path, 6, false);
    writer.finish(&[]).unwrap();
    assert_holds(&path, 6, true);
    assert!(matches!(
        RunWriter::resume(folder.path().join("none.h5")),
        Err(WriteError::Read(RunError::NotFound { .. }))
    ));
}

#[test]
fn law_a_run_written_in_the_background_holds_the_same_as_one_written_in_the_foreground() {
    let (_folder, path) = folder_and_path();
    let other = path.with_file_name("background.h5");
    let example = Example::new();
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    append(&mut writer, 0..30);
    writer.finish(&[]).unwrap();
    let writer = RunWriter::create(&other, &example.header(), false).unwrap();
    let mut writer = BackgroundWriter::new(writer).unwrap();
    for k in 0..30 {
        let (state, steps) = (state(k), steps(k));
        writer.append(&snapshot(k, &state), &steps).unwrap();
        writer.check().unwrap();
    }
    let cost = writer.finish(&[]).unwrap();
    let (foreground, background) = (fs::read(&path).unwrap(), fs::read(&other).unwrap());
    assert_eq!(cost.bytes, background.len() as u64);
    assert!(cost.busy > std::time::Duration::ZERO);
    assert_holds(&other, 30, true);
    assert_eq!(
        Run::open(&other).unwrap().diagnostics().unwrap(),
        Run::open(&path).unwrap().diagnostics().unwrap()
    );
    // The headers of the datasets hold the second of their making and checksums over it; nothing else differs.
    assert_eq!(foreground.len(), background.len());
    let differing = foreground.iter().zip(&background).filter(|(one, other)| one != other).count();
    assert!(differing <= 1000, "{differing} of {} bytes differ", foreground.len());
}

#[test]
fn a_background_writer_that_is_dropped_writes_what_it_was_given_and_can_be_resumed() {
    let (_folder, path) = folder_and_path();
    let writer = RunWriter::create(&path, &Example::new().header(), false).unwrap();
    let mut writer = BackgroundWriter::new(writer).unwrap();
    for k in 0..5 {
        let (state, steps) = (state(k), steps(k));
        writer.append(&snapshot(k, &state), &steps).unwrap();
    }
    drop(writer);
    assert_holds(&path, 5, false);
    let mut writer = RunWriter::resume(&path).unwrap();
    append(&mut writer, 5..7);
    writer.finish(&[]).unwrap();
    assert_holds(&path, 7, true);
}

#[test]
fn an_open_reader_keeps_what_it_opened_and_does_not_stop_the_writer() {
    let (_folder, path) = folder_and_path();
    let example = Example::new();
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    append(&mut writer, 0..2);
    let early = Run::open(&path).unwrap();
    append(&mut writer, 2..3);
    let later = Run::open(&path).unwrap();
    append(&mut writer, 3..6);
    assert_eq!(early.times().len(), 2);
    assert_eq!(early.density(1).unwrap(), state(1).density);
    assert_eq!(later.density(2).unwrap(), state(2).density);
    drop((early, later));
    writer.finish(&[]).unwrap();
    assert_holds(&path, 6, true);
}

#[test]
fn a_sibling_that_somebody_spoils_is_rebuilt_from_the_run() {
    let (folder, path) = folder_and_path();
    let example = Example::new();
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    append(&mut writer, 0..3);
    fs::write(folder.path().join(".RUN.h5.next"), "spoilt").unwrap();
    append(&mut writer, 3..4);
    fs::remove_file(folder.path().join(".RUN.h5.next")).ok();
    append(&mut writer, 4..5);
    assert_holds(&path, 5, false);
}

#[test]
fn siblings_of_an_earlier_crash_are_removed() {
    let (folder, path) = folder_and_path();
    for name in [".RUN.h5.next", ".RUN.h5.old"] {
        fs::write(folder.path().join(name), "left by a crash").unwrap();
    }
    write(&path, 2);
    assert_holds(&path, 2, true);
    assert_eq!(names_in(folder.path()), ["RUN.h5"]);
}

#[test]
fn an_existing_file_is_kept_unless_overwriting_and_then_until_the_first_snapshot() {
    let (_folder, path) = folder_and_path();
    write(&path, 3);
    let example = Example::new();
    assert!(matches!(RunWriter::create(&path, &example.header(), false), Err(WriteError::Exists { .. })));
    let mut writer = RunWriter::create(&path, &example.header(), true).unwrap();
    assert_holds(&path, 3, true);
    append(&mut writer, 0..1);
    assert_holds(&path, 1, false);
}

#[test]
fn a_file_that_appears_after_creation_is_not_replaced() {
    let (_folder, path) = folder_and_path();
    let example = Example::new();
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    fs::write(&path, "somebody else's").unwrap();
    for _ in 0..2 {
        assert!(writer.append(&snapshot(0, &state(0)), &steps(0)).is_err());
    }
    drop(writer);
    assert_eq!(fs::read(&path).unwrap(), b"somebody else's");
}

#[test]
fn paths_that_cannot_be_created_are_refused_at_once() {
    let (folder, path) = folder_and_path();
    let example = Example::new();
    let create = |path: &Path| RunWriter::create(path, &example.header(), true).unwrap_err();
    assert!(matches!(create(folder.path()), WriteError::NotAFile { .. }));
    assert!(matches!(create(&folder.path().join("no/RUN.h5")), WriteError::NoFolder { .. }));
    assert!(matches!(create(Path::new("/")), WriteError::NotAFile { .. }));
    fs::write(&path, "").unwrap();
    assert!(matches!(create(&path.join("RUN.h5")), WriteError::NoFolder { .. }));
    let long = folder.path().join("x".repeat(300));
    assert!(matches!(create(&long), WriteError::Unwritable { .. }));
    assert_eq!(names_in(folder.path()), ["RUN.h5"]);
}

#[cfg(unix)]
#[test]
fn devices_are_refused_and_symbolic_links_are_followed() {
    let (folder, path) = folder_and_path();
    let example = Example::new();
    let device = RunWriter::create("/dev/null", &example.header(), true);
    assert!(matches!(device, Err(WriteError::NotAFile { .. })));
    let target = folder.path().join("target.h5");
    std::os::unix::fs::symlink(&target, &path).unwrap();
    // One that leads nowhere yet makes what it leads to.
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    append(&mut writer, 0..1);
    drop(writer);
    assert!(path.is_symlink());
    assert_holds(&target, 1, false);
    let mut writer = RunWriter::create(&path, &example.header(), true).unwrap();
    append(&mut writer, 0..2);
    assert!(path.is_symlink());
    assert_holds(&target, 2, false);
    drop(writer);
    assert_eq!(names_in(folder.path()), ["RUN.h5", "target.h5"]);
    // By a relative link to a link; into a folder that there is not; in a circle.
    let links =
        [("a.h5", "b.h5"), ("b.h5", "c.h5"), ("far.h5", "no/RUN.h5"), ("x.h5", "y.h5"), ("y.h5", "x.h5")];
    for (link, target) in links {
        std::os::unix::fs::symlink(target, folder.path().join(link)).unwrap();
    }
    let create = |name: &str| RunWriter::create(folder.path().join(name), &example.header(), true);
    append(&mut create("a.h5").unwrap(), 0..1);
    assert_holds(&folder.path().join("c.h5"), 1, false);
    assert!(matches!(create("far.h5"), Err(WriteError::NoFolder { .. })));
    assert!(matches!(create("x.h5"), Err(WriteError::Unwritable { .. })));
}
