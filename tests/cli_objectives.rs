//! Every objective from end to end: a run of the PDE, particles beside it, their comparison, and F against its formula.

mod common;

use std::f64::consts::{PI, TAU};

use common::command::Place;

/// A domain with the cells of its mesh and what its points are called.
#[derive(Clone, Copy, PartialEq)]
enum Domain {
    Circle,
    Sphere,
}

impl Domain {
    /// A configuration with these lines below `[objective]`, of a kind with a target.
    fn targeted(self, objective: &str) -> String {
        let (domain, places) = match self {
            Self::Circle => ("kind = \"circle\"\ncells = 96", ["angle = 0.7", "angle = 2.5"]),
            Self::Sphere => {
                ("kind = \"sphere\"\nsubdivision = 6", ["point = [0, 0, 2]", "point = [1, -1, 0.5]"])
            }
        };
        self.configured(
            domain,
            &format!(
                "{objective}\ntarget = [ {{ mass = 0.5, {} }}, {{ mass = 0.3, {} }} ]",
                places[0], places[1]
            ),
        )
    }

    fn configured(self, domain: &str, objective: &str) -> String {
        format!(
            "[domain]\n{domain}\n[objective]\n{objective}\n[initial]\nkind = \"expression\"\ndensity = \"{}\"\n\
             [time]\nend = 0.2\nsnapshots = 3\n[particles]\ncount = 256\ninitial = \"quadrature\"\ntolerance = 1e-6\n",
            match self {
                Self::Circle => "0.16 * (1 + 0.5*x)",
                Self::Sphere => "0.08 * (1 + 0.5*z)",
            }
        )
    }

    /// The two atoms of the target.
    fn target(self) -> Vec<(Vec<f64>, f64)> {
        let points = match self {
            Self::Circle => [0.7f64, 2.5].map(|angle| vec![angle.cos(), angle.sin()]),
            Self::Sphere => [vec![0.0, 0.0, 1.0], [1.0, -1.0, 0.5].map(|x| x / 1.5).to_vec()],
        };
        points.into_iter().zip([0.5, 0.3]).collect()
    }
}

/// The atoms of a run at a snapshot: points and masses.
fn atoms(path: &std::path::Path, snapshot: usize) -> Vec<(Vec<f64>, f64)> {
    let file = hdf5::File::open(path).unwrap();
    let numbers = |name: &str| file.dataset(name).unwrap().read_dyn::<f64>().unwrap();
    if file.dataset("density").is_ok() {
        let (density, center, measure) =
            (numbers("density"), numbers("mesh/center"), numbers("mesh/measure"));
        let point = |i: usize| center.index_axis(ndarray::Axis(0), i).iter().copied().collect();
        return (0..measure.len()).map(|i| (point(i), density[[snapshot, 0, i]] * measure[[i]])).collect();
    }
    let (position, mass) = (numbers("particles/position"), numbers("particles/mass"));
    let position = position.index_axis(ndarray::Axis(0), snapshot);
    let point = |j: usize| position.index_axis(ndarray::Axis(0), j).iter().copied().collect();
    (0..position.shape()[0]).map(|j| (point(j), mass[[snapshot, j]])).collect()
}

/// `1/2 double sum of K over (nu - nu*)`, K a function of the angle.
fn discrepancy(nu: &[(Vec<f64>, f64)], target: &[(Vec<f64>, f64)], kernel: &dyn Fn(f64) -> f64) -> f64 {
    let signed: Vec<(&Vec<f64>, f64)> =
        nu.iter().map(|(x, q)| (x, *q)).chain(target.iter().map(|(x, q)| (x, -q))).collect();
    let angle = |x: &[f64], y: &[f64]| {
        let chord = x.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        2.0 * (0.5 * chord).min(1.0).asin()
    };
    let row =
        |(x, q): &(&Vec<f64>, f64)| signed.iter().map(|(y, p)| q * p * kernel(angle(x, y))).sum::<f64>();
    0.5 * signed.iter().map(row).sum::<f64>()
}

