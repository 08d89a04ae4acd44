//! The document as a tree in which every entry knows where it was written.

use std::fmt;
use std::ops::Range;

use toml_edit::{Document, Item, TableLike, TomlError, Value};

/// Where an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A line of the file, from 1.
    Line(usize),
    /// An override, by its number.
    Setting(usize),
    /// The parser gave no place.
    Unknown,
}

/// A value and the place of its key.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub origin: Origin,
    pub node: Node,
}

/// So many characters of a string are shown in a message.
const LONGEST_SHOWN: usize = 60;

/// A TOML value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Table(Vec<(String, Entry)>),
    Array(Vec<Entry>),
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Date(String),
}

impl Node {
    /// The value with its article, as a sentence needs it: `the string "0.5"`.
    pub fn described(&self) -> String {
        match self {
            Self::Table(_) => "a table".to_owned(),
            Self::Array(_) => "an array".to_owned(),
            Self::String(_) => format!("the string {self}"),
            Self::Integer(_) => format!("the integer {self}"),
            Self::Float(_) => format!("the number {self}"),
            Self::Boolean(_) => format!("the boolean {self}"),
            Self::Date(_) => format!("the date {self}"),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(_) => formatter.write_str("{...}"),
            Self::Array(_) => formatter.write_str("[...]"),
            Self::String(text) if text.chars().count() > LONGEST_SHOWN => {
                write!(formatter, "{:?}...", text.chars().take(LONGEST_SHOWN).collect::<String>())
            }
            Self::String(text) => write!(formatter, "{text:?}"),
            Self::Integer(value) => write!(formatter, "{value}"),
            Self::Float(value) if value.is_nan() => formatter.write_str("nan"),
            Self::Float(value) => write!(formatter, "{value:?}"),
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::Date(text) => formatter.write_str(text),
        }
    }
}

impl Entry {
    /// The entry of a key of a table.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &self.node {
            Node::Table(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, entry)| entry),
            _ => None,
        }
    }

    /// The entry at a path, where there is one.
    pub fn at(&self, path: &Path) -> Option<&Self> {
        path.0.iter().try_fold(self, Self::step)
    }

    /// The place of a path: of the entry itself, or of the deepest section around it that was written.
    pub fn origin_of(&self, path: &Path) -> Origin {
        let mut entry = self;
        let mut origin = Origin::Unknown;
        for step in &path.0 {
            let Some(next) = entry.step(step) else { break };
            entry = next;
            if entry.origin != Origin::Unknown {
                origin = entry.origin;
            }
        }
        origin
    }

    fn step(&self, step: &Step) -> Option<&Self> {
        match (step, &self.node) {
            (Step::Key(name), _) => self.get(name),
            (Step::Index(index), Node::Array(elements)) => elements.get(*index),
            (Step::Index(_), _) => None,
        }
    }
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A path from the root of the document: `objective.teacher[0].input`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Path(pub Vec<Step>);

impl Path {
    /// The path of a key below this one.
    pub fn key(&self, name: &str) -> Self {
        self.with(Step::Key(name.to_owned()))
    }

    /// The path of an element below this one.
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// Dotted keys only, for the paths that the code itself names.
impl From<&str> for Path {
    fn from(dotted: &str) -> Self {
        Self(dotted.split('.').map(|name| Step::Key(name.to_owned())).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(formatter, "[{index}]")?,
                Step::Key(name) => {
                    let dot = if position > 0 { "." } else { "" };
                    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                    if !name.is_empty() && name.chars().all(bare) {
                        write!(formatter, "{dot}{name}")?;
                    } else {
                        write!(formatter, "{dot}{name:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Reads a whole document.
///
/// # Errors
/// The parser's own error at the first place where the text is not TOML.
pub(super) fn parse(text: &str) -> Result<Entry, TomlError> {
    let document = Document::parse(text)?;
    let place = |span: Option<Range<usize>>| {
        span.map_or(Origin::Unknown, |span| Origin::Line(line_at(text, span.start)))
    };
    Ok(Entry { origin: Origin::Unknown, node: table(document.as_table(), &place) })
}

/// Where the text stops being TOML, and why in one line.
pub(super) fn explain(text: &str, error: &TomlError) -> (Origin, String) {
    let reason = error.message().trim().replace('\n', ", ");
    let Some(span) = error.span() else { return (Origin::Unknown, format!("not valid TOML: {reason}")) };
    let origin = Origin::Line(line_at(text, span.start));
    match text.get(span).map(str::trim) {
        Some(culprit) if (1..=40).contains(&culprit.len()) && !culprit.contains('\n') => {
            (origin, format!("not valid TOML at `{culprit}`: {reason}"))
        }
        _ => (origin, format!("not valid TOML: {reason}")),
    }
}

/// The line, from 1, of a byte of the text.
fn line_at(text: &str, byte: usize) -> usize {
    1 + text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count()
}

/// Places a span of the text.
type Locator<'a> = dyn Fn(Option<Range<usize>>) -> Origin + 'a;

fn table(table: &dyn TableLike, place: &Locator) -> Node {
    let entry = |name: &str| {
        let (key, item) = table.get_key_value(name)?;
        let span = key.span().or_else(|| item.span());
        Some((name.to_owned(), Entry { origin: place(span), node: node(item, place)? }))
    };
    Node::Table(table.iter().filter_map(|(name, _)| entry(name)).collect())
}

fn node(item: &Item, place: &Locator) -> Option<Node> {
    match item {
        Item::None => None,
        Item::Value(scalar) => Some(value(scalar, place)),
        Item::Table(section) => Some(table(section, place)),
        Item::ArrayOfTables(sections) => {
            let element = |section: &toml_edit::Table| Entry {
                origin: place(section.span()),
                node: table(section, place),
            };
            Some(Node::Array(sections.iter().map(element).collect()))
        }
    }
}

fn value(value_: &Value, place: &Locator) -> Node {
    match value_ {
        Value::String(text) => Node::String(text.value().clone()),
        Value::Integer(integer) => Node::Integer(*integer.value()),
        Value::Float(number) => Node::Float(*number.value()),
        Value::Boolean(flag) => Node::Boolean(*flag.value()),
        Value::Datetime(date) => Node::Date(date.value().to_string()),
        Value::Array(elements) => Node::Array(
            elements
                .iter()
                .map(|element| Entry { origin: place(element.span()), node: value(element, place) })
                .collect(),
        ),
        Value::InlineTable(entries) => table(entries, place),
    }
}
