//! The writer in a thread of its own: the solver goes on while a snapshot is compressed and written.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::contents::{DiagnosticsRow, Parcel, Snapshot};
use super::error::WriteError;
use super::writer::RunWriter;

/// Copies of snapshots that exist at most: one that is being written and one that waits.
const PARCELS: usize = 2;

/// A [`RunWriter`] in a thread of its own, for a solver that is not to wait for compression and disk.
///
/// [`append`](Self::append) takes a copy of the snapshot and returns. There are at most two copies, made when they are first
/// needed and used again: one that is being written and one that waits; where both are taken, `append` blocks until the
/// first is written. So a run never needs more than twice the size of a snapshot, and no snapshot is ever left out.
///
/// The file goes through the same states as under the [`RunWriter`] itself and holds the same numbers. Its promise reaches
/// as far as the writing has come: whenever `append` returns, every snapshot but the last two is safe, and all of them once
/// [`finish`](Self::finish) has returned. A failure, say of a full disk, ends the writing and is returned by the next call,
/// be it [`check`](Self::check), `append` or `finish`. One that is dropped writes what it was given and leaves the file
/// consistent, with `complete = 0`.
#[derive(Debug)]
pub struct BackgroundWriter {
    path: PathBuf,
    parcels: Option<Sender<Job>>,
    spares: Receiver<Parcel>,
    thread: Option<JoinHandle<Result<Written, WriteError>>>,
    /// Copies that exist.
    made: usize,
    waited: Duration,
}

/// What writing a run has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WritingCost {
    /// Wall time that the thread of the writer was at work.
    pub busy: Duration,
    /// Its CPU time, where the system tells it.
    pub cpu: Option<Duration>,
    /// Wall time for which `append` and `finish` waited for that thread.
    pub waited: Duration,
    /// Size of the run file.
    pub bytes: u64,
}

/// What the thread counts.
#[derive(Debug, Default)]
struct Written {
    busy: Duration,
    cpu: Option<Duration>,
}

/// What the thread is asked to do.
enum Job {
    Append(Parcel),
    Finish(Vec<DiagnosticsRow>),
}

/// Where the thread writes to.
trait Sink: Send + 'static {
    fn append(&mut self, snapshot: &Snapshot<'_>, diagnostics: &[DiagnosticsRow]) -> Result<(), WriteError>;
    fn finish(self, diagnostics: &[DiagnosticsRow]) -> Result<(), WriteError>;
}

impl Sink for RunWriter {
    fn append(&mut self, snapshot: &Snapshot<'_>, diagnostics: &[DiagnosticsRow]) -> Result<(), WriteError> {
        Self::append(self, snapshot, diagnostics)
    }

    fn finish(self, diagnostics: &[DiagnosticsRow]) -> Result<(), WriteError> {
        Self::finish(self, diagnostics)
    }
}

