//! F and J at points: `potential/path/method/size`, size the number of points.
//!
//! `fast` is the method that the objective chooses by itself, at numbers of points that double; `direct` is the sum term by term, the
//! oracle, at the small sizes where it ends. One sample is what a stage of a time step pays: analysis and synthesis for cells; for
//! particles the move, the analysis and the synthesis with the gradient. Items are points. `table` beside this measures CPU time
//! and memory; `cargo test --benches` runs each path once, at a small size.

mod common;

use common::measuring;
use common::paths::{self, Path};
use divan::Bencher;
use divan::counter::ItemsCount;
use sphereflow::solver::objective::Evaluation;

fn main() {
    divan::main();
}

fn doubling() -> Vec<usize> {
    if measuring() { (0..8).map(|k| 10_000 << k).collect() } else { vec![500] }
}

fn small() -> Vec<usize> {
    if measuring() { vec![2_500, 5_000, 10_000] } else { vec![500] }
}

macro_rules! groups {
    ($($path:ident),* $(,)?) => {
        $(
            mod $path {
                use super::{Bencher, Evaluation, doubling, evaluate, paths, small};

                #[divan::bench(args = doubling(), sample_count = 5, sample_size = 1)]
                fn fast(bencher: Bencher, size: usize) {
                    evaluate(bencher, &paths::$path(), size, Evaluation::Auto);
                }

                #[divan::bench(args = small(), sample_count = 5, sample_size = 1)]
                fn direct(bencher: Bencher, size: usize) {
                    evaluate(bencher, &paths::$path(), size, Evaluation::Direct);
                }
            }
        )*
    };
}

groups! {
    circle_kernel_cells,
    circle_kernel_particles,
    sphere_kernel_cells,
    sphere_kernel_particles,
    sphere_low_pass_cells,
    sphere_low_pass_particles,
    gaussian_circle_cells,
    gaussian_sphere_cells,
    gaussian_sphere_particles,
    data_plane_circle_cells,
    data_plane_sphere_cells,
    data_plane_sphere_particles,
    data_flips_cells,
    data_flips_squared_cells,
    data_caps_particles,
    data_caps_squared_particles,
    data_caps_two_layer_particles,
    data_caps_particles_4,
    data_matrix_free_particles_10,
    data_moments_cells,
    data_moments_particles,
}

fn evaluate(bencher: Bencher, path: &Path, size: usize, evaluation: Evaluation) {
    let mut placed = path.place(size, evaluation);
    bencher.counter(ItemsCount::new(placed.value().len())).bench_local(|| placed.evaluate());
}
