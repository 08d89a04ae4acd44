//! Caps about the directions of groups of units, and caps of caps.

use pulp::Arch;
use rayon::prelude::*;

use super::{FANOUT, LEAF};
use crate::vectorized::vectorized;

/// How far from a change of sign a datum must be to be decided, as an angle beyond the cap; far above round-off.
const MARGIN: f64 = 1e-9;

/// More than the sine of any angle: nothing is decided.
const WIDE: f64 = 2.0;

/// Less than any sine: of a group without directions, whose units are all zero.
const EMPTY: f64 = -1.0;

/// Leaves that a thread takes at a time.
const SHARE: usize = 16;

/// The caps of one level, by node.
#[derive(Default)]
pub(super) struct Caps {
    /// Unit vectors, shape [nodes, p] flat.
    axis: Vec<f64>,
    /// The largest distance of a direction from the axis, as a chord; negative where there is none.
    chord: Vec<f64>,
    /// The sine of the radius and the margin.
    reach: Vec<f64>,
}

impl Caps {
    fn new(nodes: usize, p: usize) -> Self {
        Self { axis: vec![0.0; nodes * p], chord: vec![EMPTY; nodes], reach: vec![EMPTY; nodes] }
    }

    pub(super) fn count(&self) -> usize {
        self.reach.len()
    }

    /// Axis and reach of a node: a datum is decided where `|axis . x| > reach |x|`.
    pub(super) fn cap(&self, node: usize) -> (&[f64], f64) {
        let p = self.axis.len() / self.count();
        (&self.axis[node * p..(node + 1) * p], self.reach[node])
    }
}

/// `sin r = 2 sin(r/2) cos(r/2)` of a cap with the chord `2 sin(r/2)`, and the margin.
fn reach(chord: f64) -> f64 {
    if chord < 0.0 {
        EMPTY
    } else if chord < 1.37 {
        chord * (1.0 - 0.25 * chord * chord).sqrt() + MARGIN
    } else {
        WIDE
    }
}

/// Caps from the leaves (level 0) to the nodes that are not part of others.
pub(super) struct Tree {
    pub(super) levels: Vec<Caps>,
}

impl Tree {
    /// For so many leaves, with so many levels above them.
    pub(super) fn new(leaves: usize, above: usize, p: usize) -> Self {
        let nodes = std::iter::successors(Some(leaves), |nodes| Some(nodes.div_ceil(FANOUT)));
        Self { levels: nodes.take(above + 1).map(|nodes| Caps::new(nodes, p)).collect() }
    }

    /// Sets the caps about `units`: for each leaf the input weights by coordinates, then the output weights.
    pub(super) fn surround(&mut self, units: &[f64], p: usize, arch: Arch) {
        let Caps { axis, chord, reach: reaches } = &mut self.levels[0];
        let nodes = axis.par_chunks_mut(SHARE * p).zip(chord.par_chunks_mut(SHARE));
        nodes.zip(units.par_chunks(SHARE * (p + 1) * LEAF)).for_each(|((axes, chords), units)| {
            vectorized(
                arch,
                #[inline(always)]
                || {
                    let leaves = units.chunks_exact((p + 1) * LEAF).zip(axes.chunks_exact_mut(p));
                    for ((units, axis), chord) in leaves.zip(chords.iter_mut()) {
                        *chord = surround(&units[..p * LEAF], axis);
                    }
                },
            );
        });
        reaches.iter_mut().zip(&*chord).for_each(|(slot, chord)| *slot = reach(*chord));
        for k in 1..self.levels.len() {
            let (below, above) = self.levels.split_at_mut(k);
            join(&below[k - 1], &mut above[0], p);
        }
    }

    /// The reaches of the leaves, added up, none more than one: in proportion to what is not decided.
    pub(super) fn work(&self) -> f64 {
        self.levels[0].reach.iter().map(|reach| reach.clamp(0.0, 1.0)).sum()
    }
}

/// The factors that make a direction of each unit of a leaf, one after the other lest squares underflow; zero for zero.
#[inline(always)]
pub(super) fn to_directions(units: &[f64]) -> [[f64; LEAF]; 2] {
    let (columns, _) = units.as_chunks::<LEAF>();
    let mut largest = [0.0_f64; LEAF];
    for u in columns {
        for l in 0..LEAF {
            largest[l] = largest[l].max(u[l].abs());
        }
    }
    let mut first = [0.0; LEAF];
    for l in 0..LEAF {
        // Of a subnormal number there is no reciprocal.
        first[l] = if largest[l] < f64::MIN_POSITIVE { 2f64.powi(1000) } else { 1.0 / largest[l] };
    }
    let mut square = [0.0; LEAF];
    for u in columns {
        for l in 0..LEAF {
            let scaled = u[l] * first[l];
            square[l] += scaled * scaled;
        }
    }
    let mut second = [0.0; LEAF];
    for l in 0..LEAF {
        second[l] = if square[l] > 0.0 { 1.0 / square[l].sqrt() } else { 0.0 };
    }
    [first, second]
}

/// Sets the axis of the units of a leaf and returns the chord of its cap.
#[inline(always)]
fn surround(units: &[f64], axis: &mut [f64]) -> f64 {
    let [first, second] = to_directions(units);
    let (columns, _) = units.as_chunks::<LEAF>();
    for (axis, u) in axis.iter_mut().zip(columns) {
        let mut lanes = [0.0; LEAF / 2];
        for l in 0..LEAF / 2 {
            let m = l + LEAF / 2;
            lanes[l] = u[l] * first[l] * second[l] + u[m] * first[m] * second[m];
        }
        *axis = lanes.iter().sum();
    }
    let exists = second.iter().any(|s| *s > 0.0);
    if !normalize(axis) {
        return if exists { WIDE } else { EMPTY };
    }
    let mut square = [0.0; LEAF];
    for (axis, u) in axis.iter().zip(columns) {
        for l in 0..LEAF {
            let gap = u[l] * first[l] * second[l] - axis;
            square[l] += gap * gap;
        }
    }
    let mut most = 0.0_f64;
    for l in 0..LEAF {
        most = most.max(if second[l] > 0.0 { square[l] } else { 0.0 });
    }
    most.sqrt()
}

/// Whether a vector has a direction; it is divided by its length.
#[inline(always)]
fn normalize(axis: &mut [f64]) -> bool {
    let length = axis.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length > 0.0 {
        axis.iter_mut().for_each(|x| *x /= length);
    }
    length > 0.0
}

/// Sets the caps of a level to hold those of the level below.
fn join(below: &Caps, above: &mut Caps, p: usize) {
    let children = below.axis.chunks(FANOUT * p).zip(below.chord.chunks(FANOUT));
    let nodes = above.axis.chunks_exact_mut(p).zip(above.chord.iter_mut().zip(&mut above.reach));
    for ((axis, (chord, slot)), (axes, chords)) in nodes.zip(children) {
        axis.fill(0.0);
        for (child, _) in axes.chunks_exact(p).zip(chords).filter(|(_, chord)| **chord >= 0.0) {
            axis.iter_mut().zip(child).for_each(|(x, c)| *x += c);
        }
        let found = normalize(axis);
        let mut most = EMPTY;
        for (child, radius) in axes.chunks_exact(p).zip(chords).filter(|(_, chord)| **chord >= 0.0) {
            let away = axis.iter().zip(child).map(|(x, c)| (x - c) * (x - c)).sum::<f64>().sqrt();
            most = f64::max(most, if found { away + radius } else { WIDE });
        }
        *chord = most;
        *slot = reach(most);
    }
}
