//! From the sections of the document to the types of the configuration.

use sphereflow_solver::objective::Rates;

use super::available;
use super::choice::{Choice, choices};
use super::keys;
use super::objective::Objective;
use super::read_objective;
use super::reader::{BELOW_ONE, FINITE, FRACTION, Field, NONNEGATIVE, POSITIVE, Section, counted};
use super::schema::{
    Component, Config, Converge, Distance, Domain, Flow, Initial, Limiter, ParticleMethod, ParticleStart,
    Particles, Place, Scheme, Snapshots, SphereMesh, Splitting, Stop, Time, Velocity,
};

/// The largest subdivision: 30 n² faces are numbered with 32 bits.
const MAX_SUBDIVISION: i64 = 11_965;
const MAX_LEVEL: i64 = 12;
const MAX_CELLS: i64 = 1 << 28;
const MAX_SNAPSHOTS: i64 = 1_000_000;
const MAX_PARTICLES: i64 = 1 << 31;

/// The parts of a configuration: those whose kind is known.
pub(super) struct Parts {
    pub title: String,
    pub domain: Option<Domain>,
    pub objective: Option<Objective>,
    pub initial: Option<Initial>,
    pub flow: Flow,
    pub time: Time,
    pub scheme: Option<Scheme>,
    pub particles: Option<Particles>,
    pub converge: Converge,
}

impl Parts {
    /// The configuration, if all parts are there.
    pub fn whole(self) -> Option<Config> {
        Some(Config {
            title: self.title,
            domain: self.domain?,
            objective: self.objective?,
            initial: self.initial?,
            flow: self.flow,
            time: self.time,
            scheme: self.scheme?,
            particles: self.particles?,
            converge: self.converge,
        })
    }
}

/// Reads every section.
pub(super) fn parts(root: &Section) -> Parts {
    root.close(&keys::ROOT, None);
    let domain = domain(&root.child("domain"));
    let objective = read_objective::objective(&root.child("objective"), domain.as_ref());
    Parts {
        title: root.text("title").or(String::new()),
        initial: initial(&root.child("initial"), domain.as_ref()),
        flow: flow(&root.child("flow"), objective.as_ref()),
        time: time(&root.child("time")),
        scheme: scheme(&root.child("scheme"), domain.as_ref()),
        particles: particles(&root.child("particles")),
        converge: converge(&root.child("converge")),
        domain,
        objective,
    }
}

/// The kind of a section, which decides its keys; notes keys of other kinds.
pub(super) fn kind<T: Choice>(section: &Section, keys: &keys::Keys, default: Option<T>) -> Option<T> {
    let field = section.choice::<T>(keys.selector);
    let kind = match (field, default) {
        (Field::Absent, Some(default)) => Some(default),
        (field, _) => {
            let path = section.path.key(keys.selector);
            let offered = |name: &&str| available::offers(section.reader, &path, &format!("\"{name}\""));
            let names: Vec<_> = T::ALL.iter().map(|(name, _)| *name).filter(offered).collect();
            section.require(keys.selector, field, &format!("choices: {}", names.join(", ")))
        }
    };
    let path = section.path.key(keys.selector);
    // A kind that is refused says nothing about the other keys: whoever changes it may want them.
    let kind = kind.filter(|_| !available::refuses(section.reader, &path));
    section.close(keys, kind.map(|kind| kind.to_string()).as_deref());
    kind
}

choices! {
    enum DomainKind {
        Circle = "circle",
        Sphere = "sphere",
    }
}

fn domain(section: &Section) -> Option<Domain> {
    let kind = kind::<DomainKind>(section, &keys::DOMAIN, None);
    let signed = section.flag("signed").or(false);
    let circle =
        || Domain::Circle { cells: section.integer("cells", 3..=MAX_CELLS).or(512) as usize, signed };
    let sphere = || {
        let mesh = section.choice("mesh").or(SphereMesh::Flat);
        Domain::Sphere { subdivision: subdivision(section), mesh, signed }
    };
    match kind {
        Some(DomainKind::Circle) => Some(circle()),
        Some(DomainKind::Sphere) => Some(sphere()),
        // What is there is read all the same, for its mistakes.
        None => {
            circle();
            sphere();
            None
        }
    }
}

fn subdivision(section: &Section) -> usize {
    let level = section.integer("level", 0..=MAX_LEVEL);
    let subdivision = section.integer("subdivision", 1..=MAX_SUBDIVISION);
    if section.has("level") && section.has("subdivision") {
        let message = "`domain.level` and `domain.subdivision` both give the resolution".to_owned();
        let hint = "keep one: `level = k` is `subdivision = n` with n = 2^k".to_owned();
        section.reader.note(&section.path.key("subdivision"), message, hint);
    }
    subdivision.given().unwrap_or_else(|| 1 << level.or(5)) as usize
}

