//! Runs of the command itself in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configuration.
pub struct Place {
    folder: TempDir,
}

/// The standard output, the standard error and the exit status of a run.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status.code().unwrap_or(-1),
        }
    }
}

/// The command, to be run; meshes are not kept from one run to the next.
pub fn sphereflow(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sphereflow"));
    command.current_dir(folder).env("SPHEREFLOW_CACHE", "off");
    command
}

impl Place {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    /// A folder with the configuration `run.toml`.
    pub fn with(config: &str) -> Self {
        let place = Self::new();
        place.write("run.toml", config);
        place
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).expect("a writable folder");
    }

    /// Names of the files, hidden ones too.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Runs the command with these words, split at spaces.
    pub fn run(&self, words: &str) -> Ran {
        sphereflow(self.path()).args(words.split_whitespace()).output().expect("the command runs").into()
    }

    /// The same, which must succeed.
    pub fn succeed(&self, words: &str) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.status, 0, "`{words}` failed: {}", ran.stderr);
        ran
    }

    /// The JSON object that the command prints.
    pub fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.succeed(words).stdout).expect("one JSON object")
    }
}
