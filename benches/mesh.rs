//! Construction of meshes: `mesh/domain/size`, cells on the circle, level on the sphere (10 4^level + 2 cells); with quality
//! and, for the centroidal mesh, what the search for generators takes.

use divan::Bencher;
use divan::counter::ItemsCount;
use sphereflow::mesh::{Generators, Mesh, SphereMesh};

fn main() {
    divan::main();
}

#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = 10)]
fn circle(bencher: Bencher, cells: usize) {
    let build = || Mesh::circle(cells).expect("enough cells");
    bencher.counter(ItemsCount::new(cells)).bench(build);
}

#[divan::bench(args = [3, 5, 6, 7, 8], sample_count = 10)]
fn sphere(bencher: Bencher, level: u32) {
    let build = || Mesh::sphere(1 << level).expect("a subdivision");
    bencher.counter(ItemsCount::new(build().cells())).bench(build);
}

#[divan::bench(args = [5, 6, 7], sample_count = 10)]
fn quality(bencher: Bencher, level: u32) {
    let mesh = Mesh::sphere(1 << level).expect("a subdivision");
    bencher.counter(ItemsCount::new(mesh.cells())).bench(|| mesh.quality());
}

#[divan::bench(args = [3, 5, 6, 7], sample_count = 10)]
fn recursive_generators(bencher: Bencher, level: u32) {
    generators(bencher, SphereMesh::Recursive, level);
}

#[divan::bench(args = [3, 5, 6, 7], sample_count = 10)]
fn centroidal_generators(bencher: Bencher, level: u32) {
    generators(bencher, SphereMesh::Centroidal, level);
}

/// Counted by the cells of the mesh, of which one in 120 is found.
fn generators(bencher: Bencher, kind: SphereMesh, level: u32) {
    let find = || Generators::new(kind, 1 << level).expect("generators");
    let cells = 10 * (1 << (2 * level)) + 2;
    bencher.counter(ItemsCount::new(cells as usize)).bench(find);
}
