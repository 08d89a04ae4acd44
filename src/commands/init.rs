//! `init`: commented configurations to start from.

use anyhow::{Context, anyhow};
use serde_json::{Map, Value};
use sphereflow::io::config::{example, examples};
use sphereflow::io::write_whole;

use super::check_output;
use crate::cli::Init;
use crate::failure::Failure;
use crate::report;

/// Lists the examples, or writes one.
pub fn run(options: &Init) -> Result<(), Failure> {
    let Some(name) = &options.example else {
        return list(options.json);
    };
    let found = example(name).ok_or_else(|| {
        let names: Vec<&str> = examples().iter().map(|e| e.name).collect();
        Failure::usage(anyhow!("there is no example `{name}`\n  hint: one of {}", names.join(", ")))
    })?;
    let Some(path) = &options.output else {
        return report::print(found.text);
    };
    check_output(path, options.force)?;
    write_whole(path, found.text.as_bytes())
        .with_context(|| format!("`{}` cannot be written", path.display()))
        .map_err(Failure::usage)?;
    eprintln!("wrote {0}; next: sphereflow solve {0} -o run.h5", path.display());
    Ok(())
}

fn list(json: bool) -> Result<(), Failure> {
    if json {
        let all: Map<String, Value> =
            examples().iter().map(|e| (e.name.to_owned(), Value::from(e.summary))).collect();
        return report::print(&format!("{}\n", Value::Object(all)));
    }
    let width = examples().iter().map(|e| e.name.len()).max().unwrap_or(0);
    let lines: Vec<String> =
        examples().iter().map(|e| format!("{:width$}  {}\n", e.name, e.summary)).collect();
    report::print(&format!("{}\nWrite one with: sphereflow init NAME -o FILE.toml\n", lines.concat()))
}
