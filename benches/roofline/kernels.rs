//! The kernels, in the order of the table.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use ndarray::ArrayView2;
use sphereflow::io::MeshArrays;
use sphereflow::io::run::{RunHeader, RunWriter, Snapshot};
use sphereflow::mesh::Mesh;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::evolution::Evolution;
use sphereflow::solver::flow::Order;
use sphereflow::solver::objective::{Evaluation, Rates};
use sphereflow::solver::particles::Particles;

use super::common::measuring;
use super::common::paths::{self, Path as EvaluationPath};
use super::kernel::{Case, Count, Destination, Domain, Kernel};
use super::{evaluations, flow};

/// Evaluations of J in a step of Dormand and Prince: five stages after the first, the last one's derivative, and that of the
/// points once they are unit vectors again.
const EVALUATIONS: f64 = 7.0;

/// Operations of a cell's centre and measure: on the circle a sine and a cosine; on the sphere a projection, two circumcentres, and six
/// spherical triangles with an arc tangent each.
const CIRCLE_FLOPS: f64 = 40.0;
const SPHERE_FLOPS: f64 = 450.0;

/// Where the kernels are measured.
struct Sizes {
    /// The transport: from where nothing matters but the overheads to what no cache holds.
    all: Vec<Domain>,
    /// What has fewer secrets.
    some: Vec<Domain>,
    /// The largest mesh.
    largest: Domain,
    particles: [usize; 2],
    snapshots: [u32; 2],
}

impl Sizes {
    fn new(measuring: bool) -> Self {
        if !measuring {
            let some = vec![Domain::Circle(30), Domain::Sphere(2)];
            let (all, largest) = (some.clone(), Domain::Sphere(3));
            return Self { all, some, largest, particles: [30, 100], snapshots: [1, 2] };
        }
        let circles = [1_000, 10_000, 100_000, 1_000_000].map(Domain::Circle);
        let spheres = [5, 6, 7, 8, 9, 10].map(Domain::Sphere);
        Self {
            all: circles.into_iter().chain(spheres).collect(),
            some: [&circles[1..2], &circles[3..], &[spheres[0], spheres[2], spheres[4]]].concat(),
            largest: spheres[5],
            particles: [10_000, 100_000],
            snapshots: [7, 8],
        }
    }
}

/// All kernels; `folder` is for files.
pub fn all(folder: &Path) -> Vec<Case> {
    let Sizes { all, some, largest, particles, snapshots } = Sizes::new(measuring());
    let mut cases: Vec<Case> = Vec::new();
    for order in [Order::First, Order::Second] {
        cases.extend(all.iter().map(|domain| transport(*domain, order)));
    }
    cases.extend(some.iter().map(|domain| reaction(*domain)));
    cases.extend(some.iter().map(|domain| survey(*domain)));
    for order in [Order::First, Order::Second] {
        cases.extend(some.iter().chain([&largest]).map(|domain| step(*domain, order)));
    }
    cases.extend(evaluations::cases());
    let [few, many] = particles;
    cases.extend([
        particle_step(paths::data_caps_particles(), few),
        particle_step(paths::gaussian_sphere_particles(), many),
        particle_step(paths::data_moments_particles(), many),
    ]);
    cases.extend(some.iter().chain([&largest]).map(|domain| mesh(*domain)));
    cases.extend(snapshots.map(|level| snapshot(Domain::Sphere(level), folder.to_path_buf())));
    cases
}

/// Density and J read, areas read on the sphere, the new density written; the weights of the faces are the same for all ten
/// patches of the sphere, so that most reads find them in a cache (with three of their own a cell it were 56 bytes). Order 1: a face takes the
/// difference of J, its upwind side, flow and flux; a cell adds its faces up, divides and adds. Order 2: besides, the
/// difference behind and ahead on the upwind side and the harmonic mean of both.
fn transport(domain: Domain, order: Order) -> Case {
    let (name, of_face) = match order {
        Order::First => ("transport_1", 4.0),
        Order::Second => ("transport_2", 14.0),
    };
    let count =
        Count { bytes: domain.pick(24.0, 32.0), flops: domain.pick(of_face + 4.0, 3.0 * of_face + 8.0) };
    Case::new(format!("{name}/{}", domain.name()), move |meshes| {
        let mesh = meshes.of(domain);
        Kernel::streaming(mesh.cells(), count, flow::transport(&mesh, order))
    })
}

