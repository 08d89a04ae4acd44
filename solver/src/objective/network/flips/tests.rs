//! Flips beside a plain double loop.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sphereflow_mesh::Mesh;

use super::super::{Activation, DataNetwork, Layers};
use super::units::Units;
use super::*;

const KINKED: [Activation; 4] =
    [Activation::Relu, Activation::LeakyRelu { slope: 0.1 }, Activation::Abs, Activation::SquaredRelu];

fn random(rng: &mut ChaCha8Rng) -> f64 {
    2.0 * rng.random::<f64>() - 1.0
}

fn unit(v: &[f64]) -> Vec<f64> {
    let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    v.iter().map(|x| x / length).collect()
}

fn random_point(dim: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    unit(&(0..dim).map(|_| random(rng)).collect::<Vec<f64>>())
}

/// Points that are random, clustered, duplicated, antipodal, on the axes, or along a great circle.
fn points(kind: usize, count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let anchor = random_point(dim, rng);
    (0..count)
        .flat_map(|j| match kind {
            0 => random_point(dim, rng),
            1 => {
                let shift = random_point(dim, rng);
                unit(&anchor.iter().zip(shift).map(|(a, s)| a + 1e-7 * s).collect::<Vec<f64>>())
            }
            2 => anchor.clone(),
            3 => anchor.iter().map(|a| if j % 2 == 0 { *a } else { -a }).collect(),
            4 => {
                let mut axis = vec![if rng.random::<bool>() { 0.0 } else { -0.0 }; dim];
                axis[j % dim] = if (j / dim).is_multiple_of(2) { 1.0 } else { -1.0 };
                axis
            }
            _ => {
                let angle = j as f64 * 1e-3;
                let mut point = vec![0.0; dim];
                (point[0], point[dim - 1]) = (angle.cos(), angle.sin());
                point
            }
        })
        .collect()
}

/// Data in general position, then on the axes, duplicated, opposite, and zero.
fn data(count: usize, p: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for i in 0..count {
        let row = match i % 7 {
            3 => {
                let mut row = vec![0.0; p];
                row[(i / 7) % p] = random(rng);
                row
            }
            4 => rows[i - 2].clone(),
            5 => rows[i - 4].iter().map(|x| -x).collect(),
            6 if i % 2 == 0 => vec![0.0; p],
            _ => (0..p).map(|_| 1.5 * random(rng)).collect(),
        };
        rows.push(row);
    }
    rows
}

fn network(layers: Layers, activation: Activation, rows: &[Vec<f64>]) -> DataNetwork {
    DataNetwork::new(layers, activation, rows)
}

/// Input weights, output weight.
fn split(layers: Layers, eta: &[f64]) -> (f64, &[f64]) {
    if layers == Layers::Two { (eta[0], &eta[1..]) } else { (1.0, eta) }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |t, (a, b)| t + a * b)
}

/// What the definition gives: prediction, values, gradients; each with the sum of the absolute values of its terms.
struct Oracle {
    prediction: Vec<[f64; 2]>,
    value: Vec<[f64; 2]>,
    gradient: Vec<[f64; 2]>,
}

fn oracle(
    layers: Layers,
    activation: Activation,
    rows: &[Vec<f64>],
    points: &[f64],
    mass: &[f64],
    dual: &[f64],
) -> Oracle {
    let dim = points.len() / mass.len();
    let mut prediction = vec![[0.0; 2]; rows.len()];
    let (mut value, mut gradient) = (Vec::new(), Vec::new());
    for (eta, q) in points.chunks(dim).zip(mass) {
        let (a, u) = split(layers, eta);
        let (mut v, mut g) = ([0.0; 2], vec![[0.0; 2]; dim]);
        for ((x, d), h) in rows.iter().zip(dual).zip(&mut prediction) {
            let (t, size) = (dot(u, x), dot(x, x).sqrt());
            let add = |to: &mut [f64; 2], term: f64, bound: f64| {
                to[0] += term;
                to[1] += bound.abs();
            };
            let bound = a * (size + size * size);
            add(h, q * a * activation.value(t), q * bound);
            add(&mut v, d * a * activation.value(t), d * bound);
            let first = dim - u.len();
            for (g, x) in g[first..].iter_mut().zip(x) {
                add(g, d * a * activation.slope(t) * x, d * bound * (1.0 + size));
            }
            if first == 1 {
                add(&mut g[0], d * activation.value(t), d * (size + size * size));
            }
        }
        value.push(v);
        let along: f64 = g.iter().zip(eta).map(|(g, e)| g[0] * e).sum();
        let bound: f64 = g.iter().map(|g| g[1]).sum();
        gradient.extend(g.iter().zip(eta).map(|(g, e)| [g[0] - along * e, bound]));
    }
    Oracle { prediction, value, gradient }
}

