//! The run file: its layout, what is read back, and what is refused.

use ndarray::{Array2, Array3, ArrayView2};
use sphereflow_io::run::{
    BackgroundWriter, Column, DiagnosticsRow, MeshTable, ParticleHeader, PolygonTable, Run, RunDomain,
    RunError, RunHeader, RunWriter, Snapshot, WriteError,
};
use sphereflow_mesh::SphereMesh;
use std::fs;
use std::path::{Path, PathBuf};

/// Arrays of arbitrary but distinct values in the shapes of a run on the icosahedral mesh of 12 cells.
struct Example {
    center: Array2<f64>,
    measure: Vec<f64>,
    face_cells: Vec<[u32; 2]>,
    face_measure: Vec<f64>,
    face_distance: Vec<f64>,
    vertex: Vec<[f64; 3]>,
    face_vertices: Vec<[u32; 2]>,
    sign: Vec<i8>,
}

const CELLS: usize = 12;
const FACES: usize = 30;
const VERTICES: usize = 20;
const PARTICLES: usize = 5;
const CONFIG: &str = "title = \"Überschrift\"\n[domain]\nkind = \"sphere\"\n";

fn ramp(count: usize, start: f64) -> Vec<f64> {
    (0..count).map(|k| start + (k as f64).sqrt()).collect()
}

fn table(rows: usize, columns: usize, start: f64) -> Array2<f64> {
    Array2::from_shape_vec((rows, columns), ramp(rows * columns, start)).unwrap()
}

impl Example {
    fn new() -> Self {
        let pair = |k: usize, count: usize| [(k % count) as u32, ((k + 1) % count) as u32];
        Self {
            center: table(CELLS, 3, 1.0),
            measure: ramp(CELLS, 2.0),
            face_cells: (0..FACES).map(|k| pair(k, CELLS)).collect(),
            face_measure: ramp(FACES, 3.0),
            face_distance: ramp(FACES, 4.0),
            vertex: ramp(3 * VERTICES, 5.0).as_chunks::<3>().0.to_vec(),
            face_vertices: (0..FACES).map(|k| pair(k, VERTICES)).collect(),
            sign: vec![1, -1, 1, 1, -1],
        }
    }

    fn mesh(&self) -> MeshTable<'_> {
        MeshTable {
            domain: RunDomain::Sphere { subdivision: 1, mesh: SphereMesh::Flat },
            center: self.center.view(),
            measure: &self.measure,
            face_cells: Column::Rows(&self.face_cells),
            face_measure: Column::Rows(&self.face_measure),
            face_distance: Column::Rows(&self.face_distance),
            polygons: Some(PolygonTable {
                vertex: Column::Rows(&self.vertex),
                face_vertices: Column::Rows(&self.face_vertices),
            }),
        }
    }

    fn header(&self) -> RunHeader<'_> {
        RunHeader {
            method: "characteristics",
            config_toml: CONFIG,
            version: "1.2.3",
            mesh: Some(self.mesh()),
            sheets: 2,
            particles: Some(ParticleHeader { count: PARTICLES, dim: 3, sign: &self.sign }),
            test_functions: &["x", "x*y"],
        }
    }
}

struct State {
    density: Array2<f64>,
    position: Array2<f64>,
    mass: Vec<f64>,
}

fn state(k: usize) -> State {
    let start = 10.0 * k as f64;
    State {
        density: table(2, CELLS, start),
        position: table(PARTICLES, 3, -start),
        mass: ramp(PARTICLES, start),
    }
}

fn snapshot(k: usize, state: &State) -> Snapshot<'_> {
    let k = k as f64;
    Snapshot {
        time: 0.1 * k,
        density: Some(state.density.view()),
        position: Some(state.position.view()),
        mass: Some(&state.mass),
        objective: 1.0 / (1.0 + k),
        mass_total: 2.0 + k,
        potential_min: -0.3 * k,
        step: 0.01 / (3.0 + k),
    }
}