impl BackgroundWriter {
    /// Lets `writer` go on in a thread of its own.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub fn new(writer: RunWriter) -> Result<Self, WriteError> {
        let path = writer.path().to_path_buf();
        Self::over(writer, path)
    }

    fn over<S: Sink>(sink: S, path: PathBuf) -> Result<Self, WriteError> {
        let (parcels, jobs) = channel();
        let (spare, spares) = channel();
        let thread = std::thread::Builder::new()
            .name("run writer".to_owned())
            .spawn(move || serve(sink, &jobs, &spare))
            .map_err(|source| WriteError::Unwritable { path: path.clone(), source })?;
        Ok(Self {
            path,
            parcels: Some(parcels),
            spares,
            thread: Some(thread),
            made: 0,
            waited: Duration::ZERO,
        })
    }

    /// Takes a snapshot, and the diagnostics of the steps since the one before it, its own included, to be written.
    ///
    /// # Errors
    /// If writing an earlier snapshot has failed: as [`RunWriter::append`].
    ///
    /// # Panics
    /// In this call or a later one, if the shapes differ from those of the header.
    pub fn append(
        &mut self,
        snapshot: &Snapshot<'_>,
        diagnostics: &[DiagnosticsRow],
    ) -> Result<(), WriteError> {
        self.check()?;
        let mut parcel = self.spare()?;
        parcel.pack(snapshot, diagnostics);
        self.hand_over(Job::Append(parcel))
    }

    /// Whether the writing goes on: costs next to nothing, for every step.
    ///
    /// # Errors
    /// If writing an earlier snapshot has failed: as [`RunWriter::append`].
    pub fn check(&mut self) -> Result<(), WriteError> {
        // The thread ends by itself only when it fails.
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(self.failure());
        }
        Ok(())
    }

    /// Takes the diagnostics of the steps since the last snapshot, waits until all is written, and marks the run as complete.
    ///
    /// # Errors
    /// As [`RunWriter::append`], for this or an earlier snapshot.
    pub fn finish(mut self, diagnostics: &[DiagnosticsRow]) -> Result<WritingCost, WriteError> {
        let start = Instant::now();
        // Whether it could be handed over or not: the thread says what became of it.
        let _ = self.hand_over(Job::Finish(diagnostics.to_vec()));
        let Written { busy, cpu } = self.end()?;
        let bytes = std::fs::metadata(&self.path).map_or(0, |data| data.len());
        Ok(WritingCost { busy, cpu, waited: self.waited + start.elapsed(), bytes })
    }

    /// Waits until all is written, and leaves the run incomplete, to be resumed.
    ///
    /// # Errors
    /// As [`RunWriter::append`], for an earlier snapshot.
    pub fn leave(mut self) -> Result<(), WriteError> {
        self.end().map(drop)
    }

    /// The run file; a symbolic link is resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A copy's buffers: a spare one, a new one, or the next that is written.
    fn spare(&mut self) -> Result<Parcel, WriteError> {
        if let Ok(parcel) = self.spares.try_recv() {
            return Ok(parcel);
        }
        if self.made < PARCELS {
            self.made += 1;
            return Ok(Parcel::default());
        }
        let start = Instant::now();
        let parcel = self.spares.recv();
        self.waited += start.elapsed();
        parcel.map_err(|_| self.failure())
    }

    fn hand_over(&mut self, job: Job) -> Result<(), WriteError> {
        match &self.parcels {
            Some(parcels) if parcels.send(job).is_ok() => Ok(()),
            _ => Err(self.failure()),
        }
    }

    /// Why the thread has ended.
    fn failure(&mut self) -> WriteError {
        match self.end() {
            Err(error) => error,
            Ok(_) => WriteError::Ended { path: self.path.clone() },
        }
    }

    /// Lets the thread write what it has, and ends it.
    fn end(&mut self) -> Result<Written, WriteError> {
        self.parcels = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Err(WriteError::Ended { path: self.path.clone() }),
        }
    }
}