fn close(what: &str, got: &[f64], exact: &[[f64; 2]]) {
    assert_eq!(got.len(), exact.len(), "{what}");
    for (j, (got, [exact, size])) in got.iter().zip(exact).enumerate() {
        assert!((got - exact).abs() <= 2e-14 * size, "{what} {j}: {got} and not {exact}, of size {size}");
    }
}

struct Evaluated {
    prediction: Vec<f64>,
    value: Vec<f64>,
    gradient: Vec<f64>,
}

fn evaluate(flips: &mut Flips, mass: &[f64], dual: &[f64]) -> Evaluated {
    let mut prediction = vec![f64::NAN; dual.len()];
    flips.analyze(mass, &mut prediction);
    let (mut alone, mut value) = (vec![f64::NAN; mass.len()], vec![f64::NAN; mass.len()]);
    let mut gradient = vec![f64::NAN; flips.points.len()];
    flips.synthesize(dual, &mut alone);
    flips.synthesize_gradient(dual, &mut value, &mut gradient);
    assert_eq!(alone, value, "the gradient comes with the same values");
    Evaluated { prediction, value, gradient }
}

fn vector(count: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| random(rng)).collect()
}

/// Everything against the double loop, and adjointness.
fn check(name: &str, layers: Layers, activation: Activation, rows: &[Vec<f64>], points: &[f64], seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let network = network(layers, activation, rows);
    let (mass, dual) = (vector(points.len() / network.dim(), &mut rng), vector(rows.len(), &mut rng));
    let mut flips = Flips::plan(&network, points);
    let got = evaluate(&mut flips, &mass, &dual);
    let exact = oracle(layers, activation, rows, points, &mass, &dual);
    close(&format!("{name}: prediction"), &got.prediction, &exact.prediction);
    close(&format!("{name}: value"), &got.value, &exact.value);
    close(&format!("{name}: gradient"), &got.gradient, &exact.gradient);
    let (left, right) = (dot(&got.prediction, &dual), dot(&mass, &got.value));
    let size: f64 = exact.prediction.iter().zip(&dual).map(|(h, g)| h[1] * g.abs()).sum();
    assert!((left - right).abs() <= 1e-14 * size, "{name}: {left} = {right}, of size {size}");
}

#[test]
fn law_flips_are_the_double_loop_at_awkward_points_and_sizes() {
    for (case, activation) in KINKED.into_iter().enumerate() {
        for layers in [Layers::Two, Layers::Ridge] {
            for p in [1, 2, 3, 4, 7] {
                for (count, units) in [(1, 1), (1, 100), (2, 7), (7, 2), (7, 1000), (100, 100), (1000, 7)] {
                    for kind in 0..6 {
                        let dim = p + usize::from(layers == Layers::Two);
                        if dim == 1 {
                            continue;
                        }
                        let seed = (kind + 10 * units + 7 * count + case) as u64;
                        let mut rng = ChaCha8Rng::seed_from_u64(seed);
                        let (rows, points) = (data(count, p, &mut rng), points(kind, units, dim, &mut rng));
                        let name = format!("{layers:?} {activation:?} p {p} n {count} N {units} kind {kind}");
                        check(&name, layers, activation, &rows, &points, seed);
                    }
                }
            }
        }
    }
}

#[test]
fn law_flips_are_the_double_loop_on_many_units() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for activation in KINKED {
        for (layers, p) in [(Layers::Ridge, 3), (Layers::Two, 2), (Layers::Ridge, 4)] {
            let (rows, points) =
                (data(1000, p, &mut rng), points(0, 1000, p + usize::from(layers == Layers::Two), &mut rng));
            check(&format!("{activation:?} {layers:?}"), layers, activation, &rows, &points, 2);
        }
    }
}

#[test]
fn law_flips_are_the_double_loop_on_the_cells_of_a_mesh() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for subdivision in [1, 2, 3, 5, 16, 23] {
        let mesh = Mesh::sphere(subdivision).expect("a mesh");
        let points: Vec<f64> = mesh.centers().iter().copied().collect();
        for activation in KINKED {
            for (layers, p) in [(Layers::Ridge, 3), (Layers::Two, 2)] {
                // Axes among the data: cells on the equator, and poles with u = 0.
                let rows = data(64, p, &mut rng);
                check(
                    &format!("{subdivision} {activation:?} {layers:?}"),
                    layers,
                    activation,
                    &rows,
                    &points,
                    4,
                );
            }
        }
    }
}

