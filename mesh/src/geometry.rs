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

#[cfg(test)]
mod tests {
    use super::*;

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
}
