//! One thread against all: wall time, in turn, the best of many short repetitions of each.
//!
//! Other work on the machine keeps threads waiting for a processor. Linux counts for how long, and a repetition is *quiet* if
//! that is a small part of it; where there were none on either side the ratio is marked. The load stands beside the table.

use std::path::PathBuf;
use std::time::Instant;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::kernel::{Case, Kernel, Meshes, Work};
use super::machine;

/// Repetitions go on until so many of either side were quiet, and both together have taken some time, or too much, in seconds.
const QUIET: usize = 5;
const SECONDS: [f64; 2] = [0.5, 4.0];

/// The part of the wall time that threads may wait in a quiet repetition.
const WAITING: f64 = 0.02;

/// A repetition lasts at least as long, in seconds: the work is done several times where it is short.
const SHORTEST: f64 = 1e-3;

/// Prints the ratios.
pub fn print(cases: &[Case]) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let pools = [1, threads].map(|threads| {
        ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started")
    });
    println!("Load before: {}.\n", load());
    println!(
        "| kernel | items | ns an item, one thread | {threads} threads | ratio |\n|---|---|---|---|---|"
    );
    let mut meshes = Meshes::default();
    for case in limits().iter().chain(cases) {
        let Kernel { items, mut work, .. } = (case.make)(&mut meshes);
        let sides = against(&pools, &mut work);
        let mark = if sides.iter().all(|side| side.quiet > 0) { "" } else { "~" };
        let [one, all] = sides.map(|side| 1e9 * side.best / items as f64);
        println!("| {} | {items} | {one:.3} | {all:.3} | {mark}{:.2} |", case.name, one / all);
    }
    println!("\nLoad after: {}.", load());
}

/// What the machine itself gains.
fn limits() -> Vec<Case> {
    let triad = |name: &str, kib: usize| Case::new(name, move |_| machine::triad(kib << 10));
    vec![
        triad("triad, 3 x 256 MiB", 768 << 10),
        triad("triad, 3 x 2 MiB", 6 << 10),
        triad("triad, 3 x 128 KiB", 384),
        Case::new("fused multiply-adds", |_| machine::multiply_adds()),
    ]
}

/// What was seen of one of the pools.
#[derive(Clone, Copy)]
struct Side {
    /// The shortest wall time, in seconds, of the quiet repetitions if there were any, else of all.
    best: f64,
    /// The number of quiet repetitions.
    quiet: usize,
}

impl Side {
    fn add(&mut self, repetition: Repetition) {
        let quiet = repetition.waited <= WAITING * repetition.wall;
        if quiet && self.quiet == 0 {
            self.best = f64::INFINITY;
        }
        if quiet || self.quiet == 0 {
            self.best = self.best.min(repetition.wall / repetition.times as f64);
        }
        self.quiet += usize::from(quiet);
    }
}

/// The work on either pool in turn.
fn against(pools: &[ThreadPool; 2], work: &mut Work) -> [Side; 2] {
    let first = Repetition::of(&pools[0], work, 1).wall;
    let times = (SHORTEST / first).ceil().max(1.0) as usize;
    let mut sides = [Side { best: f64::INFINITY, quiet: 0 }; 2];
    let [least, most] = SECONDS;
    let mut total = 0.0;
    while total < least || (total < most && sides.iter().any(|side| side.quiet < QUIET)) {
        for (side, pool) in sides.iter_mut().zip(pools) {
            let repetition = Repetition::of(pool, work, times);
            total += repetition.wall;
            side.add(repetition);
        }
    }
    sides
}

/// The work done a few times without a pause.
struct Repetition {
    times: usize,
    /// Seconds.
    wall: f64,
    /// Seconds for which threads that could have run waited for a processor, all together.
    waited: f64,
}

impl Repetition {
    fn of(pool: &ThreadPool, work: &mut Work, times: usize) -> Self {
        pool.install(|| {
            let before = waiting();
            let start = Instant::now();
            (0..times).for_each(|_| work());
            let wall = start.elapsed().as_secs_f64();
            Self { times, wall, waited: waiting() - before }
        })
    }
}

/// Seconds for which the threads of this process have waited for a processor, where the system tells; else none.
fn waiting() -> f64 {
    // A thread's waiting is added up when it runs again, so each has to.
    rayon::broadcast(|_| ());
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return 0.0 };
    let of_thread = |path: PathBuf| -> Option<f64> {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split_whitespace().nth(1)?.parse().ok()
    };
    1e-9 * threads.flatten().filter_map(|thread| of_thread(thread.path())).sum::<f64>()
}

/// The mean numbers of running tasks over 1, 5 and 15 minutes, this program's own included, where the system tells.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let means: Vec<&str> = load.split_whitespace().take(3).collect();
    if means.is_empty() { "unknown".to_string() } else { means.join(", ") }
}