/// Three recorded steps up to snapshot k, one at k = 0.
fn steps(k: usize) -> Vec<DiagnosticsRow> {
    let first = if k == 0 { 0 } else { 3 * k - 2 };
    (first..=3 * k)
        .map(|step| {
            let step = step as f64;
            DiagnosticsRow {
                time: step / 30.0,
                objective: (-step).exp(),
                mass: step.cos(),
                potential_min: -step,
                dissipation: step * step,
                weak_residual: vec![step / 7.0, -step / 11.0],
            }
        })
        .collect()
}

fn append(writer: &mut RunWriter, range: std::ops::Range<usize>) {
    for k in range {
        writer.append(&snapshot(k, &state(k)), &steps(k)).unwrap();
    }
}

fn assert_holds(path: &Path, snapshots: usize, complete: bool) {
    let run = Run::open(path).unwrap();
    assert_eq!(run.complete(), complete);
    assert_eq!(run.times().len(), snapshots);
    let series = run.snapshot_series().unwrap();
    for k in 0..snapshots {
        let state = state(k);
        let expected = snapshot(k, &state);
        assert_eq!(run.density(k).unwrap(), state.density);
        assert_eq!(run.positions(k).unwrap(), state.position);
        assert_eq!(run.masses(k).unwrap(), state.mass);
        assert_eq!(run.times()[k], expected.time);
        assert_eq!(series.objective[k], expected.objective);
        assert_eq!(series.mass[k], expected.mass_total);
        assert_eq!(series.potential_min[k], expected.potential_min);
        assert_eq!(series.step[k], expected.step);
    }
    let all_steps: Vec<_> = (0..snapshots).flat_map(steps).collect();
    assert_eq!(run.diagnostics().unwrap(), all_steps);
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn folder_and_path() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("RUN.h5");
    (folder, path)
}

/// A finished run of `snapshots` snapshots.
fn write(path: &Path, snapshots: usize) {
    let example = Example::new();
    let mut writer = RunWriter::create(path, &example.header(), false).unwrap();
    append(&mut writer, 0..snapshots);
    writer.finish(&[]).unwrap();
}

#[test]
fn everything_written_is_read_back_bit_for_bit() {
    let (folder, path) = folder_and_path();
    write(&path, 4);
    assert_holds(&path, 4, true);
    let (run, example) = (Run::open(&path).unwrap(), Example::new());
    assert_eq!(run.header().method, "characteristics");
    assert_eq!(run.header().version, "1.2.3");
    assert_eq!(run.header().test_functions, ["x", "x*y"]);
    assert_eq!(run.config(), CONFIG);
    assert_eq!(run.domain(), Some(RunDomain::Sphere { subdivision: 1, mesh: SphereMesh::Flat }));
    assert_eq!(run.centers().unwrap(), example.center);
    assert_eq!(run.measures().unwrap(), example.measure);
    assert_eq!(run.vertices().unwrap(), ndarray::arr2(&example.vertex));
    assert_eq!(run.signs().unwrap(), example.sign);
    let faces = run.faces().unwrap();
    assert_eq!(faces.cells, example.face_cells);
    assert_eq!(faces.measure, example.face_measure);
    assert_eq!(faces.distance, example.face_distance);
    assert_eq!(faces.vertices, example.face_vertices);
    assert_eq!(names_in(folder.path()), ["RUN.h5"]);
}