#[test]
fn law_the_gradient_takes_act_prime_of_zero_as_zero() {
    // Units exactly orthogonal to data, and null.
    let rows = vec![vec![1.0, 0.0, 0.0], vec![0.0, -2.0, 0.0], vec![0.0, 0.0, 0.5], vec![0.8, -0.6, 0.0]];
    let ridge = [[0.0, 1.0, 0.0], [-0.0, 0.0, 1.0], [1.0, -0.0, 0.0], [0.6, 0.8, 0.0], [-0.6, -0.8, 0.0]];
    let two: Vec<f64> = ridge.iter().flat_map(|u| std::iter::once(&0.5).chain(u)).copied().collect();
    let poles = [[1.0, 0.0, -0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, -0.0], [-1.0, -0.0, 0.0, 0.0]];
    for activation in KINKED {
        check("ridge", Layers::Ridge, activation, &rows, ridge.as_flattened(), 5);
        check("two layers", Layers::Two, activation, &rows, &two, 5);
        check("poles", Layers::Two, activation, &rows, poles.as_flattened(), 5);
        let network = network(Layers::Two, activation, &rows);
        let got = evaluate(&mut Flips::plan(&network, poles.as_flattened()), &[1.0; 4], &[1.0; 4]);
        assert_eq!(got.gradient[..4], [0.0; 4], "{activation:?}");
        assert_eq!(got.gradient[8..], [0.0; 8], "{activation:?}");
    }
}

#[test]
fn law_flips_do_not_depend_on_the_number_of_threads_and_moved_units_are_as_placed_ones() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for (layers, p, count) in [(Layers::Ridge, 3, 9973), (Layers::Two, 4, 3001)] {
        let dim = p + usize::from(layers == Layers::Two);
        let network = network(layers, Activation::Abs, &data(101, p, &mut rng));
        let (first, then) = (points(0, count, dim, &mut rng), points(0, count, dim, &mut rng));
        let (mass, dual) = (vector(count, &mut rng), vector(101, &mut rng));
        let bits = |threads, moved| {
            let work = || {
                let mut flips = Flips::plan(&network, if moved { &first } else { &then });
                if moved {
                    evaluate(&mut flips, &mass, &dual);
                    flips.move_to(&then);
                }
                let got = evaluate(&mut flips, &mass, &dual);
                [got.prediction, got.value, got.gradient]
                    .concat()
                    .into_iter()
                    .map(f64::to_bits)
                    .collect::<Vec<u64>>()
            };
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads").install(work)
        };
        let one = bits(1, false);
        assert_eq!(one, bits(3, false), "{layers:?}: threads");
        assert_eq!(one, bits(3, true), "{layers:?}: moved");
    }
}

#[test]
fn law_round_off_does_not_grow_with_the_number_of_units() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mesh = Mesh::sphere(128).expect("a mesh");
    let points: Vec<f64> = mesh.centers().iter().copied().collect();
    let rows = data(100, 3, &mut rng);
    let network = network(Layers::Ridge, Activation::Relu, &rows);
    let (mass, dual) = (vector(mesh.cells(), &mut rng), vector(rows.len(), &mut rng));
    let mut flips = Flips::plan(&network, &points);
    assert!(flips.order.is_none(), "the cells of a mesh lie well as they are");
    let got = evaluate(&mut flips, &mass, &dual);
    let (mut largest, mut size) = (0.0_f64, 0.0_f64);
    for j in (0..mesh.cells()).step_by(997).chain([mesh.cells() - 1]) {
        let eta = &points[3 * j..3 * j + 3];
        let exact: f64 = rows.iter().zip(&dual).map(|(x, g)| g * dot(eta, x).max(0.0)).sum();
        largest = largest.max((got.value[j] - exact).abs());
        size = size.max(exact.abs());
    }
    assert!(largest < 3e-15 * size, "{largest} of {size}");
    for (x, h) in rows.iter().zip(&got.prediction) {
        let terms = || points.chunks(3).zip(&mass).map(|(eta, q)| q * dot(eta, x).max(0.0));
        let (exact, size): (f64, f64) = (terms().sum(), terms().map(f64::abs).sum());
        assert!((h - exact).abs() <= 1e-14 * size, "{h} and not {exact}");
    }
}

