//! The closed-form solution of the flow of `F(nu) = 1/4 |S - B|_F^2 + lambda nu(S^d)` with alpha = 4, beta = 1.
//!
//! `M' = -(M S_0 M^T - B + 2 lambda I) M`, `M(0) = I`, S_0 the second moment of nu_0; then
//! `nu_t(y) = nu_0(M^-1 y / |M^-1 y|) |M^-1 y|^-(d+3) / det M` and `S(t) = M S_0 M^T`.

use std::sync::Arc;

use sphereflow::solver::objective::{Objective, Risk, SecondMoment};

type Matrix = [[f64; 3]; 3];

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

fn transpose(a: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| a[j][i]))
}

fn combine(a: &Matrix, t: f64, b: &Matrix) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] + t * b[i][j]))
}

fn determinant(a: &Matrix) -> f64 {
    (0..3)
        .map(|i| a[0][i] * (a[1][(i + 1) % 3] * a[2][(i + 2) % 3] - a[1][(i + 2) % 3] * a[2][(i + 1) % 3]))
        .sum()
}

fn inverse(a: &Matrix) -> Matrix {
    let minor = |i: usize, j: usize| {
        let [p, q, r, s] = [(i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3];
        a[p][r] * a[q][s] - a[p][s] * a[q][r]
    };
    let det = determinant(a);
    std::array::from_fn(|i| std::array::from_fn(|j| minor(j, i) / det))
}

/// The problem on the circle (`dim` = 2) or the sphere (3) from `nu_0 = amplitude (1 + tilt . eta + bend x y)`.
pub struct Problem {
    pub dim: usize,
    pub target: Matrix,
    pub regularization: f64,
    pub amplitude: f64,
    pub tilt: [f64; 3],
    pub bend: f64,
}

/// Its solution at a time.
pub struct Solution {
    problem: Problem,
    back: Matrix,
    determinant: f64,
    moment: Matrix,
}

impl Problem {
    pub fn objective(&self) -> Objective {
        let features = SecondMoment::new(self.dim);
        let rows: Vec<Vec<f64>> = (0..self.dim).map(|i| self.target[i][..self.dim].to_vec()).collect();
        let risk = Risk::Square { target: features.vector(&rows), weight: 1.0 };
        Objective::new(Arc::new(features), risk, self.regularization)
    }

    pub fn initial(&self, eta: &[f64]) -> f64 {
        let tilt: f64 = eta.iter().zip(self.tilt).map(|(e, t)| e * t).sum();
        self.amplitude * (1.0 + tilt + self.bend * eta[0] * eta[1])
    }

    /// S_0, exactly: the tilt is odd; on the circle `integral of x^2 y^2 = pi / 4`, on the sphere `4 pi / 15`.
    fn initial_moment(&self) -> Matrix {
        let pi = std::f64::consts::PI;
        let (diagonal, off) = if self.dim == 2 { (pi, pi / 4.0) } else { (4.0 * pi / 3.0, 4.0 * pi / 15.0) };
        let mut moment = [[0.0; 3]; 3];
        for (i, row) in moment.iter_mut().enumerate().take(self.dim) {
            row[i] = self.amplitude * diagonal;
        }
        moment[0][1] = self.amplitude * self.bend * off;
        moment[1][0] = moment[0][1];
        moment
    }

    /// Solves the equation of M by the classical Runge-Kutta method with steps far below round-off.
    pub fn solve(self, time: f64) -> Solution {
        let moment = self.initial_moment();
        let mut identity = [[0.0; 3]; 3];
        (0..3).for_each(|i| identity[i][i] = 1.0);
        let shifted = combine(&self.target, -2.0 * self.regularization, &identity);
        let slope = |m: &Matrix| {
            let a = combine(&product(&product(m, &moment), &transpose(m)), -1.0, &shifted);
            combine(&[[0.0; 3]; 3], -1.0, &product(&a, m))
        };
        let (steps, mut m) = (4000, identity);
        let h = time / f64::from(steps);
        for _ in 0..steps {
            let k1 = slope(&m);
            let k2 = slope(&combine(&m, 0.5 * h, &k1));
            let k3 = slope(&combine(&m, 0.5 * h, &k2));
            let k4 = slope(&combine(&m, h, &k3));
            let sum = combine(&combine(&combine(&k1, 2.0, &k2), 2.0, &k3), 1.0, &k4);
            m = combine(&m, h / 6.0, &sum);
        }
        if self.dim == 2 {
            m[2] = [0.0, 0.0, 1.0];
        }
        Solution {
            back: inverse(&m),
            determinant: determinant(&m),
            moment: product(&product(&m, &moment), &transpose(&m)),
            problem: self,
        }
    }
}

impl Solution {
    pub fn density(&self, eta: &[f64]) -> f64 {
        let y = [eta[0], eta[1], *eta.get(2).unwrap_or(&0.0)];
        let back: [f64; 3] = std::array::from_fn(|i| (0..3).map(|j| self.back[i][j] * y[j]).sum());
        let norm = back.iter().map(|x| x * x).sum::<f64>().sqrt();
        let from = back.map(|x| x / norm);
        self.problem.initial(&from[..self.problem.dim]) * norm.powi(-(self.problem.dim as i32 + 2))
            / self.determinant
    }

    /// nu(S^d), the trace of S.
    pub fn mass(&self) -> f64 {
        (0..self.problem.dim).map(|i| self.moment[i][i]).sum()
    }

    pub fn objective(&self) -> f64 {
        let dim = self.problem.dim;
        let square: f64 = (0..dim)
            .flat_map(|i| (0..dim).map(move |j| (i, j)))
            .map(|(i, j)| (self.moment[i][j] - self.problem.target[i][j]).powi(2))
            .sum();
        0.25 * square + self.problem.regularization * self.mass()
    }
}

/// Data of the tests, from a density that is not uniform; t = 0.7 is a time to compare at.
pub fn circle(regularization: f64) -> Problem {
    Problem {
        dim: 2,
        target: [[1.2, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0; 3]],
        regularization,
        amplitude: 0.3,
        tilt: [0.8 * 0.6, 0.8 * 0.8, 0.0],
        bend: 0.5,
    }
}

/// The same on the sphere.
pub fn sphere(regularization: f64) -> Problem {
    Problem {
        dim: 3,
        target: [[1.2, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0, 0.0, 0.1]],
        regularization,
        amplitude: 0.3,
        tilt: [1.6 / 3.0, -0.8 / 3.0, 1.6 / 3.0],
        bend: 0.5,
    }
}

/// The problem from a uniform density of unit mass.
pub fn uniform(problem: Problem) -> Problem {
    let surface = if problem.dim == 2 { 2.0 } else { 4.0 } * std::f64::consts::PI;
    Problem { amplitude: 1.0 / surface, tilt: [0.0; 3], bend: 0.0, ..problem }
}
