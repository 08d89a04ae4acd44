//! What the contract has and this version has not: delete a row when it comes.

use super::objective::{Data, Feature, ObjectiveKind};
use super::read::Parts;
use super::reader::Reader;
use super::tree::{Node, Path};

/// A key of which some valid values are not available.
struct Row {
    key: &'static str,
    /// The values, as TOML writes them.
    missing: &'static [&'static str],
    available: &'static str,
}

const ROWS: [Row; 9] = [
    Row { key: "domain.mesh", missing: &["\"recursive\"", "\"centroidal\""], available: "flat" },
    Row {
        key: "objective.kind",
        missing: &["\"deconvolution\""],
        available: "network, kernel, second-moment, linear",
    },
    Row { key: "objective.evaluation", missing: &["\"direct\"", "\"fast\""], available: "auto" },
    Row { key: "objective.data.source", missing: &["\"clusters\""], available: "gaussian, file" },
    Row {
        key: "objective.kernel.kind",
        missing: &["\"poisson\"", "\"heat\"", "\"low-pass\"", "\"arc-cosine\""],
        available: "von-mises-fisher",
    },
    Row { key: "initial.kind", missing: &["\"file\""], available: "uniform, von-mises-fisher, expression" },
    Row { key: "scheme.order", missing: &["3", "5"], available: "1, 2" },
    Row { key: "scheme.method", missing: &["\"characteristics\""], available: "finite-volume" },
    Row { key: "particles.method", missing: &["\"descent\"", "\"sgd\""], available: "flow" },
];

/// The most coordinates of an input for which the exact expectation is available.
const POPULATION_COORDINATES: usize = 2;

/// What a configuration may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contract {
    /// What is available.
    ThisVersion,
    /// All that is valid: for tests of what is to come.
    #[cfg(test)]
    Whole,
}

/// The refusal of what is written at a path, if it is valid but not available.
fn refusal(reader: &Reader, path: &Path) -> Option<String> {
    let key = path.to_string();
    let Row { missing, available, .. } = ROWS.iter().find(|row| row.key == key)?;
    let node = reader.typed(path).filter(|node| matches!(node, Node::String(_) | Node::Integer(_)))?;
    let written = node.to_string();
    (reader.contract == Contract::ThisVersion && missing.contains(&written.as_str()))
        .then(|| format!("`{key} = {written}` is not available in this version; available: {available}"))
}

/// Whether a valid value of a key, as TOML writes it, is available: only then does a hint list it.
pub(super) fn offers(reader: &Reader, path: &Path, value: &str) -> bool {
    let key = path.to_string();
    let missing = |row: &Row| row.key == key && row.missing.contains(&value);
    reader.contract != Contract::ThisVersion || !ROWS.iter().any(missing)
}

/// Whether what is written at a path is valid but not available.
pub(super) fn refuses(reader: &Reader, path: &Path) -> bool {
    refusal(reader, path).is_some()
}

/// Notes what is valid but not available.
pub(super) fn check(reader: &Reader, parts: &Parts) {
    for path in ROWS.iter().map(|row| Path::from(row.key)) {
        if let Some(message) = refusal(reader, &path) {
            reader.note(&path, message, None);
        }
    }
    if reader.contract == Contract::ThisVersion {
        population(reader, parts);
    }
}

/// The exact expectation needs a closed form of the kernel's convolution, which is there in two
/// coordinates.
fn population(reader: &Reader, parts: &Parts) {
    let (Some(domain), Some(objective)) = (&parts.domain, &parts.objective) else { return };
    let ObjectiveKind::Network(network) = &objective.kind else { return };
    let ridge = network.feature == Feature::Ridge && domain.coordinates() > POPULATION_COORDINATES;
    if ridge && matches!(network.data, Data::Gaussian { samples: None, .. }) {
        let message = "the exact expectation, `objective.data` without `samples`, is not available in this version \
                       for inputs of 3 coordinates; available: 1, 2";
        let hint = "draw a finite sample: `samples = 1000` below `[objective.data]`";
        let involved = ["domain.kind", "objective.feature", "objective.data"];
        reader.clash(&involved, &Path::from("objective.data"), message.to_owned(), hint.to_owned());
    }
}
