//! Defaults, resolved values, the way back to TOML, and the examples.

use super::super::{
    Activation, ClusterLaw, Component, Config, Converge, Data, Deconvolution, Distance, Domain, Evaluation,
    Feature, Flow, Initial, Kernel, Limiter, Loss, Objective, ObjectiveKind, ParticleMethod, ParticleStart,
    Particles, Place, Scheme, Snapshots, SphereMesh, Spike, Splitting, Stop, Time, Velocity, examples,
};
use super::{CIRCLE, KERNEL, SPHERE, printed, read, read_contract};

const LINEAR: &str = "domain.kind = 'sphere'\nobjective = { kind = 'linear', potential = 'x' }\ntime.end = 3";

/// Configurations of the whole contract, one for each kind of everything.
fn contract() -> Vec<Config> {
    let kernel = |kernel: &str| read_contract(KERNEL, &[&format!("objective.kernel={kernel}")]);
    let circle = |overrides: &[&str]| read_contract(CIRCLE, overrides);
    let linear = |overrides: &[&str]| read_contract(LINEAR, overrides);
    [
        kernel("{ kind = 'poisson', rho = 0.8 }"),
        kernel("{ kind = 'heat', time = 0.01 }"),
        kernel("{ kind = 'low-pass', degree = 12 }"),
        kernel("{ kind = 'arc-cosine', order = 0 }"),
        read_contract(KERNEL, &["objective.kind=deconvolution", "objective.noise=0.1", "objective.seed=4"]),
        linear(&["domain.mesh=recursive", "initial.kind=file", "initial.file=a.h5"]),
        linear(&["domain.mesh=centroidal", "scheme.method=characteristics", "scheme.nodes=77"]),
        linear(&["scheme.order=3", "particles.method=descent", "particles.metric_ratio=0"]),
        circle(&["scheme.order=5", "scheme.limiter=none", "objective.data.bias=true"]),
        circle(&[
            "objective.data={source='clusters',bias=false}",
            "objective.teacher=~",
            "particles.method=sgd",
        ]),
        circle(&["objective.data={source='file',file='a b.csv'}", "objective.teacher=~"]),
        circle(&["objective.activation=leaky-relu", "time.stop={dissipation=1e-10}", "time.tolerance=inf"]),
        circle(&["time.snapshots=[0, 0.5, 2]", "time.max_step=0.1", "title=\"tab\\t, quote \\\" and é\""]),
        circle(&["initial={kind='von-mises-fisher',components=[{angle=1,sheet=-1},{angle=2}]}"]),
        read_contract(SPHERE, &["particles.initial=quadrature", "time.stop.gap=1e-6"]),
        read_contract(SPHERE, &["objective.feature=ridge", "objective.teacher.0.input=[1,2,3]"]),
    ]
    .into_iter()
    .map(|result| result.unwrap_or_else(|mistakes| panic!("{mistakes}")))
    .collect()
}

#[test]
fn law_every_key_without_a_value_gets_the_default_of_the_contract() {
    let expected = Config {
        title: String::new(),
        domain: Domain::Sphere { subdivision: 32, mesh: SphereMesh::Flat, signed: false },
        objective: Objective { regularization: 0.0, kind: ObjectiveKind::Linear { potential: "x".into() } },
        initial: Initial::Uniform { mass: 1.0 },
        flow: Flow { reaction: 4.0, transport: 1.0 },
        time: Time {
            end: 3.0,
            snapshots: Snapshots::Count(11),
            cfl: 0.5,
            max_step: None,
            tolerance: None,
            stop: None,
        },
        scheme: Scheme::FiniteVolume {
            order: 2,
            limiter: Limiter::VanLeer,
            velocity: Velocity::TwoPoint,
            splitting: Splitting::Strang,
        },
        particles: Particles {
            count: 1000,
            initial: ParticleStart::Sample,
            seed: 0,
            method: ParticleMethod::Flow { tolerance: 1e-9 },
        },
        converge: Converge {
            counts: vec![30, 100, 300, 1000, 3000, 10_000],
            repetitions: 20,
            distances: vec![Distance::Prediction, Distance::W1],
            seed: 0,
        },
    };
    assert_eq!(read(LINEAR, &[]), expected);
}

