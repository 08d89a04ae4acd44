//! Trigonometric sums of few wave numbers at many equispaced angles, by moments of blocks.
//!
//! A block of consecutive angles is a narrow arc, and all blocks look alike: their moments against Chebyshev polynomials
//! come from one small matrix. With P = 4 to 12 of them that is 2 P products an angle in all, a vectorised pass over the
//! masses and one over the values.
//!
//! The moments of neighbouring blocks make those of the longer arc that the blocks fill, since a Chebyshev polynomial on the arc is
//! a polynomial on each block: again by one small matrix. So blocks are joined level by level, until the arcs are few; then the
//! waves are summed over these, with all of their moments at once, or by one FFT for each moment.

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use pulp::Arch;
use rustfft::num_complex::Complex64;

use super::basis::{BlockBasis, LANES, LONGEST_BLOCK, TOGETHER};
use super::moments::{ArcSums, jacobi_anger, moments_needed};
use super::scattered::scattered_cost;
use super::waves::ArcWaves;
use super::{AngularSums, Bandwidth, EquispacedAngles, ScatteredAngles, assert_lengths, equispaced_cost};

/// The most levels: three make a hundred arcs of a million angles.
const MOST_LEVELS: usize = 3;

/// The most blocks that are joined on a level.
const MOST_JOINED: usize = 64;

/// The most numbers of a level's matrix, for the cache.
const MOST_NUMBERS: usize = 8192;

/// How equispaced angles are cut into blocks, the same for all numbers of threads.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blocks {
    levels: Vec<Level>,
    /// Whether the sums over the last arcs go by [`ArcWaves`].
    term_by_term: bool,
    /// Estimated time of analysis and synthesis, in nanoseconds.
    pub(super) cost: f64,
}

/// Arcs that are each made of the same number of parts: of angles, or of the arcs of the level before.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Level {
    /// Parts an arc.
    parts: usize,
    /// Moments an arc.
    moments: usize,
}

/// Equal parts of the circle: angles, or arcs of angles. Lengths in spacings of the angles.
#[derive(Debug, Clone, Copy)]
struct Parts {
    number: usize,
    /// Numbers that each has: an angle one, an arc its moments.
    moments: usize,
    half_width: f64,
    /// From one to the next.
    pitch: f64,
}

impl Parts {
    fn angles(count: usize) -> Self {
        Self { number: count, moments: 1, half_width: 0.0, pitch: 1.0 }
    }

    /// The half-width of arcs of so many parts.
    fn half_width_of(&self, parts: usize) -> f64 {
        0.5 * (parts - 1) as f64 * self.pitch + self.half_width
    }

    /// The arcs of a level.
    fn joined(&self, level: Level) -> Self {
        Self {
            number: self.number.div_ceil(level.parts),
            moments: level.moments,
            half_width: self.half_width_of(level.parts),
            pitch: self.pitch * level.parts as f64,
        }
    }

    /// The matrix of a level: function q on an arc are the coefficients of T_q in the moments of the arc's parts.
    fn basis(&self, level: Level) -> BlockBasis {
        let (half, per_part) = (self.half_width_of(level.parts), self.moments);
        let ratio = self.half_width / half;
        let centre = |part: usize| (part as f64 * self.pitch + self.half_width) / half - 1.0;
        let nodes = if per_part == 1 { 1 } else { per_part + 8 };
        // The midpoint rule over the Chebyshev nodes of the part.
        let coefficient = |q: usize, n: usize| {
            let (part, p) = (n / per_part, n % per_part);
            let term = |node: usize| {
                let t = PI * (node as f64 + 0.5) / nodes as f64;
                let x = centre(part) + ratio * t.cos();
                (p as f64 * t).cos() * (q as f64 * x.clamp(-1.0, 1.0).acos()).cos()
            };
            (0..nodes).map(term).sum::<f64>() * if p == 0 { 1.0 } else { 2.0 } / nodes as f64
        };
        BlockBasis::new(self.number * per_part, level.parts * per_part, level.moments, coefficient)
    }
}

/// Of all that the choice depends on.
#[derive(Clone, Copy)]
struct Wanted {
    count: usize,
    modes: usize,
    /// Of each level.
    tolerance: f64,
}

