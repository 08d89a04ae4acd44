//! What is wrong with a configuration, and where.

use std::fmt;

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Full dotted path of the key, elements of arrays by `[i]`; empty for a syntax error.
    pub key: String,
    /// Line of the key in the file, from 1; of the section where the key itself is missing.
    pub line: Option<usize>,
    /// The `--set` that the key comes from, as typed, where it does not come from the file.
    pub setting: Option<String>,
    /// What is wrong: one line, lower case, literals in backticks.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// Every mistake found in one configuration: in the order of the file, those of `--set` last.
///
/// The display has two lines a mistake, ready for a terminal:
///
/// ```text
/// error: `time.clf` is not a key (line 14 of flow.toml)
///   hint: did you mean `time.cfl`?
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    source_name: String,
    list: Vec<Mistake>,
}

impl Mistakes {
    pub(super) fn new(source_name: &str, mut list: Vec<Mistake>) -> Self {
        list.sort_by_key(|mistake| (mistake.setting.is_some(), mistake.line.unwrap_or(usize::MAX)));
        list.dedup();
        Self { source_name: source_name.to_owned(), list }
    }

    /// The name of the configuration as given to the parser.
    pub fn source_name(&self) -> &str {
        &self.source_name
    }

    /// The mistakes, at least one.
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "error: {} ", mistake.message)?;
            match (&mistake.setting, mistake.line) {
                (Some(setting), _) => write!(formatter, "(`--set {setting}`)")?,
                (None, Some(line)) => write!(formatter, "(line {line} of {})", self.source_name)?,
                (None, None) => write!(formatter, "({})", self.source_name)?,
            }
            if let Some(hint) = &mistake.hint {
                write!(formatter, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}
