//! Where the time of a run goes: phases of the solver and of the command, as a table and as JSON.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use sphereflow::io::run::WritingCost;
use sphereflow::solver::phases::{Phase, PhaseObserver, Phases};

/// A part of a run. Each lasts until the next is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Building the mesh, or the particles to start from.
    Start,
    /// The run file with its mesh, before the first snapshot.
    File,
    /// Placing the points at which J is evaluated, with their plan, and the first evaluations.
    Plan,
    /// What the solver tells of.
    Solver(Phase),
    /// Handing snapshots and diagnostics to the writer.
    Output,
    /// What is left: reading the configuration and the data, progress.
    Rest,
}

/// The parts in the order of the table.
const PARTS: [Part; 12] = [
    Part::Start,
    Part::File,
    Part::Plan,
    Part::Solver(Phase::Placement),
    Part::Solver(Phase::Analysis),
    Part::Solver(Phase::Synthesis),
    Part::Solver(Phase::Transport),
    Part::Solver(Phase::Reaction),
    Part::Solver(Phase::Integrator),
    Part::Solver(Phase::Survey),
    Part::Output,
    Part::Rest,
];

impl Part {
    /// Its place in [`PARTS`].
    fn index(self) -> usize {
        match self {
            Self::Start => 0,
            Self::File => 1,
            Self::Plan => 2,
            Self::Solver(Phase::Placement) => 3,
            Self::Solver(Phase::Analysis) => 4,
            Self::Solver(Phase::Synthesis) => 5,
            Self::Solver(Phase::Transport) => 6,
            Self::Solver(Phase::Reaction) => 7,
            Self::Solver(Phase::Integrator) => 8,
            Self::Solver(Phase::Survey) => 9,
            Self::Output => 10,
            Self::Rest => 11,
        }
    }

    /// Its key in JSON, and its name for people.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Start => ("start", "mesh, initial measure"),
            Self::File => ("file", "run file created"),
            Self::Plan => ("plan", "plan of J"),
            Self::Solver(Phase::Placement) => ("placement", "placing of the particles"),
            Self::Solver(Phase::Analysis) => ("analysis", "analysis, risk"),
            Self::Solver(Phase::Synthesis) => ("synthesis", "synthesis of J"),
            Self::Solver(Phase::Transport) => ("transport", "transport"),
            Self::Solver(Phase::Reaction) => ("reaction", "reaction"),
            Self::Solver(Phase::Integrator) => ("integrator", "integrator"),
            Self::Solver(Phase::Survey) => ("survey", "survey, diagnostics"),
            Self::Output => ("output", "copies of snapshots"),
            Self::Rest => ("rest", "rest"),
        }
    }

    /// Whether its time goes with the number of steps.
    fn is_stepped(self) -> bool {
        matches!(self, Self::Solver(_))
    }
}

/// Takes the time of each part.
pub struct Stopwatch(Option<Mutex<Laps>>);

struct Laps {
    part: usize,
    since: Instant,
    spent: [Duration; PARTS.len()],
}

impl Stopwatch {
    /// Starts in [`Part::Rest`]; one that is not `wanted` does nothing.
    pub fn start(wanted: bool) -> Arc<Self> {
        let laps =
            Laps { part: Part::Rest.index(), since: Instant::now(), spent: [Duration::ZERO; PARTS.len()] };
        Arc::new(Self(wanted.then(|| Mutex::new(laps))))
    }

    /// Ends the part that lasts and begins another.
    pub fn enter(&self, part: Part) {
        if let Some(laps) = &self.0 {
            // Durations are whole whatever befell their owner.
            let mut laps = laps.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let (last, elapsed) = (laps.part, now - laps.since);
            laps.spent[last] += elapsed;
            laps.since = now;
            laps.part = part.index();
        }
    }

    /// What the solver is to tell of its phases: nothing where no times are wanted.
    pub fn phases(self: &Arc<Self>) -> Phases {
        if self.0.is_some() { Phases::new(self.clone()) } else { Phases::default() }
    }

    /// The times so far, where they are wanted.
    pub fn timings(&self, steps: u64, unknowns: usize, writing: WritingCost) -> Option<Timings> {
        self.enter(Part::Rest);
        let laps = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Timings { spent: laps.spent, steps, unknowns, writing })
    }
}

impl PhaseObserver for Stopwatch {
    fn enter(&self, phase: Phase) {
        self.enter(Part::Solver(phase));
    }
}

