//! Flows on meshes for the tests of the finite volumes.

use std::sync::Arc;

use rand::RngExt;
use sphereflow_mesh::Mesh;
use sphereflow_solver::flow::{FiniteVolume, Limiter, Order, Scheme, Splitting, StepLimits, Velocity};
use sphereflow_solver::objective::{
    Activation, DataNetwork, Landscape, Layers, Method, Objective, Rates, Risk, SecondMoment, Teacher,
    ZonalKernel,
};

use super::{atoms, between, generator, random_points};

/// A flow to be solved: what stays when the scheme changes.
#[derive(Clone)]
pub struct Problem {
    pub name: &'static str,
    pub mesh: Arc<Mesh>,
    pub signs: Vec<f64>,
    pub objective: Objective,
    pub rates: Rates,
    pub density: Vec<f64>,
}

impl Problem {
    pub fn start(&self, scheme: Scheme, limits: StepLimits) -> FiniteVolume {
        self.start_from(scheme, limits, self.density.clone())
    }

    pub fn start_from(&self, scheme: Scheme, limits: StepLimits, density: Vec<f64>) -> FiniteVolume {
        let (mesh, signs) = (self.mesh.clone(), self.signs.clone());
        FiniteVolume::new(mesh, signs, &self.objective, self.rates, scheme, limits, density)
    }

    /// `sum of density times measure` over the cells of all sheets.
    pub fn mass(&self, density: &[f64]) -> f64 {
        density.iter().zip(self.mesh.measures().iter().cycle()).map(|(n, a)| n * a).sum()
    }

    pub fn with_rates(&self, reaction: f64, transport: f64) -> Self {
        Self { rates: Rates { reaction, transport }, ..self.clone() }
    }
}

/// Every order and limiter with a velocity, by Strang's splitting at order 2 and Lie's at order 1.
pub fn schemes(velocity: Velocity) -> Vec<Scheme> {
    let second = [Limiter::Minmod, Limiter::VanLeer, Limiter::None].map(|limiter| Scheme {
        order: Order::Second,
        limiter,
        velocity,
        splitting: Splitting::Strang,
    });
    let first = Scheme { order: Order::First, splitting: Splitting::Lie, ..second[0] };
    std::iter::once(first).chain(second).collect()
}

/// Neither error control nor a largest step.
pub fn by_cfl(cfl: f64) -> StepLimits {
    StepLimits { cfl, max_step: f64::INFINITY, tolerance: f64::INFINITY }
}

/// Densities of very different sizes with vacuum between them.
pub fn rough(count: usize, seed: u64) -> Vec<f64> {
    let mut rng = generator(seed);
    (0..count)
        .map(|_| if rng.random::<bool>() { 0.0 } else { 0.3 * 10f64.powf(between(&mut rng, -3.0, 0.5)) })
        .collect()
}

/// A smooth positive density on each sheet.
pub fn gentle(mesh: &Mesh, sheets: usize) -> Vec<f64> {
    let on = |s: usize| {
        mesh.centers()
            .rows()
            .into_iter()
            .map(move |x| 0.3 * (1.0 + 0.5 * x[0] + 0.3 * x[1] * x[s % 2]))
            .collect()
    };
    (0..sheets).flat_map(|s| -> Vec<f64> { on(s) }).collect()
}

/// Labels on random inputs for a ridge network in `dim` coordinates, the labels times `sign`.
pub fn ridge(dim: usize, sign: f64) -> Objective {
    let mut rng = generator(40);
    let inputs: Vec<Vec<f64>> = random_points(60, dim, &mut rng).chunks(dim).map(<[f64]>::to_vec).collect();
    let target: Vec<f64> = inputs.iter().map(|x| sign * (2.0 * x[0].max(0.0) - x[1].abs())).collect();
    let weight = 1.0 / target.len() as f64;
    let features = DataNetwork::new(Layers::Ridge, Activation::Relu, &inputs);
    Objective::new(Arc::new(features), Risk::Square { target, weight }, 0.02)
}

pub fn second_moment(dim: usize) -> Objective {
    let features = SecondMoment::new(dim);
    let b = [[1.2, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0, 0.0, 0.1]];
    let b: Vec<Vec<f64>> = b[..dim].iter().map(|row| row[..dim].to_vec()).collect();
    let target = features.vector(&b);
    Objective::new(Arc::new(features), Risk::Square { target, weight: 1.0 }, 0.0)
}

/// A von Mises-Fisher kernel with targets at `points`, shape [3, dim] flat.
pub fn kernel(dim: usize, points: &[f64]) -> Objective {
    let target = atoms(dim, points.to_vec(), vec![0.5, 0.9, 0.2], vec![1.0; 3]);
    let kernel = ZonalKernel::VonMisesFisher { concentration: 6.0 };
    Objective::discrepancy(kernel, &target, Method::default(), 0.02).expect("an expansion")
}

pub fn landscape(text: &str, dim: usize) -> Objective {
    let potential = text.parse().expect("an expression");
    Objective::new(Arc::new(Landscape::new(potential, dim)), Risk::Linear, 0.0)
}

fn gaussian(layers: Layers) -> Objective {
    let teachers =
        [(1.0, vec![1.0, 0.4]), (-0.7, vec![-0.3, 0.8])].map(|(output, input)| Teacher { output, input });
    Objective::gaussian(layers, 2, &teachers, Method::default(), 0.01).expect("a closed form")
}

/// One problem of each kind: circle and sphere, signed and not.
pub fn problems(cells: usize, subdivision: usize) -> Vec<Problem> {
    let circle = Arc::new(Mesh::circle(cells).expect("a circle"));
    let sphere = Arc::new(Mesh::sphere(subdivision).expect("a sphere"));
    let mut rng = generator(41);
    let targets = [2, 3].map(|dim| random_points(3, dim, &mut rng));
    let list = [
        ("second moment, circle", &circle, 1, second_moment(2), 4.0),
        ("kernel, circle", &circle, 1, kernel(2, &targets[0]), 4.0),
        ("gaussian ridge, signed circle", &circle, 2, gaussian(Layers::Ridge), 2.0),
        ("second moment, sphere", &sphere, 1, second_moment(3), 4.0),
        ("kernel, sphere", &sphere, 1, kernel(3, &targets[1]), 4.0),
        ("gaussian two-layer, sphere", &sphere, 1, gaussian(Layers::Two), 4.0),
        ("ridge on data, signed sphere", &sphere, 2, ridge(3, 1.0), 2.0),
    ];
    list.map(|(name, mesh, sheets, objective, reaction)| Problem {
        name,
        density: gentle(mesh, sheets),
        mesh: mesh.clone(),
        signs: [1.0, -1.0][..sheets].to_vec(),
        objective,
        rates: Rates { reaction, transport: 1.0 },
    })
    .to_vec()
}
