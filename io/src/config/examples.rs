//! Commented configurations to start from.

/// A commented configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Its name.
    pub name: &'static str,
    /// What it shows, in one line.
    pub summary: &'static str,
    /// The configuration, comments and all.
    pub text: &'static str,
}

macro_rules! example {
    ($name:literal, $summary:literal) => {
        Example {
            name: $name,
            summary: $summary,
            text: include_str!(concat!("../examples/", $name, ".toml")),
        }
    };
}

const EXAMPLES: &[Example] = &[
    example!("four-neurons", "a two-layer ReLU network learns four neurons from the exact population loss"),
    example!("signed-circle", "ReLU ridges on two sheets of the circle, one per sign of the output weight"),
    example!("spikes-circle", "three point masses on the circle, recovered through a smooth kernel"),
    example!("spikes-sphere", "three point masses on the sphere, recovered through a smooth kernel"),
    example!("heat-sphere", "two point masses on the sphere, recovered from what heat made of them"),
    example!("deconvolution", "three point masses on the circle from noisy Fourier coefficients"),
    example!("second-moment", "a linear network: the second moment of the measure approaches a given matrix"),
    example!("landscape", "a fixed landscape given by a formula: the linear equation"),
    example!("data-sample", "ReLU ridges on two sheets of the sphere, fitted to 200 noiseless samples"),
    example!("classification", "logistic loss: two classes told apart by squared-ReLU ridges"),
    example!("clusters", "logistic loss: nine clusters of two classes, ReLU ridges on the sphere"),
];

/// The examples, the first of them the one to begin with.
pub fn examples() -> &'static [Example] {
    EXAMPLES
}

/// The example of a name.
pub fn example(name: &str) -> Option<&'static Example> {
    EXAMPLES.iter().find(|example| example.name == name)
}