#[test]
fn the_layout_is_the_documented_one() {
    let (_folder, path) = folder_and_path();
    write(&path, 3);
    let file = hdf5::File::open(&path).unwrap();
    let (s, k, m) = (3, 7, PARTICLES);
    let floats: [(&str, &[usize]); 22] = [
        ("time", &[s]),
        ("density", &[s, 2, CELLS]),
        ("mesh/center", &[CELLS, 3]),
        ("mesh/measure", &[CELLS]),
        ("mesh/face_measure", &[FACES]),
        ("mesh/face_distance", &[FACES]),
        ("mesh/vertex", &[VERTICES, 3]),
        ("particles/position", &[s, m, 3]),
        ("particles/mass", &[s, m]),
        ("diagnostics/time", &[k]),
        ("diagnostics/objective", &[k]),
        ("diagnostics/mass", &[k]),
        ("diagnostics/potential_min", &[k]),
        ("diagnostics/dissipation", &[k]),
        ("diagnostics/weak_residual", &[k, 2]),
        ("snapshot/objective", &[s]),
        ("snapshot/mass", &[s]),
        ("snapshot/potential_min", &[s]),
        ("snapshot/step", &[s]),
        ("mesh/face_cells", &[FACES, 2]),
        ("mesh/face_vertices", &[FACES, 2]),
        ("particles/sign", &[m]),
    ];
    for (number, (name, shape)) in floats.iter().enumerate() {
        let data = file.dataset(name).unwrap();
        assert_eq!(&data.shape(), shape, "{name}");
        assert_eq!(data.dtype().unwrap().is::<f64>(), number < 19, "{name}");
        for attribute in ["units", "description"] {
            let text: hdf5::types::VarLenUnicode = data.attr(attribute).unwrap().read_scalar().unwrap();
            assert!(!text.is_empty(), "{name}");
        }
    }
    let text = |name: &str| {
        file.attr(name).unwrap().read_scalar::<hdf5::types::VarLenUnicode>().unwrap().as_str().to_owned()
    };
    assert_eq!(text("format"), "sphereflow");
    assert_eq!(text("sphereflow_version"), "1.2.3");
    assert_eq!(text("config"), CONFIG);
    assert_eq!(text("method"), "characteristics");
    assert_eq!(file.attr("format_version").unwrap().read_scalar::<u32>().unwrap(), 1);
    assert_eq!(file.attr("complete").unwrap().read_scalar::<u32>().unwrap(), 1);
    let density = file.dataset("density").unwrap().read::<f64, ndarray::Ix3>().unwrap();
    let expected = Array3::from_shape_fn((s, 2, CELLS), |(n, sheet, cell)| state(n).density[[sheet, cell]]);
    assert_eq!(density, expected);
}

/// Every dataset below a group with its numbers as bits.
fn numbers(group: &hdf5::Group) -> Vec<(String, Vec<u64>)> {
    let of_dataset = |data: hdf5::Dataset| {
        let bits = if data.dtype().unwrap().is::<f64>() {
            data.read_raw::<f64>().unwrap().into_iter().map(f64::to_bits).collect()
        } else {
            data.read_raw::<i64>().unwrap().into_iter().map(|n| n as u64).collect()
        };
        (data.name(), bits)
    };
    let below = group.groups().unwrap().into_iter().flat_map(|inner| numbers(&inner));
    group.datasets().unwrap().into_iter().map(of_dataset).chain(below).collect()
}

#[test]
fn the_same_run_written_twice_holds_the_same_bits() {
    // Not the same bytes: HDF5 notes in a group when it was made.
    let (folder, path) = folder_and_path();
    write(&path, 3);
    let again = folder.path().join("again.h5");
    write(&again, 3);
    let [one, other] = [path, again].map(|path| numbers(&hdf5::File::open(path).unwrap()));
    assert!(one.len() >= 20 && one == other);
}