#[test]
fn law_network_and_kernel_have_the_defaults_of_the_contract() {
    let ObjectiveKind::Network(network) = read(SPHERE, &[]).objective.kind else { panic!("not a network") };
    assert_eq!(network.feature, Feature::TwoLayer);
    assert_eq!((network.activation, network.slope), (Activation::Relu, None));
    assert_eq!((network.loss, network.evaluation), (Loss::Square, Evaluation::Auto));
    assert_eq!(network.data, Data::Gaussian { bias: false, samples: None, seed: None });
    assert_eq!(network.teacher[0].output, 1.0);
    let ObjectiveKind::Kernel(kernel) = read(KERNEL, &[]).objective.kind else { panic!("not a kernel") };
    assert_eq!(kernel.kernel, Kernel::VonMisesFisher { concentration: 10.0 });
    assert_eq!(kernel.target, [Spike { mass: 0.5, place: Place::Angle(0.7) }]);
    let sampled = read(CIRCLE, &[]).objective.kind;
    let ObjectiveKind::Network(sampled) = sampled else { panic!("not a network") };
    assert_eq!(sampled.data, Data::Gaussian { bias: false, samples: Some(50), seed: Some(0) });
}

#[test]
fn law_what_is_to_come_has_the_defaults_of_the_contract() {
    let all = contract();
    let ObjectiveKind::Deconvolution(deconvolution) = &all[4].objective.kind else {
        panic!("not a deconvolution")
    };
    let target = vec![Spike { mass: 0.5, place: Place::Angle(0.7) }];
    let expected = Deconvolution { evaluation: Evaluation::Auto, degree: 12, noise: 0.1, seed: 4, target };
    assert_eq!(*deconvolution, expected);
    let characteristics = read_contract(CIRCLE, &["scheme={method='characteristics'}"]).unwrap();
    assert_eq!(characteristics.scheme, Scheme::Characteristics { nodes: 64, tolerance: 1e-10 });
    let ObjectiveKind::Network(network) = &all[9].objective.kind else { panic!("not a network") };
    let clusters = Data::Clusters {
        bias: false,
        clusters_per_axis: 3,
        samples: 256,
        dimension: 2,
        law: ClusterLaw::Published,
        seed: 0,
    };
    assert_eq!(network.data, clusters);
    let sgd = ParticleMethod::Sgd { step: 0.005, metric_ratio: 1.0, iterations: 10_000, batch: 100 };
    assert_eq!(all[9].particles.method, sgd);
}

#[test]
fn law_reaction_rate_is_the_one_of_the_feature() {
    let rate = |text: &str, overrides: &[&str]| read(text, overrides).flow.reaction;
    for activation in ["relu", "leaky-relu", "abs", "identity"] {
        assert_eq!(rate(CIRCLE, &[&format!("objective.activation={activation}")]), 2.0, "{activation}");
    }
    for activation in ["squared-relu", "quadratic"] {
        assert_eq!(rate(CIRCLE, &[&format!("objective.activation={activation}")]), 4.0, "{activation}");
    }
    assert_eq!((rate(SPHERE, &[]), rate(KERNEL, &[])), (4.0, 4.0));
    assert_eq!(rate(CIRCLE, &["flow.reaction=0"]), 0.0);
}

#[test]
fn law_limiter_and_velocity_follow_the_order() {
    let scheme = |order: u8| match read_contract(CIRCLE, &[&format!("scheme.order={order}")]).unwrap().scheme
    {
        Scheme::FiniteVolume { limiter, velocity, .. } => (limiter, velocity),
        Scheme::Characteristics { .. } => panic!("not finite volumes"),
    };
    assert_eq!(scheme(1), (Limiter::None, Velocity::TwoPoint));
    assert_eq!(scheme(2), (Limiter::VanLeer, Velocity::TwoPoint));
    assert_eq!(scheme(3), (Limiter::Positivity, Velocity::Exact));
    assert_eq!(scheme(5), (Limiter::Positivity, Velocity::Exact));
}

