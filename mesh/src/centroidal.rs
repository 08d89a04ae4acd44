//! Generators at the centroids of their cells, by multigrid.
//!
//! Lloyd's iteration moves each generator to the centroid of its cell. It removes what differs from neighbour to neighbour
//! at once and what is smooth only in some n^2 steps, like relaxation of an elliptic equation, so it is used as one: as
//! the smoother of the full approximation scheme (Brandt 1977) on lattices of n, ceil(n / 2), ceil(ceil(n / 2) / 2), ...
//! Cycles take about as many evaluations of centroids whatever n is, and reduce the offsets by a factor of three each. Only
//! one generator in 120 is moved, the others follow by symmetry.

use std::f64::consts::PI;

use rayon::prelude::*;

use crate::domain::MeshError;
use crate::geometry::{Vector, add, norm, scale, sub};
use crate::sector::Sector;

/// Steps of over-relaxed Lloyd iteration before a coarse correction, and after it.
const SMOOTHING: usize = 3;
/// How far a step goes of the way to the centroid. The largest factor that is stable is near 2.
const RELAXATION: f64 = 1.7;
/// Steps on the coarsest lattice, which has at most one generator that is free.
const COARSEST: usize = 40;
/// Cycles at every subdivision before the last one: enough for an error below that of interpolation.
const STARTING_CYCLES: usize = 2;
/// About 18 are needed.
const MOST_CYCLES: usize = 60;

/// The offset of a centroid that is left, relative to the mean distance of neighbours: beside 1e-12, what the rounding of
/// the generators themselves makes.
fn tolerance(subdivision: usize) -> f64 {
    1e-12 + 1e-15 * subdivision as f64
}

/// The generators of a sector.
pub(crate) fn points(sector: &Sector) -> Result<Vec<Vector>, MeshError> {
    let sectors = coarsened(sector);
    let mut points = sectors[sectors.len() - 1].flat();
    for level in (0..sectors.len()).rev() {
        let (fine, finest) = (&sectors[level], level == 0);
        if let Some(coarse) = sectors.get(level + 1) {
            points = refined(fine, coarse, &points);
        }
        let load = vec![[0.0; 3]; fine.len()];
        for _ in 0..if finest { MOST_CYCLES } else { STARTING_CYCLES } {
            if finest && offset(fine, &points) <= tolerance(fine.subdivision()) {
                return Ok(points);
            }
            points = cycle(&sectors[level..], points, &load);
        }
    }
    let subdivision = sector.subdivision();
    Err(MeshError::NotCentroidal { subdivision, offset: offset(sector, &points) })
}

/// The sector and ever coarser ones.
fn coarsened(sector: &Sector) -> Vec<Sector> {
    let mut sectors = vec![sector.clone()];
    let mut subdivision = sector.subdivision();
    while subdivision > 3 {
        subdivision = subdivision.div_ceil(2);
        sectors.push(sector.with(subdivision));
    }
    sectors
}

/// Generators of a coarse sector carried over to a fine one: as displacements from the flat subdivision, which are smooth.
fn refined(fine: &Sector, coarse: &Sector, points: &[Vector]) -> Vec<Vector> {
    let displacement = difference(points, &coarse.flat());
    moved(fine, &fine.flat(), &fine.sample(coarse, &displacement))
}

/// Largest offset of a centroid, relative to the mean distance of neighbours.
fn offset(sector: &Sector, points: &[Vector]) -> f64 {
    let offsets = sector.field(|site| centroid_offset(sector, points, site));
    // The side of 20 n^2 equilateral triangles that have the sphere's area together.
    let spacing = (0.8 * PI / 3f64.sqrt()).sqrt() / sector.subdivision() as f64;
    offsets.par_iter().map(|&offset| norm(offset)).reduce(|| 0.0, f64::max) / spacing
}

/// Centroid minus generator at a point. At the corner A both are the same.
fn centroid_offset(sector: &Sector, points: &[Vector], site: [isize; 3]) -> Vector {
    if site[1] == 0 { [0.0; 3] } else { sector.polygon(points, site).centroid_offset() }
}

/// n^2 times the offsets, which for one smooth displacement are alike at every n.
fn defect(sector: &Sector, points: &[Vector]) -> Vec<Vector> {
    sector.field(|site| scale(squared(sector), centroid_offset(sector, points, site)))
}

fn squared(sector: &Sector) -> f64 {
    (sector.subdivision() as f64).powi(2)
}

/// One V-cycle towards the points whose [`defect`] is `load`, on the first of ever coarser sectors.
fn cycle(sectors: &[Sector], mut points: Vec<Vector>, load: &[Vector]) -> Vec<Vector> {
    let [fine, coarser @ ..] = sectors else { return points };
    let Some(coarse) = coarser.first() else {
        return smoothed(fine, points, load, COARSEST);
    };
    points = smoothed(fine, points, load, SMOOTHING);
    let missing = difference(load, &defect(fine, &points));
    let before = coarse.field(|site| coarse.settle(site, coarse.interpolate(fine, &points, site, [0; 3])));
    let coarse_load = sum(&defect(coarse, &before), &coarse.average(fine, &missing));
    let after = cycle(coarser, before.clone(), &coarse_load);
    points = moved(fine, &points, &fine.sample(coarse, &difference(&after, &before)));
    smoothed(fine, points, load, SMOOTHING)
}

/// Steps of over-relaxed Lloyd iteration towards the points whose [`defect`] is `load`.
fn smoothed(sector: &Sector, mut points: Vec<Vector>, load: &[Vector], steps: usize) -> Vec<Vector> {
    let share = 1.0 / squared(sector);
    for _ in 0..steps {
        points = sector.field(|site| {
            let index = sector.index(site);
            let step = sub(centroid_offset(sector, &points, site), scale(share, load[index]));
            sector.settle(site, add(points[index], scale(RELAXATION, step)))
        });
    }
    points
}

/// Points moved by displacements and back to the sphere.
fn moved(sector: &Sector, points: &[Vector], displacements: &[Vector]) -> Vec<Vector> {
    sector.field(|site| {
        let index = sector.index(site);
        sector.settle(site, add(points[index], displacements[index]))
    })
}

fn difference(a: &[Vector], b: &[Vector]) -> Vec<Vector> {
    a.par_iter().zip(b).map(|(&a, &b)| sub(a, b)).collect()
}

fn sum(a: &[Vector], b: &[Vector]) -> Vec<Vector> {
    a.par_iter().zip(b).map(|(&a, &b)| add(a, b)).collect()
}