/// `angle` on the circle, `point` on the sphere; notes the other.
pub(super) fn place(section: &Section, domain: Option<&Domain>) -> Place {
    let on_circle = domain.map_or(section.has("angle"), |domain| matches!(domain, Domain::Circle { .. }));
    let (name, other, way) = if on_circle {
        ("angle", "point", "on the circle a place is an `angle`, in radians")
    } else {
        ("point", "angle", "on the sphere a place is a `point = [x, y, z]`")
    };
    if let Some(domain) = domain.filter(|_| section.has(other)) {
        let path = section.path.key(other);
        let message = format!("`{path}` does not go with `domain.kind = \"{}\"`", domain.kind());
        section.reader.note(&path, message, way.to_owned());
    } else if !section.has(name) {
        section.require::<()>(name, Field::Absent, way);
    }
    if on_circle {
        Place::Angle(section.number("angle", &FINITE).or(0.0))
    } else {
        Place::Point(point(section))
    }
}

fn point(section: &Section) -> [f64; 3] {
    let pole = [0.0, 0.0, 1.0];
    let Some(numbers) = section.numbers("point", &FINITE).given() else { return pole };
    let path = section.path.key("point");
    let Ok(point) = <[f64; 3]>::try_from(numbers.as_slice()) else {
        let found = counted(numbers.len(), "coordinate");
        section.reader.note(&path, format!("`{path}` has {found} where 3 are needed"), None);
        return pole;
    };
    if point == [0.0; 3] {
        let hint = "any other point: it is divided by its norm".to_owned();
        section.reader.note(&path, format!("`{path}` is the zero vector, which has no direction"), hint);
        return pole;
    }
    point
}

choices! {
    enum InitialKind {
        Uniform = "uniform",
        VonMisesFisher = "von-mises-fisher",
        Expression = "expression",
        File = "file",
    }
}

fn initial(section: &Section, domain: Option<&Domain>) -> Option<Initial> {
    let Some(kind) = kind(section, &keys::INITIAL, Some(InitialKind::Uniform)) else {
        section.number("mass", &POSITIVE);
        section.expression("density");
        if section.has("components") {
            components(section, domain);
        }
        return None;
    };
    Some(match kind {
        InitialKind::Uniform => Initial::Uniform { mass: section.number("mass", &POSITIVE).or(1.0) },
        InitialKind::VonMisesFisher => Initial::VonMisesFisher { components: components(section, domain) },
        InitialKind::Expression => {
            let example = "for example `density = \"0.3 * (1 + 0.8*x)\"`";
            let density = section.require("density", section.expression("density"), example);
            Initial::Expression { density: density.unwrap_or_default() }
        }
        InitialKind::File => {
            let file = section.require("file", section.expression("file"), "the path of a run file");
            Initial::File { file: file.unwrap_or_default() }
        }
    })
}

fn components(section: &Section, domain: Option<&Domain>) -> Vec<Component> {
    let example = "for example `components = [ { mass = 1.0, angle = 0.7, concentration = 20.0 } ]`";
    let tables = section.require("components", section.children("components"), example);
    let component = |table: &Section| {
        table.close(&keys::COMPONENT, None);
        let sheet = table.integer("sheet", -1..=1).given().map(|sheet| sheet as i8);
        if sheet == Some(0) {
            let path = table.path.key("sheet");
            table.reader.note(&path, format!("`{path} = 0` is not a sheet"), "1 or -1".to_owned());
        }
        Component {
            mass: table.number("mass", &POSITIVE).or(1.0),
            place: place(table, domain),
            concentration: table.number("concentration", &NONNEGATIVE).or(20.0),
            sheet,
        }
    };
    let components: Vec<_> = tables.iter().flatten().map(component).collect();
    if tables.is_some_and(|tables| tables.is_empty()) {
        let path = section.path.key("components");
        section.reader.note(&path, format!("`{path}` is empty"), example.to_owned());
    }
    components
}

fn flow(section: &Section, objective: Option<&Objective>) -> Flow {
    section.close(&keys::FLOW, None);
    let rates = objective.map_or(Rates::of_degree(2), Objective::rates);
    Flow {
        reaction: section.number("reaction", &NONNEGATIVE).or(rates.reaction),
        transport: section.number("transport", &NONNEGATIVE).or(rates.transport),
    }
}

