//! From the section `[objective]` to its types.

use sphereflow_solver::objective::{DEFAULT_TOLERANCE, ZonalKernel};

use super::choice::choices;
use super::keys;
use super::objective::{
    Activation, ClusterLaw, Data, Deconvolution, Evaluation, Feature, Kernel, KernelDistance, Loss, Network,
    Objective, ObjectiveKind, SLOPE, Spike, Teacher,
};
use super::read::{kind, place};
use super::reader::{ACCURACY, BELOW_ONE, CONCENTRATION, FINITE, NONNEGATIVE, POSITIVE, Section};
use super::schema::Domain;

const MAX_SAMPLES: i64 = 1 << 31;

/// The highest degree on a domain; on either while it is not known.
fn most_degree(domain: Option<&Domain>) -> i64 {
    ZonalKernel::most_degree(domain.map_or(2, Domain::coordinates)) as i64
}

choices! {
    enum Kind {
        Network = "network",
        Kernel = "kernel",
        Deconvolution = "deconvolution",
        SecondMoment = "second-moment",
        Linear = "linear",
    }
}

/// Reads the objective, if its kind is known; else what is there, for its mistakes.
pub(super) fn objective(section: &Section, domain: Option<&Domain>) -> Option<Objective> {
    let kind = kind(section, &keys::OBJECTIVE, None);
    let regularization = section.number("regularization", &NONNEGATIVE).or(0.0);
    let Some(kind) = kind else {
        whatever(section, domain);
        return None;
    };
    let kind = match kind {
        Kind::Network => ObjectiveKind::Network(network(section, domain)?),
        Kind::Kernel => ObjectiveKind::Kernel(KernelDistance {
            evaluation: evaluation(section),
            tolerance: tolerance(section),
            target: target(section, domain),
            kernel: kernel(&section.child("kernel"), domain)?,
        }),
        Kind::Deconvolution => ObjectiveKind::Deconvolution(deconvolution(section, domain)),
        Kind::SecondMoment => {
            let example = "for example `matrix = [[1.2, 0.0], [0.0, 0.4]]` on the circle";
            let matrix = section.require("matrix", section.rows("matrix"), example);
            ObjectiveKind::SecondMoment { matrix: matrix.unwrap_or_default() }
        }
        Kind::Linear => {
            let example = "a formula in x, y, z, for example `potential = \"-0.5 * x\"`";
            let potential = section.require("potential", section.expression("potential"), example);
            ObjectiveKind::Linear { potential: potential.unwrap_or_default() }
        }
    };
    Some(Objective { regularization, kind })
}

/// Reads the keys of every kind: none of those that are missing is missed.
fn whatever(section: &Section, domain: Option<&Domain>) {
    network(section, domain);
    kernel(&section.child("kernel"), domain);
    numbers_of_deconvolution(section, domain);
    if section.has("target") {
        target(section, domain);
    }
    section.rows("matrix");
    section.expression("potential");
}

fn evaluation(section: &Section) -> Evaluation {
    section.choice("evaluation").or(Evaluation::Auto)
}

fn tolerance(section: &Section) -> f64 {
    section.number("tolerance", &ACCURACY).or(DEFAULT_TOLERANCE)
}

fn network(section: &Section, domain: Option<&Domain>) -> Option<Network> {
    let activation = section.choice("activation").or(Activation::Relu);
    let slope = section.number("slope", &FINITE).given();
    let mut network = Network {
        feature: section.choice("feature").or(Feature::TwoLayer),
        activation,
        slope: slope.or((activation == Activation::LeakyRelu).then_some(SLOPE)),
        loss: section.choice("loss").or(Loss::Square),
        evaluation: evaluation(section),
        // A tolerance of what has no expansion stays, for the check to name it.
        tolerance: section.number("tolerance", &ACCURACY).given(),
        teacher: teachers(section),
        data: data(&section.child("data"))?,
    };
    if network.is_expanded(domain) {
        network.tolerance = network.tolerance.or(Some(DEFAULT_TOLERANCE));
    }
    Some(network)
}

fn deconvolution(section: &Section, domain: Option<&Domain>) -> Deconvolution {
    let (degree, noise, seed) = numbers_of_deconvolution(section, domain);
    Deconvolution { evaluation: evaluation(section), degree, noise, seed, target: target(section, domain) }
}

/// The degree, the noise and its seed.
fn numbers_of_deconvolution(section: &Section, domain: Option<&Domain>) -> (usize, f64, u64) {
    let degree = section.integer("degree", 0..=most_degree(domain)).or(12) as usize;
    (degree, section.number("noise", &NONNEGATIVE).or(0.0), section.seed().or(0))
}

