//! The two cells that are in no patch: the poles of the sphere, pentagons of five faces each.

use sphereflow_mesh::patch::AXES;
use sphereflow_mesh::{Mesh, Patch};

use super::by_faces::{difference_behind_pentagon, limited_value};
use super::stencil::Stencil;
use super::window::Drive;
use super::{Limiter, Order};

/// A face to a pole from the cell that owns it.
struct Spoke {
    /// The owner, first cell of the face.
    owner: usize,
    pole: usize,
    /// Measure over distance.
    weight: f64,
    /// Where the face is in an array over the faces of all patches.
    place: usize,
    /// The cells opposite to the face, of the owner and of the pole.
    opposite: [[usize; 2]; 2],
    /// The bend at the owner; none for a pentagon.
    along: Option<f64>,
    /// What the midpoint of the face adds: nothing, both sides are mirror images; but not asked for on the flat mesh.
    skew: Option<f64>,
}

/// The faces of the poles; none on the circle.
pub(super) struct Poles {
    first: usize,
    spokes: Vec<Spoke>,
}

/// What flows out of a pole.
#[derive(Clone, Copy, Default)]
pub(super) struct Outflow {
    /// Sum of the fluxes out of it.
    pub net: f64,
    /// Sum of the flows out of it.
    pub sum: f64,
    /// The largest of them.
    pub largest: f64,
}

impl Poles {
    pub(super) fn new(mesh: &Mesh, patches: &[Patch], stencil: &Stencil) -> Self {
        let first = patches.last().map_or(0, |patch| patch.first() + patch.rows() * patch.columns());
        let spoke = |pole: usize, (number, patch): (usize, &Patch)| {
            let last = patch.rows() as isize - 1;
            let (axis, at) = if pole == first { (1, 0) } else { (0, last) };
            let (down, right) = AXES[axis];
            let owner = patch.cell(at, at);
            let face =
                mesh.face_between(owner, pole).filter(|_| patch.cell(at + down, at + right) == pole)?;
            let hexagon = stencil.is_bent() && mesh.cell_faces(owner).len() == 6;
            Some(Spoke {
                owner,
                pole,
                weight: stencil.weights(axis, at, at as usize)[1],
                place: number * stencil.faces() + stencil.faces_at(axis, at, at as usize) + 1,
                opposite: [owner, pole].map(|cell| mesh.opposite(face, cell)),
                skew: (!mesh.is_flat()).then_some(0.0),
                along: hexagon.then(|| f64::from(stencil.bends(axis, at, at as usize, 1)[1])),
            })
        };
        let of_pole = |pole| patches.iter().enumerate().filter_map(move |patch| spoke(pole, patch));
        Self { first, spokes: (first..mesh.cells()).flat_map(of_pole).collect() }
    }

    /// The first pole; the number of cells on the circle.
    pub(super) fn first(&self) -> usize {
        self.first
    }

    /// What flows out of each pole.
    pub(super) fn outflow(
        &self,
        order: Order,
        limiter: Limiter,
        density: &[f64],
        drive: Drive<'_>,
    ) -> [Outflow; 2] {
        let mut outflow = [Outflow::default(); 2];
        for spoke in &self.spokes {
            let flow = spoke.flow(drive);
            let Outflow { net, sum, largest } = &mut outflow[spoke.pole - self.first];
            *net -= flow * spoke.upwind_value(order, limiter, density, flow);
            *sum += (-flow).max(0.0);
            *largest = largest.max(-flow);
        }
        outflow
    }
}

impl Spoke {
    fn flow(&self, drive: Drive<'_>) -> f64 {
        match drive {
            Drive::Potential { raw, rate } => rate * self.weight * (raw[self.owner] - raw[self.pole]),
            Drive::Faces { flow, rate } => rate * flow[self.place],
        }
    }

    /// As the sweep over the owner's patch has it, to the last bit.
    fn upwind_value(&self, order: Order, limiter: Limiter, density: &[f64], flow: f64) -> f64 {
        let forward = flow > 0.0;
        let (up, down) = if forward { (self.owner, self.pole) } else { (self.pole, self.owner) };
        if order == Order::First {
            return density[up];
        }
        let opposite = self.opposite[usize::from(!forward)].map(|cell| density[cell]);
        let behind = match self.along.filter(|_| forward) {
            Some(along) => {
                let bend = 0.5 * along * (density[self.pole] - opposite[0]);
                density[up] - opposite[0] + bend
            }
            None => difference_behind_pentagon(density[up], opposite),
        };
        limited_value(limiter, density[up], [behind, density[down] - density[up]], self.skew)
    }
}
