//! Generators by repeated bisection of the edges on the sphere.

use crate::geometry::{Vector, midpoint};
use crate::sector::Sector;

/// The generators in a sector whose subdivision is a power of two: the midpoint of each edge, until it is reached.
pub(crate) fn points(sector: &Sector) -> Vec<Vector> {
    let mut coarse = sector.with(1);
    let mut points = coarse.flat();
    while coarse.subdivision() < sector.subdivision() {
        let fine = sector.with(2 * coarse.subdivision());
        points = fine.field(|site| fine.settle(site, bisected(&coarse, &points, site)));
        coarse = fine;
    }
    points
}

/// The point (p, q, r) from those of half the subdivision: one of them, or, where two of p, q, r are odd, the midpoint of
/// the edge between the two that have either of these rounded up and the other down.
fn bisected(coarse: &Sector, points: &[Vector], site: [isize; 3]) -> Vector {
    let down = site.map(|x| x / 2);
    let mut ends = (0..3).filter(|&k| site[k] % 2 == 1).map(|k| {
        let mut up = down;
        up[k] += 1;
        coarse.at(points, up)
    });
    match (ends.next(), ends.next()) {
        (Some(first), Some(second)) => midpoint(first, second),
        _ => coarse.at(points, down),
    }
}
