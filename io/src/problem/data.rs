//! The samples of a network: drawn, or from a file.

use std::path::Path;

use sphereflow_solver::objective::{self, Clusters, Teacher, gaussian_sample};

use super::ProblemError;
use crate::config::{ClusterLaw, Data, Loss, Network, beside};
use crate::data::{DataSet, read_data};

/// n inputs of p coordinates, the constant of a bias included, with their outputs.
pub(super) struct Samples {
    pub inputs: Vec<Vec<f64>>,
    pub outputs: Vec<f64>,
}

/// The samples of a network whose inputs have `p` coordinates; nothing for the exact expectation.
pub(super) fn samples(
    network: &Network,
    p: usize,
    teachers: &[Teacher],
    location: &Path,
) -> Result<Option<Samples>, ProblemError> {
    Ok(Some(match &network.data {
        Data::Gaussian { samples: None, .. } => return Ok(None),
        Data::Gaussian { bias, samples: Some(count), seed } => {
            let (inputs, outputs) =
                gaussian_sample(p, *bias, teachers, network.act(), *count, seed.unwrap_or(0));
            let outputs = match network.loss {
                Loss::Square => outputs,
                Loss::Logistic => outputs.iter().map(|y| if *y < 0.0 { -1.0 } else { 1.0 }).collect(),
            };
            Samples { inputs, outputs }
        }
        Data::File { bias, file } => from_file(network, &beside(location, file), p, *bias)?,
        Data::Clusters { bias, clusters_per_axis, samples, dimension, law, seed } => {
            let law = match law {
                ClusterLaw::Published => objective::ClusterLaw::Published,
                ClusterLaw::Written => objective::ClusterLaw::Written,
            };
            let clusters = Clusters::new(*clusters_per_axis, law, *seed);
            let (inputs, outputs) = clusters.sample(*dimension, *bias, *samples, *seed);
            Samples { inputs, outputs }
        }
    }))
}

fn from_file(network: &Network, path: &Path, p: usize, bias: bool) -> Result<Samples, ProblemError> {
    let DataSet { inputs, outputs } = read_data(path)?;
    let expected = p - usize::from(bias);
    if inputs.ncols() != expected {
        return Err(ProblemError::Inputs {
            path: path.to_owned(),
            found: inputs.ncols(),
            expected,
            feature: network.feature.name(),
            bias: if bias { " and the constant 1 of the bias" } else { "" },
        });
    }
    if network.loss == Loss::Logistic
        && let Some(index) = outputs.iter().position(|y| y.abs() != 1.0)
    {
        return Err(ProblemError::Label { path: path.to_owned(), index: index + 1, label: outputs[index] });
    }
    let constant = usize::from(bias);
    let row =
        |x: ndarray::ArrayView1<f64>| x.iter().copied().chain(std::iter::repeat_n(1.0, constant)).collect();
    Ok(Samples { inputs: inputs.rows().into_iter().map(row).collect(), outputs })
}
