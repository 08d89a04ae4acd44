//! The table of one thread: CPU time of each kernel beside the bounds of the machine.

use std::path::Path;

use super::common::clock;
use super::kernel::{Case, Destination, Kernel, Meshes};
use super::machine;

/// Beyond all caches more is no slower.
const LARGEST_TRIAD: f64 = 192.0 * MIB;

/// The least triad whose loop is not all overhead.
const SMALLEST_TRIAD: f64 = 96.0 * 1024.0;

const MIB: f64 = 1024.0 * 1024.0;

const HEAD: &str = "| kernel | items | ns an item | bytes | flops | GB/s | triad there, GB/s | of the triad | GFLOP/s | of the peak \
    | bound | times the bound |\n|---|---|---|---|---|---|---|---|---|---|---|---|";

/// Prints what the machine allows, then every kernel.
pub fn print(cases: &[Case], folder: &Path) {
    clock::stay_on_one_thread();
    let limits = Limits::measure(folder);
    println!("\n{HEAD}");
    let mut meshes = Meshes::default();
    for case in cases {
        row(case, &mut meshes, &limits);
    }
    println!(
        "\nBytes and flops an item are the least counts stated in `benches/roofline/`; the triad counts 24 bytes a number, \
         over as many bytes as the kernel goes over, measured just before it (for snapshots, that of a plain file). The bound is the longer of bytes at the \
         triad's rate and flops at the peak."
    );
}

/// What does not depend on where the bytes lie.
struct Limits {
    /// Operations a second.
    peak: f64,
    /// Bytes a second of a plain file.
    file: f64,
}

impl Limits {
    /// Measures and prints them, and the bandwidths of the caches and of memory.
    fn measure(folder: &Path) -> Self {
        let mut multiply_adds = machine::multiply_adds();
        let peak = 2.0 * multiply_adds.items as f64 / least(&mut multiply_adds);
        println!("| the machine, one thread | |\n|---|---|");
        println!(
            "| fused multiply-adds, {} doubles a vector | {:.1} GFLOP/s |",
            machine::lanes(),
            1e-9 * peak
        );
        for (size, mib) in
            [("3 x 256 MiB", 768.0), ("3 x 8 MiB", 24.0), ("3 x 2 MiB", 6.0), ("3 x 128 KiB", 0.375)]
        {
            println!("| triad, {size} | {:.1} GB/s |", 1e-9 * rate(machine::triad((mib * MIB) as usize)));
        }
        for (size, mib) in [("256 MiB", 256.0), ("4 MiB", 4.0)] {
            println!("| sum of {size} | {:.1} GB/s |", 1e-9 * rate(machine::sum((mib * MIB) as usize)));
        }
        let file = rate(machine::file(folder.join("plain"), 64 << 20));
        println!("| a file of 64 MiB | {:.2} GB/s |", 1e-9 * file);
        Self { peak, file }
    }

    /// Bytes a second where those of a kernel go.
    fn bandwidth(&self, kernel: &Kernel) -> f64 {
        match kernel.to {
            Destination::Memory => {
                rate(machine::triad(kernel.resident.clamp(SMALLEST_TRIAD, LARGEST_TRIAD) as usize))
            }
            Destination::File => self.file,
        }
    }
}

/// The most bytes a second that the machine was seen to give.
fn rate(mut kernel: Kernel) -> f64 {
    kernel.items as f64 * kernel.count.bytes / least(&mut kernel)
}

/// CPU seconds of the fastest repetition.
fn least(kernel: &mut Kernel) -> f64 {
    clock::samples(3, 0.2, &mut kernel.work).into_iter().fold(f64::INFINITY, f64::min)
}

fn row(case: &Case, meshes: &mut Meshes, limits: &Limits) {
    let mut kernel = (case.make)(meshes);
    let (items, count) = (kernel.items, kernel.count);
    let bandwidth = limits.bandwidth(&kernel);
    let each = clock::median(clock::samples(3, 0.2, &mut kernel.work)) / items as f64;
    print!("| {} | {items} | {:.3}", case.name, 1e9 * each);
    if count.bytes == 0.0 {
        println!(" | | | | | | | | | |");
        return;
    }
    let (moving, computing) = (count.bytes / bandwidth, count.flops / limits.peak);
    let (name, bound) = match kernel.to {
        _ if computing > moving => ("arithmetic", computing),
        Destination::Memory => ("memory", moving),
        Destination::File => ("file", moving),
    };
    println!(
        " | {:.0} | {:.0} | {:.2} | {:.1} | {:.0} % | {:.2} | {:.0} % | {name} | {:.1} |",
        count.bytes,
        count.flops,
        1e-9 * count.bytes / each,
        1e-9 * bandwidth,
        100.0 * moving / each,
        1e-9 * count.flops / each,
        100.0 * computing / each,
        each / bound,
    );
}
