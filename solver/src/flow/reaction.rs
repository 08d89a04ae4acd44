//! The reaction `d_t nu = -alpha nu J` with J frozen.

use rayon::prelude::*;

use crate::blocks::block_size;

/// `result[i] = density[i] exp(-rate J_i)`, with `J_i = sign raw[i] + regularization` and `rate` alpha times the time:
/// exact for a frozen potential, positive for any step.
pub fn react(density: &[f64], raw: &[f64], sign: f64, regularization: f64, rate: f64, result: &mut [f64]) {
    let size = block_size(density.len());
    result.par_chunks_mut(size).zip(density.par_chunks(size)).zip(raw.par_chunks(size)).for_each(
        |((result, density), raw)| {
            for ((r, n), j) in result.iter_mut().zip(density).zip(raw) {
                *r = n * (-rate * (sign * j + regularization)).exp();
            }
        },
    );
}
