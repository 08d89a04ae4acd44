//! The steps, composed of the public pieces of the library.

use std::sync::Arc;

use sphereflow::mesh::Mesh;
use sphereflow::solver::flow::{
    Limiter, MeanField, Order, Scheme, Splitting, Transport, Velocities, Velocity, react,
};
use sphereflow::solver::objective::{Field, Motion, Objective};

use super::common::problems::{self, Placed};

/// alpha and beta.
const REACTION: f64 = 4.0;
const TRANSPORT: f64 = 1.0;

/// Something that takes steps from its own start.
pub trait Program {
    /// Goes back to the start.
    fn reset(&mut self);

    /// Takes so many steps.
    fn advance(&mut self, steps: usize);

    /// What is compared: densities; masses and then points; or J.
    fn state(&self) -> &[f64];

    /// F of the state.
    fn objective(&mut self) -> f64;
}

/// A density that reacts for half a step, is moved for a whole one (donor cell, forward Euler) and reacts for the other half,
/// with J anew before each of the three.
pub struct Cells {
    field: MeanField,
    transport: Transport,
    start: Vec<f64>,
    density: Vec<f64>,
    next: Vec<f64>,
    step: f64,
}

impl Cells {
    /// Steps of the fraction `cfl` of the positivity limit at the start.
    pub fn new(mesh: Mesh, objective: &Objective, cfl: f64) -> Self {
        Self::of_order(mesh, objective, Order::First, cfl)
    }

    fn of_order(mesh: Mesh, objective: &Objective, order: Order, cfl: f64) -> Self {
        let scheme = Scheme {
            order,
            limiter: Limiter::VanLeer,
            velocity: Velocity::TwoPoint,
            splitting: Splitting::Strang,
        };
        let start: Vec<f64> = (0..mesh.cells()).map(|i| problems::density(mesh.center(i))).collect();
        let mesh = Arc::new(mesh);
        let mut field = MeanField::new(mesh.clone(), vec![1.0], objective, scheme.velocity);
        field.evaluate(&start);
        let mut transport = Transport::new(mesh, &scheme);
        let mut next = start.clone();
        let velocities = Velocities::Potential { raw: field.raw(), rate: TRANSPORT };
        // The share of a unit of time is the rate itself.
        let step = cfl / transport.euler(&start, velocities, 1.0, &mut next).share;
        Self { field, transport, density: start.clone(), next, start, step }
    }

    /// Its size.
    pub fn step(&self) -> f64 {
        self.step
    }

    /// J at the start.
    pub fn potential(&self) -> &[f64] {
        self.field.raw()
    }

    /// Half a step of reaction; J before it is at hand, and after it J of what results.
    fn react(&mut self) {
        self.field.react(&mut self.density, 0.5 * self.step * REACTION);
    }

    /// A step of transport in the potential of the start.
    fn transport(&mut self) {
        let velocities = Velocities::Potential { raw: self.field.raw(), rate: TRANSPORT };
        self.transport.euler(&self.density, velocities, self.step, &mut self.next);
        std::mem::swap(&mut self.density, &mut self.next);
    }
}

impl Program for Cells {
    fn reset(&mut self) {
        self.density.copy_from_slice(&self.start);
    }

    fn advance(&mut self, steps: usize) {
        self.field.evaluate(&self.density);
        for _ in 0..steps {
            self.react();
            let Self { field, transport, density, next, .. } = self;
            field.transport(transport, density, next, [TRANSPORT, self.step]);
            self.react();
        }
    }

    fn state(&self) -> &[f64] {
        &self.density
    }

    fn objective(&mut self) -> f64 {
        self.field.evaluate(&self.density);
        self.field.objective()
    }
}

/// A density that moves in a fixed potential: by a forward Euler step, or at order 2 by the two stages of Heun's SSP method.
pub struct Transported {
    cells: Cells,
    order: Order,
    before: Vec<f64>,
}

impl Transported {
    /// Steps of the fraction `cfl` of the positivity limit.
    pub fn new(mesh: Mesh, objective: &Objective, order: Order, cfl: f64) -> Self {
        let cells = Cells::of_order(mesh, objective, order, cfl);
        Self { before: cells.start.clone(), cells, order }
    }

    /// Its size.
    pub fn step(&self) -> f64 {
        self.cells.step
    }
}

impl Program for Transported {
    fn reset(&mut self) {
        self.cells.reset();
    }

    fn advance(&mut self, steps: usize) {
        for _ in 0..steps {
            if self.order == Order::First {
                self.cells.transport();
                continue;
            }
            self.before.copy_from_slice(&self.cells.density);
            self.cells.transport();
            self.cells.transport();
            for (n, before) in self.cells.density.iter_mut().zip(&self.before) {
                *n = 0.5 * (*n + before);
            }
        }
    }

    fn state(&self) -> &[f64] {
        self.cells.state()
    }

    fn objective(&mut self) -> f64 {
        self.cells.objective()
    }
}

/// Particles that take forward Euler steps of (4.1) in log q and eta, the points then divided by their norms.
pub struct Particles {
    field: Field,
    start: Vec<f64>,
    /// Masses, then points.
    state: Vec<f64>,
    count: usize,
    mass: Vec<f64>,
    raw: Vec<f64>,
    gradient: Vec<f64>,
    step: f64,
}

impl Particles {
    /// Particles at `points` with the masses `mass`.
    pub fn new(objective: &Objective, points: Vec<f64>, mass: Vec<f64>, step: f64) -> Self {
        let count = mass.len();
        let start = [&*mass, &*points].concat();
        let field = Field::new(objective, &points, Motion::Moving);
        Self { field, state: start.clone(), start, count, raw: mass.clone(), mass, gradient: points, step }
    }
}

impl Program for Particles {
    fn reset(&mut self) {
        self.state.copy_from_slice(&self.start);
    }

    fn advance(&mut self, steps: usize) {
        for _ in 0..steps {
            let (mass, points) = self.state.split_at_mut(self.count);
            self.field.move_to(points);
            self.field.analyze(mass);
            self.field.synthesize_gradient(&mut self.raw, &mut self.gradient);
            react(mass, &self.raw, 1.0, 0.0, self.step * REACTION, &mut self.mass);
            mass.copy_from_slice(&self.mass);
            for (eta, slope) in points.chunks_exact_mut(3).zip(self.gradient.chunks_exact(3)) {
                let moved = [0, 1, 2].map(|d| eta[d] - self.step * TRANSPORT * slope[d]);
                let scale = 1.0 / moved.iter().map(|x| x * x).sum::<f64>().sqrt();
                eta.copy_from_slice(&moved.map(|x| x * scale));
            }
        }
    }

    fn state(&self) -> &[f64] {
        &self.state
    }

    fn objective(&mut self) -> f64 {
        let (mass, points) = self.state.split_at(self.count);
        self.field.move_to(points);
        self.field.analyze(mass)
    }
}

/// J of the masses of the start, again and again.
pub struct Potential {
    placed: Placed,
}

impl Potential {
    /// J of an objective at points.
    pub fn new(placed: Placed) -> Self {
        Self { placed }
    }
}

impl Program for Potential {
    fn reset(&mut self) {}

    fn advance(&mut self, steps: usize) {
        for _ in 0..steps {
            self.placed.evaluate();
        }
    }

    fn state(&self) -> &[f64] {
        self.placed.value()
    }

    fn objective(&mut self) -> f64 {
        self.placed.objective()
    }
}
