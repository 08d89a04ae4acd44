//! Reading typed values out of the tree, and noting every mistake on the way.
//!
//! A value that is wrong is noted and then replaced by a harmless one, so that the reading goes on and
//! finds the next mistake; the configuration is handed out only if nothing was noted.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use super::available::{self, Contract};
use super::choice::Choice;
use super::keys::Keys;
use super::mistake::Mistake;
use super::suggestion::{belonging, nearest, suggestion};
use super::tree::{Entry, Node, Origin, Path};

/// The mistakes so far, and the overrides that some of them come from.
pub(super) struct Findings {
    pub list: Vec<Mistake>,
    pub settings: Vec<String>,
}

impl Findings {
    pub fn push(&mut self, key: String, origin: Origin, message: String, hint: Option<String>) {
        let (line, setting) = match origin {
            Origin::Line(line) => (Some(line), None),
            Origin::Setting(number) => (None, self.settings.get(number).cloned()),
            Origin::Unknown => (None, None),
        };
        self.list.push(Mistake { key, line, setting, message, hint });
    }
}

/// What a key held.
pub(super) enum Field<T> {
    /// The key is not there.
    Absent,
    /// The key holds something else; the mistake is noted.
    Wrong,
    /// The value.
    Given(T),
}

impl<T> Field<T> {
    /// The value, or this one: the default if the key is absent, a stand-in if it is wrong.
    pub fn or(self, default: T) -> T {
        self.given().unwrap_or(default)
    }

    /// The value, if there is a right one.
    pub fn given(self) -> Option<T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Wrong => None,
        }
    }
}

/// A set of real numbers with the words for it.
pub(super) struct Interval {
    words: &'static str,
    holds: fn(f64) -> bool,
}

/// Every finite number.
pub(super) const FINITE: Interval = Interval { words: "a finite number", holds: |_| true };
/// x > 0.
pub(super) const POSITIVE: Interval = Interval { words: "a number above 0", holds: |x| x > 0.0 };
/// x >= 0.
pub(super) const NONNEGATIVE: Interval = Interval { words: "a number not below 0", holds: |x| x >= 0.0 };
/// A concentration that numbers can tell from none and from infinite.
pub(super) const CONCENTRATION: Interval =
    Interval { words: "a number from 1e-8 to 1e12", holds: |x| (1e-8..=1e12).contains(&x) };
/// 0 < x <= 1.
pub(super) const FRACTION: Interval =
    Interval { words: "a number above 0 and at most 1", holds: |x| x > 0.0 && x <= 1.0 };
/// 0 < x < 1.
pub(super) const BELOW_ONE: Interval =
    Interval { words: "a number above 0 and below 1", holds: |x| x > 0.0 && x < 1.0 };

/// The accuracy of an expansion: not below round-off.
pub(super) const ACCURACY: Interval =
    Interval { words: "a number from 1e-15 to 0.01", holds: |x| (1e-15..=1e-2).contains(&x) };

/// The document and what was found in it.
pub(super) struct Reader<'a> {
    root: &'a Entry,
    pub contract: Contract,
    findings: RefCell<Findings>,
}

impl<'a> Reader<'a> {
    pub fn new(root: &'a Entry, contract: Contract, findings: Findings) -> Self {
        Self { root, contract, findings: RefCell::new(findings) }
    }

    pub fn into_list(self) -> Vec<Mistake> {
        self.findings.into_inner().list
    }

    /// The whole document as a section.
    pub fn section(&self) -> Section<'_> {
        Section { reader: self, path: Path::default(), entry: Some(self.root) }
    }

    /// What is written at a path.
    pub fn typed(&self, path: &Path) -> Option<&Node> {
        self.root.at(path).map(|entry| &entry.node)
    }

    /// Notes a mistake at a path.
    pub fn note(&self, path: &Path, message: String, hint: impl Into<Option<String>>) {
        let origin = self.root.origin_of(path);
        self.findings.borrow_mut().push(path.to_string(), origin, message, hint.into());
    }

    /// Notes a combination that means nothing, unless one of its keys is a mistake by itself: what stands
    /// in for that key must not be blamed.
    pub fn clash(&self, involved: &[&str], path: &Path, message: String, hint: impl Into<Option<String>>) {
        if involved.iter().all(|key| self.is_sound(&Path::from(*key))) && self.is_sound(path) {
            self.note(path, message, hint);
        }
    }

    /// Whether no mistake is noted at a path or below it.
    pub fn is_sound(&self, path: &Path) -> bool {
        let name = path.to_string();
        let below = |key: &str| {
            key.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        !self.findings.borrow().list.iter().any(|mistake| below(&mistake.key))
    }
}

