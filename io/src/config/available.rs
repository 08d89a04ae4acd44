//! What the contract has and this version has not: delete a row when it comes.

use super::reader::Reader;
use super::tree::{Node, Path};

/// A key of which some valid values are not available.
struct Row {
    key: &'static str,
    /// The values, as TOML writes them.
    missing: &'static [&'static str],
    available: &'static str,
}

const ROWS: [Row; 4] = [
    Row { key: "initial.kind", missing: &["\"file\""], available: "uniform, von-mises-fisher, expression" },
    Row { key: "scheme.order", missing: &["3", "5"], available: "1, 2" },
    Row { key: "scheme.method", missing: &["\"characteristics\""], available: "finite-volume" },
    Row { key: "particles.method", missing: &["\"descent\"", "\"sgd\""], available: "flow" },
];

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
pub(super) fn check(reader: &Reader) {
    for path in ROWS.iter().map(|row| Path::from(row.key)) {
        if let Some(message) = refusal(reader, &path) {
            reader.note(&path, message, None);
        }
    }
}
