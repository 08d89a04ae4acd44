//! The spreading kernel of the non-uniform Fourier transforms.
//!
//! A point is spread on, or read from, the `W` nearest nodes of a uniform grid by the weights `phi(2 d / W)`, `d` the
//! distance of the node in grid steps and `phi(x) = exp(b (sqrt(1 - x^2) - 1))`, the kernel of Barnett, Magland and
//! af Klinteberg (SIAM J. Sci. Comput. 41, 2019). With a grid of `oversampling` times the number of modes, and the
//! kernel's Fourier coefficients divided out, every mode comes out with a relative error of about
//! `exp(-pi W sqrt(1 - 1/oversampling))`, times twenty or so at the edge of the band.
//!
//! Neither exponential nor root is taken at a point: each weight is a polynomial of the offset on each of a few pieces of the
//! cell between two nodes, fitted once to less than the kernel's own error, and all `W` weights are evaluated at once by
//! Horner's rule.

use std::f64::consts::PI;

/// The widths on offer: even, so that the nodes of a point depend on its cell of the grid alone.
const WIDTHS: [usize; 7] = [4, 6, 8, 10, 12, 14, 16];

/// The shape `b` is one of these times `pi W (1 - 1/(2 oversampling))`, the value at which the kernel's transform
/// decays to its floor at the first aliased mode.
const SHAPES: [f64; 7] = [0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1.0];

/// What the fit adds to the error of a mode, as a part of the accuracy wanted.
const FIT_PART: f64 = 0.2;

/// No fit is asked to be better than this.
const ROUND_OFF: f64 = 1e-15;

/// The most coefficients of a weight's polynomial.
const MOST_COEFFICIENTS: usize = 16;

/// Pieces of a cell: the first and the last are half outside it.
const PIECES: f64 = 8.0;

/// Added to a number that is small beside it, and taken off again, it rounds to the nearest integer.
const ROUNDING: f64 = 1.5 * (1u64 << 52) as f64;

/// A spreading kernel of even width, with its polynomials.
#[derive(Debug, Clone)]
pub(crate) struct SpreadingKernel {
    width: usize,
    shape: f64,
    /// The largest error of a mode.
    error: f64,
    /// Coefficients of the weights as polynomials of `PIECES offset - p` around each centre `p / PIECES`, piece by piece, highest
    /// power first, `width` of each power.
    polynomials: Vec<f64>,
    /// Numbers of a piece.
    piece: usize,
}

/// A task that is compiled anew for each width of the kernel: a loop over points whose weights have a known number.
pub(crate) trait AtWidth {
    type Output;

    /// Runs the task with `W = kernel.width()`.
    fn run<const W: usize>(self) -> Self::Output;
}

impl SpreadingKernel {
    /// The narrowest kernel whose error in any mode is at most `accuracy` on a grid of `oversampling > 1` nodes a mode,
    /// or the widest kernel if there is none.
    pub(crate) fn new(accuracy: f64, oversampling: f64) -> Self {
        let mut narrowest = WIDTHS.into_iter().map(|width| (width, best_shape(width, oversampling)));
        let widest = WIDTHS[WIDTHS.len() - 1];
        let (width, (shape, error)) = narrowest
            .find(|(_, (_, error))| *error <= accuracy)
            .unwrap_or_else(|| (widest, best_shape(widest, oversampling)));
        // An error of the weights counts W times at most, and most at the edge of the band, where the kernel's coefficient is least.
        let share = fourier(width, shape, 0.5 / oversampling) / width as f64;
        let polynomials = fit(width, shape, (FIT_PART * share * accuracy).max(ROUND_OFF));
        let piece = polynomials.len() / (PIECES as usize + 1);
        Self { width, shape, error, polynomials, piece }
    }

    /// The largest error of a mode: more than the accuracy wanted if no width attains that.
    pub(crate) fn error(&self) -> f64 {
        self.error
    }

    /// The number of nodes W of a point in each direction.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The Fourier coefficient that wave number `k` is multiplied by when a point is spread on a periodic grid of `grid` nodes.
    pub(crate) fn fourier(&self, k: usize, grid: usize) -> f64 {
        fourier(self.width, self.shape, k as f64 / grid as f64)
    }

    /// The first of the `W` nodes around the coordinate `x`, in grid steps, and the offset of `x` in its cell, in [0, 1).
    #[inline(always)]
    pub(crate) fn locate<const W: usize>(x: f64) -> (isize, f64) {
        let cell = x.floor();
        (cell as isize + 1 - (W / 2) as isize, x - cell)
    }

    /// Coefficients of each polynomial.
    pub(crate) fn terms(&self) -> usize {
        self.piece / self.width
    }

