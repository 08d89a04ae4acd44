//! Progress of long work: a bar on a terminal, plain lines otherwise; always on standard error.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Parts of the bar.
const RESOLUTION: u64 = 10_000;

/// Least time between two plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Progress through an interval of simulated time.
pub struct Progress {
    label: &'static str,
    start: f64,
    end: f64,
    started: Instant,
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl Progress {
    /// Starts the display of work from time `start` to `end`.
    pub fn new(label: &'static str, start: f64, end: f64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(RESOLUTION), ProgressDrawTarget::stderr_with_hz(10));
            let style =
                ProgressStyle::with_template("{prefix:>10} [{bar:30}] {percent:>3} %  {msg}, {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("=> "));
            bar.set_prefix(label);
            bar
        });
        Self { label, start, end, started: Instant::now(), bar, last_line: Instant::now() }
    }

    /// Shows the state after a step.
    pub fn step(&mut self, time: f64, steps: u64) {
        let elapsed = self.started.elapsed().as_secs_f64();
        let share = if self.end > self.start { (time - self.start) / (self.end - self.start) } else { 1.0 };
        let rate = steps as f64 / elapsed.max(1e-9);
        if let Some(bar) = &self.bar {
            bar.set_position((share * RESOLUTION as f64) as u64);
            bar.set_message(format!("t = {time:.4} of {}, {steps} steps, {rate:.0}/s", self.end));
        } else if self.last_line.elapsed() >= PLAIN_INTERVAL {
            self.last_line = Instant::now();
            let left = if share > 0.0 { elapsed * (1.0 - share) / share } else { f64::NAN };
            eprintln!(
                "{}: {:.1} %, t = {time:.4} of {}, {steps} steps, {rate:.0}/s, about {} left",
                self.label,
                100.0 * share,
                self.end,
                duration_in_words(left)
            );
        }
    }

    /// Ends the display.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Seconds for people.
fn duration_in_words(seconds: f64) -> String {
    match seconds {
        s if s < 600.0 => format!("{s:.0} s"),
        s if s < 36_000.0 => format!("{:.0} min", s / 60.0),
        s if s < 3.6e6 => format!("{:.0} h", s / 3600.0),
        _ => "more than 1000 h".to_owned(),
    }
}