#[test]
fn law_level_is_a_power_of_two_of_the_subdivision() {
    let cells = |key: &str| read(SPHERE, &[key]).domain.cells();
    assert_eq!([0, 4, 5].map(|level| cells(&format!("domain.level={level}"))), [12, 2562, 10_242]);
    assert_eq!(cells("domain.level=12"), cells("domain.subdivision=4096"));
    assert_eq!(cells("domain.subdivision=11965"), 1_431_612_252);
    assert!(30 * 11_965_u64.pow(2) < 1 << 32 && 30 * 11_966_u64.pow(2) >= 1 << 32);
}

#[test]
fn law_snapshot_times_hold_both_ends_exactly() {
    let times = read(CIRCLE, &["time.end=0.3", "time.snapshots=4"]).time.snapshot_times();
    assert_eq!((times.len(), times[0], times[3]), (4, 0.0, 0.3));
    assert!((times[1] - 0.1).abs() < 1e-16);
    assert_eq!(read(CIRCLE, &["time.snapshots=[0.5, 2]"]).time.snapshot_times(), [0.5, 2.0]);
}

#[test]
fn law_places_are_unit_vectors_whatever_their_size() {
    for scale in [1.0, 1e-300, 1e300] {
        let unit = Place::Point([3.0 * scale, 0.0, -4.0 * scale]).unit();
        assert!((unit[0] - 0.6).abs() < 1e-15 && unit[1] == 0.0 && (unit[2] + 0.8).abs() < 1e-15, "{unit:?}");
    }
    let unit = Place::Angle(std::f64::consts::FRAC_PI_6).unit();
    assert!((unit[1] - 0.5).abs() < 1e-15 && unit.len() == 2);
}

#[test]
fn law_sheet_of_a_component_may_be_left_open() {
    let Initial::VonMisesFisher { components } = contract()[13].initial.clone() else {
        panic!("not components")
    };
    let place = Place::Angle(1.0);
    assert_eq!(components[0], Component { mass: 1.0, place, concentration: 20.0, sheet: Some(-1) });
    assert_eq!(components[1].sheet, None);
}

#[test]
fn law_tolerance_may_be_infinite_and_stop_has_one_criterion() {
    let time = &contract()[11].time;
    assert_eq!((time.tolerance, time.stop), (Some(f64::INFINITY), Some(Stop::Dissipation(1e-10))));
    assert_eq!(contract()[14].time.stop, Some(Stop::Gap(1e-6)));
}

#[test]
fn law_resolved_configuration_is_read_back_as_the_same() {
    for config in contract() {
        let text = config.to_toml();
        assert_eq!(read_contract(&text, &[]).as_ref(), Ok(&config), "from\n{text}");
    }
    for example in examples() {
        let config = read(example.text, &[]);
        assert_eq!(read(&config.to_toml(), &[]), config, "{}", example.name);
    }
}

#[test]
fn law_examples_are_right_have_a_title_and_distinct_names() {
    for (index, example) in examples().iter().enumerate() {
        assert_eq!(printed(example.text, &[]), "", "{}", example.name);
        let config = read(example.text, &[]);
        assert!(!config.title.is_empty() && example.text.starts_with("# "), "{}", example.name);
        assert!(examples()[..index].iter().all(|other| other.name != example.name), "{}", example.name);
        assert_eq!(super::super::example(example.name), Some(example));
    }
    assert_eq!(super::super::example("nothing"), None);
}

#[test]
fn law_examples_stay_small_enough_to_run_in_seconds() {
    for example in examples() {
        let config = read(example.text, &[]);
        assert!(config.domain.cells() <= 2562 && config.particles.count <= 1000, "{}", example.name);
        assert!(config.time.snapshot_times().len() <= 21, "{}", example.name);
    }
}

#[test]
fn law_data_files_lie_beside_the_configuration() {
    let config = &contract()[10];
    let path = |configuration: &str| config.data_file(configuration.as_ref());
    assert_eq!(path("study/run.toml"), Some("study/a b.csv".into()));
    assert_eq!(path("run.toml"), Some("a b.csv".into()));
    assert_eq!(read(CIRCLE, &[]).data_file("run.toml".as_ref()), None);
    assert_eq!(
        super::super::beside("a/run.toml".as_ref(), "/data/b.csv"),
        std::path::Path::new("/data/b.csv")
    );
}