impl Blocks {
    /// The cheapest blocks of `count` angles for the wave numbers `0..=modes`, to a tolerance relative to the sum of the
    /// absolute masses; none if no block is narrow enough.
    pub(super) fn choose(count: usize, modes: usize, tolerance: f64) -> Option<Self> {
        // Two or three levels, each with its error.
        let wanted = Wanted { count, modes, tolerance: 0.5 * tolerance };
        wanted.cheapest(Parts::angles(count), 0)
    }
}

impl Wanted {
    /// The cheapest way from parts on.
    fn cheapest(self, parts: Parts, depth: usize) -> Option<Blocks> {
        let top = (depth > 0).then(|| self.top(parts));
        if depth == MOST_LEVELS {
            return top;
        }
        let (step, most) = if depth == 0 { (LANES, LONGEST_BLOCK) } else { (8, MOST_JOINED) };
        let levels = (step..=most.min(parts.number / 2)).step_by(step).filter_map(|joined| {
            let phase = self.modes as f64 * TAU * parts.half_width_of(joined) / self.count as f64;
            let moments = moments_needed(phase, self.tolerance)?.next_multiple_of(TOGETHER);
            (joined * parts.moments * moments <= MOST_NUMBERS).then_some(Level { parts: joined, moments })
        });
        let ways = levels.filter_map(|level| {
            let mut blocks = self.cheapest(parts.joined(level), depth + 1)?;
            let numbers = (parts.number * parts.moments) as f64;
            let arcs = parts.number.div_ceil(level.parts) as f64;
            blocks.cost += level.moments as f64 * (0.09 * numbers + 3.0 * arcs);
            blocks.levels.insert(0, level);
            Some(blocks)
        });
        ways.chain(top).min_by(|a, b| a.cost.total_cmp(&b.cost))
    }

    /// The sums over arcs by themselves.
    fn top(self, arcs: Parts) -> Blocks {
        let centres = if arcs.number as f64 * arcs.pitch == self.count as f64 {
            equispaced_cost(arcs.number, self.modes)
        } else {
            scattered_cost(arcs.number, self.modes, self.tolerance)
        };
        let by_moment = arcs.moments as f64 * (centres + arcs.number as f64 + 3.0 * self.modes as f64);
        let at_once = ArcWaves::cost(arcs.number, arcs.moments, self.modes);
        let term_by_term = at_once < by_moment;
        Blocks { levels: Vec::new(), term_by_term, cost: if term_by_term { at_once } else { by_moment } }
    }
}

/// The sums over the last arcs.
enum Top {
    AtOnce(ArcWaves),
    ByMoment(ArcSums),
}

impl Top {
    fn new(blocks: &Blocks, arcs: Parts, first: f64, wanted: Wanted) -> Self {
        let Wanted { count, modes, tolerance } = wanted;
        let step = TAU / count as f64;
        let centres: Vec<f64> =
            (0..arcs.number).map(|b| first + step * (b as f64 * arcs.pitch + arcs.half_width)).collect();
        if blocks.term_by_term {
            let series = jacobi_anger(arcs.moments, modes, step * arcs.half_width);
            return Self::AtOnce(ArcWaves::new(arcs.moments, series, &centres));
        }
        let sums: Box<dyn AngularSums> = if arcs.number as f64 * arcs.pitch == count as f64 {
            Box::new(EquispacedAngles::new(modes, centres[0], arcs.number))
        } else {
            // A moment is at most the sum of the absolute masses, and the series' coefficients add up to e at most for the
            // widest of blocks in use: a fifth of the tolerance covers both.
            let bandwidth = Bandwidth::new(modes, arcs.number, 0.2 * tolerance);
            Box::new(ScatteredAngles::new(bandwidth.into(), &centres))
        };
        let half_width = step * arcs.half_width;
        Self::ByMoment(ArcSums::new(modes, arcs.moments, half_width, arcs.number, sums))
    }
}

/// N equispaced angles in blocks.
pub struct BlockedAngles {
    first: f64,
    count: usize,
    modes: usize,
    /// Level by level.
    bases: Vec<Arc<BlockBasis>>,
    /// Rows of each level, for values and derivatives.
    rows: Vec<[Vec<f64>; 2]>,
    top: Top,
    arch: Arch,
}