/// Density and J read, the new density written; an exponential of polynomial degree 11.
fn reaction(domain: Domain) -> Case {
    let count = Count { bytes: 24.0, flops: 32.0 };
    Case::new(format!("reaction/{}", domain.name()), move |meshes| {
        let mesh = meshes.of(domain);
        Kernel::streaming(mesh.cells(), count, flow::reaction(&mesh))
    })
}

/// Density, J and areas read once, weights as of the transport; before that the density is copied. A cell: extremes of J, its integrals with three powers; a face: flow, power,
/// and what either cell loses through it.
fn survey(domain: Domain) -> Case {
    let count = Count { bytes: domain.pick(32.0, 40.0), flops: domain.pick(22.0, 38.0) };
    Case::new(format!("survey/{}", domain.name()), move |meshes| {
        let mesh = meshes.of(domain);
        Kernel::streaming(mesh.cells(), count, flow::survey(&mesh))
    })
}

/// A whole step and its record: no count of its own, its parts stand above.
fn step(domain: Domain, order: Order) -> Case {
    let name = if order == Order::First { "step_1_gaussian" } else { "step_2_gaussian" };
    Case::new(format!("{name}/{}", domain.name()), move |meshes| {
        let mesh = meshes.of(domain);
        Kernel::streaming(mesh.cells(), Count { bytes: 0.0, flops: 0.0 }, flow::step(&mesh, order))
    })
}

/// As many evaluations as a step takes; the state's own sums are small beside them.
fn particle_step(path: EvaluationPath, size: usize) -> Case {
    Case::new(format!("particle_step/{}/{size}", path.name), move |_| {
        let objective = (path.objective)(Evaluation::Auto);
        let (points, mass) = path.points.place(size);
        let one = evaluations::count(&path, points.len() / mass.len(), size);
        let count = Count { bytes: EVALUATIONS * one.bytes, flops: EVALUATIONS * one.flops };
        let atoms = Atoms::signed(objective.dim(), points, &mass);
        // Loose enough that no step is taken twice.
        let mut particles = Particles::new(&objective, &atoms, Rates { reaction: 4.0, transport: 1.0 }, 1e-3);
        let work = move || {
            let until = particles.time() + 1e-3;
            particles.step(until).expect("a smooth flow");
        };
        Kernel { resident: one.bytes * size as f64, ..Kernel::streaming(size, count, Box::new(work)) }
    })
}

/// What the mesh stores is written.
fn mesh(domain: Domain) -> Case {
    Case::new(format!("mesh/{}", domain.name()), move |_| {
        let mesh = domain.build();
        let bytes = mesh.bytes() as f64 / mesh.cells() as f64;
        let count = Count { bytes, flops: domain.pick(CIRCLE_FLOPS, SPHERE_FLOPS) };
        Kernel::streaming(
            mesh.cells(),
            count,
            Box::new(move || {
                std::hint::black_box(domain.build());
            }),
        )
    })
}

/// The density written; all else is compression.
fn snapshot(domain: Domain, folder: PathBuf) -> Case {
    Case::new(format!("snapshot/{}", domain.name()), move |meshes| {
        let mesh = meshes.of(domain);
        let (mut writer, density) = (writer(&mesh, &folder, &domain.name()), flow::density(&mesh));
        let time = Cell::new(0.0);
        let work = move || {
            let row = ArrayView2::from_shape((1, density.len()), &density).expect("one sheet");
            let snapshot = Snapshot {
                time: time.replace(time.get() + 1.0),
                density: Some(row),
                position: None,
                mass: None,
                objective: 0.0,
                mass_total: 1.0,
                potential_min: 0.0,
                step: 1.0,
            };
            writer.append(&snapshot, &[]).expect("the file can be written");
        };
        let count = Count { bytes: 8.0, flops: 0.0 };
        Kernel { to: Destination::File, ..Kernel::streaming(mesh.cells(), count, Box::new(work)) }
    })
}

fn writer(mesh: &Mesh, folder: &Path, name: &str) -> RunWriter {
    let arrays = MeshArrays::new(mesh);
    let header = RunHeader {
        method: "finite-volume",
        config_toml: "",
        version: "0",
        mesh: Some(arrays.table()),
        sheets: 1,
        particles: None,
        test_functions: &[],
    };
    let path = folder.join(name.replace('/', "-")).with_extension("h5");
    RunWriter::create(path, &header, true).expect("the folder can be written to")
}