#[test]
fn flips_are_few_on_a_mesh() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let rows: Vec<Vec<f64>> = (0..100).map(|_| random_point(3, &mut rng)).collect();
    for subdivision in [32, 48, 64] {
        let mesh = Mesh::sphere(subdivision).expect("a mesh");
        let points: Vec<f64> = mesh.centers().iter().copied().collect();
        let flips = Flips::plan(&network(Layers::Ridge, Activation::Relu, &rows), &points);
        // A step of length h crosses n h / pi great circles; a cell has the area of a hexagon of width h.
        let step = (4.0 * std::f64::consts::PI / mesh.cells() as f64 * 2.0 / 3.0_f64.sqrt()).sqrt();
        let expected = 100.0 * step / std::f64::consts::PI;
        assert!(flips.per_unit() < 1.15 * expected, "{subdivision}: {} and {expected}", flips.per_unit());
    }
}

#[test]
fn flips_are_planned_where_they_are_few() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mesh = Mesh::sphere(16).expect("a mesh");
    let cells: Vec<f64> = mesh.centers().iter().copied().collect();
    let in_space = network(Layers::Ridge, Activation::Relu, &data(200, 3, &mut rng));
    assert!(Flips::are_few(&in_space, mesh.cells()));
    let flips = Flips::plan(&in_space, &cells);
    assert!(flips.per_unit() < 200.0 / PAIRS_PER_FLIP, "{}", flips.per_unit());
    let scattered = points(0, 500, 10, &mut rng);
    let in_ten = network(Layers::Ridge, Activation::Relu, &data(200, 10, &mut rng));
    assert!(!Flips::are_few(&in_ten, 500));
    assert!(Flips::plan(&in_ten, &scattered).per_unit() > 200.0 / PAIRS_PER_FLIP);
    assert!(!Flips::are_few(&in_space, 0), "no units at all");
    let mut prediction = vec![f64::NAN; 200];
    Flips::plan(&in_space, &[]).analyze(&[], &mut prediction);
    assert_eq!(prediction, [0.0; 200]);
}

#[test]
fn law_the_cells_of_a_flat_mesh_lie_on_lines_to_round_off_and_other_points_do_not() {
    let mut rng = ChaCha8Rng::seed_from_u64(10);
    let network = network(Layers::Ridge, Activation::Relu, &data(7, 3, &mut rng));
    let turn = |p: &[f64; 3]| [0.6 * p[0] - 0.8 * p[1], 0.8 * p[0] + 0.6 * p[1], p[2]];
    for subdivision in [23, 32, 61] {
        let mesh = Mesh::sphere(subdivision).expect("a mesh");
        let cells: Vec<f64> = mesh.centers().iter().copied().collect();
        let turned: Vec<f64> = cells.as_chunks::<3>().0.iter().flat_map(turn).collect();
        for points in [cells, turned] {
            let flips = Flips::plan(&network, &points);
            for (units, points) in flips.panels[0].units.iter().zip(points.chunks(3 * flips.size)) {
                let Units::Lines(lines, scale) = units else {
                    panic!("no lines at subdivision {subdivision}")
                };
                // The poles, at the end, are lines of one cell.
                assert!(lines.len() <= scale.len() / 8 + 2, "{} lines of {} cells", lines.len(), scale.len());
                let (mut line, mut first) = (0, 0);
                for (j, (point, r)) in points.as_chunks::<3>().0.iter().zip(scale).enumerate() {
                    if j == lines[line].end {
                        (line, first) = (line + 1, j);
                    }
                    for (d, u) in point.iter().enumerate() {
                        let place = lines[line].start.0[d] + (j - first) as f64 * lines[line].step.0[d];
                        assert!((r * place - u).abs() < 2e-15, "{subdivision}: {} and {u}", r * place);
                    }
                }
            }
        }
    }
    for kind in 0..5 {
        let scattered = Flips::plan(&network, &points(kind, 1000, 3, &mut rng));
        if kind == 0 || kind == 1 {
            assert!(matches!(scattered.panels[0].units[..], [Units::Rows(_), ..]), "points of kind {kind}");
        }
    }
}

#[test]
fn law_units_partly_on_lines_are_the_double_loop() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mesh = Mesh::sphere(23).expect("a mesh");
    let cells: Vec<f64> = mesh.centers().iter().copied().collect();
    // A cell off its line, a null unit, a pair that is doubled; and the lines of single cells at the end.
    for (name, change) in [
        ("off", Box::new(|p: &mut Vec<f64>| p[300] += 1e-12) as Box<dyn Fn(&mut Vec<f64>)>),
        ("null", Box::new(|p: &mut Vec<f64>| p[300..303].fill(0.0))),
        ("double", Box::new(|p: &mut Vec<f64>| p.copy_within(300..306, 303))),
        ("cut", Box::new(|p: &mut Vec<f64>| p.truncate(3 * 1031))),
    ] {
        let mut points = cells.clone();
        change(&mut points);
        check(name, Layers::Ridge, Activation::Relu, &data(64, 3, &mut rng), &points, 12);
    }
}
