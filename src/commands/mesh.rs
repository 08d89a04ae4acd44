//! `mesh`: builds a mesh and prints its quality.

use std::time::Instant;

use anyhow::anyhow;
use sphereflow::io::run::write_mesh;
use sphereflow::io::{KeptMesh, MeshArrays, MeshCache};
use sphereflow::mesh::{Domain, Mesh, SphereMesh};

use super::{cannot_create, check_output};
use crate::cli::{self, MeshKind};
use crate::failure::Failure;
use crate::load;
use crate::memory;
use crate::report::Summary;

/// The finest level that is built: 10 * 4^12 + 2 cells.
const MAX_LEVEL: u32 = 12;

/// The most arcs that are built, as in a configuration.
const MAX_CELLS: usize = 1 << 28;

/// Bytes of a cell, with the largest buffers of building and writing.
const CELL: u64 = 40;

/// Builds, writes if asked to, prints the quality.
pub fn run(options: &cli::Mesh) -> Result<(), Failure> {
    if let Some(path) = &options.output {
        check_output(path, options.force)?;
    }
    let start = Instant::now();
    let KeptMesh { mesh, from_cache, .. } = load::tell(build(options)?);
    let seconds = start.elapsed().as_secs_f64();
    let quality = mesh.quality();
    let mut summary = Summary::default();
    if let Domain::Sphere { mesh: kind, .. } = mesh.domain() {
        summary.add("mesh", "mesh", kind.name());
    }
    summary
        .add("cells", "cells", mesh.cells())
        .add("faces", "faces", mesh.faces())
        .add("vertices", "vertices", mesh.vertices())
        .number("megabytes", "memory (MB)", mesh.bytes() as f64 / 1e6)
        .add("source", "source", if from_cache { "cache" } else { "built" })
        .number("seconds", "time to build or load (s)", seconds)
        .number("mean_distance", "mean distance of neighbours", quality.mean_distance)
        .number("area_ratio", "largest over least cell", quality.area_ratio)
        .number("distance_ratio", "largest over least distance", quality.distance_ratio)
        .number("min_face_ratio", "least face over distance", quality.min_face_ratio)
        .number("max_face_ratio", "largest face over distance", quality.max_face_ratio)
        .number("max_offset", "largest offset of face midpoints", quality.max_offset)
        .number("mean_offset", "mean offset of face midpoints", quality.mean_offset)
        .number("max_centroid_offset", "largest offset of centroids", quality.max_centroid_offset);
    if let Some(path) = &options.output {
        let start = Instant::now();
        let arrays = MeshArrays::new(&mesh);
        write_mesh(path, &arrays.table(), env!("CARGO_PKG_VERSION"), options.force).map_err(cannot_create)?;
        summary.number("writing_seconds", "time to write (s)", start.elapsed().as_secs_f64());
    }
    summary.print(options.json)
}

fn build(options: &cli::Mesh) -> Result<KeptMesh, Failure> {
    match options.kind {
        MeshKind::Circle => circle(options),
        MeshKind::Sphere => sphere(options),
    }
}

fn wrong(what: &str) -> Failure {
    Failure::usage(anyhow!("{what}"))
}

fn circle(options: &cli::Mesh) -> Result<KeptMesh, Failure> {
    if options.level.is_some() || options.subdivision.is_some() {
        return Err(wrong("`--level` and `--subdivision` are for `mesh sphere`\n  hint: use `--cells`"));
    }
    if options.placement.is_some() {
        return Err(wrong("`--mesh` is for `mesh sphere`; a circle has one mesh\n  hint: leave it out"));
    }
    let cells = options.cells.unwrap_or(512);
    if cells > MAX_CELLS {
        return Err(wrong(&format!("`--cells {cells}` is out of range; at most {MAX_CELLS}")));
    }
    Ok(Mesh::circle(cells).map_err(Failure::usage)?.into())
}

fn sphere(options: &cli::Mesh) -> Result<KeptMesh, Failure> {
    if options.cells.is_some() {
        return Err(wrong("`--cells` is for `mesh circle`\n  hint: use `--level` or `--subdivision`"));
    }
    let level = options.level.unwrap_or(5);
    if level > MAX_LEVEL {
        return Err(wrong(&format!("`--level {level}` is out of range; at most {MAX_LEVEL}")));
    }
    let subdivision = options.subdivision.unwrap_or(1 << level);
    memory::require(CELL.saturating_mul(10).saturating_mul((subdivision as u64).saturating_pow(2)))?;
    let mesh = match options.placement.unwrap_or(cli::SphereMesh::Flat) {
        cli::SphereMesh::Flat => SphereMesh::Flat,
        cli::SphereMesh::Recursive => SphereMesh::Recursive,
        cli::SphereMesh::Centroidal => SphereMesh::Centroidal,
    };
    let cache = if options.no_cache { MeshCache::off() } else { MeshCache::of_user() };
    cache.sphere(mesh, subdivision).map_err(Failure::usage)
}
