//! Clusters of two classes: the data of the classification experiments (Bach & Chizat, figures 5 and 6).
//!
//! k^2 discs stand in a grid that fills the square `[-1/2, 1/2]^2` of the first two coordinates: with
//! `D = 1 / (3k - 1)` their radius is D, their centres are `D (1 + 3i) - 1/2`, i = 0..k-1, along each axis, so that
//! neighbours are D apart. Each disc has a label, +1 or -1. A sample draws a disc uniformly, a point of it, and further
//! coordinates that say nothing, i.i.d. uniform on `[-1/2, 1/2]`.

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Which of two laws places the samples and the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterLaw {
    /// As the authors' programs do: the radius is uniform in `[0, D]`, so that discs are dense at their centres; exactly
    /// `floor(k^2 / 2)` discs, chosen at random, have the label -1.
    Published,
    /// As the paper's text says: uniform in the disc; the label of each disc is +1 or -1 with probability 1/2.
    Written,
}

/// Streams of the generator: none of the three draws depends on how many numbers another has taken.
#[derive(Clone, Copy)]
enum Stream {
    Labels,
    Plane,
    Rest,
}

impl Stream {
    fn generator(self, seed: u64) -> ChaCha8Rng {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(self as u64);
        generator
    }
}

/// A grid of k x k labelled discs in the plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    per_axis: usize,
    law: ClusterLaw,
    labels: Vec<f64>,
}

impl Clusters {
    /// The grid of `per_axis` discs an axis with labels drawn from `seed`.
    ///
    /// # Panics
    /// If there are no discs.
    pub fn new(per_axis: usize, law: ClusterLaw, seed: u64) -> Self {
        assert!(per_axis > 0, "a grid has clusters");
        let count = per_axis * per_axis;
        let mut generator = Stream::Labels.generator(seed);
        let mut labels = vec![1.0; count];
        match law {
            ClusterLaw::Published => {
                // The first half of a random permutation, by Fisher and Yates.
                let mut order: Vec<usize> = (0..count).collect();
                for chosen in 0..count / 2 {
                    order.swap(chosen, generator.random_range(chosen..count));
                    labels[order[chosen]] = -1.0;
                }
            }
            ClusterLaw::Written => {
                for label in &mut labels {
                    *label = if generator.random::<bool>() { 1.0 } else { -1.0 };
                }
            }
        }
        Self { per_axis, law, labels }
    }

    /// Labels, +1 or -1: of the disc (i, j) along the two axes at `i + k j`.
    pub fn labels(&self) -> &[f64] {
        &self.labels
    }

    /// D, the radius of a disc.
    pub fn radius(&self) -> f64 {
        1.0 / (3 * self.per_axis - 1) as f64
    }

    /// Centre of the disc of this number, `i + k j`.
    pub fn center(&self, disc: usize) -> [f64; 2] {
        [disc % self.per_axis, disc / self.per_axis].map(|i| self.radius() * (1 + 3 * i) as f64 - 0.5)
    }

    /// `count` samples: inputs of `dimension` coordinates, the constant 1 of a bias appended on demand, and their
    /// labels. The generator is ChaCha with 8 rounds, seeded by `seed`: fewer samples are the beginning of more, and the first
    /// two coordinates and the labels are the same in every dimension.
    ///
    /// # Panics
    /// If the dimension is below 2.
    pub fn sample(&self, dimension: usize, bias: bool, count: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
        assert!(dimension >= 2, "clusters stand in a plane");
        let (mut plane, mut rest) = (Stream::Plane.generator(seed), Stream::Rest.generator(seed));
        let draw = |_| {
            let disc = plane.random_range(0..self.labels.len());
            let mut input = Vec::with_capacity(dimension + usize::from(bias));
            input.extend(self.point(disc, &mut plane));
            input.extend((2..dimension).map(|_| rest.random::<f64>() - 0.5));
            input.extend(bias.then_some(1.0));
            (input, self.labels[disc])
        };
        (0..count).map(draw).unzip()
    }

