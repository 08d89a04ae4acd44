//! Reference solutions of (4.3) by characteristics, computed apart from this project: `tests/reference/*.json`.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sphereflow::solver::atoms::Atoms;
use sphereflow::solver::initial::InitialMeasure;
use sphereflow::solver::objective::{
    Activation, DataNetwork, Layers, Method, Objective, Rates, Risk, Teacher, ZonalKernel,
};

/// One file: a problem with its solution at several times.
pub struct Reference {
    pub dim: usize,
    pub signs: Vec<f64>,
    pub objective: Objective,
    pub rates: Rates,
    pub initial: InitialMeasure,
    pub times: Vec<f64>,
    /// F, mass and first moment at each time.
    pub solution: Vec<Solution>,
}

pub struct Solution {
    pub objective: f64,
    pub mass: f64,
    pub mean: Vec<f64>,
    /// Relative, of F; absolute, of the mass.
    pub uncertainty: [f64; 2],
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("a list").iter().map(numbers).collect()
}

fn objective(problem: &Value, dim: usize) -> Objective {
    match problem["model"].as_str().expect("a model") {
        "kernel" => {
            let kernel = ZonalKernel::VonMisesFisher { concentration: problem["kappa"].as_f64().unwrap() };
            let mut points = rows(&problem["points"]);
            for point in &mut points {
                let norm = point.iter().map(|x| x * x).sum::<f64>().sqrt();
                point.iter_mut().for_each(|x| *x /= norm);
            }
            let target = Atoms::signed(dim, points.concat(), &numbers(&problem["masses"]));
            Objective::discrepancy(kernel, &target, Method::default(), 0.0).unwrap()
        }
        "gaussian-relu" => {
            let teachers: Vec<Teacher> = numbers(&problem["output"])
                .into_iter()
                .zip(rows(&problem["input"]))
                .map(|(output, input)| Teacher { output, input })
                .collect();
            let layers = if dim == 3 { Layers::Two } else { Layers::Ridge };
            Objective::gaussian(layers, 2, &teachers, Method::default(), 0.0).unwrap()
        }
        _ => {
            assert_eq!([&problem["power"], &problem["loss"]], [&Value::from(2), &Value::from("logistic")]);
            let features = DataNetwork::new(Layers::Ridge, Activation::SquaredRelu, &rows(&problem["x"]));
            Objective::new(Arc::new(features), Risk::Logistic { labels: numbers(&problem["y"]) }, 0.0)
        }
    }
}

/// Reads `tests/reference/NAME.json`.
pub fn read(name: &str) -> Reference {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name).with_extension("json");
    let problem: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the file")).expect("JSON");
    let dim = if problem["domain"] == "circle" { 2 } else { 3 };
    let number = |key: &str, default: f64| problem[key].as_f64().unwrap_or(default);
    let solution = problem["result"]
        .as_array()
        .unwrap()
        .iter()
        .zip(problem["uncertainty"].as_array().unwrap())
        .map(|(result, uncertainty)| {
            let objective = result["objective"].as_f64().unwrap();
            Solution {
                objective,
                mass: result["mass"].as_f64().unwrap(),
                mean: numbers(&result["mean"]),
                uncertainty: [
                    uncertainty["objective"].as_f64().unwrap() / objective,
                    uncertainty["mass"].as_f64().unwrap(),
                ],
            }
        })
        .collect();
    Reference {
        dim,
        signs: if problem["signed"] == true { vec![1.0, -1.0] } else { vec![1.0] },
        objective: objective(&problem, dim),
        rates: Rates { reaction: number("alpha", 4.0), transport: number("beta", 1.0) },
        initial: InitialMeasure::Uniform { mass: number("mass", 1.0) },
        times: numbers(&problem["times"]),
        solution,
    }
}