    /// The weights of the `W = width()` nodes around a point at `offset` in [0, 1) of its cell.
    ///
    /// It is meant for code under a `pulp` dispatch: elsewhere fused multiply-adds are slow.
    #[inline(always)]
    pub(crate) fn weights<const W: usize>(&self, offset: f64) -> [f64; W] {
        let scaled = PIECES * offset;
        let rounded = scaled + ROUNDING;
        // The lowest bits of the sum are those of the integer.
        let p = (rounded.to_bits() & 15) as usize;
        let u = scaled - (rounded - ROUNDING);
        let mut weights = [0.0f64; W];
        for coefficients in self.polynomials[p * self.piece..(p + 1) * self.piece].as_chunks::<W>().0 {
            for (w, c) in weights.iter_mut().zip(coefficients) {
                *w = w.mul_add(u, *c);
            }
        }
        weights
    }

    /// Runs `task` with the width as a constant.
    pub(crate) fn at_width<T: AtWidth>(&self, task: T) -> T::Output {
        match self.width {
            4 => task.run::<4>(),
            6 => task.run::<6>(),
            8 => task.run::<8>(),
            10 => task.run::<10>(),
            12 => task.run::<12>(),
            14 => task.run::<14>(),
            _ => task.run::<16>(),
        }
    }
}

fn kernel(shape: f64, x: f64) -> f64 {
    (shape * ((1.0 - x * x).max(0.0).sqrt() - 1.0)).exp()
}

/// `sum over nodes of kernel(2 d / W) exp(2 pi i frequency d)` in the mean over offsets, that is
/// `(W/2) integral of phi(x) exp(pi i W frequency x)`: by the midpoint rule after `x = sin t`, which converges spectrally.
fn fourier(width: usize, shape: f64, frequency: f64) -> f64 {
    const NODES: usize = 120;
    let half = PI * width as f64 * frequency;
    (0..NODES)
        .map(|i| {
            let t = ((i as f64 + 0.5) / NODES as f64 - 0.5) * PI;
            (shape * (t.cos() - 1.0)).exp() * (half * t.sin()).cos() * t.cos()
        })
        .sum::<f64>()
        * (PI / NODES as f64)
        * (width as f64 / 2.0)
}

/// The distance of node `i` of a point at `offset`, as a part of half the width.
fn distance(width: usize, i: usize, offset: f64) -> f64 {
    let half = width as f64 / 2.0;
    (i as f64 + 1.0 - half - offset) / half
}

