//! The observer of a run: writes snapshots and diagnostics, shows progress, takes times.

use std::time::{Duration, Instant};

use ndarray::ArrayView2;
use sphereflow::io::run::{DiagnosticsRow, RunWriter, Snapshot, WriteError};
use sphereflow::solver::evolution::{Evolution, Observer, Record};
use sphereflow::solver::flow::FiniteVolume;
use sphereflow::solver::particles::Particles;

use crate::progress::Progress;

/// A state whose snapshots are arrays of the run file.
pub trait Recorded: Evolution {
    /// The arrays of a snapshot, handed to `write`.
    fn with_arrays<T>(&self, write: impl FnOnce(Arrays<'_>) -> T) -> T;
}

/// What a snapshot holds beside its record.
#[derive(Default)]
pub struct Arrays<'a> {
    density: Option<ArrayView2<'a, f64>>,
    position: Option<ArrayView2<'a, f64>>,
    mass: Option<&'a [f64]>,
}

impl Recorded for FiniteVolume {
    fn with_arrays<T>(&self, write: impl FnOnce(Arrays<'_>) -> T) -> T {
        let cells = self.mesh().cells();
        let sheets = self.density().len() / cells;
        let density =
            ArrayView2::from_shape((sheets, cells), self.density()).expect("a density for each cell");
        write(Arrays { density: Some(density), ..Arrays::default() })
    }
}

impl Recorded for Particles {
    fn with_arrays<T>(&self, write: impl FnOnce(Arrays<'_>) -> T) -> T {
        let mass = self.masses();
        let dim = self.points().len() / mass.len();
        let position =
            ArrayView2::from_shape((mass.len(), dim), self.points()).expect("a point for each mass");
        write(Arrays { position: Some(position), mass: Some(&mass), ..Arrays::default() })
    }
}

/// Writes a run.
pub struct Recorder {
    writer: RunWriter,
    progress: Progress,
    pending: Vec<DiagnosticsRow>,
    /// The first record of a resumed run is in the file already.
    skip_first: bool,
    writing: Duration,
    first: Option<Record>,
    last: Option<Record>,
}

impl Recorder {
    /// Records into `writer`; `resumed` when the run continues one that has the current state already.
    pub fn new(writer: RunWriter, progress: Progress, resumed: bool) -> Self {
        Self {
            writer,
            progress,
            pending: Vec::new(),
            skip_first: resumed,
            writing: Duration::ZERO,
            first: None,
            last: None,
        }
    }

    /// Writes the last state of a run that failed, unless the file has it.
    pub fn rescue<E: Recorded>(&mut self, evolution: &mut E) -> Result<(), WriteError> {
        self.progress.finish();
        match self.last {
            Some(record) if !self.pending.is_empty() => self.snapshot(evolution, &record),
            _ => Ok(()),
        }
    }

    /// Marks the run complete; returns the first and the last record and the time spent on writing.
    pub fn finish(mut self) -> Result<Outcome, WriteError> {
        self.progress.finish();
        let start = Instant::now();
        self.writer.finish(&self.pending)?;
        self.writing += start.elapsed();
        Ok(Outcome { first: self.first, last: self.last, writing: self.writing })
    }
}

/// What is known at the end of a run.
pub struct Outcome {
    /// The record at the start.
    pub first: Option<Record>,
    /// The record at the end.
    pub last: Option<Record>,
    /// Wall time spent on writing.
    pub writing: Duration,
}

impl<E: Recorded> Observer<E> for Recorder {
    type Error = WriteError;

    fn step(&mut self, evolution: &mut E, record: &Record) -> Result<(), WriteError> {
        self.first.get_or_insert(*record);
        self.last = Some(*record);
        self.progress.step(record.time, evolution.counters().0);
        if !std::mem::take(&mut self.skip_first) {
            self.pending.push(DiagnosticsRow {
                time: record.time,
                objective: record.objective,
                mass: record.mass,
                potential_min: record.potential_min,
                dissipation: record.dissipation,
                weak_residual: Vec::new(),
            });
        }
        Ok(())
    }

    fn snapshot(&mut self, evolution: &mut E, record: &Record) -> Result<(), WriteError> {
        let start = Instant::now();
        let (writer, pending, step) = (&mut self.writer, &self.pending, evolution.next_step());
        evolution.with_arrays(|arrays| {
            let snapshot = Snapshot {
                time: record.time,
                density: arrays.density,
                position: arrays.position,
                mass: arrays.mass,
                objective: record.objective,
                mass_total: record.mass,
                potential_min: record.potential_min,
                step,
            };
            writer.append(&snapshot, pending)
        })?;
        self.pending.clear();
        self.writing += start.elapsed();
        Ok(())
    }
}
