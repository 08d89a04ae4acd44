//! From runs to pictures: what is gathered from the files, and how it is laid out.

use anyhow::anyhow;
use sphereflow::io::config::{Config, Data, Feature, ObjectiveKind, Teacher};
use sphereflow::io::picture::{
    CirclePanel, CircleView, Coordinate, Figure, Picture, Scale, SeriesPanel, SpherePanel, SphereView,
};
use sphereflow::io::run::{DiagnosticsRow, Run};
use sphereflow::mesh::Mesh;

use crate::cli::View;
use crate::failure::Failure;
use crate::load;

/// Which snapshot is drawn.
#[derive(Debug, Clone, Copy)]
pub enum When {
    /// The last.
    Last,
    /// By its number, from 0; negative from the end.
    Number(i64),
    /// The nearest to a time.
    Time(f64),
}

impl When {
    /// The number of the snapshot in a run.
    fn of(self, run: &Run) -> Result<usize, Failure> {
        let times = run.times();
        let count = times.len() as i64;
        let name = run.path().display();
        if count == 0 {
            return Err(Failure::usage(anyhow!("`{name}` holds no snapshot")));
        }
        match self {
            Self::Last => Ok(times.len() - 1),
            Self::Number(k) if (-count..count).contains(&k) => Ok(k.rem_euclid(count) as usize),
            Self::Number(k) => Err(Failure::usage(anyhow!(
                "`--snapshot {k}` is out of range: `{name}` holds the snapshots 0 to {}",
                count - 1
            ))),
            Self::Time(t) if !(times[0]..=times[times.len() - 1]).contains(&t) => {
                Err(Failure::usage(anyhow!(
                    "`--time {t}` is out of range: the snapshots of `{name}` are from t = {} to {}",
                    times[0],
                    times[times.len() - 1]
                )))
            }
            Self::Time(t) => {
                let distance = |k: &usize| (times[*k] - t).abs();
                Ok((0..times.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0))
            }
        }
    }
}

/// A density on its mesh.
struct Density {
    mesh: Mesh,
    /// Sheet after sheet.
    values: Vec<Vec<f64>>,
}

/// Particles of one sign.
struct Cloud {
    sign: i8,
    position: Vec<[f64; 3]>,
    mass: Vec<f64>,
}

/// What is drawn of one or two runs.
pub struct Scene {
    title: String,
    time: f64,
    dim: usize,
    signed: bool,
    density: Option<Density>,
    clouds: Vec<Cloud>,
    /// Each with the sheet that it is on: 0, or 1 for the negative one.
    targets: Vec<([f64; 3], usize)>,
    histories: Vec<(String, Vec<DiagnosticsRow>)>,
}

fn in_space(row: &[f64]) -> [f64; 3] {
    [row[0], row[1], row.get(2).copied().unwrap_or(0.0)]
}

fn angle([x, y, _]: &[f64; 3]) -> f64 {
    y.atan2(*x).rem_euclid(std::f64::consts::TAU)
}

impl Scene {
    /// Gathers a snapshot of a run and, drawn over it, the same time of a second one.
    pub fn gather(run: &Run, when: When, over: Option<&Run>) -> Result<Self, Failure> {
        let snapshot = when.of(run)?;
        let config = load::config_of(run)?;
        let time = run.times()[snapshot];
        let mut scene = Self {
            title: config.title.clone(),
            time,
            dim: config.domain.coordinates(),
            signed: config.domain.signed(),
            density: None,
            clouds: Vec::new(),
            targets: targets(&config),
            histories: Vec::new(),
        };
        scene.add(run, snapshot)?;
        if let Some(over) = over {
            let other = load::config_of(over)?.domain;
            if (other.coordinates(), other.signed()) != (scene.dim, scene.signed) {
                return Err(Failure::usage(anyhow!(
                    "`{}` and `{}` live on different domains",
                    run.path().display(),
                    over.path().display()
                )));
            }
            let times = over.times();
            let (first, last) =
                (times.first().copied().unwrap_or(time), times.last().copied().unwrap_or(time));
            scene.add(over, When::Time(time.clamp(first, last)).of(over)?)?;
        }
        Ok(scene)
    }

