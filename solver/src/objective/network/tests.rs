//! Every algorithm beside the double sum over units and data, at awkward sizes and places.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

pub(super) const ACTIVATIONS: [Activation; 6] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.3 },
    Activation::Abs,
    Activation::Identity,
    Activation::SquaredRelu,
    Activation::Quadratic,
];

/// Numbers of units and of data.
const SIZES: [(usize, usize); 15] = [
    (0, 5),
    (1, 1),
    (2, 7),
    (7, 2),
    (1, 500),
    (63, 64),
    (64, 63),
    (65, 65),
    (500, 1),
    (500, 65),
    (7, 4000),
    (1033, 500),
    (4000, 130),
    (9, 10_000),
    (10_000, 12),
];

/// Units and data on the same lines: random, on axes, across each other exactly, antipodal, repeated, in clusters, and at zero.
fn vectors(count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(count);
    for i in 0..count {
        let random: Vec<f64> = (0..dim).map(|_| rng.random_range(-1.0..1.0)).collect();
        let row = match (i % 8, rows.last()) {
            (1, Some(last)) => last.iter().map(|x| -x).collect(),
            (2, Some(last)) => last.clone(),
            (3, _) => {
                let zero = if rng.random() { 0.0 } else { -0.0 };
                let mut axis = vec![zero; dim];
                axis[i / 8 % dim] = if rng.random() { 0.75 } else { -1.0 };
                axis
            }
            (4, Some(last)) => last.iter().zip(&random).map(|(x, r)| x + 1e-7 * r).collect(),
            (5, _) if i % 3 == 0 => vec![if rng.random() { 0.0 } else { -0.0 }; dim],
            // Few bits, so that products are exact, and a half of a turn or a quarter from others of them.
            (6, _) => random.iter().map(|x| (4.0 * x).round() / 4.0).collect(),
            _ => random,
        };
        rows.push(row);
    }
    rows
}

/// Units eta of `dim` coordinates, on the sphere where a two-layer unit allows it: its output weight takes up what is missing.
fn units(layers: Layers, count: usize, inputs: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let rows = vectors(count, inputs, rng).into_iter().flat_map(|u| match layers {
        Layers::Two => [vec![rng.random_range(-1.0..1.0)], u].concat(),
        Layers::Ridge => u,
    });
    rows.collect()
}

struct Problem {
    name: String,
    network: DataNetwork,
    inputs: Vec<Vec<f64>>,
    points: Vec<f64>,
    mass: Vec<f64>,
    dual: Vec<f64>,
}

impl Problem {
    fn new(
        layers: Layers,
        activation: Activation,
        inputs: usize,
        (units_count, data): (usize, usize),
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64((1000 * inputs + 10 * units_count + data) as u64);
        let rows = vectors(data, inputs, &mut rng);
        let mut numbers =
            |count: usize| (0..count).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>();
        let (mass, dual) = (numbers(units_count), numbers(data));
        Self {
            name: format!("{layers:?} {activation:?} p = {inputs}, {units_count} units, {data} data"),
            network: DataNetwork::new(layers, activation, &rows),
            inputs: rows,
            points: units(layers, units_count, inputs, &mut rng),
            mass,
            dual,
        }
    }

    fn each(mut law: impl FnMut(&Self)) {
        for layers in [Layers::Two, Layers::Ridge] {
            for activation in ACTIVATIONS {
                for inputs in [1, 2, 3, 4, 7] {
                    for size in SIZES {
                        law(&Self::new(layers, activation, inputs, size));
                    }
                }
            }
        }
    }

    fn dim(&self) -> usize {
        self.network.dim()
    }

    fn place(&self, (evaluation, motion): Way) -> Box<dyn Placed> {
        self.network.clone().evaluated(evaluation).place(&self.points, motion)
    }

    /// The prediction, values, and values and gradients together.
    fn evaluate(&self, placed: &mut dyn Placed) -> [Vec<f64>; 4] {
        let count = self.mass.len();
        let mut prediction = vec![0.0; self.dual.len()];
        let (mut alone, mut value) = (vec![f64::NAN; count], vec![f64::NAN; count]);
        let mut gradient = vec![f64::NAN; self.points.len()];
        placed.analyze(&self.mass, &mut prediction);
        placed.synthesize(&self.dual, &mut alone);
        placed.synthesize_gradient(&self.dual, &mut value, &mut gradient);
        [prediction, alone, value, gradient]
    }

