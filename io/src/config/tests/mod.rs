//! Tests of the configuration.

mod law_mistakes;
mod law_overrides;
mod law_resolved;

use super::Config;
use super::available::Contract;

/// Valid, and with a line of its own for most keys that the tables of mistakes spoil.
const CIRCLE: &str = r#"title = "base"
[domain]
kind = "circle"
cells = 64
signed = true
[objective]
kind = "network"
feature = "ridge"
activation = "relu"
[objective.data]
source = "gaussian"
samples = 50
[[objective.teacher]]
output = 1.0
input = [1.0, 0.5]
[initial]
kind = "uniform"
[time]
end = 2.0
[scheme]
order = 2
[particles]
count = 10
"#;

/// A network on the unsigned sphere with the exact expectation.
const SPHERE: &str = r#"
[domain]
kind = "sphere"
level = 2
[objective]
kind = "network"
[[objective.teacher]]
input = [1.0, 0.0]
[time]
end = 1
"#;

/// A kernel distance on the circle.
const KERNEL: &str = r#"
[domain]
kind = "circle"
[objective]
kind = "kernel"
target = [ { mass = 0.5, angle = 0.7 } ]
[time]
end = 1
"#;

/// What is printed for a configuration; empty if it is right.
fn printed(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<_> = overrides.iter().map(ToString::to_string).collect();
    Config::parse(text, "run.toml", &overrides).err().map_or(String::new(), |mistakes| mistakes.to_string())
}

/// Reads a configuration that is right.
fn read(text: &str, overrides: &[&str]) -> Config {
    let overrides: Vec<_> = overrides.iter().map(ToString::to_string).collect();
    Config::parse(text, "run.toml", &overrides).unwrap_or_else(|mistakes| panic!("{mistakes}\nin\n{text}"))
}

/// Reads a configuration of the whole contract, available or not; the mistakes are printed.
fn read_contract(text: &str, overrides: &[&str]) -> Result<Config, String> {
    let overrides: Vec<_> = overrides.iter().map(ToString::to_string).collect();
    Config::read(text, &overrides, Contract::Whole)
        .map_err(|list| super::Mistakes::new("run.toml", list).to_string())
}
