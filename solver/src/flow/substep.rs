//! Sub-flows of a density in its field: each leaves the field at what results.

use pulp::Arch;

use super::layout::Measures;
use super::masses::Masses;
use super::reaction::{self, Decay, Reaction};
use super::stage::Stage;
use super::{Euler, MeanField, Transport};
use crate::phases::Phase;

impl MeanField {
    /// Lets a density, sheet after sheet, react with J frozen, `nu exp(-rate J)` with `rate` alpha times the time, and evaluates F and J
    /// at what results. [`Self::raw`] waits for [`Self::store`].
    pub fn react(&mut self, density: &mut [f64], rate: f64) {
        let [mass, _] = self.decay(None, density, rate, false);
        self.evaluate_masses(mass);
    }

    /// Lets J frozen move a density by a forward Euler step as [`Transport::euler`], with the rate beta, and evaluates F and J at what
    /// results, likewise. `spare` is a vector of the same length to work in. What is returned is of all sheets together.
    pub fn transport(
        &mut self,
        transport: &mut Transport,
        density: &mut Vec<f64>,
        spare: &mut Vec<f64>,
        [beta, duration]: [f64; 2],
    ) -> Euler {
        let euler = if transport.is_along_line() && self.exact.is_none() {
            self.stage(transport, None, [beta, duration], density, false).0
        } else {
            std::mem::swap(density, spare);
            self.stage(transport, Some(spare), [beta, duration], density, false).0
        };
        self.evaluate_masses(euler.mass);
        euler
    }

    /// A reaction of every sheet, from a density or, if there is none, in place. Puts the masses down; returns their sum and,
    /// if J is to be compared with the one kept, its change integrated with the density before.
    pub(super) fn decay(
        &mut self,
        density: Option<&[f64]>,
        result: &mut [f64],
        rate: f64,
        compare: bool,
    ) -> reaction::Sums {
        self.phases.enter(Phase::Reaction);
        let (mesh, regularization) = (self.mesh.clone(), self.regularization());
        let mut total = [0.0; 2];
        for (s, result) in result.chunks_exact_mut(mesh.cells()).enumerate() {
            let (sign, parts) = (self.signs()[s], self.parts());
            let reaction = Reaction {
                measures: Measures::of(&mesh),
                density: density.map(|density| &density[s * mesh.cells()..][..mesh.cells()]),
                decay: Decay { sign, regularization, rate },
                layout: parts.layout,
                raw: parts.raw,
                masses: Masses { sign, first: s == 0 },
                compared: compare.then_some(parts.kept),
            };
            let sums = reaction.run(Arch::new(), result, parts.masses, parts.partial);
            total = [total[0] + sums[0], total[1] + sums[1]];
        }
        total
    }

    /// The first stage of Heun's method on every sheet, `result = density + duration rate`, or the second,
    /// `result = (result + density + duration rate) / 2`; along a line the first may be in place, without a density. Puts the masses
    /// down; returns what is found of all sheets and, in the second stage, the change of J since it was kept, integrated with the
    /// result before.
    pub(super) fn stage(
        &mut self,
        transport: &mut Transport,
        density: Option<&[f64]>,
        [beta, duration]: [f64; 2],
        result: &mut [f64],
        second: bool,
    ) -> (Euler, f64) {
        self.phases.enter(Phase::Transport);
        self.drive(beta, transport);
        let cells = self.mesh.cells();
        let mut total = (Euler { share: 0.0, least: f64::INFINITY, mass: 0.0 }, 0.0);
        for (s, result) in result.chunks_exact_mut(cells).enumerate() {
            let (sign, parts) = (self.signs()[s], self.parts());
            let density = density.map(|density| &density[s * cells..(s + 1) * cells]);
            let stage = Stage {
                duration,
                average: second,
                masses: Some(Masses { sign, first: s == 0 }),
                compared: second.then_some([parts.raw, parts.kept]),
            };
            let velocities = parts.velocities(beta, sign);
            let (euler, change) = transport.stage(density, velocities, stage, result, parts.masses);
            total = (total.0.join(euler), total.1 + change);
        }
        total
    }
}
