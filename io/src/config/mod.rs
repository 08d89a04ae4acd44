//! Configurations: what was typed, read into types, completed by defaults and checked as far as no file is
//! needed.
//!
//! ```
//! # use sphereflow_io::config::Config;
//! let text = r#"
//!     [domain]
//!     kind = "circle"
//!     [objective]
//!     kind = "linear"
//!     potential = "-x"
//!     [time]
//!     end = 1.0
//!     clf = 0.9
//! "#;
//! let mistakes = Config::parse(text, "flow.toml", &[]).unwrap_err();
//! assert_eq!(
//!     mistakes.to_string(),
//!     "error: `time.clf` is not a key (line 9 of flow.toml)\n  hint: did you mean `time.cfl`?"
//! );
//! let config = Config::parse(text, "flow.toml", &["time.clf=~".into(), "time.cfl=0.9".into()])?;
//! assert_eq!((config.time.cfl, config.domain.cells()), (0.9, 512));
//! # Ok::<(), sphereflow_io::config::Mistakes>(())
//! ```

use std::path::{Path, PathBuf};

mod available;
mod check;
mod choice;
mod examples;
mod keys;
mod mistake;
mod objective;
mod read;
mod read_objective;
mod reader;
mod schema;
mod setting;
mod suggestion;
mod tree;

#[cfg(test)]
mod tests;

pub use examples::{Example, example, examples};
pub use mistake::{Mistake, Mistakes};
pub use objective::{
    Activation, ClusterLaw, Data, Deconvolution, Evaluation, Feature, Kernel, KernelDistance, Loss, Network,
    Objective, ObjectiveKind, Spike, Teacher,
};
pub use schema::{
    Component, Config, Converge, Distance, Domain, Flow, Initial, Limiter, ParticleMethod, ParticleStart,
    Particles, Place, Scheme, Snapshots, SphereMesh, Splitting, Stop, Time, Velocity,
};

use available::Contract;
use reader::{Findings, Reader};

impl Config {
    /// Reads a configuration in TOML; `source_name` is what its mistakes call it.
    ///
    /// Overrides are the values of `--set`, `key=value` each, applied in their order. Keys are dotted, with
    /// elements of arrays by number (`objective.teacher.0.output`; one past the last appends); values are TOML
    /// or else a string; the value `~` removes the key, which brings its default back. Setting one of
    /// `domain.level` and `domain.subdivision` removes the other; setting `scheme.order` brings the limiter and
    /// the velocity of that order where those of the file do not go with it.
    ///
    /// # Errors
    /// Every mistake of text and overrides; of a text that is not TOML the first.
    pub fn parse(text: &str, source_name: &str, overrides: &[String]) -> Result<Self, Mistakes> {
        Self::read(text, overrides, Contract::ThisVersion).map_err(|list| Mistakes::new(source_name, list))
    }

    /// The resolved configuration in TOML: complete, and read back as the same.
    pub fn to_toml(&self) -> String {
        match toml::to_string(self) {
            Ok(text) => text,
            // Every field is a string, a number, a boolean, an array or a table: nothing that TOML lacks.
            Err(error) => unreachable!("a configuration is always TOML: {error}"),
        }
    }

    /// The data file, where there is one; a relative path is taken from the directory of the configuration.
    pub fn data_file(&self, configuration: &Path) -> Option<PathBuf> {
        match &self.objective.kind {
            ObjectiveKind::Network(Network { data: Data::File { file, .. }, .. }) => {
                Some(beside(configuration, file))
            }
            _ => None,
        }
    }

    fn read(text: &str, overrides: &[String], contract: Contract) -> Result<Self, Vec<Mistake>> {
        let mut findings = Findings { list: Vec::new(), settings: overrides.to_vec() };
        let mut root = match tree::parse(text) {
            Ok(root) => root,
            Err(error) => {
                let (origin, message) = tree::explain(text, &error);
                findings.push(String::new(), origin, message, None);
                return Err(findings.list);
            }
        };
        for (number, typed) in overrides.iter().enumerate() {
            setting::apply(&mut root, number, typed, &mut findings);
        }
        let reader = Reader::new(&root, contract, findings);
        let parts = read::parts(&reader.section());
        available::check(&reader);
        check::check(&reader, &parts);
        match (reader.into_list(), parts.whole()) {
            (list, Some(config)) if list.is_empty() => Ok(config),
            (list, _) => Err(list),
        }
    }
}

/// The path of a file named in a configuration: as it is if absolute, else from the configuration's
/// directory.
pub fn beside(configuration: &Path, file: &str) -> PathBuf {
    configuration.parent().map_or_else(|| PathBuf::from(file), |directory| directory.join(file))
}