choices! {
    enum Source {
        Gaussian = "gaussian",
        File = "file",
        Clusters = "clusters",
    }
}

fn data(section: &Section) -> Option<Data> {
    let source = kind(section, &keys::DATA, Some(Source::Gaussian));
    let bias = section.flag("bias").or(false);
    let samples = || section.integer("samples", 1..=MAX_SAMPLES);
    let Some(source) = source else {
        section.expression("file");
        clusters(section, bias);
        return None;
    };
    Some(match source {
        Source::Gaussian => {
            let finite = section.has("samples");
            let seed = section.seed();
            // A seed with no sample to draw stays, for the check to name it.
            let seed = if finite { Some(seed.or(0)) } else { seed.given() };
            Data::Gaussian { bias, samples: finite.then(|| samples().or(1) as usize), seed }
        }
        Source::File => {
            let file =
                section.require("file", section.expression("file"), "for example `file = \"data.csv\"`");
            Data::File { bias, file: file.unwrap_or_default() }
        }
        Source::Clusters => clusters(section, bias),
    })
}

fn clusters(section: &Section, bias: bool) -> Data {
    Data::Clusters {
        bias,
        clusters_per_axis: section.integer("clusters_per_axis", 1..=1000).or(3) as usize,
        samples: section.integer("samples", 1..=MAX_SAMPLES).or(256) as usize,
        dimension: section.integer("dimension", 2..=10_000).or(2) as usize,
        law: section.choice("law").or(ClusterLaw::Published),
        seed: section.seed().or(0),
    }
}

fn teachers(section: &Section) -> Vec<Teacher> {
    let tables = section.children("teacher").or(Vec::new());
    let teacher = |table: &Section| {
        table.close(&keys::TEACHER, None);
        let example = "the input weights of the unit, for example `input = [1.0, 0.0]`";
        Teacher {
            output: table.number("output", &FINITE).or(1.0),
            input: table.require("input", table.numbers("input", &FINITE), example).unwrap_or_default(),
        }
    };
    tables.iter().map(teacher).collect()
}

choices! {
    enum KernelKind {
        VonMisesFisher = "von-mises-fisher",
        Poisson = "poisson",
        Heat = "heat",
        LowPass = "low-pass",
        ArcCosine = "arc-cosine",
    }
}

fn kernel(section: &Section, domain: Option<&Domain>) -> Option<Kernel> {
    let Some(kind) = kind(section, &keys::KERNEL, Some(KernelKind::VonMisesFisher)) else {
        section.number("concentration", &CONCENTRATION);
        section.number("rho", &BELOW_ONE);
        section.number("time", &POSITIVE);
        section.integer("degree", 0..=most_degree(domain));
        section.integer("order", 0..=2);
        return None;
    };
    Some(match kind {
        KernelKind::VonMisesFisher => {
            Kernel::VonMisesFisher { concentration: section.number("concentration", &CONCENTRATION).or(10.0) }
        }
        KernelKind::Poisson => {
            let rho = section.require("rho", section.number("rho", &BELOW_ONE), "for example `rho = 0.8`");
            Kernel::Poisson { rho: rho.unwrap_or(0.5) }
        }
        KernelKind::Heat => {
            let time =
                section.require("time", section.number("time", &POSITIVE), "for example `time = 0.01`");
            Kernel::Heat { time: time.unwrap_or(1.0) }
        }
        KernelKind::LowPass => {
            let degree = section.integer("degree", 0..=most_degree(domain));
            let degree = section.require("degree", degree, "for example `degree = 12`");
            Kernel::LowPass { degree: degree.unwrap_or(0) as usize }
        }
        KernelKind::ArcCosine => {
            let order = section.require("order", section.integer("order", 0..=2), "0, 1 or 2");
            Kernel::ArcCosine { order: order.unwrap_or(1) as u8 }
        }
    })
}

fn target(section: &Section, domain: Option<&Domain>) -> Vec<Spike> {
    let example = match domain {
        Some(Domain::Circle { .. }) => "for example `target = [ { mass = 0.5, angle = 0.7 } ]`",
        _ => "for example `target = [ { mass = 0.5, point = [0, 0, 1] } ]`",
    };
    let tables = section.require("target", section.children("target"), example);
    let spike = |table: &Section| {
        table.close(&keys::SPIKE, None);
        Spike { mass: table.number("mass", &POSITIVE).or(1.0), place: place(table, domain) }
    };
    let spikes = tables.iter().flatten().map(spike).collect();
    if tables.is_some_and(|tables| tables.is_empty()) {
        let path = section.path.key("target");
        section.reader.note(&path, format!("`{path}` is empty"), example.to_owned());
    }
    spikes
}
