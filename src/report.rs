//! Results on standard output: tables for people, one JSON object for programs.

use std::io::Write;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::{Map, Value};

use crate::failure::Failure;

/// Writes to standard output. A reader that has gone away is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::work(anyhow!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// A list of named results, in order.
#[derive(Default)]
pub struct Summary {
    rows: Vec<(&'static str, &'static str, Value)>,
    /// What stands under the table, and its key and value in JSON.
    appendix: Option<(&'static str, Value, String)>,
}

impl Summary {
    /// Adds a result: its key in JSON, its name for people.
    pub fn add(&mut self, key: &'static str, name: &'static str, value: impl Into<Value>) -> &mut Self {
        self.rows.push((key, name, value.into()));
        self
    }

    /// Adds a number that may be infinite or not a number, which JSON lacks: then it is text.
    pub fn number(&mut self, key: &'static str, name: &'static str, value: f64) -> &mut Self {
        self.add(key, name, number(value))
    }

    /// Adds the wall time of phases.
    pub fn timings(&mut self, phases: &[(&'static str, Duration)]) -> &mut Self {
        let seconds = |d: &Duration| Value::from((d.as_secs_f64() * 1e3).round() / 1e3);
        let all: Map<String, Value> =
            phases.iter().map(|(name, d)| ((*name).to_owned(), seconds(d))).collect();
        self.add("seconds", "seconds", Value::Object(all))
    }

    /// Puts a text under the table; in JSON it is `value`.
    pub fn append(&mut self, key: &'static str, value: Value, text: String) -> &mut Self {
        self.appendix = Some((key, value, text));
        self
    }

    /// Prints the results.
    pub fn print(&self, json: bool) -> Result<(), Failure> {
        if json {
            let rows = self.rows.iter().map(|(key, _, value)| (key, value));
            let appendix = self.appendix.iter().map(|(key, value, _)| (key, value));
            let object: Map<String, Value> =
                rows.chain(appendix).map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            return print(&format!("{}\n", Value::Object(object)));
        }
        let width = self.rows.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
        let lines: Vec<String> =
            self.rows.iter().map(|(_, name, value)| format!("{name:width$}  {}\n", plain(value))).collect();
        let appendix = self.appendix.as_ref().map_or(String::new(), |(_, _, text)| format!("\n{text}"));
        print(&format!("{}{appendix}", lines.concat()))
    }
}

/// A number as JSON; what JSON lacks as text.
pub fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(x)) => significant(x),
            (None, None) => number.to_string(),
        },
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(items) => items
            .iter()
            .map(|(name, value)| format!("{name} {}", plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

/// Six significant digits.
fn significant(x: f64) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) { format!("{x:.6}") } else { format!("{x:.5e}") }
}

/// A table of numbers with a head.
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<f64>>,
}

impl Table {
    /// An empty table.
    pub fn new(head: Vec<&'static str>) -> Self {
        Self { head, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<f64>) {
        self.rows.push(row);
    }

    /// The columns as JSON lists.
    pub fn to_json(&self) -> Value {
        let column = |c: usize| Value::Array(self.rows.iter().map(|row| number(row[c])).collect());
        Value::Object(self.head.iter().enumerate().map(|(c, name)| ((*name).to_owned(), column(c))).collect())
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for name in &self.head {
            write!(f, "{name:>13}")?;
        }
        writeln!(f)?;
        for row in &self.rows {
            for (c, value) in row.iter().enumerate() {
                if c == 0 {
                    write!(f, "{value:>13.4}")?;
                } else {
                    write!(f, "{value:>13.5e}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
