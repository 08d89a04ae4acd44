//! What `--set` does.

use super::super::{Config, Domain, Limiter, ObjectiveKind, Scheme, Snapshots, Velocity};
use super::{CIRCLE, KERNEL, SPHERE, printed, read, read_contract};

#[test]
fn law_overrides_replace_add_and_append() {
    let config = read(
        CIRCLE,
        &[
            "scheme.order=1",
            "time.end = 5",
            "time.snapshots=[0, 2.5, 5]",
            "flow.reaction=3",
            "objective.teacher.0.output=2",
            "objective.teacher[1]={ output = -1.0, input = [0, 1] }",
        ],
    );
    assert!(matches!(config.scheme, Scheme::FiniteVolume { order: 1, limiter: Limiter::None, .. }));
    assert_eq!((config.time.end, config.flow.reaction), (5.0, 3.0));
    assert_eq!(config.time.snapshots, Snapshots::Times(vec![0.0, 2.5, 5.0]));
    let ObjectiveKind::Network(network) = config.objective.kind else { panic!("not a network") };
    assert_eq!(network.teacher.iter().map(|unit| unit.output).collect::<Vec<_>>(), [2.0, -1.0]);
}

#[test]
fn law_overrides_that_are_not_toml_are_strings() {
    let title = |setting: &str| read(CIRCLE, &[setting]).title;
    assert_eq!(title("title=two words = one title"), "two words = one title");
    assert_eq!(title("title=\"5\""), "5");
    assert_eq!(title("title=x\ncfl = 2"), "x\ncfl = 2");
    assert_eq!(title("title=\"\""), "");
}

#[test]
fn law_last_override_of_a_key_wins() {
    assert_eq!(read(CIRCLE, &["time.end=3", "time.end=4"]).time.end, 4.0);
    assert_eq!(read(CIRCLE, &["time={ end = 3, cfl = 0.1 }", "time.cfl=0.2"]).time.cfl, 0.2);
}

#[test]
fn law_a_tilde_brings_the_default_back() {
    assert_eq!(read(CIRCLE, &["domain.cells=~"]).domain.cells(), 512);
    assert_eq!(
        read(CIRCLE, &["objective.data.samples=~", "objective.teacher.0.output=~"]).flow.reaction,
        2.0
    );
    assert_eq!(read(CIRCLE, &["nothing.here=~", "particles.count.deeper=~"]), read(CIRCLE, &[]));
    let spikes = read(KERNEL, &["objective.target.1={angle=2}", "objective.target.0=~"]).objective.kind;
    let ObjectiveKind::Kernel(kernel) = spikes else { panic!("not a kernel") };
    assert_eq!(kernel.target.len(), 1);
}

#[test]
fn law_level_and_subdivision_replace_each_other() {
    let subdivision = |overrides: &[&str]| match read(SPHERE, overrides).domain {
        Domain::Sphere { subdivision, .. } => subdivision,
        Domain::Circle { .. } => panic!("not a sphere"),
    };
    assert_eq!(subdivision(&["domain.subdivision=5"]), 5);
    assert_eq!(subdivision(&["domain.subdivision=5", "domain.level=3"]), 8);
}

#[test]
fn law_mistakes_of_overrides_name_the_override() {
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["time.clf=1"],
            &["error: `time.clf` is not a key (`--set time.clf=1`)", "  hint: did you mean `time.cfl`?"],
        ),
        (
            &["scheme.order"],
            &[
                "error: an override needs an equals sign (`--set scheme.order`)",
                "  hint: write `--set key=value`, for example `--set scheme.order=1`",
            ],
        ),
        (
            &["time..end=1"],
            &[
                "error: `time..end` is not the name of a key (`--set time..end=1`)",
                "  hint: dotted, elements of arrays by number: `objective.teacher.0.output`",
            ],
        ),
        (
            &["time.snapshots=[0, 1"],
            &[
                "error: the value of `time.snapshots` is not valid TOML (`--set time.snapshots=[0, 1`)",
                "  hint: check brackets, braces and quotes, and quote the whole override in the shell",
            ],
        ),
        (
            &["objective.teacher.3.output=1"],
            &[
                "error: `objective.teacher` has no element 3 (`--set objective.teacher.3.output=1`)",
                "  hint: it has 1 element, numbered from 0",
            ],
        ),
        (
            &["objective.teacher.output=1"],
            &[
                "error: `objective.teacher` is an array, and `output` is not the number of an element \
                 (`--set objective.teacher.output=1`)",
                "  hint: for its first element write `objective.teacher.0.output`",
            ],
        ),
        (
            &["title.short=a"],
            &[
                "error: `title` is the string \"base\", with nothing below it (`--set title.short=a`)",
                "  hint: set `title` itself",
            ],
        ),
        (
            &["scheme.order=one"],
            &["error: `scheme.order` must be an integer, not the string \"one\" (`--set scheme.order=one`)"],
        ),
        (
            &["objective.teacher.0.input=[1, 2, 3]"],
            &[
                "error: `objective.teacher[0].input` has 3 coordinates, not 2 \
                 (`--set objective.teacher.0.input=[1, 2, 3]`)",
                "  hint: ridge inputs have as many coordinates as the circle, 2; the bias counts as one",
            ],
        ),
        (
            &["domain.kind=sphere"],
            &[
                "error: `domain.cells` does not go with `domain.kind = \"sphere\"` (line 4 of run.toml)",
                "  hint: it belongs to `\"circle\"`; leave it out",
                "error: `objective.teacher[0].input` has 2 coordinates, not 3 (line 15 of run.toml)",
                "  hint: ridge inputs have as many coordinates as the sphere, 3; the bias counts as one",
            ],
        ),
        (
            &["time.end=~", "time.cfl=0"],
            &[
                "error: `time.end` is missing (line 18 of run.toml)",
                "  hint: for example `end = 10.0` below `[time]`",
                "error: `time.cfl = 0` is out of range (`--set time.cfl=0`)",
                "  hint: `time.cfl` is a number above 0 and at most 1",
            ],
        ),
    ];
    for (overrides, lines) in cases {
        assert_eq!(printed(CIRCLE, overrides), lines.join("\n"), "{overrides:?}");
    }
}

#[test]
fn law_long_strings_are_cut_in_messages() {
    let long = "x".repeat(1000);
    let expected = format!("error: `domain.kind = \"{}\"...` is not one of the choices", "x".repeat(60));
    assert!(printed(CIRCLE, &[&format!("domain.kind={long}")]).starts_with(&expected));
}

#[test]
fn law_order_by_override_brings_a_limiter_and_velocity_that_go_with_it() {
    let text = read(CIRCLE, &["scheme.limiter=minmod", "scheme.velocity=two-point"]).to_toml();
    let scheme = |overrides: &[&str]| match read_contract(&text, overrides) {
        Ok(Config { scheme: Scheme::FiniteVolume { limiter, velocity, .. }, .. }) => {
            Some((limiter, velocity))
        }
        _ => None,
    };
    assert_eq!(scheme(&["scheme.order=1"]), Some((Limiter::None, Velocity::TwoPoint)));
    assert_eq!(scheme(&["scheme.order=2"]), Some((Limiter::Minmod, Velocity::TwoPoint)));
    assert_eq!(scheme(&["scheme.order=5"]), Some((Limiter::Positivity, Velocity::Exact)));
    assert_eq!(scheme(&["scheme.order=1", "scheme.limiter=minmod"]), None);
    assert_eq!(scheme(&["scheme.order=3", "scheme.velocity=two-point"]), None);
}
