//! Construction of meshes: `mesh/domain/size`, cells on the circle, level on the sphere (10 4^level + 2 cells).

use divan::Bencher;
use divan::counter::ItemsCount;
use sphereflow::mesh::Mesh;

fn main() {
    divan::main();
}

#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 10)]
fn circle(bencher: Bencher, cells: usize) {
    let build = || Mesh::circle(cells).expect("enough cells");
    bencher.counter(ItemsCount::new(cells)).bench(build);
}

#[divan::bench(args = [3, 5, 6, 7], sample_count = 10)]
fn sphere(bencher: Bencher, level: u32) {
    let build = || Mesh::sphere(1 << level).expect("a subdivision");
    bencher.counter(ItemsCount::new(build().cells())).bench(build);
}