fn time(section: &Section) -> Time {
    section.close(&keys::TIME, None);
    let end =
        section.require("end", section.number("end", &POSITIVE), "for example `end = 10.0` below `[time]`");
    Time {
        snapshots: snapshots(section, end),
        end: end.unwrap_or(1.0),
        cfl: section.number("cfl", &FRACTION).or(0.5),
        max_step: section.number("max_step", &POSITIVE).given(),
        tolerance: section.number_or_infinity("tolerance", &POSITIVE).given(),
        stop: section.has("stop").then(|| stop(&section.child("stop"))).flatten(),
    }
}

fn snapshots(section: &Section, end: Option<f64>) -> Snapshots {
    use super::tree::Node;
    let path = section.path.key("snapshots");
    match section.reader.typed(&path) {
        Some(Node::Array(_)) => {
            let times = section.numbers("snapshots", &NONNEGATIVE).or(Vec::new());
            if section.reader.is_sound(&path) {
                check_times(section, &times, end);
            }
            Snapshots::Times(times)
        }
        Some(Node::Integer(_)) | None => {
            Snapshots::Count(section.integer("snapshots", 2..=MAX_SNAPSHOTS).or(11) as usize)
        }
        Some(other) => {
            let message = format!(
                "`{path}` must be a number of snapshots or a list of times, not {}",
                other.described()
            );
            section.reader.note(
                &path,
                message,
                "for example `snapshots = 11` or `snapshots = [0, 1, 10]`".to_owned(),
            );
            Snapshots::Count(11)
        }
    }
}

fn check_times(section: &Section, times: &[f64], end: Option<f64>) {
    let path = section.path.key("snapshots");
    if times.is_empty() {
        let hint = "a list of times, or a number of snapshots".to_owned();
        section.reader.note(&path, format!("`{path}` is empty"), hint);
    }
    if let Some(index) = (1..times.len()).find(|&index| times[index] <= times[index - 1]) {
        let message = format!(
            "`{} = {:?}` does not come after the time before it, {:?}",
            path.index(index),
            times[index],
            times[index - 1]
        );
        section.reader.note(&path.index(index), message, "list the times in increasing order".to_owned());
    }
    if let (Some(&last), Some(end)) = (times.last(), end)
        && last > end
    {
        let path = path.index(times.len() - 1);
        let message = format!("`{path} = {last:?}` lies after `time.end = {end:?}`");
        section.reader.note(&path, message, "drop it, or move the end".to_owned());
    }
}

fn stop(section: &Section) -> Option<Stop> {
    section.close(&keys::STOP, None);
    let gap = section.number("gap", &POSITIVE);
    let dissipation = section.number("dissipation", &POSITIVE);
    if section.has("gap") == section.has("dissipation") && section.reader.is_sound(&section.path) {
        let path = &section.path;
        let message = format!("`{path}` needs one criterion");
        let hint = "write `stop = { gap = 1e-6 }` or `stop = { dissipation = 1e-10 }`".to_owned();
        section.reader.note(path, message, hint);
    }
    gap.given().map(Stop::Gap).or(dissipation.given().map(Stop::Dissipation))
}

choices! {
    enum SchemeMethod {
        FiniteVolume = "finite-volume",
        Characteristics = "characteristics",
    }
}

fn scheme(section: &Section, domain: Option<&Domain>) -> Option<Scheme> {
    let characteristics = || {
        let cells = domain.map_or(1, Domain::cells);
        Scheme::Characteristics {
            nodes: section.integer("nodes", 1..=MAX_PARTICLES).or(cells as i64) as usize,
            tolerance: section.number("tolerance", &BELOW_ONE).or(1e-10),
        }
    };
    match kind(section, &keys::SCHEME, Some(SchemeMethod::FiniteVolume)) {
        Some(SchemeMethod::FiniteVolume) => Some(finite_volume(section)),
        Some(SchemeMethod::Characteristics) => Some(characteristics()),
        None => {
            finite_volume(section);
            characteristics();
            None
        }
    }
}

fn finite_volume(section: &Section) -> Scheme {
    let order = order(section);
    let fitting = if order > 2 { Velocity::Exact } else { Velocity::TwoPoint };
    let mut limiter = section.choice("limiter").or(limiters(order)[0]);
    let mut velocity = section.choice("velocity").or(fitting);
    // An order by `--set` brings its own limiter and velocity where those of the file do not go with it.
    let outdone = |name: &str| section.is_overridden("order") && !section.is_overridden(name);
    if outdone("limiter") && !limiters(order).contains(&limiter) {
        limiter = limiters(order)[0];
    }
    if outdone("velocity") && order > 2 {
        velocity = fitting;
    }
    Scheme::FiniteVolume {
        order,
        limiter,
        velocity,
        splitting: section.choice("splitting").or(Splitting::Strang),
    }
}

