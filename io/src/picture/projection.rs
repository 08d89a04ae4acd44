//! Maps of the sphere: Mollweide (equal area, all of it) and orthographic (one half, as seen from far away).
//!
//! Longitude is atan2(y, x), latitude asin(z); east is to the right, as seen from outside. Map coordinates (X, Y)
//! lie in [-1, 1] x [-1, 1] with Y upwards, whatever the size on paper.

use std::f64::consts::PI;

/// Place of the unit vector `p` on the Mollweide map. The point -x lies on its left or right rim.
pub(super) fn mollweide(p: &[f64; 3]) -> (f64, f64) {
    let [x, y, z] = *p;
    // With psi = pi/2 - theta the equation 2 theta + sin 2 theta = pi sin(latitude) reads
    // 2 psi - sin 2 psi = pi (1 - sin latitude), which stays well-posed at the pole.
    let excess = PI * (x * x + y * y) / (1.0 + z.abs());
    let mut psi = (0.75 * excess).cbrt();
    for _ in 0..30 {
        let slope = 4.0 * psi.sin().powi(2);
        if slope == 0.0 {
            break;
        }
        let step = (2.0 * psi - (2.0 * psi).sin() - excess) / slope;
        psi -= step;
        if step.abs() < 1e-15 {
            break;
        }
    }
    (y.atan2(x) / PI * psi.sin(), psi.cos().copysign(z))
}

/// The unit vector at (X, Y) of the Mollweide map; none outside the ellipse.
pub(super) fn mollweide_inverse(at: (f64, f64)) -> Option<[f64; 3]> {
    let (x, y) = at;
    if x * x + y * y > 1.0 {
        return None;
    }
    let theta = y.asin();
    let height = (2.0 * theta + (2.0 * theta).sin()) / PI;
    let ring = (1.0 - height * height).max(0.0).sqrt();
    let cosine = theta.cos();
    let longitude = if cosine > 0.0 { (PI * x / cosine).clamp(-PI, PI) } else { 0.0 };
    Some([ring * longitude.cos(), ring * longitude.sin(), height])
}

/// An orthographic view: the half of the sphere around `toward`, with `up` upwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Orthographic {
    pub right: [f64; 3],
    pub up: [f64; 3],
    pub toward: [f64; 3],
}

impl Orthographic {
    /// Place of the unit vector `p`; none on the far side.
    pub fn project(&self, p: &[f64; 3]) -> Option<(f64, f64)> {
        (dot(p, &self.toward) >= 0.0).then(|| (dot(p, &self.right), dot(p, &self.up)))
    }

    /// The unit vector at (X, Y); none outside the disc.
    pub fn inverse(&self, at: (f64, f64)) -> Option<[f64; 3]> {
        let (x, y) = at;
        let square = 1.0 - x * x - y * y;
        (square >= 0.0).then(|| {
            let depth = square.sqrt();
            std::array::from_fn(|k| x * self.right[k] + y * self.up[k] + depth * self.toward[k])
        })
    }
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The point at the given longitude and latitude, in degrees.
pub(super) fn geographic(longitude: f64, latitude: f64) -> [f64; 3] {
    let (east, north) = (longitude.to_radians(), latitude.to_radians());
    [north.cos() * east.cos(), north.cos() * east.sin(), north.sin()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spiral(count: usize) -> impl Iterator<Item = [f64; 3]> {
        (0..count).map(move |k| {
            let z = 1.0 - (2.0 * k as f64 + 1.0) / count as f64;
            let angle = 2.399_963 * k as f64;
            let ring = (1.0 - z * z).sqrt();
            [ring * angle.cos(), ring * angle.sin(), z]
        })
    }

    fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn law_mollweide_inverse_is_the_inverse_of_the_forward() {
        for p in spiral(20_001) {
            let back = mollweide_inverse(mollweide(&p)).unwrap();
            assert!(distance(&p, &back) < 1e-11, "{p:?} {back:?}");
        }
        for pole in [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]] {
            assert!(distance(&pole, &mollweide_inverse(mollweide(&pole)).unwrap()) < 1e-12);
        }
    }

    #[test]
    fn law_mollweide_keeps_areas() {
        // Points spread evenly on the sphere: half of them must fall in the inner ellipse of half the area.
        let inside = spiral(40_000).filter(|p| {
            let (x, y) = mollweide(p);
            x * x + y * y < 0.5
        });
        assert!((inside.count() as f64 / 40_000.0 - 0.5).abs() < 2e-3);
    }

    #[test]
    fn law_orthographic_views_from_both_sides_show_each_point_once_and_invert() {
        let front = Orthographic { right: [0.0, 1.0, 0.0], up: [0.0, 0.0, 1.0], toward: [1.0, 0.0, 0.0] };
        let back = Orthographic { right: [0.0, -1.0, 0.0], up: [0.0, 0.0, 1.0], toward: [-1.0, 0.0, 0.0] };
        for p in spiral(2_001) {
            let seen: Vec<[f64; 3]> =
                [front, back].iter().filter_map(|view| view.inverse(view.project(&p)?)).collect();
            assert_eq!(seen.len(), 1);
            assert!(distance(&p, &seen[0]) < 1e-7, "{p:?} {seen:?}");
        }
    }

    #[test]
    fn law_outside_the_map_there_is_no_point() {
        assert!(mollweide_inverse((0.8, 0.7)).is_none());
        assert!(mollweide_inverse((1.001, 0.0)).is_none());
    }
}
