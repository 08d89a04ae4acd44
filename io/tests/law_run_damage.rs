//! Files that are no runs, or damaged ones: refused, and never a panic.

mod common;

use common::{CELLS, Example, folder_and_path, snapshot, state, write};
use ndarray::{Array2, ArrayView2};
use sphereflow_io::run::{Run, RunError, RunWriter, Snapshot};
use std::fs;
use std::path::Path;

#[test]
fn files_that_are_no_runs_are_told_apart() {
    let (folder, path) = folder_and_path();
    assert!(matches!(Run::open(&path), Err(RunError::NotFound { .. })));
    assert!(matches!(Run::open(folder.path()), Err(RunError::Unreadable { .. })));
    for text in ["", "short", "x1,x2,y\n1,2,3\n4,5,6\n"] {
        fs::write(&path, text).unwrap();
        assert!(matches!(Run::open(&path), Err(RunError::NotHdf5 { .. })));
    }
    drop(hdf5::File::create(&path).unwrap());
    assert!(matches!(Run::open(&path), Err(RunError::NotARun { .. })));
    let file = hdf5::File::open_rw(&path).unwrap();
    let format: hdf5::types::VarLenUnicode = "sphereflow".parse().unwrap();
    file.new_attr::<hdf5::types::VarLenUnicode>().create("format").unwrap().write_scalar(&format).unwrap();
    file.new_attr::<u32>().create("format_version").unwrap().write_scalar(&2).unwrap();
    drop(file);
    assert!(matches!(Run::open(&path), Err(RunError::UnknownVersion { found: 2, known: 1, .. })));
}

type Change = fn(&hdf5::File);

#[test]
fn datasets_that_contradict_each_other_are_damage() {
    let (folder, path) = folder_and_path();
    write(&path, 2);
    let spoilt = folder.path().join("spoilt.h5");
    let spoil: [(&str, Change); 7] = [
        ("time", |file| file.dataset("time").unwrap().resize(3).unwrap()),
        ("density", |file| file.dataset("density").unwrap().resize((1, 2, CELLS)).unwrap()),
        ("mass", |file| file.unlink("particles/mass").unwrap()),
        ("subdivision", |file| {
            file.group("mesh").unwrap().attr("subdivision").unwrap().write_scalar(&u64::MAX).unwrap();
        }),
        ("mesh", |file| {
            let name: hdf5::types::VarLenUnicode = "spring".parse().unwrap();
            file.group("mesh").unwrap().attr("mesh").unwrap().write_scalar(&name).unwrap();
        }),
        ("objective", |file| {
            file.unlink("snapshot/objective").unwrap();
            file.new_dataset::<f32>().shape(2).create("snapshot/objective").unwrap();
        }),
        ("complete", |file| file.attr("complete").unwrap().write_scalar(&7_u32).unwrap()),
    ];
    for (name, change) in spoil {
        fs::copy(&path, &spoilt).unwrap();
        change(&hdf5::File::open_rw(&spoilt).unwrap());
        let error = Run::open(&spoilt).unwrap_err();
        assert!(matches!(error, RunError::Damaged { .. }), "{name}");
        assert!(error.to_string().contains("spoilt.h5"), "{error}");
    }
}

/// Opens a file and reads all of it; `None` if any of it is refused.
fn read_all(path: &Path) -> Option<Vec<Array2<f64>>> {
    let run = Run::open(path).ok()?;
    run.diagnostics().ok()?;
    run.snapshot_series().ok()?;
    let _ = (
        run.centers().ok()?,
        run.measures().ok()?,
        run.faces().ok()?,
        run.vertices().ok()?,
        run.signs().ok()?,
    );
    (0..run.times().len())
        .map(|k| {
            run.positions(k).ok()?;
            run.masses(k).ok()?;
            run.density(k).ok()
        })
        .collect()
}

#[test]
fn truncated_and_altered_files_are_refused_or_read_right_but_never_panic() {
    let (folder, path) = folder_and_path();
    write(&path, 2);
    let bytes = fs::read(&path).unwrap();
    let spoilt = folder.path().join("spoilt.h5");
    let right = read_all(&path).unwrap();
    for k in 0..40 {
        fs::write(&spoilt, &bytes[..bytes.len() * k / 40]).unwrap();
        assert!(read_all(&spoilt).is_none(), "truncated at {k}/40");
    }
    let mut refused = 0;
    let mut random = 12345_u64;
    for _ in 0..400 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut altered = bytes.clone();
        altered[(random >> 33) as usize % bytes.len()] ^= 1 << ((random >> 28) & 7);
        fs::write(&spoilt, &altered).unwrap();
        match read_all(&spoilt) {
            Some(densities) => assert!(densities == right),
            None => refused += 1,
        }
    }
    assert!(refused > 0);
}

#[test]
fn a_shape_beyond_the_file_is_refused_before_memory_is_asked_for() {
    let (_folder, path) = folder_and_path();
    write(&path, 1);
    let file = hdf5::File::open_rw(&path).unwrap();
    for name in ["time", "objective", "mass", "potential_min", "dissipation"] {
        file.dataset(&format!("diagnostics/{name}")).unwrap().resize(1 << 50).unwrap();
    }
    file.dataset("diagnostics/weak_residual").unwrap().resize((1_usize << 50, 2)).unwrap();
    drop(file);
    assert!(matches!(Run::open(&path).unwrap().diagnostics(), Err(RunError::Damaged { .. })));
}

#[test]
#[should_panic(expected = "shape of the density")]
fn a_density_of_another_shape_is_a_mistake_of_the_caller() {
    let (_folder, path) = folder_and_path();
    let example = Example::new();
    let mut writer = RunWriter::create(&path, &example.header(), false).unwrap();
    let narrow: ArrayView2<'_, f64> = ArrayView2::from(&[[0.0; 3]; 2]);
    let state = state(0);
    let _ = writer.append(&Snapshot { density: Some(narrow), ..snapshot(0, &state) }, &[]);
}
