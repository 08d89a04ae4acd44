//! `--set key=value`: overrides applied to the document before it is read.

use super::reader::{Findings, counted};
use super::tree::{self, Entry, Node, Origin, Path, Step};

/// Pairs of keys that say the same thing: setting one drops the other.
const ALTERNATIVES: [(&str, &str); 2] =
    [("domain.level", "domain.subdivision"), ("domain.subdivision", "domain.level")];

/// Applies the override of this number; the value `~` removes the key, which brings its default back.
pub(super) fn apply(root: &mut Entry, number: usize, typed: &str, findings: &mut Findings) {
    let origin = Origin::Setting(number);
    let mut fail = |key: String, message: String, hint: &str| {
        findings.push(key, origin, message, Some(hint.to_owned()));
    };
    let Some((key, text)) = typed.split_once('=') else {
        let hint = "write `--set key=value`, for example `--set scheme.order=1`";
        return fail(String::new(), "an override needs an equals sign".to_owned(), hint);
    };
    let Some(path) = path(key.trim()) else {
        let hint = "dotted, elements of arrays by number: `objective.teacher.0.output`";
        return fail(String::new(), format!("`{key}` is not the name of a key"), hint);
    };
    let text = text.trim();
    if text == "~" {
        return remove(root, &path);
    }
    if text.is_empty() {
        let hint = "write `--set key=value`; an empty string is `\"\"`, and `~` removes the key";
        return fail(path.to_string(), format!("`{path}` is set to nothing"), hint);
    }
    let Some(node) = value(text, origin) else {
        let hint = "check brackets, braces and quotes, and quote the whole override in the shell";
        return fail(path.to_string(), format!("the value of `{path}` is not valid TOML"), hint);
    };
    for (given, other) in ALTERNATIVES {
        if path == Path::from(given) {
            remove(root, &Path::from(other));
        }
    }
    if let Err(Blocked { at, message, hint }) = insert(root, &path, Entry { origin, node }) {
        fail(at, message, &hint);
    }
}

/// `a.b.0.c` or `a.b[0].c`; nothing where a name is empty.
fn path(dotted: &str) -> Option<Path> {
    let mut steps = Vec::new();
    for part in dotted.replace('[', ".").replace(']', "").split('.') {
        let part = part.trim();
        match part.parse() {
            _ if part.is_empty() => return None,
            Ok(index) => steps.push(Step::Index(index)),
            Err(_) => steps.push(Step::Key(part.to_owned())),
        }
    }
    Some(Path(steps))
}

/// TOML where the text is TOML, else the text itself; nothing for a broken array, table or quoted string.
fn value(text: &str, origin: Origin) -> Option<Node> {
    if let Ok(document) = tree::parse(&format!("value = {text}"))
        && let Node::Table(mut entries) = document.node
        && entries.len() == 1
        && let Some((_, mut entry)) = entries.pop()
    {
        stamp(&mut entry, origin);
        return Some(entry.node);
    }
    if text.starts_with(['[', '{', '"', '\'']) { None } else { Some(Node::String(text.to_owned())) }
}

fn stamp(entry: &mut Entry, origin: Origin) {
    entry.origin = origin;
    match &mut entry.node {
        Node::Table(entries) => entries.iter_mut().for_each(|(_, inner)| stamp(inner, origin)),
        Node::Array(elements) => elements.iter_mut().for_each(|inner| stamp(inner, origin)),
        _ => {}
    }
}

/// Why an override cannot reach its place.
struct Blocked {
    at: String,
    message: String,
    hint: String,
}

fn insert(root: &mut Entry, path: &Path, new: Entry) -> Result<(), Blocked> {
    let mut place = root;
    let mut walked = Path::default();
    for step in &path.0 {
        obstacle(&place.node, step, &walked)?;
        let Some(next) = descend(place, step, new.origin) else { return Ok(()) };
        place = next;
        walked.0.push(step.clone());
    }
    *place = new;
    Ok(())
}

/// Why there is no step down from here, if there is none.
fn obstacle(node: &Node, step: &Step, walked: &Path) -> Result<(), Blocked> {
    let (message, hint) = match (node, step) {
        (Node::Table(_), _) => return Ok(()),
        (Node::Array(elements), Step::Index(index)) if *index <= elements.len() => return Ok(()),
        (Node::Array(elements), Step::Index(index)) => (
            format!("`{walked}` has no element {index}"),
            format!("it has {}, numbered from 0", counted(elements.len(), "element")),
        ),
        (Node::Array(_), Step::Key(name)) => (
            format!("`{walked}` is an array, and `{name}` is not the number of an element"),
            format!("for its first element write `{walked}.0.{name}`"),
        ),
        (node, _) => (
            format!("`{walked}` is {}, with nothing below it", node.described()),
            format!("set `{walked}` itself"),
        ),
    };
    Err(Blocked { at: walked.to_string(), message, hint })
}

/// The entry one step down, made if it is not there.
fn descend<'a>(place: &'a mut Entry, step: &Step, origin: Origin) -> Option<&'a mut Entry> {
    let empty = || Entry { origin, node: Node::Table(Vec::new()) };
    match (&mut place.node, step) {
        (Node::Table(entries), _) => {
            let name = match step {
                Step::Key(name) => name.clone(),
                Step::Index(index) => index.to_string(),
            };
            let position = entries.iter().position(|(key, _)| *key == name).unwrap_or(entries.len());
            if position == entries.len() {
                entries.push((name, empty()));
            }
            Some(&mut entries[position].1)
        }
        (Node::Array(elements), Step::Index(index)) => {
            if *index == elements.len() {
                elements.push(empty());
            }
            elements.get_mut(*index)
        }
        _ => None,
    }
}

fn remove(root: &mut Entry, path: &Path) {
    let Some((last, above)) = path.0.split_last() else { return };
    let mut place = root;
    for step in above {
        let next = match (&mut place.node, step) {
            (Node::Table(entries), Step::Key(name)) => {
                entries.iter_mut().find(|(key, _)| key == name).map(|(_, e)| e)
            }
            (Node::Array(elements), Step::Index(index)) => elements.get_mut(*index),
            _ => None,
        };
        let Some(next) = next else { return };
        place = next;
    }
    match (&mut place.node, last) {
        (Node::Table(entries), Step::Key(name)) => entries.retain(|(key, _)| key != name),
        (Node::Array(elements), Step::Index(index)) if *index < elements.len() => {
            drop(elements.remove(*index));
        }
        _ => {}
    }
}
