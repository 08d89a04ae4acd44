//! The run file: its layout, and what is read back.

mod common;

use common::{
    CELLS, CONFIG, Example, FACES, PARTICLES, State, VERTICES, append, assert_holds, folder_and_path,
    names_in, snapshot, state, steps, table, write,
};
use ndarray::{Array2, Array3};
use sphereflow_io::run::{Column, MeshTable, Run, RunDomain, RunError, RunHeader, RunWriter, Snapshot};
use sphereflow_mesh::SphereMesh;

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
