//! CPU time, which other work on the machine disturbs less than it does wall time.

use rustix::time::{ClockId, clock_gettime};

/// CPU seconds of this process so far, user and system, all threads.
pub fn cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + 1e-9 * now.tv_nsec as f64
}

/// CPU seconds of one run of `work`.
pub fn once(work: impl FnOnce()) -> f64 {
    let start = cpu_seconds();
    work();
    cpu_seconds() - start
}

/// CPU seconds of single runs of `work`, after one that does not count: at least `least` of them, and more until they have
/// taken `seconds` together. Runs shorter than a millisecond are timed several at a time.
pub fn samples(least: usize, seconds: f64, mut work: impl FnMut()) -> Vec<f64> {
    let first = once(&mut work);
    let batch = (1e-3 / first.max(1e-9)).ceil() as usize;
    let (mut samples, mut total) = (Vec::new(), 0.0);
    while samples.len() < least || total < seconds {
        let spent = once(|| (0..batch).for_each(|_| work()));
        total += spent;
        samples.push(spent / batch as f64);
    }
    samples
}

/// The middle one, or the upper of the two in the middle.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Makes rayon run all work on the calling thread, so that idle workers take no CPU time.
pub fn stay_on_one_thread() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .expect("no pool has been started");
}