/// `sum over l <= degree of weight(l) (2 cos(l t), or (2l + 1) P_l(cos t))`, over the surface.
fn series(domain: Domain, degree: usize, t: f64, weight: impl Fn(f64) -> f64) -> f64 {
    if domain == Domain::Circle {
        let terms = (1..=degree).map(|l| 2.0 * weight(l as f64) * (l as f64 * t).cos());
        return (weight(0.0) + terms.sum::<f64>()) / TAU;
    }
    let (mut before, mut now, mut sum) = (0.0, 1.0, 0.0);
    for l in 0..=degree {
        let l = l as f64;
        sum += weight(l) * (2.0 * l + 1.0) * now;
        (before, now) = (now, ((2.0 * l + 1.0) * t.cos() * now - l * before) / (l + 1.0));
    }
    sum / (2.0 * TAU)
}

/// The numbers of a column of a comparison.
fn column(compared: &serde_json::Value, name: &str) -> Vec<f64> {
    compared["columns"][name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Solves, runs particles, compares: F falls in both, and they agree to a share of the fall; `info`, `check` and `plot` work.
/// Returns F at the start.
fn runs_and_agrees(place: &Place, share: f64) -> f64 {
    let checked = place.json("check run.toml --json");
    assert!(checked["seconds"].as_f64().unwrap() > 0.0);
    let solved = place.json("solve run.toml -o pde.h5 --force --json");
    let particles = place.json("particles run.toml -o cloud.h5 --force --json");
    let number = |object: &serde_json::Value, key: &str| object[key].as_f64().unwrap();
    let fall = number(&solved, "objective_start") - number(&solved, "objective");
    assert!(fall > 0.0 && number(&particles, "objective") < number(&particles, "objective_start"));
    let compared = place.json("compare pde.h5 cloud.h5 --json");
    for (one, other) in column(&compared, "F first").into_iter().zip(column(&compared, "F second")) {
        assert!((one - other).abs() < share * fall, "{one} and {other} with a fall of {fall}");
    }
    assert_eq!(place.json("info pde.h5 --json")["objective"], solved["objective"]);
    place.succeed("plot pde.h5 --particles cloud.h5 -o end.svg --force");
    number(&solved, "objective_start")
}

/// A name, the lines of a kernel, and its formula as a function of the angle.
type Case = (String, Box<dyn Fn(f64) -> f64>);

fn kernels(domain: Domain) -> Vec<Case> {
    let dim = if domain == Domain::Circle { 2.0 } else { 3.0 };
    let arc = |order: u8| -> Box<dyn Fn(f64) -> f64> {
        Box::new(move |t: f64| {
            let (s, c) = t.sin_cos();
            let j = match order {
                0 => PI - t,
                1 => s + (PI - t) * c,
                _ => 3.0 * s * c + (PI - t) * (1.0 + 2.0 * c * c),
            };
            j / TAU
        })
    };
    let poisson = move |t: f64| 0.75 / (1.25 - t.cos()).powf(0.5 * dim);
    let heat = move |t: f64| {
        series(domain, 30, t, |l| (-l * if domain == Domain::Circle { l } else { l + 1.0 } * 0.1).exp())
    };
    let mut all: Vec<Case> = vec![
        (
            "kind = \"von-mises-fisher\", concentration = 4.0".into(),
            Box::new(|t: f64| (4.0 * (t.cos() - 1.0)).exp()),
        ),
        ("kind = \"poisson\", rho = 0.5".into(), Box::new(poisson)),
        ("kind = \"heat\", time = 0.1".into(), Box::new(heat)),
        ("kind = \"low-pass\", degree = 5".into(), Box::new(move |t| series(domain, 5, t, |_| 1.0))),
    ];
    all.extend((0..3).map(|order| (format!("kind = \"arc-cosine\", order = {order}"), arc(order))));
    all
}

fn every_kernel_runs(domain: Domain) {
    for (lines, kernel) in kernels(domain) {
        // So few points are served by pairs, unless asked otherwise.
        let way = if lines.contains("arc-cosine") { "auto" } else { "fast" };
        let objective = format!("kind = \"kernel\"\nevaluation = \"{way}\"\nkernel = {{ {lines} }}");
        let place = Place::with(&domain.targeted(&objective));
        let start = runs_and_agrees(&place, 0.1);
        let exact = discrepancy(&atoms(&place.file("pde.h5"), 0), &domain.target(), &*kernel);
        assert!((start / exact - 1.0).abs() < 1e-8, "{lines}: {start} against {exact}");
        let info = place.json("info cloud.h5 --json");
        let end = info["objective"].as_f64().unwrap();
        let exact = discrepancy(&atoms(&place.file("cloud.h5"), 2), &domain.target(), &*kernel);
        assert!((end / exact - 1.0).abs() < 1e-7, "{lines}, particles: {end} against {exact}");
    }
}

#[test]
fn every_kernel_runs_on_the_circle_with_the_objective_of_its_formula() {
    every_kernel_runs(Domain::Circle);
}

#[test]
fn every_kernel_runs_on_the_sphere_with_the_objective_of_its_formula() {
    every_kernel_runs(Domain::Sphere);
}

#[test]
fn direct_and_fast_evaluation_give_the_same_run_to_the_tolerance() {
    let poisson = "kind = \"poisson\", rho = 0.6";
    for (domain, all) in [
        (Domain::Circle, &[poisson, "kind = \"heat\", time = 0.05", "kind = \"arc-cosine\", order = 2"][..]),
        (Domain::Sphere, &[poisson]),
    ] {
        for lines in all {
            let place = Place::with(&domain.targeted(&format!("kind = \"kernel\"\nkernel = {{ {lines} }}")));
            for command in ["solve", "particles"] {
                for way in ["direct", "fast"] {
                    let steps =
                        "--set time.max_step=0.01 --set particles.tolerance=1e-8 --set particles.count=64";
                    let set = format!("--set objective.evaluation={way} {steps}");
                    place.succeed(&format!("{command} run.toml -o {command}-{way}.h5 {set}"));
                }
                let compared = place.json(&format!("compare {command}-direct.h5 {command}-fast.h5 --json"));
                let (one, other) = (column(&compared, "F first"), column(&compared, "F second"));
                for (one, other) in one.into_iter().zip(other) {
                    assert!((one / other - 1.0).abs() < 1e-7, "{lines}, {command}: {one} and {other}");
                }
            }
        }
    }
}

#[test]
fn deconvolution_without_noise_is_the_low_pass_kernel_and_noise_comes_from_its_seed() {
    for domain in [Domain::Circle, Domain::Sphere] {
        let place = Place::with(&domain.targeted("kind = \"deconvolution\"\ndegree = 6"));
        let start = runs_and_agrees(&place, 0.1);
        let kernel = |t: f64| series(domain, 6, t, |_| 1.0);
        let exact = discrepancy(&atoms(&place.file("pde.h5"), 0), &domain.target(), &kernel);
        assert!((start / exact - 1.0).abs() < 1e-8, "{start} against {exact}");
        let noisy = |seed: u64| {
            let set = format!("--set objective.noise=0.1 --set objective.seed={seed}");
            let run = format!("solve run.toml -o noisy.h5 --force --json {set}");
            place.json(&run)["objective_start"].as_f64().unwrap()
        };
        assert_eq!(noisy(1), noisy(1));
        assert!((noisy(1) - start).abs() > 1e-6 && (noisy(1) - noisy(2)).abs() > 1e-6);
    }
}

#[test]
fn gaps_are_certified_where_a_minimiser_is_bounded() {
    let place = Place::with(&Domain::Circle.targeted("kind = \"deconvolution\"\ndegree = 4"));
    let stop = "--set time.stop={gap=0.05} --set time.end=20";
    let solved = place.json(&format!("solve run.toml -o pde.h5 --json {stop}"));
    assert!(solved["objective"].as_f64().unwrap() <= 0.05 && solved["time"].as_f64().unwrap() < 20.0);
    let noise = format!("check run.toml {stop} --set objective.noise=0.1");
    let ran = place.run(&noise);
    assert!(ran.status == 2 && ran.stderr.contains("`time.stop.gap` needs a bound"), "{}", ran.stderr);
    place.succeed(&format!("{noise} --set objective.regularization=0.1"));
}

#[test]
fn the_gaussian_population_in_space_has_the_objective_of_the_arc_cosine_kernel() {
    let domain = "kind = \"sphere\"\nsubdivision = 6";
    let teacher = "kind = \"network\"\nfeature = \"ridge\"\n\
                   teacher = [ { output = 0.5, input = [0, 0, 1] }, { output = 0.2, input = [1, -1, 0.5] } ]";
    let place = Place::with(&Domain::Sphere.configured(domain, teacher));
    let start = runs_and_agrees(&place, 0.1);
    let kernel = |t: f64| (t.sin() + (PI - t) * t.cos()) / TAU;
    // The second unit has the norm 3/2.
    let exact = discrepancy(&atoms(&place.file("pde.h5"), 0), &Domain::Sphere.target(), &kernel);
    assert!((start / exact - 1.0).abs() < 1e-7, "{start} against {exact}");
}

#[test]
fn clusters_run_under_both_laws_and_losses() {
    let sphere = "kind = \"sphere\"\nsubdivision = 6\nsigned = true";
    for (loss, law) in [("logistic", "published"), ("square", "written")] {
        let objective = format!(
            "kind = \"network\"\nfeature = \"ridge\"\nloss = \"{loss}\"\nregularization = 0.001\n\
             data = {{ source = \"clusters\", law = \"{law}\", samples = 64, bias = true, seed = 3 }}"
        );
        let place = Place::with(&Domain::Sphere.configured(sphere, &objective));
        runs_and_agrees(&place, 0.1);
        // Other samples are another objective, the same samples the same run.
        let end = |samples: usize| {
            let set = format!("--set objective.data.samples={samples}");
            let solved = place.json(&format!("solve run.toml -o other.h5 --force --json {set}"));
            solved["objective"].as_f64().unwrap()
        };
        assert_eq!(end(64), end(64));
        assert!((end(64) - end(32)).abs() > 1e-9);
    }
}

#[test]
fn fast_evaluation_is_refused_where_there_is_none() {
    let place = Place::with(&Domain::Sphere.targeted("kind = \"kernel\"\nevaluation = \"fast\""));
    for (set, message) in [
        ("objective.kernel={kind='arc-cosine',order=0}", "the expansion needs degree"),
        ("objective.kernel={kind='heat',time=1e-6}", "the expansion needs degree"),
        ("objective.kernel={kind='poisson',rho=0.999999}", "the expansion needs degree"),
        ("objective.kernel.concentration=1e11", "the expansion needs degree"),
    ] {
        let ran = place.run(&format!("check run.toml --set {set}"));
        assert_eq!(ran.status, 2, "{set}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(message) && ran.stderr.contains("hint: use `evaluation = "),
            "{}",
            ran.stderr
        );
        if !set.contains("heat") {
            place.succeed(&format!("check run.toml --set {set} --set objective.evaluation=auto"));
        }
    }
    for way in ["auto", "direct"] {
        let narrow = "objective.kernel={kind='heat',time=1e-9}";
        let ran = place.run(&format!("check run.toml --set {narrow} --set objective.evaluation={way}"));
        assert!(ran.status == 2 && ran.stderr.contains("hint: a larger `time`"), "{}", ran.stderr);
    }
}

#[test]
fn particles_on_data_run_by_caps_as_term_by_term() {
    let data = "kind = \"network\"\nfeature = \"ridge\"\n\
                data = { source = \"clusters\", samples = 20, bias = true }";
    let place = Place::with(&Domain::Sphere.configured("kind = \"sphere\"\nsubdivision = 4", data));
    for way in ["direct", "fast"] {
        place.succeed(&format!("particles run.toml -o {way}.h5 --set objective.evaluation={way}"));
    }
    let compared = place.json("compare direct.h5 fast.h5 --json");
    for distance in ["prediction", "mean"] {
        let column = compared["columns"][distance].as_array().unwrap();
        assert!(column.len() == 3 && column.iter().all(|d| d.as_f64().unwrap() < 1e-13), "{compared}");
    }
}

#[test]
fn sums_that_take_long_are_estimated_and_not_taken() {
    let place = Place::with(&Domain::Circle.targeted("kind = \"kernel\"\nevaluation = \"direct\""));
    let started = std::time::Instant::now();
    let checked = place.json("check run.toml --json --set domain.cells=300000");
    assert!(started.elapsed().as_secs() < 60);
    assert_eq!(checked["estimated"], "scaled from 2560 cells");
    assert!(checked["seconds"].as_f64().unwrap() > 100.0 && checked["step"].as_f64().unwrap() > 0.0);
}