/// The times of a run.
pub struct Timings {
    spent: [Duration; PARTS.len()],
    steps: u64,
    /// Cells of all sheets, or particles.
    unknowns: usize,
    writing: WritingCost,
}

impl Timings {
    /// Rows of the table that the run has: key, name, time, whether it goes with the steps.
    fn rows(&self) -> Vec<(&'static str, &'static str, Duration, bool)> {
        let mut rows = Vec::new();
        for (part, spent) in PARTS.into_iter().zip(self.spent) {
            let (key, name) = part.names();
            if part == Part::Output {
                rows.push((key, name, spent.saturating_sub(self.writing.waited), false));
                rows.push(("waiting", "waiting for the writer", self.writing.waited, false));
            } else if !part.is_stepped() || spent > Duration::ZERO {
                rows.push((key, name, spent, part.is_stepped()));
            }
        }
        rows
    }

    fn total(&self) -> Duration {
        self.spent.iter().sum()
    }

    /// Milliseconds a step, and nanoseconds a step and unknown.
    fn per_step(&self, time: Duration) -> [f64; 2] {
        let seconds = time.as_secs_f64() / self.steps.max(1) as f64;
        [1e3 * seconds, 1e9 * seconds / self.unknowns.max(1) as f64]
    }

    fn share(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.total().as_secs_f64().max(1e-12)
    }

    /// One object: seconds, share of the run, and for the phases of a step the time a step and a step and unknown.
    pub fn to_json(&self) -> Value {
        let entry = |time: Duration, stepped: bool| {
            let mut entry = json!({ "seconds": time.as_secs_f64(), "share": self.share(time) });
            if stepped {
                let [step, unknown] = self.per_step(time);
                entry["milliseconds_per_step"] = step.into();
                entry["nanoseconds_per_unknown"] = unknown.into();
            }
            entry
        };
        let rows = self.rows();
        let mut all: Map<String, Value> =
            rows.iter().map(|(key, _, time, stepped)| ((*key).to_owned(), entry(*time, *stepped))).collect();
        all.insert("total".to_owned(), entry(self.total(), false));
        let WritingCost { busy, cpu, bytes, .. } = self.writing;
        let mut writing = entry(busy, false);
        writing["cpu_seconds"] = cpu.map(|cpu| cpu.as_secs_f64()).into();
        writing["bytes"] = bytes.into();
        all.insert("writing".to_owned(), writing);
        Value::Object(all)
    }
}

impl std::fmt::Display for Timings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:<24}{:>11}{:>8}{:>13}{:>13}", "phase", "seconds", "%", "ms/step", "ns/unknown")?;
        let mut line = |name: &str, time: Duration, stepped: bool| {
            let mut text = format!("{name:<24}{:>11.3}{:>8.1}", time.as_secs_f64(), 100.0 * self.share(time));
            if stepped {
                let [step, unknown] = self.per_step(time);
                write!(text, "{step:>13.4}{unknown:>13.2}")?;
            }
            writeln!(f, "{text}")
        };
        for (_, name, time, stepped) in self.rows() {
            line(name, time, stepped)?;
        }
        line("total", self.total(), false)?;
        let WritingCost { busy, cpu, bytes, .. } = self.writing;
        line("writing, in its thread", busy, false)?;
        let cpu = cpu.map_or(String::new(), |cpu| format!("{:.3} s of CPU time, ", cpu.as_secs_f64()));
        writeln!(f, "  ({cpu}{:.1} MB)", bytes as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_each_part_has_its_own_place() {
        for (k, part) in PARTS.into_iter().enumerate() {
            assert_eq!(part.index(), k, "{part:?}");
        }
        for phase in Phase::ALL {
            assert!(PARTS.contains(&Part::Solver(phase)), "{phase:?}");
        }
    }

    #[test]
    fn law_the_parts_add_up_to_the_time_that_has_passed() {
        let start = Instant::now();
        let watch = Stopwatch::start(true);
        for k in 0..1000 {
            watch.enter(PARTS[k % PARTS.len()]);
        }
        let timings = watch.timings(10, 7, WritingCost::default()).unwrap();
        let passed = start.elapsed();
        assert!(timings.total() <= passed && timings.total() > passed / 2, "{:?}", timings.total());
        let rows: Duration = timings.rows().iter().map(|(_, _, time, _)| *time).sum();
        assert_eq!(rows, timings.total());
        assert!(Stopwatch::start(false).timings(1, 1, WritingCost::default()).is_none());
    }
}