impl Drop for BackgroundWriter {
    fn drop(&mut self) {
        self.parcels = None;
        // Nobody is left to be told of a failure.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Writes what arrives until it is finished, or nobody sends any more.
fn serve<S: Sink>(mut sink: S, jobs: &Receiver<Job>, spare: &Sender<Parcel>) -> Result<Written, WriteError> {
    let mut written = Written::default();
    for job in jobs {
        let start = Instant::now();
        match job {
            Job::Append(parcel) => {
                sink.append(&parcel.snapshot(), parcel.diagnostics())?;
                // The last copies come back when nobody takes them any more.
                let _ = spare.send(parcel);
            }
            Job::Finish(diagnostics) => {
                sink.finish(&diagnostics)?;
                return Ok(Written { busy: written.busy + start.elapsed(), cpu: cpu_time() });
            }
        }
        written.busy += start.elapsed();
    }
    Ok(written)
}

/// CPU time of this thread, as Linux tells it.
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use std::sync::mpsc::TryRecvError;

    /// Writes a snapshot whenever it is allowed to, tells what it wrote, and fails at one.
    struct Slow {
        allowed: Receiver<()>,
        written: Sender<(f64, Vec<f64>, usize)>,
        fails_at: f64,
    }

    impl Slow {
        fn write(&self, time: f64, density: Vec<f64>, rows: usize) -> Result<(), WriteError> {
            // When the test no longer says when, there is nothing to wait for.
            let _ = self.allowed.recv();
            if time >= self.fails_at {
                return Err(WriteError::NotAFile { path: PathBuf::from("full") });
            }
            self.written.send((time, density, rows)).unwrap();
            Ok(())
        }
    }

    impl Sink for Slow {
        fn append(
            &mut self,
            snapshot: &Snapshot<'_>,
            diagnostics: &[DiagnosticsRow],
        ) -> Result<(), WriteError> {
            let density = snapshot.density.unwrap().iter().copied().collect();
            self.write(snapshot.time, density, diagnostics.len())
        }

        fn finish(self, diagnostics: &[DiagnosticsRow]) -> Result<(), WriteError> {
            self.write(f64::INFINITY, Vec::new(), diagnostics.len())
        }
    }

    type Told = Receiver<(f64, Vec<f64>, usize)>;

    fn slow(fails_at: f64) -> (BackgroundWriter, Sender<()>, Told) {
        let ((allow, allowed), (written, told)) = (channel(), channel());
        let sink = Slow { allowed, written, fails_at };
        (BackgroundWriter::over(sink, PathBuf::from("run.h5")).unwrap(), allow, told)
    }

    fn append(writer: &mut BackgroundWriter, k: usize) -> Result<(), WriteError> {
        let density = Array2::from_elem((2, 3), k as f64);
        let snapshot = Snapshot {
            time: k as f64,
            density: Some(density.view()),
            position: None,
            mass: None,
            objective: 0.0,
            mass_total: 0.0,
            potential_min: 0.0,
            step: 0.0,
        };
        writer.append(&snapshot, &vec![DiagnosticsRow::default(); k])
    }

    #[test]
    fn two_snapshots_are_taken_at_once_and_the_third_waits_for_the_first() {
        let (mut writer, allow, told) = slow(f64::INFINITY);
        append(&mut writer, 0).unwrap();
        append(&mut writer, 1).unwrap();
        assert_eq!((writer.waited, writer.made), (Duration::ZERO, 2));
        assert_eq!(told.try_recv(), Err(TryRecvError::Empty));
        let delay = Duration::from_millis(40);
        let later = std::thread::spawn(move || {
            std::thread::sleep(delay);
            allow.send(()).unwrap();
            allow
        });
        append(&mut writer, 2).unwrap();
        assert!(writer.waited >= delay / 2 && writer.made == 2, "waited {:?}", writer.waited);
        assert_eq!(told.recv().unwrap(), (0.0, vec![0.0; 6], 0));
        assert_eq!(told.try_recv(), Err(TryRecvError::Empty));
        drop(later.join().unwrap());
        for k in 3..40 {
            append(&mut writer, k).unwrap();
        }
        assert_eq!(writer.made, 2, "the same two buffers serve to the end");
        drop(writer);
        let rest: Vec<_> = told.iter().collect();
        assert_eq!(rest, (1..40).map(|k| (k as f64, vec![k as f64; 6], k)).collect::<Vec<_>>());
    }

    #[test]
    fn a_failure_shows_between_snapshots_and_is_told_once() {
        let (mut writer, allow, told) = slow(1.0);
        append(&mut writer, 0).unwrap();
        append(&mut writer, 1).unwrap();
        writer.check().unwrap();
        drop(allow);
        let start = Instant::now();
        let error = loop {
            if let Err(error) = writer.check() {
                break error;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "the failure never shows");
            std::thread::yield_now();
        };
        assert!(matches!(error, WriteError::NotAFile { .. }), "{error}");
        assert_eq!(told.iter().count(), 1);
        assert!(matches!(append(&mut writer, 2), Err(WriteError::Ended { .. })));
        assert!(matches!(writer.finish(&[]), Err(WriteError::Ended { .. })));
    }

    #[test]
    fn a_failure_of_the_last_snapshot_is_told_at_the_end() {
        let (mut writer, allow, _told) = slow(0.0);
        append(&mut writer, 0).unwrap();
        drop(allow);
        let error = writer.finish(&[]).unwrap_err();
        assert!(matches!(error, WriteError::NotAFile { .. }), "{error}");
    }
}
