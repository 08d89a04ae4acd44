//! Deterministic quadrature nodes on the circle and the sphere.

use std::f64::consts::{PI, TAU};

/// Nodes of the Gauss-Legendre rule on [-1, 1] in increasing order, and their weights.
pub fn gauss_legendre(n: usize) -> Vec<[f64; 2]> {
    let mut rule = vec![[0.0; 2]; n];
    for i in 0..n.div_ceil(2) {
        let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 0.0;
        for _ in 0..100 {
            let (value, derivative) = legendre(n, x);
            slope = derivative;
            let change = value / derivative;
            x -= change;
            if change.abs() < 1e-15 {
                break;
            }
        }
        if 2 * i + 1 == n {
            x = 0.0;
            slope = legendre(n, x).1;
        }
        let weight = 2.0 / ((1.0 - x * x) * slope * slope);
        rule[i] = [-x, weight];
        rule[n - 1 - i] = [x, weight];
    }
    rule
}

/// `P_n(x)` and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut now) = (1.0, x);
    for k in 1..n {
        let k = k as f64;
        (before, now) = (now, ((2.0 * k + 1.0) * x * now - k * before) / (k + 1.0));
    }
    (now, n as f64 * (x * now - before) / (x * x - 1.0))
}

/// Nodes, shape [N, dim] flat, and weights of a rule for the surface measure: `count` equispaced angles on the circle
/// (the first at half a spacing); on the sphere n Gauss-Legendre nodes in the coordinate `polar` (0, 1 or 2) by 2n
/// equispaced longitudes about its axis, n the rounded root of `count / 2`.
///
/// # Panics
/// If `dim` is neither 2 nor 3.
pub fn quadrature_nodes(dim: usize, polar: usize, count: usize) -> (Vec<f64>, Vec<f64>) {
    match dim {
        2 => {
            let angle = |i: usize| (i as f64 + 0.5) * TAU / count as f64;
            (
                (0..count).flat_map(|i| [angle(i).cos(), angle(i).sin()]).collect(),
                vec![TAU / count as f64; count],
            )
        }
        3 => {
            let n = ((count as f64 / 2.0).sqrt().round() as usize).max(1);
            let mut points = Vec::with_capacity(6 * n * n);
            let mut weights = Vec::with_capacity(2 * n * n);
            for [x, weight] in gauss_legendre(n) {
                let radius = (1.0 - x * x).sqrt();
                for j in 0..2 * n {
                    let longitude = (j as f64 + 0.5) * PI / n as f64;
                    let mut point = [0.0; 3];
                    point[polar] = x;
                    point[(polar + 1) % 3] = radius * longitude.cos();
                    point[(polar + 2) % 3] = radius * longitude.sin();
                    points.extend(point);
                    weights.push(weight * PI / n as f64);
                }
            }
            (points, weights)
        }
        _ => panic!("quadrature nodes are known on the circle and on S^2, not in {dim} coordinates"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_gauss_legendre_is_exact_up_to_degree_2n_minus_1() {
        for n in [1, 2, 3, 8, 45, 112] {
            let rule = gauss_legendre(n);
            for degree in [0, 2, 2 * n - 2].into_iter().filter(|d| *d < 2 * n) {
                let integral: f64 = rule.iter().map(|[x, w]| w * x.powi(degree as i32)).sum();
                assert!(
                    (integral * (degree as f64 + 1.0) / 2.0 - 1.0).abs() < 1e-13,
                    "n = {n}, degree {degree}"
                );
            }
            assert!(rule.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        }
    }

    #[test]
    fn law_weights_sum_to_the_surface() {
        assert!((quadrature_nodes(2, 0, 17).1.iter().sum::<f64>() - TAU).abs() < 1e-14);
        let (points, weights) = quadrature_nodes(3, 2, 800);
        assert_eq!(weights.len(), 800);
        assert!((weights.iter().sum::<f64>() - 2.0 * TAU).abs() < 1e-12);
        assert!(points.chunks(3).all(|p| (p.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-15));
    }
}