    fn add(&mut self, run: &Run, snapshot: usize) -> Result<(), Failure> {
        let name = match run.header().particles.as_ref() {
            Some(particles) => format!("{} particles", particles.count),
            None => "PDE".to_owned(),
        };
        self.histories.push((name, run.diagnostics().map_err(Failure::usage)?));
        if run.header().particles.is_some() {
            return self.add_particles(run, snapshot);
        }
        let Some(mesh) = load::mesh_of(run)? else {
            return Err(Failure::usage(anyhow!("`{}` holds no density", run.path().display())));
        };
        let density = run.density(snapshot).map_err(Failure::usage)?;
        self.density =
            Some(Density { mesh, values: density.rows().into_iter().map(|row| row.to_vec()).collect() });
        Ok(())
    }

    fn add_particles(&mut self, run: &Run, snapshot: usize) -> Result<(), Failure> {
        let positions = run.positions(snapshot).map_err(Failure::usage)?;
        let masses = run.masses(snapshot).map_err(Failure::usage)?;
        let signs = run.signs().map_err(Failure::usage)?;
        for sign in if self.signed { vec![1, -1] } else { vec![1] } {
            let of_sign = || (0..masses.len()).filter(|j| signs[*j] == sign);
            self.clouds.push(Cloud {
                sign,
                position: of_sign().map(|j| in_space(&positions.row(j).to_vec())).collect(),
                mass: of_sign().map(|j| masses[j]).collect(),
            });
        }
        Ok(())
    }

    /// Draws a view.
    pub fn draw(&self, view: View, log: bool) -> Result<Picture, Failure> {
        let on_circle = self.dim == 2;
        let fits = match view {
            View::Summary | View::Series => true,
            View::Angle | View::Polar => on_circle,
            View::Mollweide | View::Hemispheres => !on_circle,
        };
        if !fits {
            let (domain, views) =
                if on_circle { ("circle", "angle, polar") } else { ("sphere", "mollweide, hemispheres") };
            return Err(Failure::usage(anyhow!(
                "this view is not for the {domain}; its views: {views}, summary, series"
            )));
        }
        let scale = if log { Scale::Log } else { Scale::Linear };
        if on_circle { self.draw_circle(view) } else { self.draw_sphere(view, scale) }
    }

    fn caption(&self) -> String {
        format!("t = {:.4}", self.time).trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    fn sheet_name(&self, sheet: usize) -> &'static str {
        match (self.signed, sheet) {
            (false, _) => "density",
            (true, 0) => "density, sheet +",
            (true, _) => "density, sheet \u{2212}",
        }
    }

    fn cloud_name(&self, cloud: &Cloud) -> &'static str {
        match (self.signed, cloud.sign) {
            (false, _) => "particles",
            (true, 1) => "particles, sheet +",
            (true, _) => "particles, sheet \u{2212}",
        }
    }

    fn draw_circle(&self, view: View) -> Result<Picture, Failure> {
        let centers: Vec<f64> = self
            .density
            .iter()
            .flat_map(|d| (0..d.mesh.cells()).map(|i| angle(&in_space(d.mesh.center(i)))))
            .collect();
        let clouds: Vec<Vec<f64>> =
            self.clouds.iter().map(|c| c.position.iter().map(angle).collect()).collect();
        let targets: Vec<f64> = self.targets.iter().map(|(point, _)| angle(point)).collect();
        let panel = |circle_view: CircleView| {
            let mut panel = CirclePanel::new(self.caption()).view(circle_view);
            for (s, values) in self.density.iter().flat_map(|d| d.values.iter().enumerate()) {
                panel = panel.density(self.sheet_name(s), &centers, values);
            }
            for (cloud, angles) in self.clouds.iter().zip(&clouds) {
                panel = panel.particles(self.cloud_name(cloud), angles, &cloud.mass);
            }
            if targets.is_empty() { panel } else { panel.targets("target", &targets) }
        };
        let series = Histories::of(self);
        let mut figure = Figure::new(self.title.clone());
        figure = match view {
            View::Series => figure,
            View::Angle => figure.panel(panel(CircleView::Unrolled)),
            View::Polar => figure.panel(panel(CircleView::Polar)),
            _ => figure.panel(panel(CircleView::Unrolled)).panel(panel(CircleView::Polar)),
        };
        finish(series.panels(figure, view))
    }

    fn draw_sphere(&self, view: View, scale: Scale) -> Result<Picture, Failure> {
        let nearest =
            |point: &[f64; 3], hint: usize| self.density.as_ref().map_or(0, |d| d.mesh.nearest(point, hint));
        let sheets = if self.signed { 2 } else { 1 };
        let of_sheet = |sheet: usize| {
            self.targets
                .iter()
                .filter(|(_, on)| !self.signed || *on == sheet)
                .map(|(point, _)| *point)
                .collect()
        };
        let targets: [Vec<[f64; 3]>; 2] = [of_sheet(0), of_sheet(1)];
        let sphere_view = if view == View::Hemispheres {
            SphereView::Hemispheres(Coordinate::X)
        } else {
            SphereView::Mollweide
        };
        let series = Histories::of(self);
        let mut figure = Figure::new(self.title.clone());
        for sheet in (0..sheets).filter(|_| view != View::Series) {
            let title = if self.signed {
                format!("{}, {}", self.caption(), self.sheet_name(sheet))
            } else {
                self.caption()
            };
            let mut panel = SpherePanel::new(title).view(sphere_view).scale(scale);
            if let Some(density) = &self.density {
                panel = panel.field(&density.values[sheet], &nearest);
            }
            for cloud in self.clouds.iter().filter(|c| !self.signed || (c.sign == 1) == (sheet == 0)) {
                panel = panel.particles(self.cloud_name(cloud), &cloud.position, &cloud.mass);
            }
            if !targets[sheet].is_empty() {
                panel = panel.targets("target", &targets[sheet]);
            }
            figure = figure.panel(panel);
        }
        finish(series.panels(figure, view))
    }
}