fn order(section: &Section) -> u8 {
    match section.integer("order", i64::MIN..=i64::MAX).or(2) {
        order @ (1 | 2 | 3 | 5) => order as u8,
        order => {
            let path = section.path.key("order");
            let message = format!("`{path} = {order}` is not one of the choices");
            let choices = ["1", "2", "3", "5 (on the circle)"];
            let offered = |choice: &&str| available::offers(section.reader, &path, &choice[..1]);
            let choices: Vec<_> = choices.into_iter().filter(offered).collect();
            section.reader.note(&path, message, format!("choices: {}", choices.join(", ")));
            2
        }
    }
}

/// The limiters that go with an order; the first is its default.
pub(super) const fn limiters(order: u8) -> &'static [Limiter] {
    match order {
        1 => &[Limiter::None],
        2 => &[Limiter::VanLeer, Limiter::Minmod, Limiter::None],
        _ => &[Limiter::Positivity, Limiter::None],
    }
}

choices! {
    enum ParticleKind {
        Flow = "flow",
        Descent = "descent",
        Sgd = "sgd",
    }
}

fn particles(section: &Section) -> Option<Particles> {
    let kind = kind(section, &keys::PARTICLES, Some(ParticleKind::Flow));
    let count = section.integer("count", 1..=MAX_PARTICLES).or(1000) as usize;
    let initial = section.choice("initial").or(ParticleStart::Sample);
    let seed = section.seed().or(0);
    let Some(kind) = kind else {
        movement(section, ParticleKind::Flow);
        movement(section, ParticleKind::Sgd);
        return None;
    };
    Some(Particles { count, initial, seed, method: movement(section, kind) })
}

fn movement(section: &Section, kind: ParticleKind) -> ParticleMethod {
    if matches!(kind, ParticleKind::Flow) {
        return ParticleMethod::Flow { tolerance: section.number("tolerance", &BELOW_ONE).or(1e-9) };
    }
    let step = section.number("step", &POSITIVE).or(0.005);
    let metric_ratio = section.number("metric_ratio", &NONNEGATIVE).or(1.0);
    let iterations = section.integer("iterations", 1..=i64::MAX).or(10_000) as usize;
    if matches!(kind, ParticleKind::Descent) {
        return ParticleMethod::Descent { step, metric_ratio, iterations };
    }
    let batch = section.integer("batch", 1..=MAX_PARTICLES).or(100) as usize;
    ParticleMethod::Sgd { step, metric_ratio, iterations, batch }
}

fn converge(section: &Section) -> Converge {
    section.close(&keys::CONVERGE, None);
    let counts = section.integers("counts", &(1..=MAX_PARTICLES)).or(vec![30, 100, 300, 1000, 3000, 10_000]);
    let path = section.path.key("counts");
    if counts.len() < 2 && section.reader.is_sound(&path) {
        let hint = "a rate needs at least 2".to_owned();
        section.reader.note(&path, format!("`{path}` holds {}", counted(counts.len(), "number")), hint);
    }
    if let Some(index) = (1..counts.len()).find(|&index| counts[index] <= counts[index - 1]) {
        let path = path.index(index);
        let message =
            format!("`{path} = {}` is not above the number before it, {}", counts[index], counts[index - 1]);
        section.reader.note(&path, message, "list the numbers in increasing order".to_owned());
    }
    Converge {
        counts: counts.into_iter().map(|count| count as usize).collect(),
        repetitions: section.integer("repetitions", 1..=1_000_000).or(20) as usize,
        distances: distances(section),
        seed: section.seed().or(0),
    }
}

fn distances(section: &Section) -> Vec<Distance> {
    let distances = section.choices("distances").or(vec![Distance::Prediction, Distance::W1]);
    let path = section.path.key("distances");
    if distances.is_empty() {
        section.reader.note(
            &path,
            format!("`{path}` is empty"),
            "for example `distances = [\"w1\"]`".to_owned(),
        );
    }
    if let Some(index) = (1..distances.len()).find(|&index| distances[..index].contains(&distances[index])) {
        let path = path.index(index);
        let message = format!("`{path} = \"{}\"` is there twice", distances[index]);
        section.reader.note(&path, message, "keep one".to_owned());
    }
    distances
}
