//! The observer of a run: writes snapshots and diagnostics, shows progress, takes times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ndarray::ArrayView2;
use sphereflow::io::run::{BackgroundWriter, DiagnosticsRow, RunWriter, Snapshot, WriteError, WritingCost};
use sphereflow::solver::evolution::{Evolution, Observer, Record};
use sphereflow::solver::flow::FiniteVolume;
use sphereflow::solver::particles::Particles;
use sphereflow::solver::phases::Phases;

use crate::progress::Progress;
use crate::timings::{Part, Stopwatch};

/// A state whose snapshots are arrays of the run file.
pub trait Recorded: Evolution {
    /// The arrays of a snapshot, handed to `write`.
    fn with_arrays<T>(&self, write: impl FnOnce(Arrays<'_>) -> T) -> T;

    /// Cells of all sheets, or particles.
    fn unknowns(&self) -> usize;

    /// Tells `phases` where a phase of the work begins.
    fn watch(&mut self, phases: Phases);
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

    fn unknowns(&self) -> usize {
        self.density().len()
    }

    fn watch(&mut self, phases: Phases) {
        self.watch_phases(phases);
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

    fn unknowns(&self) -> usize {
        self.signs().len()
    }

    fn watch(&mut self, phases: Phases) {
        self.watch_phases(phases);
    }
}

/// Writes a run.
pub struct Recorder {
    writer: BackgroundWriter,
    progress: Progress,
    watch: Arc<Stopwatch>,
    pending: Vec<DiagnosticsRow>,
    /// The first record of a resumed run is in the file already.
    skip_first: bool,
    writing: Duration,
    first: Option<Record>,
    last: Option<Record>,
}

impl Recorder {
    /// Records into `writer`, in a thread of its own; `resumed` when the run continues one that has the current state already.
    pub fn new(
        writer: RunWriter,
        progress: Progress,
        watch: Arc<Stopwatch>,
        resumed: bool,
    ) -> Result<Self, WriteError> {
        Ok(Self {
            writer: BackgroundWriter::new(writer)?,
            progress,
            watch,
            pending: Vec::new(),
            skip_first: resumed,
            writing: Duration::ZERO,
            first: None,
            last: None,
        })
    }

    /// Writes the last state of a run that failed, unless the file has it, and leaves the run incomplete.
    pub fn rescue<E: Recorded>(mut self, evolution: &mut E) -> Result<(), WriteError> {
        self.progress.finish();
        if let Some(record) = self.last.filter(|_| !self.pending.is_empty()) {
            self.snapshot(evolution, &record)?;
        }
        self.writer.leave()
    }

    /// Marks the run complete; returns the first and the last record and the time spent on writing.
    pub fn finish(self) -> Result<Outcome, WriteError> {
        self.progress.finish();
        self.watch.enter(Part::Output);
        let start = Instant::now();
        let cost = self.writer.finish(&self.pending)?;
        Ok(Outcome {
            first: self.first,
            last: self.last,
            writing: self.writing,
            ending: start.elapsed(),
            cost,
        })
    }
}

/// What is known at the end of a run.
pub struct Outcome {
    /// The record at the start.
    pub first: Option<Record>,
    /// The record at the end.
    pub last: Option<Record>,
    /// Wall time for which the steps stood still for the writing.
    pub writing: Duration,
    /// Wall time for which the end waited for the rest of it.
    pub ending: Duration,
    /// What the writing has cost in its thread.
    pub cost: WritingCost,
}

impl<E: Recorded> Observer<E> for Recorder {
    type Error = WriteError;

    fn step(&mut self, evolution: &mut E, record: &Record) -> Result<(), WriteError> {
        self.watch.enter(Part::Rest);
        self.writer.check()?;
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
        self.watch.enter(Part::Output);
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
        self.watch.enter(Part::Rest);
        Ok(())
    }
}
