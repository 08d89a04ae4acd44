//! The problems: their names, and what the other tools need to know of them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use sphereflow::mesh::Mesh;
use sphereflow::solver::Expression;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::flow::Order;
use sphereflow::solver::objective::{
    Activation, Evaluation, Landscape, Layers, Method, Motion, Objective, Risk, ZonalKernel,
};

use super::common::problems::{
    Placed, Points, TOLERANCE, VON_MISES_FISHER, data, discrepancy, network, target,
};
use super::program::{Cells, Particles, Potential, Program, Transported};
use super::write;

/// Angles and masses of the spikes that the kernel on the circle looks for.
const SPIKES: [(f64, f64); 3] = [(0.7, 0.5), (2.5, 0.3), (4.4, 0.2)];

/// The fixed potential of the transport alone.
const POTENTIAL: &str = "0.5 * x - 0.3 * y * z";

/// Fraction of the positivity limit at the start.
const CFL: f64 = 0.4;

/// Euler's step of the particles.
const PARTICLE_STEP: f64 = 0.05;

/// Level of the mesh on which J alone is compared.
const LEVEL: u32 = 7;

/// What is solved, on which points.
pub struct Problem {
    kind: Kind,
    points: Points,
    count: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Steps on the circle, a von Mises-Fisher kernel and three spikes.
    Circle,
    /// Steps on the sphere, a ReLU network on data.
    Network,
    /// Steps on the sphere, a von Mises-Fisher kernel and one atom.
    Zonal,
    /// Particles on the data of the network.
    Particles,
    /// Transport in a fixed potential.
    Transport(Order),
    /// One evaluation of J of a kernel.
    Kernel(ZonalKernel),
    /// One evaluation of J of the network.
    Relu(Evaluation),
}

impl Problem {
    /// `P1-CELLS`, `P2-LEVEL`, `P2z-LEVEL`, `P3-COUNT`, `T1-LEVEL`, `T2-LEVEL`, `J-NAME` or `J-NAME-LEVEL`; names:
    /// `von-mises-fisher`, `low-pass-DEGREE`, `relu`, `direct` (the last by direct sums).
    pub fn parse(name: &str) -> anyhow::Result<Self> {
        let (kind, size) = name.split_once('-').with_context(|| format!("no problem is called `{name}`"))?;
        let (kind, points, count) = match kind {
            "P1" => (Kind::Circle, Points::Circle, count(size)?),
            "P2" => (Kind::Network, Points::Sphere, cells(size.parse()?)),
            "P2z" => (Kind::Zonal, Points::Sphere, cells(size.parse()?)),
            "P3" => (Kind::Particles, Points::Random(3), count(size)?),
            "T1" => (Kind::Transport(Order::First), Points::Sphere, cells(size.parse()?)),
            "T2" => (Kind::Transport(Order::Second), Points::Sphere, cells(size.parse()?)),
            "J" => {
                let (kind, level) = potential(size)?;
                (kind, Points::Sphere, cells(level))
            }
            _ => bail!("no problem is called `{name}`"),
        };
        Ok(Self { kind, points, count })
    }

    fn mesh(&self) -> anyhow::Result<Mesh> {
        Ok(if self.points == Points::Circle {
            Mesh::circle(self.count)?
        } else {
            Mesh::sphere(Points::subdivision(self.count))?
        })
    }

    fn objective(&self) -> anyhow::Result<Objective> {
        Ok(match self.kind {
            Kind::Circle => {
                let points = SPIKES.iter().flat_map(|(t, _)| [t.cos(), t.sin()]).collect();
                let spikes = Atoms::signed(2, points, &SPIKES.map(|(_, mass)| mass));
                let method = Method { tolerance: TOLERANCE, ..Method::default() };
                Objective::discrepancy(VON_MISES_FISHER, &spikes, method, 0.0)?
            }
            Kind::Zonal => discrepancy(VON_MISES_FISHER, 3, Evaluation::Auto),
            Kind::Kernel(kernel) => discrepancy(kernel, 3, Evaluation::Auto),
            Kind::Network | Kind::Particles => relu(Evaluation::Auto),
            Kind::Relu(evaluation) => relu(evaluation),
            Kind::Transport(_) => {
                let landscape = Landscape::new(Expression::parse(POTENTIAL, 3)?, 3);
                Objective::new(Arc::new(landscape), Risk::Linear, 0.0)
            }
        })
    }

    /// The program that solves it.
    pub fn program(&self) -> anyhow::Result<Box<dyn Program>> {
        let objective = self.objective()?;
        let (points, mass) = self.points.place(self.count);
        Ok(match self.kind {
            Kind::Kernel(_) | Kind::Relu(_) => {
                Box::new(Potential::new(Placed::new(&objective, points, mass, Motion::Fixed)))
            }
            Kind::Particles => Box::new(Particles::new(&objective, points, mass, PARTICLE_STEP)),
            Kind::Transport(order) => Box::new(Transported::new(self.mesh()?, &objective, order, CFL)),
            _ => Box::new(Cells::new(self.mesh()?, &objective, CFL)),
        })
    }

