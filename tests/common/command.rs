//! Runs of the command itself in a folder of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hdf5::types::{FloatSize, TypeDescriptor};
use serde_json::Value;
use tempfile::TempDir;

/// Two spikes on the circle, a short run.
pub const CIRCLE: &str = r#"
[domain]
kind = "circle"
cells = 64

[objective]
kind = "kernel"
kernel = { kind = "von-mises-fisher", concentration = 10.0 }
target = [ { mass = 0.5, angle = 0.7 }, { mass = 0.3, angle = 2.4 } ]

[time]
end = 1.0
snapshots = 5

[particles]
count = 50
"#;

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

/// The command under a limit on the size of files in KiB, which stands for a full disk: writing beyond it is an error, as its
/// signal is ignored.
#[cfg(unix)]
pub fn limited(folder: &Path, kilobytes: u64, words: &str) -> Ran {
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
    let command = sphereflow(folder);
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).arg(command.get_program()).args(words.split_whitespace());
    shell.current_dir(folder).env("SPHEREFLOW_CACHE", "off");
    shell.output().expect("bash runs").into()
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

/// Every dataset of a file with its numbers as bits.
pub fn bits(path: &Path) -> Vec<(String, Vec<u64>)> {
    fn walk(group: &hdf5::Group, found: &mut Vec<(String, Vec<u64>)>) {
        for dataset in group.datasets().unwrap() {
            let numbers = match dataset.dtype().unwrap().to_descriptor().unwrap() {
                TypeDescriptor::Float(FloatSize::U8) => {
                    dataset.read_raw::<f64>().unwrap().into_iter().map(f64::to_bits).collect()
                }
                TypeDescriptor::Integer(_) => {
                    dataset.read_raw::<i8>().unwrap().into_iter().map(|x| x as u64).collect()
                }
                _ => dataset.read_raw::<u32>().unwrap().into_iter().map(u64::from).collect(),
            };
            found.push((dataset.name(), numbers));
        }
        for inner in group.groups().unwrap() {
            walk(&inner, found);
        }
    }
    let mut found = Vec::new();
    walk(&hdf5::File::open(path).unwrap(), &mut found);
    found.sort();
    found
}
