//! What was most likely meant by a name that is not valid.

use super::available;
use super::keys::{Keys, SECTIONS, SYNONYMS};
use super::reader::Reader;
use super::tree::Path;

/// For a key that a section does not have, the valid name that was most likely meant: here, then elsewhere; else all that is valid here.
pub(super) fn suggestion(
    reader: &Reader,
    section: &Path,
    name: &str,
    keys: &Keys,
    kind: Option<&str>,
) -> String {
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == name).map_or(name, |(_, key)| *key);
    let here = keys.valid(kind).find(|key| *key == synonym).or_else(|| nearest(name, keys.valid(kind)));
    if let Some(key) = here {
        return format!("did you mean `{}`?", section.key(key));
    }
    let own = section.to_string();
    let has_it = |keys: &Keys| keys.all.iter().any(|(key, _)| *key == synonym);
    let elsewhere = SECTIONS.iter().find(|(place, keys)| *place != own && has_it(keys));
    let others: Vec<_> = keys_of_other_kinds(reader, section, keys, kind);
    if let (Some(key), None) = (nearest(synonym, others.iter().copied()), elsewhere) {
        return format!("did you mean `{}`? {}", section.key(key), belonging(key, keys));
    }
    let valid: Vec<_> = keys.valid(kind).map(|key| format!("`{key}`")).collect();
    if let Some((section, _)) = elsewhere {
        let guess = format!("did you mean `{section}.{synonym}`?");
        return if valid.len() > FEW {
            guess
        } else {
            format!("{guess} the keys here are {}", listed(&valid))
        };
    }
    let list = format!("the keys here are {}", listed(&valid));
    if others.is_empty() {
        return list;
    }
    let others: Vec<_> = others.iter().map(|key| format!("`{key}`")).collect();
    format!("{list}; with another `{}` also {}", section.key(keys.selector), listed(&others))
}

/// The keys that the section has with other kinds, as far as these are available.
fn keys_of_other_kinds(
    reader: &Reader,
    section: &Path,
    keys: &Keys,
    kind: Option<&str>,
) -> Vec<&'static str> {
    let Some(kind) = kind else { return Vec::new() };
    let selector = section.key(keys.selector);
    let is_offered = |kind: &&str| available::offers(reader, &selector, &format!("\"{kind}\""));
    let of_another =
        |kinds: &[&str]| !kinds.is_empty() && !kinds.contains(&kind) && kinds.iter().any(is_offered);
    keys.all.iter().filter(|(_, kinds)| of_another(kinds)).map(|(key, _)| *key).collect()
}

/// Which kinds of a section a key belongs to.
pub(super) fn belonging(name: &str, keys: &Keys) -> String {
    let kinds = keys.all.iter().find(|(key, _)| *key == name).map_or(&[][..], |(_, kinds)| kinds);
    let kinds: Vec<_> = kinds.iter().map(|kind| format!("`\"{kind}\"`")).collect();
    format!("it belongs to {}", listed(&kinds))
}

/// So many keys are worth listing beside a guess.
const FEW: usize = 3;

/// The candidate within a third of the name's length in edits, or one that the name begins.
pub(super) fn nearest(name: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let allowed = (name.chars().count() / 3).max(1);
    candidates
        .filter_map(|candidate| {
            let edits = strsim::damerau_levenshtein(&name.to_lowercase(), candidate);
            let begins = name.len() >= 3 && (candidate.starts_with(name) || name.starts_with(candidate));
            (edits <= allowed || begins).then_some((edits, candidate))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Names in a sentence: `a, b and c`.
pub(super) fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
