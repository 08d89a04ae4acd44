//! Caps beside the sums term by term, while the units move.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::tests::ACTIVATIONS;
use super::super::{Activation, DataNetwork, Evaluation, Layers, Motion};
use super::*;

fn random(count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut rows: Vec<f64> = (0..count * dim).map(|_| rng.random_range(-1.0..1.0)).collect();
    for row in rows.chunks_mut(dim) {
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter_mut().for_each(|x| *x /= length);
    }
    rows
}

/// Prediction, values, and values and gradients together, of all masses and duals one.
fn evaluate(placed: &mut dyn Placed, count: usize, dim: usize, data: usize) -> [Vec<f64>; 4] {
    let mut all =
        [vec![0.0; data], vec![f64::NAN; count], vec![f64::NAN; count], vec![f64::NAN; count * dim]];
    let [prediction, alone, value, gradient] = &mut all;
    placed.analyze(&vec![1.0; count], prediction);
    placed.synthesize(&vec![1.0; data], alone);
    placed.synthesize_gradient(&vec![1.0; data], value, gradient);
    all
}

/// Moves of N points of `dim` coordinates: by a little, by much, into few places, into one, out again.
fn moves(count: usize, dim: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let start = random(count, dim, rng);
    let towards = |goal: &dyn Fn(usize) -> Vec<f64>, part: f64| -> Vec<f64> {
        let mut points = Vec::new();
        for (j, eta) in start.chunks(dim).enumerate() {
            let moved: Vec<f64> =
                eta.iter().zip(goal(j)).map(|(x, goal)| (1.0 - part) * x + part * goal).collect();
            let length = moved.iter().map(|x| x * x).sum::<f64>().sqrt();
            points.extend(moved.iter().map(|x| x / length));
        }
        points
    };
    let axis = |k: usize| (0..dim).map(|d| if d == k % dim { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    let other = random(count, dim, rng);
    let shuffled = |j: usize| other[j * dim..(j + 1) * dim].to_vec();
    vec![
        towards(&shuffled, 0.01),
        towards(&shuffled, 1.0),
        towards(&axis, 0.9),
        towards(&axis, 1.0),
        towards(&|_| axis(dim - 1), 1.0),
        towards(&|_| axis(dim - 1), 1.0 - 1e-12),
        start.clone(),
    ]
}

#[test]
fn law_caps_are_the_double_loop_wherever_the_units_move() {
    for (layers, p, count, data) in [
        (Layers::Ridge, 3, 6011, 131),
        (Layers::Two, 3, 5000, 500),
        (Layers::Ridge, 4, 9000, 70),
        (Layers::Two, 6, 700, 33),
        (Layers::Ridge, 9, 333, 257),
    ] {
        for activation in ACTIVATIONS.into_iter().filter(|act| !act.pieces().is_pure_power()) {
            let mut rng = ChaCha8Rng::seed_from_u64(p as u64);
            let inputs: Vec<Vec<f64>> = random(data, p, &mut rng).chunks(p).map(<[f64]>::to_vec).collect();
            let network = DataNetwork::new(layers, activation, &inputs);
            let dim = network.dim();
            let moves = moves(count, dim, &mut rng);
            let place = |way| network.clone().evaluated(way).place(&moves[0], Motion::Moving);
            let (mut caps, mut direct) = (place(Evaluation::Fast), place(Evaluation::Direct));
            assert_eq!(caps.structure(), Some("caps of near directions"));
            for (k, points) in moves.iter().enumerate() {
                caps.move_to(points);
                direct.move_to(points);
                let [found, exact] =
                    [&mut caps, &mut direct].map(|placed| evaluate(&mut **placed, count, dim, data));
                // Terms of size one at most: as many as there are units, or data.
                for ((found, exact), terms) in found.iter().zip(&exact).zip([count, data, data, data]) {
                    for (found, exact) in found.iter().zip(exact) {
                        assert!(
                            (found - exact).abs() <= 1e-14 * terms as f64,
                            "{layers:?} {activation:?} p = {p}, move {k}: {found}, not {exact} of {terms}"
                        );
                    }
                }
            }
        }
    }
}

/// The tree, with so many particles that it has all its levels.
fn tree(points: &[f64], inputs: &[Vec<f64>]) -> CapTree {
    CapTree::new(&DataNetwork::new(Layers::Ridge, Activation::Relu, inputs), points)
}

/// Pairs of units and data that are met term by term, for each unit.
fn undecided_pairs(tree: &CapTree) -> f64 {
    tree.ground.tree.work() * tree.ground.data.len as f64 / tree.ground.tree.levels[0].count() as f64
}

#[test]
fn caps_leave_few_pairs_and_fewer_where_units_come_together() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let inputs: Vec<Vec<f64>> = random(500, 3, &mut rng).chunks(3).map(<[f64]>::to_vec).collect();
    let moves = moves(100_000, 3, &mut rng);
    let mut tree = tree(&moves[6], &inputs);
    assert_eq!(tree.ground.tree.levels.len(), 3);
    let spread = undecided_pairs(&tree);
    let expected = 500.0 * undecided(3, LEAF as f64 / 1e5);
    assert!((spread / expected - 1.0).abs() < 0.15, "{spread} and {expected} expected");
    // All mixed up the groups are of no use; they are made anew.
    tree.move_to(&moves[1]);
    assert!((undecided_pairs(&tree) / spread - 1.0).abs() < 0.05, "{}", undecided_pairs(&tree));
    tree.move_to(&moves[2]);
    assert!(undecided_pairs(&tree) < 0.3 * spread, "{}", undecided_pairs(&tree));
    tree.move_to(&moves[3]);
    assert!(undecided_pairs(&tree) < 0.5, "{}", undecided_pairs(&tree));
    tree.move_to(&moves[4]);
    assert!(undecided_pairs(&tree) < 1e-5, "{}", undecided_pairs(&tree));
}

#[test]
fn law_the_same_moves_make_the_same_bits_on_any_number_of_threads() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let inputs: Vec<Vec<f64>> = random(100, 3, &mut rng).chunks(3).map(<[f64]>::to_vec).collect();
    let moves = moves(20_000, 3, &mut rng);
    let run = || {
        let mut tree = tree(&moves[0], &inputs);
        let mut bits = Vec::new();
        for points in &moves {
            tree.move_to(points);
            let all = evaluate(&mut tree, 20_000, 3, 100);
            bits.extend(all.iter().flatten().map(|x| x.to_bits()));
        }
        bits
    };
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run);
    let [one, again, three] = [1, 1, 3].map(on);
    assert!(one == three, "other bits on three threads");
    assert!(one == again, "other bits at the second time");
}

#[test]
fn auto_takes_caps_where_they_are_small() {
    let structure = |p: usize, count: usize, data: usize, motion: Motion| {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let inputs: Vec<Vec<f64>> = random(data, p, &mut rng).chunks(p).map(<[f64]>::to_vec).collect();
        let points = random(count, p, &mut rng);
        DataNetwork::new(Layers::Ridge, Activation::Relu, &inputs).place(&points, motion).structure()
    };
    let caps = Some("caps of near directions");
    assert_eq!(structure(3, 100_000, 500, Motion::Moving), caps);
    assert_eq!(structure(3, 3000, 500, Motion::Moving), caps);
    assert_eq!(structure(4, 100_000, 500, Motion::Moving), caps);
    assert_eq!(structure(3, 100, 500, Motion::Moving), None);
    assert_eq!(structure(3, 100_000, 12, Motion::Moving), None);
    assert_eq!(structure(6, 100_000, 500, Motion::Moving), None);
    assert_eq!(structure(10, 10_000, 500, Motion::Moving), None);
}