    /// The same by the definition, each number with the sum of the sizes of its terms.
    fn definition(&self) -> [Vec<(f64, f64)>; 3] {
        let (dim, act) = (self.dim(), self.network.activation);
        let first = dim - self.inputs[0].len();
        let mut prediction = vec![(0.0, 0.0); self.dual.len()];
        let (mut value, mut gradient) = (Vec::new(), Vec::new());
        for (eta, q) in self.points.chunks(dim).zip(&self.mass) {
            let (a, u) = (if first == 1 { eta[0] } else { 1.0 }, &eta[first..]);
            let (mut sum, mut size) = (0.0, 0.0);
            let mut row = vec![0.0; dim];
            for ((x, g), h) in self.inputs.iter().zip(&self.dual).zip(&mut prediction) {
                let t: f64 = u.iter().zip(x).map(|(u, x)| u * x).sum();
                let scale: f64 = u.iter().zip(x).map(|(u, x)| (u * x).abs()).sum::<f64>();
                let scale = if self.network.activation.pieces().degree == 2 { scale * scale } else { scale };
                h.0 += q * a * act.value(t);
                h.1 += (q * a).abs() * scale;
                sum += g * act.value(t);
                size += g.abs() * scale;
                for (row, x) in row[first..].iter_mut().zip(x) {
                    *row += a * g * act.slope(t) * x;
                }
            }
            if first == 1 {
                row[0] = sum;
            }
            let along: f64 = eta.iter().zip(&row).map(|(e, g)| e * g).sum();
            row.iter_mut().zip(eta).for_each(|(g, e)| *g -= along * e);
            value.push((a * sum, a.abs() * size));
            let data: f64 =
                self.inputs.iter().flatten().zip(self.dual.iter().cycle()).map(|(x, _)| x.abs()).sum();
            gradient.extend(row.iter().map(|g| (*g, data)));
        }
        [prediction, value, gradient]
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn bits(all: &[Vec<f64>; 4]) -> Vec<u64> {
    all.iter().flatten().map(|x| x.to_bits()).collect()
}

type Way = (Evaluation, Motion);

const WAYS: [Way; 5] = [
    (Evaluation::Auto, Motion::Fixed),
    (Evaluation::Auto, Motion::Moving),
    (Evaluation::Direct, Motion::Fixed),
    (Evaluation::Fast, Motion::Fixed),
    (Evaluation::Fast, Motion::Moving),
];

#[test]
fn law_every_algorithm_is_the_double_sum() {
    Problem::each(|problem| {
        let [h, v, g] = problem.definition();
        for way in WAYS {
            let [prediction, alone, value, gradient] = problem.evaluate(&mut *problem.place(way));
            let near = |found: &[f64], exact: &[(f64, f64)], what: &str| {
                assert_eq!(found.len(), exact.len());
                let largest = exact.iter().map(|(_, size)| *size).fold(0.0, f64::max);
                for (j, (found, (exact, _))) in found.iter().zip(exact).enumerate() {
                    let gap = (found - exact).abs();
                    let name = &problem.name;
                    assert!(
                        gap <= 2e-15 * largest,
                        "{name} {way:?}: {what} {j} is {found}, not {exact} of {largest}"
                    );
                }
            };
            near(&prediction, &h, "prediction");
            near(&alone, &v, "value");
            near(&value, &v, "value with gradient");
            near(&gradient, &g, "gradient");
        }
    });
}

#[test]
fn law_every_algorithm_is_its_own_transpose() {
    Problem::each(|problem| {
        for way in WAYS {
            let [prediction, alone, ..] = problem.evaluate(&mut *problem.place(way));
            let norm = |a: &[f64]| dot(a, a).sqrt();
            let scale = norm(&prediction) * norm(&problem.dual) + norm(&problem.mass) * norm(&alone);
            let gap = (dot(&prediction, &problem.dual) - dot(&problem.mass, &alone)).abs();
            assert!(gap <= 2e-14 * scale, "{} {way:?}: {gap:e} of {scale}", problem.name);
        }
    });
}

/// Asserts that predictions, values and gradients are the same but for round-off.
fn assert_near(found: &[Vec<f64>; 4], exact: &[Vec<f64>; 4], what: &str) {
    for (found, exact) in found.iter().zip(exact) {
        let largest = exact.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for (found, exact) in found.iter().zip(exact) {
            assert!((found - exact).abs() <= 2e-14 * largest, "{what}: {found}, not {exact} of {largest}");
        }
    }
}

#[test]
fn law_moved_units_are_placed_units_on_any_number_of_threads() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let pools = [pool(1), pool(3)];
    for activation in ACTIVATIONS {
        for (inputs, size) in
            [(1, (1033, 500)), (2, (3000, 65)), (2, (7, 4000)), (3, (1100, 70)), (5, (300, 700))]
        {
            let problem = Problem::new(Layers::Two, activation, inputs, size);
            for way in WAYS {
                let [one, three] = pools.each_ref().map(|pool| {
                    pool.install(|| {
                        let placed = problem.evaluate(&mut *problem.place(way));
                        let network = problem.network.clone().evaluated(way.0);
                        let elsewhere: Vec<f64> = problem.points.iter().rev().map(|x| 0.5 - x).collect();
                        let mut moved = network.place(&elsewhere, way.1);
                        problem.evaluate(&mut *moved);
                        moved.move_to(&problem.points);
                        let moved = problem.evaluate(&mut *moved);
                        assert_near(&moved, &placed, &format!("{} {way:?}", problem.name));
                        (bits(&placed), bits(&moved))
                    })
                });
                assert_eq!(one, three, "{} {way:?}", problem.name);
            }
        }
    }
}

/// At a unit across a datum, and at one of no input weights, act' counts as 0.
#[test]
fn law_the_slope_is_zero_at_a_kink() {
    let inputs = [[0.0, 2.0], [-0.0, -1.0], [3.0, 0.0], [0.75, 0.25], [0.0, 0.0], [-1.5, -0.5]];
    let rows: Vec<Vec<f64>> = inputs.iter().map(|x| x.to_vec()).collect();
    let across = [
        [1.0, 0.0],
        [1.0, -0.0],
        [-1.0, 0.0],
        [0.0, 1.0],
        [-0.0, -1.0],
        [-0.25, 0.75],
        [0.5, -1.5],
        [0.0, 0.0],
    ];
    for activation in
        [Activation::Relu, Activation::LeakyRelu { slope: 0.5 }, Activation::Abs, Activation::SquaredRelu]
    {
        for way in WAYS {
            let network = DataNetwork::new(Layers::Two, activation, &rows).evaluated(way.0);
            for u in across {
                // The gradient in u of a unit (1, u), before and after its part along the unit is taken away.
                let dual = [1.0, 0.5, -0.25, 2.0, 4.0, 1.0];
                let terms = inputs.iter().zip(dual).map(|(x, g)| {
                    let t = u[0] * x[0] + u[1] * x[1];
                    (x, g * activation.value(t), g * activation.slope(t))
                });
                let mut expected = [0.0; 3];
                for (x, value, slope) in terms {
                    expected[0] += value;
                    expected[1] += slope * x[0];
                    expected[2] += slope * x[1];
                }
                let eta = [1.0, u[0], u[1]];
                let along = dot(&eta, &expected);
                expected.iter_mut().zip(eta).for_each(|(g, e)| *g -= along * e);
                let (mut value, mut gradient) = ([0.0], [0.0; 3]);
                network.place(&eta, way.1).synthesize_gradient(&dual, &mut value, &mut gradient);
                for (found, exact) in gradient.iter().zip(expected) {
                    assert!(
                        (found - exact).abs() < 1e-14,
                        "{activation:?} {way:?} at {u:?}: {gradient:?}, not {expected:?}"
                    );
                }
            }
        }
    }
}

/// Data crowded into a few directions fall into one bucket of the table.
#[test]
fn law_units_are_found_among_crowded_data() {
    let rows: Vec<Vec<f64>> =
        (0..600).map(|i| vec![1.0 + 1e-9 * f64::from(i), if i % 2 == 0 { 1.0 } else { -3e5 }]).collect();
    let points: Vec<f64> = rows.iter().flat_map(|x| [-x[1], x[0] + 1e-12]).collect();
    let mass = vec![1.0; rows.len()];
    let network = DataNetwork::new(Layers::Ridge, Activation::Relu, &rows);
    let [exact, found] = [Evaluation::Direct, Evaluation::Fast].map(|way| {
        let mut prediction = vec![0.0; rows.len()];
        network.clone().evaluated(way).place(&points, Motion::Fixed).analyze(&mass, &mut prediction);
        prediction
    });
    let largest = exact.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (found, exact) in found.iter().zip(&exact) {
        assert!((found - exact).abs() < 1e-14 * largest, "{found} and not {exact}");
    }
}
