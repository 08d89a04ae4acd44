//! What goes with what: combinations of keys, each valid by itself, that mean nothing.

use sphereflow_solver::Expression;

use super::objective::{Activation, Data, Evaluation, Feature, Loss, Network, ObjectiveKind, Teacher};
use super::read::{Parts, limiters};
use super::reader::{Reader, counted};
use super::schema::{Domain, Initial, ParticleMethod, Scheme, SphereMesh, Velocity};
use super::tree::{Node, Path};

/// What the exact expectation over inputs of one coordinate is.
const TWO_TERMS: &str = "the exact expectation over one input, a sum of two terms";

/// Notes every combination that means nothing.
pub(super) fn check(reader: &Reader, parts: &Parts) {
    let domain = parts.domain.as_ref();
    bisected(reader, domain);
    if let Some(objective) = &parts.objective {
        if let Some(domain) = domain {
            sheets(reader, domain, &objective.kind);
        }
        match &objective.kind {
            ObjectiveKind::Network(network) => network_checks(reader, domain, network),
            ObjectiveKind::SecondMoment { matrix } => second_moment(reader, domain, matrix),
            _ => {}
        }
    }
    if let (Some(domain), Some(Initial::VonMisesFisher { components })) = (domain, &parts.initial) {
        let sheets = components.iter().map(|component| component.sheet);
        component_sheets(reader, domain, sheets);
    }
    if let Some(scheme) = &parts.scheme {
        finite_volumes(reader, domain, scheme);
    }
    fresh_samples(reader, parts);
    formulas(reader, parts);
}

/// Edges that are bisected again and again have a power of two of parts.
fn bisected(reader: &Reader, domain: Option<&Domain>) {
    let Some(Domain::Sphere { subdivision, mesh: SphereMesh::Recursive, .. }) = domain else { return };
    if !subdivision.is_power_of_two() {
        let message = format!(
            "`domain.mesh = \"recursive\"` bisects edges, and `domain.subdivision = {subdivision}` is no power of two"
        );
        let hint = "give `level` in its place, or another mesh".to_owned();
        reader.clash(&["domain.kind", "domain.subdivision"], &"domain.mesh".into(), message, hint);
    }
}

/// Formulas are expressions in the coordinates of the domain.
fn formulas(reader: &Reader, parts: &Parts) {
    let Some(domain) = &parts.domain else { return };
    let potential = match parts.objective.as_ref().map(|objective| &objective.kind) {
        Some(ObjectiveKind::Linear { potential }) => Some(("objective.potential", potential)),
        _ => None,
    };
    let density = match &parts.initial {
        Some(Initial::Expression { density }) => Some(("initial.density", density)),
        _ => None,
    };
    for (key, formula) in [potential, density].into_iter().flatten() {
        if let Err(error) = Expression::parse(formula, domain.coordinates()) {
            let message = format!("`{key} = {}`: {error}", Node::String(formula.clone()));
            reader.clash(&["domain.kind"], &key.into(), message, None);
        }
    }
}

/// Two sheets belong to ridge networks.
fn sheets(reader: &Reader, domain: &Domain, kind: &ObjectiveKind) {
    let with = match kind {
        ObjectiveKind::Network(network) if network.feature == Feature::Ridge => return,
        ObjectiveKind::Network(_) => "objective.feature = \"two-layer\"".to_owned(),
        other => format!("objective.kind = \"{}\"", other.name()),
    };
    if domain.signed() {
        let message = format!("`domain.signed = true` does not go with `{with}`");
        let hint = "two sheets are for `feature = \"ridge\"`; else write `signed = false`".to_owned();
        reader.clash(&["objective.kind", "objective.feature"], &"domain.signed".into(), message, hint);
    }
}

fn network_checks(reader: &Reader, domain: Option<&Domain>, network: &Network) {
    activation(reader, network);
    evaluation(reader, domain, network);
    match &network.data {
        Data::Gaussian { samples, seed, bias } => {
            if samples.is_none() {
                population(reader, network, *bias, seed.is_some());
            }
            if network.teacher.is_empty() {
                let message = "`objective.teacher` is missing: without it every output is 0".to_owned();
                let hint = "add units: `[[objective.teacher]]` with `output` and `input`".to_owned();
                reader.clash(&["objective.data"], &"objective.teacher".into(), message, hint);
            }
        }
        Data::File { .. } | Data::Clusters { .. } if !network.teacher.is_empty() => {
            let source = if matches!(network.data, Data::File { .. }) { "file" } else { "clusters" };
            let message =
                format!("`objective.teacher` does not go with `objective.data.source = \"{source}\"`");
            let hint = "the outputs come with the data; leave the teacher out".to_owned();
            reader.clash(&["objective.data.source"], &"objective.teacher".into(), message, hint);
        }
        _ => {}
    }
    if let Some(domain) = domain {
        inputs(reader, domain, network);
    }
}