/// A table of the document, given or not.
#[derive(Clone)]
pub(super) struct Section<'a> {
    pub reader: &'a Reader<'a>,
    pub path: Path,
    entry: Option<&'a Entry>,
}

impl<'a> Section<'a> {
    /// The table at a key; an empty one if the key is absent or holds something else.
    pub fn child(&self, name: &str) -> Section<'a> {
        let entry = match self.node(name) {
            Some(Node::Table(_)) => self.entry.and_then(|entry| entry.get(name)),
            Some(other) => {
                let hint = format!("write `{}` above its keys", self.header(name));
                self.note_type(name, "a table", other, Some(hint));
                None
            }
            None => None,
        };
        Section { reader: self.reader, path: self.path.key(name), entry }
    }

    /// The tables of an array.
    pub fn children(&self, name: &str) -> Field<Vec<Section<'a>>> {
        let path = self.path.key(name);
        let Some(elements) = self.array(name, "an array of tables") else { return self.empty(name) };
        let tables: Vec<_> = elements
            .iter()
            .enumerate()
            .map(|(index, entry)| Section {
                reader: self.reader,
                path: path.index(index),
                entry: Some(entry),
            })
            .collect();
        let mut sound = true;
        for (table, entry) in tables.iter().zip(elements) {
            if !matches!(entry.node, Node::Table(_)) {
                let message = format!("`{}` must be a table, not {}", table.path, entry.node.described());
                self.reader.note(&table.path, message, None);
                sound = false;
            }
        }
        if sound { Field::Given(tables) } else { Field::Wrong }
    }

    /// Whether the key is there.
    pub fn has(&self, name: &str) -> bool {
        self.node(name).is_some()
    }

    /// Whether the value of the key was set by an override.
    pub fn is_overridden(&self, name: &str) -> bool {
        let entry = self.entry.and_then(|entry| entry.get(name));
        entry.is_some_and(|entry| matches!(entry.origin, Origin::Setting(_)))
    }

    /// A finite number of an interval.
    pub fn number(&self, name: &str, interval: &Interval) -> Field<f64> {
        match self.node(name) {
            None => Field::Absent,
            Some(node) => self.checked_number(&self.path.key(name), node, interval, false),
        }
    }

    /// A number of an interval, or `inf`.
    pub fn number_or_infinity(&self, name: &str, interval: &Interval) -> Field<f64> {
        match self.node(name) {
            None => Field::Absent,
            Some(node) => self.checked_number(&self.path.key(name), node, interval, true),
        }
    }

    /// An array of finite numbers.
    pub fn numbers(&self, name: &str, interval: &Interval) -> Field<Vec<f64>> {
        let Some(elements) = self.array(name, "an array of numbers") else { return self.empty(name) };
        self.numbers_of(&self.path.key(name), elements, interval)
    }

    /// An array of arrays of finite numbers.
    pub fn rows(&self, name: &str) -> Field<Vec<Vec<f64>>> {
        let Some(elements) = self.array(name, "an array of rows") else { return self.empty(name) };
        let path = self.path.key(name);
        let row = |(index, entry): (usize, &Entry)| match &entry.node {
            Node::Array(row) => self.numbers_of(&path.index(index), row, &FINITE).given(),
            other => {
                let message =
                    format!("`{}` must be a row of numbers, not {}", path.index(index), other.described());
                self.reader.note(&path.index(index), message, None);
                None
            }
        };
        let rows: Vec<_> = elements.iter().enumerate().map(row).collect();
        rows.into_iter().collect::<Option<_>>().map_or(Field::Wrong, Field::Given)
    }

    /// An integer of a range.
    pub fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Field<i64> {
        match self.node(name) {
            None => Field::Absent,
            Some(node) => self.checked_integer(&self.path.key(name), node, &range),
        }
    }

    /// An array of integers of a range.
    pub fn integers(&self, name: &str, range: &RangeInclusive<i64>) -> Field<Vec<i64>> {
        let Some(elements) = self.array(name, "an array of integers") else { return self.empty(name) };
        let path = self.path.key(name);
        let checked =
            |(index, entry): (usize, &Entry)| self.checked_integer(&path.index(index), &entry.node, range);
        let values: Vec<_> = elements.iter().enumerate().map(|pair| checked(pair).given()).collect();
        values.into_iter().collect::<Option<_>>().map_or(Field::Wrong, Field::Given)
    }

    /// A seed of the random numbers.
    pub fn seed(&self) -> Field<u64> {
        match self.integer("seed", 0..=i64::MAX) {
            Field::Given(seed) => Field::Given(seed.unsigned_abs()),
            Field::Absent => Field::Absent,
            Field::Wrong => Field::Wrong,
        }
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str) -> Field<bool> {
        match self.node(name) {
            None => Field::Absent,
            Some(Node::Boolean(flag)) => Field::Given(*flag),
            Some(other) => {
                let hint = "write `true` or `false`, without quotes".to_owned();
                self.note_type(name, "a boolean", other, Some(hint));
                Field::Wrong
            }
        }
    }

    /// A string.
    pub fn text(&self, name: &str) -> Field<String> {
        match self.node(name) {
            None => Field::Absent,
            Some(Node::String(text)) => Field::Given(text.clone()),
            Some(other) => {
                self.note_type(name, "a string", other, Some("write it in quotes".to_owned()));
                Field::Wrong
            }
        }
    }

    /// A string that says something.
    pub fn expression(&self, name: &str) -> Field<String> {
        match self.text(name) {
            Field::Given(text) if text.trim().is_empty() => {
                let path = self.path.key(name);
                self.reader.note(&path, format!("`{path}` is empty"), None);
                Field::Wrong
            }
            field => field,
        }
    }

    /// One of a few names.
    pub fn choice<T: Choice>(&self, name: &str) -> Field<T> {
        match self.node(name) {
            None => Field::Absent,
            Some(node) => self.checked_choice(&self.path.key(name), node),
        }
    }

    /// An array of names.
    pub fn choices<T: Choice>(&self, name: &str) -> Field<Vec<T>> {
        let Some(elements) = self.array(name, "an array of names") else { return self.empty(name) };
        let path = self.path.key(name);
        let checked =
            |(index, entry): (usize, &Entry)| self.checked_choice(&path.index(index), &entry.node).given();
        let values: Vec<_> = elements.iter().enumerate().map(checked).collect();
        values.into_iter().collect::<Option<_>>().map_or(Field::Wrong, Field::Given)
    }

    /// The value of a key that has no default; if it is absent, notes so with an example.
    pub fn require<T>(&self, name: &str, field: Field<T>, example: &str) -> Option<T> {
        if matches!(field, Field::Absent) {
            let path = self.path.key(name);
            self.reader.note(&path, format!("`{path}` is missing"), Some(example.to_owned()));
        }
        field.given()
    }

    /// Notes the keys that the section does not have, or not with this kind.
    pub fn close(&self, keys: &Keys, kind: Option<&str>) {
        let Some(Node::Table(entries)) = self.entry.map(|entry| &entry.node) else { return };
        for (name, _) in entries {
            let path = self.path.key(name);
            match keys.all.iter().find(|(key, _)| key == name) {
                None => {
                    let hint = suggestion(self.reader, &self.path, name, keys, kind);
                    self.reader.note(&path, format!("`{path}` is not a key"), Some(hint));
                }
                Some((_, kinds)) => {
                    if let Some(kind) = kind.filter(|kind| !kinds.is_empty() && !kinds.contains(kind)) {
                        let selector = self.path.key(keys.selector);
                        let message = format!("`{path}` does not go with `{selector} = \"{kind}\"`");
                        let hint = format!("{}; leave it out", belonging(name, keys));
                        self.reader.note(&path, message, Some(hint));
                    }
                }
            }
        }
    }

    fn node(&self, name: &str) -> Option<&'a Node> {
        self.entry.and_then(|entry| entry.get(name)).map(|entry| &entry.node)
    }

    fn header(&self, name: &str) -> String {
        format!("[{}]", self.path.key(name))
    }

    /// The elements of an array, or of a single table standing for an array of one; notes any other value.
    fn array(&self, name: &str, expected: &str) -> Option<&'a [Entry]> {
        match self.node(name)? {
            Node::Array(elements) => Some(elements),
            other => {
                let hint = match other {
                    Node::Table(_) => Some(format!("write `[{}]` above each of them", self.header(name))),
                    _ => Some("write it in brackets".to_owned()),
                };
                self.note_type(name, expected, other, hint);
                None
            }
        }
    }

    /// For a key at which no array was found.
    fn empty<T>(&self, name: &str) -> Field<T> {
        if self.has(name) { Field::Wrong } else { Field::Absent }
    }

    fn numbers_of(&self, path: &Path, elements: &[Entry], interval: &Interval) -> Field<Vec<f64>> {
        let checked = |(index, entry): (usize, &Entry)| {
            self.checked_number(&path.index(index), &entry.node, interval, false).given()
        };
        let values: Vec<_> = elements.iter().enumerate().map(checked).collect();
        values.into_iter().collect::<Option<_>>().map_or(Field::Wrong, Field::Given)
    }

    fn checked_number(&self, path: &Path, node: &Node, interval: &Interval, infinity: bool) -> Field<f64> {
        let value = match node {
            Node::Float(value) => *value,
            Node::Integer(value) => *value as f64,
            other => {
                let quoted = matches!(other, Node::String(text) if text.trim().parse::<f64>().is_ok());
                self.note_element(
                    path,
                    "a number",
                    other,
                    quoted.then(|| "write it without quotes".to_owned()),
                );
                return Field::Wrong;
            }
        };
        let finite = value.is_finite() || infinity && value == f64::INFINITY;
        if finite && (interval.holds)(value) {
            return Field::Given(value);
        }
        let fault = if finite { "is out of range" } else { "is not a finite number" };
        let or = if infinity { ", or `inf`" } else { "" };
        // That a number must be finite is said already.
        let hint = (interval.words != FINITE.words).then(|| format!("`{path}` is {}{or}", interval.words));
        self.reader.note(path, format!("`{path} = {node}` {fault}"), hint);
        Field::Wrong
    }

    fn checked_integer(&self, path: &Path, node: &Node, range: &RangeInclusive<i64>) -> Field<i64> {
        let Node::Integer(value) = node else {
            let hint = match node {
                Node::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                    Some(format!("write `{value}`"))
                }
                Node::String(text) if text.trim().parse::<i64>().is_ok() => {
                    Some("write it without quotes".to_owned())
                }
                _ => None,
            };
            self.note_element(path, "an integer", node, hint);
            return Field::Wrong;
        };
        if range.contains(value) {
            return Field::Given(*value);
        }
        let (low, high) = (range.start(), range.end());
        let words =
            if *high == i64::MAX { format!("not below {low}") } else { format!("from {low} to {high}") };
        let hint = format!("`{path}` is an integer {words}");
        self.reader.note(path, format!("`{path} = {value}` is out of range"), Some(hint));
        Field::Wrong
    }

    fn checked_choice<T: Choice>(&self, path: &Path, node: &Node) -> Field<T> {
        let names = || T::ALL.iter().map(|(name, _)| *name);
        let offered = |name: &&str| available::offers(self.reader, path, &format!("\"{name}\""));
        let list = names().filter(offered).collect::<Vec<_>>().join(", ");
        let Node::String(text) = node else {
            self.note_element(path, "a string", node, Some(format!("choices: {list}")));
            return Field::Wrong;
        };
        if let Some((_, value)) = T::ALL.iter().find(|(name, _)| name == text) {
            return Field::Given(*value);
        }
        let hint = match nearest(text, names()) {
            Some(name) => format!("did you mean `\"{name}\"`? choices: {list}"),
            None => format!("choices: {list}"),
        };
        self.reader.note(path, format!("`{path} = {node}` is not one of the choices"), Some(hint));
        Field::Wrong
    }

    fn note_type(&self, name: &str, expected: &str, found: &Node, hint: Option<String>) {
        self.note_element(&self.path.key(name), expected, found, hint);
    }

    fn note_element(&self, path: &Path, expected: &str, found: &Node, hint: Option<String>) {
        self.reader.note(path, format!("`{path}` must be {expected}, not {}", found.described()), hint);
    }
}

/// A number with its noun: `1 element`, `3 elements`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