    /// Writes what the other tools need into `folder`.
    pub fn export(&self, folder: &Path, steps: usize) -> anyhow::Result<()> {
        let objective = self.objective()?;
        let (points, mass) = self.points.place(self.count);
        write(&folder.join("points"), &points)?;
        write(&folder.join("mass"), &mass)?;
        let (inputs, outputs) = data(3);
        write(&folder.join("inputs"), &inputs.concat())?;
        write(&folder.join("outputs"), &outputs)?;
        self.export_target(folder)?;
        if !matches!(self.points, Points::Random(_)) {
            export_mesh(&self.mesh()?, folder)?;
        }
        if let Kind::Transport(_) = self.kind {
            write(&folder.join("potential"), Cells::new(self.mesh()?, &objective, CFL).potential())?;
        }
        let about = json!({
            "kind": self.kind_name(), "dim": objective.dim(), "count": mass.len(), "steps": steps, "step": self.step()?,
            "tolerance": TOLERANCE, "degree": objective.features().degree(), "kernel": self.kernel(),
        });
        Ok(std::fs::write(folder.join("problem.json"), about.to_string())?)
    }

    fn export_target(&self, folder: &Path) -> anyhow::Result<()> {
        if self.kind == Kind::Circle {
            write(&folder.join("target"), &SPIKES.map(|(t, _)| [t.cos(), t.sin()]).concat())?;
            return write(&folder.join("target_mass"), &SPIKES.map(|(_, mass)| mass));
        }
        write(&folder.join("target"), &target(3))?;
        write(&folder.join("target_mass"), &[1.0])
    }

    fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Circle => "circle",
            Kind::Network => "network",
            Kind::Zonal => "zonal",
            Kind::Particles => "particles",
            Kind::Transport(Order::First) => "transport-1",
            Kind::Transport(_) => "transport-2",
            Kind::Kernel(_) => "potential-zonal",
            Kind::Relu(_) => "potential-network",
        }
    }

    fn kernel(&self) -> Value {
        match self.kind {
            Kind::Kernel(ZonalKernel::LowPass { .. }) => json!("low-pass"),
            Kind::Circle | Kind::Zonal | Kind::Kernel(_) => json!("von-mises-fisher"),
            _ => Value::Null,
        }
    }

    /// The size of a step.
    fn step(&self) -> anyhow::Result<f64> {
        Ok(match self.kind {
            Kind::Particles => PARTICLE_STEP,
            Kind::Kernel(_) | Kind::Relu(_) => 0.0,
            Kind::Transport(order) => Transported::new(self.mesh()?, &self.objective()?, order, CFL).step(),
            _ => Cells::new(self.mesh()?, &self.objective()?, CFL).step(),
        })
    }
}

/// A count, as in `1e5`.
fn count(text: &str) -> anyhow::Result<usize> {
    let count: f64 = text.parse().with_context(|| format!("`{text}` is not a number"))?;
    Ok(count as usize)
}

fn cells(level: u32) -> usize {
    10 * 4_usize.pow(level) + 2
}

fn relu(evaluation: Evaluation) -> Objective {
    network(Layers::Ridge, Activation::Relu, 3, evaluation)
}

fn potential(name: &str) -> anyhow::Result<(Kind, u32)> {
    let (kind, rest) = if let Some(rest) = name.strip_prefix("von-mises-fisher") {
        (Kind::Kernel(VON_MISES_FISHER), rest)
    } else if let Some(rest) = name.strip_prefix("relu") {
        (Kind::Relu(Evaluation::Auto), rest)
    } else if let Some(rest) = name.strip_prefix("direct") {
        (Kind::Relu(Evaluation::Direct), rest)
    } else if let Some(degree) = name.strip_prefix("low-pass-") {
        (Kind::Kernel(ZonalKernel::LowPass { degree: degree.parse()? }), "")
    } else {
        bail!("no potential is called `{name}`")
    };
    let level = rest.strip_prefix('-').map(str::parse).transpose()?;
    Ok((kind, level.unwrap_or(LEVEL)))
}

/// Measures of cells and faces, distances and cells of the faces (two 32-bit integers each).
fn export_mesh(mesh: &Mesh, folder: &Path) -> anyhow::Result<()> {
    let mut faces = vec![[0_u32; 2]; mesh.faces()];
    for cell in 0..mesh.cells() {
        for face in mesh.cell_faces(cell).iter().map(|f| *f as usize).filter(|f| mesh.sign(*f, cell) > 0.0) {
            faces[face] = [cell as u32, mesh.neighbor(face, cell) as u32];
        }
    }
    let bytes: Vec<u8> = faces.iter().flatten().flat_map(|cell| cell.to_le_bytes()).collect();
    std::fs::write(folder.join("faces"), bytes)?;
    write(&folder.join("measures"), mesh.measures())?;
    write(&folder.join("face_measures"), &mesh.face_measures())?;
    write(&folder.join("face_distances"), &mesh.face_distances())
}