    /// A point of a disc.
    fn point(&self, disc: usize, generator: &mut ChaCha8Rng) -> [f64; 2] {
        let uniform: f64 = generator.random();
        let share = match self.law {
            ClusterLaw::Published => uniform,
            ClusterLaw::Written => uniform.sqrt(),
        };
        let (sine, cosine) = (TAU * generator.random::<f64>()).sin_cos();
        let ([x, y], radius) = (self.center(disc), self.radius() * share);
        [x + radius * cosine, y + radius * sine]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWS: [ClusterLaw; 2] = [ClusterLaw::Published, ClusterLaw::Written];

    /// The disc whose centre is nearest.
    fn disc(clusters: &Clusters, input: &[f64]) -> (usize, f64) {
        let distance = |disc: usize| {
            let [x, y] = clusters.center(disc);
            (input[0] - x).hypot(input[1] - y)
        };
        let nearest = (0..clusters.labels().len()).min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
        nearest.map(|disc| (disc, distance(disc))).unwrap()
    }

    #[test]
    fn law_discs_fill_the_square_and_stand_their_radius_apart() {
        for per_axis in [1, 2, 3, 4, 7] {
            let clusters = Clusters::new(per_axis, ClusterLaw::Published, 0);
            let (radius, last) = (clusters.radius(), per_axis * per_axis - 1);
            for axis in 0..2 {
                assert!((clusters.center(0)[axis] - radius + 0.5).abs() < 1e-15);
                assert!((clusters.center(last)[axis] + radius - 0.5).abs() < 1e-15);
            }
            if per_axis > 1 {
                let gap = clusters.center(1)[0] - clusters.center(0)[0] - 2.0 * radius;
                assert!((gap - radius).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn law_samples_lie_in_their_disc_with_its_label_and_discs_are_equally_likely() {
        for law in LAWS {
            let clusters = Clusters::new(3, law, 5);
            let count = 18_000;
            let (inputs, labels) = clusters.sample(2, false, count, 8);
            let mut members = [0.0; 9];
            for (input, label) in inputs.iter().zip(labels) {
                let (disc, distance) = disc(&clusters, input);
                assert!(distance <= clusters.radius() * (1.0 + 1e-14));
                assert_eq!(label, clusters.labels()[disc]);
                members[disc] += 1.0;
            }
            let expected = count as f64 / 9.0;
            let chi_square: f64 = members.iter().map(|n| (n - expected).powi(2) / expected).sum();
            assert!(
                chi_square < 26.1,
                "{law:?}: beyond the quantile 0.999 of 8 degrees of freedom: {chi_square}"
            );
        }
    }

    #[test]
    fn law_radius_is_uniform_as_published_and_the_disc_as_written() {
        let count = 20_000;
        for (law, mean, square) in
            [(ClusterLaw::Published, 0.5, 1.0 / 3.0), (ClusterLaw::Written, 2.0 / 3.0, 0.5)]
        {
            let clusters = Clusters::new(2, law, 1);
            let (inputs, _) = clusters.sample(2, false, count, 2);
            let share = |input: &Vec<f64>| disc(&clusters, input).1 / clusters.radius();
            let moment = |power| inputs.iter().map(|x| share(x).powi(power)).sum::<f64>() / count as f64;
            // Five standard deviations of the mean of so many.
            for (power, expected) in [(1, mean), (2, square)] {
                let deviation = ((moment(2 * power) - moment(power).powi(2)) / count as f64).sqrt();
                assert!(
                    (moment(power) - expected).abs() < 5.0 * deviation,
                    "{law:?}, {power}: {}",
                    moment(power)
                );
            }
            // No direction is preferred.
            let mut mean = [0.0; 2];
            for input in &inputs {
                let center = clusters.center(disc(&clusters, input).0);
                (0..2).for_each(|d| mean[d] += (input[d] - center[d]) / clusters.radius() / count as f64);
            }
            assert!(
                mean.iter().all(|m| m.abs() < 5.0 * (0.5 * square / count as f64).sqrt()),
                "{law:?}: {mean:?}"
            );
        }
    }

    #[test]
    fn law_half_of_the_labels_are_negative_as_published_and_any_number_as_written() {
        for per_axis in [1, 2, 3, 5, 8] {
            let negative = |law, seed| {
                Clusters::new(per_axis, law, seed).labels().iter().filter(|label| **label < 0.0).count()
            };
            let count = per_axis * per_axis;
            assert!((0..50).all(|seed| negative(ClusterLaw::Published, seed) == count / 2));
            let written: Vec<f64> = (0..400).map(|seed| negative(ClusterLaw::Written, seed) as f64).collect();
            let mean = written.iter().sum::<f64>() / 400.0;
            let variance = written.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / 400.0;
            let half = 0.5 * count as f64;
            assert!((mean - half).abs() < 5.0 * (0.5 * half / 400.0).sqrt(), "{per_axis}: {mean}");
            assert!((variance / (0.5 * half) - 1.0).abs() < 0.36, "{per_axis}: {variance}");
        }
        // Each disc is negative as often as another.
        let mut negative = [0.0; 9];
        for seed in 0..900 {
            let clusters = Clusters::new(3, ClusterLaw::Published, seed);
            negative.iter_mut().zip(clusters.labels()).for_each(|(n, label)| *n += f64::from(*label < 0.0));
        }
        assert!(negative.iter().all(|n: &f64| (n - 400.0).abs() < 5.0 * 15.0), "{negative:?}");
    }

    #[test]
    fn law_fewer_samples_begin_more_and_the_plane_is_the_same_in_every_dimension() {
        for law in LAWS {
            let clusters = Clusters::new(3, law, 4);
            let (many, labels) = clusters.sample(5, true, 512, 4);
            let (few, first) = clusters.sample(5, true, 32, 4);
            assert_eq!((few.as_slice(), first.as_slice()), (&many[..32], &labels[..32]));
            let (flat, same) = clusters.sample(2, false, 512, 4);
            assert_eq!(same, labels);
            assert!(many.iter().zip(&flat).all(|(x, y)| x[..2] == y[..] && x.len() == 6 && x[5] == 1.0));
            assert_ne!(clusters.sample(2, false, 512, 5).0, flat);
        }
    }

    #[test]
    fn law_other_coordinates_are_uniform_about_zero() {
        let count = 20_000;
        let (inputs, _) = Clusters::new(3, ClusterLaw::Written, 0).sample(4, false, count, 0);
        for d in 2..4 {
            let mean = inputs.iter().map(|x| x[d]).sum::<f64>() / count as f64;
            let square = inputs.iter().map(|x| x[d] * x[d]).sum::<f64>() / count as f64;
            assert!(inputs.iter().all(|x| x[d].abs() <= 0.5));
            assert!(mean.abs() < 5.0 * (1.0 / 12.0 / count as f64).sqrt(), "{mean}");
            assert!((square - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / count as f64).sqrt(), "{square}");
        }
    }
}
