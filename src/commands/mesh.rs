//! `mesh`: builds a mesh and prints its quality.

use std::time::Instant;

use anyhow::anyhow;
use sphereflow::io::MeshArrays;
use sphereflow::io::run::write_mesh;
use sphereflow::mesh::Mesh;

use super::{cannot_create, check_output};
use crate::cli::{self, MeshKind};
use crate::failure::Failure;
use crate::memory;
use crate::report::Summary;

/// The finest level that is built: 10 * 4^12 + 2 cells.
const MAX_LEVEL: u32 = 12;

/// The most arcs that are built, as in a configuration.
const MAX_CELLS: usize = 1 << 28;

/// Builds, writes if asked to, prints the quality.
pub fn run(options: &cli::Mesh) -> Result<(), Failure> {
    if let Some(path) = &options.output {
        check_output(path, options.force)?;
    }
    let start = Instant::now();
    let mesh = build(options)?;
    let seconds = start.elapsed().as_secs_f64();
    let quality = mesh.quality();
    if let Some(path) = &options.output {
        let arrays = MeshArrays::new(&mesh);
        write_mesh(path, &arrays.table(), env!("CARGO_PKG_VERSION"), options.force).map_err(cannot_create)?;
    }
    let mut summary = Summary::default();
    summary
        .add("cells", "cells", mesh.cells())
        .add("faces", "faces", mesh.faces())
        .add("vertices", "vertices", mesh.vertices())
        .number("megabytes", "memory (MB)", mesh.bytes() as f64 / 1e6)
        .number("seconds", "time to build (s)", seconds)
        .number("mean_distance", "mean distance of neighbours", quality.mean_distance)
        .number("area_ratio", "largest over least cell", quality.area_ratio)
        .number("distance_ratio", "largest over least distance", quality.distance_ratio)
        .number("min_face_ratio", "least face over distance", quality.min_face_ratio)
        .number("max_face_ratio", "largest face over distance", quality.max_face_ratio)
        .number("max_offset", "largest offset of face midpoints", quality.max_offset)
        .number("mean_offset", "mean offset of face midpoints", quality.mean_offset)
        .number("max_centroid_offset", "largest offset of centroids", quality.max_centroid_offset);
    summary.print(options.json)
}

fn build(options: &cli::Mesh) -> Result<Mesh, Failure> {
    let wrong = |what: &str| Failure::usage(anyhow!("{what}"));
    match options.kind {
        MeshKind::Circle => {
            if options.level.or(options.subdivision.map(|_| 0)).is_some() {
                return Err(wrong(
                    "`--level` and `--subdivision` are for `mesh sphere`\n  hint: use `--cells`",
                ));
            }
            let cells = options.cells.unwrap_or(512);
            if cells > MAX_CELLS {
                return Err(wrong(&format!("`--cells {cells}` is out of range; at most {MAX_CELLS}")));
            }
            Mesh::circle(cells).map_err(Failure::usage)
        }
        MeshKind::Sphere => {
            if options.cells.is_some() {
                return Err(wrong(
                    "`--cells` is for `mesh circle`\n  hint: use `--level` or `--subdivision`",
                ));
            }
            let level = options.level.unwrap_or(5);
            if level > MAX_LEVEL {
                return Err(wrong(&format!("`--level {level}` is out of range; at most {MAX_LEVEL}")));
            }
            let subdivision = options.subdivision.unwrap_or(1 << level);
            memory::require(700 * 10 * (subdivision as u64).saturating_pow(2))?;
            Mesh::sphere(subdivision).map_err(Failure::usage)
        }
    }
}
