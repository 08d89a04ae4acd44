//! The table of all paths: CPU time and memory a point against the number of points, on one thread, beside the direct sum.
//!
//!     cargo bench --bench table [-- FILTER ...]      paths whose names contain one of the filters
//!
//! Prints Markdown on standard output; `scripts/bench-table` adds the machine and the date. Under `cargo test` each path is
//! evaluated once, at a small size.

mod common;

use common::clock;
use common::measuring;
use common::paths::{Direct, Path, all};
use common::problems::Placed;
use peak_alloc::PeakAlloc;
use sphereflow::solver::objective::Evaluation;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Numbers of points, doubling.
const SIZES: [usize; 8] = [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000];

/// `~`: not measured, scaled from the largest size at which the direct sum was.
const HEAD: &str = "| path | points | ns a point | growth | direct, ns a point | direct / this | plan, ns a point \
    | bytes a point | at most while planning | bytes allocated by an evaluation |";

/// The longest evaluation of a direct sum that is waited for, in seconds.
const LONGEST_DIRECT: f64 = 1.0;

/// Numbers of points from which the bytes a point are those of the points alone.
const LARGE: usize = 1_000_000;

fn main() {
    clock::stay_on_one_thread();
    let filters: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let sizes = if measuring() { &SIZES[..] } else { &[1_000] };
    println!("{HEAD}\n|---|---|---|---|---|---|---|---|---|---|");
    let mut bars = Bars::default();
    for path in all() {
        if filters.is_empty() || filters.iter().any(|filter| path.name.contains(filter.as_str())) {
            print(&path, sizes, &mut bars);
        }
    }
    bars.print();
}

/// The extremes over all paths and sizes, each with where it was found.
#[derive(Default)]
struct Bars {
    growth: (f64, String),
    /// Over all doublings of a path, a geometric mean: one of them may leave a cache.
    mean_growth: (f64, String),
    bytes: (f64, String),
    allocated: (f64, String),
}

impl Bars {
    fn add(&mut self, path: &Path, growth: Option<f64>, cost: &Cost) {
        let bytes = cost.a_point(cost.kept as f64);
        let entries =
            [(&mut self.growth, growth.unwrap_or(0.0)), (&mut self.allocated, cost.allocated as f64)];
        // At small sizes what does not depend on the points outweighs them.
        let large = [(&mut self.bytes, if cost.points >= LARGE { bytes } else { 0.0 })];
        for (most, value) in entries.into_iter().chain(large) {
            if value > most.0 {
                *most = (value, format!("{} at {} points", path.name, cost.points));
            }
        }
    }

    fn print(&self) {
        for (what, (value, at)) in [
            ("greatest growth of the cost by a doubling", &self.growth),
            ("greatest mean growth of a path by a doubling", &self.mean_growth),
            ("most bytes a point kept, from 10^6 points", &self.bytes),
            ("most bytes allocated by an evaluation", &self.allocated),
        ] {
            println!("\n{what}: {value:.2}{}{at}", if at.is_empty() { "" } else { ", " });
        }
    }
}

/// What was measured of a path at one size.
struct Cost {
    points: usize,
    /// CPU seconds of an evaluation.
    seconds: f64,
    /// CPU seconds of placing the objective at the points.
    plan: f64,
    /// Bytes that the placed objective keeps, a copy of the points included.
    kept: usize,
    /// The most that it held while it was made.
    most: usize,
    /// The most that an evaluation held beyond what is kept.
    allocated: usize,
}

impl Cost {
    fn a_point(&self, total: f64) -> f64 {
        total / self.points as f64
    }
}

fn print(path: &Path, sizes: &[usize], bars: &mut Bars) {
    let direct = direct_costs(path, sizes);
    let last = direct.last().expect("measured at one size at least");
    let (mut first, mut before): (Option<Cost>, Option<Cost>) = (None, None);
    for &size in sizes {
        let fast = cost(path, size, Evaluation::Auto);
        let measured = direct.iter().find(|direct| direct.points == fast.points);
        let seconds = measured.map_or_else(|| scaled(path, last, fast.points), |direct| direct.seconds);
        let growth = before.as_ref().map(|before| growth(before, &fast));
        bars.add(path, growth, &fast);
        println!(
            "| {} | {} | {:.1} | {} | {}{:.0} | {:.1} | {:.0} | {:.0} | {:.0} | {} |",
            path.name,
            fast.points,
            fast.a_point(1e9 * fast.seconds),
            growth.map_or(String::new(), |growth| format!("{growth:.2}")),
            if measured.is_some() { "" } else { "~" },
            fast.a_point(1e9 * seconds),
            seconds / fast.seconds,
            fast.a_point(1e9 * fast.plan),
            fast.a_point(fast.kept as f64),
            fast.a_point(fast.most as f64),
            fast.allocated,
        );
        first = first.or(before);
        before = Some(fast);
    }
    if let (Some(first), Some(last)) = (&first, &before) {
        let mean = growth(first, last);
        if mean > bars.mean_growth.0 {
            bars.mean_growth = (mean, path.name.to_string());
        }
    }
}

/// The direct sum at sizes that double, up to the last one that is waited for.
fn direct_costs(path: &Path, sizes: &[usize]) -> Vec<Cost> {
    let mut costs: Vec<Cost> = Vec::new();
    let mut size = sizes[0] / 8;
    while size <= sizes[sizes.len() - 1]
        && costs.last().is_none_or(|last| scaled(path, last, size) < LONGEST_DIRECT)
    {
        costs.push(cost(path, size, Evaluation::Direct));
        size *= 2;
    }
    costs
}

/// Seconds of the direct sum at `points`, from those measured at fewer.
fn scaled(path: &Path, measured: &Cost, points: usize) -> f64 {
    let ratio = points as f64 / measured.points as f64;
    measured.seconds * if path.direct == Direct::Pairs { ratio * ratio } else { ratio }
}

/// The cost of a doubling of the points, as the sizes do not double exactly on the sphere.
fn growth(before: &Cost, now: &Cost) -> f64 {
    let doublings = (now.points as f64 / before.points as f64).log2();
    (now.seconds / before.seconds).powf(1.0 / doublings)
}

fn cost(path: &Path, size: usize, evaluation: Evaluation) -> Cost {
    let objective = (path.objective)(evaluation);
    let (points, mass) = path.points.place(size);
    let count = mass.len();
    let start = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let mut placed = None;
    let plan = clock::once(|| placed = Some(Placed::new(&objective, points, mass, path.motion)));
    let mut placed = placed.expect("placed above");
    let beside = start + placed.output_bytes();
    let (kept, most) = (ALLOCATOR.current_usage() - beside, ALLOCATOR.peak_usage() - beside);
    // The first evaluation may still make what is kept.
    placed.evaluate();
    ALLOCATOR.reset_peak_usage();
    let held = ALLOCATOR.current_usage();
    placed.evaluate();
    let allocated = ALLOCATOR.peak_usage() - held;
    let seconds = if measuring() {
        clock::median(clock::samples(3, 0.3, || placed.evaluate()))
    } else {
        clock::once(|| placed.evaluate())
    };
    Cost { points: count, seconds, plan, kept, most, allocated }
}
