//! What ends the command: a message in prose and an exit status.

use std::fmt;

use anyhow::Error;

/// Why the command failed.
#[derive(Debug)]
pub enum Failure {
    /// The command line, the configuration or a named file is wrong: status 2.
    Usage(Error),
    /// The work itself failed: status 1.
    Work(Error),
}

impl Failure {
    /// A wrong command line, configuration or file.
    pub fn usage(error: impl Into<Error>) -> Self {
        Self::Usage(error.into())
    }

    /// Failed work.
    pub fn work(error: impl Into<Error>) -> Self {
        Self::Work(error.into())
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Work(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(error) | Self::Work(error)) = self;
        // Some messages quote their cause: it is said once.
        let mut text = String::new();
        for cause in error.chain().map(ToString::to_string) {
            if text.is_empty() {
                text = cause;
            } else if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        // Lists of mistakes come with their own heads.
        if text.starts_with("error:") { f.write_str(&text) } else { write!(f, "error: {text}") }
    }
}