impl BlockedAngles {
    /// Places `count` angles from `first` on for the wave numbers `0..=modes`.
    pub(super) fn new(modes: usize, first: f64, count: usize, blocks: &Blocks, tolerance: f64) -> Self {
        let (mut parts, mut bases) = (Parts::angles(count), Vec::new());
        for level in &blocks.levels {
            bases.push(Arc::new(parts.basis(*level)));
            parts = parts.joined(*level);
        }
        let rows = bases.iter().map(|basis| [vec![0.0; basis.numbers()], vec![0.0; basis.numbers()]]);
        Self {
            first,
            count,
            modes,
            rows: rows.collect(),
            top: Top::new(blocks, parts, first, Wanted { count, modes, tolerance: 0.5 * tolerance }),
            bases,
            arch: Arch::new(),
        }
    }

    /// The basis of the shortest blocks.
    pub fn basis(&self) -> &Arc<BlockBasis> {
        &self.bases[0]
    }

    /// The analysis of masses whose moments in [`Self::basis`] are given.
    pub fn analyze_moments(&mut self, moments: &[f64], coefficients: &mut [Complex64]) {
        self.rows[0][0].copy_from_slice(moments);
        self.climb(coefficients);
    }

    /// The synthesis as far as its terms in [`Self::basis`].
    pub fn synthesize_terms(&mut self, coefficients: &[Complex64], terms: &mut [f64]) {
        self.descend(coefficients, 0);
        terms.copy_from_slice(&self.rows[0][0]);
    }

    /// From the moments of the shortest blocks to coefficients.
    fn climb(&mut self, coefficients: &mut [Complex64]) {
        for level in 1..self.bases.len() {
            let (below, above) = self.rows.split_at_mut(level);
            self.bases[level].all_moments(self.arch, &below[level - 1][0], &mut above[0][0]);
        }
        let [rows, _] = &self.rows[self.rows.len() - 1];
        match &mut self.top {
            Top::AtOnce(waves) => waves.analyze(rows, coefficients),
            Top::ByMoment(sums) => sums.analyze(rows, coefficients),
        }
    }

    /// From coefficients to the terms of the shortest blocks, of values; or of values and derivatives, if there are to be 1 more.
    fn descend(&mut self, coefficients: &[Complex64], derivatives: usize) {
        let last = self.rows.len() - 1;
        match &mut self.top {
            Top::AtOnce(waves) => {
                waves.expand(coefficients, |_| Complex64::ONE, &mut self.rows[last][0]);
                if derivatives > 0 {
                    let turn = |k: usize| Complex64::new(0.0, -(k as f64));
                    waves.expand(coefficients, turn, &mut self.rows[last][1]);
                }
            }
            Top::ByMoment(sums) if derivatives > 0 => {
                sums.expand_with_derivative(coefficients, &mut self.rows[last]);
            }
            Top::ByMoment(sums) => sums.expand(coefficients, &mut self.rows[last][0]),
        }
        for level in (1..self.bases.len()).rev() {
            let (below, above) = self.rows.split_at_mut(level);
            for (terms, rows) in above[0].iter().zip(&mut below[level - 1]).take(1 + derivatives) {
                self.bases[level].all_values(self.arch, terms, rows);
            }
        }
    }
}

impl AngularSums for BlockedAngles {
    fn structure(&self) -> Option<&'static str> {
        Some("moments of blocks")
    }

    fn move_to(&mut self, angles: &[f64]) -> bool {
        angles.len() == self.count && angles[0] == self.first && super::are_equispaced(angles)
    }

    fn analyze(&mut self, mass: &[f64], coefficients: &mut [Complex64]) {
        assert_lengths(self.count, self.modes, mass.len(), coefficients.len());
        self.bases[0].all_moments(self.arch, mass, &mut self.rows[0][0]);
        self.climb(coefficients);
    }

    fn synthesize(&mut self, coefficients: &[Complex64], value: &mut [f64]) {
        assert_lengths(self.count, self.modes, value.len(), coefficients.len());
        self.descend(coefficients, 0);
        self.bases[0].all_values(self.arch, &self.rows[0][0], value);
    }

    fn synthesize_with_derivative(
        &mut self,
        coefficients: &[Complex64],
        value: &mut [f64],
        derivative: &mut [f64],
    ) {
        assert_lengths(self.count, self.modes, value.len(), coefficients.len());
        assert_lengths(self.count, self.modes, derivative.len(), coefficients.len());
        self.descend(coefficients, 1);
        self.bases[0].all_values(self.arch, &self.rows[0][0], value);
        self.bases[0].all_values(self.arch, &self.rows[0][1], derivative);
    }

    fn in_blocks(&mut self) -> Option<&mut BlockedAngles> {
        Some(self)
    }
}
