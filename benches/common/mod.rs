//! What the programs that measure share: the clock of the CPU, and the paths by which objectives are evaluated.

// Each program uses its own part.
#![allow(dead_code)]

pub mod clock;
pub mod paths;
pub mod problems;

/// Whether cargo asks for measurements; else (`cargo test`) each thing runs once, at a small size.
pub fn measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}
