//! Which keys each section has, and for which of its kinds.

/// The keys of one section.
pub(super) struct Keys {
    /// The key that chooses the kind of the section; empty where there is one kind only.
    pub selector: &'static str,
    /// Every key with the kinds that it belongs to; no kinds: all of them.
    pub all: &'static [(&'static str, &'static [&'static str])],
}

impl Keys {
    /// The names that are valid with a kind; with any, where the kind is not known.
    pub fn valid(&self, kind: Option<&str>) -> impl Iterator<Item = &'static str> {
        let goes = move |kinds: &[&str]| kinds.is_empty() || kind.is_none_or(|kind| kinds.contains(&kind));
        self.all.iter().filter(move |(_, kinds)| goes(kinds)).map(|(name, _)| *name)
    }
}

pub(super) const ROOT: Keys = Keys {
    selector: "",
    all: &[
        ("title", &[]),
        ("domain", &[]),
        ("objective", &[]),
        ("initial", &[]),
        ("flow", &[]),
        ("time", &[]),
        ("scheme", &[]),
        ("particles", &[]),
        ("converge", &[]),
    ],
};

pub(super) const DOMAIN: Keys = Keys {
    selector: "kind",
    all: &[
        ("kind", &[]),
        ("level", &["sphere"]),
        ("subdivision", &["sphere"]),
        ("mesh", &["sphere"]),
        ("cells", &["circle"]),
        ("signed", &[]),
    ],
};

pub(super) const OBJECTIVE: Keys = Keys {
    selector: "kind",
    all: &[
        ("kind", &[]),
        ("regularization", &[]),
        ("feature", &["network"]),
        ("activation", &["network"]),
        ("slope", &["network"]),
        ("loss", &["network"]),
        ("evaluation", &["network", "kernel", "deconvolution"]),
        ("tolerance", &["network", "kernel"]),
        ("data", &["network"]),
        ("teacher", &["network"]),
        ("kernel", &["kernel"]),
        ("target", &["kernel", "deconvolution"]),
        ("degree", &["deconvolution"]),
        ("noise", &["deconvolution"]),
        ("seed", &["deconvolution"]),
        ("matrix", &["second-moment"]),
        ("potential", &["linear"]),
    ],
};

pub(super) const DATA: Keys = Keys {
    selector: "source",
    all: &[
        ("source", &[]),
        ("bias", &[]),
        ("samples", &["gaussian", "clusters"]),
        ("seed", &["gaussian", "clusters"]),
        ("file", &["file"]),
        ("clusters_per_axis", &["clusters"]),
        ("dimension", &["clusters"]),
        ("law", &["clusters"]),
    ],
};

pub(super) const TEACHER: Keys = Keys { selector: "", all: &[("output", &[]), ("input", &[])] };

pub(super) const KERNEL: Keys = Keys {
    selector: "kind",
    all: &[
        ("kind", &[]),
        ("concentration", &["von-mises-fisher"]),
        ("rho", &["poisson"]),
        ("time", &["heat"]),
        ("degree", &["low-pass"]),
        ("order", &["arc-cosine"]),
    ],
};

pub(super) const SPIKE: Keys = Keys { selector: "", all: &[("mass", &[]), ("angle", &[]), ("point", &[])] };

pub(super) const INITIAL: Keys = Keys {
    selector: "kind",
    all: &[
        ("kind", &[]),
        ("mass", &["uniform"]),
        ("components", &["von-mises-fisher"]),
        ("density", &["expression"]),
        ("file", &["file"]),
    ],
};

pub(super) const COMPONENT: Keys = Keys {
    selector: "",
    all: &[("mass", &[]), ("angle", &[]), ("point", &[]), ("concentration", &[]), ("sheet", &[])],
};

pub(super) const FLOW: Keys = Keys { selector: "", all: &[("reaction", &[]), ("transport", &[])] };

pub(super) const TIME: Keys = Keys {
    selector: "",
    all: &[
        ("end", &[]),
        ("snapshots", &[]),
        ("cfl", &[]),
        ("max_step", &[]),
        ("tolerance", &[]),
        ("stop", &[]),
    ],
};

pub(super) const STOP: Keys = Keys { selector: "", all: &[("gap", &[]), ("dissipation", &[])] };

pub(super) const SCHEME: Keys = Keys {
    selector: "method",
    all: &[
        ("method", &[]),
        ("order", &["finite-volume"]),
        ("limiter", &["finite-volume"]),
        ("velocity", &["finite-volume"]),
        ("splitting", &["finite-volume"]),
        ("nodes", &["characteristics"]),
        ("tolerance", &["characteristics"]),
    ],
};

pub(super) const PARTICLES: Keys = Keys {
    selector: "method",
    all: &[
        ("count", &[]),
        ("initial", &[]),
        ("method", &[]),
        ("seed", &[]),
        ("tolerance", &["flow"]),
        ("step", &["descent", "sgd"]),
        ("metric_ratio", &["descent", "sgd"]),
        ("iterations", &["descent", "sgd"]),
        ("batch", &["sgd"]),
    ],
};

pub(super) const CONVERGE: Keys =
    Keys { selector: "", all: &[("counts", &[]), ("repetitions", &[]), ("distances", &[]), ("seed", &[])] };

/// Every section with a place of its own, for a key that was written in the wrong one.
pub(super) const SECTIONS: [(&str, &Keys); 12] = [
    ("domain", &DOMAIN),
    ("objective", &OBJECTIVE),
    ("objective.data", &DATA),
    ("objective.kernel", &KERNEL),
    ("objective.teacher", &TEACHER),
    ("initial", &INITIAL),
    ("flow", &FLOW),
    ("time", &TIME),
    ("time.stop", &STOP),
    ("scheme", &SCHEME),
    ("particles", &PARTICLES),
    ("converge", &CONVERGE),
];

/// Other words for a key: letters of the paper and habits of the trade.
pub(super) const SYNONYMS: [(&str, &str); 12] = [
    ("lambda", "regularization"),
    ("alpha", "reaction"),
    ("beta", "transport"),
    ("kappa", "concentration"),
    ("resolution", "subdivision"),
    ("dt", "max_step"),
    ("rtol", "tolerance"),
    ("weight", "output"),
    ("learning_rate", "step"),
    ("epochs", "iterations"),
    ("direction", "point"),
    ("final", "end"),
];