#[test]
fn a_run_on_the_circle_holds_neither_polygons_nor_particles() {
    let (_folder, path) = folder_and_path();
    let center = table(4, 2, 0.0);
    let mesh = MeshTable {
        domain: RunDomain::Circle { cells: 4 },
        center: center.view(),
        measure: &[1.5; 4],
        face_cells: Column::Rows(&[[0, 1], [1, 2], [2, 3], [3, 0]]),
        face_measure: Column::Rows(&[1.0; 4]),
        face_distance: Column::Rows(&[1.5; 4]),
        polygons: None,
    };
    let header = RunHeader {
        method: "finite-volume",
        config_toml: "",
        version: "0",
        mesh: Some(mesh),
        sheets: 1,
        particles: None,
        test_functions: &[],
    };
    let mut writer = RunWriter::create(&path, &header, false).unwrap();
    let column = table(4, 1, 0.5);
    let state = State { density: Array2::zeros((0, 0)), position: Array2::zeros((0, 0)), mass: vec![] };
    // A transposed view, not in C order, is written in the right order all the same.
    let transposed =
        Snapshot { density: Some(column.t()), position: None, mass: None, ..snapshot(0, &state) };
    writer.append(&transposed, &[]).unwrap();
    writer.finish(&[]).unwrap();
    let run = Run::open(&path).unwrap();
    assert_eq!(run.density(0).unwrap(), column.t());
    assert_eq!(run.header().sheets, 1);
    assert!(run.diagnostics().unwrap().is_empty());
    assert!(run.faces().unwrap().vertices.is_empty());
    assert!(matches!(run.vertices(), Err(RunError::Absent { .. })));
    assert!(matches!(run.positions(0), Err(RunError::Absent { .. })));
    assert!(matches!(run.signs(), Err(RunError::Absent { .. })));
    assert!(matches!(run.density(1), Err(RunError::Absent { .. })));
}

#[test]
fn a_run_of_particles_alone_holds_no_mesh() {
    let (_folder, path) = folder_and_path();
    let example = Example::new();
    let header = RunHeader { mesh: None, sheets: 0, test_functions: &[], ..example.header() };
    let mut writer = RunWriter::create(&path, &header, false).unwrap();
    let state = state(1);
    writer.append(&Snapshot { density: None, ..snapshot(1, &state) }, &[]).unwrap();
    drop(writer);
    let run = Run::open(&path).unwrap();
    assert_eq!(run.positions(0).unwrap(), state.position);
    assert_eq!(run.domain(), None);
    assert!(!run.complete());
    assert!(matches!(run.density(0), Err(RunError::Absent { .. })));
    assert!(matches!(run.centers(), Err(RunError::Absent { .. })));
}

#[test]
fn a_run_without_snapshots_can_be_finished_and_read() {
    let (_folder, path) = folder_and_path();
    write(&path, 0);
    assert_holds(&path, 0, true);
}

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
fn a_transposed_view_is_written_as_what_it_shows() {
    let (_folder, path) = folder_and_path();
    let mut writer = RunWriter::create(&path, &Example::new().header(), false).unwrap();
    let state = state(0);
    let transposed = state.density.t().as_standard_layout().into_owned();
    let turned = Snapshot { density: Some(transposed.t()), ..snapshot(0, &state) };
    writer.append(&turned, &steps(0)).unwrap();
    writer.finish(&[]).unwrap();
    assert_holds(&path, 1, true);
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
    assert!(matches!(RunWriter::create(&path, &example.header(), true), Err(WriteError::Unwritable { .. })));
    write(&target, 1);
    let mut writer = RunWriter::create(&path, &example.header(), true).unwrap();
    append(&mut writer, 0..2);
    assert!(path.is_symlink());
    assert_holds(&target, 2, false);
}

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

#[test]
fn a_mesh_is_flat_where_its_kind_is_not_told() {
    for mesh in SphereMesh::ALL {
        let (_folder, path) = folder_and_path();
        let example = Example::new();
        let mut header = example.header();
        header.mesh.as_mut().unwrap().domain = RunDomain::Sphere { subdivision: 1, mesh };
        let mut writer = RunWriter::create(&path, &header, false).unwrap();
        append(&mut writer, 0..1);
        writer.finish(&[]).unwrap();
        assert_eq!(Run::open(&path).unwrap().domain(), Some(RunDomain::Sphere { subdivision: 1, mesh }));
        let file = hdf5::File::open_rw(&path).unwrap();
        file.group("mesh").unwrap().delete_attr("mesh").unwrap();
        file.close().unwrap();
        let flat = RunDomain::Sphere { subdivision: 1, mesh: SphereMesh::Flat };
        assert_eq!(Run::open(&path).unwrap().domain(), Some(flat));
    }
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