fn finish(figure: Figure<'_>) -> Result<Picture, Failure> {
    figure.render().map_err(Failure::work)
}

/// Columns of the diagnostics of each run.
struct Histories {
    runs: Vec<History>,
}

struct History {
    name: String,
    time: Vec<f64>,
    objective: Vec<f64>,
    mass: Vec<f64>,
}

impl Histories {
    fn of(scene: &Scene) -> Self {
        let column =
            |rows: &[DiagnosticsRow], value: fn(&DiagnosticsRow) -> f64| rows.iter().map(value).collect();
        let history = |(name, rows): &(String, Vec<DiagnosticsRow>)| History {
            name: name.clone(),
            time: column(rows, |row| row.time),
            objective: column(rows, |row| row.objective),
            mass: column(rows, |row| row.mass),
        };
        Self { runs: scene.histories.iter().map(history).collect() }
    }

    /// Adds F and mass against time, where the view has them.
    fn panels<'a>(&'a self, mut figure: Figure<'a>, view: View) -> Figure<'a> {
        if !matches!(view, View::Summary | View::Series) {
            return figure;
        }
        let positive = self.runs.iter().flat_map(|run| &run.objective).all(|f| *f > 0.0);
        let scale = if positive { Scale::Log } else { Scale::Linear };
        let mut objective = SeriesPanel::new("Objective", "time", "objective F").y_scale(scale);
        let mut mass = SeriesPanel::new("Mass", "time", "mass");
        for (k, run) in self.runs.iter().enumerate() {
            // The second run is dashed, so that it shows where it lies on the first.
            if k == 0 {
                objective = objective.line(run.name.clone(), &run.time, &run.objective);
                mass = mass.line(run.name.clone(), &run.time, &run.mass);
            } else {
                objective = objective.dashed(run.name.clone(), &run.time, &run.objective);
                mass = mass.dashed(run.name.clone(), &run.time, &run.mass);
            }
        }
        figure = figure.panel(objective);
        figure.panel(mass)
    }
}

/// Points of the domain that the objective aims at, each with its sheet: spikes, or the units of the teacher.
fn targets(config: &Config) -> Vec<([f64; 3], usize)> {
    match &config.objective.kind {
        ObjectiveKind::Kernel(kernel) => {
            kernel.target.iter().map(|spike| (in_space(&spike.place.unit()), 0)).collect()
        }
        ObjectiveKind::Network(network) if matches!(network.data, Data::Gaussian { bias: false, .. }) => {
            let sheet = |teacher: &Teacher| usize::from(teacher.output < 0.0);
            let targets = network.teacher.iter().map(|t| (unit_of(t, network.feature), sheet(t)));
            targets.filter(|(point, _)| point.iter().all(|x| x.is_finite())).collect()
        }
        _ => Vec::new(),
    }
}

/// The point of a teacher's unit; of both layers the balanced one, |a| = |u|.
fn unit_of(teacher: &Teacher, feature: Feature) -> [f64; 3] {
    let norm = teacher.input.iter().map(|x| x * x).sum::<f64>().sqrt();
    if feature == Feature::Ridge {
        return in_space(&teacher.input.iter().map(|x| x / norm).collect::<Vec<_>>());
    }
    let half = 0.5f64.sqrt();
    let input = teacher.input.iter().map(|x| half * x / norm);
    in_space(&std::iter::once(half * teacher.output.signum()).chain(input).collect::<Vec<_>>())
}
