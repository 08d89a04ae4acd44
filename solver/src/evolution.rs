//! The loop over time, shared by densities and particles: schedule, records, observers, termination.

/// Quantities of a state that are recorded along a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// t.
    pub time: f64,
    /// F(nu).
    pub objective: f64,
    /// nu(S^d), over all sheets.
    pub mass: f64,
    /// The least of J over the cells' centres, or over the particles and the points watched beside them.
    pub potential_min: f64,
    /// Integral of J d nu.
    pub potential_mean: f64,
    /// `-dF/dt >= 0`.
    pub dissipation: f64,
}

impl Record {
    /// Bound of `F(nu) - F(nu*)` for every minimiser nu* of mass at most `mass_bound`, by convexity:
    /// `integral of J d nu + B max(0, -min J)`.
    pub fn optimality_gap(&self, mass_bound: f64) -> f64 {
        self.potential_mean + mass_bound * (-self.potential_min).max(0.0)
    }
}

/// A state that is advanced in time step by step.
pub trait Evolution {
    /// Why a step can fail.
    type Error;

    /// Current time.
    fn time(&self) -> f64;

    /// One accepted step, at most up to `until`, which is met exactly. On failure the state is as it was.
    ///
    /// # Errors
    /// When no step is accepted.
    fn step(&mut self, until: f64) -> Result<(), Self::Error>;

    /// The recorded quantities of the current state.
    fn record(&mut self) -> Record;

    /// The step size that would be tried next, limits of the state apart.
    fn next_step(&self) -> f64;

    /// Steps accepted and rejected so far.
    fn counters(&self) -> (u64, u64);
}

/// The largest step, at most `bound` to round-off, of which a whole number makes up `remaining`: so no tiny step is left
/// over before a time that is to be met.
pub(crate) fn equal_part(remaining: f64, bound: f64) -> f64 {
    remaining / (remaining / bound * (1.0 - 1e-12)).ceil().max(1.0)
}

/// A bound B of the mass of some minimiser of F, by which the optimality gap is certified.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MassBound {
    /// `F(nu) / lambda`: the risk is nonnegative, so no minimiser has more.
    Regularization(f64),
    /// A number known beforehand, as the mass of a target that is a minimiser.
    Known(f64),
}

/// When to stop before the last time of the schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stop {
    /// The optimality gap is at most this.
    Gap {
        /// Bound of the gap.
        gap: f64,
        /// Bound of a minimiser's mass.
        mass_bound: MassBound,
    },
    /// The dissipation is at most this.
    Dissipation(f64),
}

impl Stop {
    fn reached(&self, record: &Record) -> bool {
        match self {
            Self::Gap { gap, mass_bound } => {
                let bound = match mass_bound {
                    MassBound::Regularization(lambda) => record.objective / lambda,
                    MassBound::Known(mass) => *mass,
                };
                record.optimality_gap(bound) <= *gap
            }
            Self::Dissipation(bound) => record.dissipation <= *bound,
        }
    }
}

/// What watches a run. Either call may end the run by breaking with the observer's own error.
pub trait Observer<E: Evolution + ?Sized> {
    /// What makes the observer end the run.
    type Error;

    /// After every step, and at the start.
    ///
    /// # Errors
    /// Ends the run.
    fn step(&mut self, evolution: &mut E, record: &Record) -> Result<(), Self::Error>;

    /// At every time of the schedule, and at an early stop, after [`Self::step`].
    ///
    /// # Errors
    /// Ends the run.
    fn snapshot(&mut self, evolution: &mut E, record: &Record) -> Result<(), Self::Error>;
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Termination {
    /// At the last time of the schedule.
    End,
    /// By its stopping rule, at this time.
    Stopped(f64),
}

/// Why a run failed.
#[derive(Debug)]
pub enum RunFailure<S, O> {
    /// No step was accepted.
    Step(S),
    /// The observer ended it.
    Observer(O),
}

/// What a run is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule<'t> {
    /// Increasing times of the snapshots; the current time may be the first.
    pub snapshots: &'t [f64],
    /// The time to reach, at or after the last snapshot.
    pub end: f64,
    /// When to stop before it.
    pub stop: Option<Stop>,
}

/// Advances `evolution` through a schedule: a snapshot at each of its times, and where it stops early.
///
/// # Errors
/// When a step fails or the observer ends the run.
pub fn integrate<E: Evolution, O: Observer<E>>(
    evolution: &mut E,
    schedule: &Schedule<'_>,
    observer: &mut O,
) -> Result<Termination, RunFailure<E::Error, O::Error>> {
    let mut record = evolution.record();
    observer.step(evolution, &record).map_err(RunFailure::Observer)?;
    let snapshots = schedule.snapshots.iter().map(|time| (*time, true));
    for (time, is_snapshot) in snapshots.chain(std::iter::once((schedule.end, false))) {
        let stopped = advance(evolution, time, schedule.stop, observer, &mut record)?;
        if is_snapshot || stopped {
            observer.snapshot(evolution, &record).map_err(RunFailure::Observer)?;
        }
        if stopped {
            return Ok(Termination::Stopped(evolution.time()));
        }
    }
    Ok(Termination::End)
}

/// Advances to `time`, or to where the run stops: then the result is true. `record` is that of the state.
fn advance<E: Evolution, O: Observer<E>>(
    evolution: &mut E,
    time: f64,
    stop: Option<Stop>,
    observer: &mut O,
    record: &mut Record,
) -> Result<bool, RunFailure<E::Error, O::Error>> {
    while evolution.time() < time {
        evolution.step(time).map_err(RunFailure::Step)?;
        *record = evolution.record();
        observer.step(evolution, record).map_err(RunFailure::Observer)?;
        if stop.is_some_and(|stop| stop.reached(record)) {
            return Ok(true);
        }
    }
    Ok(false)
}