fn activation(reader: &Reader, network: &Network) {
    let name = network.activation;
    if network.feature == Feature::TwoLayer && network.degree() > 2 {
        let message = format!(
            "`objective.activation = \"{name}\"` does not go with `objective.feature = \"two-layer\"`"
        );
        let hint = "two-layer takes relu, leaky-relu, abs or identity; ridge takes all".to_owned();
        reader.clash(&["objective.feature"], &"objective.activation".into(), message, hint);
    }
    if network.slope.is_some() && name != Activation::LeakyRelu {
        let message = format!("`objective.slope` does not go with `objective.activation = \"{name}\"`");
        let hint = "it belongs to `\"leaky-relu\"`; leave it out".to_owned();
        reader.clash(&["objective.activation"], &"objective.slope".into(), message, hint);
    }
}

/// The tolerance and the way of evaluation: of what has an expansion and a choice.
fn evaluation(reader: &Reader, domain: Option<&Domain>, network: &Network) {
    let involved = ["domain.kind", "objective.feature", "objective.data"];
    if network.tolerance.is_some() && !network.is_expanded(domain) {
        let with = if network.is_population() { TWO_TERMS } else { "finite data: their sums are exact" };
        let message = format!("`objective.tolerance` does not go with {with}");
        reader.clash(&involved, &"objective.tolerance".into(), message, "leave it out".to_owned());
    }
    if network.evaluation == Evaluation::Fast && network.is_population() && !network.is_expanded(domain) {
        let message = format!("`objective.evaluation = \"fast\"` does not go with {TWO_TERMS}");
        let hint = "nothing is faster: write `evaluation = \"auto\"`".to_owned();
        reader.clash(&involved, &"objective.evaluation".into(), message, hint);
    }
}

/// The exact expectation: square loss, `relu`, no bias, no seed.
fn population(reader: &Reader, network: &Network, bias: bool, seed: bool) {
    let sampled = "or draw a finite sample: `samples = 1000` below `[objective.data]`";
    let clash = |key: &str, value: String, hint: &str| {
        let message =
            format!("`{value}` does not go with the exact expectation, `objective.data` without `samples`");
        reader.clash(&["objective.data.source"], &key.into(), message, format!("{hint}, {sampled}"));
    };
    if network.loss != Loss::Square {
        let value = format!("objective.loss = \"{}\"", network.loss);
        clash("objective.loss", value, "write `loss = \"square\"`");
    }
    if network.activation != Activation::Relu {
        let value = format!("objective.activation = \"{}\"", network.activation);
        clash("objective.activation", value, "write `activation = \"relu\"`");
    }
    if bias {
        clash("objective.data.bias", "objective.data.bias = true".to_owned(), "write `bias = false`");
    }
    if seed {
        clash("objective.data.seed", "objective.data.seed".to_owned(), "leave it out");
    }
}

/// Numbers of coordinates: of the domain, of the inputs, of the teacher.
fn inputs(reader: &Reader, domain: &Domain, network: &Network) {
    let coordinates = domain.coordinates();
    let kind = domain.kind();
    let (needed, rule) = match network.feature {
        Feature::TwoLayer => {
            (coordinates - 1, format!("one coordinate less than the {kind}, which has {coordinates}"))
        }
        Feature::Ridge => (coordinates, format!("as many coordinates as the {kind}, {coordinates}")),
    };
    let rule = format!("{} inputs have {rule}; the bias counts as one", network.feature);
    let involved = ["domain.kind", "objective.feature", "objective.data.source", "objective.data.bias"];
    for (index, Teacher { input, .. }) in network.teacher.iter().enumerate() {
        let path = Path::from("objective.teacher").index(index).key("input");
        if input.len() != needed {
            let found = counted(input.len(), "coordinate");
            let message = format!("`{path}` has {found}, not {needed}");
            reader.clash(&involved, &path, message, rule.clone());
        } else if input.iter().all(|weight| *weight == 0.0) {
            let message = format!("`{path}` is the zero vector: the unit does nothing");
            reader.clash(&involved, &path, message, "leave the unit out, or give it a direction".to_owned());
        }
    }
    let bias = network.data.bias();
    if bias && needed == 1 {
        let message = "`objective.data.bias = true` leaves no other input".to_owned();
        reader.clash(&involved, &"objective.data.bias".into(), message, rule.clone());
    }
    if let Data::Clusters { dimension, .. } = &network.data
        && dimension + usize::from(bias) != needed
    {
        let constant = if bias { " and the bias" } else { "" };
        let made = counted(dimension + usize::from(bias), "input");
        let message =
            format!("`objective.data.dimension = {dimension}`{constant} makes {made}, not {needed}");
        let remedy = match needed {
            ..2 => "; clusters have 2 or more".to_owned(),
            2 => "; write `dimension = 2` and `bias = false`".to_owned(),
            _ => {
                "; write `dimension = 2` and `bias = true`, or `dimension = 3` and `bias = false`".to_owned()
            }
        };
        reader.clash(&involved, &"objective.data.dimension".into(), message, rule + &remedy);
    }
}