/// The best shape for a width and an oversampling, and the largest error of a mode.
fn best_shape(width: usize, oversampling: f64) -> (f64, f64) {
    let edge = 0.5 / oversampling;
    SHAPES
        .map(|part| {
            let shape = part * PI * width as f64 * (1.0 - edge);
            // A wide band suffers most at its edge from aliasing, a narrow one anywhere from the cut of the kernel.
            let error = [0.0, 0.5, 1.0].map(|part| mode_error(width, shape, part * edge));
            (shape, error.into_iter().fold(0.0, f64::max))
        })
        .into_iter()
        .fold((0.0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
}

/// The largest error, over offsets, of the mode with `frequency` periods a grid step, relative to one.
fn mode_error(width: usize, shape: f64, frequency: f64) -> f64 {
    const OFFSETS: usize = 8;
    let coefficient = fourier(width, shape, frequency);
    (0..OFFSETS)
        .map(|o| {
            let offset = o as f64 / OFFSETS as f64;
            let (mut re, mut im) = (-1.0, 0.0);
            for i in 0..width {
                let x = distance(width, i, offset);
                let (s, c) = (PI * frequency * width as f64 * x).sin_cos();
                let w = kernel(shape, x) / coefficient;
                re += w * c;
                im += w * s;
            }
            f64::hypot(re, im)
        })
        .fold(0.0, f64::max)
}

/// The weights as polynomials on each piece, all of the least degree at which they are within `tolerance` of the kernel.
fn fit(width: usize, shape: f64, tolerance: f64) -> Vec<f64> {
    let weight = |piece: usize, i: usize, u: f64| {
        let offset = (piece as f64 + 0.5 * u) / PIECES;
        kernel(shape, distance(width, i, offset))
    };
    // The halves of pieces outside the cell would see the kernel's edge, and are not used.
    let inside = |piece: usize, u: f64| (0.0..=PIECES).contains(&(piece as f64 + 0.5 * u));
    for count in 4.. {
        let fits: Vec<Vec<Vec<f64>>> = (0..=PIECES as usize)
            .map(|piece| (0..width).map(|i| interpolate(count, |u| weight(piece, i, u))).collect())
            .collect();
        let mut error = 0.0f64;
        for (piece, of_node) in fits.iter().enumerate() {
            for (i, powers) in of_node.iter().enumerate() {
                for u in (-8..=8).map(|s| f64::from(s) / 8.0).filter(|u| inside(piece, *u)) {
                    let value = powers.iter().rev().fold(0.0, |sum, c| sum * u + c);
                    error = error.max((value - weight(piece, i, u)).abs());
                }
            }
        }
        if error <= tolerance || count == MOST_COEFFICIENTS {
            // From u in [-1, 1] to the distance from the centre in pieces.
            let coefficients = fits.iter().flat_map(|of_node| {
                (0..count).rev().flat_map(move |k| of_node.iter().map(move |p| p[k] * 2f64.powi(k as i32)))
            });
            return coefficients.collect();
        }
    }
    unreachable!("the count of coefficients is bounded")
}

/// Coefficients, lowest power first, of the polynomial that interpolates `f` at `count` Chebyshev points of [-1, 1].
pub(super) fn interpolate(count: usize, f: impl Fn(f64) -> f64) -> Vec<f64> {
    let angle = |j: usize| PI * (j as f64 + 0.5) / count as f64;
    let value: Vec<f64> = (0..count).map(|j| f(angle(j).cos())).collect();
    let mut powers = vec![0.0; count];
    // The Chebyshev polynomials T_(k-1), T_k by their powers.
    let (mut before, mut now) = (vec![0.0; count], vec![0.0; count]);
    now[0] = 1.0;
    for k in 0..count {
        let scale = if k == 0 { 1.0 } else { 2.0 } / count as f64;
        let c: f64 =
            scale * value.iter().enumerate().map(|(j, v)| v * (k as f64 * angle(j)).cos()).sum::<f64>();
        let factor = if k == 0 { 1.0 } else { 2.0 };
        for i in 0..count {
            powers[i] += c * now[i];
        }
        let next = (0..count).map(|i| if i == 0 { 0.0 } else { factor * now[i - 1] } - before[i]).collect();
        before = std::mem::replace(&mut now, next);
    }
    powers
}

#[cfg(test)]
mod tests {
    use super::*;

    struct WeightsAt<'a>(&'a SpreadingKernel, f64);

    impl AtWidth for WeightsAt<'_> {
        type Output = Vec<f64>;

        fn run<const W: usize>(self) -> Vec<f64> {
            assert_eq!(W, self.0.width());
            self.0.weights::<W>(self.1).to_vec()
        }
    }

    #[test]
    fn law_every_mode_of_the_band_comes_out_to_the_accuracy() {
        for oversampling in [1.5, 2.0, 3.0, 6.0] {
            for accuracy in [1e-2, 1e-6, 1e-10, 1e-14] {
                let kernel = SpreadingKernel::new(accuracy, oversampling);
                let bound = if kernel.width() == 16 { accuracy.max(1e-11) } else { accuracy };
                let grid = 1000;
                for part in [0.0, 0.3, 0.7, 1.0] {
                    let k = (part * grid as f64 / (2.0 * oversampling)) as usize;
                    let coefficient = kernel.fourier(k, grid);
                    for offset in [0.0, 0.123, 0.5, 0.77, 0.999] {
                        let weights = kernel.at_width(WeightsAt(&kernel, offset));
                        let (mut re, mut im) = (0.0, 0.0);
                        for (i, w) in weights.iter().enumerate() {
                            let d = distance(kernel.width(), i, offset) * kernel.width() as f64 / 2.0;
                            let (s, c) = (2.0 * PI * k as f64 / grid as f64 * d).sin_cos();
                            re += w * c / coefficient;
                            im += w * s / coefficient;
                        }
                        let error = f64::hypot(re - 1.0, im);
                        assert!(
                            error <= 1.2 * bound + 3e-15,
                            "{error} against {accuracy}, oversampling {oversampling}, k = {k}, offset {offset}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn weights_are_the_kernel_at_the_nodes_around_a_point() {
        let kernel = SpreadingKernel::new(1e-10, 2.0);
        assert_eq!(kernel.width(), 12);
        let (first, offset) = SpreadingKernel::locate::<12>(-3.25);
        assert_eq!((first, offset), (-9, 0.75));
        let weights: [f64; 12] = kernel.weights(offset);
        for (i, w) in weights.iter().enumerate() {
            let d = (first + i as isize) as f64 + 3.25;
            assert!((w - super::kernel(kernel.shape, d / 6.0)).abs() < 1e-11);
        }
    }

    #[test]
    fn widths_grow_with_accuracy_and_shrink_with_oversampling() {
        let width = |accuracy, oversampling| SpreadingKernel::new(accuracy, oversampling).width();
        assert!(width(1e-6, 2.0) < width(1e-12, 2.0));
        assert!(width(1e-10, 4.0) < width(1e-10, 1.6));
        assert_eq!(width(0.0, 2.0), 16);
    }
}
