//! A run of arbitrary but distinct numbers, written and read back.
#![allow(dead_code, reason = "each test file uses its own part")]

use ndarray::Array2;
use sphereflow_io::run::{
    Column, DiagnosticsRow, MeshTable, ParticleHeader, PolygonTable, Run, RunDomain, RunHeader, RunWriter,
    Snapshot,
};
use sphereflow_mesh::SphereMesh;
use std::fs;
use std::path::{Path, PathBuf};

/// Arrays of arbitrary but distinct values in the shapes of a run on the icosahedral mesh of 12 cells.
pub struct Example {
    pub center: Array2<f64>,
    pub measure: Vec<f64>,
    pub face_cells: Vec<[u32; 2]>,
    pub face_measure: Vec<f64>,
    pub face_distance: Vec<f64>,
    pub vertex: Vec<[f64; 3]>,
    pub face_vertices: Vec<[u32; 2]>,
    pub sign: Vec<i8>,
}

pub const CELLS: usize = 12;
pub const FACES: usize = 30;
pub const VERTICES: usize = 20;
pub const PARTICLES: usize = 5;
pub const CONFIG: &str = "title = \"Überschrift\"\n[domain]\nkind = \"sphere\"\n";

pub fn ramp(count: usize, start: f64) -> Vec<f64> {
    (0..count).map(|k| start + (k as f64).sqrt()).collect()
}

pub fn table(rows: usize, columns: usize, start: f64) -> Array2<f64> {
    Array2::from_shape_vec((rows, columns), ramp(rows * columns, start)).unwrap()
}

impl Example {
    pub fn new() -> Self {
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

    pub fn mesh(&self) -> MeshTable<'_> {
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

    pub fn header(&self) -> RunHeader<'_> {
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

pub struct State {
    pub density: Array2<f64>,
    pub position: Array2<f64>,
    pub mass: Vec<f64>,
}

pub fn state(k: usize) -> State {
    let start = 10.0 * k as f64;
    State {
        density: table(2, CELLS, start),
        position: table(PARTICLES, 3, -start),
        mass: ramp(PARTICLES, start),
    }
}

pub fn snapshot(k: usize, state: &State) -> Snapshot<'_> {
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
pub fn steps(k: usize) -> Vec<DiagnosticsRow> {
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

pub fn append(writer: &mut RunWriter, range: std::ops::Range<usize>) {
    for k in range {
        writer.append(&snapshot(k, &state(k)), &steps(k)).unwrap();
    }
}

pub fn assert_holds(path: &Path, snapshots: usize, complete: bool) {
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

pub fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub fn folder_and_path() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("RUN.h5");
    (folder, path)
}

/// A finished run of `snapshots` snapshots.
pub fn write(path: &Path, snapshots: usize) {
    let example = Example::new();
    let mut writer = RunWriter::create(path, &example.header(), false).unwrap();
    append(&mut writer, 0..snapshots);
    writer.finish(&[]).unwrap();
}