/// The matrix: square of the size of the domain, symmetric.
fn second_moment(reader: &Reader, domain: Option<&Domain>, matrix: &[Vec<f64>]) {
    let path = Path::from("objective.matrix");
    let Some(domain) = domain else { return };
    let size = domain.coordinates();
    if matrix.len() != size || matrix.iter().any(|row| row.len() != size) {
        let rows: Vec<_> = matrix.iter().map(|row| row.len().to_string()).collect();
        let message =
            format!("`{path}` has rows of lengths [{}], not {size} of length {size}", rows.join(", "));
        let hint = format!("on the {} it is {size} x {size}, by rows", domain.kind());
        return reader.clash(&["domain.kind"], &path, message, hint);
    }
    let pairs = (0..size).flat_map(|i| (0..i).map(move |j| (j, i)));
    for (i, j) in pairs.filter(|&(i, j)| matrix[i][j] != matrix[j][i]) {
        let message = format!(
            "`{path}` is not symmetric: `[{i}][{j}] = {:?}` and `[{j}][{i}] = {:?}`",
            matrix[i][j], matrix[j][i]
        );
        reader.note(&path, message, "make the two entries equal".to_owned());
    }
}

fn component_sheets(reader: &Reader, domain: &Domain, sheets: impl Iterator<Item = Option<i8>>) {
    for (index, _) in sheets.enumerate().filter(|(_, sheet)| sheet.is_some() && !domain.signed()) {
        let path = Path::from("initial.components").index(index).key("sheet");
        let message = format!("`{path}` does not go with `domain.signed = false`");
        let hint = "leave it out, or write `signed = true` below `[domain]`".to_owned();
        reader.clash(&["domain.signed"], &path, message, hint);
    }
}

/// Order, limiter and velocity of the finite volumes.
fn finite_volumes(reader: &Reader, domain: Option<&Domain>, scheme: &Scheme) {
    let Scheme::FiniteVolume { order, limiter, velocity, .. } = scheme else { return };
    let with = format!("does not go with `scheme.order = {order}`");
    let fits = limiters(*order);
    if !fits.contains(limiter) {
        let names: Vec<_> = fits.iter().map(|limiter| limiter.name()).collect();
        let message = format!("`scheme.limiter = \"{limiter}\"` {with}");
        let hint = format!("choices at order {order}: {}; or leave it out", names.join(", "));
        reader.clash(&["scheme.order"], &"scheme.limiter".into(), message, hint);
    }
    if *order > 2 && *velocity == Velocity::TwoPoint {
        let message = format!("`scheme.velocity = \"two-point\"` {with}");
        let hint = "orders 3 and 5 need `velocity = \"exact\"`, their default".to_owned();
        reader.clash(&["scheme.order"], &"scheme.velocity".into(), message, hint);
    }
    if *order == 5 && matches!(domain, Some(Domain::Sphere { .. })) {
        let message = "`scheme.order = 5` does not go with `domain.kind = \"sphere\"`".to_owned();
        reader.clash(&["domain.kind"], &"scheme.order".into(), message, "on the sphere: 1, 2, 3".to_owned());
    }
}

/// Stochastic gradient descent draws fresh samples: there must be a law to draw from.
fn fresh_samples(reader: &Reader, parts: &Parts) {
    let stochastic = parts
        .particles
        .as_ref()
        .is_some_and(|particles| matches!(particles.method, ParticleMethod::Sgd { .. }));
    let Some(objective) = parts.objective.as_ref().filter(|_| stochastic) else { return };
    let with = match &objective.kind {
        ObjectiveKind::Network(network) => match network.data {
            Data::Gaussian { samples: None, .. } | Data::Clusters { .. } => return,
            Data::Gaussian { .. } => "a finite `objective.data.samples`".to_owned(),
            Data::File { .. } => "`objective.data.source = \"file\"`".to_owned(),
        },
        other => format!("`objective.kind = \"{}\"`", other.name()),
    };
    let message = format!("`particles.method = \"sgd\"` does not go with {with}");
    let hint = "it draws fresh samples at every step, from a gaussian or from clusters".to_owned();
    reader.clash(&["objective.kind", "objective.data"], &"particles.method".into(), message, hint);
}
