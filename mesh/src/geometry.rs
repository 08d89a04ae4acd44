//! Vectors of R^3 and the spherical formulas that stay accurate for tiny cells.
//!
//! Every formula works with differences of nearby unit vectors, which are exact in floating point, rather than with
//! angles or with scalar products close to one.

pub(crate) type Vector = [f64; 3];

pub(crate) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(crate) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(crate) fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(crate) fn sub(a: Vector, b: Vector) -> Vector {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub(crate) fn scale(factor: f64, a: Vector) -> Vector {
    [factor * a[0], factor * a[1], factor * a[2]]
}

pub(crate) fn norm(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

pub(crate) fn unit(a: Vector) -> Vector {
    let length = norm(a);
    [a[0] / length, a[1] / length, a[2] / length]
}

/// Geodesic distance of two unit vectors, from their chord.
pub(crate) fn arc(a: Vector, b: Vector) -> f64 {
    2.0 * (0.5 * norm(sub(a, b))).min(1.0).asin()
}

/// Unit vector half-way between two unit vectors that are not antipodal.
pub(crate) fn midpoint(a: Vector, b: Vector) -> Vector {
    unit(add(a, b))
}

/// Unit vector at equal distance from three unit vectors, on their side of the sphere.
///
/// The circumcenter of the flat triangle is found relative to `a` and then projected. Unlike the direction of
/// (b - a) x (c - a), which loses a digit for each digit of smallness of the triangle, it is as accurate as the
/// vectors themselves.
pub(crate) fn circumcenter(a: Vector, b: Vector, c: Vector) -> Vector {
    let (u, w) = (sub(b, a), sub(c, a));
    let normal = cross(u, w);
    let toward = add(scale(dot(w, w), cross(normal, u)), scale(dot(u, u), cross(w, normal)));
    unit(add(a, scale(0.5 / dot(normal, normal), toward)))
}

/// Signed area of a spherical triangle, positive if counterclockwise seen from outside (Eriksson 1990; Van Oosterom
/// and Strackee 1983): tan(area / 2) = a . (b x c) / (1 + a . b + b . c + c . a).
pub(crate) fn triangle_area(a: Vector, b: Vector, c: Vector) -> f64 {
    let volume = dot(a, cross(sub(b, a), sub(c, a)));
    2.0 * volume.atan2(1.0 + dot(a, b) + dot(b, c) + dot(c, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_octant_has_an_eighth_of_the_sphere() {
        let (x, y, z) = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]);
        assert!((triangle_area(x, y, z) - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
        assert!((triangle_area(x, z, y) + std::f64::consts::FRAC_PI_2).abs() < 1e-15);
    }

    #[test]
    fn the_circumcenter_of_a_tiny_triangle_is_accurate() {
        let h: f64 = 1e-5;
        let middle = unit([0.3, -0.5, 0.7]);
        let e = unit(cross(middle, [0.0, 0.0, 1.0]));
        let f = cross(middle, e);
        let corner = |t: f64| -> Vector {
            unit(add(scale(h.cos(), middle), scale(h.sin(), add(scale(t.cos(), e), scale(t.sin(), f)))))
        };
        let found = circumcenter(corner(0.1), corner(2.0), corner(4.4));
        assert!(norm(sub(found, middle)) < 1e-15, "off by {:e}", norm(sub(found, middle)));
    }

    #[test]
    fn the_area_of_a_tiny_triangle_is_that_of_the_flat_one() {
        let a = unit([0.3, -0.5, 0.7]);
        let (b, c) = (unit(add(a, [1e-6, 0.0, 2e-6])), unit(add(a, [0.0, 1e-6, -1e-6])));
        let flat = 0.5 * norm(cross(sub(b, a), sub(c, a)));
        assert!((triangle_area(a, b, c).abs() / flat - 1.0).abs() < 1e-11);
    }
}
